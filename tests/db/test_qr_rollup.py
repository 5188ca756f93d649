"""Scans only append; a job folds them by day, and every count is roll-up plus tail (sql/56_qr_rollup)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from kit.db import DbEnv, opened, scan_codes
from kit.refused import Refused
from kit.waiting import until
from psycopg.conninfo import make_conninfo

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
NUMBERS = "hits, scans, unique_visitors"


@pytest.fixture
def committed(own_rules: str) -> Iterator[DbEnv]:
    """A database whose statements are committed one by one, in a database of this test's own."""
    with opened(own_rules) as connection:
        connection.autocommit = True
        yield DbEnv(connection)


def new_code(db: DbEnv, organization: UUID | None = None) -> Any:
    return db.one(
        "insert into qr_codes (organization_id, code) values (%s, %s) returning id",
        organization or db.organization,
        uuid4().hex[:10],
    )["id"]


def scan(db: DbEnv, code: Any, *moments: datetime, kind: str = "unique") -> None:
    """Scans of one code: `unique` (a person's first), `again` or `bot`."""
    for moment in moments:
        db.run(
            "insert into qr_scans (qr_code_id, organization_id, scanned_at, visitor_hash, bot_reason, is_unique)"
            " select id, organization_id, %s, '\\x00', %s, %s from qr_codes where id = %s",
            moment, "crawler" if kind == "bot" else None, kind == "unique", code,
        )  # fmt: skip


def fold(db: DbEnv) -> int:
    folded: int = db.service("run_qr_rollup")["folded"]
    return folded


def days(db: DbEnv, of: str = "qr_code_days", key: str = "qr_code_id") -> list[tuple[Any, ...]]:
    """(code, day, hits, scans, unique_visitors) as they were folded."""
    return [
        tuple(row.values()) for row in db.rows(f"select {key}, day, {NUMBERS} from {of} order by {key}, day")
    ]


def counted_from_scans(db: DbEnv, key: str = "qr_code_id") -> list[tuple[Any, ...]]:
    return [
        tuple(row.values())
        for row in db.rows(
            f"select s.{key}, (scanned_at at time zone o.time_zone)::date as day, count(*) as hits,"
            " count(*) filter (where bot_reason is null) as scans, count(*) filter (where is_unique) as visitors"
            " from qr_scans s join organization_settings o using (organization_id) group by 1, 2 order by 1, 2"
        )
    ]


def unique_visitors(db: DbEnv, since: datetime, as_of: datetime) -> int:
    row = db.one(
        "select unique_visitors from private.unique_visitors(array[%s]::uuid[], array[%s]::timestamptz[], %s)",
        db.organization, since, as_of,
    )  # fmt: skip
    return int(row["unique_visitors"])


def test_a_scan_touches_nothing_but_its_own_row(db: DbEnv) -> None:
    triggers = "select tgname from pg_trigger where tgrelid = 'qr_scans'::regclass and not tgisinternal"
    assert db.rows(triggers) == []
    scan_codes(db, 3)
    assert (days(db), fold(db)) == ([], 3)


def test_scans_are_folded_by_day_and_code_once(db: DbEnv) -> None:
    first, second = new_code(db), new_code(db)
    noon = datetime.now(ZoneInfo("Europe/Moscow")).replace(hour=12)
    scan(db, first, noon, noon - DAY, noon - DAY)
    scan(db, first, noon, kind="again")
    scan(db, second, noon, kind="bot")
    assert fold(db) == 5
    assert fold(db) == 0, "a second run finds nothing"
    today = noon.date()
    expected = [(first, today - DAY, 2, 2, 2), (first, today, 2, 2, 1), (second, today, 1, 0, 0)]
    assert days(db) == sorted(expected)
    assert days(db, "qr_organization_days", "organization_id") == [
        (db.organization, today - DAY, 2, 2, 2),
        (db.organization, today, 3, 2, 1),
    ]


def test_a_late_scan_is_added_to_its_day(db: DbEnv) -> None:
    code, then = new_code(db), NOW - 200 * DAY
    scan(db, code, then)
    assert fold(db) == 1
    scan(db, code, then, NOW)
    assert fold(db) == 2
    assert days(db) == counted_from_scans(db)
    assert [row[2] for row in days(db)] == [2, 1]


