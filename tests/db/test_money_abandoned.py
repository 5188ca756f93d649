"""A page that a person left for good (abandon_checkout), and what comes of it all the same."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kit.db import DbEnv, Row, opened, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
KINDS = ["trial", "subscription"]


def opened_page(db: DbEnv, kind: str = "subscription", plan: str = "a_month") -> Row:
    page = db.checkout(kind, plan)
    db.record(payment_of(page, "pending"))
    return page


def abandon(db: DbEnv, page: Row, person: str = "anna") -> Any:
    return db.rpc(person, "abandon_checkout", transaction_id=page["transaction_id"])


def row_of(db: DbEnv, page: Row) -> Row:
    return db.one("select * from payment_transactions where id = %s", page["transaction_id"])


def under_way(db: DbEnv) -> Any:
    return db.rpc("anna", "billing_overview", organization_id=db.organization)["under_way"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_open", [True, False])
def test_a_page_that_is_left_is_over_for_everybody(db: DbEnv, kind: str, is_open: bool) -> None:
    page = opened_page(db, kind) if is_open else db.checkout(kind)
    for _ in range(2):  # twice is as good as once
        assert abandon(db, page, "boris") == {"transaction_id": page["transaction_id"], "status": "canceled"}
    assert under_way(db) is None
    row = row_of(db, page)
    assert (row["status"], row["cancellation_party"], row["cancellation_reason"]) == (
        "canceled",
        "chestno",
        "abandoned",
    )
    assert db.checkout(kind)["transaction_id"] != page["transaction_id"], (
        "a page that is begun anew is a new one"
    )


def test_who_may_leave_a_page(db: DbEnv) -> None:
    page = opened_page(db)
    for person, code in {
        "vera": "not_allowed",
        "gleb": "not_allowed",
        "stranger": "not_found",
        "visitor": "42501",
    }.items():
        with pytest.raises(Refused, match=code):
            abandon(db, page, person)
    with pytest.raises(Refused, match="not_found"):
        abandon(db, {"transaction_id": db.organization})
    assert row_of(db, page)["status"] == "pending"


def test_what_is_paid_or_ours_is_not_left(db: DbEnv) -> None:
    page = opened_page(db)
    db.record(payment_of(page, "succeeded"), as_of=NOW - 32 * DAY)
    (charge,) = db.claim(NOW)
    for what in (page, charge):
        with pytest.raises(Refused, match="PT409 invalid_transition"):
            abandon(db, what)
    held = opened_page(db, "card")
    db.record(payment_of(held, "waiting_for_capture"))
    with pytest.raises(Refused, match="PT409 invalid_transition"):
        abandon(db, held)


def test_money_that_comes_all_the_same_goes_back_by_itself(db: DbEnv) -> None:
    page = opened_page(db)
    abandon(db, page)
    answer = db.record(payment_of(page, "succeeded"))
    assert answer["outcome"] == "quarantined"
    assert row_of(db, page)["quarantine_reason"] == "abandoned"
    (refund,) = db.rows("select amount, status from payment_refunds")
    assert (str(refund["amount"]), refund["status"]) == ("1490.00", "created")
    assert db.subscription() is None
    assert db.rows("select from payment_methods") == [], "and no card is saved (376-ФЗ)"
    assert db.rows("select from payment_differences where resolved_at is null") == [], "nobody has to decide"
    (told,) = db.rows(
        "select data from notifications where kind = 'payment_returned' and user_id = %s", db.ids["anna"]
    )
    assert told["data"]["reason"] == "abandoned"


def test_money_that_comes_before_we_knew_of_the_page_goes_back_too(db: DbEnv) -> None:
    """The answer to our request was lost, and the person left before the sweep asked again."""
    page = db.checkout("subscription")
    abandon(db, page)
    db.record(payment_of(page, "succeeded"))
    assert row_of(db, page)["status"] == "quarantined"
    assert [str(r["amount"]) for r in db.rows("select amount from payment_refunds")] == ["1490.00"]


@pytest.mark.parametrize("kind", ["trial", "card"])
def test_a_hold_that_comes_all_the_same_is_released_and_begins_nothing(db: DbEnv, kind: str) -> None:
    if kind == "card":
        db.subscribe()
    before = db.rows("select payment_method_id from subscriptions")
    page = opened_page(db, kind)
    abandon(db, page)
    answer = db.record(payment_of(page, "waiting_for_capture"))
    assert answer["release_hold"] is True
    if kind == "trial":
        assert db.rows("select from private.trial_cards") == []
    db.record(payment_of(page, "canceled"))
    row = row_of(db, page)
    assert (row["status"], row["cancellation_reason"], row["next_check_at"]) == (
        "canceled",
        "abandoned",
        None,
    )
    assert db.rows("select payment_method_id from subscriptions") == before


def test_the_sweep_looks_at_the_page_until_it_has_ended(db: DbEnv) -> None:
    page = opened_page(db)
    abandon(db, page)
    swept = db.service("claim_payment_sweep", as_of=NOW + HOUR)["transactions"]
    assert [item["transaction_id"] for item in swept] == [page["transaction_id"]]
    assert db.record(payment_of(page, "pending"), as_of=NOW + HOUR)["outcome"] == "unchanged"
    assert row_of(db, page)["next_check_at"] is not None
    ended = {"party": "yoo_money", "reason": "expired_on_confirmation"}
    db.record(payment_of(page, "canceled", cancellation_details=ended), as_of=NOW + HOUR)
    row = row_of(db, page)
    assert (row["status"], row["cancellation_reason"], row["next_check_at"]) == (
        "canceled",
        "abandoned",
        None,
    )


def test_one_that_yookassa_never_made_ends(db: DbEnv) -> None:
    page = db.checkout("subscription")
    abandon(db, page)
    db.service("record_refusal", transaction_id=page["transaction_id"], reason="not_created", as_of=NOW + DAY)
    row = row_of(db, page)
    assert (row["status"], row["cancellation_reason"], row["next_check_at"]) == (
        "canceled",
        "abandoned",
        None,
    )


def test_another_amount_on_a_page_that_was_left_waits_for_a_person(db: DbEnv) -> None:
    page = opened_page(db)
    abandon(db, page)
    paid = payment_of(page, "succeeded") | {"amount": {"value": "14.90", "currency": "RUB"}}
    assert db.record(paid)["outcome"] == "quarantined"
    verdict = db.rpc(
        "moderator",
        "judge_quarantined",
        transaction_id=page["transaction_id"],
        decision="accept",
        comment="проба",
    )
    assert (verdict["goes_back"], verdict["reason"]) == (True, "abandoned")
    assert [str(r["amount"]) for r in db.rows("select amount from payment_refunds")] == ["14.90"]


def test_a_charge_does_not_wait_for_a_page_that_was_left(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    due = db.live()["next_charge_at"]
    db.charge(due, "canceled")
    retry = db.live()["next_charge_at"]
    page = opened_page(db)
    assert db.charge(retry) == 0
    abandon(db, page)
    assert db.charge(retry) == 1
    assert db.record(payment_of(page, "succeeded"), as_of=retry)["outcome"] == "quarantined", (
        "the month is paid once"
    )


def test_grace_does_not_wait_for_a_page_that_was_left(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 32 * DAY)
    db.charge(NOW, "canceled", "card_expired")
    page = opened_page(db)
    until = db.live()["grace_until"]
    db.service("run_billing_cycle", as_of=until)
    assert db.live()["status"] == "past_due"
    abandon(db, page)
    db.service("run_billing_cycle", as_of=until)
    assert db.live()["status"] == "expired"


def test_of_two_pages_the_other_is_still_good(db: DbEnv) -> None:
    month, year = opened_page(db), opened_page(db, plan="a_year")
    abandon(db, month)
    db.record(payment_of(year, "succeeded"))
    assert db.live()["plan_id"] == "a_year"
    assert db.record(payment_of(month, "succeeded"))["outcome"] == "quarantined"
    assert db.live()["plan_id"] == "a_year"


def test_paid_and_left_at_the_same_moment_is_one_of_the_two(own_rules: str) -> None:
    """Either it was paid, and cannot be left; or it was left, and the money goes back."""
    with opened(own_rules) as connection:
        db = DbEnv(connection)
        pages = []
        for _ in range(8):
            db.organization = db.another()
            db.run("delete from private.request_counts")
            pages.append(opened_page(db))
        connection.commit()

        def leave(page: Row) -> None:
            with db.beside() as one, suppress(Refused):  # it was paid already
                abandon(one, page)

        def pay(page: Row) -> None:
            with db.beside() as one:
                one.record(payment_of(page, "succeeded"), as_of=NOW)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda act: act(), [lambda p=p, f=f: f(p) for p in pages for f in (leave, pay)]))
        for page in pages:
            row = row_of(db, page)
            back = db.rows("select from payment_refunds where transaction_id = %s", row["id"])
            paid = db.rows(
                "select from subscriptions where id = %s and status = 'active'", row["subscription_id"]
            )
            assert (row["status"], bool(back), bool(paid)) in [
                ("succeeded", False, True),
                ("quarantined", True, False),
            ]
        connection.rollback()
