"""Printed codes: made, changed, never deleted (sql/62_qr_codes, 63_qr_making), and where they may lead (61_web_addresses)."""

from __future__ import annotations

import json
import random
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import idna
import pytest
from kit.db import DbEnv, Row, opened, publish_stories
from kit.refused import Refused

PAGE = {"title": "Мёд липовый", "target_kind": "organization_page"}
CODE = re.compile(r"[A-HJKMNP-TV-Z][0-9A-HJKMNP-TV-Z]{9}")


def make(db: DbEnv, *items: Row, person: str = "vera") -> list[Row]:
    made: list[Row] = db.rpc(person, "create_qr_codes", organization_id=db.organization, items=list(items))
    return made


def make_url(db: DbEnv, url: str) -> Row:
    return make(db, {"title": "Мёд", "target_kind": "url", "target_url": url})[0]


def faults(db: DbEnv, *items: Any, person: str = "vera") -> list[tuple[int | None, str, str]]:
    with pytest.raises(Refused) as refusal, db.connection.transaction():
        make(db, *items, person=person)
    assert refusal.value.code == "invalid_input"
    return [(f.get("row"), f["field"], f["code"]) for f in json.loads(refusal.value.detail or "")]


def configure(db: DbEnv, **more: str) -> None:
    db.service("configure_platform", settings={
        "site_url": "https://честно.рф", "shop_id": "1", "test_mode": True,
        "functions_url": "https://api.chestno.example/functions/v1", "qr_url": "https://chst.example/Q"} | more)  # fmt: skip


def change(db: DbEnv, made: Row, person: str = "vera", **columns: Any) -> Row:
    """Change a code over REST."""
    sets = ", ".join(f"{name} = %s" for name in columns)
    (row,) = db.query(
        person, f"update qr_codes set {sets} where id = %s returning *", *columns.values(), made["id"]
    )
    return row


# Making


def test_codes_are_made_in_the_order_asked_for(db: DbEnv) -> None:
    configure(db)
    publish_stories(db, 1)
    story = str(db.one("select id from stories where organization_id = %s", db.organization)["id"])
    items: list[Row] = [
        PAGE,
        {"title": "=HYPERLINK(1)", "target_kind": "url", "target_url": "https://a.ru/%2F+?abc#1", "tags": ["мёд", " Липа "]},
        {"title": "История", "target_kind": "story", "story_id": story, "style": {"foreground": "#123456"}},
        *({"title": f"№ {n}", "target_kind": "organization_page"} for n in range(50)),
    ]  # fmt: skip
    made = make(db, *items)
    assert [code["title"] for code in made] == [item["title"] for item in items]
    assert all(CODE.fullmatch(code["code"]) for code in made)
    assert all(code["url"] == f"https://CHST.EXAMPLE/Q/{code['code']}" for code in made)
    assert len({code["code"] for code in made}) == len(made)
    assert {code["batch_id"] for code in made} == {str(db.one("select id from qr_batches")["id"])}
    assert made[1]["target_url"] == "https://a.ru/%2F+?abc#1"
    assert made[2]["story_id"] == story
    assert (made[0]["style"]["foreground"], made[2]["style"]["foreground"]) == ("#000000", "#123456")
    assert set(made[0]) == {
        "id", "code", "url", "title", "target_kind", "target_url", "story_id", "style", "batch_id", "is_active"}  # fmt: skip
    stored = db.one("select tags, created_by from qr_codes where title = '=HYPERLINK(1)'")
    assert stored == {"tags": ["мёд", "Липа"], "created_by": db.ids["vera"]}
    assert db.query("gleb", "select codes from qr_batches") == [{"codes": len(items)}]


