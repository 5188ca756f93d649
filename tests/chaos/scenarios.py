"""What may happen to an organization's money, as scenarios; each ends the same whatever breaks on the way.

A scenario does what people, ЮKassa and the scheduler do: who gets no answer asks again, ЮKassa redelivers until it hears
200, the scheduler comes every minute and every hour.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
from chaos.gate import Gate
from kit.customer import Customer
from kit.env import Env
from kit.people import Person
from kit.yookassa import notice

_CLIENT = httpx.Client(timeout=60)
atexit.register(_CLIENT.close)
LIVE = ("trialing", "active", "past_due")


@dataclass
class Stage:
    """One organization and everybody it deals with, with the functions behind the gate."""

    env: Env
    gate: Gate
    functions: str
    kira: Customer
    moderator: Person
    forbidden_after: int | None = None
    """From which call on no charge may be sent."""

    # who asks again when nobody answers

    def post(
        self, name: str, body: dict[str, Any], token: str | None = None, tries: int = 4
    ) -> httpx.Response | None:
        """A person presses the button until something is said."""
        for _ in range(tries):
            try:
                answer = self.kira.post(name, body, token=token, functions=self.functions)
            except httpx.TransportError:
                continue
            if answer.status_code < 500:
                return answer
        return None

    def job(self, name: str, tries: int = 1) -> None:
        """The scheduler calls; whether it hears an answer is all the same to it."""
        headers = {"Authorization": f"Bearer {self.env.stack.scheduler_secret}"}
        for _ in range(tries):
            try:
                answer = _CLIENT.post(f"{self.functions}/{name}", json={}, headers=headers)
            except httpx.TransportError:
                continue
            if answer.status_code == 200:
                return

    def notify(self, payment: dict[str, Any], event: str | None = None, tries: int = 4) -> None:
        """ЮKassa delivers until it hears 200; for good measure once more."""
        notification = notice(payment) | ({"event": event} if event else {})
        for _ in range(tries):
            try:
                if self.env.notify(notification, functions=self.functions).status_code == 200:
                    return
            except httpx.TransportError:
                continue

    # what is seen from outside

    def payments(self, kind: str | None = None) -> list[dict[str, Any]]:
        """ЮKassa's payments of this organization."""
        found = self.env.simulator.payments({"organization_id": self.kira.organization_id})
        return [payment for payment in found if kind in (None, payment["metadata"]["kind"])]

    def pay(self, kind: str, plan: str) -> None:
        """A person pays by hand; ЮKassa tells us."""
        answer = self.post(
            "checkout", {"organization_id": self.kira.organization_id, "plan_id": plan, "kind": kind}
        )
        if answer is None or answer.status_code != 200:
            return
        payment_id = answer.json()["payment_url"].rpartition("/")[2]
        self.notify(self.env.simulator.pay(payment_id))
        self.notify(self.env.simulator.payment(payment_id))

    def due(self) -> None:
        """The next charge is due this minute."""
        self.env.time.forward_to(self.kira.subscription()["next_charge_at"])

    def taken(self) -> Decimal:
        """What ЮKassa took and did not give back."""
        return sum(
            (
                Decimal(payment["amount"]["value"]) - Decimal(payment["refunded_amount"]["value"])
                for payment in self.payments()
                if payment["status"] == "succeeded"
            ),
            Decimal(0),
        )


@dataclass(frozen=True)
class Scenario:
    """A scenario: what is so before anything breaks, what then happens, and how it may end."""

    name: str
    before: Callable[[Stage], None]
    happens: Callable[[Stage], None]
    ends: tuple[tuple[str | None, str, Decimal], ...]
    """The level, the subscription's status, what ЮKassa took in roubles."""
    calls: tuple[str, ...]
    """Every call the functions make in it when nothing breaks."""
    meanwhile: Callable[[Stage], None] = lambda _stage: None
    """What others do while time goes on."""

    def end(self, stage: Stage) -> tuple[str | None, str | None, Decimal]:
        """How it stands now."""
        subscriptions = stage.kira.subscriptions()
        return stage.kira.level(), subscriptions[-1] if subscriptions else None, stage.taken()


def nothing(_stage: Stage) -> None:
    pass


def on_trial(stage: Stage) -> None:
    stage.kira.try_for_free()


def trial_over(stage: Stage) -> None:
    on_trial(stage)
    stage.due()


def a_trial(stage: Stage) -> None:
    stage.pay("trial", "a_month")


def a_first_month(stage: Stage) -> None:
    stage.pay("subscription", "a_month")


def a_renewal(stage: Stage) -> None:
    stage.job("subscription_renewal", tries=2)


def a_charge_the_bank_thinks_about(stage: Stage) -> None:
    stage.env.simulator.plan(stage.kira.card(), pending=True, times=1)
    a_renewal(stage)
    the_bank_decides(stage)


