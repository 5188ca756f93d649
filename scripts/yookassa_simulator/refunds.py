"""Refunds of succeeded payments: whole, in parts, several; pending and canceled ones on demand."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal

from . import lists, payments, receipts
from .clock import DAY, from_text, to_text
from .errors import NO_PAYMENT, Refusal, invalid
from .notifications import announce
from .payments import Final
from .shop import Shop
from .store import Json, dump, load
from .validation import amount, metadata, money, text

REFUNDABLE_MS = 3 * 365 * DAY


def create(shop: Shop, body: Json) -> Json:
    """POST /refunds. What is pending counts as refunded, so two cannot exceed the payment together."""
    payment_id = body.get("payment_id")
    if not isinstance(payment_id, str):
        raise invalid("payment_id is missing", "payment_id")
    try:
        payment, intent = payments.get(shop, payment_id)
    except Refusal:
        raise invalid(NO_PAYMENT, "payment_id") from None
    if payment["status"] != "succeeded":
        raise invalid(f"Payment in status {payment['status']} can't be refunded", "payment_id")
    if shop.clock.now() - from_text(payment["created_at"]) > REFUNDABLE_MS:
        raise invalid("The payment was made more than three years ago", "payment_id")
    total = amount(body.get("amount"))
    if total <= 0:
        raise invalid("The amount must be positive", "amount")
    description, fields = text(body, "description", 250), metadata(body)
    paid = Decimal(payment["amount"]["value"])
    rest = paid - _taken(shop, payment_id, ("pending", "succeeded"))
    if total > rest:
        raise invalid(f"The amount is greater than what can be refunded: {rest:.2f}", "amount")
    receipt = receipts.check(shop, body, total, required=total != paid)
    if receipt is None and total == paid:
        receipt = intent.get("receipt")  # a full refund takes it from its payment

    refund: Json = {
        "id": shop.new_id("0016-50be-b000"),
        "payment_id": payment_id,
        "status": "pending",
        "created_at": to_text(shop.clock.now()),
        "amount": money(total),
    }
    if description is not None:
        refund["description"] = description
    if fields:
        refund["metadata"] = fields
    if receipt is not None:
        refund["receipt_registration"] = "pending"
    with shop.store.transaction():
        shop.store.run(
            "insert into refunds (id, payment_id, status, created_ms, object) values (?, ?, 'pending', ?, ?)",
            refund["id"],
            payment_id,
            shop.clock.now(),
            dump(refund),
        )
        if receipt is not None:
            settlements = [{"type": "cashless", "amount": refund["amount"]}]
            receipts.register(shop, "refund", receipt, settlements, payment_id, refund["id"])
        if shop.settings.refund_outcome != "pending":
            return settle(shop, refund["id"], shop.settings.refund_outcome)
    return refund


def settle(
    shop: Shop, refund_id: str, status: str, party: str = "refund_network", reason: str = "general_decline"
) -> Json:
    """End a pending refund: succeeded (with a notification) or canceled (there is no such event)."""
    refund = find(shop, refund_id)
    if refund["status"] != "pending":
        raise Final(refund["status"])
    refund["status"] = status
    if status == "canceled":
        refund["cancellation_details"] = {"party": party, "reason": reason}
    else:
        refund["refund_authorization_details"] = {"rrn": f"{secrets.randbelow(10**12):012d}"}
    with shop.store.transaction():
        shop.store.run(
            "update refunds set status = ?, object = ? where id = ?", status, dump(refund), refund_id
        )
        if status == "succeeded":
            payment = payments.find(shop, refund["payment_id"])
            refunded = _taken(shop, payment["id"], ("succeeded",))
            changes = {
                "refunded_amount": money(refunded),
                "refundable": refunded < Decimal(payment["amount"]["value"]),
            }
            text_now = dump(payment | changes)
            shop.store.run("update payments set object = ? where id = ?", text_now, payment["id"])
            announce(shop, "refund.succeeded", refund)
    return refund


def _taken(shop: Shop, payment_id: str, statuses: tuple[str, ...]) -> Decimal:
    found = shop.store.rows("select status, object from refunds where payment_id = ?", payment_id)
    sums = (Decimal(load(row["object"])["amount"]["value"]) for row in found if row["status"] in statuses)
    return sum(sums, Decimal(0))


def find(shop: Shop, refund_id: str) -> Json:
    """GET /refunds/{id}."""
    found = shop.store.value("select object from refunds where id = ?", refund_id)
    if found is None:
        raise Refusal(404, "Incorrect refund_id. Refund doesn't exist or access denied.", "refund_id")
    return load(found)


def search(shop: Shop, params: Mapping[str, str]) -> Json:
    """GET /refunds."""
    return lists.page(shop, "refunds", params, equals={"payment_id": "payment_id"})
