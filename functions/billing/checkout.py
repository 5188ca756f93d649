"""checkout: a person wants to pay; say where.

The database writes the transaction, its idempotence key and its exact body down before ЮKassa hears of it.
So whatever happens on the way, the next try sends the same bytes under the same key, and ЮKassa creates
nothing twice.
"""

from typing import Literal
from uuid import UUID

from core import logs
from core.database import AsPerson, database
from core.http import Asked, Problem, bearer_token, invalid_input, read
from core.models import Model
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from billing.recording import record
from billing.yookassa_api import Declined, Invalid, ProviderError, RateLimited, Refused, yookassa


class Checkout(Asked):
    """What a person wants to pay for."""

    organization_id: UUID
    plan_id: str | None = None
    """Not looked at for a card: it is for the subscription there is."""
    kind: Literal["trial", "subscription", "plan_change", "card"]


class Started(Model):
    """A transaction as the database wrote it down."""

    transaction_id: str
    amount: str
    currency: str
    payment_url: str | None = None
    yookassa_payment_id: str | None = None
    idempotence_key: str
    request_body: str


async def answer(request: Request) -> Response:
    """`{organization_id, plan_id, kind}` → `{transaction_id, payment_url, amount: "1.00", currency}`."""
    token = bearer_token(request)
    wanted = await read(request, Checkout)
    if wanted.plan_id is None and wanted.kind != "card":
        raise invalid_input("plan_id", "required")
    person = database().as_person(token)
    await person.call("count_checkout")
    started = await _start(person, wanted)
    while started.yookassa_payment_id and not await _is_open(started):
        # ЮKassa has ended it, and we had not heard: another one, or why there is none
        started = await _start(person, wanted)
    payment_url = started.payment_url or await _create_payment(started)
    return JSONResponse(
        {
            "transaction_id": started.transaction_id,
            "payment_url": payment_url,
            "amount": started.amount,
            "currency": started.currency,
        }
    )


async def _start(person: AsPerson, wanted: Checkout) -> Started:
    return Started.model_validate(
        await person.call(
            "start_checkout", **wanted.model_dump(mode="json") | {"plan_id": wanted.plan_id or ""}
        )
    )


async def _is_open(started: Started) -> bool:
    """Whether a page that was given before can still be paid: only ЮKassa knows, so it is asked, and recorded."""
    try:
        payment = await yookassa().get_payment(started.yookassa_payment_id or "")
    except ProviderError as failure:
        logs.warning("a page cannot be looked at", transaction_id=started.transaction_id, said=str(failure))
        raise _no_payment(
            "ЮKassa does not answer just now.", "Try again in a minute: nothing is charged twice."
        ) from None
    await record(payment, "checkout")
    return payment.status == "pending"


async def _create_payment(started: Started) -> str:
    """The address of ЮKassa's payment page, or 502 with what is known about the money."""
    try:
        payment = await yookassa().create_payment(started.idempotence_key, started.request_body)
    except (Refused, Invalid) as no:
        logs.error("ЮKassa does not take a payment", transaction_id=started.transaction_id, said=str(no))
        await database().call("record_refusal", transaction_id=started.transaction_id, reason=no.code)
        raise _no_payment("ЮKassa did not accept the payment. Nothing was charged.", "Write to us.") from None
    except ProviderError as failure:
        logs.warning(
            "a payment's outcome is unknown", transaction_id=started.transaction_id, said=str(failure)
        )
        wait = failure.retry_after if isinstance(failure, RateLimited) else None
        raise _no_payment(
            "ЮKassa does not answer just now.", "Try again in a minute: nothing is charged twice.", wait
        ) from None

    await record(payment, "checkout")
    try:
        payment.raise_for_decline()
    except Declined as declined:
        logs.warning(
            "a payment was declined at once", transaction_id=started.transaction_id, said=str(declined)
        )
        raise _no_payment("The payment was declined. Nothing was charged.", "Try again.") from None
    if not payment.confirmation_url:
        logs.error("a payment has no page", transaction_id=started.transaction_id, status=payment.status)
        raise _no_payment("ЮKassa gave no payment page.", "Try again in a minute: nothing is charged twice.")
    return payment.confirmation_url


def _no_payment(detail: str, hint: str, wait_seconds: float | None = None) -> Problem:
    retry_after = str(max(1, round(wait_seconds))) if wait_seconds is not None else None
    return Problem(502, "payment_provider_error", detail, hint, retry_after)
