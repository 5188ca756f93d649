"""An e-mail address counts once its owner has confirmed it: invitations, payments and ownership wait for it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from inn import random_inn
from kit.db import DbEnv
from kit.refused import Refused

NOT_YET = "PT403 email_not_confirmed"


def unconfirm(db: DbEnv, name: str) -> None:
    db.run("update auth.users set email_confirmed_at = null where id = %s", db.ids[name])


def confirm(db: DbEnv, name: str) -> None:
    db.run("update auth.users set email_confirmed_at = now() where id = %s", db.ids[name])


def test_who_has_not_confirmed_founds_pays_and_invites_nothing(db: DbEnv) -> None:
    unconfirm(db, "anna")
    founding = {"name": "Пасека", "slug": f"o-{uuid4().hex[:12]}", "inn": random_inn()}
    inviting = {"organization_id": db.organization, "email": "new@example.test", "role": "viewer"}
    paying = {"organization_id": db.organization, "plan_id": "a_month", "kind": "trial"}
    for function, arguments in (
        ("create_organization", founding),
        ("invite_member", inviting),
        ("start_checkout", paying),
    ):
        with pytest.raises(Refused, match=NOT_YET):
            db.rpc("anna", function, **arguments)
    confirm(db, "anna")
    db.rpc("anna", "create_organization", **founding)
    db.rpc("anna", "invite_member", **inviting)
    db.rpc("anna", "start_checkout", **paying)


def test_an_invitation_is_for_who_has_the_mailbox_not_for_who_knows_the_address(db: DbEnv) -> None:
    """Whoever signs up with somebody's address does not come in by the link alone."""
    email = db.email("stranger")
    invitation = db.rpc("anna", "invite_member", organization_id=db.organization, email=email, role="viewer")
    unconfirm(db, "stranger")
    with pytest.raises(Refused, match=NOT_YET):
        db.rpc("stranger", "accept_invitation", token=invitation["token"])
    confirm(db, "stranger")
    assert db.rpc("stranger", "accept_invitation", token=invitation["token"])["role"] == "viewer"


def test_an_organization_is_handed_to_who_can_be_reached(db: DbEnv) -> None:
    unconfirm(db, "boris")
    handing = {"organization_id": db.organization, "user_id": db.ids["boris"]}
    with pytest.raises(Refused, match=NOT_YET):
        db.rpc("anna", "transfer_ownership", **handing)
    confirm(db, "boris")
    db.rpc("anna", "transfer_ownership", **handing)
