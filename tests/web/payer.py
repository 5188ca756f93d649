"""An organization that pays, without the pages: what the tests of money begin with, and the time that passes for it.

payer = Payer(stack.addresses)
payer.pays("subscription")
payer.bank_declines("insufficient_funds")
payer.renews(as_of=payer.period_end + timedelta(hours=1))
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from kit.people import run_sql, service
from kit.server import CLIENT
from stack.parts import Addresses
from web.team import Team

OTHER_CARD = "2202474301322987"


class Payer:
    """A new organization, its owner, and the bank's and the clock's doings."""

    def __init__(self, site: Addresses, name: str = "Пасека Ивановых") -> None:
        self.site = site
        self.team = Team(site, name)
        self.owner = self.team.owner
        self.id = self.team.id
        self.platform = service(site)

    # What the owner does

    def checks_out(self, kind: str, plan: str = "a_month") -> str:
        """Begin a payment; its transaction's id."""
        wish = {"organization_id": self.id, "plan_id": plan, "kind": kind}
        return str(self._function("checkout", wish)["transaction_id"])

    def pays(self, kind: str, plan: str = "a_month", **how: object) -> str:
        """Begin a payment and confirm it at ЮKassa; the transaction's id."""
        transaction_id = self.checks_out(kind, plan)
        self.simulator(f"payments/{self.payment_id(transaction_id)}/pay", **how)
        self._function("payment_status", {"transaction_id": transaction_id})
        return transaction_id

    # What there is

    def subscription(self) -> dict[str, Any]:
        """The latest one."""
        return self.owner.get("subscriptions", organization_id=f"eq.{self.id}", order="created_at.desc")[0]

    @property
    def period_end(self) -> datetime:
        return datetime.fromisoformat(self.subscription()["current_period_end"])

    def transaction(self, transaction_id: str) -> dict[str, Any]:
        return self.platform.get("payment_transactions", id=f"eq.{transaction_id}")[0]

    def payment_id(self, transaction_id: str) -> str:
        """ЮKassa's."""
        return str(self.transaction(transaction_id)["yookassa_payment_id"])

    def has_receipt(
        self, transaction_id: str, document: str, of_refund: str | None = None, **changes: object
    ) -> None:
        """ЮKassa has told of a fiscal document of a payment, or of a refund of it, with this number."""
        receipt = {
            "id": f"rt-{uuid4()}",
            "type": "payment",
            "status": "succeeded",
            "fiscal_document_number": document,
            "fiscal_storage_number": "9960440300000000",
            "fiscal_attribute": "1234567890",
            "registered_at": "2026-11-12T12:56:00.000+03:00",
            "settlements": [{"type": "cashless", "amount": {"value": "1490.00", "currency": "RUB"}}],
        }
        self.platform.rpc(
            "record_receipts",
            transaction_id=transaction_id,
            refund_id=of_refund,
            receipts=[receipt | changes],
        )

    # What the bank and the clock do

    def bank_declines(self, reason: str | None, **plan: object) -> None:
        """What is charged to the cards saved so far ends so from now on."""
        methods = self.platform.get("payment_methods", organization_id=f"eq.{self.id}", revoked_at="is.null")
        for method in methods:
            how = {**({"reason": reason} if reason else {}), **plan}
            self.simulator(f"payment_methods/{method['yookassa_payment_method_id']}/plan", **how)

    def renews(self, as_of: datetime | None = None) -> None:
        """The hourly job runs, at that moment."""
        self.runs("subscription_renewal", as_of)

    def runs(self, job: str, as_of: datetime | None = None) -> None:
        CLIENT.post(
            f"{self.site.functions}/{job}",
            headers={"Authorization": f"Bearer {self.site.scheduler_secret}"},
            json={"as_of": as_of.isoformat()} if as_of else {},
        ).raise_for_status()

    def grows_older(self, days: int) -> None:
        """The subscription began so many days earlier."""
        run_sql(
            self.site,
            """update public.subscriptions
               set current_period_start = current_period_start - %s, current_period_end = current_period_end - %s,
                 billing_anchor = current_period_end - %s, next_charge_at = next_charge_at - %s
               where organization_id = %s""",
            *[timedelta(days=days)] * 4,
            self.id,
        )

    def simulator(self, path: str, **body: object) -> Any:
        """Tell ЮKassa's simulator something."""
        answer = CLIENT.post(f"{self.site.yookassa}/simulator/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def _function(self, name: str, body: dict[str, str]) -> Any:
        answer = CLIENT.post(f"{self.site.functions}/{name}", headers=self.owner.headers, json=body)
        answer.raise_for_status()
        return answer.json()
