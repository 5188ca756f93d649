"""A mail server for the tests, that can be shut, hold e-mails back, refuse people and die over an e-mail."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from stack.ports import free_port

from kit.customer import Customer
from kit.env import Env
from kit.waiting import PATIENCE


@dataclass
class PostOffice:
    """Takes e-mails on 127.0.0.1:`port` while it is open. What it does wrong, it does to one address."""

    port: int = field(default_factory=free_port)
    messages: list[EmailMessage] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    """Address → what its RCPT is answered."""
    dies_over: str | None = None
    """The address over whose e-mail it dies, before it has the e-mail."""
    holds: str | None = None
    """The address whose e-mail it takes, and says nothing until `let_go`."""
    tls: ssl.SSLContext | None = None
    """With it, it speaks to nobody without STARTTLS, and to nobody who does not sign in."""
    connections: int = 0
    held: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    _controller: Controller | None = None

    def open(self) -> None:
        secured: dict[str, Any] = {
            "tls_context": self.tls,
            "require_starttls": True,
            "auth_required": True,
            "authenticator": _knows,
        }
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, **(secured if self.tls else {})
        )
        self._controller.start()

    def shut(self) -> None:
        self.let_go.set()
        if self._controller:
            self._controller.stop()
        self._controller = None

    def received(self, address: str) -> list[EmailMessage]:
        """The e-mails to this address, in the order they came."""
        return [message for message in self.messages if message["X-Recipient"] == address]

    def counted(self) -> Counter[str]:
        """How many e-mails each address got."""
        return Counter(message["X-Recipient"] for message in self.messages)

    # what aiosmtpd calls

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        if address == self.dies_over:
            assert self._controller
            assert self._controller.server
            self._controller.server.close()
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
            return "451 dead"
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        message["X-Recipient"] = address
        self.messages.append(message)
        if address == self.holds:
            self.held.set()
            await asyncio.get_running_loop().run_in_executor(None, self.let_go.wait, PATIENCE)
        return "250 taken"


@dataclass
class Mail:
    """The environment's mail: where it arrives, and the functions that bring it there."""

    env: Env
    office: PostOffice
    functions: str

    def deliver(self, minutes_later: float = 0, functions: str | None = None) -> dict[str, Any]:
        """The scheduler comes by, so many minutes from now. Answers the job's summary."""
        as_of = self.env.moment(minutes=minutes_later).isoformat()
        return self.env.job("deliver_email", functions or self.functions, as_of=as_of)

    def outbox(self, address: str) -> list[dict[str, Any]]:
        return self.env.rows(
            "select * from public.email_outbox where to_address = %s order by created_at, id", address
        )

    def tell(self, customer: Customer, level: str = "B") -> None:
        """Everybody in the organization is sent an e-mail that it holds a level now."""
        self.env.service.rpc(
            "grant_status_level",
            organization_id=customer.organization_id,
            level=level,
            valid_until=self.env.moment(days=200).isoformat(),
        )


def _knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
    is_right = given == LoginPassword(b"chestno", b"the right password")
    return AuthResult(success=is_right, handled=is_right)


def smtp_settings(office: PostOffice) -> dict[str, str]:
    return {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(office.port),
        "SMTP_STARTTLS": "off",
        "SMTP_SECONDS": "10",
        "MAIL_FROM": "Честно <no-reply@chestno.example>",
    }


@contextmanager
def opened(env: Env) -> Iterator[tuple[PostOffice, str]]:
    """A port for post offices, and functions that send there."""
    office = PostOffice()
    with env.more_functions(**smtp_settings(office)) as (functions, _):
        yield office, functions


def body_of(message: EmailMessage, kind: str) -> str:
    """The e-mail's text: kind is plain or html."""
    part = message.get_body((kind,))
    assert part
    return str(part.get_content())
