"""From an empty database to ours, as production goes: the platform's schemas, then `supabase db push`."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import psycopg
from bootstrap import ROOT, node, node_environment, npm_install, tied

SUPABASE = ROOT / "supabase"
ADAPTER = SUPABASE / "local"


class DatabaseError(Exception):
    """A migration (or the preparation) failed; the message is what the tool said."""


def prepare(database_url: str, password: str = "") -> None:
    """Make what Supabase brings along, in the database of this address: roles, auth, storage. May run again.

    With a password the API may connect, as roles that can do as little as a hosted project's (platform.sql); without
    one they cannot sign in. Takes about half a second. Raises DatabaseError.
    """
    npm_install(ADAPTER)
    run(
        [node(), ADAPTER / "prepare.js"],
        cwd=ADAPTER,
        DATABASE_URL=database_url,
        DATABASE_PASSWORD=password,
    )


def is_prepared(database_url: str) -> bool:
    """Whether `prepare` has been here."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select to_regnamespace('auth') is not null").fetchone()
    return bool(row and row[0])


def migrate(database_url: str) -> None:
    """Apply what is new in supabase/migrations, with the stock CLI as in production. Raises DatabaseError."""
    supabase("db", "push", f"--remote={database_url}", "--yes")


def migrations() -> dict[str, str]:
    """The name of each migration, and a digest of what it says."""
    files = sorted((SUPABASE / "migrations").glob("*.sql"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def supabase(*arguments: str) -> str:
    """Run the stock Supabase CLI in this project; what it wrote to stdout. Raises DatabaseError."""
    npm_install(ADAPTER)
    cli = ADAPTER / "node_modules" / "supabase" / "dist" / "supabase.js"
    shown, passwords = [], {}
    for argument in arguments:
        without, password = without_password(argument)
        shown.append(without)
        if password:
            passwords = {"PGPASSWORD": password}
    return run([node(), cli, *shown, "--workdir", ROOT], cwd=ROOT, DO_NOT_TRACK="1", **passwords)


def without_password(argument: str) -> tuple[str, str]:
    """A database's address without its password, and the password: any user of this machine can read command lines."""
    found = re.search(r"(?<=://)([^:@/]*):([^@/]*)@", argument)
    if not found:
        return argument, ""
    return argument.replace(found[0], f"{found[1]}@"), unquote(found[2])


def run(command: list[str | Path], cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        tied(command),
        cwd=cwd,
        env=node_environment() | {"PWD": str(cwd)} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DatabaseError(f"{done.stdout}{done.stderr}".strip() or f"ended with {done.returncode}")
    return done.stdout
