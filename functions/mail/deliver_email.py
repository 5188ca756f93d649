"""deliver_email: every minute, the e-mails that are due go to the mail server, each once.

One e-mail at a time: the server agrees to take one, the outbox lends one, it is handed over, and the server's
answer is written down before the next. So whoever kills this process interrupts one e-mail at most; that one is
lent to somebody else when its lease runs out. A server that is away costs no e-mail a try. A backlog goes over several
connections, and is lent by the ten; what was lent and not tried is given back.

Each e-mail is settled by itself. Whatever is wrong with one (its address, a name, a date, what its template needs, what
the server does over it) is written down as its reason, and the next one goes.
"""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from core import jobs, json_text, logs
from core.database import database
from core.http import Problem
from core.models import Model
from core.settings import settings
from starlette.requests import Request
from starlette.responses import Response

from mail.emails import Email, compose
from mail.server import MailServer, NoAddress, NotTaken, Unwell
from mail.wording import one_line

LEASE_SECONDS = 300
HAND_OVER_SECONDS = 120
"""Well within the lease: while we may still be handing an e-mail over, nobody else is lent it."""
_DROPS_IN_A_ROW = 5
"""A server that hangs up on us so often running is left alone until the next run; fewer, and it was the e-mails."""

_MANY, _HELPERS, _AT_ONCE = 20, 3, 10
"""After so many e-mails there is a backlog: more connections help with it, and so many e-mails are lent at once."""


class Lent(Model):
    """What it takes to settle an e-mail, whatever the rest of it is."""

    email_id: str
    lease_id: str
    kind: str

    @property
    def lease(self) -> dict[str, str]:
        return {"email_id": self.email_id, "lease_id": self.lease_id}


async def answer(request: Request) -> Response:
    """→ `{as_of, sent, postponed, given_up, failed, mail_server}`.

    `postponed` e-mails are tried again later, `given_up` ones were tried 8 times; `failed` counts what an operator
    has to look at, and `mail_server` is `ok` or what is the matter with it.
    """
    return await jobs.run(request, "deliver_email", deliver)


async def deliver(as_of: datetime | None) -> dict[str, Any]:
    """Hand over whatever is due, until nothing is, or the time is up, or the server is not well."""
    run = _Run(as_of)
    await run.send()
    if run.trouble != "ok":
        logs.error("the mail server is not well", said=run.trouble)
    outcomes = run.outcomes
    return {
        "sent": outcomes["sent"],
        "postponed": outcomes["queued"],
        "given_up": outcomes["failed"],
        "failed": outcomes["unwritten"] + outcomes["lost_lease"] + (run.trouble != "ok"),
        "mail_server": run.trouble,
    }


class _Run:
    """One run: what became of its e-mails, and how the server is."""

    def __init__(self, as_of: datetime | None) -> None:
        self.as_of = as_of
        self.outcomes: Counter[str] = Counter()
        self.trouble = "ok"
        self._drops = 0
        self._until = time.monotonic() + settings().mail_seconds

    async def send(self, *, is_helper: bool = False) -> None:
        """Send one e-mail after another over one connection; when there are many, call for help."""
        helpers: list[asyncio.Task[None]] = []
        waiting: list[dict[str, Any]] = []
        server: MailServer | None = None
        try:
            while time.monotonic() < self._until and self._drops < _DROPS_IN_A_ROW:
                if server is None:
                    if not is_helper and not await _is_anything_due(self.as_of):
                        break
                    server = MailServer(settings())
                await server.get_ready()
                is_backlog = self.outcomes.total() >= _MANY
                waiting = waiting or await _claim(self.as_of, _AT_ONCE if is_backlog else 1)
                if not waiting:
                    break
                await self._send_one(waiting.pop(0), server)
                if is_backlog and not is_helper and not helpers:
                    helpers = [asyncio.create_task(self.send(is_helper=True)) for _ in range(_HELPERS)]
            await asyncio.gather(*helpers)
        except Unwell as failure:
            if not is_helper:  # a server that takes fewer connections is well
                self.trouble = str(failure)
            await asyncio.gather(*helpers)
        finally:
            for helper in helpers:
                helper.cancel()
            for claimed in waiting:
                await database().call("settle_email", as_of=self.as_of, **_lent(claimed).lease)
            if server:
                await server.close()

    async def _send_one(self, claimed: dict[str, Any], server: MailServer) -> None:
        lent = _lent(claimed)
        try:
            self.outcomes[await _send(claimed, lent, server, self.as_of)] += 1
            self._drops = 0
        except Unwell as failure:
            self.trouble = str(failure)
            self._drops += 1
            self.outcomes[await _settle(lent, self.as_of, str(failure))] += 1


