"""Scans at size: what one more costs when there are many, with level A held and C not earned.

- at 1,000,000 scans one more costs at most 1.2 times what it costs at none

A bar whose size was not asked for is not judged. Beside it, without a bar: folding them by day, and counting for level C.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import psycopg
from bars import Bars
from generated import migrated_database

Connection = psycopg.Connection[tuple[Any, ...]]
SIZE = 1_000_000  # at which the bar stands
MOST = 1.2
AT_ONCE = 500  # scans in one round

ONE_SCAN = (
    "insert into qr_scans (qr_code_id, organization_id, visitor_hash, device_type, os, browser, is_unique)"
    " select id, organization_id, sha256(gen_random_uuid()::text::bytea), 'phone', 'Android', 'Chrome', true from qr_codes"
)


def fill(connection: Connection, scans: int) -> None:
    """One organization that holds A since long and has that many scans; a story is missing for C."""
    for statement in (
        "insert into auth.users (id, email) values (gen_random_uuid(), 'anna@example.test')",
        "insert into organizations (slug, name, inn, created_by) select 'apiary', 'Пасека', '7707083893', id from profiles",
        "insert into organization_settings (organization_id) select id from organizations",
        "insert into organization_members (organization_id, user_id, role)"
        " select id, created_by, 'owner' from organizations",
        "insert into organization_status_levels (organization_id, level, valid_from)"
        " select id, 'A', now() - interval '100 days' from organizations",
        "insert into stories (organization_id, story_type, status, title, published_at)"
        " select id, 'success_story', 'published', 'История', now() - interval '1 day'"
        " from organizations, generate_series(1, 4)",
        "insert into qr_codes (organization_id, code) select id, 'AAAAAAAAAA' from organizations",
    ):
        connection.execute(statement)
    connection.execute(
        "insert into qr_scans (qr_code_id, organization_id, scanned_at, visitor_hash, is_unique)"
        " select c.id, c.organization_id, now() - n * interval '80 days' / %s, sha256(n::text::bytea), true"
        " from qr_codes c, generate_series(%s, 1, -1) n",
        [max(scans, 1), scans],
    )
    connection.execute("vacuum analyze")
    connection.execute("checkpoint")


def one_round(connection: Connection) -> float:
    """Seconds that one scan takes, the median of many; without the commit, which costs the same at any size."""
    taken = []
    with connection.transaction(force_rollback=True):
        for _ in range(AT_ONCE):
            started = time.perf_counter()
            connection.execute(ONE_SCAN)
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def seconds(connection: Connection, statement: str) -> float:
    started = time.perf_counter()
    connection.execute(statement)
    return time.perf_counter() - started


def judge(bars: Bars, scans: int, none: float, many: float) -> None:
    """The bar, when there were as many scans as it asks for."""
    if scans >= SIZE:
        bars.bar(
            many <= MOST * none,
            f"at {scans:,} scans one more costs {many / none:.2f} times what it costs at none (at most {MOST})",
        )


def run(scans: int, rounds: int) -> int:
    bars = Bars()
    with migrated_database(is_durable=True) as url:
        with psycopg.connect(url, dbname="template1", autocommit=True) as connection:
            connection.execute("create database crowded template postgres")
        with (
            psycopg.connect(url, autocommit=True) as quiet,
            psycopg.connect(url, dbname="crowded", autocommit=True) as crowded,
        ):
            fill(quiet, 0)
            fill(crowded, scans)
            one_round(quiet), one_round(crowded)  # what they read is in memory
            pairs = [(one_round(quiet), one_round(crowded)) for _ in range(rounds)]
            none, many = (statistics.median(side) for side in zip(*pairs, strict=True))
            held = crowded.execute("select max(level) from organization_status_levels where is_active")
            if held.fetchone() != ("A",):
                raise RuntimeError("level C was held: that is not what was to be measured")
            print(f"one scan at none {none * 1e6:7.1f} µs, at {scans:,} {many * 1e6:7.1f} µs", flush=True)
            folding = seconds(crowded, "select run_qr_rollup()")
            print(f"folding {scans:,} takes {folding:.2f} s, {folding / max(scans, 1) * 1e6:.1f} µs each")
            counting = seconds(crowded, "select level_c_progress(id) from organizations")
            print(f"counting them for level C takes {counting * 1e3:.1f} ms", flush=True)
    judge(bars, scans, none, many)
    return bars.verdict()


def add_arguments(parser: Any) -> None:
    parser.add_argument(
        "--scans", type=int, default=SIZE, help="how many there are when one more is measured"
    )
    parser.add_argument("--rounds", type=int, default=15, help="rounds of which the median is taken")
