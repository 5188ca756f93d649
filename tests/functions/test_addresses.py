"""Whose address counts: the one that connected, and beyond it only what our own proxies vouch for."""

from ipaddress import ip_address, ip_network

import pytest
from core.addresses import client_address, is_within, parse
from core.settings import YOOKASSA_NETWORKS, Network
from starlette.requests import Request

OUR_PROXY = (ip_network("10.0.0.0/8"),)
YOOKASSA: list[Network] = [ip_network(network) for network in YOOKASSA_NETWORKS.split(",")]


def request(peer: str | None, *forwarded_for: str) -> Request:
    return Request(
        {
            "type": "http",
            "client": (peer, 4711) if peer else None,
            "headers": [(b"x-forwarded-for", line.encode()) for line in forwarded_for],
        }
    )


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "expected"),
    [
        ("185.71.76.1", [], "185.71.76.1"),
        ("203.0.113.9", ["185.71.76.1"], "203.0.113.9"),  # a stranger may write what he likes
        ("10.0.0.1", ["185.71.76.1"], "185.71.76.1"),  # our proxy says so
        ("10.0.0.1", ["185.71.76.1, 203.0.113.9"], "203.0.113.9"),  # the stranger wrote the first entry
        ("10.0.0.1", ["185.71.76.1", "203.0.113.9"], "203.0.113.9"),  # the same in two lines
        ("10.0.0.1", ["203.0.113.9, 185.71.76.1, 10.0.0.2"], "185.71.76.1"),  # two proxies of ours
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),  # somebody inside
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["185.71.76.1, not-an-address"], None),
        ("10.0.0.1", ["185.71.76.1:8443"], "185.71.76.1"),
        ("10.0.0.1", ["[2a02:5180::1]:8443"], "2a02:5180::1"),
        ("::ffff:10.0.0.1", ["::ffff:185.71.76.1"], "185.71.76.1"),
        ("/run/socket", ["185.71.76.1"], None),
        (None, ["185.71.76.1"], None),
    ],
)
def test_the_header_counts_only_as_far_as_our_proxies_wrote_it(
    peer: str | None, forwarded_for: list[str], expected: str | None
) -> None:
    address = client_address(request(peer, *forwarded_for), OUR_PROXY)
    assert address == (ip_address(expected) if expected else None)


@pytest.mark.parametrize("header", ["185.71.76.1", "185.71.76.1:4711", "203.0.113.9, 185.71.76.1"])
def test_what_the_server_took_from_the_header_is_not_believed(header: str) -> None:
    """uvicorn replaces the peer by the header's address for callers on this machine; we ask who vouches."""
    as_uvicorn_shows_it = request("185.71.76.1", header)
    assert client_address(as_uvicorn_shows_it, ()) == ip_address("127.0.0.1")
    assert client_address(as_uvicorn_shows_it, (ip_network("127.0.0.1"),)) == ip_address("185.71.76.1")


@pytest.mark.parametrize(
    ("address", "is_theirs"),
    [
        ("185.71.76.0", True),
        ("185.71.76.31", True),
        ("185.71.76.32", False),
        ("185.71.77.31", True),
        ("77.75.153.127", True),
        ("77.75.153.128", False),
        ("77.75.154.127", False),
        ("77.75.154.128", True),
        ("77.75.156.11", True),
        ("77.75.156.12", False),
        ("77.75.156.35", True),
        ("2a02:5180:0:1509::1", True),
        ("2a02:5180:ffff::1", True),  # the official SDK still knows four /64 networks only
        ("2a02:5181::1", False),
        ("::ffff:185.71.76.5", True),  # IPv4 as a dual-stack socket shows it
        ("::ffff:185.71.78.5", False),
        ("127.0.0.1", False),
    ],
)
def test_yookassas_networks(address: str, is_theirs: bool) -> None:
    parsed = parse(address)
    assert parsed is not None
    assert is_within(parsed, YOOKASSA) is is_theirs
