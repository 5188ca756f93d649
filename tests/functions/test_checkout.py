"""checkout: a person, the rules, and ЮKassa in all its moods."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from kit.customer import Customer
from kit.env import Env
from kit.server import CLIENT
from kit.waiting import at_once
from kit.yookassa import notice

PAYMENTS = "/v3/payments"


def assert_nothing_is_known(answer: httpx.Response) -> None:
    assert answer.status_code == 502
    assert answer.json()["error"] == "payment_provider_error"
    assert "nothing is charged twice" in answer.json()["hint"]


def test_a_trial_begins_on_yookassas_page(anna: Customer) -> None:
    answer = anna.checkout("trial")
    assert answer.status_code == 200
    (transaction,) = anna.transactions()
    payment = anna.env.simulator.payment(transaction["yookassa_payment_id"])
    assert answer.json() == {
        "transaction_id": str(transaction["id"]),
        "payment_url": payment["confirmation"]["confirmation_url"],
        "amount": "1.00",
        "currency": "RUB",
    }
    assert (transaction["status"], transaction["kind"]) == ("pending", "trial_hold")
    assert payment["metadata"]["transaction_id"] == str(transaction["id"])
    assert anna.level() is None


def test_a_first_month_costs_what_the_plan_says(anna: Customer) -> None:
    answer = anna.checkout("subscription").json()
    assert (answer["amount"], answer["currency"]) == ("1490.00", "RUB")


def test_the_second_call_within_an_hour_leads_to_the_same_page(anna: Customer) -> None:
    first, second = anna.checkout(), anna.checkout()
    assert first.json() == second.json()
    assert len(anna.env.simulator.payments_of(first.json()["transaction_id"])) == 1
    assert len(anna.transactions()) == 1


def test_two_clicks_at_once_make_one_payment(anna: Customer) -> None:
    answers = at_once(*[anna.checkout] * 4)
    assert [answer.status_code for answer in answers] == [200] * 4, [answer.text for answer in answers]
    assert len({answer.text for answer in answers}) == 1
    assert len(anna.env.simulator.payments_of(answers[0].json()["transaction_id"])) == 1


def test_a_second_trial_is_refused(anna: Customer) -> None:
    _, payment_id = anna.checked_out("trial")
    anna.env.notify(notice(anna.env.simulator.pay(payment_id)))
    answer = anna.checkout("trial")
    assert (answer.status_code, answer.json()["error"]) == (409, "trial_already_used")
    assert answer.json()["hint"]


@pytest.mark.parametrize("plan", ["a_month", "b_month"])
def test_more_than_ten_a_minute_are_told_when_to_come_back(anna: Customer, plan: str) -> None:
    """Also those that are refused: an organization that is not verified may not pay for level B."""
    answers = [anna.checkout("subscription", plan) for _ in range(11)]
    while answers[-1].status_code != 429 and len(answers) < 33:  # the minute turned on the way
        answers.append(anna.checkout("subscription", plan))
    assert answers[9].status_code == {"a_month": 200, "b_month": 409}[plan]
    assert (answers[-1].status_code, answers[-1].json()["error"]) == (429, "too_many_requests")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


# Who may not


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_who_may_not_pay_is_told_so(anna: Customer, role: str) -> None:
    answer = anna.hire("Глеб", role).checkout()
    assert (answer.status_code, answer.json()["error"]) == (403, "not_allowed")
    assert anna.transactions() == []


def test_an_admin_may_pay(anna: Customer) -> None:
    assert anna.hire("Борис", "admin").checkout().status_code == 200


def test_a_stranger_may_not_pay_for_others(anna: Customer) -> None:
    stranger = Customer(anna.env, anna.env.sign_up("Незнакомец"), anna.organization_id)
    answer = stranger.checkout()
    assert (answer.status_code, answer.json()["error"]) == (403, "not_allowed")
    assert anna.transactions() == []


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Basic YW5uYTpwYXNz", "Bearer not-a-token", "Bearer a.b.c", "Bearer ключ"],
)
def test_without_a_good_token_nobody_pays(anna: Customer, authorization: str | None) -> None:
    headers = [] if authorization is None else [(b"Authorization", authorization.encode())]
    body = {"organization_id": anna.organization_id, "plan_id": "a_month", "kind": "trial"}
    answer = CLIENT.post(f"{anna.env.functions}/checkout", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")


def test_a_token_signed_by_somebody_else_is_none(anna: Customer) -> None:
    head, claims, signature = str(anna.person.token).split(".")
    forged = ".".join([head, claims, signature[::-1]])
    body = {"organization_id": anna.organization_id, "plan_id": "a_month", "kind": "trial"}
    answer = anna.post("checkout", body, token=forged)
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")


def test_the_publishable_key_is_not_a_person(anna: Customer) -> None:
    body = {"organization_id": anna.organization_id, "plan_id": "a_month", "kind": "trial"}
    answer = anna.post("checkout", body, token=anna.env.stack.publishable_key)
    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_required")


# What makes no sense


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"kind": None}, "kind", "invalid"),
        ({"kind": "gift"}, "kind", "invalid"),
        ({"organization_id": "1 or 1=1"}, "organization_id", "invalid"),
        ({"plan_id": 7}, "plan_id", "invalid"),
        ({"amount": "1.00"}, "amount", "unknown_field"),
        ({"return_url": "https://evil.example"}, "return_url", "unknown_field"),
    ],
)
def test_a_field_that_makes_no_sense_is_named(
    anna: Customer, changes: dict[str, Any], field: str, code: str
) -> None:
    body = {"organization_id": anna.organization_id, "plan_id": "a_month", "kind": "trial"} | changes
    answer = anna.post("checkout", body)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")
    assert json.loads(answer.json()["detail"]) == [{"field": field, "code": code}]
    assert anna.transactions() == []


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"checkout"', b"\xff", b'{"kind": NaN}', b""])
def test_a_body_that_is_no_request_is_refused(anna: Customer, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {anna.person.token}"}
    answer = CLIENT.post(f"{anna.env.functions}/checkout", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")


@pytest.mark.parametrize("plan", ["", "z_month", "a_month' or '1'='1", "a_month; drop table x", "б\x00"])
def test_a_plan_that_is_not_there(anna: Customer, plan: str) -> None:
    answer = anna.checkout(plan=plan)
    assert (answer.status_code, answer.json()["error"]) in [(404, "not_found"), (422, "invalid_input")]
    assert anna.transactions() == []


def test_an_organization_that_is_not_there(anna: Customer) -> None:
    answer = Customer(anna.env, anna.person, str(uuid4())).checkout()
    assert answer.json()["error"] in ("not_found", "not_allowed")


def test_a_plan_for_the_verified_only(anna: Customer) -> None:
    answer = anna.checkout("subscription", "b_month")
    assert (answer.status_code, answer.json()["error"]) == (409, "verification_required")


# ЮKassa is not well


@pytest.mark.parametrize("kind", ["error", "bad_gateway", "reset"])
@pytest.mark.parametrize("committed", [True, False], ids=["created", "not created"])
def test_after_an_unknown_outcome_trying_again_creates_nothing_twice(
    anna: Customer, kind: str, committed: bool
) -> None:
    anna.env.simulator.fault(kind, "POST", PAYMENTS, committed=committed)
    assert_nothing_is_known(anna.checkout())
    (transaction,) = anna.transactions()
    assert transaction["status"] == "created"

    again = anna.checkout()
    assert again.status_code == 200
    assert again.json()["transaction_id"] == str(transaction["id"])
    assert len(anna.env.simulator.payments_of(str(transaction["id"]))) == 1
    assert len(anna.transactions()) == 1


def test_the_truth_of_a_500_is_found_by_the_sweep(anna: Customer) -> None:
    anna.env.simulator.fault("error", "POST", PAYMENTS, committed=True)
    assert_nothing_is_known(anna.checkout())
    anna.env.sweep()
    (transaction,) = anna.transactions()
    (payment,) = anna.env.simulator.payments_of(str(transaction["id"]))
    assert (transaction["status"], transaction["yookassa_payment_id"]) == ("pending", payment["id"])
    assert anna.checkout().json()["payment_url"] == payment["confirmation"]["confirmation_url"]


@pytest.mark.parametrize("committed", [True, False], ids=["created", "not created"])
def test_silence_ends_in_time_and_the_sweep_finds_the_truth(anna: Customer, committed: bool) -> None:
    anna.env.simulator.fault("hang", "POST", PAYMENTS, seconds=40, committed=committed)
    with anna.env.more_functions(YOOKASSA_POST_SECONDS="0.5") as (functions, _):
        assert_nothing_is_known(anna.checkout(functions=functions))
    anna.env.sweep()
    (transaction,) = anna.transactions()
    assert transaction["status"] == "pending"
    assert len(anna.env.simulator.payments_of(str(transaction["id"]))) == 1


def test_too_many_requests_says_when_to_come_back(anna: Customer) -> None:
    anna.env.simulator.fault("rate_limit", "POST", PAYMENTS, retry_after=2000)
    answer = anna.checkout()
    assert_nothing_is_known(answer)
    assert answer.headers["retry-after"] == "2"
    assert anna.checkout().status_code == 200


def test_a_shop_without_recurring_payments_charges_nobody_and_tells_the_operator(anna: Customer) -> None:
    with anna.env.more_functions() as (functions, part):
        anna.env.simulator.settings(recurring=False)
        answer = anna.checkout(functions=functions)
        anna.env.simulator.settings(recurring=True)
        assert (answer.status_code, answer.json()["error"]) == (502, "payment_provider_error")
        (transaction,) = anna.transactions()
        assert (transaction["status"], transaction["cancellation_party"]) == ("canceled", "yookassa_api")
        (line,) = [line for line in part.lines() if line["severity"] == "ERROR"]
        assert "recurring payments" in line["said"]
        assert line["request_id"] == answer.json()["request_id"]
    assert anna.checkout().status_code == 200, "the next try is a new payment"
    assert len(anna.transactions()) == 2


def test_a_wrong_key_of_ours_is_for_the_operator(anna: Customer) -> None:
    with anna.env.more_functions(YOOKASSA_SECRET_KEY="test_wrong-key-of-ours") as (functions, part):
        answer = anna.checkout(functions=functions)
        assert (answer.status_code, answer.json()["error"]) == (502, "payment_provider_error")
        assert "invalid_credentials" in part.log.read_text()
        assert "wrong-key-of-ours" not in part.log.read_text()


def test_a_database_that_is_down_is_said_so(anna: Customer) -> None:
    with anna.env.more_functions(SUPABASE_URL="http://127.0.0.1:9") as (functions, _):
        answer = anna.checkout(functions=functions)
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")


def test_a_platform_with_the_wrong_service_key_charges_nobody(env: Env, anna: Customer) -> None:
    """The payment is created before the wrong key shows; nothing is recorded, and the right key mends it."""
    with env.more_functions(SUPABASE_SECRET_KEY="sb_secret_wrong") as (functions, part):
        answer = anna.checkout(functions=functions)
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
        assert "sb_secret_wrong" not in part.log.read_text()
    again = anna.checkout()
    assert again.status_code == 200
    assert len(env.simulator.payments_of(again.json()["transaction_id"])) == 1


# Case 10: a page that ЮKassa has ended is not handed out again


@pytest.mark.parametrize("end", ["declined", "paid"])
def test_case_10_a_page_is_looked_at_before_it_is_given_again(anna: Customer, end: str) -> None:
    """Its notification was lost, so that only ЮKassa knows."""
    transaction_id, payment_id = anna.checked_out("subscription")
    if end == "declined":
        anna.env.simulator.decline(payment_id, "insufficient_funds")
    else:
        anna.env.simulator.pay(payment_id)
    again = anna.checkout("subscription")
    if end == "declined":
        assert again.status_code == 200
        assert again.json()["transaction_id"] != transaction_id
        assert again.json()["payment_url"].rpartition("/")[2] != payment_id
        assert anna.transaction(transaction_id)["cancellation_reason"] == "insufficient_funds"
    else:
        assert (again.status_code, again.json()["error"]) == (409, "subscription_exists")
        assert anna.level() == "A", "what was paid is known from that moment"


def test_case_10_when_nobody_can_say_no_page_is_given(anna: Customer) -> None:
    _, payment_id = anna.checked_out("subscription")
    anna.env.simulator.fault("bad_gateway", "GET", f"/v3/payments/{payment_id}")
    again = anna.checkout("subscription")
    assert (again.status_code, again.json()["error"]) == (502, "payment_provider_error")
    assert anna.checkout("subscription").json()["payment_url"].rpartition("/")[2] == payment_id
