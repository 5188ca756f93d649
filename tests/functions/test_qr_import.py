"""qr_import and qr_scans: tables as people save them, and as they open them."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import timedelta
from typing import Any

import httpx
import pytest
from kit.customer import Customer
from kit.server import CLIENT
from qr.spreadsheet import Unreadable, decoded, guarded, read, unguarded

CLEAN = "title;target_url;tags\r\nМёд липовый;https://a.ru/1;мёд, липа\r\n-50 % на мёд;;\r\n"
TITLES = [
    "-50 % на мёд",
    "+7 495 000-00-00",
    "@chestno",
    '=HYPERLINK("http://e.ru")',
    "'кавычка",
    "'=1",
    "Мёд",
]


def send(
    customer: Customer,
    content: str | bytes,
    *,
    dry_run: bool | str = False,
    organization: str | None = None,
    token: str | None = None,
) -> httpx.Response:
    return CLIENT.post(
        f"{customer.env.functions}/qr_import",
        params={"organization_id": organization or customer.organization_id, "dry_run": str(dry_run).lower()},
        content=content if isinstance(content, bytes) else content.encode(),
        headers={"Authorization": f"Bearer {token or customer.person.token}", "Content-Type": "text/csv"},
    )


def errors(customer: Customer, content: str | bytes, **more: Any) -> list[tuple[int | None, str | None, str]]:
    """What is wrong, of a file of which nothing is made."""
    answer = send(customer, content, **more)
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert (body["created"], body["batch_id"], codes(customer)) == (0, None, [])
    return [(fault["row"], fault["column"], fault["code"]) for fault in body["errors"]]


def codes(customer: Customer) -> list[tuple[Any, ...]]:
    rows = customer.env.rows(
        'select title, target_kind, target_url, tags from public.qr_codes where organization_id = %s order by title collate "C"',
        customer.organization_id,
    )
    return [tuple(row.values()) for row in rows]


MADE = [
    ("-50 % на мёд", "organization_page", None, []),
    ("Мёд липовый", "url", "https://a.ru/1", ["мёд", "липа"]),
]


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        (CLEAN.encode(), "utf-8", ";"),
        (CLEAN.encode("utf-8-sig"), "utf-8", ";"),
        (CLEAN.encode("cp1251"), "cp1251", ";"),
        (CLEAN.replace(";", "\t").encode("utf-16"), "utf-16", "\t"),
        (b"\xfe\xff" + CLEAN.replace(";", "\t").encode("utf-16-be"), "utf-16", "\t"),
        ("sep=;\r\n" + CLEAN, "utf-8", ";"),
        (CLEAN.replace(";", ",").replace("мёд, липа", '"мёд, липа"'), "utf-8", ","),
        ('\ufeff"Title";"target_url";"tags"\r\n"Мёд липовый";"https://a.ru/1";"мёд|липа"\r\n"\'-50 % на мёд";"";""', "utf-8", ";"),
        (CLEAN.replace("\r\n", ";;;;\r\n") + ";;;;\r\n" * 12_000, "utf-8", ";"),
        ("title,target,code,url,file,decodes\nМёд липовый,https://a.ru/1,A,b,c,d\n'-50 % на мёд,organization_page,,,,\n", "utf-8", ","),
    ],
)  # fmt: skip
def test_a_table_is_read_as_people_save_it(
    anna: Customer, content: str | bytes, encoding: str, delimiter: str
) -> None:
    answer = send(anna, content, dry_run=True).json()
    expected: dict[str, Any] = {
        "rows": 2,
        "created": 0,
        "batch_id": None,
        "encoding": encoding,
        "delimiter": delimiter,
        "errors": [],
    }
    assert answer == expected
    assert codes(anna) == []
    done = send(anna, content).json()
    assert done == expected | {"created": 2, "batch_id": done["batch_id"]}
    made = [(*code[:3], []) for code in MADE] if "decodes" in str(content) else MADE
    assert codes(anna) == made


def test_what_is_wrong_is_said_by_row_and_column_and_nothing_is_made(anna: Customer) -> None:
    wrong = (
        "title;target_kind;target_url;story_id;tags\n"
        "Мёд;;https://a.ru;;\n"
        ";;https://a.ru;;\n"
        "\n"
        '"две\nстроки";url;;;\n'
        "Воск;page;;;\n"
        "Пыльца;story;;1;\n"
        "Перга;url;https://user:word@a.ru;;\n"
    )
    for dry_run in (True, False):
        assert errors(anna, wrong, dry_run=dry_run) == [
            (3, "title", "required"),
            (5, "title", "invalid"),
            (5, "target_url", "required"),
            (6, "target_kind", "invalid"),
            (7, "story_id", "invalid"),
            (8, "target_url", "credentials_in_url"),
        ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", [(None, "title", "missing_column")]),
        ("title\n", [(None, None, "empty")]),
        (
            "name;target_url\nМёд;https://a.ru",
            [(1, "name", "unknown_field"), (None, "title", "missing_column")],
        ),
        ("title;colour\nМёд;red", [(1, "colour", "unknown_field")]),
        ("title;tags\nМёд;;https://a.ru", [(2, None, "unknown_field")]),
        ("title\n" + "Мёд\n" * 10_001, [(None, None, "too_many_rows")]),
        ('title;tags\r\nA;x\r\n"ООО Мёд;x\r\nB;y\r\nC;z', [(3, None, "unclosed_quote")]),
        ('title;tags\r\n"ООО Мёд;x\r\n"B";y\r\nC;z', [(2, None, "unclosed_quote")]),
        ("title\nМёд\n".encode("cp866"), [(None, None, "encoding")]),
        ("title\nМёд\n".encode("mac_cyrillic"), [(None, None, "encoding")]),
        ("title\nМёд\n".encode() + "Липа\n".encode("cp1251"), [(None, None, "encoding")]),
        ("title\nМёд".encode("utf-16") + b"\x00", [(None, None, "encoding")]),
        ("title\nМ\0д", [(None, None, "encoding")]),
        ("title\nМёд".encode("utf-16-le"), [(None, None, "encoding")]),
    ],
)
def test_a_file_that_is_wrong_as_a_whole(anna: Customer, content: str | bytes, expected: list[Any]) -> None:
    assert errors(anna, content) == expected


WORDS = [
    "Мёд липовый",
    "Чай с мёдом",
    "ООО «Пасека»",
    "Сыр козий",
    "Хлеб ржаной",
    "Семья",
    "Иван-чай №5",
    "ЭкоНива",
    "Щербет",
]


def has_letters_for(text: str, encoding: str) -> bool:
    try:
        return bool(text.encode(encoding))
    except UnicodeEncodeError:
        return False


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (text, encoding)
        for text in WORDS
        for encoding in ("cp866", "mac_cyrillic")
        if has_letters_for(text, encoding)
    ],
)
def test_another_alphabet_is_never_taken_for_cp1251(text: str, encoding: str) -> None:
    content = text.encode(encoding)
    if content.decode("cp1251") != text:
        with pytest.raises(Unreadable):
            decoded(content)


@pytest.mark.parametrize(
    "text",
    [
        "Мёд «Липовый» — 5 кг",
        "ЭкоНива №1",
        "ООО „Пасека“ … 50 €",
        "Сир український, її ґанок",
        "Крем® 100°",
        "“как дома”",
        "Объём: 2½"[:8],
    ],
)
def test_cp1251_is_read(text: str) -> None:
    assert decoded(text.encode("cp1251")) == (text, "cp1251")


def test_what_looks_like_a_formula_is_kept_and_guarded() -> None:
    for title in [*TITLES, "''x", "a=1", "-", ""]:
        assert unguarded(guarded(title)) == title
        assert not guarded(title).startswith(("=", "+", "-", "@", "\t"))
    table = io.StringIO()
    csv.writer(table).writerows([["title"], *[[guarded(title)] for title in TITLES]])
    assert [cells["title"] for _, cells in read(table.getvalue().encode()).rows] == TITLES


def test_an_exported_manifest_is_imported_again_unchanged(anna: Customer) -> None:
    """Field case 14: the guard of formulas comes off, no apostrophe more."""
    items = [{"title": title, "target_kind": "url", "target_url": "https://a.ru/?x=1"} for title in TITLES]
    items.append({"title": "Страница", "target_kind": "organization_page"})
    made = anna.person.rpc("create_qr_codes", organization_id=anna.organization_id, items=items)
    archive = anna.post(
        "qr_export",
        {"organization_id": anna.organization_id, "batch_id": made[0]["batch_id"], "format": "svg"},
    )
    with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
        manifest = files.read("manifest.csv")
    before = codes(anna)
    answer = send(anna, manifest)
    assert (answer.status_code, answer.json()["created"]) == (200, len(items)), answer.text
    assert codes(anna) == sorted([*before, *before], key=lambda row: row[0].encode())


def test_limits_and_rights(anna: Customer) -> None:
    assert send(anna, b"title\n" + b"x" * (5 * 1024 * 1024)).json()["error"] == "too_large"
    for answer, status in (
        (send(anna, CLEAN, organization="1"), 422),
        (send(anna, CLEAN, dry_run="maybe"), 422),
        (send(anna, CLEAN, token="x"), 401),
        (send(anna.hire("Глеб", "viewer"), CLEAN), 403),
        (send(anna.env.customer("Яна"), CLEAN, organization=anna.organization_id), 403),
    ):
        assert answer.status_code == status, answer.text
    over = "title\n" + "Мёд\n" * 101
    for dry_run in (True, False):
        assert send(anna, over, dry_run=dry_run).json()["error"] == "plan_limit_reached"
    assert codes(anna) == []
    vera = anna.hire("Вера", "editor")
    assert (
        send(vera, "title\n" + "".join(f"Мёд {number}\n" for number in range(100))).json()["created"] == 100
    )


# The scans of a code, as a table


def test_the_table_of_scans_comes_to_our_numbers(anna: Customer) -> None:
    send(anna, "title\nМёд\n")
    (code,) = anna.env.rows("select id from public.qr_codes where organization_id = %s", anna.organization_id)
    now = anna.env.moment()
    anna.env.rows(
        "insert into public.qr_scans (qr_code_id, organization_id, scanned_at, visitor_hash, bot_reason, is_unique, referrer_host, browser)"
        " select %s, %s, %s::timestamptz - n * interval '4 minutes', '\\x00', case when n %% 5 = 0 then 'head' end, n %% 5 = 1, '=cmd', 'Chrome'"
        " from generate_series(1, 6000) n returning id",
        code["id"], anna.organization_id, now - timedelta(minutes=1),
    )  # fmt: skip
    asked = {"qr_code_id": str(code["id"]), "period": "7d"}
    answer = anna.post("qr_scans", asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    timeline = anna.person.rpc("qr_timeline", **asked)
    totals = [sum(bucket[name] for bucket in timeline) for name in ("hits", "scans", "unique_visitors")]
    assert [
        len(rows),
        sum(row["bot_reason"] == "" for row in rows),
        sum(row["is_unique"] == "true" for row in rows),
    ] == totals
    assert 2000 < totals[0] < 6000
    assert {row["referrer_host"] for row in rows} == {"'=cmd"}
    assert [row["scanned_at"] for row in rows] == sorted((row["scanned_at"] for row in rows), reverse=True)
    everything = anna.post("qr_scans", asked | {"period": "all"}).content.decode("utf-8-sig")
    assert len(everything.splitlines()) == 6001
    stranger = anna.env.customer("Яна")
    assert stranger.post("qr_scans", asked).status_code == 403
    assert anna.post("qr_scans", asked | {"period": "8d"}).status_code == 422
