"""Asking for level B and deciding about it (sql/32_upgrade_requests)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from kit.db import DbEnv, Row, hand_in_evidence
from kit.refused import Refused

SOON = datetime.now(UTC) + timedelta(days=90)


def review(db: DbEnv, request: Row, decision: str, person: str = "moderator", **more: Any) -> Row:
    answer: Row = db.rpc(
        person, "review_upgrade_request", request_id=request["id"], decision=decision, **more
    )
    return answer


def test_an_approval_with_a_term_grants_b_for_that_term(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    assert review(db, request, "approved", valid_until=SOON)["status"] == "approved"
    status = db.rpc("visitor", "get_organization_status", organization_id=db.organization)
    assert (status["level"], status["levels"][0]["kind"]) == ("B", "verified")
    assert datetime.fromisoformat(status["levels"][0]["valid_until"]) == SOON


def test_an_approval_without_a_term_lets_b_be_bought_until_it_is_taken_back(db: DbEnv) -> None:
    with pytest.raises(Refused, match="PT409 verification_required"):
        db.checkout("subscription", "b_month")
    review(db, hand_in_evidence(db), "approved")
    assert db.level() is None
    assert db.checkout("subscription", "b_month")["amount"] == "4990.00"
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")
    db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level="B", reason="Обман")
    db.run("update status_upgrade_requests set reviewed_at = reviewed_at - interval '1 minute'")
    with pytest.raises(Refused, match="PT409 verification_required"):
        db.checkout("subscription", "b_year")


def test_a_rejection_says_why_and_the_next_request_is_free(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    with pytest.raises(
        Refused, match=r'PT422 invalid_input .*"comment", "code": "required"|PT422 invalid_input .*comment'
    ):
        review(db, request, "rejected", comment=" ")
    assert review(db, request, "rejected", comment="Нет выписки")["review_comment"] == "Нет выписки"
    told = db.query("boris", "select kind, data from notifications where kind = 'request_reviewed'")
    assert [(row["data"]["decision"], row["data"]["comment"]) for row in told] == [
        ("rejected", "Нет выписки")
    ]
    hand_in_evidence(db)


@pytest.mark.parametrize("end", ["infinity", "9999-12-31T23:59:59Z", "20270-01-01T00:00:00Z"])
def test_an_approval_has_an_end_that_comes(db: DbEnv, end: str) -> None:
    with pytest.raises(Refused, match=r"PT422 invalid_input .*valid_until"):
        review(db, hand_in_evidence(db), "approved", valid_until=end)


def test_one_request_is_pending(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    with pytest.raises(Refused, match="PT409 request_pending"):
        hand_in_evidence(db, "boris")
    assert db.rpc("boris", "withdraw_upgrade_request", request_id=request["id"])["status"] == "withdrawn"
    for deed in (
        lambda: db.rpc("anna", "withdraw_upgrade_request", request_id=request["id"]),
        lambda: review(db, request, "approved"),
    ):
        with pytest.raises(Refused, match="PT409 invalid_transition"):
            deed()


@pytest.mark.parametrize(
    ("person", "refusal"), [("gleb", "PT403"), ("vera", "PT403"), ("stranger", "PT404"), ("visitor", "42501")]
)
def test_who_may_not(db: DbEnv, person: str, refusal: str) -> None:
    request = hand_in_evidence(db)
    with pytest.raises(Refused, match=refusal):
        db.rpc(person, "withdraw_upgrade_request", request_id=request["id"])
    with pytest.raises(Refused, match=r"PT403 not_allowed|42501"):
        review(db, request, "approved", person)
    with pytest.raises(Refused, match=r"PT403 not_allowed|42501"):
        db.rpc(
            person,
            "submit_upgrade_request",
            organization_id=db.organization,
            target_level="B",
            message="Я",
        )


@pytest.mark.parametrize(
    ("level", "message", "paths", "refusal"),
    [("A", "Да", [], "PT422 invalid_input"), ("C", "Да", [], "PT422 invalid_input"), ("B", " ", [], "PT422 invalid_input"),
     ("B", "х" * 4001, [], "PT422 invalid_input"), ("B", "Да", ["x"] * 11, "PT422 invalid_input"), ("B", "Да", ["not/there.pdf"], "PT422 media_not_validated")],
)  # fmt: skip
def test_bad_requests(db: DbEnv, level: str, message: str, paths: list[str], refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        db.rpc(
            "anna",
            "submit_upgrade_request",
            organization_id=db.organization,
            target_level=level,
            message=message,
            evidence_paths=paths,
        )
    assert db.rows("select * from status_upgrade_requests where organization_id = %s", db.organization) == []


def test_the_evidence_of_others_cannot_be_handed_in(db: DbEnv) -> None:
    path = hand_in_evidence(db)["evidence_paths"][0]
    own = db.found("stranger")
    with pytest.raises(Refused, match="PT422 media_not_validated"):
        db.rpc(
            "stranger",
            "submit_upgrade_request",
            organization_id=own,
            target_level="B",
            message="Да",
            evidence_paths=[path],
        )


def test_a_logo_is_set_by_the_service_and_taken_away_by_admins(db: DbEnv) -> None:
    path = f"{db.organization}/abc.webp"
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc("anna", "set_logo", organization_id=db.organization, logo_path=path)
    db.service("set_logo", organization_id=db.organization, logo_path=path)
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc("gleb", "set_logo", organization_id=db.organization, logo_path=None)
    db.rpc("boris", "set_logo", organization_id=db.organization, logo_path=None)
    with pytest.raises(Refused, match="23514"):
        db.service("set_logo", organization_id=db.organization, logo_path="elsewhere/abc.webp")


def steps(db: DbEnv, person: str = "anna") -> list[tuple[str, str | None, int]]:
    rows = db.query(
        person, "select action, message, evidence_paths from upgrade_request_steps order by occurred_at, id"
    )
    return [(row["action"], row["message"], len(row["evidence_paths"])) for row in rows]


def test_what_was_asked_for_and_answered_stays_said(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    review(db, request, "more_asked", comment="Нужен протокол")
    again = hand_in_evidence(db, "boris", message="Вот протокол")
    assert (again["id"], again["message"]) == (request["id"], "Вот протокол")
    assert again["evidence_paths"][0] == request["evidence_paths"][0]
    review(db, again, "approved", comment="Спасибо")
    said = [
        ("submitted", "Проверьте нас", 1), ("more_asked", "Нужен протокол", 0),
        ("answered", "Вот протокол", 1), ("approved", "Спасибо", 0),
    ]  # fmt: skip
    assert steps(db) == said
    assert steps(db, "moderator")[-4:] == said
    for person in ("vera", "gleb", "stranger"):
        assert steps(db, person) == []
    with pytest.raises(Refused, match="42501"):
        db.query("anna", "delete from upgrade_request_steps")


def test_a_request_waits_only_while_it_is_with_us(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    db.run(
        "update status_upgrade_requests set waiting_since = now() - interval '2 days' where id = %s",
        request["id"],
    )
    asked = review(db, request, "more_asked", comment="Нужен протокол")
    assert (asked["waiting_since"], asked["waited"].days) == (None, 2)
    db.run("update status_upgrade_requests set reviewed_at = now() - interval '9 days' where id = %s", request["id"])  # fmt: skip
    again = hand_in_evidence(db)
    assert again["waiting_since"] is not None
    decided = review(db, again, "approved")
    assert (decided["waiting_since"], decided["waited"].days) == (None, 2)


def test_answers_end_at_thirty_files(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    review(db, request, "more_asked", comment="Ещё")
    db.run(
        "update status_upgrade_requests set evidence_paths ="
        " array(select 'x' || n from generate_series(1, 30) as n) where id = %s",
        request["id"],
    )
    with pytest.raises(Refused, match=r"PT422 invalid_input .*too_many"):
        hand_in_evidence(db)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Ветпаспорт.png", "Ветпаспорт.png"), ("  Устав.pdf ", "Устав.pdf"), (None, None), ("\u202e", None),
        ("../../паспорт\u202egnp.pdf", "....паспортgnp.pdf"), ("Чек\n.pdf", "Чек.pdf"), ("х" * 300, "х" * 200),
        ("Йод.pdf", "Йод.pdf"),
    ],
)  # fmt: skip
def test_a_file_keeps_the_name_it_had(db: DbEnv, said: str | None, kept: str | None) -> None:
    path = f"{db.organization}/{uuid4()}.pdf"
    wish = {"organization_id": db.organization, "path": path, "content_type": "application/pdf", "bytes": 9}
    db.service("accept_evidence", **wish, sha256="0" * 64, uploaded_by=db.ids["anna"], name=said)
    db.service("accept_evidence", **wish, sha256="0" * 64, uploaded_by=db.ids["anna"])  # looked at once more
    for person in ("boris", "moderator"):
        (file,) = db.query(person, "select name from evidence_files where path = %s", path)
        assert file["name"] == kept
    assert db.query("vera", "select name from evidence_files where path = %s", path) == []


def test_what_is_asked_is_told_to_everybody_by_trade(db: DbEnv) -> None:
    guide = db.rpc("visitor", "verification_guide", category="Мёд и прополис")
    assert guide["trade"] == "honey"
    (honey,) = [trade for trade in guide["trades"] if trade["trade"] == "honey"]
    assert (honey["papers"][0]["document"], honey["papers"][0]["is_required"]) == ("veterinary", True)
    assert [paper["document"] for paper in guide["for_all"]][:2] == ["registration", "premises"]
    assert [(plan["plan_id"], plan["amount"]) for plan in guide["plans"]] == [
        ("b_month", "4990.00"), ("b_year", "49900.00"),
    ]  # fmt: skip
    assert "every" not in {trade["trade"] for trade in guide["trades"]}


@pytest.mark.parametrize(
    ("words", "trade"),
    [("Сыроварня", "milk"), ("Делаем колбасу", "meat"), ("Крафтовое пиво", "drinks"), ("Soap", "cosmetics"),
     ("Консалтинг", None), ("", None), (None, None), ("полкам", None)],
)  # fmt: skip
def test_a_trade_is_told_by_ones_own_words(db: DbEnv, words: str | None, trade: str | None) -> None:
    assert db.rpc("anna", "verification_guide", category=words)["trade"] == trade


def test_how_long_a_review_takes_is_measured(db: DbEnv) -> None:
    db.run("update status_upgrade_requests set reviewed_at = now() - interval '1 year' where reviewed_at is not null")  # fmt: skip
    assert db.rpc("anna", "verification_guide")["review"] == {
        "promised_days": 3, "decided": 0, "median_hours": None,
    }  # fmt: skip
    for hours in (2, 4, 6, 30, 200):
        request = hand_in_evidence(db)
        db.run(
            "update status_upgrade_requests set waiting_since = now() - make_interval(hours => %s) where id = %s",
            hours, request["id"],
        )  # fmt: skip
        review(db, request, "rejected", comment="Нет выписки")
    assert db.rpc("anna", "verification_guide")["review"]["median_hours"] == 6
