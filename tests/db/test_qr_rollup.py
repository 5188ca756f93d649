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
from kit.db import World, opened, scan_codes
from kit.refused import Refused
from psycopg.conninfo import make_conninfo

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
NUMBERS = "hits, scans, unique_visitors"


@pytest.fixture
def committed(own_rules: str) -> Iterator[World]:
    """A world whose statements are committed one by one, in a database of this test's own."""
    with opened(own_rules) as connection:
        connection.autocommit = True
        yield World(connection)


def new_code(world: World, organization: UUID | None = None) -> Any:
    return world.one(
        "insert into qr_codes (organization_id, code) values (%s, %s) returning id",
        organization or world.organization,
        uuid4().hex[:10],
    )["id"]


def scan(world: World, code: Any, *moments: datetime, kind: str = "unique") -> None:
    """Scans of one code: `unique` (a person's first), `again` or `bot`."""
    for moment in moments:
        world.run(
            "insert into qr_scans (qr_code_id, organization_id, scanned_at, visitor_hash, bot_reason, is_unique)"
            " select id, organization_id, %s, '\\x00', %s, %s from qr_codes where id = %s",
            moment, "crawler" if kind == "bot" else None, kind == "unique", code,
        )  # fmt: skip


def fold(world: World) -> int:
    folded: int = world.service("run_qr_rollup")["folded"]
    return folded


def days(world: World, of: str = "qr_code_days", key: str = "qr_code_id") -> list[tuple[Any, ...]]:
    """(code, day, hits, scans, unique_visitors) as they were folded."""
    return [
        tuple(row.values())
        for row in world.rows(f"select {key}, day, {NUMBERS} from {of} order by {key}, day")
    ]


def counted_from_scans(world: World, key: str = "qr_code_id") -> list[tuple[Any, ...]]:
    return [
        tuple(row.values())
        for row in world.rows(
            f"select s.{key}, (scanned_at at time zone o.time_zone)::date as day, count(*) as hits,"
            " count(*) filter (where bot_reason is null) as scans, count(*) filter (where is_unique) as visitors"
            " from qr_scans s join organization_settings o using (organization_id) group by 1, 2 order by 1, 2"
        )
    ]


def unique_visitors(world: World, since: datetime, as_of: datetime) -> int:
    row = world.one(
        "select unique_visitors from private.unique_visitors(array[%s]::uuid[], array[%s]::timestamptz[], %s)",
        world.organization, since, as_of,
    )  # fmt: skip
    return int(row["unique_visitors"])


def test_a_scan_touches_nothing_but_its_own_row(world: World) -> None:
    triggers = "select tgname from pg_trigger where tgrelid = 'qr_scans'::regclass and not tgisinternal"
    assert world.rows(triggers) == []
    scan_codes(world, 3)
    assert (days(world), fold(world)) == ([], 3)


def test_scans_are_folded_by_day_and_code_once(world: World) -> None:
    first, second = new_code(world), new_code(world)
    noon = datetime.now(ZoneInfo("Europe/Moscow")).replace(hour=12)
    scan(world, first, noon, noon - DAY, noon - DAY)
    scan(world, first, noon, kind="again")
    scan(world, second, noon, kind="bot")
    assert fold(world) == 5
    assert fold(world) == 0, "a second run finds nothing"
    today = noon.date()
    expected = [(first, today - DAY, 2, 2, 2), (first, today, 2, 2, 1), (second, today, 1, 0, 0)]
    assert days(world) == sorted(expected)
    assert days(world, "qr_organization_days", "organization_id") == [
        (world.organization, today - DAY, 2, 2, 2),
        (world.organization, today, 3, 2, 1),
    ]


def test_a_late_scan_is_added_to_its_day(world: World) -> None:
    code, then = new_code(world), NOW - 200 * DAY
    scan(world, code, then)
    assert fold(world) == 1
    scan(world, code, then, NOW)
    assert fold(world) == 2
    assert days(world) == counted_from_scans(world)
    assert [row[2] for row in days(world)] == [2, 1]


@pytest.mark.parametrize("time_zone", ["Europe/Moscow", "America/New_York", "Asia/Kathmandu"])
def test_every_window_is_counted_to_the_moment_folded_or_not(world: World, time_zone: str) -> None:
    chance = random.Random(time_zone)
    world.run("update organization_settings set time_zone = %s", time_zone)
    codes = [new_code(world) for _ in range(3)]
    codes.append(new_code(world, world.found("stranger")))
    zone = ZoneInfo(time_zone)
    midnights = [datetime(2027, 3, day, tzinfo=zone) for day in (13, 14, 15, 27, 28, 29)]
    edges = [edge + timedelta(microseconds=by) for edge in midnights for by in (-1, 0, 1)]
    for batch in range(4):
        for _ in range(60):
            moment = datetime(2027, 3, 1, tzinfo=UTC) + chance.random() * 35 * DAY
            scan(
                world, chance.choice(codes), moment, kind=chance.choice(["unique", "unique", "again", "bot"])
            )
        for edge in chance.sample(edges, 8):
            scan(world, chance.choice(codes), edge)
        if batch < 3:  # the last batch stays the tail
            assert fold(world) == 68
        for _ in range(40):
            since, as_of = sorted(chance.choice([*edges, chance.choice(edges) + 30 * DAY]) for _ in range(2))
            by_hand = world.one(
                "select count(*) as n from qr_scans where organization_id = %s and is_unique and scanned_at > %s and scanned_at <= %s",
                world.organization, since, as_of,
            )["n"]  # fmt: skip
            assert unique_visitors(world, since, as_of) == by_hand, (since, as_of)
    fold(world)
    assert days(world) == counted_from_scans(world)
    assert days(world, "qr_organization_days", "organization_id") == counted_from_scans(
        world, "organization_id"
    )


