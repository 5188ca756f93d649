"""A film's pictures, by FFmpeg: one format, over our own file, one thread, and never an address."""

from collections.abc import Iterator
from typing import Any, Self

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame

from stories.film import LARGEST_SIDE, UPRIGHT, Film, Matrix, check_size
from stories.source import Source, Unfit

_BUFFER = 32 * 1024
OPTIONS = {
    "max_pixels": str(LARGEST_SIDE * LARGEST_SIDE),
    "threads": "1",
    "probesize": str(64 * 1024),
    "analyzeduration": "0",
    "protocol_whitelist": "none",
    "enable_drefs": "0",
}
_READ_FROM_THE_FRONT = {"fflags": "+ignidx"}
"""Not all fragments are looked at before the first is read."""


def open_film(film: Film, source: Source) -> Any:
    """The container for PyAV. Raises Unfit."""
    options = OPTIONS | (_READ_FROM_THE_FRONT if film.streams else {})
    try:
        return av.open(film.opened(source), "r", format=film.demuxer, options=options, buffer_size=_BUFFER)
    except (FFmpegError, ValueError, OSError):
        raise Unfit("damaged") from None


def stream_of(container: Any, kind: str, number: int) -> Any:
    """The stream of a track. Raises Unfit when the decoder sees other tracks than we do."""
    streams = [each for each in getattr(container.streams, kind) if not each.disposition & 0x400]
    if number >= len(streams):
        raise Unfit("damaged")
    return streams[number]


class Decoder:
    """The pictures of a film. Used in a `with`."""

    def __init__(self, film: Film, source: Source) -> None:
        self.film = film
        self.source = source
        self.matrix: Matrix = film.video.matrix

    def __enter__(self) -> Self:
        self._container = open_film(self.film, self.source)
        self._stream = stream_of(self._container, "video", self.film.video.number)
        context = self._stream.codec_context
        if context is None or context.codec.canonical_name != self.film.video.codec:
            raise Unfit("damaged")
        context.thread_count = 1
        context.thread_type = "NONE"
        context.options = {"max_pixels": OPTIONS["max_pixels"]}
        check_size(self._stream.width, self._stream.height)
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    @property
    def seen(self) -> tuple[int, int]:
        """Width and height as the film is seen: turned, and with pixels that are no squares made such."""
        width, height = self._stream.width, self._stream.height
        ratio = self._stream.sample_aspect_ratio
        if ratio and 0.2 < ratio < 5:
            width = round(width * ratio)
        return (height, width) if self.matrix[0] == 0 else (width, height)

    def pictures(self, seconds: float = 0) -> Iterator[VideoFrame]:
        """From the last keyframe before this moment on. Raises Unfit where they cannot be decoded."""
        try:
            if self.film.seeks and not self.film.streams:
                begins = self._stream.start_time or 0
                self._container.seek(begins + round(seconds / self._stream.time_base), stream=self._stream)
            for packet in self._container.demux(self._stream):
                for picture in packet.decode():
                    check_size(picture.width, picture.height)
                    yield picture
        except (FFmpegError, OSError):
            raise Unfit("damaged") from None

    def check_beginning(self) -> None:
        """Raises Unfit when the first picture cannot be decoded."""
        first = next(self.pictures(), None)
        if first is None:
            raise Unfit("damaged")
        self.first = first

    def check_end(self) -> None:
        """Raises Unfit when the last keyframe cannot be decoded."""
        try:
            at = self._last_keyframe()
            if at is None:
                raise Unfit("damaged")
            self._container.seek(at, stream=self._stream)
            for packet in self._container.demux(self._stream):
                if packet.is_keyframe or packet.size == 0:
                    break
            self._stream.codec_context.flush_buffers()
            decoded = self._stream.codec_context.decode(packet) if packet.size else []
            if not (decoded or self._stream.codec_context.decode(None)):
                raise Unfit("damaged")
            self._stream.codec_context.flush_buffers()
        except (FFmpegError, OSError):
            raise Unfit("damaged") from None

    def check_samples(self) -> None:
        """Raises Unfit when a sample is not made of units that fill it, as h264 and hevc are."""
        width = self.film.video.nal_length_size
        for offset, length in self.film.video.samples if width else ():
            _check_units(self.source, offset, length, width)

    def _last_keyframe(self) -> int | None:
        keys = [entry.timestamp for entry in self._stream.index_entries if entry.is_keyframe]
        return keys[-1] if keys else None


def _check_units(source: Source, offset: int, length: int, width: int) -> None:
    at, end = offset, offset + length
    for _ in range(2000):
        if at == end:
            return
        unit = int.from_bytes(source.peek(at, width))
        at += width + unit
        if unit == 0 or at > end:
            break
    raise Unfit("damaged")


def turned(image: Any, matrix: Matrix) -> Any:
    """A Pillow image as the film is seen."""
    from PIL import Image

    turns = {
        (0, 1, -1, 0): Image.Transpose.ROTATE_270,
        (-1, 0, 0, -1): Image.Transpose.ROTATE_180,
        (0, -1, 1, 0): Image.Transpose.ROTATE_90,
        (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
        (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
        (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
        (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
    }
    return image if matrix == UPRIGHT else image.transpose(turns[matrix])
