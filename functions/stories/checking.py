"""What was uploaded for a story: looked into once, and made into what the public gets.

The database says who may have it looked at, whether it was, and by whom it is just now: a check holds a lease, so that one
that was killed is followed by another. Whatever it left lies under a name nobody knows, and is swept.
"""

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from uuid import UUID

from core.database import database
from core.http import Asked, Problem, bearer_token, read
from core.models import Model
from core.storage import storage
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stories.inspection import TURNS, Finding, MadeFile, inspect
from stories.public_files import BUCKET, signed

Kind = Literal["video", "image"]


class Uploaded(Asked):
    """Media whose file was uploaded."""

    media_id: UUID


class _Upload(Model):
    """Where the file lies, and what Storage knows of it."""

    bucket: str
    path: str
    bytes: int
    content_type: str | None


async def answer_with_check(request: Request, kind: Kind) -> Response:
    """What `validate_video` and `validate_image` answer."""
    token = bearer_token(request)
    asked = await read(request, Uploaded)
    person = database().as_person(token)
    async with TURNS.turn(await person.id()):
        media = await person.call("begin_media_check", media_id=str(asked.media_id), kind=kind)
        if media["check_id"]:
            media = await _checked(media)
    return JSONResponse(await _answer(media))


async def _checked(begun: dict[str, Any]) -> dict[str, Any]:
    """Look into it and say what was found; the media as they are then. What cannot be finished is given back."""
    which = {"media_id": begun["media_id"], "check_id": begun["check_id"]}
    made = str(begun["made"]["folder"])
    upload = _Upload.model_validate(begun["upload"])
    try:
        with TemporaryDirectory(prefix="media-") as folder:
            finding = await _look(begun["kind"], upload, Path(folder))
            files = [] if finding.problems else await _publish(finding, upload, made, Path(folder))
        settled = await database().call(
            "settle_media_check",
            **which,
            finding={
                **finding.model_dump(
                    include={"problems", "content_type", "duration_seconds", "width", "height"}
                ),
                "files": [file.model_dump() for file in files],
            },
        )
    except BaseException:
        with contextlib.suppress(Problem):
            await database().call("settle_media_check", **which)
        raise
    # Looked at once: nobody needs what was uploaded any more, nor what was made by a check that came too late.
    with contextlib.suppress(Problem):
        if settled["settled"]:
            await storage().remove(upload.bucket, [upload.path])
        elif files:
            await storage().remove(BUCKET, [f"{made}{file.name}" for file in files])
    if settled["media"] is None:
        raise Problem(404, "not_found", "There are no such media.")
    media: dict[str, Any] = settled["media"]
    return media


async def _look(kind: Kind, upload: _Upload, folder: Path) -> Finding:
    async def part(offset: int, length: int) -> bytes:
        return await storage().read(upload.bucket, upload.path, offset, length)

    return await inspect(kind, upload.bytes, part, folder)


async def _publish(finding: Finding, upload: _Upload, made: str, folder: Path) -> list[MadeFile]:
    """Put what the public gets into its bucket. A film that may stay as it is is copied where it lies."""
    files = list(finding.files)
    for file in files:
        await storage().upload_file(BUCKET, f"{made}{file.name}", folder / file.name, file.content_type)
    if finding.is_public_as_it_is:
        film = _film(finding, upload)
        if upload.content_type == film.content_type:
            await storage().copy(upload.bucket, upload.path, BUCKET, f"{made}{film.name}")
        else:
            copy = folder / "as-it-is"
            with copy.open("wb") as to:
                await storage().fetch(upload.bucket, upload.path, to, upload.bytes)
            await storage().upload_file(BUCKET, f"{made}{film.name}", copy, film.content_type)
        files.append(film)
    return files


def _film(finding: Finding, upload: _Upload) -> MadeFile:
    return MadeFile.model_validate(
        {
            "name": "video.webm" if finding.content_type == "video/webm" else "video.mp4",
            "content_type": finding.content_type,
            "bytes": upload.bytes,
            "width": finding.width,
            "height": finding.height,
        }
    )


async def _answer(media: dict[str, Any]) -> dict[str, Any]:
    poster = [file["path"] for file in media["files"] if file["content_type"].startswith("image/")][:1]
    return {
        "media_id": media["media_id"],
        "status": media["status"],
        "duration_seconds": media["duration_seconds"],
        "width": media["width"],
        "height": media["height"],
        "poster_url": (await signed(poster))[0] if poster else None,
        "problems": media["problems"],
    }
