"""Nothing is hidden: what a buyer sees of an organization that would rather not be seen, with a visitor's key first, on the page second.

Each state is made once, by what people really do; both tests of it look at the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from inn import random_inn
from kit.people import Person, a_moderator, run_sql, service, sign_up, visitor
from kit.refused import Refused
from mail import wording
from playwright.sync_api import expect
from stack.parts import Addresses
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import PHONE
from web.payer import Payer
from web.team import Team

WHY = "Документы оказались чужими."
CLAIM = "ИНН принадлежит другому, его заявление подтвердилось"
GRACE = "за время отсрочки платёж так и не поступил"


@dataclass
class Seen:
    """What a buyer has to find, whatever the organization did."""

    slug: str
    organization_id: str
    name: str
    legal_name: str | None
    inn: str | None
    lost: list[tuple[str, str, str]] = field(default_factory=list)
    """(level, reason, by), the highest first."""
    level: str | None = None
    why: str = WHY
    """The reason, as the page says it."""
    documents: list[str] = field(default_factory=list)
    """What was looked at for B."""
    is_deleted: bool = False
    is_told_of_itself: bool = False
    says: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    """What is nowhere, in no answer and on no page."""


def told(team: Team) -> None:
    """Everything that an organization can say of itself."""
    team.owner.update(
        "organizations", {"id": f"eq.{team.id}"}, description="Мёд с гор", category="Пчеловодство", region="Алтай",
        website_url="https://paseka.example/", contacts={"phone": "+7 900 000-00-00"},
    )  # fmt: skip


def a_team(site: Addresses, name: str = "Пасека Ивановых", **more: str) -> Team:
    team = Team(site, name)
    if more:
        team.organization = team.owner.create_organization(name=name, **more)
    told(team)
    return team


def seen(team: Team, **more: Any) -> Seen:
    row = team.organization
    return Seen(team.slug, team.id, **{key: row[key] for key in ("name", "legal_name", "inn")} | more)


def loses_all(team: Team) -> None:
    """A and B were held, and the moderators took both."""
    moderator = a_moderator(team.site)
    for level in ("A", "B"):
        team.grant(level)
    for level in ("B", "A"):
        moderator.rpc("revoke_status_level", organization_id=team.id, level=level, reason=WHY)


LOST = [("B", WHY, "chestno"), ("A", WHY, "chestno")]


def revoked(site: Addresses) -> Seen:
    team = a_team(site)
    loses_all(team)
    return seen(team, lost=LOST, is_told_of_itself=True)


def unticked(site: Addresses) -> Seen:
    """Revoked, with everything that can be hidden hidden."""
    team = a_team(site)
    loses_all(team)
    team.owner.update("organizations", {"id": f"eq.{team.id}"}, is_published=False)
    return seen(team, lost=LOST, never=["Мёд с гор", "+7 900"])


def deletes(team: Team) -> None:
    team.owner.rpc("delete_organization", organization_id=team.id, confirmation=team.slug)


def deleted(site: Addresses) -> Seen:
    team = a_team(site)
    loses_all(team)
    deletes(team)
    return seen(team, lost=LOST, is_deleted=True, never=["Мёд с гор", "+7 900"])


def forgets(team: Team) -> None:
    """Thirty days later: only for this one, by its own date."""
    run_sql(
        team.site,
        "update public.organizations set deletion_requested_at = deletion_requested_at - interval '31 days' where id = %s",
        team.id,
    )
    service(team.site).rpc("run_organization_cleanup")


def deleted_company(site: Addresses) -> Seen:
    team = a_team(site)
    loses_all(team)
    deletes(team)
    forgets(team)
    return seen(team, lost=LOST, is_deleted=True, never=["Мёд с гор", "+7 900", team.owner.email])


def deleted_person(site: Addresses) -> Seen:
    inn = random_inn(12)
    team = a_team(site, "Пасека Смирнова", legal_name="ИП Смирнов", inn=inn)
    loses_all(team)
    deletes(team)
    forgets(team)
    return seen(
        team, name="П*** С***", legal_name="И*** С***", inn=f"{inn[:2]}********{inn[-2:]}", lost=LOST, is_deleted=True,
        never=["Смирнов", inn, "Мёд с гор", team.owner.email],
    )  # fmt: skip


def renamed(site: Addresses) -> Seen:
    """Verified by papers, and renamed by a moderator's word: both names of both kinds stay in sight."""
    team = a_team(site)
    paper = f"{team.id}/устав.pdf"
    service(site).rpc(
        "accept_evidence", organization_id=team.id, path=paper, content_type="application/pdf", bytes=1, sha256="0" * 64,
        uploaded_by=team.owner.user_id,
    )  # fmt: skip
    request = team.owner.rpc(
        "submit_upgrade_request",
        organization_id=team.id,
        target_level="B",
        message="Проверьте",
        evidence_paths=[paper],
    )
    moderator = a_moderator(site)
    moderator.rpc(
        "review_upgrade_request", request_id=request["id"], decision="approved", valid_until="2060-01-01T00:00:00Z",
        documents=["registration", "veterinary"],
    )  # fmt: skip
    with pytest.raises(Refused, match="name_is_verified"):
        team.owner.update("organizations", {"id": f"eq.{team.id}"}, name="Пасека Петровых")
    asked = team.owner.rpc(
        "request_name_change", organization_id=team.id, name="Пасека Петровых", legal_name="ООО «Петровы»", message="Продали"
    )  # fmt: skip
    moderator.rpc("review_name_change", request_id=asked["id"], decision="approved")
    before = team.organization
    return seen(
        team, name="Пасека Петровых", legal_name="ООО «Петровы»", level="B", is_told_of_itself=True,
        documents=["registration", "veterinary"], never=["устав.pdf"],
        says=[
            "Что проверено", "выписка из реестра, ветеринарные документы", "Кем«Честно»",
            "Сменилось название: было «Пасека Ивановых», стало «Пасека Петровых»",
            f"Сменилось юридическое название: было «{inside(before['legal_name'])}», стало «ООО „Петровы“»",
        ],
    )  # fmt: skip


