"""Time that a rehearsal moves: Postgres and the ЮKassa simulator live through months in a second, side by side.

Scheduled functions take `as_of`, but people's RPCs say now(), and so do defaults. So in a rehearsal now() itself is
ahead of the machine's clock. The rules are not touched: the name now() is taken over before they are written into the
database, which only a superuser of an empty database can do. Nothing in production knows of this.

    install(folder / "postgres")         before Stack(folder) is started for the first time
    with TimeMachine(url, simulator) as time:
        time.forward(timedelta(days=14))

A demo begins in the past and ends now; after that the clock is the machine's again, with nothing in between:

    take_over(url, timedelta(days=-400))       before the rules are there
    simulator.advance(-400 * 86_400)           before anything is paid
    with TimeMachine(url, simulator) as time:
        …
        time.give_back()
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from stack.ports import free_port
from stack.postgres import Postgres
from yookassa_simulator.control import Control

INSTALL = """
create schema rehearsal;
create table rehearsal.clock (ahead interval not null);
grant usage on schema rehearsal to public;
grant select on rehearsal.clock to public;
alter function pg_catalog.now() rename to machine_now;
create function pg_catalog.now() returns timestamptz language sql stable parallel safe
  as $$ select pg_catalog.machine_now() + (select c.ahead from rehearsal.clock c) $$;
"""
# The rules know the function that was made then, so it stays, and is what the machine's is: the same code inside Postgres.
GIVE_BACK = """
create or replace function pg_catalog.now() returns timestamptz language internal stable strict parallel safe as 'now';
drop schema rehearsal cascade;
"""


def install(data: Path) -> None:
    """Make the database of a server's (new) data folder one whose time can be moved."""
    with Postgres(data, free_port(), durable=False) as server:
        take_over(server.url())


def take_over(database_url: str, ahead: timedelta = timedelta(0)) -> None:
    """The same in an empty database that is up; `ahead` of the machine's clock, or behind it."""
    with psycopg.connect(database_url) as connection:
        connection.execute(INSTALL)
        connection.execute("insert into rehearsal.clock values (%s)", [ahead])


class TimeMachine:
    """Moves both clocks forward, never back."""

    def __init__(self, database_url: str, simulator: Control) -> None:
        self._connection = psycopg.connect(database_url, autocommit=True)
        self._simulator = simulator

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    @property
    def now(self) -> datetime:
        """The moment it is in the rehearsal."""
        row = self._connection.execute("select now()").fetchone()
        assert row  # noqa: S101 - a select without a table has one row
        moment: datetime = row[0]
        return moment.astimezone(UTC)

    def forward(self, delta: timedelta) -> datetime:
        """Let time pass. At ЮKassa everything that falls due in between has happened when this returns."""
        delta -= timedelta(
            microseconds=delta.microseconds % 1000
        )  # ЮKassa counts milliseconds: both move by as much
        self._connection.execute("update rehearsal.clock set ahead = ahead + %s", [delta])
        self._simulator.advance(delta.total_seconds())
        return self.now

    def give_back(self) -> None:
        """Both clocks are the machine's again, for good."""
        self._connection.execute(GIVE_BACK)
        self._simulator.advance(-self._simulator.offset())

    def forward_to(self, moment: datetime) -> datetime:
        """Let time pass until a moment; one that is past already changes nothing."""
        return self.forward(max(moment - self.now, timedelta(0)))
