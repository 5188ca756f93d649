"""/dashboard/qr: codes made one by one, many at once and from a table; found, switched, and their scans counted."""

from __future__ import annotations

import re
from zipfile import ZipFile

import pytest
import zxingcpp
from kit.server import CLIENT
from PIL import Image
from playwright.sync_api import FilePayload, expect
from stack.stack import Stack
from web.somebody import Somebody
from web.team import Team, picture

PAGE = "/dashboard/qr"
PHONE_AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36"


@pytest.fixture
def team(stack: Stack) -> Team:
    team = Team(stack.addresses)
    team.grant("A")
    return team


def print_codes(team: Team, *titles: str, **more: object) -> list[str]:
    items = [{"title": title, "target_kind": "organization_page", **more} for title in titles]
    return [code["code"] for code in team.owner.rpc("create_qr_codes", organization_id=team.id, items=items)]


def scan(team: Team, code: str, agent: str = PHONE_AGENT) -> str:
    answer = CLIENT.get(
        f"{team.site.functions}/q/{code}", headers={"User-Agent": agent}, follow_redirects=False
    )
    assert answer.status_code == 302
    return answer.headers["location"]


def table(content: str, encoding: str = "utf-8") -> FilePayload:
    return {"name": "коды.csv", "mimeType": "text/csv", "buffer": content.encode(encoding)}


