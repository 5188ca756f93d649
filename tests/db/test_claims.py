"""An INN that is taken (sql/53_claims): who claims it, what each outcome does, and that every rouble is accounted for."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from inn import random_inn
from kit.db import DbEnv, Row, hand_in_evidence, opened, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def inn_of(db: DbEnv) -> str:
    return str(db.one("select inn from organizations where id = %s", db.organization)["inn"])


def papers(db: DbEnv, person: str = "stranger") -> str:
    path = f"claims/{db.ids[person]}/{uuid4()}.pdf"
    db.service(
        "accept_evidence", organization_id=None, path=path, content_type="application/pdf", bytes=1000, sha256="0" * 64,
        uploaded_by=db.ids[person],
    )  # fmt: skip
    return path


def claim(db: DbEnv, person: str = "stranger", **wish: Any) -> Row:
    wish = {"inn": wish.get("inn") or inn_of(db), "legal_name": "ООО «Настоящая»", "message": "Это моя", "evidence_paths": [papers(db, person)]} | wish  # fmt: skip
    answer: Row = db.rpc(person, "claim_organization", **wish)
    return answer


def review(
    db: DbEnv, made: Row, decision: str = "approved", outcome: str | None = "handed_over", **more: Any
) -> Row:
    answer: Row = db.rpc(
        more.pop("person", "moderator"),
        "review_claim",
        claim_id=made["claim_id"],
        decision=decision,
        outcome=outcome,
        **more,
    )
    return answer


def refunds(db: DbEnv) -> Decimal:
    return Decimal(
        db.one("select coalesce(sum(amount), 0) as total from payment_refunds where status <> 'canceled'")[
            "total"
        ]
    )


def told(db: DbEnv, person: str) -> list[tuple[str, str | None]]:
    return [
        (row["kind"], row["data"].get("side"))
        for row in db.rows("select kind, data from notifications where user_id = %s and kind like 'claim%%' order by id", db.ids[person])
    ]  # fmt: skip


def unused(db: DbEnv, price: str) -> Decimal:
    """What the days left cost, counted by hand."""
    subscription = db.one("select * from subscriptions order by created_at desc limit 1")
    days = db.one(
        "select private.days_left(%s, now(), 'Europe/Moscow') as left_, private.days_left(%s, %s, 'Europe/Moscow') as whole",
        subscription["current_period_end"], subscription["current_period_end"], subscription["current_period_start"],
    )  # fmt: skip
    worth: Decimal = Decimal(price) * days["left_"] / days["whole"]
    return worth.quantize(Decimal("0.01"))


@pytest.mark.parametrize("outcome", ["handed_over", "inn_freed"])
@pytest.mark.parametrize(
    ("against", "price"), [("nothing", "0"), ("trial", "0"), ("A", "1490"), ("B", "4990"), ("grace", "0"), ("cancelled A", "1490")]
)  # fmt: skip
def test_a_claim_upheld(db: DbEnv, outcome: str, against: str, price: str) -> None:
    """Levels and subscription end, the days that were not used go back to who paid for them, and no more."""
    begun = NOW - 10 * DAY
    if against == "trial":
        db.start_trial(begun)
    elif against == "B":
        request = hand_in_evidence(db)
        db.rpc("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")
        db.subscribe("b_month", begun)
    elif against != "nothing":
        db.subscribe("a_month", begun)
    if against == "grace":
        db.run(
            "update subscriptions set current_period_start = %s, current_period_end = %s",
            begun - 25 * DAY,
            NOW - 5 * DAY,
        )
        db.service("start_grace_period", organization_id=db.organization)
    elif against == "cancelled A":
        db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    due = unused(db, price) if price != "0" else Decimal(0)
    inn = inn_of(db)

    made = claim(db)
    assert made["status"] == "pending"
    assert review(db, made, outcome=outcome)["outcome"] == outcome

    assert refunds(db) == due
    assert db.rows("select from subscriptions where status in ('trialing', 'active', 'past_due')") == []
    assert db.rows("select from organization_status_levels where is_active") == []
    assert db.rows("select from payment_methods where revoked_at is null or card_last4 is not null") == []
    if against != "nothing":
        assert db.level() is None
        assert db.history()[-1][1:] in {("revoked", "claim_upheld"), ("name_changed", None)}
        assert "claim_upheld" in {reason for _, _, reason in db.history()}
    members = {row["user_id"]: row["role"] for row in db.rows("select * from organization_members where organization_id = %s", db.organization)}  # fmt: skip
    row = db.one("select inn, legal_name from organizations where id = %s", db.organization)
    if outcome == "handed_over":
        assert members == {db.ids["stranger"]: "owner"}
        assert row == {"inn": inn, "legal_name": "ООО «Настоящая»"}
    else:
        assert len(members) == 4
        assert row["inn"] is None
        with pytest.raises(Refused, match="PT409 inn_taken"):
            db.found("moderator", inn=inn)  # it is kept for the claimant
        assert db.found("stranger", inn=inn)
    assert told(db, "anna") == [("claim_received", None), ("claim_reviewed", "organization")]
    assert told(db, "stranger") == [("claim_reviewed", "claimant")]


def test_what_was_credited_goes_back_to_the_card_that_paid_it(db: DbEnv) -> None:
    """From A to B with a credit: the unused days of B cost more than B's own payment took."""
    request = hand_in_evidence(db)
    db.rpc("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")
    db.subscribe("a_year", NOW - 10 * DAY)
    db.record(payment_of(db.checkout("plan_change", "b_year"), "succeeded"))
    review(db, claim(db))
    paid = {
        str(r["id"]): r["amount"]
        for r in db.rows("select id, amount from payment_transactions where status = 'succeeded'")
    }
    back = {
        str(r["transaction_id"]): r["amount"]
        for r in db.rows("select transaction_id, amount from payment_refunds")
    }
    assert all(back[each] <= paid[each] for each in back)
    changed = db.one("select amount, credit from payment_transactions where kind = 'plan_change'")
    assert (
        sum(back.values()) == changed["amount"] + changed["credit"]
    )  # it began today: the whole of it is unused


