from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chaos.gate import Gate, killer
from chaos.scenarios import Stage
from kit.env import Env
from kit.server import Server
from stack.ports import free_port

PHOENIX = Path(__file__).with_name("phoenix.py")


@dataclass
class Theatre:
    """The Env, with functions besides that stand behind the gate and may be killed."""

    env: Env
    gate: Gate
    functions: str


@pytest.fixture(scope="session")
def theatre(the_env: Env, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    env, folder = the_env, tmp_path_factory.mktemp("chaos")
    pid_file = folder / "functions.pid"
    with Gate(env.stack.api, env.stack.yookassa, killer(str(pid_file))).open() as gate:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        server = Server(
            [sys.executable, PHOENIX, str(port), pid_file],
            folder / "functions.log",
            address,
            env.environment(
                SUPABASE_URL=gate.supabase,
                YOOKASSA_API_URL=f"{gate.yookassa}/v3",
                PYTHONPATH=str(PHOENIX.parents[2] / "functions"),
            ),
        )
        try:
            yield Theatre(env, gate, f"{address}/functions/v1")
        finally:
            server.stop()


@pytest.fixture
def new_stage(theatre: Theatre) -> Callable[[], Stage]:
    """Makes a stage for one more life: a new organization, and nothing else that is due."""
    env = theatre.env
    moderator = env.moderator()

    def make() -> Stage:
        env.empty()
        theatre.gate.arm()
        return Stage(env, theatre.gate, theatre.functions, env.customer("Кира"), moderator)

    return make
