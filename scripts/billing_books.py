"""Three books of the same money: what ЮKassa took, what periods cost, what the levels say; and how they differ.

ЮKassa's book is read from the simulator's own file, ours from the ledger of value (subscription_periods) and nothing else,
and the third from the history of the levels alone: for every day that an organization showed a level by a subscription there
must have been a trial, a paid period or grace, and for every paid period the level must have been shown. Whether the
transactions tell the same as the ledger is looked at, too.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

Row = dict[str, Any]
GRACE = timedelta(days=14)
A_JOB_LATE = timedelta(days=2, hours=1)
"""In a rehearsal the hourly job comes once a day; what ends, ends when it comes."""
PERIODS = {"month": (timedelta(days=27, hours=22), timedelta(days=31, hours=2)),
           "year": (timedelta(days=364, hours=22), timedelta(days=366, hours=2))}  # fmt: skip


@dataclass
class Books:
    """What each book says, in roubles, and everything that does not agree, in words."""

    payments: int = 0
    taken: Decimal = Decimal(0)
    """By ЮKassa, less what it gave back."""
    given_back: Decimal = Decimal(0)
    recorded: Decimal = Decimal(0)
    """By us, less what we gave back."""
    shown: Decimal = Decimal(0)
    """Of what we recorded: that for which a level was shown."""
    periods: int = 0
    doubled: int = 0
    missed: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def agree(self) -> bool:
        return self.taken == self.recorded == self.shown and not (self.doubled or self.missed or self.wrong)


def audit(
    yookassa: Path, database: psycopg.Connection[Row], now: datetime, paused: timedelta = timedelta(0)
) -> Books:
    """Hold the books against each other. `yookassa`: the simulator's folder. Everything must have come to rest.

    `paused`: how long our jobs stood still at most; such a time is nobody's period.
    """
    books = Books()
    payments = of_yookassa(yookassa, books)
    periods = of_ours(database, books)
    compare(payments, periods, books)
    compare_value(database, periods, books)
    shown = levels(database, now)
    compare_levels(database, periods, shown, now, paused, books)
    return books


def of_yookassa(folder: Path, books: Books) -> dict[str, Decimal]:
    """What ЮKassa kept of each payment, by its id."""
    with sqlite3.connect(f"file:{folder / 'simulator.sqlite'}?mode=ro", uri=True) as connection:
        payments = [json.loads(text) for (text,) in connection.execute("select object from payments")]
    kept = {}
    for payment in payments:
        if payment["status"] in ("pending", "waiting_for_capture"):
            books.wrong.append(f"ЮKassa's payment {payment['id']} is still {payment['status']}")
        if payment["status"] == "succeeded":
            back = Decimal(payment["refunded_amount"]["value"])
            kept[payment["id"]] = Decimal(payment["amount"]["value"]) - back
            books.given_back += back
    books.payments = len(kept)
    books.taken = sum(kept.values(), Decimal(0))
    return kept


def of_ours(database: psycopg.Connection[Row], books: Books) -> list[Row]:
    """The periods that money was taken for, in their order; each with what is kept of it."""
    open_ones = database.execute(
        "select (select count(*) from public.payment_transactions where next_check_at is not null)"
        " + (select count(*) from public.payment_refunds where status in ('created', 'pending'))"
        " + (select count(*) from public.payment_webhooks_log where status = 'received') as open"
    ).fetchone()
    if open_ones and open_ones["open"]:
        books.wrong.append(f"{open_ones['open']} things never came to their end")
    periods = database.execute(
        "select v.*, v.paid - v.refunded as kept, p.period, p.level, t.kind, t.yookassa_payment_id"
        " from public.subscription_periods v"
        " join public.payment_transactions t on t.id = v.transaction_id"
        " join public.subscription_plans p on p.id = v.plan_id"
        " order by v.subscription_id, v.began_at, v.ended_at nulls last"
    ).fetchall()
    books.recorded = sum((row["kept"] for row in periods), Decimal(0))
    return periods


def compare(payments: dict[str, Decimal], periods: list[Row], books: Books) -> None:
    """ЮKassa's book against ours, payment by payment: what has no period, nothing is kept of."""
    ours = {row["yookassa_payment_id"]: row["kept"] for row in periods}
    for payment_id in payments.keys() | ours.keys():
        if payments.get(payment_id, Decimal(0)) != ours.get(payment_id, Decimal(0)):
            books.wrong.append(
                f"{payment_id}: ЮKassa kept {payments.get(payment_id)}, the ledger says {ours.get(payment_id)}"
            )
    seen = set()
    for row in periods:
        period = (row["subscription_id"], row["began_at"])
        books.periods += 1
        books.doubled += period in seen
        seen.add(period)


