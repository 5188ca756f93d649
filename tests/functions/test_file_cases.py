"""Files from other people's bug reports and from an attack: each wrong one is a good one with a few bytes changed."""

from __future__ import annotations

import asyncio
import re
import struct
import sys
import time
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from core.http import Problem
from files import inspector
from files.inspector import Unfit, inspect_evidence, make_logo
from files.turns import Turns
from kit.waiting import finished
from PIL import Image

# Documents


def document(*objects: str, catalog: str = "", page: str = "") -> bytes:
    """A document of one page, written by hand: object 1 is the catalog, 2 the pages, 3 the page, and then these."""
    bodies = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] {page} >>",
        *objects,
    ]
    parts, places, at = [b"%PDF-1.7\n"], [], 9
    for number, body in enumerate(bodies, 1):
        places.append(at)
        parts.append(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
        at += len(parts[-1])
    parts.append(f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode())
    parts += [b"%010d 00000 n \n" % place for place in places]
    parts.append(f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n".encode())
    return b"".join(parts)


def verdict(content: bytes) -> str:
    try:
        return inspect_evidence(content)
    except Unfit as unfit:
        return str(unfit)


PDF = "application/pdf"
LINK = "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /F 4 /A {action} >>"
GOOD_ACTION = "<< /S /GoTo /D [3 0 R /Fit] >>"


@pytest.mark.parametrize(
    "catalog",
    [
        "/OpenAction [3 0 R /Fit]",
        "/OpenAction << /S /GoTo /D [3 0 R /XYZ 0 200 1] >>",
        "/OpenAction << /S /GoTo /D (chapter) /Next << /S /GoTo /D [3 0 R /Fit] >> >>",
        "/OpenAction null",
        "/AA << /WC << /S /GoTo /D [3 0 R /Fit] >> >>",
        "/PageMode /UseOutlines /Lang (ru)",
    ],
)
def test_a_document_may_open_at_a_page_of_its_own(catalog: str) -> None:
    assert verdict(document(catalog=catalog)) == PDF


@pytest.mark.parametrize(
    "action",
    [
        "<< /S /URI /URI (https://evil.example/) >>",
        "<< /S /GoToR /F (\\\\\\\\evil.example\\\\share\\\\x.pdf) /D [0 /Fit] >>",
        "<< /S /GoToR /F << /FS /URL /F (https://evil.example/x.pdf) >> /D [0 /Fit] >>",
        "<< /S /GoToE /D (x) /T << /R /C /N (x) >> >>",
        "<< /S /Named /N /Print >>",
        "<< /S /Named /N /NextPage >>",
        "<< /S /Thread /D 0 >>",
        "<< /S /Sound /Sound 4 0 R >>",
        "<< /S /Movie /T (x) >>",
        "<< /S /Hide /T (x) >>",
        "<< /S /Launch /F (calc.exe) >>",
        "<< /S /JavaScript /JS (app.alert(1)) >>",
        "<< /S /SubmitForm /F (https://evil.example/) >>",
        "<< /S /ResetForm >>",
        "<< /S /SetOCGState /State [/ON 4 0 R] >>",
        "<< /S /GoTo /D [3 0 R /Fit] /Next << /S /URI /URI (https://evil.example/) >> >>",
        "<< /S /GoTo /D [3 0 R /Fit] /Next [<< /S /Named /N /Print >>] >>",
        "<< /S /GoTo /D [4 0 R /Fit] >>",
        "<< /S /NoSuchAction >>",
    ],
)
@pytest.mark.parametrize("where", ["catalog", "reference", "page", "annotation"])
def test_nothing_else_happens_by_itself(action: str, where: str) -> None:
    def opened(by: str) -> bytes:
        match where:
            case "catalog":
                return document("<< /Other true >>", catalog=f"/OpenAction {by}")
            case "reference":
                return document("<< /Other true >>", by, catalog="/OpenAction 5 0 R")
            case "page":
                return document("<< /Other true >>", page=f"/AA << /O {by} >>")
            case _:
                link = f"<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /AA << /E {by} >> >>"
                return document("<< /Other true >>", link, page="/Annots [5 0 R]")

    assert verdict(opened(GOOD_ACTION)) == PDF
    assert verdict(opened(action)) == "active_content"


def test_a_kind_of_action_cannot_hide_behind_a_reference() -> None:
    good = document("/GoTo", "<< /S 4 0 R /D [3 0 R /Fit] >>", catalog="/OpenAction 5 0 R")
    assert verdict(good) == PDF
    assert verdict(document("/URI", "<< /S 4 0 R /URI (https://evil.example) >>", catalog="/OpenAction 5 0 R")) == "active_content"  # fmt: skip
    assert verdict(document("/Launch", "<< /S 4 0 R >>")) == "active_content"


@pytest.mark.parametrize(
    "action",
    ["<< /S /URI /URI (https://chestno.example/) >>", GOOD_ACTION, "<< /S /Named /N /NextPage >>"],
)
def test_an_ordinary_link_is_a_link(action: str) -> None:
    assert verdict(document(LINK.format(action=action), page="/Annots [4 0 R]")) == PDF


@pytest.mark.parametrize(
    "action",
    [
        "<< /S /Launch /F (x) >>",
        "<< /S /GoToR /F (x.pdf) /D [0 /Fit] >>",
        "<< /S /Named /N /Print >>",
        "<< /S /Hide /T (x) >>",
        "<< /S /JavaScript /JS (1) >>",
    ],
)
def test_a_click_starts_nothing(action: str) -> None:
    assert verdict(document(LINK.format(action=action), page="/Annots [4 0 R]")) == "active_content"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("<< /Length 4 /F (\\\\\\\\evil.example\\\\x) >>\nstream\nabcd\nendstream", "active_content"),
        (
            "<< /Length 4 /F << /FS /URL /F (https://evil.example/) >> >>\nstream\nabcd\nendstream",
            "active_content",
        ),
        ("<< /Type /Filespec /F (x.pdf) >>", "active_content"),
        ("<< /Type /Filespec /UF (x.pdf) /F (x.pdf) /EF << /F 3 0 R >> >>", "embedded_file"),
        ("<< /Type /Sound /R 8000 /Length 4 >>\nstream\nabcd\nendstream", "active_content"),
        ("<< /Type /Annot /Subtype /Movie /Rect [0 0 9 9] >>", "active_content"),
        ("<< /Type /Annot /Subtype /Sound /Rect [0 0 9 9] >>", "active_content"),
        ("<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] >>", "embedded_file"),
        ("<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] >>", "active_content"),
        ("<< /XFA [] >>", "active_content"),
        ("<< /Names [(x)] /EmbeddedFiles << >> >>", "embedded_file"),
        ("<< /Ref << /F (other.pdf) /Page 0 >> >>", "active_content"),
    ],
)
def test_what_is_outside_or_moves_is_refused_wherever_it_stands(wrong: str, code: str) -> None:
    assert verdict(document("<< /Length 4 >>\nstream\nabcd\nendstream")) == PDF
    assert verdict(document(wrong)) == code


