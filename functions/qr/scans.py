"""Scans on their way to the database: those that come together go together.

Two calls are under way at a time. A scan that comes while there are fewer goes at once and by itself; those that come
meanwhile wait for the next call and share it, and its transaction. So nothing is ever waited for but the database, and the
more people scan, the less each scan costs. Whoever is answered is recorded: an answer follows the commit.
"""

import asyncio
from functools import cache
from typing import Any

from core.database import database
from core.http import Problem
from core.settings import settings

_AT_ONCE = 2
"""Calls that are under way at most, of one process. More would be smaller, and each costs what ten of its scans do."""
_TOGETHER = 50
"""Scans in one call at most."""

Scan = dict[str, Any]
"""What `scan_qr` takes: code and visitor."""
Answer = dict[str, Any]
"""What `scan_qr` gives: outcome, location, scan_id."""
_Asked = tuple[Scan, asyncio.Future[Answer]]


class Scans:
    """Those of one process that are not answered yet."""

    def __init__(self) -> None:
        self._waiting: list[_Asked] = []
        self._calls: set[asyncio.Task[None]] = set()

    async def record(self, code: str, visitor: dict[str, Any]) -> Answer:
        """As `scan_qr`. Raises what its call raises."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append(({"code": code, "visitor": visitor}, answer))
        if len(self._calls) < _AT_ONCE:
            call = asyncio.create_task(self._call())
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        return await answer

    async def _call(self) -> None:
        """Call until nobody waits."""
        while self._waiting:
            taken, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
            asked = [each for each in taken if not each[1].done()]  # without those who gave up
            if len(asked) > 1:
                asked = await self._together(asked)
            await asyncio.gather(*(self._alone(*each) for each in asked))

    async def _together(self, asked: list[_Asked]) -> list[_Asked]:
        """One call for all; those of whom it says nothing."""
        try:
            said = await _in_time("scan_qr_codes", scans=[scan for scan, _ in asked])
        except (Problem, TimeoutError) as failure:
            if isinstance(failure, Problem) and failure.status < 500:
                return asked  # one of them is not understood, and the others are not to suffer for it
            for _, answer in asked:
                _fail(answer, failure)
            return []
        for (_, answer), found in zip(asked, said, strict=True):
            if found:
                _give(answer, found)
        return [each for each, found in zip(asked, said, strict=True) if not found]

    async def _alone(self, scan: Scan, answer: asyncio.Future[Answer]) -> None:
        try:
            _give(answer, await _in_time("scan_qr", **scan))
        except (Problem, TimeoutError) as failure:
            _fail(answer, failure)


async def _in_time(rpc: str, **arguments: Any) -> Any:
    async with asyncio.timeout(settings().scan_seconds):
        return await database().call(rpc, **arguments)


def _give(answer: asyncio.Future[Answer], found: Answer) -> None:
    if not answer.done():
        answer.set_result(found)


def _fail(answer: asyncio.Future[Answer], failure: Exception) -> None:
    if not answer.done():
        answer.set_exception(failure)


@cache
def scans() -> Scans:
    """Those of this process."""
    return Scans()
