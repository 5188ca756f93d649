"""The attack finds what is wrong: holes of every kind are planted in a database of their own, and it names exactly those."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attack import catalog, on_files, on_functions, on_rpcs, on_tables
from attack.conftest import PARTS
from attack.scene import Finding, Scene, played
from kit.clusters import Clusters
from kit.env import WEBHOOK_SECRET
from kit.refused import Refused
from kit.waiting import until
from stack.stack import Stack

ATTACKERS = ("visitor", "owner of another")
INNOCENT = {
    "organization_members",
    "payment_methods",
    "subscriptions",
    "billing_overview",
    "cancel_subscription",
    "remove_member",
}
"""What is attacked beside the holes, and has none."""

HOLES: dict[str, tuple[str, set[str]]] = {
    "organization_settings": (
        "create policy hole on public.organization_settings for select to authenticated using (true)",
        {"read"},
    ),
    "email_outbox": (
        "grant select on public.email_outbox to anon;"
        " create policy hole on public.email_outbox for select to anon using (true)",
        {"may select", "read"},
    ),
    "profiles": ("alter table public.profiles disable row level security", {"read", "update done"}),
    "organization_status_levels": (
        "grant update (notes) on public.organization_status_levels to authenticated;"
        " create policy hole on public.organization_status_levels for update to authenticated using (true);"
        " create policy seen on public.organization_status_levels for select to authenticated using (true)",
        {"may update notes", "update done", "read"},
    ),
    "notifications": (
        "grant delete on public.notifications to authenticated;"
        " create policy hole on public.notifications for delete to authenticated using (true);"
        " create policy seen on public.notifications for select to authenticated using (true)",
        {"may delete", "delete done"},
    ),
    "status_level_events": (
        "grant insert on public.status_level_events to authenticated;"
        " create policy hole on public.status_level_events for insert to authenticated with check (true)",
        {"may insert", "insert done"},
    ),
    "everybodys_addresses": (
        "create view public.everybodys_addresses as select u.id, u.email from auth.users u;"
        " grant select on public.everybodys_addresses to anon",
        {"may select", "read"},
    ),
    "run_status_expiry": ("grant execute on function public.run_status_expiry to anon", {"may call"}),
    "get_payment_status": (
        """create or replace function public.get_payment_status(transaction_id uuid) returns jsonb
             language sql security definer set search_path = ''
           as 'select to_jsonb(t) from public.payment_transactions t where t.id = transaction_id'""",
        {"told of the victim"},
    ),
    "revoke_invitation": (
        """create or replace function public.revoke_invitation(invitation_id uuid) returns void
             language sql security definer set search_path = ''
           as 'delete from public.organization_invitations where id = invitation_id'""",
        {"delete of organization_invitations"},
    ),
    "level_c_progress": (
        """create or replace function public.level_c_progress(organization_id uuid)
             returns table (criterion text, current integer, required integer, met boolean)
             language plpgsql set search_path = ''
           as $$ begin raise exception 'no such organization in select * from private.things'; end $$""",
        {"P0001", "told our SQL or code"},
    ),
    "quote_plan_change": (
        """create or replace function public.quote_plan_change(organization_id uuid, plan_id text) returns jsonb
             language plpgsql set search_path = ''
           as $$ declare found public.subscriptions; begin
             select s.* into strict found from public.subscriptions s where false; return '{}'; end $$""",
        {"answered 500"},
    ),
    "status-evidence": ("update storage.buckets set public = true where id = 'status-evidence'", {"read"}),
    "organization-uploads": (
        "create policy hole on storage.objects for delete to authenticated using (bucket_id = 'organization-uploads');"
        " create policy seen on storage.objects for select to authenticated using (bucket_id = 'organization-uploads')",
        {"read", "listed", "deleted"},
    ),
}  # fmt: skip
LAST = "create function public.planted() returns int language sql as 'select 1'; grant execute on function public.planted to anon"
"""A hole too: when it is there, the API has seen all before it."""


@pytest.fixture
def breached(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A scene on a stack of its own, still whole."""
    data = clusters.copy_for_stack("real-time", tmp_path_factory.mktemp("breached"))
    with (
        Stack(data, only=PARTS - {"functions", "yookassa"}, durable=False, migrated=True) as stack,
        played(stack) as scene,
    ):
        yield scene


def attack(scene: Scene, buckets: list[on_files.Bucket]) -> set[Finding]:
    attacked = {*HOLES, *INNOCENT, "planted"}
    tables = [table for table in catalog.tables(scene.victim) if table.name in attacked]
    rpcs = [rpc for rpc in catalog.rpcs(scene.victim) if rpc.name in attacked]
    found = set[Finding]()
    for who in ATTACKERS:
        found |= on_files.attack(scene, who, buckets)[0]
        found |= on_tables.attack(scene, who, tables)[0]
        found |= on_rpcs.attack(scene, who, rpcs)[0]
    return found


def test_the_attack_names_exactly_the_holes(breached: Scene) -> None:
    scene = breached
    buckets = on_files.buckets(scene)
    for statement, _ in HOLES.values():
        scene.victim.run(statement)
    scene.victim.run(LAST)
    until(lambda: is_seen(scene))

    found = attack(scene, buckets)
    assert {finding.where for finding in found} == {*HOLES, "planted"}
    for where, (_, expected) in HOLES.items():
        said = [finding.what for finding in found if finding.where == where]
        assert [what for what in expected if not any(what in one for one in said)] == [], (where, said)


def test_careless_settings_are_found(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Jobs that take another moment than now, and webhooks from anywhere."""
    data = clusters.copy_for_stack("real-time", tmp_path_factory.mktemp("careless"))
    careless = {"functions": {"ALLOW_TIME_TRAVEL": "1", "YOOKASSA_IP_CHECK": "off"}}
    outside = {"YOOKASSA_WEBHOOK_SECRET": WEBHOOK_SECRET}
    with (
        Stack(data, only=PARTS, env=careless, durable=False, migrated=True, outside=outside) as stack,
        played(stack) as scene,
    ):
        jobs = [ask for ask in on_functions.at_jobs(scene) if ask.where == "qr_rollup"]
        found = on_functions.attack(scene, jobs)[0]
        moments = ("2030-01-01T00:00:00Z", "1990-01-01T00:00:00Z", "0")
        assert {finding.what for finding in found} == {
            "a job ran",
            *(f"run as of {moment}: let in" for moment in moments),
        }
        found = on_functions.attack(scene, on_functions.at_the_webhook(scene))[0]
        assert {finding.what for finding in found} == {"a foreign address: let in"}


def is_seen(scene: Scene) -> bool:
    try:
        return bool(scene.person("visitor").rpc("planted") == 1)
    except Refused:
        return False
