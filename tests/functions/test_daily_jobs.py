"""status_expiry, organization_cleanup, level_c and qr_rollup, called as the scheduler calls them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from bootstrap import ROOT
from kit.customer import Customer
from kit.env import Env
from kit.waiting import at_once, until
from main import FUNCTIONS

QUIET = {
    "notices": {"60": 0, "30": 0, "7": 0, "1": 0},
    "expired": 0,
    "grace_ended": 0,
    "level_c_granted": 0,
    "level_c_revoked": 0,
    "failed_steps": [],
    "errors": {},
}


def expire(house: Env, as_of: datetime) -> httpx.Response:
    return house.call_job("status_expiry", as_of=as_of.isoformat())


def quiet(house: Env, days: int) -> datetime:
    """A moment at which nothing of other tests is left to do."""
    as_of = house.moment(days=days)
    while expire(house, as_of).json() | {"as_of": ""} != QUIET | {"as_of": ""}:
        pass
    return as_of


def grant(customer: Customer, level: str, until: datetime) -> None:
    customer.house.service.rpc(
        "grant_status_level",
        organization_id=customer.organization_id,
        level=level,
        valid_until=until.isoformat(),
    )


@contextmanager
def changed(house: Env, change: str, back: str) -> Iterator[None]:
    """The database is other than it should be."""
    with psycopg.connect(str(house.stack.database_url), autocommit=True) as connection:
        connection.execute(change)
        try:
            yield
        finally:
            connection.execute(back)


def test_the_daily_job_answers_what_it_did(house: Env) -> None:
    as_of = quiet(house, 100)
    for days, level in ((60, "B"), (30, "B"), (7, "B"), (7, "A"), (0, "A")):
        grant(house.customer(), level, as_of + timedelta(days=days))
    answer = expire(house, as_of)
    assert answer.status_code == 200
    did = answer.json()
    assert datetime.fromisoformat(did.pop("as_of")) == as_of
    assert did == QUIET | {"notices": {"60": 1, "30": 1, "7": 2, "1": 0}, "expired": 1}
    again = expire(house, as_of)
    assert again.json() == QUIET | {"as_of": again.json()["as_of"]}
    run = house.rows("select * from public.job_runs where job = 'status_expiry' order by started_at desc")[1]
    assert (run["status"], run["error"], run["as_of"]) == ("ok", None, as_of)
    assert run["summary"] == answer.json()


def test_batches_are_added_up(house: Env) -> None:
    as_of = quiet(house, 110)
    for level in ("A", "B"):
        for _ in range(4):
            grant(house.customer(), level, as_of)
    with small_batches(house):
        assert expire(house, as_of).json()["expired"] == 8


@contextmanager
def small_batches(house: Env) -> Iterator[None]:
    """Three rows in a batch, where the function asks for thousands."""
    (function,) = house.rows("select pg_get_functiondef('public.run_status_expiry'::regproc) as definition")
    whole = function["definition"]
    small = whole.replace("\nbegin\n", "\nbegin\n  max_rows := least(max_rows, 3);\n", 1)
    assert small != whole
    with changed(house, small, whole):
        yield


def test_twice_at_once_does_each_thing_once(house: Env) -> None:
    as_of = quiet(house, 120)
    ending, told = [house.customer() for _ in range(5)], [house.customer() for _ in range(5)]
    for customer in ending:
        grant(customer, "B", as_of)
    for customer in told:
        grant(customer, "B", as_of + timedelta(days=30))
    answers = [answer.json() for answer in at_once(*[partial(expire, house, as_of)] * 4)]
    answers.append(expire(house, as_of).json())  # whom all four passed by, each waiting for another
    assert sum(answer["expired"] for answer in answers) == 5
    assert sum(answer["notices"]["30"] for answer in answers) == 5
    assert {tuple(customer.history()) for customer in ending} == {(("B", "granted"), ("B", "expired"))}
    notices = house.rows(
        "select count(*) from public.notifications where kind = 'status_expiring'"
        " and (data ->> 'valid_until')::timestamptz = %s group by data ->> 'slug'",
        as_of + timedelta(days=30),
    )
    assert [notice["count"] for notice in notices] == [1] * 5


def test_a_step_that_fails_is_named_and_the_others_are_done(house: Env) -> None:
    as_of = quiet(house, 130)
    ending, told = house.customer(), house.customer()
    grant(ending, "B", as_of)
    grant(told, "B", as_of + timedelta(days=7))
    name = "private.send_status_notices(timestamptz, int)"
    broken = "private.send_status_notices_away(timestamptz, int)"
    with changed(
        house,
        f"alter function {name} rename to send_status_notices_away",
        f"alter function {broken} rename to send_status_notices",
    ):
        answer = expire(house, as_of)
    assert answer.status_code == 500
    did = answer.json()
    assert (did["failed_steps"], list(did["errors"]), did["expired"]) == (["notices"], ["notices"], 1)
    assert ending.level() is None
    (run,) = house.rows(
        "select * from public.job_runs where job = 'status_expiry' order by started_at desc limit 1"
    )
    assert (run["status"], run["error"]) == ("failed", "notices")

    mended = expire(house, as_of)
    assert (mended.status_code, mended.json()["notices"]["7"], mended.json()["expired"]) == (200, 1, 0)


def test_grace_that_is_over_takes_the_level(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("subscription")
    anna.house.simulator.pay(payment_id)
    anna.house.sweep()
    as_of = quiet(anna.house, 10)
    anna.house.service.rpc("start_grace_period", organization_id=anna.organization_id, days=11)
    assert expire(anna.house, as_of).json()["grace_ended"] == 0
    assert expire(anna.house, as_of + timedelta(days=2)).json()["grace_ended"] == 1
    assert anna.level() is None
    assert anna.transaction(transaction_id)["status"] == "succeeded"


@pytest.mark.parametrize("job", ["status_expiry", "organization_cleanup", "level_c", "qr_rollup"])
def test_only_the_scheduler_may_call_them(anna: Customer, job: str) -> None:
    answer = anna.post(job, {})
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")
    with anna.house.more_functions(SUPABASE_URL="http://127.0.0.1:9") as (functions, _):
        assert anna.house.call_job(job, functions).status_code == 503


def test_every_job_of_the_schedule_is_a_function() -> None:
    jobs = tomllib.loads((ROOT / "functions" / "schedule.toml").read_text())["job"]
    cron = {job["function"]: job["cron"] for job in jobs}
    assert len(cron) == len(jobs)
    assert cron["status_expiry"] == "0 2 * * *"
    assert cron["deliver_email"] == "* * * * *"
    assert set(cron) <= set(FUNCTIONS)


# Jobs that are one RPC


def job(house: Env, name: str, **body: Any) -> dict[str, Any]:
    answer = house.call_job(name, **body)
    assert answer.status_code == 200, answer.text
    summary: dict[str, Any] = answer.json()
    return summary


def scan(customer: Customer, number: int, moment: datetime) -> str:
    """So many people scan a new code of theirs; its id."""
    (code,) = customer.house.rows(
        "insert into public.qr_codes (organization_id, code) values (%s, %s) returning id",
        customer.organization_id,
        uuid4().hex[:10],
    )
    customer.house.rows(
        "insert into public.qr_scans (qr_code_id, organization_id, scanned_at, visitor_hash, is_unique)"
        " select %s, %s, %s, decode('00', 'hex'), true from generate_series(1, %s) returning id",
        code["id"],
        customer.organization_id,
        moment,
        number,
    )
    return str(code["id"])


def test_level_c_is_granted_within_minutes_to_who_has_earned_it(house: Env) -> None:
    as_of, earned, nearly = house.moment(days=61), house.customer(), house.customer()
    for customer, scans in ((earned, 100), (nearly, 99)):
        grant(customer, "A", as_of + timedelta(days=300))
        customer.house.rows(
            "insert into public.stories (organization_id, story_type, status, title, published_at)"
            " select %s, 'success_story', 'published', 'История', %s from generate_series(1, 5) returning id",
            customer.organization_id,
            as_of - timedelta(days=1),
        )
        scan(customer, scans, as_of - timedelta(days=1))
    summary = job(house, "level_c", as_of=as_of.isoformat())
    assert (summary["granted"], summary["revoked"]) == (1, 0)
    assert (earned.level(), nearly.level()) == ("C", "A")
    assert job(house, "level_c", as_of=as_of.isoformat())["granted"] == 0
    runs = house.rows("select summary from public.job_runs where job = 'level_c' order by started_at")
    assert [run["summary"]["granted"] for run in runs][-2:] == [1, 0]


def test_scans_are_folded_once(house: Env) -> None:
    code_id = scan(house.customer(), 7, house.moment())
    until(lambda: folded(house, code_id) == 7)  # a scan of a transaction that still runs is waited for
    job(house, "qr_rollup")
    assert folded(house, code_id) == 7


def folded(house: Env, code_id: str) -> int:
    assert job(house, "qr_rollup")["folded"] >= 0
    days = house.rows("select hits, scans from public.qr_code_days where qr_code_id = %s", code_id)
    assert all(day["hits"] == day["scans"] for day in days)
    return sum(day["hits"] for day in days)


# Forgetting


def put(customer: Customer, bucket: str, content: bytes, kind: str) -> str:
    """A file of this organization's, uploaded by its owner (or, where people may not, by us)."""
    person = customer.house.service if bucket == "organization-logos" else customer.person
    path = f"{customer.organization_id}/{uuid4()}.{kind.partition('/')[2]}"
    answer = person.send(
        "POST", f"/storage/v1/object/{bucket}/{path}", content=content, headers={"Content-Type": kind}
    )
    assert answer.is_success, answer.text
    return path


