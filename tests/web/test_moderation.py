"""Asking for level B, deciding, granting and revoking: two people at two browsers, and a buyer at a third."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

import pytest
from kit.people import a_moderator, run_sql
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.somebody import Somebody
from web.team import Team, document, picture

STATUS = "/dashboard/organization/status"


@pytest.fixture
def team(stack: Stack) -> Team:
    return Team(stack.addresses)


@pytest.fixture
def owner(new_somebody: NewSomebody, team: Team) -> Somebody:
    somebody = new_somebody()
    somebody.sign_in(team.owner, STATUS)
    return somebody


@pytest.fixture
def moderator(new_somebody: NewSomebody, stack: Stack) -> Somebody:
    somebody = new_somebody()
    somebody.sign_in(a_moderator(stack.addresses), "/admin/organizations")
    somebody.sees_heading("Организации")
    return somebody


def asks(owner: Somebody, message: str = "Проверьте пасеку по договору.") -> None:
    """Write the request and send it, with a picture and a document."""
    owner.button(re.compile("^Подать")).click()
    owner.page.get_by_label("О вашем производстве").fill(message)
    owner.page.locator("input[type=file]").set_input_files([picture("паспорт.png"), document()])
    expect(owner.page.get_by_text("Готов", exact=True)).to_have_count(2)
    owner.button("Отправить заявку").click()
    expect(owner.page.get_by_role("heading", name="Заявка на рассмотрении")).to_be_visible()


def opens_request(moderator: Somebody, team: Team) -> None:
    """The queue holds other tests' requests too: this one is found in the database, and opened by its address."""
    (request,) = team.owner.get(
        "status_upgrade_requests", organization_id=f"eq.{team.id}", status="eq.pending"
    )
    moderator.open(f"/admin/status-requests?request={request['id']}")
    expect(moderator.page.get_by_role("heading", name="Решение")).to_be_visible()


def decides(moderator: Somebody, verb: str) -> None:
    moderator.button("Принять решение").click()
    moderator.page.get_by_role("dialog").get_by_role("button", name=verb).click()


def test_asked_approved_for_a_year_and_seen_by_buyers(
    owner: Somebody, moderator: Somebody, team: Team, new_somebody: NewSomebody
) -> None:
    asks(owner)
    opens_request(moderator, team)
    page = moderator.page
    expect(page.get_by_text("Проверьте пасеку по договору.")).to_be_visible()
    # The evidence beside the decision, by the names it had: the picture is there, the document in a frame from Storage where
    # a browser can show it, and each opens in a tab of its own.
    shown = page.get_by_role("img", name="паспорт.png")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 300
    link = page.get_by_role("link", name="договор.pdf: Открыть в новой вкладке")
    expect(link).to_have_attribute("target", "_blank")
    opened = page.request.get(link.get_attribute("href") or "")
    assert (opened.status, opened.headers["content-type"]) == (200, "application/pdf")

    shows_pdfs = page.evaluate("navigator.pdfViewerEnabled")
    frame = page.locator("iframe[title='договор.pdf']")
    expect(frame).to_have_count(1 if shows_pdfs else 0)
    policy = page.request.get(page.url).headers["content-security-policy"]
    assert moderator.site.api in policy.partition("frame-src ")[2].partition(";")[0]

    page.get_by_label("Одобрить").check()
    page.get_by_label("Срок").select_option("12")
    decides(moderator, "Одобрить")
    expect(page.get_by_text("Одобрено: Пасека Ивановых")).to_be_visible()

    buyer = new_somebody()
    buyer.open(team.public_page)
    expect(buyer.badge("B")).to_be_visible()
    expect(buyer.page.get_by_text("Действует до")).to_be_visible()
    owner.page.reload()
    expect(owner.page.get_by_text("Статус B уже действует.")).to_be_visible()
    expect(owner.page.get_by_text(re.compile("остал[а-я]+ 36")).first).to_be_visible()


def test_rejected_read_and_sent_again(owner: Somebody, moderator: Somebody, team: Team) -> None:
    asks(owner)
    opens_request(moderator, team)
    moderator.page.get_by_label("Отклонить").check()
    moderator.button("Принять решение").click()
    expect(moderator.page.get_by_label("Комментарий")).to_be_focused()  # a rejection says why
    moderator.page.get_by_label("Комментарий").fill("Договор не подписан.")
    decides(moderator, "Отклонить")
    expect(moderator.page.get_by_text("Отклонено: Пасека Ивановых")).to_be_visible()

    owner.page.reload()
    expect(owner.page.get_by_text("Заявка отклонена")).to_be_visible()
    expect(owner.page.get_by_text("Договор не подписан.").first).to_be_visible()
    expect(owner.page.get_by_label("О вашем производстве")).to_have_value("Проверьте пасеку по договору.")
    expect(owner.page.get_by_text("Готов", exact=True)).to_have_count(2)
    owner.button("Убрать файл: договор.pdf").click()
    owner.page.locator("input[type=file]").set_input_files(document("подписанный договор.pdf"))
    expect(owner.page.get_by_text("Готов", exact=True)).to_have_count(2)
    owner.button("Отправить заявку").click()
    expect(owner.page.get_by_role("heading", name="Заявка на рассмотрении")).to_be_visible()
    owner.page.get_by_text(re.compile("^Прежние заявки")).click()
    expect(owner.page.get_by_text("Комментарий проверяющего: Договор не подписан.")).to_be_visible()


def test_what_is_asked_is_said_before_one_applies(owner: Somebody) -> None:
    page = owner.page
    expect(page.get_by_text("Выписка из ЕГРЮЛ или ЕГРИП")).to_be_visible()
    expect(
        page.get_by_text("Проверка бесплатна. После неё тариф B: 4 990 ₽ в месяц или 49 900 ₽ в год")
    ).to_be_visible()
    expect(page.get_by_text("Ветеринарно-санитарный паспорт пасеки")).to_have_count(0)
    page.get_by_label("Чем вы занимаетесь").select_option("honey")
    expect(page.get_by_text("Ветеринарно-санитарный паспорт пасеки")).to_be_visible()


def test_more_is_asked_for_and_answered_with_words(owner: Somebody, moderator: Somebody, team: Team) -> None:
    asks(owner)
    opens_request(moderator, team)
    address = moderator.page.url
    moderator.page.get_by_label("Запросить ещё документы").check()
    moderator.page.get_by_label("Комментарий").fill("Пришлите протокол.")
    decides(moderator, "Запросить ещё документы")
    expect(moderator.page.get_by_text("Документы запрошены: Пасека Ивановых")).to_be_visible()

    page = owner.page
    page.reload()
    expect(page.get_by_text("Пришлите протокол.").first).to_be_visible()
    owner.button("Отправить ответ").click()
    expect(page.get_by_label("Ваш ответ")).to_be_focused()
    page.get_by_label("Ваш ответ").fill("Протокол приложили.")
    page.locator("input[type=file]").set_input_files(document("протокол.pdf"))
    expect(page.get_by_text("Готов", exact=True)).to_have_count(1)
    owner.button("Отправить ответ").click()
    expect(page.get_by_role("heading", name="Заявка на рассмотрении")).to_be_visible()
    said = page.get_by_role("listitem").filter(has=page.get_by_text("Вы ответили"))
    expect(said).to_contain_text("Протокол приложили.")
    expect(said.get_by_role("link", name="протокол.pdf")).to_be_visible()

    moderator.page.goto(address)
    turns = ("Организация подала заявку", "Мы попросили ещё документы", "Организация ответила")
    for words in turns:
        expect(moderator.page.get_by_text(words)).to_be_visible()
    expect(moderator.page.get_by_role("link", name="протокол.pdf: Открыть в новой вкладке")).to_be_visible()


def test_nothing_of_a_request_is_lost_by_leaving(owner: Somebody) -> None:
    owner.button("Подать заявку").click()
    owner.page.get_by_label("О вашем производстве").fill("Проверьте нас.")
    owner.page.locator("input[type=file]").set_input_files(document("устав.pdf"))
    expect(owner.page.get_by_text("Готов", exact=True)).to_be_visible()
    owner.goes_to("Обзор")
    owner.sees_heading("Пасека Ивановых")
    owner.goes_to("Статус")
    expect(owner.page.get_by_label("О вашем производстве")).to_have_value("Проверьте нас.")
    expect(owner.page.get_by_text("устав.pdf")).to_be_visible()


def test_a_request_without_evidence_or_with_bad_files_waits(owner: Somebody) -> None:
    page = owner.page
    owner.button("Подать заявку").click()
    owner.button("Отправить заявку").click()
    expect(page.get_by_label("О вашем производстве")).to_be_focused()
    page.get_by_label("О вашем производстве").fill("Проверьте нас.")
    owner.button("Отправить заявку").click()
    expect(page.get_by_text("Приложите хотя бы один документ")).to_be_focused()
    with owner.watch.refusal(422, "/functions/v1/validate_evidence"):
        page.locator("input[type=file]").set_input_files(
            {"name": "битый.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 torn"}
        )
        expect(page.get_by_role("alert").filter(has_text="повреждён")).to_be_visible()
    owner.button("Отправить заявку").click()
    expect(page.get_by_text("Уберите файлы, которые не приняты")).to_be_visible()
    owner.button("Убрать файл: битый.pdf").click()
    run_sql(owner.site, "delete from private.request_counts where subject like 'inspect:%%'")
    # Eleven are one too many.
    page.locator("input[type=file]").set_input_files([document(f"{number}.pdf") for number in range(11)])
    expect(page.get_by_text("Больше 10 файлов приложить нельзя.")).to_be_visible()
    expect(page.get_by_text("Готов", exact=True)).to_have_count(10, timeout=30_000)


def test_an_eleventh_file_of_a_minute_waits_by_itself(owner: Somebody, team: Team) -> None:
    page = owner.page
    owner.button("Подать заявку").click()
    who = f"inspect:{team.owner.user_id}"
    # Of the next minute too: this one may end before the answer.
    ten = "insert into private.request_counts (subject, minute, requests) select %s, date_trunc('minute', now()) + n * interval '1 minute', 10 from generate_series(0, 1) n"
    run_sql(owner.site, ten, who)
    page.clock.install()
    with owner.watch.refusal(429, "/functions/v1/validate_evidence"):
        with page.expect_response(lambda answer: answer.status == 429):
            page.locator("input[type=file]").set_input_files(document())
        expect(page.get_by_text("Готов", exact=True)).to_have_count(0)
    run_sql(owner.site, "delete from private.request_counts where subject = %s", who)
    page.clock.fast_forward("01:00")
    expect(page.get_by_text("Готов", exact=True)).to_have_count(1)


def test_a_request_is_withdrawn(owner: Somebody) -> None:
    asks(owner)
    owner.button("Отозвать заявку").click()
    owner.page.get_by_role("dialog").get_by_role("button", name="Отозвать заявку").click()
    expect(owner.page.get_by_text("Заявка отозвана")).to_be_visible()
    owner.button("Подать новую заявку").click()
    expect(owner.page.get_by_label("О вашем производстве")).to_have_value("Проверьте пасеку по договору.")


def test_approved_without_a_term_it_is_for_sale(owner: Somebody, moderator: Somebody, team: Team) -> None:
    asks(owner)
    opens_request(moderator, team)
    moderator.page.get_by_label("Одобрить").check()
    decides(moderator, "Одобрить")
    expect(moderator.page.get_by_text("Одобрено: Пасека Ивановых")).to_be_visible()
    owner.page.reload()
    expect(owner.page.get_by_text("Заявка одобрена")).to_be_visible()
    owner.page.locator("main").get_by_role("link", name="Выбрать тариф").click()
    owner.sees_heading("Оплата")


