"""A film of a story: first its container by our own reading, then its pictures by a decoder; a poster and a public copy."""

from pathlib import Path
from typing import Any

from stories import boxes, mp4, webm
from stories.decoding import Decoder
from stories.film import Film, check_duration
from stories.poster import make_poster
from stories.public_copy import copy
from stories.source import Source, Unfit

_PLAYLISTS = (b"#extm3u", b"ffconcat", b"[playlist]", b"<smil", b"<?wpl", b"[reference]")


def look_at_video(source: Source, folder: Path, found: dict[str, Any]) -> None:
    """Say what the film is; make `poster.webp`, and `video.mp4` or `video.webm` where a copy is needed. Raises Unfit."""
    film = _by_its_container(source)
    found |= {"content_type": film.content_type, "duration_seconds": film.duration}
    with Decoder(film, source) as decoder:
        found["width"], found["height"] = decoder.seen
        decoder.check_beginning()
        decoder.check_samples()
        if film.seeks and not film.streams:
            decoder.check_end()
        poster = make_poster(decoder, folder)
    copies = []
    if film.copied_for:
        source.reads_whole = True
        copied, duration = copy(film, source, folder)
        found["duration_seconds"] = film.duration or duration
        check_duration(found["duration_seconds"])
        copies.append(copied | {"width": found["width"], "height": found["height"]})
    found["is_public_as_it_is"] = not copies
    found["files"] = [*copies, poster]


def _by_its_container(source: Source) -> Film:
    head = source.read(0, 4096)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_PLAYLISTS) or (text.startswith(b"<?xml") and b"<mpd" in text):
        raise Unfit("playlist")
    if boxes.is_mp4(head):
        return mp4.film_of(source)
    if head.startswith(webm.MAGIC):
        return webm.film_of(source)
    raise Unfit("wrong_type")
