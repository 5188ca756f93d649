"""Who stands behind the service, and that nobody signs up or pays without the texts in force."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from accounts import new_email
from kit.people import PASSWORD, run_sql, service
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import PHONE
from web.payer import Payer
from web.somebody import Somebody

Publish = Callable[..., int]


@pytest.fixture
def publish(stack: Stack) -> Iterator[Publish]:
    """Puts a text in force that has to be agreed to; afterwards those from before are in force again."""
    before = {
        (page["key"], page["version"])
        for page in service(stack.addresses).get("platform_pages", select="key,version")
    }

    def publish(key: str, body: str, needs_consent: bool = True) -> int:
        texts = {"ru": {"title": "Условия", "body": body}, "en": {"title": "Terms", "body": body}}
        page = service(stack.addresses).rpc(
            "publish_platform_page", key=key, texts=texts, needs_consent=needs_consent
        )
        return int(page["version"])

    yield publish
    run_sql(
        stack.addresses,
        "delete from public.platform_pages where (key::text, version) not in (select * from unnest(%s::text[], %s::int[]))",
        [key for key, _ in before],
        [version for _, version in before],
    )


def agreed(stack: Stack, **of: str) -> set[tuple[str, int]]:
    found = service(stack.addresses).get("consents", **of)
    return {(str(row["page_key"]), int(row["version"])) for row in found}


def test_the_menus_lead_to_who_stands_behind_it(new_somebody: NewSomebody) -> None:
    phone = new_somebody(viewport=PHONE)
    phone.open("/")
    menu = phone.page.locator("header summary")
    menu.focus()
    phone.page.keyboard.press("Enter")
    how = phone.page.locator("header").get_by_role("link", name="Как мы проверяем")
    expect(how).to_be_visible()
    phone.page.keyboard.press("Escape")
    expect(how).to_be_hidden()
    expect(menu).to_be_focused()
    phone.page.keyboard.press("Enter")
    how.click()
    phone.sees_heading("Как мы проверяем")
    expect(how).to_be_hidden()
    expect(phone.page.get_by_text("Ветеринарно-санитарный паспорт пасеки")).to_be_visible()
    phone.page.get_by_role("contentinfo").get_by_role("link", name="Контакты").click()
    phone.sees_heading("Контакты")
    expect(phone.page.get_by_text("ИНН 0000000000")).to_be_visible()


def test_an_earlier_version_says_that_it_is_one(anna: Somebody, publish: Publish) -> None:
    first = publish("about", "Раньше так. <b onclick=alert(1)>Это не HTML</b>", needs_consent=False)
    publish("about", "Теперь иначе.", needs_consent=False)
    anna.open(f"/about?version={first}")
    expect(anna.page.get_by_text(re.compile("Это прежняя версия"))).to_be_visible()
    expect(anna.page.get_by_text("<b onclick=alert(1)>Это не HTML</b>")).to_be_visible()
    anna.link("Открыть действующую").click()
    expect(anna.page.get_by_text("Теперь иначе.")).to_be_visible()
    with anna.watch.refusal(404, "/rest/v1/rpc/get_platform_page"):
        anna.page.goto(f"{anna.site.web}/about?version=99999")
        anna.sees_heading("Этого текста ещё нет")


def test_nobody_signs_up_without_the_texts_in_force(
    new_somebody: NewSomebody, stack: Stack, publish: Publish
) -> None:
    somebody = new_somebody()
    somebody.open("/sign-up")
    expect(somebody.page.get_by_text("Создавая аккаунт, вы принимаете")).to_be_visible()
    offer, privacy = publish("offer", "Новая оферта"), publish("privacy", "Новая политика")
    somebody.open("/sign-up")
    email = new_email()
    somebody.page.get_by_label("Как вас зовут").fill("Кира")
    somebody.page.get_by_label("Электронная почта").fill(email)
    somebody.page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    somebody.button("Создать аккаунт").click()
    expect(somebody.page.get_by_text("Без этого согласия продолжить нельзя")).to_have_count(2)
    somebody.page.get_by_label("Принимаю условия оферты").check()
    somebody.page.get_by_label("Согласие на обработку персональных данных").check()
    with somebody.page.expect_popup() as reading:
        somebody.page.get_by_role("link", name="Прочитать: Оферта").click()
    expect(reading.value.get_by_text("Новая оферта")).to_be_visible()
    reading.value.close()
    somebody.button("Создать аккаунт").click()
    somebody.sees_heading("Проверьте почту")
    somebody.confirms(email)
    somebody.sees_heading("Новая организация")
    (person,) = service(stack.addresses).get("profiles", order="created_at.desc", limit="1")
    assert agreed(stack, user_id=f"eq.{person['id']}") == {("offer", offer), ("privacy", privacy)}
    somebody.open("/account")
    given = somebody.page.get_by_role("link", name=f"Оферта, версия {offer}")
    expect(given).to_have_attribute("href", f"/offer?version={offer}")


def test_a_new_version_is_asked_for_before_the_next_payment(
    boris: Somebody, stack: Stack, publish: Publish
) -> None:
    payer = Payer(stack.addresses)
    boris.sign_in(payer.owner, "/dashboard/billing")
    offer, privacy = publish("offer", "Ещё новее"), publish("privacy", "И здесь")
    with boris.watch.refusal(409, "/functions/v1/checkout"):
        boris.button("Проверить карту за 1 ₽").click()
        dialog = boris.page.get_by_role("dialog")
        expect(dialog.get_by_role("heading", name="Сначала условия")).to_be_visible()
    dialog.get_by_label("Принимаю условия оферты").check()
    dialog.get_by_role("button", name="Согласиться и продолжить").click()
    expect(dialog.get_by_text("Без этого согласия продолжить нельзя")).to_be_visible()
    dialog.get_by_label("Согласие на обработку персональных данных").check()
    dialog.get_by_role("button", name="Согласиться и продолжить").click()
    boris.is_at_yookassa()
    assert agreed(stack, organization_id=f"eq.{payer.id}") == {("offer", offer)}
    assert ("privacy", privacy) in agreed(stack, user_id=f"eq.{payer.owner.user_id}")
