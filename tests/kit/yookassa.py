"""The ЮKassa of a running stack: the simulator's control client, and what tests besides ask of it."""

from __future__ import annotations

from typing import Any

from yookassa_simulator.control import Control

from kit.server import CLIENT

Json = dict[str, Any]
ADDRESS = "185.71.76.10"
"""One of the addresses ЮKassa sends its notifications from."""


class Yookassa(Control):
    """`shop`: the id and the secret key of our shop there."""

    def __init__(self, base_url: str, shop: tuple[str, str]) -> None:
        super().__init__(base_url)
        self.shop = shop

    def payments_of(self, transaction_id: str) -> list[Json]:
        """Every payment that was ever created for a transaction of ours."""
        return self.payments({"transaction_id": transaction_id})

    def refund(self, payment_id: str, roubles: str) -> Json:
        """A person gives money back in ЮKassa's own cabinet. Answers the refund."""
        response = CLIENT.post(
            f"{self.base_url}/v3/refunds",
            auth=self.shop,
            headers={"Idempotence-Key": f"cabinet-{payment_id}"},
            json={"payment_id": payment_id, "amount": {"value": roubles, "currency": "RUB"}},
        )
        response.raise_for_status()
        refund: Json = response.json()
        return refund

    def count(self, method: str, path: str) -> int:
        """How many API requests of this kind there were."""
        return len(self.requests(method, path))

    def faults_are_used_up(self) -> bool:
        """Whether the requests that were to go wrong have come."""
        return not any(fault["remaining"] for fault in self._ask("GET", "/faults")["items"])


def notice(payment: Json) -> Json:
    """The notification ЮKassa sends about a payment that stands so."""
    return {"type": "notification", "event": f"payment.{payment['status']}", "object": payment}
