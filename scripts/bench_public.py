"""What a buyer meets at 1,000,000 organizations: finding one, reading a page, and what search engines are told.

- `search`: by name, in the other alphabet, by INN and with a typing error at least 50 times as quickly as `ilike`, and
  at most 20 times a read by key
- `sitemap`: the index and every part go out through the server in front of the web, and name each organization once
- `pages`: what a page needs to be read is at most 60 KB of at most 2 requests that the first paint waits for, and JavaScript
  behind it at most 150 KB; when the largest thing is painted on the 3G profile is said (aim: 2 s)
- `rate`: pages a second of the function are at least 0.6 of what the one call behind them takes alone, and kept by the
  server in front of it at least 5 times as many

Search and sitemap are judged only at a million.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import psycopg
from bars import Bars
from bench_qr_functions import flood, wait_for
from bench_stories import seconds, vocabulary
from bench_web import PHONE, READY, SLOW, SLOWER_PROCESSOR, WATCH
from bootstrap import ROOT
from browser import chromium
from playwright.sync_api import Browser
from stack import web_build
from stack.parts import Addresses
from stack.ports import free_port
from stack.stack import Stack

SIZE = 1_000_000
FILLING = Path(__file__).with_suffix(".sql")
FASTER, SLOWER = 50, 20
READABLE, WAITED_FOR, SCRIPTS = 60_000, 2, 150_000
"""Bytes, requests, bytes."""
WAITS = 1.0
"""Seconds for which the server in front waits for the function."""
AIM = 2.0
"""Seconds."""
OF_THE_CALL, KEPT = 0.6, 5.0
ASKED = 20
"""How many organizations are looked for."""
WORDS = (
    "пасека ферма сыроварня мастерская пекарня сад огород мёд молоко хлеб чай ягода травы керамика лён шерсть дерево кузница"
    " мука рыба варенье свеча мыло глина пряник квас сидр крупа масло гончар алтай урал волга дон ока кама байкал ладога"
)
SHOWN = "paseka"
"""Whose page is read: with levels, losses, a history and stories."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--organizations", type=int, default=SIZE)
    parser.add_argument("--rounds", type=int, default=3)


def run(parts: list[str], organizations: int, rounds: int) -> int:
    bars = Bars()
    with platform(organizations, rounds) as bench:
        for part in parts:
            print(f"{part}:", flush=True)
            PARTS[part](bars, bench)
    return bars.verdict()


@dataclass(frozen=True)
class Bench:
    """A platform with so many published organizations."""

    organizations: int
    rounds: int
    site: Addresses
    database: psycopg.Connection[tuple[Any, ...]]

    @property
    def is_full(self) -> bool:
        return self.organizations >= SIZE

    def as_visitor(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """What it answers to anybody, under row level security."""
        with self.database.transaction():
            self.database.execute("set local role anon")
            return self.database.execute(statement.encode(), arguments).fetchall()


@contextmanager
def platform(organizations: int, rounds: int) -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory(prefix="chestno-public-") as folder,
        Stack(Path(folder), only=["postgres", "api", "functions", "web"], durable=False) as stack,
        psycopg.connect(str(stack.addresses.database_url), autocommit=True) as database,
    ):
        taken = seconds(lambda: fill(database, organizations))
        print(f"  {organizations:,} organizations written in {taken:.0f} s", flush=True)
        yield Bench(organizations, rounds, stack.addresses, database)


def fill(database: psycopg.Connection[tuple[Any, ...]], organizations: int) -> None:
    """Names of two or three words that come as words do in a language; most hold A, and some lost it."""
    chance = random.Random(14)  # noqa: S311 - a bench's input
    words = [*WORDS.split(), *vocabulary(chance)]
    weights = list(accumulate(1 / (place + 20) for place in range(len(words))))
    database.execute("set session_replication_role = replica")  # filling is not what is measured
    database.execute("alter table organizations drop constraint inn_has_right_check_digits")
    database.execute("set maintenance_work_mem = '512MB'")
    database.execute("create unlogged table named (n int primary key, name text)")
    with database.cursor().copy("copy named from stdin") as copy:
        for number in range(organizations):
            name = " ".join(chance.choices(words, cum_weights=weights, k=2 + number % 2))
            copy.write_row((number, name[0].upper() + name[1:]))
    for statement in FILLING.read_text().split(";\n"):
        if statement.strip():
            database.execute(statement.encode())
    database.execute("set session_replication_role = origin")
    database.execute("vacuum analyze")
    database.execute("checkpoint")


# Finding


