"""Receipts (54-ФЗ): the check of what is sent along with a payment or refund, and POST /receipts.

A receipt is pending for a moment (`receipt_seconds`) and then succeeded, as if a cash register had taken it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from . import lists
from .clock import to_text
from .errors import NO_RECEIPT, Refusal, invalid
from .shop import Shop
from .store import Json, dump, load
from .validation import amount, mapping

PAYMENT_MODES = (
    "full_prepayment",
    "partial_prepayment",
    "advance",
    "full_payment",
    "partial_payment",
    "credit",
    "credit_payment",
)
PAYMENT_SUBJECTS = frozenset(
    "commodity excise job service gambling_bet gambling_prize lottery lottery_prize"  # noqa: SIM905
    " intellectual_activity payment agent_commission property_right non_operating_gain"
    " insurance_premium sales_tax resort_fee composite another fine tax lien cost"
    " pension_insurance_without_payouts pension_insurance_with_payouts health_insurance_without_payouts"
    " health_insurance_with_payouts health_insurance casino agent_withdrawals"
    " non_marked_excise marked_excise marked non_marked".split()
)
MEASURES = frozenset(
    "piece gram kilogram ton centimeter decimeter meter square_centimeter square_decimeter"  # noqa: SIM905
    " square_meter milliliter liter cubic_meter kilowatt_hour gigacalorie day hour minute second kilobyte"
    " megabyte gigabyte terabyte another".split()
)
SETTLEMENTS = ("cashless", "prepayment", "postpayment", "consideration")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\d{10,15}", re.ASCII)


def check(shop: Shop, body: Json, total: Decimal, required: bool = True) -> Json | None:
    """The receipt of a request, checked; None when there is none and none is needed.

    Everything wrong answers 400 «Receipt is missing or illegal», parameter `receipt`, and then says what.
    """
    receipt = body.get("receipt")
    if receipt is None:
        if required and shop.settings.fiscalization != "off":
            raise invalid(NO_RECEIPT, "receipt")
        return None
    try:
        fields = mapping(receipt, "receipt")
        if _total(shop, fields) != total:
            raise invalid("the sum of the items is not the amount", "receipt.items")
    except Refusal as problem:
        raise invalid(f"{NO_RECEIPT}: {problem.description}", "receipt") from None
    return fields


def _total(shop: Shop, receipt: Json) -> Decimal:
    """Check customer, tax system and items; the answer is the sum of price × quantity."""
    ours = shop.settings.fiscalization == "yoo_receipt"
    customer = mapping(receipt.get("customer"), "customer")
    email, phone = customer.get("email"), customer.get("phone")
    if email is None and (ours or phone is None):
        raise invalid("customer.email is missing")
    if email is not None and not (isinstance(email, str) and _EMAIL.fullmatch(email)):
        raise invalid("customer.email is not an e-mail address")
    if phone is not None and not (isinstance(phone, str) and _PHONE.fullmatch(phone)):
        raise invalid("customer.phone is not a number such as 79000000000")
    tax_system = receipt.get("tax_system_code")
    if tax_system is not None and not _between(tax_system, 1, 6):
        raise invalid("tax_system_code must be from 1 to 6")
    items = receipt.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= (80 if ours else 100):
        raise invalid("items are missing or too many")
    return sum((_item(item, ours) for item in items), Decimal(0)).quantize(Decimal("0.01"))


def _item(value: Any, ours: bool) -> Decimal:
    item = mapping(value, "item")
    description = item.get("description")
    if not isinstance(description, str) or not 1 <= len(description) <= 128:
        raise invalid("items.description must have 1 to 128 characters")
    try:
        quantity = Decimal(str(item.get("quantity")))
    except InvalidOperation:
        quantity = Decimal(0)
    if not (quantity.is_finite() and quantity > 0) or isinstance(item.get("quantity"), bool):
        raise invalid("items.quantity must be a positive number")
    if not _between(item.get("vat_code"), 1, 12):
        raise invalid("items.vat_code must be from 1 to 12")
    _one_of(item, "payment_mode", ("full_prepayment", "full_payment") if ours else PAYMENT_MODES)
    _one_of(item, "payment_subject", PAYMENT_SUBJECTS)
    _one_of(item, "measure", MEASURES)
    if ours and "measure" not in item:
        raise invalid("items.measure is missing")
    return amount(item.get("amount"), "items.amount") * quantity


def _between(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _one_of(item: Json, name: str, values: Any) -> None:
    if item.get(name) is not None and item[name] not in values:
        raise invalid(f"items.{name} is unknown")


def create(shop: Shop, body: Json) -> Json:
    """POST /receipts: {type, payment_id|refund_id, customer, items, send: true, settlements}."""
    kind = body.get("type")
    if kind not in ("payment", "refund"):
        raise invalid("type must be payment or refund", "type")
    if body.get("send") is not True:
        raise invalid("send must be true", "send")
    payment_id, refund_id = body.get("payment_id"), body.get("refund_id")
    if isinstance(refund_id, str):
        if shop.store.value("select 1 from refunds where id = ?", refund_id) is None:
            raise invalid("Incorrect refund_id. Refund doesn't exist or access denied.", "refund_id")
    elif not isinstance(payment_id, str):
        raise invalid("payment_id or refund_id is missing", f"{kind}_id")
    elif shop.store.value("select 1 from payments where id = ?", payment_id) is None:
        raise invalid("Incorrect payment_id. Payment doesn't exist or access denied.", "payment_id")
    try:
        total = _total(shop, body)
    except Refusal as problem:
        raise invalid(problem.description, "receipt") from None
    settlements = body.get("settlements")
    if not isinstance(settlements, list) or not settlements:
        raise invalid("settlements are missing", "settlements")
    settled = Decimal(0)
    for index, value in enumerate(settlements):
        item = mapping(value, f"settlements[{index}]")
        if item.get("type") not in SETTLEMENTS:
            raise invalid("Unknown settlement type", f"settlements[{index}].type")
        settled += amount(item.get("amount"), f"settlements[{index}].amount")
    if settled != total:
        raise invalid("The sum of settlements is not the sum of items", "settlements")
    return register(shop, kind, body, settlements, payment_id, refund_id)


def register(
    shop: Shop,
    kind: str,
    receipt: Json,
    settlements: list[Json],
    payment_id: str | None,
    refund_id: str | None = None,
) -> Json:
    """Store a receipt, pending; `due` below lets the cash register take it."""
    now = shop.clock.now()
    answer: Json = {"id": f"rt-{uuid.uuid4()}", "type": kind, "status": "pending", "items": receipt["items"]}
    if payment_id is not None:
        answer["payment_id"] = payment_id
    if refund_id is not None:
        answer["refund_id"] = refund_id
    answer["settlements"] = settlements
    if receipt.get("tax_system_code") is not None:
        answer["tax_system_code"] = receipt["tax_system_code"]
    shop.store.run(
        "insert into receipts (id, payment_id, refund_id, status, created_ms, deadline_ms, object)"
        " values (?, ?, ?, 'pending', ?, ?, ?)",
        answer["id"],
        payment_id,
        refund_id,
        now,
        now + round(shop.settings.receipt_seconds * 1000),
        dump(answer),
    )
    shop.wake()
    return answer


def due(shop: Shop, now: int) -> None:
    """Register the receipts whose moment has come."""
    found = shop.store.rows(
        "select number, deadline_ms, object from receipts where deadline_ms is not null and deadline_ms <= ?",
        now,
    )
    for row in found:
        receipt = load(row["object"]) | {
            "status": "succeeded",
            "fiscal_document_number": str(row["number"]),
            "fiscal_storage_number": "9288000100115785",
            "fiscal_attribute": f"{2_617_603_921 + row['number']}",
            "registered_at": to_text(row["deadline_ms"]),
            "fiscal_provider_id": str(uuid.uuid4()),
        }
        shop.store.run(
            "update receipts set status = 'succeeded', deadline_ms = null, object = ? where number = ?",
            dump(receipt),
            row["number"],
        )
        _note_registration(shop, receipt)


def _note_registration(shop: Shop, receipt: Json) -> None:
    """Write `receipt_registration` into the payment or refund, once all that it came with are registered."""
    table, identity = (
        ("refunds", receipt["refund_id"]) if "refund_id" in receipt else ("payments", receipt["payment_id"])
    )
    row = shop.store.row(f"select object from {table} where id = ?", identity)  # noqa: S608
    is_on_its_way = shop.store.value(
        "select 1 from receipts where status = 'pending' and payment_id is ? and refund_id is ?",
        receipt.get("payment_id"),
        receipt.get("refund_id"),
    )
    if row is not None and is_on_its_way is None:
        thing = load(row["object"])
        if "receipt_registration" in thing:
            thing["receipt_registration"] = "succeeded"
            shop.store.run(f"update {table} set object = ? where id = ?", dump(thing), identity)  # noqa: S608


def find(shop: Shop, receipt_id: str) -> Json:
    text = shop.store.value("select object from receipts where id = ?", receipt_id)
    if text is None:
        raise Refusal(404, "Incorrect receipt_id. Receipt doesn't exist or access denied.", "receipt_id")
    return load(text)


def search(shop: Shop, params: Mapping[str, str]) -> Json:
    return lists.page(shop, "receipts", params, equals={"payment_id": "payment_id", "refund_id": "refund_id"})
