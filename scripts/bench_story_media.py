"""What it costs to look into a story's film: a large one, and such as were made to do harm.

- a film of 100 MB and five minutes: looking moves at most 3 % of its bytes, the child holds at most 120 MB
- each hostile file is refused in less than a second, with less than 150 MB
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from bars import Bars
from bootstrap import ROOT

MEGABYTE = 1024 * 1024
LARGEST = 100 * MEGABYTE
SECONDS = 300
RATE = 25
STREAMED = MEGABYTE
"""Bytes of a read by which a copy is streamed; whoever looks asks for less."""


@dataclass
class Bytes:
    """An upload on this disk; what is read of it is counted."""

    path: Path
    reads: list[int] = field(default_factory=list)

    async def read(self, offset: int, length: int) -> bytes:
        self.reads.append(length)
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    @property
    def looked_at(self) -> int:
        """Bytes read before a copy was streamed."""
        first = next(
            (place for place, length in enumerate(self.reads) if length >= STREAMED), len(self.reads)
        )
        return sum(self.reads[:first])


def run(bars: Bars, rounds: int) -> None:
    find_modules()
    with tempfile.TemporaryDirectory(prefix="chestno-") as name:
        folder = Path(name)
        large_films(bars, folder, rounds)
        hostile_files(bars, folder, rounds)
        large_picture(bars, folder)


def find_modules() -> None:
    """What looks into films, and the tests' surgery on them."""
    for place in ("functions", "tests"):
        sys.path.insert(0, str(ROOT / place))


def looked_into(kind: Literal["video", "image"], path: Path, folder: Path) -> tuple[Any, Bytes, float]:
    from stories.inspection import inspect

    upload = Bytes(path)
    started = time.perf_counter()
    found = asyncio.run(inspect(kind, path.stat().st_size, upload.read, folder))
    return found, upload, time.perf_counter() - started


def large_films(bars: Bars, folder: Path, rounds: int) -> None:
    for name, codec, container, moov in (
        ("h264, moov in front", "h264", "mp4", "front"),
        ("h264, moov at the end", "h264", "mp4", "end"),
        ("vp8, webm", "vp8", "webm", ""),
    ):
        path = folder / f"large.{container}"
        large_film(path, codec, container, moov)
        size = path.stat().st_size
        times = []
        for _ in range(rounds):
            found, upload, seconds = looked_into("video", path, folder)
            if found.problems or size > LARGEST:
                raise RuntimeError(f"{name}: {found.problems}, {size} bytes")
            times.append(seconds)
        part = upload.looked_at / size
        what = (
            "public as it is"
            if found.is_public_as_it_is
            else f"copied, {found.bytes_read / MEGABYTE:.0f} MB read"
        )
        reads = sum(length < STREAMED for length in upload.reads)
        print(
            f"  {name}: {size / MEGABYTE:.0f} MB, {found.duration_seconds:.0f} s;"
            f" looked at {upload.looked_at / 1e6:.2f} MB in {reads} reads; {what}; {statistics.median(times):.2f} s",
            flush=True,
        )
        bars.bar(part <= 0.03, f"{name}: looking moves {part:.2%} of its bytes (at most 3 %)")
        bars.bar(
            found.peak_memory < 120e6,
            f"{name}: the child holds {found.peak_memory / 1e6:.0f} MB (less than 120)",
        )


