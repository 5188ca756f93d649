"""Folders and files that other users of this machine cannot read."""

from __future__ import annotations

import json
import os
from pathlib import Path


def folder(path: Path) -> Path:
    """Make a folder for us alone, or take others' rights from it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path


def opener(path: str, flags: int) -> int:
    """For `open(…, opener=…)`: a file that it makes is for us alone."""
    return os.open(path, flags, 0o600)


def write_text(path: Path, text: str) -> None:
    with open(path, "w", opener=opener) as file:
        file.write(text)


def write_json(path: Path, content: object) -> None:
    """All of it or nothing."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    write_text(unfinished, json.dumps(content, indent=2))
    unfinished.replace(path)
