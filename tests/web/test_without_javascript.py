"""A buyer whose browser runs no JavaScript: what the first screen of a phone says of a producer, question by question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from kit.people import a_moderator, run_sql, service, sign_up
from playwright.sync_api import Browser, Locator, Page, expect
from stack.stack import Stack
from web.looks import PHONE, overflow
from web.team import Team
from web.test_catalogue_pages import new_word, producer


@pytest.fixture(scope="module")
def team(stack: Stack) -> Team:
    """A cheese dairy that was verified, and lost its C."""
    team = Team(stack.addresses, "Сыроварня «Белый ручей»")
    run_sql(
        stack.addresses,
        "update public.organizations set category = 'Сыр и молоко', region = 'Тверская область',"
        """ contacts = '{"phone": "+7 900 000-00-00", "email": "syr@example.test"}' where id = %s""",
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


def test_the_catalogue_is_narrowed_without_javascript(page: Page, stack: Stack) -> None:
    region = f"Край {new_word()}"
    for name, level, category in (("Первая", "A", "Мёд"), ("Вторая", "B", "Мёд"), ("Третья", "A", "Сыр")):
        producer(stack, f"{name} {new_word()}", level, region=region, category=category)
    page.goto(f"{stack.addresses.web}/organizations")
    page.get_by_label("Регион").select_option(region)
    page.get_by_role("button", name="Найти").click()
    found = page.get_by_role("list", name="Найденные производители").get_by_role("listitem")
    expect(found).to_have_count(3)
    expect(page.get_by_label("Регион")).to_have_value(region)
    page.get_by_label("Чем занимается").select_option("Мёд")
    page.get_by_label("Уровень").select_option("B")
    page.get_by_role("button", name="Найти").click()
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Вторая")
    assert overflow(page) == []
    page.get_by_label("Уровень").select_option("C")
    page.get_by_role("button", name="Найти").click()
    expect(page.get_by_role("heading", name="Никого не нашли")).to_be_visible()
    page.get_by_role("link", name="Сбросить условия").click()
    expect(page.get_by_label("Регион")).to_have_value("")
    expect(found.first).to_be_visible()


def test_other_stories_stand_below_a_story(page: Page, stack: Stack) -> None:
    teller = Team(stack.addresses, "Пасека «Три истории»")
    teller.grant("A")
    for title in ("Весна", "Лето", "Осень"):
        run_sql(
            stack.addresses,
            "insert into public.stories (organization_id, story_type, status, title, content_text, published_at)"
            " values (%s, 'success_story', 'published', %s, 'Дважды', now())",
            teller.id, title,
        )  # fmt: skip
    page.goto(stack.addresses.web + teller.public_page)
    page.get_by_role("link", name="Лето").click()
    others = page.get_by_role("list", name="Другие истории")
    expect(others.get_by_role("listitem")).to_have_count(2)
    others.get_by_role("link", name="Весна").click()
    expect(page.get_by_role("heading", level=1, name="Весна")).to_be_visible()
    assert overflow(page) == []


def test_all_stories_are_read_page_by_page(page: Page, stack: Stack, browser: Browser) -> None:
    teller = Team(stack.addresses, "Пасека «Много историй»")
    teller.grant("A")
    run_sql(
        stack.addresses,
        "insert into public.stories (organization_id, story_type, status, title, content_text, published_at, is_featured)"
        " select %s, (case n when 1 then 'expert_opinion' else 'success_story' end)::public.story_type, 'published',"
        " 'История ' || n, 'Рассказ', now() - n * interval '1 hour', n = 3 from generate_series(1, 13) n",
        teller.id,
    )
    page.goto(stack.addresses.web + teller.public_page)
    page.get_by_role("link", name="Все истории").click()
    listed = page.get_by_role("list", name="Истории").get_by_role("listitem")
    expect(page.get_by_role("link", name="Истории", exact=True)).to_have_attribute("aria-current", "page")
    expect(page.get_by_text("Главное")).to_be_visible()
    expect(listed).to_have_count(11)  # and the featured one before them
    assert overflow(page) == []
    page.get_by_role("link", name="Показать ещё").click()
    expect(listed).to_have_text([re.compile("История 13")])
    page.get_by_label("Тип").select_option("expert_opinion")
    page.get_by_role("button", name="Найти").click()
    expect(listed).to_have_text([re.compile("История 1")])
    page.get_by_label("Тип").select_option("customer_review")
    page.get_by_role("button", name="Найти").click()
    expect(page.get_by_text("Такого производитель ещё не рассказывал.")).to_be_visible()

    # The app takes them over as they stand, and asks anew behind them.
    with closing(browser.new_context(viewport=PHONE, locale="ru-RU")) as context:
        app = context.new_page()
        app.route("**/rest/v1/stories**", lambda _: None)  # no answer comes
        app.goto(f"{stack.addresses.web}{teller.public_page}?tab=stories")
        expect(app.get_by_role("button", name="Показать ещё")).to_be_visible()
        expect(app.get_by_role("list", name="Истории").get_by_role("listitem")).to_have_count(11)


def test_the_ruler_shows_what_was_held_and_lost(page: Page, stack: Stack) -> None:
    old = Team(stack.addresses, "Сыроварня «Старый год»")
    for level, since, until in (("A", 300, None), ("C", 200, 50)):
        run_sql(
            stack.addresses,
            "insert into public.organization_status_levels (organization_id, level, valid_from, valid_until, is_active)"
            " values (%s, %s, now() - %s * interval '1 day', now() - %s * interval '1 day', true)",
            old.id, level, since, until,
        )  # fmt: skip
    page.goto(stack.addresses.web + old.public_page)
    rows = page.locator("li", has=page.locator("svg rect"))
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text(re.compile(r"C\s+заслужено\s+до"))
    expect(rows.nth(0).locator("rect[fill='url(#gap)']")).to_have_count(1)
    held = rows.nth(0).locator("rect[fill='var(--honey)']").bounding_box()
    whole = rows.nth(0).locator("svg").bounding_box()
    assert held
    assert whole
    assert 0.35 < held["width"] / whole["width"] < 0.48, "150 days of a year"
    expect(rows.nth(1).locator("rect[fill='var(--ink)']")).to_have_count(1)
    expect(page.get_by_text("сегодня", exact=True)).to_be_visible()


def test_how_a_producer_is_reached_and_reported(page: Page, team: Team) -> None:
    expect(page.get_by_role("link", name="+7 900 000-00-00")).to_have_attribute("href", "tel:+79000000000")
    expect(page.get_by_role("link", name="syr@example.test")).to_have_attribute(
        "href", "mailto:syr@example.test"
    )
    expect(page.get_by_role("link", name="Сообщить о нарушении")).to_have_attribute("href", f"/report?organization={team.slug}")  # fmt: skip


def test_what_came_of_reports_is_read_without_javascript(page: Page, stack: Stack, team: Team) -> None:
    moderator = a_moderator(stack.addresses)
    for outcome, publish in (("upheld", True), ("not_upheld", False)):
        made = sign_up(stack.addresses).rpc(
            "report_abuse", kind="false_claim", organization_id=team.id, message="Секретные слова"
        )
        moderator.rpc(
            "review_report", report_id=made["report_id"], outcome=outcome, comment="Секретный ответ", publish=publish
        )  # fmt: skip
    page.goto(stack.addresses.web)
    page.get_by_role("contentinfo").get_by_role("link", name="Жалобы и решения").click()
    expect(page.get_by_role("heading", level=1, name="Жалобы и решения")).to_be_visible()
    decisions = page.get_by_role("list", name="Решения").get_by_role("listitem")
    expect(decisions.nth(1)).to_contain_text("Сыроварня «Белый ручей»")
    expect(decisions.nth(1)).to_contain_text("Подтвердилось")
    expect(decisions.nth(0)).to_contain_text("Не подтвердилось")
    expect(decisions.nth(0)).not_to_contain_text("Белый ручей")
    assert "Секретн" not in page.content()
    assert overflow(page) == []