def large_film(path: Path, codec: str, container: str, moov: str, length: int = SECONDS) -> None:
    """A second of 720p, encoded once and shown again and again, with sound: almost 100 MB in five minutes."""
    import av
    from kit import videos

    encoded = videos.film(
        codec,
        container,
        sound="aac" if container == "mp4" else "opus",
        size=(1280, 720),
        rate=RATE,
        keyframe_every=RATE,
        noise=(432, 240),
        bit_rate=1_900_000,
    )
    options = {"fflags": "+bitexact"} | ({"movflags": "+faststart"} if moov == "front" else {})
    with videos.opened(encoded) as given, av.open(str(path), "w", format=container, options=options) as out:
        streams: tuple[Any, ...] = (given.streams.video[0], given.streams.audio[0])
        ways = [out.add_stream_from_template(stream, opaque=True) for stream in streams]
        held: list[Any] = [packet for packet in given.demux(*streams) if packet.dts is not None]
        sounds = [packet for packet in held if packet.stream.type == "audio"]
        step = sounds[2].pts - sounds[1].pts
        sounds = sounds[: int(1 / (step * streams[1].time_base))]
        pictures = [packet for packet in held if packet.stream.type == "video"]
        for second in range(length):
            for place, packet in enumerate((*pictures, *sounds)):
                made: Any = av.Packet(bytes(packet))
                made.stream = ways[packet.stream.index]
                made.time_base, made.is_keyframe = packet.time_base, packet.is_keyframe
                if packet.stream.type == "audio":
                    made.pts = made.dts = (second * len(sounds) + place - len(pictures)) * step
                else:
                    shift = round(second / packet.time_base)
                    made.pts, made.dts, made.duration = (
                        packet.pts + shift,
                        packet.dts + shift,
                        packet.duration,
                    )
                out.mux(made)


# Hostile files


def hostile_files(bars: Bars, folder: Path, rounds: int) -> None:
    worst_seconds, worst_memory = 0.0, 0
    for name, (content, codes) in hostile().items():
        path = folder / "hostile"
        path.write_bytes(content)
        times = []
        for _ in range(rounds):
            found, _, seconds = looked_into("video", path, folder)
            times.append(seconds)
        seconds = statistics.median(times)
        print(
            f"  {name:<44} {' '.join(found.problems):<16} {seconds:.2f} s {found.peak_memory / 1e6:4.0f} MB",
            flush=True,
        )
        if not found.problems or found.problems[0] not in codes:
            bars.bar(False, f"{name} is refused as {' or '.join(codes)}")
        worst_seconds, worst_memory = max(worst_seconds, seconds), max(worst_memory, found.peak_memory)
    bars.bar(
        worst_seconds < 1, f"each hostile file is refused, the slowest in {worst_seconds:.2f} s (less than 1)"
    )
    bars.bar(worst_memory < 150e6, f"the child holds {worst_memory / 1e6:.0f} MB at most (less than 150)")


