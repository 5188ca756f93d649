"""No violation of WCAG 2.2 A and AA on any page, on a phone and at a desk, in both themes. Each walk is done once."""

from __future__ import annotations

import re

import pytest
from accounts import new_email
from kit.people import a_moderator
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import DESKTOP, IN_RUSSIAN, PHONE, Form, Looks, overflow
from web.somebody import RESULT_TIMEOUT
from web.team import Team, document, picture

pytestmark = pytest.mark.timeout(600)  # the first to ask for a walk waits for all of it
IN_BOTH_SIZES = pytest.mark.parametrize("form", IN_RUSSIAN, ids=lambda form: form.size)


@pytest.fixture(scope="module")
def every_page(new_walker: NewSomebody) -> Looks:
    somebody = new_walker(viewport=PHONE)
    looks = Looks(somebody.page, IN_RUSSIAN)
    judge = looks.at

    confirm = [f"/confirm?token_hash=x&type={kind}" for kind in ("signup", "recovery", "email_change", "")]
    for path in ("/", "/sign-up", "/sign-in", "/forgot-password", "/support", *confirm, "/no-such-page"):
        somebody.open(path)
        somebody.sees_some_heading()
        judge(path)

    with somebody.watch.refusal(404, "/rest/v1/rpc/get_organization_page"):
        somebody.open("/organizations/no-such-organization")
        somebody.sees_heading("Такой организации нет")
    judge("no such organization")

    somebody.register()
    judge("new organization")
    somebody.button("Создать организацию").click()
    judge("new organization, with mistakes")
    slug = somebody.create_organization()
    judge("overview, no status")
    for section in ("Статус", "Оплата"):
        somebody.goes_to(section)
        somebody.sees_some_heading()
        judge(f"{section}, no status")

    somebody.begin_trial()
    somebody.leaves_yookassa()
    somebody.sees_heading("Ждём ответа ЮKassa")
    judge("waiting for the result")
    somebody.pays_elsewhere()
    somebody.sees_heading("Карта проверена", timeout=RESULT_TIMEOUT)
    judge("result")

    for section in ("Обзор", "Статус", "Оплата"):
        somebody.goes_to(section)
        somebody.sees_some_heading()
        judge(f"{section}, on trial")
    somebody.button(re.compile("^Удалить")).click()
    judge("removing the card")
    somebody.page.keyboard.press("Escape")
    somebody.open("/account")
    somebody.sees_some_heading()
    judge("account")
    somebody.open(f"/organizations/{slug}")
    somebody.sees_some_heading()
    judge("public page")

    def is_explained() -> None:
        somebody.page.mouse.move(0, 0)
        somebody.badge("0").hover()
        somebody.page.get_by_role("tooltip").wait_for()

    judge("public page, with the badge explained", again=is_explained)
    return looks


@IN_BOTH_SIZES
def test_every_page(every_page: Looks, form: Form) -> None:
    every_page.assert_content(form)


@pytest.fixture(scope="module")
def people_levels_and_notifications(new_walker: NewSomebody, stack: Stack) -> Looks:
    team = Team(stack.addresses)
    team.join("viewer")
    team.grant("A")
    link = team.invite(new_email())
    anna = new_walker(viewport=DESKTOP)
    page = anna.page
    looks = Looks(page, IN_RUSSIAN)

    for path in (link, "/levels"):
        anna.open(path)
        anna.sees_some_heading()
        looks.at(f"{path}, signed out")

    anna.sign_in(team.owner, "/dashboard/organization")
    page.get_by_label("Сайт").fill("не адрес")
    anna.button("Сохранить").click()
    looks.at("profile, with a mistake")
    anna.link("Люди").click()
    anna.button("Роль: Глеб, наблюдатель. Сменить").wait_for()
    page.get_by_text("Что может каждая роль").click()
    anna.button("Отправить приглашение").click()
    looks.at("people, with a mistake")
    anna.button("Убрать из организации: Глеб").click()
    looks.at("removing somebody")
    page.keyboard.press("Escape")
    anna.link("Настройки").click()
    anna.button("Часовой пояс организации").click()
    page.get_by_label("Найти часовой пояс").wait_for()
    looks.at("choosing a time zone")
    page.keyboard.press("Escape")
    anna.link("Передача и удаление").click()
    anna.button("Удалить организацию").click()
    looks.at("deleting the organization")
    page.keyboard.press("Escape")

    anna.goes_to("Статус")
    anna.button("Подать заявку").click()
    page.get_by_label("О вашем производстве").fill("Проверьте нас.")
    page.locator("input[type=file]").set_input_files([document(), picture()])
    expect(page.get_by_text("Готов", exact=True)).to_have_count(2)
    looks.at("asking for B")
    anna.button("Отправить заявку").click()
    page.get_by_role("heading", name="Заявка на рассмотрении").wait_for()
    looks.at("waiting for B")

    anna.button(re.compile("^Уведомления, ")).click()
    page.get_by_role("dialog", name="Уведомления").get_by_role("listitem").first.wait_for()
    looks.at("the bell", only="1280")
    for path in ("/dashboard/notifications", "/account/notifications", "/support"):
        anna.open(path)
        anna.sees_some_heading()
        looks.at(path)
    with anna.watch.refusal(404, "/rpc/get_invitation"):
        anna.open(link)
        anna.sees_heading("Приглашение не для этого адреса")
    looks.at("somebody else's invitation")
    return looks


