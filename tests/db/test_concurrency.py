"""Two at once, for real: each actor on a connection and a thread of its own, all started at the same moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime, timedelta
from threading import Barrier
from time import monotonic, sleep
from typing import Any

import pytest
from kit.db import DbEnv, notification_of, opened, payment_of, publish_stories, scan_codes
from kit.refused import Refused

Deed = Callable[[DbEnv], Any]


@pytest.fixture
def db(own_rules: str) -> Iterator[DbEnv]:
    """Rows that are really committed, in a database of this test's own."""
    with opened(own_rules) as connection:
        connection.autocommit = True
        yield DbEnv(connection)


def at_once(db: DbEnv, *deeds: Deed) -> list[Any]:
    """Do all of it at the same moment; what each answered, a refusal as its code."""
    ready = Barrier(len(deeds))

    def act(deed: Deed) -> Any:
        with db.beside() as own:
            ready.wait()
            try:
                return deed(own)
            except Refused as refusal:
                return refusal.code

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(act, deeds))


def settle(payment: dict[str, Any]) -> Deed:
    def deed(own: DbEnv) -> Any:
        stored = own.service("receive_notification", payload=notification_of(payment))
        return own.service("settle_notification", notification_id=stored["notification_id"], payment=payment)[
            "outcome"
        ]

    return deed


def test_one_notification_100_times_two_at_a_time_is_one_transition(db: DbEnv) -> None:
    checkout = db.checkout()
    held = payment_of(checkout, "waiting_for_capture")
    outcomes = Counter(outcome for _ in range(50) for outcome in at_once(db, settle(held), settle(held)))
    assert outcomes == {"applied": 1, "unchanged": 99}
    assert db.history() == [("0", "granted", None)]
    assert db.one("select count(*), sum(deliveries)::int as deliveries from payment_webhooks_log") == {
        "count": 1,
        "deliveries": 100,
    }


@pytest.mark.parametrize("first", ["waiting_for_capture", "canceled"])
@pytest.mark.parametrize("second", ["pending", "waiting_for_capture", "canceled"])
def test_notifications_that_race_make_one_trial(db: DbEnv, first: str, second: str) -> None:
    checkout = db.checkout()
    at_once(
        db, *(lambda own, s=status: own.record(payment_of(checkout, s)) for status in (first, second) * 3)
    )
    db.record(payment_of(checkout, "canceled"))
    assert db.history() == [("0", "granted", None)]
    assert db.one("select count(*) from subscriptions")["count"] == 1


def test_two_paid_pages_at_once_make_one_period_and_one_quarantine(db: DbEnv) -> None:
    month, year = db.checkout("subscription", "a_month"), db.checkout("subscription", "a_year")
    answers = at_once(
        db,
        *(
            lambda own, c=checkout: own.record(payment_of(c, "succeeded"))["outcome"]
            for checkout in (month, year)
        ),
    )
    assert sorted(answers) == ["applied", "quarantined"]
    assert db.history() == [("A", "granted", None)]


def test_two_holds_at_once_make_one_trial(db: DbEnv) -> None:
    month, year = db.checkout(plan="a_month"), db.checkout(plan="a_year")
    at_once(
        db,
        *(
            lambda own, c=checkout: own.record(payment_of(c, "waiting_for_capture"))
            for checkout in (month, year)
        ),
    )
    assert db.history() == [("0", "granted", None)]


def test_two_checkouts_at_once_are_one(db: DbEnv) -> None:
    answers = at_once(db, *([lambda own: own.checkout()["transaction_id"]] * 6))
    assert len(set(answers)) == 1


def test_two_grants_at_once_and_grant_and_revoke_at_once(db: DbEnv) -> None:
    def grant(own: DbEnv) -> Any:
        return own.service("grant_status_level", organization_id=own.organization, level="B")

    def revoke(own: DbEnv) -> Any:
        return own.service("revoke_status_level", organization_id=own.organization, level="B", reason="x")

    assert len(set(at_once(db, grant, grant, grant))) == 1
    for _ in range(5):
        at_once(db, grant, revoke, grant, revoke)
    active = db.one("select count(*) from organization_status_levels where is_active")["count"]
    actions = Counter(action for _, action, _ in db.history())
    assert actions["granted"] - actions["revoked"] == active, "the history adds up"
    assert active in (0, 1)


