"""Films of stories that are fit: as phones, cameras, recorders and editors write them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from kit import videos
from kit.uploads import Upload, film_found
from kit.videos import BLUE, GREEN, RED, TURNED_RIGHT, film, opened
from stories.inspection import Finding

CODECS = [
    ("h264", "mp4", "aac"),
    ("h264", "mov", "aac"),
    ("hevc", "mp4", "aac"),
    ("hevc", "mov", "pcm"),
    ("vp9", "mp4", "opus"),
    ("av1", "mp4", "opus"),
    ("vp8", "webm", "vorbis"),
    ("vp9", "webm", "opus"),
    ("av1", "webm", "opus"),
]
TYPES = {"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm"}


def public(content: bytes, folder: Path) -> tuple[Finding, Path]:
    """What is found of a film that is fit, and the file that the public gets: the copy, or the upload."""
    found = film_found(content, folder)
    assert found.problems == []
    names = [file.name for file in found.files]
    assert names[-1] == "poster.webp"
    if found.is_public_as_it_is:
        assert names == ["poster.webp"]
        path = folder / "uploaded"
        path.write_bytes(content)
        return found, path
    assert names[0] in ("video.mp4", "video.webm")
    return found, folder / names[0]


def pictures_of(path: Path) -> int:
    with opened(path) as container:
        return sum(1 for _ in container.decode(video=0))


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="this system has no such classes")
@pytest.mark.parametrize("codec", videos.ENCODERS)
def test_no_encoder_makes_its_caller_real_time(codec: str) -> None:
    film.__wrapped__(codec, "webm" if codec.startswith("v") else "mp4")
    assert os.sched_getscheduler(0) not in (os.SCHED_FIFO, os.SCHED_RR)


@pytest.mark.parametrize(("codec", "container", "sound"), CODECS)
def test_each_codec_in_each_container(codec: str, container: str, sound: str, tmp_path: Path) -> None:
    content = film(codec, container, sound=sound, halves=(RED, BLUE))
    found, path = public(content, tmp_path)
    assert found.content_type == TYPES[container]
    assert (found.width, found.height) == (256, 144)
    assert found.duration_seconds == pytest.approx(1, abs=0.05)
    assert pictures_of(path) == 10
    assert found.bytes_read <= 2 * len(content)
    for file in found.files:
        assert file.bytes == (tmp_path / file.name).stat().st_size


@pytest.mark.parametrize("moov", ["front", "end", "fragments"])
def test_the_head_may_be_in_front_at_the_end_or_in_pieces(moov: str, tmp_path: Path) -> None:
    found, path = public(film(moov=moov, sound="aac"), tmp_path)
    assert found.is_public_as_it_is == (moov == "front")
    assert found.duration_seconds == pytest.approx(1, abs=0.05)
    assert pictures_of(path) == 10


def test_many_fragments_are_added_up(tmp_path: Path) -> None:
    found, path = public(film(moov="fragments", seconds=30, keyframe_every=10, rate=10), tmp_path)
    assert found.duration_seconds == pytest.approx(30, abs=0.1)
    assert pictures_of(path) == 300


def test_pictures_at_uneven_times(tmp_path: Path) -> None:
    found, path = public(film(times=(0, 1, 5, 6, 19)), tmp_path)
    assert found.duration_seconds == pytest.approx(2, abs=0.15)
    assert pictures_of(path) == 5


def test_a_turned_film_is_measured_as_it_is_seen(tmp_path: Path) -> None:
    """Case 21: limits and layout use 180 × 320."""
    found, _ = public(film(size=(320, 180), matrix=TURNED_RIGHT), tmp_path)
    assert (found.width, found.height) == (180, 320)


def test_five_minutes_are_taken(tmp_path: Path) -> None:
    found, _ = public(film(seconds=300, rate=1, keyframe_every=60), tmp_path)
    assert found.duration_seconds == 300


def test_the_smallest_and_the_widest_that_is_taken(tmp_path: Path) -> None:
    for size in ((144, 144), (4096, 144)):
        found, _ = public(film(size=size, seconds=0.2), tmp_path / str(size[0]))
        assert (found.width, found.height) == size


# 23: a recorder's film, which does not say how long it is


def test_a_recorders_film_says_no_duration(tmp_path: Path) -> None:
    content = videos.recorded(film("vp8", "webm", sound="opus", seconds=3))
    with opened(content) as container:
        assert container.duration is None
    found, path = public(content, tmp_path)
    assert found.duration_seconds == pytest.approx(3, abs=0.05)
    assert not found.is_public_as_it_is
    with opened(path) as container:
        assert container.duration == pytest.approx(3_000_000, abs=60_000)
        container.seek(2_000_000)
        picture = next(container.decode(video=0))
        assert 1.4 <= picture.time <= 2
    assert pictures_of(path) == 30


def test_a_recorder_of_a_phone_with_h264(tmp_path: Path) -> None:
    """Chrome on Android puts h264 into webm. No browser promises to play that; in mp4 each does."""
    found, path = public(videos.h264_in_webm(), tmp_path)
    assert (found.content_type, path.name) == ("video/webm", "video.mp4")
    assert pictures_of(path) == 10


# 24: other tracks


def test_a_cover_before_the_tracks_is_not_the_film(tmp_path: Path) -> None:
    content = videos.with_box(film(moov="end", halves=(GREEN, GREEN)), videos.COVER, first=True)
    found, path = public(content, tmp_path)
    assert (found.width, found.height) == (256, 144)
    with opened(path) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    assert b"\x89PNG" not in path.read_bytes()


@pytest.mark.parametrize("moov", ["front", "end"])
def test_timecode_metadata_and_spatial_sound_are_left_out(moov: str, tmp_path: Path) -> None:
    content = film(moov=moov, sound="aac")
    for number, (handler, entry) in enumerate(
        [(b"tmcd", b"tmcd"), (b"meta", b"mebx"), (b"soun", b"apac"), (b"soun", b"mp4a")], 3
    ):
        content = videos.with_box(content, videos.other_track(content, handler, entry, number))
    found, path = public(content, tmp_path)
    assert not found.is_public_as_it_is
    with opened(path) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        assert container.streams.audio[0].codec_context.name == "aac"
    assert pictures_of(path) == 10


def test_a_sound_no_browser_plays_is_left_out(tmp_path: Path) -> None:
    _, path = public(film("h264", "mov", sound="pcm"), tmp_path)
    with opened(path) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_looking_moves_a_small_part_of_a_large_film(tmp_path: Path) -> None:
    """Whatever lies between what is looked at stays where it is."""
    content = film(
        noise=(320, 240), seconds=20, rate=10, keyframe_every=20, size=(320, 240), bit_rate=8_000_000
    )
    upload = Upload(content)
    found = upload.found("video", tmp_path)
    assert found.is_public_as_it_is
    assert found.bytes_read == sum(length for _, length in upload.reads) < len(content) / 6