@IN_BOTH_SIZES
def test_people_levels_and_notifications(people_levels_and_notifications: Looks, form: Form) -> None:
    people_levels_and_notifications.assert_content(form)


@pytest.fixture(scope="module")
def moderation(new_walker: NewSomebody, stack: Stack) -> Looks:
    team = Team(stack.addresses)
    team.grant("A")
    asking = new_walker()
    asking.sign_in(team.owner, "/dashboard/organization/status")
    asking.button("Подать заявку").click()
    asking.page.get_by_label("О вашем производстве").fill("Проверьте нас.")
    asking.page.locator("input[type=file]").set_input_files([picture(), document()])
    expect(asking.page.get_by_text("Готов", exact=True)).to_have_count(2)
    asking.button("Отправить заявку").click()
    asking.page.get_by_role("heading", name="Заявка на рассмотрении").wait_for()

    moderator = new_walker(viewport=PHONE)
    page = moderator.page
    looks = Looks(page, IN_RUSSIAN)
    moderator.sign_in(a_moderator(stack.addresses), "/admin/status-requests")
    page.get_by_role("table").get_by_role("link").first.wait_for()
    looks.at("requests")
    (request,) = team.owner.get(
        "status_upgrade_requests", organization_id=f"eq.{team.id}", status="eq.pending"
    )
    moderator.open(f"/admin/status-requests?request={request['id']}")
    moderator.button("Принять решение").click()
    looks.at("a request, with a mistake")
    page.get_by_label("Одобрить").check()
    page.get_by_label("Срок").select_option("date")
    moderator.button("Принять решение").click()
    looks.at("a request, approving")
    page.get_by_label("Срок").select_option("none")
    moderator.button("Принять решение").click()
    page.get_by_role("dialog").wait_for()
    looks.at("a request, confirming")

    wish = {"subject": "Оплата", "message": "Не проходит.", "organization_id": team.id}
    ticket = team.owner.rpc("send_support_message", **wish)["ticket_id"]
    moderator.open(f"/admin/support?request={ticket}")
    page.get_by_role("heading", name="Оплата").wait_for()
    moderator.button("Ответить").click()
    looks.at("support, with a mistake")

    moderator.open(f"/admin/organizations?q={team.slug}")
    moderator.link(team.name).wait_for()
    looks.at("organizations")
    moderator.link(team.name).click()
    moderator.button("Снять статус A").click()
    looks.at("revoking")
    page.keyboard.press("Escape")
    looks.at("one organization")
    moderator.open("/admin/organizations?q=no-such-organization")
    page.get_by_role("heading", name="ничего не нашлось").wait_for()
    looks.at("nothing found")
    return looks


@IN_BOTH_SIZES
def test_moderation(moderation: Looks, form: Form) -> None:
    moderation.assert_content(form)


def test_a_long_level_fits_the_narrowest_screen(new_somebody: NewSomebody, stack: Stack) -> None:
    """WCAG 2.2, 1.4.10: 320 pixels and no sideways scrolling."""
    team = Team(stack.addresses)
    team.grant("0")
    anna = new_somebody(viewport={"width": 320, "height": 640})
    anna.sign_in(team.owner)
    for path in ("/dashboard", team.public_page):
        anna.open(path)
        expect(anna.badge("0")).to_be_visible()
        anna.page.wait_for_load_state("networkidle")
        assert overflow(anna.page) == [], path
