"""The payment page as a person without JavaScript uses it: forms, errors, 3-D Secure, another card, the way back."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest
from kit.simulator import RETURN_URL, Shop, Simulator, rub
from yookassa_simulator.cards import CARDS
from yookassa_simulator.control import Control
from yookassa_simulator.pages import REASONS

CARD = "5555555555554444"
SECURE_CARD = "2200000000000004"
POOR_CARD = "5555555555554600"


@pytest.fixture(scope="module")
def browser(running: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.base_url, trust_env=False) as client:
        yield client


def post(browser: httpx.Client, identity: str, **fields: str) -> httpx.Response:
    return browser.post(f"/pay/{identity}", data=fields)


def typed(number: str, expiry: str = "12/30", code: str = "123") -> dict[str, str]:
    return {"action": "pay", "card": CARD, "number": number, "expiry": expiry, "code": code}


def returned(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"] == RETURN_URL


def test_the_page_says_what_is_paid_and_that_it_is_a_simulator(browser: httpx.Client, shop: Shop) -> None:
    payment = shop.create(amount=rub("14900.50"), description="Подписка <A> & год")
    page = browser.get(f"/pay/{payment['id']}")
    assert page.status_code == 200
    assert "14\u202f900,50\u00a0₽" in page.text
    assert "Подписка &lt;A&gt; &amp; год" in page.text
    assert "Это симулятор ЮKassa" in page.text
    assert '<html lang="ru">' in page.text


def test_the_page_allows_itself_little(browser: httpx.Client, shop: Shop) -> None:
    page = browser.get(f"/pay/{shop.create()['id']}")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:9" in policy  # the shop, where a form's redirect leads
    assert "unsafe" not in policy
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert page.headers["cache-control"] == "no-store"
    for name, kind in (("page.css", "text/css"), ("icon.svg", "image/svg+xml")):
        assert browser.get(f"/pay/static/{name}").headers["content-type"].startswith(kind)
    assert browser.get("/pay/static/pages.py").status_code == 404


class Controls(HTMLParser):
    """Collects labels, described elements and ids of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.labels: set[str] = set()
        self.inputs: list[dict[str, str | None]] = []
        self.described: set[str] = set()
        self.ids: list[str] = []
        self.wrapped = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "label":
            self.wrapped = "for" not in given
            self.labels.add(given.get("for") or "")
        if tag == "input":
            self.inputs.append(given | {"wrapped": "yes" if self.wrapped else None})
        if given.get("aria-describedby"):
            self.described |= set((given["aria-describedby"] or "").split())

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self.wrapped = False


def test_every_field_has_a_name_and_every_reference_an_end(browser: httpx.Client, shop: Shop) -> None:
    payment = shop.create()
    pages = [browser.get(f"/pay/{payment['id']}"), post(browser, payment["id"], **typed("1", "", ""))]
    post(browser, payment["id"], action="pay", card=SECURE_CARD)
    pages.append(browser.get(f"/pay/{payment['id']}"))
    for page in pages:
        found = Controls(page.text)
        assert found.inputs
        for field in found.inputs:
            assert field["wrapped"] or field["id"] in found.labels
        assert found.described <= set(found.ids)
        assert len(found.ids) == len(set(found.ids))


def test_a_chosen_card_pays_and_leads_back(browser: httpx.Client, shop: Shop) -> None:
    payment = shop.create()
    assert returned(post(browser, payment["id"], action="pay", card=CARD))
    held = shop.payment(payment["id"])
    assert (held["status"], held["payment_method"]["saved"]) == ("waiting_for_capture", True)
    page = browser.get(f"/pay/{payment['id']}")
    assert "Оплата прошла" in page.text
    assert f'href="{RETURN_URL}"' in page.text
    again = post(browser, payment["id"], action="pay", card=POOR_CARD)
    assert (again.status_code, again.headers["location"]) == (303, f"/pay/{payment['id']}")
    assert shop.payment(payment["id"]) == held


@pytest.mark.parametrize("number", [number for number, card in CARDS.items() if not card.three_d_secure])
def test_a_typed_card_does_what_it_does(browser: httpx.Client, shop: Shop, number: str) -> None:
    payment = shop.create()
    answer = post(
        browser, payment["id"], **typed(" ".join(number[i : i + 4] for i in range(0, len(number), 4)))
    )
    card = CARDS[number]
    if card.reason is None:
        assert returned(answer)
        method = shop.payment(payment["id"])["payment_method"]
        assert (method["card"]["last4"], method["card"]["expiry_year"]) == (number[-4:], "2030")
    else:
        assert answer.headers["location"] == f"/pay/{payment['id']}"
        assert REASONS[card.reason] in browser.get(f"/pay/{payment['id']}").text
        assert shop.payment(payment["id"])["status"] == "pending"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (typed("4111 1111 1111 1112"), "не сходится контрольная цифра"),
        (typed("4242 4242 4242 4242"), "Настоящую карту не вводите"),
        (typed("card"), "от 13 до 19 цифр"),
        (typed(CARD, expiry="13/30"), "Введите срок"),
        (typed(CARD, expiry="01/20"), "Срок действия карты истёк"),
        (typed(CARD, code="12"), "Введите три цифры"),
        ({"action": "pay", "card": "4242424242424242"}, "Выберите карту из списка"),
    ],
)
def test_a_mistake_is_told_and_nothing_typed_is_lost(
    browser: httpx.Client, shop: Shop, fields: dict[str, str], words: str
) -> None:
    payment = shop.create()
    page = post(browser, payment["id"], **fields)
    assert page.status_code == 200
    assert words in page.text
    assert 'role="alert"' in page.text
    if "number" in fields:
        assert page.text.count("autofocus") == 1
        assert f'value="{fields["number"]}"' in page.text
        assert f'value="{fields["expiry"]}"' in page.text
    assert shop.payment(payment["id"])["status"] == "pending"


