"""Films that are refused, each made of one that passes in the same test, by a change of a few bytes."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest
from kit import videos
from kit.uploads import Upload, problems
from kit.videos import TABLE, edited, film, found, rewritten
from PIL import Image
from stories.inspection import LARGEST

MEGABYTE = 1024 * 1024
VIDEO = (b"moov", b"trak")


def refused(good: bytes, wrong: bytes, folder: Path) -> str:
    """The code the wrong one is refused with; the good one passes."""
    assert problems("video", good, folder / "good") == []
    (code,) = problems("video", wrong, folder / "wrong")
    return code


@dataclass
class Padded(Upload):
    """An upload with zeros behind its content, up to a size."""

    size: int = 0
    reads: list[tuple[int, int]] = field(default_factory=list)

    async def read(self, offset: int, length: int) -> bytes:
        self.reads.append((offset, length))
        return self.content[offset : offset + length].ljust(length, b"\0")

    @property
    def length(self) -> int:
        return self.size


class Listening:
    """An address of this machine; whoever connects is counted."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    @property
    def callers(self) -> int:
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self._server.accept()[0].close()
                count += 1
        return count

    def close(self) -> None:
        self._server.close()


@pytest.fixture
def listening() -> Iterator[Listening]:
    listening = Listening()
    socket.create_connection(("127.0.0.1", int(listening.url.rpartition(":")[2]))).close()
    assert listening.callers == 1
    yield listening
    listening.close()


# Size


def test_nothing(tmp_path: Path) -> None:
    assert refused(film(), b"", tmp_path) == "empty"


def test_a_hundred_megabytes_and_a_byte(tmp_path: Path) -> None:
    assert LARGEST["video"] == 104_857_600
    content = film()
    rest = LARGEST["video"] - len(content)
    largest = Padded(content + struct.pack(">I4s", rest, b"free"), size=LARGEST["video"])
    assert largest.found("video", tmp_path / "a").problems == []
    assert sum(length for _, length in largest.reads) < MEGABYTE
    one_more = Padded(content + struct.pack(">I4s", rest + 1, b"free"), size=LARGEST["video"] + 1)
    assert one_more.found("video", tmp_path / "b").problems == ["too_large"]
    assert one_more.reads == []


# Length


@pytest.mark.parametrize("is_announced", [True, False])
def test_five_minutes_and_a_second(is_announced: bool, tmp_path: Path) -> None:
    """By its tables: what its head says is not believed."""
    good = film(seconds=301, rate=1, keyframe_every=60)
    (units,) = struct.unpack_from(">I", good, found(good, *VIDEO, b"mdia", b"mdhd")[0] + 20)
    good = edited(good, (*VIDEO, b"mdia", b"mdhd"), 20, "I", units * 301 // 300 + 1)
    wrong = edited(good, (*VIDEO, b"mdia", b"mdhd"), 20, "I", units)
    if not is_announced:
        wrong = edited(wrong, (b"moov", b"mvhd"), 24, "I", 10_000)
    assert refused(good, wrong, tmp_path) == "too_long"


def test_a_recorders_film_of_five_minutes_and_a_second(tmp_path: Path) -> None:
    good = videos.recorded(film("vp8", "webm", seconds=300, rate=1, keyframe_every=60))
    wrong = videos.recorded(film("vp8", "webm", seconds=301, rate=1, keyframe_every=60))
    assert refused(good, wrong, tmp_path) == "too_long"


def test_a_webm_that_says_it_is_shorter(tmp_path: Path) -> None:
    good = film("vp8", "webm", seconds=300, rate=1, keyframe_every=60)
    long = film("vp8", "webm", seconds=302, rate=1, keyframe_every=60)
    at = long.find(b"\x44\x89\x88") + 3
    wrong = long[:at] + struct.pack(">d", 10_000.0) + long[at + 8 :]
    assert refused(good, wrong, tmp_path) == "too_long"


def test_fragments_of_five_minutes_and_a_second(tmp_path: Path) -> None:
    good = film(seconds=300, rate=1, keyframe_every=60, moov="fragments")
    wrong = film(seconds=301, rate=1, keyframe_every=60, moov="fragments")
    assert refused(good, wrong, tmp_path) == "too_long"


def test_a_sound_that_goes_on_for_longer(tmp_path: Path) -> None:
    good = film(sound="aac")
    at = good.find(b"mdhd", good.find(b"mdhd") + 4)
    wrong = good[: at + 16] + struct.pack(">I", 100) + good[at + 20 :]
    assert refused(good, wrong, tmp_path) == "too_long"


# Type


def test_a_sound_and_a_sound_with_a_cover(tmp_path: Path) -> None:
    good = film(sound="aac")
    start, _ = found(good, *VIDEO)
    silent = good[: start + 4] + b"free" + good[start + 8 :]
    assert refused(good, silent, tmp_path / "a") == "no_video"
    assert refused(good, videos.with_box(silent, videos.COVER, first=True), tmp_path / "b") == "no_video"
    assert refused(good, videos.only_sound(), tmp_path / "c") == "no_video"
    assert (
        refused(film("vp9", "webm", sound="opus"), videos.only_sound("webm", "opus"), tmp_path / "d")
        == "no_video"
    )


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (300, 200), "red").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        "Это не видео. ".encode() * 99,
        png(),
        b"\0\0\0\x18ftypheic\0\0\0\0heicmif1",
        b"RIFF\x24\x01\0\0AVI LIST" + bytes(99),
        b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska" + bytes(99),
        b"\x00\x00\x01\xba" + bytes(2000),
    ],
    ids=["text", "png", "heic", "avi", "matroska", "mpeg"],
)
def test_what_is_renamed_to_mp4(content: bytes, tmp_path: Path) -> None:
    assert refused(film(), content, tmp_path) == "wrong_type"


