"""What runs by itself, as schedule.toml says, and whether it does."""

import tomllib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from core.models import Model


class ScheduledJob(Model):
    """One row of the schedule."""

    function: str
    cron: str
    late: int
    """Minutes."""
    what: str

    def is_late(self, last_ok_at: datetime | None, now: datetime) -> bool:
        """Whether it should have gone well since. One that never did is late."""
        return last_ok_at is None or now - last_ok_at > timedelta(minutes=self.late)


@cache
def schedule() -> tuple[ScheduledJob, ...]:
    """The jobs in the order of the file."""
    rows = tomllib.loads(Path(__file__).parents[1].joinpath("schedule.toml").read_text())["job"]
    return tuple(ScheduledJob.model_validate(row) for row in rows)
