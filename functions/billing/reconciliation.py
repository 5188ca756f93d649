"""Reconciliation, a part of the sweep: every hour our books are held against ЮKassa's, both ways.

The database says when it is time, and for which span. What we only had not heard of is recorded then and there.
What does not agree (a payment we do not know, one that ЮKassa does not, money that is not what we asked for) is a
difference for a person to decide on, and an alert.
"""

from datetime import datetime
from typing import Any

from core import jobs
from core.database import database
from core.models import Model

from billing.recording import in_one
from billing.yookassa_api import yookassa


class Due(Model):
    """A comparison that the database began: of which run, and of what was made in which span of time."""

    run_id: str
    since: datetime
    as_of: datetime


async def reconcile_when_due(as_of: datetime | None) -> str:
    """Compare when it is time. Returns `done` or `not_due`; raises ProviderError when the lists cannot be read."""
    begun = await database().call("begin_reconciliation", as_of=as_of)
    if begun is None:
        return "not_due"
    due = Due.model_validate(begun)
    await jobs.finish(due.run_id, _reconcile(due))
    return "done"


async def _reconcile(due: Due) -> dict[str, Any]:
    """Read ЮKassa's lists to their ends, and let the database compare."""
    summary: dict[str, Any] = await database().work(
        "reconcile",
        payments=await in_one(yookassa().payments(due.since, due.as_of)),
        refunds=await in_one(yookassa().refunds(due.since, due.as_of)),
        since=due.since,
        as_of=due.as_of,
    )
    return summary