def test_what_is_typed_cannot_break_out_of_the_page(browser: httpx.Client, shop: Shop) -> None:
    page = post(browser, shop.create()["id"], **typed('"><script>alert(1)</script>'))
    assert "<script>" not in page.text


def test_the_bank_asks_and_is_answered(browser: httpx.Client, shop: Shop) -> None:
    payment = shop.create()
    step = post(browser, payment["id"], action="pay", card=SECURE_CARD)
    assert step.headers["location"] == f"/pay/{payment['id']}"
    assert "Код из СМС" in browser.get(f"/pay/{payment['id']}").text
    assert shop.payment(payment["id"])["status"] == "pending"
    assert returned(post(browser, payment["id"], action="confirm", sms="1"))
    assert shop.payment(payment["id"])["authorization_details"]["three_d_secure"] == {"applied": True}


def test_after_a_decline_another_card_can_pay(browser: httpx.Client, shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    post(browser, payment["id"], action="pay", card=SECURE_CARD)
    post(browser, payment["id"], action="reject")
    assert REASONS["3d_secure_failed"] in browser.get(f"/pay/{payment['id']}").text
    post(browser, payment["id"], action="pay", card=POOR_CARD)
    assert "недостаточно средств" in browser.get(f"/pay/{payment['id']}").text
    assert returned(post(browser, payment["id"], action="pay", card="yoo_money"))
    assert shop.payment(payment["id"])["payment_method"]["type"] == "yoo_money"
    assert [n["event"] for n in yookassa.notifications()] == ["payment.waiting_for_capture"]


def test_who_leaves_after_a_decline_is_declined(browser: httpx.Client, shop: Shop) -> None:
    payment = shop.create()
    post(browser, payment["id"], action="pay", card=POOR_CARD)
    assert returned(post(browser, payment["id"], action="leave"))
    canceled = shop.payment(payment["id"])
    assert canceled["cancellation_details"] == {"party": "payment_network", "reason": "insufficient_funds"}
    assert "недостаточно средств" in browser.get(f"/pay/{payment['id']}").text


def test_who_just_leaves_leaves_it_pending(browser: httpx.Client, shop: Shop, yookassa: Control) -> None:
    payment = shop.create()
    assert returned(post(browser, payment["id"], action="leave"))
    assert shop.payment(payment["id"]) == payment
    yookassa.advance(3601)
    assert "время на оплату вышло" in browser.get(f"/pay/{payment['id']}").text


def test_without_another_try_the_first_decline_is_final(
    browser: httpx.Client, shop: Shop, yookassa: Control
) -> None:
    yookassa.settings(in_form_retry=False)
    payment = shop.create()
    assert returned(post(browser, payment["id"], action="pay", card=POOR_CARD))
    assert shop.payment(payment["id"])["status"] == "canceled"


def test_the_payer_may_refuse_to_be_remembered(browser: httpx.Client, shop: Shop) -> None:
    payment = shop.create()
    assert returned(post(browser, payment["id"], action="pay", card=CARD, unsaved="on"))
    assert shop.payment(payment["id"])["payment_method"]["saved"] is False


def test_a_card_is_bound_on_the_same_page(browser: httpx.Client, shop: Shop) -> None:
    body = {"type": "bank_card", "confirmation": {"type": "redirect", "return_url": RETURN_URL}}
    method_id = shop.post("/payment_methods", body).json()["id"]
    assert "Привязать карту" in browser.get(f"/pay/{method_id}").text
    post(browser, method_id, action="pay", card=POOR_CARD)
    assert "недостаточно средств" in browser.get(f"/pay/{method_id}").text
    post(browser, method_id, action="pay", card=SECURE_CARD)
    assert returned(post(browser, method_id, action="confirm"))
    assert shop.get(f"/payment_methods/{method_id}").json()["status"] == "active"
    assert "Карта привязана" in browser.get(f"/pay/{method_id}").text
    late = shop.post("/payment_methods", body).json()["id"]
    post(browser, late, action="pay", card=POOR_CARD)
    post(browser, late, action="leave")
    assert "Карта не привязана" in browser.get(f"/pay/{late}").text


def test_an_unknown_payment_has_no_page(browser: httpx.Client) -> None:
    page = browser.get("/pay/22d6d597-000f-5000-9000-145f6df21d6f")
    assert page.status_code == 404
    assert "Платёж не найден" in page.text
