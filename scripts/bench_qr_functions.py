"""The functions of QR codes, each beside its rival in one run, medians.

- `q` answers at least 3 times the scans of the default server, with an API that answers at once
- through the local stack it answers at least 0.8 of the scans that its API takes alone, by as many clients
- `qr_export` of 1,000 PNG costs at most a tenth of qrcode's PilImage, a pasted logo and zipfile; its first byte comes within
  a hundredth of the whole time, and how many there are makes it no larger

The bars are for 5,000 scans and 1,000 codes; what fewer were asked of is not judged.
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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import accounts
import httpx
import psutil
import psycopg
from bars import Bars
from bench_billing import instant_api
from bootstrap import ROOT
from draw_qr import INK, LOGO_SHARE, PAPER, SIDE, logo
from stack.parts import Addresses
from stack.ports import free_port
from stack.stack import Stack

CLIENTS = 32
LONGEST_WAIT = 30
SIZE = 1000
REQUESTS = 5000
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36"
VISITOR = {
    "ip": "77.88.8.8",
    "user_agent": PHONE,
    "method": "GET",
    "os": "Android",
    "browser": "Chrome Mobile",
}


# Scans


def before_an_instant_api(bars: Bars, rounds: int, count: int) -> None:
    rivals = {"q, --asgi": ("functions/main.py", "--asgi"), "the default server": ("scripts/rival_q.py",)}
    rates: dict[str, list[float]] = {name: [] for name in rivals}
    with instant_api() as api:
        for _ in range(rounds):
            for name, (source, *options) in rivals.items():
                with server(source, *options, api=api) as address:
                    asking = scan(f"{address}/ABCDEFGHJK")
                    asyncio.run(flood(address, asking, count // 5))
                    rates[name].append(asyncio.run(flood(address, asking, count)))
    asgi, default = (statistics.median(found) for found in rates.values())
    print(f"scans a second before an instant API: q {asgi:,.0f}, the default server {default:,.0f}")
    if count >= REQUESTS:
        bars.bar(
            asgi >= 3 * default,
            f"q answers {asgi / default:.1f} times the scans of the default server (at least 3)",
        )


def through_the_stack(bars: Bars, site: Addresses, code: str, rounds: int, count: int) -> None:
    scanning = scan(f"{site.functions}/q/{code}")
    body = json.dumps({"code": code, "visitor": VISITOR}).encode()
    calling = (
        f"POST /rest/v1/rpc/scan_qr HTTP/1.1\r\nHost: api\r\napikey: {site.secret_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
    asked = {"q": (site.functions, scanning), "scan_qr": (site.api, calling)}
    rates: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds + 1):
        for name, (address, request) in asked.items():
            rate = asyncio.run(flood(address, request, count))
            if number:  # the first round is to warm up
                rates[name].append(rate)
    whole, alone = (statistics.median(found) for found in rates.values())
    print(
        f"scans a second of {CLIENTS} clients: q through the stack {whole:,.0f}, its API alone {alone:,.0f}"
    )
    if count >= REQUESTS // 5:
        bars.bar(
            whole >= 0.8 * alone,
            f"through the stack {whole / alone:.2f} of what the API takes alone (at least 0.8)",
        )


def scan(url: str) -> bytes:
    """A scan by a phone, as bytes."""
    host, _, path = url.removeprefix("http://").partition("/")
    return f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {PHONE}\r\nX-Forwarded-For: 77.88.8.8\r\n\r\n".encode()


async def flood(address: str, request: bytes, count: int) -> float:
    """As quickly as the server takes them over 32 connections; how many a second."""
    name, _, port = address.removeprefix("http://").partition("/")[0].partition(":")
    left = iter(range(count))

    async def client() -> None:
        reader, writer = await asyncio.open_connection(name, int(port))
        for _ in left:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith((b"HTTP/1.1 302", b"HTTP/1.1 200")):
                raise RuntimeError(f"the server answered {head[:200]!r}")
            _, _, after = head.lower().partition(b"content-length:")
            if after:
                await reader.readexactly(int(after.split(b"\r\n", 1)[0]))
            elif b"chunked" in head:
                await reader.readuntil(b"0\r\n\r\n")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return count / (time.perf_counter() - started)


@contextmanager
def server(source: str, *options: str, api: str) -> Iterator[str]:
    """The function `q`, deployed alone by the functions framework."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    framework = str(Path(sys.executable).parent / "functions-framework")
    command = [framework, *options, "--source", source, "--target", "q", "--host", "127.0.0.1"]
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
        [*command, "--port", str(port)],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(address)
        yield address
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


# The ZIP


@dataclass(frozen=True)
class Export:
    """What one ZIP took: seconds of the processor and in all, until its first byte, and how many megabytes the process
    had at most.

    Not how many more than before: what one ZIP gave back the system may take at once, or leave for the next.
    """

    processor: float
    whole: float
    first: float
    memory: float


