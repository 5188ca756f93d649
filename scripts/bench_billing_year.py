"""Many organizations live through a year, and at its end the books are held against each other to the kopeck.

Everything is real: the functions over HTTP, Supabase's API, Postgres, the ЮKassa simulator. Only time is not: now() in
Postgres and ЮKassa's clock are moved a day at a time (time_machine.py), and people and the scheduler act once a day.
People try, pay, cancel, resume, change cards, forget them, move up to B, come back; cards are declined, expire, are blocked;
banks think about it; consents are withdrawn; money is given back by us and in ЮKassa's cabinet; most webhooks are
lost and some come twice; ЮKassa fails for whole days; the functions are killed in the middle of the hourly job; and what
went wrong elsewhere goes wrong here, too (billing_troubles.py).
"""

from __future__ import annotations

import argparse
import random
import secrets
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import accounts
import httpx
import psycopg
from billing_books import Books, audit
from billing_troubles import STANDSTILL, Troubles, a_shared_card, card_of_its_own
from inn import random_inn
from psycopg.rows import dict_row
from stack.credentials import Credentials
from stack.stack import Stack
from time_machine import TimeMachine, install
from yookassa_simulator.control import Control, ControlError

Row = dict[str, Any]
DAYS = 365
AT_ONCE = 8
YOOKASSA = "185.71.76.10"
SOFT = ("insufficient_funds", "issuer_unavailable", "general_decline", "payment_method_limit_exceeded")
HARD = ("card_expired", "payment_method_restricted", "fraud_suspected")
OUTAGES = (
    ("error", "POST", "/v3/payments", True),
    ("error", "POST", "/v3/payments", False),
    ("reset", "POST", "/v3/payments", True),
    ("bad_gateway", "*", "/v3/*", False),
    ("rate_limit", "*", "/v3/*", False),
    ("error", "GET", "/v3/payments/*", False),
    ("reset", "POST", "/v3/refunds", True),
    ("error", "POST", "/v3/payments/*/cancel", True),
)