def test_the_last_two_owners_cannot_leave_at_once(db: DbEnv) -> None:
    db.run("update organization_members set role = 'owner' where user_id = %s", db.ids["boris"])
    leave = [
        lambda own, who=who: own.rpc(
            who, "remove_member", organization_id=own.organization, user_id=own.ids[who]
        )
        for who in ("anna", "boris")
    ]
    assert "last_owner" in at_once(db, *leave)
    assert db.one("select count(*) from organization_members where role = 'owner'")["count"] == 1


def test_one_invitation_is_accepted_once(db: DbEnv) -> None:
    token = db.rpc(
        "anna",
        "invite_member",
        organization_id=db.organization,
        email=db.email("stranger"),
        role="editor",
    )["token"]
    answers = at_once(db, *([lambda own: own.rpc("stranger", "accept_invitation", token=token)["role"]] * 4))
    assert Counter(answers) == {"editor": 1, "invitation_used": 3}


def test_the_last_seat_is_taken_once(db: DbEnv) -> None:
    wish = {"organization_id": db.organization, "role": "viewer"}
    db.run("""update subscription_plans set limits = limits || '{"members": 6}'""")
    tokens = {
        who: db.rpc("anna", "invite_member", email=db.email(who), **wish)["token"]
        for who in ("stranger", "moderator")
    }
    db.run("""update subscription_plans set limits = limits || '{"members": 5}'""")
    answers = at_once(
        db,
        *(
            lambda own, who=who, token=token: own.rpc(who, "accept_invitation", token=token)["role"]
            for who, token in tokens.items()
        ),
    )
    assert sorted(answers) == ["plan_limit_reached", "viewer"]


def test_the_last_seat_is_offered_once(db: DbEnv) -> None:
    wish = {"organization_id": db.organization, "role": "viewer"}
    offer = [
        lambda own, n=n: bool(own.rpc("anna", "invite_member", email=f"n{n}@example.test", **wish)["token"])
        for n in range(3)
    ]
    assert Counter(at_once(db, *offer)) == {"plan_limit_reached": 2, True: 1}


def test_nobody_comes_in_while_the_organization_is_being_deleted(db: DbEnv) -> None:
    slug = db.one("select slug from organizations where id = %s", db.organization)["slug"]
    token = db.rpc(
        "anna",
        "invite_member",
        organization_id=db.organization,
        email=db.email("stranger"),
        role="viewer",
    )["token"]
    joined, _ = at_once(
        db,
        lambda own: own.rpc("stranger", "accept_invitation", token=token)["role"],
        lambda own: own.rpc(
            "anna", "delete_organization", organization_id=own.organization, confirmation=slug
        ),
    )
    members = db.rows(
        "select from organization_members where organization_id = %s and user_id = %s",
        db.organization,
        db.ids["stranger"],
    )
    assert (joined, len(members)) in (("viewer", 1), ("not_found", 0))


def test_the_same_slug_and_inn_at_once_are_taken_once(db: DbEnv) -> None:
    answers = at_once(db, *([lambda own: str(own.found("stranger", inn="7707083893", slug="paseka"))] * 4))
    assert len([answer for answer in answers if answer not in ("slug_taken", "inn_taken")]) == 1


@pytest.mark.parametrize("outcome", ["handed_over", "inn_freed"])
def test_two_moderators_uphold_one_of_two_claims(db: DbEnv, outcome: str) -> None:
    """Each believes another claimant: one of them is the owner, the other is told, and the money goes back once."""
    db.subscribe()
    for name in ("other", "second"):
        db.ids[name] = db.sign_up(name)
    db.run("insert into platform_admins (user_id) values (%s)", db.ids["second"])
    inn = db.one("select inn from organizations where id = %s", db.organization)["inn"]
    wish = {"inn": inn, "legal_name": "ООО «Настоящая»", "message": "Это моё"}
    claims = {who: db.rpc(who, "claim_organization", **wish)["claim_id"] for who in ("stranger", "other")}

    answers = at_once(
        db,
        *(
            lambda own, who=who, claim=claim: own.rpc(
                who, "review_claim", claim_id=claim, decision="approved", outcome=outcome
            )["outcome"]
            for who, claim in zip(("moderator", "second"), claims.values(), strict=True)
        ),
    )
    assert sorted(answers) == sorted([outcome, "invalid_transition"])
    upheld = list(claims)[answers.index(outcome)]
    rows = db.rows("select claimant_id, status::text, outcome from organization_claims")
    assert {row["claimant_id"]: (row["status"], row["outcome"]) for row in rows} == {
        db.ids[who]: ("approved", outcome) if who == upheld else ("rejected", None) for who in claims
    }
    owners = db.rows(
        "select user_id from organization_members where organization_id = %s and role = 'owner'",
        db.organization,
    )
    assert [row["user_id"] for row in owners] == [db.ids[upheld if outcome == "handed_over" else "anna"]]
    assert [row["amount"] for row in db.rows("select amount from payment_refunds")] == [1490]
    reviewed = db.rows(
        "select user_id from notifications where kind = 'claim_reviewed' and data ->> 'side' = 'claimant'"
    )
    assert Counter(row["user_id"] for row in reviewed) == {db.ids[who]: 1 for who in claims}


