#!/usr/bin/env python3
"""Live through the whole way without a browser: register, found an organization, try for 1 ₽, pay a month.

Against any running stack, as a person and a visitor would meet it: the API with the publishable key, the
functions, and ЮKassa's payment page by its forms. Prints each step with its time and stops at the first
thing that is wrong (exit code 1).

The addresses come from stack.json in the data folder (.local), from --stack FILE, or from the environment:
SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY and FUNCTIONS_URL (with /functions/v1; <SUPABASE_URL>/functions/v1
when absent), and MAIL_URL, the mail sink, where signing up asks to confirm the address. The payment page has
to be the simulator's, for its card is a test card. What the journey makes, it leaves behind.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from bootstrap import ROOT, enter
from inn import random_inn

if TYPE_CHECKING:
    import httpx

GOOD_CARD = "5555555555554444"  # ЮKassa's test card that passes at once
PATIENCE = 30  # seconds until a payment's result is there


class Wrong(Exception):
    """Something on the way is not as it should be; the message is a sentence for a person."""


@dataclass(frozen=True)
class Addresses:
    """Where the product is."""

    api: str
    functions: str
    publishable_key: str = field(repr=False)
    mail: str | None = None
    """The mail sink, where an address has to be confirmed; None: another project, which must not ask for that."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder of the running stack (.local)")
    parser.add_argument("--stack", type=Path, metavar="FILE", help="a stack.json, wherever it is")
    options = parser.parse_args()
    enter()

    began = time.monotonic()
    try:
        journey(addresses(options.data, options.stack))
    except Wrong as wrong:
        print(f"\nWrong: {wrong}", file=sys.stderr)
        sys.exit(1)
    print(f"\nThe whole way works: {time.monotonic() - began:.1f} s.")


def addresses(data: Path | None, stack: Path | None) -> Addresses:
    """Where to go: what the command line names, else the environment, else the stack of this folder."""
    env = os.environ
    if data is None and stack is None and env.get("SUPABASE_URL") and env.get("SUPABASE_PUBLISHABLE_KEY"):
        api = env["SUPABASE_URL"].rstrip("/")
        functions = env.get("FUNCTIONS_URL", f"{api}/functions/v1").rstrip("/")
        return Addresses(api, functions, env["SUPABASE_PUBLISHABLE_KEY"], env.get("MAIL_URL"))
    file = stack or (data or ROOT / ".local") / "stack.json"
    try:
        known = json.loads(file.read_text())
        return Addresses(known["api"], known["functions"], known["publishable_key"], known.get("mail"))
    except FileNotFoundError:
        raise Wrong(f"no stack is up: there is no {file}. Start one with scripts/start.py.") from None
    except (ValueError, KeyError, TypeError):
        raise Wrong(f"{file} is not a stack's.") from None


def journey(where: Addresses) -> None:
    """The way, step by step. Raises Wrong."""
    visitor = Traveller(where)
    with step("The platform is well"):
        visitor.expect_health()

    with step("Register"):
        anna = visitor.register()
    with step("Found an organization") as note:
        organization = anna.rpc("create_organization", **new_organization())
        note(f"/organizations/{organization['slug']}")
    with step("Nothing is shown before anything is paid"):
        visitor.expect_level(organization, None)

    with step("Begin the trial for 1 ₽"):
        trial = anna.checkout(organization, "trial", "1.00")
    with step("Pay on ЮKassa's page"):
        visitor.pay(trial)
    with step("Wait for the result") as note:
        result = anna.wait_for(trial, lambda status: status["subscription_status"] == "trialing")
        expect("the card is saved", result["method_saved"], True)
        note("the trial has begun")
    with step("The public sees badge 0"):
        visitor.expect_level(organization, "0")
    with step("The rouble is given back"):
        released = anna.wait_for(trial, lambda status: status["status"] == "canceled")
        expect("why the hold ended", released["cancellation_reason"], "canceled_by_merchant")
        visitor.expect_level(organization, "0")
    with step("A second trial is refused"):
        anna.expect_no_second_trial(organization)

    with step("Begin to pay the first month"):
        month = anna.checkout(organization, "subscription", anna.price("a_month"))
    with step("Pay on ЮKassa's page"):
        visitor.pay(month)
    with step("Wait for the result") as note:
        anna.wait_for(month, lambda status: status["subscription_status"] == "active")
        note("the subscription is active")
    with step("The public sees badge A"):
        visitor.expect_level(organization, "A")

    with step("The history adds up"):
        visitor.expect_history(organization, [("0", "granted"), ("0", "superseded"), ("A", "granted")])
    with step("The books add up"):
        anna.expect_books(organization, [("trial_hold", "canceled"), ("first_payment", "succeeded")])


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """One step: its title while it runs, then its time and what was noted."""
    notes: list[str] = []
    print(f"  {title} … ", end="", flush=True)
    began = time.monotonic()
    try:
        yield notes.append
    except Wrong:
        print("no")
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as failure:
        print("no")
        raise Wrong(f"an answer is not of the shape it should be ({failure!r}).") from failure
    milliseconds = round((time.monotonic() - began) * 1000)
    print(", ".join([f"{milliseconds} ms", *notes]))