def test_all_or_none_with_the_row_and_the_field(db: DbEnv) -> None:
    publish_stories(db, 1)
    other = db.found("stranger")
    foreign = str(uuid4())
    db.run(
        "insert into stories (id, organization_id, story_type, title) values (%s, %s, 'success_story', 'x')",
        foreign,
        other,
    )
    assert faults(
        db,
        PAGE,
        {"target_kind": "organization_page", "colour": "red"},
        {"title": " \u200b", "target_kind": "url"},
        {"title": "x" * 121, "target_kind": "url", "target_url": "ftp://a.ru"},
        {"title": "a\nb", "target_kind": "page"},
        {"title": "a", "target_kind": "story", "story_id": foreign},
        {"title": "a", "target_kind": "story", "story_id": "1"},
        {"title": "a", "target_kind": "organization_page", "target_url": "https://a.ru"},
        {"title": "a", "tags": ["x"] * 2 + [str(n) for n in range(21)], "target_kind": "organization_page"},
        {"title": "a", "tags": "x", "target_kind": "organization_page"},
        {"title": "a", "tags": [1], "target_kind": "organization_page"},
        {"title": "a", "target_kind": "organization_page", "style": {"foreground": "#eeeeee"}},
    ) == [
        (2, "colour", "unknown_field"), (2, "title", "required"),
        (3, "title", "required"), (3, "target_url", "required"),
        (4, "title", "too_long"), (4, "target_url", "invalid_url"),
        (5, "title", "invalid"), (5, "target_kind", "invalid"),
        (6, "story_id", "unknown"), (7, "story_id", "invalid"), (8, "target_url", "not_asked_for"),
        (9, "tags", "too_many"), (10, "tags", "invalid"), (11, "tags", "invalid"), (12, "style", "contrast_too_low"),
    ]  # fmt: skip
    assert db.one("select count(*) as n from qr_codes")["n"] == 0
    assert faults(db, *[PAGE] * 10_001) == [(None, "items", "too_many")]
    for nothing in ("[]", "{}", "null"):
        with pytest.raises(Refused, match="required"):
            db.query("vera", "select create_qr_codes(%s, %s::jsonb)", db.organization, nothing)
    assert db.rows("select from qr_batches") == []
    with pytest.raises(Refused, match="item"):
        db.query("vera", "select create_qr_codes(%s, '[1]'::jsonb)", db.organization)


def test_editors_make_codes_others_do_not(db: DbEnv) -> None:
    for person, code in (("visitor", "42501"), ("gleb", "not_allowed"), ("stranger", "not_allowed")):
        with pytest.raises(Refused, match=code), db.connection.transaction():
            make(db, PAGE, person=person)
    with pytest.raises(Refused, match="42501"):
        db.query("vera", "insert into qr_codes (organization_id) values (%s)", db.organization)
    assert len(make(db, PAGE, person="anna")) == 1
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
    with pytest.raises(Refused, match="invalid_transition"):
        make(db, PAGE)


def test_a_row_of_the_designs_columns_is_completed(db: DbEnv) -> None:
    (made,) = db.rows(
        "insert into qr_codes (id, organization_id, code, title, tags, target_kind, target_url, story_id, style, is_active, batch_id, created_by)"
        " values (%s, %s, null, null, null, null, 'https://a.ru', null, null, null, null, null) returning *",
        uuid4(), db.organization,
    )  # fmt: skip
    assert CODE.fullmatch(made["code"])
    assert (made["title"], made["tags"], made["target_kind"], made["is_active"]) == ("", [], "url", True)
    plain = db.one("select private.complete_qr_style('{}') as style")["style"]
    assert made["style"] == make(db, PAGE)[0]["style"] == plain
    (brought,) = db.rows(
        "insert into qr_codes (organization_id, code) values (%s, 'a234567890') returning *", db.organization
    )
    assert brought["code"] == "a234567890"
    with pytest.raises(Exception, match="qr_codes_code_key"):
        db.run("insert into qr_codes (organization_id, code) values (%s, 'A234567890')", db.organization)


# Room


def fill(db: DbEnv, number: int) -> None:
    db.run(
        "insert into qr_codes (organization_id) select %s from generate_series(1, %s)",
        db.organization,
        number,
    )


