-- Plans: what can be bought, and by whom. Facts about ЮKassa: https://yookassa.ru/developers/api. Money is numeric(12,2) in roubles.

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

create function private.may_hold_plan(organization_id uuid, plan_id text) returns boolean
  language sql stable security definer set search_path = '' -- definer: payments ask for anyone
as $$
  select not p.requires_verification or private.may_buy_b(organization_id) from public.subscription_plans p where p.id = plan_id
$$;
comment on function private.may_hold_plan is 'False for a plan that asks for verification while the organization neither holds level B nor was approved for it.';