def test_other_codecs(tmp_path: Path) -> None:
    good = film()
    assert (
        refused(good, good.replace(b"avc1\0\0\0\0\0\0\0\1", b"mp4v\0\0\0\0\0\0\0\1"), tmp_path / "a")
        == "wrong_codec"
    )
    assert (
        refused(good, good.replace(b"avc1\0\0\0\0\0\0\0\1", b"encv\0\0\0\0\0\0\0\1"), tmp_path / "b")
        == "wrong_codec"
    )
    good = film("vp8", "webm")
    assert refused(good, good.replace(b"V_VP8", b"V_MPG"), tmp_path / "c") == "wrong_codec"


def test_a_codec_that_is_another(tmp_path: Path) -> None:
    good = film("vp9", "mp4")
    assert (
        refused(good, good.replace(b"vp09\0\0\0\0\0\0\0\1", b"av01\0\0\0\0\0\0\0\1"), tmp_path) == "damaged"
    )


# Pictures


@pytest.mark.parametrize("place", ["description", "track"])
def test_a_head_that_claims_65535_pixels(place: str, tmp_path: Path) -> None:
    good = film()
    if place == "description":
        wrong = edited(good, (*TABLE, b"stsd"), 16 + 32, "2H", 65_535, 65_535)
    else:
        wrong = edited(good, (*VIDEO, b"tkhd"), 84, "2I", 65_535 << 16, 65_535 << 16)
    assert refused(good, wrong, tmp_path) == "too_many_pixels"


def test_a_film_too_small_to_be_seen(tmp_path: Path) -> None:
    assert refused(film(size=(256, 144)), film(size=(256, 142)), tmp_path) == "too_small"


def test_a_bomb_of_16384_pixels_that_says_it_is_small(tmp_path: Path) -> None:
    """Its head is a small film's; the pictures themselves are 16 384 wide."""
    bomb = film(size=(16_384, 144), seconds=0.2)
    for path, offset, form in (((*TABLE, b"stsd"), 16 + 32, "2H"), ((*VIDEO, b"tkhd"), 84, "2I")):
        scale = 1 if form == "2H" else 65536
        bomb = edited(bomb, path, offset, form, 256 * scale, 144 * scale)
    assert problems("video", film(size=(4096, 144), seconds=0.2), tmp_path / "a") == []
    upload = Upload(bomb)
    answer = upload.found("video", tmp_path / "b")
    assert answer.problems == ["too_many_pixels"]
    assert answer.peak_memory < 150 * MEGABYTE


# Whole


