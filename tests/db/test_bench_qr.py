"""That what `scripts/bench.py qr-scans` and `qr-functions` measure is still there: at small sizes, of which no bar is judged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import bench_qr_functions
import bench_qr_scans
import pytest


def test_scans_at_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_qr_scans.run(scans=500, codes=20, rounds=1, turns=2) == 0
    said = capsys.readouterr().out
    for words in (
        "20 codes",
        "folding 500 scans",
        "365 days of an organization",
        "30 days of a code",
        "a scan: inserted",
        "32 at once",
    ):
        assert words in said
    assert "no bar is for what was asked" in said


def test_the_functions(capsys: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(1) as thread:  # a test in a browser before may have left a loop running in ours
        assert thread.submit(bench_qr_functions.run, rounds=1, requests=200, codes=10).result() == 0
    said = capsys.readouterr().out
    for words in ("before an instant API", "through the stack", "a ZIP of 10 PNG"):
        assert words in said
    assert "no bar is for what was asked" in said