@pytest.mark.parametrize("time_zone", ["Europe/Moscow", "America/New_York", "Asia/Kathmandu"])
def test_every_window_is_counted_to_the_moment_folded_or_not(db: DbEnv, time_zone: str) -> None:
    chance = random.Random(time_zone)
    db.run("update organization_settings set time_zone = %s", time_zone)
    codes = [new_code(db) for _ in range(3)]
    codes.append(new_code(db, db.found("stranger")))
    zone = ZoneInfo(time_zone)
    midnights = [datetime(2027, 3, day, tzinfo=zone) for day in (13, 14, 15, 27, 28, 29)]
    edges = [edge + timedelta(microseconds=by) for edge in midnights for by in (-1, 0, 1)]
    for batch in range(4):
        for _ in range(60):
            moment = datetime(2027, 3, 1, tzinfo=UTC) + chance.random() * 35 * DAY
            scan(db, chance.choice(codes), moment, kind=chance.choice(["unique", "unique", "again", "bot"]))
        for edge in chance.sample(edges, 8):
            scan(db, chance.choice(codes), edge)
        if batch < 3:  # the last batch stays the tail
            assert fold(db) == 68
        for _ in range(40):
            since, as_of = sorted(chance.choice([*edges, chance.choice(edges) + 30 * DAY]) for _ in range(2))
            by_hand = db.one(
                "select count(*) as n from qr_scans where organization_id = %s and is_unique and scanned_at > %s and scanned_at <= %s",
                db.organization, since, as_of,
            )["n"]  # fmt: skip
            assert unique_visitors(db, since, as_of) == by_hand, (since, as_of)
    fold(db)
    assert days(db) == counted_from_scans(db)
    assert days(db, "qr_organization_days", "organization_id") == counted_from_scans(db, "organization_id")


def test_who_moves_to_another_time_zone_has_its_days_counted_anew(db: DbEnv) -> None:
    code, others = new_code(db), new_code(db, db.found("stranger"))
    evening = datetime.now(UTC).replace(hour=20, minute=30) - 3 * DAY
    long_ago = (
        evening.replace(hour=6) - 150 * DAY
    )  # one day in both calendars: it keeps the one it was counted by
    scan(db, code, *(evening + hour * timedelta(hours=1) for hour in range(8)), long_ago)
    scan(db, others, evening)
    fold(db)
    before = days(db)
    scan(db, code, evening)  # not folded yet
    db.query("anna", "update organization_settings set time_zone = 'Asia/Vladivostok'")
    assert fold(db) == 1
    assert days(db) == counted_from_scans(db) != before
    assert sum(row[2] for row in days(db)) == 11
    db.query("anna", "update organization_settings set billing_email = null")
    assert days(db) == counted_from_scans(db)


def test_scans_of_months_long_over_go_and_their_days_stay(db: DbEnv) -> None:
    code = new_code(db)
    scan(db, code, NOW - 450 * DAY, NOW - 450 * DAY, NOW - 399 * DAY, NOW)
    fold(db)
    assert db.one("select count(*) as n from qr_scans")["n"] == 2
    assert sum(row[2] for row in days(db)) == 4
    scan(db, code, NOW - 450 * DAY)
    db.run("update private.qr_rollup_state set kept_days = 100")
    assert fold(db) == 1, "what comes late is counted before it goes"
    assert [row["scanned_at"] for row in db.rows("select scanned_at from qr_scans")] == [NOW]
    assert sum(row[2] for row in days(db)) == 5
    with pytest.raises(Exception, match="level_c_reads_ninety_days"):
        db.run("update private.qr_rollup_state set kept_days = 99")


def test_by_what_visitors_were_known_is_forgotten_after_three_days(db: DbEnv) -> None:
    for made in ("4 days", "1 day"):
        db.run(
            "insert into private.qr_salts (day, made_at) select (now() - %s::interval)::date, now() - %s::interval",
            made,
            made,
        )
        db.run(
            "insert into private.qr_visitors (qr_code_id, day, visitor_hash, seen_at) values (%s, now()::date, '\\x00', now() - %s::interval)",
            new_code(db), made,
        )  # fmt: skip
    fold(db)
    assert (
        len(db.rows("select from private.qr_salts")) == len(db.rows("select from private.qr_visitors")) == 1
    )


def test_members_read_their_days_and_nobody_folds_but_the_service_key(db: DbEnv) -> None:
    scan(db, new_code(db), NOW)
    fold(db)
    for table in ("qr_code_days", "qr_organization_days"):
        assert len(db.query("gleb", f"select hits from {table}")) == 1
        assert db.query("stranger", f"select hits from {table}") == []
        for refused in (f"insert into {table} select * from {table}", f"update {table} set hits = 9"):
            with pytest.raises(Refused, match="42501"):
                db.query("anna", refused)
    for person in ("visitor", "anna", "moderator"):
        with pytest.raises(Refused, match="42501"):
            db.rpc(person, "run_qr_rollup")


