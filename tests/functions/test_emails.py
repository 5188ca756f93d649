"""E-mails: every kind there is, in both languages, with what the database really writes."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from core.settings import Settings
from jinja2 import UndefinedError
from kit.db import DbEnv, Row, hand_in_evidence, publish_stories, scan_codes
from mail import emails, wording
from mail.emails import Email
from mail.wording import Language
from psycopg.types.json import Jsonb

NOW = datetime.now(UTC)
SETTINGS = Settings.model_validate(
    {
        "supabase_url": "https://project.example",
        "supabase_publishable_key": "sb_publishable_1",
        "supabase_secret_key": "sb_secret_hush",
        "site_url": "https://chestno.example",
        "yookassa_shop_id": "100500",
        "yookassa_secret_key": "test_hush",
        "mail_from": "Честно <no-reply@chestno.example>",
    }
)
LANGUAGES = ("ru", "en")


def live_through_everything(db: DbEnv) -> None:
    """Whatever makes the database write an e-mail, each in every way it has."""
    organization = db.organization
    until = (NOW + timedelta(days=7)).isoformat()

    def grant(level: str, valid_until: str | None = None) -> None:
        db.service("grant_status_level", organization_id=organization, level=level, valid_until=valid_until)

    def revoke(level: str, reason: str) -> None:
        db.rpc("moderator", "revoke_status_level", organization_id=organization, level=level, reason=reason)

    for decision, comment, term in (
        ("more_asked", "Нужен протокол лаборатории.", None),
        ("rejected", "Нет печати.\n\nИ подписи.", None),
        ("approved", "Хорошо", until),
        ("approved", None, None),
    ):
        db.rpc(
            "moderator", "review_upgrade_request", request_id=hand_in_evidence(db)["id"],
            decision=decision, comment=comment, valid_until=term,
        )  # fmt: skip
    db.service("run_status_expiry", as_of=NOW)
    db.service("run_status_expiry", as_of=NOW + timedelta(days=8))
    for level in ("0", "A", "B", "C"):
        grant(level, until)
    for hours in (1, 7 * 24 - 1):
        db.service("run_status_expiry", as_of=NOW + timedelta(hours=hours))
    for decision, comment in (("rejected", "Не то"), ("approved", None), ("approved", "Хорошо")):
        wanted = db.rpc(
            "anna", "request_name_change", organization_id=organization, message="Сменили вывеску",
            name="Мёд" if decision == "rejected" else f"Мёд, {comment or 'травы'}", legal_name="ООО «Мёд»",
        )  # fmt: skip
        db.rpc("moderator", "review_name_change", request_id=wanted["id"], decision=decision, comment=comment)
    revoke("B", "Сертификат отозван")
    revoke("A", "Ошибка")  # C falls with it
    revoke("0", "Ошибка")

    # A trial, its end, a month, its decline, and again
    trial = db.start_trial(NOW)
    for days in (3, 1):
        db.service("run_billing_cycle", as_of=trial["trial_ends_at"] - timedelta(days=days))
    db.charge(trial["trial_ends_at"])
    paid = db.live()["current_period_end"]
    db.charge(paid, "canceled")
    db.charge(paid + timedelta(days=1, minutes=1), "canceled")
    db.charge(paid + timedelta(days=3, minutes=1), "canceled", "card_expired")
    for days in (11, 13):
        db.service("run_billing_cycle", as_of=paid + timedelta(days=days, minutes=1))
    db.service("run_billing_cycle", as_of=paid + timedelta(days=15))

    # A year, with a card and without
    db.subscribe("a_year", NOW)
    year = db.live()["current_period_end"]
    publish_stories(db, 5)
    scan_codes(db, 100)
    db.service("run_billing_cycle", as_of=year - timedelta(days=7))
    db.service("start_grace_period", organization_id=organization)

    written = db.rpc("anna", "send_support_message", subject="Оплата", message="Не проходит")
    answer = "Проверили.\n\nТеперь проходит."
    db.rpc("moderator", "answer_support_message", ticket_id=written["ticket_id"], message=answer)
    for outcome in ("upheld", "not_upheld", "duplicate"):
        report = db.rpc(
            "visitor", "report_abuse", kind="fake_badge", organization_id=organization, message="Значок чужой",
            email="seen@example.test",
        )  # fmt: skip
        db.rpc(
            "moderator", "review_report", report_id=report["report_id"], outcome=outcome,
            comment="Значок настоящий." if outcome == "not_upheld" else None, publish=outcome == "upheld",
        )  # fmt: skip
        if outcome == "upheld":
            db.rpc("moderator", "unpublish_report", report_id=report["report_id"], comment="Это их магазин.")
    db.rpc("anna", "invite_member", organization_id=organization, email="new@example.test", role="editor")
    for kind, data in (
        ("claim_received", {"inn": "7707083893"}),
        ("release_coming", {"inn": "7707083893", "at": until}),
        ("price_changing", {"from": "1490.00", "to": "2990.00", "currency": "RUB", "plan": {"ru": "Участник, месяц", "en": "Member, monthly"}, "applies_from": until}),
        ("payment_returned", {"amount": "13410.00", "currency": "RUB", "reason": "changed_meanwhile"}),
        ("payment_returned", {"amount": "1.00", "currency": "RUB", "reason": "Разобрались с ЮKassa"}),
        *(
            ("claim_reviewed", {"side": side, "decision": decision, "outcome": outcome, "comment": comment, "inn": "7707083893"})
            for side in ("organization", "claimant")
            for decision, outcome, comment in (("approved", "handed_over", None), ("approved", "inn_freed", "Хорошо"), ("rejected", None, "Печать"))
        ),
        ("story_approved", {"story_id": str(organization), "title": "Как мы качаем мёд"}),
        ("story_rejected", {"story_id": str(organization), "title": "Мёд", "code": "advertising", "comment": "Цены."}),
        ("story_rejected", {"story_id": str(organization), "title": "Мёд", "code": "other", "comment": None}),
    ):  # fmt: skip
        # so far nobody moderates stories, so these are told by the common way
        db.run("select private.notify(%s, %s, %s)", organization, kind, Jsonb(data))


def written(row: Row, language: str) -> emails.Texts:
    return emails.write(email_of(row, language), SETTINGS)


def email_of(row: Row, language: str, **changes: Any) -> Email:
    return Email.model_validate(
        {
            **row,
            "locale": language,
        }
        | changes
    )


def test_every_kind_is_written_in_both_languages(db: DbEnv) -> None:
    live_through_everything(db)
    kinds = {row["kind"] for row in db.rows("select kind from public.notification_kinds")}
    rows = db.service("claim_emails", as_of=NOW + timedelta(days=800), max_items=10_000)
    assert {row["kind"] for row in rows} == kinds
    assert {row["kind"] for row in rows if row["passport"] is None} == {"support_answered"}
    for row in rows:
        for language in LANGUAGES:
            look_at(written(row, language), row, language)


def look_at(texts: emails.Texts, row: Row, language: str) -> None:
    whole = f"{texts.subject}\n{texts.text}\n{texts.html}"
    for leftover in ("{{", "{%", "None", "Undefined", "undefined", "&amp;amp;"):
        assert leftover not in whole, (row["kind"], row["data"], whole)
    assert 10 < len(texts.subject) < 150
    assert texts.subject.isprintable()
    organization = row["data"].get("organization", "")
    assert organization in texts.text
    links = re.findall(r"https?://[^\s\"<>]+", whole)
    ours = ("https://chestno.example", "https://project.example/functions/v1/unsubscribe/")
    assert links
    assert all(link.startswith(ours) for link in links)
    assert ("unsubscribe" in whole) == bool(row["unsubscribe_token"])
    in_russian = re.search("[а-яё]", texts.text.replace(organization, ""))
    if language == "ru":
        assert in_russian
        assert not re.search(r"\bВы\b(?!(йти|зову)) (?!получили)", texts.text)
    reader = _Reader()
    reader.feed(texts.html)
    assert reader.title.split() == texts.subject.split()
    assert reader.said.split() == texts.text.split(), "the plain text says what the HTML says"


class _Reader(HTMLParser):
    """What an e-mail's HTML says to somebody who reads all of it, as plain text has it: pictures by their words, links with
    where they lead, and the rows of the table as `What: how much`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said = self.title = ""
        self.inside: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "img":
            self.said += f" {told['alt']} "
        elif tag not in ("meta", "!doctype"):
            self.inside.append((tag, told))
        if told.get("data-part") == "foot":
            self.said += " -- "

    def handle_endtag(self, tag: str) -> None:
        _, told = self.inside.pop()
        if tag == "a":
            self.said += f": {told['href']} "
        elif "what" in (told.get("class") or "").split():
            self.said += ": "
        elif tag in ("p", "td"):
            self.said += " "

    def handle_data(self, data: str) -> None:
        tag, told = self.inside[-1] if self.inside else ("", {})
        if tag == "h1":
            self.title += data
        elif tag not in ("title", "style") and "display:none" not in (told.get("style") or ""):
            self.said += data


