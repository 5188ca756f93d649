"""health: is the platform whole? Tells an uptime monitor, tells no secret, and is cheap to ask."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from billing.yookassa_api import ProviderError, Refused, yookassa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core import json_text, logs
from core.database import database
from core.http import Problem
from core.models import Model
from core.schedule import schedule
from core.settings import settings

Outcome = TypeVar("Outcome")


class Remembered(Generic[Outcome]):
    """The outcome of a check, asked anew at most once in so many seconds, however many people ask."""

    def __init__(self, check: Callable[[], Awaitable[Outcome]], seconds: float) -> None:
        self._check = check
        self._seconds = seconds
        self._asking = asyncio.Lock()
        self._known: tuple[Outcome, float] | None = None
        """The outcome, and until when it is good."""

    async def outcome(self) -> Outcome:
        """The outcome, at most this many seconds old."""
        async with self._asking:
            if not self._known or time.monotonic() >= self._known[1]:
                self._known = await self._check(), time.monotonic() + self._seconds
            return self._known[0]


class PlatformHealth(Model):
    """What the database says of itself."""

    time: datetime
    configured: bool
    jobs: dict[str, datetime | None]
    """When each last went well."""


async def _ask_database() -> tuple[str, list[dict[str, Any]]]:
    """`ok`, `unavailable`, or `not_configured`: `configure_platform` was never called, nobody can pay; and the jobs."""
    try:
        health = PlatformHealth.model_validate(await database().call("platform_health"))
    except Problem as problem:
        return problem.code, []
    ran = [
        {
            "job": job.function,
            "last_ok_at": json_text.moment(health.jobs.get(job.function)),
            "late": job.is_late(health.jobs.get(job.function), health.time),
        }
        for job in schedule()
    ]
    return "ok" if health.configured else "not_configured", ran


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
    """→ `{status, version, database, yookassa, jobs: [{job, last_ok_at, late}]}`; 200 when both are `ok`, else 503.

    A job that is late is for whoever runs the platform: what is asked for is answered all the same.
    """
    (database_outcome, ran), yookassa_outcome = await asyncio.gather(_database.outcome(), _yookassa.outcome())
    whole = database_outcome == yookassa_outcome == "ok"
    return JSONResponse(
        {
            "status": "ok" if whole else "degraded",
            "version": settings().app_version,
            "database": database_outcome,
            "yookassa": yookassa_outcome,
            "jobs": ran,
        },
        200 if whole else 503,
    )
