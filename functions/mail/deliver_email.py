"""deliver_email: every minute, the letters that are due go to the mail server, each once.

One letter at a time: the server agrees to take one, the outbox lends one, it is handed over, and the server's
answer is written down before the next. So whoever kills this process interrupts one letter at most; that one is
lent to somebody else when its lease runs out. A server that is away costs no letter a try.
"""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from core import jobs, json_text, logs
from core.database import database
from core.http import Problem
from core.settings import settings
from jinja2 import TemplateError
from starlette.requests import Request
from starlette.responses import Response

from mail.emails import Letter, compose
from mail.server import MailServer, NotTaken, Unwell

LEASE_SECONDS = 300
HAND_OVER_SECONDS = 120
"""Well within the lease: while we may still be handing a letter over, nobody else is lent it."""
_DROPS_IN_A_ROW = 2
"""A server that hangs up on us twice running is left alone until the next run."""


async def answer(request: Request) -> Response:
    """→ `{as_of, sent, postponed, given_up, failed, mail_server}`.

    `postponed` letters are tried again later, `given_up` ones were tried 8 times; `failed` counts what an operator
    has to look at, and `mail_server` is `ok` or what is the matter with it.
    """
    return await jobs.run(request, "deliver_email", deliver)


async def deliver(as_of: datetime | None) -> dict[str, Any]:
    """Hand over whatever is due, until nothing is, or the time is up, or the server is not well."""
    outcomes: Counter[str] = Counter()
    trouble, drops = "ok", 0
    until = time.monotonic() + settings().mail_seconds
    server: MailServer | None = None
    try:
        while time.monotonic() < until and drops < _DROPS_IN_A_ROW:
            if server is None:
                if not await _is_anything_due(as_of):
                    break
                server = MailServer(settings())
            await server.get_ready()
            letter = await _claim(as_of)
            if letter is None:
                break
            try:
                outcomes[await _send(letter, server, as_of)] += 1
                drops = 0
            except Unwell as failure:
                trouble, drops = str(failure), drops + 1
                outcomes[await _settle(letter, as_of, str(failure))] += 1
    except Unwell as failure:
        trouble = str(failure)
    finally:
        if server:
            await server.close()
    if trouble != "ok":
        logs.error("the mail server is not well", said=trouble)
    return {
        "sent": outcomes["sent"],
        "postponed": outcomes["queued"],
        "given_up": outcomes["failed"],
        "failed": outcomes["unwritten"] + outcomes["lost_lease"] + (trouble != "ok"),
        "mail_server": trouble,
    }


async def _is_anything_due(as_of: datetime | None) -> bool:
    """Whether the mail server is needed at all: there are letters to send, or to be written yet."""
    now = json_text.moment(as_of or datetime.now(UTC))
    to_send = database().table("email_outbox").select("id").eq("status", "queued").lte("next_attempt_at", now)
    to_write = (
        database().table("notifications").select("id").eq("is_to_be_mailed", True).lte("created_at", now)
    )
    return bool(await database().rows(to_send.limit(1)) or await database().rows(to_write.limit(1)))


async def _claim(as_of: datetime | None) -> Letter | None:
    """One letter, ours for the length of the lease; None when no more is due."""
    lent = await database().call("claim_emails", as_of=as_of, max_items=1, lease_seconds=LEASE_SECONDS)
    return Letter.model_validate(lent[0]) if lent else None


async def _send(letter: Letter, server: MailServer, as_of: datetime | None) -> str:
    """What became of the letter: `sent`, `queued` to be tried again, `failed` for good, `lost_lease`, or
    `unwritten` when it could not even be written. Raises Unwell when the server went away over it.
    """
    try:
        message = compose(letter, settings())
    except (TemplateError, KeyError, ValueError, TypeError) as failure:
        # Ours to mend, within the three hours that its tries take.
        logs.error("a letter cannot be written", email_id=letter.email_id, kind=letter.kind)
        await _settle(letter, as_of, f"cannot be written: {type(failure).__name__}")
        return "unwritten"
    except NotTaken as no:
        return await _settle(letter, as_of, str(no))
    try:
        async with asyncio.timeout(HAND_OVER_SECONDS):
            await server.hand_over(letter.to_address, message)
    except NotTaken as no:
        logs.warning("a letter was not taken", email_id=letter.email_id, kind=letter.kind, said=str(no))
        return await _settle(letter, as_of, str(no))
    except TimeoutError:
        await server.close()
        raise Unwell("no answer in time") from None
    return await _settle(letter, as_of, None)


async def _settle(letter: Letter, as_of: datetime | None, error: str | None) -> str:
    """Write down how it went. Tried more than once: a letter whose sending is not known is sent again."""
    for pause in (0.2, 1, 5, None):
        try:
            outcome: str = await database().call(
                "settle_email",
                email_id=letter.email_id,
                lease_id=letter.lease_id,
                is_sent=error is None,
                error=error,
                as_of=as_of,
            )
            break
        except Problem:
            if pause is None:
                raise
            await asyncio.sleep(pause)
    if outcome == "lost_lease":
        logs.error("a letter was lent to somebody else meanwhile", email_id=letter.email_id)
    return outcome
