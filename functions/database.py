"""The database's doors: SQL functions called through Supabase's REST API (PostgREST).

A door's own refusal (its stable code, its sentence, its hint, its HTTP status) is passed on as our answer,
unchanged. What PostgREST or the gateway say themselves is translated into the product's codes, with the
cause in the log.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
import json_text
import logs
from answers import Problem
from pydantic import BaseModel, ConfigDict, ValidationError
from settings import Settings, settings


class _Refusal(BaseModel):
    """PostgREST's error object. Source: https://docs.postgrest.org/en/stable/references/errors.html"""

    model_config = ConfigDict(hide_input_in_errors=True)

    code: str | None = None
    message: str = ""
    details: str | None = None
    hint: str | None = None


class Database:
    """The doors of one Supabase project. Keeps its connections; safe to use from many requests at once."""

    def __init__(self, settings: Settings) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"{settings.supabase_url}/rest/v1",
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            timeout=httpx.Timeout(10, connect=5),
            # Given up before a server would close it under a request that is on its way. And not too many:
            # httpx looks at each of them for each request.
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=20, keepalive_expiry=3),
        )
        self._service = {"apikey": settings.supabase_secret_key.get_secret_value()}
        self._publishable_key = settings.supabase_publishable_key

    async def call(self, door: str, /, **arguments: Any) -> Any:
        """Call a door with the service key. Arguments that are None are left to the door's defaults."""
        return await self._send("POST", f"/rpc/{door}", self._service, arguments)

    def as_person(self, token: str) -> "AsPerson":
        """The same database as the person sees it whose access token this is: RLS and rights apply."""
        return AsPerson(self, {"apikey": self._publishable_key, "Authorization": f"Bearer {token}"})

    async def _send(
        self, method: str, path: str, credentials: Mapping[str, str], arguments: Mapping[str, Any]
    ) -> Any:
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            if method == "GET":
                response = await self._client.get(path, params=given, headers=credentials)
            else:
                response = await self._client.post(
                    path, content=json_text.compose(given), headers=credentials
                )
        except httpx.HTTPError as failure:
            logs.error("the database cannot be reached", call=path, failure=type(failure).__name__)
            raise _unavailable() from None
        if response.is_success:
            return json_text.parse(response.content) if response.content else None
        raise _problem(response, path, as_service=credentials is self._service)


class AsPerson:
    """A person's own view of the database."""

    def __init__(self, database: Database, credentials: Mapping[str, str]) -> None:
        self._database = database
        self._credentials = credentials

    async def call(self, door: str, /, **arguments: Any) -> Any:
        """Call a door as this person."""
        return await self._database._send("POST", f"/rpc/{door}", self._credentials, arguments)

    async def row(self, table: str, row_id: str, columns: str) -> dict[str, Any] | None:
        """One row by its id, or None when there is none that this person may see."""
        query = {"id": f"eq.{row_id}", "select": columns}
        rows = await self._database._send("GET", f"/{table}", self._credentials, query)
        return rows[0] if rows else None


@cache
def database() -> Database:
    """The database this process works with."""
    return Database(settings())


def _problem(response: httpx.Response, path: str, *, as_service: bool) -> Problem:
    """The answer to give for an error of the database."""
    status = response.status_code
    try:
        said = _Refusal.model_validate_json(response.content)
    except ValidationError:
        said = _Refusal()

    if said.code and said.code.startswith("PT"):
        return Problem(status, said.message, said.details, said.hint, response.headers.get("retry-after"))

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


def _unavailable() -> Problem:
    return Problem(503, "unavailable", "The database cannot be reached just now.", "Try again in a minute.")
