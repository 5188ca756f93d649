"""Asking for level B and deciding about it (sql/32_upgrade_requests)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import DbEnv, Row, hand_in_evidence
from kit.refused import Refused

SOON = datetime.now(UTC) + timedelta(days=90)


def review(db: DbEnv, request: Row, decision: str, person: str = "moderator", **more: Any) -> Row:
    answer: Row = db.rpc(
        person, "review_upgrade_request", request_id=request["id"], decision=decision, **more
    )
    return answer


def test_an_approval_with_a_term_grants_b_for_that_term(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    assert review(db, request, "approved", valid_until=SOON)["status"] == "approved"
    status = db.rpc("visitor", "get_organization_status", organization_id=db.organization)
    assert (status["level"], status["levels"][0]["kind"]) == ("B", "verified")
    assert datetime.fromisoformat(status["levels"][0]["valid_until"]) == SOON


def test_an_approval_without_a_term_lets_b_be_bought_until_it_is_taken_back(db: DbEnv) -> None:
    with pytest.raises(Refused, match="PT409 verification_required"):
        db.checkout("subscription", "b_month")
    review(db, hand_in_evidence(db), "approved")
    assert db.level() is None
    assert db.checkout("subscription", "b_month")["amount"] == "4990.00"
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")
    db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level="B", reason="Обман")
    db.run("update status_upgrade_requests set reviewed_at = reviewed_at - interval '1 minute'")
    with pytest.raises(Refused, match="PT409 verification_required"):
        db.checkout("subscription", "b_year")


def test_a_rejection_says_why_and_the_next_request_is_free(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    with pytest.raises(
        Refused, match=r'PT422 invalid_input .*"comment", "code": "required"|PT422 invalid_input .*comment'
    ):
        review(db, request, "rejected", comment=" ")
    assert review(db, request, "rejected", comment="Нет выписки")["review_comment"] == "Нет выписки"
    told = db.query("boris", "select kind, data from notifications where kind = 'request_reviewed'")
    assert [(row["data"]["decision"], row["data"]["comment"]) for row in told] == [
        ("rejected", "Нет выписки")
    ]
    hand_in_evidence(db)


@pytest.mark.parametrize("end", ["infinity", "9999-12-31T23:59:59Z", "20270-01-01T00:00:00Z"])
def test_an_approval_has_an_end_that_comes(db: DbEnv, end: str) -> None:
    with pytest.raises(Refused, match=r"PT422 invalid_input .*valid_until"):
        review(db, hand_in_evidence(db), "approved", valid_until=end)


def test_one_request_is_pending(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    with pytest.raises(Refused, match="PT409 request_pending"):
        hand_in_evidence(db, "boris")
    assert db.rpc("boris", "withdraw_upgrade_request", request_id=request["id"])["status"] == "withdrawn"
    for deed in (
        lambda: db.rpc("anna", "withdraw_upgrade_request", request_id=request["id"]),
        lambda: review(db, request, "approved"),
    ):
        with pytest.raises(Refused, match="PT409 invalid_transition"):
            deed()


@pytest.mark.parametrize(
    ("person", "refusal"), [("gleb", "PT403"), ("vera", "PT403"), ("stranger", "PT404"), ("visitor", "42501")]
)
def test_who_may_not(db: DbEnv, person: str, refusal: str) -> None:
    request = hand_in_evidence(db)
    with pytest.raises(Refused, match=refusal):
        db.rpc(person, "withdraw_upgrade_request", request_id=request["id"])
    with pytest.raises(Refused, match=r"PT403 not_allowed|42501"):
        review(db, request, "approved", person)
    with pytest.raises(Refused, match=r"PT403 not_allowed|42501"):
        db.rpc(
            person,
            "submit_upgrade_request",
            organization_id=db.organization,
            target_level="B",
            message="Я",
        )


@pytest.mark.parametrize(
    ("level", "message", "paths", "refusal"),
    [("A", "Да", [], "PT422 invalid_input"), ("C", "Да", [], "PT422 invalid_input"), ("B", " ", [], "PT422 invalid_input"),
     ("B", "х" * 4001, [], "PT422 invalid_input"), ("B", "Да", ["x"] * 11, "PT422 invalid_input"), ("B", "Да", ["not/there.pdf"], "PT422 media_not_validated")],
)  # fmt: skip
def test_bad_requests(db: DbEnv, level: str, message: str, paths: list[str], refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        db.rpc(
            "anna",
            "submit_upgrade_request",
            organization_id=db.organization,
            target_level=level,
            message=message,
            evidence_paths=paths,
        )
    assert db.rows("select * from status_upgrade_requests where organization_id = %s", db.organization) == []


def test_the_evidence_of_others_cannot_be_handed_in(db: DbEnv) -> None:
    path = hand_in_evidence(db)["evidence_paths"][0]
    own = db.found("stranger")
    with pytest.raises(Refused, match="PT422 media_not_validated"):
        db.rpc(
            "stranger",
            "submit_upgrade_request",
            organization_id=own,
            target_level="B",
            message="Да",
            evidence_paths=[path],
        )


def test_a_logo_is_set_by_the_service_and_taken_away_by_admins(db: DbEnv) -> None:
    path = f"{db.organization}/abc.webp"
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc("anna", "set_logo", organization_id=db.organization, logo_path=path)
    db.service("set_logo", organization_id=db.organization, logo_path=path)
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc("gleb", "set_logo", organization_id=db.organization, logo_path=None)
    db.rpc("boris", "set_logo", organization_id=db.organization, logo_path=None)
    with pytest.raises(Refused, match="23514"):
        db.service("set_logo", organization_id=db.organization, logo_path="elsewhere/abc.webp")
