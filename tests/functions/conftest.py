from __future__ import annotations

from collections.abc import Iterator

import pytest
from kit.customer import Customer
from kit.env import Env
from kit.mail import Mail, PostOffice
from kit.mail import opened as opened_post


@pytest.fixture
def env(env: Env) -> Iterator[Env]:
    """What the functions live among, where nothing is due; and afterwards no subscription that nothing will ever move."""
    stranded = env.stranded()
    yield env
    assert env.stranded() - stranded == set()


@pytest.fixture
def rehearsal(env: Env) -> Env:
    """The same, for the tests that move its time."""
    return env


@pytest.fixture
def fiscal(rehearsal: Env) -> Iterator[Env]:
    """The same, where ЮKassa asks for receipts."""
    rehearsal.simulator.settings(fiscalization="yoo_receipt")
    rehearsal.receipts({"vat_code": 11, "tax_system_code": 1})  # 22 %, since 2026-01-01; the general system
    yield rehearsal
    rehearsal.empty()


@pytest.fixture
def anna(env: Env) -> Customer:
    """Anna, with an organization of her own that has paid for nothing yet."""
    return env.customer("Анна")


@pytest.fixture
def kira(rehearsal: Env) -> Customer:
    """Kira, whose time the test moves, with an organization of her own."""
    return rehearsal.customer("Кира")


@pytest.fixture(scope="session")
def mail_functions(the_env: Env) -> Iterator[tuple[PostOffice, str]]:
    """Functions that send mail to one port of this worker, at which a test may open a post office."""
    with opened_post(the_env) as (office, functions):
        yield office, functions


@pytest.fixture
def mail(env: Env, mail_functions: tuple[PostOffice, str]) -> Iterator[Mail]:
    """An open post office, and an outbox in which no other test left anything."""
    first, functions = mail_functions
    office = PostOffice(first.port)
    office.open()
    env.nothing_is_to_be_mailed()
    yield Mail(env, office, functions)
    office.shut()
