"""Pictures of stories: as phones, editors and those who mean harm make them."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kit.uploads import Upload, picture_found, problems
from PIL import Image, ImageCms
from PIL.Image import Exif
from stories.inspection import LARGEST


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def halves(size: tuple[int, int] = (40, 20), left: str = "red", right: str = "blue") -> Image.Image:
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def shown(content: bytes, folder: Path) -> Image.Image:
    """The largest of what the public gets."""
    found = picture_found(content, folder)
    assert found.problems == []
    image = Image.open(folder / "image.webp")
    assert image.format == "WEBP"
    assert (found.width, found.height) == image.size or max(found.width or 0, found.height or 0) > 1920
    return image


def is_near(pixel: Any, expected: tuple[int, int, int], by: int = 6) -> bool:
    return all(abs(int(a) - b) <= by for a, b in zip(pixel[:3], expected, strict=True))


@pytest.mark.parametrize(
    ("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_a_picture_is_what_it_is_and_comes_in_sizes_never_enlarged(
    kind: str, content_type: str, tmp_path: Path
) -> None:
    content = encoded(halves((1500, 900)), kind)
    found = picture_found(content, tmp_path)
    assert (found.problems, found.content_type) == ([], content_type)
    assert (found.width, found.height, found.duration_seconds) == (1500, 900, None)
    assert [(file.name, file.width, file.height) for file in found.files] == [
        ("image.webp", 1500, 900),
        ("image-1280.webp", 1280, 768),
        ("image-640.webp", 640, 384),
        ("image-320.webp", 320, 192),
    ]
    assert found.bytes_read == len(content)
    for file in found.files:
        assert file.bytes == (tmp_path / file.name).stat().st_size
        with Image.open(tmp_path / file.name) as image:
            assert image.size == (file.width, file.height)
            assert is_near(image.convert("RGB").getpixel((10, 10)), (255, 0, 0))


def test_a_small_picture_stays_as_small(tmp_path: Path) -> None:
    found = picture_found(encoded(halves((300, 40)), "PNG"), tmp_path)
    assert [(file.name, file.width) for file in found.files] == [("image.webp", 300)]


def test_a_large_one_is_at_most_1920_wide(tmp_path: Path) -> None:
    found = picture_found(encoded(halves((4000, 1000)), "JPEG"), tmp_path)
    assert (found.width, found.height) == (4000, 1000)
    assert [file.width for file in found.files] == [1920, 1280, 640, 320]


# 18: camera formats


def test_a_phones_second_picture_is_left_out(tmp_path: Path) -> None:
    content = encoded(halves(left="lime", right="lime"), "MPO", save_all=True, append_images=[halves()])
    assert Image.open(BytesIO(content)).format == "MPO"
    assert is_near(shown(content, tmp_path).convert("RGB").getpixel((30, 10)), (0, 255, 0))


def test_sixteen_bits_of_grey_keep_their_tones(tmp_path: Path) -> None:
    tones = (0, 1, 64, 128, 255)
    ramp = np.repeat(np.array(tones, np.uint16) * 257, 16)[None, :].repeat(16, axis=0)
    out = shown(encoded(Image.fromarray(ramp), "PNG"), tmp_path).convert("RGB")
    assert [out.getpixel((16 * place + 8, 8))[0] for place in range(5)] == pytest.approx(tones, abs=1)  # type: ignore[index] # a tuple: the mode is RGB


# 19: colours and turn


def swapped_profile() -> bytes:
    """sRGB in which red and blue have changed places."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    for at in range(132, 132 + 12 * count, 12):
        name = bytes(profile[at : at + 4])
        profile[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(name, name)
    return bytes(profile)


def turned_exif(orientation: int = 6) -> Exif:
    exif = Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "CameraMaker"
    exif[0x8825] = {1: "N", 2: (55.0, 45.0, 20.0), 3: "E", 4: (37.0, 37.0, 2.0)}
    return exif


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_are_meant_by_their_profile(mode: str, tmp_path: Path) -> None:
    red = Image.new(mode, (40, 20), (255, 0, 0) if mode == "RGB" else (255, 0, 0, 200))
    kind = "JPEG" if mode == "RGB" else "PNG"
    options: dict[str, Any] = {"icc_profile": swapped_profile()}
    if kind == "JPEG":
        options |= {"exif": turned_exif(), "quality": 100, "subsampling": 0}
    out = shown(encoded(red, kind, **options), tmp_path)
    assert out.size == ((20, 40) if kind == "JPEG" else (40, 20))
    assert out.mode == mode
    assert is_near(out.getpixel((8, 8)), (0, 0, 254), by=3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_picture_is_left(kind: str, tmp_path: Path) -> None:
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><place>Moscow</place></x:xmpmeta>"
    content = encoded(halves((1000, 500)), kind, exif=turned_exif(1), icc_profile=swapped_profile(), xmp=xmp)
    assert b"CameraMaker" in content
    assert b"Moscow" in content or kind == "PNG", "a png may hold it compressed"
    found = picture_found(content, tmp_path)
    for file in found.files:
        made = (tmp_path / file.name).read_bytes()
        assert not any(mark in made for mark in (b"EXIF", b"XMP ", b"ICCP", b"CameraMaker", b"Moscow"))
        with Image.open(BytesIO(made)) as image:
            assert not image.getexif()
            assert not {"exif", "xmp", "icc_profile"} & image.info.keys()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_a_camera_is_held_is_turned_upright(orientation: int, tmp_path: Path) -> None:
    """Against what Pillow's own `exif_transpose` makes of it."""
    from PIL import ImageOps

    image = halves((48, 24))
    image.paste("lime", (0, 0, 8, 8))
    content = encoded(image, "JPEG", exif=turned_exif(orientation), quality=100, subsampling=0)
    upright = ImageOps.exif_transpose(Image.open(BytesIO(content)))
    out = shown(content, tmp_path).convert("RGB")
    assert out.size == upright.size
    for x in (3, out.width - 4):
        for y in (3, out.height - 4):
            assert is_near(out.getpixel((x, y)), upright.getpixel((x, y)), by=30)  # type: ignore[arg-type] # RGB


def test_a_transparent_picture_stays_transparent(tmp_path: Path) -> None:
    image = Image.new("RGBA", (40, 20), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (20, 0, 40, 20))
    out = shown(encoded(image, "PNG"), tmp_path)
    assert out.getpixel((4, 10))[3] == 0  # type: ignore[index] # RGBA
    assert out.getpixel((36, 10))[3] == 255  # type: ignore[index] # RGBA


def test_a_picture_for_print_and_one_of_few_colours(tmp_path: Path) -> None:
    assert is_near(
        shown(encoded(halves().convert("CMYK"), "JPEG", quality=95), tmp_path).getpixel((5, 10)),
        (255, 0, 0),
        30,
    )
    assert is_near(shown(encoded(halves().quantize(4), "PNG"), tmp_path).getpixel((5, 10)), (255, 0, 0))


def test_the_first_of_moving_pictures_is_shown(tmp_path: Path) -> None:
    content = encoded(halves(), "WEBP", save_all=True, append_images=[halves(left="lime")], lossless=True)
    assert is_near(shown(content, tmp_path).convert("RGB").getpixel((5, 10)), (255, 0, 0))


# 20: bombs, and others that are refused


def claiming(content: bytes, width: int, height: int) -> bytes:
    """The png with another size in its head, and a right checksum."""
    head = content[12:16] + struct.pack(">II", width, height) + content[24:29]
    return content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:]


def test_a_bomb_is_refused_before_it_is_unfolded(tmp_path: Path) -> None:
    bomb = encoded(Image.new("1", (13_000, 13_000)), "PNG")
    assert len(bomb) < 40_000
    found = picture_found(bomb, tmp_path)
    assert (found.problems, found.width, found.height) == (["too_many_pixels"], 13_000, 13_000)
    assert found.peak_memory < 60 * 1024 * 1024


def test_a_side_beyond_what_browsers_show_is_refused(tmp_path: Path) -> None:
    good = encoded(Image.new("L", (16_383, 4)), "PNG")
    assert problems("image", good, tmp_path / "a") == []
    assert problems("image", claiming(good, 16_384, 4), tmp_path / "b") == ["too_many_pixels"]


def test_a_head_that_lies_is_not_believed(tmp_path: Path) -> None:
    good = encoded(halves((64, 64)), "PNG")
    assert problems("image", good, tmp_path / "a") == []
    assert problems("image", claiming(good, 7000, 9000), tmp_path / "b") == ["truncated"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_picture_is_refused(kind: str, tmp_path: Path) -> None:
    whole = encoded(Image.effect_noise((300, 300), 90).convert("RGB"), kind)
    assert problems("image", whole, tmp_path / "a") == []
    (problem,) = problems("image", whole[: len(whole) // 2], tmp_path / "b")
    assert problem in ("truncated", "damaged")


@pytest.mark.parametrize(
    "content",
    [
        b"\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82" * 9,
        b"GIF89a" + b"\0" * 90,
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"\0\0\0\x18ftypheic\0\0\0\0",
    ],
    ids=["text", "gif", "pdf", "svg", "wav", "heic"],
)
def test_what_is_no_picture_of_ours_is_refused(content: bytes, tmp_path: Path) -> None:
    assert problems("image", content, tmp_path) == ["wrong_type"]


def test_nothing_and_too_much_are_refused_unread(tmp_path: Path) -> None:
    whole = encoded(halves(), "PNG")
    largest = Upload(whole + b"\0" * (LARGEST["image"] - len(whole)))
    assert largest.found("image", tmp_path / "a").problems == []
    for content, code in ((b"", "empty"), (largest.content + b"\0", "too_large")):
        upload = Upload(content)
        assert upload.found("image", tmp_path / "b").problems == [code]
        assert upload.reads == []


def test_a_head_of_a_picture_and_nothing_sensible_behind_it(tmp_path: Path) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = encoded(halves((200, 200)), kind)
        (problem,) = problems("image", whole[:12] + b"\xaa" * 400, tmp_path / kind)
        assert problem in ("truncated", "damaged")
