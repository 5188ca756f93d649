"""Serves the built web as a static host would: files, the one page for every other path, headers.

Run by the stack as `uvicorn stack.web_server:app`. WEB_DIST is the folder, WEB_CONFIG the text of /config.json.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

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


def security_headers(called: Iterable[str]) -> dict[str, str]:
    """Headers for every answer. `called`: the addresses the page may talk to besides its own."""
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
        "script-src": "'self'",
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
                headers["cache-control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
            await send(message)

        await self.app(scope, receive, send_with)


class Site(StaticFiles):
    """The built files; every path that is no file is the page itself, which knows its own routes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        is_file = self.lookup_path(path)[1] is not None and path != "."
        if not is_file and (path.startswith("assets/") or "." in Path(path).name.strip(".")):
            return PlainTextResponse("Not found", 404)
        return await super().get_response(path if is_file else "index.html", scope)


def make_app(dist: Path, config: dict[str, str]) -> Starlette:
    """`config`: what /config.json says: supabase_url, publishable_key, functions_url, mail_url."""

    async def say_config(_: Request) -> JSONResponse:
        return JSONResponse(config)

    called = [config["supabase_url"], config["functions_url"]]
    return Starlette(
        routes=[Route("/config.json", say_config), Mount("/", Site(directory=dist))],
        middleware=[Middleware(Headers, added=security_headers(called)), Middleware(GZipMiddleware)],
    )


if "WEB_DIST" in os.environ:
    app = make_app(Path(os.environ["WEB_DIST"]), json.loads(os.environ["WEB_CONFIG"]))