def search(bars: Bars, bench: Bench) -> None:
    by_key = "select id, slug, name from organizations where id = %s"
    found = "select jsonb_array_length(search_organizations(query => %s) -> 'items')"
    like = (
        "select id from organizations where first_level_at is not null"
        " and (name ilike %(q)s or legal_name ilike %(q)s or inn ilike %(q)s) limit 20"
    )
    rows = bench.database.execute(
        "select id, name, inn, private.search_key(name) from organizations where slug <> %s order by md5(slug) limit %s",
        [SHOWN, ASKED],
    ).fetchall()
    key = _typical([partial(bench.as_visitor, by_key, row[0]) for row in rows])
    print(f"  a read by key: {key * 1e3:.2f} ms", flush=True)
    questions: dict[str, list[str]] = {
        "by name": [name for _, name, _, _ in rows],
        "in the other alphabet": [latin for *_, latin in rows],
        "by INN": [inn for _, _, inn, _ in rows],
        "with a typing error": [mistyped(name) for _, name, _, _ in rows],
    }
    for what, asked in questions.items():
        missing = [each for each in asked if bench.as_visitor(found, each)[0][0] == 0]
        if missing:
            raise RuntimeError(f"{what}: nothing is found for {missing}")
        ours = _typical(
            [partial(bench.as_visitor, "select search_organizations(query => %s)", each) for each in asked]
        )
        theirs = _typical([partial(_as_it_would_be, bench, like, each) for each in asked[:5]])
        judge_search(bars, what, key, ours, theirs, is_full=bench.is_full)


def mistyped(name: str) -> str:
    """The name with another letter in the third place of its longest word."""
    word = max(name.split(" "), key=len)
    return name.replace(word, f"{word[:2]}{'н' if word[2] == 'м' else 'м'}{word[3:]}", 1)


def _as_it_would_be(bench: Bench, like: str, asked: str) -> None:
    with bench.database.transaction():
        bench.database.execute("set local role anon")
        bench.database.execute(like.encode(), {"q": f"%{asked}%"}).fetchall()


def _typical(works: list[Callable[[], object]]) -> float:
    """The median of what each takes once it was done before."""
    for work in works:
        work()
    return statistics.median(seconds(work) for work in works)


def judge_search(bars: Bars, what: str, key: float, ours: float, theirs: float, *, is_full: bool) -> None:
    line = f"{what}: {ours * 1e3:.2f} ms, {ours / key:.1f} reads by key; ilike {theirs * 1e3:,.0f} ms"
    if not is_full:
        print(f"  {line}, {theirs / ours:,.0f} times", flush=True)
        return
    bars.bar(
        theirs >= FASTER * ours and ours <= SLOWER * key,
        f"{line}, {theirs / ours:,.0f} times (at least {FASTER}, and at most {SLOWER} reads)",
    )


# What search engines are told


def sitemap(bars: Bars, bench: Bench) -> None:
    times: list[float] = []
    with httpx.Client(timeout=60, trust_env=False) as client:

        def locations(address: str) -> list[str]:
            started = time.perf_counter()
            answer = client.get(address)
            times.append(time.perf_counter() - started)
            answer.raise_for_status()
            root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own server's
            return [str(each.text) for each in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]

        locations(f"{bench.site.web}/sitemap.xml")  # what is read once is read
        times.clear()
        parts = locations(f"{bench.site.web}/sitemap.xml")
        found = [address for part in parts for address in locations(part)]
    listed = [address for address in found if "/organizations/" in address and "/stories/" not in address]
    line = (
        f"{len(listed):,} organizations in {len(parts) - 2} parts, {len(set(listed)):,} of them different: the index in"
        f" {times[0] * 1e3:.0f} ms, a part in {statistics.median(times[1:]) * 1e3:.0f} ms, at most {max(times) * 1e3:.0f}"
    )
    if bench.is_full:
        bars.bar(
            len(listed) == len(set(listed)) == bench.organizations + 1 and max(times) <= WAITS,
            f"{line} (all of them once, and at most {WAITS * 1e3:.0f} ms)",
        )
    else:
        print(f"  {line}", flush=True)


# What a page weighs


@dataclass(frozen=True)
class Visit:
    """One load of a page, with nothing kept."""

    waited_for: list[str]
    """What the first paint waits for, the page itself too."""
    readable: int
    """Bytes of these, and of the font."""
    scripts: int
    first: float
    largest: float
    """When something, and when the largest thing is painted, in seconds."""
    shifted: float


