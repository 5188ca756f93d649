"""What a decoder of h264 or hevc has to know first: some recorders write it only among the pictures (tags avc3, hev1)."""

from stories.film import Track
from stories.source import Source, Unfit

_KINDS = {"h264": (7, 8), "hevc": (32, 33, 34)}
"""NAL unit types: sequence and picture parameter sets; of hevc the video's, too."""
_LARGEST_SAMPLE = 4 * 1024 * 1024


def is_complete(track: Track) -> bool:
    """Whether the track's avcC or hvcC, if it has one, names them."""
    if not track.settings:
        return True
    return bool(track.settings[5] & 0x1F if track.codec == "h264" else track.settings[22])


def completed(track: Track, source: Source) -> bytes | None:
    """The track's avcC or hvcC with what stands in its first sample; None where it has it already. Raises Unfit."""
    if is_complete(track):
        return None
    settings = track.settings
    sets = _sets_of_first_sample(track, source)
    if track.codec == "hevc":
        arrays = [bytes([0x80 | kind]) + _counted(sets[kind], 2) for kind in _KINDS["hevc"]]
        return settings[:22] + bytes([len(arrays)]) + b"".join(arrays)
    sequence = sets[7][0]
    head = bytes([1, *sequence[1:4], 0xFC | (track.nal_length_size - 1)])
    return (
        head
        + bytes([0xE0 | len(sets[7])])
        + _counted(sets[7], 0)
        + bytes([len(sets[8])])
        + _counted(sets[8], 0)
    )


def _counted(units: list[bytes], width: int) -> bytes:
    """How many units in so many bytes, and each with its length."""
    head = len(units).to_bytes(width) if width else b""
    return head + b"".join(len(unit).to_bytes(2) + unit for unit in units)


def _sets_of_first_sample(track: Track, source: Source) -> dict[int, list[bytes]]:
    if not track.samples or track.samples[0][1] > _LARGEST_SAMPLE:
        raise Unfit("damaged")
    offset, length = track.samples[0]
    content = source.read(offset, length)
    found: dict[int, list[bytes]] = {kind: [] for kind in _KINDS[track.codec]}
    at = 0
    while at + track.nal_length_size < len(content):
        size = int.from_bytes(content[at : at + track.nal_length_size])
        at += track.nal_length_size
        unit = content[at : at + size]
        kind = 0 if not unit else unit[0] & 0x1F if track.codec == "h264" else unit[0] >> 1 & 0x3F
        if kind in found and len(found[kind]) < 16:
            found[kind].append(unit)
        at += size
    if not all(found.values()) or any(len(unit) < 4 for unit in found[_KINDS[track.codec][-2]]):
        raise Unfit("damaged")
    return found
