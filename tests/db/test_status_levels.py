"""Granting, revoking, and the history nobody rewrites (sql/30_status_levels, sql/51_granted_levels)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from kit.db import DbEnv
from kit.refused import Refused

SOON = datetime.now(UTC) + timedelta(days=30)


def test_an_admin_grants_extends_and_revokes(db: DbEnv) -> None:
    first = db.rpc(
        "moderator",
        "grant_status_level",
        organization_id=db.organization,
        level="B",
        valid_until=SOON,
        notes="Проверено на месте",
    )
    again = db.rpc(
        "moderator", "grant_status_level", organization_id=db.organization, level="B", valid_until=SOON
    )
    longer = db.rpc(
        "moderator",
        "grant_status_level",
        organization_id=db.organization,
        level="B",
        valid_until=SOON + timedelta(days=30),
    )
    assert first == again == longer
    assert db.level() == "B"

    answer = db.rpc(
        "moderator",
        "revoke_status_level",
        organization_id=db.organization,
        level="B",
        reason="Документы отозваны",
    )
    assert answer == {"revoked": True, "level": "B"}
    assert db.level() is None
    assert db.rpc(
        "moderator", "revoke_status_level", organization_id=db.organization, level="B", reason="Ещё раз"
    ) == {"revoked": False, "level": "B"}
    assert db.history() == [
        ("B", "granted", "Проверено на месте"),
        ("B", "extended", None),
        ("B", "revoked", "Документы отозваны"),
    ]


def test_the_highest_level_is_shown_and_each_says_how_it_is_held(db: DbEnv) -> None:
    for level in ("A", "C", "B"):
        db.service("grant_status_level", organization_id=db.organization, level=level)
    status = db.rpc("visitor", "get_organization_status", organization_id=db.organization)
    assert status["level"] == "C"
    assert [(held["level"], held["kind"]) for held in status["levels"]] == [
        ("C", "earned"),
        ("B", "verified"),
        ("A", "paid"),
    ]
    assert set(status["levels"][0]) == {"level", "kind", "since", "valid_until"}


def test_c_falls_with_the_last_of_a_and_b(db: DbEnv) -> None:
    for level in ("A", "B", "C"):
        db.service("grant_status_level", organization_id=db.organization, level=level)
    db.service("revoke_status_level", organization_id=db.organization, level="A", reason="x")
    assert db.level() == "C"
    db.service("revoke_status_level", organization_id=db.organization, level="B", reason="x")
    assert db.level() is None
    assert db.history()[-1] == ("C", "revoked", "paid_level_lost")


def test_a_level_past_its_term_is_not_shown(db: DbEnv) -> None:
    db.service("grant_status_level", organization_id=db.organization, level="B", valid_until=SOON)
    db.run(
        "update organization_status_levels set valid_from = now() - interval '2 days', valid_until = now() - interval '1 second' where organization_id = %s",
        db.organization,
    )
    assert db.level() is None


@pytest.mark.parametrize("person", ["anna", "boris", "vera", "gleb", "stranger"])
def test_nobody_else_grants_or_revokes(db: DbEnv, person: str) -> None:
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc(person, "grant_status_level", organization_id=db.organization, level="C")
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc(person, "revoke_status_level", organization_id=db.organization, level="C", reason="x")


def test_a_visitor_cannot_even_ask_to_grant(db: DbEnv) -> None:
    with pytest.raises(Refused, match="42501"):
        db.rpc("visitor", "grant_status_level", organization_id=db.organization, level="C")


def test_a_revocation_needs_a_reason_and_a_term_an_end_to_come(db: DbEnv) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input"):
        db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level="A", reason="  ")
    with pytest.raises(Refused, match="PT422 invalid_input"):
        db.rpc(
            "moderator",
            "grant_status_level",
            organization_id=db.organization,
            level="B",
            valid_until=datetime(2020, 1, 1, tzinfo=UTC),
        )
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("moderator", "grant_status_level", organization_id=db.ids["anna"], level="B")


@pytest.mark.parametrize("reason", ["", "\n\t", "\u200b\u2060", "x" * 2001, None])
def test_a_reason_can_be_read(db: DbEnv, reason: str | None) -> None:
    with pytest.raises(Refused, match=r"PT422 invalid_input .*reason"):
        db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level="A", reason=reason)  # fmt: skip


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
def test_odd_terms_are_refused(db: DbEnv, terms: dict[str, str | None], field: str) -> None:
    grant = {"organization_id": db.organization, "level": "B"} | terms
    with pytest.raises(Refused, match=rf"PT422 invalid_input .*{field}"):
        db.rpc("moderator", "grant_status_level", **grant)
    assert db.level() is None


@pytest.mark.parametrize("person", ["anna", "moderator", "service", "operator"])
@pytest.mark.parametrize(
    "deed",
    [
        "update status_level_events set reason = 'x'",
        "delete from status_level_events",
        "truncate status_level_events",
    ],
)
def test_history_is_not_rewritten_by_anyone(db: DbEnv, person: str, deed: str) -> None:
    db.service("grant_status_level", organization_id=db.organization, level="A")
    with pytest.raises(Refused, match=r"42501|PT403 not_allowed"):
        db.query(person, deed)
    assert db.history() == [("A", "granted", None)]


def test_the_public_history_names_nobody(db: DbEnv) -> None:
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")
    rows = db.query("visitor", "select * from get_status_history(%s)", db.organization)
    assert [set(row) for row in rows] == [
        {"level", "action", "reason", "valid_until", "occurred_at", "detail"}
    ]
    with pytest.raises(Refused, match="42501"):
        db.query("visitor", "select * from status_level_events")
    actors = db.query(
        "gleb",
        "select actor_kind, actor_id from status_level_events where organization_id = %s",
        db.organization,
    )
    assert actors == [{"actor_kind": "admin", "actor_id": db.ids["moderator"]}]


def test_a_stranger_sees_no_levels_of_others_in_the_tables(db: DbEnv) -> None:
    db.service("grant_status_level", organization_id=db.organization, level="A")
    for table in ("organization_status_levels", "status_level_events"):
        assert db.query("stranger", f"select * from {table}") == []
