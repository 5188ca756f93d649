"""What payments say of a person goes with the organization (sql/84_payment_traces)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from kit.db import SHOP, DbEnv, Row, payment_of
from psycopg.types.json import Jsonb

NOW = datetime.now(UTC)


def pay_with_a_receipt(db: DbEnv) -> Row:
    """A paid subscription whose receipt went to Anna's address, as ЮKassa told of it."""
    db.service(
        "configure_platform",
        settings={
            "site_url": "https://chestno.example",
            "shop_id": SHOP,
            "test_mode": True,
            "receipts": {"vat_code": 1, "tax_system_code": 2},
        },
    )
    checkout = db.checkout("subscription")
    payment = payment_of(checkout, "succeeded")
    db.service(
        "receive_notification",
        payload={"type": "notification", "event": "payment.succeeded", "object": payment},
    )
    db.record(payment)
    db.run(
        "update public.payment_webhooks_log set status = 'processed', processed_at = now(), next_attempt_at = null"
    )
    return checkout


def refund(db: DbEnv, checkout: Row) -> None:
    started = db.rpc(
        "moderator", "start_refund", transaction_id=checkout["transaction_id"], amount=100, reason="x"
    )
    assert "customer" in json.loads(started["request_body"])["receipt"]
    db.run(
        "update public.payment_refunds set status = 'succeeded', yookassa_refund_id = 'refund-1', next_check_at = null"
    )
    payload = {
        "event": "refund.succeeded",
        "object": {"id": "refund-1", "receipt": {"customer": {"email": "a@b.ru"}}},
    }
    db.run(
        "insert into public.payment_webhooks_log (event_type, object_id, object_status, payload, status)"
        " values ('refund.succeeded', 'refund-1', 'succeeded', %s, 'ignored')",
        Jsonb(payload),
    )


def delete(db: DbEnv) -> None:
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)


def kept(db: DbEnv) -> dict[str, Any]:
    """All that stands of the payments, as text."""
    bodies = db.rows("select request_body from payment_transactions where organization_id = %s", db.organization)  # fmt: skip
    refunds = db.rows("select request_body from payment_refunds where organization_id = %s", db.organization)  # fmt: skip
    payloads = db.rows("select payload from payment_webhooks_log")
    return {
        "sent": [json.loads(row["request_body"]) for row in bodies + refunds],
        "told": [row["payload"]["object"] for row in payloads],
    }


def test_the_receipts_customer_and_the_cards_digits_go_with_the_organization(db: DbEnv) -> None:
    refund(db, pay_with_a_receipt(db))
    before = kept(db)
    assert all(db.email("anna") in json.dumps(body) for body in before["sent"])
    assert any("last4" in json.dumps(told) for told in before["told"])
    delete(db)
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=29))
    assert kept(db) == before
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=30, minutes=1))
    after = kept(db)
    said = json.dumps(after, ensure_ascii=False)
    for trace in (db.email("anna"), "customer", "last4", "first6", "4444", "a@b.ru"):
        assert trace not in said, trace
    for body, earlier in zip(after["sent"], before["sent"], strict=True):
        assert body["amount"] == earlier["amount"], "the books stay"
        assert body["receipt"]["items"] == earlier["receipt"]["items"]
    assert [told["id"] for told in after["told"]] == [told["id"] for told in before["told"]]


def test_another_organizations_payments_are_left_as_they_are(db: DbEnv) -> None:
    pay_with_a_receipt(db)
    before = kept(db)
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=60))
    assert kept(db) == before


def test_what_may_have_to_be_sent_again_is_stripped_when_it_is_decided(db: DbEnv) -> None:
    pay_with_a_receipt(db)
    checkout = db.checkout("card")
    delete(db)
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=31))
    query = "select status, request_body from payment_transactions where id = %s"
    row = db.one(query, checkout["transaction_id"])
    assert row["request_body"] == checkout["request_body"]
    db.record(payment_of(checkout, "canceled"))
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=32))
    assert "customer" not in db.one(query, checkout["transaction_id"])["request_body"]
