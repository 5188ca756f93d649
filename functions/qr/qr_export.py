"""qr_export: many codes as one ZIP, sent while they are drawn."""

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from core.database import database
from core.http import Asked, bearer_token, read
from core.models import Model
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from qr.archive import Archive
from qr.drawing import USUAL_SIZES, check_size, draw, fetch_logo
from qr.layout import Layout, lay_out
from qr.reading import is_read
from qr.spreadsheet import guarded
from qr.style import Format, Style

_FIRST = 10
"""Codes that are asked for before the first is drawn."""
_PAGE = 200
"""Codes that are held at once."""
_COLUMNS = ("code", "url", "title", "target", "file", "decodes")


class Export(Asked):
    """Which codes (one of `ids`, `batch_id`, `tag`), and how they are drawn."""

    organization_id: UUID
    ids: list[UUID] | None = None
    batch_id: UUID | None = None
    tag: str | None = None
    format: Format = "png"
    size: float | None = None


class Code(Model):
    """A code that is to be drawn."""

    code: str
    url: str
    title: str
    target: str
    style: Style


async def answer(request: Request) -> Response:
    """`{organization_id, ids|batch_id|tag, format, size}`, by a member → a ZIP of `<code>-<slugged title>.<format>` and
    `manifest.csv` (`code,url,title,target,file,decodes`), sent as it is made. A cell that a spreadsheet would take for a
    formula begins with an apostrophe.
    """
    token = bearer_token(request)
    asked = await read(request, Export)
    chosen: dict[str, Any] = json.loads(asked.model_dump_json(exclude={"format", "size"}, exclude_none=True))
    size = USUAL_SIZES[asked.format] if asked.size is None else asked.size
    ask = partial(database().as_person(token).call, **chosen)
    # nothing can be refused once the first byte is sent: all styles are looked at, but only some codes
    styles, first = await asyncio.gather(ask("qr_styles_to_export"), ask("qr_to_export", max_items=_FIRST))
    looks = [(each["url"], Style.model_validate(each["style"])) for each in styles]
    for url, style in looks:
        check_size(lay_out(url, style), asked.format, size)
    by_path = {style.logo_path: style for _, style in looks}
    logos = dict(zip(by_path, await asyncio.gather(*map(fetch_logo, by_path.values())), strict=True))
    return StreamingResponse(
        _pieces(_codes(ask, first), asked.format, size, logos),
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="qr-codes.zip"'},
    )


async def _codes(ask: Callable[..., Awaitable[Any]], page: list[Any]) -> AsyncIterator[Code]:
    """All that were chosen, a page at a time; the next one is asked for while this one is drawn."""
    while page:
        yield Code.model_validate(page[0])  # the first byte is not to wait for a page that is not needed yet
        following = asyncio.ensure_future(ask("qr_to_export", after=page[-1]["code"], max_items=_PAGE))
        try:
            for each in page[1:]:
                yield Code.model_validate(each)
            page = await following
        finally:
            following.cancel()


async def _pieces(
    codes: AsyncIterator[Code], format: Format, size: float, logos: dict[str | None, bytes | None]
) -> AsyncIterator[bytes]:
    archive, rows = Archive(), io.StringIO()
    manifest = csv.writer(rows)
    manifest.writerow(_COLUMNS)
    async for code in codes:
        layout, logo = lay_out(code.url, code.style), logos.get(code.style.logo_path)
        drawing, reads = await asyncio.to_thread(_drawn, layout, format, size, logo)
        file = f"{code.code}{_slug(code.title)}.{format}"
        row = (code.code, code.url, code.title, code.target, file, "yes" if reads else "no")
        manifest.writerow(map(guarded, row))
        yield archive.add(file, drawing)
    yield archive.add("manifest.csv", ("\ufeff" + rows.getvalue()).encode())
    yield archive.close()


def _drawn(layout: Layout, format: Format, size: float, logo: bytes | None) -> tuple[bytes, bool]:
    return draw(layout, format, size, logo), is_read(layout, logo)


def _slug(title: str) -> str:
    """A title as a part of a file's name: letters and digits of any alphabet, and hyphens."""
    words = re.sub(r"[\W_]+", "-", title.lower()).strip("-")[:60].strip("-")
    return f"-{words}" if words else ""
