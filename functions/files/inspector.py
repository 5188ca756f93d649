"""Inspects one uploaded file by its content, in a process of its own: `python inspector.py evidence|logo <file> [<out>]`.

A file somebody uploads may be made to break the program that opens it. So it is opened by a child that has
no secrets in its environment, little memory and little time, and can at worst take itself down.

A file that brings the child down is refused for that: killed, it was a bomb. A child that ends with an error of our
own making has no verdict.

Writes one JSON object: `{"content_type": "application/pdf"}` when the file is fit, else `{"code": why}`; codes:

    empty              no bytes
    wrong_type         neither a document nor a picture that is taken here, whatever its name says
    damaged            of the right type, but it cannot be read to its end
    polyglot           also something else: an archive, a document, a page with a script
    encrypted          a document with a password
    no_pages           a document without pages
    active_content     a document with scripts, or actions that start something
    embedded_file      a document with other files in it
    too_many_pixels    a picture that unfolds to more than MAX_PIXELS
    animated           a picture that moves

A logo is also made: EXIF and GPS gone, on a transparent square of LOGO_SIDE pixels, WebP, written to <out>.
"""

import contextlib
import json
import sys
import warnings
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

MAX_PIXELS = 64_000_000
"""What a good phone makes, and 256 MB when it is unfolded."""
MAX_OBJECTS = 200_000
"""Objects in a document. A scan of a hundred pages has a few thousand."""
LOGO_SIDE = 512
_MEMORY_BYTES = 1536 * 1024 * 1024
_CPU_SECONDS = 20

_PICTURES = {
    b"\xff\xd8\xff": ("JPEG", "image/jpeg"),
    b"\x89PNG\r\n\x1a\n": ("PNG", "image/png"),
    b"RIFF": ("WEBP", "image/webp"),
}
_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
_MARKUP = (b"<script", b"<?php", b"<html", b"<svg", b"<!doctype")
_ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/GoToE",
    "/ImportData",
    "/SubmitForm",
    "/Rendition",
    "/RichMediaExecute",
}
_ACTIVE_ANNOTATIONS = {"/RichMedia", "/Screen", "/Movie", "/3D"}


class Unfit(Exception):
    """The file is refused; the argument is the code that says why."""


def inspect_evidence(content: bytes) -> str:
    """The type of a pdf, jpeg or png. Raises Unfit."""
    if content.startswith(b"%PDF-"):
        inspect_document(content)
        return "application/pdf"
    return inspect_picture(content, ("JPEG", "PNG"))


def inspect_document(content: bytes) -> None:
    """A pdf that any reader opens, and that does nothing by itself. Raises Unfit."""
    from pypdf import PdfReader

    tail = content[-1024:]
    if b"%%EOF" not in tail:
        raise Unfit("damaged")
    if zipfile.is_zipfile(BytesIO(content)) or any(
        mark in content[content.rfind(b"%%EOF") :] for mark in (*_ARCHIVES, *_MARKUP)
    ):
        raise Unfit("polyglot")
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted:
            raise Unfit("encrypted")
        objects = list(_objects(reader))
        if not len(reader.pages):
            raise Unfit("no_pages")
        for page in reader.pages:
            _ = page.mediabox
    except Unfit:
        raise
    except Exception:  # whatever a parser does when it is fed what it cannot eat
        raise Unfit("damaged") from None
    for found in objects:
        _inspect_object(found)


def _objects(reader: Any) -> Iterable[dict[str, Any]]:
    """Every dictionary in a document, also those no page leads to, and those inside others."""
    numbers = {number for table in reader.xref.values() for number in table} | set(reader.xref_objStm)
    if len(numbers) > MAX_OBJECTS:
        raise Unfit("damaged")
    from pypdf.generic import IndirectObject

    waiting: list[Any] = [reader.trailer]
    waiting += [IndirectObject(number, 0, reader) for number in sorted(numbers)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, IndirectObject):
            found = _read(reader, found)
        if isinstance(found, dict):
            yield found
            waiting += [value for value in found.values() if not isinstance(value, IndirectObject)]
        elif isinstance(found, list):
            waiting += [value for value in found if not isinstance(value, IndirectObject)]


def _read(reader: Any, reference: Any) -> Any:
    """An object; None when nothing stands under its number, as tables often claim."""
    for generation, table in reader.xref.items():
        if reference.idnum in table:
            reference = type(reference)(reference.idnum, generation, reader)
    return reader.get_object(reference)


