"""organization_cleanup: once a day, what was to be forgotten is forgotten.

Rows go in the database, by its own rules. Files cannot be removed from there, so they are removed here, from the
buckets it names: of every organization that was deleted within the last week, so that a day on which Storage was away is
made up for; and what lies about a day after it was uploaded and is of no use.
"""

from datetime import datetime, timedelta
from typing import Any

from core import jobs, json_text
from core.database import database
from core.storage import storage
from starlette.requests import Request
from starlette.responses import Response

_LOOK_BACK = timedelta(days=7)
_MOST_CALLS = 20
"""Of a thousand stale files each; what is left then goes tomorrow."""


async def answer(request: Request) -> Response:
    """→ `{as_of, organizations_deleted, emails_wiped, release_noticed, released, files_removed, stale_files_removed}`."""
    return await jobs.run(request, "organization_cleanup", clean_up)


async def clean_up(as_of: datetime | None) -> dict[str, Any]:
    """Let the database forget, then remove the files of whom it forgot."""
    summary: dict[str, Any] = await database().work("run_organization_cleanup", as_of=as_of)
    since = datetime.fromisoformat(summary["as_of"]) - _LOOK_BACK
    deleted = await database().rows(
        database().table("organizations").select("id").gte("deleted_at", json_text.moment(since))
    )
    buckets: list[str] = await database().call("organization_buckets")
    removed = 0
    for organization in deleted:
        for bucket in buckets:
            removed += await storage().remove_folder(bucket, organization["id"])
    stale = await _remove_stale(as_of)
    return {**summary, "files_removed": removed, "stale_files_removed": stale}


async def _remove_stale(as_of: datetime | None) -> int:
    """Remove what nobody accepted, and logos that gave way to others; how many there were."""
    removed = 0
    for _ in range(_MOST_CALLS):
        files: list[dict[str, str]] = await database().call("stale_files", as_of=as_of)
        if not files:
            break
        for bucket in {file["bucket"] for file in files}:
            await storage().remove(bucket, [file["path"] for file in files if file["bucket"] == bucket])
        removed += len(files)
    return removed
