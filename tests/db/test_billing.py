"""Checkout, the one path of a payment's truth, and what follows from it (sql/44_checkout, sql/47_record_payment)."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from inn import random_inn
from kit.db import World, payment_of
from kit.refused import Refused

TRIAL_HISTORY = [("0", "granted", None)]
PAID_HISTORY = [("0", "granted", None), ("A", "granted", None), ("0", "superseded", "paid")]


def start_trial(world: World) -> None:
    checkout = world.checkout()
    world.record(payment_of(checkout, "waiting_for_capture"))
    world.record(payment_of(checkout, "canceled"))


# Checkout


def test_the_intent_is_written_down_with_its_exact_body(world: World) -> None:
    checkout = world.checkout()
    row = world.one("select * from payment_transactions where id = %s", checkout["transaction_id"])
    assert (row["kind"], row["status"], str(row["amount"])) == ("trial_hold", "created", "1.00")
    body = json.loads(checkout["request_body"])
    assert row["request_body"] == checkout["request_body"]
    assert body["amount"] == {"value": "1.00", "currency": "RUB"}
    assert body["capture"] is False
    assert body["save_payment_method"] is True
    assert body["metadata"]["transaction_id"] == checkout["transaction_id"]
    assert (
        body["confirmation"]["return_url"]
        == f"https://chestno.example/dashboard/billing/return?transaction={checkout['transaction_id']}"
    )
    assert len(body["description"]) <= 128


def test_a_second_call_within_the_hour_is_the_same_checkout(world: World) -> None:
    first = world.checkout()
    world.record(payment_of(first), "checkout")
    second = world.checkout(person="boris")
    assert second["transaction_id"] == first["transaction_id"]
    assert second["payment_url"].startswith("https://yoomoney.example/pay/")
    world.run(
        "update payment_transactions set created_at = now() - interval '61 minutes' where id = %s",
        first["transaction_id"],
    )
    assert world.checkout()["transaction_id"] != first["transaction_id"]


@pytest.mark.parametrize(
    ("person", "refusal"),
    [
        ("gleb", "PT403 not_allowed"),
        ("vera", "PT403 not_allowed"),
        ("stranger", "PT403 not_allowed"),
        ("visitor", "42501"),
    ],
)
def test_only_admins_pay(world: World, person: str, refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        world.checkout(person=person)
    assert world.one("select count(*) from payment_transactions")["count"] == 0


@pytest.mark.parametrize(
    ("kind", "plan", "refusal"),
    [("trial", "nothing", "PT404 not_found"), ("gift", "a_month", "PT422 invalid_input"), ("plan_change", "a_year", "PT404 not_found"),
     ("trial", "b_month", "PT422 invalid_input"), ("subscription", "b_month", "PT409 verification_required"),
     ("trial", "'; drop table subscriptions; --", "PT404 not_found")],
)  # fmt: skip
def test_what_cannot_be_bought(world: World, kind: str, plan: str, refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        world.checkout(kind, plan)
    assert world.one("select count(*) from payment_transactions")["count"] == 0


def test_a_verified_organization_buys_b(world: World) -> None:
    world.door("moderator", "grant_status_level", organization_id=world.organization, level="B")
    checkout = world.checkout("subscription", "b_month")
    assert world.record(payment_of(checkout, "succeeded"))["outcome"] == "applied"
    assert world.level() == "B"


def test_nothing_is_sold_before_the_platform_is_configured(world: World) -> None:
    world.run("delete from private.platform_settings")
    with pytest.raises(Refused, match="PT503 unavailable"):
        world.checkout()


# Trial


def test_an_authorized_hold_with_a_saved_card_starts_the_trial(world: World) -> None:
    checkout = world.checkout()
    world.record(payment_of(checkout), "checkout")
    answer = world.record(payment_of(checkout, "waiting_for_capture"))
    assert (answer["outcome"], answer["transaction_status"], answer["subscription_status"], answer["release_hold"]) == (
        "applied", "waiting_for_capture", "trialing", True,
    )  # fmt: skip
    assert world.level() == "0"
    subscription = world.subscription()
    assert subscription is not None
    assert (subscription["trial_ends_at"] - subscription["current_period_start"]).days == 14
    assert world.query(
        "boris", "select card_last4, card_type, expires_at::date::text from payment_methods"
    ) == [{"card_last4": "4444", "card_type": "MasterCard", "expires_at": "2031-01-01"}]


def test_releasing_the_hold_does_not_end_the_trial(world: World) -> None:
    start_trial(world)
    assert world.level() == "0"
    assert world.history() == TRIAL_HISTORY
    transaction = world.one(
        "select status, cancellation_reason, method_saved, next_check_at from payment_transactions"
    )
    assert transaction == {
        "status": "canceled",
        "cancellation_reason": "canceled_by_merchant",
        "method_saved": True,
        "next_check_at": None,
    }


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["pending", "waiting_for_capture", "canceled"]))
)
def test_in_whatever_order_the_answers_come_there_is_one_trial(world: World, order: tuple[str, ...]) -> None:
    checkout = world.checkout()
    for status in order * 2:
        world.record(payment_of(checkout, status))
    assert world.history() == TRIAL_HISTORY
    assert world.one("select status from payment_transactions")["status"] == "canceled"
    assert world.one("select count(*) from subscriptions")["count"] == 1


def test_a_card_that_was_not_saved_starts_nothing_and_the_hold_is_released(world: World) -> None:
    checkout = world.checkout()
    held = payment_of(checkout, "waiting_for_capture")
    held["payment_method"]["saved"] = False
    answer = world.record(held)
    assert (answer["subscription_status"], answer["release_hold"]) == (None, True)
    assert (
        world.record(payment_of(checkout, "canceled", payment_method=held["payment_method"]))[
            "subscription_status"
        ]
        is None
    )
    assert world.level() is None
    assert world.one("select method_saved from payment_transactions")["method_saved"] is False
    assert world.rows("select * from payment_methods") == []
    assert world.checkout()["status"] == "created", "and may be tried again"


@pytest.mark.parametrize(
    "reason", ["expired_on_confirmation", "expired_on_capture", "insufficient_funds", "something_new"]
)
def test_a_hold_the_bank_canceled_starts_nothing(world: World, reason: str) -> None:
    canceled = payment_of(
        world.checkout(), "canceled", cancellation_details={"party": "yoo_money", "reason": reason}
    )
    assert world.record(canceled)["subscription_status"] is None
    assert world.level() is None
    assert world.one("select cancellation_reason from payment_transactions")["cancellation_reason"] == reason


def test_a_second_trial_is_refused_to_the_organization_and_to_its_inn(world: World) -> None:
    start_trial(world)
    with pytest.raises(Refused, match="PT409 trial_already_used"):
        world.checkout()
    inn = world.one("select inn from organizations where id = %s", world.organization)["inn"]
    world.run("update organizations set inn = %s where id = %s", random_inn(), world.organization)
    world.organization = world.found("stranger", inn=inn)
    with pytest.raises(Refused, match="PT409 trial_already_used"):
        world.checkout(person="stranger")


def test_two_holds_of_one_organization_make_one_trial(world: World) -> None:
    month, year = world.checkout(plan="a_month"), world.checkout(plan="a_year")
    world.record(payment_of(month, "waiting_for_capture"))
    answer = world.record(payment_of(year, "waiting_for_capture"))
    assert (answer["outcome"], answer["release_hold"]) == ("applied", True)
    assert world.history() == TRIAL_HISTORY


# First payment


def test_the_first_payment_makes_the_organization_a_member(world: World) -> None:
    checkout = world.checkout("subscription")
    answer = world.record(payment_of(checkout, "succeeded"))
    assert (answer["outcome"], answer["subscription_status"], answer["release_hold"]) == (
        "applied",
        "active",
        False,
    )
    assert world.level() == "A"
    held = world.one(
        "select valid_until from organization_status_levels where is_active and organization_id = %s",
        world.organization,
    )
    assert held["valid_until"] is None, "billing ends it, not a date"


def test_paying_during_the_trial_supersedes_level_0(world: World) -> None:
    start_trial(world)
    checkout = world.checkout("subscription")
    for _ in range(3):
        world.record(payment_of(checkout, "succeeded"))
    assert world.history() == PAID_HISTORY
    subscription = world.subscription()
    assert subscription is not None
    assert subscription["status"] == "active"
    assert 28 <= (subscription["current_period_end"] - subscription["current_period_start"]).days <= 31
    with pytest.raises(Refused, match="PT409 subscription_exists"):
        world.checkout("subscription")


def test_a_declined_payment_changes_nothing_but_its_own_row(world: World) -> None:
    checkout = world.checkout("subscription")
    assert world.record(payment_of(checkout, "canceled"))["subscription_status"] is None
    assert world.level() is None
    assert world.one("select status, cancellation_party, cancellation_reason from payment_transactions") == {
        "status": "canceled", "cancellation_party": "payment_network", "cancellation_reason": "insufficient_funds",
    }  # fmt: skip


def test_money_for_a_period_that_is_paid_already_is_quarantined(world: World) -> None:
    month, year = world.checkout("subscription", "a_month"), world.checkout("subscription", "a_year")
    world.record(payment_of(month, "succeeded"))
    answer = world.record(payment_of(year, "succeeded"))
    assert answer["outcome"] == "quarantined"
    assert (
        world.one("select quarantine_reason from payment_transactions where id = %s", year["transaction_id"])[
            "quarantine_reason"
        ]
        == "already_paid"
    )
    assert world.one("select plan_id from subscriptions")["plan_id"] == "a_month"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"amount": {"value": "1489.99", "currency": "RUB"}}, "amount"), ({"amount": {"value": "1490.00", "currency": "USD"}}, "currency"),
     ({"recipient": {"account_id": "666"}}, "shop"), ({"recipient": None}, "shop"), ({"test": False}, "test"), ({"test": None}, "test")],
)  # fmt: skip
def test_a_payment_that_is_not_as_asked_is_quarantined(
    world: World, changes: dict[str, Any], reason: str
) -> None:
    checkout = world.checkout("subscription")
    assert world.record(payment_of(checkout, "succeeded", **changes))["outcome"] == "quarantined"
    assert world.level() is None
    assert world.one("select status, quarantine_reason from payment_transactions") == {
        "status": "quarantined",
        "quarantine_reason": reason,
    }
    assert world.record(payment_of(checkout, "succeeded"))["outcome"] == "quarantined", (
        "a person looks at it now"
    )
    assert world.level() is None


def test_an_unknown_payment_and_a_foreign_one_change_nothing(world: World) -> None:
    checkout = world.checkout("subscription")
    stranger = payment_of(checkout, "succeeded", id="other", metadata={"transaction_id": "not-a-uuid"})
    assert world.record(stranger)["outcome"] == "unknown"
    assert world.record(payment_of(checkout))["outcome"] == "applied"
    second = payment_of(checkout, "succeeded", id="a-second-payment-for-one-transaction")
    assert world.record(second)["outcome"] == "unknown"
    assert world.level() is None


def test_every_step_of_a_payment_is_kept(world: World) -> None:
    checkout = world.checkout()
    world.record(payment_of(checkout, "pending"), "checkout")
    world.record(payment_of(checkout, "waiting_for_capture"), "webhook")
    world.record(payment_of(checkout, "waiting_for_capture"), "sweep")
    world.record(payment_of(checkout, "canceled"), "sweep")
    steps = world.rows(
        "select status, source, reason from payment_status_events where transaction_id = %s order by id",
        checkout["transaction_id"],
    )
    assert [tuple(step.values()) for step in steps] == [
        ("pending", "checkout", None),
        ("waiting_for_capture", "webhook", None),
        ("canceled", "sweep", "canceled_by_merchant"),
    ]


def test_a_status_never_goes_back(world: World) -> None:
    checkout = world.checkout("subscription")
    world.record(payment_of(checkout, "succeeded"))
    for status in ("pending", "waiting_for_capture", "canceled"):
        assert world.record(payment_of(checkout, status))["outcome"] == "unchanged"
    assert world.level() == "A"
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        world.query("operator", "update payment_transactions set status = 'pending', next_check_at = now()")


def test_a_status_we_do_not_know_waits(world: World) -> None:
    checkout = world.checkout("subscription")
    assert world.record(payment_of(checkout, "suspended"))["outcome"] == "unchanged"


@pytest.mark.parametrize(
    "payment",
    [
        {},
        {"id": "x"},
        {"id": "x", "status": "succeeded", "amount": {"value": "много"}},
        {"id": "x' or true", "status": "succeeded", "amount": {"value": "1.00"}},
    ],
)
def test_what_is_not_a_payment_is_refused(world: World, payment: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input"):
        world.record(payment)


def test_a_definite_refusal_ends_the_transaction_and_nothing_else_does(world: World) -> None:
    first = world.checkout()
    answer = world.service("record_refusal", transaction_id=first["transaction_id"], reason="forbidden")
    assert (answer["outcome"], answer["transaction_status"]) == ("applied", "canceled")
    assert (
        world.service("record_refusal", transaction_id=first["transaction_id"], reason="forbidden")["outcome"]
        == "unchanged"
    )
    second = world.checkout()
    world.record(payment_of(second), "checkout")
    assert (
        world.service("record_refusal", transaction_id=second["transaction_id"], reason="late")[
            "transaction_status"
        ]
        == "pending"
    )
    assert (
        world.service("record_refusal", transaction_id=world.ids["anna"], reason="late")["outcome"]
        == "unknown"
    )


@pytest.mark.parametrize("person", ["anna", "moderator", "stranger", "visitor"])
@pytest.mark.parametrize(
    ("door", "arguments"),
    [("record_payment", {"payment": {"id": "x"}, "source": "me"}), ("record_refusal", {"transaction_id": "00000000-0000-0000-0000-000000000000", "reason": "x"}),
     ("configure_platform", {"settings": {"shop_id": "mine"}}), ("receive_notification", {"payload": {"type": "notification"}}),
     ("claim_payment_sweep", {}), ("ensure_level_a", {"organization_id": "00000000-0000-0000-0000-000000000000", "subscription_id": "00000000-0000-0000-0000-000000000000"})],
)  # fmt: skip
def test_people_do_not_reach_the_service_doors(
    world: World, person: str, door: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match="42501"):
        world.door(person, door, **arguments)


# The subscription's own doors


def test_a_failed_charge_starts_grace_and_its_end_takes_the_level(world: World) -> None:
    world.record(payment_of(world.checkout("subscription"), "succeeded"))
    subscription = world.subscription()
    assert subscription is not None

    def move(status: str) -> str:
        answer = world.service(
            "handle_subscription_status_change",
            subscription_id=subscription["id"],
            new_status=status,
            organization_id=world.organization,
        )
        return str(answer["level_a_action"])

    assert [move("past_due"), move("past_due")] == ["grace_period_started", "none"]
    assert world.level() == "A"
    grace = world.one("select grace_until - now() as grace from subscriptions")["grace"]
    assert grace.days == 14
    assert world.service("is_grace_period_ended", organization_id=world.organization) is False
    assert move("expired") == "revoked"
    assert world.level() is None
    assert [(level, action) for level, action, _ in world.history()] == [
        ("A", "granted"),
        ("A", "grace_started"),
        ("A", "revoked"),
    ]
    assert world.history()[-1][2] == "grace_period_ended"
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        move("active")


def test_cancelling_revokes_and_recovering_keeps(world: World) -> None:
    world.record(payment_of(world.checkout("subscription"), "succeeded"))
    subscription = world.subscription()
    assert subscription is not None
    end = subscription["current_period_end"]
    world.service("start_grace_period", organization_id=world.organization, days=3)
    recovered = world.record(payment_of(world.checkout("subscription"), "succeeded"))
    assert recovered["subscription_status"] == "active"
    subscription = world.subscription()
    assert subscription is not None
    assert (subscription["current_period_start"], subscription["grace_until"]) == (end, None), (
        "the billing day stays"
    )
    world.service(
        "handle_subscription_status_change",
        subscription_id=subscription["id"],
        new_status="canceled",
        organization_id=world.organization,
    )
    assert world.history()[-1] == ("A", "revoked", "subscription_cancelled")


def test_ensure_level_a_is_said_twice_and_done_once(world: World) -> None:
    start_trial(world)
    subscription = world.subscription()
    assert subscription is not None
    ensure = {"organization_id": world.organization, "subscription_id": subscription["id"]}
    assert [world.service("ensure_level_a", **ensure)["level_a_action"] for _ in range(2)] == [
        "granted",
        "none",
    ]
    assert world.history() == PAID_HISTORY


# The card


def test_a_forgotten_card_is_gone_for_good(world: World) -> None:
    start_trial(world)
    card = world.one("select id from payment_methods")["id"]
    for person, refusal in {
        "gleb": "PT403 not_allowed",
        "vera": "PT403 not_allowed",
        "stranger": "PT404 not_found",
    }.items():
        with pytest.raises(Refused, match=refusal):
            world.door(person, "forget_payment_method", payment_method_id=card)
    first = world.door("boris", "forget_payment_method", payment_method_id=card)
    assert world.door("anna", "forget_payment_method", payment_method_id=card) == first, "once is enough"
    assert world.one("select yookassa_payment_method_id, card_last4 from payment_methods") == {
        "yookassa_payment_method_id": None,
        "card_last4": "4444",
    }
    subscription = world.subscription()
    assert subscription is not None
    assert (subscription["payment_method_id"], subscription["status"]) == (None, "trialing")


@pytest.mark.parametrize(
    ("table", "viewers"),
    [
        ("subscriptions", {"anna", "boris", "vera", "gleb", "moderator"}),
        ("payment_transactions", {"anna", "boris", "moderator"}),
        ("payment_methods", {"anna", "boris"}),
    ],
)
def test_who_sees_the_money(world: World, table: str, viewers: set[str]) -> None:
    start_trial(world)
    everyone = ("anna", "boris", "vera", "gleb", "stranger", "moderator")
    assert {who for who in everyone if world.query(who, f"select id from {table}")} == viewers
