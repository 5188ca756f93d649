"""One stack: everything of the product on this machine, started together and kept alive."""

from __future__ import annotations

import fcntl
import json
import shutil
import signal
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal, TextIO

import httpx
import psutil
import publish_pages
from bootstrap import InstallError, npm_install
from yookassa_simulator.control import ControlError

from stack import database, demo, parts, ports, private, web_build
from stack.credentials import Credentials
from stack.database import DatabaseError
from stack.living import NotLived
from stack.parts import Addresses, Plan
from stack.ports import PortTaken
from stack.postgres import PostgresError
from stack.process import Part, PartError, Supervisor, end_left_over

MAKERS: dict[str, Callable[[Plan], Part]] = {
    "postgres": parts.postgres,
    "api": parts.api,
    "functions": parts.functions,
    "yookassa": parts.yookassa,
    "mail": parts.mail,
    "web": parts.web,
    "scheduler": parts.scheduler,
}
FOLDERS = ["logs", "mail", "api", "yookassa", "postgres"]
KEPT = ["postgres", "api", "yookassa", "mail", "logs", "secrets.json", "filled", "filling", "stack.json"]
FAILURES = (
    *(PartError, PostgresError, InstallError, DatabaseError, PortTaken),
    *(NotLived, ControlError, publish_pages.PublishError, httpx.HTTPError, OSError),
)
Filled = Literal["nothing", "people", "platform"]


class StackError(Exception):
    """The stack does not come up, and nothing of it is left running; the message says why."""


class AlreadyRunning(StackError):
    """Another process has this data folder's stack up."""


