"""Films, made by real encoders; and the surgery that makes wrong ones of right ones."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import cache, wraps
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ParamSpec

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.video.frame import VideoFrame

Colour = tuple[int, int, int]
GREEN: Colour = (0, 160, 0)
RED: Colour = (220, 0, 0)
BLUE: Colour = (0, 0, 220)
BLACK: Colour = (0, 0, 0)

ENCODERS = {"h264": "libx264", "hevc": "libx265", "vp8": "libvpx", "vp9": "libvpx-vp9", "av1": "libsvtav1"}
SOUNDS = {
    "aac": "aac",
    "opus": "libopus",
    "mp3": "libmp3lame",
    "flac": "flac",
    "vorbis": "vorbis",
    "pcm": "pcm_s16le",
}
_QUICK = {
    "h264": {"preset": "ultrafast"},
    "hevc": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:info=0"},
    "vp8": {"deadline": "realtime", "cpu-used": "8"},
    "vp9": {"deadline": "realtime", "cpu-used": "8"},
    "av1": {"preset": "12", "svtav1-params": "lp=1"},
}
TURNED_RIGHT = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
"""The matrix of a phone held upright: what is at the top is seen at the right."""


def opened(film: bytes | Path) -> InputContainer:
    """A film as FFmpeg reads it, whatever it is."""
    return av.open(BytesIO(film) if isinstance(film, bytes) else str(film), "r")


P = ParamSpec("P")


def aside(encode: Callable[P, bytes]) -> Callable[P, bytes]:
    """In a thread of its own.

    Where it may (as root), SVT-AV1 makes the thread that calls it a real-time one and leaves it so. What a test starts from such a
    one is real-time too, and a Node that waits for its own threads then takes a processor for ever.
    """

    @wraps(encode)
    def encoded(*arguments: P.args, **options: P.kwargs) -> bytes:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(encode, *arguments, **options).result()

    return encoded


@cache
@aside
def film(
    codec: str = "h264",
    container: str = "mp4",
    *,
    sound: str | None = None,
    size: tuple[int, int] = (256, 144),
    colours: tuple[Colour, ...] = (GREEN,),
    halves: tuple[Colour, Colour] | None = None,
    seconds: float = 1,
    rate: int = 10,
    keyframe_every: int = 5,
    moov: str = "front",
    tag: str | None = None,
    matrix: tuple[int, ...] | None = None,
    times: tuple[int, ...] | None = None,
    metadata: tuple[tuple[str, str], ...] = (),
    noise: tuple[int, int] | None = None,
    bit_rate: int = 0,
    repeats_headers: bool = False,
) -> bytes:
    """A film as a good program writes it: nothing in it but itself.

    `colours` share its time; `halves` are its upper and lower one; `moov` is front, end or fragments; `noise` is a corner of so many pixels; `times` are the
    moments of its pictures in units of 1/rate; the same film is encoded once.
    """
    options = {"fflags": "+bitexact"}
    if container in ("mp4", "mov"):
        flags = {
            "front": "+faststart",
            "end": "",
            "fragments": "+frag_keyframe+empty_moov+default_base_moof",
        }[moov]
        options |= {"movflags": flags} if flags else {}
    with TemporaryDirectory() as folder:
        path = Path(folder, f"film.{container}")
        with av.open(str(path), "w", format=container, options=options) as out:
            out.metadata.update(dict(metadata))
            stream: Any = out.add_stream(ENCODERS[codec], rate=rate)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            stream.gop_size = keyframe_every
            stream.thread_count = 1
            stream.options = dict(_QUICK[codec])
            if repeats_headers:
                name = f"{'x264' if codec == 'h264' else 'x265'}-params"
                stream.options = {
                    **stream.options,
                    name: f"{_QUICK[codec].get(name, '')}:repeat-headers=1".strip(":"),
                }
            if bit_rate:
                stream.bit_rate = bit_rate
            stream.codec_context.flags |= 1 << 23  # bitexact: it does not name itself
            if tag:
                stream.codec_context.codec_tag = tag
            if matrix:
                stream.set_display_matrix(matrix)
            audio = _sound_stream(out, sound) if sound else None
            count = len(times) if times else round(seconds * rate)
            pictures = _pictures(count, size, colours, halves, noise)
            sounds = _sounds(sound, seconds) if audio else iter(())
            for number, picture in enumerate(pictures):
                picture.pts = times[number] if times else number
                picture.time_base = Fraction(1, rate)
                out.mux(stream.encode(picture))
                if audio:
                    until = (number + 1) / rate
                    for piece in _until(sounds, until):
                        out.mux(audio.encode(piece))
            out.mux(stream.encode())
            if audio:
                for piece in sounds:
                    out.mux(audio.encode(piece))
                out.mux(audio.encode())
        return path.read_bytes()


def _pictures(
    count: int,
    size: tuple[int, int],
    colours: Sequence[Colour],
    halves: tuple[Colour, Colour] | None,
    noise: tuple[int, int] | None,
) -> Iterator[VideoFrame]:
    width, height = size
    chance = np.random.default_rng(7)
    for number in range(count):
        picture = np.empty((height, width, 3), np.uint8)
        if halves:
            picture[: height // 2], picture[height // 2 :] = halves
        else:
            picture[:] = colours[number * len(colours) // count]
        if noise:
            seen = picture[: noise[1], : noise[0]]
            seen[:] = chance.integers(0, 255, seen.shape, np.uint8)
        yield VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")


def _sound_stream(out: Any, sound: str) -> Any:
    stream = out.add_stream(SOUNDS[sound], rate=48000)
    stream.layout = "stereo" if sound == "vorbis" else "mono"
    if sound == "vorbis":
        stream.codec_context.options = {"strict": "experimental"}
    stream.codec_context.flags |= 1 << 23
    return stream


def _sounds(sound: str | None, seconds: float) -> Iterator[AudioFrame]:
    kind = {"vorbis": "fltp", "opus": "s16", "flac": "s16", "pcm": "s16", "mp3": "s16p", "aac": "fltp"}[
        sound or "aac"
    ]
    channels = 2 if sound == "vorbis" else 1
    length = 960
    for number in range(round(seconds * 48000) // length):
        tone = np.sin(np.arange(number * length, (number + 1) * length) / 30)
        values: Any = tone.astype(np.float32) if kind == "fltp" else (tone * 9000).astype(np.int16)
        frame = AudioFrame.from_ndarray(
            np.tile(values, (channels, 1)), kind, "stereo" if channels == 2 else "mono"
        )
        frame.sample_rate = 48000
        frame.pts = number * length
        yield frame


def _until(sounds: Iterator[AudioFrame], seconds: float) -> Iterator[AudioFrame]:
    for piece in sounds:
        yield piece
        if (piece.pts or 0) / 48000 >= seconds:
            return


@cache
def only_sound(container: str = "mp4", sound: str = "aac") -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, f"sound.{container}")
        with av.open(str(path), "w", format=container, options={"fflags": "+bitexact"}) as out:
            stream = _sound_stream(out, sound)
            for piece in _sounds(sound, 1):
                out.mux(stream.encode(piece))
            out.mux(stream.encode())
        return path.read_bytes()


# Surgery


def boxes(content: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """(name, where it begins, where it ends) of each box from here to there."""
    at, end = start, len(content) if end is None else end
    while at < end:
        length, name = struct.unpack_from(">I4s", content, at)
        if length == 1:
            (length,) = struct.unpack_from(">Q", content, at + 8)
        length = length or end - at
        yield name, at, at + length
        at += length


def found(content: bytes, *path: bytes) -> tuple[int, int]:
    """Where the box at this path begins and ends; of several, the first."""
    start, end = 0, len(content)
    for depth, name in enumerate(path):
        start, end = next((a, b) for each, a, b in boxes(content, start, end) if each == name)
        if depth < len(path) - 1:
            start += 8
    return start, end


TABLE = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, name) + content


def rewritten(content: bytes, path: tuple[bytes, ...], change: Callable[[bytes], bytes]) -> bytes:
    """The film with another box at this path; the boxes around it, and where the media lie, say so too."""
    start, end = found(content, *path)
    other = change(content[start:end])
    grown = len(other) - (end - start)
    whole = bytearray(content[:start] + other + content[end:])
    for depth in range(1, len(path)):
        at, _ = found(content, *path[:depth])
        whole[at : at + 4] = struct.pack(">I", struct.unpack_from(">I", content, at)[0] + grown)
    return moved(bytes(whole), start, grown) if grown else bytes(whole)


def moved(content: bytes, behind: int, by: int) -> bytes:
    """The film whose tables know that everything behind this place has moved."""
    whole = bytearray(content)
    at = content.find(b"stco")
    while at >= 0:
        (count,) = struct.unpack_from(">I", content, at + 8)
        for place in range(at + 12, at + 12 + 4 * count, 4):
            (offset,) = struct.unpack_from(">I", content, place)
            if offset >= behind:
                struct.pack_into(">I", whole, place, offset + by)
        at = content.find(b"stco", at + 4)
    return bytes(whole)


def edited(content: bytes, path: tuple[bytes, ...], offset: int, form: str, *values: int) -> bytes:
    """The film with other numbers at a place of a box, counted from its beginning."""
    start, _ = found(content, *path)
    whole = bytearray(content)
    struct.pack_into(">" + form, whole, start + offset, *values)
    return bytes(whole)


def without_parameter_sets(content: bytes) -> bytes:
    """The film whose description names none: they stand only among its pictures, as some recorders write them."""

    def change(stsd: bytes) -> bytes:
        name = b"avcC" if b"avcC" in stsd else b"hvcC"
        at = stsd.find(name) - 4
        (length,) = struct.unpack_from(">I", stsd, at)
        settings = stsd[at + 8 : at + 13] + b"\xe0\0" if name == b"avcC" else stsd[at + 8 : at + 30] + b"\0"
        entry = stsd[16:at] + box(name, settings) + stsd[at + length :]
        return box(b"stsd", stsd[8:16], struct.pack(">I", len(entry)), entry[4:])

    without = rewritten(content, (*TABLE, b"stsd"), change)
    return without.replace(b"avc1\0\0\0\0\0\0\0\1", b"avc3\0\0\0\0\0\0\0\1")


def with_box(content: bytes, added: bytes, *, first: bool = False) -> bytes:
    """The film with one more box in its moov."""
    return rewritten(
        content,
        (b"moov",),
        lambda moov: box(b"moov", added, moov[8:]) if first else box(b"moov", moov[8:], added),
    )


def sound_track(content: bytes) -> bytes:
    """The box of a film's sound."""
    start, end = found(content, b"moov")
    return next(
        content[a:b]
        for name, a, b in boxes(content, start + 8, end)
        if name == b"trak" and b"soun" in content[a:b]
    )


