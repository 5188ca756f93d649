"""Every table × person × verb, tried for real against a row that exists in each table.

    +  allowed, and there are rows it acts on
    .  allowed to ask, and finds no row (row level security)
    -  refused (no grant)

Four signs a cell: select, insert, update, delete; docs/access.md holds them. The tables are taken from the catalog: a new one
fails here until its line is written there.
"""

from __future__ import annotations

import pytest
from kit import access, full
from kit.db import DbEnv
from kit.refused import Refused
from psycopg import sql

PERSONS = {"viewer": "gleb", "editor": "vera", "admin": "boris", "owner": "anna"}


@pytest.fixture
def full_db(db: DbEnv) -> DbEnv:
    """At least one row in every table."""
    full.fill(db)
    return db


def sign(db: DbEnv, person: str, table: str, verb: str, columns: list[str]) -> str:
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
            with db.connection.transaction(force_rollback=True):
                (row,) = db.query(person, statement.as_string(db.connection))
            signs.add("+" if row["count"] else ".")
        except Refused as refusal:
            # any other refusal means that the grant was there: a constraint, a trigger or a policy spoke
            signs.add("-" if refusal.sqlstate == "42501" and "permission denied" in refusal.code else "+")
    return next(candidate for candidate in "+.-" if candidate in signs)


def test_the_matrix(full_db: DbEnv) -> None:
    db = full_db
    header, *expected = access.TABLES.splitlines()
    persons = header.split()
    tables = [
        row["name"]
        for row in db.rows(
            "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v') order by 1"
        )
    ]
    actual = [header]
    for table in tables:
        assert db.one(sql.SQL("select count(*) from {}").format(sql.Identifier("public", table)).as_string(db.connection))["count"], f"{table} is empty"  # fmt: skip
        columns = [
            row["name"]
            for row in db.rows(
                "select attname as name from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
                " and attgenerated = '' and attidentity = ''", f"public.{table}",
            )
        ]  # fmt: skip
        line = table.ljust(header.index(persons[0]))
        for place, person in enumerate(persons):
            cell = "".join(
                sign(db, PERSONS.get(person, person), table, verb, columns)
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


def test_exactly_these_columns_are_written(db: DbEnv) -> None:
    granted: dict[tuple[str, str], set[str]] = {}
    for row in db.rows(
        "select table_name, lower(privilege_type) as verb, column_name from information_schema.column_privileges"
        " where table_schema = 'public' and grantee in ('anon', 'authenticated') and privilege_type in ('INSERT', 'UPDATE')"
    ):
        granted.setdefault((row["table_name"], row["verb"]), set()).add(row["column_name"])
    assert granted == access.columns()


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
    full_db: DbEnv, table: str
) -> None:
    db = full_db
    others = db.organization
    db.found("stranger")
    seen = db.query("stranger", f"select organization_id from {table}")
    assert others not in {row["organization_id"] for row in seen}


def test_the_buckets(full_db: DbEnv) -> None:
    """Two signs a cell: may upload into the organization's folder, may read what lies there."""
    db = full_db
    header, *expected = access.BUCKETS.splitlines()
    actual = [header]
    for bucket in (line.split()[0] for line in expected):
        name = f"{db.organization}/there.pdf"
        db.run("insert into storage.objects (bucket_id, name) values (%s, %s)", bucket, name)
        line = bucket.ljust(header.index("visitor"))
        persons = header.split()
        for place, person in enumerate(persons):
            who = PERSONS.get(person, person)
            upload = "insert into storage.objects (bucket_id, name) values (%s, %s)"
            try:
                with db.connection.transaction(force_rollback=True):
                    db.query(who, upload, bucket, f"{db.organization}/new.pdf")
                cell = "+"
            except Refused as refusal:
                cell = "-" if refusal.sqlstate == "42501" else refusal.sqlstate
            cell += (
                "+"
                if db.query(
                    who, "select id from storage.objects where name = %s and bucket_id = %s", name, bucket
                )
                else "-"
            )
            width = header.index(persons[place + 1]) - header.index(person) if place + 1 < len(persons) else 2
            line += cell.ljust(width)
        actual.append(line)
    assert "\n".join(actual) == "\n".join([header, *expected])


def test_storage_has_the_buckets_of_the_one_list(db: DbEnv) -> None:
    ours = "select id, is_public, max_bytes, content_types from private.file_buckets order by id"
    storages = "select id, public, file_size_limit, allowed_mime_types from storage.buckets order by id"
    rows = [tuple(row.values()) for row in db.rows(ours)]
    assert rows == [tuple(row.values()) for row in db.rows(storages)]
    listed = [line.split()[0] for line in access.BUCKETS.splitlines()[1:]]
    assert sorted(listed) == [row[0] for row in rows], "each bucket has its line in the matrix"


def test_what_goes_with_an_organization_is_asked_by_the_service_key(db: DbEnv) -> None:
    assert db.service("organization_buckets") == [
        "organization-logos",
        "organization-uploads",
        "status-evidence",
        "story-media",
        "story-uploads",
    ]
    with pytest.raises(Refused, match="42501"):
        db.rpc("anna", "organization_buckets")
    db.run("update private.file_buckets set is_removed_with_organization = false where is_public")
    assert "organization-logos" not in db.service("organization_buckets")


def test_a_new_bucket_is_one_row(db: DbEnv) -> None:
    db.run(
        "insert into private.file_buckets (id, max_bytes, content_types, uploads_from, read_from)"
        " values ('recipes', 1000, '{text/plain}', 'editor', 'viewer')"
    )
    upload = "insert into storage.objects (bucket_id, name) values ('recipes', %s)"
    name = f"{db.organization}/honey.txt"
    db.run("insert into storage.buckets (id, name) values ('recipes', 'recipes')")
    db.query("vera", upload, name)
    with pytest.raises(Refused, match="42501"):
        db.query("gleb", upload, f"{db.organization}/more.txt")
    seen = "select id from storage.objects where name = %s"
    assert [len(db.query(who, seen, name)) for who in ("gleb", "stranger", "moderator")] == [1, 0, 0]
    assert "recipes" in db.service("organization_buckets")


def test_nobody_uploads_into_the_folder_of_others(full_db: DbEnv) -> None:
    db = full_db
    for folder in (str(db.found("stranger")), "", "..", str(db.ids["anna"])):
        with pytest.raises(Refused, match="42501"):
            db.query(
                "anna",
                "insert into storage.objects (bucket_id, name) values ('status-evidence', %s)",
                f"{folder}/x.pdf",
            )
