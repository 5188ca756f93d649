"""That `scripts/bench.py status` says of each bar whether it holds, and fails when one is missed."""

from __future__ import annotations

import pytest
from bars import Bars
from bench_status import QUESTIONS, judge_policies, judge_the_job, run

SMALL, LARGE = 100_000, 1_000_000
GOOD = {"job": 9e-6, "transaction": 200e-6, "autocommit": 500e-6}


def judged(found: dict[int, dict[str, float]], policies: dict[str, float], size: int) -> tuple[int, int]:
    """The exit code, and how many bars were judged."""
    bars = Bars()
    judge_the_job(bars, found)
    judge_policies(bars, size, policies)
    return bars.verdict(), bars.judged


def test_all_that_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert judged({SMALL: GOOD, LARGE: GOOD}, {"profiles": 1.5}, LARGE) == (0, 6)
    assert "MISSED" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("small", "large", "policy"),
    [
        ({"transaction": 179e-6}, {}, 1),
        ({"autocommit": 449e-6}, {}, 1),
        ({"job": 10.1e-6, "transaction": 1, "autocommit": 1}, {"job": 10e-6}, 1),
        ({"job": 5e-6}, {"job": 6.3e-6}, 1),
        ({}, {"job": 10.1e-6}, 1),
        ({}, {}, 1.51),
    ],
)
def test_one_that_is_missed_fails(
    small: dict[str, float], large: dict[str, float], policy: float, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged({SMALL: GOOD | small, LARGE: GOOD | large}, {"profiles": policy}, LARGE) == (1, 6)
    assert capsys.readouterr().out.count("MISSED") == 1


@pytest.mark.parametrize(("sizes", "count"), [([10_000], 0), ([SMALL], 3), ([LARGE], 2), ([50, LARGE], 2)])
def test_what_was_not_asked_for_is_not_judged(sizes: list[int], count: int) -> None:
    assert judged(dict.fromkeys(sizes, GOOD), {"profiles": 1}, max(sizes)) == (0, count)


def test_every_table_that_is_asked_has_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([20], rounds=1, sample=5) == 0
    said = capsys.readouterr().out
    assert "no bar is for what was asked" in said
    assert said.count(" 20 rows") == len(QUESTIONS)
