"""Deleting an organization and thinking better of it (sql/85_organization_deletion)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from inn import random_inn
from kit.db import MEMBERS, DbEnv, Row, hand_in_evidence, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)


def slug(db: DbEnv) -> str:
    return str(db.one("select slug from organizations where id = %s", db.organization)["slug"])


def delete(db: DbEnv, person: str = "anna", confirmation: str | None = None) -> datetime:
    answer: datetime = db.rpc(
        person,
        "delete_organization",
        organization_id=db.organization,
        confirmation=confirmation or slug(db),
    )
    return answer


def test_only_the_owner_and_only_with_the_typed_address(db: DbEnv) -> None:
    for person in ("boris", "vera", "gleb", "stranger"):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            delete(db, person)
    with pytest.raises(Refused, match="PT422 invalid_input"):
        delete(db, confirmation="Пасека Анны")
    assert (delete(db) - datetime.now(UTC)).days in (29, 30)


def test_a_deletion_is_undone_within_30_days(db: DbEnv) -> None:
    delete(db)
    assert db.query("visitor", "select id from organizations where id = %s", db.organization) == []
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc("boris", "restore_organization", organization_id=db.organization)
    assert (
        db.service("run_organization_cleanup", as_of=NOW + timedelta(days=29))["organizations_deleted"] == 0
    )
    db.rpc("anna", "restore_organization", organization_id=db.organization)
    assert db.level() is None
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("anna", "restore_organization", organization_id=db.organization)


def test_after_30_days_people_are_gone_and_history_stays(db: DbEnv) -> None:
    db.record(payment_of(db.checkout("subscription"), "succeeded"))
    delete(db)
    assert db.one("select payment_method_id, cancel_at_period_end from subscriptions") == {
        "payment_method_id": None,
        "cancel_at_period_end": True,
    }
    later = NOW + timedelta(days=30, minutes=1)
    assert db.service("run_organization_cleanup", as_of=later)["organizations_deleted"] == 1
    assert db.service("run_organization_cleanup", as_of=later)["organizations_deleted"] == 0
    assert db.rows("select * from organization_members where organization_id = %s", db.organization) == []
    assert (
        db.one("select billing_email from organization_settings where organization_id = %s", db.organization)[
            "billing_email"
        ]
        is None
    )
    assert db.history() == [
        ("A", "granted", None),
        ("A", "revoked", "organization_deleted"),
    ]
    assert db.one("select status, amount::text from payment_transactions") == {
        "status": "succeeded",
        "amount": "1490.00",
    }
    for person in MEMBERS:
        assert db.query(person, "select id from organizations where id = %s", db.organization) == []
    # who is gone for good does not keep others from the number
    inn = db.one("select inn from organizations where id = %s", db.organization)["inn"]
    assert db.found("stranger", inn=inn)


def test_after_30_days_nothing_names_a_person_or_a_card(db: DbEnv) -> None:
    db.organization = db.found("anna", inn=random_inn(12))
    db.run("insert into organization_members values (%s, %s, 'admin')", db.organization, db.ids["boris"])
    db.query("anna", "update organizations set legal_name = 'ИП Анна' where id = %s", db.organization)
    rejected = hand_in_evidence(db)
    db.rpc(
        "moderator", "review_upgrade_request", request_id=rejected["id"], decision="rejected", comment="Нет"
    )
    hand_in_evidence(db, "boris")
    db.record(payment_of(db.checkout("subscription"), "succeeded"))
    late = db.checkout("card")
    delete(db)
    db.record(payment_of(late, "waiting_for_capture"))
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=30, minutes=1))
    assert db.one(
        "select created_by, legal_name, name, inn from organizations where id = %s", db.organization
    ) == {"created_by": None, "legal_name": "И*** А***", "name": "П*** А***", "inn": None}
    requests = db.rows(
        "select status, message, evidence_paths, requested_by, review_comment from status_upgrade_requests order by created_at, id"
    )
    nothing: Row = {"message": "", "evidence_paths": [], "requested_by": None}
    assert requests == [
        {"status": "rejected", "review_comment": "Нет"} | nothing,
        {"status": "withdrawn", "review_comment": None} | nothing,
    ]
    assert db.rows("select * from evidence_files") == []
    cards = db.rows(
        "select title, card_type, card_last4, expires_at, yookassa_payment_method_id, revoked_at is not null as revoked"
        " from payment_methods"
    )
    assert len(cards) == 1, "a card that comes during the deletion is not saved at all"
    for card in cards:
        assert card.pop("revoked")
        assert set(card.values()) == {None}
    assert db.rows("select from payment_transactions where status = 'succeeded'")


def invite(db: DbEnv, who: str = "stranger") -> str:
    wish = {"organization_id": db.organization, "email": db.email(who), "role": "editor"}
    return str(db.rpc("anna", "invite_member", **wish)["token"])


def test_nobody_is_called_into_what_is_being_deleted(db: DbEnv) -> None:
    token = invite(db)
    delete(db)
    assert db.rows("select from organization_invitations") == []
    assert db.rows("select from email_outbox where kind = 'invitation'") == []
    for function in ("get_invitation", "accept_invitation"):
        with pytest.raises(Refused, match="PT404 not_found"):
            db.rpc("stranger", function, token=token)
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        invite(db)
    db.rpc("anna", "restore_organization", organization_id=db.organization)
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("stranger", "accept_invitation", token=token)
    assert db.rpc("stranger", "accept_invitation", token=invite(db))["role"] == "editor"


def test_an_invitation_from_before_does_not_let_in(db: DbEnv) -> None:
    token = invite(db)
    db.run("update organizations set is_published = false, deletion_requested_at = now()")
    for function in ("get_invitation", "accept_invitation"):
        with pytest.raises(Refused, match="PT404 not_found"):
            db.rpc("stranger", function, token=token)


def test_an_unpublished_organization_comes_back_unpublished(db: DbEnv) -> None:
    db.query("anna", "update organizations set is_published = false where id = %s", db.organization)
    delete(db)
    delete(db)
    db.rpc("anna", "restore_organization", organization_id=db.organization)
    assert (
        db.one("select is_published from organizations where id = %s", db.organization)["is_published"]
        is False
    )


def test_what_is_being_deleted_is_not_published_again_by_hand(db: DbEnv) -> None:
    delete(db)
    with pytest.raises(Refused, match="23514"):
        db.query("anna", "update organizations set is_published = true where id = %s", db.organization)


@pytest.mark.parametrize("kind", ["trial", "subscription", "card"])
def test_a_page_that_was_open_begins_nothing_for_who_is_leaving(db: DbEnv, kind: str) -> None:
    if kind == "card":
        db.start_trial()
    page = db.checkout(kind)
    delete(db)
    db.record(payment_of(page, "succeeded" if kind == "subscription" else "waiting_for_capture"))
    assert db.rows("select * from payment_methods where revoked_at is null") == []
    assert db.rows("select * from subscriptions where not cancel_at_period_end") == []
    refunds = db.rows("select amount::text, reason from payment_refunds")
    assert refunds == (
        [{"amount": "1490.00", "reason": "subscription_over"}] if kind == "subscription" else []
    )


def test_what_is_paid_runs_out_also_when_the_deletion_is_undone(db: DbEnv) -> None:
    end = db.subscribe()["current_period_end"]
    delete(db)
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("anna", "resume_subscription", organization_id=db.organization)
    db.rpc("anna", "restore_organization", organization_id=db.organization)
    held = db.one("select valid_until from organization_status_levels where is_active")
    assert held["valid_until"] == end
