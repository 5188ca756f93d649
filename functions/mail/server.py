"""The mail server, over SMTP: one connection, and after each e-mail a plain yes or no.

    nothing raised    the server has the e-mail, and answers for it from now on
    NotTaken          it refused this e-mail, and says why; the next one may fare better
    Unwell            it is away, refuses us, or went away half-way: nobody knows what became of the e-mail

A server that dies after it took an e-mail and before it said so leaves us not knowing. The e-mail is sent
again then, under the same Message-ID, by which mailboxes know an e-mail they have already.
"""

import asyncio
import re

import idna
from aiosmtplib import SMTP, SMTPException, SMTPResponseException
from core.logs import impersonal
from core.settings import Settings

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
"""Of an address that every server takes. Source: https://www.rfc-editor.org/rfc/rfc5322#section-3.4.1 (dot-atom)."""
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_SERVICE_CLOSING = 421
_TLS_FROM_THE_START = 465


class Unwell(Exception):
    """The server does not do its work just now. It is not the e-mail's fault."""


class NotTaken(Exception):
    """The server refused this e-mail."""


class NoAddress(NotTaken):
    """There is no such address to send to, however often it is tried."""


class MailServer:
    """A connection that is made when it is needed, and kept until `close`."""

    def __init__(self, settings: Settings) -> None:
        if not settings.smtp_host or not settings.mail_from:
            raise Unwell("SMTP_HOST and MAIL_FROM are not set")
        self._sender = address_of(settings.mail_from)
        # Not the name of this machine: looking that up may take longer than the e-mail.
        self._smtp = SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
            local_hostname=self._sender.rpartition("@")[2],
            timeout=settings.smtp_seconds,
            use_tls=settings.smtp_port == _TLS_FROM_THE_START,
            start_tls=settings.smtp_port != _TLS_FROM_THE_START and settings.smtp_starttls == "required",
        )
        self._is_ready = False

    @property
    def is_connected(self) -> bool:
        return self._smtp.is_connected

    async def get_ready(self) -> None:
        """Bring the server to say that it takes an e-mail from us. Raises Unwell.

        To be asked before an e-mail is taken from the outbox: while the server is away no e-mail loses a try.
        """
        if self._is_ready and self.is_connected:
            return
        try:
            if not self.is_connected:
                await self._smtp.connect()
            await self._smtp.mail(self._sender)
        except (SMTPException, OSError, TimeoutError) as failure:
            raise self._unwell(failure) from None
        self._is_ready = True

    async def hand_over(self, to_address: str, email: bytes) -> None:
        """Hand over an e-mail to one address. `get_ready` was called. Raises NotTaken or Unwell."""
        address = ascii_address(to_address)
        self._is_ready = False
        try:
            await self._smtp.rcpt(address)
            await self._smtp.data(email)
        except SMTPResponseException as no:
            if no.code == _SERVICE_CLOSING:
                raise self._unwell(no) from None
            await self._start_afresh()
            raise NotTaken(_said(no)) from None
        except (SMTPException, OSError, TimeoutError) as failure:
            raise self._unwell(failure) from None
        except Exception as failure:
            # Neither the server nor the network: something in this e-mail that nobody thought of.
            self._smtp.close()
            raise NotTaken(f"cannot be handed over: {type(failure).__name__}") from failure

    async def close(self) -> None:
        """Say goodbye, if the server is still there to hear it."""
        try:
            if self.is_connected:
                async with asyncio.timeout(5):
                    await self._smtp.quit()
        except (SMTPException, OSError, TimeoutError):
            pass
        finally:
            self._smtp.close()

    async def _start_afresh(self) -> None:
        """Forget the envelope that was begun; a server that cannot even do that is left."""
        try:
            await self._smtp.rset()
        except (SMTPException, OSError, TimeoutError):
            self._smtp.close()

    def _unwell(self, failure: Exception) -> Unwell:
        self._is_ready = False
        self._smtp.close()
        return Unwell(_said(failure))


def address_of(sender: str) -> str:
    """The bare address of `Name <address>`."""
    return sender.rpartition("<")[2].rstrip("> ")


def ascii_address(address: str) -> str:
    """The address as plain SMTP takes it: a domain in another script is written in ASCII. Raises NoAddress."""
    name, _, domain = address.rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise NoAddress("not an address") from None
    if not (_LOCAL_PART.fullmatch(name) and _DOMAIN.fullmatch(domain)) or len(name) > 64 or len(domain) > 253:
        raise NoAddress("not an address")
    return f"{name}@{domain}"


def _said(failure: Exception) -> str:
    """What went wrong, on one line, without anybody's address."""
    if isinstance(failure, SMTPResponseException):
        return impersonal(" ".join(f"{failure.code} {failure.message}".split()))
    return type(failure).__name__
