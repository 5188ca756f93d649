"""The modules of a QR code: bit for bit those of the package qrcode, many times sooner.

qrcode lays a code out nine times, module by module, to choose one of eight masks, and works out the error correction
number by number. But where each bit goes, how a mask changes it and what each codeword adds to the correction depend on
the version alone. So they are found once, with qrcode's own tables and functions, and a text is then a few operations on
whole arrays.

What is what says ISO/IEC 18004.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from qrcode import QRCode, base, util
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import precomputed_qr_blanks

Modules = npt.NDArray[np.bool_]
"""True is dark. Row by row, without a quiet zone."""
_Bytes = npt.NDArray[np.uint8]

_CORRECTIONS = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}
_MASKS = range(8)
_PADDING = bytes((0xEC, 0x11))


@dataclass(frozen=True)
class Matrix:
    """A QR code: its modules, and which of them are patterns that cameras look for (finder, alignment, timing)."""

    modules: Modules
    patterns: Modules

    @property
    def side(self) -> int:
        """Modules in a row."""
        return len(self.modules)


def matrix(text: str, correction: str) -> Matrix:
    """The smallest code that holds a text with this correction: L, M, Q or H.

    Raises ValueError for a text that no code holds.
    """
    code: QRCode[Any] = QRCode(error_correction=_CORRECTIONS[correction])
    code.add_data(text)
    grid = _grid(code.best_fit(), code.error_correction)
    placed = np.zeros_like(grid.patterns)
    placed.reshape(-1)[grid.places] = np.unpackbits(grid.codewords(code.data_list)).view(np.bool_)
    lines = _lines(placed)
    mask = min(_MASKS, key=lambda mask: grid.lost_points(grid.scored[mask] ^ lines))
    return Matrix(grid.printed[mask] ^ placed, grid.patterns)


class _Grid:
    """What all codes of one version and correction have in common."""

    def __init__(self, version: int, error_correction: int) -> None:
        self.version = version
        bare = _Bare(version, error_correction)
        scored, printed = (
            np.array([bare.under(mask, is_scored) for mask in _MASKS]) for is_scored in (True, False)
        )
        self.printed: npt.NDArray[np.bool_] = printed
        """Under each mask a code whose bits are all zeros."""
        self.scored = [_lines(each) for each in scored]
        """The same without the numbers of mask and version: so it is scored."""
        self.patterns: Modules = np.array(precomputed_qr_blanks[version], object) != None  # noqa: E711 - of each
        self._learn_correction(base.rs_blocks(version, error_correction))
        self.places = np.array(_places(bare.modules))[: len(self._owners) * 8]
        """Where the bits go, one after the other, as indexes into the modules row by row."""
        self._learn_lines()

    def _learn_correction(self, blocks: list[base.RSBlock]) -> None:
        """What each codeword of the data adds to those that are printed: qrcode is asked with one that is 1, the rest 0."""
        longest = max(block.data_count for block in blocks)
        self._data_counts = [block.data_count for block in blocks]
        self._owners = np.array(
            [
                owner
                for counts in (self._data_counts, [block.total_count - block.data_count for block in blocks])
                for i in range(max(counts))
                for owner, count in enumerate(counts)
                if i < count
            ]
        )
        """Of each codeword as they are printed, by turns: the block it is of."""
        self._added = np.zeros((longest, len(self._owners)), np.uint8)
        for i in range(longest):
            buffer = util.BitBuffer()
            buffer.buffer = [
                int(at == min(i, count - 1)) for count in self._data_counts for at in range(count)
            ]
            self._added[i] = util.create_bytes(buffer, blocks)

    def codewords(self, chunks: list[util.QRData]) -> _Bytes:
        """The codewords as they are printed: the data, and what corrects its errors."""
        bits = _Bits()
        for chunk in chunks:
            bits.put(chunk.mode, 4)
            bits.put(len(chunk), util.length_in_bits(chunk.mode, self.version))
            chunk.write(bits)
        data = bits.filled(sum(self._data_counts))
        blocks = np.zeros((len(self._data_counts), len(self._added)), np.uint8)
        at = 0
        for block, count in zip(blocks, self._data_counts, strict=True):
            block[:count] = data[at : at + count]
            at += count
        codewords: _Bytes = np.bitwise_xor.reduce(_PRODUCTS[blocks.T[:, self._owners], self._added], axis=0)
        return codewords

    def _learn_lines(self) -> None:
        side = len(self.patterns)
        line = (1 << side) - 1
        lines = sum(1 << side * i for i in range(2 * side))
        self._rows = (1 << side * side) - 1
        self._pairs, self._elevens = (lines * (line >> length - 1) for length in (2, 11))
        """Where so many modules begin that lie in one line."""
        self._squares = self._rows >> side
        self._side = side

    def lost_points(self, lines: int) -> int:
        """The penalty of 7.8.3 for what is hard to read, as qrcode counts it: of all lines at once, each module a bit."""
        # Five alike in a line cost 3, and one more for each that follows.
        alike = ~(lines ^ lines >> 1) & self._pairs
        fives = alike & alike >> 1
        fives &= fives >> 2
        lost = fives.bit_count() + 2 * (fives & ~(fives << 1)).bit_count()

        # Four alike in a square cost 3.
        below = ~(lines ^ lines >> self._side)
        lost += 3 * (alike & alike >> self._side & below & self._squares).bit_count()

        # A line that looks like a finder pattern, with four light ones before or behind, costs 40.
        light = ~lines
        finder = lines & light >> 1 & lines >> 2 & lines >> 3 & lines >> 4 & light >> 5 & lines >> 6
        four = light & light >> 1
        four &= four >> 2
        lost += 40 * (
            (finder & four >> 7 & self._elevens).bit_count()
            + (four & finder >> 4 & self._elevens).bit_count()
        )

        # Every 5 % that light and dark are from being equally many cost 10.
        dark = (lines & self._rows).bit_count() / self._side**2
        return lost + 10 * int(abs(dark * 100 - 50) / 5)


@cache
def _grid(version: int, error_correction: int) -> _Grid:
    return _Grid(version, error_correction)


class _Bare(QRCode[Any]):
    """A code without data: its modules are None where data goes."""

    def __init__(self, version: int, error_correction: int) -> None:
        super().__init__(version, error_correction)
        self.data_cache = []

    def map_data(self, data: Any, mask_pattern: int) -> None:
        pass

    def under(self, mask: int, is_scored: bool) -> Modules:
        """The modules under a mask, with zeros for data."""
        self.makeImpl(is_scored, mask)
        masked = util.mask_func(mask)
        return np.array(
            [
                [masked(row, column) if module is None else module for column, module in enumerate(modules)]
                for row, modules in enumerate(self.modules)
            ],
            np.bool_,
        )


def _places(modules: list[list[bool | None]]) -> list[int]:
    """The order of bits, 7.7.3: up and down in columns of two, from the right, and past the upright timing pattern."""
    side = len(modules)
    order = []
    for i, right in enumerate((*range(side - 1, 6, -2), *range(5, 0, -2))):
        for row in range(side) if i % 2 else range(side - 1, -1, -1):
            order += [row * side + column for column in (right, right - 1) if modules[row][column] is None]
    return order


def _lines(modules: Modules) -> int:
    """All rows and all columns in one number, the first module lowest."""
    both = np.concatenate((modules.reshape(-1), modules.T.reshape(-1)))
    return int.from_bytes(np.packbits(both, bitorder="little").tobytes(), "little")


class _Bits(util.BitBuffer):
    """A text's bits, which qrcode writes as into its own buffer."""

    def __init__(self) -> None:
        super().__init__()
        self._bits: list[str] = []

    def put(self, num: int, length: int) -> None:
        """Add a number of so many bits."""
        self._bits.append(f"{num:0{length}b}")

    def filled(self, count: int) -> _Bytes:
        """So many codewords: the bits, their end, and padding."""
        bits = "".join(self._bits)
        bits += "0" * min(4, count * 8 - len(bits))
        bits += "0" * (-len(bits) % 8)
        data = int(bits, 2).to_bytes(len(bits) // 8)
        return np.frombuffer((data + _PADDING * count)[:count], np.uint8)


def _products() -> _Bytes:
    """The products of all numbers of GF(256)."""
    logs = np.array(base.LOG_TABLE)
    products: _Bytes = np.array(base.EXP_TABLE, np.uint8)[(logs[:, None] + logs) % 255]
    products[0] = products[:, 0] = 0
    return products


_PRODUCTS = _products()
