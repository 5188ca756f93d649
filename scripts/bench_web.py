"""What a first visit costs at 360 px, with nothing kept from before: what is fetched until the network is quiet, when the
largest thing is painted, and how much shifts. Once as fast as this machine is, once on the 3G profile (1.6 Mbit/s, 562 ms,
a processor four times as slow); medians of three. Weights are of what is sent, as the site sends it: compressed.

The demo platform of a stack of its own, or of the running one of `--data`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bars import Bars

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext
    from visits import Who

PAGES: dict[str, tuple[Who, str]] = {
    "home": ("visitor", "/"),
    "levels": ("visitor", "/levels"),
    "sign-in": ("visitor", "/sign-in"),
    "public page": ("visitor", "/organizations/medovy-kray"),
    "overview": ("anna", "/dashboard"),
    "billing": ("anna", "/dashboard/billing"),
}
HEAVIEST = {"sign-in": 215, "overview": 215}
"""kB (of 1,000 bytes)."""
SHIFT = 0.02
PHONE = {"width": 360, "height": 780}
SLOW = {"offline": False, "latency": 562, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
SLOWER_PROCESSOR = 4

WATCH = """
  window.painted = 0;
  window.shifted = 0;
  new PerformanceObserver((list) => { window.painted = list.getEntries().at(-1).startTime; })
    .observe({ type: "largest-contentful-paint", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""
READY = """() => window.painted > 0 && document.fonts.status === "loaded" && document.querySelector("h1")
  && !document.querySelector("[data-written]")
  && ![...document.querySelectorAll("[aria-busy=true]")].some((busy) => busy.checkVisibility())"""
"""Painted, and the app there instead of what the server wrote."""


@dataclass(frozen=True)
class Load:
    """One load of a page, from nothing until the network is quiet."""

    requests: int
    bytes: int
    painted: float
    """The largest contentful paint, in seconds."""
    shifted: float
    """Cumulative layout shift."""
    largest: list[tuple[str, int]]
    """What was fetched, the heaviest first: address, bytes."""


def load(context: BrowserContext, address: str, *, is_slow: bool = False) -> Load:
    """Load a page in a browser that has kept nothing; the context is not to be used again."""
    context.add_init_script(WATCH)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    if is_slow:
        devtools.send("Network.emulateNetworkConditions", SLOW)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
    asked: dict[str, str] = {}
    sizes: dict[str, int] = {}

    def finished(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = int(event["encodedDataLength"])

    devtools.on(
        "Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["request"]["url"]})
    )
    devtools.on("Network.loadingFinished", finished)
    page.goto(address, timeout=120_000)
    page.wait_for_function(READY, timeout=120_000)
    page.wait_for_load_state("networkidle", timeout=120_000)
    painted, shifted = page.evaluate("[window.painted, window.shifted]")
    fetched = sorted(
        ((asked.get(request, ""), size) for request, size in sizes.items()), key=lambda one: -one[1]
    )
    return Load(len(sizes), sum(sizes.values()), painted / 1000, shifted, fetched)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, help="data folder of a running stack, with the demo in it")
    parser.add_argument("--page", choices=PAGES, action="append", help="only this one; may be repeated")
    parser.add_argument("--list", action="store_true", help="say what each page fetches")


def run(rounds: int, data: Path | None, page: list[str] | None, list: bool) -> int:
    from browser import chromium
    from visits import People

    bars = Bars()
    print("  page           requests     kB   LCP, s   LCP 3G, s     CLS", flush=True)
    with demo(data) as stack, chromium() as browser:
        people = People(browser, stack)
        for name in page or PAGES:
            who, path = PAGES[name]
            loads: dict[bool, Any] = {False: [], True: []}
            for is_slow in [False, True] * rounds:
                context = people.context(who, "ru", viewport=PHONE)
                loads[is_slow].append(load(context, stack["web"] + path, is_slow=is_slow))
                context.close()
            fast, slow = (
                {
                    what: statistics.median(getattr(one, what) for one in loads[is_slow])
                    for what in ("requests", "bytes", "painted")
                }
                for is_slow in (False, True)
            )
            shifted = max(one.shifted for one in (*loads[False], *loads[True]))
            print(
                f"  {name:<14} {fast['requests']:8.0f} {fast['bytes'] / 1000:6.1f} {fast['painted']:8.2f}"
                f" {slow['painted']:11.2f} {shifted:7.3f}",
                flush=True,
            )
            if list:
                for address, size in loads[False][0].largest:
                    print(f"      {size:7,}  {address.removeprefix(stack['web'])[:110]}")
            if name in HEAVIEST:
                bars.bar(
                    fast["bytes"] <= HEAVIEST[name] * 1000,
                    f"{name}: {fast['bytes'] / 1000:.0f} kB (at most {HEAVIEST[name]})",
                )
            bars.bar(shifted <= SHIFT, f"{name}: {shifted:.3f} shifts (at most {SHIFT})")
    return bars.verdict()


@contextmanager
def demo(data: Path | None) -> Iterator[dict[str, str]]:
    """Where a stack with the demo is: the one of `data`, or one that lives as long as this."""
    from dataclasses import asdict

    from stack.stack import Stack

    if data:
        yield json.loads((data / "stack.json").read_text())
        return
    with (
        tempfile.TemporaryDirectory(prefix="chestno-") as folder,
        Stack(Path(folder), fill="platform") as stack,
    ):
        yield asdict(stack.addresses)
