"""A running stack for the tests, but for the web and the scheduler, with a clock that the test moves.

A test says itself when a job comes by and when time passes (for Postgres and for ЮKassa, side by side), and delivers the
notifications itself, when and as often as it likes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from stack.credentials import Credentials
from stack.parts import Addresses
from stack.ports import free_port
from stack.stack import Stack
from time_machine import TimeMachine

from kit import people, yookassa
from kit.customer import Customer
from kit.people import Person
from kit.server import CLIENT, Server
from kit.yookassa import Yookassa

WEBHOOK_SECRET = "webhook-secret-of-the-tests"


@dataclass
class Env:
    """What the functions live among: `stack` says where everything is."""

    folder: Path
    stack: Addresses
    credentials: Credentials
    simulator: Yookassa
    time: TimeMachine
    database: psycopg.Connection[dict[str, Any]]

    @property
    def functions(self) -> str:
        """Where the functions are, with /functions/v1."""
        return self.stack.functions

    @property
    def service(self) -> Person:
        return people.service(self.stack)

    def sign_up(self, name: str = "Анна") -> Person:
        return people.sign_up(self.stack, name)

    def customer(self, name: str = "Анна") -> Customer:
        """Somebody new, with an organization of their own that has paid for nothing yet."""
        person = self.sign_up(name)
        return Customer(self, person, person.create_organization()["id"])

    @contextmanager
    def more_functions(self, **settings: str) -> Iterator[tuple[str, Server]]:
        """A second process of functions with other settings: its address, and itself to read or kill."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        server = Server(
            [sys.executable, "-m", "uvicorn", "--app-dir", "functions", "local:app", "--port", str(port)],
            self.folder / f"functions-{port}.log",
            address,
            self.environment(**settings),
        )
        try:
            yield f"{address}/functions/v1", server
        finally:
            server.stop()

    def environment(self, **changes: str) -> dict[str, str]:
        """What the functions are told here."""
        return {
            "SUPABASE_URL": self.stack.api,
            "SUPABASE_PUBLISHABLE_KEY": self.stack.publishable_key,
            "SUPABASE_SECRET_KEY": self.stack.secret_key,
            "SITE_URL": self.stack.web,
            "SCHEDULER_SECRET": self.stack.scheduler_secret,
            "ALLOW_TIME_TRAVEL": "1",
            "YOOKASSA_API_URL": f"{self.stack.yookassa}/v3",
            "YOOKASSA_SHOP_ID": self.credentials.shop_id,
            "YOOKASSA_SECRET_KEY": self.credentials.shop_secret_key,
            "YOOKASSA_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "TRUSTED_PROXIES": "127.0.0.1",
        } | changes

    # what happens here

    def notify(
        self,
        notification: dict[str, Any] | bytes,
        *,
        secret: str = WEBHOOK_SECRET,
        sender: str = yookassa.ADDRESS,
        functions: str | None = None,
    ) -> httpx.Response:
        """A notification arrives, as through the proxy at our edge."""
        return CLIENT.post(
            f"{functions or self.functions}/yookassa_webhook/{secret}",
            content=notification if isinstance(notification, bytes) else json.dumps(notification),
            headers={"Content-Type": "application/json", "X-Forwarded-For": sender},
        )

    def sweep(self, minutes_later: float = 3, functions: str | None = None) -> dict[str, Any]:
        """The scheduler comes by, so many minutes from now. Answers the job's summary."""
        return self.job("payment_sweep", functions, as_of=self.moment(minutes=minutes_later).isoformat())

    def call_job(
        self, name: str, functions: str | None = None, *, secret: str | None = None, **body: Any
    ) -> httpx.Response:
        """The scheduler, or who knows another `secret`, calls a job."""
        headers = {"Authorization": f"Bearer {secret or self.stack.scheduler_secret}"}
        # it waits as long as the real one (docs/operations.md)
        return CLIENT.post(f"{functions or self.functions}/{name}", headers=headers, json=body, timeout=300)

    def job(self, name: str, functions: str | None = None, **body: Any) -> dict[str, Any]:
        """The scheduler calls a job, and all goes well; its summary."""
        response = self.call_job(name, functions, **body)
        assert response.status_code == 200, response.text
        summary: dict[str, Any] = response.json()
        return summary

    def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """What stands in the database, as an operator sees it."""
        return self.database.execute(query.encode(), arguments).fetchall()

    def books_were_compared(self) -> None:
        """Just now; so no sweep compares them for an hour, and finds what a test has lost."""
        self.rows(
            "insert into public.job_runs (job, finished_at, status) values ('reconciliation', now(), 'ok')"
            " returning id"
        )

    def nothing_is_to_be_mailed(self) -> None:
        """What other tests left is not sent any more."""
        self.rows(
            "update public.notifications set is_to_be_mailed = false where is_to_be_mailed returning id"
        )
        self.rows(
            "update public.email_outbox set status = 'failed', error = 'another test', next_attempt_at = null"
            " where status = 'queued' returning id"
        )

    def moderator(self) -> Person:
        """Somebody new who runs the platform."""
        return people.a_moderator(self.stack)

    def give_back(self, transaction_id: str, amount: str | None = None) -> dict[str, Any]:
        """A platform admin gives a payment back, whole or in part; what the function answers."""
        said: dict[str, Any] = CLIENT.post(
            f"{self.functions}/refund",
            json={"transaction_id": transaction_id, "amount": amount, "reason": f"Возврат {amount}"},
            headers={"Authorization": f"Bearer {self.moderator().token}"},
        ).json()
        return said

    def notifications(self, payment_id: str) -> list[dict[str, Any]]:
        """The stored notifications about a payment, oldest first."""
        return self.rows(
            "select * from public.payment_webhooks_log where object_id = %s order by received_at", payment_id
        )

    def stranded(self) -> set[str]:
        """The invariant of design §6: live subscriptions that nothing will ever move."""
        return {
            str(row["id"]) for row in self.rows("select id from private.stranded_subscriptions('infinity')")
        }

    # time, and what lies about

    def empty(self) -> None:
        """What other tests left is none of this test's business: it is not charged, swept or looked at."""
        self.simulator.clear_faults()
        self.simulator.settings(
            notify_url=None,
            recurring=True,
            fiscalization="off",
            refund_outcome="succeeded",
            missing_status=404,
            receipt_seconds=2.0,
        )
        self.receipts(None)
        self.books_were_compared()
        with self.database.transaction():
            self.database.execute(
                "update public.subscriptions set next_charge_at = 'infinity' where next_charge_at is not null"
            )
            for table, column in (
                ("payment_transactions", "next_check_at"),
                ("payment_refunds", "next_check_at"),
                ("payment_webhooks_log", "next_attempt_at"),
            ):
                self.database.execute(
                    sql.SQL("update public.{} set {} = 'infinity' where {} is not null").format(
                        sql.Identifier(table), sql.Identifier(column), sql.Identifier(column)
                    )
                )
            self.database.execute("update private.receipts_due set next_check_at = 'infinity'")

    def receipts(self, taxes: dict[str, int] | None) -> None:
        """Whether payments carry receipts, as the deployment says it."""
        self.service.rpc(
            "configure_platform",
            settings={
                "site_url": self.stack.web,
                "shop_id": self.credentials.shop_id,
                "test_mode": True,
                "receipts": taxes,
            },
        )

    def moment(self, **delta: float) -> datetime:
        """So long from now, as Postgres and ЮKassa have it: `days=1, minutes=5`."""
        return self.time.now + timedelta(**delta)

    def later(self, **delta: float) -> None:
        """Time passes: `days=1, minutes=5`."""
        self.time.forward(timedelta(**delta))

    def renew(self, functions: str | None = None) -> dict[str, Any]:
        """The hourly job comes by; what it did."""
        return self.job("subscription_renewal", functions)

    def sweep_up(self, functions: str | None = None) -> dict[str, Any]:
        """A few minutes later the sweep comes by."""
        self.later(minutes=3)
        return self.job("payment_sweep", functions)

    def reconcile(self) -> dict[str, Any]:
        """The sweep comes by, and has not compared for an hour; what the comparison says."""
        self.database.execute("delete from public.job_runs where job = 'reconciliation'")
        assert self.job("payment_sweep", as_of=self.time.now.isoformat())["reconciliation"] == "done"
        (run,) = self.rows("select status, summary from public.job_runs where job = 'reconciliation'")
        assert run["status"] == "ok"
        summary: dict[str, Any] = run["summary"]
        return summary

    def differences(self, object_id: str) -> list[str]:
        """The kinds of open differences about an object of ЮKassa's."""
        rows = self.rows(
            "select kind from public.payment_differences where object_id = %s and resolved_at is null",
            object_id,
        )
        return [row["kind"] for row in rows]


@contextmanager
def opened(folder: Path) -> Iterator[Env]:
    """An Env in this folder, whose stack/postgres has the rules and a clock to move."""
    stack = Stack(
        folder / "stack",
        only=["postgres", "api", "functions", "yookassa"],
        durable=False,
        migrated=True,
        outside={"YOOKASSA_WEBHOOK_SECRET": WEBHOOK_SECRET},
    )
    with stack:
        addresses, credentials = stack.addresses, Credentials.kept(stack.data)
        shop = (credentials.shop_id, credentials.shop_secret_key)
        with (
            Yookassa(addresses.yookassa, shop) as simulator,
            TimeMachine(str(addresses.database_url), simulator) as time_machine,
            psycopg.connect(str(addresses.database_url), autocommit=True, row_factory=dict_row) as database,
        ):
            yield Env(folder, addresses, credentials, simulator, time_machine, database)
