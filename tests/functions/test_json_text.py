"""JSON is read strictly and handed on untouched."""

import json

import pytest
from core import json_text
from core.json_text import RawJson


def test_raw_json_travels_as_it_came() -> None:
    raw = '{"amount": {"value":"1.00"},  "n": 1.10, "big": 1e999, "text": "\\ud800 \\u0000"}'
    body = json_text.compose({"payment": RawJson(raw), "source": "тест"})
    assert raw.encode() in body
    assert body.endswith(b',"source":"\\u0442\\u0435\\u0441\\u0442"}')


def test_members_are_json() -> None:
    body = json_text.compose({"a": None, "b": [1, "x"], "c": {"d": True}, "e": '"quoted"'})
    assert json.loads(body) == {"a": None, "b": [1, "x"], "c": {"d": True}, "e": '"quoted"'}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"nope",
        b'{"a": NaN}',
        b"[Infinity]",
        b"\xff\xfe",
        b"[" * 60_000,
        '{"a": 1}'.encode("utf-16"),
    ],
    ids=["empty", "open", "word", "nan", "infinity", "not-utf-8", "deep", "utf-16"],
)
def test_what_is_not_json_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several messages, one kind
        json_text.parse(text)
