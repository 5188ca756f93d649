"""Somebody with an organization in an Env: what they ask of the functions, and how their money stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from kit import people
from kit.people import Person
from kit.refused import Refused
from kit.server import CLIENT
from kit.yookassa import notice

if TYPE_CHECKING:
    from kit.env import Env


@dataclass
class Customer:
    """Somebody with an organization, at the till."""

    env: Env
    person: Person
    organization_id: str

    def hire(self, name: str, role: str) -> Customer:
        """Somebody new in this organization."""
        person = self.env.sign_up(name)
        self.env.database.execute(
            "insert into public.organization_members (organization_id, user_id, role) values (%s, %s, %s)",
            (self.organization_id, person.user_id, role),
        )
        return Customer(self.env, person, self.organization_id)

    def post(
        self, name: str, body: Any, *, token: str | None = None, functions: str | None = None
    ) -> httpx.Response:
        """Call a function as this person's browser does."""
        return CLIENT.post(
            f"{functions or self.env.functions}/{name}",
            json=body,
            headers={"Authorization": f"Bearer {token or self.person.token}", "Origin": self.env.stack.web},
        )

    def checkout(
        self, kind: str = "trial", plan: str = "a_month", functions: str | None = None
    ) -> httpx.Response:
        body = {"organization_id": self.organization_id, "plan_id": plan, "kind": kind}
        return self.post("checkout", body, functions=functions)

    def checked_out(self, kind: str = "trial", plan: str = "a_month") -> tuple[str, str]:
        """A checkout that works: the ids of the transaction and of ЮKassa's payment."""
        answer = self.checkout(kind, plan)
        assert answer.status_code == 200, answer.text
        transaction_id = answer.json()["transaction_id"]
        return transaction_id, str(self.transaction(transaction_id)["yookassa_payment_id"])

    def status(self, transaction_id: str, functions: str | None = None) -> httpx.Response:
        return self.post("payment_status", {"transaction_id": transaction_id}, functions=functions)

    def transaction(self, transaction_id: str) -> dict[str, Any]:
        (row,) = self.env.rows("select * from public.payment_transactions where id = %s", transaction_id)
        return row

    def transactions(self) -> list[dict[str, Any]]:
        return self.env.rows(
            "select * from public.payment_transactions where organization_id = %s order by created_at",
            self.organization_id,
        )

    def subscriptions(self) -> list[str]:
        rows = self.env.rows(
            "select status from public.subscriptions where organization_id = %s", self.organization_id
        )
        return [row["status"] for row in rows]

    def subscription(self) -> dict[str, Any]:
        """The newest subscription."""
        rows = self.env.rows(
            "select * from public.subscriptions where organization_id = %s order by created_at desc limit 1",
            self.organization_id,
        )
        return rows[0]

    def try_for_free(self, plan: str = "a_month") -> dict[str, Any]:
        """Begin a trial; its subscription."""
        _, payment_id = self.checked_out("trial", plan)
        self.env.notify(notice(self.env.simulator.pay(payment_id)))
        return self.subscription()

    def pay_for(self, plan: str = "a_month", kind: str = "subscription") -> str:
        """Pay by hand; the id of the transaction."""
        transaction_id, payment_id = self.checked_out(kind, plan)
        self.env.notify(notice(self.env.simulator.pay(payment_id)))
        return transaction_id

    def bring_a_new_card(self) -> None:
        _, payment_id = self.checked_out("card")
        self.env.notify(notice(self.env.simulator.pay(payment_id)))

    def card(self) -> str:
        """ЮKassa's id of the card that is charged."""
        (row,) = self.env.rows(
            "select yookassa_payment_method_id as id from public.payment_methods where id = %s",
            self.subscription()["payment_method_id"],
        )
        return str(row["id"])

    def renewals(self) -> list[dict[str, Any]]:
        """The charges of the saved card, oldest first."""
        return [row for row in self.transactions() if row["kind"] == "renewal"]

    def is_verified(self) -> None:
        """A platform admin grants level B for ten years."""
        moderator = self.env.moderator()
        moderator.rpc(
            "grant_status_level",
            organization_id=self.organization_id,
            level="B",
            valid_until=self.env.moment(days=3650).isoformat(),
        )

    def level(self) -> str | None:
        """The level the public sees."""
        visitor = people.visitor(self.env.stack)
        try:
            status = visitor.rpc("get_organization_status", organization_id=self.organization_id)
        except Refused as refusal:
            if refusal.status != 404:
                raise
            return None  # before the first level there is nothing to see
        level: str | None = status["level"]
        return level

    def history(self) -> list[tuple[str, str]]:
        """What happened to the levels, oldest first."""
        rows = self.person.rpc("get_status_history", organization_id=self.organization_id)
        rows.sort(key=lambda row: row["occurred_at"])
        return [(row["level"], row["action"]) for row in rows]