def test_a_page_that_was_open_begins_nothing_for_the_new_owner(db: DbEnv) -> None:
    page = db.checkout("subscription")
    review(db, claim(db))
    db.record(payment_of(page, "succeeded"))
    assert db.rows("select from subscriptions") == []
    assert db.one("select amount::text, reason from payment_refunds") == {
        "amount": "1490.00",
        "reason": "subscription_over",
    }
    # and the new owner begins with a page of their own
    again = db.checkout("subscription", person="stranger")
    assert again["transaction_id"] != page["transaction_id"]


def test_a_trial_page_that_was_open_begins_no_trial(db: DbEnv) -> None:
    page = db.checkout("trial")
    review(db, claim(db))
    assert db.record(payment_of(page, "waiting_for_capture"))["release_hold"] is True
    assert db.rows("select from subscriptions") == []
    assert db.rows("select from payment_methods") == []


def test_both_sides_get_their_e_mail_whoever_belongs_to_it_then(db: DbEnv) -> None:
    review(db, claim(db))
    later = datetime.now(UTC) + timedelta(minutes=1)
    sent = {
        (e["kind"], e["data"]["side"], e["to_address"])
        for e in db.service("claim_emails", as_of=later)
        if e["kind"] == "claim_reviewed"
    }
    assert sent == {
        ("claim_reviewed", "organization", db.email("anna")), ("claim_reviewed", "organization", db.email("boris")),
        ("claim_reviewed", "claimant", db.email("stranger")),
    }  # fmt: skip


