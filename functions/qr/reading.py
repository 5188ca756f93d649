"""Whether cameras will read a code: two decoders that have nothing in common look at it as it is, blurred, and small."""

from collections.abc import Callable
from io import BytesIO

import cv2
import numpy as np
import numpy.typing as npt
import zxingcpp
from PIL import Image, ImageFilter

from qr import png
from qr.layout import Layout

Picture = npt.NDArray[np.uint8]
"""Shades of grey."""

_SIDE = 640
"""Pixels: more than a camera gives to a code it looks at."""
_QUICK = 4
"""Pixels of a module."""
_QR_CODES = zxingcpp.barcode_formats_from_str("QRCode")
_SMALL = 0.4
"""As a camera sees it from far: 256 pixels."""
_BLUR = 0.3
"""How far out of focus, in modules."""
LEAST_MODULE_MM = 0.4
"""The least width of a printed module that any phone reads at the distance of a hand: 0.396 mm, GS1 General Specifications,
5.12.3.1, of QR codes with a web address."""


def read_by_zxing(picture: Picture) -> set[str]:
    """What zxing-cpp finds, of whatever kind of code."""
    return {found.text for found in zxingcpp.read_barcodes(picture)}


def read_by_opencv(picture: Picture) -> set[str]:
    """What OpenCV finds, QR codes only. Its detector of several codes misses some it can read, so both are asked."""
    _, texts, _, _ = cv2.QRCodeDetectorAruco().detectAndDecodeMulti(picture)
    return {text for text in (*texts, cv2.QRCodeDetector().detectAndDecode(picture)[0]) if text}


DECODERS: dict[str, Callable[[Picture], set[str]]] = {"zxing": read_by_zxing, "opencv": read_by_opencv}


LOOKS = ("clean", "blurred", "small")


def decodes(layout: Layout, logo: bytes | None) -> dict[str, dict[str, bool]]:
    """Of each decoder and each way to see the code: whether it reads its address, and nothing else."""
    with Image.open(BytesIO(png.draw(layout, _SIDE, logo))) as drawn:
        clean = drawn.convert("L")
    module = png.module_pixels(layout, _SIDE)
    seen = (
        clean,
        clean.filter(ImageFilter.GaussianBlur(module * _BLUR)),
        clean.resize((round(clean.width * _SMALL), round(clean.height * _SMALL)), Image.Resampling.BOX),
    )
    pictures = {name: np.asarray(image) for name, image in zip(LOOKS, seen, strict=True)}
    return {
        decoder: {
            name: (read(picture) or read(_nearer(picture))) == {layout.text}
            for name, picture in pictures.items()
        }
        for decoder, read in DECODERS.items()
    }


def _nearer(picture: Picture) -> Picture:
    """A second look, as a hand that holds a phone moves a little."""
    return cv2.resize(picture, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA).astype(np.uint8)


def is_read(layout: Layout, logo: bytes | None) -> bool:
    """Whether the code as it is drawn can be read: a quick look, by one decoder."""
    with Image.open(BytesIO(png.draw(layout, layout.width * _QUICK, logo))) as drawn:
        picture = np.asarray(drawn.convert("L"))
    # told what to look for, it is eight times as fast
    found = zxingcpp.read_barcodes(picture, formats=_QR_CODES)
    return {each.text for each in found} == {layout.text}


def least_millimetres(layout: Layout) -> float:
    """How wide the drawing is printed at least."""
    return round(layout.width * LEAST_MODULE_MM + 0.05, 1)
