"""Codes and scans at size, each beside the plain way to do it, in one run, medians.

- importing 10,000 codes is at least 12 times as quick as row by row in one transaction
- an organization's timeline of 30 and of 365 days is at least 1,000 times as quick as grouping its scans, and one
  code's costs at most 3 times a read of one row by its key
- of 32 at once at least 7 times as many scans are recorded as a function counts in one row that finds the code as well
- folding costs at most half of the plain insert, a scan

What was not asked for in its whole size is not judged: 10,000,000 scans, 10,000 codes, 500 turns of each client.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from typing import Any

import psycopg
from bars import Bars
from generated import migrated_database
from inn import random_inn
from psycopg.types.json import Jsonb
from stack.postgres import program

Connection = psycopg.Connection[tuple[Any, ...]]
SIZE = 10_000_000
CODES = 10_000
AT_SIZE = 200_000  # scans, of what does not grow with their number
TURNS = 500  # transactions of each client
CLIENTS = 32
GROUPED = """
    select (scanned_at at time zone 'Europe/Moscow')::date,
      count(*), count(*) filter (where bot_reason is null), count(*) filter (where is_unique)
    from qr_scans where organization_id = %s and scanned_at >= now() - make_interval(days => %s) group by 1
"""
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36"


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def median(work: Callable[[], object], rounds: int) -> float:
    work()  # what it reads is in memory
    return statistics.median(seconds(work) for _ in range(rounds))


def one(connection: Connection, statement: str, *arguments: Any) -> Any:
    """The first value of the first row."""
    row = connection.execute(statement.encode(), arguments).fetchone()
    if row is None:
        raise RuntimeError("no row")
    return row[0]


def found(connection: Connection) -> tuple[str, str]:
    """An organization with room for any number of codes, and its owner."""
    connection.execute("""update subscription_plans set limits = limits || '{"qr_codes": null}'""")
    settings = {"site_url": "https://chestno.example", "shop_id": "1", "test_mode": True}
    connection.execute("select configure_platform(%s)", [Jsonb(settings)])
    person = one(
        connection,
        "insert into auth.users (id, email, email_confirmed_at)"
        " values (gen_random_uuid(), 'anna@example.test', now()) returning id::text",
    )
    organization = one(
        connection,
        "insert into organizations (slug, name, inn) values ('apiary', 'Пасека', %s) returning id::text",
        random_inn(),
    )
    connection.execute("insert into organization_settings (organization_id) values (%s)", [organization])
    connection.execute("insert into organization_members values (%s, %s, 'owner')", [organization, person])
    return organization, person


def importing(
    bars: Bars, connection: Connection, organization: str, person: str, codes: int, rounds: int
) -> None:
    items = [
        {
            "title": f"Мёд липовый {number}",
            "target_kind": "url",
            "target_url": f"https://paseka.example/{number}?utm_source=qr",
            "tags": ["мёд"],
        }
        for number in range(codes)
    ]
    claims = json.dumps({"sub": person, "role": "authenticated"})

    def all_at_once() -> None:
        with connection.transaction(force_rollback=True):
            connection.execute("select set_config('role', 'authenticated', true)")
            connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
            connection.execute("select create_qr_codes(%s, %s)", [organization, Jsonb(items)])

    def row_by_row() -> None:
        with connection.transaction(force_rollback=True):
            for item in items:
                connection.execute(
                    "insert into qr_codes (organization_id, title, target_kind, target_url, tags)"
                    " values (%s, %s, %s, %s, %s)",
                    [organization, *item.values()],
                )

    quick, slow = median(all_at_once, rounds), seconds(row_by_row)
    print(f"{codes:,} codes: create_qr_codes {quick:.2f} s, row by row {slow:.2f} s", flush=True)
    if codes >= CODES:
        bars.bar(
            slow >= 12 * quick, f"importing is {slow / quick:.1f} times as quick as row by row (at least 12)"
        )


def fill(connection: Connection, organization: str, scans: int) -> None:
    """A year of scans of a hundred codes."""
    connection.execute(
        "insert into qr_codes (organization_id) select %s from generate_series(1, 100)", [organization]
    )
    connection.execute(
        "insert into qr_scans (qr_code_id, organization_id, scanned_at, visitor_hash, bot_reason, is_unique)"
        " select c.ids[1 + n %% 100], %s, now() - interval '364 days' * (n / %s::float8), '\\x00',"
        "   case when n %% 10 = 0 then 'head' end, n %% 10 = 1"
        " from (select array_agg(id) as ids from qr_codes) c, generate_series(%s, 1, -1) n",
        [organization, scans, scans],
    )


def timelines(bars: Bars, connection: Connection, organization: str, scans: int, rounds: int) -> None:
    connection.execute("vacuum analyze")
    code = one(connection, "select id from qr_codes limit 1")
    connection.execute(  # what a minute brings is not folded yet
        "insert into qr_scans (qr_code_id, organization_id, visitor_hash, is_unique)"
        " select %s, %s, '\\x00', true from generate_series(1, 50)",
        [code, organization],
    )

    def reading(statement: str, *arguments: Any) -> Callable[[], object]:
        return lambda: connection.execute(statement.encode(), arguments).fetchall()

    for days, period in ((30, "30d"), (365, "all")):
        raw = median(reading(GROUPED, organization, days), 3)
        timeline = "select * from organization_qr_timeline(%s, %s)"
        rolled = median(reading(timeline, organization, period), rounds * 5)
        print(f"{days} days of an organization: grouping {raw * 1e3:,.0f} ms, timeline {rolled * 1e3:.2f} ms")
        if scans >= SIZE:
            bars.bar(
                raw >= 1000 * rolled, f"{days} days are {raw / rolled:,.0f} times as quick (at least 1,000)"
            )
    days_of_one = median(reading("select * from qr_timeline(%s, '30d')", code), rounds * 5)
    row = median(reading("select * from qr_codes where id = %s", code), rounds * 5)
    print(f"30 days of a code: {days_of_one * 1e3:.2f} ms, one row by its key {row * 1e3:.2f} ms", flush=True)
    if scans >= AT_SIZE:
        bars.bar(
            days_of_one <= 3 * row, f"a code's timeline costs {days_of_one / row:.1f} times a row (at most 3)"
        )


def folding(bars: Bars, connection: Connection, organization: str, number: int) -> None:
    def insert() -> None:
        connection.execute(
            "insert into qr_scans (qr_code_id, organization_id, visitor_hash, is_unique)"
            " select c.ids[1 + n %% 100], %s, '\\x00', n %% 3 = 0"
            " from (select array_agg(id) as ids from qr_codes) c, generate_series(1, %s) n",
            [organization, number],
        )

    plain = seconds(insert)
    fold = seconds(lambda: connection.execute("select run_qr_rollup()"))
    print(f"a scan: inserted {plain / number * 1e6:.1f} µs, folded {fold / number * 1e6:.1f} µs", flush=True)
    both = (plain + fold) / plain
    if number >= AT_SIZE:
        bars.bar(both <= 1.5, f"inserted and folded costs {both:.2f} times the insert (at most 1.5)")


COUNT_BY_CODE = """
    create function count_scan(code text) returns text language plpgsql volatile security definer set search_path = '' as $$
    declare
      printed public.qr_codes;
    begin
      select q.* into printed from public.qr_codes q where upper(q.code) = upper(count_scan.code);
      update public.counter set hits = hits + 1 where id = 1;
      return printed.target_url;
    end $$
