-- The whole billing page in one answer: what is paid, what is charged next and why not, what can be bought, and what became of every payment.
-- Who may see what is as in the tables: members the subscription and the offers, admins the money, the organization's own admins the cards.


create function private.plan_in_full(plan public.subscription_plans) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'id', plan.id, 'level', plan.level, 'title', plan.title, 'amount', plan.amount::text, 'currency', plan.currency, 'period', plan.period,
    'trial_days', plan.trial_days, 'requires_verification', plan.requires_verification, 'limits', plan.limits)
$$;
comment on function private.plan_in_full is 'A plan as people choose it.';

create function private.subscription_level(subscription public.subscriptions, plan public.subscription_plans) returns public.status_level
  language sql immutable set search_path = ''
as $$
  select case
    when subscription.status = 'trialing' then '0'
    when subscription.status = 'past_due' and subscription.trial_ends_at = subscription.current_period_end then '0' -- no period was paid yet
    else plan.level
  end
$$;
comment on function private.subscription_level is 'The level that hangs on a live subscription: 0 until a period was paid, the grace after a trial included.';

create function private.subscription_overview(subscription public.subscriptions, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select to_jsonb(subscription) - 'created_by' || jsonb_build_object(
    'is_live', private.is_live(subscription.status),
    'plan', private.plan_in_full(p) || jsonb_build_object('amount', subscription.amount::text), -- the price subscribed to
    'level', private.subscription_level(subscription, p),
    'is_revoked', coalesce(private.resume_obstacle(subscription, as_of) in ('revoked', 'verification_required'), false),
    'cancelling', case when private.is_live(subscription.status) and not subscription.cancel_at_period_end then jsonb_build_object(
      'at', subscription.current_period_end,
      'at_once', subscription.current_period_end <= as_of,
      'loses', (
        select jsonb_agg(lost.level order by lost.level)
        from (
          select private.subscription_level(subscription, p) as level
          union
          select c.level from public.organization_status_levels c -- it stands on the last of A and B
          where c.organization_id = subscription.organization_id and c.level = 'C' and c.is_active
            and not exists (
              select from public.organization_status_levels l
              where l.organization_id = c.organization_id and l.is_active and l.level in ('A', 'B')
                and l.level <> private.subscription_level(subscription, p)
            )
        ) as lost
      )
    ) end
  )
  from public.subscription_plans p where p.id = subscription.plan_id
$$;
comment on function private.subscription_overview is
  'A subscription''s columns and what follows from them: {…, is_live, plan, level, is_revoked, cancelling: null|{at, at_once, loses: [level]}}. is_revoked: it runs out because we took its level away.';

create function private.next_charge(subscription public.subscriptions, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select jsonb_build_object(
    'at', subscription.next_charge_at, 'amount', private.renewal_price(subscription, subscription.current_period_end)::text, 'currency', p.currency,
    'payment_method_id', subscription.payment_method_id,
    'why_not', case
      when private.has_open_charge(subscription.id) then 'under_way'
      when subscription.cancel_at_period_end then 'cancelled'
      when subscription.payment_method_id is null then 'no_card'
      when subscription.next_charge_at is null then 'declined'
    end)
  from public.subscription_plans p
  where p.id = subscription.plan_id and private.is_live(subscription.status)
$$;
comment on function private.next_charge is
  'What is charged next, when and to which card: {at, amount, currency, payment_method_id, why_not: null|under_way|cancelled|no_card|declined}; null when the subscription is over.';

-- What start_checkout would take, and why it would not: a test holds the two together.
create function private.plan_offers(organization public.organizations, live public.subscriptions, may_pay boolean, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  with known as (
    select p as plan, p.position,
      case
        when not may_pay then 'not_allowed'
        when live.status in ('active', 'past_due') and p.id = live.plan_id then 'current'
        when private.has_open_charge(live.id) then 'charge_under_way'
        when organization.deletion_requested_at is not null then 'being_deleted'
        when live.status = 'active' and p.level < (select c.level from public.subscription_plans c where c.id = live.plan_id) then 'lower_level'
        when not private.may_hold_plan(organization.id, p.id) then
          case when exists (
            select from public.status_upgrade_requests r where r.organization_id = organization.id and r.status = 'pending'
          ) then 'verification_pending' else 'verification_required' end
      end as obstacle,
      p.amount < 12 * m.amount as is_saving, 12 * m.amount - p.amount as saving
    from public.subscription_plans p
    left join public.subscription_plans m on p.period = 'year' and m.level = p.level and m.period = 'month' and m.is_active
    where p.is_active
  ), told as (
    select k.*, k.obstacle is null and live.id is null and (k.plan).trial_days > 0 and not private.has_had_trial(organization) as trial
    from known k
  )
  select coalesce(jsonb_agg(private.plan_in_full(t.plan) || jsonb_build_object(
    'plan_id', (t.plan).id,
    'amount', private.price_for(live, (t.plan).id)::text,
    'offer', case when t.obstacle = 'current' then 'current' when t.obstacle is not null then 'closed' when live.status = 'active' then 'change' else 'pay' end,
    'why', nullif(t.obstacle, 'current'),
    'trial', t.trial,
    'trial_until', case when t.trial then (
      select (as_of at time zone os.time_zone + make_interval(days => (t.plan).trial_days)) at time zone os.time_zone
      from public.organization_settings os where os.organization_id = organization.id
    ) end,
    'saving', case when t.is_saving then t.saving::text end
  ) order by t.position), '[]')
  from told t
$$;
comment on function private.plan_offers is
  'Every plan on sale and what can be done about it: [{plan_id, level, title, amount, currency, period, limits, …, offer: pay|change|current|closed, why: null|not_allowed|charge_under_way|being_deleted|lower_level|verification_required|verification_pending, trial, trial_until, saving}]. saving: what a year costs less than twelve months.';

-- A charge of ours comes first: while it is undecided nothing else is to be paid.
create function private.payment_under_way(organization_id uuid) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select jsonb_build_object(
    'transaction_id', t.id, 'kind', t.kind, 'status', t.status, 'payment_url', t.confirmation_url,
    'amount', t.amount::text, 'currency', t.currency, 'created_at', t.created_at)
  from public.payment_transactions t
  where t.organization_id = payment_under_way.organization_id
    and case when t.kind = 'renewal'
      then private.is_open_charge(t) and exists (
        select from public.subscriptions s where s.id = t.subscription_id and private.is_live(s.status))
      else t.status in ('created', 'pending') and not exists ( -- the newest one that a person began
        select from public.payment_transactions newer
        where newer.organization_id = t.organization_id and newer.kind <> 'renewal' and newer.created_at > t.created_at)
    end
  order by t.kind = 'renewal' desc, t.created_at desc
  limit 1
$$;
comment on function private.payment_under_way is
  'The payment whose outcome is not known yet: {transaction_id, kind, status, payment_url, amount, currency, created_at}; kind renewal: we are charging the saved card right now; else a person began it. Null: there is none.';

create function private.ended_subscription(subscription public.subscriptions, tells_amount boolean) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select jsonb_build_object(
    'at', case
      when subscription.status = 'expired' or subscription.canceled_at is null then subscription.updated_at
      when refunded.amount is not null then
        case when subscription.cancel_at_period_end then subscription.updated_at else subscription.canceled_at end
      else greatest(subscription.canceled_at, subscription.current_period_end) -- cancelled in its period, or after it, when it was past due
    end,
    'reason', case
      when refunded.amount is not null then 'refunded'
      when subscription.status = 'expired' then 'grace_period_ended'
      when subscription.cancel_at_period_end then 'subscription_cancelled'
    end,
    'amount', case when tells_amount then refunded.amount::text end, 'currency', 'RUB')
  from (select) as always
  left join lateral ( -- all that its last period cost was given back
    select p.refunded as amount from public.subscription_periods p
    where p.subscription_id = subscription.id and p.refunded > 0 and p.refunded >= p.paid + p.credit
      and not exists (select from public.subscription_periods n where n.subscription_id = p.subscription_id and n.began_at > p.began_at)
    limit 1
  ) as refunded on true
  where subscription.id is not null and not private.is_live(subscription.status)
$$;
comment on function private.ended_subscription is
  'When and why a subscription that is over ended: {at, reason: null|refunded|grace_period_ended|subscription_cancelled, amount (given back), currency}.';

create function private.last_decline(subscription public.subscriptions) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select jsonb_build_object(
    'at', coalesce(declined.at, subscription.grace_started_at), 'reason', coalesce(declined.reason, case when declined.at is null then 'no_payment_method' end),
    'next_try_at', case when subscription.payment_method_id is not null then subscription.next_charge_at end,
    'later_tries', coalesce((
      select jsonb_agg(r.scheduled_at order by r.scheduled_at) from public.subscription_retry_attempts r
      where r.subscription_id = subscription.id and r.outcome is null and r.attempted_at is null and r.scheduled_at > subscription.next_charge_at
    ), '[]'))
  from (select) as always
  left join lateral (
    select t.updated_at as at, case when t.cancellation_party = 'yookassa_api' then 'refused' else t.cancellation_reason end as reason
    from public.payment_transactions t
    where t.subscription_id = subscription.id and t.kind = 'renewal' and t.status = 'canceled' and t.period_start = subscription.current_period_end
    order by t.created_at desc limit 1
  ) as declined on true
  where subscription.status = 'past_due' and (declined.at is not null or subscription.payment_method_id is null)
$$;
comment on function private.last_decline is
  'Why the period that is due is not paid, and when the card is tried again: {at, reason, next_try_at, later_tries: [at]}; null while nothing is owed. reason: as private.decline_reasons, or a word of ЮKassa''s that we do not know.';

create function private.saved_cards(organization_id uuid, main_id uuid, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', m.id, 'title', m.title, 'type', m.type, 'brand', m.card_type, 'last4', m.card_last4,
    'expires_at', m.expires_at, 'is_expired', coalesce(m.expires_at <= as_of, false), 'is_main', m.id is not distinct from main_id
  ) order by m.created_at desc), '[]')
  from ( -- a card that was saved again is listed once: as the one that is charged, else as it was saved last
    select distinct on (private.card_identity(c)) c.*
    from public.payment_methods c
    where c.organization_id = saved_cards.organization_id and c.revoked_at is null
    order by private.card_identity(c), c.id is not distinct from main_id desc, c.created_at desc
  ) as m
$$;
comment on function private.saved_cards is
  'The saved cards, newest first: [{id, title, type, brand, last4, expires_at, is_expired, is_main}]; is_main: the one the subscription is charged to.';

create function private.payment_history(organization_id uuid) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  with documents as ( -- of all payments and refunds at once, by one index
    select f.transaction_id, f.refund_id, jsonb_agg(jsonb_build_object(
      'kind', f.kind, 'fiscal_storage_number', f.fiscal_storage_number, 'fiscal_document_number', f.fiscal_document_number,
      'fiscal_attribute', f.fiscal_attribute, 'registered_at', f.registered_at
    ) order by f.registered_at, f.id) as receipts
    from public.fiscal_receipts f
    where f.organization_id = payment_history.organization_id
    group by f.transaction_id, f.refund_id
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', t.id, 'kind', t.kind, 'plan_id', t.plan_id, 'plan', p.title, 'amount', t.amount::text, 'currency', t.currency,
    'status', t.status, 'refunded_amount', t.refunded_amount::text, 'method_saved', t.method_saved,
    'cancellation_party', t.cancellation_party, 'cancellation_reason', t.cancellation_reason,
    'quarantine_reason', t.quarantine_reason, 'judged_at', t.judged_at, 'receipt_registration', t.receipt_registration,
    'created_at', t.created_at, 'updated_at', t.updated_at,
    'attempt', tried.attempt + 1, -- the charge on the day itself came before the first retry
    'receipts', coalesce(own.receipts, '[]'),
    'refunds', coalesce(returned.refunds, '[]')
  ) order by t.created_at desc, t.id desc), '[]')
  from public.payment_transactions t
  join public.subscription_plans p on p.id = t.plan_id
  left join lateral (
    select r.attempt from public.subscription_retry_attempts r where r.transaction_id = t.id limit 1
  ) as tried on true
  left join documents own on own.transaction_id = t.id and own.refund_id is null
  left join (
    select f.transaction_id, jsonb_agg(jsonb_build_object(
      'id', f.id, 'amount', f.amount::text, 'currency', f.currency, 'status', f.status, 'reason', f.reason,
      'receipt_registration', f.receipt_registration, 'receipts', coalesce(d.receipts, '[]'),
      'created_at', f.created_at, 'updated_at', f.updated_at
    ) order by f.created_at desc) as refunds
    from public.payment_refunds f
    left join documents d on d.refund_id = f.id
    where f.organization_id = payment_history.organization_id
    group by f.transaction_id
  ) as returned on returned.transaction_id = t.id
  where t.organization_id = payment_history.organization_id
