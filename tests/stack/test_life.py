"""A stack starts, stops, survives sudden deaths of any part of it, and forgets only when told to."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import accounts
import httpx
import psutil
import psycopg
import pytest
from bootstrap import ROOT
from kit.clusters import Clusters
from kit.people import PASSWORD
from kit.server import CLIENT
from kit.waiting import until
from stack import database, demo
from stack.parts import Addresses
from stack.ports import first_free
from stack.process import MARK
from stack.stack import MAKERS, AlreadyRunning, Stack, StackError

FOR_US = random.sample(range(31000, 32000, 10), 100)  # test workers choose at the same moment
START, STOP = ROOT / "scripts" / "start.py", ROOT / "scripts" / "stop.py"


def is_up(addresses: Addresses) -> bool:
    """Whether every part answers."""
    try:
        answers = [
            CLIENT.get(f"{addresses.web}/config.json"),
            CLIENT.get(f"{addresses.api}/auth/v1/health", headers={"apikey": addresses.publishable_key}),
            CLIENT.get(f"{addresses.functions}/health"),
            CLIENT.get(f"{addresses.yookassa}/v3/payments"),
            CLIENT.get(f"{addresses.mail}/api/messages"),
        ]
    except httpx.HTTPError:
        return False
    return [answer.status_code for answer in answers] == [200, 200, 200, 401, 200]


def sign_up(addresses: Addresses, email: str) -> int:
    """The status of signing in with a new account."""
    accounts.sign_up(addresses, "Анна", email=email, password=PASSWORD)
    return sign_in(addresses, email)


def sign_in(addresses: Addresses, email: str, password: str = PASSWORD) -> int:
    """200 for who has an account."""
    return httpx.post(
        f"{addresses.api}/auth/v1/token?grant_type=password",
        headers={"apikey": addresses.publishable_key},
        json={"email": email, "password": password},
    ).status_code


def processes_of(data: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(data) or str(data) in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def stack(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One for the tests that only disturb it."""
    data = tmp_path_factory.mktemp("life")
    clusters.copy_for_stack("real-time", data)
    with Stack(data, durable=False, migrated=True) as stack:
        yield stack


@pytest.mark.parametrize("part", MAKERS)
def test_a_part_that_dies_is_started_again(stack: Stack, part: str) -> None:
    before = stack.pid(part)
    assert before
    os.kill(before, signal.SIGKILL)
    until(lambda: stack.pid(part) not in (None, before))
    until(lambda: is_up(stack.addresses), patience=150)  # a busy machine starts processes slowly
    assert sign_up(stack.addresses, f"{part}@example.test") == 200


def test_a_part_that_is_killed_stays_down_until_started(stack: Stack) -> None:
    stack.kill("functions")
    time.sleep(1)
    assert stack.pid("functions") is None
    through = CLIENT.get(f"{stack.addresses.api}/functions/v1/health")
    assert (through.status_code, through.json()["error"]) == (503, "unavailable")
    stack.start_part("functions")
    assert CLIENT.get(f"{stack.addresses.api}/functions/v1/health").status_code == 200


def test_two_stacks_side_by_side(stack: Stack, clusters: Clusters, tmp_path: Path) -> None:
    clusters.copy_for_stack("real-time", tmp_path)
    with Stack(tmp_path, only={"postgres", "api"}, durable=False, migrated=True) as other:
        assert other.addresses.api != stack.addresses.api
        assert sign_up(stack.addresses, "side@example.test") == 200
        assert sign_up(other.addresses, "side@example.test") == 200
    assert is_up(stack.addresses)