def hostile() -> dict[str, tuple[bytes, tuple[str, ...]]]:
    """Each made of a film that is fit."""
    from kit import videos
    from kit.videos import TABLE, edited, film

    good, end, fragments = film(sound="aac"), film(moov="end"), film(moov="fragments")
    track = (b"moov", b"trak")
    half = len(good) // 2
    bomb = bomb_of(16_384, 8_640)
    lying = edited(
        edited(bomb, (*TABLE, b"stsd"), 48, "2H", 256, 144), (*track, b"tkhd"), 84, "2I", 256 << 16, 144 << 16
    )
    webm = film("vp8", "webm")
    segment = webm.find(b"\x18\x53\x80\x67")
    run_of = fragments.find(b"trun") + 8
    cases = {
        "no bytes": (b"", ("empty",)),
        "a text": ("Это не видео. ".encode() * 9999, ("wrong_type",)),
        "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(9999), ("wrong_type",)),
        "a playlist": (b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/inner.ts\n", ("playlist",)),
        "sound alone": (videos.only_sound(), ("no_video",)),
        "sound and a cover": (videos.with_box(videos.only_sound(), videos.COVER, first=True), ("no_video",)),
        "half of a film": (good[:half], ("truncated",)),
        "half of it zeros": (good[:half] + bytes(len(good) - half), ("damaged",)),
        "no moov": (good.replace(b"moov", b"free", 1), ("damaged",)),
        "65 535 pixels": (edited(good, (*TABLE, b"stsd"), 48, "2H", 65_535, 65_535), ("too_many_pixels",)),
        "65 535 pixels in its track": (edited(good, (*track, b"tkhd"), 84, "I", 65_535 << 16), ("too_many_pixels",)),
        "16384 × 8640": (bomb, ("too_many_pixels",)),
        "16384 × 8640 that say 256 × 144": (lying, ("too_many_pixels", "damaged")),
        "20 MB of empty boxes": (good + b"\0\0\0\x08free" * (20 * MEGABYTE // 8), ("damaged",)),
        "20 MB of empty boxes in moov": (videos.with_box(end, b"\0\0\0\x08free" * (20 * MEGABYTE // 8)), ("damaged",)),
        "15 MB of empty boxes in moov": (videos.with_box(end, b"\0\0\0\x08free" * (15 * MEGABYTE // 8)), ("damaged",)),
        "five minutes and a second": (film(seconds=301, rate=1, keyframe_every=60), ("too_long",)),
        "a piece beyond the end": (edited(good, (*TABLE, b"stco"), 16, "I", len(good)), ("truncated",)),
        "four billion in fragments": (fragments[:run_of] + b"\xff" * 4 + fragments[run_of + 4 :], ("damaged",)),
        "ten thousand empty fragments": (
            fragments + (videos.box(b"moof") + videos.box(b"mdat")) * 10_001, ("damaged",),
        ),
        "a recorder's film, cut off": (videos.recorded(film("vp8", "webm", noise=(256, 144)))[:-9], ("truncated",)),
        "a million empty elements": (webm[: segment + 4] + b"\x01" + b"\xff" * 7 + b"\xec\x80" * 1_000_000, ("damaged",)),
    }  # fmt: skip
    for name, offset, form, *values in (
        (b"stts", 16, "I", 0xFFFF_FFFF), (b"stts", 12, "I", 0xFFFF_FFFF), (b"stsz", 16, "I", 0xFFFF_FFFF),
        (b"stsz", 12, "I", 1), (b"stsz", 20, "I", 0xFFFF_FFFF), (b"stsc", 20, "I", 0xFFFF_FFFF),
        (b"stsc", 12, "I", 0xFFFF_FFFF), (b"stco", 12, "I", 0xFFFF_FFFF), (b"stco", 16, "I", 40), (b"stss", 16, "I", 99),
    ):  # fmt: skip
        wrong = edited(end, (*TABLE, name), offset, form, *values)
        cases[f"{name.decode()} that lies at {offset}: {values[0]:,}"] = (wrong, ("damaged", "truncated"))
    return cases


def bomb_of(width: int, height: int) -> bytes:
    """A small file that unfolds to a picture of so many pixels."""
    import av

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bomb.mp4")
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
            stream: Any = out.add_stream("libx264", rate=10)
            stream.width, stream.height, stream.pix_fmt, stream.thread_count = width, height, "yuv420p", 1
            stream.options = {
                "preset": "ultrafast",
                "x264-params": "rc-lookahead=0:bframes=0:sync-lookahead=0",
            }
            picture = av.VideoFrame(width, height, "yuv420p")
            for plane in picture.planes:
                plane.update(bytes(plane.buffer_size))
            picture.pts, picture.time_base = 0, Fraction(1, 10)
            out.mux([*stream.encode(picture), *stream.encode()])
        return path.read_bytes()


# Pictures


def large_picture(bars: Bars, folder: Path) -> None:
    from PIL import Image

    path = folder / "picture.jpg"
    Image.effect_noise((6000, 4500), 40).convert("RGB").save(path, "JPEG", quality=60)
    found, _, seconds = looked_into("image", path, folder)
    if found.problems:
        raise RuntimeError(found.problems)
    print(
        f"  a picture of {path.stat().st_size / 1e6:.1f} MB, 6000 × 4500: {seconds:.2f} s, {found.peak_memory / 1e6:.0f} MB",
        flush=True,
    )
    Image.new("1", (13_000, 13_000)).save(folder / "bomb.png")
    found, _, seconds = looked_into("image", folder / "bomb.png", folder)
    bars.bar(
        found.problems == ["too_many_pixels"] and seconds < 1 and found.peak_memory < 150e6,
        f"13 000 × 13 000 in {(folder / 'bomb.png').stat().st_size / 1e3:.0f} kB is refused in {seconds:.2f} s with"
        f" {found.peak_memory / 1e6:.0f} MB (less than 1, less than 150)",
    )
