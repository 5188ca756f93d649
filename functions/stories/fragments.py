"""A fragmented mp4: its pictures are described in many moofs instead of one moov."""

from dataclasses import dataclass, field

from stories.boxes import MOST_FRAGMENTS, Box, Header
from stories.sample_tables import MOST_SAMPLES
from stories.source import Source, Unfit

_LARGEST_MOOF = 1024 * 1024
_DEFAULT_DURATION, _DEFAULT_SIZE = 1, 2
_PLACES = 8


@dataclass(frozen=True)
class Defaults:
    """What a sample is where its fragment does not say: how long, how many bytes."""

    duration: int
    size: int


@dataclass
class Sum:
    """A track, added up over all fragments."""

    units: int = 0
    count: int = 0
    samples: list[tuple[int, int]] = field(default_factory=list)


def defaults_of(header: Header, mvex: Box) -> dict[int, Defaults]:
    """By track."""
    found = {}
    for box in header.inside(mvex.body, mvex.end):
        if box.name == b"trex":
            _, _, at = header.full(box)
            track, _, duration, size = header.unpack("4I", at, box.end)
            found[track] = Defaults(duration, size)
    return found


def walk(source: Source, top: list[Box], defaults: dict[int, Defaults], kept: set[int]) -> dict[int, Sum]:
    """What is kept, added up. Raises Unfit where a fragment contradicts itself or goes beyond the end of the file."""
    moofs = [box for box in top if box.name == b"moof"]
    if len(moofs) > MOST_FRAGMENTS:
        raise Unfit("damaged")
    sums: dict[int, Sum] = {}
    every = max(1, len(moofs) // _PLACES)
    for place, moof in enumerate(moofs):
        if moof.end - moof.start > _LARGEST_MOOF:
            raise Unfit("damaged")
        header = Header(source.peek(moof.start, moof.end - moof.start))
        is_looked_at = place % every == 0 or place == len(moofs) - 1
        for box in header.inside(moof.body - moof.start, moof.end - moof.start):
            if box.name == b"traf":
                _add(header, box, moof, source.size, defaults, kept, sums, is_looked_at)
        if sum(each.count for each in sums.values()) > MOST_SAMPLES:
            raise Unfit("damaged")
    return sums


def _add(
    header: Header,
    traf: Box,
    moof: Box,
    size: int,
    defaults: dict[int, Defaults],
    kept: set[int],
    sums: dict[int, Sum],
    is_looked_at: bool,
) -> None:
    parts = list(header.inside(traf.body, traf.end))
    tfhd = next((box for box in parts if box.name == b"tfhd"), None)
    if tfhd is None:
        raise Unfit("damaged")
    _, flags, at = header.full(tfhd)
    (track,) = header.unpack("I", at, tfhd.end)
    if track not in kept:
        return
    at += 4
    base = moof.start
    usual = defaults.get(track, Defaults(0, 0))
    duration, length = usual.duration, usual.size
    for flag, form in ((0x1, "Q"), (0x2, "I"), (0x8, "I"), (0x10, "I")):
        if flags & flag:
            (value,) = header.unpack(form, at, tfhd.end)
            at += 8 if form == "Q" else 4
            base = value if flag == 0x1 else base
            duration = value if flag == 0x8 else duration
            length = value if flag == 0x10 else length
    total = sums.setdefault(track, Sum())
    next_at = base
    for box in parts:
        if box.name == b"trun":
            next_at = _add_run(header, box, total, base, next_at, size, duration, length, is_looked_at)


def _add_run(
    header: Header,
    trun: Box,
    total: Sum,
    base: int,
    next_at: int,
    size: int,
    duration: int,
    length: int,
    is_looked_at: bool,
) -> int:
    """Where the next run begins if it does not say so itself."""
    _, flags, at = header.full(trun)
    (count,) = header.unpack("I", at, trun.end)
    at += 4
    if flags & 0x1:
        (offset,) = header.unpack("i", at, trun.end)
        next_at, at = base + offset, at + 4
    at += 4 if flags & 0x4 else 0
    columns = [flag for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag]
    if count > MOST_SAMPLES or at + 4 * len(columns) * count > trun.end:
        raise Unfit("damaged")
    values = header.unpack(f"{len(columns) * count}I", at, trun.end)
    durations = values[columns.index(0x100) :: len(columns)] if 0x100 in columns else ()
    lengths = values[columns.index(0x200) :: len(columns)] if 0x200 in columns else ()
    total.units += sum(durations) if durations else duration * count
    total.count += count
    if count and is_looked_at:
        total.samples.append((next_at, lengths[0] if lengths else length))
    next_at += sum(lengths) if lengths else length * count
    if next_at > size:
        raise Unfit("truncated")
    return next_at
