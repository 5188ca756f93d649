"""People and the organization they act on, straight at Postgres, as PostgREST would bring them there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from inn import random_inn
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from kit.refused import Refused

Row = dict[str, Any]
SHOP = "100500"
MEMBERS = {"anna": "owner", "boris": "admin", "vera": "editor", "gleb": "viewer"}
PEOPLE = (*MEMBERS, "stranger", "moderator")


def is_json(value: object) -> bool:
    """Objects and lists of objects go as jsonb; lists of anything else are arrays."""
    return isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(item, Mapping) for item in value)
    )


class DbEnv:
    """One organization of Anna's, with everybody around it. `acts` chooses who speaks in the `with` block."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.connection = connection
        self.ids: dict[str, UUID] = {name: self.sign_up(name) for name in PEOPLE}
        self.run("insert into public.platform_admins (user_id) values (%s)", self.ids["moderator"])
        self.service(
            "configure_platform",
            settings={"site_url": "https://chestno.example", "shop_id": SHOP, "test_mode": True},
        )
        self.organization: UUID = self.found("anna")
        for name, role in MEMBERS.items():
            if name != "anna":
                self.run(
                    "insert into public.organization_members (organization_id, user_id, role) values (%s, %s, %s)",
                    self.organization, self.ids[name], role,
                )  # fmt: skip

    def sign_up(self, name: str, email: str | None = None) -> UUID:
        user_id = uuid4()
        self.run(
            "insert into auth.users (id, email, raw_user_meta_data, email_confirmed_at) values (%s, %s, %s, now())",
            user_id, email or f"{name}.{user_id.hex[:8]}@example.test", Jsonb({"full_name": name.title()}),
        )  # fmt: skip
        return user_id

    def email(self, name: str) -> str:
        return str(self.one("select email from auth.users where id = %s", self.ids[name])["email"])

    def found(self, founder: str, inn: str | None = None, slug: str | None = None) -> UUID:
        made = self.rpc(
            founder,
            "create_organization",
            name="Пасека Анны",
            legal_name="ООО «Пасека»",
            slug=slug or f"o-{uuid4().hex[:12]}",
            inn=inn or random_inn(),
        )
        return UUID(str(made["id"]))

    def another(self, owner: str = "anna") -> UUID:
        """One more organization, made past the limits of founding: a test may need dozens."""
        made = self.one(
            "insert into public.organizations (name, legal_name, slug, inn) values ('Пасека', 'ООО «Пасека»', %s, %s) returning id",
            f"o-{uuid4().hex[:12]}", random_inn(),
        )["id"]  # fmt: skip
        self.run("insert into public.organization_members values (%s, %s, 'owner')", made, self.ids[owner])
        self.run(
            "insert into public.organization_settings (organization_id, billing_email) values (%s, %s)",
            made,
            self.email(owner),
        )
        return UUID(str(made))

    @contextmanager
    def beside(self) -> Iterator[DbEnv]:
        """The same database over a connection of its own, for a second one acting at the same time."""
        with opened(self.connection.info.dsn + f" password={self.connection.info.password}") as connection:
            other = copy(self)
            other.connection = connection
            yield other

    # speaking to the database

    @contextmanager
    def acts(self, name: str) -> Iterator[None]:
        """Within the block, statements come from this person: a name, `visitor`, `service` or `operator`."""
        role = {"visitor": "anon", "service": "service_role", "operator": "none"}.get(name, "authenticated")
        claims = {"sub": str(self.ids[name]), "role": role} if name in self.ids else {"role": role}
        set_both = "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)"
        with self.connection.transaction():
            self.connection.execute(set_both, (role, json.dumps(claims) if role != "none" else ""))
            yield
            self.connection.execute(set_both, ("none", ""))

    def query(self, name: str, statement: str, *arguments: Any) -> list[Row]:
        """The rows that this person gets; Refused when the database refuses."""
        try:
            with self.acts(name):
                cursor = self.connection.execute(statement, arguments)
                return cursor.fetchall() if cursor.description else [{"count": cursor.rowcount}]
        except psycopg.Error as error:
            raise Refused.by_database(error) from error

    def rpc(self, person: str, function: str, **arguments: Any) -> Any:
        """Call an RPC as this person: the value (or the row) it answers; Refused when it refuses."""
        call = sql.SQL("select * from public.{}({})").format(
            sql.Identifier(function),
            sql.SQL(", ").join(
                sql.SQL("{} => {}").format(
                    sql.Identifier(key), sql.Literal(Jsonb(value) if is_json(value) else value)
                )
                for key, value in arguments.items()
            ),
        )
        try:
            with self.acts(person):
                rows = self.connection.execute(call).fetchall()
        except psycopg.Error as error:
            raise Refused.by_database(error) from error
        return (
            rows[0][function]
            if len(rows) == 1 and set(rows[0]) == {function}
            else rows[0]
            if len(rows) == 1
            else rows
        )

    def service(self, function: str, **arguments: Any) -> Any:
        return self.rpc("service", function, **arguments)

    def rows(self, statement: str, *arguments: Any) -> list[Row]:
        """What is really there, whoever may see it."""
        return self.connection.execute(statement, arguments).fetchall()

    def one(self, statement: str, *arguments: Any) -> Row:
        (row,) = self.rows(statement, *arguments)
        return row

    def run(self, statement: str, *arguments: Any) -> None:
        self.connection.execute(statement, arguments)

    # what tests look at again and again

    def level(self, organization: UUID | None = None) -> str | None:
        """The level a visitor sees."""
        try:
            status: dict[str, str | None] = self.rpc(
                "visitor", "get_organization_status", organization_id=organization or self.organization
            )
        except Refused as refusal:
            if refusal.code != "not_found":
                raise
            return None  # before the first level there is nothing to see
        return status["level"]

    def history(self) -> list[tuple[str, str, str | None]]:
        """(level, action, reason), oldest first."""
        return [
            (row["level"], row["action"], row["reason"])
            for row in self.rows(
                "select level, action, reason from public.status_level_events where organization_id = %s order by id",
                self.organization,
            )
        ]

    def subscription(self) -> Row | None:
        found = self.rows(
            "select * from public.subscriptions where organization_id = %s order by status in ('trialing', 'active', 'past_due') desc, updated_at desc, id",
            self.organization,
        )
        return found[0] if found else None

    def checkout(self, kind: str = "trial", plan: str = "a_month", person: str = "anna") -> Row:
        answer: Row = self.rpc(
            person, "start_checkout", organization_id=self.organization, plan_id=plan, kind=kind
        )
        return answer

    def record(self, payment: Row, source: str = "webhook", as_of: datetime | None = None) -> Row:
        more = {"as_of": as_of} if as_of else {}
        answer: Row = self.service("record_payment", payment=payment, source=source, **more)
        return answer

    def subscribe(self, plan: str = "a_month", as_of: datetime | None = None) -> Row:
        """Pay for a plan; the subscription that is active then."""
        self.record(payment_of(self.checkout("subscription", plan), "succeeded"), as_of=as_of)
        return self.live()

    def start_trial(self, as_of: datetime | None = None) -> Row:
        checkout = self.checkout()
        self.record(payment_of(checkout, "waiting_for_capture"), as_of=as_of)
        self.record(payment_of(checkout, "canceled"), as_of=as_of)
        return self.live()

    def stranded(self) -> list[Row]:
        """The invariant of design §6, at the end of every test: live subscriptions that nothing will ever move."""
        if self.connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
            return []  # the test ended within a refusal: there is nothing to look at
        return self.rows("select id, status, plan_id from private.stranded_subscriptions('infinity')")

    def live(self) -> Row:
        subscription = self.subscription()
        assert subscription is not None
        return subscription

    def claim(self, as_of: datetime) -> list[Row]:
        """What is due, begun: transactions with the body that was to be sent."""
        begun = []
        for claimed in self.service("claim_due_charges", as_of=as_of):
            gate = self.service("begin_charge", transaction_id=claimed["transaction_id"], as_of=as_of)
            if gate["proceed"]:
                begun.append(claimed | gate)
        return begun

    def charge(self, as_of: datetime, status: str = "succeeded", reason: str = "insufficient_funds") -> int:
        """One run of the hourly job, with ЮKassa answering so to every charge; how many charges there were."""
        self.service("run_billing_cycle", as_of=as_of)
        begun = self.claim(as_of)
        for charge in begun:
            details = (
                {"cancellation_details": {"party": "payment_network", "reason": reason}}
                if status == "canceled"
                else {}
            )
            self.record(payment_of(charge, status, **details), "sweep", as_of)
        return len(begun)


