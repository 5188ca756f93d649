"""Files that are made from the rules: what they should say now. check.py compares, fix.py writes."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from bootstrap import ROOT, node, npm_install
from stack.database import migrate, prepare, supabase
from stack.ports import free_port
from stack.postgres import Postgres

WEB = ROOT / "web"
TYPES = WEB / "src" / "api" / "database.types.ts"
DOORS = ROOT / "docs" / "doors.md"


@contextmanager
def migrated_database(is_durable: bool = False) -> Iterator[str]:
    """Address of a new database with the platform's schemas and our migrations; gone after the block."""
    with (
        tempfile.TemporaryDirectory(prefix="chestno-") as folder,
        Postgres(Path(folder) / "postgres", free_port(), durable=is_durable) as server,
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


def doors(url: str) -> str:
    """The reference of the database's doors, from its own comments and grants."""
    lines = [
        "# Doors",
        "",
        "The functions of the database that may be called by name: `POST /rest/v1/rpc/<door>`, arguments as JSON.",
        "Written by scripts/fix.py from the comments and grants in `sql/`; refusals are in [errors.md](errors.md).",
        "",
    ]
    with psycopg.connect(url) as connection:
        found = connection.execute("""
            select p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
              obj_description(p.oid, 'pg_proc'),
              array_remove(array[
                case when has_function_privilege('anon', p.oid, 'execute') then 'visitors' end,
                case when has_function_privilege('authenticated', p.oid, 'execute') then 'people' end,
                case when has_function_privilege('service_role', p.oid, 'execute') then 'the service key' end], null)
            from pg_proc p
            where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
            order by 1""").fetchall()
    for name, arguments, result, comment, callers in found:
        lines += [
            f"## {name}",
            "",
            f"`{name}({arguments})` → `{result}`",
            "",
            comment,
            "",
            f"Open to: {', '.join(callers)}.",
            "",
        ]
    return "\n".join(lines)
