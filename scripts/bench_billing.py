"""Webhooks and charges: each bar beside a named rival, in one run, medians of rounds in turn.

- storing a webhook is one call of the database
- `yookassa_webhook` under `functions-framework --asgi` takes at least twice the webhooks a second of the default server
  (the same function written synchronously, rival_webhook.py, under gunicorn with as many workers). Each with an API that
  answers at once, so that the function is measured; and, for what it is worth, with the API of the local stack
- it answers 50 webhooks a second with p95 ≤ 100 ms while ЮKassa answers in 20 ms, and within 4 s while ЮKassa hangs
- two workers claim 10,000 due renewals at ≥ 2,000 a second together, none twice

The servers, the API, Postgres (durable), the simulator and the load share this machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from bars import Bars
from bootstrap import ROOT
from psycopg.rows import dict_row
from stack.credentials import Credentials
from stack.ports import free_port
from stack.stack import Stack
from yookassa_simulator.control import Control

Row = dict[str, Any]
SENDER = "185.71.76.10"
CONNECTIONS = 32
CARD = "5555555555554444"


@dataclass
class Bench(Bars):
    """The stack under measure, and what was found of each bar."""

    stack: Stack
    control: Control
    database: psycopg.Connection[Row]
    credentials: Credentials
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What functions are told here."""
        addresses = self.stack.addresses
        return {
            "PATH": os.environ["PATH"],
            "SUPABASE_URL": addresses.api,
            "SUPABASE_PUBLISHABLE_KEY": addresses.publishable_key,
            "SUPABASE_SECRET_KEY": addresses.secret_key,
            "SITE_URL": addresses.web,
            "YOOKASSA_API_URL": f"{addresses.yookassa}/v3",
            "YOOKASSA_SHOP_ID": self.credentials.shop_id,
            "YOOKASSA_SECRET_KEY": self.credentials.shop_secret_key,
            "YOOKASSA_WEBHOOK_SECRET": self.credentials.webhook_secret,
            "TRUSTED_PROXIES": "127.0.0.1",
        }

    @contextmanager
    def server(self, source: str, *options: str, api: str | None = None) -> Iterator[str]:
        """The webhook, deployed alone by the functions framework: its whole address, secret included."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        framework = Path(sys.executable).parent / "functions-framework"
        command = [str(framework), *options, "--source", source, "--target", "yookassa_webhook"]
        with (self.folder / f"server-{port}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", str(port)],
                cwd=ROOT, env=self.environment | ({"SUPABASE_URL": api} if api else {}), stdout=log, stderr=log,
            )  # fmt: skip
        try:
            wait_until_it_answers(address)
            yield f"{address}/{self.credentials.webhook_secret}"
        finally:
            process.terminate()
            process.wait(30)

    def calls(self) -> dict[str, int]:
        """How often each function of the database was called from outside, so far."""
        found = self.database.execute(
            "select funcname, calls from pg_stat_user_functions where schemaname = 'public' and calls > 0"
        )
        return {row["funcname"]: row["calls"] for row in found}


def wait_until_it_answers(address: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(address, trust_env=False)
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


# The load: raw requests over kept connections, so that the sender takes as little of the machine as it can.


def request(url: str, payload: Row) -> bytes:
    """One POST of a webhook, as bytes."""
    parts = urlsplit(url)
    body = json.dumps(payload).encode()
    return (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"X-Forwarded-For: {SENDER}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Connection:
    """One kept connection to a server."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)

    async def open(self) -> Connection:
        self._reader, self._writer = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        return self

    async def send(self, message: bytes) -> int:
        """Send a request; the status of its answer. A connection the server gave up meanwhile is made anew."""
        try:
            return await self._send(message)
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.open()
            return await self._send(message)

    async def _send(self, message: bytes) -> int:
        self._writer.write(message)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        _, _, after = head.partition(b"content-length:")
        await self._reader.readexactly(int(after.split(b"\r\n", 1)[0]))
        return int(head.split(b" ", 2)[1])

    def close(self) -> None:
        self._writer.close()