def test_a_level_is_granted_and_its_loss_seen_at_the_next_load(
    moderator: Somebody, team: Team, new_somebody: NewSomebody
) -> None:
    page = moderator.page
    # Found by its address, which stays in the address bar and leads back.
    page.get_by_label("Найти").fill(team.slug)
    page.wait_for_url(re.compile(rf"\?q={team.slug}$"))
    found = page.get_by_role("link", name="Пасека Ивановых")
    expect(found).to_have_count(1)
    found.click()
    moderator.sees_heading("Пасека Ивановых")

    page.get_by_label("Срок").select_option("date")
    page.get_by_label("Последний день").fill("2020-01-01")
    moderator.button("Выдать").click()
    expect(page.get_by_text("Этот день уже прошёл.")).to_be_visible()
    last_day = date.today() + timedelta(days=40)
    page.get_by_label("Последний день").fill(last_day.isoformat())
    moderator.button("Выдать").click()
    expect(page.get_by_role("dialog")).to_contain_text(str(last_day.year))
    page.get_by_role("dialog").get_by_role("button", name="Выдать").click()
    expect(page.get_by_text("Статус B выдан")).to_be_visible()

    buyer = new_somebody()
    buyer.open(team.public_page)
    expect(buyer.badge("B")).to_be_visible()

    moderator.button("Снять статус B").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Снять статус B").click()
    expect(dialog.get_by_label("Причина")).to_be_focused()
    dialog.get_by_label("Причина").fill("Документы оказались чужими.")
    dialog.get_by_role("button", name="Снять статус B").click()
    expect(page.get_by_text("Ни одного уровня.")).to_be_visible()

    buyer.page.reload()
    expect(buyer.button(re.compile("^Статус B утрачен")).first).to_be_visible()
    expect(buyer.button(re.compile("^Статус B Проверено"))).to_have_count(0)
    expect(buyer.page.get_by_text("Причина: Документы оказались чужими.").first).to_be_visible()


def test_c_is_not_granted_without_a_or_b(moderator: Somebody, team: Team) -> None:
    moderator.open(f"/admin/organizations/{team.id}")
    moderator.page.get_by_label("Уровень").select_option("C")
    expect(moderator.page.get_by_text("Уровень C держится на A или B.")).to_be_visible()
    expect(moderator.button("Выдать")).to_have_count(0)


def test_the_search_finds_by_name_and_inn_and_the_link_shares_it(moderator: Somebody, stack: Stack) -> None:
    theirs = Team(stack.addresses, name="Йогурт, (свой) «Луг» 100%")
    apart = unicodedata.normalize("NFD", "йогурт, (свой)")  # as some keyboards and files have it
    for text in ("(свой) «луг» 100%", apart, theirs.organization["inn"]):
        moderator.open(f"/admin/organizations?q={text.replace('%', '%25')}")
        expect(moderator.page.get_by_label("Найти")).to_have_value(text)
        expect(moderator.link(theirs.name).first).to_be_visible()
    moderator.open("/admin/organizations?q=%25_")
    expect(moderator.page.get_by_role("heading", name="Ничего не нашлось")).to_be_visible()


@pytest.mark.parametrize("path", ["status-requests", "organizations", "organizations/x", "nothing"])
def test_for_everybody_else_there_is_nothing_there(owner: Somebody, path: str) -> None:
    owner.open(f"/admin/{path}")
    owner.sees_heading("Такой страницы нет")
    owner.button("Мой аккаунт").click()
    expect(owner.page.get_by_role("menuitem", name="Модерация")).to_have_count(0)


def test_who_runs_the_platform_finds_the_pages_in_the_menu(moderator: Somebody) -> None:
    moderator.button("Мой аккаунт").click()
    moderator.page.get_by_role("menuitem", name="Модерация").click()
    moderator.sees_heading("Заявки на статус B")
    moderator.open("/admin")
    moderator.sees_heading("Заявки на статус B")
