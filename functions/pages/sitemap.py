"""What search engines ask for by name: robots.txt and the sitemap, in parts of so many addresses (https://www.sitemaps.org)."""

import asyncio
from collections.abc import Iterable
from urllib.parse import urlencode
from uuid import UUID
from xml.sax.saxutils import escape

from core.settings import settings

from pages.contents import PLATFORM_PAGES, Answer, call

_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_OURS = ("/", "/levels", "/organizations", "/reports", *(f"/{name}" for name in PLATFORM_PAGES))
_FOR_NOBODY = ("/account", "/admin", "/confirm", "/dashboard", "/invitations/", "/reset-password")


def robots() -> str:
    """robots.txt: what is for people who signed in is of no use to anybody else."""
    shut = "".join(f"Disallow: {path}\n" for path in _FOR_NOBODY)
    return f"User-agent: *\n{shut}\nSitemap: {settings().site_url}/sitemap.xml\n"


async def index() -> str:
    """The list of the parts: our own pages, organizations, stories; each part begins after the last of the one before."""
    size = settings().sitemap_size
    lists = await asyncio.gather(call("list_organizations", every=size), call("list_stories", every=size))
    parts = ["/sitemap/pages.xml"]
    for name, ends in zip(("organizations", "stories"), lists, strict=True):
        starts = ["", *(f"?{urlencode({'after': end['id']})}" for end in ends["items"])]
        parts += [f"/sitemap/{name}.xml{start}" for start in starts]
    return _document("sitemapindex", "sitemap", ((part, None) for part in parts))


def own_pages() -> str:
    """Our own pages."""
    return _document("urlset", "url", ((path, None) for path in _OURS))


async def organizations(after: str) -> str | None:
    """One part; None after what is none."""
    items = await _items("list_organizations", after)
    return (
        None
        if items is None
        else _document("urlset", "url", ((f"/organizations/{item['slug']}", None) for item in items))
    )


async def stories(after: str) -> str | None:
    """One part; None after what is none."""
    items = await _items("list_stories", after)
    return (
        None
        if items is None
        else _document(
            "urlset",
            "url",
            ((f"/organizations/{item['slug']}/stories/{item['id']}", item["published_at"]) for item in items),
        )
    )


async def _items(rpc: str, after: str) -> list[Answer] | None:
    try:
        key = str(UUID(after)) if after else None
    except ValueError:
        return None
    found = await call(rpc, after=key, max_items=settings().sitemap_size)
    items: list[Answer] = found["items"]
    return items


def _document(kind: str, entry: str, addresses: Iterable[tuple[str, str | None]]) -> str:
    """`addresses`: paths, and when what is there was last changed."""
    site = settings().site_url
    entries = "\n".join(
        f"<{entry}><loc>{escape(site + path)}</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}</{entry}>"
        for path, changed in addresses
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{_SPACE}">\n{entries}\n</{kind}>\n'
