#!/usr/bin/env python3
"""Install what is missing, then check and test everything: rules, functions, stack, simulator, web in a real browser.

Needs nothing but Python 3.11 or newer. Tests start what they need on free ports and leave no trace. Arguments go to
pytest; then only the tests run, without the checks: scripts/test.py tests/db -k billing -x
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

import bootstrap

CHECK = bootstrap.ROOT / "scripts" / "check.py"
OUTSIDE = ("SUPABASE_", "YOOKASSA_", "DATABASE_URL", "SITE_URL", "SCHEDULER_SECRET", "ALLOW_TIME_TRAVEL")


def main() -> None:
    parser = argparse.ArgumentParser(
        usage="test.py [-h] [arguments of pytest]",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _, arguments = parser.parse_known_args()
    bootstrap.enter()
    try:
        install()
    except bootstrap.InstallError as error:
        sys.exit(str(error))
    checked = 0 if arguments else check()
    tested = test(arguments)
    sys.exit(tested or checked)


def install() -> None:
    """What tests would otherwise wait for one by one. Raises InstallError."""
    from browser import executable
    from stack import database, web_build

    bootstrap.npm_install(database.ADAPTER)
    web_build.build()
    executable()


def check() -> int:
    """Run scripts/check.py; its exit code."""
    if not CHECK.exists():
        bootstrap.say("There is no scripts/check.py: nothing is checked, only tested.")
        return 0
    return subprocess.run([sys.executable, CHECK], check=False).returncode


def test(arguments: list[str]) -> int:
    """Run pytest; its exit code. Its summary is the last that is printed."""
    workers = str(max(2, min(4, os.cpu_count() or 2)))
    command = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadgroup", *arguments]
    inside = {name: value for name, value in os.environ.items() if not name.startswith(OUTSIDE)}
    sys.stdout.flush()
    return subprocess.run(command, cwd=bootstrap.ROOT, env=inside, check=False).returncode


if __name__ == "__main__":
    main()
