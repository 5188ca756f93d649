"""The living platform that a first start brings: what the rules made of a year, and that nothing of the moved clock is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from billing_books import audit
from bootstrap import ROOT
from kit.people import Person, service, visitor
from kit.waiting import until
from psycopg.rows import dict_row
from stack.demo import PASSWORD
from stack.stack import Stack

PARTS = {"postgres", "api", "mail", "yookassa", "functions"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One whose first start was killed in the middle of the year."""
    data = tmp_path_factory.mktemp("demo")
    command = [
        *(sys.executable, "-c"),
        "import sys; sys.path.insert(0, 'scripts'); from pathlib import Path; from stack.stack import Stack;"
        f"Stack(Path(sys.argv[1]), durable=False, fill='platform', only={PARTS!r}).start()",
        str(data),
    ]
    first = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    until(lambda: paid(data) > 3, patience=120)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    with Stack(data, durable=False, fill="platform", only=PARTS) as stack:
        yield stack


def paid(data: Path) -> int:
    """How many payments ЮKassa's book has so far."""
    import sqlite3

    book = data / "yookassa" / "simulator.sqlite"
    try:
        with sqlite3.connect(f"file:{book}?mode=ro", uri=True) as connection:
            return int(connection.execute("select count(*) from payments").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with psycopg.connect(
        str(stack.addresses.database_url), autocommit=True, row_factory=dict_row
    ) as connection:
        yield connection


def page(stack: Stack, slug: str) -> dict[str, Any]:
    found: dict[str, Any] = visitor(stack.addresses).rpc("get_organization_page", slug=slug)
    return found


def signed_in(stack: Stack, name: str) -> Person:
    email = f"{name}@example.test"
    answer = httpx.post(
        f"{stack.addresses.api}/auth/v1/token?grant_type=password",
        headers={"apikey": stack.addresses.publishable_key},
        json={"email": email, "password": PASSWORD},
    ).json()
    return Person(
        name,
        stack.addresses.api,
        stack.addresses.publishable_key,
        email,
        answer["user"]["id"],
        answer["access_token"],
    )


def test_four_producers_are_where_a_year_has_brought_them(stack: Stack) -> None:
    levels = {
        slug: page(stack, slug)["status"]["level"]
        for slug in ("medovy-kray", "bely-ruchey", "lavanda", "ivan-chay")
    }
    assert levels == {"medovy-kray": "C", "bely-ruchey": "A", "lavanda": "A", "ivan-chay": "0"}


def test_nothing_of_the_moved_clock_is_left(
    stack: Stack, database: psycopg.Connection[dict[str, Any]]
) -> None:
    (row,) = database.execute(
        "select now() as now, pg_catalog.machine_now() as machine, to_regnamespace('rehearsal') as leftover"
    ).fetchall()
    assert row["now"] == row["machine"]
    assert row["leftover"] is None
    assert abs(datetime.now(UTC) - row["now"]) < timedelta(minutes=1)
    clock = httpx.get(f"{stack.addresses.yookassa}/simulator/clock").json()
    assert clock["offset_seconds"] == 0


def test_the_books_of_the_year_agree(stack: Stack, database: psycopg.Connection[dict[str, Any]]) -> None:
    assert not database.execute("select * from private.stranded_subscriptions(now())").fetchall()
    books = audit(stack.data / "yookassa", database, datetime.now(UTC))
    waiting_for_a_moderator = 1000
    assert books.taken == books.recorded + waiting_for_a_moderator > 100_000


def test_there_is_something_to_do_for_a_moderator(stack: Stack) -> None:
    platform = service(stack.addresses)
    waiting = {
        table: len(platform.get(table, status="eq.pending"))
        for table in ("status_upgrade_requests", "name_change_requests")
    }
    assert waiting == {"status_upgrade_requests": 1, "name_change_requests": 1}
    assert len(platform.get("payment_transactions", status="eq.quarantined")) == 1
    assert len(signed_in(stack, "moderator").rpc("moderation_queue")["items"]) == 1


def test_scans_of_ninety_days_are_folded(stack: Stack) -> None:
    anna = signed_in(stack, "anna")
    (honey,) = anna.get("organizations", slug="eq.medovy-kray")
    days = anna.rpc("organization_qr_timeline", organization_id=honey["id"], period="90d")
    assert sum(day["hits"] for day in days) > 1000
    assert 0 < sum(day["unique_visitors"] for day in days) < sum(day["scans"] for day in days)
