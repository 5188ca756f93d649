"""Files that were made of media, in their private bucket: addresses for an hour, another name when they are withdrawn."""

from typing import Any

from core.database import database
from core.storage import storage

BUCKET = "story-media"
SECONDS = 3600
"""How long a signed address is good. It ends at once when the file is moved."""


async def signed(paths: list[str]) -> list[str | None]:
    """Addresses of these files for an hour; None for one that is not there."""
    return await storage().sign(BUCKET, paths, SECONDS) if paths else []


async def move(wanted: dict[str, Any]) -> bool:
    """Move the files of these media, `{media_id, files: [{from, to}]}`; whether all of them are.

    What another has moved meanwhile, or before it was killed, is not under the old name any more.
    """
    for file in wanted["files"]:
        await storage().move(BUCKET, file["from"], file["to"])
    is_moved: bool = await database().call("settle_story_files", media_id=wanted["media_id"])
    return is_moved
