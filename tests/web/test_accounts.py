"""Signing up, in and out, a forgotten password, a session that ends: what is asked, what is told, what is kept."""

from __future__ import annotations

import pytest
from accounts import new_email
from kit.mailbox import emails_to
from kit.people import PASSWORD
from kit.waiting import until
from playwright.sync_api import Page, expect
from web.conftest import NewSomebody
from web.somebody import Somebody

NEW_PASSWORD = "другой-пароль-2"
UNTRUE = "Неверная почта или пароль"


def fill_sign_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Электронная почта").fill(email)
    page.get_by_label("Пароль", exact=True).fill(password)
    page.locator("form").get_by_role("button", name="Войти").click()


def test_whoever_must_sign_in_comes_to_the_page_they_wanted(boris: Somebody) -> None:
    person = boris.with_organization()
    boris.open("/dashboard/billing?from=letter")
    boris.sees_heading("Вход")
    fill_sign_in(boris.page, person.email, PASSWORD)
    boris.sees_heading("Оплата")
    assert boris.page.url == f"{boris.site.web}/dashboard/billing?from=letter"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//example.com",
        "https://example.com/",
        "/\\example.com",
        "example.com",
        "/.//example.com",
        "/no-such-page",
        "/%2F%2Fx",
        "/../..//x",
        "javascript:alert(1)",
        "https://a:b@x/",
        "/dashboard//x",
        "/sign-in",
    ],
)
def test_nobody_is_handed_to_another_site(boris: Somebody, elsewhere: str) -> None:
    person = boris.with_organization()
    boris.open(f"/sign-in?next={elsewhere}")
    fill_sign_in(boris.page, person.email, PASSWORD)
    boris.page.wait_for_url(f"{boris.site.web}/dashboard")


@pytest.mark.parametrize("path", ["/", "/sign-in", "/reset-password", "/confirm"])
def test_a_session_in_a_link_is_not_taken(boris: Somebody, path: str) -> None:
    stranger = boris.with_account()
    fragment = (
        f"#access_token={stranger.token}&refresh_token=x&expires_in=3600&token_type=bearer&type=recovery"
    )
    boris.open(f"{path}{fragment}")
    expect(boris.link("Войти").first).to_be_visible()
    assert boris.page.evaluate("Object.keys(localStorage).filter((key) => key.endsWith('-auth-token'))") == []
    person = boris.with_organization()
    boris.sign_in(person, "/account")
    boris.open(f"{path}{fragment}")
    boris.open("/account")
    expect(boris.page.get_by_text(person.email).first).to_be_visible()


def test_an_address_is_confirmed_by_a_button_and_not_by_opening_a_link(boris: Somebody) -> None:
    email = new_email()
    boris.open("/sign-up?next=/account")
    boris.page.get_by_label("Как вас зовут").fill("Борис")
    boris.page.get_by_label("Электронная почта").fill(email)
    boris.page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    boris.button("Создать аккаунт").click()
    boris.sees_heading("Проверьте почту")
    boris.button("Прислать ещё раз").click()
    expect(boris.page.get_by_text("Если письмо ещё не пришло")).to_be_visible()
    link = boris.opens_link_to(email)
    boris.sees_heading("Подтвердите адрес")
    boris.page.wait_for_load_state("networkidle")

    # Until the button is pressed the account is closed, and its owner is shown the way.
    boris.open("/sign-in")
    with boris.watch.refusal(400, "/auth/v1/token"):
        fill_sign_in(boris.page, email, PASSWORD)
        boris.sees_heading("Проверьте почту")
    boris.page.goto(link)
    boris.button("Подтвердить адрес").click()
    boris.page.wait_for_url(f"{boris.site.web}/account")
    boris.sees_heading("Мой аккаунт")

    boris.page.goto(link)  # signed in by now, and told whom a confirmation would sign out
    expect(boris.page.get_by_text(f"Сейчас вы вошли как {email}")).to_be_visible()
    with boris.watch.refusal(403, "/auth/v1/verify"):
        boris.button("Подтвердить адрес").click()
        expect(boris.page.get_by_role("alert")).to_contain_text("Ссылка устарела или уже использована")


