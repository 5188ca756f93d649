"""The lists of platform admins at 1,000,000 organizations: each beside a member's own list, both through the API.

- every page of every list, whatever it is narrowed by, takes at most 5 times what a member's own payments take
- no list reads a large table from one end to the other
- what an admin reads of one organization over a table takes at most 5 times as long, too

The bars are judged only at a million.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import accounts
import httpx
import psycopg
from bars import Bars
from psycopg.types.json import Jsonb
from stack.stack import Stack

SIZE = 1_000_000
PAGE = 50
ROUNDS = 41
TIMES = 5
NOW = "2026-11-20 12:00+03"
FILLING = Path(__file__).with_suffix(".sql")
WORDS = "Мёд Пасека Ферма Сыр Хлеб Сад Ягода Чай Глина Керамика Лён Шерсть Дерево Кузница Вино Мука Рыба Травы Варенье Свеча"
PLACES = "Алтая Урала Волги Дона Оки Камы Байкала Ладоги Валдая Кубани Вятки Двины Онеги Селигера Суры Хопра"
TABLES = (
    "organizations organization_words organization_status_levels subscriptions payment_transactions"
    " status_upgrade_requests admin_actions job_runs support_messages abuse_reports"
)
"""What must not be read from one end to the other."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--organizations", type=int, default=SIZE)


def run(organizations: int) -> int:
    bars = Bars()
    with platform(organizations) as bench:
        own = bench.median(bench.member, "GET", MEMBERS_OWN)
        print(f"  a member's own {PAGE} payments: {own * 1e3:.1f} ms", flush=True)
        for (rpc, what), asked in bench.questions().items():
            body = {"max_items": PAGE, **asked}
            items = bench.ask(bench.moderator, "POST", f"rpc/{rpc}", body)["items"]
            taken = bench.median(bench.moderator, "POST", f"rpc/{rpc}", body)
            whole = bench.read_whole(rpc, body)
            line = f"{rpc} {what}: {len(items)} in {taken * 1e3:.1f} ms, {taken / own:.2f} times"
            if organizations >= SIZE:
                bars.bar(taken <= TIMES * own and not whole, f"{line} (at most {TIMES}){_said(whole)}")
            else:
                print(f"  {line}{_said(whole)}", flush=True)
        for what, path in bench.tables().items():
            taken = bench.median(bench.moderator, "GET", path)
            line = f"{what}: {taken * 1e3:.1f} ms, {taken / own:.2f} times"
            if organizations >= SIZE:
                bars.bar(taken <= TIMES * own, f"{line} (at most {TIMES})")
            else:
                print(f"  {line}", flush=True)
    return bars.verdict()


def _said(whole: list[str]) -> str:
    return f"; reads the whole of {', '.join(whole)}" if whole else ""


COLUMNS = "id,kind,amount,currency,status,refunded_amount,created_at"
NEWEST = f"order=created_at.desc&limit={PAGE}"
MEMBERS_OWN = f"payment_transactions?select={COLUMNS}&{NEWEST}"
TABLES_OF_ONE = ("payment_transactions", "organization_status_levels", "status_level_events", "subscriptions")
OTHER_ENDS = {
    **dict.fromkeys(("admin_organizations", "admin_payments", "admin_log", "admin_job_runs"), "oldest"),
    **dict.fromkeys(("admin_requests", "admin_reports", "admin_support"), "newest"),
}


