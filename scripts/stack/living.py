"""How a year is lived in seconds: people ask, pay on ЮKassa's page and write, jobs run; only time is moved.

What happens is what the rules make of it: everything goes through the RPCs and functions that the web calls.
"""

from __future__ import annotations

import json
import random
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
from inn import random_inn
from time_machine import TimeMachine
from yookassa_simulator.control import Control

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stack.parts import Addresses

Row = dict[str, Any]
PHONES = (
    ("phone", "Android", "Chrome Mobile"),
    ("phone", "Android", "Yandex Browser"),
    ("phone", "Android", "Chrome Mobile"),
    ("phone", "iOS", "Mobile Safari"),
    ("phone", "iOS", "Mobile Safari"),
    ("tablet", "Android", "Chrome Mobile"),
    ("desktop", "Windows", "Chrome"),
)


class NotLived(Exception):
    """Something in the year was refused; the message says what."""


@dataclass
class Producer:
    """An organization, and whose it is."""

    owner: str
    """A key of `Year.tokens`."""
    id: str
    slug: str


@dataclass
class Year:
    """The stack, its time, and who is signed in."""

    site: Addresses
    database: psycopg.Connection[Row]
    time: TimeMachine
    yookassa: Control
    client: httpx.Client
    tokens: Mapping[str, str]
    """First names of the demo accounts → access tokens."""
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - the same year each time

    # asking

    def rest(self, who: str, method: str, path: str, **more: Any) -> Any:
        headers = {
            "apikey": self.site.publishable_key,
            "Authorization": f"Bearer {self.tokens[who]}",
            "Prefer": "return=representation",
        }
        return self._said(self.client.request(method, f"{self.site.api}{path}", headers=headers, **more))

    def rpc(self, who: str, name: str, /, **arguments: Any) -> Any:
        return self.rest(who, "POST", f"/rest/v1/rpc/{name}", json=arguments)

    def service(self, name: str, /, **arguments: Any) -> Any:
        headers = {"apikey": self.site.secret_key}
        return self._said(
            self.client.post(f"{self.site.api}/rest/v1/rpc/{name}", headers=headers, json=arguments)
        )

    def function(self, who: str, name: str, /, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return self._said(self.client.post(f"{self.site.functions}/{name}", headers=headers, json=body))

    def job(self, *names: str) -> None:
        headers = {"Authorization": f"Bearer {self.site.scheduler_secret}"}
        for name in names:
            self._said(self.client.post(f"{self.site.functions}/{name}", headers=headers, json={}))

    @staticmethod
    def _said(answer: httpx.Response) -> Any:
        if answer.is_error:
            raise NotLived(
                f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
            )
        return answer.json() if answer.content else None

    # time

    def in_days(self, days: int) -> str:
        return (self.time.now + timedelta(days=days)).isoformat()

    def until(self, days_ago: float) -> None:
        """Live on until so many days before today."""
        self._until(datetime.now(UTC) - timedelta(days=days_ago))

    def until_months_and_days(self, months: int, days: int) -> None:
        """The same, with months of the calendar, as charges come."""
        row = self.database.execute(
            "select clock_timestamp() - make_interval(months => %s, days => %s) as moment", [months, days]
        ).fetchone()
        assert row  # noqa: S101 - a select without a table has one row
        self._until(row["moment"])

    def _until(self, end: datetime) -> None:
        """With what falls due in between: words before charges, the charges themselves, levels that end."""
        while (due := self._next_due(end)) is not None:
            self.time.forward_to(due)
            self._let_the_hour_pass()
        self.time.forward_to(end)
        self.job("deliver_email")

    def _next_due(self, end: datetime) -> datetime | None:
        rows = self.database.execute(
            """select min(m.due) as due from public.subscriptions s
               cross join lateral (values (s.next_charge_at - interval '3 days'), (s.next_charge_at), (s.current_period_end))
                 as moments (due)
               cross join lateral (values (moments.due + interval '1 minute')) as m (due)
               where s.status in ('trialing', 'active', 'past_due') and m.due > now() and m.due < %s""",
            [end],
        ).fetchall()
        due: datetime | None = rows[0]["due"]
        return due

    def _let_the_hour_pass(self) -> None:
        self.job("subscription_renewal")
        self.yookassa.wait()
        self.job("payment_sweep")

    # what people do

    def found(self, who: str, name: str, legal_name: str, slug: str, **profile: object) -> Producer:
        made = self.rpc(
            who,
            "create_organization",
            name=name,
            legal_name=legal_name,
            slug=slug,
            inn=random_inn(12 if legal_name.startswith("ИП") else 10),
        )
        self.rest(who, "PATCH", f"/rest/v1/organizations?id=eq.{made['id']}", json=profile)
        return Producer(who, made["id"], made["slug"])

    def join(self, producer: Producer, who: str, role: str) -> None:
        asked = self.rpc(
            producer.owner,
            "invite_member",
            organization_id=producer.id,
            email=f"{who}@example.test",
            role=role,
        )
        self.rpc(who, "accept_invitation", token=asked["token"])

    def check_out(self, producer: Producer, plan: str, kind: str) -> str:
        """Begin a payment; ЮKassa's id of it."""
        page = self.function(producer.owner, "checkout", organization_id=producer.id, plan_id=plan, kind=kind)
        return str(page["payment_url"].rpartition("/")[2])

    def pay(self, producer: Producer, plan: str, kind: str) -> None:
        self.yookassa.pay(self.check_out(producer, plan, kind))
        self.yookassa.wait()
        self.job("payment_sweep")

    def ask_for_b(self, producer: Producer, message: str) -> str:
        path = f"{producer.id}/{secrets.token_hex(8)}.pdf"
        self.rest(
            producer.owner,
            "POST",
            f"/storage/v1/object/status-evidence/{path}",
            files={"": ("Протокол испытаний.pdf", _document(), "application/pdf")},
        )
        self.function(
            producer.owner,
            "validate_evidence",
            organization_id=producer.id,
            path=path,
            name="Протокол испытаний.pdf",
        )
        asked = self.rpc(
            producer.owner,
            "submit_upgrade_request",
            organization_id=producer.id,
            target_level="B",
            message=message,
            evidence_paths=[path],
        )
        return str(asked["id"])

    def write(self, who: str, producer: Producer, story_type: str, title: str, text: str, **more: Any) -> str:
        """A draft; its id."""
        (story,) = self.rest(
            who,
            "POST",
            "/rest/v1/stories",
            json={
                "organization_id": producer.id,
                "story_type": story_type,
                "title": title,
                "content_text": text,
            }
            | more,
        )
        return str(story["id"])

    def publish(
        self, who: str, producer: Producer, story_type: str, title: str, text: str, **more: Any
    ) -> str:
        story = self.write(who, producer, story_type, title, text, **more)
        self.rpc(who, "submit_story", story_id=story)
        self.rpc("moderator", "approve_story", story_id=story)
        return story

    def print_codes(self, producer: Producer, labels: Sequence[tuple[str, list[str]]]) -> list[str]:
        """Codes for the organization's page; what is printed of each."""
        items = [{"title": title, "target_kind": "organization_page", "tags": tags} for title, tags in labels]
        made = self.rpc(producer.owner, "create_qr_codes", organization_id=producer.id, items=items)
        return [code["code"] for code in made]

    def decline_charges(self, producer: Producer, reason: str) -> None:
        """The bank declines what is charged to the saved card from now on."""
        cards = self.database.execute(
            "select yookassa_payment_method_id as id from public.payment_methods"
            " where organization_id = %s and revoked_at is null",
            [producer.id],
        ).fetchall()
        for card in cards:
            self.yookassa.plan(card["id"], reason)

    def scan(self, codes: Sequence[str], days: int, a_day: int) -> None:
        """Buyers scan printed codes: the last `days` until now."""
        now = self.time.now
        visits = []
        networks = [
            f"95.24.{self.chance.randrange(40)}" for _ in range(a_day)
        ]  # people come again, on the same day too
        for day in range(days):
            for _ in range(self.chance.randint(a_day // 2, a_day * 3 // 2)):
                moment = now - timedelta(days=day, seconds=self.chance.randint(0, 60 * 60 * 14))
                device, os, browser = self.chance.choice(PHONES)
                visitor = {
                    "ip": f"{self.chance.choice(networks)}.{self.chance.randrange(1, 4)}",
                    "user_agent": browser,
                    "device_type": device,
                    "os": os,
                    "browser": browser,
                    "country": self.chance.choices(("RU", "KZ", "BY"), (90, 6, 4))[0],
                }
                # a code on the jar is scanned more often than one in the catalogue
                code = codes[min(int(self.chance.expovariate(0.9)), len(codes) - 1)]
                visits.append((code, json.dumps(visitor), moment))
        with self.database.transaction(), self.database.cursor() as cursor:
            cursor.execute("set local role service_role")
            cursor.executemany("select public.scan_qr(%s, %s::jsonb, %s)", visits)


def _document() -> bytes:
    from pypdf import PdfWriter

    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(out)
    return out.getvalue()
