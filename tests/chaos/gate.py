"""The gate through which the functions reach Postgres and ЮKassa, and where a test breaks what it likes.

Every call of the functions goes through here, one place for Supabase and one for ЮKassa, and has a name: the RPC
(`begin_charge`), or what is asked of ЮKassa (`POST payments`). A fault waits at a name for the next call of it:

crash before    the process of the functions is killed (-9) before the call is sent
crash after     … after the call has had its effect, before its answer arrives
timeout before  the call never arrives, and no answer comes
timeout after   the call has its effect, and no answer comes
duplicate       the call arrives twice
late            no answer comes; the call arrives when the test says so, behind others that were sent later
"""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, get_args

import httpx

Kind = Literal["crash before", "crash after", "timeout before", "timeout after", "duplicate", "late"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_HOP_BY_HOP = {"connection", "content-length", "date", "host", "keep-alive", "server", "transfer-encoding"}


@dataclass(frozen=True, order=True)
class Fault:
    """What goes wrong at the next call of this name."""

    call: str
    kind: Kind

    def __str__(self) -> str:
        return f"{self.kind} at {self.call}"


@dataclass(frozen=True)
class Call:
    """A request as it came, to be sent on now or later."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    def send(self, client: httpx.Client) -> httpx.Response:
        return client.request(self.method, self.url, headers=self.headers, content=self.body)


class Gate:
    """Two addresses, `supabase` and `yookassa`, to give to the functions instead of the real ones."""

    def __init__(self, supabase: str, yookassa: str, kill: Callable[[], None]) -> None:
        self._kill = kill
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._late: list[Call] = []
        self.calls: list[str] = []
        """The names of the calls that came, in order."""
        self._client = httpx.Client(timeout=30, trust_env=False)
        self._servers = [_Server(self, target) for target in (supabase, yookassa)]
        self.supabase, self.yookassa = (server.address for server in self._servers)

    @contextmanager
    def open(self) -> Iterator[Gate]:
        threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in self._servers]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            for server in self._servers:
                server.shutdown()
                server.server_close()
            for thread in threads:
                thread.join()
            self._client.close()

    def arm(self, *faults: Fault) -> None:
        """These faults wait, in this order where they wait for the same call; nothing else does any more."""
        with self._lock:
            self._waiting = list(faults)
            self.calls = []

    @property
    def waiting(self) -> list[Fault]:
        """Faults whose call has not come."""
        return list(self._waiting)

    def deliver_late(self) -> int:
        """What was held up on its way arrives now; how many calls that were. Nobody hears the answers."""
        with self._lock:
            late, self._late = self._late, []
        for call in late:
            call.send(self._client)
        return len(late)

    def pass_on(self, name: str, call: Call) -> httpx.Response | None:
        """Send a call on as the fault that waits for it has it; None: no answer ever comes."""
        with self._lock:
            self.calls.append(name)
            fault = next((fault for fault in self._waiting if fault.call == name), None)
            if fault:
                self._waiting.remove(fault)
        if fault is None:
            return call.send(self._client)
        match fault.kind:
            case "crash before":
                self._kill()
            case "crash after":
                call.send(self._client)
                self._kill()
            case "timeout after":
                call.send(self._client)
            case "duplicate":
                call.send(self._client)
                return call.send(self._client)
            case "late":
                with self._lock:
                    self._late.append(call)
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, gate: Gate, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gate = gate
        self.target = target

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that was killed is not there to hear the answer."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        call = Call(self.command, self.server.target + self.path, headers, body)
        answer = self.server.gate.pass_on(name_of(self.command, self.path), call)
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _HOP_BY_HOP | {"content-encoding"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = _answer

    def log_message(self, format: str, *args: object) -> None:
        """The test says what went wrong, where."""


def name_of(method: str, path: str) -> str:
    """`/rest/v1/rpc/begin_charge` → `begin_charge`; `POST /v3/payments/2d…/cancel` → `POST cancel`."""
    path = path.partition("?")[0]
    if path.startswith("/rest/v1/"):
        return path.removeprefix("/rest/v1/").removeprefix("rpc/")
    found = re.fullmatch(r"/v3/([a-z]+)(?:/([^/]+))?(?:/([a-z]+))?", path)
    assert found, path
    kind, identity, verb = found.groups()
    return f"{method} {verb or (kind.removesuffix('s') if identity else kind)}"


def killer(pid_file: str) -> Callable[[], None]:
    """Kills the process whose id stands in the file."""

    def kill() -> None:
        with open(pid_file) as file:
            os.kill(int(file.read()), signal.SIGKILL)

    return kill
