"""run_job: a platform admin runs a job now, by the same code as the schedule, and it is written down who did; and health says which are late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from core.schedule import schedule
from functions.test_daily_jobs import changed
from kit.customer import Customer
from kit.env import Env
from kit.people import Person
from kit.server import CLIENT
from kit.waiting import at_once

JOBS = [job.function for job in schedule()]


@pytest.fixture
def moderator(env: Env) -> Person:
    """Comes when no job runs and no mail waits: what other tests killed halfway is over."""
    env.nothing_is_to_be_mailed()
    env.rows(
        "update public.job_runs set status = 'failed', finished_at = now() where status = 'running' returning id"
    )
    return env.moderator()


def run(env: Env, person: Person, job: Any, functions: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.token}", "Origin": env.stack.web}
    return CLIENT.post(
        f"{functions or env.functions}/run_job", json={"job": job}, headers=headers, timeout=60
    )


def runs(env: Env, person: Person, job: str) -> list[dict[str, Any]]:
    """What is written down of a person running a job, with the run."""
    return env.rows(
        "select r.status, r.summary, r.error from public.admin_actions a"
        " join public.job_runs r on r.id = (a.detail ->> 'run_id')::uuid"
        " where a.admin_id = %s and a.action = 'begin_job' and a.subject = %s order by a.occurred_at",
        person.user_id,
        job,
    )


@pytest.mark.parametrize("job", JOBS)
def test_it_answers_what_the_job_answers(env: Env, moderator: Person, job: str) -> None:
    answer = run(env, moderator, job)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == env.job(job).keys()
    (noted,) = runs(env, moderator, job)
    assert noted["status"] == "ok"
    assert {"as_of": None, **noted["summary"]}.keys() == answer.json().keys()


def test_a_job_in_which_something_failed_says_so(env: Env, moderator: Person) -> None:
    """As it says it to the scheduler, and the run is one that failed."""
    name = "private.send_status_notices(timestamptz, int)"
    with changed(
        env,
        f"alter function {name} rename to send_status_notices_away",
        "alter function private.send_status_notices_away(timestamptz, int) rename to send_status_notices",
    ):
        answer = run(env, moderator, "status_expiry")
    assert (answer.status_code, answer.json()["failed_steps"]) == (500, ["notices"])
    (noted,) = runs(env, moderator, "status_expiry")
    assert (noted["status"], noted["error"]) == ("failed", "notices")


def test_only_platform_admins_and_only_what_is_scheduled(env: Env, anna: Customer, moderator: Person) -> None:
    before = env.rows("select count(*) from public.job_runs")
    assert run(env, anna.person, "qr_rollup").json()["error"] == "not_allowed"
    headers = {"Authorization": f"Bearer {env.stack.scheduler_secret}"}
    refused = CLIENT.post(f"{env.functions}/run_job", json={"job": "qr_rollup"}, headers=headers)
    assert refused.status_code == 401, "the scheduler is no person"
    for wrong in ("refund", "run_job", "health", "", "qr_rollup ", None, 1, ["qr_rollup"]):
        answer = run(env, moderator, wrong)
        assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input"), wrong
    assert env.rows("select count(*) from public.job_runs") == before


def test_of_two_at_once_the_second_hears_what_is_running(env: Env, moderator: Person) -> None:
    """Ten press at once, over a run that a scheduler has begun: nobody gets in its way."""
    (began,) = env.rows("insert into public.job_runs (job) values ('level_c') returning id")
    answers = at_once(*[lambda: run(env, moderator, "level_c")] * 10)
    assert {(answer.status_code, answer.json()["error"]) for answer in answers} == {
        (409, "invalid_transition")
    }
    assert "running since" in answers[0].json()["detail"]
    env.rows("update public.job_runs set status = 'ok', finished_at = now() where id = %s returning id", began["id"])  # fmt: skip
    answers = at_once(*[lambda: run(env, moderator, "level_c")] * 10)
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(runs(env, moderator, "level_c")) == [answer.status_code for answer in answers].count(200) >= 1


def test_health_says_when_each_went_well_and_which_are_late(env: Env) -> None:
    def asked() -> dict[str, Any]:
        with env.more_functions() as (functions, _):
            health = CLIENT.get(f"{functions}/health").json()
        assert health["status"] == "ok", "what is asked for is answered all the same"
        return {each["job"]: each for each in health["jobs"]}

    env.job("qr_rollup")
    said = asked()
    assert list(said) == JOBS
    assert said["qr_rollup"]["late"] is False, said["qr_rollup"]
    assert datetime.now(UTC) - datetime.fromisoformat(said["qr_rollup"]["last_ok_at"]) < timedelta(minutes=1)
    env.rows(
        "update public.job_runs set finished_at = finished_at - interval '11 minutes' where job = 'qr_rollup' and status = 'ok' returning id"
    )
    assert asked()["qr_rollup"]["late"] is True
    env.job("qr_rollup")
