"""The e-mails that Auth itself sends: in Russian, English below, with our mark, in the colours of our own."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from trust import passport

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = sorted((ROOT / "supabase/templates").glob("*.html"))
CONFIGURED = {"invite", "confirmation", "recovery", "magic_link", "email_change"}
"""https://supabase.com/docs/guides/local-development/customizing-email-templates; the stack's API takes no other."""


def test_auth_sends_nothing_in_words_that_are_not_ours() -> None:
    config = tomllib.loads((ROOT / "supabase/config.toml").read_text())
    configured = config["auth"]["email"]["template"]
    assert set(configured) == CONFIGURED
    assert {(ROOT / each["content_path"]).resolve() for each in configured.values()} <= set(TEMPLATES)
    for each in configured.values():
        russian, english = each["subject"].split(" · ")
        assert re.search("[а-яё]", russian)
        assert not re.search("[а-яё]", english)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_they_are_russian_first_and_english_below(path: Path) -> None:
    html = path.read_text()
    assert '<html lang="ru">' in html
    body = re.sub(r"<head>.*</head>", "", html, flags=re.DOTALL)
    russian, english = (re.sub(r"<[^>]*>|\{\{.*?\}\}", " ", part) for part in body.split('<div lang="en"'))
    assert not re.search("[a-z]{2}", russian), "no English above the line"
    assert not re.search("[а-яё]", english), "no Russian below it"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_they_lead_to_our_site_alone_and_both_languages_to_one_place(path: Path) -> None:
    html = path.read_text()
    links = re.findall(r'(?:href|src)="([^"]*)"', html)
    assert all(link.startswith("{{ .SiteURL }}/") for link in links)
    there = [link for link in links if not link.endswith("/mark.png")]
    assert len(set(there)) <= 1, "the button and the English link are one"
    assert 'src="{{ .SiteURL }}/mark.png"' in html
    assert re.findall(r"class=\"button\"[^>]*background: (#\w+)", html) == ["#1b1f23"] * bool(there), (
        "ink on paper"
    )


def test_the_mark_is_the_one_that_is_drawn() -> None:
    assert (ROOT / "web/public/mark.png").read_bytes() == passport.mark_png(28, density=3)
