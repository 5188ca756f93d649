"""What a visitor may know of an organization (sql/69): everything about its levels, for good; the rest while it is published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from inn import random_inn
from kit.db import DbEnv, Row, publish_stories
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def slug_of(db: DbEnv) -> str:
    return str(db.one("select slug from organizations where id = %s", db.organization)["slug"])


def page(db: DbEnv, person: str = "visitor", slug: str | None = None) -> Row:
    answer: Row = db.rpc(person, "get_organization_page", slug=slug or slug_of(db))
    return answer


def grant(db: DbEnv, level: str) -> None:
    db.service("grant_status_level", organization_id=db.organization, level=level)


def revoke(db: DbEnv, level: str, reason: str) -> None:
    db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level=level, reason=reason)


def lost_everything(db: DbEnv) -> None:
    """A and B were held, and both were taken away."""
    grant(db, "A")
    grant(db, "B")
    revoke(db, "B", "Документы оказались чужими")
    revoke(db, "A", "Документы оказались чужими")


def hide(db: DbEnv) -> None:
    """Everything an organization can untick."""
    db.query("anna", "update organizations set is_published = false where id = %s", db.organization)


def test_before_the_first_level_only_the_people_of_the_house_see_a_page(db: DbEnv) -> None:
    for person in ("visitor", "stranger"):
        with pytest.raises(Refused, match="not_found"):
            page(db, person)
        for function in ("get_organization_status", "get_status_history"):
            with pytest.raises(Refused, match="not_found"):
                db.rpc(person, function, organization_id=db.organization)
    for person in ("anna", "gleb", "moderator", "service"):
        assert page(db, person)["since"] is None


def test_an_unknown_address_is_not_found(db: DbEnv) -> None:
    with pytest.raises(Refused, match="not_found"):
        page(db, "anna", "no-such-organization")


def test_the_whole_page(db: DbEnv) -> None:
    db.query(
        "anna",
        "update organizations set legal_name = 'ООО «Пасека»', description = 'Мёд', category = 'Мёд', region = 'Алтай',"
        " website_url = 'https://paseka.example/', contacts = '{\"phone\": \"+7 900 000-00-00\"}' where id = %s",
        db.organization,
    )
    grant(db, "A")
    for days in (4, 3, 2, 1):
        publish_stories(db, 1, days)
    shown = page(db)
    organization = db.one("select * from organizations where id = %s", db.organization)
    assert set(shown) == {
        "id", "slug", "name", "legal_name", "inn", "provenance", "verified", "since", "deleted_at", "details", "status", "history",
        "stories", "reports",
    }  # fmt: skip
    assert [shown[key] for key in ("id", "name", "legal_name", "inn", "deleted_at", "verified", "reports")] == [
        str(db.organization), "Пасека Анны", "ООО «Пасека»", organization["inn"], None, None, [],
    ]  # fmt: skip
    assert shown["provenance"] == {"name": "stated", "legal_name": "stated", "inn": "stated"}
    assert datetime.fromisoformat(shown["since"]) == organization["first_level_at"]
    assert shown["details"] == {
        "description": "Мёд", "category": "Мёд", "region": "Алтай", "website_url": "https://paseka.example/", "logo_path": None,
        "contacts": {"phone": "+7 900 000-00-00"},
    }  # fmt: skip
    status = db.rpc("visitor", "get_organization_status", organization_id=db.organization)
    assert shown["status"] == status
    assert shown["status"]["level"] == "A"
    assert [(event["level"], event["action"]) for event in shown["history"]] == [("A", "granted")]
    assert set(shown["history"][0]) == {"level", "action", "reason", "valid_until", "occurred_at", "detail"}
    told = [datetime.fromisoformat(story["published_at"]) for story in shown["stories"]]
    assert len(told) == 3
    assert told == sorted(told, reverse=True)


def test_a_lost_level_cannot_be_hidden(db: DbEnv) -> None:
    """The buyer's view of a revoked organization with everything unticked: the name, what was lost, when and why."""
    lost_everything(db)
    publish_stories(db, 1)
    hide(db)
    shown = page(db)
    assert (shown["name"], shown["details"], shown["stories"]) == ("Пасека Анны", None, [])
    assert shown["status"]["level"] is None
    assert [(event["level"], event["action"], event["reason"]) for event in shown["history"]][:2] == [
        ("A", "revoked", "Документы оказались чужими"),
        ("B", "revoked", "Документы оказались чужими"),
    ]
    history = db.rpc("visitor", "get_status_history", organization_id=db.organization)
    assert len(history) == len(shown["history"]) == 4
    assert db.query("visitor", "select id from organizations where id = %s", db.organization) == []


