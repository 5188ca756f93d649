"""One simulator and one receiver for all tests of a worker; each test finds them as new."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kit.simulator import Receiver, Shop, Simulator
from yookassa_simulator.control import Control


@pytest.fixture(scope="session")
def receiving() -> Iterator[Receiver]:
    receiver = Receiver().start()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, receiving: Receiver) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path_factory.mktemp("simulator"), receiving.url).start()
    yield simulator
    simulator.stop()


@pytest.fixture(scope="session")
def _clients(running: Simulator) -> Iterator[tuple[Control, Shop]]:
    with Control(running.base_url) as control, Shop(running.base_url) as shop:
        yield control, shop


@pytest.fixture
def yookassa(_clients: tuple[Control, Shop], receiving: Receiver) -> Control:
    """Control of a simulator that has just been reset."""
    control = _clients[0]
    control.wait()  # nothing of the test before is still on its way
    control.reset()
    control.settings(notify_url=receiving.url)
    return control


@pytest.fixture
def receiver(receiving: Receiver, yookassa: Control) -> Receiver:
    receiving.answers.clear()
    receiving.received.clear()
    return receiving


@pytest.fixture
def shop(_clients: tuple[Control, Shop], yookassa: Control) -> Shop:
    return _clients[1]


@pytest.fixture
def saved_card(shop: Shop, yookassa: Control) -> str:
    """The id of a saved card that pays whatever it is asked."""
    payment_id = str(shop.create()["id"])
    yookassa.pay(payment_id)
    return payment_id
