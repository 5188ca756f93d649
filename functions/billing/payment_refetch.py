"""payment_refetch: a platform admin wants to know what ЮKassa says about a payment, now."""

from datetime import datetime
from uuid import UUID

from core.database import database
from core.http import Asked, Problem, bearer_token, read
from core.models import Model
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from billing.recording import record
from billing.yookassa_api import NotFound, Payment, ProviderError, yookassa


class Refetch(Asked):
    """The transaction to look up."""

    transaction_id: UUID


class ToRefetch(Model):
    """What the database knows of it. No id: it never reached us."""

    yookassa_payment_id: str | None
    created_at: datetime


async def answer(request: Request) -> Response:
    """`{transaction_id}` → `{outcome, transaction_id, transaction_status, subscription_status}`.

    `outcome` is `applied` when we had not heard of it, `unchanged`, or `quarantined`. Who may ask, the database says.
    """
    person = database().as_person(bearer_token(request))
    transaction_id = str((await read(request, Refetch)).transaction_id)
    wanted = ToRefetch.model_validate(await person.call("payment_to_refetch", transaction_id=transaction_id))
    try:
        payment = await _payment(transaction_id, wanted)
    except NotFound:
        payment = None
    except ProviderError:
        raise Problem(
            502, "payment_provider_error", "ЮKassa does not answer just now.", "Try again in a minute."
        ) from None
    if payment is None:
        raise Problem(404, "not_found", "ЮKassa has no such payment.", "It may not have been made yet.")
    recorded = await record(payment, "admin")
    return JSONResponse(
        recorded.model_dump(
            include={"outcome", "transaction_id", "transaction_status", "subscription_status"}
        )
    )


async def _payment(transaction_id: str, wanted: ToRefetch) -> Payment | None:
    """What ЮKassa has for the transaction."""
    if wanted.yookassa_payment_id:
        return await yookassa().get_payment(wanted.yookassa_payment_id)
    return await yookassa().find_payment(transaction_id, wanted.created_at)