@pytest.mark.parametrize(
    "before", [b"", b"\n", b"\x1b%-12345X@PJL ENTER LANGUAGE=PDF\r\n", b"\xef\xbb\xbf", b"x" * 1000]
)
@pytest.mark.parametrize("after", [b"", b"\n\n", b"\0" * 2000, b"\r\n \x1a"])
def test_blanks_around_a_document_are_no_part_of_it(before: bytes, after: bytes) -> None:
    assert verdict(before + document() + after) == PDF


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"x" * 1025 + document(), "wrong_type"),
        (b"MZ\x90\0" + document(), "wrong_type"),
        (b"\x7fELF" + document(), "wrong_type"),
        (b"<html><script>1</script>" + document(), "wrong_type"),
        (document() + b"\0" * 100 + b"<script>", "polyglot"),
        (document() + b"x" * 1200, "damaged"),
    ],
)
def test_anything_else_around_it_makes_it_another_file(content: bytes, code: str) -> None:
    assert verdict(content) == code


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_document_that_opens_without_a_password_is_inspected(algorithm: str) -> None:
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject, TextStringObject

    def encrypted(user: str, **catalog: str) -> bytes:
        writer = PdfWriter()
        writer.add_blank_page(100, 100)
        if catalog:
            writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
                {NameObject(f"/{name}"): NameObject(value) for name, value in catalog.items()}
                | {NameObject("/URI"): TextStringObject("https://evil.example")}
            )
        writer.encrypt(user, "the author's", algorithm=algorithm)
        out = BytesIO()
        writer.write(out)
        return out.getvalue()

    assert verdict(encrypted("")) == PDF
    assert verdict(encrypted("", S="/URI")) == "active_content"
    assert verdict(encrypted("secret")) == "encrypted"


def test_a_document_of_very_many_objects_is_given_up_at_once() -> None:
    assert verdict(document(*["null"] * 2000)) == PDF
    many = document(*["null"] * 190_000)
    began = time.process_time()
    assert verdict(many) == "damaged"
    assert time.process_time() - began < 1


# Pictures


def photograph(kind: str) -> bytes:
    """Noise, which does not compress: megabytes of bytes that come up by chance."""
    image = Image.effect_noise((900, 700), 90).convert("RGB")
    out = BytesIO()
    image.save(out, kind, **({"quality": 98} if kind == "JPEG" else {}))
    return out.getvalue()


