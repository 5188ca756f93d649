"""The numbers of fiscal receipts, as who pays sees them in the history, and who runs the platform beside a payment."""

from __future__ import annotations

import re

import pytest
from kit.people import Person, a_moderator
from playwright.sync_api import Locator, ViewportSize, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import DESKTOP, PHONE, overflow
from web.payer import Payer
from web.somebody import Somebody

INCOME = "Чек пробит 12 ноября 2026 · ФН 9960440300000000, ФД 12345, ФПД 1234567890"
RETURN = "Чек возврата пробит 12 ноября 2026 · ФН 9960440300000000, ФД 12346, ФПД 1234567890"
IN_ENGLISH = "Receipt registered 12 November 2026 · FN 9960440300000000, FD 12345, FPD 1234567890"
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


def paid(stack: Stack, name: str = "Пасека Ивановых") -> tuple[Payer, str]:
    """An organization that has paid, and the payment: its receipt is registered."""
    payer = Payer(stack.addresses, name)
    transaction_id = payer.pays("subscription")
    payer.has_receipt(transaction_id, "12345")
    return payer, transaction_id


def reads_english(somebody: Somebody, person: Person, path: str) -> None:
    person.update("profiles", {"id": f"eq.{person.user_id}"}, locale="en")
    somebody.open(f"/sign-in?next={path}")
    somebody.page.locator("input[name=email]").fill(person.email)
    somebody.page.locator("input[name=password]").fill("правильный-пароль-1")
    somebody.page.keyboard.press("Enter")


def copied(place: Locator) -> str:
    """The text as a person would select and paste it."""
    return place.inner_text().replace("\u00a0", " ")


def test_the_history_has_the_numbers_of_each_document(anna: Somebody, stack: Stack) -> None:
    payer, transaction_id = paid(stack)
    payer.has_receipt(transaction_id, "12346", type="refund", registered_at="2026-11-12T13:00:00.000+03:00")
    anna.sign_in(payer.owner, "/dashboard/billing")
    anna.sees_heading("Оплата")
    row = anna.page.get_by_role("row").filter(has_text="Первый платёж")
    documents = row.get_by_text(re.compile("ФН"))
    expect(documents).to_have_count(2)
    assert [copied(document) for document in documents.all()] == [INCOME, RETURN]
    expect(row).not_to_contain_text("Чек отправлен")
    assert overflow(anna.page) == []


def test_a_refund_has_the_numbers_of_its_own(anna: Somebody, stack: Stack) -> None:
    payer, transaction_id = paid(stack)
    moderator = a_moderator(stack.addresses)
    refund = moderator.rpc(
        "start_refund", transaction_id=transaction_id, amount="490.00", reason="Договорились"
    )
    payer.has_receipt(transaction_id, "12346", refund["refund_id"], type="refund")
    anna.sign_in(payer.owner, "/dashboard/billing")
    expect(anna.page.get_by_text(re.compile("^Чек возврата пробит"))).to_be_visible()
    returned = anna.page.get_by_text(re.compile("(Возвращаем|Вернули) 490"))
    assert RETURN in copied(returned)
    assert overflow(anna.page) == []


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["360", "1280"])
def test_the_history_in_english(new_somebody: NewSomebody, stack: Stack, viewport: ViewportSize) -> None:
    payer, _ = paid(stack, "Ivanov Apiary")
    anna = new_somebody(locale="en-GB", viewport=viewport)
    reads_english(anna, payer.owner, "/dashboard/billing")
    anna.sees_heading("Billing")
    document = anna.page.get_by_text(re.compile("^Receipt registered"))
    expect(document).to_be_visible()
    assert copied(document) == IN_ENGLISH
    expect(anna.page.locator("main")).not_to_contain_text(CYRILLIC)
    assert overflow(anna.page) == []


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["360", "1280"])
def test_the_desk_has_them_beside_a_payment(
    new_somebody: NewSomebody, stack: Stack, viewport: ViewportSize
) -> None:
    payer, transaction_id = paid(stack)
    payer.has_receipt(transaction_id, "12346", type="refund", registered_at="2026-11-12T13:00:00.000+03:00")
    moderator = new_somebody(viewport=viewport)
    moderator.sign_in(a_moderator(stack.addresses), f"/admin/payments/{transaction_id}")
    moderator.sees_heading(re.compile("^Платёж"))
    documents = moderator.page.get_by_role("definition").get_by_text(re.compile("ФН"))
    expect(documents).to_have_count(2)
    assert [copied(document) for document in documents.all()] == [INCOME, RETURN]
    assert overflow(moderator.page) == []


def test_the_desk_in_english(new_somebody: NewSomebody, stack: Stack) -> None:
    _, transaction_id = paid(stack, "Ivanov Apiary")
    marina = new_somebody(locale="en-GB", viewport=PHONE)
    reads_english(marina, a_moderator(stack.addresses), f"/admin/payments/{transaction_id}")
    marina.sees_heading(re.compile("^Payment of"))
    document = marina.page.get_by_role("definition").get_by_text(re.compile("^Receipt registered"))
    expect(document).to_be_visible()
    assert copied(document) == IN_ENGLISH
    assert overflow(marina.page) == []
