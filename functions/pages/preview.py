"""The picture beside a link, where somebody sends one: who this is and which level they hold, 1200 × 630 (https://ogp.me)."""

import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import resvg_py
from fontTools.ttLib import TTFont
from mail import wording
from mail.wording import Language
from PIL import ImageFont
from trust import passport
from trust.passport import COLOURS, Passport

from pages.saying import date, filled, words

WIDTH, HEIGHT = 1200, 630
_FONT = Path(__file__).parents[1] / "qr" / "onest-semibold.ttf"
_MARGIN = 80
_SEAL = 240
_SIZES = (76, 64, 52, 44)
"""Of a name's letters: the largest in which it has room on three lines."""
_COLOURS = COLOURS["light"]

Shown = tuple[Passport | None, str, tuple[str, ...], str]
"""Whose seal (None: our own mark), the large words, the lines below them, and the name at the foot."""


def of_organization(organization: dict[str, Any], shown: Passport, language: Language) -> Shown:
    """What the picture of an organization shows: nothing that is not on its page, published or not."""
    t = words(language)["status"]
    said: tuple[str, ...]
    if shown.state == "held":
        since = date(organization["status"]["levels"][0]["since"], language)
        said = (passport.seal_words(shown, language), filled(t["since"], language, date=since))
    elif shown.state == "lost":
        lost = organization["status"]["lost"][0]
        said = (filled(t["lost"], language, level=lost["level"], date=date(lost["lost_at"], language)),)
    else:
        said = (t["none"],)
    seal = shown.model_copy(update={"verdict": ()})
    return seal, wording.one_line(shown.name), said, words(language)["brand"]


def of_chestno(language: Language) -> Shown:
    """What stands beside a link to any other page."""
    t = words(language)
    return None, t["home"]["headline"], (t["home"]["check"]["lead"],), t["brand"]


def version(shown: Shown) -> str:
    """Another one for another picture: whoever fetched it by its address keeps it for long."""
    seal, *texts = shown
    said = repr((seal and (seal.level, seal.state), texts))
    return hashlib.sha256(said.encode()).hexdigest()[:8]


@lru_cache(maxsize=256)
def png(shown: Shown) -> bytes:
    """The picture."""
    seal, name, said, brand = shown
    room = WIDTH - 2 * _MARGIN - (_SEAL + 60 if seal else 0)
    size, lines = _set(name, room)
    top = _MARGIN + size
    texts = [_text(line, top + place * size * 1.15, size, "ink") for place, line in enumerate(lines)]
    below = top + (len(lines) - 1) * size * 1.15 + 70
    texts += [
        _text(line, below + place * 52, 38, "muted" if place else "ink") for place, line in enumerate(said)
    ]
    foot = HEIGHT - _MARGIN
    texts.append(_text(brand, foot - 14, 40, "ink", left=_MARGIN + 72))
    drawn = _placed(passport.mark_svg(56), _MARGIN, foot - 56)
    if seal:
        drawn += _placed(passport.seal_svg(seal.level, seal.state, _SEAL), WIDTH - _MARGIN - _SEAL, _MARGIN)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="Onest SemiBold, Onest">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{_COLOURS["paper"]}"/>{"".join(texts)}{drawn}</svg>'
    )
    # Letters that our font has not are the system's, where it has some; looking for them takes long.
    is_ours = all(ord(sign) in _letters() for sign in name)
    return resvg_py.svg_to_bytes(
        svg_string=svg, font_files=[str(_FONT)], skip_system_fonts=is_ours, width=WIDTH, height=HEIGHT
    )


def _text(line: str, baseline: float, size: int, colour: str, left: int = _MARGIN) -> str:
    return (
        f'<text x="{left}" y="{baseline}" font-size="{size}" fill="{_COLOURS[colour]}">{escape(line)}</text>'
    )


def _placed(svg: str, left: float, top: float) -> str:
    return svg.replace("<svg ", f'<svg x="{left}" y="{top}" ', 1)


def _set(words: str, room: float) -> tuple[int, list[str]]:
    """In which size, and how broken into lines; what has no room in the smallest ends with an ellipsis."""
    for size in _SIZES:
        lines = _lines(words, size, room)
        if len(lines) <= 3:
            return size, lines
    return size, [*lines[:2], f"{lines[2]}…"]


def _lines(words: str, size: int, room: float) -> list[str]:
    lines = [""]
    for word in words.split(" "):
        for piece in _pieces(word, size, room):
            longer = f"{lines[-1]} {piece}".strip()
            if _length(longer, size) <= room:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines


def _pieces(word: str, size: int, room: float) -> list[str]:
    """A word that is longer than a line, in parts that are not."""
    pieces = [""]
    for sign in word:
        if _length(pieces[-1] + sign, size) > room:
            pieces.append("")
        pieces[-1] += sign
    return pieces


def _length(words: str, size: int) -> float:
    return _font(size).getlength(words)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONT, size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _letters() -> frozenset[int]:
    return frozenset(TTFont(_FONT).getBestCmap())
