"""payment_sweep: every minute, whatever is still open between ЮKassa and us is brought to its end.

Notifications that were stored and not settled, payments nobody knows the outcome of, holds that are not yet
released. The database hands out what is due and lends it to this run only, so two sweeps at once never take
the same.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

import jobs
import logs
from database import database
from pydantic import BaseModel, ConfigDict
from recording import record, release_hold, settle
from settings import settings
from starlette.requests import Request
from starlette.responses import Response
from yookassa_api import Invalid, KeyUsed, Payment, ProviderError, yookassa

AT_ONCE = 8
"""Items worked on at the same time: enough to be quick, few enough not to be told 429."""


class _Due(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class DueNotification(_Due):
    """A notification that is stored and not settled."""

    notification_id: str
    object_kind: str
    object_id: str


class DueTransaction(_Due):
    """A payment without an outcome. `replay`: its key still protects it, the request may be sent again."""

    transaction_id: str
    yookassa_payment_id: str | None
    idempotence_key: str
    request_body: str
    created_at: datetime
    replay: bool


class DueHold(_Due):
    """A held rouble to give back."""

    transaction_id: str
    yookassa_payment_id: str


class Claim(_Due):
    """What the database lends to this run."""

    notifications: list[DueNotification]
    transactions: list[DueTransaction]
    holds: list[DueHold]


async def answer(request: Request) -> Response:
    """→ `{as_of, transactions: {outcome: n}, notifications: {…}, holds: {…}, failed: n, left: n}`."""
    return await jobs.run(request, "payment_sweep", sweep)


async def sweep(as_of: datetime | None) -> dict[str, Any]:
    """One sweep. An item that fails fails alone; what there is no time for is `left` to the next sweep."""
    claim = Claim.model_validate(
        await database().call("claim_payment_sweep", as_of=as_of.isoformat() if as_of else None)
    )
    work: list[tuple[str, Callable[[], Awaitable[str]]]] = [
        *(("transactions", partial(_look_after, due, as_of)) for due in claim.transactions),
        *(
            ("notifications", partial(settle, due.notification_id, due.object_kind, due.object_id, as_of))
            for due in claim.notifications
        ),
        *(("holds", partial(_release, due, as_of)) for due in claim.holds),
    ]
    outcomes: dict[str, Counter[str]] = {
        "transactions": Counter(),
        "notifications": Counter(),
        "holds": Counter(),
    }
    places = asyncio.Semaphore(AT_ONCE)

    async def item(kind: str, do: Callable[[], Awaitable[str]]) -> None:
        async with places:
            outcomes[kind][await _isolated(kind, do)] += 1

    try:
        async with asyncio.timeout(settings().sweep_seconds), asyncio.TaskGroup() as group:
            for kind, do in work:
                group.create_task(item(kind, do))
    except TimeoutError:
        logs.warning("a sweep ran out of time")
    done = sum(outcomes.values(), Counter[str]())
    return {**outcomes, "failed": done["failed"], "left": len(work) - done.total()}


async def _isolated(kind: str, do: Callable[[], Awaitable[str]]) -> str:
    """One item's outcome, whatever happens to it."""
    try:
        return await do()
    except ProviderError as failure:
        logs.warning("an item is postponed", kind=kind, failure=str(failure))
        return "postponed"
    except Exception:
        logs.error("an item of a sweep failed", kind=kind)
        return "failed"


async def _look_after(due: DueTransaction, as_of: datetime | None) -> str:
    """Find out what became of a payment, and record it."""
    payment: Payment | None
    if due.yookassa_payment_id:
        payment = await yookassa().get_payment(due.yookassa_payment_id)
    else:
        try:
            payment = await _find(due)
        except Invalid as no:
            return await _refuse(due, no.code, as_of)
        if payment is None:
            return await _refuse(due, "not_created", as_of)
    return (await record(payment, "sweep", as_of)).outcome


async def _find(due: DueTransaction) -> Payment | None:
    """The payment of a transaction whose answer never reached us; None when there is none and none can come.

    The same request is sent again, which makes the payment at most once. When the key has grown too old to
    protect us, ЮKassa's list is read instead.
    """
    if due.replay:
        try:
            return await yookassa().create_payment(due.idempotence_key, due.request_body)
        except KeyUsed:
            found = await yookassa().find_payment(due.transaction_id, due.created_at)
            if found is None:
                raise
            return found
    return await yookassa().find_payment(due.transaction_id, due.created_at)


async def _refuse(due: DueTransaction, reason: str, as_of: datetime | None) -> str:
    """ЮKassa has no such payment and will have none."""
    moment = as_of.isoformat() if as_of else None
    await database().call("record_refusal", transaction_id=due.transaction_id, reason=reason, as_of=moment)
    return "refused"


async def _release(due: DueHold, as_of: datetime | None) -> str:
    return (await release_hold(due.yookassa_payment_id, "sweep", as_of)).outcome
