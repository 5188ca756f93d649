"""Take a picture of every page, on a phone and at a desk, in both themes, from a running stack.

The pages are shown in every state that matters: organizations are made for the purpose and live through
no status, a declined card, the trial, the paid level and its loss (part "pages"); through cancelling,
declined charges, a new card, other plans and refunds (part "billing"), which are then looked at by those who
run the platform (part "payments"); part "desk" is what people ask of those, and where they decide; part "stories" is
what producers write, moderators read and buyers find; part "qr" printed codes, and what stands behind one.
Pictures are named <number>-<page>-<width>-<theme>.png.
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

from accounts import Site, new_email, sign_up
from bootstrap import ROOT, enter
from inn import random_inn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import FilePayload, Page

PASSWORD = "три случайных слова"  # noqa: S105 - of an account made for the pictures
SIZES = {360: 780, 1280: 800}
THEMES = ("light", "dark")
PARTS = ("pages", "billing", "payments", "people", "desk", "stories", "qr")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the pictures go; made when it is not there")
    parser.add_argument("--data", type=Path, default=ROOT / ".local", help="data folder of the running stack")
    parser.add_argument("--language", choices=["ru", "en"], default="ru")
    parser.add_argument("--only", default="", metavar="REGEX", help="only the pages whose names match")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part; may be repeated")
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

        def new_page() -> Page:
            context = browser.new_context(locale=locale, timezone_id="Europe/Moscow", reduced_motion="reduce")
            return context.new_page()

        camera = Camera(new_page(), stack["web"], arguments.folder, re.compile(arguments.only))
        parts = arguments.part or PARTS
        if "pages" in parts:
            take_all(camera, Product(stack, arguments.language))
        product = Product(stack, arguments.language)
        if "billing" in parts:
            camera.page = new_page()
            take_billing(camera, product)
        if "payments" in parts:
            camera.page = new_page()
            take_payments(camera, product)
        if "people" in parts:
            camera.page = new_page()
            take_people(camera, Product(stack, arguments.language), new_page())
        if "desk" in parts:
            from screenshots_desk import take_desk

            camera.page = new_page()
            take_desk(camera, Product(stack, arguments.language), new_page())
        if "stories" in parts:
            from screenshots_stories import take_stories

            camera.page = new_page()
            take_stories(camera, Product(stack, arguments.language), new_page())
        if "qr" in parts:
            from screenshots_qr import take_qr

            camera.page = new_page()
            take_qr(camera, Product(stack, arguments.language))
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
                self.page.evaluate("scrollTo(0, 0)")  # what is fixed stands where it stands on the screen
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
        self.slug = f"paseka-{secrets.token_hex(3)}"
        self.name = {"ru": "Пасека Ивановых", "en": "Ivanov Apiary"}[language]
        self.client = httpx.Client(timeout=30, headers={"apikey": stack["publishable_key"]})
        self.site = Site(stack["api"], stack["publishable_key"], stack["mail"])
        session = sign_up(
            self.site, "Анна Иванова", password=PASSWORD, locale=language, time_zone="Europe/Moscow"
        )
        self.email = session.email
        self.client.headers["authorization"] = f"Bearer {session.token}"

    def found(self) -> None:
        wanted = {"name": self.name, "legal_name": self.name, "slug": self.slug, "inn": random_inn()}
        self.organization_id = self.call("create_organization", wanted)["id"]

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

    def check_out(self, kind: str, plan: str = "a_month") -> str:
        """Begin a payment. Returns its transaction's id."""
        wish = {"organization_id": self.organization_id, "plan_id": plan, "kind": kind}
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
            ] in ("succeeded", "canceled", "quarantined"):
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
        """Give the organization a year's past, which no RPC can: the rows are written into the database."""
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

    def serve(self, function: str, arguments: dict[str, object]) -> Any:
        """Call an RPC with the service key."""
        keys = {"apikey": self.stack["secret_key"], "authorization": ""}
        answer = self.client.post(f"{self.stack['api']}/rest/v1/rpc/{function}", json=arguments, headers=keys)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def write(self, statement: str, **values: object) -> list[Any]:
        """What no RPC does: a statement on this organization's rows, `%(organization)s`."""
        import psycopg

        with psycopg.connect(self.stack["database_url"]) as connection:
            done = connection.execute(statement.encode(), {"organization": self.organization_id, **values})
            return done.fetchall() if done.description else []

    def let_days_pass(self, days: int) -> None:
        """The live subscription is so many days older. Its billing day goes with the period's end."""
        self.write(
            """update public.subscriptions
               set current_period_start = current_period_start - days, current_period_end = current_period_end - days,
                 billing_anchor = current_period_end - days, trial_ends_at = trial_ends_at - days,
                 next_charge_at = next_charge_at - days, grace_started_at = grace_started_at - days,
                 grace_until = grace_until - days
               from make_interval(days => %(days)s) as days
               where organization_id = %(organization)s and status in ('trialing', 'active', 'past_due')""",
            days=days,
        )

    def join(self, name: str, role: str) -> None:
        """Somebody new in the organization."""
        email = new_email()
        wish = {"organization_id": self.organization_id, "email": email, "role": role}
        token = self.call("invite_member", wish)["token"]
        session = sign_up(self.site, name, email=email)
        answer = self.client.post(
            f"{self.stack['api']}/rest/v1/rpc/accept_invitation",
            json={"token": token},
            headers={"authorization": f"Bearer {session.token}"},
        )
        answer.raise_for_status()

    def tell(self) -> None:
        """One notification of every kind, besides what really happened."""
        later = "2026-12-12T09:00:00Z"
        plan = {"ru": "Участник, месяц", "en": "Member, monthly"}
        due = {"due_at": later, "plan": plan, "amount": "1490.00", "currency": "RUB", "will_be_charged": True}
        failed = {"next_charge_at": later, "grace_until": later}
        for kind, data in {
            "status_expiring": {"level": "B", "valid_until": later, "days_left": 30},
            "status_revoked": {"level": "A", "action": "revoked", "reason": "grace_period_ended"},
            "trial_ending": due | {"days_left": 3},
            "renewal_coming": due | {"days_left": 7},
            "payment_succeeded": due | {"period_end": later},
            "grace_started": failed | {"reason": "insufficient_funds"},
            "payment_failed": {"grace_until": later, "reason": "card_expired"},
            "grace_ending": {"due_at": later, "days_left": 1},
            "story_approved": {"title": "Как мы качаем мёд"},
            "story_rejected": {"title": "Скидки", "code": "advertising", "comment": "Уберите цены."},
        }.items():
            self.write(
                """insert into public.notifications (user_id, organization_id, kind, data)
                   select m.user_id, m.organization_id, %(kind)s,
                     %(data)s::jsonb || jsonb_build_object('organization', o.name, 'slug', o.slug)
                   from public.organization_members m join public.organizations o on o.id = m.organization_id
                   where m.organization_id = %(organization)s and m.role = 'owner'""",
                kind=kind,
                data=json.dumps(data),
            )

    def renew(self) -> None:
        """Let the hourly job run."""
        address = f"{self.stack['functions']}/subscription_renewal"
        keys = {"authorization": f"Bearer {self.stack['scheduler_secret']}"}
        self.client.post(address, json={}, headers=keys).raise_for_status()

    def let_charges_fail(self, reason: str) -> None:
        """The bank declines what is charged to the saved cards from now on."""
        for (method,) in self.write(
            """select yookassa_payment_method_id from public.payment_methods
               where organization_id = %(organization)s and revoked_at is null"""
        ):
            address = f"{self.stack['yookassa']}/simulator/payment_methods/{method}/plan"
            self._send(address, {"reason": reason})

    def latest_payment(self) -> str:
        """The transaction's id."""
        ((found,),) = self.write(
            """select id from public.payment_transactions where organization_id = %(organization)s
               order by created_at desc limit 1"""
        )
        return str(found)

    def call(self, function: str, arguments: Mapping[str, object]) -> Any:
        """Call an RPC as the owner."""
        return self._send(f"{self.stack['api']}/rest/v1/rpc/{function}", arguments)

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

    sign_in(camera, product.email, PASSWORD, "/dashboard/organizations/new")
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


