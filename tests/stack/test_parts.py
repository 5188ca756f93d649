"""The smaller parts: the web's server, the mail sink, the scheduler, the secrets."""

from __future__ import annotations

import asyncio
import gzip
import json
import smtplib
import socket
import subprocess
import sys
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from bootstrap import ROOT
from kit.waiting import finished
from stack import web_build
from stack.credentials import Credentials
from stack.parts import Plan
from stack.ports import OF_A_PROCESS, free_port, take
from stack.process import PartError
from stack.scheduler import Job, call, read_jobs
from stack.stack import Stack
from stack.web_server import hashes


def test_no_two_processes_are_given_one_port() -> None:
    ask = "import json; from stack.ports import *; print(json.dumps([free_port() for _ in range(30)]), flush=True); input()"
    command = [sys.executable, "-c", ask]
    others = [
        subprocess.Popen(
            command, cwd=ROOT / "scripts", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    given = [[free_port() for _ in range(30)]]
    try:
        given += [json.loads(other.stdout.readline()) for other in others if other.stdout]
    finally:
        for other in others:
            other.communicate("\n")
    assert len({port for each in given for port in each}) == 4 * 30


def test_a_port_that_is_listened_on_is_given_to_nobody() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        assert port not in [free_port() for _ in range(2 * OF_A_PROCESS)]


def test_every_path_of_the_web_that_needs_javascript_is_the_page(stack: Stack) -> None:
    page = httpx.get(f"{stack.addresses.web}/index.html")
    for path in ("/dashboard/billing/return?transaction=1", "/sign-in", "/admin/a/b/c"):
        answer = httpx.get(f"{stack.addresses.web}{path}")
        assert (answer.status_code, answer.text) == (200, page.text)
        assert answer.headers["cache-control"] == "no-cache"
    for path in ("/assets/none.js", "/none.png", "/assets/%2e%2e/%2e%2e/package.json", "/organizations/%00"):
        assert httpx.get(f"{stack.addresses.web}{path}").status_code == 404


def test_hashed_files_are_kept_for_good_and_compressed(stack: Stack) -> None:
    script = max((web_build.DIST / "assets").glob("*.js"), key=lambda path: path.stat().st_size)
    with httpx.stream(
        "GET", f"{stack.addresses.web}/assets/{script.name}", headers={"accept-encoding": "gzip"}
    ) as answer:
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(answer.iter_raw())) == script.read_bytes()


def test_the_web_says_where_everything_is_and_lets_the_page_call_nothing_else(stack: Stack) -> None:
    addresses = stack.addresses
    answer = httpx.get(f"{addresses.web}/config.json")
    assert answer.json() == {
        "supabase_url": addresses.api,
        "publishable_key": addresses.publishable_key,
        "functions_url": addresses.functions,
        "mail_url": addresses.mail,
    }
    assert addresses.secret_key not in answer.text
    page = httpx.get(addresses.web)
    policy = dict(
        rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; ") if " " in rule
    )
    functions = addresses.functions.removesuffix("/functions/v1")
    assert policy["connect-src"].split() == ["'self'", addresses.api, functions]
    assert policy["script-src"] == f"'self' {hashes(page.text)}"
    assert policy["script-src"] in (ROOT / "docs" / "operations.md").read_text(), (
        "as production has to send it"
    )
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    for each in (page, answer):
        assert each.headers["x-content-type-options"] == "nosniff"


def send(stack: Stack, to: str, subject: str, html: str | None = None) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Честно <no-reply@chestno.test>", to, subject
    mail.set_content("Привет: https://chestno.test/one?a=1&b=2")
    if html:
        mail.add_alternative(html, subtype="html")
    port = int(stack.addresses.mail.rpartition(":")[2]) + 1
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as smtp:
        smtp.send_message(mail)


def test_a_mail_is_kept_and_can_be_read(stack: Stack) -> None:
    to = f"{uuid4().hex}@example.test"
    send(stack, to, "Новый пароль", "<b>Привет</b><script>alert(1)</script>")
    stack.kill("mail")
    stack.start_part("mail")
    (mail,) = httpx.get(f"{stack.addresses.mail}/api/messages", params={"to": to}).json()
    assert (mail["subject"], mail["to"], mail["text"]) == (
        "Новый пароль",
        [to],
        "Привет: https://chestno.test/one?a=1&b=2\n",
    )
    assert mail["from"] == "Честно <no-reply@chestno.test>"
    assert mail["links"] == ["https://chestno.test/one?a=1&b=2"]
    assert httpx.get(f"{stack.addresses.mail}/api/messages/{mail['id']}").json() == mail
    for wrong in ("none", "../lock", "%2e%2e%2flock"):
        assert httpx.get(f"{stack.addresses.mail}/api/messages/{wrong}").status_code == 404


def test_the_mail_page_runs_nothing_that_a_mail_brings(stack: Stack) -> None:
    page = httpx.get(stack.addresses.mail)
    assert 'frame.setAttribute("sandbox", "")' in page.text
    assert "innerHTML" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_every_scheduled_function_takes_the_schedulers_call(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = read_jobs()

    async def call_all() -> None:
        headers = {"authorization": f"Bearer {stack.addresses.scheduler_secret}"}
        async with httpx.AsyncClient(
            base_url=stack.addresses.functions, headers=headers, timeout=60
        ) as functions:
            await asyncio.gather(*(call(job, functions) for job in jobs))

    finished(call_all())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(jobs)
    assert all(": 200 " in line for line in lines), lines


def test_cron_lines_are_read_in_utc(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    assert Job("status_expiry", "0 2 * * *").next_after(moment) == datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
    schedule = tmp_path / "schedule.toml"
    schedule.write_text('[[job]]\nfunction = "x"\ncron = "every day"\n')
    with pytest.raises(ValueError, match="every day"):
        read_jobs(schedule)


def test_secrets_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    made = Credentials.kept(tmp_path)
    assert Credentials.kept(tmp_path) == made
    assert Credentials() != made
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert made.secret_key not in repr(made)


@pytest.mark.parametrize(
    ("told", "receipts"),
    [
        ({}, None),
        ({"YOOKASSA_RECEIPTS": "off", "YOOKASSA_VAT_CODE": "11"}, None),
        ({"YOOKASSA_RECEIPTS": "on", "YOOKASSA_VAT_CODE": "11"}, {"vat_code": "11"}),
        (
            {"YOOKASSA_RECEIPTS": "on", "YOOKASSA_VAT_CODE": "1", "YOOKASSA_TAX_SYSTEM_CODE": "2"},
            {"vat_code": "1", "tax_system_code": "2"},
        ),
        ({"YOOKASSA_RECEIPTS": "on"}, {}),  # which the database refuses
    ],
)
def test_receipts_are_asked_for_in_the_environment(
    tmp_path: Path, told: dict[str, str], receipts: dict[str, str] | None
) -> None:
    assert plan(tmp_path, told).receipts == receipts


def test_receipts_are_on_or_off(tmp_path: Path) -> None:
    with pytest.raises(PartError, match="on or off"):
        _ = plan(tmp_path, {"YOOKASSA_RECEIPTS": "yes"}).receipts


@pytest.mark.parametrize(
    ("told", "confirms"),
    [({}, True), ({"AUTH_CONFIRM_EMAIL": "on"}, True), ({"AUTH_CONFIRM_EMAIL": "off"}, False)],
)
def test_addresses_are_confirmed_unless_told_otherwise(
    tmp_path: Path, told: dict[str, str], confirms: bool
) -> None:
    assert plan(tmp_path, told).confirms_email == confirms
    with pytest.raises(PartError, match="on or off"):
        _ = plan(tmp_path, {"AUTH_CONFIRM_EMAIL": "no"}).confirms_email


def plan(folder: Path, told: dict[str, str]) -> Plan:
    ports = take(folder, None)
    ports.release()
    return Plan(folder, ports, Credentials(), outside=told)
