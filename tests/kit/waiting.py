"""Waiting for what other processes do, and doing several things at the same moment."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

PATIENCE = 30  # seconds

T = TypeVar("T")


def until(true: Callable[[], object], patience: float = PATIENCE, pause: float = 0.02) -> None:
    """Wait for something that other processes bring about."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(pause)


def at_once(*actions: Callable[[], T]) -> list[T]:
    """Do these things at the same time, from as many threads; their results in order."""
    barrier = threading.Barrier(len(actions))

    def after_the_others_are_ready(action: Callable[[], T]) -> T:
        barrier.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(after_the_others_are_ready, actions))


def finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """What it returns. In a thread of its own: Playwright, once started, keeps an event loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
