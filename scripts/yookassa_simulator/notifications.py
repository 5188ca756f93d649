"""Notifications {"type":"notification","event","object"}: kept, sent, sent again until HTTP 200 or for 24 h.

A notification is stored in the transaction that caused it, so none is lost with the process. Its `state`:

waiting    will be sent at `next_ms`           delivered  answered with 200
held       waits for a release                 expired    24 h passed without a 200
dropped    lost on the way, by a rule          refused    a forged one not answered with 200
unsent     no address was set

Rules bend what is announced next: {"action", "event", "object_id", "times", "seconds", "copies"}; `action` is
drop, hold, delay (`seconds`), duplicate (`copies` more) or reorder (`times` notifications are gathered and
then sent last first, each after the attempt of the one before).
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

import httpx

from .clock import DAY, to_text
from .shop import Shop
from .store import Json, Row, dump, load

ACTIONS = ("drop", "hold", "delay", "duplicate", "reorder")


@dataclass(frozen=True)
class Rule:
    action: str
    event: str = "*"
    object_id: str = "*"
    times: int = 1
    seconds: float = 0.0
    copies: int = 1


def add_rule(shop: Shop, fields: Json) -> int:
    """Add a rule; the answer is its number. ValueError says what is wrong with it."""
    try:
        rule = Rule(**fields)
    except TypeError as error:
        raise ValueError(str(error)) from None
    if rule.action not in ACTIONS:
        raise ValueError(f"action must be one of {', '.join(ACTIONS)}")
    if rule.times < 1 or rule.copies < 1 or rule.seconds < 0:
        raise ValueError("times and copies must be positive, seconds not negative")
    return shop.store.run("insert into rules (rule, remaining) values (?, ?)", dump(asdict(rule)), rule.times)


def announce(shop: Shop, event: str, thing: Json) -> int:
    """Store a notification about an object as it is now, in the transaction that changed the object."""
    payload = dump({"type": "notification", "event": event, "object": thing})
    number = _insert(shop, event, thing["id"], payload)
    if shop.settings.notify_url is not None:
        _bend(shop, number, event, thing["id"], payload)
    shop.wake()
    return number


def repeat(shop: Shop, number: int, times: int) -> list[int] | None:
    """Send a stored notification again, `times` times; None when there is no such notification."""
    row = shop.store.row("select event, object_id, payload from notifications where id = ?", number)
    if row is None:
        return None
    with shop.store.transaction():
        copies = [_insert(shop, row["event"], row["object_id"], row["payload"]) for _ in range(times)]
    shop.wake()
    return copies


def forge(shop: Shop, payload: Json, sender_ip: str | None, why: str) -> int:
    """Send something ЮKassa never said, once. `sender_ip`: what X-Forwarded-For says of its origin."""
    thing = payload.get("object")
    object_id = str(thing.get("id", "")) if isinstance(thing, dict) else ""
    number = _insert(shop, str(payload.get("event", "")), object_id, dump(payload), sender_ip, why)
    shop.wake()
    return number


def release(shop: Shop, number: int | None = None) -> int:
    """Send the held notification of this number, or all held ones; the answer is how many."""
    with shop.store.transaction():
        held = shop.store.rows(
            "select id from notifications where state = 'held' and (?1 is null or id = ?1)", number
        )
        for row in held:
            _release(shop, row["id"], None)
    shop.wake()
    return len(held)


def _insert(
    shop: Shop,
    event: str,
    object_id: str,
    payload: str,
    sender_ip: str | None = None,
    forged: str | None = None,
) -> int:
    now = shop.clock.now()
    addressed = shop.settings.notify_url is not None
    return shop.store.run(
        "insert into notifications (event, object_id, payload, state, created_ms, next_ms, sender_ip, forged)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        event,
        object_id,
        payload,
        "waiting" if addressed else "unsent",
        now,
        now if addressed else None,
        sender_ip,
        forged,
    )


def _bend(shop: Shop, number: int, event: str, object_id: str, payload: str) -> None:
    for row in shop.store.rows("select id, rule, remaining from rules where remaining > 0 order by id"):
        rule = Rule(**load(row["rule"]))
        if not (fnmatchcase(event, rule.event) and fnmatchcase(object_id, rule.object_id)):
            continue
        shop.store.run("update rules set remaining = remaining - 1 where id = ?", row["id"])
        if rule.action == "drop":
            shop.store.run("update notifications set state = 'dropped', next_ms = null where id = ?", number)
        elif rule.action == "delay":
            pause = round(rule.seconds * 1000)
            shop.store.run("update notifications set next_ms = next_ms + ? where id = ?", pause, number)
        elif rule.action == "duplicate":
            for _ in range(rule.copies):
                _insert(shop, event, object_id, payload)
        else:
            shop.store.run(
                "update notifications set state = 'held', next_ms = null, rule_id = ? where id = ?",
                row["id"] if rule.action == "reorder" else None,
                number,
            )
            if rule.action == "reorder" and row["remaining"] == 1:
                _release_reversed(shop, row["id"])
        return


def _release_reversed(shop: Shop, rule_id: int) -> None:
    previous = None
    for row in shop.store.rows("select id from notifications where rule_id = ? order by id desc", rule_id):
        _release(shop, row["id"], previous)
        previous = row["id"]


def _release(shop: Shop, number: int, after: int | None) -> None:
    shop.store.run(
        "update notifications set state = 'waiting', next_ms = ?, after_id = ?, rule_id = null where id = ?",
        shop.clock.now(),
        after,
        number,
    )


def listed(shop: Shop, event: str | None, object_id: str | None, state: str | None) -> list[Json]:
    """Notifications in the order they were caused, each with its deliveries and their answers."""
    found = shop.store.rows(
        "select * from notifications where (?1 is null or event = ?1) and (?2 is null or object_id = ?2)"
        " and (?3 is null or state = ?3) order by id",
        event,
        object_id,
        state,
    )
    return [_shown(shop, row) for row in found]


def shown(shop: Shop, number: int) -> Json | None:
    row = shop.store.row("select * from notifications where id = ?", number)
    return None if row is None else _shown(shop, row)


def _shown(shop: Shop, row: Row) -> Json:
    deliveries = shop.store.rows(
        "select attempted_ms, status, error, seconds from deliveries where notification_id = ? order by id",
        row["id"],
    )
    return {
        "id": row["id"],
        "event": row["event"],
        "object_id": row["object_id"],
        "state": row["state"],
        "forged": row["forged"],
        "created_at": to_text(row["created_ms"]),
        "next_at": None if row["next_ms"] is None else to_text(row["next_ms"]),
        "payload": load(row["payload"]),
        "deliveries": [
            {
                "attempted_at": to_text(item["attempted_ms"]),
                "status": item["status"],
                "error": item["error"],
                "seconds": item["seconds"],
            }
            for item in deliveries
        ],
    }


class Courier:
    """Sends what is due, a few at a time, and waits for the next. `run` is the task of the process."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.client = httpx.AsyncClient(follow_redirects=False, trust_env=False)
        self.under_way: dict[int, asyncio.Task[None]] = {}

    async def close(self) -> None:
        for task in list(self.under_way.values()):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.client.aclose()

    def forget(self) -> None:
        """Break off what is under way: after a reset its numbers belong to others."""
        for task in self.under_way.values():
            task.cancel()
        self.under_way.clear()

    def start_due(self) -> None:
        """Begin the attempts that are due now and for which there is room."""
        settings, now = self.shop.settings, self.shop.clock.now()
        room = settings.delivery_concurrency - len(self.under_way)
        if settings.paused or settings.notify_url is None or room <= 0:
            return
        for row in self._due(now, settings.delivery_concurrency):
            if row["id"] in self.under_way:
                continue
            if row["created_ms"] + DAY <= now:
                self._close(row["id"], "expired")
                continue
            if room == 0:
                break
            room -= 1
            task = asyncio.create_task(self._attempt(row, settings.notify_url))
            self.under_way[row["id"]] = task

    def next_ms(self) -> int | None:
        """When the next attempt is due, None when nothing waits for time to pass."""
        if self.shop.settings.paused or self.shop.settings.notify_url is None:
            return None
        if len(self.under_way) >= self.shop.settings.delivery_concurrency:
            return None  # a finished attempt wakes the clockwork
        rows = self.shop.store.rows(
            f"select id, next_ms from notifications n where {_READY} order by next_ms limit ?",  # noqa: S608
            len(self.under_way) + 1,
        )
        return next((int(row["next_ms"]) for row in rows if row["id"] not in self.under_way), None)

    def is_quiet(self) -> bool:
        """Nothing is under way and nothing is due."""
        if self.under_way:
            return False
        upcoming = self.next_ms()
        return upcoming is None or upcoming > self.shop.clock.now()

    def _due(self, now: int, room: int) -> list[Row]:
        return self.shop.store.rows(
            "select id, payload, created_ms, attempts, sender_ip, forged from notifications n"  # noqa: S608
            f" where {_READY} and next_ms <= ? order by next_ms, id limit ?",
            now,
            len(self.under_way) + room,
        )

    async def _attempt(self, row: Row, url: str) -> None:
        settings = self.shop.settings
        started, attempted_ms = time.monotonic(), self.shop.clock.now()
        status: int | None = None
        error: str | None = None
        headers = {
            "Content-Type": "application/json",
            "X-Forwarded-For": row["sender_ip"] or settings.sender_ip,
            "User-Agent": "AHC/2.1",
        }
        try:
            answer = await self.client.post(
                url,
                content=row["payload"].encode(),
                headers=headers,
                timeout=settings.delivery_timeout_seconds,
            )
            status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            error = f"{type(problem).__name__}: {problem}"
        finally:
            if self.under_way.get(row["id"]) is asyncio.current_task():
                del self.under_way[row["id"]]
        self._record(row, attempted_ms, status, error, time.monotonic() - started)
        self.shop.wake()

    def _record(
        self, row: Row, attempted_ms: int, status: int | None, error: str | None, seconds: float
    ) -> None:
        store = self.shop.store
        with store.transaction():
            store.run(
                "insert into deliveries (notification_id, attempted_ms, status, error, seconds)"
                " values (?, ?, ?, ?, ?)",
                row["id"],
                attempted_ms,
                status,
                error,
                round(seconds, 4),
            )
            store.run("update notifications set attempts = attempts + 1 where id = ?", row["id"])
            if status == 200:
                self._close(row["id"], "delivered")
            elif row["forged"] is not None:
                self._close(row["id"], "refused")
            else:
                pauses = self.shop.settings.redelivery_seconds
                pause = pauses[min(row["attempts"], len(pauses) - 1)]
                # Not later than the end of the 24 hours, when the notification is given up.
                next_ms = min(self.shop.clock.now() + round(pause * 1000), row["created_ms"] + DAY)
                store.run("update notifications set next_ms = ? where id = ?", next_ms, row["id"])

    def _close(self, number: int, state: str) -> None:
        self.shop.store.run("update notifications set state = ?, next_ms = null where id = ?", state, number)


