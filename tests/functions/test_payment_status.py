"""payment_status: what the return page hears, whatever became of webhooks."""

from __future__ import annotations

from uuid import uuid4

import pytest
from kit.customer import Customer
from kit.server import CLIENT


def test_the_return_page_learns_the_result_by_itself(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("trial")
    assert anna.status(transaction_id).json() == {
        "transaction_id": transaction_id,
        "status": "pending",
        "kind": "trial_hold",
        "cancellation_reason": None,
        "method_saved": None,
        "subscription_status": None,
    }
    anna.env.simulator.pay(payment_id)
    after = anna.status(transaction_id).json()
    assert (after["method_saved"], after["subscription_status"]) == (True, "trialing")
    assert (anna.level(), anna.history()) == ("0", [("0", "granted")])
    assert anna.env.simulator.payment(payment_id)["status"] == "canceled", "the rouble is given back"


def test_a_paid_month(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("subscription")
    anna.env.simulator.pay(payment_id)
    after = anna.status(transaction_id).json()
    assert (after["status"], after["subscription_status"]) == ("succeeded", "active")
    assert anna.transaction(transaction_id)["status_source"] == "return"


def test_what_is_decided_is_not_asked_again(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("subscription")
    anna.env.simulator.pay(payment_id)
    for _ in range(3):
        anna.status(transaction_id)
    assert anna.env.simulator.count("GET", f"/v3/payments/{payment_id}") == 1


@pytest.mark.parametrize("fault", ["error", "bad_gateway", "rate_limit", "reset"])
def test_while_yookassa_is_ill_the_page_hears_what_we_know(anna: Customer, fault: str) -> None:
    transaction_id, payment_id = anna.checked_out("subscription")
    anna.env.simulator.pay(payment_id)
    anna.env.simulator.fault(fault, "GET", f"/v3/payments/{payment_id}", times=2)
    answer = anna.status(transaction_id)
    assert (answer.status_code, answer.json()["status"]) == (200, "pending")
    anna.env.simulator.clear_faults()
    assert anna.status(transaction_id).json()["status"] == "succeeded"


def test_a_payment_that_has_no_answer_yet(anna: Customer) -> None:
    anna.env.simulator.fault("error", "POST", "/v3/payments")
    anna.checkout()
    answer = anna.status(str(anna.transactions()[0]["id"]))
    assert (answer.status_code, answer.json()["status"]) == (200, "created")


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_may_not_see_payments_finds_none(anna: Customer, role: str) -> None:
    transaction_id, _ = anna.checked_out("trial")
    answer = anna.hire("Глеб", role).status(transaction_id)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_a_stranger_finds_none(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("trial")
    stranger = Customer(anna.env, anna.env.sign_up("Незнакомец"), anna.organization_id)
    assert stranger.status(transaction_id).status_code == 404
    assert anna.env.simulator.count("GET", f"/v3/payments/{payment_id}") == 0


def test_there_is_no_such_payment(anna: Customer) -> None:
    assert anna.status(str(uuid4())).status_code == 404
    assert anna.status("1").status_code == 422
    assert anna.status("eq.1&select=*").status_code == 422


def test_without_a_token_nothing_is_said(anna: Customer) -> None:
    transaction_id, _ = anna.checked_out("trial")
    answer = CLIENT.post(f"{anna.env.functions}/payment_status", json={"transaction_id": transaction_id})
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")
    answer = anna.post("payment_status", {"transaction_id": transaction_id}, token="a.b.c")
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")
