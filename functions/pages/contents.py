"""What stands at each public address: asked of the database as a visitor, and put into words.

A page that changes here changes in web/src/pages, too: the app draws over it what it asks itself.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from core.database import database
from core.http import Problem
from core.settings import settings
from mail.wording import Language
from markdown_it import MarkdownIt
from markupsafe import Markup
from trust import passport
from trust.passport import Passport, Sentence

from pages import preview, ruler
from pages.saying import HOME, filled, words

Answer = dict[str, Any]

_SLUG = re.compile(r"[a-z0-9-]{3,50}")
_CODE = re.compile(r"[0-9A-Za-z]{10}")
_LEVELS = ("0", "A", "B", "C")
_ON_ONE_PAGE = 20
_LONGEST_DESCRIPTION = 160


@dataclass(frozen=True)
class Page:
    """A page before it is drawn."""

    template: str
    title: str
    """Without the site's name behind it."""
    description: str
    path: str
    """The address that search engines should know it by."""
    values: Answer = field(default_factory=dict)
    """What the template is told besides."""
    picture: str = "/preview.png"
    kind: str = "website"
    """As Open Graph says it."""
    facts: tuple[Answer, ...] = ()
    """JSON-LD: https://schema.org"""
    answers: tuple[tuple[list[str], Any], ...] = ()
    """What the app would ask, by its keys (web/src/api/keys.ts): it begins with these."""
    is_indexed: bool = True
    status: int = 200


async def page_at(path: str, query: Mapping[str, str], language: Language) -> Page:
    """The page at this address of the site; the one that says so where there is none."""
    match path.strip("/").split("/"):
        case [""]:
            return await _home(language)
        case ["levels"]:
            return await _levels(language)
        case [name] if name in PLATFORM_PAGES:
            return await _platform_page(name, query, language)
        case ["organizations"]:
            return await _catalogue(query, language)
        case ["reports"]:
            return await _outcomes(query, language)
        case ["organizations", slug]:
            return await _organization(slug, query, language)
        case ["organizations", slug, "stories", story]:
            return await _story(slug, story, language)
        case ["q", code]:
            return await _printed_code(code, language)
    return nowhere(path, language)


def nowhere(path: str, language: Language) -> Page:
    """404 for an address that is none."""
    t = words(language)["notFound"]
    return _absent(t["title"], filled(t["lead"], language, path=path[:200]), "/", t["home"], path)


def _absent(title: str, lead: str, back: str, back_title: str, path: str) -> Page:
    values = {"lead": lead, "back": back, "back_title": back_title}
    return Page("absent", title, lead, path, values, is_indexed=False, status=404)


async def call(rpc: str, **arguments: Any) -> Any:
    """What an RPC answers a visitor; None where it says 404, or does not take what the address says."""
    try:
        return await database().as_visitor.call(rpc, **arguments)
    except Problem as problem:
        if problem.status in (404, 422):
            return None
        raise


# Organizations


async def organization_at(slug: str) -> Answer | None:
    """What anybody may know of the organization of this address."""
    found: Answer | None = await call("get_organization_page", slug=slug) if _SLUG.fullmatch(slug) else None
    return found


def shown(organization: Answer) -> Passport:
    """Its passport: the seal, and the verdict that the database chose."""
    status = organization["status"]
    held, lost = status["levels"], status["lost"]
    best = held[0] if held else lost[0] if lost else None
    return Passport(
        name=organization["name"],
        slug=organization["slug"],
        level=best["level"] if best else None,
        state="held" if held else "lost" if lost else "none",
        verdict=status["verdict"],
    )


def picture_of(organization: Answer, language: Language) -> str:
    """Where its preview is drawn."""
    version = preview.version(preview.of_organization(organization, shown(organization), language))
    return f"/preview/{organization['slug']}.png?{urlencode({'lang': language, 'version': version})}"


def verdict(sentences: Iterable[Answer], language: Language) -> list[str]:
    return passport.verdict(map(Sentence.model_validate, sentences), language, HOME)