$$;
comment on function private.payment_history is 'Every payment and every attempt, newest first, each with its fiscal receipts and its refunds with theirs; attempt: the how manieth try of a charge, null for what was no retry.';

-- An address is worth a word only where receipts are sent at all.
create function private.receipt_address(organization_id uuid) returns text
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select os.billing_email from public.organization_settings os
  where os.organization_id = receipt_address.organization_id and (
    exists (
      select from public.payment_transactions t where t.organization_id = os.organization_id and t.receipt_registration is not null)
    or exists (
      select from public.payment_refunds r where r.organization_id = os.organization_id and r.receipt_registration is not null)
  )
$$;
comment on function private.receipt_address is 'Where receipts go; null before the first one.';

create function public.billing_overview(organization_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one answer from tables of different rights
as $$
declare
  organization public.organizations;
  latest public.subscriptions;
  live public.subscriptions;
  may_pay boolean := private.is_service() or coalesce(private.role_of(organization_id, auth.uid()) >= 'admin', false);
  sees_money boolean := may_pay or private.is_platform_admin();
begin
  if not sees_money then
    perform private.require_role(organization_id, 'viewer');
  end if;
  select * into organization from public.organizations o where o.id = billing_overview.organization_id;
  if not found then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
  select * into latest from public.subscriptions s
  where s.organization_id = organization.id
  order by private.is_live(s.status) desc, s.created_at desc, s.id desc
  limit 1;
  if private.is_live(latest.status) then
    live := latest;
  end if;

  return jsonb_build_object(
    'subscription', private.subscription_overview(latest, now()),
    'next_charge', private.next_charge(live, now()),
    'price_change', case when live.coming_amount is not null then jsonb_build_object(
      'from', live.amount::text, 'to', live.coming_amount::text, 'currency', 'RUB', 'applies_from', live.coming_from) end,
    'offers', private.plan_offers(organization, live, may_pay, now()),
    'under_way', case when sees_money then private.payment_under_way(organization.id) end,
    'cards', case when may_pay then private.saved_cards(organization.id, live.payment_method_id, now()) else '[]' end,
    'ended', private.ended_subscription(latest, sees_money),
    'last_decline', case when sees_money then private.last_decline(live) end,
    'payments', case when sees_money then private.payment_history(organization.id) else '[]' end,
    'receipts_to', case when sees_money then private.receipt_address(organization.id) end
  );
end
$$;
comment on function public.billing_overview is
  'Members and platform admins: the whole billing page. {subscription: null|{id, plan_id, status, …, is_live, plan, level, is_revoked, cancelling: null|{at, at_once, loses}} (the live one, or the last), next_charge: null|{at, amount, currency, payment_method_id, why_not: null|under_way|cancelled|no_card|declined}, price_change: null|{from, to, currency, applies_from}, offers: [{plan_id, amount, offer: pay|change|current|closed, why: null|not_allowed|charge_under_way|being_deleted|lower_level|verification_required|verification_pending, trial, trial_until, saving, level, title, currency, period, trial_days, requires_verification, limits}], under_way: null|{transaction_id, kind, status, payment_url, amount, currency, created_at}, cards: [{id, title, type, brand, last4, expires_at, is_expired, is_main}], ended: null|{at, reason: null|refunded|grace_period_ended|subscription_cancelled, amount, currency}, last_decline: null|{at, reason, next_try_at, later_tries}, payments: [{id, kind, status, amount, attempt, receipts: [{kind: payment|refund, fiscal_storage_number, fiscal_document_number, fiscal_attribute, registered_at}], refunds: [{id, amount, status, receipts, …}], …}], receipts_to: null|address}. Below admin under_way, cards, last_decline, payments and receipts_to are empty, and every offer is closed (not_allowed). Amounts are roubles with kopecks, "1490.00". 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.billing_overview to authenticated, service_role;
