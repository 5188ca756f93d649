"""docs/design.md says what docs/contract.json found, and the other way round.

check.py holds docs/contract.json to what runs. In design.md names stand in backticks: `table(column, …)`, `rpc(argument, …)`, a bare
word. «planned» behind a name takes that name out, at the beginning of a line the whole line. A list that ends in `…` is not whole.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from bootstrap import ROOT

DESIGN = (ROOT / "docs" / "design.md").read_text()
CONTRACT: dict[str, Any] = json.loads((ROOT / "docs" / "contract.json").read_text())

MARK = "«planned»"
# Words in backticks that are neither ours to open nor planned: Postgres's, HTTP's, other programs', the stack's own.
FOREIGN = {
    "AUTH_CONFIRM_EMAIL",
    "email_change",
    "httpx-aiohttp",
    "no-store",
    "numeric",
    "pg_dump",
    "QR_URL",
    "search_path",
    "YOOKASSA_RECEIPTS",
}


@dataclass(frozen=True)
class Call:
    """`name(first, second, …)`: columns of a table or arguments of an RPC."""

    name: str
    parts: tuple[str, ...]
    is_whole: bool


def unmarked_lines(design: str) -> str:
    """The lines that are not planned whole, without blocks of code."""
    text = re.sub(r"^```.*?^```", "", design, flags=re.DOTALL | re.MULTILINE)
    return "\n".join(line for line in text.split("\n") if not line.startswith(MARK))


def standing(design: str) -> str:
    """The design without what is planned, and without blocks of code."""
    text = unmarked_lines(design)
    text = re.sub(rf"`[^`]+` {MARK}", "", text)
    return re.sub(rf"[\w./-]+ {MARK}", "", text)


def spans(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def words(text: str) -> set[str]:
    """Every word in backticks, names of buckets whole."""
    return {word for span in spans(text) for word in re.findall(r"[A-Za-z0-9_]+(?:-[a-z]+)*", span)}


def call(span: str) -> Call | None:
    found = re.fullmatch(r"([a-z_]\w*)\((.*)\)", span, re.DOTALL)
    if not found:
        return None
    parts = [part.strip() for part in re.split(r",(?![^\[{(]*[\]})])", found[2]) if part.strip(" ,\n")]
    names = tuple(name[0] for part in parts if (name := re.match(r"\w+", part)))
    return Call(found[1], names, "…" not in parts)


def calls(text: str) -> list[Call]:
    return [found for span in spans(text) if (found := call(span))]


def section(design: str, number: int) -> str:
    found = re.search(rf"^## {number}\. .*?(?=^## |\Z)", design, re.DOTALL | re.MULTILINE)
    assert found, f"§{number} is gone"
    return found[0]


def says(thing: dict[str, Any]) -> set[str]:
    """The words of what an RPC or a function says of itself."""
    return set(re.findall(r"\w+", f"{thing['says']} {thing.get('answers', '')}"))


def vocabulary(contract: dict[str, Any]) -> set[str]:
    """Every name that there is."""
    known = {
        *contract["tables"],
        *contract["rpcs"],
        *contract["functions"],
        *contract["jobs"],
        *contract["buckets"],
        *contract["plans"],
        *contract["level_c_criteria"],
        *contract["environment"],
        *contract["stack"],
        *contract["enums"],
    }
    for table in contract["tables"].values():
        known |= set(table["columns"]).union(*table.get("values", {}).values())
    for values in (*contract["enums"].values(), *contract["codes"].values()):
        known |= set(values)
    for plan in contract["plans"].values():
        known |= set(plan["limits"])
    for rpc in contract["rpcs"].values():
        known |= set(rpc["arguments"]) | says(rpc)
    for function in contract["functions"].values():
        known |= says(function)
    return known


def faults(design: str, contract: dict[str, Any]) -> list[str]:
    """What design and contract do not agree on."""
    return [
        *not_in_the_design(design, contract),
        *calls_that_are_otherwise(design, contract),
        *names_that_are_not_there(design, contract),
        *answers_that_are_otherwise(design, contract),
        *marks_left_over(design, contract),
    ]


def not_in_the_design(design: str, contract: dict[str, Any]) -> Iterator[str]:
    text = standing(design)
    called = {found.name for found in calls(text)}
    said = words(text)
    for kind, things in (("table", contract["tables"]), ("RPC", contract["rpcs"])):
        for name in things:
            if name not in called:
                yield f"the {kind} {name}(…) is not in design.md"
    for page in set(contract["pages"]) - set(spans(text)):
        yield f"the page {page} is not in design.md"
    for kind in ("functions", "jobs", "buckets", "plans", "level_c_criteria"):
        for name in contract[kind]:
            if name not in said:
                yield f"{name}, of {kind}, is not in design.md"
    for of, values in (contract["enums"] | {"kinds": contract["codes"]["notification_kinds"]}).items():
        for value in values:
            if value not in said:
                yield f"{value}, of {of}, is not in design.md"
    codes, fields = error_codes(design), field_codes(design)
    for code, status in contract["codes"]["error_codes"].items():
        if codes.get(code) != status:
            yield f"the error code {status} {code} is not in design.md §10"
    for code in contract["codes"]["field_codes"]:
        if code not in fields:
            yield f"the field code {code} is not in design.md §10"


def error_codes(design: str) -> dict[str, int]:
    """The first paragraph of §10: `404 `not_found` · 409 `slug_taken` `inn_taken``."""
    listed = section(standing(design), 10).split("\n\n")[1]
    return {
        code: int(group.split()[0]) for group in listed.split("·") for code in re.findall(r"`(\w+)`", group)
    }


def field_codes(design: str) -> set[str]:
    """The paragraph of §10 that begins with "Field codes"."""
    (listed,) = (
        part for part in section(standing(design), 10).split("\n\n") if part.startswith("Field codes")
    )
    return words(listed) - {"path"}


def calls_that_are_otherwise(design: str, contract: dict[str, Any]) -> Iterator[str]:
    for found in calls(standing(design)):
        parts = set(found.parts)
        if table := contract["tables"].get(found.name):
            columns = set(table["columns"])
            if parts - columns:
                yield f"{found.name} has no column {', '.join(sorted(parts - columns))}"
            if found.is_whole and columns - parts:
                yield f"design.md does not say of {found.name}: {', '.join(sorted(columns - parts))}"
        elif rpc := contract["rpcs"].get(found.name):
            if found.is_whole and list(found.parts) != list(rpc["arguments"]):
                yield f"{found.name} takes ({', '.join(rpc['arguments'])}), not ({', '.join(found.parts)})"
        elif found.name not in FOREIGN:
            yield f"there is no {found.name}(…)"


def names_that_are_not_there(design: str, contract: dict[str, Any]) -> Iterator[str]:
    known = vocabulary(contract) | FOREIGN
    for span in spans(standing(design)):
        if re.search(r"[:/] ?/|\.\w+$|^private\.|\$|<", span) and "_" not in span:
            continue
        for word in re.findall(
            r"(?<![\w./-])[A-Za-z][a-z0-9]*(?:[_-][a-z0-9]+)+(?![\w-])|\b[A-Z]+(?:_[A-Z]+)+\b", span
        ):
            if word not in known:
                yield f"design.md names {word}, which is nowhere"
    for code, status in error_codes(design).items():
        if contract["codes"]["error_codes"].get(code) != status:
            yield f"there is no error code {status} {code}"
    for code in field_codes(design) - set(contract["codes"]["field_codes"]):
        yield f"there is no field code {code}"
    for span in spans(standing(design)):
        if re.fullmatch(r"(?:[\d*/,-]+ ){4}[\d*/,-]+", span) and span not in contract["jobs"].values():
            yield f"no job runs at {span}"
        if re.fullmatch(r"/[a-z][\w/:-]*", span) and span not in {*contract["pages"], "/rest"}:
            yield f"there is no page {span}"


def answers_that_are_otherwise(design: str, contract: dict[str, Any]) -> Iterator[str]:
    """`name(…)` → `{key, …}` and `function` `{…}` → `{key, …}`: every key is what the RPC or function says of itself."""
    things = contract["functions"] | contract["rpcs"]
    for found in re.finditer(
        r"`(\w+)(?:\([^`]*\))?`(?: `\{[^`]*\}`)?(?: \([^)`]*\))? → (?:\w+ )?`([\[{(][^`]+)`", standing(design)
    ):
        if thing := things.get(found[1]):
            keys = set(re.findall(r"[\[{(,]\s*([a-z_]\w*)", found[2]))
            columns = contract["tables"].get(thing.get("answers", ""), {"columns": {}})["columns"]
            for key in sorted(keys - says(thing) - set(columns)):
                yield f"{found[1]} answers no {key}"


def marks_left_over(design: str, contract: dict[str, Any]) -> Iterator[str]:
    """What is marked and stands all the same."""
    lines = unmarked_lines(design)
    open_names = {
        *contract["tables"],
        *contract["rpcs"],
        *contract["functions"],
        *contract["codes"]["error_codes"],
    }
    for name in re.findall(rf"`(\w+)(?:\([^`]*\))?` {MARK}", lines):
        if name in open_names:
            yield f"{name} is marked as planned, and stands"
    for span in spans(lines):
        found = re.match(r"([a-z_]\w*)\(", span)
        marked = set(re.findall(rf"(\w+) {MARK}", span))
        if found and marked:
            thing = contract["tables"].get(found[1], {}).get("columns", {}) | contract["rpcs"].get(
                found[1], {}
            ).get("arguments", {})
            for name in sorted(marked & set(thing)):
                yield f"{name} of {found[1]} is marked as planned, and stands"


def test_the_design_and_the_contract_agree() -> None:
    assert faults(DESIGN, CONTRACT) == []


def test_every_backtick_has_its_other_half() -> None:
    for paragraph in re.split(
        r"\n\n|\n«planned»", re.sub(r"^```.*?^```", "", DESIGN, flags=re.DOTALL | re.MULTILINE)
    ):
        assert paragraph.count("`") % 2 == 0, paragraph[:200]


def test_the_sections_are_where_they_were() -> None:
    assert re.findall(r"^## (\d+)\. (\w+)", DESIGN, re.MULTILINE) == [
        ("1", "What"), ("2", "The"), ("3", "Running"), ("4", "People"), ("5", "Status"), ("6", "Billing"),
        ("7", "QR"), ("8", "Stories"), ("9", "Notifications"), ("10", "Error"), ("11", "Limits"),
    ]  # fmt: skip


def _open_an_rpc(contract: dict[str, Any]) -> None:
    contract["rpcs"]["opened_yesterday"] = {"arguments": {}, "answers": "void", "says": ""}


def _take_an_rpc(contract: dict[str, Any]) -> None:
    del contract["rpcs"]["begin_charge"]


def _rename_an_argument(contract: dict[str, Any]) -> None:
    contract["rpcs"]["withdraw_upgrade_request"]["arguments"] = {"id": "uuid"}


def _deploy_a_function(contract: dict[str, Any]) -> None:
    contract["functions"]["deployed_yesterday"] = {"says": ""}


def _take_a_function(contract: dict[str, Any]) -> None:
    del contract["functions"]["payment_refetch"]


def _add_a_code(contract: dict[str, Any]) -> None:
    contract["codes"]["error_codes"]["said_yesterday"] = 409


def _change_a_status(contract: dict[str, Any]) -> None:
    contract["codes"]["error_codes"]["slug_taken"] = 422


def _add_a_field_code(contract: dict[str, Any]) -> None:
    contract["codes"]["field_codes"].append("said_yesterday")


def _take_a_field_code(contract: dict[str, Any]) -> None:
    contract["codes"]["field_codes"].remove("invalid_inn")


def _add_a_column(contract: dict[str, Any]) -> None:
    contract["tables"]["profiles"]["columns"]["nickname"] = "text"


def _take_a_column(contract: dict[str, Any]) -> None:
    del contract["tables"]["organizations"]["columns"]["inn"]


def _add_a_table(contract: dict[str, Any]) -> None:
    contract["tables"]["made_yesterday"] = {"columns": {"id": "uuid"}}


def _add_a_bucket(contract: dict[str, Any]) -> None:
    contract["buckets"]["made-yesterday"] = {}


def _move_a_page(contract: dict[str, Any]) -> None:
    contract["pages"].remove("/levels")
    contract["pages"].append("/what-levels-mean")


def _move_a_job(contract: dict[str, Any]) -> None:
    contract["jobs"]["status_expiry"] = "0 3 * * *"


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (_open_an_rpc, "the RPC opened_yesterday(…) is not in design.md"),
        (_take_an_rpc, "there is no begin_charge(…)"),
        (_rename_an_argument, "withdraw_upgrade_request takes (id), not (request_id)"),
        (_deploy_a_function, "deployed_yesterday, of functions, is not in design.md"),
        (_take_a_function, "design.md names payment_refetch, which is nowhere"),
        (_add_a_code, "the error code 409 said_yesterday is not in design.md §10"),
        (_change_a_status, "there is no error code 409 slug_taken"),
        (_add_a_field_code, "the field code said_yesterday is not in design.md §10"),
        (_take_a_field_code, "there is no field code invalid_inn"),
        (_add_a_column, "design.md does not say of profiles: nickname"),
        (_take_a_column, "organizations has no column inn"),
        (_add_a_table, "the table made_yesterday(…) is not in design.md"),
        (_add_a_bucket, "made-yesterday, of buckets, is not in design.md"),
        (_move_a_job, "no job runs at 0 2 * * *"),
        (_move_a_page, "there is no page /levels"),
        (_move_a_page, "the page /what-levels-mean is not in design.md"),
    ],
)
def test_a_change_of_what_runs_is_noticed(plant: Callable[[dict[str, Any]], None], fault: str) -> None:
    contract = copy.deepcopy(CONTRACT)
    plant(contract)
    assert fault in faults(DESIGN, contract)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("`remove_member(organization_id, user_id)`", "`remove_person(organization_id, user_id)`", "there is no remove_person(…)"),
        ("`remove_member(organization_id, user_id)`", "`remove_member(user_id)`", "remove_member takes (organization_id, user_id), not (user_id)"),
        ("`profiles(id → auth.users, full_name,", "`profiles(id → auth.users, full_name, nickname,", "profiles has no column nickname"),
        ("`{allowed_by_nobody}`", "`{allowed_by_nobody}`", "design.md names allowed_by_nobody, which is nowhere"),
        ("404 `not_found`", "404 `not_found` `gone_for_good`", "there is no error code 404 gone_for_good"),
        ("`revoke_status_level(organization_id, level, reason)` → `{revoked, level}`",
         "`revoke_status_level(organization_id, level, reason)` → `{revoked, level, by}`", "revoke_status_level answers no by"),
        ("`last_owner`", "`last_owner` «planned»", "last_owner is marked as planned, and stands"),
        ("`begin_charge(transaction_id, as_of)`", "`begin_charge(transaction_id, as_of «planned»)`", "as_of of begin_charge is marked as planned, and stands"),
        ("`job_runs(id, job,", "`job_runs(id,", "design.md does not say of job_runs: job"),
    ],
)  # fmt: skip
def test_a_change_of_the_words_is_noticed(before: str, after: str, fault: str) -> None:
    design = DESIGN if before in DESIGN else f"{DESIGN}\n{before}\n"
    assert fault in faults(design.replace(before, after, 1), CONTRACT)


@pytest.mark.parametrize(
    "planned",
    [
        "`opened_tomorrow(organization_id)` «planned» does more.",
        "«planned» `opened_tomorrow(organization_id)` → `{answered_tomorrow}`, code `said_tomorrow`.",
        "`organizations(id, said_tomorrow «planned», …)`",
    ],
)
def test_what_is_planned_needs_not_be_there(planned: str) -> None:
    assert faults(f"{DESIGN}\n{planned}\n", CONTRACT) == []