def test_one_claim_is_decided_once(db: DbEnv) -> None:
    db.subscribe()
    db.ids["second"] = db.sign_up("second")
    db.run("insert into platform_admins (user_id) values (%s)", db.ids["second"])
    inn = db.one("select inn from organizations where id = %s", db.organization)["inn"]
    made = db.rpc("stranger", "claim_organization", inn=inn, legal_name="ООО «Настоящая»", message="Это моё")
    rejected, upheld = at_once(
        db,
        lambda own: own.rpc(
            "moderator", "review_claim", claim_id=made["claim_id"], decision="rejected", comment="Нет"
        ),
        lambda own: own.rpc(
            "second", "review_claim", claim_id=made["claim_id"], decision="approved", outcome="handed_over"
        ),
    )
    assert (rejected == "invalid_transition") != (upheld == "invalid_transition")
    refunds = len(db.rows("select from payment_refunds"))
    assert (refunds, db.level()) == ((0, "A") if upheld == "invalid_transition" else (1, None))


def test_two_sweeps_at_once_never_take_the_same(db: DbEnv) -> None:
    for _ in range(30):
        db.organization = db.another()
        db.checkout()
        db.run("delete from private.request_counts")  # a person may not be this quick
    later = datetime.now(UTC) + timedelta(minutes=5)
    claims = at_once(
        db,
        *([lambda own: own.service("claim_payment_sweep", as_of=later, max_items=20)["transactions"]] * 3),
    )
    taken = [item["transaction_id"] for claim in claims for item in claim]
    assert len(taken) == len(set(taken)) == 30


def test_forgetting_a_card_while_a_payment_is_recorded(db: DbEnv) -> None:
    db.record(payment_of(db.checkout(), "waiting_for_capture"))
    card = db.one("select id from payment_methods")["id"]
    checkout = db.checkout("subscription")
    at_once(
        db,
        lambda own: own.rpc("anna", "forget_payment_method", payment_method_id=card),
        lambda own: own.record(payment_of(checkout, "succeeded")),
    )
    assert (
        db.one("select revoked_at is not null as gone from payment_methods where id = %s", card)["gone"]
        is True
    )
    linked = db.one("select payment_method_id from subscriptions")["payment_method_id"]
    assert linked != card


def test_the_daily_job_twice_at_once_ends_each_level_once(db: DbEnv) -> None:
    end = datetime.now(UTC) + timedelta(days=1)
    for _ in range(40):
        db.organization = db.another()
        db.service("grant_status_level", organization_id=db.organization, level="A", valid_until=end)
        db.service(
            "grant_status_level",
            organization_id=db.organization,
            level="B",
            valid_until=end + timedelta(days=3),
        )
    later = end + timedelta(minutes=1)
    answers = at_once(db, *([lambda own: own.service("run_status_expiry", as_of=later, max_rows=7)] * 4))
    while (last := db.service("run_status_expiry", as_of=later))["more"]:
        answers.append(last)
    assert sum(answer["expired"] for answer in [*answers, last]) == 40
    assert sum(sum(answer["notices"].values()) for answer in [*answers, last]) == 40
    assert all(answer["failed_steps"] == [] for answer in answers)
    counted = db.rows(
        "select organization_id, count(*) from status_level_events where action = 'expired' group by 1"
    )
    assert [row["count"] for row in counted] == [1] * 40


