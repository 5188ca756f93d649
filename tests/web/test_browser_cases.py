"""Cases from other people's bug reports that a browser shows: zones it does not know, drafts of somebody else, late news."""

from __future__ import annotations

import unicodedata

import pytest
from accounts import new_email
from inn import random_inn
from kit.people import PASSWORD, run_sql, service
from playwright.sync_api import Route, expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.somebody import Somebody, new_slug
from web.team import Team, email_to

PAGE = "/dashboard/organization/people"


@pytest.fixture
def team(stack: Stack) -> Team:
    return Team(stack.addresses)


UNKNOWN_ZONE = """
const real = Intl.DateTimeFormat.prototype.resolvedOptions;
Intl.DateTimeFormat.prototype.resolvedOptions = function () {
  return { ...real.call(this), timeZone: "Etc/Unknown" };
};
"""


AN_OLDER_BROWSER = """
Intl.DateTimeFormat = new Proxy(Intl.DateTimeFormat, {
  construct(target, [locales, options]) {
    if (options?.timeZone === "Asia/Srednekolymsk") throw new RangeError("Invalid time zone specified");
    return new target(locales, options);
  },
});
"""


@pytest.mark.parametrize("path", ["/", "/levels", "{page}"])
def test_a_browser_that_knows_no_time_zone_shows_every_page(boris: Somebody, team: Team, path: str) -> None:
    team.grant("A")
    boris.page.add_init_script(UNKNOWN_ZONE)
    boris.open(path.format(page=team.public_page))
    boris.sees_some_heading()
    expect(boris.page.get_by_text("Страница сломалась")).to_have_count(0)


@pytest.mark.parametrize("whose", ["profiles", "organization_settings"])
def test_a_zone_the_browser_does_not_know_shows_the_dashboard(
    boris: Somebody, team: Team, whose: str
) -> None:
    team.grant("A", valid_until="2060-03-12T09:00:00Z")
    change, key = {
        "profiles": ("update public.profiles set time_zone = 'Asia/Srednekolymsk' where id = %s", team.owner.user_id),
        "organization_settings": (
            "update public.organization_settings set time_zone = 'Asia/Srednekolymsk' where organization_id = %s", team.id,
        ),
    }[whose]  # fmt: skip
    run_sql(boris.site, change, key)
    boris.page.add_init_script(AN_OLDER_BROWSER)
    boris.sign_in(team.owner, "/dashboard/organization/status")
    boris.sees_heading("Статус организации")
    expect(boris.page.get_by_text("Страница сломалась")).to_have_count(0)


def test_a_name_typed_email_and_mark_apart_is_kept_and_found_as_one(boris: Somebody, team: Team) -> None:
    boris.sign_in(team.owner, "/dashboard/organizations/new")
    boris.page.get_by_label("Название").fill(unicodedata.normalize("NFD", "Йогуртовая ёлка"))
    boris.page.get_by_label("Полное наименование").fill("ООО «Ёлка»")
    boris.page.get_by_label("Адрес страницы").fill(new_slug())
    boris.page.get_by_label("ИНН").fill(random_inn())
    boris.button("Создать организацию").click()
    boris.sees_heading("Йогуртовая ёлка")
    names = [row["name"] for row in team.owner.get("organizations", select="name")]
    assert "Йогуртовая ёлка" in names


def test_one_mailbox_is_one_however_its_domain_is_written(
    boris: Somebody, team: Team, new_somebody: NewSomebody
) -> None:
    name = new_email().partition("@")[0]
    mailbox = f"{name}@xn--80aaouwn.xn--p1ai"
    boris.sign_in(team.owner, PAGE)
    boris.page.get_by_label("Электронная почта", exact=True).fill(f" {name.upper()}@Пасека.РФ")
    boris.button("Отправить приглашение").click()
    expect(boris.page.get_by_role("row").filter(has_text=mailbox)).to_be_visible()
    invitation = next(link for link in email_to(boris.site, mailbox)["links"] if "/invitations/" in link)

    kira = new_somebody()
    kira.page.goto(invitation)
    kira.page.locator("main").get_by_role("link", name="Зарегистрироваться").click()
    kira.page.get_by_label("Как вас зовут").fill("Кира")
    kira.page.get_by_label("Электронная почта").fill(f"{name}@ПАСЕКА.рф")
    kira.page.get_by_label("Пароль", exact=True).fill(PASSWORD)
    kira.button("Создать аккаунт").click()
    kira.sees_heading("Проверьте почту")
    kira.confirms(mailbox)
    kira.button("Принять приглашение").click()
    kira.sees_heading(team.name)


