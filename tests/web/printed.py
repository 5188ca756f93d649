"""Printed codes without the pages: made by RPC, scanned by a phone, read from what was downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2
import zxingcpp
from kit.people import run_sql
from kit.server import CLIENT
from PIL import Image
from playwright.sync_api import FilePayload
from web.team import Team

PAGE = "/dashboard/qr"
PHONE_AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36"


def print_codes(team: Team, *titles: str, **more: object) -> list[str]:
    items = [{"title": title, "target_kind": "organization_page", **more} for title in titles]
    return [code["code"] for code in team.owner.rpc("create_qr_codes", organization_id=team.id, items=items)]


def scan(team: Team, code: str, agent: str = PHONE_AGENT) -> str:
    """Where it leads."""
    return follow(f"{team.site.functions}/q/{code}", agent)


def follow(url: str, agent: str = PHONE_AGENT) -> str:
    answer = CLIENT.get(url, headers={"User-Agent": agent}, follow_redirects=False)
    assert answer.status_code == 302
    return str(answer.headers["location"])


def publish_story(team: Team, title: str) -> str:
    """A published story; its id."""
    run_sql(
        team.site,
        "insert into public.stories (organization_id, story_type, status, title, content_text, published_at)"
        " values (%s, 'success_story', 'published', %s, 'В июле.', now())",
        team.id,
        title,
    )
    (story,) = team.owner.get("stories", organization_id=f"eq.{team.id}", title=f"eq.{title}")
    return str(story["id"])


def found(team: Team) -> dict[str, Any]:
    answer: dict[str, Any] = team.owner.rpc("search_qr_codes", organization_id=team.id, max_items=100)
    return answer


def table(content: str, encoding: str = "utf-8") -> FilePayload:
    return {"name": "коды.csv", "mimeType": "text/csv", "buffer": content.encode(encoding)}


def read_picture(path: Path) -> tuple[str, Image.Image]:
    """What a camera reads of a downloaded PNG or PDF (at 300 dpi), and the picture."""
    if path.read_bytes()[:4] == b"%PDF":
        picture = pypdfium2.PdfDocument(path)[0].render(scale=300 / 72).to_pil()
    else:
        picture = Image.open(path)
    (seen,) = zxingcpp.read_barcodes(picture)
    return seen.text, picture.convert("RGB")
