"""refund: a platform admin gives money back, whole or in part.

The database checks who asks and how much is left, and writes the refund down with its key and exact body. So
asking again gives nothing back twice, and what ЮKassa leaves unanswered the sweep finds out.
"""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from core import logs
from core.database import database
from core.http import Asked, Problem, bearer_token, read
from core.models import Model
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from billing.recording import send_refund
from billing.yookassa_api import Invalid, ProviderError


class RefundAsked(Asked):
    """What to give back. `amount` in roubles, None: all that is left. The organization reads the `reason`."""

    transaction_id: UUID
    amount: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)] | None = None
    reason: str


class RefundStarted(Model):
    """A refund as the database wrote it down, and how it is doing when it was asked for before."""

    refund_id: str
    transaction_id: str
    amount: str
    currency: str
    status: str
    idempotence_key: str
    request_body: str


async def answer(request: Request) -> Response:
    """`{transaction_id, amount?, reason}` → `{refund_id, transaction_id, amount: "1.00", currency, status}`.

    `status` is `succeeded`, `pending` (some banks take a day) or `canceled` (the bank did not take it).
    """
    token = bearer_token(request)
    asked = await read(request, RefundAsked)
    written = RefundStarted.model_validate(
        await database().as_person(token).call("start_refund", **asked.model_dump(mode="json"))
    )
    status = await _give_back(written) if written.status == "created" else written.status
    return JSONResponse(
        {
            **written.model_dump(include={"refund_id", "transaction_id", "amount", "currency"}),
            "status": status,
        }
    )


async def _give_back(written: RefundStarted) -> str:
    """How the refund ended; 409 with ЮKassa's reason when it will not make it; 502 when nobody knows."""
    try:
        recorded = await send_refund(
            written.refund_id, written.idempotence_key, written.request_body, "admin"
        )
    except Invalid as no:
        raise Problem(
            409,
            "invalid_transition",
            f"ЮKassa does not make this refund: {no}",
            "Nothing was given back. It is an open difference, and is asked for again in an hour.",
        ) from None
    except ProviderError as failure:
        logs.warning("a refund's outcome is unknown", refund_id=written.refund_id, failure=str(failure))
        raise Problem(
            502,
            "payment_provider_error",
            "ЮKassa does not answer just now.",
            "The refund is written down: it is made within minutes, and nothing is given back twice.",
        ) from None
    return recorded.refund_status or written.status
