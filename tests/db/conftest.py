from __future__ import annotations

from collections.abc import Iterator

import pytest
from db.world import World, opened


@pytest.fixture
def world(rules: str) -> Iterator[World]:
    """Anna's organization and everybody around it; gone when the test ends."""
    with opened(rules) as connection:
        yield World(connection)
        connection.rollback()
