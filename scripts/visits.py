"""Every page of the web as somebody of the demo opens it, for whoever looks at them all: pictures, measurements."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import contract

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, StorageState

Language = Literal["ru", "en"]
Who = Literal["visitor", "anna", "boris", "vera", "gleb", "moderator"]

OWN = {"anna": "medovy-kray", "boris": "bely-ruchey", "vera": "lavanda", "gleb": "ivan-chay"}
"""The organization that each of them works in."""

STATES: list[tuple[str, Who, str]] = [
    ("public-lost", "visitor", "/organizations/lavanda"),
    ("public-trial", "visitor", "/organizations/ivan-chay"),
    ("public-stories", "visitor", "/organizations/medovy-kray?tab=stories"),
    ("public-unknown", "visitor", "/organizations/nobody-here"),
    ("q-unknown", "visitor", "/q/ABCDEFGHJK"),
    ("overview-past-due", "boris", "/dashboard"),
    ("overview-lost", "vera", "/dashboard"),
    ("overview-trial", "gleb", "/dashboard"),
    ("billing-past-due", "boris", "/dashboard/billing"),
    ("billing-trial", "gleb", "/dashboard/billing"),
    ("status-lost", "vera", "/dashboard/organization/status"),
    ("qr-none", "boris", "/dashboard/qr"),
    ("stories-none", "boris", "/dashboard/producer/stories"),
]
"""Pages once more, in another state."""

WANTED = {
    "/organizations/:slug": "select 'medovy-kray'",
    "/organizations/:slug/stories/:id": "select 'medovy-kray', s.id from public.stories s join public.organizations o"
    " on o.id = s.organization_id where o.slug = 'medovy-kray' and s.status = 'published' and s.published_at <= now()"
    " order by s.published_at limit 1",
    "/q/:code": "select code from public.qr_codes order by created_at limit 1",
    "/dashboard/qr/:id": "select id from public.qr_codes order by created_at limit 1",
    "/dashboard/producer/stories/:id/edit": "select id from public.stories where status = 'rejected' limit 1",
    "/admin/organizations/:id": "select id from public.organizations where slug = 'medovy-kray'",
    "/admin/payments/:id": "select id from public.payment_transactions where status = 'quarantined' limit 1",
    "/invitations/:token": "select 'unknown'",
}
"""For addresses with something in them: a query of the demo's database that gives it."""

QUESTIONS = {
    "/dashboard/billing/return": "select '?transaction=' || t.id from public.payment_transactions t join"
    " public.organizations o on o.id = t.organization_id where o.slug = 'medovy-kray' and t.status = 'succeeded'"
    " order by t.created_at desc limit 1",
}
"""The same for what follows an address."""


@dataclass(frozen=True)
class Visit:
    """One page, as one person opens it."""

    name: str
    who: Who
    path: str


def visits(database_url: str) -> list[Visit]:
    """Every address of the router, then the states that have one of their own."""
    import psycopg

    found = []
    with psycopg.connect(database_url) as connection:
        for page in contract.pages():
            path = page
            if ":" in page:
                values = connection.execute(WANTED[page].encode()).fetchone() or ()
                for place, value in zip(
                    [part for part in page.split("/") if part[:1] == ":"], values, strict=True
                ):
                    path = path.replace(place, str(value))
            if page in QUESTIONS:
                path += "".join(connection.execute(QUESTIONS[page].encode()).fetchone() or ())
            found.append(
                Visit(page.strip("/").replace("/", "-").replace(":", "") or "home", whose(page), path)
            )
    return [*found, *(Visit(*state) for state in STATES)]


def whose(page: str) -> Who:
    if page.startswith("/admin"):
        return "moderator"
    return "anna" if page.startswith(("/dashboard", "/account")) else "visitor"


class People:
    """The demo people's browsers: each signed in once, and each language chosen in their profile."""

    def __init__(self, browser: Browser, stack: dict[str, str]) -> None:
        import httpx

        self.browser = browser
        self.stack = stack
        self._client = httpx.Client(timeout=30, trust_env=False, headers={"apikey": stack["publishable_key"]})
        self._sessions: dict[str, dict[str, Any]] = {}

    def context(self, who: Who, language: Language, **options: Any) -> BrowserContext:
        """A browser of theirs. `options`: new_context's."""
        kept: dict[str, str] = {"language": language}
        if who != "visitor":
            session = self._session(who)
            self._speaks(session, language)
            kept["sb-127-auth-token"] = json.dumps(session)
            if who in OWN:
                kept[f"organization:{session['user']['id']}"] = self._organization(session, OWN[who])
        state: StorageState = {
            "origins": [
                {
                    "origin": self.stack["web"],
                    "localStorage": [{"name": name, "value": value} for name, value in kept.items()],
                }
            ]
        }
        return self.browser.new_context(
            locale={"ru": "ru-RU", "en": "en-GB"}[language],
            timezone_id="Europe/Moscow",
            storage_state=state,
            **options,
        )

    def speak(self, language: Language) -> None:
        """Give everybody's profile this language again."""
        for session in self._sessions.values():
            self._speaks(session, language)

    def _session(self, who: str) -> dict[str, Any]:
        from stack.demo import PASSWORD

        if who not in self._sessions:
            account = {"email": f"{who}@example.test", "password": PASSWORD}
            answer = self._client.post(f"{self.stack['api']}/auth/v1/token?grant_type=password", json=account)
            self._sessions[who] = answer.raise_for_status().json()
        return self._sessions[who]

    def _speaks(self, session: dict[str, Any], language: Language) -> None:
        self._rest(session, "PATCH", f"profiles?id=eq.{session['user']['id']}", {"locale": language})

    def _organization(self, session: dict[str, Any], slug: str) -> str:
        (found,) = self._rest(session, "GET", f"organizations?slug=eq.{slug}&select=id").json()
        return str(found["id"])

    def _rest(self, session: dict[str, Any], method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {session['access_token']}"}
        return self._client.request(
            method, f"{self.stack['api']}/rest/v1/{path}", json=body, headers=headers
        ).raise_for_status()