def pages(bars: Bars, bench: Bench) -> None:
    paths = {"home": "/", "an organization": f"/organizations/{SHOWN}", "the catalogue": "/organizations"}
    with chromium() as browser:
        for name, path in paths.items():
            quick = [visit(browser, bench.site.web + path) for _ in range(bench.rounds)]
            slow = [visit(browser, bench.site.web + path, is_slow=True) for _ in range(bench.rounds)]
            one, largest = quick[-1], statistics.median(each.largest for each in slow)
            first = statistics.median(each.first for each in slow)
            print(
                f"  {name}: on 3G painted first after {first:.2f} s, largest {largest:.2f} s (aim {AIM:.0f})",
                flush=True,
            )
            bars.bar(
                one.readable <= READABLE and len(one.waited_for) <= WAITED_FOR,
                f"{name}: read with {one.readable / 1000:.1f} KB (at most {READABLE // 1000}), the first paint waits for"
                f" {len(one.waited_for)} requests (at most {WAITED_FOR}): {' '.join(one.waited_for)}",
            )
            bars.bar(
                one.scripts <= SCRIPTS,
                f"{name}: {one.scripts / 1000:.0f} KB of JavaScript (at most {SCRIPTS // 1000})",
            )
            shifted = max(each.shifted for each in quick + slow)
            bars.bar(shifted <= 0.02, f"{name}: {shifted:.3f} shifts (at most 0.02)")


def visit(browser: Browser, address: str, *, is_slow: bool = False) -> Visit:
    context = browser.new_context(
        viewport={"width": PHONE["width"], "height": PHONE["height"]}, locale="ru-RU"
    )
    context.add_init_script(WATCH)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    if is_slow:
        devtools.send("Network.emulateNetworkConditions", SLOW)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    asked: dict[str, tuple[str, str]] = {}
    sizes: dict[str, int] = {}
    devtools.on(
        "Network.responseReceived",
        lambda event: asked.update({event["requestId"]: (event["response"]["url"], event["type"])}),
    )
    devtools.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: int(event["encodedDataLength"])}),
    )
    page.goto(address, timeout=120_000)
    page.wait_for_function(READY, timeout=120_000)
    page.wait_for_load_state("networkidle", timeout=120_000)
    waited_for, first, largest, shifted = page.evaluate(
        """() => [
          performance.getEntriesByType("resource").filter((one) => one.renderBlockingStatus === "blocking")
            .map((one) => one.name),
          performance.getEntriesByName("first-contentful-paint")[0].startTime / 1000,
          window.painted / 1000,
          window.shifted,
        ]"""
    )
    context.close()
    needed = [address, *waited_for]
    origin = "/".join(address.split("/", 3)[:3])
    weights = [(*asked[request], size) for request, size in sizes.items() if request in asked]
    return Visit(
        [each.removeprefix(origin) for each in needed],
        sum(size for url, kind, size in weights if url in needed or kind == "Font"),
        sum(size for url, kind, size in weights if kind == "Script"),
        first,
        largest,
        shifted,
    )


# Pages a second


def rate(bars: Bars, bench: Bench) -> None:
    body = json.dumps({"slug": SHOWN}).encode()
    calling = (
        "POST /rest/v1/rpc/get_organization_page HTTP/1.1\r\nHost: api\r\n"
        f"apikey: {bench.site.publishable_key}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    with keeping(bench.site) as in_front:
        asked = {
            "call": (bench.site.api, calling, 1000),
            "page": (
                bench.site.functions,
                page_of(f"{bench.site.functions}/page/organizations/{SHOWN}"),
                1000,
            ),
            "kept": (in_front, page_of(f"{in_front}/organizations/{SHOWN}"), 5000),
        }
        rates: dict[str, list[float]] = {name: [] for name in asked}
        for number in range(bench.rounds + 1):
            for name, (address, request, count) in asked.items():
                found = asyncio.run(flood(address, request, count))
                if number:  # the first round is to warm up
                    rates[name].append(found)
    call, page, kept = (statistics.median(each) for each in rates.values())
    print(f"  a second: the call alone {call:,.0f}, pages {page:,.0f}, kept {kept:,.0f}", flush=True)
    bars.bar(page >= OF_THE_CALL * call, f"{page / call:.2f} of the call they make (at least {OF_THE_CALL})")
    bars.bar(kept >= KEPT * page, f"kept {kept / page:.1f} times as many (at least {KEPT:.0f})")


def page_of(url: str) -> bytes:
    host, _, path = url.removeprefix("http://").partition("/")
    return f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nAccept-Language: ru\r\n\r\n".encode()


@contextmanager
def keeping(site: Addresses) -> Iterator[str]:
    """The server in front of the web, keeping pages as production's does."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    config = {
        "supabase_url": site.api,
        "publishable_key": site.publishable_key,
        "functions_url": site.functions,
        "mail_url": "",
    }
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "--no-access-log",
            "--app-dir",
            "scripts",
            "--port",
            str(port),
            "stack.web_server:app",
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "WEB_DIST": str(web_build.DIST),
            "WEB_CONFIG": json.dumps(config),
            "WEB_KEEP_PAGES": "1",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(address)
        yield address
    finally:
        process.terminate()
        process.wait(30)


PARTS: dict[str, Callable[[Bars, Bench], None]] = {
    "search": search,
    "sitemap": sitemap,
    "pages": pages,
    "rate": rate,
}
