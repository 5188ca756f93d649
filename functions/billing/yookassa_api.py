"""ЮKassa's API, as far as we use it, over httpx: with timeouts, exact bodies, and errors that say what is so.

Not the official SDK (package `yookassa`): that has no timeouts, and drops the fields it does not know.

What can come of a call:

    a Payment             also when it is `canceled`: a decline is an answer, not a failure of the call
    ProviderError
      ├── Declined        the payer's bank or ЮKassa said no (raised by `Payment.raise_for_decline`)
      ├── Ambiguous       nobody knows whether it was done: ask again with the same key and body, or look
      │     └── KeyUsed   the key has already made something, with another body: look for it
      ├── RateLimited     not done, too many calls: wait `retry_after` seconds
      └── Answered        not done, and ЮKassa says why
            ├── Refused   our key is wrong, or this shop may not do this (401, 403)
            └── Invalid   what we asked makes no sense there (400 and the other 4xx)
                  └── NotFound   there is no such object, or it is another shop's (404)

Source: https://yookassa.ru/developers/using-api/response-handling/recommendations
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import httpx
from core import json_text
from core.http_client import new_client
from core.json_text import RawJson
from core.models import Model
from core.settings import Settings, settings
from pydantic import PrivateAttr, ValidationError

_OBJECT_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_KEY_LIFETIME = timedelta(hours=24)
_CLOCK_DIFFERENCE = timedelta(minutes=5)


class ProviderError(Exception):
    """ЮKassa did not do what we asked. `str()` of it is for the operator's log and holds no secrets."""


class Declined(ProviderError):
    """The payment was created and canceled in one go; `party` and `reason` say by whom and why."""

    def __init__(self, party: str, reason: str) -> None:
        super().__init__(f"declined by {party}: {reason}")
        self.party = party
        self.reason = reason


class Ambiguous(ProviderError):
    """Timeout, lost connection, 5xx, or an answer that cannot be read: it may have happened or not."""


class KeyUsed(Ambiguous):
    """400 "Idempotence key duplicated": this key came with another body before, and made something."""


