"""What everybody may know of levels (sql/34_public_status): held, lost, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import DbEnv, Row, hand_in_evidence
from kit.refused import Refused
from psycopg.types.json import Jsonb

NOW = datetime.now(UTC)


def status_of(db: DbEnv, person: str = "visitor") -> Row:
    status: Row = db.rpc(person, "get_organization_status", organization_id=db.organization)
    return status


def grant(db: DbEnv, level: str, **more: Any) -> None:
    db.service("grant_status_level", organization_id=db.organization, level=level, **more)


def revoke(db: DbEnv, level: str, reason: str) -> None:
    db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level=level, reason=reason)


def losses(db: DbEnv) -> list[tuple[str, str, str | None, str]]:
    return [(lost["level"], lost["action"], lost["reason"], lost["by"]) for lost in status_of(db)["lost"]]


def long_ago(db: DbEnv, level: str, days: int = 100) -> None:
    """As if the level had been held for so long."""
    db.run(
        "update organization_status_levels set valid_from = valid_from - make_interval(days => %s)"
        " where organization_id = %s and level = %s",
        days, db.organization, level,
    )  # fmt: skip


def test_before_the_first_level_nothing_is_held_and_nothing_lost(db: DbEnv) -> None:
    with pytest.raises(Refused, match="not_found"):
        status_of(db)
    assert status_of(db, "gleb") == {
        "level": None, "levels": [], "lost": [], "stretches": [], "first_level_at": None, "verified": False,
        "verdict": [{"sentence": "never"}],
    }  # fmt: skip


def test_zero_that_gave_way_to_a_is_not_lost_but_its_stretch_is_told(db: DbEnv) -> None:
    db.start_trial(NOW - timedelta(days=3))
    db.subscribe()
    status = status_of(db)
    assert (status["level"], status["lost"]) == ("A", [])
    assert [(each["level"], each["to"] is None) for each in status["stretches"]] == [
        ("A", True),
        ("0", False),
    ]
    assert status["stretches"][0]["from"] == status["stretches"][1]["to"] == status["levels"][0]["since"]
    assert status["first_level_at"] == status["stretches"][1]["from"]


def test_a_level_held_again_is_not_lost_and_has_two_stretches(db: DbEnv) -> None:
    grant(db, "B")
    long_ago(db, "B")
    revoke(db, "B", "Ошибка")
    grant(db, "B", notes="Исправлено")
    status = status_of(db)
    assert status["lost"] == []
    assert [each["to"] is None for each in status["stretches"]] == [False, True]


def test_the_newest_end_is_told_highest_level_first(db: DbEnv) -> None:
    for level, reason in (("A", "Раз"), ("B", "Два"), ("A", "Три")):
        grant(db, level)
        revoke(db, level, reason)
        db.run(
            "update organization_status_levels set revoked_at = revoked_at - interval '1 day' where revoke_reason = %s",
            "Раз",
        )
    assert losses(db) == [("B", "revoked", "Два", "chestno"), ("A", "revoked", "Три", "chestno")]


def test_who_ended_it_is_told_by_the_actor_and_not_by_the_words(db: DbEnv) -> None:
    grant(db, "B")
    revoke(db, "B", "refunded")
    assert losses(db) == [("B", "revoked", "refunded", "chestno")]


def test_what_billing_ended_was_ended_by_billing(db: DbEnv) -> None:
    subscription = db.subscribe(as_of=NOW - timedelta(days=40))
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    assert subscription["plan_id"] == "a_month"
    (lost,) = status_of(db)["lost"]
    assert (lost["level"], lost["action"], lost["by"]) == ("A", "revoked", "billing")
    assert lost["reason"] == "subscription_cancelled"
    assert lost["held_from"] < lost["lost_at"]


def test_c_that_fell_with_a_was_ended_by_whoever_ended_a(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - timedelta(days=40))
    grant(db, "C")
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    assert losses(db) == [
        ("C", "revoked", "paid_level_lost", "billing"),
        ("A", "revoked", "subscription_cancelled", "billing"),
    ]


def past_its_term(db: DbEnv, at: str = "1 hour") -> None:
    db.run(
        "update organization_status_levels set valid_from = now() - interval '9 days', valid_until = now() - %s::interval"
        " where organization_id = %s",
        at, db.organization,
    )  # fmt: skip


def test_past_its_term_it_is_lost_before_the_job_and_after_it(db: DbEnv) -> None:
    grant(db, "B", valid_until=NOW + timedelta(days=1))
    past_its_term(db)
    before = status_of(db)
    assert (before["level"], before["levels"]) == (None, [])
    (lost,) = before["lost"]
    assert lost["lost_at"] == before["stretches"][0]["to"]
    assert datetime.fromisoformat(lost["lost_at"]) < NOW

    db.service("run_status_expiry")
    (after,) = status_of(db)["lost"]
    for key in ("level", "held_from", "action", "reason", "by"):
        assert lost[key] == after[key]
    assert (after["action"], after["reason"], after["by"]) == ("expired", "term_ended", "term")


def test_a_cancelled_subscription_that_is_over_took_its_level_along(db: DbEnv) -> None:
    db.subscribe()
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    past_its_term(db)
    assert losses(db) == [("A", "revoked", "subscription_cancelled", "billing")]


# Verified: while B is held. What was approved and is not paid for may be bought, and is not said.


def approve(db: DbEnv) -> None:
    db.rpc("moderator", "review_upgrade_request", request_id=hand_in_evidence(db)["id"], decision="approved")
    db.run("update status_upgrade_requests set reviewed_at = reviewed_at - interval '1 minute'")


def is_verified(db: DbEnv) -> bool:
    """As the status says, and whose word the name on the page is."""
    verified = bool(status_of(db, "gleb")["verified"])
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    page = db.rpc("gleb", "get_organization_page", slug=slug)
    assert page["provenance"]["name"] == ("verified" if verified else "stated")
    assert (page["verified"] is not None) == verified
    return verified


def may_buy_b(db: DbEnv) -> bool:
    return bool(db.one("select private.may_buy_b(%s) as may", db.organization)["may"])


def test_verified_is_what_holds_b_and_not_what_was_approved(db: DbEnv) -> None:
    approve(db)
    assert not is_verified(db), "approved, and not paid for"
    db.subscribe("b_month", as_of=NOW - timedelta(days=40))
    assert is_verified(db)
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    assert status_of(db)["level"] is None
    assert not is_verified(db)
    assert may_buy_b(db), "that a payment ended takes no approval away"


def test_a_term_that_is_over_verifies_nobody_before_the_job_came(db: DbEnv) -> None:
    grant(db, "B", valid_until=NOW + timedelta(days=1))
    assert is_verified(db)
    past_its_term(db)
    assert not is_verified(db)


@pytest.mark.parametrize(
    "reason", ["refunded", "subscription_cancelled", "grace_period_ended", "Сертификат отозван"]
)
def test_an_admin_who_takes_b_unverifies_whatever_words_they_type(db: DbEnv, reason: str) -> None:
    approve(db)
    db.subscribe("b_month")
    revoke(db, "B", reason)
    assert not is_verified(db)
    assert not may_buy_b(db)


def test_unpublished_it_is_told_all_the_same(db: DbEnv) -> None:
    """From the first level on nothing is hidden: is_published hides only what the producer added."""
    grant(db, "A")
    db.run("update organizations set is_published = false where id = %s", db.organization)
    assert status_of(db)["level"] == "A"


def test_what_billing_and_the_jobs_say_is_a_reason_there_are_words_for(db: DbEnv) -> None:
    with pytest.raises(Exception, match="level_reason"):
        db.run(
            "insert into status_level_events (organization_id, level, action, reason, actor_kind)"
            " values (%s, 'A', 'revoked', 'no_such_reason', 'billing')",
            db.organization,
        )  # fmt: skip


# The verdict: which sentences are said


def verdict(db: DbEnv) -> list[Row]:
    return [{name: value for name, value in one.items() if name != "at"} for one in status_of(db)["verdict"]]


def test_the_verdict_says_what_is_held_and_whether_documents_were_looked_at(db: DbEnv) -> None:
    db.subscribe()
    assert verdict(db) == [{"sentence": "held", "levels": ["A"], "unchecked": True}]
    grant(db, "B")
    assert verdict(db) == [{"sentence": "held", "levels": ["B", "A"], "unchecked": False}]


def test_what_was_lost_on_one_day_for_one_reason_is_one_sentence_in_the_moderators_words(db: DbEnv) -> None:
    for level in ("A", "B"):
        grant(db, level)
    for level in ("A", "B"):
        revoke(db, level, "Документы «Мёда» оказались чужими. ")
    lost = {
        "sentence": "lost",
        "levels": ["B", "A"],
        "reason": None,
        "said": "Документы «Мёда» оказались чужими",
    }
    assert verdict(db) == [lost]
    told = status_of(db)
    assert told["verdict"][0]["at"] == told["lost"][0]["lost_at"]


def test_other_days_and_other_reasons_are_told_apart_and_ours_by_code(db: DbEnv) -> None:
    lost = [
        {"level": level, "lost_at": at, "reason": reason}
        for level, at, reason in (
            ("C", "2027-03-12T20:59:00+00:00", "Раз"),
            ("B", "2027-03-12T21:01:00+00:00", "Раз"),  # Moscow's next day
            ("A", "2027-03-12T22:00:00+00:00", "Раз"),
            ("0", "2027-03-12T22:00:00+00:00", "made_up"),
        )
    ]
    query = "select private.verdict('[]', %s, '[]', %s) as verdict"
    [there] = db.rows(query, Jsonb(lost), "Europe/Moscow")
    gone = {"reason": None, "said": None}
    assert there["verdict"] == [
        gone | {"sentence": "lost", "levels": ["C"], "said": "Раз", "at": lost[0]["lost_at"]},
        gone | {"sentence": "lost", "levels": ["B", "A"], "said": "Раз", "at": lost[1]["lost_at"]},
        gone | {"sentence": "lost_unexplained", "levels": ["0"], "at": lost[3]["lost_at"]},
    ]
    [elsewhere] = db.rows(query, Jsonb(lost), "Asia/Vladivostok")
    assert elsewhere["verdict"][0]["levels"] == ["C", "B", "A"]


def test_what_billing_ended_is_told_by_its_code(db: DbEnv) -> None:
    trial = db.start_trial(NOW - timedelta(days=30))
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    db.service("run_billing_cycle", as_of=trial["trial_ends_at"] + timedelta(minutes=1))
    assert verdict(db) == [
        {"sentence": "lost", "levels": ["0"], "reason": "subscription_cancelled", "said": None}
    ]


def test_what_is_held_again_was_lost_all_the_same(db: DbEnv) -> None:
    for level in ("A", "B"):
        grant(db, level)
        revoke(db, level, "Ошибка")
        grant(db, level)
    assert verdict(db) == [
        {"sentence": "held", "levels": ["B", "A"], "unchecked": False},
        {"sentence": "regained", "levels": ["B", "A"]},
    ]
    loss = db.one("select max(occurred_at) as at from status_level_events where action = 'revoked'")["at"]
    assert datetime.fromisoformat(status_of(db)["verdict"][1]["at"]) == loss
    revoke(db, "A", "Опять")
    assert [(one["sentence"], one["levels"]) for one in verdict(db)] == [
        ("held", ["B"]), ("lost", ["A"]), ("regained", ["B"]),
    ]  # fmt: skip


def test_zero_that_gave_way_and_came_back_was_never_lost(db: DbEnv) -> None:
    db.start_trial(NOW - timedelta(days=3))
    db.subscribe()
    assert [one["sentence"] for one in verdict(db)] == ["held"]


def test_losses_of_two_days_are_two_sentences(db: DbEnv) -> None:
    regained = [
        {"level": level, "lost_at": at}
        for level, at in (
            ("C", "2027-03-12T20:59:00+00:00"),
            ("B", "2027-03-12T21:01:00+00:00"),  # Moscow's next day
            ("A", "2027-03-12T22:00:00+00:00"),
        )
    ]
    query = "select private.verdict('[\"B\"]', '[]', %s, %s) as verdict"
    [there] = db.rows(query, Jsonb(regained), "Europe/Moscow")
    assert [one["levels"] for one in there["verdict"][1:]] == [["C"], ["B", "A"]]


def test_an_e_mail_does_not_tell_each_time_what_was_lost_and_regained(db: DbEnv) -> None:
    grant(db, "B")
    revoke(db, "B", "Ошибка")
    grant(db, "B")
    grant(db, "A")
    revoke(db, "A", "Подделка")
    head = db.one("select private.passport(%s, now()) as told", db.organization)["told"]
    assert [one["sentence"] for one in head["verdict"]] == ["held", "lost"]
    assert [one["sentence"] for one in status_of(db)["verdict"]] == ["held", "lost", "regained"]
