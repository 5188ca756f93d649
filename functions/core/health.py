"""health: is the platform whole? Tells an uptime monitor, tells no secret, and is cheap to ask."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from billing.yookassa_api import ProviderError, Refused, yookassa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core import logs
from core.database import database
from core.http import Problem
from core.settings import settings


class Remembered:
    """The outcome of a check, asked anew at most once in so many seconds, however many people ask."""

    def __init__(self, check: Callable[[], Awaitable[str]], seconds: float) -> None:
        self._check = check
        self._seconds = seconds
        self._asking = asyncio.Lock()
        self._outcome = "unknown"
        self._good_until = 0.0

    async def outcome(self) -> str:
        """The outcome, at most this many seconds old."""
        async with self._asking:
            if time.monotonic() >= self._good_until:
                self._outcome = await self._check()
                self._good_until = time.monotonic() + self._seconds
            return self._outcome


async def _ask_database() -> str:
    """`ok`, `unavailable`, or `not_configured`: `configure_platform` was never called, nobody can pay."""
    try:
        health = await database().call("platform_health")
    except Problem as problem:
        return problem.code
    return "ok" if health["configured"] else "not_configured"


async def _ask_yookassa() -> str:
    """`ok`, `refused` (shop id or key are wrong) or `unavailable`."""
    try:
        await yookassa().check()
    except Refused as refused:
        logs.error("ЮKassa refuses our credentials", said=str(refused))
        return "refused"
    except ProviderError as failure:
        logs.warning("ЮKassa cannot be reached", failure=str(failure))
        return "unavailable"
    return "ok"


_database = Remembered(_ask_database, seconds=2)
_yookassa = Remembered(_ask_yookassa, seconds=30)


async def answer(_request: Request) -> Response:
    """→ `{status, version, database, yookassa}`; 200 when all is `ok`, else 503."""
    database_outcome, yookassa_outcome = await asyncio.gather(_database.outcome(), _yookassa.outcome())
    whole = database_outcome == yookassa_outcome == "ok"
    return JSONResponse(
        {
            "status": "ok" if whole else "degraded",
            "version": settings().app_version,
            "database": database_outcome,
            "yookassa": yookassa_outcome,
        },
        200 if whole else 503,
    )
