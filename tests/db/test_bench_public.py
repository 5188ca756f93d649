"""That `scripts/bench.py public` says whether a search is as quick as was promised."""

from __future__ import annotations

import pytest
from bars import Bars
from bench_public import judge_search, mistyped


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [(10e-3, 500e-3, 0), (10e-3, 499e-3, 1), (11e-3, 5, 1)],
)
def test_the_bar(ours: float, theirs: float, verdict: int) -> None:
    bars = Bars()
    judge_search(bars, "by name", 0.5e-3, ours, theirs, is_full=True)
    assert (bars.verdict(), bars.judged) == (verdict, 1)


def test_fewer_are_not_judged(capsys: pytest.CaptureFixture[str]) -> None:
    bars = Bars()
    judge_search(bars, "by name", 0.5e-3, 1, 1, is_full=False)
    assert bars.judged == 0
    assert "by name: 1000.00 ms" in capsys.readouterr().out


def test_a_typing_error_is_in_the_longest_word() -> None:
    assert mistyped("Сад и пасека") == "Сад и памека"
