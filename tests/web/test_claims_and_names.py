"""An INN that is taken and a name that was verified: who asks, who decides, and what either sees of it."""

from __future__ import annotations

import re

import pytest
from kit.people import Person, a_moderator
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.somebody import Somebody
from web.team import Team, document, picture

TERM = "2066-01-01T00:00:00Z"


@pytest.fixture
def team(stack: Stack) -> Team:
    return Team(stack.addresses)


@pytest.fixture
def moderator(new_somebody: NewSomebody, stack: Stack) -> tuple[Somebody, Person]:
    person = a_moderator(stack.addresses)
    somebody = new_somebody()
    somebody.sign_in(person, "/admin/claims")
    somebody.sees_heading("Заявления на ИНН")
    return somebody, person


def decides(somebody: Somebody, choice: str, comment: str, verb: str) -> None:
    somebody.page.get_by_label(choice).check()
    somebody.button("Принять решение").click()
    somebody.page.get_by_role("dialog").wait_for()
    somebody.page.keyboard.press("Escape")
    somebody.page.get_by_label("Комментарий").fill(comment)
    somebody.button("Принять решение").click()
    dialog = somebody.page.get_by_role("dialog")
    expect(dialog).to_contain_text(comment)
    dialog.get_by_role("button", name=verb).click()


def test_an_inn_that_is_taken_is_claimed_and_handed_over(
    anna: Somebody, moderator: tuple[Somebody, Person], team: Team
) -> None:
    claimant = anna.with_account()
    anna.sign_in(claimant, "/dashboard/organizations/new")
    page = anna.page
    page.get_by_label("Название").fill("Пасека")
    page.get_by_label("Полное наименование").fill("ООО «Настоящая»")
    page.get_by_label("ИНН").fill(team.organization["inn"])
    with anna.watch.refusal(409, "/rest/v1/rpc/create_organization"):
        anna.button("Создать организацию").click()
    anna.link("Заявить права").click()
    anna.sees_heading("Права на ИНН")
    expect(page.get_by_label("ИНН")).to_have_value(team.organization["inn"])
    page.get_by_label("Полное наименование").fill("ООО «Настоящая»")
    page.get_by_label("Что проверить").fill("Я директор, вот выписка.")
    anna.button("Отправить заявление").click()
    expect(page.get_by_text("Приложите хотя бы один документ")).to_be_focused()
    page.locator("input[type=file]").set_input_files([document(), picture()])
    expect(page.get_by_text("Готов", exact=True)).to_have_count(2)
    anna.button("Отправить заявление").click()
    expect(page.get_by_text("на рассмотрении")).to_be_visible()
    expect(page.get_by_text("Готов", exact=True)).to_have_count(0)

    somebody, person = moderator
    (claim,) = person.get("organization_claims", inn=f"eq.{team.organization['inn']}")
    somebody.open(f"/admin/claims?request={claim['id']}")
    expect(somebody.page.get_by_text("Я директор, вот выписка.")).to_be_visible()
    # The papers open by an address that was signed for who looks.
    expect(somebody.page.get_by_role("img", name="логотип.png")).to_be_visible()
    link = somebody.page.get_by_role("link", name="договор.pdf: Открыть в новой вкладке")
    opened = somebody.page.request.get(link.get_attribute("href") or "")
    assert (opened.status, opened.headers["content-type"]) == (200, "application/pdf")
    decides(somebody, "Передать организацию", "Выписка сходится.", "Передать организацию заявителю")
    expect(somebody.page.get_by_text("Передана заявителю: Пасека Ивановых")).to_be_visible()

    page.reload()
    expect(page.get_by_text("организация передана вам")).to_be_visible()
    expect(page.get_by_text("Комментарий: Выписка сходится.")).to_be_visible()
    anna.link("Открыть кабинет").click()
    anna.sees_heading("Пасека Ивановых")


