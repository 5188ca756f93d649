"""Two at once, for real: each actor on a connection and a thread of its own, all let go at the same moment."""

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
from kit.db import World, notification_of, opened, payment_of, publish_stories, scan_codes
from kit.refused import Refused

Deed = Callable[[World], Any]


@pytest.fixture
def world(own_rules: str) -> Iterator[World]:
    """A world that is really committed, in a database of this test's own."""
    with opened(own_rules) as connection:
        connection.autocommit = True
        yield World(connection)


def at_once(world: World, *deeds: Deed) -> list[Any]:
    """Do all of it at the same moment; what each answered, a refusal as its code."""
    ready = Barrier(len(deeds))

    def act(deed: Deed) -> Any:
        with world.beside() as own:
            ready.wait()
            try:
                return deed(own)
            except Refused as refusal:
                return refusal.code

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(act, deeds))


def settle(payment: dict[str, Any]) -> Deed:
    def deed(own: World) -> Any:
        stored = own.service("receive_notification", payload=notification_of(payment))
        return own.service("settle_notification", notification_id=stored["notification_id"], payment=payment)[
            "outcome"
        ]

    return deed


def test_one_notification_100_times_two_at_a_time_is_one_transition(world: World) -> None:
    checkout = world.checkout()
    held = payment_of(checkout, "waiting_for_capture")
    outcomes = Counter(outcome for _ in range(50) for outcome in at_once(world, settle(held), settle(held)))
    assert outcomes == {"applied": 1, "unchanged": 99}
    assert world.history() == [("0", "granted", None)]
    assert world.one("select count(*), sum(deliveries)::int as deliveries from payment_webhooks_log") == {
        "count": 1,
        "deliveries": 100,
    }


@pytest.mark.parametrize("first", ["waiting_for_capture", "canceled"])
@pytest.mark.parametrize("second", ["pending", "waiting_for_capture", "canceled"])
def test_notifications_that_race_make_one_trial(world: World, first: str, second: str) -> None:
    checkout = world.checkout()
    at_once(
        world, *(lambda own, s=status: own.record(payment_of(checkout, s)) for status in (first, second) * 3)
    )
    world.record(payment_of(checkout, "canceled"))
    assert world.history() == [("0", "granted", None)]
    assert world.one("select count(*) from subscriptions")["count"] == 1


def test_two_paid_pages_at_once_make_one_period_and_one_quarantine(world: World) -> None:
    month, year = world.checkout("subscription", "a_month"), world.checkout("subscription", "a_year")
    answers = at_once(
        world,
        *(
            lambda own, c=checkout: own.record(payment_of(c, "succeeded"))["outcome"]
            for checkout in (month, year)
        ),
    )
    assert sorted(answers) == ["applied", "quarantined"]
    assert world.history() == [("A", "granted", None)]


def test_two_holds_at_once_make_one_trial(world: World) -> None:
    month, year = world.checkout(plan="a_month"), world.checkout(plan="a_year")
    at_once(
        world,
        *(
            lambda own, c=checkout: own.record(payment_of(c, "waiting_for_capture"))
            for checkout in (month, year)
        ),
    )
    assert world.history() == [("0", "granted", None)]


def test_two_checkouts_at_once_are_one(world: World) -> None:
    answers = at_once(world, *([lambda own: own.checkout()["transaction_id"]] * 6))
    assert len(set(answers)) == 1


def test_two_grants_at_once_and_grant_and_revoke_at_once(world: World) -> None:
    def grant(own: World) -> Any:
        return own.service("grant_status_level", organization_id=own.organization, level="B")

    def revoke(own: World) -> Any:
        return own.service("revoke_status_level", organization_id=own.organization, level="B", reason="x")

    assert len(set(at_once(world, grant, grant, grant))) == 1
    for _ in range(5):
        at_once(world, grant, revoke, grant, revoke)
    active = world.one("select count(*) from organization_status_levels where is_active")["count"]
    actions = Counter(action for _, action, _ in world.history())
    assert actions["granted"] - actions["revoked"] == active, "the history adds up"
    assert active in (0, 1)


def test_the_last_two_owners_cannot_leave_at_once(world: World) -> None:
    world.run("update organization_members set role = 'owner' where user_id = %s", world.ids["boris"])
    leave = [
        lambda own, who=who: own.door(
            who, "remove_member", organization_id=own.organization, user_id=own.ids[who]
        )
        for who in ("anna", "boris")
    ]
    assert "last_owner" in at_once(world, *leave)
    assert world.one("select count(*) from organization_members where role = 'owner'")["count"] == 1


def test_one_invitation_is_accepted_once(world: World) -> None:
    token = world.door(
        "anna",
        "invite_member",
        organization_id=world.organization,
        email=world.email("stranger"),
        role="editor",
    )["token"]
    answers = at_once(
        world, *([lambda own: own.door("stranger", "accept_invitation", token=token)["role"]] * 4)
    )
    assert Counter(answers) == {"editor": 1, "invitation_used": 3}


