"""A code in a style, in the format and size somebody asks for."""

import math

from core import logs
from core.http import invalid_input
from core.storage import storage

from qr import pdf, png, svg
from qr.layout import Layout
from qr.style import Format, Style

_LOGOS = "organization-logos"
CONTENT_TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
USUAL_SIZES: dict[Format, float] = {"png": 1024, "svg": 40, "pdf": 40}
"""Pixels, or millimetres."""
LARGEST_PIXELS = 4096
"""16 MB when it is unfolded."""
LEAST_MODULE = 2
"""Pixels of a module: of less, cameras make out nothing once a picture is scaled."""
_MILLIMETRES = (5, 2000)


def check_size(layout: Layout, format: Format, size: float) -> None:
    """Problem 422 for a size that is not drawn: nothing has been drawn yet."""
    if not math.isfinite(size):
        raise invalid_input("size", "invalid")
    if format == "png":
        if size != int(size):
            raise invalid_input("size", "invalid")
        fits = size <= LARGEST_PIXELS and png.module_pixels(layout, int(size)) >= LEAST_MODULE
    else:
        least, most = _MILLIMETRES
        fits = least <= size <= most
    if not fits:
        raise invalid_input("size", "out_of_range")


def draw(layout: Layout, format: Format, size: float, logo: bytes | None) -> bytes:
    """The drawing. The same bytes for the same things, so that a hash of them names it."""
    if format == "png":
        return png.draw(layout, int(size), logo)
    if format == "svg":
        return svg.draw(layout, size, logo)
    return pdf.draw(layout, size, logo)


async def fetch_logo(style: Style) -> bytes | None:
    """The logo of a style; None without one, and for one whose file is gone: the code is read without it."""
    if not style.logo_path:
        return None
    logo = await storage().public(_LOGOS, style.logo_path)
    if logo is None:
        logs.warning("a logo is not there", path=style.logo_path)
    return logo