def test_a_plan_has_room_and_what_is_printed_is_left_alone(db: DbEnv) -> None:
    fill(db, 99)
    make(db, PAGE)
    with pytest.raises(Refused, match="plan_limit_reached"), db.connection.transaction():
        make(db, PAGE)
    db.service("grant_status_level", organization_id=db.organization, level="B", valid_until="2027-06-01")
    db.subscribe("b_month")
    fill(db, 9_899)
    with pytest.raises(Refused, match="plan_limit_reached"), db.connection.transaction():
        make(db, PAGE, PAGE)
    (code,) = make(db, PAGE)
    # B is lost: room for 100, and 10 000 are printed
    db.run("update subscriptions set status = 'canceled', next_charge_at = null where organization_id = %s", db.organization)  # fmt: skip
    assert change(db, code, title="Иначе")["title"] == "Иначе"
    assert db.one("select count(*) as n from qr_codes where is_active")["n"] == 10_000
    with pytest.raises(Refused, match="plan_limit_reached"):
        make(db, PAGE)


def test_two_at_once_do_not_share_the_last_place(own_rules: str) -> None:
    with opened(own_rules) as connection:
        connection.autocommit = True
        db = DbEnv(connection)
        fill(db, 97)

        def one_more(_: int) -> str | None:
            with db.beside() as own:
                try:
                    make(own, PAGE)
                except Refused as refusal:
                    return refusal.code
                own.connection.commit()
                return None

        with ThreadPoolExecutor(6) as pool:
            refused = list(pool.map(one_more, range(12)))
        assert sorted(code or "made" for code in refused) == ["made"] * 3 + ["plan_limit_reached"] * 9
        assert db.one("select count(*) as n from qr_codes")["n"] == 100


# Changing


def test_editors_change_what_may_change_and_nobody_deletes(db: DbEnv) -> None:
    (code,) = make(db, PAGE)
    changed = change(db, code, title="Гречишный", tags=[" мёд", "мёд", ""], is_active=False)
    assert (changed["title"], changed["tags"], changed["is_active"]) == ("Гречишный", ["мёд"], False)
    assert change(db, code, style='{"background": "#FFE"}')["style"]["background"] == "#ffffee"
    for person in ("gleb", "stranger"):
        assert db.query(person, "update qr_codes set title = 'x' where id = %s", code["id"]) == [{"count": 0}]
    for column in ("code", "organization_id", "batch_id", "created_by"):
        with pytest.raises(Refused, match="42501"), db.connection.transaction():
            change(db, code, **{column: changed[column]})
    for person in ("anna", "service"):
        with pytest.raises(Refused, match="42501"), db.connection.transaction():
            db.query(person, "delete from qr_codes")
    for columns, fault in (
        ({"title": "a\nb"}, "title_is_one_line"), ({"title": "x" * 121}, "title_fits"), ({"tags": ["x" * 41]}, "tags_are_short"),
        ({"style": '{"quiet_zone": 1}'}, "quiet_zone_too_small"), ({"target_kind": "url"}, "required"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=fault), db.connection.transaction():
            change(db, code, **columns)


def tag(db: DbEnv, *made: Row, person: str = "vera", **tags: list[str]) -> int:
    changed: int = db.rpc(
        person, "tag_qr_codes", organization_id=db.organization, ids=[code["id"] for code in made], **tags
    )
    return changed


def test_many_codes_are_tagged_at_once(db: DbEnv) -> None:
    honey, wax, other = make(db, PAGE | {"tags": ["мёд"]}, PAGE | {"tags": ["воск", "2025"]}, PAGE)
    assert tag(db, honey, wax, add=[" ярмарка ", "ярмарка", ""], remove=["2025"]) == 2
    found = {str(row["id"]): row["tags"] for row in db.query("gleb", "select id, tags from qr_codes")}
    assert found == {honey["id"]: ["мёд", "ярмарка"], wax["id"]: ["воск", "ярмарка"], other["id"]: []}
    assert tag(db, honey, wax, add=["ярмарка"]) == 0
    for wrong, fault in (
        (["x" * 41], "too_long"),
        ([str(n) for n in range(20)], "too_many"),
        (["a\u202eb"], "invalid"),
    ):
        with pytest.raises(Refused) as refusal, db.connection.transaction():
            tag(db, wax, other, add=wrong)
        assert json.loads(refusal.value.detail or "") == [{"field": "tags", "code": fault}]
    assert db.one("select tags from qr_codes where id = %s", other["id"]) == {"tags": []}
    with pytest.raises(Refused, match="not_allowed"), db.connection.transaction():
        tag(db, honey, person="gleb", add=["x"])


def test_four_people_tag_the_same_codes_and_lose_nothing(own_rules: str) -> None:
    with opened(own_rules) as connection:
        connection.autocommit = True
        db = DbEnv(connection)
        made = make(db, *[PAGE] * 3)

        def one_tag(word: str) -> int:
            with db.beside() as own:
                changed = tag(own, *made, add=[word])
                own.connection.commit()
                return changed

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(one_tag, "абвг")) == [3] * 4
        assert [sorted(row["tags"]) for row in db.rows("select tags from qr_codes")] == [list("абвг")] * 3


