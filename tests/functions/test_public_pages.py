"""Public pages as whoever reads without JavaScript gets them: over HTTP, from the server in front of the web."""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import httpx
import psycopg
import pytest
from bootstrap import ROOT
from kit.people import a_moderator, run_sql, sign_up
from kit.server import CLIENT, Server
from kit.waiting import finished
from PIL import Image
from psycopg.rows import dict_row
from stack import web_build
from stack.ports import free_port
from stack.stack import Stack
from stack.web_server import APP_ALONE, make_app
from web.team import Team

PROGRAMS = {
    "Яндекс": "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Google": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "VK": "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
    "Telegram": "TelegramBot (like TwitterBot)",
}
HOSTILE = "</script><img src=x onerror=alert(1)>{{ 'ab' * 3 }}{0} & \u2028 ' \""


class Document(HTMLParser):
    """What a page says, read as a browser reads it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.setdefault(self._open[-1], []).append(data)

    def meta(self, name: str) -> str | None:
        return next(
            (
                each["content"]
                for tag, each in self.tags
                if tag == "meta" and name in (each.get("name"), each.get("property"))
            ),
            None,
        )

    @property
    def facts(self) -> list[dict[str, Any]]:
        """JSON-LD."""
        return [json.loads(text) for text in self.texts.get("script", []) if "schema.org" in text]

    @property
    def canonical(self) -> str | None:
        return next(
            (each["href"] for tag, each in self.tags if tag == "link" and each.get("rel") == "canonical"),
            None,
        )


@pytest.fixture
def team(stack: Stack) -> Team:
    """A producer of a name of its own, who holds A."""
    team = Team(
        stack.addresses, f"Пасека {''.join('бвгджзклмнпрстфх'[int(each, 16)] for each in uuid4().hex[:8])}"
    )
    team.grant("A")
    return team


def get(stack: Stack, path: str, status: int = 200, *, headers: Mapping[str, str] = {}) -> httpx.Response:
    answer = CLIENT.get(f"{stack.addresses.web}{path}", headers={"accept-language": "ru", **headers})
    assert answer.status_code == status, answer.text
    assert "content-language" in answer.headers, "by the function, not the app's own page"
    return answer


def read(stack: Stack, path: str, status: int = 200) -> Document:
    return Document(get(stack, path, status).text)


def row(stack: Stack, query: str, *values: object) -> dict[str, Any]:
    with psycopg.connect(str(stack.addresses.database_url), row_factory=dict_row) as connection:
        found = connection.execute(query.encode(), values).fetchone()
    assert found
    return found


def change(stack: Stack, team: Team, **columns: object) -> None:
    for name, value in columns.items():
        run_sql(stack.addresses, f"update public.organizations set {name} = %s where id = %s", value, team.id)


def story(stack: Stack, team: Team, title: str, text: str, status: str = "published") -> str:
    told = row(
        stack,
        "insert into public.stories (organization_id, story_type, status, title, content_text, published_at)"
        " values (%s, 'success_story', %s, %s, %s, case when %s = 'published' then now() end) returning id",
        team.id, status, title, text, status,
    )  # fmt: skip
    return f"{team.public_page}/stories/{told['id']}"


def test_programs_that_look_get_the_whole_page_and_are_not_counted(stack: Stack, team: Team) -> None:
    code = uuid4().hex[:10].upper()
    run_sql(
        stack.addresses, "insert into public.qr_codes (organization_id, code) values (%s, %s)", team.id, code
    )
    told = story(stack, team, "Как качаем мёд", "Дважды за лето.")
    asked = {
        "/": "Кто это сделал и можно ли ему верить",
        "/levels": "Что значит каждый уровень",
        "/about": "Зачем это нужно",
        "/how-we-verify": "Ветеринарно-санитарный паспорт пасеки",
        "/offer": "ООО «Образец» (ИНН 0000000000",
        "/privacy": "Что и зачем мы храним",
        "/contacts": "help@chestno.example",
        "/reports": "О каких нарушениях нам сообщили",
        "/organizations": "Производители",
        f"/organizations?q={team.name}": team.name,
        team.public_page: team.name,
        told: "Дважды за лето.",
        f"/q/{code}": team.name,
    }
    for path, words in asked.items():
        for program in PROGRAMS.values():
            answer = get(stack, path, headers={"user-agent": program})
            page = Document(answer.text)
            assert words in answer.text.replace("\u00a0", " "), path
            assert page.texts["title"][0].endswith("· Честно")
            assert page.texts["h1"]
            for name in ("description", "og:title", "og:description", "og:url", "og:image"):
                assert page.meta(name), (path, name)
            assert '<script defer src="/start.js">' in answer.text, "the app starts as before"
            assert "modulepreload" not in answer.text, "and after the first paint"
    page = read(stack, team.public_page)
    assert page.canonical == page.meta("og:url") == f"{stack.addresses.web}{team.public_page}"
    assert page.facts[0]["name"] == team.name
    assert page.facts[0]["taxID"] == team.organization["inn"]
    assert read(stack, told).facts[0]["headline"] == "Как качаем мёд"
    assert read(stack, "/organizations").facts[0]["@type"] == "ItemList"
    assert read(stack, f"/q/{code}").meta("robots") == "noindex"
    counted = row(
        stack,
        "select (select count(*) from public.qr_scans where organization_id = %s) as scans,"
        " (select sum(view_count) from public.stories where organization_id = %s) as views",
        team.id, team.id,
    )  # fmt: skip
    assert counted == {"scans": 0, "views": 0}


def test_the_language_is_the_readers(stack: Stack, team: Team) -> None:
    for path, accepted, language in [
        ("/levels", "en-GB,en;q=0.9", "en"),
        ("/levels", "en,ru;q=0.5", "ru"),
        ("/levels", "de", "ru"),
        ("/levels?lang=en", "ru", "en"),
    ]:
        answer = get(stack, path, headers={"accept-language": accepted})
        assert f'<html lang="{language}">' in answer.text
        assert answer.headers["content-language"] == language
        assert "accept-language" in answer.headers["vary"].lower()
    english = read(stack, f"{team.public_page}?lang=en")
    assert "No, never" in " ".join(english.texts["dd"])


def test_what_is_hostile_stays_text(stack: Stack, team: Team) -> None:
    name = "Мёд </script><b onclick=x>\"'&{0}"
    change(stack, team, name=name, description=HOSTILE, category="</p><i onclick=x>", website_url=None)
    told = story(stack, team, HOSTILE[:120], HOSTILE)
    quiet = read(stack, "/levels")
    for path in (team.public_page, told, "/organizations?q=" + HOSTILE, "/organizations", f"/{HOSTILE}"):
        answer = CLIENT.get(httpx.URL(stack.addresses.web).join(httpx.URL(path)))
        page = Document(answer.text)
        assert not [each for tag, each in page.tags if any(key.startswith("on") for key in each)], path
        assert not [each for tag, each in page.tags if tag == "img"], path
        assert "ababab" not in answer.text, "nothing was computed"
        plain = [each for tag, each in page.tags if tag == "script" and "type" not in each]
        assert plain == [each for tag, each in quiet.tags if tag == "script" and "type" not in each]
    (facts,) = read(stack, team.public_page).facts
    assert (facts["name"], facts["description"]) == (name, HOSTILE)


def test_nothing_unpublished_is_in_any_page(stack: Stack) -> None:
    team = Team(stack.addresses, "Сыроварня до первого уровня")
    get(stack, team.public_page, 404)
    team.grant("A")
    change(
        stack, team, description="Тайное описание", region="Тайный край", website_url="https://secret.example"
    )
    draft = story(stack, team, "Тайный черновик", "Ещё не рассказано", status="draft")
    told = story(stack, team, "Тайная история", "Уже рассказано")
    assert "Тайная история" in get(stack, team.public_page).text
    change(stack, team, is_published=False)
    for path, status in (
        (team.public_page, 200),
        (draft, 404),
        (told, 404),
        (f"/organizations?q={team.slug}", 200),
    ):
        text = get(stack, path, status).text
        assert not re.search("Тайн|secret.example|рассказано", text), path
    assert "Рассказ о себе организация скрыла" in get(stack, team.public_page).text
    assert team.organization["inn"] in get(stack, team.public_page).text


def test_an_address_that_is_none_says_404_and_still_starts_the_app(stack: Stack, team: Team) -> None:
    for path in (
        "/organizations/nobody-is-here", "/organizations/NOBODY", "/q/NOSUCHCODE", "/nowhere", "/organizations/a/b",
        f"{team.public_page}/stories/{uuid4()}", f"{team.public_page}/stories/x", "/organizations?after=x",
    ):  # fmt: skip
        page = read(stack, path, 404)
        assert page.meta("robots") == "noindex"
        assert page.canonical is None
        assert ("script", {"defer": None, "src": "/start.js"}) in page.tags


def test_a_page_is_kept_for_seconds_and_a_lost_level_shows(stack: Stack, team: Team) -> None:
    first = get(stack, team.public_page)
    assert first.headers["cache-control"] == "public, max-age=20"
    etag = first.headers["etag"]
    again = get(stack, team.public_page, 304, headers={"if-none-match": etag})
    assert not again.content
    assert again.headers["etag"] == etag
    assert CLIENT.head(f"{stack.addresses.web}{team.public_page}").status_code == 200
    run_sql(
        stack.addresses,
        "update public.organization_status_levels set valid_from = now() - interval '2 days', valid_until = now() - interval '1 day'"
        " where organization_id = %s",
        team.id,
    )
    answer = get(stack, team.public_page, headers={"if-none-match": etag})
    assert "Статус A утрачен" in answer.text.replace("\u00a0", " ")
    assert answer.headers["etag"] != etag
    assert (
        answer.headers["content-security-policy"]
        == CLIENT.get(f"{stack.addresses.web}/sign-in").headers["content-security-policy"]
    )


@contextmanager
def functions_that(kind: str) -> Iterator[str]:
    """An address of functions that are down, hang, or answer 500."""
    port = free_port()
    if kind == "down":
        yield f"http://127.0.0.1:{port}"
    elif kind == "slow":
        with socket.create_server(("127.0.0.1", port)):  # takes the connection, and never says a word
            yield f"http://127.0.0.1:{port}"
    else:
        server = HTTPServer(("127.0.0.1", port), Faulty)
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{port}"
        server.shutdown()
        thread.join()
        server.server_close()


class Faulty(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(500)


@pytest.mark.parametrize("kind", ["down", "slow", "faulty"])
def test_without_the_function_the_app_still_works(stack: Stack, kind: str) -> None:
    async def asked(functions: str) -> list[httpx.Response]:
        config = {"supabase_url": stack.addresses.api, "functions_url": functions}
        transport = httpx.ASGITransport(make_app(web_build.DIST, config, page_seconds=0.3))
        async with httpx.AsyncClient(transport=transport, base_url="http://web.test") as web:
            return [await web.get(path) for path in ("/organizations/anybody", "/", "/sitemap.xml")]

    with functions_that(kind) as functions:
        page, home, sitemap = finished(asked(functions))
    assert page.status_code == home.status_code == 200
    assert page.text == home.text == (web_build.DIST / "index.html").read_text()
    assert page.headers["cache-control"] == "no-cache"
    assert sitemap.status_code == 503


def test_every_address_of_the_web_is_the_apps_alone_or_has_a_page() -> None:
    every: list[str] = json.loads((ROOT / "docs" / "contract.json").read_text())["pages"]
    assert {page for page in every if not APP_ALONE.match(page.removeprefix("/"))} == {
        "/", "/levels", "/about", "/how-we-verify", "/offer", "/privacy", "/contacts", "/reports", "/organizations", "/organizations/:slug", "/organizations/:slug/stories/:id", "/q/:code",
    }  # fmt: skip


def test_a_violation_that_was_upheld_is_read_too(stack: Stack, team: Team) -> None:
    moderator = a_moderator(stack.addresses)
    reported = sign_up(stack.addresses).rpc(
        "report_abuse",
        kind="false_claim",
        organization_id=team.id,
        message="На этикетке написано не то, что внутри.",
    )
    moderator.rpc("review_report", report_id=reported["report_id"], outcome="upheld", publish=True)
    page = get(stack, team.public_page).text
    assert "Подтверждённые нарушения" in page
    assert "Ложные сведения" in page
    assert "На этикетке" not in page
    assert f"/report?organization={team.slug}" in page
    everywhere = get(stack, "/reports").text
    assert team.name in everywhere
    assert "На этикетке" not in everywhere


def picture(stack: Stack, path: str, status: int = 200) -> Image.Image | None:
    answer = CLIENT.get(f"{stack.addresses.web}{path}")
    assert answer.status_code == status
    if status != 200:
        return None
    assert answer.headers["content-type"] == "image/png"
    return Image.open(BytesIO(answer.content)).convert("RGB")


def test_a_preview_shows_who_it_is_and_which_level(stack: Stack, team: Team) -> None:
    def preview_of(one: Team) -> str:
        address = read(stack, one.public_page).meta("og:image")
        assert address
        return address.removeprefix(stack.addresses.web)

    other = Team(stack.addresses, "Мыловарня </svg><image href='x'/>&amp;"[:38])
    assert picture(stack, f"/preview/{other.slug}.png", 404) is None, "before its first level"
    other.grant("A")
    first, second = picture(stack, preview_of(team)), picture(stack, preview_of(other))
    assert first
    assert second
    assert first.size == second.size == (1200, 630)
    assert first.tobytes() != second.tobytes(), "the names differ"
    address = preview_of(team)
    team.grant("B")
    assert preview_of(team) != address, "whoever kept the picture fetches it anew"
    better = picture(stack, preview_of(team))
    assert better
    assert better.tobytes() != first.tobytes(), "the levels differ"
    ours = read(stack, "/levels").meta("og:image")
    assert picture(stack, str(ours).removeprefix(stack.addresses.web))


def test_search_engines_are_told_what_is_published(stack: Stack, team: Team, tmp_path: Path) -> None:
    hidden = Team(stack.addresses, "Сыроварня в тени")
    hidden.grant("A")
    secret = story(stack, hidden, "Тайная история", "Её не видно")
    change(stack, hidden, is_published=False)
    told, draft = (
        story(stack, team, "Как качаем мёд", "Дважды"),
        story(stack, team, "Ещё нет", "Нет", "draft"),
    )
    site = stack.addresses.web
    robots = CLIENT.get(f"{site}/robots.txt")
    assert robots.headers["content-type"].startswith("text/plain")
    assert f"Sitemap: {site}/sitemap.xml" in robots.text
    assert "Disallow: /dashboard" in robots.text
    with small_sitemap(stack, tmp_path, 2) as functions:
        parts = locations(f"{functions}/page/sitemap.xml", site)
        found = [locations(f"{functions}/page{part}", site) for part in parts]
    assert all(len(part) <= 2 for part in found[1:]), "the first is of our own pages"
    listed = [path for part in found for path in part]
    assert {"/", "/levels", "/organizations", "/reports", team.public_page} <= set(listed)
    assert len(listed) == len(set(listed))
    assert told in listed
    assert not {hidden.public_page, secret, draft} & set(listed)
    (_, *whole) = locations(f"{site}/sitemap.xml", site)
    assert {address for part in whole for address in locations(site + part, site)} <= set(listed)
    published = row(stack, "select published_at from public.stories where id = %s", told.rpartition("/")[2])
    part = CLIENT.get(f"{site}/sitemap/stories.xml").text
    (changed,) = re.findall(f"{told}</loc><lastmod>(.*?)</lastmod>", part)
    assert datetime.fromisoformat(changed) == published["published_at"]
    assert CLIENT.get(f"{site}/sitemap/organizations.xml?after=x").status_code == 404


def locations(address: str, site: str) -> list[str]:
    answer = CLIENT.get(address)
    assert answer.headers["content-type"] == "application/xml", answer.text
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own server's
    found = root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    return [str(each.text).removeprefix(site) for each in found]


@contextmanager
def small_sitemap(stack: Stack, folder: Path, size: int) -> Iterator[str]:
    """Functions whose sitemap has parts of this size."""
    port, at = free_port(), stack.addresses
    environment = {
        "SUPABASE_URL": at.api, "SUPABASE_PUBLISHABLE_KEY": at.publishable_key, "SUPABASE_SECRET_KEY": at.secret_key,
        "SITE_URL": at.web, "YOOKASSA_SHOP_ID": "1", "YOOKASSA_SECRET_KEY": "test_x", "SITEMAP_SIZE": str(size),
    }  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "--app-dir", "functions", "local:app", "--port", str(port)]
    server = Server([*command], folder / "functions.log", address, environment)
    try:
        yield f"{address}/functions/v1"
    finally:
        server.stop()


def test_every_class_of_a_template_is_among_the_styles() -> None:
    """The build makes styles for what stands in the web's sources alone."""
    styles = "".join(file.read_text() for file in (web_build.DIST / "assets").glob("*.css"))
    missing = []
    for template in sorted((ROOT / "functions" / "pages" / "templates").glob("*.jinja")):
        for classes in re.findall(r'class="([^"]*)"', template.read_text()):
            named = re.sub(r"\{\{.*?\}\}", lambda part: " ".join(re.findall(r"'([^']*)'", part[0])), classes)
            for one in re.sub(r"\{%.*?%\}", " ", named).split():
                if "." + re.sub(r"([^\w-])", r"\\\1", one) not in styles:
                    missing.append(f"{template.name}: {one}")
    assert not missing
