"""Writing to us and being answered: at the form, at the desk of who runs the platform, and in the mailbox."""

from __future__ import annotations

import pytest
from accounts import new_email
from kit.people import Person, a_moderator
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.somebody import Somebody
from web.team import Team, email_to


@pytest.fixture
def moderator(new_somebody: NewSomebody, stack: Stack) -> tuple[Somebody, Person]:
    person = a_moderator(stack.addresses)
    somebody = new_somebody()
    somebody.sign_in(person, "/admin/support")
    somebody.sees_heading("Обращения")
    return somebody, person


def answers(moderator: tuple[Somebody, Person], subject: str, words: str) -> None:
    """The desk holds other tests' messages too: this one is found in the database, and opened by its address."""
    somebody, person = moderator
    (ticket,) = person.get("support_messages", subject=f"eq.{subject}")
    somebody.open(f"/admin/support?request={ticket['id']}")
    expect(somebody.page.get_by_role("heading", name=subject)).to_be_visible()
    somebody.button("Ответить").click()
    expect(somebody.page.get_by_label("Что ответить")).to_be_focused()  # an answer says something
    somebody.page.get_by_label("Что ответить").fill(words)
    somebody.button("Ответить").click()
    expect(somebody.page.get_by_text(f"Ответ на обращение № {ticket['number']} отправлен")).to_be_visible()


def test_a_visitor_writes_and_finds_the_answer_in_the_mailbox(
    anna: Somebody, moderator: tuple[Somebody, Person]
) -> None:
    email = new_email()
    subject = f"Где купить мёд {email}"
    anna.open("/")
    anna.link("Написать нам").click()
    anna.sees_heading("Написать нам")
    anna.page.get_by_role("textbox", name="Тема").fill(subject)
    anna.page.get_by_label("Сообщение").fill("Покупайте у нас: casino.example")
    anna.button("Отправить").click()
    expect(anna.page.get_by_label("Куда ответить")).to_be_focused()
    anna.page.get_by_label("Куда ответить").fill(email)
    anna.button("Отправить").click()
    expect(anna.page.get_by_text(f"Ответ придёт на {email}.")).to_be_visible()

    answers(moderator, subject, "Спросите производителя:\n\nего телефон на странице.")
    came = email_to(anna.site, email, "его телефон на странице.")
    assert came["subject"].startswith("Ответ на обращение № ")
    assert "casino" not in came["text"] + came["html"], "nobody's words go to an address nobody proved"


def test_a_person_reads_the_answer_where_they_wrote(
    boris: Somebody, moderator: tuple[Somebody, Person], stack: Stack
) -> None:
    team = Team(stack.addresses)
    boris.sign_in(team.owner, "/support?reference=r-17")
    subject = f"Ошибка r-17 {team.slug}"
    expect(boris.page.get_by_role("textbox", name="Тема")).to_have_value("Ошибка r-17")
    boris.page.get_by_role("textbox", name="Тема").fill(subject)
    boris.page.get_by_label("Сообщение").fill("Платёж не проходит.")
    boris.page.get_by_label("Об организации").select_option(team.name)
    boris.button("Отправить").click()
    expect(boris.page.get_by_text(f"Ответ придёт на {team.owner.email}.")).to_be_visible()
    expect(boris.page.get_by_text("ждёт ответа")).to_be_visible()

    answers(moderator, subject, "Теперь проходит.")
    expect(moderator[0].link(team.name)).to_be_visible()
    assert email_to(boris.site, team.owner.email, "Теперь проходит.")
    boris.page.reload()
    boris.page.get_by_text(subject).click()
    expect(boris.page.get_by_text("Теперь проходит.")).to_be_visible()
