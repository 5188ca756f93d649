-- Billing: plans, subscriptions, money, and the one path by which the truth about a payment gets in.
-- Facts about ЮKassa: https://yookassa.ru/developers/api. Money is numeric(12,2) in roubles.


-- Plans: what can be bought. ---------------------------------------------------------------------------------------------

create table public.subscription_plans (
  id text primary key,
  level public.status_level not null,
  title jsonb not null,
  amount numeric(12, 2) not null,
  currency text not null default 'RUB',
  period text not null,
  trial_days int not null default 0,
  requires_verification boolean not null default false,
  limits jsonb not null,
  is_active boolean not null default true,
  position int not null,
  constraint a_plan_pays_for_a_or_b check (level in ('A', 'B')),
  constraint title_is_in_both_languages check (title ? 'ru' and title ? 'en'),
  constraint amount_is_positive check (amount > 0),
  constraint currency_is_roubles check (currency = 'RUB'),
  constraint period_is_known check (period in ('month', 'year')),
  constraint trial_is_not_negative check (trial_days >= 0),
  constraint level_b_needs_verification check (requires_verification = (level = 'B')),
  constraint limits_are_named check (limits ?& array['qr_codes', 'stories_per_month', 'members'])
);
comment on table public.subscription_plans is
  'What can be bought: level, title {ru, en}, amount in roubles, period (month, year), trial_days, limits {qr_codes, stories_per_month, members}.';

alter table public.subscription_plans enable row level security;
grant select on public.subscription_plans to anon, authenticated, service_role;
create policy "everyone reads the plans" on public.subscription_plans
  for select to anon, authenticated
  using (true);
-- insert, update, delete are not granted: prices change by a migration

-- Months and years are counted from the anchor, not from the period before: 31 January → 28 February → 31 March.
create function private.next_period_end(anchor timestamptz, start timestamptz, period text, time_zone text) returns timestamptz
  language sql stable set search_path = ''
as $$
  with local as (
    select anchor at time zone time_zone as anchor, start at time zone time_zone as start,
      case period when 'month' then 1 when 'year' then 12 end as months
  ), passed as (
    select l.*, ((extract(year from l.start) - extract(year from l.anchor)) * 12
      + extract(month from l.start) - extract(month from l.anchor))::int / l.months as periods
    from local l
  )
  select min(p.anchor + make_interval(months => p.months * (p.periods + ahead))) at time zone time_zone
  from passed p, generate_series(-1, 2) as ahead
  -- where the organization moved to another time zone, its billing day may come again within hours: that ends no period
  where p.anchor + make_interval(months => p.months * (p.periods + ahead)) > p.start + make_interval(days => p.months * 14)
$$;
comment on function private.next_period_end is
  'End of the period that begins at start, by the organization''s calendar and the billing day of the anchor. period: month or year.';


-- Payment methods: a card as far as we may know it. ----------------------------------------------------------------------

create table public.payment_methods (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  yookassa_payment_method_id text,
  type text not null,
  title text,
  card_type text,
  card_last4 text,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  revoked_at timestamptz,
  constraint last4_is_four_digits check (card_last4 ~ '^[0-9]{4}$'),
  -- Federal law 376-ФЗ: what the customer took back is not kept, so that nothing can be charged.
  constraint a_forgotten_method_cannot_be_charged check ((revoked_at is null) = (yookassa_payment_method_id is not null)),
  constraint payment_methods_yookassa_id_key unique (organization_id, yookassa_payment_method_id)
);
comment on table public.payment_methods is
  'Saved payment methods. Forgetting one wipes its ЮKassa id; the row stays as evidence that and when it was forgotten.';

create trigger payment_methods_touch_updated_at before update on public.payment_methods
  for each row execute function private.touch_updated_at();

alter table public.payment_methods enable row level security;
grant select on public.payment_methods to authenticated, service_role;
create policy "organization admins see the saved cards" on public.payment_methods
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('admin'))));
-- insert, update, delete are not granted: ЮKassa saves, forget_payment_method forgets


