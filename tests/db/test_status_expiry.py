"""The daily job: notices, ends, grace, level C (sql/65_level_c, sql/80_status_expiry)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kit.db import DbEnv, Row, payment_of, publish_stories, scan_codes
from kit.refused import Refused

NOW = datetime.now(UTC)
QUIET = {"60": 0, "30": 0, "7": 0, "1": 0}


def grant(db: DbEnv, level: str, until: datetime) -> None:
    db.service("grant_status_level", organization_id=db.organization, level=level, valid_until=until)


def run(db: DbEnv, as_of: datetime, **more: Any) -> Row:
    answer: Row = db.service("run_status_expiry", as_of=as_of, **more)
    return answer


def noticed(answer: Row) -> list[int]:
    return [int(threshold) for threshold, number in answer["notices"].items() for _ in range(number)]


# Notices


def test_a_level_that_ends_is_told_of_four_times_and_expires(db: DbEnv) -> None:
    end = NOW + timedelta(days=90)
    grant(db, "B", end)
    days: dict[int, list[int]] = {}
    for day in range(92):
        answer = run(db, NOW + timedelta(days=day, minutes=1))
        assert answer["failed_steps"] == []
        if noticed(answer):
            days[90 - day] = noticed(answer)
        if answer["expired"]:
            assert day == 90
    assert days == {60: [60], 30: [30], 7: [7], 1: [1]}
    assert db.history()[-1] == ("B", "expired", "term_ended")
    told = db.query(
        "boris",
        "select data->>'days_left' as days from notifications where kind = 'status_expiring' order by id",
    )
    assert [row["days"] for row in told] == ["60", "30", "7", "1"]


def test_a_job_missed_for_40_days_tells_the_nearest_threshold_once(db: DbEnv) -> None:
    grant(db, "B", NOW + timedelta(days=45))
    late = NOW + timedelta(days=40)
    assert noticed(run(db, late)) == [7]
    assert noticed(run(db, late)) == []
    assert noticed(run(db, NOW + timedelta(days=44, minutes=1))) == [1]


def test_a_new_end_date_is_told_of_anew(db: DbEnv) -> None:
    grant(db, "B", NOW + timedelta(days=5))
    assert noticed(run(db, NOW)) == [7]
    grant(db, "B", NOW + timedelta(days=6))
    assert noticed(run(db, NOW)) == [7]


def test_running_twice_changes_nothing(db: DbEnv) -> None:
    grant(db, "A", NOW + timedelta(hours=1))
    grant(db, "B", NOW + timedelta(days=20))
    later = NOW + timedelta(days=1)
    first = run(db, later)
    assert (first["expired"], noticed(first)) == (1, [30])
    history = db.history()
    again = run(db, later)
    assert (again["notices"], again["expired"], again["more"]) == (QUIET, 0, False)
    assert db.history() == history


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Kamchatka", "Europe/Kaliningrad"])
@pytest.mark.parametrize(
    "end",
    [
        (2027, 12, 31, 23, 59),
        (2028, 2, 29, 0, 30),
        (2028, 3, 1, 0, 0),
        (2027, 3, 28, 2, 30),
        (2027, 10, 31, 2, 30),
    ],
)
def test_days_left_are_counted_by_the_organizations_calendar(
    db: DbEnv, zone: str, end: tuple[int, int, int, int, int]
) -> None:
    """The last minute of a year and the leap day; Berlin, further down, moves its clocks."""
    db.query(
        "anna",
        "update organization_settings set time_zone = %s where organization_id = %s",
        zone,
        db.organization,
    )
    until = datetime(*end, tzinfo=ZoneInfo(zone))
    grant(db, "B", until)
    told: dict[int, list[int]] = {}
    day = until.astimezone(UTC).replace(hour=2, minute=0) - timedelta(days=62)
    for _ in range(64):  # as scheduled: every day at 02:00 UTC
        left = (until.astimezone(ZoneInfo(zone)).date() - day.astimezone(ZoneInfo(zone)).date()).days
        answer = run(db, day)
        if noticed(answer):
            told[left] = noticed(answer)
        day += timedelta(days=1)
    assert told == {60: [60], 30: [30], 7: [7], 1: [1]} or told == {60: [60], 30: [30], 7: [7], 0: [1]}
    assert db.history()[-1] == ("B", "expired", "term_ended")


def test_the_nights_on_which_clocks_are_moved_are_days_like_others(db: DbEnv) -> None:
    days = "select private.days_left(%s, %s, 'Europe/Berlin') as days"
    for night in (datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 10, 31, tzinfo=UTC)):
        for hour in range(0, 48, 5):
            until = night + timedelta(days=7, hours=hour)
            start = night - timedelta(days=1, hours=-hour)
            zone = ZoneInfo("Europe/Berlin")
            expected = (until.astimezone(zone).date() - start.astimezone(zone).date()).days
            assert db.one(days, until, start)["days"] == expected


# Ends


def test_c_falls_with_the_level_that_expired(db: DbEnv) -> None:
    grant(db, "A", NOW + timedelta(days=1))
    grant(db, "C", NOW + timedelta(days=300))
    answer = run(db, NOW + timedelta(days=2))
    assert (answer["expired"], answer["level_c_revoked"]) == (1, 1)
    assert db.history()[-2:] == [("A", "expired", "term_ended"), ("C", "revoked", "paid_level_lost")]


def test_grace_that_ended_takes_the_level(db: DbEnv) -> None:
    db.record(payment_of(db.checkout("subscription"), "succeeded"))
    db.service("start_grace_period", organization_id=db.organization)
    assert run(db, NOW + timedelta(days=13))["grace_ended"] == 0
    assert db.level() == "A"
    assert run(db, NOW + timedelta(days=14, minutes=1))["grace_ended"] == 1
    assert db.history()[-1] == ("A", "revoked", "grace_period_ended")


def test_many_are_taken_in_batches(db: DbEnv) -> None:
    for _ in range(5):
        db.organization = db.another()
        grant(db, "B", NOW + timedelta(days=1))
    counts = []
    while True:
        answer = run(db, NOW + timedelta(days=2), max_rows=2)
        counts.append(answer["expired"])
        if not answer["more"]:
            break
    assert counts == [2, 2, 1]


def test_a_step_that_fails_is_named_and_the_others_are_done(db: DbEnv) -> None:
    grant(db, "A", NOW + timedelta(days=1))
    grant(db, "B", NOW + timedelta(days=9))
    later = NOW + timedelta(days=2, minutes=1)
    with db.connection.transaction(force_rollback=True):
        db.run("alter function private.send_status_notices(timestamptz, int) rename to broken")
        answer = run(db, later)
        assert answer["failed_steps"] == ["notices"]
        assert "send_status_notices" in answer["errors"]["notices"]
        assert answer["expired"] == 1
        db.run("alter function private.broken(timestamptz, int) rename to send_status_notices")
        mended = run(db, later)
        assert (mended["failed_steps"], noticed(mended), mended["expired"]) == ([], [7], 0)


def test_people_do_not_run_jobs(db: DbEnv) -> None:
    for person in ("anna", "moderator", "visitor"):
        with pytest.raises(Refused, match="42501"):
            db.rpc(person, "run_status_expiry")


def test_what_expires_is_seen_by_admins(db: DbEnv) -> None:
    grant(db, "B", NOW + timedelta(days=5))
    rows = db.query(
        "moderator",
        "select level, days_left from get_expiring_statuses(7) where organization_id = %s",
        db.organization,
    )
    assert [(row["level"], row["days_left"]) for row in rows] == [("B", 5)]
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.query("anna", "select * from get_expiring_statuses(7)")


# Level C


def pay_long_ago(db: DbEnv, days: int) -> None:
    grant(db, "A", NOW + timedelta(days=400))
    db.run(
        "update organization_status_levels set valid_from = now() - make_interval(days => %s) where organization_id = %s and level = 'A'",
        days, db.organization,
    )  # fmt: skip


def run_level_c(db: DbEnv, as_of: datetime | None = None) -> tuple[int, int]:
    """How many C were granted and revoked."""
    answer = db.service("run_level_c", **({"as_of": as_of} if as_of else {}))
    assert set(answer) == {"as_of", "granted", "revoked"}
    return answer["granted"], answer["revoked"]


def progress(db: DbEnv) -> dict[str, tuple[int, int, bool]]:
    rows = db.query("gleb", "select * from level_c_progress(%s)", db.organization)
    return {row["criterion"]: (row["current"], row["required"], row["met"]) for row in rows}


def test_progress_counts_what_is_in_the_window(db: DbEnv) -> None:
    pay_long_ago(db, 30)
    publish_stories(db, 3)
    publish_stories(db, 3, days_ago=91)
    scan_codes(db, 99)
    assert progress(db) == {
        "published_stories": (3, 5, False), "unique_scans": (99, 100, False), "days_with_paid_level": (30, 60, False),
    }  # fmt: skip
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.query("stranger", "select * from level_c_progress(%s)", db.organization)


def test_two_paid_levels_at_once_are_not_counted_twice(db: DbEnv) -> None:
    pay_long_ago(db, 40)
    grant(db, "B", NOW + timedelta(days=400))
    db.run(
        "update organization_status_levels set valid_from = now() - interval '50 days' where level = 'B' and organization_id = %s",
        db.organization,
    )
    assert progress(db)["days_with_paid_level"] == (50, 60, False)


def test_c_is_granted_right_when_the_last_criterion_is_met(db: DbEnv) -> None:
    pay_long_ago(db, 61)
    scan_codes(db, 100)
    publish_stories(db, 4)
    assert db.level() == "A"
    publish_stories(db, 1)
    assert db.level() == "C"


def test_a_scan_that_was_missing_is_found_by_the_job(db: DbEnv) -> None:
    pay_long_ago(db, 61)
    publish_stories(db, 5)
    scan_codes(db, 99)
    assert run_level_c(db) == (0, 0)
    scan_codes(db, 1)
    assert db.level() == "A", "a scan only appends"
    assert run_level_c(db) == (1, 0)
    assert run_level_c(db) == (0, 0), "twice changes nothing"
    assert db.level() == "C"
    db.service("revoke_status_level", organization_id=db.organization, level="C", reason="проверка")
    assert run_level_c(db) == (1, 0)
    assert db.history()[-1] == ("C", "granted", "criteria_met")
    later = NOW + timedelta(days=300)
    run_level_c(db, later)  # the criteria are not met any more, and the term is not over
    assert run_level_c(db, NOW + timedelta(days=366)) == (0, 1)
    assert db.history()[-1] == ("C", "revoked", "criteria_not_met")
    with pytest.raises(Refused, match="42501"):
        db.rpc("moderator", "run_level_c")


@pytest.mark.parametrize("folded_after", [0, 30, 99, 100])
def test_folded_scans_count_like_the_others(db: DbEnv, folded_after: int) -> None:
    pay_long_ago(db, 61)
    publish_stories(db, 5)
    scan_codes(db, folded_after, days_ago=40)
    scan_codes(db, 1, days_ago=90.001)
    db.service("run_qr_rollup")
    scan_codes(db, 100 - folded_after, days_ago=0.5)
    assert progress(db)["unique_scans"] == (100, 100, True)
    assert run_level_c(db) == (1, 0)


def test_a_story_is_looked_at_when_it_becomes_public_and_no_more(db: DbEnv) -> None:
    pay_long_ago(db, 61)
    scan_codes(db, 100)
    publish_stories(db, 4)
    story = db.one(
        "insert into stories (organization_id, story_type, status, title) values (%s, 'success_story', 'pending_review', 'Пятая') returning id",
        db.organization,
    )["id"]
    counting = "create or replace function private.level_c_counts(organization_ids uuid[], as_of timestamptz) returns table (organization_id uuid, criterion text, current int, required int, met boolean) language plpgsql as 'begin raise exception ''counted''; end'"
    with db.connection.transaction(force_rollback=True):
        db.run(counting)
        for quiet in ("title = 'Другая'", "title = title, updated_at = now()", "status = status"):
            db.run(f"update stories set {quiet} where id = %s", story)
        db.run("update stories set title = 'Старая' where status = 'published'")
        db.run(
            "update stories set status = 'published', published_at = now() + interval '1 hour' where id = %s",
            story,
        )
    assert db.level() == "A"
    db.run("update stories set status = 'published', published_at = now() where id = %s", story)
    assert db.level() == "C"


def test_a_story_that_was_scheduled_is_found_by_the_job(db: DbEnv) -> None:
    pay_long_ago(db, 61)
    scan_codes(db, 100)
    publish_stories(db, 4)
    publish_stories(db, 1, days_ago=-1)
    assert run_level_c(db) == (0, 0)
    assert run_level_c(db, NOW + timedelta(days=1, minutes=1)) == (1, 0)


def test_what_a_moderator_took_c_away_for_does_not_earn_it_back(db: DbEnv) -> None:
    pay_long_ago(db, 61)
    scan_codes(db, 100)
    publish_stories(db, 5)
    assert db.level() == "C"
    db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level="C", reason="Накрутка")
    scan_codes(db, 100)
    publish_stories(db, 5)
    assert run(db, NOW + timedelta(days=1))["level_c_granted"] == 0
    assert db.level() == "A"
    assert progress(db)["unique_scans"] == (0, 100, False)


def test_c_is_granted_by_the_daily_job_when_the_days_are_full(db: DbEnv) -> None:
    pay_long_ago(db, 59)
    scan_codes(db, 100, days_ago=0)
    publish_stories(db, 5, days_ago=0)
    assert run(db, NOW)["level_c_granted"] == 0
    assert run(db, NOW + timedelta(days=1, minutes=1))["level_c_granted"] == 1
    held = db.one(
        "select valid_until - valid_from as term from organization_status_levels where level = 'C' and is_active and organization_id = %s",
        db.organization,
    )
    assert held["term"].days == 365


def test_c_is_renewed_without_a_word_while_met_and_taken_away_after_its_term(db: DbEnv) -> None:
    pay_long_ago(db, 61)
    db.run(
        "update organization_status_levels set valid_until = null where level = 'A' and organization_id = %s",
        db.organization,
    )
    scan_codes(db, 100, days_ago=0)
    publish_stories(db, 5, days_ago=0)
    assert db.level() == "C"
    history = db.history()
    run(db, NOW + timedelta(days=80))
    until = db.one(
        "select valid_until from organization_status_levels where level = 'C' and is_active and organization_id = %s",
        db.organization,
    )["valid_until"]
    assert until == NOW + timedelta(days=80 + 365)
    assert db.history() == history
    answer = run(db, until + timedelta(minutes=1))
    assert answer["level_c_revoked"] == 1
    assert db.history()[-1] == ("C", "revoked", "criteria_not_met")


def test_c_is_not_granted_without_a_paid_level(db: DbEnv) -> None:
    pay_long_ago(db, 100)
    db.service("revoke_status_level", organization_id=db.organization, level="A", reason="x")
    scan_codes(db, 100)
    publish_stories(db, 5)
    assert run(db, NOW + timedelta(minutes=1))["level_c_granted"] == 0
    assert db.level() is None


def test_a_level_prolonged_since_the_job_looked_is_not_ended(db: DbEnv) -> None:
    until = {"organization_id": db.organization, "level": "B", "valid_until": NOW + timedelta(days=30)}
    level_id = db.service("grant_status_level", **until)
    ended = "select ended from private.end_levels(array[%s]::uuid[], 'expired', 'term_ended', 'job', %s, only_over => true)"
    assert db.one(ended, level_id, NOW)["ended"] == 0
    assert db.one(ended, level_id, NOW + timedelta(days=30))["ended"] == 1
