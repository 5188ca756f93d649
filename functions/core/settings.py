"""Everything the functions are told from outside, in one object read from the environment once.

A function that lacks a setting it cannot work without does not start. The two secrets that only one
function each needs may be absent where that function is not deployed: without its secret it refuses everybody
for everybody.
"""

import re
from email.utils import parseaddr
from functools import cache
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = IPv4Network | IPv6Network

YOOKASSA_NETWORKS = (
    "185.71.76.0/27,185.71.77.0/27,77.75.153.0/25,77.75.156.11,77.75.156.35,77.75.154.128/25,2a02:5180::/32"
)
"""Where ЮKassa's notifications come from. Source: https://yookassa.ru/developers/using-api/webhooks#ip"""


def _base_address(value: str) -> str:
    """An http(s) address without its trailing slash, so that a path can simply be added."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http(s) address without query or fragment")
    return value.rstrip("/")


def _networks(value: Any) -> Any:
    """Networks and single addresses, separated by commas."""
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return value


def _sender(value: str) -> str:
    """A name and an address, or an address alone, on one line."""
    _, address = parseaddr(value)
    if not _ADDRESS.fullmatch(address) or not value.isprintable():
        raise ValueError("must be an e-mail address, with or without a name")
    return value


_ADDRESS = re.compile(r"[^\s@<>,\"]+@[a-zA-Z0-9.-]+")

BaseAddress = Annotated[str, AfterValidator(_base_address)]
Sender = Annotated[str, AfterValidator(_sender)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]
Secret = Annotated[SecretStr, Field(min_length=1)]
SharedSecret = Annotated[SecretStr, Field(min_length=16)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(BaseSettings):
    """Named in the environment as here, in capitals. No error message repeats what was given."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, extra="ignore")

    supabase_url: BaseAddress
    supabase_publishable_key: Annotated[str, Field(min_length=1)]
    supabase_secret_key: Secret

    site_url: BaseAddress
    """Where the web lives. Only its origin may call the functions from a browser."""

    yookassa_api_url: BaseAddress = "https://api.yookassa.ru/v3"
    yookassa_shop_id: Annotated[str, Field(min_length=1)]
    yookassa_secret_key: Secret
    yookassa_connect_seconds: Seconds = 5
    yookassa_post_seconds: Seconds = 40
    """ЮKassa itself gives up after 30 s and answers 500; waiting less only makes more answers unknown."""
    yookassa_get_seconds: Seconds = 10

    yookassa_webhook_secret: SharedSecret | None = None
    """The last part of the webhook's address: ЮKassa signs nothing, so this is what nobody can guess."""
    yookassa_ip_check: Literal["enforce", "log", "off"] = "enforce"
    yookassa_networks: Networks = Field(default=YOOKASSA_NETWORKS, validate_default=True)
    yookassa_extra_networks: Networks = ()
    """Where else notifications may come from. For a simulator on this machine; empty in production."""
    webhook_settle_seconds: Seconds = 3
    """How long a notification is worked on before it is acknowledged; the sweep does what is left."""

    functions_url: BaseAddress | None = None
    """Where these functions are reached from outside, with /functions/v1. None: beside the Supabase API."""

    smtp_host: Annotated[str, Field(min_length=1)] | None = None
    """The mail server. None: this deployment sends no mail."""
    smtp_port: Annotated[int, Field(gt=0, lt=65536)] = 587
    """On 465 the whole connection is TLS."""
    smtp_username: Annotated[str, Field(min_length=1)] | None = None
    smtp_password: Secret | None = None
    smtp_starttls: Literal["required", "off"] = "required"
    smtp_seconds: Seconds = 30
    """How long one answer of the mail server is waited for."""
    mail_from: Sender | None = None
    """Who our e-mails are from, `Честно <no-reply@chestno.example>`; its domain also names our e-mails."""
    mail_seconds: Seconds = 50
    """How long one delivery may take. It runs every minute; what is left then is taken by the next."""

    trusted_proxies: Networks = ()
    """Our own hops, whose X-Forwarded-For is believed. None by default: the caller is who connected."""

    country_header: Annotated[str, Field(min_length=1)] | None = None
    """The header in which a proxy of ours says the visitor's country, `CF-IPCountry`; believed from TRUSTED_PROXIES only."""
    sitemap_size: Annotated[int, Field(gt=0, le=50_000)] = 10_000
    """How many addresses a part of the sitemap has; search engines take 50,000, which took longer than a page may."""
    scan_seconds: Seconds = 5
    """How long a buyer waits for the database before they are sent where the code led a moment ago."""

    scheduler_secret: SharedSecret | None = None
    allow_time_travel: bool = False
    """Whether scheduled functions take `as_of`. For tests and rehearsals, never in production."""
    sweep_seconds: Seconds = 50
    """How long one sweep may take. It runs every minute; what is left then is taken by the next."""

    renewal_seconds: Seconds = 240
    """How long one run begins charges. It runs every hour; what is left then is begun by the next."""

    app_version: str = Field(
        default="development", validation_alias=AliasChoices("APP_VERSION", "K_REVISION")
    )

    @property
    def site_origin(self) -> str:
        """Scheme and host of the web, as a browser writes them in `Origin`."""
        parts = urlsplit(self.site_url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def own_url(self) -> str:
        """Where these functions are reached from outside, for links in e-mails."""
        return self.functions_url or f"{self.supabase_url}/functions/v1"

    def secrets(self) -> list[str]:
        """Every secret value, for the log to leave out."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


@cache
def settings() -> Settings:
    """The settings of this process. Raises pydantic's ValidationError, which names fields, never values."""
    return Settings.model_validate({})
