"""Tables that are sorted: by the heads of their columns, on a phone by a list of choices; the order stands in the address."""

from __future__ import annotations

import re

import pytest
from kit.people import a_moderator, run_sql
from playwright.sync_api import Locator, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import PHONE
from web.payer import Payer
from web.printed import PAGE
from web.somebody import Somebody
from web.team import Team

CODES = "QR-коды"


@pytest.fixture
def team(stack: Stack) -> Team:
    team = Team(stack.addresses)
    team.grant("A")
    return team


def cells(somebody: Somebody, table: str, column: int = 0) -> Locator:
    page = somebody.page
    return page.get_by_role("table", name=table).locator(f"tbody tr td:nth-child({column + 1})")


def head(somebody: Somebody, name: str) -> Locator:
    return somebody.page.get_by_role("columnheader", name=name)


def test_codes_by_name_with_the_keyboard_and_by_the_address(team: Team, new_somebody: NewSomebody) -> None:
    anna = new_somebody()
    names = [f"Партия {number}" for number in range(1, 26)]  # more than a page
    team.owner.rpc(
        "create_qr_codes",
        organization_id=team.id,
        items=[{"title": name, "target_kind": "organization_page"} for name in names],
    )
    anna.sign_in(team.owner, PAGE)
    shown = cells(anna, CODES).get_by_role("link")
    expect(shown).to_have_count(20)
    expect(head(anna, "Создан")).to_have_attribute("aria-sort", "descending")
    by_name = head(anna, "Название").get_by_role("button")
    by_name.focus()
    anna.page.keyboard.press("Enter")
    expect(shown).to_have_text(names[:20])
    expect(by_name).to_be_focused()
    expect(head(anna, "Название")).to_have_attribute("aria-sort", "ascending")
    assert head(anna, "Создан").get_attribute("aria-sort") is None
    anna.button("Показать ещё").click()
    expect(shown).to_have_text(names)
    by_name.focus()
    anna.page.keyboard.press("Enter")
    expect(shown).to_have_text(names[:-21:-1])
    anna.page.wait_for_url(re.compile(r"\?sort=-name$"))
    anna.page.get_by_label("Найти код").fill("партия 1")
    expect(shown).to_have_text([name for name in names[::-1] if name.startswith("Партия 1")])
    assert "sort=-name" in anna.page.url

    # The link shares it; a phone has no head to press, and nothing in it takes the focus.
    gleb = new_somebody(viewport=PHONE)
    gleb.sign_in(team.owner, f"{PAGE}?sort=name")
    shown = cells(gleb, CODES).get_by_role("link")
    expect(shown.first).to_have_text("Партия 1")
    expect(gleb.page.get_by_role("table").get_by_role("button")).to_have_count(0)
    order = gleb.page.get_by_label("Порядок")
    expect(order).to_have_value("name")
    order.select_option("Название: от Я до А")
    expect(shown.first).to_have_text("Партия 25")
    order.select_option("Создан: сначала новые")
    expect(order).to_have_value("-made")
    gleb.page.wait_for_url(re.compile(rf"{PAGE}$"))


def test_people_by_role_and_name(team: Team, new_somebody: NewSomebody) -> None:
    for role, name in (("viewer", "Яков"), ("admin", "Борис"), ("editor", "Вера")):
        team.join(role, name)
    anna = new_somebody()
    anna.sign_in(team.owner, "/dashboard/organization/people")
    names = cells(anna, "Кто в организации")
    expect(names).to_have_text([re.compile(name) for name in ("Анна", "Борис", "Вера", "Яков")])
    expect(head(anna, "Роль")).to_have_attribute("aria-sort", "ascending")
    head(anna, "Имя").get_by_role("button").click()
    head(anna, "Имя").get_by_role("button").click()
    expect(names).to_have_text([re.compile(name) for name in ("Яков", "Вера", "Борис", "Анна")])


def test_payments_by_amount(stack: Stack, new_somebody: NewSomebody) -> None:
    payer = Payer(stack.addresses)
    payer.pays("subscription")
    run_sql(
        stack.addresses,
        "insert into public.payment_transactions (organization_id, subscription_id, plan_id, kind, amount, status, idempotence_key, request_body,"
        " cancellation_party, cancellation_reason, created_at)"
        f" select t.organization_id, t.subscription_id, t.plan_id, 'card_check', 1, 'canceled', gen_random_uuid(), '{{}}', 'yoo_money', 'insufficient_funds', t.created_at - interval '1 day'"
        f" from public.payment_transactions t where t.organization_id = '{payer.id}'",
    )
    anna = new_somebody()
    anna.sign_in(payer.owner, "/dashboard/billing")
    amounts = cells(anna, "Платежи", 4)
    expect(amounts).to_have_text([re.compile("490"), re.compile(r"^\D*1\D*$")])
    head(anna, "Сумма").get_by_role("button").click()
    expect(head(anna, "Сумма")).to_have_attribute("aria-sort", "descending")
    head(anna, "Сумма").get_by_role("button").click()
    expect(amounts).to_have_text([re.compile(r"^\D*1\D*$"), re.compile("490")])
    anna.page.reload()
    expect(head(anna, "Сумма")).to_have_attribute("aria-sort", "ascending")


def test_what_waits_from_either_end(new_somebody: NewSomebody, stack: Stack) -> None:
    """The desk: a list goes by one time; of one level by another, which no column shows."""
    teams = [Team(stack.addresses, name=f"Очередь {number}") for number in range(2)]
    for team in teams:
        team.owner.rpc(
            "submit_upgrade_request", organization_id=team.id, target_level="B", message="Проверьте"
        )
    moderator = new_somebody()
    moderator.sign_in(a_moderator(stack.addresses), "/admin/status-requests")
    moderator.open("/admin/status-requests?q=очередь")
    shown = cells(moderator, "Заявки на статус B").get_by_role("link")
    expect(shown).to_have_text(["Очередь 0", "Очередь 1"])
    expect(head(moderator, "Отправлена")).to_have_attribute("aria-sort", "ascending")
    head(moderator, "Отправлена").get_by_role("button").click()
    expect(shown).to_have_text(["Очередь 1", "Очередь 0"])
    moderator.page.wait_for_url(re.compile("sort=-sent"))

    moderator.open("/admin/organizations?q=очередь&sort=since")
    shown = cells(moderator, "Найденные организации").get_by_role("link")
    expect(shown).to_have_text(["Очередь 0", "Очередь 1"])
    moderator.page.get_by_label("Уровень").select_option("A")
    expect(moderator.page.get_by_role("heading", name="Ничего не нашлось")).to_be_visible()
    moderator.link("Показать все").click()
    expect(head(moderator, "Создана")).to_have_attribute("aria-sort", "descending")
