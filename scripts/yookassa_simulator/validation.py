"""Checks shared by the requests of the API. Each raises errors.Refusal(400) with the parameter's name."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from .errors import invalid
from .store import Json

CURRENCIES = ("RUB", "EUR", "USD", "KZT", "BYN", "UAH", "UZS", "TRY", "INR", "MDL", "AZN", "AMD")
SHOP_CURRENCY = "RUB"
KOPECK = Decimal("0.01")
MINIMUM = Decimal("1.00")
CARD_MAXIMUM = Decimal("350000.00")
_VALUE = re.compile(r"\d{1,12}(\.\d{1,2})?", re.ASCII)


def mapping(value: Any, parameter: str) -> Json:
    if not isinstance(value, dict):
        raise invalid(f"{parameter} must be an object", parameter)
    return value


def flag(body: Json, name: str) -> bool:
    """Strictly a boolean: the string "false" must not become true."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise invalid(f"{name} must be true or false", name)
    return value


def text(body: Json, name: str, longest: int, parameter: str | None = None) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise invalid(f"{name} must be a string of at most {longest} characters", parameter or name)
    return value


def amount(value: Any, parameter: str = "amount") -> Decimal:
    """A positive sum in the shop's currency; the value is a string such as "1490.00"."""
    fields = mapping(value, parameter)
    number, currency = fields.get("value"), fields.get("currency")
    if not isinstance(number, str) or not _VALUE.fullmatch(number):
        raise invalid("amount.value must be a string such as 1000.00", f"{parameter}.value")
    if currency not in CURRENCIES:
        raise invalid("amount.currency must be a known ISO 4217 code", f"{parameter}.currency")
    if currency != SHOP_CURRENCY:
        raise invalid(f"The currency must be that of the account: {SHOP_CURRENCY}", f"{parameter}.currency")
    return Decimal(number).quantize(KOPECK)


def payable(value: Any, parameter: str = "amount") -> Decimal:
    """A sum a card can pay: 1 to 350 000 roubles."""
    result = amount(value, parameter)
    if not MINIMUM <= result <= CARD_MAXIMUM:
        raise invalid(f"The amount must be from {MINIMUM} to {CARD_MAXIMUM}", parameter)
    return result


def money(value: Decimal) -> Json:
    return {"value": f"{value:.2f}", "currency": SHOP_CURRENCY}


def metadata(body: Json) -> Json:
    """At most 16 keys of at most 32 characters; values are strings of at most 512 (or null)."""
    value = body.get("metadata")
    if value is None:
        return {}
    fields = mapping(value, "metadata")
    if len(fields) > 16:
        raise invalid("metadata takes at most 16 keys", "metadata")
    for key, item in fields.items():
        if not 1 <= len(key) <= 32:
            raise invalid("A metadata key takes at most 32 characters", "metadata")
        if item is not None and (not isinstance(item, str) or len(item) > 512):
            raise invalid("A metadata value is a string of at most 512 characters", f"metadata.{key}")
    return fields


def return_url(confirmation: Json) -> str:
    value = confirmation.get("return_url")
    if not isinstance(value, str) or not value or len(value) > 2048:
        raise invalid("return_url must be an address of at most 2048 characters", "confirmation.return_url")
    try:
        parts = urlsplit(value)
    except ValueError:
        raise invalid("return_url must be an address", "confirmation.return_url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid("return_url must be an http or https address", "confirmation.return_url")
    return value
