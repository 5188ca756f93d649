"""What a run consisted of, printed before its summary: tests, examples that Hypothesis tried, faults and pairs of chaos, calls
of the attack.

A test counts something by `record_property(FIGURES[…], how_many)`; the figures of all its workers are added up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator
from typing import Any, cast

import pytest
from hypothesis.statistics import collector, describe_statistics
from hypothesis.utils.dynamicvariables import DynamicVariable

EXAMPLES, FAULTS, PAIRS = "Hypothesis examples", "faults of chaos", "pairs of faults"
REST, RPCS, OTHERS = "REST calls", "RPC calls", "other calls of the attack"
FIGURES = (EXAMPLES, FAULTS, PAIRS, REST, RPCS, OTHERS)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    said: list[str] = []

    def note(statistics: Any) -> None:
        said.append(describe_statistics(statistics))

    with cast("DynamicVariable[Any]", collector).with_value(note):
        yield
    said.append(getattr(item, "hypothesis_statistics", ""))  # of @given, whose own plugin collects it
    counts = re.findall(r"(\d+) passing, (\d+) failing", "\n".join(said))
    if counts:
        item.user_properties.append((EXAMPLES, sum(int(number) for pair in counts for number in pair)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found: Counter[str] = Counter()
    tests = 0
    for outcome, reports in terminalreporter.stats.items():
        if outcome == "rerun":
            continue
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                tests += 1
                for name, count in report.user_properties:
                    if name in FIGURES:
                        assert isinstance(count, int)
                        found[name] += count
    terminalreporter.write_line(
        ", ".join([f"{tests} tests", *(f"{found[name]} {name}" for name in FIGURES if found[name])])
    )
