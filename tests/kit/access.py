"""Who may what, as docs/access.md says it."""

from __future__ import annotations

import json
import re

from bootstrap import ROOT

_ROLES = {"anon": "visitor", "authenticated": "person", "service_role": "service"}


def _block(heading: str) -> str:
    """The lines between the fences under this heading."""
    found = re.search(
        rf"^## {heading}\n.*?^```\n(.*?)\n```$",
        (ROOT / "docs" / "access.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert found, f"docs/access.md has no {heading}"
    return found[1]


TABLES = _block("Tables")
BUCKETS = _block("Buckets")


def signs(block: str) -> dict[str, dict[str, str]]:
    """Of TABLES or BUCKETS: each person's signs, by name."""
    header, *lines = (line.split() for line in block.splitlines())
    return {name: dict(zip(header, cells, strict=True)) for name, *cells in lines}


def columns() -> dict[tuple[str, str], set[str]]:
    """What people write over REST: the columns of each table, by (table, `insert|update`)."""
    return {
        (table, verb): set(names)
        for table, verb, *names in (line.split() for line in _block("Columns").splitlines())
    }


def about_others() -> dict[str, set[str]]:
    """The tables in which an RPC makes rows about organizations that are not the caller's."""
    return {
        rpc: set(tables) for rpc, *tables in (line.split() for line in _block("About others").splitlines())
    }


def may_call(role: str) -> set[str]:
    """The RPCs that the database role may call."""
    header, *lines = _block("RPCs").splitlines()
    place = header.split().index(_ROLES[role]) + 1
    return {cells[0] for line in lines if (cells := line.split())[place] == "+"}


def of_one_organization(*, for_its_people: bool) -> list[str]:
    """Tables with an `organization_id`, of which strangers find nothing: its people find theirs, or nothing either."""
    its = {
        name: table["columns"]
        for name, table in json.loads((ROOT / "docs" / "contract.json").read_text())["tables"].items()
    }
    return [
        name
        for name, cells in signs(TABLES).items()
        if cells["stranger"].startswith(".")
        and cells["owner"].startswith("+") is for_its_people
        and "organization_id" in its[name]
    ]