@pytest.mark.parametrize(
    ("choice", "verb", "state"),
    [
        ("Освободить ИНН", "Освободить ИНН", "ИНН свободен"),
        ("Отклонить", "Отклонить", "отклонено"),
    ],
)
def test_the_other_decisions_on_a_claim(
    boris: Somebody,
    moderator: tuple[Somebody, Person],
    team: Team,
    choice: str,
    verb: str,
    state: str,
) -> None:
    claimant = boris.with_account()
    wish = {"inn": team.organization["inn"], "legal_name": "ООО «Другая»", "message": "Это моя"}
    claim = claimant.rpc("claim_organization", **wish)["claim_id"]
    somebody = moderator[0]
    somebody.open(f"/admin/claims?request={claim}")
    somebody.page.get_by_label(choice).check()
    if choice == "Отклонить":
        somebody.button("Принять решение").click()
        expect(somebody.page.get_by_label("Комментарий")).to_be_focused()  # a rejection says why
    somebody.page.get_by_label("Комментарий").fill("Так решили.")
    somebody.button("Принять решение").click()
    somebody.page.get_by_role("dialog").get_by_role("button", name=verb).click()
    expect(somebody.page.get_by_role("dialog")).to_have_count(0)
    boris.sign_in(claimant, "/dashboard/organizations/claim")
    expect(boris.page.get_by_text(state)).to_be_visible()
    expect(boris.page.get_by_text("Комментарий: Так решили.")).to_be_visible()


def asks_for(owner: Somebody, name: str) -> None:
    owner.page.get_by_label("Новое название", exact=True).fill(name)
    owner.page.get_by_label("Почему меняется").fill("Сменили вывеску.")
    owner.button("Попросить о смене").click()
    expect(owner.page.get_by_role("heading", name="Новое название на рассмотрении")).to_be_visible()


def test_a_verified_name_is_asked_for_taken_back_and_approved(
    anna: Somebody, moderator: tuple[Somebody, Person], team: Team
) -> None:
    team.grant("B", valid_until=TERM)
    anna.sign_in(team.owner, "/dashboard/organization")
    page = anna.page
    expect(page.get_by_role("heading", name="Проверенные названия")).to_be_visible()
    expect(page.get_by_label("Название", exact=True)).to_have_count(0)
    page.get_by_label("О вас").fill("Держим ульи.")  # the rest is saved as ever
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_text("Сохранено")).to_be_visible()

    anna.button("Сменить название").click()
    page.get_by_label("Почему меняется").fill("Просто так.")
    with anna.watch.refusal(422, "/rest/v1/rpc/request_name_change"):
        anna.button("Попросить о смене").click()
        expect(page.get_by_text("Оба названия прежние.")).to_be_visible()
    page.locator("input[type=file]").last.set_input_files(document("устав.pdf"))
    expect(page.get_by_text("Готов", exact=True)).to_be_visible()
    asks_for(anna, "Мёд и травы")
    anna.button("Отозвать").click()
    page.get_by_role("dialog").get_by_role("button", name="Отозвать").click()
    expect(page.get_by_text("Новое название отозвано")).to_be_visible()
    anna.button("Сменить название").click()
    asks_for(anna, "Мёд и травы")

    somebody, person = moderator
    (request,) = person.get("name_change_requests", organization_id=f"eq.{team.id}", status="eq.pending")
    somebody.open(f"/admin/name-changes?request={request['id']}")
    names = somebody.page.get_by_role("table", name="Названия рядом")
    expect(names.get_by_role("row").nth(1)).to_contain_text("Пасека Ивановых")
    expect(names.get_by_role("row").nth(1)).to_contain_text("Мёд и травы")
    expect(names.get_by_role("row").nth(2)).to_contain_text("не меняется")
    decides(somebody, "Одобрить", "Вывеску видели.", "Одобрить")
    expect(somebody.page.get_by_text("Название одобрено: Мёд и травы")).to_be_visible()
    anna.open(team.public_page)
    anna.sees_heading("Мёд и травы")


