"""What every test may ask for: a real Postgres with the rules in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol
from uuid import uuid4

import psycopg
import pytest
from kit import env as kit_env
from kit.db import World, opened
from kit.env import Env
from psycopg import sql
from stack.database import migrate, prepare
from stack.ports import free_port
from stack.postgres import Postgres
from stack.stack import Stack


class Server(Protocol):
    """What the tests of the rules need of a Postgres server."""

    def url(self, database: str = "postgres") -> str: ...


class GivenServer:
    """The server of TEST_POSTGRES_URL, to try the rules on another version; its databases are left behind."""

    def __init__(self, url: str) -> None:
        self.base = url.rpartition("/")[0]

    def url(self, database: str = "postgres") -> str:
        return f"{self.base}/{database}"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Postgres server of this test worker's own, or the one that is given."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield GivenServer(given)
        return
    with Postgres(tmp_path_factory.mktemp("postgres"), free_port(), durable=False) as server:
        yield server


def create_database(server: Server, name: str, template: str = "template1") -> str:
    """Make a database and return its address."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    return server.url(name)


@pytest.fixture(scope="session")
def template() -> str:
    """Name of the database that the others are copies of."""
    return f"template_{uuid4().hex[:12]}"


@pytest.fixture(scope="session")
def rules(postgres: Server, template: str) -> str:
    """Address of a database with the platform's schemas and our migrations. Tests on it roll back."""
    create_database(postgres, template)
    prepare(postgres.url(template))
    migrate(postgres.url(template))
    return create_database(postgres, f"{template}_copy", template)


@pytest.fixture
def world(rules: str) -> Iterator[World]:
    """Anna's organization and everybody around it; gone when the test ends."""
    with opened(rules) as connection:
        yield World(connection)
        connection.rollback()


@pytest.fixture
def own_rules(postgres: Server, rules: str, template: str) -> Iterator[str]:
    """Address of a database like `rules` that this test alone uses and may commit to."""
    name = f"rules_{uuid4().hex}"
    yield create_database(postgres, name, template)
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole product, running, of this test worker's own."""
    with Stack(tmp_path_factory.mktemp("stack"), durable=False) as stack:
        yield stack


@pytest.fixture(scope="session")
def the_env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Env]:
    """One for all the tests of a worker. Everybody in it is new to each test; its time only goes forward."""
    with kit_env.opened(tmp_path_factory.mktemp("env")) as env:
        yield env


@pytest.fixture
def env(the_env: Env) -> Env:
    """Where nothing is due that another test left, and ЮKassa is in good health."""
    the_env.empty()
    return the_env
