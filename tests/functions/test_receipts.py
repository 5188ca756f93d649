"""Receipts (54-ФЗ): when ЮKassa asks for them, every request carries one that it takes."""

from __future__ import annotations

import json

from kit.customer import Customer
from kit.env import Env


def test_receipt_is_missing_or_illegal_never_happens(fiscal: Env, kira: Customer) -> None:
    """A whole life: trial, renewal, a new card, the change of plan, refunds in part and of the rest."""
    asked_before = len(fiscal.simulator.requests("POST"))
    kira.try_for_free()
    fiscal.later(days=14)
    assert fiscal.renew()["charges"] == {"succeeded": 1}
    kira.bring_a_new_card()
    kira.is_verified()
    change = kira.pay_for("b_month", "plan_change")
    assert kira.level() == "B"
    assert fiscal.give_back(change, "500.00")["status"] == "succeeded"
    assert fiscal.give_back(change)["status"] == "succeeded"

    asked = fiscal.simulator.requests("POST")[asked_before:]
    assert {request["status"] for request in asked} == {200}
    bodies = [(request["path"], json.loads(request["body"] or "{}")) for request in asked]
    payments = [body for path, body in bodies if path == "/v3/payments"]
    refunds = [body for path, body in bodies if path == "/v3/refunds"]
    assert len(payments) == 4
    for body in [*payments, *refunds[:1]]:
        (item,) = body["receipt"]["items"]
        assert body["receipt"]["customer"] == {"email": kira.person.email}
        assert body["receipt"]["tax_system_code"] == 1
        assert (item["amount"], item["quantity"]) == (body["amount"], 1)
        assert (item["vat_code"], item["payment_subject"], item["payment_mode"], item["measure"]) == (
            11,
            "service",
            "full_payment",
            "piece",
        )
        assert 1 <= len(item["description"]) <= 128
    assert refunds[0]["amount"]["value"] == "500.00"


def test_registration_is_followed_up(fiscal: Env, kira: Customer) -> None:
    transaction = kira.transaction(kira.pay_for())
    assert transaction["receipt_registration"] == "pending"
    refund_id = fiscal.give_back(str(transaction["id"]), "490.00")["refund_id"]
    fiscal.later(hours=2)
    fiscal.sweep_up()
    assert kira.transaction(str(transaction["id"]))["receipt_registration"] == "succeeded"
    (refund,) = fiscal.rows("select * from public.payment_refunds where id = %s", refund_id)
    assert (refund["status"], refund["receipt_registration"]) == ("succeeded", "succeeded")
    summary = fiscal.sweep_up()
    assert (summary["transactions"], summary["refunds"]) == ({}, {}), "and then it is left alone"


def test_a_receipt_that_is_never_registered_is_a_difference(fiscal: Env, kira: Customer) -> None:
    payment_id = str(kira.transaction(kira.pay_for())["yookassa_payment_id"])
    fiscal.simulator.tamper(payment_id, {"receipt_registration": "canceled"})
    fiscal.reconcile()
    fiscal.reconcile()
    assert fiscal.differences(payment_id) == ["receipt_stuck"]


def test_a_decline_is_no_difference_though_its_receipt_is_canceled(fiscal: Env, kira: Customer) -> None:
    kira.try_for_free()
    fiscal.simulator.plan(kira.card(), "insufficient_funds")
    fiscal.later(days=14)
    assert fiscal.renew()["charges"] == {"canceled": 1}
    fiscal.reconcile()
    (charge,) = kira.renewals()
    assert charge["receipt_registration"] == "canceled"
    assert fiscal.differences(charge["yookassa_payment_id"]) == []


def test_without_an_address_who_pays_by_hand_is_asked_for_one(fiscal: Env, kira: Customer) -> None:
    changed = kira.person.update(
        "organization_settings", {"organization_id": f"eq.{kira.organization_id}"}, billing_email=None
    )
    assert changed
    answer = kira.checkout("subscription")
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")
    assert json.loads(answer.json()["detail"]) == [{"field": "billing_email", "code": "required"}]
