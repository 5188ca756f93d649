"""axe-core and the width of a page, in every form it comes in: on a phone and at a desk, in both languages and themes.

A state that takes a while to bring about is brought about once; then it is looked at in all its forms, one after another:

    looks = Looks(page, FORMS)
    looks.at("past due")
    looks.assert_content(Form("en", "360"))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Literal, NamedTuple

from bootstrap import ROOT
from playwright.sync_api import Page, ViewportSize

Language = Literal["ru", "en"]
Size = Literal["360", "1280"]

PHONE: ViewportSize = {"width": 360, "height": 780}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
LANGUAGES: tuple[Language, ...] = ("ru", "en")
SIZES: dict[Size, ViewportSize] = {"360": PHONE, "1280": DESKTOP}

AXE = Path(ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules among them that look at colours, which are all that another theme changes."""


class Form(NamedTuple):
    """One of the ways a state is shown."""

    language: Language
    size: Size

    def __str__(self) -> str:
        return f"{self.language}-{self.size}"


FORMS = [Form(language, size) for language, size in product(LANGUAGES, SIZES)]
IN_RUSSIAN = [Form("ru", size) for size in SIZES]


class Looks:
    """Looks at the states of a page and keeps what is wrong with each form. Between two looks the page is as it was."""

    def __init__(self, page: Page, forms: Sequence[Form]) -> None:
        self.page = page
        self.forms = forms
        self.found: dict[Form, dict[str, list[str]]] = {form: {} for form in forms}

    def at(self, state: str, again: Callable[[], None] = lambda: None, only: Size | None = None) -> None:
        """Look at the page as it is; `again` is done in each form, for what does not outlast a change of size."""
        self.page.wait_for_load_state("networkidle")
        usual, language = self.page.viewport_size, self._language()
        for form in self.forms:
            if only in (None, form.size):
                self._take(form)
                again()
                self._look(state, form)
        if language:
            self._speak(language)
        if usual:
            self.page.set_viewport_size(usual)

    def assert_content(self, form: Form) -> None:
        assert not self.found[form], "\n\n".join(
            f"{state}\n" + "\n".join(wrong) for state, wrong in self.found[form].items()
        )

    def _look(self, state: str, form: Form) -> None:
        for theme in THEMES:
            # Without motion the colours of the other theme are there at once.
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            if wrong := faults(self.page, RULES if theme == "light" else OF_COLOURS):
                self.found[form][f"{state}, {theme}"] = wrong
        if elements := overflow(self.page):
            self.found[form][f"{state}, wider than the screen"] = elements

    def _take(self, form: Form) -> None:
        """Show the page in this form; one whose forms are of one language keeps its own."""
        if len({other.language for other in self.forms}) > 1:
            self._speak(form.language)
        self.page.set_viewport_size(SIZES[form.size])

    def _language(self) -> Language:
        language: Language = self.page.evaluate("document.documentElement.lang")
        return language

    def _speak(self, language: Language) -> None:
        """Choose the language by the switch of a desk, also where a dialog lies over it; the profile follows."""
        if self._language() == language:
            return
        self.page.set_viewport_size(SIZES["1280"])
        with self.page.expect_response(
            lambda response: response.request.method == "PATCH" and "/rest/v1/profiles" in response.url
        ):
            self.page.locator(f"button[lang={language}]").first.evaluate("button => button.click()")
        self.page.wait_for_function("language => document.documentElement.lang === language", arg=language)


def faults(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    """What axe finds: the rule and where. `rules`: their names or tags."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)  # not a script element: the page's own policy would refuse it
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", list(rules)
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
