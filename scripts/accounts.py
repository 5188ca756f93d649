"""Signing up at a Supabase project: the one place where scripts and tests make accounts.

    session = sign_up(site, "Анна Соколова")
    session.token

`site` is whatever says where the project is: a stack's addresses, or a `Site`. Where it says `mail` too (the stack's mail
sink), an address that has to be confirmed is: with what its e-mail holds, as the web's page does.
"""

from __future__ import annotations

import atexit
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, urlsplit

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
    mail: str | None = None


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
    """The account is made, but its e-mail address has to be confirmed first, in a mailbox we do not see."""


def new_email() -> str:
    """An address nobody has."""
    return f"{secrets.token_hex(8)}@example.com"


def sign_up(
    site: Project, full_name: str, *, email: str | None = None, password: str | None = None, **data: str
) -> Session:
    """Make an account with a random address and password unless given; `data`: locale, time_zone.

    Raises httpx.HTTPStatusError (422: the address has an account, and need not be confirmed), httpx.TransportError,
    NoSession, TimeoutError (no e-mail came: the address has an account).
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
        mail = getattr(site, "mail", None)
        if mail is None:
            raise NoSession(email)
        answer = confirm(site, link_to(mail, email))
    return Session(email, password, answer["user"]["id"], answer["access_token"], answer)


def link_to(mail: str, email: str, *, patience: float = 30) -> str:
    """The address that the newest e-mail to this person asks to open, once there is one. Raises TimeoutError."""
    deadline = time.monotonic() + patience
    while True:
        response = _client().get(f"{mail}/api/messages", params={"to": email})
        response.raise_for_status()
        for message in response.json():
            for link in message["links"]:
                if "token_hash=" in link:
                    return str(link)
        if time.monotonic() > deadline:
            raise TimeoutError(f"no e-mail with a link came for {email}")
        time.sleep(0.02)


def confirm(site: Project, link: str) -> Any:
    """Do what the page behind a link of our e-mails does when its button is pressed; what Auth answers: a session."""
    asked = parse_qs(urlsplit(link).query)
    response = _client().post(
        f"{site.api}/auth/v1/verify",
        headers={"apikey": site.publishable_key},
        json={"type": asked["type"][0], "token_hash": asked["token_hash"][0]},
    )
    response.raise_for_status()
    return response.json()


@cache
def _client() -> httpx.Client:
    import httpx  # here, because a script may import this module before it has its packages

    client = httpx.Client(timeout=60, trust_env=False)
    atexit.register(client.close)
    return client
