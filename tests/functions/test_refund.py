"""refund: money goes back once, by whom it may, however often it is asked for and whoever else is at work."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from kit.customer import Customer
from kit.env import Env
from kit.people import Person
from kit.server import CLIENT
from kit.waiting import at_once

REFUNDS = "/v3/refunds"


@pytest.fixture
def moderator(rehearsal: Env) -> Person:
    return rehearsal.moderator()


def ask(env: Env, person: Person, transaction_id: str, **more: Any) -> httpx.Response:
    body = {"transaction_id": transaction_id, "reason": "Не подошло", **more}
    headers = {"Authorization": f"Bearer {person.token}", "Origin": env.stack.web}
    return CLIENT.post(f"{env.functions}/refund", json=body, headers=headers, timeout=60)


def paid(customer: Customer, plan: str = "a_month") -> tuple[str, str]:
    """A paid period: the ids of the transaction and of ЮKassa's payment."""
    transaction_id = customer.pay_for(plan)
    return transaction_id, str(customer.transaction(transaction_id)["yookassa_payment_id"])


def given_back(env: Env, payment_id: str) -> str:
    """What ЮKassa gave back of a payment, in roubles."""
    return str(env.simulator.payment(payment_id)["refunded_amount"]["value"])


def test_a_full_refund_ends_the_period(kira: Customer, moderator: Person) -> None:
    transaction_id, payment_id = paid(kira)
    answer = ask(kira.env, moderator, transaction_id)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["transaction_id"], said["amount"], said["currency"], said["status"]) == (
        transaction_id,
        "1490.00",
        "RUB",
        "succeeded",
    )
    assert given_back(kira.env, payment_id) == "1490.00"
    assert (kira.level(), kira.subscriptions()) == (None, ["canceled"])
    assert kira.history()[-1] == ("A", "revoked")


def test_a_partial_refund_leaves_the_level(kira: Customer, moderator: Person) -> None:
    transaction_id, payment_id = paid(kira)
    assert ask(kira.env, moderator, transaction_id, amount="490.00").json()["status"] == "succeeded"
    assert (given_back(kira.env, payment_id), kira.level()) == ("490.00", "A")
    assert str(kira.transaction(transaction_id)["refunded_amount"]) == "490.00"
    too_much = ask(kira.env, moderator, transaction_id, amount=1000.01)
    assert (too_much.status_code, too_much.json()["error"]) == (422, "invalid_input")
    assert ask(kira.env, moderator, transaction_id, reason="Остаток").json()["amount"] == "1000.00"
    assert (given_back(kira.env, payment_id), kira.level()) == ("1490.00", None)


def test_asking_twice_gives_back_once(kira: Customer, moderator: Person) -> None:
    transaction_id, payment_id = paid(kira)
    answers = at_once(*[lambda: ask(kira.env, moderator, transaction_id, amount="490.00")] * 4)
    assert len({answer.json()["refund_id"] for answer in answers}) == 1
    assert ask(kira.env, moderator, transaction_id, amount="490.00").json()["status"] == "succeeded"
    assert given_back(kira.env, payment_id) == "490.00"


@pytest.mark.parametrize("kind", ["error", "bad_gateway", "reset"])
@pytest.mark.parametrize("committed", [True, False])
def test_an_unknown_outcome_is_found_out_by_the_sweep(
    kira: Customer, moderator: Person, rehearsal: Env, kind: str, committed: bool
) -> None:
    transaction_id, payment_id = paid(kira)
    rehearsal.simulator.fault(kind, "POST", REFUNDS, committed=committed)
    answer = ask(rehearsal, moderator, transaction_id)
    assert (answer.status_code, answer.json()["error"]) == (502, "payment_provider_error")
    assert "nothing is given back twice" in answer.json()["hint"]
    assert kira.level() == "A"
    assert rehearsal.sweep_up()["refunds"] == {"applied": 1}
    assert (given_back(rehearsal, payment_id), kira.level()) == ("1490.00", None)
    assert rehearsal.sweep_up()["refunds"] == {}