async def _is_anything_due(as_of: datetime | None) -> bool:
    """Whether the mail server is needed at all: there are e-mails to send, or to be written yet."""
    now = json_text.moment(as_of or datetime.now(UTC))
    to_send = database().table("email_outbox").select("id").eq("status", "queued").lte("next_attempt_at", now)
    to_write = (
        database().table("notifications").select("id").eq("is_to_be_mailed", True).lte("created_at", now)
    )
    return bool(await database().rows(to_send.limit(1)) or await database().rows(to_write.limit(1)))


async def _claim(as_of: datetime | None, at_most: int) -> list[dict[str, Any]]:
    """E-mails that are ours for the length of the lease; none when no more is due."""
    claimed: list[dict[str, Any]] = await database().call(
        "claim_emails", as_of=as_of, max_items=at_most, lease_seconds=LEASE_SECONDS
    )
    return claimed


def _lent(claimed: dict[str, Any]) -> Lent:
    return Lent.model_validate({name: claimed.get(name) for name in Lent.model_fields})


async def _send(claimed: dict[str, Any], lent: Lent, server: MailServer, as_of: datetime | None) -> str:
    """What became of the e-mail: `sent`, `queued` to be tried again, `failed` for good, `lost_lease`, `gone` with its
    reader, or `unwritten` when it could not even be written. Raises Unwell when the server went away over it.
    """
    try:
        email = Email.model_validate(claimed)
        message = compose(email, settings(), as_of)
    except NotTaken as no:
        return await _settle(lent, as_of, str(no), is_final=True)
    except Exception as failure:  # whatever is in it, it is this e-mail's own
        # Ours to mend, within the three hours that its tries take.
        logs.error("an e-mail cannot be written", email_id=lent.email_id, kind=lent.kind)
        await _settle(lent, as_of, f"cannot be written: {type(failure).__name__}")
        return "unwritten"
    try:
        async with asyncio.timeout(HAND_OVER_SECONDS):
            await server.hand_over(email.to_address, message)
    except NotTaken as no:
        logs.warning("an e-mail was not taken", email_id=lent.email_id, kind=lent.kind, said=str(no))
        return await _settle(lent, as_of, str(no), is_final=isinstance(no, NoAddress))
    except TimeoutError:
        await server.close()
        raise Unwell("no answer in time") from None
    return await _settle(lent, as_of, None)


async def _settle(lent: Lent, as_of: datetime | None, error: str | None, *, is_final: bool = False) -> str:
    """Write down how it went. Tried more than once: an e-mail whose sending is not known is sent again."""
    for pause in (0.2, 1, 5, None):
        try:
            outcome: str = await database().call(
                "settle_email",
                **lent.lease,
                is_sent=error is None,
                error=error and one_line(error),
                as_of=as_of,
                is_final=is_final,
            )
            break
        except Problem:
            if pause is None:
                raise
            await asyncio.sleep(pause)
    if outcome == "lost_lease":
        logs.error("an e-mail was lent to somebody else meanwhile", email_id=lent.email_id)
    return outcome
