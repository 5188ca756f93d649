"""The files of sql/: which makes which RPC."""

from __future__ import annotations

import re

from bootstrap import ROOT

RULES = ROOT / "sql"


def files_of_rpcs() -> dict[str, str]:
    """Which file of sql/ makes each RPC: `{"start_checkout": "sql/44_checkout.sql"}`."""
    return {
        name: f"sql/{file.name}"
        for file in sorted(RULES.glob("*.sql"))
        for name in re.findall(
            r"^create (?:or replace )?function public\.(\w+)", file.read_text(), re.MULTILINE
        )
    }
