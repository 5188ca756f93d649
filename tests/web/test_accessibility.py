"""axe-core on every page, on a phone and at a desk, in both themes: no violation of WCAG 2.2 A and AA."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import pytest
from bootstrap import ROOT
from playwright.sync_api import Page, ViewportSize
from web.conftest import DESKTOP, PHONE, NewSomebody
from web.somebody import RESULT_TIMEOUT

AXE = Path(ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page: Page) -> list[str]:
    """What axe finds: the rule and where."""
    page.evaluate(AXE)  # not a script element: the page's own policy would refuse it
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES
    )
    return [
        f"{fault['id']}: {node['html']} ({node['failureSummary']})"
        for fault in found["violations"]
        for node in fault["nodes"]
        # A hint floats beside the landmarks, by its nature.
        if not (fault["id"] == "region" and "data-radix-popper" in node["html"])
    ]


def overflow(page: Page) -> list[str]:
    """Elements that make the page wider than the screen."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll('body *')]
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
          .map((element) => element.outerHTML.slice(0, 200))"""
    )
    return found


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["360", "1280"])
def test_every_page(new_somebody: NewSomebody, size: ViewportSize) -> None:
    somebody = new_somebody(viewport=size)
    found: dict[str, list[str]] = {}

    def judge(name: str) -> None:
        somebody.page.wait_for_load_state("networkidle")
        for theme in THEMES:
            # Without motion the colours of the other theme are there at once.
            somebody.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            if wrong := faults(somebody.page):
                found[f"{name}, {theme}"] = wrong
        if elements := overflow(somebody.page):
            found[f"{name}, wider than the screen"] = elements

    for path in ("/", "/sign-up", "/sign-in", "/forgot-password", "/no-such-page"):
        somebody.open(path)
        somebody.sees_some_heading()
        judge(path)

    somebody.register()
    judge("new organization")
    somebody.button("Создать организацию").click()
    judge("new organization, with mistakes")
    slug = somebody.create_organization()
    judge("overview, no status")
    for section in ("Статус", "Оплата"):
        somebody.goes_to(section)
        somebody.sees_some_heading()
        judge(f"{section}, no status")

    somebody.begin_trial()
    somebody.leaves_yookassa()
    somebody.sees_heading("Ждём ответа ЮKassa")
    judge("waiting for the result")
    somebody.pays_elsewhere()
    somebody.sees_heading("Карта проверена", timeout=RESULT_TIMEOUT)
    judge("result")

    for section in ("Обзор", "Статус", "Оплата"):
        somebody.goes_to(section)
        somebody.sees_some_heading()
        judge(f"{section}, on trial")
    somebody.button(re.compile("^Удалить")).click()
    judge("removing the card")
    somebody.page.keyboard.press("Escape")
    somebody.open("/account")
    somebody.sees_some_heading()
    judge("account")
    somebody.open(f"/organizations/{slug}")
    somebody.sees_some_heading()
    judge("public page")
    somebody.badge("0").hover()
    somebody.page.get_by_role("tooltip").wait_for()
    judge("public page, with the badge explained")

    assert not found, "\n\n".join(f"{name}\n" + "\n".join(wrong) for name, wrong in found.items())
