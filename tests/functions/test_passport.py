"""The passport outside the web: its seal as a picture, its verdict in words."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from mail.wording import Language
from PIL import Image
from trust import passport
from trust.passport import Level, Passport, Sentence, State, Theme

ROOT = Path(__file__).resolve().parents[2]
MOSCOW = ZoneInfo("Europe/Moscow")
FACES: list[tuple[Level | None, State]] = [
    *((level, state) for state in ("held", "lost", "vacant") for level in get_args(Level)),
    (None, "none"),
]
AT = "2027-03-12T12:00:00+00:00"


def said(*sentences: dict[str, Any], language: Language = "ru") -> list[str]:
    read = [Sentence.model_validate(one) for one in sentences]
    return [text.replace("\u00a0", " ") for text in passport.verdict(read, language, MOSCOW)]


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGBA")


# The same sentences as web/src/status/verdict.test.ts: pages and e-mails say one thing.


def test_the_verdict_says_what_is_held_and_why() -> None:
    assert said({"sentence": "held", "levels": ["C", "B", "A"], "unchecked": False}) == [
        "Держит статусы C, B и A: открытость заслужена делами, документы проверены, участие оплачено."
    ]
    assert said({"sentence": "held", "levels": ["A"], "unchecked": True}) == [
        "Держит статус A: участие оплачено, документы мы не проверяли."
    ]
    assert said({"sentence": "held", "levels": ["0"], "unchecked": True}, language="en") == [
        "Holds status 0: on trial, we have not checked any documents."
    ]


def test_the_verdict_says_what_was_lost_when_and_why_and_never_shows_a_code() -> None:
    lost = {"sentence": "lost", "at": AT}
    assert said(
        lost | {"levels": ["C", "B", "A"], "said": "Документы «Мёда» оказались чужими"},
        lost | {"levels": ["C"], "reason": "criteria_not_met"},
        lost | {"levels": ["B"], "sentence": "lost_unexplained"},
        lost | {"levels": ["B"], "reason": "came_after_this_deployment"},
    ) == [
        "Статусы C, B и A утрачены 12 марта 2027: «Документы „Мёда“ оказались чужими».",
        "Статус C утрачен 12 марта 2027: условия уровня C больше не выполняются.",
        "Статус B утрачен 12 марта 2027.",
        "Статус B утрачен 12 марта 2027.",
    ]
    assert said({"sentence": "never"}) == ["Статуса ещё не было."]


def test_the_verdict_says_that_what_is_held_was_lost_before() -> None:
    again = {"sentence": "regained", "at": AT}
    assert said(again | {"levels": ["B", "A"]}) == ["Статусы B и A терялись 12 марта 2027 и получены снова."]
    assert said(again | {"levels": ["B"]}, language="en") == [
        "Status B was lost on 12 March 2027 and granted again."
    ]


def test_a_curly_bracket_in_a_moderators_words_is_only_a_bracket() -> None:
    lost = {"sentence": "lost", "levels": ["B"], "at": AT, "said": "Нет {печати} {0}"}
    assert said(lost) == ["Статус B утрачен 12 марта 2027: «Нет {печати} {0}»."]


@pytest.mark.parametrize("size", [24, 40, 64, 144])
@pytest.mark.parametrize("theme", get_args(Theme))
def test_every_face_is_a_picture_of_its_own(size: int, theme: Theme) -> None:
    pictures = {face: picture(passport.seal_png(*face, size, theme, density=3)) for face in FACES}
    assert {each.size for each in pictures.values()} == {(3 * size, 3 * size)}
    assert len({each.tobytes() for each in pictures.values()}) == len(FACES)
    for (level, state), each in pictures.items():
        assert each.getpixel((0, 0)) == (0, 0, 0, 0), "the paper shows through around it"
        colours = {colour for _, colour in each.getcolors(9 * size * size) or []}
        main = (
            "muted"
            if state != "held" or level == "0"
            else {"A": "ink", "B": "info", "C": "honey"}[level or "A"]
        )
        wanted = passport.COLOURS[theme][main]
        assert (*bytes.fromhex(wanted[1:]), 255) in colours


def test_a_seal_on_paper_is_read_on_any_ground() -> None:
    on_paper = picture(passport.seal_png("A", "held", 64, is_on_paper=True))
    assert on_paper.getpixel((64, 4))[3] == 255  # type: ignore[index] # of a picture in RGBA, four
    assert on_paper.getpixel((64, 64 // 2))[:3] == (251, 250, 247)  # type: ignore[index] # as above


def test_an_svg_is_one_document_that_carries_its_title_whatever_is_in_it() -> None:
    for face in FACES:
        svg = passport.seal_svg(*face, 96, "dark", 'Мёд & "травы" <b>')
        assert '<title>Мёд &amp; "травы" &lt;b&gt;</title>' in svg
        assert not re.search(r"<use|var\(|None|href", svg)
    assert "title" not in passport.mark_svg(24)


def test_the_seal_is_drawn_in_the_colours_of_the_site() -> None:
    tokens = (ROOT / "web/src/design/tokens.css").read_text()
    for name in passport.COLOURS["light"]:
        found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", tokens)
        assert found
        assert [passport.COLOURS[theme][name] for theme in ("light", "dark")] == list(found.groups())
    by_day = {f"var(--{name}, {colour})" for name, colour in passport.COLOURS["light"].items()}
    assert set(re.findall(r"var\([^)]*\)", passport._FILE)) == by_day


def test_who_does_not_see_the_seal_reads_it() -> None:
    one = Passport(name="Пасека", slug="paseka", level="B", state="held", verdict=())
    assert passport.seal_words(one, "ru") == "Статус B — «Проверено»"
    assert passport.seal_words(one.model_copy(update={"state": "lost"}), "en") == "Status B, lost"
    assert passport.seal_words(one.model_copy(update={"state": "none", "level": None}), "ru") == "Нет статуса"
