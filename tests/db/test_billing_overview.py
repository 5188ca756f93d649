"""The billing page in one answer (sql/53_billing_overview): what it says in each state, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from kit.db import DbEnv, Row, hand_in_evidence, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)


def overview(db: DbEnv, person: str = "anna") -> Row:
    answer: Row = db.rpc(person, "billing_overview", organization_id=db.organization)
    return answer


def offers(db: DbEnv, person: str = "anna") -> dict[str, tuple[str, str | None]]:
    return {each["plan_id"]: (each["offer"], each["why"]) for each in overview(db, person)["offers"]}


def approve(db: DbEnv) -> None:
    db.rpc("moderator", "review_upgrade_request", request_id=hand_in_evidence(db)["id"], decision="approved")
    db.run("update status_upgrade_requests set reviewed_at = reviewed_at - interval '1 minute'")


def test_before_the_first_payment(db: DbEnv) -> None:
    answer = overview(db)
    for key in ("subscription", "next_charge", "under_way", "ended", "last_decline", "receipts_to"):
        assert answer[key] is None, key
    assert (answer["cards"], answer["payments"]) == ([], [])
    month, year, *_ = answer["offers"]
    assert (month["plan_id"], month["amount"], month["offer"], month["trial"]) == (
        "a_month",
        "1490.00",
        "pay",
        True,
    )
    assert (month["saving"], year["saving"]) == (None, "2980.00")
    days = datetime.fromisoformat(month["trial_until"]) - NOW
    assert timedelta(days=13, hours=20) < days < timedelta(days=14, hours=4)
    assert offers(db)["b_month"] == ("closed", "verification_required")
    assert not any(each["trial"] for each in answer["offers"] if each["level"] == "B")


def test_a_trial_tells_its_first_charge(db: DbEnv) -> None:
    db.start_trial()
    answer = overview(db)
    subscription = answer["subscription"]
    assert (subscription["status"], subscription["level"], subscription["is_live"]) == ("trialing", "0", True)
    assert subscription["plan"]["title"]["en"]
    assert subscription["cancelling"]["loses"] == ["0"]
    assert answer["next_charge"]["at"] == subscription["trial_ends_at"]
    assert answer["next_charge"]["amount"] == "1490.00"
    assert answer["next_charge"]["why_not"] is None
    (card,) = answer["cards"]
    assert (card["last4"], card["is_main"], card["is_expired"]) == ("4444", True, False)
    assert card["id"] == answer["next_charge"]["payment_method_id"]
    assert offers(db)["a_month"] == ("pay", None)
    assert not any(each["trial"] for each in answer["offers"])


def test_a_paid_period(db: DbEnv) -> None:
    db.subscribe()
    answer = overview(db)
    assert (answer["subscription"]["level"], answer["subscription"]["cancelling"]["at_once"]) == ("A", False)
    assert answer["next_charge"]["at"] == answer["subscription"]["current_period_end"]
    assert offers(db) == {
        "a_month": ("current", None), "a_year": ("change", None),
        "b_month": ("closed", "verification_required"), "b_year": ("closed", "verification_required"),
    }  # fmt: skip
    (payment,) = answer["payments"]
    assert (payment["kind"], payment["status"], payment["amount"], payment["attempt"]) == (
        "first_payment", "succeeded", "1490.00", None,
    )  # fmt: skip
    assert not {"idempotence_key", "request_body"} & set(payment)


def test_cancelling_takes_c_along_only_with_the_last_of_a_and_b(db: DbEnv) -> None:
    db.subscribe()
    db.service("grant_status_level", organization_id=db.organization, level="C")
    assert overview(db)["subscription"]["cancelling"]["loses"] == ["A", "C"]
    db.service("grant_status_level", organization_id=db.organization, level="B")
    assert overview(db)["subscription"]["cancelling"]["loses"] == ["A"]


def test_cancelled_it_is_charged_no_more_and_says_so(db: DbEnv) -> None:
    db.subscribe()
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    answer = overview(db)
    assert (answer["next_charge"]["at"], answer["next_charge"]["why_not"]) == (None, "cancelled")
    assert (answer["subscription"]["cancelling"], answer["subscription"]["is_revoked"]) == (None, False)


def test_what_we_took_away_cannot_be_resumed(db: DbEnv) -> None:
    db.subscribe()
    db.rpc("moderator", "revoke_status_level", organization_id=db.organization, level="A", reason="refunded")
    assert overview(db)["subscription"]["is_revoked"]
    with pytest.raises(Refused, match="invalid_transition"):
        db.rpc("anna", "resume_subscription", organization_id=db.organization)


def test_a_declined_charge_says_why_and_what_happens_next(db: DbEnv) -> None:
    end = db.subscribe(as_of=NOW - timedelta(days=40))["current_period_end"]
    db.charge(end, "canceled")
    answer = overview(db)
    decline = answer["last_decline"]
    assert (answer["subscription"]["status"], answer["subscription"]["level"]) == ("past_due", "A")
    assert decline["reason"] == "insufficient_funds"
    assert decline["next_try_at"] == answer["next_charge"]["at"] == answer["subscription"]["next_charge_at"]
    tries = [datetime.fromisoformat(at) - end for at in [decline["next_try_at"], *decline["later_tries"]]]
    assert [each.days for each in tries] == [1, 3, 5, 7, 10, 13]
    assert offers(db)["a_month"] == ("current", None)
    assert offers(db)["a_year"] == ("pay", None)

    db.charge(end + timedelta(days=1), "canceled", "card_expired")
    answer = overview(db)
    assert (answer["next_charge"]["at"], answer["next_charge"]["why_not"]) == (None, "declined")
    assert (answer["last_decline"]["reason"], answer["last_decline"]["later_tries"]) == ("card_expired", [])
    assert [each["attempt"] for each in answer["payments"] if each["kind"] == "renewal"] == [2, None]


def test_without_a_card_there_is_nothing_to_charge(db: DbEnv) -> None:
    end = db.subscribe(as_of=NOW - timedelta(days=40))["current_period_end"]
    db.rpc("anna", "forget_payment_method", payment_method_id=overview(db)["cards"][0]["id"])
    answer = overview(db)
    assert (answer["cards"], answer["next_charge"]["why_not"]) == ([], "no_card")
    db.service("run_billing_cycle", as_of=end)
    answer = overview(db)
    assert answer["subscription"]["status"] == "past_due"
    assert answer["last_decline"]["reason"] == "no_payment_method"
    assert (answer["last_decline"]["next_try_at"], answer["next_charge"]["why_not"]) == (None, "no_card")


def test_a_charge_under_way_closes_every_offer(db: DbEnv) -> None:
    end = db.subscribe(as_of=NOW - timedelta(days=40))["current_period_end"]
    db.service("run_billing_cycle", as_of=end)
    (charge,) = db.claim(end)
    answer = overview(db)
    assert answer["under_way"]["transaction_id"] == charge["transaction_id"]
    assert (answer["under_way"]["kind"], answer["next_charge"]["why_not"]) == ("renewal", "under_way")
    assert {why for offer, why in offers(db).values() if offer != "current"} == {"charge_under_way"}


def test_a_payment_that_a_person_began_is_told_until_its_outcome(db: DbEnv) -> None:
    checkout = db.checkout("subscription")
    db.record(payment_of(checkout, "pending"))
    under_way = overview(db)["under_way"]
    assert (under_way["transaction_id"], under_way["kind"]) == (checkout["transaction_id"], "first_payment")
    assert under_way["payment_url"].startswith("https://")
    db.record(payment_of(checkout, "succeeded"))
    assert overview(db)["under_way"] is None


def test_a_subscription_that_is_over_says_why(db: DbEnv) -> None:
    subscription = db.subscribe(as_of=NOW - timedelta(days=40))
    db.rpc("anna", "cancel_subscription", organization_id=db.organization)
    answer = overview(db)
    assert (answer["ended"]["reason"], answer["next_charge"], answer["subscription"]["is_live"]) == (
        "subscription_cancelled", None, False,
    )  # fmt: skip
    assert datetime.fromisoformat(answer["ended"]["at"]) > subscription["current_period_end"]
    assert offers(db)["a_month"] == ("pay", None)


def test_grace_that_passed_and_money_given_back_say_so_too(db: DbEnv) -> None:
    end = db.subscribe(as_of=NOW - timedelta(days=60))["current_period_end"]
    db.charge(end, "canceled", "card_expired")
    db.service("run_billing_cycle", as_of=end + timedelta(days=15))
    assert overview(db)["ended"]["reason"] == "grace_period_ended"

    db.subscribe()
    transaction = overview(db)["payments"][0]["id"]
    refund = db.rpc("moderator", "start_refund", transaction_id=transaction, reason="Ошибка")
    paid = db.one("select yookassa_payment_id from payment_transactions where id = %s", transaction)
    db.service(
        "record_refund", source="admin",
        refund={
            "id": "r-1", "status": "succeeded", "payment_id": paid["yookassa_payment_id"],
            "amount": {"value": "1490.00", "currency": "RUB"}, "metadata": {"refund_id": refund["refund_id"]},
        },
    )  # fmt: skip
    answer = overview(db)
    assert (answer["ended"]["reason"], answer["ended"]["amount"]) == ("refunded", "1490.00")
    assert [each["amount"] for each in answer["payments"][0]["refunds"]] == ["1490.00"]


@pytest.mark.parametrize(
    "state", ["nothing", "trialing", "active", "past_due", "verified", "pending", "deleting", "b"]
)
def test_an_offer_is_what_checkout_takes(db: DbEnv, state: str) -> None:
    """Every plan that is offered can be paid, and every one that is closed is refused with the reason told."""
    match state:
        case "trialing":
            db.start_trial()
        case "active":
            db.subscribe()
        case "past_due":
            db.charge(db.subscribe(as_of=NOW - timedelta(days=40))["current_period_end"], "canceled")
        case "verified":
            approve(db)
        case "pending":
            hand_in_evidence(db)
        case "deleting":
            slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
            db.rpc("anna", "delete_organization", organization_id=db.organization, confirmation=slug)
        case "b":
            approve(db)
            db.subscribe("b_month")
    refusals = {
        "verification_required": "verification_required", "verification_pending": "verification_required",
        "lower_level": "invalid_transition", "being_deleted": "invalid_transition",
    }  # fmt: skip
    for offer in overview(db)["offers"]:
        plan = offer["plan_id"]
        kinds = {"pay": ["subscription"], "change": ["plan_change"], "current": [], "closed": []}[
            offer["offer"]
        ]
        for kind in [*kinds, *(["trial"] if offer["trial"] else [])]:
            assert db.checkout(kind, plan)["amount"]
        if offer["offer"] == "closed":
            with pytest.raises(Refused) as refused:
                db.checkout("plan_change" if state in ("active", "b") else "subscription", plan)
            assert refused.value.code == refusals[offer["why"]]


def test_members_below_admin_see_the_plan_and_not_the_money(db: DbEnv) -> None:
    db.subscribe()
    seen = overview(db, "gleb")
    assert seen["subscription"]["status"] == "active"
    assert (seen["cards"], seen["payments"], seen["under_way"], seen["receipts_to"]) == ([], [], None, None)
    assert {why for _, why in offers(db, "gleb").values()} == {"not_allowed"}


def test_platform_admins_see_the_money_and_not_the_cards(db: DbEnv) -> None:
    db.subscribe()
    seen = overview(db, "moderator")
    assert len(seen["payments"]) == 1
    assert seen["cards"] == []


@pytest.mark.parametrize(("person", "code"), [("visitor", "42501"), ("stranger", "not_allowed")])
def test_others_see_nothing(db: DbEnv, person: str, code: str) -> None:
    db.run("update organizations set is_published = true where id = %s", db.organization)
    with pytest.raises(Refused) as refused:
        overview(db, person)
    assert code in (refused.value.code, refused.value.sqlstate)


# The quote's lines


def lines(db: DbEnv, plan: str) -> tuple[Row, dict[str, Any]]:
    quote = db.rpc("anna", "quote_plan_change", organization_id=db.organization, plan_id=plan)
    return quote, {line["kind"]: line for line in quote["lines"]}


def total(quote: Row) -> Decimal:
    return sum((Decimal(line["amount"]) for line in quote["lines"] if "amount" in line), Decimal())


def test_the_lines_of_a_quote_add_up(db: DbEnv) -> None:
    db.subscribe(as_of=NOW - timedelta(days=10))
    quote, told = lines(db, "a_year")
    assert list(told) == ["price", "credit"]
    assert total(quote) == Decimal(quote["amount"])
    assert told["price"]["amount"] == quote["price"]
    assert Decimal(told["credit"]["amount"]) == -Decimal(quote["credit"])
    assert (told["credit"]["days"], told["credit"]["of_days"]) == (
        quote["unused_days"],
        quote["days_in_period"],
    )
    assert told["credit"]["is_less_refunds"] is False


def test_a_credit_larger_than_the_price_has_a_remainder_and_turns_into_days(db: DbEnv) -> None:
    db.subscribe("a_year")
    approve(db)
    quote, told = lines(db, "a_month")
    assert list(told) == ["price", "credit", "minimum", "bonus_days"]
    assert quote["amount"] == "1.00"
    assert total(quote) == Decimal("1.00")
    assert told["bonus_days"]["days"] == quote["bonus_days"] > 0


def test_what_was_given_back_is_no_credit(db: DbEnv) -> None:
    db.subscribe()
    db.run(
        "update payment_transactions set refunded_amount = 100 where organization_id = %s", db.organization
    )
    _, told = lines(db, "a_year")
    assert told["credit"]["is_less_refunds"] is True
