"""How a code looks, and how large it is drawn. What may be and what is filled in says the database (sql/54_qr_style)."""

from typing import Literal

from core.models import Model

Format = Literal["png", "svg", "pdf"]


class Style(Model):
    """A style as the database keeps it, whole."""

    foreground: str
    """`#rrggbb`, as the background."""
    background: str
    error_correction: Literal["L", "M", "Q", "H"]
    module_shape: Literal["square", "rounded", "dots"]
    quiet_zone: int
    """Modules."""
    logo_path: str | None
    """In the bucket organization-logos."""
    logo_scale: float
    """Its share of the symbol's width, without the quiet zone."""
    frame_text: str | None
    """The call to action. None: no frame."""
    frame_language: Literal["ru", "en"] | None


def rgb(colour: str) -> tuple[int, int, int]:
    """The parts of `#rrggbb`, 0 to 255."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue
