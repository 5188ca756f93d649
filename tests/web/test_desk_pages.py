"""The desk of those who run the platform: lists narrowed in the address and exported, jobs run by hand, and the log of what was done."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from kit.people import Person, a_moderator, run_sql
from playwright.sync_api import Locator, Route, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import IN_RUSSIAN, PHONE, Form, Looks
from web.payer import Payer
from web.somebody import Somebody
from web.team import Team

pytestmark = pytest.mark.timeout(600)  # the first to ask for the walk waits for all of it
PAGES = {
    "organizations": "Найденные организации",
    "payments": "Найденные платежи",
    "status-requests?status=all": "Заявки на статус B",
    "log": "Действия администраторов",
    "jobs": "Запуски заданий",
    "support?status=answered": "Обращения",
}


@pytest.fixture
def person(stack: Stack) -> Person:
    return a_moderator(stack.addresses)


@pytest.fixture
def moderator(new_somebody: NewSomebody, person: Person) -> Somebody:
    somebody = new_somebody()
    somebody.sign_in(person, "/admin/organizations")
    somebody.sees_heading("Организации")
    return somebody


def rows(somebody: Somebody, table: str) -> Locator:
    """Those that came, not the grey ones before."""
    page = somebody.page
    return (
        page.get_by_role("table", name=table)
        .and_(page.locator("[aria-busy=false]"))
        .get_by_role("row")
        .filter(has=page.get_by_role("cell"))
    )


def exported(somebody: Somebody, folder: Path) -> list[dict[str, str]]:
    with somebody.page.expect_download() as download:
        somebody.button("Выгрузить CSV").click()
    download.value.save_as(folder / "list.csv")
    with (folder / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_what_narrows_a_list_stands_in_the_address(moderator: Somebody, stack: Stack) -> None:
    team = Team(stack.addresses)
    team.grant("B", valid_until="2066-01-01T00:00:00Z")
    found = rows(moderator, "Найденные организации")
    moderator.page.get_by_label("Найти").fill(team.slug)
    expect(found).to_have_count(1)
    moderator.page.get_by_label("Уровень").select_option("B")
    moderator.page.get_by_label("С", exact=True).fill(date.today().isoformat())
    moderator.page.wait_for_url(re.compile(r"\?q=.*&level=B&from="))
    expect(found).to_contain_text(team.organization["inn"])
    moderator.page.reload()
    expect(found).to_have_count(1)
    expect(moderator.page.get_by_label("Уровень")).to_have_value("B")
    moderator.page.get_by_label("Уровень").select_option("C")
    expect(moderator.page.get_by_role("heading", name="Ничего не нашлось")).to_be_visible()
    moderator.page.get_by_label("Уровень").select_option("B")
    expect(found).to_have_count(1)
    moderator.page.get_by_label("С", exact=True).fill("")
    moderator.page.get_by_label("По", exact=True).fill((date.today() - timedelta(days=2)).isoformat())
    expect(moderator.page.get_by_role("heading", name="Ничего не нашлось")).to_be_visible()
    moderator.link("Показать все").click()
    expect(found.first).to_be_visible()
    assert "?" not in moderator.page.url


def test_a_list_is_exported_whole_and_nothing_in_it_is_a_formula(
    moderator: Somebody, stack: Stack, tmp_path: Path
) -> None:
    """Pages of two, so that there are several; a name that a spreadsheet would compute."""
    teams = [
        Team(stack.addresses, name=name) for name in ("=1+1 Яромил", "Яромил и сыновья", "Яромил «Луг», ООО")
    ]

    def by_two(route: Route) -> None:
        asked = route.request.post_data_json or {}
        route.continue_(post_data={**asked, "max_items": 2})

    moderator.page.route("**/rpc/admin_organizations", by_two)
    moderator.open("/admin/organizations?q=яромил")
    found = rows(moderator, "Найденные организации")
    expect(found).to_have_count(2)
    moderator.button("Показать ещё").click()
    expect(found).to_have_count(3)
    expect(moderator.button("Показать ещё")).to_have_count(0)
    lines = exported(moderator, tmp_path)
    assert [line["ИНН"] for line in lines] == [team.organization["inn"] for team in reversed(teams)]
    assert {line["Название"] for line in lines} == {"'=1+1 Яромил", "Яромил и сыновья", "Яромил «Луг», ООО"}
    expect(moderator.page.get_by_text("Строк в файле: 3")).to_be_visible()


def test_an_export_can_be_stopped(moderator: Somebody, stack: Stack) -> None:
    team = Team(stack.addresses)
    moderator.open(f"/admin/organizations?q={team.slug}")
    expect(rows(moderator, "Найденные организации")).to_have_count(1)
    moderator.page.route("**/rpc/admin_organizations", lambda _: None)  # it never answers
    moderator.button("Выгрузить CSV").click()
    expect(moderator.page.get_by_text("Выгружаем: 0")).to_be_visible()
    moderator.button("Остановить").click()
    expect(moderator.button("Выгрузить CSV")).to_be_visible()


def test_a_job_is_run_by_hand_and_the_log_says_who_did(moderator: Somebody, person: Person) -> None:
    moderator.open("/admin/jobs")
    line = rows(moderator, "Задания по расписанию").filter(has_text="Сроки уровней")
    # With the keyboard alone.
    line.get_by_role("button", name="Запустить сейчас: Сроки уровней").focus()
    moderator.page.keyboard.press("Enter")
    expect(moderator.page.get_by_text("Сроки уровней: готово")).to_be_visible()
    expect(line).to_contain_text("Вовремя")
    answer = moderator.page.get_by_role("definition").filter(has_text=re.compile(r"за 60\sдней"))
    expect(answer).to_be_visible()
    moderator.page.get_by_label("Задание").select_option("status_expiry")
    ran = rows(moderator, "Запуски заданий").first
    expect(ran).to_contain_text("Успех")
    ran.get_by_role("button", name="Сроки уровней").click()
    opened = moderator.page.get_by_role("dialog", name="Сроки уровней")
    expect(opened.get_by_role("term").filter(has_text="Уровней закончилось")).to_be_visible()
    moderator.page.keyboard.press("Escape")
    expect(ran.get_by_role("button", name="Сроки уровней")).to_be_focused()

    moderator.open("/admin/log?action=begin_job")
    moderator.page.get_by_label("Кто").select_option(person.user_id)
    done = rows(moderator, "Действия администраторов")
    expect(done).to_have_count(1)
    expect(done).to_contain_text("Задание запущено")
    expect(done).to_contain_text("Сроки уровней")


def test_a_job_that_runs_already_says_so(moderator: Somebody, stack: Stack) -> None:
    run_sql(stack.addresses, "insert into public.job_runs (job) values ('organization_cleanup')")
    moderator.open("/admin/jobs")
    with moderator.watch.refusal(409, "/functions/v1/run_job"):
        moderator.button("Запустить сейчас: Очистка удалённого").click()
        expect(moderator.page.get_by_text("Задание уже идёт.")).to_be_visible()


def test_an_id_is_short_and_copied_whole(moderator: Somebody, person: Person, stack: Stack) -> None:
    team = Team(stack.addresses)
    request = team.owner.rpc(
        "submit_upgrade_request", organization_id=team.id, target_level="B", message="Проверьте нас"
    )
    person.rpc("review_upgrade_request", request_id=request["id"], decision="rejected", comment="Нет бумаг")
    moderator.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    moderator.open(f"/admin/log?q={team.organization['inn']}")
    line = rows(moderator, "Действия администраторов")
    expect(line).to_contain_text("Решение о заявке на B")
    line.get_by_role("button", name=f"Скопировать номер {request['id'][-8:]}").click()
    expect(moderator.page.get_by_text("Номер скопирован")).to_be_visible()
    assert moderator.page.evaluate("navigator.clipboard.readText()") == request["id"]


def test_rows_are_of_44_pixels_and_cards_of_two_lines(
    moderator: Somebody, person: Person, stack: Stack
) -> None:
    page = moderator.page
    payer = Payer(stack.addresses)
    payer.pays("subscription")
    payer.owner.rpc("submit_upgrade_request", organization_id=payer.id, target_level="B", message="Проверьте")
    person.rpc("grant_status_level", organization_id=payer.id, level="B")
    for size, height in (({"width": 1280, "height": 800}, 44), ({"width": 360, "height": 740}, 68)):
        page.set_viewport_size(size)  # type: ignore[arg-type] # a literal is a ViewportSize
        for path in ("organizations", "payments", "status-requests?status=all", "log"):
            moderator.open(f"/admin/{path}")
            row = page.locator("tbody tr").filter(has=page.get_by_role("cell")).first
            row.wait_for()
            assert row.evaluate("row => row.getBoundingClientRect().height") <= height, path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    # On a phone the filters are folded away, and the keyboard opens them.
    expect(page.get_by_label("Кто", exact=True)).to_be_hidden()
    moderator.button("Фильтры").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Кто", exact=True)).to_be_visible()


def test_the_head_of_a_table_stays(moderator: Somebody, stack: Stack) -> None:
    run_sql(stack.addresses, "insert into public.job_runs (job) select 'level_c' from generate_series(1, 15)")
    moderator.page.set_viewport_size({"width": 1280, "height": 400})
    moderator.open("/admin/jobs")
    rows(moderator, "Запуски заданий").last.scroll_into_view_if_needed()
    expect(moderator.page.get_by_role("columnheader", name="Начат")).to_be_in_viewport()


def test_nobody_else_finds_jobs_or_the_log(boris: Somebody, stack: Stack) -> None:
    boris.sign_in(Team(stack.addresses).owner, "/admin/jobs")
    boris.sees_heading("Такой страницы нет")
    boris.open("/admin/log")
    boris.sees_heading("Такой страницы нет")


@pytest.fixture(scope="module")
def looked_at(new_walker: NewSomebody, stack: Stack) -> Looks:
    somebody = new_walker(viewport=PHONE)
    looks = Looks(somebody.page, IN_RUSSIAN)
    somebody.sign_in(a_moderator(stack.addresses), "/admin/organizations")
    for path, table in PAGES.items():
        somebody.open(f"/admin/{path}")
        somebody.page.get_by_role("table", name=table).or_(
            somebody.page.get_by_role("heading", name="Ничего не нашлось")
        ).first.wait_for()
        looks.at(path)
    return looks


@pytest.mark.parametrize("form", IN_RUSSIAN, ids=lambda form: form.size)
def test_the_lists_for_everybody(looked_at: Looks, form: Form) -> None:
    looked_at.assert_content(form)
