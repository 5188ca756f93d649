"""sql/ has one direction: a file names only what stands in itself and in the files before it.

Function bodies are read too: Postgres looks into them only when they run, so a circle would go unnoticed there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import migration
import pytest

_MADE = re.compile(
    r"\bcreate\s+(?:or\s+replace\s+)?(?:unlogged\s+|materialized\s+)?(?:table|view|type|domain|sequence|function|procedure)\s+"
    r"(?:if\s+not\s+exists\s+)?(?P<name>(?:public|private|monitoring)\.\w+)"
)
_NAMED = re.compile(r"\b(?:public|private|monitoring)\.\w+")
# texts and quoted names too, for each may hold what looks like the beginning of another
_COMMENT_OR_TEXT = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"", re.DOTALL)


def _without_comments(sql: str) -> str:
    """The same lines in lower case with the comments blanked out, and a `--` inside a text or a name left as it is."""

    def blank(match: re.Match[str]) -> str:
        found = match.group()
        return found if found[0] in "'\"" else re.sub(r"[^\n]", " ", found)

    return _COMMENT_OR_TEXT.sub(blank, sql).lower().replace('"', "")


def look_aheads(folder: Path) -> Iterator[str]:
    """`file:line names …, which comes with …`, for each name that is used before the file that makes it."""
    texts = {file.name: _without_comments(file.read_text()) for file in sorted(folder.glob("*.sql"))}
    made: dict[str, str] = {}
    for file, text in texts.items():
        for match in _MADE.finditer(text):
            made.setdefault(match["name"], file)
    for file, text in texts.items():
        for number, line in enumerate(text.split("\n"), start=1):
            for name in _NAMED.findall(line):
                if made.get(name, file) > file:
                    yield f"sql/{file}:{number} names {name}, which comes with {made[name]}"


def test_no_file_names_what_comes_after_it() -> None:
    assert list(look_aheads(migration.RULES)) == []


@pytest.mark.parametrize(
    ("planted", "line", "name"),
    [
        ("create view public.early as select id from public.subscriptions;", 1, "public.subscriptions"),
        (
            "create function private.early() returns void language plpgsql set search_path = '' as $$\nbegin\n"
            "  perform private.move_subscription(null, 'canceled', null, now());\nend\n$$;",
            3,
            "private.move_subscription",
        ),
        (
            "create function private.early(of public.subscriptions) returns int language sql return 1;",
            1,
            "public.subscriptions",
        ),
        (
            "select '-- no comment',\n/* a comment */ s.id from public.subscriptions s;",
            2,
            "public.subscriptions",
        ),
        (
            "comment on policy \"it's\" on x is '--'; select id from public.subscriptions;",
            1,
            "public.subscriptions",
        ),
        ('SELECT id FROM "public"."subscriptions";', 1, "public.subscriptions"),
    ],
    ids=[
        "a statement",
        "a function's body",
        "an argument",
        "beside what looks like a comment",
        "after a name with an apostrophe",
        "in other e-mails",
    ],
)
def test_a_look_ahead_is_named_with_its_line(planted: str, line: int, name: str, tmp_path: Path) -> None:
    for file in migration.RULES.glob("*.sql"):
        (tmp_path / file.name).write_text(file.read_text())
    early = tmp_path / "10_people.sql"
    before = early.read_text()
    early.write_text(before + planted)
    (found,) = look_aheads(tmp_path)
    assert found.startswith(
        f"sql/10_people.sql:{before.count(chr(10)) + line} names {name}, which comes with "
    )


def test_a_name_in_a_comment_is_no_look_ahead(tmp_path: Path) -> None:
    (tmp_path / "10_first.sql").write_text("-- see public.second\n/* and\npublic.second */ select 'it''s';\n")
    (tmp_path / "20_second.sql").write_text("create table public.second (id int);\n")
    assert list(look_aheads(tmp_path)) == []


WRITERS = {"public.subscriptions": "42_subscription_states.sql"}
"""What only one file writes: whoever wants to know how such a row changes reads that file alone."""


def other_writers(folder: Path, table: str) -> Iterator[str]:
    """`file:line` of each statement that writes the table and stands in another file than its own."""
    statement = re.compile(
        rf"\b(?:insert\s+into|update|delete\s+from|merge\s+into)\s+(?:only\s+)?{re.escape(table)}\b"
    )
    for file in sorted(folder.glob("*.sql")):
        text = _without_comments(file.read_text())
        for match in statement.finditer(text):
            if file.name != WRITERS[table]:
                yield f"sql/{file.name}:{text.count(chr(10), 0, match.start()) + 1}"


@pytest.mark.parametrize("table", WRITERS)
def test_one_file_writes_it(table: str, tmp_path: Path) -> None:
    assert list(other_writers(migration.RULES, table)) == []
    (tmp_path / "49_charges.sql").write_text(
        f"-- update {table}\nselect 1;\nupdate {table} s set status = null;"
    )
    assert list(other_writers(tmp_path, table)) == ["sql/49_charges.sql:3"]


def test_files_stay_short_enough_to_be_read() -> None:
    long = {f.name: n for f in migration.RULES.glob("*.sql") if (n := f.read_text().count("\n")) > 500}
    assert long == {}