async def _organization(slug: str, query: Mapping[str, str], language: Language) -> Page:
    t = words(language)
    found = await organization_at(slug)
    path = f"/organizations/{quote(slug)}"
    if found is None:
        o = t["organization"]
        return _absent(o["notFoundTitle"], o["notFoundText"], "/", o["notFoundHome"], path)
    one = shown(found)
    seal = passport.seal_words(one, language)
    values = {
        "organization": found,
        "passport": one,
        "ruler": ruler.of_status(found["status"], datetime.now(UTC)),
        "told": None,
    }
    answers: list[tuple[list[str], Any]] = [(["organization", slug], found)]
    if query.get("tab") == "stories" and found["stories"]:
        values["told"], stories = await _stories(found, query)
        answers += stories
    return Page(
        "organization",
        filled(t["organization"]["documentTitle"], language, name=found["name"]),
        filled(t["organization"]["description"], language, name=found["name"], status=seal),
        path,
        values,
        picture_of(found, language),
        "profile",
        (_as_organization(found),),
        tuple(answers),
        is_indexed=found["since"] is not None,
    )


def _as_organization(found: Answer) -> Answer:
    details = found["details"] or {}
    site = settings().site_url
    website = details.get("website_url")
    facts = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "@id": f"{site}/organizations/{found['slug']}",
        "name": found["name"],
        "legalName": found["legal_name"],
        "taxID": found["inn"],
        "description": details.get("description"),
        "logo": logo(details.get("logo_path")),
        "url": website if is_address(website) else None,
        "mainEntityOfPage": f"{site}/organizations/{found['slug']}",
    }
    return {name: fact for name, fact in facts.items() if fact}


def logo(path: str | None) -> str | None:
    """The address of a logo."""
    if not path:
        return None
    return f"{settings().supabase_url}/storage/v1/object/public/organization-logos/{quote(path)}"


def is_address(url: str | None) -> bool:
    """Whether this may be a link: http(s) alone."""
    return bool(url and re.match(r"https?://", url, re.IGNORECASE))


# Stories

_STORY = (
    "id", "organization_id", "story_type", "status", "content_origin", "title", "content_text", "external_url", "media_id",
    "content_video_url", "content_image_url", "thumbnail_url", "published_at",
)  # fmt: skip
"""What is read of a story, here and in the app (web/src/pages/stories/StoryPage.tsx)."""
_STORIES_ON_A_PAGE = 12  # as publishedStories in web/src/api/stories.ts


async def _stories(
    organization: Answer, query: Mapping[str, str]
) -> tuple[Answer, list[tuple[list[str], Any]]]:
    """All that it tells, a page at a time, as OrganizationStoriesTab.tsx shows it; and what the app would ask for."""
    of_type = query.get("type") if query.get("type") in words("ru")["story"]["type"] else None
    before = _moment(query.get("before"))
    visitor = database().as_visitor
    asked = (
        visitor.table("stories")
        .select(*_STORY, "is_featured")
        .eq("organization_id", organization["id"])
        .eq("status", "published")
        .lte("published_at", datetime.now(UTC).isoformat())
        .order("published_at", desc=True)
        .limit(_STORIES_ON_A_PAGE)
    )
    if of_type:
        asked = asked.eq("story_type", of_type)
    if before:
        asked = asked.lt("published_at", before.isoformat())
    stories = await visitor.rows(asked)
    chosen = {"type": of_type} if of_type else {}
    following = None
    if len(stories) == _STORIES_ON_A_PAGE:
        following = "?" + urlencode({"tab": "stories", **chosen, "before": stories[-1]["published_at"]})
    told = {"stories": stories, "type": of_type or "", "following": following}
    key = ["published-stories", organization["id"], of_type or "all"]
    return told, [] if before else [(key, {"pages": [stories], "pageParams": [None]})]


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


