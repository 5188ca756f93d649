"""Lists of what holds: a point in words, and the tests it is held by."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache

from bootstrap import ROOT


def missing(tests: Iterable[str]) -> list[str]:
    """Those of `db/test_names.py::test_…` that pytest does not collect, or skips."""
    return [test for test in tests if test.partition("::")[2] not in _names_in(test.partition("::")[0])]


@cache
def _names_in(file: str) -> set[str]:
    """What pytest collects of a file below tests/: its test functions that nothing skips."""
    found = ast.parse((ROOT / "tests" / file).read_text()).body
    return {
        node.name
        for node in found
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not any("skip" in ast.unparse(mark) for mark in node.decorator_list)
    }
