"""Starts the parts of a stack, watches them, and starts again what dies."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from bootstrap import tied

from stack import private

MARK = "CHESTNO_STACK"  # in the environment of every part: the data folder it belongs to
LONGEST_PAUSE = 30.0  # seconds between two attempts to start what keeps dying
CALM = 20.0  # seconds a part has to live for its pauses to start small again
PATIENCE = 15.0  # seconds a part may take to end when asked
LARGEST_LOG = 5_000_000  # bytes; then it begins anew
OLD_LOGS = 3  # how many are kept besides


class PartError(Exception):
    """A part does not come up; the message ends with what it wrote last."""


@dataclass
class Part:
    """One process of the stack: how to start it, and how to see that it does its work."""

    name: str
    command: Sequence[str | Path]
    log: Path
    ready: Callable[[], bool]
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None
    user: str | None = None  # run as this user instead of us
    end_signal: signal.Signals = signal.SIGTERM


class Supervisor:
    """Keeps the parts of one data folder alive.

    All processes are started by one thread that lives as long as the stack: the kernel ends a child (see
    become.py) together with the *thread* that started it.
    """

    def __init__(self, data: Path, say: Callable[[str], None]) -> None:
        self.data = data
        self.say = say
        self.parts: dict[str, Part] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._wanted: set[str] = set()
        self._calls: queue.SimpleQueue[tuple[Callable[[], None], Future[None]]] = queue.SimpleQueue()
        self._failures: dict[str, int] = {}  # how often it died in a row
        self._due: dict[str, float] = {}  # when to start it again
        self._started: dict[str, float] = {}
        self._logs_due = 0.0
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    def start(self, part: Part, patience: float = 60) -> None:
        """Start a part and wait until it is ready. Raises PartError, then the part is not left running."""
        self.parts[part.name] = part
        self._do(lambda: self._spawn(part))
        deadline = time.monotonic() + patience
        while not part.ready():
            died = self.processes[part.name].poll()
            if died is not None or time.monotonic() > deadline:
                self.stop(part.name)
                why = "does not get ready" if died is None else f"ended with {died}"
                raise PartError(f"{part.name} {why}:\n{last_words(part.log)}")
            time.sleep(0.05)
        self._wanted.add(part.name)  # from now on it is started again when it dies

    def stop(self, name: str, how: signal.Signals | None = None) -> None:
        """End a part and keep it down; `how=SIGKILL` for a sudden death. No error when it is not up."""
        self._wanted.discard(name)
        self._do(lambda: self._end(name, how))

    def close(self, last: Sequence[str] = ("postgres",)) -> None:
        """End all parts: at once, except those others lean on, which come last."""
        self._wanted.clear()
        first = [name for name in self.processes if name not in last]
        self._do(lambda: self._ask_to_end(first))
        for name in [*first, *last]:
            self.stop(name)
        self._ending = True
        self._thread.join()

    def pid(self, name: str) -> int | None:
        """The number of a part's process; None when it is down."""
        process = self.processes.get(name)
        return process.pid if process and process.poll() is None else None

    def _do(self, call: Callable[[], None]) -> None:
        """Have the supervisor's thread do it, and wait."""
        if self._ending:
            raise PartError("The stack is stopping.")
        done: Future[None] = Future()
        self._calls.put((call, done))
        done.result(timeout=120)

    def _run(self) -> None:
        while not self._ending:
            with contextlib.suppress(queue.Empty):
                call, done = self._calls.get(timeout=0.2)
                try:
                    call()
                except BaseException as error:  # the caller gets it
                    done.set_exception(error)
                else:
                    done.set_result(None)
            for name in self._wanted.copy():
                self._watch(name)
            if time.monotonic() > self._logs_due:
                self._logs_due = time.monotonic() + 5
                for part in list(self.parts.values()):
                    rotate(part.log)

    def _watch(self, name: str) -> None:
        process, now = self.processes[name], time.monotonic()
        if process.poll() is None:
            return
        if name not in self._due:  # just seen
            count = 0 if now - self._started[name] > CALM else self._failures.get(name, 0)
            pause = min(LONGEST_PAUSE, 0.25 * 2**count)
            self._failures[name], self._due[name] = count + 1, now + pause
            self.say(f"{name} ended ({how_it_ended(process.returncode)}); starting it again in {pause:g} s")
        elif now >= self._due[name]:
            try:
                self._spawn(self.parts[name])
            except Exception as error:  # whatever it is, it must not stop the watch over the others
                self.say(f"{name} cannot be started: {error}")
                self._due[name] = now + LONGEST_PAUSE

    def _spawn(self, part: Part) -> None:
        if part.before:
            part.before()
        self._started[part.name] = time.monotonic()
        self._due.pop(part.name, None)
        with open(part.log, "ab", opener=private.opener) as log:
            self.processes[part.name] = subprocess.Popen(
                tied(part.command, part.end_signal, part.user),
                cwd=part.cwd,
                env={**os.environ, **part.environment, MARK: str(self.data)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in the terminal is for us, and we end the parts in order
                umask=0o077,
            )

    def _ask_to_end(self, names: Sequence[str]) -> None:
        for name in names:
            if self.processes[name].poll() is None:
                self.processes[name].send_signal(self.parts[name].end_signal)

    def _end(self, name: str, how: signal.Signals | None) -> None:
        process = self.processes.get(name)
        if process is None or process.poll() is not None:
            return
        process.send_signal(how or self.parts[name].end_signal)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def end_left_over(data: Path) -> int:
    """End what an earlier, killed supervisor of this data folder left running; how many that were."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(data):
                process.terminate()
                found.append(process)
    _, stubborn = psutil.wait_procs(found, timeout=PATIENCE)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=PATIENCE)
    return len(found)


def rotate(log: Path, largest: int = LARGEST_LOG) -> None:
    """Put a log that has grown too large aside (`….log.1` is the latest) and begin it anew.

    The part that writes it has it open for appending and notices nothing; what it writes in this very moment is lost.
    """
    if not log.exists() or log.stat().st_size <= largest:
        return
    old = [log.with_name(f"{log.name}.{number}") for number in range(1, OLD_LOGS + 1)]
    for younger, older in zip(reversed(old[:-1]), reversed(old[1:]), strict=True):
        if younger.exists():
            younger.replace(older)
    with open(log, "r+b") as full, open(old[0], "wb", opener=private.opener) as kept:
        shutil.copyfileobj(full, kept)
        full.truncate(0)


def last_words(log: Path, lines: int = 15) -> str:
    """The end of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def how_it_ended(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
