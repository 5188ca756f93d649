"""Calls the scheduled functions when their time comes, as a cloud's scheduler does.

Run by the stack as `python -m stack.scheduler`, with FUNCTIONS_URL and SCHEDULER_SECRET in its environment. Reads
functions/schedule.toml, the one list of jobs. Each job runs on its own: one that hangs delays no other, and one that
still runs when its next time comes is not started twice.
"""

from __future__ import annotations

import asyncio
import os
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from bootstrap import ROOT
from croniter import croniter

SCHEDULE = ROOT / "functions" / "schedule.toml"
PATIENCE = httpx.Timeout(300, connect=5)  # seconds


@dataclass(frozen=True)
class Job:
    """A function, and the cron line (UTC) that says when it is called."""

    function: str
    cron: str

    def next_after(self, moment: datetime) -> datetime:
        due: datetime = croniter(self.cron, moment).get_next(datetime)
        return due


def read_jobs(schedule: Path = SCHEDULE) -> list[Job]:
    """The jobs of a schedule file. Raises ValueError for a cron line that cannot be understood."""
    jobs = [Job(job["function"], job["cron"]) for job in tomllib.loads(schedule.read_text()).get("job", [])]
    for job in jobs:
        if not croniter.is_valid(job.cron):
            raise ValueError(f"{job.function}: {job.cron!r} is no cron line")
    return jobs


async def keep(job: Job, functions: httpx.AsyncClient) -> None:
    """Call one job at its times, for ever. A time that passed while it ran is not made up for."""
    while True:
        due = job.next_after(datetime.now(UTC))
        while (wait := (due - datetime.now(UTC)).total_seconds()) > 0:  # noqa: ASYNC110 - it waits for the clock
            await asyncio.sleep(min(wait, 30))  # in short steps: the machine may have slept
        await call(job, functions)


async def call(job: Job, functions: httpx.AsyncClient) -> None:
    try:
        answer = await functions.post(f"/{job.function}", json={})
        outcome = f"{answer.status_code} {answer.text[:300]}"
    except httpx.HTTPError as error:
        outcome = repr(error)
    print(f"{datetime.now(UTC):%FT%TZ} {job.function}: {outcome}", flush=True)


async def main() -> None:
    jobs = read_jobs()
    headers = {"authorization": f"Bearer {os.environ['SCHEDULER_SECRET']}"}
    async with httpx.AsyncClient(
        base_url=os.environ["FUNCTIONS_URL"], headers=headers, timeout=PATIENCE
    ) as functions:
        print(f"{len(jobs)} jobs", flush=True)
        await asyncio.gather(*(keep(job, functions) for job in jobs), asyncio.Event().wait())


if __name__ == "__main__":
    asyncio.run(main())
