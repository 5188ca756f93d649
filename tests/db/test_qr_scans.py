"""A scan: where the code leads, who is counted as a person, and that nothing of them is kept (sql/63_qr_scans, 69_qr_page)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import DbEnv, Row, opened, publish_stories
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
SITE = "https://chestno.example"
PHONE = {"ip": "203.0.113.7", "user_agent": "Mozilla/5.0 (iPhone)", "accept_language": "ru", "method": "GET"}


def make(db: DbEnv, kind: str = "url", **more: Any) -> Row:
    target = {"target_url": "https://a.ru/?abc#1"} if kind == "url" else {}
    items = [{"title": "Мёд", "target_kind": kind, **target, **more}]
    (code,) = db.rpc("anna", "create_qr_codes", organization_id=db.organization, items=items)
    made: Row = code
    return made


def prove(db: DbEnv, level: str = "A", until: datetime | None = None) -> None:
    db.service(
        "grant_status_level",
        organization_id=db.organization,
        level=level,
        valid_until=until or NOW + 300 * DAY,
    )


def scan(db: DbEnv, code: str, as_of: datetime | None = None, **visitor: Any) -> Row:
    more = {"as_of": as_of} if as_of else {}
    answer: Row = db.service("scan_qr", code=code, visitor=PHONE | visitor, **more)
    return answer


def page(db: DbEnv, code: str) -> Row:
    answer: Row = db.rpc("visitor", "get_qr_page", code=code)
    return answer


def numbers(db: DbEnv) -> tuple[int, int, int]:
    row = db.one("select count(*) as hits, count(*) filter (where bot_reason is null) as scans,"
                 " count(*) filter (where is_unique) as visitors from qr_scans")  # fmt: skip
    return row["hits"], row["scans"], row["visitors"]


# Where it leads


def test_a_code_leads_to_its_target_in_either_case(db: DbEnv) -> None:
    prove(db)
    code = make(db)["code"]
    for written in (code, code.lower()):
        answer = scan(db, written)
        assert answer == {
            "outcome": "target",
            "location": "https://a.ru/?abc#1",
            "scan_id": answer["scan_id"],
        }
    assert numbers(db) == (2, 2, 1)
    own = make(db, "organization_page")["code"]
    assert scan(db, own.lower()) | {"scan_id": 0} == {
        "outcome": "page",
        "location": f"{SITE}/q/{own}",
        "scan_id": 0,
    }


def test_a_changed_target_holds_from_the_next_scan(db: DbEnv) -> None:
    prove(db)
    code = make(db)
    scan(db, code["code"])
    db.query("vera", "update qr_codes set target_url = 'https://b.ru' where id = %s", code["id"])
    assert scan(db, code["code"])["location"] == "https://b.ru"


def test_a_story_is_where_it_stands(db: DbEnv) -> None:
    prove(db)
    publish_stories(db, 1)
    story = db.one("select id from stories")["id"]
    code = make(db, "story", story_id=str(story))["code"]
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    assert scan(db, code)["location"] == f"{SITE}/organizations/{slug}/stories/{story}"
    db.run("update stories set status = 'draft' where id = %s", story)
    assert (scan(db, code)["location"], page(db, code)["state"]) == (f"{SITE}/q/{code}", "story_gone")
    db.run("delete from stories where id = %s", story)
    assert page(db, code)["state"] == "story_gone"


def end(db: DbEnv, how: str) -> None:
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    if how == "deleted":
        db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
    elif how == "revoked":
        db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level="A", reason="Обман")
    elif how == "lapsed":
        db.run(
            "update organization_status_levels set valid_from = now() - interval '2 days', valid_until = now() - interval '1 minute'"
        )


@pytest.mark.parametrize("how", ["unproven", "lapsed", "revoked", "deleted", "off"])
def test_a_printed_code_opens_an_honest_page_whatever_became_of_it(db: DbEnv, how: str) -> None:
    if how != "unproven":
        prove(db)
    code = make(db)["code"]
    db.run("update qr_codes set is_active = false where %s or %s", how == "off", how == "deleted")
    end(db, how)
    answer = scan(db, code)
    assert (answer["outcome"], answer["location"]) == ("page", f"{SITE}/q/{code}")
    assert answer["scan_id"]
    shown = page(db, code.lower())
    assert (shown["code"], shown["state"]) == (code, how)
    assert (shown["organization"] is None) == (how == "unproven")
    assert shown["target_url"] == (None if how in ("off", "deleted") else "https://a.ru/?abc#1")


def test_of_several_states_the_gravest_is_said(db: DbEnv) -> None:
    code = make(db)["code"]
    said = []
    db.run("update qr_codes set is_active = false")
    said.append(page(db, code)["state"])
    prove(db)
    said.append(page(db, code)["state"])
    end(db, "lapsed")
    said.append(page(db, code)["state"])
    db.service("run_status_expiry")
    prove(db, "B")
    db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level="B", reason="Обман")
    said.append(page(db, code)["state"])
    end(db, "deleted")
    said.append(page(db, code)["state"])
    assert said == ["unproven", "off", "lapsed", "revoked", "deleted"]


def test_the_page_counts_nothing_and_knows_no_other_codes(db: DbEnv) -> None:
    prove(db)
    shown = page(db, make(db)["code"])
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    assert shown["state"] == "active"
    assert shown["organization"] == db.rpc("visitor", "get_organization_page", slug=slug)
    assert numbers(db) == (0, 0, 0)
    with pytest.raises(Refused, match="not_found"):
        page(db, "ABCDEFGHJK")


def test_letters_are_shown_as_letters(db: DbEnv) -> None:
    prove(db)
    code = make(db, target_url="https://xn--e1afmkfd.xn--p1ai/x")["code"]
    assert page(db, code)["target_url"] == "https://пример.рф/x"
    assert scan(db, code)["location"] == "https://xn--e1afmkfd.xn--p1ai/x"


# Who is a person


@pytest.mark.parametrize(
    ("visitor", "reason"),
    [
        ({"method": "HEAD"}, "head"),
        ({"purpose": "prefetch;anonymous-client-ip"}, "prefetch"),
        ({"purpose": "preview"}, "prefetch"),
        ({"user_agent": ""}, "no_user_agent"),
        ({"user_agent": None}, "no_user_agent"),
        ({"bot_reason": "TelegramBot"}, "TelegramBot"),
        ({"bot_reason": "TelegramBot", "method": "HEAD"}, "head"),
    ],
)
def test_programs_are_kept_with_the_reason(db: DbEnv, visitor: Row, reason: str) -> None:
    prove(db)
    code = make(db)["code"]
    assert scan(db, code, **visitor)["location"] == "https://a.ru/?abc#1"
    assert db.one("select bot_reason from qr_scans")["bot_reason"] == reason
    scan(db, code)
    assert numbers(db) == (2, 1, 1)


def test_who_asks_not_to_be_followed_is_counted_and_not_linked(db: DbEnv) -> None:
    prove(db)
    code = make(db)["code"]
    for _ in range(2):
        scan(db, code, gpc=True)
    assert numbers(db) == (2, 2, 0)
    assert len(db.rows("select distinct visitor_hash from qr_scans")) == 2
    assert db.rows("select visitor_hash from private.qr_visitors") == []


def test_what_is_kept_of_a_scan(db: DbEnv) -> None:
    prove(db)
    scan(
        db,
        make(db)["code"],
        device_type="phone",
        os="iOS",
        browser="Safari",
        country="RU",
        referrer="https://Ya.RU/secret?q=1",
    )
    kept = db.one("select device_type, os, browser, country, referrer_host from qr_scans")
    assert kept == {
        "device_type": "phone",
        "os": "iOS",
        "browser": "Safari",
        "country": "RU",
        "referrer_host": "ya.ru",
    }
    everything = ["qr_scans", "private.qr_visitors", "private.qr_salts", "private.request_counts", "qr_codes"]
    for table in everything:
        for row in db.rows(f"select t::text as row from {table} t"):
            assert "203.0.113.7" not in row["row"]
            assert "iPhone" not in row["row"]


def test_a_day_ends_at_midnight_of_the_organizations_calendar(db: DbEnv) -> None:
    prove(db, until=NOW + 1000 * DAY)
    code = make(db)["code"]
    for moment in ("23:59:30", "00:00:30"):  # UTC midnight is 3 in the morning in Moscow
        scan(db, code, datetime.fromisoformat(f"2027-03-0{1 if moment[0] == '2' else 2}T{moment}Z"))
    assert numbers(db) == (2, 2, 1)
    for moment in ("20:59:30", "21:00:30"):
        scan(db, code, datetime.fromisoformat(f"2027-03-08T{moment}Z"), ip="203.0.113.8")
    assert numbers(db) == (4, 4, 3)
    other = make(db)["code"]
    scan(db, other, datetime.fromisoformat("2027-03-08T20:59:40Z"), ip="203.0.113.8")
    assert numbers(db) == (5, 5, 4), "each code counts for itself"
    assert len(db.rows("select distinct visitor_hash from qr_scans")) == 4


def test_a_buyer_is_let_through_when_the_scan_cannot_be_recorded(db: DbEnv) -> None:
    prove(db)
    code = make(db)["code"]
    db.run("alter table qr_scans add constraint full_disk check (false) not valid")
    assert scan(db, code) == {"outcome": "target", "location": "https://a.ru/?abc#1", "scan_id": None}
    assert numbers(db) == (0, 0, 0)


def test_guesses_learn_nothing_and_end_at_a_hundred_a_minute(db: DbEnv) -> None:
    prove(db)
    code = make(db)["code"]
    for number in range(100):
        unknown = scan(db, f"GUESS{number:05}")
        assert unknown == {"outcome": "unknown", "location": None, "scan_id": None}
    for guess in ("ABCDEFGHJK", "", "'; drop table", "x" * 5000):
        with pytest.raises(Refused, match="too_many_requests"), db.connection.transaction():
            scan(db, guess)
    assert scan(db, "ABCDEFGHJK", ip="203.0.113.8")["outcome"] == "unknown", "another address"
    assert scan(db, code)["outcome"] == "target", "what is printed goes on working"


def test_only_the_service_key_scans(db: DbEnv) -> None:
    for person in ("visitor", "anna", "moderator"):
        with pytest.raises(Refused, match="42501"):
            db.rpc(person, "scan_qr", code="ABCDEFGHJK")
        with pytest.raises(Refused, match="42501"):
            db.rpc(person, "scan_qr_codes", scans=[{"code": "ABCDEFGHJK"}])


# Many together


def test_those_that_come_together_are_answered_and_counted_as_each_alone(db: DbEnv) -> None:
    prove(db)
    codes = [make(db, title=f"Мёд {number}")["code"] for number in range(2)]
    own = make(db, "organization_page")["code"]
    asked: list[tuple[str, Row]] = [
        (own, {}),
        (codes[1], {"ip": "203.0.113.9"}),
        (codes[0].lower(), {}),
        ("ABCDEFGHJK", {}),
        (codes[0], {"user_agent": "TelegramBot", "bot_reason": "TelegramBot"}),
        (codes[0], {}),
        (codes[1], {"gpc": True}),
        (codes[0], {"accept_language": "en"}),
    ]
    columns = "code, s.bot_reason, s.is_unique"
    recorded = f"select {columns} from qr_scans s join qr_codes q on q.id = qr_code_id order by code, bot_reason, is_unique"
    with db.connection.transaction(force_rollback=True):
        alone = [scan(db, code, **visitor) for code, visitor in asked]
        kept = db.rows(recorded)
    together = db.service(
        "scan_qr_codes", scans=[{"code": code, "visitor": PHONE | visitor} for code, visitor in asked]
    )
    assert together[3] is None
    assert alone[3]["outcome"] == "unknown"
    for one, answer in zip(alone, together, strict=True):
        assert answer is None or answer | {"scan_id": 0} == one | {"scan_id": 0}
    assert len({answer["scan_id"] for answer in together if answer}) == len(asked) - 1
    assert db.rows(recorded) == kept


def test_guesses_among_others_are_left_to_be_counted(db: DbEnv) -> None:
    guesses = [{"code": f"GUESS{number:05}", "visitor": PHONE} for number in range(150)]
    assert db.service("scan_qr_codes", scans=guesses) == [None] * 150
    assert scan(db, "ABCDEFGHJK")["outcome"] == "unknown"


def unrecordable(db: DbEnv) -> None:
    """From now on a scan by this browser cannot be recorded."""
    db.run("alter table qr_scans add constraint no_such_browser check (browser <> 'Unrecordable')")


def test_one_that_cannot_be_recorded_takes_no_other_with_it(db: DbEnv) -> None:
    prove(db)
    code, own = make(db)["code"], make(db, "organization_page")["code"]
    unrecordable(db)
    asked: list[tuple[str, Any]] = [
        (code, {"ip": "203.0.113.8"}),
        (code, {"browser": "Unrecordable"}),
        ("ABCDEFGHJK", {}),
        (code, {}),
        (own, {"browser": "Unrecordable", "gpc": True}),
        (own, {}),
        (code, {}),
    ]
    scans: list[Any] = [{"code": code, "visitor": PHONE | visitor} for code, visitor in asked]
    no_visitors: list[Any] = [None, "a phone", []]
    scans += [{"code": code, "visitor": what} for what in no_visitors] + [{"code": None}, "nothing", 7]
    answers = db.service("scan_qr_codes", scans=scans)
    assert [answer and answer["location"] for answer in answers] == [
        "https://a.ru/?abc#1", "https://a.ru/?abc#1", None, "https://a.ru/?abc#1", f"{SITE}/q/{own}", f"{SITE}/q/{own}",
        *["https://a.ru/?abc#1"] * 4, None, None, None,
    ]  # fmt: skip
    recorded = [answer and answer["scan_id"] is not None for answer in answers]
    assert recorded == [True, False, None, True, False, True, True, True, True, True, None, None, None]
    kept = {row["id"]: row for row in db.rows("select id, bot_reason, is_unique from qr_scans")}
    assert set(kept) == {answer["scan_id"] for answer in answers if answer} - {None}
    firsts = [kept[answer["scan_id"]]["is_unique"] for answer in answers if answer and answer["scan_id"]]
    assert firsts == [True, True, True, False, False, False, False], "who was not recorded was not the first"
    assert numbers(db) == (7, 4, 3)


def test_none_come_together_and_none_are_answered(db: DbEnv) -> None:
    assert db.query("service", "select scan_qr_codes('[]') as said") == [{"said": []}]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_calls_with_the_same_visitors_the_other_way_round_do_not_wait_for_each_other(
    own_rules: str, one_by_one: bool
) -> None:
    with opened(own_rules) as connection:
        connection.autocommit = True
        db = DbEnv(connection)
        prove(db)
        codes = [make(db, title=f"Мёд {number}")["code"] for number in range(3)]
        unrecordable(db)
        visitors = [
            {"code": code, "visitor": PHONE | {"ip": f"203.0.113.{number}"}}
            for number in range(40)
            for code in codes
        ]
        # with one of these in it, a call's others are recorded one by one
        bad = [{"code": codes[1], "visitor": PHONE | {"browser": "Unrecordable"}}] if one_by_one else []

        def keep_scanning(number: int) -> int:
            turned = visitors if number % 2 else visitors[::-1]
            with db.beside() as own:
                own.connection.autocommit = True
                return sum(
                    answer["scan_id"] is not None
                    for turn in range(0, len(turned), 30)
                    for answer in own.service(
                        "scan_qr_codes", scans=turned[turn : turn + 30] + turned[:10] + bad
                    )
                )

        with ThreadPoolExecutor(6) as pool:
            recorded = list(pool.map(keep_scanning, range(6)))
        assert recorded == [160] * 6
        assert numbers(db) == (960, 960, 120)


def test_of_two_scans_at_once_one_is_the_first(own_rules: str) -> None:
    with opened(own_rules) as connection:
        connection.autocommit = True
        db = DbEnv(connection)
        prove(db)
        code = make(db)["code"]

        def keep_scanning(visitor: int) -> None:
            with db.beside() as own:
                own.connection.autocommit = True
                for turn in range(10):
                    scan(own, code, ip=f"203.0.113.{(visitor + turn) % 5}")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(keep_scanning, range(8)))
        assert numbers(db) == (80, 80, 5)
