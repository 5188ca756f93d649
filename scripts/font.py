#!/usr/bin/env python3
"""Make our fonts of Onest: the web's one, web/src/design/onest.woff2 (the letters and weights that are used),
and the functions' one, functions/qr/onest-semibold.ttf, in which the words of codes and of pictures are set.

Run it again when a text needs another character (tests/test_font.py says which), or when another Onest comes out.
"""

from __future__ import annotations

import argparse
from importlib import resources
from io import BytesIO

from bootstrap import ROOT, enter

FONT = ROOT / "web" / "src" / "design" / "onest.woff2"
LICENCE = FONT.with_name("onest-license.txt")
PICTURES = ROOT / "functions" / "qr" / "onest-semibold.ttf"
LARGEST = 35 * 1024
WEIGHTS = (400, 700)

LATIN = "".join(chr(code) for code in range(0x20, 0x7F))
RUSSIAN = "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
NEIGHBOURS = "ҐЄІЇЎӘҒҚҢӨҰҮҺҖҘҠҪ"
"""Of Ukrainian, Belarusian, Kazakh, Kyrgyz, Tatar and Bashkir: they stand in names of people and producers."""
SIGNS = "«»„“”‘’–—…№•·→←✓×−°±§©€₽\u00a0\u2009\u202f"
CHARACTERS = "".join(
    dict.fromkeys(LATIN + RUSSIAN + RUSSIAN.lower() + NEIGHBOURS + NEIGHBOURS.lower() + SIGNS)
)
WESTERN = "".join(chr(code) for code in range(0xA0, 0x100))
SLAVIC = "".join(chr(code) for code in range(0x401, 0x460))
IN_PICTURES = "".join(dict.fromkeys(CHARACTERS + WESTERN + SLAVIC + "‚"))
"""Names of producers stand in pictures, and what a frame of a code says; of these, what Onest has."""
SEMIBOLD = 600
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "case", "tnum"]


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    enter()
    source = resources.files("fontpkg_onest")
    whole = source.joinpath("files", "Onest[wght].ttf").read_bytes()
    FONT.write_bytes(for_web(whole))
    PICTURES.write_bytes(for_pictures(whole))
    for font in (FONT, PICTURES):
        font.with_name(LICENCE.name).write_text(source.joinpath("LICENSE").read_text())
        print(f"{font.relative_to(ROOT)}: {font.stat().st_size:,} bytes")


def for_web(font: bytes) -> bytes:
    """A variable TrueType font as a WOFF2 with CHARACTERS, FEATURES and WEIGHTS alone; the same bytes each time."""
    return _reduced(font, WEIGHTS, CHARACTERS, "woff2")


def for_pictures(font: bytes) -> bytes:
    """The same as a TrueType font of one weight, with IN_PICTURES; what draws pictures finds it by this name."""
    return _reduced(font, SEMIBOLD, IN_PICTURES, None, "Onest SemiBold")


def _reduced(
    font: bytes, weight: int | tuple[int, int], characters: str, flavor: str | None, name: str | None = None
) -> bytes:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    whole = TTFont(BytesIO(font), recalcTimestamp=False)
    reduced = instancer.instantiateVariableFont(whole, {"wght": weight})
    options = Options(
        layout_features=FEATURES, hinting=False, glyph_names=False, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14]
    )
    subsetter = Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(reduced)
    if name:
        for number, said in ((1, name), (4, name), (6, name.replace(" ", "-"))):
            reduced["name"].setName(said, number, 3, 1, 0x409)
    reduced.flavor = flavor
    out = BytesIO()
    reduced.save(out)
    return out.getvalue()


if __name__ == "__main__":
    main()
