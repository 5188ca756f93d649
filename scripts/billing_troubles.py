"""What goes wrong around money in a rehearsed year (bench_billing_year.py): the kinds of other people's bug reports.

Pages paid out of order and long after what they were quoted from is over; pages left for good and paid all the same; other
amounts than were asked for, and verdicts days later; refunds that fail; prices that change; a scheduler that stands still;
one card for many trials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from yookassa_simulator.control import ControlError

if TYPE_CHECKING:
    from bench_billing_year import Year

Row = dict[str, Any]
CARDS = ("5555555555554444", "4111111111111111", "2202474301322987", "6759649826438453")
PLANS = ("a_month", "a_year", "b_month", "b_year")
STANDSTILL = timedelta(days=6)
"""The longest that the scheduler stands still."""


def card_of_its_own(number: int) -> Row:
    """The card of the how manieth payer: no two have the same."""
    month = 2036 * 12 + number % 700
    return {"card": CARDS[number // 700 % len(CARDS)], "expiry": f"{month // 12}-{month % 12 + 1:02}"}


def a_shared_card(number: int) -> Row:
    """One of three that many people bring."""
    return {"card": CARDS[0], "expiry": f"20{30 + number % 3}-01"}


class Troubles:
    """The troubles of one year."""

    def __init__(self, year: Year, days: int) -> None:
        self.year = year
        chance = year.chance
        self.prices = dict(
            zip(
                chance.sample(range(40, days - 60), 4),
                ("a_month", "a_year", "b_month", "a_month"),
                strict=True,
            )
        )
        first, second = chance.randrange(60, 150), chance.randrange(200, 300)
        self.standing_still = {*range(first, first + 4), *range(second, second + STANDSTILL.days)}
        self.refunds_fail = set(chance.sample(range(30, days - 45), 20))

    def begin_day(self, day: int) -> None:
        year = self.year
        if day in self.prices:
            change = {"a_month": ("1690.00", "1390.00"), "a_year": ("15900.00",), "b_month": ("5490.00",)}
            year.rpc(
                year.moderator,
                "set_plan_price",
                plan_id=self.prices[day],
                amount=year.chance.choice(change[self.prices[day]]),
                valid_from=(year.time.now + timedelta(days=year.chance.choice((0.01, 10)))).isoformat(),
            )
            year.happened["new prices"] += 1
        fails = day in self.refunds_fail
        year.control.settings(refund_outcome="canceled" if fails else "succeeded")
        year.happened["days on which refunds failed"] += fails
        if self.stands_still(day):
            year.happened["days without a scheduler"] += 1

    def stands_still(self, day: int) -> bool:
        return day in self.standing_still

    # what people do

    def of_the_day(self, live: list[Row], gone: list[Row]) -> Iterator[Callable[[], None]]:
        some = self.year.some
        for row in some([*live, *gone], 0.0015):
            yield partial(self.pay_two_pages, str(row["organization_id"]))
        for row in some([*live, *gone], 0.001):
            yield partial(self.pay_a_stale_page, row)
        for row in some([*live, *gone], 0.001):
            yield partial(self.leave_a_page, str(row["organization_id"]))
        for row in some([row for row in live if row["status"] == "past_due"] + gone, 0.004):
            yield partial(self.pay_another_amount, str(row["organization_id"]))
        yield self.decide

    def page(self, organization: str, plan: str, kind: str) -> Row | None:
        """A page that is opened and not paid yet: {transaction_id, payment_id}."""
        year = self.year
        wish = {"organization_id": organization, "plan_id": plan, "kind": kind}
        page = year.post(year.tokens[organization], "checkout", **wish)
        return page and page | {"payment_id": page["payment_url"].rpartition("/")[2]}

    def some_page(self, organization: str, plan: str) -> Row | None:
        return self.page(organization, plan, "plan_change") or self.page(organization, plan, "subscription")

    def is_paid(self, page: Row, organization: str, what: str) -> None:
        with suppress(ControlError):  # paid or ended in another window
            self.year.control.pay(page["payment_id"], **self.year.cards[organization])
            self.year.happened[what] += 1

    def pay_two_pages(self, organization: str) -> None:
        pages = [self.some_page(organization, plan) for plan in self.year.chance.sample(PLANS, 2)]
        self.year.chance.shuffle(pages)
        for page in pages:
            if page:
                self.is_paid(page, organization, "paid: one of two open pages")

    def pay_a_stale_page(self, row: Row) -> None:
        """What it was quoted from is over when it is paid."""
        year, organization = self.year, str(row["organization_id"])
        page = self.some_page(organization, year.chance.choice(PLANS))
        meanwhile: list[Callable[[], object]] = [
            partial(year.cancel, organization),
            partial(year.pay, organization, year.chance.choice(PLANS), "subscription"),
            partial(year.pay, organization, year.chance.choice(PLANS), "plan_change"),
        ]
        if row.get("payment_method_id"):
            forget = {"payment_method_id": str(row["payment_method_id"])}
            meanwhile.append(partial(year.rpc, year.tokens[organization], "forget_payment_method", **forget))
        year.chance.choice(meanwhile)()
        if page:
            self.is_paid(page, organization, "paid: a stale page")

    def leave_a_page(self, organization: str) -> None:
        year = self.year
        page = self.some_page(organization, year.chance.choice(PLANS)) or self.page(
            organization, "a_month", "card"
        )
        if page is None:
            return
        year.rpc(year.tokens[organization], "abandon_checkout", transaction_id=page["transaction_id"])
        year.happened["pages left for good"] += 1
        if year.chance.random() < 0.5:
            self.is_paid(page, organization, "paid: a page left for good")

    def pay_another_amount(self, organization: str) -> None:
        page = self.page(organization, "a_month", "subscription")
        if page is None:
            return
        amount = self.year.chance.choice(("1.00", "1489.99", "14900.00"))
        with suppress(ControlError):
            self.year.control.tamper(page["payment_id"], {"amount": {"value": amount, "currency": "RUB"}})
            self.is_paid(page, organization, "paid: another amount")

    def decide(self, share: float = 0.3) -> None:
        """A platform admin looks at what was put aside, some days later."""
        year = self.year
        waiting = year.rows(
            "select t.id from public.payment_transactions t where private.awaits_verdict(t) order by t.id"
        )
        for row in year.some(waiting, share):
            decision = year.chance.choice(("accept", "refund"))
            how = {"transaction_id": str(row["id"]), "comment": "Проверено"}
            if not year.rpc(year.moderator, "judge_quarantined", decision=decision, **how):
                decision = "refund"
                year.rpc(year.moderator, "judge_quarantined", decision=decision, **how)
            year.happened[f"verdicts: {decision}"] += 1

    def come_to_rest(self) -> None:
        """Everything that was put aside is decided on; refunds that failed are asked for again until they succeed."""
        self.year.control.settings(refund_outcome="succeeded")
        self.decide(1.0)

    def told(self) -> None:
        """What became of all that, as the database has it."""
        counts = self.year.rows(
            "select coalesce(quarantine_reason, cancellation_reason) as what, count(*) from public.payment_transactions"
            " where quarantine_reason is not null or cancellation_party = 'chestno' group by 1"
        )
        for row in counts:
            self.year.happened[f"in the end: {row['what']}"] += row["count"]
        (failed,) = self.year.rows("select count(*) from public.payment_refunds where status = 'canceled'")
        self.year.happened["in the end: refunds that failed, and were asked for again"] += failed["count"]
