"""What the simulator remembers: one SQLite file, one connection, committed before anything is answered.

Objects of the API are kept as the JSON that is shown, beside the few columns that are searched by. WAL with
`synchronous=NORMAL` survives the death of the process (not of the machine), which is what a simulator needs.
All access is from the one event loop, and no transaction ever awaits: so transactions are serial by nature.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Row = sqlite3.Row

SCHEMA = """
create table if not exists settings (name text primary key, value text not null);
create table if not exists payments (
  number integer primary key, id text not null unique, status text not null, created_ms integer not null,
  captured_ms integer, method_type text, deadline_ms integer, object text not null, intent text not null);
create index if not exists payments_deadline on payments (deadline_ms) where deadline_ms is not null;
create index if not exists payments_created on payments (created_ms, number);
create index if not exists payments_payer on payments (json_extract(object, '$.metadata.organization_id'), number);
create table if not exists payment_methods (
  number integer primary key, id text not null unique, status text not null, deadline_ms integer,
  object text not null, intent text not null);
create index if not exists payment_methods_deadline on payment_methods (deadline_ms)
  where deadline_ms is not null;
create table if not exists refunds (
  number integer primary key, id text not null unique, payment_id text not null, status text not null,
  created_ms integer not null, object text not null);
create index if not exists refunds_payment on refunds (payment_id);
create table if not exists receipts (
  number integer primary key, id text not null unique, payment_id text, refund_id text, status text not null,
  created_ms integer not null, deadline_ms integer, object text not null);
create index if not exists receipts_deadline on receipts (deadline_ms) where deadline_ms is not null;
create table if not exists idempotence (
  key text primary key, fingerprint text not null, created_ms integer not null, answer blob not null);
create table if not exists notifications (
  id integer primary key, event text not null, object_id text not null, payload text not null,
  state text not null, created_ms integer not null, next_ms integer, attempts integer not null default 0,
  after_id integer, rule_id integer, sender_ip text, forged text);
create index if not exists notifications_due on notifications (next_ms) where state = 'waiting';
create table if not exists deliveries (
  id integer primary key, notification_id integer not null, attempted_ms integer not null,
  status integer, error text, seconds real not null);
create index if not exists deliveries_notification on deliveries (notification_id);
create table if not exists rules (id integer primary key, rule text not null, remaining integer not null);
create table if not exists faults (id integer primary key, fault text not null, remaining integer not null);
"""

TABLES = (
    "settings",
    "payments",
    "payment_methods",
    "refunds",
    "receipts",
    "idempotence",
    "notifications",
    "deliveries",
    "rules",
    "faults",
)


class Store:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(
            folder / "simulator.sqlite", isolation_level=None, cached_statements=256
        )
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("pragma journal_mode = wal")
        self.connection.execute("pragma synchronous = normal")
        self.connection.executescript(SCHEMA)

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; inside another transaction it simply joins it."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def run(self, sql: str, *values: Any) -> int:
        """Execute a statement; the answer is the last inserted row's number."""
        return self.connection.execute(sql, values).lastrowid or 0

    def rows(self, sql: str, *values: Any) -> list[Row]:
        return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        found: Row | None = self.connection.execute(sql, values).fetchone()
        return found

    def value(self, sql: str, *values: Any) -> Any:
        found = self.row(sql, *values)
        return None if found is None else found[0]

    def clear(self, keep: tuple[str, ...] = ()) -> None:
        with self.transaction():
            for table in TABLES:
                if table not in keep:
                    self.run(f"delete from {table}")  # noqa: S608  (names are our own constants)


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def load(text: str) -> Json:
    value: Json = json.loads(text)
    return value
