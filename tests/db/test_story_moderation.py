"""Moderating stories (sql/60_story_moderation): one reads, decides about what was read, and another one hears an appeal."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from db.test_stories import AUTHORS, log, rewrite, tell
from kit.db import DbEnv, Row
from kit.refused import Refused


@pytest.fixture
def db(db: DbEnv) -> DbEnv:
    """With a trial, and a second moderator."""
    db.start_trial()
    db.ids["second"] = db.sign_up("second")
    db.run("insert into public.platform_admins (user_id) values (%s)", db.ids["second"])
    return db


def queue(db: DbEnv, **more: object) -> list[Row]:
    items: list[Row] = db.rpc("moderator", "moderation_queue", **more)["items"]
    return items


def reject(db: DbEnv, story: Row, person: str = "moderator", code: str = "advertising") -> Row:
    answer: Row = db.rpc(
        person, "reject_story", story_id=story["id"], code=code, comment="Без цен, пожалуйста."
    )
    return answer


def test_the_queue_is_the_oldest_first_and_goes_by_pages(db: DbEnv) -> None:
    stories = [tell(db, "pending_review", title=f"История {number}") for number in range(5)]
    tell(db)
    for hours, story in enumerate(reversed(stories)):
        db.run(
            "update stories set submitted_at = now() - make_interval(hours => %s) where id = %s",
            9 - hours,
            story["id"],
        )
    names = [f"История {number}" for number in (4, 3, 2, 1, 0)]
    assert [item["title"] for item in queue(db)] == names
    first = db.rpc("moderator", "moderation_queue", max_items=2)
    second = db.rpc("moderator", "moderation_queue", max_items=2, after=first["next"])
    third = db.rpc("moderator", "moderation_queue", max_items=2, after=second["next"])
    assert [item["title"] for page in (first, second, third) for item in page["items"]] == names
    assert third["next"] is None
    (item, *_) = first["items"]
    assert item | {"waiting_since": None} == {
        "story_id": str(stories[4]["id"]), "organization": "Пасека Анны", "organization_id": str(db.organization),
        "slug": db.one("select slug from organizations where id = %s", db.organization)["slug"], "story_type": "success_story",
        "title": "История 4", "author": "Vera", "waiting_since": None, "claimed_by": None, "claimed_until": None, "appeal": False, "rejections": 0,
    }  # fmt: skip
    for person in (*AUTHORS, "stranger"):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            db.rpc(person, "moderation_queue")
    for wrong in ({"after": "1.x"}, {"after": "'; drop"}, {"max_items": 0}, {"max_items": 101}):
        with pytest.raises(Refused, match="PT422 invalid_input"):
            queue(db, **wrong)


def test_two_moderators_never_read_the_same_one(db: DbEnv) -> None:
    story = tell(db, "pending_review")
    claimed = db.rpc("moderator", "claim_story", story_id=story["id"])
    assert claimed["claimed_by"] == db.ids["moderator"]
    assert claimed["updated_at"] == story["updated_at"]
    for rpc, more in (
        ("claim_story", {}),
        ("approve_story", {}),
        ("reject_story", {"code": "other", "comment": "Нет"}),
    ):
        with pytest.raises(Refused, match="PT409 claimed_by_another"):
            db.rpc("second", rpc, story_id=story["id"], **more)
    assert [item["claimed_by"] for item in queue(db)] == [str(db.ids["moderator"])]
    db.run("update stories set claimed_until = now() - interval '1 second' where id = %s", story["id"])
    assert [item["claimed_by"] for item in queue(db)] == [None]
    assert db.rpc("second", "claim_story", story_id=story["id"])["claimed_by"] == db.ids["second"]
    approved = db.rpc("second", "approve_story", story_id=story["id"])
    assert (approved["moderated_by"], approved["claimed_by"], approved["claimed_until"]) == (
        db.ids["second"],
        None,
        None,
    )


def test_what_is_approved_is_what_was_read(db: DbEnv) -> None:
    """Field case 28."""
    story = tell(db, "pending_review")
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc(
            "moderator",
            "approve_story",
            story_id=story["id"],
            seen_updated_at=story["updated_at"] - timedelta(microseconds=1),
        )
    assert (
        db.rpc("moderator", "approve_story", story_id=story["id"], seen_updated_at=story["updated_at"])[
            "status"
        ]
        == "published"
    )
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("moderator", "approve_story", story_id=story["id"])
    assert [action for action, _ in log(db, story)].count("published") == 1


def test_a_rejection_says_why_and_the_author_mends_it(db: DbEnv) -> None:
    story = tell(db, "pending_review")
    for wrong, faults in (
        ({"code": "ugly", "comment": "Нет"}, [{"field": "code", "code": "unknown"}]),
        ({"code": None, "comment": " "}, [{"field": "code", "code": "required"}, {"field": "comment", "code": "required"}]),
        ({"code": "other", "comment": "Н" * 2001}, [{"field": "comment", "code": "too_long"}]),
    ):  # fmt: skip
        with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
            db.rpc("moderator", "reject_story", story_id=story["id"], **wrong)
        assert json.loads(refusal.value.detail) == faults
    rejected = reject(db, story)
    assert (rejected["status"], rejected["rejection_code"]) == ("rejected", "advertising")
    (told,) = db.rows(
        "select data from notifications where kind = 'story_rejected' and user_id = %s", db.ids["vera"]
    )
    assert (told["data"]["code"], told["data"]["comment"]) == ("advertising", "Без цен, пожалуйста.")
    (read,) = db.query(
        "vera", "select rejection_code, rejection_comment from public.stories where id = %s", story["id"]
    )
    assert read == {"rejection_code": "advertising", "rejection_comment": "Без цен, пожалуйста."}

    rewrite(db, story, content_text="Теперь без цен.")
    again = db.rpc("vera", "submit_story", story_id=story["id"])
    assert (again["status"], again["rejection_code"], again["rejection_comment"]) == (
        "pending_review",
        None,
        None,
    )
    assert [(item["appeal"], item["rejections"]) for item in queue(db)] == [(False, 1)]
    assert db.rpc("moderator", "approve_story", story_id=story["id"])["status"] == "published"
    assert [action for action, _ in log(db, story)] == [
        "created", "submitted", "rejected", "edited", "submitted", "approved", "published",
    ]  # fmt: skip


def test_another_moderator_hears_an_appeal_and_there_is_one(db: DbEnv) -> None:
    story = reject(db, tell(db, "pending_review"))
    for message in ("", " \n", None, "Н" * 2001):
        with pytest.raises(Refused, match="PT422 invalid_input"):
            db.rpc("vera", "appeal_story", story_id=story["id"], message=message)
    appealed = db.rpc("vera", "appeal_story", story_id=story["id"], message="Цен там нет")
    assert (appealed["status"], appealed["rejection_code"]) == ("pending_review", "advertising")
    assert [item["appeal"] for item in queue(db)] == [True]
    for rpc, more in (
        ("claim_story", {}),
        ("approve_story", {}),
        ("reject_story", {"code": "other", "comment": "Нет"}),
    ):
        with pytest.raises(Refused, match="PT403 not_allowed"):
            db.rpc("moderator", rpc, story_id=story["id"], **more)
    (words,) = db.query(
        "moderator",
        "select detail from public.story_activity_log where action = 'appealed' and story_id = %s",
        story["id"],
    )
    assert words["detail"] == {"message": "Цен там нет"}
    rejected = reject(db, story, "second", "low_quality")
    assert rejected["rejection_code"] == "low_quality"
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("vera", "appeal_story", story_id=story["id"], message="И ещё раз")
    # mended and submitted it is an ordinary story again, which the first one may read
    rewrite(db, story, content_text="Другое.")
    db.rpc("vera", "submit_story", story_id=story["id"])
    assert db.rpc("moderator", "approve_story", story_id=story["id"])["status"] == "published"


def test_an_appeal_can_be_granted_or_withdrawn(db: DbEnv) -> None:
    for way in ("granted", "withdrawn"):
        story = reject(db, tell(db, "pending_review"))
        db.rpc("vera", "appeal_story", story_id=story["id"], message="Цен там нет")
        if way == "granted":
            now = db.rpc("second", "approve_story", story_id=story["id"])
            assert (now["status"], now["rejection_code"]) == ("published", None)
        else:
            now = db.rpc("vera", "withdraw_story", story_id=story["id"])
            assert (now["status"], now["rejection_code"]) == ("draft", None)


def test_level_c_counts_it_at_once(db: DbEnv) -> None:
    before = db.rpc("anna", "level_c_progress", organization_id=db.organization)
    tell(db, "published")
    after = db.rpc("anna", "level_c_progress", organization_id=db.organization)
    counted = [
        next(row["current"] for row in rows if row["criterion"] == "published_stories")
        for rows in (before, after)
    ]
    assert counted == [0, 1]
