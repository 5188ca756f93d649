"""payment_sweep: every minute, whatever is still open between ЮKassa and us is brought to its end.

Webhooks that were stored and not settled, payments nobody knows the outcome of, holds that are not yet
released, refunds that are not yet made, receipts that are not yet registered; and, after all that moves money, the
numbers of receipts that are. The database hands out what is due and lends it to this run only, so two sweeps at once
never take the same. Then, every hour, the books are compared.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from core import jobs, json_text, logs
from core.database import database
from core.models import Model
from core.settings import settings
from starlette.requests import Request
from starlette.responses import Response

from billing.reconciliation import reconcile_when_due
from billing.recording import (
    charge,
    record,
    record_receipts,
    record_refund,
    refuse,
    release_hold,
    send_refund,
    settle,
)
from billing.yookassa_api import Invalid, KeyUsed, ProviderError, yookassa

AT_ONCE = 8
"""Items worked on at the same time: enough to be quick, few enough not to be told 429."""


class DueNotification(Model):
    """A webhook that is stored and not settled."""

    notification_id: str
    object_kind: str
    object_id: str


class DueTransaction(Model):
    """A payment without an outcome, or with a receipt that is still to be registered.

    `replay`: its key still protects it, the request may be sent again; `begin`: but only when the database
    lets it go once more.
    """

    transaction_id: str
    yookassa_payment_id: str | None
    idempotence_key: str
    request_body: str
    created_at: datetime
    replay: bool
    begin: bool


class DueHold(Model):
    """A held rouble to give back."""

    transaction_id: str
    yookassa_payment_id: str


class DueRefund(Model):
    """A refund that is to be made, or without an outcome. No body: it was made in ЮKassa's cabinet."""

    refund_id: str
    yookassa_refund_id: str | None
    idempotence_key: str
    request_body: str | None
    replay: bool


class DueReceipts(Model):
    """Receipts that are registered, and whose numbers are not known: of a payment, or of a refund of it."""

    transaction_id: str
    refund_id: str | None
    yookassa_payment_id: str
    yookassa_refund_id: str | None


class Claim(Model):
    """What the database lends to this run."""

    notifications: list[DueNotification]
    transactions: list[DueTransaction]
    holds: list[DueHold]
    refunds: list[DueRefund]
    receipts: list[DueReceipts]


async def answer(request: Request) -> Response:
    """→ `{as_of, transactions: {outcome: n}, notifications: {…}, holds: {…}, refunds: {…}, receipts: {…}, reconciliation,
    failed, left}`.

    `reconciliation` is `done`, `not_due`, `postponed` (ЮKassa could not be asked) or `failed`; its own row in
    `job_runs` says what it found.
    """
    return await jobs.run(request, "payment_sweep", sweep)


async def sweep(as_of: datetime | None) -> dict[str, Any]:
    """One sweep. An item that fails fails alone; what there is no time for is `left` to the next sweep."""
    claim = Claim.model_validate(await database().call("claim_payment_sweep", as_of=as_of))
    work: list[tuple[str, Callable[[], Awaitable[str]]]] = [
        *(("transactions", partial(_look_after, due, as_of)) for due in claim.transactions),
        *(
            ("notifications", partial(settle, due.notification_id, due.object_kind, due.object_id, as_of))
            for due in claim.notifications
        ),
        *(("holds", partial(_release, due, as_of)) for due in claim.holds),
        *(("refunds", partial(_see_to_refund, due, as_of)) for due in claim.refunds),
        # Last, so that they begin when everything that moves money has: numbers hurry nobody.
        *(("receipts", partial(_ask_for_receipts, due)) for due in claim.receipts),
    ]
    outcomes: dict[str, Counter[str]] = {kind: Counter() for kind in Claim.model_fields}
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
    reconciliation = await _isolated("reconciliation", partial(reconcile_when_due, as_of))
    return {
        **outcomes,
        "reconciliation": reconciliation,
        "failed": done["failed"] + (reconciliation == "failed"),
        "left": len(work) - done.total(),
    }


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
    if due.yookassa_payment_id:
        return (await record(await yookassa().get_payment(due.yookassa_payment_id), "sweep", as_of)).outcome
    if due.replay:
        return await _send_again(due, as_of)
    # The key has grown too old to protect us: nothing is sent, and what is not there now will not come.
    return await _look(due, as_of) or await _refused(due, "not_created", as_of)


async def _send_again(due: DueTransaction, as_of: datetime | None) -> str:
    """The same request once more, which makes the payment at most once; its answer is what we missed."""
    try:
        if due.begin:
            outcome = await charge(due.transaction_id, "sweep", as_of)
            return await _look(due, as_of) or "postponed" if outcome == "look" else outcome
        payment = await yookassa().create_payment(due.idempotence_key, due.request_body)
    except KeyUsed:
        found = await _look(due, as_of)
        if found is None:
            raise
        return found
    except Invalid as no:
        return await _refused(due, no.code, as_of)
    return (await record(payment, "sweep", as_of)).outcome


async def _look(due: DueTransaction, as_of: datetime | None) -> str | None:
    """Look for the payment in ЮKassa's list, and record it; None when there is none."""
    payment = await yookassa().find_payment(due.transaction_id, due.created_at)
    return (await record(payment, "sweep", as_of)).outcome if payment else None


async def _refused(due: DueTransaction, reason: str, as_of: datetime | None) -> str:
    await refuse(due.transaction_id, reason, as_of)
    return "refused"


async def _see_to_refund(due: DueRefund, as_of: datetime | None) -> str:
    """Make a refund, or find out what became of it."""
    if due.yookassa_refund_id or due.request_body is None:
        refund = await yookassa().get_refund(due.yookassa_refund_id or "")
        return (await record_refund(refund, "sweep", as_of)).outcome
    if not due.replay:
        # The key is forgotten at ЮKassa. One that was made under it is in the list; else it may be used anew.
        payment_id = json_text.parse(due.request_body)["payment_id"]
        found = await yookassa().find_refund(due.refund_id, payment_id)
        if found:
            return (await record_refund(found, "sweep", as_of)).outcome
    try:
        recorded = await send_refund(due.refund_id, due.idempotence_key, due.request_body, "sweep", as_of)
    except Invalid:
        return "refused"
    return recorded.outcome


async def _ask_for_receipts(due: DueReceipts) -> str:
    return await record_receipts(
        due.transaction_id, due.yookassa_payment_id, due.refund_id, due.yookassa_refund_id
    )


async def _release(due: DueHold, as_of: datetime | None) -> str:
    return (await release_hold(due.yookassa_payment_id, "sweep", as_of)).outcome
