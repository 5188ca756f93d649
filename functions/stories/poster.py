"""The picture that stands for a film before it is played: not the black it may begin with."""

import time
from pathlib import Path
from typing import Any

from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation

from stories.decoding import Decoder, turned
from stories.image import webp

LONGEST_SIDE = 1280
_BRIGHT = 32
"""Of 255, on average: brighter than a black beginning and its first light."""
_ELSEWHERE = (0.1, 0.25, 0.5, 0.75)
"""Parts of a film whose keyframes are tried when it begins in the dark."""
_SECONDS = 4
"""That a light picture is looked for."""
_PART = 0.005
"""Of the file's bytes, or a megabyte, that the search may fetch."""
_SMALL = (64, 36)


def make_poster(decoder: Decoder, folder: Path) -> dict[str, Any]:
    """Write `poster.webp`: the first picture that is not dark, else the brightest of those that were looked at."""
    return webp(turned(_picture(_chosen(decoder), decoder), decoder.matrix), folder / "poster.webp")


def _chosen(decoder: Decoder) -> VideoFrame:
    search = _Search(decoder)
    if search.is_bright(decoder.first):
        return search.best
    duration = decoder.film.duration
    if duration and decoder.film.seeks and not decoder.film.streams:
        for part in _ELSEWHERE:
            picture = next(decoder.pictures(duration * part), None)
            if picture is not None and search.is_bright(picture):
                return search.best
    for picture in decoder.pictures():
        if search.is_bright(picture) or search.is_over:
            break
    return search.best


class _Search:
    """What was looked at so far."""

    best: VideoFrame

    def __init__(self, decoder: Decoder) -> None:
        self._source = decoder.source
        self._ends_at = time.monotonic() + _SECONDS
        self._fetched_at_most = self._source.fetched + max(1024 * 1024, int(self._source.size * _PART))
        self._brightest = -1.0

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self._ends_at or self._source.fetched > self._fetched_at_most

    def is_bright(self, picture: VideoFrame) -> bool:
        """Whether it will do; the brightest is kept."""
        brightness = _brightness(picture)
        if brightness > self._brightest:
            self._brightest, self.best = brightness, picture
        return brightness >= _BRIGHT


def _brightness(picture: VideoFrame) -> float:
    small = picture.reformat(*_SMALL, format="gray", dst_color_range="JPEG", interpolation=Interpolation.AREA)
    plane = small.planes[0]
    content = bytes(plane)
    rows = [
        content[row * plane.line_size : row * plane.line_size + plane.width] for row in range(plane.height)
    ]
    return sum(map(sum, rows)) / (plane.width * plane.height)


def _picture(frame: VideoFrame, decoder: Decoder) -> Any:
    """A Pillow image of a frame, not turned yet, with square pixels, no larger than a poster is."""
    width, height = decoder.seen if decoder.matrix[0] else decoder.seen[::-1]
    scale = min(1, LONGEST_SIDE / max(width, height))
    size = {"width": max(1, round(width * scale)), "height": max(1, round(height * scale))}
    return frame.to_image(**size, interpolation=Interpolation.AREA)  # type: ignore[no-untyped-call] # PyAV's own
