"""A code as outlines, in modules, x to the right and y downwards: what SVG and PDF both draw."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from qr.layout import DOT, FRAME, Layout
from qr.outline import Loop, loops
from qr.words import Step, outlines

_HANDLE = 0.5522847498
"""How far off the handles of a quarter circle lie, in radiuses."""


def angular(layout: Layout) -> Iterator[Loop]:
    """What is made of squares: all that is dark, or with dots the patterns alone."""
    dark, patterns = layout.symbol.modules, layout.symbol.patterns
    shape = layout.style.module_shape
    soft = dark & ~patterns if shape == "rounded" else np.zeros_like(dark)
    return loops(dark & patterns if shape == "dots" else dark, soft)


def symbol(layout: Layout) -> Iterator[Step]:
    """Everything dark of the symbol. What lies within an odd number of edges is dark."""
    begins = layout.begins
    for loop in angular(layout):
        corners = [(begins + x, begins + y) for x, y in loop.corners]
        yield from _polygon(corners, [0.5 * is_round for is_round in loop.are_round])
    if layout.style.module_shape == "dots":
        for row, column in np.argwhere(layout.symbol.modules & ~layout.symbol.patterns).tolist():
            left, top = (begins + at + (1 - DOT) / 2 for at in (column, row))
            yield from _rectangle(left, top, DOT, DOT, DOT / 2)


def frame(layout: Layout) -> Iterator[Step]:
    """The frame around everything, and out of it the light square within."""
    inner = layout.width - 2 * FRAME
    yield from _rectangle(0, 0, layout.width, layout.height, 2 * FRAME)
    yield from _rectangle(FRAME, FRAME, inner, inner, FRAME)


def words(layout: Layout) -> list[Step]:
    """The frame's words, in the band below the symbol."""
    top = layout.width - FRAME
    margin = 2 * FRAME
    return outlines(
        layout.style.frame_text or "", margin, top, layout.width - 2 * margin, layout.height - top
    )


def _rectangle(left: float, top: float, width: float, height: float, radius: float) -> Iterator[Step]:
    right, bottom = left + width, top + height
    return _polygon([(left, top), (right, top), (right, bottom), (left, bottom)], [radius] * 4)


def _polygon(corners: Sequence[tuple[float, float]], radiuses: Sequence[float]) -> Iterator[Step]:
    """A polygon of upright and level sides, with round corners."""
    step = "M"
    before = corners[-1]
    for at, after, radius in zip(corners, (*corners[1:], corners[0]), radiuses, strict=True):
        if radius:
            begins, ends = _towards(at, before, radius), _towards(at, after, radius)
            handle = radius * (1 - _HANDLE)
            yield step, begins
            yield "C", (*_towards(at, before, handle), *_towards(at, after, handle), *ends)
        else:
            yield step, at
        step, before = "L", at
    yield "Z", ()


def _towards(at: tuple[float, float], other: tuple[float, float], distance: float) -> tuple[float, float]:
    """The point that lies so far from one corner on the way to its neighbour."""
    (x, y), (to_x, to_y) = at, other
    if x == to_x:
        return x, y + math.copysign(distance, to_y - y)
    return x + math.copysign(distance, to_x - x), y