def test_what_one_person_typed_is_not_shown_to_the_next(boris: Somebody, team: Team) -> None:
    other = Team(boris.site, "Сыроварня")
    boris.sign_in(team.owner)
    boris.open("/dashboard/organizations/new")
    boris.page.get_by_label("Название").fill("Тайная пасека")
    boris.page.reload()
    expect(boris.page.get_by_label("Название")).to_have_value("Тайная пасека")
    # the session ends without a word, as when its time is up: the draft is its writer's still
    kept = boris.page.evaluate("JSON.stringify(sessionStorage)")
    assert "Тайная пасека" in kept
    assert str(team.owner.user_id) in kept
    boris.page.evaluate("localStorage.clear()")
    boris.sign_in(other.owner)
    boris.open("/dashboard/organizations/new")
    expect(boris.page.get_by_label("Название")).to_have_value("")


def test_leaving_clears_what_was_typed(boris: Somebody, team: Team) -> None:
    boris.sign_in(team.owner)
    boris.open("/dashboard/organizations/new")
    boris.page.get_by_label("Название").fill("Тайная пасека")
    boris.open("/dashboard")
    boris.button("Мой аккаунт").click()
    boris.page.get_by_role("menuitem", name="Выйти").click()
    boris.sees_some_heading()
    assert "Тайная пасека" not in boris.page.evaluate("JSON.stringify(sessionStorage)")


def test_a_menu_opened_while_the_page_loads_stays_open(boris: Somebody, team: Team) -> None:
    boris.sign_in(team.owner)
    boris.sees_some_heading()
    held: list[Route] = []
    boris.page.route("**/rest/v1/rpc/my_account", lambda route: held.append(route))
    with boris.page.expect_request("**/rest/v1/rpc/my_account"):
        boris.open("/dashboard")
    boris.button("Мой аккаунт").click()
    expect(boris.page.get_by_role("menuitem", name="Выйти")).to_be_visible()
    for route in held:
        route.continue_()
    boris.sees_some_heading()
    expect(boris.page.get_by_role("menuitem", name="Выйти")).to_be_visible()


def test_reading_all_leaves_what_came_after_the_list_was_shown(boris: Somebody, team: Team) -> None:
    team.grant("A")
    boris.sign_in(team.owner)
    boris.button("Уведомления, 1 непрочитанное").click()
    panel = boris.page.get_by_role("dialog", name="Уведомления")
    expect(panel.get_by_text("Получен статус A")).to_be_visible()
    service(boris.site).rpc("revoke_status_level", organization_id=team.id, level="A", reason="x")
    boris.button("Отметить прочитанными").click()
    expect(panel.get_by_text("Статус A снят")).to_be_visible()
    unread = team.owner.get("notifications", select="kind", read_at="is.null")
    assert [row["kind"] for row in unread] == ["status_revoked"]


@pytest.mark.parametrize(
    ("locale", "words"), [("ru-RU", "Письмо не доставлено"), ("en-GB", "The e-mail was not delivered")]
)
def test_who_invited_sees_that_the_email_reached_nobody(
    new_somebody: NewSomebody, team: Team, locale: str, words: str
) -> None:
    nobody = new_email()
    team.invite(nobody)
    anna = new_somebody()
    # before the scheduler comes by and sends it after all
    run_sql(anna.site, "delete from public.email_outbox where to_address = %s", nobody)
    run_sql(
        anna.site,
        "update public.organization_invitations set email_state = 'failed' where organization_id = %s", team.id,
    )  # fmt: skip
    if locale == "en-GB":
        run_sql(anna.site, "update public.profiles set locale = 'en' where id = %s", team.owner.user_id)
    anna.sign_in(team.owner, PAGE)
    expect(anna.page.get_by_text(words)).to_be_visible()
