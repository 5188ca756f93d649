"""Codes and scans at size, each beside the plain way to do it, in one run, medians.

- importing 10,000 codes is at least 12 times as quick as row by row in one transaction
- an organization's timeline of 30 and of 365 days is at least 1,000 times as quick as grouping its scans, and one
  code's costs at most 3 times a read of one row by its key
- 32 clients record at least 7 times the scans that they would add to a counter in one row
- folding costs at most half of the plain insert, a scan
- the function `q` answers at least 3 times the scans of the default server, with an API that answers at once

What is for 10,000,000 scans is judged only at that size.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
from bars import Bars
from bootstrap import ROOT
from generated import migrated_database
from inn import random_inn
from psycopg.types.json import Jsonb
from stack.ports import free_port

Connection = psycopg.Connection[tuple[Any, ...]]
SIZE = 10_000_000
CODES = 10_000
CLIENTS = 32
LONGEST_WAIT = 30
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


def importing(bars: Bars, connection: Connection, organization: str, person: str, rounds: int) -> None:
    items = [
        {
            "title": f"Мёд липовый {number}",
            "target_kind": "url",
            "target_url": f"https://paseka.example/{number}?utm_source=qr",
            "tags": ["мёд"],
        }
        for number in range(CODES)
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
    print(f"{CODES:,} codes: create_qr_codes {quick:.2f} s, row by row {slow:.2f} s", flush=True)
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
        rolled = median(reading(timeline, organization, period), rounds)
        print(f"{days} days of an organization: grouping {raw * 1e3:,.0f} ms, timeline {rolled * 1e3:.2f} ms")
        if scans >= SIZE:
            bars.bar(
                raw >= 1000 * rolled, f"{days} days are {raw / rolled:,.0f} times as quick (at least 1,000)"
            )
    days_of_one = median(reading("select * from qr_timeline(%s, '30d')", code), rounds * 5)
    row = median(reading("select * from qr_codes where id = %s", code), rounds * 5)
    print(f"30 days of a code: {days_of_one * 1e3:.2f} ms, one row by its key {row * 1e3:.2f} ms", flush=True)
    bars.bar(
        days_of_one <= 3 * row, f"a code's timeline costs {days_of_one / row:.1f} times a row (at most 3)"
    )


def folding(bars: Bars, connection: Connection, organization: str) -> None:
    number = 200_000

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
    bars.bar(both <= 1.5, f"inserted and folded costs {both:.2f} times the insert (at most 1.5)")


def recording(bars: Bars, url: str, length: float) -> None:
    """As many as 32 clients can, each a transaction of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table counter (id int primary key, hits bigint not null)")
        connection.execute("insert into counter values (1, 0)")
        code = one(connection, "select code from qr_codes limit 1")

    def rate(statement: str, *arguments: Any) -> float:
        ended = threading.Event()

        def client(number: int) -> int:
            done = 0
            with psycopg.connect(url, autocommit=True) as own:
                own.prepare_threshold = 0
                while not ended.is_set():
                    own.execute(
                        statement,
                        [
                            argument(number, done) if callable(argument) else argument
                            for argument in arguments
                        ],
                    )
                    done += 1
            return done

        with ThreadPoolExecutor(CLIENTS) as pool:
            running = [pool.submit(client, number) for number in range(CLIENTS)]
            ended.wait(length)
            ended.set()
            return sum(one.result() for one in running) / length

    def visitor(number: int, done: int) -> Jsonb:
        return Jsonb({"ip": f"10.{number}.{done >> 8 & 255}.{done & 255}", "user_agent": PHONE})

    counter = rate("update counter set hits = hits + 1 where id = 1")
    scans = rate("select scan_qr(%s, %s)", code, visitor)
    print(f"{CLIENTS} clients: a counter {counter:,.0f} a second, scan_qr {scans:,.0f}")
    bars.bar(
        scans >= 7 * counter,
        f"scans are recorded {scans / counter:.1f} times as often as a counter counts (at least 7)",
    )


# The function


def the_function(bars: Bars, rounds: int, count: int) -> None:
    api_port = free_port()
    api = subprocess.Popen([sys.executable, ROOT / "scripts" / "instant_api.py", str(api_port)])
    try:
        wait_for(f"http://127.0.0.1:{api_port}")
        rivals = {"q, --asgi": ("functions/main.py", "--asgi"), "the default server": ("scripts/rival_q.py",)}
        rates: dict[str, list[float]] = {name: [] for name in rivals}
        for _ in range(rounds):
            for name, (source, *options) in rivals.items():
                with server(source, *options, api=f"http://127.0.0.1:{api_port}") as address:
                    asyncio.run(flood(address, count // 5))
                    rates[name].append(asyncio.run(flood(address, count)))
    finally:
        api.terminate()
        api.wait()
    asgi, default = (statistics.median(found) for found in rates.values())
    print(f"scans a second before an instant API: q {asgi:,.0f}, the default server {default:,.0f}")
    bars.bar(
        asgi >= 3 * default,
        f"q answers {asgi / default:.1f} times the scans of the default server (at least 3)",
    )


@contextmanager
def server(source: str, *options: str, api: str) -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        str(Path(sys.executable).parent / "functions-framework"),
        *options,
        "--source",
        source,
        "--target",
        "q",
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "SUPABASE_URL": api,
        "SUPABASE_PUBLISHABLE_KEY": "x",
        "SUPABASE_SECRET_KEY": "x",
        "SITE_URL": "http://127.0.0.1:9",
        "YOOKASSA_SHOP_ID": "1",
        "YOOKASSA_SECRET_KEY": "test_x",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(address)
        yield f"{address}/ABCDEFGHJK"
    finally:
        process.terminate()
        process.wait(LONGEST_WAIT)


def wait_for(address: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            httpx.get(address, trust_env=False)
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


async def flood(address: str, count: int) -> float:
    """As quickly as the server takes them over 32 connections; how many a second."""
    host, _, path = address.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    headers = f"Host: {host}\r\nUser-Agent: {PHONE}\r\nX-Forwarded-For: 77.88.8.8"
    request = f"GET /{path} HTTP/1.1\r\n{headers}\r\n\r\n".encode()
    left = iter(range(count))

    async def client() -> None:
        reader, writer = await asyncio.open_connection(name, int(port))
        for _ in left:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 302"):
                raise RuntimeError(f"the server answered {head[:200]!r}")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return count / (time.perf_counter() - started)


def run(scans: int, rounds: int, requests: int, length: float) -> int:
    bars = Bars()
    with migrated_database(is_durable=True) as url, psycopg.connect(url, autocommit=True) as connection:
        organization, person = found(connection)
        importing(bars, connection, organization, person, rounds)
        fill(connection, organization, scans)
        taken = seconds(lambda: connection.execute("select run_qr_rollup()"))
        print(f"folding {scans:,} scans took {taken:.1f} s", flush=True)
        timelines(bars, connection, organization, scans, rounds)
        connection.execute("select run_qr_rollup()")
        folding(bars, connection, organization)
        recording(bars, url, length)
    the_function(bars, min(rounds, 3), requests)
    return bars.verdict()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scans", type=int, default=SIZE, help="how many there are when timelines are read")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of which the median is taken")
    parser.add_argument(
        "--requests", type=int, default=5000, help="scans that the function is sent in a round"
    )
    parser.add_argument("--length", type=float, default=5, help="seconds that 32 clients record")
