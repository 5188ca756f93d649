"""A process of its own for what opens an uploaded file: no secrets, little time, and at worst it takes itself down."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from core import logs
from core.http import Problem

_SAID_AT_MOST = 500
"""Characters of its complaint that go into our log."""


@asynccontextmanager
async def child(script: Path, *arguments: str) -> AsyncIterator[Process]:
    """Python runs the script alone, with an empty environment; ended with all it started when the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", str(script), *arguments),
        env={},
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def is_down(process: Process, complaint: bytes) -> bool:
    """Whether the file brought a process down that has ended. Raises Problem 503 when it is our own fault instead."""
    said = complaint.decode(errors="replace")[-_SAID_AT_MOST:]
    if process.returncode == 0:
        if said:
            logs.warning("a file cannot be read", said=said)
        return False
    if process.returncode is not None and process.returncode < 0:
        logs.warning("a file brought its inspector down", signal=-process.returncode)
        return True
    logs.error("the inspector of files does not work", said=said)
    raise Problem(503, "unavailable", "Files cannot be looked at just now.", "Try again in a minute.")
