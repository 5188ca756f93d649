"""No violation of WCAG 2.2 A and AA in any state of the pages of money, in every form. Each state is brought about once."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.people import a_moderator, run_sql
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody, receipts_required
from web.looks import DESKTOP, FORMS, PHONE, Form, Looks
from web.payer import Payer
from web.somebody import RESULT_TIMEOUT

pytestmark = pytest.mark.timeout(600)  # the first to ask for a walk waits for all of it
IN_ALL_FORMS = pytest.mark.parametrize("form", FORMS, ids=str)

# The words on the pages.
PAY = re.compile("^Оплатить ")
CANCEL = re.compile("^Отменить подписку")
SWITCH = re.compile("^Перейти")
REMOVE = re.compile("^Удалить")
REFUND = re.compile("^Вернуть деньги")
DECIDE = re.compile("^Решить")
SETTLED = re.compile("^Разобрано")


@pytest.fixture(scope="module")
def states_of_billing(new_walker: NewSomebody, stack: Stack) -> Looks:
    payer = Payer(stack.addresses)
    payer.pays("trial")
    owner = new_walker(viewport=PHONE)
    owner.sign_in(payer.owner, "/dashboard/billing")
    looks = Looks(owner.page, FORMS)

    def judge(state: str, path: str = "/dashboard/billing") -> None:
        owner.open(path)
        owner.sees_some_heading()
        looks.at(state)

    def judge_dialog(state: str, button: re.Pattern[str], period: str | None = None) -> None:
        owner.open("/dashboard/billing")
        if period:
            owner.page.get_by_role("radio", name=period).check()
        owner.button(button).first.click()
        expect(owner.page.get_by_role("dialog")).to_be_visible()
        looks.at(state)

    judge("on trial")
    (card,) = payer.owner.get("payment_methods", select="id", organization_id=f"eq.{payer.id}")
    payer.owner.rpc("forget_payment_method", payment_method_id=card["id"])
    judge("on trial without a card")
    payer.pays("subscription")
    judge("active")
    judge_dialog("cancelling", CANCEL)
    judge_dialog("changing the plan", SWITCH, "За год")
    payer.owner.rpc("cancel_subscription", organization_id=payer.id)
    judge("set to end")
    payer.owner.rpc("resume_subscription", organization_id=payer.id)

    payer.bank_declines("insufficient_funds")
    due = payer.period_end + timedelta(hours=1)
    payer.renews(due)
    judge("past due, tried again")
    judge_dialog("removing the card in grace", REMOVE)
    new_card = payer.pays("card")
    judge("a new card", f"/dashboard/billing/return?transaction={new_card}")
    payer.bank_declines("card_expired")
    payer.renews(due + timedelta(days=1))
    judge("past due, not tried again")
    payer.renews(due + timedelta(days=15))
    judge("expired")

    payer.pays("subscription", "a_year")
    judge_dialog("changing to a shorter plan", SWITCH, "Помесячно")
    changed = payer.pays("plan_change")
    judge("changed", f"/dashboard/billing/return?transaction={changed}")
    payer.bank_declines(None, pending=True)
    payer.renews(payer.period_end + timedelta(hours=1))
    judge("under way")
    return looks


@IN_ALL_FORMS
def test_every_state_of_billing(states_of_billing: Looks, form: Form) -> None:
    states_of_billing.assert_content(form)


@pytest.fixture(scope="module")
def states_of_payments(new_walker: NewSomebody, stack: Stack) -> Looks:
    payer = Payer(stack.addresses)
    paid = payer.pays("subscription")
    odd = payer.checks_out("card")
    payer.simulator(f"payments/{payer.payment_id(odd)}/tamper", amount={"value": "2.00", "currency": "RUB"})
    payer.simulator(f"payments/{payer.payment_id(odd)}/pay")
    payer.runs("payment_sweep", datetime.now(UTC) + timedelta(minutes=3))
    strange: dict[str, Any] = {
        "id": secrets.token_hex(12),
        "status": "succeeded",
        "amount": {"value": "9.00"},
    }
    payer.platform.rpc("reconcile", payments=[strange], refunds=[], since=datetime.now(UTC).isoformat())

    moderator = new_walker(viewport=DESKTOP)
    moderator.sign_in(a_moderator(stack.addresses), "/admin/payments")
    looks = Looks(moderator.page, FORMS)

    def judge(state: str, path: str) -> None:
        moderator.open(path)
        moderator.sees_some_heading()
        looks.at(state)

    def judge_dialog(state: str, button: re.Pattern[str]) -> None:
        moderator.button(button).first.click()
        dialog = moderator.page.get_by_role("dialog")
        looks.at(state)
        dialog.locator("button[type=submit]").click()
        expect(dialog.locator('[aria-invalid="true"]').first).to_be_focused()
        looks.at(f"{state}, with mistakes")

    judge("payments", "/admin/payments")
    judge_dialog("settling a difference", SETTLED)
    judge("nothing found", "/admin/payments?q=no-such-thing")
    judge("a payment", f"/admin/payments/{paid}")
    for fold in moderator.page.locator("summary").all():
        fold.click()
    looks.at("a payment, unfolded")
    judge_dialog("refunding", REFUND)
    judge("a payment to judge", f"/admin/payments/{odd}")
    judge_dialog("judging", DECIDE)

    # The whole price back, and how its owner sees it.
    refunded = {"transaction_id": paid, "reason": "Передумали"}
    person = a_moderator(stack.addresses)
    assert person.rpc("start_refund", **refunded)["status"] == "created"
    payer.runs("payment_sweep", datetime.now(UTC) + timedelta(minutes=3))
    judge("a refunded payment", f"/admin/payments/{paid}")
    owner = new_walker(viewport=DESKTOP)
    owner.sign_in(payer.owner, "/dashboard/billing")
    owner.sees_some_heading()
    looks.at("refunded")
    owner.open("/admin/payments")
    owner.sees_some_heading()
    looks.at("nobody's page")
    return looks


@IN_ALL_FORMS
def test_every_state_of_payments(states_of_payments: Looks, form: Form) -> None:
    states_of_payments.assert_content(form)


@pytest.fixture(scope="module")
def receipts_and_money_too_much(new_walker: NewSomebody, stack: Stack) -> Looks:
    with receipts_required(stack):
        return walk_through_receipts(new_walker, stack)


def walk_through_receipts(new_walker: NewSomebody, stack: Stack) -> Looks:
    payer = Payer(stack.addresses)
    owner = new_walker(viewport=PHONE)
    owner.sign_in(payer.owner, "/dashboard/billing")
    looks = Looks(owner.page, FORMS)

    def gives_an_address(email: str | None) -> None:
        change = "update public.organization_settings set billing_email = %s where organization_id = %s"
        run_sql(stack.addresses, change, email, payer.id)

    def is_asked_for_an_address(state: str) -> None:
        """Judge the dialog, empty and with its mistake, and leave it by Escape."""
        dialog = owner.page.get_by_role("dialog").filter(has=owner.page.locator("input[type=email]")).last
        expect(dialog).to_be_visible()
        looks.at(state)
        dialog.locator("button[type=submit]").click()
        expect(dialog.locator("input")).to_be_focused()
        looks.at(f"{state}, with a mistake")
        owner.page.keyboard.press("Escape")
        expect(owner.page.locator("input[type=email]")).to_have_count(0)

    gives_an_address(None)
    with owner.watch.refusal(422, "/functions/v1/checkout"):
        owner.button(PAY).first.click()
        is_asked_for_an_address("asked for an address")

    gives_an_address("buh@paseka.example")
    first, second = payer.checks_out("subscription"), payer.checks_out("subscription", "a_year")
    for transaction_id in (first, second):
        payer.simulator(f"payments/{payer.payment_id(transaction_id)}/pay")
        owner.open(f"/dashboard/billing/return?transaction={transaction_id}")
        heading = owner.page.get_by_role("heading", name=re.compile("Оплата прошла|received|лишний|too many"))
        expect(heading).to_be_visible(timeout=RESULT_TIMEOUT)
        looks.at(f"paid {'once' if transaction_id == first else 'twice'}")
    payer.has_receipt(first, "12345")
    payer.has_receipt(second, "12346")
    payer.has_receipt(second, "12347", type="refund")
    owner.open("/dashboard/billing")
    owner.sees_some_heading()
    expect(owner.page.locator("main")).to_contain_text("12347")
    looks.at("the second payment goes back, with the numbers of its receipts")

    # A dialog over a dialog: Escape closes the upper one.
    gives_an_address(None)
    with owner.watch.refusal(422, "/functions/v1/checkout"):
        owner.page.get_by_role("radio", name="За год").check()
        owner.button(SWITCH).first.click()
        owner.page.get_by_role("dialog").get_by_role("button", name=PAY).click()
        is_asked_for_an_address("asked for an address while changing the plan")
    expect(owner.page.get_by_role("dialog").get_by_role("button", name=PAY)).to_be_focused()
    return looks


@IN_ALL_FORMS
def test_receipts_and_money_too_much(receipts_and_money_too_much: Looks, form: Form) -> None:
    receipts_and_money_too_much.assert_content(form)
