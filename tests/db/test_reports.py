"""Reports of abuse (sql/57_reports): who may, how often, what a decision does and shows, and what is forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from db.test_claims import papers
from inn import random_inn
from kit.db import DbEnv, Row, opened
from kit.refused import Refused

NOW = datetime.now(UTC)


def report(db: DbEnv, person: str = "stranger", **more: Any) -> str:
    """About Anna's organization, which buyers know by then; a visitor gives an address."""
    if not db.one("select first_level_at from organizations where id = %s", db.organization)[
        "first_level_at"
    ]:
        db.service("grant_status_level", organization_id=db.organization, level="A")
    wish = {"kind": "stolen_name", "organization_id": db.organization, "message": "Это наше имя."}
    wish |= {"email": address()} if person == "visitor" else {}
    return str(db.rpc(person, "report_abuse", **wish | more)["report_id"])


def review(db: DbEnv, report_id: str, outcome: str = "upheld", person: str = "moderator", **more: Any) -> Row:
    answer: Row = db.rpc(person, "review_report", report_id=report_id, outcome=outcome, **more)
    return answer


def address() -> str:
    return f"buyer.{uuid4().hex[:8]}@example.test"


def shown(db: DbEnv) -> list[tuple[str, str]]:
    """What buyers see."""
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    page = db.rpc("visitor", "get_organization_page", slug=slug)
    return [(each["kind"], each["outcome"]) for each in page["reports"]]


def emails(db: DbEnv) -> list[Row]:
    return [row for row in db.service("claim_emails", max_items=100) if row["kind"] == "report_reviewed"]


def cleanup(db: DbEnv, days: float) -> None:
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=days))


