"""An e-mail address counts once its owner has confirmed it: invitations, payments and ownership wait for it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from inn import random_inn
from kit.db import World
from kit.refused import Refused

NOT_YET = "PT403 email_not_confirmed"


def unconfirm(world: World, name: str) -> None:
    world.run("update auth.users set email_confirmed_at = null where id = %s", world.ids[name])


def confirm(world: World, name: str) -> None:
    world.run("update auth.users set email_confirmed_at = now() where id = %s", world.ids[name])


def test_who_has_not_confirmed_founds_pays_and_invites_nothing(world: World) -> None:
    unconfirm(world, "anna")
    founding = {"name": "Пасека", "slug": f"o-{uuid4().hex[:12]}", "inn": random_inn()}
    inviting = {"organization_id": world.organization, "email": "new@example.test", "role": "viewer"}
    paying = {"organization_id": world.organization, "plan_id": "a_month", "kind": "trial"}
    for door, arguments in (
        ("create_organization", founding),
        ("invite_member", inviting),
        ("start_checkout", paying),
    ):
        with pytest.raises(Refused, match=NOT_YET):
            world.door("anna", door, **arguments)
    confirm(world, "anna")
    world.door("anna", "create_organization", **founding)
    world.door("anna", "invite_member", **inviting)
    world.door("anna", "start_checkout", **paying)


def test_an_invitation_is_for_who_has_the_mailbox_not_for_who_knows_the_address(world: World) -> None:
    """Whoever signs up with somebody's address does not come in by the link alone."""
    email = world.email("stranger")
    invitation = world.door(
        "anna", "invite_member", organization_id=world.organization, email=email, role="viewer"
    )
    unconfirm(world, "stranger")
    with pytest.raises(Refused, match=NOT_YET):
        world.door("stranger", "accept_invitation", token=invitation["token"])
    confirm(world, "stranger")
    assert world.door("stranger", "accept_invitation", token=invitation["token"])["role"] == "viewer"


def test_an_organization_is_handed_to_who_can_be_reached(world: World) -> None:
    unconfirm(world, "boris")
    handing = {"organization_id": world.organization, "user_id": world.ids["boris"]}
    with pytest.raises(Refused, match=NOT_YET):
        world.door("anna", "transfer_ownership", **handing)
    confirm(world, "boris")
    world.door("anna", "transfer_ownership", **handing)
