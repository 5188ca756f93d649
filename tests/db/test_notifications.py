"""Who is told what, and each letter once (sql/23_notifications)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from kit.db import Row, World
from kit.refused import Refused

NOW = datetime.now(UTC)


def told(world: World, person: str) -> list[str]:
    return [row["kind"] for row in world.query(person, "select kind from notifications order by id")]


def claim(world: World, as_of: datetime = NOW + timedelta(hours=1), **more: int) -> list[Row]:
    answer: list[Row] = world.service("claim_emails", as_of=as_of, **more)
    return answer


def settle(world: World, letter: Row, is_sent: bool, as_of: datetime = NOW) -> str:
    return str(
        world.service(
            "settle_email",
            email_id=letter["email_id"],
            lease_id=letter["lease_id"],
            is_sent=is_sent,
            error="550 no such box",
            as_of=as_of,
        )
    )


def test_people_are_told_by_their_role(world: World) -> None:
    world.door(
        "moderator",
        "grant_status_level",
        organization_id=world.organization,
        level="B",
        valid_until=NOW + timedelta(days=5),
    )
    world.service("run_status_expiry", as_of=NOW)
    assert told(world, "anna") == told(world, "boris") == ["status_granted", "status_expiring"]
    assert told(world, "vera") == told(world, "gleb") == ["status_granted"]
    assert told(world, "stranger") == []


def test_unread_ones_are_marked_read_by_their_reader(world: World) -> None:
    for level in ("A", "B"):
        world.service("grant_status_level", organization_id=world.organization, level=level)
    first = world.query("gleb", "select id from notifications order by id")[0]["id"]
    assert world.door("anna", "mark_notifications_read", ids=[first]) == 0, "it is not hers"
    assert world.door("gleb", "mark_notifications_read", ids=[first]) == 1
    assert world.door("gleb", "mark_notifications_read") == 1
    assert world.door("gleb", "mark_notifications_read") == 0


def test_reading_all_stops_at_the_newest_that_was_shown(world: World) -> None:
    for level in ("A", "B"):
        world.service("grant_status_level", organization_id=world.organization, level=level)
    shown = world.query("gleb", "select id from notifications order by id desc")[0]["id"]
    world.service("revoke_status_level", organization_id=world.organization, level="B", reason="x")
    assert world.door("gleb", "mark_notifications_read", up_to=shown) == 2
    unread = world.query("gleb", "select kind from notifications where read_at is null")
    assert [row["kind"] for row in unread] == ["status_revoked"]


def test_what_is_switched_off_is_not_told_and_the_essential_stays_on(world: World) -> None:
    world.door("gleb", "set_notification_setting", kind="status_granted", in_app=False, by_email=False)
    world.door("vera", "set_notification_setting", kind="status_granted", in_app=True, by_email=False)
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.door("gleb", "set_notification_setting", kind="status_revoked", in_app=True, by_email=False)
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("gleb", "set_notification_setting", kind="weather", in_app=True, by_email=False)
    world.service("grant_status_level", organization_id=world.organization, level="A")
    assert told(world, "gleb") == []
    assert told(world, "vera") == ["status_granted"]
    assert {letter["to_address"] for letter in claim(world)} == {world.email("anna"), world.email("boris")}


def test_a_letter_is_claimed_once_and_again_when_its_sender_dies(world: World) -> None:
    world.service("grant_status_level", organization_id=world.organization, level="A")
    letters = claim(world)
    assert len(letters) == 4
    assert claim(world) == []
    again = claim(world, NOW + timedelta(hours=1, minutes=6))
    assert {letter["email_id"] for letter in again} == {letter["email_id"] for letter in letters}
    assert settle(world, letters[0], True) == "lost_lease", "the first sender comes back too late"
    assert (
        settle(world, next(letter for letter in again if letter["email_id"] == letters[0]["email_id"]), True)
        == "sent"
    )


def test_a_bad_address_is_given_up_after_8_tries_with_a_reason(world: World) -> None:
    world.door(
        "anna",
        "invite_member",
        organization_id=world.organization,
        email="nobody@example.test",
        role="viewer",
    )
    outcomes, time = [], NOW
    for _ in range(8):
        time += timedelta(hours=2)
        (letter,) = claim(world, time)
        outcomes.append(settle(world, letter, False, time))
    assert Counter(outcomes) == {"queued": 7, "failed": 1}
    assert claim(world, time + timedelta(days=1)) == []
    assert world.one("select status, attempts, error from email_outbox where kind = 'invitation'") == {
        "status": "failed", "attempts": 8, "error": "550 no such box",
    }  # fmt: skip


def test_a_sender_that_dies_eight_times_is_given_up_too(world: World) -> None:
    world.door(
        "anna",
        "invite_member",
        organization_id=world.organization,
        email="nobody@example.test",
        role="viewer",
    )
    for hour in range(8):
        assert len(claim(world, NOW + timedelta(hours=hour + 1, minutes=1))) == 1
    assert claim(world, NOW + timedelta(hours=10)) == []
    assert world.one("select status, error from email_outbox where kind = 'invitation'") == {
        "status": "failed",
        "error": "no_answer",
    }


def test_an_invitation_goes_to_its_address_and_its_token_is_forgotten_when_sent(world: World) -> None:
    invited = world.door(
        "boris", "invite_member", organization_id=world.organization, email="new@example.test", role="editor"
    )
    (letter,) = claim(world)
    assert (letter["kind"], letter["to_address"], letter["data"]["token"]) == (
        "invitation",
        "new@example.test",
        invited["token"],
    )
    assert letter["unsubscribe_token"] is None
    settle(world, letter, True)
    assert "token" not in world.one("select data from email_outbox where kind = 'invitation'")["data"]


def test_inviting_again_replaces_the_letter_that_was_not_sent(world: World) -> None:
    for _ in range(2):
        last = world.door(
            "boris",
            "invite_member",
            organization_id=world.organization,
            email="new@example.test",
            role="editor",
        )
    (letter,) = claim(world)
    assert letter["data"]["token"] == last["token"]


def test_one_click_unsubscribes_a_visitor_from_that_kind(world: World) -> None:
    world.service("grant_status_level", organization_id=world.organization, level="A")
    letter = next(letter for letter in claim(world) if letter["to_address"] == world.email("gleb"))
    assert world.door("visitor", "unsubscribe", token=letter["unsubscribe_token"]) == {
        "kind": "status_granted"
    }
    world.service("grant_status_level", organization_id=world.organization, level="B")
    assert world.email("gleb") not in {letter["to_address"] for letter in claim(world)}
    assert told(world, "gleb") == ["status_granted", "status_granted"], "in the app it is still told"
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("visitor", "unsubscribe", token="00000000-0000-0000-0000-000000000000")


def test_essential_letters_have_no_way_out(world: World) -> None:
    world.service("grant_status_level", organization_id=world.organization, level="A")
    world.service("revoke_status_level", organization_id=world.organization, level="A", reason="x")
    assert {letter["kind"]: letter["unsubscribe_token"] is None for letter in claim(world)} == {
        "status_granted": False,
        "status_revoked": True,
    }
