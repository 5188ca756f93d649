"""Somebody at a browser: what a person does on the pages, in the words the pages use.

anna = Somebody(page, stack.addresses)
anna.register("Анна")
anna.create_organization("Пасека Ивановых")
anna.begin_trial()
anna.pay_with("4444")
anna.sees_heading("Карта проверена")
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accounts import link_to, new_email
from inn import random_inn
from kit.people import PASSWORD, Person, sign_up
from kit.server import CLIENT
from playwright.sync_api import Locator, Page, Route, expect
from stack.parts import Addresses
from web.watched import Watch

RESULT_TIMEOUT = 15_000  # ms: ЮKassa is asked at most every few seconds


class Somebody:
    """A person, a page of their own, and a watch over it."""

    def __init__(self, page: Page, site: Addresses) -> None:
        self.page = page
        self.site = site
        self.watch = Watch(page)
        self.payment_id = ""  # of the latest payment page

    def open(self, path: str) -> None:
        """Open a page, and wait until it is the app's: what the server wrote first is looked at without JavaScript."""
        self.page.goto(self.site.web + path)
        expect(self.page.locator("[data-written]")).to_have_count(0)

    @contextmanager
    def before_the_app(self, path: str) -> Iterator[None]:
        """Open a page as the server wrote it; the app comes when the block ends."""
        held = list[Route]()
        self.page.route("**/start.js", lambda route: held.append(route))
        with self.page.expect_request("**/start.js"):
            self.page.goto(self.site.web + path, wait_until="commit")
        yield
        held[0].continue_()

    def sees_heading(self, name: str | re.Pattern[str], **options: Any) -> None:
        expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible(**options)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def link(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("link", name=name)

    def goes_to(self, section: str) -> None:
        """Follow a link of the dashboard's sections."""
        link = self.page.get_by_role("navigation", name="Кабинет").get_by_role("link", name=section)
        more = self.button("Ещё")  # on a phone the rest is behind it
        expect(link.or_(more).first).to_be_visible()
        if not link.is_visible():
            more.click()
            link = self.page.get_by_role("navigation", name="Ещё").get_by_role("link", name=section)
        link.click()

    def register(self, name: str = "Анна") -> None:
        """Sign up by the form; ends where the product leads a newcomer: creating an organization."""
        email = new_email()
        self.open("/sign-up")
        self.page.get_by_label("Как вас зовут").fill(name)
        self.page.get_by_label("Электронная почта").fill(email)
        self.page.get_by_label("Пароль", exact=True).fill(PASSWORD)
        self.button("Создать аккаунт").click()
        self.sees_heading("Проверьте почту")
        self.confirms(email)
        self.sees_heading("Новая организация")

    def confirms(self, email: str) -> None:
        """Open the link of the newest e-mail to this address, and press the button there."""
        self.opens_link_to(email)
        self.button(re.compile("^(Подтвердить адрес|Confirm the address)$")).click()

    def opens_link_to(self, email: str) -> str:
        """Open the link of the newest e-mail to this address; the link."""
        link = link_to(str(self.site.mail), email)
        self.page.goto(link)
        return link

    def sign_in(self, person: Person, path: str = "/dashboard") -> None:
        """Sign in as somebody who has an account, and come to `path`."""
        self.open(f"/sign-in?next={path}")
        self.page.get_by_label("Электронная почта").fill(person.email)
        self.page.get_by_label("Пароль", exact=True).fill(PASSWORD)
        self.page.locator("form").get_by_role("button", name="Войти").click()
        self.page.wait_for_url(self.site.web + path)

    def create_organization(self, name: str = "Пасека Ивановых") -> str:
        """Fill the form on the page; the slug, which is made unique by hand."""
        self.page.get_by_label("Название").fill(name)
        self.page.get_by_label("Полное наименование").fill("ООО «Пасека»")
        slug = new_slug()
        self.page.get_by_label("Адрес страницы").fill(slug)
        self.page.get_by_label("ИНН").fill(random_inn())
        self.button("Создать организацию").click()
        self.sees_heading(name)
        return slug

    def begin_trial(self) -> None:
        """From Billing to ЮKassa's payment page."""
        self.button("Проверить карту за 1 ₽").click()
        self.is_at_yookassa()

    def begin_payment(self, price: str = "1 490 ₽ в месяц") -> None:
        self.button(f"Оплатить {price}").click()
        self.is_at_yookassa()

    def is_at_yookassa(self) -> None:
        self.page.wait_for_url(re.compile(f"^{re.escape(self.site.yookassa)}/"))
        self.payment_id = self.page.url.partition("?")[0].rpartition("/")[2]

    def pay_with(self, last4: str, *, is_saved: bool = True) -> None:
        """On ЮKassa's page: choose the test card that ends with these digits, and pay."""
        card = self.page.get_by_role("radio", name=re.compile(rf"•• {last4}"))
        if not card.is_visible():
            self.page.get_by_text("Карты, по которым банк откажет").click()
        card.check()
        if not is_saved:
            self.page.get_by_role("checkbox", name=re.compile("не сохранять")).check()
        self.button(re.compile("^Оплатить")).click()

    def leaves_yookassa(self) -> None:
        """Come back without having paid."""
        self.button(re.compile("^Вернуться в магазин")).click()

    def badge(self, level: str) -> Locator:
        """The badge of a level, wherever it is on the page: its button says «Статус A Участник»."""
        return self.button(re.compile(f"^Статус {level} ")).first

    def sees_some_heading(self) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        expect(self.page.get_by_role("status", name="Загружаем…")).to_have_count(0)

    def sees_decline_and_leaves(self) -> None:
        """ЮKassa's page offers another card after a refusal; this person has none."""
        expect(self.page.get_by_role("alert")).to_contain_text("Не получилось")
        self.leaves_yookassa()

    def pays_elsewhere(self, card: str = "5555555555554444") -> None:
        """Pay the latest payment on another device: the simulator is told so."""
        self._tell_yookassa("pay", {"card": card})

    def lets_the_payment_expire(self) -> None:
        """Nobody confirms the latest payment for an hour."""
        self._tell_yookassa("expire", {})

    def finds_another_amount_at_yookassa(self) -> None:
        """The latest payment is no longer what was asked for."""
        self._tell_yookassa("tamper", {"amount": {"value": "2.00", "currency": "RUB"}})

    @contextmanager
    def yookassa_out_of_order(self) -> Iterator[None]:
        """Within, ЮKassa answers 500 to everything and does nothing."""
        faults = f"{self.site.yookassa}/simulator/faults"
        CLIENT.post(faults, json={"kind": "error", "times": 1000}).raise_for_status()
        yield
        CLIENT.delete(faults).raise_for_status()

    def _tell_yookassa(self, what: str, body: dict[str, Any]) -> None:
        address = f"{self.site.yookassa}/simulator/payments/{self.payment_id}/{what}"
        CLIENT.post(address, json=body).raise_for_status()

    def with_account(self) -> Person:
        """A new account, made without the page."""
        return sign_up(self.site)

    def with_organization(self) -> Person:
        """A new account that owns an organization, made without the page."""
        person = self.with_account()
        person.create_organization()
        return person


def new_slug() -> str:
    return f"paseka-{secrets.token_hex(4)}"
