"""Case 13: granit-fx/granit-dotnet#879, a new price without a word. Prices are versions, and who holds one is told before it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from kit.db import DbEnv, Row, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
MOSCOW = ZoneInfo("Europe/Moscow")


def costs(db: DbEnv, plan: str, amount: str, valid_from: datetime | None = None) -> None:
    more = {"valid_from": valid_from} if valid_from else {}
    db.rpc("moderator", "set_plan_price", plan_id=plan, amount=amount, **more)


def told(db: DbEnv) -> list[tuple[str, str]]:
    rows = db.rows(
        "select data from notifications where kind = 'price_changing' and user_id = %s order by id",
        db.ids["anna"],
    )
    return [(row["data"]["from"], row["data"]["to"]) for row in rows]


def charged(db: DbEnv) -> list[str]:
    rows = db.rows(
        "select amount from payment_transactions where kind = 'renewal' and status = 'succeeded' order by period_start"
    )
    return [str(row["amount"]) for row in rows]


def overview(db: DbEnv) -> Row:
    seen: Row = db.rpc("anna", "billing_overview", organization_id=db.organization)
    return seen


@pytest.mark.parametrize("how", ["rpc", "edit"])
@pytest.mark.parametrize("price", ["2990.00", "990.00"])
def test_case_13_the_price_subscribed_to_holds_until_a_notice_is_30_days_old(
    db: DbEnv, how: str, price: str
) -> None:
    end = db.subscribe(as_of=NOW)["current_period_end"]
    if how == "rpc":
        costs(db, "a_month", price)
    else:
        db.run("update subscription_plans set amount = %s where id = 'a_month'", price)
    db.charge(NOW + 5 * DAY)
    assert told(db) == [("1490.00", price)]
    for _ in range(2):
        db.charge(db.live()["current_period_end"])
    assert charged(db) == ["1490.00", price], "the first comes within 30 days of the notice"
    assert told(db) == [("1490.00", price)], "once"
    assert db.live()["coming_amount"] is None
    assert end < db.live()["current_period_start"]


def test_case_13_a_pause_of_ours_does_not_stand_for_a_notice(db: DbEnv) -> None:
    end = db.subscribe(as_of=NOW)["current_period_end"]
    costs(db, "a_month", "2990.00")
    db.charge(end + 60 * DAY)
    assert (charged(db), told(db)) == (["1490.00"], [("1490.00", "2990.00")])


def test_case_13_a_price_with_a_date_is_told_before_and_begins_with_it(db: DbEnv) -> None:
    db.subscribe("a_month", as_of=NOW)
    costs(db, "a_month", "2990.00", NOW + 80 * DAY)
    db.charge(NOW + DAY)
    assert told(db) == [("1490.00", "2990.00")]
    assert db.one("select amount from subscription_plans where id = 'a_month'")["amount"] == 1490
    for _ in range(3):
        db.charge(db.live()["current_period_end"])
    assert charged(db) == ["1490.00", "1490.00", "2990.00"]
    assert db.one("select amount from subscription_plans where id = 'a_month'")["amount"] == 2990


def test_case_13_a_price_that_is_taken_back_is_not_charged(db: DbEnv) -> None:
    db.subscribe(as_of=NOW)
    costs(db, "a_month", "2990.00")
    db.charge(NOW + DAY)
    db.run("update plan_prices set amount = 1490 where plan_id = 'a_month' and amount = 2990")
    for _ in range(3):
        db.charge(db.live()["current_period_end"])
    assert set(charged(db)) == {"1490.00"}


def test_case_13_who_pays_a_debt_by_hand_pays_the_price_subscribed_to(db: DbEnv) -> None:
    db.start_trial(as_of=NOW - 15 * DAY)
    costs(db, "a_month", "2990.00")
    db.charge(NOW, "canceled")
    offer = {offer["plan_id"]: offer["amount"] for offer in overview(db)["offers"]}
    page = db.checkout("subscription")
    assert (page["amount"], offer["a_month"]) == ("1490.00", "1490.00")
    db.record(payment_of(page, "succeeded"), as_of=NOW)
    assert str(db.live()["amount"]) == "1490.00"


def test_case_13_who_subscribes_or_moves_pays_the_price_of_the_day(db: DbEnv) -> None:
    costs(db, "a_month", "2990.00")
    costs(db, "a_year", "24900.00", NOW + 40 * DAY)
    db.subscribe()
    assert str(db.live()["amount"]) == "2990.00"
    quote = db.rpc("anna", "quote_plan_change", organization_id=db.organization, plan_id="a_year")
    assert (quote["price"], quote["coming_price"]["amount"]) == ("14900.00", "24900.00")
    assert told(db) == []


def test_case_13_the_page_says_both_prices(db: DbEnv) -> None:
    db.subscribe()
    costs(db, "a_month", "2990.00")
    db.charge(datetime.now(UTC))
    seen = overview(db)
    assert (seen["price_change"]["from"], seen["price_change"]["to"]) == ("1490.00", "2990.00")
    assert seen["subscription"]["plan"]["amount"] == "1490.00"
    assert seen["next_charge"]["amount"] == "1490.00"


@pytest.mark.parametrize(
    ("person", "change", "refusal"),
    [
        ("anna", {}, "PT403 not_allowed"),
        ("moderator", {"amount": "0"}, "PT422 invalid_input"),
        ("moderator", {"amount": "1.001"}, "PT422 invalid_input"),
        ("moderator", {"valid_from": NOW - DAY}, "PT422 invalid_input"),
        ("moderator", {"plan_id": "nothing"}, "PT404 not_found"),
    ],
)
def test_who_sets_prices_and_which(db: DbEnv, person: str, change: Row, refusal: str) -> None:
    with pytest.raises(Refused, match=refusal):
        db.rpc(person, "set_plan_price", **({"plan_id": "a_month", "amount": "2990"} | change))


# Month ends keep their day through every change of plan


@pytest.mark.parametrize("plan", ["a_month", "a_year"])
def test_a_debt_that_is_paid_late_keeps_the_last_day_of_the_month(db: DbEnv, plan: str) -> None:
    start = datetime(2027, 1, 31, 12, tzinfo=MOSCOW)
    due = db.subscribe(as_of=start)["current_period_end"]
    db.charge(due, "canceled")
    page = db.checkout("subscription", plan)
    db.record(payment_of(page, "succeeded"), as_of=due + 3 * DAY)
    first = db.live()["current_period_end"].astimezone(MOSCOW)
    expected = (2027, 3, 31) if plan == "a_month" else (2028, 2, 29)
    assert (first.year, first.month, first.day) == expected
    db.charge(db.live()["current_period_end"])
    assert db.live()["current_period_end"].astimezone(MOSCOW).day == (30 if plan == "a_month" else 28)
    assert db.live()["billing_anchor"].astimezone(MOSCOW).day == 31
