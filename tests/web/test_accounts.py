"""Signing up, in and out, a forgotten password, a session that ends: what is asked, what is told, what is kept."""

from __future__ import annotations

import re

import httpx
import pytest
from accounts import new_email
from kit.people import PASSWORD, Person
from playwright.sync_api import Page, expect
from web.conftest import NewSomebody
from web.somebody import Somebody

NEW_PASSWORD = "другой-пароль-2"
UNTRUE = "Неверная почта или пароль"


def fill_sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Электронная почта").fill(email)
    page.get_by_label("Пароль", exact=True).fill(password)
    page.locator("form").get_by_role("button", name="Войти").click()


def latest_link(somebody: Somebody, person: Person) -> str:
    """The link of the latest letter to this person."""
    letters = httpx.get(f"{somebody.site.mail}/api/messages", params={"to": person.email}).text
    found = re.search(r"https?://[^\s\"\\<>]+/verify\?[^\s\"\\<>]+", letters)
    assert found
    return found[0].replace("&amp;", "&")


def test_whoever_must_sign_in_comes_to_the_page_they_wanted(boris: Somebody) -> None:
    person = boris.with_organization()
    boris.open("/dashboard/billing?from=letter")
    boris.sees_heading("Вход")
    fill_sign_in(boris.page, person.email, PASSWORD)
    boris.sees_heading("Оплата")
    assert boris.page.url == f"{boris.site.web}/dashboard/billing?from=letter"


@pytest.mark.parametrize(
    "elsewhere", ["//example.com", "https://example.com/", "/\\example.com", "example.com"]
)
def test_nobody_is_handed_to_another_site(boris: Somebody, elsewhere: str) -> None:
    person = boris.with_organization()
    boris.open(f"/sign-in?next={elsewhere}")
    fill_sign_in(boris.page, person.email, PASSWORD)
    boris.page.wait_for_url(f"{boris.site.web}/dashboard")


def test_a_session_in_a_strange_link_is_not_taken(boris: Somebody) -> None:
    stranger = boris.with_account()
    boris.open(f"/#access_token={stranger.token}&refresh_token=x&expires_in=3600&token_type=bearer")
    expect(boris.link("Войти").first).to_be_visible()


def test_the_answer_is_the_same_for_a_known_and_an_unknown_address(boris: Somebody) -> None:
    known, unknown = boris.with_account().email, new_email()
    for email in (known, unknown):
        boris.open("/sign-in")
        with boris.watch.refusal(400, "/auth/v1/token"):
            fill_sign_in(boris.page, email, "неверный-пароль")
            expect(boris.page.get_by_role("alert")).to_contain_text(UNTRUE)
        # What was typed goes along.
        boris.link("Забыли пароль?").click()
        expect(boris.page.get_by_label("Электронная почта")).to_have_value(email)
        boris.button("Прислать ссылку").click()
        expect(boris.page.get_by_text(f"Если адрес {email} у нас зарегистрирован")).to_be_visible()


def test_a_forgotten_password_is_replaced_by_the_letter(boris: Somebody) -> None:
    person = boris.with_organization()
    boris.open("/forgot-password")
    boris.page.get_by_label("Электронная почта").fill(person.email)
    boris.button("Прислать ссылку").click()
    boris.sees_heading("Проверьте почту")

    link = latest_link(boris, person)
    boris.page.goto(link)
    boris.sees_heading("Задайте новый пароль")
    expect(boris.page.get_by_text(person.email)).to_be_visible()
    boris.page.get_by_label("Новый пароль").fill("короче")
    boris.button("Сохранить пароль").click()
    expect(boris.page.get_by_text("Нужно хотя бы 8 знаков.")).to_be_visible()
    boris.page.get_by_label("Новый пароль").fill(NEW_PASSWORD)
    boris.button("Сохранить пароль").click()
    expect(boris.page.get_by_text("Пароль изменён")).to_be_visible()

    boris.page.goto(link)
    expect(boris.page.get_by_role("alert")).to_contain_text("Ссылка устарела или уже использована")

    boris.page.context.clear_cookies()
    boris.page.evaluate("localStorage.clear()")
    boris.open("/sign-in")
    with boris.watch.refusal(400, "/auth/v1/token"):
        fill_sign_in(boris.page, person.email, PASSWORD)
        expect(boris.page.get_by_role("alert")).to_contain_text(UNTRUE)
    fill_sign_in(boris.page, person.email, NEW_PASSWORD)
    boris.page.wait_for_url(f"{boris.site.web}/dashboard")


