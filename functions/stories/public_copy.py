"""The public copy of a film: its pictures and its sound as they were encoded, in a container with nothing else in it."""

from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from stories import mp4, webm
from stories.decoding import OPTIONS, open_film, stream_of
from stories.film import Film, check_duration
from stories.parameter_sets import completed
from stories.source import Source, Unfit

_DEMUXERS = {"mp4": mp4.DEMUXER, "webm": webm.DEMUXER}
_OPTIONS = {
    "mp4": {"movflags": "+faststart", "fflags": "+bitexact"},
    "webm": {"cues_to_front": "1", "fflags": "+bitexact"},
}


def copy(film: Film, source: Source, folder: Path) -> tuple[dict[str, Any], float]:
    """Write `video.mp4` or `video.webm`: what was made, as `MadeFile`, and its seconds. Raises Unfit."""
    file = folder / f"video.{film.container}"
    try:
        with open_film(film, source) as given:
            seconds = _copied(film, given, file, completed(film.video, source))
        _check_plays(file, film)
    except (FFmpegError, OSError, ValueError):
        raise Unfit("damaged") from None
    return {
        "name": file.name,
        "content_type": f"video/{film.container}",
        "bytes": file.stat().st_size,
    }, seconds


def _copied(film: Film, given: Any, file: Path, settings: bytes | None) -> float:
    video = stream_of(given, "video", film.video.number)
    streams = [video]
    if film.audio:
        streams.append(stream_of(given, "audio", film.audio.number))
    ends_at, last_keyframe = 0.0, None
    with av.open(str(file), "w", format=film.container, options=_OPTIONS[film.container]) as made:
        ways = {}
        for stream in streams:
            way = made.add_stream_from_template(stream, opaque=True)
            way.metadata.clear()
            ways[stream.index] = way
        if settings:
            ways[video.index].codec_context.extradata = settings
        if film.video.codec == "hevc":
            ways[video.index].codec_context.codec_tag = "hvc1"
        for packet in given.demux(*streams):
            if packet.dts is None:
                continue
            if packet.stream_index == video.index:
                if packet.is_keyframe:
                    last_keyframe = bytes(packet)
                moment = packet.pts if packet.pts is not None else packet.dts
                ends_at = max(ends_at, float((moment + (packet.duration or 0)) * packet.time_base))
                check_duration(ends_at or 0.001)
            packet.stream = ways[packet.stream_index]
            made.mux(packet)
    if last_keyframe is None:
        raise Unfit("no_video")
    _check_decodes(video, last_keyframe)
    return ends_at


def _check_plays(file: Path, film: Film) -> None:
    """Raises Unfit when the copy does not begin with a picture."""
    with (
        file.open("rb") as content,
        av.open(content, "r", format=_DEMUXERS[film.container], options=OPTIONS) as made,
    ):
        if next(made.decode(video=0), None) is None:
            raise Unfit("damaged")


def _check_decodes(video: Any, keyframe: bytes) -> None:
    """Raises Unfit when the last keyframe cannot be decoded."""
    context = video.codec_context
    context.thread_count = 1
    if not (context.decode(av.Packet(keyframe)) or context.decode(None)):
        raise Unfit("damaged")
