"""The pages of printed codes and their dialogs, looked at by axe-core and for their width, in both sizes and themes; by keys alone."""

from __future__ import annotations

import re

import pytest
import zxingcpp
from kit.people import run_sql, service
from PIL import Image
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import DESKTOP, FORMS, IN_RUSSIAN, PHONE, Form, Looks, overflow
from web.printed import PAGE, found, print_codes, publish_story, scan, table
from web.team import Team, picture
from web.test_accessibility import IN_BOTH_SIZES

pytestmark = pytest.mark.timeout(600)  # the first to ask for a walk waits for all of it
IN_ALL_FORMS = pytest.mark.parametrize("form", FORMS, ids=str)


@pytest.fixture(scope="module")
def making(new_walker: NewSomebody, stack: Stack) -> Looks:
    team = Team(stack.addresses)
    team.grant("A")
    publish_story(team, "Как мы качаем мёд")
    vera = new_walker(viewport=DESKTOP)
    page = vera.page
    looks = Looks(page, IN_RUSSIAN)
    vera.sign_in(team.join("editor", "Вера"), PAGE)
    expect(page.get_by_text("Кодов пока нет")).to_be_visible()
    looks.at("no codes")

    dialog = page.get_by_role("dialog")
    vera.button("Новый код").click()
    looks.at("a new code")
    dialog.get_by_label("Куда ведёт").select_option("url")
    dialog.get_by_role("button", name="Создать").click()
    looks.at("a new code, with mistakes")
    dialog.get_by_label("Куда ведёт").select_option("story")
    expect(dialog.get_by_role("radio")).to_have_count(1)
    dialog.get_by_role("button", name="Создать").click()
    looks.at("a new code for a story, with mistakes")
    page.keyboard.press("Escape")
    vera.button("Сразу несколько").click()
    dialog.get_by_role("button", name="Создать").click()
    looks.at("several codes, with a mistake")
    page.keyboard.press("Escape")

    vera.button("Загрузить таблицу").click()
    looks.at("a table")
    with vera.watch.refusal(422, "/functions/v1/qr_import"):
        wrong = "title;target_url\n" + ";ftp://a.ru\n" * 30
        dialog.locator("input[type=file]").set_input_files(table(wrong))
        expect(dialog.get_by_text("Показаны первые 20.")).to_be_visible()
    looks.at("a table with mistakes")
    dialog.locator("input[type=file]").set_input_files(table("title\nМёд\nВоск\n"))
    dialog.get_by_role("button", name="Создать 2 кода").click()
    expect(dialog.get_by_text("Создано кодов: 2")).to_be_visible()
    looks.at("codes made of a table")
    dialog.get_by_role("button", name="Готово").click()

    print_codes(team, "Банка с очень длинным названием, которого хватает на две строки", tags=["мёд", "2027"])
    page.reload()
    expect(page.get_by_role("table", name="QR-коды").get_by_role("row")).to_have_count(4)
    looks.at("codes")
    page.get_by_role("button", name="Выбрать", exact=True).click()
    looks.at("nothing chosen")
    vera.button("Выбрать показанные").click()
    looks.at("all chosen")
    page.get_by_role("group", name="С выбранными").get_by_role("button", name="Метки").click()
    dialog.get_by_role("button", name="Сохранить").click()
    looks.at("tags, with a mistake")
    page.keyboard.press("Escape")
    page.get_by_label("Найти код").fill("нет такого")
    expect(page.get_by_text("Ничего не нашлось")).to_be_visible()
    looks.at("nothing found")
    return looks


@IN_BOTH_SIZES
def test_making_codes(making: Looks, form: Form) -> None:
    making.assert_content(form)


@pytest.fixture(scope="module")
def one_code(new_walker: NewSomebody, stack: Stack) -> Looks:
    team = Team(stack.addresses)
    team.grant("A")
    (code,) = print_codes(team, "Мёд липовый", tags=["мёд"])
    for agent in ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1", "curl/8"):
        scan(team, code, agent)
    run_sql(
        team.site,
        "update public.qr_codes set target_kind = 'url', target_url = 'https://paseka.example/мёд' where code = %s",
        code,
    )
    vera = new_walker(viewport=DESKTOP)
    page = vera.page
    looks = Looks(page, FORMS)
    vera.sign_in(team.join("editor", "Вера"), f"{PAGE}/{found(team)['items'][0]['id']}")
    page.locator("canvas").scroll_into_view_if_needed()
    expect(page.locator("canvas[data-drawn]")).to_be_visible()
    expect(page.get_by_text("Телефоны прочтут")).to_be_visible()
    looks.at("a code")
    vera.button("Показать таблицей").click()
    page.locator("select[name=dimension]").select_option("bot")
    expect(page.get_by_role("table", name="Программы")).to_be_visible()
    page.get_by_label("Название").fill("")
    vera.button("Сохранить").click()
    looks.at("a code, its scans as a table, with a mistake")
    page.locator("input[type=file]").set_input_files(picture())
    expect(page.get_by_role("slider")).to_be_visible()
    page.locator("select[name=frame]").select_option("ru")
    with vera.watch.refusal(422, "/qr_image"):
        page.get_by_label("Цвет кода, запись").fill("#dddddd")
        expect(page.get_by_text("Так печатать нельзя")).to_be_visible()
        page.get_by_label("Цвет фона, запись").fill("#f")
    looks.at("a look that cannot be read")
    return looks


