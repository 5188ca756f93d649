"""The way of the product, on a phone and at a desk: from nothing to a paid badge."""

from __future__ import annotations

import re

from accounts import new_email
from inn import random_inn
from kit.people import PASSWORD
from playwright.sync_api import expect
from web.conftest import NewSomebody
from web.somebody import RESULT_TIMEOUT, Somebody, new_slug


def test_from_registration_to_a_paid_badge(anna: Somebody, new_somebody: NewSomebody) -> None:
    anna.register("Анна")
    slug = anna.create_organization("Пасека Ивановых")
    expect(anna.page.get_by_role("button", name="Нет статуса")).to_be_visible()

    anna.link("Начать испытательный срок").click()
    anna.sees_heading("Оплата")
    # What is charged now, what later and on which day: all said before anything is pressed.
    expect(
        anna.page.get_by_text(
            re.compile(r"спишем 1\s₽ и сразу вернём.*Первый платёж 1\s490\s₽\s— \d+\s\S+ \d{4}")
        )
    ).to_be_visible()

    anna.begin_trial()
    anna.pay_with("4444")
    anna.sees_heading("Карта проверена", timeout=RESULT_TIMEOUT)
    anna.link("В кабинет").click()
    expect(anna.badge("0")).to_be_visible()

    assert anna.page.viewport_size
    buyer = new_somebody(viewport=anna.page.viewport_size)
    buyer.open(f"/organizations/{slug}")
    buyer.sees_heading("Пасека Ивановых")
    expect(buyer.badge("0")).to_be_visible()

    anna.goes_to("Оплата")
    expect(anna.page.get_by_text("с карты Mastercard ·· 4444")).to_be_visible()
    anna.begin_payment()
    anna.pay_with("4444")
    anna.sees_heading("Оплата прошла", timeout=RESULT_TIMEOUT)
    anna.link("В кабинет").click()
    expect(anna.badge("A")).to_be_visible()

    anna.goes_to("Статус")
    expect(anna.page.get_by_text("Получен статус A — «Участник»")).to_be_visible()
    expect(anna.page.get_by_text("Статус 0 сменился более высоким")).to_be_visible()

    buyer.page.reload()
    expect(buyer.badge("A")).to_be_visible()
    expect(buyer.page).to_have_title(re.compile(r"^Пасека Ивановых\s— статус производителя"))
    expect(buyer.page.locator('meta[name="description"]')).to_have_attribute(
        "content", re.compile(r"^Пасека Ивановых: Статус A\s— Участник")
    )


def test_the_same_in_english(new_somebody: NewSomebody) -> None:
    anna = new_somebody(locale="en-GB")
    anna.open("/sign-up")
    anna.page.get_by_label("Your name").fill("Anna")
    email = new_email()
    anna.page.get_by_label("E-mail").fill(email)
    anna.page.get_by_label("Password", exact=True).fill(PASSWORD)
    anna.button("Create an account").click()
    anna.sees_heading("Check your mail")
    anna.confirms(email)

    anna.sees_heading("New organization")
    anna.page.get_by_label("Name", exact=True).fill("Beekeepers of Altai")
    anna.page.get_by_label("Legal name").fill("Beekeepers of Altai LLC")
    anna.page.get_by_label("Page address").fill(new_slug())
    anna.page.get_by_label("INN (taxpayer number)").fill(random_inn())
    anna.button("Create the organization").click()
    anna.sees_heading("Beekeepers of Altai")

    anna.link("Start the trial").click()
    expect(anna.page.get_by_text(re.compile("we charge .*1 and return it at once"))).to_be_visible()
    anna.button(re.compile("^Check the card for")).click()
    anna.is_at_yookassa()
    anna.pay_with("4444")
    anna.sees_heading("The card is checked", timeout=RESULT_TIMEOUT)
    anna.link("See the status").click()
    anna.sees_heading("Organization status")
    expect(anna.page.get_by_text("Status 0 granted: On trial")).to_be_visible()
    expect(anna.page.locator("main")).not_to_contain_text(re.compile("[а-яё]", re.IGNORECASE))