@pytest.mark.parametrize(
    ("person", "wish", "field", "code"),
    [
        ("stranger", {"kind": "spam"}, "kind", "unknown"),
        ("stranger", {"kind": None}, "kind", "required"),
        ("stranger", {"message": " \u200b"}, "message", "required"),
        ("stranger", {"message": "а" * 4001}, "message", "too_long"),
        ("stranger", {"organization_id": None}, "url", "required"),
        ("stranger", {"organization_id": uuid4()}, "organization_id", "unknown"),
        ("stranger", {"url": "javascript:alert(1)"}, "url", "invalid_url"),
        ("stranger", {"url": f"https://a.example/{'a' * 2000}"}, "url", "too_long"),
        ("stranger", {"evidence_paths": ["x"] * 11}, "evidence_paths", "too_many"),
        ("visitor", {"email": None}, "email", "required"),
        ("visitor", {"email": "a@b"}, "email", "invalid_email"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(
    db: DbEnv, person: str, wish: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input") as refused:
        report(db, person, **wish)
    assert f'"code": "{code}", "field": "{field}"' in refused.value.detail or (
        f'"field": "{field}", "code": "{code}"' in refused.value.detail
    )


def test_who_reports_and_who_reads(db: DbEnv) -> None:
    with pytest.raises(Refused, match="unknown"):  # one that nobody may know of yet
        db.rpc("visitor", "report_abuse", kind="other", organization_id=db.organization, message="а", email=address())  # fmt: skip
    made = [report(db, person) for person in ("visitor", "stranger", "anna")]
    made.append(
        report(db, "visitor", organization_id=None, url=" https://a.example/shop ", kind="fake_badge")
    )
    seen = "select id::text, email, url from abuse_reports"
    assert {row["id"] for row in db.query("moderator", seen)} == set(made)
    assert [row["url"] for row in db.query("moderator", seen) if row["url"]] == ["https://a.example/shop"]
    assert [db.query(person, seen) for person in ("stranger", "anna")] == [[], []], "not whom it is about"
    for person in ("stranger", "anna"):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            review(db, made[0], person=person)
    db.run("update auth.users set email_confirmed_at = null where id = %s", db.ids["stranger"])
    with pytest.raises(Refused, match="PT403 email_not_confirmed"):
        report(db)


def test_five_an_hour(db: DbEnv) -> None:
    """A person; an address, whoever types it; and all visitors together, so that people come through."""
    one = address()
    for _ in range(5):
        report(db)
        report(db, "visitor", email=one)
    for person, email in (("stranger", None), ("visitor", one.upper())):
        with pytest.raises(Refused, match="PT429 too_many_requests"):
            report(db, person, email=email)
    report(db, "visitor")
    db.run("update private.request_counts set requests = 100 where subject = 'report-visitors'")
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        report(db, "visitor")
    report(db, "anna")


def test_evidence_is_of_signed_in_people_and_their_own(db: DbEnv) -> None:
    own = papers(db)
    report(db, evidence_paths=[own])
    with pytest.raises(Refused, match="PT401 sign_in_required"):
        report(db, "visitor", evidence_paths=[own])
    for path in (papers(db, "anna"), f"claims/{db.ids['stranger']}/unseen.pdf"):
        with pytest.raises(Refused, match="PT422 media_not_validated"):
            report(db, evidence_paths=[path])
    unnamed = papers(db)
    cleanup(db, 1.1)
    left = {row["path"] for row in db.rows("select path from evidence_files where path like 'claims/%%'")}
    assert own in left
    assert unnamed not in left


def test_an_upheld_one_is_shown_when_it_is_published(db: DbEnv) -> None:
    hidden, open_one = report(db), report(db)
    assert review(db, hidden, comment="Разобрались с ними.")["published_at"] is None
    assert shown(db) == [], open_one
    published = review(db, report(db, kind="false_claim"), publish=True)
    assert published["published_at"] is not None
    assert shown(db) == [("false_claim", "upheld")]
    told = db.query("anna", "select data from notifications where kind = 'report_reviewed'")
    assert [(row["data"]["side"], row["data"]["comment"]) for row in told] == [("organization", None)]
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    assert "Это наше имя" not in str(db.rpc("visitor", "get_organization_page", slug=slug))


def unpublish(db: DbEnv, report_id: str, comment: str | None = "Ошиблись", person: str = "moderator") -> Row:
    answer: Row = db.rpc(person, "unpublish_report", report_id=report_id, comment=comment)
    return answer


def test_what_was_published_by_mistake_is_taken_off_and_the_organization_told(db: DbEnv) -> None:
    published = review(db, report(db), publish=True)["id"]
    row = unpublish(db, published, " Это был их же магазин. ")
    assert shown(db) == []
    assert (row["published_at"], row["outcome"]) == (None, "upheld"), "the decision stays"
    assert row["unpublish_comment"] == "Это был их же магазин."
    told = db.query("anna", "select data from notifications where kind = 'report_reviewed' order by id")
    assert [(each["data"]["is_published"], each["data"]["comment"]) for each in told] == [
        (True, None), (False, "Это был их же магазин."),
    ]  # fmt: skip
    assert len(db.query("stranger", "select from notifications where kind = 'report_reviewed'")) == 1
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        unpublish(db, published)
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        review(db, published, publish=True)


def test_who_takes_it_off_is_a_platform_admin_and_says_why(db: DbEnv) -> None:
    published, hidden = review(db, report(db), publish=True)["id"], review(db, report(db))["id"]
    for person in ("anna", "stranger"):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            unpublish(db, published, person=person)
    for comment, code in ((None, "required"), (" \u200b", "required"), ("а" * 4001, "too_long")):
        with pytest.raises(Refused, match="PT422 invalid_input") as refused:
            unpublish(db, published, comment)
        assert code in refused.value.detail
    for made in (hidden, report(db)):
        with pytest.raises(Refused, match="PT409 invalid_transition"):
            unpublish(db, made)
    with pytest.raises(Refused, match="PT404 not_found"):
        unpublish(db, str(uuid4()))
    assert shown(db) == [("stolen_name", "upheld")]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"outcome": "removed"}, "outcome"),
        ({"outcome": "not_upheld"}, "comment"),
        ({"comment": "а" * 4001}, "comment"),
        ({"outcome": "duplicate", "publish": True}, "publish"),
        ({"outcome": "not_upheld", "comment": "Нет", "publish": True}, "publish"),
    ],
)
def test_what_a_decision_needs(db: DbEnv, wish: dict[str, Any], field: str) -> None:
    made = report(db)
    with pytest.raises(Refused, match="PT422 invalid_input") as refused:
        review(db, made, **wish)
    assert f'"field": "{field}"' in refused.value.detail
    with pytest.raises(Refused, match="PT404 not_found"):
        review(db, str(uuid4()))
    nobodys = report(db, organization_id=None, url="https://a.example")
    with pytest.raises(Refused, match="publish"):
        review(db, nobodys, publish=True)


def test_of_two_who_decide_at_once_one_does(own_rules: str) -> None:
    with opened(own_rules) as connection:
        db = DbEnv(connection)
        made = report(db)
        connection.commit()

        def decide(outcome: str) -> str:
            with opened(own_rules) as own:
                other = DbEnv.__new__(DbEnv)
                other.connection, other.ids = own, db.ids
                try:
                    review(other, made, outcome, comment="Так решено")
                    own.commit()
                except Refused as refusal:
                    return refusal.code
                return "decided"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(decide, ("upheld", "not_upheld"))) == ["decided", "invalid_transition"]
        assert len(emails(db)) == 1


