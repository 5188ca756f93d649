"""Readers of stories (sql/60_story_readers): Russian search, pages, and views counted once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import DbEnv, Row
from kit.refused import Refused

BROWSER = "Mozilla/5.0 (Linux; Android 11; CUBOT_P20) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"


def publish(db: DbEnv, title: str, text: str = "", hours_ago: float = 1, organization: Any = None) -> Row:
    return db.one(
        "insert into stories (organization_id, story_type, status, title, content_text, published_at)"
        " values (%s, 'success_story', 'published', %s, %s, now() - make_interval(secs => %s)) returning *",
        organization or db.organization, title, text, hours_ago * 3600,
    )  # fmt: skip


def found(db: DbEnv, **asked: Any) -> list[str]:
    return [
        item["title"]
        for item in db.rpc("visitor", "search_stories", organization_id=db.organization, **asked)["items"]
    ]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Всё о мёде", "Все о меде"),
        ("Все о меде", "Всё о мёде"),
        ("Иван-чай", "иван чай"),
        ("Иван чай", "иван-чай"),
        ("Липовый мёд", "мёд - липовый"),
        ("Липовый мёд", "мёд — липовый"),
        ("Пасеки Алтая", "пасека"),
        ("Е\u0308лка", "ёлки"),
        ("Скидка 50%", "50%"),
        ("Что это", "что это"),
    ],
)
def test_russian_words_are_found(db: DbEnv, written: str, asked: str) -> None:
    """Field case 29."""
    publish(db, written)
    publish(db, "Совсем другое")
    assert found(db, query=asked) == [written]
    assert found(db, query=asked + " трактор") == []


def test_nothing_asked_is_everything_and_nothing_is_broken_by_words(db: DbEnv) -> None:
    publish(db, "Мёд")
    for query in (None, "", "  ", "—"):
        assert found(db, query=query) == ["Мёд"]
    for query in ("'; drop table stories; --", '"', "мёд & | ! ( )", "%", "_", "\\", "😀", "а" * 5000):
        assert isinstance(found(db, query=query), list)


def test_pages_hold_each_story_once(db: DbEnv) -> None:
    titles = [publish(db, f"История {number}", hours_ago=number // 2 + 1)["title"] for number in range(7)]
    seen: list[str] = []
    after = None
    while True:
        page = db.rpc("visitor", "search_stories", organization_id=db.organization, max_items=3, after=after)
        seen += [item["title"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == sorted(titles)
    assert len(seen) == 7


def test_a_page_says_whose_it_is(db: DbEnv) -> None:
    story = publish(db, "Мёд", "Текст " * 100)
    (item,) = db.rpc(
        "visitor", "search_stories", organization_id=db.organization, story_type="success_story"
    )["items"]
    organization = db.one("select slug, name from organizations where id = %s", db.organization)
    assert item | {"published_at": None} == {
        "id": str(story["id"]), "slug": organization["slug"], "organization": organization["name"], "story_type": "success_story",
        "title": "Мёд", "snippet": ("Текст " * 100)[:300], "thumbnail_url": None, "published_at": None,
    }  # fmt: skip
    assert found(db, story_type="event_announcement") == []


def test_what_an_organization_hides_is_not_found(db: DbEnv) -> None:
    publish(db, "Мёд")
    db.query("anna", "update public.organizations set is_published = false where id = %s", db.organization)
    assert found(db) == []
    assert db.rpc("visitor", "search_stories", query="Мёд")["items"] == []


def test_the_search_goes_by_its_index(db: DbEnv) -> None:
    db.run(
        "insert into stories (organization_id, story_type, status, title, published_at)"
        " select %s, 'success_story', 'published', 'История ' || n, now() from generate_series(1, 2000) as n", db.organization,
    )  # fmt: skip
    publish(db, "Мёд")
    db.run("analyze stories")
    plan = db.rows(
        "explain select 1 from stories s where s.status = 'published' and s.search @@ websearch_to_tsquery('pg_catalog.russian', 'мед')"
    )
    assert "stories_search_idx" in json.dumps([row["QUERY PLAN"] for row in plan])


# views


def view(db: DbEnv, story: Row, visitor: str = "one", person: str = "visitor", **headers: str) -> bool:
    db.run("select set_config('request.headers', %s, true)", json.dumps({"user-agent": BROWSER} | headers))
    counted: bool = db.rpc(person, "record_story_view", story_id=story["id"], visitor=visitor)["counted"]
    return counted


def count(db: DbEnv, story: Row) -> int:
    return int(db.one("select view_count from stories where id = %s", story["id"])["view_count"])


def test_a_view_counts_once_a_visitor_and_day(db: DbEnv) -> None:
    story = publish(db, "Мёд")
    assert [view(db, story, visitor) for visitor in ("one", "one", "two")] == [True, False, True]
    assert count(db, story) == 2
    db.run("update story_views set day = day - 1")
    assert view(db, story) is True
    assert count(db, story) == 3
    stored = db.rows("select visitor from story_views where story_id = %s", story["id"])
    assert all(b"one" not in bytes(row["visitor"]) for row in stored)
    after = db.one("select updated_at from stories where id = %s", story["id"])["updated_at"]
    assert after == story["updated_at"]


@pytest.mark.parametrize("person", ["anna", "boris", "vera", "gleb"])
def test_its_own_people_are_not_counted(db: DbEnv, person: str) -> None:
    story = publish(db, "Мёд")
    assert view(db, story, person=person) is False
    assert view(db, story, person="stranger") is True


@pytest.mark.parametrize(
    ("headers", "counted"),
    [
        ({}, True),
        ({"user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Instagram 300.0; cloud; java; YaBrowser/24.1"}, True),
        ({"user-agent": "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"}, False),
        ({"user-agent": "WhatsApp/2.23.20.0 A"}, False),
        ({"user-agent": "TelegramBot (like TwitterBot)"}, False),
        ({"user-agent": "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)"}, False),
        ({"user-agent": "Mozilla/5.0 (compatible; OdklBot/1.0; +http://ok.ru)"}, False),
        ({"sec-purpose": "prefetch;prerender"}, False),
        ({"purpose": "prefetch"}, False),
    ],
)  # fmt: skip
def test_bots_and_prefetches_are_not_counted(db: DbEnv, headers: Row, counted: bool) -> None:
    story = publish(db, "Мёд")
    assert view(db, story, **headers) is counted
    assert count(db, story) == int(counted)


def test_only_what_is_public_is_viewed(db: DbEnv) -> None:
    later = publish(db, "Завтра", hours_ago=-24)
    for story in (later, {"id": "00000000-0000-7000-8000-000000000000"}):
        with pytest.raises(Refused, match="PT404 not_found"):
            view(db, story)
    story = publish(db, "Мёд")
    for visitor in ("", "x" * 201, None):
        with pytest.raises(Refused, match="PT422 invalid_input"):
            view(db, story, visitor=visitor)  # type: ignore[arg-type]


def test_a_day_is_the_organizations(db: DbEnv) -> None:
    story = publish(db, "Мёд")
    for zone in ("Pacific/Kiritimati", "Pacific/Honolulu"):
        db.run(
            "update organization_settings set time_zone = %s where organization_id = %s",
            zone,
            db.organization,
        )
        assert view(db, story) is True
    days = [
        row["day"]
        for row in db.rows("select day from story_views where story_id = %s order by day", story["id"])
    ]
    assert days[1] - days[0] == timedelta(days=1)
    db.service("run_organization_cleanup", as_of=datetime.now(UTC) + timedelta(days=4))
    assert db.rows("select 1 from story_views where story_id = %s", story["id"]) == []