def test_the_last_seat_is_taken_once(world: World) -> None:
    wish = {"organization_id": world.organization, "role": "viewer"}
    world.run("""update subscription_plans set limits = limits || '{"members": 6}'""")
    tokens = {
        who: world.door("anna", "invite_member", email=world.email(who), **wish)["token"]
        for who in ("stranger", "moderator")
    }
    world.run("""update subscription_plans set limits = limits || '{"members": 5}'""")
    answers = at_once(
        world,
        *(
            lambda own, who=who, token=token: own.door(who, "accept_invitation", token=token)["role"]
            for who, token in tokens.items()
        ),
    )
    assert sorted(answers) == ["plan_limit_reached", "viewer"]


def test_the_last_seat_is_offered_once(world: World) -> None:
    wish = {"organization_id": world.organization, "role": "viewer"}
    offer = [
        lambda own, n=n: bool(own.door("anna", "invite_member", email=f"n{n}@example.test", **wish)["token"])
        for n in range(3)
    ]
    assert Counter(at_once(world, *offer)) == {"plan_limit_reached": 2, True: 1}


def test_nobody_comes_in_while_the_organization_is_being_deleted(world: World) -> None:
    slug = world.one("select slug from organizations where id = %s", world.organization)["slug"]
    token = world.door(
        "anna",
        "invite_member",
        organization_id=world.organization,
        email=world.email("stranger"),
        role="viewer",
    )["token"]
    joined, _ = at_once(
        world,
        lambda own: own.door("stranger", "accept_invitation", token=token)["role"],
        lambda own: own.door(
            "anna", "delete_organization", organization_id=own.organization, confirmation=slug
        ),
    )
    members = world.rows(
        "select from organization_members where organization_id = %s and user_id = %s",
        world.organization,
        world.ids["stranger"],
    )
    assert (joined, len(members)) in (("viewer", 1), ("not_found", 0))


def test_the_same_slug_and_inn_at_once_are_taken_once(world: World) -> None:
    answers = at_once(world, *([lambda own: str(own.found("stranger", inn="7707083893", slug="paseka"))] * 4))
    assert len([answer for answer in answers if answer not in ("slug_taken", "inn_taken")]) == 1


def test_two_sweeps_at_once_never_take_the_same(world: World) -> None:
    for _ in range(30):
        world.organization = world.another()
        world.checkout()
        world.run("delete from private.request_counts")  # a person may not be this quick
    later = datetime.now(UTC) + timedelta(minutes=5)
    claims = at_once(
        world,
        *([lambda own: own.service("claim_payment_sweep", as_of=later, max_items=20)["transactions"]] * 3),
    )
    taken = [item["transaction_id"] for claim in claims for item in claim]
    assert len(taken) == len(set(taken)) == 30


def test_forgetting_a_card_while_a_payment_is_recorded(world: World) -> None:
    world.record(payment_of(world.checkout(), "waiting_for_capture"))
    card = world.one("select id from payment_methods")["id"]
    checkout = world.checkout("subscription")
    at_once(
        world,
        lambda own: own.door("anna", "forget_payment_method", payment_method_id=card),
        lambda own: own.record(payment_of(checkout, "succeeded")),
    )
    assert (
        world.one("select revoked_at is not null as gone from payment_methods where id = %s", card)["gone"]
        is True
    )
    linked = world.one("select payment_method_id from subscriptions")["payment_method_id"]
    assert linked != card


def test_the_daily_job_twice_at_once_ends_each_level_once(world: World) -> None:
    end = datetime.now(UTC) + timedelta(days=1)
    for _ in range(40):
        world.organization = world.another()
        world.service("grant_status_level", organization_id=world.organization, level="A", valid_until=end)
        world.service(
            "grant_status_level",
            organization_id=world.organization,
            level="B",
            valid_until=end + timedelta(days=3),
        )
    later = end + timedelta(minutes=1)
    answers = at_once(world, *([lambda own: own.service("run_status_expiry", as_of=later, max_rows=7)] * 4))
    while (last := world.service("run_status_expiry", as_of=later))["more"]:
        answers.append(last)
    assert sum(answer["expired"] for answer in [*answers, last]) == 40
    assert sum(sum(answer["notices"].values()) for answer in [*answers, last]) == 40
    assert all(answer["failed_steps"] == [] for answer in answers)
    counted = world.rows(
        "select organization_id, count(*) from status_level_events where action = 'expired' group by 1"
    )
    assert [row["count"] for row in counted] == [1] * 40


def test_the_daily_job_and_an_admin_at_once_end_a_level_once(world: World) -> None:
    end = datetime.now(UTC) + timedelta(days=1)
    later = end + timedelta(minutes=1)
    for _ in range(10):
        world.organization = world.another()
        world.service("grant_status_level", organization_id=world.organization, level="B", valid_until=end)
        at_once(
            world,
            lambda own: own.service("run_status_expiry", as_of=later),
            lambda own: own.door(
                "moderator", "revoke_status_level", organization_id=own.organization, level="B", reason="x"
            ),
            lambda own: own.service("run_status_expiry", as_of=later),
        )
        actions = [action for _, action, _ in world.history()]
        assert actions in (["granted", "revoked"], ["granted", "expired"]), actions


