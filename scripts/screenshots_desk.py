"""Pictures of what people ask of those who run the platform, and of where they decide (screenshots.py, part "desk")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from screenshots import Camera, Product


def take_desk(camera: Camera, product: Product, other: Page) -> None:
    """`other`: who decides."""
    from accounts import sign_up
    from screenshots import PASSWORD, picture, sign_in
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

    product.serve(
        "grant_status_level",
        {"organization_id": product.organization_id, "level": "B", "valid_until": "2066-01-01T00:00:00Z"},
    )
    camera.visit("names-verified", "/dashboard/organization")
    press("^(Сменить название|Change the name)")
    page.locator("input[name=name]").fill("Мёд и травы")
    page.locator("textarea[name=message]").fill("Сменили вывеску: прежняя была взята у соседей.")
    page.locator("input[type=file]").last.set_input_files(picture("Вывеска.png", 900, 600))
    page.get_by_text(re.compile("^(Готов|Ready|Done)$")).wait_for()
    camera.take("names-asking")
    press("^(Попросить о смене|Ask for the change)")
    page.get_by_role("button", name=re.compile("^(Отозвать|Take it back)")).wait_for()
    camera.take("names-pending")

    ((inn,),) = product.write("select inn from public.organizations where id = %(organization)s")
    claimant = sign_up(product.site, "Дима", password=PASSWORD)
    page.evaluate("localStorage.clear()")  # signed out
    sign_in(camera, claimant.email, PASSWORD, "/dashboard/organizations/new")
    page.locator("input[name=name]").fill("Пасека")
    page.locator("input[name=legal_name]").fill("ООО «Настоящая пасека»")
    page.locator("input[name=inn]").fill(inn)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("^(Заявить права|Claim it)")).wait_for()
    camera.take("inn-taken")
    page.goto(f"{camera.site}/dashboard/organizations/claim?inn={inn}")
    page.locator("input[name=legal_name]").fill("ООО «Настоящая пасека»")
    page.locator("textarea").fill("Я директор; прикладываю выписку из ЕГРЮЛ.")
    page.locator("input[type=file]").set_input_files(picture("Выписка.png", 900, 1200))
    page.get_by_text(re.compile("^(Готов|Ready|Done)$")).wait_for()
    camera.take("claim")
    press("^(Отправить заявление|Send the claim)")
    page.get_by_text(re.compile("на рассмотрении|under review")).wait_for()
    camera.take("claim-sent")

    def decide(state: str, path: str, choice: str) -> None:
        camera.visit(f"admin-{state}", path)
        other.get_by_label(re.compile(choice)).check()
        press("^(Принять решение|Decide)")
        other.get_by_role("dialog").wait_for()
        camera.take(f"admin-{state}-confirm")
        camera.page.keyboard.press("Escape")

    def latest(table: str) -> str:
        where = f"select id from public.{table} where organization_id = %(organization)s"  # noqa: S608 - ours
        return str(product.write(where)[0][0])

    camera.page = other
    sign_in(camera, "moderator@example.test", DEMO_PASSWORD, "/admin/support")
    other.locator("textarea").wait_for()
    camera.take("admin-support")
    claims = f"/admin/claims?request={latest('organization_claims')}"
    decide("claims", claims, "^(Передать организацию|Hand the organization)")
    names = f"/admin/name-changes?request={latest('name_change_requests')}"
    decide("names", names, "^(Одобрить|Approve)")
    camera.page = owners
