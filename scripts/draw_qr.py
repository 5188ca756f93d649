"""Draws one code over and over, in one way, in a process of its own: `draw_qr.py <way> <address> <times>`. For bench_qr.

Writes one JSON object: {version, milliseconds (of the processor, each), bytes, drawing (base64)}. The first drawing is not
counted: what a way sets up once, it sets up for all codes of a batch.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qr.style import Style

INK, PAPER = "#1b2a4a", "#fff8e7"
SIDE = 1024
LOGO_SHARE = 0.25


def logo() -> bytes:
    """A mark of two colours on nothing, as an organization's logo is kept."""
    from PIL import Image, ImageDraw

    image = Image.new("RGBA", (512, 512))
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 8, 504, 504), fill="#c8102e")
    draw.rectangle((180, 100, 332, 412), fill="#ffffff")
    out = BytesIO()
    image.save(out, "WEBP")
    return out.getvalue()


def ours_png(address: str) -> Callable[[], bytes]:
    from qr.drawing import draw
    from qr.layout import lay_out

    mark = logo()
    return lambda: draw(lay_out(address, _style(logo_path="its", logo_scale=LOGO_SHARE)), "png", SIDE, mark)


def ours_svg(address: str) -> Callable[[], bytes]:
    from qr.drawing import draw
    from qr.layout import lay_out

    return lambda: draw(lay_out(address, _style()), "svg", 40, None)


def _style(**more: object) -> Style:
    from qr.style import Style

    plain = {
        "foreground": INK,
        "background": PAPER,
        "error_correction": "H",
        "module_shape": "square",
        "quiet_zone": 4,
    }
    rest = {"logo_path": None, "logo_scale": LOGO_SHARE, "frame_text": None, "frame_language": None}
    return Style.model_validate(plain | rest | more)


def qrcode_png(address: str) -> Callable[[], bytes]:
    """PilImage in two colours, and the logo pasted by hand: what its users do who care for time."""
    draw = qrcode_pictures()
    return lambda: draw(address)


def qrcode_pictures() -> Callable[[str], bytes]:
    import qrcode
    from PIL import Image

    mark = Image.open(BytesIO(logo())).convert("RGBA")

    def draw(address: str) -> bytes:
        code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_H)
        code.add_data(address)
        code.make()
        code.box_size = SIDE // (code.modules_count + 8)
        image = code.make_image(fill_color=INK, back_color=PAPER).get_image().convert("RGB")
        side = round(code.modules_count * code.box_size * LOGO_SHARE)
        small = mark.resize((side, side), Image.Resampling.LANCZOS)
        image.paste(small, ((image.width - side) // 2,) * 2, small)
        out = BytesIO()
        image.save(out, "PNG")
        return out.getvalue()

    return draw


def qrcode_zip(address: str) -> Callable[[], bytes]:
    """Those pictures in a ZIP made in memory, of codes that follow each other: each drawing is one more."""
    import zipfile
    from itertools import count

    draw, archive = qrcode_pictures(), zipfile.ZipFile(BytesIO(), "w", zipfile.ZIP_DEFLATED)
    codes = map("{:010}".format, count())

    def add() -> bytes:
        code = next(codes)
        picture = draw(address + code)
        archive.writestr(f"{code}.png", picture)
        return picture

    return add


def qrcode_svg(address: str) -> Callable[[], bytes]:
    import qrcode
    from qrcode.image.svg import SvgPathImage

    def draw() -> bytes:
        code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_H)
        code.add_data(address)
        drawing: bytes = code.make_image(image_factory=SvgPathImage).to_string()
        return drawing

    return draw


def segno_svg(address: str) -> Callable[[], bytes]:
    import segno

    def draw() -> bytes:
        out = BytesIO()
        segno.make(address, error="h", micro=False, boost_error=False).save(
            out, kind="svg", dark=INK, light=PAPER
        )
        return out.getvalue()

    return draw


WAYS = {
    "ours_png": (ours_png, "qrcode"),
    "ours_svg": (ours_svg, "qrcode"),
    "qrcode_png": (qrcode_png, "qrcode"),
    "qrcode_zip": (qrcode_zip, "qrcode"),
    "qrcode_svg": (qrcode_svg, "qrcode"),
    "segno_svg": (segno_svg, "segno"),
}


def main() -> None:
    way, address, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
    make, package = WAYS[way]
    draw = make(address)
    drawing = draw()
    began = time.process_time()
    for _ in range(times):
        draw()
    milliseconds = (time.process_time() - began) * 1000 / times
    said = {"version": version(package), "milliseconds": milliseconds, "bytes": len(drawing)}
    print(json.dumps(said | {"drawing": base64.b64encode(drawing).decode()}))


if __name__ == "__main__":
    main()
