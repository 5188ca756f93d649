"""What each level means, told to anybody; and the way to level C, told to those who go it."""

from __future__ import annotations

import re
from uuid import uuid4

from kit.people import run_sql
from playwright.sync_api import expect
from stack.stack import Stack
from web.somebody import Somebody
from web.team import Team


def test_anybody_reads_what_each_level_means(anna: Somebody) -> None:
    anna.open("/levels")
    anna.sees_heading("Что значит каждый уровень")
    page = anna.page

    def group(name: str) -> list[str]:
        section = page.locator("section").filter(has=page.get_by_role("heading", name=name, level=2))
        return section.get_by_role("heading", level=3).all_inner_texts()

    # Bought and earned never stand in one list.
    assert group("Оплачено") == ["Испытательный срок", "Участник"]
    assert group("Проверено и заслужено") == ["Проверено", "Активный"]
    # The prices and the criteria are those of the database.
    expect(page.locator("#level-A")).to_contain_text(re.compile(r"1\s490\s₽ в месяц или 14\s900\s₽ в год"))
    expect(page.locator("#level-B")).to_contain_text(re.compile(r"4\s990\s₽ в месяц"))
    for criterion in ("историй: 5 за 90 дней", "коды: 100 за 90 дней", "A или B: 60"):
        expect(page.locator("#level-C")).to_contain_text(re.compile(criterion.replace(" ", r"\s")))
    page.get_by_role("navigation", name="Уровни").get_by_role("link", name="Активный").click()
    assert page.url.endswith("#level-C")


def test_the_way_to_level_c_is_counted(boris: Somebody, stack: Stack) -> None:
    team = Team(stack.addresses)
    for number in range(3):
        run_sql(
            boris.site,
            """insert into public.stories (organization_id, story_type, status, title, published_at)
               values (%s, 'success_story', 'published', %s, now() - interval '1 day')""",
            *(team.id, f"История {number} {uuid4()}"),
        )
    boris.sign_in(team.owner, "/dashboard/organization/status")
    expect(boris.page.get_by_role("progressbar", name="Опубликованные истории за 90 дней")).to_have_attribute(
        "value", "3"
    )
    expect(boris.page.get_by_text("3 из 5")).to_be_visible()
    expect(boris.page.get_by_text("0 из 100")).to_be_visible()
    expect(boris.page.get_by_text("Нужно ещё 100 покупателей с кодом")).to_be_visible()  # what is furthest
    expect(boris.page.get_by_text("Сейчас нет уровня A или B")).to_be_visible()

    # Held, it lasts its term also while a criterion is not met.
    team.grant("A")
    team.grant("C", valid_until="2060-03-12T09:00:00Z")
    boris.page.reload()
    expect(boris.page.get_by_text("Статус C действует до 12 марта 2060. Чтобы он продлился")).to_be_visible()