def test_signing_up_again_looks_the_same(boris: Somebody) -> None:
    person = boris.with_account()
    boris.open("/sign-up")
    boris.page.get_by_label("Как вас зовут").fill("Борис")
    boris.page.get_by_label("Электронная почта").fill(person.email)
    boris.page.get_by_label("Пароль", exact=True).fill("другой-пароль-3")
    boris.button("Создать аккаунт").click()
    boris.sees_heading("Проверьте почту")
    until(lambda: "уже есть" in emails_to(str(boris.site.mail), person.email)[0]["subject"])


@pytest.mark.parametrize(
    ("password", "mistake"),
    [("короче", "Нужно хотя бы 8 знаков"), ("Ы" * 37, "Слишком длинно"), ("Пароль123", "подбирают первым")],
)
def test_a_password_is_judged_before_it_is_sent(boris: Somebody, password: str, mistake: str) -> None:
    boris.open("/sign-up")
    boris.page.get_by_label("Как вас зовут").fill("Борис")
    boris.page.get_by_label("Электронная почта").fill(new_email())
    boris.page.get_by_label("Пароль", exact=True).fill(password)
    boris.button("Создать аккаунт").click()
    expect(boris.page.get_by_text(mistake)).to_be_visible()


def test_another_address_is_confirmed_from_both_mailboxes(boris: Somebody) -> None:
    person, renewed = boris.with_organization(), new_email()
    boris.sign_in(person, "/account")
    boris.button("Сменить почту").click()
    boris.page.get_by_label("Новый адрес почты").fill(renewed)
    boris.button("Прислать письма").click()
    expect(boris.page.get_by_text(f"Отправили письма на {person.email} и {renewed}")).to_be_visible()

    until(lambda: len(emails_to(str(boris.site.mail), person.email)) > 1)
    boris.opens_link_to(person.email)
    boris.sees_heading("Новый адрес почты")
    boris.button("Подтвердить адрес").click()
    boris.sees_heading("Осталась вторая почта")
    boris.opens_link_to(renewed)
    boris.button("Подтвердить адрес").click()
    boris.page.wait_for_url(f"{boris.site.web}/account")
    expect(boris.page.get_by_text(renewed).first).to_be_visible()
    expect(boris.page.get_by_text(person.email)).to_have_count(0)


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


def test_a_forgotten_password_is_replaced_by_the_email(boris: Somebody) -> None:
    person = boris.with_organization()
    boris.open("/forgot-password")
    boris.page.get_by_label("Электронная почта").fill(person.email)
    boris.button("Прислать ссылку").click()
    boris.sees_heading("Проверьте почту")

    until(lambda: len(emails_to(str(boris.site.mail), person.email)) > 1)
    link = boris.opens_link_to(person.email)
    boris.sees_heading("Задайте новый пароль")
    boris.page.get_by_label("Новый пароль").fill("короче")
    boris.button("Сохранить пароль").click()
    expect(boris.page.get_by_text("Нужно хотя бы 8 знаков.")).to_be_visible()
    boris.page.get_by_label("Новый пароль").fill(NEW_PASSWORD)
    boris.button("Сохранить пароль").click()
    expect(boris.page.get_by_text("Пароль изменён")).to_be_visible()

    boris.page.goto(link)
    boris.page.get_by_label("Новый пароль").fill("ещё-один-пароль")
    with boris.watch.refusal(403, "/auth/v1/verify"):
        boris.button("Сохранить пароль").click()
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
    at_home.button("Часовой пояс").click()
    at_home.button("Владивосток UTC+10").click()
    at_home.button("Сохранить").click()
    at_home.sees_heading("My account")

    at_work.sign_in(person, "/account")
    at_work.sees_heading("My account")
    expect(at_work.page.locator("html")).to_have_attribute("lang", "en")
    expect(at_work.button("Time zone Vladivostok, UTC+10")).to_be_visible()


def test_a_visitor_chooses_language_and_theme(boris: Somebody) -> None:
    boris.open("/")
    boris.button("English").click()
    boris.sees_heading("Who made it, and can you trust them")
    boris.button("Dark").click()
    boris.page.reload()
    boris.sees_heading("Who made it, and can you trust them")
    expect(boris.page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(boris.page.get_by_text("is not the Russian state labelling system")).to_be_visible()
