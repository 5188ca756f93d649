"""What every test may ask for: a real Postgres with the rules in it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from stack.database import migrate, prepare
from stack.ports import free_port
from stack.postgres import Postgres
from stack.stack import Stack


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A Postgres server of this test worker's own."""
    with Postgres(tmp_path_factory.mktemp("postgres"), free_port(), durable=False) as server:
        yield server


def create_database(server: Postgres, name: str, template: str = "template1") -> str:
    """Make a database and return its address."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    return server.url(name)


@pytest.fixture(scope="session")
def rules(postgres: Postgres) -> str:
    """Address of a database with the platform's schemas and our migrations. Tests on it roll back."""
    create_database(postgres, "rules_template")
    prepare(postgres.url("rules_template"))
    migrate(postgres.url("rules_template"))
    return create_database(postgres, "rules", "rules_template")


@pytest.fixture
def own_rules(postgres: Postgres, rules: str) -> Iterator[str]:
    """Address of a database like `rules` that this test alone uses and may commit to."""
    name = f"rules_{uuid4().hex}"
    yield create_database(postgres, name, "rules_template")
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole product, running, of this test worker's own."""
    with Stack(tmp_path_factory.mktemp("stack"), durable=False) as stack:
        yield stack
