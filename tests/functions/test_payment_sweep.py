"""payment_sweep: whatever was lost on the way is found, once, by whoever comes by."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from kit.customer import Customer
from kit.env import Env
from kit.waiting import at_once
from kit.yookassa import notice

A_DAY = 24 * 60


def test_a_lost_notification_is_made_up_for(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("trial")
    anna.env.simulator.pay(payment_id)
    anna.env.sweep()
    assert (anna.level(), anna.history()) == ("0", [("0", "granted")])
    transaction = anna.transaction(transaction_id)
    assert (transaction["status"], transaction["status_source"]) == ("canceled", "sweep")
    assert anna.env.simulator.payment(payment_id)["cancellation_details"]["reason"] == "canceled_by_merchant"


def test_a_lost_notification_of_a_paid_month_is_made_up_for(anna: Customer) -> None:
    _, payment_id = anna.checked_out("subscription")
    anna.env.simulator.pay(payment_id)
    anna.env.sweep()
    assert (anna.level(), anna.history()) == ("A", [("A", "granted")])


def test_a_page_that_was_left_is_let_go(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("trial")
    anna.env.simulator.expire(payment_id)
    anna.env.sweep()
    transaction = anna.transaction(transaction_id)
    assert (transaction["status"], transaction["cancellation_reason"]) == (
        "canceled",
        "expired_on_confirmation",
    )
    assert anna.level() is None


def test_what_is_fresh_is_left_alone(anna: Customer) -> None:
    _, payment_id = anna.checked_out("trial")
    anna.env.sweep(minutes_later=1)
    assert anna.env.simulator.count("GET", f"/v3/payments/{payment_id}") == 0


def test_a_payment_that_was_never_made_is_made_once_more_by_the_same_request(anna: Customer) -> None:
    anna.env.simulator.fault("error", "POST", "/v3/payments")
    assert anna.checkout().status_code == 502
    anna.env.sweep()
    (transaction,) = anna.transactions()
    (payment,) = anna.env.simulator.payments_of(str(transaction["id"]))
    assert (transaction["status"], transaction["yookassa_payment_id"]) == ("pending", payment["id"])


def test_when_the_key_is_old_the_list_is_read_and_nothing_is_sent(anna: Customer) -> None:
    anna.env.simulator.fault("error", "POST", "/v3/payments", committed=True)
    assert anna.checkout().status_code == 502
    sent = anna.env.simulator.count("POST", "/v3/payments")
    anna.env.sweep(minutes_later=A_DAY)
    (transaction,) = anna.transactions()
    (payment,) = anna.env.simulator.payments_of(str(transaction["id"]))
    assert transaction["yookassa_payment_id"] == payment["id"]
    assert anna.env.simulator.count("POST", "/v3/payments") == sent


def test_when_the_key_is_old_and_the_list_is_empty_it_was_never_made(anna: Customer) -> None:
    anna.env.simulator.fault("error", "POST", "/v3/payments")
    assert anna.checkout().status_code == 502
    anna.env.sweep(minutes_later=A_DAY)
    (transaction,) = anna.transactions()
    assert (transaction["status"], transaction["cancellation_reason"]) == ("canceled", "not_created")
    assert anna.env.simulator.payments_of(str(transaction["id"])) == []


def test_while_our_key_is_refused_nothing_is_given_up(anna: Customer) -> None:
    """A 401 says nothing about what an earlier request may have created."""
    anna.env.simulator.fault("error", "POST", "/v3/payments", committed=True)
    assert anna.checkout().status_code == 502
    with anna.env.more_functions(YOOKASSA_SECRET_KEY="test_wrong-key-of-ours") as (functions, _):
        summary = anna.env.sweep(functions=functions)
    assert summary["transactions"]["postponed"] >= 1
    assert anna.transactions()[0]["status"] == "created"
    anna.env.sweep(minutes_later=30)
    assert anna.transactions()[0]["status"] == "pending"


def test_what_yookassa_will_never_take_is_given_up(anna: Customer) -> None:
    """The first request got no answer; the same request is then refused for what it says."""
    anna.env.simulator.fault("error", "POST", "/v3/payments")
    assert anna.checkout().status_code == 502
    anna.env.simulator.settings(fiscalization="yoo_receipt")
    anna.env.sweep()
    anna.env.simulator.settings(fiscalization="off")
    (transaction,) = anna.transactions()
    assert (transaction["status"], transaction["cancellation_reason"]) == ("canceled", "invalid_request")


@pytest.mark.parametrize("fault", ["error", "bad_gateway", "rate_limit", "reset"])
def test_what_cannot_be_looked_at_now_is_looked_at_later(anna: Customer, fault: str) -> None:
    _, payment_id = anna.checked_out("trial")
    anna.env.simulator.pay(payment_id)
    anna.env.simulator.fault(fault, "GET", f"/v3/payments/{payment_id}", times=2)
    summary = anna.env.sweep()
    assert (summary["transactions"]["postponed"], summary["failed"]) == (1, 0)
    assert anna.level() is None
    anna.env.simulator.clear_faults()
    anna.env.sweep(minutes_later=30)
    assert anna.level() == "0"


def test_a_hold_the_bank_ended_first_is_recorded_as_it_is(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("trial")
    anna.env.simulator.fault("error", "POST", f"/v3/payments/{payment_id}/cancel")
    anna.env.notify(notice(anna.env.simulator.pay(payment_id)))
    anna.env.simulator.decline(payment_id, "expired_on_capture", "yoo_money")
    anna.env.sweep()
    transaction = anna.transaction(transaction_id)
    assert (transaction["status"], transaction["cancellation_reason"]) == ("canceled", "expired_on_capture")
    assert anna.level() == "0", "the card was proven; whose end of the hold it was does not matter"


def test_two_sweeps_at_once_take_each_item_once(env: Env) -> None:
    customers = [env.customer(name) for name in ["Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор"]]
    payments = [customer.checked_out("subscription")[1] for customer in customers]
    for payment_id in payments:
        env.simulator.pay(payment_id)
    env.sweep(minutes_later=1)  # whatever other tests left
    at_once(*[env.sweep] * 4)
    assert [customer.history() for customer in customers] == [[("A", "granted")]] * 6
    assert [env.simulator.count("GET", f"/v3/payments/{payment_id}") for payment_id in payments] == [1] * 6


def test_a_sweep_beside_notifications_grants_once(anna: Customer) -> None:
    _, payment_id = anna.checked_out("subscription")
    notification = notice(anna.env.simulator.pay(payment_id))
    notify = partial(anna.env.notify, notification)
    at_once(*[lambda: anna.env.sweep()["failed"], lambda: notify().status_code] * 3)
    assert (anna.subscriptions(), anna.history()) == (["active"], [("A", "granted")])


def test_a_sweep_that_runs_out_of_time_leaves_the_rest(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("subscription")
    anna.env.simulator.pay(payment_id)
    anna.env.simulator.fault("hang", "GET", f"/v3/payments/{payment_id}", seconds=60)
    with anna.env.more_functions(SWEEP_SECONDS="0.5") as (functions, _):
        assert anna.env.sweep(functions=functions)["left"] >= 1
    assert anna.transaction(transaction_id)["status"] == "pending"
    anna.env.simulator.clear_faults()  # the time may have run out before ЮKassa was asked at all
    anna.env.sweep(minutes_later=30)
    assert anna.level() == "A"


def test_each_run_is_kept_with_its_summary(anna: Customer) -> None:
    _, payment_id = anna.checked_out("subscription")
    anna.env.simulator.pay(payment_id)
    summary = anna.env.sweep(minutes_later=3)
    (run,) = anna.env.rows("select * from public.job_runs where as_of = %s", summary["as_of"])
    assert (run["job"], run["status"], run["error"]) == ("payment_sweep", "ok", None)
    assert {"as_of": summary["as_of"], **run["summary"]} == summary
    assert run["finished_at"]


# Who may call it, and when


@pytest.mark.parametrize("wrong", ["wrong", "{right}x", "{right:.20}", "x{right}"])
def test_only_the_scheduler_may_call_it(env: Env, wrong: str) -> None:
    answer = env.call_job("payment_sweep", secret=wrong.format(right=env.stack.scheduler_secret))
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")


def test_the_service_key_is_not_the_scheduler(env: Env) -> None:
    assert env.call_job("payment_sweep", secret=env.stack.secret_key).status_code == 401


@pytest.mark.parametrize("body", [{"as_of": "soon"}, {"as_of": "2026-11-20T12:00:00"}, {"asof": "x"}])
def test_a_moment_that_is_none_is_refused(env: Env, body: dict[str, Any]) -> None:
    answer = env.call_job("payment_sweep", **body)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")


def test_time_travel_is_for_tests_only(env: Env) -> None:
    with env.more_functions(ALLOW_TIME_TRAVEL="0") as (functions, _):
        answer = env.call_job("payment_sweep", as_of=env.time.now.isoformat(), functions=functions)
        assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")
        answer = env.call_job("payment_sweep", functions=functions)
        assert (answer.status_code, answer.json()["as_of"]) == (200, None)


def test_while_the_database_is_down_the_sweep_says_so(env: Env) -> None:
    with env.more_functions(SUPABASE_URL="http://127.0.0.1:9") as (functions, _):
        answer = env.call_job("payment_sweep", functions=functions)
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
