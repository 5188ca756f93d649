"""The API under /v3 as clients see it: authentication, idempotence, routes, errors, faults on demand."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from . import faults, idempotence, payment_methods, payments, receipts, refunds
from .clock import to_text
from .errors import CREDENTIALS, Refusal, invalid
from .shop import Shop
from .store import Json, dump

Params = Mapping[str, str]
# (shop, the id in the path or "", body, query) → answer
Handler = Callable[[Shop, str, Json, Params], Json]


def _me(shop: Shop, _id: str, _body: Json, _params: Params) -> Json:
    on = shop.settings.fiscalization != "off"
    answer: Json = {
        "account_id": shop.account_id,
        "status": "enabled",
        "test": shop.settings.test,
        "fiscalization_enabled": on,
        "payment_methods": ["bank_card", "yoo_money"],
    }
    if on:
        answer["fiscalization"] = {"enabled": True, "provider": shop.settings.fiscalization}
    return answer


def _webhooks(_shop: Shop, _id: str, _body: Json, _params: Params) -> Json:
    # Only partners with an OAuth token register webhooks so; a shop sets its address in the Merchant Profile.
    raise Refusal(403, "Authentication by OAuth token is required for this operation")


ROUTES: list[tuple[str, re.Pattern[str], Handler]] = [
    (verb, re.compile(f"/v3{pattern}"), handler)
    for verb, pattern, handler in (
        ("POST", "/payments", lambda shop, _id, body, _q: payments.create(shop, body)),
        ("GET", "/payments", lambda shop, _id, _body, query: payments.search(shop, query)),
        ("GET", "/payments/([^/]+)", lambda shop, key, _body, _q: payments.find(shop, key)),
        ("POST", "/payments/([^/]+)/capture", lambda shop, key, body, _q: payments.capture(shop, key, body)),
        ("POST", "/payments/([^/]+)/cancel", lambda shop, key, _body, _q: payments.cancel(shop, key)),
        ("POST", "/refunds", lambda shop, _id, body, _q: refunds.create(shop, body)),
        ("GET", "/refunds", lambda shop, _id, _body, query: refunds.search(shop, query)),
        ("GET", "/refunds/([^/]+)", lambda shop, key, _body, _q: refunds.find(shop, key)),
        ("POST", "/payment_methods", lambda shop, _id, body, _q: payment_methods.create(shop, body)),
        ("GET", "/payment_methods/([^/]+)", lambda shop, key, _body, _q: payment_methods.find(shop, key)),
        ("POST", "/receipts", lambda shop, _id, body, _q: receipts.create(shop, body)),
        ("GET", "/receipts", lambda shop, _id, _body, query: receipts.search(shop, query)),
        ("GET", "/receipts/([^/]+)", lambda shop, key, _body, _q: receipts.find(shop, key)),
        ("GET", "/me", _me),
        ("POST", "/webhooks", _webhooks),
        ("GET", "/webhooks", _webhooks),
        ("DELETE", "/webhooks/([^/]+)", _webhooks),
    )
]


class Answer(NamedTuple):
    status: int
    body: bytes
    content_type: str = "application/json"


BAD_GATEWAY = Answer(
    502,
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
    "text/html",
)


class Api:
    """One endpoint for all of /v3, so that verbs, types and paths are refused as the real one does."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.requests: deque[Json] = deque(maxlen=10_000)
        """What was asked lately and what was answered; kept in memory only."""
        self.lives = 0
        """Resets so far: a request that hung through one has nothing left to do."""
        self.reset_connection: Callable[[Request], None] = lambda _request: None

    async def respond(self, request: Request) -> Response:
        body = await request.body()
        fault = faults.take(self.shop.store, request.method, request.url.path)
        entry: Json = {
            "at": to_text(self.shop.clock.now()),
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "idempotence_key": request.headers.get(idempotence.HEADER),
            "body": body.decode(errors="replace"),
            "fault": fault.kind if fault else None,
            "status": None,
        }
        self.requests.append(entry)
        answer = await self._with_fault(fault, request, body) if fault else self._answer(request, body)
        entry["status"] = answer.status
        return Response(answer.body, answer.status, media_type=answer.content_type)

    def forget(self) -> None:
        """What a reset asks of the API: no memory, and no work for requests that still hang."""
        self.requests.clear()
        self.lives += 1

    async def _with_fault(self, fault: faults.Fault, request: Request, body: bytes) -> Answer:
        life = self.lives
        if fault.kind == "hang" and not fault.committed:
            await asyncio.sleep(fault.seconds)
            if life != self.lives:
                return BAD_GATEWAY
        is_done = fault.committed or fault.kind in ("hang", "unknown_reason", "unknown_method")
        answer = self._answer(request, body) if is_done else None
        if fault.kind == "rate_limit":
            refusal = Refusal(429, "Too many requests. Repeat later", retry_after=fault.retry_after)
            return Answer(429, dump(refusal.body()).encode())
        if fault.kind == "bad_gateway":
            return BAD_GATEWAY
        if fault.kind == "garbage":
            return Answer(200, b'{"type": "list", "items": [{"id":')
        if fault.kind == "reset":
            self.reset_connection(request)
        if answer is None or fault.kind in ("error", "reset"):
            refusal = Refusal(500, "Technical problems on the side of YooMoney. The result is unknown")
            return Answer(500, dump(refusal.body()).encode())
        if fault.kind == "hang" and fault.committed:
            await asyncio.sleep(fault.seconds)
        if fault.kind.startswith("unknown_") and answer.status == 200:
            return Answer(200, dump(faults.distort(fault, json.loads(answer.body))).encode())
        return answer

    def _answer(self, request: Request, body: bytes) -> Answer:
        """Never awaits: a request is carried out whole, so two with one key cannot both create."""
        try:
            return self._handle(request, body)
        except Refusal as refusal:
            return Answer(refusal.status, dump(refusal.body()).encode())

    def _handle(self, request: Request, body: bytes) -> Answer:
        path, verb = request.url.path, request.method
        matches = [(v, m, h) for v, pattern, h in ROUTES if (m := pattern.fullmatch(path)) is not None]
        if not matches:
            raise Refusal(404, "There is nothing at this address")
        found = next(((m, h) for v, m, h in matches if v == verb), None)
        if found is None:
            return Answer(405, b"")
        match, handler = found
        self._authenticate(request.headers.get("authorization", ""))
        identity = match[1] if match.lastindex else ""
        if verb == "GET":
            return Answer(200, dump(handler(self.shop, identity, {}, request.query_params)).encode())
        if verb == "POST" and not _is_json(request.headers.get("content-type", "")):
            return Answer(415, b"")
        key = idempotence.check(request.headers.get(idempotence.HEADER))
        with self.shop.store.transaction():
            print_ = idempotence.fingerprint(verb, path, body)
            before = idempotence.recall(self.shop, key, print_)
            if before is not None:
                return Answer(200, before)
            answer = dump(handler(self.shop, identity, _parse(body), {})).encode()
            idempotence.remember(self.shop, key, print_, answer)
        return Answer(200, answer)

    def _authenticate(self, header: str) -> None:
        scheme, _, credentials = header.partition(" ")
        try:
            given = base64.b64decode(credentials, validate=True) if scheme.lower() == "basic" else b""
        except (binascii.Error, ValueError):
            given = b""
        if not hmac.compare_digest(given, f"{self.shop.account_id}:{self.shop.secret_key}".encode()):
            raise Refusal(401, CREDENTIALS)


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _parse(body: bytes) -> Json:
    if not body.strip():
        return {}
    try:
        value: Any = json.loads(body)
    except ValueError:
        raise invalid("The body is not valid JSON") from None
    if not isinstance(value, dict):
        raise invalid("The body must be a JSON object")
    return value