def test_the_new_owner_reads_nothing_of_what_others_handed_in(db: DbEnv) -> None:
    db.subscribe()
    hand_in_evidence(db)
    db.rpc(
        "anna", "invite_member", organization_id=db.organization, email="friend@example.test", role="admin"
    )
    made = claim(db)
    (path,) = db.one("select evidence_paths from organization_claims where id = %s", made["claim_id"])[
        "evidence_paths"
    ]
    assert [paper["path"] for paper in db.rpc("moderator", "claim_papers", paths=[path])] == [path]
    for person in ("anna", "stranger"):
        with pytest.raises(Refused, match="not_allowed"):
            db.rpc(person, "claim_papers", paths=[path])
    review(db, made)
    (request,) = db.query("stranger", "select status, message, evidence_paths from status_upgrade_requests")
    assert request == {"status": "withdrawn", "message": "", "evidence_paths": []}
    assert db.query("stranger", "select path from evidence_files where organization_id is not null") == []
    assert db.query("stranger", "select id from organization_invitations") == []
    assert db.rows("select from email_outbox where kind = 'invitation'") == []
    assert db.query("anna", "select id from payment_transactions") == []


def test_an_approval_does_not_pass_to_the_new_owner(db: DbEnv) -> None:
    request = hand_in_evidence(db)
    db.rpc("moderator", "review_upgrade_request", request_id=request["id"], decision="approved")
    review(db, claim(db))
    with pytest.raises(Refused, match="PT409 verification_required"):
        db.checkout("subscription", "b_month", person="stranger")


def test_a_claim_rejected_changes_nothing(db: DbEnv) -> None:
    db.subscribe()
    made = claim(db)
    with pytest.raises(Refused, match="PT422 invalid_input"):
        review(db, made, "rejected", None)
    review(db, made, "rejected", None, comment="Печать не та")
    assert (db.level(), refunds(db)) == ("A", Decimal(0))
    assert told(db, "anna")[-1] == ("claim_reviewed", "organization")
    assert told(db, "stranger") == [("claim_reviewed", "claimant")]
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        review(db, made)


def test_of_two_claims_one_is_upheld_and_the_other_is_told(db: DbEnv) -> None:
    db.ids["other"] = db.sign_up("other")
    first, second = claim(db), claim(db, "other")
    review(db, second)
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        review(db, first)
    assert told(db, "stranger") == [("claim_reviewed", "claimant")]
    assert db.query("other", "select role from organization_members where user_id = %s", db.ids["other"]) == [
        {"role": "owner"}
    ]


def test_who_may_claim_and_decide(db: DbEnv) -> None:
    with pytest.raises(Refused, match="42501"):
        db.rpc("visitor", "claim_organization", inn="7707083893", legal_name="Мёд", message="Моё")
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        claim(db, "anna")
    with pytest.raises(Refused, match="PT404 not_found"):
        claim(db, inn=random_inn())
    db.run("update auth.users set email_confirmed_at = null where id = %s", db.ids["stranger"])
    with pytest.raises(Refused, match="PT403 email_not_confirmed"):
        claim(db)
    made = claim(db, "boris")  # a member who is not the owner may
    with pytest.raises(Refused, match="PT409 request_pending"):
        claim(db, "boris")
    for person in ("anna", "boris", "stranger"):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            review(db, made, person=person)
    assert len(db.query("boris", "select id from organization_claims")) == 1
    assert len(db.query("moderator", "select id from organization_claims")) == 1
    assert db.query("anna", "select id from organization_claims") == []


@pytest.mark.parametrize(
    ("wish", "fault"),
    [
        ({"inn": "7707083894"}, ("inn", "invalid_inn")), ({"legal_name": ""}, ("legal_name", "required")),
        ({"legal_name": "ПAО"}, ("legal_name", "mixed_scripts")), ({"message": " "}, ("message", "required")),
        ({"evidence_paths": ["x"] * 11}, ("evidence_paths", "too_many")),
    ],
)  # fmt: skip
def test_a_bad_claim_is_refused_by_field(db: DbEnv, wish: Row, fault: tuple[str, str]) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        claim(db, **wish)
    assert [(each["field"], each["code"]) for each in json.loads(refusal.value.detail)] == [fault]


def test_five_claims_are_made_a_day(db: DbEnv) -> None:
    for _ in range(5):
        review(db, claim(db), "rejected", None, comment="Нет")
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        claim(db)
    db.run("update private.request_counts set minute = minute - interval '24 hours'")
    claim(db)


