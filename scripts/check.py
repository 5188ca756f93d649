"""Check everything that can be checked without running the product. Changes nothing; scripts/fix.py mends what it can."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from bootstrap import ROOT, InstallError, enter, node_environment, npm, npm_install

PYTHON = ["functions", "scripts", "tests"]


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a tool: its output when it finds fault, else nothing."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=node_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.strip() or f"ended with {done.returncode}" if done.returncode else ""


def python_style() -> str:
    ruff = [sys.executable, "-m", "ruff"]
    return run(*ruff, "check", "--quiet", *PYTHON) or run(*ruff, "format", "--check", "--quiet", *PYTHON)


def python_types() -> str:
    return run(sys.executable, "-m", "mypy", *PYTHON)


def web_types() -> str:
    return web("types")


def web_style() -> str:
    return web("style")


def web(script: str) -> str:
    npm_install(ROOT / "web")
    return run(*npm(), "run", "--silent", script, cwd=ROOT / "web")


def web_tests() -> str:
    """The web's unit tests; how many there were is printed."""
    npm_install(ROOT / "web")
    done = subprocess.run(
        [*npm(), "run", "--silent", "test"],
        cwd=ROOT / "web",
        env=node_environment() | {"NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    counted = re.search(r"^ *Tests +(.*)$", done.stdout, re.MULTILINE)
    if done.returncode or not counted:
        return done.stdout.strip() or f"ended with {done.returncode}"
    print(f"         unit tests of the web: {counted[1]}", flush=True)
    return ""


def sql_style() -> str:
    """Lower-case keywords, no tabs, no trailing spaces, lines a screen can show."""
    faults = []
    for file in sorted([*(ROOT / "sql").glob("*.sql"), *(ROOT / "supabase" / "migrations").glob("*.sql")]):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            code = line.partition("--")[0]
            shouted = {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "GRANT", "WHERE", "FROM"}
            if "\t" in line or line != line.rstrip() or shouted & set(code.split()):
                faults.append(f"{file.relative_to(ROOT)}:{number}: {line.strip()}")
    return "\n".join(faults)


def schema_migration() -> str:
    import migration

    return "" if migration.is_joined() else "the migration is not what sql/ says: run scripts/fix.py"


def picture_of_sql() -> str:
    import sql_order

    document = sql_order.ARCHITECTURE.read_text()
    return (
        ""
        if sql_order.drawn(document) == document
        else "docs/architecture.md draws another sql/: run scripts/fix.py"
    )


def database() -> str:
    """The stock CLI applies the migrations; its advisors do not warn; what is written from the database is up to date."""
    from generated import advice, from_database, migrated_database
    from stack.database import DatabaseError

    with migrated_database() as url:
        try:
            advice(url)
        except DatabaseError as error:
            return str(error)
        stale = [path for path, text in from_database(url) if not path.exists() or path.read_text() != text]
    return "\n".join(
        f"{path.relative_to(ROOT)} is not what the database says: run scripts/fix.py" for path in stale
    )


def ci_script() -> str:
    return run("bash", "-n", ".ci/run")


STEPS: Sequence[tuple[str, Callable[[], str]]] = [
    ("web: style", web_style),  # what takes longest comes first
    ("Python types", python_types),
    ("web: types", web_types),
    ("Python style", python_style),
    ("SQL style", sql_style),
    ("schema migration", schema_migration),
    ("picture of sql/", picture_of_sql),
    ("database: advisors, types, contract", database),
    ("web: unit tests", web_tests),
    ("CI script", ci_script),
]


def timed(name: str, step: Callable[[], str]) -> tuple[str, str, float]:
    """A step's name, what it found, and how many seconds that took."""
    started = time.monotonic()
    try:
        said = step()
    except InstallError as error:
        said = str(error)
    return name, said, time.monotonic() - started


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    enter()
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        for taken in as_completed([side_by_side.submit(timed, name, step) for name, step in STEPS]):
            name, said, seconds = taken.result()
            print(f"  {'fault' if said else 'ok   '}  {name}  {seconds:.0f} s", flush=True)
            if said:
                failed += 1
                print(said, flush=True)
    print("checks: " + (f"{failed} of {len(STEPS)} found fault" if failed else "clean"), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
