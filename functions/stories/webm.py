"""A webm film, by its elements (RFC 8794, RFC 9559): what the public will get of it, and how long it is."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from stories.film import AUDIO_CODECS, VIDEO_CODECS, Film, Track, check_duration, check_size
from stories.source import Source, Unfit

DEMUXER = "matroska,webm"
MAGIC = b"\x1a\x45\xdf\xa3"

_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_SEEK_HEAD, _CUES, _TAGS, _ATTACHMENTS, _CHAPTERS = 0x114D9B74, 0x1C53BB6B, 0x1254C367, 0x1941A469, 0x1043A770
_VOID, _CRC = 0xEC, 0xBF
_TOP = {_SEEK_HEAD, _INFO, _TRACKS, _CLUSTER, _CUES, _TAGS, _ATTACHMENTS, _CHAPTERS, _VOID, _CRC}
_PUBLIC = {_SEEK_HEAD, _INFO, _TRACKS, _CLUSTER, _CUES, _CRC}
_PUBLIC_INFO = {0x2AD7B1, 0x4489, 0x4D80, 0x5741, _CRC}
"""TimestampScale, Duration, MuxingApp, WritingApp."""
_DULL_NAMES = (b"Lavf", b"Chrome")
_CODECS = {
    b"V_VP8": "vp8",
    b"V_VP9": "vp9",
    b"V_AV1": "av1",
    b"V_MPEG4/ISO/AVC": "h264",
    b"V_MPEGH/ISO/HEVC": "hevc",
    b"A_OPUS": "opus",
    b"A_VORBIS": "vorbis",
    b"A_AAC": "aac",
}
_MOST_ELEMENTS = 5_000
"""At the top. Five minutes in clusters of a second are three hundred."""
_LARGEST_HEADER = 4 * 1024 * 1024
_TAILS = (64 * 1024, 256 * 1024, 1024 * 1024)
"""Where the last cluster is looked for when none says where it ends."""
_READ_AT_ONCE = 2 * 1024 * 1024
_UNKNOWN = -1


@dataclass(frozen=True)
class Element:
    """An element: its id, and where its content begins and ends (-1 where it does not say)."""

    id: int
    start: int
    body: int
    end: int


@dataclass
class _Described:
    """A track as the file describes it."""

    number: int = 0
    kind: int = 0
    codec: str = ""
    width: int = 0
    height: int = 0
    default_duration: int = 0
    """Nanoseconds of a block."""
    is_encoded: bool = False
    names_itself: bool = False


@dataclass
class _Times:
    """What the blocks of a track say, in nanoseconds."""

    last: int = 0
    before: int = -1


@dataclass
class _Top:
    """The elements of the segment, as far as they say where they end."""

    elements: list[Element] = field(default_factory=list)
    first_cluster: Element | None = None
    last_cluster: Element | None = None
    is_open: bool = False
    """A cluster does not say where it ends: a recorder's."""


def film_of(source: Source) -> Film:
    """What the file's elements say. Raises Unfit."""
    return _Reading(source).film()


def element(content: bytes, at: int, end: int) -> Element | None:
    """The element whose head stands here; None where none does."""
    if at >= end or not content[at]:
        return None
    width = 9 - content[at].bit_length()
    size_at = at + width
    if width > 4 or size_at >= end or not content[size_at]:
        return None
    size_width = 9 - content[size_at].bit_length()
    body = size_at + size_width
    if body > end:
        return None
    size = int.from_bytes(content[size_at:body]) & ((1 << 7 * size_width) - 1)
    is_open = size == (1 << 7 * size_width) - 1
    return Element(int.from_bytes(content[at:size_at]), at, body, _UNKNOWN if is_open else body + size)


def inside(content: bytes, start: int, end: int) -> Iterator[Element]:
    """The elements from here to there. Raises Unfit when they do not fill it."""
    at = start
    while at < end:
        found = element(content, at, end)
        if found is None or not found.body <= found.end <= end:
            raise Unfit("damaged")
        yield found
        at = found.end


