"""q/<code>: a printed code was scanned. Asked, recorded and answered in one round trip, of many at once in one for all.

A buyer is let through whatever becomes of our count: the database answers where the code leads even when it cannot
record the scan, and while it does not answer at all, what it said in the last minutes is remembered here.
"""

import asyncio
import base64
import hashlib
import time
from collections import OrderedDict
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit

import idna
from core import logs
from core.http import Problem
from core.settings import settings
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from qr.scans import scans
from qr.visitor import visitor

_MOST_REMEMBERED = 10_000
_LONGEST_REMEMBERED = 600
"""Seconds. A target that was changed, or a level that was lost, is not believed longer than that."""
_remembered: OrderedDict[str, tuple[str, float]] = OrderedDict()
"""Where codes led when the database last said so, and when that was; the oldest are forgotten first."""

_PAGES = Path(__file__).parent / "pages"
_STYLE = (_PAGES / "style.css").read_text(encoding="utf-8")
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


async def answer(request: Request) -> Response:
    """`GET /<code>` → 302 to where the code leads now; one and the same 404 page for every code that is none; 429 after
    too many of those from one address; 503 with a page when nobody knows.
    """
    code = request.path_params.get("path", "").strip("/").upper()
    if not (code.isascii() and code.isalnum()):
        code = ""
    try:
        async with asyncio.timeout(settings().scan_seconds):
            scanned = await scans().record(code[:20], visitor(request))
    except (Problem, TimeoutError) as failure:
        status = failure.status if isinstance(failure, Problem) else 503
        if isinstance(failure, Problem) and status == 429:
            return _page("too_many", 429, {"Retry-After": failure.retry_after or "60"})
        if status < 500:
            raise
        logs.error("a scan could not be recorded", status=status)
        return _from_memory(code)
    if scanned["outcome"] == "unknown":
        return _page("unknown", 404)
    location = _in_ascii(scanned["location"])
    _remember(code, location)
    return _redirect(location)


def _redirect(location: str) -> Response:
    """Not the framework's own redirect, which writes the address anew."""
    return Response(status_code=302, headers={"Location": location})


def _remember(code: str, location: str) -> None:
    _remembered[code] = location, time.monotonic()
    _remembered.move_to_end(code)
    if len(_remembered) > _MOST_REMEMBERED:
        _remembered.popitem(last=False)


def _from_memory(code: str) -> Response:
    location, since = _remembered.get(code, ("", 0.0))
    if location and time.monotonic() - since < _LONGEST_REMEMBERED:
        return _redirect(location)
    return _page("unavailable", 503, {"Retry-After": "30"})


def _in_ascii(url: str) -> str:
    """An address as it may stand in a header: ASCII byte for byte, letters of other alphabets as IDNA and UTF-8 say."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    before, _, after = url.partition(parts.netloc)
    host, colon, port = parts.netloc.partition(":")
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode()
    # all of ASCII stays as it is; only what is none is written as %XX
    return f"{before}{host}{colon}{port}{quote(after, safe=''.join(map(chr, range(33, 127))))}"


@cache
def _html(name: str) -> str:
    page = (_PAGES / f"{name}.html").read_text(encoding="utf-8")
    return page.replace("{style}", _STYLE).replace("{site_url}", settings().site_url)


def _page(name: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return HTMLResponse(
        _html(name),
        status,
        {"Content-Security-Policy": _POLICY, "X-Robots-Tag": "noindex", **(headers or {})},
    )
