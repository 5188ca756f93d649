"""A subscription's life as the one who pays sees it: what is charged, when, why it failed, and what happens next."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
from kit.people import a_moderator, run_sql
from playwright.sync_api import Locator, Route, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import PHONE
from web.payer import OTHER_CARD, Payer
from web.somebody import RESULT_TIMEOUT, Somebody

MOSCOW = ZoneInfo("Europe/Moscow")
MONTHS = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]


def in_words(moment: datetime | date, *, year: bool = True) -> str:
    """«4 декабря 2026», with the spaces a browser shows."""
    day = moment.astimezone(MOSCOW).date() if isinstance(moment, datetime) else moment
    return f"{day.day} {MONTHS[day.month - 1]}" + (f" {day.year}" if year else "")


def in_roubles(amount: Decimal) -> str:
    """«13 956,33 ₽»."""
    whole, _, kopecks = f"{amount:.2f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", " ")
    return grouped + ("" if kopecks == "00" else f",{kopecks}") + " ₽"


@pytest.fixture
def payer(stack: Stack) -> Payer:
    """An organization that pays for plan A by the month."""
    payer = Payer(stack.addresses)
    payer.pays("subscription")
    return payer


@pytest.fixture
def owner(boris: Somebody, payer: Payer) -> Somebody:
    """Its owner, on Billing."""
    boris.sign_in(payer.owner, "/dashboard/billing")
    boris.sees_heading("Оплата")
    return boris


def fact(somebody: Somebody, name: str) -> Locator:
    """The value beside a name in the list of facts."""
    return (
        somebody.page.locator("dl > div")
        .filter(has=somebody.page.get_by_text(name, exact=True))
        .locator("dd")
    )


def by_the_year(somebody: Somebody) -> None:
    """The plans as they are paid for a year at once."""
    somebody.page.get_by_role("radio", name="За год").check()


def looks_again(somebody: Somebody) -> None:
    somebody.open("/dashboard/billing")
    somebody.sees_heading("Оплата")


def test_cancelled_and_taken_back(owner: Somebody, payer: Payer) -> None:
    end = in_words(payer.period_end)
    expect(fact(owner, "Следующее списание")).to_have_text(f"1 490 ₽ — {end}, с карты Mastercard ·· 4444")
    expect(owner.page.get_by_text("Отменить можно в любой момент")).to_be_visible()

    owner.button("Отменить подписку").click()
    dialog = owner.page.get_by_role("dialog", name="Отменить подписку «Участник, месяц»?")
    expect(dialog).to_contain_text(f"{end} вы потеряете:")
    expect(dialog.get_by_role("listitem").first).to_have_text("статус A — «Участник»")
    dialog.get_by_role("button", name="Оставить").click()
    expect(dialog).to_be_hidden()
    assert payer.subscription()["cancel_at_period_end"] is False

    owner.button("Отменить подписку").click()
    dialog.get_by_role("button", name="Отменить подписку").click()
    expect(owner.page.get_by_text(f"Подписка закончится {end}").first).to_be_visible()
    expect(fact(owner, "Следующее списание")).to_have_text("Не будет")
    # The button that was pressed is gone: the keyboard goes on from the page's heading.
    heading = owner.page.get_by_role("heading", name="Оплата", level=1)
    expect(heading).to_be_focused()
    owner.goes_to("Статус")
    expect(owner.page.get_by_role("definition").filter(has_text=end).first).to_be_visible()

    owner.goes_to("Обзор")
    expect(owner.page.get_by_role("heading", name=f"Подписка закончится {end}")).to_be_visible()
    owner.goes_to("Оплата")
    owner.button("Возобновить подписку").click()
    expect(fact(owner, "Следующее списание")).to_contain_text(f"1 490 ₽ — {end}")
    expect(owner.page.get_by_text("Подписка продолжается")).to_be_visible()
    expect(heading).to_be_focused()
    assert payer.subscription()["next_charge_at"] == payer.subscription()["current_period_end"]


def test_what_was_cancelled_ends_with_its_period(owner: Somebody, payer: Payer) -> None:
    payer.owner.rpc("cancel_subscription", organization_id=payer.id)
    payer.renews(payer.period_end + timedelta(hours=1))
    looks_again(owner)
    expect(owner.page.get_by_text(f"Подписка закончилась {in_words(payer.period_end)}")).to_be_visible()
    expect(owner.page.get_by_text("Вы её отменили. Уровни сняты.")).to_be_visible()
    expect(owner.button(re.compile(r"^Оплатить\s1\s490\s₽"))).to_be_visible()


def test_a_declined_charge_is_recovered_with_a_new_card(owner: Somebody, payer: Payer) -> None:
    end = payer.period_end
    payer.bank_declines("insufficient_funds")
    declined_at = end + timedelta(hours=1)
    payer.renews(declined_at)
    looks_again(owner)

    grace = in_words(declined_at + timedelta(days=14))
    notice = owner.page.get_by_text(re.compile("^На карте недостаточно средств. Статус"))
    expect(notice).to_contain_text(f"Статус A сохраняется до {grace}, осталось")
    expect(notice).to_contain_text(f"Попробуем ещё раз {in_words(declined_at + timedelta(days=1))}.")
    expect(fact(owner, "Статус сохраняется до")).to_contain_text(grace)
    expect(fact(owner, "Следующая попытка")).to_contain_text("с карты Mastercard ·· 4444")
    later = [in_words(declined_at + timedelta(days=days), year=False) for days in (3, 5, 7, 10, 13)]
    expect(fact(owner, "Если снова не пройдёт").get_by_role("listitem")).to_have_text(later)
    expect(owner.button("Оплатить 1 490 ₽ сейчас")).to_be_visible()

    # The first retry fails, too, and is told as what it is.
    payer.renews(declined_at + timedelta(days=1, hours=1))
    looks_again(owner)
    attempts = owner.page.get_by_role("row").filter(has_text="Продление")
    expect(attempts).to_have_count(2)
    expect(attempts.first).to_contain_text("Продление, попытка 2")
    expect(fact(owner, "Следующая попытка")).to_contain_text(in_words(declined_at + timedelta(days=3)))

    owner.button("Привязать другую карту").click()
    owner.is_at_yookassa()
    owner.leaves_yookassa()
    owner.pays_elsewhere(OTHER_CARD)
    owner.sees_heading("Карта привязана", timeout=RESULT_TIMEOUT)
    expect(owner.page.get_by_text("Долг 1 490 ₽ спишем с неё в течение часа")).to_be_visible()
    payer.renews()

    owner.link("К оплате и тарифам").click()
    expect(fact(owner, "Состояние")).to_have_text("Действует")
    expect(attempts.filter(has_text="Оплачено")).to_have_count(1)
    now = payer.subscription()
    assert now["status"] == "active"
    assert datetime.fromisoformat(now["current_period_start"]) == end  # the billing day is kept
    expect(fact(owner, "Следующее списание")).to_contain_text(
        f"{in_words(payer.period_end)}, с карты Мир ·· 2987"
    )


def test_past_due_is_paid_at_once(owner: Somebody, payer: Payer) -> None:
    payer.bank_declines("card_expired")
    payer.renews(payer.period_end + timedelta(hours=1))
    looks_again(owner)
    expect(owner.page.get_by_text("Срок действия карты истёк. Статус A сохраняется")).to_be_visible()
    expect(fact(owner, "Следующая попытка")).to_have_text("Не будет: этой карте банк отказывает")

    owner.button("Оплатить 1 490 ₽ сейчас").click()
    owner.is_at_yookassa()
    owner.pay_with("4444")
    owner.sees_heading("Оплата прошла", timeout=RESULT_TIMEOUT)
    expect(owner.page.get_by_text(f"Оплачено до {in_words(payer.period_end)}")).to_be_visible()


def test_grace_that_ends_unpaid_takes_the_level(owner: Somebody, payer: Payer) -> None:
    payer.bank_declines("card_expired")
    due = payer.period_end + timedelta(hours=1)
    payer.renews(due)
    payer.renews(due + timedelta(days=14, hours=1))
    looks_again(owner)
    expect(owner.page.get_by_text("за 14 дней отсрочки денег так и не поступило")).to_be_visible()
    owner.open(payer.team.public_page)
    expect(owner.button(re.compile(r"^Статус A утрачен \d+")).first).to_be_visible()


def test_a_card_removed_in_grace_is_not_tried_again(owner: Somebody, payer: Payer) -> None:
    payer.bank_declines("insufficient_funds")
    due = payer.period_end + timedelta(hours=1)
    payer.renews(due)
    looks_again(owner)
    owner.button(re.compile("^Удалить")).click()
    dialog = owner.page.get_by_role("dialog", name="Удалить карту Mastercard ·· 4444?")
    expect(dialog).to_contain_text("Повторных списаний не будет.")
    dialog.get_by_role("button", name="Удалить карту").click()
    expect(fact(owner, "Следующая попытка")).to_have_text("Не будет: карты нет")
    expect(owner.button("Привязать карту")).to_be_visible()

    before = len(payer.owner.get("payment_transactions", organization_id=f"eq.{payer.id}"))
    payer.renews(due + timedelta(days=1, hours=1))
    assert len(payer.owner.get("payment_transactions", organization_id=f"eq.{payer.id}")) == before


def test_a_charge_under_way_is_said_plainly(owner: Somebody, payer: Payer) -> None:
    """ЮKassa has not made up its mind: nothing is paid twice, and a removed card does not hide it."""
    payer.bank_declines(None, pending=True)
    payer.renews(payer.period_end + timedelta(hours=1))
    looks_again(owner)
    expect(owner.page.get_by_text("Списываем прямо сейчас")).to_be_visible()
    expect(fact(owner, "Следующее списание")).to_have_text("Сейчас")
    for name in ("Оплатить", "Отменить подписку", "Перейти"):
        expect(owner.button(re.compile(f"^{name}"))).to_have_count(0)

    owner.button(re.compile("^Удалить")).click()
    owner.page.get_by_role("dialog").get_by_role("button", name="Удалить карту").click()
    expect(owner.page.get_by_text("один платёж ушёл в банк до удаления")).to_be_visible()


def month_after(day: date) -> date:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def test_another_plan_costs_its_price_less_the_unused_days(owner: Somebody, payer: Payer) -> None:
    payer.grows_older(days=11)
    looks_again(owner)
    start = datetime.fromisoformat(payer.subscription()["current_period_start"]).astimezone(MOSCOW).date()
    in_period = (month_after(start) - start).days
    unused = (payer.period_end.astimezone(MOSCOW).date() - datetime.now(MOSCOW).date()).days
    credit = (Decimal(1490) * unused / in_period).quantize(Decimal("0.01"), ROUND_HALF_UP)
    amount = Decimal(14900) - credit

    by_the_year(owner)
    owner.button("Перейти 14 900 ₽ в год").click()
    dialog = owner.page.get_by_role("dialog", name="Перейти на «Участник, год»?")
    lines = dialog.locator("dl > div")
    expect(lines.nth(0)).to_have_text("Тариф «Участник, год»14 900 ₽")
    expect(lines.nth(1)).to_contain_text(f"1 490 ₽ × {unused} / {in_period}")
    expect(lines.nth(1).locator("dd")).to_have_text(f"−{in_roubles(credit)}")
    expect(lines.nth(2)).to_have_text(f"К оплате{in_roubles(amount)}")
    expect(dialog).to_contain_text("Тогда спишем 14 900 ₽, и так каждый год")
    dialog.get_by_role("button", name=f"Оплатить {in_roubles(amount)}").click()
    owner.is_at_yookassa()
    owner.pay_with("4444")
    owner.sees_heading("Тариф сменён", timeout=RESULT_TIMEOUT)

    owner.goes_to("Оплата")
    expect(fact(owner, "Тариф")).to_have_text("Участник, 14 900 ₽ в год")
    expect(owner.page.get_by_text("Напомним за 7 дней.")).to_be_visible()
    changed = owner.page.get_by_role("row").filter(has_text="Смена тарифа")
    expect(changed).to_contain_text(in_roubles(amount))
    (row,) = payer.owner.get("payment_transactions", organization_id=f"eq.{payer.id}", kind="eq.plan_change")
    assert Decimal(str(row["amount"])) == amount

    # Back to months: the large credit becomes days, to the kopeck.
    owner.page.get_by_role("radio", name="Помесячно").check()
    owner.button("Перейти 1 490 ₽ в месяц").click()
    dialog = owner.page.get_by_role("dialog", name="Перейти на «Участник, месяц»?")
    expect(dialog.locator("dl > div").nth(2)).to_contain_text("не пропадёт: за него добавим")
    expect(dialog).to_contain_text("Тогда спишем 1 490 ₽, и так каждый месяц")
    expect(dialog.get_by_role("button", name="Оплатить 1 ₽")).to_be_visible()


def test_level_b_opens_when_verified(owner: Somebody, payer: Payer, stack: Stack) -> None:
    to_b = owner.button(re.compile(r"^Перейти\s+4\s990\s₽"))
    expect(owner.link("Подать заявку на статус B")).to_have_attribute(
        "href", "/dashboard/organization/status"
    )
    expect(to_b).to_have_count(0)
    request = payer.owner.rpc(
        "submit_upgrade_request", organization_id=payer.id, target_level="B", message="Проверьте нас"
    )
    looks_again(owner)
    expect(owner.page.get_by_text("Ваша заявка на статус B на рассмотрении.")).to_be_visible()

    a_moderator(stack.addresses).rpc(
        "review_upgrade_request", request_id=request["id"], decision="approved", comment="Всё в порядке"
    )
    looks_again(owner)
    to_b.click()
    dialog = owner.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Тогда же появится статус B — «Проверено».")
    dialog.get_by_role("button", name=re.compile("^Оплатить")).click()
    owner.is_at_yookassa()
    owner.pay_with("4444")
    owner.sees_heading("Тариф сменён", timeout=RESULT_TIMEOUT)
    owner.goes_to("Оплата")
    expect(owner.page.get_by_text("Этот уровень ниже вашего.")).to_be_visible()
    owner.goes_to("Обзор")
    expect(owner.badge("B")).to_be_visible()


def test_a_sum_that_changed_meanwhile_is_shown_again(owner: Somebody, payer: Payer) -> None:
    """Midnight came between the quote and the press: nobody pays another amount than they were told."""
    by_the_year(owner)
    owner.button("Перейти 14 900 ₽ в год").click()
    dialog = owner.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name=re.compile("^Оплатить"))).to_be_visible()
    payer.grows_older(days=1)
    dialog.get_by_role("button", name=re.compile("^Оплатить")).click()
    expect(dialog.get_by_text("сумма изменилась")).to_be_visible()
    assert owner.page.url.endswith("/dashboard/billing")


def test_a_new_card_takes_the_place_of_the_old_one(owner: Somebody, payer: Payer) -> None:
    owner.button("Привязать другую карту").click()
    owner.is_at_yookassa()
    owner.leaves_yookassa()
    owner.pays_elsewhere(OTHER_CARD)
    owner.sees_heading("Карта привязана", timeout=RESULT_TIMEOUT)
    expect(
        owner.page.get_by_text(f"Следующее списание 1 490 ₽ — {in_words(payer.period_end)}")
    ).to_be_visible()
    owner.link("К оплате и тарифам").click()
    expect(fact(owner, "Следующее списание")).to_contain_text("с карты Мир ·· 2987")


def test_a_card_that_was_not_saved_changes_nothing(owner: Somebody, payer: Payer) -> None:
    owner.button("Привязать другую карту").click()
    owner.is_at_yookassa()
    owner.pay_with("4444", is_saved=False)
    owner.sees_heading("Карта не сохранилась", timeout=RESULT_TIMEOUT)
    expect(owner.page.get_by_text("всё осталось по-прежнему")).to_be_visible()
    owner.goes_to("Оплата")
    expect(fact(owner, "Следующее списание")).to_contain_text("Mastercard ·· 4444")


def test_a_period_paid_twice_is_given_back(owner: Somebody, payer: Payer) -> None:
    """Two payment pages were open, and both were paid."""
    payer.owner.rpc("cancel_subscription", organization_id=payer.id)
    payer.renews(payer.period_end + timedelta(hours=1))
    first, second = payer.checks_out("subscription"), payer.checks_out("subscription", "a_year")
    for transaction_id in (first, second):
        payer.simulator(f"payments/{payer.payment_id(transaction_id)}/pay", card=OTHER_CARD)
        owner.open(f"/dashboard/billing/return?transaction={transaction_id}")
        expected = "Оплата прошла" if transaction_id == first else "Этот платёж лишний, вернём его"
        owner.sees_heading(expected, timeout=RESULT_TIMEOUT)
    payer.runs("payment_sweep", datetime.now(UTC) + timedelta(minutes=1))
    owner.goes_to("Оплата")
    row = owner.page.get_by_role("row").filter(has_text="14 900 ₽").filter(has_text="Первый платёж")
    expect(row).to_contain_text(re.compile(r"Вернули 14\s900\s₽.*этот период уже был оплачен"))


@pytest.mark.usefixtures("receipts")
def test_an_address_for_receipts_is_asked_for_once(boris: Somebody, stack: Stack) -> None:
    payer = Payer(stack.addresses)
    run_sql(
        stack.addresses,
        "update public.organization_settings set billing_email = null where organization_id = %s",
        payer.id,
    )
    boris.sign_in(payer.owner, "/dashboard/billing")
    with boris.watch.refusal(422, "/functions/v1/checkout"):
        boris.button("Оплатить 1 490 ₽ в месяц").click()
        dialog = boris.page.get_by_role("dialog", name="Куда отправить чек?")
        expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Сохранить и продолжить").click()
    expect(dialog.get_by_label("Электронная почта для чеков")).to_be_focused()
    dialog.get_by_label("Электронная почта для чеков").fill("buh@paseka.example")
    dialog.get_by_role("button", name="Сохранить и продолжить").click()
    boris.is_at_yookassa()
    boris.pay_with("4444")
    boris.sees_heading("Оплата прошла", timeout=RESULT_TIMEOUT)
    boris.goes_to("Оплата")
    expect(
        boris.page.get_by_text("Чеки об оплате и возвратах отправляем на buh@paseka.example.")
    ).to_be_visible()
    expect(boris.page.get_by_role("row").filter(has_text="Первый платёж")).to_contain_text(
        re.compile("Чек (готовится|отправлен|пробит)")
    )


def test_who_pays_knows_what_follows_and_sees_what_went_wrong(
    new_somebody: NewSomebody, stack: Stack
) -> None:
    anna = new_somebody(viewport=PHONE)
    anna.sign_in(anna.with_organization(), "/dashboard/billing")
    main = anna.page.locator("main")
    expect(main).to_contain_text("списывать с неё 1 490 ₽ в месяц, пока не отмените подписку")
    anna.page.get_by_role("radio", name=re.compile("в год")).check()
    expect(main).to_contain_text("списывать с неё 14 900 ₽ в год, пока не отмените подписку")
    expect(main).to_contain_text("ту же сумму в начале каждого следующего месяца или года")

    # The button stands two screens below the place where trouble is told.
    with anna.yookassa_out_of_order(), anna.watch.refusal(502, "/functions/v1/checkout"):
        by_the_year(anna)
        anna.button("Оплатить 14 900 ₽ в год").click()
        trouble = anna.page.get_by_role("alert").filter(has_text="ЮKassa сейчас не отвечает.")
        expect(trouble).to_be_in_viewport(ratio=1)
    anna.page.keyboard.press("Tab")  # and from there on
    expect(anna.page.get_by_role("radio", name=re.compile("в год"))).to_be_focused()


def test_a_viewer_sees_the_state_and_nothing_to_press(boris: Somebody, payer: Payer) -> None:
    payer.bank_declines("insufficient_funds")
    payer.renews(payer.period_end + timedelta(hours=1))
    boris.sign_in(payer.team.join("viewer"), "/dashboard/billing")
    expect(boris.page.get_by_text("Платёж не прошёл").first).to_be_visible()
    expect(fact(boris, "Статус сохраняется до")).to_be_visible()
    for name in ("Оплатить", "Отменить", "Привязать", "Перейти", "Удалить"):
        expect(boris.button(re.compile(f"^{name}"))).to_have_count(0)


def test_past_due_in_english(new_somebody: NewSomebody, stack: Stack) -> None:
    payer = Payer(stack.addresses, "Ivanov Apiary")
    payer.pays("subscription")
    payer.bank_declines("insufficient_funds")
    payer.renews(payer.period_end + timedelta(hours=1))
    payer.owner.update("profiles", {"id": f"eq.{payer.owner.user_id}"}, locale="en")
    anna = new_somebody(locale="en-GB")
    anna.open("/sign-in?next=/dashboard/billing")
    anna.page.locator("input[name=email]").fill(payer.owner.email)
    anna.page.locator("input[name=password]").fill("правильный-пароль-1")
    anna.page.keyboard.press("Enter")
    anna.sees_heading("Billing")
    expect(anna.page.get_by_text("Insufficient funds on the card. Status A stays until")).to_be_visible()
    expect(anna.button(re.compile("^Pay .*1,490 now"))).to_be_visible()
    anna.button("Cancel the subscription").click()
    expect(anna.page.get_by_role("dialog")).to_contain_text("lose")
    expect(anna.page.locator("main")).not_to_contain_text(re.compile("[а-яё]", re.IGNORECASE))


def test_the_page_asks_once(owner: Somebody) -> None:
    """Whatever the layout asks for every page asks; what Billing adds is one question."""

    def asked_by(path: str, heading: str) -> list[str]:
        calls: list[str] = []
        owner.page.on("request", lambda request: calls.append(request.url))
        owner.open(path)
        owner.sees_heading(heading)
        owner.page.wait_for_load_state("networkidle")
        found = [re.search(r"/(?:rest|functions)/v1/(.*?)(?:\?|$)", url) for url in calls]
        return [match[1] for match in found if match]

    # what the layout asks may come after the network was quiet once, so it is also named
    layout = {"rpc/my_account"}
    elsewhere = layout | set(asked_by("/account", "Мой аккаунт"))
    billing = asked_by("/dashboard/billing", "Оплата")
    assert billing.count("rpc/billing_overview") == 1
    assert [name for name in billing if name not in elsewhere] == ["rpc/billing_overview"]


def test_an_answer_that_comes_before_the_code_of_its_page_is_not_asked_for_again(owner: Somebody) -> None:
    """As on a slow network; a page opened later asks again, for money moves meanwhile."""
    calls: list[str] = []
    owner.page.on("request", lambda request: calls.append(request.url))
    held: list[Route] = []
    owner.page.route("**/BillingPage-*.js", lambda route: held.append(route))
    with owner.page.expect_response("**/rpc/billing_overview") as answer:
        owner.page.goto(f"{owner.site.web}/dashboard/billing")
    answer.value.finished()
    for route in held:
        route.continue_()
    owner.sees_heading("Оплата")
    expect(owner.page.get_by_role("heading", name="Платежи")).to_be_visible()
    owner.page.wait_for_load_state("networkidle")
    assert sum("rpc/billing_overview" in url for url in calls) == 1
    owner.goes_to("Обзор")
    with owner.page.expect_request("**/rpc/billing_overview"):
        owner.goes_to("Оплата")
