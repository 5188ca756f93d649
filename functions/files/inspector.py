"""Inspects one uploaded file by its content, in a process of its own: `python inspector.py evidence|logo <file> [<out>]`.

A file somebody uploads may be made to break the program that opens it. So it is opened by a child that has
no secrets in its environment, little memory and little time, and can at worst take itself down.

A file that brings the child down is refused for that: killed, it was a bomb; what no parser here can make sense of is
damaged. Only a child that cannot begin (a library is missing) has no verdict.

Writes one JSON object: `{"content_type": "application/pdf"}` when the file is fit, else `{"code": why}`; codes:

    empty              no bytes
    wrong_type         neither a document nor a picture that is taken here, whatever its name says
    damaged            of the right type, but it cannot be read to its end
    polyglot           also something else: an archive, a document, a page with a script
    encrypted          a document that does not open without a password
    no_pages           a document without pages
    active_content     a document that does something by itself, or reaches for what is outside it
    embedded_file      a document with other files in it
    too_many_pixels    a picture that unfolds to more than MAX_PIXELS
    animated           a picture that moves

A logo is also made: EXIF and GPS gone, on a transparent square of LOGO_SIDE pixels, WebP, written to <out>.
"""

import contextlib
import json
import re
import sys
import traceback
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

MAX_PIXELS = 64_000_000
"""What a good phone makes, and 256 MB when it is unfolded."""
MAX_OBJECTS = 50_000
"""Objects in a document. A scan of a hundred pages has a few thousand; so many take two seconds."""
LOGO_SIDE = 512
_MEMORY_BYTES = 1536 * 1024 * 1024
_CPU_SECONDS = 8

PICTURES = {
    b"\xff\xd8\xff": ("JPEG", "image/jpeg"),
    b"\x89PNG\r\n\x1a\n": ("PNG", "image/png"),
    b"RIFF": ("WEBP", "image/webp"),
}
_ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
_MARKUP = (b"<script", b"<?php", b"<html", b"<svg", b"<!doctype")
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!", b"PK", b"GIF8", *_ARCHIVES)
"""What a file begins with that is something else before it is a document."""
_HEAD = 1024
"""Readers look for a document's beginning and end within so many bytes."""
_BLANK = b"\0 \t\r\n\f\x1a"

# What a document may do, by ISO 32000-2, 12.6: lead to a page of its own, at once or at a click; and open an address at a
# click, which the reader's program shows. Everything else of 12.6.4 is refused wherever it stands.
_PAGE_TURNS = {"/NextPage", "/PrevPage", "/FirstPage", "/LastPage"}
_OTHER_ACTIONS = {
    *(
        "/GoToR",
        "/GoToE",
        "/GoToDp",
        "/Launch",
        "/Thread",
        "/Sound",
        "/Movie",
        "/Hide",
        "/SubmitForm",
        "/ResetForm",
    ),
    *(
        "/ImportData",
        "/JavaScript",
        "/SetOCGState",
        "/Rendition",
        "/Trans",
        "/GoTo3DView",
        "/RichMediaExecute",
    ),
}
_ANNOTATIONS = {
    *(
        "/Text",
        "/Link",
        "/FreeText",
        "/Line",
        "/Square",
        "/Circle",
        "/Polygon",
        "/PolyLine",
        "/Highlight",
        "/Underline",
    ),
    *(
        "/Squiggly",
        "/StrikeOut",
        "/Stamp",
        "/Caret",
        "/Ink",
        "/Popup",
        "/Widget",
        "/Watermark",
        "/PrinterMark",
        "/Redact",
    ),
}
_ATTACHMENTS = {"/EF", "/EmbeddedFiles", "/Collection"}
_SCRIPTS = {"/JS", "/JavaScript", "/XFA", "/Renditions", "/AlternatePresentations", "/RichMediaContent"}
_FILES_AND_SOUNDS = {"/Filespec", "/F", "/Sound", "/Rendition", "/MediaClip", "/RichMedia"}
_LONGEST_CHAIN = 100


class Unfit(Exception):
    """The file is refused; the argument is the code that says why."""


def inspect_evidence(content: bytes) -> str:
    """The type of a pdf, jpeg or png. Raises Unfit."""
    is_picture = any(content.startswith(mark) for mark in PICTURES)
    if not is_picture and b"%PDF-" in content[:_HEAD]:
        inspect_document(content)
        return "application/pdf"
    return inspect_picture(content, ("JPEG", "PNG"))


