"""Our ЮKassa client against a real socket: what is sent, how long it waits, and what each answer means."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from billing.yookassa_api import (
    Ambiguous,
    Declined,
    Invalid,
    KeyUsed,
    NotFound,
    ProviderError,
    RateLimited,
    Refused,
    YooKassa,
)
from core.settings import Settings
from kit.waiting import finished

SECRET = "test_this-key-is-never-shown"
PAYMENT = {"id": "22d6d597-000f-5000-9000-145f6df21d6f", "status": "pending", "unheard_of": {"n": 1.10}}
BODY = '{"amount": {"value": "1.00",  "currency": "RUB"}, "description": "Честно"}'

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Heard:
    """What the server was sent, as it came."""

    requests: list[str] = field(default_factory=list)

    def header(self, name: str) -> str:
        lines = self.requests[-1].split("\r\n\r\n")[0].split("\r\n")[1:]
        return next(line.split(": ", 1)[1] for line in lines if line.lower().startswith(f"{name.lower()}:"))

    @property
    def body(self) -> str:
        return self.requests[-1].split("\r\n\r\n", 1)[1]


def says(status: int, body: str | dict[str, Any], *headers: str) -> bytes:
    text = (body if isinstance(body, str) else json.dumps(body)).encode()
    lines = [f"HTTP/1.1 {status} Any", f"Content-Length: {len(text)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + text


def error(code: str, description: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "error", "id": "e-1", "code": code, "description": description, **more}


@asynccontextmanager
async def server(*answers: bytes | None) -> AsyncIterator[tuple[YooKassa, Heard]]:
    """A server that gives these answers, one a connection; None hangs up without one."""
    heard = Heard()
    waiting = list(answers)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(
            (int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length")), 0
        )
        heard.requests.append(head + (await reader.readexactly(length)).decode())
        answer = waiting.pop(0)
        if answer is not None:
            writer.write(answer)
            await writer.drain()

    async with raw_server(talk) as api:
        yield api, heard


@asynccontextmanager
async def raw_server(talk: Talk, **settings: Any) -> AsyncIterator[YooKassa]:
    """ЮKassa's place taken by whoever talks so on the socket."""
    talks: list[asyncio.Task[None]] = []

    async def until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await talk(reader, writer)
            writer.close()
            await writer.wait_closed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.create_task(until_closed(reader, writer)))

    running = await asyncio.start_server(connected, "127.0.0.1", 0)
    api = client(f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}/v3", **settings)
    async with running:
        yield api
        await api.close()
    await asyncio.gather(*talks)


def client(address: str, **settings: Any) -> YooKassa:
    return YooKassa(
        Settings.model_validate(
            {
                "supabase_url": "http://127.0.0.1:1",
                "supabase_publishable_key": "sb_publishable_1",
                "supabase_secret_key": "sb_secret_1",
                "site_url": "http://127.0.0.1:1",
                "yookassa_api_url": address,
                "yookassa_shop_id": "100500",
                "yookassa_secret_key": SECRET,
            }
            | settings
        )
    )