class _Reading:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._scale = 1_000_000
        self._duration: float | None = None
        self._tracks: list[_Described] = []
        self._reasons: set[str] = set()

    def film(self) -> Film:
        top = self._walk(self._segment())
        if not self._tracks or top.first_cluster is None:
            raise Unfit("truncated" if not top.elements else "no_video" if self._tracks else "damaged")
        videos = [track for track in self._tracks if track.kind == 1]
        video = next(
            (track for track in videos if track.codec in VIDEO_CODECS and not track.is_encoded), None
        )
        if video is None:
            raise Unfit("wrong_codec" if videos else "no_video")
        check_size(video.width, video.height)
        container = "webm" if video.codec in ("vp8", "vp9", "av1") else "mp4"
        sounds = [track for track in self._tracks if track.kind == 2]
        sound = next((t for t in sounds if t.codec in AUDIO_CODECS[container] and not t.is_encoded), None)
        has_cues = any(each.id == _CUES for each in top.elements)
        ends = self._ends(top, [track for track in (video, sound) if track])
        for end in ends:
            check_duration(end)
        measured = ends[0] if ends else None
        if container != "webm":
            self._reasons.add("container")
        if len(self._tracks) != 1 + bool(sound):
            self._reasons.add("tracks")
        if any(track.names_itself for track in self._tracks):
            self._reasons.add("metadata")
        if not has_cues or top.is_open:
            self._reasons.add("position")
        if self._duration is None or measured is None or abs(self._duration - measured) > 1:
            self._reasons.add("duration")
        return Film(
            content_type="video/webm",
            demuxer=DEMUXER,
            container=container,
            video=Track(video.codec, videos.index(video), video.width, video.height),
            audio=Track(sound.codec, sounds.index(sound)) if sound else None,
            duration=measured,
            copied_for=self._reasons,
            seeks=has_cues and not top.is_open,
        )

    def _segment(self) -> Element:
        head = self._source.read(0, 4096)
        ebml = element(head, 0, len(head))
        if ebml is None or not ebml.body <= ebml.end <= len(head):
            raise Unfit("damaged")
        kinds = [
            head[each.body : each.end] for each in inside(head, ebml.body, ebml.end) if each.id == 0x4282
        ]
        if [kind.rstrip(b"\0") for kind in kinds] != [b"webm"]:
            raise Unfit("wrong_type")
        segment = self._head(ebml.end)
        if segment is None or segment.id != _SEGMENT:
            raise Unfit("truncated" if ebml.end >= self._source.size else "damaged")
        if segment.end > self._source.size:
            raise Unfit("truncated")
        return segment

    def _head(self, at: int) -> Element | None:
        content = self._source.peek(at, 12)
        found = element(content, 0, len(content))
        if found is None:
            return None
        return Element(found.id, at, at + found.body, _UNKNOWN if found.end == _UNKNOWN else at + found.end)

    def _walk(self, segment: Element) -> _Top:
        """The segment, from head to head. Raises Unfit when an element goes beyond the end."""
        top = _Top()
        at, end = segment.body, self._source.size if segment.end == _UNKNOWN else segment.end
        while at < end and not top.is_open:
            found = self._head(at)
            if found is None or found.id not in _TOP:
                raise Unfit("damaged" if found else "truncated")
            if len(top.elements) >= _MOST_ELEMENTS:
                raise Unfit("damaged")
            if found.end > end:
                raise Unfit("truncated")
            if found.end == _UNKNOWN and found.id != _CLUSTER:
                raise Unfit("damaged")
            top.elements.append(found)
            if found.id == _CLUSTER:
                top.first_cluster = top.first_cluster or found
                top.last_cluster = found
                top.is_open = found.end == _UNKNOWN
            else:
                self._read_top(found)
            at = found.end
        if end < self._source.size:
            self._reasons.add("metadata")  # something is behind the film
        return top

    def _read_top(self, found: Element) -> None:
        if found.id not in _PUBLIC and not (
            (found.id == _VOID and self._is_blank(found)) or (found.id == _TAGS and self._is_dull(found))
        ):
            self._reasons.add("metadata")
        if found.id not in (_INFO, _TRACKS):
            return
        if found.end - found.body > _LARGEST_HEADER:
            raise Unfit("damaged")
        content = self._source.read(found.body, found.end - found.body)
        for each in inside(content, 0, len(content)):
            if found.id == _INFO:
                self._read_info(each, content)
            elif each.id == 0xAE:
                self._tracks.append(_described(content, each))

    def _is_blank(self, void: Element) -> bool:
        return void.end - void.body <= 4096 and not any(self._source.read(void.body, void.end - void.body))

    def _is_dull(self, tags: Element) -> bool:
        """Whether its tags say nothing but how long each track is."""
        if tags.end - tags.body > 4096:
            return False
        content = self._source.read(tags.body, tags.end - tags.body)
        names = set()
        for tag in inside(content, 0, len(content)):
            for each in inside(content, tag.body, tag.end) if tag.id == 0x7373 else ():
                if each.id == 0x67C8:
                    names |= {
                        content[p.body : p.end]
                        for p in inside(content, each.body, each.end)
                        if p.id == 0x45A3
                    }
        return names <= {b"DURATION"}

    def _read_info(self, each: Element, content: bytes) -> None:
        value = content[each.body : each.end]
        if each.id not in _PUBLIC_INFO or (each.id in (0x4D80, 0x5741) and value not in _DULL_NAMES):
            self._reasons.add("metadata")
        if each.id == 0x2AD7B1:
            self._scale = int.from_bytes(value) or 1_000_000
        elif each.id == 0x4489 and len(value) in (4, 8):
            (units,) = struct.unpack(">f" if len(value) == 4 else ">d", value)
            seconds = units * self._scale / 1e9
            self._duration = seconds if 0 < seconds < 1e6 else None

    # How long it is, by its last blocks

    def _ends(self, top: _Top, kept: list[_Described]) -> list[float]:
        """When each of these tracks ends, in seconds; nothing when that is not found."""
        if top.last_cluster is None:
            return []
        if not top.is_open:
            last = top.last_cluster
            if last.end - last.body <= _READ_AT_ONCE:
                self._source.read(last.body, last.end - last.body)  # it is looked at from block to block
            return self._end_of(self._times(last.body, last.end), kept)
        for tail in _TAILS:
            start = max(top.last_cluster.start, self._source.size - tail)
            content = self._source.read(start, self._source.size - start)
            at = content.rfind(_CLUSTER.to_bytes(4))
            while at >= 0:
                found = element(content, at, len(content))
                times = self._times_if_whole(start + found.body) if found else None
                if times:
                    return self._end_of(times, kept)
                at = content.rfind(_CLUSTER.to_bytes(4), 0, at)
            if start == top.last_cluster.start:
                break
        return []

    def _times_if_whole(self, at: int) -> dict[int, _Times] | None:
        """What the blocks of a cluster say that begins here, if one does. Raises Unfit when the last one is cut off."""
        head = self._head(at)
        if head is None or head.id != 0xE7:
            return None
        return self._times(at, self._source.size)

    def _times(self, at: int, end: int) -> dict[int, _Times]:
        """By track. Raises Unfit."""
        times: dict[int, _Times] = {}
        begins = 0
        while at < end:
            found = self._head(at)
            if found is None:
                raise Unfit("truncated")
            if found.id in _TOP and found.id not in (_VOID, _CRC):
                break
            if found.end == _UNKNOWN:
                raise Unfit("damaged")
            if found.end > end:
                raise Unfit("truncated")
            if found.id == 0xE7:
                begins = int.from_bytes(self._source.read(found.body, min(8, found.end - found.body)))
            elif found.id in (0xA3, 0xA0):
                self._note(
                    times, self._source.read(found.body, min(32, found.end - found.body)), found.id, begins
                )
            at = found.end
        return times

    def _note(self, times: dict[int, _Times], block: bytes, kind: int, begins: int) -> None:
        if kind == 0xA0:  # a group: the block is its first
            first = element(block, 0, len(block))
            if first is None or first.id != 0xA1:
                return
            block = block[first.body :]
        if len(block) < 4 or not block[0] & 0x80:
            return
        track = block[0] & 0x7F
        moment = (begins + int.from_bytes(block[1:3], signed=True)) * self._scale
        known = times.get(track)
        if known is None:
            times[track] = _Times(moment)
        elif moment > known.last:
            times[track] = _Times(moment, known.last)

    def _end_of(self, times: dict[int, _Times], kept: list[_Described]) -> list[float]:
        """One that has nothing in the last cluster is shown until the end of the others."""
        ends = []
        latest = max((each.last for each in times.values()), default=0)
        for track in kept:
            known = times.get(track.number)
            if known is None:
                ends.append(latest / 1e9)
                continue
            lasts = track.default_duration or (known.last - known.before if known.before >= 0 else 0)
            ends.append((known.last + lasts) / 1e9)
        return ends


def _described(content: bytes, entry: Element) -> _Described:
    track = _Described()
    for each in inside(content, entry.body, entry.end):
        value = content[each.body : each.end]
        if each.id == 0xD7:
            track.number = int.from_bytes(value)
        elif each.id == 0x83:
            track.kind = int.from_bytes(value)
        elif each.id == 0x86:
            track.codec = _CODECS.get(value.rstrip(b"\0"), "")
        elif each.id == 0x23E383:
            track.default_duration = min(int.from_bytes(value), 10**10)
        elif each.id == 0x6D80:
            track.is_encoded = True
        elif each.id == 0x536E:
            track.names_itself = True
        elif each.id == 0xE0:
            for part in inside(content, each.body, each.end):
                if part.id in (0xB0, 0xBA):
                    size = int.from_bytes(content[part.body : part.end])
                    track.width, track.height = (
                        (size, track.height) if part.id == 0xB0 else (track.width, size)
                    )
    return track
