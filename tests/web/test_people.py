"""Who works in an organization: called in, given another role, sent away, handed the whole."""

from __future__ import annotations

import re

import pytest
from accounts import new_email
from kit.people import PASSWORD, run_sql, sign_up
from playwright.sync_api import Locator, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.somebody import Somebody
from web.team import Team, email_to

PAGE = "/dashboard/organization/people"
DELETION = "/dashboard/organization/deletion"


@pytest.fixture
def team(stack: Stack) -> Team:
    return Team(stack.addresses)


def row(somebody: Somebody, name: str) -> Locator:
    return somebody.page.get_by_role("row").filter(has_text=name)


def test_called_in_by_an_email(anna: Somebody, team: Team, new_somebody: NewSomebody) -> None:
    anna.sign_in(team.owner, PAGE)
    email = new_email()
    anna.page.get_by_label("Электронная почта", exact=True).fill(email)
    anna.button("Отправить приглашение").click()
    expect(anna.page.get_by_text(f"Приглашение отправлено: {email}")).to_be_visible()
    expect(row(anna, email)).to_contain_text("редактор")

    invitation = email_to(anna.site, email)
    link = next(link for link in invitation["links"] if "/invitations/" in link)
    assert link in anna.page.get_by_label("Ссылка приглашения").inner_text()

    vera = new_somebody()
    vera.page.goto(link)
    vera.sees_heading("Приглашение в организацию")
    vera.page.locator("main").get_by_role("link", name="Зарегистрироваться").click()
    vera.page.get_by_label("Как вас зовут").fill("Вера")
    vera.page.get_by_label("Электронная почта").fill(email)
    vera.page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    vera.button("Создать аккаунт").click()
    vera.sees_heading("Проверьте почту")
    vera.confirms(email)
    vera.sees_heading("Приглашение в организацию")
    offer = vera.page.locator("main dl")
    for fact in ("Пасека Ивановых", "редактор", "Анна"):
        expect(offer).to_contain_text(fact)
    vera.button("Принять приглашение").click()
    vera.sees_heading("Пасека Ивановых")
    expect(vera.page.get_by_text("Ваша роль: редактор")).to_be_visible()
    # An editor sees who is there, and changes nothing.
    vera.goes_to("Организация")
    vera.link("Люди").click()
    expect(row(vera, "Анна")).to_contain_text("владелец")
    expect(vera.button(re.compile("^(Роль:|Сохранить|Удалить)"))).to_have_count(0)

    anna.page.reload()
    expect(row(anna, "Вера")).to_contain_text("редактор")
    expect(anna.page.get_by_text("Открытых приглашений нет.")).to_be_visible()


def test_an_invitation_is_for_one_address(boris: Somebody, team: Team) -> None:
    with boris.watch.refusal(404, "/rpc/get_invitation"):
        boris.sign_in(boris.with_account(), team.invite(new_email()))
        boris.sees_heading("Приглашение не для этого адреса")
    boris.button("Войти под другим адресом").click()
    boris.page.wait_for_url(re.compile(r"/sign-in\?next=%2Finvitations%2F"))


def test_an_invitation_works_once(boris: Somebody, team: Team) -> None:
    gleb = boris.with_account()
    link = team.invite(gleb.email)
    gleb.rpc("accept_invitation", token=link.rpartition("/")[2])
    with boris.watch.refusal(409, "/rpc/get_invitation"):
        boris.sign_in(gleb, link)
        boris.sees_heading("Приглашение уже использовано")
    boris.page.locator("main").get_by_role("link", name="Открыть кабинет").click()
    boris.sees_heading("Пасека Ивановых")


def test_an_invitation_runs_out_and_is_sent_again(
    boris: Somebody, team: Team, new_somebody: NewSomebody
) -> None:
    gleb = boris.with_account()
    late = team.invite(gleb.email)
    guest = new_somebody()
    guest.sign_in(gleb, late)
    expect(guest.button("Принять приглашение")).to_be_visible()
    run_sql(
        boris.site,
        "update public.organization_invitations set expires_at = now() where organization_id = %s",
        team.id,
    )
    with guest.watch.refusal(410, "/rpc/accept_invitation"):
        guest.button("Принять приглашение").click()
        guest.sees_heading("Срок приглашения истёк")

    boris.sign_in(team.owner, PAGE)
    expect(row(boris, gleb.email)).to_contain_text("Срок истёк")
    boris.button(f"Отправить ещё раз: {gleb.email}").click()
    link = boris.page.get_by_label("Ссылка приглашения").inner_text()
    expect(row(boris, gleb.email)).not_to_contain_text("Срок истёк")
    guest.page.goto(link)
    guest.button("Принять приглашение").click()
    guest.sees_heading("Пасека Ивановых")


def test_an_invitation_is_taken_back(boris: Somebody, team: Team) -> None:
    email = new_email()
    team.invite(email)
    boris.sign_in(team.owner, PAGE)
    dialog = boris.page.get_by_role("dialog")
    with boris.watch.refusal(503, "/rpc/revoke_invitation"):
        boris.page.route("**/rpc/revoke_invitation", lambda route: route.fulfill(status=503, json={}))
        boris.button(f"Отозвать приглашение: {email}").click()
        dialog.get_by_role("button", name="Отозвать").click()
        expect(dialog.get_by_role("alert")).to_be_visible()
    boris.page.unroute_all()
    dialog.get_by_role("button", name="Отмена").click()

    boris.button(f"Отозвать приглашение: {email}").click()
    expect(dialog.get_by_role("alert")).to_have_count(0)  # that was the last attempt's
    dialog.get_by_role("button", name="Отозвать").click()
    expect(boris.page.get_by_text("Открытых приглашений нет.")).to_be_visible()
    expect(boris.page.get_by_role("heading", name="Организация", level=1)).to_be_focused()


