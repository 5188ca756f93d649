"""/dashboard/qr: codes made, found, led elsewhere, and their scans counted. What is made many at once: test_qr_batches."""

from __future__ import annotations

import re
from typing import cast

import pytest
from playwright.sync_api import Page, expect
from stack.stack import Stack
from web.printed import PAGE, follow, found, print_codes, publish_story, read_picture, scan
from web.somebody import Somebody
from web.team import Team, picture


@pytest.fixture
def team(stack: Stack) -> Team:
    team = Team(stack.addresses)
    team.grant("A")
    return team


def in_thirty_days(scans: int) -> re.Pattern[str]:
    """The chart's name."""
    return re.compile(f"Сканирования за период «30 дней»: {scans}\\.")


def ink(page: Page) -> int:
    """How many pixels of the chart are drawn, in the colour of `scans`."""
    drawn = """canvas => {
      const probe = document.createElement('span'); probe.className = 'text-accent'; document.body.append(probe)
      const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number); probe.remove()
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      let found = 0
      for (let at = 0; at < data.length; at += 4)
        if (data[at + 3] > 200 && wanted.every((part, index) => Math.abs(data[at + index] - part) < 8)) found += 1
      return found }"""
    page.locator("canvas").scroll_into_view_if_needed()  # it is drawn for whoever looks at it
    return cast("int", page.locator("canvas[data-drawn]").evaluate(drawn))


def test_a_code_is_made_coloured_downloaded_scanned_and_counted(anna: Somebody, team: Team) -> None:
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    anna.button("Новый код").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название").fill("Мёд липовый")
    dialog.get_by_label("Куда ведёт").select_option("url")
    dialog.get_by_label("Адрес").fill("paseka.example/honey?партия=7")
    dialog.get_by_role("button", name="Создать").click()
    anna.sees_heading("Мёд липовый")
    expect(page.get_by_text("За этот период сканирований не было.")).to_be_visible()

    page.get_by_label("Цвет кода, запись").fill("#1d4ed8")
    page.get_by_label("Форма точек").select_option("rounded")
    page.locator("input[type=file]").set_input_files(picture())
    expect(anna.button("Заменить логотип")).to_be_visible()
    expect(page.get_by_text("Печатайте шириной не меньше")).to_be_visible()
    anna.button("Применить").click()
    expect(page.get_by_text("Внешний вид изменён.")).to_be_visible()
    printed = ""
    for name in ("PNG", "PDF"):
        with page.expect_download() as download:
            anna.button(f"Скачать {name}").click()
        printed, drawn = read_picture(download.value.path())
        colours = {colour for _, colour in drawn.getcolors(1 << 24) or []}
        assert {(0x1D, 0x4E, 0xD8), (180, 83, 9)} <= colours, name  # the code's, and the logo's
    assert printed == found(team)["items"][0]["url"]

    assert follow(printed) == "https://paseka.example/honey?%D0%BF%D0%B0%D1%80%D1%82%D0%B8%D1%8F=7"
    follow(printed, "TelegramBot (like TwitterBot)")
    page.reload()
    expect(page.get_by_role("img", name=in_thirty_days(1))).to_be_visible()
    assert ink(page) > 0
    expect(page.get_by_role("table", name="Устройства").get_by_role("row").nth(1)).to_contain_text("телефон")
    page.get_by_label("По чему").select_option("bot")
    expect(page.get_by_role("table", name="Программы")).to_contain_text("TelegramBot")
    anna.goes_to("Обзор")
    expect(page.get_by_role("img", name=in_thirty_days(1))).to_be_visible()