async def flood(url: str, messages: list[bytes]) -> float:
    """All of them, as quickly as the server takes them over 32 connections; how many a second."""
    waiting = iter(messages)

    async def one(connection: Connection) -> None:
        for message in waiting:
            status = await connection.send(message)
            if status != 200:
                raise RuntimeError(f"the server answered {status}")
        connection.close()

    connections = [await Connection(url).open() for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    await asyncio.gather(*(one(connection) for connection in connections))
    return len(messages) / (time.perf_counter() - started)


async def drip(url: str, messages: list[bytes], per_second: float) -> list[float]:
    """One after another at their moments, whoever still waits; each one's seconds from its moment to its answer."""
    free: list[Connection] = []
    started = time.perf_counter()

    async def one(number: int, message: bytes) -> float:
        moment = started + number / per_second
        await asyncio.sleep(moment - time.perf_counter())
        connection = free.pop() if free else await Connection(url).open()
        status = await connection.send(message)
        taken = time.perf_counter() - moment
        if status != 200:
            raise RuntimeError(f"the server answered {status}")
        free.append(connection)
        return taken

    taken = await asyncio.gather(*(one(number, message) for number, message in enumerate(messages)))
    for connection in free:
        connection.close()
    return taken


# What is measured


def unhandled(mark: str, number: int) -> Row:
    """A webhook that is stored, and of which there is nothing to settle; as large as ЮKassa's."""
    thing = {
        "id": f"{mark}-{number}",
        "status": "active",
        "saved": True,
        "title": "Bank card *4444",
        "note": "x" * 900,
    }
    return {"type": "notification", "event": "payment_method.active", "object": thing}


def storing(bench: Bench) -> None:
    """How many calls of the database a stored webhook costs."""
    count = 50
    with bench.server("functions/main.py", "--asgi") as url, httpx.Client(trust_env=False) as client:
        before = bench.calls()
        for number in range(count):
            client.post(url, content=request(url, unhandled("one", number)).partition(b"\r\n\r\n")[2],
                        headers={"X-Forwarded-For": SENDER, "Content-Type": "application/json"})  # fmt: skip
        deadline = time.monotonic() + 10
        while True:  # Postgres counts with a little delay
            after = bench.calls()
            made = {
                name: calls - before.get(name, 0)
                for name, calls in after.items()
                if calls != before.get(name, 0)
            }
            if made.get("receive_notification", 0) >= count or time.monotonic() > deadline:
                break
            time.sleep(0.2)
    words = ", ".join(f"{name} {calls / count:g}" for name, calls in made.items())
    bench.bar(
        made == {"receive_notification": count}, f"calls of the database for a notification stored: {words}"
    )


@contextmanager
def instant_api() -> Iterator[str]:
    """An API that answers at once."""
    port = free_port()
    process = subprocess.Popen([sys.executable, ROOT / "scripts" / "instant_api.py", str(port)])
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def servers(bench: Bench, rounds: int, count: int) -> None:
    """--asgi beside the default server."""
    with instant_api() as api:
        ratio = race(bench, rounds, count, api, "an instant API")
    bench.bar(
        ratio >= 2, f"--asgi takes {ratio:.1f} times the notifications of the default server (at least 2)"
    )
    race(bench, rounds, count, None, "the local API")


def race(bench: Bench, rounds: int, count: int, api: str | None, before: str) -> float:
    """How many times the webhooks of the default server --asgi takes, in turn, medians."""
    rivals = {
        "functions-framework --asgi": ("functions/main.py", "--asgi"),
        "the default server": ("scripts/rival_webhook.py",),
    }
    rates: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(rounds):
        for name, (source, *options) in rivals.items():
            mark = f"{before}-{number}-{name}".replace(" ", "_")
            with bench.server(source, *options, api=api) as url:
                asyncio.run(
                    flood(url, [request(url, unhandled(f"{mark}-warm", n)) for n in range(count // 5)])
                )
                messages = [request(url, unhandled(mark, n)) for n in range(count)]
                rates[name].append(asyncio.run(flood(url, messages)))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, rate in medians.items():
        print(f"          {name + ', ' + before:<44} {rate:8,.0f} notifications a second")
    asgi, default = medians.values()
    return asgi / default


def buy(bench: Bench, count: int, mark: str) -> list[Row]:
    """So many first months, asked for and paid at ЮKassa, of which we have not heard; their webhooks."""
    fill(bench.database, mark, count)
    asked = bench.database.execute(
        "insert into payment_transactions"
        "  (id, organization_id, plan_id, kind, amount, idempotence_key, request_body, next_check_at)"
        " select x.id, o.id, 'a_month', 'first_payment', 1490, x.id,"
        "  private.payment_request(x.id, o.id, 'first_payment', 1490, 'Месяц', null), now() + interval '1 day'"
        " from organizations o cross join lateral (select gen_random_uuid() as id where o.id is not null) x"
        " where o.slug like %s returning id, request_body",
        [f"{mark}-%"],
    ).fetchall()
    shop = (bench.credentials.shop_id, bench.credentials.shop_secret_key)
    notices = []
    with httpx.Client(base_url=f"{bench.stack.addresses.yookassa}/v3", auth=shop, trust_env=False) as client:
        for row in asked:
            headers = {"Idempotence-Key": str(row["id"]), "Content-Type": "application/json"}
            made = client.post("/payments", content=row["request_body"], headers=headers).json()
            bench.database.execute(
                "update payment_transactions set yookassa_payment_id = %s, status = 'pending' where id = %s",
                [made["id"], row["id"]],
            )
            paid = bench.control.pay(made["id"], CARD)
            notices.append({"type": "notification", "event": "payment.succeeded", "object": paid})
    return notices


def fill(database: psycopg.Connection[Row], mark: str, count: int) -> None:
    """So many organizations with an owner each, the short way."""
    database.execute("alter table organizations drop constraint if exists inn_has_right_check_digits")
    (taken,) = database.execute("select count(*)::int as n from organizations").fetchall()
    database.execute("set session_replication_role = replica")  # filling is not what is measured
    database.execute(
        "insert into auth.users (id, email)"
        " select gen_random_uuid(), %s || n || '@example.test' from generate_series(1, %s) n",
        [mark, count],
    )
    database.execute(
        "insert into profiles (id, full_name) select id, 'Имя' from auth.users on conflict do nothing"
    )
    database.execute(
        "insert into organizations (slug, name, inn, created_by)"
        " select %s || '-' || row_number() over (), 'Пасека', (1000000000 + %s + row_number() over ())::text, id"
        " from auth.users where email like %s",
        [mark, taken["n"], f"{mark}%"],
    )
    database.execute(
        "insert into organization_settings (organization_id) select id from organizations on conflict do nothing"
    )
    database.execute(
        "insert into organization_members (organization_id, user_id, role)"
        " select id, created_by, 'owner' from organizations on conflict do nothing"
    )
    database.execute("set session_replication_role = origin")
    database.execute("vacuum analyze")


def steady(bench: Bench, seconds: int) -> None:
    """50 a second, ЮKassa answering in 20 ms: each is stored, looked up, recorded and grants a level."""
    notices = buy(bench, 50 * seconds, "steady")
    bench.control.fault("hang", "GET", "/v3/payments/*", times=10**6, committed=True, seconds=0.02)
    with bench.server("functions/main.py", "--asgi") as url:
        asyncio.run(flood(url, [request(url, unhandled("steady-warm", n)) for n in range(200)]))
        taken = sorted(asyncio.run(drip(url, [request(url, notice) for notice in notices], 50)))
    bench.control.clear_faults()
    (row,) = bench.database.execute(
        "select count(*) as n from organization_status_levels l join organizations o on o.id = l.organization_id"
        " where o.slug like 'steady-%' and l.is_active and l.level = 'A'"
    ).fetchall()
    p50, p95 = taken[len(taken) // 2] * 1000, taken[int(len(taken) * 0.95)] * 1000
    bench.bar(
        p95 <= 100,
        f"50 a second, ЮKassa answering in 20 ms: p50 {p50:.0f} ms, p95 {p95:.0f} ms (at most 100)",
    )
    bench.bar(row["n"] == len(notices), f"{row['n']} of {len(notices)} were settled on the way")


def hung(bench: Bench) -> None:
    """ЮKassa answers nothing."""
    notices = buy(bench, 10, "hung")
    bench.control.fault("hang", "GET", "/v3/payments/*", times=100, seconds=60)
    with bench.server("functions/main.py", "--asgi") as url:
        taken = asyncio.run(drip(url, [request(url, notice) for notice in notices], 50))
    bench.control.clear_faults()
    bench.bar(
        max(taken) <= 4, f"while ЮKassa hangs each is answered 200 within {max(taken):.1f} s (at most 4)"
    )


def claiming(bench: Bench, count: int, rounds: int) -> None:
    """Two workers at once, beside one that takes a renewal at a time."""
    fill(bench.database, "claim", count)
    database = bench.database
    database.execute("set session_replication_role = replica")
    database.execute(
        "insert into payment_methods (organization_id, yookassa_payment_method_id, type)"
        " select id, 'card-' || id, 'bank_card' from organizations where slug like 'claim-%'"
    )
    database.execute(
        "insert into subscriptions (organization_id, plan_id, status, current_period_start, current_period_end,"
        "  billing_anchor, next_charge_at, payment_method_id)"
        " select m.organization_id, 'a_month', 'active', now() - interval '1 month', now() - interval '1 minute',"
        "  now() - interval '1 month', now() - interval '1 minute', m.id"
        " from payment_methods m where m.yookassa_payment_method_id like 'card-%'"
    )
    database.execute("set session_replication_role = origin")
    rates, alone = [], []
    for _ in range(rounds):
        due_again(database)
        claimed: list[list[str]] = [[], []]
        rates.append(count / timed(partial(claim_together, bench, claimed, 100)))
        every = claimed[0] + claimed[1]
        if len(every) != count or len(set(every)) != count:
            bench.bar(False, f"{len(every)} claimed of {count}, {len(every) - len(set(every))} twice")
        due_again(database)
        few = min(count, 500)
        alone.append(few / timed(partial(claim_one_by_one, bench, few)))
    rate = statistics.median(rates)
    print(f"          {'two workers, 100 at a time':<28} {rate:8,.0f} renewals a second")
    print(f"          {'one worker, one at a time':<28} {statistics.median(alone):8,.0f} renewals a second")
    bench.bar(
        rate >= 2000,
        f"{count:,} due renewals are claimed at {rate:,.0f} a second by two workers, none twice (at least 2,000)",
    )


def due_again(database: psycopg.Connection[Row]) -> None:
    """Every renewal is due, and nothing has happened yet."""
    database.execute("set session_replication_role = replica")
    database.execute("delete from payment_transactions where kind = 'renewal'")
    database.execute(
        "update subscriptions set next_charge_at = now() - interval '1 minute'"
        " where payment_method_id in (select id from payment_methods where yookassa_payment_method_id like 'card-%')"
    )
    database.execute("set session_replication_role = origin")
    database.execute("vacuum analyze")


def claim_together(bench: Bench, claimed: list[list[str]], at_a_time: int) -> None:
    """Two connections claim until nothing is left; what each got, by subscription."""

    def worker(mine: list[str]) -> None:
        with as_service(bench) as connection:
            while True:
                row = connection.execute(
                    "select claim_due_charges(now(), %s) as claimed", [at_a_time]
                ).fetchone()
                if not row or not row["claimed"]:
                    return
                mine += [item["subscription_id"] for item in row["claimed"]]

    threads = [threading.Thread(target=worker, args=(mine,)) for mine in claimed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def claim_one_by_one(bench: Bench, count: int) -> None:
    with as_service(bench) as connection:
        for _ in range(count):
            connection.execute("select claim_due_charges(now(), 1)")


def as_service(bench: Bench) -> psycopg.Connection[Row]:
    connection = psycopg.connect(
        str(bench.stack.addresses.database_url), autocommit=True, row_factory=dict_row
    )
    connection.execute("select set_config('request.jwt.claims', '{\"role\": \"service_role\"}', false)")
    connection.execute("set role service_role")
    return connection


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def run(rounds: int, notifications: int, renewals: int, seconds: int) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="chestno-bench-") as folder,
        Stack(Path(folder) / "stack", only=["postgres", "api", "yookassa"]) as stack,
        Control(stack.addresses.yookassa, timeout=60) as control,
        psycopg.connect(str(stack.addresses.database_url), autocommit=True, row_factory=dict_row) as database,
    ):
        control.settings(notify_url=None)
        database.execute("alter system set track_functions = 'all'")
        database.execute("select pg_reload_conf()")
        bench = Bench(stack, control, database, Credentials.kept(stack.data), Path(folder))
        storing(bench)
        servers(bench, rounds, notifications)
        steady(bench, seconds)
        hung(bench)
        database.execute("alter system reset track_functions")
        database.execute("select pg_reload_conf()")
        claiming(bench, renewals, rounds)
    return bench.verdict()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds of which the median is taken (default: 5)"
    )
    parser.add_argument("--notifications", type=int, default=2000, help="a round (default: 2000)")
    parser.add_argument("--renewals", type=int, default=10_000, help="that are due at once (default: 10000)")
    parser.add_argument("--seconds", type=int, default=10, help="of 50 webhooks each (default: 10)")
