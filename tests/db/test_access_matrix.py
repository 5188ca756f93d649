"""Every table × person × verb, tried for real against a row that exists in each table.

    +  allowed, and there are rows it acts on
    .  allowed to ask, and finds no row (row level security)
    -  refused (no grant)

Four signs a cell: select, insert, update, delete; docs/access.md holds them. The tables are taken from the catalog: a new one
fails here until its line is written there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from kit import access
from kit.db import MEMBERS, DbEnv, hand_in_evidence, notification_of, payment_of, publish_stories, scan_codes
from kit.refused import Refused
from psycopg import sql
from psycopg.types.json import Jsonb

PERSONS = {"viewer": "gleb", "editor": "vera", "admin": "boris", "owner": "anna"}


@pytest.fixture
def full_db(db: DbEnv) -> DbEnv:
    """At least one row in every table."""
    db.rpc("anna", "invite_member", organization_id=db.organization, email="new@example.test", role="viewer")
    held = payment_of(db.checkout(), "waiting_for_capture")
    db.service("receive_notification", payload=notification_of(held))
    db.record(held)
    db.service("start_job", job="payment_sweep")
    hand_in_evidence(db)
    soon = datetime.now(UTC) + timedelta(days=7)
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B", valid_until=soon)
    db.rpc(
        "anna", "request_name_change", organization_id=db.organization, name="Мёд", message="Новая вывеска"
    )
    db.rpc(
        "stranger", "claim_organization", legal_name="ООО «Другая»", message="Это моя",
        inn=db.one("select inn from organizations where id = %s", db.organization)["inn"],
    )  # fmt: skip
    written = db.rpc("anna", "send_support_message", subject="Оплата", message="Не проходит")
    db.rpc("moderator", "answer_support_message", ticket_id=written["ticket_id"], message="Проходит")
    db.service("run_status_expiry")
    publish_stories(db, 1)
    story = db.one("select id from stories where organization_id = %s", db.organization)["id"]
    assert db.rpc("visitor", "record_story_view", story_id=story, visitor="somebody")["counted"]
    scan_codes(db, 1)
    (code,) = db.rpc("vera", "create_qr_codes", organization_id=db.organization, items=[
        {"title": "Мёд", "target_kind": "organization_page"}])  # fmt: skip
    db.query(
        "vera",
        "update qr_codes set target_kind = 'url', target_url = 'https://a.ru' where id = %s",
        code["id"],
    )
    db.service("run_qr_rollup")
    later = datetime.now(UTC) + timedelta(days=13, hours=12)
    assert db.service("run_billing_cycle", as_of=later)["noticed"] == 1
    assert db.charge(later + timedelta(days=1), "canceled") == 1
    paid = db.checkout("subscription")
    db.record(payment_of(paid, "succeeded"))
    db.rpc("moderator", "start_refund", transaction_id=paid["transaction_id"], amount=10, reason="проба")
    db.service(
        "reconcile",
        payments=[payment_of(paid, "succeeded", id="other", metadata={})],
        refunds=Jsonb([]),
        since=soon,
    )
    for person in (*MEMBERS, "moderator", "stranger"):
        db.rpc(person, "set_notification_setting", kind="status_granted", in_app=True, by_email=False)
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
    ]
    with pytest.raises(Refused, match="42501"):
        db.rpc("anna", "organization_buckets")
    db.run("update private.file_buckets set is_removed_with_organization = false where is_public")
    assert db.service("organization_buckets") == ["organization-uploads", "status-evidence"]


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
