"""A running product to attack, and two organizations on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attack.scene import Scene, played
from kit.clusters import Clusters
from kit.env import WEBHOOK_SECRET
from stack.stack import Stack

PARTS = {"postgres", "api", "functions", "yookassa"}


@pytest.fixture(scope="session")
def attacked(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """What people and ЮKassa reach, and no scheduler: nothing changes but by the attack."""
    data = clusters.copy_for_stack("real-time", tmp_path_factory.mktemp("attacked"))
    outside = {"YOOKASSA_WEBHOOK_SECRET": WEBHOOK_SECRET, "ALLOW_TIME_TRAVEL": "0"}
    with Stack(data, only=PARTS, durable=False, migrated=True, outside=outside) as stack:
        yield stack


@pytest.fixture
def scene(attacked: Stack) -> Iterator[Scene]:
    """A victim and its attackers, new to each test."""
    with played(attacked) as scene:
        yield scene
