"""What platform admins did (sql/11_admin_actions): each of their RPCs that changes something leaves one line, whoever writes it next."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from db.test_money_quarantine import put_aside
from db.test_stories import tell
from kit.db import DbEnv, Row, hand_in_evidence, payment_of
from kit.refused import Refused

Did = tuple[Any, Row]
"""What was acted on, and the detail of its line."""


def act(db: DbEnv, rpc: str, **arguments: Any) -> Any:
    return db.rpc("moderator", rpc, **arguments)


def review_upgrade_request(db: DbEnv) -> Did:
    request = hand_in_evidence(db)
    act(db, "review_upgrade_request", request_id=request["id"], decision="rejected", comment="Не видно даты")
    return request["id"], {"decision": "rejected"}


def review_name_change(db: DbEnv) -> Did:
    db.service("grant_status_level", organization_id=db.organization, level="B")
    request = db.rpc(
        "anna", "request_name_change", organization_id=db.organization, name="Мёд", message="Вывеска"
    )
    act(db, "review_name_change", request_id=request["id"], decision="approved")
    return request["id"], {"decision": "approved"}


def review_claim(db: DbEnv) -> Did:
    inn = db.one("select inn from organizations where id = %s", db.organization)["inn"]
    claim = db.rpc("stranger", "claim_organization", inn=inn, legal_name="ООО «Другая»", message="Это моя")
    act(db, "review_claim", claim_id=claim["claim_id"], decision="approved", outcome="inn_freed")
    return claim["claim_id"], {"decision": "approved", "outcome": "inn_freed"}


def grant_status_level(db: DbEnv) -> Did:
    act(db, "grant_status_level", organization_id=db.organization, level="A")
    return "A", {}


def revoke_status_level(db: DbEnv) -> Did:
    db.service("grant_status_level", organization_id=db.organization, level="A")
    act(db, "revoke_status_level", organization_id=db.organization, level="A", reason="Чужие документы")
    return "A", {}


def judge_quarantined(db: DbEnv) -> Did:
    payment = put_aside(db)
    act(db, "judge_quarantined", transaction_id=payment["id"], decision="refund", comment="Не та сумма")
    return payment["id"], {"decision": "refund"}


def paid(db: DbEnv) -> str:
    checkout = db.checkout("subscription")
    db.record(payment_of(checkout, "succeeded"))
    return str(checkout["transaction_id"])


def start_refund(db: DbEnv) -> Did:
    payment = paid(db)
    act(db, "start_refund", transaction_id=payment, amount=10, reason="проба")
    return payment, {"amount": "10"}


def payment_to_refetch(db: DbEnv) -> Did:
    payment = paid(db)
    act(db, "payment_to_refetch", transaction_id=payment)
    return payment, {}


def resolve_difference(db: DbEnv) -> Did:
    db.run("select private.note_difference('unknown_payment', '2d-1', '{}', now())")
    found = db.one("select id from payment_differences")["id"]
    act(db, "resolve_difference", difference_id=found, resolution="Проверено в кабинете")
    return found, {"kind": "unknown_payment", "object_id": "2d-1"}


def set_plan_price(db: DbEnv) -> Did:
    later = datetime.now(UTC) + timedelta(days=60)
    act(db, "set_plan_price", plan_id="a_month", amount=1990, valid_from=later)
    return "a_month", {"amount": "1990"}


def answer_support_message(db: DbEnv) -> Did:
    written = db.rpc(
        "anna",
        "send_support_message",
        subject="Оплата",
        message="Не проходит",
        organization_id=db.organization,
    )
    act(db, "answer_support_message", ticket_id=written["ticket_id"], message="Проходит")
    return written["ticket_id"], {"number": written["number"]}


def review_report(db: DbEnv) -> Did:
    db.service("grant_status_level", organization_id=db.organization, level="A")
    made = db.rpc(
        "stranger", "report_abuse", kind="other", organization_id=db.organization, message="Не их мёд"
    )
    act(db, "review_report", report_id=made["report_id"], outcome="not_upheld", comment="Их мёд")
    return made["report_id"], {"outcome": "not_upheld", "publish": False}


def unpublish_report(db: DbEnv) -> Did:
    db.service("grant_status_level", organization_id=db.organization, level="A")
    made = db.rpc(
        "stranger", "report_abuse", kind="other", organization_id=db.organization, message="Не их мёд"
    )
    db.run("update abuse_reports set outcome = 'upheld', reviewed_at = now(), published_at = now()")
    act(db, "unpublish_report", report_id=made["report_id"], comment="Это их мёд")
    return made["report_id"], {}


def about_a_story(rpc: str, detail: Row, **more: Any) -> Callable[[DbEnv], Did]:
    def did(db: DbEnv) -> Did:
        db.start_trial()
        story = tell(db, "pending_review")
        act(db, rpc, story_id=story["id"], **more)
        return story["id"], detail

    return did


def begin_job(db: DbEnv) -> Did:
    run = act(db, "begin_job", job="qr_rollup")
    return "qr_rollup", {"run_id": str(run)}


LINES: dict[str, Callable[[DbEnv], Did]] = {
    **{
        each.__name__: each
        for each in (
            review_upgrade_request,
            review_name_change,
            review_claim,
            grant_status_level,
            revoke_status_level,
            judge_quarantined,
            start_refund,
            payment_to_refetch,
            resolve_difference,
            set_plan_price,
            answer_support_message,
            review_report,
            unpublish_report,
            begin_job,
        )
    },
    "claim_story": about_a_story("claim_story", {}),
    "approve_story": about_a_story("approve_story", {}),
    "reject_story": about_a_story("reject_story", {"code": "advertising"}, code="advertising", comment="Без цен"),
}  # fmt: skip
"""Every RPC by which platform admins change something, and a use of it."""
OF_NOBODY = {"resolve_difference", "set_plan_price", "begin_job"}
"""What concerns no single organization."""
WITH_OTHERS = {
    "billing_overview",
    "get_expiring_statuses",
    "get_payment_status",
    "level_c_progress",
    "story_media_to_show",
}
"""What members or the service key ask as well, and platform admins only read."""


def sources(db: DbEnv) -> dict[str, Row]:
    """The functions by name, with what they call of the check, be it through another function."""
    found = {
        row["name"]: row
        for row in db.rows(
            "select proname as name, nspname as schema, prosrc as source, provolatile as volatility"
            " from pg_proc p join pg_namespace n on n.oid = p.pronamespace where nspname in ('public', 'private')"
        )
    }

    def reaches(name: str, what: str) -> bool:
        called = set(re.findall(r"private\.(\w+)\(", found[name]["source"])) & found.keys()
        return what in called or any(
            reaches(each, what) for each in called - {name} if each in {"story_to_decide", "keep_levels", "admin_page"}
        )  # fmt: skip

    return {
        name: {
            **row,
            "acts": reaches(name, "act_as_platform_admin"),
            "reads": reaches(name, "require_platform_admin"),
        }
        for name, row in found.items()
        if row["schema"] == "public"
    }


def test_what_changes_something_acts_and_what_reads_only_asks(db: DbEnv) -> None:
    """A PostgREST call of a stable function cannot write: so none that is volatile may do with the mere question."""
    found = sources(db)
    acting = {name for name, row in found.items() if row["acts"]}
    assert acting == LINES.keys(), "each has a use of it above"
    assert {name for name in acting if found[name]["volatility"] != "v"} == set()
    assert {name for name, row in found.items() if row["reads"] and row["volatility"] == "v"} == set()
    by_themselves = {name for name, row in found.items() if "is_platform_admin()" in row["source"]}
    assert by_themselves == WITH_OTHERS, "whoever else asks for a platform admin passes by the log"
    assert {name for name in by_themselves if found[name]["volatility"] == "v"} == set()


def test_only_platform_admins_pass_what_is_theirs(db: DbEnv) -> None:
    """As somebody: every RPC of the list refuses whoever is not one, and leaves no line of it."""
    for name, row in sources(db).items():
        if row["acts"] or row["reads"]:
            needed = db.rows(
                "select unnest(p.proargnames[1:p.pronargs - p.pronargdefaults]) as name,"
                " unnest((p.proargtypes::oid[])[0:p.pronargs - p.pronargdefaults - 1])::regtype::text as type"
                " from pg_proc p where proname = %s and pronamespace = 'public'::regnamespace",
                name,
            )
            arguments = ", ".join(f"{each['name']} => null::{each['type']}" for each in needed)
            call = f"select public.{name}({arguments})"
            for person in ("anna", "stranger"):
                with pytest.raises(Refused, match="PT403 not_allowed"):
                    db.query(person, call)
    assert db.rows("select from admin_actions") == []


@pytest.mark.parametrize("rpc", LINES)
def test_leaves_one_line(db: DbEnv, rpc: str) -> None:
    subject, detail = LINES[rpc](db)
    (line,) = db.rows("select * from admin_actions")
    assert line["admin_id"] == db.ids["moderator"]
    assert (line["action"], line["subject"]) == (rpc, str(subject))
    assert line["organization_id"] == (None if rpc in OF_NOBODY else db.organization)
    assert {key: value for key, value in line["detail"].items() if key != "valid_from"} == detail


def test_what_was_refused_was_not_done(db: DbEnv) -> None:
    for wrong in (
        {"organization_id": uuid4(), "level": "A"},
        {"organization_id": db.organization, "level": "C"},
    ):
        with pytest.raises(Refused):
            act(db, "grant_status_level", **wrong)
    db.service("grant_status_level", organization_id=db.organization, level="A")  # no person did
    assert db.rows("select from admin_actions") == []


def test_nobody_rewrites_it_and_only_admins_read_it(db: DbEnv) -> None:
    grant_status_level(db)
    for statement in (
        "update admin_actions set action = 'x'",
        "delete from admin_actions",
        "truncate admin_actions",
    ):
        with pytest.raises(Refused, match="not_allowed"):
            db.query("operator", statement)
        with pytest.raises(Refused, match="42501"):
            db.query("moderator", statement)
        with pytest.raises(Refused, match="42501"):
            db.query("service", statement)
    assert len(db.query("moderator", "select action from admin_actions")) == 1
    assert db.query("anna", "select action from admin_actions") == []


def test_words_are_not_written_twice(db: DbEnv) -> None:
    """What a person wrote stands where they wrote it, and goes with it: the line holds codes and numbers."""
    for rpc in (
        "review_upgrade_request",
        "answer_support_message",
        "review_claim",
        "review_report",
        "unpublish_report",
    ):
        LINES[rpc](db)
    assert not re.search("[а-яё@]", str(db.rows("select subject, detail from admin_actions")).lower())


def test_it_outlives_the_person(db: DbEnv) -> None:
    grant_status_level(db)
    db.run("delete from auth.users where id = %s", db.ids["moderator"])
    assert db.one("select admin_id from admin_actions")["admin_id"] == db.ids["moderator"]


# Jobs by hand


def test_a_job_that_runs_is_not_begun_beside_itself(db: DbEnv) -> None:
    run = act(db, "begin_job", job="qr_rollup")
    with pytest.raises(Refused, match="PT409 invalid_transition") as refused:
        act(db, "begin_job", job="qr_rollup")
    assert "running since" in refused.value.detail
    act(db, "begin_job", job="level_c")
    db.service("finish_job", run_id=run, status="ok", summary={"folded": 0})
    again = act(db, "begin_job", job="qr_rollup")
    db.run(
        "update job_runs set started_at = clock_timestamp() - interval '11 minutes' where id = %s", again
    )  # it was killed
    act(db, "begin_job", job="qr_rollup")
    for wrong in (None, "", "Drop", "x" * 61):
        with pytest.raises(Refused, match="PT422 invalid_input"):
            act(db, "begin_job", job=wrong)
