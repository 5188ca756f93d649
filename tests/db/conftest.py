from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from db.world import World, opened


@pytest.fixture
def world(rules: str) -> Iterator[World]:
    """Anna's organization and everybody around it; gone when the test ends."""
    with opened(rules) as connection:
        yield World(connection)
        connection.rollback()


@pytest.fixture(autouse=True)
def now(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module's NOW is when its test begins, not when it was imported: a whole run takes minutes."""
    if hasattr(request.module, "NOW"):
        monkeypatch.setattr(request.module, "NOW", datetime.now(UTC))
