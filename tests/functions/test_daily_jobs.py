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


def expire(env: Env, as_of: datetime) -> httpx.Response:
    return env.call_job("status_expiry", as_of=as_of.isoformat())


def quiet(env: Env, days: int) -> datetime:
    """A moment at which nothing of other tests is left to do."""
    as_of = env.moment(days=days)
    while expire(env, as_of).json() | {"as_of": ""} != QUIET | {"as_of": ""}:
        pass
    return as_of


def grant(customer: Customer, level: str, until: datetime) -> None:
    customer.env.service.rpc(
        "grant_status_level",
        organization_id=customer.organization_id,
        level=level,
        valid_until=until.isoformat(),
    )


@contextmanager
def changed(env: Env, change: str, back: str) -> Iterator[None]:
    """The database is other than it should be."""
    with psycopg.connect(str(env.stack.database_url), autocommit=True) as connection:
        connection.execute(change)
        try:
            yield
        finally:
            connection.execute(back)


def test_the_daily_job_answers_what_it_did(env: Env) -> None:
    as_of = quiet(env, 100)
    for days, level in ((60, "B"), (30, "B"), (7, "B"), (7, "A"), (0, "A")):
        grant(env.customer(), level, as_of + timedelta(days=days))
    answer = expire(env, as_of)
    assert answer.status_code == 200
    did = answer.json()
    assert datetime.fromisoformat(did.pop("as_of")) == as_of
    assert did == QUIET | {"notices": {"60": 1, "30": 1, "7": 2, "1": 0}, "expired": 1}
    again = expire(env, as_of)
    assert again.json() == QUIET | {"as_of": again.json()["as_of"]}
    run = env.rows("select * from public.job_runs where job = 'status_expiry' order by started_at desc")[1]
    assert (run["status"], run["error"], run["as_of"]) == ("ok", None, as_of)
    assert run["summary"] == answer.json()


def test_batches_are_added_up(env: Env) -> None:
    as_of = quiet(env, 110)
    for level in ("A", "B"):
        for _ in range(4):
            grant(env.customer(), level, as_of)
    with small_batches(env):
        assert expire(env, as_of).json()["expired"] == 8


@contextmanager
def small_batches(env: Env) -> Iterator[None]:
    """Three rows in a batch, where the function asks for thousands."""
    (function,) = env.rows("select pg_get_functiondef('public.run_status_expiry'::regproc) as definition")
    whole = function["definition"]
    small = whole.replace("\nbegin\n", "\nbegin\n  max_rows := least(max_rows, 3);\n", 1)
    assert small != whole
    with changed(env, small, whole):
        yield


def test_twice_at_once_does_each_thing_once(env: Env) -> None:
    as_of = quiet(env, 120)
    ending, told = [env.customer() for _ in range(5)], [env.customer() for _ in range(5)]
    for customer in ending:
        grant(customer, "B", as_of)
    for customer in told:
        grant(customer, "B", as_of + timedelta(days=30))
    answers = [answer.json() for answer in at_once(*[partial(expire, env, as_of)] * 4)]
    answers.append(expire(env, as_of).json())  # whom all four passed by, each waiting for another
    assert sum(answer["expired"] for answer in answers) == 5
    assert sum(answer["notices"]["30"] for answer in answers) == 5
    assert {tuple(customer.history()) for customer in ending} == {(("B", "granted"), ("B", "expired"))}
    notices = env.rows(
        "select count(*) from public.notifications where kind = 'status_expiring'"
        " and (data ->> 'valid_until')::timestamptz = %s group by data ->> 'slug'",
        as_of + timedelta(days=30),
    )
    assert [notice["count"] for notice in notices] == [1] * 5


