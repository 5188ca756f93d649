"""Money given back, and the books held together (sql/45_refunds, sql/44_differences)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import DbEnv, Row, notification_of, payment_of
from kit.refused import Refused
from psycopg.types.json import Jsonb

NOW = datetime.now(UTC)


def paid(db: DbEnv) -> Row:
    checkout = db.checkout("subscription")
    db.record(payment_of(checkout, "succeeded"))
    return checkout


def start(
    db: DbEnv,
    checkout: Row,
    amount: str | None = None,
    person: str = "moderator",
    reason: str = "Не подошло",
) -> Row:
    answer: Row = db.rpc(
        person, "start_refund", transaction_id=checkout["transaction_id"], amount=amount, reason=reason
    )
    return answer


def refund_of(checkout: Row, started: Row | None = None, status: str = "succeeded", **changes: Any) -> Row:
    request = json.loads(started["request_body"]) if started else {}
    return {
        "id": f"re-{started['refund_id'][:20]}" if started else "re-by-hand",
        "payment_id": payment_of(checkout)["id"],
        "status": status,
        "amount": request.get("amount", {"value": "1490.00", "currency": "RUB"}),
        "metadata": request.get("metadata", {}),
        "created_at": "2026-11-20T09:00:00.000Z",
    } | changes


def record(db: DbEnv, refund: Row) -> str:
    return str(db.service("record_refund", refund=refund, source="webhook")["outcome"])


def test_a_full_refund_of_the_current_period_ends_it(db: DbEnv) -> None:
    checkout = paid(db)
    started = start(db, checkout)
    assert json.loads(started["request_body"])["amount"] == {"value": "1490.00", "currency": "RUB"}
    refund = refund_of(checkout, started)
    assert [record(db, refund) for _ in range(3)] == ["applied", "unchanged", "unchanged"]
    assert db.live()["status"] == "canceled"
    assert db.history()[-1] == ("A", "revoked", "refunded")
    assert str(db.one("select refunded_amount from payment_transactions")["refunded_amount"]) == "1490.00"
    with pytest.raises(Refused, match="PT422 invalid_input"):
        start(db, checkout, reason="Ещё раз")


def test_an_answer_that_was_lost_is_given_again_and_nothing_is_doubled(db: DbEnv) -> None:
    checkout = paid(db)
    part = start(db, checkout, "490.00")
    assert start(db, checkout, "490.00") == part, "the same words within an hour"
    assert start(db, checkout, "490.00", reason="Другой повод")["refund_id"] != part["refund_id"]
    rest = start(db, checkout, reason="Остаток")
    assert rest["amount"] == "510.00"
    assert start(db, checkout, reason="Остаток") == rest
    assert db.one("select sum(amount) from payment_refunds")["sum"] == 1490


def test_a_partial_refund_leaves_the_level(db: DbEnv) -> None:
    checkout = paid(db)
    record(db, refund_of(checkout, start(db, checkout, "490.00")))
    assert db.level() == "A"
    with pytest.raises(Refused, match="PT422 invalid_input"):
        start(db, checkout, "1000.01")
    record(db, refund_of(checkout, start(db, checkout, "1000.00")))
    assert db.level() is None, "two parts make a whole"


def test_a_refund_made_in_yookassas_cabinet_is_recorded_too(db: DbEnv) -> None:
    checkout = paid(db)
    refund = refund_of(checkout)
    stored = db.service(
        "receive_notification", payload=notification_of(refund) | {"event": "refund.succeeded"}
    )
    assert (stored["object_kind"], stored["settle"]) == ("refund", True)
    answer = db.service("settle_notification", notification_id=stored["notification_id"], payment=refund)
    assert (answer["outcome"], answer["notification_status"]) == ("applied", "processed")
    assert db.level() is None


def test_a_refund_that_is_canceled_or_refused_gives_nothing_back(db: DbEnv) -> None:
    checkout = paid(db)
    first = start(db, checkout)
    assert record(db, refund_of(checkout, first, "pending")) == "applied"
    assert (
        record(
            db,
            refund_of(
                checkout,
                first,
                "canceled",
                cancellation_details={"party": "refund_network", "reason": "insufficient_funds"},
            ),
        )
        == "applied"
    )
    assert db.level() == "A"
    second = start(db, checkout)
    db.service("record_refund_refusal", refund_id=second["refund_id"], reason="invalid_request")
    assert [
        row["status"] for row in db.rows("select status from payment_refunds order by created_at, id")
    ] == ["canceled", "canceled"]
    start(db, checkout)


@pytest.mark.parametrize("person", ["anna", "boris", "stranger", "visitor"])
def test_only_platform_admins_give_money_back(db: DbEnv, person: str) -> None:
    checkout = paid(db)
    with pytest.raises(Refused, match=r"PT403 not_allowed|42501"):
        start(db, checkout, person=person)


def test_what_cannot_be_given_back(db: DbEnv) -> None:
    checkout = db.checkout()
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        start(db, checkout)
    db.record(payment_of(checkout, "canceled"))
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        start(db, checkout)
    taken = paid(db)
    for amount, reason in (("0", "x"), ("-5", "x"), ("0.001", "x"), ("10", " ")):
        with pytest.raises(Refused, match="PT422 invalid_input"):
            start(db, taken, amount, reason=reason)


def test_the_receipt_of_a_refund_is_followed_up(db: DbEnv) -> None:
    checkout = paid(db)
    started = start(db, checkout, "490.00")
    refund = refund_of(checkout, started, receipt_registration="pending")
    assert record(db, refund) == "applied"
    later = NOW + timedelta(hours=2)
    (item,) = db.service("claim_payment_sweep", as_of=later)["refunds"]
    assert item["yookassa_refund_id"] == refund["id"]
    assert record(db, refund | {"receipt_registration": "succeeded"}) == "unchanged"
    assert db.service("claim_payment_sweep", as_of=later + timedelta(days=1))["refunds"] == []
    assert db.one("select receipt_registration as it from payment_refunds")["it"] == "succeeded"


def test_money_that_comes_after_we_gave_it_up_goes_back(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    db.service("record_refusal", transaction_id=checkout["transaction_id"], reason="not_created")
    for _ in range(2):
        assert db.record(payment_of(checkout, "succeeded"))["outcome"] == "quarantined"
    refund = db.one("select * from payment_refunds")
    assert (str(refund["amount"]), refund["reason"]) == ("1490.00", "given_up")
    assert db.level() is None


def test_money_that_goes_back_by_itself_or_was_judged_needs_nobody(db: DbEnv) -> None:
    month, year = db.checkout("subscription", "a_month"), db.checkout("subscription", "a_year")
    db.record(payment_of(month, "succeeded"))
    paid_twice = payment_of(year, "succeeded")
    db.record(paid_twice)
    reconcile(db, [payment_of(month, "succeeded"), paid_twice])
    assert differences(db) == []

    db.run("update payment_refunds set status = 'canceled', next_check_at = null")
    reconcile(db, [payment_of(month, "succeeded"), paid_twice])
    assert differences(db) == ["payment_quarantined"], "it does not go back after all"
    db.rpc(
        "moderator",
        "judge_quarantined",
        transaction_id=year["transaction_id"],
        decision="refund",
        comment="Ещё раз",
    )
    reconcile(db, [payment_of(month, "succeeded"), paid_twice])
    assert differences(db) == []


def test_money_paid_twice_goes_back_by_itself_once(db: DbEnv) -> None:
    month, year = db.checkout("subscription", "a_month"), db.checkout("subscription", "a_year")
    db.record(payment_of(month, "succeeded"))
    for _ in range(3):
        db.record(payment_of(year, "succeeded"))
    refund = db.one("select * from payment_refunds")
    assert (str(refund["amount"]), refund["reason"], refund["created_by"]) == (
        "14900.00",
        "already_paid",
        None,
    )
    (item,) = db.service("claim_payment_sweep", as_of=NOW + timedelta(hours=1))["refunds"]
    assert (item["replay"], item["idempotence_key"]) == (True, refund["idempotence_key"])
    record(db, refund_of(year, {"refund_id": str(refund["id"]), "request_body": refund["request_body"]}))
    assert db.level() == "A"
    assert db.service("claim_payment_sweep", as_of=NOW + timedelta(hours=9))["refunds"] == []


def test_a_held_rouble_that_somebody_took_goes_back(db: DbEnv) -> None:
    checkout = db.checkout()
    assert db.record(payment_of(checkout, "succeeded"))["subscription_status"] == "trialing"
    refund = db.one("select amount::text, reason from payment_refunds")
    assert refund == {"amount": "1.00", "reason": "hold_captured"}
    started = db.one("select id as refund_id, request_body from payment_refunds")
    assert record(db, refund_of(checkout, started | {"refund_id": str(started["refund_id"])})) == "applied"
    assert db.level() == "0", "the trial goes on"


# Reconciliation


def reconcile(db: DbEnv, payments: list[Row], refunds: list[Row] | None = None) -> Row:
    answer: Row = db.service(
        "reconcile",
        payments=Jsonb(payments),
        refunds=Jsonb(refunds or []),
        since=NOW - timedelta(hours=48),
        as_of=NOW + timedelta(hours=1),
    )
    return answer


def differences(db: DbEnv) -> list[str]:
    return [
        row["kind"]
        for row in db.query(
            "moderator", "select kind from payment_differences where resolved_at is null order by kind"
        )
    ]


def test_the_books_are_due_an_hour_after_they_were_compared(db: DbEnv) -> None:
    def begin(minutes: int) -> Row | None:
        begun: Row | None = db.service("begin_reconciliation", as_of=NOW + timedelta(minutes=minutes))
        return begun

    def finish(run: Row | None, status: str) -> None:
        assert run is not None
        db.service("finish_job", run_id=run["run_id"], status=status)

    first = begin(0)
    assert first is not None
    assert datetime.fromisoformat(first["since"]) == NOW - timedelta(hours=48)
    assert begin(1) is None, "another run is at it"
    finish(begin(11), "failed")
    second = begin(12)
    finish(second, "ok")
    assert [begin(minutes) for minutes in (13, 71)] == [None, None]
    assert begin(72) is not None
    assert begin(24 * 60) is not None
    assert begin(-24 * 60) is not None, "what was rehearsed in another time says nothing about this one"


def test_after_a_pause_of_ours_all_of_it_is_compared(db: DbEnv) -> None:
    """A refund made in ЮKassa's cabinet on the second of ten days without a scheduler, whose webhook was lost."""
    long_ago, pause = NOW - timedelta(days=10), timedelta(hours=24)
    run = db.service("begin_reconciliation", as_of=long_ago)
    db.service("finish_job", run_id=run["run_id"], status="ok")
    failed = db.service("begin_reconciliation", as_of=NOW - timedelta(hours=3))
    db.service("finish_job", run_id=failed["run_id"], status="failed")
    for as_of in (NOW, NOW + timedelta(minutes=1)):
        again = db.service("begin_reconciliation", as_of=as_of)
        assert datetime.fromisoformat(again["since"]) == long_ago - pause
        db.service("finish_job", run_id=again["run_id"], status="failed")
    last = db.service("begin_reconciliation", as_of=NOW + timedelta(minutes=2))
    db.service("finish_job", run_id=last["run_id"], status="ok")
    then = NOW + timedelta(hours=2)
    assert datetime.fromisoformat(
        db.service("begin_reconciliation", as_of=then)["since"]
    ) == then - timedelta(hours=48)


