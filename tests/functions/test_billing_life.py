"""The billing cases of the product's first plan, by their names, over real HTTP against real Postgres and ЮKassa's simulator."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from kit.customer import Customer
from kit.env import WEBHOOK_SECRET, Env
from kit.server import CLIENT
from kit.waiting import at_once
from kit.yookassa import notice

INJECTIONS = [
    "'; drop table public.payment_transactions; --",
    "' or '1'='1",
    "1); delete from public.subscriptions; --",
    "a_month' union select secret from vault --",
    "$$; select pg_sleep(10); $$",
    "eq.a_month&select=*",
    "\\'; truncate public.organizations; --",
]


def test_initiate_trial_creates_payment_and_grants_level_0(kira: Customer, rehearsal: Env) -> None:
    answer = kira.checkout("trial")
    assert (answer.status_code, answer.json()["amount"], answer.json()["currency"]) == (200, "1.00", "RUB")
    transaction = kira.transaction(answer.json()["transaction_id"])
    assert (transaction["kind"], transaction["status"]) == ("trial_hold", "pending")
    assert kira.level() is None, "nothing before the card is checked"
    rehearsal.notify(notice(rehearsal.simulator.pay(transaction["yookassa_payment_id"])))
    assert (kira.level(), kira.subscriptions()) == ("0", ["trialing"])
    subscription = kira.subscription()
    assert subscription["trial_ends_at"] - rehearsal.time.now > timedelta(days=13, hours=23)
    payment = rehearsal.simulator.payment(transaction["yookassa_payment_id"])
    assert payment["status"] == "canceled", "the rouble is given back"


def test_charge_subscription_charges_and_grants_level_a(kira: Customer, rehearsal: Env) -> None:
    kira.try_for_free()
    rehearsal.later(days=14)
    assert rehearsal.renew()["charges"] == {"succeeded": 1}
    (charge,) = kira.renewals()
    payment = rehearsal.simulator.payment(charge["yookassa_payment_id"])
    assert (payment["status"], payment["amount"]["value"]) == ("succeeded", "1490.00")
    assert (kira.level(), kira.subscriptions()) == ("A", ["active"])


def test_payment_failure_starts_grace_of_14_days(kira: Customer, rehearsal: Env) -> None:
    kira.pay_for()
    end = kira.subscription()["current_period_end"]
    rehearsal.time.forward_to(end)
    rehearsal.simulator.plan(kira.card(), "insufficient_funds")
    rehearsal.renew()
    subscription = kira.subscription()
    assert (subscription["status"], kira.level()) == ("past_due", "A")
    assert timedelta(days=14) <= subscription["grace_until"] - end < timedelta(days=14, minutes=5)
    assert ("A", "grace_started") in kira.history()
    rehearsal.time.forward_to(subscription["grace_until"] - timedelta(minutes=1))
    rehearsal.renew()
    assert kira.level() == "A"
    rehearsal.later(minutes=2)
    rehearsal.renew()
    assert (kira.level(), kira.subscriptions()) == (None, ["expired"])


# Whom a webhook is believed


def test_signature_verified_by_secret_address_and_refetch(kira: Customer, rehearsal: Env) -> None:
    """ЮKassa signs nothing: what stands in for a signature is the secret path, its networks, and a look at the payment."""
    _, payment_id = kira.checked_out("subscription")
    paid = notice(rehearsal.simulator.pay(payment_id))
    assert rehearsal.notify(paid, secret="guessed").status_code == 404
    assert rehearsal.notify(paid, sender="203.0.113.7").status_code == 403
    assert (kira.level(), rehearsal.notifications(payment_id)) == (None, [])
    looked = rehearsal.simulator.count("GET", f"/v3/payments/{payment_id}")
    assert rehearsal.notify(paid).status_code == 200
    assert rehearsal.simulator.count("GET", f"/v3/payments/{payment_id}") == looked + 1
    assert kira.level() == "A"


@pytest.mark.parametrize(
    "secret", ["", "x", WEBHOOK_SECRET[:-1], WEBHOOK_SECRET + "x", WEBHOOK_SECRET.upper()]
)
def test_invalid_signature_is_refused(kira: Customer, rehearsal: Env, secret: str) -> None:
    _, payment_id = kira.checked_out("subscription")
    paid = notice(rehearsal.simulator.pay(payment_id))
    assert rehearsal.notify(paid, secret=secret).status_code == 404
    assert (kira.level(), rehearsal.notifications(payment_id)) == (None, [])


def test_a_notification_that_lies_is_refused_by_the_look_at_the_payment(
    kira: Customer, rehearsal: Env
) -> None:
    _, payment_id = kira.checked_out("subscription")
    pending = rehearsal.simulator.payment(payment_id)
    assert rehearsal.notify(notice({**pending, "status": "succeeded", "paid": True})).status_code == 200
    (row,) = rehearsal.notifications(payment_id)
    assert (row["status"], row["error"]) == ("rejected", "status_not_confirmed")
    assert kira.level() is None


def test_duplicate_webhooks_are_ignored(kira: Customer, rehearsal: Env) -> None:
    _, payment_id = kira.checked_out("subscription")
    paid = notice(rehearsal.simulator.pay(payment_id))
    answers = at_once(*[partial(rehearsal.notify, paid)] * 8) + [rehearsal.notify(paid) for _ in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    (row,) = rehearsal.notifications(payment_id)
    assert (row["status"], row["deliveries"]) == ("processed", 12)
    assert (kira.subscriptions(), kira.history()) == (["active"], [("A", "granted")])


def test_success_webhook_activates_the_subscription(kira: Customer, rehearsal: Env) -> None:
    transaction_id, payment_id = kira.checked_out("subscription")
    assert rehearsal.notify(notice(rehearsal.simulator.pay(payment_id))).status_code == 200
    transaction = kira.transaction(transaction_id)
    assert (transaction["status"], transaction["status_source"]) == ("succeeded", "webhook")
    assert (kira.level(), kira.subscriptions()) == ("A", ["active"])


def test_failure_webhook_records_why_and_starts_nothing(kira: Customer, rehearsal: Env) -> None:
    transaction_id, payment_id = kira.checked_out("subscription")
    declined = rehearsal.simulator.decline(payment_id, "insufficient_funds")
    assert rehearsal.notify(notice(declined)).status_code == 200
    transaction = kira.transaction(transaction_id)
    assert (transaction["status"], transaction["cancellation_reason"]) == ("canceled", "insufficient_funds")
    assert (kira.level(), kira.subscriptions()) == (None, [])


# From A to B


def test_upgrade_from_a_to_b_credits_the_unused_days(kira: Customer, rehearsal: Env) -> None:
    kira.pay_for("a_month")
    refused = kira.checkout("plan_change", "b_month")
    assert (refused.status_code, refused.json()["error"]) == (409, "verification_required")
    kira.is_verified()
    rehearsal.later(days=10)
    quote = kira.person.rpc("quote_plan_change", organization_id=kira.organization_id, plan_id="b_month")
    transaction_id = kira.pay_for("b_month", "plan_change")
    paid = kira.transaction(transaction_id)
    assert (str(paid["amount"]), str(paid["credit"])) == (quote["amount"], quote["credit"])
    assert 0 < float(quote["credit"]) < 1490
    assert float(quote["amount"]) == 4990 - float(quote["credit"])
    subscription = kira.subscription()
    assert (subscription["plan_id"], subscription["status"], kira.level()) == ("b_month", "active", "B")
    rehearsal.time.forward_to(subscription["current_period_end"])
    assert rehearsal.renew()["charges"] == {"succeeded": 1}
    assert str(kira.renewals()[-1]["amount"]) == "4990.00"


# Who means harm


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_injection_attempts_are_harmless(kira: Customer, rehearsal: Env, text: str) -> None:
    transaction_id = kira.pay_for()
    moderator = rehearsal.moderator()

    def counts() -> list[dict[str, Any]]:
        return rehearsal.rows(
            "select (select count(*) from public.payment_transactions) as transactions,"
            " (select count(*) from public.subscriptions) as subscriptions,"
            " (select count(*) from public.organizations) as organizations"
        )

    before = counts()
    attempts = [
        kira.post("checkout", {"organization_id": kira.organization_id, "plan_id": text, "kind": "trial"}),
        kira.post("checkout", {"organization_id": text, "plan_id": "a_month", "kind": "trial"}),
        kira.post("checkout", {"organization_id": kira.organization_id, "plan_id": "a_month", "kind": text}),
        kira.post("payment_status", {"transaction_id": text}),
        kira.post("refund", {"transaction_id": text, "reason": "x"}, token=moderator.token),
        kira.post("payment_refetch", {"transaction_id": text}, token=moderator.token),
        kira.post("checkout", {"organization_id": kira.organization_id, "plan_id": "a_month", "kind": "trial"}, token="x" + text.encode().hex()),
        rehearsal.call_job("payment_sweep", as_of=text),
    ]  # fmt: skip
    assert {attempt.status_code for attempt in attempts} <= {401, 404, 422}
    kept = [
        rehearsal.notify({"type": "notification", "event": text, "object": {"id": "p", "status": "succeeded"}}),
        rehearsal.notify({"type": "notification", "event": "payment.succeeded", "object": {"id": text, "status": "x"}}),
    ]  # fmt: skip
    for answer in kept:
        (row,) = rehearsal.rows(
            "select status from public.payment_webhooks_log where id = %s", answer.json()["notification_id"]
        )
        assert (answer.status_code, row["status"]) == (200, "ignored")

    said = kira.post(
        "refund",
        {"transaction_id": transaction_id, "amount": "1.00", "reason": text},
        token=moderator.token,
    )
    assert said.status_code == 200
    (refund,) = rehearsal.rows(
        "select reason from public.payment_refunds where id = %s", said.json()["refund_id"]
    )
    assert refund["reason"] == text, "a text is a text"
    stored = {"type": "notification", "event": "payment.succeeded", "object": {"id": "p-1", "status": text}}
    assert rehearsal.notify(stored).status_code == 200
    assert counts() == before


def guess(env: Env, sender: str, times: int) -> Counter[int]:
    """So many wrong secrets from one address."""
    with httpx.Client(headers={"X-Forwarded-For": sender}) as client:
        url = f"{env.functions}/yookassa_webhook/guess"
        return Counter(client.post(f"{url}-{n}", json={}).status_code for n in range(times))


def test_rate_limit_of_100_refused_requests_a_minute(env: Env) -> None:
    sender = "198.51.100.44"
    answers = guess(env, sender, 130)
    # A minute may turn in the middle; then it takes a few more.
    while not answers[429]:
        answers += guess(env, sender, 60)
    assert set(answers) == {404, 429}
    assert answers[404] >= 100
    refused = CLIENT.post(
        f"{env.functions}/yookassa_webhook/guess", json={}, headers={"X-Forwarded-For": sender}
    )
    assert (refused.status_code, refused.json()["error"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert guess(env, "198.51.100.45", 1) == {404: 1}, "others are not slowed down"
    kept = env.rows("select subject from private.request_counts")
    assert "198.51.100" not in json.dumps(kept), "no address is kept"


def test_what_is_in_order_is_let_in_however_much_was_refused(anna: Customer) -> None:
    """Somebody who can make ЮKassa's address be refused must not be able to shut ЮKassa out."""
    sender = "185.71.77.9"
    while not guess(anna.env, sender, 60)[429]:
        pass
    _, payment_id = anna.checked_out("subscription")
    assert anna.env.notify(notice(anna.env.simulator.pay(payment_id)), sender=sender).status_code == 200
    assert anna.level() == "A"


