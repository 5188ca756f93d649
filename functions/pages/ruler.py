"""The ruler of levels as web/src/status/LevelRuler.tsx draws it: bars and months in percent of its width."""

from datetime import datetime, timedelta
from typing import Any

from pages.saying import HOME

Ruler = dict[str, Any]

_LEVELS = ("C", "B", "A", "0")
_FIRST_WEEKS = timedelta(days=30)
"""Shorter stretches are a dot: their dates say it better."""
_THINNEST = 2.0
"""A day must be seen too."""


def of_status(status: dict[str, Any], now: datetime) -> Ruler | None:
    """`{rows: [{level, last, bars: [{left, width, is_gap}]}], marks: [{left, month}]}`; None where it would be a dot."""
    stretches = [
        (one["level"], datetime.fromisoformat(one["from"]), one["to"] and datetime.fromisoformat(one["to"]))
        for one in status["stretches"]
    ]
    if not any(now - since > _FIRST_WEEKS for _, since, _ in stretches):
        return None
    marks = _marks(min(since for _, since, _ in stretches), now)
    start = marks[0]

    def place(moment: datetime) -> float:
        return round(min(100.0, max(0.0, (moment - start) / (now - start) * 100)), 1)

    def bar(since: datetime, until: datetime | None, *, is_gap: bool) -> dict[str, Any]:
        left = place(since)
        width = (place(until) if until else 100.0) - left
        return {
            "left": min(left, 100 - _THINNEST),
            "width": max(round(width, 1), _THINNEST),
            "is_gap": is_gap,
        }

    rows = []
    for level in _LEVELS:
        held = sorted((since, until) for each, since, until in stretches if each == level)
        if not held:
            continue
        is_lost = any(one["level"] == level for one in status["lost"])
        nexts: list[datetime | None] = [*(since for since, _ in held[1:]), None]
        gaps = [
            (until, later)
            for (_, until), later in zip(held, nexts, strict=True)
            if until and (later or is_lost)
        ]
        last = [one for one in status["stretches"] if one["level"] == level][-1]
        bars = [bar(*gap, is_gap=True) for gap in gaps if place(gap[1] or now) > 0]
        bars += [bar(*one, is_gap=False) for one in held if place(one[1] or now) > 0]
        rows.append({"level": level, "last": last, "bars": bars})
    return {"rows": rows, "marks": [{"left": place(mark), "month": mark.month - 1} for mark in marks]}


def _marks(first: datetime, now: datetime) -> list[datetime]:
    """The months marked on it, the first at its left end: a quarter for the young, else a year."""
    here = now.astimezone(HOME)

    def months_ago(count: int) -> datetime:
        months = here.year * 12 + here.month - 1 - count
        return datetime(months // 12, months % 12 + 1, 1, tzinfo=HOME)

    counts = (3, 2, 1) if first >= months_ago(3) else (12, 9, 6, 3)
    return [months_ago(count) for count in counts]
