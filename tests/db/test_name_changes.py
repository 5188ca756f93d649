"""No borrowed name (sql/33_name_changes): what was verified changes through a moderator, and the history shows both."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import DbEnv, Row, hand_in_evidence, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)


def page(db: DbEnv) -> Row:
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    answer: Row = db.rpc("visitor", "get_organization_page", slug=slug)
    return answer


def hold_b(db: DbEnv) -> None:
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")


def rename(db: DbEnv, person: str = "anna", **names: str | None) -> None:
    for column, name in names.items():
        db.query(person, f"update organizations set {column} = %s where id = %s", name, db.organization)


def ask(db: DbEnv, person: str = "anna", **wish: Any) -> Row:
    wish = {"organization_id": db.organization, "message": "Сменили вывеску"} | wish
    answer: Row = db.rpc(person, "request_name_change", **wish)
    return answer


def decide(
    db: DbEnv, request: Row, decision: str = "approved", person: str = "moderator", **more: Any
) -> Row:
    answer: Row = db.rpc(person, "review_name_change", request_id=request["id"], decision=decision, **more)
    return answer


def changes(db: DbEnv) -> list[Row]:
    return [event["detail"] for event in page(db)["history"] if event["action"] == "name_changed"]


@pytest.mark.parametrize("column", ["name", "legal_name"])
@pytest.mark.parametrize("person", ["anna", "operator"])
def test_a_verified_name_is_not_changed_directly(db: DbEnv, column: str, person: str) -> None:
    hold_b(db)
    with pytest.raises(Refused, match="PT409 name_is_verified"):
        rename(db, person, **{column: "ПАО Сбербанк"})
    # a form that sends all of its fields is not in the way
    names = db.one("select name, legal_name from organizations where id = %s", db.organization)
    db.query(
        "anna", "update organizations set name = %s, legal_name = %s, description = 'Мёд' where id = %s",
        names["name"], names["legal_name"], db.organization,
    )  # fmt: skip
    assert page(db)["provenance"] == {"name": "verified", "legal_name": "verified", "inn": "verified"}


def test_an_approved_name_stands_at_once_and_the_history_shows_both(db: DbEnv) -> None:
    hold_b(db)
    request = ask(db, name="Пасека Смирновых")
    assert (request["status"], request["name"], request["legal_name"]) == (
        "pending",
        "Пасека Смирновых",
        "ООО «Пасека»",
    )
    assert page(db)["name"] == "Пасека Анны"
    assert decide(db, request)["status"] == "approved"
    shown = page(db)
    assert (shown["name"], shown["provenance"]["name"]) == ("Пасека Смирновых", "verified")
    assert changes(db) == [
        {
            "name": {"from": "Пасека Анны", "to": "Пасека Смирновых"},
            "legal_name": {"from": "ООО «Пасека»", "to": "ООО «Пасека»"},
        }
    ]
    (event,) = [each for each in shown["history"] if each["action"] == "name_changed"]
    assert event["level"] == "B"
    told = db.one(
        "select data from notifications where kind = 'name_reviewed' and user_id = %s", db.ids["anna"]
    )["data"]
    assert (told["decision"], told["name"]) == ("approved", "Пасека Смирновых")
    # the approval was for this change, not for the next
    with pytest.raises(Refused, match="name_is_verified"):
        rename(db, name="ПАО Сбербанк")


def test_a_rejected_name_changes_nothing(db: DbEnv) -> None:
    hold_b(db)
    request = ask(db, legal_name="ПАО Сбербанк")
    with pytest.raises(Refused, match="PT422 invalid_input"):
        decide(db, request, "rejected")
    decide(db, request, "rejected", comment="Это не вы")
    assert page(db)["legal_name"] == "ООО «Пасека»"
    assert changes(db) == []
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        decide(db, request)


def test_who_may_ask_and_decide(db: DbEnv) -> None:
    hold_b(db)
    for person, code in (
        ("vera", "not_allowed"),
        ("gleb", "not_allowed"),
        ("stranger", "not_allowed"),
        ("visitor", "42501"),
    ):
        with pytest.raises(Refused, match=code):
            ask(db, person, name="Мёд")
    request = ask(db, "boris", name="Мёд")
    with pytest.raises(Refused, match="PT409 request_pending"):
        ask(db, name="Мёд")
    for person in ("anna", "stranger"):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            decide(db, request, person=person)
    assert db.rpc("anna", "withdraw_name_change", request_id=request["id"])["status"] == "withdrawn"
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        decide(db, request)
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("stranger", "withdraw_name_change", request_id=request["id"])


@pytest.mark.parametrize(
    ("wish", "fault"),
    [
        ({"name": "Пасека Анны"}, ("name", "unchanged")),
        ({}, ("name", "unchanged")),
        ({"name": "evil.com"}, ("name", "contains_link")),
        ({"legal_name": "ПAО Сбербанк"}, ("legal_name", "mixed_scripts")),
        ({"name": "Я" * 81}, ("name", "too_long")),
        ({"name": "Мёд", "message": " "}, ("message", "required")),
        ({"name": "Мёд", "evidence_paths": ["x"] * 11}, ("evidence_paths", "too_many")),
    ],
)
def test_a_bad_wish_is_refused_by_field(db: DbEnv, wish: Row, fault: tuple[str, str]) -> None:
    hold_b(db)
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        ask(db, **wish)
    assert [(each["field"], each["code"]) for each in json.loads(refusal.value.detail)] == [fault]


def test_papers_are_judged_and_the_organizations_own(db: DbEnv) -> None:
    hold_b(db)
    with pytest.raises(Refused, match="media_not_validated"):
        ask(db, name="Мёд", evidence_paths=[f"{db.organization}/x.pdf"])


def test_what_is_not_verified_is_changed_by_hand_and_stays_in_the_history(db: DbEnv) -> None:
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        ask(db, name="Мёд")
    rename(db, name="Мёд")  # nobody has seen a page yet
    db.subscribe()
    assert changes(db) == []
    rename(db, name="Мёд и травы")
    db.rpc(
        "moderator",
        "revoke_status_level",
        organization_id=db.organization,
        level="A",
        reason="Чужие документы",
    )
    rename(db, legal_name="ООО «Другое»")
    assert [each["name"]["to"] for each in changes(db)] == ["Мёд и травы", "Мёд и травы"]
    assert changes(db)[0]["legal_name"] == {"from": "ООО «Пасека»", "to": "ООО «Другое»"}


def test_the_history_is_not_flooded_with_names(db: DbEnv) -> None:
    db.subscribe()
    for number in range(10):
        rename(db, name=f"Мёд {number}")
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        rename(db, name="Мёд")


def test_an_approval_is_for_the_name_it_was_given_to(db: DbEnv) -> None:
    """Verified as one, then renamed before B is bought: what was verified was another."""
    request = hand_in_evidence(db)
    db.rpc("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")
    db.checkout("subscription", "b_month")
    rename(db, name="ПАО Сбербанк")
    with pytest.raises(Refused, match="PT409 verification_required"):
        db.checkout("subscription", "b_month")


def test_a_name_changed_while_the_money_was_on_its_way_buys_no_b(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    db.rpc("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")
    paid = db.checkout("subscription", "b_month")
    rename(db, name="ПАО Сбербанк")
    assert db.record(payment_of(paid, "succeeded"))["outcome"] == "quarantined"
    assert db.one("select amount::text, reason from payment_refunds") == {
        "amount": "4990.00",
        "reason": "verification_required",
    }


def test_b_says_what_was_verified(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    with pytest.raises(Refused, match="PT422 invalid_input"):
        db.rpc(
            "moderator",
            "review_upgrade_request",
            request_id=request["id"],
            decision="approved",
            documents=["passport scan"],
        )
    reviewed = db.rpc(
        "moderator", "review_upgrade_request", request_id=request["id"], decision="approved", documents=["registration", "laboratory"],
        valid_until=NOW + timedelta(days=100),
    )  # fmt: skip
    verified = page(db)["verified"]
    assert verified["documents"] == ["registration", "laboratory"]
    assert datetime.fromisoformat(verified["at"]) == reviewed["reviewed_at"]
    assert request["evidence_paths"][0] not in json.dumps(page(db))
    db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level="B", reason="Подделка")
    assert page(db)["verified"] is None
    assert page(db)["provenance"]["name"] == "stated"


def test_more_papers_are_asked_for_and_go_into_the_same_request(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    with pytest.raises(Refused, match="PT422 invalid_input"):
        db.rpc("moderator", "review_upgrade_request", request_id=request["id"], decision="more_asked")
    db.rpc(
        "moderator",
        "review_upgrade_request",
        request_id=request["id"],
        decision="more_asked",
        comment="Нужен протокол",
    )
    told = db.one(
        "select data from notifications where kind = 'request_reviewed' and user_id = %s", db.ids["anna"]
    )["data"]
    assert (told["decision"], told["comment"]) == ("more_asked", "Нужен протокол")
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")
    again = hand_in_evidence(db)
    assert again["id"] == request["id"]
    assert again["status"] == "pending"
    assert set(request["evidence_paths"]) < set(again["evidence_paths"])
    db.rpc("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")


def test_a_request_for_which_more_was_asked_can_be_taken_back(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    db.rpc(
        "moderator", "review_upgrade_request", request_id=request["id"], decision="more_asked", comment="Ещё"
    )
    assert db.rpc("anna", "withdraw_upgrade_request", request_id=request["id"])["status"] == "withdrawn"
    assert hand_in_evidence(db)["id"] != request["id"]