def test_the_daily_job_and_an_admin_at_once_end_a_level_once(db: DbEnv) -> None:
    end = datetime.now(UTC) + timedelta(days=1)
    later = end + timedelta(minutes=1)
    for _ in range(10):
        db.organization = db.another()
        db.service("grant_status_level", organization_id=db.organization, level="B", valid_until=end)
        at_once(
            db,
            lambda own: own.service("run_status_expiry", as_of=later),
            lambda own: own.rpc(
                "moderator", "revoke_status_level", organization_id=own.organization, level="B", reason="x"
            ),
            lambda own: own.service("run_status_expiry", as_of=later),
        )
        actions = [action for _, action, _ in db.history()]
        assert actions in (["granted", "revoked"], ["granted", "expired"]), actions


def test_two_claims_at_once_never_take_the_same_charge(db: DbEnv) -> None:
    for _ in range(20):
        db.organization = db.another()
        db.run("delete from private.request_counts")
        db.start_trial()
    later = datetime.now(UTC) + timedelta(days=15)
    claims = at_once(db, *([lambda own: own.service("claim_due_charges", as_of=later, max_items=8)] * 4))
    while more := db.service("claim_due_charges", as_of=later):
        claims.append(more)
    taken = [item["subscription_id"] for claim in claims for item in claim]
    assert len(taken) == len(set(taken)) == 20


@pytest.mark.parametrize("function", ["cancel_subscription", "forget"])
def test_a_charge_that_begins_while_the_customer_leaves(db: DbEnv, function: str) -> None:
    """Either the charge was begun first, or it is not sent at all: never a charge begun after."""
    for _ in range(8):
        db.organization = db.another()
        db.run("delete from private.request_counts")
        end = db.start_trial()["trial_ends_at"]
        (claimed,) = db.service("claim_due_charges", as_of=end)
        card = db.one("select id from payment_methods where organization_id = %s", db.organization)["id"]

        def leave(own: DbEnv, card: Any = card) -> Any:
            if function == "forget":
                return own.rpc("anna", "forget_payment_method", payment_method_id=card)["charge_under_way"]
            own.rpc("anna", "cancel_subscription", organization_id=own.organization)
            return None

        def let_go(own: DbEnv, charge: str = claimed["transaction_id"]) -> Any:
            return own.service("begin_charge", transaction_id=charge)

        gate, under_way = at_once(db, let_go, leave)
        if function == "forget":
            assert under_way is bool(gate["request_body"]), "what was begun before is said"
        again = db.service("begin_charge", transaction_id=claimed["transaction_id"])
        assert not again["request_body"], "nothing is begun after"


def earn_level_c(db: DbEnv, organization: Any) -> None:
    """All that level C asks for, but for the sixtieth day, which ends tonight; and a B that the job tells of."""
    db.run(
        "insert into organization_status_levels (organization_id, level, valid_from, granted_at) values (%s, 'A', now() - interval '59 days 12 hours', now())",
        organization,
    )
    db.run(
        "insert into organization_status_levels (organization_id, level, valid_until) values (%s, 'B', now() + interval '7 days')",
        organization,
    )
    db = copy(db)
    db.organization = organization
    publish_stories(db, 5, days_ago=0.1)
    scan_codes(db, 100, days_ago=0.1)


def test_two_batches_of_the_daily_job_do_not_wait_for_each_other(db: DbEnv) -> None:
    """Each has told one organization of an end, and comes to the level C that the other's has earned."""
    both = [db.organization, db.found("stranger")]
    for organization in both:
        earn_level_c(db, organization)
    tonight = datetime.now(UTC) + timedelta(days=1)
    with db.beside() as first, db.beside() as second:
        for own, theirs in ((first, both[0]), (second, both[1])):
            own.rows("select private.lock_organization(%s)", theirs)  # as the notices' step has it
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(
                    lambda own: (own.service("run_status_expiry", as_of=tonight), own.connection.commit())[0],
                    (first, second),
                )
            )
    assert [answer["failed_steps"] for answer in answers] == [[], []]
    left = db.service("run_status_expiry", as_of=tonight)
    assert sum(answer["level_c_granted"] for answer in (*answers, left)) == 2


@contextmanager
def held_up_at(db: DbEnv, table: str, row_id: Any) -> Iterator[Callable[[], None]]:
    """Whoever changes that row waits until the block ends; the block is given a way to wait for that."""
    db.run("create function wait_here() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock_shared(7); return new; end'")  # fmt: skip
    db.run(
        f"create trigger wait before update on {table} for each row when (old.id = '{row_id}') execute function wait_here()"
    )
    db.run("select pg_advisory_lock(7)")

    def somebody_waits() -> None:
        until = monotonic() + 20
        while not db.rows("select 1 from pg_locks where locktype = 'advisory' and not granted"):
            assert monotonic() < until, "nobody came"
            sleep(0.02)

    try:
        yield somebody_waits
    finally:
        db.run("select pg_advisory_unlock(7)")


