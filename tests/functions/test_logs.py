"""The log keeps ids, codes and milliseconds, and nothing that could hurt anybody who reads it."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from core import logs

SECRETS = ["sb_secret_hush", "test_hush", "sb_secret_hush_longer"]


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Reads what was logged since the test began."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.JsonLines(SECRETS))
    log = logging.getLogger("chestno")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    log.removeHandler(handler)
    log.setLevel(level)


def test_a_line_is_one_json_object(lines: Any) -> None:
    token = logs.request_id.set("request-0001")
    logs.info("платёж записан", transaction_id="t-1", ms=1.5, ok=True)
    logs.request_id.reset(token)
    (line,) = lines()
    assert line["severity"] == "INFO"
    assert line["message"] == "платёж записан"
    assert line["request_id"] == "request-0001"
    assert (line["transaction_id"], line["ms"], line["ok"]) == ("t-1", 1.5, True)
    assert line["time"].endswith("+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "the key is test_hush!",
        "sb_secret_hush_longer",
        "Basic test_hush, Bearer sb_secret_hush",
        "card 5555555555554444 was declined",
        "card 5555 5555 5555 4444",
        "2202-4743-0132-2987",
        "write to anna.petrova+1@mail.example.com",
        "write to 5555555555554444@mail.example.com",
    ],
)
def test_secrets_cards_and_addresses_are_left_out_wherever_they_stand(lines: Any, text: str) -> None:
    logs.warning(text, said=text, deep={"list": [text]})
    (line,) = lines()
    written = json.dumps(line, ensure_ascii=False)
    for hidden in ["hush", "5555", "2202", "4444", "anna.petrova", "_longer", "mail.example"]:
        assert hidden not in written


def test_a_traceback_is_kept_and_cleaned(lines: Any) -> None:
    try:
        raise ValueError("could not sign in with test_hush")
    except ValueError:
        logs.error("a function failed")
    (line,) = lines()
    assert "test_logs.py" in line["exception"]
    assert "could not sign in with [secret]" in line["exception"]


def test_ids_and_moments_stay_readable(lines: Any) -> None:
    fields = {
        "payment_id": "22d6d597-000f-5000-9000-145f6df21d6f",
        "transaction_id": "12345678-1234-4234-8234-123456789012",
        "at": "2026-11-20T05:40:11.123Z",
    }
    logs.info("seen", **fields)
    (line,) = lines()
    assert {name: line[name] for name in fields} == fields


def test_a_configured_process_writes_such_lines_and_no_access_log() -> None:
    """uvicorn asks `hasHandlers` before it writes an access line, in which the webhook's secret would be."""
    code = """
import logging, logs
logging.getLogger("uvicorn.access").addHandler(logging.StreamHandler())
logs.configure(["test_hush"])
logs.info("ready", key="test_hush", access_log=logging.getLogger("uvicorn.access").hasHandlers())
"""
    functions = Path(logs.__file__).parent
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=functions, capture_output=True, text=True, check=True, timeout=30
    )
    line = json.loads(ran.stdout)
    assert (line["message"], line["key"], line["access_log"]) == ("ready", "[secret]", False)
    assert ran.stderr == ""
