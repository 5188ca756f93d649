"""Takes every mail the stack sends and shows it on a page; nothing goes out.

Run by the stack as `python -m stack.mail_sink --smtp-port P --port P --data DIR`. Mails are files in DIR.

    GET /                          the page
    GET /api/messages?to=address   latest first; `to` is optional:
                                   [{id, received_at, from, to: [address], subject, text, html, links: [url]}]
    GET /api/messages/<id>         one of them
    GET /api/messages/<id>/source  as it was received
    DELETE /api/messages           forget all
"""

from __future__ import annotations

import argparse
import base64
import email
import email.policy
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

PAGE = Path(__file__).with_name("mail_page.html")
# A mail's HTML is somebody else's: it is shown in a sandboxed frame, and nothing is loaded from elsewhere.
POLICY = (
    "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Mailbox:
    """Mails as files `<time>-<number>.eml` in a folder; the name without its ending is the mail's id."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.names: dict[str, list[str]] = {}  # by recipient, oldest first: thousands are read by nobody
        for path in sorted(folder.glob("*.eml")):
            with path.open("rb") as file:
                self.remember(path.stem, recipients(file.readline().decode()))

    def remember(self, name: str, addresses: list[str]) -> None:
        for address in addresses:
            self.names.setdefault(address.lower(), []).append(name)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """What aiosmtpd calls for each mail. It is on disk when the sender hears that it was accepted."""
        content = envelope.content
        body = content.encode() if isinstance(content, str) else content or b""
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{time.monotonic_ns() % 1000:03d}"
        unfinished = self.folder / f"{name}.new"
        unfinished.write_bytes(f"X-Recipients: {', '.join(envelope.rcpt_tos)}\r\n".encode() + body)
        unfinished.rename(self.folder / f"{name}.eml")
        self.remember(name, envelope.rcpt_tos)
        return "250 Message accepted for delivery"

    def all(self, to: str | None = None) -> list[dict[str, Any]]:
        names = self.names.get(to.lower(), []) if to else [path.stem for path in self.folder.glob("*.eml")]
        return [self.read(name) for name in sorted(names, reverse=True)]

    def read(self, name: str) -> dict[str, Any]:
        """One mail in the shape of the module's docstring. Raises FileNotFoundError."""
        mail = email.message_from_bytes(self.source(name).read_bytes(), policy=email.policy.default)
        assert isinstance(mail, EmailMessage)  # noqa: S101 - what this policy makes
        text, html = (body_of(mail, kind) for kind in ("plain", "html"))
        return {
            "id": name,
            "received_at": datetime.strptime(name[:21], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC).isoformat(),
            "from": str(mail["from"] or ""),
            "to": recipients(f"X-Recipients: {mail['x-recipients'] or ''}"),
            "subject": str(mail["subject"] or ""),
            "text": text,
            "html": html and with_pictures(html, mail),
            "links": list(dict.fromkeys(re.findall(r"https?://[^\s\"'<>]+", text or html or ""))),
        }

    def source(self, name: str) -> Path:
        path = self.folder / f"{name}.eml"
        if not re.fullmatch(r"[0-9T-]+", name) or not path.is_file():
            raise FileNotFoundError(name)
        return path

    def clear(self) -> None:
        for path in self.folder.glob("*.eml"):
            path.unlink(missing_ok=True)
        self.names.clear()


def recipients(line: str) -> list[str]:
    """The addresses of the first line of a mail's file."""
    return line.partition(": ")[2].strip().split(", ")


def body_of(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else None


def with_pictures(html: str, mail: EmailMessage) -> str:
    """The HTML with the pictures that came along in the mail, which it names by their Content-ID."""
    for part in mail.walk():
        if name := str(part.get("content-id", "")).strip("<> "):
            content = base64.b64encode(part.get_content()).decode()  # a picture's: bytes
            html = html.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{content}")
    return html


def make_app(mailbox: Mailbox, smtp_port: int) -> Starlette:
    """The page and its API; takes mail on 127.0.0.1:`smtp_port` while it runs."""

    async def page(_: Request) -> Response:
        return FileResponse(PAGE, headers={"content-security-policy": POLICY})

    async def messages(request: Request) -> Response:
        if request.method == "DELETE":
            mailbox.clear()
            return Response(status_code=204)
        return JSONResponse(mailbox.all(request.query_params.get("to")))

    async def message(request: Request) -> Response:
        try:
            return JSONResponse(mailbox.read(request.path_params["id"]))
        except FileNotFoundError:
            raise HTTPException(404) from None

    async def source(request: Request) -> Response:
        try:
            path = mailbox.source(request.path_params["id"])
        except FileNotFoundError:
            raise HTTPException(404) from None
        return PlainTextResponse(path.read_bytes())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        smtp = Controller(mailbox, hostname="127.0.0.1", port=smtp_port)
        smtp.start()
        yield
        smtp.stop()

    return Starlette(
        routes=[
            Route("/", page),
            Route("/api/messages", messages, methods=["GET", "DELETE"]),
            Route("/api/messages/{id}", message),
            Route("/api/messages/{id}/source", source),
        ],
        lifespan=lifespan,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Takes mail and shows it.")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    app = make_app(Mailbox(options.data), options.smtp_port)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
