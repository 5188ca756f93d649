"""page/<path>: the site's public page of that path as HTML that needs no JavaScript; robots.txt, the sitemap, previews.

The server in front of the web sends such addresses here, and answers with the web's own page while we do not
(docs/operations.md). Nothing is counted: neither a scan nor a view.
"""

import asyncio
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from core.settings import settings
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from mail import wording
from mail.wording import Language
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from trust import passport

from pages import contents, preview, saying, shell, sitemap
from pages.contents import Page

_FOR_A_WHILE = "public, max-age=20"
"""Kept so long by a server in front and again by a browser, a level that was lost is seen within a minute."""


async def answer(request: Request) -> Response:
    """`GET /<path>?lang=` → the page; 404 with a page where there is none. `Cache-Control` and a strong ETag; 304.

    `/robots.txt`; `/sitemap.xml`, the index of `/sitemap/pages.xml`, `/sitemap/organizations.xml?after=<id>` and
    `/sitemap/stories.xml?after=<id>`; `/preview.png`, `/preview/<slug>.png`: 1200 × 630.
    """
    path = f"/{request.path_params.get('path', '')}"
    language = saying.language_of(request)
    if asked := await _for_programs(path, request, language):
        body, content_type = asked
        return _answer(request, body, content_type, 200, {})
    page = await contents.page_at(path, request.query_params, language)
    html = await drawn(page, language)
    return _answer(request, html, "text/html; charset=utf-8", page.status, {"Content-Language": language})


async def _for_programs(path: str, request: Request, language: Language) -> tuple[bytes, str] | None:
    """What programs ask for by name, and its content type."""
    match path.strip("/").split("/"):
        case ["robots.txt"]:
            return sitemap.robots().encode(), "text/plain; charset=utf-8"
        case ["sitemap.xml"]:
            return (await sitemap.index()).encode(), "application/xml"
        case ["sitemap", "pages.xml"]:
            return sitemap.own_pages().encode(), "application/xml"
        case ["sitemap", "organizations.xml" | "stories.xml" as name]:
            of_kind = sitemap.stories if name == "stories.xml" else sitemap.organizations
            part = await of_kind(request.query_params.get("after", ""))
            return (part.encode(), "application/xml") if part else None
        case ["preview.png"]:
            return await asyncio.to_thread(preview.png, preview.of_chestno(language)), "image/png"
        case ["preview", name] if name.endswith(".png"):
            found = await contents.organization_at(name.removesuffix(".png"))
            if found:
                shown = preview.of_organization(found, contents.shown(found), language)
                return await asyncio.to_thread(preview.png, shown), "image/png"
    return None


def _answer(
    request: Request, body: bytes, content_type: str, status: int, headers: dict[str, str]
) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": _FOR_A_WHILE, "Vary": "Accept-Language", **headers}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if status == 200 and etag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, content_type)


_MOST_KEPT = 256
_kept: dict[bytes, bytes] = {}
"""Documents by what they were drawn of: the database is asked each time; what it answers as before is not drawn again."""


async def drawn(page: Page, language: Language) -> bytes:
    """The whole document."""
    built = await shell.built()
    drawn_of = hashlib.sha256(f"{language} {page!r} {built}".encode()).digest()
    document = _kept.get(drawn_of)
    if document is None:
        document = _kept[drawn_of] = _draw(page, language, built).encode()
        if len(_kept) > _MOST_KEPT:
            del _kept[next(iter(_kept))]
    return document


def _draw(page: Page, language: Language, built: str) -> str:
    site = settings().site_url
    environment = _environment(language)
    mark = "&" if "?" in page.path else "?"
    given = {
        "page": page,
        "site": site,
        "canonical": site + page.path,
        "in_language": {each: f"{site}{page.path}{mark}{urlencode({'lang': each})}" for each in ("ru", "en")},
        **page.values,
    }
    head = environment.get_template("head.jinja").render(given)
    content = environment.get_template(f"{page.template}.jinja").render(given)
    after = environment.get_template("answers.jinja").render(given) if page.answers else ""
    return shell.whole(built, language, head, content, after)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def filled(phrase: str, **values: object) -> str:
        return saying.filled(phrase, language, **values)

    def reason(event: dict[str, Any]) -> str | None:
        """As web/src/status/StatusTimeline.tsx: our own code in words, an admin's sentence as it was written."""
        said = event["reason"]
        if not said or event["action"] in ("superseded", "grace_started", "grace_ended"):
            return None
        known: str | None = saying.words(language)["status"]["reason"].get(said)
        return known or (
            None if said.replace("_", "").isascii() and said.replace("_", "").islower() else said
        )

    def lang_of(written: str) -> Markup:
        """As web/src/i18n/langOf.ts: the `lang` of what people wrote; what is ours needs none."""
        is_other = language != "ru" and re.search(r"[\u0400-\u04ff]", written)
        return Markup(' lang="ru"' if is_other else "")  # noqa: S704 - ours

    environment.globals |= {
        "t": saying.words(language),
        "language": language,
        "seal_shapes": lambda *face: Markup(passport.seal_shapes(*face)),  # noqa: S704 - out of a file of ours
        "mark_shapes": Markup(passport.mark_shapes()),  # noqa: S704 - as above
        "seal_words": lambda one: passport.seal_words(one, language),
        "verdict": lambda sentences: contents.verdict(sentences, language),
        "logo": contents.logo,
        "is_address": contents.is_address,
        "lang_of": lang_of,
        "zip": zip,
        "reason": reason,
    }
    environment.filters |= {
        "filled": filled,
        "date": lambda moment: saying.date(moment, language),
        "day": lambda day: saying.date(f"{day}T12:00:00+00:00", language),
        "phone": lambda number: re.sub(r"[^+\d]", "", number),
        "money": lambda amount, currency: wording.money(str(amount), language, currency),
        "counted": lambda forms, number, **values: saying.counted(forms, number, language, **values),
    }
    return environment