def test_a_target_changes_after_printing_and_its_history_stays(db: DbEnv) -> None:
    publish_stories(db, 1)
    story = db.one("select id from stories")["id"]
    (code,) = make(db, PAGE)
    change(db, code, target_kind="url", target_url="https://a.ru/1")
    change(db, code, person="boris", target_url="https://a.ru/2")
    change(db, code, target_kind="story", story_id=story)
    assert change(db, code, title="Имя")["target_url"] is None
    last = change(db, code, target_kind="organization_page")
    assert (last["target_url"], last["story_id"]) == (None, None)
    history = db.query("gleb", "select * from qr_target_changes order by changed_at, id")
    assert [
        (h["from_kind"], h["from_url"], h["to_kind"], h["to_url"], h["to_story_id"]) for h in history
    ] == [
        ("organization_page", None, "url", "https://a.ru/1", None),
        ("url", "https://a.ru/1", "url", "https://a.ru/2", None),
        ("url", "https://a.ru/2", "story", None, story),
        ("story", None, "organization_page", None, None),
    ]
    assert [h["changed_by"] for h in history] == [db.ids[name] for name in ("vera", "boris", "vera", "vera")]
    assert db.query("stranger", "select id from qr_target_changes") == []


def test_a_code_outlives_its_story(db: DbEnv) -> None:
    publish_stories(db, 1)
    story = db.one("select id from stories")["id"]
    (code,) = make(db, {"title": "x", "target_kind": "story", "story_id": str(story)})
    with pytest.raises(Refused, match="required"), db.connection.transaction():
        change(db, code, story_id=None)
    db.run("delete from stories where id = %s", story)
    assert db.one("select target_kind, story_id from qr_codes") == {"target_kind": "story", "story_id": None}
    assert change(db, code, title="y")["title"] == "y"


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "https://a.ru",
        "HTTP://A.RU:8080/%2F+?abc#1",
        "https://a.ru/?abc+123",
        "https://пример.рф/мёд?с=ы",
        "https://xn--e1afmkfd.xn--p1ai/",
        "https://честно.рф/organizations/paseka",
        "https://честно.рф/quality",
        "https://chst.example.evil.ru/q/x",
        "https://chst.example/quality",
        "https://api.chestno.example/other",
        "https://a.ru/?to=https://chst.example/Q/ABCDEFGHJK",
        "https://a.ru/@user",
        "http://127.0.0.1:8000/x",
    ],
)
def test_an_address_is_kept_letter_by_letter(db: DbEnv, url: str) -> None:
    configure(db)
    assert make_url(db, url)["target_url"] == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "invalid_url"),
        ("a.ru", "invalid_url"),
        ("javascript:alert(1)", "invalid_url"),
        ("ftp://a.ru", "invalid_url"),
        ("https:/a.ru", "invalid_url"),
        ("https:///a.ru", "invalid_url"),
        ("https://", "invalid_url"),
        ("https://a.ru/ b", "invalid_url"),
        ("https://a.ru\n", "invalid_url"),
        ("https://a..ru", "invalid_url"),
        ("https://a.ru\\@b.ru", "invalid_url"),
        ("https://a%00.ru", "invalid_url"),
        ("https://a%FF.ru", "invalid_url"),
        ("https://a.ru:80:80/", "invalid_url"),
        ("https://\u202ea.ru", "invalid_url"),
        ("https://a.ru/\u200b", "invalid_url"),
        ("https://a.ru/" + "x" * 2000, "too_long"),
        ("https://user@a.ru", "credentials_in_url"),
        ("https://user:word@a.ru/x", "credentials_in_url"),
        ("https://chst.example/Q/ABCDEFGHJK", "leads_to_itself"),
        ("https://chst.example/Q", "leads_to_itself"),
        ("http://CHST.EXAMPLE:80/q/ABCDEFGHJK?x", "leads_to_itself"),
        ("https://chst.example./q/x", "leads_to_itself"),
        ("https://chst.example:/q/x", "leads_to_itself"),
        ("https://chst.example:0443/q/x", "leads_to_itself"),
        ("https://ch%73t.ex%61mple/%71/x", "leads_to_itself"),
        ("https://chst。example/q/x", "leads_to_itself"),
        ("https://ｃhst．example/q/x", "leads_to_itself"),
        ("https://chst.example/a/../q/x", "leads_to_itself"),
        ("https://chst.example/a/%2e%2e//./q", "leads_to_itself"),
        ("https://chst.example/q#x", "leads_to_itself"),
        ("https://x@chst.example/q", "credentials_in_url"),
        ("https://api.chestno.example/functions/v1/q/ABCDEFGHJK", "leads_to_itself"),
        ("https://api.chestno.example/functions/v1/health", "leads_to_itself"),
        ("https://честно.рф/q/ABCDEFGHJK", "leads_to_itself"),
        ("https://ЧЕСТНО.РФ/Q/x", "leads_to_itself"),
        ("https://xn--e1aqdkf1a.xn--p1ai/q/x", "leads_to_itself"),
        ("https://XN--E1AQDKF1A.рф/q/x", "leads_to_itself"),
        ("https://%D1%87%D0%B5%D1%81%D1%82%D0%BD%D0%BE.рф/q/x", "leads_to_itself"),
    ],
)
def test_an_address_that_leads_nowhere_or_back_is_refused(db: DbEnv, url: str, code: str) -> None:
    configure(db)
    (made,) = make(db, PAGE)
    assert faults(db, {"title": "a", "target_kind": "url", "target_url": url}) == [(1, "target_url", code)]
    with pytest.raises(Refused, match=code):
        change(db, made, target_kind="url", target_url=url)