def compare_value(database: psycopg.Connection[Row], periods: list[Row], books: Books) -> None:
    """The ledger by itself and against the transactions: each rouble is kept or returned, each credit came from a period."""
    by_id = {row["transaction_id"]: row for row in periods}
    transactions = {
        row["id"]: row
        for row in database.execute(
            "select id, status, paid_amount - refunded_amount as kept from public.payment_transactions"
            " where status in ('succeeded', 'quarantined')"
        )
    }
    for id, row in transactions.items():
        if row["status"] == "quarantined" and row["kept"]:
            books.wrong.append(f"{id}: money for nothing was not given back")
        if (row["status"] == "succeeded") != (id in by_id):
            books.wrong.append(f"{id}: a {row['status']} payment, and {'a' if id in by_id else 'no'} period")
    books.wrong += [f"{id}: a period that nobody paid" for id in by_id.keys() - transactions.keys()]
    for id, period in by_id.items():
        if period["refunding"] or (id in transactions and transactions[id]["kept"] != period["kept"]):
            books.wrong.append(f"{id}: the ledger kept {period['kept']}, its payment says otherwise")
        before = by_id.get(period["credited_from"])
        if (before["credited"] if before else Decimal(0)) != period["credit"]:
            books.wrong.append(f"{id}: credited {period['credit']}, which came from nowhere")
    if sum(row["credit"] for row in periods) != sum(row["credited"] for row in periods):
        books.wrong.append("credits that became nothing")
    for earlier, later in pairwise(periods):
        if earlier["subscription_id"] == later["subscription_id"] and not (
            earlier["ended_at"] and earlier["ended_at"] == min(earlier["ends_at"], later["began_at"])
        ):
            books.wrong.append(f"{earlier['transaction_id']}: a period that runs into the next")
    (stranded,) = database.execute("select count(*) from private.stranded_subscriptions('infinity')")
    if stranded["count"]:
        books.wrong.append(f"{stranded['count']} live subscriptions that nothing will ever move")


def levels(
    database: psycopg.Connection[Row], now: datetime
) -> dict[tuple[Any, str], list[tuple[datetime, datetime]]]:
    """When which organization showed which level, by the history alone: (organization, level) → spans."""
    spans: dict[tuple[Any, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    since: dict[tuple[Any, str], datetime] = {}
    for event in database.execute("select * from public.status_level_events order by id"):
        key = (event["organization_id"], event["level"])
        if event["action"] == "granted":
            since[key] = event["occurred_at"]
        elif event["action"] in ("revoked", "expired", "superseded") and key in since:
            spans[key].append((since.pop(key), event["occurred_at"]))
    for key, start in since.items():
        spans[key].append((start, now))
    return spans


def compare_levels(
    database: psycopg.Connection[Row],
    periods: list[Row],
    shown: dict[tuple[Any, str], list[tuple[datetime, datetime]]],
    now: datetime,
    paused: timedelta,
    books: Books,
) -> None:
    """The levels against the ledger, both ways."""
    late = A_JOB_LATE + paused
    by_subscription: dict[Any, list[Row]] = defaultdict(list)
    for row in periods:
        by_subscription[row["subscription_id"]].append(row)
    paid_until: dict[Any, datetime] = {}
    earned: dict[tuple[Any, str], list[tuple[datetime, datetime]]] = defaultdict(list)

    subscriptions = database.execute("select * from public.subscriptions order by created_at").fetchall()
    for subscription in subscriptions:
        paid = by_subscription.pop(subscription["id"], [])
        for earlier, later in pairwise(paid):
            shortest, longest = PERIODS[earlier["period"]]
            gap = later["began_at"] - earlier["began_at"]
            longest += timedelta(days=earlier["bonus_days"])
            if (
                paused
            ):  # in grace, too: then the period begins with the charge, and not where the last one ended
                longest += paused + GRACE
            if later["kind"] == "plan_change":  # paid on the day the period was over, before the job came
                longest += late
            if gap > longest or (later["kind"] == "renewal" and gap < shortest):
                books.missed += 1
                books.wrong.append(
                    f"{subscription['id']}: {gap} from a {earlier['period']} to the next payment, a {later['kind']}"
                )
        for row in paid:
            end = row["ended_at"] or row["ends_at"]
            key = (row["organization_id"], row["level"])
            if any(
                start <= row["began_at"] + late + GRACE and row["began_at"] <= stop
                for start, stop in shown[key]
            ):
                books.shown += row["kept"]
            else:
                books.wrong.append(
                    f"{row['transaction_id']}: {row['paid']} paid for level {row['level']}, which was not shown"
                )
            for level in ("A", row["level"]):  # who pays for B holds A, too
                earned[row["organization_id"], level].append((row["began_at"], end + GRACE + late))
            paid_until[subscription["id"]] = end
        if subscription["status"] == "active" and paid_until.get(subscription["id"], now) < now - late:
            books.missed += 1
            books.wrong.append(
                f"{subscription['id']}: active, and not paid since {paid_until[subscription['id']]}"
            )
        if subscription["trial_ends_at"]:
            key = (subscription["organization_id"], "0")
            earned[key].append(
                (subscription["created_at"] - late, subscription["trial_ends_at"] + GRACE + late)
            )
    books.wrong += [f"subscription {key} was paid and is not there" for key in by_subscription]

    for key, spans in shown.items():
        for start, stop in spans:
            if key[1] == "B" and stop - start <= late + timedelta(hours=1):
                continue  # granted by a platform admin for an hour, to move up
            left = start
            for begin, end in sorted(earned[key]):
                if begin <= left + late:
                    left = max(left, end)
            if left < stop:
                books.wrong.append(
                    f"organization {key[0]} showed {key[1]} until {stop}, and had paid until {left}"
                )
