"""E-mails: from a row of the outbox to a message that can be sent.

A kind of e-mail is two files, `templates/<kind>.ru.jinja` and `<kind>.en.jinja`, made of blocks:

    about     what e-mails of this kind are about, to stand after «Не присылать писем» in the footer
    subject   one line
    body      paragraphs, with empty lines between them
    facts     of e-mails about money: a line each, `What: how much`; shown as a table
    action    the words on the button, and
    path      where on our site it leads; an e-mail may do without both
    why       why the reader gets this e-mail, when it is not that they belong to the organization

The plain text and the HTML are both made of them, so the two never differ. At the head stands the passport of the
organization the e-mail is about, or Chestno's mark. A template knows the e-mail's data, `money` (the card and the next
charge, as they are now), `date`, `date_and_time` and `days_until` of a moment, and the filters of `_environment`; a
name that the database did not write is an error, not an empty place.
"""

import re
from datetime import UTC, datetime
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from core.models import Model
from core.settings import Settings
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from trust import passport as passports
from trust.passport import Passport

from mail import headers, wording
from mail.server import address_of, ascii_address
from mail.wording import Language

TEMPLATES = Path(__file__).with_name("templates")
SEAL_SIZE, MARK_SIZE = 64, 28
"""CSS pixels, as the layout has them."""
_PICTURE = "head@chestno"
"""Content-ID of the picture at the head."""
_LINES = compat32.clone(
    linesep="\r\n"
)  # headers of parts are ours and plain: nothing to be parsed, four times as fast
_READ = {"about", "subject", "body", "facts", "action", "why"}
"""The blocks that somebody reads; `path` is for programs."""
_SEVERAL_LINES = ("answer", "comment")
"""Data in which line ends are the writer's own. Anywhere else they would only forge paragraphs of ours."""


class Email(Model):
    """An e-mail as the outbox lends it."""

    email_id: str
    lease_id: str
    kind: str
    to_address: str
    locale: str
    time_zone: str
    data: dict[str, Any]
    passport: Passport | None = None
    money: dict[str, Any] | None = None
    unsubscribe_token: str | None

    @property
    def language(self) -> Language:
        """The language it is written in."""
        return wording.language_of(self.locale)


class Texts(Model):
    """What an e-mail says."""

    subject: str
    text: str
    html: str