def test_another_supabase_and_another_yookassa(stack: Stack, tmp_path: Path) -> None:
    theirs = stack.addresses
    outside = {
        "SUPABASE_URL": theirs.api,
        "SUPABASE_PUBLISHABLE_KEY": theirs.publishable_key,
        "SUPABASE_SECRET_KEY": theirs.secret_key,
        "YOOKASSA_API_URL": f"{theirs.yookassa}/v3",
        "YOOKASSA_SHOP_ID": "100500",
        "YOOKASSA_SECRET_KEY": "test_somebody-elses",
        "YOOKASSA_WEBHOOK_SECRET": "a-path-nobody-guesses",
    }

    def settings() -> list[object]:
        with psycopg.connect(theirs.database_url or "") as connection:
            return list(connection.execute("select to_jsonb(s) from private.platform_settings s").fetchall())

    before, said = settings(), list[str]()
    with Stack(
        tmp_path, outside=outside | {"ALLOW_TIME_TRAVEL": "1"}, fill="people", say=said.append
    ) as other:
        assert settings() == before
        assert other.pid("scheduler") is None
        words = "\n".join(said)
        assert f"Another Supabase: {theirs.api}" in words
        assert all(f"--{option} would" in words for option in ("configure", "schedule"))
        travel = CLIENT.post(
            f"{other.addresses.functions}/status_expiry",
            headers={"authorization": f"Bearer {other.addresses.scheduler_secret}"},
            json={"as_of": "2027-01-01T00:00:00Z"},
        )
        assert travel.status_code == 422
        ours = other.addresses
        assert (ours.api, ours.yookassa, ours.database_url) == (theirs.api, theirs.yookassa, None)
        assert (ours.publishable_key, ours.secret_key) == (theirs.publishable_key, theirs.secret_key)
        assert ours.webhook_url == f"{ours.functions}/yookassa_webhook/a-path-nobody-guesses"
        assert [other.pid(part) for part in ("postgres", "api", "yookassa")] == [None, None, None]
        assert CLIENT.get(f"{ours.web}/config.json").json()["supabase_url"] == theirs.api
        assert CLIENT.get(f"{ours.functions}/health").json()["database"] == "ok"


def test_another_supabase_is_configured_and_scheduled_when_told(stack: Stack, tmp_path: Path) -> None:
    theirs = stack.addresses
    outside = {
        "SUPABASE_URL": theirs.api,
        "SUPABASE_PUBLISHABLE_KEY": theirs.publishable_key,
        "SUPABASE_SECRET_KEY": theirs.secret_key,
    }
    parts = {"postgres", "api", "functions", "yookassa", "scheduler"}
    with (
        psycopg.connect(theirs.database_url or "", autocommit=True) as connection,
        Stack(tmp_path, only=parts, outside=outside, configure=True, schedule=True) as other,
    ):
        found = connection.execute("select shop_id, site_url from private.platform_settings").fetchone()
        assert found == (other.credentials.shop_id, other.addresses.web)
        assert other.pid("scheduler")


def test_one_folder_carries_one_stack(stack: Stack) -> None:
    with pytest.raises(AlreadyRunning):
        Stack(stack.data).start()
    assert is_up(stack.addresses)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    block = first_free(FOR_US)
    try:
        with pytest.raises(StackError, match=str(block.base)):
            Stack(tmp_path, block.base, only={"postgres"}).start()
    finally:
        block.release()
    assert processes_of(tmp_path) == []


def test_data_of_another_version_is_named_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    applied = tmp_path / "postgres" / "migrations.json"
    applied.write_text(json.dumps(dict.fromkeys(database.migrations(), "an earlier text")))
    with pytest.raises(StackError, match=r"was made by another version.*\n--reset"):
        Stack(tmp_path).start()


def test_a_restart_keeps_data_secrets_and_ports(tmp_path: Path) -> None:
    choice = range(32000, 32010, 10)  # nobody else's: meanwhile another worker's stack could take the ports
    with Stack(tmp_path, choice=choice, only={"postgres", "api"}) as stack:
        before = stack.addresses
        assert sign_up(before, "kept@example.test") == 200
        assert json.loads((tmp_path / "stack.json").read_text())["api"] == before.api
        for secret in ("stack.json", "secrets.json"):
            assert (tmp_path / secret).stat().st_mode & 0o077 == 0
    assert not (tmp_path / "stack.json").exists()
    assert processes_of(tmp_path) == []
    assert json.loads((tmp_path / "postgres" / "migrations.json").read_text()) == database.migrations()
    with Stack(tmp_path, choice=range(32010, 32110, 10), only={"postgres", "api"}) as stack:
        assert stack.addresses == before
        assert sign_in(stack.addresses, "kept@example.test") == 200


