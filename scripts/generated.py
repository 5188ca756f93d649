"""Files that are made from the rules: what they should say now. check.py compares, fix.py writes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bootstrap import ROOT, node, npm_install
from stack.database import migrate, prepare, supabase
from stack.ports import free_port
from stack.postgres import Postgres

WEB = ROOT / "web"
TYPES = WEB / "src" / "api" / "database.types.ts"


@contextmanager
def migrated_database() -> Iterator[str]:
    """Address of a new database with the platform's schemas and our migrations; gone after the block."""
    with (
        tempfile.TemporaryDirectory(prefix="chestno-") as folder,
        Postgres(Path(folder) / "postgres", free_port(), durable=False) as server,
    ):
        url = server.url()
        prepare(url)
        migrate(url)
        yield f"{url}?sslmode=disable"


def database_types(url: str) -> str:
    """TypeScript types of the API, as the stock CLI writes them and the web formats them."""
    npm_install(WEB)
    types = supabase("gen", "types", "--lang", "typescript", f"--remote={url}")
    prettier = WEB / "node_modules" / "prettier" / "bin" / "prettier.cjs"
    return subprocess.run(
        [node(), prettier, "--stdin-filepath", TYPES],
        input="// Written by scripts/fix.py from the database. Do not edit.\n\n" + types,
        cwd=WEB,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def advice(url: str) -> None:
    """Supabase's own lints on security and performance. Raises DatabaseError when one warns."""
    supabase("db", "advisors", f"--remote={url}", "--type=all", "--level=warn", "--fail-on=warn")
