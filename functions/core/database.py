"""The database's doors: SQL functions called through Supabase's REST API (PostgREST).

A door's own refusal (its stable code, its sentence, its hint, its HTTP status) is passed on as our answer,
unchanged. What PostgREST or the gateway say themselves is translated into the product's codes, with the
cause in the log.

Over aiohttp, for every function speaks to the database at every request: a call costs it 0.1 ms, httpx 1 ms.
"""

import atexit
import base64
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

import aiohttp
from pydantic import ValidationError

from core import json_text, logs
from core.http import Problem
from core.models import Model
from core.settings import Settings, settings

_TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5, sock_read=10)
"""Seconds."""
_PATIENCE = aiohttp.ClientTimeout(total=300, sock_connect=5)
"""Seconds, for the doors of jobs."""


class _Refusal(Model):
    """PostgREST's error object. Source: https://docs.postgrest.org/en/stable/references/errors.html"""

    code: str | None = None
    message: str = ""
    details: str | None = None
    hint: str | None = None


class Database:
    """The doors of one Supabase project. Keeps its connections; safe to use from many requests at once."""

    def __init__(self, settings: Settings) -> None:
        self._base = f"{settings.supabase_url}/rest/v1"
        # Given up before a server would close it under a request that is on its way.
        connector = aiohttp.TCPConnector(limit=50, keepalive_timeout=3)
        atexit.register(connector.close)
        self._client = aiohttp.ClientSession(
            headers={"Content-Type": "application/json", "Accept": "application/json"}, connector=connector
        )
        self._service = {"apikey": settings.supabase_secret_key.get_secret_value()}
        self._publishable_key = settings.supabase_publishable_key

    async def call(self, door: str, /, **arguments: Any) -> Any:
        """Call a door with the service key. Arguments that are None are left to the door's defaults."""
        return await self._send("POST", f"/rpc/{door}", self._service, arguments)

    async def work(self, door: str, /, **arguments: Any) -> Any:
        """Call a door of a job with the service key: as `call`, but it may take minutes."""
        return await self._send("POST", f"/rpc/{door}", self._service, arguments, _PATIENCE)

    async def find(self, table: str, columns: str, **filters: str) -> list[dict[str, Any]]:
        """Rows of a table with the service key; filters as PostgREST's: `id="eq.1"`, `limit="1"`."""
        query = {"select": columns, **filters}
        rows: list[dict[str, Any]] = await self._send("GET", f"/{table}", self._service, query)
        return rows

    def as_person(self, token: str) -> "AsPerson":
        """The same database as the person sees it whose access token this is: RLS and rights apply."""
        return AsPerson(self, {"apikey": self._publishable_key, "Authorization": f"Bearer {token}"})

    async def _send(
        self,
        method: str,
        path: str,
        credentials: Mapping[str, str],
        arguments: Mapping[str, Any],
        patience: aiohttp.ClientTimeout = _TIMEOUT,
    ) -> Any:
        given = {name: value for name, value in arguments.items() if value is not None}
        asked: dict[str, Any] = {"params": given} if method == "GET" else {"data": json_text.compose(given)}
        try:
            async with self._client.request(
                method,
                self._base + path,
                headers=credentials,
                timeout=patience,
                allow_redirects=False,
                **asked,
            ) as response:
                said = await response.read()
        except (aiohttp.ClientError, TimeoutError) as failure:
            logs.error("the database cannot be reached", call=path, failure=type(failure).__name__)
            raise _unavailable() from None
        if 200 <= response.status < 300:
            return json_text.parse(said) if said else None
        raise _problem(response, said, path, as_service=credentials is self._service)


class AsPerson:
    """A person's own view of the database."""

    def __init__(self, database: Database, credentials: Mapping[str, str]) -> None:
        self._database = database
        self._credentials = credentials

    async def call(self, door: str, /, **arguments: Any) -> Any:
        """Call a door as this person."""
        return await self._database._send("POST", f"/rpc/{door}", self._credentials, arguments)

    async def id(self) -> str:
        """Whose token this is. Raises Problem 401 when it is nobody's, or not any more."""
        user_id = _subject(self._credentials["Authorization"])
        if not user_id or await self.row("profiles", user_id, "id") is None:
            raise Problem(401, "sign_in_required", "The access token is not a person's.", "Sign in again.")
        return user_id

    async def rows(self, table: str, columns: str, **filters: str) -> list[dict[str, Any]]:
        """The rows of a table that this person may see; filters as PostgREST's: `id="eq.1"`."""
        query = {"select": columns, **filters}
        rows: list[dict[str, Any]] = await self._database._send("GET", f"/{table}", self._credentials, query)
        return rows

    async def row(self, table: str, row_id: str, columns: str) -> dict[str, Any] | None:
        """One row by its id, or None when there is none that this person may see."""
        rows = await self.rows(table, columns, id=f"eq.{row_id}")
        return rows[0] if rows else None


@cache
def database() -> Database:
    """The database this process works with."""
    return Database(settings())


def _subject(authorization: str) -> str | None:
    """The person a token speaks of. Not verified here: the database is asked with the same token, and verifies."""
    try:
        payload = authorization.split(".")[1]
        subject = json_text.parse(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
        return str(UUID(subject))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError):
        return None


def _problem(response: aiohttp.ClientResponse, body: bytes, path: str, *, as_service: bool) -> Problem:
    """The answer to give for an error of the database."""
    status = response.status
    try:
        said = _Refusal.model_validate_json(body)
    except ValidationError:
        said = _Refusal()

    if said.code and said.code.startswith("PT"):
        return Problem(
            status, said.message, said.details, said.hint, _retry_after(said) if status == 429 else None
        )

    # Not a door's own words. For a person it is what they sent or may not; for the service it is our own
    # fault.
    logs.warning("the database answered", call=path, status=status, code=said.code, said=said.message)
    if not as_service:
        if status == 401:
            return Problem(
                401, "sign_in_required", "The access token is missing, expired or not ours.", "Sign in again."
            )
        if status == 403:
            return Problem(403, "not_allowed", "This person may not do this.")
    if status in (400, 422):
        return Problem(422, "invalid_input", "The database cannot read what was sent.")
    return _unavailable()


def _retry_after(said: _Refusal) -> str | None:
    """Seconds to wait, as a door's hint says them: no header of the database's own outlives a refusal."""
    seconds = re.search(r"\d+", said.hint or "")
    return seconds.group() if seconds else None


def _unavailable() -> Problem:
    return Problem(503, "unavailable", "The database cannot be reached just now.", "Try again in a minute.")
