"""payment_status: how is this payment doing? The return page asks until there is an answer.

Coming back from ЮKassa's page proves nothing, and the webhook may be late. So while the database says that the
payment is undecided it is fetched and recorded here, too; when ЮKassa cannot be asked, the answer is what the database
knows.
"""

from uuid import UUID

from core import logs
from core.database import database
from core.http import Asked, bearer_token, read
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from billing.recording import record
from billing.yookassa_api import ProviderError, yookassa


class PaymentStatus(Asked):
    """The transaction a person asks about."""

    transaction_id: UUID


async def answer(request: Request) -> Response:
    """→ `{transaction_id, status, kind, cancellation_reason, method_saved, subscription_status}`."""
    person = database().as_person(bearer_token(request))
    transaction_id = str((await read(request, PaymentStatus)).transaction_id)

    known = await person.call("get_payment_status", transaction_id=transaction_id)
    if known["yookassa_payment_id"]:
        try:
            await record(await yookassa().get_payment(known["yookassa_payment_id"]), "return")
        except ProviderError as failure:
            logs.warning("a payment cannot be looked at", transaction_id=transaction_id, failure=str(failure))
        known = await person.call("get_payment_status", transaction_id=transaction_id)

    del known["yookassa_payment_id"]
    return JSONResponse(known)
