"""Stories (sql/60_stories): who writes them, what moves them from one status to another, and what is written down of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import DbEnv, Row
from kit.refused import Refused

NOW = datetime.now(UTC)
AUTHORS = ("anna", "boris", "vera")
OTHERS = {
    "gleb": "PT403 not_allowed",
    "moderator": "PT404 not_found",
    "stranger": "PT404 not_found",
    "visitor": "42501",
}
STATUSES = ("draft", "pending_review", "published", "rejected")


@pytest.fixture
def db(db: DbEnv) -> DbEnv:
    """With a trial: whoever may not write yet is a test of its own."""
    db.start_trial()
    return db


def write(db: DbEnv, person: str = "vera", **columns: Any) -> Row:
    """A story of this person's, as the web sends it over REST."""
    columns = {
        "organization_id": db.organization,
        "story_type": "success_story",
        "title": "Как мы качаем мёд",
        "content_text": "Рано утром, пока пчёлы сонные.",
    } | columns
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    (row,) = db.query(
        person, f"insert into public.stories ({names}) values ({places}) returning *", *columns.values()
    )
    return row


def rewrite(db: DbEnv, story: Row, person: str = "vera", **columns: Any) -> Row | None:
    changes = ", ".join(f"{name} = %s" for name in columns)
    rows = db.query(
        person,
        f"update public.stories set {changes} where id = %s returning *",
        *columns.values(),
        story["id"],
    )
    return rows[0] if rows else None


def tell(db: DbEnv, status: str = "draft", **columns: Any) -> Row:
    """A story that has come to this status by its RPCs."""
    story = write(db, **columns)
    if status != "draft":
        story = db.rpc("vera", "submit_story", story_id=story["id"])
    if status == "published":
        story = db.rpc("moderator", "approve_story", story_id=story["id"])
    if status == "rejected":
        story = db.rpc(
            "moderator", "reject_story", story_id=story["id"], code="advertising", comment="Без цен."
        )
    return story


def log(db: DbEnv, story: Row) -> list[tuple[str, str]]:
    return [
        (row["action"], row["actor_kind"])
        for row in db.rows("select action, actor_kind from story_activity_log where story_id = %s order by id", story["id"])
    ]  # fmt: skip


def test_what_is_written_with_the_least_is_completed(db: DbEnv) -> None:
    story = write(db, title="  Мёд  ")
    assert (story["status"], story["content_origin"], story["title"]) == ("draft", "direct_input", "Мёд")
    assert story["created_by"] == db.ids["vera"]
    assert (story["view_count"], story["is_featured"], story["published_at"]) == (0, False, None)
    assert log(db, story) == [("created", "member")]


@pytest.mark.parametrize(
    ("columns", "faults"),
    [
        ({"title": " \u200b "}, [{"field": "title", "code": "required"}]),
        ({"title": "М" * 201}, [{"field": "title", "code": "too_long"}]),
        ({"title": "Мёд\u202etxt"}, [{"field": "title", "code": "invalid"}]),
        ({"content_text": "М" * 20_001}, [{"field": "content_text", "code": "too_long"}]),
        ({"external_url": "javascript:alert(1)"}, [{"field": "external_url", "code": "invalid_url"}]),
        ({"external_url": "https://bank.ru@e.ru/"}, [{"field": "external_url", "code": "invalid_url"}]),
        ({"scheduled_publish_at": NOW + timedelta(days=400)}, [{"field": "scheduled_publish_at", "code": "out_of_range"}]),
    ],
)  # fmt: skip
def test_what_it_says_is_looked_at(db: DbEnv, columns: Row, faults: list[Row]) -> None:
    with pytest.raises(Refused, match="PT422 invalid_input") as refusal:
        write(db, **columns)
    assert json.loads(refusal.value.detail) == faults
    with pytest.raises(Refused, match="PT422 invalid_input"):
        rewrite(db, write(db), **columns)


