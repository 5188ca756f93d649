"""The edges of dark areas: modules that touch are one area, so that no light shows between them, however it is printed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from qr.matrix import Modules

_CURVE = 0.5522847498
"""How far along its tangent the handle of a quarter circle lies, in radiuses."""


@dataclass(frozen=True)
class Loop:
    """An edge once around: its corners, the second beside the first, then by turns below or above, and beside."""

    corners: list[tuple[int, int]]
    """x and y; 0, 0 is the symbol's upper left corner."""
    are_round: list[bool]


def loops(dark: Modules, soft: Modules) -> Iterator[Loop]:
    """The edges of all areas; what sticks out with a soft module's corner is round there."""
    one, two, three, four = _neighbours(dark)
    soft_one, soft_two, soft_three, soft_four = _neighbours(soft)
    # An edge turns where one of four modules differs from the rest, and twice where two areas touch with their tips.
    falling, rising = one & four & ~two & ~three, two & three & ~one & ~four
    turns = (one ^ two ^ three ^ four) + 2 * (falling | rising).astype(np.uint8)
    rows, columns = (np.repeat(index, turns[turns > 0]) for index in np.nonzero(turns))
    is_second = np.zeros(len(rows), np.bool_)
    is_second[1:] = (rows[1:] == rows[:-1]) & (columns[1:] == columns[:-1])

    # In a row the first turn leads to the second, the third to the fourth, and in a column the same. Of two in one place the
    # first leads to the left, so it goes up or down to the area that lies there.
    order = np.lexsort((is_second ^ rising[rows, columns], rows, columns))
    across = np.empty_like(order)
    across[order[0::2]], across[order[1::2]] = order[1::2], order[0::2]

    alone = one.astype(np.uint8) + two + three + four == 1
    first = alone & (soft_one | soft_two | soft_three | soft_four) | falling & soft_one | rising & soft_three
    second = falling & soft_four | rising & soft_two
    are_round = np.where(is_second, second[rows, columns], first[rows, columns]).tolist()
    corners = list(zip(columns.tolist(), rows.tolist(), strict=True))
    next_across = across.tolist()
    is_waiting = [True] * len(corners)
    for start in range(0, len(corners), 2):
        places: list[int] = []
        at = start
        while is_waiting[at]:
            beside = at ^ 1
            is_waiting[at] = is_waiting[beside] = False
            places += (at, beside)
            at = next_across[beside]
        if places:
            yield Loop([corners[place] for place in places], [are_round[place] for place in places])


def _neighbours(modules: Modules) -> tuple[Modules, Modules, Modules, Modules]:
    """Of each corner the four modules around it: the upper left, the upper right, the lower left, the lower right."""
    padded = np.pad(modules, 1)
    return padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