class Stack:
    """A stack in the folder `data`, which keeps everything that is to survive a restart.

    port_base  the first of its ten ports; None: a free block, the same one each time when it can be had
    only       names of the parts to run; None: all (see MAKERS). Without `mail` people sign up unconfirmed
    env        more environment for single parts: {"functions": {"YOOKASSA_IP_CHECK": "off"}}
    durable    False trades the safety of the data and of passwords for speed, for tests
    migrated   whether the data folder's database has the rules already, so that nothing is applied to it
    fill       what a fresh database gets: nothing; the demo people and seed.sql; or a year of their producers' life too
    outside    what Plan.outside takes, to use another Supabase or ЮKassa; tests leave it alone
    configure  whether another Supabase is told where this site is and whose payments to believe; our own always is
    schedule   whether its jobs are run; our own always are
    say        is told what goes on, a line at a time
    """

    def __init__(
        self,
        data: Path,
        port_base: int | None = None,
        *,
        only: Collection[str] | None = None,
        env: Mapping[str, Mapping[str, str]] | None = None,
        durable: bool = True,
        migrated: bool = False,
        fill: Filled = "nothing",
        outside: Mapping[str, str] | None = None,
        configure: bool = False,
        schedule: bool = False,
        choice: range = ports.FOR_TESTS,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.data = data.resolve()
        self.port_base = port_base
        self.only = set(MAKERS if only is None else only)
        self.env = env or {}
        self.durable = durable
        self.migrated = migrated
        self.fill = fill
        # Where no mail goes, no address can be confirmed.
        self.outside = {**({} if "mail" in self.only else {"AUTH_CONFIRM_EMAIL": "off"}), **(outside or {})}
        self.configure = configure
        self.schedule = schedule
        self.choice = choice
        self.say = say
        self._lock: TextIO | None = None
        self._plan: Plan | None = None
        self._supervisor: Supervisor | None = None
        self._addresses: Addresses | None = None

    def start(self) -> Addresses:
        """Start everything and wait until each part answers. Raises StackError.

        What an earlier, killed run of this data folder left running is ended first; its data is kept.
        """
        self._lock = take_lock(self.data)
        try:
            if count := end_left_over(self.data):
                self.say(f"ended {count} processes left over from an earlier run")
            self._forget_half_a_life()
            for name in FOLDERS:
                private.folder(self.data / name)
            block = ports.take(self.data, self.port_base, self.choice)
            self._plan = Plan(self.data, block, Credentials.kept(self.data), self.durable, self.outside)
            self._supervisor = Supervisor(self.data, self.say)
            if not self._plan.has_own_supabase:
                self._say_what_is_done_elsewhere(self._plan)
            self._start_all(self._plan)
            self._addresses = self._plan.addresses()
            private.write_json(self.data / "stack.json", asdict(self._addresses))
            return self._addresses
        except FAILURES as error:
            self.stop()
            raise StackError(str(error)) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything; the data stays. No error when it is not up."""
        (self.data / "stack.json").unlink(missing_ok=True)
        if self._supervisor:
            self._supervisor.close()
        if self._plan:
            self._plan.ports.release()
        if self._lock:
            self._lock.close()
        self._supervisor = self._plan = self._lock = self._addresses = None

    @property
    def addresses(self) -> Addresses:
        """Where everything is. Raises StackError when the stack is not up."""
        if self._addresses is None:
            raise StackError("The stack is not up.")
        return self._addresses

    @property
    def credentials(self) -> Credentials:
        """The secrets of its parts. Raises StackError when the stack is not up."""
        if self._plan is None:
            raise StackError("The stack is not up.")
        return self._plan.credentials

    def pid(self, part: str) -> int | None:
        """The number of a part's process; None when it is down."""
        return self._running.pid(part)

    def kill(self, part: str) -> None:
        """Kill a part as `kill -9` does, and leave it down. (One that dies by itself is started again.)"""
        self._running.stop(part, signal.SIGKILL)

    def stop_part(self, part: str) -> None:
        """Ask a part to end, and leave it down."""
        self._running.stop(part)

    def start_part(self, part: str) -> None:
        """Start a part that is down, and wait until it answers. Raises PartError."""
        if self._plan is None:
            raise StackError("The stack is not up.")
        made = MAKERS[part](self._plan)
        more = self.env.get(part, {})
        self._running.start(replace(made, environment={**made.environment, **more}))

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise StackError("The stack is not up.")
        return self._supervisor

    def _start_all(self, plan: Plan) -> None:
        """Side by side what does not wait for something else. The first failure ends the attempt."""
        lanes = [lambda: self._start_supabase(plan), lambda: self._start_web()]
        others = [name for name in ("mail", "yookassa", "functions") if name in self.only]
        if not plan.has_own_yookassa:
            others = [name for name in others if name != "yookassa"]
        if plan.has_own_supabase:
            plan.postgres.prepare()  # makes the password the others are told
        pool = ThreadPoolExecutor(max_workers=8)
        try:
            waiting = [pool.submit(lane) for lane in lanes]
            waiting += [pool.submit(self._start_part, name) for name in others]
            for done in as_completed(waiting):
                done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        self._fill(plan.addresses())
        if "scheduler" in self.only and (self.schedule or plan.has_own_supabase):
            self._start_part("scheduler")

    def _forget_half_a_life(self) -> None:
        """A start that was ended while the demo lived left a clock that stands in the past, and nobody's own data."""
        filling = self.data / "filling"
        if filling.exists():
            for name in FOLDERS:
                shutil.rmtree(self.data / name, ignore_errors=True)
            filling.unlink()

    def _start_supabase(self, plan: Plan) -> None:
        addresses = plan.addresses()
        if plan.has_own_supabase:
            self._refuse_rewritten_migrations()
            self._start_part("postgres")
            assert addresses.database_url  # noqa: S101 - our own
            if (
                self.fill == "platform"
                and plan.has_own_yookassa
                and not database.is_prepared(addresses.database_url)
            ):
                private.write_text(self.data / "filling", "")
                demo.begin_in_the_past(addresses.database_url)
            npm_install(database.ADAPTER)
            if not self.migrated:
                database.prepare(addresses.database_url, plan.credentials.database_password)
        if addresses.database_url and not self.migrated:
            database.migrate(addresses.database_url)
            if plan.has_own_supabase:
                private.write_json(self._applied, database.migrations())
            self.say("  database: migrated")
        if "api" not in self.only:
            return
        if plan.has_own_supabase:
            self._start_part("api")
        if self.configure or plan.has_own_supabase:
            self._configure(plan, addresses)
        if plan.has_own_supabase:
            publish_pages.publish(addresses.api, addresses.secret_key, asks_consent=False)

    @property
    def _applied(self) -> Path:
        """The file that keeps which migrations this database has, and what they said."""
        return self.data / "postgres" / "migrations.json"

    def _refuse_rewritten_migrations(self) -> None:
        """A database that was made by an earlier text of a migration would be taken for one that has the new text."""
        applied = json.loads(self._applied.read_text()) if self._applied.exists() else {}
        now = database.migrations()
        if rewritten := [name for name, digest in applied.items() if now.get(name) != digest]:
            raise database.DatabaseError(
                f"{self.data} was made by another version, with another {rewritten[0]}: until the first release"
                " migrations are written anew.\n--reset forgets its data and starts afresh; --data DIR starts elsewhere."
            )

    def _fill(self, addresses: Addresses) -> None:
        """Once everything is up: who signs up gets an e-mail."""
        filled, filling = self.data / "filled", self.data / "filling"
        if self.fill == "nothing" or filled.exists() or not addresses.database_url:
            return
        if not (self._plan and self._plan.has_own_supabase):
            return
        demo.fill(addresses, addresses.database_url)
        self.say("  database: demo accounts made")
        if filling.exists():
            began = time.monotonic()
            demo.live(addresses, addresses.database_url)
            self.say(
                f"  database: a year of four producers lived in {time.monotonic() - began:.1f} s (--empty does without)"
            )
        private.write_text(filled, "")
        filling.unlink(missing_ok=True)

    def _say_what_is_done_elsewhere(self, plan: Plan) -> None:
        """Another project may be somebody's production: whoever starts us reads what we will do to it, before we do."""
        settings = json.dumps(plan.platform_settings, ensure_ascii=False)
        for line in (
            f"Another Supabase: {plan.addresses().api}",
            "  migrations: applied to the database of SUPABASE_DB_URL"
            if plan.addresses().database_url
            else "  migrations: not applied (SUPABASE_DB_URL is not set)",
            f"  configured: {settings}"
            if self.configure
            else f"  not configured: payments and links stay as they are (--configure would set {settings})",
            "  jobs: run by this machine's scheduler"
            if self.schedule
            else "  jobs: none are run (--schedule would run those of functions/schedule.toml)",
            "  accounts: none are made; time: as it is, no job takes another",
        ):
            self.say(line)

    def _configure(self, plan: Plan, addresses: Addresses) -> None:
        """Tell the database where the site is, and whose payments it may believe."""
        answer = httpx.post(
            f"{addresses.api}/rest/v1/rpc/configure_platform",
            headers={"apikey": addresses.secret_key},
            json={"settings": plan.platform_settings},
            timeout=30,
        )
        if answer.status_code == 404 and answer.json().get("code") == "PGRST202":
            self.say("  the database has no configure_platform: its migrations are not ours, or missing")
        elif answer.is_error:
            raise PartError(f"configure_platform: {answer.status_code} {answer.text}")

    def _start_web(self) -> None:
        if "web" not in self.only:
            return
        try:
            web_build.build()
        except InstallError as error:
            if not web_build.DIST.is_dir():
                raise
            self.say(f"  the web does not build, the earlier build is served:\n{error}")
        self._start_part("web")

    def _start_part(self, name: str) -> None:
        started = time.monotonic()
        self.start_part(name)
        self.say(f"  {name}: up in {time.monotonic() - started:.1f} s")


def take_lock(data: Path) -> TextIO:
    """Hold the data folder for this process, however it ends. Raises AlreadyRunning."""
    make_data_folder(data)
    file = open(data / "lock", "a+", opener=private.opener)  # noqa: SIM115 - open for as long as the stack is up
    deadline = time.monotonic() + 2
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:  # who only looks whether we are up holds it for an instant
                file.close()
                raise AlreadyRunning(f"A stack is up already in {data}.") from None
            time.sleep(0.05)
    (data / "stack.json").unlink(missing_ok=True)  # of a run that was killed
    me = psutil.Process()
    private.write_json(data / "supervisor.json", {"pid": me.pid, "created": me.create_time()})
    return file


def make_data_folder(data: Path) -> None:
    """A folder for us alone: it holds people's addresses, e-mails and secrets.

    A folder that holds other things too is left as it is; what we put there is for us alone all the same.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    ours = {*KEPT, "lock", "port_base", "supervisor.json", "start.log"}
    if all(entry.name in ours or entry.suffix == ".lock" for entry in data.iterdir()):
        private.folder(data)


def reset(data: Path) -> None:
    """Forget everything a stack kept in this folder; only what is known to be a stack's is removed."""
    for name in KEPT:
        path = data / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
