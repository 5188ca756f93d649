"""Creating an organization: what can be typed wrong, and what must not be lost."""

from __future__ import annotations

import re

import pytest
from inn import random_inn
from playwright.sync_api import Locator, expect
from web.somebody import Somebody, new_slug


@pytest.fixture
def founder(boris: Somebody) -> Somebody:
    """Somebody with an account and no organization, on the form."""
    boris.sign_in(boris.with_account(), "/dashboard/organizations/new")
    boris.sees_heading("Новая организация")
    return boris


def error_of(field: Locator) -> Locator:
    """The words beside a field, tied to it for a screen reader."""
    ids = field.get_attribute("aria-describedby") or ""
    return field.page.locator("#" + ids.split()[0].replace(":", "\\:"))


def test_the_address_is_proposed_from_the_name(founder: Somebody) -> None:
    name, slug = founder.page.get_by_label("Название"), founder.page.get_by_label("Адрес страницы")
    name.fill("ООО «Мёд и щавель Юрьевых»")
    expect(slug).to_have_value("med-i-shchavel-yurevykh")
    slug.fill("Мёд Алтая")
    expect(slug).to_have_value("med-altaya")
    name.fill("Другое имя")
    expect(slug).to_have_value("med-altaya")  # written by hand: it no longer follows


def test_mistakes_are_said_beside_the_fields(founder: Somebody) -> None:
    name, slug, inn = (founder.page.get_by_label(label) for label in ("Название", "Адрес страницы", "ИНН"))
    founder.button("Создать организацию").click()
    expect(name).to_be_focused()
    legal_name = founder.page.get_by_label("Полное наименование")
    for field in (name, legal_name, slug, inn):
        expect(error_of(field)).to_have_text("Заполните это поле.")

    name.fill("Пасека")
    legal_name.fill("ООО «Пасека»")
    inn.fill("7707083894")  # the last digit should be 3
    founder.button("Создать организацию").click()
    expect(inn).to_be_focused()
    expect(error_of(inn)).to_contain_text("не сходятся")


@pytest.mark.parametrize("taken", ["slug", "inn"])
def test_what_is_taken_is_said_beside_its_field(founder: Somebody, taken: str) -> None:
    theirs = founder.with_account().create_organization()
    mine = {"slug": new_slug(), "inn": random_inn(), taken: theirs[taken]}
    founder.page.get_by_label("Название").fill("Пасека")
    founder.page.get_by_label("Полное наименование").fill("ООО «Пасека»")
    founder.page.get_by_label("Адрес страницы").fill(mine["slug"])
    founder.page.get_by_label("ИНН").fill(mine["inn"])
    with founder.watch.refusal(409, "/rpc/create_organization"):
        founder.button("Создать организацию").click()
        field = founder.page.get_by_label({"slug": "Адрес страницы", "inn": "ИНН"}[taken])
        expect(field).to_be_focused()
    words = {"slug": "Этот адрес уже занят", "inn": "Организация с этим ИНН уже есть"}[taken]
    expect(error_of(field)).to_contain_text(words)


def test_nothing_typed_is_lost_by_a_reload(founder: Somebody) -> None:
    founder.page.get_by_label("Название").fill("Пасека Ивановых")
    founder.page.get_by_label("ИНН").fill("77070")
    founder.page.reload()
    expect(founder.page.get_by_label("Название")).to_have_value("Пасека Ивановых")
    expect(founder.page.get_by_label("Адрес страницы")).to_have_value("paseka-ivanovykh")
    expect(founder.page.get_by_label("ИНН")).to_have_value("77070")


def test_by_keyboard_alone(founder: Somebody) -> None:
    """Tab goes through the fields in order, Enter sends, and the new page's heading has the focus."""
    keyboard = founder.page.keyboard
    founder.page.get_by_label("Название").focus()
    keyboard.type("Пасека без мыши")
    keyboard.press("Tab")
    expect(founder.page.get_by_label("Полное наименование")).to_be_focused()
    keyboard.type("ООО «Пасека»")
    keyboard.press("Tab")
    expect(founder.page.get_by_label("Адрес страницы")).to_be_focused()
    keyboard.press("ControlOrMeta+a")
    keyboard.type(new_slug())
    keyboard.press("Tab")
    expect(founder.page.get_by_label("ИНН")).to_be_focused()
    keyboard.type(random_inn(12))
    keyboard.press("Enter")
    founder.sees_heading("Пасека без мыши")
    expect(founder.page.get_by_role("heading", level=1)).to_be_focused()

    # On to the payment page, still without a mouse: the badge opens its explanation by focus.
    badge = founder.button("Нет статуса")
    badge.focus()
    expect(founder.page.get_by_role("tooltip")).to_contain_text("не держит ни одного уровня")
    keyboard.press("Escape")
    founder.link("Начать испытательный срок").focus()
    keyboard.press("Enter")
    founder.sees_heading("Оплата")
    yearly = founder.page.get_by_role("radio", name=re.compile(r"14\s900\s₽"))
    founder.page.get_by_role("radio", name=re.compile(r"^1\s490\s₽")).focus()
    keyboard.press("ArrowDown")
    expect(yearly).to_be_checked()
    expect(founder.page.get_by_text(re.compile(r"Первый платёж 14\s900\s₽"))).to_be_visible()
    keyboard.press("Tab")
    expect(founder.button("Проверить карту за 1 ₽")).to_be_focused()
    keyboard.press("Enter")
    founder.is_at_yookassa()


def test_the_organization_in_view_is_chosen_in_the_header(boris: Somebody) -> None:
    person = boris.with_account()
    for name in ("Первая пасека", "Вторая пасека"):
        person.create_organization(name=name)
    boris.sign_in(person)
    boris.button(re.compile("^Организация: ")).click()
    boris.page.get_by_role("menuitem", name="Первая пасека").click()
    boris.sees_heading("Первая пасека")
    boris.goes_to("Оплата")
    boris.page.reload()
    expect(boris.button("Организация: Первая пасека. Сменить")).to_be_visible()


def test_an_organization_that_is_not_there(boris: Somebody) -> None:
    with boris.watch.refusal(404, "/rest/v1/rpc/get_organization_page"):
        boris.open("/organizations/no-such-organization")
        expect(boris.page.get_by_role("heading", name="Такой организации нет")).to_be_visible()
