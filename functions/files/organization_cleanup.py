"""organization_cleanup: once a day, what was to be forgotten is forgotten.

Rows go in the database, by its own rules. Files cannot be removed from there, so they are removed here, from the
buckets it names: of every organization that was deleted within the last week, so that a day on which Storage was away is
made up for.
"""

from datetime import datetime, timedelta
from typing import Any

from core import jobs, json_text
from core.database import database
from core.storage import storage
from starlette.requests import Request
from starlette.responses import Response

_LOOK_BACK = timedelta(days=7)


async def answer(request: Request) -> Response:
    """→ `{as_of, organizations_deleted, letters_wiped, files_removed}`."""
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
    return {**summary, "files_removed": removed}
