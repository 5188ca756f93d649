"""Checkout, the one path of a payment's truth, and what follows from it (sql/44_checkout, sql/47_record_payment)."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from inn import random_inn
from kit.db import DbEnv, payment_of
from kit.refused import Refused

TRIAL_HISTORY = [("0", "granted", None)]
PAID_HISTORY = [("0", "granted", None), ("A", "granted", None), ("0", "superseded", "paid")]


def start_trial(db: DbEnv) -> None:
    checkout = db.checkout()
    db.record(payment_of(checkout, "waiting_for_capture"))
    db.record(payment_of(checkout, "canceled"))


# Checkout


def test_the_intent_is_written_down_with_its_exact_body(db: DbEnv) -> None:
    checkout = db.checkout()
    row = db.one("select * from payment_transactions where id = %s", checkout["transaction_id"])
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


def test_a_second_call_within_the_hour_is_the_same_checkout(db: DbEnv) -> None:
    first = db.checkout()
    db.record(payment_of(first), "checkout")
    second = db.checkout(person="boris")
    assert second["transaction_id"] == first["transaction_id"]
    assert second["payment_url"].startswith("https://yoomoney.example/pay/")
    db.run(
        "update payment_transactions set created_at = now() - interval '61 minutes' where id = %s",
        first["transaction_id"],
    )
    assert db.checkout()["transaction_id"] != first["transaction_id"]


@pytest.mark.parametrize(
    ("person", "refusal"),
    [
        ("gleb", "PT403 not_allowed"),
        ("vera", "PT403 not_allowed"),
        ("stranger", "PT403 not_allowed"),
        ("visitor", "42501"),
    ],
)
def test_only_admins_pay(db: DbEnv, person: str, refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        db.checkout(person=person)
    assert db.one("select count(*) from payment_transactions")["count"] == 0


@pytest.mark.parametrize(
    ("kind", "plan", "refusal"),
    [("trial", "nothing", "PT404 not_found"), ("gift", "a_month", "PT422 invalid_input"), ("plan_change", "a_year", "PT404 not_found"),
     ("trial", "b_month", "PT422 invalid_input"), ("subscription", "b_month", "PT409 verification_required"),
     ("trial", "'; drop table subscriptions; --", "PT404 not_found")],
)  # fmt: skip
def test_what_cannot_be_bought(db: DbEnv, kind: str, plan: str, refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        db.checkout(kind, plan)
    assert db.one("select count(*) from payment_transactions")["count"] == 0


def test_a_verified_organization_buys_b(db: DbEnv) -> None:
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")
    checkout = db.checkout("subscription", "b_month")
    assert db.record(payment_of(checkout, "succeeded"))["outcome"] == "applied"
    assert db.level() == "B"


def test_nothing_is_sold_before_the_platform_is_configured(db: DbEnv) -> None:
    db.run("delete from private.platform_settings")
    with pytest.raises(Refused, match="PT503 unavailable"):
        db.checkout()


# Trial


def test_an_authorized_hold_with_a_saved_card_starts_the_trial(db: DbEnv) -> None:
    checkout = db.checkout()
    db.record(payment_of(checkout), "checkout")
    answer = db.record(payment_of(checkout, "waiting_for_capture"))
    assert (answer["outcome"], answer["transaction_status"], answer["subscription_status"], answer["release_hold"]) == (
        "applied", "waiting_for_capture", "trialing", True,
    )  # fmt: skip
    assert db.level() == "0"
    subscription = db.subscription()
    assert subscription is not None
    assert (subscription["trial_ends_at"] - subscription["current_period_start"]).days == 14
    assert db.query("boris", "select card_last4, card_type, expires_at::date::text from payment_methods") == [
        {"card_last4": "4444", "card_type": "MasterCard", "expires_at": "2031-01-01"}
    ]


def test_releasing_the_hold_does_not_end_the_trial(db: DbEnv) -> None:
    start_trial(db)
    assert db.level() == "0"
    assert db.history() == TRIAL_HISTORY
    transaction = db.one(
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
def test_in_whatever_order_the_answers_come_there_is_one_trial(db: DbEnv, order: tuple[str, ...]) -> None:
    checkout = db.checkout()
    for status in order * 2:
        db.record(payment_of(checkout, status))
    assert db.history() == TRIAL_HISTORY
    assert db.one("select status from payment_transactions")["status"] == "canceled"
    assert db.one("select count(*) from subscriptions")["count"] == 1


def test_a_card_that_was_not_saved_starts_nothing_and_the_hold_is_released(db: DbEnv) -> None:
    checkout = db.checkout()
    held = payment_of(checkout, "waiting_for_capture")
    held["payment_method"]["saved"] = False
    answer = db.record(held)
    assert (answer["subscription_status"], answer["release_hold"]) == (None, True)
    assert (
        db.record(payment_of(checkout, "canceled", payment_method=held["payment_method"]))[
            "subscription_status"
        ]
        is None
    )
    assert db.level() is None
    assert db.one("select method_saved from payment_transactions")["method_saved"] is False
    assert db.rows("select * from payment_methods") == []
    assert db.checkout()["status"] == "created", "and may be tried again"


@pytest.mark.parametrize(
    "reason", ["expired_on_confirmation", "expired_on_capture", "insufficient_funds", "something_new"]
)
def test_a_hold_the_bank_canceled_starts_nothing(db: DbEnv, reason: str) -> None:
    canceled = payment_of(
        db.checkout(), "canceled", cancellation_details={"party": "yoo_money", "reason": reason}
    )
    assert db.record(canceled)["subscription_status"] is None
    assert db.level() is None
    assert db.one("select cancellation_reason from payment_transactions")["cancellation_reason"] == reason


def test_a_second_trial_is_refused_to_the_organization_and_to_its_inn(db: DbEnv) -> None:
    start_trial(db)
    with pytest.raises(Refused, match="PT409 trial_already_used"):
        db.checkout()
    inn = db.one("select inn from organizations where id = %s", db.organization)["inn"]
    db.run("update organizations set inn = %s where id = %s", random_inn(), db.organization)
    db.organization = db.found("stranger", inn=inn)
    with pytest.raises(Refused, match="PT409 trial_already_used"):
        db.checkout(person="stranger")


def test_two_holds_of_one_organization_make_one_trial(db: DbEnv) -> None:
    month, year = db.checkout(plan="a_month"), db.checkout(plan="a_year")
    db.record(payment_of(month, "waiting_for_capture"))
    answer = db.record(payment_of(year, "waiting_for_capture"))
    assert (answer["outcome"], answer["release_hold"]) == ("applied", True)
    assert db.history() == TRIAL_HISTORY


# First payment


def test_the_first_payment_makes_the_organization_a_member(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    answer = db.record(payment_of(checkout, "succeeded"))
    assert (answer["outcome"], answer["subscription_status"], answer["release_hold"]) == (
        "applied",
        "active",
        False,
    )
    assert db.level() == "A"
    held = db.one(
        "select valid_until from organization_status_levels where is_active and organization_id = %s",
        db.organization,
    )
    assert held["valid_until"] is None, "billing ends it, not a date"


def test_paying_during_the_trial_supersedes_level_0(db: DbEnv) -> None:
    start_trial(db)
    checkout = db.checkout("subscription")
    for _ in range(3):
        db.record(payment_of(checkout, "succeeded"))
    assert db.history() == PAID_HISTORY
    subscription = db.subscription()
    assert subscription is not None
    assert subscription["status"] == "active"
    assert 28 <= (subscription["current_period_end"] - subscription["current_period_start"]).days <= 31
    with pytest.raises(Refused, match="PT409 subscription_exists"):
        db.checkout("subscription")


def test_a_declined_payment_changes_nothing_but_its_own_row(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    assert db.record(payment_of(checkout, "canceled"))["subscription_status"] is None
    assert db.level() is None
    assert db.one("select status, cancellation_party, cancellation_reason from payment_transactions") == {
        "status": "canceled", "cancellation_party": "payment_network", "cancellation_reason": "insufficient_funds",
    }  # fmt: skip


def test_money_for_a_period_that_is_paid_already_is_quarantined(db: DbEnv) -> None:
    month, year = db.checkout("subscription", "a_month"), db.checkout("subscription", "a_year")
    db.record(payment_of(month, "succeeded"))
    answer = db.record(payment_of(year, "succeeded"))
    assert answer["outcome"] == "quarantined"
    assert (
        db.one("select quarantine_reason from payment_transactions where id = %s", year["transaction_id"])[
            "quarantine_reason"
        ]
        == "already_paid"
    )
    assert db.one("select plan_id from subscriptions")["plan_id"] == "a_month"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"amount": {"value": "1489.99", "currency": "RUB"}}, "amount"), ({"amount": {"value": "1490.00", "currency": "USD"}}, "currency"),
     ({"recipient": {"account_id": "666"}}, "shop"), ({"recipient": None}, "shop"), ({"test": False}, "test"), ({"test": None}, "test")],
)  # fmt: skip
def test_a_payment_that_is_not_as_asked_is_quarantined(
    db: DbEnv, changes: dict[str, Any], reason: str
) -> None:
    checkout = db.checkout("subscription")
    assert db.record(payment_of(checkout, "succeeded", **changes))["outcome"] == "quarantined"
    assert db.level() is None
    assert db.one("select status, quarantine_reason from payment_transactions") == {
        "status": "quarantined",
        "quarantine_reason": reason,
    }
    assert db.record(payment_of(checkout, "succeeded"))["outcome"] == "quarantined", (
        "a person looks at it now"
    )
    assert db.level() is None


def test_an_unknown_payment_and_a_foreign_one_change_nothing(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    stranger = payment_of(checkout, "succeeded", id="other", metadata={"transaction_id": "not-a-uuid"})
    assert db.record(stranger)["outcome"] == "unknown"
    assert db.record(payment_of(checkout))["outcome"] == "applied"
    second = payment_of(checkout, "succeeded", id="a-second-payment-for-one-transaction")
    assert db.record(second)["outcome"] == "unknown"
    assert db.level() is None


def test_every_step_of_a_payment_is_kept(db: DbEnv) -> None:
    checkout = db.checkout()
    db.record(payment_of(checkout, "pending"), "checkout")
    db.record(payment_of(checkout, "waiting_for_capture"), "webhook")
    db.record(payment_of(checkout, "waiting_for_capture"), "sweep")
    db.record(payment_of(checkout, "canceled"), "sweep")
    steps = db.rows(
        "select status, source, reason from payment_status_events where transaction_id = %s order by id",
        checkout["transaction_id"],
    )
    assert [tuple(step.values()) for step in steps] == [
        ("pending", "checkout", None),
        ("waiting_for_capture", "webhook", None),
        ("canceled", "sweep", "canceled_by_merchant"),
    ]


def test_a_status_never_goes_back(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    db.record(payment_of(checkout, "succeeded"))
    for status in ("pending", "waiting_for_capture", "canceled"):
        assert db.record(payment_of(checkout, status))["outcome"] == "unchanged"
    assert db.level() == "A"
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.query("operator", "update payment_transactions set status = 'pending', next_check_at = now()")


def test_a_status_we_do_not_know_waits(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    assert db.record(payment_of(checkout, "suspended"))["outcome"] == "unchanged"


@pytest.mark.parametrize(
    "payment",
    [
        {},
        {"id": "x"},
        {"id": "x", "status": "succeeded", "amount": {"value": "много"}},
        {"id": "x' or true", "status": "succeeded", "amount": {"value": "1.00"}},
    ],
)
def test_what_is_not_a_payment_is_refused(db: DbEnv, payment: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input"):
        db.record(payment)


def test_a_definite_refusal_ends_the_transaction_and_nothing_else_does(db: DbEnv) -> None:
    first = db.checkout()
    answer = db.service("record_refusal", transaction_id=first["transaction_id"], reason="forbidden")
    assert (answer["outcome"], answer["transaction_status"]) == ("applied", "canceled")
    assert (
        db.service("record_refusal", transaction_id=first["transaction_id"], reason="forbidden")["outcome"]
        == "unchanged"
    )
    second = db.checkout()
    db.record(payment_of(second), "checkout")
    assert (
        db.service("record_refusal", transaction_id=second["transaction_id"], reason="late")[
            "transaction_status"
        ]
        == "pending"
    )
    assert db.service("record_refusal", transaction_id=db.ids["anna"], reason="late")["outcome"] == "unknown"


@pytest.mark.parametrize("person", ["anna", "moderator", "stranger", "visitor"])
@pytest.mark.parametrize(
    ("function", "arguments"),
    [("record_payment", {"payment": {"id": "x"}, "source": "me"}), ("record_refusal", {"transaction_id": "00000000-0000-0000-0000-000000000000", "reason": "x"}),
     ("configure_platform", {"settings": {"shop_id": "mine"}}), ("receive_notification", {"payload": {"type": "notification"}}),
     ("claim_payment_sweep", {}), ("ensure_level_a", {"organization_id": "00000000-0000-0000-0000-000000000000", "subscription_id": "00000000-0000-0000-0000-000000000000"})],
)  # fmt: skip
def test_people_do_not_reach_the_service_rpcs(
    db: DbEnv, person: str, function: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match="42501"):
        db.rpc(person, function, **arguments)


# The subscription's own RPCs


def test_a_failed_charge_starts_grace_and_its_end_takes_the_level(db: DbEnv) -> None:
    db.record(payment_of(db.checkout("subscription"), "succeeded"))
    subscription = db.subscription()
    assert subscription is not None

    def move(status: str) -> str:
        answer = db.service(
            "handle_subscription_status_change",
            subscription_id=subscription["id"],
            new_status=status,
            organization_id=db.organization,
        )
        return str(answer["level_a_action"])

    assert [move("past_due"), move("past_due")] == ["grace_period_started", "none"]
    assert db.level() == "A"
    grace = db.one("select grace_until - now() as grace from subscriptions")["grace"]
    assert grace.days == 14
    assert db.service("is_grace_period_ended", organization_id=db.organization) is False
    assert move("expired") == "revoked"
    assert db.level() is None
    assert [(level, action) for level, action, _ in db.history()] == [
        ("A", "granted"),
        ("A", "grace_started"),
        ("A", "revoked"),
    ]
    assert db.history()[-1][2] == "grace_period_ended"
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        move("active")


def test_cancelling_revokes_and_recovering_keeps(db: DbEnv) -> None:
    db.record(payment_of(db.checkout("subscription"), "succeeded"))
    subscription = db.subscription()
    assert subscription is not None
    end = subscription["current_period_end"]
    db.service("start_grace_period", organization_id=db.organization, days=3)
    recovered = db.record(payment_of(db.checkout("subscription"), "succeeded"))
    assert recovered["subscription_status"] == "active"
    subscription = db.subscription()
    assert subscription is not None
    assert (subscription["current_period_start"], subscription["grace_until"]) == (end, None), (
        "the billing day stays"
    )
    db.service(
        "handle_subscription_status_change",
        subscription_id=subscription["id"],
        new_status="canceled",
        organization_id=db.organization,
    )
    assert db.history()[-1] == ("A", "revoked", "subscription_cancelled")


def test_ensure_level_a_is_said_twice_and_done_once(db: DbEnv) -> None:
    start_trial(db)
    subscription = db.subscription()
    assert subscription is not None
    ensure = {"organization_id": db.organization, "subscription_id": subscription["id"]}
    assert [db.service("ensure_level_a", **ensure)["level_a_action"] for _ in range(2)] == [
        "granted",
        "none",
    ]
    assert db.history() == PAID_HISTORY


# The card


def test_a_forgotten_card_is_gone_for_good(db: DbEnv) -> None:
    start_trial(db)
    card = db.one("select id from payment_methods")["id"]
    for person, refusal in {
        "gleb": "PT403 not_allowed",
        "vera": "PT403 not_allowed",
        "stranger": "PT404 not_found",
    }.items():
        with pytest.raises(Refused, match=refusal):
            db.rpc(person, "forget_payment_method", payment_method_id=card)
    first = db.rpc("boris", "forget_payment_method", payment_method_id=card)
    assert db.rpc("anna", "forget_payment_method", payment_method_id=card) == first, "once is enough"
    assert db.one("select yookassa_payment_method_id, card_last4 from payment_methods") == {
        "yookassa_payment_method_id": None,
        "card_last4": "4444",
    }
    subscription = db.subscription()
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
def test_who_sees_the_money(db: DbEnv, table: str, viewers: set[str]) -> None:
    start_trial(db)
    everyone = ("anna", "boris", "vera", "gleb", "stranger", "moderator")
    assert {who for who in everyone if db.query(who, f"select id from {table}")} == viewers


@pytest.mark.parametrize("person", ["anna", "boris", "moderator"])
def test_what_a_card_is_charged_by_is_ours_alone(db: DbEnv, person: str) -> None:
    start_trial(db)
    for columns in ("*", "yookassa_payment_method_id"):
        with pytest.raises(Refused, match="permission denied"):
            db.query(person, f"select {columns} from payment_methods")
    saved = db.one("select yookassa_payment_method_id from payment_methods")["yookassa_payment_method_id"]
    assert saved
    if person != "moderator":
        assert saved not in str(db.rpc(person, "billing_overview", organization_id=db.organization))
