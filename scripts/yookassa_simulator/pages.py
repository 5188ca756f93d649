"""The hosted payment page at /pay/<payment or binding id>: plain HTML forms, no JavaScript, a strict CSP.

GET shows where the payment stands: the form, the bank's confirmation (3-D Secure), or the result. POST
carries `action`: pay, confirm, reject (the confirmation) or leave; it ends in a redirect, to this page or to
the shop. A declined card can be followed by another one on the same page, as on the real form; the shop hears
of the final result only. Leaving after a decline makes it final; leaving before lets the payment expire.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from importlib import resources
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from . import payment_methods, payments
from .cards import CARDS, DEFAULT_CARD, DEFAULT_EXPIRY, Card, luhn
from .errors import Refusal
from .payment_methods import WALLET
from .shop import Shop
from .store import Json

REASONS = {
    "3d_secure_failed": "не пройдено подтверждение 3-D Secure",
    "call_issuer": "без объяснения, позвоните в банк",
    "card_expired": "срок действия карты истёк",
    "country_forbidden": "карты этой страны не принимаются",
    "fraud_suspected": "платёж похож на мошеннический",
    "general_decline": "причина не названа",
    "insufficient_funds": "недостаточно средств",
    "invalid_card_number": "неверный номер карты",
    "invalid_csc": "неверный код CVC",
    "issuer_unavailable": "банк не отвечает",
    "payment_method_limit_exceeded": "превышен лимит карты",
    "payment_method_restricted": "операции по карте запрещены",
    "expired_on_confirmation": "время на оплату вышло",
    "expired_on_capture": "магазин не подтвердил платёж вовремя",
    "canceled_by_merchant": "магазин отменил платёж",
    "permission_revoked": "разрешение на списания отозвано",
}
TYPED = "typed"


@dataclass
class Order:
    """What the page is about: a payment, or the binding of a card without one."""

    id: str
    status: str
    return_url: str | None
    intent: Json
    amount: str | None = None
    description: str | None = None
    saves: bool = False
    reason: str | None = None
    shop_id: str = ""

    @property
    def is_binding(self) -> bool:
        return self.amount is None


@dataclass
class Form:
    """What was typed, and what is wrong with it: field → words."""

    choice: str = DEFAULT_CARD
    number: str = ""
    expiry: str = ""
    code: str = ""
    unsaved: bool = False
    valid_until: str | None = None
    """The expiry that was typed, YYYY-MM; None: a card was chosen, which is the payer's own."""
    errors: dict[str, str] = field(default_factory=dict)