def test_a_step_that_fails_is_named_and_the_others_are_done(env: Env) -> None:
    as_of = quiet(env, 130)
    ending, told = env.customer(), env.customer()
    grant(ending, "B", as_of)
    grant(told, "B", as_of + timedelta(days=7))
    name = "private.send_status_notices(timestamptz, int)"
    broken = "private.send_status_notices_away(timestamptz, int)"
    with changed(
        env,
        f"alter function {name} rename to send_status_notices_away",
        f"alter function {broken} rename to send_status_notices",
    ):
        answer = expire(env, as_of)
    assert answer.status_code == 500
    did = answer.json()
    assert (did["failed_steps"], list(did["errors"]), did["expired"]) == (["notices"], ["notices"], 1)
    assert ending.level() is None
    (run,) = env.rows(
        "select * from public.job_runs where job = 'status_expiry' order by started_at desc limit 1"
    )
    assert (run["status"], run["error"]) == ("failed", "notices")

    mended = expire(env, as_of)
    assert (mended.status_code, mended.json()["notices"]["7"], mended.json()["expired"]) == (200, 1, 0)


def test_grace_that_is_over_takes_the_level(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("subscription")
    anna.env.simulator.pay(payment_id)
    anna.env.sweep()
    as_of = quiet(anna.env, 10)
    anna.env.service.rpc("start_grace_period", organization_id=anna.organization_id, days=11)
    assert expire(anna.env, as_of).json()["grace_ended"] == 0
    assert expire(anna.env, as_of + timedelta(days=2)).json()["grace_ended"] == 1
    assert anna.level() is None
    assert anna.transaction(transaction_id)["status"] == "succeeded"


@pytest.mark.parametrize(
    "job", ["status_expiry", "organization_cleanup", "level_c", "qr_rollup", "story_withdrawal"]
)
def test_only_the_scheduler_may_call_them(anna: Customer, job: str) -> None:
    answer = anna.post(job, {})
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")
    with anna.env.more_functions(SUPABASE_URL="http://127.0.0.1:9") as (functions, _):
        assert anna.env.call_job(job, functions).status_code == 503


def test_every_job_of_the_schedule_is_a_function() -> None:
    jobs = tomllib.loads((ROOT / "functions" / "schedule.toml").read_text())["job"]
    cron = {job["function"]: job["cron"] for job in jobs}
    assert len(cron) == len(jobs)
    assert cron["status_expiry"] == "0 2 * * *"
    assert cron["deliver_email"] == "* * * * *"
    assert set(cron) <= set(FUNCTIONS)


# Jobs that are one RPC


def job(env: Env, name: str, **body: Any) -> dict[str, Any]:
    answer = env.call_job(name, **body)
    assert answer.status_code == 200, answer.text
    summary: dict[str, Any] = answer.json()
    return summary


def scan(customer: Customer, number: int, moment: datetime) -> str:
    """So many people scan a new code of theirs; its id."""
    (code,) = customer.env.rows(
        "insert into public.qr_codes (organization_id, code) values (%s, %s) returning id",
        customer.organization_id,
        uuid4().hex[:10],
    )
    customer.env.rows(
        "insert into public.qr_scans (qr_code_id, organization_id, scanned_at, visitor_hash, is_unique)"
        " select %s, %s, %s, decode('00', 'hex'), true from generate_series(1, %s) returning id",
        code["id"],
        customer.organization_id,
        moment,
        number,
    )
    return str(code["id"])


def test_level_c_is_granted_within_minutes_to_who_has_earned_it(env: Env) -> None:
    as_of, earned, nearly = env.moment(days=61), env.customer(), env.customer()
    for customer, scans in ((earned, 100), (nearly, 99)):
        grant(customer, "A", as_of + timedelta(days=300))
        customer.env.rows(
            "insert into public.stories (organization_id, story_type, status, title, published_at)"
            " select %s, 'success_story', 'published', 'История', %s from generate_series(1, 5) returning id",
            customer.organization_id,
            as_of - timedelta(days=1),
        )
        scan(customer, scans, as_of - timedelta(days=1))
    summary = job(env, "level_c", as_of=as_of.isoformat())
    assert (summary["granted"], summary["revoked"]) == (1, 0)
    assert (earned.level(), nearly.level()) == ("C", "A")
    assert job(env, "level_c", as_of=as_of.isoformat())["granted"] == 0
    runs = env.rows("select summary from public.job_runs where job = 'level_c' order by started_at")
    assert [run["summary"]["granted"] for run in runs][-2:] == [1, 0]


def test_scans_are_folded_once(env: Env) -> None:
    code_id = scan(env.customer(), 7, env.moment())
    until(lambda: folded(env, code_id) == 7)  # a scan of a transaction that still runs is waited for
    job(env, "qr_rollup")
    assert folded(env, code_id) == 7


def folded(env: Env, code_id: str) -> int:
    assert job(env, "qr_rollup")["folded"] >= 0
    days = env.rows("select hits, scans from public.qr_code_days where qr_code_id = %s", code_id)
    assert all(day["hits"] == day["scans"] for day in days)
    return sum(day["hits"] for day in days)


# Forgetting


def put(customer: Customer, bucket: str, content: bytes, kind: str) -> str:
    """A file of this organization's, uploaded by its owner (or, where people may not, by us)."""
    may_not = bucket == "organization-logos" or bucket.startswith("story-")
    person = customer.env.service if may_not else customer.person
    folders = f"{uuid4()}/{uuid4().hex}/" if bucket == "story-media" else ""
    path = f"{customer.organization_id}/{folders}{uuid4()}.{kind.partition('/')[2]}"
    answer = person.send(
        "POST", f"/storage/v1/object/{bucket}/{path}", content=content, headers={"Content-Type": kind}
    )
    assert answer.is_success, answer.text
    return path


def files(env: Env, customer: Customer) -> set[str]:
    rows = env.rows(
        "select bucket_id from storage.objects where name like %s", f"{customer.organization_id}/%"
    )
    return {row["bucket_id"] for row in rows}


def test_thirty_days_after_a_deletion_rows_and_files_are_gone(env: Env) -> None:
    gone, staying = env.customer(), env.customer()
    kinds = {
        "status-evidence": "application/pdf",
        "organization-uploads": "image/png",
        "organization-logos": "image/webp",
        "story-uploads": "video/mp4",
        "story-media": "video/mp4",
    }
    buckets = set(env.service.rpc("organization_buckets"))
    assert buckets == set(kinds), "a new bucket is tried here, too"
    for customer in (gone, staying):
        for bucket, kind in kinds.items():
            path = put(customer, bucket, b"x", kind)
            if bucket == "status-evidence":
                env.service.rpc(
                    "accept_evidence", organization_id=customer.organization_id, path=path, content_type=kind,
                    bytes=1, sha256="0" * 64, uploaded_by=customer.person.user_id,
                )  # fmt: skip
            elif bucket == "organization-logos":
                env.service.rpc("set_logo", organization_id=customer.organization_id, logo_path=path)
    in_use = buckets - {
        "organization-uploads",
        "story-uploads",
        "story-media",
    }  # what lies there a day later is of no use to anybody
    slug = gone.person.get("organizations", id=f"eq.{gone.organization_id}")[0]["slug"]
    gone.person.rpc("delete_organization", organization_id=gone.organization_id, confirmation=slug)

    assert clean_up(env, 29)["organizations_deleted"] == 0
    assert files(env, gone) == in_use
    for bucket in buckets - in_use:
        put(gone, bucket, b"x", kinds[bucket])
    summary = clean_up(env, 31)
    assert (summary["organizations_deleted"], summary["files_removed"]) == (1, 5)
    assert (files(env, gone), files(env, staying)) == (set(), in_use)
    assert clean_up(env, 31)["files_removed"] == 0


def clean_up(env: Env, days: int) -> dict[str, Any]:
    answer = env.call_job("organization_cleanup", as_of=env.moment(days=days).isoformat())
    assert answer.status_code == 200, answer.text
    summary: dict[str, Any] = answer.json()
    return summary