def test_a_freed_inn_waits_thirty_days_for_its_claimant(db: DbEnv) -> None:
    inn = inn_of(db)
    review(db, claim(db), outcome="inn_freed")
    later = "update organization_claims set reviewed_at = reviewed_at - %s::interval"
    db.run(later, "29 days 23 hours")
    with pytest.raises(Refused, match="PT409 inn_taken"):
        db.found("moderator", inn=inn)
    db.run(later, "1 hour")
    assert db.found("moderator", inn=inn)


def test_papers_are_the_claimants_own_and_were_judged(db: DbEnv) -> None:
    for path in (papers(db, "boris"), f"claims/{db.ids['stranger']}/x.pdf"):
        with pytest.raises(Refused, match="media_not_validated"):
            claim(db, evidence_paths=[path])
    with pytest.raises(Refused, match="path_is_in_the_folder"):
        db.service(
            "accept_evidence", organization_id=None, path=f"claims/{db.ids['anna']}/x.pdf", content_type="application/pdf", bytes=1,
            sha256="0" * 64, uploaded_by=db.ids["stranger"],
        )  # fmt: skip


def test_evidence_of_a_claim_lies_in_ones_own_folder(db: DbEnv) -> None:
    upload = "insert into storage.objects (bucket_id, name) values (%s, %s)"
    own = f"claims/{db.ids['stranger']}/paper.pdf"
    db.query("stranger", upload, "status-evidence", own)
    for bucket, name in (
        ("status-evidence", f"claims/{db.ids['anna']}/paper.pdf"), ("organization-uploads", own), ("status-evidence", "claims/paper.pdf"),
    ):  # fmt: skip
        with pytest.raises(Refused, match="42501"):
            db.query("stranger", upload, bucket, name)
    seen = {who: len(db.query(who, "select id from storage.objects where name = %s", own)) for who in ("stranger", "moderator", "anna", "visitor")}  # fmt: skip
    assert seen == {"stranger": 1, "moderator": 1, "anna": 0, "visitor": 0}


def accepted(db: DbEnv) -> set[str]:
    return {row["path"] for row in db.rows("select path from evidence_files where path like 'claims/%%'")}


def test_papers_that_no_claim_names_are_forgotten_after_a_day(db: DbEnv) -> None:
    named, unnamed = papers(db), papers(db)
    claim(db, evidence_paths=[named])
    cleanup(db, 0.9)
    assert accepted(db) > {named, unnamed}
    cleanup(db, 1.1)
    assert accepted(db) == {named}
    with pytest.raises(Refused, match="media_not_validated"):
        claim(db, evidence_paths=[unnamed])


@pytest.mark.parametrize("status", ["pending", "rejected", "approved"])
def test_papers_and_words_go_with_whoever_claimed(db: DbEnv, status: str) -> None:
    path = papers(db)
    made = claim(db, evidence_paths=[path])
    if status != "pending":
        review(db, made, status, "inn_freed" if status == "approved" else None, comment="Так решено")
    cleanup(db, 400)
    assert accepted(db) == {path}
    db.run("delete from auth.users where id = %s", db.ids["stranger"])
    cleanup(db, 1.1)
    assert accepted(db) == set()
    assert db.one("select status::text, message, evidence_paths from organization_claims") == {
        "status": "rejected" if status == "pending" else status, "message": "", "evidence_paths": [],
    }  # fmt: skip


# Addresses, limits, release


@pytest.mark.parametrize(
    "slug", ["admin", "api", "new", "support", "chestno", "chestno-ru", "official-sber", "www", "released-1"]
)
def test_our_own_addresses_are_not_given(db: DbEnv, slug: str) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        db.found("stranger", slug=slug)
    assert json.loads(refusal.value.detail) == [{"field": "slug", "code": "reserved"}]
    with pytest.raises(Exception, match="slug_is_not_our_own"):
        db.run("update organizations set slug = %s where id = %s", slug, db.organization)


@pytest.mark.parametrize("slug", ["---", "-abc", "abc-", "a--b", "a-", "ab"])
def test_an_address_is_readable(db: DbEnv, slug: str) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        db.found("stranger", slug=slug)
    assert json.loads(refusal.value.detail) == [{"field": "slug", "code": "invalid_slug"}]