def other_track(content: bytes, handler: bytes, entry: bytes, number: int) -> bytes:
    """A track of another kind, made of the film's sound."""
    track = bytearray(sound_track(content).replace(b"soun", handler).replace(b"mp4a", entry))
    struct.pack_into(">I", track, 8 + 8 + 12, number)
    return bytes(track)


COVER = box(
    b"udta",
    box(
        b"meta",
        bytes(4),
        box(b"hdlr", bytes(8), b"mdirappl", bytes(9)),
        box(
            b"ilst",
            box(b"covr", box(b"data", struct.pack(">II", 14, 0), b"\x89PNG\r\n\x1a\n" + b"cover" * 20)),
        ),
    ),
)
PLACE = b"+55.7558+037.6173/"
WHERE_IT_WAS_FILMED = box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0x15C7), PLACE))


def apple_metadata(**values: str) -> bytes:
    """A `meta` as phones write it: keys and values."""
    names = [f"com.apple.quicktime.{key.replace('_', '.')}".encode() for key in values]
    keys = b"".join(struct.pack(">I4s", len(name) + 8, b"mdta") + name for name in names)
    items = b"".join(
        struct.pack(">II", 8 + 16 + len(value.encode()), number + 1)
        + struct.pack(">I4sII", 16 + len(value.encode()), b"data", 1, 0)
        + value.encode()
        for number, value in enumerate(values.values())
    )
    return box(
        b"meta",
        box(b"hdlr", bytes(8), b"mdta", bytes(13)),
        box(b"keys", bytes(4), struct.pack(">I", len(names)), keys),
        box(b"ilst", items),
    )


