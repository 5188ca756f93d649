"""What every test may ask for: a real Postgres with the rules in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol
from uuid import uuid4

import psycopg
import pytest
from browser import chromium
from kit import env as kit_env
from kit.clusters import Clusters
from kit.db import DbEnv, Row, opened
from kit.env import Env
from playwright.sync_api import Browser, expect
from psycopg import sql
from stack.database import migrate, prepare
from stack.ports import free_port
from stack.postgres import Postgres
from stack.stack import Stack

pytest_plugins = ["kit.figures", "kit.selection"]


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
def clusters(tmp_path_factory: pytest.TempPathFactory) -> Clusters:
    """Databases with the rules in them, to be copied."""
    return Clusters(tmp_path_factory)


@pytest.fixture(scope="session")
def postgres(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Postgres server of this test worker's own, or the one that is given."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        yield GivenServer(given)
        return
    data = clusters.copy("real-time", tmp_path_factory.mktemp("rules") / "postgres")
    with Postgres(data, free_port(), durable=False) as server:
        yield server


def create_database(server: Server, name: str, template: str = "template1") -> str:
    """Make a database and return its address."""
    with psycopg.connect(server.url("template1"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    return server.url(name)


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """Name of the database that the others are copies of: with the platform's schemas and our migrations."""
    if not isinstance(postgres, GivenServer):
        return "postgres"
    name = f"template_{uuid4().hex[:12]}"
    url = create_database(postgres, name)
    prepare(url)
    migrate(url)
    return name


@pytest.fixture(scope="session")
def rules(postgres: Server, template: str) -> str:
    """Address of a database with the rules in it. Tests on it roll back."""
    return create_database(postgres, f"rules_{uuid4().hex[:12]}", template)


@pytest.fixture(scope="session")
def rules_connection(rules: str) -> Iterator[psycopg.Connection[Row]]:
    """One for all tests that roll back: a new one would have to compile every function again."""
    with opened(rules) as connection:
        connection.prepare_threshold = None  # a test may change what a statement answers
        yield connection


@pytest.fixture
def db(rules_connection: psycopg.Connection[Row]) -> Iterator[DbEnv]:
    """Anna's organization and everybody around it; gone when the test ends."""
    try:
        db = DbEnv(rules_connection)
        yield db
        assert db.stranded() == []
    finally:
        rules_connection.rollback()


@pytest.fixture
def own_rules(postgres: Server, rules: str, template: str) -> Iterator[str]:
    """Address of a database like `rules` that this test alone uses and may commit to."""
    name = f"rules_{uuid4().hex}"
    yield create_database(postgres, name, template)
    with psycopg.connect(postgres.url("template1"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def stack(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole product, running, of this test worker's own."""
    data = tmp_path_factory.mktemp("stack")
    clusters.copy_for_stack("real-time", data)
    with Stack(data, durable=False, migrated=True) as stack:
        yield stack


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real one. What a page is to show is waited for as long as a busy machine takes."""
    expect.set_options(timeout=20_000)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def the_env(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Env]:
    """One for all the tests of a worker. Everybody in it is new to each test; its time only goes forward."""
    folder = tmp_path_factory.mktemp("env")
    clusters.copy_for_stack("moved-time", folder / "stack")
    with kit_env.opened(folder) as env:
        yield env


@pytest.fixture
def env(the_env: Env) -> Env:
    """Where nothing is due that another test left, and ЮKassa is in good health."""
    the_env.empty()
    return the_env
