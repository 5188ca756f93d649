"""An organization to which everything has happened: at least one row in every table.

A new table is empty here, and the access matrix says so, until somebody fills it: then the attack finds it too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from psycopg.types.json import Jsonb

from kit.db import (
    MEMBERS,
    DbEnv,
    hand_in_evidence,
    notification_of,
    payment_of,
    publish_stories,
    receipt_of,
    scan_codes,
)


def fill(db: DbEnv) -> None:
    """Give Anna's organization its rows. There may be others in this database that have theirs."""
    db.rpc(
        "anna", "invite_member", organization_id=db.organization, email=f"new.{uuid4().hex[:8]}@example.test",
        role="viewer",
    )  # fmt: skip
    held = payment_of(db.checkout(), "waiting_for_capture")
    db.service("receive_notification", payload=notification_of(held))
    db.record(held)
    db.service("start_job", job="payment_sweep")
    hand_in_evidence(db)
    soon = datetime.now(UTC) + timedelta(days=7)
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B", valid_until=soon)
    db.rpc(
        "anna", "request_name_change", organization_id=db.organization, name="Мёд", message="Новая вывеска"
    )
    db.rpc(
        "stranger", "claim_organization", legal_name="ООО «Другая»", message="Это моя",
        inn=db.one("select inn from organizations where id = %s", db.organization)["inn"],
    )  # fmt: skip
    db.rpc(
        "stranger", "report_abuse", kind="stolen_name", organization_id=db.organization,
        message="Назвались нашим именем",
    )  # fmt: skip
    in_force = {page["key"]: page["version"] for page in db.rpc("visitor", "list_platform_pages")}
    if "offer" not in in_force:  # a running stack has texts of its own, which other tests read
        offer = {"ru": {"title": "Оферта", "body": "…"}, "en": {"title": "Offer", "body": "…"}}
        in_force["offer"] = db.service("publish_platform_page", key="offer", texts=offer)["version"]
    agreed = [{"key": "offer", "version": in_force["offer"]}]
    db.rpc("anna", "give_consents", texts=agreed, organization_id=db.organization)
    written = db.rpc("anna", "send_support_message", subject="Оплата", message="Не проходит")
    db.rpc("moderator", "answer_support_message", ticket_id=written["ticket_id"], message="Проходит")
    db.service("run_status_expiry")
    publish_stories(db, 1)
    story = db.one("select id from public.stories where organization_id = %s", db.organization)["id"]
    assert db.rpc("visitor", "record_story_view", story_id=story, visitor="somebody")["counted"]
    scan_codes(db, 1)
    (code,) = db.rpc("vera", "create_qr_codes", organization_id=db.organization, items=[
        {"title": "Мёд", "target_kind": "organization_page"}])  # fmt: skip
    db.query(
        "vera",
        "update qr_codes set target_kind = 'url', target_url = 'https://a.ru' where id = %s",
        code["id"],
    )
    db.service("run_qr_rollup")
    later = datetime.now(UTC) + timedelta(days=13, hours=12)
    assert db.service("run_billing_cycle", as_of=later)["noticed"]
    assert db.charge(later + timedelta(days=1), "canceled")
    paid = db.checkout("subscription")
    db.record(payment_of(paid, "succeeded"))
    db.service(
        "record_receipts", transaction_id=paid["transaction_id"], refund_id=None, receipts=[receipt_of(paid)]
    )
    db.rpc(
        "vera", "create_story_media", organization_id=db.organization, kind="video", bytes=1000,
        content_type="video/mp4",
    )  # fmt: skip
    db.rpc("moderator", "start_refund", transaction_id=paid["transaction_id"], amount=10, reason="проба")
    db.service(
        "reconcile",
        payments=[payment_of(paid, "succeeded", id=str(uuid4()), metadata={})],
        refunds=Jsonb([]),
        since=soon,
    )
    for person in (*MEMBERS, "moderator", "stranger"):
        db.rpc(person, "set_notification_setting", kind="status_granted", in_app=True, by_email=False)
