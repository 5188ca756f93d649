"""The payment page in a real browser: by keyboard and without scripts, and judged by axe at every step."""

from __future__ import annotations

from typing import Literal

import pytest
from bootstrap import ROOT
from kit.simulator import Receiver, Shop, rub
from playwright.sync_api import Browser, Locator, ViewportSize, expect
from web.looks import faults, overflow
from yookassa_simulator.control import Control

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = ViewportSize(width=360, height=740)
DESKTOP = ViewportSize(width=1280, height=900)


def confirmation(return_url: str) -> dict[str, str]:
    return {"type": "redirect", "return_url": return_url}


def test_a_payer_needs_neither_mouse_nor_scripts(shop: Shop, receiver: Receiver, browser: Browser) -> None:
    payment = shop.create(confirmation=confirmation(receiver.url))
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("requestfailed", lambda request: troubles.append(f"{request.url}: {request.failure}"))
    page.goto(payment["confirmation"]["confirmation_url"])

    page.get_by_text("Ввести номер тестовой карты").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("4242 4242 4242 4242")
    page.keyboard.press("Enter")
    number = page.get_by_role("textbox", name="Номер карты")
    expect(number).to_be_focused()
    expect(number).to_have_accessible_description(
        "Симулятор принимает только тестовые карты из списка. Настоящую карту не вводите."
    )
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")

    page.get_by_role("radio", name="Mastercard •• 4444").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")  # the card whose bank asks
    page.keyboard.press("Enter")
    expect(page.get_by_label("Код из СМС")).to_be_focused()
    page.keyboard.type("1234")
    page.keyboard.press("Enter")
    page.wait_for_url(receiver.url)  # the policy lets the form lead to the shop
    assert not troubles
    context.close()
    assert shop.payment(payment["id"])["status"] == "waiting_for_capture"


@pytest.mark.skipif(not AXE.exists(), reason="axe-core comes with the packages of the web")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["360", "1280"])
def test_nobody_is_shut_out(
    shop: Shop,
    yookassa: Control,
    receiver: Receiver,
    browser: Browser,
    size: ViewportSize,
    theme: Literal["light", "dark"],
) -> None:
    where = confirmation(receiver.url)
    payment = shop.create(amount=rub("349999.90"), description="Подписка " + "ё" * 119, confirmation=where)
    binding = shop.post("/payment_methods", {"type": "bank_card", "confirmation": where}).json()
    address = payment["confirmation"]["confirmation_url"]
    context = browser.new_context(viewport=size, color_scheme=theme)
    page = context.new_page()
    found: dict[str, list[str]] = {}

    def judge(name: str, sign: Locator | None = None) -> None:
        """Look at the page, once there is a sign that it is the one that was asked for."""
        if sign:
            expect(sign).to_be_visible()
        if wrong := overflow(page) + faults(page):
            found[name] = wrong

    pay = page.get_by_role("button", name="Оплатить")
    page.goto(address)
    judge("form")
    page.get_by_text("Карты, по которым банк откажет").click()
    page.get_by_text("Ввести номер тестовой карты").click()
    judge("form, all of it")
    page.get_by_role("textbox", name="Номер карты").fill("1")
    pay.click()
    judge("mistakes", page.get_by_role("alert").filter(has_text="Проверьте данные карты"))
    page.goto(address)
    page.get_by_role("radio", name="Мир •• 0004").check()
    pay.click()
    judge("confirmation", page.get_by_role("heading", name="Подтвердите операцию"))
    page.get_by_role("button", name="Отклонить").click()
    judge("declined", page.get_by_role("alert").filter(has_text="Не получилось"))
    yookassa.expire(payment["id"])
    page.goto(address)
    judge("result")
    page.goto(binding["confirmation"]["confirmation_url"])
    judge("binding")
    page.goto(f"{address}x")
    judge("not found")
    context.close()
    assert not found, "\n\n".join(f"{name}\n" + "\n".join(wrong) for name, wrong in found.items())
