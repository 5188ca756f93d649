"""Where levels and subscriptions meet: who takes a level over, who gives it back, and what is charged after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from kit.db import Row, World, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def grant(world: World, level: str, **terms: object) -> None:
    world.door("moderator", "grant_status_level", organization_id=world.organization, level=level, **terms)


def revoke(world: World, level: str, reason: str = "подделка документов") -> None:
    world.door(
        "moderator", "revoke_status_level", organization_id=world.organization, level=level, reason=reason
    )


def move(world: World, status: str) -> str:
    answer: Row = world.service(
        "handle_subscription_status_change",
        subscription_id=world.live()["id"],
        new_status=status,
        organization_id=world.organization,
    )
    action: str = answer["level_a_action"]
    return action


def held(world: World, level: str) -> Row | None:
    rows = world.rows(
        "select valid_until, subscription_id from organization_status_levels"
        " where organization_id = %s and level = %s and is_active",
        world.organization,
        level,
    )
    return rows[0] if rows else None


# Revocation


@pytest.mark.parametrize("plan", ["a_month", "b_month"])
def test_a_revoked_level_is_not_bought_back_by_the_next_charge(world: World, plan: str) -> None:
    level = plan[0].upper()
    if level == "B":
        grant(world, "B")
    end = world.subscribe(plan)["current_period_end"]
    revoke(world, level)
    subscription = world.live()
    assert (subscription["status"], subscription["cancel_at_period_end"]) == ("active", True)
    assert subscription["next_charge_at"] is None
    assert [world.charge(end + day * DAY) for day in range(3)] == [0, 0, 0]
    assert world.live()["status"] == "canceled"
    assert world.level() is None


def test_a_revoked_level_is_not_resumed_until_it_is_granted_again(world: World) -> None:
    world.subscribe()
    world.door("anna", "cancel_subscription", organization_id=world.organization)
    revoke(world, "A")
    with pytest.raises(Refused, match="PT409 invalid_transition Its level was revoked"):
        world.door("anna", "resume_subscription", organization_id=world.organization)
    grant(world, "A")
    world.door("anna", "resume_subscription", organization_id=world.organization)
    assert world.live()["next_charge_at"] == world.live()["current_period_end"]


def test_a_revoked_b_is_not_resumed_and_a_charge_under_way_goes_back(world: World) -> None:
    grant(world, "B")
    end = world.subscribe("b_month")["current_period_end"]
    (charge,) = world.claim(end)
    revoke(world, "B")
    with pytest.raises(Refused, match="PT409 verification_required"):
        world.door("anna", "resume_subscription", organization_id=world.organization)
    assert world.record(payment_of(charge, "succeeded"), as_of=end)["outcome"] == "quarantined"
    assert world.one("select amount::text, reason from payment_refunds") == {
        "amount": "4990.00",
        "reason": "verification_required",
    }
    assert held(world, "B") is None


def test_a_trial_whose_level_was_revoked_is_not_charged(world: World) -> None:
    end = world.start_trial()["trial_ends_at"]
    revoke(world, "0")
    assert world.charge(end) == 0
    assert world.live()["status"] == "canceled"


def test_money_for_b_goes_back_when_the_verification_went_meanwhile(world: World) -> None:
    grant(world, "B")
    page = world.checkout("subscription", "b_month")
    revoke(world, "B")
    assert world.record(payment_of(page, "succeeded"))["outcome"] == "quarantined"
    assert world.level() is None
    assert world.one("select reason from payment_refunds")["reason"] == "verification_required"


def test_who_pays_for_a_after_b_failed_does_not_keep_b(world: World) -> None:
    grant(world, "B", valid_until=NOW + DAY)
    end = world.subscribe("b_month")["current_period_end"]
    world.charge(end, "canceled")
    world.record(payment_of(world.checkout("subscription", "a_month"), "succeeded"), as_of=end + DAY)
    assert (world.live()["plan_id"], world.level()) == ("a_month", "A")
    assert world.history()[-2:] == [("A", "granted", None), ("B", "revoked", "subscription_cancelled")]


# A granted term under a subscription


@pytest.mark.parametrize("days", [300, None])
def test_a_granted_term_outlives_the_subscription_that_came_over_it(world: World, days: int | None) -> None:
    until = NOW + days * DAY if days else None
    grant(world, "B", valid_until=until)
    end = world.subscribe("b_month")["current_period_end"]
    assert held(world, "B") == {"valid_until": None, "subscription_id": world.live()["id"]}
    world.door("anna", "cancel_subscription", organization_id=world.organization)
    world.charge(end)
    assert world.live()["status"] == "canceled"
    assert held(world, "B") == {"valid_until": until, "subscription_id": None}
    assert world.history()[-1] == ("B", "extended", "granted_before")


def test_a_granted_term_that_ran_out_meanwhile_keeps_nothing(world: World) -> None:
    grant(world, "B", valid_until=NOW + 10 * DAY)
    end = world.subscribe("b_month")["current_period_end"]
    world.door("anna", "cancel_subscription", organization_id=world.organization)
    world.charge(end)
    assert world.history()[-1] == ("B", "revoked", "subscription_cancelled")


def test_a_revocation_takes_the_granted_term_too(world: World) -> None:
    grant(world, "B", valid_until=NOW + 300 * DAY)
    end = world.subscribe("b_month")["current_period_end"]
    revoke(world, "B")
    world.charge(end)
    assert held(world, "B") is None


def test_an_admins_a_supersedes_the_trials_0(world: World) -> None:
    world.start_trial()
    grant(world, "A")
    assert world.history()[1:] == [("A", "granted", None), ("0", "superseded", "granted")]
    assert world.level() == "A"


# Ends


@pytest.mark.parametrize("is_trial", [True, False])
def test_what_was_cancelled_ends_as_cancelled_whichever_job_comes_first(world: World, is_trial: bool) -> None:
    end = (world.start_trial() if is_trial else world.subscribe())["current_period_end"]
    world.door("anna", "cancel_subscription", organization_id=world.organization)
    assert world.service("run_status_expiry", as_of=end)["expired"] == 1
    assert world.live()["status"] == "canceled"
    level = "0" if is_trial else "A"
    assert world.history()[-1] == (level, "revoked", "subscription_cancelled")


def test_deleting_an_organization_dates_its_levels(world: World) -> None:
    end = world.subscribe()["current_period_end"]
    slug = world.one("select slug from organizations where id = %s", world.organization)["slug"]
    world.door("anna", "delete_organization", organization_id=world.organization, confirmation=slug)
    level = held(world, "A")
    assert level
    assert level["valid_until"] == end


# Grace


def test_the_end_of_grace_by_a_payment_is_in_the_history(world: World) -> None:
    due = world.subscribe()["current_period_end"]
    world.charge(due, "canceled")
    world.charge(due + DAY)
    assert world.history() == [
        ("A", "granted", None),
        ("A", "grace_started", "payment_failed"),
        ("A", "grace_ended", "paid"),
    ]


@pytest.mark.parametrize("declines", [["card_expired"], ["insufficient_funds", "card_expired"]])
def test_a_new_card_that_is_declined_softly_is_tried_on_the_days_that_are_left(
    world: World, declines: list[str]
) -> None:
    due = world.subscribe()["current_period_end"]
    for day, reason in enumerate(declines):
        assert world.charge(due + day * DAY, "canceled", reason) == 1
    assert world.live()["next_charge_at"] is None
    world.record(payment_of(world.checkout("card"), "waiting_for_capture"), as_of=due + 4 * DAY)
    tried = [day for day in range(4, 15) if world.charge(due + day * DAY, "canceled")]
    assert tried == [4, 5, 7, 10, 13]
    assert world.live()["status"] == "expired"


def test_after_a_pause_of_ours_a_card_is_tried_once_and_not_for_each_day_missed(world: World) -> None:
    due = world.subscribe()["current_period_end"]
    world.charge(due, "canceled")
    late = due + 6 * DAY  # days 1, 3 and 5 went by
    assert [world.charge(late + timedelta(hours=hour), "canceled") for hour in range(3)] == [1, 0, 0]
    assert world.live()["next_charge_at"] == due + 7 * DAY
    outcomes = [
        row["outcome"]
        for row in world.rows("select outcome from subscription_retry_attempts order by attempt")
    ]
    assert outcomes == ["not_needed", "not_needed", "declined", None, None, None]


# The doors of the first version


def test_past_due_by_the_door_is_told_and_retried(world: World) -> None:
    world.subscribe()
    assert move(world, "past_due") == "grace_period_started"
    assert 0 < (world.live()["next_charge_at"] - NOW) / DAY < 1.1
    assert world.rows("select 1 from notifications where kind = 'grace_started'")
    assert move(world, "past_due") == "none"


def test_active_by_the_door_is_charged_when_its_period_ends(world: World) -> None:
    start = NOW - 40 * DAY
    due = world.subscribe(as_of=start)["current_period_end"]
    world.charge(due, "canceled")
    move(world, "active")
    subscription = world.live()
    assert subscription["current_period_start"] == due
    assert subscription["next_charge_at"] == subscription["current_period_end"] > NOW
    assert world.rows("select 1 from subscription_retry_attempts where outcome is null") == []


def test_grace_by_the_door_is_retried(world: World) -> None:
    world.subscribe()
    until = world.service("start_grace_period", organization_id=world.organization)
    assert world.live()["grace_until"] == until
    assert 0 < (world.live()["next_charge_at"] - NOW) / DAY < 1.1
    assert world.service("start_grace_period", organization_id=world.organization, days=3) == until


def test_a_level_hangs_on_a_live_subscription_of_its_own_organization(world: World) -> None:
    subscription = world.subscribe()["id"]
    other = world.found("stranger")
    doors = {"ensure_level_a": {}, "grant_status_level": {"level": "B"}}
    for door, more in doors.items():
        for organization, hung_on in ((other, subscription), (world.organization, other)):
            with pytest.raises(Refused, match="PT404 not_found"):
                world.service(door, organization_id=organization, subscription_id=hung_on, **more)
    move(world, "canceled")
    for door, more in doors.items():
        with pytest.raises(Refused, match="PT409 invalid_transition"):
            world.service(door, organization_id=world.organization, subscription_id=subscription, **more)
