"""From what ЮKassa says to what the database knows: the few steps that all functions around a payment share.

Nothing is decided here. A payment is fetched, handed over whole, and the database says what it means and
whether the hold is to be released.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from core import logs
from core.database import database
from core.json_text import RawJson
from core.models import Model

from billing.yookassa_api import Invalid, Payment, ProviderError, ProviderObject, Refund, yookassa


class Recorded(Model):
    """What the database made of a payment."""

    outcome: str
    """`applied`, `unchanged`, `unknown` or `quarantined`."""
    transaction_id: str | None = None
    transaction_status: str | None = None
    subscription_status: str | None = None
    release_hold: bool = False
    notification_status: str | None = None


class ChargePermit(Model):
    """Whether a charge may go to ЮKassa, and the exact request. No body: it may not."""

    is_open: bool
    idempotence_key: str
    request_body: str | None


class RefundRecorded(Model):
    """What the database made of a refund."""

    outcome: str
    """`applied`, `unchanged`, `unknown` or `quarantined`."""
    refund_status: str | None = None


async def record(payment: Payment, source: str, as_of: datetime | None = None) -> Recorded:
    """Tell the database about a payment, and release its hold when the database says so.

    `source` is who brought it: `checkout`, `renewal`, `return`, `webhook`, `sweep` or `admin`.
    """
    recorded = await _record(payment, source, as_of)
    await _release_if_told(payment.id, recorded, source, as_of)
    return recorded


async def settle(
    notification_id: str, object_kind: str, object_id: str, as_of: datetime | None = None
) -> str:
    """Look at what a webhook speaks of (`payment` or `refund`), and settle it by what is true.

    Returns what became of it: `processed` or `rejected` as the database decides, `postponed` when ЮKassa
    could not be asked.
    """
    look = {"payment": yookassa().get_payment, "refund": yookassa().get_refund}[object_kind]
    try:
        stated = await look(object_id)
    except Invalid as no:
        await _fail(notification_id, no, is_final=True, as_of=as_of)
        return "rejected"
    except ProviderError as failure:
        await _fail(notification_id, failure, is_final=False, as_of=as_of)
        return "postponed"
    settled = Recorded.model_validate(
        await database().call(
            "settle_notification", notification_id=notification_id, payment=stated.raw, as_of=as_of
        )
    )
    await _release_if_told(stated.id, settled, "webhook", as_of)
    return settled.notification_status or settled.outcome


async def charge(transaction_id: str, source: str, as_of: datetime | None = None) -> str:
    """Charge the saved card for a renewal that the database has written down.

    Nothing goes to ЮKassa that the database does not allow in this very moment: the card may have been
    forgotten, the subscription cancelled. Returns what came of it: ЮKassa's status of the payment; `refused` when
    ЮKassa will not make it; `stopped` when the database says no; `look` when it says no to one that was let
    go before and of which only ЮKassa knows whether it exists. Raises ProviderError when nothing is known.
    """
    permit = ChargePermit.model_validate(
        await database().call("begin_charge", transaction_id=transaction_id, as_of=as_of)
    )
    if permit.request_body is None:
        return "look" if permit.is_open else "stopped"
    try:
        payment = await yookassa().create_payment(permit.idempotence_key, permit.request_body)
    except Invalid as no:
        await refuse(transaction_id, no.code, as_of)
        return "refused"
    await record(payment, source, as_of)
    return payment.status


async def refuse(transaction_id: str, reason: str, as_of: datetime | None = None) -> None:
    """ЮKassa has no payment for this transaction and will have none."""
    logs.warning("a payment was not made", transaction_id=transaction_id, reason=reason)
    await database().call("record_refusal", transaction_id=transaction_id, reason=reason, as_of=as_of)


async def send_refund(
    refund_id: str, idempotence_key: str, body: str, source: str, as_of: datetime | None = None
) -> RefundRecorded:
    """Give money back as the database wrote it down. Raises ProviderError; after Invalid it is given up."""
    try:
        refund = await yookassa().create_refund(idempotence_key, body)
    except Invalid as no:
        logs.error("a refund was not made", refund_id=refund_id, said=str(no))
        await database().call("record_refund_refusal", refund_id=refund_id, reason=no.code)
        raise
    return await record_refund(refund, source, as_of)


async def record_refund(refund: Refund, source: str, as_of: datetime | None = None) -> RefundRecorded:
    """Tell the database about a refund."""
    return RefundRecorded.model_validate(
        await database().call("record_refund", refund=refund.raw, source=source, as_of=as_of)
    )


async def record_receipts(
    transaction_id: str, payment_id: str, refund_id: str | None = None, yookassa_refund_id: str | None = None
) -> str:
    """Ask for the receipts of a payment, or of a refund of it, and tell the database.

    Returns `complete`, or `awaited` when some number is not known yet. Raises ProviderError.
    """
    receipts = await in_one(yookassa().receipts(payment_id, yookassa_refund_id))
    answer: dict[str, Any] = await database().call(
        "record_receipts", transaction_id=transaction_id, refund_id=refund_id, receipts=receipts
    )
    return str(answer["outcome"])


async def in_one(listed: AsyncIterator[ProviderObject]) -> RawJson:
    """The objects of a list as one JSON array."""
    return RawJson(f"[{','.join([stated.raw async for stated in listed])}]")


async def release_hold(payment_id: str, source: str, as_of: datetime | None = None) -> Recorded:
    """Give the held rouble back, and record that. Raises ProviderError when ЮKassa cannot do it now."""
    try:
        payment = await yookassa().cancel_payment(payment_id)
    except Invalid:
        # Nothing to cancel any more: the bank, or a person at ЮKassa, was first.
        payment = await yookassa().get_payment(payment_id)
    return await _record(payment, source, as_of)


async def _record(payment: Payment, source: str, as_of: datetime | None) -> Recorded:
    return Recorded.model_validate(
        await database().call("record_payment", payment=payment.raw, source=source, as_of=as_of)
    )


async def _release_if_told(payment_id: str, recorded: Recorded, source: str, as_of: datetime | None) -> None:
    if not recorded.release_hold:
        return
    try:
        await release_hold(payment_id, source, as_of)
    except ProviderError as failure:
        logs.warning("a hold is left to the sweep", payment_id=payment_id, failure=str(failure))


async def _fail(
    notification_id: str, failure: ProviderError, *, is_final: bool, as_of: datetime | None
) -> None:
    logs.warning("a webhook is not settled", notification_id=notification_id, failure=str(failure))
    arguments: dict[str, Any] = {"reason": str(failure), "is_final": is_final, "as_of": as_of}
    await database().call("fail_notification", notification_id=notification_id, **arguments)
