-- Subscriptions: what an organization pays for, and with which card.


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
  revoked_by text,
  refused_at timestamptz,
  constraint who_revoked_is_known check (revoked_by in ('person', 'bank')),
  constraint last4_is_four_digits check (card_last4 ~ '^[0-9]{4}$'),
  -- Federal law 376-ФЗ: what the customer took back is not kept, so that nothing can be charged.
  constraint a_forgotten_method_cannot_be_charged check ((revoked_at is null) = (yookassa_payment_method_id is not null)),
  constraint payment_methods_yookassa_id_key unique (organization_id, yookassa_payment_method_id)
);
comment on table public.payment_methods is
  'Saved payment methods. Forgetting one wipes its ЮKassa id; the row stays as evidence that and when it was forgotten.';

comment on column public.payment_methods.revoked_by is 'person: forgotten here, and what was under way then saves no card; bank: the permission was taken back there.';

comment on column public.payment_methods.refused_at is 'When the bank said of it what it will say again (a hard decline); null once it was checked anew.';

create trigger payment_methods_touch_updated_at before update on public.payment_methods
  for each row execute function private.touch_updated_at();

alter table public.payment_methods enable row level security;
grant select (id, organization_id, type, title, card_type, card_last4, expires_at, created_at, updated_at, revoked_at, revoked_by, refused_at)
  on public.payment_methods to authenticated; -- what a card is charged by is ours alone
grant select on public.payment_methods to service_role;
create policy "organization admins see the saved cards" on public.payment_methods
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('admin'))));
-- insert, update, delete are not granted: ЮKassa saves, forget_payment_method forgets
create function private.card(payment_method_id uuid) returns jsonb
  language sql stable security definer set search_path = '' -- definer: e-mails are written for anyone
as $$
  select jsonb_build_object('brand', m.card_type, 'last4', m.card_last4, 'title', m.title)
  from public.payment_methods m where m.id = payment_method_id
$$;
comment on function private.card is 'A card as people know it: {brand, last4, title}; null for none.';

-- ЮKassa gives a card another id each time that it is saved.
create function private.card_identity(method public.payment_methods) returns text
  language sql immutable set search_path = ''
as $$
  select case when method.card_last4 is null or method.expires_at is null then method.id::text
    else concat_ws('|', method.type, method.card_type, method.card_last4, extract(epoch from method.expires_at)) end
$$;
comment on function private.card_identity is 'What tells one card of an organization from another: two rows of the same card have the same.';


-- Subscriptions ----------------------------------------------------------------------------------------------------------

create type public.subscription_status as enum ('trialing', 'active', 'past_due', 'canceled', 'expired');

create function private.is_live(status public.subscription_status) returns boolean
  language sql immutable set search_path = ''
as $$
  select status in ('trialing', 'active', 'past_due')
$$;
comment on function private.is_live is
  'True while a subscription runs, grace included. Write it as it stands here, or the partial indexes that carry it are not used.';

create function private.grace_days() returns int
  language sql immutable set search_path = ''
as $$
  select 14
$$;
comment on function private.grace_days is 'How long the levels stay after a charge failed.';
-- The default of an argument is worked out by whoever calls.
grant execute on function private.grace_days to service_role;

create table public.subscriptions (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  plan_id text not null references public.subscription_plans (id),
  status public.subscription_status not null,
  amount numeric(12, 2) not null,
  coming_amount numeric(12, 2),
  coming_from timestamptz,
  trial_ends_at timestamptz,
  current_period_start timestamptz not null,
  current_period_end timestamptz not null,
  billing_anchor timestamptz not null,
  next_charge_at timestamptz,
  grace_started_at timestamptz,
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
    next_charge_at is null or (private.is_live(status) and not cancel_at_period_end)),
  constraint a_coming_price_has_a_date check ((coming_amount is null) = (coming_from is null)),
  constraint grace_is_for_the_past_due check (
    (status = 'past_due') = (grace_until is not null) and (grace_started_at is null) = (grace_until is null))
);
comment on table public.subscriptions is 'What an organization pays for. At most one is live (trialing, active, past_due).';
comment on column public.subscriptions.amount is 'The price subscribed to, in roubles: what each period costs.';
comment on column public.subscriptions.coming_amount is 'The price that people were told of, for the periods that begin from coming_from on: 30 days after the notice at the earliest.';
comment on column public.subscriptions.billing_anchor is 'The moment whose day of the month is the billing day.';
comment on column public.subscriptions.grace_started_at is 'When the first charge failed: the days of the retries are counted from here.';
comment on column public.subscriptions.next_charge_at is
  'When the saved card is charged next: the period''s end, or the next retry. Null while a charge is under way, and when none will be.';
create unique index one_live_subscription_per_organization
  on public.subscriptions (organization_id) where private.is_live(status);
