"""docs/add-a-domain.md is true: its files are there, few are edited by hand, and no list stands twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import generated
import migration
import pytest
import sql_order
from bootstrap import ROOT

DOCUMENT = (ROOT / "docs" / "add-a-domain.md").read_text()
BY_HAND, BY_SCRIPT = (
    re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    for table in DOCUMENT.partition("## Counted")[2].split("| written by")
)
MOST = 12


def test_few_files_are_edited() -> None:
    assert 0 < len(set(BY_HAND)) <= MOST
    for file in (*BY_HAND, *BY_SCRIPT):
        assert len(list(ROOT.glob(file.replace("…", "**")))) == 1, file


def test_the_steps_and_the_count_name_the_same_files() -> None:
    steps = [line for line in DOCUMENT.partition("## Counted")[0].splitlines() if re.match(r"\d+\. `", line)]
    assert {re.findall(r"`([^`]+)`", step)[0] for step in steps} - {"python3 scripts/fix.py"} == set(BY_HAND)


def test_what_is_written_is_what_fix_writes() -> None:
    written = {migration.MIGRATION, sql_order.ARCHITECTURE, *generated.WRITTEN}
    assert set(BY_SCRIPT) == {str(path.relative_to(ROOT)) for path in written}


CONTRACT = json.loads((ROOT / "docs" / "contract.json").read_text())
LISTS = {
    "functions": (CONTRACT["functions"], "functions/main.py"),
    "buckets": (CONTRACT["buckets"], "supabase/migrations/20261120000200_reference_rows.sql"),
    "jobs": (CONTRACT["jobs"], "functions/schedule.toml"),  # functions/main.py says of each where it is
}


def product() -> Iterator[Path]:
    """Every file of the product that a person writes."""
    for folder, endings in {
        "functions": ".py",
        "scripts": ".py",
        "sql": ".sql",
        "web/src": ".ts .tsx",
        "supabase/local": ".js",
    }.items():
        for path in (ROOT / folder).rglob("*"):
            if (
                path.suffix in endings.split()
                and "node_modules" not in path.parts
                and path not in generated.WRITTEN
            ):
                yield path


@pytest.mark.parametrize("what", LISTS)
def test_a_list_stands_once(what: str) -> None:
    names, home = LISTS[what]
    twice = [
        str(path.relative_to(ROOT))
        for path in product()
        if path not in (ROOT / home, ROOT / "functions" / "main.py")
        and all(re.search(rf"[\"'/]{name}[\"'/]", path.read_text()) for name in names)
    ]
    assert twice == []
    assert all(name in (ROOT / home).read_text() for name in names)
