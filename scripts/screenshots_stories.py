"""Pictures of stories: where they are written, moderated and read (screenshots.py, part "stories")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from screenshots import Camera, Product

MINE = "/dashboard/producer/stories"
TEXT = (
    "Ульи стоят на опушке, где с мая до августа цветёт липа.\n\n"
    "Качаем мёд на рассвете, пока пчёлы сонные, не греем его и не смешиваем с прошлогодним."
)


def take_stories(camera: Camera, product: Product, other: Page) -> None:
    """`other`: the moderator."""
    from screenshots import PASSWORD, sign_in
    from stack.demo import PASSWORD as DEMO_PASSWORD

    page, authors = camera.page, camera.page
    product.found()
    product.describe("ru")
    product.pay(product.check_out("trial"))
    sign_in(camera, product.email, PASSWORD, MINE)
    page.get_by_role("heading", level=1).wait_for()
    camera.take("stories-none")

    def press(name: str) -> None:
        camera.page.get_by_role("button", name=re.compile(name)).first.click()

    def write(title: str, *, is_submitted: bool = True) -> None:
        page.goto(f"{camera.site}{MINE}/new")
        page.get_by_role("radio").first.wait_for()
        is_first = title == titles[0]
        if is_first:
            camera.take("story-type")
        press("^(Дальше|Next)")
        page.locator("input[name=title]").fill(title)
        page.locator("textarea").fill(TEXT)
        press("^(Дальше|Next)")
        if is_submitted:
            if is_first:
                camera.take("story-preview")
            press("^(Отправить|Send)")
        else:
            press("^(Сохранить|Save)")
        page.wait_for_url(f"**{MINE}")

    def decide(title: str, *, code: str | None = None) -> None:
        camera.page = other
        other.get_by_role("button", name=title).click()
        other.locator("dialog select").wait_for()
        if code:
            other.locator("dialog select").select_option(code)
            other.locator("dialog textarea").fill("Уберите цены и телефон, оставьте рассказ.")
            camera.take("story-review")
            press("^(Отклонить|Reject)")
        else:
            press("^(Опубликовать|Publish)")
        other.locator("dialog").wait_for(state="detached")
        camera.page = authors

    mark = product.slug[-6:]
    titles = [
        f"{words} {mark}"
        for words in ("Липовый мёд", "Как мы готовим ульи к зиме", "Ярмарка в Бийске", "Прополис")
    ]
    for title in titles:
        write(title)
    write(f"Черновик {mark}", is_submitted=False)
    camera.page = other
    sign_in(camera, "moderator@example.test", DEMO_PASSWORD, "/admin/stories/moderation")
    other.get_by_role("table").wait_for()
    camera.take("stories-queue")
    camera.page = authors
    decide(titles[0], code="advertising")
    for title in titles[1:3]:
        decide(title)
    camera.visit("stories", MINE)
    page.get_by_role("link", name=titles[0]).click()
    page.locator("textarea").wait_for()
    camera.take("story-rejected")
    camera.visit("organization-with-stories", f"/organizations/{product.slug}")
    camera.visit("organization-stories", f"/organizations/{product.slug}?tab=stories")
    page.get_by_role("link", name=titles[1]).click()
    page.get_by_role("heading", level=1, name=titles[1]).wait_for()
    camera.take("story")
