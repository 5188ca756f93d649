"""unsubscribe: out of one kind of e-mails, without signing in. The link in the e-mail is the right to do so.

A program that looks at links (many mailboxes have one) must not unsubscribe anybody, so looking at the page
changes nothing: it has one button. The mailbox's own button posts here directly.
Source: https://www.rfc-editor.org/rfc/rfc8058
"""

import secrets
from uuid import UUID

from core.database import database
from core.http import Problem, read_body
from core.settings import settings
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mail.emails import about, page
from mail.wording import Language, language_of

_POLICY = "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


async def answer(request: Request) -> Response:
    """`GET /<token>` → a page that asks; `POST /<token>` → done, however often; 404 with a page when there is no
    such e-mail (any more).
    """
    language = language_of(request.query_params.get("language", "ru"))
    try:
        token = str(UUID(request.path_params.get("path", "")))
    except ValueError:
        return _page("gone", language)
    if request.method == "POST":
        await read_body(request)  # "List-Unsubscribe=One-Click" from a mailbox, nothing from our button
        try:
            done = await database().call("unsubscribe", token=token)
        except Problem as problem:
            if problem.status != 404:
                raise
            return _page("gone", language)
        return _page("done", language, done["kind"])
    emails = await database().rows(
        database().table("email_outbox").select("kind").eq("unsubscribe_token", token)
    )
    return _page("ask", language, emails[0]["kind"]) if emails else _page("gone", language)


def _page(step: str, language: Language, kind: str | None = None) -> Response:
    nonce = secrets.token_urlsafe(16)
    return HTMLResponse(
        page(
            "unsubscribe.html.jinja",
            language,
            step=step,
            about=about(kind, language) if kind else None,
            site_url=settings().site_url,
            nonce=nonce,
        ),
        404 if step == "gone" else 200,
        {"Content-Security-Policy": _POLICY.format(nonce=nonce), "X-Robots-Tag": "noindex"},
    )