def inspect_document(content: bytes) -> None:
    """A pdf that any reader opens, and that does nothing by itself. Raises Unfit."""
    begins = content.index(b"%PDF-")
    before = content[:begins]
    if before.lstrip(_BLANK).startswith(_PROGRAMS) or any(mark in before.lower() for mark in _MARKUP):
        raise Unfit("wrong_type")
    is_archive = zipfile.is_zipfile(BytesIO(content))  # before its end is cut off: that may be blanks
    content = content.rstrip(_BLANK)
    if b"%%EOF" not in content[-_HEAD:]:
        raise Unfit("damaged")
    after = content[content.rfind(b"%%EOF") :]
    if is_archive or any(mark in after for mark in (*_ARCHIVES, *_MARKUP)):
        raise Unfit("polyglot")
    if content.count(b" obj") > MAX_OBJECTS:
        raise Unfit("damaged")
    try:
        reader = _opened(content[begins:])
        objects = list(_objects(reader))
        if not len(reader.pages):
            raise Unfit("no_pages")
        for page in reader.pages:
            _ = page.mediabox
        for found in objects:
            _inspect_object(found)
        _inspect_opening(reader.root_object)
    except (Unfit, ImportError):
        raise
    except Exception:  # whatever a parser does when it is fed what it cannot eat
        raise Unfit("damaged") from None


