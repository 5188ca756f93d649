"""Status levels at size: the daily job against the same work row by row, and every policy against the query by hand.

- at 100,000 ending levels the job is at least 20 times faster than row by row in one transaction, 50 than in autocommit
- from 100,000 on it takes at most 10 µs a row, with history and notices written
- from 100,000 to the largest size it grows no worse than linearly: at most 1.25 times the µs a row, for machines are noisy
- at 1,000,000 rows every policy costs at most 1.5 times the query with row level security off and the condition by hand

A bar whose size was not asked for is not judged.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from bars import Bars
from generated import migrated_database

Connection = psycopg.Connection[tuple[Any, ...]]
NOW = datetime.now(UTC)
END = NOW + timedelta(days=1)
LATER = NOW + timedelta(days=2)
SIZES = [10_000, 100_000, 1_000_000]
SIZE_OF_THE_JOB = 100_000  # at which the bars are set
SIZE_OF_THE_POLICIES = 1_000_000
RIVALS = {"transaction": ("row by row, one transaction", 20), "autocommit": ("row by row, autocommit", 50)}


def another(connection: Connection) -> Connection:
    """One more connection to the same database."""
    return psycopg.connect(connection.info.dsn, password=connection.info.password, autocommit=True)


def settle(connection: Connection) -> None:
    """What a database does by itself between busy hours, so that one round does not pay for another."""
    connection.execute("vacuum analyze")
    connection.execute("checkpoint")


def empty(connection: Connection) -> None:
    connection.execute("set session_replication_role = replica")  # history refuses to be emptied otherwise
    connection.execute("truncate auth.users, organizations, email_outbox cascade")
    connection.execute("set session_replication_role = origin")


def fill(connection: Connection, organizations: int) -> None:
    """That many organizations with an owner each, and an active level B that ends tomorrow."""
    connection.execute("set session_replication_role = replica")  # filling is not what is measured
    connection.execute(
        "insert into auth.users (id, email)"
        " select gen_random_uuid(), 'u' || n || '@example.test' from generate_series(1, %s) n",
        [organizations],
    )
    connection.execute("insert into profiles (id, full_name) select id, 'Имя' from auth.users")
    connection.execute("alter table organizations drop constraint if exists inn_has_right_check_digits")
    connection.execute(
        "insert into organizations (slug, name, inn, created_by, is_published)"
        " select 'o-' || n, 'Пасека', (1000000000 + n)::text, id, n % 10 <> 0"
        " from (select id, row_number() over () as n from profiles) p"
    )
    connection.execute("insert into organization_settings (organization_id) select id from organizations")
    connection.execute(
        "insert into organization_members (organization_id, user_id, role) select id, created_by, 'owner' from organizations"
    )
    connection.execute("set session_replication_role = origin")
    grant(connection)


def grant(connection: Connection) -> None:
    """Everybody holds B until tomorrow, and nothing has happened yet."""
    connection.execute("set session_replication_role = replica")
    for table in (
        "status_notices",
        "organization_status_levels",
        "status_level_events",
        "notifications",
        "email_outbox",
    ):
        connection.execute(f"truncate {table} cascade")
    connection.execute(
        "insert into organization_status_levels (organization_id, level, valid_from, valid_until)"
        " select id, 'B', %s, %s from organizations",
        [NOW - timedelta(days=100), END],
    )
    connection.execute("set session_replication_role = origin")
    settle(connection)


def by_the_job(connection: Connection, rows: int) -> None:
    """As the function status_expiry does: two at once, each one batch after another; then one alone."""

    def batches(connection: Connection) -> int:
        expired = 0
        while True:
            (answer,) = connection.execute("select run_status_expiry(%s, 2500)", [LATER]).fetchone() or ({},)
            if answer["failed_steps"]:
                raise RuntimeError(answer)
            expired += int(answer["expired"])
            if not answer["more"]:
                return expired

    with (
        ThreadPoolExecutor(1) as beside,
        another(connection) as second,
    ):
        other = beside.submit(batches, second)
        expired = batches(connection) + other.result()
        expired += batches(connection)
    if expired != rows:
        raise RuntimeError(f"{expired} of {rows} expired")


# The rival: the same rows written by the statements a program would send, one level after another.
ROW_BY_ROW = [
    "select from organizations where id = %(organization)s for no key update",
    "update organization_status_levels set is_active = false, revoked_at = %(as_of)s, revoke_reason = 'term_ended'"
    " where id = %(id)s and is_active",
    "insert into status_level_events (organization_id, level, action, reason, occurred_at, actor_kind)"
    " values (%(organization)s, 'B', 'expired', 'term_ended', %(as_of)s, 'job')",
    "update organization_status_levels set is_active = false, revoked_at = %(as_of)s, revoke_reason = 'paid_level_lost'"
    " where organization_id = %(organization)s and level = 'C' and is_active and not exists ("
    "select from organization_status_levels where organization_id = %(organization)s and level in ('A', 'B') and is_active)",
    "insert into notifications (user_id, organization_id, kind, data, is_to_be_mailed)"
    " select m.user_id, o.id, 'status_revoked', jsonb_build_object('level', 'B', 'organization', o.name), true"
    " from organizations o join organization_members m on m.organization_id = o.id"
    " left join notification_settings s on s.user_id = m.user_id and s.kind = 'status_revoked'"
    " where o.id = %(organization)s and m.role >= 'viewer'",
]


def row_by_row(connection: Connection, rows: int, is_autocommit: bool) -> None:
    connection.execute(
        "alter table status_level_events disable trigger status_level_events_are_told"
    )  # it writes the last one itself
    try:
        due = connection.execute(
            "select id, organization_id from organization_status_levels where is_active and valid_until <= %s limit %s",
            [LATER, rows],
        ).fetchall()
        if is_autocommit:
            for level_id, organization in due:
                for statement in ROW_BY_ROW:
                    connection.execute(
                        statement, {"id": level_id, "organization": organization, "as_of": LATER}
                    )
        else:
            with connection.transaction():
                for level_id, organization in due:
                    for statement in ROW_BY_ROW:
                        connection.execute(
                            statement, {"id": level_id, "organization": organization, "as_of": LATER}
                        )
    finally:
        connection.execute("alter table status_level_events enable trigger status_level_events_are_told")


def timed(work: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started


def the_job(connection: Connection, rows: int, rounds: int, sample: int) -> dict[str, float]:
    """Seconds a row: medians, the rivals in turn. A rival does `sample` rows: row by row, time grows with the rows."""
    taken: dict[str, list[float]] = {"job": [], "transaction": [], "autocommit": []}
    for _ in range(rounds):
        grant(connection)
        taken["job"].append(timed(by_the_job, connection, rows) / rows)
        by_the_job(connection, 0)  # a rerun ends nothing
        grant(connection)
        taken["transaction"].append(timed(row_by_row, connection, sample, False) / sample)
        taken["autocommit"].append(timed(row_by_row, connection, sample, True) / sample)
    found = {name: statistics.median(seconds) for name, seconds in taken.items()}
    print(f"daily job, {rows:>9,} ending levels   {found['job'] * 1e6:8.1f} µs a row")
    for rival, (words, _) in RIVALS.items():
        times = found[rival] / found["job"]
        print(f"  {words:<34} {found[rival] * 1e6:8.1f} µs a row   {times:5.1f} times as long", flush=True)
    return found


def judge_the_job(bars: Bars, found: dict[int, dict[str, float]]) -> None:
    """The bars of the sizes that were measured: seconds a row of each size, by who did it."""
    for size, seconds in found.items():
        if size == SIZE_OF_THE_JOB:
            for rival, (words, least) in RIVALS.items():
                times = seconds[rival] / seconds["job"]
                bars.bar(
                    times >= least, f"{size:,}: {times:.1f} times faster than {words} (at least {least})"
                )
        if size >= SIZE_OF_THE_JOB:
            bars.bar(seconds["job"] <= 10e-6, f"{size:,}: {seconds['job'] * 1e6:.1f} µs a row (at most 10)")
    largest = max(found)
    if SIZE_OF_THE_JOB in found and largest > SIZE_OF_THE_JOB:
        growth = found[largest]["job"] / found[SIZE_OF_THE_JOB]["job"]
        bars.bar(
            growth <= 1.25,
            f"{growth:.2f} times the µs a row at {largest:,} of those at {SIZE_OF_THE_JOB:,} (at most 1.25)",
        )


# Policies: each against the same question with the condition written by hand and row level security off.
MEMBER = "organization_id = any (array(select private.organization_ids_where('{role}')))"
MEMBER_OR_PLATFORM = (
    f"{MEMBER} or ((select private.is_platform_admin())"
    " and organization_id >= private.platform_admins_read_from())"
)
QUESTIONS = {
    "organization_status_levels": MEMBER_OR_PLATFORM.format(role="viewer"),
    "status_level_events": MEMBER_OR_PLATFORM.format(role="viewer"),
    "status_upgrade_requests": MEMBER_OR_PLATFORM.format(role="admin"),
    "evidence_files": MEMBER_OR_PLATFORM.format(role="admin"),
    "organizations": "is_published or (select private.is_platform_admin())"
    " or id = any (array(select private.organization_ids_where('viewer')))",
    "organization_members": MEMBER_OR_PLATFORM.format(role="viewer"),
    "organization_invitations": MEMBER.format(role="admin"),
    "organization_settings": MEMBER.format(role="viewer"),
    "notifications": "user_id = (select auth.uid()) and is_shown",
    "notification_settings": "user_id = (select auth.uid())",
    "profiles": "id = any (array(select private.teammate_ids()))",
}


def fill_what_is_asked(connection: Connection) -> None:
    """A row for every organization or person in the tables that the job leaves small or empty."""
    connection.execute("set session_replication_role = replica")
    connection.execute("truncate status_level_events, notifications")
    for statement in (
        "insert into status_level_events (organization_id, level, action, occurred_at, actor_kind)"
        " select id, 'B', 'granted', now(), 'system' from organizations",
        "insert into status_upgrade_requests"
        " (organization_id, target_level, message, evidence_paths, requested_by, waiting_since)"
        " select id, 'B', 'Проверьте нас', array[id || '/1.pdf'], created_by, now() from organizations",
        "insert into evidence_files (path, organization_id, content_type, bytes, sha256, uploaded_by)"
        " select id || '/1.pdf', id, 'application/pdf', 1000, repeat('0', 64), created_by from organizations",
        "insert into organization_invitations (organization_id, email, role, token_hash, expires_at, invited_by)"
        " select id, slug || '@example.test', 'viewer', sha256(id::text::bytea), now(), created_by from organizations",
        "insert into notifications (user_id, organization_id, kind)"
        " select created_by, id, 'status_granted' from organizations",
        "insert into notification_settings (user_id, kind, by_email)"
        " select id, 'status_granted', false from profiles",
    ):
        connection.execute(statement)
    connection.execute("set session_replication_role = origin")
    settle(connection)


def policies(connection: Connection) -> dict[str, float]:
    """How many times as long each question takes by policy as by hand: medians, in turn, on a connection each."""
    (user,) = connection.execute("select user_id from organization_members limit 1").fetchone() or ("",)
    claims = f'{{"sub": "{user}", "role": "authenticated"}}'
    found = {}
    with another(connection) as operator, another(connection) as person:
        for each in (operator, person):
            each.execute("select set_config('request.jwt.claims', %s, false)", [claims])
        person.execute("set role authenticated")
        for table, condition in QUESTIONS.items():
            by_hand = f"select count(*) from {table} where {condition}"  # noqa: S608
            by_policy = f"select count(*) from {table}"  # noqa: S608
            times: dict[str, list[float]] = {"hand": [], "policy": []}
            for _ in range(20):  # both plans are made, and what they read is in memory
                operator.execute(by_hand)
                person.execute(by_policy)
            for _ in range(101):
                times["hand"].append(timed(operator.execute, by_hand))
                times["policy"].append(timed(person.execute, by_policy))
            hand, policy = statistics.median(times["hand"]), statistics.median(times["policy"])
            found[table] = policy / hand
            (rows,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)  # noqa: S608
            print(
                f"policy on {table:<28} {rows:>9,} rows   {policy * 1e3:7.2f} ms   {policy / hand:4.2f} times by hand",
                flush=True,
            )
    return found


def judge_policies(bars: Bars, size: int, found: dict[str, float]) -> None:
    """The bar of each policy, when there were as many rows as it is set for."""
    if size < SIZE_OF_THE_POLICIES:
        return
    for table, times in found.items():
        bars.bar(
            times <= 1.5, f"the policy on {table} costs {times:.2f} times the condition by hand (at most 1.5)"
        )


def run(sizes: list[int], rounds: int, sample: int) -> int:
    bars = Bars()
    with migrated_database(is_durable=True) as url, psycopg.connect(url, autocommit=True) as connection:
        found = {}
        for size in sorted(sizes):
            empty(connection)
            fill(connection, size)
            found[size] = the_job(connection, size, rounds, min(sample, size))
        fill_what_is_asked(connection)
        asked = policies(connection)
    judge_the_job(bars, found)
    judge_policies(bars, max(sizes), asked)
    return bars.verdict()


def add_arguments(parser: Any) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of ending levels")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the median is taken")
    parser.add_argument("--sample", type=int, default=2_000, help="rows that the row-by-row rivals do")
