"""Signing up at a Supabase project: the one place where scripts and tests make accounts.

    session = sign_up(site, "Анна Соколова")
    session.token

`site` is whatever says where the project is: a stack's addresses, or a `Site`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import httpx


class Project(Protocol):
    """Where a Supabase project is, as a browser is told it."""

    @property
    def api(self) -> str: ...

    @property
    def publishable_key(self) -> str: ...


@dataclass(frozen=True)
class Site:
    """The least one has to know of a project."""

    api: str
    publishable_key: str = field(repr=False)


@dataclass(frozen=True)
class Session:
    """Somebody who has just signed up, and is signed in."""

    email: str
    password: str = field(repr=False)
    user_id: str
    token: str = field(repr=False)
    answer: Mapping[str, Any] = field(repr=False)
    """What the Auth API said."""


class NoSession(Exception):
    """The account is made, but the project wants its e-mail address confirmed first."""


def new_email() -> str:
    """An address nobody has."""
    return f"{secrets.token_hex(8)}@example.com"


def sign_up(
    site: Project, full_name: str, *, email: str | None = None, password: str | None = None, **data: str
) -> Session:
    """Make an account with a random address and password unless given; `data`: locale, time_zone.

    Raises httpx.HTTPStatusError (422: the address has an account), httpx.TransportError, NoSession.
    """
    email, password = email or new_email(), password or secrets.token_urlsafe(18)
    response = _client().post(
        f"{site.api}/auth/v1/signup",
        headers={"apikey": site.publishable_key},
        json={"email": email, "password": password, "data": {"full_name": full_name, **data}},
    )
    response.raise_for_status()
    answer = response.json()
    if not answer.get("access_token"):
        raise NoSession(email)
    return Session(email, password, answer["user"]["id"], answer["access_token"], answer)


@cache
def _client() -> httpx.Client:
    import httpx  # here, because a script may import this module before it has its packages

    return httpx.Client(timeout=60, trust_env=False)
