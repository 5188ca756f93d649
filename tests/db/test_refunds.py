"""Money given back, and the books held together (sql/45_refunds, sql/46_differences)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import Row, World, notification_of, payment_of
from kit.refused import Refused
from psycopg.types.json import Jsonb

NOW = datetime.now(UTC)


def paid(world: World) -> Row:
    checkout = world.checkout("subscription")
    world.record(payment_of(checkout, "succeeded"))
    return checkout


def start(
    world: World,
    checkout: Row,
    amount: str | None = None,
    person: str = "moderator",
    reason: str = "Не подошло",
) -> Row:
    answer: Row = world.door(
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


def record(world: World, refund: Row) -> str:
    return str(world.service("record_refund", refund=refund, source="webhook")["outcome"])


def test_a_full_refund_of_the_current_period_ends_it(world: World) -> None:
    checkout = paid(world)
    started = start(world, checkout)
    assert json.loads(started["request_body"])["amount"] == {"value": "1490.00", "currency": "RUB"}
    refund = refund_of(checkout, started)
    assert [record(world, refund) for _ in range(3)] == ["applied", "unchanged", "unchanged"]
    assert world.live()["status"] == "canceled"
    assert world.history()[-1] == ("A", "revoked", "refunded")
    assert str(world.one("select refunded_amount from payment_transactions")["refunded_amount"]) == "1490.00"
    with pytest.raises(Refused, match="PT422 invalid_input"):
        start(world, checkout, reason="Ещё раз")


def test_an_answer_that_was_lost_is_given_again_and_nothing_is_doubled(world: World) -> None:
    checkout = paid(world)
    part = start(world, checkout, "490.00")
    assert start(world, checkout, "490.00") == part, "the same words within an hour"
    assert start(world, checkout, "490.00", reason="Другой повод")["refund_id"] != part["refund_id"]
    rest = start(world, checkout, reason="Остаток")
    assert rest["amount"] == "510.00"
    assert start(world, checkout, reason="Остаток") == rest
    assert world.one("select sum(amount) from payment_refunds")["sum"] == 1490


def test_a_partial_refund_leaves_the_level(world: World) -> None:
    checkout = paid(world)
    record(world, refund_of(checkout, start(world, checkout, "490.00")))
    assert world.level() == "A"
    with pytest.raises(Refused, match="PT422 invalid_input"):
        start(world, checkout, "1000.01")
    record(world, refund_of(checkout, start(world, checkout, "1000.00")))
    assert world.level() is None, "two parts make a whole"


def test_a_refund_made_in_yookassas_cabinet_is_recorded_too(world: World) -> None:
    checkout = paid(world)
    refund = refund_of(checkout)
    stored = world.service(
        "receive_notification", payload=notification_of(refund) | {"event": "refund.succeeded"}
    )
    assert (stored["object_kind"], stored["settle"]) == ("refund", True)
    answer = world.service("settle_notification", notification_id=stored["notification_id"], payment=refund)
    assert (answer["outcome"], answer["notification_status"]) == ("applied", "processed")
    assert world.level() is None


def test_a_refund_that_is_canceled_or_refused_gives_nothing_back(world: World) -> None:
    checkout = paid(world)
    first = start(world, checkout)
    assert record(world, refund_of(checkout, first, "pending")) == "applied"
    assert (
        record(
            world,
            refund_of(
                checkout,
                first,
                "canceled",
                cancellation_details={"party": "refund_network", "reason": "insufficient_funds"},
            ),
        )
        == "applied"
    )
    assert world.level() == "A"
    second = start(world, checkout)
    world.service("record_refund_refusal", refund_id=second["refund_id"], reason="invalid_request")
    assert [
        row["status"] for row in world.rows("select status from payment_refunds order by created_at, id")
    ] == ["canceled", "canceled"]
    start(world, checkout)


@pytest.mark.parametrize("person", ["anna", "boris", "stranger", "visitor"])
def test_only_platform_admins_give_money_back(world: World, person: str) -> None:
    checkout = paid(world)
    with pytest.raises(Refused, match=r"PT403 not_allowed|42501"):
        start(world, checkout, person=person)


def test_what_cannot_be_given_back(world: World) -> None:
    checkout = world.checkout()
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        start(world, checkout)
    world.record(payment_of(checkout, "canceled"))
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        start(world, checkout)
    taken = paid(world)
    for amount, reason in (("0", "x"), ("-5", "x"), ("0.001", "x"), ("10", " ")):
        with pytest.raises(Refused, match="PT422 invalid_input"):
            start(world, taken, amount, reason=reason)


def test_the_receipt_of_a_refund_is_followed_up(world: World) -> None:
    checkout = paid(world)
    started = start(world, checkout, "490.00")
    refund = refund_of(checkout, started, receipt_registration="pending")
    assert record(world, refund) == "applied"
    later = NOW + timedelta(hours=2)
    (item,) = world.service("claim_payment_sweep", as_of=later)["refunds"]
    assert item["yookassa_refund_id"] == refund["id"]
    assert record(world, refund | {"receipt_registration": "succeeded"}) == "unchanged"
    assert world.service("claim_payment_sweep", as_of=later + timedelta(days=1))["refunds"] == []
    assert world.one("select receipt_registration as it from payment_refunds")["it"] == "succeeded"


def test_money_that_comes_after_we_gave_it_up_goes_back(world: World) -> None:
    checkout = world.checkout("subscription")
    world.service("record_refusal", transaction_id=checkout["transaction_id"], reason="not_created")
    for _ in range(2):
        assert world.record(payment_of(checkout, "succeeded"))["outcome"] == "quarantined"
    refund = world.one("select * from payment_refunds")
    assert (str(refund["amount"]), refund["reason"]) == ("1490.00", "given_up")
    assert world.level() is None


def test_money_that_goes_back_by_itself_or_was_judged_needs_nobody(world: World) -> None:
    month, year = world.checkout("subscription", "a_month"), world.checkout("subscription", "a_year")
    world.record(payment_of(month, "succeeded"))
    paid_twice = payment_of(year, "succeeded")
    world.record(paid_twice)
    reconcile(world, [payment_of(month, "succeeded"), paid_twice])
    assert differences(world) == []

    world.run("update payment_refunds set status = 'canceled', next_check_at = null")
    reconcile(world, [payment_of(month, "succeeded"), paid_twice])
    assert differences(world) == ["payment_quarantined"], "it does not go back after all"
    world.door(
        "moderator",
        "judge_quarantined",
        transaction_id=year["transaction_id"],
        decision="dismiss",
        comment="Отдали наличными",
    )
    reconcile(world, [payment_of(month, "succeeded"), paid_twice])
    assert differences(world) == []


def test_money_paid_twice_goes_back_by_itself_once(world: World) -> None:
    month, year = world.checkout("subscription", "a_month"), world.checkout("subscription", "a_year")
    world.record(payment_of(month, "succeeded"))
    for _ in range(3):
        world.record(payment_of(year, "succeeded"))
    refund = world.one("select * from payment_refunds")
    assert (str(refund["amount"]), refund["reason"], refund["created_by"]) == (
        "14900.00",
        "already_paid",
        None,
    )
    (item,) = world.service("claim_payment_sweep", as_of=NOW + timedelta(hours=1))["refunds"]
    assert (item["replay"], item["idempotence_key"]) == (True, refund["idempotence_key"])
    record(world, refund_of(year, {"refund_id": str(refund["id"]), "request_body": refund["request_body"]}))
    assert world.level() == "A"
    assert world.service("claim_payment_sweep", as_of=NOW + timedelta(hours=9))["refunds"] == []


def test_a_held_rouble_that_somebody_took_goes_back(world: World) -> None:
    checkout = world.checkout()
    assert world.record(payment_of(checkout, "succeeded"))["subscription_status"] == "trialing"
    refund = world.one("select amount::text, reason from payment_refunds")
    assert refund == {"amount": "1.00", "reason": "hold_captured"}
    started = world.one("select id as refund_id, request_body from payment_refunds")
    assert record(world, refund_of(checkout, started | {"refund_id": str(started["refund_id"])})) == "applied"
    assert world.level() == "0", "the trial goes on"


# Reconciliation


def reconcile(world: World, payments: list[Row], refunds: list[Row] | None = None) -> Row:
    answer: Row = world.service(
        "reconcile",
        payments=Jsonb(payments),
        refunds=Jsonb(refunds or []),
        since=NOW - timedelta(hours=48),
        as_of=NOW + timedelta(hours=1),
    )
    return answer


def differences(world: World) -> list[str]:
    return [
        row["kind"]
        for row in world.query(
            "moderator", "select kind from payment_differences where resolved_at is null order by kind"
        )
    ]


def test_the_books_are_due_an_hour_after_they_were_compared(world: World) -> None:
    def begin(minutes: int) -> Row | None:
        begun: Row | None = world.service("begin_reconciliation", as_of=NOW + timedelta(minutes=minutes))
        return begun

    def finish(run: Row | None, status: str) -> None:
        assert run is not None
        world.service("finish_job", run_id=run["run_id"], status=status)

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


def test_books_that_agree_have_no_difference(world: World) -> None:
    checkout = paid(world)
    assert reconcile(world, [payment_of(checkout, "succeeded")]) == {
        "payments": 1,
        "refunds": 0,
        "mended": 0,
        "open_differences": 0,
    }


def test_what_was_never_told_is_mended(world: World) -> None:
    checkout = world.checkout("subscription")
    world.record(payment_of(checkout))
    assert reconcile(world, [payment_of(checkout, "succeeded")])["mended"] == 1
    assert world.level() == "A"
    assert reconcile(world, [payment_of(checkout, "succeeded")], [refund_of(checkout)])["mended"] == 1
    assert differences(world) == []


def test_differences_are_found_both_ways_and_once(world: World) -> None:
    checkout = paid(world)
    for _ in range(2):
        reconcile(
            world,
            [payment_of(checkout, "succeeded", id="foreign", metadata={})],
            [refund_of(checkout, payment_id="foreign")],
        )
    assert differences(world) == ["payment_missing_at_yookassa", "unknown_payment", "unknown_refund"]
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.door(
            "anna",
            "resolve_difference",
            difference_id=world.rows("select id from payment_differences")[0]["id"],
            resolution="x",
        )
    for row in world.rows("select id from payment_differences"):
        world.door(
            "moderator", "resolve_difference", difference_id=row["id"], resolution="Проверено в кабинете"
        )
    assert differences(world) == []


def test_a_final_state_that_differs_is_a_difference(world: World) -> None:
    checkout = paid(world)
    reconcile(world, [payment_of(checkout, "canceled")])
    assert differences(world) == ["payment_differs"]
    assert world.level() == "A"


def test_a_quarantined_payment_is_judged_by_a_person(world: World) -> None:
    checkout = world.checkout("subscription")
    wrong = payment_of(checkout, "succeeded", amount={"value": "1.00", "currency": "RUB"})
    world.record(wrong)
    assert differences(world) == ["payment_quarantined"], "at once"
    world.record(wrong)
    reconcile(world, [wrong])
    assert differences(world) == ["payment_quarantined"]
    judge = {"transaction_id": checkout["transaction_id"], "decision": "dismiss", "comment": "Тест кассы"}
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.door("anna", "judge_quarantined", **judge)
    world.door("moderator", "judge_quarantined", **judge)
    assert differences(world) == []
    world.record(wrong)
    assert differences(world) == [], "what was judged is not brought up again"


def test_a_wrong_answer_about_a_payment_that_is_final_is_an_alert_at_once(world: World) -> None:
    checkout = paid(world)
    for _ in range(2):
        world.record(payment_of(checkout, "succeeded", amount={"value": "1.00", "currency": "RUB"}))
    assert differences(world) == ["payment_quarantined"]
    assert world.level() == "A"
