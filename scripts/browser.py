"""A real Chromium for the browser tests and the pictures, driven by Playwright.

    with chromium() as browser:
        page = browser.new_page()

An installed one is taken; else Debian's package is installed (as root), else Playwright's own is fetched. Before a whole
Chromium comes the one without a window, which opens a page in a third of the time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

FLAGS = [
    "--no-sandbox",  # Chromium refuses its sandbox to root, as tests in a container often are
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str | None:
    """Path of an installed Chromium; None when Playwright's own is to be used."""
    if found := installed():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium …", file=sys.stderr, flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["update"],
            ["install", "--yes", "--no-install-recommends", "chromium-headless-shell"],
        ):
            subprocess.run(
                ["apt-get", "--quiet", *command], env=environment, stdout=subprocess.DEVNULL, check=False
            )
        if found := installed():
            return found
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    return None


def installed() -> str | None:
    """Path of the lightest Chromium of this machine."""
    names = (
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "google-chrome",
    )
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser, closed at the end. Raises CalledProcessError when there is none to be had."""
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
