"""What happens to money where it is not simple, as the one who paid reads it: given back and why, no card on file, what may be given back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

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


@contextmanager
def new_prices(stack: Stack, payer: Payer, **amounts: str) -> Iterator[None]:
    """Plans cost so much in two days, and who holds them was told; afterwards it is taken back."""
    moderator = a_moderator(stack.addresses)
    valid_from = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    old = {row["id"]: row["amount"] for row in payer.platform.get("subscription_plans")}

    def costs(plan: str, amount: object) -> None:
        moderator.rpc("set_plan_price", plan_id=plan, amount=amount, valid_from=valid_from)
        payer.renews()

    for plan, amount in amounts.items():
        costs(plan, amount)
    try:
        yield
    finally:
        for plan in amounts:
            costs(plan, old[plan])


@SIZES
def test_case_13_who_holds_a_plan_reads_its_new_price_and_from_when(
    stack: Stack, payer: Payer, new_somebody: NewSomebody, viewport: ViewportSize
) -> None:
    payer.pays("subscription", "a_month")
    with new_prices(stack, payer, a_month="1790.00", a_year="17900.00"):
        owner = new_somebody(viewport=viewport)
        owner.sign_in(payer.owner, "/dashboard/billing")
        owner.sees_heading("Оплата")
        expect(owner.page.get_by_text("Новая цена")).to_be_visible()
        expect(
            owner.page.get_by_text(re.compile(r"1\s790.*за первый период, который начнётся"))
        ).to_be_visible()
        expect(
            owner.page.get_by_text(re.compile(r"^1\s490\s₽\s— ")).first
        ).to_be_visible()  # what is charged next
        owner.page.get_by_role("radio", name="За год").check()
        owner.button("Перейти").first.click()
        dialog = owner.page.get_by_role("dialog")
        expect(dialog.get_by_text(re.compile(r"Объявлена новая цена этого тарифа: 17\s900"))).to_be_visible()


@SIZES
def test_who_brings_a_card_for_a_third_trial_reads_why_there_is_none_and_pays(
    stack: Stack, new_somebody: NewSomebody, viewport: ViewportSize
) -> None:
    expiry = f"20{40 + viewport['width'] % 50}-03"  # the same card on purpose
    for _ in range(2):
        Payer(stack.addresses).pays("trial", expiry=expiry)
    third = Payer(stack.addresses)
    page = third.checks_out("trial")
    third.simulator(f"payments/{third.payment_id(page)}/pay", expiry=expiry)
    owner = new_somebody(viewport=viewport)
    owner.sign_in(third.owner, f"/dashboard/billing/return?transaction={page}")
    owner.sees_heading("Испытательный срок не начался")
    expect(owner.page.get_by_text("не больше двух испытательных сроков")).to_be_visible()
    owner.page.locator("main").get_by_role("link", name="К оплате и тарифам").click()
    owner.sees_heading("Оплата")
    expect(owner.page.get_by_text("Тариф можно оплатить сразу.")).to_be_visible()
    expect(owner.page.get_by_text("испытательный срок с этой картой уже был")).to_be_visible()
    expect(owner.button("Проверить карту за 1 ₽")).to_have_count(0)
    owner.begin_payment()
    owner.is_at_yookassa()


@SIZES
def test_an_unfinished_payment_is_gone_on_with_or_left(
    payer: Payer, new_somebody: NewSomebody, viewport: ViewportSize
) -> None:
    page = payer.checks_out("subscription")
    owner = new_somebody(viewport=viewport)
    owner.sign_in(payer.owner, "/dashboard/billing")
    expect(owner.page.get_by_text("Есть незаконченная оплата")).to_be_visible()
    owner.button("Продолжить").click()
    owner.is_at_yookassa()
    assert payer.payment_id(page) in owner.page.url, "the same page"

    owner.open("/dashboard/billing")
    owner.button("Отменить").click()
    dialog = owner.page.get_by_role("dialog")
    expect(dialog.get_by_text("что оплатят там после отмены, мы вернём")).to_be_visible()
    dialog.get_by_role("button", name="Не отменять").click()
    expect(owner.page.get_by_text("Есть незаконченная оплата")).to_be_visible()
    owner.button("Отменить").click()
    owner.page.get_by_role("dialog").get_by_role("button", name="Отменить оплату").click()
    expect(owner.page.get_by_text("Есть незаконченная оплата")).to_have_count(0)
    expect(owner.page.get_by_text("Вы отменили оплату")).to_be_visible()

    payer.simulator(f"payments/{payer.payment_id(page)}/pay")  # in a window that stayed open
    payer.runs("payment_sweep", datetime.now(UTC) + timedelta(minutes=5))
    owner.open(f"/dashboard/billing/return?transaction={page}")
    owner.sees_heading("Этот платёж лишний, вернём его")
    expect(owner.page.get_by_text("вы отменили эту оплату раньше, чем она прошла").first).to_be_visible()


def test_an_unfinished_payment_in_english(payer: Payer, new_somebody: NewSomebody) -> None:
    page = payer.checks_out("trial")
    payer.owner.update("profiles", {"id": f"eq.{payer.owner.user_id}"}, locale="en")
    owner = new_somebody(locale="en-GB")
    owner.open("/sign-in?next=/dashboard/billing")
    owner.page.locator("input[name=email]").fill(payer.owner.email)
    owner.page.locator("input[name=password]").fill("правильный-пароль-1")
    owner.page.keyboard.press("Enter")
    expect(owner.button("Continue")).to_be_visible()
    owner.button("Cancel it").click()
    owner.page.get_by_role("dialog").get_by_role("button", name="Cancel the payment").click()
    expect(owner.page.get_by_text("Cancelled by you")).to_be_visible()
    owner.open(f"/dashboard/billing/return?transaction={page}")
    owner.sees_heading("You cancelled this payment")
    expect(owner.page.get_by_text("Nothing was charged.")).to_be_visible()
