"""Webhooks and the sweep (sql/48_webhooks_and_sweep)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import DbEnv, Row, notification_of, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
NOTHING: Row = {"notifications": [], "transactions": [], "holds": [], "refunds": [], "receipts": []}


def receive(db: DbEnv, payload: Row) -> Row:
    answer: Row = db.service("receive_notification", payload=payload, remote_ip="185.71.76.5")
    return answer


def settle(db: DbEnv, notification: Row, payment: Row) -> Row:
    answer: Row = db.service(
        "settle_notification", notification_id=notification["notification_id"], payment=payment
    )
    return answer


def test_a_notification_is_stored_once_and_its_deliveries_counted(db: DbEnv) -> None:
    payment = payment_of(db.checkout(), "waiting_for_capture")
    stored = [receive(db, notification_of(payment)) for _ in range(3)]
    assert {answer["notification_id"] for answer in stored} == {stored[0]["notification_id"]}
    assert stored[0] | {"notification_id": 0} == {
        "notification_id": 0, "status": "received", "object_kind": "payment", "object_id": payment["id"], "settle": True,
    }  # fmt: skip
    assert settle(db, stored[0], payment)["notification_status"] == "processed"
    assert receive(db, notification_of(payment))["settle"] is False
    row = db.one("select deliveries, host(remote_ip) as remote_ip, status, error from payment_webhooks_log")
    assert row == {"deliveries": 4, "remote_ip": "185.71.76.5", "status": "processed", "error": None}


@pytest.mark.parametrize(
    "payload",
    [{"event": "payment_method.active", "object": {"id": "2d-1", "status": "active"}}, {"event": "deal.closed", "object": {"id": "2d-1"}},
     {"event": "Something New 2!"}, {"event": "x" * 1000, "object": {"id": "y" * 1000, "status": "z" * 1000}}, {"event": "deal.closed", "object": 5},
     {"event": "payment.succeeded"}, {"event": "payment.succeeded", "object": {}}, {"event": "refund.succeeded", "object": {"id": "'; drop table x; --"}},
     {"event": "payment.succeeded", "object": {"id": "x"}, "type": "greeting"}, {"event": "payment.succeeded", "object": {"id": "x"}, "type": None}],
)  # fmt: skip
def test_events_that_are_not_ours_are_kept_and_ignored(db: DbEnv, payload: dict[str, Any]) -> None:
    for _ in range(2):
        answer = receive(db, {"type": "notification", **payload})
    assert (answer["status"], answer["object_kind"], answer["settle"]) == ("ignored", "other", False)
    row = db.one(
        "select event_type, object_id, deliveries, payload ->> 'event' as event from payment_webhooks_log"
    )
    assert (row["event"], row["event_type"], row["deliveries"]) == (
        payload["event"],
        payload["event"][:64],
        2,
    )
    assert len(row["object_id"]) <= 64


@pytest.mark.parametrize(
    "payload",
    [{}, {"type": "notification"}, {"type": "notification", "object": {"id": "x"}}, {"type": "notification", "event": ""},
     {"type": "notification", "event": ["payment.succeeded"], "object": {"id": "x"}}, {"type": "notification", "event": 5, "object": {"id": "x"}}],
)  # fmt: skip
def test_what_is_no_notification_is_refused_and_not_kept(db: DbEnv, payload: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input"):
        receive(db, payload)
    assert db.rows("select * from payment_webhooks_log") == []


@pytest.mark.parametrize(
    ("said", "true", "why"),
    [("succeeded", "pending", "status_not_confirmed"), ("waiting_for_capture", "pending", "status_not_confirmed"),
     ("succeeded", "canceled", "status_not_confirmed"), ("canceled", "succeeded", "status_not_confirmed")],
)  # fmt: skip
def test_what_yookassa_does_not_confirm_changes_nothing_and_says_why(
    db: DbEnv, said: str, true: str, why: str
) -> None:
    checkout = db.checkout("subscription")
    notification = receive(db, notification_of(payment_of(checkout, said)))
    answer = settle(db, notification, payment_of(checkout, true))
    assert (answer["outcome"], answer["notification_status"]) == ("unchanged", "rejected")
    assert db.one("select status, error from payment_webhooks_log") == {"status": "rejected", "error": why}
    assert db.one("select status from payment_transactions")["status"] == "created"
    assert db.history() == []


def test_a_forged_amount_changes_nothing_and_does_not_stand_in_the_way_of_the_truth(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    true = payment_of(checkout, "succeeded")
    forged = receive(db, notification_of(true | {"amount": {"value": "1.00", "currency": "RUB"}}))
    assert settle(db, forged, true)["notification_status"] == "rejected"
    assert db.level() is None
    honest = receive(db, notification_of(true))
    assert settle(db, honest, true)["notification_status"] == "processed"
    assert db.level() == "A"


def test_a_payment_of_ours_that_is_not_ours(db: DbEnv) -> None:
    payment = payment_of(db.checkout(), "succeeded", id="elsewhere", metadata={})
    assert settle(db, receive(db, notification_of(payment)), payment)["notification_status"] == "rejected"
    assert db.one("select error from payment_webhooks_log")["error"] == "payment_not_ours"


def test_a_notification_is_settled_with_its_own_payment_only(db: DbEnv) -> None:
    checkout = db.checkout()
    notification = receive(db, notification_of(payment_of(checkout, "waiting_for_capture")))
    with pytest.raises(Refused, match="PT422 invalid_input"):
        settle(db, notification, payment_of(checkout, "waiting_for_capture", id="another"))
    with pytest.raises(Refused, match="PT404 not_found"):
        settle(db, {"notification_id": db.ids["anna"]}, payment_of(checkout))


def test_the_sweep_hands_out_each_thing_once_and_again_later(db: DbEnv) -> None:
    waiting = db.checkout()
    receive(db, notification_of(payment_of(waiting, "waiting_for_capture")))
    assert db.service("claim_payment_sweep", as_of=NOW) == NOTHING, "whoever stored it is at it"

    later = NOW + timedelta(minutes=3)
    work = db.service("claim_payment_sweep", as_of=later)
    assert [item["object_kind"] for item in work["notifications"]] == ["payment"]
    assert [(item["transaction_id"], item["replay"]) for item in work["transactions"]] == [
        (waiting["transaction_id"], True)
    ]
    assert work["transactions"][0]["request_body"] == waiting["request_body"]
    assert db.service("claim_payment_sweep", as_of=later) == NOTHING
    assert db.service("claim_payment_sweep", as_of=later + timedelta(minutes=5))["transactions"] != []


def test_a_key_is_not_replayed_after_23_hours(db: DbEnv) -> None:
    db.checkout()
    work = db.service("claim_payment_sweep", as_of=NOW + timedelta(hours=23, minutes=1))
    assert [item["replay"] for item in work["transactions"]] == [False]


def test_a_hold_that_was_not_released_is_swept(db: DbEnv) -> None:
    checkout = db.checkout()
    payment = payment_of(checkout, "waiting_for_capture")
    db.record(payment)
    work = db.service("claim_payment_sweep", as_of=NOW + timedelta(minutes=3))
    assert work["holds"] == [
        {"transaction_id": checkout["transaction_id"], "yookassa_payment_id": payment["id"]}
    ]
    assert work["transactions"] == []


def test_a_notification_that_cannot_be_settled_waits_longer_each_time_or_is_rejected(db: DbEnv) -> None:
    notification = receive(db, notification_of(payment_of(db.checkout(), "waiting_for_capture")))[
        "notification_id"
    ]
    waits = []
    for _ in range(7):
        db.service(
            "fail_notification", notification_id=notification, reason="timeout", is_final=False, as_of=NOW
        )
        waits.append(
            (
                db.one("select next_attempt_at from payment_webhooks_log")["next_attempt_at"] - NOW
            ).total_seconds()
            / 60
        )
    assert waits == [1, 3, 7, 15, 31, 60, 60]
    db.service(
        "fail_notification",
        notification_id=notification,
        reason="payment_not_found",
        is_final=True,
        as_of=NOW,
    )
    assert db.one("select status, error, next_attempt_at from payment_webhooks_log") == {
        "status": "rejected", "error": "payment_not_found", "next_attempt_at": None,
    }  # fmt: skip


def test_a_job_run_is_noted_and_finished_once(db: DbEnv) -> None:
    run = db.service("start_job", job="payment_sweep")
    db.service("finish_job", run_id=run, status="ok", summary={"settled": 1})
    assert db.query("moderator", "select job, status, summary from job_runs where id = %s", run) == [
        {"job": "payment_sweep", "status": "ok", "summary": {"settled": 1}}
    ]
    with pytest.raises(Refused, match="PT404 not_found"):
        db.service("finish_job", run_id=run, status="ok")
