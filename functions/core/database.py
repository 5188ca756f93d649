"""The database: its RPCs (SQL functions called by name) and tables, through Supabase's REST API (PostgREST).

An RPC's own refusal (its stable code, its sentence, its hint, its HTTP status) is passed on as our answer,
unchanged. What PostgREST or the gateway say themselves is translated into the product's codes, with the
cause in the log.
"""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, cached_property
from typing import Any
from uuid import UUID

import httpx
from postgrest import AsyncPostgrestClient, AsyncRequestBuilder, AsyncSelectRequestBuilder
from pydantic import ValidationError

from core import json_text, logs
from core.http import Problem
from core.http_client import supabase_client
from core.models import Model
from core.settings import Settings, settings

_SECONDS = 15
_WORK_SECONDS = 300


class _Refusal(Model):
    """PostgREST's error object. Source: https://docs.postgrest.org/en/stable/references/errors.html"""

    code: str | None = None
    message: str = ""
    details: str | None = None
    hint: str | None = None


class _View:
    """The database as somebody sees it."""

    def __init__(self, url: str, credentials: dict[str, str]) -> None:
        headers = {"Accept": "application/json", "Content-Type": "application/json", **credentials}
        self._client = supabase_client()
        self._postgrest = AsyncPostgrestClient(
            url, headers=headers, http_client=self._client, retry_enabled=False
        )
        self._rpcs: dict[str, tuple[httpx.URL, httpx.Headers]] = {}

    async def call(self, rpc: str, /, **arguments: Any) -> Any:
        """Call an RPC. Arguments that are None are left to its defaults."""
        return await self._call(rpc, arguments, _SECONDS)

    async def work(self, rpc: str, /, **arguments: Any) -> Any:
        """Call an RPC that does much at once: as `call`, but it may take minutes."""
        return await self._call(rpc, arguments, _WORK_SECONDS)

    def table(self, name: str) -> AsyncRequestBuilder:
        """A table, of which to say what is asked: `table("plans").select("id").eq("level", "A")`."""
        return self._postgrest.from_(name)

    async def rows(self, query: AsyncSelectRequestBuilder) -> list[dict[str, Any]]:
        """The rows that a query of `table` finds."""
        async with _in_time(query.request.path.path, _SECONDS):
            found: Any = (await query.execute()).data
        rows: list[dict[str, Any]] = found
        return rows

    async def _call(self, rpc: str, arguments: dict[str, Any], seconds: float) -> Any:
        """As postgrest calls it, but for the body: what ЮKassa said stands in it as it came."""
        if rpc not in self._rpcs:
            asked = self._postgrest.rpc(rpc, {}).request
            self._rpcs[rpc] = httpx.URL(str(asked.path)), asked.headers
        url, headers = self._rpcs[rpc]
        given = {name: value for name, value in arguments.items() if value is not None}
        request = httpx.Request("POST", url, headers=headers, content=json_text.compose(given))
        request.headers.encoding = "ascii"  # else all of them are read to find that out
        async with _in_time(url.path, seconds):
            response = await self._client.send(request)
        return json_text.parse(response.content) if response.content else None


@asynccontextmanager
async def _in_time(path: str, seconds: float) -> AsyncIterator[None]:
    """Around a request: it is answered in so many seconds, or Problem 503."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except (httpx.HTTPError, TimeoutError) as failure:
        logs.error("the database cannot be reached", call=path, failure=type(failure).__name__)
        raise _unavailable() from None


class Database(_View):
    """One Supabase project's database with the service key. Safe to use from many requests at once."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.supabase_url}/rest/v1"
        self._publishable_key = settings.supabase_publishable_key
        super().__init__(self._url, {"apikey": settings.supabase_secret_key.get_secret_value()})
        self._client.event_hooks["response"].append(self._refuse)

    @cached_property
    def as_visitor(self) -> _View:
        """The same database as anybody sees it who is not signed in."""
        return _View(self._url, {"apikey": self._publishable_key})

    def as_person(self, token: str) -> "AsPerson":
        """The same database as the person sees it whose access token this is: RLS and rights apply."""
        return AsPerson(self._url, self._publishable_key, token)

    async def _refuse(self, response: httpx.Response) -> None:
        """Raise what an answer means that is none. Here, because postgrest's own errors leave the status out."""
        if not response.is_success and str(response.request.url).startswith(self._url):
            await response.aread()
            raise _problem(response)


class AsPerson(_View):
    """A person's own view of the database."""

    def __init__(self, url: str, publishable_key: str, token: str) -> None:
        super().__init__(url, {"apikey": publishable_key, "Authorization": f"Bearer {token}"})
        self._token = token

    async def id(self) -> str:
        """Whose token this is. Raises Problem 401 when it is nobody's, or not any more."""
        user_id = _subject(self._token)
        if not user_id or await self.row("profiles", user_id, "id") is None:
            raise Problem(401, "sign_in_required", "The access token is not a person's.", "Sign in again.")
        return user_id

    async def row(self, table: str, row_id: str, *columns: str) -> dict[str, Any] | None:
        """One row by its id, or None when there is none that this person may see."""
        rows = await self.rows(self.table(table).select(*columns).eq("id", row_id))
        return rows[0] if rows else None


@cache
def database() -> Database:
    """The database this process works with."""
    return Database(settings())


def _subject(token: str) -> str | None:
    """The person a token speaks of. Not verified here: the database is asked with the same token, and verifies."""
    try:
        payload = token.split(".")[1]
        subject = json_text.parse(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
        return str(UUID(subject))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError):
        return None


def _problem(response: httpx.Response) -> Problem:
    """The answer to give for an error of the database."""
    status = response.status_code
    try:
        said = _Refusal.model_validate_json(response.content)
    except ValidationError:
        said = _Refusal()

    if said.code and said.code.startswith("PT"):
        return Problem(
            status, said.message, said.details, said.hint, _retry_after(said) if status == 429 else None
        )

    # Not an RPC's own words. For a person it is what they sent or may not; for the service it is our own
    # fault.
    called = response.request.url.path
    logs.warning("the database answered", call=called, status=status, code=said.code, said=said.message)
    if "Authorization" in response.request.headers:
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
    """Seconds to wait, as an RPC's hint says them: no header of the database's own outlives a refusal."""
    seconds = re.search(r"\d+", said.hint or "")
    return seconds.group() if seconds else None


def _unavailable() -> Problem:
    return Problem(503, "unavailable", "The database cannot be reached just now.", "Try again in a minute.")
