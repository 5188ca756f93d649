"""What is asked of the network and when: one wave, nothing twice, an end to waiting, and what is shown without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from kit.waiting import until
from playwright.sync_api import Browser, Page, Request, Route, expect
from stack.stack import Stack
from web.looks import DESKTOP
from web.somebody import Somebody
from web.team import Team

API = re.compile(r"/(rest|functions|auth)/v1/")
LIMIT = "00:21"  # longer than an answer of the database is waited for


@pytest.fixture
def team(stack: Stack) -> Team:
    team = Team(stack.addresses)
    team.grant("A")
    return team


@pytest.fixture
def kira(browser: Browser, stack: Stack) -> Iterator[Somebody]:
    """Somebody whose network is not always there: what the browser says of that is no trouble of the page."""
    context = browser.new_context(viewport=DESKTOP, locale="ru-RU", timezone_id="Europe/Moscow")
    yield Somebody(context.new_page(), stack.addresses)
    context.close()


class Calls:
    """What the page asks of the API from now on; a preflight is the browser's."""

    def __init__(self, page: Page) -> None:
        self.made: list[Request] = []
        page.on("request", self._made)

    def _made(self, request: Request) -> None:
        if API.search(request.url) and request.method != "OPTIONS":
            self.made.append(request)

    @property
    def names(self) -> list[str]:
        return sorted(re.sub(r".*/v1/(rpc/)?|\?.*", "", request.url) for request in self.made)


class Held:
    """Answers that do not come until they are let go."""

    def __init__(self, page: Page, pattern: str = "**/rest/v1/**") -> None:
        self.page = page
        self.is_holding = True
        self.routes: list[Route] = []
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        if self.is_holding:
            self.routes.append(route)
        else:
            route.continue_()

    def let_go(self) -> None:
        self.is_holding = False
        for route in self.routes:
            route.continue_()

    def wait_for(self, number: int) -> None:
        until(lambda: self.page.evaluate("1") and len(self.routes) >= number)


def sees_the_overview(somebody: Somebody, team: Team) -> None:
    somebody.sees_heading(team.name)
    expect(somebody.page.get_by_role("heading", name="Что произошло")).to_be_visible()


OVERVIEW = ["my_account", "organization_overview", "organization_qr_timeline"]


def test_the_overview_asks_three_things_in_one_wave(boris: Somebody, team: Team) -> None:
    boris.sign_in(team.owner)
    sees_the_overview(boris, team)
    held = Held(boris.page)
    calls = Calls(boris.page)
    boris.open("/dashboard")
    held.wait_for(len(OVERVIEW))  # each has begun, and none has an answer
    assert calls.names == OVERVIEW
    held.let_go()
    sees_the_overview(boris, team)
    boris.page.wait_for_load_state("networkidle")
    assert calls.names == OVERVIEW


