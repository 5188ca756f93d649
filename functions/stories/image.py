"""A picture of a story: what it is, and copies for the public in several sizes, with nothing in them but the picture."""

from io import BytesIO
from pathlib import Path
from typing import Any

from files.inspector import MAX_PIXELS, PICTURES, in_eight_bits, in_our_colours
from PIL import Image, UnidentifiedImageError

from stories.source import Source, Unfit

LONGEST_SIDE = 16_383
"""Pixels: what a WebP can have."""
WIDTHS = (320, 640, 1280)
LARGEST_WIDTH = 1920
_QUALITY = 82
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's Orientation: how the picture is set upright."""
_SIDEWAYS = (5, 6, 7, 8)


def look_at_image(source: Source, folder: Path, found: dict[str, Any]) -> None:
    """Say what the picture is, and make `image.webp` and the smaller `image-640.webp`, …. Raises Unfit."""
    source.reads_whole = True
    content = source.read(0, source.size)
    known = next((known for mark, known in PICTURES.items() if content.startswith(mark)), None)
    if known is None or (known[0] == "WEBP" and content[8:12] != b"WEBP"):
        raise Unfit("wrong_type")
    image = _opened(content, known[0])
    found["content_type"] = known[1]
    found["width"], found["height"] = image.size
    if max(image.size) > LONGEST_SIDE or image.width * image.height > MAX_PIXELS:
        raise Unfit("too_many_pixels")  # before its EXIF is looked for: a png is unfolded for that
    orientation = _orientation(image)
    is_sideways = orientation in _SIDEWAYS
    found["width"], found["height"] = image.size[::-1] if is_sideways else image.size
    width = min(found["width"], LARGEST_WIDTH)
    small = _reduced(image, (LONGEST_SIDE, width) if is_sideways else (width, LONGEST_SIDE))
    found["files"] = _made(_upright(small, orientation), folder)


def _opened(content: bytes, kind: str) -> Image.Image:
    """The picture, of which only the head was read."""
    Image.MAX_IMAGE_PIXELS = None  # counted here, where too many is an answer and not a warning
    try:
        return Image.open(BytesIO(content), formats=[kind])
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError):
        raise Unfit("damaged") from None


def _orientation(image: Image.Image) -> int:
    """Which side is up, by its EXIF; one that cannot be read says nothing."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def _reduced(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    """Unfolded, as large as is needed and never larger than it was, in sRGB."""
    profile = image.info.get("icc_profile")
    image.draft("RGB", box)  # a jpeg is unfolded no larger than is needed
    try:
        image.load()
    except OSError as failure:
        raise Unfit("truncated" if "truncated" in str(failure) else "damaged") from None
    except (ValueError, SyntaxError, EOFError):
        raise Unfit("damaged") from None
    plain = in_eight_bits(image)
    has_alpha = "A" in plain.getbands() or "transparency" in plain.info
    mode = "RGBA" if has_alpha else "CMYK" if plain.mode == "CMYK" else "RGB"
    plain = plain if plain.mode == mode else plain.convert(mode)
    plain.thumbnail(box, Image.Resampling.LANCZOS)
    ours: Image.Image = in_our_colours(plain, profile)
    return ours if ours.mode in ("RGB", "RGBA") else ours.convert("RGB")


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _made(image: Image.Image, folder: Path) -> list[dict[str, Any]]:
    """The files, the largest first."""
    made = [webp(image, folder / "image.webp")]
    for width in sorted((width for width in WIDTHS if width < image.width), reverse=True):
        image = image.resize(
            (width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS
        )
        made.append(webp(image, folder / f"image-{width}.webp"))
    return made


def webp(image: Image.Image, file: Path) -> dict[str, Any]:
    """Write the picture and nothing else: no EXIF, XMP or profile. What was made, as `MadeFile`."""
    image.save(file, "WEBP", quality=_QUALITY, method=4, exif=b"", xmp=b"", icc_profile=None)
    return {
        "name": file.name,
        "content_type": "image/webp",
        "bytes": file.stat().st_size,
        "width": image.width,
        "height": image.height,
    }
