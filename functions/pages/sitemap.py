"""What search engines ask for by name: robots.txt and the sitemap, in parts of so many addresses (https://www.sitemaps.org)."""

from collections.abc import Iterable
from urllib.parse import urlencode
from uuid import UUID
from xml.sax.saxutils import escape

from core.settings import settings

from pages.contents import call

_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_OURS = ("/", "/levels", "/organizations")
_FOR_NOBODY = ("/account", "/admin", "/confirm", "/dashboard", "/invitations/", "/reset-password")


def robots() -> str:
    """robots.txt: what is for people who signed in is of no use to anybody else."""
    shut = "".join(f"Disallow: {path}\n" for path in _FOR_NOBODY)
    return f"User-agent: *\n{shut}\nSitemap: {settings().site_url}/sitemap.xml\n"


async def index() -> str:
    """The list of the parts: our own pages, then the organizations, each part beginning after the last of the one before."""
    ends = await call("list_organizations", every=settings().sitemap_size)
    starts = ["", *(f"?{urlencode({'after': end['id']})}" for end in ends["items"])]
    parts = ["/sitemap/pages.xml", *(f"/sitemap/organizations.xml{start}" for start in starts)]
    return _document("sitemapindex", "sitemap", parts)


def own_pages() -> str:
    """Our own pages."""
    return _document("urlset", "url", _OURS)


async def organizations(after: str) -> str | None:
    """One part; None after what is none."""
    try:
        key = str(UUID(after)) if after else None
    except ValueError:
        return None
    found = await call("list_organizations", after=key, max_items=settings().sitemap_size)
    return _document("urlset", "url", (f"/organizations/{item['slug']}" for item in found["items"]))


def _document(kind: str, entry: str, paths: Iterable[str]) -> str:
    site = settings().site_url
    entries = "\n".join(f"<{entry}><loc>{escape(site + path)}</loc></{entry}>" for path in paths)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{_SPACE}">\n{entries}\n</{kind}>\n'