def test_billing_and_status_ask_two_things_in_one_wave(boris: Somebody, team: Team) -> None:
    boris.sign_in(team.owner)
    sees_the_overview(boris, team)
    for path, heading, asked in (
        ("billing", "Оплата", "billing_overview"),
        ("organization/status", "История", "status_overview"),
    ):
        held = Held(boris.page)
        calls = Calls(boris.page)
        boris.open(f"/dashboard/{path}")
        held.wait_for(2)
        assert calls.names == sorted([asked, "my_account"])
        held.let_go()
        expect(boris.page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        boris.page.wait_for_load_state("networkidle")
        assert calls.names == sorted([asked, "my_account"])


def test_on_a_new_device_nothing_is_asked_twice(boris: Somebody, team: Team) -> None:
    calls = Calls(boris.page)
    boris.sign_in(team.owner)
    sees_the_overview(boris, team)
    boris.page.wait_for_load_state("networkidle")
    assert calls.names == sorted([*OVERVIEW, "token"])


def test_a_page_seen_before_is_there_without_the_network(boris: Somebody, team: Team) -> None:
    boris.sign_in(team.owner)
    sees_the_overview(boris, team)
    boris.goes_to("Статус")
    boris.sees_heading("Статус организации")
    held = Held(boris.page)
    boris.goes_to("Обзор")
    sees_the_overview(boris, team)  # from what is kept: not one answer has come
    held.let_go()


MEASURE = """
(name) => new Promise((resolve) => {
  const link = [...document.querySelectorAll("nav a")].find((each) => each.textContent.trim() === "Обзор");
  const begun = performance.now();
  new MutationObserver((_, observer) => {
    if (![...document.querySelectorAll("h2")].some((each) => each.textContent === "Что произошло")) return;
    observer.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - begun));
  }).observe(document.body, { childList: true, subtree: true });
  link.click();
})
"""


def test_warm_is_much_faster_than_cold(boris: Somebody, team: Team) -> None:
    boris.sign_in(team.owner, "/dashboard/organization/status")
    boris.sees_heading("Статус организации")
    cold = boris.page.evaluate(MEASURE)
    warm = []
    for _ in range(3):
        boris.goes_to("Статус")
        boris.sees_heading("Статус организации")
        warm.append(boris.page.evaluate(MEASURE))
    assert min(warm) < cold / 2, (cold, warm)


def test_what_hangs_is_given_up_and_can_be_tried_again(kira: Somebody, team: Team) -> None:
    kira.sign_in(team.owner)
    sees_the_overview(kira, team)
    kira.page.clock.install()
    held = Held(kira.page, "**/rpc/organization_overview")
    kira.open("/dashboard")
    kira.sees_heading(team.name)
    held.wait_for(1)
    kira.page.clock.fast_forward(LIMIT)
    expect(kira.page.get_by_role("alert")).to_contain_text("Ответа долго нет")
    held.let_go()
    kira.button("Повторить").click()
    sees_the_overview(kira, team)


def test_signing_in_ends_too(kira: Somebody, team: Team) -> None:
    kira.page.clock.install()
    held = Held(kira.page, "**/auth/v1/token?*")
    kira.open("/sign-in")
    kira.page.get_by_label("Электронная почта").fill(team.owner.email)
    kira.page.get_by_label("Пароль", exact=True).fill("не-тот-пароль")
    kira.page.locator("form").get_by_role("button", name="Войти").click()
    held.wait_for(1)
    kira.page.clock.fast_forward(LIMIT)
    expect(kira.page.get_by_role("alert")).to_contain_text("Ответа долго нет")


def test_a_page_whose_code_hangs_says_so(kira: Somebody, team: Team) -> None:
    kira.sign_in(team.owner)
    sees_the_overview(kira, team)
    kira.page.clock.install()
    Held(kira.page, "**/assets/*.js")
    kira.goes_to("Оплата")
    kira.page.clock.fast_forward(LIMIT)
    kira.sees_heading("Страница не загрузилась")
    expect(kira.button("Обновить страницу")).to_be_visible()


def test_without_a_network_what_is_kept_is_shown_and_marked(kira: Somebody, team: Team) -> None:
    kira.sign_in(team.owner)
    sees_the_overview(kira, team)
    kira.goes_to("Статус")
    kira.sees_heading("Статус организации")
    kira.page.context.set_offline(True)
    banner = kira.page.get_by_role("status").filter(has_text="Нет сети")
    expect(banner).to_have_text(re.compile(r"^Нет сети: показано то, что было в\s\d\d:\d\d$"))
    kira.goes_to("Обзор")
    sees_the_overview(kira, team)
    expect(banner).to_be_visible()
    kira.page.context.set_offline(False)
    expect(banner).to_have_count(0)


def test_what_could_not_be_asked_is_asked_when_the_network_is_back(kira: Somebody, team: Team) -> None:
    kira.sign_in(team.owner, "/dashboard/qr")  # so that its code is there
    kira.sees_heading("QR-коды")
    kira.goes_to("Обзор")
    sees_the_overview(kira, team)
    kira.page.get_by_role("button", name="90 дней").scroll_into_view_if_needed()
    kira.page.context.set_offline(True)
    kira.page.get_by_role("button", name="90 дней").click()
    calls = Calls(kira.page)
    kira.page.context.set_offline(False)
    expect(kira.page.get_by_role("button", name="90 дней")).to_have_attribute("aria-pressed", "true")
    until(lambda: kira.page.evaluate("1") and "organization_qr_timeline" in calls.names)


def test_a_page_that_failed_for_want_of_a_network_comes_back_with_it(kira: Somebody, team: Team) -> None:
    kira.sign_in(team.owner)
    sees_the_overview(kira, team)
    kira.page.context.set_offline(True)
    kira.goes_to("Оплата")
    kira.sees_heading("Страница не загрузилась")
    kira.page.context.set_offline(False)
    kira.sees_heading("Оплата")
