"""What other programs lean on, read from what runs: docs/contract.json.

Tables with their columns, RPCs with their grants, codes, functions, buckets, jobs. docs/design.md says the same in
words; tests/test_contract.py compares the two both ways.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import psycopg
from bootstrap import ROOT
from sql_order import files_of_rpcs

CONTRACT = ROOT / "docs" / "contract.json"
FUNCTIONS = ROOT / "functions"
CALLERS = ("anon", "authenticated", "service_role")


LISTS = {
    "error_codes": (
        "Error codes of the database and of the functions, with their HTTP status.",
        "select code, http_status from private.error_codes()",
    ),
    "field_codes": (
        "What may be wrong with one field of an `invalid_input`.",
        "select unnest(enum_range(null::private.field_code))::text, null",
    ),
    "level_reasons": (
        "Why a level was granted or lost, where no person wrote it.",
        "select unnest(enum_range(null::private.level_reason))::text, null",
    ),
    "decline_reasons": (
        "Why a charge fails; true: the same card will be declined again.",
        "select reason, is_hard from private.decline_reasons()",
    ),
    "quarantine_reasons": (
        "Why a payment is put aside; true: the money goes back by itself.",
        "select reason, goes_back from private.quarantine_reasons()",
    ),
    "document_kinds": (
        "What papers level B was given for.",
        "select unnest(private.document_kinds()), null",
    ),
    "story_rejection_codes": (
        "Why a story is not published.",
        "select unnest(enum_range(null::public.story_rejection_code))::text, null",
    ),
    "story_media_limits": (
        "How many bytes an upload may have, by its kind.",
        "select kind::text, most_bytes from private.media_limits()",
    ),
    "story_media_types": (
        "The content types an upload may have, and its kind.",
        "select t, l.kind::text from private.media_limits() l, unnest(l.content_types) as t order by t",
    ),
    "story_media_problems": (
        "What is wrong with a video or a picture.",
        "select unnest(private.media_problems()), null",
    ),
    "notification_kinds": (
        "What people are told of.",
        "select kind, null from public.notification_kinds order by position",
    ),
}
"""Lists of codes that the rules know and people read in words: what each holds, and where the rules keep it."""


def contract(url: str) -> str:
    """The contract of the database at `url` and of the functions beside it, as the text of docs/contract.json."""
    with psycopg.connect(url) as connection:
        whole = {
            "tables": _tables(connection),
            "enums": dict(
                connection.execute("""
                    select t.typname, array_agg(e.enumlabel order by e.enumsortorder)
                    from pg_enum e join pg_type t on t.oid = e.enumtypid
                    where t.typnamespace = 'public'::regnamespace group by t.typname order by t.typname""").fetchall()
            ),
            "rpcs": _rpcs(connection),
            "codes": {
                name: _codes(connection.execute(query).fetchall()) for name, (_, query) in LISTS.items()
            },
            "buckets": {
                name: {"public": public, "largest_bytes": largest, "types": types}
                for name, public, largest, types in connection.execute(
                    "select id, public, file_size_limit, allowed_mime_types from storage.buckets order by id"
                )
            },
            "plans": {
                plan: {
                    "level": level,
                    "amount": f"{amount} {currency}",
                    "period": period,
                    "trial_days": trial,
                    "limits": limits,
                }
                for plan, level, amount, currency, period, trial, limits in connection.execute(
                    "select id, level, amount, currency, period, trial_days, limits"
                    " from public.subscription_plans order by position"
                )
            },
            "level_c_criteria": [
                key
                for (key,) in connection.execute("select key from public.level_c_criteria order by position")
            ],
        }
    whole |= {
        "functions": _functions(),
        "jobs": _jobs(),
        "pages": pages(),
        "environment": _environment(),
        "stack": _stack(),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _codes(rows: Sequence[tuple[str, Any]]) -> dict[str, Any] | list[str]:
    """A list of codes; with what is said of each, where something is."""
    return dict(rows) if rows and rows[0][1] is not None else [code for code, _ in rows]


def _tables(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """Tables and views of the API: `{columns: {name: type}, values: {column: what it may be}}`."""
    tables: dict[str, Any] = {}
    for table, column, kind in connection.execute("""
            select c.relname, a.attname,
              format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
            order by c.relname, a.attnum"""):
        tables.setdefault(table, {"columns": {}})["columns"][column] = kind
    for table, rule in connection.execute("""
            select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint
            where contype = 'c' and connamespace = 'public'::regnamespace order by 1, 2"""):
        listed = re.fullmatch(r"CHECK \(\((\w+) = ANY \(ARRAY\[(.*)\]\)\)\)", rule)
        if listed and table in tables:
            tables[table].setdefault("values", {})[listed[1]] = re.findall(r"'([^']*)'", listed[2])
    return tables


def _rpcs(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """Functions of the API that somebody may call: `{arguments: {name: type}, answers, open_to, file, says}`."""
    files = files_of_rpcs()
    found: dict[str, Any] = {}
    for name, arguments, types, answers, says, callers in connection.execute(
        """
            select p.proname, coalesce(p.proargnames[1:p.pronargs], '{}'),
              array(
                select format_type(p.proargtypes[n - 1], null)
                  || coalesce(' default ' || pg_get_function_arg_default(p.oid, n), '')
                from generate_series(1, p.pronargs) as n order by n),
              pg_get_function_result(p.oid), obj_description(p.oid, 'pg_proc'),
              array(select r from unnest(%s::text[]) as r where has_function_privilege(r, p.oid, 'execute'))
            from pg_proc p
            where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
            order by p.proname""",
        [list(CALLERS)],
    ):
        if callers:
            found[name] = {
                "arguments": dict(zip(arguments, types, strict=True)),
                "answers": answers,
                "open_to": callers,
                "file": files[name],
                "says": says,
            }
    return found


def _functions() -> dict[str, Any]:
    """The table of functions/main.py: `{methods, from_browser, module, says}`."""
    sys.path.insert(0, str(FUNCTIONS))
    from main import FUNCTIONS as table

    return {
        name: {
            "methods": function.methods.split(","),
            "from_browser": function.for_browser,
            "module": function.module,
            "says": f"Scheduled: the RPC {function.rpc}." if function.rpc else _what_answers(function.module),
        }
        for name, function in table.items()
    }


def _what_answers(module: str) -> str:
    """What the function says of what it takes and gives: the words of its `answer`, without loading the module."""
    source = FUNCTIONS.joinpath(*module.split(".")).with_suffix(".py")
    for node in ast.parse(source.read_text()).body:
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "answer":
            return " ".join((ast.get_docstring(node) or "").split())
    raise LookupError(f"{source} has no answer()")


def _jobs() -> dict[str, str]:
    """When each job runs: `{"payment_sweep": "* * * * *"}`, in UTC."""
    schedule = tomllib.loads((FUNCTIONS / "schedule.toml").read_text())
    return {job["function"]: job["cron"] for job in schedule["job"]}


def pages() -> list[str]:
    """Every address of the web, as its router nests them: `/organizations/:slug`."""
    (router,) = (ROOT / "web" / "src").rglob("router.tsx")
    around: list[str] = []  # of each object we are in: its path
    pages = set()
    for token in re.finditer(r'[{}]|\bpath: "([^"]*)"', router.read_text()):
        if token[0] == "{":
            around.append("")
        elif token[0] == "}":
            around.pop()
        else:
            around[-1] = token[1]
            pages.add("/" + "/".join(part.strip("/") for part in around if part.strip("/")))
    return sorted(page for page in pages if not page.endswith("*"))


def _environment() -> list[str]:
    """The names of everything the functions are told from outside."""
    sys.path.insert(0, str(FUNCTIONS))
    from core.settings import Settings

    return sorted(
        str(alias)
        for name, field in Settings.model_fields.items()
        for alias in getattr(field.validation_alias, "choices", None) or [name.upper()]
    )


def _stack() -> list[str]:
    """What stack.json says of a stack that is up."""
    from stack.parts import Addresses

    return [field.name for field in fields(Addresses)]
