from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chaos.gate import Gate, killer
from chaos.lives import Stage
from kit.env import Env
from kit.server import Server
from stack.ports import free_port

PHOENIX = Path(__file__).with_name("phoenix.py")


@dataclass
class Theatre:
    """The Env, with functions besides that stand behind the gate and may be killed."""

    house: Env
    gate: Gate
    functions: str


@pytest.fixture(scope="session")
def theatre(the_env: Env, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    house, folder = the_env, tmp_path_factory.mktemp("chaos")
    pid_file = folder / "functions.pid"
    with Gate(house.stack.api, house.stack.yookassa, killer(str(pid_file))).open() as gate:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        server = Server(
            [sys.executable, PHOENIX, str(port), pid_file],
            folder / "functions.log",
            address,
            house.environment(
                SUPABASE_URL=gate.supabase,
                YOOKASSA_API_URL=f"{gate.yookassa}/v3",
                PYTHONPATH=str(PHOENIX.parents[2] / "functions"),
            ),
        )
        try:
            yield Theatre(house, gate, f"{address}/functions/v1")
        finally:
            server.stop()


@pytest.fixture
def new_stage(theatre: Theatre) -> Callable[[], Stage]:
    """Makes a stage for one more life: a new organization, and nothing else that is due."""
    house = theatre.house
    moderator = house.moderator()

    def make() -> Stage:
        house.empty()
        theatre.gate.arm()
        return Stage(house, theatre.gate, theatre.functions, house.customer("Кира"), moderator)

    return make
