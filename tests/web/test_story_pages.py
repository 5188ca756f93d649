"""Stories from the first word to a reader: written, moderated, read, mended, taken down."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from kit.people import Person, a_moderator
from playwright.sync_api import Locator, Response, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import PHONE
from web.payer import Payer
from web.somebody import Somebody

MINE = "/dashboard/producer/stories"
QUEUE = "/admin/stories/moderation"
ATTACK = "<img src=x onerror=alert(1)> {{7*7}} <script>alert(1)</script>"


@dataclass
class Newsroom:
    """An organization on trial with an editor, and a moderator."""

    payer: Payer
    editor: Person
    moderator: Person

    @property
    def slug(self) -> str:
        return self.payer.team.slug

    def write(self, title: str, **more: Any) -> dict[str, Any]:
        (story,) = self.editor.insert(
            "stories",
            organization_id=self.payer.id,
            story_type="service_showcase",
            title=title,
            content_text="Рано утром, пока пчёлы сонные.",
            **more,
        )
        return story

    def submit(self, title: str) -> dict[str, Any]:
        story: dict[str, Any] = self.editor.rpc("submit_story", story_id=self.write(title)["id"])
        return story

    def publish(self, title: str) -> dict[str, Any]:
        story: dict[str, Any] = self.moderator.rpc("approve_story", story_id=self.submit(title)["id"])
        return story


@pytest.fixture
def newsroom(stack: Stack) -> Newsroom:
    payer = Payer(stack.addresses)
    payer.pays("trial")
    return Newsroom(payer, payer.team.join("editor", "Вера"), a_moderator(stack.addresses))


def row(somebody: Somebody, title: str) -> Locator:
    return somebody.page.get_by_role("row").filter(has_text=title)


def is_a_view(response: Response) -> bool:
    return response.request.method == "POST" and response.url.endswith("/rpc/record_story_view")


def chooses(somebody: Somebody, title: str, action: str) -> None:
    somebody.button(f"Что сделать с историей «{title}»").click()
    somebody.page.get_by_role("menuitem", name=action).click()


def test_from_the_first_word_to_a_reader(newsroom: Newsroom, new_somebody: NewSomebody) -> None:
    title = f"Как мы качаем мёд {newsroom.slug}"
    vera = new_somebody()
    vera.sign_in(newsroom.editor, MINE)
    expect(vera.page.get_by_text("Историй пока нет")).to_be_visible()
    vera.link("Новая история").click()
    vera.sees_heading("Новая история")
    vera.page.get_by_label("Как мы работаем").check()
    vera.button("Дальше").click()
    vera.page.get_by_label("Название").fill(title)
    vera.page.get_by_label("Текст").fill(ATTACK)
    # a reload loses nothing
    vera.page.reload()
    expect(vera.page.get_by_label("Текст")).to_have_value(ATTACK)
    vera.button("Дальше").click()
    expect(vera.page.get_by_role("region", name="Так историю увидят покупатели")).to_contain_text(ATTACK)
    vera.button("Отправить на проверку").click()
    vera.sees_heading("Истории")
    expect(row(vera, title)).to_contain_text("На проверке")

    moderator = new_somebody()
    moderator.sign_in(newsroom.moderator, QUEUE)
    moderator.sees_heading("Истории на проверке")
    moderator.button(f"Прочесть «{title}»").click()
    dialog = moderator.page.get_by_role("dialog", name="Решение")
    expect(dialog).to_contain_text(ATTACK)
    dialog.get_by_role("button", name="Отклонить").click()
    expect(dialog.get_by_label("Причина")).to_be_focused()
    dialog.get_by_label("Причина").select_option("advertising")
    dialog.get_by_label("Что исправить").fill("Уберите цены.")
    dialog.get_by_role("button", name="Отклонить").click()
    expect(moderator.page.get_by_text("История отклонена")).to_be_visible()
    expect(moderator.button(f"Прочесть «{title}»")).to_have_count(0)

    vera.page.reload()
    expect(row(vera, title)).to_contain_text("Уберите цены.")
    vera.link(title).click()
    vera.sees_heading("Правка истории")
    expect(vera.page.get_by_text("Уберите цены.")).to_be_visible()
    vera.page.get_by_label("Текст").fill("Рано утром,\nпока пчёлы сонные.")
    vera.button("Дальше").click()
    vera.button("Отправить на проверку").click()
    expect(row(vera, title)).to_contain_text("На проверке")

    moderator.open(QUEUE)
    moderator.button(f"Прочесть «{title}»").click()
    expect(dialog).to_contain_text("пока пчёлы сонные")
    dialog.get_by_text("Что было с историей").click()
    expect(dialog.get_by_text("Уберите цены.")).to_be_visible()
    dialog.get_by_role("button", name="Опубликовать").click()
    expect(moderator.page.get_by_text("История опубликована")).to_be_visible()

    buyer = new_somebody()
    buyer.open(f"/organizations/{newsroom.slug}")
    buyer.link(title).click()
    buyer.sees_heading(title)
    expect(buyer.page.get_by_text("Перед публикацией историю прочёл модератор")).to_be_visible()
    with buyer.page.expect_response(is_a_view):
        buyer.page.reload()
    (story,) = newsroom.editor.get("stories", title=f"eq.{title}")
    assert story["view_count"] == 1
    vera.open(f"/organizations/{newsroom.slug}/stories/{story['id']}")
    vera.sees_heading(title)
    vera.open(MINE)
    expect(row(vera, title)).to_contain_text("Опубликована")


def test_what_an_organization_does_with_its_stories(newsroom: Newsroom, new_somebody: NewSomebody) -> None:
    newsroom.publish("Первая история")
    newsroom.publish("Вторая история")
    newsroom.write("Черновик о меде")
    vera = new_somebody()
    vera.sign_in(newsroom.editor, MINE)
    expect(row(vera, "Первая история")).to_contain_text("Опубликована")

    chooses(vera, "Первая история", "Поставить первой")
    expect(row(vera, "Первая история")).to_contain_text("Стоит первой")
    chooses(vera, "Черновик о меде", "Удалить")
    expect(row(vera, "Черновик о меде")).to_have_count(0)
    vera.button("Вернуть").click()
    expect(row(vera, "Черновик о меде")).to_contain_text("Черновик")

    buyer = new_somebody()
    buyer.open(f"/organizations/{newsroom.slug}?tab=stories")
    expect(buyer.page.get_by_text("Главное")).to_be_visible()
    expect(buyer.link("Вторая история")).to_be_visible()
    buyer.page.get_by_label("Тип").select_option("event_announcement")
    expect(buyer.page.get_by_text("Такого производитель ещё не рассказывал.")).to_be_visible()

    chooses(vera, "Вторая история", "Снять с публикации")
    vera.page.get_by_role("dialog").get_by_role("button", name="Снять с публикации").click()
    expect(row(vera, "Вторая история")).to_contain_text("Черновик")
    buyer.page.reload()
    expect(buyer.page.get_by_label("Тип")).to_have_value("event_announcement")  # it stands in the address
    buyer.page.get_by_label("Тип").select_option("")
    expect(buyer.link("Первая история")).to_be_visible()
    expect(buyer.link("Вторая история")).to_have_count(0)


def test_a_rejection_is_appealed_to_another_moderator(
    newsroom: Newsroom, new_somebody: NewSomebody, stack: Stack
) -> None:
    title = f"Обжалование {newsroom.slug}"
    story = newsroom.submit(title)
    newsroom.moderator.rpc(
        "reject_story", story_id=story["id"], code="off_topic", comment="Не о производстве"
    )
    vera = new_somebody()
    vera.sign_in(newsroom.editor, MINE)
    chooses(vera, title, "Обжаловать")
    dialog = vera.page.get_by_role("dialog", name="Обжаловать решение")
    dialog.get_by_label("Почему историю стоит опубликовать").fill("Она о том, как мы работаем")
    dialog.get_by_role("button", name="Обжаловать").click()
    expect(row(vera, title)).to_contain_text("На проверке")

    same = new_somebody()
    same.sign_in(newsroom.moderator, QUEUE)
    with same.watch.refusal(403, "/rest/v1/rpc/claim_story"):
        same.button(f"Прочесть «{title}»").click()
        expect(same.page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    another = new_somebody()
    another.sign_in(a_moderator(stack.addresses), QUEUE)
    expect(row(another, title)).to_contain_text("Обжалование")
    another.button(f"Прочесть «{title}»").click()
    dialog = another.page.get_by_role("dialog", name="Решение")
    dialog.get_by_text("Что было с историей").click()
    expect(dialog.get_by_text("Она о том, как мы работаем")).to_be_visible()
    dialog.get_by_role("button", name="Опубликовать").click()
    expect(another.page.get_by_text("История опубликована")).to_be_visible()


def test_without_a_subscription_the_way_to_one_is_shown(new_somebody: NewSomebody, stack: Stack) -> None:
    payer = Payer(stack.addresses)
    anna = new_somebody()
    anna.sign_in(payer.owner, f"{MINE}/new")
    anna.button("Дальше").click()
    anna.page.get_by_label("Название").fill("Мёд")
    with anna.watch.refusal(402, "/rest/v1/stories"):
        anna.button("Сохранить черновик").click()
        expect(anna.page.get_by_text("Истории пишут по подписке или в пробный период.")).to_be_visible()
    anna.link("Перейти к оплате").click()
    anna.sees_heading("Оплата")
    anna.open(f"{MINE}/new")
    expect(anna.page.get_by_label("Название")).to_have_value("Мёд")


def test_a_time_is_the_organizations(newsroom: Newsroom, new_somebody: NewSomebody) -> None:
    """Field case 30: the form is by Moscow's clocks, in a browser that has others."""
    vera = new_somebody()
    vera.sign_in(newsroom.editor, f"{MINE}/new")
    vera.button("Дальше").click()
    vera.page.get_by_label("Название").fill("Завтрашняя")
    vera.page.get_by_label("Текст").fill("О завтра.")
    expect(vera.page.get_by_text("Москва, стандартное время")).to_be_visible()
    vera.page.get_by_label("Опубликовать не раньше").fill("2027-03-12T10:00")
    vera.button("Сохранить черновик").click()
    vera.sees_heading("Истории")
    (story,) = newsroom.editor.get("stories", title="eq.Завтрашняя")
    assert story["scheduled_publish_at"] == "2027-03-12T07:00:00+00:00"