def the_bank_decides(stage: Stage) -> None:
    for payment in stage.payments("renewal"):
        if payment["status"] == "pending":
            stage.notify(stage.env.simulator.pay(payment["id"]))


def the_card_is_forgotten(stage: Stage) -> None:
    """By law nothing may be sent to ЮKassa after that."""
    a_renewal(stage)
    method = str(stage.kira.subscription()["payment_method_id"])
    stage.kira.person.rpc("forget_payment_method", payment_method_id=method)
    stage.forbidden_after = len(stage.gate.calls)


def it_is_cancelled(stage: Stage) -> None:
    a_renewal(stage)
    stage.kira.person.rpc("cancel_subscription", organization_id=stage.kira.organization_id)


def a_decline_and_a_retry(stage: Stage) -> None:
    stage.env.simulator.plan(stage.kira.card(), "insufficient_funds", times=1)
    a_renewal(stage)
    for payment in stage.payments("renewal"):
        stage.notify(payment)
    stage.env.later(days=1)
    a_renewal(stage)


def paid(stage: Stage) -> None:
    stage.kira.pay_for("a_month")


def a_refund(stage: Stage) -> None:
    (transaction,) = stage.kira.transactions()
    stage.post(
        "refund", {"transaction_id": str(transaction["id"]), "reason": "Не подошло"}, stage.moderator.token
    )
    (payment,) = stage.payments()
    for refund in refunds_of(stage, payment["id"]):
        stage.notify(refund, "refund.succeeded")


def two_pages_paid(stage: Stage) -> None:
    pages = []
    for plan in ("a_month", "a_year"):
        body = {"organization_id": stage.kira.organization_id, "plan_id": plan, "kind": "subscription"}
        answer = stage.post("checkout", body)
        if answer is not None and answer.status_code == 200:
            pages.append(answer.json()["payment_url"].rpartition("/")[2])
    for payment_id in pages:
        stage.notify(stage.env.simulator.pay(payment_id))
    stage.env.later(minutes=1)
    stage.job("payment_sweep")


def refunds_of(stage: Stage, payment_id: str) -> list[dict[str, Any]]:
    answer = _CLIENT.get(
        f"{stage.env.stack.yookassa}/v3/refunds",
        params={"payment_id": payment_id},
        auth=stage.env.simulator.shop,
    )
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


PAID = Decimal(1490)
NOTHING = Decimal(0)
SWEEP = ("claim_payment_sweep", "begin_reconciliation")
COMPARISON = ("GET payments", "GET refunds", "reconcile")  # when an hour has passed
JOB = ("start_job", "finish_job")
PAGE = ("count_checkout", "start_checkout", "POST payments", "record_payment")
NEWS = ("receive_notification", "GET payment", "settle_notification")
CHARGE = ("run_billing_cycle", "claim_due_charges", "begin_charge", "POST payments", "record_payment", *JOB)

LIVES = [
    Scenario(
        "a trial",
        nothing,
        a_trial,
        (("0", "trialing", NOTHING),),
        (*PAGE, *NEWS, "POST cancel", *SWEEP, *JOB),
    ),
    Scenario("a first month", nothing, a_first_month, (("A", "active", PAID),), (*PAGE, *NEWS, *SWEEP, *JOB)),
    Scenario("a renewal", trial_over, a_renewal, (("A", "active", PAID),), (*CHARGE, *SWEEP, *COMPARISON)),
    Scenario(
        "a charge the bank thinks about",
        trial_over,
        a_charge_the_bank_thinks_about,
        (("A", "active", PAID),),
        (*CHARGE, *NEWS, *SWEEP, *COMPARISON),
        the_bank_decides,
    ),
    Scenario(
        "a decline and a retry",
        trial_over,
        a_decline_and_a_retry,
        (("A", "active", PAID),),
        (*CHARGE, *NEWS, *SWEEP, *COMPARISON),
    ),
    Scenario(
        "a card forgotten while it is charged",
        trial_over,
        the_card_is_forgotten,
        (("A", "active", PAID), ("0", "past_due", NOTHING)),
        (*CHARGE, *SWEEP, *COMPARISON),
    ),
    Scenario(
        "a cancellation while it is charged",
        trial_over,
        it_is_cancelled,
        (("A", "active", PAID), (None, "canceled", NOTHING)),
        (*CHARGE, *SWEEP, *COMPARISON),
    ),
    Scenario(
        "a refund",
        paid,
        a_refund,
        ((None, "canceled", NOTHING),),
        ("start_refund", "POST refunds", "record_refund", *NEWS[::2], "GET refund", *SWEEP, *JOB),
    ),
    Scenario(
        "two pages paid",
        nothing,
        two_pages_paid,
        (("A", "active", PAID), ("A", "active", Decimal(14900))),
        (*PAGE, *NEWS, "POST refunds", "record_refund", *SWEEP, *JOB),
    ),
]
