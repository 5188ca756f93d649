"""Each fault of the API does to a client what it says, and only to the requests it names."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from kit.simulator import Shop, trial_hold
from yookassa_simulator.control import Control


@pytest.mark.parametrize(("kind", "status"), [("error", 500), ("bad_gateway", 502)])
@pytest.mark.parametrize("committed", [True, False])
def test_a_failed_answer_says_nothing_of_the_payment(
    shop: Shop, yookassa: Control, kind: str, status: int, committed: bool
) -> None:
    yookassa.fault(kind, "POST", "/v3/payments", committed=committed)
    answer = shop.post("/payments", trial_hold(), "same")
    assert answer.status_code == status
    assert yookassa.count_payments() == int(committed)
    again = shop.create(key="same")
    assert yookassa.count_payments() == 1
    assert yookassa.payments()[0]["id"] == again["id"]


def test_a_bad_gateway_is_html(shop: Shop, yookassa: Control) -> None:
    yookassa.fault("bad_gateway")
    answer = shop.get("/me")
    assert answer.headers["content-type"].startswith("text/html")
    assert "502 Bad Gateway" in answer.text


def test_a_server_error_has_the_documented_body(shop: Shop, yookassa: Control) -> None:
    yookassa.fault("error")
    assert shop.get("/me").json()["code"] == "internal_server_error"


def test_too_many_requests(shop: Shop, yookassa: Control) -> None:
    yookassa.fault("rate_limit", times=2, retry_after=1800)
    for _ in range(2):
        answer = shop.post("/payments", trial_hold())
        assert answer.status_code == 429
        assert (answer.json()["code"], answer.json()["retry_after"]) == ("too_many_requests", 1800)
    assert yookassa.count_payments() == 0
    assert shop.create()["status"] == "pending"


@pytest.mark.parametrize("committed", [True, False])
def test_a_hang_outlasts_the_client(shop: Shop, yookassa: Control, committed: bool) -> None:
    yookassa.fault("hang", "POST", seconds=0.5, committed=committed)
    with pytest.raises(httpx.ReadTimeout):
        shop.post("/payments", trial_hold(), "same", timeout=0.1)
    assert yookassa.count_payments() == int(committed)
    # The same key meets the payment, whether it was made before or is made now.
    assert shop.create(key="same")["id"] == yookassa.payments()[0]["id"]
    assert yookassa.count_payments() == 1


def test_a_reset_ends_what_hangs(shop: Shop, yookassa: Control) -> None:
    yookassa.fault("hang", "POST", seconds=0.3)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(shop.post, "/payments", trial_hold())
        while not yookassa.requests("POST", "/v3/payments"):
            pass  # it is on its way
        yookassa.reset()
        assert hanging.result().status_code == 502
    assert yookassa.count_payments() == 0


def test_a_short_hang_answers_late(shop: Shop, yookassa: Control) -> None:
    yookassa.fault("hang", seconds=0.3)
    started = time.monotonic()
    assert shop.get("/me").status_code == 200
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("committed", [True, False])
def test_a_reset_connection(shop: Shop, yookassa: Control, committed: bool) -> None:
    yookassa.fault("reset", "POST", committed=committed)
    with pytest.raises(httpx.NetworkError):
        shop.post("/payments", trial_hold())
    assert yookassa.count_payments() == int(committed)


def test_values_nobody_has_heard_of(shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    yookassa.pay(payment["id"], "5555555555554600")
    yookassa.fault("unknown_reason", "GET", "/v3/payments/*", value="moon_phase")
    assert shop.payment(payment["id"])["cancellation_details"]["reason"] == "moon_phase"
    yookassa.fault("unknown_method", "GET", "/v3/payments", value="mind_pay")
    assert shop.get("/payments").json()["items"][0]["payment_method"]["type"] == "mind_pay"
    plain = shop.payment(payment["id"])
    assert plain["cancellation_details"]["reason"] == "insufficient_funds"
    assert plain["payment_method"]["type"] == "bank_card"


def test_a_fault_meets_what_it_names(shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    yookassa.pay(payment["id"])
    yookassa.fault("error", "POST", "/v3/payments/*/cancel", times=2, committed=True)
    assert shop.payment(payment["id"])["status"] == "waiting_for_capture"
    path = f"/payments/{payment['id']}/cancel"
    assert shop.post(path, key="cancel").status_code == 500
    assert shop.payment(payment["id"])["status"] == "canceled"
    yookassa.clear_faults()
    assert shop.post(path, key="cancel").json()["status"] == "canceled"
    assert [entry["fault"] for entry in yookassa.requests("POST", "/v3/payments/*/cancel")] == ["error", None]
