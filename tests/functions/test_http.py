"""What all functions share: one shape of errors, our own site only, and each alone as it is deployed."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import httpx
import main
import pytest
from bootstrap import ROOT
from kit.customer import Customer
from kit.env import Env
from kit.server import CLIENT, Server
from stack.ports import free_port

FUNCTIONS = ["checkout", "payment_status", "yookassa_webhook", "payment_sweep", "health"]
FOR_BROWSERS = [name for name, function in main.FUNCTIONS.items() if function.for_browser]


def test_every_error_has_the_same_shape(anna: Customer) -> None:
    answer = anna.post("checkout", {}, token="a.b.c")
    assert set(answer.json()) == {"error", "detail", "hint", "request_id"}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("given", "kept"), [("trace-0001-abcd", True), ("<script>", False), ("x" * 200, False)]
)
def test_a_callers_request_id_is_kept_when_it_is_one(env: Env, given: str, kept: bool) -> None:
    answer = CLIENT.get(f"{env.functions}/health", headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) is kept


@pytest.mark.parametrize("name", FOR_BROWSERS)
def test_our_own_site_may_call(env: Env, name: str) -> None:
    asks = {"Origin": env.stack.web, "Access-Control-Request-Method": "POST"}
    answer = httpx.options(f"{env.functions}/{name}", headers=asks)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == env.stack.web
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "{ours}.evil.example", "{ours}0", ""])
@pytest.mark.parametrize("name", FOR_BROWSERS)
def test_no_other_site_may_read_an_answer(env: Env, name: str, origin: str) -> None:
    for method in ("OPTIONS", "POST", "GET"):
        answer = CLIENT.request(
            method, f"{env.functions}/{name}", headers={"Origin": origin.format(ours=env.stack.web)}
        )
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("name", [name for name in main.FUNCTIONS if name not in FOR_BROWSERS])
def test_what_is_not_for_browsers_is_open_to_no_site(env: Env, name: str) -> None:
    for method in ("OPTIONS", "POST"):
        answer = CLIENT.request(method, f"{env.functions}/{name}", headers={"Origin": env.stack.web})
        assert not [header for header in answer.headers if header.startswith("access-control")]


def test_answers_are_not_kept_framed_or_guessed(env: Env) -> None:
    for answer in (CLIENT.get(f"{env.functions}/health"), CLIENT.post(f"{env.functions}/checkout")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("method", "name"), [("GET", "checkout"), ("POST", "health"), ("GET", "payment_sweep")]
)
def test_another_method_is_refused(env: Env, method: str, name: str) -> None:
    answer = CLIENT.request(method, f"{env.functions}/{name}")
    assert answer.status_code == 405
    assert answer.headers["allow"]
    assert answer.json()["error"] == "not_found"


@pytest.mark.parametrize("options", [["--asgi"], []], ids=["asgi", "default"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_starts_alone(env: Env, tmp_path: Path, name: str, options: list[str]) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = ["functions-framework", *options, "--source", "functions/main.py", "--target", name]
    server = Server(
        [Path(sys.executable).parent / command[0], *command[1:], "--host", "127.0.0.1", "--port", str(port)],
        tmp_path / "log",
        address,
        env.environment(),
    )
    try:
        if name == "health":
            assert CLIENT.get(address).json()["status"] == "ok"
        elif name == "yookassa_webhook":
            assert CLIENT.post(f"{address}/wrong-secret").status_code == 404
            path = "/" + env.environment()["YOOKASSA_WEBHOOK_SECRET"]
            headers = {"X-Forwarded-For": "185.71.76.1"}
            assert CLIENT.post(address + path, headers=headers, content=b"nope").status_code == 400
        else:
            assert CLIENT.post(address, json={}).status_code == 401
    finally:
        server.stop()


def test_a_function_that_lacks_a_setting_does_not_start(env: Env) -> None:
    with (
        pytest.raises(RuntimeError, match="supabase_secret_key") as refused,
        env.more_functions(SUPABASE_SECRET_KEY=""),
    ):
        pass
    assert env.stack.secret_key not in str(refused.value)


def test_every_job_on_the_list_is_a_function(env: Env) -> None:
    jobs = tomllib.loads((ROOT / "functions" / "schedule.toml").read_text())["job"]
    assert "payment_sweep" in [job["function"] for job in jobs]
    for job in jobs:
        assert CLIENT.post(f"{env.functions}/{job['function']}").status_code == 401
        assert len(job["cron"].split()) == 5
        assert job["what"]


# health


def test_a_whole_platform_is_ok(env: Env) -> None:
    answer = CLIENT.get(f"{env.functions}/health")
    assert answer.status_code == 200
    said = {key: value for key, value in answer.json().items() if key != "jobs"}
    assert said == {"status": "ok", "version": "development", "database": "ok", "yookassa": "ok"}
    assert httpx.head(f"{env.functions}/health").status_code == 200


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"SUPABASE_URL": "http://127.0.0.1:9"}, {"database": "unavailable", "yookassa": "ok"}),
        ({"SUPABASE_SECRET_KEY": "sb_secret_wrong"}, {"database": "unavailable", "yookassa": "ok"}),
        ({"YOOKASSA_API_URL": "http://127.0.0.1:9/v3"}, {"database": "ok", "yookassa": "unavailable"}),
        ({"YOOKASSA_SECRET_KEY": "test_wrong"}, {"database": "ok", "yookassa": "refused"}),
    ],
)
def test_what_is_ill_is_named(env: Env, settings: dict[str, str], expected: dict[str, str]) -> None:
    with env.more_functions(APP_VERSION="1.2.3", **settings) as (functions, _):
        answer = CLIENT.get(f"{functions}/health")
    assert answer.status_code == 503
    said = {key: value for key, value in answer.json().items() if key != "jobs"}
    assert said == {"status": "degraded", "version": "1.2.3", **expected}


def test_many_who_ask_are_one_question_to_yookassa(env: Env) -> None:
    with env.more_functions() as (functions, _):
        before = env.simulator.count("GET", "/v3/payments")
        for _ in range(10):
            CLIENT.get(f"{functions}/health")
        assert env.simulator.count("GET", "/v3/payments") == before + 1