class Pages:
    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def routes(self) -> list[Route]:
        return [
            Route("/pay/static/{name}", self.static),
            Route("/pay/{id}", self.show, methods=["GET"]),
            Route("/pay/{id}", self.act, methods=["POST"]),
        ]

    async def static(self, request: Request) -> Response:
        kinds = {"page.css": "text/css", "icon.svg": "image/svg+xml"}
        kind = kinds.get(request.path_params["name"])
        if kind is None:
            return Response(status_code=404)
        data = resources.files(__package__).joinpath(request.path_params["name"]).read_bytes()
        return Response(data, media_type=kind, headers={"Cache-Control": "max-age=60"})

    async def show(self, request: Request) -> Response:
        order = self._order(request.path_params["id"])
        if order is None:
            words = "<h1>Платёж не найден</h1><p>По этой ссылке ничего нет: проверьте её в магазине.</p>"
            return _page("Платёж не найден", words, None, 404)
        return self._view(order, Form())

    async def act(self, request: Request) -> Response:
        order = self._order(request.path_params["id"])
        if order is None or order.status != "pending":
            return RedirectResponse(request.url.path, 303)
        data = dict(parse_qsl((await request.body()).decode(errors="replace")))
        action = data.get("action")
        step = order.intent.get("step")
        if action == "leave":
            self._leave(order)
            return _back(order)
        if step is not None and action in ("confirm", "reject"):
            card = CARDS.get(step["card"])
            return self._attempt(order, card, not step["unsaved"], step["valid_until"], action == "confirm")
        form = read_form(data, self.shop.clock.now())
        if form.errors:
            return self._view(order, form)
        number = digits(form.number) if form.choice == TYPED else form.choice
        card = CARDS.get(number)
        if card is not None and card.three_d_secure:
            step = {"card": card.number, "unsaved": form.unsaved, "valid_until": form.valid_until}
            self._note(order, step=step)
            return RedirectResponse(request.url.path, 303)
        return self._attempt(order, card, not form.unsaved, form.valid_until, confirmed=True)

    def _order(self, identity: str) -> Order | None:
        try:
            thing, intent = payments.get(self.shop, identity)
        except Refusal:
            return self._binding(identity)
        return Order(
            identity,
            thing["status"],
            intent.get("return_url"),
            intent,
            amount=roubles(thing["amount"]["value"]),
            description=thing.get("description"),
            saves=bool(intent.get("save")),
            reason=thing.get("cancellation_details", {}).get("reason"),
            shop_id=self.shop.account_id,
        )

    def _binding(self, identity: str) -> Order | None:
        try:
            thing = payment_methods.find(self.shop, identity)
        except Refusal:
            return None
        intent = payment_methods.intent_of(self.shop, identity)
        status = {"active": "succeeded", "inactive": "canceled"}.get(thing["status"], "pending")
        return Order(
            identity, status, intent.get("return_url"), intent, saves=True, shop_id=self.shop.account_id
        )

    def _note(self, order: Order, **changes: object) -> None:
        """Keep the step of the page; None removes."""
        if order.is_binding:
            kept = {name: value for name, value in (order.intent | changes).items() if value is not None}
            payment_methods.set_intent(self.shop, order.id, kept)
        else:
            payments.note(self.shop, order.id, **changes)

    def _attempt(
        self, order: Order, card: Card | None, save: bool, valid_until: str | None, confirmed: bool
    ) -> Response:
        outcome = payments.outcome_of(card, confirmed)
        if outcome.reason is not None and self.shop.settings.in_form_retry:
            self._note(order, step=None, declined={"reason": outcome.reason, "party": outcome.party})
            return RedirectResponse(f"/pay/{order.id}", 303)
        with self.shop.store.transaction():
            self._note(order, step=None)
            if order.is_binding and outcome.reason is not None:
                payment_methods.deactivate(self.shop, payment_methods.find(self.shop, order.id))
            elif order.is_binding:
                payment_methods.bind(
                    self.shop, order.id, card or CARDS[DEFAULT_CARD], valid_until or DEFAULT_EXPIRY
                )
            else:
                kind = "bank_card" if card is not None else WALLET
                payments.pay(self.shop, order.id, card, save, confirmed, kind, valid_until)
        return _back(order)

    def _leave(self, order: Order) -> None:
        declined = order.intent.get("declined")
        if declined is None:
            return
        if order.is_binding:
            payment_methods.deactivate(self.shop, payment_methods.find(self.shop, order.id))
        else:
            payments.decline(self.shop, order.id, declined["reason"], declined["party"])

    def _view(self, order: Order, form: Form, status: int = 200) -> Response:
        if order.status != "pending":
            return _page(_result_title(order), _result(order), order)
        if order.intent.get("step") is not None:
            return _page("Подтверждение банка", _confirmation(order), order)
        title = "Привязка карты" if order.is_binding else "Оплата"
        if form.errors:
            title = f"Ошибка: {title}"
        return _page(title, _payment_form(order, form), order, status)


def digits(text: str) -> str:
    return re.sub(r"[\s-]", "", text)


def read_form(data: dict[str, str], now_ms: int) -> Form:
    """The posted form with its errors. A typed number wins over a chosen card: who typed meant it."""
    form = Form(
        choice=data.get("card", DEFAULT_CARD),
        number=data.get("number", "").strip(),
        expiry=data.get("expiry", "").strip(),
        code=data.get("code", "").strip(),
        unsaved=data.get("unsaved") == "on",
    )
    if form.number:
        form.choice = TYPED
    if form.choice == TYPED:
        _check_typed(form, now_ms)
    elif form.choice != WALLET and form.choice not in CARDS:
        form.errors["card"] = "Выберите карту из списка или введите её номер."
    return form


def _check_typed(form: Form, now_ms: int) -> None:
    number = digits(form.number)
    if not re.fullmatch(r"[0-9]{13,19}", number):
        form.errors["number"] = "Введите номер карты: от 13 до 19 цифр."
    elif not luhn(number):
        form.errors["number"] = "В номере опечатка: не сходится контрольная цифра."
    elif number not in CARDS:
        form.errors["number"] = (
            "Симулятор принимает только тестовые карты из списка. Настоящую карту не вводите."
        )
    match = re.fullmatch(r"(0[1-9]|1[0-2])\s*/?\s*([0-9]{2})", form.expiry)
    today = datetime.fromtimestamp(now_ms / 1000, UTC)
    if match is None:
        form.errors["expiry"] = "Введите срок: месяц и год, например 12/30."
    elif (2000 + int(match[2]), int(match[1])) < (today.year, today.month):
        form.errors["expiry"] = "Срок действия карты истёк."
    else:
        form.valid_until = f"20{match[2]}-{match[1]}"
    if not re.fullmatch(r"[0-9]{3,4}", form.code):
        form.errors["code"] = "Введите три цифры с обратной стороны карты (у American Express четыре)."