def test_who_is_here_is_not_invited_again(boris: Somebody, team: Team) -> None:
    gleb = team.join("viewer")
    boris.sign_in(team.owner, PAGE)
    field = boris.page.get_by_label("Электронная почта", exact=True)
    field.fill(gleb.email)
    with boris.watch.refusal(422, "/rpc/invite_member"):
        boris.button("Отправить приглашение").click()
        expect(boris.page.get_by_text("Этот человек уже в организации.")).to_be_visible()
    expect(field).to_have_value(gleb.email)
    expect(field).to_be_focused()


def test_a_full_team_is_told_what_to_do(anna: Somebody, team: Team, new_somebody: NewSomebody) -> None:
    """Five seats: the owner's, three taken, and one that Boris is offered and somebody takes before him."""
    guest = new_somebody()
    boris = guest.with_account()
    link = team.invite(boris.email)
    for name in ("Вера", "Глеб", "Дима"):
        team.join("viewer", name)
    anna.sign_in(team.owner, PAGE)
    anna.page.get_by_label("Электронная почта", exact=True).fill(new_email())
    with anna.watch.refusal(402, "/rpc/invite_member"):
        anna.button("Отправить приглашение").click()
        problem = anna.page.get_by_text("В команде больше нет мест по тарифу")
        expect(problem).to_contain_text("отзовите приглашение")

    run_sql(
        anna.site,
        "insert into public.organization_members (organization_id, user_id, role) values (%s, %s, 'viewer')",
        team.id,
        sign_up(anna.site, "Ева").user_id,
    )
    guest.sign_in(boris, link)
    with guest.watch.refusal(402, "/rpc/accept_invitation"):
        guest.button("Принять приглашение").click()
        expect(guest.page.get_by_text("В команде этой организации больше нет мест")).to_be_visible()
    expect(guest.button("Принять приглашение")).to_be_enabled()


def test_a_role_is_changed_and_changed_back(anna: Somebody, team: Team) -> None:
    team.join("viewer")
    anna.sign_in(team.owner, PAGE)
    anna.button("Роль: Глеб, наблюдатель. Сменить").click()
    anna.page.get_by_role("menuitem", name="администратор").click()
    expect(row(anna, "Глеб")).to_contain_text("администратор")
    anna.button("Вернуть").click()
    expect(row(anna, "Глеб")).to_contain_text("наблюдатель")


def test_somebody_is_removed(boris: Somebody, team: Team, new_somebody: NewSomebody) -> None:
    gleb = new_somebody()
    gleb.sign_in(team.join("editor"))
    gleb.sees_heading("Пасека Ивановых")
    boris.sign_in(team.owner, PAGE)
    boris.button("Убрать из организации: Глеб").click()
    boris.page.get_by_role("dialog").get_by_role("button", name="Убрать").click()
    expect(row(boris, "Глеб")).to_have_count(0)
    # what was shown last is asked for before it is known that one is not there any more
    gone = [gleb.watch.refusal(403, f"/rpc/organization_{name}") for name in ("overview", "qr_timeline")]
    with gone[0], gone[1]:
        gleb.page.reload()
        gleb.sees_heading("Новая организация")


def test_an_admin_leaves_and_an_owner_may_not(boris: Somebody, team: Team, new_somebody: NewSomebody) -> None:
    boris.sign_in(team.join("admin", "Борис"), PAGE)
    # Nobody above one's own role can be changed.
    expect(boris.button(re.compile("^Роль: Анна"))).to_have_count(0)
    boris.button("Выйти из организации").click()
    boris.page.get_by_role("dialog").get_by_role("button", name="Выйти").click()
    boris.sees_heading("Мой аккаунт")
    expect(boris.page.get_by_text("Вы пока не состоите ни в одной организации.")).to_be_visible()

    anna = new_somebody()
    anna.sign_in(team.owner, PAGE)
    expect(anna.page.get_by_text("Владелец не может выйти")).to_be_visible()
    expect(anna.button("Выйти из организации")).to_have_count(0)


def test_the_organization_is_handed_over(boris: Somebody, team: Team, new_somebody: NewSomebody) -> None:
    heir = team.join("viewer")
    boris.sign_in(team.owner, DELETION)
    boris.page.get_by_label("Кому").select_option(label="Глеб, наблюдатель")
    boris.button("Передать").click()
    dialog = boris.page.get_by_role("dialog")
    name = dialog.get_by_label("Название организации")
    name.fill("Пасека Петровых")
    dialog.get_by_role("button", name="Передать организацию").click()
    expect(dialog).to_contain_text("Не совпадает с названием организации.")
    expect(name).to_be_focused()
    name.fill("Пасека Ивановых")
    dialog.get_by_role("button", name="Передать организацию").click()
    expect(row(boris, "Глеб")).to_contain_text("владелец")
    expect(row(boris, "Анна")).to_contain_text("администратор")
    expect(boris.link("Передача и удаление")).to_have_count(0)

    gleb = new_somebody()
    gleb.sign_in(heir, DELETION)
    expect(gleb.page.get_by_role("heading", name="Удалить организацию")).to_be_visible()