def test_a_type_chosen_before_the_app_is_there_is_kept(newsroom: Newsroom, boris: Somebody) -> None:
    newsroom.publish("Как мы работаем")
    page, stories = boris.page, f"/organizations/{newsroom.slug}?tab=stories"
    with boris.before_the_app(stories):
        page.get_by_label("Тип").select_option("event_announcement")
    expect(page.get_by_text("Такого производитель ещё не рассказывал.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?tab=stories&type=event_announcement$"))
    with boris.before_the_app(f"{stories}&type=event_announcement"):
        page.get_by_label("Тип").select_option("")
    expect(boris.link("Как мы работаем")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?tab=stories$"))


def test_on_a_phone_the_bar_covers_no_step_of_writing(newsroom: Newsroom, new_somebody: NewSomebody) -> None:
    vera = new_somebody(viewport=PHONE)
    vera.sign_in(newsroom.editor, f"{MINE}/new")
    bar = vera.page.get_by_role("navigation").filter(has=vera.button("Ещё")).bounding_box()
    for step in ("Дальше", "Сохранить черновик"):
        place = vera.button(step).bounding_box()
        assert place
        assert bar
        assert place["y"] + place["height"] <= bar["y"], step


def test_a_story_that_is_not_there(anna: Somebody, newsroom: Newsroom) -> None:
    draft = newsroom.write("Черновик")
    newsroom.publish("Есть")
    with anna.watch.refusal(406, "/rest/v1/stories"):
        anna.open(f"/organizations/{newsroom.slug}/stories/{draft['id']}")
        anna.sees_heading("Такой истории нет")
    anna.link("К странице производителя").click()
    anna.sees_heading("Пасека Ивановых")
