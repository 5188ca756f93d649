"""The badge on the public page: what it says, to whom, and that a loss is not hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from kit.people import Person, service
from playwright.sync_api import expect
from stack.stack import Stack
from web.conftest import NewSomebody
from web.looks import PHONE
from web.somebody import Somebody


@dataclass
class Organization:
    """An organization whose levels the platform grants and revokes."""

    platform: Person
    row: dict[str, Any]

    @property
    def page(self) -> str:
        return f"/organizations/{self.row['slug']}"

    def grant(self, level: str) -> None:
        self.platform.rpc("grant_status_level", organization_id=self.row["id"], level=level)

    def revoke(self, level: str, reason: str) -> None:
        self.platform.rpc("revoke_status_level", organization_id=self.row["id"], level=level, reason=reason)


@pytest.fixture
def apiary(boris: Somebody, stack: Stack) -> Organization:
    platform = service(stack.addresses)
    return Organization(platform, boris.with_account().create_organization(name="Пасека"))


def test_it_explains_itself_by_hover_focus_and_tap(
    boris: Somebody, apiary: Organization, new_somebody: NewSomebody
) -> None:
    apiary.grant("B")
    said = re.compile(r"Статус B · Проверено.*рассмотрели документы.*Проверены документы, с \d+\s\S+ \d{4}")

    boris.open(apiary.page)
    boris.badge("B").hover()
    expect(boris.page.get_by_role("tooltip")).to_have_text(said)
    boris.page.mouse.move(0, 0, steps=5)
    expect(boris.page.get_by_role("tooltip")).to_have_count(0)
    boris.badge("B").focus()
    expect(boris.page.get_by_role("tooltip")).to_have_text(said)

    buyer = new_somebody(viewport=PHONE, has_touch=True)
    buyer.open(apiary.page)
    buyer.badge("B").tap()
    expect(buyer.page.get_by_role("tooltip")).to_have_text(said)


def test_a_seal_is_stamped_the_first_time_it_is_seen_and_never_for_who_wants_no_motion(
    boris: Somebody, apiary: Organization, new_somebody: NewSomebody
) -> None:
    def motion(who: Somebody) -> str:
        who.open(apiary.page)
        expect(who.badge("A")).to_be_visible()
        said: str = who.badge("A").locator("svg").evaluate("seal => getComputedStyle(seal).animationName")
        return said

    apiary.grant("A")
    assert [motion(boris), motion(boris)] == ["stamp", "none"]
    buyer = new_somebody()
    buyer.page.emulate_media(reduced_motion="reduce")
    assert motion(buyer) == "none"


def test_paid_and_earned_stand_apart(boris: Somebody, apiary: Organization) -> None:
    for level in ("A", "B", "C"):
        apiary.grant(level)
    boris.open(apiary.page)
    expect(boris.badge("C")).to_be_visible()  # the highest

    def group(name: str) -> list[str]:
        region = boris.page.locator("section").filter(
            has=boris.page.get_by_role("heading", name=name, level=3)
        )
        return region.last.get_by_role("heading", level=4).all_inner_texts()

    expect(boris.page.get_by_role("heading", name="Оплачено")).to_be_visible()
    assert group("Оплачено") == ["Участник"]
    assert group("Проверено и заслужено") == ["Активный", "Проверено"]


def test_a_loss_is_shown_with_its_date_and_reason(boris: Somebody, apiary: Organization) -> None:
    apiary.grant("B")
    apiary.revoke("B", "Документы оказались чужими.")
    boris.open(apiary.page)
    lost = boris.button(re.compile(r"^Статус B утрачен \d+\s\S+ \d{4}$"))
    expect(lost.first).to_be_visible()
    expect(
        boris.page.get_by_role("definition").filter(
            has_text=re.compile(r"^Статус B утрачен .*: «Документы оказались чужими».$")
        )
    ).to_be_visible()
    lost.first.hover()
    expect(boris.page.get_by_role("tooltip")).to_contain_text("теперь он снят")
