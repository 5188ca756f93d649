"""Who is really calling: the caller's address, believed only as far as our own proxies vouch for it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.requests import Request

from core.settings import Network

Address = IPv4Address | IPv6Address

_LOOPBACK = ip_address("127.0.0.1")


def is_within(address: Address, networks: Sequence[Network]) -> bool:
    """Whether an address belongs to any of the networks. An IPv4 address never belongs to an IPv6 network."""
    return any(address in network for network in networks)


def client_address(request: Request, trusted: Sequence[Network]) -> Address | None:
    """The address a request came from, or None when it cannot be told.

    `X-Forwarded-For` is read from its end, and only while the hop that wrote the entry is one of ours: its
    beginning is whatever the caller liked to write there.
    """
    forwarded = _forwarded(request)
    address = connected_address(request, trusted)
    while address is not None and is_within(address, trusted) and forwarded:
        address = forwarded.pop()
    return address


def connected_address(request: Request, trusted: Sequence[Network]) -> Address | None:
    """The address at the other end of the connection: the caller's, or our own proxy's.

    uvicorn believes X-Forwarded-For of anyone on this machine, and then shows the address from the header as
    the one that connected. We believe only TRUSTED_PROXIES: an address that could come from the header
    counts as "this machine".
    """
    address = parse(request.client.host) if request.client else None
    if address in _forwarded(request) and address is not None and not is_within(address, trusted):
        return _LOOPBACK
    return address


def _forwarded(request: Request) -> list[Address | None]:
    return [parse(hop) for line in request.headers.getlist("x-forwarded-for") for hop in line.split(",")]


def parse(text: str) -> Address | None:
    """An address as proxies write it: alone, with a port, in brackets. IPv4 inside IPv6 becomes IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
