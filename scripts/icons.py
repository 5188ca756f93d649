#!/usr/bin/env python3
"""Draw the site's icons of our mark, as functions/trust/seal.svg has it: favicon.svg, apple-touch-icon.png, and mark.png
of Auth's e-mails. Run it again when the mark changes; tests/test_icons.py says when.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from bootstrap import ROOT, enter

PUBLIC = ROOT / "web" / "public"
TOUCH, TOUCH_MARK = 180, 132
"""Pixels of the picture on a phone's home screen, and of the mark within it: the system rounds the corners off."""
IN_E_MAILS = 28
"""CSS pixels."""


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    enter()
    for name, content in drawn().items():
        (PUBLIC / name).write_bytes(content)
        print(f"web/public/{name}: {len(content):,} bytes")


def drawn() -> dict[str, bytes]:
    """The files by their names; the same bytes each time."""
    passport = _passport()
    return {
        "favicon.svg": passport.mark_svg(100).encode(),
        "apple-touch-icon.png": touch_icon(),
        "mark.png": passport.mark_png(IN_E_MAILS, density=3),
    }


def touch_icon() -> bytes:
    """On paper: what is transparent becomes black on a home screen."""
    import resvg_py

    passport = _passport()
    edge = (TOUCH - TOUCH_MARK) / 2
    mark = passport.mark_svg(TOUCH_MARK).replace("<svg ", f'<svg x="{edge}" y="{edge}" ', 1)
    paper = f'<rect width="{TOUCH}" height="{TOUCH}" fill="{passport.COLOURS["light"]["paper"]}"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{TOUCH}" height="{TOUCH}">{paper}{mark}</svg>'
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=TOUCH, height=TOUCH, skip_system_fonts=True))


def _passport() -> Any:
    """The functions' own drawing of the seal, for whoever has not got them on the path."""
    functions = str(ROOT / "functions")
    if functions not in sys.path:
        sys.path.insert(0, functions)
    from trust import passport

    return passport


if __name__ == "__main__":
    main()
