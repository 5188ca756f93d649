"""How a buyer finds a producer: from the home page by name or INN, and by looking through the catalogue."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from kit.people import run_sql
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import FORMS, Form, Looks
from web.somebody import Somebody
from web.team import Team

SYLLABLES = ("ба", "ве", "гу", "до", "жа", "зи", "ко", "лу", "мы", "не", "по", "ра", "се", "ту", "фе", "ши")


def new_word() -> str:
    """A word that no other test's producer is called by."""
    return "".join(SYLLABLES[int(digit, 16)] for digit in uuid4().hex[:8]).capitalize()


def producer(stack: Stack, name: str, level: str = "A", **details: str) -> Team:
    """A producer called so, who holds that level."""
    team = Team(stack.addresses, name)
    for column, value in details.items():
        run_sql(
            stack.addresses, f"update public.organizations set {column} = %s where id = %s", value, team.id
        )
    team.grant(level)
    return team


def test_a_buyer_finds_a_producer_from_the_home_page(anna: Somebody, stack: Stack) -> None:
    word = new_word()
    team = producer(stack, f"Сыроварня {word}")
    page = anna.page
    anna.open("/")
    page.get_by_label("Название или ИНН").fill(f"сыроварня {word.lower()}")
    page.keyboard.press("Enter")
    anna.sees_heading("Производители")
    found = page.get_by_role("list", name="Найденные производители").get_by_role("listitem")
    expect(found).to_have_count(1)
    expect(found).to_contain_text(team.organization["inn"])
    expect(found).to_contain_text("Статус A с")

    page.get_by_label("Название или ИНН").fill(team.organization["inn"])
    anna.button("Найти").click()
    expect(page).to_have_url(re.compile(r"\?q=\d+$"))
    anna.link(f"Сыроварня {word}").click()
    anna.sees_heading(f"Сыроварня {word}")
    page.go_back()  # what was asked for is still there
    expect(page.get_by_label("Название или ИНН")).to_have_value(team.organization["inn"])
    expect(found).to_have_count(1)


def test_a_mistake_is_forgiven_and_said(boris: Somebody, stack: Stack) -> None:
    word = new_word()
    producer(stack, f"Сыроварня {word}")
    boris.open(f"/organizations?q={word[:3]}{word[4:]}")
    expect(boris.page.get_by_text(f"С названием «{word[:3]}{word[4:]}» никого нет")).to_be_visible()
    expect(boris.link(f"Сыроварня {word}")).to_be_visible()


def test_what_was_lost_stands_there_in_words(boris: Somebody, stack: Stack) -> None:
    word = new_word()
    team = producer(stack, word, "B")
    run_sql(stack.addresses, "update public.organizations set is_published = false where id = %s", team.id)
    run_sql(
        stack.addresses,
        "update public.organization_status_levels set valid_from = now() - interval '2 days', valid_until = now() - interval '1 day'"
        " where organization_id = %s",
        team.id,
    )
    boris.open(f"/organizations?q={word}")
    expect(boris.page.get_by_text("Статус B утрачен")).to_be_visible()


def test_the_catalogue_is_narrowed_and_read_on(boris: Somebody, stack: Stack) -> None:
    region = f"Край {new_word()}"
    words = sorted(new_word() for _ in range(22))
    for word in words:
        producer(stack, word, "B" if word == words[0] else "A", region=region, category="Мёд")
    page = boris.page
    boris.open("/organizations")
    page.get_by_label("Регион").select_option(region)
    found = page.get_by_role("list", name="Найденные производители").get_by_role("listitem")
    expect(found).to_have_count(20)
    boris.button("Показать ещё").click()
    expect(found).to_have_count(22)
    expect(boris.button("Показать ещё")).to_have_count(0)
    page.get_by_label("Уровень").select_option("B")
    expect(found).to_have_count(1)
    page.get_by_label("Уровень").select_option("C")
    expect(page.get_by_role("heading", name="Никого не нашли")).to_be_visible()
    boris.button("Сбросить условия").click()
    expect(page.get_by_label("Регион")).to_have_value("")
    expect(page.get_by_label("Уровень")).to_have_value("")


def test_what_is_chosen_before_the_app_is_there_is_found(boris: Somebody, stack: Stack) -> None:
    word = new_word()
    producer(stack, f"Пасека {word}", "A")
    verified = producer(stack, f"Мельница {word}", "B")
    page = boris.page
    with boris.before_the_app(f"/organizations?q={word}"):
        page.get_by_label("Уровень").select_option("B")
    expect(page).to_have_url(re.compile("[?&]level=B$"))
    found = page.get_by_role("list", name="Найденные производители")
    expect(found.get_by_role("link")).to_have_text([verified.name])
    expect(page.get_by_label("Уровень")).to_have_value("B")


def test_who_is_nowhere_may_be_a_fake_and_we_want_to_know(boris: Somebody) -> None:
    boris.open(f"/organizations?q={new_word()}")
    expect(boris.page.get_by_text("знак может быть поддельным")).to_be_visible()
    boris.link("Написать нам").first.click()
    boris.sees_heading("Написать нам")


@pytest.fixture(scope="module")
def catalogue(new_walker: NewSomebody, stack: Stack) -> Looks:
    word = new_word()
    team = producer(stack, f"Сыроварня {word}", category="Сыр", region="Алтайский край")
    somebody = new_walker()
    somebody.sign_in(team.owner)
    looks = Looks(somebody.page, FORMS)
    for path in ("/", f"/organizations?q={word}", "/organizations?q=", f"/organizations?q={new_word()}"):
        somebody.open(path)
        somebody.sees_some_heading()
        looks.at(path)
    return looks


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_every_state_of_the_catalogue(catalogue: Looks, form: Form) -> None:
    catalogue.assert_content(form)
