"""Logs: one JSON object a line, with the request it belongs to, without secrets, card numbers or e-mail
addresses.

`severity`, `message` and `time` are the names Google Cloud Logging understands; any other collector reads
them too.
"""

import json
import logging
import re
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

_log = logging.getLogger("chestno")

# A bank card has 13 to 19 digits, often written in groups.
_CARD_NUMBER = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def info(message: str, **fields: Any) -> None:
    """Say that something happened. Fields are ids, codes, counts and milliseconds, never a person's data."""
    _log.info(message, extra={"fields": fields})


def warning(message: str, **fields: Any) -> None:
    """Say that something is not as it should be, and that the product copes."""
    _log.warning(message, extra={"fields": fields})


def error(message: str, **fields: Any) -> None:
    """Say that an operator has to look. Inside an `except` block the traceback is added."""
    _log.error(message, extra={"fields": fields}, exc_info=sys.exc_info()[0] is not None)


def impersonal(text: str) -> str:
    """The text without card numbers and e-mail addresses."""
    return _CARD_NUMBER.sub("[number]", _EMAIL.sub("[e-mail]", text))  # an address may be all digits


def configure(secrets: Sequence[str]) -> None:
    """Make this process write its log as this module promises. `secrets` never appear in it."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(secrets))
    _log.handlers = [handler]
    _log.setLevel(logging.INFO)
    _log.propagate = False
    # The server's own access log would write the webhook's secret path.
    access_log = logging.getLogger("uvicorn.access")
    access_log.handlers = []
    access_log.propagate = False


class JsonLines(logging.Formatter):
    """One record as one line of JSON."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__()
        # Longest first, so that a secret which contains another does not leave its rest behind.
        escaped = [re.escape(secret) for secret in sorted(secrets, key=len, reverse=True) if secret]
        self._secrets = re.compile("|".join(escaped)) if escaped else None

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its newline."""
        line: dict[str, Any] = {
            "severity": record.levelname,
            "message": record.getMessage(),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "request_id": request_id.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(self._without_secrets(line), ensure_ascii=False, default=str)

    def _without_secrets(self, value: Any) -> Any:
        """The same value with every text in it made fit to be kept."""
        if isinstance(value, dict):
            return {name: self._without_secrets(member) for name, member in value.items()}
        if isinstance(value, list | tuple):
            return [self._without_secrets(member) for member in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        text = str(value)
        if self._secrets:
            text = self._secrets.sub("[secret]", text)
        return impersonal(text)