def payment_of(checkout: Row, status: str = "pending", **changes: Any) -> Row:
    """ЮKassa's payment object for a checkout, as its documentation shows it. The same checkout has the same id, and each
    organization a card of its own: one card begins only two trials."""
    request = json.loads(checkout["request_body"])
    payment_id = f"2d{checkout['transaction_id'][2:]}"
    canceled_by_us = status == "canceled" and request["capture"] is False
    payment: Row = {
        "id": payment_id,
        "status": status,
        "paid": status in ("waiting_for_capture", "succeeded"),
        "amount": request["amount"],
        "created_at": "2026-11-20T09:00:00.000Z",
        "metadata": request["metadata"],
        "recipient": {"account_id": SHOP, "gateway_id": "100700"},
        "refundable": False,
        "test": True,
    }
    if status == "pending":
        payment["confirmation"] = {
            "type": "redirect",
            "confirmation_url": f"https://yoomoney.example/pay/{payment_id}",
        }
    else:
        payment["payment_method"] = {
            "type": "bank_card", "id": payment_id, "saved": True, "status": "active", "title": "Bank card *4444",
            "card": {"first6": f"{UUID(request['metadata']['organization_id']).int % 10**6:06}", "last4": "4444", "expiry_month": "12", "expiry_year": "2030", "card_type": "MasterCard"},
        }  # fmt: skip
    if status == "canceled":
        payment["cancellation_details"] = (
            {"party": "merchant", "reason": "canceled_by_merchant"}
            if canceled_by_us
            else {"party": "payment_network", "reason": "insufficient_funds"}
        )
    return payment | changes


