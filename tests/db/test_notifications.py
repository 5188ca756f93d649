"""Who is told what, and each e-mail once (sql/23_notifications)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from kit.db import DbEnv, Row
from kit.refused import Refused

NOW = datetime.now(UTC)


def told(db: DbEnv, person: str) -> list[str]:
    return [row["kind"] for row in db.query(person, "select kind from notifications order by id")]


def claim(db: DbEnv, as_of: datetime = NOW + timedelta(hours=1), **more: int) -> list[Row]:
    answer: list[Row] = db.service("claim_emails", as_of=as_of, **more)
    return answer


def settle(db: DbEnv, email: Row, is_sent: bool, as_of: datetime = NOW) -> str:
    return str(
        db.service(
            "settle_email",
            email_id=email["email_id"],
            lease_id=email["lease_id"],
            is_sent=is_sent,
            error="550 no such box",
            as_of=as_of,
        )
    )


def test_people_are_told_by_their_role(db: DbEnv) -> None:
    db.rpc(
        "moderator",
        "grant_status_level",
        organization_id=db.organization,
        level="B",
        valid_until=NOW + timedelta(days=5),
    )
    db.service("run_status_expiry", as_of=NOW)
    assert told(db, "anna") == told(db, "boris") == ["status_granted", "status_expiring"]
    assert told(db, "vera") == told(db, "gleb") == ["status_granted"]
    assert told(db, "stranger") == []


def test_unread_ones_are_marked_read_by_their_reader(db: DbEnv) -> None:
    for level in ("A", "B"):
        db.service("grant_status_level", organization_id=db.organization, level=level)
    first = db.query("gleb", "select id from notifications order by id")[0]["id"]
    assert db.rpc("anna", "mark_notifications_read", ids=[first]) == 0, "it is not hers"
    assert db.rpc("gleb", "mark_notifications_read", ids=[first]) == 1
    assert db.rpc("gleb", "mark_notifications_read") == 1
    assert db.rpc("gleb", "mark_notifications_read") == 0


def test_reading_all_stops_at_the_newest_that_was_shown(db: DbEnv) -> None:
    for level in ("A", "B"):
        db.service("grant_status_level", organization_id=db.organization, level=level)
    shown = db.query("gleb", "select id from notifications order by id desc")[0]["id"]
    db.service("revoke_status_level", organization_id=db.organization, level="B", reason="x")
    assert db.rpc("gleb", "mark_notifications_read", up_to=shown) == 2
    unread = db.query("gleb", "select kind from notifications where read_at is null")
    assert [row["kind"] for row in unread] == ["status_revoked"]


def test_what_is_switched_off_is_not_told_and_the_essential_stays_on(db: DbEnv) -> None:
    db.rpc("gleb", "set_notification_setting", kind="status_granted", in_app=False, by_email=False)
    db.rpc("vera", "set_notification_setting", kind="status_granted", in_app=True, by_email=False)
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc("gleb", "set_notification_setting", kind="status_revoked", in_app=True, by_email=False)
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("gleb", "set_notification_setting", kind="weather", in_app=True, by_email=False)
    db.service("grant_status_level", organization_id=db.organization, level="A")
    assert told(db, "gleb") == []
    assert told(db, "vera") == ["status_granted"]
    assert {email["to_address"] for email in claim(db)} == {db.email("anna"), db.email("boris")}


def test_an_email_is_claimed_once_and_again_when_its_sender_dies(db: DbEnv) -> None:
    db.service("grant_status_level", organization_id=db.organization, level="A")
    emails = claim(db)
    assert len(emails) == 4
    assert claim(db) == []
    again = claim(db, NOW + timedelta(hours=1, minutes=6))
    assert {email["email_id"] for email in again} == {email["email_id"] for email in emails}
    assert settle(db, emails[0], True) == "lost_lease", "the first sender comes back too late"
    assert (
        settle(db, next(email for email in again if email["email_id"] == emails[0]["email_id"]), True)
        == "sent"
    )


def test_a_bad_address_is_given_up_after_8_tries_with_a_reason(db: DbEnv) -> None:
    db.rpc(
        "anna",
        "invite_member",
        organization_id=db.organization,
        email="nobody@example.test",
        role="viewer",
    )
    outcomes, time = [], NOW
    for _ in range(8):
        time += timedelta(hours=2)
        (email,) = claim(db, time)
        outcomes.append(settle(db, email, False, time))
    assert Counter(outcomes) == {"queued": 7, "failed": 1}
    assert claim(db, time + timedelta(days=1)) == []
    assert db.one("select status, attempts, error from email_outbox where kind = 'invitation'") == {
        "status": "failed", "attempts": 8, "error": "550 no such box",
    }  # fmt: skip


def test_a_sender_that_dies_eight_times_is_given_up_too(db: DbEnv) -> None:
    db.rpc(
        "anna",
        "invite_member",
        organization_id=db.organization,
        email="nobody@example.test",
        role="viewer",
    )
    for hour in range(8):
        assert len(claim(db, NOW + timedelta(hours=hour + 1, minutes=1))) == 1
    assert claim(db, NOW + timedelta(hours=10)) == []
    assert db.one("select status, error from email_outbox where kind = 'invitation'") == {
        "status": "failed",
        "error": "no_answer",
    }


def test_an_invitation_goes_to_its_address_and_its_token_is_forgotten_when_sent(db: DbEnv) -> None:
    invited = db.rpc(
        "boris", "invite_member", organization_id=db.organization, email="new@example.test", role="editor"
    )
    (email,) = claim(db)
    assert (email["kind"], email["to_address"], email["data"]["token"]) == (
        "invitation",
        "new@example.test",
        invited["token"],
    )
    assert email["unsubscribe_token"] is None
    settle(db, email, True)
    assert "token" not in db.one("select data from email_outbox where kind = 'invitation'")["data"]


def test_inviting_again_replaces_the_email_that_was_not_sent(db: DbEnv) -> None:
    for _ in range(2):
        last = db.rpc(
            "boris",
            "invite_member",
            organization_id=db.organization,
            email="new@example.test",
            role="editor",
        )
    (email,) = claim(db)
    assert email["data"]["token"] == last["token"]


def test_one_click_unsubscribes_a_visitor_from_that_kind(db: DbEnv) -> None:
    db.service("grant_status_level", organization_id=db.organization, level="A")
    email = next(email for email in claim(db) if email["to_address"] == db.email("gleb"))
    assert db.rpc("visitor", "unsubscribe", token=email["unsubscribe_token"]) == {"kind": "status_granted"}
    db.service("grant_status_level", organization_id=db.organization, level="B")
    assert db.email("gleb") not in {email["to_address"] for email in claim(db)}
    assert told(db, "gleb") == ["status_granted", "status_granted"], "in the app it is still told"
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("visitor", "unsubscribe", token="00000000-0000-0000-0000-000000000000")


def test_essential_emails_have_no_way_out(db: DbEnv) -> None:
    db.service("grant_status_level", organization_id=db.organization, level="A")
    db.service("revoke_status_level", organization_id=db.organization, level="A", reason="x")
    assert {email["kind"]: email["unsubscribe_token"] is None for email in claim(db)} == {
        "status_granted": False,
        "status_revoked": True,
    }