async def _story(slug: str, story: str, language: Language) -> Page:
    t = words(language)["story"]
    path = f"/organizations/{quote(slug)}/stories/{quote(story)}"
    try:
        story = str(UUID(story))
    except ValueError:
        return nowhere(path, language)
    visitor = database().as_visitor
    published = visitor.table("stories").select(*_STORY).eq("id", story).eq("status", "published")
    organization, rows = await asyncio.gather(organization_at(slug), visitor.rows(published))
    # What a producer tells is hidden with the rest of what it says of itself.
    is_told = organization and organization["details"] and rows
    if not is_told or rows[0]["organization_id"] != organization["id"]:
        return _absent(
            t["notFoundTitle"], t["notFoundText"], f"/organizations/{quote(slug)}", t["toOrganization"], path
        )
    told = rows[0]
    others = [other for other in organization["stories"] if other["id"] != story]
    site = settings().site_url
    facts = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": told["title"],
        "datePublished": told["published_at"],
        "articleBody": told["content_text"],
        "image": told["content_image_url"] or told["thumbnail_url"],
        "author": {
            "@type": "Organization",
            "name": organization["name"],
            "url": f"{site}/organizations/{slug}",
        },
        "mainEntityOfPage": site + path,
    }
    return Page(
        "story",
        f"{told['title']} · {organization['name']}",
        _short(told["content_text"] or told["title"]),
        path,
        {"organization": organization, "passport": shown(organization), "story": told, "others": others},
        picture_of(organization, language),
        "article",
        ({name: fact for name, fact in facts.items() if fact},),
        ((["organization", slug], organization), (["story", story], told)),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_DESCRIPTION else f"{line[: _LONGEST_DESCRIPTION - 1]}…"


# Printed codes


async def _printed_code(code: str, language: Language) -> Page:
    t = words(language)["qr"]
    found = await call("get_qr_page", code=code) if _CODE.fullmatch(code) else None
    path = f"/q/{quote(code)}"
    if found is None:
        return _absent(t["unknownTitle"], t["unknownText"], "/", t["unknownHome"], path)
    organization = found["organization"]
    title = organization["name"] if organization else t["state"]["unproven"]
    text = t["text"]["unproven" if found["state"] == "active" else found["state"]]
    values = {"found": found, "organization": organization, "title": title, "text": text}
    if organization:
        values["passport"] = shown(organization)
        values["ruler"] = ruler.of_status(organization["status"], datetime.now(UTC))
        said = verdict(organization["status"]["verdict"], language)
    else:
        said = [text]
    return Page(
        "code",
        filled(t["documentTitle"], language, name=title),
        _short(" ".join(said)),
        path,
        values,
        picture_of(organization, language) if organization else "/preview.png",
        answers=((["qr-page", code], found),),
        is_indexed=False,  # the organization has a page of its own
    )


# The catalogue


async def _catalogue(query: Mapping[str, str], language: Language) -> Page:
    t = words(language)["catalogue"]
    asked = {
        name: query.get(name, "").strip()[:200].replace("\0", "")
        for name in ("q", "level", "category", "region", "after")
    }
    asked = {name: value for name, value in asked.items() if value}
    if asked.get("level") not in _LEVELS:
        asked.pop("level", None)
    narrowed = {"query" if name == "q" else name: value for name, value in asked.items()}
    found, choices = await asyncio.gather(
        call("search_organizations", max_items=_ON_ONE_PAGE, **narrowed), call("get_catalogue_choices")
    )
    if found is None:  # a place in the list that is none
        return nowhere("/organizations", language)
    items = found["items"]
    following = {**asked, "after": found["next"]} if found["next"] else None
    site = settings().site_url
    facts = {
        "@context": "https://schema.org",
        "@type": "ItemList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": place,
                "name": item["name"],
                "url": f"{site}/organizations/{item['slug']}",
            }
            for place, item in enumerate(items, 1)
        ],
    }
    values = {
        "items": items,
        "query": asked.get("q", ""),
        "asked": asked,
        "categories": _chosen_among(asked.get("category"), choices["categories"]),
        "regions": _chosen_among(asked.get("region"), choices["regions"]),
        "is_narrowed": bool(asked.keys() - {"q", "after"}),
        "following": following and f"/organizations?{urlencode(following)}",
    }
    is_list = asked.keys() <= {"after"}
    key = ["catalogue", *(asked.get(name, "") for name in ("q", "level", "category", "region"))]
    answers: list[tuple[list[str], Any]] = [(["catalogue-choices"], choices)]
    if "after" not in asked:
        answers.append((key, {"pages": [found], "pageParams": [None]}))
    path = f"/organizations?{urlencode(asked)}" if asked else "/organizations"
    return Page(
        "catalogue", t["title"], t["description"], path if is_list else "/organizations", values,
        facts=(facts,), answers=tuple(answers), is_indexed=is_list,
    )  # fmt: skip


def _chosen_among(chosen: str | None, known: list[str]) -> list[str]:
    """What may be chosen, and what is chosen although nobody is of it any more."""
    return [chosen, *known] if chosen and chosen not in known else known


# What became of reports


