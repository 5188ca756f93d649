"""What Chestno says of itself, and who agreed to which of its texts (sql/25_platform_pages)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from kit.db import SHOP, DbEnv, Row, opened
from kit.refused import Refused
from psycopg.types.json import Jsonb

COMPANY = {
    "name": "ООО «Пример»",
    "inn": "7700000007",
    "ogrn": "1027700000000",
    "address": "Москва, ул. Примерная, 1",
    "email": "help@example.test",
}


def texts(body: str) -> Row:
    return {"ru": {"title": "Оферта", "body": body}, "en": {"title": "Offer", "body": f"{body} (en)"}}


def publish(db: DbEnv, key: str, body: str, needs_consent: bool = True) -> Row:
    answer: Row = db.service("publish_platform_page", key=key, texts=texts(body), needs_consent=needs_consent)
    return answer


def configured(db: DbEnv, **more: Any) -> None:
    db.service(
        "configure_platform",
        settings={"site_url": "https://chestno.example", "shop_id": SHOP, "test_mode": True, **more},
    )


def due(db: DbEnv, person: str = "anna") -> list[tuple[str, int]]:
    """What start_checkout wants to be agreed to first."""
    with pytest.raises(Refused, match="PT409 consent_required") as refused:
        db.checkout(person=person)
    return [(each["key"], each["version"]) for each in json.loads(refused.value.detail)]


def agree(db: DbEnv, *agreed: tuple[str, int], person: str = "anna", organization: bool = True) -> int:
    more = {"organization_id": db.organization} if organization else {}
    given: int = db.rpc(
        person, "give_consents", texts=[{"key": key, "version": version} for key, version in agreed], **more
    )
    return given


def test_a_page_is_read_in_every_version_it_had(db: DbEnv) -> None:
    with pytest.raises(Refused, match="not_found"):
        db.rpc("visitor", "get_platform_page", key="offer")
    assert publish(db, "offer", "Первая") == {"key": "offer", "version": 1, "is_new": True}
    assert publish(db, "offer", "Первая") == {"key": "offer", "version": 1, "is_new": False}
    assert publish(db, "offer", "Вторая")["version"] == 2
    page = db.rpc("visitor", "get_platform_page", key="offer")
    assert (page["version"], page["title"], page["body"]) == (2, "Оферта", "Вторая")
    assert [each["version"] for each in page["versions"]] == [2, 1]
    assert db.rpc("visitor", "get_platform_page", key="offer", locale="en")["body"] == "Вторая (en)"
    assert db.rpc("visitor", "get_platform_page", key="offer", version=1)["body"] == "Первая"
    (listed,) = db.rpc("visitor", "list_platform_pages", locale="en")
    assert (listed["key"], listed["version"], listed["title"]) == ("offer", 2, "Offer")
    for unknown in ({"key": "offer", "version": 3}, {"key": "offer", "locale": "de"}, {"key": "terms"}):
        with pytest.raises(Refused, match="not_found"):
            db.rpc("visitor", "get_platform_page", **unknown)


def test_who_runs_the_service_stands_in_its_texts(db: DbEnv) -> None:
    with pytest.raises(Refused, match="invalid_input"):
        publish(db, "offer", "Исполнитель: {company.name}")  # nobody has said who that is
    configured(db, company=COMPANY)
    configured(db)  # what is not said stays
    assert db.rpc("visitor", "get_company") == COMPANY
    publish(db, "offer", "{company.name}, ИНН {company.inn}, тел. {company.phone}")
    page = db.rpc("visitor", "get_platform_page", key="offer")
    assert page["body"] == "ООО «Пример», ИНН 7700000007, тел. —"


@pytest.mark.parametrize(
    "wrong",
    [
        {"inn": "77"},
        {"ogrn": None},
        {"name": " "},
        {"site": "https://a.example"},
        {"address": "а" * 3000},
    ],
)
def test_a_company_says_who_it_is(db: DbEnv, wrong: Row) -> None:
    with pytest.raises(Refused, match="invalid_input"):
        configured(db, company=COMPANY | wrong)
    assert db.rpc("visitor", "get_company") is None


@pytest.mark.parametrize("wrong", ["ООО", ["ООО"], 7])
def test_a_company_is_an_object(db: DbEnv, wrong: object) -> None:
    with pytest.raises(Refused, match="invalid_input"):
        configured(db, company=wrong)


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        ({"key": "terms"}, "key", "unknown"),
        ({"key": "about"}, "needs_consent", "invalid"),
        ({"texts": {"ru": {"title": "Оферта", "body": "А"}}}, "title.en", "required"),
        ({"texts": texts(" \n")}, "body.ru", "required"),
        ({"texts": texts("а" * 100_001)}, "body.ru", "too_long"),
        ({"texts": texts("Пишите на {company.mail}")}, "body.ru", "unknown"),
    ],
)
def test_a_text_is_whole(db: DbEnv, wish: Row, field: str, code: str) -> None:
    with pytest.raises(Refused, match="invalid_input") as refused:
        db.service(
            "publish_platform_page", **{"key": "offer", "texts": texts("А"), "needs_consent": True} | wish
        )
    assert {"field": field, "code": code} in json.loads(refused.value.detail)


def test_nobody_pays_without_the_text_in_force(db: DbEnv) -> None:
    publish(db, "offer", "Первая")
    publish(db, "privacy", "Первая")
    publish(db, "about", "О нас", needs_consent=False)
    for kind in ("trial", "subscription"):
        with pytest.raises(Refused, match="consent_required"):
            db.checkout(kind)
    assert due(db) == [("offer", 1), ("privacy", 1)]
    assert agree(db, ("offer", 1)) == 1
    assert agree(db, ("offer", 1)) == 0, "said twice, written once"
    assert due(db) == [("privacy", 1)]
    assert agree(db, ("privacy", 1)) == 1
    assert db.checkout()["status"] == "created"


def test_a_new_version_asks_again_and_a_mended_comma_does_not(db: DbEnv) -> None:
    publish(db, "offer", "Первая")
    agree(db, ("offer", 1))
    publish(db, "offer", "Первая.", needs_consent=False)
    assert db.checkout()["status"] == "created"
    publish(db, "offer", "Другие условия")
    assert due(db) == [("offer", 3)]
    publish(db, "offer", "Другие условия.", needs_consent=False)
    assert due(db) == [("offer", 4)], "one agrees to what is in force"
    agree(db, ("offer", 4))
    assert db.checkout()["status"] == "created"


def test_the_offer_is_the_organizations_and_data_are_ones_own(db: DbEnv) -> None:
    publish(db, "offer", "Первая")
    publish(db, "privacy", "Первая")
    agree(db, ("offer", 1), ("privacy", 1))
    assert due(db, "boris") == [("privacy", 1)]
    agree(db, ("privacy", 1), person="boris", organization=False)
    assert db.checkout(person="boris")["status"] == "created"
    # for oneself is not for the organization
    agree(db, ("offer", 1), person="boris", organization=False)
    other = db.found("boris")
    db.organization = other
    assert due(db, "boris") == [("offer", 1)]


def test_only_admins_agree_for_an_organization(db: DbEnv) -> None:
    publish(db, "offer", "Первая")
    for person in ("vera", "gleb", "stranger"):
        with pytest.raises(Refused, match="not_allowed"):
            agree(db, ("offer", 1), person=person)
    with pytest.raises(Refused):
        agree(db, ("offer", 1), person="visitor", organization=False)


@pytest.mark.parametrize(
    "wrong",
    [[{"key": "offer", "version": 1}], [{"key": "terms", "version": 1}], [{"key": "offer"}], {}, ["offer"]],
)
def test_one_agrees_to_what_is_in_force(db: DbEnv, wrong: object) -> None:
    publish(db, "offer", "Первая")
    publish(db, "offer", "Вторая")
    with pytest.raises(Refused, match="invalid_input"):
        db.query("anna", "select public.give_consents(%s)", Jsonb(wrong))


def sign_up(db: DbEnv, consents: object) -> list[tuple[str, int]]:
    user_id = uuid4()
    db.run(
        "insert into auth.users (id, email, raw_user_meta_data, email_confirmed_at) values (%s, %s, %s, now())",
        user_id, f"{user_id.hex}@example.test", Jsonb({"full_name": "Кира", "consents": consents}),
    )  # fmt: skip
    rows = db.rows(
        "select page_key::text, version from consents where user_id = %s and organization_id is null order by page_key",
        user_id,
    )
    return [(row["page_key"], row["version"]) for row in rows]


def test_what_was_agreed_to_at_sign_up_is_kept(db: DbEnv) -> None:
    publish(db, "offer", "Первая")
    publish(db, "offer", "Вторая")
    publish(db, "privacy", "Первая")
    assert sign_up(db, {"offer": 2, "privacy": 1}) == [("offer", 2), ("privacy", 1)]
    assert sign_up(db, {"offer": 1, "privacy": "1", "about": 1}) == [("privacy", 1)], (
        "in force, or not at all"
    )
    nonsense: object
    for nonsense in (None, [], "offer", {"offer": {"version": 2}}, {"offer": 99}):
        assert sign_up(db, nonsense) == []


def test_who_is_gone_leaves_what_the_organization_agreed_to(db: DbEnv) -> None:
    publish(db, "offer", "Первая")
    publish(db, "privacy", "Первая")
    for person in ("anna", "boris"):
        agree(db, ("offer", 1), ("privacy", 1), person=person)
    db.rpc("anna", "transfer_ownership", organization_id=db.organization, user_id=db.ids["boris"])
    for person in ("anna", "vera"):
        db.run("delete from auth.users where id = %s", db.ids[person])
    db.service("run_organization_cleanup")
    left = db.rows("select user_id, organization_id, page_key::text from consents")
    assert {(row["user_id"], row["page_key"]) for row in left} == {
        (None, "offer"), (db.ids["boris"], "offer"), (db.ids["boris"], "privacy"),
    }  # fmt: skip


def test_two_that_publish_at_once_make_two_versions(own_rules: str) -> None:
    with opened(own_rules) as connection:
        db = DbEnv(connection)
        connection.commit()

        def one(body: str) -> int:
            with opened(own_rules) as another, another.transaction():
                row = another.execute(
                    "select public.publish_platform_page('offer', %s, true) as made", [Jsonb(texts(body))]
                ).fetchone()
                assert row
                return int(row["made"]["version"])

        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(one, ["А", "Б", "В", "Г"]))
        assert sorted(made) == [1, 2, 3, 4]
        assert len(db.rows("select from platform_pages")) == 8