"""
TOGETHER = 16
"""Scans in one call when 32 people scan: `q` has two calls under way (functions/qr/scans.py)."""


def recording(bars: Bars, url: str, turns: int, rounds: int) -> None:
    """As many as 32 can at once, by pgbench, in turn; every answer follows a commit that is on the disk.

    The counter is one row that all add to; `count_scan` finds the code first, as a scan has to. `scan_qr` is one scan in a
    transaction of its own; `scan_qr_codes` takes those of 32 people as `q` sends them.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table counter (id int primary key, hits bigint not null)")
        connection.execute("insert into counter values (1, 0)")
        connection.execute(COUNT_BY_CODE)
        code = one(connection, "select code from qr_codes limit 1")
    # pgbench takes a colon and a letter for a variable of its own
    visitor = f'{{"ip": "\' || :n + %s || \'", "user_agent": "{PHONE}", "os": "Android", "browser": "Chrome Mobile"}}'
    many = ", ".join(f'{{"code": "{code}", "visitor": {visitor % number}}}' for number in range(TOGETHER))
    ways = {
        "a counter": ("update counter set hits = hits + 1 where id = 1;", 1),
        "a counter of the code": (f"select count_scan('{code}');", 1),
        "scan_qr": (f"select scan_qr('{code}', ('{visitor % 0}')::jsonb);", 1),
        "scan_qr_codes": (f"select scan_qr_codes(('[{many}]')::jsonb);", TOGETHER),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (statement, scans) in ways.items():
            rates[name].append(scans * transactions(url, statement, CLIENTS // scans, turns))
    found = {name: statistics.median(rate) for name, rate in rates.items()}
    print(
        f"{CLIENTS} at once: " + ", ".join(f"{name} {rate:,.0f}" for name, rate in found.items()), flush=True
    )
    counted = found["a counter of the code"]
    print(f"  each scan a call of its own: {found['scan_qr'] / counted:.1f} times the counter of the code")
    if turns >= TURNS:
        bars.bar(
            found["scan_qr_codes"] >= 7 * counted,
            f"of {CLIENTS} at once {found['scan_qr_codes'] / counted:.1f} times as many recorded as counted (at least 7)",
        )


def transactions(url: str, statement: str, clients: int, turns: int) -> float:
    """How many a second, of so many clients."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(f"\\set n random(1, 2000000000)\n{statement}\n")
        script.flush()
        options = [
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            "2",
            "-t",
            str(turns),
            "-f",
            script.name,
        ]
        said = subprocess.run(
            [program("pgbench"), *options, url], check=True, capture_output=True, text=True
        ).stdout
    found = re.search(r"tps = ([0-9.]+)", said)
    if found is None:
        raise RuntimeError(said)
    return float(found[1])


def run(scans: int, codes: int, rounds: int, turns: int) -> int:
    bars = Bars()
    with migrated_database(is_durable=True) as url, psycopg.connect(url, autocommit=True) as connection:
        organization, person = found(connection)
        importing(bars, connection, organization, person, codes, rounds)
        fill(connection, organization, scans)
        taken = seconds(lambda: connection.execute("select run_qr_rollup()"))
        print(f"folding {scans:,} scans took {taken:.1f} s", flush=True)
        timelines(bars, connection, organization, scans, rounds)
        connection.execute("select run_qr_rollup()")
        folding(bars, connection, organization, min(scans, AT_SIZE))
        recording(bars, url, turns, min(rounds, 3))
    return bars.verdict()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scans", type=int, default=SIZE, help="how many there are when timelines are read")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of which the median is taken")
    parser.add_argument("--codes", type=int, default=CODES, help="that are imported")
    parser.add_argument("--turns", type=int, default=TURNS, help="transactions of each client that records")
