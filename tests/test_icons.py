"""The site's icons are our mark, as the one file of the seal has it."""

from __future__ import annotations

from io import BytesIO

import icons
from bootstrap import ROOT
from PIL import Image
from trust import passport


def test_they_are_what_the_script_draws() -> None:
    for name, content in icons.drawn().items():
        assert (icons.PUBLIC / name).read_bytes() == content, f"run scripts/icons.py: {name}"
    page = (ROOT / "web" / "index.html").read_text()
    assert '<link rel="icon" href="/favicon.svg" type="image/svg+xml" />' in page
    assert '<link rel="apple-touch-icon" href="/apple-touch-icon.png" />' in page


def test_a_home_screen_shows_no_black_corners() -> None:
    icon = Image.open(BytesIO(icons.touch_icon())).convert("RGBA")
    assert icon.size == (180, 180)
    assert all(icon.getpixel(corner)[3] == 255 for corner in ((0, 0), (179, 0), (0, 179), (179, 179)))  # type: ignore[index] # of a picture in RGBA, four
    honey = bytes.fromhex(passport.COLOURS["light"]["honey"][1:])
    assert (*honey, 255) in {colour for _, colour in icon.getcolors(180 * 180) or []}
