"""A server that a test starts for itself."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
from bootstrap import ROOT

from kit.waiting import PATIENCE, until

CLIENT = httpx.Client(timeout=60, trust_env=False)
"""For every request that is nobody's: making one takes longer than a request."""
atexit.register(CLIENT.close)


class Server:
    """A process, with its log in a file; there once it answers at `ready`."""

    def __init__(self, command: list[str | Path], log: Path, ready: str, environment: dict[str, str]) -> None:
        self.log = log
        self.ready = ready
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            until(lambda: self.process.poll() is not None or self._answers())
            assert self.process.poll() is None
        except AssertionError:
            self.kill()
            raise RuntimeError(f"{ready} does not answer:\n{log.read_text()[-4000:]}") from None

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

    def _answers(self) -> bool:
        try:
            CLIENT.get(self.ready)
        except httpx.TransportError:
            return False
        return True
