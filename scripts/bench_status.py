"""Status levels at size: the daily job against the same work row by row, and every policy against the query by hand."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from generated import migrated_database

Connection = psycopg.Connection[tuple[Any, ...]]
NOW = datetime.now(UTC)
END = NOW + timedelta(days=1)
LATER = NOW + timedelta(days=2)
SIZES = [10_000, 100_000, 1_000_000]


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
        "insert into organizations (slug, name, inn, created_by)"
        " select 'o-' || row_number() over (), 'Пасека', (1000000000 + row_number() over ())::text, id from profiles"
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
        psycopg.connect(connection.info.dsn, password=connection.info.password, autocommit=True) as another,
    ):
        other = beside.submit(batches, another)
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


def the_job(connection: Connection, rows: int, rounds: int, sample: int) -> None:
    """Medians, the rivals in turn. A rival does `sample` rows: row by row, time grows with the rows."""
    taken: dict[str, list[float]] = {"job": [], "transaction": [], "autocommit": []}
    for _ in range(rounds):
        grant(connection)
        taken["job"].append(timed(by_the_job, connection, rows) / rows)
        by_the_job(connection, 0)  # a rerun ends nothing
        grant(connection)
        taken["transaction"].append(timed(row_by_row, connection, sample, False) / sample)
        taken["autocommit"].append(timed(row_by_row, connection, sample, True) / sample)
    job = statistics.median(taken["job"])
    print(f"daily job, {rows:>9,} ending levels   {job * 1e6:8.1f} µs a row")
    for rival, words in (
        ("transaction", "row by row, one transaction"),
        ("autocommit", "row by row, autocommit"),
    ):
        other = statistics.median(taken[rival])
        print(f"  {words:<34} {other * 1e6:8.1f} µs a row   {other / job:5.1f} times as long")


# Policies: each against the same question with the condition written by hand and row level security off.
QUESTIONS = {
    "organization_status_levels": "organization_id = any (array(select private.organization_ids_where('viewer')))",
    "status_level_events": "organization_id = any (array(select private.organization_ids_where('viewer')))",
    "organization_members": "organization_id = any (array(select private.organization_ids_where('viewer')))",
    "organization_settings": "organization_id = any (array(select private.organization_ids_where('viewer')))",
    "notifications": "user_id = '{user}'",
    "profiles": "id = any (array(select private.teammate_ids()))",
}


def policies(connection: Connection) -> None:
    (user,) = connection.execute("select user_id from organization_members limit 1").fetchone() or ("",)
    claims = f'{{"sub": "{user}", "role": "authenticated"}}'
    connection.execute("select set_config('request.jwt.claims', %s, false)", [claims])
    for table, condition in QUESTIONS.items():
        by_hand = f"select count(*) from {table} where {condition.format(user=user)}"  # noqa: S608
        by_policy = f"select count(*) from {table}"  # noqa: S608
        times: dict[str, list[float]] = {"hand": [], "policy": []}
        for _ in range(31):
            times["hand"].append(timed(connection.execute, by_hand))
            connection.execute("set role authenticated")
            times["policy"].append(timed(connection.execute, by_policy))
            connection.execute("reset role")
        hand, policy = statistics.median(times["hand"]), statistics.median(times["policy"])
        (rows,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)  # noqa: S608
        print(
            f"policy on {table:<28} {rows:>9,} rows   {policy * 1e3:7.2f} ms   {policy / hand:4.2f} times by hand"
        )


def run(sizes: list[int], rounds: int, sample: int) -> int:
    with migrated_database(is_durable=True) as url, psycopg.connect(url, autocommit=True) as connection:
        for size in sizes:
            empty(connection)
            fill(connection, size)
            the_job(connection, size, rounds, min(sample, size))
        policies(connection)
    return 0


def add_arguments(parser: Any) -> None:
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of ending levels")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of which the median is taken")
    parser.add_argument("--sample", type=int, default=2_000, help="rows that the row-by-row rivals do")
