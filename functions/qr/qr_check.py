"""qr_check: whether cameras will read a code of this style, before it is printed."""

import asyncio
from typing import Annotated, Any

from core.database import database
from core.http import Asked, bearer_token, read
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qr.drawing import fetch_logo
from qr.layout import lay_out
from qr.reading import DECODERS, LOOKS, decodes, least_millimetres
from qr.style import Style


class Check(Asked):
    """A style, and how wide it is to be printed."""

    style: dict[str, Any]
    size_mm: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None


async def answer(request: Request) -> Response:
    """`{style, size_mm?}`, by a member of an organization → `{ok, contrast, dark_on_light, decodes: {zxing: {clean, blurred,
    small}, opencv: {…}}, min_mm, problems: [code]}`.

    `ok` only when the database finds nothing wrong with the style, both decoders read the code's own address and nothing
    else however it is seen (else `unreadable`), and it is printed large enough (else `too_small`). Of a style that cannot
    even be drawn nothing is read, and `min_mm` is null.
    """
    token = bearer_token(request)
    asked = await read(request, Check)
    found = await database().as_person(token).call("check_qr_style", style=asked.style)
    problems: list[str] = found["problems"]
    seen = {decoder: dict.fromkeys(LOOKS, False) for decoder in DECODERS}
    least = None
    if found["style"]:
        layout = lay_out(found["url"], Style.model_validate(found["style"]))
        logo = await fetch_logo(layout.style)
        seen = await asyncio.to_thread(decodes, layout, logo)
        least = least_millimetres(layout)
        if layout.style.logo_path and logo is None:
            problems.append("unknown")
        if not all(all(looks.values()) for looks in seen.values()):
            problems.append("unreadable")
        if asked.size_mm is not None and asked.size_mm < least:
            problems.append("too_small")
    return JSONResponse(
        {
            "ok": not problems,
            "contrast": found["contrast"],
            "dark_on_light": found["dark_on_light"],
            "decodes": seen,
            "min_mm": least,
            "problems": problems,
        }
    )
