"""What is queued is asked again when it is claimed (sql/70_email_delivery)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from kit.db import Row, World

NOW = datetime.now(UTC)


def claim(world: World, as_of: datetime = NOW + timedelta(hours=1), **more: int) -> list[Row]:
    answer: list[Row] = world.service("claim_emails", as_of=as_of, **more)
    return answer


def settle(world: World, email: Row, **more: object) -> str:
    given = {"is_sent": False, "error": "451 later", "as_of": NOW} | more
    return str(world.service("settle_email", email_id=email["email_id"], lease_id=email["lease_id"], **given))


def queued_for(world: World, name: str, kind: str = "status_granted") -> Row:
    """Tell everybody in the organization, and find this person's e-mail after a first try that failed."""
    world.service("grant_status_level", organization_id=world.organization, level="B")
    if kind == "status_revoked":
        world.service("revoke_status_level", organization_id=world.organization, level="B", reason="x")
    for email in claim(world):
        settle(world, email)
    return world.one(
        "select * from email_outbox where to_address = %s and kind = %s", world.email(name), kind
    )


def unsubscribes(world: World, name: str) -> None:
    world.door(name, "set_notification_setting", kind="status_granted", in_app=True, by_email=False)


def is_removed(world: World, name: str) -> None:
    world.door("anna", "remove_member", organization_id=world.organization, user_id=world.ids[name])


def leaves(world: World, name: str) -> None:
    world.door(name, "remove_member", organization_id=world.organization, user_id=world.ids[name])


def moves(world: World, name: str) -> None:
    world.run("update auth.users set email = 'elsewhere@example.test' where id = %s", world.ids[name])


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
    world: World, change: Callable[[World, str], None], reason: str
) -> None:
    row = queued_for(world, "gleb")
    change(world, "gleb")
    later = claim(world, NOW + timedelta(hours=2))
    assert {email["to_address"] for email in later} == {
        world.email(name) for name in ("anna", "boris", "vera")
    }
    settled = world.one("select status, error, next_attempt_at from email_outbox where id = %s", row["id"])
    assert settled == {"status": "failed", "error": reason, "next_attempt_at": None}


def test_a_smaller_role_is_not_told_what_it_no_longer_may_know(world: World) -> None:
    world.door("moderator", "grant_status_level", organization_id=world.organization, level="B", valid_until=NOW + timedelta(days=5))  # fmt: skip
    world.service("run_status_expiry", as_of=NOW)
    world.door("anna", "change_member_role", organization_id=world.organization, user_id=world.ids["boris"], role="viewer")  # fmt: skip
    kinds = [email["kind"] for email in claim(world) if email["to_address"] == world.email("boris")]
    assert kinds == ["status_granted"]


def test_a_deleted_persons_queued_messages_go_with_them(world: World) -> None:
    queued_for(world, "gleb")
    address = world.email("gleb")
    taken = next(email for email in claim(world, NOW + timedelta(hours=2)) if email["to_address"] == address)
    world.run("delete from auth.users where id = %s", world.ids["gleb"])
    assert settle(world, taken, is_sent=True) == "gone"
    assert world.rows("select id from email_outbox where to_address = %s", address) == []
    assert claim(world, NOW + timedelta(hours=9)) != []


def test_what_is_settled_without_sending_keeps_nothing_else_waiting(world: World) -> None:
    """A sender that takes one at a time gets the one behind a hundred that nobody wants."""
    queued_for(world, "gleb")
    world.run(
        "insert into email_outbox (kind, user_id, organization_id, to_address, locale, data, next_attempt_at)"
        " select 'status_granted', %s, %s, 'x@example.test', 'ru', '{}', %s from generate_series(1, 100)",
        world.ids["stranger"], world.organization, NOW - timedelta(days=1),
    )  # fmt: skip
    assert len(claim(world, NOW + timedelta(hours=2), max_items=1)) == 1


def test_what_is_always_told_goes_whatever_was_chosen(world: World) -> None:
    queued_for(world, "gleb", "status_revoked")
    world.run(
        "insert into notification_settings (user_id, kind, by_email) values (%s, 'status_revoked', false)",
        world.ids["gleb"],
    )
    assert "status_revoked" in {
        email["kind"]
        for email in claim(world, NOW + timedelta(hours=2))
        if email["to_address"] == world.email("gleb")
    }


def test_no_other_try_is_made_of_what_is_final(world: World) -> None:
    queued_for(world, "gleb")
    for email in claim(world, NOW + timedelta(hours=2)):
        assert settle(world, email, is_final=True, error="not an address") == "failed"
    assert claim(world, NOW + timedelta(days=2)) == []


def test_what_was_not_tried_is_given_back_and_has_lost_no_try(world: World) -> None:
    row = queued_for(world, "gleb")
    later = NOW + timedelta(hours=2)
    for _ in range(12):
        for email in claim(world, later):
            assert settle(world, email, is_sent=None, error=None, as_of=later) == "queued"
    assert world.one("select attempts, error from email_outbox where id = %s", row["id"]) == {
        "attempts": 1,
        "error": "451 later",
    }


def test_dates_of_an_email_are_the_organizations(world: World) -> None:
    world.run(
        "update organization_settings set time_zone = 'Asia/Vladivostok' where organization_id = %s",
        world.organization,
    )
    row = queued_for(world, "gleb")
    assert (row["time_zone"], row["data"]["time_zone"]) == ("Asia/Vladivostok", "Asia/Vladivostok")


# Invitations


def invite(world: World, email: str = "new@example.test") -> Row:
    invited: Row = world.door(
        "boris", "invite_member", organization_id=world.organization, email=email, role="editor"
    )
    return invited


def states(world: World, person: str = "anna") -> list[str]:
    rows = world.query(person, "select email_state from organization_invitations order by created_at")
    return [row["email_state"] for row in rows]


def test_who_invited_sees_what_became_of_the_email(world: World) -> None:
    invite(world)
    assert states(world) == ["queued"]
    (email,) = claim(world)
    settle(world, email)
    assert states(world) == ["queued"], "it is tried again"
    (email,) = claim(world, NOW + timedelta(hours=2))
    settle(world, email, is_final=True)
    assert states(world, "boris") == ["failed"]
    assert states(world, "gleb") == []
    invite(world)
    assert states(world) == ["queued"], "invited again, tried again"
    (email,) = claim(world)
    settle(world, email, is_sent=True)
    assert states(world) == ["sent"]


def test_an_invitation_that_is_over_is_not_sent(world: World) -> None:
    invited = invite(world)
    world.run(
        "update organization_invitations set accepted_at = now() where id = %s", invited["invitation_id"]
    )
    assert claim(world) == []
    assert world.one("select status, error from email_outbox where kind = 'invitation'") == {
        "status": "failed",
        "error": "invitation_over",
    }