def inside(name: str) -> str:
    """A name within quotation marks."""
    return name.replace("«", "„").replace("»", "“")


CLAIMED = [("B", "claim_upheld", "chestno"), ("A", "claim_upheld", "chestno")]


def is_claimed(site: Addresses, outcome: str) -> Team:
    """The INN was somebody else's, who proved it."""
    team = a_team(site)
    for level in ("A", "B"):
        team.grant(level)
    made = sign_up(site, "Пётр").rpc(
        "claim_organization", inn=team.organization["inn"], legal_name="ООО «Настоящая»", message="Это моя"
    )
    a_moderator(site).rpc("review_claim", claim_id=made["claim_id"], decision="approved", outcome=outcome)
    return team


def handed_over(site: Addresses) -> Seen:
    team = is_claimed(site, "handed_over")
    was = team.organization["legal_name"]
    return seen(
        team, legal_name="ООО «Настоящая»", lost=CLAIMED, why=CLAIM, is_told_of_itself=True,
        says=[f"Сменилось юридическое название: было «{inside(was)}», стало «ООО „Настоящая“»"],
    )  # fmt: skip


def inn_freed(site: Addresses) -> Seen:
    team = is_claimed(site, "inn_freed")
    return seen(
        team, inn=None, lost=CLAIMED, why=CLAIM, is_told_of_itself=True, never=[team.organization["inn"]]
    )


def grace_is_over(site: Addresses) -> Seen:
    payer = Payer(site)
    told(payer.team)
    payer.pays("subscription")
    service(site).rpc("start_grace_period", organization_id=payer.id)
    run_sql(
        site,
        "update public.subscriptions set grace_started_at = grace_started_at - interval '15 days', grace_until = now() - interval '1 minute'"
        " where organization_id = %s",
        payer.id,
    )
    service(site).rpc("run_status_expiry")
    payer.owner.update("organizations", {"id": f"eq.{payer.id}"}, is_published=False)
    return seen(payer.team, lost=[("A", "grace_period_ended", "billing")], why=GRACE, never=["Мёд с гор"])


