"""status_expiry: the daily job of levels. Notices before an end, ends, grace that is over, level C.

The database does it, in batches so that nobody waits long for a lock, and each step on its own, so that one
that fails leaves the others done. Here the batches are added up.
"""

import asyncio
from datetime import datetime
from typing import Any

from core import jobs, logs
from core.database import database
from core.models import Model
from starlette.requests import Request
from starlette.responses import Response

AT_ONCE = 2
"""Batches under way at the same time: the cores of a small database."""
_BATCH = 2500  # levels: their organizations are locked for some thirty milliseconds


class Batch(Model):
    """What one call of `run_status_expiry` did. `more`: there is as much again."""

    as_of: str
    notices: dict[str, int]
    expired: int
    grace_ended: int
    level_c_granted: int
    level_c_revoked: int
    stranded: int
    failed_steps: list[str]
    errors: dict[str, str]
    more: bool

    def plus(self, later: "Batch") -> "Batch":
        """The two together, `more` as the later one says."""
        return Batch(
            as_of=self.as_of,
            notices={days: count + later.notices[days] for days, count in self.notices.items()},
            expired=self.expired + later.expired,
            grace_ended=self.grace_ended + later.grace_ended,
            level_c_granted=self.level_c_granted + later.level_c_granted,
            level_c_revoked=self.level_c_revoked + later.level_c_revoked,
            stranded=later.stranded,
            failed_steps=sorted({*self.failed_steps, *later.failed_steps}),
            errors=self.errors | later.errors,
            more=later.more,
        )


async def answer(request: Request) -> Response:
    """→ `{as_of, notices: {"60": n, "30": n, "7": n, "1": n}, expired, grace_ended, level_c_granted,
    level_c_revoked, failed_steps: [name], errors: {name: why}}`; 500 when a step failed.
    """
    return await jobs.run(request, "status_expiry", expire)


async def expire(as_of: datetime | None) -> dict[str, Any]:
    """Call the database until nothing is left. All batches live in the moment of the first."""
    done = await _batch(as_of)
    if done.more:
        rests = await asyncio.gather(*(_rest(done.as_of) for _ in range(AT_ONCE)))
        rests.append(await _rest(done.as_of))  # alone, for whom each passed by because another was at them
        for rest in rests:
            done = done.plus(rest)
    for step, why in done.errors.items():
        logs.error("a step of the daily job failed", step=step, said=why)
    if done.stranded:
        logs.error("subscriptions that nothing moves any more", count=done.stranded)
    return done.model_dump(exclude={"more", "stranded"})


async def _rest(as_of: str) -> Batch:
    """One batch after another until one is not full. Several at once pass by what another has locked."""
    done = await _batch(as_of)
    while done.more:
        done = done.plus(await _batch(as_of))
    return done


async def _batch(as_of: datetime | str | None) -> Batch:
    return Batch.model_validate(await database().work("run_status_expiry", as_of=as_of, max_rows=_BATCH))
