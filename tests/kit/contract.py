"""A Supabase that is held to its contract, and the people who ask it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from supabase.lib.client_options import SyncClientOptions

from kit import people
from kit.people import Person
from kit.waiting import until
from supabase import Client, create_client


@dataclass
class Supabase:
    """Where it is, its keys, and requests as anybody: `headers` says who asks."""

    url: str
    publishable_key: str
    secret_key: str
    database_url: str
    mail: str | None = None  # where mails can be read: only with the embedded one
    web: str | None = None

    @cached_property
    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30)

    @property
    def anon(self) -> dict[str, str]:
        return {"apikey": self.publishable_key}

    @property
    def service(self) -> dict[str, str]:
        return {"apikey": self.secret_key}

    @property
    def api(self) -> str:
        return self.url

    def sign_up(self) -> Person:
        return people.sign_up(self)

    def rpc(self, function: str, headers: dict[str, str] | None = None, **arguments: Any) -> httpx.Response:
        """Call a function; as a visitor when `headers` does not say otherwise."""
        return self.http.post(f"/rest/v1/rpc/{function}", headers=headers or self.anon, json=arguments)


@contextmanager
def supabase_py(supabase: Supabase, headers: dict[str, str] | None = None) -> Iterator[Client]:
    """The official Python client, as a visitor or as whom `headers` name."""
    bearer = {"Authorization": (headers or {}).get("Authorization", f"Bearer {supabase.publishable_key}")}
    with httpx.Client(timeout=30) as http, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The '(timeout|verify)' parameter is deprecated")  # its own
        options = SyncClientOptions(headers=bearer, httpx_client=http)
        yield create_client(supabase.url, supabase.publishable_key, options)


def wait_for_schema(supabase: Supabase, function: str, status: int) -> None:
    """The API reads the schema again a moment after it changed."""
    until(lambda: supabase.rpc(function).status_code == status)
