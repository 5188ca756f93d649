"""Files that are made from the rules: what they should say now. check.py compares, fix.py writes."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from bootstrap import ROOT, node, npm_install
from contract import CONTRACT, LISTS, contract
from sql_order import files_of_rpcs
from stack.database import migrate, prepare, supabase
from stack.ports import free_port
from stack.postgres import Postgres

WEB = ROOT / "web"
TYPES = WEB / "src" / "api" / "database.types.ts"
RPC_REFERENCE = ROOT / "docs" / "rpc.md"
CODES = WEB / "src" / "api" / "codes.ts"


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
    types = supabase("gen", "types", "--lang", "typescript", f"--remote={url}")
    return _typescript("// Written by scripts/fix.py from the database. Do not edit.\n\n" + types, TYPES)


def codes(url: str) -> str:
    """TypeScript of every list of codes, so that one without a translation does not compile."""
    text = "// Written by scripts/fix.py from the database. Do not edit.\n"
    with psycopg.connect(url) as connection:
        for name, (about, query) in LISTS.items():
            rows = connection.execute(query).fetchall()
            values = dict(rows) if rows[0][1] is not None else [code for code, _ in rows]
            words = name.split("_")
            constant = words[0] + "".join(word.title() for word in words[1:])
            kind = "".join(word.title() for word in words).removesuffix("s")
            of = f"keyof typeof {constant}" if isinstance(values, dict) else f"(typeof {constant})[number]"
            text += f"\n/** {about} */\nexport const {constant} = {json.dumps(values)} as const;\n"
            text += f"export type {kind} = {of};\n"
    return _typescript(text, CODES)


def _typescript(text: str, path: Path) -> str:
    """The text as the web formats it."""
    npm_install(WEB)
    prettier = WEB / "node_modules" / "prettier" / "bin" / "prettier.cjs"
    return subprocess.run(
        [node(), prettier, "--stdin-filepath", path],
        input=text,
        cwd=WEB,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def advice(url: str) -> None:
    """Supabase's own lints on security and performance. Raises DatabaseError when one warns."""
    supabase("db", "advisors", f"--remote={url}", "--type=all", "--level=warn", "--fail-on=warn")


def rpc_reference(url: str) -> str:
    """What each RPC does, file by file of sql/, from the database's own comments and grants."""
    lines = [
        "# RPC reference",
        "",
        "The functions of the database that may be called by name: `POST /rest/v1/rpc/<name>`, arguments as JSON.",
        "Written by scripts/fix.py from the comments and grants in `sql/`, file by file.",
        "Refusals are in [errors.md](errors.md), the same for programs in [contract.json](contract.json).",
    ]
    file_of = files_of_rpcs()
    with psycopg.connect(url) as connection:
        found = connection.execute("""
            select p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
              obj_description(p.oid, 'pg_proc'),
              array_remove(array[
                case when has_function_privilege('anon', p.oid, 'execute') then 'visitors' end,
                case when has_function_privilege('authenticated', p.oid, 'execute') then 'people' end,
                case when has_function_privilege('service_role', p.oid, 'execute') then 'the service key' end], null)
            from pg_proc p
            where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype""").fetchall()
    last = ""
    for name, arguments, result, comment, callers in sorted(found, key=lambda rpc: (file_of[rpc[0]], rpc[0])):
        if file_of[name] != last:
            last = file_of[name]
            first_line = (ROOT / last).read_text().partition("\n")[0].removeprefix("--").strip()
            lines += ["", f"## {last}", "", first_line]
        lines += [
            "",
            f"### {name}",
            "",
            f"`{name}({arguments})` → `{result}`",
            "",
            comment,
            "",
            f"Open to: {', '.join(callers)}.",
        ]
    return "\n".join(lines) + "\n"


WRITTEN: dict[Path, Callable[[str], str]] = {
    TYPES: database_types,
    CODES: codes,
    RPC_REFERENCE: rpc_reference,
    CONTRACT: contract,
}
"""Every file that is written from a migrated database, and what says for its address what is to stand in it."""


def from_database(url: str) -> Iterator[tuple[Path, str]]:
    """Every such file, and what it should say."""
    for path, text in WRITTEN.items():
        yield path, text(url)
