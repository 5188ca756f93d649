"""How the simulated shop is set up. Kept in the store; changed by `POST /simulator/settings`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .store import Json, Store

FISCALIZATION = ("off", "yoo_receipt", "atol")
"""off: receipts are not asked for · yoo_receipt: «Чеки от ЮKassa» · atol: a third-party cash register."""


@dataclass
class Settings:
    notify_url: str | None = None
    """Where notifications go; None: the shop has no address set, so none are sent (they are still listed)."""
    paused: bool = False
    """Deliveries wait until resumed."""
    sender_ip: str = "185.71.76.10"
    """Said in X-Forwarded-For, as a proxy before the receiver would: an address of ЮKassa's list."""
    delivery_timeout_seconds: float = 10.0
    delivery_concurrency: int = 8
    redelivery_seconds: list[float] = field(default_factory=lambda: [5, 15, 60, 300, 900, 3600])
    """Pauses between attempts (real ones are not published); the last repeats until 24 h after the event."""
    recurring: bool = True
    """False: a live shop without the manager's approval: saving and charging saved methods answer 403."""
    fiscalization: str = "off"
    test: bool = True
    in_form_retry: bool = True
    """A declined card on the page may be followed by another one; False: the first decline is final."""
    missing_status: int = 404
    """What an unknown payment id in the path answers: the specification says 404, reports say 400 too."""
    commission_percent: float = 3.5
    receipt_seconds: float = 2.0
    """How long a receipt stays pending."""
    refund_outcome: str = "succeeded"
    """succeeded | pending | canceled: what the next refunds become at once."""


def load_settings(store: Store) -> Settings:
    text = store.value("select value from settings where name = 'shop'")
    return Settings(**json.loads(text)) if text else Settings()


def save_settings(store: Store, settings: Settings) -> None:
    store.run("insert or replace into settings values ('shop', ?)", json.dumps(asdict(settings)))


def change_settings(settings: Settings, changes: Json) -> Settings:
    """A changed copy; ValueError names a setting that does not exist or a value of another kind."""
    known = {f.name: f.type for f in fields(Settings)}
    values = asdict(settings)
    for name, value in changes.items():
        if name not in known:
            raise ValueError(f"no such setting: {name}; there are {', '.join(known)}")
        if not _fits(known[name], value):
            raise ValueError(f"{name} must be {known[name]}")
        values[name] = value
    if values["fiscalization"] not in FISCALIZATION:
        raise ValueError(f"fiscalization must be one of {', '.join(FISCALIZATION)}")
    if values["refund_outcome"] not in ("succeeded", "pending", "canceled"):
        raise ValueError("refund_outcome must be succeeded, pending or canceled")
    if values["missing_status"] not in (404, 400):
        raise ValueError("missing_status must be 404 or 400")
    if not values["redelivery_seconds"] or values["delivery_concurrency"] < 1:
        raise ValueError("there must be at least one redelivery pause and one delivery at a time")
    return Settings(**values)


def _fits(kind: Any, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "list[float]":
        return isinstance(value, list) and all(_fits("float", item) and item > 0 for item in value)
    return isinstance(value, str) or (kind == "str | None" and value is None)
