"""A subscription's life, every row of the table in docs/design.md §6 (sql/42_subscription_states, sql/49_charges, sql/81_billing_cycle)."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from kit.db import DbEnv, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOSCOW = ZoneInfo("Europe/Moscow")


def hours(start: datetime, end: datetime, step: int = 12) -> list[datetime]:
    moments = []
    while start <= end:
        moments.append(start)
        start += timedelta(hours=step)
    return moments


def told(db: DbEnv) -> list[str]:
    rows = db.query("boris", "select kind from notifications where kind <> 'status_granted' order by id")
    return [row["kind"] for row in rows]


# Trial end, renewal


def test_initiate_trial_creates_payment_and_grants_level_0(db: DbEnv) -> None:
    subscription = db.start_trial()
    assert db.level() == "0"
    assert subscription["next_charge_at"] == subscription["trial_ends_at"]


def test_charge_subscription_charges_and_grants_level_a(db: DbEnv) -> None:
    trial = db.start_trial()
    assert db.charge(trial["trial_ends_at"] - timedelta(minutes=1)) == 0
    assert db.charge(trial["trial_ends_at"]) == 1
    subscription = db.live()
    assert (subscription["status"], subscription["current_period_start"]) == (
        "active",
        trial["trial_ends_at"],
    )
    assert db.level() == "A"
    assert [(level, action) for level, action, _ in db.history()] == [
        ("0", "granted"),
        ("A", "granted"),
        ("0", "superseded"),
    ]
    assert db.charge(trial["trial_ends_at"] + DAY) == 0, "paid is paid"


def test_a_renewal_asks_for_no_person_and_names_the_saved_card(db: DbEnv) -> None:
    trial = db.start_trial()
    (charge,) = db.claim(trial["trial_ends_at"])
    body = db.one("select request_body::jsonb as body from payment_transactions where kind = 'renewal'")[
        "body"
    ]
    assert body["capture"] is True
    assert body["amount"] == {"value": "1490.00", "currency": "RUB"}
    assert (
        body["payment_method_id"]
        == db.one("select yookassa_payment_method_id as id from payment_methods")["id"]
    )
    assert not {"confirmation", "save_payment_method"} & set(body)
    assert charge["idempotence_key"] == charge["transaction_id"]


def test_a_year_of_months_is_paid_twelve_times(db: DbEnv) -> None:
    start = datetime(2027, 1, 31, 12, tzinfo=MOSCOW)
    first = db.subscribe(as_of=start)
    charges = sum(db.charge(moment) for moment in hours(start, start + 365 * DAY))
    assert charges == 11 + 1  # eleven within the year, and the one on its last day
    starts = [
        row["period_start"].astimezone(MOSCOW)
        for row in db.rows(
            "select period_start from payment_transactions where status = 'succeeded' order by period_start"
        )
    ]
    assert [(moment.month, moment.day) for moment in starts] == [
        (1, 31), (2, 28), (3, 31), (4, 30), (5, 31), (6, 30), (7, 31), (8, 31), (9, 30), (10, 31), (11, 30), (12, 31), (1, 31),
    ]  # fmt: skip
    assert {moment.hour for moment in starts} == {12}
    assert first["billing_anchor"] == start
    assert db.history() == [("A", "granted", None)]


@pytest.mark.parametrize(
    ("anchor", "start", "period", "zone", "end"),
    [
        ("2027-01-31 12:00+03", "2027-01-31 12:00+03", "month", "Europe/Moscow", "2027-02-28 12:00+03"),
        ("2027-01-31 12:00+03", "2027-02-28 12:00+03", "month", "Europe/Moscow", "2027-03-31 12:00+03"),
        ("2027-01-30 12:00+03", "2027-02-28 12:00+03", "month", "Europe/Moscow", "2027-03-30 12:00+03"),
        ("2028-02-29 00:00+00", "2028-02-29 00:00+00", "year", "UTC", "2029-02-28 00:00+00"),
        ("2028-02-29 00:00+00", "2029-02-28 00:00+00", "year", "UTC", "2030-02-28 00:00+00"),
        ("2028-02-29 00:00+00", "2031-02-28 00:00+00", "year", "UTC", "2032-02-29 00:00+00"),
        ("2026-12-31 23:30+03", "2026-12-31 23:30+03", "month", "Europe/Moscow", "2027-01-31 23:30+03"),
        ("2027-03-27 02:30+01", "2027-03-27 02:30+01", "month", "Europe/Berlin", "2027-04-27 02:30+02"),
        ("2027-01-15 00:00+12", "2027-06-15 00:00+12", "month", "Asia/Kamchatka", "2027-07-15 00:00+12"),
        # the calendar was another one when the anchor was set: the billing day comes again within hours, and ends nothing
        ("2026-01-15 08:00+01", "2026-04-15 08:00+02", "month", "Europe/Moscow", "2026-05-15 10:00+03"),
        ("2026-01-31 00:30+03", "2026-02-28 00:30+03", "month", "UTC", "2026-03-30 21:30+00"),
    ],
)
def test_periods_follow_the_billing_day(
    db: DbEnv, anchor: str, start: str, period: str, zone: str, end: str
) -> None:
    answer = db.one(
        "select private.next_period_end(%s::timestamptz, %s::timestamptz, %s, %s) as found, %s::timestamptz as expected",
        anchor, start, period, zone, end,
    )  # fmt: skip
    assert answer["found"] == answer["expected"]


# Declines, retries, grace


def test_payment_failure_starts_grace_of_14_days(db: DbEnv) -> None:
    trial = db.start_trial()
    end = trial["trial_ends_at"]
    db.charge(end, "canceled")
    subscription = db.live()
    assert (subscription["status"], subscription["grace_until"]) == ("past_due", end + 14 * DAY)
    assert db.level() == "0", "the level is kept"
    assert told(db)[-1] == "grace_started"
    assert subscription["next_charge_at"] == end + DAY


def test_a_soft_decline_is_retried_on_days_1_3_5_7_10_13_and_then_grace_ends(db: DbEnv) -> None:
    start = datetime(2027, 3, 1, 12, tzinfo=UTC)
    subscription = db.subscribe(as_of=start)
    due = subscription["current_period_end"]
    tried = [(moment - due).days for moment in hours(due, due + 20 * DAY, 6) if db.charge(moment, "canceled")]
    assert tried == [0, 1, 3, 5, 7, 10, 13]
    assert db.history()[-1] == ("A", "revoked", "grace_period_ended")
    assert db.live()["status"] == "expired"
    attempts = db.query(
        "boris", "select attempt, outcome, reason from subscription_retry_attempts order by attempt"
    )
    assert attempts == [
        {"attempt": n, "outcome": "declined", "reason": "insufficient_funds"} for n in range(1, 7)
    ]
    kinds = told(db)
    assert kinds.count("grace_started") == 1
    assert kinds.count("payment_failed") == 6
    assert kinds.count("grace_ending") == 2
    assert kinds[-1] == "status_revoked"


@pytest.mark.parametrize(
    ("days", "retries"),
    [(1, [1]), (2, [1]), (10, [1, 3, 5, 7, 10]), (14, [1, 3, 5, 7, 10, 13]), (30, [1, 3, 5, 7, 10, 13])],
)
def test_retries_are_counted_from_when_grace_began_and_end_with_it(
    db: DbEnv, days: int, retries: list[int]
) -> None:
    db.subscribe()
    until = db.service("start_grace_period", organization_id=db.organization, days=days)
    subscription = db.live()
    began = subscription["grace_started_at"]
    assert (subscription["grace_until"], until) == (began + days * DAY,) * 2
    planned = db.rows("select scheduled_at from subscription_retry_attempts order by attempt")
    assert [(row["scheduled_at"] - began) / DAY for row in planned] == retries
    tried = [
        round((moment - began) / DAY)
        for moment in hours(began, until + 2 * DAY, 1)
        if db.charge(moment, "canceled")
    ]
    assert tried == retries, "the retry of the last day is made before grace ends"
    assert db.live()["status"] == "expired"


def test_a_charge_that_nobody_makes_does_not_hold_grace_open(db: DbEnv) -> None:
    db.subscribe()
    until = db.service("start_grace_period", organization_id=db.organization, days=1)
    for late, ended in ((timedelta(hours=1), 0), (timedelta(hours=3), 1)):
        assert db.service("run_status_expiry", as_of=until + late)["grace_ended"] == ended


def test_a_card_that_is_checked_after_the_end_is_not_kept(db: DbEnv) -> None:
    db.subscribe()
    check = db.checkout("card")
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    db.service("run_billing_cycle", as_of=db.live()["current_period_end"])
    cards = db.rows("select id from payment_methods")
    db.record(payment_of(check, "waiting_for_capture"))
    assert db.rows("select id from payment_methods") == cards


@pytest.mark.parametrize("reason", ["card_expired", "payment_method_restricted", "fraud_suspected"])
def test_a_hard_decline_waits_for_a_new_card(db: DbEnv, reason: str) -> None:
    trial = db.start_trial()
    end = trial["trial_ends_at"]
    db.charge(end, "canceled", reason)
    assert db.live()["next_charge_at"] is None
    assert [db.charge(end + day * DAY) for day in range(1, 13)] == [0] * 12

    checkout = db.checkout("card")
    assert checkout["amount"] == "1.00"
    answer = db.record(payment_of(checkout, "waiting_for_capture"), as_of=end + 5 * DAY)
    assert answer["release_hold"] is True
    assert db.charge(end + 5 * DAY) == 1, "the new card is charged at once"
    subscription = db.live()
    assert (subscription["status"], subscription["current_period_start"]) == ("active", end), (
        "the billing day stays"
    )


def test_a_hard_decline_ends_the_retries_that_were_planned(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    db.charge(end, "canceled")
    db.charge(end + DAY, "canceled", "card_expired")
    assert db.live()["next_charge_at"] is None
    outcomes = db.rows(
        "select outcome, count(*) from subscription_retry_attempts group by outcome order by outcome"
    )
    assert [(row["outcome"], row["count"]) for row in outcomes] == [("declined", 1), ("given_up", 5)]


def test_a_retry_that_succeeds_keeps_the_billing_day(db: DbEnv) -> None:
    start = datetime(2027, 1, 31, 12, tzinfo=MOSCOW)
    due = db.subscribe(as_of=start)["current_period_end"]
    db.charge(due, "canceled")
    db.charge(due + DAY, "canceled")
    db.charge(due + 3 * DAY)
    subscription = db.live()
    assert (subscription["status"], subscription["current_period_start"], subscription["grace_until"]) == (
        "active",
        due,
        None,
    )
    assert subscription["current_period_end"].astimezone(MOSCOW).day == 31
    assert db.rows("select 1 from subscription_retry_attempts where outcome is null") == []
    assert [action for _, action, _ in db.history()] == ["granted", "grace_started", "grace_ended"]


def test_a_permission_taken_back_at_the_bank_forgets_the_card(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    db.charge(end, "canceled", "permission_revoked")
    assert db.one(
        "select yookassa_payment_method_id as id, revoked_at is not null as gone from payment_methods"
    ) == {"id": None, "gone": True}
    assert db.live()["payment_method_id"] is None


def test_without_a_card_grace_begins_and_nothing_is_charged(db: DbEnv) -> None:
    trial = db.start_trial()
    card = db.one("select id from payment_methods")["id"]
    db.rpc("anna", "forget_payment_method", payment_method_id=card)
    assert db.charge(trial["trial_ends_at"]) == 0
    assert db.live()["status"] == "past_due"
    assert db.charge(trial["trial_ends_at"] + DAY) == 0


def test_money_on_its_way_is_waited_for_at_the_end_of_grace(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    db.charge(end, "canceled")
    (charge,) = db.claim(end + 13 * DAY)
    db.record(payment_of(charge, "pending"), as_of=end + 13 * DAY)
    assert db.service("run_billing_cycle", as_of=end + 15 * DAY)["grace_ended"] == 0
    db.record(payment_of(charge, "succeeded"), as_of=end + 15 * DAY)
    assert db.live()["status"] == "active"


def test_money_that_comes_after_the_end_goes_back_by_itself(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    (charge,) = db.claim(end)
    subscription = db.live()
    for status in ("past_due", "expired"):
        db.service(
            "handle_subscription_status_change",
            subscription_id=subscription["id"],
            new_status=status,
            organization_id=db.organization,
        )
    assert db.record(payment_of(charge, "succeeded"))["outcome"] == "quarantined"
    refund = db.one("select amount::text, reason, status from payment_refunds")
    assert refund == {"amount": "1490.00", "reason": "subscription_over", "status": "created"}


# The gate


def test_a_card_forgotten_between_claim_and_charge_is_not_charged(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    (claimed,) = db.service("claim_due_charges", as_of=end)
    card = db.one("select id from payment_methods")["id"]
    assert db.rpc("anna", "forget_payment_method", payment_method_id=card)["charge_under_way"] is False
    gate = db.service("begin_charge", transaction_id=claimed["transaction_id"], as_of=end)
    assert (gate["proceed"], gate["reason"], gate["request_body"]) == (False, "no_payment_method", None)
    assert db.one("select status, cancellation_party, cancellation_reason from payment_transactions where kind = 'renewal'") == {
        "status": "canceled", "cancellation_party": "chestno", "cancellation_reason": "no_payment_method",
    }  # fmt: skip
    assert db.live()["status"] == "past_due"


def test_a_subscription_cancelled_between_claim_and_charge_is_not_charged(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    (claimed,) = db.service("claim_due_charges", as_of=end)
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    assert (
        db.service("begin_charge", transaction_id=claimed["transaction_id"])["reason"] == "subscription_over"
    )
    db.charge(end)
    assert db.live()["status"] == "canceled"


def test_a_charge_let_go_before_the_card_was_forgotten_is_said_and_not_sent_again(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    (charge,) = db.claim(end)
    card = db.one("select id from payment_methods")["id"]
    assert db.rpc("anna", "forget_payment_method", payment_method_id=card)["charge_under_way"] is True
    assert db.service("begin_charge", transaction_id=charge["transaction_id"])["proceed"] is False
    assert db.one("select status from payment_transactions where kind = 'renewal'")["status"] == "created", (
        "only ЮKassa can tell"
    )


def test_no_new_attempt_while_one_is_undecided(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    (charge,) = db.claim(end)
    assert db.claim(end + DAY) == []
    with pytest.raises(Refused, match="PT409 request_pending"):
        db.checkout("subscription")
    db.record(payment_of(charge, "succeeded"), as_of=end)
    assert db.live()["status"] == "active"


def test_while_a_person_pays_by_hand_the_card_is_left_alone(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    checkout = db.checkout("subscription")
    assert db.claim(end) == []
    db.record(payment_of(checkout, "canceled"), as_of=end)
    assert len(db.claim(end)) == 1


@pytest.mark.parametrize("days_after", [0, 3])
def test_pages_nobody_pays_put_a_charge_off_for_a_day_at_most(db: DbEnv, days_after: int) -> None:
    end = db.start_trial()["trial_ends_at"]
    if days_after:
        db.charge(end, "canceled")
    for number in range(3):  # a page lives an hour, and another can be opened every hour
        db.record(payment_of(db.checkout("subscription"), "pending"))
        db.run(
            "update payment_transactions set created_at = now() - interval '1 hour' * %s where created_at >= now()",
            number + 1,
        )
    due = db.live()["next_charge_at"]
    assert db.claim(due + 23 * HOUR) == []
    assert len(db.claim(due + 25 * HOUR)) == 1


def test_pages_nobody_pays_put_the_end_of_grace_off_for_a_day_at_most(db: DbEnv) -> None:
    end = db.start_trial()["trial_ends_at"]
    db.charge(end, "canceled", "card_expired")
    page = db.checkout("subscription")
    db.record(payment_of(page, "pending"))
    over = db.live()["grace_until"]
    assert db.service("run_billing_cycle", as_of=over + 23 * HOUR)["grace_ended"] == 0
    assert db.service("run_billing_cycle", as_of=over + 25 * HOUR)["grace_ended"] == 1
    db.record(payment_of(page, "succeeded"), as_of=over + 26 * HOUR)
    assert db.live()["status"] == "active", "who pays after all begins anew"


def test_a_plan_is_not_changed_while_its_renewal_is_due_or_under_way(db: DbEnv) -> None:
    subscription = db.subscribe(as_of=NOW - 40 * DAY)
    with pytest.raises(Refused, match="PT409 request_pending"):
        db.checkout("plan_change", "a_year")
    (charge,) = db.claim(subscription["current_period_end"])
    db.run("update subscriptions set current_period_end = now() + interval '1 minute'")
    with pytest.raises(Refused, match="PT409 request_pending"):
        db.checkout("plan_change", "a_year")
    db.run("update subscriptions set current_period_end = %s", subscription["current_period_end"])
    db.record(payment_of(charge, "succeeded"))
    assert db.checkout("plan_change", "a_year")["amount"] != "14900.00", "the month that was paid is credited"


def test_the_database_itself_refuses_a_second_success_for_a_period(db: DbEnv) -> None:
    db.subscribe()
    with pytest.raises(Refused, match="one_success_per_subscription_and_period"):
        db.query(
            "operator",
            "insert into payment_transactions (organization_id, subscription_id, plan_id, kind, amount, status, period_start, idempotence_key, request_body)"
            " select organization_id, subscription_id, plan_id, kind, amount, status, period_start, 'another', '{}' from payment_transactions",
        )


# Cancelling and resuming


def test_a_cancelled_subscription_ends_with_its_period_and_can_be_resumed_before(db: DbEnv) -> None:
    start = NOW
    subscription = db.subscribe(as_of=start)
    end = subscription["current_period_end"]
    for person in ("gleb", "vera", "stranger"):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            db.rpc(person, "cancel_subscription", organization_id=db.organization)
    db.rpc("boris", "cancel_subscription", organization_id=db.organization)
    until = "select valid_until from organization_status_levels where is_active and organization_id = %s"
    assert db.one(until, db.organization)["valid_until"] == end
    db.rpc("anna", "resume_subscription", organization_id=db.organization)
    assert db.one(until, db.organization)["valid_until"] is None
    assert db.live()["next_charge_at"] == end
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("anna", "resume_subscription", organization_id=db.organization)

    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    assert db.charge(end - DAY) == 0
    assert db.charge(end) == 0
    assert db.live()["status"] == "canceled"
    assert db.history()[-1] == ("A", "revoked", "subscription_cancelled")
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("anna", "resume_subscription", organization_id=db.organization)


def test_a_cancelled_trial_costs_nothing(db: DbEnv) -> None:
    trial = db.start_trial()
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    assert [db.charge(trial["trial_ends_at"] + day * DAY) for day in range(5)] == [0] * 5
    assert db.history()[-1] == ("0", "revoked", "subscription_cancelled")


def test_cancelling_when_past_due_ends_at_once(db: DbEnv) -> None:
    trial = db.start_trial(as_of=NOW - 20 * DAY)
    db.charge(trial["trial_ends_at"], "canceled")
    assert db.rpc("anna", "cancel_subscription", organization_id=db.organization)["status"] == "canceled"
    assert db.level() is None


# Changing the plan


def test_unused_days_are_credited_to_the_kopeck(db: DbEnv) -> None:
    db.subscribe("a_month", as_of=NOW - 10 * DAY)
    quote = db.rpc("boris", "quote_plan_change", organization_id=db.organization, plan_id="a_year")
    expected = (Decimal(1490) * quote["unused_days"] / quote["days_in_period"]).quantize(Decimal("0.01"))
    assert quote["unused_days"] == quote["days_in_period"] - 10
    assert Decimal(quote["credit"]) == expected
    assert Decimal(quote["amount"]) == Decimal("14900.00") - expected
    checkout = db.checkout("plan_change", "a_year")
    assert checkout["amount"] == quote["amount"]
    db.record(payment_of(checkout, "succeeded"))
    subscription = db.live()
    assert (subscription["plan_id"], subscription["status"]) == ("a_year", "active")
    assert 364 <= (subscription["current_period_end"] - NOW).days <= 366
    assert db.level() == "A"


def test_upgrade_a_to_b_needs_verification_and_grants_b(db: DbEnv) -> None:
    db.subscribe()
    with pytest.raises(Refused, match="PT409 verification_required"):
        db.checkout("plan_change", "b_month")
    db.rpc(
        "moderator",
        "grant_status_level",
        organization_id=db.organization,
        level="B",
        valid_until=NOW + 30 * DAY,
    )
    db.record(payment_of(db.checkout("plan_change", "b_month"), "succeeded"))
    assert db.live()["plan_id"] == "b_month"
    held = db.one(
        "select valid_until, subscription_id from organization_status_levels where level = 'B' and is_active and organization_id = %s",
        db.organization,
    )
    assert held == {"valid_until": None, "subscription_id": db.live()["id"]}


def test_a_credit_larger_than_the_price_lengthens_the_period(db: DbEnv) -> None:
    db.subscribe("a_year")
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")
    quote = db.rpc("anna", "quote_plan_change", organization_id=db.organization, plan_id="b_month")
    assert quote["amount"] == "1.00"
    assert quote["bonus_days"] > 50
    db.record(payment_of(db.checkout("plan_change", "b_month"), "succeeded"))
    subscription = db.live()
    assert (
        abs(
            (subscription["current_period_end"] - datetime.fromisoformat(quote["period_end"])).total_seconds()
        )
        < 5
    )
    assert subscription["next_charge_at"] == subscription["current_period_end"]


@pytest.mark.parametrize(
    ("now", "wanted", "refusal"),
    [
        ("a_month", "a_month", "PT422 invalid_input"),
        ("a_month", "nothing", "PT404 not_found"),
        ("b_month", "a_year", "PT409 invalid_transition"),
    ],
)
def test_plans_that_cannot_be_changed_to(db: DbEnv, now: str, wanted: str, refusal: str) -> None:
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")
    db.subscribe(now)
    with pytest.raises(Refused, match=refusal):
        db.rpc("anna", "quote_plan_change", organization_id=db.organization, plan_id=wanted)


def test_a_cancellation_is_not_taken_back_when_the_period_is_over(db: DbEnv) -> None:
    db.subscribe()
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    db.run(
        "update subscriptions set current_period_start = now() - interval '1 month', current_period_end = now()"
    )
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("anna", "resume_subscription", organization_id=db.organization)


# Notices


def test_what_is_to_be_charged_is_told_before(db: DbEnv) -> None:
    trial = db.start_trial()
    for moment in hours(NOW, trial["trial_ends_at"] - timedelta(hours=1), 1):
        db.service("run_billing_cycle", as_of=moment)
    rows = db.query(
        "boris",
        "select data->>'days_left' as days, data->>'amount' as amount from notifications where kind = 'trial_ending' order by id",
    )
    assert [(row["days"], row["amount"]) for row in rows] == [("3", "1490.00"), ("1", "1490.00")]


def test_a_yearly_renewal_is_told_of_seven_days_before(db: DbEnv) -> None:
    end = db.subscribe("a_year")["current_period_end"]
    for moment in hours(end - 12 * DAY, end - timedelta(hours=1)):
        db.service("run_billing_cycle", as_of=moment)
    assert told(db).count("renewal_coming") == 1


# Limits


def test_checkout_is_refused_beyond_10_a_minute(db: DbEnv) -> None:
    for _ in range(10):
        db.checkout()
    with pytest.raises(Refused, match="PT429 too_many_requests") as refused:
        db.checkout()
    second = db.one("select extract(second from now())::float as it")["it"]
    assert refused.value.hint == f"Try again in {math.ceil(60 - second)} seconds."
    assert db.checkout(person="boris")["status"] == "created", "another person's minute is their own"


def test_a_checkout_is_counted_whatever_becomes_of_it(db: DbEnv) -> None:
    for _ in range(10):
        db.rpc("anna", "count_checkout")
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        db.rpc("anna", "count_checkout")
    with pytest.raises(Refused, match="42501"):
        db.rpc("visitor", "count_checkout")


def test_refused_requests_are_counted_to_100_and_addresses_are_not_kept(db: DbEnv) -> None:
    answers = [db.service("count_refused_request", remote_ip="203.0.113.9")["allowed"] for _ in range(101)]
    assert answers == [True] * 100 + [False]
    assert db.service("count_refused_request", remote_ip="203.0.113.10")["allowed"] is True
    assert "203.0.113" not in str(db.rows("select * from private.request_counts"))


# Receipts


def test_receipts_are_in_every_request_when_they_are_on(db: DbEnv) -> None:
    db.service("configure_platform", settings={
        "site_url": "https://chestno.example", "shop_id": "100500", "test_mode": True, "receipts": {"vat_code": 11, "tax_system_code": 1}})  # fmt: skip
    body = payment_of(db.checkout("subscription"))["metadata"]
    assert body
    request = db.one("select request_body::jsonb as body from payment_transactions")["body"]
    (item,) = request["receipt"]["items"]
    assert request["receipt"]["customer"] == {"email": db.email("anna")}
    assert (item["vat_code"], item["amount"]["value"], item["payment_subject"], item["payment_mode"]) == (
        11,
        "1490.00",
        "service",
        "full_payment",
    )

    db.query(
        "anna",
        "update organization_settings set billing_email = null where organization_id = %s",
        db.organization,
    )
    with pytest.raises(Refused, match=r"PT422 invalid_input .*billing_email"):
        db.checkout("subscription", "a_year")
    for wrong in ({"vat_code": 13}, {"vat_code": 0}, {}, {"vat_code": 4, "tax_system_code": 7}):
        with pytest.raises(Refused, match="PT422 invalid_input"):
            db.service(
                "configure_platform",
                settings={
                    "site_url": "https://x.example",
                    "shop_id": "1",
                    "test_mode": True,
                    "receipts": wrong,
                },
            )


def test_a_charge_nobody_is_present_at_sends_its_receipt_to_the_owner(db: DbEnv) -> None:
    """Without an address there would be no receipt, and without a receipt no charge: a free subscription."""
    end = db.start_trial()["trial_ends_at"]
    db.service("configure_platform", settings={
        "site_url": "https://chestno.example", "shop_id": "100500", "test_mode": True, "receipts": {"vat_code": 1}})  # fmt: skip
    db.run("update organization_settings set billing_email = null")
    (charge,) = db.claim(end)
    assert json.loads(charge["request_body"])["receipt"]["customer"] == {"email": db.email("anna")}


def test_a_receipt_being_registered_is_followed_up(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    db.record(payment_of(checkout, "succeeded", receipt_registration="pending"))
    later = NOW + timedelta(hours=2)
    assert [
        item["transaction_id"] for item in db.service("claim_payment_sweep", as_of=later)["transactions"]
    ] == [checkout["transaction_id"]]
    db.record(payment_of(checkout, "succeeded", receipt_registration="succeeded"))
    assert db.service("claim_payment_sweep", as_of=later + DAY)["transactions"] == []
    assert db.history() == [("A", "granted", None)]
