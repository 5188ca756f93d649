"""Payments as those see them who run the platform: found, looked into, asked about, judged, given back."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from kit.people import a_moderator
from playwright.sync_api import Locator, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.payer import Payer
from web.somebody import Somebody

PAYMENTS = "/admin/payments"


@pytest.fixture
def payer(stack: Stack) -> Payer:
    """An organization that pays, with a name nobody else has."""
    payer = Payer(stack.addresses, f"Пасека {secrets.token_hex(4)}")
    payer.pays("subscription")
    return payer


@pytest.fixture
def moderator(new_somebody: NewSomebody, stack: Stack) -> Somebody:
    somebody = new_somebody()
    somebody.sign_in(a_moderator(stack.addresses), PAYMENTS)
    somebody.sees_heading("Платежи")
    return somebody


def rows(moderator: Somebody) -> Locator:
    """The payments found, not the grey rows before."""
    page = moderator.page
    return (
        page.get_by_role("table", name="Найденные платежи")
        .and_(page.locator("[aria-busy=false]"))
        .get_by_role("row")
        .filter(has=page.get_by_role("cell"))
    )


def looks_for(moderator: Somebody, text: str) -> None:
    moderator.page.get_by_label("Найти").fill(text)
    moderator.page.wait_for_url(lambda address: parse_qs(urlsplit(address).query).get("q") == [text.strip()])


def opens(moderator: Somebody, transaction_id: str) -> None:
    moderator.open(f"{PAYMENTS}/{transaction_id}")
    moderator.sees_heading(re.compile("^Платёж"))


def test_a_payment_is_found_by_all_that_is_known_of_it(moderator: Somebody, payer: Payer) -> None:
    paid = payer.owner.get("payment_transactions", organization_id=f"eq.{payer.id}")[0]
    organization = payer.team.organization
    known = [
        payer.payment_id(paid["id"]),
        paid["id"],
        payer.id,
        payer.subscription()["id"],
        organization["name"],
        organization["slug"],
        organization["inn"],
        f"  {organization['name'].upper()} ",
    ]
    for text in known:
        looks_for(moderator, text)
        expect(rows(moderator)).to_have_count(1)
        expect(rows(moderator)).to_contain_text(organization["name"])
        expect(rows(moderator)).to_contain_text("Оплачено")

    # The search stands in the address: a link shares it, together with the state.
    moderator.page.get_by_label("Состояние").select_option("succeeded")
    expect(rows(moderator)).to_have_count(1)
    moderator.page.reload()
    expect(rows(moderator)).to_have_count(1)
    expect(moderator.page.get_by_label("Состояние")).to_have_value("succeeded")
    moderator.page.get_by_label("Состояние").select_option("canceled")
    expect(moderator.page.get_by_role("heading", name="Ничего не нашлось")).to_be_visible()
    moderator.link("Показать все").click()
    expect(rows(moderator).first).to_be_visible()
    expect(moderator.page.get_by_label("Найти")).to_have_value("")


def test_what_is_typed_is_looked_for_as_it_is(moderator: Somebody) -> None:
    """Nothing typed is taken for a pattern or for syntax."""
    for text in ("%", '",id.gt.0', "a,b(c)", "\\", "'; drop table"):
        looks_for(moderator, text)
        expect(moderator.page.get_by_role("heading", name="Ничего не нашлось")).to_be_visible()


def test_the_timeline_of_one_payment(moderator: Somebody, payer: Payer) -> None:
    paid = payer.owner.get("payment_transactions", organization_id=f"eq.{payer.id}")[0]
    payer.simulator("notifications/wait", timeout_seconds=10)
    looks_for(moderator, payer.payment_id(paid["id"]))
    expect(rows(moderator)).to_have_count(1)
    rows(moderator).get_by_role("link").click()
    moderator.sees_heading("Платёж 1 490 ₽")

    history = moderator.page.get_by_role("listitem").filter(has=moderator.page.locator("time"))
    expect(history.first).to_contain_text("Записан до обращения к ЮKassa")
    history.first.get_by_text("Запрос к ЮKassa").click()
    expect(history.first.locator("pre")).to_contain_text('"value": "1490.00"')
    told = history.filter(has_text="Уведомление payment.succeeded")
    expect(told).to_contain_text("подтвердилось")
    told.get_by_text("Уведомление как пришло").click()
    expect(told.locator("pre")).to_contain_text('"event": "payment.succeeded"')
    expect(history.filter(has_text="Состояние: Оплачен")).to_contain_text("узнали:")

    # Retries are told as such, and lead to one another.
    payer.bank_declines("insufficient_funds")
    due = payer.period_end + timedelta(hours=1)
    payer.renews(due)
    payer.renews(due + timedelta(days=1, hours=1))
    latest = payer.platform.get(
        "payment_transactions", organization_id=f"eq.{payer.id}", order="created_at.desc"
    )[0]
    opens(moderator, latest["id"])
    expect(moderator.page.get_by_text("Повторная попытка 1, назначена на")).to_be_visible()
    expect(moderator.page.get_by_text("На карте недостаточно средств.").first).to_be_visible()
    moderator.link(re.compile("^Продление")).click()
    expect(moderator.page.get_by_text("Другие попытки за этот период")).to_be_visible()


def test_yookassa_is_asked_when_nobody_told_us(moderator: Somebody, payer: Payer) -> None:
    payer.owner.rpc("cancel_subscription", organization_id=payer.id)
    payer.renews(payer.period_end + timedelta(hours=1))
    transaction_id = payer.checks_out("subscription")
    payer.simulator("notifications/pause")
    try:
        payer.simulator(f"payments/{payer.payment_id(transaction_id)}/pay")
        opens(moderator, transaction_id)
        expect(moderator.page.get_by_text("Ждём оплаты").first).to_be_visible()
        moderator.button("Спросить ЮKassa").click()
        expect(moderator.page.get_by_text("Состояние записано")).to_be_visible()
        expect(moderator.page.get_by_text("узнали: запрос администратора")).to_be_visible()
        expect(moderator.page.locator("main header").get_by_text("Оплачено")).to_be_visible()
    finally:
        payer.simulator("notifications/resume")
    assert payer.subscription()["status"] == "active"


def gives_back(moderator: Somebody, confirmed: str, reason: str, part: str | None = None) -> None:
    moderator.button("Вернуть деньги").click()
    dialog = moderator.page.get_by_role("dialog")
    if part is not None:
        dialog.get_by_label("Сколько вернуть").select_option("part")
        dialog.get_by_label("Сумма, ₽").fill(part)
    dialog.get_by_label("Причина").fill(reason)
    dialog.get_by_label("Для подтверждения введите сумму").fill(confirmed)
    dialog.get_by_role("button", name="Вернуть деньги").click()


def test_a_refund_in_parts_and_to_the_end(
    moderator: Somebody, payer: Payer, new_somebody: NewSomebody
) -> None:
    buyer = new_somebody()
    buyer.open(payer.team.public_page)
    expect(buyer.badge("A")).to_be_visible()
    paid = payer.owner.get("payment_transactions", organization_id=f"eq.{payer.id}")[0]
    opens(moderator, paid["id"])
    dialog = moderator.page.get_by_role("dialog")

    gives_back(moderator, confirmed="500", reason="За неделю простоя", part="5000")
    expect(dialog.get_by_text("Введите сумму от 0,01 до 1 490 ₽")).to_be_visible()
    dialog.get_by_label("Сумма, ₽").fill("500,50")
    dialog.get_by_role("button", name="Вернуть деньги").click()
    expect(dialog.get_by_text("Сумма не совпадает")).to_be_visible()
    expect(dialog.get_by_text("Подписка и уровни при этом не изменятся.")).to_be_visible()
    dialog.get_by_label("Для подтверждения введите сумму").fill("500,50 ₽")
    dialog.get_by_role("button", name="Вернуть деньги").click()
    expect(moderator.page.get_by_text("Деньги возвращены")).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(moderator.page.get_by_text("Возврат 500,50 ₽: деньги вернулись")).to_be_visible()
    buyer.page.reload()
    expect(buyer.badge("A")).to_be_visible()

    gives_back(moderator, confirmed="989.50", reason="Передумали по закону")
    expect(moderator.page.locator("main header").get_by_text("Возвращено")).to_be_visible()
    expect(moderator.button("Вернуть деньги")).to_have_count(0)
    buyer.page.reload()
    expect(buyer.button(re.compile(r"^Статус A утрачен")).first).to_be_visible()
    expect(buyer.page.get_by_text("деньги за этот период возвращены").first).to_be_visible()

    owner = new_somebody()
    owner.sign_in(payer.owner, "/dashboard/billing")
    expect(owner.page.get_by_text("Деньги за этот период вернули: 1 490 ₽.")).to_be_visible()
    row = owner.page.get_by_role("row").filter(has_text="Первый платёж")
    expect(row).to_contain_text("Возвращено")
    expect(row).to_contain_text(re.compile(r"Вернули 500,50\s₽ .*: За неделю простоя"))
    expect(row).to_contain_text(re.compile(r"Вернули 989,50\s₽ .*: Передумали по закону"))

    # The refund is found by its own number at ЮKassa, too.
    refunds = payer.platform.get("payment_refunds", organization_id=f"eq.{payer.id}")
    moderator.open(f"{PAYMENTS}?q={refunds[0]['yookassa_refund_id']}&state=refunded")
    expect(rows(moderator)).to_have_count(1)


@pytest.mark.parametrize(
    ("decision", "words"),
    [("refund", "Возврат 1 490 ₽: записан"), ("accept", "Оплачен")],
)
def test_a_payment_that_was_not_as_asked_is_judged(
    moderator: Somebody, payer: Payer, decision: str, words: str
) -> None:
    payer.owner.rpc("cancel_subscription", organization_id=payer.id)
    payer.renews(payer.period_end + timedelta(hours=1))
    transaction_id = payer.checks_out("subscription")
    payment_id = payer.payment_id(transaction_id)
    payer.simulator(f"payments/{payment_id}/tamper", recipient={"account_id": "1", "gateway_id": "2"})
    payer.simulator(f"payments/{payment_id}/pay")
    payer.simulator("notifications/wait", timeout_seconds=10)
    payer.runs("payment_sweep", datetime.now(UTC) + timedelta(minutes=3))

    moderator.open(f"{PAYMENTS}?state=judge&q={payer.team.slug}")
    expect(rows(moderator)).to_contain_text("платёж в другом магазине")
    rows(moderator).get_by_role("link").click()
    moderator.button("Решить").click()
    dialog = moderator.page.get_by_role("dialog", name="Что сделать с платежом?")
    dialog.get_by_label("Решение").select_option(decision)
    dialog.get_by_role("button", name=re.compile("^(Вернуть деньги|Зачесть платёж)$")).click()
    expect(dialog.get_by_label("Комментарий")).to_be_focused()
    dialog.get_by_label("Комментарий").fill("Разобрались с ЮKassa")
    dialog.get_by_role("button", name=re.compile("^(Вернуть деньги|Зачесть платёж)$")).click()
    expect(moderator.page.get_by_text("Решение принято")).to_be_visible()
    expect(moderator.page.get_by_text("Рассмотрен человеком")).to_be_visible()
    expect(moderator.page.get_by_text(words).first).to_be_visible()
    expect(moderator.button("Решить")).to_have_count(0)
    moderator.open(f"{PAYMENTS}?state=judge&q={payer.team.slug}")
    expect(moderator.page.get_by_role("heading", name="Ничего не нашлось")).to_be_visible()


def test_a_difference_with_yookassa_is_settled_in_words(moderator: Somebody, payer: Payer) -> None:
    """ЮKassa has a payment of our shop that nobody asked for."""
    strange: dict[str, Any] = {
        "id": secrets.token_hex(12),
        "status": "succeeded",
        "amount": {"value": "900.00"},
    }
    payer.platform.rpc("reconcile", payments=[strange], refunds=[], since=datetime.now(UTC).isoformat())
    moderator.page.reload()
    found = moderator.page.get_by_role("listitem").filter(has_text=strange["id"])
    expect(found).to_contain_text("В ЮKassa есть платёж, которого мы не просили")
    found.get_by_text("Подробности").click()
    expect(found.locator("pre")).to_contain_text('"value": "900.00"')

    found.get_by_role("button", name=re.compile("^Разобрано")).click()
    dialog = moderator.page.get_by_role("dialog", name="Как разобрались?")
    dialog.get_by_role("button", name="Закрыть расхождение").click()
    expect(dialog.get_by_label("Что выяснили")).to_be_focused()
    dialog.get_by_label("Что выяснили").fill("Платёж кассира из кабинета")
    dialog.get_by_role("button", name="Закрыть расхождение").click()
    expect(moderator.page.get_by_text("Расхождение закрыто")).to_be_visible()
    expect(found).to_have_count(0)


def test_nobody_else_finds_anything_there(boris: Somebody, payer: Payer) -> None:
    """Not even the owner, whose payment it is."""
    paid = payer.owner.get("payment_transactions", organization_id=f"eq.{payer.id}")[0]
    boris.sign_in(payer.owner, PAYMENTS)
    boris.sees_heading("Такой страницы нет")
    boris.open(f"{PAYMENTS}/{paid['id']}")
    boris.sees_heading("Такой страницы нет")
    expect(boris.page.get_by_text("1 490")).to_have_count(0)
    boris.open("/dashboard")
    expect(boris.page.locator('a[href^="/admin"]')).to_have_count(0)


@pytest.mark.parametrize("path", ["no-such-payment", "00000000-0000-4000-8000-000000000000"])
def test_a_payment_that_is_not_there(moderator: Somebody, path: str) -> None:
    if path.startswith("0"):
        with moderator.watch.refusal(406, "/rest/v1/payment_transactions"):
            moderator.open(f"{PAYMENTS}/{path}")
            moderator.sees_heading("Такой страницы нет")
    else:
        moderator.open(f"{PAYMENTS}/{path}")
        moderator.sees_heading("Такой страницы нет")


def test_in_english(new_somebody: NewSomebody, stack: Stack) -> None:
    payer = Payer(stack.addresses, "Ivanov Apiary")
    paid = payer.pays("subscription")
    person = a_moderator(stack.addresses)
    person.update("profiles", {"id": f"eq.{person.user_id}"}, locale="en")
    marina = new_somebody(locale="en-GB")
    marina.open(f"/sign-in?next={PAYMENTS}")
    marina.page.locator("input[name=email]").fill(person.email)
    marina.page.locator("input[name=password]").fill("правильный-пароль-1")
    marina.page.keyboard.press("Enter")
    marina.sees_heading("Payments")
    marina.open(f"{PAYMENTS}/{paid}")
    marina.sees_heading(re.compile("^Payment of"))
    expect(marina.page.get_by_text("State: Paid")).to_be_visible()
    marina.button("Refund").click()
    expect(marina.page.get_by_role("dialog")).to_contain_text("ends at once")
    # What is folded is ЮKassa's text, Russian as it was sent.
    assert not re.search(
        "[а-яё]", marina.page.locator("main").inner_text().replace("ЮKassa", ""), re.IGNORECASE
    )
