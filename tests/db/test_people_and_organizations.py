"""Who may do what with an organization (sql/10_people, sql/20_organizations)."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inn import random_inn
from kit.db import MEMBERS, DbEnv
from kit.refused import Refused
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from stdnum.ru.inn import is_valid


def test_a_profile_is_made_at_sign_up(db: DbEnv) -> None:
    assert db.query(
        "anna", "select full_name, locale, time_zone from profiles where id = %s", db.ids["anna"]
    ) == [{"full_name": "Anna", "locale": "ru", "time_zone": "Europe/Moscow"}]


@pytest.mark.parametrize(
    ("said", "kept"),
    [({"full_name": "Ю" * 200, "locale": "en", "time_zone": "Asia/Kamchatka"}, ("Ю" * 80, "en", "Asia/Kamchatka")),
     ({"full_name": "Банк: https://evil.example", "locale": "en", "time_zone": "UTC"}, ("", "en", "UTC")),
     ({"full_name": None, "locale": "fr", "time_zone": "Mars/Olympus"}, ("", "ru", "Europe/Moscow")), ({}, ("", "ru", "Europe/Moscow"))],
)  # fmt: skip
def test_what_is_said_at_sign_up_is_taken_where_it_is_valid(
    db: DbEnv, said: dict[str, str], kept: tuple[str, ...]
) -> None:
    user_id = uuid4()
    db.run(
        "insert into auth.users (id, email, raw_user_meta_data) values (%s, %s, %s)",
        user_id,
        f"{user_id}@example.test",
        Jsonb(said),
    )
    row = db.one("select full_name, locale, time_zone from profiles where id = %s", user_id)
    assert (row["full_name"], row["locale"], row["time_zone"]) == kept


def test_a_time_zone_is_one_that_others_know_too(db: DbEnv) -> None:
    known = "select count(*) from pg_timezone_names where name ~ '^[A-Z][A-Za-z_]+/' and name !~ '^(System|posix|right)' and not private.is_time_zone(name)"
    assert db.one(known)["count"] == 0
    for name in ("Europe/Moscow+3", "Nowhere/Land-14", "A/B99", "Etc/GMT+99", "../etc/passwd", "", "Europe"):
        with pytest.raises(Refused, match="time_zone_is_known"):
            db.query("anna", "update organization_settings set time_zone = %s", name)


def test_a_person_edits_only_their_own_profile(db: DbEnv) -> None:
    edit = "update profiles set full_name = 'Я' where id = %s"
    assert db.query("gleb", edit, db.ids["gleb"]) == [{"count": 1}]
    assert db.query("gleb", edit, db.ids["anna"]) == [{"count": 0}]
    with pytest.raises(Refused, match="23514"):
        db.query("gleb", "update profiles set time_zone = 'Mars/Olympus' where id = %s", db.ids["gleb"])


def test_teammates_see_each_other_and_nobody_else_does(db: DbEnv) -> None:
    names = "select full_name from profiles order by full_name"
    assert [r["full_name"] for r in db.query("gleb", names)] == ["Anna", "Boris", "Gleb", "Vera"]
    assert [r["full_name"] for r in db.query("stranger", names)] == ["Stranger"]


def test_nobody_appoints_platform_admins_through_the_api(db: DbEnv) -> None:
    for person in ("anna", "moderator", "visitor", "service"):
        with pytest.raises(Refused, match="42501"):
            db.query(person, "insert into platform_admins (user_id) values (%s)", db.ids["stranger"])


def test_the_founder_is_the_owner_and_the_settings_are_there(db: DbEnv) -> None:
    db.organization = db.found("stranger")
    assert db.query(
        "stranger", "select role from organization_members where organization_id = %s", db.organization
    ) == [{"role": "owner"}]
    assert db.query(
        "stranger",
        "select billing_email from organization_settings where organization_id = %s",
        db.organization,
    ) == [{"billing_email": db.email("stranger")}]


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
    db: DbEnv, name: str, slug: str, inn: str, faults: list[tuple[str, str]]
) -> None:
    before = db.one("select count(*) from organizations")
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        db.rpc("stranger", "create_organization", name=name, slug=slug, inn=inn)
    assert [(fault["field"], fault["code"]) for fault in json.loads(refusal.value.detail)] == faults
    assert db.one("select count(*) from organizations") == before


def test_a_slug_and_an_inn_are_taken_once(db: DbEnv) -> None:
    db.found("stranger", inn="7707083893", slug="paseka")
    with pytest.raises(Refused, match="PT409 slug_taken"):
        db.found("anna", slug="paseka")
    with pytest.raises(Refused, match="PT409 inn_taken"):
        db.found("anna", inn="7707083893")


def test_a_visitor_founds_nothing(db: DbEnv) -> None:
    with pytest.raises(Refused, match="42501"):
        db.found("visitor")


def test_real_inns_are_accepted(db: DbEnv) -> None:
    for inn in ("7707083893", "7736050003", "500100732259"):
        assert db.one("select private.is_inn(%s)", inn)["is_inn"] is True


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


def test_an_unpublished_organization_is_seen_by_its_people_only(db: DbEnv) -> None:
    seen = "select count(*) from organizations where id = %s"
    assert db.query(
        "boris", "update organizations set is_published = false where id = %s", db.organization
    ) == [{"count": 1}]
    assert {who: db.query(who, seen, db.organization)[0]["count"] for who in ("visitor", "stranger", "gleb", "moderator")} == {
        "visitor": 0, "stranger": 0, "gleb": 1, "moderator": 1,
    }  # fmt: skip
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("visitor", "get_organization_status", organization_id=db.organization)


def test_admins_edit_the_profile_and_others_do_not(db: DbEnv) -> None:
    edit = "update organizations set description = 'Мёд' where id = %s"
    changed = {
        who: db.query(who, edit, db.organization)[0]["count"] for who in (*MEMBERS, "stranger", "moderator")
    }
    assert changed == {"anna": 1, "boris": 1, "vera": 0, "gleb": 0, "stranger": 0, "moderator": 0}
    for column in ("slug", "inn", "created_by"):
        with pytest.raises(Refused, match="42501"):
            db.query("anna", f"update organizations set {column} = null where id = %s", db.organization)


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
def test_a_website_is_a_web_address(db: DbEnv, address: str) -> None:
    with pytest.raises(Refused, match="23514"):
        db.query("anna", "update organizations set website_url = %s where id = %s", address, db.organization)


@pytest.mark.parametrize("column", ["name", "legal_name"])
@pytest.mark.parametrize("name", ["Пасека\nАнны", "Пасека\u202eыннА", "Пасека\u0007", "Па\u2028сека"])
def test_a_name_is_one_line_that_shows_what_it_is(db: DbEnv, column: str, name: str) -> None:
    with pytest.raises(
        Refused,
        match=f'PT422 invalid_input.*"{column}", "code": "invalid"|"code": "invalid", "field": "{column}"',
    ):
        db.query("anna", f"update organizations set {column} = %s", name)


def test_a_name_can_be_seen(db: DbEnv) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input"):
        db.query("anna", "update organizations set name = %s", "\u200b\u200d\ufeff\u2800")
    for name in ("Пасека «Мёд & Ко» №1", "Семья 👨‍👩‍👧", "عسل"):
        assert db.query("anna", "update organizations set name = %s", name) == [{"count": 1}]


def invite_to(db: DbEnv, email: str, person: str = "anna", role: str = "viewer") -> UUID:
    db.run(
        "update subscription_plans set limits = limits || '{\"members\": 50}'"
    )  # room is not what is tested
    made = db.rpc(person, "invite_member", organization_id=db.organization, role=role, email=email)
    return UUID(made["invitation_id"])


def test_twenty_emails_are_sent_a_minute_and_no_more(db: DbEnv) -> None:
    for number in range(20):
        db.rpc("anna", "revoke_invitation", invitation_id=invite_to(db, f"somebody{number}@example.test"))
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        invite_to(db, "somebody@example.test")
    invite_to(db, "somebody@example.test", "boris")


@pytest.mark.parametrize("by", ["account", "organization"])
def test_fifty_are_sent_a_day_whoever_is_taken_back(db: DbEnv, by: str) -> None:
    person = "anna"
    for number in range(50):
        db.rpc(
            person,
            "revoke_invitation",
            invitation_id=invite_to(db, f"somebody{number}@example.test", person),
        )
        db.run("delete from private.request_counts where subject like 'invite:%%'")  # a minute later
        if by == "organization":
            person = "boris" if person == "anna" else "anna"
        elif number == 30:  # another organization of the same person
            db.organization = db.another()
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        invite_to(db, "somebody@example.test", person)


def test_one_address_gets_three_a_day_from_all(db: DbEnv) -> None:
    for _ in range(3):
        invite_to(db, "victim@example.test")
    db.organization = db.another("stranger")
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        invite_to(db, "victim@example.test", "stranger")


def queued(db: DbEnv) -> int:
    return int(
        db.one("select count(*) from email_outbox where kind = 'invitation' and status = 'queued'")["count"]
    )


def test_an_invitation_taken_back_is_not_sent(db: DbEnv) -> None:
    made = invite_to(db, "somebody@example.test")
    assert queued(db) == 1
    db.rpc("anna", "revoke_invitation", invitation_id=made)
    assert queued(db) == 0


@pytest.mark.parametrize("how", ["removed", "demoted", "left"])
def test_who_is_gone_has_invited_nobody(db: DbEnv, how: str) -> None:
    """A removed admin does not come back by an invitation to a second account."""
    made = db.rpc(
        "boris",
        "invite_member",
        organization_id=db.organization,
        email=db.email("stranger"),
        role="editor",
    )
    invite_to(db, "kept@example.test", "anna")
    if how == "demoted":
        db.rpc(
            "anna",
            "change_member_role",
            organization_id=db.organization,
            user_id=db.ids["boris"],
            role="editor",
        )
    else:
        db.rpc(
            "anna" if how == "removed" else "boris",
            "remove_member",
            organization_id=db.organization,
            user_id=db.ids["boris"],
        )
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("stranger", "accept_invitation", token=made["token"])
    assert [row["email"] for row in db.rows("select email from organization_invitations")] == [
        "kept@example.test"
    ]
    assert queued(db) == 1


def test_a_former_owner_keeps_what_an_admin_may_offer(db: DbEnv) -> None:
    invite_to(db, "viewer@example.test")
    invite_to(db, "admin@example.test", role="admin")
    db.rpc("anna", "transfer_ownership", organization_id=db.organization, user_id=db.ids["boris"])
    assert [row["email"] for row in db.rows("select email from organization_invitations")] == [
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
def test_an_address_is_one_that_mail_servers_take(db: DbEnv, email: str, code: str) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        invite_to(db, email)
    assert json.loads(refusal.value.detail) == [{"field": "email", "code": code}]
    if code != "domain_not_ascii":  # where no code can say how to write it, it is written for them
        with pytest.raises(Refused, match="billing_email_is_an_address"):
            db.query("anna", "update organization_settings set billing_email = %s", email)


@pytest.mark.parametrize(
    "email",
    ["o'neil+tag@example.com", "a.b-c_d@sub.example.co.uk", "anna@xn--80aa1ajh.xn--p1ai", "ANNA@Example.Com"],
)
def test_a_good_address_is_taken(db: DbEnv, email: str) -> None:
    invite_to(db, email)


@pytest.mark.parametrize("token", ["\\xzz", "\\", "\\x00", "я" * 10_000, ""])
def test_what_is_no_token_is_refused_by_code(db: DbEnv, token: str) -> None:
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("stranger", "accept_invitation", token=token)


def test_an_invitation_is_for_one_address_and_once(db: DbEnv) -> None:
    invited = db.rpc(
        "boris",
        "invite_member",
        organization_id=db.organization,
        email=db.email("stranger").upper(),
        role="editor",
    )
    token = invited["token"]
    assert db.query("anna", "select role, accepted_at from organization_invitations") == [
        {"role": "editor", "accepted_at": None}
    ]
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("moderator", "accept_invitation", token=token)
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("stranger", "accept_invitation", token="0" * 64)
    assert db.rpc("stranger", "accept_invitation", token=token)["role"] == "editor"
    with pytest.raises(Refused, match="PT409 invitation_used"):
        db.rpc("stranger", "accept_invitation", token=token)


def test_only_the_invited_see_what_they_are_invited_to(db: DbEnv) -> None:
    token = db.rpc(
        "boris",
        "invite_member",
        organization_id=db.organization,
        email=db.email("stranger"),
        role="editor",
    )["token"]
    seen = db.rpc("stranger", "get_invitation", token=token)
    assert seen.pop("expires_at")
    assert seen == {
        "organization": db.one("select name from organizations where id = %s", db.organization)["name"],
        "role": "editor",
        "invited_by": "Boris",
    }
    for somebody in ("visitor", "moderator", "anna"):
        with pytest.raises(Refused, match="42501" if somebody == "visitor" else "PT404 not_found"):
            db.rpc(somebody, "get_invitation", token=token)
    db.rpc("stranger", "accept_invitation", token=token)
    with pytest.raises(Refused, match="PT409 invitation_used"):
        db.rpc("stranger", "get_invitation", token=token)


def test_an_invitation_ends_after_72_hours_and_a_new_one_replaces_it(db: DbEnv) -> None:
    first = db.rpc(
        "anna",
        "invite_member",
        organization_id=db.organization,
        email=db.email("stranger"),
        role="viewer",
    )
    second = db.rpc(
        "anna",
        "invite_member",
        organization_id=db.organization,
        email=db.email("stranger"),
        role="viewer",
    )
    with pytest.raises(Refused, match="PT404 not_found"):
        db.rpc("stranger", "accept_invitation", token=first["token"])
    db.run("update organization_invitations set expires_at = now() where id = %s", second["invitation_id"])
    with pytest.raises(Refused, match="PT410 invitation_expired"):
        db.rpc("stranger", "accept_invitation", token=second["token"])


def invite(db: DbEnv, email: str, person: str = "anna") -> str:
    wish = {"organization_id": db.organization, "email": email, "role": "viewer"}
    return str(db.rpc(person, "invite_member", **wish)["token"])


def test_members_and_open_invitations_fit_the_plan(db: DbEnv) -> None:
    """Four are in; without a subscription, as on the smallest plan, five may be."""
    invite(db, "fifth@example.test")
    invite(db, "fifth@example.test")  # the same seat
    with pytest.raises(Refused, match="PT402 plan_limit_reached The plan has room for 5"):
        invite(db, "sixth@example.test")
    db.run("update organization_invitations set expires_at = now() where accepted_at is null")
    invite(db, "sixth@example.test")
    db.service("grant_status_level", organization_id=db.organization, level="B")
    with pytest.raises(Refused, match="PT402 plan_limit_reached"):
        invite(db, "seventh@example.test")  # a level is no plan
    db.subscribe("b_month")
    db.run("delete from private.request_counts")  # a minute later
    for number in range(25 - 4 - 1):
        invite(db, f"n{number}@example.test")
    db.run("delete from private.request_counts")
    with pytest.raises(Refused, match="PT402 plan_limit_reached The plan has room for 25"):
        invite(db, "seventh@example.test")


def test_a_plan_without_the_limit_has_room_for_everybody(db: DbEnv) -> None:
    db.subscribe()
    db.run("""update subscription_plans set limits = limits || '{"members": null}', is_active = false""")
    for number in range(10):
        invite(db, f"n{number}@example.test")


def test_an_invitation_waits_until_there_is_room(db: DbEnv) -> None:
    token = invite(db, db.email("stranger"))
    db.run(
        "insert into organization_invitations (organization_id, email, role, token_hash, expires_at)"
        " values (%s, 'another@example.test', 'viewer', '', now() + interval '1 day')",
        db.organization,
    )
    db.run(
        "insert into organization_members (organization_id, user_id, role) values (%s, %s, 'viewer')",
        db.organization,
        db.sign_up("fifth"),
    )
    with pytest.raises(Refused, match="PT402 plan_limit_reached"):
        db.rpc("stranger", "accept_invitation", token=token)
    # the other open invitation takes no seat from this one
    db.rpc("gleb", "remove_member", organization_id=db.organization, user_id=db.ids["gleb"])
    assert db.rpc("stranger", "accept_invitation", token=token)["role"] == "viewer"


def test_who_is_in_stays_when_the_plan_shrinks(db: DbEnv) -> None:
    token = invite(db, db.email("gleb").replace("gleb", "other"))
    db.run("""update subscription_plans set limits = limits || '{"members": 2}'""")
    db.run("update organization_invitations set email = %s", db.email("gleb"))  # in by another way
    assert db.rpc("gleb", "accept_invitation", token=token)["role"] == "viewer"
    db.rpc(
        "anna",
        "change_member_role",
        organization_id=db.organization,
        user_id=db.ids["gleb"],
        role="admin",
    )
    with pytest.raises(Refused, match="PT402 plan_limit_reached"):
        invite(db, "sixth@example.test")
    members = db.rows("select from organization_members where organization_id = %s", db.organization)
    assert len(members) == len(MEMBERS)


@pytest.mark.parametrize(
    ("inviter", "role", "code"),
    [("gleb", "viewer", "not_allowed"), ("vera", "viewer", "not_allowed"), ("boris", "admin", "not_allowed"),
     ("anna", "owner", "not_allowed"), ("stranger", "viewer", "not_allowed")],
)  # fmt: skip
def test_a_role_is_offered_only_from_above(db: DbEnv, inviter: str, role: str, code: str) -> None:
    with pytest.raises(Refused, match=code):
        db.rpc(inviter, "invite_member", organization_id=db.organization, email="new@example.test", role=role)


def test_roles_below_ones_own_are_changed(db: DbEnv) -> None:
    def change(who: str, whom: str, role: str) -> str:
        try:
            db.rpc(
                who,
                "change_member_role",
                organization_id=db.organization,
                user_id=db.ids[whom],
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


def test_the_last_owner_stays_whoever_asks(db: DbEnv) -> None:
    with pytest.raises(Refused, match="PT409 last_owner"):
        db.rpc("anna", "remove_member", organization_id=db.organization, user_id=db.ids["anna"])
    with pytest.raises(Refused, match="PT409 last_owner"):
        db.query("operator", "delete from organization_members where user_id = %s", db.ids["anna"])


def test_leaving_and_removing(db: DbEnv) -> None:
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc("gleb", "remove_member", organization_id=db.organization, user_id=db.ids["vera"])
    db.rpc("gleb", "remove_member", organization_id=db.organization, user_id=db.ids["gleb"])
    db.rpc("boris", "remove_member", organization_id=db.organization, user_id=db.ids["vera"])
    left = db.rows(
        "select role from organization_members where organization_id = %s order by role", db.organization
    )
    assert [row["role"] for row in left] == ["admin", "owner"]


def test_ownership_is_transferred_by_the_owner_alone(db: DbEnv) -> None:
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc("boris", "transfer_ownership", organization_id=db.organization, user_id=db.ids["boris"])
    db.rpc("anna", "transfer_ownership", organization_id=db.organization, user_id=db.ids["vera"])
    roles = {
        r["user_id"]: r["role"]
        for r in db.rows(
            "select user_id, role from organization_members where organization_id = %s", db.organization
        )
    }
    assert roles[db.ids["vera"]] == "owner"
    assert roles[db.ids["anna"]] == "admin"
