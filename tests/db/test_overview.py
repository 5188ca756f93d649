"""What a page asks first, and the overview in one answer (sql/24_account, sql/69_overview): to whom, and what it says when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from kit.db import MEMBERS, DbEnv, Row, hand_in_evidence, publish_stories, scan_codes
from kit.refused import Refused

NOW = datetime.now(UTC)


def overview(db: DbEnv, person: str = "anna") -> Row:
    answer: Row = db.rpc(person, "organization_overview", organization_id=db.organization)
    return answer


def done(db: DbEnv, person: str = "anna") -> set[str]:
    return {each["step"] for each in overview(db, person)["checklist"] if each["done"]}


def kinds(db: DbEnv, person: str = "anna") -> list[str]:
    return [each["kind"] for each in overview(db, person)["events"]]


# my_account


@pytest.mark.parametrize(("person", "role"), MEMBERS.items())
def test_everybody_learns_where_they_belong_and_nothing_of_others(db: DbEnv, person: str, role: str) -> None:
    elsewhere = db.another("stranger")
    answer = db.rpc(person, "my_account")
    assert answer["profile"]["id"] == str(db.ids[person])
    (place,) = answer["organizations"]
    assert (place["organization"]["id"], place["role"]) == (str(db.organization), role)
    assert place["organization"]["id"] != str(elsewhere)
    assert place["time_zone"] == "Europe/Moscow"
    assert answer["is_platform_admin"] is False


def test_a_moderator_sees_all_and_belongs_to_none(db: DbEnv) -> None:
    answer = db.rpc("moderator", "my_account")
    assert (answer["organizations"], answer["is_platform_admin"]) == ([], True)


def test_what_is_unread_is_ones_own(db: DbEnv) -> None:
    db.start_trial()
    assert db.rpc("anna", "my_account")["unread"] == len(
        db.rows("select from public.notifications where user_id = %s", db.ids["anna"])
    )
    assert db.rpc("stranger", "my_account")["unread"] == 0
    db.rpc("anna", "mark_notifications_read", up_to=2**60)
    assert db.rpc("anna", "my_account")["unread"] == 0


def test_a_visitor_has_no_account(db: DbEnv) -> None:
    with pytest.raises(Refused) as refused:
        db.rpc("visitor", "my_account")
    assert refused.value.code.startswith("permission denied")


# organization_overview: who


@pytest.mark.parametrize(
    ("person", "code"),
    [("stranger", "not_allowed"), ("moderator", "not_allowed"), ("visitor", "permission denied")],
)
def test_only_members_see_it(db: DbEnv, person: str, code: str) -> None:
    db.start_trial()
    for function in ("organization_overview", "status_overview", "mark_shared"):
        with pytest.raises(Refused) as refused:
            db.rpc(person, function, organization_id=db.organization)
        assert refused.value.code.startswith(code)
    assert not db.one("select shared_at from organization_settings where organization_id = %s", db.organization)["shared_at"]  # fmt: skip


def test_what_was_never_there_is_not_found(db: DbEnv) -> None:
    with pytest.raises(Refused) as refused:
        db.rpc("anna", "organization_overview", organization_id=uuid4())
    assert refused.value.code == "not_found"


def test_payments_and_requests_are_for_admins(db: DbEnv) -> None:
    db.subscribe()
    hand_in_evidence(db)
    for person in ("anna", "boris"):
        assert {"payment_succeeded", "request_sent", "level_granted"} == set(kinds(db, person))
    for person in ("vera", "gleb"):
        assert kinds(db, person) == ["level_granted"]


def test_the_status_page_in_one_answer(db: DbEnv) -> None:
    db.subscribe()
    hand_in_evidence(db)
    said = {person: db.rpc(person, "status_overview", organization_id=db.organization) for person in MEMBERS}
    for answer in said.values():
        assert {name: answer[name] for name in ("status", "criteria")} == {
            name: overview(db)[name] for name in ("status", "criteria")
        }
        assert [event["level"] for event in answer["history"]] == [
            event["level"]
            for event in db.query("gleb", "select * from get_status_history(%s)", db.organization)
        ]
        assert answer["guide"]["trades"]
    assert {person: len(answer["requests"]) for person, answer in said.items()} == {
        "anna": 1, "boris": 1, "vera": 0, "gleb": 0,
    }  # fmt: skip
    assert [step["action"] for step in said["boris"]["steps"]] == ["submitted"]
    assert said["vera"]["steps"] == []


# the state


def test_before_the_first_payment(db: DbEnv) -> None:
    answer = overview(db)
    state = answer["state"]
    assert (state["kind"], state["until"], state["next_charge"], state["ended"]) == ("none", None, None, None)
    assert (state["trial_days"], state["unfinished_payment"]) == (14, None)
    assert answer["status"]["level"] is None
    assert answer["events"] == []


def test_a_page_of_yookassas_that_is_open(db: DbEnv) -> None:
    begun = db.checkout()
    assert overview(db)["state"]["unfinished_payment"] == begun["transaction_id"]
    assert overview(db, "gleb")["state"]["unfinished_payment"] is None


def test_a_trial(db: DbEnv) -> None:
    db.start_trial()
    state = overview(db)["state"]
    assert (state["kind"], state["next_charge"]["amount"]) == ("trialing", "1490.00")
    assert state["until"] == state["next_charge"]["at"]
    assert state["trial_days"] == 0


def test_paid_then_declined_then_over(db: DbEnv) -> None:
    db.start_trial()
    end = db.live()["trial_ends_at"]
    db.charge(end, "canceled", "card_expired")
    state = overview(db)["state"]
    assert state["kind"] == "past_due"
    assert datetime.fromisoformat(state["until"]) == db.live()["grace_until"]
    assert "payment_declined" in kinds(db)
    db.service("run_billing_cycle", as_of=db.live()["grace_until"] + timedelta(hours=3))
    answer = overview(db)
    assert (answer["state"]["kind"], answer["state"]["until"]) == ("ended", None)
    assert answer["state"]["ended"]["reason"] == "grace_period_ended"
    assert [each["level"] for each in answer["status"]["lost"]] == ["0"]


def test_active_and_set_to_end(db: DbEnv) -> None:
    db.subscribe()
    state = overview(db)["state"]
    assert state["kind"] == "active"
    assert datetime.fromisoformat(state["until"]) == db.live()["current_period_end"]
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    state = overview(db)["state"]
    assert (state["kind"], state["next_charge"]["why_not"]) == ("ending", "cancelled")


def test_a_level_that_we_took(db: DbEnv) -> None:
    db.subscribe()
    db.rpc(
        "moderator",
        "revoke_status_level",
        organization_id=db.organization,
        level="A",
        reason="Чужие реквизиты",
    )
    answer = overview(db)
    assert answer["state"]["kind"] == "revoked"
    assert (answer["events"][0]["kind"], answer["events"][0]["reason"]) == (
        "level_revoked",
        "Чужие реквизиты",
    )


def test_a_level_without_a_subscription(db: DbEnv) -> None:
    until = NOW + timedelta(days=30)
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B", valid_until=until)
    state = overview(db)["state"]
    assert (state["kind"], datetime.fromisoformat(state["until"])) == ("granted", until)


# the first steps


def test_the_first_steps_are_done_one_by_one(db: DbEnv) -> None:
    assert [each["step"] for each in overview(db)["checklist"]] == [
        "profile", "logo", "trial", "page", "share", "qr", "story",
    ]  # fmt: skip
    assert done(db) == set()
    db.query(
        "boris",
        "update organizations set description = 'Мёд', category = 'Пасека' where id = %s",
        db.organization,
    )
    assert done(db) == {"profile"}
    db.service("set_logo", organization_id=db.organization, logo_path=f"{db.organization}/logo.webp")
    assert done(db) == {"profile", "logo"}
    db.start_trial()
    assert done(db) == {"profile", "logo", "trial", "page"}
    db.query("anna", "update organizations set is_published = false where id = %s", db.organization)
    assert done(db) == {"profile", "logo", "trial"}
    db.query("anna", "update organizations set is_published = true where id = %s", db.organization)
    scan_codes(db, 1)
    publish_stories(db, 1)
    assert done(db) == {"profile", "logo", "trial", "page", "qr", "story"}
    assert db.rpc("vera", "mark_shared", organization_id=db.organization)
    assert done(db, "gleb") == {"profile", "logo", "trial", "page", "share", "qr", "story"}


def test_shared_is_when_it_was_first(db: DbEnv) -> None:
    first = db.rpc("vera", "mark_shared", organization_id=db.organization)
    assert db.rpc("anna", "mark_shared", organization_id=db.organization) == first


def test_nobody_says_over_rest_that_it_was_shared(db: DbEnv) -> None:
    with pytest.raises(Refused):
        db.query(
            "anna",
            "update organization_settings set shared_at = now() where organization_id = %s",
            db.organization,
        )


def test_a_draft_is_not_a_story_yet(db: DbEnv) -> None:
    db.subscribe()
    (story,) = db.query(
        "vera",
        "insert into stories (organization_id, story_type, content_origin, title, content_text)"
        " values (%s, 'success_story', 'direct_input', 'Как качают мёд', 'Так') returning id",
        db.organization,
    )
    assert "story" not in done(db)
    db.rpc("vera", "submit_story", story_id=story["id"])
    assert "story" in done(db)


# the way to C, and what happened


def test_criteria_are_those_of_level_c(db: DbEnv) -> None:
    db.subscribe()
    publish_stories(db, 2)
    told = {each["criterion"]: each for each in overview(db)["criteria"]}
    progress = db.rpc("anna", "level_c_progress", organization_id=db.organization)
    assert {(c, each["current"], each["required"], each["met"]) for c, each in told.items()} == {
        (each["criterion"], each["current"], each["required"], each["met"]) for each in progress
    }
    assert told["published_stories"]["current"] == 2
    assert told["published_stories"]["window_days"] == 90
    assert told["days_with_paid_level"]["window_days"] is None


def test_events_are_the_newest_eight(db: DbEnv) -> None:
    db.subscribe()
    request = hand_in_evidence(db)
    db.rpc(
        "moderator",
        "review_upgrade_request",
        request_id=request["id"],
        decision="rejected",
        comment="Нет печати",
    )
    answer = overview(db)["events"]
    assert [each["at"] for each in answer] == sorted((each["at"] for each in answer), reverse=True)
    assert {each["kind"] for each in answer} == {
        "level_granted",
        "payment_succeeded",
        "request_sent",
        "request_rejected",
    }
    (paid,) = [each for each in answer if each["kind"] == "payment_succeeded"]
    assert (paid["amount"], paid["currency"]) == ("1490.00", "RUB")
    for _ in range(5):
        db.rpc(
            "moderator",
            "grant_status_level",
            organization_id=db.organization,
            level="B",
            valid_until=NOW + timedelta(days=9),
        )
        db.rpc(
            "moderator", "revoke_status_level", organization_id=db.organization, level="B", reason="Проверка"
        )
    assert len(overview(db)["events"]) == 8
    assert "payment_succeeded" not in kinds(db)


def test_a_story_is_told_by_its_title(db: DbEnv) -> None:
    db.subscribe()
    (story,) = db.query(
        "vera",
        "insert into stories (organization_id, story_type, content_origin, title, content_text)"
        " values (%s, 'success_story', 'direct_input', 'Как качают мёд', 'Так') returning id",
        db.organization,
    )
    db.rpc("vera", "submit_story", story_id=story["id"])
    db.rpc("moderator", "claim_story", story_id=story["id"])
    db.rpc("moderator", "reject_story", story_id=story["id"], code="off_topic", comment="Не о производстве")
    (rejected,) = [each for each in overview(db, "gleb")["events"] if each["kind"] == "story_rejected"]
    assert (rejected["story_id"], rejected["title"]) == (str(story["id"]), "Как качают мёд")