def run(script: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def free_block() -> int:
    block = first_free(FOR_US)
    block.release()
    return block.base


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    run(STOP, "--data", tmp_path)
    assert processes_of(tmp_path) == []


@pytest.mark.timeout(600)  # five starts, one of them with a year to live through
def test_by_command_through_sudden_deaths(data: Path) -> None:
    base = free_block()
    started = run(START, "--detach", "--data", data, "--port-base", base)
    assert started.returncode == 0, started.stderr
    addresses = Addresses(**json.loads((data / "stack.json").read_text()))
    assert addresses.web == f"http://127.0.0.1:{base}"
    assert addresses.web in started.stdout
    assert "anna@example.test" in started.stdout
    assert is_up(addresses)

    # What was answered with success is there after everything was killed at once.
    assert sign_up(addresses, "committed@example.test") == 200
    supervisor = json.loads((data / "supervisor.json").read_text())["pid"]
    for process in [psutil.Process(supervisor), *processes_of(data)]:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    again = run(START, "--detach", "--data", data)
    assert again.returncode == 0, again.stderr
    assert is_up(addresses)
    assert sign_in(addresses, "committed@example.test") == 200

    # Nor does anything outlive its supervisor.
    supervisor = json.loads((data / "supervisor.json").read_text())["pid"]
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: processes_of(data) == [])
    assert run(START, "--detach", "--data", data).returncode == 0
    assert is_up(addresses)

    # Started twice it says where it is; reset, it has forgotten.
    assert addresses.web in run(START, "--detach", "--data", data).stdout
    assert run(START, "--detach", "--reset", "--empty", "--data", data).returncode == 0
    addresses = Addresses(**json.loads((data / "stack.json").read_text()))
    assert sign_up(addresses, "committed@example.test") == 200
    assert sign_in(addresses, "anna@example.test", demo.PASSWORD) == 200

    assert run(STOP, "--data", data).stdout == "Stopped.\n"
    assert run(STOP, "--data", data).stdout == "Nothing was running.\n"
    assert not is_up(addresses)


@contextmanager
def started(data: Path, ignored: Sequence[signal.Signals]) -> Iterator[subprocess.Popen[str]]:
    """The start command, up, as somebody runs it who has it ignore these signals."""
    code = "import os, signal, sys; [signal.signal(number, signal.SIG_DFL) for number in (1, 2)];"
    code += f"[signal.signal(number, signal.SIG_IGN) for number in {[int(number) for number in ignored]}];"
    code += "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, START, "--empty", "--data", data, "--port-base", str(free_block())],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            until(lambda: (data / "stack.json").exists() or process.poll() is not None, 120)
            yield process
        finally:
            process.kill()


def test_ctrl_c_ends_everything(data: Path) -> None:
    with started(data, ignored=[]) as process:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopped; the data is kept." in said
    assert processes_of(data) == []
    assert not (data / "stack.json").exists()


def test_in_the_background_it_outlives_its_terminal_until_it_is_stopped(data: Path) -> None:
    """`nohup scripts/start.py &`: what a terminal sends passes it by."""
    with started(data, ignored=[signal.SIGINT, signal.SIGHUP]) as process:
        for number in (signal.SIGINT, signal.SIGHUP):
            os.killpg(process.pid, number)
        addresses = Addresses(**json.loads((data / "stack.json").read_text()))
        assert is_up(addresses)
        assert run(STOP, "--data", data).stdout == "Stopped.\n"
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"scripts/stop.py --data {data} stops it." in said
    assert processes_of(data) == []
