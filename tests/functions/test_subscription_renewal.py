"""subscription_renewal: what is due is charged once, whoever else is at work at the same moment."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from kit.customer import Customer
from kit.env import Env
from kit.server import CLIENT
from kit.waiting import PATIENCE, at_once, until
from kit.yookassa import notice

PAYMENTS = "/v3/payments"


def charges_at_yookassa(customer: Customer) -> list[dict[str, Any]]:
    """Every charge of a saved card that ЮKassa ever made for this organization."""
    found = customer.env.simulator.payments({"organization_id": customer.organization_id})
    return [payment for payment in found if payment["metadata"]["kind"] == "renewal"]


def statuses(customer: Customer) -> list[str]:
    return [row["status"] for row in customer.renewals()]


def due(rehearsal: Env, name: str = "Кира") -> Customer:
    """Somebody whose trial is over this minute."""
    customer = rehearsal.customer(name)
    customer.try_for_free()
    rehearsal.time.forward_to(customer.subscription()["trial_ends_at"])
    return customer


# What is due


def test_the_end_of_a_trial_is_charged_once(rehearsal: Env) -> None:
    kira = due(rehearsal)
    assert rehearsal.renew()["charges"] == {"succeeded": 1}
    assert (kira.level(), kira.subscriptions()) == ("A", ["active"])
    (payment,) = charges_at_yookassa(kira)
    (charge,) = kira.renewals()
    assert (payment["status"], payment["amount"]["value"]) == ("succeeded", "1490.00")
    assert (charge["status"], charge["status_source"]) == ("succeeded", "renewal")
    assert rehearsal.renew()["charges"] == {}, "running it twice changes nothing"
    assert sorted(kira.history()) == [("0", "granted"), ("0", "superseded"), ("A", "granted")]


def test_nothing_is_charged_before_its_time(kira: Customer, rehearsal: Env) -> None:
    kira.try_for_free()
    rehearsal.time.forward_to(kira.subscription()["trial_ends_at"] - timedelta(minutes=1))
    assert rehearsal.renew()["charges"] == {}
    assert charges_at_yookassa(kira) == []


def test_each_run_is_kept_with_its_summary(rehearsal: Env) -> None:
    due(rehearsal)
    summary = rehearsal.renew()
    (run,) = rehearsal.rows(
        "select * from public.job_runs where job = 'subscription_renewal' order by started_at desc limit 1"
    )
    assert (run["status"], run["error"]) == ("ok", None)
    assert {"as_of": None, **run["summary"]} == summary


def test_what_is_cancelled_ends_and_is_not_charged(kira: Customer, rehearsal: Env) -> None:
    kira.pay_for("a_month")
    kira.person.rpc("cancel_subscription", organization_id=kira.organization_id)
    rehearsal.time.forward_to(kira.subscription()["current_period_end"] - timedelta(minutes=1))
    assert kira.level() == "A", "what is paid is kept to its end"
    rehearsal.later(minutes=1)
    summary = rehearsal.renew()
    assert summary["canceled"] >= 1
    assert summary["charges"] == {}
    assert (kira.level(), kira.subscriptions()) == (None, ["canceled"])


def test_three_months_are_charged_on_their_day(kira: Customer, rehearsal: Env) -> None:
    kira.pay_for("a_month")
    for _ in range(3):
        rehearsal.time.forward_to(kira.subscription()["current_period_end"])
        assert rehearsal.renew()["charges"] == {"succeeded": 1}
    assert [payment["status"] for payment in charges_at_yookassa(kira)] == ["succeeded"] * 3
    assert kira.history() == [("A", "granted")]


# Declines


@pytest.mark.parametrize("reason", ["insufficient_funds", "issuer_unavailable", "call_issuer", "moon_phase"])
def test_after_a_soft_decline_the_card_is_tried_on_its_days(rehearsal: Env, reason: str) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.plan(kira.card(), reason)
    assert rehearsal.renew()["charges"] == {"canceled": 1}
    assert (kira.level(), kira.subscriptions()) == ("0", ["past_due"])
    tried = []
    for day in range(1, 15):
        rehearsal.later(days=1)
        if rehearsal.renew()["charges"]:
            tried.append(day)
    assert tried == [1, 3, 5, 7, 10, 13]
    assert (kira.level(), kira.subscriptions()) == (None, ["expired"])
    assert kira.history()[-1] == ("0", "revoked")
    assert len(charges_at_yookassa(kira)) == 7


@pytest.mark.parametrize("reason", ["card_expired", "payment_method_restricted", "fraud_suspected"])
def test_after_a_hard_decline_only_a_new_card_is_charged(rehearsal: Env, reason: str) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.plan(kira.card(), reason)
    rehearsal.renew()
    for _ in range(5):
        rehearsal.later(days=1)
        assert rehearsal.renew()["charges"] == {}
    old_card = kira.card()
    kira.bring_a_new_card()
    assert kira.card() != old_card
    assert rehearsal.renew()["charges"] == {"succeeded": 1}
    assert (kira.level(), kira.subscriptions()) == ("A", ["active"])


def test_a_consent_withdrawn_at_the_bank_is_the_end_of_the_card(rehearsal: Env) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.revoke(kira.card())
    assert rehearsal.renew()["charges"] == {"canceled": 1}
    (method,) = rehearsal.rows(
        "select * from public.payment_methods where organization_id = %s", kira.organization_id
    )
    assert method["revoked_at"]
    assert method["yookassa_payment_method_id"] is None
    rehearsal.later(days=5)
    assert rehearsal.renew()["charges"] == {}
    assert len(charges_at_yookassa(kira)) == 1


def test_a_retry_that_succeeds_keeps_the_billing_day(rehearsal: Env) -> None:
    kira = due(rehearsal)
    trial_end = kira.subscription()["trial_ends_at"]
    rehearsal.simulator.plan(kira.card(), "insufficient_funds", times=2)
    rehearsal.renew()
    rehearsal.later(days=1)
    rehearsal.renew()
    rehearsal.later(days=2)
    assert rehearsal.renew()["charges"] == {"succeeded": 1}
    subscription = kira.subscription()
    assert (subscription["status"], subscription["current_period_start"]) == ("active", trial_end)
    assert kira.level() == "A"


def test_without_a_card_grace_begins_and_nothing_is_charged(kira: Customer, rehearsal: Env) -> None:
    method = kira.try_for_free()["payment_method_id"]
    assert kira.person.rpc("forget_payment_method", payment_method_id=str(method))["revoked_at"]
    rehearsal.later(days=15)
    summary = rehearsal.renew()
    assert (summary["without_card"], summary["charges"]) == (1, {})
    assert kira.subscriptions() == ["past_due"]
    assert charges_at_yookassa(kira) == []


# A bank that takes its time


def test_a_charge_that_is_pending_is_settled_by_whoever_hears_first(rehearsal: Env) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.plan(kira.card(), pending=True)
    assert rehearsal.renew()["charges"] == {"pending": 1}
    assert rehearsal.renew()["charges"] == {}, "no new attempt while one is undecided"
    paid = rehearsal.simulator.pay(charges_at_yookassa(kira)[0]["id"])
    at_once(
        lambda: rehearsal.notify(notice(paid)).status_code,
        lambda: rehearsal.sweep_up()["failed"],
        lambda: rehearsal.notify(notice(paid)).status_code,
        lambda: rehearsal.renew()["failed"],
    )
    rehearsal.sweep_up()
    assert (kira.level(), statuses(kira)) == ("A", ["succeeded"])
    assert kira.history().count(("A", "granted")) == 1


def test_a_charge_that_is_pending_and_then_declined_begins_grace(rehearsal: Env) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.plan(kira.card(), pending=True)
    rehearsal.renew()
    payment_id = charges_at_yookassa(kira)[0]["id"]
    rehearsal.notify(notice(rehearsal.simulator.decline(payment_id, "insufficient_funds")))
    assert (kira.subscriptions(), kira.level()) == (["past_due"], "0")


# An answer that does not come


@pytest.mark.parametrize("kind", ["error", "bad_gateway", "reset"])
@pytest.mark.parametrize("committed", [True, False])
def test_an_unknown_outcome_is_found_out_by_the_sweep(rehearsal: Env, kind: str, committed: bool) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.fault(kind, "POST", PAYMENTS, committed=committed)
    assert rehearsal.renew()["charges"] == {"unknown": 1}
    assert (statuses(kira), kira.subscriptions()) == (["created"], ["trialing"])
    assert rehearsal.renew()["charges"] == {}
    rehearsal.sweep_up()
    assert (statuses(kira), kira.subscriptions(), kira.level()) == (["succeeded"], ["active"], "A")
    assert len(charges_at_yookassa(kira)) == 1


@pytest.mark.parametrize("committed", [True, False])
def test_silence_ends_in_time(rehearsal: Env, committed: bool) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.fault("hang", "POST", PAYMENTS, committed=committed, seconds=2)
    with rehearsal.more_functions(YOOKASSA_POST_SECONDS="0.2") as (functions, _):
        assert rehearsal.renew(functions)["charges"] == {"unknown": 1}
    rehearsal.sweep_up()
    until(lambda: len(charges_at_yookassa(kira)) == 1)
    assert (statuses(kira), kira.level()) == (["succeeded"], "A")


def test_too_many_requests_are_made_up_for(rehearsal: Env) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.fault("rate_limit", "POST", PAYMENTS)
    assert rehearsal.renew()["charges"] == {"unknown": 1}
    rehearsal.sweep_up()
    assert statuses(kira) == ["succeeded"]


def test_while_yookassa_is_down_no_more_charges_are_begun(rehearsal: Env) -> None:
    customers = [rehearsal.customer(name) for name in ("Анна", "Борис", "Вера")]
    for customer in customers:
        customer.try_for_free()
    rehearsal.later(days=14)
    with rehearsal.more_functions(YOOKASSA_API_URL="http://127.0.0.1:9/v3") as (functions, _):
        assert rehearsal.renew(functions)["charges"] == {"unknown": 3}
    assert rehearsal.renew()["charges"] == {}, "they are the sweep's now"
    rehearsal.sweep_up()
    assert [customer.level() for customer in customers] == ["A"] * 3


def test_a_shop_that_may_not_charge_is_the_operators_trouble_not_the_customers(rehearsal: Env) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.settings(recurring=False)
    assert rehearsal.renew()["charges"] == {"unknown": 1}
    rehearsal.sweep_up()
    assert (kira.subscriptions(), statuses(kira)) == (["trialing"], ["created"])
    rehearsal.simulator.settings(recurring=True)
    rehearsal.later(minutes=30)
    rehearsal.sweep_up()
    assert (kira.subscriptions(), kira.level()) == (["active"], "A")


def test_what_yookassa_will_never_take_is_a_decline(rehearsal: Env) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.settings(fiscalization="yoo_receipt")  # and we send no receipts
    assert rehearsal.renew()["charges"] == {"refused": 1}
    assert (kira.subscriptions(), statuses(kira)) == (["past_due"], ["canceled"])


def test_one_that_was_never_made_within_a_day_is_given_up_and_tried_again(rehearsal: Env) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.fault("error", "POST", PAYMENTS)
    rehearsal.renew()
    rehearsal.later(days=1)
    rehearsal.sweep_up()
    assert (statuses(kira), kira.subscriptions()) == (["canceled"], ["past_due"])
    rehearsal.later(days=1)
    assert rehearsal.renew()["charges"] == {"succeeded": 1}
    assert (len(charges_at_yookassa(kira)), kira.level()) == (1, "A")


def test_money_that_came_though_it_was_given_up_goes_back(rehearsal: Env) -> None:
    """A function that was frozen in the middle of a call may send it a day later."""
    kira = due(rehearsal)
    rehearsal.simulator.fault("error", "POST", PAYMENTS)
    rehearsal.renew()
    (charge,) = kira.renewals()
    rehearsal.later(days=1)
    rehearsal.sweep_up()
    sent = CLIENT.post(
        f"{rehearsal.stack.yookassa}{PAYMENTS}",
        content=charge["request_body"],
        auth=rehearsal.simulator.shop,
        headers={"Idempotence-Key": charge["idempotence_key"], "Content-Type": "application/json"},
    ).json()
    assert sent["status"] == "succeeded"
    rehearsal.notify(notice(sent))
    rehearsal.sweep_up()
    assert rehearsal.simulator.payment(sent["id"])["refunded_amount"]["value"] == "1490.00"
    assert statuses(kira) == ["quarantined"]


def test_a_run_that_is_out_of_time_leaves_the_rest(rehearsal: Env) -> None:
    kira = due(rehearsal)
    with rehearsal.more_functions(RENEWAL_SECONDS="0.000000001") as (functions, _):
        assert rehearsal.renew(functions)["charges"] == {}
    assert rehearsal.renew()["charges"] == {"succeeded": 1}
    assert kira.level() == "A"


# At once


def test_four_renewals_at_once_charge_each_once(rehearsal: Env) -> None:
    customers = [rehearsal.customer(f"Кира {n}") for n in range(6)]
    for customer in customers:
        customer.try_for_free()
    rehearsal.later(days=14)
    summaries = at_once(*[rehearsal.renew] * 4)
    assert sum(summary["charges"].get("succeeded", 0) for summary in summaries) == 6
    assert [len(charges_at_yookassa(customer)) for customer in customers] == [1] * 6
    assert [customer.level() for customer in customers] == ["A"] * 6


@pytest.mark.parametrize("round_", range(5))
def test_a_renewal_and_a_cancellation_at_once_have_one_outcome(rehearsal: Env, round_: int) -> None:
    kira = due(rehearsal)
    cancel = partial(kira.person.rpc, "cancel_subscription", organization_id=kira.organization_id)
    at_once(lambda: bool(rehearsal.renew()), lambda: bool(cancel()))
    rehearsal.sweep_up()
    taken = [
        payment for payment in charges_at_yookassa(kira) if payment["refunded_amount"]["value"] == "0.00"
    ]
    subscription = kira.subscription()
    if taken:
        assert len(taken) == 1
        assert (subscription["status"], kira.level()) == ("active", "A"), "what was taken is used"
        assert subscription["cancel_at_period_end"]
    else:
        assert (subscription["status"], kira.level()) == ("canceled", None)
    sent = len(charges_at_yookassa(kira))  # one that was on its way when it was cancelled went back
    rehearsal.later(days=40)
    rehearsal.renew()
    assert (kira.subscriptions(), len(charges_at_yookassa(kira))) == (["canceled"], sent)


@pytest.mark.parametrize("round_", range(5))
def test_a_renewal_and_a_removal_of_the_card_at_once_have_one_outcome(rehearsal: Env, round_: int) -> None:
    kira = due(rehearsal)
    method = str(kira.subscription()["payment_method_id"])
    forgotten, _ = at_once(
        lambda: kira.person.rpc("forget_payment_method", payment_method_id=method),
        lambda: rehearsal.renew(),
    )
    payments = charges_at_yookassa(kira)
    begun = [row for row in kira.renewals() if row["begun_at"]]
    assert len(payments) == len(begun) <= 1
    rehearsal.renew()
    assert kira.subscriptions() == (["active"] if payments else ["past_due"])
    assert forgotten["revoked_at"]
    rehearsal.later(days=10)
    rehearsal.renew()
    rehearsal.sweep_up()
    assert charges_at_yookassa(kira) == payments, "nothing is charged after"


def test_a_card_forgotten_while_its_charge_is_under_way_is_not_sent_again(rehearsal: Env) -> None:
    """376-ФЗ: the request that got no answer is looked for, and not repeated."""
    kira = due(rehearsal)
    rehearsal.simulator.fault("error", "POST", PAYMENTS)
    rehearsal.renew()
    method = str(kira.subscription()["payment_method_id"])
    forgotten = kira.person.rpc("forget_payment_method", payment_method_id=method)
    assert forgotten["charge_under_way"] is True
    sent = rehearsal.simulator.count("POST", PAYMENTS)
    for _ in range(4):
        rehearsal.later(hours=8)
        rehearsal.sweep_up()
    assert rehearsal.simulator.count("POST", PAYMENTS) == sent
    assert (charges_at_yookassa(kira), statuses(kira)) == ([], ["canceled"])
    assert kira.subscriptions() == ["past_due"]


def test_a_card_forgotten_after_its_charge_was_made_pays_for_the_month(rehearsal: Env) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.fault("error", "POST", PAYMENTS, committed=True)
    rehearsal.renew()
    kira.person.rpc("forget_payment_method", payment_method_id=str(kira.subscription()["payment_method_id"]))
    rehearsal.sweep_up()
    assert (kira.subscriptions(), kira.level(), statuses(kira)) == (["active"], "A", ["succeeded"])


def test_a_person_who_pays_while_the_card_is_charged_pays_once(rehearsal: Env) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.plan(kira.card(), pending=True)
    rehearsal.renew()
    refused = kira.checkout("subscription", "a_month")
    assert (refused.status_code, refused.json()["error"]) == (409, "request_pending")


def test_two_payment_pages_paid_give_one_back(kira: Customer, rehearsal: Env) -> None:
    _, month = kira.checked_out("subscription", "a_month")
    _, year = kira.checked_out("subscription", "a_year")
    for payment_id in (month, year):
        rehearsal.notify(notice(rehearsal.simulator.pay(payment_id)))
    rehearsal.sweep_up()
    assert rehearsal.simulator.payment(year)["refunded_amount"]["value"] == "14900.00"
    assert rehearsal.simulator.payment(month)["refunded_amount"]["value"] == "0.00"
    assert (kira.level(), kira.subscriptions()) == ("A", ["active"])
    rehearsal.reconcile()
    assert rehearsal.differences(year) == [], "it went back by itself, so nobody has to decide"


def test_killed_in_the_middle_of_a_charge_nothing_is_lost_or_doubled(rehearsal: Env) -> None:
    kira = due(rehearsal)
    rehearsal.simulator.fault("hang", "POST", PAYMENTS, committed=True, seconds=PATIENCE)
    with rehearsal.more_functions() as (functions, server):

        def renew_and_die() -> None:
            with pytest.raises(httpx.TransportError):
                rehearsal.renew(functions)

        def kill() -> None:
            until(lambda: charges_at_yookassa(kira))
            server.kill()

        at_once(renew_and_die, kill)
    rehearsal.sweep_up()
    assert (statuses(kira), kira.level(), len(charges_at_yookassa(kira))) == (["succeeded"], "A", 1)


# Who may call it


def test_only_the_scheduler_may_call_it(rehearsal: Env, kira: Customer) -> None:
    answer = kira.post("subscription_renewal", {})
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")
