"""Two organizations in one database, to each of which everything has happened: a victim, and who attacks it.

Everybody signs up at the API. What the attackers have nothing to do with is the victim's: its rows, and every uuid and text in
them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
from attack import catalog
from bootstrap import ROOT
from kit import people
from kit.db import MEMBERS, DbEnv, Row
from kit.full import fill
from kit.people import Person
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from stack.credentials import Credentials
from stack.parts import Addresses
from stack.stack import Stack

Key = tuple[str, str]
MOMENT = re.compile(r"\d{4}-\d\d-\d\d")
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
OUTSIDERS = (
    "visitor",
    "stranger",
    "viewer of another",
    "editor of another",
    "admin of another",
    "owner of another",
)
INSIDERS = ("viewer", "editor", "admin", "owner")
EVERYBODY = (*OUTSIDERS, *INSIDERS, "moderator")
ROLES = {role: name for name, role in MEMBERS.items()}
SHOWN = {"slug", "name", "legal_name", "inn"}
"""Of an organization, whoever asks its page: public from the first level on, published or not."""


class Finding(NamedTuple):
    """Something that must not be: `what` happened at `where` when `who` asked."""

    where: str
    who: str
    what: str


class Change(NamedTuple):
    """Something of the victim's that is no longer as it was."""

    table: str
    verb: str
    row: Row
    columns: frozenset[str] = frozenset()


class Side(DbEnv):
    """An organization to which everything has happened, and its people with their sessions."""

    def __init__(self, site: Addresses, connection: psycopg.Connection[Row]) -> None:
        self.site = site
        self.people: dict[str, Person] = {}
        super().__init__(connection)
        fill(self)

    def sign_up(self, name: str, email: str | None = None) -> UUID:
        self.people[name] = people.sign_up(self.site, name.title())
        return UUID(self.people[name].user_id)

    def member(self, role: str) -> Person:
        return self.people[ROLES[role]]


@dataclass
class Scene:
    site: Addresses
    credentials: Credentials
    secrets: list[str]
    """What no answer may hold: keys, passwords, and where the database is."""
    rival: Side
    victim: Side
    rows: dict[Key, Row]
    """The victim's rows, and those that are nobody's."""
    theirs: dict[Key, Row]
    """The attackers'."""
    marks: frozenset[str]
    """What stands in the victim's rows and nowhere else."""
    shown: frozenset[str]
    """Of those, what buyers are shown."""

    def person(self, who: str) -> Person:
        if who == "visitor":
            return people.visitor(self.site)
        if who in ("stranger", "moderator"):
            return self.rival.people[who]
        side = self.rival if who.endswith(" of another") else self.victim
        return side.member(who.removesuffix(" of another"))

    def state(self) -> dict[Key, Row]:
        return catalog.state(self.victim)

    def changes(self, before: Mapping[Key, Row]) -> Iterator[Change]:
        """What has happened to the victim's rows since."""
        now = self.state()
        for key in self.rows.keys() & before.keys():
            old, new = before[key], now.get(key)
            if new is None:
                yield Change(key[0], "delete", old)
            elif columns := {name for name in old if new.get(name) != old[name]}:
                yield Change(key[0], "update", old, frozenset(columns))
        for key in now.keys() - before.keys():
            if self.marks_in(text_of(now[key])):
                yield Change(key[0], "insert", now[key])

    def marks_in(self, text: str, but: str = "") -> list[str]:
        """Which of the victim's marks stand in a text, those that stand in `but` apart."""
        found = set(UUIDS.findall(text)) & self.marks
        found |= {mark for mark in self._words if mark in text}
        return sorted(mark for mark in found if mark not in but)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(mark for mark in self.marks if not UUIDS.fullmatch(mark))


@contextmanager
def played(stack: Stack) -> Iterator[Scene]:
    """A new scene on this stack."""
    site = stack.addresses
    assert site.database_url
    with psycopg.connect(site.database_url, autocommit=True, row_factory=dict_row) as connection:
        connection.prepare_threshold = None  # the same statement answers more once a hole is planted
        for role in ("anon", "authenticated"):  # what is slow on a busy machine is no accident
            connection.execute(f"alter role {role} set statement_timeout = '60s'".encode())
        connection.execute("notify pgrst, 'reload schema'")
        rival = Side(site, connection)
        known = catalog.state(rival)  # what was there before either of them: plans, criteria, earlier scenes
        seeds = {str(rival.organization), *map(str, rival.ids.values())}
        victim = Side(site, connection)
        hide(victim)
        rows = catalog.state(victim)
        theirs = mentioning(seeds, rows)
        its = {key: row for key, row in rows.items() if key not in known and key not in theirs}
        others = "\n".join(text_of(row) for key, row in rows.items() if key not in its)
        marks = {
            mark
            for row in its.values()
            for mark in (*UUIDS.findall(text_of(row)), *words(row))
            if mark not in others
        }
        organization = rows["organizations", str(victim.organization)]
        yield Scene(
            site=site,
            credentials=stack.credentials,
            secrets=secrets_of(stack),
            rival=rival,
            victim=victim,
            rows=its,
            theirs={key: rows[key] for key in theirs},
            marks=frozenset(marks),
            shown=frozenset({str(victim.organization), *(organization[name] for name in SHOWN)}),
        )


def hide(side: Side) -> None:
    """Buyers are to see no more of it than they must; what they are not to see is nobody else's."""
    with side.connection.transaction():
        side.run(
            "set local session_replication_role = replica"
        )  # rules of how a story ceases to be published
        side.run(
            "update public.organizations set is_published = false, description = %s, category = %s, region = %s,"
            " website_url = %s, contacts = %s where id = %s",
            *(f"спрятано-{uuid4().hex}" for _ in range(3)), f"https://{uuid4().hex}.example",
            Jsonb({"email": f"{uuid4().hex}@example.test"}), side.organization,
        )  # fmt: skip
        side.run(
            "update public.stories set status = 'draft', published_at = null, title = %s where organization_id = %s",
            f"спрятано-{uuid4().hex}", side.organization,
        )  # fmt: skip


def mentioning(ids: set[str], rows: Mapping[Key, Row]) -> set[Key]:
    """The rows that name one of these, or a row that does, and so on."""
    found, ids = set[Key](), set(ids)
    while more := {
        key
        for key, row in rows.items()
        if key not in found and not ids.isdisjoint(UUIDS.findall(text_of(row)))
    }:
        found |= more
        ids |= {str(rows[key]["id"]) for key in more if "id" in rows[key]}
    return found


def text_of(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, default=str)


def words(value: object) -> Iterator[str]:
    """The texts in a row that are long enough to be known again, moments apart: buyers are told of some."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from words(part)
    elif isinstance(value, str) and len(value) >= 12 and not MOMENT.match(value):
        yield value


def secrets_of(stack: Stack) -> list[str]:
    database = urlsplit(str(stack.addresses.database_url))
    public = {"publishable_key", "shop_id"}
    kept = [value for name, value in asdict(stack.credentials).items() if name not in public]
    return [*kept, str(database.password), f":{database.port}", "postgresql://", str(ROOT), "node_modules"]