def inside(content: bytes, mark: bytes, kind: str) -> bytes:
    """The same picture with these bytes in the middle of its compressed data."""
    if kind == "JPEG":
        at = len(content) // 2
        return content[:at] + mark + content[at + len(mark) :]
    # a stored block of deflate holds any bytes as they are
    width, height = 64, 64
    rows = b"".join(b"\0" + (mark * width)[: width * 3] for _ in range(height))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows, 0))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("mark", [b"<SvG", b"<script", b"%PDF-", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c"])
def test_chance_bytes_in_compressed_data_are_no_markup(kind: str, mark: bytes) -> None:
    good = photograph(kind)
    assert verdict(good) == f"image/{kind.lower()}"
    changed = inside(good, mark, kind)
    assert mark in changed
    assert verdict(changed) == f"image/{kind.lower()}"
    assert verdict(changed + mark) == "polyglot", "behind the end they are not there by chance"


def test_a_webp_is_looked_at_beside_its_picture_only() -> None:
    good = photograph("WEBP")
    make_logo(good)
    with pytest.raises(Unfit, match="polyglot"):
        make_logo(good + b"<script>")
    out = BytesIO()
    Image.new("RGB", (64, 64)).save(out, "WEBP", xmp=b"<script>alert(1)</script>")
    with pytest.raises(Unfit, match="polyglot"):
        make_logo(out.getvalue())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_exif_that_cannot_be_read_is_ignored(kind: str) -> None:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (64, 32), "red").save(out, kind, exif=exif)
    good = out.getvalue()
    assert make_logo(good)
    start = re.search(rb"(MM\0\x2a|II\x2a\0)", good)
    assert start
    for broken in (b"\xff\xff\xff\xff", b"XX\0\0", b"II\0\0"):
        wrong = bytearray(good)
        wrong[start.start() : start.start() + 4] = broken
        wrong[start.start() + 4 : start.start() + 8] = b"\xff\xff\xff\x7f"
        if kind == "PNG":  # its checksum again, or it would be another fault
            at = good.index(b"eXIf")
            length = int.from_bytes(good[at - 4 : at])
            wrong[at + 4 + length : at + 8 + length] = struct.pack(
                ">I", zlib.crc32(wrong[at : at + 4 + length])
            )
        assert make_logo(bytes(wrong))


def test_what_nobody_thought_of_is_the_files_fault_and_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(content: bytes) -> str:
        raise KeyError(content)

    file = tmp_path / "file"
    file.write_bytes(b"x")
    monkeypatch.setattr(inspector, "inspect_evidence", fails)
    monkeypatch.setattr(inspector, "_limit_ourselves", lambda: None)
    monkeypatch.setattr(sys, "argv", ["inspector.py", "evidence", str(file)])
    inspector.main()
    said, complained = capsys.readouterr()
    assert said == '{"code": "damaged"}'
    assert "KeyError" in complained


# Turns


def test_one_persons_files_never_hold_up_anothers() -> None:
    async def live() -> list[str]:
        turns, done = Turns(at_once=2, longest=40), []

        async def one(person: str, seconds: float) -> None:
            async with turns.turn(person):
                await asyncio.sleep(seconds)
                done.append(person)

        greedy = [asyncio.create_task(one("greedy", 0.05)) for _ in range(10)]
        await asyncio.sleep(0.01)
        await asyncio.gather(*(one(person, 0) for person in ("anna", "boris")))
        await asyncio.gather(*greedy)
        return done

    done = finished(live())
    assert set(done[:2]) == {"anna", "boris"}, "before the first of the ten is done"
    assert done.count("greedy") == 10


def test_a_line_that_is_too_long_refuses_and_says_when_to_come_back() -> None:
    async def live() -> None:
        turns = Turns(at_once=1, longest=2)
        go = asyncio.Event()

        async def one(person: str) -> None:
            async with turns.turn(person):
                await go.wait()

        tasks = [asyncio.create_task(one(person)) for person in ("a", "b", "c")]
        await asyncio.sleep(0.01)
        with pytest.raises(Problem, match="503 unavailable") as refused:
            await one("d")
        assert refused.value.retry_after == "15"
        tasks[1].cancel()  # who goes away leaves room
        await asyncio.sleep(0.01)
        tasks.append(asyncio.create_task(one("d")))
        await asyncio.sleep(0.01)
        go.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(1), turns.turn("a"):
            pass

    finished(live())


def test_who_fails_or_is_cancelled_gives_their_turn_up() -> None:
    async def live() -> None:
        turns = Turns(at_once=1, longest=5)
        with pytest.raises(ValueError, match="x"):
            async with turns.turn("a"):
                raise ValueError("x")
        async with asyncio.timeout(1), turns.turn("a"):
            pass

    finished(live())
