"""The lists of platform admins (sql/86_admin_lists, 86_admin_payments, 11_jobs): what is found, in which order, by pages that neither repeat nor lose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from db.test_money_quarantine import put_aside
from kit.db import DbEnv, Row, hand_in_evidence, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
LISTS = (
    "admin_organizations",
    "admin_requests",
    "admin_reports",
    "admin_payments",
    "admin_support",
    "admin_log",
)


def items(db: DbEnv, rpc: str, **asked: Any) -> list[Row]:
    found: list[Row] = db.rpc("moderator", rpc, **asked)["items"]
    return found


def pages(db: DbEnv, rpc: str, size: int, **asked: Any) -> list[list[Row]]:
    """All pages of a list, until there is no next."""
    found, after = [], None
    while True:
        page = db.rpc("moderator", rpc, max_items=size, **({"after": after} if after else {}), **asked)
        found.append(page["items"])
        after = page["next"]
        if after is None:
            return found


def ids(found: list[Row]) -> list[str]:
    return [each["id"] for each in found]


def made(db: DbEnv, *days_ago: int, name: str = "Мастерская") -> list[str]:
    """Organizations made so many days ago."""
    found = []
    for days in days_ago:
        organization = db.another("stranger")
        db.run(
            "update organizations set name = %s, created_at = %s where id = %s",
            name,
            NOW - days * DAY,
            organization,
        )
        found.append(str(organization))
    return found


# What every list has in common


@pytest.mark.parametrize("rpc", LISTS)
def test_what_is_asked_wrongly_is_said_of_its_field(db: DbEnv, rpc: str) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "after": {"after": "1.x"},
        "max_items": {"max_items": 101},
        "query": {"query": "а" * 201},
        "created_to": {"created_from": NOW, "created_to": NOW - DAY},
        "sort": {"sort": "id; drop table x"},
    }
    if rpc in ("admin_requests", "admin_reports", "admin_payments", "admin_support"):
        wrong["status"] = {"status": "drop"}
    if rpc in ("admin_requests", "admin_reports"):
        wrong["kind"] = {"kind": "pg_class"}
    for field, asked in wrong.items():
        with pytest.raises(Refused, match="PT422") as refused:
            items(db, rpc, **asked)
        assert f'"field": "{field}"' in refused.value.detail


@pytest.mark.parametrize(
    "typed", ["'; drop table x; --", "щ & | ! ( <->", "\\", "$$", "'':*", "%", "№", "\u200b", "- - -", "a:*b"]
)
def test_whatever_is_typed_is_looked_for_and_nothing_else(db: DbEnv, typed: str) -> None:
    """There is something of each, and what is typed is no pattern and no syntax."""
    hand_in_evidence(db)
    db.subscribe()
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")
    db.rpc("anna", "send_support_message", subject="Оплата", message="Не проходит")
    db.rpc("anna", "report_abuse", kind="other", url="https://a.example", message="Чужой значок")
    for rpc in LISTS:
        assert items(db, rpc, query=typed) == [], rpc


@pytest.mark.parametrize(
    ("rpc", "asked"),
    [
        ("admin_organizations", {}), ("admin_organizations", {"level": "A"}), ("admin_organizations", {"subscription_status": "active"}),
        ("admin_requests", {}), ("admin_requests", {"status": None}), ("admin_reports", {}), ("admin_reports", {"status": None}),
        ("admin_payments", {}), ("admin_support", {}), ("admin_support", {"status": "answered"}), ("admin_log", {}), ("admin_job_runs", {}),
    ],
)  # fmt: skip
def test_a_list_goes_from_either_end(db: DbEnv, rpc: str, asked: dict[str, Any]) -> None:
    """Page by page the same, turned round; three of each."""
    for number in range(3):
        hand_in_evidence(db)
        db.subscribe()
        db.rpc(
            "moderator",
            "grant_status_level",
            organization_id=db.organization,
            level="B",
            valid_until=NOW + DAY,
        )
        tickets = [
            db.rpc(person, "send_support_message", subject="Оплата", message="Не проходит")
            for person in ("anna", "stranger")
        ]
        db.rpc("moderator", "answer_support_message", ticket_id=tickets[0]["ticket_id"], message="Проходит")
        db.rpc("anna", "report_abuse", kind="other", url="https://a.example", message="Чужой значок")
        db.service("start_job", job=f"job_{'abc'[number]}")
        db.organization = db.another()
    newest, oldest = (
        [ids(page) for page in pages(db, rpc, 2, sort=sort, **asked)] for sort in ("newest", "oldest")
    )
    assert len(newest) > 1
    assert [each for page in newest for each in page] == [each for page in oldest for each in page][::-1]


# Organizations


def test_organizations_go_by_pages_the_newest_first(db: DbEnv) -> None:
    older = made(db, 3, 1, 4, 2, 1)
    expected = [
        str(db.organization),
        *sorted((older[1], older[4]), reverse=True),
        older[3],
        older[0],
        older[2],
    ]
    assert [each for page in pages(db, "admin_organizations", 2) for each in ids(page)] == expected
    between = {"created_from": NOW - 3 * DAY, "created_to": NOW - DAY}
    assert ids(items(db, "admin_organizations", **between)) == [older[3], older[0]]


@pytest.mark.parametrize(
    "typed",
    ["мёд", "Мед", "МЁД ГОР", "гор алт", "Медовые-горы", "«медовые горы»", "medovye", "gory-alt", "77070", "ооо пасека 7707083893"],
)  # fmt: skip
def test_an_organization_is_found_by_the_beginnings_of_its_words(db: DbEnv, typed: str) -> None:
    db.run(
        "update organizations set name = 'Медовые горы (Алтай)', slug = 'medovye-gory-altaya', inn = '7707083893' where id = %s",
        db.organization,
    )
    made(db, 1, 2)
    assert ids(items(db, "admin_organizations", query=typed)) == [str(db.organization)]


def test_an_organization_is_found_by_its_id_and_what_it_is_called_now(db: DbEnv) -> None:
    (other,) = made(db, 1, name="Старая вывеска")
    assert ids(items(db, "admin_organizations", query=f" {other.upper()} ")) == [other]
    assert ids(items(db, "admin_organizations", query="старая")) == [other]
    db.run("update organizations set name = 'Новая вывеска' where id = %s", other)
    assert items(db, "admin_organizations", query="старая") == []
    assert ids(items(db, "admin_organizations", query="новая")) == [other]
    assert items(db, "admin_organizations", query=str(uuid4())) == []


def test_those_of_a_level_come_by_when_they_got_it(db: DbEnv) -> None:
    first, second, third = made(db, 30, 20, 10)
    for organization, level in ((third, "A"), (first, "A"), (second, "B"), (first, "C")):
        db.service("grant_status_level", organization_id=organization, level=level)
        db.run(
            "update organization_status_levels set granted_at = clock_timestamp() where organization_id = %s and level = %s",
            organization,
            level,
        )
    assert ids(items(db, "admin_organizations", level="A")) == [first, third]
    assert [ids(page) for page in pages(db, "admin_organizations", 1, level="A")] == [[first], [third]]
    assert items(db, "admin_organizations", level="A")[0]["levels"] == ["C", "A"]
    assert ids(items(db, "admin_organizations", level="C", query="мастер")) == [first]
    assert ids(items(db, "admin_organizations", level="A", created_from=NOW - 15 * DAY)) == [third]
    db.rpc("moderator", "revoke_status_level", organization_id=first, level="A", reason="Чужие документы")
    assert ids(items(db, "admin_organizations", level="A")) == [third]


def test_a_state_of_the_subscription_is_that_of_the_last(db: DbEnv) -> None:
    made(db, 1)
    db.start_trial()
    (found,) = items(db, "admin_organizations", subscription_status="trialing")
    assert (found["id"], found["subscription_status"], found["levels"]) == (
        str(db.organization),
        "trialing",
        ["0"],
    )
    db.run(
        "update subscriptions set status = 'canceled', next_charge_at = null, created_at = %s where organization_id = %s",
        NOW - DAY, db.organization,
    )  # fmt: skip
    assert ids(items(db, "admin_organizations", subscription_status="canceled")) == [str(db.organization)]
    db.subscribe()
    assert items(db, "admin_organizations", subscription_status="canceled") == []
    assert ids(items(db, "admin_organizations", subscription_status="active", level="A")) == [
        str(db.organization)
    ]
    assert items(db, "admin_organizations", subscription_status="trialing", level="A") == []


# Requests


def test_what_waits_is_the_oldest_first_and_the_rest_the_newest(db: DbEnv) -> None:
    waiting = [hand_in_evidence(db)]
    for days in (1, 2):
        db.organization = db.another()
        waiting.append(hand_in_evidence(db))
        db.run(
            "update status_upgrade_requests set created_at = now() - make_interval(days => %s) where id = %s",
            days,
            waiting[-1]["id"],
        )
    newest, middle, oldest = (str(each["id"]) for each in waiting)
    assert [ids(page) for page in pages(db, "admin_requests", 2)] == [[oldest, middle], [newest]]
    assert [ids(page) for page in pages(db, "admin_requests", 2, status=None)] == [[newest, middle], [oldest]]
    db.rpc("moderator", "review_upgrade_request", request_id=middle, decision="rejected", comment="Не видно")
    assert ids(items(db, "admin_requests")) == [oldest, newest]
    (rejected,) = items(db, "admin_requests", status="rejected")
    assert (rejected["id"], rejected["files"], rejected["organization"]) == (middle, 1, "Пасека")
    assert rejected["reviewed_at"] is not None
    assert ids(items(db, "admin_requests", status=None, query=oldest)) == [oldest]
    assert ids(items(db, "admin_requests", query="пасека анны")) == [newest]
    assert ids(items(db, "admin_requests", created_to=NOW - DAY * 3 / 2)) == [oldest]


def test_claims_and_names_are_requests_too(db: DbEnv) -> None:
    inn = db.one("select inn from organizations where id = %s", db.organization)["inn"]
    claim = db.rpc("stranger", "claim_organization", inn=inn, legal_name="ООО «Другая»", message="Это моя")
    db.service("grant_status_level", organization_id=db.organization, level="B")
    name = db.rpc(
        "anna", "request_name_change", organization_id=db.organization, name="Мёд", message="Вывеска"
    )
    (found,) = items(db, "admin_requests", kind="claim")
    assert (found["id"], found["inn"], found["status"]) == (claim["claim_id"], inn, "pending")
    assert ids(items(db, "admin_requests", kind="name_change")) == [str(name["id"])]
    assert items(db, "admin_requests", kind="upgrade", status=None) == []


# Payments


def test_a_payment_is_found_by_whatever_names_it(db: DbEnv) -> None:
    subscription = db.subscribe()
    payment = db.one("select * from payment_transactions")
    refund = db.rpc("moderator", "start_refund", transaction_id=payment["id"], amount="10.50", reason="проба")
    inn = db.one("select inn from organizations where id = %s", db.organization)["inn"]
    named = [
        payment["id"], payment["yookassa_payment_id"], refund["refund_id"], subscription["id"], db.organization,
        inn, inn[:7], "пасека анны", "1490", "1490.00", "1 490,00 ₽", "1\u00a0490 ₽",
    ]  # fmt: skip
    for query in named:
        assert ids(items(db, "admin_payments", query=str(query))) == [str(payment["id"])], query
    for query in (uuid4(), "1490,01", "149", "0" * 10, "мастерская"):
        assert items(db, "admin_payments", query=str(query)) == [], query


def test_payments_by_status_and_day(db: DbEnv) -> None:
    aside = put_aside(db)
    paid = db.one("select id from payment_transactions where status = 'succeeded'")["id"]
    db.run("update payment_transactions set created_at = %s where id = %s", NOW - 3 * DAY, paid)
    asked: list[tuple[dict[str, Any], list[Any]]] = [
        ({}, [aside["id"], paid]), ({"status": "succeeded"}, [paid]), ({"status": "judge"}, [aside["id"]]),
        ({"status": "quarantined"}, [aside["id"]]), ({"status": "refunded"}, []), ({"created_to": NOW - DAY}, [paid]),
        ({"created_from": NOW - DAY}, [aside["id"]]), ({"status": "judge", "created_to": NOW - DAY}, []),
    ]  # fmt: skip
    for filters, expected in asked:
        assert ids(items(db, "admin_payments", **filters)) == [str(each) for each in expected], filters
    assert [ids(page) for page in pages(db, "admin_payments", 1)] == [[str(aside["id"])], [str(paid)]]
    refund = db.rpc("moderator", "start_refund", transaction_id=paid, amount=10, reason="проба")
    db.service("record_refund", source="admin", refund={
        "id": str(uuid4()), "payment_id": db.one("select yookassa_payment_id as id from payment_transactions where id = %s", paid)["id"],
        "status": "succeeded", "amount": {"value": "10.00", "currency": "RUB"}, "created_at": "2026-11-20T09:00:00.000Z",
        "metadata": {"refund_id": refund["refund_id"]},
    })  # fmt: skip
    assert ids(items(db, "admin_payments", status="refunded")) == [str(paid)]
    db.rpc(
        "moderator", "judge_quarantined", transaction_id=aside["id"], decision="refund", comment="Не та сумма"
    )
    assert items(db, "admin_payments", status="judge") == []


def test_a_held_rouble_is_a_payment_too(db: DbEnv) -> None:
    checkout = db.checkout()
    db.record(payment_of(checkout, "waiting_for_capture"))
    (found,) = items(db, "admin_payments", query="1", status="waiting_for_capture")
    assert (found["kind"], found["amount"], found["organization"]) == ("trial_hold", 1.0, "Пасека Анны")


# Support, the log, jobs


def test_open_messages_are_the_oldest_first_and_answered_ones_the_last_answered(db: DbEnv) -> None:
    tickets = [
        db.rpc(person, "send_support_message", subject=f"Тема {number}", message="Не проходит")
        for number, person in enumerate(("anna", "stranger", "anna"))
    ]
    first, second, third = (ticket["ticket_id"] for ticket in tickets)
    db.run("update support_messages set created_at = now() - interval '1 hour' where id = %s", third)
    assert ids(pages(db, "admin_support", 2)[0])[0] == third
    for ticket in (second, first):
        db.rpc("moderator", "answer_support_message", ticket_id=ticket, message="Проходит")
        db.run("update support_messages set answered_at = clock_timestamp() where id = %s", ticket)
    assert ids(items(db, "admin_support")) == [third]
    assert [ids(page) for page in pages(db, "admin_support", 1, status="answered")] == [[first], [second]]
    for query in (str(tickets[0]["number"]), f"№ {tickets[0]['number']}"):
        assert ids(items(db, "admin_support", status="answered", query=query)) == [first]
    assert ids(items(db, "admin_support", status="answered", query=db.email("stranger").upper())) == [second]
    assert items(db, "admin_support", status="answered", query="тема") == [], "words are not searched"


def test_the_log_by_who_what_and_about_whom(db: DbEnv) -> None:
    db.ids["second"] = db.sign_up("second")
    db.run("insert into platform_admins (user_id) values (%s)", db.ids["second"])
    (other,) = made(db, 1)
    for person, organization in (("moderator", db.organization), ("second", UUID(other))):
        db.rpc(person, "grant_status_level", organization_id=organization, level="A")
        db.rpc(
            person, "revoke_status_level", organization_id=organization, level="A", reason="Чужие документы"
        )

    def found(**asked: Any) -> list[tuple[str, str]]:
        return [(each["admin"], each["action"]) for each in items(db, "admin_log", **asked)]

    assert set(found(admin_id=db.ids["second"])) == {
        ("Second", "grant_status_level"),
        ("Second", "revoke_status_level"),
    }
    assert {who for who, _ in found(action="grant_status_level")} == {"Moderator", "Second"}
    assert {who for who, _ in found(query="пасека анны")} == {"Moderator"}
    assert {who for who, _ in found(query=other)} == {"Second"}
    assert found(created_to=NOW - DAY) == []
    assert found(query="никто") == []
    assert [len(page) for page in pages(db, "admin_log", 3)] == [3, 1]
    people = db.rpc("moderator", "admin_people")["items"]
    assert {each["name"] for each in people} == {"Moderator", "Second"}


def test_jobs_and_their_runs(db: DbEnv) -> None:
    for job, status in (
        ("level_c", "ok"),
        ("level_c", "failed"),
        ("qr_rollup", "failed"),
        ("qr_rollup", None),
    ):
        run = db.service("start_job", job=job)
        if status:
            db.service(
                "finish_job", run_id=run, status=status, summary={}, error=None if status == "ok" else "Упало"
            )
    level_c, qr = items(db, "admin_jobs")
    assert (level_c["job"], level_c["last_status"], level_c["runs_in_a_day"], level_c["failed_in_a_day"]) == (
        "level_c",
        "failed",
        2,
        1,
    )
    assert level_c["last_ok_at"] is not None
    assert (qr["job"], qr["last_status"], qr["last_ok_at"]) == ("qr_rollup", "running", None)
    assert db.service("platform_health")["jobs"] == {"level_c": level_c["last_ok_at"], "qr_rollup": None}
    assert [len(page) for page in pages(db, "admin_job_runs", 3)] == [3, 1]
    (failed,) = items(db, "admin_job_runs", job="qr_rollup", status="failed")
    assert failed["error"] == "Упало"