-- Subscriptions ----------------------------------------------------------------------------------------------------------

create type public.subscription_status as enum ('trialing', 'active', 'past_due', 'canceled', 'expired');

create table public.subscriptions (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  plan_id text not null references public.subscription_plans (id),
  status public.subscription_status not null,
  trial_ends_at timestamptz,
  current_period_start timestamptz not null,
  current_period_end timestamptz not null,
  billing_anchor timestamptz not null,
  next_charge_at timestamptz,
  grace_until timestamptz,
  cancel_at_period_end boolean not null default false,
  canceled_at timestamptz,
  payment_method_id uuid references public.payment_methods (id),
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint a_trial_has_an_end check (status <> 'trialing' or trial_ends_at is not null),
  constraint a_period_ends_after_it_begins check (current_period_end > current_period_start),
  constraint what_is_over_or_ending_is_not_charged check (
    next_charge_at is null or (status in ('trialing', 'active', 'past_due') and not cancel_at_period_end)),
  constraint grace_is_for_the_past_due check ((status = 'past_due') = (grace_until is not null))
);
comment on table public.subscriptions is 'What an organization pays for. At most one is live (trialing, active, past_due).';
comment on column public.subscriptions.billing_anchor is 'The moment whose day of the month is the billing day.';
comment on column public.subscriptions.next_charge_at is
  'When the saved card is charged next: the period''s end, or the next retry. Null while a charge is under way, and when none will be.';
create unique index one_live_subscription_per_organization
  on public.subscriptions (organization_id) where status in ('trialing', 'active', 'past_due');
create index subscriptions_organization_id_idx on public.subscriptions (organization_id, created_at desc);
create index subscriptions_next_charge_at_idx on public.subscriptions (next_charge_at) where next_charge_at is not null;
create index subscriptions_grace_until_idx on public.subscriptions (grace_until) where grace_until is not null;
create index subscriptions_ending_idx on public.subscriptions (current_period_end) where cancel_at_period_end and status in ('trialing', 'active', 'past_due');
create index subscriptions_plan_id_idx on public.subscriptions (plan_id);
create index subscriptions_payment_method_id_idx on public.subscriptions (payment_method_id);
create index subscriptions_created_by_idx on public.subscriptions (created_by);

alter table public.organization_status_levels
  add constraint organization_status_levels_subscription_id_fkey foreign key (subscription_id) references public.subscriptions (id);

create trigger subscriptions_touch_updated_at before update on public.subscriptions
  for each row execute function private.touch_updated_at();

-- What follows from the rest of a new subscription, unless it is given.
create function private.complete_subscription() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.billing_anchor := coalesce(new.billing_anchor, new.trial_ends_at, new.current_period_start);
  if new.status in ('trialing', 'active') and not new.cancel_at_period_end then
    new.next_charge_at := coalesce(
      new.next_charge_at, case new.status when 'trialing' then new.trial_ends_at end, new.current_period_end);
  end if;
  return new;
end
$$;
comment on function private.complete_subscription is
  'Trigger: a new subscription has its billing day from the trial''s end or the period''s begin, and is charged when its trial or period ends.';

create trigger subscriptions_complete before insert on public.subscriptions
  for each row execute function private.complete_subscription();

alter table public.subscriptions enable row level security;
grant select on public.subscriptions to authenticated, service_role;
create policy "members and admins see the subscription" on public.subscriptions
  for select to authenticated
  using (organization_id = any (array(select private.readable_organization_ids('viewer'))));
-- insert, update, delete are not granted: payments and the billing doors move a subscription

create function private.refuse_illegal_subscription_change() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  if new.status <> old.status and (old.status, new.status) not in (
    ('trialing', 'active'), ('trialing', 'past_due'), ('trialing', 'canceled'),
    ('active', 'past_due'), ('active', 'canceled'),
    ('past_due', 'active'), ('past_due', 'expired'), ('past_due', 'canceled')
  ) then
    perform private.refuse('invalid_transition', format('A subscription does not go from %s to %s.', old.status, new.status));
  end if;
  return new;
