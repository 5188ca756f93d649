"""Two at once, for real, on one story: what is published, claimed, counted and featured is so once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from db.test_concurrency import Deed, at_once
from db.test_stories import tell, write
from db.test_story_media import ask, lie, medium
from db.test_story_media import tell as tell_with_film
from kit.db import DbEnv, opened


@pytest.fixture
def db(own_rules: str) -> Iterator[DbEnv]:
    """Rows that are really committed, a trial, and a second moderator."""
    with opened(own_rules) as connection:
        connection.autocommit = True
        db = DbEnv(connection)
        db.start_trial()
        db.ids["second"] = db.sign_up("second")
        db.run("insert into public.platform_admins (user_id) values (%s)", db.ids["second"])
        yield db


def rpc(person: str, name: str, **arguments: object) -> Deed:
    return lambda own: str(own.rpc(person, name, **arguments)["status"])


def test_one_decision_wins(db: DbEnv) -> None:
    """Field case 28: approve and reject, or approve twice, at the same moment."""
    for _ in range(10):
        story = tell(db, "pending_review")["id"]
        outcomes = at_once(
            db,
            rpc("moderator", "approve_story", story_id=story),
            rpc("second", "approve_story", story_id=story),
            rpc("second", "reject_story", story_id=story, code="other", comment="Нет"),
        )
        assert Counter(outcomes)["invalid_transition"] == 2
        log = db.rows(
            "select action from story_activity_log where story_id = %s and action in ('approved', 'rejected', 'published')",
            story,
        )
        assert sorted(row["action"] for row in log) in (["approved", "published"], ["rejected"])
        told = db.rows(
            "select 1 from notifications where data ->> 'story_id' = %s and user_id = %s",
            str(story),
            db.ids["vera"],
        )
        assert len(told) == 1


def test_one_moderator_claims(db: DbEnv) -> None:
    for _ in range(10):
        story = tell(db, "pending_review")["id"]
        outcomes = at_once(
            db, *[rpc(person, "claim_story", story_id=story) for person in ("moderator", "second")]
        )
        assert sorted(outcomes) == ["claimed_by_another", "pending_review"]


def test_withdrawn_and_approved_at_once_is_one_of_the_two(db: DbEnv) -> None:
    for _ in range(10):
        story = tell(db, "pending_review")["id"]
        outcomes = at_once(
            db,
            rpc("vera", "withdraw_story", story_id=story),
            rpc("moderator", "approve_story", story_id=story),
        )
        status = db.one("select status from stories where id = %s", story)["status"]
        assert sorted(outcomes) == sorted(["invalid_transition", status])


def test_the_last_place_of_a_month_is_taken_once(db: DbEnv) -> None:
    db.run(
        "update subscription_plans set limits = limits || '{\"stories_per_month\": 1}' where id = 'a_month'"
    )

    def create(own: DbEnv) -> str:
        return str(write(own)["status"])

    assert Counter(at_once(db, *[create] * 5)) == {"draft": 1, "plan_limit_reached": 4}


def test_one_is_featured(db: DbEnv) -> None:
    stories = [tell(db, "published")["id"] for _ in range(4)]
    assert (
        at_once(db, *[rpc("vera", "feature_story", story_id=story) for story in stories]) == ["published"] * 4
    )
    assert (
        len(db.rows("select 1 from stories where organization_id = %s and is_featured", db.organization)) == 1
    )


def test_a_visitor_is_counted_once(db: DbEnv) -> None:
    story = tell(db, "published")["id"]

    def view(own: DbEnv) -> bool:
        return bool(own.rpc("visitor", "record_story_view", story_id=story, visitor="one")["counted"])

    assert Counter(at_once(db, *[view] * 8)) == {True: 1, False: 7}
    assert db.one("select view_count from stories where id = %s", story)["view_count"] == 1


def test_one_looks_into_an_upload(db: DbEnv) -> None:
    for _ in range(4):
        asked = ask(db)
        lie(db, "story-uploads", asked["path"])

        def look(person: str, media_id: str = asked["media_id"]) -> Deed:
            return lambda own: str(
                own.rpc(person, "begin_media_check", media_id=media_id, kind="video")["check_id"] is not None
            )

        assert sorted(at_once(db, look("vera"), look("anna"), look("vera"))) == ["False", "False", "True"]


def test_a_medium_is_given_to_one_story(db: DbEnv) -> None:
    for _ in range(4):
        media_id = medium(db)

        def use(person: str, media_id: str = media_id) -> Deed:
            return lambda own: str(write(own, person, media_id=media_id)["status"])

        assert sorted(at_once(db, use("vera"), use("anna"))) == ["draft", "invalid_input"]


def test_approved_and_swapped_at_once_is_one_of_the_two(db: DbEnv) -> None:
    for _ in range(6):
        story = tell_with_film(db, "pending_review")
        path = f"{db.organization}/{story['media_id']}/original"

        def swap(own: DbEnv, path: str = path) -> str:
            lie(own, "story-uploads", path, "another")
            return "swapped"

        outcomes = at_once(db, rpc("moderator", "approve_story", story_id=story["id"]), swap)
        assert sorted(outcomes) in (["published", "swapped"], ["media_not_validated", "swapped"])
