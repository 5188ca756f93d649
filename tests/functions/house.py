"""The house the functions stand in, for the tests: the real stack, but for the web and the scheduler.

A test says itself when the sweep comes by, and delivers the notifications itself, when and as often as it likes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import people
import psycopg
from bootstrap import ROOT
from people import Person
from psycopg import sql
from psycopg.rows import dict_row
from stack.credentials import Credentials
from stack.parts import Addresses
from stack.ports import free_port
from stack.stack import Stack
from time_machine import TimeMachine, install
from yookassa_simulator.control import Control

WEBHOOK_SECRET = "webhook-secret-of-the-tests"
YOOKASSA_ADDRESS = "185.71.76.10"
PATIENCE = 30  # seconds

T = TypeVar("T")
_CLIENT = httpx.Client(timeout=60)


class Server:
    """A server that a test starts for itself, with its log in a file."""

    def __init__(
        self,
        command: list[str | Path],
        log: Path,
        ready: str,
        environment: dict[str, str],
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_it_answers(ready)

    def lines(self) -> list[dict[str, Any]]:
        """What it logged, line by line."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """As kill -9 does it: no last word, no tidying up."""
        self.process.kill()
        self.process.wait()

    def _wait_until_it_answers(self, url: str) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            try:
                _CLIENT.get(url)
                return
            except httpx.TransportError:
                time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"{url} does not answer:\n{self.log.read_text()[-4000:]}")


@dataclass
class Simulator:
    """The ЮKassa simulator and its control interface (scripts/yookassa_simulator/control_api.py)."""

    base: str
    shop: tuple[str, str]

    def control(self, verb: str, address: str, /, **body: Any) -> Any:
        response = _CLIENT.request(
            verb, f"{self.base}/simulator{address}", json=body if verb == "POST" else None
        )
        response.raise_for_status()
        return response.json()

    def pay(self, payment_id: str, card: str = "5555555555554444", **how: Any) -> dict[str, Any]:
        """A person pays on the payment page. Answers the payment as it is then."""
        paid: dict[str, Any] = self.control("POST", f"/payments/{payment_id}/pay", card=card, **how)
        return paid

    def payment(self, payment_id: str) -> dict[str, Any]:
        payment: dict[str, Any] = self.control("GET", f"/payments/{payment_id}")["payment"]
        return payment

    def payments_of(self, transaction_id: str) -> list[dict[str, Any]]:
        """Every payment that was ever created for a transaction of ours."""
        found = self.control("GET", f"/payments?metadata.transaction_id={transaction_id}")
        items: list[dict[str, Any]] = found["items"]
        return items

    def refund(self, payment_id: str, roubles: str) -> dict[str, Any]:
        """A person gives money back in ЮKassa's own cabinet. Answers the refund."""
        response = _CLIENT.post(
            f"{self.base}/v3/refunds",
            auth=self.shop,
            headers={"Idempotence-Key": f"cabinet-{payment_id}"},
            json={"payment_id": payment_id, "amount": {"value": roubles, "currency": "RUB"}},
        )
        response.raise_for_status()
        refund: dict[str, Any] = response.json()
        return refund

    def fault(self, kind: str, method: str, path: str, **more: Any) -> None:
        """The next request to this path goes wrong."""
        self.control("POST", "/faults", kind=kind, method=method, path=path, **more)

    def clear_faults(self) -> None:
        self.control("DELETE", "/faults")

    def faults_are_used_up(self) -> bool:
        """Whether the requests that were to go wrong have come."""
        return not any(fault["remaining"] for fault in self.control("GET", "/faults")["items"])

    def requests(self, method: str, path: str) -> int:
        count: int = self.control("GET", f"/requests?method={method}&path={path}")["count"]
        return count


