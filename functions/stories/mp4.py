"""An mp4 or mov film, by its boxes: what the public will get of it, and whether it may have the bytes as they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from stories import fragments
from stories.boxes import LARGEST_HEADER, Box, Header, boxes_of_file
from stories.film import AUDIO_CODECS, UPRIGHT, VIDEO_CODECS, Film, Matrix, Track, check_duration, check_size
from stories.parameter_sets import is_complete
from stories.sample_tables import check_tables, sizes
from stories.source import Source, Unfit

DEMUXER = "mov,mp4,m4a,3gp,3g2,mj2"

_CODECS = {
    **dict.fromkeys((b"avc1", b"avc3"), "h264"),
    **dict.fromkeys((b"hvc1", b"hev1"), "hevc"),
    b"vp08": "vp8",
    b"vp09": "vp9",
    b"av01": "av1",
    b"mp4a": "aac",
    b".mp3": "mp3",
    b"Opus": "opus",
    b"fLaC": "flac",
}
_SOUND_OF_MP4A = {0x40: "aac", 0x66: "aac", 0x67: "aac", 0x68: "aac", 0x69: "mp3", 0x6B: "mp3"}
"""objectTypeIndication, by https://mp4ra.org/registered-types/object-types"""
_PUBLIC_TAGS = (b"avc1", b"hvc1", b"vp09", b"av01", b"mp4a", b"Opus", b"fLaC")
_PICTURES = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"crx ")
_PUBLIC_BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ")
_PUBLIC_BOXES = {
    *(b"mvhd", b"trak", b"tkhd", b"edts", b"elst", b"mdia", b"mdhd", b"hdlr", b"minf", b"vmhd", b"smhd"),
    *(b"dinf", b"dref", b"url ", b"stbl", b"stsd", b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"stco"),
    *(b"co64", b"sgpd", b"sbgp", b"sdtp", b"cslg"),
}
"""What a moov may hold that is public as it is. Anything else may say who filmed, where and with what."""
_IN_ENTRIES = {
    *(b"avcC", b"hvcC", b"vpcC", b"av1C", b"colr", b"pasp", b"btrt", b"fiel", b"mdcv", b"clli"),
    *(b"esds", b"dOps", b"dfLa"),
}
_PARENTS = (b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl")
_DULL_NAMES = (b"", b"VideoHandler", b"SoundHandler")
"""Of handlers: cameras write their own name there."""
_SAYS_NOTHING = (
    b"\0\0\0\x35meta\0\0\0\0\0\0\0\x21hdlr\0\0\0\0\0\0\0\0mdirappl\0\0\0\0\0\0\0\0\0\0\0\0\x08ilst"
)
"""What FFmpeg writes into udta when there is nothing to say."""
_UNUSED_AT_MOST = 64
"""Bytes of media that belong to no track."""
_VISUAL_ENTRY = 78
_SOUND_ENTRY = 28


@dataclass
class _Trak:
    """A track as it stands in the file."""

    box: Box
    id: int
    handler: bytes
    is_enabled: bool
    timescale: int
    matrix: Matrix
    seen: tuple[int, int]
    table: dict[bytes, Box]
    entry: Box | None
    """Its one description of samples; None where there are more or fewer."""
    data_reference: Box | None


def film_of(source: Source) -> Film:
    """What the file's boxes say. Raises Unfit."""
    top = list(boxes_of_file(source))
    brand = source.read(top[0].body, 4) if top[0].name == b"ftyp" else b"qt  "
    if brand in _PICTURES:
        raise Unfit("wrong_type")
    moovs = [box for box in top if box.name == b"moov"]
    if len(moovs) != 1 or moovs[0].end - moovs[0].start > LARGEST_HEADER:
        raise Unfit("damaged")
    return _Reading(source, top, brand, moovs[0]).film()


class _Reading:
    def __init__(self, source: Source, top: list[Box], brand: bytes, moov: Box) -> None:
        self._source = source
        self._top = top
        self._brand = brand
        self._moov = moov
        self._header = Header(source.read(moov.start, moov.end - moov.start))
        self._whole = Box(b"moov", 0, moov.body - moov.start, moov.end - moov.start)
        self._data = [(box.body, box.end) for box in top if box.name == b"mdat"]

    def film(self) -> Film:
        header = self._header
        parts = header.children(self._whole)
        if b"rmra" in parts or b"cmov" in parts:
            raise Unfit("playlist" if b"rmra" in parts else "damaged")
        traks = [
            self._trak(box) for box in header.inside(self._whole.body, self._whole.end) if box.name == b"trak"
        ]
        video = self._chosen(traks, b"vide", VIDEO_CODECS)
        if video is None:
            raise Unfit("wrong_codec" if any(trak.handler == b"vide" for trak in traks) else "no_video")
        codec = self._codec(video)
        container = "webm" if codec == "vp8" else "mp4"
        sound = self._chosen(traks, b"soun", AUDIO_CODECS[container])
        kept = [trak for trak in (video, sound) if trak]
        if any(self._is_elsewhere(trak) for trak in kept):
            raise Unfit("playlist")
        track = self._video_track(video, codec)
        audio = Track(self._codec(sound), 0) if sound else None
        film = Film(
            content_type="video/quicktime" if self._brand == b"qt  " else "video/mp4",
            demuxer=DEMUXER,
            container=container,
            video=track,
            audio=audio,
            duration=None,
            patch_at=self._moov.start,
            patch=self._without_the_rest(kept),
        )
        if b"mvex" in parts:
            film.duration = self._duration_of_fragments(parts[b"mvex"], video, sound, track)
            film.copied_for.add("fragments")
            film.streams = True
        else:
            film.duration = self._duration(video, track)
            if sound and audio:
                check_duration(self._duration(sound, audio))
            film.copied_for |= self._reasons(traks, kept)
        if not is_complete(track):
            film.copied_for.add("tag")
        check_duration(film.duration)
        return film

    def _trak(self, box: Box) -> _Trak:
        header = self._header
        parts = header.children(box)
        media = header.children(parts[b"mdia"]) if b"mdia" in parts else {}
        if not {b"mdhd", b"hdlr", b"minf"} <= media.keys() or b"tkhd" not in parts:
            raise Unfit("damaged")
        version, flags, at = header.full(parts[b"tkhd"])
        end = parts[b"tkhd"].end
        (number,) = header.unpack("I", at + (16 if version else 8), end)
        form = at + (32 if version else 20) + 16
        matrix = header.unpack("9i", form, end)
        seen = header.unpack("2I", form + 36, end)
        version, _, at = header.full(media[b"mdhd"])
        (timescale,) = header.unpack("I", at + (16 if version else 8), media[b"mdhd"].end)
        if not timescale:
            raise Unfit("damaged")
        handler = header.content[media[b"hdlr"].body + 8 : media[b"hdlr"].body + 12]
        inner = header.children(media[b"minf"])
        information = header.children(inner[b"dinf"]) if b"dinf" in inner else {}
        table = header.children(inner[b"stbl"]) if b"stbl" in inner else {}
        return _Trak(
            box, number, handler, bool(flags & 1), timescale, _turned(matrix), (seen[0] >> 16, seen[1] >> 16), table,
            self._entry(table.get(b"stsd")), information.get(b"dref"),
        )  # fmt: skip

    def _entry(self, box: Box | None) -> Box | None:
        if box is None:
            return None
        _, _, at = self._header.full(box)
        (count,) = self._header.unpack("I", at, box.end)
        return next(self._header.inside(at + 4, box.end), None) if count == 1 else None

    def _chosen(self, traks: list[_Trak], handler: bytes, codecs: tuple[str, ...]) -> _Trak | None:
        """The track of this kind that browsers play: one that is switched on, if there is such."""
        playable = [trak for trak in traks if trak.handler == handler and self._codec(trak) in codecs]
        return next((trak for trak in playable if trak.is_enabled), playable[0] if playable else None)

    def _codec(self, trak: _Trak) -> str:
        if trak.entry is None:
            return ""
        if trak.entry.name == b"mp4a":
            return _SOUND_OF_MP4A.get(self._object_type(trak.entry), "")
        return _CODECS.get(trak.entry.name, "")

    def _object_type(self, entry: Box) -> int:
        """What an mp4a really is: in its esds (ISO/IEC 14496-1, 7.2.6), which QuickTime puts a few bytes further in."""
        content = self._header.content
        at = content.find(b"esds", entry.body, entry.end)
        if at < 0:
            return 0
        at = self._after_length(at + 9, entry.end) + 2
        (flags,) = self._header.unpack("B", at, entry.end)
        at += 1 + (2 if flags & 0x80 else 0) + (2 if flags & 0x20 else 0)
        at = self._after_length(at + 1, entry.end)
        return self._header.unpack("B", at, entry.end)[0]

    def _after_length(self, at: int, end: int) -> int:
        """Where a descriptor's content begins, behind the up to four bytes that say how long it is."""
        while self._header.unpack("B", at, end)[0] & 0x80:
            at += 1
        return at + 1

    def _is_elsewhere(self, trak: _Trak) -> bool:
        """Whether its media are said to lie in another file."""
        if trak.data_reference is None:
            raise Unfit("damaged")
        entries = list(self._header.inside(trak.data_reference.body + 8, trak.data_reference.end))
        return not entries or any(not self._header.full(entry)[1] & 1 for entry in entries)

    def _video_track(self, trak: _Trak, codec: str) -> Track:
        entry = trak.entry
        if entry is None:
            raise Unfit("damaged")
        width, height = self._header.unpack("2H", entry.body + 24, entry.end)
        for size in ((width, height), trak.seen) if all(trak.seen) else ((width, height),):
            check_size(*size)
        track = Track(codec, 0, width, height, trak.matrix)
        if codec in ("h264", "hevc"):
            parts = {
                child.name: child for child in self._header.inside(entry.body + _VISUAL_ENTRY, entry.end)
            }
            settings = parts.get(b"avcC" if codec == "h264" else b"hvcC")
            place = (
                4 if codec == "h264" else 21
            )  # lengthSizeMinusOne; how many parameter sets there are comes next
            if settings is None or settings.body + place + 1 >= settings.end:
                raise Unfit("damaged")
            track.settings = self._header.content[settings.body : settings.end]
            track.nal_length_size = (track.settings[place] & 3) + 1
        return track

    def _duration(self, trak: _Trak, track: Track) -> float:
        units = check_tables(self._header, trak.table, self._source.size, self._data, track)
        return float(Fraction(units, trak.timescale))

    def _duration_of_fragments(self, mvex: Box, video: _Trak, sound: _Trak | None, track: Track) -> float:
        defaults = fragments.defaults_of(self._header, mvex)
        sums = fragments.walk(self._source, self._top, defaults, {video.id, *([sound.id] if sound else [])})
        if video.id not in sums:
            raise Unfit("no_video")
        if sound and sound.id in sums:
            check_duration(float(Fraction(sums[sound.id].units, sound.timescale)))
        track.samples = sums[video.id].samples
        return float(Fraction(sums[video.id].units, video.timescale))

    # What stands between the bytes and the public

    def _reasons(self, traks: list[_Trak], kept: list[_Trak]) -> set[str]:
        reasons = set()
        if self._brand not in _PUBLIC_BRANDS:
            reasons.add("container")
        if any(start < self._moov.start for start, _ in self._data):
            reasons.add("position")
        if any(trak.entry is None or trak.entry.name not in _PUBLIC_TAGS for trak in kept):
            reasons.add("tag")
        if len(traks) != len(kept):
            reasons.add("tracks")
        if self._has_more_to_say():
            reasons.add("metadata")
        used = sum(_bytes_of(self._header, trak.table) for trak in kept)
        if sum(end - start for start, end in self._data) - used > _UNUSED_AT_MOST:
            reasons.add("metadata")
        if not self._says_how_long():
            reasons.add("duration")
        return reasons

    def _has_more_to_say(self) -> bool:
        """Whether anything in the file tells more than the film: where, when, by whom, with what."""
        for box in self._top:
            if box.name not in (b"ftyp", b"moov", b"mdat") and (
                box.name not in (b"free", b"wide", b"skip") or box.end - box.body > 0
            ):
                return True
        return any(self._says_more(box) for box in self._all_boxes(self._whole))

    def _all_boxes(self, parent: Box) -> Iterator[Box]:
        for box in self._header.inside(parent.body, parent.end):
            yield box
            if box.name in _PARENTS:
                yield from self._all_boxes(box)

    def _says_more(self, box: Box) -> bool:
        if box.name in (b"mvhd", b"tkhd", b"mdhd"):
            return self._is_dated(box)
        if box.name == b"hdlr":
            return self._handler_name(box) not in _DULL_NAMES
        if box.name == b"stsd":
            return any(self._entry_says_more(entry) for entry in self._header.inside(box.body + 8, box.end))
        if box.name == b"udta":
            return self._header.content[box.body : box.end] != _SAYS_NOTHING
        return box.name not in _PUBLIC_BOXES

    def _entry_says_more(self, entry: Box) -> bool:
        """Whether a description of samples names its encoder, or has something in it that players do not need."""
        is_sound = _CODECS.get(entry.name) not in VIDEO_CODECS
        within = entry.body + (_SOUND_ENTRY if is_sound else _VISUAL_ENTRY)
        if any(child.name not in _IN_ENTRIES for child in self._header.inside(within, entry.end)):
            return True
        return not is_sound and self._header.unpack("B", entry.body + 42, entry.end)[0] > 0

    def _is_dated(self, box: Box) -> bool:
        version, _, at = self._header.full(box)
        return any(self._header.unpack("2Q" if version else "2I", at, box.end))

    def _handler_name(self, box: Box) -> bytes:
        name = self._header.content[box.body + 24 : box.end].rstrip(b"\0")
        return name[1:] if name[:1] and name[0] == len(name) - 1 else name  # QuickTime counts its letters

    def _says_how_long(self) -> bool:
        box = self._header.children(self._whole).get(b"mvhd")
        if box is None:
            return False
        version, _, at = self._header.full(box)
        timescale, duration = self._header.unpack(
            "IQ" if version else "2I", at + (16 if version else 8), box.end
        )
        return bool(timescale) and 0 < duration < (1 << 32) - 1

    def _without_the_rest(self, kept: list[_Trak]) -> bytes:
        """The moov in which what the public does not get is called `free`, which decoders skip."""
        shown = bytearray(self._header.content)
        places = {trak.box.start for trak in kept}
        for box in self._header.inside(self._whole.body, self._whole.end):
            if box.name == b"trak" and box.start in places:
                for part in self._header.inside(box.body, box.end):
                    if part.name not in (b"tkhd", b"edts", b"mdia"):
                        shown[part.start + 4 : part.start + 8] = b"free"
            elif box.name not in (b"mvhd", b"mvex"):
                shown[box.start + 4 : box.start + 8] = b"free"
        return bytes(shown)


def _bytes_of(header: Header, table: dict[bytes, Box]) -> int:
    each = sizes(header, table)
    return each[0] * each[1] if isinstance(each, tuple) else sum(each)


def _turned(matrix: tuple[int, ...]) -> Matrix:
    """How the film is turned; upright where it is turned by no right angle."""
    a, b, c, d = (round(matrix[place] / 65536) for place in (0, 1, 3, 4))
    return (a, b, c, d) if abs(a * d - b * c) == 1 and abs(a) + abs(b) == 1 else UPRIGHT
