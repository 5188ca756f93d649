"""The pages of stories, looked at by axe-core and for their width, on a phone and at a desk, in both themes."""

from __future__ import annotations

import re

import pytest
from kit.people import a_moderator
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import DESKTOP, IN_RUSSIAN, Form, Looks
from web.payer import Payer
from web.test_accessibility import IN_BOTH_SIZES
from web.test_story_media_pages import (
    CHECKED,
    CHECKING,
    UPLOADS,
    begins,
    chooses,
    field,
    holds,
    picture,
    video,
)
from web.test_story_pages import MINE, QUEUE, Newsroom, row


@pytest.fixture(scope="module")
def stories(new_walker: NewSomebody, stack: Stack) -> Looks:
    payer = Payer(stack.addresses)
    payer.pays("trial")
    newsroom = Newsroom(payer, payer.owner, a_moderator(stack.addresses))
    vera = new_walker(viewport=DESKTOP)
    looks = Looks(vera.page, IN_RUSSIAN)
    vera.sign_in(newsroom.editor, MINE)
    expect(vera.page.get_by_text("Историй пока нет")).to_be_visible()
    looks.at("no stories")
    published = [newsroom.publish(f"История о том, как устроена пасека, {number}") for number in range(4)]
    newsroom.editor.rpc("feature_story", story_id=published[0]["id"])
    newsroom.write("Черновик")
    waiting = newsroom.submit("Ждёт модератора")
    rejected = newsroom.submit("Отклонённая")
    newsroom.moderator.rpc(
        "reject_story", story_id=rejected["id"], code="low_quality", comment="Слишком коротко."
    )
    vera.page.reload()
    expect(row(vera, "Отклонённая")).to_contain_text("Слишком коротко.")
    looks.at("stories")
    vera.open(f"{MINE}/new")
    vera.sees_heading("Новая история")
    looks.at("a story's type")
    vera.button("Дальше").click()
    vera.button("Сохранить черновик").click()
    expect(vera.page.get_by_label("Название")).to_be_focused()
    looks.at("a story's text, with a mistake")
    vera.button(re.compile("3. Просмотр")).click()
    looks.at("a story's preview")
    vera.open(f"{MINE}/{waiting['id']}/edit")
    vera.sees_some_heading()
    looks.at("a story under review")
    vera.open(f"/organizations/{newsroom.slug}?tab=stories")
    expect(vera.page.get_by_text("Главное")).to_be_visible()
    looks.at("an organization's stories")
    vera.open(f"/organizations/{newsroom.slug}/stories/{published[1]['id']}")
    vera.sees_some_heading()
    looks.at("a story")
    return looks


@IN_BOTH_SIZES
def test_every_page(stories: Looks, form: Form) -> None:
    stories.assert_content(form)


@pytest.fixture(scope="module")
def moderation(new_walker: NewSomebody, stack: Stack) -> Looks:
    payer = Payer(stack.addresses)
    payer.pays("trial")
    newsroom = Newsroom(payer, payer.owner, a_moderator(stack.addresses))
    title = f"Ждёт {newsroom.slug}"
    newsroom.submit(title)
    moderator = new_walker(viewport=DESKTOP)
    looks = Looks(moderator.page, IN_RUSSIAN)
    moderator.sign_in(newsroom.moderator, QUEUE)
    expect(moderator.button(f"Прочесть «{title}»")).to_be_visible()
    looks.at("the queue")
    moderator.button(f"Прочесть «{title}»").click()
    expect(moderator.page.get_by_role("button", name="Опубликовать")).to_be_visible()
    looks.at("a story before a moderator")
    return looks


@IN_BOTH_SIZES
def test_moderation(moderation: Looks, form: Form) -> None:
    moderation.assert_content(form)


@pytest.fixture(scope="module")
def media(new_walker: NewSomebody, stack: Stack) -> Looks:
    """A file of a story: on its way, lost, refused, good; watched."""
    payer = Payer(stack.addresses)
    payer.pays("trial")
    newsroom = Newsroom(payer, payer.owner, a_moderator(stack.addresses))
    vera = new_walker(viewport=DESKTOP)
    looks = Looks(vera.page, IN_RUSSIAN)
    vera.sign_in(newsroom.editor, MINE)
    begins(vera, "Ульи")
    held = holds(vera, video())
    held[0].abort("aborted")
    expect(field(vera).get_by_role("alert")).to_be_visible()
    vera.page.unroute(UPLOADS)
    looks.at("a file that did not arrive")
    chooses(vera, {**picture(), "name": "ульи.mp4", "mimeType": "video/mp4"})
    expect(field(vera).get_by_role("alert")).to_contain_text("не подошёл", timeout=CHECKING)
    looks.at("a file that is refused")
    chooses(vera, video())
    expect(field(vera)).to_contain_text(CHECKED, timeout=CHECKING)
    looks.at("a file that is good")
    vera.button("Дальше").click()
    expect(vera.page.get_by_role("slider", name="Перемотка")).to_be_visible()
    looks.at("a story's video, before it is sent for review")
    vera.button("Назад").click()
    chooses(vera, picture())
    expect(field(vera)).to_contain_text(CHECKED, timeout=CHECKING)
    vera.button("Дальше").click()
    vera.button(re.compile("Открыть на весь экран")).click()
    expect(vera.page.get_by_role("dialog")).to_be_visible()
    looks.at("a picture over the whole screen")
    vera.page.keyboard.press("Escape")
    looks.at("a story's picture")
    return looks


@IN_BOTH_SIZES
def test_media(media: Looks, form: Form) -> None:
    media.assert_content(form)
