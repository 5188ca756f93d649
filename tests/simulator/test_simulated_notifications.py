"""Webhooks arrive, arrive again, late, twice, out of order, forged or never, as a test asks."""

from __future__ import annotations

import pytest
from kit.simulator import Receiver, Shop, rub
from yookassa_simulator.control import Control

DAY = 86_400


def statuses(yookassa: Control, **filters: str) -> list[list[int | None]]:
    """The answers to each webhook's deliveries."""
    return [[item["status"] for item in n["deliveries"]] for n in yookassa.notifications(**filters)]


def test_a_notification_carries_the_object_as_it_was(
    shop: Shop, yookassa: Control, receiver: Receiver
) -> None:
    payment = shop.create()
    held = yookassa.pay(payment["id"])
    shop.post(f"/payments/{payment['id']}/cancel")
    yookassa.wait()
    assert sorted(receiver.events) == ["payment.canceled", "payment.waiting_for_capture"]
    [first] = [item for item in receiver.received if item.event == "payment.waiting_for_capture"]
    assert first.payload == {"type": "notification", "event": "payment.waiting_for_capture", "object": held}
    assert first.headers["content-type"] == "application/json"
    assert first.headers["x-forwarded-for"] == "185.71.76.10"
    assert statuses(yookassa) == [[200], [200]]


