"""The table of functions (functions/main.py): what is deployed, and that each loads no more than it needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import main
import pytest
from bootstrap import ROOT

FOR_NOTHING = {
    "SUPABASE_URL": "http://127.0.0.1:9",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x",
    "SUPABASE_SECRET_KEY": "sb_secret_x",
    "SITE_URL": "http://127.0.0.1:9",
    "YOOKASSA_SHOP_ID": "1",
    "YOOKASSA_SECRET_KEY": "test_x",
    "YOOKASSA_WEBHOOK_SECRET": "webhook-secret-of-the-tests",
}
"""Settings that lead nowhere."""

DEPLOYED = """
from functions_framework.aio import create_asgi_app
app, path = create_asgi_app("{name}", "functions/main.py"), "/{rest}"
"""
LOCAL = """
import sys
sys.path.append("functions")
from local import app
path = "/functions/v1/{name}/{rest}"
"""
CALL = """
import asyncio, json, sys
sent = []
async def receive():
    return {"type": "http.request", "body": b'{"object": {}}', "more_body": False}
async def send(message):
    sent.append(message)
scope = {
    "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
    "root_path": "", "scheme": "http", "query_string": b"", "headers": [],
    "client": ("185.71.76.10", 1), "server": ("127.0.0.1", 80),
}
asyncio.run(app(scope, receive, send))
print(json.dumps([sent[0]["status"], sorted(sys.modules)]))
"""


def called(program: str, name: str, rest: str = "") -> tuple[int, set[str]]:
    """What a new process answers to one call of a function, and every module that is then loaded in it."""
    ran = subprocess.run(
        [sys.executable, "-c", program.format(name=name, rest=rest) + CALL],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **FOR_NOTHING},
        capture_output=True,
        text=True,
        check=True,
    )
    status, modules = json.loads(ran.stdout.splitlines()[-1])
    return status, set(modules)


@pytest.mark.parametrize("program", [DEPLOYED, LOCAL], ids=["deployed", "local"])
def test_a_webhook_loads_no_decoder_and_no_other_domain(program: str) -> None:
    status, modules = called(program, "yookassa_webhook", FOR_NOTHING["YOOKASSA_WEBHOOK_SECRET"])
    assert status == 503  # it came as far as the database, which is not there
    assert "billing.yookassa_webhook" in modules
    ours = {name.partition(".")[0] for name in modules} & packages()
    assert ours == {"billing", "core"}
    assert not modules & {"PIL", "pypdf", "av", "cv2", "zxingcpp", "aiosmtplib", "storage3", "core.storage"}


def packages() -> set[str]:
    """The packages of functions, by domain."""
    return {path.parent.name for path in (ROOT / "functions").glob("*/__init__.py")}


def test_a_function_that_is_deployed_is_loaded_before_its_first_call() -> None:
    assert "files.validate_logo" not in loaded("import main")
    assert "files.validate_logo" in loaded(
        "from functions_framework.aio import create_asgi_app as c; c('validate_logo', 'functions/main.py')"
    )


def loaded(program: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "functions"), **FOR_NOTHING},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stdout.split())


@pytest.mark.parametrize("name", main.FUNCTIONS)
def test_every_row_has_an_answer(name: str) -> None:
    assert callable(main.load(name))


def test_no_package_hides_one_of_pythons_own() -> None:
    assert packages() >= {"core", "billing", "mail", "files", "trust"}
    assert not packages() & set(sys.stdlib_module_names)
