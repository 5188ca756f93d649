"""Who scans a code: a person with a phone, or a program that looks at links. By lists that others keep.

What a browser says of itself is read by ua-parser (https://github.com/ua-parser), programs are known by
https://github.com/monperrus/crawler-user-agents, and the country by the registries' own lists (iptocc), where no
proxy of ours names it. The address itself goes to the database to be hashed, and is stored nowhere.
"""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import crawleruseragents  # type: ignore[import-untyped]
import iptocc
import ua_parser
from core.addresses import Address, client_address, connected_address, is_within
from core.models import Model
from core.settings import settings
from starlette.requests import Request

_COUNTRY = re.compile("[A-Z][A-Z0-9]")
_LONGEST = 1000
"""Letters of a header that are looked at."""
_TABLETS = ("iPad", "Kindle", "Generic_Android_Tablet", "Tablet")
_DESKTOPS = ("Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD")
_TELEVISIONS = ("Tizen", "WebOS", "tvOS", "Android TV", "Roku")


class Agent(Model):
    """What a User-Agent says: the device and its programs, or which program looks at links."""

    device_type: str | None = None
    os: str | None = None
    browser: str | None = None
    bot_reason: str | None = None


@lru_cache(maxsize=4096)
def agent(user_agent: str) -> Agent:
    """What this User-Agent says. The same ones come again and again, so they are remembered."""
    parsed = ua_parser.parse(user_agent)
    os = parsed.os.family if parsed.os else None
    browser = parsed.user_agent.family if parsed.user_agent else None
    device = parsed.device
    reason = None
    if known := crawleruseragents.matching_crawlers(user_agent):
        reason = crawleruseragents.CRAWLER_USER_AGENTS_DATA[known[0]]["pattern"]
        reason = reason.translate(str.maketrans("", "", "\\^$/()")).strip()
    elif device and device.family == "Spider":
        reason = browser or "spider"
    described = f"{device.family} {device.brand} {device.model}" if device else ""
    if os in _TELEVISIONS:
        kind: str | None = "tv"
    elif any(tablet in described for tablet in _TABLETS):
        kind = "tablet"
    elif "Mobile" in user_agent or os in ("iOS", "Android", "HarmonyOS", "KaiOS", "Windows Phone"):
        kind = "phone"
    else:
        kind = "desktop" if os in _DESKTOPS else None
    return Agent(device_type=kind, os=os, browser=browser, bot_reason=reason)


def visitor(request: Request) -> dict[str, Any]:
    """What `scan_qr` takes of a request."""
    headers = request.headers
    user_agent = headers.get("user-agent", "")[:_LONGEST]
    address = client_address(request, settings().trusted_proxies)
    purposes = (headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
    return {
        "ip": str(address) if address else None,
        "user_agent": _text(user_agent),
        "referrer": _referrer(headers.get("referer", "")),
        "accept_language": _text(headers.get("accept-language", "")[:_LONGEST]),
        "method": request.method,
        "purpose": _text(" ".join(filter(None, purposes))[:_LONGEST]),
        # https://www.w3.org/TR/gpc/ and the older Do Not Track: counted, not linked
        "gpc": headers.get("sec-gpc") == "1" or headers.get("dnt") == "1",
        "country": _country(request, address),
        **agent(user_agent).model_dump(),
    }


def _country(request: Request, address: Address | None) -> str | None:
    """Two letters: what our own proxy says, else the registries' list."""
    said = request.headers.get(settings().country_header or "", "").upper()
    connected = connected_address(request, settings().trusted_proxies)
    if connected and is_within(connected, settings().trusted_proxies) and _COUNTRY.fullmatch(said):
        return said if said not in ("XX", "T1") else None  # unknown, and Tor
    if address is None or not address.is_global:
        return None
    return iptocc.country_code(str(address))


def _referrer(url: str) -> str | None:
    """Where the link stood: scheme and host, without what else the address says."""
    try:
        parts = urlsplit(url[:_LONGEST])
        return f"{parts.scheme}://{parts.hostname}" if parts.hostname and parts.scheme else None
    except ValueError:
        return None


def _text(given: str) -> str:
    """A header as the database can keep it: it takes no NUL."""
    return given.replace("\0", "")
