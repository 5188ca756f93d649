"""The frame's words, set in Onest: as outlines, for what is drawn in vectors, or as pixels."""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

FONT = Path(__file__).with_name("onest-semibold.ttf")
"""Onest SemiBold 2.001 by the Onest Project Authors (onest-license.txt): what frames and names hold (scripts/font.py)."""
_LARGEST = 0.45
"""The height of one line (its em) in a band of height 1, and of each of two."""
_LARGEST_OF_TWO = 0.32
_FINE = 0.28
"""A line this large is not broken in two."""
_LEADING = 1.15
"""From one line to the next, in ems."""
_CAPITALS = 0.7
"""How high a capital is, in ems."""
_UNIT = 1000

Step = tuple[str, tuple[float, ...]]
"""A step of an outline: M (move), L (line), C (cubic curve) or Z (close), and its points, x and y by turns."""


@dataclass(frozen=True)
class Line:
    """A line of words, in a band whose left upper corner is 0, 0."""

    words: str
    em: float
    left: float
    baseline: float


def lines(words: str, width: float, height: float) -> list[Line]:
    """The words in the middle of a band: on one line, or two where that makes them larger."""
    one = _set((words,), width, height, _LARGEST)
    parts = words.split(" ")
    halves = [(" ".join(parts[:i]), " ".join(parts[i:])) for i in range(1, len(parts))]
    if one[0].em >= height * _FINE or not halves:
        return one
    two = _set(min(halves, key=lambda half: max(map(_length, half))), width, height, _LARGEST_OF_TWO)
    return max(one, two, key=lambda lines: lines[0].em)


def _set(words: tuple[str, ...], width: float, height: float, largest: float) -> list[Line]:
    em = min(height * largest, width / max(map(_length, words)))
    first = (height - em * (_LEADING * (len(words) - 1) - _CAPITALS)) / 2
    return [
        Line(each, em, (width - em * _length(each)) / 2, first + em * _LEADING * i)
        for i, each in enumerate(words)
    ]


def _length(words: str) -> float:
    """In ems."""
    return _pixel_font(_UNIT).getlength(words) / _UNIT


def pixels(words: str, width: int, height: int, margin: int) -> npt.NDArray[np.uint8]:
    """The words in a band of so many pixels: 0 where there are none, 255 within a letter."""
    band = Image.new("L", (width, height))
    draw = ImageDraw.Draw(band)
    for line in lines(words, width - 2 * margin, height):
        draw.text((margin + line.left, line.baseline), line.words, 255, _pixel_font(line.em), anchor="ls")
    return np.asarray(band)


@lru_cache(maxsize=32)
def _pixel_font(em: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, em, layout_engine=ImageFont.Layout.BASIC)


def outlines(words: str, left: float, top: float, width: float, height: float) -> list[Step]:
    """The words in a band whose left upper corner is there, y downwards."""
    steps: list[Step] = []
    for line in lines(words, width, height):
        at = left + line.left
        for character in line.words:
            glyph, advance = _glyph(character)
            scale = line.em / _UNIT
            steps += [
                (
                    step,
                    tuple(
                        at + value * scale if i % 2 == 0 else top + line.baseline - value * scale
                        for i, value in enumerate(points)
                    ),
                )
                for step, points in glyph
            ]
            at += advance * scale
    return steps


@cache
def _glyph(character: str) -> tuple[list[Step], float]:
    """A character's outline and its advance, in thousandths of an em, y upwards."""
    from fontTools.pens.basePen import BasePen

    class Outline(BasePen):  # type: ignore[misc] # its base turns TrueType's curves into cubic ones, which PDF and SVG both have
        def __init__(self) -> None:
            super().__init__(_font().getGlyphSet())
            self.steps: list[Step] = []

        def _moveTo(self, at: Any) -> None:
            self.steps.append(("M", tuple(at)))

        def _lineTo(self, to: Any) -> None:
            self.steps.append(("L", tuple(to)))

        def _curveToOne(self, one: Any, other: Any, to: Any) -> None:
            self.steps.append(("C", (*one, *other, *to)))

        def _closePath(self) -> None:
            self.steps.append(("Z", ()))

    outline = Outline()
    name = _font().getBestCmap()[ord(character)]
    glyph = _font().getGlyphSet()[name]
    glyph.draw(outline)
    return outline.steps, glyph.width


@cache
def _font() -> Any:
    from fontTools.ttLib import TTFont

    return TTFont(FONT)
