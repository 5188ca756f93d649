"""Finds and stops the stack of a data folder from another process."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from pathlib import Path

import psutil

from stack.parts import Addresses
from stack.postgres import Postgres
from stack.process import end_left_over

PATIENCE = 60  # seconds for everything to end in order


def is_up(data: Path) -> bool:
    """Whether some process holds this data folder."""
    if not (data / "lock").exists():
        return False
    with open(data / "lock", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def addresses(data: Path) -> Addresses | None:
    """Where everything is; None when no stack is up there, or not yet."""
    if not is_up(data):
        return None
    try:
        return Addresses(**json.loads((data / "stack.json").read_text()))
    except FileNotFoundError:
        return None


def has_ended(process: psutil.Process, patience: float) -> bool:
    """Wait for it; who started it may take note of its end later, or never, and until then it is a zombie."""
    deadline = time.monotonic() + patience
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def stop(data: Path) -> bool:
    """Stop the stack of a data folder, and what a killed one left running; whether there was anything."""
    was_up = is_up(data)
    if was_up:
        with contextlib.suppress(psutil.NoSuchProcess):
            about = json.loads((data / "supervisor.json").read_text())
            supervisor = psutil.Process(about["pid"])
            if supervisor.create_time() == about["created"]:
                supervisor.terminate()
                if not has_ended(supervisor, PATIENCE):
                    supervisor.kill()
                    has_ended(supervisor, PATIENCE)
    if not data.is_dir() or is_up(data):
        return was_up
    (data / "stack.json").unlink(missing_ok=True)
    postgres = Postgres(data / "postgres", 0)
    left_over = end_left_over(data) + postgres.end_left_over()
    return was_up or left_over > 0