def test_two_claims_at_once_never_take_the_same_charge(world: World) -> None:
    for _ in range(20):
        world.organization = world.another()
        world.run("delete from private.request_counts")
        world.start_trial()
    later = datetime.now(UTC) + timedelta(days=15)
    claims = at_once(world, *([lambda own: own.service("claim_due_charges", as_of=later, max_items=8)] * 4))
    while more := world.service("claim_due_charges", as_of=later):
        claims.append(more)
    taken = [item["subscription_id"] for claim in claims for item in claim]
    assert len(taken) == len(set(taken)) == 20


@pytest.mark.parametrize("door", ["cancel_subscription", "forget"])
def test_a_charge_that_begins_while_the_customer_leaves(world: World, door: str) -> None:
    """Either the charge was let go first, or it is not sent at all: never a charge let go after."""
    for _ in range(8):
        world.organization = world.another()
        world.run("delete from private.request_counts")
        end = world.start_trial()["trial_ends_at"]
        (claimed,) = world.service("claim_due_charges", as_of=end)
        card = world.one("select id from payment_methods where organization_id = %s", world.organization)[
            "id"
        ]

        def leave(own: World, card: Any = card) -> Any:
            if door == "forget":
                return own.door("anna", "forget_payment_method", payment_method_id=card)["charge_under_way"]
            own.door("anna", "cancel_subscription", organization_id=own.organization)
            return None

        def let_go(own: World, charge: str = claimed["transaction_id"]) -> Any:
            return own.service("begin_charge", transaction_id=charge)

        gate, under_way = at_once(world, let_go, leave)
        if door == "forget":
            assert under_way is bool(gate["request_body"]), "what was let go before is said"
        again = world.service("begin_charge", transaction_id=claimed["transaction_id"])
        assert not again["request_body"], "nothing is let go after"


def earn_level_c(world: World, organization: Any) -> None:
    """All that level C asks for, but for the sixtieth day, which ends tonight; and a B that the job tells of."""
    world.run(
        "insert into organization_status_levels (organization_id, level, valid_from, granted_at) values (%s, 'A', now() - interval '59 days 12 hours', now())",
        organization,
    )
    world.run(
        "insert into organization_status_levels (organization_id, level, valid_until) values (%s, 'B', now() + interval '7 days')",
        organization,
    )
    world = copy(world)
    world.organization = organization
    publish_stories(world, 5, days_ago=0.1)
    scan_codes(world, 100, days_ago=0.1)


def test_two_batches_of_the_daily_job_do_not_wait_for_each_other(world: World) -> None:
    """Each has told one organization of an end, and comes to the level C that the other's has earned."""
    both = [world.organization, world.found("stranger")]
    for organization in both:
        earn_level_c(world, organization)
    tonight = datetime.now(UTC) + timedelta(days=1)
    with world.beside() as first, world.beside() as second:
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
    left = world.service("run_status_expiry", as_of=tonight)
    assert sum(answer["level_c_granted"] for answer in (*answers, left)) == 2


@contextmanager
def held_up_at(world: World, table: str, row_id: Any) -> Iterator[Callable[[], None]]:
    """Whoever changes that row waits until the block ends; the block is given a way to wait for that."""
    world.run("create function wait_here() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock_shared(7); return new; end'")  # fmt: skip
    world.run(
        f"create trigger wait before update on {table} for each row when (old.id = '{row_id}') execute function wait_here()"
    )
    world.run("select pg_advisory_lock(7)")

    def somebody_waits() -> None:
        until = monotonic() + 20
        while not world.rows("select 1 from pg_locks where locktype = 'advisory' and not granted"):
            assert monotonic() < until, "nobody came"
            sleep(0.02)

    try:
        yield somebody_waits
    finally:
        world.run("select pg_advisory_unlock(7)")


def test_who_pays_while_the_job_ends_others_grace_is_not_ended(world: World) -> None:
    now = datetime.now(UTC)
    plan, over = "a_month", now - timedelta(days=1)
    organizations = [world.another("stranger") for _ in range(15)] + [world.organization]
    for number, organization in enumerate(organizations):
        world.run(
            "insert into subscriptions (organization_id, plan_id, status, current_period_start, current_period_end, billing_anchor, grace_until)"
            " values (%s, %s, 'past_due', %s, %s, %s, %s)",
            organization, plan, over - timedelta(days=46), over - timedelta(days=15), over, over + timedelta(minutes=number),
        )  # fmt: skip
    first = world.one("select id from subscriptions order by grace_until limit 1")["id"]
    page = world.checkout("subscription")
    with ThreadPoolExecutor(1) as pool, world.beside() as job:
        job.connection.autocommit = True
        with held_up_at(world, "subscriptions", first) as somebody_waits:
            running = pool.submit(lambda: job.service("run_billing_cycle", as_of=now))
            somebody_waits()
            assert world.record(payment_of(page, "succeeded"))["outcome"] == "applied"
        assert running.result()["grace_ended"] == 15
    assert (world.live()["status"], world.level()) == ("active", "A")
