"""qr_import: codes from a table, as people save it from a spreadsheet; all of them or none."""

import json
import re
from typing import Any
from uuid import UUID

from core.database import AsPerson, database
from core.http import Problem, bearer_token, invalid_input, read_body
from core.json_text import RawJson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qr.spreadsheet import Fault, Table, Unreadable, read

LARGEST = 5 * 1024 * 1024
_LONGEST_SECONDS = 120
_COLUMNS = ("title", "target_kind", "target_url", "story_id", "tags")
_OF_A_MANIFEST = ("code", "url", "target", "file", "decodes")
"""What qr_export writes beside the title: `target` says all three of ours, the rest is its own."""


async def answer(request: Request) -> Response:
    """`POST ?organization_id=&dry_run=` with a CSV → `{rows, created, batch_id, encoding, delimiter, errors: [{row,
    column, code}]}`; 422 with the same body when there are errors, and nothing is made.
    """
    person = database().as_person(bearer_token(request))
    organization_id, is_dry_run = _asked(request)
    content = await read_body(request, LARGEST, _LONGEST_SECONDS)
    try:
        table = read(content)
    except Unreadable as failure:
        return _answer(Table("", ""), [Fault(None, None, str(failure))])
    faults = table.faults or _wrong_columns(table)
    if not table.rows and not faults:
        faults = [Fault(None, None, "empty")]
    if faults:
        return _answer(table, faults)
    made = await _made(person, organization_id, table, is_dry_run)
    if made and isinstance(made[0], Fault):
        return _answer(table, made)
    return _answer(table, [], made)


def _asked(request: Request) -> tuple[str, bool]:
    try:
        organization_id = str(UUID(request.query_params.get("organization_id", "")))
    except ValueError:
        raise invalid_input("organization_id", "invalid") from None
    dry_run = request.query_params.get("dry_run", "false")
    if dry_run not in ("true", "false"):
        raise invalid_input("dry_run", "invalid")
    return organization_id, dry_run == "true"


def _wrong_columns(table: Table) -> list[Fault]:
    faults = [
        Fault(1, column, "unknown_field")
        for column in table.columns
        if column not in _COLUMNS and column not in _OF_A_MANIFEST
    ]
    if "title" not in table.columns:
        faults.append(Fault(None, "title", "missing_column"))
    return faults


async def _made(person: AsPerson, organization_id: str, table: Table, is_dry_run: bool) -> list[Any]:
    """The codes that were made (none in a dry run), or the faults that the database found."""
    items = [_item(cells) for _, cells in table.rows]
    # Letters as they are: written as \\uXXXX they would be three times as long.
    sent = RawJson(json.dumps(items, ensure_ascii=False, separators=(",", ":")))
    try:
        if is_dry_run:
            await person.work("check_qr_codes", organization_id=organization_id, items=sent)
            return []
        made: list[Any] = await person.work("create_qr_codes", organization_id=organization_id, items=sent)
    except Problem as problem:
        if problem.code != "invalid_input" or not problem.detail or not problem.detail.startswith("["):
            raise
        return [
            Fault(table.rows[found["row"] - 1][0] if "row" in found else None, found["field"], found["code"])
            for found in json.loads(problem.detail)
        ]
    return made


def _item(cells: dict[str, str]) -> dict[str, Any]:
    """What a row asks for. Where it leads needs no word of its own when the address says it."""
    url, story = cells.get("target_url", ""), cells.get("story_id", "")
    if target := cells.get("target", ""):
        if re.match("https?:", target, re.IGNORECASE):
            url = url or target
        elif target != "organization_page":
            story = story or target.removeprefix("story:")
    kind = cells.get("target_kind") or ("url" if url else "story" if story else "organization_page")
    item: dict[str, Any] = {"title": cells.get("title", ""), "target_kind": kind}
    if url:
        item["target_url"] = url
    if story:
        item["story_id"] = story
    if tags := [tag.strip() for tag in re.split("[,;|]", cells.get("tags", "")) if tag.strip()]:
        item["tags"] = tags
    return item


def _answer(table: Table, faults: list[Fault], made: list[Any] | None = None) -> Response:
    body = {
        "rows": len(table.rows),
        "created": len(made or []),
        "batch_id": made[0]["batch_id"] if made else None,
        "encoding": table.encoding or None,
        "delimiter": table.delimiter or None,
        "errors": [{"row": fault.row, "column": fault.column, "code": fault.code} for fault in faults],
    }
    return JSONResponse(body, 422 if faults else 200)