def sign_in(camera: Camera, email: str, password: str, path: str) -> None:
    """Come to `path` as somebody with an account."""
    camera.page.goto(f"{camera.site}/sign-in?next={path}")
    camera.page.locator("input[name=email]").fill(email)
    camera.page.locator("input[name=password]").fill(password)
    camera.page.keyboard.press("Enter")
    camera.page.wait_for_url(camera.site + path)


def take_billing(camera: Camera, product: Product) -> None:
    """What may happen to a subscription, as the one who pays sees it."""
    page = camera.page
    product.found()
    sign_in(camera, product.email, PASSWORD, "/dashboard")

    def billing(state: str) -> None:
        camera.visit(f"billing-{state}", "/dashboard/billing")

    def press(name: str) -> None:
        page.get_by_role("button", name=re.compile(name)).first.click()

    def ask(state: str, button: str) -> None:
        """Open a dialog and take it."""
        page.goto(f"{camera.site}/dashboard/billing")
        press(button)
        page.get_by_role("dialog").wait_for()
        camera.take(f"billing-{state}")

    def pay(kind: str, plan: str = "a_month", **how: object) -> str:
        transaction_id = product.check_out(kind, plan)
        product.pay(transaction_id, **how)
        return transaction_id

    pay("trial")
    method = product.write("select id from public.payment_methods where organization_id = %(organization)s")[
        0
    ][0]
    product.call("forget_payment_method", {"payment_method_id": str(method)})
    billing("trial-no-card")
    pay("subscription")
    product.let_days_pass(11)
    ask("cancel", "^(Отменить подписку|Cancel the subscription)")
    page.get_by_role("dialog").get_by_role(
        "button", name=re.compile("^(Отменить подписку|Cancel the)")
    ).click()
    page.get_by_role("button", name=re.compile("^(Возобновить|Resume)")).wait_for()
    billing("ending")
    press("^(Возобновить|Resume)")
    page.get_by_role("button", name=re.compile("^(Отменить|Cancel)")).wait_for()
    ask("change", "^(Перейти|Switch)")

    product.let_charges_fail("insufficient_funds")
    product.let_days_pass(25)
    product.renew()
    billing("past-due")
    camera.visit("overview-past-due", "/dashboard")
    new_card = pay("card")
    camera.visit("return-card-past-due", f"/dashboard/billing/return?transaction={new_card}")
    product.renew()
    billing("recovered")
    product.let_charges_fail("card_expired")
    product.let_days_pass(40)
    product.renew()
    billing("past-due-hard")
    ask("remove-card-past-due", "^(Удалить|Remove)")
    product.let_days_pass(15)
    product.renew()
    billing("expired")

    pay("subscription", "a_year", card="2202474301322987")
    first = product.check_out("plan_change")
    ask("change-bonus", "^(Перейти|Switch)")
    product.pay(first)
    camera.visit("return-changed", f"/dashboard/billing/return?transaction={first}")
    billing("changed")


