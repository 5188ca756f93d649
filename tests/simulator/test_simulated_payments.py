"""Payments, refunds, saved methods, receipts and lists over plain HTTP: what is accepted, refused and shown."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from kit.simulator import RETURN_URL, SECRET_KEY, SHOP_ID, Shop, Simulator, receipt, rub, trial_hold
from yookassa_simulator.control import Control, ControlError

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DAY = 86_400


def refused(answer: httpx.Response, status: int, code: str, parameter: str | None = None) -> dict[str, Any]:
    """The error body, checked to be of the documented shape."""
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    assert body["type"] == "error"
    assert body["code"] == code
    assert ID.fullmatch(body["id"])
    assert body["description"]
    assert body.get("parameter") == parameter
    return body


# creation


def test_a_new_payment_is_shown_as_documented(shop: Shop, running: Simulator) -> None:
    payment = shop.create(description="Проверка", merchant_customer_id="org-1")
    assert ID.fullmatch(payment["id"])
    assert len(payment["id"]) == 36
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", payment["created_at"])
    assert {name: payment[name] for name in payment.keys() - {"id", "created_at"}} == {
        "status": "pending",
        "amount": rub("1.00"),
        "description": "Проверка",
        "recipient": {"account_id": SHOP_ID, "gateway_id": "100700"},
        "test": True,
        "paid": False,
        "refundable": False,
        "metadata": {"transaction_id": "42"},
        "merchant_customer_id": "org-1",
        "confirmation": {
            "type": "redirect",
            "return_url": RETURN_URL,
            "confirmation_url": f"{running.base_url}/pay/{payment['id']}",
        },
    }
    assert shop.payment(payment["id"]) == payment


def test_capture_is_false_by_default(shop: Shop, yookassa: Control) -> None:
    body = trial_hold()
    del body["capture"]
    payment = shop.post("/payments", body).json()
    assert yookassa.pay(payment["id"])["status"] == "waiting_for_capture"


def test_a_captured_payment_shows_what_came_of_it(shop: Shop, yookassa: Control) -> None:
    payment = shop.create(amount=rub("1490"), capture=True)
    yookassa.pay(payment["id"])
    paid = shop.payment(payment["id"])
    # 3.5 % and the VAT of 22 % on it
    assert paid["income_amount"] == rub("1426.38")
    assert paid["refunded_amount"] == rub("0.00")
    assert paid["refundable"] is True
    assert "captured_at" in paid
    assert "expires_at" not in paid
    assert "confirmation" not in paid


def test_a_chosen_method_is_shown_before_it_is_paid_with(shop: Shop) -> None:
    payment = shop.create(payment_method_data={"type": "bank_card"})
    assert payment["payment_method"] == {
        "type": "bank_card",
        "id": payment["id"],
        "saved": False,
        "status": "pending",
    }
    embedded = shop.create(confirmation={"type": "embedded"})
    assert embedded["confirmation"] == {"type": "embedded", "confirmation_token": f"ct-{embedded['id']}"}


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"amount": None}, "amount"),
        ({"amount": rub("0.99")}, "amount"),
        ({"amount": rub("350000.01")}, "amount"),
        ({"amount": rub("-1.00")}, "amount.value"),
        ({"amount": rub("1,00")}, "amount.value"),
        ({"amount": rub("1.001")}, "amount.value"),
        ({"amount": rub("1e3")}, "amount.value"),
        ({"amount": {"value": 1.0, "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "1.00", "currency": "RUR"}}, "amount.currency"),
        ({"amount": {"value": "1.00", "currency": "USD"}}, "amount.currency"),
        ({"capture": "false"}, "capture"),
        ({"save_payment_method": 1}, "save_payment_method"),
        ({"description": "я" * 129}, "description"),
        ({"merchant_customer_id": "1" * 201}, "merchant_customer_id"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata"),
        ({"metadata": {"k" * 33: ""}}, "metadata"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k"),
        ({"metadata": {"k": 1}}, "metadata.k"),
        ({"metadata": []}, "metadata"),
        ({"confirmation": None}, "confirmation"),
        ({"confirmation": {"type": "external"}}, "confirmation.type"),
        ({"confirmation": {"type": "redirect"}}, "confirmation.return_url"),
        (
            {"confirmation": {"type": "redirect", "return_url": "javascript:alert(1)"}},
            "confirmation.return_url",
        ),
        ({"confirmation": {"type": "redirect", "return_url": "/relative"}}, "confirmation.return_url"),
        ({"confirmation": {"type": "redirect", "return_url": "http://[::1"}}, "confirmation.return_url"),
        (
            {"confirmation": {"type": "redirect", "return_url": "https://a/" + "b" * 2048}},
            "confirmation.return_url",
        ),
        ({"confirmation": {"type": "embedded", "locale": "fr_FR"}}, "confirmation.locale"),
        ({"payment_method_data": {"type": "gold"}}, "payment_method_data.type"),
        ({"payment_method_data": {"type": "sbp"}}, "payment_method_data.type"),
        ({"payment_method_data": {"type": "bank_card", "card": {}}}, "payment_method_data.card"),
        ({"payment_method_id": "no-such-method"}, "payment_method_id"),
        ({"payment_token": "used"}, "payment_token"),
        ({"payment_method_id": "x", "payment_method_data": {"type": "bank_card"}}, "payment_method_data"),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    shop: Shop, yookassa: Control, changes: dict[str, Any], parameter: str
) -> None:
    refused(shop.post("/payments", trial_hold() | changes), 400, "invalid_request", parameter)
    assert yookassa.count_payments() == 0


def test_metadata_takes_what_is_allowed(shop: Shop) -> None:
    most = {f"{n:032d}": "я" * 512 for n in range(15)} | {"null": None}
    assert shop.create(metadata=most)["metadata"] == most


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_a_body_that_is_no_object_is_refused(shop: Shop, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Idempotence-Key": "k"}
    answer = shop.client.post("/payments", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_request"


# who asks, how, and where


@pytest.mark.parametrize(
    "auth", [None, (SHOP_ID, "wrong"), ("1", SECRET_KEY), (SHOP_ID, ""), (SHOP_ID, SECRET_KEY + "x")]
)
def test_a_stranger_is_refused(running: Simulator, auth: tuple[str, str] | None) -> None:
    answer = httpx.get(f"{running.base_url}/v3/payments", auth=auth, trust_env=False)
    body = refused(answer, 401, "invalid_credentials")
    assert body["description"].startswith("Error in shopId or secret key.")


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Bearer token", "Basic 0KjQvtC/"])
def test_credentials_that_cannot_be_read_are_refused(running: Simulator, header: str) -> None:
    answer = httpx.get(f"{running.base_url}/v3/me", headers={"Authorization": header}, trust_env=False)
    refused(answer, 401, "invalid_credentials")


def test_wrong_verbs_types_and_addresses(shop: Shop) -> None:
    assert shop.client.put("/payments").status_code == 405
    assert shop.client.delete("/payments/1").status_code == 405
    headers = {"Content-Type": "text/plain", "Idempotence-Key": "k"}
    assert shop.client.post("/payments", content="{}", headers=headers).status_code == 415
    refused(shop.get("/invoices"), 404, "not_found")
    for path, parameter in [
        ("/payments/1", "payment_id"),
        ("/refunds/1", "refund_id"),
        ("/receipts/1", "receipt_id"),
        ("/payment_methods/1", "payment_method_id"),
    ]:
        refused(shop.get(path), 404, "not_found", parameter)


def test_an_unknown_payment_can_answer_400_as_some_report(shop: Shop, yookassa: Control) -> None:
    yookassa.settings(missing_status=400)
    refused(shop.get("/payments/1"), 400, "invalid_request", "payment_id")


def test_webhooks_are_for_partners_only(shop: Shop) -> None:
    refused(shop.get("/webhooks"), 403, "forbidden")
    refused(shop.post("/webhooks", {"event": "payment.succeeded", "url": "https://a/"}), 403, "forbidden")
    answer = shop.client.delete("/webhooks/wh-1", headers={"Idempotence-Key": "k"})
    refused(answer, 403, "forbidden")


# idempotence


@pytest.mark.parametrize("key", ["", "k" * 65, "with space", "ключ", "a/b#"])
def test_a_bad_key_is_refused(shop: Shop, key: str) -> None:
    answer = shop.client.post("/payments", json=trial_hold(), headers={b"Idempotence-Key": key.encode()})
    refused(answer, 400, "invalid_request", "Idempotence-Key")


def test_a_key_is_required_for_every_post(shop: Shop) -> None:
    for path in ("/payments", "/payments/1/cancel", "/refunds", "/payment_methods", "/receipts"):
        refused(shop.client.post(path, json={}), 400, "invalid_request", "Idempotence-Key")


def test_the_longest_key_and_a_colon_are_taken(shop: Shop) -> None:
    shop.create(key="k" * 64)
    shop.create(key="cancel:22d6d597-000f-5000-9000-145f6df21d6f")


def test_a_key_gives_the_first_answer_for_24_hours(shop: Shop, yookassa: Control) -> None:
    first = shop.create(key="once")
    yookassa.pay(first["id"])
    yookassa.advance(DAY - 60)
    assert shop.create(key="once") == first, "the first answer, not the present state"
    yookassa.advance(120)
    assert shop.create(key="once")["id"] != first["id"]


def test_a_key_belongs_to_its_request(shop: Shop, yookassa: Control) -> None:
    first = shop.create(key="once")
    body = refused(
        shop.post("/payments", trial_hold() | {"description": "иное"}, "once"),
        400,
        "invalid_request",
        "Idempotence-Key",
    )
    assert body["description"] == "Idempotence key duplicated"
    refused(
        shop.post(f"/payments/{first['id']}/cancel", {}, "once"), 400, "invalid_request", "Idempotence-Key"
    )
    assert yookassa.count_payments() == 1


def test_a_refused_request_leaves_its_key_free(shop: Shop) -> None:
    assert shop.post("/payments", trial_hold() | {"amount": rub("0.50")}, "once").status_code == 400
    shop.create(key="once")


def test_requests_at_once_with_one_key_create_one_payment(shop: Shop, yookassa: Control) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: shop.create(key="race")["id"], range(16)))
    assert len(set(ids)) == 1
    assert yookassa.count_payments() == 1


# capture and cancel


def test_a_part_is_captured(shop: Shop, yookassa: Control) -> None:
    payment = shop.create(amount=rub("100.00"))
    yookassa.pay(payment["id"])
    refused(
        shop.post(f"/payments/{payment['id']}/capture", {"amount": rub("100.01")}),
        400,
        "invalid_request",
        "amount",
    )
    captured = shop.post(f"/payments/{payment['id']}/capture", {"amount": rub("60.00")}).json()
    assert (captured["status"], captured["amount"]) == ("succeeded", rub("60.00"))


def test_only_a_hold_is_captured_or_cancelled(shop: Shop, yookassa: Control) -> None:
    pending, paid, canceled = shop.create(), shop.create(capture=True), shop.create()
    yookassa.pay(paid["id"])
    yookassa.decline(canceled["id"])
    for payment in (pending, paid, canceled):
        for verb in ("capture", "cancel"):
            answer = shop.post(f"/payments/{payment['id']}/{verb}", {})
            refused(answer, 400, "invalid_request", "payment_id")
    refused(shop.post("/payments/1/capture", {}), 404, "not_found", "payment_id")


def test_cancel_takes_an_empty_body_and_can_be_repeated_with_its_key(shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    yookassa.pay(payment["id"])
    path, key = f"/payments/{payment['id']}/cancel", f"cancel:{payment['id']}"
    first = shop.post(path, key=key)
    assert first.json()["status"] == "canceled"
    assert shop.post(path, key=key).json() == first.json()
    refused(shop.post(path), 400, "invalid_request", "payment_id")


# time


def test_an_unconfirmed_payment_expires_in_an_hour(shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    yookassa.advance(3590)
    assert shop.payment(payment["id"])["status"] == "pending"
    yookassa.advance(11)
    expired = shop.payment(payment["id"])
    assert expired["cancellation_details"] == {"party": "yoo_money", "reason": "expired_on_confirmation"}


def test_a_hold_expires_in_a_week(shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    held = yookassa.pay(payment["id"])
    yookassa.advance(7 * DAY - 10)
    assert shop.payment(payment["id"])["status"] == "waiting_for_capture"
    yookassa.advance_to(held["expires_at"])
    expired = shop.payment(payment["id"])
    assert expired["cancellation_details"] == {"party": "yoo_money", "reason": "expired_on_capture"}
    assert "expires_at" not in expired


def test_the_clock_goes_forward_only_once_there_is_a_payment(shop: Shop, yookassa: Control) -> None:
    yookassa.advance(-10 * DAY)
    assert yookassa.offset() == -10 * DAY
    shop.create()
    with pytest.raises(ControlError):
        yookassa.advance(-1)
    with pytest.raises(ControlError):
        yookassa.advance_to("2020-01-01T00:00:00Z")
    yookassa.advance(10 * DAY)
    assert yookassa.offset() == 0


# saved methods


def test_a_method_is_saved_only_when_asked_and_allowed(shop: Shop, yookassa: Control) -> None:
    unasked = shop.create(save_payment_method=False)
    unwilling = shop.create()
    yookassa.pay(unasked["id"])
    yookassa.pay(unwilling["id"], save=False)
    for payment in (unasked, unwilling):
        method = shop.payment(payment["id"])["payment_method"]
        assert (method["id"], method["saved"], method["status"]) == (payment["id"], False, "inactive")
        body = {"amount": rub("1.00"), "payment_method_id": payment["id"]}
        text = refused(shop.post("/payments", body), 400, "invalid_request", "payment_method_id")[
            "description"
        ]
        assert text == "This payment_method_id doesn't exist. Specify the id of the saved payment_method"


def test_a_charge_answers_with_its_result(shop: Shop, saved_card: str) -> None:
    charge = shop.charge(saved_card, metadata={"invoice": "1"})
    assert charge["status"] == "succeeded"
    assert charge["id"] != saved_card
    assert charge["payment_method"]["id"] == saved_card
    assert charge["payment_method"]["saved"] is True
    assert "confirmation" not in charge
    held = shop.charge(saved_card, capture=False)
    assert held["status"] == "waiting_for_capture"


def test_charges_follow_the_plan(shop: Shop, yookassa: Control, saved_card: str) -> None:
    yookassa.plan(saved_card, reason="insufficient_funds", times=2)
    ends = [shop.charge(saved_card) for _ in range(3)]
    assert [end["status"] for end in ends] == ["canceled", "canceled", "succeeded"]
    assert ends[0]["cancellation_details"] == {"party": "payment_network", "reason": "insufficient_funds"}
    assert ends[0]["payment_method"]["saved"] is True
    yookassa.plan(saved_card, reason="moon_phase", party="yoo_money")
    assert shop.charge(saved_card)["cancellation_details"] == {"party": "yoo_money", "reason": "moon_phase"}
    yookassa.plan(saved_card)
    assert shop.charge(saved_card)["status"] == "succeeded"


def test_a_charge_can_stay_undecided(shop: Shop, yookassa: Control, saved_card: str) -> None:
    yookassa.plan(saved_card, pending=True, times=2)
    first, second = shop.charge(saved_card), shop.charge(saved_card)
    assert (first["status"], "confirmation" in first) == ("pending", False)
    yookassa.pay(first["id"])
    yookassa.decline(second["id"], "issuer_unavailable")
    assert shop.payment(first["id"])["status"] == "succeeded"
    assert shop.payment(first["id"])["payment_method"]["id"] == saved_card
    assert shop.payment(second["id"])["cancellation_details"]["reason"] == "issuer_unavailable"


def test_a_withdrawn_consent_ends_charges(shop: Shop, yookassa: Control, saved_card: str) -> None:
    yookassa.revoke(saved_card)
    assert shop.charge(saved_card)["cancellation_details"] == {
        "party": "yoo_money",
        "reason": "permission_revoked",
    }


def test_a_shop_without_recurring_payments(shop: Shop, yookassa: Control, saved_card: str) -> None:
    yookassa.settings(recurring=False)
    charge = {"amount": rub("1.00"), "payment_method_id": saved_card}
    binding = {"type": "bank_card", "confirmation": {"type": "redirect", "return_url": RETURN_URL}}
    for path, body in (("/payments", trial_hold()), ("/payments", charge), ("/payment_methods", binding)):
        text = refused(shop.post(path, body), 403, "forbidden")["description"]
        assert text.startswith("This store can't make recurring payments.")
    assert shop.create(save_payment_method=False)["status"] == "pending"


def bind(shop: Shop) -> str:
    body = {"type": "bank_card", "confirmation": {"type": "redirect", "return_url": RETURN_URL}}
    answer = shop.post("/payment_methods", body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def test_a_binding_ends_well_badly_or_late(shop: Shop, yookassa: Control) -> None:
    good, bad, late = bind(shop), bind(shop), bind(shop)
    yookassa.bind(good)
    yookassa.bind(bad, "5555555555554600")
    yookassa.advance(3601)
    found = {name: shop.get(f"/payment_methods/{name}").json() for name in (good, bad, late)}
    assert [method["status"] for method in found.values()] == ["active", "inactive", "inactive"]
    assert [method["saved"] for method in found.values()] == [True, False, False]
    assert all("confirmation" not in method for method in found.values())
    with pytest.raises(ControlError) as refusal:
        yookassa.bind(late)
    assert refusal.value.status == 409
    answer = shop.post("/payments", {"amount": rub("1.00"), "payment_method_id": bad})
    assert refused(answer, 400, "invalid_request", "payment_method_id")["description"].endswith(
        "not available"
    )


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"type": "sbp"}, "type"),
        ({"type": None}, "type"),
        ({"card": {}}, "card"),
        ({"confirmation": {"type": "qr"}}, "confirmation.type"),
    ],
)
def test_a_binding_is_checked(shop: Shop, changes: dict[str, Any], parameter: str) -> None:
    body = {"type": "bank_card", "confirmation": {"type": "redirect", "return_url": RETURN_URL}}
    refused(shop.post("/payment_methods", body | changes), 400, "invalid_request", parameter)


# refunds


def paid(shop: Shop, yookassa: Control, value: str = "100.00", **changes: Any) -> str:
    payment = shop.create(amount=rub(value), capture=True, **changes)
    yookassa.pay(payment["id"])
    return str(payment["id"])


def test_refunds_go_up_to_what_was_paid(shop: Shop, yookassa: Control) -> None:
    payment_id = paid(shop, yookassa)
    first = shop.post("/refunds", {"payment_id": payment_id, "amount": rub("60.00")}).json()
    assert ID.fullmatch(first["id"])
    assert (first["status"], first["payment_id"]) == ("succeeded", payment_id)
    assert shop.payment(payment_id)["refunded_amount"] == rub("60.00")
    refused(
        shop.post("/refunds", {"payment_id": payment_id, "amount": rub("40.01")}),
        400,
        "invalid_request",
        "amount",
    )
    assert shop.payment(payment_id)["refundable"] is True
    shop.post("/refunds", {"payment_id": payment_id, "amount": rub("40.00")})
    whole = shop.payment(payment_id)
    assert (whole["status"], whole["refunded_amount"], whole["refundable"]) == (
        "succeeded",
        rub("100.00"),
        False,
    )


def test_a_pending_refund_counts_until_it_is_canceled(shop: Shop, yookassa: Control) -> None:
    payment_id = paid(shop, yookassa)
    yookassa.settings(refund_outcome="pending")
    body = {"payment_id": payment_id, "amount": rub("100.00")}
    first = shop.post("/refunds", body).json()
    assert first["status"] == "pending"
    assert shop.payment(payment_id)["refunded_amount"] == rub("0.00")
    refused(shop.post("/refunds", body), 400, "invalid_request", "amount")
    yookassa.settle_refund(first["id"], "canceled", "insufficient_funds")
    canceled = shop.get(f"/refunds/{first['id']}").json()
    assert canceled["cancellation_details"] == {"party": "refund_network", "reason": "insufficient_funds"}
    second = shop.post("/refunds", body).json()
    yookassa.settle_refund(second["id"])
    assert shop.payment(payment_id)["refunded_amount"] == rub("100.00")
    with pytest.raises(ControlError):
        yookassa.settle_refund(second["id"], "canceled")


def test_what_cannot_be_refunded(shop: Shop, yookassa: Control) -> None:
    payment_id, hold = paid(shop, yookassa), shop.create()
    yookassa.pay(hold["id"])
    for body, parameter in (
        ({"payment_id": hold["id"], "amount": rub("1.00")}, "payment_id"),
        ({"payment_id": "1", "amount": rub("1.00")}, "payment_id"),
        ({"amount": rub("1.00")}, "payment_id"),
        ({"payment_id": payment_id}, "amount"),
        ({"payment_id": payment_id, "amount": rub("0.00")}, "amount"),
        ({"payment_id": payment_id, "amount": rub("1.00"), "description": "x" * 251}, "description"),
    ):
        refused(shop.post("/refunds", body), 400, "invalid_request", parameter)
    yookassa.advance(3 * 365 * DAY + DAY)
    late = shop.post("/refunds", {"payment_id": payment_id, "amount": rub("1.00")})
    refused(late, 400, "invalid_request", "payment_id")


# receipts


def test_a_shop_with_receipts_wants_one_in_every_payment(shop: Shop, yookassa: Control) -> None:
    yookassa.settings(fiscalization="yoo_receipt")
    assert shop.get("/me").json()["fiscalization"] == {"enabled": True, "provider": "yoo_receipt"}
    text = refused(shop.post("/payments", trial_hold()), 400, "invalid_request", "receipt")["description"]
    assert text == "Receipt is missing or illegal"
    payment = shop.create(amount=rub("1490.00"), capture=True, receipt=receipt())
    assert payment["receipt_registration"] == "pending"
    yookassa.pay(payment["id"])
    yookassa.advance(5)
    assert shop.payment(payment["id"])["receipt_registration"] == "succeeded"
    [registered] = shop.get("/receipts", payment_id=payment["id"]).json()["items"]
    assert (registered["type"], registered["status"]) == ("payment", "succeeded")
    part = {"payment_id": payment["id"], "amount": rub("490.00")}
    refused(shop.post("/refunds", part), 400, "invalid_request", "receipt")
    refund = shop.post("/refunds", part | {"receipt": receipt("490.00")}).json()
    yookassa.advance(5)
    assert shop.get(f"/refunds/{refund['id']}").json()["receipt_registration"] == "succeeded"
    assert shop.get("/receipts", refund_id=refund["id"]).json()["items"][0]["type"] == "refund"


def receipts_of(shop: Shop, **of: str) -> list[tuple[str, str]]:
    """(kind, roubles) of what is registered, oldest first."""
    items = shop.get("/receipts", **of).json()["items"]
    assert {item["status"] for item in items} == {"succeeded"}
    return [(item["type"], item["settlements"][0]["amount"]["value"]) for item in reversed(items)]


def test_a_full_refund_takes_its_receipt_from_the_payment(shop: Shop, yookassa: Control) -> None:
    payment = shop.create(amount=rub("1490.00"), capture=True, receipt=receipt())
    yookassa.pay(payment["id"])
    refund = shop.post("/refunds", {"payment_id": payment["id"], "amount": rub("1490.00")}).json()
    assert refund["receipt_registration"] == "pending"
    yookassa.advance(5)
    assert receipts_of(shop, refund_id=refund["id"]) == [("refund", "1490.00")]
    assert receipts_of(shop, payment_id=payment["id"]) == [("payment", "1490.00"), ("refund", "1490.00")]


def test_a_hold_that_is_released_has_income_and_its_return(shop: Shop, yookassa: Control) -> None:
    payment = shop.create(receipt=receipt("1.00"))
    yookassa.pay(payment["id"])
    canceled = shop.post(f"/payments/{payment['id']}/cancel").json()
    assert (canceled["status"], canceled["receipt_registration"]) == ("canceled", "pending")
    yookassa.advance(5)
    assert shop.payment(payment["id"])["receipt_registration"] == "succeeded"
    assert receipts_of(shop, payment_id=payment["id"]) == [("payment", "1.00"), ("refund", "1.00")]


@pytest.mark.parametrize(
    ("taken", "registered"),
    [
        ("100.00", [("payment", "100.00")]),
        ("40.00", [("payment", "100.00"), ("refund", "100.00"), ("payment", "40.00")]),
    ],
)
def test_a_hold_that_is_taken_in_part_has_a_receipt_made_anew(
    shop: Shop, yookassa: Control, taken: str, registered: list[tuple[str, str]]
) -> None:
    payment = shop.create(amount=rub("100.00"), receipt=receipt("100.00"))
    yookassa.pay(payment["id"])
    more = {"receipt": receipt(taken)} if taken != "100.00" else {}
    captured = shop.post(f"/payments/{payment['id']}/capture", {"amount": rub(taken)} | more).json()
    assert captured["status"] == "succeeded"
    yookassa.advance(5)
    assert receipts_of(shop, payment_id=payment["id"]) == registered


def test_an_answer_may_be_half_of_a_json(shop: Shop, yookassa: Control) -> None:
    yookassa.fault("garbage", "GET", "/v3/receipts")
    broken = shop.get("/receipts")
    assert broken.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        broken.json()
    assert shop.get("/receipts").json() == {"type": "list", "items": []}


@pytest.mark.parametrize(
    "wrong",
    [
        receipt("1489.99"),
        receipt(quantity=2),
        receipt(quantity="x"),
        receipt(quantity=0),
        receipt(quantity="NaN"),
        receipt(vat_code=0),
        receipt(vat_code=13),
        receipt(vat_code="1"),
        receipt(payment_subject="money"),
        receipt(payment_mode="later"),
        receipt(measure="mile"),
        receipt(description=""),
        receipt(description="x" * 129),
        receipt(amount={"value": "1490.00"}),
        receipt() | {"items": []},
        receipt() | {"items": ["x"]},
        receipt() | {"customer": {}},
        receipt() | {"customer": {"email": "nobody"}},
        receipt() | {"customer": {"phone": "+7 900"}},
        receipt() | {"tax_system_code": 7},
        [],
    ],
)
def test_an_illegal_receipt_is_refused(shop: Shop, wrong: Any) -> None:
    body = trial_hold() | {"amount": rub("1490.00"), "receipt": wrong}
    text = refused(shop.post("/payments", body), 400, "invalid_request", "receipt")["description"]
    assert text.startswith("Receipt is missing or illegal")


def test_receipts_of_yookassa_ask_for_more(shop: Shop, yookassa: Control) -> None:
    by_phone = receipt() | {"customer": {"phone": "79000000000"}}
    without_measure = receipt(measure=None)
    in_parts = receipt(payment_mode="partial_payment")
    for body in (by_phone, without_measure, in_parts):
        shop.create(amount=rub("1490.00"), receipt=body)
    yookassa.settings(fiscalization="yoo_receipt")
    del without_measure["items"][0]["measure"]
    for body in (by_phone, without_measure, in_parts):
        request = trial_hold() | {"amount": rub("1490.00"), "receipt": body}
        refused(shop.post("/payments", request), 400, "invalid_request", "receipt")


def test_a_receipt_by_itself_is_checked(shop: Shop, yookassa: Control) -> None:
    payment_id = paid(shop, yookassa, "1490.00")
    settlements = [{"type": "prepayment", "amount": rub("1490.00")}]
    right = receipt() | {
        "type": "payment",
        "payment_id": payment_id,
        "send": True,
        "settlements": settlements,
    }
    assert shop.post("/receipts", right).status_code == 200
    for changes, parameter in (
        ({"type": "sale"}, "type"),
        ({"send": False}, "send"),
        ({"payment_id": None}, "payment_id"),
        ({"payment_id": "1"}, "payment_id"),
        ({"refund_id": "1"}, "refund_id"),
        ({"items": []}, "receipt"),
        ({"settlements": []}, "settlements"),
        ({"settlements": [{"type": "gift", "amount": rub("1490.00")}]}, "settlements[0].type"),
        ({"settlements": [{"type": "prepayment", "amount": rub("1.00")}]}, "settlements"),
    ):
        refused(shop.post("/receipts", right | changes), 400, "invalid_request", parameter)


# lists


def test_a_list_is_paged_without_gaps_while_payments_come(shop: Shop) -> None:
    ids = [shop.create()["id"] for _ in range(12)]
    first = shop.get("/payments").json()
    assert (first["type"], len(first["items"])) == ("list", 10)
    shop.create()
    second = shop.get("/payments", cursor=first["next_cursor"]).json()
    assert "next_cursor" not in second
    assert [payment["id"] for payment in first["items"] + second["items"]] == ids[::-1]
    assert len(shop.get("/payments", limit="100").json()["items"]) == 13


def test_a_list_is_filtered(shop: Shop, yookassa: Control) -> None:
    early = paid(shop, yookassa)
    border = yookassa.advance(60)
    late = shop.create(payment_method_data={"type": "yoo_money"})["id"]

    def ids(**params: str) -> list[str]:
        return [payment["id"] for payment in shop.get("/payments", **params).json()["items"]]

    assert ids(**{"created_at.gte": border}) == [late]
    assert ids(**{"created_at.lt": border}) == [early]
    assert ids(**{"captured_at.lte": border}) == [early]
    assert ids(**{"created_at.gt": "2026-01-01T00:00:00+03:00", "status": "succeeded"}) == [early]
    assert ids(payment_method="yoo_money") == [late]
    assert ids(payment_method="bank_card") == [early]
    refund = shop.post("/refunds", {"payment_id": early, "amount": rub("1.00")}).json()
    assert shop.get("/refunds", payment_id=early, status="succeeded").json()["items"] == [refund]
    assert shop.get("/refunds", payment_id=late).json()["items"] == []


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "x"},
        {"cursor": "nowhere"},
        {"status": "paid"},
        {"payment_method": "gold"},
        {"created_at.gte": "yesterday"},
    ],
)
def test_a_wrong_filter_is_refused(shop: Shop, params: dict[str, str]) -> None:
    refused(shop.get("/payments", **params), 400, "invalid_request", next(iter(params)))


# control


def test_control_refuses_what_cannot_be(shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    yookassa.pay(payment["id"], "5555555555554600")
    for again in (yookassa.pay, yookassa.decline, yookassa.expire):
        with pytest.raises(ControlError) as refusal:
            again(payment["id"])
        assert refusal.value.status == 409
    for call in (
        lambda: yookassa.fault("earthquake"),
        lambda: yookassa.fault("error", times=0),
        lambda: yookassa.rule("tear"),
        lambda: yookassa.settings(colour="red"),
        lambda: yookassa.settings(paused="yes"),
        lambda: yookassa.forge("changed_amount"),
    ):
        with pytest.raises(ControlError) as refusal:
            call()
        assert refusal.value.status == 400
    with pytest.raises(ControlError) as refusal:
        yookassa.payment("1")
    assert refusal.value.status == 404


def test_control_is_out_of_a_web_pages_reach(running: Simulator) -> None:
    answer = httpx.post(f"{running.base_url}/simulator/reset", content="{}", trust_env=False)
    assert answer.status_code == 415


def test_control_tells_what_it_can(running: Simulator) -> None:
    text = httpx.get(f"{running.base_url}/simulator", trust_env=False).json()["control"]
    assert "POST /simulator/payments/<id>/pay" in text


def test_payments_are_counted_by_metadata(shop: Shop, yookassa: Control) -> None:
    shop.create(metadata={"transaction_id": "1", "kind": "trial"})
    shop.create(metadata={"transaction_id": "2", "kind": "trial"})
    assert yookassa.count_payments({"kind": "trial"}) == 2
    assert yookassa.count_payments({"kind": "trial", "transaction_id": "2"}) == 1
    assert yookassa.count_payments({"kind": "renewal"}) == 0
    assert yookassa.count_payments(status="succeeded") == 0


def test_a_stored_payment_can_be_tampered_with(shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    yookassa.tamper(payment["id"], {"amount": rub("9.00"), "test": False})
    assert shop.payment(payment["id"])["amount"] == rub("9.00")
    assert shop.payment(payment["id"])["test"] is False
    yookassa.advance(3601)
    assert shop.payment(payment["id"])["status"] == "canceled"
    ended = shop.create()
    yookassa.tamper(ended["id"], {"status": "succeeded"})
    yookassa.advance(3601)
    assert shop.payment(ended["id"])["status"] == "succeeded"


def test_requests_are_remembered(shop: Shop, yookassa: Control) -> None:
    payment = shop.create(key="first")
    shop.payment(payment["id"])
    [creation] = yookassa.requests("POST", "/v3/payments")
    assert (creation["idempotence_key"], creation["status"]) == ("first", 200)
    assert len(yookassa.requests(path="/v3/*")) == 2
