"""Where everything stands in a drawing, in modules: the symbol, its quiet zone, the logo's place, the frame."""

from dataclasses import dataclass

import numpy as np

from qr.matrix import Matrix, Modules, matrix
from qr.style import Style

FRAME = 1
"""Modules of the frame's sides."""
BAND = 0.2
"""The height of the frame's words, of the whole width."""
DOT = 0.84
"""The diameter of a dot, of its module's width."""


@dataclass(frozen=True)
class Layout:
    """A code that is to be drawn in a style."""

    style: Style
    text: str
    symbol: Matrix
    """Without the modules that the logo covers."""
    logo_from: int
    """The first row and column that is the logo's; as many are free of it at the other end."""

    @property
    def side(self) -> int:
        """Of the symbol."""
        return self.symbol.side

    @property
    def frame(self) -> int:
        """What the frame takes at each side."""
        return FRAME if self.style.frame_text else 0

    @property
    def begins(self) -> int:
        """Where the symbol begins, from the left and from the top."""
        return self.frame + self.style.quiet_zone

    @property
    def width(self) -> int:
        """Of everything."""
        return self.side + 2 * self.begins

    @property
    def height(self) -> float:
        """Of everything."""
        return self.width * (1 + BAND) if self.style.frame_text else self.width

    @property
    def logo_side(self) -> int:
        """Of the square that is the logo's; 0 without one."""
        return self.side - 2 * self.logo_from if self.style.logo_path else 0


def lay_out(text: str, style: Style) -> Layout:
    """The code of this text in this style."""
    symbol = matrix(text, style.error_correction)
    logo_from = (symbol.side - _logo_side(symbol.side, style.logo_scale)) // 2
    if style.logo_path:
        modules = symbol.modules.copy()
        modules[logo_from : symbol.side - logo_from, logo_from : symbol.side - logo_from] = False
        symbol = Matrix(modules, symbol.patterns)
    return Layout(style, text, symbol, logo_from)


def _logo_side(side: int, scale: float) -> int:
    """Whole modules, so that none is cut in two, and an odd number, as the symbol's: never more than asked for."""
    fits = int(side * scale)
    return max(fits - (fits + 1) % 2, 3)


def corners(dark: Modules) -> tuple[Modules, Modules, Modules, Modules]:
    """Which dark modules stick out with a corner: the upper left, the upper right, the lower left, the lower right."""
    light = ~np.pad(dark, 1)
    up, down, left, right = light[:-2, 1:-1], light[2:, 1:-1], light[1:-1, :-2], light[1:-1, 2:]
    return dark & up & left, dark & up & right, dark & down & left, dark & down & right
