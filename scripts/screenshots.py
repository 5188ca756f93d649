#!/usr/bin/env python3
"""Look at the whole web: every page of the router, and its states, from the demo of a running stack.

Each page is opened by the one it is for (visits.py) in both languages, and taken at 320, 360, 768 and 1280 px in both
themes. All pictures of a page in a language are joined into one sheet, FOLDER/<number>-<page>-<language>.png: light above,
dark below. What a machine can see is written to FOLDER/problems.md: pages wider than the screen, texts cut off, console
errors, failed calls, raw codes, words of another language.

`--pictures` makes those of docs/pictures anew instead.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import ROOT, enter

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Response
    from visits import Language, People, Visit, Who

SIZES = {320: 640, 360: 780, 768: 1024, 1280: 800}
THEMES = ("light", "dark")
LANGUAGES: tuple[Language, ...] = ("ru", "en")
FAULTS = (Path(__file__).parent / "faults.js").read_text()
READY = """() => document.fonts.status === "loaded" && document.querySelector("h1, h2")
  && ![...document.querySelectorAll("[aria-busy=true]")].some((busy) => busy.checkVisibility())"""
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

PICTURES: dict[str, tuple[Who, str]] = {
    "public-page": ("visitor", "/organizations/medovy-kray"),
    "overview": ("anna", "/dashboard"),
    "qr-code": ("anna", "/dashboard/qr/:id"),
    "stories": ("anna", "/dashboard/producer/stories"),
    "billing": ("anna", "/dashboard/billing"),
    "moderation": ("moderator", "/admin/status-requests"),
}
LARGEST = 150 * 1024
"""Bytes of a picture of the documents."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", help="where the sheets go; made when it is not there")
    parser.add_argument("--data", type=Path, default=ROOT / ".local", help="data folder of the running stack")
    parser.add_argument("--language", choices=LANGUAGES, action="append", help="only this one")
    parser.add_argument("--only", default="", metavar="REGEX", help="only pages whose names match")
    parser.add_argument("--pictures", action="store_true", help="make the pictures of docs/pictures")
    arguments = parser.parse_args()
    if arguments.pictures == (arguments.folder is not None):
        parser.error("a folder, or --pictures")
    enter()
    try:
        stack: dict[str, str] = json.loads((arguments.data / "stack.json").read_text())
    except FileNotFoundError:
        sys.exit(f"No stack is up in {arguments.data}: start one with scripts/start.py.")

    from browser import chromium
    from visits import People, visits

    all_visits = visits(stack["database_url"])
    with chromium() as browser:
        people = People(browser, stack)
        try:
            if arguments.pictures:
                take_pictures(people, all_visits)
                return
            chosen = [
                (number, visit)
                for number, visit in enumerate(all_visits, 1)
                if re.search(arguments.only, visit.name)
            ]
            arguments.folder.mkdir(parents=True, exist_ok=True)
            take_sheets(people, chosen, arguments.language or LANGUAGES, arguments.folder)
        finally:
            people.speak("ru")


def take_sheets(people: People, chosen: list[tuple[int, Visit]], languages: Any, folder: Path) -> None:
    from sheets import index, sheet

    problems = {}
    for language in languages:
        for number, visit in chosen:
            name = f"{number:02}-{visit.name}-{language}"
            found, pictures = look(people, visit, language, folder / name)
            sheet(pictures, folder / f"{name}.png")
            if found:
                problems[name] = found
            print(f"  {name}: {len(found) or 'no'} problems", flush=True)
    (folder / "problems.md").write_text(index(problems))
    print(f"{len(chosen) * len(languages)} sheets and problems.md in {folder}")


def look(
    people: People, visit: Visit, language: Language, folder: Path
) -> tuple[list[str], list[list[Path]]]:
    """One page in one language: its problems, and its pictures by theme and width."""
    folder.mkdir(exist_ok=True)
    pictures: dict[str, list[Path]] = {theme: [] for theme in THEMES}
    widths: dict[str, list[int]] = defaultdict(list)
    context = people.context(visit.who, language, reduced_motion="reduce")
    try:
        page = context.new_page()
        heard = listen(page)
        open_page(page, people.stack["web"] + visit.path)
        for width, height in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                page.evaluate("scrollTo(0, 0)")  # what is fixed stands where it stands on the screen
                settle(page)
                pictures[theme].append(folder / f"{width}-{theme}.png")
                page.screenshot(path=pictures[theme][-1], full_page=True)
            for fault in page.evaluate(FAULTS, language):
                widths[fault].append(width)
    finally:
        context.close()
    found = [f"{fault} ({', '.join(map(str, at))} px)" for fault, at in widths.items()]
    return [*dict.fromkeys(heard), *found], list(pictures.values())


def listen(page: Page) -> list[str]:
    """What the page complains of, while it is open."""
    heard: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            heard.append(f"console: {message.text}")

    def response(answer: Response) -> None:
        if answer.status >= 400:
            heard.append(f"{answer.status}: {answer.request.method} {answer.url}")

    page.on("console", console)
    page.on("pageerror", lambda error: heard.append(f"exception: {error}"))
    page.on("response", response)
    return heard


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)


def settle(page: Page) -> None:
    """Wait until everything is there and drawn."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(READY)
    page.evaluate(PAINTED)


def take_pictures(people: People, all_visits: list[Visit]) -> None:
    """As somebody at a desk sees the pages first, in Russian."""
    from io import BytesIO

    from PIL import Image

    folder = ROOT / "docs" / "pictures"
    folder.mkdir(exist_ok=True)
    paths = {visit.name: visit.path for visit in reversed(all_visits)}
    for name, (who, path) in PICTURES.items():
        address = paths[path.strip("/").replace("/", "-").replace(":", "")] if ":" in path else path
        context = people.context(
            who,
            "ru",
            viewport={"width": 1280, "height": 800},
            device_scale_factor=1.5,
            reduced_motion="reduce",
        )
        page = context.new_page()
        open_page(page, people.stack["web"] + address)
        with Image.open(BytesIO(page.screenshot())) as image:
            file = folder / f"{name}.webp"
            image.convert("RGB").save(file, quality=80, method=6)
        context.close()
        size = file.stat().st_size
        print(f"  {file.relative_to(ROOT)}: {size / 1024:.0f} KB")
        if size > LARGEST:
            sys.exit(f"{file.name} is larger than {LARGEST // 1024} KB.")


if __name__ == "__main__":
    main()
