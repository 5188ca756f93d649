"""scripts/journey.py: the whole way, and that it stops where something is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bootstrap import ROOT
from kit.env import WEBHOOK_SECRET, Env

JOURNEY = ROOT / "scripts" / "journey.py"


def travel(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, JOURNEY, *arguments],
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def known(env: Env) -> dict[str, str]:
    return {
        "SUPABASE_URL": env.stack.api,
        "SUPABASE_PUBLISHABLE_KEY": env.stack.publishable_key,
        "FUNCTIONS_URL": env.functions,
    }


def test_the_whole_way_with_notifications(env: Env) -> None:
    url = f"{env.functions}/yookassa_webhook/{WEBHOOK_SECRET}"
    env.simulator.settings(notify_url=url)
    went = travel("--data", env.folder / "stack")
    assert went.returncode == 0, went.stderr
    assert "The public sees badge A" in went.stdout
    assert all(" ms" in line for line in went.stdout.splitlines() if line.startswith("  "))
    env.simulator.wait(30)


def test_the_whole_way_when_every_notification_is_lost(env: Env) -> None:
    assert travel(**known(env)).returncode == 0


def test_the_functions_are_found_behind_the_api_too(env: Env) -> None:
    environment = known(env)
    del environment["FUNCTIONS_URL"]
    assert travel(**environment).returncode == 0


def test_it_stops_at_the_first_thing_that_is_wrong(env: Env) -> None:
    env.simulator.settings(recurring=False)
    went = travel(**known(env))
    env.simulator.settings(recurring=True)
    assert went.returncode == 1
    assert went.stdout.rstrip().endswith("Begin the trial for 1 ₽ … no")
    assert "payment_provider_error" in went.stderr
    assert "Traceback" not in went.stderr


@pytest.mark.parametrize("content", [None, "not json", "{}", json.dumps({"api": "http://127.0.0.1:9"})])
def test_without_a_stack_it_says_so(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "stack.json"
    if content is not None:
        file.write_text(content)
    went = travel("--stack", file)
    assert went.returncode == 1
    assert str(file) in went.stderr
    assert "Traceback" not in went.stderr


def test_when_nobody_answers_it_says_so(env: Env) -> None:
    went = travel(**known(env) | {"FUNCTIONS_URL": "http://127.0.0.1:9"})
    assert (went.returncode, went.stdout) == (1, "  The platform is well … no\n")
    assert went.stderr.endswith("\nWrong: http://127.0.0.1:9/health does not answer (ConnectError).\n")
