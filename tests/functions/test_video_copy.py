"""What the public gets of a film: the same pictures and sound, and nothing else."""

from __future__ import annotations

import struct
from collections import defaultdict
from pathlib import Path

import pytest
from kit import videos
from kit.uploads import film_found
from kit.videos import BLUE, PLACE, RED, TURNED_RIGHT, box, boxes, edited, film, found, opened, with_box

PHONE = videos.apple_metadata(
    location_ISO6709="+55.7558+037.6173+150/",
    make="PhoneMaker",
    model="Phone 15",
    creationdate="2026-11-27T10:00:00",
)
LABELS = (b"PhoneMaker", b"Phone 15", b"+55.7558", b"37.6173", b"2026-11-27")


def copied(content: bytes, folder: Path) -> bytes:
    """The public copy of a film that cannot be public as it is."""
    answer = film_found(content, folder)
    assert answer.problems == []
    assert not answer.is_public_as_it_is
    copy = next(file for file in answer.files if file.name.startswith("video"))
    content = (folder / copy.name).read_bytes()
    assert copy.content_type == f"video/{copy.name.rpartition('.')[2]}"
    assert (copy.width, copy.height, copy.bytes) == (answer.width, answer.height, len(content))
    return content


def packets(content: bytes) -> dict[str, list[bytes]]:
    """What is encoded, by the kind of track."""
    held: dict[str, list[bytes]] = defaultdict(list)
    with opened(content) as container:
        for packet in container.demux():
            if packet.size:
                held[packet.stream.type].append(bytes(packet))
    return dict(held)


def names(content: bytes) -> list[bytes]:
    return [name for name, _, _ in boxes(content)]


def tag(content: bytes) -> str:
    with opened(content) as container:
        return str(container.streams.video[0].codec_context.codec_tag)


@pytest.mark.parametrize(
    ("codec", "container", "moov"),
    [
        ("h264", "mp4", "end"),
        ("h264", "mp4", "fragments"),
        ("h264", "mov", "end"),
        ("hevc", "mp4", "end"),
        ("vp9", "mp4", "end"),
        ("av1", "mp4", "fragments"),
    ],
)
def test_a_copy_has_its_head_in_front_and_nothing_but_the_film(
    codec: str, container: str, moov: str, tmp_path: Path
) -> None:
    """And looked into again, it may be public as it is."""
    original = film(codec, container, sound="aac", moov=moov, halves=(RED, BLUE))
    copy = copied(original, tmp_path / "a")
    assert packets(copy) == packets(original), "nothing was encoded again"
    order = [name for name in names(copy) if name != b"free"]
    assert order == [b"ftyp", b"moov", b"mdat"]
    assert copy[8:12] != b"qt  "
    again = film_found(copy, tmp_path / "b")
    assert again.problems == []
    assert again.is_public_as_it_is
    with opened(copy) as reader:
        assert reader.duration == pytest.approx(1_000_000, abs=50_000)
        assert len(list(reader.decode(video=0))) == 10
        reader.seek(800_000)
        assert 0.4 <= next(reader.decode(video=0)).time <= 0.8
        reader.seek(0)
        assert sum(frame.samples for frame in reader.decode(audio=0)) > 40_000


# 22: hevc


@pytest.mark.parametrize("container", ["mp4", "mov"])
@pytest.mark.parametrize("given", ["hvc1", "hev1"])
@pytest.mark.parametrize("moov", ["front", "end", "fragments"])
def test_hevc_is_hvc1_whatever_came(container: str, given: str, moov: str, tmp_path: Path) -> None:
    original = film("hevc", container, tag=given, moov=moov)
    assert tag(original) == given
    answer = film_found(original, tmp_path)
    assert answer.problems == []
    assert answer.is_public_as_it_is == ((container, given, moov) == ("mp4", "hvc1", "front"))
    copy = original if answer.is_public_as_it_is else (tmp_path / "video.mp4").read_bytes()
    assert tag(copy) == "hvc1"
    assert packets(copy) == packets(original)


@pytest.mark.parametrize(("codec", "name", "expected"), [("h264", "mp4", "avc1"), ("hevc", "mov", "hvc1")])
@pytest.mark.parametrize("moov", ["front", "end", "fragments"])
def test_what_a_decoder_must_know_first_is_put_in_front(
    codec: str, name: str, expected: str, moov: str, tmp_path: Path
) -> None:
    """As recorders write it, it stands among the pictures alone (avc3, hev1): Safari would not play it."""
    original = videos.without_parameter_sets(
        film(codec, name, moov=moov, tag="hev1" if codec == "hevc" else None, repeats_headers=True)
    )
    assert tag(original) in ("avc3", "hev1")
    with opened(original) as reader:
        assert not any(
            unit in bytes(reader.streams.video[0].codec_context.extradata or b"")
            for unit in (b"\x67", b"\x42\x01")
        )
    copy = copied(original, tmp_path)
    assert tag(copy) == expected
    with opened(copy) as reader:
        known = bytes(reader.streams.video[0].codec_context.extradata or b"")
        assert (b"\x67" if codec == "h264" else b"\x42\x01") in known
        assert len(list(reader.decode(video=0))) == 10
    assert film_found(copy, tmp_path / "again").is_public_as_it_is


