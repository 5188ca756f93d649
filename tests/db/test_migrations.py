"""sql/ is what is true; supabase/migrations/ is how a database got there."""

from __future__ import annotations

import migration
from kit.db import DbEnv


def test_the_schema_migration_is_what_the_rules_say() -> None:
    assert migration.is_joined(), "run scripts/migration.py"


def test_the_reference_rows_are_there(db: DbEnv) -> None:
    plans = db.query(
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
