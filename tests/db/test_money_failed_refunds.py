"""Case 9: balanced-dashboard#1553, a failed refund nobody sees. It is a difference at once, and asked for again with a new key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import DbEnv, Row, payment_of

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def paid_twice(db: DbEnv) -> Row:
    """The refund that a second payment gives rise to."""
    pages = [db.checkout("subscription", plan) for plan in ("a_month", "a_year")]
    for page in pages:
        db.record(payment_of(page, "succeeded"))
    return the_refund(db)


def asked_by_an_admin(db: DbEnv) -> Row:
    page = db.checkout("subscription")
    db.record(payment_of(page, "succeeded"))
    db.rpc(
        "moderator",
        "start_refund",
        transaction_id=page["transaction_id"],
        amount="490.00",
        reason="Не подошло",
    )
    return the_refund(db)


def judged(db: DbEnv) -> Row:
    page = db.checkout("subscription")
    db.record(payment_of(page, "succeeded", amount={"value": "7.00", "currency": "RUB"}))
    db.rpc(
        "moderator",
        "judge_quarantined",
        transaction_id=page["transaction_id"],
        decision="refund",
        comment="x",
    )
    return the_refund(db)


def the_refund(db: DbEnv) -> Row:
    return db.one(
        "select r.*, t.yookassa_payment_id from payment_refunds r join payment_transactions t on t.id = r.transaction_id"
        " where r.status = 'created'"
    )


def ends(db: DbEnv, refund: Row, status: str, as_of: datetime = NOW, id: str = "re-1") -> None:
    told: dict[str, Any] = {
        "id": id, "payment_id": refund["yookassa_payment_id"], "status": status,
        "amount": {"value": str(refund["amount"]), "currency": "RUB"}, "metadata": {"refund_id": str(refund["id"])},
    }  # fmt: skip
    if status == "canceled":
        told["cancellation_details"] = {"party": "refund_network", "reason": "insufficient_funds"}
    db.service("record_refund", refund=told, source="sweep", as_of=as_of)


def open_differences(db: DbEnv) -> list[tuple[str, str]]:
    return [
        (row["kind"], row["object_id"])
        for row in db.query("moderator", "select * from payment_differences where resolved_at is null")
    ]


@pytest.mark.parametrize("of", [paid_twice, asked_by_an_admin, judged])
@pytest.mark.parametrize("how", ["canceled", "refused"])
def test_case_09_a_refund_that_fails_is_a_difference_and_is_asked_for_again(
    db: DbEnv, of: Any, how: str
) -> None:
    refund = of(db)
    if how == "canceled":
        ends(db, refund, "pending")
        ends(db, refund, "canceled", NOW + 3 * DAY)
        failed_at = NOW + 3 * DAY
    else:
        db.service("record_refund_refusal", refund_id=refund["id"], reason="invalid_request")
        failed_at = db.one("select now() as now")["now"]
    assert open_differences(db) == [("refund_failed", refund["yookassa_payment_id"])]
    assert db.service("claim_payment_sweep", as_of=failed_at + HOUR / 2)["refunds"] == []
    (again,) = db.service("claim_payment_sweep", as_of=failed_at + HOUR)["refunds"]
    assert again["idempotence_key"] != refund["idempotence_key"]
    second = the_refund(db)
    assert (second["amount"], second["reason"]) == (refund["amount"], refund["reason"])
    ends(db, second, "succeeded", failed_at + HOUR, "re-2")
    assert open_differences(db) == []
    assert db.service("claim_payment_sweep", as_of=failed_at + 90 * DAY)["refunds"] == []


def test_case_09_what_goes_back_in_the_end_is_no_difference_any_more(db: DbEnv) -> None:
    """While its refund fails the hourly comparison finds the payment, too."""
    pages = [db.checkout("subscription", plan) for plan in ("a_month", "a_year")]
    told = [payment_of(page, "succeeded") for page in pages]
    for payment in told:
        db.record(payment)
    refund = the_refund(db)
    ends(db, refund, "canceled")
    db.service("reconcile", payments=told, refunds=None, since=NOW - 2 * DAY, as_of=NOW)
    assert {kind for kind, _ in open_differences(db)} == {"refund_failed", "payment_quarantined"}
    assert len(db.service("claim_payment_sweep", as_of=NOW + HOUR)["refunds"]) == 1
    ends(db, the_refund(db), "succeeded", NOW + HOUR, "re-2")
    assert open_differences(db) == []


def test_case_09_it_is_asked_for_later_each_time_and_not_for_ever(db: DbEnv) -> None:
    refund, at = paid_twice(db), NOW
    keys: set[str] = set()
    for days in (1 / 24, 1, 3, 7, 14):
        ends(db, refund, "canceled", at, f"re-{len(keys)}")
        keys.add(refund["idempotence_key"])
        at += days * DAY
        assert len(db.service("claim_payment_sweep", as_of=at)["refunds"]) == 1
        refund = the_refund(db)
    ends(db, refund, "canceled", at, "re-last")
    assert db.service("claim_payment_sweep", as_of=at + 365 * DAY)["refunds"] == []
    assert [kind for kind, _ in open_differences(db)] == ["refund_failed"], "a person is needed"
    assert len(keys | {refund["idempotence_key"]}) == 6


def test_case_09_what_a_person_settled_otherwise_is_not_asked_for_again(db: DbEnv) -> None:
    refund = paid_twice(db)
    ends(db, refund, "canceled")
    difference = db.one("select id from payment_differences where resolved_at is null")["id"]
    db.rpc("moderator", "resolve_difference", difference_id=difference, resolution="Перевели на счёт")
    assert db.service("claim_payment_sweep", as_of=NOW + 90 * DAY)["refunds"] == []


def test_case_09_what_was_given_back_otherwise_meanwhile_is_not_given_twice(db: DbEnv) -> None:
    refund = asked_by_an_admin(db)
    ends(db, refund, "canceled")
    by_hand = {
        "id": "re-by-hand", "payment_id": refund["yookassa_payment_id"], "status": "succeeded",
        "amount": {"value": "490.00", "currency": "RUB"}, "metadata": {},
    }  # fmt: skip
    db.service("record_refund", refund=by_hand, source="sweep", as_of=NOW)
    assert db.service("claim_payment_sweep", as_of=NOW + 90 * DAY)["refunds"] == []
    assert open_differences(db) == []
