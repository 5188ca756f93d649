"""Where levels and subscriptions meet: who takes a level over, who gives it back, and what is charged after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from kit.db import DbEnv, Row, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def grant(db: DbEnv, level: str, **terms: object) -> None:
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level=level, **terms)


def revoke(db: DbEnv, level: str, reason: str = "подделка документов") -> None:
    db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level=level, reason=reason)


def move(db: DbEnv, status: str) -> str:
    answer: Row = db.service(
        "handle_subscription_status_change",
        subscription_id=db.live()["id"],
        new_status=status,
        organization_id=db.organization,
    )
    action: str = answer["level_a_action"]
    return action


def held(db: DbEnv, level: str) -> Row | None:
    rows = db.rows(
        "select valid_until, subscription_id from organization_status_levels"
        " where organization_id = %s and level = %s and is_active",
        db.organization,
        level,
    )
    return rows[0] if rows else None


# Revocation


@pytest.mark.parametrize("plan", ["a_month", "b_month"])
def test_a_revoked_level_is_not_bought_back_by_the_next_charge(db: DbEnv, plan: str) -> None:
    level = plan[0].upper()
    if level == "B":
        grant(db, "B")
    end = db.subscribe(plan)["current_period_end"]
    revoke(db, level)
    subscription = db.live()
    assert (subscription["status"], subscription["cancel_at_period_end"]) == ("active", True)
    assert subscription["next_charge_at"] is None
    assert [db.charge(end + day * DAY) for day in range(3)] == [0, 0, 0]
    assert db.live()["status"] == "canceled"
    assert db.level() is None


def test_a_revoked_level_is_not_resumed_until_it_is_granted_again(db: DbEnv) -> None:
    db.subscribe()
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    revoke(db, "A")
    with pytest.raises(Refused, match="PT409 invalid_transition Its level was revoked"):
        db.rpc("anna", "resume_subscription", organization_id=db.organization)
    grant(db, "A")
    db.rpc("anna", "resume_subscription", organization_id=db.organization)
    assert db.live()["next_charge_at"] == db.live()["current_period_end"]


def test_a_revoked_b_is_not_resumed_and_a_charge_under_way_goes_back(db: DbEnv) -> None:
    grant(db, "B")
    end = db.subscribe("b_month")["current_period_end"]
    (charge,) = db.claim(end)
    revoke(db, "B")
    with pytest.raises(Refused, match="PT409 verification_required"):
        db.rpc("anna", "resume_subscription", organization_id=db.organization)
    assert db.record(payment_of(charge, "succeeded"), as_of=end)["outcome"] == "quarantined"
    assert db.one("select amount::text, reason from payment_refunds") == {
        "amount": "4990.00",
        "reason": "verification_required",
    }
    assert held(db, "B") is None


def test_a_trial_whose_level_was_revoked_is_not_charged(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    revoke(db, "0")
    assert db.charge(end) == 0
    assert db.live()["status"] == "canceled"


def test_money_for_b_goes_back_when_the_verification_went_meanwhile(db: DbEnv) -> None:
    grant(db, "B")
    page = db.checkout("subscription", "b_month")
    revoke(db, "B")
    assert db.record(payment_of(page, "succeeded"))["outcome"] == "quarantined"
    assert db.level() is None
    assert db.one("select reason from payment_refunds")["reason"] == "verification_required"


def test_who_pays_for_a_after_b_failed_does_not_keep_b(db: DbEnv) -> None:
    grant(db, "B", valid_until=NOW + DAY)
    end = db.subscribe("b_month")["current_period_end"]
    db.charge(end, "canceled")
    db.record(payment_of(db.checkout("subscription", "a_month"), "succeeded"), as_of=end + DAY)
    assert (db.live()["plan_id"], db.level()) == ("a_month", "A")
    assert db.history()[-2:] == [("A", "granted", None), ("B", "revoked", "subscription_cancelled")]


# A granted term under a subscription


@pytest.mark.parametrize("days", [300, None])
def test_a_granted_term_outlives_the_subscription_that_came_over_it(db: DbEnv, days: int | None) -> None:
    until = NOW + days * DAY if days else None
    grant(db, "B", valid_until=until)
    end = db.subscribe("b_month")["current_period_end"]
    assert held(db, "B") == {"valid_until": None, "subscription_id": db.live()["id"]}
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    db.charge(end)
    assert db.live()["status"] == "canceled"
    assert held(db, "B") == {"valid_until": until, "subscription_id": None}
    assert db.history()[-1] == ("B", "extended", "granted_before")


def test_a_granted_term_that_ran_out_meanwhile_keeps_nothing(db: DbEnv) -> None:
    grant(db, "B", valid_until=NOW + 10 * DAY)
    end = db.subscribe("b_month")["current_period_end"]
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    db.charge(end)
    assert db.history()[-1] == ("B", "revoked", "subscription_cancelled")


def test_a_revocation_takes_the_granted_term_too(db: DbEnv) -> None:
    grant(db, "B", valid_until=NOW + 300 * DAY)
    end = db.subscribe("b_month")["current_period_end"]
    revoke(db, "B")
    db.charge(end)
    assert held(db, "B") is None


def test_an_admins_a_supersedes_the_trials_0(db: DbEnv) -> None:
    db.start_trial()
    grant(db, "A")
    assert db.history()[1:] == [("A", "granted", None), ("0", "superseded", "granted")]
    assert db.level() == "A"


# Ends


@pytest.mark.parametrize("is_trial", [True, False])
def test_what_was_cancelled_ends_as_cancelled_whichever_job_comes_first(db: DbEnv, is_trial: bool) -> None:
    end = (db.start_trial() if is_trial else db.subscribe())["current_period_end"]
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    assert db.service("run_status_expiry", as_of=end)["expired"] == 1
    assert db.live()["status"] == "canceled"
    level = "0" if is_trial else "A"
    assert db.history()[-1] == (level, "revoked", "subscription_cancelled")


def test_deleting_an_organization_dates_its_levels(db: DbEnv) -> None:
    end = db.subscribe()["current_period_end"]
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
    level = held(db, "A")
    assert level
    assert level["valid_until"] == end


# Grace


def test_the_end_of_grace_by_a_payment_is_in_the_history(db: DbEnv) -> None:
    due = db.subscribe()["current_period_end"]
    db.charge(due, "canceled")
    db.charge(due + DAY)
    assert db.history() == [
        ("A", "granted", None),
        ("A", "grace_started", "payment_failed"),
        ("A", "grace_ended", "paid"),
    ]


@pytest.mark.parametrize("declines", [["card_expired"], ["insufficient_funds", "card_expired"]])
def test_a_new_card_that_is_declined_softly_is_tried_on_the_days_that_are_left(
    db: DbEnv, declines: list[str]
) -> None:
    due = db.subscribe()["current_period_end"]
    for day, reason in enumerate(declines):
        assert db.charge(due + day * DAY, "canceled", reason) == 1
    assert db.live()["next_charge_at"] is None
    db.record(payment_of(db.checkout("card"), "waiting_for_capture"), as_of=due + 4 * DAY)
    tried = [day for day in range(4, 15) if db.charge(due + day * DAY, "canceled")]
    assert tried == [4, 5, 7, 10, 13]
    assert db.live()["status"] == "expired"


def test_after_a_pause_of_ours_a_card_is_tried_once_and_not_for_each_day_missed(db: DbEnv) -> None:
    due = db.subscribe()["current_period_end"]
    db.charge(due, "canceled")
    late = due + 6 * DAY  # days 1, 3 and 5 went by
    assert [db.charge(late + timedelta(hours=hour), "canceled") for hour in range(3)] == [1, 0, 0]
    assert db.live()["next_charge_at"] == due + 7 * DAY
    outcomes = [
        row["outcome"] for row in db.rows("select outcome from subscription_retry_attempts order by attempt")
    ]
    assert outcomes == ["not_needed", "not_needed", "declined", None, None, None]


# The RPCs of the first version


def test_past_due_by_the_rpc_is_told_and_retried(db: DbEnv) -> None:
    db.subscribe()
    assert move(db, "past_due") == "grace_period_started"
    assert 0 < (db.live()["next_charge_at"] - NOW) / DAY < 1.1
    assert db.rows("select 1 from notifications where kind = 'grace_started'")
    assert move(db, "past_due") == "none"


def test_active_by_the_rpc_is_charged_when_its_period_ends(db: DbEnv) -> None:
    start = NOW - 40 * DAY
    due = db.subscribe(as_of=start)["current_period_end"]
    db.charge(due, "canceled")
    move(db, "active")
    subscription = db.live()
    assert subscription["current_period_start"] == due
    assert subscription["next_charge_at"] == subscription["current_period_end"] > NOW
    assert db.rows("select 1 from subscription_retry_attempts where outcome is null") == []


def test_grace_by_the_rpc_is_retried(db: DbEnv) -> None:
    db.subscribe()
    until = db.service("start_grace_period", organization_id=db.organization)
    assert db.live()["grace_until"] == until
    assert 0 < (db.live()["next_charge_at"] - NOW) / DAY < 1.1
    assert db.service("start_grace_period", organization_id=db.organization, days=3) == until


def test_a_level_hangs_on_a_live_subscription_of_its_own_organization(db: DbEnv) -> None:
    subscription = db.subscribe()["id"]
    other = db.found("stranger")
    rpcs = {"ensure_level_a": {}, "grant_status_level": {"level": "B"}}
    for function, more in rpcs.items():
        for organization, hung_on in ((other, subscription), (db.organization, other)):
            with pytest.raises(Refused, match="PT404 not_found"):
                db.service(function, organization_id=organization, subscription_id=hung_on, **more)
    move(db, "canceled")
    for function, more in rpcs.items():
        with pytest.raises(Refused, match="PT409 invalid_transition"):
            db.service(function, organization_id=db.organization, subscription_id=subscription, **more)