def compose(email: Email, settings: Settings, now: datetime | None = None) -> bytes:
    """The whole message, as it goes over the wire. The same e-mail has the same Message-ID whenever it is sent.

    Raises mail.server's NotTaken when the address is none, and anything at all when the kind, the data or a date in it
    is not what the template needs.
    """
    from_us = settings.mail_from or ""
    texts = write(email, settings, now)
    head = [
        headers.sender("From", from_us),
        headers.plain("To", ascii_address(email.to_address)),
        headers.text("Subject", texts.subject),
        headers.plain("Date", format_datetime(datetime.now(UTC))),
        headers.plain("Message-ID", f"<{email.email_id}@{address_of(from_us).rpartition('@')[2]}>"),
        headers.plain("Content-Language", email.language),
        headers.plain("Auto-Submitted", "auto-generated"),
    ]
    if address := _unsubscribe_url(email, settings):
        # One click in the mailbox itself. Source: https://www.rfc-editor.org/rfc/rfc8058
        head.append(headers.plain("List-Unsubscribe", f"<{address}>"))
        head.append(headers.plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return b"".join(head) + _body(texts, email).as_bytes(policy=_LINES)


def _body(texts: Texts, email: Email) -> MIMEMultipart:
    """The plain text, and the HTML with the picture at its head."""
    picture = MIMEImage(_picture(email), "png")
    picture.add_header("Content-ID", f"<{_PICTURE}>")
    picture.add_header("Content-Disposition", "inline", filename="seal.png" if email.passport else "mark.png")
    rich = MIMEMultipart("related", None, [MIMEText(texts.html, "html", "utf-8"), picture])
    return MIMEMultipart("alternative", None, [MIMEText(texts.text, "plain", "utf-8"), rich])


def _picture(email: Email) -> bytes:
    """What stands at the head: the organization's seal, on paper, for a reader's background may be dark; or our mark."""
    if email.passport:
        return passports.seal_png(email.passport.level, email.passport.state, SEAL_SIZE, is_on_paper=True)
    return passports.mark_png(MARK_SIZE)


def write(email: Email, settings: Settings, now: datetime | None = None) -> Texts:
    """What the e-mail says, in its reader's language and the organization's time zone, to somebody who reads it now."""
    now = now or datetime.now(UTC)
    plain = _written(email, settings, now, as_html=False)
    rich = _written(email, settings, now, as_html=True)
    subject = wording.one_line(plain["subject"])
    return Texts(
        subject=wording.nested_quotes(subject, email.language),
        text=_laid_out("email.txt.jinja", plain, email.language, as_html=False),
        html=_laid_out("email.html.jinja", rich, email.language, as_html=True),
    )


def _laid_out(layout: str, blocks: dict[str, Any], language: Language, *, as_html: bool) -> str:
    """The whole of an e-mail; each paragraph is a line."""
    text = _environment(language, as_html=as_html).get_template(layout).render(blocks)
    return "\n".join(wording.nested_quotes(line, language) for line in text.split("\n"))


def about(kind: str, language: Language) -> str:
    """What e-mails of a kind are about: to stand after «Не присылать писем …»."""
    template = _environment(language, as_html=False).get_template(f"{kind}.{language}.jinja")
    return "".join(template.blocks["about"](template.new_context())).strip()


def page(name: str, language: Language, **values: Any) -> str:
    """An HTML page of a template that has both languages in it."""
    return _environment(language, as_html=True).get_template(name).render(language=language, **values)


def _written(email: Email, settings: Settings, now: datetime, *, as_html: bool) -> dict[str, Any]:
    """The blocks of an e-mail's template, written with its data, and what the layout needs besides."""
    language = email.language
    template = _environment(language, as_html=as_html).get_template(f"{email.kind}.{language}.jinja")
    zone = wording.time_zone_of(email.time_zone)
    context = template.new_context(
        _clean(email.data)
        | {
            "money": _clean(email.money),
            "days_until": partial(wording.days_until, now=now, time_zone=zone),
            "date": partial(wording.date, language=language, time_zone=zone),
            "date_and_time": partial(wording.date_and_time, language=language, time_zone=zone),
        }
    )
    # What a block of the HTML's environment gives is escaped already.
    mark = Markup if as_html else str
    blocks = {name: mark("".join(block(context)).strip()) for name, block in template.blocks.items()}
    blocks |= {name: mark(wording.no_breaks(blocks[name], language)) for name in _READ & blocks.keys()}
    return blocks | {
        "paragraphs": [mark(part) for part in _paragraphs(blocks["body"])],
        "facts": [
            tuple(mark(side) for side in fact.split(": ", 1)) for fact in _lines(blocks.get("facts", ""))
        ],
        "head": _head(email, language, zone),
        "picture": f"cid:{_PICTURE}",
        "url": settings.site_url + blocks["path"] if "path" in blocks else None,
        "site_url": settings.site_url,
        "unsubscribe_url": _unsubscribe_url(email, settings),
        "organization": context.get("organization", ""),
        "language": language,
    }


def _head(email: Email, language: Language, zone: ZoneInfo) -> dict[str, Any] | None:
    """The passport in words; None for an e-mail that is about no organization."""
    passport = email.passport
    if passport is None:
        return None
    return {
        "name": wording.one_line(passport.name),
        "seal": passports.seal_words(passport, language),
        "verdict": [
            wording.no_breaks(wording.one_line(sentence), language)
            for sentence in passports.verdict(passport.verdict, language, zone)
        ],
    }


def _lines(block: str) -> list[str]:
    return [line for part in block.split("\n") if (line := " ".join(part.split(" ")).strip())]


def _unsubscribe_url(email: Email, settings: Settings) -> str | None:
    """Where the reader can leave this kind of e-mails; None for what is always told."""
    if not email.unsubscribe_token:
        return None
    return f"{settings.own_url}/unsubscribe/{email.unsubscribe_token}?language={email.language}"


def _paragraphs(body: str) -> list[str]:
    """The paragraphs of a block: what stands between empty lines, each on one line."""
    parts = re.split(r"\n[ \t]*\n", body)
    return [line for part in parts if (line := re.sub(r"[ \t\n]+", " ", part).strip(" "))]


def _clean(data: Any, name: str = "") -> Any:
    """The same data with every text in it fit to stand in an e-mail."""
    if isinstance(data, dict):
        return {member: _clean(value, member) for member, value in data.items()}
    if not isinstance(data, str):
        return data
    if name in _SEVERAL_LINES:
        return "\n\n".join(line for line in map(wording.one_line, data.splitlines()) if line)
    return wording.one_line(data)


@cache
def _environment(language: Language, *, as_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=as_html,  # noqa: S701 - plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = wording.words(language)

    def word(code: str | None, group: str) -> str | None:
        """The words for a code; for one we have none for, the group's `other`, or nothing."""
        found = words[group].get(code, words[group].get("other"))
        phrase: str | None = found["why"] if isinstance(found, dict) else found
        return phrase

    environment.filters |= {
        "count": wording.count,
        "money": partial(_money, language=language),
        "path_part": partial(quote, safe=""),
        "level_name": partial(word, group="level"),
        "role": partial(word, group="role"),
        "decline": partial(word, group="decline"),
        "loss": partial(word, group="reason"),
        "card": partial(wording.card, language=language),
        "rejection": partial(word, group="rejection"),
        "returned": partial(word, group="returned"),
    }
    return environment


def _money(amount: str, currency: str, language: Language) -> str:
    return wording.money(amount, language, currency)
