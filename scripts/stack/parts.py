"""What a stack consists of: each part's command, environment, and the request that shows it is up."""

from __future__ import annotations

import atexit
import json
import signal
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
from bootstrap import ROOT, node

from stack import database, web_build
from stack.credentials import Credentials
from stack.ports import Ports
from stack.postgres import Postgres
from stack.process import Part, PartError

SCRIPTS = ROOT / "scripts"
FUNCTIONS = ROOT / "functions"
_client = httpx.Client(timeout=5, trust_env=False)  # one: making it takes longer than asking
atexit.register(_client.close)
UVICORN = [sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--log-level", "warning"]


CHEAP_PASSWORDS = {"LITE_AUTH_BCRYPT_COST": "4"}  # for tests: a hash takes 1 ms of the API instead of 60

PATIENT_WEB = {"WEB_PAGE_SECONDS": "15"}  # for tests: on a busy machine a page may take long, and is a page


SAMPLE_COMPANY = {
    "name": "ООО «Образец»",
    "inn": "0000000000",
    "ogrn": "0000000000000",
    "address": "Москва, улица Примерная, дом 1",
    "email": "help@chestno.example",
}
"""Who runs the service on this machine: nobody. A real one is told to `configure_platform` (docs/operations.md)."""


@dataclass(frozen=True)
class Addresses:
    """Where everything is: what stack.json holds. None for what this stack does without."""

    web: str
    api: str
    functions: str  # with /functions/v1
    yookassa: str  # without /v3
    mail: str
    database_url: str | None  # None: another project's, whose database we were not told
    publishable_key: str
    secret_key: str
    webhook_url: str
    scheduler_secret: str


@dataclass(frozen=True)
class Plan:
    """One stack: its folder, ports, secrets, and what it takes from elsewhere instead of running it itself."""

    data: Path
    ports: Ports
    credentials: Credentials
    durable: bool = True
    outside: Mapping[str, str] = field(default_factory=dict)
    """SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY (and SUPABASE_DB_URL) name another project;
    YOOKASSA_API_URL, YOOKASSA_SHOP_ID, YOOKASSA_SECRET_KEY another ЮKassa; YOOKASSA_WEBHOOK_SECRET a path;
    YOOKASSA_RECEIPTS=on asks for receipts; QR_URL is printed before every code;
    AUTH_CONFIRM_EMAIL=off lets people sign up without confirming."""

    @property
    def has_own_supabase(self) -> bool:
        return not all(
            self.outside.get(f"SUPABASE_{name}") for name in ("URL", "PUBLISHABLE_KEY", "SECRET_KEY")
        )

    @property
    def has_own_yookassa(self) -> bool:
        return not all(self.outside.get(f"YOOKASSA_{name}") for name in ("API_URL", "SHOP_ID", "SECRET_KEY"))

    @property
    def webhook_secret(self) -> str:
        return self.outside.get("YOOKASSA_WEBHOOK_SECRET") or self.credentials.webhook_secret

    @property
    def shop(self) -> tuple[str, str]:
        """ЮKassa's shop id and secret key."""
        if self.has_own_yookassa:
            return self.credentials.shop_id, self.credentials.shop_secret_key
        return self.outside["YOOKASSA_SHOP_ID"], self.outside["YOOKASSA_SECRET_KEY"]

    @property
    def receipts(self) -> dict[str, str] | None:
        """The taxes that receipts (54-ФЗ) name, as ЮKassa numbers them; None: payments carry no receipts.

        YOOKASSA_RECEIPTS is on or off; YOOKASSA_VAT_CODE and YOOKASSA_TAX_SYSTEM_CODE are checked by the database.
        """
        switch = self.outside.get("YOOKASSA_RECEIPTS") or "off"
        if switch not in ("on", "off"):
            raise PartError("YOOKASSA_RECEIPTS is on or off.")
        if switch == "off":
            return None
        codes = {
            name: self.outside.get(f"YOOKASSA_{name.upper()}") for name in ("vat_code", "tax_system_code")
        }
        return {name: code for name, code in codes.items() if code}

    @property
    def confirms_email(self) -> bool:
        """Whether an address counts only once its owner opened our e-mail: unless AUTH_CONFIRM_EMAIL=off."""
        switch = self.outside.get("AUTH_CONFIRM_EMAIL") or "on"
        if switch not in ("on", "off"):
            raise PartError("AUTH_CONFIRM_EMAIL is on or off.")
        return switch == "on"

    @property
    def platform_settings(self) -> dict[str, object]:
        """What `configure_platform` is told: where the site is, and whose payments the database may believe."""
        shop_id, secret_key = self.shop
        return {
            "site_url": self.at("web"),
            "functions_url": self.at("functions", "/functions/v1"),
            "qr_url": self.outside.get("QR_URL") or self.at("functions", "/functions/v1/q"),
            "shop_id": shop_id,
            "test_mode": self.has_own_yookassa or secret_key.startswith("test_"),
            "receipts": self.receipts,
            "company": SAMPLE_COMPANY if self.has_own_supabase else None,
        }

    @property
    def postgres(self) -> Postgres:
        return Postgres(self.data / "postgres", self.ports["postgres"], self.durable)

    def at(self, part: str, path: str = "") -> str:
        return f"http://127.0.0.1:{self.ports[part]}{path}"

    def addresses(self) -> Addresses:
        """Known once Postgres is prepared: its password is in the database's address."""
        functions = self.at("functions", "/functions/v1")
        own = Addresses(
            web=self.at("web"),
            api=self.at("api"),
            functions=functions,
            yookassa=self.at("yookassa"),
            mail=self.at("mail"),
            database_url=self.postgres.url()
            if self.has_own_supabase
            else self.outside.get("SUPABASE_DB_URL"),
            publishable_key=self.credentials.publishable_key,
            secret_key=self.credentials.secret_key,
            webhook_url=f"{functions}/yookassa_webhook/{self.webhook_secret}",
            scheduler_secret=self.credentials.scheduler_secret,
        )
        if not self.has_own_supabase:
            own = replace(
                own,
                api=self.outside["SUPABASE_URL"].rstrip("/"),
                publishable_key=self.outside["SUPABASE_PUBLISHABLE_KEY"],
                secret_key=self.outside["SUPABASE_SECRET_KEY"],
            )
        if not self.has_own_yookassa:
            own = replace(own, yookassa=self.outside["YOOKASSA_API_URL"].rstrip("/").removesuffix("/v3"))
        return own


def answers(
    address: str, *, headers: Mapping[str, str] | None = None, status: range = range(200, 500)
) -> bool:
    """Whether a GET is answered, with a status in this range."""
    try:
        return _client.get(address, headers=headers).status_code in status
    except httpx.HTTPError:
        return False


def postgres(plan: Plan) -> Part:
    server = plan.postgres
    return Part(
        name="postgres",
        command=server.command(),
        before=server.prepare,
        ready=server.answers,
        log=plan.data / "logs" / "postgres.log",
        cwd=plan.data,
        user=server.user(),
        end_signal=signal.SIGINT,
    )


def api(plan: Plan) -> Part:
    config = tomllib.loads((database.SUPABASE / "config.toml").read_text())
    config["auth"]["email"]["enable_confirmations"] = plan.confirms_email
    for template in config["auth"]["email"].get("template", {}).values():  # the CLI takes these from the root
        template["content_path"] = str(ROOT / template["content_path"])
    folder = plan.data / "api"
    return Part(
        name="api",
        command=[node(), database.ADAPTER / "server.js"],
        environment={
            "PORT": str(plan.ports["api"]),
            "DATABASE_URL": f"postgresql://127.0.0.1:{plan.ports['postgres']}/postgres",
            "DATABASE_PASSWORD": plan.credentials.database_password,
            "JWT_SECRET": plan.credentials.jwt_secret,
            "SUPABASE_PUBLISHABLE_KEY": plan.credentials.publishable_key,
            "SUPABASE_SECRET_KEY": plan.credentials.secret_key,
            "SUPABASE_CONFIG": json.dumps({name: config[name] for name in ("api", "auth")}),
            "API_URL": plan.at("api"),
            "SITE_URL": plan.at("web"),
            "SMTP_PORT": str(plan.ports["smtp"]),
            "FUNCTIONS_PORT": str(plan.ports["functions"]),
            **({} if plan.durable else CHEAP_PASSWORDS),
        },
        ready=lambda: answers(
            plan.at("api", "/auth/v1/health"), headers={"apikey": plan.credentials.publishable_key}
        ),
        log=plan.data / "logs" / "api.log",
        cwd=folder,  # it keeps uploads below
    )


def functions(plan: Plan) -> Part:
    addresses = plan.addresses()
    shop_id, shop_secret_key = plan.shop
    return Part(
        name="functions",
        command=[*UVICORN, "--port", str(plan.ports["functions"]), "--no-proxy-headers", "local:app"],
        environment={
            # Never in another project: what has ended there stays ended.
            "ALLOW_TIME_TRAVEL": plan.outside.get("ALLOW_TIME_TRAVEL", "1") if plan.has_own_supabase else "0",
            "FUNCTIONS_URL": addresses.functions,
            "MAIL_FROM": "Честно <no-reply@chestno.test>",
            "SCHEDULER_SECRET": plan.credentials.scheduler_secret,
            "SITE_URL": addresses.web,
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(plan.ports["smtp"]),
            "SMTP_STARTTLS": "off",
            "SUPABASE_URL": addresses.api,
            "SUPABASE_PUBLISHABLE_KEY": addresses.publishable_key,
            "SUPABASE_SECRET_KEY": addresses.secret_key,
            # The simulator says the address ЮKassa would call from, as a proxy in front of us would.
            "TRUSTED_PROXIES": plan.outside.get("TRUSTED_PROXIES", "127.0.0.1"),
            "YOOKASSA_API_URL": f"{addresses.yookassa}/v3",
            # Another simulator on this machine may not say it.
            "YOOKASSA_EXTRA_NETWORKS": plan.outside.get("YOOKASSA_EXTRA_NETWORKS", "127.0.0.1"),
            "YOOKASSA_SHOP_ID": shop_id,
            "YOOKASSA_SECRET_KEY": shop_secret_key,
            "YOOKASSA_WEBHOOK_SECRET": plan.webhook_secret,
        },
        ready=lambda: answers(f"{addresses.functions}/"),  # 404: it is up; whether all is well, `health` says
        log=plan.data / "logs" / "functions.log",
        cwd=FUNCTIONS,
    )


def yookassa(plan: Plan) -> Part:
    command = [sys.executable, "-m", "yookassa_simulator", "--port", str(plan.ports["yookassa"])]
    shop_id, secret_key = plan.shop
    return Part(
        name="yookassa",
        command=[*command, "--data", plan.data / "yookassa"],
        environment={
            "YOOKASSA_SHOP_ID": shop_id,
            "YOOKASSA_SECRET_KEY": secret_key,
            "YOOKASSA_NOTIFY_URL": plan.addresses().webhook_url,  # with its secret: not for the command line
        },
        ready=lambda: answers(plan.at("yookassa", "/v3/payments")),
        log=plan.data / "logs" / "yookassa.log",
        cwd=SCRIPTS,
    )


def mail(plan: Plan) -> Part:
    ports = ["--port", str(plan.ports["mail"]), "--smtp-port", str(plan.ports["smtp"])]
    return Part(
        name="mail",
        command=[sys.executable, "-m", "stack.mail_sink", *ports, "--data", plan.data / "mail"],
        ready=lambda: answers(plan.at("mail", "/api/messages")),
        log=plan.data / "logs" / "mail.log",
        cwd=SCRIPTS,
    )


def scheduler(plan: Plan) -> Part:
    addresses = plan.addresses()
    log = plan.data / "logs" / "scheduler.log"
    return Part(
        name="scheduler",
        command=[sys.executable, "-m", "stack.scheduler"],
        environment={
            "FUNCTIONS_URL": addresses.functions,
            "SCHEDULER_SECRET": addresses.scheduler_secret,
        },
        ready=lambda: True,  # it takes no requests
        log=log,
        cwd=SCRIPTS,
    )


def web(plan: Plan) -> Part:
    addresses = plan.addresses()
    config = {
        "supabase_url": addresses.api,
        "publishable_key": addresses.publishable_key,
        "functions_url": addresses.functions,
        "mail_url": addresses.mail,
    }
    return Part(
        name="web",
        command=[*UVICORN, "--port", str(plan.ports["web"]), "stack.web_server:app"],
        environment={
            "WEB_DIST": str(web_build.DIST),
            "WEB_CONFIG": json.dumps(config),
            **({} if plan.durable else PATIENT_WEB),
        },
        ready=lambda: answers(plan.at("web", "/config.json"), status=range(200, 201)),
        log=plan.data / "logs" / "web.log",
        cwd=SCRIPTS,
    )
