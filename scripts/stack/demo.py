"""What a fresh database is filled with: accounts to sign in with, supabase/seed.sql, and a year of their producers' life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import accounts
import httpx
import psycopg
import time_machine
from psycopg.rows import dict_row
from yookassa_simulator.control import Control

from stack import database, demo_life
from stack.living import Year

if TYPE_CHECKING:
    from stack.parts import Addresses

SEED = database.SUPABASE / "seed.sql"
PASSWORD = "chestno-demo"  # noqa: S105 - of accounts on this machine only, printed at each start


@dataclass(frozen=True)
class Account:
    """Somebody to sign in as; the password is PASSWORD."""

    email: str
    full_name: str
    role: str


ACCOUNTS = [
    Account("anna@example.test", "Анна Соколова", "owner"),
    Account("boris@example.test", "Борис Орлов", "admin"),
    Account("vera@example.test", "Вера Лебедева", "editor"),
    Account("gleb@example.test", "Глеб Зайцев", "viewer"),
    Account("moderator@example.test", "Марина Воронова", "platform admin"),
]


def fill(site: Addresses, database_url: str) -> None:
    """Sign the accounts up, as the web does, and confirm them; then run seed.sql where there is one.

    May run again after a failure. Raises httpx.HTTPError, TimeoutError, or DatabaseError when seed.sql fails (then nothing
    of it stays).
    """
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "select email from auth.users where email_confirmed_at is not null"
        ).fetchall()
    for account in ACCOUNTS:
        if (account.email,) not in found:
            accounts.sign_up(site, account.full_name, email=account.email, password=PASSWORD, locale="ru")
    if SEED.exists():
        try:
            with psycopg.connect(database_url) as connection:
                connection.execute(SEED.read_bytes())
        except psycopg.Error as error:
            raise database.DatabaseError(f"seed.sql: {error}") from error


def begin_in_the_past(database_url: str) -> None:
    """Before the rules are written into the database: it is a year and more ago."""
    time_machine.take_over(database_url, timedelta(days=-demo_life.DAYS))


def live(site: Addresses, database_url: str) -> None:
    """The year of the demo people's producers, until now. Raises NotLived and what `fill` does."""
    with (
        Control(site.yookassa) as yookassa,
        httpx.Client(timeout=60, trust_env=False) as client,
        psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as database,
    ):
        yookassa.advance(-timedelta(days=demo_life.DAYS).total_seconds())
        tokens = {account.email.partition("@")[0]: sign_in(site, account, client) for account in ACCOUNTS}
        with time_machine.TimeMachine(database_url, yookassa) as time:
            demo_life.live(Year(site, database, time, yookassa, client, tokens))
            time.give_back()


def sign_in(site: Addresses, account: Account, client: httpx.Client) -> str:
    """An access token, good for an hour."""
    answer = client.post(
        f"{site.api}/auth/v1/token?grant_type=password",
        headers={"apikey": site.publishable_key},
        json={"email": account.email, "password": PASSWORD},
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])
