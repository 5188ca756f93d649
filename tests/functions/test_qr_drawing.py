"""Codes as they are drawn: two decoders read every style, in every format and size, also blurred and small."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pypdf
import pypdfium2
import pytest
import qrcode
from core.http import Problem
from kit.qr import ADDRESS, FRAMED, STYLES, WITH_LOGO, logo, style
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page
from qr import matrix as matrices
from qr.drawing import check_size, draw
from qr.layout import Layout, lay_out
from qr.reading import DECODERS, decodes, least_millimetres
from qr.style import Format

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $%*+-./:"
ANY = LETTERS + "abcdefghijklmnopqrstuvwxyz?=&_~#ёжЩ漢🍯"


def drawn(format: Format, size: float, address: str = ADDRESS, **changed: Any) -> bytes:
    shown = lay_out(address, style(**changed))
    return draw(shown, format, size, logo() if shown.style.logo_path else None)


def grey(png: bytes) -> Image.Image:
    with Image.open(BytesIO(png), formats=["PNG"]) as image:
        return image.convert("L")


def assert_read(image: Image.Image, what: str, address: str = ADDRESS) -> None:
    for decoder, read in DECODERS.items():
        assert read(np.asarray(image)) == {address}, f"{decoder}: {what}"


# The modules


@pytest.mark.parametrize("part", range(8))
def test_the_modules_are_qrcodes_own(part: int) -> None:
    chosen = random.Random(part)
    for i in range(50):
        letters = (ANY, LETTERS, "0123456789", ANY)[i % 4]
        text = "".join(chosen.choice(letters) for _ in range(chosen.randint(1, 220)))
        correction = chosen.choice("LMQH")
        theirs = qrcode.QRCode(error_correction=matrices._CORRECTIONS[correction], border=0)
        theirs.add_data(text)
        ours = matrices.matrix(text, correction)
        assert ours.modules.tolist() == theirs.get_matrix(), (correction, text)


def test_a_full_code_and_one_too_many() -> None:
    for digits, side in ((41, 21), (42, 25), (77, 25), (78, 29)):
        code = qrcode.QRCode(error_correction=matrices._CORRECTIONS["L"], border=0)
        code.add_data("7" * digits)
        assert matrices.matrix("7" * digits, "L").modules.tolist() == code.get_matrix()
        assert code.modules_count == side
    with pytest.raises(ValueError, match="version"):
        matrices.matrix("A" * 1853, "H")


def test_a_scheme_in_small_letters_costs_nothing() -> None:
    printed = "https://CHST.RU/Q/ABCDEFGHJK"
    for correction, side in (("M", 25), ("H", 29)):
        assert matrices.matrix(printed, correction).side == side
        assert matrices.matrix(printed.upper(), correction).side == side


# Pixels


@pytest.mark.parametrize("size", [150, 400, 1024])
@pytest.mark.parametrize("name", STYLES)
def test_a_png_is_read(name: str, size: int) -> None:
    shown = lay_out(ADDRESS, style(**STYLES[name]))
    image = grey(draw(shown, "png", size, logo() if shown.style.logo_path else None))
    assert image.width == size
    assert_read(image, "clean")
    module = size // shown.width
    assert_read(image.filter(ImageFilter.GaussianBlur(module * 0.3)), "blurred")
    if size == 1024:
        assert_read(image.resize((size // 4, image.height // 4), Image.Resampling.BOX), "a quarter")


@pytest.mark.parametrize("name", STYLES)
def test_modules_are_whole_pixels(name: str) -> None:
    shown = lay_out(ADDRESS, style(**STYLES[name]))
    size, module = 700, 700 // shown.width
    with Image.open(BytesIO(drawn("png", size, **STYLES[name]))) as image:
        colours = np.asarray(image.convert("RGB"))
    begins = (size - module * shown.side) // 2
    symbol = colours[begins : size - begins, begins : size - begins][
        : module * shown.side, : module * shown.side
    ]
    middles = symbol[module // 2 :: module, module // 2 :: module]
    logo_part = np.zeros(shown.symbol.modules.shape, np.bool_)
    if shown.logo_side:
        logo_part[shown.logo_from : -shown.logo_from, shown.logo_from : -shown.logo_from] = True
    foreground, background = (
        bytes.fromhex(colour[1:]) for colour in (shown.style.foreground, shown.style.background)
    )
    for (row, column), dark in np.ndenumerate(shown.symbol.modules):
        if not logo_part[row, column]:
            assert bytes(middles[row, column]) == (foreground if dark else background)
    # what cameras look for first is never rounded
    for top, left in ((0, 0), (0, shown.side - 7), (shown.side - 7, 0)):
        eye = symbol[top * module : (top + 7) * module, left * module : (left + 7) * module]
        assert {bytes(pixel) for pixel in eye[:module].reshape(-1, 3)} == {foreground}
        assert {bytes(pixel) for pixel in eye[:, :module].reshape(-1, 3)} == {foreground}
    # and around it is nothing
    quiet = colours[begins - 4 * module : begins, begins : size - begins]
    assert {bytes(pixel) for pixel in quiet.reshape(-1, 3)} == {background}


def test_the_least_pixels_are_read() -> None:
    shown = lay_out(ADDRESS, style())
    check_size(shown, "png", 2 * shown.width)
    assert_read(grey(draw(shown, "png", 2 * shown.width, None)), "two pixels a module")


@pytest.mark.parametrize(
    ("format", "size", "code"),
    [
        ("png", 65, "out_of_range"), ("png", 4097, "out_of_range"), ("png", -1, "out_of_range"), ("png", 1e9, "out_of_range"),
        ("png", 0, "out_of_range"), ("png", 300.5, "invalid"), ("png", float("nan"), "invalid"), ("png", float("inf"), "invalid"),
        ("svg", 4.9, "out_of_range"), ("svg", 2001, "out_of_range"), ("pdf", -30, "out_of_range"), ("pdf", float("inf"), "invalid"),
    ],
)  # fmt: skip
def test_other_sizes_are_refused(format: Format, size: float, code: str) -> None:
    shown = lay_out(ADDRESS, style())
    assert shown.width == 33
    with pytest.raises(Problem) as refused:
        check_size(shown, format, size)
    assert refused.value.status == 422
    assert refused.value.detail == f'[{{"field": "size", "code": "{code}"}}]'


@pytest.mark.parametrize("scale", [0.1, 0.2, 0.3])
def test_a_logo_is_as_wide_as_asked_for_at_most(scale: float) -> None:
    for address in (ADDRESS, ADDRESS + "A" * 60):
        shown = lay_out(address, style(**WITH_LOGO, logo_scale=scale))
        assert 3 <= shown.logo_side <= max(scale * shown.side, 3)
        assert shown.logo_side % 2 == 1
        image = Image.open(BytesIO(draw(shown, "png", 1024, logo("PNG")))).convert("RGB")
        assert image.getpixel((512, 512)) == pytest.approx((0, 166, 81), abs=6)


def test_equal_drawings_are_equal_bytes() -> None:
    formats: tuple[tuple[Format, float], ...] = (("png", 512), ("svg", 30), ("pdf", 30))
    for format, size in formats:
        first = drawn(format, size, **STYLES["everything"])
        assert drawn(format, size, **STYLES["everything"]) == first
        assert drawn(format, size, **STYLES["everything"] | {"frame_text": "Scan"}) != first
        assert drawn(format, size + 1, **STYLES["everything"]) != first


# Words


@pytest.mark.parametrize(
    "words",
    [
        "Ё",
        "Проверьте",
        "Scan to see who made this",
        "Наведите камеру и проверьте производителя №1 — «Мёд»",
        "W" * 60,
    ],
)
def test_words_stay_in_their_band(words: str) -> None:
    with Image.open(BytesIO(drawn("png", 600, **FRAMED | {"frame_text": words}))) as image:
        assert image.size == (600, 720)
        pixels = np.asarray(image.convert("L"))
    band = pixels[604:716]
    assert (band > 200).any(), "letters are light"
    assert (pixels[600:680, 2:14] < 60).all(), "and none at the sides"
    assert (pixels[600:680, -14:-2] < 60).all()


def test_every_letter_has_a_shape_of_its_own() -> None:
    bands = set()
    for letter in "ЁёЖжЩщЪыЮяABab09«»—№₽":
        with Image.open(BytesIO(drawn("png", 300, **FRAMED | {"frame_text": letter}))) as image:
            bands.add(np.asarray(image.convert("L"))[302:].tobytes())
    assert len(bands) == len("ЁёЖжЩщЪыЮяABab09«»—№₽")


# Vectors


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 840, "height": 1000})
    yield page
    page.close()


def rendered(page: Page, svg: bytes, pixels: int) -> Image.Image:
    """An SVG file as an image of a page."""
    page.set_content("<body style='margin:0'><img style='display:block'>")
    page.evaluate(
        "async ([svg, pixels]) => { const image = document.querySelector('img'); image.width = pixels;"
        " image.src = URL.createObjectURL(new Blob([svg], {type: 'image/svg+xml'})); await image.decode(); }",
        [svg.decode(), pixels],
    )
    with Image.open(BytesIO(page.locator("img").screenshot())) as image:
        return image.convert("L")


@pytest.mark.parametrize("name", STYLES)
def test_an_svg_is_read(page: Page, name: str) -> None:
    svg = drawn("svg", 30, **STYLES[name])
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    shown = lay_out(ADDRESS, style(**STYLES[name]))
    assert root.get("width") == "30mm"
    assert root.get("height") == ("36mm" if shown.style.frame_text else "30mm")
    assert root.get("viewBox") == f"0 0 {shown.width} {shown.height:g}"
    assert b"<text" not in svg
    assert re.findall(rb'href="([a-z:/]+)', svg) == ([b"data:image/png"] if shown.style.logo_path else [])
    image = rendered(page, svg, 800)
    assert_read(image, "clean")
    assert_read(image.resize((200, image.height // 4), Image.Resampling.BOX), "a quarter")


@pytest.mark.parametrize("pixels", [137, 411])
@pytest.mark.parametrize("shape", ["square", "rounded", "dots"])
def test_no_light_shows_between_modules(page: Page, shape: str, pixels: int) -> None:
    shown = lay_out(ADDRESS, style(module_shape=shape))
    image = np.asarray(rendered(page, drawn("svg", 30, module_shape=shape), pixels))
    module = pixels / shown.width
    begins = shown.begins * module
    bar = image[int(begins) + 1 : int(begins + module), int(begins) + 1 : int(begins + 7 * module)]
    assert bar.size
    assert bar.max() == 0
    side = image[int(begins) + 1 : int(begins + 7 * module), int(begins) + 1 : int(begins + module)]
    assert side.max() == 0


@pytest.mark.parametrize("millimetres", [20, 60])
@pytest.mark.parametrize("name", STYLES)
def test_a_pdf_is_read_as_it_is_printed(name: str, millimetres: int) -> None:
    content = drawn("pdf", millimetres, **STYLES[name])
    with pypdfium2.PdfDocument(content) as document:
        assert len(document) == 1
        width, height = document[0].get_size()
        assert width * 25.4 / 72 == pytest.approx(millimetres, abs=0.01)
        assert height == pytest.approx(width * (1.2 if STYLES[name].get("frame_text") else 1), abs=0.01)
        image = document[0].render(scale=300 / 72).to_pil().convert("L")
    assert_read(image, "300 dots an inch")
    (printed,) = pypdf.PdfReader(BytesIO(content), strict=True).pages
    assert "/Font" not in str(printed["/Resources"].get_object()), "its words are outlines"


# Before printing


@pytest.mark.parametrize("name", STYLES)
def test_every_good_style_passes(name: str) -> None:
    assert passes(lay_out(ADDRESS, style(**STYLES[name])), logo())


def passes(shown: Layout, picture: bytes) -> bool:
    return all(all(seen.values()) for seen in decodes(shown, picture).values())


def test_a_code_in_the_logo_is_something_else() -> None:
    out = BytesIO()
    qrcode.make("https://evil.example", border=2).get_image().resize((512, 512)).convert("RGB").save(
        out, "PNG"
    )
    shown = lay_out(ADDRESS, style(**WITH_LOGO, logo_scale=0.3))
    assert not passes(shown, out.getvalue())


def test_light_on_dark_is_not_read() -> None:
    shown = lay_out(ADDRESS, style(foreground="#ffffff", background="#000000"))
    assert not decodes(shown, None)["opencv"]["clean"]


def test_a_logo_that_hides_too_much_is_not_read() -> None:
    shown = lay_out(ADDRESS, style(**WITH_LOGO, logo_scale=0.6))
    found = decodes(shown, logo())
    assert not any(any(seen.values()) for seen in found.values())


def test_the_least_size_is_by_the_module() -> None:
    assert least_millimetres(lay_out(ADDRESS, style())) == pytest.approx(33 * 0.4, abs=0.1)
    assert least_millimetres(lay_out(ADDRESS, style(**FRAMED))) == pytest.approx(35 * 0.4, abs=0.1)
