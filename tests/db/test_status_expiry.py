"""The daily job: notices, ends, grace, level C (sql/65_level_c, sql/80_status_expiry)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kit.db import Row, World, payment_of, publish_stories, scan_codes
from kit.refused import Refused

NOW = datetime.now(UTC)
QUIET = {"60": 0, "30": 0, "7": 0, "1": 0}


def grant(world: World, level: str, until: datetime) -> None:
    world.service("grant_status_level", organization_id=world.organization, level=level, valid_until=until)


def run(world: World, as_of: datetime, **more: Any) -> Row:
    answer: Row = world.service("run_status_expiry", as_of=as_of, **more)
    return answer


def noticed(answer: Row) -> list[int]:
    return [int(threshold) for threshold, number in answer["notices"].items() for _ in range(number)]


# Notices


def test_a_level_that_ends_is_told_of_four_times_and_expires(world: World) -> None:
    end = NOW + timedelta(days=90)
    grant(world, "B", end)
    days: dict[int, list[int]] = {}
    for day in range(92):
        answer = run(world, NOW + timedelta(days=day, minutes=1))
        assert answer["failed_steps"] == []
        if noticed(answer):
            days[90 - day] = noticed(answer)
        if answer["expired"]:
            assert day == 90
    assert days == {60: [60], 30: [30], 7: [7], 1: [1]}
    assert world.history()[-1] == ("B", "expired", "term_ended")
    told = world.query(
        "boris",
        "select data->>'days_left' as days from notifications where kind = 'status_expiring' order by id",
    )
    assert [row["days"] for row in told] == ["60", "30", "7", "1"]


def test_a_job_missed_for_40_days_tells_the_nearest_threshold_once(world: World) -> None:
    grant(world, "B", NOW + timedelta(days=45))
    late = NOW + timedelta(days=40)
    assert noticed(run(world, late)) == [7]
    assert noticed(run(world, late)) == []
    assert noticed(run(world, NOW + timedelta(days=44, minutes=1))) == [1]


def test_a_new_end_date_is_told_of_anew(world: World) -> None:
    grant(world, "B", NOW + timedelta(days=5))
    assert noticed(run(world, NOW)) == [7]
    grant(world, "B", NOW + timedelta(days=6))
    assert noticed(run(world, NOW)) == [7]


def test_running_twice_changes_nothing(world: World) -> None:
    grant(world, "A", NOW + timedelta(hours=1))
    grant(world, "B", NOW + timedelta(days=20))
    later = NOW + timedelta(days=1)
    first = run(world, later)
    assert (first["expired"], noticed(first)) == (1, [30])
    history = world.history()
    again = run(world, later)
    assert (again["notices"], again["expired"], again["more"]) == (QUIET, 0, False)
    assert world.history() == history


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
    world: World, zone: str, end: tuple[int, int, int, int, int]
) -> None:
    """The last minute of a year and the leap day; Berlin, further down, moves its clocks."""
    world.query(
        "anna",
        "update organization_settings set time_zone = %s where organization_id = %s",
        zone,
        world.organization,
    )
    until = datetime(*end, tzinfo=ZoneInfo(zone))
    grant(world, "B", until)
    told: dict[int, list[int]] = {}
    day = until.astimezone(UTC).replace(hour=2, minute=0) - timedelta(days=62)
    for _ in range(64):  # as scheduled: every day at 02:00 UTC
        left = (until.astimezone(ZoneInfo(zone)).date() - day.astimezone(ZoneInfo(zone)).date()).days
        answer = run(world, day)
        if noticed(answer):
            told[left] = noticed(answer)
        day += timedelta(days=1)
    assert told == {60: [60], 30: [30], 7: [7], 1: [1]} or told == {60: [60], 30: [30], 7: [7], 0: [1]}
    assert world.history()[-1] == ("B", "expired", "term_ended")


def test_the_nights_on_which_clocks_are_moved_are_days_like_others(world: World) -> None:
    days = "select private.days_left(%s, %s, 'Europe/Berlin') as days"
    for night in (datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 10, 31, tzinfo=UTC)):
        for hour in range(0, 48, 5):
            until = night + timedelta(days=7, hours=hour)
            start = night - timedelta(days=1, hours=-hour)
            zone = ZoneInfo("Europe/Berlin")
            expected = (until.astimezone(zone).date() - start.astimezone(zone).date()).days
            assert world.one(days, until, start)["days"] == expected


# Ends


def test_c_falls_with_the_level_that_expired(world: World) -> None:
    grant(world, "A", NOW + timedelta(days=1))
    grant(world, "C", NOW + timedelta(days=300))
    answer = run(world, NOW + timedelta(days=2))
    assert (answer["expired"], answer["level_c_revoked"]) == (1, 1)
    assert world.history()[-2:] == [("A", "expired", "term_ended"), ("C", "revoked", "paid_level_lost")]


def test_grace_that_ended_takes_the_level(world: World) -> None:
    world.record(payment_of(world.checkout("subscription"), "succeeded"))
    world.service("start_grace_period", organization_id=world.organization)
    assert run(world, NOW + timedelta(days=13))["grace_ended"] == 0
    assert world.level() == "A"
    assert run(world, NOW + timedelta(days=14, minutes=1))["grace_ended"] == 1
    assert world.history()[-1] == ("A", "revoked", "grace_period_ended")


def test_many_are_taken_in_batches(world: World) -> None:
    for _ in range(5):
        world.organization = world.another()
        grant(world, "B", NOW + timedelta(days=1))
    counts = []
    while True:
        answer = run(world, NOW + timedelta(days=2), max_rows=2)
        counts.append(answer["expired"])
        if not answer["more"]:
            break
    assert counts == [2, 2, 1]


def test_a_step_that_fails_is_named_and_the_others_are_done(world: World) -> None:
    grant(world, "A", NOW + timedelta(days=1))
    grant(world, "B", NOW + timedelta(days=9))
    later = NOW + timedelta(days=2, minutes=1)
    with world.connection.transaction(force_rollback=True):
        world.run("alter function private.send_status_notices(timestamptz, int) rename to broken")
        answer = run(world, later)
        assert answer["failed_steps"] == ["notices"]
        assert "send_status_notices" in answer["errors"]["notices"]
        assert answer["expired"] == 1
        world.run("alter function private.broken(timestamptz, int) rename to send_status_notices")
        mended = run(world, later)
        assert (mended["failed_steps"], noticed(mended), mended["expired"]) == ([], [7], 0)


def test_people_do_not_run_jobs(world: World) -> None:
    for person in ("anna", "moderator", "visitor"):
        with pytest.raises(Refused, match="42501"):
            world.door(person, "run_status_expiry")


def test_what_expires_is_seen_by_admins(world: World) -> None:
    grant(world, "B", NOW + timedelta(days=5))
    rows = world.query(
        "moderator",
        "select level, days_left from get_expiring_statuses(7) where organization_id = %s",
        world.organization,
    )
    assert [(row["level"], row["days_left"]) for row in rows] == [("B", 5)]
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.query("anna", "select * from get_expiring_statuses(7)")


# Level C


def pay_long_ago(world: World, days: int) -> None:
    grant(world, "A", NOW + timedelta(days=400))
    world.run(
        "update organization_status_levels set valid_from = now() - make_interval(days => %s) where organization_id = %s and level = 'A'",
        days, world.organization,
    )  # fmt: skip


def run_level_c(world: World, as_of: datetime | None = None) -> tuple[int, int]:
    """How many C were granted and revoked."""
    answer = world.service("run_level_c", **({"as_of": as_of} if as_of else {}))
    assert set(answer) == {"as_of", "granted", "revoked"}
    return answer["granted"], answer["revoked"]


def progress(world: World) -> dict[str, tuple[int, int, bool]]:
    rows = world.query("gleb", "select * from level_c_progress(%s)", world.organization)
    return {row["criterion"]: (row["current"], row["required"], row["met"]) for row in rows}


def test_progress_counts_what_is_in_the_window(world: World) -> None:
    pay_long_ago(world, 30)
    publish_stories(world, 3)
    publish_stories(world, 3, days_ago=91)
    scan_codes(world, 99)
    assert progress(world) == {
        "published_stories": (3, 5, False), "unique_scans": (99, 100, False), "days_with_paid_level": (30, 60, False),
    }  # fmt: skip
    with pytest.raises(Refused, match="PT403 not_allowed"):
        world.query("stranger", "select * from level_c_progress(%s)", world.organization)


def test_two_paid_levels_at_once_are_not_counted_twice(world: World) -> None:
    pay_long_ago(world, 40)
    grant(world, "B", NOW + timedelta(days=400))
    world.run(
        "update organization_status_levels set valid_from = now() - interval '50 days' where level = 'B' and organization_id = %s",
        world.organization,
    )
    assert progress(world)["days_with_paid_level"] == (50, 60, False)


def test_c_is_granted_right_when_the_last_criterion_is_met(world: World) -> None:
    pay_long_ago(world, 61)
    scan_codes(world, 100)
    publish_stories(world, 4)
    assert world.level() == "A"
    publish_stories(world, 1)
    assert world.level() == "C"


def test_a_scan_that_was_missing_is_found_by_the_job(world: World) -> None:
    pay_long_ago(world, 61)
    publish_stories(world, 5)
    scan_codes(world, 99)
    assert run_level_c(world) == (0, 0)
    scan_codes(world, 1)
    assert world.level() == "A", "a scan only appends"
    assert run_level_c(world) == (1, 0)
    assert run_level_c(world) == (0, 0), "twice changes nothing"
    assert world.level() == "C"
    world.service("revoke_status_level", organization_id=world.organization, level="C", reason="проверка")
    assert run_level_c(world) == (1, 0)
    assert world.history()[-1] == ("C", "granted", "criteria_met")
    later = NOW + timedelta(days=300)
    run_level_c(world, later)  # the criteria are not met any more, and the term is not over
    assert run_level_c(world, NOW + timedelta(days=366)) == (0, 1)
    assert world.history()[-1] == ("C", "revoked", "criteria_not_met")
    with pytest.raises(Refused, match="42501"):
        world.door("moderator", "run_level_c")


@pytest.mark.parametrize("folded_after", [0, 30, 99, 100])
def test_folded_scans_count_like_the_others(world: World, folded_after: int) -> None:
    pay_long_ago(world, 61)
    publish_stories(world, 5)
    scan_codes(world, folded_after, days_ago=40)
    scan_codes(world, 1, days_ago=90.001)
    world.service("run_qr_rollup")
    scan_codes(world, 100 - folded_after, days_ago=0.5)
    assert progress(world)["unique_scans"] == (100, 100, True)
    assert run_level_c(world) == (1, 0)


def test_a_story_is_looked_at_when_it_becomes_public_and_no_more(world: World) -> None:
    pay_long_ago(world, 61)
    scan_codes(world, 100)
    publish_stories(world, 4)
    story = world.one(
        "insert into stories (organization_id, story_type, status, title) values (%s, 'success_story', 'draft', 'Пятая') returning id",
        world.organization,
    )["id"]
    counting = "create or replace function private.level_c_counts(organization_ids uuid[], as_of timestamptz) returns table (organization_id uuid, criterion text, current int, required int, met boolean) language plpgsql as 'begin raise exception ''counted''; end'"
    with world.connection.transaction(force_rollback=True):
        world.run(counting)
        for quiet in ("title = 'Другая'", "title = title, updated_at = now()", "status = 'pending_review'"):
            world.run(f"update stories set {quiet} where id = %s", story)
        world.run("update stories set title = 'Старая' where status = 'published'")
        world.run(
            "update stories set status = 'published', published_at = now() + interval '1 hour' where id = %s",
            story,
        )
    assert world.level() == "A"
    world.run("update stories set status = 'published', published_at = now() where id = %s", story)
    assert world.level() == "C"


def test_a_story_that_was_scheduled_is_found_by_the_job(world: World) -> None:
    pay_long_ago(world, 61)
    scan_codes(world, 100)
    publish_stories(world, 4)
    publish_stories(world, 1, days_ago=-1)
    assert run_level_c(world) == (0, 0)
    assert run_level_c(world, NOW + timedelta(days=1, minutes=1)) == (1, 0)


def test_what_a_moderator_took_c_away_for_does_not_earn_it_back(world: World) -> None:
    pay_long_ago(world, 61)
    scan_codes(world, 100)
    publish_stories(world, 5)
    assert world.level() == "C"
    world.door(
        "moderator", "revoke_status_level", organization_id=world.organization, level="C", reason="Накрутка"
    )
    scan_codes(world, 100)
    publish_stories(world, 5)
    assert run(world, NOW + timedelta(days=1))["level_c_granted"] == 0
    assert world.level() == "A"
    assert progress(world)["unique_scans"] == (0, 100, False)


def test_c_is_granted_by_the_daily_job_when_the_days_are_full(world: World) -> None:
    pay_long_ago(world, 59)
    scan_codes(world, 100, days_ago=0)
    publish_stories(world, 5, days_ago=0)
    assert run(world, NOW)["level_c_granted"] == 0
    assert run(world, NOW + timedelta(days=1, minutes=1))["level_c_granted"] == 1
    held = world.one(
        "select valid_until - valid_from as term from organization_status_levels where level = 'C' and is_active and organization_id = %s",
        world.organization,
    )
    assert held["term"].days == 365


def test_c_is_renewed_without_a_word_while_met_and_taken_away_after_its_term(world: World) -> None:
    pay_long_ago(world, 61)
    world.run(
        "update organization_status_levels set valid_until = null where level = 'A' and organization_id = %s",
        world.organization,
    )
    scan_codes(world, 100, days_ago=0)
    publish_stories(world, 5, days_ago=0)
    assert world.level() == "C"
    history = world.history()
    run(world, NOW + timedelta(days=80))
    until = world.one(
        "select valid_until from organization_status_levels where level = 'C' and is_active and organization_id = %s",
        world.organization,
    )["valid_until"]
    assert until == NOW + timedelta(days=80 + 365)
    assert world.history() == history
    answer = run(world, until + timedelta(minutes=1))
    assert answer["level_c_revoked"] == 1
    assert world.history()[-1] == ("C", "revoked", "criteria_not_met")


def test_c_is_not_granted_without_a_paid_level(world: World) -> None:
    pay_long_ago(world, 100)
    world.service("revoke_status_level", organization_id=world.organization, level="A", reason="x")
    scan_codes(world, 100)
    publish_stories(world, 5)
    assert run(world, NOW + timedelta(minutes=1))["level_c_granted"] == 0
    assert world.level() is None


def test_a_level_prolonged_since_the_job_looked_is_not_ended(world: World) -> None:
    until = {"organization_id": world.organization, "level": "B", "valid_until": NOW + timedelta(days=30)}
    level_id = world.service("grant_status_level", **until)
    ended = "select ended from private.end_levels(array[%s]::uuid[], 'expired', 'term_ended', 'job', %s, only_over => true)"
    assert world.one(ended, level_id, NOW)["ended"] == 0
    assert world.one(ended, level_id, NOW + timedelta(days=30))["ended"] == 1
