#!/usr/bin/env python3
"""Publish what Chestno says of itself, supabase/pages: new versions of the texts that differ from those in force.

    python3 scripts/publish_pages.py [--ask-consent]

`SUPABASE_URL` and `SUPABASE_SECRET_KEY` say where. `{company.name}` and the other details are what `configure_platform`
was told. With `--ask-consent` nobody pays without having agreed to the offer and the privacy policy published here; without
it a new version (a mended comma) asks nobody again.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from bootstrap import ROOT, enter, say

PAGES = ROOT / "supabase" / "pages"
KEYS = ("about", "how_we_verify", "offer", "privacy", "contacts")
AGREED_TO = ("offer", "privacy")


class PublishError(Exception):
    """The database did not take a page; the message says why."""


def text_of(path: Path) -> dict[str, str]:
    """A file's title, its first line after `#`, and what follows."""
    title, _, body = path.read_text().partition("\n")
    return {"title": title.removeprefix("#").strip(), "body": body.strip()}


def publish(api: str, secret_key: str, *, asks_consent: bool) -> list[str]:
    """What was published, each as "offer 2"; PublishError where a page was refused."""
    import httpx

    published = []
    with httpx.Client(base_url=f"{api}/rest/v1/rpc", headers={"apikey": secret_key}, timeout=30) as client:
        for key in KEYS:
            wish = {
                "key": key,
                "texts": {locale: text_of(PAGES / locale / f"{key}.md") for locale in ("ru", "en")},
                "needs_consent": asks_consent and key in AGREED_TO,
            }
            answer = client.post("/publish_platform_page", json=wish)
            if answer.is_error:
                raise PublishError(f"{key}: {answer.status_code} {answer.text}")
            page = answer.json()
            if page["is_new"]:
                published.append(f"{page['key']} {page['version']}")
    return published


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--ask-consent", action="store_true", help="nobody pays without having agreed to these"
    )
    arguments = parser.parse_args()
    enter()
    try:
        api, secret_key = os.environ["SUPABASE_URL"], os.environ["SUPABASE_SECRET_KEY"]
    except KeyError as missing:
        raise SystemExit(f"{missing.args[0]} is not set") from None
    try:
        published = publish(api.rstrip("/"), secret_key, asks_consent=arguments.ask_consent)
    except PublishError as refused:
        raise SystemExit(str(refused)) from None
    say("Published: " + (", ".join(published) or "nothing, all is in force as it stands here"))


if __name__ == "__main__":
    main()
