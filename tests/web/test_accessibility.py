"""axe-core on every page, on a phone and at a desk, in both themes: no violation of WCAG 2.2 A and AA."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import pytest
from accounts import new_email
from bootstrap import ROOT
from kit.people import a_moderator
from playwright.sync_api import Page, ViewportSize, expect
from stack.stack import Stack
from web.conftest import DESKTOP, PHONE, NewSomebody
from web.somebody import RESULT_TIMEOUT
from web.team import Team, document, picture

AXE = Path(ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page: Page) -> list[str]:
    """What axe finds: the rule and where."""
    page.evaluate(AXE)  # not a script element: the page's own policy would refuse it
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES
    )
    return [
        f"{fault['id']}: {node['html']} ({node['failureSummary']})"
        for fault in found["violations"]
        for node in fault["nodes"]
        # A hint floats beside the landmarks, by its nature.
        if not (fault["id"] == "region" and "data-radix-popper" in node["html"])
    ]


def overflow(page: Page) -> list[str]:
    """Elements that make the page wider than the screen."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll('body *')]
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
          .map((element) => element.outerHTML.slice(0, 200))"""
    )
    return found


class Judge:
    """Looks at pages in both themes and keeps what is wrong, so that one test tells of every page."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    def look(self, name: str, page: Page) -> None:
        page.wait_for_load_state("networkidle")
        for theme in THEMES:
            # Without motion the colours of the other theme are there at once.
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            if wrong := faults(page):
                self.found[f"{name}, {theme}"] = wrong
        if elements := overflow(page):
            self.found[f"{name}, wider than the screen"] = elements

    def assert_content(self) -> None:
        assert not self.found, "\n\n".join(
            f"{name}\n" + "\n".join(wrong) for name, wrong in self.found.items()
        )


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["360", "1280"])
def test_every_page(new_somebody: NewSomebody, size: ViewportSize) -> None:
    somebody = new_somebody(viewport=size)
    judged = Judge()

    def judge(name: str) -> None:
        judged.look(name, somebody.page)

    for path in ("/", "/sign-up", "/sign-in", "/forgot-password", "/no-such-page"):
        somebody.open(path)
        somebody.sees_some_heading()
        judge(path)

    with somebody.watch.refusal(406, "/rest/v1/organizations"):
        somebody.open("/organizations/no-such-organization")
        somebody.sees_heading("Такой организации нет")
    judge("no such organization")

    somebody.register()
    judge("new organization")
    somebody.button("Создать организацию").click()
    judge("new organization, with mistakes")
    slug = somebody.create_organization()
    judge("overview, no status")
    for section in ("Статус", "Оплата"):
        somebody.goes_to(section)
        somebody.sees_some_heading()
        judge(f"{section}, no status")

    somebody.begin_trial()
    somebody.leaves_yookassa()
    somebody.sees_heading("Ждём ответа ЮKassa")
    judge("waiting for the result")
    somebody.pays_elsewhere()
    somebody.sees_heading("Карта проверена", timeout=RESULT_TIMEOUT)
    judge("result")

    for section in ("Обзор", "Статус", "Оплата"):
        somebody.goes_to(section)
        somebody.sees_some_heading()
        judge(f"{section}, on trial")
    somebody.button(re.compile("^Удалить")).click()
    judge("removing the card")
    somebody.page.keyboard.press("Escape")
    somebody.open("/account")
    somebody.sees_some_heading()
    judge("account")
    somebody.open(f"/organizations/{slug}")
    somebody.sees_some_heading()
    judge("public page")
    somebody.badge("0").hover()
    somebody.page.get_by_role("tooltip").wait_for()
    judge("public page, with the badge explained")

    judged.assert_content()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["360", "1280"])