@pytest.mark.parametrize("committed", [True, False])
def test_when_the_key_is_old_the_list_is_read_first(
    kira: Customer, moderator: Person, rehearsal: Env, committed: bool
) -> None:
    transaction_id, payment_id = paid(kira)
    rehearsal.simulator.fault("error", "POST", REFUNDS, committed=committed)
    ask(rehearsal, moderator, transaction_id, amount="490.00")
    rehearsal.later(days=2)
    assert rehearsal.sweep_up()["refunds"] == {"applied": 1}
    assert given_back(rehearsal, payment_id) == "490.00"
    refund = rehearsal.rows("select * from public.payment_refunds where transaction_id = %s", transaction_id)
    assert [row["status"] for row in refund] == ["succeeded"]


@pytest.mark.parametrize(("end", "level"), [("succeeded", None), ("canceled", "A")])
def test_a_pending_refund_is_followed(
    kira: Customer, moderator: Person, rehearsal: Env, end: str, level: str | None
) -> None:
    rehearsal.simulator.settings(refund_outcome="pending")
    transaction_id, _ = paid(kira)
    said = ask(rehearsal, moderator, transaction_id).json()
    assert (said["status"], kira.level()) == ("pending", "A")
    (refund,) = rehearsal.rows("select * from public.payment_refunds where id = %s", said["refund_id"])
    rehearsal.simulator.settle_refund(refund["yookassa_refund_id"], end)
    rehearsal.later(minutes=15)
    rehearsal.sweep_up()
    (refund,) = rehearsal.rows("select * from public.payment_refunds where id = %s", said["refund_id"])
    assert (refund["status"], kira.level()) == (end, level)


def test_a_refund_the_bank_does_not_take_is_said_so(
    kira: Customer, moderator: Person, rehearsal: Env
) -> None:
    rehearsal.simulator.settings(refund_outcome="canceled")
    transaction_id, payment_id = paid(kira)
    said = ask(rehearsal, moderator, transaction_id).json()
    assert (said["status"], kira.level(), given_back(rehearsal, payment_id)) == ("canceled", "A", "0.00")
    rehearsal.simulator.settings(refund_outcome="succeeded")
    assert ask(rehearsal, moderator, transaction_id).json()["status"] == "succeeded", "it may be tried again"


def test_a_refund_yookassa_will_not_make_is_said_so_and_may_be_tried_again(
    kira: Customer, moderator: Person, rehearsal: Env
) -> None:
    transaction_id, payment_id = paid(kira)
    rehearsal.simulator.refund(payment_id, "1000.00")  # in the cabinet, and we have not heard of it
    answer = ask(rehearsal, moderator, transaction_id)
    assert (answer.status_code, answer.json()["error"]) == (409, "invalid_transition")
    assert "ЮKassa does not make this refund" in answer.json()["detail"]
    rehearsal.reconcile()
    assert ask(rehearsal, moderator, transaction_id).json()["amount"] == "490.00"
    assert given_back(rehearsal, payment_id) == "1490.00"


def test_a_refund_made_in_yookassas_cabinet_ends_the_period_too(kira: Customer, rehearsal: Env) -> None:
    _, payment_id = paid(kira)
    refund = rehearsal.simulator.refund(payment_id, "1490.00")
    notification = {"type": "notification", "event": "refund.succeeded", "object": refund}
    at_once(*[lambda: rehearsal.notify(notification).status_code] * 4)
    assert (kira.level(), kira.subscriptions()) == (None, ["canceled"])
    rows = rehearsal.rows(
        "select * from public.payment_refunds where organization_id = %s", kira.organization_id
    )
    assert [(row["status"], str(row["amount"])) for row in rows] == [("succeeded", "1490.00")]


