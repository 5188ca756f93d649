"""What a story's upload is found to be: by the real child, over a file in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from stories.inspection import Finding, inspect

from kit.waiting import finished


@dataclass
class Upload:
    """An upload that lies in memory; what was read of it is counted."""

    content: bytes
    reads: list[tuple[int, int]] = field(default_factory=list)

    @property
    def length(self) -> int:
        return len(self.content)

    async def read(self, offset: int, length: int) -> bytes:
        self.reads.append((offset, length))
        return self.content[offset : offset + length]

    def found(self, kind: Literal["video", "image"], folder: Path) -> Finding:
        folder.mkdir(parents=True, exist_ok=True)
        return finished(inspect(kind, self.length, self.read, folder))


def picture_found(content: bytes, folder: Path) -> Finding:
    return Upload(content).found("image", folder)


def film_found(content: bytes, folder: Path) -> Finding:
    return Upload(content).found("video", folder)


def problems(kind: Literal["video", "image"], content: bytes, folder: Path) -> list[str]:
    found = Upload(content).found(kind, folder)
    if found.problems:
        assert not found.files
        assert not found.is_public_as_it_is
    return list(found.problems)
