"""Four books of the same money: what ЮKassa took, what we recorded, what periods cost, what the levels say; how they differ.

ЮKassa's book is read from the simulator's own file, ours from the transactions, the third from the ledger of value, and the
fourth from the history of the levels alone: for every day that an organization showed a level by a subscription there must
have been a trial, a paid period or grace, and for every paid period the level must have been shown.
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


def audit(yookassa: Path, database: psycopg.Connection[Row], now: datetime) -> Books:
    """Hold the books against each other. `yookassa`: the simulator's folder. Everything must have come to rest."""
    books = Books()
    payments = of_yookassa(yookassa, books)
    transactions = of_ours(database, books)
    compare(payments, transactions, books)
    compare_value(database, transactions, books)
    shown = levels(database, now)
    compare_levels(database, transactions, shown, now, books)
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
    """Our transactions for which money was taken; each with what is kept of it."""
    open_ones = database.execute(
        "select (select count(*) from public.payment_transactions"
        "   where status in ('created', 'pending', 'waiting_for_capture'))"
        " + (select count(*) from public.payment_refunds where status in ('created', 'pending'))"
        " + (select count(*) from public.payment_webhooks_log where status = 'received') as open"
    ).fetchone()
    if open_ones and open_ones["open"]:
        books.wrong.append(f"{open_ones['open']} things never came to their end")
    transactions = database.execute(
        "select t.*, t.paid_amount - t.refunded_amount as kept, p.period, p.level from public.payment_transactions t"
        " join public.subscription_plans p on p.id = t.plan_id"
        " where t.status in ('succeeded', 'quarantined') order by t.subscription_id, t.period_start, t.created_at"
    ).fetchall()
    books.recorded = sum((row["kept"] for row in transactions), Decimal(0))
    return transactions


def compare(payments: dict[str, Decimal], transactions: list[Row], books: Books) -> None:
    """ЮKassa's book against ours, payment by payment."""
    ours = {row["yookassa_payment_id"]: row["kept"] for row in transactions}
    for payment_id in payments.keys() | ours.keys():
        if payments.get(payment_id) != ours.get(payment_id):
            books.wrong.append(
                f"{payment_id}: ЮKassa kept {payments.get(payment_id)}, we say {ours.get(payment_id)}"
            )
    seen = set()
    for row in transactions:
        if row["status"] == "quarantined" and row["kept"]:
            books.wrong.append(f"{row['id']}: money for nothing was not given back")
        period = (row["subscription_id"], row["period_start"])
        if row["status"] == "succeeded":
            books.periods += 1
            books.doubled += period in seen
            seen.add(period)


def compare_value(database: psycopg.Connection[Row], transactions: list[Row], books: Books) -> None:
    """The ledger of value against our book: each rouble paid is kept or returned, each credit came from a period."""
    periods = database.execute(
        "select * from public.subscription_periods order by subscription_id, began_at, ended_at nulls last"
    ).fetchall()
    by_id = {row["transaction_id"]: row for row in periods}
    paid = {row["id"]: row for row in transactions if row["status"] == "succeeded"}
    books.wrong += [f"{id}: paid, and no period" for id in paid.keys() - by_id.keys()]
    books.wrong += [f"{id}: a period that nobody paid" for id in by_id.keys() - paid.keys()]
    for id in by_id.keys() & paid.keys():
        period = by_id[id]
        if period["paid"] - period["refunded"] != paid[id]["kept"] or period["refunding"]:
            books.wrong.append(
                f"{id}: kept {paid[id]['kept']}, its period says {period['paid'] - period['refunded']}"
            )
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
    transactions: list[Row],
    shown: dict[tuple[Any, str], list[tuple[datetime, datetime]]],
    now: datetime,
    books: Books,
) -> None:
    """The levels against our book, both ways."""
    by_subscription: dict[Any, list[Row]] = defaultdict(list)
    for row in transactions:
        if row["status"] == "succeeded":
            by_subscription[row["subscription_id"]].append(row)
    paid_until: dict[Any, datetime] = {}
    earned: dict[tuple[Any, str], list[tuple[datetime, datetime]]] = defaultdict(list)

    subscriptions = database.execute("select * from public.subscriptions order by created_at").fetchall()
    for subscription in subscriptions:
        paid = by_subscription.pop(subscription["id"], [])
        for earlier, later in pairwise(paid):
            shortest, longest = PERIODS[earlier["period"]]
            gap = later["period_start"] - earlier["period_start"]
            longest += timedelta(days=earlier["bonus_days"])
            if later["kind"] == "plan_change":  # paid on the day the period was over, before the job came
                longest += A_JOB_LATE
            if gap > longest or (later["kind"] == "renewal" and gap < shortest):
                books.missed += 1
                books.wrong.append(
                    f"{subscription['id']}: {gap} from a {earlier['period']} to the next payment, a {later['kind']}"
                )
        ends = [*(row["period_start"] for row in paid[1:]), subscription["current_period_end"]][: len(paid)]
        for row, end in zip(paid, ends, strict=True):
            key = (row["organization_id"], row["level"])
            if any(
                start <= row["period_start"] + A_JOB_LATE + GRACE and row["period_start"] <= stop
                for start, stop in shown[key]
            ):
                books.shown += row["kept"]
            else:
                books.wrong.append(
                    f"{row['id']}: {row['amount']} paid for level {row['level']}, which was not shown"
                )
            for level in ("A", row["level"]):  # who pays for B holds A, too
                earned[row["organization_id"], level].append((row["period_start"], end + GRACE + A_JOB_LATE))
            paid_until[subscription["id"]] = end
        if subscription["status"] == "active" and paid_until.get(subscription["id"], now) < now - A_JOB_LATE:
            books.missed += 1
            books.wrong.append(
                f"{subscription['id']}: active, and not paid since {paid_until[subscription['id']]}"
            )
        if subscription["trial_ends_at"]:
            key = (subscription["organization_id"], "0")
            earned[key].append(
                (subscription["created_at"] - A_JOB_LATE, subscription["trial_ends_at"] + GRACE + A_JOB_LATE)
            )
    books.wrong += [f"subscription {key} was paid and is not there" for key in by_subscription]

    for key, spans in shown.items():
        for start, stop in spans:
            if key[1] == "B" and stop - start <= A_JOB_LATE + timedelta(hours=1):
                continue  # granted by a platform admin for an hour, to move up
            left = start
            for begin, end in sorted(earned[key]):
                if begin <= left + A_JOB_LATE:
                    left = max(left, end)
            if left < stop:
                books.wrong.append(
                    f"organization {key[0]} showed {key[1]} until {stop}, and had paid until {left}"
                )
