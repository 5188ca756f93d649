"""The entry points: one function for each thing that is deployed.

    functions-framework --asgi --source functions/main.py --target checkout

A function understands the request, asks the outside world, tells the database. The rules are in the database.
"""

import checkout as checkout_function
import deliver_email as deliver_email_function
import health as health_function
import logs
import organization_cleanup as organization_cleanup_function
import payment_refetch as payment_refetch_function
import payment_status as payment_status_function
import payment_sweep as payment_sweep_function
import refund as refund_function
import status_expiry as status_expiry_function
import subscription_renewal as subscription_renewal_function
import unsubscribe as unsubscribe_function
import validate_evidence as validate_evidence_function
import validate_logo as validate_logo_function
import yookassa_webhook as yookassa_webhook_function
from answers import respond
from functions_framework import aio
from settings import settings
from starlette.requests import Request
from starlette.responses import Response

# A function that is not told what it needs fails here, when it is deployed, and not before its first caller.
logs.configure(settings().secrets())


@aio.http
async def checkout(request: Request) -> Response:
    """`POST` by a signed-in person: start a payment and say where to pay it."""
    return await respond(request, "checkout", checkout_function.answer, methods="POST", for_browser=True)


@aio.http
async def payment_status(request: Request) -> Response:
    """`POST` by a signed-in person: how a payment is doing, looked up at ЮKassa."""
    return await respond(
        request, "payment_status", payment_status_function.answer, methods="POST", for_browser=True
    )


@aio.http
async def yookassa_webhook(request: Request) -> Response:
    """`POST /<YOOKASSA_WEBHOOK_SECRET>` by ЮKassa: something happened to a payment."""
    return await respond(request, "yookassa_webhook", yookassa_webhook_function.answer, methods="POST")


@aio.http
async def payment_sweep(request: Request) -> Response:
    """`POST` by the scheduler, every minute: bring to an end whatever is still open between ЮKassa and us, and compare."""
    return await respond(request, "payment_sweep", payment_sweep_function.answer, methods="POST")


@aio.http
async def subscription_renewal(request: Request) -> Response:
    """`POST` by the scheduler, hourly: end what is over, charge what is due."""
    return await respond(
        request, "subscription_renewal", subscription_renewal_function.answer, methods="POST"
    )


@aio.http
async def refund(request: Request) -> Response:
    """`POST` by a platform admin: give money back."""
    return await respond(request, "refund", refund_function.answer, methods="POST", for_browser=True)


@aio.http
async def payment_refetch(request: Request) -> Response:
    """`POST` by a platform admin: look a payment up at ЮKassa."""
    return await respond(
        request, "payment_refetch", payment_refetch_function.answer, methods="POST", for_browser=True
    )


@aio.http
async def status_expiry(request: Request) -> Response:
    """`POST` by the scheduler, daily: levels that end, grace that is over, level C."""
    return await respond(request, "status_expiry", status_expiry_function.answer, methods="POST")


@aio.http
async def organization_cleanup(request: Request) -> Response:
    """`POST` by the scheduler, daily: forget what was to be forgotten."""
    return await respond(
        request, "organization_cleanup", organization_cleanup_function.answer, methods="POST"
    )


@aio.http
async def deliver_email(request: Request) -> Response:
    """`POST` by the scheduler, every minute: send the letters that are due."""
    return await respond(request, "deliver_email", deliver_email_function.answer, methods="POST")


@aio.http
async def unsubscribe(request: Request) -> Response:
    """`GET` or `POST /<token>` by whoever has the letter: no more letters of its kind."""
    return await respond(request, "unsubscribe", unsubscribe_function.answer, methods="GET,HEAD,POST")


@aio.http
async def validate_evidence(request: Request) -> Response:
    """`POST` by a signed-in person: judge an uploaded document."""
    return await respond(
        request, "validate_evidence", validate_evidence_function.answer, methods="POST", for_browser=True
    )


@aio.http
async def validate_logo(request: Request) -> Response:
    """`POST` by a signed-in person: make an uploaded picture the organization's logo."""
    return await respond(
        request, "validate_logo", validate_logo_function.answer, methods="POST", for_browser=True
    )


@aio.http
async def health(request: Request) -> Response:
    """`GET` by anyone: whether the platform is whole."""
    return await respond(request, "health", health_function.answer, methods="GET,HEAD", for_browser=True)
