"""Our two fonts: the web's holds every character of the web's own texts, and is small; names in pictures are set in the other."""

from __future__ import annotations

import re
import unicodedata
from importlib import resources
from pathlib import Path

import font
import pytest
from bootstrap import ROOT
from fontTools.ttLib import TTFont

WEB = ROOT / "web" / "src"
TEXTS = [
    *(path for end in ("ts", "tsx") for path in sorted(WEB.rglob(f"*.{end}")) if ".test." not in path.name),
    ROOT / "functions" / "mail" / "words.json",
    *sorted((ROOT / "supabase" / "migrations").glob("*_reference*.sql")),  # names of plans and criteria
]


@pytest.fixture(scope="module")
def held() -> set[str]:
    """The characters it has."""
    with TTFont(font.FONT) as opened:
        return {chr(code) for code in opened.getBestCmap()}


def shown(path: Path) -> set[str]:
    """The characters a file may show: without its comments, and without what nobody sees."""
    text = path.read_text()
    if path.suffix in (".ts", ".tsx"):
        text = re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", text, flags=re.DOTALL)
        text = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
    return {sign for sign in text if unicodedata.category(sign) not in ("Cc", "Cf")}


def test_every_character_of_the_texts_is_in_the_font(held: set[str]) -> None:
    missing = {
        f"U+{ord(sign):04X} {sign} {unicodedata.name(sign, '')}: {path.relative_to(ROOT)}"
        for path in TEXTS
        for sign in shown(path) - held
        if path.name != "emails.ts"  # full stops of other scripts, taken from what people type
    }
    assert not missing, "\n".join(sorted(missing))


def test_it_holds_what_the_script_names_and_what_formats_write(held: set[str]) -> None:
    assert set(font.CHARACTERS) <= held
    assert set("0123456789₽№«»„“”–—…•·→✓\u00a0\u202f") <= held


def test_it_is_small_and_keeps_what_the_pages_use() -> None:
    assert font.FONT.stat().st_size <= font.LARGEST
    with TTFont(font.FONT) as opened:
        (axis,) = opened["fvar"].axes
        assert (axis.axisTag, axis.minValue, axis.maxValue) == ("wght", *font.WEIGHTS)
        found = {
            record.FeatureTag
            for table in ("GSUB", "GPOS")
            for record in opened[table].table.FeatureList.FeatureRecord
        }
    assert {"kern", "tnum"} <= found


def test_it_is_what_the_script_makes_of_onest() -> None:
    source = resources.files("fontpkg_onest")
    whole = source.joinpath("files", "Onest[wght].ttf").read_bytes()
    assert font.FONT.read_bytes() == font.for_web(whole)
    assert font.PICTURES.read_bytes() == font.for_pictures(whole)
    for each in (font.FONT, font.PICTURES):
        assert each.with_name(font.LICENCE.name).read_text() == source.joinpath("LICENSE").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "Сөт және қымыз, Көкшетау ғажабы",  # Kazakh
        "Ұлы дала үйі һәм ірімшік",
        "Җәлил җиләге, Яңа Чишмә",  # Tatar
        "Башҡорт балы, Ҫәсән, Йәйҙең тәме",  # Bashkir
        "Полтавський ґрунт, їжа, єдність",  # Ukrainian
        "Беларускі мёд з Нёмана, ўсё сваё",  # Belarusian
    ],
)
def test_names_of_neighbours_are_set_in_pictures(name: str) -> None:
    """By our font, and each letter as one of its own: what it has not would be an empty box."""
    with TTFont(font.PICTURES) as opened:
        glyphs = opened.getBestCmap()
        drawn = opened["glyf"]
        for sign in (name + name.upper()).replace(" ", "").replace(",", ""):
            assert ord(sign) in glyphs, sign
            assert glyphs[ord(sign)] != ".notdef"
            assert drawn[glyphs[ord(sign)]].numberOfContours, sign