def exporting(
    bars: Bars,
    site: Addresses,
    functions: psutil.Process,
    person: accounts.Session,
    organization: str,
    codes: list[str],
    rounds: int,
) -> None:
    count = len(codes)
    body = {"organization_id": organization, "format": "png", "size": SIDE}
    few, many, naive = [], [], []
    export(site, functions, person, body | {"ids": codes[: count // 5]})  # what is set up once
    for _ in range(rounds):
        few.append(export(site, functions, person, body | {"ids": codes[: count // 5]}))
        many.append(export(site, functions, person, body | {"ids": codes}))
        naive.append(draw_naively(count))
    processor, whole, first, memory = (
        statistics.median(getattr(each, name) for each in many)
        for name in ("processor", "whole", "first", "memory")
    )
    larger = memory - statistics.median(each.memory for each in few)
    rival = statistics.median(naive)
    print(
        f"a ZIP of {count:,} PNG: {processor:.2f} s of the processor, {whole:.2f} s in all, the first byte after"
        f" {first * 1e3:.0f} ms, at most {memory:.1f} MB; the naive way {rival:.1f} s"
    )
    if count >= SIZE:
        bars.bar(
            rival >= 10 * processor, f"{rival / processor:.1f} times as fast as the naive way (at least 10)"
        )
        bars.bar(
            first <= 0.01 * whole,
            f"the first byte comes after {first / whole:.2%} of the whole time (at most 1 %)",
        )
        bars.bar(larger <= 2, f"{larger:+.1f} MB for five times as many codes (at most +2)")


def export(
    site: Addresses, functions: psutil.Process, person: accounts.Session, body: dict[str, Any]
) -> Export:
    """One ZIP, read as it comes."""
    ended, most = threading.Event(), [0]

    def watch() -> None:
        while not ended.wait(0.005):
            most.append(functions.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    headers = {"Authorization": f"Bearer {person.token}"}
    with httpx.Client(timeout=600, trust_env=False) as client:  # reading its certificates takes 30 ms
        used = sum(functions.cpu_times()[:2])
        started = time.perf_counter()
        with client.stream("POST", f"{site.functions}/qr_export", json=body, headers=headers) as answer:
            answer.raise_for_status()
            pieces = answer.iter_raw()
            received = len(next(pieces))
            first = time.perf_counter() - started
            received += sum(map(len, pieces))
        whole = time.perf_counter() - started
    ended.set()
    watching.join()
    return Export(sum(functions.cpu_times()[:2]) - used, whole, first, max(most) / 1e6)


def draw_naively(count: int) -> float:
    """qrcode, Pillow and zipfile, in a process of its own; seconds of the processor."""
    command: list[str | Path] = [
        sys.executable,
        ROOT / "scripts" / "draw_qr.py",
        "qrcode_zip",
        "https://chestno.example/functions/v1/q/",
        str(count),
    ]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "functions")}
    said = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
    return float(json.loads(said)["milliseconds"]) / 1000 * count


def made(site: Addresses, count: int) -> tuple[accounts.Session, str, list[str], str]:
    """Somebody who has that many codes with a logo: who, the organization, the codes' ids, and the code of one."""
    person = accounts.sign_up(site, "Анна Соколова")
    with psycopg.connect(str(site.database_url), autocommit=True) as database:
        database.execute("""update subscription_plans set limits = limits || '{"qr_codes": null}'""")
        row = database.execute(
            "insert into organizations (slug, name, inn) values ('apiary', 'Пасека', '7707083893') returning id::text"
        ).fetchone()
        organization = str(row[0]) if row else ""
        database.execute("insert into organization_settings (organization_id) values (%s)", [organization])
        database.execute(
            "insert into organization_members (organization_id, user_id, role) values (%s, %s, 'owner')",
            [organization, person.user_id],
        )
    path = f"{organization}/logo.webp"
    headers = {"apikey": site.secret_key, "Content-Type": "image/webp"}
    address = f"{site.api}/storage/v1/object/organization-logos/{path}"
    httpx.post(address, content=logo(), headers=headers, trust_env=False).raise_for_status()
    style = {
        "foreground": INK, "background": PAPER, "error_correction": "H", "logo_path": path, "logo_scale": LOGO_SHARE,
    }  # fmt: skip
    items = [
        {"title": f"Мёд {number}", "target_kind": "url", "target_url": "https://a.example", "style": style}
        for number in range(count)
    ]
    headers = {"apikey": site.publishable_key, "Authorization": f"Bearer {person.token}"}
    asked = {"organization_id": organization, "items": items}
    answer = httpx.post(
        f"{site.api}/rest/v1/rpc/create_qr_codes", json=asked, headers=headers, timeout=60, trust_env=False
    )
    codes = answer.raise_for_status().json()
    return person, organization, [code["id"] for code in codes], codes[0]["code"]


def run(rounds: int, requests: int, codes: int) -> int:
    bars = Bars()
    before_an_instant_api(bars, rounds, requests)
    parts = ["postgres", "api", "functions"]
    with (
        tempfile.TemporaryDirectory(prefix="chestno-bench-") as folder,
        Stack(Path(folder) / "stack", only=parts) as stack,
    ):
        site, functions = stack.addresses, psutil.Process(stack.pid("functions"))
        person, organization, ids, code = made(site, codes)
        through_the_stack(bars, site, code, rounds, requests // 5)
        exporting(bars, site, functions, person, organization, ids, rounds)
    return bars.verdict()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds of which the median is taken (default: 3)"
    )
    parser.add_argument(
        "--requests", type=int, default=REQUESTS, help=f"scans in a round (default: {REQUESTS})"
    )
    parser.add_argument("--codes", type=int, default=SIZE, help=f"in the ZIP (default: {SIZE})")
