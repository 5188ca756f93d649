"""A code in pixels.

Of a picture of a few colours a PNG is made here, not by Pillow: each row is written as what differs from the row above
it (the filter Up), which for modules is nothing most of the time, and nothing packs well and at once.
"""

import struct
import zlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from zlib_ng import zlib_ng

from qr import logo as logos
from qr import words
from qr.layout import BAND, DOT, FRAME, Layout, corners
from qr.style import Style, rgb

Canvas = npt.NDArray[np.uint8]
"""Indexes of colours: 0 is the background, _INK the foreground, between them the steps of an edge, then the logo's."""

_INK = 15
_UP = 2
"""https://www.w3.org/TR/png-3/#9Filter-types"""


def module_pixels(layout: Layout, size: int) -> int:
    """How many pixels wide and high a module is in a picture of so many. What is left over is quiet zone."""
    return size // layout.width


def draw(layout: Layout, size: int, logo: bytes | None) -> bytes:
    """The code as PNG, exactly `size` pixels wide."""
    style = layout.style
    module = module_pixels(layout, size)
    symbol = _symbol(layout, module)
    canvas = _frame(style, size, module * FRAME) if style.frame_text else np.zeros((size, size), np.uint8)
    begins = (size - len(symbol)) // 2
    canvas[begins : begins + len(symbol), begins : begins + len(symbol)] = symbol
    palette = _ramp(style.foreground, style.background)
    if logo and layout.logo_side:
        picture = logos.pixels(logo, (layout.logo_side - 1) * module, style.background)
        at = (size - len(picture.indexes)) // 2
        canvas[at : at + len(picture.indexes), at : at + len(picture.indexes)] = picture.indexes + (_INK + 1)
        palette += picture.palette
    return encode(canvas, palette)


def _symbol(layout: Layout, module: int) -> Canvas:
    """The modules alone, each of so many pixels."""
    dark, patterns = layout.symbol.modules, layout.symbol.patterns
    if layout.style.module_shape == "square":
        return (dark * np.uint8(_INK)).repeat(module, 0).repeat(module, 1)
    tiles = _tiles(layout.style.module_shape, module)
    which = dark.astype(np.intp)  # the first tile is light, the second a whole square
    if layout.style.module_shape == "rounded":
        for i, corner in enumerate(corners(dark)):
            which += (corner & ~patterns).astype(np.intp) << i
    else:
        which += (dark & ~patterns).astype(np.intp)
    side = len(dark) * module
    return tiles[which].transpose(0, 2, 1, 3).reshape(side, side)


@lru_cache(maxsize=64)
def _tiles(shape: str, module: int) -> Canvas:
    """A light module, a dark one, and those with what the shape takes away."""
    whole = np.full((module, module), _INK, np.uint8)
    tiles = [whole * 0, whole]
    if shape == "dots":
        middle = _disc(module, module * DOT / 2, module / 2, module / 2)
        return np.array([*tiles, middle])
    for rounded in range(1, 16):
        tile = whole.copy()
        half = (module + 1) // 2
        for i, part in enumerate(
            np.s_[y, x] for y in (np.s_[:half], np.s_[-half:]) for x in (np.s_[:half], np.s_[-half:])
        ):
            if rounded >> i & 1:
                tile[part] = _disc(module, module / 2, module / 2, module / 2)[part]
        tiles.append(tile)
    return np.array(tiles)


def _disc(side: int, radius: float, x: float, y: float) -> Canvas:
    """A disc around x, y in a square of so many pixels; what is half covered is half dark."""
    at = np.arange(side) + 0.5
    distance = np.hypot(at[:, None] - y, at - x)
    disc: Canvas = np.rint(np.clip(radius - distance + 0.5, 0, 1) * _INK).astype(np.uint8)
    return disc


def _frame(style: Style, size: int, side: int) -> Canvas:
    """A frame of the foreground's colour around a light square, and the words in a band below it."""
    band = round(size * BAND)
    canvas = _rounded(size, size + band, 2 * side)
    inner = size - 2 * side
    canvas[side : side + inner, side : side + inner] -= _rounded(inner, inner, side)
    letters = words.pixels(style.frame_text or "", size, band + side, 2 * side)
    canvas[size - side :] -= (letters.astype(np.uint16) * _INK // 255).astype(np.uint8)
    return canvas


def _rounded(width: int, height: int, radius: int) -> Canvas:
    """A dark rectangle with round corners."""
    whole = np.full((height, width), _INK, np.uint8)
    disc = _disc(2 * radius, radius, radius, radius)
    for y, x in ((0, 0), (0, width - radius), (height - radius, 0), (height - radius, width - radius)):
        down, right = (radius if y else 0), (radius if x else 0)
        whole[y : y + radius, x : x + radius] = disc[down : down + radius, right : right + radius]
    return whole


def _ramp(foreground: str, background: str) -> bytes:
    """The colours from the background to the foreground."""
    steps = np.linspace(rgb(background), rgb(foreground), _INK + 1)
    return np.rint(steps).astype(np.uint8).tobytes()


def encode(canvas: Canvas, palette: bytes) -> bytes:
    """A PNG of indexes into a palette."""
    height, width = canvas.shape
    rows = np.empty((height, width + 1), np.uint8)
    rows[:, 0] = _UP
    rows[0, 1:] = canvas[0]
    np.subtract(canvas[1:], canvas[:-1], out=rows[1:, 1:])
    packer = zlib_ng.compressobj(1, strategy=zlib_ng.Z_RLE)
    packed = packer.compress(rows) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits, indexes of a palette
    chunks = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