def test_who_writes(db: DbEnv) -> None:
    for person in AUTHORS:
        assert write(db, person)["created_by"] == db.ids[person]
    for person in ("gleb", "moderator", "stranger", "visitor"):
        with pytest.raises(Refused, match="42501" if person == "visitor" else "PT403 not_allowed"):
            write(db, person)
        if person != "visitor":
            assert rewrite(db, tell(db), person, title="Не моё") is None


@pytest.mark.parametrize(
    "column",
    ["status", "published_at", "view_count", "is_featured", "created_by", "moderated_by", "rejection_code", "deleted_at", "created_at", "id"],
)  # fmt: skip
def test_what_rules_decide_is_not_written_by_hand(db: DbEnv, column: str) -> None:
    story = tell(db)
    values: Row = {"status": "published", "rejection_code": "other", "view_count": 10, "is_featured": True}
    value = values.get(column, NOW if column.endswith("_at") else db.ids["vera"])
    with pytest.raises(Refused, match="42501"):
        rewrite(db, story, "anna", **{column: value})
    with pytest.raises(Refused, match="42501"):
        write(db, "anna", **{column: value})


def test_a_story_stays_in_its_organization(db: DbEnv) -> None:
    other = db.another("stranger")
    with pytest.raises(Refused, match="42501"):
        rewrite(db, tell(db), "anna", organization_id=other)
    with pytest.raises(Refused, match="PT403 not_allowed"):
        write(db, organization_id=other)


RPCS = {
    "submit_story": {"draft": "pending_review", "rejected": "pending_review"},
    "withdraw_story": {"pending_review": "draft"},
    "unpublish_story": {"published": "draft"},
    "delete_story": {"draft": "draft", "rejected": "rejected"},
    "restore_story": {},
    "feature_story": {"published": "published"},
    "appeal_story": {"rejected": "pending_review"},
    "claim_story": {"pending_review": "pending_review"},
    "approve_story": {"pending_review": "published"},
    "reject_story": {"pending_review": "rejected"},
}
MORE = {"appeal_story": {"message": "Это не реклама"}, "reject_story": {"code": "other", "comment": "Нет"}}
MODERATION = ("claim_story", "approve_story", "reject_story")


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("rpc", RPCS)
def test_each_rpc_in_each_status_by_each_person(db: DbEnv, rpc: str, status: str) -> None:
    story = tell(db, status)
    more = MORE.get(rpc, {})
    persons = {person: RPCS[rpc].get(status, "PT409 invalid_transition") for person in AUTHORS} | OTHERS
    if rpc in MODERATION:
        allowed = persons["anna"]
        persons = dict.fromkeys((*AUTHORS, "gleb", "stranger"), "PT403 not_allowed")
        persons |= {"visitor": "42501", "moderator": allowed}
    elif status == "published":  # everybody sees it, so nobody is told that it is not there
        persons |= {"stranger": "PT403 not_allowed", "moderator": "PT403 not_allowed"}
    for person, outcome in persons.items():
        with db.connection.transaction(force_rollback=True):
            if outcome in STATUSES:
                assert db.rpc(person, rpc, story_id=story["id"], **more)["status"] == outcome
            else:
                with pytest.raises(Refused, match=outcome):
                    db.rpc(person, rpc, story_id=story["id"], **more)


