"""What may stand for who somebody is (sql/02_names): at every table that holds a name, whoever writes it."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.db import DbEnv, opened
from kit.refused import Refused

NAMES = [
    "Пасека Анны", "ООО «Мёд & Ко» №1", "И.П.Иванов", "ИП Иванова А. П.", "Колхоз им.Ленина", "ст.Петровская", "J.R.R.Smith", "St.Petersburg Honey",
    "Dr.Oetker", "Wi-Fi и IT-Сервис", "O'Коннор", "Семья 👨‍👩‍👧", "عسل", "Ελληνικό μέλι", "მთის თაფლი", "蜂蜜農園", "Пасека™", "Склад №А1", "1.FC Köln",
    "Café Zürich", "3D-печать", "7 Гор", "Медок: 24/7", "Мёд с 1998 г.", "С.Т.О. 24", "Ёж & Уж", "Пасека  у реки", "a.b", "Мёд v.2",
]  # fmt: skip
LINKS = [
    "Срочно: войдите на https://evil.example/login", "HTTP://EVIL.EXAMPLE", "www.evil.example", "WWW.Сбер", "evil.com", "Пасека.рф", "пасека.com",
    "зайди на t.me/bank", "x.com", "bank@evil.example", "пишите @sberbank_support", "mailto:a", "tel:+79000000000", "10.0.0.1", "evil．com", "evil。com",
    "ｅｖｉｌ.com", "evil.com.", "(evil.com)", "Сбер.онлайн", "xn--80ak6aa92e.xn--p1ai", "a.xn--p1ai", "javascript:alert(1)", "ftp://x", "evil.museum", "hh.ru",
]  # fmt: skip
MIXED = [
    "ПAО Сбербанк",
    "Cбербанк",
    "Сбербaнк",
    "Аpple",
    "Тинькoфф",
    "ΑВС",
    "Сбер1bank",
    "Сберба\u0301nк",
    "Яндeкс Маркет",
    "Oзон",
    "Тⲟчка",
]
INVALID = [
    "Пасека\nАнны", "Пасека\u202eыннА", "Пасека\u0007", "Па\u2028сека", "Па\u200bсека", "Па\u2060сека", "Па\u00adсека", "\u3164\u3164", "Мёд\U000e0041",
]  # fmt: skip
FAULTS = [*((n, "contains_link") for n in LINKS), *((n, "mixed_scripts") for n in MIXED), *((n, "invalid") for n in INVALID), ("Я" * 81, "too_long")]  # fmt: skip
HOLDERS = [("organizations", "name"), ("organizations", "legal_name"), ("profiles", "full_name")]


def fault(db: DbEnv, words: str) -> str | None:
    found: str | None = db.one("select private.name_fault(private.clean_name(%s)) as fault", words)["fault"]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_taken(db: DbEnv, name: str) -> None:
    assert fault(db, name) is None


@pytest.mark.parametrize(("name", "code"), FAULTS)
def test_what_is_no_name_has_a_reason(db: DbEnv, name: str, code: str) -> None:
    assert fault(db, name) == code


@pytest.mark.parametrize(("table", "column"), HOLDERS)
@pytest.mark.parametrize(("name", "code"), [("https://evil.example", "contains_link"), ("ПAО Сбербанк", "mixed_scripts"), ("Я" * 81, "too_long"), ("а\u202eб", "invalid")])  # fmt: skip
@pytest.mark.parametrize("person", ["anna", "operator"])
def test_a_table_takes_names_only(
    db: DbEnv, table: str, column: str, name: str, code: str, person: str
) -> None:
    key = {"organizations": db.organization, "profiles": db.ids["anna"]}[table]
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        db.query(person, f"update {table} set {column} = %s where id = %s", name, key)
    assert json.loads(refusal.value.detail) == [{"field": column, "code": code}]


@pytest.mark.parametrize(("table", "column"), HOLDERS)
def test_a_name_is_kept_in_one_form(db: DbEnv, table: str, column: str) -> None:
    key = {"organizations": db.organization, "profiles": db.ids["anna"]}[table]
    db.query("anna", f"update {table} set {column} = %s where id = %s", "\u00a0Йогурт\u3000\n", key)
    kept = db.one(f"select {column} as name from {table} where id = %s", key)["name"]
    assert kept == unicodedata.normalize("NFC", "Йогурт")


def test_two_faults_are_told_at_once_and_other_columns_are_none_of_it(db: DbEnv) -> None:
    with pytest.raises(Refused) as refusal:
        db.query("anna", "update organizations set name = 'a.ru', legal_name = 'ПAО'")
    assert {each["field"] for each in json.loads(refusal.value.detail)} == {"name", "legal_name"}
    assert db.query("anna", "update organizations set description = 'Пишите: https://paseka.example'") == [
        {"count": 1}
    ]


@settings(max_examples=150, deadline=None)
@given(words=st.text(max_size=90))
def test_any_text_is_a_name_or_has_a_reason(rules: str, words: str) -> None:
    words = words.replace("\x00", "")
    with opened(rules) as connection:
        row = connection.execute(
            "select private.name_fault(c) as fault, c as cleaned, private.clean_name(c) = c as still from private.clean_name(%s) as c", (words,)
        ).fetchone()  # fmt: skip
    assert row is not None
    assert row["still"]
    assert row["fault"] in {None, "too_long", "invalid", "contains_link", "mixed_scripts"}
    if row["fault"] is None:
        assert "://" not in row["cleaned"]
        assert "\n" not in row["cleaned"]


@pytest.mark.parametrize("kind", ["trial", "subscription"])
def test_before_the_first_payment_buyers_are_told_who_it_is_by_law(db: DbEnv, kind: str) -> None:
    db.run("update organizations set legal_name = null where id = %s", db.organization)
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        db.checkout(kind)
    assert json.loads(refusal.value.detail) == [{"field": "legal_name", "code": "required"}]
    db.query("anna", "update organizations set legal_name = 'ООО «Пасека»' where id = %s", db.organization)
    assert db.checkout(kind)["status"] == "created"


def test_a_new_card_needs_no_name(db: DbEnv) -> None:
    db.subscribe()
    db.run("update organizations set legal_name = null where id = %s", db.organization)
    assert db.checkout("card")["status"] == "created"
    with pytest.raises(Refused, match="PT422 invalid_input"):
        db.checkout("plan_change", "a_year")


def test_the_legal_name_may_be_given_at_founding(db: DbEnv) -> None:
    made = db.rpc("stranger", "create_organization", name=" Мёд ", slug="med-altaya", inn="7707083893")
    assert (made["name"], made["legal_name"]) == ("Мёд", None)
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        db.rpc(
            "stranger",
            "create_organization",
            name="Мёд",
            slug="med-2",
            inn="7736050003",
            legal_name="ООО https://a.ru",
        )
    assert json.loads(refusal.value.detail) == [{"field": "legal_name", "code": "contains_link"}]