def expect(what: str, found: object, expected: object) -> None:
    """Raise Wrong, naming both, unless they are equal."""
    if found != expected:
        raise Wrong(f"{what}: expected {expected!r}, found {found!r}.")


def new_organization() -> dict[str, str]:
    """Names, a slug and an INN that nobody has."""
    mark = secrets.token_hex(4)
    return {
        "name": f"Пасека «Проба {mark}»",
        "legal_name": f"ООО «Проба {mark}»",
        "slug": f"proba-{mark}",
        "inn": random_inn(),
    }


class Traveller:
    """Somebody on the way: a visitor, or a person with a token."""

    def __init__(self, where: Addresses, token: str | None = None) -> None:
        import httpx

        self.where = where
        self.headers = {"apikey": where.publishable_key}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"
        self.http = httpx.Client(timeout=60, follow_redirects=False)

    def send(self, method: str, address: str, **options: Any) -> httpx.Response:
        """A request; Wrong when nobody answers."""
        import httpx

        try:
            return self.http.request(method, address, **options)
        except httpx.HTTPError as failure:
            raise Wrong(f"{address} does not answer ({type(failure).__name__}).") from None

    def ask(self, method: str, address: str, **options: Any) -> Any:
        """The JSON of a good answer; Wrong for any other."""
        response = self.send(method, address, headers=self.headers, **options)
        if not response.is_success:
            raise Wrong(f"{method} {address} answers {response.status_code}: {response.text[:500]}")
        try:
            return response.json()
        except ValueError:
            raise Wrong(f"{method} {address} does not answer JSON.") from None

    def rpc(self, function: str, **arguments: Any) -> Any:
        """Call an RPC of the database."""
        return self.ask("POST", f"{self.where.api}/rest/v1/rpc/{function}", json=arguments)

    def rows(self, table: str, **filters: str) -> list[dict[str, Any]]:
        """The rows this traveller sees."""
        rows: list[dict[str, Any]] = self.ask("GET", f"{self.where.api}/rest/v1/{table}", params=filters)
        return rows

    def function(self, name: str, body: dict[str, str]) -> Any:
        """Call a function."""
        return self.ask("POST", f"{self.where.functions}/{name}", json=body)

    # a visitor

    def expect_health(self) -> None:
        """Everything behind the functions is well."""
        health = self.ask("GET", f"{self.where.functions}/health")
        expect("health", health["status"], "ok")

    def register(self) -> Traveller:
        """Sign up as somebody new."""
        import accounts
        import httpx

        try:
            return Traveller(self.where, accounts.sign_up(self.where, "Анна Пробная").token)
        except accounts.NoSession:
            wrong = "signing up asks to confirm the e-mail: say with MAIL_URL where it can be read."
        except TimeoutError as failure:
            wrong = f"{failure}."
        except httpx.HTTPError as failure:
            wrong = f"signing up does not work ({failure})."
        raise Wrong(wrong)

    def pay(self, checkout: dict[str, str]) -> None:
        """Pay on the payment page as a browser would, until it leads back to the shop."""
        address = checkout["payment_url"]
        for _ in range(5):
            page = self.send("GET", address)
            if page.status_code != 200:
                raise Wrong(f"the payment page {address} answers {page.status_code}.")
            form = read_form(page.text)
            sent = self.send(form.method, urljoin(address, form.action), data=form.filled(card=GOOD_CARD))
            if not sent.is_redirect:
                raise Wrong(f"the payment page does not take the card: {sent.status_code}.")
            address = urljoin(address, sent.headers["location"])
            if checkout["transaction_id"] in address:
                return
        raise Wrong(f"the payment page does not lead back to the shop, but to {address}.")

    def expect_level(self, organization: dict[str, Any], level: str | None) -> None:
        """The published organization shows this level; before the first one there is nothing to see."""
        published = self.rows("organizations", slug=f"eq.{organization['slug']}", select="id,name")
        expect("what a visitor finds", [row["name"] for row in published], [organization["name"]])
        page = f"{self.where.api}/rest/v1/rpc/get_organization_page"
        answer = self.send("POST", page, headers=self.headers, json={"slug": organization["slug"]})
        if level is None:
            expect("the page before the first level", answer.status_code, 404)
        else:
            expect("the level a visitor sees", answer.json()["status"]["level"], level)

    def expect_history(self, organization: dict[str, Any], expected: list[tuple[str, str]]) -> None:
        """The public history holds these events, each once."""
        history = self.rpc("get_status_history", organization_id=organization["id"])
        expect(
            "the history", sorted((event["level"], event["action"]) for event in history), sorted(expected)
        )

    # a person

    def checkout(self, organization: dict[str, Any], kind: str, amount: str) -> dict[str, str]:
        """Begin a payment of the monthly plan A."""
        begun: dict[str, str] = self.function(
            "checkout", {"organization_id": organization["id"], "plan_id": "a_month", "kind": kind}
        )
        expect("what is to be paid", (begun["amount"], begun["currency"]), (amount, "RUB"))
        return begun

    def price(self, plan_id: str) -> str:
        """What a plan costs, in roubles with kopecks."""
        plans = self.rows("subscription_plans", id=f"eq.{plan_id}", select="amount")
        if not plans:
            raise Wrong(f"there is no plan {plan_id}.")
        return f"{plans[0]['amount']:.2f}"

    def wait_for(self, checkout: dict[str, str], done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Ask for the payment's status, as the return page does, until it is as hoped for."""
        until = time.monotonic() + PATIENCE
        while True:
            status: dict[str, Any] = self.function(
                "payment_status", {"transaction_id": checkout["transaction_id"]}
            )
            if done(status):
                return status
            if time.monotonic() > until:
                raise Wrong(f"after {PATIENCE} s the payment is still {status}.")
            time.sleep(0.5)

    def expect_no_second_trial(self, organization: dict[str, Any]) -> None:
        """One trial is all there is."""
        body = {"organization_id": organization["id"], "plan_id": "a_month", "kind": "trial"}
        answer = self.send("POST", f"{self.where.functions}/checkout", headers=self.headers, json=body)
        found = (answer.status_code, answer.json().get("error"))
        expect("the answer to a second trial", found, (409, "trial_already_used"))

    def expect_books(self, organization: dict[str, Any], expected: list[tuple[str, str]]) -> None:
        """These payments and no others, and one subscription that is paid for a month from now on."""
        mine = f"eq.{organization['id']}"
        payments = self.rows("payment_transactions", organization_id=mine, order="created_at")
        expect("the payments", [(payment["kind"], payment["status"]) for payment in payments], expected)
        subscriptions = self.rows("subscriptions", organization_id=mine)
        found = [(subscription["status"], subscription["plan_id"]) for subscription in subscriptions]
        expect("the subscriptions", found, [("active", "a_month")])


@dataclass
class Form:
    """The first form of a page, with what a browser would send of it."""

    method: str = "GET"
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def filled(self, card: str) -> dict[str, str]:
        """Its fields, with this card chosen where cards are offered."""
        if "card" in self.choices and card not in self.choices["card"]:
            raise Wrong(f"the payment page does not offer the test card {card}.")
        return self.fields | ({"card": card} if "card" in self.choices else {})


class FormReader(HTMLParser):
    """Reads the first form of a page; its first button is the one that is pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None
        self.inside = False
        self.pressed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None:
            self.form = Form(given.get("method", "get").upper(), given.get("action", ""))
            self.inside = True
        elif self.inside and self.form and given.get("name"):
            self._field(self.form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value, kind = given["name"], given.get("value", ""), given.get("type", "text")
        if tag == "button" and not self.pressed:
            form.fields[name] = value
            self.pressed = True
        elif tag == "input" and kind == "radio":
            form.choices.setdefault(name, []).append(value)
            if "checked" in given:
                form.fields[name] = value
        elif tag == "input" and (kind != "checkbox" or "checked" in given):
            form.fields[name] = value or ("on" if kind == "checkbox" else "")


def read_form(page: str) -> Form:
    """The first form of a page. Raises Wrong when there is none."""
    reader = FormReader()
    reader.feed(page)
    if reader.form is None:
        raise Wrong("the payment page has no form.")
    return reader.form


if __name__ == "__main__":
    main()
