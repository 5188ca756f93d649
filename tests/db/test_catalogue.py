"""How a buyer finds a producer (sql/71_catalogue): by name in either alphabet, with a mistake, by INN, by level and place."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from inn import random_inn
from kit.db import DbEnv, Row, publish_stories
from kit.refused import Refused


def named(db: DbEnv, name: str, level: str | None = "A", **details: str) -> UUID:
    """A producer called so, who holds that level."""
    organization = db.another()
    columns = "".join(f", {column} = %s" for column in details)
    db.run(
        f"update organizations set name = %s{columns} where id = %s", name, *details.values(), organization
    )
    if level:
        db.service("grant_status_level", organization_id=organization, level=level)
    return organization


def search(db: DbEnv, query: str | None = None, person: str = "visitor", **filters: Any) -> Row:
    answer: Row = db.rpc(person, "search_organizations", query=query, **filters)
    return answer


def test_a_sitemap_is_paged_by_key_in_parts_of_a_size(db: DbEnv) -> None:
    mine = sorted(str(named(db, f"Мыловарня {number}")) for number in range(7))
    hidden = named(db, "Скрытая")
    db.run("update organizations set is_published = false where id = %s", hidden)
    never = named(db, "Без уровня", level=None)

    def listed(**arguments: Any) -> list[str]:
        return [item["id"] for item in db.rpc("visitor", "list_organizations", **arguments)["items"]]

    everybody = listed()
    assert everybody == sorted(everybody)
    assert set(mine) <= set(everybody)
    assert not {str(hidden), str(never)} & set(everybody)
    ends = listed(every=3)
    assert ends == everybody[2::3], "where parts of three end"
    parts = [listed(after=end, max_items=3) for end in [None, *ends]]
    assert [item for part in parts for item in part] == everybody
    for wrong in ({"every": 0}, {"max_items": 0}, {"max_items": 50001}):
        with pytest.raises(Refused, match="out_of_range"):
            listed(**wrong)


def test_stories_are_listed_in_parts_that_stay_when_an_organization_hides(db: DbEnv) -> None:
    other = named(db, "Мыловарня")
    publish_stories(db, 4)
    db.run(
        "update organizations set is_published = true, first_level_at = now() where id = %s", db.organization
    )
    db.run(
        "update stories set organization_id = %s where id in (select id from stories order by id limit 2)",
        other,
    )
    db.run(
        "insert into stories (organization_id, story_type, status, title, content_text)"
        " values (%s, 'success_story', 'draft', 'Черновик', 'Ещё нет')",
        other,
    )

    def listed(**arguments: Any) -> list[Row]:
        items: list[Row] = db.rpc("visitor", "list_stories", **arguments)["items"]
        return items

    every = [
        str(row["id"]) for row in db.rows("select id from stories where status = 'published' order by id")
    ]
    assert [item["id"] for item in listed()] == every
    assert all(item["slug"] and item["published_at"] for item in listed())
    ends = [item["id"] for item in listed(every=2)]
    assert ends == every[1::2]
    db.run("update organizations set is_published = false where id = %s", other)
    assert [item["id"] for item in listed(every=2)] == ends
    assert next((item["slug"], item["published_at"]) for item in listed(every=2)) == (None, None)
    shown = [item["id"] for end in [None, *ends] for item in listed(after=end, max_items=2)]
    assert shown == every[2:]
    with pytest.raises(Refused, match="out_of_range"):
        listed(every=0)


def names(db: DbEnv, query: str | None = None, **filters: Any) -> list[str]:
    return [item["name"] for item in search(db, query, **filters)["items"]]


def everything(db: DbEnv, query: str | None = None, max_items: int = 2, **filters: Any) -> list[str]:
    """The names of all pages."""
    found: list[str] = []
    after = None
    while True:
        page = search(db, query, max_items=max_items, after=after, **filters)
        assert len(page["items"]) <= max_items
        found += [item["name"] for item in page["items"]]
        after = page["next"]
        if after is None:
            return found


@pytest.mark.parametrize(
    "query",
    [
        "Щукинский мёд",
        "щукинский мед",
        "МЁД ЩУКИНСКИЙ",
        "  щукинский  ",
        "ООО «Щукинский мёд»",
        "Shchukinsky med",
        "schukinskiy myod",
        "Щукинский-мёд",
        "Щукинский м\u0435\u0308д",
    ],
)
def test_a_name_is_found_however_it_is_spelt(db: DbEnv, query: str) -> None:
    named(db, "Щукинский мёд")
    named(db, "Липовый цвет")
    assert names(db, query) == ["Щукинский мёд"]
    assert search(db, query)["items"][0]["near"] is False


def test_a_latin_name_is_found_in_russian_letters(db: DbEnv) -> None:
    named(db, "Zhivaya Kvasha")
    assert names(db, "живая кваша") == ["Zhivaya Kvasha"]


ALIKE = ("Щукинскый мёд", "Щуккинскийй", "Щукински")
"""What sounds as the name does is no mistake."""


@pytest.mark.parametrize(
    "query", ["Щукинскый мёд", "Щукинсий", "Щуикнский", "Щуккинскийй", "Щукински", "Щук"]
)
def test_one_mistake_a_word_is_forgiven_and_said(db: DbEnv, query: str) -> None:
    named(db, "Щукинский мёд")
    named(db, "Липовый цвет")
    (item,) = search(db, query)["items"]
    assert (item["name"], item["near"]) == ("Щукинский мёд", query not in ALIKE)


def test_two_mistakes_in_a_word_are_another_word(db: DbEnv) -> None:
    named(db, "Щукинский мёд")
    assert names(db, "Щакянский") == []


def test_who_is_called_just_so_comes_first(db: DbEnv) -> None:
    named(db, "Пасека Родник")
    named(db, "Родник")
    named(db, "Родник и сыновья")
    assert names(db, "родник") == ["Родник", "Пасека Родник", "Родник и сыновья"]


def test_all_words_are_asked_for(db: DbEnv) -> None:
    named(db, "Пасека Родник")
    named(db, "Пасека Заря")
    assert names(db, "заря пасека") == ["Пасека Заря"]


def test_legal_name_and_address_count(db: DbEnv) -> None:
    named(db, "Сырный дом", legal_name="ИП Кузнецова Ольга Петровна", slug="cheese-lighthouse")
    assert names(db, "кузнецова") == names(db, "lighthouse") == ["Сырный дом"]


@pytest.mark.parametrize("written", ["{}", " {} ", "{:.4} {:.12}"])
def test_an_inn_is_found_as_people_write_it(db: DbEnv, written: str) -> None:
    inn = random_inn()
    named(db, "Пасека", inn=inn)
    query = f"{inn[:4]} {inn[4:]}" if written.startswith("{:") else written.format(inn)
    (item,) = search(db, query)["items"]
    assert item["inn"] == inn


def test_an_inn_with_another_digit_is_nobodys(db: DbEnv) -> None:
    inn = random_inn()
    named(db, "Пасека", inn=inn)
    assert names(db, inn[:-1] + str((int(inn[-1]) + 1) % 10)) == []


def test_an_item_says_what_the_badge_says(db: DbEnv) -> None:
    organization = named(db, "Щукинский мёд", level="A", category="Мёд", region="Алтайский край")
    db.service("grant_status_level", organization_id=organization, level="B")
    db.rpc("moderator", "revoke_status_level", organization_id=organization, level="B", reason="Чужие бумаги")
    (item,) = search(db, "щукинский")["items"]
    status = db.rpc("visitor", "get_organization_status", organization_id=organization)
    row = db.one("select * from organizations where id = %s", organization)
    assert item == {
        "slug": row["slug"],
        "name": "Щукинский мёд",
        "legal_name": "ООО «Пасека»",
        "inn": row["inn"],
        "level": "A",
        "level_since": status["levels"][0]["since"],
        "lost": status["lost"],
        "category": "Мёд",
        "region": "Алтайский край",
        "logo_path": None,
        "near": False,
    }
    assert item["lost"][0]["reason"] == "Чужие бумаги"


def test_whoever_never_held_a_level_is_not_found(db: DbEnv) -> None:
    organization = named(db, "Щукинский мёд", level=None)
    inn = db.one("select inn from organizations where id = %s", organization)["inn"]
    for person in ("visitor", "stranger", "anna", "moderator", "service"):
        assert search(db, "щукинский", person)["items"] == search(db, inn, person)["items"] == []
    assert "Щукинский мёд" not in everything(db)


def test_what_was_lost_and_hidden_is_found_all_the_same(db: DbEnv) -> None:
    organization = named(db, "Щукинский мёд", category="Мёд", region="Алтай")
    db.rpc("moderator", "revoke_status_level", organization_id=organization, level="A", reason="Чужой ИНН")
    db.query("anna", "update organizations set is_published = false where id = %s", organization)
    (item,) = search(db, "щукинский")["items"]
    assert (item["level"], item["lost"][0]["level"]) == (None, "A")
    assert item["category"] is item["region"] is item["logo_path"] is None
    assert names(db, "щукинский", region="Алтай") == names(db, region="Алтай") == []
    assert "Щукинский мёд" not in everything(db)
    choices = db.rpc("visitor", "get_catalogue_choices")
    assert choices == {"categories": [], "regions": []}


def test_a_new_name_takes_the_place_of_the_old(db: DbEnv) -> None:
    organization = named(db, "Щукинский мёд")
    db.query("anna", "update organizations set name = 'Липовый цвет' where id = %s", organization)
    assert names(db, "липовый") == ["Липовый цвет"]
    assert names(db, "щукинский") == []


def test_filters(db: DbEnv) -> None:
    named(db, "Первая", level="A", category="Мёд", region="Алтайский край")
    second = named(db, "Вторая", level="A", category="Сыр", region="Алтайский край")
    db.service("grant_status_level", organization_id=second, level="B")
    named(db, "Третья", level="0", category="мёд", region="Тверская область")
    assert names(db, region="алтайский край") == ["Первая", "Вторая"]
    assert names(db, category="МЁД") == ["Первая", "Третья"]
    assert names(db, category="мёд", region="Тверская область") == ["Третья"]
    assert names(db, level="A") == ["Первая"], "the highest level counts, as on the badge"
    assert names(db, level="B") == names(db, "вторая", level="B") == ["Вторая"]
    assert names(db, "вторая", level="A") == []
    assert names(db, level="0", region=" ") == ["Третья"]
    assert names(db, "первая", category="мёд", region="алтайский край", level="A") == ["Первая"]
    assert db.rpc("visitor", "get_catalogue_choices") == {
        "categories": ["Мёд", "Сыр"],
        "regions": ["Алтайский край", "Тверская область"],
    }


def test_a_term_that_has_passed_is_no_level_before_the_job_says_so(db: DbEnv) -> None:
    organization = named(db, "Щукинский мёд", level="A")
    db.run(
        "update organization_status_levels set valid_from = now() - interval '2 days', valid_until = now() - interval '1 day'"
        " where organization_id = %s",
        organization,
    )
    (item,) = search(db, "щукинский")["items"]
    assert (item["level"], item["lost"][0]["level"]) == (None, "A")
    assert names(db, level="A") == names(db, "щукинский", level="A") == []


def test_pages_hold_everybody_once(db: DbEnv) -> None:
    for name in ("Заря", "Пасека Заря", "Заря", "Заря и дети", "Заря плюс", "Пасека"):
        named(db, name, region="Алтай")
    assert everything(db, "заря") == ["Заря", "Заря", "Пасека Заря", "Заря и дети", "Заря плюс"]
    assert everything(db, "зарь", region="Алтай") == [
        "Заря",
        "Пасека Заря",
        "Заря",
        "Заря и дети",
        "Заря плюс",
    ]
    assert len(everything(db, region="Алтай")) == 6
    first = search(db, "заря", max_items=3)
    named(db, "Заря", region="Алтай")
    again = search(db, "заря", max_items=3, after=first["next"])
    assert [item["name"] for item in again["items"]] == ["Заря и дети", "Заря плюс"]


@pytest.mark.parametrize(
    "query",
    ["%", "_", "'; drop table organizations; --", "🐝", "«»", "ООО", "а" * 5000, "\\", "1", "0000000000"],
)
def test_hostile_words_find_nobody(db: DbEnv, query: str) -> None:
    named(db, "Щукинский мёд")
    assert search(db, query) == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("max_items", 0),
        ("max_items", 101),
        ("after", "1"),
        ("after", "all.01a21e93-5dcb-788f-9ec3-054a616ef08d"),
        ("after", "same.01a21e93"),
    ],
)
def test_a_page_that_is_none_is_refused(db: DbEnv, field: str, wrong: Any) -> None:
    with pytest.raises(Refused, match="invalid_input") as refused:
        search(db, "пасека", **{field: wrong})
    code = "out_of_range" if field == "max_items" else "invalid"
    assert json.loads(refused.value.detail) == [{"field": field, "code": code}]
