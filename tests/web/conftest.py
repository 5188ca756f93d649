"""A browser for the tests, and somebody who sits at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from browser import chromium
from playwright.sync_api import Browser, BrowserContext
from stack.stack import Stack
from web.somebody import Somebody

PHONE = {"width": 360, "height": 780}
DESKTOP = {"width": 1280, "height": 800}

NewSomebody = Callable[..., Somebody]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def new_somebody(browser: Browser, stack: Stack) -> Iterator[NewSomebody]:
    """Makes people with a browser profile each: `new_somebody(viewport=PHONE, locale="en-GB")`. In the end nobody's page had trouble."""
    contexts: list[BrowserContext] = []
    people: list[Somebody] = []

    def make(**options: object) -> Somebody:
        context = browser.new_context(
            **{"viewport": DESKTOP, "locale": "ru-RU", "timezone_id": "Europe/Moscow", **options}
        )  # type: ignore[arg-type]
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