def test_a_person_holds_three_without_a_level(db: DbEnv) -> None:
    made = [db.found("stranger") for _ in range(3)]
    with pytest.raises(Refused, match="PT409 too_many_organizations"):
        db.found("stranger")
    db.service("grant_status_level", organization_id=made[0], level="A")
    made.append(db.found("stranger"))
    slug = db.one("select slug from organizations where id = %s", made[1])["slug"]
    db.rpc("stranger", "delete_organization", organization_id=made[1], confirmation=slug)
    db.found("stranger")
    with pytest.raises(Refused, match="PT409 too_many_organizations"):
        db.rpc("stranger", "restore_organization", organization_id=made[1])


def test_ten_are_made_a_day(db: DbEnv) -> None:
    for _ in range(10):
        db.service("grant_status_level", organization_id=db.found("stranger"), level="A")
    with pytest.raises(Refused, match="PT429 too_many_requests"):
        db.found("stranger")
    db.run("update private.request_counts set minute = minute - interval '24 hours'")
    db.found("stranger")


def test_a_hundred_at_once_for_one_inn_and_one_wins(own_rules: str) -> None:
    with opened(own_rules) as connection:
        db = DbEnv(connection)
        for number in range(100):
            db.ids[f"p{number}"] = db.sign_up(f"p{number}")
        connection.commit()
        inn = random_inn()

        def found(number: int) -> str:
            with opened(own_rules) as own:
                other = DbEnv.__new__(DbEnv)
                other.connection, other.ids = own, db.ids
                try:
                    other.found(f"p{number}", inn=inn)
                    own.commit()
                except Refused as refusal:
                    return refusal.code
                return "made"

        with ThreadPoolExecutor(20) as pool:
            outcomes = list(pool.map(found, range(100)))
        assert sorted(set(outcomes)) == ["inn_taken", "made"]
        assert outcomes.count("made") == 1


def cleanup(db: DbEnv, days: float) -> tuple[int, int]:
    done = db.service("run_organization_cleanup", as_of=datetime.now(UTC) + days * DAY)
    return done["release_noticed"], done["released"]


def is_released(db: DbEnv, organization: UUID) -> bool:
    row = db.one("select slug, inn, released_at, is_published from organizations where id = %s", organization)
    return (
        str(row["slug"]).startswith("released-")
        and row["inn"] is None
        and row["released_at"] is not None
        and not row["is_published"]
    )


def test_what_was_never_used_is_released_after_a_word(db: DbEnv) -> None:
    inn = inn_of(db)
    assert cleanup(db, 22) == (0, 0)
    assert cleanup(db, 23.01) == (1, 0)
    assert cleanup(db, 25) == (0, 0)
    notice = db.one("select user_id, data from notifications where kind = 'release_coming'")
    assert notice["user_id"] == db.ids["anna"]
    assert cleanup(db, 29.9) == (0, 0)
    assert cleanup(db, 30.02) == (0, 1)
    assert is_released(db, db.organization)
    assert db.found("stranger", inn=inn)
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        db.checkout()
    assert json.loads(refusal.value.detail) == [{"field": "inn", "code": "required"}]


def test_a_word_comes_a_week_before_also_when_the_job_was_late(db: DbEnv) -> None:
    assert cleanup(db, 40) == (1, 0)
    assert cleanup(db, 46) == (0, 0)
    assert cleanup(db, 47) == (0, 1)


@pytest.mark.parametrize("because", ["level", "code", "request", "payment", "deletion"])
def test_what_is_used_or_waited_for_is_kept(db: DbEnv, because: str) -> None:
    if because == "level":
        db.start_trial()
    elif because == "code":
        db.run("insert into qr_codes (organization_id, code) values (%s, 'A234567890')", db.organization)
    elif because == "request":
        hand_in_evidence(db)
    elif because == "payment":
        db.checkout()
    else:
        slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
        db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
    cleanup(db, 23.5)
    cleanup(db, 35)
    assert not is_released(db, db.organization)
