"""Pictures of printed codes: where they are made and counted, what a buyer finds behind one (screenshots.py, part "qr")."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from screenshots import Camera, Product

PAGE = "/dashboard/qr"
PHONE = {"device_type": "phone", "os": "Android", "browser": "Chrome Mobile", "country": "RU"}
TABLE = "title;target_url\nМёд липовый;https://paseka.example/honey\n;https://paseka.example\nВоск;ftp://paseka.example\n"


def take_qr(camera: Camera, product: Product) -> None:
    from screenshots import PASSWORD, picture, sign_in

    page = camera.page
    product.found()
    product.describe("ru")

    def press(name: str) -> None:
        page.get_by_role("button", name=re.compile(name)).first.click()

    def dialog(name: str, button: str) -> None:
        press(button)
        page.get_by_role("dialog").wait_for()
        camera.take(name)

    def landing(state: str, code: str) -> None:
        camera.visit(f"landing-{state}", f"/q/{code}")

    sign_in(camera, product.email, PASSWORD, PAGE)
    page.get_by_role("heading", level=1).wait_for()
    camera.take("qr-none")
    (kept,) = _print(product, "Проба", target_kind="url", target_url="https://paseka.example/honey?batch=7")
    landing("unproven", kept)
    product.pay(product.check_out("trial"))
    product.write("update public.qr_codes set is_active = false where organization_id = %(organization)s")
    landing("off", kept)
    product.write(
        "with draft as (insert into public.stories (organization_id, story_type, title, content_text)"
        " values (%(organization)s, 'success_story', 'Черновик', 'В июле.') returning id)"
        " update public.qr_codes set is_active = true, target_kind = 'story', story_id = draft.id from draft"
        " where organization_id = %(organization)s"
    )
    landing("story_gone", kept)
    page.goto(f"{camera.site}{PAGE}")
    dialog("qr-new", "^(Новый код|New code)$")
    page.locator("dialog select").first.select_option("url")
    page.locator("dialog button[type=submit]").click()
    camera.take("qr-new-mistakes")
    page.keyboard.press("Escape")
    dialog("qr-bulk", "^(Сразу несколько|Several at once)")
    page.keyboard.press("Escape")
    dialog("qr-csv", "^(Загрузить таблицу|Upload a table)")
    page.locator("dialog input[type=file]").set_input_files(
        {"name": "коды.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    )
    page.locator("dialog table").wait_for()
    camera.take("qr-csv-mistakes")
    page.locator("dialog input[type=file]").set_input_files(
        {"name": "коды.csv", "mimeType": "text/csv", "buffer": "title\nМёд\nВоск\n".encode()}
    )
    page.get_by_role("button", name=re.compile("^(Создать 2|Create 2)")).wait_for()
    camera.take("qr-csv-good")
    press("^(Создать 2|Create 2)")
    page.get_by_role("button", name=re.compile("^(Готово|Done)$")).wait_for()
    camera.take("qr-csv-made")
    press("^(Готово|Done)$")

    for title in ("Как мы качаем липовый мёд", "Ярмарка в Бийске"):
        product.write(
            "insert into public.stories (organization_id, story_type, status, title, content_text, published_at)"
            " values (%(organization)s, 'success_story', 'published', %(title)s, 'В июле.', now() - interval '1 day')",
            title=title,
        )
    ((story,),) = product.write(
        "select id from public.stories where organization_id = %(organization)s and title like 'Как%%'"
    )
    _print(product, "Прополис", "Воск на свечи", tags=["ярмарка"], target_kind="story", story_id=str(story))
    (code,) = _print(product, "Мёд липовый, партия 7, банки по 500 г", tags=["мёд", "липа", "2026"])
    now = datetime.now(UTC)
    for days in range(40):
        for scan in range(days * 7 % 5 + (3 if days < 9 else 1)):
            visitor = PHONE | {
                "ip": f"198.51.100.{days + scan}",
                "user_agent": "Mozilla/5.0",
                "method": "GET",
            }
            if scan == 3:
                visitor |= {"bot_reason": "TelegramBot"}
            moment = (now - timedelta(days=days, hours=scan)).isoformat()
            product.serve("scan_qr", {"code": code, "visitor": visitor, "as_of": moment})
    camera.visit("qr-list", PAGE)
    press("^(Выбрать|Select)$")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("checkbox").nth(1).check()
    camera.take("qr-selecting")
    dialog("qr-tags", "^(Метки|Tags)$")
    page.keyboard.press("Escape")
    page.goto(f"{camera.site}{PAGE}")
    page.get_by_role("link", name="Воск на свечи").click()
    page.get_by_role("radio").first.wait_for()
    page.locator("select[name=kind]").select_option("url")
    page.locator("input[name=url]").fill("paseka.example/wax")
    page.locator("form button[type=submit]").click()
    page.get_by_text("→").wait_for()
    page.locator("select[name=kind]").select_option("story")
    page.get_by_role("radio").nth(1).wait_for()
    camera.take("qr-code-story")
    page.goto(f"{camera.site}{PAGE}")
    page.get_by_role("link", name="Мёд липовый").click()
    page.locator("canvas[data-drawn]").wait_for()
    page.get_by_role("img", name=re.compile("Как будет|How the code")).wait_for()
    camera.take("qr-code")
    press("^(Показать таблицей|Show as a table)")
    page.locator("input[type=file]").first.set_input_files(picture("логотип.png", 300, 300))
    page.get_by_role("slider").wait_for()
    page.locator("input[type=text][maxlength='7']").first.fill("#a9a9a9")
    page.get_by_text(re.compile("^(Так печатать нельзя|This cannot be printed)")).wait_for()
    camera.take("qr-code-refused")

    landing("active", code)
    camera.visit("landing-unknown", "/q/ABCDEFGHJK")
    product.write(
        "update public.organization_status_levels set valid_from = now() - interval '9 days',"
        " valid_until = now() - interval '1 minute' where organization_id = %(organization)s"
    )
    landing("lapsed", code)
    product.grant("B")
    product.lose("B", "Сертификат оказался чужим")
    landing("revoked", code)
    product.call(
        "delete_organization", {"organization_id": product.organization_id, "confirmation": product.slug}
    )
    landing("deleted", code)


def _print(product: Product, *titles: str, **more: object) -> list[str]:
    """Make codes; what is printed of each."""
    items = [{"title": title, "target_kind": "organization_page", **more} for title in titles]
    made = product.call("create_qr_codes", {"organization_id": product.organization_id, "items": items})
    return [each["code"] for each in made]