def _opened(content: bytes) -> Any:
    """A reader of the document, which opens without a password even when its author kept rights to themselves."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unfit("encrypted")
    return reader


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
    """One dictionary, wherever it stands and whether or not anything leads to it. Raises Unfit."""
    kind, subtype, action = (_value(found, name) for name in ("/Type", "/Subtype", "/S"))
    if _ATTACHMENTS & found.keys() or kind == "/EmbeddedFile" or subtype == "/FileAttachment":
        raise Unfit("embedded_file")
    if (
        _SCRIPTS & found.keys()
        or kind in _FILES_AND_SOUNDS
        or (action in _OTHER_ACTIONS and kind != "/StructElem")
        or (action == "/Named" and _value(found, "/N") not in _PAGE_TURNS)
        or ("/Rect" in found and subtype is not None and subtype not in _ANNOTATIONS)
        or _is_elsewhere(found)
    ):
        raise Unfit("active_content")
    by_itself = _value(found, "/AA")  # when something is opened, closed or pointed at
    if isinstance(by_itself, dict):
        for each in by_itself.values():
            _inspect_action(each)


def _is_elsewhere(found: dict[str, Any]) -> bool:
    """Whether this names a file that is not in the document: a file specification, or a stream whose data is elsewhere."""
    if "/UF" in found or "/FS" in found:
        return True
    file = _value(found, "/F")
    if hasattr(found, "get_data"):
        return file is not None
    return isinstance(file, (str, bytes)) and not _is_name(file)


def _value(found: dict[str, Any], name: str) -> Any:
    """What stands under a name, also when that is only a reference to it; None for nothing."""
    return _resolved(found.get(name))


def _resolved(value: Any) -> Any:
    from pypdf.generic import NullObject

    value = value.get_object() if hasattr(value, "get_object") else value
    return None if isinstance(value, NullObject) else value


def _is_name(value: Any) -> bool:
    from pypdf.generic import NameObject

    return isinstance(value, NameObject)


def _inspect_opening(root: dict[str, Any]) -> None:
    """What happens when the document is opened. Raises Unfit for all but going to a page of it."""
    opening = _value(root, "/OpenAction")
    if isinstance(opening, list):
        _inspect_destination(opening)
    elif opening is not None:
        _inspect_action(opening)


def _inspect_action(action: Any) -> None:
    """An action that nobody clicks for: to a page of the document, and so on through its chain. Raises Unfit."""
    waiting = [action]
    for _ in range(_LONGEST_CHAIN):
        if not waiting:
            return
        found = _resolved(waiting.pop())
        if isinstance(found, list):
            waiting += found
        elif isinstance(found, dict) and _value(found, "/S") == "/GoTo":
            _inspect_destination(_value(found, "/D"))
            waiting += [found["/Next"]] if "/Next" in found else []
        else:
            raise Unfit("active_content")
    raise Unfit("active_content")


def _inspect_destination(destination: Any) -> None:
    """A place in the document: a page of it, or a name it gives to one. Raises Unfit."""
    if isinstance(destination, list):
        page = _resolved(destination[0]) if destination else None
        if isinstance(page, int) or (isinstance(page, dict) and _value(page, "/Type") == "/Page"):
            return
    elif isinstance(destination, (str, bytes)):
        return
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
        (known for mark, known in PICTURES.items() if content.startswith(mark)), (None, "")
    )
    if expected not in formats:
        raise Unfit("wrong_type")
    words = b"\n".join(_beside_the_picture(content, expected))
    lower = words.lower()
    if (
        b"%PDF-" in words
        or any(mark in words for mark in _ARCHIVES)
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


def _beside_the_picture(content: bytes, kind: str | None) -> Iterator[bytes]:
    """What is in the file besides the compressed picture: metadata, and whatever follows its end.

    In compressed data any bytes come up by chance, so they say nothing about what the file is.
    """
    walk = {"JPEG": _beside_a_jpeg, "PNG": _beside_a_png, "WEBP": _beside_a_webp}
    return walk[kind or ""](content)


_JPEG_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")
"""A marker that ends compressed data: neither a stuffed byte nor a restart."""


def _beside_a_jpeg(content: bytes) -> Iterator[bytes]:
    at = 2
    while marker := _JPEG_MARKER.match(content, at):
        kind, at = marker[1][0], marker.end()
        if kind == 0xD9:  # the end
            rest = content[at:].lstrip(b"\0")
            if not rest.startswith(b"\xff\xd8\xff"):
                break
            at = len(content) - len(rest) + 2  # the preview that a phone puts behind its picture
            continue
        length = int.from_bytes(content[at : at + 2])
        if 0xE0 <= kind <= 0xEF or kind == 0xFE:
            yield content[at + 2 : at + length]
        at += max(length, 2)
        if kind == 0xDA:  # compressed data until the next marker
            following = _JPEG_MARKER.search(content, at)
            if not following:
                return  # cut short; there is nothing behind it
            at = following.start()
    yield content[at:]


def _beside_a_png(content: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if kind not in (b"IDAT", b"fdAT"):
            yield content[at + 4 : at + 8 + length]
        at += length + 12
        if kind == b"IEND":
            break
    yield content[at:]


def _beside_a_webp(content: bytes) -> Iterator[bytes]:
    end = 8 + int.from_bytes(content[4:8], "little")
    at = 12
    while at + 8 <= min(end, len(content)):
        kind, length = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if kind not in (b"VP8 ", b"VP8L", b"ALPH", b"ANMF"):
            yield content[at : at + 8 + length]
        at += 8 + length + length % 2
    yield content[end:]


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
    image = in_eight_bits(image)
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    profile = image.info.get("icc_profile")
    turned = image
    with contextlib.suppress(Exception):  # an EXIF that cannot be read says nothing of which side is up
        turned = ImageOps.exif_transpose(image)
    turned = turned.convert("RGBA" if has_alpha else turned.mode if turned.mode == "CMYK" else "RGB")
    turned.thumbnail((LOGO_SIDE, LOGO_SIDE))
    ours = in_our_colours(turned, profile).convert("RGBA")
    square = Image.new("RGBA", (LOGO_SIDE, LOGO_SIDE), (0, 0, 0, 0))
    square.paste(ours, ((LOGO_SIDE - ours.width) // 2, (LOGO_SIDE - ours.height) // 2))
    out = BytesIO()
    square.save(out, "WEBP", quality=90, method=6)
    return out.getvalue()


def in_eight_bits(image: Any) -> Any:
    """The picture with the tones it had: 16 bits of grey are not cut off at 255."""
    return image.point(lambda value: value / 256).convert("L") if image.mode.startswith("I") else image


def in_our_colours(image: Any, profile: bytes | None) -> Any:
    """The picture in sRGB: its profile goes, and the colours it meant stay."""
    from PIL import ImageCms

    if profile and image.mode == "RGBA":
        opaque = in_our_colours(image.convert("RGB"), profile)
        opaque.putalpha(image.getchannel("A"))
        return opaque
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
    except ImportError:
        raise  # ours
    except MemoryError:
        verdict = {"code": "damaged"}
    except Exception:
        traceback.print_exc()  # for our log: it is the file's fault, and may show us a way to read it
        verdict = {"code": "damaged"}
    sys.stdout.write(json.dumps(verdict))


if __name__ == "__main__":
    main()