def test_every_final_change_is_announced_once(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    paid = shop.create(capture=True)
    yookassa.pay(paid["id"])
    shop.charge(paid["id"])
    shop.post("/refunds", {"payment_id": paid["id"], "amount": rub("1.00")})
    yookassa.decline(shop.create()["id"])
    shop.create()
    yookassa.advance(3601)
    yookassa.wait()
    assert sorted(receiver.events) == [
        "payment.canceled",
        "payment.canceled",
        "payment.succeeded",
        "payment.succeeded",
        "refund.succeeded",
    ]


@pytest.mark.parametrize("status", [201, 204, 302, 400, 500, 503])
def test_only_200_is_an_answer(shop: Shop, yookassa: Control, receiver: Receiver, status: int) -> None:
    receiver.answers.append(status)
    yookassa.decline(shop.create()["id"])
    yookassa.wait()
    assert statuses(yookassa) == [[status]]
    yookassa.advance(5)
    yookassa.wait()
    assert statuses(yookassa) == [[status, 200]]
    assert receiver.received[0].payload == receiver.received[1].payload


def test_attempts_are_spaced_and_end_after_24_hours(
    shop: Shop, yookassa: Control, receiver: Receiver
) -> None:
    yookassa.settings(redelivery_seconds=[10, 100, 3600])
    receiver.answers.extend([500] * 100)
    yookassa.decline(shop.create()["id"])
    for pause in (9, 1.5, 98, 2.5, 3600):
        yookassa.wait()
        yookassa.advance(pause)
    yookassa.wait()
    assert statuses(yookassa) == [[500, 500, 500, 500]]
    yookassa.advance(DAY)
    yookassa.wait()
    [given_up] = yookassa.notifications()
    assert (given_up["state"], given_up["next_at"], len(given_up["deliveries"])) == ("expired", None, 4)


def test_a_shop_that_is_down_gets_it_later(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    alive = yookassa.settings()["notify_url"]
    yookassa.settings(notify_url="http://127.0.0.1:9/nobody")
    yookassa.decline(shop.create()["id"])
    yookassa.wait()
    [waiting] = yookassa.notifications()
    assert waiting["deliveries"][0]["status"] is None
    assert "ConnectError" in waiting["deliveries"][0]["error"]
    yookassa.settings(notify_url=alive)
    yookassa.advance(5)
    yookassa.wait()
    assert receiver.events == ["payment.canceled"]


def test_without_an_address_nothing_is_sent(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    alive = yookassa.settings()["notify_url"]
    yookassa.settings(notify_url=None)
    try:
        yookassa.decline(shop.create()["id"])
        assert [n["state"] for n in yookassa.notifications()] == ["unsent"]
    finally:
        yookassa.settings(notify_url=alive)
    yookassa.wait()
    assert receiver.events == []


def test_dropped(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    yookassa.rule("drop", event="payment.waiting_for_capture")
    payment = shop.create()
    yookassa.pay(payment["id"])
    shop.post(f"/payments/{payment['id']}/cancel")
    yookassa.wait()
    yookassa.advance(DAY)
    yookassa.wait()
    assert receiver.events == ["payment.canceled"]
    assert [n["state"] for n in yookassa.notifications()] == ["dropped", "delivered"]


def test_duplicated(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    payment = shop.create()
    yookassa.rule("duplicate", object_id=payment["id"], copies=99)
    yookassa.pay(payment["id"])
    yookassa.wait()
    assert receiver.events == ["payment.waiting_for_capture"] * 100


def test_repeated(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    yookassa.decline(shop.create()["id"])
    [notification] = yookassa.notifications()
    assert len(yookassa.repeat(notification["id"], times=3)) == 3
    yookassa.wait()
    assert [item.payload for item in receiver.received] == [notification["payload"]] * 4


def test_delayed(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    yookassa.rule("delay", seconds=600)
    yookassa.decline(shop.create()["id"])
    yookassa.wait()
    yookassa.advance(595)
    yookassa.wait()
    assert receiver.events == []
    yookassa.advance(6)
    yookassa.wait()
    assert receiver.events == ["payment.canceled"]


def test_reordered(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    yookassa.rule("reorder", times=3)
    payment = shop.create()
    yookassa.pay(payment["id"])
    shop.post(f"/payments/{payment['id']}/capture")
    yookassa.wait()
    assert receiver.events == []
    shop.post("/refunds", {"payment_id": payment["id"], "amount": rub("1.00")})
    yookassa.wait()
    assert receiver.events == ["refund.succeeded", "payment.succeeded", "payment.waiting_for_capture"]


def test_held_and_released(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    yookassa.rule("hold", times=2)
    for _ in range(2):
        yookassa.decline(shop.create()["id"])
    yookassa.wait()
    assert receiver.events == []
    second = yookassa.notifications()[1]
    assert yookassa.release(second["id"]) == 1
    yookassa.wait()
    assert [item.payload["object"]["id"] for item in receiver.received] == [second["object_id"]]
    assert yookassa.release() == 1
    yookassa.wait()
    assert len(receiver.received) == 2


def test_paused_and_resumed(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    yookassa.pause()
    yookassa.decline(shop.create()["id"])
    yookassa.wait()
    assert receiver.events == []
    yookassa.resume()
    yookassa.wait()
    assert receiver.events == ["payment.canceled"]


def test_rules_apply_to_what_they_name(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    yookassa.rule("drop", event="refund.*", times=5)
    yookassa.rule("drop", times=1)
    for _ in range(2):
        yookassa.decline(shop.create()["id"])
    yookassa.wait()
    assert receiver.events == ["payment.canceled"]
    yookassa.rule("drop")
    yookassa.clear_rules()
    yookassa.decline(shop.create()["id"])
    yookassa.wait()
    assert len(receiver.events) == 2


@pytest.mark.parametrize("kind", ["unknown_id", "foreign_shop", "changed_amount", "changed_status"])
def test_forged(shop: Shop, yookassa: Control, receiver: Receiver, kind: str) -> None:
    payment = shop.create()
    receiver.answers.append(403)
    lie = yookassa.forge(kind, payment_id=payment["id"], event="payment.succeeded", sender_ip="203.0.113.9")
    yookassa.wait()
    [received] = receiver.received
    assert received.payload == lie["payload"]
    assert received.headers["x-forwarded-for"] == "203.0.113.9"
    said = received.payload["object"]
    truth = shop.get(f"/payments/{said['id']}")
    if kind in ("unknown_id", "foreign_shop"):
        assert truth.status_code == 404
        assert (said["recipient"]["account_id"] == "100500") == (kind == "unknown_id")
    else:
        assert truth.json() == payment
        assert said != payment
    yookassa.advance(60)
    yookassa.wait()
    [notification] = yookassa.notifications()
    assert (notification["state"], notification["forged"]) == ("refused", kind)
    assert len(notification["deliveries"]) == 1


def test_any_payload_can_be_sent(yookassa: Control, receiver: Receiver) -> None:
    payload = {"type": "notification", "event": "invoice.paid", "object": {"id": "in-1"}}
    yookassa.forge(payload=payload)
    yookassa.wait()
    assert receiver.received[0].payload == payload
    assert yookassa.notifications(event="invoice.paid")[0]["state"] == "delivered"


def test_a_reset_breaks_off_what_is_under_way(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    with receiver.arrived:  # holds the receiver's answer back
        yookassa.decline(shop.create()["id"])
        yookassa.reset()
    yookassa.pause()
    yookassa.pay(shop.create()["id"])
    [notification] = yookassa.notifications()
    assert (notification["state"], notification["deliveries"]) == ("waiting", [])


def test_a_silent_shop_is_given_up_on(shop: Shop, yookassa: Control, receiver: Receiver) -> None:
    yookassa.settings(delivery_timeout_seconds=0.1)
    with receiver.arrived:  # holds the receiver's answer back
        yookassa.decline(shop.create()["id"])
        yookassa.wait()
        [notification] = yookassa.notifications()
    assert notification["deliveries"][0]["status"] is None
    assert "Timeout" in notification["deliveries"][0]["error"]
