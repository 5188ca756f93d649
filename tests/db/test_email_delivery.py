"""What is queued is asked again when it is claimed (sql/70_email_delivery)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from kit.db import DbEnv, Row

NOW = datetime.now(UTC)


def claim(db: DbEnv, as_of: datetime = NOW + timedelta(hours=1), **more: int) -> list[Row]:
    answer: list[Row] = db.service("claim_emails", as_of=as_of, **more)
    return answer


def settle(db: DbEnv, email: Row, **more: object) -> str:
    given = {"is_sent": False, "error": "451 later", "as_of": NOW} | more
    return str(db.service("settle_email", email_id=email["email_id"], lease_id=email["lease_id"], **given))


def queued_for(db: DbEnv, name: str, kind: str = "status_granted") -> Row:
    """Tell everybody in the organization, and find this person's e-mail after a first try that failed."""
    db.service("grant_status_level", organization_id=db.organization, level="B")
    if kind == "status_revoked":
        db.service("revoke_status_level", organization_id=db.organization, level="B", reason="x")
    for email in claim(db):
        settle(db, email)
    return db.one("select * from email_outbox where to_address = %s and kind = %s", db.email(name), kind)


def unsubscribes(db: DbEnv, name: str) -> None:
    db.rpc(name, "set_notification_setting", kind="status_granted", in_app=True, by_email=False)


def is_removed(db: DbEnv, name: str) -> None:
    db.rpc("anna", "remove_member", organization_id=db.organization, user_id=db.ids[name])


def leaves(db: DbEnv, name: str) -> None:
    db.rpc(name, "remove_member", organization_id=db.organization, user_id=db.ids[name])


def moves(db: DbEnv, name: str) -> None:
    db.run("update auth.users set email = 'elsewhere@example.test' where id = %s", db.ids[name])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (unsubscribes, "switched_off"),
        (is_removed, "not_a_member"),
        (leaves, "not_a_member"),
        (moves, "address_changed"),
    ],
)
def test_who_changed_their_mind_between_telling_and_sending_gets_no_mail(
    db: DbEnv, change: Callable[[DbEnv, str], None], reason: str
) -> None:
    row = queued_for(db, "gleb")
    change(db, "gleb")
    later = claim(db, NOW + timedelta(hours=2))
    assert {email["to_address"] for email in later} == {db.email(name) for name in ("anna", "boris", "vera")}
    settled = db.one("select status, error, next_attempt_at from email_outbox where id = %s", row["id"])
    assert settled == {"status": "failed", "error": reason, "next_attempt_at": None}


def test_a_smaller_role_is_not_told_what_it_no_longer_may_know(db: DbEnv) -> None:
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B", valid_until=NOW + timedelta(days=5))  # fmt: skip
    db.service("run_status_expiry", as_of=NOW)
    db.rpc("anna", "change_member_role", organization_id=db.organization, user_id=db.ids["boris"], role="viewer")  # fmt: skip
    kinds = [email["kind"] for email in claim(db) if email["to_address"] == db.email("boris")]
    assert kinds == ["status_granted"]


def test_a_deleted_persons_queued_messages_go_with_them(db: DbEnv) -> None:
    queued_for(db, "gleb")
    address = db.email("gleb")
    taken = next(email for email in claim(db, NOW + timedelta(hours=2)) if email["to_address"] == address)
    db.run("delete from auth.users where id = %s", db.ids["gleb"])
    assert settle(db, taken, is_sent=True) == "gone"
    assert db.rows("select id from email_outbox where to_address = %s", address) == []
    assert claim(db, NOW + timedelta(hours=9)) != []


def test_what_is_settled_without_sending_keeps_nothing_else_waiting(db: DbEnv) -> None:
    """A sender that takes one at a time gets the one behind a hundred that nobody wants."""
    queued_for(db, "gleb")
    db.run(
        "insert into email_outbox (kind, user_id, organization_id, to_address, locale, data, next_attempt_at)"
        " select 'status_granted', %s, %s, 'x@example.test', 'ru', '{}', %s from generate_series(1, 100)",
        db.ids["stranger"], db.organization, NOW - timedelta(days=1),
    )  # fmt: skip
    assert len(claim(db, NOW + timedelta(hours=2), max_items=1)) == 1


