"""Serves the built web: files, public pages by the function `page`, the app for every other path, headers.

Run by the stack as `uvicorn stack.web_server:app`. WEB_DIST is the folder, WEB_CONFIG the text of /config.json,
WEB_PAGE_SECONDS how long the function is waited for before the app's own page goes out instead. With WEB_KEEP_PAGES=1
pages are kept for as long as they say, as by production's server; without it what was changed is seen at once.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def hashes(page: str) -> str:
    """How a policy names the scripts that stand in a page itself."""
    within = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in within)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def security_headers(called: Iterable[str], scripts: str) -> dict[str, str]:
    """Headers for every answer. `called`: the addresses the page may talk to besides its own; `scripts`: `hashes` of it."""
    origins = " ".join(sorted({origin(address) for address in called}))
    policy = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "connect-src": f"'self' {origins}",
        "font-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "frame-src": origins,  # papers that a moderator reads, from Storage
        "img-src": f"'self' data: blob: {origins}",
        "manifest-src": "'self'",
        "media-src": f"'self' blob: {origins}",
        "script-src": f"'self' {scripts}",
        "style-src": "'self'",
        "worker-src": "'self' blob:",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "referrer-policy": "strict-origin-when-cross-origin",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


DOCUMENTS = ("text/html", "image/svg+xml")
"""What a browser opens as a page: the policies are for these, and would be half of a small module."""


class Headers:
    """Adds the security headers, and how long an answer may be kept."""

    def __init__(self, app: ASGIApp, added: dict[str, str]) -> None:
        self.app = app
        self.added = added

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                is_document = headers.get("content-type", "text/html").startswith(DOCUMENTS)
                headers.update(self.added if is_document else {"x-content-type-options": "nosniff"})
                # The build puts a hash of its content into the name of each asset.
                hashed = scope["path"].startswith("/assets/") and message["status"] in (200, 304)
                if hashed:
                    headers["cache-control"] = "public, max-age=31536000, immutable"
                headers.setdefault("cache-control", "no-cache")
            await send(message)

        await self.app(scope, receive, send_with)


APP_ALONE = re.compile(
    r"(sign-in|sign-up|forgot-password|confirm|reset-password|support|report|invitations|account|dashboard|admin)(/|$)"
)
"""Pages that are nothing without JavaScript: the app draws them."""
FOR_PROGRAMS = re.compile(r"sitemap\.xml|sitemap/\w+\.xml|robots\.txt|preview\.png|preview/[a-z0-9-]+\.png")
"""What looks like a file and is made by the function."""
PAGE_SECONDS = 1.0
_MOST_KEPT = 10_000
_ASKED = ("accept-language", "if-none-match", "user-agent")
_ANSWERED = ("content-type", "content-language", "cache-control", "etag", "vary")


class _Answer(NamedTuple):
    content: bytes
    status: int
    headers: dict[str, str]


class Pages:
    """The function `page`: public pages as HTML that needs no JavaScript."""

    def __init__(self, functions_url: str, seconds: float, *, keeps: bool) -> None:
        self.address = f"{functions_url}/page"
        self.seconds = seconds
        self.keeps = keeps
        self.kept: dict[tuple[str, str], tuple[float, _Answer]] = {}
        self.client = httpx.AsyncClient(timeout=seconds, trust_env=False)

    async def get(self, path: str, scope: Scope) -> Response | None:
        """Its answer; None while it is down, slow or has a fault."""
        request = Request(scope)
        asked = (str(request.url), request.headers.get("accept-language", ""))
        until, answer = self.kept.get(asked, (0.0, None))
        if until <= time.monotonic():
            answer = await self._fetched(path, request)
            age = re.search(r"max-age=(\d+)", answer.headers.get("cache-control", "")) if answer else None
            if self.keeps and age and answer and answer.status == 200:
                if len(self.kept) >= _MOST_KEPT:
                    self.kept.clear()
                self.kept[asked] = time.monotonic() + int(age[1]), answer
        # Each time anew: what stands before it writes into its headers.
        return Response(answer.content, answer.status, answer.headers) if answer else None

    async def _fetched(self, path: str, request: Request) -> _Answer | None:
        headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
        url = f"{self.address}/{quote(path)}?{request.url.query}"
        try:
            async with asyncio.timeout(self.seconds):
                answer = await self.client.get(url, headers=headers)
        except (httpx.HTTPError, TimeoutError):
            return None
        if answer.status_code >= 500:
            return None
        kept = {name: answer.headers[name] for name in _ANSWERED if name in answer.headers}
        return _Answer(answer.content, answer.status_code, kept)


class Site(StaticFiles):
    """The built files; public pages as the function writes them; else the app, which knows its own routes."""

    def __init__(self, directory: Path, pages: Pages) -> None:
        super().__init__(directory=directory)
        self.pages = pages

    async def get_response(self, path: str, scope: Scope) -> Response:
        if "\0" in path:  # no file has such a name, and asking for one fails
            return PlainTextResponse("Not found", 404)
        if self.lookup_path(path)[1] is not None and path != ".":
            return await super().get_response(path, scope)
        is_for_programs = FOR_PROGRAMS.fullmatch(path) is not None
        if not is_for_programs and (path.startswith(("assets/", "..")) or "." in Path(path).name.strip(".")):
            return PlainTextResponse("Not found", 404)
        if not APP_ALONE.match(path):
            answer = await self.pages.get("" if path == "." else path, scope)
            if answer is not None:
                return answer
            if is_for_programs:
                return PlainTextResponse("Unavailable", 503, {"retry-after": "60"})
        return await super().get_response("index.html", scope)


def make_app(
    dist: Path, config: dict[str, str], page_seconds: float = PAGE_SECONDS, *, keeps_pages: bool = False
) -> Starlette:
    """`config`: what /config.json says: supabase_url, publishable_key, functions_url, mail_url."""

    async def say_config(_: Request) -> JSONResponse:
        return JSONResponse(config)

    called = [config["supabase_url"], config["functions_url"]]
    site = Site(dist, Pages(config["functions_url"], page_seconds, keeps=keeps_pages))
    headers = security_headers(called, hashes((dist / "index.html").read_text()))
    return Starlette(
        routes=[Route("/config.json", say_config), Mount("/", site)],
        middleware=[Middleware(Headers, added=headers), Middleware(GZipMiddleware)],
    )


if "WEB_DIST" in os.environ:
    app = make_app(
        Path(os.environ["WEB_DIST"]),
        json.loads(os.environ["WEB_CONFIG"]),
        float(os.environ.get("WEB_PAGE_SECONDS", PAGE_SECONDS)),
        keeps_pages=os.environ.get("WEB_KEEP_PAGES") == "1",
    )
