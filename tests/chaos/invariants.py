"""What is true of an organization's money whatever broke, once everything has come to rest."""

from __future__ import annotations

from decimal import Decimal

from chaos.scenarios import LIVE, Stage


def is_at_rest(stage: Stage) -> bool:
    """Whether nothing of this organization is still open between ЮKassa and us."""
    (row,) = stage.env.rows(
        """
        with ours (id) as (values (%s::uuid))
        select
          (select count(*) from public.payment_transactions t, ours
            where t.organization_id = ours.id and t.status in ('created', 'pending', 'waiting_for_capture'))
          + (select count(*) from public.payment_refunds r, ours
            where r.organization_id = ours.id and r.status in ('created', 'pending'))
          + (select count(*) from public.payment_webhooks_log n where n.next_attempt_at < 'infinity') as open
        """,
        stage.kira.organization_id,
    )
    return bool(row["open"] == 0)


def broken(stage: Stage) -> list[str]:
    """The invariants that do not hold, in words."""
    organization = stage.kira.organization_id
    found = []
    transactions = {
        row["yookassa_payment_id"]: row for row in stage.kira.transactions() if row["yookassa_payment_id"]
    }
    subscriptions = stage.env.rows(
        "select * from public.subscriptions where organization_id = %s", organization
    )
    live = [row for row in subscriptions if row["status"] in LIVE]

    if stage.forbidden_after is not None and "POST payments" in stage.gate.calls[stage.forbidden_after :]:
        found.append("a charge was sent after the card was forgotten")
    if not is_at_rest(stage):
        found.append("something never came to its end")
    paid_periods = [
        (row["subscription_id"], row["period_start"])
        for row in transactions.values()
        if row["status"] == "succeeded" and row["kind"] in ("first_payment", "renewal")
    ]
    if len(paid_periods) != len(set(paid_periods)):
        found.append("a period was paid twice")
    if len(live) > 1:
        found.append("two subscriptions live")

    for payment in stage.payments():
        known = transactions.get(payment["id"])
        if payment["status"] == "waiting_for_capture":
            found.append("a hold was not released")
        if payment["status"] != "succeeded":
            continue
        kept = Decimal(payment["amount"]["value"]) - Decimal(payment["refunded_amount"]["value"])
        if known is None:
            found.append("money was taken that we know nothing of")
        elif known["amount"] - known["refunded_amount"] != kept:
            found.append("ЮKassa and we do not agree about the money")
        elif kept and (known["status"] != "succeeded" or known["period_start"] is None):
            found.append("money was taken for nothing")

    for level in stage.env.rows(
        "select level, subscription_id from public.organization_status_levels where organization_id = %s and is_active",
        organization,
    ):
        if level["subscription_id"] not in [row["id"] for row in live]:
            found.append(f"level {level['level']} is held by nothing")
        elif level["level"] == "A" and not any(
            row["status"] == "succeeded" and row["refunded_amount"] < row["amount"]
            for row in transactions.values()
        ):
            found.append("level A was never paid")
    if stage.env.rows(
        "select 1 from private.stranded_subscriptions('infinity') where organization_id = %s", organization
    ):
        found.append("a live subscription that nothing will ever move")
    for row in live:
        held = stage.env.rows(
            "select 1 from public.organization_status_levels where subscription_id = %s and is_active",
            row["id"],
        )
        if not held:
            found.append("a live subscription holds no level")
    return found
