#!/usr/bin/env python3
"""Install what is missing, then check and test everything: rules, functions, stack, simulator, web in a real browser.

Needs nothing but Python 3.11 or newer. Tests start what they need on free ports and leave no trace. Other arguments go
to pytest; then only the tests run, without the checks: scripts/test.py tests/db -k billing -x
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import bootstrap

CHECK = bootstrap.ROOT / "scripts" / "check.py"
MEMORY_OF_A_WORKER = 1_500_000_000  # bytes, with its servers and its browser
OUTSIDE = ("SUPABASE_", "YOOKASSA_", "DATABASE_URL", "SITE_URL", "SCHEDULER_SECRET", "ALLOW_TIME_TRAVEL")


def main() -> None:
    parser = argparse.ArgumentParser(
        usage="test.py [-h] [--fast | --all] [arguments of pytest]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument(
        "--fast",
        action="store_true",
        help="only the checks, the rules and what needs no running stack (a few minutes)",
    )
    extent.add_argument(
        "--all",
        action="store_true",
        help="every pair of faults besides, of which a run otherwise draws a few (hours)",
    )
    options, arguments = parser.parse_known_args()
    bootstrap.enter()
    try:
        install(with_pages=not options.fast)
    except bootstrap.InstallError as error:
        sys.exit(str(error))
    checked = 0 if arguments else check()
    tested = test(
        [*(["--fast"] if options.fast else []), *arguments], {"CHAOS_PAIRS": "all"} if options.all else {}
    )
    sys.exit(tested or checked)


def install(with_pages: bool) -> None:
    """What tests would otherwise wait for one by one, side by side. Raises InstallError."""
    from browser import executable
    from stack import database, web_build

    steps: list[Callable[[], object]] = [lambda: bootstrap.npm_install(database.ADAPTER)]
    if with_pages:
        steps += [web_build.build, executable]
    with ThreadPoolExecutor() as side_by_side:
        try:
            for done in [side_by_side.submit(step) for step in steps]:
                done.result()
        except BaseException:  # Ctrl-C too: nobody waits for what nobody needs any more
            bootstrap.abandon()
            raise


def check() -> int:
    """Run scripts/check.py; its exit code."""
    if not CHECK.exists():
        bootstrap.say("There is no scripts/check.py: nothing is checked, only tested.")
        return 0
    return subprocess.run([sys.executable, CHECK], check=False).returncode


def test(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run pytest; its exit code. Its summary is the last that is printed."""
    command = [sys.executable, "-m", "pytest", "-n", str(workers()), "--dist", "loadgroup", *arguments]
    inside = {name: value for name, value in os.environ.items() if not name.startswith(OUTSIDE)}
    sys.stdout.flush()
    return subprocess.run(command, cwd=bootstrap.ROOT, env=inside | dict(environment), check=False).returncode


def workers() -> int:
    """Two for each core, because a test waits for other processes half of its time; fewer where memory is scarce."""
    import psutil

    room = psutil.virtual_memory().available // MEMORY_OF_A_WORKER
    return max(2, min(8, 2 * (os.cpu_count() or 1), room))


if __name__ == "__main__":
    main()
