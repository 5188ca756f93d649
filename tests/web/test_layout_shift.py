"""Nothing on any page moves while it loads: what stands there first has the place of what comes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from accounts import new_email
from attack.scene import Side
from bootstrap import ROOT
from kit.db import opened, publish_stories
from playwright.sync_api import Page, Route, ViewportSize, expect
from stack.stack import Stack
from stack.web_server import APP_ALONE
from web.conftest import NewSomebody
from web.looks import DESKTOP, PHONE
from web.team import Team

MOST = 0.02
"""A sum over the whole visit, which is stricter than what browsers report: https://web.dev/articles/cls"""
LATENCY = 250  # ms, of every request: long enough for each skeleton to be drawn
PAGES: list[str] = json.loads((ROOT / "docs" / "contract.json").read_text())["pages"]
OF_MODERATORS = "/admin"

WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput, sources } of list.getEntries()) {
    if (hadRecentInput) continue;
    const moved = sources.map(({ node, previousRect, currentRect }) => {
      const { nodeName, textContent } = node?.nodeType === 1 ? node : (node?.parentElement ?? {});
      return `${nodeName} «${(textContent ?? "").trim().slice(0, 40)}» ${previousRect.y}→${currentRect.y}`;
    });
    window.shifts.push({ value, moved });
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def team(stack: Stack) -> Iterator[Side]:
    """An organization to which everything has happened, with its people; the platform stays as it was set."""
    with opened(str(stack.addresses.database_url)) as connection:
        before = connection.execute("select to_jsonb(s) as row from private.platform_settings s").fetchone()
        team = Side(stack.addresses, connection)
        publish_stories(team, 4)
        assert before
        connection.execute(
            "update private.platform_settings s set site_url = b.site_url, shop_id = b.shop_id, test_mode = b.test_mode"
            " from jsonb_populate_record(null::private.platform_settings, %s) b",
            [json.dumps(before["row"])],
        )
        connection.commit()
        yield team


def addresses(team: Side) -> dict[str, str]:
    """Each page of the router with one address of it."""

    def one(statement: str) -> str:
        return str(team.one(statement, team.organization)["it"])

    slug = one("select slug as it from organizations where id = %s")
    story = one("select id as it from stories where organization_id = %s order by created_at limit 1")
    code = one("select code as it from qr_codes where organization_id = %s limit 1")
    paid = one(
        "select id as it from payment_transactions where organization_id = %s order by created_at limit 1"
    )
    values = {
        "/organizations/:slug": f"/organizations/{slug}",
        "/organizations/:slug/stories/:id": f"/organizations/{slug}/stories/{story}",
        "/q/:code": f"/q/{code}",
        "/invitations/:token": Team(team.site, "Сыроварня").invite(new_email()),
        "/dashboard/producer/stories/:id/edit": f"/dashboard/producer/stories/{story}/edit",
        "/dashboard/qr/:id": "/dashboard/qr/" + one("select id as it from qr_codes where organization_id = %s limit 1"),
        "/dashboard/billing/return": f"/dashboard/billing/return?transaction={paid}",
        "/admin/organizations/:id": f"/admin/organizations/{team.organization}",
        "/admin/payments/:id": f"/admin/payments/{paid}",
    }  # fmt: skip
    return {page: values.get(page, page) for page in PAGES}


def shifts(page: Page, address: str) -> list[dict[str, Any]]:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("main [aria-busy=true]")).to_have_count(0)
    found: list[dict[str, Any]] = page.evaluate("window.shifts")
    return found


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["360", "1280"])
@pytest.mark.parametrize("who", ["visitor", "anna", "moderator"])
def test_nothing_moves_on_any_page(
    new_somebody: NewSomebody, team: Side, size: ViewportSize, who: str
) -> None:
    somebody = new_somebody(viewport=size)
    if who != "visitor":
        somebody.sign_in(team.people[who], OF_MODERATORS if who == "moderator" else "/dashboard")
        somebody.sees_some_heading()
    session = somebody.page.context.new_cdp_session(somebody.page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    somebody.page.add_init_script(WATCH)
    moved = []
    for page, address in addresses(team).items():
        is_its = page.startswith(OF_MODERATORS) if who == "moderator" else (
            page.startswith(("/dashboard", "/account")) == (who == "anna") and not page.startswith(OF_MODERATORS)
        )  # fmt: skip
        if not is_its:
            continue
        entries = shifts(somebody.page, somebody.site.web + address)
        total = sum(entry["value"] for entry in entries)
        if total > MOST:
            worst = max(entries, key=lambda entry: float(entry["value"]))
            moved.append(f"{page}: {total:.3f}, most of all {'; '.join(worst['moved'])}")
    assert not moved, "\n".join(moved)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["360", "1280"])
def test_a_font_that_comes_late_moves_nothing(
    new_somebody: NewSomebody, team: Side, size: ViewportSize
) -> None:
    """On a slow network it comes after the page was painted: lines that break elsewhere then would move all below."""
    somebody = new_somebody(viewport=size)
    held: list[Route] = []

    def hold(request: Route) -> None:
        held.append(request)

    somebody.page.route("**/*.woff2", hold)
    somebody.page.add_init_script(WATCH)
    public = [page for page in PAGES if not APP_ALONE.match(page.removeprefix("/"))]
    moved = []
    for page in public:
        held.clear()
        somebody.page.goto(somebody.site.web + addresses(team)[page], wait_until="domcontentloaded")
        expect(somebody.page.get_by_role("heading", level=1)).to_be_visible()
        expect(somebody.page.locator("[data-written]")).to_have_count(0)
        assert held, page
        with somebody.page.expect_response("**/*.woff2"):
            for request in held:
                request.continue_()
        somebody.page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))")
        total = sum(entry["value"] for entry in somebody.page.evaluate("window.shifts"))
        if total > MOST:
            moved.append(f"{page}: {total:.3f}")
    assert not moved, "\n".join(moved)
