"""The house the functions stand in, for the tests: a real Postgres behind the real API, the ЮKassa simulator, and the
functions themselves, each a process of its own. No scheduler: a test says when the sweep comes by.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import people
import psycopg
from bootstrap import ROOT, node
from people import Person
from psycopg.rows import dict_row
from stack.database import ADAPTER

SHOP_ID = "100500"
SHOP_KEY = "test_key-of-the-tests"
WEBHOOK_SECRET = "webhook-secret-of-the-tests"
SCHEDULER_SECRET = "scheduler-secret-of-the-tests"
SITE = "http://127.0.0.1:8600"
YOOKASSA_ADDRESS = "185.71.76.10"
PATIENCE = 30  # seconds

T = TypeVar("T")
_CLIENT = httpx.Client(timeout=60)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Part:
    """One process of the house, with its log in a file."""

    def __init__(
        self,
        command: list[str | Path],
        log: Path,
        ready: str,
        environment: dict[str, str],
        cwd: Path = ROOT,
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
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

    def fault(self, kind: str, method: str, path: str, **more: Any) -> None:
        """The next request to this path goes wrong."""
        self.control("POST", "/faults", kind=kind, method=method, path=path, **more)

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
    database_url: str
    api: str
    functions: str
    simulator: Simulator
    publishable_key: str
    secret_key: str = field(repr=False)

    def sign_up(self, name: str = "Анна") -> Person:
        return people.sign_up(self.api, self.publishable_key, name)

    @property
    def service(self) -> Person:
        return people.service(self.api, self.secret_key)

    @contextmanager
    def more_functions(self, **settings: str) -> Iterator[tuple[str, Part]]:
        """A second process of functions with other settings: its address, and itself to read or kill."""
        port = free_port()
        part = self._start_functions(port, settings)
        try:
            yield f"http://127.0.0.1:{port}/functions/v1", part
        finally:
            part.stop()

    def _start_functions(self, port: int, settings: dict[str, str]) -> Part:
        return Part(
            [sys.executable, "-m", "uvicorn", "--app-dir", "functions", "local:app", "--port", str(port)],
            self.folder / f"functions-{port}.log",
            f"http://127.0.0.1:{port}/",
            self.environment(**settings),
        )

    def environment(self, **changes: str) -> dict[str, str]:
        """What the functions are told here."""
        return {
            "SUPABASE_URL": self.api,
            "SUPABASE_PUBLISHABLE_KEY": self.publishable_key,
            "SUPABASE_SECRET_KEY": self.secret_key,
            "SITE_URL": SITE,
            "SCHEDULER_SECRET": SCHEDULER_SECRET,
            "ALLOW_TIME_TRAVEL": "1",
            "YOOKASSA_API_URL": f"{self.simulator.base}/v3",
            "YOOKASSA_SHOP_ID": SHOP_ID,
            "YOOKASSA_SECRET_KEY": SHOP_KEY,
            "YOOKASSA_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "YOOKASSA_IP_CHECK": "enforce",
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
        self, *, secret: str = SCHEDULER_SECRET, functions: str | None = None, **body: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {secret}"}
        return _CLIENT.post(f"{functions or self.functions}/payment_sweep", headers=headers, json=body)

    def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """What stands in the database, as an operator sees it."""
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            return connection.execute(query, arguments).fetchall()

    def notifications(self, payment_id: str) -> list[dict[str, Any]]:
        """The stored notifications about a payment, oldest first."""
        return self.rows(
            "select * from public.payment_webhooks_log where object_id = %s order by received_at", payment_id
        )


@dataclass
class Customer:
    """Somebody with an organization, at the till."""

    house: House
    person: Person
    organization_id: str

    def hire(self, name: str, role: str) -> Customer:
        """Somebody new in this organization."""
        person = self.house.sign_up(name)
        with psycopg.connect(self.house.database_url) as connection:
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
            headers={"Authorization": f"Bearer {token or self.person.token}", "Origin": SITE},
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

    def level(self) -> str | None:
        """The level the public sees."""
        visitor = people.visitor(self.house.api, self.house.publishable_key)
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
def opened(folder: Path, database_url: str) -> Iterator[House]:
    """The house, lit and warm; dark again when the tests are over."""
    api_port, functions_port, simulator_port = free_port(), free_port(), free_port()
    house = House(
        folder=folder,
        database_url=database_url,
        api=f"http://127.0.0.1:{api_port}",
        functions=f"http://127.0.0.1:{functions_port}/functions/v1",
        simulator=Simulator(f"http://127.0.0.1:{simulator_port}"),
        publishable_key=f"sb_publishable_{secrets.token_hex(16)}",
        secret_key=f"sb_secret_{secrets.token_hex(16)}",
    )
    api = Part(
        [node(), ADAPTER / "server.js"],
        folder / "api.log",
        house.api,
        {
            "PORT": str(api_port),
            "FUNCTIONS_PORT": str(functions_port),
            "DATABASE_URL": database_url,
            "JWT_SECRET": secrets.token_hex(32),
            "SUPABASE_PUBLISHABLE_KEY": house.publishable_key,
            "SUPABASE_SECRET_KEY": house.secret_key,
            "API_URL": house.api,
            "SITE_URL": SITE,
            "SUPABASE_CONFIG": json.dumps({"auth": {"enabled": True, "enable_signup": True}}),
        },
        cwd=folder,
    )
    simulator_command: list[str | Path] = [
        "-m",
        "yookassa_simulator",
        "--port",
        str(simulator_port),
        "--data",
        folder / "yookassa",
    ]
    simulator = Part(
        [sys.executable, *simulator_command],
        folder / "simulator.log",
        house.simulator.base,
        {"YOOKASSA_SHOP_ID": SHOP_ID, "YOOKASSA_SECRET_KEY": SHOP_KEY},
        cwd=ROOT / "scripts",
    )
    functions = house._start_functions(functions_port, {})
    house.service.rpc(
        "configure_platform", settings={"site_url": SITE, "shop_id": SHOP_ID, "test_mode": True}
    )
    try:
        yield house
    finally:
        for part in (functions, simulator, api):
            part.stop()
