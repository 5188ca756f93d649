"""What can happen to a payment, as the person who pays sees it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from web.somebody import RESULT_TIMEOUT, Somebody


@pytest.fixture
def owner(boris: Somebody) -> Somebody:
    """Somebody who has just created an organization and stands on its Billing page."""
    boris.sign_in(boris.with_organization())
    boris.goes_to("Оплата")
    boris.sees_heading("Оплата")
    return boris


def test_a_declined_card_is_told_in_words(owner: Somebody) -> None:
    owner.begin_trial()
    owner.pay_with("4600")
    owner.sees_decline_and_leaves()
    owner.sees_heading("Платёж не прошёл", timeout=RESULT_TIMEOUT)
    expect(
        owner.page.get_by_text("На карте недостаточно средств. С карты ничего не списано.")
    ).to_be_visible()

    owner.link("Попробовать ещё раз").click()
    row = owner.page.get_by_role("row").filter(has_text="Проверка карты")
    expect(row).to_contain_text("Отклонено")
    expect(row).to_contain_text("На карте недостаточно средств.")
    expect(owner.button("Проверить карту за 1 ₽")).to_be_visible()


def test_a_card_that_is_not_saved_starts_no_trial(owner: Somebody) -> None:
    owner.begin_trial()
    owner.pay_with("4444", is_saved=False)
    owner.sees_heading("Карта не сохранилась", timeout=RESULT_TIMEOUT)

    owner.link("Попробовать ещё раз").click()
    expect(owner.page.get_by_text("Деньги вернули: карта не сохранилась")).to_be_visible()
    expect(owner.button("Проверить карту за 1 ₽")).to_be_visible()
    owner.goes_to("Обзор")
    expect(owner.button("Нет статуса")).to_be_visible()


def test_a_payment_that_was_left_can_be_gone_on_with(owner: Somebody) -> None:
    owner.begin_trial()
    owner.leaves_yookassa()
    owner.sees_heading("Ждём ответа ЮKassa")
    owner.link("Продолжить").click(timeout=RESULT_TIMEOUT)
    owner.is_at_yookassa()
    owner.pay_with("4444")
    owner.sees_heading("Карта проверена", timeout=RESULT_TIMEOUT)


def test_a_payment_nobody_confirms_is_told_as_abandoned(owner: Somebody) -> None:
    owner.begin_trial()
    owner.leaves_yookassa()
    owner.sees_heading("Ждём ответа ЮKassa")
    owner.goes_to("Оплата")
    expect(owner.page.get_by_text("Есть незаконченная оплата")).to_be_visible()

    owner.lets_the_payment_expire()
    owner.button("Продолжить").click()  # ЮKassa has closed that page: another one opens
    owner.is_at_yookassa()
    owner.leaves_yookassa()
    owner.goes_to("Оплата")
    expect(owner.page.get_by_role("row").filter(has_text="Оплату не закончили")).to_have_count(1)


def test_a_payment_is_left_for_good_where_one_waits_for_it(owner: Somebody) -> None:
    owner.begin_trial()
    owner.leaves_yookassa()
    owner.sees_heading("Оплата пока не прошла", timeout=RESULT_TIMEOUT)
    owner.button("Отменить").click()
    owner.page.get_by_role("dialog").get_by_role("button", name="Отменить оплату").click()
    owner.sees_heading("Вы отменили эту оплату", timeout=RESULT_TIMEOUT)
    owner.goes_to("Оплата")
    expect(owner.page.get_by_text("Есть незаконченная оплата")).to_have_count(0)


def test_the_page_asks_until_it_knows(owner: Somebody) -> None:
    """The person is back before ЮKassa knows; the answer comes without anything being pressed."""
    owner.begin_trial()
    owner.leaves_yookassa()
    owner.sees_heading("Ждём ответа ЮKassa")
    owner.pays_elsewhere()
    owner.sees_heading("Карта проверена", timeout=RESULT_TIMEOUT)


def test_the_wait_may_be_left_after_a_minute(owner: Somebody) -> None:
    owner.begin_trial()
    owner.page.clock.install()
    owner.page.route("**/functions/v1/payment_status", lambda route: None)  # nobody knows yet
    owner.leaves_yookassa()
    owner.sees_heading("Ждём ответа ЮKassa")
    owner.page.clock.fast_forward("01:01")
    expect(owner.page.get_by_text("Страницу можно закрыть")).to_be_visible()
    owner.page.locator("main").get_by_role("link", name="К оплате и тарифам").click()
    owner.sees_heading("Оплата")


def test_a_payment_that_is_not_what_was_asked_goes_to_a_person(owner: Somebody) -> None:
    owner.begin_trial()
    owner.finds_another_amount_at_yookassa()
    owner.pay_with("4444")
    owner.sees_heading("Платёж проверяет человек", timeout=RESULT_TIMEOUT)
    expect(owner.page.get_by_text("Платить ещё раз не нужно.")).to_be_visible()


def test_when_yookassa_is_down_the_page_says_so_and_the_next_try_works(owner: Somebody) -> None:
    with owner.yookassa_out_of_order(), owner.watch.refusal(502, "/functions/v1/checkout"):
        owner.button("Проверить карту за 1 ₽").click()
        expect(owner.page.get_by_role("alert")).to_contain_text("ЮKassa сейчас не отвечает.")
    owner.begin_trial()
    owner.pay_with("4444")
    owner.sees_heading("Карта проверена", timeout=RESULT_TIMEOUT)


def test_a_second_trial_is_refused(owner: Somebody) -> None:
    late = owner.page.context.new_page()
    late.goto(owner.page.url)
    expect(late.get_by_role("button", name="Проверить карту за 1 ₽")).to_be_visible()

    owner.begin_trial()
    owner.pay_with("4444")
    owner.sees_heading("Карта проверена", timeout=RESULT_TIMEOUT)
    owner.link("Посмотреть статус").click()
    owner.goes_to("Оплата")
    expect(owner.page.get_by_text("Первое списание")).to_be_visible()
    expect(owner.button("Проверить карту за 1 ₽")).to_have_count(0)

    # A tab that has not heard of it yet.
    stale = Somebody(late, owner.site)
    with stale.watch.refusal(409, "/functions/v1/checkout"):
        stale.button("Проверить карту за 1 ₽").click()
        expect(
            late.get_by_text("Испытательный срок у этой организации, ИНН или карты уже был.")
        ).to_be_visible()
    stale.watch.assert_quiet()


def test_a_card_is_removed_in_one_press_and_a_confirmation(owner: Somebody) -> None:
    owner.begin_trial()
    owner.pay_with("4444")
    owner.sees_heading("Карта проверена", timeout=RESULT_TIMEOUT)
    owner.link("В кабинет").click()
    owner.goes_to("Оплата")

    owner.button(re.compile("^Удалить")).click()
    dialog = owner.page.get_by_role("dialog", name="Удалить карту Mastercard ·· 4444?")
    dialog.get_by_role("button", name="Удалить карту").click()
    expect(dialog).to_be_hidden()
    expect(owner.page.get_by_text("Карта удалена, списаний не будет")).to_be_visible()
    expect(owner.page.get_by_text("Не будет: карты нет")).to_be_visible()
    expect(owner.page.get_by_text(re.compile("^Карты нет: .* списать не с чего"))).to_be_visible()
    owner.goes_to("Обзор")
    expect(owner.badge("0")).to_be_visible()


def test_a_viewer_sees_no_pay_buttons(boris: Somebody) -> None:
    owner = boris.with_account()
    organization = owner.create_organization()
    gleb = boris.with_account()
    invitation = owner.rpc(
        "invite_member", organization_id=organization["id"], email=gleb.email, role="viewer"
    )
    gleb.rpc("accept_invitation", token=invitation["token"])

    boris.sign_in(gleb, "/dashboard/billing")
    expect(boris.page.get_by_text("платить и менять карту может владелец или администратор")).to_be_visible()
    boris.page.get_by_role("radio", name="За год").check()
    expect(boris.page.get_by_text("14 900 ₽")).to_be_visible()
    for name in ("Оплатить", "Проверить карту", "Удалить"):
        expect(boris.button(re.compile(f"^{name}"))).to_have_count(0)


def test_an_unknown_payment_is_not_found(owner: Somebody) -> None:
    owner.open("/dashboard/billing/return?transaction=nonsense")
    owner.sees_heading("Такого платежа нет")
    with owner.watch.refusal(406, "/rest/v1/payment_transactions"):
        owner.open("/dashboard/billing/return?transaction=00000000-0000-4000-8000-000000000000")
        owner.sees_heading("Такого платежа нет")
