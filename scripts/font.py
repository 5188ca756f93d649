#!/usr/bin/env python3
"""Make the web's one font, web/src/design/onest.woff2, of Onest: the letters that are used, at the weights that are used.

Run it again when a text needs another character (tests/test_font.py says which), or when another Onest comes out.
"""

from __future__ import annotations

import argparse
from importlib import resources
from io import BytesIO

from bootstrap import ROOT, enter

FONT = ROOT / "web" / "src" / "design" / "onest.woff2"
LICENCE = FONT.with_name("onest-license.txt")
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
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "case", "tnum"]


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    enter()
    source = resources.files("fontpkg_onest")
    FONT.write_bytes(subset(source.joinpath("files", "Onest[wght].ttf").read_bytes()))
    LICENCE.write_text(source.joinpath("LICENSE").read_text())
    print(f"{FONT.relative_to(ROOT)}: {FONT.stat().st_size:,} bytes, {len(CHARACTERS)} characters")


def subset(font: bytes) -> bytes:
    """A variable TrueType font as a WOFF2 with CHARACTERS, FEATURES and WEIGHTS alone; the same bytes each time."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    whole = TTFont(BytesIO(font), recalcTimestamp=False)
    font_of_weights = instancer.instantiateVariableFont(whole, {"wght": WEIGHTS})
    options = Options(
        layout_features=FEATURES, hinting=False, glyph_names=False, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14]
    )
    subsetter = Subsetter(options)
    subsetter.populate(text=CHARACTERS)
    subsetter.subset(font_of_weights)
    font_of_weights.flavor = "woff2"
    out = BytesIO()
    font_of_weights.save(out)
    return out.getvalue()


if __name__ == "__main__":
    main()
