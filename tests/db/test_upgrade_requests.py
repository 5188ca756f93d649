"""Asking for level B and deciding about it (sql/32_upgrade_requests)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import Row, World, hand_in_evidence
from kit.refused import Refused

SOON = datetime.now(UTC) + timedelta(days=90)


def review(world: World, request: Row, decision: str, person: str = "moderator", **more: Any) -> Row:
    answer: Row = world.door(
        person, "review_upgrade_request", request_id=request["id"], decision=decision, **more
    )
    return answer


def test_an_approval_with_a_term_grants_b_for_that_term(world: World) -> None:
    request = hand_in_evidence(world)
    assert review(world, request, "approved", valid_until=SOON)["status"] == "approved"
    status = world.door("visitor", "get_organization_status", organization_id=world.organization)
    assert (status["level"], status["levels"][0]["kind"]) == ("B", "verified")
    assert datetime.fromisoformat(status["levels"][0]["valid_until"]) == SOON


def test_an_approval_without_a_term_lets_b_be_bought_until_it_is_taken_back(world: World) -> None:
    with pytest.raises(Refused, match="PT409 verification_required"):
        world.checkout("subscription", "b_month")
    review(world, hand_in_evidence(world), "approved")
    assert world.level() is None
    assert world.checkout("subscription", "b_month")["amount"] == "4990.00"
    world.door("moderator", "grant_status_level", organization_id=world.organization, level="B")
    world.door(
        "moderator", "revoke_status_level", organization_id=world.organization, level="B", reason="Обман"
    )
    world.run("update status_upgrade_requests set reviewed_at = reviewed_at - interval '1 minute'")
    with pytest.raises(Refused, match="PT409 verification_required"):
        world.checkout("subscription", "b_year")


def test_a_rejection_says_why_and_the_next_request_is_free(world: World) -> None:
    request = hand_in_evidence(world)
    with pytest.raises(
        Refused, match=r'PT422 invalid_input .*"comment", "code": "required"|PT422 invalid_input .*comment'
    ):
        review(world, request, "rejected", comment=" ")
    assert review(world, request, "rejected", comment="Нет выписки")["review_comment"] == "Нет выписки"
    told = world.query("boris", "select kind, data from notifications where kind = 'request_reviewed'")
    assert [(row["data"]["decision"], row["data"]["comment"]) for row in told] == [
        ("rejected", "Нет выписки")
    ]
    hand_in_evidence(world)


@pytest.mark.parametrize("end", ["infinity", "9999-12-31T23:59:59Z", "20270-01-01T00:00:00Z"])
def test_an_approval_has_an_end_that_comes(world: World, end: str) -> None:
    with pytest.raises(Refused, match=r"PT422 invalid_input .*valid_until"):
        review(world, hand_in_evidence(world), "approved", valid_until=end)


def test_one_request_is_pending(world: World) -> None:
    request = hand_in_evidence(world)
    with pytest.raises(Refused, match="PT409 request_pending"):
        hand_in_evidence(world, "boris")
    assert world.door("boris", "withdraw_upgrade_request", request_id=request["id"])["status"] == "withdrawn"
    for deed in (
        lambda: world.door("anna", "withdraw_upgrade_request", request_id=request["id"]),
        lambda: review(world, request, "approved"),
    ):
        with pytest.raises(Refused, match="PT409 invalid_transition"):
            deed()


@pytest.mark.parametrize(
    ("person", "refusal"), [("gleb", "PT403"), ("vera", "PT403"), ("stranger", "PT404"), ("visitor", "42501")]
)
def test_who_may_not(world: World, person: str, refusal: str) -> None:
    request = hand_in_evidence(world)
    with pytest.raises(Refused, match=refusal):
        world.door(person, "withdraw_upgrade_request", request_id=request["id"])
    with pytest.raises(Refused, match=r"PT403 not_allowed|42501"):
        review(world, request, "approved", person)
    with pytest.raises(Refused, match=r"PT403 not_allowed|42501"):
        world.door(
            person,
            "submit_upgrade_request",
            organization_id=world.organization,
            target_level="B",
            message="Я",
        )


@pytest.mark.parametrize(
    ("level", "message", "paths", "refusal"),
    [("A", "Да", [], "PT422 invalid_input"), ("C", "Да", [], "PT422 invalid_input"), ("B", " ", [], "PT422 invalid_input"),
     ("B", "х" * 4001, [], "PT422 invalid_input"), ("B", "Да", ["x"] * 11, "PT422 invalid_input"), ("B", "Да", ["not/there.pdf"], "PT422 media_not_validated")],
)  # fmt: skip
def test_bad_requests(world: World, level: str, message: str, paths: list[str], refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        world.door(
            "anna",
            "submit_upgrade_request",
            organization_id=world.organization,
            target_level=level,
            message=message,
            evidence_paths=paths,
        )
    assert (
        world.rows("select * from status_upgrade_requests where organization_id = %s", world.organization)
        == []
    )


def test_the_evidence_of_others_cannot_be_handed_in(world: World) -> None:
    path = hand_in_evidence(world)["evidence_paths"][0]
    own = world.found("stranger")
    with pytest.raises(Refused, match="PT422 media_not_validated"):
        world.door(
            "stranger",
            "submit_upgrade_request",
            organization_id=own,
            target_level="B",
            message="Да",
            evidence_paths=[path],
        )


def test_a_logo_is_set_by_the_service_and_taken_away_by_admins(world: World) -> None:
    path = f"{world.organization}/abc.webp"
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.door("anna", "set_logo", organization_id=world.organization, logo_path=path)
    world.service("set_logo", organization_id=world.organization, logo_path=path)
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.door("gleb", "set_logo", organization_id=world.organization, logo_path=None)
    world.door("boris", "set_logo", organization_id=world.organization, logo_path=None)
    with pytest.raises(Refused, match="23514"):
        world.service("set_logo", organization_id=world.organization, logo_path="elsewhere/abc.webp")
