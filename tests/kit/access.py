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


def may_call(role: str) -> set[str]:
    """The RPCs that the database role may call."""
    header, *lines = _block("RPCs").splitlines()
    place = header.split().index(_ROLES[role]) + 1
    return {cells[0] for line in lines if (cells := line.split())[place] == "+"}


def of_one_organization() -> list[str]:
    """Tables with an `organization_id`, of which strangers find nothing."""
    columns = {
        name: table["columns"]
        for name, table in json.loads((ROOT / "docs" / "contract.json").read_text())["tables"].items()
    }
    header, *lines = TABLES.splitlines()
    stranger = header.split().index("stranger")
    return [
        name
        for name, *cells in (line.split() for line in lines)
        if cells[stranger].startswith(".") and "organization_id" in columns[name]
    ]
