"""validate_video: is the film somebody uploaded for a story what it says it is? What the public gets is made of it."""

from starlette.requests import Request
from starlette.responses import Response

from stories.checking import answer_with_check


async def answer(request: Request) -> Response:
    """`{media_id}`, by an editor → `{media_id, status, duration_seconds, width, height, poster_url, problems: [code]}`.

    Fit is mp4, mov or webm, at most 100 MB and 5 minutes. status: ready; refused (problems say why); checking
    (somebody else has it looked at just now). Asked again, it says the same. poster_url: its picture for an hour, or null.
    404 before the upload.
    """
    return await answer_with_check(request, "video")
