"""JSON that is kept as it came.

What ЮKassa says is evidence: it travels to the database as the very text that arrived, and is parsed beside
that only to find our way in it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn


class RawJson(str):
    """JSON text that is sent on as it is, never written anew."""

    __slots__ = ()


def parse(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError for anything that is not JSON in UTF-8.

    Stricter than the standard library: `NaN` and `Infinity` are not JSON, and neither is a nesting so deep
    that reading it breaks the reader.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def write(value: Any) -> str:
    """A value as JSON text, in ASCII. A moment in it stands as `moment` writes it."""
    return json.dumps(value, separators=(",", ":"), default=_written)


def moment(value: datetime | None) -> str | None:
    """A moment as JSON, the database and its REST API read it: ISO 8601 with the offset."""
    return value.isoformat() if value else None


def compose(members: Mapping[str, Any]) -> bytes:
    """A JSON object of these members, in which a RawJson member stands untouched."""
    return b"{%s}" % b",".join(
        f"{write(name)}:{value if isinstance(value, RawJson) else write(value)}".encode()
        for name, value in members.items()
    )


def _written(value: Any) -> str | None:
    if isinstance(value, datetime):
        return moment(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