def test_scans_are_shown_by_period_as_a_chart_as_a_table_and_as_a_file(anna: Somebody, team: Team) -> None:
    (code,) = print_codes(team, "Мёд")
    for agent in ("", "curl/8", None):
        scan(team, code, **({} if agent is None else {"agent": agent}))
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    anna.link("Мёд").click()
    expect(page.get_by_role("img", name=in_thirty_days(1))).to_be_visible()
    by_day = ink(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("canvas[data-drawn]")).to_be_visible()
    assert ink(page) > 0, "drawn again in the colours of the night"
    assert by_day > 0
    periods = page.get_by_role("group", name="Период").get_by_role("button")
    for period in ("7 дней", "90 дней", "Всё время", "30 дней"):
        periods.filter(has_text=period).click()
        expect(periods.filter(has_text=period)).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("img", name=re.compile(f"«{period}»: 1\\."))).to_be_visible()
    anna.button("Показать таблицей").click()
    rows = page.get_by_role("table", name="Сканирования").get_by_role("row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_have_text(re.compile(r"3\s*1\s*1$"))
    with page.expect_download() as download:
        anna.button("Скачать CSV").click()
    assert len(download.value.path().read_text("utf-8-sig").splitlines()) == 4


def test_where_a_code_leads_is_changed_after_printing_and_kept(anna: Somebody, team: Team) -> None:
    honey = publish_story(team, "Как мы качаем мёд")
    publish_story(team, "Ярмарка в Бийске")
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    anna.button("Новый код").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название").fill("Банка")
    dialog.get_by_label("Куда ведёт").select_option("story")
    expect(dialog.get_by_role("radio")).to_have_count(2)
    dialog.get_by_role("button", name="Создать").click()
    expect(dialog.get_by_label("Найти историю")).to_be_focused()
    expect(dialog.get_by_text("Выберите историю.")).to_be_visible()
    dialog.get_by_label("Найти историю").fill("о меде")
    expect(dialog.get_by_role("radio")).to_have_count(1)
    dialog.get_by_label("Как мы качаем мёд").check()
    dialog.get_by_role("button", name="Создать").click()

    anna.sees_heading("Банка")
    code = found(team)["items"][0]["code"]
    assert scan(team, code) == f"{team.site.web}/organizations/{team.slug}/stories/{honey}"
    expect(page.get_by_text("С самого начала ведёт туда же.")).to_be_visible()
    page.get_by_label("Куда ведёт").select_option("url")
    page.get_by_label("Адрес").fill("https://user:word@paseka.example")
    with anna.watch.refusal(422, "/rest/v1/qr_codes"):
        anna.button("Сохранить").click()
        expect(page.get_by_text("В адресе стоит имя или пароль")).to_be_visible()
    page.get_by_label("Адрес").fill("https://paseka.example/new")
    page.get_by_label("Метки").fill("мёд, липа")
    anna.button("Сохранить").click()
    expect(page.get_by_text("История «Как мы качаем мёд» → https://paseka.example/new")).to_be_visible()
    assert scan(team, code) == "https://paseka.example/new"
    anna.link("QR-коды").last.click()
    expect(page.get_by_role("table", name="QR-коды")).to_contain_text("мёд, липа")

    anna.link("Банка").click()
    anna.button("Отключить").click()
    expect(page.get_by_text("Отключён: покупатель видит страницу")).to_be_visible()
    assert scan(team, code) == f"{team.site.web}/q/{code}"
    anna.button("Вернуть").first.click()
    expect(page.get_by_text("Работает")).to_be_visible()
    assert scan(team, code) == "https://paseka.example/new"


def test_a_look_that_cameras_cannot_read_is_explained_and_never_saved(anna: Somebody, team: Team) -> None:
    print_codes(team, "Мёд липовый")
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    anna.link("Мёд липовый").click()
    expect(page.get_by_role("img", name="Как будет выглядеть код")).to_be_visible()
    expect(page.get_by_text("Телефоны прочтут")).to_be_visible()

    colour = page.get_by_label("Цвет кода, запись")
    with anna.watch.refusal(422, "/qr_image"):
        colour.fill("#dddddd")
        expect(page.get_by_text("Контраст 1,3 : 1, нужно не меньше 4,5.")).to_be_visible()
    with anna.watch.refusal(422, "/rest/v1/qr_codes"):
        anna.button("Применить").click()
    with anna.watch.refusal(422, "/qr_image"):
        page.get_by_label("Цвет фона, запись").fill("#000000")
        expect(page.get_by_text("Поменяйте цвета местами.")).to_be_visible()
    colour.fill("red")
    expect(page.get_by_text("Шесть цифр и букв от a до f")).to_be_visible()
    page.get_by_label("Цвет фона, запись").fill("#ffffff")
    colour.fill("#1d4ed8")
    page.get_by_label("Рамка с призывом").select_option("ru")
    expect(page.get_by_text("Телефоны прочтут")).to_be_visible()

    logo = page.get_by_role("group", name="Логотип в середине")
    for name, content in (("пусто.png", b""), ("рисунок.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")):
        kind = "image/png" if name.endswith("png") else "image/svg+xml"
        logo.locator("input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": content})
        expect(logo.get_by_role("alert")).to_be_visible()
    with anna.watch.refusal(422, "/validate_logo"):
        logo.locator("input[type=file]").set_input_files(
            {"name": "x.png", "mimeType": "image/png", "buffer": b"MZ no picture"}
        )
        expect(logo.get_by_role("alert")).to_be_visible()
    expect(anna.button("Загрузить логотип")).to_be_visible()
    anna.button("Применить").click()
    expect(page.get_by_text("Внешний вид изменён.")).to_be_visible()
    (code,) = team.owner.get("qr_codes", select="style", organization_id=f"eq.{team.id}")
    assert code["style"]["foreground"] == "#1d4ed8"
    assert code["style"]["frame_text"] == "Проверьте производителя"
    assert code["style"]["logo_path"] is None


def test_viewers_look_and_change_nothing(boris: Somebody, team: Team) -> None:
    (code,) = print_codes(team, "Мёд", tags=["липа"])
    boris.sign_in(team.join("viewer"), PAGE)
    page = boris.page
    page.get_by_role("link", name="Мёд").click()
    boris.sees_heading("Мёд")
    expect(page.get_by_text(code).first).to_be_visible()
    expect(page.get_by_text("С самого начала ведёт туда же.")).to_be_visible()
    for name in ("Сохранить", "Отключить", "Загрузить логотип"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.get_by_role("link", name="QR-коды").last.click()
    boris.sees_heading("QR-коды")
    for name in ("Новый код", "Выбрать", "Сразу несколько"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_a_failed_question_is_said_and_asked_again(boris: Somebody, team: Team) -> None:
    print_codes(team, "Мёд")
    boris.sign_in(team.owner, "/dashboard")
    page = boris.page
    with boris.watch.refusal(500, "/rest/v1/rpc/search_qr_codes"):
        page.route("**/rpc/search_qr_codes", lambda route: route.fulfill(status=500, json={}))
        boris.goes_to("QR-коды")
        expect(page.get_by_role("alert")).to_be_visible()
        page.unroute("**/rpc/search_qr_codes")
    boris.button("Повторить").click()
    expect(boris.link("Мёд")).to_be_visible()