def test_a_deleted_organization_answers_honestly(db: DbEnv) -> None:
    lost_everything(db)
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug_of(db))
    shown = page(db)
    assert (shown["name"], shown["details"]) == ("Пасека Анны", None)
    assert shown["deleted_at"] is not None
    assert len(shown["history"]) == 4


def deleted_for_good(db: DbEnv) -> Row:
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug_of(db))
    assert (
        db.service("run_organization_cleanup", as_of=datetime.now(UTC) + 31 * DAY)["organizations_deleted"]
        == 1
    )
    return page(db)


def test_after_the_cleanup_a_company_keeps_its_name_and_number(db: DbEnv) -> None:
    db.query("anna", "update organizations set legal_name = 'ООО «Пасека»' where id = %s", db.organization)
    inn = db.one("select inn from organizations where id = %s", db.organization)["inn"]
    lost_everything(db)
    shown = deleted_for_good(db)
    assert (shown["name"], shown["legal_name"], shown["inn"]) == ("Пасека Анны", "ООО «Пасека»", inn)
    assert len(shown["history"]) == 4
    # and the number is free for whoever comes after
    db.found("stranger", inn=inn)


def test_after_the_cleanup_a_person_is_masked_everywhere(db: DbEnv) -> None:
    inn = random_inn(12)
    db.organization = db.found("anna", inn=inn)
    db.query(
        "anna", "update organizations set name = 'Пасека Смирнова', legal_name = 'ИП Смирнов' where id = %s", db.organization
    )  # fmt: skip
    db.start_trial()
    shown = deleted_for_good(db)
    assert (shown["name"], shown["legal_name"], shown["inn"]) == (
        "П*** С***",
        "И*** С***",
        f"{inn[:2]}********{inn[-2:]}",
    )
    for table in ("public.organizations", "private.used_trials", "public.status_level_events"):
        everything = str(db.rows(f"select * from {table}"))
        assert inn not in everything, table
        assert "Смирнов" not in everything, table
    # its one trial is remembered all the same
    db.organization = db.found("stranger", inn=inn)
    with pytest.raises(Refused, match="trial_already_used"):
        db.checkout(person="stranger")


def test_nobody_masks_the_history_of_a_living_organization(db: DbEnv) -> None:
    grant(db, "A")
    with pytest.raises(Exception, match="not_allowed"):
        db.run(
            "update status_level_events set detail = null, reason = 'другое' where organization_id = %s",
            db.organization,
        )


def test_visitors_read_published_rows_without_who_made_them(db: DbEnv) -> None:
    columns = "id, slug, name, legal_name, inn, description, contacts, first_level_at, created_at"
    assert (
        len(db.query("visitor", f"select {columns} from organizations where id = %s", db.organization)) == 1
    )
    with pytest.raises(Refused, match="permission denied"):
        db.query("visitor", "select created_by from organizations")


def test_the_first_level_is_remembered_whoever_wrote_it(db: DbEnv) -> None:
    db.run(
        "insert into organization_status_levels (organization_id, level, valid_from) values (%s, 'A', %s)",
        db.organization, NOW - 9 * DAY,
    )  # fmt: skip
    grant(db, "B")
    remembered = db.one("select first_level_at from organizations where id = %s", db.organization)
    assert remembered["first_level_at"] == NOW - 9 * DAY


def test_cancelling_and_resuming_is_no_buyers_business(db: DbEnv) -> None:
    subscription = db.subscribe()
    before = page(db)["history"]
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    ends = page(db)["status"]["levels"][0]["valid_until"]
    assert datetime.fromisoformat(ends) == subscription["current_period_end"]
    db.rpc("anna", "resume_subscription", organization_id=db.organization)
    assert page(db)["status"]["levels"][0]["valid_until"] is None
    assert page(db)["history"] == before


@pytest.mark.parametrize(
    "contacts",
    ['{"fax": "1"}', '{"phone": ""}', '{"phone": 1}', '{"email": "anna"}', '["a@b.ru"]', '{"address": "Алтай\\nскрыто"}', '"a"'],
)  # fmt: skip
def test_contacts_are_lines_of_known_kinds(db: DbEnv, contacts: str) -> None:
    with pytest.raises(Refused, match="contacts_are_ways"):
        db.query("anna", "update organizations set contacts = %s where id = %s", contacts, db.organization)
