"""The simulator's time: the machine's clock plus an offset that is kept, so a test can live a year."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from .store import Store

SECOND = 1000
HOUR = 3600 * SECOND
DAY = 24 * HOUR


class Clock:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.load()

    def load(self) -> None:
        self.offset_ms = int(
            self.store.value("select value from settings where name = 'clock_offset_ms'") or 0
        )

    def now(self) -> int:
        """Milliseconds since 1970, simulated."""
        return time.time_ns() // 1_000_000 + self.offset_ms

    def advance(self, milliseconds: int) -> None:
        """Move forward and stay there. Backwards only while nothing has happened, for nothing here can un-happen."""
        if milliseconds < 0 and self.store.value("select id from payments limit 1"):
            raise ValueError("the clock only goes forward once there is a payment")
        self.offset_ms += milliseconds
        self.store.run("insert or replace into settings values ('clock_offset_ms', ?)", str(self.offset_ms))


def to_text(milliseconds: int) -> str:
    """`2017-11-03T11:52:31.827Z`, as ЮKassa writes times."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


def from_text(text: str) -> int:
    """ISO 8601 to milliseconds; a time without a zone is UTC. ValueError when it is no time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
