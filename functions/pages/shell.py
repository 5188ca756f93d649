"""The page that the web's build made, with a head and content put into it. The app starts from it as it always does."""

import asyncio
import re
import time
from functools import cache

import httpx
from core import logs
from core.http import Problem
from core.http_client import new_client
from core.settings import settings
from mail.wording import Language

_KEEP_SECONDS = 10
"""A new release of the web is seen after so long."""
_FETCH_SECONDS = 2

_PLACES = {
    "language": re.compile(r'(?<=<html lang=")\w+(?=")'),
    "head": re.compile(r'<meta\s+name="description".*?/?>\s*<title>.*?</title>', re.DOTALL),
    "content": re.compile(r'(?<=<div id="root">)(?=</div>)'),
    "after": re.compile(r"<noscript>.*?</noscript>", re.DOTALL),
}

_LATER = re.compile(r' *<link rel="(modulepreload|preload" href="/config\.json)"[^>]*>\n')
"""What the app needs and the reader does not: /start.js asks for it after the first paint."""

_START = ('<script async fetchpriority="high" src="/start.js">', '<script defer src="/start.js">')
"""In the app's own page it comes first; here it waits for the styles, with which the page is painted."""


@cache
def _client() -> httpx.AsyncClient:
    return new_client(4)


_kept: dict[str, tuple[float, str]] = {}


def whole(built: str, language: Language, head: str, content: str, after: str) -> str:
    """The whole document. `after` stands behind the content, instead of the words for whom JavaScript is missing.

    Raises Problem 503 when what was built has not our places.
    """
    page = _LATER.sub("", built).replace(*_START)
    given = {"language": language, "head": head, "content": content, "after": after}
    for name, place in _PLACES.items():
        page, count = place.subn(lambda _, text=given[name]: text, page, count=1)  # type: ignore[misc] # mypy takes the default for a second argument
        if count != 1:
            logs.error("the built page has no such place", place=name)
            raise Problem(503, "unavailable", "The site's page is not as expected.")
    return page


async def built() -> str:
    """The page that the web's build made. Raises Problem 503 when the site does not give it."""
    site = settings().site_url
    at, page = _kept.get(site, (0.0, ""))
    if page and time.monotonic() - at < _KEEP_SECONDS:
        return page
    try:
        async with asyncio.timeout(_FETCH_SECONDS):
            answer = await _client().get(f"{site}/index.html")
            answer.raise_for_status()
    except (httpx.HTTPError, TimeoutError) as failure:
        logs.error("the site's page cannot be fetched", failure=type(failure).__name__)
        raise Problem(503, "unavailable", "The site's page is not there.") from None
    _kept[site] = time.monotonic(), answer.text
    return answer.text
