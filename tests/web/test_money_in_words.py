"""What happens to money where it is not simple, as the one who paid reads it: given back and why, no card on file, what may be given back."""

from __future__ import annotations

import re

import pytest
from kit.people import a_moderator
from playwright.sync_api import ViewportSize, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import DESKTOP, PHONE
from web.payer import Payer

SIZES = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["360", "1280"])


@pytest.fixture
def payer(stack: Stack) -> Payer:
    return Payer(stack.addresses)


@SIZES
def test_case_01_who_paid_a_stale_page_reads_that_it_goes_back_and_why(
    payer: Payer, new_somebody: NewSomebody, viewport: ViewportSize
) -> None:
    page = payer.checks_out("subscription", "a_year")
    payer.pays("trial")
    payer.simulator(f"payments/{payer.payment_id(page)}/pay")
    owner = new_somebody(viewport=viewport)
    owner.sign_in(payer.owner, f"/dashboard/billing/return?transaction={page}")
    owner.sees_heading("Этот платёж лишний, вернём его")
    expect(owner.page.get_by_text("изменились подписка, её период или цена").first).to_be_visible()
    owner.open("/dashboard/billing")
    owner.sees_heading("Оплата")
    expect(owner.page.get_by_text(re.compile(r"(Возвращаем|Вернули) 14\s900")).first).to_be_visible()
    expect(owner.page.get_by_text("изменились подписка, её период или цена").first).to_be_visible()


@SIZES
def test_case_05_who_forgot_the_card_in_grace_reads_that_there_is_none(
    payer: Payer, new_somebody: NewSomebody, viewport: ViewportSize
) -> None:
    payer.pays("subscription")
    payer.bank_declines("insufficient_funds")
    payer.renews(payer.period_end)
    payer.owner.rpc("forget_payment_method", payment_method_id=payer.subscription()["payment_method_id"])
    owner = new_somebody(viewport=viewport)
    owner.sign_in(payer.owner, "/dashboard/billing")
    owner.sees_heading("Оплата")
    expect(owner.page.get_by_text("Не будет: карты нет").first).to_be_visible()


def test_case_03_who_gives_money_back_reads_what_became_credit(
    payer: Payer, new_somebody: NewSomebody
) -> None:
    first = payer.pays("subscription", "a_month")
    second = payer.pays("plan_change", "a_year")
    moderator = new_somebody()
    moderator.sign_in(a_moderator(payer.site), f"/admin/payments/{first}")
    expect(moderator.page.get_by_text("Зачтено в следующий тариф")).to_be_visible()
    expect(moderator.button("Вернуть деньги")).to_have_count(0)
    moderator.open(f"/admin/payments/{second}")
    moderator.button("Вернуть деньги").click()
    dialog = moderator.page.get_by_role("dialog")
    expect(dialog.get_by_text("Подписка и уровни при этом не изменятся.")).to_be_visible()