def roubles(value: str) -> str:
    """`1490.00` → `1 490,00 ₽` with no-break spaces."""
    return f"{Decimal(value):,.2f} ₽".replace(",", "\u202f").replace(".", ",").replace(" ₽", "\u00a0₽")


def _back(order: Order) -> Response:
    return RedirectResponse(order.return_url or f"/pay/{order.id}", 303)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _page(title: str, body: str, order: Order | None, status: int = 200) -> Response:
    # Browsers apply form-action to the redirect after a form too, hence the shop's origin.
    shop_origin = f" {_origin(order.return_url)}" if order is not None and order.return_url else ""
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none';"
        f" form-action 'self'{shop_origin}"
    )
    html = f"""<!doctype html>
<html lang="ru">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)} · симулятор ЮKassa</title>
<link rel="icon" href="/pay/static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/pay/static/page.css">
</head>
<body>
<aside class="notice" aria-label="Симулятор"><strong>Это симулятор ЮKassa.</strong>
Деньги не списываются, настоящая карта не нужна.</aside>
<main>
{body}
</main>
</body>
</html>
"""
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(html, status, headers)


def _summary(order: Order) -> str:
    heading = (
        "Привязка карты"
        if order.is_binding
        else f'<span class="unseen">К оплате: </span><span class="sum">{order.amount}</span>'
    )
    description = f'<p class="what">{escape(order.description)}</p>' if order.description else ""
    return f"""<header class="summary">
<p class="shop">Магазин {escape(order.shop_id)}</p>
<h1>{heading}</h1>
{description}
</header>"""


def _payment_form(order: Order, form: Form) -> str:
    return f"""{_summary(order)}
{_alerts(order, form)}
<form method="post" novalidate>
<fieldset id="card">
<legend>{"Какую карту привязать" if order.is_binding else "Чем заплатить"}</legend>
{_error(form, "card")}
{_choices(order, form)}
</fieldset>
{_typed_card(form)}
{_saving(order, form)}
<button class="primary" name="action" value="pay">{_pay_label(order)}</button>
{_leaving(order)}
</form>"""


def _pay_label(order: Order) -> str:
    return "Привязать карту" if order.is_binding else f"Оплатить {order.amount}"


def _alerts(order: Order, form: Form) -> str:
    if form.errors:
        items = "".join(
            f'<li><a href="#{name}">{escape(words)}</a></li>' for name, words in form.errors.items()
        )
        return f'<div class="alert" role="alert"><p>Проверьте данные карты:</p><ul>{items}</ul></div>'
    declined = order.intent.get("declined")
    if declined is None:
        return ""
    words = REASONS.get(declined["reason"], declined["reason"])
    return (
        f'<div class="alert" role="alert"><p><strong>Не получилось: {escape(words)}.</strong></p>'
        "<p>Деньги не списаны. Попробуйте другую карту.</p></div>"
    )


def _choices(order: Order, form: Form) -> str:
    """What most come for stays in sight; the rest is one tap away."""
    plain = _choice(form, DEFAULT_CARD, "Пройдёт сразу")
    plain += _choice(form, "2200000000000004", "Банк спросит код, потом пройдёт")
    if not order.is_binding:
        plain += _option(form, WALLET, "Кошелёк ЮMoney", "Пройдёт сразу")
    refused = ""
    if order.saves:
        refused += _choice(form, "5555555555554642", "Сейчас пройдёт, в следующих списаниях банк откажет")
    for card in CARDS.values():
        if card.reason is not None and card.system == "MasterCard":
            who = "ЮKassa откажет" if card.party == "yoo_money" else "Банк откажет"
            refused += _choice(form, card.number, f"{who}: {REASONS[card.reason]}")
    return f"""{plain}
<details{" open" if " checked" in refused else ""}>
<summary>Карты, по которым банк откажет</summary>
{refused}
</details>"""


def _choice(form: Form, number: str, words: str) -> str:
    system = CARDS[number].system
    name = {"MasterCard": "Mastercard", "Mir": "Мир"}.get(system, system)
    return _option(form, number, f'{name} <span class="digits">•• {number[-4:]}</span>', words)