def test_a_code_is_made_scanned_by_a_phone_and_counted_on_the_chart(anna: Somebody, team: Team) -> None:
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    anna.sees_heading("QR-коды")
    expect(page.get_by_text("Кодов пока нет")).to_be_visible()
    page.get_by_role("button", name="Новый код").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название").fill("Мёд липовый")
    dialog.get_by_label("Куда ведёт").select_option("url")
    dialog.get_by_role("button", name="Создать").click()
    expect(dialog.get_by_label("Адрес")).to_be_focused()
    dialog.get_by_label("Адрес").fill("https://user:word@paseka.example")
    with anna.watch.refusal(422, "/rest/v1/rpc/create_qr_codes"):
        dialog.get_by_role("button", name="Создать").click()
        expect(dialog.get_by_text("В адресе стоит имя или пароль")).to_be_visible()
    dialog.get_by_label("Адрес").fill("paseka.example/honey")
    dialog.get_by_label("Метки").fill("мёд, липа")
    dialog.get_by_role("button", name="Создать").click()

    anna.sees_heading("Мёд липовый")
    expect(page.get_by_text("За этот период код ещё не сканировали.")).to_be_visible()
    code = str(page.locator("header p.tabular-nums").inner_text())
    assert scan(team, code) == "https://paseka.example/honey"
    scan(team, code, "TelegramBot (like TwitterBot)")
    page.reload()
    expect(page.locator("canvas[data-drawn]")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Сканирования за период «30 дней»: 1"))).to_be_visible()
    page.get_by_role("button", name="7 дней").click()
    expect(page.get_by_role("button", name="7 дней")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Показать таблицей").click()
    rows = page.get_by_role("table", name="Сканирования").get_by_role("row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_have_text(re.compile(r"2\s*1\s*1$"))
    expect(page.get_by_role("table", name="Устройства").get_by_role("row").nth(1)).to_contain_text("телефон")
    page.get_by_label("По чему").select_option("bot")
    expect(page.get_by_role("table", name="Программы")).to_contain_text("TelegramBot")
    with page.expect_download() as download:
        page.get_by_role("button", name="Скачать CSV").click()
    assert len(download.value.path().read_text("utf-8-sig").splitlines()) == 3

    page.get_by_label("Адрес").fill("https://paseka.example/new")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_text("https://paseka.example/honey → https://paseka.example/new")).to_be_visible()
    page.get_by_role("button", name="Отключить").click()
    expect(page.get_by_text("Отключён: покупатель видит страницу")).to_be_visible()
    assert scan(team, code) == f"{team.site.web}/q/{code}"
    anna.goes_to("Обзор")
    expect(page.get_by_role("img", name=re.compile("Сканирования за период «30 дней»: 2"))).to_be_visible()


def test_two_wrong_rows_of_a_table_are_mended_and_all_are_made(anna: Somebody, team: Team) -> None:
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    expect(page.get_by_text("Кодов пока нет")).to_be_visible()
    page.get_by_role("button", name="Загрузить таблицу").click()
    dialog = page.get_by_role("dialog")
    rows = [f"Мёд {number};https://a.ru/{number}" for number in range(1, 81)]
    wrong = [*rows[:10], ";https://a.ru", *rows[10:20], "Воск;ftp://a.ru", *rows[20:]]
    with anna.watch.refusal(422, "/functions/v1/qr_import"):
        dialog.locator("input[type=file]").set_input_files(
            table("title;target_url\n" + "\n".join(wrong), "cp1251")
        )
        expect(dialog.get_by_text("2 ошибки, ничего не создано")).to_be_visible()
    faults = dialog.get_by_role("table", name="Ошибки в таблице").get_by_role("row")
    expect(faults.nth(1)).to_have_text(re.compile("^12title"))
    expect(faults.nth(2)).to_have_text(re.compile("^23target_url"))
    dialog.locator("input[type=file]").set_input_files(
        table("title;target_url\n" + "\n".join(rows), "cp1251")
    )
    expect(dialog.get_by_text("80 строк, ошибок нет")).to_be_visible()
    assert team.owner.rpc("search_qr_codes", organization_id=team.id)["total"] == 0
    dialog.get_by_role("button", name="Создать 80 кодов").click()
    expect(page.get_by_text("Создано кодов: 80")).to_be_visible()
    expect(page.get_by_text("80 кодов")).to_be_visible()
    page.get_by_role("button", name="Показать ещё").click()
    expect(page.get_by_role("table", name="QR-коды").get_by_role("row")).to_have_count(41)


def test_many_at_once_found_chosen_and_switched_together(anna: Somebody, team: Team) -> None:
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    expect(page.get_by_text("Кодов пока нет")).to_be_visible()
    page.get_by_role("button", name="Сразу несколько").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Названия").fill("Мёд\n" + "x" * 121)
    with anna.watch.refusal(422, "/rest/v1/rpc/create_qr_codes"):
        dialog.get_by_role("button", name="Создать").click()
        expect(dialog.get_by_text("Строка 2:")).to_be_visible()
    dialog.get_by_label("Названия").fill("Мёд липовый\nМёд гречишный\n\nВоск")
    dialog.get_by_label("Метки").fill("пасека")
    dialog.get_by_role("button", name="Создать").click()
    expect(page.get_by_text("Создано кодов: 3")).to_be_visible()
    list_ = page.get_by_role("table", name="QR-коды")
    expect(list_.get_by_role("row")).to_have_count(4)

    page.get_by_label("Найти код").fill("мед")
    expect(list_.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Выбрать", exact=True).click()
    list_.get_by_label("Выбрать «Мёд липовый»").check()
    expect(page.get_by_text("Выбрано: 1")).to_be_visible()
    page.get_by_role("button", name="Выбрать показанные").click()
    expect(page.get_by_text("Выбрано: 2")).to_be_visible()
    page.get_by_role("button", name="Отключить").click()
    expect(page.get_by_text("Изменено: 2")).to_be_visible()
    page.get_by_label("Найти код").fill("")
    expect(list_.get_by_role("row")).to_have_count(4)
    expect(list_.get_by_text("отключён")).to_have_count(2)
    page.get_by_label("Метка").select_option("пасека")
    expect(list_.get_by_role("row")).to_have_count(4)
    page.get_by_label("Найти код").fill("нет такого")
    expect(page.get_by_text("Ничего не нашлось")).to_be_visible()


def test_viewers_look_and_change_nothing(boris: Somebody, team: Team) -> None:
    (code,) = print_codes(team, "Мёд", tags=["липа"])
    boris.sign_in(team.join("viewer"), PAGE)
    page = boris.page
    page.get_by_role("link", name="Мёд").click()
    boris.sees_heading("Мёд")
    expect(page.get_by_text(code).first).to_be_visible()
    expect(page.get_by_text("С самого начала ведёт туда же.")).to_be_visible()
    for name in ("Сохранить", "Отключить"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.get_by_role("link", name="QR-коды").last.click()
    boris.sees_heading("QR-коды")
    expect(page.get_by_role("button", name="Новый код")).to_have_count(0)


def test_a_code_is_coloured_given_a_logo_saved_and_downloaded(anna: Somebody, team: Team) -> None:
    print_codes(team, "Мёд липовый")
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    anna.link("Мёд липовый").click()
    anna.sees_heading("Мёд липовый")
    expect(page.get_by_role("img", name="Как будет выглядеть код")).to_be_visible()
    expect(page.get_by_text("Телефоны прочтут.")).to_be_visible()

    colour = page.get_by_label("Цвет кода, запись")
    with anna.watch.refusal(422, "/qr_image"):
        colour.fill("#dddddd")
        expect(page.get_by_text("Цвета слишком похожи")).to_be_visible()
    with anna.watch.refusal(422, "/rest/v1/qr_codes"):
        page.get_by_role("button", name="Применить").click()
    colour.fill("#1d4ed8")
    page.get_by_label("Форма точек").select_option("dots")
    page.get_by_label("Рамка с призывом").select_option("ru")
    logo = page.get_by_role("group", name="Логотип в середине")
    with anna.watch.refusal(422, "/validate_logo"):
        logo.locator("input[type=file]").set_input_files(
            {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
        )
    expect(logo.get_by_role("alert")).to_be_visible()
    logo.locator("input[type=file]").set_input_files(picture())
    expect(page.get_by_role("button", name="Заменить логотип")).to_be_visible()
    expect(page.get_by_text("Телефоны прочтут.")).to_be_visible()
    page.get_by_role("button", name="Применить").click()
    expect(page.get_by_text("Внешний вид изменён.")).to_be_visible()

    (found,) = team.owner.rpc("search_qr_codes", organization_id=team.id)["items"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Скачать PNG").click()
    drawn = Image.open(download.value.path())
    assert [seen.text for seen in zxingcpp.read_barcodes(drawn)] == [found["url"]]
    assert (0x1D, 0x4E, 0xD8) in {colour for _, colour in drawn.convert("RGB").getcolors(1 << 24) or []}


def test_chosen_codes_come_as_one_zip(anna: Somebody, team: Team) -> None:
    codes = print_codes(team, "Мёд", "Воск", "Прополис")
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    page.get_by_role("button", name="Выбрать", exact=True).click()
    for title in ("Мёд", "Воск"):
        page.get_by_role("checkbox", name=f"Выбрать «{title}»").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Скачать ZIP").click()
    with ZipFile(download.value.path()) as archive:
        names = archive.namelist()
    assert {name[:10] for name in names if name != "manifest.csv"} == set(codes[:2])
    assert "manifest.csv" in names
