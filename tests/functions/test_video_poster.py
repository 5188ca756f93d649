"""The picture that stands for a film."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit import videos
from kit.uploads import film_found
from kit.videos import BLACK, BLUE, GREEN, RED, TURNED_RIGHT, film
from PIL import Image


def poster(content: bytes, folder: Path) -> Image.Image:
    found = film_found(content, folder)
    assert found.problems == []
    made = found.files[-1]
    assert (made.name, made.content_type) == ("poster.webp", "image/webp")
    with Image.open(folder / "poster.webp") as image:
        assert (image.format, image.size) == ("WEBP", (made.width, made.height))
        assert not image.getexif()
        assert not {"exif", "xmp", "icc_profile"} & image.info.keys()
        return image.convert("RGB")


def colour(image: Image.Image, x: float, y: float) -> str:
    """Which of red, green and blue is most here; black when none is much."""
    pixel = image.getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    assert isinstance(pixel, tuple)
    return "black" if max(pixel) < 40 else ("red", "green", "blue")[pixel.index(max(pixel))]


# 21: turned, in every way a camera can be held

MATRICES = {
    "upright": ((1, 0, 0, 1), "red", "blue", "top"),
    "held upright": ((0, 1, -1, 0), "blue", "red", "left"),
    "upside down": ((-1, 0, 0, -1), "blue", "red", "top"),
    "to the other side": ((0, -1, 1, 0), "red", "blue", "left"),
}


@pytest.mark.parametrize("how", MATRICES)
def test_a_poster_is_turned_as_the_film_is(how: str, tmp_path: Path) -> None:
    """Top red, bottom blue; in a film held upright the right half is red."""
    (a, b, c, d), first, second, side = MATRICES[how]
    one = 65536
    content = film(
        size=(320, 180), halves=(RED, BLUE), matrix=(a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
    )
    image = poster(content, tmp_path)
    assert image.size == ((320, 180) if side == "top" else (180, 320))
    places = [(0.5, 0.2), (0.5, 0.8)] if side == "top" else [(0.2, 0.5), (0.8, 0.5)]
    assert [colour(image, *place) for place in places] == [first, second]


def test_a_turned_film_in_fragments(tmp_path: Path) -> None:
    content = film(size=(320, 180), halves=(RED, BLUE), matrix=TURNED_RIGHT, moov="fragments")
    image = poster(content, tmp_path)
    assert (image.size, colour(image, 0.8, 0.5)) == ((180, 320), "red")


# 26: black


@pytest.mark.parametrize("moov", ["front", "end", "fragments"])
@pytest.mark.parametrize("keyframe_every", [100, 5])
def test_a_film_that_begins_black(moov: str, keyframe_every: int, tmp_path: Path) -> None:
    """A second of black, then green; also with one keyframe in all."""
    content = film(colours=(BLACK, GREEN, GREEN), seconds=3, keyframe_every=keyframe_every, moov=moov)
    assert colour(poster(content, tmp_path), 0.5, 0.5) == "green"


def test_a_recorders_film_that_begins_black(tmp_path: Path) -> None:
    content = videos.recorded(
        film("vp8", "webm", colours=(BLACK, GREEN, GREEN), seconds=3, keyframe_every=100)
    )
    assert colour(poster(content, tmp_path), 0.5, 0.5) == "green"


def test_a_film_that_is_dark_for_long(tmp_path: Path) -> None:
    """A minute of black before a minute of light: nobody decodes all of the dark."""
    content = film(colours=(BLACK, GREEN), seconds=120, rate=5, keyframe_every=25)
    assert colour(poster(content, tmp_path), 0.5, 0.5) == "green"


def test_a_wholly_dark_film_still_gets_one(tmp_path: Path) -> None:
    for moov in ("front", "fragments"):
        assert colour(poster(film(colours=(BLACK,), moov=moov), tmp_path / moov), 0.5, 0.5) == "black"


def test_a_film_of_one_picture(tmp_path: Path) -> None:
    for moov in ("end", "fragments"):
        image = poster(film(seconds=0.1, moov=moov), tmp_path / moov)
        assert (image.size, colour(image, 0.5, 0.5)) == ((256, 144), "green")


@pytest.mark.parametrize(
    ("codec", "container"), [("hevc", "mp4"), ("vp8", "webm"), ("vp9", "mp4"), ("av1", "webm")]
)
def test_a_poster_of_each_codec(codec: str, container: str, tmp_path: Path) -> None:
    image = poster(film(codec, container, halves=(RED, BLUE)), tmp_path)
    assert (colour(image, 0.5, 0.2), colour(image, 0.5, 0.8)) == ("red", "blue")


def test_a_large_film_has_a_smaller_poster(tmp_path: Path) -> None:
    assert poster(film(size=(1920, 1080), seconds=0.2), tmp_path).size == (1280, 720)
