"""The logo in the middle, made ready once for all codes of a batch."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from qr.style import rgb

SIDE = 512
"""Pixels of a logo in what is drawn in vectors."""
_COLOURS = 240


@dataclass(frozen=True)
class Pixels:
    """A square picture without transparency, of at most 240 colours."""

    indexes: npt.NDArray[np.uint8]
    palette: bytes
    """Red, green, blue of each index."""

    def rgb(self) -> bytes:
        """Three bytes a pixel, row by row."""
        colours = np.frombuffer(self.palette, np.uint8).reshape(-1, 3)
        return colours[self.indexes].tobytes()


@lru_cache(maxsize=32)
def pixels(logo: bytes, side: int, background: str) -> Pixels:
    """A logo (WebP or PNG) on a background of this colour, as large as it can be in a square of so many pixels."""
    with Image.open(BytesIO(logo), formats=["WEBP", "PNG"]) as image:
        ours = image.convert("RGBA")
    scale = side / max(ours.size)
    ours = ours.resize(
        (max(round(ours.width * scale), 1), max(round(ours.height * scale), 1)), Image.Resampling.LANCZOS
    )
    square = Image.new("RGBA", (side, side), (*rgb(background), 255))
    square.alpha_composite(ours, ((side - ours.width) // 2, (side - ours.height) // 2))
    reduced = square.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    return Pixels(np.asarray(reduced), bytes(reduced.getpalette() or b"")[: 3 * _COLOURS])
