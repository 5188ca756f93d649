"""The payment page in a real browser: by keyboard and without scripts, and judged by axe at every step."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from bootstrap import ROOT
from browser import chromium
from kit.simulator import Receiver, Shop, rub
from playwright.sync_api import Browser, Page, ViewportSize, expect
from yookassa_simulator.control import Control

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = ViewportSize(width=360, height=740)
DESKTOP = ViewportSize(width=1280, height=900)


def in_browser(walk: Callable[[Browser], None]) -> None:
    """Playwright allows one browser a thread, and the tests of the web may hold theirs: so a thread of its own."""

    def run() -> None:
        with chromium() as browser:
            walk(browser)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(run).result()


def confirmation(return_url: str) -> dict[str, str]:
    return {"type": "redirect", "return_url": return_url}


def test_a_payer_needs_neither_mouse_nor_scripts(shop: Shop, receiver: Receiver) -> None:
    payment = shop.create(confirmation=confirmation(receiver.url))

    def walk(browser: Browser) -> None:
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

    in_browser(walk)
    assert shop.payment(payment["id"])["status"] == "waiting_for_capture"


@pytest.mark.skipif(not AXE.exists(), reason="axe-core comes with the packages of the web")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["360", "1280"])
def test_nobody_is_shut_out(
    shop: Shop, yookassa: Control, receiver: Receiver, size: ViewportSize, theme: Literal["light", "dark"]
) -> None:
    where = confirmation(receiver.url)
    payment = shop.create(amount=rub("349999.90"), description="Подписка " + "ё" * 119, confirmation=where)
    binding = shop.post("/payment_methods", {"type": "bank_card", "confirmation": where}).json()
    address = payment["confirmation"]["confirmation_url"]
    found: dict[str, list[str]] = {}

    def judge(page: Page, name: str) -> None:
        page.evaluate(AXE.read_text())
        wrong: list[str] = page.evaluate(
            """async rules => {
                const { violations } = await axe.run(document, { runOnly: rules, resultTypes: ['violations'] });
                const wide = document.documentElement.scrollWidth > innerWidth ? ['too wide'] : [];
                return [...wide, ...violations.map((fault) => `${fault.id}: ${fault.nodes[0].html}`)];
            }""",
            RULES,
        )
        if wrong:
            found[name] = wrong

    def walk(browser: Browser) -> None:
        context = browser.new_context(viewport=size, color_scheme=theme)
        page = context.new_page()
        page.goto(address)
        judge(page, "form")
        page.get_by_text("Карты, по которым банк откажет").click()
        page.get_by_text("Ввести номер тестовой карты").click()
        judge(page, "form, all of it")
        page.get_by_role("textbox", name="Номер карты").fill("1")
        page.get_by_role("button", name="Оплатить").click()
        judge(page, "mistakes")
        page.goto(address)
        page.get_by_role("radio", name="Мир •• 0004").check()
        page.get_by_role("button", name="Оплатить").click()
        judge(page, "confirmation")
        page.get_by_role("button", name="Отклонить").click()
        judge(page, "declined")
        yookassa.expire(payment["id"])
        page.goto(address)
        judge(page, "result")
        page.goto(binding["confirmation"]["confirmation_url"])
        judge(page, "binding")
        page.goto(f"{address}x")
        judge(page, "not found")
        context.close()

    in_browser(walk)
    assert not found, "\n\n".join(f"{name}\n" + "\n".join(wrong) for name, wrong in found.items())
