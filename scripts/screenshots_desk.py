"""Pictures of what people ask of those who run the platform, and of where they decide (screenshots.py, part "desk")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from screenshots import Camera, Product


def take_desk(camera: Camera, product: Product, other: Page) -> None:
    """`other`: who decides."""
    from screenshots import PASSWORD, sign_in
    from stack.demo import PASSWORD as DEMO_PASSWORD

    page, owners = camera.page, camera.page
    product.found()

    def press(name: str) -> None:
        camera.page.get_by_role("button", name=re.compile(name)).first.click()

    camera.visit("support-visitor", "/support")
    press("^(Отправить|Send)")
    camera.take("support-mistakes")
    sign_in(camera, product.email, PASSWORD, "/support")
    page.locator("input[name=subject]").fill("Не приходит чек")
    page.locator("textarea").fill("Оплатили 20 ноября, чек на почту не пришёл.")
    press("^(Отправить|Send)")
    page.locator("summary").wait_for()
    page.locator("summary").click()
    camera.take("support-sent")

    camera.page = other
    sign_in(camera, "moderator@example.test", DEMO_PASSWORD, "/admin/support")
    other.locator("textarea").wait_for()
    camera.take("admin-support")
    camera.page = owners
