"""qr_image: a code as it is printed; and, for members, how one would look that nobody has saved yet."""

import asyncio
import hashlib
import re
from typing import Any, get_args
from uuid import UUID

from core.addresses import client_address
from core.database import database
from core.http import Asked, Problem, bearer_token, invalid_input, read
from core.settings import settings
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from qr.drawing import CONTENT_TYPES, USUAL_SIZES, check_size, draw, fetch_logo
from qr.layout import Layout, lay_out
from qr.style import Format, Style

_CODE = re.compile(r"[0-9A-Za-z]{10}")
_SIZE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")
_POLICY = "default-src 'none'; img-src data:; frame-ancestors 'none'"
"""A logo in a drawing is a data URI."""


class Preview(Asked):
    """A style, and how it is to be drawn."""

    organization_id: UUID
    style: dict[str, Any] = Field(default={})
    format: Format = "png"
    size: float | None = None


async def answer(request: Request) -> Response:
    """`GET ?code=&format=png|svg|pdf&size=` → the drawing: `size` pixels wide (png) or millimetres (svg, pdf; the
    frame is part of it). Always asked for anew: the strong ETag names its bytes, and 304 says that they are the same.
    404 for a code that is not, and 429 after a hundred of them a minute.

    `POST {organization_id, style, format, size}`, by a member → how a code of this style would look.
    """
    if request.method == "POST":
        return await _preview(request)
    code, format, size = _asked(request)
    found = await database().call("qr_to_draw", code=code) if _CODE.fullmatch(code) else None
    if not found:
        raise await _unknown(request)
    layout = lay_out(found["url"], Style.model_validate(found["style"]))
    drawn = await _drawn(layout, format, size)
    etag = f'"{hashlib.sha256(drawn).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": _POLICY,
        "Content-Disposition": f'inline; filename="{found["code"]}.{format}"',
    }
    if _is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(drawn, 200, headers, CONTENT_TYPES[format])


async def _preview(request: Request) -> Response:
    token = bearer_token(request)
    asked = await read(request, Preview)
    found = (
        await database()
        .as_person(token)
        .call("preview_qr_style", organization_id=str(asked.organization_id), style=asked.style)
    )
    layout = lay_out(found["url"], Style.model_validate(found["style"]))
    drawn = await _drawn(layout, asked.format, asked.size)
    return Response(drawn, 200, {"Content-Security-Policy": _POLICY}, CONTENT_TYPES[asked.format])


async def _drawn(layout: Layout, format: Format, size: float | None) -> bytes:
    size = USUAL_SIZES[format] if size is None else size
    check_size(layout, format, size)
    logo = await fetch_logo(layout.style)
    return await asyncio.to_thread(draw, layout, format, size, logo)


def _asked(request: Request) -> tuple[str, Format, float | None]:
    """What a GET asks for. Raises Problem 422 for a format or a size that is none."""
    asked = request.query_params
    if not asked.get("code"):
        raise invalid_input("code", "required")
    formats: tuple[Format, ...] = get_args(Format)
    format = next((each for each in formats if each == asked.get("format", "png")), None)
    if format is None:
        raise invalid_input("format", "invalid")
    size = asked.get("size")
    if size is not None and not _SIZE.fullmatch(size):
        raise invalid_input("size", "invalid")
    return asked["code"], format, None if size is None else float(size)


async def _unknown(request: Request) -> Problem:
    """404; 429 for whoever tries many codes."""
    address = client_address(request, settings().trusted_proxies)
    counted = await database().call("count_refused_request", remote_ip=str(address))
    if not counted["allowed"]:
        return Problem(
            429, "too_many_requests", "Too many codes that are not.", "Try again in 60 seconds.", "60"
        )
    return Problem(404, "not_found", "There is no such code.")


def _is_known(request: Request, etag: str) -> bool:
    """Whether the caller has these bytes: RFC 9110, 13.1.2."""
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return etag in known or known == ["*"]
