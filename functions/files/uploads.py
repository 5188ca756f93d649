"""What people upload, fetched as they may read it and inspected before anybody else sees it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from core import json_text, logs
from core.database import database
from core.http import Asked, Problem, bearer_token, invalid_input
from core.models import Model
from core.storage import Downloaded, TooLarge, storage
from pydantic import Field
from starlette.requests import Request

from files.child import child, is_down
from files.turns import Turns

LARGEST_UPLOAD = 10 * 1024 * 1024
"""Bytes: 10 MB, as the buckets say."""
INSPECTION_SECONDS = 30
_TURNS = Turns(at_once=2, longest=40)
"""Files inspected at the same time in this process: each may take a processor and a gigabyte for a moment."""
_INSPECTOR = Path(__file__).with_name("inspector.py")


class Uploaded(Asked):
    """A file somebody put into their organization's folder of a bucket, or (evidence) into that of their claims."""

    organization_id: UUID | None
    path: str = Field(pattern=r"^(claims/)?[0-9a-f-]{36}/[0-9A-Za-z_-]{1,80}(\.[0-9A-Za-z]{1,10})?$")


class Verdict(Model):
    """What the inspector says: a type, or the code of what is wrong."""

    content_type: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class InspectedFile:
    """A file that is fit."""

    user_id: str
    content_type: str
    bytes: int
    sha256: str
    made: Path
    """What the inspector made of it, where it makes something; gone when the `async with` ends."""


@asynccontextmanager
async def inspected(
    request: Request, upload: Uploaded, bucket: str, what: str
) -> AsyncIterator[InspectedFile]:
    """Fetch the file as the caller and inspect it as `what`: evidence or logo.

    Raises Problem: 401, 404 when there is no such file for this person, 422 with the inspector's code, 429 beyond ten files
    a minute, 503 when too many wait. A file that is not fit is removed: nobody will ask for it again.
    """
    token = bearer_token(request)
    user_id = await database().as_person(token).id()
    own = str(upload.organization_id) if upload.organization_id or what != "evidence" else f"claims/{user_id}"
    if not upload.path.startswith(f"{own}/"):
        raise invalid_input("path", "not_the_organizations")
    await database().call("count_inspection", user_id=user_id)
    # Nothing is fetched before it is this file's turn: who waits holds no file.
    async with _TURNS.turn(user_id):
        with TemporaryDirectory(prefix="upload-") as folder:
            source, made = Path(folder, "source"), Path(folder, "made")
            try:
                with source.open("wb") as file:  # noqa: ASYNC230 - the disk of this machine, a piece at a time
                    downloaded: Downloaded = await storage().download(
                        token, bucket, upload.path, file, LARGEST_UPLOAD
                    )
                verdict = await _inspect(what, source, made)
            except TooLarge:
                verdict = Verdict(code="too_large")
            if verdict.code or not verdict.content_type:
                await discard(bucket, upload.path)
                raise invalid_input("path", verdict.code or "damaged")
            yield InspectedFile(user_id, verdict.content_type, downloaded.bytes, downloaded.sha256, made)


async def discard(bucket: str, path: str) -> None:
    """Remove a file that is of no more use. When that fails it stays, private and unused.

    Accepted evidence stays, whatever a later inspection says: with the file gone, another could be put in its place.
    """
    with contextlib.suppress(Problem):
        accepted = database().table("evidence_files").select("path").eq("path", path)
        if not await database().rows(accepted):
            await storage().remove(bucket, [path])


async def _inspect(what: str, source: Path, made: Path) -> Verdict:
    """The verdict of a child process. Raises Problem 503 when it is our own fault that there is none."""
    async with child(_INSPECTOR, what, str(source), str(made)) as process:
        try:
            async with asyncio.timeout(INSPECTION_SECONDS):
                said, complaint = await process.communicate()
        except TimeoutError:
            logs.warning("a file took too long to inspect")
            return Verdict(code="damaged")
    if is_down(process, complaint):
        return Verdict(code="damaged")
    return Verdict.model_validate(json_text.parse(said))
