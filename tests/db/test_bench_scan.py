"""That `scripts/bench.py scan` says whether its bar holds, and fails when it is missed."""

from __future__ import annotations

import pytest
from bars import Bars
from bench_scan import SIZE, judge, run


@pytest.mark.parametrize(
    ("scans", "many", "verdict", "judged"),
    [(SIZE, 120e-6, 0, 1), (SIZE, 121e-6, 1, 1), (10, 900e-6, 0, 0)],
)
def test_the_bar(scans: int, many: float, verdict: int, judged: int) -> None:
    bars = Bars()
    judge(bars, scans, 100e-6, many)
    assert (bars.verdict(), bars.judged) == (verdict, judged)


def test_it_measures_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(scans=200, rounds=1) == 0
    said = capsys.readouterr().out
    assert "no bar is for what was asked" in said
    assert "folding 200 takes" in said