@dataclass
class Year:
    """The stack, its time, and chance."""

    stack: Stack
    time: TimeMachine
    control: Control
    credentials: Credentials
    database: psycopg.Connection[Row]
    chance: random.Random
    ledger: Path
    """The folder of the simulator's own book."""
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=120, trust_env=False))
    tokens: dict[str, str] = field(default_factory=dict)
    """Who owns an organization: its id → its owner's token."""
    cards: dict[str, Row] = field(default_factory=dict)
    """What an organization pays with."""
    moderator: str = ""
    began: float = 0.0
    happened: Counter[str] = field(default_factory=Counter)
    told: int = 0
    """How many of ЮKassa's webhooks were looked at."""

    # speaking to the product

    def rpc(self, token: str, function: str, **arguments: Any) -> Any:
        headers = {"apikey": self.stack.addresses.publishable_key, "Authorization": f"Bearer {token}"}
        answer = self.client.post(
            f"{self.stack.addresses.api}/rest/v1/rpc/{function}", json=arguments, headers=headers
        )
        if answer.is_server_error:
            raise RuntimeError(f"{function}: {answer.status_code} {answer.text}")
        return answer.json() if answer.is_success and answer.content else None

    def post(self, token: str, function: str, **body: Any) -> Row | None:
        """What a function answers, or None when it refuses or nobody answers."""
        try:
            answer = self.client.post(
                f"{self.stack.addresses.functions}/{function}",
                json=body,
                headers={"Authorization": f"Bearer {token}"},
            )
        except httpx.TransportError:
            return None
        said: Row | None = answer.json() if answer.is_success else None
        return said

    def job(self, name: str, **body: Any) -> Row:
        summary = self.post(self.stack.addresses.scheduler_secret, name, **body)
        if summary is None:
            self.happened[f"{name} that failed"] += 1
        return summary or {}

    def sweep(self) -> None:
        """The sweeps of a day, which come every minute: until one finds nothing."""
        while True:
            summary = self.job("payment_sweep")
            if not any(summary.get(kind) for kind in ("notifications", "transactions", "holds", "refunds")):
                return

    def rows(self, query: str, *arguments: Any) -> list[Row]:
        return self.database.execute(query, arguments).fetchall()

    def sign_up(self, name: str) -> str:
        session = accounts.sign_up(self.stack.addresses, name)
        if name == "Модератор":
            self.database.execute(
                "insert into public.platform_admins (user_id) values (%s)", [session.user_id]
            )
        return session.token

    # what people do

    def pay(self, organization: str, plan: str, kind: str) -> None:
        page = self.post(
            self.tokens[organization], "checkout", organization_id=organization, plan_id=plan, kind=kind
        )
        if page is None:
            return
        payment_id = page["payment_url"].rpartition("/")[2]
        if self.chance.random() < 0.9:  # others leave the page
            try:
                self.control.pay(payment_id, **self.cards[organization])
            except ControlError:
                return  # paid in another window
            self.happened[f"paid: {kind}"] += 1

    def found(self) -> None:
        owner = self.sign_up("Анна")
        mark = secrets.token_hex(6)
        made = self.rpc(
            owner,
            "create_organization",
            name=f"Пасека {mark}",
            slug=f"o-{mark}",
            inn=random_inn(),
            legal_name="ООО «Пасека»",
        )
        shares = self.chance.random() < 0.02
        self.cards[made["id"]] = (a_shared_card if shares else card_of_its_own)(len(self.cards))
        self.happened["organizations that share a card"] += shares
        self.tokens[made["id"]] = owner
        plan = self.chance.choices(("a_month", "a_year"), (8, 2))[0]
        self.pay(made["id"], plan, "trial" if self.chance.random() < 0.8 else "subscription")

    def cancel(self, organization: str) -> None:
        self.rpc(self.tokens[organization], "cancel_subscription", organization_id=organization)

    def resume(self, organization: str) -> None:
        self.rpc(self.tokens[organization], "resume_subscription", organization_id=organization)

    def move_up(self, organization: str) -> None:
        until = (self.time.now + timedelta(hours=1)).isoformat()
        self.rpc(
            self.moderator, "grant_status_level", organization_id=organization, level="B", valid_until=until
        )
        self.pay(organization, self.chance.choice(("b_month", "b_year")), "plan_change")

    def refund_payment(self, transaction: str, amount: str | None) -> None:
        self.post(self.moderator, "refund", transaction_id=transaction, amount=amount, reason="Не подошло")

    def give_back_in_the_cabinet(self, payment_id: str, amount: str) -> None:
        with suppress(httpx.TransportError):
            self.client.post(
                f"{self.stack.addresses.yookassa}/v3/refunds",
                auth=(self.credentials.shop_id, self.credentials.shop_secret_key),
                headers={"Idempotence-Key": secrets.token_hex(16)},
                json={"payment_id": payment_id, "amount": {"value": amount, "currency": "RUB"}},
            )

    # what happens on a day

    def some(self, rows: list[Row], share: float) -> list[Row]:
        """About so many of them, by chance."""
        count = int(share * len(rows) + self.chance.random())
        return self.chance.sample(rows, min(count, len(rows)))

    def peoples_day(self, troubles: Troubles) -> Iterator[Callable[[], None]]:
        """What people come to do today, each thing a call."""
        live = self.rows(
            "select s.*, p.level from public.subscriptions s join public.subscription_plans p on p.id = s.plan_id"
            " where s.status in ('trialing', 'active', 'past_due') order by s.id"
        )
        active = [row for row in live if row["status"] == "active"]
        ending = [row for row in live if row["cancel_at_period_end"]]
        late = [row for row in live if row["status"] == "past_due"]
        for row in self.some(live, 0.0015):
            yield partial(self.cancel, str(row["organization_id"]))
        for row in self.some(ending, 0.02):
            yield partial(self.resume, str(row["organization_id"]))
        for row in self.some([row for row in active if row["level"] == "A"], 0.0008):
            yield partial(self.move_up, str(row["organization_id"]))
        for row in self.some([row for row in live if row["payment_method_id"]], 0.0004):
            yield partial(
                self.rpc,
                self.tokens[str(row["organization_id"])],
                "forget_payment_method",
                payment_method_id=str(row["payment_method_id"]),
            )
        for row in self.some(late, 0.12):
            yield partial(self.pay, str(row["organization_id"]), row["plan_id"], "card")
        for row in self.some(late, 0.04):
            yield partial(self.pay, str(row["organization_id"]), row["plan_id"], "subscription")
        gone = self.rows(
            "select o.id, o.id as organization_id from public.organizations o"
            " where not exists (select from public.subscriptions s"
            " where s.organization_id = o.id and s.status in ('trialing', 'active', 'past_due')) order by o.id"
        )
        for row in self.some(gone, 0.01):
            yield partial(self.pay, str(row["id"]), "a_month", "subscription")
        paid = self.rows(
            "select id, yookassa_payment_id from public.payment_transactions where status = 'succeeded'"
            " and refunded_amount = 0 and created_at > now() - interval '40 days' order by id"
        )
        for row in self.some(paid, 0.0008):
            amount = self.chance.choice((None, "100.00", "333.33"))
            yield partial(self.refund_payment, str(row["id"]), amount)
        for row in self.some(paid, 0.0002):
            yield partial(self.give_back_in_the_cabinet, row["yookassa_payment_id"], "250.50")
        yield from troubles.of_the_day(live, gone)

    def the_banks_day(self) -> None:
        """What awaits the cards that are due tomorrow, and what was thought about long enough."""
        due = self.rows(
            "select s.id, m.yookassa_payment_method_id as card from public.subscriptions s"
            " join public.payment_methods m on m.id = s.payment_method_id and m.revoked_at is null"
            " where s.next_charge_at <= now() + interval '1 day' and s.status in ('trialing', 'active') order by s.id"
        )
        for row in self.some(due, 0.10):
            self.control.plan(row["card"], self.chance.choice(SOFT), times=self.chance.randint(1, 8))
            self.happened["cards without money"] += 1
        for row in self.some(due, 0.02):
            self.control.plan(row["card"], self.chance.choice(HARD))
            self.happened["cards expired or blocked"] += 1
        for row in self.some(due, 0.01):
            self.control.revoke(row["card"])
            self.happened["consents withdrawn"] += 1
        for row in self.some(due, 0.03):
            self.control.plan(row["card"], pending=True, times=1)
            self.happened["charges the bank thought about"] += 1
        self.the_banks_decide()

    def the_banks_decide(self) -> None:
        thinking = self.rows(
            "select yookassa_payment_id as id from public.payment_transactions where status = 'pending' and kind = 'renewal'"
        )
        for row in thinking:
            with suppress(ControlError):  # decided, and we have not heard of it
                if self.chance.random() < 0.7:
                    self.control.pay(row["id"])
                else:
                    self.control.decline(row["id"], "insufficient_funds")

    def news(self) -> list[str]:
        """The webhooks that arrive today: a third of them, some twice, in no order."""
        with sqlite3.connect(f"file:{self.ledger / 'simulator.sqlite'}?mode=ro", uri=True) as ledger:
            every = ledger.execute(
                "select id, payload from notifications where id > ? order by id", [self.told]
            ).fetchall()
        self.told = every[-1][0] if every else self.told
        arrived = [payload for _, payload in every if self.chance.random() < 0.35]
        self.happened["webhooks lost"] += len(every) - len(arrived)
        arrived += [payload for payload in arrived if self.chance.random() < 0.1]
        self.happened["webhooks that came"] += len(arrived)
        self.chance.shuffle(arrived)
        return arrived

    def tell(self, payload: str) -> None:
        headers = {"X-Forwarded-For": YOOKASSA, "Content-Type": "application/json"}
        with suppress(httpx.TransportError):
            self.client.post(self.stack.addresses.webhook_url, content=payload, headers=headers)

    def the_schedulers_day(self, day: int, dies: bool) -> None:
        """The jobs, once; when the functions die in the middle, they are there again for the next."""
        hourly = threading.Thread(target=self.job, args=("subscription_renewal",))
        hourly.start()
        if dies:
            self.wait_until_charging()
            self.stack.kill("functions")
        hourly.join()
        if dies:
            self.stack.start_part("functions")
            self.happened["the functions were killed"] += 1
        self.time.forward(timedelta(minutes=3))
        self.sweep()
        if day % 2 == 0:
            self.job("status_expiry")
        if day % 30 == 29:
            self.database.execute("vacuum analyze")  # the database of a rehearsal does not by itself

    def wait_until_charging(self) -> None:
        """Until the job has begun a charge, or has none to begin."""
        for _ in range(200):
            if self.rows(
                "select from public.payment_transactions where kind = 'renewal' and status = 'created' limit 1"
            ):
                return
            time.sleep(0.005)

    def live(self, organizations: int, threads: ThreadPoolExecutor) -> None:
        """The year, day by day: everybody comes in its first month."""
        founders = [self.chance.randrange(30) for _ in range(organizations)]
        crashes = set(self.chance.sample(range(20, DAYS), 6))
        troubles = Troubles(self, DAYS)
        for day in range(DAYS):
            self.time.forward(timedelta(days=1, minutes=-3))
            self.control.clear_faults()
            if self.chance.random() < 0.05:
                kind, method, path, committed = self.chance.choice(OUTAGES)
                times = self.chance.randint(5, 60)
                self.control.fault(kind, method, path, times=times, committed=committed)
                self.happened["days ЮKassa failed"] += 1
            troubles.begin_day(day)
            self.the_banks_day()
            visits: list[Callable[[], None]] = [self.found] * founders.count(day)
            visits += self.peoples_day(troubles)
            list(threads.map(lambda visit: visit(), visits))
            list(threads.map(self.tell, self.news()))
            if not troubles.stands_still(day):
                self.the_schedulers_day(day, day in crashes)
            if day % 30 == 29:
                self.progress(day)
        self.come_to_rest(troubles)

    def come_to_rest(self, troubles: Troubles) -> None:
        """Nobody does anything new; the scheduler brings to an end what is open."""
        self.control.clear_faults()
        self.sweep()
        troubles.come_to_rest()
        for hours in (1, 2, 8, 12, 24):
            self.the_banks_decide()
            self.time.forward(timedelta(hours=hours))
            self.job("subscription_renewal")
            self.time.forward(timedelta(minutes=3))
            self.sweep()
        troubles.told()

    def progress(self, day: int) -> None:
        (row,) = self.rows(
            "select count(*) filter (where status = 'active') as active,"
            " count(*) filter (where status = 'past_due') as late,"
            " (select count(*) from public.payment_transactions where status = 'succeeded') as paid"
            " from public.subscriptions"
        )
        taken = time.monotonic() - self.began
        print(
            f"  day {day + 1:>3}: {row['active']:>5} active, {row['late']:>4} past due,"
            f" {row['paid']:>6} payments, {taken:6.1f} s",
            flush=True,
        )


