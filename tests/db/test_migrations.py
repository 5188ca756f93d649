"""sql/ is what is true; supabase/migrations/ is how a database got there."""

from __future__ import annotations

import migration
from db.world import World


def test_the_schema_migration_is_what_the_rules_say() -> None:
    assert migration.is_joined(), "run scripts/migration.py"


def test_the_reference_rows_are_there(world: World) -> None:
    plans = world.query(
        "visitor",
        "select id, level, amount, currency, period, trial_days from subscription_plans order by position",
    )
    assert [
        (p["id"], p["level"], float(p["amount"]), p["currency"], p["period"], p["trial_days"]) for p in plans
    ] == [
        ("a_month", "A", 1490, "RUB", "month", 14),
        ("a_year", "A", 14900, "RUB", "year", 14),
        ("b_month", "B", 4990, "RUB", "month", 0),
        ("b_year", "B", 49900, "RUB", "year", 0),
    ]


def test_a_period_ends_by_the_calendar(world: World) -> None:
    ends = [
        ("2027-01-31 12:00+03", "month", "Europe/Moscow", "2027-02-28 09:00:00+00"),
        ("2028-02-29 00:00+00", "year", "UTC", "2029-02-28 00:00:00+00"),
        ("2026-12-31 23:30+03", "month", "Europe/Moscow", "2027-01-31 20:30:00+00"),
    ]
    for start, period, zone, end in ends:
        answer = world.one(
            "select private.period_end(%s::timestamptz, %s, %s) = %s::timestamptz as right",
            start,
            period,
            zone,
            end,
        )
        assert answer["right"], (start, period, zone)
