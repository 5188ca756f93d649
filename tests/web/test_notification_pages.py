"""What a person is told: the bell, the list, and what may be switched off."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.people import run_sql
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import PHONE
from web.somebody import Somebody
from web.team import Team


@pytest.fixture
def team(stack: Stack) -> Team:
    return Team(stack.addresses)


def test_the_bell_counts_opens_and_is_read(boris: Somebody, team: Team) -> None:
    boris.sign_in(team.owner)
    expect(boris.button("Уведомления")).to_be_visible()
    team.grant("A")
    team.grant("B", valid_until="2066-01-01T00:00:00Z")
    boris.page.reload()
    bell = boris.button("Уведомления, 2 непрочитанных")
    bell.click()
    panel = boris.page.get_by_role("dialog", name="Уведомления")
    expect(panel.get_by_role("listitem")).to_have_count(2)
    boris.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(bell).to_be_focused()

    # Opening one reads it and leads to what it speaks of.
    bell.click()
    panel.get_by_text("Получен статус B").click()
    boris.sees_heading("Статус организации")
    boris.button("Уведомления, 1 непрочитанное").click()
    boris.button("Отметить прочитанными").click()
    expect(boris.button("Уведомления").first).to_have_accessible_name("Уведомления")


def test_on_a_phone_it_is_a_page(new_somebody: NewSomebody, team: Team) -> None:
    anna = new_somebody(viewport=PHONE)
    anna.sign_in(team.owner)
    anna.link("Уведомления").click()
    anna.sees_heading("Уведомления")
    expect(anna.page.get_by_role("heading", name="Уведомлений пока нет")).to_be_visible()
    team.grant("A")
    anna.page.reload()
    anna.link("Получен статус A").click()
    anna.sees_heading("Статус организации")
    expect(anna.link("Уведомления")).to_be_visible()


TOLD: dict[str, tuple[dict[str, Any], str]] = {
    "status_granted": ({"level": "B", "valid_until": "2027-03-12T09:00:00Z"}, "Действует до 12 марта 2027."),
    "status_expiring": (
        # told a month before, read now: days are counted by who reads
        {
            "level": "B",
            "valid_until": f"{datetime.now(UTC) + timedelta(days=12):%Y-%m-%dT%H:%M:%SZ}",
            "days_left": 30,
        },
        "12 дней",
    ),
    "status_revoked": (
        {"level": "A", "action": "revoked", "reason": "grace_period_ended"},
        "Причина: за время отсрочки платёж так и не поступил.",
    ),
    "claim_received": ({"inn": "7707083893"}, "7707083893"),
    "claim_reviewed": (
        {"inn": "5001007322", "side": "claimant", "decision": "approved", "outcome": "inn_freed"},
        "5001007322",
    ),
    "release_coming": ({"at": "2027-04-12T09:00:00Z"}, "12 апреля"),
    "support_answered": ({"number": 17, "answer": "Теперь проходит."}, "Теперь проходит."),
    "report_reviewed": (
        {"side": "reporter", "outcome": "not_upheld", "comment": "Значок настоящий."},
        "Значок настоящий.",
    ),
    "name_reviewed": (
        {
            "decision": "rejected",
            "name": "Мёд и Ко",
            "legal_name": "ООО «Мёд»",
            "comment": "Устав не подписан.",
        },
        "Устав не подписан.",
    ),
    "request_reviewed": (
        {"level": "B", "decision": "rejected", "comment": "Договор не подписан."},
        "Комментарий: Договор не подписан.",
    ),
    "trial_ending": (
        {
            "due_at": "2027-03-12T09:00:00Z",
            "plan": {"ru": "Участник, месяц", "en": "Member, monthly"},
            "amount": "1490.00",
            "currency": "RUB",
            "will_be_charged": True,
        },
        "Спишем 1 490 ₽ 12 марта 2027.",
    ),
    "renewal_coming": (
        {"due_at": "2027-03-12T09:00:00Z", "will_be_charged": False},
        "Карты нет, списания не будет.",
    ),
    "payment_succeeded": (
        {
            "amount": "1490.00",
            "currency": "RUB",
            "plan": {"ru": "Участник, месяц", "en": "Member, monthly"},
            "period_end": "2027-03-12T09:00:00Z",
        },
        "Участник, месяц. Оплачено до 12 марта 2027.",
    ),
    "payment_failed": (
        {"reason": "card_expired", "next_charge_at": None, "grace_until": "2027-03-12T09:00:00Z"},
        "Привяжите другую карту",
    ),
    "grace_started": (
        {
            "reason": "insufficient_funds",
            "next_charge_at": "2027-03-01T09:00:00Z",
            "grace_until": "2027-03-12T09:00:00Z",
        },
        "Попробуем ещё раз 1 марта 2027.",
    ),
    "price_changing": (
        {
            "from": "1490.00",
            "to": "2990.00",
            "currency": "RUB",
            "plan": {"ru": "Участник, месяц", "en": "Member, monthly"},
            "applies_from": "2027-03-12T09:00:00Z",
        },
        "Сейчас 1 490 ₽. Новую цену спишем за первый период, который начнётся 12 марта 2027 или позже.",
    ),
    "payment_returned": (
        {"amount": "13410.00", "currency": "RUB", "reason": "changed_meanwhile"},
        "изменились подписка, её период или цена",
    ),
    "grace_ending": ({"due_at": "2027-03-12T09:00:00Z"}, "Оплатите до 12 марта 2027"),
    "story_approved": ({"title": "Как мы качаем мёд"}, "История «Как мы качаем мёд» опубликована"),
    "story_rejected": (
        {"title": "Скидки", "code": "advertising", "comment": "Уберите цены."},
        "Причина: реклама вместо рассказа. Комментарий: Уберите цены.",
    ),
    "invitation": ({"organization": "Сыроварня"}, "Вас пригласили в организацию «Сыроварня»"),
}


def test_every_kind_has_its_words(boris: Somebody, team: Team) -> None:
    kinds = {row["kind"] for row in team.owner.get("notification_kinds")}
    assert kinds == set(TOLD)
    for kind, (data, _) in TOLD.items():
        run_sql(
            boris.site,
            "insert into public.notifications (user_id, organization_id, kind, data) values (%s, %s, %s, %s)",
            *(team.owner.user_id, team.id, kind),
            json.dumps({"organization": team.name, "slug": team.slug, **data}),
        )
    boris.sign_in(team.owner, "/dashboard/notifications")
    for _, words in TOLD.values():
        expect(boris.page.get_by_role("listitem").filter(has_text=words).first).to_be_visible()
    boris.button("English").click()
    expect(boris.page.get_by_role("listitem").filter(has_text="We will charge ₽1,490")).to_be_visible()
    main = boris.page.locator("main")
    main.get_by_role("button", name="Mark all as read").click()
    expect(main.get_by_role("button", name="Mark all as read")).to_have_count(0)


def test_what_may_be_switched_off(boris: Somebody, team: Team) -> None:
    boris.sign_in(team.owner, "/account/notifications")
    email = boris.page.get_by_label("Получен статус: письмом")
    email.uncheck()
    boris.page.get_by_label("Получен статус: в кабинете").uncheck()
    # Money and lost levels are not up to anybody.
    expect(boris.page.get_by_label("Платёж не прошёл: письмом")).to_have_count(0)
    expect(boris.page.get_by_text("Платёж не прошёл")).to_be_visible()
    boris.page.wait_for_load_state("networkidle")
    boris.page.reload()
    expect(email).not_to_be_checked()
    team.grant("A")
    boris.open("/dashboard/notifications")
    expect(boris.page.get_by_role("heading", name="Уведомлений пока нет")).to_be_visible()
