"""Writing to us and being answered (sql/62_support): who may, how often, and what an e-mail of ours carries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from kit.db import DbEnv, Row
from kit.refused import Refused

NOW = datetime.now(UTC)


def write(db: DbEnv, person: str = "stranger", **more: Any) -> Row:
    wish = {"subject": "Оплата", "message": "Платёж не проходит."} | more
    answer: Row = db.rpc(person, "send_support_message", **wish)
    return answer


def answer(
    db: DbEnv, ticket: Row, message: str = "Проверили: теперь проходит.", person: str = "moderator"
) -> Row:
    answered: Row = db.rpc(person, "answer_support_message", ticket_id=ticket["ticket_id"], message=message)
    return answered


def address() -> str:
    return f"buyer.{uuid4().hex[:8]}@example.test"


def emails(db: DbEnv) -> list[Row]:
    return [row for row in db.service("claim_emails", max_items=100) if row["kind"] == "support_answered"]


def test_a_person_is_answered_at_their_own_address(db: DbEnv) -> None:
    ticket = write(db, email="somebody.else@example.test")
    answer(db, ticket)
    (email,) = emails(db)
    assert email["to_address"] == db.email("stranger")
    assert email["data"] == {"number": ticket["number"], "answer": "Проверили: теперь проходит."}
    (told,) = db.query("stranger", "select kind, data from notifications")
    assert (told["kind"], told["data"]["number"]) == ("support_answered", ticket["number"])
    db.run("update auth.users set email = 'moved@example.test' where id = %s", db.ids["stranger"])
    answer(db, ticket, "И ещё")
    assert [email["to_address"] for email in emails(db)] == ["moved@example.test"]


@pytest.mark.parametrize(("message", "language"), [("Где купить мёд?", "ru"), ("Where is the honey?", "en")])
def test_a_visitors_words_are_not_carried_to_an_address_nobody_proved(
    db: DbEnv, message: str, language: str
) -> None:
    """Whoever's address it is, they get our words and a number, in the language of the message."""
    theirs = address()
    ticket = write(db, "visitor", subject="Casino", message=message, email=f" {theirs.upper()} ")
    assert emails(db) == [], "nothing goes out before somebody answers"
    answer(db, ticket)
    (email,) = emails(db)
    assert (email["to_address"], email["locale"]) == (theirs, language)
    assert email["data"] == {"number": ticket["number"], "answer": "Проверили: теперь проходит."}


def test_who_reads_what(db: DbEnv) -> None:
    theirs, visitors = write(db), write(db, "visitor", email=address())
    for ticket in (theirs, visitors):
        answer(db, ticket)
        answer(db, ticket, "И ещё: напишите, если повторится.")
    own = "select id::text from support_messages where id = any (%s)"
    answers = "select message from support_answers where ticket_id = any (%s)"
    both = [theirs["ticket_id"], visitors["ticket_id"]]
    assert [row["id"] for row in db.query("stranger", own, both)] == [theirs["ticket_id"]]
    assert {row["message"] for row in db.query("stranger", answers, both)} == {
        "Проверили: теперь проходит.",
        "И ещё: напишите, если повторится.",
    }
    assert (len(db.query("moderator", own, both)), len(db.query("moderator", answers, both))) == (2, 4)
    for person in ("anna", "visitor"):
        for statement in (own, answers):
            if person == "visitor":
                with pytest.raises(Refused, match="42501"):
                    db.query(person, statement, both)
            else:
                assert db.query(person, statement, both) == []


@pytest.mark.parametrize(
    ("wish", "field", "code"),
    [
        ({"subject": " \u200b"}, "subject", "required"),
        ({"subject": "а" * 121}, "subject", "too_long"),
        ({"subject": "Оплата\nBcc: all"}, "subject", "invalid"),
        ({"message": "\n"}, "message", "required"),
        ({"message": "а" * 4001}, "message", "too_long"),
        ({"email": None}, "email", "required"),
        ({"email": "нет"}, "email", "local_part_not_ascii"),
        ({"email": "a@b"}, "email", "invalid_email"),
        ({"organization_id": uuid4()}, "organization_id", "unknown"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(db: DbEnv, wish: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Refused, match="PT422") as refused:
        write(db, "visitor", **({"email": address()} | wish))
    assert f'"field": "{field}", "code": "{code}"' in refused.value.detail or (
        f'"code": "{code}", "field": "{field}"' in refused.value.detail
    )


def test_it_is_about_ones_own_organization_or_a_public_one(db: DbEnv) -> None:
    """That somebody has not begun yet is nobody's business."""
    assert write(db, "gleb", organization_id=db.organization)["number"]
    with pytest.raises(Refused, match="unknown"):
        write(db, "stranger", organization_id=db.organization)
    db.service("grant_status_level", organization_id=db.organization, level="A")
    assert write(db, "stranger", organization_id=db.organization)["number"]
    assert write(db, "visitor", organization_id=db.organization, email=address())["number"]


def test_five_an_hour(db: DbEnv) -> None:
    """A person, whatever address they type; an address, whoever types it; and all visitors together."""
    for _ in range(5):
        write(db, email=address())
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        write(db, email=address())
    write(db, "anna")
    one = address()
    for _ in range(5):
        write(db, "visitor", email=one)
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        write(db, "visitor", email=one.upper())
    write(db, "visitor", email=address())
    db.run(
        "update private.request_counts set minute = minute - interval '61 minutes' where subject like 'support%%'"
    )
    write(db)
    write(db, "visitor", email=one)
    db.run(
        "update private.request_counts set requests = 100 where subject = 'support-visitors' and minute > now() - interval '1 hour'"
    )
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        write(db, "visitor", email=address())
    assert write(db)["number"], "people who signed in come through"


def test_only_who_proved_an_address_is_answered_there(db: DbEnv) -> None:
    db.run("update auth.users set email_confirmed_at = null where id = %s", db.ids["stranger"])
    with pytest.raises(Refused, match="PT403 email_not_confirmed"):
        write(db)


def test_only_platform_admins_answer(db: DbEnv) -> None:
    ticket = write(db)
    for person in ("stranger", "anna"):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            answer(db, ticket, person=person)
    with pytest.raises(Refused, match="42501"):
        answer(db, ticket, person="visitor")
    with pytest.raises(Refused, match="PT404 not_found"):
        answer(db, {"ticket_id": uuid4()})
    for message in ("", " \n", "а" * 4001):
        with pytest.raises(Refused, match="PT422 invalid_input"):
            answer(db, ticket, message)
    assert answer(db, ticket)["message"] == "Проверили: теперь проходит."


def test_the_address_is_forgotten_and_what_was_written_goes_with_its_writer(db: DbEnv) -> None:
    open_one, answered = (write(db, "visitor", email=address()) for _ in range(2))
    theirs = write(db)
    for ticket in (answered, theirs):
        answer(db, ticket)
    kept = "select id::text from support_messages where email is not null"
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=29))
    assert len(db.rows(kept)) == 3
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=31))
    assert [row["id"] for row in db.rows(kept)] == [open_one["ticket_id"]]
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        answer(db, answered)
    answer(db, theirs, "Их адрес известен и так.")
    db.run("delete from auth.users where id = %s", db.ids["stranger"])
    left = {row["id"] for row in db.rows("select id::text from support_messages")}
    assert left == {open_one["ticket_id"], answered["ticket_id"]}