end
$$;
comment on function private.refuse_illegal_subscription_change is 'Trigger: the whole table of a subscription''s states; 409 invalid_transition.';

create trigger subscriptions_refuse_illegal_change before update of status on public.subscriptions
  for each row execute function private.refuse_illegal_subscription_change();

-- Who has had a trial. Kept apart from organizations, so that a new organization with the same INN has not one more.
create table private.used_trials (
  inn text primary key,
  organization_id uuid not null,
  started_at timestamptz not null,
  constraint used_trials_organization_id_key unique (organization_id)
);
comment on table private.used_trials is 'One trial per organization and per INN, for ever.';
alter table private.used_trials enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.has_had_trial(organization public.organizations) returns boolean
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select exists (select from private.used_trials t where t.inn = organization.inn or t.organization_id = organization.id)
$$;
comment on function private.has_had_trial is 'True when this organization, or another with its INN, has had a trial.';


-- Levels follow the subscription -----------------------------------------------------------------------------------------

create function private.may_hold_plan(organization_id uuid, plan_id text) returns boolean
  language sql stable security definer set search_path = '' -- definer: payments ask for anyone
as $$
  select not p.requires_verification or private.is_verified(organization_id) from public.subscription_plans p where p.id = plan_id
$$;
comment on function private.may_hold_plan is 'False for a plan that asks for verification while the organization is not verified.';

create function private.require_live_subscription(organization_id uuid, subscription_id uuid) returns void
  language plpgsql stable security definer set search_path = '' -- definer: doors ask for anyone
as $$
declare
  subscription public.subscriptions;
begin
  select * into subscription from public.subscriptions s
  where s.id = require_live_subscription.subscription_id and s.organization_id = require_live_subscription.organization_id;
  if not found then
    perform private.refuse('not_found', 'The organization has no such subscription.');
  end if;
  if subscription.status not in ('trialing', 'active', 'past_due') then
    perform private.refuse('invalid_transition', 'This subscription is over: it holds no levels.');
  end if;
end
$$;
comment on function private.require_live_subscription is
  '404 not_found unless the subscription is the organization''s own, 409 invalid_transition unless it is live.';

