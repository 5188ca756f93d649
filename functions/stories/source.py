"""The bytes of an upload, as its inspector sees them: asked for by range, the last ones kept."""

import json
from collections import OrderedDict
from collections.abc import Callable
from io import SEEK_CUR, SEEK_END, SEEK_SET
from typing import BinaryIO

_BLOCK = 32 * 1024
_KEPT = 128
"""Blocks: 4 MB."""
_AT_ONCE = 32
"""Blocks asked for at once at most, and where the whole file is read: 1 MB."""

_CLOSE = 3
"""So many looks one after another, each near the last, are worth a block."""


class Unfit(Exception):
    """The file is refused; the argument is the code that says why."""


class Pipe:
    """Asks the parent, over a pair of pipes."""

    def __init__(self, questions: BinaryIO, answers: BinaryIO) -> None:
        self._questions = questions
        self._answers = answers

    def __call__(self, offset: int, length: int) -> bytes:
        """These bytes: at most 1 MB, and within the file."""
        self._questions.write(json.dumps({"offset": offset, "length": length}).encode() + b"\n")
        self._questions.flush()
        content = self._answers.read(length)
        if len(content) != length:
            raise SystemExit(1)  # nobody listens any more
        return content


class Source:
    """A file of `size` bytes of which only what is needed is fetched."""

    def __init__(self, size: int, ask: Callable[[int, int], bytes]) -> None:
        self.size = size
        self._ask = ask
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._peeked = 0
        self._close = 0
        self.fetched = 0
        self.reads_whole = False
        """All of it will be read from here on: ask for much at once."""

    def read(self, offset: int, length: int) -> bytes:
        """These bytes, fewer at the end of the file."""
        end = min(offset + length, self.size)
        pieces = []
        while offset < end:
            number = offset // _BLOCK
            block = self._block(number, (end - 1) // _BLOCK)
            piece = block[offset - number * _BLOCK : end - number * _BLOCK]
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def peek(self, offset: int, length: int) -> bytes:
        """These few bytes and no more around them: for a look at many places. Where they lie close together, more."""
        end = min(offset + length, self.size)
        if offset >= end:
            return b""
        self._close = self._close + 1 if abs(offset - self._peeked) < _BLOCK else 0
        self._peeked = offset
        is_here = all(number in self._blocks for number in range(offset // _BLOCK, (end - 1) // _BLOCK + 1))
        return (
            self.read(offset, length)
            if is_here or self._close > _CLOSE
            else self._fetch(offset, end - offset)
        )

    def _block(self, number: int, last: int) -> bytes:
        """A block; those up to the last one that is needed are fetched with it."""
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        last = number + _AT_ONCE - 1 if self.reads_whole else min(last, number + _AT_ONCE - 1)
        ahead = 1
        while number + ahead <= last and number + ahead not in self._blocks:
            ahead += 1
        first = number * _BLOCK
        content = self._fetch(first, min(ahead * _BLOCK, self.size - first))
        for start in range(0, len(content), _BLOCK):
            self._blocks[number + start // _BLOCK] = content[start : start + _BLOCK]
        while len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)
        return self._blocks[number]

    def _fetch(self, offset: int, length: int) -> bytes:
        self.fetched += length
        return self._ask(offset, length)


class SourceFile:
    """A source as the file that a decoder opens, in which the bytes at one place are others, as many."""

    def __init__(self, source: Source, patch_at: int = 0, patch: bytes = b"") -> None:
        self._source = source
        self._patch_at = patch_at
        self._patch = patch
        self._position = 0

    def read(self, length: int = -1) -> bytes:
        at = self._position
        content = self._source.read(at, self._source.size if length < 0 else length)
        self._position += len(content)
        first, last = max(at, self._patch_at), min(at + len(content), self._patch_at + len(self._patch))
        if first < last:
            other = self._patch[first - self._patch_at : last - self._patch_at]
            content = content[: first - at] + other + content[last - at :]
        return content

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        base = {SEEK_SET: 0, SEEK_CUR: self._position, SEEK_END: self._source.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def seekable(self) -> bool:
        return True