def test_what_is_always_told_goes_whatever_was_chosen(db: DbEnv) -> None:
    queued_for(db, "gleb", "status_revoked")
    db.run(
        "insert into notification_settings (user_id, kind, by_email) values (%s, 'status_revoked', false)",
        db.ids["gleb"],
    )
    assert "status_revoked" in {
        email["kind"]
        for email in claim(db, NOW + timedelta(hours=2))
        if email["to_address"] == db.email("gleb")
    }


def test_no_other_try_is_made_of_what_is_final(db: DbEnv) -> None:
    queued_for(db, "gleb")
    for email in claim(db, NOW + timedelta(hours=2)):
        assert settle(db, email, is_final=True, error="not an address") == "failed"
    assert claim(db, NOW + timedelta(days=2)) == []


def test_what_was_not_tried_is_given_back_and_has_lost_no_try(db: DbEnv) -> None:
    row = queued_for(db, "gleb")
    later = NOW + timedelta(hours=2)
    for _ in range(12):
        for email in claim(db, later):
            assert settle(db, email, is_sent=None, error=None, as_of=later) == "queued"
    assert db.one("select attempts, error from email_outbox where id = %s", row["id"]) == {
        "attempts": 1,
        "error": "451 later",
    }


def test_dates_of_an_email_are_the_organizations(db: DbEnv) -> None:
    db.run(
        "update organization_settings set time_zone = 'Asia/Vladivostok' where organization_id = %s",
        db.organization,
    )
    row = queued_for(db, "gleb")
    assert (row["time_zone"], row["data"]["time_zone"]) == ("Asia/Vladivostok", "Asia/Vladivostok")


# Invitations


def invite(db: DbEnv, email: str = "new@example.test") -> Row:
    invited: Row = db.rpc(
        "boris", "invite_member", organization_id=db.organization, email=email, role="editor"
    )
    return invited


def states(db: DbEnv, person: str = "anna") -> list[str]:
    rows = db.query(person, "select email_state from organization_invitations order by created_at")
    return [row["email_state"] for row in rows]


def test_who_invited_sees_what_became_of_the_email(db: DbEnv) -> None:
    invite(db)
    assert states(db) == ["queued"]
    (email,) = claim(db)
    settle(db, email)
    assert states(db) == ["queued"], "it is tried again"
    (email,) = claim(db, NOW + timedelta(hours=2))
    settle(db, email, is_final=True)
    assert states(db, "boris") == ["failed"]
    assert states(db, "gleb") == []
    invite(db)
    assert states(db) == ["queued"], "invited again, tried again"
    (email,) = claim(db)
    settle(db, email, is_sent=True)
    assert states(db) == ["sent"]


def test_an_invitation_names_who_invites_by_the_address_that_was_proved(db: DbEnv) -> None:
    db.query(
        "boris", "update profiles set full_name = 'Служба безопасности банка' where id = %s", db.ids["boris"]
    )
    invite(db)
    (email,) = claim(db)
    assert email["data"]["invited_by"] == db.email("boris")
    assert "Служба" not in str(email)


def test_an_invitation_ends_by_the_organizations_clock(db: DbEnv) -> None:
    db.run("update profiles set time_zone = 'America/New_York' where id = %s", db.ids["boris"])
    db.run(
        "update organization_settings set time_zone = 'Asia/Vladivostok' where organization_id = %s",
        db.organization,
    )
    invite(db)
    assert [email["time_zone"] for email in claim(db)] == ["Asia/Vladivostok"]


def test_an_invitation_that_is_over_is_not_sent(db: DbEnv) -> None:
    invited = invite(db)
    db.run("update organization_invitations set accepted_at = now() where id = %s", invited["invitation_id"])
    assert claim(db) == []
    assert db.one("select status, error from email_outbox where kind = 'invitation'") == {
        "status": "failed",
        "error": "invitation_over",
    }