async def _outcomes(query: Mapping[str, str], language: Language) -> Page:
    t = words(language)["outcomes"]
    after = query.get("after", "")[:60].replace("\0", "")
    found = await call("list_report_outcomes", max_items=_ON_ONE_PAGE, **({"after": after} if after else {}))
    if found is None:  # a place in the list that is none
        return nowhere("/reports", language)
    values = {
        "found": found,
        "following": found["next"] and f"/reports?{urlencode({'after': found['next']})}",
    }
    answers = () if after else ((["report-outcomes"], {"pages": [found], "pageParams": [None]}),)
    path = f"/reports?{urlencode({'after': after})}" if after else "/reports"
    return Page("outcomes", t["title"], t["description"], path, values, answers=answers)


# What Chestno says of itself

_PLAN = (
    "id",
    "level",
    "title",
    "amount",
    "currency",
    "period",
    "trial_days",
    "requires_verification",
    "limits",
)


async def _plans() -> list[Answer]:
    visitor = database().as_visitor
    return await visitor.rows(
        visitor.table("subscription_plans").select(*_PLAN).eq("is_active", "true").order("position")
    )


async def _home(language: Language) -> Page:
    t = words(language)["home"]
    site = settings().site_url
    facts = {
        "@context": "https://schema.org",
        "@type": "WebSite",
        "name": words(language)["brand"],
        "url": f"{site}/",
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": f"{site}/organizations?q={{name}}"},
            "query-input": "required name=name",
        },
    }
    plans = await _plans()
    values = {"prices": _prices(plans)}
    return Page("home", t["title"], t["lead"], "/", values, facts=(facts,), answers=((["plans"], plans),))


async def _levels(language: Language) -> Page:
    t = words(language)["level"]
    visitor = database().as_visitor
    criteria = (
        visitor.table("level_c_criteria").select("key", "required", "window_days").eq("is_active", "true")
    )
    plans, asked = await asyncio.gather(_plans(), visitor.rows(criteria.order("position")))
    values = {
        "prices": _prices(plans),
        "criteria": asked,
        "trial_days": max((plan["trial_days"] for plan in plans), default=0),
    }
    answers = ((["plans"], plans), (["level-c-criteria"], asked))
    return Page("levels", t["title"], t["description"], "/levels", values, answers=answers)


def _prices(plans: list[Answer]) -> dict[str, Answer]:
    """Of each level its plan for a month, with what a year costs."""
    found = {}
    for plan in plans:
        if plan["period"] == "month":
            years = [each for each in plans if each["level"] == plan["level"] and each["period"] == "year"]
            found[plan["level"]] = {**plan, "year": years[0] if years else None}
    return found


PLATFORM_PAGES = {
    "about": "about",
    "how-we-verify": "how_we_verify",
    "offer": "offer",
    "privacy": "privacy",
    "contacts": "contacts",
}
"""Where Chestno says what it is: the key of each address in `platform_pages`."""

_VERSION = re.compile(r"[1-9]\d{0,5}")
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
"""As web/src/pages/platform/PlatformPage.tsx: no HTML in a text is HTML on the page."""


async def _platform_page(name: str, query: Mapping[str, str], language: Language) -> Page:
    t = words(language)["platform"]
    key, path = PLATFORM_PAGES[name], f"/{name}"
    version = query.get("version", "")
    wanted = {"version": int(version)} if _VERSION.fullmatch(version) else {}
    text = await call("get_platform_page", key=key, locale=language, **wanted)
    if text is None:
        return _absent(t["absentTitle"], t["absentText"], "/support", words(language)["writeToUs"], path)
    is_old = text["version"] != text["versions"][0]["version"]
    answers = [(["platform-page", key, language, str(wanted.get("version", ""))], text)]
    guide = await call("verification_guide") if key == "how_we_verify" else None
    if guide:
        answers.append((["verification-guide", ""], guide))
    values = {"text": text, "is_old": is_old, "body": Markup(_MARKDOWN.render(text["body"])), "guide": guide}  # noqa: S704 - HTML of markdown-it alone
    return Page(
        "platform",
        text["title"],
        _short(_in_plain_words(text["body"])),
        path,
        values,
        answers=tuple(answers),
        is_indexed=not is_old,
    )


def _in_plain_words(markdown: str) -> str:
    """The first paragraph, without its signs."""
    for token in _MARKDOWN.parse(markdown):
        if token.type == "inline":
            return "".join(part.content for part in token.children or [] if part.type == "text")
    return ""
