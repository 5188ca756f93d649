"""Turns: so many at once, one of a person's at a time, and not too many waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.http import Problem

_PATIENCE_SECONDS = 60


class Turns:
    """A line for something that only a few may do at once.

    Whoever has a turn already lets others pass: one person's hundred files never hold up another's one.
    """

    def __init__(self, *, at_once: int, longest: int) -> None:
        self._at_once = at_once
        self._longest = longest
        self._busy: set[str] = set()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, person: str) -> AsyncIterator[None]:
        """This person's turn, for the length of the block. Raises Problem 503 when the line is too long."""
        if len(self._waiting) >= self._longest:
            raise _busy()
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = (person, ready)
        self._waiting.append(place)
        self._call_next()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await ready
        except BaseException as failure:
            if place in self._waiting:
                self._waiting.remove(place)
            else:
                self._leave(person)
            if isinstance(failure, TimeoutError):
                raise _busy() from None
            raise
        try:
            yield
        finally:
            self._leave(person)

    def _leave(self, person: str) -> None:
        self._busy.discard(person)
        self._call_next()

    def _call_next(self) -> None:
        for place in list(self._waiting):
            if len(self._busy) >= self._at_once:
                return
            person, ready = place
            if person not in self._busy:
                self._waiting.remove(place)
                self._busy.add(person)
                ready.set_result(None)


def _busy() -> Problem:
    return Problem(
        503, "unavailable", "Too many files are waiting to be looked at.", "Try again in 15 seconds.", "15"
    )
