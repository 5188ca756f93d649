"""A browser for the tests, and somebody who sits at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

import pytest
from kit.people import run_sql
from playwright.sync_api import Browser, BrowserContext, ViewportSize
from stack.stack import Stack
from web.looks import DESKTOP, PHONE
from web.somebody import Somebody


class NewSomebody(Protocol):
    """Makes people with a browser profile each."""

    def __call__(
        self,
        viewport: ViewportSize = ...,
        locale: str = ...,
        color_scheme: Literal["light", "dark"] = ...,
        has_touch: bool = ...,
    ) -> Somebody: ...


@pytest.fixture
def new_somebody(browser: Browser, stack: Stack) -> Iterator[NewSomebody]:
    """`new_somebody(viewport=PHONE, locale="en-GB")`; when the test ends, nobody's page had trouble."""
    with somebodies(browser, stack) as make:
        yield make


@pytest.fixture(scope="module")
def new_walker(browser: Browser, stack: Stack) -> Iterator[NewSomebody]:
    """The same for a walk that all tests of a module look back upon."""
    with somebodies(browser, stack) as make:
        yield make


@contextmanager
def somebodies(browser: Browser, stack: Stack) -> Iterator[NewSomebody]:
    contexts: list[BrowserContext] = []
    people: list[Somebody] = []

    def make(
        viewport: ViewportSize = DESKTOP,
        locale: str = "ru-RU",
        color_scheme: Literal["light", "dark"] = "light",
        has_touch: bool = False,
    ) -> Somebody:
        context = browser.new_context(
            viewport=viewport,
            locale=locale,
            color_scheme=color_scheme,
            has_touch=has_touch,
            timezone_id="Europe/Moscow",
        )
        contexts.append(context)
        people.append(Somebody(context.new_page(), stack.addresses))
        return people[-1]

    yield make
    for context in contexts:
        context.close()
    for person in people:
        person.watch.assert_quiet()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["360", "1280"])
def anna(new_somebody: NewSomebody, request: pytest.FixtureRequest) -> Somebody:
    """Somebody on a phone, then at a desk."""
    return new_somebody(viewport=request.param)


@pytest.fixture
def boris(new_somebody: NewSomebody) -> Somebody:
    """Somebody at a desk."""
    return new_somebody()


@pytest.fixture
def receipts(stack: Stack) -> Iterator[None]:
    """The law asks for receipts, for as long as a test lasts."""
    with receipts_required(stack):
        yield


@contextmanager
def receipts_required(stack: Stack) -> Iterator[None]:
    change = "update private.platform_settings set receipts_enabled = %s, vat_code = %s, tax_system_code = %s"
    run_sql(stack.addresses, change, True, 1, 2)
    try:
        yield
    finally:
        run_sql(stack.addresses, change, False, None, None)
