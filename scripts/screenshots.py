"""Take a picture of every page, on a phone and at a desk, in both themes, from a running stack.

The pages are shown in every state that matters: an organization is made for the purpose and lives through
no status, a declined card, the trial, the paid level and its loss. Pictures are named
<number>-<page>-<width>-<theme>.png.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import ROOT, enter
from inn import random_inn

if TYPE_CHECKING:
    from playwright.sync_api import Page

PASSWORD = "три случайных слова"  # noqa: S105 - of an account made for the pictures
SIZES = {360: 780, 1280: 800}
THEMES = ("light", "dark")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the pictures go; made when it is not there")
    parser.add_argument("--data", type=Path, default=ROOT / ".local", help="data folder of the running stack")
    parser.add_argument("--language", choices=["ru", "en"], default="ru")
    parser.add_argument("--only", default="", metavar="REGEX", help="only the pages whose names match")
    arguments = parser.parse_args()
    enter()

    try:
        stack = json.loads((arguments.data / "stack.json").read_text())
    except FileNotFoundError:
        sys.exit(f"No stack is up in {arguments.data}: start one with scripts/start.py.")
    arguments.folder.mkdir(parents=True, exist_ok=True)

    from browser import chromium

    with chromium() as browser:
        locale = {"ru": "ru-RU", "en": "en-GB"}[arguments.language]
        context = browser.new_context(locale=locale, timezone_id="Europe/Moscow", reduced_motion="reduce")
        camera = Camera(context.new_page(), stack["web"], arguments.folder, re.compile(arguments.only))
        take_all(camera, Product(stack, arguments.language))
    print(f"{camera.count} pictures in {arguments.folder}")


class Camera:
    """Takes the page that is open at every size and in every theme."""

    def __init__(self, page: Page, site: str, folder: Path, only: re.Pattern[str]) -> None:
        self.page = page
        self.site = site
        self.folder = folder
        self.only = only
        self.pages = 0
        self.count = 0

    def visit(self, name: str, path: str, *, settle: bool = True) -> None:
        """Open a page and take it. `settle`: wait until nothing is being loaded any more."""
        self.page.goto(self.site + path)
        self.page.get_by_role("heading", level=1).or_(
            self.page.get_by_role("heading", level=2)
        ).first.wait_for()
        self.take(name, settle=settle)

    def take(self, name: str, *, settle: bool = True) -> None:
        self.pages += 1
        if not self.only.search(name):
            return
        for width, height in SIZES.items():
            self.page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
                if settle:
                    self.page.wait_for_load_state("networkidle")
                file = f"{self.pages:02}-{name}-{width}-{theme}.png"
                self.page.screenshot(path=self.folder / file, full_page=True)
                self.count += 1
        print(f"  {name}", flush=True)


class Product:
    """The product without its pages: an account and an organization that live through what is to be shown."""

    def __init__(self, stack: dict[str, str], language: str) -> None:
        import httpx

        self.stack = stack
        self.email = f"{secrets.token_hex(6)}@example.test"
        self.slug = f"paseka-{secrets.token_hex(3)}"
        self.name = {"ru": "Пасека Ивановых", "en": "Ivanov Apiary"}[language]
        self.client = httpx.Client(timeout=30, headers={"apikey": stack["publishable_key"]})
        person = {"full_name": "Анна Иванова", "locale": language, "time_zone": "Europe/Moscow"}
        account = {"email": self.email, "password": PASSWORD, "data": person}
        session = self._send(f"{stack['api']}/auth/v1/signup", account)
        self.client.headers["authorization"] = f"Bearer {session['access_token']}"

    def found(self) -> None:
        wanted = {"name": self.name, "slug": self.slug, "inn": random_inn()}
        self.organization_id = self._call("create_organization", wanted)["id"]

    def describe(self, language: str) -> None:
        """Fill the public page as an owner would."""
        texts = {
            "ru": (
                "ИП Иванова Анна Петровна",
                "Мёд и прополис",
                "Алтайский край",
                "Держим 120 ульев в предгорьях Алтая с 1998 года. Качаем мёд только летом, не греем и не смешиваем.",
            ),
            "en": (
                "Anna Ivanova",
                "Honey and propolis",
                "Altai",
                "120 hives in the foothills of Altai since 1998.",
            ),
        }[language]
        profile = dict(zip(("legal_name", "category", "region", "description"), texts, strict=True))
        profile["website_url"] = "https://paseka-ivanovyh.example"
        self.client.patch(
            f"{self.stack['api']}/rest/v1/organizations",
            params={"id": f"eq.{self.organization_id}"},
            json=profile,
        ).raise_for_status()

    def check_out(self, kind: str) -> str:
        """Begin a payment. Returns its transaction's id."""
        wish = {"organization_id": self.organization_id, "plan_id": "a_month", "kind": kind}
        transaction_id: str = self._send(f"{self.stack['functions']}/checkout", wish)["transaction_id"]
        return transaction_id

    def pay(self, transaction_id: str, **how: object) -> None:
        """Confirm it at the simulator, and wait until the product has heard of it."""
        simulator = f"{self.stack['yookassa']}/simulator/payments"
        found = self.client.get(simulator, params={"metadata.transaction_id": transaction_id}).json()
        self._send(f"{simulator}/{found['items'][0]['id']}/pay", how)
        for _ in range(50):
            if self._send(f"{self.stack['functions']}/payment_status", {"transaction_id": transaction_id})[
                "status"
            ] in ("succeeded", "canceled"):
                return
            time.sleep(0.2)

    def lose(self, level: str, reason: str) -> None:
        """What a platform admin may do."""
        lost = {"organization_id": self.organization_id, "level": level, "reason": reason}
        keys = {"apikey": self.stack["secret_key"], "authorization": ""}
        answer = self.client.post(
            f"{self.stack['api']}/rest/v1/rpc/revoke_status_level", json=lost, headers=keys
        )
        answer.raise_for_status()

    def grant(self, level: str) -> None:
        keys = {"apikey": self.stack["secret_key"], "authorization": ""}
        wanted = {"organization_id": self.organization_id, "level": level}
        answer = self.client.post(
            f"{self.stack['api']}/rest/v1/rpc/grant_status_level", json=wanted, headers=keys
        )
        answer.raise_for_status()

    def age(self) -> None:
        """Give the organization a year's past, which no door can: the rows are written into the database."""
        import psycopg

        past = [
            ("A", 330, None),
            ("B", 250, None),
            ("C", 160, 100),
            ("C", 62, None),
        ]  # level, from, to: days ago
        with psycopg.connect(self.stack["database_url"]) as connection:
            for level, since, until in past:
                row = {"organization": self.organization_id, "level": level, "since": since, "until": until}
                connection.execute(
                    """insert into public.organization_status_levels
                       (organization_id, level, valid_from, is_active, revoked_at, revoke_reason)
                       values (%(organization)s, %(level)s, now() - %(since)s * interval '1 day', %(until)s::int is null,
                               now() - %(until)s::int * interval '1 day',
                               case when %(until)s::int is not null then 'criteria_not_met' end)""",
                    row,
                )
                for action, ago in (("granted", since), ("revoked", until)):
                    if ago is not None:
                        connection.execute(
                            """insert into public.status_level_events
                               (organization_id, level, action, occurred_at, actor_kind) values (%(organization)s,
                                %(level)s, %(action)s, now() - %(ago)s * interval '1 day', 'system')""",
                            row | {"action": action, "ago": ago},
                        )

    def _call(self, door: str, arguments: dict[str, str]) -> Any:
        return self._send(f"{self.stack['api']}/rest/v1/rpc/{door}", arguments)

    def _send(self, address: str, body: object) -> Any:
        answer = self.client.post(address, json=body)
        answer.raise_for_status()
        return answer.json()