def test_who_pays_while_the_job_ends_others_grace_is_not_ended(db: DbEnv) -> None:
    now = datetime.now(UTC)
    plan, over = "a_month", now - timedelta(days=1)
    organizations = [db.another("stranger") for _ in range(15)] + [db.organization]
    for number, organization in enumerate(organizations):
        db.run(
            "insert into subscriptions (organization_id, plan_id, status, current_period_start, current_period_end, billing_anchor, grace_until)"
            " values (%s, %s, 'past_due', %s, %s, %s, %s)",
            organization, plan, over - timedelta(days=46), over - timedelta(days=15), over, over + timedelta(minutes=number),
        )  # fmt: skip
    first = db.one("select id from subscriptions order by grace_until limit 1")["id"]
    page = db.checkout("subscription")
    with ThreadPoolExecutor(1) as pool, db.beside() as job:
        job.connection.autocommit = True
        with held_up_at(db, "subscriptions", first) as somebody_waits:
            running = pool.submit(lambda: job.service("run_billing_cycle", as_of=now))
            somebody_waits()
            assert db.record(payment_of(page, "succeeded"))["outcome"] == "applied"
        assert running.result()["grace_ended"] == 15
    assert (db.live()["status"], db.level()) == ("active", "A")


@pytest.mark.parametrize("kind", ["start_refund", "cabinet"])
def test_case_03_refund_and_credit_for_the_same_money_exclude_each_other(db: DbEnv, kind: str) -> None:
    """The change of plan is paid in the moment in which its credit is given back: no rouble goes both ways."""
    db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")

    def refund(own: DbEnv) -> Any:
        if kind == "start_refund":
            return own.rpc(
                "moderator", "start_refund", transaction_id=paid["transaction_id"], reason="Не подошло"
            )["status"]
        by_hand = {
            "id": f"re-{paid['transaction_id']}", "payment_id": payment_of(paid)["id"], "status": "succeeded",
            "amount": {"value": "1490.00", "currency": "RUB"}, "metadata": {},
        }  # fmt: skip
        return own.service("record_refund", refund=by_hand, source="sweep")["outcome"]

    def change(own: DbEnv) -> Any:
        return own.record(payment_of(page, "succeeded"))["outcome"]

    for _ in range(6):
        db.organization = db.another()
        db.rpc("moderator", "grant_status_level", organization_id=db.organization, level="B")
        db.run("delete from private.request_counts")
        paid = db.checkout("subscription")
        db.record(payment_of(paid, "succeeded"))
        page = db.checkout("plan_change", "b_month")
        outcome, refunded = at_once(db, change, refund)
        if kind == "start_refund":
            assert (outcome, refunded) in (("applied", "invalid_input"), ("quarantined", "created"))
        (row,) = db.rows(
            "select sum(paid) - sum(refunded + refunding) as kept, sum(credited) - sum(credit) as lost,"
            " sum(refunded + refunding) filter (where paid = 1490) as back, sum(credited) filter (where paid = 1490) as credited"
            " from subscription_periods where organization_id = %s", db.organization,
        )  # fmt: skip
        assert row["lost"] == 0
        assert row["back"] + row["credited"] <= 1490
        changed = db.rows(
            "select 1 from subscription_periods where organization_id = %s and plan_id = 'b_month'",
            db.organization,
        )
        assert (outcome == "applied") == bool(changed)


def test_two_who_bring_the_same_new_words_at_once_are_both_found(db: DbEnv) -> None:
    organizations = [db.another() for _ in range(2)]
    for organization in organizations:
        db.service("grant_status_level", organization_id=organization, level="A")

    def named(place: int, name: str) -> Deed:
        return lambda own: own.run(
            "update organizations set name = %s where id = %s", name, organizations[place]
        )

    for turn in range(5):
        at_once(db, named(0, f"Слово{turn} дело{turn}"), named(1, f"Дело{turn} слово{turn}"))
        found = db.rpc("visitor", "search_organizations", query=f"слово{turn} дело{turn}")["items"]
        assert [item["name"] for item in found] == [f"Слово{turn} дело{turn}", f"Дело{turn} слово{turn}"]