def test_a_host_of_our_own_is_ours_alone(db: DbEnv) -> None:
    configure(db, qr_url="https://chst.example")
    assert (
        faults(db, {"title": "a", "target_kind": "url", "target_url": "https://chst.example/any"})[0][2]
        == "leads_to_itself"
    )
    assert make(db, PAGE)[0]["url"].startswith("https://CHST.EXAMPLE/")


def test_letters_of_any_alphabet_are_read_as_their_owners_write_them(db: DbEnv) -> None:
    chance = random.Random(11)
    alphabets = [
        "абвгдеёжзиклмнопрстуфхцчшщьыъэюя-",
        "αβγδεζηθικλμνξοπρστυφχψω",
        "abcdefgh0123",
        "日本語漢字",
        "äöüéèñç",
    ]
    for _ in range(200):
        letters = chance.choice(alphabets) + chance.choice(alphabets).replace("-", "")
        label = "".join(chance.choice(letters) for _ in range(chance.randint(1, 15))).strip("-")
        if not label or label.isascii():
            continue
        coded = label.encode("punycode").decode()
        assert db.one("select private.decode_punycode(%s) as d", coded)["d"] == label
    for nothing in ("", "-", "ab-!", "99999999", "a-99999999999999999"):
        db.one("select private.decode_punycode(%s) as d", nothing)
    host = idna.encode("пасека-анны.рф").decode()
    assert (
        db.one("select private.readable_url(%s) as u", f"https://{host}/%D0%BC")["u"]
        == "https://пасека-анны.рф/%D0%BC"
    )
    mixed = "https://xn--" + "аpple".encode("punycode").decode() + ".com/"
    assert db.one("select private.readable_url(%s) as u", mixed)["u"] == mixed
