"""Which tests run, and in which order: those that take long come first, so that no worker ends long after the others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

LONG = ("test_chaos.py", "test_life.py", "test_demo.py")
NEEDS_A_STACK = {"attack", "chaos", "simulator", "stack", "web"}
"""Folders whose tests start servers of their own."""
WALKS = re.compile(r"(accessibility|test_catalogue_pages|test_desk_pages)\.py::test_.*\[")
"""Tests of one walk: those of one function, in these files."""
LIVES = re.compile(r"test_demo\.py::")
"""Tests that look at one stack of their own, which takes a minute to begin: those of one file."""
ORDER = ("chaos", "attack", "stack", "web", "functions", "simulator", "db")
"""Folders, by how long their tests take."""

RERUNS = 1
"""A browser shares the processors with servers and other browsers: what failed in it is tried once more and shown as
RERUN in the summary. A test that is named there again and again is to be mended, not to be lived with."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fast",
        action="store_true",
        help="only the rules and what needs neither a running stack nor a browser",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--fast"):
        slow = [item for item in items if is_slow(item)]
        items[:] = [item for item in items if not is_slow(item)]
        config.hook.pytest_deselected(items=slow)
    for item in items:
        if folder(item) == "web":
            item.add_marker(pytest.mark.flaky(reruns=RERUNS))
    items.sort(key=lambda item: (item.path.name not in LONG, rank(item)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    return WalksTogether(config, log) if config.getvalue("dist") == "loadgroup" else None


class WalksTogether(LoadScopeScheduling):  # type: ignore[misc]
    """One test at a time to whoever is free, but those that look back upon one walk or life to one worker.

    Groups of its own xdist only knows by a node's id, which pytest no longer lets it change.
    """

    def _split_scope(self, nodeid: str) -> str:
        if LIVES.search(nodeid):
            return nodeid.partition("::")[0]
        return nodeid.partition("[")[0] if WALKS.search(nodeid) else nodeid


def is_slow(item: pytest.Item) -> bool:
    """Whether a test needs more than Postgres and itself."""
    return folder(item) in NEEDS_A_STACK or "the_env" in getattr(item, "fixturenames", ())


def rank(item: pytest.Item) -> int:
    name = folder(item)
    return ORDER.index(name) if name in ORDER else len(ORDER)


def folder(item: pytest.Item) -> str:
    """The folder below tests/ in which a test stands; empty for those right in it."""
    inside = item.path.relative_to(Path(__file__).parents[1])
    return inside.parts[0] if len(inside.parts) > 1 else ""
