"""Two at once, for real: receipts are lent to one sweep and kept once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from db.test_concurrency import at_once
from kit.db import DbEnv, opened, payment_of, receipt_of


@pytest.fixture
def db(own_rules: str) -> Iterator[DbEnv]:
    """Rows that are really committed, in a database of this test's own."""
    with opened(own_rules) as connection:
        connection.autocommit = True
        yield DbEnv(connection)


def test_receipts_told_by_two_at_once_in_any_order_are_kept_once(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    db.record(payment_of(checkout, "succeeded", receipt_registration="succeeded"))
    transaction_id = checkout["transaction_id"]
    for number in range(20):
        receipts = [receipt_of(checkout) for _ in range(20)]

        def tell(own: DbEnv, told: list[dict[str, Any]]) -> Any:
            return own.service("record_receipts", transaction_id=transaction_id, receipts=told)["recorded"]

        there, back = partial(tell, told=receipts), partial(tell, told=receipts[::-1])
        assert sum(at_once(db, there, back, there)) == 20
        assert db.one("select count(*) from fiscal_receipts")["count"] == 20 * (number + 1)
    assert db.one("select count(*) from private.receipts_due")["count"] == 0


def test_two_sweeps_at_once_are_lent_each_receipt_once(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    db.record(payment_of(checkout, "succeeded", receipt_registration="succeeded"))
    later = datetime.now(UTC) + timedelta(minutes=1)

    def claim(own: DbEnv) -> Any:
        return len(own.service("claim_payment_sweep", as_of=later)["receipts"])

    assert sum(at_once(db, *[claim] * 4)) == 1