@dataclass(frozen=True)
class Bench:
    """A platform of so many organizations, one of whose owners and one of whose admins ask."""

    api: str
    key: str
    member: str
    moderator: str
    """Their access tokens."""
    moderator_id: UUID
    client: httpx.Client
    database: psycopg.Connection[tuple[Any, ...]]

    def ask(self, token: str, method: str, path: str, body: Any = None) -> Any:
        answer = self.client.request(
            method,
            f"{self.api}/rest/v1/{path}",
            headers={"apikey": self.key, "Authorization": f"Bearer {token}"},
            **({} if body is None else {"json": body}),
        )
        answer.raise_for_status()
        return answer.json()

    def median(self, token: str, method: str, path: str, body: Any = None, rounds: int = ROUNDS) -> float:
        self.ask(token, method, path, body)  # what it reads is in memory
        return statistics.median(_seconds(lambda: self.ask(token, method, path, body)) for _ in range(rounds))

    def value(self, query: str) -> Any:
        (found,) = self.database.execute(query.encode()).fetchone() or (None,)
        return found

    def end_of_a_page(self, table: str) -> Any:
        """Where a page ended, half way down."""
        return self.value(
            "select (extract(epoch from created_at) * 1000000)::bigint || '.' || id"  # noqa: S608 - our own names
            f" from {table} where created_at < '{NOW}'::timestamptz - interval '500 days'"
            " order by created_at desc limit 1"
        )

    def some(self, what: str) -> str:
        """Something by which a payment is known."""
        return str(
            self.value(
                f"select {what} from payment_transactions t join organizations o on o.id = t.organization_id"  # noqa: S608 - as above
                " where t.yookassa_payment_id is not null limit 1"
            )
        )

    def questions(self) -> dict[tuple[str, str], dict[str, Any]]:
        """What is asked of each list, by what is said of it."""
        month = {"created_from": "2025-03-01T00:00:00Z", "created_to": "2025-04-01T00:00:00Z"}
        words: dict[str, dict[str, Any]] = {
            "by a word that all have": {"query": "ооо"},
            "by a word of one in twenty": {"query": "пасека"},
            "by a name that few have": {"query": "керамика суры 4217"},
            "by an INN": {"query": self.some("o.inn")},
            "by an organization's id": {"query": self.some("o.id")},
            "by what nobody is called": {"query": "щщщ"},
        }
        organizations: dict[str, dict[str, Any]] = {
            "all": {},
            "half way down": {"after": self.end_of_a_page("organizations")},
            "of a month": month,
            **{f"of level {level}": {"level": level} for level in "0ABC"},
            "of level C and a month": {"level": "C", **month},
            **{
                status: {"subscription_status": status}
                for status in ("trialing", "active", "past_due", "canceled", "expired")
            },
            "of level B and past due": {"level": "B", "subscription_status": "past_due"},
            "by a beginning": {"query": "кер"},
            "by a word and of level C": {"query": "ягода", "level": "C"},
            **words,
        }
        payments: dict[str, dict[str, Any]] = {
            "all": {},
            "half way down": {"after": self.end_of_a_page("payment_transactions")},
            "of a month": month,
            **{
                status: {"status": status}
                for status in ("judge", "refunded", "succeeded", "canceled", "pending", "quarantined")
            },
            "canceled of a month": {"status": "canceled", **month},
            "by ЮKassa's id": {"query": self.some("t.yookassa_payment_id")},
            "by an amount that most are of": {"query": "1490"},
            "by an amount that few are of": {"query": "743,21"},
            "refunded, by a word": {"query": "сыр", "status": "refunded"},
            **words,
        }
        return {
            **{("admin_organizations", what): asked for what, asked in organizations.items()},
            **{("admin_payments", what): asked for what, asked in payments.items()},
            ("admin_requests", "that wait"): {},
            ("admin_requests", "of every status"): {"status": None},
            ("admin_requests", "rejected, by a word"): {"status": "rejected", "query": "ягода"},
            ("admin_requests", "about names"): {"kind": "name_change", "status": "approved"},
            ("admin_reports", "that wait"): {},
            ("admin_reports", "of every outcome"): {"status": None},
            ("admin_reports", "upheld, by a word"): {"status": "upheld", "query": "ягода"},
            ("admin_reports", "of a kind that few are of"): {"status": None, "kind": "stolen_name"},
            ("admin_reports", "that wait, of that kind"): {"kind": "stolen_name"},
            ("admin_reports", "upheld, of that kind"): {"status": "upheld", "kind": "stolen_name"},
            ("admin_support", "open"): {},
            ("admin_support", "answered"): {"status": "answered"},
            ("admin_support", "answered, from an address"): {"status": "answered", "query": "b@example.test"},
            ("admin_support", "by number"): {"query": "№ 17"},
            ("admin_log", "all"): {},
            ("admin_log", "of one person"): {"admin_id": str(self.moderator_id)},
            ("admin_log", "of one action"): {"action": "review_claim"},
            ("admin_log", "about an organization"): {"query": self.some("o.inn")},
            ("admin_log", "about an id"): {"query": self.some("o.id")},
            ("admin_job_runs", "all"): {},
            ("admin_job_runs", "that failed"): {"status": "failed"},
            ("admin_job_runs", "of one job that failed"): {"job": "level_c", "status": "failed"},
            **{(rpc, "from its other end"): {"sort": sort} for rpc, sort in OTHER_ENDS.items()},
        }

    def tables(self) -> dict[str, str]:
        """What is read of one organization over the tables, by what is said of it."""
        one = f"organization_id=eq.{self.some('o.id')}"
        return {
            **{f"{table} of one organization": f"{table}?{one}" for table in TABLES_OF_ONE},
            "one payment by its id": f"payment_transactions?id=eq.{self.some('t.id')}",
        }

    def read_whole(self, rpc: str, body: dict[str, Any]) -> list[str]:
        """Large tables that the list reads from one end to the other, as its plans say."""
        plans: list[str] = []
        with psycopg.connect(
            self.database.info.dsn, password=self.database.info.password, autocommit=True
        ) as connection:
            connection.add_notice_handler(lambda said: plans.append(said.message_primary or ""))
            connection.execute("load 'auto_explain'")
            for setting in ("log_min_duration = 0", "log_nested_statements = on"):
                connection.execute(f"set auto_explain.{setting}".encode())
            connection.execute("set client_min_messages = log")
            connection.execute(
                "select set_config('request.jwt.claims', %s, false)",
                [f'{{"sub": "{self.moderator_id}", "role": "authenticated"}}'],
            )
            names = ", ".join(f"{name} => %({name})s" for name in body)
            connection.execute("set role authenticated")
            connection.execute(f"select {rpc}({names})".encode(), {k: _argument(v) for k, v in body.items()})
        if not plans:
            raise RuntimeError("nothing was explained")
        read = re.findall(r"Seq Scan on (?:\w+\.)?(\w+)", "\n".join(plans))
        return sorted(set(read) & set(TABLES.split()))