def test_the_reporter_hears_and_a_visitors_address_is_forgotten(db: DbEnv) -> None:
    theirs = address()
    review(db, report(db), "not_upheld", comment="Имя свободное.")
    row = review(db, report(db, "visitor", email=theirs.upper(), message="Stolen"), "duplicate")
    assert row["email"] is None
    told = {email["to_address"]: email for email in emails(db)}
    assert told.keys() == {db.email("stranger"), theirs}
    assert told[db.email("stranger")]["data"]["comment"] == "Имя свободное."
    assert told[theirs]["locale"] == "en"
    assert "Stolen" not in str(told[theirs]["data"]), (
        "their words are not carried to an address nobody proved"
    )
    assert told[theirs]["passport"]["name"] == told[theirs]["data"]["organization"]
    (seen,) = db.query("stranger", "select data from notifications where kind = 'report_reviewed'")
    assert seen["data"]["outcome"] == "not_upheld"


def test_what_was_decided_outlives_who_reported_and_words_do_not(db: DbEnv) -> None:
    decided = report(db, evidence_paths=[papers(db)])
    review(db, decided, publish=True)
    waiting = report(db)
    visitors = report(db, "visitor")
    db.run("delete from auth.users where id = %s", db.ids["stranger"])
    cleanup(db, 1.1)
    left = {str(row["id"]): row for row in db.rows("select id, message, evidence_paths from abuse_reports")}
    assert left.keys() == {decided, visitors}, waiting
    assert (left[decided]["message"], left[decided]["evidence_paths"]) == ("", [])
    assert left[visitors]["message"] == "Это наше имя."
    assert shown(db) == [("stolen_name", "upheld")]


def test_a_deleted_organization_keeps_its_outcomes_and_loses_the_words(db: DbEnv) -> None:
    review(db, report(db), publish=True)
    waiting = report(db)
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
    cleanup(db, 31)
    assert shown(db) == [("stolen_name", "upheld")]
    words = {row["outcome"]: row["message"] for row in db.rows("select outcome, message from abuse_reports")}
    assert words == {"upheld": "", None: "Это наше имя."}
    review(db, waiting, "duplicate")
    cleanup(db, 32)
    assert db.rows("select from abuse_reports where message <> ''") == []


def test_a_true_owner_does_not_answer_for_who_was_there_before(db: DbEnv) -> None:
    db.run("update organizations set inn = %s where id = %s", random_inn(), db.organization)
    review(db, report(db), publish=True)
    inn = db.one("select inn from organizations where id = %s", db.organization)["inn"]
    claim = db.rpc("stranger", "claim_organization", inn=inn, legal_name="ООО «Другая»", message="Это моя")
    db.rpc("moderator", "review_claim", claim_id=claim["claim_id"], decision="approved", outcome="handed_over")  # fmt: skip
    db.run(
        "update organization_claims set reviewed_at = now() + interval '1 second'"
    )  # both were in one transaction
    assert shown(db) == []


def test_the_queue_by_pages(db: DbEnv) -> None:
    first, second, third = report(db), report(db, kind="fake_badge"), report(db, "visitor")
    for days, made in ((3, first), (2, second), (1, third)):
        db.run("update abuse_reports set created_at = %s where id = %s", NOW - timedelta(days=days), made)

    def found(**asked: Any) -> list[str]:
        return [each["id"] for each in db.rpc("moderator", "admin_reports", **asked)["items"]]

    page = db.rpc("moderator", "admin_reports", max_items=2)
    assert [each["id"] for each in page["items"]] == [first, second]
    assert found(after=page["next"]) == [third]
    review(db, second)
    assert found() == [first, third]
    assert found(status="upheld") == [second]
    assert found(status=None) == [third, second, first]
    assert found(status=None, kind="fake_badge") == [second]
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    for query in (slug, str(db.organization), first):
        assert first in found(query=query)
    assert found(query="чужие") == []


# What became of them, for everybody


def outcomes(db: DbEnv, person: str = "visitor", **asked: Any) -> Row:
    answer: Row = db.rpc(person, "list_report_outcomes", **asked)
    return answer


def decided_on(db: DbEnv, report_id: str, reported: str, decided: str) -> None:
    db.run(
        "update abuse_reports set created_at = %s, reviewed_at = %s, published_at = %s where id = %s",
        reported, decided, decided, report_id,
    )  # fmt: skip