def test_a_name_that_was_rejected_is_asked_for_again(
    boris: Somebody, moderator: tuple[Somebody, Person], team: Team
) -> None:
    team.grant("B", valid_until=TERM)
    request = team.owner.rpc(
        "request_name_change", organization_id=team.id, name="Лучший мёд", message="Красивее"
    )
    somebody = moderator[0]
    somebody.open(f"/admin/name-changes?request={request['id']}")
    somebody.page.get_by_label("Отклонить").check()
    somebody.button("Принять решение").click()
    expect(somebody.page.get_by_label("Комментарий")).to_be_focused()
    somebody.page.get_by_label("Комментарий").fill("Нет ни вывески, ни документов.")
    somebody.button("Принять решение").click()
    somebody.page.get_by_role("dialog").get_by_role("button", name="Отклонить").click()
    expect(somebody.page.get_by_text("Название отклонено: Лучший мёд")).to_be_visible()
    boris.sign_in(team.owner, "/dashboard/organization")
    expect(boris.page.get_by_text("Нет ни вывески, ни документов.")).to_be_visible()
    expect(boris.page.get_by_label("Новое название", exact=True)).to_have_value("Лучший мёд")
    asks_for(boris, "Мёд и травы")


def test_more_is_asked_for_and_buyers_read_by_which_documents(
    boris: Somebody, moderator: tuple[Somebody, Person], team: Team, new_somebody: NewSomebody
) -> None:
    boris.sign_in(team.owner, "/dashboard/organization/status")
    boris.button(re.compile("^Подать")).click()
    boris.page.get_by_label("О вашем производстве").fill("Проверьте пасеку.")
    boris.page.locator("input[type=file]").set_input_files(document())
    expect(boris.page.get_by_text("Готов", exact=True)).to_have_count(1)
    boris.button("Отправить заявку").click()
    expect(boris.page.get_by_role("heading", name="Заявка на рассмотрении")).to_be_visible()
    (request,) = team.owner.get("status_upgrade_requests", organization_id=f"eq.{team.id}")
    address = f"/admin/status-requests?request={request['id']}"

    somebody = moderator[0]
    somebody.open(address)
    somebody.page.get_by_label("Запросить ещё документы").check()
    somebody.button("Принять решение").click()
    expect(somebody.page.get_by_label("Комментарий")).to_be_focused()
    somebody.page.get_by_label("Комментарий").fill("Нужен протокол лаборатории.")
    somebody.button("Принять решение").click()
    somebody.page.get_by_role("dialog").get_by_role("button", name="Запросить ещё документы").click()
    expect(somebody.page.get_by_text("Документы запрошены: Пасека Ивановых")).to_be_visible()

    boris.page.reload()
    expect(boris.page.get_by_text("Нужен протокол лаборатории.").first).to_be_visible()
    boris.page.get_by_label("Ваш ответ").fill("Вот протокол.")
    boris.page.locator("input[type=file]").set_input_files(document("протокол.pdf"))
    expect(boris.page.get_by_text("Готов", exact=True)).to_have_count(1)
    boris.button("Отправить ответ").click()
    expect(boris.page.get_by_role("heading", name="Заявка на рассмотрении")).to_be_visible()

    somebody.open(address)  # the same request, with both papers
    expect(somebody.link("протокол.pdf: Открыть в новой вкладке")).to_be_visible()
    somebody.page.get_by_label("Одобрить").check()
    somebody.page.get_by_label("Срок").select_option("12")
    somebody.page.get_by_label("Лабораторные испытания", exact=False).check()
    somebody.button("Принять решение").click()
    somebody.page.get_by_role("dialog").get_by_role("button", name="Одобрить").click()
    expect(somebody.page.get_by_text("Одобрено: Пасека Ивановых")).to_be_visible()
    buyer = new_somebody()
    buyer.open(team.public_page)
    expect(buyer.page.get_by_text("лабораторные испытания", exact=True)).to_be_visible()
