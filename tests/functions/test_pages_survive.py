"""Public pages say what they can: of everything that the database answers, each field in turn is missing (null)."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from kit.people import a_moderator, run_sql, service, sign_up
from kit.server import CLIENT, Server
from stack.ports import free_port
from stack.stack import Stack
from web.team import Team

NEVER = re.compile(
    r"(^|\.)(id|slug|name|kind|action|outcome|story_type|sentence|unchecked|since|from|occurred_at|published_at|lost_at"
    r"|period|trial_days|amount|currency|key|title|body|version|versions|items|totals(\.\w+)?|levels(\.\d+\.level)?|lost"
    r"|stretches|verdict|history(\.\d+\.level)?|stories|reports|provenance(\.\w+)?|verified\.at|status|documents|limits"
    r"|required|reported_on|decided_on|code|state|categories|regions|for_all|trades|papers|document|trade|ru|en)$"
)
"""What has no null: columns that are never null, and lists and objects that answers always have."""

Way = tuple[str | int, ...]


@dataclass
class Between:
    """Stands between the function and the API, and takes one field out of what that answers."""

    api: str
    port: int = field(default_factory=free_port)
    answers: dict[str, Any] = field(default_factory=dict)
    """The last answer of each address that was asked."""
    missing: tuple[str, Way] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def given(self, path: str, answer: Any) -> Any:
        name = path.partition("?")[0]
        self.answers[name] = answer
        if self.missing is None or self.missing[0] != name:
            return answer
        answer = deepcopy(answer)
        *way, last = self.missing[1]
        place = answer
        for step in way:
            place = place[step]
        place[last] = None
        return answer

    @contextmanager
    def standing(self) -> Iterator[Between]:
        between = self

        class Passing(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {
                    name: value
                    for name, value in self.headers.items()
                    if name.lower() not in ("host", "content-length", "connection")
                }
                answer = CLIENT.request(self.command, between.api + self.path, content=body, headers=headers)
                content = json.dumps(between.given(self.path, answer.json())).encode()
                self.send_response(answer.status_code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = answer

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Passing)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def fields(answer: Any, way: Way = ()) -> Iterator[Way]:
    """The way to each field of an answer; of a list its first and its last item."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            if not NEVER.search(".".join(map(str, (*way, name)))):
                yield (*way, name)
            yield from fields(value, (*way, name))
    elif isinstance(answer, list):
        for place in {0, len(answer) - 1} if answer else ():
            yield from fields(answer[place], (*way, place))


@pytest.fixture(scope="module")
def paths(stack: Stack) -> list[str]:
    """Every public page, of an organization to which everything has happened."""
    team = Team(stack.addresses, "Сыроварня «Ничего лишнего»")
    for level in ("A", "B"):
        team.grant(level)
    service(stack.addresses).rpc(
        "revoke_status_level", organization_id=team.id, level="B", reason="Сертификат просрочен"
    )
    team.grant("B")
    run_sql(
        stack.addresses,
        "insert into public.organization_status_levels (organization_id, level, valid_from, valid_until, is_active)"
        " values (%s, 'C', now() - interval '90 days', now() - interval '10 days', true)",
        team.id,
    )
    run_sql(
        stack.addresses,
        "insert into public.status_level_events (organization_id, level, action, reason, valid_until, actor_kind)"
        " values (%s, 'A', 'grace_started', 'payment_failed', now(), 'billing'), (%s, 'A', 'extended', null, now(), 'billing')",
        team.id, team.id,
    )  # fmt: skip
    run_sql(
        stack.addresses,
        "update public.organizations set description = 'Сыр', category = 'Сыр', region = 'Тверь', website_url = 'https://syr.example',"
        """ contacts = '{"phone": "+7 900 000-00-00", "email": "a@syr.example", "address": "Тверь"}', logo_path = id || '/b.webp'"""
        " where id = %s",
        team.id,
    )
    code, told = uuid4().hex[:10].upper(), []
    for title in ("Утро", "Вечер"):
        told.append(str(uuid4()))
        run_sql(
            stack.addresses,
            "insert into public.stories (id, organization_id, story_type, status, title, content_text, external_url, published_at)"
            " values (%s, %s, 'success_story', 'published', %s, 'Дважды', 'https://syr.example', now())",
            told[-1], team.id, title,
        )  # fmt: skip
    run_sql(stack.addresses, "insert into public.qr_codes (organization_id, code) values (%s, %s)", team.id, code)  # fmt: skip
    moderator = a_moderator(stack.addresses)
    made = sign_up(stack.addresses).rpc("report_abuse", kind="other", organization_id=team.id, message="Вот")
    moderator.rpc("review_report", report_id=made["report_id"], outcome="upheld", publish=True)
    page = team.public_page
    return [
        "/", "/levels", "/about", "/how-we-verify", "/reports", f"/organizations?q={team.slug}&region=Тверь",
        page, f"{page}/stories/{told[0]}", f"/q/{code}",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def between(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Between, str]]:
    """What stands between, and functions behind it."""
    at, port = stack.addresses, free_port()
    with Between(at.api).standing() as between:
        environment = {
            "SUPABASE_URL": between.address, "SUPABASE_PUBLISHABLE_KEY": at.publishable_key,
            "SUPABASE_SECRET_KEY": at.secret_key, "SITE_URL": at.web, "YOOKASSA_SHOP_ID": "1", "YOOKASSA_SECRET_KEY": "test_x",
        }  # fmt: skip
        log = tmp_path_factory.mktemp("functions") / "log"
        command: list[str | Path] = [sys.executable, "-m", "uvicorn", "--app-dir", "functions", "local:app", "--port", str(port)]  # fmt: skip
        server = Server(command, log, f"http://127.0.0.1:{port}", environment)
        try:
            yield between, f"http://127.0.0.1:{port}/functions/v1/page"
        finally:
            server.stop()


@pytest.mark.parametrize("number", range(9))
def test_a_page_survives_that_any_field_is_null(
    between: tuple[Between, str], paths: list[str], number: int
) -> None:
    answering, functions = between
    path = paths[number]
    answering.missing = None
    answering.answers.clear()
    whole = CLIENT.get(f"{functions}{path}")
    assert whole.status_code == 200, whole.text
    every = [(name, way) for name, answer in answering.answers.items() for way in fields(answer)]
    assert every
    broken = []
    for answering.missing in every:
        answer = CLIENT.get(f"{functions}{path}", headers={"accept-language": "ru"})
        said = answer.text.partition('<div id="root">')[2].partition("<script")[0]
        if answer.status_code >= 500 or re.search(r">\s*None|None\s*<|: None|None,|built-in method", said):
            broken.append(f"{answering.missing}: {answer.status_code}")
    answering.missing = None
    assert not broken, "\n".join(broken)
