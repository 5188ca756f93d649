"""Cards and declines (cases 5 and 12), a pause of ours (case 7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from kit.db import DbEnv, Row, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def new_card(db: DbEnv, as_of: datetime, expires: str = "2031") -> None:
    """Another one than that of `subscribe`, which is good through 2030."""
    page = db.checkout("card")
    for status in ("waiting_for_capture", "canceled"):
        payment = payment_of(page, status)
        payment["payment_method"]["card"]["expiry_year"] = expires
        db.record(payment, as_of=as_of)


def declined(charge: Row, reason: str) -> Row:
    details = {"party": "payment_network", "reason": reason}
    return payment_of(charge, "canceled", cancellation_details=details)


def overview(db: DbEnv) -> Row:
    seen: Row = db.rpc("anna", "billing_overview", organization_id=db.organization)
    return seen


# Case 5: woocommerce-gateway-stripe#237, dunning follows the old card


@pytest.mark.parametrize("reason", ["card_expired", "insufficient_funds", "permission_revoked"])
@pytest.mark.parametrize("is_past_due", [False, True])
def test_case_05_a_decline_of_the_old_card_is_none_of_the_new_ones(
    db: DbEnv, reason: str, is_past_due: bool
) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    at = NOW
    if is_past_due:
        db.charge(NOW, "canceled")
        at = db.live()["next_charge_at"]
    (pending,) = db.claim(at)
    db.record(payment_of(pending, "pending"), as_of=at)
    new_card(db, at)
    db.record(declined(pending, reason), as_of=at + HOUR)
    assert db.live()["next_charge_at"] == at + HOUR, "the new card is tried at once"
    assert db.charge(at + HOUR) == 1
    assert db.live()["status"] == "active"


def test_case_05_a_charge_that_was_never_begun_goes_to_the_new_card(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    old = db.live()["payment_method_id"]
    (claimed,) = db.service("claim_due_charges", as_of=NOW)
    new_card(db, NOW)
    db.rpc("anna", "forget_payment_method", payment_method_id=old)
    assert db.service("begin_charge", transaction_id=claimed["transaction_id"], as_of=NOW)["proceed"] is False
    assert db.charge(NOW) == 1
    assert db.live()["status"] == "active"


def test_case_05_a_request_that_was_refused_goes_to_the_new_card(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    (charge,) = db.claim(NOW)
    new_card(db, NOW)
    db.service("record_refusal", transaction_id=charge["transaction_id"], reason="invalid_request", as_of=NOW)
    assert db.charge(NOW) == 1
    assert db.live()["status"] == "active"


def test_case_05_a_dead_card_is_not_planned_on(db: DbEnv) -> None:
    """Refused for good; then the person pays by hand, and the next period has no card."""
    db.subscribe(as_of=NOW - 32 * DAY)
    db.charge(NOW, "canceled", "card_expired")
    page = db.checkout("subscription")
    paid = payment_of(page, "succeeded")
    paid["payment_method"]["saved"] = False
    db.record(paid, as_of=NOW)
    assert (db.live()["status"], db.live()["payment_method_id"]) == ("active", None)
    assert overview(db)["next_charge"]["why_not"] == "no_card"


@pytest.mark.parametrize("is_declined", [True, False])
def test_case_05_a_forgotten_card_is_not_planned_on(db: DbEnv, is_declined: bool) -> None:
    """Forgotten while it was charged, or while the next try was planned."""
    db.subscribe(as_of=NOW - 32 * DAY)
    card = db.live()["payment_method_id"]
    if is_declined:
        (charge,) = db.claim(NOW)
        db.rpc("anna", "forget_payment_method", payment_method_id=card)
        db.record(declined(charge, "insufficient_funds"), as_of=NOW)
    else:
        db.charge(NOW, "canceled")
        db.rpc("anna", "forget_payment_method", payment_method_id=card)
    subscription = db.live()
    assert (subscription["status"], subscription["next_charge_at"]) == ("past_due", None)
    assert overview(db)["next_charge"]["why_not"] == "no_card"
    assert db.rows("select 1 from subscription_retry_attempts where outcome is null") == []
    new_card(db, NOW)
    assert db.charge(NOW, "canceled") == 1
    assert db.live()["next_charge_at"] == subscription["grace_started_at"] + DAY, "a new plan for a new card"


# Case 12: productdevbook/tezgah#197, a new card in the last hour of grace does not help


@pytest.mark.parametrize("late", [20 * HOUR / 60, 5 * HOUR, 3 * DAY])
@pytest.mark.parametrize("job", ["run_billing_cycle", "run_status_expiry"])
def test_case_12_a_new_card_is_tried_before_grace_ends(db: DbEnv, late: timedelta, job: str) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    db.charge(NOW, "canceled", "card_expired")
    over = db.live()["grace_until"]
    new_card(db, over - HOUR / 3)
    assert db.service(job, as_of=over + late)["grace_ended"] == 0
    assert db.charge(over + late) == 1
    assert (db.live()["status"], db.level()) == ("active", "A")


def test_case_12_a_new_card_that_is_declined_too_ends_it(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    db.charge(NOW, "canceled", "card_expired")
    over = db.live()["grace_until"]
    new_card(db, over - HOUR)
    db.charge(over + HOUR, "canceled")
    assert db.service("run_billing_cycle", as_of=over + 2 * HOUR)["grace_ended"] == 1


def test_case_12_a_retry_that_a_pause_of_ours_kept_back_is_made_first(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    db.charge(NOW, "canceled")
    over = db.live()["grace_until"]
    assert db.charge(over + 2 * DAY) == 1
    assert db.live()["status"] == "active"


# Case 7: polarsource/polar#12510, missed periods charged at once


@pytest.mark.parametrize("days", [5, 40, 100, 400])
def test_case_07_a_pause_of_ours_is_not_billed(db: DbEnv, days: int) -> None:
    end = db.subscribe(as_of=NOW)["current_period_end"]
    back = end + days * DAY
    assert db.charge(back) == 1
    assert db.charge(back) == 0, "one period a run"
    subscription = db.live()
    assert subscription["current_period_start"] == back
    assert 28 <= (subscription["current_period_end"] - back).days <= 31
    assert subscription["next_charge_at"] == subscription["current_period_end"]
    db.service("run_billing_cycle", as_of=subscription["next_charge_at"] - 7 * DAY)
    told = db.rows("select kind from notifications where kind = 'renewal_coming'")
    assert told, "the day is another one, so people are told before the next"


@pytest.mark.parametrize("hours", [1, 26, 47])
def test_case_07_a_job_that_is_late_keeps_the_billing_day(db: DbEnv, hours: int) -> None:
    end = db.subscribe(as_of=NOW)["current_period_end"]
    assert db.charge(end + hours * HOUR) == 1
    assert db.live()["current_period_start"] == end


def test_case_07_after_a_pause_in_grace_the_period_begins_with_the_charge(db: DbEnv) -> None:
    end = db.subscribe(as_of=NOW)["current_period_end"]
    db.charge(end, "canceled")
    assert db.charge(end + 60 * DAY) == 1
    assert db.live()["current_period_start"] == end + 60 * DAY
    assert db.charge(end + 60 * DAY) == 0


def test_case_07_a_trial_that_nobody_ended_is_not_billed_for(db: DbEnv) -> None:
    end = db.start_trial(as_of=NOW)["trial_ends_at"]
    assert db.charge(end + 50 * DAY) == 1
    assert db.live()["current_period_start"] == end + 50 * DAY


# Which card is charged


def test_case_05_another_saved_card_is_chosen_and_what_is_owed_is_tried_with_it(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    first = db.live()["payment_method_id"]
    new_card(db, NOW - 10 * DAY)
    second = db.live()["payment_method_id"]
    assert first != second
    chosen = db.rpc("anna", "set_main_payment_method", payment_method_id=first)
    assert (db.live()["payment_method_id"], chosen["is_charged_next"]) == (first, False)
    db.charge(NOW, "canceled")
    assert db.rpc("boris", "set_main_payment_method", payment_method_id=second)["is_charged_next"] is True
    assert db.charge(datetime.now(UTC)) == 1
    assert db.live()["status"] == "active"


@pytest.mark.parametrize(
    ("person", "refusal"), [("gleb", "PT403"), ("vera", "PT403"), ("stranger", "PT404"), ("visitor", "42501")]
)
def test_who_chooses_the_card(db: DbEnv, person: str, refusal: str) -> None:
    card = db.subscribe()["payment_method_id"]
    with pytest.raises(Refused, match=refusal):
        db.rpc(person, "set_main_payment_method", payment_method_id=card)


def test_a_card_that_is_gone_or_refused_for_good_is_not_chosen(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    card = db.live()["payment_method_id"]
    db.charge(NOW, "canceled", "card_expired")
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("anna", "set_main_payment_method", payment_method_id=card)
    db.rpc("anna", "forget_payment_method", payment_method_id=card)
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("anna", "set_main_payment_method", payment_method_id=card)


@pytest.mark.parametrize("status", ["succeeded", "canceled"])
def test_what_a_card_is_charged_by_goes_from_what_was_sent_when_it_is_decided(db: DbEnv, status: str) -> None:
    """Admins read the transactions, and ЮKassa's id of a card is nobody's but ours; what a customer takes back is kept nowhere."""
    db.subscribe(as_of=NOW - 32 * DAY)
    secret = db.one("select yookassa_payment_method_id as id from payment_methods")["id"]
    (charge,) = db.claim(NOW)
    assert secret in charge["request_body"], "the very bytes go out, and again if nobody answers"
    db.record(payment_of(charge, status), as_of=NOW)
    db.rpc("anna", "forget_payment_method", payment_method_id=db.one("select id from payment_methods")["id"])
    for row in db.query("boris", "select * from payment_transactions where kind = 'renewal'"):
        assert secret not in str(row)
        assert "payment_method_id" not in row["request_body"]


def test_a_charge_that_was_stopped_names_no_card_either(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    (claimed,) = db.service("claim_due_charges", as_of=NOW)
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    db.service("begin_charge", transaction_id=claimed["transaction_id"], as_of=NOW)
    (row,) = db.query("boris", "select request_body from payment_transactions where kind = 'renewal'")
    assert "payment_method_id" not in row["request_body"]


def test_a_card_saved_twice_is_listed_once_and_forgotten_whole(db: DbEnv) -> None:
    db.subscribe(as_of=NOW)
    main = db.live()["payment_method_id"]
    new_card(db, NOW)
    new_card(db, NOW, "2030")  # the first one once more
    assert len(db.rows("select 1 from payment_methods where organization_id = %s", db.organization)) == 3
    cards = overview(db)["cards"]
    assert sorted(card["is_main"] for card in cards) == [False, True]
    (listed,) = [card for card in cards if card["is_main"]]
    assert listed["id"] == str(db.live()["payment_method_id"]) != str(main)
    db.rpc("anna", "forget_payment_method", payment_method_id=listed["id"])
    assert [card["id"] for card in overview(db)["cards"]] == [
        card["id"] for card in cards if not card["is_main"]
    ]
    assert db.live()["payment_method_id"] is None
