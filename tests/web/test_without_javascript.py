"""A buyer whose browser runs no JavaScript: what the first screen of a phone says of a producer, question by question."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from kit.people import run_sql, service
from playwright.sync_api import Browser, Locator, Page, expect
from stack.stack import Stack
from web.looks import PHONE, overflow
from web.team import Team


@pytest.fixture(scope="module")
def team(stack: Stack) -> Team:
    """A cheese dairy that was verified, and lost its C."""
    team = Team(stack.addresses, "Сыроварня «Белый ручей»")
    run_sql(
        stack.addresses,
        "update public.organizations set category = 'Сыр и молоко', region = 'Тверская область' where id = %s",
        team.id,
    )
    for level in ("A", "B"):
        team.grant(level)
    run_sql(
        stack.addresses,
        "insert into public.organization_status_levels (organization_id, level, valid_from, valid_until, is_active)"
        " values (%s, 'C', now() - interval '20 days', now() - interval '10 days', true)",
        team.id,
    )
    return team


@pytest.fixture
def page(browser: Browser, stack: Stack, team: Team) -> Iterator[Page]:
    """The producer's page on a phone, without JavaScript."""
    context = browser.new_context(viewport=PHONE, locale="ru-RU", java_script_enabled=False)
    page = context.new_page()
    page.goto(stack.addresses.web + team.public_page)
    yield page
    context.close()


def is_on_the_first_screen(shown: Locator) -> None:
    expect(shown).to_be_visible()
    box = shown.bounding_box()
    assert box
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= PHONE["height"]


def answer(page: Page, question: str) -> Locator:
    """What is said beside a question."""
    return page.locator("dt", has_text=re.compile(f"^{question}$")).first.locator(
        "xpath=following-sibling::dd"
    )


def test_what_is_this(page: Page) -> None:
    is_on_the_first_screen(page.get_by_role("heading", level=1, name="Сыроварня «Белый ручей»"))
    is_on_the_first_screen(page.get_by_text("Страница производителя в «Честно»"))
    is_on_the_first_screen(page.get_by_text("Сыр и молоко · Тверская область"))


def test_is_it_theirs(page: Page, team: Team) -> None:
    theirs = answer(page, "Кто за этим стоит")
    is_on_the_first_screen(theirs)
    expect(theirs).to_contain_text(team.organization["inn"])
    expect(theirs).to_contain_text("проверено")


def test_what_was_checked(page: Page) -> None:
    checked = answer(page, "Что проверено")
    is_on_the_first_screen(checked)
    expect(checked).to_contain_text("Название и реквизиты сверены с документами")


def test_since_when(page: Page) -> None:
    since = answer(page, "С какого дня")
    is_on_the_first_screen(since)
    expect(since).to_have_text(re.compile(r"^\s*Статус B с \d+\s\S+ \d{4}\s*$"))


def test_was_it_ever_lost(page: Page) -> None:
    lost = answer(page, "Терялся ли статус")
    is_on_the_first_screen(lost)
    expect(lost).to_contain_text("Статус C утрачен")


def test_was_it_ever_lost_also_when_it_is_held_again(page: Page, stack: Stack) -> None:
    again = Team(stack.addresses, "Сыроварня «Ручей»")
    again.grant("B")
    service(stack.addresses).rpc(
        "revoke_status_level", organization_id=again.id, level="B", reason="Сертификат просрочен"
    )
    again.grant("B")
    page.goto(stack.addresses.web + again.public_page)
    lost = answer(page, "Терялся ли статус")
    is_on_the_first_screen(lost)
    expect(lost).to_have_text(re.compile(r"^\s*Статус B терялся \d+\s\S+ \d{4} и\sполучен снова\.\s*$"))


def test_it_can_be_read_and_searched_without_javascript(page: Page, stack: Stack, team: Team) -> None:
    assert overflow(page) == []
    page.goto(stack.addresses.web)
    page.get_by_label("Название или ИНН").fill(team.organization["inn"])
    page.get_by_role("button", name="Найти").click()
    page.get_by_role("link", name="Сыроварня «Белый ручей»").click()
    expect(page.get_by_role("heading", level=1, name="Сыроварня «Белый ручей»")).to_be_visible()
    page.goto(f"{stack.addresses.web}/organizations/nobody-is-here")
    expect(page.get_by_role("heading", level=1, name="Такой организации нет")).to_be_visible()
