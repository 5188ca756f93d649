"""Postgres data folders with the rules in them: made once in a run, then copied by whoever starts a server.

initdb and the migrations take seconds, a copy takes a tenth of one.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import Literal

import pytest
import time_machine
from stack import private
from stack.database import migrate, prepare
from stack.ports import free_port
from stack.postgres import Postgres

Kind = Literal["real-time", "moved-time"]
"""Whether now() is the machine's clock, or one that a TimeMachine moves."""


PASSWORD = "of-the-roles-of-the-api"


class Clusters:
    """The data folders of this run; test workers share them."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        base = factory.getbasetemp()
        self.folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def copy(self, kind: Kind, to: Path) -> Path:
        """Make `to` the data folder of a server whose database `postgres` has the rules in it."""
        shutil.copytree(self._made(kind), to)
        return to

    def copy_for_stack(self, kind: Kind, data: Path) -> Path:
        """The same for a Stack(data, migrated=True), which has to know the password of the API's roles."""
        self.copy(kind, data / "postgres")
        private.write_json(data / "secrets.json", {"database_password": PASSWORD})
        return data

    def _made(self, kind: Kind) -> Path:
        whole = self.folder / f"cluster-{kind}"
        with open(self.folder / f"{whole.name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                unfinished = self.folder / f"{whole.name}.unfinished"
                shutil.rmtree(unfinished, ignore_errors=True)
                if kind == "moved-time":
                    time_machine.install(unfinished)
                with Postgres(unfinished, free_port(), durable=False) as server:
                    prepare(server.url(), PASSWORD)
                    migrate(server.url())
                unfinished.rename(whole)
        return whole