def recorded(content: bytes) -> bytes:
    """The webm as a browser records it: nothing says how long it is, where a cluster ends or where to seek."""
    head = bytearray(content)
    whole = bytes(head)
    segment = whole.find(b"\x18\x53\x80\x67")
    assert segment > 0
    out = whole[: segment + 4] + b"\x01" + b"\xff" * 7
    at = segment + 4 + vint(whole, segment + 4)[1]
    while at < len(whole):
        ident, body, end = element(whole, at)
        if ident == b"\x1f\x43\xb6\x75":
            out += ident + b"\x01" + b"\xff" * 7 + whole[body:end]
        elif ident == b"\x15\x49\xa9\x66":
            info = b""
            inner = body
            while inner < end:
                name, _, stop = element(whole, inner)
                info += b"" if name == b"\x44\x89" else whole[inner:stop]
                inner = stop
            out += ident + b"\x01" + len(info).to_bytes(7) + info
        elif ident == b"\x16\x54\xae\x6b":
            out += whole[at:end]
        at = end
    return out


def vint(content: bytes, at: int) -> tuple[int, int]:
    """A number of EBML and how many bytes it takes."""
    width = 9 - content[at].bit_length()
    return int.from_bytes(content[at : at + width]) & ((1 << 7 * width) - 1), width


def element(content: bytes, at: int) -> tuple[bytes, int, int]:
    """Name, where the content begins, where it ends."""
    width = 9 - content[at].bit_length()
    size, size_width = vint(content, at + width)
    body = at + width + size_width
    return content[at : at + width], body, body + size


def h264_in_webm() -> bytes:
    """As Chrome's recorder writes it: matroska under webm's name."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "film.mkv")
        with (
            opened(film()) as given,
            av.open(str(path), "w", format="matroska", options={"fflags": "+bitexact"}) as out,
        ):
            way = out.add_stream_from_template(given.streams.video[0], opaque=True)
            for packet in given.demux(video=0):
                if packet.dts is not None:
                    packet.stream = way
                    out.mux(packet)
        content = path.read_bytes()
    return content.replace(b"\x42\x82\x88matroska", b"\x42\x82\x84webm\xec\x82\0\0", 1)
