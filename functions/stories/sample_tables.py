"""The tables of an mp4 track: which bytes are which picture, and when it is shown. They are added up, and must agree."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from sys import byteorder

from stories.boxes import Box, Header
from stories.film import Track
from stories.source import Unfit

MOST_SAMPLES = 500_000
_SPREAD = 8
"""Places in a film at which a sample is looked at."""


def numbers(header: Header, at: int, end: int, count: int, code: str = "I") -> Sequence[int]:
    """So many big-endian numbers that stand here. Raises Unfit when they would not fit in."""
    found = array(code)
    if count > MOST_SAMPLES * 2 or at + count * found.itemsize > end:
        raise Unfit("damaged")
    found.frombytes(header.content[at : at + count * found.itemsize])
    if byteorder == "little":
        found.byteswap()
    return found


def pairs(header: Header, box: Box, width: int = 2) -> list[Sequence[int]]:
    """The columns of a table of so many numbers a row."""
    _, _, at = header.full(box)
    (count,) = header.unpack("I", at, box.end)
    flat = numbers(header, at + 4, box.end, count * width)
    return [flat[column::width] for column in range(width)]


def sizes(header: Header, table: dict[bytes, Box]) -> Sequence[int] | tuple[int, int]:
    """Bytes of each sample; (bytes, how many) where all are of one size."""
    if box := table.get(b"stsz"):
        _, _, at = header.full(box)
        fixed, count = header.unpack("2I", at, box.end)
        return (fixed, count) if fixed else numbers(header, at + 8, box.end, count)
    if box := table.get(b"stz2"):
        _, _, at = header.full(box)
        bits, count = header.unpack("2I", at, box.end)
        if bits & 0xFF in (8, 16):
            return numbers(header, at + 8, box.end, count, "B" if bits & 0xFF == 8 else "H")
    raise Unfit("damaged")


def check_tables(
    header: Header, table: dict[bytes, Box], size: int, data: list[tuple[int, int]], track: Track
) -> int:
    """How long a track is, in its own unit; `track` learns where some of its samples are.

    `data` is where the file's media are, `size` its length. Raises Unfit: truncated where the samples would lie beyond
    the end, damaged where the tables contradict each other or point at what is no media.
    """
    for name in (b"stts", b"stsc"):
        if name not in table:
            raise Unfit("damaged")
    each = sizes(header, table)
    count = each[1] if isinstance(each, tuple) else len(each)
    total = each[0] * each[1] if isinstance(each, tuple) else sum(each)
    if not 0 < count <= MOST_SAMPLES or total == 0:
        raise Unfit("damaged")
    if total > size:
        raise Unfit("damaged")
    shown, steps = pairs(header, table[b"stts"])
    if sum(shown) != count:
        raise Unfit("damaged")
    if b"ctts" in table and sum(pairs(header, table[b"ctts"])[0]) > count:
        raise Unfit("damaged")
    if b"stss" in table:
        (keys,) = pairs(header, table[b"stss"], 1)
        if len(keys) > count or any(not 0 < key <= count for key in keys):
            raise Unfit("damaged")
    track.samples = _spread(_placed(header, table, each, count, size, data), count)
    return sum(number * step for number, step in zip(shown, steps, strict=True))


def _placed(
    header: Header,
    table: dict[bytes, Box],
    each: Sequence[int] | tuple[int, int],
    count: int,
    size: int,
    data: list[tuple[int, int]],
) -> Iterator[tuple[int, int]]:
    """Where each sample is. Raises Unfit as soon as one is where no media are."""
    offsets = _chunk_offsets(header, table)
    starts = [start for start, _ in data]
    first = 0
    for offset, held in zip(offsets, _samples_of_chunks(header, table, len(offsets)), strict=True):
        if first + held > count:
            raise Unfit("damaged")
        lengths = [each[0]] * held if isinstance(each, tuple) else each[first : first + held]
        first += held
        if offset + sum(lengths) > size:
            raise Unfit("truncated")
        place = bisect_right(starts, offset) - 1
        if place < 0 or offset + sum(lengths) > data[place][1]:
            raise Unfit("damaged")
        yield from zip(accumulate(lengths, initial=offset), lengths, strict=False)
    if first != count:
        raise Unfit("damaged")


def _chunk_offsets(header: Header, table: dict[bytes, Box]) -> Sequence[int]:
    box = table.get(b"stco") or table.get(b"co64")
    if box is None:
        raise Unfit("damaged")
    _, _, at = header.full(box)
    (count,) = header.unpack("I", at, box.end)
    return numbers(header, at + 4, box.end, count, "I" if box.name == b"stco" else "Q")


def _samples_of_chunks(header: Header, table: dict[bytes, Box], chunks: int) -> Iterator[int]:
    firsts, held, _ = pairs(header, table[b"stsc"], 3)
    if chunks and (not firsts or firsts[0] != 1):
        raise Unfit("damaged")
    for place, samples in enumerate(held):
        following = firsts[place + 1] if place + 1 < len(firsts) else chunks + 1
        if not firsts[place] < following <= chunks + 1 or samples == 0:
            raise Unfit("damaged")
        yield from [samples] * (following - firsts[place])


def _spread(placed: Iterator[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    chosen = {count * place // _SPREAD for place in range(_SPREAD)} | {count - 1}
    return [sample for number, sample in enumerate(placed) if number in chosen]
