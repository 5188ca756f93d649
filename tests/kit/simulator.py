"""The simulator as a process of its own, and a receiver of its notifications, for the tests of this folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

Json = dict[str, Any]

SCRIPTS = Path(__file__).parents[2] / "scripts"
SHOP_ID = "100500"
SECRET_KEY = "test_simulator"
RETURN_URL = "http://127.0.0.1:9/dashboard/billing/return?transaction=1"


class Simulator:
    """A running simulator: `base_url` without /v3. It can be killed and started again on the same data."""

    def __init__(self, data: Path, notify_url: str | None = None) -> None:
        self.data = data
        self.notify_url = notify_url
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        command = [
            sys.executable,
            "-m",
            "yookassa_simulator",
            "--port",
            str(self.port),
            "--data",
            str(self.data),
        ]
        if self.notify_url is not None:
            command += ["--notify", self.notify_url]
        environment = os.environ | {
            "PYTHONPATH": str(SCRIPTS),
            "YOOKASSA_SHOP_ID": SHOP_ID,
            "YOOKASSA_SECRET_KEY": SECRET_KEY,
        }
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "/v3" in line, f"the simulator did not start: {line!r}"
        self.port = int(line.split("127.0.0.1:")[1].split("/")[0])
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(10)
            if self.process.stdout is not None:
                self.process.stdout.close()
            self.process = None

    def kill(self) -> None:
        """As `kill -9`: no chance to tidy up."""
        self.stop(signal.SIGKILL)


class Shop:
    """A plain HTTP client of the API, as the shop would write it."""

    def __init__(self, base_url: str) -> None:
        self.client = httpx.Client(
            base_url=f"{base_url}/v3", auth=(SHOP_ID, SECRET_KEY), timeout=20, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def post(self, path: str, body: Any = None, key: str | None = None, **more: Any) -> httpx.Response:
        headers = {"Idempotence-Key": key if key is not None else str(uuid4())}
        if body is None:
            headers["Content-Type"] = "application/json"
            return self.client.post(path, headers=headers, **more)
        return self.client.post(path, json=body, headers=headers, **more)

    def get(self, path: str, **params: str) -> httpx.Response:
        return self.client.get(path, params=params)

    def create(self, key: str | None = None, **changes: Any) -> Json:
        """POST /payments, which must succeed: a trial hold of 1 ₽ unless changed."""
        answer = self.post("/payments", trial_hold() | changes, key)
        assert answer.status_code == 200, answer.text
        payment: Json = answer.json()
        return payment

    def charge(self, method_id: str, value: str = "1490.00", **changes: Any) -> Json:
        """A charge of a saved method, which must be accepted (and may still be declined)."""
        body = {"amount": rub(value), "capture": True, "payment_method_id": method_id}
        answer = self.post("/payments", body | changes)
        assert answer.status_code == 200, answer.text
        payment: Json = answer.json()
        return payment

    def payment(self, payment_id: str) -> Json:
        answer = self.get(f"/payments/{payment_id}")
        assert answer.status_code == 200, answer.text
        payment: Json = answer.json()
        return payment


def rub(value: str) -> Json:
    return {"value": value, "currency": "RUB"}


def trial_hold() -> Json:
    return {
        "amount": rub("1.00"),
        "capture": False,
        "save_payment_method": True,
        "confirmation": {"type": "redirect", "return_url": RETURN_URL},
        "description": "Пробный период, проверка карты",
        "metadata": {"transaction_id": "42"},
    }


def receipt(value: str = "1490.00", **item: Any) -> Json:
    return {
        "customer": {"email": "buyer@example.ru"},
        "items": [
            {
                "description": "Подписка, месяц",
                "quantity": 1,
                "amount": rub(value),
                "vat_code": 1,
                "payment_subject": "service",
                "payment_mode": "full_payment",
                "measure": "piece",
            }
            | item
        ],
    }


@dataclass
class Received:
    payload: Json
    headers: dict[str, str]

    @property
    def event(self) -> str:
        return str(self.payload["event"])


@dataclass
class Receiver:
    """The shop's address for notifications: answers 200, or what is put into `answers` first."""

    answers: deque[int] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    server: ThreadingHTTPServer | None = None

    def start(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver.arrived:
                    receiver.received.append(Received(json.loads(body), headers))
                    status = receiver.answers.popleft() if receiver.answers else 200
                    receiver.arrived.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                page = b"<!doctype html><title>shop</title>"  # where a payer comes back to
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}/yookassa_webhook/secret"

    @property
    def events(self) -> list[str]:
        return [item.event for item in self.received]

    def wait_for(self, count: int, seconds: float = 10.0) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, seconds), self.events

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
