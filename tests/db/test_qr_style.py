"""How a printed code looks (sql/54_qr_style): defaults, and what cameras could not read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bootstrap import ROOT
from fontTools.ttLib import TTFont
from kit.db import DbEnv, Row
from psycopg.types.json import Jsonb

DEFAULTS = {
    "foreground": "#000000", "background": "#ffffff", "error_correction": "M", "module_shape": "square", "quiet_zone": 4,
    "logo_path": None, "logo_scale": 0.25, "frame_text": None, "frame_language": None,
}  # fmt: skip
OURS = "0192d3a0-0000-7000-8000-000000000001"
LOGO = f"{OURS}/0123abcd.webp"


def complete(db: DbEnv, style: Any) -> Row:
    whole: Row = db.one("select private.complete_qr_style(%s) as s", Jsonb(style))["s"]
    return whole


def problems(db: DbEnv, **style: Any) -> set[tuple[str, str]]:
    found = db.one("select private.qr_style_problems(%s, %s) as p", Jsonb(style), OURS)["p"]
    return {(each["field"].removeprefix("style").removeprefix("."), each["code"]) for each in found}


def test_a_style_is_whole(db: DbEnv) -> None:
    assert complete(db, {}) == DEFAULTS
    assert db.one("select private.complete_qr_style(null) as s")["s"] == DEFAULTS
    assert complete(db, dict.fromkeys(DEFAULTS)) == DEFAULTS
    asked = {
        "foreground": "#0B3",
        "background": "#FFFFEE",
        "logo_path": LOGO,
        "frame_text": " Проверьте\u00a0",
    }
    assert complete(db, asked) == DEFAULTS | {
        "foreground": "#00bb33", "background": "#ffffee", "logo_path": LOGO, "error_correction": "H",
        "frame_text": "Проверьте", "frame_language": "ru",
    }  # fmt: skip
    assert complete(db, complete(db, asked)) == complete(db, asked)


@pytest.mark.parametrize(
    ("asked", "text", "language"),
    [
        ({"frame_language": "ru"}, "Проверьте производителя", "ru"),
        ({"frame_language": "en"}, "Check the producer", "en"),
        ({"frame_text": "Scan me"}, "Scan me", "en"),
        ({"frame_text": "Scan me", "frame_language": "ru"}, "Scan me", "ru"),
        ({"frame_text": None, "frame_language": "ru"}, None, None),
        ({"frame_text": "  "}, None, None),
    ],
)
def test_a_frame_speaks_a_language(db: DbEnv, asked: Row, text: str | None, language: str | None) -> None:
    whole = complete(db, asked)
    assert (whole["frame_text"], whole["frame_language"]) == (text, language)
    assert problems(db, **asked) == set()


@pytest.mark.parametrize(
    "style",
    [
        {}, {"foreground": "#767676"}, {"foreground": "#1b2a4a", "background": "#fff8e7", "module_shape": "dots"},
        {"logo_path": LOGO}, {"logo_path": LOGO, "error_correction": "H", "logo_scale": 0.3}, {"logo_path": LOGO, "logo_scale": 0.1},
        {"quiet_zone": 20}, {"frame_text": "Наведите камеру — это «Мёд» №1, 100 ₽", "module_shape": "rounded"},
    ],
)  # fmt: skip
def test_a_good_style_has_no_problems(db: DbEnv, style: Row) -> None:
    assert problems(db, **style) == set()


@pytest.mark.parametrize(
    ("style", "found"),
    [
        ({"foreground": "#777777"}, {("", "contrast_too_low")}),
        ({"foreground": "#ffffff", "background": "#000000"}, {("", "light_on_dark")}),
        ({"foreground": "#fff", "background": "#eee"}, {("", "light_on_dark"), ("", "contrast_too_low")}),
        ({"foreground": "#000", "background": "#000"}, {("", "contrast_too_low")}),
        ({"quiet_zone": 3}, {("", "quiet_zone_too_small")}),
        ({"quiet_zone": -1}, {("", "quiet_zone_too_small")}),
        ({"logo_path": LOGO, "logo_scale": 0.31}, {("", "logo_too_big")}),
        ({"logo_path": LOGO, "error_correction": "Q"}, {("", "logo_needs_h")}),
        # what is no value at all
        ({"foreground": "#00000080"}, {("foreground", "invalid")}),
        ({"background": "transparent"}, {("background", "invalid")}),
        ({"background": "rgba(255,255,255,0.5)"}, {("background", "invalid")}),
        ({"foreground": 0}, {("foreground", "invalid")}),
        ({"foreground": ["#000000"]}, {("foreground", "invalid")}),
        ({"error_correction": "h"}, {("error_correction", "invalid")}),
        ({"module_shape": "hearts"}, {("module_shape", "invalid")}),
        ({"quiet_zone": "4"}, {("quiet_zone", "invalid")}),
        ({"quiet_zone": 4.5}, {("quiet_zone", "invalid")}),
        ({"quiet_zone": 1e300}, {("quiet_zone", "out_of_range")}),
        ({"logo_scale": 0.05}, {("logo_scale", "out_of_range")}),
        ({"logo_scale": "big"}, {("logo_scale", "invalid")}),
        ({"logo_path": "../secret.webp"}, {("logo_path", "invalid")}),
        ({"logo_path": f"{OURS}/a.svg"}, {("logo_path", "invalid")}),
        ({"logo_path": LOGO.replace(OURS, OURS[:-1] + "2")}, {("logo_path", "not_the_organizations")}),
        ({"frame_text": "Я" * 61}, {("frame_text", "too_long")}),
        ({"frame_text": "Мёд 🍯"}, {("frame_text", "invalid")}),
        ({"frame_text": "два\nряда"}, {("frame_text", "invalid")}),
        ({"frame_text": 7}, {("frame_text", "invalid")}),
        ({"frame_text": "Scan", "frame_language": "fr"}, {("frame_language", "invalid")}),
        ({"shadow": True}, {("shadow", "unknown_field")}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_drawn_is_refused(db: DbEnv, style: Row, found: set[tuple[str, str]]) -> None:
    assert problems(db, **style) == found


def test_the_font_has_every_character_a_frame_may_hold(db: DbEnv) -> None:
    taken = db.one(
        "select array_agg(c) as characters from generate_series(33, 65533) as c"
        " where c not between 55296 and 57343 and private.is_drawable(chr(c))"
    )["characters"]
    assert len(taken) > 250
    assert set(taken) <= set(TTFont(ROOT / "functions" / "qr" / "onest-semibold.ttf").getBestCmap())
    for words, found in (("Мёд", []), ("蜜", [{"field": "style.frame_text", "code": "invalid"}])):
        style = json.dumps({"frame_text": words})
        asked = "select private.qr_style_problems(private.complete_qr_style(%s::jsonb)) as p"
        assert db.one(asked, style)["p"] == found


@pytest.mark.parametrize("style", ["null", "[]", '"square"', "7"])
def test_a_style_is_an_object(db: DbEnv, style: str) -> None:
    found = db.one("select private.qr_style_problems(%s::jsonb) as p", style)["p"]
    assert found == ([] if style == "null" else [{"field": "style", "code": "invalid"}])


@pytest.mark.parametrize(
    ("one", "other", "contrast"),
    [("#000000", "#ffffff", 21), ("#767676", "#ffffff", 4.54), ("#ffffff", "#0000ff", 8.59), ("#ff0000", "#ffffff", 4.0), ("#123456", "#123456", 1)],
)  # fmt: skip
def test_contrast_is_wcags(db: DbEnv, one: str, other: str, contrast: float) -> None:
    assert db.one("select private.contrast(%s, %s) as c", one, other)["c"] == pytest.approx(
        contrast, abs=0.005
    )
