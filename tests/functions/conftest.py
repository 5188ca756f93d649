from __future__ import annotations

from collections.abc import Iterator

import pytest
from functions.house import Customer, House, opened


@pytest.fixture(scope="session")
def the_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all the tests of a worker. Everybody in it is new to each test."""
    with opened(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def house(the_house: House) -> House:
    """The house, with ЮKassa in good health."""
    the_house.simulator.control("DELETE", "/faults")
    the_house.simulator.control("POST", "/settings", notify_url=None, recurring=True, missing_status=404)
    return the_house


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna, with an organization of her own that has paid for nothing yet."""
    return house.customer("Анна")
