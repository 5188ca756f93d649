"""What each period cost and what became of it: credits, refunds and days are one and the same money (cases 2, 3 and 4)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from kit.db import DbEnv, Row, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
number = itertools.count()


@pytest.fixture
def verified(db: DbEnv) -> DbEnv:
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")
    return db


def pays(db: DbEnv, kind: str, plan: str) -> Row:
    page = db.checkout(kind, plan)
    assert db.record(payment_of(page, "succeeded"))["outcome"] == "applied"
    return page


def quoted(db: DbEnv, plan: str) -> Row:
    quote: Row = db.rpc("anna", "quote_plan_change", organization_id=db.organization, plan_id=plan)
    return quote


def give_back(db: DbEnv, page: Row, amount: str | None = None) -> Row:
    """A platform admin gives money back, and ЮKassa does."""
    started: Row = db.rpc(
        "moderator", "start_refund", transaction_id=page["transaction_id"], amount=amount,
        reason=f"Повод {next(number)}",
    )  # fmt: skip
    in_the_cabinet(db, page, started["amount"], {"refund_id": started["refund_id"]})
    return started


def in_the_cabinet(db: DbEnv, page: Row, amount: str, metadata: Any = None) -> None:
    refund = {
        "id": f"re-{next(number)}", "payment_id": payment_of(page)["id"], "status": "succeeded",
        "amount": {"value": amount, "currency": "RUB"}, "metadata": metadata or {},
    }  # fmt: skip
    assert db.service("record_refund", refund=refund, source="sweep")["outcome"] == "applied"


def period(db: DbEnv, page: Row) -> Row:
    return db.one("select * from subscription_periods where transaction_id = %s", page["transaction_id"])


# Case 2: Automattic/wp-calypso#59353, credit from the list price


@pytest.mark.parametrize("price", ["24900", "9900"])
def test_case_02_credit_is_what_the_period_cost_and_not_what_it_would_cost_now(
    verified: DbEnv, price: str
) -> None:
    verified.subscribe("a_year")
    verified.run("update subscription_plans set amount = %s where id = 'a_year'", Decimal(price))
    assert quoted(verified, "b_year")["credit"] == "14900.00"


@pytest.mark.parametrize("is_back", [True, False])
def test_case_02_what_went_back_or_is_on_its_way_is_no_credit(verified: DbEnv, is_back: bool) -> None:
    db = verified
    page = pays(db, "subscription", "a_year")
    if is_back:
        give_back(db, page, "4900.00")
    else:
        db.rpc(
            "moderator", "start_refund", transaction_id=page["transaction_id"], amount="4900.00", reason="x"
        )
    assert quoted(db, "b_year")["credit"] == "10000.00"


def test_case_02_a_credit_is_credited_on(verified: DbEnv) -> None:
    """1 ₽ and days for 14 899 ₽: all of it is there again when the plan changes once more."""
    db = verified
    pays(db, "subscription", "a_year")
    quote = quoted(db, "a_month")
    assert (quote["amount"], quote["credit"]) == ("1.00", "14900.00")
    pays(db, "plan_change", "a_month")
    assert quoted(db, "b_year")["credit"] == "14901.00"
    page = pays(db, "plan_change", "b_year")
    assert Decimal(page["amount"]) == Decimal("49900.00") - Decimal("14901.00")


def test_case_02_what_somebody_else_paid_is_no_credit_of_ours(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 40 * DAY)
    db.charge(NOW, "canceled")
    db.service(
        "handle_subscription_status_change", subscription_id=db.live()["id"], new_status="active",
        organization_id=db.organization,
    )  # fmt: skip
    assert quoted(db, "a_year")["credit"] == "0.00"


# Case 3: antiwork/gumroad#6077, refund and credit for the same money


def test_case_03_money_that_became_credit_is_not_refundable(verified: DbEnv) -> None:
    db = verified
    first = pays(db, "subscription", "a_month")
    pays(db, "plan_change", "b_month")
    with pytest.raises(Refused, match="PT422 invalid_input"):
        give_back(db, first)
    with pytest.raises(Refused, match="PT422 invalid_input"):
        give_back(db, first, "0.01")
    assert (db.live()["plan_id"], db.level()) == ("b_month", "B")


def test_case_03_what_was_used_up_may_still_be_given_back(verified: DbEnv) -> None:
    db = verified
    page = db.checkout("subscription")
    db.record(payment_of(page, "succeeded"), as_of=NOW - 10 * DAY)
    pays(db, "plan_change", "b_month")
    used = Decimal("1490.00") - period(db, page)["credited"]
    assert used > 0
    with pytest.raises(Refused, match="PT422 invalid_input"):
        give_back(db, page, str(used + Decimal("0.01")))
    give_back(db, page, str(used))
    assert db.level() == "B"


def test_case_03_after_the_later_payment_went_back_the_credit_can_and_the_change_is_undone(
    verified: DbEnv,
) -> None:
    db = verified
    first = pays(db, "subscription", "a_month")
    second = pays(db, "plan_change", "b_month")
    give_back(db, second)
    assert db.live()["status"] == "active", "the credit still pays for it"
    give_back(db, first)
    assert db.live()["status"] == "canceled"
    assert db.one("select sum(paid - refunded) from subscription_periods")["sum"] == 0


def test_case_03_a_refund_in_the_cabinet_takes_the_credit_off_the_later_period(verified: DbEnv) -> None:
    db = verified
    first = pays(db, "subscription", "a_month")
    second = pays(db, "plan_change", "b_month")
    in_the_cabinet(db, first, "1490.00")
    assert (period(db, first)["credited"], period(db, second)["credit"]) == (0, 0)
    assert quoted(db, "b_year")["credit"] == "3500.00", "no rouble counts twice"


def test_case_03_and_off_the_one_after_that(verified: DbEnv) -> None:
    db = verified
    pages = [
        pays(db, "subscription", "a_month"),
        pays(db, "plan_change", "a_year"),
        pays(db, "plan_change", "b_year"),
    ]
    in_the_cabinet(db, pages[0], "1490.00")
    assert [period(db, page)["credited"] for page in pages] == [0, Decimal("13410.00"), 0]
    assert period(db, pages[2])["credit"] == Decimal("13410.00")
    give_back(db, pages[2])
    give_back(db, pages[1])
    assert db.live()["status"] == "canceled"


# Case 4: anthropics/claude-code#76081, refunding a small top-up ends everything


def test_case_04_a_rouble_given_back_does_not_end_a_year_of_credit(db: DbEnv) -> None:
    pays(db, "subscription", "a_year")
    page = pays(db, "plan_change", "a_month")
    assert page["amount"] == "1.00"
    give_back(db, page)
    subscription = db.live()
    assert (subscription["status"], db.level()) == ("active", "A")
    assert (subscription["current_period_end"] - NOW).days > 250


@pytest.mark.parametrize("is_by_us", [True, False])
def test_case_04_a_period_without_credit_ends_with_its_whole_price(db: DbEnv, is_by_us: bool) -> None:
    page = pays(db, "subscription", "a_month")
    for amount in ("1489.99", "0.01"):
        assert db.live()["status"] == "active"
        if is_by_us:
            give_back(db, page, amount)
        else:
            in_the_cabinet(db, page, amount)
    assert (db.live()["status"], db.level()) == ("canceled", None)


def test_case_04_a_refund_of_a_period_that_is_over_ends_nothing(db: DbEnv) -> None:
    page = db.checkout("subscription")
    db.record(payment_of(page, "succeeded"), as_of=NOW - 40 * DAY)
    db.charge(NOW)
    give_back(db, page)
    assert db.live()["status"] == "active"


# What always holds


def test_periods_follow_each_other_to_the_second(verified: DbEnv) -> None:
    db = verified
    db.subscribe(as_of=NOW - 70 * DAY)
    for _ in range(2):
        db.charge(db.live()["current_period_end"])
    pays(db, "plan_change", "b_month")
    rows = db.rows("select * from subscription_periods order by began_at")
    for earlier, later in itertools.pairwise(rows):
        assert earlier["ended_at"] == later["began_at"]
    assert rows[-1]["ended_at"] is None
    assert rows[-1]["ends_at"] == db.live()["current_period_end"]
    assert rows[-1]["credited_from"] == rows[-2]["transaction_id"]
    assert rows[-1]["credit"] == rows[-2]["credited"]


def test_what_can_be_given_back_is_said_before(verified: DbEnv) -> None:
    db = verified
    first = pays(db, "subscription", "a_month")

    def limit(page: Row) -> tuple[str, str, str | None]:
        said = db.rpc("moderator", "refund_limit", transaction_id=page["transaction_id"])
        return said["refundable"], said["credited"], said["ends_with"]

    assert limit(first) == ("1490.00", "0.00", "1490.00")
    second = pays(db, "plan_change", "b_month")
    assert limit(first) == ("0.00", "1490.00", None)
    assert limit(second) == ("3500.00", "0.00", None)
    give_back(db, second)
    assert limit(first) == ("1490.00", "1490.00", "1490.00")
    assert limit(db.checkout("card")) == ("0.00", "0.00", None)
    with pytest.raises(Refused, match="PT403 not_allowed"):
        db.rpc("anna", "refund_limit", transaction_id=first["transaction_id"])