def take_payments(camera: Camera, product: Product) -> None:
    """The same as those see it who run the platform."""
    from stack.demo import PASSWORD as DEMO_PASSWORD

    page = camera.page
    if not hasattr(product, "organization_id"):
        product.found()
        product.pay(product.check_out("subscription"))
    sign_in(camera, "moderator@example.test", DEMO_PASSWORD, "/admin/payments")
    camera.visit("admin-payments-found", f"/admin/payments?q={product.slug}")
    camera.visit("admin-payments-nothing", "/admin/payments?q=no-such&state=judge")
    paid = product.latest_payment()
    camera.visit("admin-payment", f"/admin/payments/{paid}")
    for fold in page.locator("summary").all():
        fold.click()
    camera.take("admin-payment-unfolded")
    page.get_by_role("button", name=re.compile("^(Вернуть деньги|Refund)")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^(Вернуть деньги|Refund)")).click()
    camera.take("admin-refund-mistakes")

    odd = product.check_out("card")
    simulator = f"{product.stack['yookassa']}/simulator/payments"
    found = product.client.get(simulator, params={"metadata.transaction_id": odd}).json()["items"][0]["id"]
    product._send(f"{simulator}/{found}/tamper", {"amount": {"value": "2.00", "currency": "RUB"}})
    product.pay(odd)
    strange = {
        "id": secrets.token_hex(12),
        "status": "succeeded",
        "amount": {"value": "900.00", "currency": "RUB"},
    }
    product.serve("reconcile", {"payments": [strange], "refunds": [], "since": "2100-01-01"})
    camera.visit("admin-payments", "/admin/payments")
    page.get_by_role("button", name=re.compile("^(Разобрано|Settled)")).first.click()
    camera.take("admin-difference")
    camera.visit("admin-payment-odd", f"/admin/payments/{odd}")
    page.get_by_role("button", name=re.compile("^(Решить|Decide)")).click()
    camera.take("admin-judge")

    page.evaluate("localStorage.clear()")  # signed out
    sign_in(camera, product.email, PASSWORD, "/admin/payments")
    camera.take("admin-nobody")


def take_people(camera: Camera, product: Product, other: Page) -> None:
    """An organization's people, its request for level B, what it is told, and its end; `other`: who decides."""
    from stack.demo import PASSWORD as DEMO_PASSWORD

    page, owners = camera.page, camera.page
    product.found()

    def press(name: str) -> None:
        camera.page.get_by_role("button", name=re.compile(name)).first.click()

    def dialog(name: str) -> None:
        camera.page.get_by_role("dialog").wait_for()
        camera.take(name)
        camera.page.keyboard.press("Escape")

    wish = {"organization_id": product.organization_id, "email": "dima@example.test", "role": "editor"}
    invitation = f"/invitations/{product.call('invite_member', wish)['token']}"
    camera.visit("levels", "/levels")
    camera.visit("invitation-signed-out", invitation)
    sign_in(camera, product.email, PASSWORD, "/dashboard")
    camera.visit("organization-alone", "/dashboard/organization")
    for name, role in (("Борис Орлов", "admin"), ("Вера Лебедева", "editor"), ("Глеб Зайцев", "viewer")):
        product.join(name, role)
    camera.visit("organization", "/dashboard/organization")
    page.locator("input[type=file]").set_input_files(picture("logo.png", 400, 300))
    page.locator("main img").wait_for()
    camera.take("organization-profile")
    camera.visit("organization-people", "/dashboard/organization/people")
    page.get_by_role("row").nth(3).wait_for()
    page.locator("main input[name=email]").fill("dima@example.test")  # again: the plan has five seats
    page.locator("main form").get_by_role("button").click()
    page.locator("main code").wait_for()
    page.locator("main summary").click()
    camera.take("organization-people-full")
    press("^(Убрать из организации|Remove from)")
    dialog("organization-remove-member")
    camera.visit("organization-settings", "/dashboard/organization/settings")
    page.locator("input[name=billingEmail]").fill("не почта")
    press("^(Сохранить|Save)")
    camera.take("organization-settings-mistake")
    press("^(Часовой пояс|The organization’s time zone)")
    dialog("organization-time-zone")
    camera.visit("organization-deletion", "/dashboard/organization/deletion")
    press("^(Удалить организацию|Delete the organization)")
    dialog("organization-delete")

    camera.visit("invitation", invitation)
    press("^(Принять|Accept)")
    page.get_by_role("heading", level=1).filter(has_text=re.compile("адреса|address")).wait_for()
    camera.take("invitation-other-address")

    camera.visit("upgrade", "/dashboard/organization/status")
    press("^(Подать|Apply)")
    page.locator("textarea").fill("Просим проверить пасеку: ветеринарный паспорт и договор аренды земли.")
    torn: FilePayload = {"name": "Договор.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 torn"}
    page.locator("input[type=file]").set_input_files([picture("Ветеринарный паспорт.png", 900, 1200), torn])
    page.locator("li [role=alert]").wait_for()
    camera.take("upgrade-files")
    page.get_by_role("button", name=re.compile("Договор")).click()
    press("^(Отправить заявку|Send the request)")
    page.get_by_role("heading", name=re.compile("на рассмотрении|under review")).wait_for()
    camera.take("upgrade-pending")

    camera.page = other
    sign_in(camera, "moderator@example.test", DEMO_PASSWORD, "/admin/status-requests")
    ((request,),) = product.write(
        "select id from public.status_upgrade_requests where organization_id = %(organization)s"
    )
    camera.visit("admin-requests", f"/admin/status-requests?request={request}")
    other.get_by_label(re.compile("^(Одобрить|Approve)")).check()
    other.locator("select").select_option("12")
    press("^(Принять решение|Decide)")
    dialog("admin-requests-confirm")
    other.get_by_label(re.compile("^(Отклонить|Decline)")).check()
    other.locator("textarea").fill("Договор аренды без подписи. Приложите подписанный.")
    press("^(Принять решение|Decide)")
    other.get_by_role("dialog").get_by_role("button", name=re.compile("^(Отклонить|Decline)")).click()
    other.get_by_role("status").filter(has_text=re.compile("^(Отклонено|Declined)")).wait_for()
    camera.visit("admin-requests-next", "/admin/status-requests")
    camera.page = owners
    camera.visit("upgrade-rejected", "/dashboard/organization/status")

    camera.page = other
    product.grant("A")
    camera.visit("admin-organizations", f"/admin/organizations?q={product.slug}")
    camera.visit("admin-organization", f"/admin/organizations/{product.organization_id}")
    press("^(Снять|Revoke)")
    dialog("admin-revoke")

    camera.page = owners
    product.tell()
    camera.visit("notifications", "/dashboard/notifications")
    camera.visit("notification-settings", "/account/notifications")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{camera.site}/dashboard")
    press("^(Уведомления|Notifications)")
    page.get_by_role("dialog").get_by_role("listitem").first.wait_for()
    camera.take("bell")
    product.call(
        "delete_organization", {"organization_id": product.organization_id, "confirmation": product.slug}
    )
    camera.visit("organization-leaving", "/dashboard/organization")


def picture(name: str, width: int, height: int) -> FilePayload:
    """A sheet of paper with lines on it."""
    from io import BytesIO

    from PIL import Image, ImageDraw

    sheet, content = Image.new("RGB", (width, height), "#f4efe2"), BytesIO()
    draw = ImageDraw.Draw(sheet)
    for y in range(height // 10, height * 9 // 10, height // 24):
        draw.line((width // 10, y, width * 9 // 10 - y * 7 % (width // 4), y), fill="#8a8679", width=4)
    sheet.save(content, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": content.getvalue()}


if __name__ == "__main__":
    main()
