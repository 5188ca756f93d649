"""People for the tests: each signs up, and speaks to the API as a browser would, with a token of their own.

    anna = sign_up(site, "Анна")
    organization = anna.create_organization()
    anna.rpc("start_checkout", organization_id=organization["id"], plan_id="a_month", kind="trial")

    with pytest.raises(Refused) as refused:
        gleb.rpc("start_checkout", …)
    assert (refused.value.status, refused.value.code) == (403, "not_allowed")

Everybody is new: random e-mail, slug and INN, so tests may run beside each other on one database.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import accounts
import httpx
import psycopg
from inn import random_inn
from stack.parts import Addresses

from kit.refused import Refused
from kit.server import CLIENT

PASSWORD = "правильный-пароль-1"


@dataclass(frozen=True)
class Person:
    """Somebody at the API: a signed-in person, a visitor (no token), or the service key (`service`)."""

    name: str
    api: str
    key: str = field(repr=False)
    email: str = ""
    user_id: str = ""
    token: str | None = field(default=None, repr=False)
    session: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the Auth API said at signing up."""

    @property
    def headers(self) -> dict[str, str]:
        """The headers this person's browser sends."""
        return {"apikey": self.key} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})

    def rpc(self, function: str, /, **arguments: Any) -> Any:
        """Call an RPC. Raises Refused."""
        return self._answer(self.send("POST", f"/rest/v1/rpc/{function}", json=arguments))

    def get(self, table: str, /, **filters: str) -> list[dict[str, Any]]:
        """The rows of a table this person sees; filters as PostgREST's: `id="eq.1"`. Raises Refused."""
        rows: list[dict[str, Any]] = self._answer(self.send("GET", f"/rest/v1/{table}", params=filters))
        return rows

    def insert(self, table: str, /, **row: Any) -> list[dict[str, Any]]:
        """Insert a row; the rows that came of it. Raises Refused."""
        return self._write("POST", table, row, {})

    def update(self, table: str, filters: dict[str, str], /, **changes: Any) -> list[dict[str, Any]]:
        """Update rows; those that were changed, so a silent denial is an empty list. Raises Refused."""
        return self._write("PATCH", table, changes, filters)

    def delete(self, table: str, /, **filters: str) -> list[dict[str, Any]]:
        """Delete rows; those that are gone. Raises Refused."""
        return self._write("DELETE", table, None, filters)

    def create_organization(self, **overrides: str) -> dict[str, Any]:
        """A new organization of this person's, with random names, slug and valid INN unless given."""
        mark = secrets.token_hex(5)
        wanted = {
            "name": f"Пасека {mark}",
            "legal_name": f"ООО «Пасека {mark}»",
            "slug": f"paseka-{mark}",
            "inn": random_inn(),
            **overrides,
        }
        organization: dict[str, Any] = self.rpc("create_organization", **wanted)
        return organization

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any request to the API as this person."""
        headers = {**self.headers, **options.pop("headers", {})}
        return CLIENT.request(method, self.api + path, headers=headers, **options)

    def _write(
        self, method: str, table: str, row: dict[str, Any] | None, filters: dict[str, str]
    ) -> list[dict[str, Any]]:
        headers = {"Prefer": "return=representation"}
        path = f"/rest/v1/{table}"
        rows: list[dict[str, Any]] = self._answer(
            self.send(method, path, params=filters, json=row, headers=headers)
        )
        return rows

    @staticmethod
    def _answer(response: httpx.Response) -> Any:
        if not response.is_success:
            raise Refused.by_api(response)
        return response.json() if response.content else None


def sign_up(site: accounts.Project, name: str = "Анна") -> Person:
    """A new person, signed up by the Auth API and signed in; their password is PASSWORD. Raises Refused."""
    try:
        session = accounts.sign_up(site, name, password=PASSWORD)
    except httpx.HTTPStatusError as error:
        raise Refused.by_api(error.response) from error
    return Person(
        name, site.api, site.publishable_key, session.email, session.user_id, session.token, session.answer
    )


def visitor(site: accounts.Project) -> Person:
    """Somebody who is not signed in."""
    return Person("visitor", site.api, site.publishable_key)


def service(site: Addresses) -> Person:
    """The service key: what the functions are."""
    return Person("service", site.api, site.secret_key)


def a_moderator(site: Addresses) -> Person:
    """Somebody new who runs the platform, appointed as one is: in the database."""
    person = sign_up(site, "Марина")
    run_sql(site, "insert into public.platform_admins (user_id) values (%s)", person.user_id)
    return person


def run_sql(site: Addresses, statement: str, *values: object) -> None:
    """What no function of the database does: to let time pass, for example."""
    assert site.database_url
    with psycopg.connect(site.database_url) as connection:
        connection.execute(statement.encode(), values)
