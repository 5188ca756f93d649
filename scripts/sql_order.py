"""The files of sql/: which makes which RPC, and which is built on which, as the picture of docs/architecture.md."""

from __future__ import annotations

import re
from pathlib import Path

from bootstrap import ROOT

RULES = ROOT / "sql"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- drawn by scripts/fix.py from sql/ -->\n", "<!-- drawn until here -->\n"

_MADE = re.compile(
    r"^create (?:or replace )?(?:table|view|type|function) ((?:public|private|monitoring)\.\w+)", re.MULTILINE
)
_NAMED = re.compile(r"\b(?:public|private|monitoring)\.\w+")


def files_of_rpcs() -> dict[str, str]:
    """Which file of sql/ makes each RPC: `{"start_checkout": "sql/44_checkout.sql"}`."""
    return {
        name: f"sql/{file.name}"
        for file in sorted(RULES.glob("*.sql"))
        for name in re.findall(
            r"^create (?:or replace )?function public\.(\w+)", file.read_text(), re.MULTILINE
        )
    }


def built_on(folder: Path = RULES) -> dict[str, set[str]]:
    """`{file: files whose tables and functions it names}`, in the order they are read, without their ending."""
    texts = {file.stem: re.sub(r"--[^\n]*", "", file.read_text()) for file in sorted(folder.glob("*.sql"))}
    made = {name: file for file, text in reversed(texts.items()) for name in _MADE.findall(text)}
    return {
        file: {made[name] for name in _NAMED.findall(text) if name in made} - {file}
        for file, text in texts.items()
    }


def nearest(built: dict[str, set[str]]) -> dict[str, set[str]]:
    """The same without what follows from the rest: 20 → 40 goes where 20 → 30 and 30 → 40 are."""
    below: dict[str, set[str]] = {}
    for file, files in built.items():  # in order, so what it is built on is known
        below[file] = files.union(*(below.get(other, set()) for other in files))
    return {
        file: files - set().union(*(below.get(other, set()) for other in files))
        for file, files in built.items()
    }


def picture(folder: Path = RULES) -> str:
    """Mermaid: every file with what its first line says it is, every arrow from what it is built on."""
    lines = ["```mermaid", "flowchart LR"]
    arrows = nearest(built_on(folder))
    for file in arrows:
        title = (folder / f"{file}.sql").read_text().removeprefix("--").strip().partition("\n")[0]
        lines.append(f'  {_node(file)}["{file}<br>{re.split("[:.]", title)[0]}"]')
    for file, files in arrows.items():
        lines += [f"  {_node(other)} --> {_node(file)}" for other in sorted(files)]
    return "\n".join([*lines, "```", ""])


def drawn(document: str) -> str:
    """The document with the picture as sql/ has it now."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest or not after:
        raise ValueError("docs/architecture.md has lost the place of the picture of sql/")
    return f"{before}{BEGIN}{picture()}{END}{after}"


def _node(file: str) -> str:
    return f"f{file}"  # the whole name: several files share a number