def test_everybody_reads_what_became_of_a_report_and_nothing_of_who_reported(db: DbEnv) -> None:
    upheld, not_upheld = report(db), report(db, "visitor", kind="fake_badge", message="Секрет")
    review(db, upheld, publish=True)
    review(db, not_upheld, "not_upheld", comment="Нарушения нет, и это личное.")
    decided_on(db, upheld, "2027-03-01 20:59+00", "2027-03-02 21:00+00")
    report(db, "visitor")
    row = db.one("select name, slug from organizations where id = %s", db.organization)
    for person in ("visitor", "stranger", "anna", "service"):
        answer = outcomes(db, person)
        # The decisions of a day stand by their moment; what was decided later comes first.
        by_outcome = {item["outcome"]: item for item in answer["items"]}
        assert by_outcome["upheld"] == {
            "kind": "stolen_name",
            "outcome": "upheld",
            "reported_on": "2027-03-01",
            "decided_on": "2027-03-03",
            "organization": row,
            "unpublished_on": None,
        }, "days of Moscow"
        assert by_outcome["not_upheld"]["organization"] is None, "a false accusation does not stick"
        assert answer["totals"] == {"waiting": 1, "upheld": 1, "not_upheld": 1, "duplicate": 0}
        for secret in ("Секрет", "личное", "Это наше имя", "@", upheld, not_upheld):
            assert secret not in str(answer)


def test_an_upheld_one_names_nobody_unless_it_is_published(db: DbEnv) -> None:
    review(db, report(db))
    review(db, report(db, organization_id=None, url="https://a.example/shop"))
    assert [item["organization"] for item in outcomes(db)["items"]] == [None, None]
    published = review(db, report(db), publish=True)["id"]
    named = [item for item in outcomes(db)["items"] if item["organization"]]
    assert len(named) == 1
    unpublish(db, published)
    answer = outcomes(db)
    assert [item["organization"] for item in answer["items"]] == [None, None, None]
    assert sorted(item["unpublished_on"] is not None for item in answer["items"]) == [False, False, True]
    assert answer["totals"]["upheld"] == 3


def test_a_true_owner_is_not_named_for_who_was_there_before(db: DbEnv) -> None:
    test_a_true_owner_does_not_answer_for_who_was_there_before(db)
    assert [(item["outcome"], item["organization"]) for item in outcomes(db)["items"]] == [("upheld", None)]


def test_outcomes_by_pages_hold_each_once(db: DbEnv) -> None:
    made = [review(db, report(db, "visitor", kind=kind))["id"] for kind in ("fake_badge", "false_claim", "other", "stolen_name", "other")]  # fmt: skip
    for number, each in enumerate(made):  # three of one moment
        decided_on(db, each, "2027-03-01 12:00+00", f"2027-03-0{min(number, 3) + 2} 12:00:00.123457+00")
    whole = outcomes(db)
    assert whole["next"] is None
    found: list[Row] = []
    after = None
    while True:
        page = outcomes(db, after=after, max_items=2)
        assert len(page["items"]) <= 2
        found += page["items"]
        if (after := page["next"]) is None:
            break
    assert found == whole["items"]
    assert [item["decided_on"] for item in found] == sorted(
        (item["decided_on"] for item in found), reverse=True
    )
    wrongs: list[dict[str, Any]] = [
        {"max_items": 0},
        {"max_items": 101},
        {"after": "1"},
        {"after": f"1.{made[0]}"},
    ]
    for wrong in wrongs:
        with pytest.raises(Refused, match="PT422 invalid_input"):
            outcomes(db, **wrong)


def test_what_is_counted_is_what_there_is(db: DbEnv) -> None:
    """Also when reports go, and when a decision is changed by hand."""
    for outcome in ("upheld", "not_upheld", "duplicate", "upheld"):
        review(db, report(db), outcome, comment="Так решено")
    waiting = report(db, "gleb")
    db.run("delete from auth.users where id = %s", db.ids["gleb"])
    assert outcomes(db)["totals"]["waiting"] == 1
    cleanup(db, 1.1)
    assert db.rows("select from abuse_reports where id = %s", waiting) == []
    db.run("update abuse_reports set outcome = 'duplicate' where outcome = 'not_upheld'")
    counted = {
        row["outcome"] or "waiting": row["count"]
        for row in db.rows("select outcome::text, count(*) from abuse_reports group by outcome")
    }
    totals = outcomes(db)["totals"]
    assert {name: count for name, count in totals.items() if count} == counted
