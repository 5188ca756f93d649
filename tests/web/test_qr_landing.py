"""/q/:code: what a buyer finds behind a printed code, whatever became of it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

import pytest
from kit.people import run_sql, service
from kit.server import CLIENT
from playwright.sync_api import Browser, Page, expect
from stack.stack import Stack
from web.looks import PHONE
from web.somebody import Somebody
from web.team import Team

PHONE_AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36"


@pytest.fixture
def team(stack: Stack) -> Team:
    return Team(stack.addresses)


def print_code(team: Team, target_url: str | None = None) -> str:
    item = {"title": "Мёд", "target_kind": "url" if target_url else "organization_page"}
    items = [item | ({"target_url": target_url} if target_url else {})]
    return str(team.owner.rpc("create_qr_codes", organization_id=team.id, items=items)[0]["code"])


def test_a_scan_of_a_phone_ends_at_who_stands_behind_the_code(anna: Somebody, team: Team) -> None:
    team.grant("A")
    code = print_code(team)
    run_sql(
        team.site,
        "insert into public.stories (organization_id, story_type, status, title, content_text, published_at)"
        " values (%s, 'success_story', 'published', 'Как мы качаем мёд', 'В июле.', now())",
        team.id,
    )
    scanned = CLIENT.get(
        f"{team.site.functions}/q/{code}", headers={"User-Agent": PHONE_AGENT}, follow_redirects=False
    )
    assert scanned.headers["location"] == f"{team.site.web}/q/{code}"
    anna.open(f"/q/{code}")
    anna.sees_heading(team.name)
    page = anna.page
    expect(page.get_by_text(f"Код {code}")).to_be_visible()
    expect(page.get_by_text("Статус A").first).to_be_visible()
    expect(page.get_by_text("Как мы качаем мёд")).to_be_visible()
    page.get_by_role("link", name="Всё о производителе").click()
    anna.sees_heading(team.name)
    expect(page).to_have_url(f"{team.site.web}{team.public_page}")


def test_a_loss_is_told_beside_a_level_that_is_held(boris: Somebody, team: Team) -> None:
    team.grant("A")
    team.grant("B")
    service(team.site).rpc(
        "revoke_status_level", organization_id=team.id, level="B", reason="Документы оказались чужими."
    )
    boris.open(f"/q/{print_code(team)}")
    boris.sees_heading(team.name)
    expect(boris.badge("A")).to_be_visible()
    expect(
        boris.page.get_by_text(re.compile(r"^Статус B утрачен .*: «Документы оказались чужими».$"))
    ).to_be_visible()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A phone whose browser runs no JavaScript."""
    context = browser.new_context(viewport=PHONE, locale="ru-RU", java_script_enabled=False)
    yield context.new_page()
    context.close()


def assert_reads_the_same(page: Page, plain: Page) -> None:
    """What stands in it, and in which order, is there without JavaScript too."""
    plain.goto(f"{page.url}?of={secrets.token_hex(4)}")  # not the page that was kept a moment ago
    said = "main h1, main h2, main p, main dt, main dd, main a"
    with_it = page.locator(said).all_inner_texts()
    assert plain.locator(said).all_inner_texts() == with_it


def test_every_state_says_what_became_of_the_code(boris: Somebody, team: Team, plain: Page) -> None:
    code = print_code(team, "https://paseka.example/honey?abc")
    page = boris.page
    boris.open(f"/q/{code.lower()}")
    boris.sees_heading("Мы ничего не знаем об этом производителе")
    expect(page.get_by_text("Код сам по себе ничего не подтверждает.")).to_be_visible()
    expect(boris.link("https://paseka.example/honey?abc")).to_have_attribute("rel", "nofollow noopener ugc")
    assert_reads_the_same(page, plain)

    team.grant("A")
    run_sql(team.site, "update public.qr_codes set is_active = false where organization_id = %s", team.id)
    page.reload()
    expect(page.get_by_text("Производитель отключил этот код")).to_be_visible()
    expect(page.get_by_role("link", name="paseka.example")).to_have_count(0)
    assert_reads_the_same(page, plain)

    run_sql(
        team.site,
        "update public.organization_status_levels set valid_from = now() - interval '2 days', valid_until = now() - interval '1 minute'"
        " where organization_id = %s",
        team.id,
    )
    page.reload()
    expect(page.get_by_text("Статус этого производителя закончился")).to_be_visible()
    assert_reads_the_same(page, plain)

    team.grant("B", valid_until="2027-11-01")
    service(team.site).rpc(
        "revoke_status_level", organization_id=team.id, level="B", reason="Подделал документы"
    )
    page.reload()
    expect(page.get_by_text("Мы отозвали статус этого производителя")).to_be_visible()
    expect(page.get_by_text("Подделал документы").first).to_be_visible()
    assert_reads_the_same(page, plain)

    team.owner.rpc("delete_organization", organization_id=team.id, confirmation=team.slug)
    page.reload()
    expect(page.get_by_text("Организации больше нет")).to_be_visible()
    assert_reads_the_same(page, plain)


def test_a_code_that_is_none_says_so(boris: Somebody) -> None:
    with boris.watch.refusal(404, "/rest/v1/rpc/get_qr_page"):
        boris.open("/q/ABCDEFGHJK")
        boris.sees_heading("Такого кода у нас нет")
