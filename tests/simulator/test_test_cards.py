"""Every test card does what the documentation says of it: on the page, by control, and when it is charged later."""

from __future__ import annotations

import pytest
from kit.simulator import Shop
from yookassa_simulator.cards import CARDS, luhn
from yookassa_simulator.control import Control, ControlError

SUCCEEDING = [number for number, card in CARDS.items() if card.reason is None]
DECLINING = [number for number, card in CARDS.items() if card.reason is not None]


@pytest.mark.parametrize("number", SUCCEEDING)
def test_a_good_card_pays(shop: Shop, yookassa: Control, number: str) -> None:
    payment = shop.create(capture=True)
    yookassa.pay(payment["id"], number)
    paid = shop.payment(payment["id"])
    assert (paid["status"], paid["paid"]) == ("succeeded", True)
    card = CARDS[number]
    assert paid["payment_method"]["saved"] is True
    assert paid["payment_method"]["card"]["last4"] == number[-4:]
    assert paid["payment_method"]["card"]["card_type"] == card.system
    assert paid["authorization_details"]["three_d_secure"]["applied"] is card.three_d_secure
    charge = shop.charge(payment["id"])
    if card.autopay_reason is None:
        assert charge["status"] == "succeeded"
    else:
        assert charge["status"] == "canceled"
        assert charge["cancellation_details"]["reason"] == card.autopay_reason


@pytest.mark.parametrize("number", DECLINING)
def test_a_bad_card_is_declined(shop: Shop, yookassa: Control, number: str) -> None:
    payment = shop.create()
    yookassa.pay(payment["id"], number)
    declined = shop.payment(payment["id"])
    card = CARDS[number]
    assert (declined["status"], declined["paid"]) == ("canceled", False)
    assert declined["cancellation_details"] == {"party": card.party, "reason": card.reason}
    assert declined["payment_method"]["saved"] is False
    assert "confirmation" not in declined


def test_three_d_secure_can_fail(shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    declined = yookassa.pay(payment["id"], "2200000000000004", three_d_secure=False)
    assert declined["cancellation_details"] == {"party": "payment_network", "reason": "3d_secure_failed"}


def test_every_number_has_a_right_check_digit() -> None:
    assert all(luhn(number) for number in CARDS)
    assert not luhn("5555555555554445")


def test_a_card_that_is_no_test_card_is_refused(shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    with pytest.raises(ControlError) as refusal:
        yookassa.pay(payment["id"], "4242424242424242")
    assert refusal.value.status == 400
    assert shop.payment(payment["id"])["status"] == "pending"


def test_a_wallet_and_an_unheard_of_method_pay_too(shop: Shop, yookassa: Control) -> None:
    wallet = yookassa.pay(shop.create()["id"], "yoo_money")["payment_method"]
    assert (wallet["type"], wallet["saved"], "account_number" in wallet) == ("yoo_money", True, True)
    assert yookassa.pay(shop.create()["id"], type="mind_pay")["payment_method"]["type"] == "mind_pay"
