from __future__ import annotations

from datetime import UTC, datetime

import pytest


@pytest.fixture(autouse=True)
def now(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module's NOW is when its test begins, not when it was imported: a whole run takes minutes."""
    if hasattr(request.module, "NOW"):
        monkeypatch.setattr(request.module, "NOW", datetime.now(UTC))
