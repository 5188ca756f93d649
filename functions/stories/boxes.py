"""The boxes of an mp4 or mov file (ISO/IEC 14496-12): where they are, and whether they are whole."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from stories.source import Source, Unfit

MOST_AT_THE_TOP = 1000
"""Boxes between the fragments. A camera writes five."""
MOST_FRAGMENTS = 10_000
MOST_IN_A_HEADER = 20_000
_DEEPEST = 12
LARGEST_HEADER = 16 * 1024 * 1024
"""Bytes of moov. Five minutes at 240 pictures a second need one."""

_BEGINNINGS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp")


@dataclass(frozen=True)
class Box:
    """A box: its name, and where its content begins and ends."""

    name: bytes
    start: int
    body: int
    end: int


def is_mp4(head: bytes) -> bool:
    """Whether a file that begins so is made of boxes."""
    return head[4:8] in _BEGINNINGS


def boxes_of_file(source: Source) -> Iterator[Box]:
    """The boxes at the top, with a look at the head of each. Raises Unfit: one goes beyond the end, there are too many."""
    at, others, fragments = 0, 0, 0
    while at < source.size:
        head = source.peek(at, 16)
        if len(head) < 8:
            raise Unfit("truncated")
        length, name, body = int.from_bytes(head[:4]), head[4:8], at + 8
        if length == 1:
            length, body = int.from_bytes(head[8:16]), at + 16
        elif length == 0:
            length = source.size - at
        if length < body - at:
            raise Unfit("damaged")
        if at + length > source.size:
            raise Unfit("truncated" if _is_a_name(name) else "damaged")
        fragments += name in (b"moof", b"mdat")
        others += name not in (b"moof", b"mdat")
        if others > MOST_AT_THE_TOP or fragments > 2 * MOST_FRAGMENTS:
            raise Unfit("damaged")
        yield Box(name, at, body, at + length)
        at += length


def _is_a_name(name: bytes) -> bool:
    return all(32 <= letter < 127 or letter == 0xA9 for letter in name)


class Header:
    """A box that holds others (moov, moof), whole in memory; offsets are its own."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._seen = 0

    def inside(self, start: int, end: int, depth: int = 0) -> Iterator[Box]:
        """The boxes from here to there. Raises Unfit when they do not fill it, or there are too many."""
        if depth > _DEEPEST:
            raise Unfit("damaged")
        at = start
        while at + 8 <= end:
            self._seen += 1
            length, name = struct.unpack_from(">I4s", self.content, at)
            body = at + 8
            if length == 1 and at + 16 <= end:
                (length,) = struct.unpack_from(">Q", self.content, body)
                body += 8
            elif length == 0:
                if name == b"\0\0\0\0":
                    return  # four zeros end a list in QuickTime
                length = end - at
            if length < body - at or at + length > end or self._seen > MOST_IN_A_HEADER:
                raise Unfit("damaged")
            yield Box(name, at, body, at + length)
            at += length

    def children(self, box: Box) -> dict[bytes, Box]:
        """The boxes of a box by name, of several the first."""
        found: dict[bytes, Box] = {}
        for child in self.inside(box.body, box.end):
            found.setdefault(child.name, child)
        return found

    def unpack(self, form: str, at: int, end: int) -> tuple[int, ...]:
        """Numbers that stand here. Raises Unfit when they would not fit in before the end."""
        if at + struct.calcsize(">" + form) > end:
            raise Unfit("damaged")
        return struct.unpack_from(">" + form, self.content, at)

    def full(self, box: Box) -> tuple[int, int, int]:
        """Version, flags and where the rest begins, of a box that has such."""
        (word,) = self.unpack("I", box.body, box.end)
        return word >> 24, word & 0xFFFFFF, box.body + 4
