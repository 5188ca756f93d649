"""An organization's passport where the web does not reach: in e-mails, badges and previews.

The seal's shapes are those of `seal.svg` and the words those of `mail/words.json`, which the web's build reads too.
What is said was chosen in Postgres (`private.passport`); here it is only drawn and worded.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import resvg_py
from core.models import Model
from mail import wording
from mail.wording import Language

Level = Literal["0", "A", "B", "C"]
State = Literal["held", "lost", "vacant", "none"]
"""`vacant`: never held, drawn as an outline; `none`: the organization holds nothing, and no level is named."""
Theme = Literal["light", "dark"]

COLOURS: Mapping[Theme, Mapping[str, str]] = {
    "light": {
        "paper": "#fbfaf7", "ink": "#1b1f23", "muted": "#5a5e66",
        "info": "#1d4ed8", "honey": "#f59e0b", "on-honey": "#1b1f23",
    },
    "dark": {
        "paper": "#14161a", "ink": "#ece9e2", "muted": "#a8a9ad",
        "info": "#93b4fd", "honey": "#f59e0b", "on-honey": "#1b1f23",
    },
}  # fmt: skip
"""The tokens of web/src/design/tokens.css that the seal is drawn in; a test holds the two together."""

_FILE = Path(__file__).with_name("seal.svg").read_text()
_PARTS = dict(re.findall(r'<path id="([\w-]+)" (d="[^"]+")/>', _FILE))
_SYMBOLS = dict(re.findall(r'<symbol id="([\w-]+)"[^>]*>\s*(.*?)\s*</symbol>', _FILE, re.DOTALL))


class Sentence(Model):
    """A sentence of the verdict: its name, and what it is filled with."""

    sentence: Literal["held", "lost", "lost_unexplained", "regained", "never"]
    levels: tuple[Level, ...] = ()
    unchecked: bool = False
    at: str | None = None
    reason: str | None = None
    said: str | None = None


class Passport(Model):
    """As `private.passport` answers it."""

    name: str
    slug: str
    level: Level | None
    state: State
    verdict: tuple[Sentence, ...]


def seal_svg(
    level: Level | None,
    state: State,
    size: int,
    theme: Theme = "light",
    title: str = "",
    *,
    is_on_paper: bool = False,
) -> str:
    """The seal as an SVG document, `size` CSS pixels wide (20 to 240). `title` is what a screen reader says.

    `is_on_paper`: on a disc of the theme's paper, for where nobody knows what lies under it.
    """
    return _document(_symbol(level, state, size), size, theme, title, is_on_paper=is_on_paper)


def seal_shapes(level: Level | None, state: State, size: int) -> str:
    """The seal's shapes in a square of 100 × 100, to stand within a page of ours: in the colours of the reader's theme."""
    return _shapes(_symbol(level, state, size))


def mark_shapes() -> str:
    """Chestno's own mark, as `seal_shapes`."""
    return _shapes("mark")


def mark_svg(size: int, theme: Theme = "light", title: str = "") -> str:
    """Chestno's own mark as an SVG document."""
    return _document("mark", size, theme, title, is_on_paper=False)


@lru_cache(maxsize=256)
def seal_png(
    level: Level | None,
    state: State,
    size: int,
    theme: Theme = "light",
    *,
    density: float = 2,
    is_on_paper: bool = False,
) -> bytes:
    """The seal as PNG: `size` CSS pixels, each of `density` × `density` pixels; transparent around it."""
    return _picture(seal_svg(level, state, size, theme, is_on_paper=is_on_paper), round(size * density))


@lru_cache(maxsize=16)
def mark_png(size: int, theme: Theme = "light", *, density: float = 2) -> bytes:
    """Chestno's own mark as PNG."""
    return _picture(mark_svg(size, theme), round(size * density))


def seal_words(passport: Passport, language: Language) -> str:
    """What the seal shows, for who does not see it: «Статус B — „Проверено“»."""
    words = wording.words(language)
    said: str = words["seal"][passport.state]
    level = passport.level
    return said.format(level=level, name=words["level"][level]) if level else said


def verdict(sentences: Iterable[Sentence], language: Language, time_zone: ZoneInfo) -> list[str]:
    """The verdict in words, as web/src/status/verdict.ts says it."""
    return [_said(one, language, time_zone) for one in sentences]


def _said(one: Sentence, language: Language, time_zone: ZoneInfo) -> str:
    words = wording.words(language)
    phrases = words["verdict"]
    if one.sentence == "never":
        never: str = phrases["never"]
        return never
    if one.sentence == "held":
        why = ", ".join(
            [phrases["why"][level] for level in one.levels] + [phrases["unchecked"]] * one.unchecked
        )
    else:
        why = wording.quoted(one.said, language) if one.said else words["reason"].get(one.reason, "")
    name = "lost_unexplained" if one.sentence == "lost" and not why else one.sentence
    form: str = phrases[name]["one" if len(one.levels) == 1 else "many"]
    return form.format(
        levels=wording.listed(one.levels, language),
        why=why,
        date=wording.date(one.at, language, time_zone) if one.at else "",
    )


def _symbol(level: Level | None, state: State, size: int) -> str:
    grade = "small" if size < 36 else "middle" if size < 56 else "large"
    return f"{state}-{level}-{grade}" if level and state != "none" else f"none-{grade}"


def _shapes(symbol: str) -> str:
    shapes = re.sub(r'<use href="#([\w-]+)"', lambda used: f"<path {_PARTS[used[1]]}", _SYMBOLS[symbol])
    return re.sub(r"\n\s*", "", shapes)


def _document(symbol: str, size: int, theme: Theme, title: str, *, is_on_paper: bool) -> str:
    colours = COLOURS[theme]
    shapes = re.sub(r"var\(--([\w-]+),[^)]*\)", lambda used: colours[used[1]], _shapes(symbol))
    paper = f'<circle cx="50" cy="50" r="50" fill="{colours["paper"]}"/>' if is_on_paper else ""
    named = f' role="img"><title>{escape(title)}</title>' if title else ">"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 100 100"'
        f"{named}{paper}{shapes}</svg>"
    )


def _picture(svg: str, pixels: int) -> bytes:
    return resvg_py.svg_to_bytes(svg_string=svg, width=pixels, height=pixels, skip_system_fonts=True)
