"""Each table × person × verb, over REST. docs/access.md says what they may; whoever is outside gets nothing at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from attack.asking import Answer, Ask, ask_all, improper
from attack.catalog import Column, Table
from attack.scene import OUTSIDERS, Change, Finding, Scene
from kit import access

SIGNS = access.signs(access.TABLES)
COLUMNS = access.columns()
VERBS = ("select", "insert", "update", "delete")
COLUMN_BY_COLUMN = ("visitor", "owner of another")
"""Who tries every column, and every other way to ask: what is granted is the same for all who are signed in."""
UPSERT = {"Prefer": "resolution=merge-duplicates"}
COUNTED = {"Prefer": "count=exact"}


def sign(table: str, who: str, verb: str) -> str:
    """What docs/access.md says of it. Who is of another organization is a stranger to this one."""
    person = "stranger" if who.endswith(" of another") else who
    return SIGNS.get(table, {}).get(person, "----")[VERBS.index(verb)]


def asks(scene: Scene, who: str, tables: Collection[Table]) -> Iterator[Ask]:
    """Everything that this person tries."""
    for table in tables:
        row = next((row for (name, _), row in scene.rows.items() if name == table.name), {})
        its = "?" + urlencode({name: f"eq.{row[name]}" for name in table.key if name in row})
        yield from reads(table, who, its)
        yield from writes(table, who, its, row)


def reads(table: Table, who: str, its: str) -> Iterator[Ask]:
    def get(query: str, where: str = table.name, **headers: str) -> Ask:
        return Ask(where, who, "select", "GET", f"/rest/v1/{table.name}{query}", headers=headers)

    first = table.columns[0].name
    yield get("")
    yield get(its, **COUNTED)
    if who not in COLUMN_BY_COLUMN:
        return
    yield get(f"?order={first}.desc&limit=1000", Accept="text/csv")
    yield get(f"?or=({first}.is.null,{first}.not.is.null)")
    yield Ask(table.name, who, "select", "HEAD", f"/rest/v1/{table.name}{its}", headers=COUNTED)
    if who == "visitor":  # what is granted by column is refused whole
        for column in table.columns:
            yield get(f"?select={column.name}")
    for neighbour in table.neighbours:
        yield get(f"?select={quote(neighbour)}(*)", where=neighbour.partition("!")[0])


def writes(table: Table, who: str, its: str, row: dict[str, Any]) -> Iterator[Ask]:
    path = f"/rest/v1/{table.name}"
    whole = {column.name: row.get(column.name) for column in table.written}
    new = {name: str(uuid4()) if name == "id" else value for name, value in whole.items()}
    least = {column.name: whole[column.name] for column in table.written if column.is_required} or new
    granted = {name: whole[name] for name in COLUMNS.get((table.name, "insert"), ()) if name in whole}
    yield Ask(table.name, who, "insert", "POST", path, json=new)
    if granted:
        yield Ask(table.name, who, "insert", "POST", path, json=granted)
    if who in COLUMN_BY_COLUMN:
        yield Ask(table.name, who, "insert", "POST", path, json=whole)
        yield Ask(table.name, who, "insert", "POST", path, json=least)
    yield Ask(table.name, who, "insert", "POST", path, json=[whole, new], headers=UPSERT)

    for column in changed_columns(table, who):
        value = another(column, row.get(column.name))
        yield Ask(table.name, who, f"update {column.name}", "PATCH", path + its, json={column.name: value})
    first = changed_columns(table, who)[0]
    value = another(first, row.get(first.name))
    yield Ask(table.name, who, f"update {first.name}", "PATCH", path, json={first.name: value})

    yield Ask(table.name, who, "delete", "DELETE", path + its)
    yield Ask(table.name, who, "delete", "DELETE", f"{path}?{table.columns[0].name}=not.is.null")


def changed_columns(table: Table, who: str) -> list[Column]:
    """Those one may write, and the first; or all."""
    if who in COLUMN_BY_COLUMN:
        return table.written
    may = COLUMNS.get((table.name, "update"), set())
    return [column for column in table.written if column.name in may] or table.written[:1]


def another(column: Column, value: Any) -> Any:
    """A value of the column's type; another where that is easy."""
    match column.type:
        case "text":
            return f"чужое {uuid4().hex[:8]}"
        case "boolean":
            return not value
        case "integer" | "bigint" | "numeric":
            return 1 if value != 1 else 2
        case "timestamp with time zone":
            return "2026-01-01T00:00:00Z"
    return value


def attack(scene: Scene, who: str, tables: Collection[Table]) -> tuple[set[Finding], int]:
    """What went wrong when this person tried everything, and how many calls that took."""
    found, calls = set[Finding](), 0
    before = scene.state()

    def judge(answers: list[Answer]) -> None:
        nonlocal calls
        calls += len(answers)
        found.update(improper(scene, answers))
        for answer in answers:
            verb = answer.ask.what.split()[0]
            found.update(_of_a_read(scene, answer) if verb == "select" else _of_a_write(answer))

    ask_all(scene, [asks(scene, who, tables)], judge)
    for change in scene.changes(before):
        if not _may(scene, who, change):
            found.add(Finding(change.table, who, f"{change.verb} done"))
    return found, calls


def _may(scene: Scene, who: str, change: Change) -> bool:
    """Whether this person changes this row of the victim's. Who only looks on changes what is their own."""
    if who in OUTSIDERS or who == "moderator":
        return False
    if who == "viewer" and scene.person(who).user_id not in (change.row.get("id"), change.row.get("user_id")):
        return False
    return (
        change.verb == "insert" or sign(change.table, who, change.verb) == "+"
    )  # triggers write down what happened


def _of_a_read(scene: Scene, answer: Answer) -> Iterator[Finding]:
    ask = answer.ask
    its_sign = sign(ask.where, ask.who, "select")
    if its_sign == "-" and answer.status not in (401, 403):
        yield answer.finding("may select")
    if not answer.is_good or (ask.who not in OUTSIDERS and its_sign == "+"):
        return
    counted = answer.headers.get("content-range", "").rpartition("/")[2]
    if scene.marks_in(answer.text, ask.sent) or ("eq." in ask.path and counted not in ("", "*", "0")):
        yield answer.finding("read")


def _of_a_write(answer: Answer) -> Iterator[Finding]:
    ask = answer.ask
    verb, *columns = ask.what.split()
    may = sign(ask.where, ask.who, verb) != "-"
    if columns:
        may &= columns[0] in COLUMNS.get((ask.where, verb), set())
    if not may and answer.status not in (401, 403):
        yield answer.finding(f"may {ask.what}")
    if may and ask.who in OUTSIDERS and "eq." in ask.path and answer.status not in (204, 401, 403):
        yield answer.finding(
            f"reached by {ask.what}"
        )  # a rule looked at the row, so the policy had let it through
