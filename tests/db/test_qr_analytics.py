"""What scans say: timelines, breakdowns, counted anew, the list (sql/66_qr_analytics)."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from kit.db import DbEnv, Row, opened
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
NUMBERS = ("hits", "scans", "unique_visitors")


def new_code(db: DbEnv, organization: UUID | None = None, **more: Any) -> Any:
    return db.one(
        "insert into qr_codes (organization_id, title) values (%s, %s) returning id", organization or db.organization, more.get("title", "")
    )["id"]  # fmt: skip


def scan(db: DbEnv, code: Any, *moments: datetime | str, kind: str = "unique", **more: str) -> None:
    """Scans of one code: `unique` (a person's first), `again` or `bot`."""
    for moment in moments:
        db.run(
            "insert into qr_scans (qr_code_id, organization_id, scanned_at, visitor_hash, bot_reason, is_unique, device_type, country)"
            " select id, organization_id, %s, '\\x00', %s, %s, %s, %s from qr_codes where id = %s",
            moment, more.get("bot", "crawler") if kind == "bot" else None, kind == "unique", more.get("device"), more.get("country"), code,
        )  # fmt: skip


def fold(db: DbEnv) -> int:
    folded: int = db.service("run_qr_rollup")["folded"]
    return folded


def timeline(db: DbEnv, of: Any, period: str, person: str = "gleb", **more: Any) -> list[Row]:
    of_organization = of == db.organization
    name = "organization_qr_timeline" if of_organization else "qr_timeline"
    rows = db.query(
        person,
        f"select * from {name}(%s, %s{''.join(f', {key} => %s' for key in more)})",
        of, period, *more.values(),
    )  # fmt: skip
    return rows


def filled(rows: list[Row]) -> list[tuple[str, int, int, int]]:
    """Buckets in which something is: their start in UTC, hits, scans, unique visitors."""
    return [
        (row["bucket"].astimezone(UTC).strftime("%m-%d %H:%M"), *(row[name] for name in NUMBERS))
        for row in rows
        if row["hits"]
    ]


def totals(rows: list[Row]) -> tuple[int, ...]:
    return tuple(sum(row[name] for row in rows) for name in NUMBERS)


def set_zone(db: DbEnv, zone: str) -> None:
    db.run(
        "update organization_settings set time_zone = %s where organization_id = %s", zone, db.organization
    )


# Calendars


@pytest.mark.parametrize("is_folded", [False, True])
def test_the_night_clocks_go_back(db: DbEnv, is_folded: bool) -> None:
    set_zone(db, "Europe/Berlin")
    code = new_code(db)
    scan(db, code, "2026-10-24T22:30Z", "2026-10-25T22:30Z", "2026-10-25T23:30Z")
    if is_folded:
        fold(db)
    as_of = datetime(2026, 10, 26, 12, tzinfo=UTC)
    expected = [("10-24 22:00", 2, 2, 2), ("10-25 23:00", 1, 1, 1)]
    for of in (code, db.organization):
        rows = timeline(db, of, "30d", as_of=as_of)
        assert (len(rows), filled(rows)) == (30, expected)
        assert filled(timeline(db, of, "all", as_of=as_of)) == expected
        assert filled(timeline(db, of, "30d", as_of=as_of, time_zone="UTC")) == [
            ("10-24 00:00", 1, 1, 1),
            ("10-25 00:00", 2, 2, 2),
        ]
    hours = timeline(db, code, "7d", as_of=as_of)
    assert len(hours) == 169
    assert hours[0]["bucket"] == datetime(2026, 10, 20, tzinfo=ZoneInfo("Europe/Berlin"))
    assert filled(hours) == [("10-24 22:00", 1, 1, 1), ("10-25 22:00", 1, 1, 1), ("10-25 23:00", 1, 1, 1)]
    scan(db, code, "2026-10-25T00:10Z", "2026-10-25T01:10Z")
    twice_two = [
        row
        for row in timeline(db, code, "7d", as_of=as_of)
        if row["hits"] and row["bucket"].astimezone(UTC).hour < 2
    ]
    assert [row["bucket"].astimezone(UTC).hour for row in twice_two] == [0, 1]
    spring = timeline(db, code, "7d", as_of=datetime(2026, 3, 30, 12, tzinfo=UTC))
    assert len(spring) == 167


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Atlantic/Azores", "2026-10-25", "2026-10-25T00:00Z"),  # midnight comes twice
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z"),  # and here it does not come at all
        ("Asia/Kathmandu", "2026-10-25", "2026-10-24T18:15Z"),
    ],
)
def test_a_day_begins_with_its_first_moment(db: DbEnv, zone: str, day: str, begins: str) -> None:
    start = datetime.fromisoformat(begins)
    assert db.one("select private.day_start(%s, %s) as s", day, zone)["s"] == start
    set_zone(db, zone)
    code = new_code(db)
    scan(db, code, start, start - timedelta(microseconds=1))
    rows = timeline(db, code, "30d", as_of=start + timedelta(hours=3))
    assert (rows[-1]["bucket"], rows[-1]["hits"], rows[-2]["hits"]) == (start, 1, 1)


