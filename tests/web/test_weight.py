"""What a page weighs on a first visit, with its fonts, as it is sent: counted over real loads until the network is quiet."""

from __future__ import annotations

import pytest
from bench_web import Load, load
from playwright.sync_api import Browser, StorageState
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import PHONE
from web.somebody import Somebody

HEAVIEST = 215_000
"""Bytes of a first visit, with its fonts."""


def said(found: Load) -> str:
    return "\n".join(f"{size:7,} {address}" for address, size in found.largest)


def test_signing_in_is_light_and_speaks_one_language(browser: Browser, stack: Stack) -> None:
    context = browser.new_context(viewport=PHONE, locale="ru-RU")
    found = load(context, stack.addresses.web + "/sign-in")
    context.close()
    assert found.bytes <= HEAVIEST, said(found)
    assert found.requests <= 20, said(found)
    assert not [address for address, _ in found.largest if "other-texts" in address]
    assert sum(address.endswith(".woff2") for address, _ in found.largest) == 1
    assert found.shifted <= 0.02


def test_the_overview_is_light_and_waits_with_menus_and_charts(
    browser: Browser, stack: Stack, boris: Somebody
) -> None:
    boris.sign_in(boris.with_organization())
    boris.sees_some_heading()
    state: StorageState = boris.page.context.storage_state()
    context = browser.new_context(viewport=PHONE, locale="ru-RU", storage_state=state)
    found = load(context, stack.addresses.web + "/dashboard")
    context.close()
    assert found.bytes <= HEAVIEST, said(found)
    names = " ".join(address for address, _ in found.largest)
    assert not [late for late in ("chart-", "OpenMenu", "VideoPlayer", "other-texts") if late in names], said(
        found
    )


@pytest.mark.parametrize("locale", ["ru-RU", "en-GB"])
def test_the_other_language_comes_when_it_is_chosen(new_somebody: NewSomebody, locale: str) -> None:
    """And what is typed stays."""
    somebody = new_somebody(locale=locale)
    fetched: list[str] = []
    somebody.page.on("request", lambda request: fetched.append(request.url))
    somebody.open("/sign-in")
    words = ["Вход", "Sign in"] if locale == "ru-RU" else ["Sign in", "Вход"]
    somebody.sees_heading(words[0])
    somebody.page.locator("input[type=email]").fill("anna@example.test")
    assert not [address for address in fetched if "other-texts" in address]
    other = "en" if locale == "ru-RU" else "ru"
    somebody.page.locator(f"button[lang={other}]").click()
    somebody.sees_heading(words[1])
    assert somebody.page.locator("input[type=email]").input_value() == "anna@example.test"
    assert somebody.page.locator("html").get_attribute("lang") == other
    somebody.page.get_by_role("link", name="Честно" if other == "ru" else "Chestno").first.click()
    somebody.sees_heading(
        "Кто это сделал и можно ли ему верить" if other == "ru" else "Who made it, and can you trust them"
    )
    somebody.page.reload()
    somebody.sees_heading(
        "Кто это сделал и можно ли ему верить" if other == "ru" else "Who made it, and can you trust them"
    )
    assert len([address for address in fetched if "other-texts" in address]) == 1