@pytest.mark.parametrize("status", STATUSES)
def test_an_edit_in_each_status(db: DbEnv, status: str) -> None:
    story = tell(db, status)
    if status == "pending_review":
        with pytest.raises(Refused, match="PT409 invalid_transition"):
            rewrite(db, story, title="Другое")
        return
    if status == "published":
        db.rpc("anna", "feature_story", story_id=story["id"])
    assert rewrite(db, story, title=story["title"])["status"] == status  # type: ignore[index] # nothing is changed
    edited = rewrite(db, story, title="Другое")
    assert edited is not None
    assert edited["status"] == ("draft" if status == "published" else status)
    assert (edited["published_at"], edited["is_featured"]) == (None, False)
    assert ("edited", "member") in log(db, story)
    assert (("unpublished", "member") in log(db, story)) == (status == "published")
    assert db.rows("select 1 from stories where id = %s", story["id"])


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_reached_only_from_where_it_can_be(db: DbEnv, status: str) -> None:
    """Whoever writes, the operator too."""
    reachable = {
        "draft": {"pending_review"},
        "pending_review": {"draft", "published", "rejected"},
        "published": {"draft"},
        "rejected": {"pending_review"},
    }[status]
    story = tell(db, status)
    for wanted in STATUSES:
        more = ", rejection_code = 'other'" if wanted == "rejected" else ""
        with db.connection.transaction(force_rollback=True):
            if wanted in {*reachable, status}:
                db.query(
                    "operator", f"update stories set status = %s{more} where id = %s", wanted, story["id"]
                )
            else:
                with pytest.raises(Refused, match="PT409 invalid_transition"):
                    db.query(
                        "operator", f"update stories set status = %s{more} where id = %s", wanted, story["id"]
                    )


def test_something_has_to_be_said(db: DbEnv) -> None:
    story = write(db, content_text=" \n ")
    with pytest.raises(Refused, match="PT422 invalid_input"):
        db.rpc("vera", "submit_story", story_id=story["id"])
    rewrite(db, story, external_url="https://example.ru/honey")
    assert db.rpc("vera", "submit_story", story_id=story["id"])["status"] == "pending_review"


# room, and who has paid


def test_writing_needs_a_live_subscription(db: DbEnv) -> None:
    story = tell(db, "published")
    db.run(
        "update subscriptions set next_charge_at = null, status = 'canceled' where organization_id = %s",
        db.organization,
    )
    with pytest.raises(Refused, match="PT402 subscription_required"):
        write(db)
    # what is there already goes on
    assert db.rows("select 1 from stories where id = %s and status = 'published'", story["id"])
    assert rewrite(db, story, title="Новое название")


def test_a_month_has_room_for_so_many(db: DbEnv) -> None:
    db.run(
        "update subscription_plans set limits = limits || '{\"stories_per_month\": 2}' where id = 'a_month'"
    )
    db.run(
        "update organization_settings set time_zone = 'Asia/Kamchatka' where organization_id = %s",
        db.organization,
    )
    write(db)
    write(db)
    with pytest.raises(Refused, match="PT402 plan_limit_reached"):
        write(db)
    # deleting makes no room
    (story, _) = db.rows("select id from stories where organization_id = %s", db.organization)
    db.rpc("vera", "delete_story", story_id=story["id"])
    with pytest.raises(Refused, match="PT402 plan_limit_reached"):
        write(db)
    # last month's are another month's, by the organization's calendar
    begin = db.one(
        "select date_trunc('month', now() at time zone 'Asia/Kamchatka') at time zone 'Asia/Kamchatka' as at"
    )["at"]
    db.run(
        "update stories set created_at = %s where organization_id = %s",
        begin - timedelta(seconds=1),
        db.organization,
    )
    write(db)
    db.run("update stories set created_at = %s where organization_id = %s", begin, db.organization)
    with pytest.raises(Refused, match="PT402 plan_limit_reached"):
        write(db)


def test_an_organization_that_is_being_deleted_tells_nothing_new(db: DbEnv) -> None:
    story = tell(db)
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        write(db)
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("vera", "submit_story", story_id=story["id"])
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=31))
    assert db.rows("select 1 from stories where organization_id = %s", db.organization) == []


# deleting


