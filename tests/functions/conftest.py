from __future__ import annotations

from collections.abc import Iterator

import pytest
from functions.house import Customer, House, Rehearsal, opened, rehearsed
from functions.post import Mail, PostOffice
from functions.post import opened as opened_post


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
    the_house.books_were_compared()
    return the_house


@pytest.fixture
def anna(house: House) -> Customer:
    """Anna, with an organization of her own that has paid for nothing yet."""
    return house.customer("Анна")


@pytest.fixture(scope="session")
def mail_functions(the_house: House) -> Iterator[tuple[PostOffice, str]]:
    """Functions that send mail to one port of this worker, at which a test may open a post office."""
    with opened_post(the_house) as (office, functions):
        yield office, functions


@pytest.fixture
def mail(house: House, mail_functions: tuple[PostOffice, str]) -> Iterator[Mail]:
    """An open post office, and an outbox in which no other test left anything."""
    first, functions = mail_functions
    office = PostOffice(first.port)
    office.open()
    house.rows("update public.notifications set is_to_be_mailed = false where is_to_be_mailed returning id")
    house.rows(
        "update public.email_outbox set status = 'failed', error = 'another test', next_attempt_at = null"
        " where status = 'queued' returning id"
    )
    yield Mail(house, office, functions)
    office.shut()


@pytest.fixture(scope="session")
def the_rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with rehearsed(tmp_path_factory.mktemp("rehearsal")) as rehearsal:
        yield rehearsal


@pytest.fixture
def rehearsal(the_rehearsal: Rehearsal) -> Rehearsal:
    """A house whose time the test moves, in which nothing is due."""
    the_rehearsal.empty()
    return the_rehearsal


@pytest.fixture
def kira(rehearsal: Rehearsal) -> Customer:
    """Kira, whose time the test moves, with an organization of her own."""
    return rehearsal.customer("Кира")
