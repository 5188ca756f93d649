"""Who may do what with an organization (sql/10_people, sql/20_organizations)."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inn import random_inn
from kit.db import MEMBERS, World
from kit.refused import Refused
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from stdnum.ru.inn import is_valid


def test_a_profile_is_made_at_sign_up(world: World) -> None:
    assert world.query(
        "anna", "select full_name, locale, time_zone from profiles where id = %s", world.ids["anna"]
    ) == [{"full_name": "Anna", "locale": "ru", "time_zone": "Europe/Moscow"}]


@pytest.mark.parametrize(
    ("said", "kept"),
    [({"full_name": "Ю" * 200, "locale": "en", "time_zone": "Asia/Kamchatka"}, ("Ю" * 80, "en", "Asia/Kamchatka")),
     ({"full_name": "Банк: https://evil.example", "locale": "en", "time_zone": "UTC"}, ("", "en", "UTC")),
     ({"full_name": None, "locale": "fr", "time_zone": "Mars/Olympus"}, ("", "ru", "Europe/Moscow")), ({}, ("", "ru", "Europe/Moscow"))],
)  # fmt: skip
def test_what_is_said_at_sign_up_is_taken_where_it_is_valid(
    world: World, said: dict[str, str], kept: tuple[str, ...]
) -> None:
    user_id = uuid4()
    world.run(
        "insert into auth.users (id, email, raw_user_meta_data) values (%s, %s, %s)",
        user_id,
        f"{user_id}@example.test",
        Jsonb(said),
    )
    row = world.one("select full_name, locale, time_zone from profiles where id = %s", user_id)
    assert (row["full_name"], row["locale"], row["time_zone"]) == kept


def test_a_time_zone_is_one_that_others_know_too(world: World) -> None:
    known = "select count(*) from pg_timezone_names where name ~ '^[A-Z][A-Za-z_]+/' and name !~ '^(System|posix|right)' and not private.is_time_zone(name)"
    assert world.one(known)["count"] == 0
    for name in ("Europe/Moscow+3", "Nowhere/Land-14", "A/B99", "Etc/GMT+99", "../etc/passwd", "", "Europe"):
        with pytest.raises(Refused, match="time_zone_is_known"):
            world.query("anna", "update organization_settings set time_zone = %s", name)


def test_a_person_edits_only_their_own_profile(world: World) -> None:
    edit = "update profiles set full_name = 'Я' where id = %s"
    assert world.query("gleb", edit, world.ids["gleb"]) == [{"count": 1}]
    assert world.query("gleb", edit, world.ids["anna"]) == [{"count": 0}]
    with pytest.raises(Refused, match="23514"):
        world.query("gleb", "update profiles set time_zone = 'Mars/Olympus' where id = %s", world.ids["gleb"])


def test_teammates_see_each_other_and_nobody_else_does(world: World) -> None:
    names = "select full_name from profiles order by full_name"
    assert [r["full_name"] for r in world.query("gleb", names)] == ["Anna", "Boris", "Gleb", "Vera"]
    assert [r["full_name"] for r in world.query("stranger", names)] == ["Stranger"]


def test_nobody_appoints_platform_admins_through_the_api(world: World) -> None:
    for person in ("anna", "moderator", "visitor", "service"):
        with pytest.raises(Refused, match="42501"):
            world.query(person, "insert into platform_admins (user_id) values (%s)", world.ids["stranger"])


def test_the_founder_is_the_owner_and_the_settings_are_there(world: World) -> None:
    world.organization = world.found("stranger")
    assert world.query(
        "stranger", "select role from organization_members where organization_id = %s", world.organization
    ) == [{"role": "owner"}]
    assert world.query(
        "stranger",
        "select billing_email from organization_settings where organization_id = %s",
        world.organization,
    ) == [{"billing_email": world.email("stranger")}]


@pytest.mark.parametrize(
    ("name", "slug", "inn", "faults"),
    [
        ("", "", "", [("name", "required"), ("slug", "required"), ("inn", "required")]),
        ("Я", "ok-slug", "7707083893", [("name", "too_short")]),
        ("Я" * 81, "ok-slug", "7707083893", [("name", "too_long")]),
        ("\u200b\u2060\u3164", "ok-slug", "7707083893", [("name", "too_short")]),
        ("Пасека\nАнны", "ok-slug", "7707083893", [("name", "invalid")]),
        ("Пасека\u202eыннА", "ok-slug", "7707083893", [("name", "invalid")]),
        ("Войдите: https://evil.example", "ok-slug", "7707083893", [("name", "contains_link")]),
        ("ПAО Сбербанк", "ok-slug", "7707083893", [("name", "mixed_scripts")]),
        ("Пасека", "ab", "7707083893", [("slug", "invalid_slug")]),
        ("Пасека", "Пасека", "7707083893", [("slug", "invalid_slug")]),
        ("Пасека", "A-B-C", "7707083893", [("slug", "invalid_slug")]),
        ("Пасека", "a" * 51, "7707083893", [("slug", "invalid_slug")]),
        ("Пасека", "ok-slug", "7707083894", [("inn", "invalid_inn")]),
        ("Пасека", "ok-slug", "0000000000", [("inn", "invalid_inn")]),
        ("Пасека", "ok-slug", "77070838930", [("inn", "invalid_inn")]),
        ("Пасека", "ok-slug", "77070838; drop table organizations", [("inn", "invalid_inn")]),
    ],
)
def test_bad_input_is_refused_by_field_and_nothing_is_stored(
    world: World, name: str, slug: str, inn: str, faults: list[tuple[str, str]]
) -> None:
    before = world.one("select count(*) from organizations")
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        world.door("stranger", "create_organization", name=name, slug=slug, inn=inn)
    assert [(fault["field"], fault["code"]) for fault in json.loads(refusal.value.detail)] == faults
    assert world.one("select count(*) from organizations") == before


def test_a_slug_and_an_inn_are_taken_once(world: World) -> None:
    world.found("stranger", inn="7707083893", slug="paseka")
    with pytest.raises(Refused, match="PT409 slug_taken"):
        world.found("anna", slug="paseka")
    with pytest.raises(Refused, match="PT409 inn_taken"):
        world.found("anna", inn="7707083893")


def test_a_visitor_founds_nothing(world: World) -> None:
    with pytest.raises(Refused, match="42501"):
        world.found("visitor")


def test_real_inns_are_accepted(world: World) -> None:
    for inn in ("7707083893", "7736050003", "500100732259"):
        assert world.one("select private.is_inn(%s)", inn)["is_inn"] is True


@settings(max_examples=60, deadline=None)
@given(data=st.data(), digits=st.sampled_from([10, 12]))
def test_one_wrong_digit_makes_an_inn_wrong_or_another_valid_one(
    rules: str, data: st.DataObject, digits: int
) -> None:
    """Check digits catch every single changed digit except those that the modulus hides (…10 → 0)."""
    import psycopg

    inn = random_inn(digits)
    place = data.draw(st.integers(0, digits - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != inn[place]]))
    changed = inn[:place] + digit + inn[place + 1 :]
    with psycopg.connect(rules, row_factory=dict_row) as connection:
        row = connection.execute(
            "select private.is_inn(%s) as right, private.is_inn(%s) as changed", (inn, changed)
        ).fetchone()
    assert row is not None
    assert row["right"] is True
    assert row["changed"] is is_valid(changed)


def test_an_unpublished_organization_is_seen_by_its_people_only(world: World) -> None:
    seen = "select count(*) from organizations where id = %s"
    assert world.query(
        "boris", "update organizations set is_published = false where id = %s", world.organization
    ) == [{"count": 1}]
    assert {who: world.query(who, seen, world.organization)[0]["count"] for who in ("visitor", "stranger", "gleb", "moderator")} == {
        "visitor": 0, "stranger": 0, "gleb": 1, "moderator": 1,
    }  # fmt: skip
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("visitor", "get_organization_status", organization_id=world.organization)


def test_admins_edit_the_profile_and_others_do_not(world: World) -> None:
    edit = "update organizations set description = 'Мёд' where id = %s"
    changed = {
        who: world.query(who, edit, world.organization)[0]["count"]
        for who in (*MEMBERS, "stranger", "moderator")
    }
    assert changed == {"anna": 1, "boris": 1, "vera": 0, "gleb": 0, "stranger": 0, "moderator": 0}
    for column in ("slug", "inn", "created_by"):
        with pytest.raises(Refused, match="42501"):
            world.query("anna", f"update organizations set {column} = null where id = %s", world.organization)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "ftp://x.example",
        "https://a b",
        "//evil.example",
        "https://paseka",
        "https://sberbank.ru@evil.example/",
        "https://a:b@evil.example",
        "https://evil.example\\@sberbank.ru",
        "https://paseka.example/\u202efdp.exe",
    ],
)
def test_a_website_is_a_web_address(world: World, address: str) -> None:
    with pytest.raises(Refused, match="23514"):
        world.query(
            "anna", "update organizations set website_url = %s where id = %s", address, world.organization
        )


@pytest.mark.parametrize("column", ["name", "legal_name"])
@pytest.mark.parametrize("name", ["Пасека\nАнны", "Пасека\u202eыннА", "Пасека\u0007", "Па\u2028сека"])
def test_a_name_is_one_line_that_shows_what_it_is(world: World, column: str, name: str) -> None:
    with pytest.raises(
        Refused,
        match=f'PT422 invalid_input.*"{column}", "code": "invalid"|"code": "invalid", "field": "{column}"',
    ):
        world.query("anna", f"update organizations set {column} = %s", name)


def test_a_name_can_be_seen(world: World) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input"):
        world.query("anna", "update organizations set name = %s", "\u200b\u200d\ufeff\u2800")
    for name in ("Пасека «Мёд & Ко» №1", "Семья 👨‍👩‍👧", "عسل"):
        assert world.query("anna", "update organizations set name = %s", name) == [{"count": 1}]


def invite_to(world: World, email: str, person: str = "anna", role: str = "viewer") -> UUID:
    world.run(
        "update subscription_plans set limits = limits || '{\"members\": 50}'"
    )  # room is not what is tested
    made = world.door(person, "invite_member", organization_id=world.organization, role=role, email=email)
    return UUID(made["invitation_id"])


def test_twenty_letters_are_sent_a_minute_and_no_more(world: World) -> None:
    for number in range(20):
        world.door(
            "anna", "revoke_invitation", invitation_id=invite_to(world, f"somebody{number}@example.test")
        )
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        invite_to(world, "somebody@example.test")
    invite_to(world, "somebody@example.test", "boris")


@pytest.mark.parametrize("by", ["account", "organization"])
def test_fifty_are_sent_a_day_whoever_is_taken_back(world: World, by: str) -> None:
    person = "anna"
    for number in range(50):
        world.door(
            person,
            "revoke_invitation",
            invitation_id=invite_to(world, f"somebody{number}@example.test", person),
        )
        world.run("delete from private.request_counts where subject like 'invite:%%'")  # a minute later
        if by == "organization":
            person = "boris" if person == "anna" else "anna"
        elif number == 30:  # another organization of the same person
            world.organization = world.another()
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        invite_to(world, "somebody@example.test", person)


def test_one_address_gets_three_a_day_from_all(world: World) -> None:
    for _ in range(3):
        invite_to(world, "victim@example.test")
    world.organization = world.another("stranger")
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        invite_to(world, "victim@example.test", "stranger")


def queued(world: World) -> int:
    return int(
        world.one("select count(*) from email_outbox where kind = 'invitation' and status = 'queued'")[
            "count"
        ]
    )


def test_an_invitation_taken_back_is_not_sent(world: World) -> None:
    made = invite_to(world, "somebody@example.test")
    assert queued(world) == 1
    world.door("anna", "revoke_invitation", invitation_id=made)
    assert queued(world) == 0


@pytest.mark.parametrize("how", ["removed", "demoted", "left"])
def test_who_is_gone_has_invited_nobody(world: World, how: str) -> None:
    """A removed admin does not come back by an invitation to a second account."""
    made = world.door(
        "boris",
        "invite_member",
        organization_id=world.organization,
        email=world.email("stranger"),
        role="editor",
    )
    invite_to(world, "kept@example.test", "anna")
    if how == "demoted":
        world.door(
            "anna",
            "change_member_role",
            organization_id=world.organization,
            user_id=world.ids["boris"],
            role="editor",
        )
    else:
        world.door(
            "anna" if how == "removed" else "boris",
            "remove_member",
            organization_id=world.organization,
            user_id=world.ids["boris"],
        )
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("stranger", "accept_invitation", token=made["token"])
    assert [row["email"] for row in world.rows("select email from organization_invitations")] == [
        "kept@example.test"
    ]
    assert queued(world) == 1


def test_a_former_owner_keeps_what_an_admin_may_offer(world: World) -> None:
    invite_to(world, "viewer@example.test")
    invite_to(world, "admin@example.test", role="admin")
    world.door("anna", "transfer_ownership", organization_id=world.organization, user_id=world.ids["boris"])
    assert [row["email"] for row in world.rows("select email from organization_invitations")] == [
        "viewer@example.test"
    ]


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("(c):x@example.com", "invalid_email"), ("a..b@example.com", "invalid_email"), (".a@example.com", "invalid_email"), ("a@localhost", "invalid_email"),
        ("a@-x.ru", "invalid_email"), ("a@x.1", "invalid_email"), ("a b@x.ru", "invalid_email"), ('"a"@x.ru', "invalid_email"), ("a@x..ru", "invalid_email"),
        ("a" * 65 + "@x.ru", "invalid_email"), ("a,b@x.ru", "invalid_email"), ("анна@example.com", "local_part_not_ascii"), ("anna@пасека.рф", "domain_not_ascii"),
    ],
)  # fmt: skip
def test_an_address_is_one_that_mail_servers_take(world: World, email: str, code: str) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        invite_to(world, email)
    assert json.loads(refusal.value.detail) == [{"field": "email", "code": code}]
    with pytest.raises(Refused, match="billing_email_is_an_address"):
        world.query("anna", "update organization_settings set billing_email = %s", email)


@pytest.mark.parametrize(
    "email",
    ["o'neil+tag@example.com", "a.b-c_d@sub.example.co.uk", "anna@xn--80aa1ajh.xn--p1ai", "ANNA@Example.Com"],
)
def test_a_good_address_is_taken(world: World, email: str) -> None:
    invite_to(world, email)


@pytest.mark.parametrize("token", ["\\xzz", "\\", "\\x00", "я" * 10_000, ""])
def test_what_is_no_token_is_refused_by_code(world: World, token: str) -> None:
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("stranger", "accept_invitation", token=token)


def test_an_invitation_is_for_one_address_and_once(world: World) -> None:
    invited = world.door(
        "boris",
        "invite_member",
        organization_id=world.organization,
        email=world.email("stranger").upper(),
        role="editor",
    )
    token = invited["token"]
    assert world.query("anna", "select role, accepted_at from organization_invitations") == [
        {"role": "editor", "accepted_at": None}
    ]
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("moderator", "accept_invitation", token=token)
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("stranger", "accept_invitation", token="0" * 64)
    assert world.door("stranger", "accept_invitation", token=token)["role"] == "editor"
    with pytest.raises(Refused, match="PT409 invitation_used"):
        world.door("stranger", "accept_invitation", token=token)


def test_only_the_invited_see_what_they_are_invited_to(world: World) -> None:
    token = world.door(
        "boris",
        "invite_member",
        organization_id=world.organization,
        email=world.email("stranger"),
        role="editor",
    )["token"]
    seen = world.door("stranger", "get_invitation", token=token)
    assert seen.pop("expires_at")
    assert seen == {
        "organization": world.one("select name from organizations where id = %s", world.organization)["name"],
        "role": "editor",
        "invited_by": "Boris",
    }
    for somebody in ("visitor", "moderator", "anna"):
        with pytest.raises(Refused, match="42501" if somebody == "visitor" else "PT404 not_found"):
            world.door(somebody, "get_invitation", token=token)
    world.door("stranger", "accept_invitation", token=token)
    with pytest.raises(Refused, match="PT409 invitation_used"):
        world.door("stranger", "get_invitation", token=token)


def test_an_invitation_ends_after_72_hours_and_a_new_one_replaces_it(world: World) -> None:
    first = world.door(
        "anna",
        "invite_member",
        organization_id=world.organization,
        email=world.email("stranger"),
        role="viewer",
    )
    second = world.door(
        "anna",
        "invite_member",
        organization_id=world.organization,
        email=world.email("stranger"),
        role="viewer",
    )
    with pytest.raises(Refused, match="PT404 not_found"):
        world.door("stranger", "accept_invitation", token=first["token"])
    world.run("update organization_invitations set expires_at = now() where id = %s", second["invitation_id"])
    with pytest.raises(Refused, match="PT410 invitation_expired"):
        world.door("stranger", "accept_invitation", token=second["token"])


def invite(world: World, email: str, person: str = "anna") -> str:
    wish = {"organization_id": world.organization, "email": email, "role": "viewer"}
    return str(world.door(person, "invite_member", **wish)["token"])


def test_members_and_open_invitations_fit_the_plan(world: World) -> None:
    """Four are in; without a subscription, as on the smallest plan, five may be."""
    invite(world, "fifth@example.test")
    invite(world, "fifth@example.test")  # the same seat
    with pytest.raises(Refused, match="PT402 plan_limit_reached The plan has room for 5"):
        invite(world, "sixth@example.test")
    world.run("update organization_invitations set expires_at = now() where accepted_at is null")
    invite(world, "sixth@example.test")
    world.service("grant_status_level", organization_id=world.organization, level="B")
    with pytest.raises(Refused, match="PT402 plan_limit_reached"):
        invite(world, "seventh@example.test")  # a level is no plan
    world.subscribe("b_month")
    world.run("delete from private.request_counts")  # a minute later
    for number in range(25 - 4 - 1):
        invite(world, f"n{number}@example.test")
    world.run("delete from private.request_counts")
    with pytest.raises(Refused, match="PT402 plan_limit_reached The plan has room for 25"):
        invite(world, "seventh@example.test")


def test_a_plan_without_the_limit_has_room_for_everybody(world: World) -> None:
    world.subscribe()
    world.run("""update subscription_plans set limits = limits || '{"members": null}', is_active = false""")
    for number in range(10):
        invite(world, f"n{number}@example.test")


def test_an_invitation_waits_until_there_is_room(world: World) -> None:
    token = invite(world, world.email("stranger"))
    world.run(
        "insert into organization_invitations (organization_id, email, role, token_hash, expires_at)"
        " values (%s, 'another@example.test', 'viewer', '', now() + interval '1 day')",
        world.organization,
    )
    world.run(
        "insert into organization_members (organization_id, user_id, role) values (%s, %s, 'viewer')",
        world.organization,
        world.sign_up("fifth"),
    )
    with pytest.raises(Refused, match="PT402 plan_limit_reached"):
        world.door("stranger", "accept_invitation", token=token)
    # the other open invitation takes no seat from this one
    world.door("gleb", "remove_member", organization_id=world.organization, user_id=world.ids["gleb"])
    assert world.door("stranger", "accept_invitation", token=token)["role"] == "viewer"


def test_who_is_in_stays_when_the_plan_shrinks(world: World) -> None:
    token = invite(world, world.email("gleb").replace("gleb", "other"))
    world.run("""update subscription_plans set limits = limits || '{"members": 2}'""")
    world.run("update organization_invitations set email = %s", world.email("gleb"))  # in by another way
    assert world.door("gleb", "accept_invitation", token=token)["role"] == "viewer"
    world.door(
        "anna",
        "change_member_role",
        organization_id=world.organization,
        user_id=world.ids["gleb"],
        role="admin",
    )
    with pytest.raises(Refused, match="PT402 plan_limit_reached"):
        invite(world, "sixth@example.test")
    members = world.rows("select from organization_members where organization_id = %s", world.organization)
    assert len(members) == len(MEMBERS)


@pytest.mark.parametrize(
    ("inviter", "role", "code"),
    [("gleb", "viewer", "not_allowed"), ("vera", "viewer", "not_allowed"), ("boris", "admin", "not_allowed"),
     ("anna", "owner", "not_allowed"), ("stranger", "viewer", "not_allowed")],
)  # fmt: skip
def test_a_role_is_offered_only_from_above(world: World, inviter: str, role: str, code: str) -> None:
    with pytest.raises(Refused, match=code):
        world.door(
            inviter, "invite_member", organization_id=world.organization, email="new@example.test", role=role
        )


def test_roles_below_ones_own_are_changed(world: World) -> None:
    def change(who: str, whom: str, role: str) -> str:
        try:
            world.door(
                who,
                "change_member_role",
                organization_id=world.organization,
                user_id=world.ids[whom],
                role=role,
            )
        except Refused as refusal:
            return refusal.code
        return "changed"

    assert change("boris", "gleb", "editor") == "changed"
    assert change("boris", "vera", "admin") == "not_allowed"
    assert change("boris", "anna", "viewer") == "not_allowed"
    assert change("vera", "gleb", "viewer") == "not_allowed"
    assert change("anna", "vera", "admin") == "changed"
    assert change("anna", "vera", "owner") == "not_allowed"
    assert change("anna", "stranger", "viewer") == "not_found"
    assert change("boris", "boris", "viewer") == "changed"
    assert change("anna", "anna", "admin") == "last_owner"


def test_the_last_owner_stays_whoever_asks(world: World) -> None:
    with pytest.raises(Refused, match="PT409 last_owner"):
        world.door("anna", "remove_member", organization_id=world.organization, user_id=world.ids["anna"])
    with pytest.raises(Refused, match="PT409 last_owner"):
        world.query("operator", "delete from organization_members where user_id = %s", world.ids["anna"])


def test_leaving_and_removing(world: World) -> None:
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.door("gleb", "remove_member", organization_id=world.organization, user_id=world.ids["vera"])
    world.door("gleb", "remove_member", organization_id=world.organization, user_id=world.ids["gleb"])
    world.door("boris", "remove_member", organization_id=world.organization, user_id=world.ids["vera"])
    left = world.rows(
        "select role from organization_members where organization_id = %s order by role", world.organization
    )
    assert [row["role"] for row in left] == ["admin", "owner"]


def test_ownership_is_transferred_by_the_owner_alone(world: World) -> None:
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.door(
            "boris", "transfer_ownership", organization_id=world.organization, user_id=world.ids["boris"]
        )
    world.door("anna", "transfer_ownership", organization_id=world.organization, user_id=world.ids["vera"])
    roles = {
        r["user_id"]: r["role"]
        for r in world.rows(
            "select user_id, role from organization_members where organization_id = %s", world.organization
        )
    }
    assert roles[world.ids["vera"]] == "owner"
    assert roles[world.ids["anna"]] == "admin"