def _option(form: Form, value: str, name: str, words: str) -> str:
    checked = " checked" if form.choice == value else ""
    return (
        f'<label class="choice"><input type="radio" name="card" value="{value}"{checked}>'
        f"<span><b>{name}</b><small>{escape(words)}</small></span></label>"
    )


def _typed_card(form: Form) -> str:
    open_ = " open" if form.choice == TYPED else ""
    return f"""<details class="typed"{open_}>
<summary>Ввести номер тестовой карты</summary>
<p class="hint" id="typed-hint">Если номер введён, оплата пойдёт по нему.
Подойдёт любой будущий срок и любой код.</p>
{_input(form, "number", "Номер карты", form.number, "0000 0000 0000 0000", 23)}
<div class="pair">
{_input(form, "expiry", "Срок, ММ/ГГ", form.expiry, "12/30", 7)}
{_input(form, "code", "Код CVC", form.code, "000", 4)}
</div>
</details>"""


def _input(form: Form, name: str, label: str, value: str, example: str, longest: int) -> str:
    error = form.errors.get(name)
    first = error is not None and next(iter(form.errors)) == name
    described = f"{name}-error" if error else "typed-hint"
    state = f' aria-describedby="{described}"' + (' aria-invalid="true"' if error else "")
    # Browsers must not offer their saved, real cards here.
    return f"""<div class="field">
<label for="{name}">{label}</label>
<input id="{name}" name="{name}" value="{escape(value)}" placeholder="{example}" maxlength="{longest}"
 inputmode="numeric" autocomplete="off"{state}{" autofocus" if first else ""}>
{_error(form, name)}
</div>"""


def _error(form: Form, name: str) -> str:
    words = form.errors.get(name)
    return f'<p class="error" id="{name}-error">{escape(words)}</p>' if words else ""


def _saving(order: Order, form: Form) -> str:
    if not order.saves or order.is_binding:
        return ""
    checked = " checked" if form.unsaved else ""
    return f"""<p class="hint">Магазин сохранит карту и сможет списывать деньги без вашего участия.</p>
<label class="choice"><input type="checkbox" name="unsaved"{checked}>
<span>Для проверки: не сохранять карту</span></label>"""


def _leaving(order: Order) -> str:
    declined = order.intent.get("declined")
    if declined is not None:
        after = "Магазин узнает об отказе банка."
    elif order.is_binding:
        after = "Ссылка на привязку действует час."
    else:
        after = "Платёж останется открытым и через час отменится сам."
    return (
        '<button class="secondary" name="action" value="leave" aria-describedby="leave-hint">'
        "Вернуться в магазин</button>"
        f'<p class="hint center" id="leave-hint">{after}</p>'
    )


def _confirmation(order: Order) -> str:
    number = order.intent["step"]["card"]
    what = "Привязка карты" if order.is_binding else f"Оплата {order.amount}"
    return f"""<header class="summary">
<p class="shop">Банк, выпустивший карту •• {number[-4:]}</p>
<h1>Подтвердите операцию</h1>
<p class="what">{what}, магазин {escape(order.shop_id)}</p>
</header>
<form method="post" novalidate>
<div class="field">
<label for="sms">Код из СМС</label>
<input id="sms" name="sms" maxlength="8" inputmode="numeric" autocomplete="off" aria-describedby="sms-hint"
 autofocus>
<p class="hint" id="sms-hint">СМС не придёт: подойдёт любой код, можно и пустой.</p>
</div>
<button class="primary" name="action" value="confirm">Подтвердить</button>
<button class="secondary" name="action" value="reject">Отклонить операцию</button>
</form>"""


def _result_title(order: Order) -> str:
    if order.status == "canceled":
        return "Карта не привязана" if order.is_binding else "Платёж отменён"
    return "Карта привязана" if order.is_binding else "Оплата прошла"


def _result(order: Order) -> str:
    reason = REASONS.get(order.reason or "", order.reason)
    why = f'<p class="what">Причина: {escape(reason)}.</p>' if reason else ""
    link = (
        f'<a class="primary" href="{escape(order.return_url)}" rel="noreferrer">Вернуться в магазин</a>'
        if order.return_url
        else '<p class="hint">Эту страницу можно закрыть.</p>'
    )
    amount = (
        "" if order.is_binding else f'<p class="what">{order.amount}, магазин {escape(order.shop_id)}</p>'
    )
    return f"""<header class="summary">
<h1>{_result_title(order)}</h1>
{amount}{why}
</header>
{link}"""