def _argument(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict) else value


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def platform(organizations: int) -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory(prefix="chestno-desk-") as folder,
        Stack(Path(folder), only=["postgres", "api"], durable=False) as stack,
        psycopg.connect(str(stack.addresses.database_url), autocommit=True) as database,
        httpx.Client(timeout=120) as client,
    ):
        where = stack.addresses
        member, moderator = accounts.sign_up(where, "Анна"), accounts.sign_up(where, "Марина")
        (moderator_id,) = database.execute(
            "insert into platform_admins (user_id) select id from profiles where full_name = 'Марина' returning user_id"
        ).fetchone() or (None,)
        taken = _seconds(lambda: fill(database, organizations))
        print(f"  {organizations:,} organizations written in {taken:.0f} s", flush=True)
        yield Bench(
            where.api,
            where.publishable_key,
            member.token,
            moderator.token,
            moderator_id,
            client,
            database,
        )


def fill(database: psycopg.Connection[tuple[Any, ...]], organizations: int) -> None:
    """Three years of a platform: who began lately is on trial, and nobody holds C in the first sixty days."""
    database.execute("set session_replication_role = replica")  # filling is not what is measured
    database.execute("alter table organizations drop constraint inn_has_right_check_digits")
    database.execute("set maintenance_work_mem = '512MB'")
    named = {"size": organizations, "words": WORDS.split(), "places": PLACES.split(), "now": NOW}
    for statement in FILLING.read_text().split(";\n"):
        if statement.strip():
            database.execute(psycopg.ClientCursor(database).mogrify(statement.encode(), named).encode())
    database.execute("set session_replication_role = origin")
    database.execute("vacuum analyze")
    database.execute("checkpoint")
