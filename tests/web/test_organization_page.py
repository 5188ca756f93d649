"""What an organization says of itself: profile, logo, settings; and its end, which can be undone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FilePayload, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.somebody import Somebody
from web.team import Team, picture

PAGE = "/dashboard/organization"


@pytest.fixture
def team(stack: Stack) -> Team:
    return Team(stack.addresses)


@pytest.fixture
def owner(boris: Somebody, team: Team) -> Somebody:
    """The owner, at a desk, on the page."""
    boris.sign_in(team.owner, PAGE)
    boris.sees_heading("Организация")
    return boris


def test_what_is_written_is_what_buyers_read(owner: Somebody, team: Team, new_somebody: NewSomebody) -> None:
    page = owner.page
    page.get_by_label("Юридическое название").fill("ИП Иванова Анна Петровна")
    page.get_by_label("О вас").fill("Держим 120 ульев.")
    page.get_by_label("Регион").fill("Алтайский край")
    for wrong in ("не адрес", "paseka"):
        page.get_by_label("Сайт").fill(wrong)
        owner.button("Сохранить").click()
        expect(page.get_by_label("Сайт")).to_be_focused()
        expect(page.get_by_text("Это не похоже на адрес сайта.")).to_be_visible()

    page.reload()  # what was typed is still there
    expect(page.get_by_label("О вас")).to_have_value("Держим 120 ульев.")
    page.get_by_label("Сайт").fill("paseka.example")
    page.get_by_label("Телефон").fill("+7 385 200-00-00")
    page.get_by_label("Почта").fill("мёд")
    owner.button("Сохранить").click()
    expect(page.get_by_label("Почта")).to_be_focused()
    page.get_by_label("Почта").fill("Anna@пасека.рф")
    owner.button("Сохранить").click()
    expect(page.get_by_text("Сохранено")).to_be_visible()

    buyer = new_somebody()
    with buyer.watch.refusal(404, "/rest/v1/rpc/get_organization_page"):
        buyer.open(team.public_page)  # nothing was ever held
        expect(buyer.page.get_by_role("heading", name="Такой организации нет")).to_be_visible()
    team.grant("A")
    buyer.page.reload()
    expect(buyer.page.get_by_text("Держим 120 ульев.")).to_be_visible()
    expect(buyer.page.get_by_text("указано организацией, не проверено").first).to_be_visible()
    expect(buyer.link("paseka.example")).to_have_attribute("href", "https://paseka.example")
    expect(buyer.link("+7 385 200-00-00")).to_have_attribute("href", "tel:+73852000000")
    expect(buyer.link("anna@xn--80aaouwn.xn--p1ai")).to_be_visible()

    # Only what was added can be hidden again.
    page.get_by_label("Показывать рассказ о себе").uncheck()
    owner.button("Сохранить").click()
    expect(page.get_by_text("Сохранено").last).to_be_visible()
    buyer.page.reload()
    buyer.sees_heading("Пасека Ивановых")
    expect(buyer.page.get_by_text("Владелец удалил организацию")).to_have_count(0)
    expect(buyer.page.get_by_text("Рассказ о себе организация скрыла.")).to_be_visible()
    expect(buyer.page.get_by_text("ИП Иванова Анна Петровна").first).to_be_visible()
    expect(buyer.page.get_by_text("Получен статус A")).to_be_visible()
    expect(buyer.page.get_by_text("Держим 120 ульев.")).to_have_count(0)


def test_settings_are_kept(owner: Somebody) -> None:
    page = owner.page
    owner.link("Настройки").click()
    page.get_by_label("Почта для чеков").fill("не почта")
    owner.button("Сохранить").click()
    expect(page.get_by_label("Почта для чеков")).to_be_focused()
    page.get_by_label("Почта для чеков").fill("buh@example.com")
    owner.button("Часовой пояс организации Москва, UTC+3").click()
    search = page.get_by_role("dialog").get_by_label("Найти часовой пояс")
    search.fill("камч")
    expect(owner.button("Петропавловск-Камчатский UTC+12")).to_be_visible()
    search.press("Enter")
    owner.button("Сохранить").click()
    expect(page.get_by_text("Сохранено")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Почта для чеков")).to_have_value("buh@example.com")
    expect(owner.button("Часовой пояс организации Петропавловск-Камчатский, UTC+12")).to_be_visible()


def test_a_logo_is_shown_to_buyers_and_taken_away(
    owner: Somebody, team: Team, new_somebody: NewSomebody
) -> None:
    team.grant("A")
    owner.page.locator("input[type=file]").set_input_files(picture())
    expect(owner.page.get_by_text("Логотип обновлён")).to_be_visible()
    buyer = new_somebody()
    buyer.open(team.public_page)
    logo = buyer.page.get_by_role("img", name="Логотип: Пасека Ивановых")
    expect(logo).to_be_visible()
    width = logo.evaluate(
        "async image => { await image.decode(); return image.naturalWidth }"
    )  # once it is loaded
    assert width == 512

    owner.button("Убрать").first.click()
    owner.page.get_by_role("dialog").get_by_role("button", name="Убрать логотип").click()
    expect(owner.button("Загрузить логотип")).to_be_visible()
    buyer.page.reload()
    buyer.sees_heading("Пасека Ивановых")
    expect(buyer.page.get_by_text("Владелец удалил организацию")).to_have_count(0)
    expect(logo).to_have_count(0)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (
            {"name": "большой.png", "mimeType": "image/png", "buffer": b"\0" * (10 * 1024 * 1024 + 1)},
            "Файл больше 10 МБ.",
        ),
        ({"name": "смета.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}, "нужна картинка"),
    ],
    ids=["too large", "not a picture by its name"],
)
def test_what_cannot_be_a_logo_is_not_even_sent(owner: Somebody, file: FilePayload, words: str) -> None:
    owner.page.locator("input[type=file]").set_input_files(file)
    expect(owner.page.get_by_role("alert")).to_contain_text(words)


def test_what_only_calls_itself_a_picture_is_refused(owner: Somebody) -> None:
    with owner.watch.refusal(422, "/functions/v1/validate_logo"):
        owner.page.locator("input[type=file]").set_input_files(
            {"name": "логотип.png", "mimeType": "image/png", "buffer": "я не картинка".encode()}
        )
        expect(owner.page.get_by_role("alert")).to_contain_text("нужна картинка JPEG, PNG или WebP")
    # The next one may be better.
    owner.page.locator("input[type=file]").set_input_files(picture())
    expect(owner.page.get_by_text("Логотип обновлён")).to_be_visible()


def test_a_deletion_asks_for_the_address_and_is_undone(
    anna: Somebody, team: Team, new_somebody: NewSomebody
) -> None:
    team.grant("A")
    anna.sign_in(team.owner, f"{PAGE}/deletion")
    anna.button("Удалить организацию").click()
    dialog = anna.page.get_by_role("dialog")
    dialog.get_by_label("Адрес страницы организации").fill("not-this-one")
    dialog.get_by_role("button", name="Удалить организацию").click()
    expect(dialog).to_contain_text("Не совпадает с адресом страницы.")
    dialog.get_by_label("Адрес страницы организации").fill(team.slug)
    dialog.get_by_role("button", name="Удалить организацию").click()
    expect(
        anna.page.get_by_text(re.compile(r"«Пасека Ивановых» будет удалена \d+\s\S+ \d{4}"))
    ).to_be_visible()

    buyer = new_somebody()
    buyer.open(team.public_page)
    buyer.sees_heading("Пасека Ивановых")
    expect(buyer.page.get_by_text("Владелец удалил организацию")).to_be_visible()
    expect(buyer.page.get_by_text("Получен статус A")).to_be_visible()

    anna.goes_to("Обзор")  # the way back stands on every page
    anna.button("Отменить удаление").click()
    expect(anna.page.get_by_text("Удаление отменено.")).to_be_visible()
    expect(anna.button("Отменить удаление")).to_have_count(0)
    buyer.page.reload()
    buyer.sees_heading("Пасека Ивановых")
    expect(buyer.page.get_by_text("Владелец удалил организацию")).to_have_count(0)


def test_each_part_has_an_address_and_old_links_arrive(owner: Somebody, team: Team) -> None:
    page = owner.page
    tabs = page.get_by_role("navigation", name="Организация", exact=True)
    for name, path in (("Люди", "people"), ("Настройки", "settings"), ("Передача и удаление", "deletion")):
        tabs.get_by_role("link", name=name).press("Enter")
        expect(page).to_have_url(re.compile(f"{PAGE}/{path}$"))
        expect(page).to_have_title(f"{name} · Организация · Честно")
        expect(tabs.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        owner.open(f"{PAGE}#{path}")
        expect(page).to_have_url(re.compile(f"{PAGE}/{path}$"))
    # One place in the menu for all four; the status is another.
    menu = page.get_by_role("navigation", name="Кабинет")
    expect(menu.get_by_role("link", name="Организация")).to_have_attribute("aria-current", "page")
    owner.goes_to("Статус")
    expect(menu.locator("[aria-current]")).to_have_text("Статус")


def test_what_is_not_ones_own_is_said_in_words(boris: Somebody, team: Team) -> None:
    boris.sign_in(team.join("viewer"), f"{PAGE}/settings")
    expect(boris.page.get_by_text("Менять это могут владелец и администраторы")).to_be_visible()
    boris.open(f"{PAGE}/deletion")
    expect(boris.page.get_by_text("может только владелец")).to_be_visible()
    expect(boris.link("Передача и удаление")).to_have_count(0)
