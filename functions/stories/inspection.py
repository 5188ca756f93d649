"""Looking into the film or the picture of a story, whose bytes lie in Storage and are fetched a piece at a time.

Whatever opens it is a child process (`inspector.py`) with no address, no secret, little memory and little time: it asks
this one for ranges of bytes, and says what it found. A file that brings the child down is refused for that.
"""

import asyncio
import contextlib
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

from core import json_text, logs
from core.http import Problem
from core.models import Model
from files.child import child, is_down
from files.turns import Turns
from pydantic import Field, ValidationError

Read = Callable[[int, int], Awaitable[bytes]]
"""(offset, length) → these bytes, by Range from Storage. Length is at most LONGEST_READ."""
Code = Literal[
    "empty",
    "too_large",
    "too_long",
    "too_small",
    "wrong_type",
    "wrong_codec",
    "no_video",
    "truncated",
    "damaged",
    "too_many_pixels",
    "playlist",
]

LARGEST = {"video": 100 * 1024 * 1024, "image": 10 * 1024 * 1024}
"""Bytes of an upload."""
LONGEST_READ = 1024 * 1024
TURNS = Turns(at_once=2, longest=40)
"""For the callers of `inspect`: files looked into at the same time in this process, one of a person's at a time."""
SECONDS = 40
"""What a child may take in all, less what Storage takes to answer it."""
_INSPECTOR = Path(__file__).with_name("inspector.py")
_COMPLAINT = 4096


class MadeFile(Model):
    """A file in the folder, for the public: `video.mp4`, `video.webm`, `poster.webp`, `image.webp`, `image-640.webp`."""

    name: str = Field(pattern=r"^(video\.(mp4|webm)|poster\.webp|image(-\d{2,4})?\.webp)$")
    content_type: Literal["video/mp4", "video/webm", "image/webp"]
    bytes: int
    width: int | None = None
    height: int | None = None


class Finding(Model):
    """What a film or a picture is, and what was made of it. It is fit when there are no problems."""

    problems: list[Code] = Field(default=[])
    content_type: str | None = None
    """What the content is, whatever its name says."""
    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None
    """As it is seen: turned."""
    is_public_as_it_is: bool = False
    """The uploaded film may be the public copy, byte for byte. Else `files` holds the copy."""
    files: list[MadeFile] = Field(default=[])
    bytes_read: int = 0
    peak_memory: int = 0
    """Bytes the child held at most."""


class _Wanted(Model):
    """What a child asks for."""

    offset: int = Field(ge=0)
    length: int = Field(ge=1, le=LONGEST_READ)


class _GivenUp(Exception):
    """No verdict will come of this child: it asks for what is not there, for too much, or too long."""


async def inspect(kind: Literal["video", "image"], size: int, read: Read, folder: Path) -> Finding:
    """Look into an upload of `size` bytes; what is made for the public goes into the folder.

    Raises Problem 503 when it is our own fault that there is no verdict, and whatever `read` raises.
    """
    if size == 0:
        return Finding(problems=["empty"])
    if size > LARGEST[kind]:
        return Finding(problems=["too_large"])
    async with child(_INSPECTOR, kind, str(size), str(folder)) as process:
        conversation = _Conversation(process, size, read)
        complaint = asyncio.create_task(_ending(process))
        try:
            said = await conversation.verdict()
            is_finished = bool(said) or is_down(process, await complaint)
        except _GivenUp as why:
            logs.warning("the inspector of a film or a picture is given up", said=str(why))
            said, is_finished = b"", True
        finally:
            complaint.cancel()
    finding = Finding(problems=["damaged"])
    if is_finished and said:
        with contextlib.suppress(ValidationError, ValueError):
            finding = Finding.model_validate(json_text.parse(said))
    measured = {
        "files": [
            file.model_copy(update={"bytes": (folder / file.name).stat().st_size}) for file in finding.files
        ],
        "bytes_read": conversation.served,
        "peak_memory": max(finding.peak_memory, conversation.peak_memory),
    }
    return finding.model_copy(update=measured)


class _Conversation:
    """A child asks, a line of JSON at a time; it gets the bytes, and ends with its verdict."""

    def __init__(self, process: Process, size: int, read: Read) -> None:
        self._process = process
        self._size = size
        self._read = read
        self._budget = size + size // 2 + 4 * LONGEST_READ
        """A look, and a copy: more than that is a file that leads its reader around in circles."""
        self.served = 0
        self.peak_memory = 0

    async def verdict(self) -> bytes:
        """What the child says in the end; nothing when it ends without a word. Raises _GivenUp."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - `child` gives it pipes
        assert stdout is not None  # noqa: S101
        clock = asyncio.get_running_loop().time
        seconds_left = float(SECONDS)
        while True:
            asked_at = clock()
            try:
                async with asyncio.timeout(seconds_left):
                    line = await stdout.readline()
            except TimeoutError:
                self._look_at_memory()
                raise _GivenUp("it takes too long") from None
            except ValueError:
                raise _GivenUp("it says too much") from None
            seconds_left -= clock() - asked_at
            if not line.startswith(b'{"offset"'):
                return line.strip()
            self._look_at_memory()
            content = await self._answer(line)
            with contextlib.suppress(ConnectionError):
                stdin.write(content)
                await stdin.drain()

    async def _answer(self, line: bytes) -> bytes:
        try:
            wanted = _Wanted.model_validate(json_text.parse(line))
        except (ValidationError, ValueError):
            raise _GivenUp("it asks for nonsense") from None
        self.served += wanted.length
        if wanted.offset + wanted.length > self._size or self.served > self._budget:
            raise _GivenUp("it asks for more than there is")
        content = await self._read(wanted.offset, wanted.length)
        if len(content) != wanted.length:
            logs.error("the storage gives other bytes than it was asked for")
            raise Problem(
                503, "unavailable", "The files cannot be reached just now.", "Try again in a minute."
            )
        return content

    def _look_at_memory(self) -> None:
        """For the case that the child does not live to say so itself."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
            self.peak_memory = max(self.peak_memory, peak)


async def _ending(process: Process) -> bytes:
    """Wait for the end of a process: the last it complained of."""
    assert process.stderr  # noqa: S101 - a pipe
    last = b""
    while piece := await process.stderr.read(65536):
        last = (last + piece)[-_COMPLAINT:]
    await process.wait()
    return last
