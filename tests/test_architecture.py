"""The pictures and the tables of docs/architecture.md are what the code is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sql_order
from bootstrap import ROOT

DOCUMENT = (ROOT / "docs" / "architecture.md").read_text()
RULES = {file.name: file.read_text() for file in sorted((ROOT / "sql").glob("*.sql"))}


def pictures() -> list[str]:
    return re.findall(r"```mermaid\n(.*?)```", DOCUMENT, re.DOTALL)


def test_there_are_four_pictures() -> None:
    assert [picture.split()[0] for picture in pictures()] == [
        "flowchart", "sequenceDiagram", "stateDiagram-v2", "flowchart"
    ]  # fmt: skip


def transitions(text: str) -> set[tuple[str, str]]:
    """What the trigger lets pass: the pairs of its `not in (…)`."""
    body = re.search(r"function private\.refuse_illegal_subscription_change.*?\$\$(.*?)\$\$", text, re.DOTALL)
    assert body
    return set(re.findall(r"\('(\w+)', '(\w+)'\)", body[1]))


def test_the_states_of_a_subscription_are_those_of_the_trigger() -> None:
    drawn = set(re.findall(r"^  (\w+) --> (\w+):", pictures()[2], re.MULTILINE))
    assert drawn == transitions("\n".join(RULES.values()))
    states = re.search(
        r"create type public\.subscription_status as enum \((.*?)\)", "\n".join(RULES.values())
    )
    assert states
    assert set(re.findall(r"'(\w+)'", states[1])) == set(
        re.findall(r"\b(?!v2)[a-z_]+(?= -->)", pictures()[2])
    ) | {to for _, to in drawn}


def test_a_webhooks_way_names_what_there_is() -> None:
    made = {name for text in RULES.values() for name in re.findall(r"create function public\.(\w+)", text)}
    named = set(
        re.findall(
            r"\b([a-z]+_[a-z_]+)(?:\(|,|$)", "\n".join(re.findall(r"->>D: (.*)", pictures()[1])), re.MULTILINE
        )
    )
    assert named
    assert named - {"remote_ip", "notification_id"} <= made


def test_the_order_of_sql_is_drawn_as_it_is() -> None:
    assert sql_order.drawn(DOCUMENT) == DOCUMENT


def test_a_new_file_and_a_new_arrow_are_noticed(tmp_path: Path) -> None:
    for name, text in RULES.items():
        (tmp_path / name).write_text(text)
    before = sql_order.picture(tmp_path)
    (tmp_path / "99_new.sql").write_text(
        "-- New: something.\ncreate view public.new as select id from public.organizations;\n"
    )
    after = sql_order.picture(tmp_path)
    assert "f20_organizations --> f99_new" in after
    assert "f99_new" not in before
    nodes = re.findall(r"^  (f\w+)\[", after, re.MULTILINE)
    assert len(set(nodes)) == len(RULES) + 1, "each file has a place of its own"
    assert not re.search(r"^  (f\w+) --> \1$", after, re.MULTILINE), "and none stands on itself"
    assert '99_new<br>New"' in after


def test_an_arrow_that_follows_from_others_is_left_out() -> None:
    assert sql_order.nearest({"a": set(), "b": {"a"}, "c": {"a", "b"}}) == {
        "a": set(),
        "b": {"a"},
        "c": {"b"},
    }


TEN_RULES = re.findall(r"^\| ([^|`]+) \| ((?:`[\w.]+`(?:, )?)+) \| (.*?) \|$", DOCUMENT, re.MULTILINE)


def test_there_are_ten_rules() -> None:
    assert len(TEN_RULES) == 10


@pytest.mark.parametrize(("rule", "functions", "files"), TEN_RULES, ids=[rule for rule, _, _ in TEN_RULES])
def test_each_rule_is_where_the_document_says(rule: str, functions: str, files: str) -> None:
    names = re.findall(r"`([\w.]+)`", functions)
    texts = [RULES[file] for file in re.findall(r"\.\./sql/(\w+\.sql)", files)]
    assert len(texts) in (1, len(names))
    for place, name in enumerate(names):
        assert f"create function {name}(" in texts[place if len(texts) > 1 else 0], f"{name} is elsewhere"
