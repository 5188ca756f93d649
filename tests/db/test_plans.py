"""That policies and jobs can go by an index: with sequential scans priced out, none is left in the plan."""

from __future__ import annotations

import pytest
from kit import access
from kit.db import DbEnv

BY_PERSON = ["notification_settings", "notifications", "profiles", "platform_admins"]
BY_ORGANIZATION = [
    *(table for table in access.of_one_organization(for_its_people=True) if table not in BY_PERSON),
    "subscription_retry_attempts",
]
JOBS = {
    "ending levels": "select from organization_status_levels where is_active and valid_until <= now() order by valid_until limit 100",
    "due charges": "select from subscriptions where next_charge_at <= now() order by next_charge_at limit 100",
    "grace that ends": "select from subscriptions where grace_until <= now() order by grace_until limit 100",
    "cancelled subscriptions that end": "select from subscriptions where cancel_at_period_end and private.is_live(status) and current_period_end <= now() order by current_period_end limit 100",
    "due notifications": "select from payment_webhooks_log where next_attempt_at <= now() order by next_attempt_at limit 100",
    "undecided payments": "select from payment_transactions where next_check_at <= now() order by next_check_at limit 100",
    "refunds to make": "select from payment_refunds where next_check_at <= now() order by next_check_at limit 100",
    "e-mails to write": "select from notifications where is_to_be_mailed order by id limit 100",
    "e-mails to send": "select from email_outbox where status = 'queued' and next_attempt_at <= now() order by next_attempt_at limit 100",
    "a payment by ЮKassa's id": "select from payment_transactions where yookassa_payment_id = 'x'",
    "a public history": "select from status_level_events where organization_id = '00000000-0000-0000-0000-000000000000' order by occurred_at desc, id desc",
    "the moderators' queue": "select from status_upgrade_requests where status = 'pending' order by created_at limit 50",
}


def plan(db: DbEnv, person: str, query: str) -> str:
    db.run("set local enable_seqscan = off")
    db.run("set local enable_bitmapscan = off")
    rows = db.query(person, f"explain (verbose, costs off) {query}")
    return "\n".join(str(row["QUERY PLAN"]) for row in rows)


def plan_of_all(db: DbEnv, table: str) -> str:
    """How a member reads whatever they may of a table."""
    columns = [
        row["column_name"]
        for row in db.rows(
            "select column_name from information_schema.columns where table_schema = 'public' and table_name = %s"
            " and has_column_privilege('authenticated', format('public.%%I', table_name)::regclass, column_name, 'select')",
            table,
        )
    ]
    return plan(db, "anna", f"select {', '.join(columns)} from {table}")


def assert_asked_once(shown: str) -> None:
    """In an InitPlan, never row by row."""
    for line in shown.splitlines():
        if "Filter:" in line:
            assert "auth.uid()" not in line, shown
            assert "private." not in line, shown


@pytest.mark.parametrize("table", [*BY_ORGANIZATION, *BY_PERSON])
def test_a_policy_goes_by_an_index(db: DbEnv, table: str) -> None:
    shown = plan_of_all(db, table)
    assert f"Seq Scan on public.{table}" not in shown, shown
    assert_asked_once(shown)


@pytest.mark.parametrize("table", access.of_one_organization(for_its_people=False))
def test_a_policy_of_platform_admins_is_asked_once(db: DbEnv, table: str) -> None:
    """They read all of it, so no index narrows it."""
    assert_asked_once(plan_of_all(db, table))


@pytest.mark.parametrize(
    ("index", "query"),
    [
        (
            "one_live_subscription_per_organization",
            "select organization_id from subscriptions where private.is_live(status) order by organization_id",
        ),
        (
            "subscriptions_ending_idx",
            "select from subscriptions where cancel_at_period_end and private.is_live(status) and current_period_end <= now()",
        ),
        (
            "one_undecided_renewal_per_subscription",
            "select subscription_id from payment_transactions where kind = 'renewal' and private.is_undecided(status) order by subscription_id",
        ),
    ],
)
def test_a_partial_index_carries_the_one_word_for_it(db: DbEnv, index: str, query: str) -> None:
    shown = plan(db, "operator", query)
    assert f"using {index}" in shown, shown


@pytest.mark.parametrize("job", JOBS)
def test_a_job_finds_its_work_by_an_index(db: DbEnv, job: str) -> None:
    shown = plan(db, "operator", JOBS[job])
    assert "Seq Scan" not in shown, shown
    assert "Sort" not in shown, shown
