"""Telling us of abuse: the form that is opened from what a buyer looks at, the desk, and what buyers see of it then."""

from __future__ import annotations

import re

import pytest
from accounts import new_email
from kit.people import a_moderator
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import IN_RUSSIAN, PHONE, Looks
from web.somebody import Somebody
from web.team import Team, document, email_to
from web.test_qr_landing import print_code


@pytest.fixture
def team(stack: Stack) -> Team:
    return Team(stack.addresses)


def test_a_visitor_reports_a_moderator_decides_and_buyers_see_it(
    new_somebody: NewSomebody, team: Team, stack: Stack
) -> None:
    team.grant("A")
    visitor, desk = new_somebody(viewport=PHONE), new_somebody(viewport=PHONE)
    looks = Looks(visitor.page, IN_RUSSIAN)
    email = new_email()
    visitor.open(team.public_page)
    visitor.link("Сообщить о нарушении").click()
    visitor.sees_heading("Сообщить о нарушении")
    expect(visitor.link(team.name)).to_be_visible()
    visitor.button("Отправить").click()
    expect(visitor.page.get_by_text("Выберите, что случилось.")).to_be_focused()
    looks.at("a report, with mistakes")
    visitor.page.get_by_label("Чужое имя").check()
    visitor.page.get_by_label("Что именно не так").fill("Нас обманули. casino.example")
    visitor.page.get_by_label("Куда ответить").fill(email)
    visitor.button("Отправить").click()
    expect(visitor.page.get_by_text(f"Мы проверим и напишем на {email}")).to_be_visible()
    looks.at("a report that was sent")

    moderator = a_moderator(stack.addresses)
    (report,) = moderator.get("abuse_reports", organization_id=f"eq.{team.id}")
    desk.sign_in(moderator, "/admin/reports")
    desk.sees_heading("Жалобы")
    deciding = Looks(desk.page, IN_RUSSIAN)
    deciding.found = looks.found
    desk.open(f"/admin/reports?q={team.slug}")
    desk.link("Чужое имя").click()
    expect(desk.page.get_by_text("Нас обманули.")).to_be_visible()
    expect(desk.page.get_by_text(email)).to_be_visible()
    assert report["id"] in desk.page.url
    desk.button("Принять решение").click()
    deciding.at("a report at the desk, with a mistake")
    desk.page.get_by_label("Не подтвердилась").check()
    expect(desk.page.get_by_label("Опубликовать на странице организации")).to_have_count(0)
    desk.page.get_by_label("Подтвердилась", exact=True).check()
    desk.page.get_by_label("Комментарий").fill("Имя вернули владельцу.")
    desk.page.get_by_label("Опубликовать на странице организации").check()
    desk.button("Принять решение").click()
    dialog = desk.page.get_by_role("dialog")
    expect(dialog.get_by_text("появится на странице организации")).to_be_visible()
    dialog.get_by_role("button", name="Принять решение").click()
    expect(desk.page.get_by_text("Опубликовано")).to_be_visible()

    came = email_to(visitor.site, email, "Имя вернули владельцу.")
    assert "casino" not in came["text"] + came["html"], "nobody's words go to an address nobody proved"
    visitor.open(team.public_page)
    section = visitor.page.locator("section", has=visitor.page.get_by_role("heading", name="Подтверждённые нарушения"))  # fmt: skip
    expect(section.get_by_text("Чужое имя")).to_be_visible()
    expect(section.locator("time")).to_be_visible()
    looks.at("an organization with a violation")

    visitor.open("/")
    visitor.page.get_by_role("contentinfo").get_by_role("link", name="Жалобы и решения").click()
    visitor.sees_heading("Жалобы и решения")
    decided = visitor.page.get_by_role("list", name="Решения").get_by_role("listitem")
    theirs = decided.filter(has=visitor.link(team.name))
    expect(theirs).to_contain_text("Чужое имя")
    expect(theirs).to_contain_text("Подтвердилось")
    looks.at("what came of reports")

    desk.button("Снять со страницы").click()
    asking = desk.page.get_by_role("dialog")
    asking.get_by_role("button", name="Снять со страницы").click()
    deciding.at("taking a violation off, with a mistake")
    asking.get_by_label("Почему").fill("Это был их собственный магазин.")
    asking.get_by_role("button", name="Снять со страницы").click()
    expect(desk.page.get_by_text("Это был их собственный магазин.")).to_be_visible()
    expect(desk.button("Снять со страницы")).to_have_count(0)
    visitor.open(team.public_page)
    visitor.sees_heading(team.name)
    expect(section).to_have_count(0)
    visitor.open("/reports")
    expect(decided.first).to_contain_text("Организация была названа по ошибке")
    expect(theirs).to_have_count(0)
    for form in IN_RUSSIAN:
        looks.assert_content(form)


def test_a_person_reports_a_code_of_nobody_we_know_with_a_picture_of_it(
    boris: Somebody, team: Team, stack: Stack
) -> None:
    person = boris.with_account()
    code = print_code(team)
    boris.sign_in(person, f"/q/{code}")
    boris.link("Сообщить о нарушении").click()
    boris.sees_heading("Сообщить о нарушении")
    page = boris.page
    expect(page.get_by_label("Адрес страницы")).to_have_value(re.compile(f"/q/{code}$"))
    page.get_by_label("Адрес страницы").fill("https://market.example/honey")
    page.get_by_label("Поддельный значок").check()
    page.get_by_label("Что именно не так").fill("На банке значок, которого нет.")
    page.locator("input[type=file]").set_input_files(document())
    expect(page.get_by_text("Готов", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_label("Что именно не так")).to_have_value("На банке значок, которого нет.")
    boris.button("Отправить").click()
    expect(page.get_by_text(f"Мы проверим и напишем на {person.email}")).to_be_visible()
    moderator = a_moderator(stack.addresses)
    (report,) = moderator.get("abuse_reports", reporter_id=f"eq.{person.user_id}")
    assert (report["kind"], report["url"]) == ("fake_badge", "https://market.example/honey")
    assert len(report["evidence_paths"]) == 1
