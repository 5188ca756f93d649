"""payment_status: how is this payment doing? The return page asks until there is an answer.

Coming back from ЮKassa's page proves nothing, and the notification may be late. So the payment is fetched
and recorded here, too; when ЮKassa cannot be asked, the answer is what the database knows.
"""

from typing import Any
from uuid import UUID

from core import logs
from core.database import AsPerson, database
from core.http import Asked, Problem, bearer_token, read
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from billing.recording import record
from billing.yookassa_api import ProviderError, yookassa

_UNDECIDED = ("created", "pending", "waiting_for_capture")


class PaymentStatus(Asked):
    """The transaction a person asks about."""

    transaction_id: UUID


async def answer(request: Request) -> Response:
    """→ `{transaction_id, status, kind, cancellation_reason, method_saved, subscription_status}`."""
    person = database().as_person(bearer_token(request))
    transaction_id = str((await read(request, PaymentStatus)).transaction_id)

    transaction = await _transaction(person, transaction_id)
    if transaction["yookassa_payment_id"] and transaction["status"] in _UNDECIDED:
        try:
            await record(await yookassa().get_payment(transaction["yookassa_payment_id"]), "return")
        except ProviderError as failure:
            logs.warning("a payment cannot be looked at", transaction_id=transaction_id, failure=str(failure))
        transaction = await _transaction(person, transaction_id)

    subscription_id = transaction["subscription_id"]
    subscription = await person.row("subscriptions", subscription_id, "status") if subscription_id else None
    return JSONResponse(
        {
            "transaction_id": transaction_id,
            "status": transaction["status"],
            "kind": transaction["kind"],
            "cancellation_reason": transaction["cancellation_reason"],
            "method_saved": transaction["method_saved"],
            "subscription_status": subscription["status"] if subscription else None,
        }
    )


async def _transaction(person: AsPerson, transaction_id: str) -> dict[str, Any]:
    """The transaction as this person sees it; 404 also when there is one that they may not see."""
    columns = "status,kind,cancellation_reason,method_saved,yookassa_payment_id,subscription_id"
    row = await person.row("payment_transactions", transaction_id, columns)
    if row is None:
        raise Problem(404, "not_found", "There is no such payment.")
    return row