def told(db: DbEnv, kind: str, as_of: datetime = NOW + timedelta(hours=1)) -> tuple[list[str], list[str]]:
    """The lines of the newest e-mail of a kind, in Russian and English, as soon as it is due."""
    rows = [row for row in db.service("claim_emails", as_of=as_of, max_items=1000) if row["kind"] == kind]
    texts = (written(rows[-1], language).text for language in LANGUAGES)
    russian, english = ([re.sub("[\u00a0\u202f]", " ", line) for line in text.split("\n")] for text in texts)
    return russian, english


def test_what_was_paid_is_told_with_the_card_the_period_and_what_comes_next(db: DbEnv) -> None:
    db.subscribe()
    live = db.live()
    russian, english = told(db, "payment_succeeded")
    start, end = (
        wording.date(live[f"current_period_{side}"].isoformat(), "ru", ZoneInfo("Europe/Moscow")).replace(
            "\u00a0", " "
        )
        for side in ("start", "end")
    )
    assert "Сумма: 1 490 ₽" in russian
    assert "Карта: Mastercard ·· 4444" in russian
    assert f"Оплаченный период: с {start} до {end}" in russian
    assert f"Следующее списание: {end}, 1 490 ₽, Mastercard ·· 4444" in russian
    assert {"Amount: ₽1,490", "Card: Mastercard ·· 4444"} <= set(english)


