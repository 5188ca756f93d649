"""reconciliation: what nobody told us is found, and what does not agree is laid before a person."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from kit.customer import Customer
from kit.env import Env
from kit.server import CLIENT
from kit.waiting import at_once


def made_elsewhere(rehearsal: Env, **more: Any) -> dict[str, Any]:
    """A payment in our shop that we did not ask for."""
    body = {
        "amount": {"value": "500.00", "currency": "RUB"},
        "capture": True,
        "confirmation": {"type": "redirect", "return_url": "https://elsewhere.example/"},
        **more,
    }
    made: dict[str, Any] = CLIENT.post(
        f"{rehearsal.stack.yookassa}/v3/payments",
        json=body,
        auth=rehearsal.simulator.shop,
        headers={"Idempotence-Key": str(uuid4())},
    ).json()
    return made


def test_lost_notifications_are_made_up_for(kira: Customer, rehearsal: Env) -> None:
    transaction_id, payment_id = kira.checked_out("subscription")
    rehearsal.simulator.pay(payment_id)
    summary = rehearsal.reconcile()
    assert summary["mended"] >= 1
    assert (kira.level(), kira.transaction(transaction_id)["status"]) == ("A", "succeeded")
    assert rehearsal.reconcile()["mended"] == 0
    assert rehearsal.differences(payment_id) == []


def test_a_lost_refund_of_the_cabinet_is_made_up_for(kira: Customer, rehearsal: Env) -> None:
    payment_id = str(kira.transaction(kira.pay_for())["yookassa_payment_id"])
    rehearsal.simulator.refund(payment_id, "1490.00")
    assert rehearsal.reconcile()["mended"] >= 1
    assert (kira.level(), kira.subscriptions()) == (None, ["canceled"])


def test_a_foreign_payment_is_a_difference_noted_once(rehearsal: Env) -> None:
    foreign = made_elsewhere(rehearsal)
    rehearsal.simulator.pay(foreign["id"])
    refund = rehearsal.simulator.refund(foreign["id"], "500.00")
    for _ in range(3):
        rehearsal.reconcile()
    assert rehearsal.differences(foreign["id"]) == ["unknown_payment"]
    assert rehearsal.differences(refund["id"]) == ["unknown_refund"]


def test_a_payment_that_names_a_transaction_of_ours_a_second_time_is_a_difference(
    kira: Customer, rehearsal: Env
) -> None:
    transaction_id = kira.pay_for()
    foreign = made_elsewhere(rehearsal, metadata={"transaction_id": transaction_id})
    rehearsal.simulator.pay(foreign["id"])
    rehearsal.reconcile()
    assert rehearsal.differences(foreign["id"]) == ["unknown_payment"]
    assert kira.level() == "A"


def test_a_payment_yookassa_does_not_have_is_a_difference(kira: Customer, rehearsal: Env) -> None:
    transaction_id = kira.pay_for()
    rehearsal.rows(
        "update public.payment_transactions set yookassa_payment_id = 'not-there' where id = %s returning id",
        transaction_id,
    )
    rehearsal.reconcile()
    assert rehearsal.differences("not-there") == [], "a minute old: the list may be behind"
    rehearsal.later(minutes=10)
    rehearsal.reconcile()
    assert rehearsal.differences("not-there") == ["payment_missing_at_yookassa"]


def test_money_that_is_not_what_we_asked_for_is_a_difference(kira: Customer, rehearsal: Env) -> None:
    transaction_id = kira.pay_for()
    payment_id = str(kira.transaction(transaction_id)["yookassa_payment_id"])
    rehearsal.simulator.tamper(payment_id, {"amount": {"value": "1.00", "currency": "RUB"}})
    rehearsal.reconcile()
    assert rehearsal.differences(payment_id) == ["payment_quarantined"]
    assert (kira.transaction(transaction_id)["status"], kira.level()) == ("succeeded", "A")


def test_an_end_that_changed_is_a_difference(kira: Customer, rehearsal: Env) -> None:
    payment_id = str(kira.transaction(kira.pay_for())["yookassa_payment_id"])
    rehearsal.simulator.tamper(payment_id, {"status": "canceled"})
    rehearsal.reconcile()
    assert rehearsal.differences(payment_id) == ["payment_differs"]


def test_money_that_the_ledger_of_value_does_not_know_of_is_a_difference(
    kira: Customer, rehearsal: Env
) -> None:
    payment_id = str(kira.transaction(kira.pay_for())["yookassa_payment_id"])
    rehearsal.simulator.tamper(payment_id, {"refunded_amount": {"value": "100.00", "currency": "RUB"}})
    rehearsal.reconcile()
    assert rehearsal.differences(payment_id) == ["payment_differs"]


def test_a_period_that_says_another_amount_than_was_paid_is_a_difference(
    kira: Customer, rehearsal: Env
) -> None:
    transaction_id = kira.pay_for()
    rehearsal.reconcile()
    payment_id = str(kira.transaction(transaction_id)["yookassa_payment_id"])
    assert rehearsal.differences(payment_id) == []
    change = "update public.subscription_periods set paid = 1489.99 where transaction_id = %s returning id"
    rehearsal.rows(change, transaction_id)
    rehearsal.reconcile()
    assert rehearsal.differences(payment_id) == ["payment_differs"]


def test_what_was_just_given_back_is_no_difference(kira: Customer, rehearsal: Env) -> None:
    payment_id = str(kira.transaction(kira.pay_for())["yookassa_payment_id"])
    rehearsal.simulator.refund(payment_id, "100.00")
    for _ in range(2):
        rehearsal.reconcile()
        rehearsal.later(hours=1)
    assert rehearsal.differences(payment_id) == []


def test_all_pages_are_read(kira: Customer, rehearsal: Env) -> None:
    """The one that matters is the oldest of more than two pages."""
    _, payment_id = kira.checked_out("subscription")
    rehearsal.simulator.pay(payment_id)
    made = {made_elsewhere(rehearsal)["id"] for _ in range(205)}
    summary = rehearsal.reconcile()
    assert summary["payments"] > 205
    assert kira.level() == "A"
    found = rehearsal.rows(
        "select object_id from public.payment_differences where object_id = any(%s)", list(made)
    )
    assert len(found) == 205


def test_what_is_older_than_two_days_is_left_alone(kira: Customer, rehearsal: Env) -> None:
    foreign = made_elsewhere(rehearsal)
    rehearsal.later(days=3)
    rehearsal.reconcile()
    assert rehearsal.differences(foreign["id"]) == []


def test_the_sweep_compares_every_hour(rehearsal: Env) -> None:
    foreign = made_elsewhere(rehearsal)
    rehearsal.later(hours=1)
    assert rehearsal.job("payment_sweep")["reconciliation"] == "done"
    assert rehearsal.differences(foreign["id"]) == ["unknown_payment"]
    said = []
    for _ in range(8):
        rehearsal.later(minutes=20)
        said.append(rehearsal.job("payment_sweep")["reconciliation"])
    assert said == ["not_due", "not_due", "done", "not_due", "not_due", "done", "not_due", "not_due"]


def test_two_sweeps_at_once_compare_once(rehearsal: Env) -> None:
    rehearsal.later(hours=1)
    summaries = at_once(*[lambda: rehearsal.job("payment_sweep")] * 4)
    assert sorted(summary["reconciliation"] for summary in summaries) == ["done"] + ["not_due"] * 3


def test_when_the_lists_cannot_be_read_the_sweep_has_done_its_work_and_tries_again(
    kira: Customer, rehearsal: Env
) -> None:
    rehearsal.later(hours=1)
    _, payment_id = kira.checked_out("subscription")
    rehearsal.simulator.pay(payment_id)
    rehearsal.simulator.fault("error", "GET", "/v3/refunds")
    summary = rehearsal.sweep_up()
    assert (summary["reconciliation"], summary["failed"], kira.level()) == ("postponed", 0, "A")
    rehearsal.later(minutes=1)
    assert rehearsal.job("payment_sweep")["reconciliation"] == "done"
    runs = rehearsal.rows(
        "select status, error from public.job_runs where job = 'reconciliation' order by as_of desc limit 2"
    )
    assert [run["status"] for run in runs] == ["ok", "failed"]
    assert "/refunds" in runs[1]["error"]


def test_many_payments_are_compared_quickly(kira: Customer, rehearsal: Env) -> None:
    """What is known to the letter takes no lock, so that nobody who pays has to wait for the comparison."""
    kira.pay_for()
    rehearsal.reconcile()
    before = rehearsal.rows("select xmin::text from public.organizations order by id")
    rehearsal.reconcile()
    assert rehearsal.rows("select xmin::text from public.organizations order by id") == before
