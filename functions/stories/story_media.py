"""story_media/<story_id>/<file>: a film or picture of a story, for everybody while it is published; for members before."""

import re
from typing import Any
from uuid import UUID

from core.database import database
from core.http import Asked, Problem, bearer_token, read
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stories.public_files import move, signed

_FILE = re.compile(r"([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})/([0-9a-f]{32}-[a-z0-9._-]{1,60})")


class Shown(Asked):
    """Media to look at."""

    media_id: UUID


async def answer(request: Request) -> Response:
    """`GET /<story_id>/<file>` → 302 to an address of the file that is good for an hour (`Range` works there), while the
    story is published; else 404. Withdrawn, the address dies within a minute; published again, the file has another name.

    `POST {media_id}`, by a member, or by a moderator once a story with them was submitted → `{media_id, kind, status,
    duration_seconds, width, height, problems, files: [{name, content_type, bytes, width, height, url}]}`: the film first,
    then pictures, the largest first; each url good for an hour.
    """
    if request.method == "POST":
        return await _show(request)
    asked = _FILE.fullmatch(request.path_params.get("path", ""))
    found = await database().call("story_file", story_id=asked[1], file=asked[2]) if asked else None
    if found and found["move"] and not await move(found["move"]):
        raise Problem(503, "unavailable", "The file is being moved.", "Try again in a second.", "1")
    (address,) = await signed([found["path"]]) if found else [None]
    if address is None:
        raise Problem(404, "not_found", "There is no such file.")
    return Response(status_code=302, headers={"Location": address})


async def _show(request: Request) -> Response:
    person = database().as_person(bearer_token(request))
    asked = await read(request, Shown)
    media = await person.call("story_media_to_show", media_id=str(asked.media_id))
    if media["move"]:  # an address that dies in a moment is of no use
        await move(media["move"])
        media = await person.call("story_media_to_show", media_id=str(asked.media_id))
    addresses = await signed([file["path"] for file in media["files"]])
    return JSONResponse(_answer(media, addresses))


def _answer(media: dict[str, Any], addresses: list[str | None]) -> dict[str, Any]:
    files = [
        {name: value for name, value in file.items() if name != "path"} | {"url": address}
        for file, address in zip(media["files"], addresses, strict=True)
    ]
    return {name: value for name, value in media.items() if name != "move"} | {"files": files}
