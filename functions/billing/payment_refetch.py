"""payment_refetch: a platform admin wants to know what ЮKassa says about a payment, now."""

from datetime import datetime
from uuid import UUID

from core.database import AsPerson, database
from core.http import Asked, Problem, bearer_token, read
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from billing.recording import record
from billing.yookassa_api import NotFound, Payment, ProviderError, yookassa


class Refetch(Asked):
    """The transaction to look up."""

    transaction_id: UUID


async def answer(request: Request) -> Response:
    """`{transaction_id}` → `{outcome, transaction_id, transaction_status, subscription_status}`.

    `outcome` is `applied` when we had not heard of it, `unchanged`, or `quarantined`.
    """
    person = database().as_person(bearer_token(request))
    transaction_id = str((await read(request, Refetch)).transaction_id)
    if not await person.rows(person.table("platform_admins").select("user_id")):
        raise Problem(403, "not_allowed", "Only platform admins look payments up.")
    try:
        payment = await _payment(person, transaction_id)
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


async def _payment(person: AsPerson, transaction_id: str) -> Payment | None:
    """What ЮKassa has for a transaction that this person may see."""
    columns = "yookassa_payment_id,created_at"
    transaction = await person.row("payment_transactions", transaction_id, columns)
    if transaction is None:
        raise Problem(404, "not_found", "There is no such payment.")
    if transaction["yookassa_payment_id"]:
        return await yookassa().get_payment(transaction["yookassa_payment_id"])
    return await yookassa().find_payment(transaction_id, datetime.fromisoformat(transaction["created_at"]))
