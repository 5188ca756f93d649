"""The billing page in one answer (sql/53_billing_overview): what it says in each state, and to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from kit.db import Row, World, hand_in_evidence, payment_of
from kit.refused import Refused

NOW = datetime.now(UTC)


def overview(world: World, person: str = "anna") -> Row:
    answer: Row = world.door(person, "billing_overview", organization_id=world.organization)
    return answer


def offers(world: World, person: str = "anna") -> dict[str, tuple[str, str | None]]:
    return {each["plan_id"]: (each["offer"], each["why"]) for each in overview(world, person)["offers"]}


def approve(world: World) -> None:
    world.door(
        "moderator", "review_upgrade_request", request_id=hand_in_evidence(world)["id"], decision="approved"
    )
    world.run("update status_upgrade_requests set reviewed_at = reviewed_at - interval '1 minute'")


def test_before_the_first_payment(world: World) -> None:
    answer = overview(world)
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
    assert offers(world)["b_month"] == ("closed", "verification_required")
    assert not any(each["trial"] for each in answer["offers"] if each["level"] == "B")


def test_a_trial_tells_its_first_charge(world: World) -> None:
    world.start_trial()
    answer = overview(world)
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
    assert offers(world)["a_month"] == ("pay", None)
    assert not any(each["trial"] for each in answer["offers"])


def test_a_paid_period(world: World) -> None:
    world.subscribe()
    answer = overview(world)
    assert (answer["subscription"]["level"], answer["subscription"]["cancelling"]["at_once"]) == ("A", False)
    assert answer["next_charge"]["at"] == answer["subscription"]["current_period_end"]
    assert offers(world) == {
        "a_month": ("current", None), "a_year": ("change", None),
        "b_month": ("closed", "verification_required"), "b_year": ("closed", "verification_required"),
    }  # fmt: skip
    (payment,) = answer["payments"]
    assert (payment["kind"], payment["status"], payment["amount"], payment["attempt"]) == (
        "first_payment", "succeeded", "1490.00", None,
    )  # fmt: skip
    assert not {"idempotence_key", "request_body"} & set(payment)


def test_cancelling_takes_c_along_only_with_the_last_of_a_and_b(world: World) -> None:
    world.subscribe()
    world.service("grant_status_level", organization_id=world.organization, level="C")
    assert overview(world)["subscription"]["cancelling"]["loses"] == ["A", "C"]
    world.service("grant_status_level", organization_id=world.organization, level="B")
    assert overview(world)["subscription"]["cancelling"]["loses"] == ["A"]


def test_cancelled_it_is_charged_no_more_and_says_so(world: World) -> None:
    world.subscribe()
    world.door("anna", "cancel_subscription", organization_id=world.organization)
    answer = overview(world)
    assert (answer["next_charge"]["at"], answer["next_charge"]["why_not"]) == (None, "cancelled")
    assert (answer["subscription"]["cancelling"], answer["subscription"]["is_revoked"]) == (None, False)


def test_what_we_took_away_cannot_be_resumed(world: World) -> None:
    world.subscribe()
    world.door(
        "moderator", "revoke_status_level", organization_id=world.organization, level="A", reason="refunded"
    )
    assert overview(world)["subscription"]["is_revoked"]
    with pytest.raises(Refused, match="invalid_transition"):
        world.door("anna", "resume_subscription", organization_id=world.organization)


def test_a_declined_charge_says_why_and_what_happens_next(world: World) -> None:
    end = world.subscribe(as_of=NOW - timedelta(days=40))["current_period_end"]
    world.charge(end, "canceled")
    answer = overview(world)
    decline = answer["last_decline"]
    assert (answer["subscription"]["status"], answer["subscription"]["level"]) == ("past_due", "A")
    assert decline["reason"] == "insufficient_funds"
    assert decline["next_try_at"] == answer["next_charge"]["at"] == answer["subscription"]["next_charge_at"]
    tries = [datetime.fromisoformat(at) - end for at in [decline["next_try_at"], *decline["later_tries"]]]
    assert [each.days for each in tries] == [1, 3, 5, 7, 10, 13]
    assert offers(world)["a_month"] == ("current", None)
    assert offers(world)["a_year"] == ("pay", None)

    world.charge(end + timedelta(days=1), "canceled", "card_expired")
    answer = overview(world)
    assert (answer["next_charge"]["at"], answer["next_charge"]["why_not"]) == (None, "declined")
    assert (answer["last_decline"]["reason"], answer["last_decline"]["later_tries"]) == ("card_expired", [])
    assert [each["attempt"] for each in answer["payments"] if each["kind"] == "renewal"] == [2, None]


def test_without_a_card_there_is_nothing_to_charge(world: World) -> None:
    end = world.subscribe(as_of=NOW - timedelta(days=40))["current_period_end"]
    world.door("anna", "forget_payment_method", payment_method_id=overview(world)["cards"][0]["id"])
    answer = overview(world)
    assert (answer["cards"], answer["next_charge"]["why_not"]) == ([], "no_card")
    world.service("run_billing_cycle", as_of=end)
    answer = overview(world)
    assert answer["subscription"]["status"] == "past_due"
    assert answer["last_decline"]["reason"] == "no_payment_method"
    assert (answer["last_decline"]["next_try_at"], answer["next_charge"]["why_not"]) == (None, "no_card")


def test_a_charge_under_way_closes_every_offer(world: World) -> None:
    end = world.subscribe(as_of=NOW - timedelta(days=40))["current_period_end"]
    world.service("run_billing_cycle", as_of=end)
    (charge,) = world.claim(end)
    answer = overview(world)
    assert answer["under_way"]["transaction_id"] == charge["transaction_id"]
    assert (answer["under_way"]["kind"], answer["next_charge"]["why_not"]) == ("renewal", "under_way")
    assert {why for offer, why in offers(world).values() if offer != "current"} == {"charge_under_way"}


def test_a_payment_that_a_person_began_is_told_until_its_outcome(world: World) -> None:
    checkout = world.checkout("subscription")
    world.record(payment_of(checkout, "pending"))
    under_way = overview(world)["under_way"]
    assert (under_way["transaction_id"], under_way["kind"]) == (checkout["transaction_id"], "first_payment")
    assert under_way["payment_url"].startswith("https://")
    world.record(payment_of(checkout, "succeeded"))
    assert overview(world)["under_way"] is None


def test_a_subscription_that_is_over_says_why(world: World) -> None:
    subscription = world.subscribe(as_of=NOW - timedelta(days=40))
    world.door("anna", "cancel_subscription", organization_id=world.organization)
    answer = overview(world)
    assert (answer["ended"]["reason"], answer["next_charge"], answer["subscription"]["is_live"]) == (
        "subscription_cancelled", None, False,
    )  # fmt: skip
    assert datetime.fromisoformat(answer["ended"]["at"]) > subscription["current_period_end"]
    assert offers(world)["a_month"] == ("pay", None)


def test_grace_that_passed_and_money_given_back_say_so_too(world: World) -> None:
    end = world.subscribe(as_of=NOW - timedelta(days=60))["current_period_end"]
    world.charge(end, "canceled", "card_expired")
    world.service("run_billing_cycle", as_of=end + timedelta(days=15))
    assert overview(world)["ended"]["reason"] == "grace_period_ended"

    world.subscribe()
    transaction = overview(world)["payments"][0]["id"]
    refund = world.door("moderator", "start_refund", transaction_id=transaction, reason="Ошибка")
    paid = world.one("select yookassa_payment_id from payment_transactions where id = %s", transaction)
    world.service(
        "record_refund", source="admin",
        refund={
            "id": "r-1", "status": "succeeded", "payment_id": paid["yookassa_payment_id"],
            "amount": {"value": "1490.00", "currency": "RUB"}, "metadata": {"refund_id": refund["refund_id"]},
        },
    )  # fmt: skip
    answer = overview(world)
    assert (answer["ended"]["reason"], answer["ended"]["amount"]) == ("refunded", "1490.00")
    assert [each["amount"] for each in answer["payments"][0]["refunds"]] == ["1490.00"]


@pytest.mark.parametrize(
    "state", ["nothing", "trialing", "active", "past_due", "verified", "pending", "deleting", "b"]
)
def test_an_offer_is_what_checkout_takes(world: World, state: str) -> None:
    """Every plan that is offered can be paid, and every one that is closed is refused with the reason told."""
    match state:
        case "trialing":
            world.start_trial()
        case "active":
            world.subscribe()
        case "past_due":
            world.charge(world.subscribe(as_of=NOW - timedelta(days=40))["current_period_end"], "canceled")
        case "verified":
            approve(world)
        case "pending":
            hand_in_evidence(world)
        case "deleting":
            slug = world.one("select slug from organizations where id = %s", world.organization)["slug"]
            world.door("anna", "delete_organization", organization_id=world.organization, confirmation=slug)
        case "b":
            approve(world)
            world.subscribe("b_month")
    refusals = {
        "verification_required": "verification_required", "verification_pending": "verification_required",
        "lower_level": "invalid_transition", "being_deleted": "invalid_transition",
    }  # fmt: skip
    for offer in overview(world)["offers"]:
        plan = offer["plan_id"]
        kinds = {"pay": ["subscription"], "change": ["plan_change"], "current": [], "closed": []}[
            offer["offer"]
        ]
        for kind in [*kinds, *(["trial"] if offer["trial"] else [])]:
            assert world.checkout(kind, plan)["amount"]
        if offer["offer"] == "closed":
            with pytest.raises(Refused) as refused:
                world.checkout("plan_change" if state in ("active", "b") else "subscription", plan)
            assert refused.value.code == refusals[offer["why"]]


def test_members_below_admin_see_the_plan_and_not_the_money(world: World) -> None:
    world.subscribe()
    seen = overview(world, "gleb")
    assert seen["subscription"]["status"] == "active"
    assert (seen["cards"], seen["payments"], seen["under_way"], seen["receipts_to"]) == ([], [], None, None)
    assert {why for _, why in offers(world, "gleb").values()} == {"not_allowed"}


def test_platform_admins_see_the_money_and_not_the_cards(world: World) -> None:
    world.subscribe()
    seen = overview(world, "moderator")
    assert len(seen["payments"]) == 1
    assert seen["cards"] == []


@pytest.mark.parametrize(("person", "code"), [("visitor", "42501"), ("stranger", "not_allowed")])
def test_others_see_nothing(world: World, person: str, code: str) -> None:
    world.run("update organizations set is_published = true where id = %s", world.organization)
    with pytest.raises(Refused) as refused:
        overview(world, person)
    assert code in (refused.value.code, refused.value.sqlstate)


# The quote's lines


def lines(world: World, plan: str) -> tuple[Row, dict[str, Any]]:
    quote = world.door("anna", "quote_plan_change", organization_id=world.organization, plan_id=plan)
    return quote, {line["kind"]: line for line in quote["lines"]}


def total(quote: Row) -> Decimal:
    return sum((Decimal(line["amount"]) for line in quote["lines"] if "amount" in line), Decimal())


def test_the_lines_of_a_quote_add_up(world: World) -> None:
    world.subscribe(as_of=NOW - timedelta(days=10))
    quote, told = lines(world, "a_year")
    assert list(told) == ["price", "credit"]
    assert total(quote) == Decimal(quote["amount"])
    assert told["price"]["amount"] == quote["price"]
    assert Decimal(told["credit"]["amount"]) == -Decimal(quote["credit"])
    assert (told["credit"]["days"], told["credit"]["of_days"]) == (
        quote["unused_days"],
        quote["days_in_period"],
    )
    assert told["credit"]["is_less_refunds"] is False


def test_a_credit_larger_than_the_price_has_a_remainder_and_turns_into_days(world: World) -> None:
    world.subscribe("a_year")
    approve(world)
    quote, told = lines(world, "a_month")
    assert list(told) == ["price", "credit", "minimum", "bonus_days"]
    assert quote["amount"] == "1.00"
    assert total(quote) == Decimal("1.00")
    assert told["bonus_days"]["days"] == quote["bonus_days"] > 0


def test_what_was_given_back_is_no_credit(world: World) -> None:
    world.subscribe()
    world.run(
        "update payment_transactions set refunded_amount = 100 where organization_id = %s", world.organization
    )
    _, told = lines(world, "a_year")
    assert told["credit"]["is_less_refunds"] is True
