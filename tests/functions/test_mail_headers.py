"""Headers of our e-mails: what a mailbox decodes is what was written, and no line is longer than it may be."""

from __future__ import annotations

import email
import email.header
import email.policy
import random
import re
import unicodedata
from email.utils import parseaddr

import pytest
from mail import headers

ENCODED_WORD = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=")
PIECES = (
    *("Честно", "Коновалово", "Ёжик", "щёлк", "й", "Пасека Анны"),
    *("Honey", "a", "A.B.", "cheese", "x" * 70),
    *("«", "»", "—", "…", "№ 5", "₽", "\u00a0", "\u2009", "🍯", "👩‍🌾", "蜂蜜", "e\u0301", "и\u0306", "ﬁ"),
    *("=?utf-8?b?0Kc=?=", "=?", "?=", "=", "_", '"', "\\", "(c)", "<a@b>", ",", ";", ":", "@"),
    *(" ", "  ", " ", " ", "-"),
)  # fmt: skip


def decoded(written: bytes, name: str) -> str:
    """As a mailbox reads it: unfolded, words joined (RFC 2047)."""
    return str(email.message_from_bytes(written + b"\r\n", policy=email.policy.default)[name])


def check(name: str, written: bytes) -> None:
    assert written.endswith(b"\r\n")
    for line in written.decode("ascii").removesuffix("\r\n").split("\r\n"):
        assert len(line) <= 76, line
        for word in re.findall(r"=\?\S+\?=", line):
            if found := ENCODED_WORD.fullmatch(word):
                assert len(word) <= 75
                email.header.decode_header(word)[0][0].decode()  # cut between characters
                assert found


def random_names(count: int) -> list[str]:
    chance = random.Random(20270312)
    names = []
    for _ in range(count):
        words = "".join(chance.choices(PIECES, k=chance.randint(1, 25)))
        names.append("".join(words[chance.randint(0, 5) :].splitlines()) or "я")
    return names


def test_what_is_decoded_is_what_was_written_for_10_000_names() -> None:
    for value in random_names(10_000):
        written = headers.text("Subject", value)
        check("Subject", written)
        words = written.decode("ascii").removeprefix("Subject: ").removesuffix("\r\n").split("\r\n ")
        by_hand = "".join(email.header.decode_header(word)[0][0].decode() if ENCODED_WORD.fullmatch(word) else word for word in words)  # fmt: skip
        assert by_hand == value
        assert decoded(written, "Subject").strip() == value.strip()


@pytest.mark.parametrize(
    "value",
    [
        "Коновалово: получен статус B — «Проверено»",
        "Ферма «Три берёзы» и Ко: platforma Честно говорит: статус A действует ещё 30 дней",
        unicodedata.normalize("NFD", "Йогурт и ёжик, " * 8),
    ],
)
def test_spaces_between_encoded_words_are_kept(value: str) -> None:
    written = headers.text("Subject", value)
    check("Subject", written)
    assert decoded(written, "Subject") == value.strip() or decoded(written, "Subject") == value


@pytest.mark.parametrize(
    "person", ["Честно", "Chestno", "Chestno, the platform", "Честно: " + "очень длинное имя " * 6, ""]
)
def test_a_sender_is_a_name_and_an_address(person: str) -> None:
    person = person.strip()
    given = f'"{person}" <no-reply@chestno.example>' if person else "no-reply@chestno.example"
    written = headers.sender("From", given)
    check("From", written)
    # not by the policy's own parser, which puts blanks between the encoded words of a long name
    raw = written.decode("ascii").removeprefix("From: ").removesuffix("\r\n")
    name, address = parseaddr(raw)
    name = str(email.header.make_header(email.header.decode_header(name)))
    assert (name, address) == (person, "no-reply@chestno.example")


def test_a_header_of_ours_takes_no_second_line() -> None:
    with pytest.raises(ValueError, match="no text"):
        headers.plain("To", "a@b.example\r\nBcc: c@d.example")