def test_people_levels_and_notifications(new_somebody: NewSomebody, stack: Stack, size: ViewportSize) -> None:
    team = Team(stack.addresses)
    team.join("viewer")
    team.grant("A")
    link = team.invite(new_email())
    anna = new_somebody(viewport=size)
    page = anna.page
    judged = Judge()

    for path in (link, "/levels"):
        anna.open(path)
        anna.sees_some_heading()
        judged.look(f"{path}, signed out", page)

    anna.sign_in(team.owner, "/dashboard/organization")
    anna.button("Роль: Глеб, наблюдатель. Сменить").wait_for()
    page.get_by_text("Что может каждая роль").click()
    page.get_by_label("Сайт").fill("не адрес")
    page.locator("#profile").get_by_role("button", name="Сохранить").click()
    anna.button("Отправить приглашение").click()
    judged.look("organization, with mistakes", page)
    anna.button("Убрать из организации: Глеб").click()
    judged.look("removing somebody", page)
    page.keyboard.press("Escape")
    anna.button("Удалить организацию").click()
    judged.look("deleting the organization", page)
    page.keyboard.press("Escape")

    anna.goes_to("Статус")
    anna.button("Подать заявку").click()
    page.get_by_label("О чём просим").fill("Проверьте нас.")
    page.locator("input[type=file]").set_input_files([document(), picture()])
    expect(page.get_by_text("Готов", exact=True)).to_have_count(2)
    judged.look("asking for B", page)
    anna.button("Отправить заявку").click()
    page.get_by_role("heading", name="Заявка на рассмотрении").wait_for()
    judged.look("waiting for B", page)

    if size == DESKTOP:
        anna.button(re.compile("^Уведомления, ")).click()
        page.get_by_role("dialog", name="Уведомления").get_by_role("listitem").first.wait_for()
        judged.look("the bell", page)
    for path in ("/dashboard/notifications", "/account/notifications"):
        anna.open(path)
        anna.sees_some_heading()
        judged.look(path, page)
    with anna.watch.refusal(404, "/rpc/get_invitation"):
        anna.open(link)
        anna.sees_heading("Приглашение не для этого адреса")
    judged.look("somebody else's invitation", page)

    judged.assert_content()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["360", "1280"])
def test_moderation(new_somebody: NewSomebody, stack: Stack, size: ViewportSize) -> None:
    team = Team(stack.addresses)
    team.grant("A")
    asking = new_somebody()
    asking.sign_in(team.owner, "/dashboard/organization/status")
    asking.button("Подать заявку").click()
    asking.page.get_by_label("О чём просим").fill("Проверьте нас.")
    asking.page.locator("input[type=file]").set_input_files([picture(), document()])
    expect(asking.page.get_by_text("Готов", exact=True)).to_have_count(2)
    asking.button("Отправить заявку").click()
    asking.page.get_by_role("heading", name="Заявка на рассмотрении").wait_for()

    moderator = new_somebody(viewport=size)
    page = moderator.page
    judged = Judge()
    moderator.sign_in(a_moderator(stack.addresses), "/admin/status-requests")
    moderator.button("Принять решение").click()
    judged.look("the queue, with a mistake", page)
    page.get_by_label("Одобрить").check()
    page.get_by_label("Срок").select_option("date")
    moderator.button("Принять решение").click()
    judged.look("the queue, approving", page)
    page.get_by_label("Срок").select_option("none")
    moderator.button("Принять решение").click()
    page.get_by_role("dialog").wait_for()
    judged.look("the queue, confirming", page)

    moderator.open(f"/admin/organizations?q={team.slug}")
    moderator.link(team.name).wait_for()
    judged.look("organizations", page)
    moderator.link(team.name).click()
    moderator.button("Снять статус A").click()
    judged.look("revoking", page)
    page.keyboard.press("Escape")
    judged.look("one organization", page)
    moderator.open("/admin/organizations?q=no-such-organization")
    page.get_by_role("heading", name="ничего не нашлось").wait_for()
    judged.look("nothing found", page)

    judged.assert_content()


def test_a_long_level_fits_the_narrowest_screen(new_somebody: NewSomebody, stack: Stack) -> None:
    """WCAG 2.2, 1.4.10: 320 pixels and no sideways scrolling."""
    team = Team(stack.addresses)
    team.grant("0")
    anna = new_somebody(viewport={"width": 320, "height": 640})
    anna.sign_in(team.owner)
    for path in ("/dashboard", team.public_page):
        anna.open(path)
        expect(anna.badge("0")).to_be_visible()
        anna.page.wait_for_load_state("networkidle")
        assert overflow(anna.page) == [], path