def files(house: Env, customer: Customer) -> set[str]:
    rows = house.rows(
        "select bucket_id from storage.objects where name like %s", f"{customer.organization_id}/%"
    )
    return {row["bucket_id"] for row in rows}


def test_thirty_days_after_a_deletion_rows_and_files_are_gone(house: Env) -> None:
    gone, staying = house.customer(), house.customer()
    kinds = {
        "status-evidence": "application/pdf",
        "organization-uploads": "image/png",
        "organization-logos": "image/webp",
    }
    buckets = set(house.service.rpc("organization_buckets"))
    assert buckets == set(kinds), "a new bucket is tried here, too"
    for customer in (gone, staying):
        for bucket, kind in kinds.items():
            path = put(customer, bucket, b"x", kind)
            if bucket == "status-evidence":
                house.service.rpc(
                    "accept_evidence", organization_id=customer.organization_id, path=path, content_type=kind,
                    bytes=1, sha256="0" * 64, uploaded_by=customer.person.user_id,
                )  # fmt: skip
            elif bucket == "organization-logos":
                house.service.rpc("set_logo", organization_id=customer.organization_id, logo_path=path)
    in_use = buckets - {"organization-uploads"}  # what lies there a day later is of no use to anybody
    slug = gone.person.get("organizations", id=f"eq.{gone.organization_id}")[0]["slug"]
    gone.person.rpc("delete_organization", organization_id=gone.organization_id, confirmation=slug)

    assert clean_up(house, 29)["organizations_deleted"] == 0
    assert files(house, gone) == in_use
    put(gone, "organization-uploads", b"x", "image/png")
    summary = clean_up(house, 31)
    assert (summary["organizations_deleted"], summary["files_removed"]) == (1, 3)
    assert (files(house, gone), files(house, staying)) == (set(), in_use)
    assert clean_up(house, 31)["files_removed"] == 0


def clean_up(house: Env, days: int) -> dict[str, Any]:
    answer = house.call_job("organization_cleanup", as_of=house.moment(days=days).isoformat())
    assert answer.status_code == 200, answer.text
    summary: dict[str, Any] = answer.json()
    return summary
