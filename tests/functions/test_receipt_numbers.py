"""The numbers of receipts: the sweep asks ЮKassa for them once they are registered, whatever goes wrong meanwhile."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest
from kit.customer import Customer
from kit.env import Env
from kit.waiting import at_once, until
from yookassa import Configuration, Receipt  # type: ignore[import-untyped]

RECEIPTS = "/v3/receipts"
Documents = list[tuple[str, str, str, str, str]]


def documents(env: Env, transaction_id: str) -> Documents:
    """What we keep: (ЮKassa's id, kind, amount, ФН, ФД), oldest first."""
    rows = env.rows(
        "select * from public.fiscal_receipts where transaction_id = %s order by registered_at, fiscal_document_number::int",
        transaction_id,
    )
    return [
        (
            row["yookassa_receipt_id"],
            row["kind"],
            str(row["amount"]),
            row["fiscal_storage_number"],
            row["fiscal_document_number"],
        )
        for row in rows
    ]


def at_yookassa(env: Env, **of: str) -> Documents:
    """The same as the official SDK reads it."""
    shop_id, secret_key = env.simulator.shop
    Configuration.configure(shop_id, secret_key, api_url=f"{env.stack.yookassa}/v3")
    listed = Receipt.list({**of, "limit": 100})
    return [
        (
            item.id,
            item.type,
            str(sum((Decimal(each.amount.value) for each in item.settlements), Decimal(0))),
            item.fiscal_storage_number,
            item.fiscal_document_number,
        )
        for item in reversed(listed.items)
    ]


def registered(env: Env, customer: Customer) -> str:
    """A paid month whose receipt is registered, as we know, and whose numbers are to be asked for; the transaction's id."""
    transaction_id = customer.pay_for()
    env.later(hours=2)
    summary = env.sweep_up()
    assert (summary["transactions"], summary["receipts"]) == ({"unchanged": 1}, {})
    return transaction_id


def payment_of(customer: Customer, transaction_id: str) -> str:
    return str(customer.transaction(transaction_id)["yookassa_payment_id"])


def test_what_is_kept_is_what_the_official_sdk_reads(fiscal: Env, kira: Customer) -> None:
    transaction_id = registered(fiscal, kira)
    assert fiscal.sweep_up()["receipts"] == {"complete": 1}
    kept = documents(fiscal, transaction_id)
    assert kept == at_yookassa(fiscal, payment_id=payment_of(kira, transaction_id))
    assert [(kind, amount) for _, kind, amount, *_ in kept] == [("payment", "1490.00")]
    (payment,) = kira.person.rpc("billing_overview", organization_id=kira.organization_id)["payments"]
    assert [each["fiscal_document_number"] for each in payment["receipts"]] == [kept[0][4]]
    asked = fiscal.simulator.count("GET", RECEIPTS)
    fiscal.later(days=1)
    assert fiscal.sweep_up()["receipts"] == {}
    assert fiscal.simulator.count("GET", RECEIPTS) == asked, "and then it is left alone"


def test_a_list_that_has_it_still_pending_is_asked_again(fiscal: Env, kira: Customer) -> None:
    fiscal.simulator.settings(receipt_seconds=4 * 3600)
    transaction_id = kira.pay_for()
    fiscal.simulator.tamper(payment_of(kira, transaction_id), {"receipt_registration": "succeeded"})
    fiscal.later(hours=2)
    fiscal.sweep_up()
    assert fiscal.sweep_up()["receipts"] == {"awaited": 1}
    assert documents(fiscal, transaction_id) == []
    fiscal.later(hours=4)
    assert fiscal.sweep_up()["receipts"] == {"complete": 1}
    assert len(documents(fiscal, transaction_id)) == 1


def test_a_rouble_that_is_held_and_released_has_two_documents(fiscal: Env, kira: Customer) -> None:
    kira.try_for_free()
    (hold,) = kira.transactions()
    assert hold["status"] == "canceled"
    fiscal.later(hours=2)
    fiscal.sweep_up()
    assert fiscal.sweep_up()["receipts"] == {"complete": 1}
    kept = documents(fiscal, str(hold["id"]))
    assert [(kind, amount) for _, kind, amount, *_ in kept] == [("payment", "1.00"), ("refund", "1.00")]
    assert kept == at_yookassa(fiscal, payment_id=hold["yookassa_payment_id"])


def test_refunds_in_part_and_whole_have_theirs(fiscal: Env, kira: Customer) -> None:
    first = registered(fiscal, kira)
    part = fiscal.give_back(first, "490.00")["refund_id"]
    fiscal.give_back(first)
    whole = fiscal.customer("Лев")
    second = whole.pay_for()
    fiscal.give_back(second)
    fiscal.later(hours=2)
    fiscal.sweep_up()
    fiscal.sweep_up()
    assert sorted((kind, amount) for _, kind, amount, *_ in documents(fiscal, first)) == [
        ("payment", "1490.00"), ("refund", "1000.00"), ("refund", "490.00")]  # fmt: skip
    assert [(kind, amount) for _, kind, amount, *_ in documents(fiscal, second)] == [
        ("payment", "1490.00"), ("refund", "1490.00")]  # fmt: skip
    (row,) = fiscal.rows("select amount from public.fiscal_receipts where refund_id = %s", part)
    assert str(row["amount"]) == "490.00"
    assert documents(fiscal, first) == at_yookassa(fiscal, payment_id=payment_of(kira, first))
    assert fiscal.rows("select 1 from private.receipts_due where next_check_at < 'infinity'") == []


@pytest.mark.parametrize("fault", ["error", "bad_gateway", "rate_limit", "reset", "garbage"])
def test_while_yookassa_is_down_money_moves_and_numbers_come_later(
    fiscal: Env, kira: Customer, fault: str
) -> None:
    transaction_id = registered(fiscal, kira)
    lev = fiscal.customer("Лев")
    _, payment_id = lev.checked_out("subscription")
    fiscal.simulator.pay(payment_id)
    fiscal.simulator.fault(fault, "GET", RECEIPTS, times=2)  # a connection that was lost is tried anew
    summary = fiscal.sweep_up()
    assert (summary["receipts"], summary["failed"], lev.level()) == ({"postponed": 1}, 0, "A")
    fiscal.simulator.clear_faults()
    assert fiscal.sweep_up()["receipts"] == {"complete": 2}, "those of the other payment, too"
    assert len(documents(fiscal, transaction_id)) == 1


def test_while_our_key_is_refused_numbers_wait(fiscal: Env, kira: Customer) -> None:
    transaction_id = registered(fiscal, kira)
    with fiscal.more_functions(YOOKASSA_SECRET_KEY="test_wrong-key-of-ours") as (functions, _):
        summary = fiscal.sweep_up(functions)
    assert (summary["receipts"], summary["failed"]) == ({"postponed": 1}, 0)
    assert fiscal.sweep_up()["receipts"] == {"complete": 1}
    assert len(documents(fiscal, transaction_id)) == 1


def test_a_list_that_never_ends_its_answer_is_given_up_in_time(fiscal: Env, kira: Customer) -> None:
    registered(fiscal, kira)
    lev = fiscal.customer("Лев")
    _, payment_id = lev.checked_out("subscription")
    fiscal.simulator.pay(payment_id)
    fiscal.simulator.fault("hang", "GET", RECEIPTS, seconds=60)
    with fiscal.more_functions(YOOKASSA_GET_SECONDS="0.5") as (functions, _):
        summary = fiscal.sweep_up(functions)
    assert (summary["receipts"], summary["failed"], lev.level()) == ({"postponed": 1}, 0, "A")


def test_killed_halfway_it_is_asked_again_and_kept_once(fiscal: Env, kira: Customer) -> None:
    transaction_id = registered(fiscal, kira)
    asked = fiscal.simulator.count("GET", RECEIPTS)
    fiscal.simulator.fault("hang", "GET", RECEIPTS, seconds=60)
    with fiscal.more_functions() as (functions, server):

        def sweep_and_die() -> None:
            with pytest.raises(httpx.TransportError):
                fiscal.sweep_up(functions)

        def kill() -> None:
            until(lambda: fiscal.simulator.count("GET", RECEIPTS) > asked)
            server.kill()

        at_once(sweep_and_die, kill)
    fiscal.simulator.clear_faults()
    assert documents(fiscal, transaction_id) == []
    assert fiscal.sweep_up()["receipts"] == {"complete": 1}
    assert len(documents(fiscal, transaction_id)) == 1


def test_two_sweeps_at_once_ask_once(fiscal: Env, kira: Customer) -> None:
    transaction_id = registered(fiscal, kira)
    asked = fiscal.simulator.count("GET", RECEIPTS)
    fiscal.later(minutes=3)
    summaries = at_once(*[lambda: fiscal.job("payment_sweep")] * 4)
    assert [summary["receipts"] for summary in summaries if summary["receipts"]] == [{"complete": 1}]
    assert fiscal.simulator.count("GET", RECEIPTS) == asked + 1
    assert len(documents(fiscal, transaction_id)) == 1


def test_a_platform_admin_who_asks_yookassa_has_them_asked_for_anew(fiscal: Env, kira: Customer) -> None:
    transaction_id = registered(fiscal, kira)
    fiscal.rows("delete from private.receipts_due returning id")  # as if they were given up
    moderator = fiscal.moderator()
    answer = Customer(fiscal, moderator, kira.organization_id).post(
        "payment_refetch", {"transaction_id": transaction_id}
    )
    assert (answer.status_code, answer.json()["outcome"]) == (200, "unchanged")
    assert fiscal.sweep_up()["receipts"] == {"complete": 1}
    assert len(documents(fiscal, transaction_id)) == 1


def test_where_receipts_are_off_nothing_is_asked(rehearsal: Env, kira: Customer) -> None:
    asked = rehearsal.simulator.count("GET", RECEIPTS)
    rehearsal.give_back(kira.pay_for(), "490.00")
    rehearsal.later(days=1)
    summaries: list[dict[str, Any]] = [rehearsal.sweep_up(), rehearsal.sweep_up()]
    assert [summary["receipts"] for summary in summaries] == [{}, {}]
    assert rehearsal.simulator.count("GET", RECEIPTS) == asked