create index subscriptions_organization_id_idx on public.subscriptions (organization_id, created_at desc);
create index subscriptions_next_charge_at_idx on public.subscriptions (next_charge_at) where next_charge_at is not null;
create index subscriptions_grace_until_idx on public.subscriptions (grace_until) where grace_until is not null;
create index subscriptions_ending_idx on public.subscriptions (current_period_end) where cancel_at_period_end and private.is_live(status);
create index subscriptions_plan_id_idx on public.subscriptions (plan_id);
create index subscriptions_payment_method_id_idx on public.subscriptions (payment_method_id);
create index subscriptions_created_by_idx on public.subscriptions (created_by);
create index subscriptions_status_idx on public.subscriptions (status, created_at desc, organization_id desc);

alter table public.organization_status_levels
  add constraint organization_status_levels_subscription_id_fkey foreign key (subscription_id) references public.subscriptions (id);

create trigger subscriptions_touch_updated_at before update on public.subscriptions
  for each row execute function private.touch_updated_at();

create function private.complete_subscription() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.amount := coalesce(new.amount, (select p.amount from public.subscription_plans p where p.id = new.plan_id));
  new.billing_anchor := coalesce(new.billing_anchor, new.trial_ends_at, new.current_period_start);
  if new.status in ('trialing', 'active') and not new.cancel_at_period_end then
    new.next_charge_at := coalesce(
      new.next_charge_at, case new.status when 'trialing' then new.trial_ends_at end, new.current_period_end);
  end if;
  return new;
end
$$;
comment on function private.complete_subscription is
  'Trigger: fills in what was not given. A new subscription costs what its plan costs now, has its billing day from the trial''s end or the period''s begin, and is charged when its trial or period ends.';

create trigger subscriptions_complete before insert on public.subscriptions
  for each row execute function private.complete_subscription();

create function private.complete_grace() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.grace_started_at := case when new.status = 'past_due' then
    coalesce(new.grace_started_at, least(now(), new.grace_until - make_interval(days => private.grace_days()))) end;
  return new;
end
$$;
comment on function private.complete_grace is
  'Trigger: grace began its usual length before its end, unless its begin is given; who is not past due is in no grace.';

create trigger subscriptions_complete_grace before insert or update of status, grace_until on public.subscriptions
  for each row execute function private.complete_grace();

alter table public.subscriptions enable row level security;
grant select on public.subscriptions to authenticated, service_role;
create policy "members and admins see the subscription" on public.subscriptions
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('viewer')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: payments and the billing RPCs move a subscription
create function private.renewal_price(subscription public.subscriptions, period_start timestamptz) returns numeric
  language sql immutable set search_path = ''
as $$
  select case when subscription.coming_from <= period_start then subscription.coming_amount else subscription.amount end
$$;
comment on function private.renewal_price is 'What a period of this subscription costs that begins then.';

create function private.coming_period(subscription public.subscriptions) returns jsonb
  language sql stable security definer set search_path = '' -- definer: billing asks for anyone
as $$
  select jsonb_build_object(
    'plan', p.title, 'amount', private.renewal_price(subscription, subscription.current_period_end)::text, 'currency', p.currency,
    'period_start', subscription.current_period_end,
    'period_end', private.next_period_end(subscription.billing_anchor, subscription.current_period_end, p.period, os.time_zone))
  from public.subscription_plans p, public.organization_settings os
  where p.id = subscription.plan_id and os.organization_id = subscription.organization_id
$$;
comment on function private.coming_period is 'The period that is to be paid next: {plan, amount, currency, period_start, period_end}, for what people are told of it.';

-- Who holds a plan pays the price subscribed to; who moves to it, the price of the day.
create function private.price_for(subscription public.subscriptions, plan_id text) returns numeric
  language sql stable security definer set search_path = '' -- definer: payments ask for anyone
as $$
  select case
    when subscription.plan_id = price_for.plan_id and private.is_live(subscription.status)
      then private.renewal_price(subscription, subscription.current_period_end)
    else (select p.amount from public.subscription_plans p where p.id = price_for.plan_id)
  end
$$;
comment on function private.price_for is 'What a plan costs whoever has this subscription (null: none).';

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

create function private.live_subscription(organization_id uuid) returns public.subscriptions
  language plpgsql stable security definer set search_path = '' -- definer: RPCs ask for anyone
as $$
declare
  live public.subscriptions;
begin
  select * into live from public.subscriptions s
  where s.organization_id = live_subscription.organization_id and private.is_live(s.status);
  if not found then
    perform private.refuse('not_found', 'The organization has no live subscription.');
  end if;
  return live;
end
$$;
comment on function private.live_subscription is 'The live subscription; 404 not_found.';

create function private.require_live_subscription(organization_id uuid, subscription_id uuid) returns void
  language plpgsql stable security definer set search_path = '' -- definer: RPCs ask for anyone
