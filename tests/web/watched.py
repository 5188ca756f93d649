"""Watches a page: every console error, exception and failed request is kept, and a test ends with none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import ConsoleMessage, Page, Request, Response


class Watch:
    """Troubles of one page. A refusal that a test wants is announced with `refusal`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        self._expected: list[tuple[int, str]] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.troubles.append(f"exception: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    @contextmanager
    def refusal(self, status: int, path: str) -> Iterator[None]:
        """Within, a call whose address ends with `path` is to be answered with this status, once or more.

        The end waits for the answer, which the page may have heard of before us.
        """
        expected = (status, path)
        self._expected.append(expected)
        try:
            with self.page.expect_response(lambda response: is_like(response, expected), timeout=10_000):
                yield
        finally:
            self._expected.remove(expected)

    @contextmanager
    def session_is_over(self) -> Iterator[None]:
        """Within, any call may be answered 401: whatever the page asks for in the background meets the same end."""
        self._expected.append((401, ""))
        try:
            yield
        finally:
            self._expected.remove((401, ""))

    def assert_quiet(self) -> None:
        assert not self.troubles, "\n".join(self.troubles)

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium's own line for an answer >= 400 says less than the answer itself, which is kept below.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.troubles.append(f"console: {message.text} ({message.location['url']})")

    def _failed(self, request: Request) -> None:
        # Leaving a page cancels what it was still asking for.
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status < 400:
            return
        # A page of nothing says so to programs; what people see of it, the app draws, and tests look at.
        if response.status == 404 and response.request.is_navigation_request():
            return
        if not any(is_like(response, expected) for expected in self._expected):
            self.troubles.append(f"{response.status}: {response.request.method} {response.url}")


def is_like(response: Response, expected: tuple[int, str]) -> bool:
    status, path = expected
    return response.status == status and response.url.partition("?")[0].endswith(path)