def test_a_session_that_ends_loses_nothing_typed(boris: Somebody) -> None:
    boris.sign_in(boris.with_account(), "/account")
    name = boris.page.get_by_label("Как вас зовут")
    name.fill("Анна Недопечатанн")
    with boris.watch.session_is_over():
        dialog = boris.page.get_by_role("dialog", name="Сеанс закончился")
        with boris.watch.refusal(400, "/auth/v1/token"), boris.watch.refusal(401, "/rest/v1/profiles"):
            # Ended and pressed in one breath: a background call must not find out before the button.
            boris.button("Сохранить").evaluate(
                """(button) => {
                  const key = Object.keys(localStorage).find((name) => name.endsWith("-auth-token"));
                  const session = JSON.parse(localStorage[key]);
                  localStorage[key] = JSON.stringify({ ...session, expires_at: 1, refresh_token: "gone" });
                  button.click();
                }"""
            )
            expect(dialog).to_be_visible()
        boris.page.keyboard.press("Escape")
        boris.page.keyboard.press("Escape")
        expect(dialog).to_be_visible()  # it cannot be put aside
        dialog.get_by_label("Пароль", exact=True).fill(PASSWORD)
        dialog.get_by_role("button", name="Продолжить").click()
        expect(dialog).to_have_count(0)
    expect(name).to_have_value("Анна Недопечатанн")
    boris.button("Сохранить").click()
    expect(boris.page.get_by_text("Сохранено")).to_be_visible()


def test_whoever_leaves_has_left_every_tab(boris: Somebody) -> None:
    boris.sign_in(boris.with_organization())
    other = boris.page.context.new_page()
    other.goto(f"{boris.site.web}/dashboard/billing")
    expect(other.get_by_role("heading", name="Оплата", level=1)).to_be_visible()

    boris.button("Мой аккаунт").click()
    boris.page.get_by_role("menuitem", name="Выйти").click()
    boris.page.wait_for_url(f"{boris.site.web}/")
    expect(boris.link("Войти").first).to_be_visible()
    expect(other.get_by_role("heading", name="Вход", level=1)).to_be_visible()
    expect(other.get_by_role("dialog")).to_have_count(0)


def test_the_language_of_the_profile_holds_on_every_device(new_somebody: NewSomebody) -> None:
    at_home, at_work = new_somebody(), new_somebody()
    person = at_home.with_account()
    at_home.sign_in(person, "/account")
    at_home.page.get_by_label("Язык сайта и писем").select_option("en")
    at_home.page.get_by_label("Часовой пояс").select_option("Asia/Vladivostok")
    at_home.button("Сохранить").click()
    at_home.sees_heading("My account")

    at_work.sign_in(person, "/account")
    at_work.sees_heading("My account")
    expect(at_work.page.locator("html")).to_have_attribute("lang", "en")
    expect(at_work.page.get_by_label("Time zone")).to_have_value("Asia/Vladivostok")


def test_a_visitor_chooses_language_and_theme(boris: Somebody) -> None:
    boris.open("/")
    boris.button("English").click()
    boris.sees_heading("Who made it, and can you trust them")
    boris.button("Dark").click()
    boris.page.reload()
    boris.sees_heading("Who made it, and can you trust them")
    expect(boris.page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(boris.page.get_by_text("is not the Russian state labelling system")).to_be_visible()