def _inspect_object(found: dict[str, Any]) -> None:
    if "/EF" in found or "/EmbeddedFiles" in found or found.get("/Type") == "/EmbeddedFile":
        raise Unfit("embedded_file")
    if found.get("/Subtype") == "/FileAttachment":
        raise Unfit("embedded_file")
    if "/JS" in found or "/JavaScript" in found or "/XFA" in found:
        raise Unfit("active_content")
    if found.get("/S") in _ACTIONS or found.get("/Subtype") in _ACTIVE_ANNOTATIONS:
        raise Unfit("active_content")


def inspect_picture(content: bytes, formats: tuple[str, ...]) -> str:
    """The type of a picture that can be shown. Raises Unfit."""
    image, content_type = open_picture(content, formats)
    _decode(image)
    return content_type


def open_picture(content: bytes, formats: tuple[str, ...]) -> tuple[Any, str]:
    """A picture whose head was read, and its type. Nothing is unfolded yet. Raises Unfit."""
    from PIL import Image

    expected, content_type = next(
        (known for mark, known in _PICTURES.items() if content.startswith(mark)), (None, "")
    )
    if expected not in formats:
        raise Unfit("wrong_type")
    lower = content.lower()
    if (
        b"%PDF-" in content
        or any(mark in content for mark in _ARCHIVES)
        or any(mark in lower for mark in _MARKUP)
        or zipfile.is_zipfile(BytesIO(content))
    ):
        raise Unfit("polyglot")
    Image.MAX_IMAGE_PIXELS = None  # counted here, where too many is an answer and not a warning
    try:
        image = Image.open(BytesIO(content), formats=[expected])
        width, height = image.size
    except Exception:  # as above
        raise Unfit("damaged") from None
    if width * height > MAX_PIXELS:
        raise Unfit("too_many_pixels")
    # A phone's jpeg may hold a preview beside the picture (MPO); that does not move.
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise Unfit("animated")
    return image, content_type


def _decode(image: Any) -> None:
    """Unfold all of it. Raises Unfit when it cannot be."""
    try:
        image.load()
    except Exception:  # as above
        raise Unfit("damaged") from None


def make_logo(content: bytes) -> bytes:
    """The picture on a transparent square, as WebP without anything else in it. Raises Unfit."""
    from PIL import Image, ImageOps

    image, _ = open_picture(content, ("JPEG", "PNG", "WEBP"))
    image.draft("RGB", (LOGO_SIDE * 2, LOGO_SIDE * 2))  # a jpeg is unfolded no larger than is needed
    _decode(image)
    if image.mode.startswith("I"):  # 16 bits of grey
        image = image.point(lambda value: value / 256).convert("L")
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    profile = image.info.get("icc_profile")
    turned = ImageOps.exif_transpose(image)
    turned = turned.convert("RGBA" if has_alpha else turned.mode if turned.mode == "CMYK" else "RGB")
    turned.thumbnail((LOGO_SIDE, LOGO_SIDE))
    ours = _in_our_colours(turned, profile).convert("RGBA")
    square = Image.new("RGBA", (LOGO_SIDE, LOGO_SIDE), (0, 0, 0, 0))
    square.paste(ours, ((LOGO_SIDE - ours.width) // 2, (LOGO_SIDE - ours.height) // 2))
    out = BytesIO()
    square.save(out, "WEBP", quality=90, method=6)
    return out.getvalue()


def _in_our_colours(image: Any, profile: bytes | None) -> Any:
    """The picture in sRGB: its profile goes, and the colours it meant stay."""
    from PIL import ImageCms

    if profile and image.mode in ("RGB", "CMYK"):
        try:
            return ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image


def _limit_ourselves() -> None:
    """Memory and time run out here, not in the process that serves everybody. Not every system has such limits."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))


def main() -> None:
    what, source, *target = sys.argv[1:]
    _limit_ourselves()
    warnings.simplefilter("ignore")
    try:
        content = Path(source).read_bytes()
        if not content:
            raise Unfit("empty")
        if what == "logo":
            Path(target[0]).write_bytes(make_logo(content))
            verdict = {"content_type": "image/webp"}
        else:
            verdict = {"content_type": inspect_evidence(content)}
    except Unfit as unfit:
        verdict = {"code": str(unfit)}
    except MemoryError:
        verdict = {"code": "damaged"}
    sys.stdout.write(json.dumps(verdict))


if __name__ == "__main__":
    main()
