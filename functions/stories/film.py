"""What a film is allowed to be, and what its container says it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from stories.source import Source, SourceFile, Unfit

LONGEST_SECONDS = 300
TOLERANCE_SECONDS = 0.5
"""A recorder that stops after five minutes stops a little after them."""
SMALLEST_SIDE = 144
LARGEST_SIDE = 4096

VIDEO_CODECS = ("h264", "hevc", "vp8", "vp9", "av1")
AUDIO_CODECS = {"mp4": ("aac", "mp3", "opus", "flac"), "webm": ("opus", "vorbis")}
"""What browsers play in each container of ours."""

Matrix = tuple[int, int, int, int]
"""How a film is turned, of -1, 0 and 1: a point (x, y) is seen at (ax + cy, bx + dy), y pointing down."""
UPRIGHT: Matrix = (1, 0, 0, 1)


@dataclass
class Track:
    """One track that the public will get."""

    codec: str
    number: int
    """Which of its kind it is in the file that the decoder opens, from 0."""
    width: int = 0
    height: int = 0
    matrix: Matrix = UPRIGHT
    samples: Sequence[tuple[int, int]] = ()
    """Where some of its samples lie, (offset, bytes), spread over the film; the last is the last."""
    nal_length_size: int = 0
    """Bytes that say how long each unit of a sample is; 0 where samples are not made of such."""
    settings: bytes = b""
    """What avcC or hvcC holds."""


@dataclass
class Film:
    """A film, by its container alone: nothing was decoded yet."""

    content_type: str
    demuxer: str
    """FFmpeg's name of the format, pinned: nothing else is tried, and nothing that would open something else."""
    container: str
    """Of the public copy: mp4 or webm."""
    video: Track
    audio: Track | None
    duration: float | None
    """Seconds; None when only reading all of it would tell."""
    copied_for: set[str] = field(default_factory=set)
    """Why the bytes cannot be public as they are; empty when they can."""
    patch_at: int = 0
    patch: bytes = b""
    """What the decoder sees in place of these bytes: the same without the tracks and the metadata that are left out."""
    seeks: bool = True
    """Whether the end can be reached without reading all before it."""
    streams: bool = False
    """Fragmented: to be read from its beginning to its end."""

    def opened(self, source: Source) -> SourceFile:
        """The file for the decoder."""
        return SourceFile(source, self.patch_at, self.patch)


def check_size(width: int, height: int) -> None:
    """Raises Unfit for a picture that is too large, or too small."""
    if max(width, height) > LARGEST_SIDE:
        raise Unfit("too_many_pixels")
    if min(width, height) < SMALLEST_SIDE:
        raise Unfit("too_small")


def check_duration(seconds: float) -> None:
    """Raises Unfit for a film that is too long, or never begins."""
    if seconds > LONGEST_SECONDS + TOLERANCE_SECONDS:
        raise Unfit("too_long")
    if seconds <= 0:
        raise Unfit("damaged")
