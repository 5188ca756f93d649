"""One card begins two trials in 90 days, whoever brings it; further ones pay at once (design §6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from inn import random_inn
from kit.db import DbEnv, Row, opened, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def with_card(payment: Row, **card: str) -> Row:
    payment["payment_method"]["card"] |= {"first6": "555555"} | card
    return payment


def brings(db: DbEnv, page: Row, as_of: datetime = NOW, **card: str) -> Row:
    """Its hold is authorized with this card, and released as we were told to."""
    answer = db.record(with_card(payment_of(page, "waiting_for_capture"), **card), as_of=as_of)
    assert answer["release_hold"] is True
    db.record(with_card(payment_of(page, "canceled"), **card), as_of=as_of)
    return answer


def a_trial(db: DbEnv, as_of: datetime = NOW, **card: str) -> Row:
    """One more organization asks for its trial with this card; its transaction in the end."""
    db.organization = db.another()
    db.run("delete from private.request_counts")
    page = db.checkout()
    brings(db, page, as_of, **card)
    return db.one("select * from payment_transactions where id = %s", page["transaction_id"])


def began(db: DbEnv) -> bool:
    subscription = db.subscription()
    return subscription is not None and subscription["status"] == "trialing"


def why(row: Row) -> tuple[Any, ...]:
    return (row["status"], row["cancellation_party"], row["cancellation_reason"])


REFUSED = ("canceled", "chestno", "trial_already_used")


def test_the_third_trial_of_a_card_is_not_given_and_its_rouble_goes_back(db: DbEnv) -> None:
    for _ in range(2):
        a_trial(db)
        assert began(db)
    assert why(a_trial(db)) == REFUSED
    assert db.subscription() is None
    assert db.level() is None
    assert db.rows("select from payment_methods where organization_id = %s", db.organization) == []
    assert db.rows("select from payment_refunds") == [], "a hold is released, not refunded"


def test_who_is_refused_is_told_why_and_pays_at_once(db: DbEnv) -> None:
    for _ in range(3):
        a_trial(db)
    (told,) = db.rows(
        "select data from notifications where organization_id = %s and kind = 'payment_returned' and user_id = %s",
        db.organization, db.ids["anna"],
    )  # fmt: skip
    assert (told["data"]["reason"], told["data"]["amount"]) == ("trial_already_used", "1.00")
    with pytest.raises(Refused, match="PT409 trial_already_used"):
        db.checkout()
    seen = db.rpc("anna", "billing_overview", organization_id=db.organization)
    assert not any(offer["trial"] for offer in seen["offers"])
    assert {offer["offer"] for offer in seen["offers"] if offer["level"] == "A"} == {"pay"}
    assert db.subscribe()["status"] == "active", "with the same card"


def test_the_status_of_the_payment_says_why(db: DbEnv) -> None:
    for _ in range(2):
        a_trial(db)
    row = a_trial(db)
    status = db.rpc("anna", "get_payment_status", transaction_id=row["id"])
    assert (status["status"], status["cancellation_reason"]) == ("canceled", "trial_already_used")
    assert status["subscription_status"] is None


def test_after_ninety_days_a_card_begins_one_more(db: DbEnv) -> None:
    a_trial(db, NOW - 91 * DAY)
    a_trial(db, NOW - 89 * DAY)
    a_trial(db, NOW)
    assert began(db)
    assert why(a_trial(db, NOW)) == REFUSED


def test_cards_are_forgotten_when_they_no_longer_count(db: DbEnv) -> None:
    a_trial(db, NOW - 91 * DAY)
    a_trial(db, NOW - 89 * DAY)
    db.service("run_status_expiry", as_of=NOW)
    assert [row["asked_at"] for row in db.rows("select asked_at from private.trial_cards")] == [
        NOW - 89 * DAY
    ]


@pytest.mark.parametrize(
    "card", [{"last4": "1111"}, {"first6": "411111"}, {"expiry_month": "11"}, {"expiry_year": "2031"}, {"card_type": "Mir"}]
)  # fmt: skip
def test_another_card_is_another_one(db: DbEnv, card: dict[str, str]) -> None:
    for _ in range(2):
        a_trial(db)
    a_trial(db, NOW, **card)
    assert began(db)


def test_one_card_is_one_however_its_month_is_written(db: DbEnv) -> None:
    a_trial(db, expiry_month="05")
    a_trial(db, expiry_month="5")
    assert why(a_trial(db, expiry_month="05")) == REFUSED


def test_what_cannot_be_told_apart_is_not_counted(db: DbEnv) -> None:
    """A wallet has no card, and some cards come without their first digits."""
    for _ in range(3):
        db.organization = db.another()
        page = db.checkout()
        held = payment_of(page, "waiting_for_capture")
        del held["payment_method"]["card"]["first6"]
        db.record(held, as_of=NOW)
        assert began(db)
    assert db.rows("select from private.trial_cards") == []


def test_a_card_that_was_not_saved_has_begun_nothing(db: DbEnv) -> None:
    for _ in range(3):
        db.organization = db.another()
        held = payment_of(db.checkout(), "waiting_for_capture")
        held["payment_method"]["saved"] = False
        db.record(held, as_of=NOW)
    a_trial(db)
    assert began(db)


def test_a_trial_told_twice_is_one(db: DbEnv) -> None:
    db.organization = db.another()
    page = db.checkout()
    for _ in range(3):
        db.record(payment_of(page, "waiting_for_capture"), as_of=NOW)
    assert len(db.rows("select from private.trial_cards")) == 1


def test_of_two_organizations_with_one_inn_the_later_is_told(db: DbEnv) -> None:
    """Both pages were open; the INN has its one trial."""
    first = db.checkout()
    inn = db.one("select inn from organizations where id = %s", db.organization)["inn"]
    other = db.another()
    db.run("update organizations set inn = %s where id = %s", random_inn(), db.organization)
    db.run("update organizations set inn = %s where id = %s", inn, other)
    mine, db.organization = db.organization, other
    second = db.checkout()
    brings(db, second, last4="1111")
    assert began(db)
    db.organization = mine
    db.run("update organizations set inn = %s where id = %s", random_inn(), other)
    db.run("update organizations set inn = %s where id = %s", inn, mine)
    brings(db, first, last4="2222")
    assert not began(db)
    assert why(db.one("select * from payment_transactions where id = %s", first["transaction_id"])) == REFUSED


def test_only_a_digest_of_the_card_is_kept(db: DbEnv) -> None:
    a_trial(db)
    (kept,) = db.rows("select encode(card, 'hex') as card from private.trial_cards")
    assert len(kept["card"]) == 64
    db.run("update private.platform_settings set salt = 'another'")
    a_trial(db)
    assert len(db.rows("select distinct card from private.trial_cards")) == 2, "it is salted"


def test_two_at_once_with_one_card_begin_one_where_one_is_left(own_rules: str) -> None:
    """One of its two is used; the second waits at the card until the first has committed."""
    with opened(own_rules) as connection:
        db = DbEnv(connection)
        a_trial(db)
        pages = []
        for _ in range(6):
            db.organization = db.another()
            db.run("delete from private.request_counts")
            pages.append(db.checkout())
        connection.commit()

        def authorize(page: Row) -> None:
            with db.beside() as one:
                one.record(with_card(payment_of(page, "waiting_for_capture")), as_of=NOW)

        with ThreadPoolExecutor(len(pages)) as threads:
            list(threads.map(authorize, pages))
        begun = db.one("select count(*) from subscriptions where status = 'trialing'")["count"]
        refused = db.one(
            "select count(*) from payment_transactions where cancellation_reason = 'trial_already_used'"
        )["count"]
        assert (begun, refused) == (2, 5)
        connection.rollback()
