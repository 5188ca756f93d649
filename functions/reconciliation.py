"""reconciliation: every hour our books are held against ЮKassa's, both ways, for the last 48 hours.

What we only had not heard of is recorded then and there. What does not agree (a payment we do not know, one that
ЮKassa does not, money that is not what we asked for) is a difference for a person to judge, and an alert.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jobs
from answers import Problem
from database import database
from json_text import RawJson
from starlette.requests import Request
from starlette.responses import Response
from yookassa_api import ProviderError, Stated, yookassa

_LOOK_BACK = timedelta(hours=48)
"""ЮKassa repeats a notification for 24 hours: what was not heard of in 48 never will be."""


async def answer(request: Request) -> Response:
    """→ `{as_of, payments: n, refunds: n, mended: n, open_differences: n}`."""
    return await jobs.run(request, "reconciliation", reconcile)


async def reconcile(as_of: datetime | None) -> dict[str, Any]:
    """Read ЮKassa's lists to their ends, and let the database compare."""
    now = as_of or datetime.now(UTC)
    since = now - _LOOK_BACK
    try:
        payments = await _all(yookassa().payments(since, now))
        refunds = await _all(yookassa().refunds(since, now))
    except ProviderError as failure:
        raise Problem(502, "payment_provider_error", f"ЮKassa's lists cannot be read: {failure}") from None
    summary: dict[str, Any] = await database().work(
        "reconcile", payments=payments, refunds=refunds, since=since.isoformat(), as_of=now.isoformat()
    )
    return summary


async def _all(listed: AsyncIterator[Stated]) -> RawJson:
    """The objects of a list as one JSON array."""
    return RawJson(f"[{','.join([stated.raw async for stated in listed])}]")
