"""A cold start of `yookassa_webhook`: from the start of its process to the first notification it stores, and its memory.

Beside the alternative that loads the modules of every function at start (eager_functions.py), in turn, medians. The API
answers at once (instant_api.py), so that the function alone is measured.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from bars import Bars
from bench_billing import instant_api, unhandled
from bootstrap import ROOT
from stack.ports import free_port

SECRET = "webhook-secret-of-the-bench"  # noqa: S105 - of nothing but this bench
OURS = "loaded when called"
EAGER = "everything loaded"
MEGABYTE = 1024 * 1024


def environment(api: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "SUPABASE_URL": api,
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_of_the_bench",
        "SUPABASE_SECRET_KEY": "sb_secret_of_the_bench",
        "SITE_URL": "http://127.0.0.1",
        "YOOKASSA_SHOP_ID": "1",
        "YOOKASSA_SECRET_KEY": "test_of_the_bench",
        "YOOKASSA_WEBHOOK_SECRET": SECRET,
        "YOOKASSA_IP_CHECK": "off",
    }


def start(source: str, api: str, folder: Path) -> tuple[float, float]:
    """Seconds to the first notification stored, and megabytes then."""
    port = free_port()
    framework = Path(sys.executable).parent / "functions-framework"
    command = [str(framework), "--asgi", "--source", source, "--target", "yookassa_webhook"]
    with (folder / "log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT, env=environment(api), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        first_answer(port, process, folder / "log")
        taken = time.perf_counter() - began
        return taken, memory(process.pid) / MEGABYTE
    finally:
        process.terminate()
        process.wait(30)


def first_answer(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    body = json.dumps(unhandled("cold", 1))
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with suppress(ConnectionError):
            connection.request("POST", f"/{SECRET}", body, {"Content-Type": "application/json"})
            status = connection.getresponse().status
            connection.close()
            if status != 200:
                raise RuntimeError(f"the server answered {status}")
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server does not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.002)


def memory(pid: int) -> int:
    """Bytes of a process and its children; pages that they share count once, where the system tells."""
    root = psutil.Process(pid)
    total = 0
    for process in (root, *root.children(recursive=True)):
        info = process.memory_full_info()
        total += getattr(info, "pss", info.rss)
    return total


def run(rounds: int, beside: list[str]) -> int:
    sources = {OURS: "functions/main.py", EAGER: "scripts/eager_functions.py"} | {
        path: path for path in beside
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in sources}
    with tempfile.TemporaryDirectory(prefix="chestno-bench-") as folder, instant_api() as api:
        for source in sources.values():
            start(source, api, Path(folder))  # compiles what is not compiled yet
        for _ in range(rounds):
            for name, source in sources.items():
                found[name].append(start(source, api, Path(folder)))
    medians = {
        name: (statistics.median(s for s, _ in each), statistics.median(m for _, m in each))
        for name, each in found.items()
    }
    for name, (seconds, megabytes) in medians.items():
        print(f"          {name:<28} {seconds:6.2f} s {megabytes:7.1f} MB")
    bars = Bars()
    (our_seconds, our_megabytes), (seconds, megabytes) = medians[OURS], medians[EAGER]
    bars.bar(
        our_seconds <= seconds,
        f"the first notification is stored {our_seconds:.2f} s after the start ({seconds:.2f} s with {EAGER})",
    )
    bars.bar(
        our_megabytes <= megabytes,
        f"it takes {our_megabytes:.1f} MB then ({megabytes:.1f} MB with {EAGER})",
    )
    return bars.verdict()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=9, help="of which the median is taken (default: 9)")
    parser.add_argument(
        "--beside", action="append", default=[], metavar="MAIN.PY", help="measure another checkout's, too"
    )
