"""No borrowed name (sql/33_name_changes): what was verified changes through a moderator, and the history shows both."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import Row, World, hand_in_evidence, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)


def page(world: World) -> Row:
    slug = world.one("select slug from organizations where id = %s", world.organization)["slug"]
    answer: Row = world.door("visitor", "get_organization_page", slug=slug)
    return answer


def hold_b(world: World) -> None:
    world.door("moderator", "grant_status_level", organization_id=world.organization, level="B")


def rename(world: World, person: str = "anna", **names: str | None) -> None:
    for column, name in names.items():
        world.query(person, f"update organizations set {column} = %s where id = %s", name, world.organization)


def ask(world: World, person: str = "anna", **wish: Any) -> Row:
    wish = {"organization_id": world.organization, "message": "Сменили вывеску"} | wish
    answer: Row = world.door(person, "request_name_change", **wish)
    return answer


def decide(
    world: World, request: Row, decision: str = "approved", person: str = "moderator", **more: Any
) -> Row:
    answer: Row = world.door(
        person, "review_name_change", request_id=request["id"], decision=decision, **more
    )
    return answer


def changes(world: World) -> list[Row]:
    return [event["detail"] for event in page(world)["history"] if event["action"] == "name_changed"]


@pytest.mark.parametrize("column", ["name", "legal_name"])
@pytest.mark.parametrize("person", ["anna", "operator"])
def test_a_verified_name_is_not_changed_directly(world: World, column: str, person: str) -> None:
    hold_b(world)
    with pytest.raises(Refused, match="PT409 name_is_verified"):
        rename(world, person, **{column: "ПАО Сбербанк"})
    # a form that sends all of its fields is not in the way
    names = world.one("select name, legal_name from organizations where id = %s", world.organization)
    world.query(
        "anna", "update organizations set name = %s, legal_name = %s, description = 'Мёд' where id = %s",
        names["name"], names["legal_name"], world.organization,
    )  # fmt: skip
    assert page(world)["provenance"] == {"name": "verified", "legal_name": "verified", "inn": "verified"}


def test_an_approved_name_stands_at_once_and_the_history_shows_both(world: World) -> None:
    hold_b(world)
    request = ask(world, name="Пасека Смирновых")
    assert (request["status"], request["name"], request["legal_name"]) == (
        "pending",
        "Пасека Смирновых",
        "ООО «Пасека»",
    )
    assert page(world)["name"] == "Пасека Анны"
    assert decide(world, request)["status"] == "approved"
    shown = page(world)
    assert (shown["name"], shown["provenance"]["name"]) == ("Пасека Смирновых", "verified")
    assert changes(world) == [
        {
            "name": {"from": "Пасека Анны", "to": "Пасека Смирновых"},
            "legal_name": {"from": "ООО «Пасека»", "to": "ООО «Пасека»"},
        }
    ]
    (event,) = [each for each in shown["history"] if each["action"] == "name_changed"]
    assert event["level"] == "B"
    told = world.one(
        "select data from notifications where kind = 'name_reviewed' and user_id = %s", world.ids["anna"]
    )["data"]
    assert (told["decision"], told["name"]) == ("approved", "Пасека Смирновых")
    # the approval was for this change, not for the next
    with pytest.raises(Refused, match="name_is_verified"):
        rename(world, name="ПАО Сбербанк")


def test_a_rejected_name_changes_nothing(world: World) -> None:
    hold_b(world)
    request = ask(world, legal_name="ПАО Сбербанк")
    with pytest.raises(Refused, match="PT422 invalid_input"):
        decide(world, request, "rejected")
    decide(world, request, "rejected", comment="Это не вы")
    assert page(world)["legal_name"] == "ООО «Пасека»"
    assert changes(world) == []
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        decide(world, request)


def test_who_may_ask_and_decide(world: World) -> None:
    hold_b(world)
    for person, code in (
        ("vera", "not_allowed"),
        ("gleb", "not_allowed"),
        ("stranger", "not_allowed"),
        ("visitor", "42501"),
    ):
        with pytest.raises(Refused, match=code):
            ask(world, person, name="Мёд")
    request = ask(world, "boris", name="Мёд")
    with pytest.raises(Refused, match="PT409 request_pending"):
        ask(world, name="Мёд")
    for person in ("anna", "stranger"):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            decide(world, request, person=person)
    assert world.door("anna", "withdraw_name_change", request_id=request["id"])["status"] == "withdrawn"
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        decide(world, request)
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("stranger", "withdraw_name_change", request_id=request["id"])


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
def test_a_bad_wish_is_refused_by_field(world: World, wish: Row, fault: tuple[str, str]) -> None:
    hold_b(world)
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        ask(world, **wish)
    assert [(each["field"], each["code"]) for each in json.loads(refusal.value.detail)] == [fault]


def test_papers_are_judged_and_the_organizations_own(world: World) -> None:
    hold_b(world)
    with pytest.raises(Refused, match="media_not_validated"):
        ask(world, name="Мёд", evidence_paths=[f"{world.organization}/x.pdf"])


def test_what_is_not_verified_is_changed_by_hand_and_stays_in_the_history(world: World) -> None:
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        ask(world, name="Мёд")
    rename(world, name="Мёд")  # nobody has seen a page yet
    world.subscribe()
    assert changes(world) == []
    rename(world, name="Мёд и травы")
    world.door(
        "moderator",
        "revoke_status_level",
        organization_id=world.organization,
        level="A",
        reason="Чужие документы",
    )
    rename(world, legal_name="ООО «Другое»")
    assert [each["name"]["to"] for each in changes(world)] == ["Мёд и травы", "Мёд и травы"]
    assert changes(world)[0]["legal_name"] == {"from": "ООО «Пасека»", "to": "ООО «Другое»"}


def test_the_history_is_not_flooded_with_names(world: World) -> None:
    world.subscribe()
    for number in range(10):
        rename(world, name=f"Мёд {number}")
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        rename(world, name="Мёд")


def test_an_approval_is_for_the_name_it_was_given_to(world: World) -> None:
    """Verified as one, then renamed before B is bought: what was verified was another."""
    request = hand_in_evidence(world)
    world.door("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")
    world.checkout("subscription", "b_month")
    rename(world, name="ПАО Сбербанк")
    with pytest.raises(Refused, match="PT409 verification_required"):
        world.checkout("subscription", "b_month")


def test_a_name_changed_while_the_money_was_on_its_way_buys_no_b(world: World) -> None:
    request = hand_in_evidence(world)
    world.door("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")
    paid = world.checkout("subscription", "b_month")
    rename(world, name="ПАО Сбербанк")
    assert world.record(payment_of(paid, "succeeded"))["outcome"] == "quarantined"
    assert world.one("select amount::text, reason from payment_refunds") == {
        "amount": "4990.00",
        "reason": "verification_required",
    }


def test_b_says_what_was_verified(world: World) -> None:
    request = hand_in_evidence(world)
    with pytest.raises(Refused, match="PT422 invalid_input"):
        world.door(
            "moderator",
            "review_upgrade_request",
            request_id=request["id"],
            decision="approved",
            documents=["passport scan"],
        )
    reviewed = world.door(
        "moderator", "review_upgrade_request", request_id=request["id"], decision="approved", documents=["registration", "laboratory"],
        valid_until=NOW + timedelta(days=100),
    )  # fmt: skip
    verified = page(world)["verified"]
    assert verified["documents"] == ["registration", "laboratory"]
    assert datetime.fromisoformat(verified["at"]) == reviewed["reviewed_at"]
    assert request["evidence_paths"][0] not in json.dumps(page(world))
    world.door(
        "moderator", "revoke_status_level", organization_id=world.organization, level="B", reason="Подделка"
    )
    assert page(world)["verified"] is None
    assert page(world)["provenance"]["name"] == "stated"


def test_more_papers_are_asked_for_and_go_into_the_same_request(world: World) -> None:
    request = hand_in_evidence(world)
    with pytest.raises(Refused, match="PT422 invalid_input"):
        world.door("moderator", "review_upgrade_request", request_id=request["id"], decision="more_asked")
    world.door(
        "moderator",
        "review_upgrade_request",
        request_id=request["id"],
        decision="more_asked",
        comment="Нужен протокол",
    )
    told = world.one(
        "select data from notifications where kind = 'request_reviewed' and user_id = %s", world.ids["anna"]
    )["data"]
    assert (told["decision"], told["comment"]) == ("more_asked", "Нужен протокол")
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        world.door("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")
    again = hand_in_evidence(world)
    assert again["id"] == request["id"]
    assert again["status"] == "pending"
    assert set(request["evidence_paths"]) < set(again["evidence_paths"])
    world.door("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")


def test_a_request_for_which_more_was_asked_can_be_taken_back(world: World) -> None:
    request = hand_in_evidence(world)
    world.door(
        "moderator", "review_upgrade_request", request_id=request["id"], decision="more_asked", comment="Ещё"
    )
    assert world.door("anna", "withdraw_upgrade_request", request_id=request["id"])["status"] == "withdrawn"
    assert hand_in_evidence(world)["id"] != request["id"]
