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
-- insert, update, delete are not granted: set_plan_price (81_billing_cycle) changes prices

-- Prices are versions with a date, never edits: who holds a plan was told a price.
create table public.plan_prices (
  plan_id text not null references public.subscription_plans (id),
  valid_from timestamptz not null default now(),
  amount numeric(12, 2) not null,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  primary key (plan_id, valid_from),
  constraint amount_is_positive check (amount > 0)
);
comment on table public.plan_prices is
  'What each plan costs from which moment on, for who subscribes then. Who holds it pays the price subscribed to, until a notice of the new one is 30 days old.';
create index plan_prices_created_by_idx on public.plan_prices (created_by);
alter table public.plan_prices enable row level security;
grant select on public.plan_prices to authenticated, service_role;
create policy "everyone signed in reads the prices" on public.plan_prices
  for select to authenticated
  using (true);
-- insert, update, delete are not granted: set_plan_price writes

create function private.keep_plan_price() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  insert into public.plan_prices as v (plan_id, amount)
  select new.id, new.amount
  where new.amount is distinct from (
    select v.amount from public.plan_prices v where v.plan_id = new.id and v.valid_from <= now() order by v.valid_from desc limit 1)
  on conflict (plan_id, valid_from) do update set amount = excluded.amount;
  return null;
end
$$;
comment on function private.keep_plan_price is 'Trigger: a plan''s price that is set is a version from that moment on.';

create trigger subscription_plans_keep_price after insert or update of amount on public.subscription_plans
  for each row execute function private.keep_plan_price();

create function private.apply_plan_prices(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscription_plans p set amount = v.amount
  from (
    select distinct on (plan_id) plan_id, amount from public.plan_prices where valid_from <= as_of order by plan_id, valid_from desc
  ) as v
  where v.plan_id = p.id and v.amount <> p.amount
$$;
comment on function private.apply_plan_prices is 'A plan costs what its latest version says, from that version''s moment on.';

create function private.may_hold_plan(organization_id uuid, plan_id text) returns boolean
  language sql stable security definer set search_path = '' -- definer: payments ask for anyone
as $$
  select not p.requires_verification or private.may_buy_b(organization_id) from public.subscription_plans p where p.id = plan_id
$$;
comment on function private.may_hold_plan is 'False for a plan that asks for verification while the organization neither holds level B nor was approved for it.';