def test_books_that_agree_have_no_difference(db: DbEnv) -> None:
    checkout = paid(db)
    assert reconcile(db, [payment_of(checkout, "succeeded")]) == {
        "payments": 1,
        "refunds": 0,
        "mended": 0,
        "open_differences": 0,
    }


def test_what_was_never_told_is_mended(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    db.record(payment_of(checkout))
    assert reconcile(db, [payment_of(checkout, "succeeded")])["mended"] == 1
    assert db.level() == "A"
    assert reconcile(db, [payment_of(checkout, "succeeded")], [refund_of(checkout)])["mended"] == 1
    assert differences(db) == []


def test_differences_are_found_both_ways_and_once(db: DbEnv) -> None:
    checkout = paid(db)
    for _ in range(2):
        reconcile(
            db,
            [payment_of(checkout, "succeeded", id="foreign", metadata={})],
            [refund_of(checkout, payment_id="foreign")],
        )
    assert differences(db) == ["payment_missing_at_yookassa", "unknown_payment", "unknown_refund"]
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc(
            "anna",
            "resolve_difference",
            difference_id=db.rows("select id from payment_differences")[0]["id"],
            resolution="x",
        )
    for row in db.rows("select id from payment_differences"):
        db.rpc("moderator", "resolve_difference", difference_id=row["id"], resolution="Проверено в кабинете")
    assert differences(db) == []


def test_a_final_state_that_differs_is_a_difference(db: DbEnv) -> None:
    checkout = paid(db)
    reconcile(db, [payment_of(checkout, "canceled")])
    assert differences(db) == ["payment_differs"]
    assert db.level() == "A"


def test_a_quarantined_payment_is_judged_by_a_person(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    wrong = payment_of(checkout, "succeeded", amount={"value": "1.00", "currency": "RUB"})
    db.record(wrong)
    assert differences(db) == ["payment_quarantined"], "at once"
    db.record(wrong)
    reconcile(db, [wrong])
    assert differences(db) == ["payment_quarantined"]
    judge = {"transaction_id": checkout["transaction_id"], "decision": "refund", "comment": "Тест кассы"}
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc("anna", "judge_quarantined", **judge)
    db.rpc("moderator", "judge_quarantined", **judge)
    assert differences(db) == []
    db.record(wrong)
    assert differences(db) == [], "what was judged is not brought up again"


def test_a_wrong_answer_about_a_payment_that_is_final_is_an_alert_at_once(db: DbEnv) -> None:
    checkout = paid(db)
    for _ in range(2):
        db.record(payment_of(checkout, "succeeded", amount={"value": "1.00", "currency": "RUB"}))
    assert differences(db) == ["payment_quarantined"]
    assert db.level() == "A"
