"""The database: its RPCs (SQL functions called by name) and tables, through Supabase's REST API (PostgREST).

An RPC's own refusal (its stable code, its sentence, its hint, its HTTP status) is passed on as our answer,
unchanged. What PostgREST or the gateway say themselves is translated into the product's codes, with the
cause in the log.
"""

import asyncio
import base64
import re
from collections.abc import Awaitable
from functools import cache
from typing import Any
from uuid import UUID

import httpx
from postgrest import (
    AsyncPostgrestClient,
    AsyncRequestBuilder,
    AsyncRPCFilterRequestBuilder,
    AsyncSelectRequestBuilder,
)
from postgrest.base_request_builder import RequestConfig
from pydantic import ValidationError

from core import json_text, logs
from core.http import Problem
from core.http_client import supabase_client
from core.models import Model
from core.settings import Settings, settings

_SECONDS = 15
_JOB_SECONDS = 300


class _Refusal(Model):
    """PostgREST's error object. Source: https://docs.postgrest.org/en/stable/references/errors.html"""

    code: str | None = None
    message: str = ""
    details: str | None = None
    hint: str | None = None


class _Call(RequestConfig[httpx.AsyncClient]):
    """An RPC whose arguments are written by json_text: what ЮKassa said stands in the body as it came."""

    def __init__(self, asked: RequestConfig[httpx.AsyncClient], given: dict[str, Any]) -> None:
        super().__init__(
            asked.session,
            asked.path,
            asked.http_method,
            asked.headers,
            asked.params,
            asked.auth,
            {},
            asked.retry_enabled,
        )
        self._body = json_text.compose(given)

    def send(self, additional_headers: httpx.Headers) -> Awaitable[httpx.Response]:
        return self.session.request(
            self.http_method, str(self.path), content=self._body, headers=self.headers
        )


class _View:
    """The database as somebody sees it."""

    def __init__(self, url: str, credentials: dict[str, str]) -> None:
        headers = {"Accept": "application/json", "Content-Type": "application/json", **credentials}
        self._postgrest = AsyncPostgrestClient(
            url, headers=headers, http_client=supabase_client(), retry_enabled=False
        )

    async def call(self, rpc: str, /, **arguments: Any) -> Any:
        """Call an RPC. Arguments that are None are left to its defaults."""
        return await self._call(rpc, arguments, _SECONDS)

    def table(self, name: str) -> AsyncRequestBuilder:
        """A table, of which to say what is asked: `table("plans").select("id").eq("level", "A")`."""
        return self._postgrest.from_(name)

    async def rows(self, query: AsyncSelectRequestBuilder) -> list[dict[str, Any]]:
        """The rows that a query of `table` finds."""
        found: list[dict[str, Any]] = await self._execute(query, _SECONDS)
        return found

    async def _call(self, rpc: str, arguments: dict[str, Any], seconds: float) -> Any:
        given = {name: value for name, value in arguments.items() if value is not None}
        asked = self._postgrest.rpc(rpc, {}).request
        return await self._execute(AsyncRPCFilterRequestBuilder(_Call(asked, given)), seconds)

    async def _execute(
        self, asked: AsyncRPCFilterRequestBuilder | AsyncSelectRequestBuilder, seconds: float
    ) -> Any:
        try:
            async with asyncio.timeout(seconds):
                return (await asked.execute()).data
        except (httpx.HTTPError, TimeoutError) as failure:
            logs.error(
                "the database cannot be reached",
                call=asked.request.path.path,
                failure=type(failure).__name__,
            )
            raise _unavailable() from None


class Database(_View):
    """One Supabase project's database with the service key. Safe to use from many requests at once."""

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.supabase_url}/rest/v1"
        self._publishable_key = settings.supabase_publishable_key
        super().__init__(self._url, {"apikey": settings.supabase_secret_key.get_secret_value()})
        supabase_client().event_hooks["response"].append(self._refuse)

    async def work(self, rpc: str, /, **arguments: Any) -> Any:
        """Call an RPC of a job: as `call`, but it may take minutes."""
        return await self._call(rpc, arguments, _JOB_SECONDS)

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
