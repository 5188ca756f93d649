"""A subscription driven by chance and held to a model: trials, charges that succeed, fail or hang, cancels, cards, plans, refunds.

ЮKassa is played by the machine itself: it keeps a ledger of what it took and gave back, and at every step the ledger,
the transactions, the subscription and the levels must agree.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from kit.db import DbEnv, Row, opened, payment_of
from kit.refused import Refused

DAY = timedelta(days=1)
LIVE = ("trialing", "active", "past_due")
DECLINES = st.sampled_from(["insufficient_funds", "issuer_unavailable", "card_expired", "permission_revoked"])


class Subscription(RuleBasedStateMachine):
    url: str

    @initialize()
    def begin(self) -> None:
        self.context = opened(self.url)
        self.db = DbEnv(self.context.__enter__())
        self.db.rpc(
            "moderator",
            "grant_status_level",
            organization_id=self.db.organization,
            level="B",
            valid_until=datetime.now(UTC) + 3000 * DAY,
        )
        self.clock = datetime.now(UTC)
        self.taken: dict[str, Decimal] = {}  # what ЮKassa took, by payment id
        self.given_back: dict[str, Decimal] = {}
        self.hanging: list[Row] = []  # begun charges that ЮKassa has not answered
        self.statuses: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.connection.rollback()
            self.context.__exit__(None, None, None)

    # ЮKassa's side

    def answer(self, checkout: Row, status: str, reason: str | None = None) -> None:
        details = {"cancellation_details": {"party": "payment_network", "reason": reason}} if reason else {}
        payment = payment_of(checkout, status, **details)
        if status == "succeeded":
            self.taken[payment["id"]] = Decimal(payment["amount"]["value"])
        for _ in range(2):  # told twice, as ever
            self.db.record(payment, as_of=self.clock)

    # what may happen

    def checkout(self, kind: str, plan: str) -> Row | None:
        self.db.run("delete from private.request_counts")
        try:
            return self.db.checkout(kind, plan)
        except Refused as refusal:
            assert refusal.sqlstate in ("PT409", "PT404", "PT422")
            return None

    @rule(plan=st.sampled_from(["a_month", "a_year"]), saved=st.booleans(), is_authorized=st.booleans())
    def try_a_trial(self, plan: str, saved: bool, is_authorized: bool) -> None:
        if (checkout := self.checkout("trial", plan)) is None:
            return
        if not is_authorized:
            return self.answer(checkout, "canceled", "insufficient_funds")
        held = payment_of(checkout, "waiting_for_capture")
        held["payment_method"]["saved"] = saved
        assert self.db.record(held, as_of=self.clock)["release_hold"] is True
        self.db.record(
            payment_of(checkout, "canceled", payment_method=held["payment_method"]), as_of=self.clock
        )
        return None

    @rule(
        kind=st.sampled_from(["subscription", "plan_change"]),
        plan=st.sampled_from(["a_month", "a_year", "b_month", "b_year"]),
        status=st.sampled_from(["succeeded", "succeeded", "canceled", "pending"]),
    )
    def pay_by_hand(self, kind: str, plan: str, status: str) -> None:
        if checkout := self.checkout(kind, plan):
            self.hanging = [p for p in self.hanging if p["transaction_id"] != checkout["transaction_id"]]
            if status == "pending":
                self.hanging.append(checkout)
            self.answer(checkout, status, "insufficient_funds" if status == "canceled" else None)

    @rule(
        hours=st.sampled_from([1, 20, 24 * 4, 24 * 15, 24 * 31, 24 * 100]),
        outcome=st.one_of(st.just("succeeded"), st.just("hangs"), DECLINES),
    )
    def live_on(self, hours: int, outcome: str) -> None:
        """The hourly jobs after a while (or after they stood still), ЮKassa answering every charge the same."""
        self.clock += timedelta(hours=hours)
        self.db.service("run_billing_cycle", as_of=self.clock)
        begun = self.db.claim(self.clock)
        assert len(begun) <= 1, "a pause of ours is not billed"
        for charge in begun:
            if outcome == "hangs":
                self.hanging.append(charge)
            elif outcome == "succeeded":
                self.answer(charge, "succeeded")
            else:
                self.answer(charge, "canceled", outcome)

    @rule(
        first=st.sampled_from(["a_month", "a_year", "b_month", "b_year"]),
        second=st.sampled_from(["a_month", "a_year", "b_month", "b_year"]),
    )
    def open_two_pages(self, first: str, second: str) -> None:
        """Both may be paid, in any order and as late as it comes."""
        for plan in (first, second):
            for kind in ("subscription", "plan_change"):
                if (checkout := self.checkout(kind, plan)) and not self.is_hanging(checkout):
                    self.hanging.append(checkout)
                    self.answer(checkout, "pending")

    def is_hanging(self, checkout: Row) -> bool:
        """The same page may have been handed out again."""
        return any(page["transaction_id"] == checkout["transaction_id"] for page in self.hanging)

    @rule(hours=st.sampled_from([1, 24 * 31]), forgets=st.booleans())
    def change_ones_mind_between_claim_and_charge(self, hours: int, forgets: bool) -> None:
        """What was claimed is not sent when the card is forgotten, or the subscription cancelled, in between."""
        self.clock += timedelta(hours=hours)
        claimed = self.db.service("claim_due_charges", as_of=self.clock)
        if forgets:
            self.forget_the_card()
        else:
            self.change_ones_mind("cancel_subscription")
        for charge in claimed:
            gate = self.db.service("begin_charge", transaction_id=charge["transaction_id"], as_of=self.clock)
            assert gate["proceed"] is False

    @rule(
        amount=st.sampled_from(["0.01", "1490.00", "99999.00"]),
        is_page=st.booleans(),
    )
    def pay_another_amount(self, amount: str, is_page: bool) -> None:
        """What is due, or a page, brings another amount than was asked for; a person decides, sooner or later."""
        asked = self.db.claim(self.clock)
        if is_page and self.hanging:
            asked.append(self.hanging.pop())
        for charge in asked:
            payment = payment_of(charge, "succeeded") | {"amount": {"value": amount, "currency": "RUB"}}
            self.taken[payment["id"]] = Decimal(amount)
            for _ in range(2):
                self.db.record(payment, as_of=self.clock)

    @rule(decision=st.sampled_from(["accept", "refund"]))
    def judge(self, decision: str) -> None:
        for row in self.db.rows(
            "select t.id from payment_transactions t where private.awaits_verdict(t) order by t.created_at"
        ):
            try:
                self.db.rpc(
                    "moderator",
                    "judge_quarantined",
                    transaction_id=row["id"],
                    decision=decision,
                    comment="проба",
                )
            except Refused as refusal:
                assert refusal.code == "invalid_transition"

    @precondition(lambda self: self.hanging)
    @rule(status=st.sampled_from(["succeeded", "canceled"]), place=st.integers(0, 5))
    def hear_at_last(self, status: str, place: int) -> None:
        """In any order, however late."""
        checkout = self.hanging.pop(place % len(self.hanging))
        self.answer(checkout, status, "insufficient_funds" if status == "canceled" else None)

    @precondition(lambda self: self.hanging)
    @rule(place=st.integers(0, 5))
    def leave_a_page_for_good(self, place: int) -> None:
        """Which may be paid all the same."""
        page = self.hanging[place % len(self.hanging)]
        try:
            self.db.rpc("anna", "abandon_checkout", transaction_id=page["transaction_id"])
        except Refused as refusal:
            assert refusal.code == "invalid_transition"  # a charge of ours is nobody's to leave

    @rule(
        plan=st.sampled_from(["a_month", "a_year", "b_month"]),
        amount=st.sampled_from(["990.00", "2990.00", "14900.00"]),
    )
    def change_a_price(self, plan: str, amount: str) -> None:
        self.db.run("update subscription_plans set amount = %s where id = %s", Decimal(amount), plan)

    @rule(
        plan=st.sampled_from(["a_month", "a_year", "b_month"]),
        amount=st.sampled_from(["990.00", "2990.00", "14900.00"]),
        days=st.sampled_from([1, 20, 60]),
    )
    def announce_a_price(self, plan: str, amount: str, days: int) -> None:
        self.db.rpc(
            "moderator",
            "set_plan_price",
            plan_id=plan,
            amount=Decimal(amount),
            valid_from=datetime.now(UTC) + days * DAY,
        )

    @rule(function=st.sampled_from(["cancel_subscription", "resume_subscription"]))
    def change_ones_mind(self, function: str) -> None:
        try:
            self.db.rpc("anna", function, organization_id=self.db.organization)
        except Refused as refusal:
            assert refusal.code in ("not_found", "invalid_transition")

    @rule()
    def forget_the_card(self) -> None:
        for card in self.db.rows("select id from payment_methods where revoked_at is null"):
            self.db.rpc("boris", "forget_payment_method", payment_method_id=card["id"])

    @rule()
    def bring_a_new_card(self) -> None:
        if checkout := self.checkout("card", ""):
            self.db.record(payment_of(checkout, "waiting_for_capture"), as_of=self.clock)
            self.db.record(payment_of(checkout, "canceled"), as_of=self.clock)

    @rule(whole=st.booleans())
    def give_money_back(self, whole: bool) -> None:
        rows = self.db.rows(
            "select id, amount from payment_transactions where status = 'succeeded' order by created_at desc, id limit 1"
        )
        for row in rows:
            try:
                started = self.db.rpc(
                    "moderator",
                    "start_refund",
                    transaction_id=row["id"],
                    amount=None if whole else Decimal("0.50"),
                    reason=f"проба {uuid4()}",
                )
            except Refused as refusal:
                assert refusal.code == "invalid_input"  # nothing is left, or it became credit
                continue
            assert started["status"] == "created"

    @rule(fails=st.booleans())
    def sweep_refunds(self, fails: bool) -> None:
        """Those that failed are asked for again when their time has come."""
        self.db.service("claim_payment_sweep", as_of=self.clock)
        for row in self.db.rows(
            "select r.*, t.yookassa_payment_id from payment_refunds r join payment_transactions t on t.id = r.transaction_id where r.status = 'created'"
        ):
            refund = {
                "id": f"re-{row['id']}", "payment_id": row["yookassa_payment_id"], "status": "canceled" if fails else "succeeded",
                "amount": {"value": str(row["amount"]), "currency": "RUB"}, "metadata": {"refund_id": str(row["id"])},
            }  # fmt: skip
            if not fails:
                self.given_back[row["yookassa_payment_id"]] = (
                    self.given_back.get(row["yookassa_payment_id"], Decimal(0)) + row["amount"]
                )
            for _ in range(2):
                self.db.service("record_refund", refund=refund, source="sweep", as_of=self.clock)

    # what always holds

    @invariant()
    def the_books_agree_to_the_kopeck(self) -> None:
        rows = self.db.rows(
            "select * from payment_transactions where organization_id = %s", self.db.organization
        )
        recorded = {
            r["yookassa_payment_id"]: r["paid_amount"]
            for r in rows
            if r["status"] in ("succeeded", "quarantined")
        }
        assert recorded == self.taken
        assert {
            r["yookassa_payment_id"]: r["refunded_amount"] for r in rows if r["refunded_amount"]
        } == self.given_back
        # money we could not use is on its way back, or a person has to look at it
        assert not self.db.rows(
            "select 1 from payment_transactions t where t.status = 'quarantined' and not private.awaits_verdict(t)"
            " and not exists (select from payment_refunds r where r.transaction_id = t.id and r.status <> 'canceled')"
            " and not exists (select from payment_differences d where d.kind = 'refund_failed'"
            "   and d.object_id = t.yookassa_payment_id and d.resolved_at is null)"
        )

    @invariant()
    def nobody_is_stranded(self) -> None:
        assert self.db.stranded() == []

    @invariant()
    def no_period_is_paid_twice(self) -> None:
        assert not self.db.rows(
            "select 1 from payment_transactions where status = 'succeeded' and kind <> 'plan_change'"
            " group by subscription_id, period_start having count(*) > 1"
        )

    @invariant()
    def levels_follow_the_subscription(self) -> None:
        rows = self.db.rows("select * from subscriptions where status in ('trialing', 'active', 'past_due')")
        held = {
            row["level"]: row
            for row in self.db.rows(
                "select * from organization_status_levels where is_active and organization_id = %s",
                self.db.organization,
            )
        }
        if not rows:
            assert held.keys() <= {"B"}, "what nobody pays for is not held"
            assert all(row["subscription_id"] is None for row in held.values())
            return
        (live,) = rows
        if live["status"] == "trialing":
            assert "0" in held
        if live["status"] == "active":
            assert live["plan_id"][0].upper() in held
            assert "0" not in held
        for row in held.values():
            if row["subscription_id"]:
                assert row["valid_until"] == (
                    live["current_period_end"] if live["cancel_at_period_end"] else None
                )

    @invariant()
    def a_paid_level_was_paid_for(self) -> None:
        """A live subscription that is paid has a period behind it whose cost was not given back."""
        for live in self.db.rows("select * from subscriptions where status = 'active'"):
            (period,) = self.db.rows(
                "select * from subscription_periods where subscription_id = %s and ended_at is null",
                live["id"],
            )
            assert period["refunded"] < period["paid"] + period["credit"]
            assert (period["began_at"], period["ends_at"]) == (
                live["current_period_start"],
                live["current_period_end"],
            )

    @invariant()
    def no_value_is_lost_or_made(self) -> None:
        """Paid = kept + returned, and what is kept was kept for periods that follow each other to the second."""
        periods = self.db.rows(
            "select * from subscription_periods order by subscription_id, began_at, ended_at nulls last"
        )
        paid = sum((amount for id, amount in self.taken.items() if id not in self.quarantined()), Decimal(0))
        assert sum((p["paid"] for p in periods), Decimal(0)) == paid
        credits = {p["transaction_id"]: p["credit"] for p in periods}
        by_id = {p["transaction_id"]: p for p in periods}
        assert sum(credits.values()) == sum(p["credited"] for p in periods)
        for p in periods:
            assert p["refunded"] == self.given_back.get(self.payment_id(p["transaction_id"]), Decimal(0))
            if p["credited_from"]:
                assert by_id[p["credited_from"]]["credited"] == p["credit"]
        for earlier, later in pairwise(periods):
            if earlier["subscription_id"] == later["subscription_id"]:
                assert earlier["ended_at"] <= later["began_at"]
                assert earlier["ended_at"] == min(earlier["ends_at"], later["began_at"])

    def quarantined(self) -> set[str]:
        rows = self.db.rows(
            "select yookassa_payment_id as id from payment_transactions where status = 'quarantined'"
        )
        return {row["id"] for row in rows}

    def payment_id(self, transaction_id: UUID) -> str:
        (row,) = self.db.rows(
            "select yookassa_payment_id as id from payment_transactions where id = %s", transaction_id
        )
        return str(row["id"])

    @invariant()
    def the_next_charge_is_planned_only_where_there_will_be_one(self) -> None:
        for live in self.db.rows("select * from subscriptions where next_charge_at is not null"):
            assert live["status"] in LIVE
            assert not live["cancel_at_period_end"]


def test_a_subscription_follows_the_model(rules: str) -> None:
    machine = type("SubscriptionHere", (Subscription,), {"url": rules})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
