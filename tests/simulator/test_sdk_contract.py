"""The official SDK works against the simulator as it does against ЮKassa."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from kit.simulator import RETURN_URL, SECRET_KEY, SHOP_ID, Receiver, Simulator, receipt, rub, trial_hold
from yookassa import (  # type: ignore[import-untyped]
    Configuration,
    Payment,
    PaymentMethod,
    Receipt,
    Refund,
    Settings,
    Webhook,
)
from yookassa.domain.exceptions import (  # type: ignore[import-untyped]
    BadRequestError,
    ForbiddenError,
    InternalServerError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
)
from yookassa.domain.notification import WebhookNotificationFactory  # type: ignore[import-untyped]
from yookassa_simulator.control import Control

pytestmark = pytest.mark.usefixtures("configured")


@pytest.fixture
def configured(running: Simulator, yookassa: Control) -> None:
    Configuration.configure(SHOP_ID, SECRET_KEY, api_url=f"{running.base_url}/v3")


def key() -> str:
    return str(uuid4())


def paid(yookassa: Control, value: str = "1490.00", **changes: Any) -> str:
    """The id of a payment that has succeeded."""
    payment = Payment.create(trial_hold() | {"amount": rub(value), "capture": True} | changes, key())
    yookassa.pay(payment.id)
    return str(payment.id)


def test_a_hold_is_created_confirmed_and_captured(yookassa: Control) -> None:
    payment = Payment.create(trial_hold(), key())
    assert payment.status == "pending"
    assert payment.test is True
    assert payment.paid is False
    assert payment.recipient.account_id == SHOP_ID
    assert payment.confirmation.confirmation_url.endswith(f"/pay/{payment.id}")
    assert payment.confirmation.return_url == RETURN_URL
    assert payment.metadata["transaction_id"] == "42"

    yookassa.pay(payment.id)
    held = Payment.find_one(payment.id)
    assert (held.status, held.paid) == ("waiting_for_capture", True)
    assert held.expires_at is not None
    assert held.payment_method.saved is True
    assert held.payment_method.id == payment.id
    assert held.payment_method.card.last4 == "4444"
    assert held.authorization_details.three_d_secure.applied is False

    captured = Payment.capture(payment.id, {"amount": rub("1.00")}, key())
    assert captured.status == "succeeded"
    assert captured.refundable is True
    assert captured.captured_at is not None
    assert str(captured.income_amount.value) == "0.96"
    assert str(captured.refunded_amount.value) == "0.00"


def test_a_hold_is_released_and_the_method_stays(yookassa: Control) -> None:
    payment = Payment.create(trial_hold(), key())
    yookassa.pay(payment.id)
    canceled = Payment.cancel(payment.id, key())
    assert (canceled.status, canceled.paid) == ("canceled", False)
    assert canceled.cancellation_details.party == "merchant"
    assert canceled.cancellation_details.reason == "canceled_by_merchant"
    assert canceled.payment_method.saved is True

    charge = Payment.create(
        {"amount": rub("990.00"), "capture": True, "payment_method_id": payment.id}, key()
    )
    assert charge.status == "succeeded"
    assert charge.payment_method.id == payment.id
    assert charge.confirmation is None


def test_payments_are_listed_newest_first(yookassa: Control) -> None:
    ids = [paid(yookassa) for _ in range(3)]
    first = Payment.list({"limit": 2, "status": "succeeded"})
    assert [payment.id for payment in first.items] == [ids[2], ids[1]]
    rest = Payment.list({"limit": 2, "status": "succeeded", "cursor": first.next_cursor})
    assert [payment.id for payment in rest.items] == [ids[0]]
    assert rest.next_cursor is None


def test_a_payment_is_refunded(yookassa: Control) -> None:
    payment_id = paid(yookassa)
    refund = Refund.create({"payment_id": payment_id, "amount": rub("490.00"), "description": "Часть"}, key())
    assert refund.status == "succeeded"
    assert Refund.find_one(refund.id).description == "Часть"
    assert [item.id for item in Refund.list({"payment_id": payment_id}).items] == [refund.id]
    assert str(Payment.find_one(payment_id).refunded_amount.value) == "490.00"


def test_a_card_is_bound_without_a_payment(yookassa: Control) -> None:
    method = PaymentMethod.create(
        {"type": "bank_card", "confirmation": {"type": "redirect", "return_url": RETURN_URL}}, key()
    )
    assert method.saved is False
    assert method.holder.account_id == SHOP_ID
    assert method.confirmation.confirmation_url.endswith(f"/pay/{method.id}")
    yookassa.bind(method.id)
    bound = PaymentMethod.find_one(method.id)
    assert bound.saved is True
    assert bound.card["last4"] == "4444"
    charge = Payment.create({"amount": rub("10.00"), "capture": True, "payment_method_id": method.id}, key())
    assert charge.status == "succeeded"


def test_a_receipt_is_created(yookassa: Control) -> None:
    payment_id = paid(yookassa)
    settlement = {"type": "cashless", "amount": rub("1490.00")}
    body = receipt() | {
        "type": "payment",
        "payment_id": payment_id,
        "send": True,
        "settlements": [settlement],
    }
    created = Receipt.create(body, key())
    assert created.status == "pending"
    assert len(created.id) == 39
    yookassa.advance(5)
    found = Receipt.find_one(created.id)
    assert found.status == "succeeded"
    assert found.fiscal_document_number is not None
    assert [item.id for item in Receipt.list({"payment_id": payment_id}).items] == [created.id]


def test_the_shop_tells_about_itself() -> None:
    me = Settings.get_account_settings()
    assert me.account_id == SHOP_ID
    assert me.test is True


def test_one_key_creates_one_payment(yookassa: Control) -> None:
    same = key()
    first = Payment.create(trial_hold(), same)
    again = Payment.create(trial_hold(), same)
    assert again.id == first.id
    assert yookassa.count_payments() == 1
    with pytest.raises(BadRequestError) as refusal:
        Payment.create(trial_hold() | {"description": "Другое"}, same)
    assert refusal.value.content["description"] == "Idempotence key duplicated"
    assert refusal.value.content["parameter"] == "Idempotence-Key"


def test_errors_are_typed(yookassa: Control, running: Simulator) -> None:
    with pytest.raises(NotFoundError) as missing:
        Payment.find_one("22d6d597-000f-5000-9000-145f6df21d6f")
    assert missing.value.content["code"] == "not_found"
    with pytest.raises(BadRequestError) as unsaved:
        Payment.create(
            {"amount": rub("1.00"), "payment_method_id": "22d6d597-000f-5000-9000-145f6df21d6f"}, key()
        )
    assert unsaved.value.content["parameter"] == "payment_method_id"
    with pytest.raises(ForbiddenError):
        Webhook.list()
    with pytest.raises(BadRequestError):
        Payment.cancel(Payment.create(trial_hold(), key()).id, key())
    yookassa.fault("rate_limit", retry_after=1800)
    with pytest.raises(TooManyRequestsError) as limited:
        Payment.find_one("22d6d597-000f-5000-9000-145f6df21d6f")
    assert limited.value.content["retry_after"] == 1800
    yookassa.fault("error")
    with pytest.raises(InternalServerError):
        Payment.create(trial_hold(), key())
    Configuration.configure(SHOP_ID, "wrong", api_url=f"{running.base_url}/v3")
    with pytest.raises(UnauthorizedError) as stranger:
        Settings.get_account_settings()
    assert stranger.value.content["code"] == "invalid_credentials"


def test_notifications_are_read(yookassa: Control, receiver: Receiver) -> None:
    payment_id = paid(yookassa)
    refund = Refund.create({"payment_id": payment_id, "amount": rub("1490.00")}, key())
    method = PaymentMethod.create(
        {"type": "bank_card", "confirmation": {"type": "redirect", "return_url": RETURN_URL}}, key()
    )
    yookassa.bind(method.id)
    yookassa.wait()
    read = {
        n.event: n.object.id
        for n in (WebhookNotificationFactory().create(r.payload) for r in receiver.received)
    }
    assert read == {
        "payment.succeeded": payment_id,
        "refund.succeeded": refund.id,
        "payment_method.active": method.id,
    }
