"""Codes as tests draw them: styles, a logo, and what cameras make of a drawing."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw
from qr.style import Style

ADDRESS = "https://CHST.EXAMPLE/Q/ABCDEFGHJK"
PLAIN: dict[str, Any] = {
    "foreground": "#000000", "background": "#ffffff", "error_correction": "M", "module_shape": "square", "quiet_zone": 4,
    "logo_path": None, "logo_scale": 0.25, "frame_text": None, "frame_language": None,
}  # fmt: skip
WITH_LOGO = {"logo_path": "0192d3a0-0000-7000-8000-000000000001/logo.webp", "error_correction": "H"}
FRAMED = {"frame_text": "Проверьте производителя", "frame_language": "ru"}
STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "coloured": {"foreground": "#1b2a4a", "background": "#fff8e7", "error_correction": "Q"},
    "rounded": {"module_shape": "rounded", "foreground": "#7a1f1f"},
    "dots": {"module_shape": "dots", "error_correction": "L", "quiet_zone": 6},
    "logo": WITH_LOGO | {"logo_scale": 0.3},
    "dots with a logo": WITH_LOGO | {"module_shape": "dots", "foreground": "#0b4f2a", "background": "#f1ffe9"},
    "framed": FRAMED,
    "everything": WITH_LOGO | FRAMED | {"module_shape": "rounded", "foreground": "#1b2a4a", "background": "#fff8e7",
                                        "frame_text": "Scan to see who made this", "frame_language": "en"},
}  # fmt: skip


def style(**changed: Any) -> Style:
    return Style.model_validate(PLAIN | changed)


@cache
def logo(format: str = "WEBP") -> bytes:
    """A round red mark with holes in it, on nothing."""
    image = Image.new("RGBA", (512, 512))
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 8, 504, 504), fill="#c8102e")
    draw.rectangle((180, 100, 332, 412), fill="#ffffff")
    draw.ellipse((206, 206, 306, 306), fill="#00a651")
    out = BytesIO()
    image.save(out, format)
    return out.getvalue()
