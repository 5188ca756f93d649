"""What a fresh database is filled with: accounts to sign in with, and supabase/seed.sql."""

from __future__ import annotations

from dataclasses import dataclass

import accounts
import psycopg

from stack import database

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


def fill(site: accounts.Project, database_url: str) -> None:
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
