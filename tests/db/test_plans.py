"""That policies and jobs can go by an index: with sequential scans priced out, none is left in the plan."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import psycopg
import pytest
from kit import access
from kit.db import DbEnv

BY_PERSON = ["notification_settings", "notifications", "profiles", "platform_admins"]
BY_ORGANIZATION = [
    *(table for table in access.of_one_organization(for_its_people=True) if table not in BY_PERSON),
    "subscription_retry_attempts",
]
READ_BY_PLATFORM_ADMINS = [
    table for table in BY_ORGANIZATION if access.signs(access.TABLES)[table]["moderator"].startswith("+")
]
JOBS = {
    "ending levels": "select from organization_status_levels where is_active and valid_until <= now() order by valid_until limit 100",
    "due charges": "select from subscriptions where next_charge_at <= now() order by next_charge_at limit 100",
    "grace that ends": "select from subscriptions where grace_until <= now() order by grace_until limit 100",
    "cancelled subscriptions that end": "select from subscriptions where cancel_at_period_end and private.is_live(status) and current_period_end <= now() order by current_period_end limit 100",
    "due notifications": "select from payment_webhooks_log where next_attempt_at <= now() order by next_attempt_at limit 100",
    "undecided payments": "select from payment_transactions where next_check_at <= now() order by next_check_at limit 100",
    "refunds to make": "select from payment_refunds where next_check_at <= now() order by next_check_at limit 100",
    "receipts to ask for": "select from private.receipts_due where next_check_at <= now() order by next_check_at limit 20",
    "e-mails to write": "select from notifications where is_to_be_mailed order by id limit 100",
    "e-mails to send": "select from email_outbox where status = 'queued' and next_attempt_at <= now() order by next_attempt_at limit 100",
    "a payment by ЮKassa's id": "select from payment_transactions where yookassa_payment_id = 'x'",
    "a public history": "select from status_level_events where organization_id = '00000000-0000-0000-0000-000000000000' order by occurred_at desc, id desc",
    "the moderators' queue": "select from status_upgrade_requests where status = 'pending' order by created_at limit 50",
}


def plan(db: DbEnv, person: str, query: str, bitmaps: str = "off") -> str:
    db.run("set local enable_seqscan = off")
    db.run(f"set local enable_bitmapscan = {bitmaps}")
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
    return plan(db, "anna", f"select {', '.join(columns)} from {table}", bitmaps="on")


def assert_asked_once(shown: str) -> None:
    """In an InitPlan, never row by row."""
    for line in shown.splitlines():
        if "Filter:" in line:
            # For platform admins alone: others were told no by the condition before it.
            line = re.sub(r"AND \([\w.]+ >= private\.platform_admins_read_from\(\)\)", "", line)
            assert "auth.uid()" not in line, shown
            assert "private." not in line, shown


@pytest.mark.parametrize("table", [*BY_ORGANIZATION, *BY_PERSON])
def test_a_policy_goes_by_an_index(db: DbEnv, table: str) -> None:
    shown = plan_of_all(db, table)
    assert f"Seq Scan on public.{table}" not in shown, shown
    assert_asked_once(shown)


@pytest.mark.parametrize("table", READ_BY_PLATFORM_ADMINS)
def test_what_a_platform_admin_reads_of_one_organization_goes_by_its_index(db: DbEnv, table: str) -> None:
    """And never by a list of all of them."""
    column = "subscription_id" if table == "subscription_retry_attempts" else "organization_id"
    one = f"select {column} from {table} where {column} = '00000000-0000-0000-0000-000000000001'"
    shown = plan(db, "moderator", one)
    assert f"Index Cond: ({table}.{column} = " in shown, shown
    assert "public.organizations" not in shown, shown


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


FILTERS: dict[str, list[dict[str, Any]]] = {
    "admin_organizations": [{}, {"level": "B"}, {"subscription_status": "active"}, {"level": "B", "subscription_status": "active"}],
    "admin_requests": [
        {"kind": kind, "status": status} for kind in ("upgrade", "claim", "name_change") for status in ("pending", "approved", None)
    ],
    "admin_reports": [
        {"kind": kind, "status": status} for kind in (None, "other") for status in ("pending", "upheld", None)
    ],
    "admin_payments": [{"status": status} for status in (None, "succeeded", "judge", "refunded")] + [{"query": "1490"}],
    "admin_support": [{"status": status} for status in ("open", "answered")],
    "admin_log": [{}, {"action": "begin_job"}, {"admin_id": UUID(int=1)}, {"query": str(UUID(int=1))}],
    "admin_job_runs": [{}, {"job": "level_c"}, {"status": "failed"}, {"job": "level_c", "status": "failed"}],
}  # fmt: skip


UNWANTED = ["seqscan", "sort", "incremental_sort", "bitmapscan", "hashjoin", "mergejoin"]


def plans_within(db: DbEnv, person: str, rpc: str, **asked: Any) -> str:
    """How the lists within an RPC are read where neither whole tables nor sorting are wanted."""
    shown = statements_within(db, UNWANTED, person, rpc, **asked)
    return "\n".join(plan for plan in shown if "max_items" in plan or "limit" in plan.lower())


def statements_within(db: DbEnv, unwanted: list[str], person: str, rpc: str, **asked: Any) -> list[str]:
    """How the statements within an RPC are done where these ways are not wanted."""
    shown: list[str] = []
    db.run("load 'auto_explain'")
    for setting in (
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_nested_statements = on",
        "client_min_messages = log",
        *(f"enable_{way} = off" for way in unwanted),
    ):
        db.run(f"set local {setting}")

    def keep(said: psycopg.errors.Diagnostic) -> None:
        shown.append(said.message_primary or "")

    db.connection.add_notice_handler(keep)
    try:
        db.rpc(person, rpc, **asked)
    finally:
        db.connection.remove_notice_handler(keep)
    return shown


@pytest.mark.parametrize("sort", ["newest", "oldest"])
@pytest.mark.parametrize(("rpc", "asked"), [(rpc, asked) for rpc, each in FILTERS.items() for asked in each])
def test_a_list_of_the_desk_is_read_in_its_order(
    db: DbEnv, rpc: str, asked: dict[str, Any], sort: str
) -> None:
    """A page of it is the beginning of an index: nothing is sorted but what is shown, and no table read from one end to the other."""
    shown = plans_within(db, "moderator", rpc, sort=sort, **asked)
    assert "Limit" in shown
    page = shown[shown.index("Limit") :]
    assert "Sort" not in page, shown
    assert "Seq Scan" not in page, shown


def test_the_history_of_payments_reads_receipts_and_refunds_once_by_the_organization(db: DbEnv) -> None:
    """However many payments there are."""
    shown = statements_within(
        db, ["seqscan", "bitmapscan"], "anna", "billing_overview", organization_id=db.organization
    )
    (history,) = [plan for plan in shown if "CTE documents" in plan]
    for table in ("fiscal_receipts", "payment_refunds", "payment_transactions"):
        assert history.count(f" on {table} ") == 1, history
        assert f"using {table}_organization_id_idx on {table} " in history, history
    assert "Seq Scan" not in history, history


@pytest.mark.parametrize(
    ("sort", "index"),
    [("newest", "qr_codes_organization_id_idx"), ("oldest", "qr_codes_organization_id_idx"), ("name", "qr_codes_name_idx"), ("name_back", "qr_codes_name_idx")],
)  # fmt: skip
def test_codes_are_read_in_the_order_they_are_sorted_by(db: DbEnv, sort: str, index: str) -> None:
    for after in (None, UUID(int=1)):
        shown = plans_within(
            db, "gleb", "search_qr_codes", organization_id=db.organization, sort=sort, after=after
        )
        page = shown[shown.index("CTE page") :].split("InitPlan")[0 if after is None else 1]
        assert f"using {index}" in page, shown
        assert "Sort" not in page, shown
