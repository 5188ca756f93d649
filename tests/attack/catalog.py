"""What there is to attack, as the database knows it: whatever is added later is in here by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kit.db import DbEnv


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    is_required: bool
    """Whether an insert has to name it."""
    is_generated: bool
    """Whether the database alone writes it, whoever asks."""


@dataclass(frozen=True)
class Table:
    name: str
    columns: list[Column]
    key: list[str]
    neighbours: list[str]
    """What it can be embedded with: the tables at both ends of its foreign keys, and how they are told apart."""

    @cached_property
    def written(self) -> list[Column]:
        """The columns that a request may name at all."""
        return [column for column in self.columns if not column.is_generated]


@dataclass(frozen=True)
class Rpc:
    name: str
    arguments: dict[str, str]
    """Name to type."""
    words: dict[str, list[str]] = field(default_factory=dict)
    """Words of the arguments that are enums."""


def tables(db: DbEnv) -> list[Table]:
    """Every table and view of `public`."""
    rows = db.rows(
        """
        select c.relname as name,
          (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null),
              'is_required', a.attnotnull and not a.atthasdef and a.attidentity = '',
              'is_generated', a.attidentity = 'a' or a.attgenerated <> '') order by a.attnum)
            from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
          coalesce((select json_agg(a.attname order by a.attnum)
            from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
            where i.indrelid = c.oid and i.indisprimary), '[]') as key,
          coalesce((select json_agg(distinct f.neighbour) from (
            select k.confrelid::regclass::text || '!' || k.conname as neighbour from pg_constraint k
              where k.contype = 'f' and k.conrelid = c.oid and k.confrelid in (select oid from pg_class where relnamespace = c.relnamespace)
            union all
            select k.conrelid::regclass::text || '!' || k.conname from pg_constraint k
              where k.contype = 'f' and k.confrelid = c.oid and k.conrelid <> c.oid
                and k.conrelid in (select oid from pg_class where relnamespace = c.relnamespace)
          ) as f), '[]') as neighbours
        from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
        order by c.relname
        """
    )
    return [
        Table(
            row["name"],
            [Column(**column) for column in row["columns"]],
            row["key"],
            [neighbour.removeprefix("public.") for neighbour in row["neighbours"]],
        )
        for row in rows
    ]


def rpcs(db: DbEnv) -> list[Rpc]:
    """Every function of `public`."""
    rows = db.rows(
        """
        select p.proname as name,
          coalesce((select json_agg(json_build_array(a.name, format_type(a.type, null)) order by a.place)
            from unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) with ordinality as a (name, type, place)), '[]') as arguments,
          coalesce((select json_object_agg(format_type(e.enumtypid, null), e.words)
            from (select enumtypid, json_agg(enumlabel order by enumsortorder) as words from pg_enum group by enumtypid) as e
            where e.enumtypid = any (p.proargtypes::oid[])), '{}') as words
        from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
        order by p.proname
        """
    )
    return [Rpc(row["name"], dict(row["arguments"]), row["words"]) for row in rows]


def state(db: DbEnv) -> dict[tuple[str, str], dict[str, Any]]:
    """Every row of every table, and of accounts and files, by table and key."""
    found = db.rows(
        "select c.oid::regclass::text as name, coalesce((select array_agg(a.attname::text) from pg_index i"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey) where i.indrelid = c.oid and i.indisprimary), '{}') as key"
        " from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition"
    )
    keys = {row["name"]: row["key"] for row in found}
    queries = [f"select '{name}' as name, to_jsonb(t) as row from {name} t" for name in keys]
    queries += [
        "select 'auth.users', to_jsonb(u) - '{last_sign_in_at,updated_at}'::text[] from auth.users u",
        "select 'storage.objects', to_jsonb(o) - '{last_accessed_at,updated_at}'::text[] from storage.objects o",
        "select 'storage.buckets', to_jsonb(b) from storage.buckets b",
    ]
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for found_row in db.rows(" union all ".join(queries)):
        name, row = found_row["name"], found_row["row"]
        key = ",".join(str(row[column]) for column in keys.get(name) or ["id"])
        rows[name.removeprefix("public."), key] = row
    return rows
