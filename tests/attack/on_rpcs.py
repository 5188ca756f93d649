"""Each RPC × hostile arguments × person: no accident, no code that is not ours, and nothing of the victim's told or changed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from attack.asking import Answer, Ask, ask_all, improper
from attack.catalog import Rpc
from attack.scene import INSIDERS, OUTSIDERS, Change, Finding, Key, Scene, text_of
from bootstrap import ROOT
from kit import access
from kit.db import Row

OPEN = {role: access.may_call(role) for role in ("anon", "authenticated")}
ABOUT_OTHERS = access.about_others()
CODES: dict[str, int] = json.loads((ROOT / "docs" / "contract.json").read_text())["codes"]["error_codes"]
OF_POSTGREST = re.compile(r"PGRST\d{3}|22P02|22P05|22003|22007|22008|22021|22023|25006|42501|42846|42883")
"""What it says itself before an RPC is reached: no such function, no JSON, no value of this type, only by POST, not granted."""
THOROUGH = ("owner of another", "moderator")
"""Who tries every hostile value: one to whom most RPCs say yes, about what is theirs."""

HUGE = "я" * 20_000
TEXTS: list[Any] = [
    None, "", "'; drop table public.organizations; --", HUGE, "a\u0000b", "\u202eмёд\u2066", "\ud800", "../../../etc/passwd",
    "a\r\nBcc: x@example.test", 17, [], {"a": 1},
]  # fmt: skip
HOSTILE: dict[str, list[Any]] = {
    "uuid": [None, "", 0, True, [], "00000000-0000-0000-0000-000000000000", "' or 1=1 --", "\u0000"],
    "timestamp with time zone": [
        None, "", "infinity", "-infinity", "NaN", "0044-03-15 BC", "294276-12-31T00:00:00Z", "2026-02-30", 1e18, "now", [],
    ],
    "integer": [None, -1, 0, 2147483647, 2147483648, 1.5, "NaN", "", True, []],
    "bigint": [None, -1, 9223372036854775807, 9223372036854775808, 1.5, "NaN", "", []],
    "numeric": [None, -1, 0, "NaN", "Infinity", 1e-30, 1e308, 10**40, "1,5", []],
    "boolean": [None, "maybe", 7, []],
    "jsonb": [None, [], {}, "x", 5, [None], [{}], [17], {"a\u0000": "\u0000"}, {"settings": HUGE}, [[[[[[[[]]]]]]]]],
    "text[]": [None, [], [None], [""], [["a"], ["b"]], "{a,b}", {"a": 1}, ["x"] * 3000, ["\u0000"], [1, True], ["../x"]],
    "uuid[]": [None, [], [None], [""], ["x"], [["a"]], "{}", {"a": 1}, [17], ["\u0000"]],
    "bigint[]": [None, [], [None], [-1], ["x"], [9223372036854775808], [[1]], "{1}", 1],
}  # fmt: skip
BODIES: list[tuple[str, str, str]] = [
    ("POST", "application/json", ""),
    ("POST", "application/json", "null"),
    ("POST", "application/json", '"x"'),
    ("POST", "application/json", "{"),
    ("POST", "application/json", '{"organization_id": NaN}'),
    ("POST", "application/json", '{"nothing_of_this_name": 1}'),
    ("POST", "application/json", "[" * 5000),
    ("POST", "application/x-www-form-urlencoded", "organization_id=x"),
    ("POST", "text/plain", "x"),
    ("DELETE", "application/json", "{}"),
]
LIKELY: dict[str, Any] = {
    "plan_id": "b_month", "kind": "subscription", "decision": "approved", "outcome": "inn_freed", "level": "B",
    "target_level": "B", "role": "viewer", "documents": ["registration"], "evidence_paths": [], "logo_path": None,
    "days": 30, "valid_until": "2027-03-01T00:00:00Z",
}  # fmt: skip
BY_TYPE = {
    "boolean": True,
    "integer": 1,
    "bigint": 1,
    "numeric": 10,
    "jsonb": {},
    "text[]": [],
    "timestamp with time zone": None,
}


def attack(scene: Scene, who: str, rpcs: Collection[Rpc]) -> tuple[set[Finding], int]:
    """What went wrong when this person called everything, and how many calls that took."""
    found, calls = set[Finding](), 0
    before = scene.state()
    own_id = scene.person(who).user_id

    def judge(answers: list[Answer]) -> None:
        nonlocal before, calls
        calls += len(answers)
        found.update(improper(scene, answers))
        for answer in answers:
            found.update(_of_an_answer(scene, answer))
        if not may_change_it(who):
            rpcs = sorted({answer.ask.where for answer in answers})
            for change in scene.changes(before):
                if not is_ones_own(change, who, own_id) and not is_about_it(change, rpcs):
                    found.add(Finding(" or ".join(rpcs), who, f"{change.verb} of {change.table}"))
            before = scene.state()

    rounds = [list(asks(scene, who, rpc)) for rpc in rpcs]
    ask_all(scene, rounds if who in THOROUGH else [list(chain(*rounds))], judge)
    return found, calls


def may_change_it(who: str) -> bool:
    """Whether an RPC may change something of the victim's for this person."""
    return who not in OUTSIDERS and who != "viewer"


def is_ones_own(change: Change, who: str, own_id: str) -> bool:
    """A member's own settings, and what they write down for their own organization."""
    return who in INSIDERS and (
        change.row.get("user_id") == own_id or (change.verb == "insert" and own_id in text_of(change.row))
    )


def is_about_it(change: Change, rpcs: Collection[str]) -> bool:
    return change.verb == "insert" and any(change.table in ABOUT_OTHERS.get(rpc, ()) for rpc in rpcs)


