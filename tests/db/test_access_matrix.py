"""Every table × person × verb, tried for real against a row that exists in each table.

    +  allowed, and there are rows it acts on
    .  allowed to ask, and finds no row (row level security)
    -  refused (no grant)

Four signs a cell: select, insert, update, delete. The tables are taken from the catalog: a new one fails here
until its line is written.
"""

from __future__ import annotations

import pytest
from db.world import Refused, World, notification_of, payment_of
from psycopg import sql

EXPECTED = """
                             visitor  stranger  viewer  editor  admin  owner  moderator  service
job_runs                     ----     .---      .---    .---    .---   .---   +---       +---
organization_invitations     ----     .---      .---    .---    +---   +---   .---       +---
organization_members         ----     .---      +---    +---    +---   +---   +---       +---
organization_settings        ----     .-.-      +-.-    +-.-    +-+-   +-+-   .-.-       +---
organization_status_levels   ----     .---      +---    +---    +---   +---   +---       +---
organizations                +---     +-.-      +-.-    +-.-    +-+-   +-+-   +-.-       +---
payment_methods              ----     .---      .---    .---    +---   +---   .---       +---
payment_transactions         ----     .---      .---    .---    +---   +---   +---       +---
payment_webhooks_log         ----     .---      .---    .---    .---   .---   +---       +---
platform_admins              ----     .---      .---    .---    .---   .---   +---       +---
profiles                     ----     +-+-      +-+-    +-+-    +-+-   +-+-   +-+-       +---
status_level_events          ----     .---      +---    +---    +---   +---   +---       +---
subscription_plans           +---     +---      +---    +---    +---   +---   +---       +---
subscriptions                ----     .---      +---    +---    +---   +---   +---       +---
"""
PERSONS = {"viewer": "gleb", "editor": "vera", "admin": "boris", "owner": "anna"}


@pytest.fixture
def full_world(world: World) -> World:
    """At least one row in every table."""
    world.door(
        "anna", "invite_member", organization_id=world.organization, email="new@example.test", role="viewer"
    )
    held = payment_of(world.checkout(), "waiting_for_capture")
    world.service("receive_notification", payload=notification_of(held))
    world.record(held)
    world.service("start_job", job="payment_sweep")
    return world


def sign(world: World, person: str, table: str, verb: str, columns: list[str]) -> str:
    """What happens when this person does this to this table; nothing of it stays."""
    statements = {
        "select": ["select count(*) from public.{table}"],
        "insert": ["insert into public.{table} default values"],
        "update": ["update public.{table} set {column} = {column}" for _ in columns],
        "delete": ["delete from public.{table}"],
    }[verb]
    signs = set()
    for place, template in enumerate(statements):
        statement = sql.SQL(template).format(
            table=sql.Identifier(table), column=sql.Identifier(columns[place % len(columns)])
        )
        try:
            with world.connection.transaction(force_rollback=True):
                (row,) = world.query(person, statement.as_string(world.connection))
            signs.add("+" if row["count"] else ".")
        except Refused as refusal:
            # any other refusal means that the grant was there: a constraint, a trigger or a policy spoke
            signs.add("-" if refusal.sqlstate == "42501" and "permission denied" in refusal.code else "+")
    return next(candidate for candidate in "+.-" if candidate in signs)


def test_the_matrix(full_world: World) -> None:
    world = full_world
    header, *expected = EXPECTED.strip("\n").splitlines()
    persons = header.split()
    tables = [
        row["name"]
        for row in world.rows(
            "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') order by 1"
        )
    ]
    actual = [header]
    for table in tables:
        assert world.one(sql.SQL("select count(*) from {}").format(sql.Identifier("public", table)).as_string(world.connection))["count"], f"{table} is empty"  # fmt: skip
        columns = [
            row["name"]
            for row in world.rows(
                "select attname as name from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
                " and attgenerated = '' and attidentity = ''", f"public.{table}",
            )
        ]  # fmt: skip
        line = table.ljust(header.index(persons[0]))
        for place, person in enumerate(persons):
            cell = "".join(
                sign(world, PERSONS.get(person, person), table, verb, columns)
                for verb in ("select", "insert", "update", "delete")
            )
            width = (
                header.index(persons[place + 1]) - header.index(person)
                if place + 1 < len(persons)
                else len(cell)
            )
            line += cell.ljust(width)
        actual.append(line.rstrip())
    assert "\n".join(actual) == "\n".join([header, *expected])


@pytest.mark.parametrize(
    "table",
    [
        "organization_settings",
        "organization_members",
        "payment_methods",
        "payment_transactions",
        "subscriptions",
    ],
)
def test_a_stranger_with_an_organization_of_their_own_sees_nothing_of_others(
    full_world: World, table: str
) -> None:
    world = full_world
    others = world.organization
    world.found("stranger")
    seen = world.query("stranger", f"select organization_id from {table}")
    assert others not in {row["organization_id"] for row in seen}
