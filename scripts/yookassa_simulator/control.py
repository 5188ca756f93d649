"""The control client: what a test does to the simulated ЮKassa. control_api.py says what each call means."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from .cards import DEFAULT_CARD

Json = dict[str, Any]


class ControlError(Exception):
    """The simulator refused: `status` 400, 404 or 409, the message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Control:
    """`base_url`: the simulator's address without /v3. Payments and notifications are plain JSON objects."""

    def __init__(self, base_url: str, timeout: float = 30.0) -> None:
        self.base_url = base_url.rstrip("/")
        self._client = httpx.Client(base_url=f"{self.base_url}/simulator", timeout=timeout, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def _ask(
        self, method: str, path: str, body: Json | None = None, params: Mapping[str, str] | None = None
    ) -> Json:
        answer = self._client.request(method, path, json=body, params=params)
        fields: Json = answer.json()
        if answer.status_code != 200:
            raise ControlError(answer.status_code, str(fields.get("error")))
        return fields

    # the shop and its time

    def reset(self) -> None:
        """As new, but for the address of notifications; the clock goes back to the machine's."""
        self._ask("POST", "/reset", {})

    def settings(self, **changes: Any) -> Json:
        """Change settings (settings.py lists them) and get all of them."""
        return self._ask("POST", "/settings", changes) if changes else self._ask("GET", "/settings")

    def now(self) -> str:
        return str(self._ask("GET", "/clock")["now"])

    def offset(self) -> float:
        """Seconds it is ahead of the machine's clock."""
        return float(self._ask("GET", "/clock")["offset_seconds"])

    def advance(self, seconds: float) -> str:
        """Let time pass: holds and confirmations expire, redeliveries fall due. Gives the new time.

        Below 0, to begin in the past, while there is no payment yet.
        """
        return str(self._ask("POST", "/clock", {"advance_seconds": seconds})["now"])

    def advance_to(self, moment: str) -> str:
        """As `advance`, to an ISO 8601 moment, which must not be past."""
        return str(self._ask("POST", "/clock", {"to": moment})["now"])

    # payments

    def payments(self, metadata: Mapping[str, str] | None = None, status: str | None = None) -> list[Json]:
        """Payments with all of these metadata values, oldest first."""
        params = {f"metadata.{key}": value for key, value in (metadata or {}).items()}
        if status is not None:
            params["status"] = status
        items: list[Json] = self._ask("GET", "/payments", params=params)["items"]
        return items

    def count_payments(self, metadata: Mapping[str, str] | None = None, status: str | None = None) -> int:
        return len(self.payments(metadata, status))

    def payment(self, payment_id: str) -> Json:
        thing: Json = self._ask("GET", f"/payments/{payment_id}")["payment"]
        return thing

    def pay(
        self,
        payment_id: str,
        card: str = DEFAULT_CARD,
        save: bool = True,
        three_d_secure: bool = True,
        type: str | None = None,
        expiry: str | None = None,
    ) -> Json:
        """The payer confirms with a test card ("yoo_money": the wallet; `type`: any method, even unknown).

        `expiry`: YYYY-MM; None: that of a card of the payer's own. A declining card ends the payment. `save` False:
        the method is not saved though the shop asked.
        """
        body: Json = {"card": card, "expiry": expiry, "save": save, "three_d_secure": three_d_secure}
        return self._ask("POST", f"/payments/{payment_id}/pay", body | ({"type": type} if type else {}))

    def decline(
        self, payment_id: str, reason: str = "general_decline", party: str = "payment_network"
    ) -> Json:
        """End a pending payment, or a hold, from the bank's side."""
        return self._ask("POST", f"/payments/{payment_id}/decline", {"reason": reason, "party": party})

    def expire(self, payment_id: str) -> Json:
        """The payer left and the hour passed (or the hold's week): without moving the clock."""
        return self._ask("POST", f"/payments/{payment_id}/expire", {})

    def tamper(self, payment_id: str, changes: Json) -> Json:
        """Overwrite fields of the stored payment silently: another amount, shop, test flag."""
        return self._ask("POST", f"/payments/{payment_id}/tamper", changes)

    # saved methods and refunds

    def bind(self, payment_method_id: str, card: str = DEFAULT_CARD) -> Json:
        return self._ask("POST", f"/payment_methods/{payment_method_id}/bind", {"card": card})

    def plan(
        self,
        payment_method_id: str,
        reason: str | None = None,
        party: str = "payment_network",
        pending: bool = False,
        times: int | None = None,
    ) -> Json:
        """How the next charges of a saved method end: declined for `reason`, `pending`, or well."""
        body: Json = {"reason": reason, "party": party, "pending": pending}
        return self._ask(
            "POST", f"/payment_methods/{payment_method_id}/plan", body | ({"times": times} if times else {})
        )

    def revoke(self, payment_method_id: str) -> Json:
        """The owner withdrew the consent at the bank: charges end with permission_revoked."""
        return self._ask("POST", f"/payment_methods/{payment_method_id}/revoke", {})

    def settle_refund(
        self, refund_id: str, status: str = "succeeded", reason: str = "general_decline"
    ) -> Json:
        return self._ask("POST", f"/refunds/{refund_id}/settle", {"status": status, "reason": reason})

    # notifications

    def notifications(
        self, object_id: str | None = None, event: str | None = None, state: str | None = None
    ) -> list[Json]:
        """In order: {id, event, object_id, state, payload, deliveries: [{status, error, seconds}], …}."""
        named = {"object_id": object_id, "event": event, "state": state}
        params = {name: value for name, value in named.items() if value is not None}
        items: list[Json] = self._ask("GET", "/notifications", params=params)["items"]
        return items

    def wait(self, timeout: float = 10.0) -> None:
        """Until every notification that is due was attempted. TimeoutError when that takes longer."""
        if not self._ask("POST", "/notifications/wait", {"timeout_seconds": timeout})["quiet"]:
            raise TimeoutError("notifications are still under way")

    def pause(self) -> None:
        self._ask("POST", "/notifications/pause", {})

    def resume(self) -> None:
        self._ask("POST", "/notifications/resume", {})

    def rule(
        self,
        action: str,
        event: str = "*",
        object_id: str = "*",
        times: int = 1,
        seconds: float = 0.0,
        copies: int = 1,
    ) -> int:
        """Bend the next notifications: drop, hold, delay (seconds), duplicate (copies), reorder (times)."""
        body = {"action": action, "event": event, "object_id": object_id, "times": times, "seconds": seconds}
        return int(self._ask("POST", "/notifications/rules", body | {"copies": copies})["id"])

    def clear_rules(self) -> None:
        self._ask("DELETE", "/notifications/rules")

    def release(self, notification_id: int | None = None) -> int:
        """Send held notifications (or one); the answer is how many."""
        body = {} if notification_id is None else {"id": notification_id}
        return int(self._ask("POST", "/notifications/release", body)["released"])

    def repeat(self, notification_id: int, times: int = 1) -> list[int]:
        """Send a notification again, `times` times, several at once. Gives the new notifications' ids."""
        ids: list[int] = self._ask("POST", "/notifications/repeat", {"id": notification_id, "times": times})[
            "ids"
        ]
        return ids

    def forge(
        self,
        kind: str = "payload",
        payment_id: str | None = None,
        event: str | None = None,
        payload: Json | None = None,
        sender_ip: str | None = None,
    ) -> Json:
        """Send a lie once: a payload, or a kind: unknown_id, foreign_shop, changed_amount, changed_status.

        The answer is {id, payload}; the last two kinds need `payment_id`.
        """
        named = {"payment_id": payment_id, "event": event, "payload": payload, "sender_ip": sender_ip}
        body: Json = {"kind": kind} | {name: value for name, value in named.items() if value is not None}
        return self._ask("POST", "/notifications/forge", body)

    # faults and what was asked

    def fault(
        self,
        kind: str,
        method: str = "*",
        path: str = "/v3/*",
        times: int = 1,
        committed: bool = False,
        seconds: float = 0.0,
        retry_after: int = 1000,
        value: str = "moon_phase",
    ) -> int:
        """Break the next `times` API requests that match: see faults.py for the kinds."""
        body = {"kind": kind, "method": method, "path": path, "times": times, "committed": committed}
        more = {"seconds": seconds, "retry_after": retry_after, "value": value}
        return int(self._ask("POST", "/faults", body | more)["id"])

    def clear_faults(self) -> None:
        self._ask("DELETE", "/faults")

    def requests(self, method: str = "*", path: str = "*") -> list[Json]:
        """API requests since the start: {method, path, idempotence_key, body, fault, status, …}."""
        items: list[Json] = self._ask("GET", "/requests", params={"method": method, "path": path})["items"]
        return items
