"""Deleting an organization and thinking better of it (sql/85_organization_deletion)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from inn import random_inn
from kit.db import MEMBERS, Row, World, hand_in_evidence, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)


def slug(world: World) -> str:
    return str(world.one("select slug from organizations where id = %s", world.organization)["slug"])


def delete(world: World, person: str = "anna", confirmation: str | None = None) -> datetime:
    answer: datetime = world.door(
        person,
        "delete_organization",
        organization_id=world.organization,
        confirmation=confirmation or slug(world),
    )
    return answer


def test_only_the_owner_and_only_with_the_typed_address(world: World) -> None:
    for person in ("boris", "vera", "gleb", "stranger"):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            delete(world, person)
    with pytest.raises(Refused, match="PT422 invalid_input"):
        delete(world, confirmation="Пасека Анны")
    assert (delete(world) - datetime.now(UTC)).days in (29, 30)


def test_a_deletion_is_undone_within_30_days(world: World) -> None:
    delete(world)
    assert world.query("visitor", "select id from organizations where id = %s", world.organization) == []
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.door("boris", "restore_organization", organization_id=world.organization)
    assert (
        world.service("run_organization_cleanup", as_of=NOW + timedelta(days=29))["organizations_deleted"]
        == 0
    )
    world.door("anna", "restore_organization", organization_id=world.organization)
    assert world.level() is None
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        world.door("anna", "restore_organization", organization_id=world.organization)


def test_after_30_days_people_are_gone_and_history_stays(world: World) -> None:
    world.record(payment_of(world.checkout("subscription"), "succeeded"))
    delete(world)
    assert world.one("select payment_method_id, cancel_at_period_end from subscriptions") == {
        "payment_method_id": None,
        "cancel_at_period_end": True,
    }
    later = NOW + timedelta(days=30, minutes=1)
    assert world.service("run_organization_cleanup", as_of=later)["organizations_deleted"] == 1
    assert world.service("run_organization_cleanup", as_of=later)["organizations_deleted"] == 0
    assert (
        world.rows("select * from organization_members where organization_id = %s", world.organization) == []
    )
    assert (
        world.one(
            "select billing_email from organization_settings where organization_id = %s", world.organization
        )["billing_email"]
        is None
    )
    assert world.history() == [
        ("A", "granted", None),
        ("A", "revoked", "organization_deleted"),
    ]
    assert world.one("select status, amount::text from payment_transactions") == {
        "status": "succeeded",
        "amount": "1490.00",
    }
    for person in MEMBERS:
        assert world.query(person, "select id from organizations where id = %s", world.organization) == []
    # who is gone for good does not keep others from the number
    inn = world.one("select inn from organizations where id = %s", world.organization)["inn"]
    assert world.found("stranger", inn=inn)


def test_after_30_days_nothing_names_a_person_or_a_card(world: World) -> None:
    world.organization = world.found("anna", inn=random_inn(12))
    world.run(
        "insert into organization_members values (%s, %s, 'admin')", world.organization, world.ids["boris"]
    )
    world.query("anna", "update organizations set legal_name = 'ИП Анна' where id = %s", world.organization)
    rejected = hand_in_evidence(world)
    world.door(
        "moderator", "review_upgrade_request", request_id=rejected["id"], decision="rejected", comment="Нет"
    )
    hand_in_evidence(world, "boris")
    world.record(payment_of(world.checkout("subscription"), "succeeded"))
    late = world.checkout("card")
    delete(world)
    world.record(payment_of(late, "waiting_for_capture"))
    world.service("run_organization_cleanup", as_of=NOW + timedelta(days=30, minutes=1))
    assert world.one(
        "select created_by, legal_name, name, inn from organizations where id = %s", world.organization
    ) == {"created_by": None, "legal_name": "И*** А***", "name": "П*** А***", "inn": None}
    requests = world.rows(
        "select status, message, evidence_paths, requested_by, review_comment from status_upgrade_requests order by created_at, id"
    )
    nothing: Row = {"message": "", "evidence_paths": [], "requested_by": None}
    assert requests == [
        {"status": "rejected", "review_comment": "Нет"} | nothing,
        {"status": "withdrawn", "review_comment": None} | nothing,
    ]
    assert world.rows("select * from evidence_files") == []
    cards = world.rows(
        "select title, card_type, card_last4, expires_at, yookassa_payment_method_id, revoked_at is not null as revoked"
        " from payment_methods"
    )
    assert len(cards) == 1, "a card that comes during the deletion is not saved at all"
    for card in cards:
        assert card.pop("revoked")
        assert set(card.values()) == {None}
    assert world.rows("select from payment_transactions where status = 'succeeded'")


def invite(world: World, who: str = "stranger") -> str:
    wish = {"organization_id": world.organization, "email": world.email(who), "role": "editor"}
    return str(world.door("anna", "invite_member", **wish)["token"])


def test_nobody_is_called_into_what_is_being_deleted(world: World) -> None:
    token = invite(world)
    delete(world)
    assert world.rows("select from organization_invitations") == []
    assert world.rows("select from email_outbox where kind = 'invitation'") == []
    for door in ("get_invitation", "accept_invitation"):
        with pytest.raises(Refused, match="PT404 not_found"):
            world.door("stranger", door, token=token)
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        invite(world)
    world.door("anna", "restore_organization", organization_id=world.organization)
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("stranger", "accept_invitation", token=token)
    assert world.door("stranger", "accept_invitation", token=invite(world))["role"] == "editor"


def test_an_invitation_from_before_does_not_let_in(world: World) -> None:
    token = invite(world)
    world.run("update organizations set is_published = false, deletion_requested_at = now()")
    for door in ("get_invitation", "accept_invitation"):
        with pytest.raises(Refused, match="PT404 not_found"):
            world.door("stranger", door, token=token)


def test_an_unpublished_organization_comes_back_unpublished(world: World) -> None:
    world.query("anna", "update organizations set is_published = false where id = %s", world.organization)
    delete(world)
    delete(world)
    world.door("anna", "restore_organization", organization_id=world.organization)
    assert (
        world.one("select is_published from organizations where id = %s", world.organization)["is_published"]
        is False
    )


def test_what_is_being_deleted_is_not_published_again_by_hand(world: World) -> None:
    delete(world)
    with pytest.raises(Refused, match="23514"):
        world.query("anna", "update organizations set is_published = true where id = %s", world.organization)


@pytest.mark.parametrize("kind", ["trial", "subscription", "card"])
def test_a_page_that_was_open_begins_nothing_for_who_is_leaving(world: World, kind: str) -> None:
    if kind == "card":
        world.start_trial()
    page = world.checkout(kind)
    delete(world)
    world.record(payment_of(page, "succeeded" if kind == "subscription" else "waiting_for_capture"))
    assert world.rows("select * from payment_methods where revoked_at is null") == []
    assert world.rows("select * from subscriptions where not cancel_at_period_end") == []
    refunds = world.rows("select amount::text, reason from payment_refunds")
    assert refunds == (
        [{"amount": "1490.00", "reason": "subscription_over"}] if kind == "subscription" else []
    )


def test_what_is_paid_runs_out_also_when_the_deletion_is_undone(world: World) -> None:
    end = world.subscribe()["current_period_end"]
    delete(world)
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        world.door("anna", "resume_subscription", organization_id=world.organization)
    world.door("anna", "restore_organization", organization_id=world.organization)
    held = world.one("select valid_until from organization_status_levels where is_active")
    assert held["valid_until"] == end
