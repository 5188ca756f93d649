"""What everybody may know of levels (sql/34_public_status): held, lost, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import Row, World, hand_in_evidence
from kit.refused import Refused

NOW = datetime.now(UTC)


def status_of(world: World, person: str = "visitor") -> Row:
    status: Row = world.door(person, "get_organization_status", organization_id=world.organization)
    return status


def grant(world: World, level: str, **more: Any) -> None:
    world.service("grant_status_level", organization_id=world.organization, level=level, **more)


def revoke(world: World, level: str, reason: str) -> None:
    world.door(
        "moderator", "revoke_status_level", organization_id=world.organization, level=level, reason=reason
    )


def losses(world: World) -> list[tuple[str, str, str | None, str]]:
    return [(lost["level"], lost["action"], lost["reason"], lost["by"]) for lost in status_of(world)["lost"]]


def long_ago(world: World, level: str, days: int = 100) -> None:
    """As if the level had been held for so long."""
    world.run(
        "update organization_status_levels set valid_from = valid_from - make_interval(days => %s)"
        " where organization_id = %s and level = %s",
        days, world.organization, level,
    )  # fmt: skip


def test_before_the_first_level_nothing_is_held_and_nothing_lost(world: World) -> None:
    with pytest.raises(Refused, match="not_found"):
        status_of(world)
    assert status_of(world, "gleb") == {
        "level": None, "levels": [], "lost": [], "stretches": [], "first_level_at": None, "verified": False,
    }  # fmt: skip


def test_zero_that_gave_way_to_a_is_not_lost_but_its_stretch_is_told(world: World) -> None:
    world.start_trial(NOW - timedelta(days=3))
    world.subscribe()
    status = status_of(world)
    assert (status["level"], status["lost"]) == ("A", [])
    assert [(each["level"], each["to"] is None) for each in status["stretches"]] == [
        ("A", True),
        ("0", False),
    ]
    assert status["stretches"][0]["from"] == status["stretches"][1]["to"] == status["levels"][0]["since"]
    assert status["first_level_at"] == status["stretches"][1]["from"]


def test_a_level_held_again_is_not_lost_and_has_two_stretches(world: World) -> None:
    grant(world, "B")
    long_ago(world, "B")
    revoke(world, "B", "Ошибка")
    grant(world, "B", notes="Исправлено")
    status = status_of(world)
    assert status["lost"] == []
    assert [each["to"] is None for each in status["stretches"]] == [False, True]


def test_the_newest_end_is_told_highest_level_first(world: World) -> None:
    for level, reason in (("A", "Раз"), ("B", "Два"), ("A", "Три")):
        grant(world, level)
        revoke(world, level, reason)
        world.run(
            "update organization_status_levels set revoked_at = revoked_at - interval '1 day' where revoke_reason = %s",
            "Раз",
        )
    assert losses(world) == [("B", "revoked", "Два", "chestno"), ("A", "revoked", "Три", "chestno")]


def test_who_ended_it_is_told_by_the_actor_and_not_by_the_words(world: World) -> None:
    grant(world, "B")
    revoke(world, "B", "refunded")
    assert losses(world) == [("B", "revoked", "refunded", "chestno")]


def test_what_billing_ended_was_ended_by_billing(world: World) -> None:
    subscription = world.subscribe(as_of=NOW - timedelta(days=40))
    world.door("anna", "cancel_subscription", organization_id=world.organization)
    assert subscription["plan_id"] == "a_month"
    (lost,) = status_of(world)["lost"]
    assert (lost["level"], lost["action"], lost["by"]) == ("A", "revoked", "billing")
    assert lost["reason"] == "subscription_cancelled"
    assert lost["held_from"] < lost["lost_at"]


def test_c_that_fell_with_a_was_ended_by_whoever_ended_a(world: World) -> None:
    world.subscribe(as_of=NOW - timedelta(days=40))
    grant(world, "C")
    world.door("anna", "cancel_subscription", organization_id=world.organization)
    assert losses(world) == [
        ("C", "revoked", "paid_level_lost", "billing"),
        ("A", "revoked", "subscription_cancelled", "billing"),
    ]


def past_its_term(world: World, at: str = "1 hour") -> None:
    world.run(
        "update organization_status_levels set valid_from = now() - interval '9 days', valid_until = now() - %s::interval"
        " where organization_id = %s",
        at, world.organization,
    )  # fmt: skip


def test_past_its_term_it_is_lost_before_the_job_and_after_it(world: World) -> None:
    grant(world, "B", valid_until=NOW + timedelta(days=1))
    past_its_term(world)
    before = status_of(world)
    assert (before["level"], before["levels"]) == (None, [])
    (lost,) = before["lost"]
    assert lost["lost_at"] == before["stretches"][0]["to"]
    assert datetime.fromisoformat(lost["lost_at"]) < NOW

    world.service("run_status_expiry")
    (after,) = status_of(world)["lost"]
    for key in ("level", "held_from", "action", "reason", "by"):
        assert lost[key] == after[key]
    assert (after["action"], after["reason"], after["by"]) == ("expired", "term_ended", "term")


def test_a_cancelled_subscription_that_is_over_took_its_level_along(world: World) -> None:
    world.subscribe()
    world.door("anna", "cancel_subscription", organization_id=world.organization)
    past_its_term(world)
    assert losses(world) == [("A", "revoked", "subscription_cancelled", "billing")]


# Verified: decided once, by who took the level and not by the words of a reason.


def approve(world: World) -> None:
    world.door(
        "moderator", "review_upgrade_request", request_id=hand_in_evidence(world)["id"], decision="approved"
    )
    world.run("update status_upgrade_requests set reviewed_at = reviewed_at - interval '1 minute'")


def test_approved_is_verified_and_stays_so_when_a_payment_ends(world: World) -> None:
    approve(world)
    assert status_of(world, "gleb")["verified"]
    world.subscribe("b_month", as_of=NOW - timedelta(days=40))
    world.door("anna", "cancel_subscription", organization_id=world.organization)
    assert status_of(world)["level"] is None
    assert status_of(world)["verified"]


@pytest.mark.parametrize(
    "reason", ["refunded", "subscription_cancelled", "grace_period_ended", "Сертификат отозван"]
)
def test_an_admin_who_takes_b_unverifies_whatever_words_they_type(world: World, reason: str) -> None:
    approve(world)
    world.subscribe("b_month")
    revoke(world, "B", reason)
    assert not status_of(world)["verified"]


def test_unpublished_it_is_told_all_the_same(world: World) -> None:
    """From the first level on nothing is hidden: is_published hides only what the producer added."""
    grant(world, "A")
    world.run("update organizations set is_published = false where id = %s", world.organization)
    assert status_of(world)["level"] == "A"


def test_what_billing_and_the_jobs_say_is_a_reason_there_are_words_for(world: World) -> None:
    with pytest.raises(Exception, match="level_reason"):
        world.run(
            "insert into status_level_events (organization_id, level, action, reason, actor_kind)"
            " values (%s, 'A', 'revoked', 'no_such_reason', 'billing')",
            world.organization,
        )  # fmt: skip
