"""Asking as everybody, many at once; and what no answer may be, whoever asked for what."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from attack.scene import EVERYBODY, Finding, Scene
from httpx_aiohttp import AiohttpTransport
from kit.waiting import finished

AT_ONCE = 16
NOTHING: Any = object()
SQL = re.compile(
    r"\b(select|insert\s+into|update|delete\s+from|alter|create)\s.{1,200}\b(from|values|set|where|table|function)\b"
    r"|PL/pgSQL|SQL (statement|function)|\bat character \d+|Traceback \(|\n\s+at .+:\d+:\d+",
    re.IGNORECASE | re.DOTALL,
)
"""What an accident inside looks like when it is told outside: a statement, or where in the code it happened."""


@dataclass(frozen=True)
class Ask:
    where: str
    """What it is that is attacked: a table, an RPC, a bucket."""
    who: str
    what: str
    """What is tried: a word for whoever reads a finding."""
    method: str
    path: str
    json: Any = NOTHING
    content: str | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> str | bytes | None:
        return self.content if self.json is NOTHING else json.dumps(self.json)

    @property
    def sent(self) -> str:
        """All that its answer may repeat."""
        body = self.body or ""
        return f"{self.path} {body if isinstance(body, str) else body.decode(errors='replace')}"


@dataclass(frozen=True)
class Answer:
    ask: Ask
    status: int
    text: str
    headers: httpx.Headers

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def json(self) -> Any:
        """What it says, None when that is no JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    def finding(self, what: str) -> Finding:
        return Finding(self.ask.where, self.ask.who, what)


Then = Callable[[list[Answer]], None]


def ask_all(scene: Scene, rounds: Iterable[Iterable[Ask]], then: Then) -> None:
    """Ask what is in a round as many at once as a browser's tabs would, and do something with the answers before the next."""
    finished(_ask_all(scene, rounds, then))


async def _ask_all(scene: Scene, rounds: Iterable[Iterable[Ask]], then: Then) -> None:
    gate = asyncio.Semaphore(AT_ONCE)
    headers = {who: scene.person(who).headers for who in EVERYBODY}

    async def one(client: httpx.AsyncClient, ask: Ask) -> Answer:
        async with gate:
            response = await client.request(
                ask.method,
                ask.path,
                content=ask.body,
                headers={"Content-Type": "application/json", **headers[ask.who], **ask.headers},
            )
        return Answer(ask, response.status_code, response.text, response.headers)

    async with httpx.AsyncClient(
        base_url=scene.site.api, transport=AiohttpTransport(), timeout=60, trust_env=False
    ) as client:
        for asks in rounds:
            then(await asyncio.gather(*(one(client, ask) for ask in asks)))


def improper(scene: Scene, answers: Iterable[Answer]) -> Iterator[Finding]:
    """Accidents, and what is told of our inside."""
    for answer in answers:
        if answer.status >= 500:
            yield answer.finding(f"{answer.ask.what}: answered {answer.status} {answer.text[:200]}")
        told = answer.text
        if any(secret in told for secret in scene.secrets):
            yield answer.finding(f"{answer.ask.what}: told a secret of ours")
        if (found := SQL.search(told)) and found[0] not in answer.ask.sent:
            yield answer.finding(f"{answer.ask.what}: told our SQL or code")