@dataclass
class House:
    """Where a test is at home."""

    folder: Path
    stack: Addresses
    credentials: Credentials
    simulator: Simulator

    @property
    def functions(self) -> str:
        """Where the functions are, with /functions/v1."""
        return self.stack.functions

    @property
    def service(self) -> Person:
        return people.service(self.stack.api, self.stack.secret_key)

    def sign_up(self, name: str = "Анна") -> Person:
        return people.sign_up(self.stack.api, self.stack.publishable_key, name)

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
        sender: str = YOOKASSA_ADDRESS,
        functions: str | None = None,
    ) -> httpx.Response:
        """A notification arrives, as through the proxy at our edge."""
        return _CLIENT.post(
            f"{functions or self.functions}/yookassa_webhook/{secret}",
            content=notification if isinstance(notification, bytes) else json.dumps(notification),
            headers={"Content-Type": "application/json", "X-Forwarded-For": sender},
        )

    def sweep(self, minutes_later: float = 3, functions: str | None = None) -> dict[str, Any]:
        """The scheduler comes by, so many minutes from now. Answers the job's summary."""
        response = self.call_sweep(
            as_of=(datetime.now(UTC) + timedelta(minutes=minutes_later)).isoformat(), functions=functions
        )
        assert response.status_code == 200, response.text
        summary: dict[str, Any] = response.json()
        return summary

    def call_sweep(
        self, *, secret: str | None = None, functions: str | None = None, **body: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {secret or self.stack.scheduler_secret}"}
        return _CLIENT.post(f"{functions or self.functions}/payment_sweep", headers=headers, json=body)

    def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """What stands in the database, as an operator sees it."""
        with psycopg.connect(str(self.stack.database_url), row_factory=dict_row) as connection:
            return connection.execute(query, arguments).fetchall()

    def books_were_compared(self) -> None:
        """Just now; so no sweep compares them for an hour, and finds what a test has lost."""
        self.rows(
            "insert into public.job_runs (job, finished_at, status) values ('reconciliation', now(), 'ok')"
            " returning id"
        )

    def moderator(self) -> Person:
        """Somebody new who runs the platform."""
        person = self.sign_up("Модератор")
        with psycopg.connect(str(self.stack.database_url)) as connection:
            connection.execute("insert into public.platform_admins (user_id) values (%s)", (person.user_id,))
        return person

    def job(self, name: str, functions: str | None = None, **body: Any) -> dict[str, Any]:
        """The scheduler calls a job, and all goes well; its summary."""
        headers = {"Authorization": f"Bearer {self.stack.scheduler_secret}"}
        response = _CLIENT.post(f"{functions or self.functions}/{name}", headers=headers, json=body)
        assert response.status_code == 200, response.text
        summary: dict[str, Any] = response.json()
        return summary

    def notifications(self, payment_id: str) -> list[dict[str, Any]]:
        """The stored notifications about a payment, oldest first."""
        return self.rows(
            "select * from public.payment_webhooks_log where object_id = %s order by received_at", payment_id
        )


@dataclass
class Rehearsal(House):
    """A house whose time is moved by the tests: now() in Postgres and the clock of ЮKassa, side by side."""

    time: TimeMachine
    control: Control
    database: psycopg.Connection[dict[str, Any]]

    def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        return self.database.execute(query, arguments).fetchall()

    def empty(self) -> None:
        """What other tests left is none of this test's business: it is not charged, swept or looked at."""
        self.simulator.control("DELETE", "/faults")
        self.control.settings(
            notify_url=None, recurring=True, fiscalization="off", refund_outcome="succeeded"
        )
        self.receipts(None)
        self.books_were_compared()
        with self.database.transaction():
            self.database.execute(
                "update public.subscriptions set next_charge_at = null where next_charge_at is not null"
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


@dataclass
class Customer:
    """Somebody with an organization, at the till."""

    house: House
    person: Person
    organization_id: str

    def hire(self, name: str, role: str) -> Customer:
        """Somebody new in this organization."""
        person = self.house.sign_up(name)
        with psycopg.connect(str(self.house.stack.database_url)) as connection:
            connection.execute(
                "insert into public.organization_members (organization_id, user_id, role) values (%s, %s, %s)",
                (self.organization_id, person.user_id, role),
            )
        return Customer(self.house, person, self.organization_id)

    def post(
        self, name: str, body: Any, *, token: str | None = None, functions: str | None = None
    ) -> httpx.Response:
        """Call a function as this person's browser does."""
        return _CLIENT.post(
            f"{functions or self.house.functions}/{name}",
            json=body,
            headers={"Authorization": f"Bearer {token or self.person.token}", "Origin": self.house.stack.web},
        )

    def checkout(
        self, kind: str = "trial", plan: str = "a_month", functions: str | None = None
    ) -> httpx.Response:
        body = {"organization_id": self.organization_id, "plan_id": plan, "kind": kind}
        return self.post("checkout", body, functions=functions)

    def checked_out(self, kind: str = "trial", plan: str = "a_month") -> tuple[str, str]:
        """A checkout that works: the ids of the transaction and of ЮKassa's payment."""
        answer = self.checkout(kind, plan)
        assert answer.status_code == 200, answer.text
        transaction_id = answer.json()["transaction_id"]
        return transaction_id, str(self.transaction(transaction_id)["yookassa_payment_id"])

    def status(self, transaction_id: str, functions: str | None = None) -> httpx.Response:
        return self.post("payment_status", {"transaction_id": transaction_id}, functions=functions)

    def transaction(self, transaction_id: str) -> dict[str, Any]:
        (row,) = self.house.rows("select * from public.payment_transactions where id = %s", transaction_id)
        return row

    def transactions(self) -> list[dict[str, Any]]:
        return self.house.rows(
            "select * from public.payment_transactions where organization_id = %s order by created_at",
            self.organization_id,
        )

    def subscriptions(self) -> list[str]:
        rows = self.house.rows(
            "select status from public.subscriptions where organization_id = %s", self.organization_id
        )
        return [row["status"] for row in rows]

    def subscription(self) -> dict[str, Any]:
        """The newest subscription."""
        rows = self.house.rows(
            "select * from public.subscriptions where organization_id = %s order by created_at desc limit 1",
            self.organization_id,
        )
        return rows[0]

    def try_for_free(self, plan: str = "a_month") -> dict[str, Any]:
        """Begin a trial; its subscription."""
        _, payment_id = self.checked_out("trial", plan)
        self.house.notify(notice(self.house.simulator.pay(payment_id)))
        return self.subscription()

    def pay_for(self, plan: str = "a_month", kind: str = "subscription") -> str:
        """Pay by hand; the id of the transaction."""
        transaction_id, payment_id = self.checked_out(kind, plan)
        self.house.notify(notice(self.house.simulator.pay(payment_id)))
        return transaction_id

    def bring_a_new_card(self) -> None:
        _, payment_id = self.checked_out("card")
        self.house.notify(notice(self.house.simulator.pay(payment_id)))

    def card(self) -> str:
        """ЮKassa's id of the card that is charged."""
        (row,) = self.house.rows(
            "select yookassa_payment_method_id as id from public.payment_methods where id = %s",
            self.subscription()["payment_method_id"],
        )
        return str(row["id"])

    def renewals(self) -> list[dict[str, Any]]:
        """The charges of the saved card, oldest first."""
        return [row for row in self.transactions() if row["kind"] == "renewal"]

    def is_verified(self) -> None:
        """A platform admin grants level B for ten years."""
        moderator = self.house.moderator()
        until = datetime.now(UTC) + timedelta(days=3650)
        moderator.rpc(
            "grant_status_level",
            organization_id=self.organization_id,
            level="B",
            valid_until=until.isoformat(),
        )

    def level(self) -> str | None:
        """The level the public sees."""
        visitor = people.visitor(self.house.stack.api, self.house.stack.publishable_key)
        level: str | None = visitor.rpc("get_organization_status", organization_id=self.organization_id)[
            "level"
        ]
        return level

    def history(self) -> list[tuple[str, str]]:
        """What happened to the levels, oldest first."""
        rows = self.person.rpc("get_status_history", organization_id=self.organization_id)
        rows.sort(key=lambda row: row["occurred_at"])
        return [(row["level"], row["action"]) for row in rows]


def until(true: Callable[[], object]) -> None:
    """Wait for something that other processes bring about."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def at_once(*actions: Callable[[], T]) -> list[T]:
    """Do these things at the same time, from as many threads; their results in order."""
    gate = threading.Barrier(len(actions))

    def through_the_gate(action: Callable[[], T]) -> T:
        gate.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(through_the_gate, actions))


def notice(payment: dict[str, Any]) -> dict[str, Any]:
    """The notification ЮKassa sends about a payment that stands so."""
    return {"type": "notification", "event": f"payment.{payment['status']}", "object": payment}


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    """The house, lit and warm; dark again when the tests are over."""
    with standing(folder) as stack:
        yield House(folder, stack.addresses, *credentials_and_simulator(stack))


@contextmanager
def rehearsed(folder: Path) -> Iterator[Rehearsal]:
    """A house of its own for the tests that live through weeks."""
    install(folder / "stack")
    with (
        standing(folder) as stack,
        Control(stack.addresses.yookassa) as control,
        TimeMachine(str(stack.addresses.database_url), control) as time_machine,
        psycopg.connect(str(stack.addresses.database_url), autocommit=True, row_factory=dict_row) as database,
    ):
        yield Rehearsal(
            folder, stack.addresses, *credentials_and_simulator(stack), time_machine, control, database
        )


def standing(folder: Path) -> Stack:
    return Stack(
        folder / "stack",
        only=["postgres", "api", "functions", "yookassa"],
        durable=False,
        outside={"YOOKASSA_WEBHOOK_SECRET": WEBHOOK_SECRET},
    )


def credentials_and_simulator(stack: Stack) -> tuple[Credentials, Simulator]:
    credentials = Credentials.kept(stack.data)
    shop = (credentials.shop_id, credentials.shop_secret_key)
    return credentials, Simulator(stack.addresses.yookassa, shop)
