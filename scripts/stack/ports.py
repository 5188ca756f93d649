"""Which ports a stack takes: a block of ten that starts at its port base.

The block's last port is held by the supervisor for as long as the stack is up, so that two stacks that start
at the same moment never choose the same block. What is started alone takes its port from a block that its process holds.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from itertools import cycle
from pathlib import Path

from stack import private

BLOCK = 10
OFFSETS = {"web": 0, "api": 1, "functions": 2, "yookassa": 3, "mail": 4, "smtp": 5, "postgres": 6}
FOR_PEOPLE = range(8600, 8900, BLOCK)
FOR_TESTS = range(20000, 30000, BLOCK)
OF_A_PROCESS = 100
FOR_ONE_ALONE = range(10000, 20000, OF_A_PROCESS)  # no connection is given one of them by the kernel


class PortTaken(Exception):
    """Another program listens where this stack has to; the message says where."""


class Ports:
    """The ports of one stack, by part; held until `release()`."""

    def __init__(self, base: int, holder: socket.socket) -> None:
        self.base = base
        self._holder = holder

    def __getitem__(self, part: str) -> int:
        return self.base + OFFSETS[part]

    def release(self) -> None:
        self._holder.close()


def take(data: Path, base: int | None, choice: Sequence[int] = FOR_TESTS) -> Ports:
    """The block at `base`; without one, the block this data folder had last, or else the first free one.

    Raises PortTaken.
    """
    remembered = data / "port_base"
    if base is not None:
        ports = hold(base)
    else:
        last = [int(remembered.read_text())] if remembered.exists() else []
        ports = first_free([*last, *choice])
    private.write_text(remembered, str(ports.base))
    return ports


def first_free(bases: Sequence[int]) -> Ports:
    for base in bases:
        try:
            return hold(base)
        except PortTaken:
            continue
    raise PortTaken(f"No free ports between {bases[0]} and {bases[-1] + BLOCK}.")


def hold(base: int) -> Ports:
    """Take the block at `base`. Raises PortTaken."""
    # The holder first: looking whether a port is free takes it for a moment, and a stack that starts there would meet that.
    holder = bound(base + BLOCK - 1, f"another stack has the ports from {base} on")
    try:
        for part, offset in OFFSETS.items():
            bound(base + offset, f"{part} needs port {base + offset}").close()
    except PortTaken:
        holder.close()
        raise
    return Ports(base, holder)


def bound(port: int, why: str) -> socket.socket:
    """A socket that holds 127.0.0.1:`port`. Raises PortTaken."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection just closed is no obstacle
    try:
        holder.bind(("127.0.0.1", port))
    except OSError as error:
        holder.close()
        raise PortTaken(f"{why}, which is taken. Choose other ports with --port-base.") from error
    holder.listen()
    return holder


def free_port() -> int:
    """A port that nothing listens on at this moment, for one part alone; no other process of ours is given it.

    Raises PortTaken.
    """
    ports, _ = own_block()
    for _ in range(OF_A_PROCESS):
        port = next(ports)
        with suppress(PortTaken):
            bound(port, "a part of its own").close()
            return port
    raise PortTaken("Every port of this process is taken.")


@cache
def own_block() -> tuple[Iterator[int], socket.socket]:
    """The ports of this process, round and round, and what holds them as long as it lives. Raises PortTaken."""
    for base in FOR_ONE_ALONE:
        with suppress(PortTaken):
            holder = bound(base + OF_A_PROCESS - 1, "another process has its block")
            return cycle(range(base, base + OF_A_PROCESS - 1)), holder
    raise PortTaken(f"No free ports between {FOR_ONE_ALONE.start} and {FOR_ONE_ALONE.stop}.")
