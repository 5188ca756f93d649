"""A Supabase to hold to its contract: the embedded one, or a stock one.

With SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY and SUPABASE_DB_URL in the environment the contract
tests run against that (`supabase start`, say); it must let people sign up without confirming their address.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from kit.clusters import Clusters
from kit.contract import Supabase, wait_for_schema
from kit.people import Person
from stack.stack import Stack

NAMES = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY", "SUPABASE_DB_URL")
SCRATCH = Path(__file__).with_name("scratch.sql")


@pytest.fixture(scope="session")
def embedded(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The embedded one, without the rest of the product."""
    data = tmp_path_factory.mktemp("supabase")
    clusters.copy_for_stack("real-time", data)
    with Stack(data, only={"postgres", "api", "mail"}, durable=False, migrated=True) as stack:
        yield stack


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Supabase:
    if all(name in os.environ for name in NAMES):
        return Supabase(*(os.environ[name] for name in NAMES))
    addresses = request.getfixturevalue("embedded").addresses
    assert addresses.database_url
    return Supabase(
        addresses.api,
        addresses.publishable_key,
        addresses.secret_key,
        addresses.database_url,
        addresses.mail,
        addresses.web,
    )


@pytest.fixture(scope="session")
def supabase(platform: Supabase) -> Iterator[Supabase]:
    """With the tables, functions and buckets of scratch.sql in it."""
    with psycopg.connect(platform.database_url, autocommit=True) as connection:
        connection.execute(SCRATCH.read_text())
        wait_for_schema(platform, "contract_void", 204)
        yield platform
        platform.http.close()
        connection.execute(
            """
            drop schema contract_private cascade;
            drop table contract_notes, contract_parts, contract_shut cascade;
            drop policy "contract: own folder" on storage.objects;
            """
        )
        routines = connection.execute(
            "select oid::regprocedure::text from pg_proc where proname like 'contract\\_%'"
        ).fetchall()
        for (routine,) in routines:
            connection.execute(f"drop function {routine} cascade".encode())
        connection.execute("drop type contract_mood")


@pytest.fixture(scope="session")
def anna(supabase: Supabase) -> Person:
    return supabase.sign_up()


@pytest.fixture(scope="session")
def boris(supabase: Supabase) -> Person:
    return supabase.sign_up()
