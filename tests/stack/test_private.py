"""Nothing of a stack can be read by another user of the machine: no file, no command line; and no log grows for ever."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import psutil
import pytest
from stack import private
from stack.database import without_password
from stack.process import OLD_LOGS, Part, Supervisor, rotate
from stack.stack import Stack, make_data_folder


def test_files_and_command_lines_are_for_nobody_else(tmp_path: Path) -> None:
    """Also while it starts, when short-lived programs migrate and fill the database."""
    data, seen, over = tmp_path / "data", set[str](), threading.Event()

    def watch() -> None:
        while not over.wait(0.005):
            for process in psutil.process_iter():
                try:
                    seen.add(" ".join(process.cmdline()))
                except psutil.Error:
                    continue

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        with Stack(
            data, durable=False, fill="people", only={"postgres", "api", "mail", "yookassa", "functions"}
        ) as stack:
            secrets = {*json.loads((data / "secrets.json").read_text()).values()} - {
                stack.credentials.shop_id
            }
            secrets.add((data / "postgres" / "password").read_text())
            open_to_others = [
                path
                for path in [data, *data.rglob("*")]
                if path.stat().st_mode & 0o077 and not path.is_symlink()
            ]
    finally:
        over.set()
        watching.join()
    assert any("supabase.js" in line for line in seen)
    assert any("yookassa_simulator" in line for line in seen)
    assert [line for line in seen if any(secret in line for secret in secrets)] == []
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert open_to_others == []


def test_a_folder_with_other_things_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    ours, shared = tmp_path / "ours", tmp_path / "shared"
    for folder in (ours, shared):
        folder.mkdir(mode=0o755)
    (shared / "somebody-elses").touch()
    (ours / "python.lock").touch()
    for folder in (ours, shared):
        make_data_folder(folder)
    assert (ours.stat().st_mode & 0o777, shared.stat().st_mode & 0o777) == (0o700, 0o755)


@pytest.mark.parametrize(
    ("argument", "shown", "password"),
    [
        ("--remote=postgresql://me:p%40ss@127.0.0.1:5/db", "--remote=postgresql://me@127.0.0.1:5/db", "p@ss"),
        ("--remote=postgresql://me@127.0.0.1:5/db", "--remote=postgresql://me@127.0.0.1:5/db", ""),
        ("--level=warn", "--level=warn", ""),
    ],
)
def test_a_password_is_taken_out_of_an_address(argument: str, shown: str, password: str) -> None:
    assert without_password(argument) == (shown, password)


def test_a_log_begins_anew(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    for number in range(OLD_LOGS + 3):
        private.write_text(log, f"{number}" * 100)
        rotate(log, 1000)
        assert log.stat().st_size == 100
        rotate(log, 99)
        assert log.read_text() == ""
    kept = sorted(tmp_path.iterdir())
    assert [path.name for path in kept] == ["x.log", *(f"x.log.{number + 1}" for number in range(OLD_LOGS))]
    assert [path.read_text()[0] for path in kept[1:]] == ["5", "4", "3"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept)


def test_a_part_that_writes_on_has_its_log_turned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.process.rotate", lambda log: rotate(log, 50_000))
    log = tmp_path / "noisy.log"
    script = "import time\nwhile True: print('x' * 1000, flush=True); time.sleep(0.01)"
    supervisor = Supervisor(tmp_path, lambda _: None)
    try:
        supervisor.start(Part("noisy", ["python3", "-c", script], log, lambda: True, tmp_path))
        deadline = threading.Event()
        for _ in range(300):
            if (tmp_path / "noisy.log.1").exists():
                break
            deadline.wait(0.1)
        assert (tmp_path / "noisy.log.1").stat().st_size > 50_000
        size = log.stat().st_size
        deadline.wait(0.5)
        assert log.stat().st_size > size  # it goes on writing, from the beginning
        assert b"\0" not in log.read_bytes()
    finally:
        supervisor.close()
