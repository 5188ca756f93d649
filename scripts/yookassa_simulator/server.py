"""The process: the API, the payment page and the control interface on one port, over one store."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from .api import Api
from .clockwork import Clockwork
from .control_api import Control
from .pages import Pages
from .settings import change_settings
from .shop import Shop
from .store import Store

VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


class Protocol(H11Protocol):
    """Remembers its connections by the client's address, so that a fault can reset one."""

    open: ClassVar[dict[tuple[str, int], Protocol]] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is not None:
            Protocol.open[self.client] = self

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            Protocol.open.pop(self.client, None)
        super().connection_lost(exc)


def reset_connection(request: Request) -> None:
    """Close with RST: what the client sees when a middlebox gives up."""
    client = request.client
    connection = Protocol.open.get((client.host, client.port)) if client is not None else None
    if connection is not None:
        sock: socket.socket = connection.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.transport.abort()


def _fail_loudly(clockwork: asyncio.Task[None]) -> None:
    """A clockwork that broke would only look like silence: end the process instead."""
    if not clockwork.cancelled() and (problem := clockwork.exception()) is not None:
        traceback.print_exception(problem)
        os.kill(os.getpid(), signal.SIGTERM)


def create_app(shop: Shop) -> Starlette:
    clockwork = Clockwork(shop)
    api = Api(shop)
    api.reset_connection = reset_connection

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(clockwork.run())
        task.add_done_callback(_fail_loudly)
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await clockwork.courier.close()
            shop.store.close()

    routes = [
        Route("/v3", api.respond, methods=VERBS),
        Route("/v3/{path:path}", api.respond, methods=VERBS),
        *Pages(shop).routes(),
        *Control(shop, clockwork, api).routes(),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def serve(port: int, data: Path, account_id: str, secret_key: str, notify_url: str | None) -> None:
    """Serve until a signal. The port is bound before anything else, so a taken one fails at once."""
    # With the protocol named, asyncio switches Nagle's algorithm off for the connections (40 ms an answer).
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(2048)  # who reads the printed address may connect at once, and waits for the start
    address = f"http://127.0.0.1:{sock.getsockname()[1]}"
    shop = Shop(Store(data), account_id, secret_key, address)
    if notify_url is not None:
        shop.set(change_settings(shop.settings, {"notify_url": notify_url}))
    config = uvicorn.Config(
        create_app(shop),
        http=Protocol,
        ws="none",
        loop="asyncio",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    print(f"ЮKassa simulator: API {address}/v3, control {address}/simulator", flush=True)
    uvicorn.Server(config).run(sockets=[sock])