class RateLimited(ProviderError):
    """429. `retry_after` is in seconds, None when ЮKassa did not say."""

    def __init__(self, message: str, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Answered(ProviderError):
    """ЮKassa's own `error` object. `code` and `parameter` are ЮKassa's words."""

    def __init__(self, status: int, code: str, description: str, parameter: str | None) -> None:
        where = f" ({parameter})" if parameter else ""
        super().__init__(f"{status} {code}{where}: {description}")
        self.status = status
        self.code = code
        self.parameter = parameter


class Refused(Answered):
    """401 or 403: wrong shop id or key, or something this shop is not allowed, such as recurring payments."""


class Invalid(Answered):
    """400 and the other 4xx: the request can never succeed as it is."""


class NotFound(Invalid):
    """404: no such object, or another shop's."""


class _Lenient(Model, extra="allow"):
    """ЮKassa adds fields and values without notice: what we do not know is let through."""


class _ErrorAnswer(_Lenient):
    code: str = "unknown"
    description: str = ""
    parameter: str | None = None
    retry_after: float | None = None
    """Milliseconds."""


class Confirmation(_Lenient):
    """Where the payer goes. Present only while the payer is awaited."""

    confirmation_url: str | None = None


class CancellationDetails(_Lenient):
    """Who canceled and why. Both lists are open: new reasons appear."""

    party: str = "unknown"
    reason: str = "unknown"


class ProviderObject(_Lenient):
    """An object as ЮKassa states it now."""

    id: str
    status: str
    cancellation_details: CancellationDetails | None = None
    metadata: dict[str, Any] | None = None
    _raw: RawJson = PrivateAttr(default=RawJson("{}"))

    @property
    def raw(self) -> RawJson:
        """The whole object as it came, for the database to compare."""
        return self._raw


class Refund(ProviderObject):
    """Money given back."""


class Receipt(ProviderObject):
    """A fiscal document (54-ФЗ), registered or on its way."""


class Payment(ProviderObject):
    """Money asked for."""

    confirmation: Confirmation | None = None

    @property
    def confirmation_url(self) -> str | None:
        """The page where the payer pays, while that is possible."""
        return self.confirmation.confirmation_url if self.confirmation else None

    def raise_for_decline(self) -> None:
        """Raise Declined when the payment ended without being paid."""
        if self.status == "canceled":
            details = self.cancellation_details or CancellationDetails()
            raise Declined(details.party, details.reason)


ProviderObjectType = TypeVar("ProviderObjectType", bound=ProviderObject)


class YooKassa:
    """One shop at ЮKassa. Keeps its connections; safe to use from many requests at once."""

    def __init__(self, settings: Settings) -> None:
        self._connect = settings.yookassa_connect_seconds
        self._post_read = settings.yookassa_post_seconds
        self._get_read = settings.yookassa_get_seconds
        # Many connections, because a ЮKassa that hangs holds each of them for long.
        self._client = new_client(
            50,
            base_url=settings.yookassa_api_url,
            auth=(settings.yookassa_shop_id, settings.yookassa_secret_key.get_secret_value()),
            headers={"Accept": "application/json", "User-Agent": f"Chestno/{settings.app_version}"},
        )

    async def close(self) -> None:
        """Give the connections up. A process that serves until it ends need not."""
        await self._client.aclose()

    async def create_payment(self, idempotence_key: str, body: str) -> Payment:
        """Create a payment, or learn what this key created before (ЮKassa remembers keys for 24 h).

        `body` is sent byte for byte: with the same key another body would be an error.
        """
        return _provider_object(Payment, await self._post("/payments", idempotence_key, body))

    async def cancel_payment(self, payment_id: str) -> Payment:
        """Release a hold. Only a payment in `waiting_for_capture` can be canceled: otherwise Invalid."""
        path = f"/payments/{_object_id(payment_id)}/cancel"
        return _provider_object(Payment, await self._post(path, f"cancel-{payment_id}", "{}"))

    async def create_refund(self, idempotence_key: str, body: str) -> Refund:
        """Give money back, or learn what this key gave back before. `body` is sent byte for byte."""
        return _provider_object(Refund, await self._post("/refunds", idempotence_key, body))

    async def get_payment(self, payment_id: str) -> Payment:
        """A payment as it is now. NotFound when there is none of that id in this shop."""
        return _provider_object(Payment, await self._get(f"/payments/{_object_id(payment_id)}"))

    async def get_refund(self, refund_id: str) -> Refund:
        """A refund as it is now. NotFound when there is none of that id in this shop."""
        return _provider_object(Refund, await self._get(f"/refunds/{_object_id(refund_id)}"))

    async def find_payment(self, transaction_id: str, created_at: datetime) -> Payment | None:
        """The payment made for a transaction of ours, by `metadata.transaction_id`; None when there is none.

        ЮKassa cannot be asked by key or metadata, so this reads the list of all payments made from the
        moment the transaction was written until its key can create nothing any more.
        """
        async for payment in self.payments(created_at, created_at + _KEY_LIFETIME):
            if (payment.metadata or {}).get("transaction_id") == transaction_id:
                return payment
        return None

    async def find_refund(self, refund_id: str, payment_id: str) -> Refund | None:
        """The refund made for a refund of ours, by `metadata.refund_id`; None when there is none."""
        async for refund in self._listed(Refund, "/refunds", {"payment_id": payment_id}):
            if (refund.metadata or {}).get("refund_id") == refund_id:
                return refund
        return None

    def payments(self, since: datetime, until: datetime) -> AsyncIterator[Payment]:
        """All payments created in a span of time by our clock, newest first."""
        return self._listed(Payment, "/payments", _span(since, until))

    def refunds(self, since: datetime, until: datetime) -> AsyncIterator[Refund]:
        """All refunds created in a span of time by our clock, newest first."""
        return self._listed(Refund, "/refunds", _span(since, until))

    def receipts(self, payment_id: str, refund_id: str | None = None) -> AsyncIterator[Receipt]:
        """The receipts of a payment, or of a refund, newest first; of a payment there may be fifty."""
        of = {"refund_id": _object_id(refund_id)} if refund_id else {"payment_id": _object_id(payment_id)}
        return self._listed(Receipt, "/receipts", of)

    async def check(self) -> None:
        """Ask for any one payment: raises ProviderError when ЮKassa is away or does not know us."""
        await self._get("/payments", {"limit": "1"})

    async def _listed(
        self, kind: type[ProviderObjectType], path: str, query: Mapping[str, str]
    ) -> AsyncIterator[ProviderObjectType]:
        """All objects of a list, page after page."""
        query = {**query, "limit": "100"}
        while True:
            page = json_text.parse(await self._get(path, query))
            if not isinstance(page.get("items"), list):
                raise Ambiguous(f"GET {path}: an answer that is not a list")
            for item in page["items"]:
                yield _provider_object(kind, RawJson(json_text.write(item)))
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    async def _get(self, path: str, query: Mapping[str, str] | None = None) -> RawJson:
        return await self._call(self._client.build_request("GET", path, params=query), self._get_read)

    async def _post(self, path: str, idempotence_key: str, body: str) -> RawJson:
        headers = {"Idempotence-Key": idempotence_key, "Content-Type": "application/json"}
        request = self._client.build_request("POST", path, content=body.encode(), headers=headers)
        return await self._call(request, self._post_read)

    async def _call(self, request: httpx.Request, read_seconds: float) -> RawJson:
        """Send a request; the text of a good answer, or the error that says what is known."""
        request.extensions["timeout"] = httpx.Timeout(read_seconds, connect=self._connect).as_dict()
        try:
            # httpx counts the time between two pieces of an answer; a server that drips must end, too.
            async with asyncio.timeout(self._connect + read_seconds):
                response = await self._client.send(request)
        except TimeoutError:
            raise Ambiguous(f"{_name(request)}: no whole answer in time") from None
        except httpx.HTTPError as failure:
            raise Ambiguous(f"{_name(request)}: {type(failure).__name__}") from None
        return _judge(response)


@cache
def yookassa() -> YooKassa:
    """The shop this process works for."""
    return YooKassa(settings())


def _judge(response: httpx.Response) -> RawJson:
    """What an answer means. Everything that is neither plain success nor plain refusal is Ambiguous."""
    called = _name(response.request)
    status = response.status_code
    try:
        answer = json_text.parse(response.content)
    except ValueError:
        answer = None

    if status == 200:
        if not isinstance(answer, dict):
            raise Ambiguous(f"{called}: 200 without a JSON object")
        return RawJson(response.content.decode())

    try:
        said = _ErrorAnswer.model_validate(answer)
    except ValidationError:
        said = _ErrorAnswer()
    if status == 429:
        raise RateLimited(f"{called}: 429 {said.description}", _retry_after(said, response))
    if status == 408 or not 400 <= status < 500:
        raise Ambiguous(f"{called}: {status} {said.code} {said.description}".rstrip())
    if said.parameter == "Idempotence-Key" and "duplicated" in said.description:
        raise KeyUsed(f"{called}: {status} {said.description}")
    kind = Refused if status in (401, 403) else NotFound if status == 404 else Invalid
    raise kind(status, said.code, said.description, said.parameter)


def _retry_after(said: _ErrorAnswer, response: httpx.Response) -> float | None:
    """Seconds to wait: ЮKassa's `retry_after` is in milliseconds, HTTP's header in seconds."""
    if said.retry_after is not None:
        return said.retry_after / 1000
    header = response.headers.get("retry-after", "")
    return float(header) if header.isdecimal() else None


def _provider_object(kind: type[ProviderObjectType], text: RawJson) -> ProviderObjectType:
    """The object in an answer. An answer that is none leaves us as wise as before."""
    try:
        stated = kind.model_validate(json_text.parse(text))
    except ValidationError as failure:
        fields = sorted({str(error["loc"][0]) for error in failure.errors() if error["loc"]})
        raise Ambiguous(f"an answer that is not a {kind.__name__.lower()}: {', '.join(fields)}") from None
    stated._raw = text
    return stated


def _span(since: datetime, until: datetime) -> dict[str, str]:
    """A span of our time, in the words of ЮKassa's lists; its clock may differ from ours."""
    return {
        "created_at.gte": _moment(since - _CLOCK_DIFFERENCE),
        "created_at.lte": _moment(until + _CLOCK_DIFFERENCE),
    }


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _object_id(value: str) -> str:
    """An id fit to stand in a path. Others come from forged webhooks and are not worth a call."""
    if not _OBJECT_ID.fullmatch(value):
        raise NotFound(404, "not_found", "not an id of ЮKassa", None)
    return value


def _name(request: httpx.Request) -> str:
    """Method and path, for messages: never the query, never a header."""
    return f"{request.method} {request.url.path}"
