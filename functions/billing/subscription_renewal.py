"""subscription_renewal: every hour, what is over ends, and what is due is charged.

The database says what is due and writes each charge down before ЮKassa hears of it. A charge whose outcome
stays unknown is left as it stands: payment_sweep finds out. So this may be killed at any moment, and two of
it may run at once.
"""

import asyncio
import time
from collections import Counter
from datetime import datetime
from typing import Any

from core import jobs, logs
from core.database import database
from core.models import Model
from core.settings import settings
from starlette.requests import Request
from starlette.responses import Response

from billing.recording import charge
from billing.yookassa_api import ProviderError, Refused

AT_ONCE = 16
"""Charges under way at the same time: enough to be quick, few enough not to be told 429."""
_BATCH = 4 * AT_ONCE
_ENDS = 1000  # subscriptions that end in one transaction


class Cycle(Model):
    """What one call of `run_billing_cycle` did. `more`: there is as much again."""

    as_of: str
    accepted: int
    noticed: int
    canceled: int
    without_card: int
    grace_ended: int
    more: bool


async def answer(request: Request) -> Response:
    """→ `{as_of, accepted, noticed, canceled, without_card, grace_ended, charges: {outcome: n}, failed: n}`.

    Outcomes: `succeeded`, `canceled` (declined), `pending`, `refused`, `stopped`, `unknown`, `failed`.
    """
    return await jobs.run(request, "subscription_renewal", renew)


async def renew(as_of: datetime | None) -> dict[str, Any]:
    """Let end what is over, then charge what is due, until nothing is."""
    done = Counter[str]()
    while True:
        cycle = Cycle.model_validate(await database().work("run_billing_cycle", as_of=as_of, max_rows=_ENDS))
        done.update(cycle.model_dump(exclude={"as_of", "more"}))
        if not cycle.more:
            break
    charges = await _charge_all(as_of)
    return {**done, "charges": charges, "failed": charges["failed"]}


async def _charge_all(as_of: datetime | None) -> Counter[str]:
    """Batch after batch. No more are begun when ЮKassa answers none, or when the time is up."""
    outcomes = Counter[str]()
    places = asyncio.Semaphore(AT_ONCE)

    async def one(transaction_id: str) -> str:
        async with places:
            return await _charge(transaction_id, as_of)

    until = time.monotonic() + settings().renewal_seconds
    while time.monotonic() < until:
        claimed = await database().work("claim_due_charges", as_of=as_of, max_items=_BATCH)
        if not claimed:
            return outcomes
        batch = Counter(await asyncio.gather(*(one(item["transaction_id"]) for item in claimed)))
        outcomes += batch
        if batch["unknown"] == batch.total():
            logs.error("ЮKassa answers no charge", unknown=batch.total())
            return outcomes
    logs.warning("charges are left to the next run")
    return outcomes


async def _charge(transaction_id: str, as_of: datetime | None) -> str:
    """One charge's outcome, whatever happens to it."""
    try:
        outcome = await charge(transaction_id, "renewal", as_of)
    except Refused as no:
        # Nothing the customer did: our key, or what this shop may do. The sweep tries for a day.
        logs.error("ЮKassa refuses us", transaction_id=transaction_id, said=str(no))
        return "unknown"
    except ProviderError as failure:
        logs.warning("a charge's outcome is unknown", transaction_id=transaction_id, failure=str(failure))
        return "unknown"
    except Exception:
        logs.error("a charge failed", transaction_id=transaction_id)
        return "failed"
    return "stopped" if outcome == "look" else outcome
