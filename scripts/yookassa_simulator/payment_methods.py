"""Saved payment methods: those saved along with a payment (same id as the payment) and zero-amount bindings.

What a saved method does when it is charged follows its card, until the control API says otherwise: declined
for a reason (for ever or n times), revoked by its owner, or left undecided (`pending`).
"""

from __future__ import annotations

from dataclasses import dataclass

from .cards import CARDS, DEFAULT_EXPIRY, Card
from .clock import HOUR
from .errors import METHOD_UNAVAILABLE, NO_METHOD, NO_RECURRING, Refusal, invalid
from .notifications import announce
from .shop import Shop
from .store import Json, dump, load
from .validation import flag, mapping, metadata, return_url

WALLET = "yoo_money"
SHOWN_WITH_PAYMENT = ("type", "id", "saved", "status", "title", "card", "account_number")


@dataclass
class Outcome:
    """How a charge ends: reason None: it succeeds; `pending`: nobody knows yet."""

    reason: str | None = None
    party: str = "payment_network"
    pending: bool = False


def describe(
    method_id: str, card: Card | None, saved: bool, kind: str = "bank_card", expiry: str = DEFAULT_EXPIRY
) -> Json:
    """payment_method as shown in a payment; without a card: a wallet, or whatever `kind` says."""
    method: Json = {
        "type": kind,
        "id": method_id,
        "saved": saved,
        "status": "active" if saved else "inactive",
    }
    if card is not None:
        method["title"] = card.title
        method["card"] = card.shown(expiry)
    elif kind == WALLET:
        method["title"] = "YooMoney wallet 4100116075156746"
        method["account_number"] = "4100116075156746"
    return method


def keep(shop: Shop, method: Json, card: Card | None) -> None:
    """Store a method that was saved along with a payment."""
    thing = method | {"holder": shop.recipient}
    shop.store.run(
        "insert into payment_methods (id, status, object, intent) values (?, 'active', ?, ?)",
        method["id"],
        dump(thing),
        dump({"card": card.number if card else None}),
    )


def create(shop: Shop, body: Json) -> Json:
    """POST /payment_methods: bind a card without a payment; the link lives for an hour."""
    kind = body.get("type")
    if kind not in ("bank_card", "sbp"):
        raise invalid("type must be bank_card or sbp", "type")
    if kind == "sbp" and shop.settings.test:
        raise invalid(METHOD_UNAVAILABLE, "type")  # a test shop binds cards only
    if "card" in body:
        raise invalid("Card data is collected on the page of ЮKassa only", "card")
    if not shop.settings.recurring:
        raise Refusal(403, NO_RECURRING)
    confirmation = mapping(body.get("confirmation"), "confirmation")
    if confirmation.get("type") != "redirect":
        raise invalid("confirmation.type must be redirect", "confirmation.type")
    address = return_url(confirmation)
    flag(confirmation, "enforce")
    fields = metadata(body)
    method_id = shop.new_id()
    thing: Json = {
        "type": kind,
        "id": method_id,
        "saved": False,
        "status": "pending",
        "holder": shop.recipient,
        "confirmation": {
            "type": "redirect",
            "return_url": address,
            "confirmation_url": f"{shop.base_url}/pay/{method_id}",
        },
        "metadata": fields,
    }
    shop.store.run(
        "insert into payment_methods (id, status, deadline_ms, object, intent)"
        " values (?, 'pending', ?, ?, ?)",
        method_id,
        shop.clock.now() + HOUR,
        dump(thing),
        dump({"return_url": address}),
    )
    shop.wake()
    return thing


def find(shop: Shop, method_id: str) -> Json:
    """GET /payment_methods/{id}."""
    text = shop.store.value("select object from payment_methods where id = ?", method_id)
    if text is None:
        raise Refusal(404, "Incorrect payment_method_id. Payment method doesn't exist.", "payment_method_id")
    return load(text)


def intent_of(shop: Shop, method_id: str) -> Json:
    text = shop.store.value("select intent from payment_methods where id = ?", method_id)
    return load(text) if text else {}


def set_intent(shop: Shop, method_id: str, intent: Json) -> None:
    shop.store.run("update payment_methods set intent = ? where id = ?", dump(intent), method_id)


def bind(shop: Shop, method_id: str, card: Card, expiry: str = DEFAULT_EXPIRY) -> Json:
    """The owner confirmed the binding with this card; a card that declines stays unbound (`inactive`)."""
    thing = find(shop, method_id)
    return deactivate(shop, thing) if card.reason is not None else _activate(shop, thing, card, expiry)


def _activate(shop: Shop, thing: Json, card: Card, expiry: str) -> Json:
    thing.pop("confirmation", None)
    thing |= {"saved": True, "status": "active", "title": card.title, "card": card.shown(expiry)}
    with shop.store.transaction():
        _put(shop, thing, intent_of(shop, thing["id"]) | {"card": card.number})
        announce(shop, "payment_method.active", thing)
    return thing


def deactivate(shop: Shop, thing: Json) -> Json:
    """The binding failed or was not confirmed in time. There is no notification of that."""
    thing.pop("confirmation", None)
    thing["status"] = "inactive"
    _put(shop, thing, intent_of(shop, thing["id"]))
    return thing


def _put(shop: Shop, thing: Json, intent: Json) -> None:
    shop.store.run(
        "update payment_methods set status = ?, deadline_ms = null, object = ?, intent = ? where id = ?",
        thing["status"],
        dump(thing),
        dump(intent),
        thing["id"],
    )


def due(shop: Shop, now: int) -> None:
    """Bindings nobody confirmed within the hour."""
    for row in shop.store.rows(
        "select object from payment_methods where deadline_ms is not null and deadline_ms <= ?", now
    ):
        deactivate(shop, load(row["object"]))


def charge(shop: Shop, method_id: str) -> tuple[Json, Outcome]:
    """The saved method as a payment shows it and how this charge of it ends. Uses up a counted decline."""
    row = shop.store.row("select status, object, intent from payment_methods where id = ?", method_id)
    if row is None:
        raise invalid(NO_METHOD, "payment_method_id")
    if row["status"] != "active":
        raise invalid(METHOD_UNAVAILABLE, "payment_method_id")
    thing, intent = load(row["object"]), load(row["intent"])
    shown = {name: thing[name] for name in SHOWN_WITH_PAYMENT if name in thing}
    if intent.get("revoked"):
        return shown, Outcome("permission_revoked", "yoo_money")
    planned = intent.get("planned")
    if planned is not None:
        left = planned.pop("times", None)
        outcome = Outcome(**planned)
        if left is not None:
            intent["planned"] = planned | {"times": left - 1} if left > 1 else None
            set_intent(shop, method_id, intent)
        return shown, outcome
    card = CARDS.get(intent.get("card") or "")
    if card is not None and card.autopay_reason is not None:
        return shown, Outcome(card.autopay_reason)
    return shown, Outcome()