def test_a_deletion_is_undone_for_30_days(db: DbEnv) -> None:
    story = tell(db, "rejected")
    deleted = db.rpc("boris", "delete_story", story_id=story["id"])
    assert deleted["deleted_at"] is not None
    assert rewrite(db, story, title="Новое") is None
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("vera", "submit_story", story_id=story["id"])
    restored = db.rpc("vera", "restore_story", story_id=story["id"])
    assert (restored["status"], restored["deleted_at"], restored["rejection_code"]) == (
        "rejected",
        None,
        "advertising",
    )
    assert [action for action, _ in log(db, story)][-2:] == ["deleted", "restored"]

    db.rpc("vera", "delete_story", story_id=story["id"])
    db.run("update stories set deleted_at = now() - interval '31 days' where id = %s", story["id"])
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        db.rpc("vera", "restore_story", story_id=story["id"])
    db.service("run_organization_cleanup")
    assert db.rows(
        "select 1 from stories where id = %s", story["id"]
    )  # it counts in the month it was created in
    db.service("run_organization_cleanup", as_of=NOW + timedelta(days=2))
    assert db.rows("select 1 from stories where id = %s", story["id"]) == []
    assert log(db, story) == []


# what stands first


def test_one_story_stands_first(db: DbEnv) -> None:
    first, second = tell(db, "published"), tell(db, "published")
    db.rpc("vera", "feature_story", story_id=first["id"])
    assert db.rpc("vera", "feature_story", story_id=second["id"])["is_featured"]
    featured = "select id from stories where organization_id = %s and is_featured"
    assert db.rows(featured, db.organization) == [{"id": second["id"]}]
    assert db.rpc("vera", "feature_story", story_id=second["id"], featured=False)["is_featured"] is False
    assert db.rows(featured, db.organization) == []
    assert [action for action, _ in log(db, second)][-2:] == ["featured", "featured"]
    with pytest.raises(Refused, match="PT422 invalid_input"):
        db.rpc("vera", "feature_story", story_id=second["id"], featured=None)


# who reads


def test_nothing_unpublished_is_read_by_others(db: DbEnv) -> None:
    stories = {status: tell(db, status)["id"] for status in STATUSES}
    scheduled = tell(db, "published", scheduled_publish_at=NOW + timedelta(hours=2))
    assert (scheduled["status"], scheduled["published_at"]) == (
        "published",
        scheduled["scheduled_publish_at"],
    )
    for person, seen in {
        "visitor": {"published"},
        "stranger": {"published"},
        "moderator": {"published", "pending_review", "rejected", "scheduled"},
        "gleb": {*STATUSES, "scheduled"},
    }.items():
        rows = db.query(person, "select id from public.stories where organization_id = %s", db.organization)
        assert {row["id"] for row in rows} == {
            id_ for status, id_ in (stories | {"scheduled": scheduled["id"]}).items() if status in seen
        }
        if person in ("visitor", "stranger"):
            assert {item["id"] for item in db.rpc(person, "search_stories")["items"]} == {
                str(stories["published"])
            }
    for person, sees in {"stranger": False, "gleb": True, "moderator": True}.items():
        assert (
            bool(
                db.query(
                    person, "select 1 from public.story_activity_log where story_id = %s", stories["draft"]
                )
            )
            == sees
        )


def test_a_scheduled_story_is_public_from_its_minute_and_told_of_once(db: DbEnv) -> None:
    """Field case 30: 10:00 in Moscow, typed in Vladivostok, is 07:00Z."""
    at = datetime(NOW.year, NOW.month, NOW.day, 7, tzinfo=UTC) + timedelta(days=3)
    story = tell(db, "published", scheduled_publish_at=at)
    assert story["published_at"] == at
    assert [action for action, _ in log(db, story)] == ["created", "submitted", "approved", "published"]
    told = db.rows(
        "select data from notifications where kind = 'story_approved' and user_id = %s", db.ids["vera"]
    )
    assert [row["data"]["title"] for row in told] == ["Как мы качаем мёд"]
    # approved after its time: from now
    late = tell(db, "published", scheduled_publish_at=NOW - timedelta(days=1))
    assert late["published_at"] > NOW - timedelta(minutes=5)
