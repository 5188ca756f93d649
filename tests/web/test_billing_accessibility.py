"""axe-core on every state of the pages of money, on a phone and at a desk, in both themes and languages."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from kit.people import PASSWORD, Person, a_moderator, run_sql
from playwright.sync_api import ViewportSize, expect
from stack.stack import Stack
from web.conftest import DESKTOP, PHONE, NewSomebody
from web.payer import Payer
from web.somebody import RESULT_TIMEOUT, Somebody
from web.test_accessibility import Judge

LOCALES = {"ru": "ru-RU", "en": "en-GB"}
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["360", "1280"])
LANGUAGES = pytest.mark.parametrize("language", ["ru", "en"])
Language = Literal["ru", "en"]

# The words on the pages, in both languages.
PAY = re.compile("^(Оплатить|Pay) ")
CANCEL = re.compile("^(Отменить подписку|Cancel the subscription)")
RESUME = re.compile("^(Возобновить|Resume)")
SWITCH = re.compile("^(Перейти|Switch)")
REMOVE = re.compile("^(Удалить|Remove)")
REFUND = re.compile("^(Вернуть деньги|Refund)")
DECIDE = re.compile("^(Решить|Decide)")
SETTLED = re.compile("^(Разобрано|Settled)")


def sits_down(somebody: Somebody, person: Person, language: Language, path: str) -> None:
    """Sign in with the pages in this language."""
    person.update("profiles", {"id": f"eq.{person.user_id}"}, locale=language)
    somebody.open(f"/sign-in?next={path}")
    somebody.page.locator("input[name=email]").fill(person.email)
    somebody.page.locator("input[name=password]").fill(PASSWORD)
    somebody.page.keyboard.press("Enter")
    somebody.page.wait_for_url(somebody.site.web + path)


@SIZES
@LANGUAGES
def test_every_state_of_billing(
    new_somebody: NewSomebody, stack: Stack, size: ViewportSize, language: Language
) -> None:
    payer = Payer(stack.addresses)
    payer.pays("trial")
    owner = new_somebody(viewport=size, locale=LOCALES[language])
    sits_down(owner, payer.owner, language, "/dashboard/billing")
    judged = Judge()

    def judge(state: str, path: str = "/dashboard/billing") -> None:
        owner.open(path)
        owner.sees_some_heading()
        judged.look(state, owner.page)

    def judge_dialog(state: str, button: re.Pattern[str]) -> None:
        owner.open("/dashboard/billing")
        owner.button(button).first.click()
        expect(owner.page.get_by_role("dialog")).to_be_visible()
        judged.look(state, owner.page)

    judge("on trial")
    (card,) = payer.owner.get("payment_methods", organization_id=f"eq.{payer.id}")
    payer.owner.rpc("forget_payment_method", payment_method_id=card["id"])
    judge("on trial without a card")
    payer.pays("subscription")
    judge("active")
    judge_dialog("cancelling", CANCEL)
    judge_dialog("changing the plan", SWITCH)
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
    judge_dialog("changing to a shorter plan", SWITCH)
    changed = payer.pays("plan_change")
    judge("changed", f"/dashboard/billing/return?transaction={changed}")
    payer.bank_declines(None, pending=True)
    payer.renews(payer.period_end + timedelta(hours=1))
    judge("under way")
    judged.assert_content()


@SIZES
@LANGUAGES
def test_every_state_of_payments(
    new_somebody: NewSomebody, stack: Stack, size: ViewportSize, language: Language
) -> None:
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

    moderator = new_somebody(viewport=size, locale=LOCALES[language])
    sits_down(moderator, a_moderator(stack.addresses), language, "/admin/payments")
    judged = Judge()

    def judge(state: str, path: str) -> None:
        moderator.open(path)
        moderator.sees_some_heading()
        judged.look(state, moderator.page)

    def judge_dialog(state: str, button: re.Pattern[str]) -> None:
        moderator.button(button).first.click()
        dialog = moderator.page.get_by_role("dialog")
        judged.look(state, moderator.page)
        dialog.locator("button[type=submit]").click()
        expect(dialog.locator('[aria-invalid="true"]').first).to_be_focused()
        judged.look(f"{state}, with mistakes", moderator.page)

    judge("payments", "/admin/payments")
    judge_dialog("settling a difference", SETTLED)
    judge("nothing found", "/admin/payments?q=no-such-thing")
    judge("a payment", f"/admin/payments/{paid}")
    for fold in moderator.page.locator("summary").all():
        fold.click()
    judged.look("a payment, unfolded", moderator.page)
    judge_dialog("refunding", REFUND)
    judge("a payment to judge", f"/admin/payments/{odd}")
    judge_dialog("judging", DECIDE)

    # The whole price back, and how its owner sees it.
    refunded = {"transaction_id": paid, "reason": "Передумали"}
    person = a_moderator(stack.addresses)
    assert person.rpc("start_refund", **refunded)["status"] == "created"
    payer.runs("payment_sweep", datetime.now(UTC) + timedelta(minutes=3))
    judge("a refunded payment", f"/admin/payments/{paid}")
    owner = new_somebody(viewport=size, locale=LOCALES[language])
    sits_down(owner, payer.owner, language, "/dashboard/billing")
    owner.sees_some_heading()
    judged.look("refunded", owner.page)
    owner.open("/admin/payments")
    owner.sees_some_heading()
    judged.look("nobody's page", owner.page)
    judged.assert_content()


@pytest.mark.usefixtures("receipts")
@SIZES
@LANGUAGES
def test_receipts_and_money_too_much(
    new_somebody: NewSomebody, stack: Stack, size: ViewportSize, language: Language
) -> None:
    payer = Payer(stack.addresses)
    owner = new_somebody(viewport=size, locale=LOCALES[language])
    sits_down(owner, payer.owner, language, "/dashboard/billing")
    judged = Judge()

    def gives_an_address(email: str | None) -> None:
        change = "update public.organization_settings set billing_email = %s where organization_id = %s"
        run_sql(stack.addresses, change, email, payer.id)

    def is_asked_for_an_address(state: str) -> None:
        """Judge the dialog, empty and with its mistake, and leave it by Escape."""
        dialog = owner.page.get_by_role("dialog").filter(has=owner.page.locator("input[type=email]")).last
        expect(dialog).to_be_visible()
        judged.look(state, owner.page)
        dialog.locator("button[type=submit]").click()
        expect(dialog.locator("input")).to_be_focused()
        judged.look(f"{state}, with a mistake", owner.page)
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
        judged.look(f"paid {'once' if transaction_id == first else 'twice'}", owner.page)
    owner.open("/dashboard/billing")
    owner.sees_some_heading()
    judged.look("the second payment goes back", owner.page)

    # A dialog over a dialog: Escape closes the upper one.
    gives_an_address(None)
    with owner.watch.refusal(422, "/functions/v1/checkout"):
        owner.button(SWITCH).first.click()
        owner.page.get_by_role("dialog").get_by_role("button", name=PAY).click()
        is_asked_for_an_address("asked for an address while changing the plan")
    expect(owner.page.get_by_role("dialog").get_by_role("button", name=PAY)).to_be_focused()
    judged.assert_content()