def take_all(camera: Camera, product: Product) -> None:
    page = camera.page
    language = "en" if "Apiary" in product.name else "ru"
    for name, path in {
        "home": "/",
        "sign-up": "/sign-up",
        "sign-in": "/sign-in",
        "forgot-password": "/forgot-password",
        "not-found": "/no-such-page",
        "public-not-found": "/organizations/no-such-organization",
    }.items():
        camera.visit(name, path)

    page.goto(f"{camera.site}/sign-in?next=/dashboard/organizations/new")
    page.locator("input[name=email]").fill(product.email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/organizations/new")
    page.locator("input[name=name]").wait_for()
    camera.take("new-organization")
    page.locator("input[name=name]").fill(product.name)
    page.locator("input[name=inn]").fill("7707083894")
    page.keyboard.press("Enter")
    camera.take("new-organization-mistake")
    page.locator("input[name=inn]").fill("7707083893")

    product.found()
    public = f"/organizations/{product.slug}"

    def dashboard(state: str) -> None:
        camera.visit(f"overview-{state}", "/dashboard")
        camera.visit(f"status-{state}", "/dashboard/organization/status")
        camera.visit(f"billing-{state}", "/dashboard/billing")
        camera.visit(f"public-{state}", public)

    def result(name: str, transaction_id: str) -> None:
        camera.visit(
            f"return-{name}", f"/dashboard/billing/return?transaction={transaction_id}", settle=False
        )

    dashboard("none")
    left = product.check_out("trial")
    page.goto(f"{camera.site}/dashboard/billing/return?transaction={left}")
    page.wait_for_timeout(6000)  # the way back to the payment is offered after five seconds
    camera.take("return-waiting", settle=False)
    camera.visit("billing-waiting", "/dashboard/billing")
    product.pay(left, card="5555555555554600")
    result("declined", left)
    unsaved = product.check_out("trial")
    product.pay(unsaved, save=False)
    result("unsaved", unsaved)
    result("not-found", "00000000-0000-4000-8000-000000000000")
    trial = product.check_out("trial")
    product.pay(trial)
    result("trial", trial)
    dashboard("trial")
    page.goto(f"{camera.site}/dashboard/billing")
    page.get_by_role("button", name=re.compile("^(Удалить|Remove)")).click()
    page.get_by_role("dialog").wait_for()
    camera.take("billing-remove-card")

    product.describe(language)
    paid = product.check_out("subscription")
    product.pay(paid, card="2202474301322987")
    result("paid", paid)
    dashboard("active")
    page.locator("main header button").focus()
    camera.take("badge-explained")
    product.grant("B")
    product.grant("C")
    camera.visit("public-all-levels", public)
    camera.visit("status-all-levels", "/dashboard/organization/status")
    for level in ("C", "B", "A"):
        reason = {"ru": "Документы оказались чужими.", "en": "The documents belonged to somebody else."}[
            language
        ]
        product.lose(level, reason)
    dashboard("lost")
    camera.visit("account", "/account")

    product.slug += "-old"
    product.found()
    product.describe(language)
    product.age()
    camera.visit("public-year", f"/organizations/{product.slug}")
    camera.visit("status-year", f"/dashboard/organization/status?organization={product.slug}")


if __name__ == "__main__":
    main()
