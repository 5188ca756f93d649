"""yookassa_webhook: ЮKassa says that something happened.

ЮKassa does not sign what it sends. So an address nobody can guess, a list of ЮKassa's own networks, and
above all: what a notification says is never believed, it only tells which payment to look at.

Stored first, acknowledged always: ЮKassa redelivers for 24 hours until it hears exactly 200, and the sweep
settles what is stored. Settling here and now is a courtesy to the person who waits for the result.
Source: https://yookassa.ru/developers/using-api/webhooks
"""

import asyncio

import json_text
import logs
from addresses import client_address, is_within
from answers import Problem, is_secret, read_body
from database import database
from json_text import RawJson
from pydantic import BaseModel, ConfigDict
from recording import settle
from settings import settings
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Notification(BaseModel):
    """A notification as the database stored it."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    notification_id: str
    object_kind: str
    object_id: str
    settle: bool


async def answer(request: Request) -> Response:
    """`POST /<secret>` with a notification → 200, once it is stored. The cheapest check comes first."""
    if request.method != "POST" or not is_secret(
        request.path_params.get("path", ""), settings().yookassa_webhook_secret
    ):
        raise Problem(404, "not_found", "There is nothing here.")
    address = _checked_address(request)
    payload = _notification(await read_body(request))
    stored = Notification.model_validate(
        await database().call("receive_notification", payload=payload, remote_ip=address)
    )
    if stored.settle:
        await _settle_in_time(stored)
    return JSONResponse({"notification_id": stored.notification_id})


def _checked_address(request: Request) -> str:
    """The caller's address, or 403 when it is none of ЮKassa's and that is enforced."""
    config = settings()
    address = client_address(request, config.trusted_proxies)
    networks = config.yookassa_networks + config.yookassa_extra_networks
    known = address is not None and is_within(address, networks)
    if not known and config.yookassa_ip_check != "off":
        logs.warning("a notification from an address that is not ЮKassa's", address=str(address))
        if config.yookassa_ip_check == "enforce":
            raise Problem(403, "address_not_allowed", "This address is not one of ЮKassa's.")
    return str(address or "unknown")


def _notification(body: bytes) -> RawJson:
    """The text of a JSON object, or 400."""
    try:
        text = body.decode()
        if not isinstance(json_text.parse(text), dict):
            raise ValueError("not an object")
    except ValueError:
        raise Problem(400, "invalid_input", "The body is not a JSON object.") from None
    return RawJson(text)


async def _settle_in_time(stored: Notification) -> None:
    """Settle it now if that goes quickly. Whatever happens here, the row stands and the sweep comes by."""
    try:
        async with asyncio.timeout(settings().webhook_settle_seconds):
            await settle(stored.notification_id, stored.object_kind, stored.object_id)
    except TimeoutError:
        logs.warning("a notification is left to the sweep", notification_id=stored.notification_id)
    except Exception:
        logs.error("settling a notification failed", notification_id=stored.notification_id)
