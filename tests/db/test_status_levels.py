"""Granting, revoking, and the history nobody rewrites (sql/30_status_levels, sql/51_granted_levels)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from kit.db import World
from kit.refused import Refused

SOON = datetime.now(UTC) + timedelta(days=30)


def test_an_admin_grants_extends_and_revokes(world: World) -> None:
    first = world.door(
        "moderator",
        "grant_status_level",
        organization_id=world.organization,
        level="B",
        valid_until=SOON,
        notes="Проверено на месте",
    )
    again = world.door(
        "moderator", "grant_status_level", organization_id=world.organization, level="B", valid_until=SOON
    )
    longer = world.door(
        "moderator",
        "grant_status_level",
        organization_id=world.organization,
        level="B",
        valid_until=SOON + timedelta(days=30),
    )
    assert first == again == longer
    assert world.level() == "B"

    answer = world.door(
        "moderator",
        "revoke_status_level",
        organization_id=world.organization,
        level="B",
        reason="Документы отозваны",
    )
    assert answer == {"revoked": True, "level": "B"}
    assert world.level() is None
    assert world.door(
        "moderator", "revoke_status_level", organization_id=world.organization, level="B", reason="Ещё раз"
    ) == {"revoked": False, "level": "B"}
    assert world.history() == [
        ("B", "granted", "Проверено на месте"),
        ("B", "extended", None),
        ("B", "revoked", "Документы отозваны"),
    ]


def test_the_highest_level_is_shown_and_each_says_how_it_is_held(world: World) -> None:
    for level in ("A", "C", "B"):
        world.service("grant_status_level", organization_id=world.organization, level=level)
    status = world.door("visitor", "get_organization_status", organization_id=world.organization)
    assert status["level"] == "C"
    assert [(held["level"], held["kind"]) for held in status["levels"]] == [
        ("C", "earned"),
        ("B", "verified"),
        ("A", "paid"),
    ]
    assert set(status["levels"][0]) == {"level", "kind", "since", "valid_until"}


def test_c_falls_with_the_last_of_a_and_b(world: World) -> None:
    for level in ("A", "B", "C"):
        world.service("grant_status_level", organization_id=world.organization, level=level)
    world.service("revoke_status_level", organization_id=world.organization, level="A", reason="x")
    assert world.level() == "C"
    world.service("revoke_status_level", organization_id=world.organization, level="B", reason="x")
    assert world.level() is None
    assert world.history()[-1] == ("C", "revoked", "paid_level_lost")


def test_a_level_past_its_term_is_not_shown(world: World) -> None:
    world.service("grant_status_level", organization_id=world.organization, level="B", valid_until=SOON)
    world.run(
        "update organization_status_levels set valid_from = now() - interval '2 days', valid_until = now() - interval '1 second' where organization_id = %s",
        world.organization,
    )
    assert world.level() is None


@pytest.mark.parametrize("person", ["anna", "boris", "vera", "gleb", "stranger"])
def test_nobody_else_grants_or_revokes(world: World, person: str) -> None:
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.door(person, "grant_status_level", organization_id=world.organization, level="C")
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.door(person, "revoke_status_level", organization_id=world.organization, level="C", reason="x")


def test_a_visitor_cannot_even_ask_to_grant(world: World) -> None:
    with pytest.raises(Refused, match="42501"):
        world.door("visitor", "grant_status_level", organization_id=world.organization, level="C")


def test_a_revocation_needs_a_reason_and_a_term_an_end_to_come(world: World) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input"):
        world.door(
            "moderator", "revoke_status_level", organization_id=world.organization, level="A", reason="  "
        )
    with pytest.raises(Refused, match="PT422 invalid_input"):
        world.door(
            "moderator",
            "grant_status_level",
            organization_id=world.organization,
            level="B",
            valid_until=datetime(2020, 1, 1, tzinfo=UTC),
        )
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("moderator", "grant_status_level", organization_id=world.ids["anna"], level="B")


@pytest.mark.parametrize("reason", ["", "\n\t", "\u200b\u2060", "x" * 2001, None])
def test_a_reason_can_be_read(world: World, reason: str | None) -> None:
    with pytest.raises(Refused, match=r"PT422 invalid_input .*reason"):
        world.door("moderator", "revoke_status_level", organization_id=world.organization, level="A", reason=reason)  # fmt: skip


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"valid_until": "infinity"}, "valid_until"),
        ({"valid_until": "-infinity"}, "valid_until"),
        ({"valid_until": "9999-12-31T23:59:59Z"}, "valid_until"),
        ({"valid_until": "20270-01-01T00:00:00Z"}, "valid_until"),
        ({"notes": "x" * 2001}, "notes"),
        ({"level": None}, "level"),
    ],
)
def test_odd_terms_are_refused(world: World, terms: dict[str, str | None], field: str) -> None:
    grant = {"organization_id": world.organization, "level": "B"} | terms
    with pytest.raises(Refused, match=rf"PT422 invalid_input .*{field}"):
        world.door("moderator", "grant_status_level", **grant)
    assert world.level() is None


@pytest.mark.parametrize("person", ["anna", "moderator", "service", "operator"])
@pytest.mark.parametrize(
    "deed",
    [
        "update status_level_events set reason = 'x'",
        "delete from status_level_events",
        "truncate status_level_events",
    ],
)
def test_history_is_not_rewritten_by_anyone(world: World, person: str, deed: str) -> None:
    world.service("grant_status_level", organization_id=world.organization, level="A")
    with pytest.raises(Refused, match=r"42501|PT403 not_allowed"):
        world.query(person, deed)
    assert world.history() == [("A", "granted", None)]


def test_the_public_history_names_nobody(world: World) -> None:
    world.door("moderator", "grant_status_level", organization_id=world.organization, level="B")
    rows = world.query("visitor", "select * from get_status_history(%s)", world.organization)
    assert [set(row) for row in rows] == [
        {"level", "action", "reason", "valid_until", "occurred_at", "detail"}
    ]
    with pytest.raises(Refused, match="42501"):
        world.query("visitor", "select * from status_level_events")
    actors = world.query(
        "gleb",
        "select actor_kind, actor_id from status_level_events where organization_id = %s",
        world.organization,
    )
    assert actors == [{"actor_kind": "admin", "actor_id": world.ids["moderator"]}]


def test_a_stranger_sees_no_levels_of_others_in_the_tables(world: World) -> None:
    world.service("grant_status_level", organization_id=world.organization, level="A")
    for table in ("organization_status_levels", "status_level_events"):
        assert world.query("stranger", f"select * from {table}") == []
