"""The one way out: httpx over aiohttp's transport, for Supabase and for ЮKassa.

httpx is what the packages of this field speak (postgrest, storage3), and what our timeouts and errors are written for;
its own transport is slow, and so is its client. What it costs is in docs/benchmarks.md.
"""

from collections.abc import AsyncIterator
from functools import cache
from typing import Any

import httpx
from httpx_aiohttp import AiohttpTransport

_CONNECT_SECONDS = 5.0
_KEEP_SECONDS = 3
"""A connection that is idle is given up before a server would close it under a request that is on its way."""


class _Transport(AiohttpTransport):
    """As it is, but whatever goes wrong is an error of httpx, and connections are closed when the event loop ends.

    A GET over a kept connection that the server had given up is sent once more, by aiohttp; a POST never is.
    """

    def __init__(self, connections: int) -> None:
        super().__init__(limits=httpx.Limits(max_connections=connections, keepalive_expiry=_KEEP_SECONDS))
        self._open: AsyncIterator[None] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._open is None:
            self._open = self._until_the_loop_ends()
            await anext(self._open)
        try:
            return await super().handle_async_request(request)
        except httpx.ConnectTimeout as failure:
            # The transport calls every connection that is lost so.
            lost = failure.__cause__
            if isinstance(lost, TimeoutError):
                raise
            kind = httpx.ConnectError if isinstance(lost, OSError) else httpx.RemoteProtocolError
            raise kind(str(failure), request=request) from lost
        except (httpx.HTTPError, TimeoutError):
            raise
        except Exception as failure:
            # An answer that is not HTTP, among others: the transport leaves it as aiohttp names it.
            raise httpx.RemoteProtocolError(
                f"{type(failure).__name__}: {failure}", request=request
            ) from failure

    async def _until_the_loop_ends(self) -> AsyncIterator[None]:
        """Every server closes what it has open of these before its loop ends; it has no other word for us.

        Source: https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.shutdown_asyncgens
        """
        try:
            yield
        finally:
            await self.aclose()
            self.client = self._open = None


class _ShortClient(httpx.AsyncClient):
    """A client without what nobody here uses, cookies, redirects and its own kinds of sign-in: half of a call's time."""

    def __init__(self, connections: int) -> None:
        self._short = _Transport(connections)
        super().__init__(transport=self._short, timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS))

    async def send(self, request: httpx.Request, *, stream: bool = False, **_: Any) -> httpx.Response:
        """Send a request. How long its answer may take in all, the caller says."""
        request.extensions.setdefault("timeout", {"connect": _CONNECT_SECONDS})
        response = await self._short.handle_async_request(request)
        try:
            for hook in self.event_hooks["response"]:
                await hook(response)
            if not stream:
                await response.aread()
        except BaseException:
            await response.aclose()
            raise
        return response


@cache
def supabase_client() -> httpx.AsyncClient:
    """The client for Supabase, database and files.

    ЮKassa has another: one that hangs would take the connections to the database with it.
    """
    return _ShortClient(60)


def new_client(connections: int, **options: Any) -> httpx.AsyncClient:
    """A client with connections of its own. Follows no redirect; `options` are httpx's."""
    return httpx.AsyncClient(transport=_Transport(connections), follow_redirects=False, **options)
