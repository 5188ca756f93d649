"""The simulated shop: its store, clock, settings and identity, passed to everything that acts for it."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from .clock import Clock
from .settings import Settings, load_settings, save_settings
from .store import Json, Store

GATEWAY_ID = "100700"
# The first eight hexadecimal digits of ЮKassa's ids count seconds since this moment (2000-01-01T12:00:00Z).
_ID_EPOCH_MS = 946_728_000_000


class Shop:
    def __init__(self, store: Store, account_id: str, secret_key: str, base_url: str) -> None:
        self.store = store
        self.clock = Clock(store)
        self.account_id = account_id
        self.secret_key = secret_key
        self.base_url = base_url
        self.settings: Settings = load_settings(store)
        self.wake: Callable[[], None] = lambda: None
        """Tells the clockwork that something new may be due."""

    @property
    def recipient(self) -> Json:
        return {"account_id": self.account_id, "gateway_id": GATEWAY_ID}

    def set(self, settings: Settings) -> None:
        self.settings = settings
        save_settings(self.store, settings)

    def new_id(self, kind: str = "000f-5000-9000") -> str:
        """36 characters in the shape of ЮKassa's ids, unguessable in the last twelve."""
        seconds = (self.clock.now() - _ID_EPOCH_MS) // 1000
        return f"{seconds & 0xFFFFFFFF:08x}-{kind}-{secrets.token_hex(6)}"
