"""The mail sink's mailboxes: where every e-mail of a stack ends up."""

from __future__ import annotations

from typing import Any

from kit.server import CLIENT
from kit.waiting import until


def emails_to(sink: str, address: str) -> list[dict[str, Any]]:
    """What came for this address, newest first: `{id, to, subject, text, html, links}`."""
    answer = CLIENT.get(f"{sink}/api/messages", params={"to": address})
    answer.raise_for_status()
    emails: list[dict[str, Any]] = answer.json()
    return emails


def newest_to(sink: str, address: str) -> dict[str, Any]:
    """The newest e-mail for this address, once there is one."""
    until(lambda: emails_to(sink, address), pause=0.1)
    return emails_to(sink, address)[0]