@IN_ALL_FORMS
def test_one_code(one_code: Looks, form: Form) -> None:
    one_code.assert_content(form)


@pytest.fixture(scope="module")
def landing(new_walker: NewSomebody, stack: Stack) -> Looks:
    """What a buyer finds, in every state that get_qr_page knows."""
    team = Team(stack.addresses)
    (code,) = print_codes(team, "Мёд", target_kind="url", target_url="https://paseka.example/honey?batch=7")
    buyer = new_walker(viewport=PHONE)
    page = buyer.page
    looks = Looks(page, IN_RUSSIAN)

    def judge(state: str, words: str) -> None:
        buyer.open(f"/q/{code}")
        expect(page.get_by_text(words).first).to_be_visible()
        looks.at(state)

    judge("unproven", "Мы ничего не знаем об этом производителе")
    team.grant("A")
    for title in ("Как мы качаем мёд", "Ярмарка в Бийске", "Зимовка", "Прополис"):
        story = publish_story(team, title)
    judge("active", "Последние истории")
    change = "update public.qr_codes set target_kind = 'story', story_id = %s, is_active = %s where code = %s"
    run_sql(team.site, change, story, False, code)
    judge("off", "Производитель отключил этот код")
    run_sql(team.site, change, story, True, code)
    run_sql(team.site, "update public.stories set status = 'draft', published_at = null where id = %s", story)
    judge("story gone", "больше не показывается")
    run_sql(
        team.site,
        "update public.organization_status_levels set valid_from = now() - interval '2 days', valid_until = now() - interval '1 minute'"
        " where organization_id = %s",
        team.id,
    )
    judge("lapsed", "Статус этого производителя закончился")
    team.grant("B", valid_until="2027-11-01")
    service(team.site).rpc(
        "revoke_status_level", organization_id=team.id, level="B", reason="Подделал документы"
    )
    judge("revoked", "Мы отозвали статус этого производителя")
    team.owner.rpc("delete_organization", organization_id=team.id, confirmation=team.slug)
    judge("deleted", "Организации больше нет")
    with buyer.watch.refusal(404, "/rest/v1/rpc/get_qr_page"):
        buyer.open("/q/ABCDEFGHJK")
        buyer.sees_heading("Такого кода у нас нет")
    looks.at("no such code")
    return looks


@IN_BOTH_SIZES
def test_every_state_of_the_landing(landing: Looks, form: Form) -> None:
    landing.assert_content(form)


def test_codes_are_made_chosen_and_downloaded_by_keys_alone(new_somebody: NewSomebody, stack: Stack) -> None:
    team = Team(stack.addresses)
    team.grant("A")
    anna = new_somebody()
    page = anna.page
    keys = page.keyboard
    anna.sign_in(team.owner, PAGE)

    def reaches(role: str, name: str | re.Pattern[str], *, back: bool = False) -> None:
        """Go by Tab until this has the focus."""
        wanted = page.locator(":focus").and_(page.get_by_role(role, name=name))  # type: ignore[arg-type] # a role by its name
        for _ in range(60):
            keys.press("Shift+Tab" if back else "Tab")
            if wanted.count():
                return
        raise AssertionError(f"no {role} {name} by Tab")

    reaches("button", "Новый код")
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    reaches("textbox", "Название")
    keys.insert_text("Мёд")
    keys.press("Enter")
    anna.sees_heading("Мёд")
    expect(page.get_by_text("Телефоны прочтут")).to_be_visible()

    reaches("textbox", "Цвет кода, запись")
    keys.press("Control+A")
    keys.insert_text("#1d4ed8")
    reaches("button", "Применить")
    keys.press("Enter")
    expect(page.get_by_text("Внешний вид изменён.")).to_be_visible()
    reaches("button", "Скачать PNG")
    with page.expect_download() as download:
        keys.press("Enter")
    (seen,) = zxingcpp.read_barcodes(Image.open(download.value.path()))
    assert seen.text == found(team)["items"][0]["url"]
    reaches("button", "7 дней")
    keys.press("Space")
    expect(anna.button("7 дней")).to_have_attribute("aria-pressed", "true")

    anna.open(PAGE)
    expect(anna.link("Мёд")).to_be_visible()
    page.get_by_label("Найти код").focus()
    reaches("button", re.compile("^Выбрать$"))
    keys.press("Enter")
    reaches("checkbox", "Выбрать «Мёд»")
    keys.press("Space")
    expect(page.get_by_text("Выбрано: 1")).to_be_visible()
    reaches("button", "Скачать ZIP", back=True)
    with page.expect_download() as archive:
        keys.press("Enter")
    assert archive.value.suggested_filename == f"qr-{team.slug}.zip"


def test_the_pages_fit_the_narrowest_screen(new_somebody: NewSomebody, stack: Stack) -> None:
    """WCAG 2.2, 1.4.10: 320 pixels and no sideways scrolling."""
    team = Team(stack.addresses)
    team.grant("A")
    (code,) = print_codes(team, "Ш" * 60, target_kind="url", target_url="https://paseka.example/" + "щ" * 200)
    scan(team, code)
    anna = new_somebody(viewport={"width": 320, "height": 640})
    anna.sign_in(team.owner, PAGE)
    for path in (PAGE, f"{PAGE}/{found(team)['items'][0]['id']}", f"/q/{code}"):
        anna.open(path)
        anna.sees_some_heading()
        anna.page.wait_for_load_state("networkidle")
        assert overflow(anna.page) == [], path