@contextmanager
def rehearsal(seed: int) -> Iterator[Year]:
    """The stack, its clocks in our hands."""
    with tempfile.TemporaryDirectory(prefix="chestno-year-") as folder:
        data = Path(folder)
        install(data / "postgres")
        with (
            Stack(data, only=["postgres", "api", "functions", "yookassa"], durable=False) as stack,
            Control(stack.addresses.yookassa, timeout=120) as control,
            TimeMachine(str(stack.addresses.database_url), control) as machine,
            psycopg.connect(
                str(stack.addresses.database_url), autocommit=True, row_factory=dict_row
            ) as database,
        ):
            control.settings(notify_url=None)
            ledger = data / "yookassa"
            yield Year(stack, machine, control, Credentials.kept(data), database, random.Random(seed), ledger)  # noqa: S311


def run(organizations: int, seed: int | None) -> int:
    seed = secrets.randbelow(10**6) if seed is None else seed
    print(f"A year of {organizations:,} organizations (--seed {seed})")
    with rehearsal(seed) as year, ThreadPoolExecutor(AT_ONCE) as threads:
        year.moderator = year.sign_up("Модератор")
        year.began = time.monotonic()
        year.live(organizations, threads)
        seconds = time.monotonic() - year.began
        books = audit(year.ledger, year.database, year.time.now, STANDSTILL)
        differences = year.rows("select * from public.payment_differences where resolved_at is null")
        statuses = year.rows(
            "select status, count(*) from public.subscriptions group by status order by status"
        )
    for what, count in sorted(year.happened.items()):
        print(f"    {count:>6,}  {what}")
    print("  subscriptions: " + ", ".join(f"{row['count']} {row['status']}" for row in statuses))
    return show(books, differences, seconds)


def show(books: Books, differences: list[Row], seconds: float) -> int:
    print(
        f"  {books.payments:,} payments for {books.periods:,} periods; {books.given_back:,.2f} ₽ were given back"
    )
    print(f"  ЮKassa took           {books.taken:>16,.2f} ₽")
    print(f"  we recorded           {books.recorded:>16,.2f} ₽")
    print(f"  the levels say        {books.shown:>16,.2f} ₽")
    print(f"  doubled {books.doubled}, missed {books.missed}, open differences {len(differences)}")
    for line in [*books.wrong, *(f"{row['kind']} {row['object_id']}" for row in differences)][:20]:
        print(f"  WRONG: {line}")
    agree = books.agree and not differences
    print(f"  {'The books agree' if agree else 'THE BOOKS DO NOT AGREE'}, after {seconds:.0f} s.")
    return 0 if agree else 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--organizations", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, help="repeat a year that was printed")
