"""One form for one mailbox (private.canonical_email), wherever an address is kept or compared."""

from __future__ import annotations

import random
import unicodedata

import idna
import pytest
from kit.db import DbEnv
from kit.refused import Refused


def canonical(db: DbEnv, address: str) -> str:
    return str(db.one("select private.canonical_email(%s) as kept", address)["kept"])


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ANNA@Example.Com", "anna@example.com"), ("\t anna@example.com\u00a0", "anna@example.com"),
        ("anna@Пасека.РФ", "anna@xn--80aaouwn.xn--p1ai"), ("anna@xn--80AAOUWN.XN--p1ai", "anna@xn--80aaouwn.xn--p1ai"),
        (unicodedata.normalize("NFD", "anna@йод.рф"), "anna@xn--d1ajp.xn--p1ai"), ("anna@пасека。рф", "anna@xn--80aaouwn.xn--p1ai"),
        ("anna@ｅｘａｍｐｌｅ.com", "anna@example.com"), ("no address", "no address"), ("", ""),
    ],
)  # fmt: skip
def test_one_mailbox_has_one_form(db: DbEnv, typed: str, kept: str) -> None:
    assert canonical(db, typed) == kept
    assert canonical(db, kept) == kept


def test_a_label_is_what_the_domain_name_system_has(db: DbEnv) -> None:
    """Against another implementation, for labels of several alphabets, with and without ASCII in them."""
    chance = random.Random(3492)
    alphabets = [
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "abcdefgh0123456789",
        "äöüßéñ",
        "ασδφγ",
        "中文字电脑",
        "あいうえお",
        "한국어",
    ]
    labels = []
    for _ in range(500):
        letters = "".join(chance.sample(alphabets, chance.randint(1, 3)))
        label = "".join(chance.choices(letters, k=chance.randint(1, 12)))
        labels.append(label)
    rows = db.rows(
        "select label, private.a_label(label) as kept from unnest(%s::text[]) as l (label)", labels
    )
    for row in rows:
        if not row["label"].isascii():
            assert row["kept"] == "xn--" + row["label"].encode("punycode").decode(), row["label"]
            assert idna.decode(row["kept"]) == row["label"] or len(row["kept"]) > 63


@pytest.mark.parametrize(
    "typed", ["anna@пасека.рф", "Anna@Пасека.РФ", "anna@xn--80aaouwn.xn--p1ai", "ANNA@XN--80AAOUWN.xn--p1ai"]
)
def test_an_invitation_finds_its_person_however_auth_kept_them(db: DbEnv, typed: str) -> None:
    """A hosted Auth keeps what it was given, but for the case; whoever signs up by script has not asked our pages."""
    db.ids["kira"] = db.sign_up("kira", typed)
    wish = {"organization_id": db.organization, "email": "anna@xn--80aaouwn.xn--p1ai", "role": "editor"}
    token = db.rpc("anna", "invite_member", **wish)["token"]
    assert db.rpc("kira", "get_invitation", token=token)["role"] == "editor"
    assert db.rpc("kira", "accept_invitation", token=token)["role"] == "editor"
    with pytest.raises(Refused, match="already_member"):
        db.rpc("anna", "invite_member", **wish)
    # receipts of what they found go to the same mailbox
    made = db.found("kira")
    assert db.query("kira", "select billing_email from organization_settings where organization_id = %s", made) == [
        {"billing_email": "anna@xn--80aaouwn.xn--p1ai"}
    ]  # fmt: skip


def test_whoever_has_no_address_that_can_be_written_to_has_no_receipts(db: DbEnv) -> None:
    db.ids["kira"] = db.sign_up("kira", "анна@пасека.рф")
    made = db.found("kira")
    assert db.one("select billing_email from organization_settings where organization_id = %s", made) == {
        "billing_email": None
    }


@pytest.mark.parametrize("typed", [" Kassa@Пасека.РФ", "KASSA@xn--80aaouwn.xn--p1ai"])
def test_receipts_go_to_an_address_kept_in_one_form(db: DbEnv, typed: str) -> None:
    db.query("anna", "update organization_settings set billing_email = %s", typed)
    assert db.query("gleb", "select billing_email from organization_settings") == [
        {"billing_email": "kassa@xn--80aaouwn.xn--p1ai"}
    ]
    with pytest.raises(Refused, match="billing_email_is_an_address"):
        db.query("anna", "update organization_settings set billing_email = 'касса@example.com'")


@pytest.mark.parametrize("person", ["visitor", "kira"])
def test_an_answer_goes_to_one_form(db: DbEnv, person: str) -> None:
    """Written by whoever types an address, and by somebody whom Auth keeps as they typed it."""
    db.ids["kira"] = db.sign_up("kira", "Kira@Пасека.РФ")
    given = {"email": " KIRA@xn--80AAOUWN.xn--p1ai"} if person == "visitor" else {}
    db.rpc(person, "send_support_message", subject="Вопрос", message="Как вас найти?", **given)
    assert db.one("select email from support_messages") == {"email": "kira@xn--80aaouwn.xn--p1ai"}
