"""/dashboard/qr, many codes at once: from lines, from a table, chosen, tagged, switched, and downloaded as one ZIP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZipFile

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect
from stack.stack import Stack
from web.payer import Payer
from web.printed import PAGE, found, print_codes, table
from web.somebody import Somebody
from web.team import Team


@pytest.fixture
def team(stack: Stack) -> Team:
    """With room for a hundred codes."""
    team = Team(stack.addresses)
    team.grant("A")
    return team


@pytest.fixture
def large(stack: Stack) -> Team:
    """With room for ten thousand codes."""
    payer = Payer(stack.addresses)
    payer.team.grant("B")
    payer.pays("subscription", "b_month")
    return payer.team


@contextmanager
def slowly(page: Page, bytes_a_second: int) -> Iterator[None]:
    """Within, the line of this page is slow."""
    line = page.context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    slow = {"downloadThroughput": bytes_a_second, "uploadThroughput": bytes_a_second}
    line.send("Network.emulateNetworkConditions", limits | slow)
    yield
    line.send("Network.emulateNetworkConditions", limits)


def files_of(path: object) -> dict[str, bytes]:
    with ZipFile(str(path)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_two_hundred_by_table_with_two_wrong_rows_mended(anna: Somebody, large: Team) -> None:
    page = anna.page
    anna.sign_in(large.owner, PAGE)
    expect(page.get_by_text("Кодов пока нет")).to_be_visible()
    anna.button("Загрузить таблицу").click()
    dialog = page.get_by_role("dialog")
    with page.expect_download() as sample:
        dialog.get_by_role("button", name="Скачать образец").click()
    dialog.locator("input[type=file]").set_input_files(sample.value.path())
    expect(dialog.get_by_text("2 строки, ошибок нет")).to_be_visible()

    rows = [f"Мёд {number};https://a.ru/{number}" for number in range(1, 201)]
    wrong = [*rows[:10], ";https://a.ru", *rows[11:20], "Воск;ftp://a.ru", *rows[21:]]
    with anna.watch.refusal(422, "/functions/v1/qr_import"):
        dialog.locator("input[type=file]").set_input_files(
            table("title;target_url\n" + "\n".join(wrong), "cp1251")
        )
        expect(dialog.get_by_text("2 ошибки, ничего не создано")).to_be_visible()
    faults = dialog.get_by_role("table", name="Ошибки в таблице").get_by_role("row")
    expect(faults.nth(1)).to_have_text(re.compile("^12title"))
    expect(faults.nth(2)).to_have_text(re.compile("^22target_url"))
    dialog.locator("input[type=file]").set_input_files(
        table("title;target_url\n" + "\n".join(rows), "cp1251")
    )
    expect(dialog.get_by_text("200 строк, ошибок нет")).to_be_visible()
    assert found(large)["total"] == 0
    dialog.get_by_role("button", name="Создать 200 кодов").click()
    expect(dialog.get_by_text("Создано кодов: 200")).to_be_visible()
    dialog.get_by_label("Формат").select_option("svg")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Скачать ZIP").click()
    files = files_of(download.value.path())
    assert len(files) == 201
    assert files["manifest.csv"].count(b"https://a.ru/") == 200
    dialog.get_by_role("button", name="Готово").click()
    expect(page.get_by_text("200 кодов")).to_be_visible()
    anna.button("Показать ещё").click()
    expect(page.get_by_role("table", name="QR-коды").get_by_role("row")).to_have_count(41)


def test_ten_thousand_rows_show_how_far_they_are_and_can_be_stopped(boris: Somebody, large: Team) -> None:
    page = boris.page
    boris.sign_in(large.owner, PAGE)
    boris.button("Загрузить таблицу").click()
    dialog = page.get_by_role("dialog")
    rows = "title,target_url\n" + "\n".join(f"Мёд {n},https://paseka.example/{n}" for n in range(10_000))
    with slowly(page, 100_000):
        dialog.locator("input[type=file]").set_input_files(table(rows))
        expect(dialog.get_by_role("progressbar", name="Отправляем файл…")).to_be_visible()
        dialog.get_by_role("button", name="Остановить").click()
        expect(dialog.get_by_role("button", name="Другой файл")).to_be_visible()
    dialog.locator("input[type=file]").set_input_files(table(rows))
    expect(dialog.get_by_text(re.compile("10\\s000\\sстрок, ошибок нет"))).to_be_visible(timeout=30_000)
    make = dialog.get_by_role("button", name=re.compile("^Создать 10"))
    with slowly(page, 100_000):
        make.click()
        expect(dialog.get_by_role("progressbar", name="Отправляем файл…")).to_be_visible()
        dialog.get_by_role("button", name="Остановить").click()
        expect(make).to_be_visible()
    assert found(large)["total"] == 0
    make.click()
    expect(dialog.get_by_text(re.compile("Создано кодов: 10"))).to_be_visible(timeout=60_000)
    assert found(large)["total"] == 10_000
    dialog.get_by_role("button", name="Готово").click()
    expect(page.get_by_text(re.compile("^10.?000\\sкодов$"))).to_be_visible()


def test_many_at_once_found_chosen_tagged_and_switched_together(anna: Somebody, team: Team) -> None:
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    expect(page.get_by_text("Кодов пока нет")).to_be_visible()
    anna.button("Сразу несколько").click()
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
    expect(anna.button("Отключить")).to_be_disabled()
    list_.get_by_label("Выбрать «Мёд липовый»").check()
    expect(page.get_by_text("Выбрано: 1")).to_be_visible()
    anna.button("Выбрать показанные").click()
    expect(page.get_by_text("Выбрано: 2")).to_be_visible()
    page.get_by_role("group", name="С выбранными").get_by_role("button", name="Метки").click()
    dialog.get_by_label("Добавить метки").fill("2027, ярмарка")
    dialog.get_by_label("пасека").check()
    dialog.get_by_role("button", name="Сохранить").click()
    expect(list_.get_by_text("2027, ярмарка")).to_have_count(2)
    expect(list_.get_by_text("пасека")).to_have_count(0)

    anna.button("Отключить").click()
    expect(list_.get_by_text("отключён")).to_have_count(2)
    anna.button("Вернуть").first.click()
    expect(list_.get_by_text("отключён")).to_have_count(0)
    assert all(code["is_active"] for code in found(team)["items"])
    anna.button("Отключить").click()
    expect(list_.get_by_text("отключён")).to_have_count(2)
    anna.button("Готово").click()
    expect(list_.get_by_role("checkbox")).to_have_count(0)

    page.get_by_label("Найти код").fill("")
    expect(list_.get_by_role("row")).to_have_count(4)
    page.get_by_label("Метка").select_option("ярмарка")
    expect(list_.get_by_role("row")).to_have_count(3)
    page.reload()
    expect(list_.get_by_role("row")).to_have_count(3)  # what is looked for stands in the address
    page.get_by_label("Найти код").fill("нет такого")
    expect(page.get_by_text("Ничего не нашлось")).to_be_visible()


def test_chosen_codes_come_as_one_zip_that_cameras_read(anna: Somebody, team: Team) -> None:
    codes = print_codes(team, "Мёд", "Воск", "Прополис")
    page = anna.page
    anna.sign_in(team.owner, PAGE)
    page.get_by_role("button", name="Выбрать", exact=True).click()
    for title in ("Мёд", "Воск"):
        page.get_by_role("checkbox", name=f"Выбрать «{title}»").check()
    with page.expect_download() as download:
        anna.button("Скачать ZIP").click()
    files = files_of(download.value.path())
    manifest = files.pop("manifest.csv").decode("utf-8-sig")
    seen = {
        name[:10]: zxingcpp.read_barcodes(Image.open(BytesIO(file)))[0].text for name, file in files.items()
    }
    printed = {code["code"]: code["url"] for code in found(team)["items"]}
    assert seen == {code: printed[code] for code in codes[:2]}
    assert all(url in manifest for url in seen.values())


def test_a_zip_counts_its_codes_and_can_be_stopped(boris: Somebody, team: Team) -> None:
    print_codes(team, *(f"Банка {number}" for number in range(20)))
    page = boris.page
    saved: list[str] = []
    page.on("download", lambda download: saved.append(download.suggested_filename))
    boris.sign_in(team.owner, PAGE)
    page.get_by_role("button", name="Выбрать", exact=True).click()
    boris.button("Выбрать показанные").click()
    with slowly(page, 20_000):
        boris.button("Скачать ZIP").click()
        expect(page.get_by_role("progressbar", name="Рисуем коды")).to_be_visible()
        expect(page.get_by_text(re.compile("^[1-9]\\d*\\sиз\\s20$"))).to_be_visible()
        boris.button("Остановить").click()
        expect(boris.button("Скачать ZIP")).to_be_visible()
    assert saved == []
    page.get_by_label("Формат").select_option("pdf")
    with page.expect_download():
        boris.button("Скачать ZIP").click()
    assert saved == [f"qr-{team.slug}.zip"]
