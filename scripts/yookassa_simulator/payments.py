"""Payments: pending → waiting_for_capture → succeeded | canceled, and everything that moves them.

Each function changes the payment, stores it and announces the change in one transaction, and gives back the
payment as the API shows it. The `intent` beside it holds what the API does not show: {capture, save,
return_url, method_id, receipt, is_registered, and the page's step and declined}.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from decimal import Decimal

from . import lists, payment_methods, receipts
from .cards import Card, expiry_of_payer
from .clock import DAY, HOUR, from_text, to_text
from .errors import METHOD_UNAVAILABLE, NO_PAYMENT, NO_RECURRING, Refusal, invalid
from .notifications import announce
from .payment_methods import WALLET, Outcome
from .shop import Shop
from .store import Json, dump, load
from .validation import KOPECK, flag, mapping, metadata, money, payable, return_url, text

HOLD_MS = 7 * DAY
CONFIRMATION_MS = HOUR
VAT_ON_FEE = Decimal("1.22")
FINAL = ("succeeded", "canceled")
METHOD_TYPES = (
    "bank_card cash alfabank webmoney wechat apple_pay google_pay qiwi installments yoo_money"  # noqa: SIM905
    " sberbank mobile_balance b2b_sberbank tinkoff_bank sbp sber_loan electronic_certificate sber_bnpl alfa_pay".split()
)


class Final(Exception):
    """The payment cannot do that any more (or not yet): its status is the message."""


def create(shop: Shop, body: Json) -> Json:
    """POST /payments. With payment_method_id the answer is the result of the charge."""
    total = payable(body.get("amount"))
    capture, save = flag(body, "capture"), flag(body, "save_payment_method")
    description = text(body, "description", 128)
    customer = text(body, "merchant_customer_id", 200)
    fields = metadata(body)
    method_id = text(body, "payment_method_id", 64)
    sources = [
        n for n in ("payment_method_id", "payment_method_data", "payment_token") if body.get(n) is not None
    ]
    if len(sources) > 1:
        raise invalid(f"Use only one of {', '.join(sources)}", sources[1])
    if "payment_token" in sources:
        raise invalid("payment_token is unknown or was used", "payment_token")
    if (save or method_id is not None) and not shop.settings.recurring:
        raise Refusal(403, NO_RECURRING)
    receipt = receipts.check(shop, body, total)

    payment_id = shop.new_id()
    intent: Json = {"capture": capture, "save": save, "receipt": receipt}
    thing: Json = {"id": payment_id, "status": "pending", "amount": money(total)}
    if description is not None:
        thing["description"] = description
    thing |= {
        "recipient": shop.recipient,
        "created_at": to_text(shop.clock.now()),
        "test": shop.settings.test,
        "paid": False,
        "refundable": False,
        "metadata": fields,
    }
    if customer is not None:
        thing["merchant_customer_id"] = customer
    if receipt is not None:
        thing["receipt_registration"] = "pending"

    if method_id is not None:
        return _charge(shop, thing, intent, method_id)
    if "payment_method_data" in sources:
        kind = _method_type(shop, body["payment_method_data"])
        thing["payment_method"] = {
            "type": kind,
            "id": payment_id,
            "saved": False,
            "status": "pending" if save else "inactive",
        }
    thing["confirmation"] = _confirmation(shop, body, payment_id, intent)
    _insert(shop, thing, intent, shop.clock.now() + CONFIRMATION_MS)
    return thing


def _method_type(shop: Shop, data: object) -> str:
    fields = mapping(data, "payment_method_data")
    kind = fields.get("type")
    if kind not in METHOD_TYPES:
        raise invalid("Unknown payment method", "payment_method_data.type")
    if "card" in fields:
        raise invalid("Card data is collected on the page of ЮKassa only", "payment_method_data.card")
    if kind not in ("bank_card", WALLET):
        raise invalid(METHOD_UNAVAILABLE, "payment_method_data.type")  # a test shop takes these two
    return str(kind)


def _confirmation(shop: Shop, body: Json, payment_id: str, intent: Json) -> Json:
    confirmation = mapping(body.get("confirmation"), "confirmation")
    kind = confirmation.get("type")
    if confirmation.get("locale", "ru_RU") not in ("ru_RU", "en_US"):
        raise invalid("locale must be ru_RU or en_US", "confirmation.locale")
    if kind == "embedded":
        return {"type": "embedded", "confirmation_token": f"ct-{payment_id}"}
    if kind != "redirect":
        raise invalid("Confirmation type is not available", "confirmation.type")
    intent["return_url"] = return_url(confirmation)
    flag(confirmation, "enforce")
    answer = {"type": "redirect", "return_url": intent["return_url"]}
    if "enforce" in confirmation:
        answer["enforce"] = confirmation["enforce"]
    return answer | {"confirmation_url": f"{shop.base_url}/pay/{payment_id}"}


def _charge(shop: Shop, thing: Json, intent: Json, method_id: str) -> Json:
    """Charge a saved method: the answer is final, as a rule, and a decline is no error."""
    with shop.store.transaction():
        method, outcome = payment_methods.charge(shop, method_id)
        thing["payment_method"] = method
        intent["method_id"] = method_id
        _insert(shop, thing, intent, None)
        if outcome.pending:
            return thing
        return _authorize(shop, thing, intent, method, outcome, three_d_secure=False)


def _insert(shop: Shop, thing: Json, intent: Json, deadline_ms: int | None) -> None:
    shop.store.run(
        "insert into payments (id, status, created_ms, method_type, deadline_ms, object, intent)"
        " values (?, 'pending', ?, ?, ?, ?, ?)",
        thing["id"],
        shop.clock.now(),
        thing.get("payment_method", {}).get("type"),
        deadline_ms,
        dump(thing),
        dump(intent),
    )
    if deadline_ms is not None:
        shop.wake()


def find(shop: Shop, payment_id: str) -> Json:
    """GET /payments/{id}."""
    return get(shop, payment_id)[0]


def get(shop: Shop, payment_id: str) -> tuple[Json, Json]:
    """The payment and its intent; Refusal 404 when there is none."""
    row = shop.store.row("select object, intent from payments where id = ?", payment_id)
    if row is None:
        raise Refusal(shop.settings.missing_status, NO_PAYMENT, "payment_id")
    return load(row["object"]), load(row["intent"])


def search(shop: Shop, params: Mapping[str, str]) -> Json:
    """GET /payments."""
    if params.get("payment_method", "bank_card") not in METHOD_TYPES:
        raise invalid("Unknown payment method", "payment_method")
    return lists.page(
        shop,
        "payments",
        params,
        times=("created_at", "captured_at"),
        equals={"payment_method": "method_type"},
    )


def capture(shop: Shop, payment_id: str, body: Json) -> Json:
    """POST /payments/{id}/capture: all of the hold, or a part of it (the rest goes back)."""
    thing, intent = get(shop, payment_id)
    if thing["status"] != "waiting_for_capture":
        raise invalid(f"Payment in status {thing['status']} can't be captured", "payment_id")
    held = Decimal(thing["amount"]["value"])
    total = payable(body["amount"]) if body.get("amount") is not None else held
    if total > held:
        raise invalid("The amount is greater than that of the payment", "amount")
    new_receipt = receipts.check(shop, body, total, required=total != held)
    with shop.store.transaction():
        if new_receipt is not None and intent.get("receipt") is not None:
            _register(shop, "refund", thing, intent)  # that of the whole hold is returned, and made anew
            intent["is_registered"] = False
        intent["receipt"] = new_receipt or intent.get("receipt")
        thing["amount"] = money(total)
        return _succeed(shop, thing, intent)


def cancel(shop: Shop, payment_id: str) -> Json:
    """POST /payments/{id}/cancel: release a hold. A pending payment cannot be cancelled: it expires."""
    thing, intent = get(shop, payment_id)
    if thing["status"] != "waiting_for_capture":
        raise invalid(
            f"Payment in status {thing['status']} can't be canceled, only waiting_for_capture", "payment_id"
        )
    return _cancel(shop, thing, intent, "merchant", "canceled_by_merchant")


def _payer(shop: Shop, thing: Json) -> int:
    """The number of the first payment of whoever pays: an organization has one card of each kind, however often it pays."""
    first = None
    if organization := (thing.get("metadata") or {}).get("organization_id"):
        first = shop.store.value(
            "select min(number) from payments where json_extract(object, '$.metadata.organization_id') = ?",
            organization,
        )
    return int(first or shop.store.value("select number from payments where id = ?", thing["id"]) or 0)


def pay(
    shop: Shop,
    payment_id: str,
    card: Card | None,
    save: bool = True,
    three_d_secure: bool = True,
    kind: str = "bank_card",
    expiry: str | None = None,
) -> Json:
    """The payer confirms a pending payment, finally: with a card (or, without one, a method of this `kind`).

    `expiry` of the card is YYYY-MM; None: that of a card of the payer's own.
    `save` False: the method is not saved though the shop asked; `three_d_secure` False: a card that asks for
    it is not confirmed. Final: the payment is not pending.
    """
    thing, intent = get(shop, payment_id)
    if thing["status"] != "pending":
        raise Final(thing["status"])
    outcome = outcome_of(card, three_d_secure)
    if intent.get("method_id") is not None:  # a charge of a saved method that was left undecided
        method = thing["payment_method"]
    else:
        saved = bool(intent["save"]) and save and outcome.reason is None
        number = _payer(shop, thing)
        method = payment_methods.describe(payment_id, card, saved, kind, expiry or expiry_of_payer(number))
    with shop.store.transaction():
        if method["saved"] and method["id"] == payment_id:
            payment_methods.keep(shop, method, card)
        thing["payment_method"] = method
        asked = card is not None and card.three_d_secure
        return _authorize(shop, thing, intent, method, outcome, asked)


def outcome_of(card: Card | None, three_d_secure: bool = True) -> Outcome:
    if card is None:
        return Outcome()
    if card.three_d_secure and not three_d_secure:
        return Outcome("3d_secure_failed")
    return Outcome(card.reason, card.party)


def decline(shop: Shop, payment_id: str, reason: str, party: str) -> Json:
    """The bank (or another `party`) ends a pending payment or a hold. Final: it has ended already."""
    thing, intent = get(shop, payment_id)
    if thing["status"] in FINAL:
        raise Final(thing["status"])
    return _cancel(shop, thing, intent, party, reason)


def expire(shop: Shop, payment_id: str) -> Json:
    """Time ran out: nobody confirmed the payment, or captured the hold. Final: it has ended already."""
    thing, _ = get(shop, payment_id)
    waiting = thing["status"] == "waiting_for_capture"
    return decline(
        shop, payment_id, "expired_on_capture" if waiting else "expired_on_confirmation", "yoo_money"
    )


def note(shop: Shop, payment_id: str, **changes: object) -> None:
    """Change the intent of a payment (the page keeps its step and the declines there); None removes."""
    _, intent = get(shop, payment_id)
    kept = {name: value for name, value in (intent | changes).items() if value is not None}
    shop.store.run("update payments set intent = ? where id = ?", dump(kept), payment_id)


def tamper(shop: Shop, payment_id: str, changes: Json) -> Json:
    """Overwrite fields of the stored payment without a notification, to show what must never happen."""
    thing = find(shop, payment_id) | changes
    shop.store.run(
        "update payments set object = ?1, status = ?2,"
        " deadline_ms = case when ?2 in ('succeeded', 'canceled') then null else deadline_ms end where id = ?3",
        dump(thing),
        thing["status"],
        payment_id,
    )
    return thing


def due(shop: Shop, now: int) -> None:
    """End, in the order of their moments, the payments whose time ran out."""
    for row in shop.store.rows(
        "select id from payments where deadline_ms is not null and deadline_ms <= ? order by deadline_ms", now
    ):
        expire(shop, row["id"])


def _authorize(
    shop: Shop, thing: Json, intent: Json, method: Json, outcome: Outcome, three_d_secure: bool
) -> Json:
    if outcome.reason is not None:
        return _cancel(shop, thing, intent, outcome.party, outcome.reason)
    thing["paid"] = True
    if method["type"] == "bank_card":
        thing["authorization_details"] = {
            "rrn": f"{secrets.randbelow(10**12):012d}",
            "auth_code": f"{secrets.randbelow(10**6):06d}",
            "three_d_secure": {"applied": three_d_secure},
        }
    thing.pop("confirmation", None)
    if intent["capture"]:
        return _succeed(shop, thing, intent)
    thing["status"] = "waiting_for_capture"
    deadline = shop.clock.now() + HOLD_MS
    thing["expires_at"] = to_text(deadline)
    with shop.store.transaction():
        _register(shop, "payment", thing, intent)
        _put(shop, thing, intent, deadline)
        announce(shop, "payment.waiting_for_capture", thing)
    return thing


def _succeed(shop: Shop, thing: Json, intent: Json) -> Json:
    now = shop.clock.now()
    total = Decimal(thing["amount"]["value"])
    percent = Decimal(str(shop.settings.commission_percent)) / 100
    thing.pop("expires_at", None)
    thing |= {
        "status": "succeeded",
        "paid": True,
        "refundable": True,
        "captured_at": to_text(now),
        "income_amount": money(total - (total * percent * VAT_ON_FEE).quantize(KOPECK)),
        "refunded_amount": money(Decimal(0)),
    }
    with shop.store.transaction():
        if not intent.get("is_registered"):
            _register(shop, "payment", thing, intent)
        _put(shop, thing, intent)
        announce(shop, "payment.succeeded", thing)
    return thing


def _cancel(shop: Shop, thing: Json, intent: Json, party: str, reason: str) -> Json:
    for gone in ("confirmation", "expires_at"):
        thing.pop(gone, None)
    thing |= {
        "status": "canceled",
        "paid": False,
        "refundable": False,
        "cancellation_details": {"party": party, "reason": reason},
    }
    if thing.get("payment_method", {}).get("status") == "pending":
        thing["payment_method"]["status"] = "inactive"
    if "receipt_registration" in thing:
        thing["receipt_registration"] = "canceled"
    with shop.store.transaction():
        if intent.get("is_registered"):
            _register(shop, "refund", thing, intent)  # what came in with the hold goes out again
        _put(shop, thing, intent)
        announce(shop, "payment.canceled", thing)
    return thing


def _register(shop: Shop, kind: str, thing: Json, intent: Json) -> None:
    """Let the cash register take the receipt of a payment, or its return."""
    if intent.get("receipt") is None:
        return
    thing["receipt_registration"] = "pending"
    intent["is_registered"] = True
    settlements = [{"type": "cashless", "amount": thing["amount"]}]
    receipts.register(shop, kind, intent["receipt"], settlements, thing["id"])


def _put(shop: Shop, thing: Json, intent: Json, deadline_ms: int | None = None) -> None:
    captured = thing.get("captured_at")
    shop.store.run(
        "update payments set status = ?, captured_ms = ?, method_type = ?, deadline_ms = ?, object = ?,"
        " intent = ? where id = ?",
        thing["status"],
        None if captured is None else from_text(captured),
        thing.get("payment_method", {}).get("type"),
        deadline_ms,
        dump(thing),
        dump(intent),
        thing["id"],
    )