def test_a_film_that_only_says_it_has_it_in_front(tmp_path: Path) -> None:
    """Tagged avc1, and yet it stands among the pictures alone."""
    original = videos.without_parameter_sets(film(repeats_headers=True)).replace(b"avc3\0\0", b"avc1\0\0")
    assert tag(original) == "avc1"
    with opened(copied(original, tmp_path)) as reader:
        assert b"\x67" in bytes(reader.streams.video[0].codec_context.extradata or b"")


# 21: turned


@pytest.mark.parametrize("moov", ["end", "fragments"])
def test_a_copy_is_turned_as_the_film_was(moov: str, tmp_path: Path) -> None:
    copy = copied(film(size=(320, 180), matrix=TURNED_RIGHT, moov=moov), tmp_path)
    with opened(copy) as reader:
        assert next(reader.decode(video=0)).rotation == -90


# 25: where it was filmed, and with what


@pytest.mark.parametrize("moov", ["front", "end"])
def test_where_it_was_filmed_is_not_in_the_copy(moov: str, tmp_path: Path) -> None:
    original = with_box(with_box(film(moov=moov, sound="aac"), videos.WHERE_IT_WAS_FILMED), PHONE)
    assert PLACE in original
    assert all(label in original for label in LABELS)
    copy = copied(original, tmp_path)
    assert not any(label in copy for label in (PLACE, *LABELS))
    with opened(copy) as reader:
        assert reader.metadata.keys() <= {"major_brand", "minor_version", "compatible_brands"}
        for stream in reader.streams:
            assert stream.metadata.keys() <= {"language", "handler_name", "vendor_id"}
            assert stream.metadata["handler_name"] in ("VideoHandler", "SoundHandler")


def secret_places() -> dict[str, bytes]:
    """Films that are fit to be public but for one thing each, all saying PhoneMaker or a moment."""
    good = film()
    track = (b"moov", b"trak")
    handler = (*track, b"mdia", b"hdlr")
    start, _ = found(good, *videos.TABLE, b"stsd")
    compressor = start + 16 + 8 + 42
    media, end = found(good, b"mdat")
    return {
        "the film's metadata": with_box(good, PHONE),
        "the track's metadata": videos.rewritten(
            good, track, lambda trak: box(b"trak", trak[8:], box(b"udta", PHONE))
        ),
        "a box of its own": good + box(b"uuid", bytes(16), b"PhoneMaker"),
        "room left free": good + box(b"free", b"PhoneMaker"),
        "the handler's name": videos.rewritten(
            good, handler, lambda hdlr: box(b"hdlr", hdlr[8:32], b"PhoneMaker\0")
        ),
        "the encoder's name": good[:compressor] + b"\x0aPhoneMaker" + good[compressor + 11 :],
        "behind the film": good[:media]
        + struct.pack(">I", end - media + 100)
        + good[media + 4 :]
        + b"PhoneMaker" * 10,
        "when it was made": edited(good, (b"moov", b"mvhd"), 12, "I", int.from_bytes(b"Phon")),
    }


@pytest.mark.parametrize("where", secret_places())
def test_whatever_else_a_film_says_is_left_out(where: str, tmp_path: Path) -> None:
    good = film_found(film(), tmp_path / "good")
    assert good.is_public_as_it_is
    original = secret_places()[where]
    assert b"Phon" in original
    copy = copied(original, tmp_path / "copied")
    assert b"Phon" not in copy
    assert packets(copy) == packets(film())


def test_the_media_of_tracks_that_are_left_out_are_left_out(tmp_path: Path) -> None:
    original = film("h264", "mov", sound="pcm")
    sound = packets(original)["audio"][3]
    assert sound in original
    assert sound not in copied(original, tmp_path)


# webm


@pytest.mark.parametrize("codec", ["vp8", "vp9", "av1"])
def test_a_webm_that_says_more_is_copied_without_it(codec: str, tmp_path: Path) -> None:
    plain = film(codec, "webm", sound="opus")
    assert film_found(plain, tmp_path / "plain").is_public_as_it_is
    labelled = film(codec, "webm", sound="opus", metadata=(("title", "PhoneMaker"), ("location", "+55.7558")))
    assert b"PhoneMaker" in labelled
    copy = copied(labelled, tmp_path / "labelled")
    assert b"PhoneMaker" not in copy
    assert b"55.7558" not in copy
    assert packets(copy) == packets(labelled)
    assert film_found(copy, tmp_path / "again").is_public_as_it_is


def test_a_recorders_film_can_be_public_once_copied(tmp_path: Path) -> None:
    original = videos.recorded(film("vp9", "webm", sound="opus", seconds=3))
    copy = copied(original, tmp_path / "a")
    assert packets(copy) == packets(original)
    assert film_found(copy, tmp_path / "b").is_public_as_it_is
