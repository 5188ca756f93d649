"""The process that opens films and pictures: what it may, what it may take, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
import os
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from bootstrap import ROOT
from core.http import Problem
from kit.uploads import Upload
from kit.videos import film
from kit.waiting import finished
from stories import inspection
from stories.inspection import Finding, inspect

MEGABYTE = 1024 * 1024
INSPECTOR = ROOT / "functions" / "stories" / "inspector.py"


def inspected_by(
    program: str, folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes = b"x" * 1000
) -> Finding:
    """What another program in the inspector's place says of a file."""
    inspector = folder / "inspector.py"
    inspector.write_text(program)
    monkeypatch.setattr(inspection, "_INSPECTOR", inspector)
    return Upload(content).found("video", folder)


def ends(pid: int) -> bool:
    """That process is over, or is within a minute: one that was killed may wait for a processor to die on."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 60)[0])
    finally:
        os.close(process)


def test_the_inspector_alone_finds_its_libraries() -> None:
    """`python -I`, nothing in the environment, somewhere else."""
    done = subprocess.run(
        [sys.executable, "-I", INSPECTOR, "video", "5", "/"],
        env={},
        cwd="/",
        input=b"hello",
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    question, answer = map(json.loads, done.stdout.splitlines())
    assert question == {"offset": 0, "length": 5}
    assert answer["problems"] == ["wrong_type"]
    assert 0 < answer["peak_memory"] < 120 * MEGABYTE


def test_the_inspector_knows_no_address_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = (
        "import json, os, sys; print(json.dumps({'content_type': repr((dict(os.environ), sys.argv[1:]))}))"
    )
    monkeypatch.setenv("SUPABASE_SECRET_KEY", "a-secret")
    found = inspected_by(program, tmp_path, monkeypatch)
    assert "a-secret" not in (found.content_type or "")
    environment, arguments = eval(found.content_type or "")  # noqa: S307 - what the line above wrote
    assert environment.keys() <= {"LC_CTYPE"}, "Python's own"
    assert arguments == ["video", "1000", str(tmp_path)]


@pytest.mark.parametrize(
    "fate",
    [
        "os.kill(os.getpid(), 11)",
        "os.abort()",
        "time.sleep(60)",
        "[0] * 10**12",
        "list(iter(lambda: bytearray(2**20), 0))",
    ],
)
def test_a_file_that_brings_its_inspector_down_is_damaged(
    fate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the inspector's own limits: no memory, no time."""
    monkeypatch.setattr(inspection, "SECONDS", 3)
    program = f"""
import importlib.util, os, resource, sys, time
spec = importlib.util.spec_from_file_location("inspector", {str(INSPECTOR)!r})
inspector = importlib.util.module_from_spec(spec)
spec.loader.exec_module(inspector)
inspector.looker = lambda kind: lambda source, folder, found: {fate}
inspector.main()
"""
    found = inspected_by(program, tmp_path, monkeypatch)
    assert (found.problems, found.files) == (["damaged"], [])
    assert found.peak_memory < 1100 * MEGABYTE


def test_too_much_of_a_processor_is_not_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
while True: pass
"""
    assert inspected_by(program, tmp_path, monkeypatch).problems == ["damaged"]


def test_what_the_inspector_started_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "SECONDS", 2)
    program = f"""
import os, pathlib, subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path({str(tmp_path / "pids")!r}).write_text(f"{{os.getpid()}} {{other.pid}}")
time.sleep(600)
"""
    assert inspected_by(program, tmp_path, monkeypatch).problems == ["damaged"]
    inspector, other = map(int, (tmp_path / "pids").read_text().split())
    assert ends(inspector)
    assert ends(other)


@pytest.mark.parametrize(
    "asks",
    [
        "ask(0, 1001)",
        "ask(-1, 5)",
        "ask(1000, 1)",
        "ask(0, 2**40)",
        "ask('a', 1)",
        "[(ask(0, 1000), sys.stdin.buffer.read(1000)) for _ in range(10000)]",
        "print('{\"offset\"' + 'x' * 200000, flush=True)",
        "print('what is this', flush=True)",
        "print(json.dumps({'problems': ['nonsense']}), flush=True)",
        "print(json.dumps({'files': [{'name': '../../x', 'content_type': 'image/webp', 'bytes': 1}]}), flush=True)",
    ],
)
def test_an_inspector_that_was_taken_over_gets_nowhere(
    asks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = f"""
import json, sys, time
def ask(offset, length): print('{{"offset": ' + json.dumps(offset) + ', "length": ' + json.dumps(length) + '}}', flush=True)
{asks}
time.sleep(0.1)
"""
    found = inspected_by(program, tmp_path, monkeypatch)
    assert (found.problems, found.files) == (["damaged"], [])
    assert found.bytes_read < 6 * MEGABYTE


def test_an_inspector_that_does_not_work_condemns_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Problem, match="503 unavailable"):
        inspected_by("import no_such_library", tmp_path, monkeypatch)


def test_a_storage_that_fails_or_answers_too_little_condemns_nothing(tmp_path: Path) -> None:
    content = film()

    async def fails(offset: int, length: int) -> bytes:
        raise Problem(503, "unavailable")

    async def too_little(offset: int, length: int) -> bytes:
        return content[offset : offset + length - 1]

    for read in (fails, too_little):
        with pytest.raises(Problem, match="503 unavailable"):
            finished(inspect("video", len(content), read, tmp_path))


def test_a_slow_storage_takes_none_of_the_inspectors_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "SECONDS", 20)
    clock = 0.0
    content = film()

    async def slow(offset: int, length: int) -> bytes:
        nonlocal clock
        clock += 100  # as if it had taken so long
        return content[offset : offset + length]

    async def run() -> Finding:
        loop = asyncio.get_running_loop()
        real = loop.time
        monkeypatch.setattr(loop, "time", lambda: real() + clock)
        return await inspect("video", len(content), slow, tmp_path)

    assert finished(run()).problems == []
    assert clock >= 100


def children() -> set[str]:
    found: set[str] = set()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # the thread has ended meanwhile
            found.update((thread / "children").read_text().split())
    return found


def test_who_asks_no_longer_leaves_no_process_behind(tmp_path: Path) -> None:
    content = film()
    before = children()
    during: set[str] = set()

    async def run() -> None:
        asked = asyncio.Event()

        async def never(offset: int, length: int) -> bytes:
            during.update(children())
            asked.set()
            await asyncio.Event().wait()
            return b""

        task = asyncio.create_task(inspect("video", len(content), never, tmp_path))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    finished(run())
    assert during > before
    assert children() <= before
