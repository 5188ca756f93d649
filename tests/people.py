"""People for the tests: each signs up, and speaks to the API as a browser would, with a token of their own.

    anna = sign_up(api, publishable_key, "Анна")
    organization = anna.create_organization()
    anna.rpc("start_checkout", organization_id=organization["id"], plan_id="a_month", kind="trial")

    with pytest.raises(Refused) as refused:
        gleb.rpc("start_checkout", …)
    assert (refused.value.status, refused.value.code) == (403, "not_allowed")

Everybody is new: random e-mail, slug and INN, so tests may run beside each other on one database.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx
from inn import random_inn

PASSWORD = "правильный-пароль-1"
_CLIENT = httpx.Client(timeout=30)


class Refused(Exception):
    """The API said no. `code` is the product's stable code where the answer has one."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(
            f"{response.request.method} {response.request.url}: {response.status_code} {response.text}"
        )
        try:
            said = response.json()
        except ValueError:
            said = {}
        self.status = response.status_code
        self.code: str | None = said.get("message")
        self.details: str | None = said.get("details")
        self.hint: str | None = said.get("hint")
        self.sqlstate: str | None = said.get("code")


@dataclass(frozen=True)
class Person:
    """Somebody at the API: a signed-in person, a visitor (no token), or the service key (`service`)."""

    name: str
    api: str
    key: str = field(repr=False)
    email: str = ""
    user_id: str = ""
    token: str | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers this person's browser sends."""
        return {"apikey": self.key} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})

    def rpc(self, door: str, /, **arguments: Any) -> Any:
        """Call a door. Raises Refused."""
        return self._answer(self.send("POST", f"/rest/v1/rpc/{door}", json=arguments))

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
        """A new organization of this person's, with a random name, slug and valid INN unless given."""
        mark = secrets.token_hex(5)
        wanted = {"name": f"Пасека {mark}", "slug": f"paseka-{mark}", "inn": random_inn(), **overrides}
        organization: dict[str, Any] = self.rpc("create_organization", **wanted)
        return organization

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any request to the API as this person."""
        headers = {**self.headers, **options.pop("headers", {})}
        return _CLIENT.request(method, self.api + path, headers=headers, **options)

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
            raise Refused(response)
        return response.json() if response.content else None


def sign_up(api: str, publishable_key: str, name: str = "Анна") -> Person:
    """A new person, signed up by the Auth API and signed in."""
    email = f"{secrets.token_hex(8)}@example.com"
    response = _CLIENT.post(
        f"{api}/auth/v1/signup",
        headers={"apikey": publishable_key},
        json={"email": email, "password": PASSWORD, "data": {"full_name": name}},
    )
    if not response.is_success:
        raise Refused(response)
    session = response.json()
    return Person(name, api, publishable_key, email, session["user"]["id"], session["access_token"])


def visitor(api: str, publishable_key: str) -> Person:
    """Somebody who is not signed in."""
    return Person("visitor", api, publishable_key)


def service(api: str, secret_key: str) -> Person:
    """The service key: what the functions are."""
    return Person("service", api, secret_key)
