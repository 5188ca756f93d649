"""The same as test_accessibility for claims, verified names and the desk where they are decided."""

from __future__ import annotations

import pytest
from kit.people import a_moderator
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import IN_RUSSIAN, PHONE, Form, Looks
from web.team import Team, document

pytestmark = pytest.mark.timeout(600)  # the first to ask for the walk waits for all of it


@pytest.fixture(scope="module")
def asked_and_decided(new_walker: NewSomebody, stack: Stack) -> Looks:
    team = Team(stack.addresses)
    team.grant("B", valid_until="2066-01-01T00:00:00Z")
    owner = new_walker(viewport=PHONE)
    page = owner.page
    looks = Looks(page, IN_RUSSIAN)
    owner.sign_in(team.owner, "/dashboard/organization")
    owner.button("Сменить название").click()
    owner.button("Попросить о смене").click()
    looks.at("another name, with a mistake")
    page.get_by_label("Новое название", exact=True).fill("Мёд и травы")
    page.get_by_label("Почему меняется").fill("Сменили вывеску.")
    owner.button("Попросить о смене").click()
    expect(page.get_by_role("heading", name="Новое название на рассмотрении")).to_be_visible()
    looks.at("another name, under review")
    (name,) = team.owner.get("name_change_requests", organization_id=f"eq.{team.id}")

    claimant = new_walker(viewport=PHONE)
    somebody = claimant.with_account()
    claiming = Looks(claimant.page, IN_RUSSIAN)
    claiming.found = looks.found
    claimant.sign_in(somebody, "/dashboard/organizations/claim")
    claimant.button("Отправить заявление").click()
    claiming.at("a claim, with mistakes")
    claimant.page.get_by_label("ИНН").fill(team.organization["inn"])
    claimant.page.get_by_label("Полное наименование").fill("ООО «Другая»")
    claimant.page.get_by_label("Что проверить").fill("Я директор.")
    claimant.page.locator("input[type=file]").set_input_files(document())
    expect(claimant.page.get_by_text("Готов", exact=True)).to_be_visible()
    claimant.button("Отправить заявление").click()
    expect(claimant.page.get_by_text("на рассмотрении")).to_be_visible()
    claiming.at("a claim that was sent")
    (claim,) = somebody.get("organization_claims", inn=f"eq.{team.organization['inn']}")

    moderator = new_walker(viewport=PHONE)
    deciding = Looks(moderator.page, IN_RUSSIAN)
    deciding.found = looks.found
    moderator.sign_in(a_moderator(stack.addresses), "/admin/claims")
    for path, request, choice in (
        ("claims", claim["id"], "Передать организацию"),
        ("name-changes", name["id"], "Одобрить"),
    ):
        moderator.open(f"/admin/{path}?request={request}")
        expect(moderator.page.get_by_role("heading", name="Решение")).to_be_visible()
        moderator.button("Принять решение").click()
        deciding.at(f"{path}, with a mistake")
        moderator.page.get_by_label(choice).check()
        moderator.button("Принять решение").click()
        moderator.page.get_by_role("dialog").wait_for()
        deciding.at(f"{path}, confirming")
        moderator.page.keyboard.press("Escape")
    return looks


@pytest.mark.parametrize("form", IN_RUSSIAN, ids=lambda form: form.size)
def test_claims_names_and_their_decisions(asked_and_decided: Looks, form: Form) -> None:
    asked_and_decided.assert_content(form)