def receipt_of(checkout: Row, **changes: Any) -> Row:
    """ЮKassa's registered receipt of a checkout's payment, as its documentation shows it."""
    payment = payment_of(checkout)
    receipt: Row = {
        "id": f"rt-{uuid4()}",
        "type": "payment",
        "payment_id": payment["id"],
        "status": "succeeded",
        "fiscal_document_number": "3986",
        "fiscal_storage_number": "9288000100115785",
        "fiscal_attribute": "2617603921",
        "registered_at": "2026-11-20T12:56:00.000+03:00",
        "fiscal_provider_id": str(uuid4()),
        "items": [{"description": "Подписка", "quantity": 1, "amount": payment["amount"], "vat_code": 1}],
        "settlements": [{"type": "cashless", "amount": payment["amount"]}],
        "tax_system_code": 1,
    }
    return receipt | changes


def notification_of(payment: Row) -> Row:
    """The notification ЮKassa sends about this payment."""
    return {"type": "notification", "event": f"payment.{payment['status']}", "object": payment}


@contextmanager
def opened(url: str) -> Iterator[psycopg.Connection[Row]]:
    with psycopg.connect(url, row_factory=dict_row) as connection:
        yield connection


# Things an organization has, made the short way where their RPCs are not what is tested.


def hand_in_evidence(db: DbEnv, person: str = "anna", message: str = "Проверьте нас") -> Row:
    """A validated file and a pending request for level B with it."""
    path = f"{db.organization}/{uuid4()}.pdf"
    db.service(
        "accept_evidence", organization_id=db.organization, path=path, content_type="application/pdf",
        bytes=1000, sha256="0" * 64, uploaded_by=db.ids[person],
    )  # fmt: skip
    request: Row = db.rpc(
        person, "submit_upgrade_request", organization_id=db.organization, target_level="B",
        message=message, evidence_paths=[path],
    )  # fmt: skip
    return request


def publish_stories(db: DbEnv, number: int, days_ago: float = 1) -> None:
    db.run(
        "insert into public.stories (organization_id, story_type, status, title, published_at)"
        " select %s, 'success_story', 'published', 'История', now() - make_interval(secs => %s) from generate_series(1, %s)",
        db.organization, days_ago * 86400, number,
    )  # fmt: skip


def scan_codes(db: DbEnv, number: int, days_ago: float = 1) -> None:
    """Unique scans of one new code."""
    code = uuid4().hex[:10]
    db.run("insert into public.qr_codes (organization_id, code) values (%s, %s)", db.organization, code)
    db.run(
        "insert into public.qr_scans (qr_code_id, organization_id, scanned_at, visitor_hash, is_unique)"
        " select c.id, c.organization_id, now() - make_interval(secs => %s), decode('00', 'hex'), true"
        " from public.qr_codes c, generate_series(1, %s) where c.code = %s",
        days_ago * 86400, number, code,
    )  # fmt: skip