# Real transactions


def test_a_transaction_that_commits_after_later_ones_were_folded_is_folded_too(committed: DbEnv) -> None:
    db, code = committed, new_code(committed)
    with db.beside() as slow, db.beside() as broken:
        scan(slow, code, NOW)  # lower ids, and not committed yet
        scan(broken, code, NOW)
        scan(db, code, NOW, NOW)
        fold(db)
        assert unique_visitors(db, NOW - 9 * DAY, NOW) == 2
        slow.connection.commit()
        broken.connection.rollback()
    assert unique_visitors(db, NOW - 9 * DAY, NOW) == 3
    fold(db)
    assert days(db) == counted_from_scans(db)
    assert [row[2] for row in days(db)] == [3]
    assert fold(db) == 0


def test_what_runs_in_another_database_is_not_waited_for(committed: DbEnv) -> None:
    db, code = committed, new_code(committed)
    scan(db, code, NOW)
    elsewhere = make_conninfo(db.connection.info.dsn, password=db.connection.info.password, dbname="postgres")
    with psycopg.connect(elsewhere) as other, db.beside() as here:
        other.execute("select pg_current_xact_id()")
        scan(db, code, NOW)
        assert fold(db) == 2
        here.run("select pg_current_xact_id()")
        scan(db, code, NOW)
        assert fold(db) == 0, "this one might write a scan yet"
        scan(here, code, NOW)
        here.connection.commit()
        assert fold(db) == 2


def fold_all(db: DbEnv) -> int:
    """Fold until nothing is left: autovacuum may be writing in this database, and is waited for like any writer."""
    folded = fold(db)

    def nothing_is_left() -> bool:
        nonlocal folded
        if db.one("select count(*) as n from private.unfolded_scans")["n"] == 0:
            return True
        folded += fold(db)
        return False

    until(nothing_is_left)
    return folded


def test_many_writers_and_two_folders_count_each_scan_once(committed: DbEnv) -> None:
    db = committed
    codes = [new_code(db) for _ in range(3)]

    def write(number: int) -> None:
        chance = random.Random(number)
        with db.beside() as own:
            for _ in range(40):
                for _ in range(chance.randint(1, 3)):
                    scan(own, chance.choice(codes), NOW - chance.random() * 3 * DAY)
                if chance.random() < 0.2:
                    own.connection.rollback()
                else:
                    own.connection.commit()

    def keep_folding(_: int) -> int:
        with db.beside() as own:
            folded = 0
            for _ in range(30):
                folded += fold(own)
                own.connection.commit()
            return folded

    folded = 0
    for turn in range(4):
        with ThreadPoolExecutor(6) as pool:
            folders = [pool.submit(keep_folding, number) for number in range(2)]
            list(pool.map(write, range(turn * 4, turn * 4 + 4)))
            folded += sum(folder.result() for folder in folders) + fold_all(db)
        assert folded == db.one("select count(*) as n from qr_scans")["n"] > 100
        assert days(db) == counted_from_scans(db)


def test_a_database_that_was_restored_elsewhere_goes_on_counting(committed: DbEnv) -> None:
    """Transactions are numbered anew there: what was folded in number 10 000 000 is not folded again."""
    db, code = committed, new_code(committed)
    scan(db, code, NOW, NOW)
    fold(db)
    scan(db, code, NOW)
    db.run("update qr_scans set written_in = (10000000 + id)::text::xid8")
    db.run("update private.qr_rollup_state set written_in = (select max(written_in) from qr_scans), id = 0")
    scan(db, code, NOW)
    assert fold(db) == 2
    assert fold(db) == 0
    assert days(db) == counted_from_scans(db)
    scan(db, code, NOW)
    assert fold(db) == 1


def test_the_tail_is_found_by_the_end_of_its_index(committed: DbEnv) -> None:
    db, code = committed, new_code(committed)
    db.run(
        "insert into qr_scans (qr_code_id, organization_id, visitor_hash, is_unique)"
        " select id, organization_id, '\\x00', true from qr_codes, generate_series(1, 20000) where id = %s",
        code,
    )
    fold(db)
    scan(db, code, NOW)
    db.run("analyze qr_scans")
    shown = "\n".join(
        str(row["QUERY PLAN"])
        for row in db.rows(
            "explain select count(*) from private.unfolded_scans where is_unique and organization_id = %s",
            db.organization,
        )
    )
    assert "using qr_scans_written_in_idx" in shown, shown
