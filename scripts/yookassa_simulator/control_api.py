"""The control interface under /simulator, for tests and the local stack only.

JSON in, JSON out; bodies need `Content-Type: application/json`, so no web page can reach it from a browser;
the process listens on 127.0.0.1 only.
Errors: 400 {"error"} what is wrong with the request, 404 no such thing, 409 the object's state forbids it.

GET  /simulator                 this list
GET  /simulator/health          {"status": "ok"}
POST /simulator/reset           {}: as new, but for notify_url; the clock goes back to the machine's
GET  /simulator/settings        the shop's settings (settings.py says what each means)
POST /simulator/settings        {name: value, …}: change some of them
GET  /simulator/clock           {"now", "offset_seconds"}
POST /simulator/clock           {"advance_seconds": 3600} | {"to": "2027-01-31T09:00:00Z"}: forward (back only
                                while there is no payment); what falls due in
                                between (expiries, receipts) has happened when it answers
GET  /simulator/cards           the test cards and what they do
GET  /simulator/payments        ?status=&metadata.<key>=<value> → {"count", "items"}, oldest first
GET  /simulator/payments/<id>   {"payment", "intent"}
POST /simulator/payments/<id>/pay       {"card"?: number | "yoo_money", "expiry"?: "2035-12", "save"?: true,
                                        "three_d_secure"?: true, "type"?: "bank_card"}: the payer confirms;
                                        a declining card ends the payment; without expiry: a card of their own
POST /simulator/payments/<id>/decline   {"reason"?, "party"?}: end a pending payment or a hold, in any words
POST /simulator/payments/<id>/expire    {}: as if its time ran out
POST /simulator/payments/<id>/tamper    {field: value, …}: overwrite the stored object silently
POST /simulator/payment_methods/<id>/bind    {"card"?}: the owner confirms a zero-amount binding
POST /simulator/payment_methods/<id>/plan    {"reason"?, "party"?, "pending"?, "times"?}: how the next charges
                                             end (no reason: well); without `times` for ever; {} forgets it
POST /simulator/payment_methods/<id>/revoke  {}: consent withdrawn, charges end with permission_revoked
POST /simulator/refunds/<id>/settle     {"status": "succeeded" | "canceled", "party"?, "reason"?}
GET  /simulator/notifications           ?event=&object_id=&state= → {"count", "items"} with all deliveries
POST /simulator/notifications/wait      {"timeout_seconds"?: 10} → {"quiet"}: until none is due or under way
POST /simulator/notifications/pause     {}: deliveries wait
POST /simulator/notifications/resume    {}
POST /simulator/notifications/release   {"id"?}: send held ones
POST /simulator/notifications/repeat    {"id", "times"?: 1}: send one again
POST /simulator/notifications/forge     {"kind", "payment_id"?, "event"?, "sender_ip"?}, kinds: unknown_id
                                        foreign_shop changed_amount changed_status; or {"payload", "sender_ip"?}
GET POST DELETE /simulator/notifications/rules     bend what is announced next (notifications.py)
GET POST DELETE /simulator/faults                  break API requests (faults.py)
GET  /simulator/requests        ?method=&path= → {"count", "items"}: API requests since the start
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import faults, notifications, payment_methods, payments, refunds
from .api import Api
from .cards import CARDS, DEFAULT_CARD, Card
from .clock import from_text, to_text
from .clockwork import Clockwork
from .errors import Refusal
from .payment_methods import WALLET
from .payments import Final
from .settings import Settings, change_settings
from .shop import Shop
from .store import Json, load

Handler = Callable[[Request, Json], Awaitable[Json] | Json]


class Control:
    def __init__(self, shop: Shop, clockwork: Clockwork, api: Api) -> None:
        self.shop = shop
        self.clockwork = clockwork
        self.api = api

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "", self.about),
            ("GET", "/health", self.health),
            ("POST", "/reset", self.reset),
            ("GET", "/settings", self.settings),
            ("POST", "/settings", self.change_settings),
            ("GET", "/clock", self.clock),
            ("POST", "/clock", self.move_clock),
            ("GET", "/cards", self.cards),
            ("GET", "/payments", self.payments),
            ("GET", "/payments/{id}", self.payment),
            ("POST", "/payments/{id}/pay", self.pay),
            ("POST", "/payments/{id}/decline", self.decline),
            ("POST", "/payments/{id}/expire", self.expire),
            ("POST", "/payments/{id}/tamper", self.tamper),
            ("POST", "/payment_methods/{id}/bind", self.bind),
            ("POST", "/payment_methods/{id}/plan", self.plan),
            ("POST", "/payment_methods/{id}/revoke", self.revoke),
            ("POST", "/refunds/{id}/settle", self.settle),
            ("GET", "/notifications", self.notifications),
            ("POST", "/notifications/wait", self.wait),
            ("POST", "/notifications/pause", self.pause),
            ("POST", "/notifications/resume", self.resume),
            ("POST", "/notifications/release", self.release),
            ("POST", "/notifications/repeat", self.repeat),
            ("POST", "/notifications/forge", self.forge),
            ("GET", "/notifications/rules", self.rules),
            ("POST", "/notifications/rules", self.add_rule),
            ("DELETE", "/notifications/rules", self.clear_rules),
            ("GET", "/faults", self.faults),
            ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.clear_faults),
            ("GET", "/requests", self.requests),
        ]
        return [
            Route(f"/simulator{path}", _endpoint(handler), methods=[verb]) for verb, path, handler in table
        ]

    def about(self, _request: Request, _body: Json) -> Json:
        return {"control": inspect.getdoc(inspect.getmodule(Control))}

    def health(self, _request: Request, _body: Json) -> Json:
        return {"status": "ok"}

    def reset(self, _request: Request, _body: Json) -> Json:
        with self.shop.store.transaction():
            self.shop.store.clear()
            self.shop.set(Settings(notify_url=self.shop.settings.notify_url))
        self.shop.clock.load()
        self.api.forget()
        self.clockwork.courier.forget()
        return {}

    def settings(self, _request: Request, _body: Json) -> Json:
        return dict(self.shop.settings.__dict__)

    def change_settings(self, request: Request, body: Json) -> Json:
        self.shop.set(change_settings(self.shop.settings, body))
        self.shop.wake()
        return self.settings(request, body)

    def clock(self, _request: Request, _body: Json) -> Json:
        return {"now": to_text(self.shop.clock.now()), "offset_seconds": self.shop.clock.offset_ms / 1000}

    def move_clock(self, request: Request, body: Json) -> Json:
        if "to" in body:
            self.shop.clock.advance(from_text(str(body["to"])) - self.shop.clock.now())
        else:
            self.shop.clock.advance(round(_number(body, "advance_seconds") * 1000))
        self.clockwork.act()
        self.shop.wake()
        return self.clock(request, body)

    def cards(self, _request: Request, _body: Json) -> Json:
        return {"items": [dict(card.__dict__) for card in CARDS.values()]}

    def payments(self, request: Request, _body: Json) -> Json:
        query = dict(request.query_params)
        wanted = {k.removeprefix("metadata."): v for k, v in query.items() if k.startswith("metadata.")}
        where = ["(?1 is null or status = ?1)"]
        values = [query.get("status")]
        for key, value in wanted.items():
            values += [f'$.metadata."{key}"', value]
            where.append(f"json_extract(object, ?{len(values) - 1}) = ?{len(values)}")
        found = self.shop.store.rows(
            f"select object from payments where {' and '.join(where)} order by number",  # noqa: S608
            *values,
        )
        items = [load(row["object"]) for row in found]
        return {"count": len(items), "items": items}

    def payment(self, request: Request, _body: Json) -> Json:
        thing, intent = payments.get(self.shop, request.path_params["id"])
        return {"payment": thing, "intent": intent}

    def pay(self, request: Request, body: Json) -> Json:
        card, kind = _card(body)
        save, secure = body.get("save", True), body.get("three_d_secure", True)
        payment_id, expiry = request.path_params["id"], body.get("expiry")
        return payments.pay(self.shop, payment_id, card, bool(save), bool(secure), kind, expiry)

    def decline(self, request: Request, body: Json) -> Json:
        reason, party = body.get("reason", "general_decline"), body.get("party", "payment_network")
        return payments.decline(self.shop, request.path_params["id"], str(reason), str(party))

    def expire(self, request: Request, _body: Json) -> Json:
        return payments.expire(self.shop, request.path_params["id"])

    def tamper(self, request: Request, body: Json) -> Json:
        return payments.tamper(self.shop, request.path_params["id"], body)

    def bind(self, request: Request, body: Json) -> Json:
        card, _kind = _card(body)
        method_id = request.path_params["id"]
        thing = payment_methods.find(self.shop, method_id)
        if thing["status"] != "pending":
            raise Final(thing["status"])
        return payment_methods.bind(self.shop, method_id, card or CARDS[DEFAULT_CARD])

    def plan(self, request: Request, body: Json) -> Json:
        unknown = set(body) - {"reason", "party", "pending", "times"}
        if unknown:
            raise ValueError(f"a plan has no {', '.join(sorted(unknown))}")
        if "times" in body and _number(body, "times") < 1:
            raise ValueError("times must be positive")
        return self._change_intent(request.path_params["id"], planned=body or None)

    def revoke(self, request: Request, _body: Json) -> Json:
        return self._change_intent(request.path_params["id"], revoked=True)

    def _change_intent(self, method_id: str, **changes: Any) -> Json:
        thing = payment_methods.find(self.shop, method_id)
        payment_methods.set_intent(
            self.shop, method_id, payment_methods.intent_of(self.shop, method_id) | changes
        )
        return thing

    def settle(self, request: Request, body: Json) -> Json:
        status = body.get("status", "succeeded")
        if status not in ("succeeded", "canceled"):
            raise ValueError("status must be succeeded or canceled")
        words = {name: str(body[name]) for name in ("party", "reason") if name in body}
        return refunds.settle(self.shop, request.path_params["id"], status, **words)

    def notifications(self, request: Request, _body: Json) -> Json:
        query = request.query_params
        items = notifications.listed(
            self.shop, query.get("event"), query.get("object_id"), query.get("state")
        )
        return {"count": len(items), "items": items}

    async def wait(self, _request: Request, body: Json) -> Json:
        seconds = _number(body, "timeout_seconds") if "timeout_seconds" in body else 10.0
        return {"quiet": await self.clockwork.wait_quiet(seconds)}

    def pause(self, request: Request, _body: Json) -> Json:
        return self.change_settings(request, {"paused": True})

    def resume(self, request: Request, _body: Json) -> Json:
        return self.change_settings(request, {"paused": False})

    def release(self, _request: Request, body: Json) -> Json:
        number = int(_number(body, "id")) if "id" in body else None
        return {"released": notifications.release(self.shop, number)}

    def repeat(self, _request: Request, body: Json) -> Json:
        times = int(_number(body, "times")) if "times" in body else 1
        numbers = notifications.repeat(self.shop, int(_number(body, "id")), times)
        if numbers is None:
            raise Refusal(404, "no such notification")
        return {"ids": numbers}

    def forge(self, _request: Request, body: Json) -> Json:
        kind = str(body.get("kind", "payload"))
        payload = body.get("payload")
        if payload is None:
            known = body.get("payment_id")
            thing = payments.find(self.shop, str(known)) if known is not None else None
            payload = notifications.forged_payload(self.shop, kind, thing, body.get("event"))
        if not isinstance(payload, dict):
            raise ValueError("payload must be an object")
        number = notifications.forge(self.shop, payload, body.get("sender_ip"), kind)
        return {"id": number, "payload": payload}

    def rules(self, _request: Request, _body: Json) -> Json:
        found = self.shop.store.rows("select * from rules order by id")
        items = [{"id": row["id"], "remaining": row["remaining"], **load(row["rule"])} for row in found]
        return {"count": len(items), "items": items}

    def add_rule(self, _request: Request, body: Json) -> Json:
        return {"id": notifications.add_rule(self.shop, body)}

    def clear_rules(self, _request: Request, _body: Json) -> Json:
        self.shop.store.run("delete from rules")
        return {}

    def faults(self, _request: Request, _body: Json) -> Json:
        items = faults.listed(self.shop.store)
        return {"count": len(items), "items": items}

    def add_fault(self, _request: Request, body: Json) -> Json:
        return {"id": faults.add(self.shop.store, body)}

    def clear_faults(self, _request: Request, _body: Json) -> Json:
        self.shop.store.run("delete from faults")
        return {}

    def requests(self, request: Request, _body: Json) -> Json:
        method, path = request.query_params.get("method", "*"), request.query_params.get("path", "*")
        items = [
            entry
            for entry in self.api.requests
            if method in ("*", entry["method"]) and fnmatchcase(entry["path"], path)
        ]
        return {"count": len(items), "items": items}


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        body: Any = {}
        if request.method == "POST":
            if not request.headers.get("content-type", "").startswith("application/json"):
                return JSONResponse({"error": "Content-Type must be application/json"}, 415)
            try:
                body = json.loads(await request.body() or b"{}")
            except ValueError:
                body = None
            if not isinstance(body, dict):
                return JSONResponse({"error": "the body must be a JSON object"}, 400)
        try:
            answer = handler(request, body)
            return JSONResponse(await answer if inspect.isawaitable(answer) else answer)
        except Final as problem:
            return JSONResponse({"error": f"its status is {problem}"}, 409)
        except Refusal as problem:
            return JSONResponse({"error": problem.description}, 404)
        except (ValueError, TypeError) as problem:
            return JSONResponse({"error": str(problem)}, 400)

    return endpoint


def _card(body: Json) -> tuple[Card | None, str]:
    """The card of a control request, or None and the type of another method."""
    number, kind = body.get("card"), body.get("type")
    if number == WALLET or (kind is not None and kind != "bank_card"):
        return None, str(kind or WALLET)
    card = CARDS.get("".join(str(number or DEFAULT_CARD).split()))
    if card is None:
        raise ValueError(f"{number} is not a test card; GET /simulator/cards lists them")
    return card, "bank_card"


def _number(body: Json, name: str) -> float:
    value = body.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{name} must be a number")
    return value