def test_what_was_cancelled_meanwhile_is_not_announced(db: DbEnv) -> None:
    db.subscribe()
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    russian, english = told(db, "payment_succeeded")
    assert "Следующее списание: не будет: подписка отменена" in russian
    assert "Next charge: none: the subscription is cancelled" in english


def test_a_decline_names_the_card_that_was_tried_and_the_period_that_is_owed(db: DbEnv) -> None:
    db.subscribe()
    due = db.live()["current_period_end"]
    db.charge(due, "canceled")
    russian, _ = told(db, "grace_started", due)
    assert {"Не списано: 1 490 ₽", "Карта: Mastercard ·· 4444"} <= set(russian)
    assert any(line.startswith("За период: с ") for line in russian)


def test_the_seal_comes_along_as_a_picture_and_who_has_no_organization_gets_our_mark(db: DbEnv) -> None:
    db.subscribe()
    [row, *_] = db.service("claim_emails", as_of=NOW + timedelta(hours=1))
    for passport, name in ((row["passport"], "seal.png"), (None, "mark.png")):
        message = message_from_bytes(
            emails.compose(email_of(row, "ru", passport=passport), SETTINGS), policy=default
        )
        [picture] = [part for part in message.walk() if part.get_content_type() == "image/png"]
        assert picture.get_filename() == name
        assert picture["content-disposition"].startswith("inline")
        html = message.get_body(("html",))
        assert html
        assert f'src="cid:{picture["content-id"].strip("<>")}"' in html.get_content()
        assert len(message.as_bytes()) < 40_000


def test_a_kind_is_two_templates_with_all_their_blocks(db: DbEnv) -> None:
    kinds = {row["kind"] for row in db.rows("select kind from public.notification_kinds")}
    found = defaultdict(set)
    for path in emails.TEMPLATES.glob("*.jinja"):
        kind, language, _ = path.name.split(".")
        if language in LANGUAGES:
            found[kind].add(language)
    assert found == {kind: set(LANGUAGES) for kind in kinds}
    for kind in kinds:
        for language in ("ru", "en"):
            environment = emails._environment(language, as_html=True)
            blocks = set(environment.get_template(f"{kind}.{language}.jinja").blocks)
            assert {"about", "subject", "body", "action", "path"} <= blocks <= {
                "about", "subject", "body", "action", "path", "why", "facts",
            }, kind  # fmt: skip


