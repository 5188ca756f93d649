"""Messages that nothing can be done with: each is settled alone, and the others go."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kit.customer import Customer
from kit.env import Env
from kit.mail import Mail, body_of, smtp_settings

POISON: dict[str, dict[str, Any]] = {
    "an address with a comment": {"to": "(c):x@example.com"},
    "an address in Cyrillic": {"to": "пасека@example.com"},
    "two addresses": {"to": "a@example.com, b@example.com"},
    "a header in an address": {"to": "a@example.com\r\nBcc: b@example.com"},
    "no domain": {"to": "nobody"},
    "a label too long": {"to": f"a@{'x' * 70}.example"},
    "a year of five digits": {"data": {"valid_until": "20270-01-01T00:00:00+00:00"}},
    "a date that is none": {"data": {"valid_until": "infinity"}},
    "a level that is a list": {"data": {"level": ["A"]}},
    "an organization that is an object": {"data": {"slug": {"a": 1}}},
}
"""Each in what it changes of a good message."""
GOOD = {"organization": "Пасека", "slug": "paseka", "level": "A", "valid_until": "2027-03-12T09:00:00+00:00"}


def put(env: Env, kind: str, messages: list[tuple[str, dict[str, Any]]]) -> None:
    """Queue messages as the database would have written them."""
    env.rows(
        "insert into public.email_outbox (kind, to_address, locale, time_zone, data, next_attempt_at)"
        " select %s, m ->> 'to', 'ru', 'Asia/Yekaterinburg', m -> 'data', now()"
        " from jsonb_array_elements(%s::jsonb) m returning id",
        kind, json.dumps([{"to": to, "data": data} for to, data in messages]),
    )  # fmt: skip


def test_of_1000_messages_100_are_poison_and_900_go_in_one_run(mail: Mail, env: Env) -> None:
    messages = []
    for number in range(1000):
        to, data = f"reader-{number}@example.com", GOOD
        if number % 10 == 0:
            change = POISON[list(POISON)[number // 10 % len(POISON)]]
            to, data = change.get("to", to), {**GOOD, **change.get("data", {})}
        messages.append((to, data))
    put(env, "status_granted", messages)
    # as many seconds as a busy machine needs; a quiet one takes ten
    with env.more_functions(**smtp_settings(mail.office), MAIL_SECONDS="200") as (functions, _):
        summary = mail.deliver(functions=functions)
    assert (summary["sent"], len(mail.office.messages), summary["mail_server"]) == (900, 900, "ok")
    rows = env.rows(
        "select status, error, next_attempt_at from public.email_outbox where time_zone = 'Asia/Yekaterinburg' and status <> 'sent'"
    )
    assert len(rows) == 100
    assert all(row["error"] and row["error"].isprintable() for row in rows)
    assert mail.deliver(0.4)["sent"] == 0


@pytest.mark.parametrize("which", POISON)
def test_a_poisoned_message_is_settled_with_its_reason(mail: Mail, env: Env, which: str) -> None:
    change = POISON[which]
    to, data = change.get("to", "reader@example.com"), {**GOOD, **change.get("data", {})}
    put(env, "status_granted", [(to, data), ("good@example.com", GOOD)])
    assert mail.deliver()["sent"] == 1
    (row,) = env.rows(
        "select status, error, attempts from public.email_outbox where to_address = %s and time_zone = 'Asia/Yekaterinburg'"
        " order by created_at desc limit 1",
        to,
    )
    if "to" in change:
        assert (row["status"], row["error"]) == ("failed", "not an address"), "no other try would fare better"
    else:
        assert (row["status"], row["attempts"]) == ("queued", 1), "ours to mend"
        assert row["error"].startswith("cannot be written: ")


def test_a_level_until_the_end_of_the_calendar_is_told_in_any_zone(mail: Mail, env: Env) -> None:
    put(env, "status_granted", [("a@example.com", {**GOOD, "valid_until": "9999-12-31T23:59:59+00:00"})])
    assert mail.deliver()["sent"] == 1
    (email,) = mail.office.received("a@example.com")
    assert "31\u00a0декабря 9999" in body_of(email, "plain")


def test_a_message_the_server_hangs_up_on_keeps_no_other_from_going(mail: Mail, anna: Customer) -> None:
    """It answers 421 over one and the same reader, and is well again after."""
    readers = [
        anna.person.email,
        *(anna.hire(name, "viewer").person.email for name in ("Борис", "Вера", "Глеб")),
    ]
    mail.office.refuses[readers[0]] = mail.office.refuses[readers[1]] = "421 4.3.2 try later"
    mail.tell(anna)
    summary = mail.deliver()
    assert (summary["sent"], summary["postponed"]) == (2, 2)
