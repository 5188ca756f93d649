"""qr_scans: the scans of a code one by one, as a table that a spreadsheet opens.

Whoever adds them up comes to our numbers.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable
from typing import Any, Literal
from uuid import UUID

from core.database import AsPerson, database
from core.http import Asked, bearer_token, read
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from qr.spreadsheet import guarded

_COLUMNS = (
    "scanned_at",
    "bot_reason",
    "is_unique",
    "device_type",
    "os",
    "browser",
    "referrer_host",
    "country",
)
_PAGE = 5000


class Wanted(Asked):
    """Which scans."""

    qr_code_id: UUID
    period: Literal["7d", "30d", "90d", "all"] = "30d"


async def answer(request: Request) -> Response:
    """`{qr_code_id, period}` → CSV, newest first, `scanned_at` by the organization's calendar. hits: all rows; scans: those
    without bot_reason; unique_visitors: is_unique.
    """
    person = database().as_person(bearer_token(request))
    wanted = await read(request, Wanted)
    first = await _page(person, wanted, None)  # refused before anything is sent
    headers = {"Content-Disposition": f'attachment; filename="scans-{wanted.period}.csv"'}
    return StreamingResponse(
        _lines(person, wanted, first), media_type="text/csv; charset=utf-8", headers=headers
    )


async def _page(person: AsPerson, wanted: Wanted, after: int | None) -> dict[str, Any]:
    page: dict[str, Any] = await person.call(
        "qr_scan_log", qr_code_id=str(wanted.qr_code_id), period=wanted.period, after=after, max_items=_PAGE
    )
    return page


async def _lines(person: AsPerson, wanted: Wanted, page: dict[str, Any]) -> AsyncIterator[str]:
    # with the mark by which spreadsheets know UTF-8
    yield "\ufeff" + _csv([_COLUMNS])
    while True:
        yield _csv([[_cell(item[column]) for column in _COLUMNS] for item in page["items"]])
        if page["next"] is None:
            return
        page = await _page(person, wanted, page["next"])


def _cell(value: str | bool | None) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else guarded(value)


def _csv(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