def test_who_moves_to_another_time_zone_has_its_days_counted_anew(world: World) -> None:
    code, others = new_code(world), new_code(world, world.found("stranger"))
    evening = datetime.now(UTC).replace(hour=20, minute=30) - 3 * DAY
    scan(world, code, *(evening + hour * timedelta(hours=1) for hour in range(8)), NOW - 150 * DAY)
    scan(world, others, evening)
    fold(world)
    before = days(world)
    scan(world, code, evening)  # not folded yet
    world.query("anna", "update organization_settings set time_zone = 'Asia/Vladivostok'")
    assert fold(world) == 1
    assert days(world) == counted_from_scans(world) != before
    assert sum(row[2] for row in days(world)) == 11
    world.query("anna", "update organization_settings set billing_email = null")
    assert days(world) == counted_from_scans(world)


def test_members_read_their_days_and_nobody_folds_but_the_service_key(world: World) -> None:
    scan(world, new_code(world), NOW)
    fold(world)
    for table in ("qr_code_days", "qr_organization_days"):
        assert len(world.query("gleb", f"select hits from {table}")) == 1
        assert world.query("stranger", f"select hits from {table}") == []
        for refused in (f"insert into {table} select * from {table}", f"update {table} set hits = 9"):
            with pytest.raises(Refused, match="42501"):
                world.query("anna", refused)
    for person in ("visitor", "anna", "moderator"):
        with pytest.raises(Refused, match="42501"):
            world.door(person, "run_qr_rollup")


# Real transactions


def test_a_transaction_that_commits_after_later_ones_were_folded_is_folded_too(committed: World) -> None:
    world, code = committed, new_code(committed)
    with world.beside() as slow, world.beside() as broken:
        scan(slow, code, NOW)  # lower ids, and not committed yet
        scan(broken, code, NOW)
        scan(world, code, NOW, NOW)
        fold(world)
        assert unique_visitors(world, NOW - 9 * DAY, NOW) == 2
        slow.connection.commit()
        broken.connection.rollback()
    assert unique_visitors(world, NOW - 9 * DAY, NOW) == 3
    fold(world)
    assert days(world) == counted_from_scans(world)
    assert [row[2] for row in days(world)] == [3]
    assert fold(world) == 0


def test_what_runs_in_another_database_is_not_waited_for(committed: World) -> None:
    world, code = committed, new_code(committed)
    scan(world, code, NOW)
    elsewhere = make_conninfo(
        world.connection.info.dsn, password=world.connection.info.password, dbname="postgres"
    )
    with psycopg.connect(elsewhere) as other, world.beside() as here:
        other.execute("select pg_current_xact_id()")
        scan(world, code, NOW)
        assert fold(world) == 2
        here.run("select pg_current_xact_id()")
        scan(world, code, NOW)
        assert fold(world) == 0, "this one might write a scan yet"
        scan(here, code, NOW)
        here.connection.commit()
        assert fold(world) == 2


def test_many_writers_and_two_folders_count_each_scan_once(committed: World) -> None:
    world = committed
    codes = [new_code(world) for _ in range(3)]

    def write(number: int) -> None:
        chance = random.Random(number)
        with world.beside() as own:
            for _ in range(40):
                for _ in range(chance.randint(1, 3)):
                    scan(own, chance.choice(codes), NOW - chance.random() * 3 * DAY)
                if chance.random() < 0.2:
                    own.connection.rollback()
                else:
                    own.connection.commit()

    def keep_folding(_: int) -> int:
        with world.beside() as own:
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
            folded += sum(folder.result() for folder in folders) + fold(world)
        assert folded == world.one("select count(*) as n from qr_scans")["n"] > 100
        assert days(world) == counted_from_scans(world)


def test_a_database_that_was_restored_elsewhere_goes_on_counting(committed: World) -> None:
    """Transactions are numbered anew there: what was folded in number 10 000 000 is not folded again."""
    world, code = committed, new_code(committed)
    scan(world, code, NOW, NOW)
    fold(world)
    scan(world, code, NOW)
    world.run("update qr_scans set written_in = (10000000 + id)::text::xid8")
    world.run(
        "update private.qr_rollup_state set written_in = (select max(written_in) from qr_scans), id = 0"
    )
    scan(world, code, NOW)
    assert fold(world) == 2
    assert fold(world) == 0
    assert days(world) == counted_from_scans(world)
    scan(world, code, NOW)
    assert fold(world) == 1


def test_the_tail_is_found_by_the_end_of_its_index(committed: World) -> None:
    world, code = committed, new_code(committed)
    world.run(
        "insert into qr_scans (qr_code_id, organization_id, visitor_hash, is_unique)"
        " select id, organization_id, '\\x00', true from qr_codes, generate_series(1, 20000) where id = %s",
        code,
    )
    fold(world)
    scan(world, code, NOW)
    world.run("analyze qr_scans")
    shown = "\n".join(
        str(row["QUERY PLAN"])
        for row in world.rows(
            "explain select count(*) from private.unfolded_scans where is_unique and organization_id = %s",
            world.organization,
        )
    )
    assert "using qr_scans_written_in_idx" in shown, shown
