"""Idempotence keys: for 24 hours the same key with the same request gives the first answer again.

Only answers 200 are kept: a refused request created nothing, so its key stays free. The same key with another
request (method, path or body, byte by byte) is refused.
"""

from __future__ import annotations

import hashlib
import re

from .clock import DAY
from .errors import invalid
from .shop import Shop

# As the specification writes it: "+-_" is a range, so it takes ":" and others too.
_KEY = re.compile(r"[0-9a-zA-Z+-_.]{1,64}", re.ASCII)
HEADER = "Idempotence-Key"


def check(key: str | None) -> str:
    if not key:
        raise invalid("Idempotence key is required", HEADER)
    if len(key) > 64:
        raise invalid(
            "Idempotence key is too long. Send the value in accordance with the documentation", HEADER
        )
    if not _KEY.fullmatch(key):
        raise invalid("Idempotence key has characters that are not allowed", HEADER)
    return key


def fingerprint(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


def recall(shop: Shop, key: str, request: str) -> bytes | None:
    """The answer given before, None for a new (or forgotten) key."""
    row = shop.store.row("select fingerprint, created_ms, answer from idempotence where key = ?", key)
    if row is None or shop.clock.now() - row["created_ms"] >= DAY:
        return None
    if row["fingerprint"] != request:
        raise invalid("Idempotence key duplicated", HEADER)
    answer: bytes = row["answer"]
    return answer


def remember(shop: Shop, key: str, request: str, answer: bytes) -> None:
    shop.store.run(
        "insert or replace into idempotence values (?, ?, ?, ?)", key, request, shop.clock.now(), answer
    )