LISTS = {
    "kind": "select kind from public.notification_kinds",
    "role": "select unnest(enum_range(null::public.organization_role))::text",
    "level": "select unnest(enum_range(null::public.status_level))::text",
    "reason": "select unnest(enum_range(null::private.level_reason))::text",
    "decline": "select reason from private.decline_reasons()",
    "returned": "select reason from private.quarantine_reasons() where goes_back union all select 'trial_already_used'",
}
"""Where the rules keep the codes that people read in words."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_the_database_knows_has_words(db: DbEnv, language: Language) -> None:
    words = wording.words(language)
    assert set(words) == {*LISTS, "rejection", "verdict", "seal", "card"}
    assert set(words["verdict"]["why"]) == set(words["level"])
    for group, query in LISTS.items():
        known = {str(code) for row in db.rows(query) for code in row.values()}
        assert set(words[group]) == known, group


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ru", "История «Пасека «Медовый край»» одобрена", "История «Пасека „Медовый край“» одобрена"),
        ("ru", "«Мёд» и «травы»", "«Мёд» и «травы»"),
        ("ru", "«Мёд» не сходится»", "«Мёд» не сходится»"),
        ("en", "The story “The “Ivanov” Apiary”", "The story “The ‘Ivanov’ Apiary”"),
        ("en", "The story “Пасека «Край»”", "The story “Пасека ‘Край’”"),
        ("en", "ООО «Мёд»: “Луг”", "ООО «Мёд»: “Луг”"),
    ],
)
def test_quotation_marks_inside_others_are_of_the_second_kind(
    language: Language, text: str, expected: str
) -> None:
    assert wording.nested_quotes(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ru", "Осталось 14 дней — и всё", "Осталось 14\u00a0дней\u00a0— и всё"),
        ("ru", "обращение № 5: 30 % от 1 ₽", "обращение №\u00a05: 30\u00a0% от 1\u00a0₽"),
        ("ru", '<p style="margin: 0 auto">за 7 дней', '<p style="margin: 0 auto">за 7\u00a0дней'),
        ("en", "B — 14 days", "B\u00a0— 14 days"),
    ],
)
def test_no_line_ends_where_a_reader_would_stumble(language: Language, text: str, expected: str) -> None:
    assert wording.no_breaks(text, language) == expected


def test_both_languages_have_words_for_the_same_codes() -> None:
    russian, english = wording.words("ru"), wording.words("en")
    assert {group: set(russian[group]) for group in russian} == {
        group: set(english[group]) for group in english
    }


def row_of(kind: str, **data: Any) -> Row:
    return {
        "email_id": "1", "lease_id": "1", "kind": kind, "to_address": "anna@example.com", "time_zone": "Europe/Moscow",
        "unsubscribe_token": None, "data": {"organization": "Пасека", "slug": "paseka", **data},
    }  # fmt: skip


def test_what_the_database_did_not_write_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        written(row_of("status_granted", level="A"), "ru")


def test_the_readers_calendar_and_clock_are_used() -> None:
    row = row_of("status_expiring", level="A", valid_until="2026-12-31T21:30:00+00:00", days_left=1)
    for zone, day in (
        ("Europe/Moscow", "1\u00a0января 2027"),
        ("Europe/Kaliningrad", "31\u00a0декабря 2026"),
        ("Nowhere/Else", "1\u00a0января 2027"),
    ):
        assert day in emails.write(email_of(row, "ru", time_zone=zone), SETTINGS).text
    assert "1\u00a0January 2027" in written(row, "en").text


COMING: dict[str, tuple[str, dict[str, Any]]] = {
    "status_expiring": ("valid_until", {"level": "A", "days_left": 7}),
    "grace_ending": ("due_at", {"will_be_charged": True}),
    "trial_ending": ("due_at", {"will_be_charged": True}),
    "renewal_coming": ("due_at", {"will_be_charged": True}),
}
"""What tells of something that is still to come, by the moment it comes at."""
PLAN = {
    "plan": {"ru": "Участник", "en": "Member"}, "amount": "1490.00", "currency": "RUB",
    "period_start": "2027-03-10T20:30:00+00:00", "period_end": "2027-04-10T20:30:00+00:00",
}  # fmt: skip
END = datetime(2027, 3, 10, 20, 30, tzinfo=UTC)  # the 11th of March in Vladivostok, the 10th in Moscow


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", COMING)
def test_what_comes_late_speaks_of_what_was(kind: str, language: str) -> None:
    """The mail server was away for a week: what was to come has come, and one date stands in the whole e-mail."""
    key, data = COMING[kind]
    row = row_of(kind, **PLAN, **data, **{key: END.isoformat()}) | {"time_zone": "Asia/Vladivostok"}
    day = {"ru": "11\u00a0марта 2027", "en": "11\u00a0March 2027"}[language]

    def at(moment: datetime) -> emails.Texts:
        return emails.write(email_of(row, language), SETTINGS, moment)

    for early in (END - timedelta(days=7), END - timedelta(hours=5)):
        assert day in at(early).text
        assert at(early).text != at(END + timedelta(days=7)).text
    late = at(END + timedelta(days=7))
    assert day in late.text
    for coming in (
        "сегодня",
        "через",
        "спишем",
        "спишемся",
        "закончится",
        "снимется",
        "today",
        "from now",
        "we charge",
        "ends on",
        "is held",
    ):
        assert coming not in f"{late.subject} {late.text.partition('-- ')[0]}", coming
    assert ("видно в кабинете" if language == "ru" else "stands in the dashboard") in late.text
    assert "видно в кабинете" not in at(END - timedelta(hours=5)).text


@pytest.mark.parametrize(
    ("sent", "days"),
    [
        (datetime(2027, 3, 3, 13, 59, tzinfo=UTC), "через 8\u00a0дней"),  # 23:59 in Vladivostok
        (
            datetime(2027, 3, 3, 14, 1, tzinfo=UTC),
            "через 7\u00a0дней",
        ),  # the next day there, the same in Moscow
        (datetime(2027, 3, 9, 14, 1, tzinfo=UTC), "через 1\u00a0день"),
        (datetime(2027, 3, 10, 14, 1, tzinfo=UTC), "сегодня"),
    ],
)
def test_days_are_counted_when_it_is_sent_by_the_organizations_midnights(sent: datetime, days: str) -> None:
    row = row_of("status_expiring", level="A", valid_until=END.isoformat(), days_left=60)
    text = emails.write(email_of(row, "ru", time_zone="Asia/Vladivostok"), SETTINGS, sent).text
    assert f"до 11\u00a0марта 2027, это {days}." in text


def test_a_comment_keeps_its_lines_and_a_name_has_none() -> None:
    row = row_of(
        "request_reviewed", level="B", decision="rejected", comment="Раз.\r\nДва.", valid_until=None,
        organization="Пасека\n\nАнны",
    )  # fmt: skip
    text = written(row, "ru").text
    assert "«Раз.\n\nДва.»" in text
    assert "«Пасека Анны»" in text


# Wording


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "0 дней"), (1, "1 день"), (2, "2 дня"), (5, "5 дней"), (11, "11 дней"), (12, "12 дней"),
     (21, "21 день"), (22, "22 дня"), (60, "60 дней"), (101, "101 день"), (111, "111 дней"), (-1, "-1 день")],
)  # fmt: skip
def test_counts_take_the_right_form(number: int, written: str) -> None:
    assert wording.count(number, "день", "дня", "дней").replace("\u00a0", " ") == written


def test_english_has_two_forms() -> None:
    assert [wording.count(number, "day", "days")[2:] for number in (0, 1, 2)] == ["days", "day", "days"]


@pytest.mark.parametrize(
    ("amount", "russian", "english"),
    [
        ("1.00", "1 ₽", "₽1"),
        ("1490.00", "1 490 ₽", "₽1,490"),
        ("1490.50", "1 490,50 ₽", "₽1,490.50"),
        ("1234567.00", "1 234 567 ₽", "₽1,234,567"),
    ],
)
def test_money_is_written_as_people_read_it(amount: str, russian: str, english: str) -> None:
    assert wording.money(amount, "ru").replace("\u00a0", " ") == russian
    assert wording.money(amount, "en") == english


def test_a_time_says_whose_it_is() -> None:
    moment = "2026-03-29T00:30:00+00:00"
    for zone, expected in (
        ("Europe/Moscow", "29\u00a0марта 2026, 03:30 (UTC+3)"),
        ("Asia/Kamchatka", "29\u00a0марта 2026, 12:30 (UTC+12)"),
        ("Asia/Kolkata", "29\u00a0марта 2026, 06:00 (UTC+5:30)"),
        ("America/New_York", "28\u00a0марта 2026, 20:30 (UTC−4)"),
    ):
        assert wording.date_and_time(moment, "ru", ZoneInfo(zone)) == expected
