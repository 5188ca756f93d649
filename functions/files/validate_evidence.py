"""validate_evidence: is this file what a moderator can look at? Only then it can be handed in with a request."""

from core.database import database
from core.http import read
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from files.uploads import Uploaded, inspected

BUCKET = "status-evidence"


class Evidence(Uploaded):
    """With the name that it has where it was chosen; Postgres makes of it what may be shown."""

    name: str | None = Field(default=None, max_length=1000)


async def answer(request: Request) -> Response:
    """`{organization_id, path, name?}` → `{path, content_type, bytes, sha256}`: pdf, jpeg or png of at most 10 MB.

    organization_id is null for the evidence of the caller's own claims, at `claims/<user_id>/…`.
    """
    upload = await read(request, Evidence)
    async with inspected(request, upload, BUCKET, "evidence") as file:
        accepted = {
            "path": upload.path,
            "content_type": file.content_type,
            "bytes": file.bytes,
            "sha256": file.sha256,
        }
        await database().call(
            "accept_evidence",
            organization_id=str(upload.organization_id) if upload.organization_id else None,
            uploaded_by=file.user_id,
            name=upload.name,
            **accepted,
        )
    return JSONResponse(accepted)
