"""A code as PDF, in millimetres: one page of the code's size. Its words are outlines: it needs no font.

Of PDF (ISO 32000-2) it takes little: five objects, two of them packed.
"""

import zlib
from collections.abc import Iterable
from itertools import accumulate

from qr import logo as logos
from qr import vectors
from qr.layout import Layout
from qr.style import rgb
from qr.words import Step

_POINTS = 72 / 25.4
"""Of a millimetre."""
_OPERATORS = {"M": "m", "L": "l", "C": "c", "Z": "h"}


def draw(layout: Layout, millimetres: float, logo: bytes | None) -> bytes:
    """The code as PDF, so many millimetres wide."""
    style, width, height = layout.style, layout.width, layout.height
    scale = millimetres / width * _POINTS
    ink, paper = (_fill(colour) for colour in (style.foreground, style.background))
    page = [
        f"{_short(scale)} 0 0 {_short(-scale)} 0 {_short(height * scale)} cm",
        paper,
        f"0 0 {width} {_short(height)} re f",
        ink,
    ]
    if style.frame_text:
        page += [_path(vectors.frame(layout)), "f*", paper, _path(vectors.words(layout)), "f", ink]
    page += [_path(vectors.symbol(layout)), "f*"]
    pictures = []
    if logo and layout.logo_side:
        side = layout.logo_side - 1
        at = (width - side) / 2
        page.append(f"{side} 0 0 {-side} {at} {at + side} cm /Logo Do")
        pictures = [_picture(logos.pixels(logo, logos.SIDE, style.background).rgb(), logos.SIDE)]
    resources = "<</XObject<</Logo 5 0 R>>>>" if pictures else "<<>>"
    box = f"[0 0 {_short(width * scale)} {_short(height * scale)}]"
    return _file(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox{box}/Contents 4 0 R/Resources{resources}>>".encode(),
        _stream("", "\n".join(page).encode()),
        *pictures,
    )


def _file(*objects: bytes) -> bytes:
    """Objects by turns, and where each begins."""
    head = b"%PDF-1.7\n%\xd0\xa7\xd0\xb5\xd1\x81\n"
    numbered = [b"%d 0 obj\n%b\nendobj\n" % (number, content) for number, content in enumerate(objects, 1)]
    begins = list(accumulate(map(len, numbered), initial=len(head)))
    table = b"".join(b"%010d 00000 n \n" % at for at in begins[:-1])
    count = len(objects) + 1
    return b"".join(
        (
            head,
            *numbered,
            b"xref\n0 %d\n0000000000 65535 f \n%b" % (count, table),
            b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, begins[-1]),
        )
    )


def _picture(colours: bytes, side: int) -> bytes:
    size = f"/Width {side}/Height {side}"
    return _stream(f"/Type/XObject/Subtype/Image{size}/ColorSpace/DeviceRGB/BitsPerComponent 8", colours)


def _stream(entries: str, content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (
        entries.encode(),
        len(packed),
        packed,
    )


def _fill(colour: str) -> str:
    return " ".join(_short(part / 255) for part in rgb(colour)) + " rg"


def _path(steps: Iterable[Step]) -> str:
    return "\n".join(f"{' '.join(map(_short, points))} {_OPERATORS[step]}" for step, points in steps)


def _short(number: float) -> str:
    """With four digits behind the point, as far as they are needed."""
    return f"{number:.4f}".rstrip("0").rstrip(".")
