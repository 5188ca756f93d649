"""A cold start of `yookassa_webhook`: from the start of its process to the first notification it stores, and its memory.

Beside the alternative that loads the modules of every function at start (eager_functions.py), in turn, medians. The API
answers at once (instant_api.py), so that the function alone is measured; judged is the processor's time, which says the
same also on a machine that has other things to do.
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
from dataclasses import dataclass, fields
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


@dataclass(frozen=True)
class Start:
    """Up to the first notification that is stored."""

    seconds: float
    processor_seconds: float
    megabytes: float


def start(source: str, api: str, folder: Path) -> Start:
    """Start a server and send it a notification."""
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
        return Start(taken, *used(process.pid))
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


def used(pid: int) -> tuple[float, float]:
    """Seconds and megabytes of a process and its children; pages they share count once, where the system tells."""
    root = psutil.Process(pid)
    seconds, taken = 0.0, 0
    for process in (root, *root.children(recursive=True)):
        times, memory = process.cpu_times(), process.memory_full_info()
        seconds += times.user + times.system
        taken += getattr(memory, "pss", memory.rss)
    return seconds, taken / MEGABYTE


def run(rounds: int, beside: list[str]) -> int:
    sources = {OURS: "functions/main.py", EAGER: "scripts/eager_functions.py"} | {
        path: path for path in beside
    }
    found: dict[str, list[Start]] = {name: [] for name in sources}
    with tempfile.TemporaryDirectory(prefix="chestno-bench-") as folder, instant_api() as api:
        for source in sources.values():
            start(source, api, Path(folder))  # compiles what is not compiled yet
        for _ in range(rounds):
            for name, source in sources.items():
                found[name].append(start(source, api, Path(folder)))
    medians = {
        name: Start(*(statistics.median(getattr(one, field.name) for one in each) for field in fields(Start)))
        for name, each in found.items()
    }
    for name, one in medians.items():
        print(
            f"          {name:<28} {one.seconds:6.2f} s {one.processor_seconds:6.2f} s of processor"
            f" {one.megabytes:7.1f} MB"
        )
    bars = Bars()
    ours, eager = medians[OURS], medians[EAGER]
    bars.bar(
        ours.processor_seconds <= eager.processor_seconds,
        f"the first notification is stored after {ours.processor_seconds:.2f} s of processor"
        f" ({eager.processor_seconds:.2f} s with {EAGER})",
    )
    bars.bar(
        ours.megabytes <= eager.megabytes,
        f"it takes {ours.megabytes:.1f} MB then ({eager.megabytes:.1f} MB with {EAGER})",
    )
    return bars.verdict()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=9, help="of which the median is taken (default: 9)")
    parser.add_argument(
        "--beside", action="append", default=[], metavar="MAIN.PY", help="measure another checkout's, too"
    )
