"""Videos and pictures of stories: sent, looked at, watched by a moderator and by a buyer, and gone when the story is."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from kit.people import a_moderator
from kit.server import CLIENT
from kit.videos import film
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Route, ViewportSize, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import DESKTOP, PHONE
from web.payer import Payer
from web.somebody import Somebody
from web.test_story_pages import MINE, QUEUE, Newsroom, row

CHECKED = "Файл проверен."
UPLOADS = "**/storage/v1/object/story-uploads/**"
CHECKING = 30_000  # ms: a machine with other things to do looks at a film for a while


@pytest.fixture
def newsroom(stack: Stack) -> Newsroom:
    payer = Payer(stack.addresses)
    payer.pays("trial")
    return Newsroom(payer, payer.team.join("editor", "Вера"), a_moderator(stack.addresses))


@pytest.fixture(params=[PHONE, DESKTOP], ids=["360", "1280"])
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    size: ViewportSize = request.param
    return size


def video(name: str = "ульи.mp4") -> FilePayload:
    return {"name": name, "mimeType": "video/mp4", "buffer": film(sound="aac", seconds=3)}


def picture(name: str = "ульи.png", size: tuple[int, int] = (900, 600)) -> FilePayload:
    to = BytesIO()
    Image.new("RGB", size, (200, 150, 40)).save(to, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": to.getvalue()}


def begins(somebody: Somebody, title: str) -> None:
    """A new story, at the step where its text is."""
    somebody.open(f"{MINE}/new")
    somebody.button("Дальше").click()
    somebody.page.get_by_label("Название").fill(title)


def chooses(somebody: Somebody, file: FilePayload) -> None:
    somebody.page.locator("input[type=file]").set_input_files(file)


def field(somebody: Somebody) -> Locator:
    return somebody.page.get_by_role("group", name="Видео или фото")


def holds(somebody: Somebody, file: FilePayload) -> list[Route]:
    """Choose a file that does not arrive; the way it was to go."""
    routes: list[Route] = []
    somebody.page.route(UPLOADS, lambda route: routes.append(route))
    with somebody.page.expect_request(UPLOADS):
        chooses(somebody, file)
    expect(field(somebody).get_by_role("progressbar")).to_be_visible()
    return routes


def is_checked(somebody: Somebody) -> None:
    expect(field(somebody)).to_contain_text(CHECKED, timeout=CHECKING)


def plays(within: Locator, title: str) -> None:
    """Press the button, and see the film go on."""
    player = within.get_by_role("group", name=f"Видео: {title}")
    player.get_by_role("button", name="Воспроизвести").click()
    player.locator("video").evaluate("""video => new Promise((done) => {
      const look = () => video.currentTime > 0.2 && done();
      video.addEventListener("timeupdate", look);
      look();
    })""")


def story_called(newsroom: Newsroom, title: str) -> dict[str, Any]:
    (story,) = newsroom.editor.get("stories", title=f"eq.{title}")
    return story


def test_a_video_from_its_author_to_a_buyer(
    newsroom: Newsroom, new_somebody: NewSomebody, viewport: ViewportSize
) -> None:
    title = f"Как мы качаем мёд {newsroom.slug}"
    vera = new_somebody(viewport=viewport)
    vera.sign_in(newsroom.editor, MINE)
    begins(vera, title)
    chooses(vera, video())
    is_checked(vera)
    vera.button("Дальше").click()
    plays(vera.page.get_by_role("region", name="Так историю увидят покупатели"), title)
    vera.button("Отправить на проверку").click()
    expect(row(vera, title)).to_contain_text("На проверке")

    buyer = new_somebody(viewport=viewport)
    story = story_called(newsroom, title)
    address = story["content_video_url"]
    assert CLIENT.get(address).status_code == 404, "nobody but a moderator looks at it yet"

    moderator = new_somebody(viewport=viewport)
    moderator.sign_in(newsroom.moderator, QUEUE)
    moderator.button(f"Прочесть «{title}»").click()
    dialog = moderator.page.get_by_role("dialog", name="Решение")
    plays(dialog, title)
    dialog.get_by_role("button", name="Опубликовать").click()
    expect(moderator.page.get_by_text("История опубликована")).to_be_visible()

    buyer.open(f"/organizations/{newsroom.slug}?tab=stories")
    expect(buyer.page.get_by_role("article").locator("img")).to_have_js_property("complete", True)
    buyer.link(title).click()
    buyer.sees_heading(title)
    plays(buyer.page.get_by_role("article").first, title)
    assert CLIENT.get(address, follow_redirects=True).content

    newsroom.editor.rpc("unpublish_story", story_id=story["id"])
    assert CLIENT.get(address).status_code == 404
    with buyer.watch.refusal(406, "/rest/v1/stories"):
        buyer.page.reload()
        buyer.sees_heading("Такой истории нет")


def test_a_picture_from_its_author_to_a_buyer(
    newsroom: Newsroom, new_somebody: NewSomebody, viewport: ViewportSize
) -> None:
    title = f"Ульи {newsroom.slug}"
    vera = new_somebody(viewport=viewport)
    vera.sign_in(newsroom.editor, MINE)
    begins(vera, title)
    chooses(vera, picture())
    is_checked(vera)
    vera.button("Дальше").click()
    vera.button("Отправить на проверку").click()
    expect(row(vera, title)).to_contain_text("На проверке")
    newsroom.moderator.rpc("approve_story", story_id=story_called(newsroom, title)["id"])

    buyer = new_somebody(viewport=viewport)
    buyer.open(f"/organizations/{newsroom.slug}/stories/{story_called(newsroom, title)['id']}")
    shown = buyer.page.get_by_role("img", name=f"Фото к истории «{title}»")
    expect(shown).to_have_js_property("naturalWidth", 900)
    buyer.button(re.compile("Открыть на весь экран")).click()
    whole = buyer.page.get_by_role("dialog", name=f"Фото к истории «{title}»")
    expect(whole).to_be_visible()
    buyer.page.keyboard.press("Escape")
    expect(whole).to_have_count(0)
    expect(buyer.button(re.compile("Открыть на весь экран"))).to_be_focused()


def test_a_picture_is_pulled_away_with_a_finger(newsroom: Newsroom, new_somebody: NewSomebody) -> None:
    title = f"Соты {newsroom.slug}"
    vera = new_somebody(viewport=PHONE, has_touch=True)
    vera.sign_in(newsroom.editor, MINE)
    begins(vera, title)
    chooses(vera, picture())
    is_checked(vera)
    vera.button("Дальше").click()
    vera.button(re.compile("Открыть на весь экран")).tap()
    whole = vera.page.get_by_role("dialog", name=f"Фото к истории «{title}»")
    expect(whole).to_be_visible()
    finger = vera.page.context.new_cdp_session(vera.page)
    moves = [("touchStart", 300), ("touchMove", 400), ("touchMove", 500), ("touchEnd", None)]
    for kind, y in moves:
        points = [] if y is None else [{"x": 180, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(whole).to_have_count(0)


def test_a_file_that_is_not_what_it_says_is_refused_with_the_reason(
    newsroom: Newsroom, new_somebody: NewSomebody
) -> None:
    vera = new_somebody()
    vera.sign_in(newsroom.editor, MINE)
    begins(vera, "Ульи")
    chooses(vera, {**picture(), "name": "ульи.mp4", "mimeType": "video/mp4"})
    alert = field(vera).get_by_role("alert")
    expect(alert).to_contain_text("Файл «ульи.mp4» не подошёл", timeout=CHECKING)
    expect(alert).to_contain_text("одного названия мало")
    vera.button("3. Просмотр").click()
    vera.button("Отправить на проверку").click()
    expect(vera.page.get_by_text("Файл не отправлен.")).to_be_focused()
    chooses(vera, video())
    is_checked(vera)
    chooses(vera, {"name": "письмо.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(alert).to_contain_text("Файл «письмо.txt» не подошёл")
    vera.button("Убрать").click()
    expect(field(vera)).to_be_focused()
    expect(alert).to_have_count(0)


@pytest.fixture
def held(newsroom: Newsroom, new_somebody: NewSomebody) -> tuple[Somebody, list[Route]]:
    """An author whose file is on its way and does not arrive."""
    vera = new_somebody()
    vera.sign_in(newsroom.editor, MINE)
    begins(vera, "Ульи")
    return vera, holds(vera, video())


def test_a_file_is_stopped_and_another_chosen(held: tuple[Somebody, list[Route]]) -> None:
    vera, _ = held
    vera.button("Сохранить черновик").click()
    expect(vera.page.get_by_text("Файл ещё отправляется или проверяется.")).to_be_focused()
    vera.button("Остановить").click()
    expect(field(vera).get_by_role("progressbar")).to_have_count(0)
    vera.page.unroute(UPLOADS)
    chooses(vera, picture())
    is_checked(vera)


def test_a_lost_connection_loses_neither_text_nor_file(held: tuple[Somebody, list[Route]]) -> None:
    vera, routes = held
    routes[0].abort("aborted")
    expect(field(vera).get_by_role("alert")).to_contain_text("Связь пропала, файл не дошёл.")
    vera.page.unroute(UPLOADS)
    vera.button("Отправить ещё раз").click()
    is_checked(vera)
    expect(vera.page.get_by_label("Название")).to_have_value("Ульи")


def test_a_reload_in_the_middle_keeps_the_text_and_asks_for_the_file(
    held: tuple[Somebody, list[Route]], newsroom: Newsroom
) -> None:
    vera, _ = held
    vera.page.reload()
    expect(field(vera)).to_contain_text("Файл «ульи.mp4» не успел отправиться")
    expect(vera.page.get_by_label("Название")).to_have_value("Ульи")
    vera.page.unroute(UPLOADS)
    chooses(vera, video())
    is_checked(vera)
    vera.page.reload()
    is_checked(vera)
    vera.button("Сохранить черновик").click()
    vera.sees_heading("Истории")
    story = story_called(newsroom, "Ульи")
    assert story["media_id"]
    assert story["content_video_url"]
    vera.open(f"{MINE}/{story['id']}/edit")
    is_checked(vera)


def test_a_reload_while_it_is_looked_at_waits_for_what_is_found(
    newsroom: Newsroom, new_somebody: NewSomebody
) -> None:
    vera = new_somebody()
    vera.sign_in(newsroom.editor, MINE)
    begins(vera, "Ульи")
    never: list[Route] = []
    vera.page.route("**/validate_video", lambda route: never.append(route))
    with vera.page.expect_request("**/validate_video"):
        chooses(vera, video())
    expect(field(vera)).to_contain_text("Проверяем файл")
    vera.page.unroute("**/validate_video")
    vera.page.reload()
    is_checked(vera)


def test_without_a_subscription_the_file_is_refused_with_the_way_to_one(
    new_somebody: NewSomebody, stack: Stack
) -> None:
    payer = Payer(stack.addresses)
    anna = new_somebody()
    anna.sign_in(payer.owner, MINE)
    begins(anna, "Ульи")
    with anna.watch.refusal(402, "/rest/v1/rpc/create_story_media"):
        chooses(anna, video())
        expect(field(anna).get_by_role("alert")).to_contain_text("по подписке или в пробный период")
    field(anna).get_by_role("link", name="Перейти к оплате").click()
    anna.sees_heading("Оплата")


def test_the_player_comes_only_with_a_video(newsroom: Newsroom, new_somebody: NewSomebody) -> None:
    story = newsroom.publish("Без видео")
    buyer = new_somebody()
    asked: list[str] = []
    buyer.page.on("request", lambda request: asked.append(request.url))
    buyer.open(f"/organizations/{newsroom.slug}/stories/{story['id']}")
    buyer.sees_heading("Без видео")
    assert asked
    assert not [url for url in asked if "VideoPlayer" in url]