def run(scenario: Awaitable[None]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(scenario, 20)

    finished(bounded())


def test_a_payment_is_asked_for_with_our_key_and_exactly_our_bytes() -> None:
    async def scenario() -> None:
        async with server(says(200, PAYMENT)) as (api, heard):
            await api.create_payment("key-1", BODY)
        assert heard.requests[0].startswith("POST /v3/payments HTTP/1.1\r\n")
        assert heard.body == BODY
        assert heard.header("Idempotence-Key") == "key-1"
        assert heard.header("Content-Type") == "application/json"
        assert (
            heard.header("Authorization") == "Basic " + base64.b64encode(f"100500:{SECRET}".encode()).decode()
        )

    run(scenario())


def test_an_answer_is_kept_as_it_came() -> None:
    text = '{"id":"p-1",  "status": "from_the_future", "amount": {"value": "1.00"}, "n": 1.10, "new": [null]}'

    async def scenario() -> None:
        async with server(says(200, text)) as (api, _):
            payment = await api.get_payment("p-1")
        assert (payment.id, payment.status, payment.raw) == ("p-1", "from_the_future", text)
        assert payment.confirmation_url is None

    run(scenario())


def test_a_decline_is_an_answer_and_an_error_only_when_asked() -> None:
    declined = PAYMENT | {
        "status": "canceled",
        "cancellation_details": {"party": "payment_network", "reason": "insufficient_funds"},
    }

    async def scenario() -> None:
        async with server(says(200, declined)) as (api, _):
            payment = await api.create_payment("key-1", BODY)
        with pytest.raises(Declined) as no:
            payment.raise_for_decline()
        assert (no.value.party, no.value.reason) == ("payment_network", "insufficient_funds")

    run(scenario())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says(400, error("invalid_request", "Receipt is missing or illegal", parameter="receipt")), Invalid),
        (says(401, error("invalid_credentials", "Error in shopId or secret key.")), Refused),
        (says(403, error("forbidden", "This store can't make recurring payments.")), Refused),
        (says(404, error("not_found", "Incorrect payment_id.")), NotFound),
        (says(405, ""), Invalid),
        (says(415, "<html>"), Invalid),
        (
            says(400, error("invalid_request", "Idempotence key duplicated", parameter="Idempotence-Key")),
            KeyUsed,
        ),
        (says(429, error("too_many_requests")), RateLimited),
        (says(500, error("internal_server_error")), Ambiguous),
        (says(502, "<html>Bad Gateway</html>"), Ambiguous),
        (says(503, ""), Ambiguous),
        (says(202, {"type": "processing", "retry_after": 1800}), Ambiguous),
        (says(302, "", "Location: /elsewhere"), Ambiguous),
        (says(408, ""), Ambiguous),
        (says(200, "<html>Welcome</html>"), Ambiguous),
        (says(200, ""), Ambiguous),
        (says(200, "[]"), Ambiguous),
        (says(200, {"type": "list", "items": []}), Ambiguous),
        (says(200, {"id": 7, "status": "pending"}), Ambiguous),
        (None, Ambiguous),
        (b"not http at all\r\n\r\n", Ambiguous),
        (says(200, PAYMENT)[:-5], Ambiguous),
    ],
    ids=lambda value: value if isinstance(value, type) else repr(value[9:12]) if value else "hangs up",
)
def test_what_each_answer_means(answer: bytes | None, kind: type[ProviderError]) -> None:
    async def scenario() -> None:
        async with server(answer) as (api, _):
            with pytest.raises(ProviderError) as raised:
                await api.create_payment("key-1", BODY)
        assert type(raised.value) is kind
        assert SECRET not in str(raised.value)
        assert base64.b64encode(SECRET.encode()).decode()[:12] not in repr(raised.value)

    run(scenario())


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (says(429, error("too_many_requests", retry_after=1500)), 1.5),
        (says(429, "", "Retry-After: 7"), 7),
        (says(429, ""), None),
    ],
)
def test_how_long_to_wait_is_in_seconds(answer: bytes, seconds: float | None) -> None:
    async def scenario() -> None:
        async with server(answer) as (api, _):
            with pytest.raises(RateLimited) as limited:
                await api.get_payment("p-1")
        assert limited.value.retry_after == seconds

    run(scenario())


def test_nobody_there_is_ambiguous() -> None:
    async def scenario() -> None:
        with pytest.raises(Ambiguous, match="ConnectError"):
            await client("http://127.0.0.1:9/v3").get_payment("p-1")

    run(scenario())


def test_silence_ends_after_the_read_timeout() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scenario() -> None:
        async with raw_server(silent, yookassa_post_seconds=0.2, yookassa_get_seconds=0.1) as api:
            with pytest.raises(Ambiguous, match="ReadTimeout"):
                await api.create_payment("key-1", BODY)
            with pytest.raises(Ambiguous, match="ReadTimeout"):
                await api.get_payment("p-1")

    run(scenario())


def test_an_answer_that_drips_ends_too() -> None:
    async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def scenario() -> None:
        timeouts = {"yookassa_connect_seconds": 0.2, "yookassa_get_seconds": 0.1}
        async with raw_server(dripping, **timeouts) as api:
            with pytest.raises(Ambiguous, match="in time"):
                await api.get_payment("p-1")

    run(scenario())


@pytest.mark.parametrize(
    "forged", ["", "../webhooks", "p-1?limit=1", "p 1", "p-1/cancel", "%2e%2e", "ю", "a" * 65]
)
def test_an_id_that_is_none_is_not_asked_for(forged: str) -> None:
    async def scenario() -> None:
        async with server() as (api, heard):
            with pytest.raises(NotFound):
                await api.get_payment(forged)
            with pytest.raises(NotFound):
                await api.cancel_payment(forged)
        assert heard.requests == []

    run(scenario())


def test_a_payment_is_found_by_our_id_on_any_page() -> None:
    def page(cursor: str | None, *ids: str) -> bytes:
        items = [PAYMENT | {"id": f"p-{name}", "metadata": {"transaction_id": name}} for name in ids]
        return says(200, {"type": "list", "items": items} | ({"next_cursor": cursor} if cursor else {}))

    created_at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    async def scenario() -> None:
        async with server(page("next", "a", "b"), page(None, "c"), page(None)) as (api, heard):
            found = await api.find_payment("c", created_at)
            assert found is not None
            assert found.id == "p-c"
            assert await api.find_payment("c", created_at) is None
        first, second = (parse_qs(urlsplit(request.split()[1]).query) for request in heard.requests[:2])
        assert first["created_at.gte"] == ["2026-11-20T11:55:00.000Z"]
        assert first["created_at.lte"] == ["2026-11-21T12:05:00.000Z"]
        assert second["cursor"] == ["next"]

    run(scenario())


def test_a_hold_is_released_under_its_own_key() -> None:
    async def scenario() -> None:
        async with server(says(200, PAYMENT | {"status": "canceled"})) as (api, heard):
            await api.cancel_payment("p-1")
        assert heard.requests[0].startswith("POST /v3/payments/p-1/cancel HTTP/1.1\r\n")
        assert (heard.header("Idempotence-Key"), heard.body) == ("cancel-p-1", "{}")

    run(scenario())
