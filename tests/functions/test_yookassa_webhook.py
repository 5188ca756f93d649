"""yookassa_webhook: what arrives is stored, believed only after a look at ЮKassa, and takes effect once."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections import Counter
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from kit.customer import Customer
from kit.env import WEBHOOK_SECRET, Env
from kit.server import CLIENT
from kit.waiting import at_once, until
from kit.yookassa import ADDRESS as YOOKASSA_ADDRESS
from kit.yookassa import notice

FOREIGN_ADDRESS = "203.0.113.9"
NOTIFICATION = {
    "type": "notification",
    "event": "payment.succeeded",
    "object": {"id": "p-0", "status": "succeeded"},
}


def as_it_was(payment: dict[str, Any], status: str) -> dict[str, Any]:
    """The webhook ЮKassa sends when this payment reaches a status."""
    return notice({**payment, "status": status})


# The trial


def test_a_saved_card_starts_the_trial_and_the_rouble_is_given_back(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("trial")
    answer = anna.env.notify(notice(anna.env.simulator.pay(payment_id)))
    assert answer.status_code == 200

    assert anna.level() == "0"
    assert anna.subscriptions() == ["trialing"]
    payment = anna.env.simulator.payment(payment_id)
    assert (payment["status"], payment["cancellation_details"]["reason"]) == (
        "canceled",
        "canceled_by_merchant",
    )
    transaction = anna.transaction(transaction_id)
    assert (transaction["status"], transaction["method_saved"]) == ("canceled", True)
    (row,) = anna.env.notifications(payment_id)
    assert (row["status"], row["deliveries"], str(row["remote_ip"])) == ("processed", 1, YOOKASSA_ADDRESS)


def test_the_release_of_the_hold_does_not_end_the_trial(anna: Customer) -> None:
    _, payment_id = anna.checked_out("trial")
    anna.env.notify(notice(anna.env.simulator.pay(payment_id)))
    anna.env.notify(notice(anna.env.simulator.payment(payment_id)))
    assert (anna.level(), anna.subscriptions()) == ("0", ["trialing"])
    assert anna.history() == [("0", "granted")]
    assert [row["status"] for row in anna.env.notifications(payment_id)] == ["processed", "processed"]


def test_a_card_that_was_not_saved_starts_nothing(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("trial")
    anna.env.notify(notice(anna.env.simulator.pay(payment_id, save=False)))
    assert (anna.level(), anna.subscriptions(), anna.history()) == (None, [], [])
    assert anna.env.simulator.payment(payment_id)["status"] == "canceled", "the rouble is given back anyway"
    assert anna.status(transaction_id).json() == {
        "transaction_id": transaction_id,
        "status": "canceled",
        "kind": "trial_hold",
        "cancellation_reason": "canceled_by_merchant",
        "method_saved": False,
        "subscription_status": None,
    }
    assert anna.checkout("trial").status_code == 200, "that was no trial, so it may be tried again"


def test_a_hold_that_the_bank_ended_starts_nothing(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("trial")
    anna.env.simulator.pay(payment_id)
    ended = anna.env.simulator.decline(payment_id, "expired_on_capture", "yoo_money")
    anna.env.notify(notice(ended))
    assert (anna.level(), anna.subscriptions()) == (None, [])
    status = anna.status(transaction_id).json()
    assert (status["status"], status["cancellation_reason"]) == ("canceled", "expired_on_capture")
    assert anna.checkout("trial").status_code == 200


def test_a_declined_card_starts_nothing(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("trial")
    anna.env.notify(notice(anna.env.simulator.pay(payment_id, card="5555555555554600")))
    status = anna.status(transaction_id).json()
    assert (status["status"], status["cancellation_reason"]) == ("canceled", "insufficient_funds")
    assert (anna.level(), anna.subscriptions()) == (None, [])


def test_the_first_month_paid_is_level_a(anna: Customer) -> None:
    _, hold_id = anna.checked_out("trial")
    anna.env.notify(notice(anna.env.simulator.pay(hold_id)))
    _, payment_id = anna.checked_out("subscription")
    anna.env.notify(notice(anna.env.simulator.pay(payment_id)))
    assert (anna.level(), anna.subscriptions()) == ("A", ["active"])
    assert sorted(anna.history()) == [("0", "granted"), ("0", "superseded"), ("A", "granted")]


# Often, and in any order


def test_a_hundred_deliveries_two_at_a_time_are_one(anna: Customer) -> None:
    _, payment_id = anna.checked_out("subscription")
    notification = notice(anna.env.simulator.pay(payment_id))
    answers = Counter[int]()
    for _ in range(50):
        answers.update(
            answer.status_code for answer in at_once(*[partial(anna.env.notify, notification)] * 2)
        )
    assert answers == {200: 100}
    (row,) = anna.env.notifications(payment_id)
    assert (row["status"], row["deliveries"]) == ("processed", 100)
    assert (anna.subscriptions(), anna.history()) == (["active"], [("A", "granted")])


def test_sixteen_at_once_are_one(anna: Customer) -> None:
    _, payment_id = anna.checked_out("trial")
    notification = notice(anna.env.simulator.pay(payment_id))
    answers = at_once(*[partial(anna.env.notify, notification)] * 16)
    assert [answer.status_code for answer in answers] == [200] * 16
    (row,) = anna.env.notifications(payment_id)
    assert (row["status"], row["deliveries"]) == ("processed", 16)
    assert (anna.subscriptions(), anna.history()) == (["trialing"], [("0", "granted")])


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["waiting_for_capture", "canceled", "succeeded"]))
)
@pytest.mark.parametrize(
    ("kind", "card", "subscriptions", "history", "false"),
    [
        ("trial", "5555555555554444", ["trialing"], [("0", "granted")], "succeeded"),
        ("subscription", "5555555555554444", ["active"], [("A", "granted")], "canceled"),
        ("subscription", "5555555555554600", [], [], "succeeded"),
    ],
    ids=["a trial", "a paid month", "a declined month"],
)
def test_every_order_ends_the_same(
    anna: Customer,
    order: tuple[str, ...],
    kind: str,
    card: str,
    subscriptions: list[str],
    history: list[tuple[str, str]],
    false: str,
) -> None:
    """Each webhook twice at the same time; one of the three contradicts the truth and is rejected."""
    transaction_id, payment_id = anna.checked_out(kind)
    payment = anna.env.simulator.pay(payment_id, card=card)
    for status in order:
        at_once(*[partial(anna.env.notify, as_it_was(payment, status))] * 2)
    # A hold is only released once it is seen: what ЮKassa says after that, it says now.
    at_once(*[partial(anna.env.notify, notice(anna.env.simulator.payment(payment_id)))] * 2)

    assert (anna.subscriptions(), anna.history()) == (subscriptions, history)
    truth = anna.env.simulator.payment(payment_id)["status"]
    assert anna.transaction(transaction_id)["status"] == truth
    judged = {row["object_status"]: row["status"] for row in anna.env.notifications(payment_id)}
    assert judged[false] == "rejected"
    assert judged[truth] == "processed"


# Forged


@pytest.mark.parametrize("kind", ["unknown_id", "foreign_shop", "changed_amount", "changed_status"])
def test_a_forged_notification_changes_nothing_and_leaves_a_row_that_says_why(
    anna: Customer, kind: str
) -> None:
    transaction_id, payment_id = anna.checked_out("subscription")
    before = anna.transaction(transaction_id)
    if kind != "changed_status":  # that one says it was paid when it was not
        anna.env.simulator.pay(payment_id)
    forged = anna.env.simulator.forge(kind=kind, payment_id=payment_id)
    payload = forged["payload"]
    assert anna.env.notify(payload).status_code == 200

    (row,) = anna.env.notifications(payload["object"]["id"])
    assert row["status"] == "rejected"
    assert row["error"]
    assert row["payload"] == payload
    assert anna.transaction(transaction_id) == before
    assert (anna.level(), anna.subscriptions(), anna.history()) == (None, [], [])


def test_after_a_forged_twin_the_true_one_still_counts(anna: Customer) -> None:
    _, payment_id = anna.checked_out("subscription")
    early = as_it_was(anna.env.simulator.payment(payment_id), "succeeded")
    anna.env.notify(early)
    assert anna.level() is None
    anna.env.notify(notice(anna.env.simulator.pay(payment_id)))
    assert anna.level() == "A"
    assert [row["status"] for row in anna.env.notifications(payment_id)] == ["rejected", "processed"]


def test_a_shop_whose_missing_payments_are_a_400_is_understood(anna: Customer) -> None:
    """Reports differ on what ЮKassa says to an unknown id: the specification has 404, some saw 400."""
    anna.env.simulator.settings(missing_status=400)
    forged = anna.env.simulator.forge(kind="unknown_id")["payload"]
    anna.env.notify(forged)
    (row,) = anna.env.notifications(forged["object"]["id"])
    assert row["status"] == "rejected"


def test_money_that_is_not_what_we_asked_for_is_put_aside(anna: Customer) -> None:
    """Not forged, but wrong at ЮKassa itself: a person has to look."""
    transaction_id, payment_id = anna.checked_out("subscription")
    anna.env.simulator.pay(payment_id)
    amount = {"value": "1.00", "currency": "RUB"}
    anna.env.simulator.tamper(payment_id, {"amount": amount})
    anna.env.notify(notice(anna.env.simulator.payment(payment_id)))
    transaction = anna.transaction(transaction_id)
    assert (transaction["status"], transaction["quarantine_reason"]) == ("quarantined", "amount")
    assert (anna.level(), anna.subscriptions()) == (None, [])


# The RPC itself


@pytest.mark.parametrize(
    "secret",
    ["", "wrong", WEBHOOK_SECRET[:-1], WEBHOOK_SECRET + "x", WEBHOOK_SECRET.upper(), "ключ", "%2e%2e", "a/b"],
)
def test_without_the_secret_there_is_nothing(env: Env, secret: str) -> None:
    answer = env.notify(NOTIFICATION, secret=secret, sender=FOREIGN_ADDRESS)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


def test_a_function_without_a_secret_lets_nobody_in(env: Env) -> None:
    environment = env.environment()
    with env.more_functions(YOOKASSA_WEBHOOK_SECRET=environment["YOOKASSA_WEBHOOK_SECRET"]) as (
        functions,
        _,
    ):
        assert env.notify(NOTIFICATION, functions=functions).status_code == 200
    with (
        pytest.raises(RuntimeError, match="yookassa_webhook_secret"),
        env.more_functions(YOOKASSA_WEBHOOK_SECRET=""),
    ):
        pass


@pytest.mark.parametrize("sender", [FOREIGN_ADDRESS, f"{YOOKASSA_ADDRESS}, {FOREIGN_ADDRESS}", "nonsense"])
def test_a_foreign_address_is_refused_and_nothing_is_stored(anna: Customer, sender: str) -> None:
    _, payment_id = anna.checked_out("trial")
    answer = anna.env.notify(notice(anna.env.simulator.pay(payment_id)), sender=sender)
    assert (answer.status_code, answer.json()["error"]) == (403, "address_not_allowed")
    assert anna.env.notifications(payment_id) == []


@pytest.mark.parametrize(
    "sender", ["185.71.77.1", "77.75.153.5, 127.0.0.1", "2a02:5180:0:9999::1", "::ffff:185.71.76.5"]
)
def test_yookassas_addresses_are_let_in(env: Env, sender: str) -> None:
    assert env.notify(NOTIFICATION, sender=sender).status_code == 200


def test_the_local_stack_hears_any_simulator_on_this_machine(env: Env) -> None:
    url = f"{env.functions}/yookassa_webhook/{WEBHOOK_SECRET}"
    assert CLIENT.post(url, json=NOTIFICATION).status_code == 200
    behind_the_api = f"{env.stack.api}/functions/v1/yookassa_webhook/{WEBHOOK_SECRET}"
    assert CLIENT.post(behind_the_api, json=NOTIFICATION).status_code == 200
    foreign = {"X-Forwarded-For": FOREIGN_ADDRESS}
    assert CLIENT.post(behind_the_api, json=NOTIFICATION, headers=foreign).status_code == 403
    with env.more_functions() as (functions, _):  # as in production: ЮKassa's networks only
        url = f"{functions}/yookassa_webhook/{WEBHOOK_SECRET}"
        assert CLIENT.post(url, json=NOTIFICATION).status_code == 403


def test_the_header_of_a_stranger_on_this_machine_is_not_believed(env: Env) -> None:
    with env.more_functions(TRUSTED_PROXIES="") as (functions, _):
        assert env.notify(NOTIFICATION, functions=functions).status_code == 403


def test_the_check_of_addresses_may_only_log_or_be_off(anna: Customer) -> None:
    _, payment_id = anna.checked_out("trial")
    notification = notice(anna.env.simulator.pay(payment_id))
    with anna.env.more_functions(YOOKASSA_IP_CHECK="log") as (functions, part):
        answer = anna.env.notify(notification, sender=FOREIGN_ADDRESS, functions=functions)
        assert answer.status_code == 200
        assert [line["address"] for line in part.lines() if "address" in line] == [FOREIGN_ADDRESS]
    (row,) = anna.env.notifications(payment_id)
    assert str(row["remote_ip"]) == FOREIGN_ADDRESS
    with anna.env.more_functions(YOOKASSA_IP_CHECK="off") as (functions, part):
        assert anna.env.notify(notification, sender=FOREIGN_ADDRESS, functions=functions).status_code == 200
        assert FOREIGN_ADDRESS not in part.log.read_text()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nope", b"[]", b'"text"', b"\xff\xfe", b"[" * 60_000, b'{"a": NaN}']
)
def test_what_is_not_a_json_object_is_a_400(env: Env, body: bytes) -> None:
    answer = env.notify(body)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "notification"},
        {**NOTIFICATION, "event": None},
        {**NOTIFICATION, "event": 5},
    ],
)
def test_an_object_that_is_no_notification_is_a_422(env: Env, payload: dict[str, Any]) -> None:
    answer = env.notify(payload)
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_input")


@pytest.mark.parametrize(
    "strange",
    [
        {"type": "greeting"},
        {"event": "Что-то новое, 2"},
        {"object": None},
        {"object": []},
        {"object": {"id": "../webhooks", "status": "succeeded"}},
        {"object": {"id": "x' or '1'='1", "status": "succeeded"}},
    ],
)
def test_a_notification_we_can_do_nothing_with_is_kept_and_acknowledged(
    env: Env, strange: dict[str, Any]
) -> None:
    answer = env.notify({**NOTIFICATION, **strange})
    assert answer.status_code == 200
    (row,) = env.rows(
        "select status from public.payment_webhooks_log where id = %s", answer.json()["notification_id"]
    )
    assert row["status"] == "ignored"


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\ud800\\udc00", "1e999"])
def test_texts_that_trouble_databases_trouble_nobody(env: Env, text: str) -> None:
    body = f'{{"type":"notification","event":"payment.succeeded","object":{{"id":"p-1","note":"{text}"}}}}'
    assert env.notify(body.encode()).status_code in (200, 422)


def test_the_largest_body_is_64_kib(env: Env) -> None:
    small, large = ({**NOTIFICATION, "padding": "x" * size} for size in (60_000, 66_000))
    assert env.notify(small).status_code == 200
    answer = env.notify(large)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


@pytest.mark.parametrize("head", ["Content-Length: 100000000", "Transfer-Encoding: chunked"])
def test_a_body_that_is_too_large_is_not_read_to_its_end(env: Env, head: str) -> None:
    """The answer comes while the body is still on its way."""
    address = urlsplit(env.functions)
    path = f"{address.path}/yookassa_webhook/{WEBHOOK_SECRET}"
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        lines = [f"POST {path} HTTP/1.1", "Host: x", f"X-Forwarded-For: {YOOKASSA_ADDRESS}", head, "", ""]
        connection.sendall("\r\n".join(lines).encode())
        if head.startswith("Transfer"):
            connection.sendall(chunk * 2)
        assert connection.recv(64).startswith(b"HTTP/1.1 413 ")


def test_the_checks_come_in_their_order(env: Env) -> None:
    def says(body: bytes, **how: str) -> int:
        return env.notify(body, **how).status_code

    large = b"x" * 70_000
    assert says(large, secret="wrong", sender=FOREIGN_ADDRESS) == 404
    assert says(large, sender=FOREIGN_ADDRESS) == 403
    assert says(large) == 413
    assert says(b"nope") == 400


def test_only_post_is_heard(env: Env) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        answer = CLIENT.request(method, f"{env.functions}/yookassa_webhook/{WEBHOOK_SECRET}")
        assert answer.status_code in (404, 405)
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("event", ["payment_method.active", "deal.closed", "something.new"])
def test_an_event_we_do_not_handle_is_kept_and_acknowledged(env: Env, event: str) -> None:
    object_id = f"o-{event.replace('.', '-').replace('_', '-')}"
    assert (
        env.notify({"type": "notification", "event": event, "object": {"id": object_id}}).status_code == 200
    )
    (row,) = env.notifications(object_id)
    assert row["status"] == "ignored"
    assert env.simulator.count("GET", f"/v3/*/{object_id}") == 0


def test_money_given_back_in_yookassas_cabinet_is_recorded(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("subscription")
    anna.env.notify(notice(anna.env.simulator.pay(payment_id)))
    refund = anna.env.simulator.refund(payment_id, "490.00")
    forged = {**refund, "id": "3-0-0-0"}
    for said in (forged, refund, refund):
        notification = {"type": "notification", "event": "refund.succeeded", "object": said}
        assert anna.env.notify(notification).status_code == 200
    assert [row["status"] for row in anna.env.notifications(forged["id"])] == ["rejected"]
    assert [row["status"] for row in anna.env.notifications(refund["id"])] == ["processed"]
    assert str(anna.transaction(transaction_id)["refunded_amount"]) == "490.00"
    assert anna.level() == "A", "a part of the price does not end the period"


# When something is down


def test_while_the_database_is_down_yookassa_is_asked_to_come_again(env: Env) -> None:
    with env.more_functions(SUPABASE_URL="http://127.0.0.1:9") as (functions, _):
        answer = env.notify(NOTIFICATION, functions=functions)
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")


@pytest.mark.parametrize("fault", ["error", "bad_gateway", "rate_limit", "reset"])
def test_while_yookassa_is_ill_notifications_are_acknowledged_and_swept_later(
    anna: Customer, fault: str
) -> None:
    _, payment_id = anna.checked_out("trial")
    notification = notice(anna.env.simulator.pay(payment_id))
    anna.env.simulator.fault(fault, "GET", f"/v3/payments/{payment_id}", times=2)
    assert anna.env.notify(notification).status_code == 200
    (row,) = anna.env.notifications(payment_id)
    assert (row["status"], row["attempts"], bool(row["error"])) == ("received", 1, True)
    assert anna.level() is None
    anna.env.simulator.clear_faults()

    anna.env.sweep()
    assert anna.level() == "0"
    assert anna.env.notifications(payment_id)[0]["status"] == "processed"


def test_while_yookassa_hangs_the_answer_still_comes_in_time(anna: Customer) -> None:
    _, payment_id = anna.checked_out("trial")
    notification = notice(anna.env.simulator.pay(payment_id))
    anna.env.simulator.fault("hang", "GET", f"/v3/payments/{payment_id}", seconds=60)
    began = time.monotonic()
    assert anna.env.notify(notification).status_code == 200
    assert time.monotonic() - began < 4
    assert anna.env.notifications(payment_id)[0]["status"] == "received"
    anna.env.sweep()
    assert anna.level() == "0"


def test_a_hold_that_cannot_be_released_now_is_released_by_the_sweep(anna: Customer) -> None:
    transaction_id, payment_id = anna.checked_out("trial")
    anna.env.simulator.fault("error", "POST", f"/v3/payments/{payment_id}/cancel")
    assert anna.env.notify(notice(anna.env.simulator.pay(payment_id))).status_code == 200
    assert anna.level() == "0", "the trial does not wait for that"
    assert anna.transaction(transaction_id)["status"] == "waiting_for_capture"
    anna.env.sweep()
    assert anna.env.simulator.payment(payment_id)["status"] == "canceled"
    assert anna.transaction(transaction_id)["status"] == "canceled"
    assert (anna.level(), anna.history()) == ("0", [("0", "granted")])


def test_killed_between_storing_and_settling_nothing_is_lost(anna: Customer) -> None:
    _, payment_id = anna.checked_out("trial")
    notification = notice(anna.env.simulator.pay(payment_id))
    anna.env.simulator.fault("hang", "GET", f"/v3/payments/{payment_id}", seconds=60)
    failures: list[Exception] = []

    with anna.env.more_functions(WEBHOOK_SETTLE_SECONDS="60") as (functions, part):

        def deliver() -> None:
            try:
                anna.env.notify(notification, functions=functions)
            except httpx.TransportError as failure:
                failures.append(failure)

        delivery = threading.Thread(target=deliver)
        delivery.start()
        until(anna.env.simulator.faults_are_used_up)  # stored, asked, and now it waits
        part.kill()
        delivery.join()

    assert failures, "ЮKassa got no answer"
    assert (anna.env.notifications(payment_id)[0]["status"], anna.level()) == ("received", None)
    anna.env.sweep()
    assert (anna.env.notifications(payment_id)[0]["status"], anna.level()) == ("processed", "0")
    assert anna.env.notify(notification).status_code == 200, "ЮKassa delivers again"
    assert anna.history() == [("0", "granted")]


def test_the_simulators_own_deliveries_arrive(anna: Customer) -> None:
    """End to end: ЮKassa's own sender, its address in the header, its redelivery until 200."""
    url = f"{anna.env.functions}/yookassa_webhook/{WEBHOOK_SECRET}"
    anna.env.simulator.settings(notify_url=url)
    _, payment_id = anna.checked_out("trial")
    anna.env.simulator.pay(payment_id)
    until(lambda: [row["status"] for row in anna.env.notifications(payment_id)] == ["processed"] * 2)
    assert (anna.level(), anna.history()) == ("0", [("0", "granted")])


def test_what_is_logged_says_nothing_about_people_or_cards(anna: Customer) -> None:
    _, payment_id = anna.checked_out("trial")
    with anna.env.more_functions() as (functions, part):
        payment = anna.env.simulator.pay(payment_id)
        anna.env.notify({**notice(payment), "note": anna.person.email}, functions=functions)
        anna.env.notify({**notice(payment), "note": "x"}, secret="wrong-secret", functions=functions)
        anna.status(str(anna.transactions()[0]["id"]), functions=functions)
        log = part.log.read_text()
        assert {line["function"] for line in part.lines() if "function" in line} == {
            "yookassa_webhook",
            "payment_status",
        }
    environment = anna.env.environment()
    secrets = [value for name, value in environment.items() if "SECRET" in name or name.endswith("_KEY")]
    hidden = [*secrets, "wrong-secret", anna.person.email, str(anna.person.token), "555555", "4444"]
    assert [text for text in hidden if text in log] == []
    assert json.loads(log.splitlines()[-1])["request_id"]
