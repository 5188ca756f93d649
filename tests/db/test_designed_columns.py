"""Other programs write rows with the columns that docs/design.md names (§5, §6, §8 and §9), and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from kit.db import DbEnv, Row
from psycopg import sql
from psycopg.types.json import Jsonb

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def insert(db: DbEnv, table: str, **columns: Any) -> Row:
    statement = sql.SQL("insert into public.{} ({}) values ({}) returning *").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
    row = db.connection.execute(statement, list(columns.values())).fetchone()
    assert row
    return row


def level(db: DbEnv, **more: Any) -> Row:
    return insert(db, "organization_status_levels", **{
        "id": uuid4(), "organization_id": db.organization, "level": "A", "is_active": True, "valid_from": NOW, "valid_until": None,
        "granted_at": NOW, "granted_by": None, "subscription_id": None, "notes": None, "revoked_at": None, "revoked_by": None,
        "revoke_reason": None} | more)  # fmt: skip


def plan(db: DbEnv, **more: Any) -> Row:
    return insert(db, "subscription_plans", **{
        "id": "a_week", "level": "A", "title": Jsonb({"ru": "Неделя", "en": "A week"}), "amount": 400, "currency": "RUB", "period": "month",
        "trial_days": 0, "requires_verification": False, "limits": Jsonb({"qr_codes": 1, "stories_per_month": 1, "members": 1}),
        "is_active": True, "position": 9} | more)  # fmt: skip


def card(db: DbEnv, **more: Any) -> Row:
    return insert(db, "payment_methods", **{
        "id": uuid4(), "organization_id": db.organization, "yookassa_payment_method_id": "pm-1", "type": "bank_card", "title": "Card *4444",
        "card_last4": "4444", "expires_at": NOW + 900 * DAY, "revoked_at": None} | more)  # fmt: skip


def subscription(db: DbEnv, **more: Any) -> Row:
    return insert(db, "subscriptions", **{
        "id": uuid4(), "organization_id": db.organization, "plan_id": "a_month", "status": "active", "trial_ends_at": None,
        "current_period_start": NOW - 10 * DAY, "current_period_end": NOW + 20 * DAY, "grace_until": None, "cancel_at_period_end": False,
        "canceled_at": None, "payment_method_id": None, "created_by": db.ids["anna"], "created_at": NOW, "updated_at": NOW} | more)  # fmt: skip


def transaction(db: DbEnv, **more: Any) -> Row:
    key = str(uuid4())
    return insert(db, "payment_transactions", **{
        "id": uuid4(), "organization_id": db.organization, "subscription_id": None, "plan_id": "a_month", "kind": "first_payment",
        "amount": 1490, "currency": "RUB", "status": "created", "yookassa_payment_id": None, "idempotence_key": key, "request_body": "{}",
        "confirmation_url": None, "refunded_amount": 0, "cancellation_party": None, "cancellation_reason": None,
        "created_by": db.ids["anna"], "created_at": NOW, "updated_at": NOW} | more)  # fmt: skip


def notification(db: DbEnv, **more: Any) -> Row:
    return insert(db, "payment_webhooks_log", **{
        "id": uuid4(), "event_type": "payment.succeeded", "object_id": "2d-1", "object_status": "succeeded", "payload": Jsonb({"event": "x"}),
        "remote_ip": "185.71.76.1", "deliveries": 1, "received_at": NOW, "processed_at": None, "status": "received", "attempts": 0,
        "next_attempt_at": None, "error": None} | more)  # fmt: skip


def test_a_level_what_happened_to_it_and_a_request(db: DbEnv) -> None:
    assert level(db)["is_active"]
    event = {"organization_id": db.organization, "level": "A", "action": "granted", "reason": "paid", "valid_until": None,
             "actor_kind": "system", "actor_id": None}  # fmt: skip
    assert insert(db, "status_level_events", **event, occurred_at=NOW - DAY)["occurred_at"] == NOW - DAY
    assert insert(db, "status_level_events", **event)["occurred_at"] is not None
    assert insert(
        db, "status_upgrade_requests", id=uuid4(), organization_id=db.organization, target_level="B", message="Проверьте нас",
        evidence_paths=[], status="pending", requested_by=db.ids["anna"], reviewed_by=None, reviewed_at=None, review_comment=None,
    )  # fmt: skip


def test_a_criterion_of_level_c(db: DbEnv) -> None:
    db.run("delete from level_c_criteria")
    assert insert(
        db, "level_c_criteria", key="unique_scans", required=100, window_days=90, is_active=True
    )["position"]  # fmt: skip
    assert [
        row["criterion"] for row in [db.rpc("anna", "level_c_progress", organization_id=db.organization)]
    ] == ["unique_scans"]


def test_a_plan_and_a_card(db: DbEnv) -> None:
    assert plan(db)["amount"] == 400
    assert card(db)["card_last4"] == "4444"
    assert card(db, yookassa_payment_method_id=None, revoked_at=NOW)["revoked_at"] == NOW


@pytest.mark.parametrize(
    ("given", "anchor", "next_charge"),
    [
        ({"status": "active"}, -10, 20),
        ({"status": "active", "trial_ends_at": NOW - 10 * DAY}, -10, 20),
        ({"status": "trialing", "trial_ends_at": NOW + 4 * DAY}, 4, 4),
        ({"status": "active", "cancel_at_period_end": True}, -10, None),
        ({"status": "past_due", "grace_until": NOW + 3 * DAY}, -10, None),
        ({"status": "canceled", "canceled_at": NOW}, -10, None),
        ({"status": "active", "next_charge_at": NOW + DAY, "billing_anchor": NOW - 40 * DAY}, -40, 1),
    ],
)
def test_a_subscription_knows_its_billing_day_and_its_next_charge(
    db: DbEnv, given: Row, anchor: int, next_charge: int | None
) -> None:
    made = subscription(db, **given)
    then = made["current_period_start"] + 10 * DAY  # NOW, as the parameters had it
    assert abs(made["billing_anchor"] - then - anchor * DAY) < timedelta(hours=1)
    if next_charge is None:
        assert made["next_charge_at"] is None
    else:
        assert abs(made["next_charge_at"] - then - next_charge * DAY) < timedelta(hours=1)


def test_a_subscription_that_was_written_so_is_charged(db: DbEnv) -> None:
    subscription(db, payment_method_id=card(db)["id"])
    assert db.charge(NOW + 19 * DAY) == 0
    assert db.charge(NOW + 20 * DAY) == 1
    assert db.live()["current_period_start"] == NOW + 20 * DAY


@pytest.mark.parametrize("status", ["created", "pending", "waiting_for_capture"])
def test_a_payment_without_an_outcome_is_looked_at(db: DbEnv, status: str) -> None:
    assert transaction(db, status=status)["next_check_at"] == NOW + timedelta(minutes=2)
    assert len(db.service("claim_payment_sweep", as_of=NOW + timedelta(minutes=3))["transactions"]) == 1


@pytest.mark.parametrize("kind", ["trial_hold", "first_payment", "renewal", "plan_change"])
@pytest.mark.parametrize("status", ["succeeded", "canceled", "quarantined"])
def test_a_payment_with_an_outcome_is_left_alone(db: DbEnv, kind: str, status: str) -> None:
    paid = subscription(db)
    for _ in range(2):
        made = transaction(db, kind=kind, status=status, subscription_id=paid["id"])
    assert made["next_check_at"] is None


def test_a_renewal_and_a_retry_are_for_the_next_period(db: DbEnv) -> None:
    late = subscription(
        db, status="past_due", grace_until=NOW + 14 * DAY, current_period_end=NOW, payment_method_id=card(db)["id"]
    )  # fmt: skip
    retry = insert(
        db, "subscription_retry_attempts", id=uuid4(), subscription_id=late["id"], attempt=1, scheduled_at=NOW + DAY,
        attempted_at=None, transaction_id=None, outcome=None, reason=None,
    )  # fmt: skip
    renewal = transaction(db, kind="renewal", subscription_id=late["id"])
    assert retry["period_start"] == renewal["period_start"] == NOW
    assert renewal["payment_method_id"] == late["payment_method_id"]


def test_notifications(db: DbEnv) -> None:
    waiting = notification(db)
    assert (waiting["next_attempt_at"], len(waiting["payload_digest"])) == (NOW + timedelta(minutes=1), 32)
    for status in ("processed", "ignored"):
        assert notification(db, status=status, object_id=status)["next_attempt_at"] is None
    assert (
        notification(db, status="rejected", error="payment_not_found", object_id="no")["processed_at"] is None
    )


def test_a_run_of_a_job(db: DbEnv) -> None:
    assert insert(
        db, "job_runs", job="payment_sweep", started_at=NOW, finished_at=NOW, status="ok", summary=Jsonb({}), error=None
    )["as_of"]  # fmt: skip


def test_a_story(db: DbEnv) -> None:
    story = insert(
        db, "stories", id=uuid4(), organization_id=db.organization, story_type="expert_opinion", status="published",
        title="Мёд", content_text="О мёде", published_at=NOW - DAY, created_at=NOW - 2 * DAY, updated_at=NOW - DAY,
        created_by=db.ids["anna"],
    )  # fmt: skip
    assert (story["content_origin"], story["view_count"], story["is_featured"]) == ("direct_input", 0, False)
    (found,) = db.rpc("visitor", "search_stories", organization_id=db.organization, query="меда")["items"]
    assert found["id"] == str(story["id"])
