"""validate_logo: from a picture somebody uploaded to the logo everybody sees.

What was uploaded never becomes public: a new picture is drawn from it, without the place it was taken at.
"""

import hashlib
from typing import Literal

from core.database import database
from core.http import bearer_token, read
from core.storage import storage
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from files.uploads import Uploaded, discard, inspected

UPLOADS = "organization-uploads"
LOGOS = "organization-logos"


class Logo(Uploaded):
    """A picture, and what it is to be the logo of."""

    purpose: Literal["organization", "qr"] = "organization"


async def answer(request: Request) -> Response:
    """`{organization_id, path, purpose: organization|qr}` → `{logo_path}`: 512 × 512 WebP in the public bucket
    organization-logos; the organization's own from then on, or (qr) one that its codes may have in the middle.
    """
    token = bearer_token(request)
    upload = await read(request, Logo)
    await (
        database()
        .as_person(token)
        .call("begin_logo", organization_id=str(upload.organization_id), purpose=upload.purpose)
    )
    async with inspected(request, upload, UPLOADS, "logo") as file:
        logo = file.made.read_bytes()
        # Named by its content: another picture has another address, so this one may be cached for ever.
        logo_path = f"{upload.organization_id}/{hashlib.sha256(logo).hexdigest()[:32]}.webp"
        await storage().upload(LOGOS, logo_path, logo, file.content_type)
        if upload.purpose == "organization":
            await database().call(
                "set_logo", organization_id=str(upload.organization_id), logo_path=logo_path
            )
    await discard(UPLOADS, upload.path)
    return JSONResponse({"logo_path": logo_path})
