"""A code as SVG, in millimetres. Its words are outlines and its logo stands in it: it needs no font and no other file."""

import base64
from collections.abc import Iterable
from xml.sax.saxutils import escape

from qr import logo as logos
from qr import vectors
from qr.layout import Layout
from qr.png import encode
from qr.words import Step


def draw(layout: Layout, millimetres: float, logo: bytes | None) -> bytes:
    """The code as SVG, so many millimetres wide."""
    style = layout.style
    width, height = layout.width, layout.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="{_short(millimetres)}mm" height="{_short(millimetres * height / width)}mm"'
        f' viewBox="0 0 {width} {_short(height)}" role="img"><title>{escape(layout.text)}</title>'
        f'<path fill="{style.background}" d="M0 0h{width}v{_short(height)}H0z"/>'
    ]
    if style.frame_text:
        parts += [
            f'<path fill="{style.foreground}" fill-rule="evenodd" d="{_path(vectors.frame(layout))}"/>',
            f'<path fill="{style.background}" d="{_path(vectors.words(layout))}"/>',
        ]
    symbol = _square(layout) if style.module_shape == "square" else _path(vectors.symbol(layout))
    parts += [f'<path fill="{style.foreground}" fill-rule="evenodd" d="{symbol}"/>']
    if logo and layout.logo_side:
        picture = logos.pixels(logo, logos.SIDE, style.background)
        image = base64.b64encode(encode(picture.indexes, picture.palette)).decode()
        side = layout.logo_side - 1
        at = (width - side) / 2
        parts += [
            f'<image x="{at}" y="{at}" width="{side}" height="{side}" xlink:href="data:image/png;base64,{image}"/>'
        ]
    return "".join((*parts, "</svg>")).encode()


def _square(layout: Layout) -> str:
    """The symbol's path of whole modules, each side as far as it goes: shorter and sooner made than by points."""
    path = []
    for loop in vectors.angular(layout):
        (x, y), *rest = loop.corners
        path.append(f"M{layout.begins + x} {layout.begins + y}")
        for (beside, _), (_, below) in zip(rest[0::2], rest[1::2], strict=False):
            path.append(f"h{beside - x}v{below - y}")
            x, y = beside, below
        path.append(f"h{rest[-1][0] - x}z")
    return "".join(path)


def _path(steps: Iterable[Step]) -> str:
    return "".join(step + " ".join(map(_short, points)) for step, points in steps)


def _short(number: float) -> str:
    """With three digits behind the point, as far as they are needed."""
    return f"{number:.3f}".rstrip("0").rstrip(".")
