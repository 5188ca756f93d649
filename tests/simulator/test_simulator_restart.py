"""The simulator is killed and started again on the same data: nothing is lost, and deliveries go on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.simulator import SCRIPTS, Receiver, Shop, Simulator
from yookassa_simulator.control import Control


@pytest.fixture
def listening() -> Iterator[Receiver]:
    receiver = Receiver().start()
    yield receiver
    receiver.stop()


@pytest.fixture
def mortal(tmp_path: Path, listening: Receiver) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path / "data", listening.url).start()
    yield simulator
    simulator.stop()


def test_killed_it_loses_nothing(mortal: Simulator, listening: Receiver) -> None:
    with Control(mortal.base_url) as yookassa, Shop(mortal.base_url) as shop:
        yookassa.pause()
        yookassa.advance(100 * 86_400)
        hold = shop.create(key="hold")
        yookassa.pay(hold["id"])
        yookassa.settings(commission_percent=5)
        yookassa.fault("rate_limit", path="/v3/me")
        before = yookassa.payment(hold["id"]), yookassa.now()[:10]
    mortal.kill()
    mortal.start()
    with Control(mortal.base_url) as yookassa, Shop(mortal.base_url) as shop:
        assert (yookassa.payment(hold["id"]), yookassa.now()[:10]) == before
        assert shop.create(key="hold") == hold
        assert shop.get("/me").status_code == 429
        assert yookassa.settings()["commission_percent"] == 5
        assert listening.events == []
        yookassa.resume()
        yookassa.wait()
        assert listening.events == ["payment.waiting_for_capture"]
        assert shop.charge(hold["id"])["status"] == "succeeded"


def test_killed_during_deliveries_it_goes_on(mortal: Simulator, listening: Receiver) -> None:
    with Control(mortal.base_url) as yookassa, Shop(mortal.base_url) as shop:
        hold = shop.create()
        yookassa.settings(delivery_concurrency=1)
        with listening.arrived:  # the receiver cannot answer: the first delivery hangs
            yookassa.pay(hold["id"])
            [notification] = yookassa.notifications()
            yookassa.repeat(notification["id"], 9)
            mortal.kill()
    mortal.start()
    with Control(mortal.base_url) as yookassa:
        yookassa.wait()
        assert {n["state"] for n in yookassa.notifications()} == {"delivered"}
        assert len(yookassa.notifications()) == 10
    assert len(listening.events) >= 10  # at least once each


def test_what_fell_due_while_it_was_down_happens_at_once(mortal: Simulator, listening: Receiver) -> None:
    listening.answers.append(500)
    with Control(mortal.base_url) as yookassa, Shop(mortal.base_url) as shop:
        yookassa.settings(redelivery_seconds=[0.2])
        yookassa.decline(shop.create()["id"])
        yookassa.wait()
    mortal.kill()
    mortal.start()
    listening.wait_for(2)
    assert listening.events == ["payment.canceled"] * 2


def test_it_says_why_it_cannot_start(tmp_path: Path, running: Simulator) -> None:
    command = [sys.executable, "-m", "yookassa_simulator", "--data", str(tmp_path), "--port"]
    environment = {"PYTHONPATH": str(SCRIPTS)}
    nobody = subprocess.run([*command, "0"], env=environment, capture_output=True, text=True, check=False)
    assert nobody.returncode == 2
    assert "YOOKASSA_SHOP_ID" in nobody.stderr
    environment |= {"YOOKASSA_SHOP_ID": "1", "YOOKASSA_SECRET_KEY": "test_1"}
    taken = subprocess.run(
        [*command, str(running.port)], env=environment, capture_output=True, text=True, check=False
    )
    assert taken.returncode == 1
    assert "Cannot listen" in taken.stderr
