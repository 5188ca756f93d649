"""Intents keep what they were quoted from (cases 1 and 10), and what people ended stays ended, however late money comes (case 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from kit.db import DbEnv, Row, payment_of

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def verified(db: DbEnv) -> DbEnv:
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")
    return db


def succeeds(db: DbEnv, page: Row, as_of: datetime | None = None) -> str:
    return str(db.record(payment_of(page, "succeeded"), as_of=as_of)["outcome"])


def why(db: DbEnv, page: Row) -> str | None:
    reason: str | None = db.one(
        "select quarantine_reason from payment_transactions where id = %s", page["transaction_id"]
    )["quarantine_reason"]
    return reason


def goes_back(db: DbEnv, page: Row) -> bool:
    """Whether all that was paid is on its way back."""
    rows = db.rows("select amount from payment_refunds where transaction_id = %s", page["transaction_id"])
    return [str(row["amount"]) for row in rows] == [page["amount"]]


# Case 1: open-software-network/os-clovy#690, a stale intent is honoured after the plan has changed


@pytest.mark.parametrize("first", ["a_year", "b_month"])
def test_case_01_of_two_pages_the_second_goes_back_and_no_credit_is_used_twice(
    verified: DbEnv, first: str
) -> None:
    db = verified
    db.subscribe()
    pages = {plan: db.checkout("plan_change", plan) for plan in ("a_year", "b_month")}
    second = "b_month" if first == "a_year" else "a_year"
    assert succeeds(db, pages[first]) == "applied"
    assert succeeds(db, pages[second]) == "quarantined"
    assert (why(db, pages[second]), goes_back(db, pages[second])) == ("changed_meanwhile", True)
    assert db.live()["plan_id"] == first
    assert db.one("select sum(credited) from subscription_periods")["sum"] == Decimal("1490.00")


def test_case_01_a_stale_page_does_not_lower_the_plan(verified: DbEnv) -> None:
    db = verified
    db.subscribe()
    stale = db.checkout("plan_change", "a_year")
    succeeds(db, db.checkout("plan_change", "b_year"))
    assert succeeds(db, stale) == "quarantined"
    assert (db.live()["plan_id"], db.level(), goes_back(db, stale)) == ("b_year", "B", True)


def test_case_01_a_page_from_before_a_renewal_goes_back(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 27 * DAY)
    page = db.checkout("plan_change", "a_year")
    end = db.live()["current_period_end"]
    assert db.charge(end + 2 * DAY) == 1, "nobody waits longer than a day for a page"
    assert succeeds(db, page) == "quarantined"
    assert (why(db, page), goes_back(db, page)) == ("changed_meanwhile", True)


def test_case_01_a_refund_meanwhile_changes_what_is_credited(db: DbEnv) -> None:
    db.subscribe()
    paid = db.one("select id from payment_transactions")["id"]
    page = db.checkout("plan_change", "a_year")
    db.rpc("moderator", "start_refund", transaction_id=paid, amount="100.00", reason="Скидка")
    assert succeeds(db, page) == "quarantined"
    assert (why(db, page), goes_back(db, page)) == ("changed_meanwhile", True)
    assert db.live()["plan_id"] == "a_month"


@pytest.mark.parametrize("kind", ["subscription", "plan_change"])
def test_case_01_a_price_that_changed_meanwhile_is_not_taken(db: DbEnv, kind: str) -> None:
    if kind == "plan_change":
        db.subscribe()
    page = db.checkout(kind, "a_year")
    db.run("update subscription_plans set amount = 24900 where id = 'a_year'")
    assert succeeds(db, page) == "quarantined"
    assert (why(db, page), goes_back(db, page)) == ("changed_meanwhile", True)


def test_case_01_a_page_from_before_the_trial_goes_back(db: DbEnv) -> None:
    page = db.checkout("subscription", "a_year")
    db.start_trial()
    assert succeeds(db, page) == "quarantined"
    assert (db.live()["status"], goes_back(db, page)) == ("trialing", True)


def test_case_01_what_is_still_as_quoted_is_used(db: DbEnv) -> None:
    db.start_trial()
    page = db.checkout("subscription")
    assert succeeds(db, page) == "applied"
    change = db.checkout("plan_change", "a_year")
    assert succeeds(db, change) == "applied"
    assert db.live()["plan_id"] == "a_year"


# Case 10: Yellow-Dog-Man/Resonite-Issues#3842. A page is handed out again only while all it was quoted from is so


@pytest.mark.parametrize("change", ["credit", "price", "address", "cancelled", "renewed"])
def test_case_10_a_page_is_not_handed_out_again_when_anything_changed(db: DbEnv, change: str) -> None:
    if change == "address":
        receipts = {"vat_code": 1, "tax_system_code": 1}
        db.service(
            "configure_platform",
            settings={"site_url": "https://chestno.example", "shop_id": "100500", "test_mode": True, "receipts": receipts},
        )  # fmt: skip
    db.subscribe(as_of=NOW - 27 * DAY)
    page = db.checkout("plan_change", "a_year")
    db.record(payment_of(page), "checkout")
    assert db.checkout("plan_change", "a_year")["transaction_id"] == page["transaction_id"]
    match change:
        case "credit":
            paid = db.one("select id from payment_transactions where kind = 'first_payment'")["id"]
            db.rpc("moderator", "start_refund", transaction_id=paid, amount="0.01", reason="Скидка")
        case "price":
            db.run("update subscription_plans set amount = 24900 where id = 'a_year'")
        case "address":
            db.run("update organization_settings set billing_email = 'other@example.test'")
        case "cancelled":
            db.rpc("anna", "cancel_subscription", organization_id=db.organization)
        case "renewed":
            db.charge(db.live()["current_period_end"] + 2 * DAY)
    assert db.checkout("plan_change", "a_year")["transaction_id"] != page["transaction_id"]


# Case 6: mollie/laravel-cashier-mollie#74, a late success undoes a cancellation


@pytest.mark.parametrize("kind", ["plan_change", "subscription"])
def test_case_06_a_late_success_gives_its_time_and_nothing_renews(db: DbEnv, kind: str) -> None:
    if kind == "plan_change":
        db.subscribe()
    else:
        db.start_trial()
    page = db.checkout(kind, "a_year")
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    cards = db.rows("select id from payment_methods where revoked_at is null")
    assert succeeds(db, page) == "applied"
    subscription = db.live()
    assert (subscription["status"], subscription["plan_id"]) == ("active", "a_year")
    assert (subscription["cancel_at_period_end"], subscription["next_charge_at"]) == (True, None)
    assert db.rows("select id from payment_methods where revoked_at is null") == cards, "no card is saved"
    assert db.charge(subscription["current_period_end"] + DAY) == 0
    assert db.live()["status"] == "canceled"


def test_case_06_who_cancelled_first_and_pays_then_goes_on(db: DbEnv) -> None:
    db.subscribe()
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    assert succeeds(db, db.checkout("plan_change", "a_year")) == "applied"
    assert db.live()["cancel_at_period_end"] is False


@pytest.mark.parametrize("kind", ["plan_change", "subscription", "card"])
def test_case_06_a_forgotten_card_does_not_come_back_with_a_late_success(db: DbEnv, kind: str) -> None:
    if kind == "plan_change":
        db.subscribe()
    else:
        db.start_trial()
    page = db.checkout(kind, "a_year")
    db.rpc("anna", "forget_payment_method", payment_method_id=db.live()["payment_method_id"])
    db.record(payment_of(page, "waiting_for_capture" if kind == "card" else "succeeded"))
    assert db.rows("select id from payment_methods where revoked_at is null") == []
    subscription = db.live()
    assert subscription["payment_method_id"] is None
    assert subscription["status"] == ("trialing" if kind == "card" else "active")


def test_case_06_a_card_that_the_bank_took_away_is_no_reason_not_to_save_another(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - 40 * DAY)
    page = db.checkout("card")
    db.charge(NOW, "canceled", "permission_revoked")
    db.record(payment_of(page, "waiting_for_capture"), as_of=NOW)
    assert db.live()["payment_method_id"] is not None
    assert db.charge(NOW) == 1


def test_case_06_a_success_after_a_debt_was_cancelled_goes_back(db: DbEnv) -> None:
    db.start_trial(as_of=NOW - 20 * DAY)
    db.charge(NOW - 5 * DAY, "canceled")
    page = db.checkout("subscription")
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    assert succeeds(db, page) == "quarantined"
    assert (db.live()["status"], goes_back(db, page)) == ("canceled", True)


def test_case_06_a_page_from_before_a_deletion_saves_no_card_after_it_is_undone(db: DbEnv) -> None:
    db.subscribe()
    page = db.checkout("plan_change", "a_year")
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
    db.rpc("anna", "restore_organization", organization_id=db.organization)
    assert succeeds(db, page) == "applied"
    assert db.live()["cancel_at_period_end"] is True
    assert db.rows("select id from payment_methods where revoked_at is null") == []