def asks(scene: Scene, who: str, rpc: Rpc) -> Iterator[Ask]:
    """Everything that this person tries with one RPC."""

    def call(arguments: Mapping[str, Any]) -> Ask:
        return Ask(
            rpc.name,
            who,
            f"called with {brief(arguments)}",
            "POST",
            f"/rest/v1/rpc/{rpc.name}",
            json=arguments,
        )

    foreign = list(likely(rpc, scene.rows, scene, scene.victim.ids["anna"]))
    own = list(likely(rpc, scene.theirs, scene, scene.rival.ids["gleb"]))
    for arguments in foreign:
        yield call(arguments)
    yield call({})
    if rpc.name not in OPEN["anon" if who == "visitor" else "authenticated"]:
        return
    for arguments, others in zip(foreign, own, strict=True):
        yield call(arguments | {name: value for name, value in others.items() if name == "organization_id"})
    yield call(dict.fromkeys(rpc.arguments))
    if who not in THOROUGH:
        return
    for arguments, others in zip(foreign, own, strict=True):
        yield call(arguments | {name: value for name, value in others.items() if name != "organization_id"})
    query = urlencode({name: str(value) for name, value in foreign[0].items()})
    yield Ask(rpc.name, who, "got", "GET", f"/rest/v1/rpc/{rpc.name}?{query}")
    yield Ask(
        rpc.name, who, "called in private", "POST", f"/rest/v1/rpc/{rpc.name}", json=foreign[0],
        headers={"Content-Profile": "private"},
    )  # fmt: skip
    for method, content_type, body in BODIES if who in OUTSIDERS else []:
        yield Ask(
            rpc.name, who, f"{method} {content_type} {body[:20]}", method, f"/rest/v1/rpc/{rpc.name}", content=body,
            headers={"Content-Type": content_type},
        )  # fmt: skip
    base = (foreign if who == "moderator" else own)[-1]
    for name, type_ in rpc.arguments.items():
        words = rpc.words.get(type_)
        for value in [None, "", "hacker", words[-1], 1, [], True] if words else HOSTILE.get(type_, TEXTS):
            yield call(base | {name: value})


def likely(rpc: Rpc, rows: Mapping[Key, Row], scene: Scene, user_id: object) -> Iterator[dict[str, Any]]:
    """Arguments that would do, about these rows; one for each table that an id may be of."""
    choices = {
        name: list(values(rpc, name, type_, rows, scene, user_id)) for name, type_ in rpc.arguments.items()
    }
    for place in range(max((len(values) for values in choices.values()), default=1)):
        yield {name: values[min(place, len(values) - 1)] for name, values in choices.items()}


def values(
    rpc: Rpc, name: str, type_: str, rows: Mapping[Key, Row], scene: Scene, user_id: object
) -> Iterator[Any]:
    organization = next(row for (table, _), row in rows.items() if table == "organizations")
    if name in LIKELY:
        yield LIKELY[name]
    elif name == "user_id":
        yield str(user_id)
    elif type_ in ("bigint[]", "uuid[]"):
        its_type = int if type_ == "bigint[]" else str
        yield [row["id"] for row in rows.values() if isinstance(row.get("id"), its_type)][:50]
    elif type_ == "uuid":
        found = {
            table: row["id"]
            for (table, _), row in rows.items()
            if is_of(table, name.removesuffix("_id")) and isinstance(row.get("id"), str)
        }
        yield from found.values() or [organization["id"]]
    elif name in ("slug", "confirmation"):
        yield scene.rows["organizations", str(scene.victim.organization)]["slug"]
    elif name == "inn":
        yield organization["inn"]
    elif name == "email":
        yield f"{uuid4().hex}@example.test"
    elif type_ in rpc.words:
        yield rpc.words[type_][0]
    else:
        yield BY_TYPE.get(type_, "Проверка" if type_ == "text" else None)


def is_of(table: str, thing: str) -> bool:
    """Whether a table holds such things: `payment_methods`, of `payment_method`."""
    several = thing[:-1] + "ies" if thing.endswith("y") else thing + "s"
    return f"_{table}".endswith(f"_{several}")


def brief(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={str(value)[:24]!r}" for name, value in arguments.items())


def _of_an_answer(scene: Scene, answer: Answer) -> Iterator[Finding]:
    ask = answer.ask
    if ask.where not in OPEN["anon" if ask.who == "visitor" else "authenticated"]:
        if answer.status != 404 and "permission denied for function" not in answer.text:
            yield answer.finding("may call")  # whatever it said itself then
    elif 400 <= answer.status < 500:
        yield from _of_a_refusal(answer)
    if ask.who in OUTSIDERS:
        told = set(scene.marks_in(answer.text, ask.sent)) - scene.shown
        if told:
            yield answer.finding("told of the victim")


def _of_a_refusal(answer: Answer) -> Iterator[Finding]:
    said = answer.json
    if not isinstance(said, dict) or not isinstance(said.get("code"), str):
        yield answer.finding(f"{answer.ask.what}: no error body: {answer.text[:60]}")
    elif said["code"].startswith("PT"):
        if CODES.get(said.get("message", "")) != answer.status:
            yield answer.finding(f"{answer.ask.what}: {answer.status} {said.get('message')}")
    elif not OF_POSTGREST.fullmatch(said["code"]) or (
        said["code"] == "42883" and answer.ask.where not in said["message"]
    ):
        yield answer.finding(
            f"{answer.ask.what}: {answer.status} {said['code']} {said.get('message', '')[:60]}"
        )