def test_every_kind_of_refusal_counts(env: Env) -> None:
    url = f"{env.functions}/yookassa_webhook/{WEBHOOK_SECRET}"
    foreign, ours = {"X-Forwarded-For": "198.51.100.46"}, {"X-Forwarded-For": "185.71.77.10"}
    with httpx.Client() as client:
        for headers, body, status in ((foreign, b"{}", 403), (ours, b"nope", 400), (ours, b"{}", 422)):
            answers = Counter[int]()
            while not answers[429]:
                answers.update(client.post(url, content=body, headers=headers).status_code for _ in range(60))
            assert set(answers) <= {status, 429}


def test_while_the_database_is_down_a_refusal_is_still_a_refusal(env: Env) -> None:
    with env.more_functions(SUPABASE_URL="http://127.0.0.1:9") as (functions, _):
        assert env.notify(b"{}", secret="wrong", functions=functions).status_code == 404
        assert env.notify(b"{}", sender="203.0.113.9", functions=functions).status_code == 403
        assert env.notify(b"nope", functions=functions).status_code == 400


# What must never be written down


def test_secrets_are_in_no_log_of_any_process(kira: Customer, rehearsal: Env) -> None:
    """A life with faults in it; then every log of every process of the environment is searched."""
    moderator = rehearsal.moderator()
    kira.try_for_free()
    rehearsal.later(days=14)
    for kind in ("error", "bad_gateway", "reset", "rate_limit"):
        rehearsal.simulator.fault(kind, "POST", "/v3/payments", committed=kind == "error")
    rehearsal.renew()
    rehearsal.sweep_up()
    rehearsal.notify(b"nope")
    rehearsal.notify({}, secret="guessed-secret-1234567890")
    rehearsal.call_job("payment_sweep", secret="guessed-scheduler-secret-123")
    for _ in range(6):
        rehearsal.later(hours=1)
        rehearsal.sweep_up()
    (charge, *_) = kira.renewals()
    body = {"transaction_id": str(charge["id"]), "amount": "10.00", "reason": "проба"}
    kira.post("refund", body, token=moderator.token)
    kira.post("payment_refetch", {"transaction_id": str(charge["id"])}, token=moderator.token)
    rehearsal.reconcile()
    with rehearsal.more_functions(YOOKASSA_SECRET_KEY="test_another-key-of-the-tests") as (functions, _):
        rehearsal.later(days=40)
        rehearsal.renew(functions)

    logs = [*rehearsal.folder.glob("functions-*.log"), *(rehearsal.folder / "stack" / "logs").glob("*.log")]
    assert {log.stem.split("-")[0] for log in logs} >= {"functions", "postgres", "api", "yookassa"}
    written = "\n".join(log.read_text(errors="replace") for log in logs)
    assert '"function": "subscription_renewal"' in written
    environment = rehearsal.environment()
    secrets = [value for name, value in environment.items() if "SECRET" in name]
    hidden = {
        *secrets,
        rehearsal.credentials.jwt_secret,
        str(urlsplit(str(rehearsal.stack.database_url)).password),
        "guessed-secret-1234567890",
        "guessed-scheduler-secret-123",
        "test_another-key-of-the-tests",
        str(kira.person.token),
        str(moderator.token),
        kira.person.email,
        "5555555555554444",
        kira.card(),
    }
    assert [text for text in hidden if text in written] == []
