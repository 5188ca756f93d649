"""Levels driven by chance and held to a small model: grants, revocations, terms, trials, payments, grace, ends, C."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

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
from kit.db import DbEnv, opened, payment_of
from kit.refused import Refused

DAY = timedelta(days=1)


class Levels(RuleBasedStateMachine):
    """The model: what is held until when (None: while the subscription lives), and the state of the subscription."""

    url: str

    @initialize()
    def begin(self) -> None:
        self.context = opened(self.url)
        self.db = DbEnv(self.context.__enter__())
        self.clock = datetime.now(UTC)
        self.held: dict[str, datetime | None] = {}
        self.paid: set[str] = set()  # what the subscription holds
        self.beneath: dict[str, datetime | None] = {}  # terms granted before the subscription came
        self.subscription = "none"
        self.grace_until: datetime | None = None
        self.ends_at: datetime | None = None  # set to end
        self.had_trial = False

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.connection.rollback()
            self.context.__exit__(None, None, None)

    # what may happen

    @rule(level=st.sampled_from("ABC"), days=st.one_of(st.none(), st.integers(1, 120)))
    def grant(self, level: str, days: int | None) -> None:
        until = self.clock + days * DAY if days else None
        try:
            self.db.rpc(
                "moderator",
                "grant_status_level",
                organization_id=self.db.organization,
                level=level,
                valid_until=until,
            )
        except Refused as refusal:
            expected = "subscription_exists" if level in self.paid else "invalid_transition"
            assert refusal.code == expected
            assert level in self.paid or (level == "C" and not self.held.keys() & {"A", "B"})
            return
        assert level not in self.paid
        self.held[level] = until
        if level != "C":
            self.drop("0")

    @rule(level=st.sampled_from("0ABC"))
    def revoke(self, level: str) -> None:
        answer = self.db.rpc(
            "moderator",
            "revoke_status_level",
            organization_id=self.db.organization,
            level=level,
            reason="проверка",
        )
        assert answer["revoked"] is (level in self.held)
        if level in self.paid:  # nothing more is charged, and what the subscription still holds ends with it
            self.ends_at = self.db.live()["current_period_end"]
            self.held |= dict.fromkeys(self.paid, self.ends_at)
        self.drop(level)

    @precondition(lambda self: self.subscription == "none" and not self.had_trial)
    @rule()
    def start_trial(self) -> None:
        self.db.run("delete from private.request_counts")
        self.db.start_trial(as_of=self.clock)
        self.subscription, self.had_trial = "trialing", True
        self.hold_by_subscription("0")

    @precondition(lambda self: self.subscription != "active")
    @rule()
    def pay(self) -> None:
        self.db.run("delete from private.request_counts")
        self.db.record(payment_of(self.db.checkout("subscription"), "succeeded"), as_of=self.clock)
        self.subscription, self.grace_until, self.ends_at = "active", None, None
        self.drop("0")
        self.hold_by_subscription("A")

    @precondition(lambda self: self.subscription in ("trialing", "active") and not self.ends_at)
    @rule()
    def fail_to_pay(self) -> None:
        row = self.db.live()
        self.db.run(
            "select private.decline_subscription(%s, 'insufficient_funds', %s)", row["id"], self.clock
        )
        self.subscription, self.grace_until = "past_due", self.clock + 14 * DAY

    @rule(days=st.integers(1, 40))
    def live_on(self, days: int) -> None:
        """The daily job, after a while; then once more, which changes nothing."""
        self.clock += days * DAY
        answer = self.db.service("run_status_expiry", as_of=self.clock)
        assert answer["failed_steps"] == []
        if self.ends_at and self.ends_at <= self.clock:
            self.end_subscription()
        for level in [
            level for level, until in self.held.items() if until and until <= self.clock and level != "C"
        ]:
            self.drop(level)
        if self.grace_until and self.grace_until <= self.clock:
            self.end_subscription()
        if "C" in self.held and (until := self.held["C"]) and until <= self.clock:
            self.drop("C")
        before = self.db.history()
        again = self.db.service("run_status_expiry", as_of=self.clock)
        assert (
            again["expired"],
            again["grace_ended"],
            again["level_c_granted"],
            again["level_c_revoked"],
        ) == (0, 0, 0, 0)
        assert sum(again["notices"].values()) == 0
        assert self.db.history() == before

    # the model's own moves

    def hold_by_subscription(self, level: str) -> None:
        if level in self.held and level not in self.paid:
            self.beneath[level] = self.held[level]
        self.held[level] = None
        self.paid.add(level)

    def end_subscription(self) -> None:
        for level in list(self.paid):
            until = self.beneath.get(level, self.clock)
            if until is None or until > self.clock:
                self.held[level] = until
            else:
                self.drop(level)
        self.paid.clear()
        self.beneath.clear()
        self.subscription, self.grace_until, self.ends_at = "none", None, None

    def drop(self, level: str) -> None:
        self.held.pop(level, None)
        self.paid.discard(level)
        self.beneath.pop(level, None)
        if not self.held.keys() & {"A", "B"}:
            self.held.pop("C", None)

    # what always holds

    @invariant()
    def the_rows_are_the_model(self) -> None:
        rows = self.db.rows(
            "select level, valid_until from organization_status_levels where is_active and organization_id = %s",
            self.db.organization,
        )
        assert {row["level"]: row["valid_until"] for row in rows} == self.held
        assert len(rows) == len(self.held), "one active row per level"

    @invariant()
    def the_history_adds_up(self) -> None:
        counted: Counter[str] = Counter()
        for level, action, _ in self.db.history():
            counted[level] += {"granted": 1, "revoked": -1, "expired": -1, "superseded": -1}.get(action, 0)
            assert counted[level] in (0, 1), self.db.history()
        assert {level for level, number in counted.items() if number} == set(self.held), (
            self.held,
            self.db.history(),
        )

    @invariant()
    def the_level_shown_is_the_highest(self) -> None:
        # the public RPC looks at the real clock, which only stands still or is behind the model's
        assert (self.db.level() or "") == max(self.held, default="")


def test_levels_follow_the_model(rules: str) -> None:
    machine = type("LevelsHere", (Levels,), {"url": rules})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