@pytest.mark.parametrize("who", ["owner", "admin", "viewer", "stranger"])
def test_only_platform_admins_give_money_back(kira: Customer, rehearsal: Env, who: str) -> None:
    transaction_id, payment_id = paid(kira)
    if who == "stranger":
        person = rehearsal.sign_up()
    else:
        person = kira.person if who == "owner" else kira.hire("Глеб", who).person
    for name in ("refund", "payment_refetch"):
        body = {"transaction_id": transaction_id} | ({"reason": "моё"} if name == "refund" else {})
        answer = kira.post(name, body, token=person.token)
        assert (answer.status_code, answer.json()["error"]) == (403, "not_allowed")
    assert (given_back(rehearsal, payment_id), kira.level()) == ("0.00", "A")


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": -5},
        {"amount": "0.001"},
        {"amount": "NaN"},
        {"amount": "много"},
        {"amount": "99999999999.99"},
        {"amount": "1490.01"},
        {"reason": " "},
        {"reason": "х" * 251},
        {"transaction_id": "x"},
        {"currency": "USD"},
    ],
)
def test_what_makes_no_sense_is_refused(
    kira: Customer, moderator: Person, rehearsal: Env, wrong: dict[str, Any]
) -> None:
    transaction_id, payment_id = paid(kira)
    answer = ask(rehearsal, moderator, **{"transaction_id": transaction_id, **wrong})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")
    assert given_back(rehearsal, payment_id) == "0.00"


def test_what_was_not_taken_cannot_be_given_back(kira: Customer, moderator: Person, rehearsal: Env) -> None:
    transaction_id, _ = kira.checked_out("subscription")
    answer = ask(rehearsal, moderator, transaction_id)
    assert (answer.status_code, answer.json()["error"]) == (409, "invalid_transition")
    answer = ask(rehearsal, moderator, "00000000-0000-4000-8000-000000000000")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


# payment_refetch


def refetch(env: Env, person: Person, transaction_id: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.token}", "Origin": env.stack.web}
    return CLIENT.post(
        f"{env.functions}/payment_refetch", json={"transaction_id": transaction_id}, headers=headers
    )


def test_a_platform_admin_looks_a_payment_up(kira: Customer, moderator: Person, rehearsal: Env) -> None:
    transaction_id, payment_id = kira.checked_out("subscription")
    rehearsal.simulator.pay(payment_id)
    answer = refetch(rehearsal, moderator, transaction_id)
    assert answer.json() == {
        "outcome": "applied",
        "transaction_id": transaction_id,
        "transaction_status": "succeeded",
        "subscription_status": "active",
    }
    assert kira.level() == "A"
    assert refetch(rehearsal, moderator, transaction_id).json()["outcome"] == "unchanged"
    assert kira.transaction(transaction_id)["status_source"] == "admin"


def test_a_payment_whose_id_never_reached_us_is_found(
    kira: Customer, moderator: Person, rehearsal: Env
) -> None:
    rehearsal.simulator.fault("error", "POST", "/v3/payments", committed=True)
    assert kira.checkout("subscription").status_code == 502
    (transaction,) = kira.transactions()
    answer = refetch(rehearsal, moderator, str(transaction["id"]))
    assert (answer.status_code, answer.json()["transaction_status"]) == (200, "pending")


def test_a_payment_that_is_not_there_is_said_so(kira: Customer, moderator: Person, rehearsal: Env) -> None:
    rehearsal.simulator.fault("error", "POST", "/v3/payments")
    assert kira.checkout("subscription").status_code == 502
    (transaction,) = kira.transactions()
    for transaction_id in (str(transaction["id"]), "00000000-0000-4000-8000-000000000000"):
        answer = refetch(rehearsal, moderator, transaction_id)
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert kira.transactions()[0]["status"] == "created"


def test_while_yookassa_is_ill_the_lookup_says_so(kira: Customer, moderator: Person, rehearsal: Env) -> None:
    transaction_id, payment_id = kira.checked_out("subscription")
    rehearsal.simulator.fault("bad_gateway", "GET", f"/v3/payments/{payment_id}")
    answer = refetch(rehearsal, moderator, transaction_id)
    assert (answer.status_code, answer.json()["error"]) == (502, "payment_provider_error")