@pytest.mark.parametrize("moov", ["front", "end", "fragments"])
def test_a_film_that_is_cut_off(moov: str, tmp_path: Path) -> None:
    good = film(moov=moov, sound="aac")
    for place, part in enumerate((0.5, 0.9)):
        assert refused(good, good[: int(len(good) * part)], tmp_path / str(place)) == "truncated"
    if moov != "fragments":  # whose last box is an index that nobody needs
        assert refused(good, good[:-1], tmp_path / "last") == "truncated"


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_webm_that_is_cut_off(is_recorded: bool, tmp_path: Path) -> None:
    good = film("vp8", "webm", noise=(256, 144))
    good = videos.recorded(good) if is_recorded else good
    assert refused(good, good[: len(good) // 2], tmp_path / "a") == "truncated"
    assert refused(good, good[: len(good) // 2 + 40], tmp_path / "b") == "truncated"


def test_a_film_without_its_head(tmp_path: Path) -> None:
    for moov in ("front", "end"):
        good = film(moov=moov)
        start, _ = found(good, b"moov")
        wrong = good[: start + 4] + b"free" + good[start + 8 :]
        assert refused(good, wrong, tmp_path / moov) == "damaged"


@pytest.mark.parametrize("codec", ["h264", "hevc", "vp9", "av1"])
def test_the_second_half_is_nothing(codec: str, tmp_path: Path) -> None:
    """As long as it was, with a right head in front."""
    good = film(codec, halves=(videos.RED, videos.BLUE))
    start, end = found(good, b"mdat")
    half = (start + end) // 2
    assert refused(good, good[:half] + bytes(end - half) + good[end:], tmp_path) == "damaged"


def test_the_second_half_of_a_film_with_one_keyframe_is_nothing(tmp_path: Path) -> None:
    good = film(keyframe_every=100)
    start, end = found(good, b"mdat")
    half = (start + end) // 2 + 300
    assert refused(good, good[:half] + bytes(end - half), tmp_path) == "damaged"


def test_twenty_megabytes_of_empty_boxes(tmp_path: Path) -> None:
    good = film()
    upload = Upload(good + b"\0\0\0\x08free" * (20 * MEGABYTE // 8))
    assert problems("video", good, tmp_path / "a") == []
    answer = upload.found("video", tmp_path / "b")
    assert (answer.problems, len(upload.reads) < 50) == (["damaged"], True)
    assert answer.bytes_read < MEGABYTE


def test_boxes_in_boxes_in_boxes(tmp_path: Path) -> None:
    nested = b""
    for _ in range(3000):
        nested = videos.box(b"edts", nested)
    good = film(moov="end")
    wrong = rewritten(good, (*VIDEO, b"edts"), lambda _: nested)
    assert refused(good, wrong, tmp_path) == "damaged"


# Tables that lie

LIES: dict[str, tuple[bytes, int, str, int] | tuple[bytes, int, str, int, int]] = {
    "more moments than pictures": (b"stts", 16, "I", 11),
    "four billion moments": (b"stts", 16, "I", 0xFFFF_FFFF),
    "four billion rows of moments": (b"stts", 12, "I", 0xFFFF_FFFF),
    "moments of no length": (b"stts", 20, "I", 0),
    "more pictures than there are": (b"stsz", 16, "I", 11),
    "four billion pictures": (b"stsz", 16, "I", 0xFFFF_FFFF),
    "all of one size": (b"stsz", 12, "I", 90),
    "all of a size beyond the file": (b"stsz", 12, "I", 0x7FFF_FFFF),
    "a picture of four billion bytes": (b"stsz", 20, "I", 0xFFFF_FFFF),
    "pictures in other places": (b"stsz", 20, "2I", (719 + 13) // 2, (719 + 13) // 2),
    "four billion pieces": (b"stsc", 12, "I", 0xFFFF_FFFF),
    "more pictures in a piece": (b"stsc", 20, "I", 11),
    "fewer pictures in a piece": (b"stsc", 20, "I", 9),
    "a first piece that is none": (b"stsc", 16, "I", 2),
    "a keyframe that is none": (b"stss", 16, "I", 99),
    "a piece in the head": (b"stco", 16, "I", 40),
    "more pieces than there are": (b"stco", 12, "I", 99),
}


@pytest.mark.parametrize("lie", LIES)
def test_tables_that_lie(lie: str, tmp_path: Path) -> None:
    name, offset, form, *values = LIES[lie]
    good = film()
    wrong = edited(good, (*TABLE, name), offset, form, *values)
    assert refused(good, wrong, tmp_path) == "damaged"


def test_a_piece_beyond_the_end(tmp_path: Path) -> None:
    good = film()
    assert refused(good, edited(good, (*TABLE, b"stco"), 16, "I", len(good) - 10), tmp_path) == "truncated"


def test_fragments_that_lie(tmp_path: Path) -> None:
    good = film(moov="fragments")
    at = good.find(b"trun") + 8
    four_billion = good[:at] + b"\xff\xff\xff\xff" + good[at + 4 :]
    assert refused(good, four_billion, tmp_path / "a") == "damaged"
    flags = int.from_bytes(good[at - 3 : at])
    assert flags & 0x1
    beyond = good[: at + 4] + struct.pack(">I", 0x7FFF_0000) + good[at + 8 :]
    assert refused(good, beyond, tmp_path / "b") == "truncated"


# Files that point elsewhere


@pytest.mark.parametrize(
    "form",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{url}/inner.ts\n#EXT-X-ENDLIST\n",
        "\ufeff#EXTM3U\n#EXTINF:5,\n{url}/inner.mp4\n",
        "ffconcat version 1.0\nfile {url}/inner.mp4\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{url}</BaseURL></MPD>',
    ],
    ids=["hls", "m3u with a mark", "concat", "dash"],
)
def test_a_playlist_that_points_inside(form: str, tmp_path: Path, listening: Listening) -> None:
    assert refused(film(), form.format(url=listening.url).encode(), tmp_path) == "playlist"
    assert listening.callers == 0


def test_a_film_that_lies_in_another_file(tmp_path: Path, listening: Listening) -> None:
    good = film(moov="end")
    path = (*VIDEO, b"mdia", b"minf", b"dinf", b"dref")
    address = videos.box(b"url ", bytes(4), listening.url.encode() + b"\0")
    elsewhere = rewritten(good, path, lambda _: videos.box(b"dref", struct.pack(">II", 0, 1), address))
    assert refused(good, elsewhere, tmp_path / "a") == "playlist"
    reference = videos.box(
        b"rmra", videos.box(b"rmda", videos.box(b"rdrf", bytes(4), b"url ", listening.url.encode()))
    )
    assert refused(good, videos.with_box(good, reference), tmp_path / "b") == "playlist"
    assert listening.callers == 0
