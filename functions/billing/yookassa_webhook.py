"""yookassa_webhook: ЮKassa says that something happened.

ЮKassa does not sign what it sends. So an address nobody can guess, a list of ЮKassa's own networks, and
above all: what a webhook says is never believed, it only tells which payment to look at.

Stored first, acknowledged always: ЮKassa redelivers for 24 hours until it hears exactly 200, and the sweep
settles what is stored. Settling here and now is a courtesy to the person who waits for the result.

Who is refused too often is told to wait; how often that is, count_refused_request says. What is in order is never
refused for that.
Source: https://yookassa.ru/developers/using-api/webhooks
"""

import asyncio
import math
from datetime import UTC, datetime, timedelta

from core import json_text, logs
from core.addresses import client_address, is_within
from core.database import database
from core.http import Problem, is_secret, read_body
from core.json_text import RawJson
from core.models import Model
from core.settings import settings
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from billing.recording import settle

_MOST_REMEMBERED = 10_000
_too_many: dict[str, datetime] = {}
"""Addresses that were refused too often, and in which minute."""


class Notification(Model):
    """A webhook as the database stored it."""

    notification_id: str
    object_kind: str
    object_id: str
    settle: bool


async def answer(request: Request) -> Response:
    """`POST /<secret>` with a webhook → 200, once it is stored."""
    try:
        payload, address = await _checked(request)
        stored = Notification.model_validate(
            await database().call("receive_notification", payload=payload, remote_ip=address)
        )
    except Problem as refusal:
        if refusal.status < 500:
            await _slow_down(request)
        raise
    if stored.settle:
        await _settle_in_time(stored)
    return JSONResponse({"notification_id": stored.notification_id})


async def _checked(request: Request) -> tuple[RawJson, str]:
    """What was sent, and from where; or why it is refused. The cheapest check comes first."""
    if request.method != "POST" or not is_secret(
        request.path_params.get("path", ""), settings().yookassa_webhook_secret
    ):
        raise Problem(404, "not_found", "There is nothing here.")
    address = _checked_address(request)
    return _notification(await read_body(request)), address


async def _slow_down(request: Request) -> None:
    """Count a refused request of this address: 429 when the database says that it is one too many. Uncounted, it is
    just refused.
    """
    address = str(client_address(request, settings().trusted_proxies) or "unknown")
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    if _too_many.get(address) != minute:
        try:
            counted = await database().call("count_refused_request", remote_ip=address)
        except Problem:
            return
        if counted["allowed"]:
            return
        # Remembered, so that a flood does not reach the database.
        if len(_too_many) >= _MOST_REMEMBERED:
            _too_many.clear()
        _too_many[address] = minute
    seconds = (minute + timedelta(minutes=1) - datetime.now(UTC)).total_seconds()
    raise Problem(
        429, "too_many_requests", "Too many refused requests.", "Wait.", str(max(1, math.ceil(seconds)))
    )


def _checked_address(request: Request) -> str:
    """The caller's address, or 403 when it is none of ЮKassa's and that is enforced."""
    config = settings()
    address = client_address(request, config.trusted_proxies)
    networks = config.yookassa_networks + config.yookassa_extra_networks
    known = address is not None and is_within(address, networks)
    if not known and config.yookassa_ip_check != "off":
        logs.warning("a webhook from an address that is not ЮKassa's", address=str(address))
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
        logs.warning("a webhook is left to the sweep", notification_id=stored.notification_id)
    except Exception:
        logs.error("settling a webhook failed", notification_id=stored.notification_id)