STATES: dict[str, Callable[[Addresses], Seen]] = {
    state.__name__: state
    for state in (
        revoked,
        unticked,
        deleted,
        deleted_company,
        deleted_person,
        renamed,
        handed_over,
        inn_freed,
        grace_is_over,
    )
}


@pytest.fixture(scope="module", params=STATES)
def state(request: pytest.FixtureRequest, stack: Stack) -> Seen:
    return STATES[request.param](stack.addresses)


@pytest.fixture
def buyer(stack: Stack) -> Person:
    return visitor(stack.addresses)


def test_a_visitors_key_is_told_everything(state: Seen, buyer: Person) -> None:
    page = buyer.rpc("get_organization_page", slug=state.slug)
    status = buyer.rpc("get_organization_status", organization_id=state.organization_id)
    history = buyer.rpc("get_status_history", organization_id=state.organization_id)
    assert (page["status"], page["history"]) == (status, history), "three answers, one truth"

    assert {key: page[key] for key in ("name", "legal_name", "inn")} == {
        "name": state.name, "legal_name": state.legal_name, "inn": state.inn,
    }  # fmt: skip
    assert [(lost["level"], lost["reason"], lost["by"]) for lost in status["lost"]] == state.lost
    for lost in status["lost"]:
        assert lost["held_from"] < lost["lost_at"]
        (end,) = (
            e
            for e in history
            if (e["level"], e["occurred_at"]) == (lost["level"], lost["lost_at"])
            and e["action"] != "name_changed"
        )
        assert (end["action"], end["reason"]) == (lost["action"], lost["reason"])
    assert status["level"] == state.level
    assert page["since"] == status["first_level_at"]
    said = "verified" if state.level == "B" else "stated"
    assert page["provenance"] == dict.fromkeys(("name", "legal_name", "inn"), said)
    assert ((page["verified"] or {}).get("documents") or []) == state.documents
    assert (page["deleted_at"] is not None) == state.is_deleted
    assert (page["details"] is not None) == state.is_told_of_itself
    for words in state.never:
        assert words not in str((page, status, history))

    # Over REST visitors read published rows.
    rows = buyer.get("organizations", select="name", id=f"eq.{state.organization_id}")
    assert [row["name"] for row in rows] == ([state.name] if state.is_told_of_itself else [])


def test_the_page_tells_a_buyer_the_same(state: Seen, buyer: Person, new_somebody: NewSomebody) -> None:
    facts = buyer.rpc("get_organization_page", slug=state.slug)
    somebody = new_somebody(viewport=PHONE)
    somebody.open(f"/organizations/{state.slug}")
    somebody.sees_heading(state.name)
    shown = somebody.page.get_by_role("main")
    for fact in (state.legal_name, state.inn, *state.says):
        if fact:
            expect(shown).to_contain_text(fact)
    for lost in facts["status"]["lost"]:
        verdict = re.compile(rf"Статусы? [^.]*{lost['level']}[^.]* утрачены? {day(lost['lost_at'])}")
        expect(shown.get_by_text(verdict).first).to_be_visible()
        event = shown.get_by_role("listitem").filter(has_text=f"Статус {lost['level']} снят")
        expect(event).to_contain_text(f"Причина: {state.why}")
        expect(event).to_contain_text(day(lost["lost_at"]))
    if state.level:
        expect(somebody.badge(state.level)).to_be_visible()
    for event in facts["history"]:
        assert event["action"] in {"granted", "revoked", "grace_started", "name_changed"}
    expect(shown.get_by_role("listitem").filter(has_text=re.compile("^(Получен статус|Статус . снят|Платёж не прошёл|Сменилось)"))).to_have_count(len(facts["history"]))  # fmt: skip
    expect(shown.get_by_text("Владелец удалил организацию")).to_have_count(int(state.is_deleted))
    expect(shown.get_by_text("Рассказ о себе организация скрыла")).to_have_count(
        int(not state.is_told_of_itself and not state.is_deleted)
    )
    for words in state.never:
        expect(shown).not_to_contain_text(words)


def day(moment: str) -> str:
    """«21 ноября 2026», as a buyer in Moscow reads it."""
    return wording.date(moment, "ru", ZoneInfo("Europe/Moscow"))