@pytest.mark.parametrize("own", ["Europe/Moscow", "America/New_York"])
def test_sums_are_totals_in_any_zone_folded_or_not(db: DbEnv, own: str) -> None:
    chance = random.Random(own)
    set_zone(db, own)
    codes = [new_code(db) for _ in range(3)]
    other = new_code(db, db.found("stranger"))
    as_of = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    for batch in range(3):
        for _ in range(60):
            moment = as_of - chance.random() * 85 * DAY
            kind = chance.choice(["unique", "again", "bot"])
            scan(db, chance.choice([*codes, other]), moment, kind=kind)
        scan(db, codes[0], as_of, as_of + timedelta(minutes=1))  # and what is not there yet
        if batch < 2:
            fold(db)
        for of, column in ((codes[0], "qr_code_id"), (db.organization, "organization_id")):
            for zone in (None, own, "Europe/Berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "Etc/GMT+12"):
                calendar = zone or own
                today = as_of.astimezone(ZoneInfo(calendar)).date()
                for period, days in (("7d", 7), ("30d", 30), ("90d", 90), ("all", None)):
                    since = today - timedelta(days=days - 1) if days else datetime(2000, 1, 1).date()
                    by_hand = db.one(
                        "select count(*) as hits, count(*) filter (where bot_reason is null) as scans, count(*) filter (where is_unique) as unique_visitors"
                        f" from qr_scans where {column} = %s and scanned_at <= %s and (scanned_at at time zone %s)::date >= %s",
                        of, as_of, calendar, since,
                    )  # fmt: skip
                    rows = timeline(db, of, period, as_of=as_of, time_zone=zone)
                    assert totals(rows) == tuple(by_hand.values()), (zone, period)
                    buckets = [row["bucket"] for row in rows]
                    assert buckets == sorted(set(buckets))
                    if period in ("30d", "90d"):
                        assert len(rows) == days
                        assert all(
                            b.astimezone(ZoneInfo(calendar)).strftime("%H:%M") == "00:00" for b in buckets
                        )


def test_what_is_not_kept_any_more_is_in_its_days(db: DbEnv) -> None:
    code = new_code(db)
    scan(db, code, NOW - 450 * DAY, kind="bot")
    scan(db, code, NOW - 450 * DAY, NOW - 380 * DAY, device="phone")
    scan(db, code, NOW, kind="bot", device="phone")
    fold(db)
    assert db.one("select count(*) as n from qr_scans")["n"] == 2
    for zone in (None, "Asia/Vladivostok"):
        for of in (code, db.organization):
            assert totals(timeline(db, of, "all", time_zone=zone)) == (4, 2, 2)
    assert breakdown(db, code, "device", "all") == {"phone": (2, 1, 1), None: (2, 1, 1)}
    assert breakdown(db, code, "bot", "all") == {None: (2, 2, 2), "crawler": (1, 0, 0), "unknown": (1, 0, 0)}
    assert breakdown(db, code, "device", "90d") == {"phone": (1, 0, 0)}


# Kinds


def breakdown(
    db: DbEnv, code: Any, dimension: str, period: str = "30d", **more: Any
) -> dict[str | None, tuple[int, int, int]]:
    rows = db.query(
        "gleb", f"select * from qr_breakdown(%s, %s, %s{''.join(f', {key} => %s' for key in more)})", code, period, dimension, *more.values()
    )  # fmt: skip
    hits = [row["hits"] for row in rows]
    assert hits == sorted(hits, reverse=True)
    assert [row["share"] for row in rows] == pytest.approx([number / sum(hits) for number in hits])
    return {row["value"]: (row["hits"], row["scans"], row["unique_visitors"]) for row in rows}


def test_scans_are_told_apart_by_kind(db: DbEnv) -> None:
    code = new_code(db)
    scan(db, code, NOW, NOW, device="phone", country="RU")
    scan(db, code, NOW, kind="again", device="desktop")
    scan(db, code, NOW, kind="bot", bot="head", device="phone", country="KZ")
    scan(db, code, NOW - 40 * DAY, device="tablet")
    fold(db)
    scan(db, code, NOW, country="RU")
    assert breakdown(db, code, "device") == {"phone": (3, 2, 2), "desktop": (1, 1, 0), None: (1, 1, 1)}
    assert breakdown(db, code, "country") == {"RU": (3, 3, 3), "KZ": (1, 0, 0), None: (1, 1, 0)}
    assert breakdown(db, code, "bot") == {None: (4, 4, 3), "head": (1, 0, 0)}
    assert breakdown(db, code, "os", "90d") == {None: (6, 5, 4)}
    assert breakdown(db, new_code(db), "browser") == {}
    assert breakdown(db, code, "device", "7d", as_of=NOW - 39 * DAY) == {"tablet": (1, 1, 1)}


# Rights and faults


def test_members_see_numbers_and_nobody_else_does(db: DbEnv) -> None:
    code = new_code(db)
    for call, argument in (
        ("qr_timeline", code),
        ("organization_qr_timeline", db.organization),
        ("qr_breakdown", code),
        ("search_qr_codes", db.organization),
    ):
        for person, fault in (("stranger", "not_allowed"), ("visitor", "42501")):
            with pytest.raises(Refused, match=fault), db.connection.transaction():
                db.query(person, f"select * from {call}(%s)", argument)
        assert db.query("gleb", f"select * from {call}(%s)", argument) is not None
        with pytest.raises(Refused, match="not_found"), db.connection.transaction():
            db.query("gleb", f"select * from {call}(gen_random_uuid())")
    for arguments, field in (("'8d'", "period"), ("'7d', 'Nowhere/Land'", "time_zone"), ("null", "period")):
        with pytest.raises(Refused, match=field), db.connection.transaction():
            db.query("gleb", f"select * from qr_timeline(%s, {arguments})", code)
    with pytest.raises(Refused, match="dimension"):
        db.query("gleb", "select * from qr_breakdown(%s, '7d', 'visitor_hash')", code)
    for person in ("anna", "moderator"):
        with pytest.raises(Refused, match="42501"):
            db.rpc(person, "recount_qr", qr_code_id=code)


# Counted anew


def test_counts_are_made_anew_from_the_scans(db: DbEnv) -> None:
    code, other = new_code(db), new_code(db)
    scan(db, code, NOW, NOW - 3 * DAY, NOW - 30 * DAY)
    scan(db, other, NOW, kind="bot")
    fold(db)
    scan(db, code, NOW)  # not folded yet
    right = timeline(db, code, "all"), timeline(db, db.organization, "all")
    db.run("update qr_code_days set hits = hits + 7 where qr_code_id = %s", code)
    db.run("update qr_organization_days set hits = 99")
    db.run("insert into qr_code_days values (%s, %s, current_date - 9, 5, 5, 5)", code, db.organization)
    assert db.service("recount_qr", qr_code_id=code, since=NOW - 5 * DAY) == {"days": 2}
    assert db.service("recount_qr", qr_code_id=code) == {"days": 3}
    assert (timeline(db, code, "all"), timeline(db, db.organization, "all")) == right
    assert fold(db) == 1
    assert (timeline(db, code, "all"), timeline(db, db.organization, "all")) == right
    with pytest.raises(Refused, match="not_found"):
        db.service("recount_qr", qr_code_id=db.organization)


def test_no_answer_is_wrong_while_others_scan_fold_and_recount(own_rules: str) -> None:
    """What is read at any moment is what stands in the scans at that moment, whoever folds or counts anew beside."""
    with opened(own_rules) as connection:
        connection.autocommit = True
        db = DbEnv(connection)
        codes = [new_code(db) for _ in range(3)]

        def write(number: int) -> None:
            chance = random.Random(number)
            with db.beside() as own:
                for _ in range(60):
                    scan(
                        own,
                        chance.choice(codes),
                        NOW - chance.random() * 5 * DAY,
                        kind=chance.choice(["unique", "again", "bot"]),
                    )
                    own.connection.commit()

        def keep_folding(number: int) -> None:
            with db.beside() as own:
                for turn in range(25):
                    own.service("recount_qr", qr_code_id=codes[turn % 3]) if number == 2 else fold(own)
                    own.connection.commit()

        def read(_: int) -> None:
            with db.beside() as own:
                for turn in range(25):
                    own.connection.execute("set transaction isolation level repeatable read")
                    of = [*codes, db.organization][turn % 4]
                    column = "organization_id" if of == db.organization else "qr_code_id"
                    by_hand = own.one(
                        "select count(*), count(*) filter (where bot_reason is null) as scans, count(*) filter (where is_unique) as visitors"
                        f" from qr_scans where {column} = %s", of,
                    )  # fmt: skip
                    assert totals(timeline(own, of, "30d", as_of=NOW + DAY)) == tuple(by_hand.values())
                    own.connection.commit()

        with ThreadPoolExecutor(7) as pool:
            work = [pool.submit(write, n) for n in range(2)] + [
                pool.submit(keep_folding, n) for n in range(3)
            ]
            work += [pool.submit(read, n) for n in range(2)]
            for done in work:
                done.result()
        for code in codes:
            db.service("recount_qr", qr_code_id=code)
        assert totals(timeline(db, db.organization, "30d")) == totals(
            timeline(db, db.organization, "30d", time_zone="UTC")
        )
        assert totals(timeline(db, db.organization, "30d"))[0] == 120


def test_sums_are_right_while_a_hundred_thousand_scans_are_folded_and_recounted(own_rules: str) -> None:
    with opened(own_rules) as connection:
        connection.autocommit = True
        db = DbEnv(connection)
        codes = [new_code(db) for _ in range(4)]
        numbers = "count(*) as hits, count(*) filter (where bot_reason is null) as scans, count(*) filter (where is_unique) as visitors"
        turns = {"fold": 0, "recount": 0}
        all_written = Event()

        def add(own: DbEnv, number: int) -> None:
            own.run(
                "insert into qr_scans (qr_code_id, organization_id, scanned_at, visitor_hash, bot_reason, is_unique)"
                " select (%s::uuid[])[1 + n %% 4], %s, %s - n * interval '1 minute', '\\x00',"
                " case when n %% 5 = 0 then 'crawler' end, n %% 5 = 1 from generate_series(1, %s) n",
                codes, db.organization, NOW, number,
            )  # fmt: skip

        def write() -> int:
            written = 0
            try:
                with db.beside() as own:
                    while written < 50_000 or min(turns.values()) < 10:
                        add(own, 1000)
                        own.connection.commit()
                        written += 1000
            finally:
                all_written.set()
            return written

        def keep(what: str) -> int:
            folded = 0
            with db.beside() as own:
                while not all_written.is_set():
                    if what == "fold":
                        folded += fold(own)
                    else:
                        own.service("recount_qr", qr_code_id=codes[turns[what] % 4])
                    own.connection.commit()
                    turns[what] += 1
            return folded

        def read() -> None:
            with db.beside() as own:
                while not all_written.is_set():
                    own.connection.execute("set transaction isolation level repeatable read")
                    by_hand = own.one(f"select {numbers} from qr_scans")
                    found = timeline(own, db.organization, "90d", as_of=NOW + DAY)
                    assert totals(found) == tuple(by_hand.values())
                    own.connection.commit()

        add(db, 50_000)
        folded = fold(db)
        with ThreadPoolExecutor(4) as pool:
            writing, folding, recounting = (
                pool.submit(write),
                pool.submit(keep, "fold"),
                pool.submit(keep, "recount"),
            )
            reading = pool.submit(read)
            everything = 50_000 + writing.result()
            folded += folding.result()
            recounting.result(), reading.result()
        assert everything >= 100_000
        while db.rows("select from private.unfolded_scans limit 1"):
            folded += fold(db)
        assert folded == everything, "each once"
        day = "(scanned_at at time zone 'Europe/Moscow')::date"
        for table, key in (("qr_code_days", "qr_code_id"), ("qr_organization_days", "organization_id")):
            kept = db.rows(
                f"select {key}, day, hits, scans, unique_visitors as visitors from {table} order by 1, 2"
            )
            assert kept == db.rows(
                f"select {key}, {day} as day, {numbers} from qr_scans group by 1, 2 order by 1, 2"
            )


# The list


def test_codes_are_found_page_by_page(db: DbEnv) -> None:
    items = [
        {"title": f"Мёд {n}", "target_kind": "organization_page", "tags": ["липа"] if n % 2 else []}
        for n in range(7)
    ]
    items += [
        {
            "title": "Воск 100%",
            "target_kind": "url",
            "target_url": "https://paseka.example/vosk",
            "tags": ["Свечи"],
        }
    ]
    made = db.rpc("vera", "create_qr_codes", organization_id=db.organization, items=items)
    new_code(db, db.found("stranger"), title="Мёд чужой")
    scan(db, made[0]["id"], NOW, NOW - 100 * DAY)
    fold(db)
    scan(db, made[0]["id"], NOW, kind="bot")

    def found(**asked: Any) -> Row:
        answer: Row = db.rpc("gleb", "search_qr_codes", organization_id=db.organization, **asked)
        return answer

    first = found(max_items=5)
    rest = found(max_items=5, after=first["next"])
    assert (first["total"], len(first["items"]), len(rest["items"]), rest["next"]) == (8, 5, 3, None)
    assert {item["id"] for item in first["items"] + rest["items"]} == {code["id"] for code in made}
    (scanned,) = [item for item in first["items"] + rest["items"] if item["hits"]]
    assert (scanned["id"], scanned["url"]) == (made[0]["id"], made[0]["url"])
    assert tuple(scanned[name] for name in NUMBERS) == (3, 2, 2)
    assert first["tags"] == ["Свечи", "липа"]
    for asked, number in (
        ({"query": "мед"}, 7), ({"query": "МЁД 3"}, 1), ({"query": "100%"}, 1), ({"query": "_"}, 0), ({"query": " "}, 8),
        ({"query": "vosk"}, 1), ({"query": "свеч"}, 1), ({"tag": "липа"}, 3), ({"tag": "липа", "query": "5"}, 1),
        ({"query": made[2]["code"][:6].lower()}, 1),
    ):  # fmt: skip
        assert found(**asked)["total"] == number, asked
    assert found(query="нет такого") == {"items": [], "next": None, "total": 0, "tags": ["Свечи", "липа"]}


def test_codes_are_sorted_by_name_as_people_count(db: DbEnv) -> None:
    names = ["Партия 10", "ёлка", "Партия 2", "Ель", "партия 9", "", "Ёж", "Zorro"]
    made = db.rpc(
        "vera",
        "create_qr_codes",
        organization_id=db.organization,
        items=[{"title": name or "?", "target_kind": "organization_page"} for name in names],
    )
    (nameless,) = [code["id"] for code in made if code["title"] == "?"]
    db.run("update qr_codes set title = '', code = 'K' || substr(code, 2) where id = %s", nameless)

    def sorted_by(sort: str) -> list[str]:
        found, after = [], None
        while True:
            page = db.rpc(
                "gleb",
                "search_qr_codes",
                organization_id=db.organization,
                sort=sort,
                max_items=3,
                after=after,
            )
            found += [item["title"] for item in page["items"]]
            after = page["next"]
            if after is None:
                return found

    by_name = ["", "Zorro", "Ёж", "ёлка", "Ель", "Партия 2", "партия 9", "Партия 10"]
    assert sorted_by("name") == by_name
    assert sorted_by("name_back") == by_name[::-1]
    assert sorted(sorted_by("oldest")) == sorted(names)
    assert sorted_by("oldest") == sorted_by("newest")[::-1]
    with pytest.raises(Refused, match="PT422") as refused:
        sorted_by("title")
    assert '"field": "sort"' in refused.value.detail