_READY = (
    "state = 'waiting' and next_ms is not null and (after_id is null or exists"
    " (select 1 from notifications before where before.id = n.after_id and before.attempts > 0))"
)


def forged_payload(shop: Shop, kind: str, thing: Json | None, event: str | None) -> Json:
    """A lie of the given kind about a payment (`thing`), or about a payment that never was.

    Kinds: unknown_id, foreign_shop, changed_amount, changed_status; the last two need a payment (ValueError).
    """
    if kind in ("changed_amount", "changed_status") and thing is None:
        raise ValueError(f"{kind} needs payment_id")
    base: dict[str, Any] = thing or {
        "status": "succeeded",
        "amount": {"value": "1490.00", "currency": "RUB"},
        "created_at": to_text(shop.clock.now()),
        "metadata": {},
        "paid": True,
        "refundable": True,
        "test": True,
    }
    lie: Json = dict(base)
    if kind == "unknown_id":
        lie["id"] = shop.new_id()
        lie["recipient"] = shop.recipient
    elif kind == "foreign_shop":
        lie["id"] = shop.new_id()
        lie["recipient"] = {"account_id": "999999", "gateway_id": "999999"}
    elif kind == "changed_amount":
        lie["amount"] = {"value": "0.01", "currency": "RUB"}
    elif kind == "changed_status":
        lie["status"] = "succeeded"
        lie["paid"] = True
    else:
        raise ValueError("kind must be unknown_id, foreign_shop, changed_amount or changed_status")
    return {"type": "notification", "event": event or f"payment.{lie['status']}", "object": lie}