as $$
declare
  subscription public.subscriptions;
begin
  select * into subscription from public.subscriptions s
  where s.id = require_live_subscription.subscription_id and s.organization_id = require_live_subscription.organization_id;
  if not found then
    perform private.refuse('not_found', 'The organization has no such subscription.');
  end if;
  if not private.is_live(subscription.status) then
    perform private.refuse('invalid_transition', 'This subscription is over: it holds no levels.');
  end if;
end
$$;
comment on function private.require_live_subscription is
  '404 not_found unless the subscription is the organization''s own, 409 invalid_transition unless it is live.';


-- Trials: one for each organization and INN. -----------------------------------------------------------------------------

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
create function private.inn_digest(inn text) returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select encode(sha256(convert_to(inn || coalesce((select s.salt from private.platform_settings s), ''), 'UTF8')), 'hex')
$$;
comment on function private.inn_digest is 'What a deleted person''s INN is known by: a salted digest.';

-- Which cards asked for trials. One card begins two in 90 days, whoever brings it; then its owner pays at once.
create table private.trial_cards (
  card bytea not null,
  organization_id uuid not null,
  asked_at timestamptz not null,
  has_begun boolean not null,
  primary key (card, organization_id, asked_at)
);
comment on table private.trial_cards is
  'Trials that cards were brought for, begun and refused, of the last 90 days. card: a digest with a secret salt, from which no digit can be read.';
create index trial_cards_organization_id_idx on private.trial_cards (organization_id) where not has_begun;
create index trial_cards_asked_at_idx on private.trial_cards (asked_at);
alter table private.trial_cards enable row level security;
-- no grants and no policies: only definer functions read and write it
create function private.card_digest(method jsonb) returns bytea
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select sha256(convert_to(concat_ws('|', card ->> 'card_type', card ->> 'first6', card ->> 'last4', card ->> 'expiry_year',
    lpad(card ->> 'expiry_month', 2, '0'), (select s.salt from private.platform_settings s)), 'UTF8'))
  from (select method -> 'card') as shown (card)
  where card ?& array['card_type', 'first6', 'last4', 'expiry_year', 'expiry_month']
$$;
comment on function private.card_digest is
  'What a card is known by among those of trials: type, first six and last four digits and expiry, salted. Null for what is no card, or not told apart: it is not counted.';

-- Of two who bring one card at once, the second waits, and then counts the first.
create function private.may_begin_trial(card bytea, as_of timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('trial_card:' || encode(card, 'hex'), 0));
  return card is null or 2 > (
    select count(*) from private.trial_cards c
    where c.card = may_begin_trial.card and c.has_begun and c.asked_at > as_of - interval '90 days');
end
$$;
comment on function private.may_begin_trial is 'Whether this card begins one more trial; keeps it locked until the transaction ends.';

create function private.forget_trial_cards(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: the table is private
as $$
  delete from private.trial_cards c where c.asked_at <= as_of - interval '90 days'
$$;
comment on function private.forget_trial_cards is 'Cards are remembered as long as they count.';

create function private.has_had_trial(organization public.organizations) returns boolean
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select exists (
    select from private.used_trials t
    where t.inn in (organization.inn, private.inn_digest(organization.inn)) or t.organization_id = organization.id
  ) or exists (
    select from private.trial_cards c
    where c.organization_id = organization.id and not c.has_begun and c.asked_at > now() - interval '90 days'
  )
$$;
comment on function private.has_had_trial is
  'True when this organization, or another with its INN, has had a trial, or was refused one in the last 90 days for its card.';


-- Room: how much the plan allows. ----------------------------------------------------------------------------------------

-- What the live subscription's plan allows; without one, what the smallest plan does: whoever has not paid yet may try things out,
-- and has no more room than whoever pays the least.
create function private.require_room(organization_id uuid, limit_name text, taken bigint, wanted bigint default 1) returns void
  language plpgsql stable security definer set search_path = '' -- definer: the invited do not see the subscription
as $$
declare
  most bigint;
begin
  select (p.limits ->> limit_name)::bigint into most
  from public.subscription_plans p
  left join public.subscriptions s
    on s.plan_id = p.id and s.organization_id = require_room.organization_id and private.is_live(s.status)
  where s.id is not null or p.is_active
  order by s.id is not null desc, p.level, p.amount
  limit 1;
  if most is not null and taken + wanted > most then -- null: unlimited
    perform private.refuse('plan_limit_reached', format('The plan has room for %s (%s), and %s are taken.', most, limit_name, taken),
                           'Move to a bigger plan, or remove what is not needed.');
  end if;
end
$$;
comment on function private.require_room is
  'Refuses to take more of a limit (members, qr_codes, stories_per_month) than the organization''s plan has: 402 plan_limit_reached. What is there already stays when a plan gets smaller. The caller has the organization''s lock.';