create function public.ensure_level_a(organization_id uuid, subscription_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only billing ensures level A.');
  end if;
  perform private.lock_organization(organization_id);
  perform private.require_live_subscription(organization_id, subscription_id);
  return jsonb_build_object('level_a_action', coalesce(private.hold_paid_level(subscription_id, 'A', now())::text, 'none'));
end
$$;
comment on function public.ensure_level_a is
  'Service key only: the organization holds A by this live subscription of its own, and 0 is superseded. Answers {level_a_action: granted|extended|none}. 404 not_found, 409 invalid_transition.';
grant execute on function public.ensure_level_a to service_role;

create function private.hold_paid_level(subscription_id uuid, level public.status_level, as_of timestamptz)
  returns public.status_level_action
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  subscription public.subscriptions;
begin
  select * into subscription from public.subscriptions s where s.id = hold_paid_level.subscription_id;
  return private.hold_level(
    subscription.organization_id, level,
    case when subscription.cancel_at_period_end then subscription.current_period_end end,
    subscription.id, null, 'billing', as_of
  );
end
$$;
comment on function private.hold_paid_level is
  'Holds the level by the subscription: no end while it lives on. The caller has the organization''s lock.';

-- What is left of a term that was granted before the subscription came stays; otherwise the level is revoked.
create function private.let_go_level(held public.organization_status_levels, reason text, as_of timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if held.granted_until > as_of then
    update public.organization_status_levels l
    set subscription_id = null, valid_until = nullif(held.granted_until, 'infinity'), granted_until = null
    where l.id = held.id;
    perform private.note_status_event(held.organization_id, held.level, 'extended', 'granted_before', nullif(held.granted_until, 'infinity'), 'billing', as_of);
    return false;
  end if;
  return private.end_level(held.organization_id, held.level, 'revoked', reason, 'billing', as_of);
end
$$;
comment on function private.let_go_level is
  'A subscription that is over lets go of a level: false when the organization keeps it by an earlier grant. The caller has the organization''s lock.';

create function public.handle_subscription_status_change(
  subscription_id uuid, new_status public.subscription_status, organization_id uuid
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only billing moves a subscription.');
  end if;
  perform private.lock_organization(organization_id);
  select * into subscription from public.subscriptions s
  where s.id = handle_subscription_status_change.subscription_id
    and s.organization_id = handle_subscription_status_change.organization_id;
  if not found then
    perform private.refuse('not_found', 'The organization has no such subscription.');
  end if;
  if new_status = 'past_due' and subscription.status in ('trialing', 'active') then
    return private.begin_grace(subscription, now() + interval '14 days', 'payment_failed', now());
  end if;
  if new_status = 'active' and subscription.status in ('trialing', 'past_due') then
    perform private.begin_period(subscription); -- somebody else took the money: the period it is for is not charged again
  end if;
  return private.move_subscription(subscription_id, new_status, null, now());
end
$$;
comment on function public.handle_subscription_status_change is
  'Service key only: moves a subscription to the status, and its levels with it. Answers {level_a_action: granted|revoked|grace_period_started|none}. 404 not_found, 409 invalid_transition.';
grant execute on function public.handle_subscription_status_change to service_role;

-- The one place where a subscription's status and its levels move. reason: why levels end; null means the status says it.
create function private.move_subscription(
  subscription_id uuid, new_status public.subscription_status, reason text, as_of timestamptz
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
  plan public.subscription_plans;
  was public.subscription_status;
  action text := 'none';
  held public.organization_status_levels;
begin
  select s.status into was from public.subscriptions s where s.id = move_subscription.subscription_id;
  update public.subscriptions s
  set status = new_status,
      grace_until = case when new_status = 'past_due' then coalesce(s.grace_until, as_of + interval '14 days') end,
      canceled_at = case when new_status = 'canceled' then coalesce(s.canceled_at, as_of) else s.canceled_at end,
      next_charge_at = case when new_status in ('trialing', 'active') then s.next_charge_at end -- the past due: by their retries
  where s.id = move_subscription.subscription_id and s.status is distinct from new_status
  returning * into subscription;
  if not found then
    select * into subscription from public.subscriptions s where s.id = move_subscription.subscription_id;
  end if;
  select * into plan from public.subscription_plans p where p.id = subscription.plan_id;

  case new_status
    when 'trialing' then
      perform private.hold_level(
        subscription.organization_id, '0', case when subscription.cancel_at_period_end then subscription.current_period_end end,
        subscription.id, null, 'billing', as_of);
    when 'active' then
      if was = 'past_due' then
        perform private.note_status_event(l.organization_id, l.level, 'grace_ended', 'paid', null, 'billing', as_of)
        from public.organization_status_levels l where l.subscription_id = subscription.id and l.is_active;
      end if;
      -- A B that we took away does not come back; who pays for it is a member all the same.
      if private.hold_paid_level(
        subscription.id, case when private.may_hold_plan(subscription.organization_id, plan.id) then plan.level else 'A' end, as_of
      ) = 'granted' then
        action := 'granted';
      end if;
      -- Who pays for a lower plan after a payment failed gave the higher level up.
      perform private.let_go_level(l, 'subscription_cancelled', as_of)
      from public.organization_status_levels l
      where l.subscription_id = subscription.id and l.is_active and l.level > plan.level;
    when 'past_due' then
      for held in
        select l.* from public.organization_status_levels l
        where l.subscription_id = subscription.id and l.is_active
          and not exists ( -- said once for each term of grace
            select from public.status_level_events e
            where e.organization_id = subscription.organization_id and e.level = l.level
              and e.action = 'grace_started' and e.valid_until = subscription.grace_until
          )
      loop
        perform private.note_status_event(subscription.organization_id, held.level, 'grace_started', 'payment_failed',
                                          subscription.grace_until, 'billing', as_of);
        action := 'grace_period_started';
      end loop;
    when 'canceled', 'expired' then
      for held in
        select l.* from public.organization_status_levels l
        where l.subscription_id = subscription.id and l.is_active
      loop
        if private.let_go_level(
          held, coalesce(reason, case new_status when 'expired' then 'grace_period_ended' else 'subscription_cancelled' end), as_of
        ) then
          action := 'revoked';
        end if;
      end loop;
  end case;
  return jsonb_build_object('level_a_action', action);
end
$$;
comment on function private.move_subscription is
  'Moves a subscription and the levels that hang on it. Doing it twice changes nothing. The caller has the organization''s lock.';

-- For money that came another way than through ЮKassa and record_payment.
create function private.begin_period(subscription public.subscriptions) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  period_end timestamptz := subscription.current_period_end;
begin
  if period_end <= now() then
    select private.next_period_end(subscription.billing_anchor, period_end, p.period, os.time_zone) into period_end
    from public.subscription_plans p, public.organization_settings os
    where p.id = subscription.plan_id and os.organization_id = subscription.organization_id;
    update public.subscriptions s set current_period_start = s.current_period_end, current_period_end = period_end where s.id = subscription.id;
  end if;
  update public.subscription_retry_attempts r set outcome = 'not_needed' where r.subscription_id = subscription.id and r.outcome is null;
  perform private.plan_next_charge(subscription.id, case when not subscription.cancel_at_period_end then period_end end);
end
$$;
comment on function private.begin_period is
  'The next period begins when this one is over, without a charge of ours; the next charge is at its end. The caller has the organization''s lock.';

create function private.plan_next_charge(subscription_id uuid, at timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscriptions s set next_charge_at = at where s.id = subscription_id
$$;
comment on function private.plan_next_charge is 'Says when the saved card is charged next; null: not at all.';

create function public.start_grace_period(organization_id uuid, days int default 14) returns timestamptz
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only billing starts a grace period.');
  end if;
  if days is null or days not between 1 and 60 then
    perform private.refuse('invalid_input', '[{"field": "days", "code": "out_of_range"}]');
  end if;
  perform private.lock_organization(organization_id);
  select * into subscription from public.subscriptions s
  where s.organization_id = start_grace_period.organization_id and s.status in ('trialing', 'active', 'past_due');
  if not found then
    perform private.refuse('not_found', 'The organization has no live subscription.');
  end if;
  if subscription.status = 'past_due' then
    return subscription.grace_until; -- one that runs is not restarted
  end if;
  perform private.begin_grace(subscription, now() + make_interval(days => days), 'payment_failed', now());
  return now() + make_interval(days => days);
end
$$;
comment on function public.start_grace_period is
  'Service key only: the live subscription is past due, its card is tried again, and its levels stay until the time answered. One that runs is not restarted. 404 not_found, 422 invalid_input.';
grant execute on function public.start_grace_period to service_role;

create function public.is_grace_period_ended(organization_id uuid) returns boolean
  language plpgsql stable security definer set search_path = '' -- definer: asked by jobs
as $$
begin
  if not private.is_service() then
    perform private.require_role(organization_id, 'viewer');
  end if;
  return exists (
    select from public.subscriptions s
    where s.organization_id = is_grace_period_ended.organization_id and s.status = 'past_due' and s.grace_until <= now()
  );
end
$$;
comment on function public.is_grace_period_ended is
  'Members and the service key: true when the organization is past due and its grace is over; false when it is not in grace at all.';
grant execute on function public.is_grace_period_ended to authenticated, service_role;
