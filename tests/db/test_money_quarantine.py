"""Case 8: unpaid, yet a subscriber for ever (HabitRPG/habitica#7014). What is put aside has an end, and then the ordinary rules go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import SHOP, DbEnv, Row, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
WRONG: dict[str, Row] = {
    "amount": {"amount": {"value": "1.00", "currency": "RUB"}},
    "currency": {"amount": {"value": "1490.00", "currency": "USD"}},
    "shop": {"recipient": {"account_id": "666"}},
    "test": {"test": False},
}


def put_aside(db: DbEnv, wrong: str = "amount") -> Row:
    """A renewal whose payment is not as asked; its transaction."""
    db.subscribe(as_of=NOW - 40 * DAY)
    (charge,) = db.claim(NOW)
    assert db.record(payment_of(charge, "succeeded", **WRONG[wrong]))["outcome"] == "quarantined"
    return transaction(db, charge["transaction_id"])


def transaction(db: DbEnv, id: str) -> Row:
    return db.one("select * from payment_transactions where id = %s", id)


def judge(db: DbEnv, payment: Row, decision: str) -> Row:
    answer: Row = db.rpc(
        "moderator", "judge_quarantined", transaction_id=payment["id"], decision=decision, comment="Проверено"
    )
    return answer


def loses_b(db: DbEnv) -> None:
    db.run("select private.end_level(%s, 'B', 'revoked', 'term_ended', 'job', now())", db.organization)


def refunds(db: DbEnv) -> list[tuple[str, str]]:
    return [
        (str(row["amount"]), row["currency"])
        for row in db.rows("select amount, currency from payment_refunds where status <> 'canceled'")
    ]


def configured(db: DbEnv, shop: str, test_mode: bool = True) -> None:
    db.service(
        "configure_platform",
        settings={"site_url": "https://chestno.example", "shop_id": shop, "test_mode": test_mode},
    )


@pytest.mark.parametrize("wrong", WRONG)
def test_case_08_money_that_is_given_back_leaves_a_period_to_pay(db: DbEnv, wrong: str) -> None:
    payment = put_aside(db, wrong)
    assert db.live()["status"] == "active", "it is for us to decide, and no fault of theirs"
    assert db.claim(NOW + DAY) == [], "nothing is charged twice meanwhile"
    answer = judge(db, payment, "refund")
    assert (answer["status"], answer["goes_back"]) == ("quarantined", True)
    paid = WRONG[wrong].get("amount", {"value": "1490.00", "currency": "RUB"})
    assert refunds(db) == [(paid["value"], paid["currency"])], "what was really paid"
    subscription = db.live()
    assert (subscription["status"], db.level()) == ("past_due", "A")
    assert subscription["next_charge_at"] == subscription["grace_started_at"] + DAY
    assert db.charge(subscription["next_charge_at"]) == 1
    assert db.live()["status"] == "active"


@pytest.mark.parametrize("wrong", ["amount", "shop", "test"])
def test_case_08_money_that_is_accepted_begins_its_period(db: DbEnv, wrong: str) -> None:
    payment = put_aside(db, wrong)
    answer = judge(db, payment, "accept")
    assert (answer["status"], answer["goes_back"]) == ("succeeded", False)
    subscription = db.live()
    assert (subscription["status"], subscription["current_period_start"]) == (
        "active",
        payment["period_start"],
    )
    assert subscription["next_charge_at"] == subscription["current_period_end"]
    assert refunds(db) == []
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        judge(db, payment, "refund")


@pytest.mark.parametrize("wrong", ["amount", "shop", "test"])
@pytest.mark.parametrize("decision", ["accept", "refund"])
def test_case_08_what_was_decided_on_is_not_asked_about_again(db: DbEnv, wrong: str, decision: str) -> None:
    """A webhook that comes again, and the hourly comparison of two days, tell the same payment once more."""
    payment = put_aside(db, wrong)
    judge(db, payment, decision)
    told = payment_of(
        {"transaction_id": str(payment["id"]), "request_body": payment["request_body"]},
        "succeeded",
        **WRONG[wrong],
    )
    db.record(told)
    db.service("reconcile", payments=[told], refunds=None, since=NOW - 2 * DAY, as_of=NOW)
    assert db.rows("select kind, object_id from payment_differences where resolved_at is null") == []
    assert (
        transaction(db, payment["id"])["status"] == {"accept": "succeeded", "refund": "quarantined"}[decision]
    )


def test_case_08_another_amount_than_was_accepted_is_asked_about(db: DbEnv) -> None:
    payment = put_aside(db)
    judge(db, payment, "accept")
    told = payment_of(
        {"transaction_id": str(payment["id"]), "request_body": payment["request_body"]}, "succeeded",
        amount={"value": "5.00", "currency": "RUB"},
    )  # fmt: skip
    db.record(told)
    (difference,) = db.rows("select kind from payment_differences where resolved_at is null")
    assert difference["kind"] == "payment_quarantined"


def test_case_08_nobody_pays_again_and_grace_ends_by_the_ordinary_rules(db: DbEnv) -> None:
    payment = put_aside(db)
    judge(db, payment, "refund")
    for day in range(20):
        db.charge(datetime.now(UTC) + day * DAY, "canceled")
    assert (db.live()["status"], db.level()) == ("expired", None)


def test_case_08_a_wrong_shop_for_an_hour_strands_nobody(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 40 * DAY)
    configured(db, "another-shop")
    (charge,) = db.claim(NOW)
    assert db.record(payment_of(charge, "succeeded"))["outcome"] == "quarantined"
    assert db.service("run_billing_cycle", as_of=NOW + timedelta(minutes=30))["accepted"] == 0
    configured(db, SHOP)
    assert db.service("run_billing_cycle", as_of=NOW + timedelta(hours=1))["accepted"] == 1
    assert (db.live()["status"], refunds(db)) == ("active", [])
    assert db.live()["current_period_end"] > NOW
    assert db.rows("select 1 from payment_differences where resolved_at is null") == []


@pytest.mark.parametrize("kind", ["subscription", "plan_change"])
def test_case_08_what_a_person_paid_is_accepted_too(db: DbEnv, kind: str) -> None:
    if kind == "plan_change":
        db.subscribe()
    page = db.checkout(kind, "a_year")
    configured(db, SHOP, test_mode=False)
    db.record(payment_of(page, "succeeded"))
    configured(db, SHOP)
    judge(db, transaction(db, page["transaction_id"]), "accept")
    assert (db.live()["plan_id"], db.live()["status"]) == ("a_year", "active")


def test_case_08_what_is_accepted_too_late_goes_back(db: DbEnv) -> None:
    wrong, right = db.checkout("subscription", "a_month"), db.checkout("subscription", "a_year")
    db.record(payment_of(wrong, "succeeded", **WRONG["amount"]))
    db.record(payment_of(right, "succeeded"))
    answer = judge(db, transaction(db, wrong["transaction_id"]), "accept")
    assert (answer["status"], answer["goes_back"]) == ("quarantined", True)
    assert refunds(db) == [("1.00", "RUB")]
    assert db.live()["plan_id"] == "a_year"


def test_case_08_more_than_asked_goes_back_whole(db: DbEnv) -> None:
    page = db.checkout("subscription")
    db.record(payment_of(page, "succeeded", amount={"value": "5000.00", "currency": "RUB"}))
    payment = transaction(db, page["transaction_id"])
    assert (str(payment["amount"]), str(payment["paid_amount"])) == ("1490.00", "5000.00")
    judge(db, payment, "refund")
    assert refunds(db) == [("5000.00", "RUB")]


def test_case_08_what_is_given_back_in_the_cabinet_needs_no_verdict(db: DbEnv) -> None:
    payment = put_aside(db)
    refund: dict[str, Any] = {
        "id": "re-by-hand", "payment_id": payment["yookassa_payment_id"], "status": "succeeded",
        "amount": {"value": "1.00", "currency": "RUB"}, "metadata": {},
    }  # fmt: skip
    db.service("record_refund", refund=refund, source="sweep", as_of=NOW)
    assert db.live()["status"] == "past_due"
    assert db.live()["next_charge_at"] == NOW + DAY
    assert db.rows("select from payment_differences where resolved_at is null") == []


@pytest.mark.parametrize("wrong", WRONG)
def test_case_08_a_charge_that_took_nothing_is_a_decline_whatever_else_is_wrong(
    db: DbEnv, wrong: str
) -> None:
    db.subscribe(as_of=NOW - 40 * DAY)
    (charge,) = db.claim(NOW)
    db.record(payment_of(charge, "pending", **WRONG[wrong]), as_of=NOW)
    assert db.record(payment_of(charge, "canceled", **WRONG[wrong]), as_of=NOW)["outcome"] == "applied"
    assert (db.live()["status"], db.live()["next_charge_at"]) == ("past_due", NOW + DAY)


def test_case_08_a_plan_that_may_no_longer_be_held_is_not_charged(db: DbEnv) -> None:
    db.rpc(
        "moderator", "grant_status_level", organization_id=db.organization, level="B",
        valid_until=datetime.now(UTC) + DAY,
    )  # fmt: skip
    db.subscribe("b_month", as_of=NOW - 40 * DAY)
    (claimed,) = db.service("claim_due_charges", as_of=NOW)
    loses_b(db)
    gate = db.service("begin_charge", transaction_id=claimed["transaction_id"], as_of=NOW)
    assert (gate["proceed"], gate["reason"]) == (False, "verification_required")
    subscription = db.live()
    assert (subscription["status"], subscription["next_charge_at"]) == ("past_due", None)


def test_case_08_money_taken_for_such_a_plan_goes_back_and_grace_begins(db: DbEnv) -> None:
    db.rpc(
        "moderator", "grant_status_level", organization_id=db.organization, level="B",
        valid_until=datetime.now(UTC) + DAY,
    )  # fmt: skip
    db.subscribe("b_month", as_of=NOW - 40 * DAY)
    (charge,) = db.claim(NOW)
    loses_b(db)
    assert db.record(payment_of(charge, "succeeded"), as_of=NOW)["outcome"] == "quarantined"
    assert refunds(db) == [("4990.00", "RUB")]
    assert db.live()["status"] == "past_due"


def test_case_08_who_is_stranded_all_the_same_is_an_alert(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 40 * DAY)
    db.run("update subscriptions set next_charge_at = null")
    assert db.service("run_status_expiry", as_of=NOW)["stranded"] == 1
    assert db.one("select kind from payment_differences where resolved_at is null")["kind"] == (
        "subscription_stranded"
    )
    db.run("update subscriptions set next_charge_at = now()")
    assert db.service("run_status_expiry", as_of=NOW)["stranded"] == 0
    assert db.rows("select 1 from payment_differences where resolved_at is null") == []
