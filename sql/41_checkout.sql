-- Checkout: what we ask ЮKassa for, written down before it is asked.


-- Transactions: written before ЮKassa is called, so that no answer can come to something we do not know. ------------------

-- trial_hold and card_check hold 1 ₽ to check a card, and release it; renewal is charged by us, the others by a person on ЮKassa's page
create type public.transaction_kind as enum ('trial_hold', 'first_payment', 'renewal', 'plan_change', 'card_check');
create type public.transaction_status as enum ('created', 'pending', 'waiting_for_capture', 'succeeded', 'canceled', 'quarantined');

create table public.payment_transactions (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  subscription_id uuid references public.subscriptions (id),
  plan_id text not null references public.subscription_plans (id),
  kind public.transaction_kind not null,
  amount numeric(12, 2) not null,
  currency text not null default 'RUB',
  status public.transaction_status not null default 'created',
  yookassa_payment_id text,
  idempotence_key text not null,
  request_body text not null,
  confirmation_url text,
  method_saved boolean,
  payment_method_id uuid references public.payment_methods (id),
  period_start timestamptz,
  begun_at timestamptz,
  credit numeric(12, 2) not null default 0,
  bonus_days int not null default 0,
  receipt_registration text,
  refunded_amount numeric(12, 2) not null default 0,
  cancellation_party text,
  cancellation_reason text,
  quarantine_reason text,
  judged_at timestamptz,
  status_source text not null default 'checkout',
  next_check_at timestamptz,
  checks int not null default 0,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint amount_is_positive check (amount > 0),
  constraint currency_is_roubles check (currency = 'RUB'),
  constraint refunds_fit_the_amount check (refunded_amount between 0 and amount),
  constraint idempotence_key_fits check (idempotence_key ~ '^[A-Za-z0-9._-]{1,64}$'),
  constraint quarantine_has_a_reason check ((status = 'quarantined') = (quarantine_reason is not null)),
  constraint only_the_undecided_are_checked check (
    (next_check_at is null) = (status in ('succeeded', 'canceled', 'quarantined') and receipt_registration is distinct from 'pending')),
  constraint a_renewal_names_its_period_and_card check (
    kind <> 'renewal' or status not in ('created', 'pending', 'waiting_for_capture') or (subscription_id, period_start, payment_method_id) is not null),
  constraint credit_is_not_negative check (credit >= 0 and bonus_days >= 0),
  constraint payment_transactions_yookassa_payment_id_key unique (yookassa_payment_id),
  constraint payment_transactions_idempotence_key_key unique (idempotence_key)
);
comment on table public.payment_transactions is
  'Every payment we asked for: amount in roubles, the exact request_body and idempotence_key sent, and what became of it.';
comment on column public.payment_transactions.method_saved is 'Whether ЮKassa saved the card; null while undecided.';
comment on column public.payment_transactions.status_source is 'Who brought the present status: checkout, renewal, webhook, return, sweep or admin.';
comment on column public.payment_transactions.payment_method_id is 'The saved card a renewal is charged to.';
comment on column public.payment_transactions.period_start is 'Which period it pays for: the period''s first moment.';
comment on column public.payment_transactions.begun_at is 'When a renewal was let go to ЮKassa: the last moment at which a forgotten card stops it.';
comment on column public.payment_transactions.credit is 'Roubles credited for unused days of the plan before (plan_change).';
comment on column public.payment_transactions.bonus_days is 'Days added to the new period when the credit was larger than the price (plan_change).';
comment on column public.payment_transactions.receipt_registration is 'ЮKassa''s state of the receipt (54-ФЗ): pending, succeeded, canceled; null without one.';
comment on column public.payment_transactions.judged_at is 'When a platform admin judged a quarantined payment.';
comment on column public.payment_transactions.next_check_at is 'When the sweep asks ЮKassa about it; null once decided.';
create index payment_transactions_organization_id_idx on public.payment_transactions (organization_id, created_at desc);
create index payment_transactions_subscription_id_idx on public.payment_transactions (subscription_id);
create index payment_transactions_plan_id_idx on public.payment_transactions (plan_id);
create index payment_transactions_created_by_idx on public.payment_transactions (created_by);
create index payment_transactions_payment_method_id_idx on public.payment_transactions (payment_method_id);
-- Never two charges for one period, and no new attempt while one is undecided.
create unique index one_success_per_subscription_and_period
  on public.payment_transactions (subscription_id, period_start) where status = 'succeeded' and kind in ('first_payment', 'renewal');
create unique index one_undecided_renewal_per_subscription
  on public.payment_transactions (subscription_id) where kind = 'renewal' and status in ('created', 'pending', 'waiting_for_capture');
create index payment_transactions_to_check_idx on public.payment_transactions (next_check_at) where next_check_at is not null;

create trigger payment_transactions_touch_updated_at before update on public.payment_transactions
  for each row execute function private.touch_updated_at();

-- What follows from the rest of a new payment, unless it is given.
create function private.complete_transaction() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  if new.status = 'quarantined' then
    new.quarantine_reason := coalesce(new.quarantine_reason, 'unknown');
  end if;
  if not private.is_undecided(new.status) then
    return new;
  end if;
  new.next_check_at := coalesce(new.next_check_at, new.created_at + interval '2 minutes');
  if new.kind = 'renewal' then
    select coalesce(new.period_start, s.current_period_end), coalesce(new.payment_method_id, s.payment_method_id)
    into new.period_start, new.payment_method_id
    from public.subscriptions s where s.id = new.subscription_id;
  end if;
  return new;
end
$$;
comment on function private.complete_transaction is
  'Trigger: a new payment without an outcome is looked at after two minutes; a new renewal charges the subscription''s card for its next period.';

create trigger payment_transactions_complete before insert on public.payment_transactions
  for each row execute function private.complete_transaction();

alter table public.payment_transactions enable row level security;
grant select on public.payment_transactions to authenticated, service_role;
create policy "organization admins and platform admins see the payments" on public.payment_transactions
  for select to authenticated
  using (organization_id = any (array(select private.readable_organization_ids('admin'))));
-- insert, update, delete are not granted: start_checkout begins a payment, record_payment moves it

-- ЮKassa's states are a line: created → pending → waiting_for_capture → succeeded or canceled; steps may be skipped, none is taken back.
create function private.payment_rank(status text) returns int
  language sql immutable set search_path = ''
as $$
  select case status
    when 'created' then 0 when 'pending' then 1 when 'waiting_for_capture' then 2
    when 'succeeded' then 3 when 'canceled' then 3 when 'quarantined' then 3
  end
$$;
comment on function private.payment_rank is 'How far along a payment status is: 0 created … 3 final; null for a status we do not know.';

create function private.refuse_illegal_transaction_change() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  if new.status <> old.status and private.payment_rank(new.status::text) <= private.payment_rank(old.status::text)
    -- given up for never made, and there it is: all we can do is to put it aside
    and not (old.status = 'canceled' and old.yookassa_payment_id is null and new.status = 'quarantined')
  then
    perform private.refuse('invalid_transition', format('A payment does not go from %s to %s.', old.status, new.status));
  end if;
  return new;
end
$$;
comment on function private.refuse_illegal_transaction_change is 'Trigger: a payment never goes back in status; 409 invalid_transition.';

create trigger payment_transactions_refuse_illegal_change before update of status on public.payment_transactions
  for each row execute function private.refuse_illegal_transaction_change();

-- How a payment came to be what it is: for the person who has to judge it. The row itself knows only its last step.
create table public.payment_status_events (
  id bigint generated always as identity primary key,
  transaction_id uuid not null references public.payment_transactions (id) on delete cascade,
  status public.transaction_status not null,
  source text not null,
  reason text,
  occurred_at timestamptz not null default now()
);
comment on table public.payment_status_events is
  'Every step of a payment after created: its new status, who brought it (source, as status_source), and why it was canceled or quarantined.';
create index payment_status_events_transaction_id_idx on public.payment_status_events (transaction_id);

alter table public.payment_status_events enable row level security;
grant select on public.payment_status_events to authenticated, service_role;
create policy "platform admins see the steps of a payment" on public.payment_status_events
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: the trigger below is the only writer

create function private.note_payment_status() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  insert into public.payment_status_events (transaction_id, status, source, reason)
  values (new.id, new.status,
    case when new.cancellation_party in ('chestno', 'yookassa_api') then new.cancellation_party else new.status_source end,
    coalesce(new.quarantine_reason, new.cancellation_reason));
  return null;
end
$$;
comment on function private.note_payment_status is 'Trigger: keeps each step of a payment.';

create trigger payment_transactions_note_status after update of status on public.payment_transactions
  for each row when (old.status is distinct from new.status) execute function private.note_payment_status();


-- Checkout: the intent, written down ---------------------------------------------------------------------------------------

create function private.checkout_answer(transaction public.payment_transactions) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'transaction_id', transaction.id, 'status', transaction.status,
    'amount', transaction.amount::text, 'currency', transaction.currency,
    'payment_url', transaction.confirmation_url,
    'idempotence_key', transaction.idempotence_key, 'request_body', transaction.request_body
  )
$$;
comment on function private.checkout_answer is 'What start_checkout answers.';

create function private.is_undecided(status public.transaction_status) returns boolean
  language sql immutable set search_path = ''
as $$
  select status in ('created', 'pending', 'waiting_for_capture')
$$;
comment on function private.is_undecided is 'True while money may still move.';

create function private.receipts_are_on() returns boolean
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select coalesce((select s.receipts_enabled from private.platform_settings s), false)
$$;
comment on function private.receipts_are_on is 'True when payments carry receipts.';

-- What a receipt says (54-ФЗ); null when receipts are off. https://yookassa.ru/developers/payment-acceptance/receipts/basics
create function private.receipt(organization_id uuid, description text, amount numeric) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: the settings are private
as $$
declare
  settings private.platform_settings;
  address text;
begin
  select * into settings from private.platform_settings;
  if not private.receipts_are_on() then
    return null;
  end if;
  -- who pays by hand is asked for an address first (start_checkout); where nobody can be asked, it goes to the owner
  select coalesce(s.billing_email, u.email) into address
  from public.organization_settings s
  join public.organization_members m on m.organization_id = s.organization_id and m.role = 'owner'
  join auth.users u on u.id = m.user_id
  where s.organization_id = receipt.organization_id
  order by m.joined_at
  limit 1;
  return jsonb_build_object(
    'customer', jsonb_build_object('email', address),
    'tax_system_code', settings.tax_system_code,
    'items', jsonb_build_array(jsonb_build_object(
      'description', left(description, 128), 'quantity', 1, 'amount', jsonb_build_object('value', amount::text, 'currency', 'RUB'),
      'vat_code', settings.vat_code, 'payment_subject', 'service', 'payment_mode', 'full_payment', 'measure', 'piece'
    ))
  );
end
$$;
comment on function private.receipt is 'The receipt of one payment for one service, or null when receipts are off.';

-- The exact request to ЮKassa. method: the saved card, for a charge without the person; null: ЮKassa shows its page.
create function private.payment_request(
  transaction_id uuid, organization_id uuid, kind public.transaction_kind, amount numeric, description text, method text
) returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'amount', jsonb_build_object('value', amount::text, 'currency', 'RUB'),
    'capture', kind not in ('trial_hold', 'card_check'),
    'description', left(description, 128),
    'metadata', jsonb_build_object('transaction_id', transaction_id, 'organization_id', organization_id, 'kind', kind),
    'receipt', private.receipt(organization_id, description, amount),
    'payment_method_id', method,
    'save_payment_method', case when method is null then true end,
    'confirmation', case when method is null then jsonb_build_object(
      'type', 'redirect', 'return_url', s.site_url || '/dashboard/billing/return?transaction=' || transaction_id) end
  ))::text
  from private.platform_settings s
$$;
comment on function private.payment_request is 'The body of POST /payments, as text that stays the same byte for byte.';

-- A refusal takes back all that its call did, the count included. So the function checkout counts in a call of its own, before.
create function public.count_checkout() returns void
  language plpgsql volatile security definer set search_path = '' -- definer: the counts are private
as $$
begin
  perform private.count_or_refuse('checkout:' || private.require_sign_in(), 10);
end
$$;
comment on function public.count_checkout is
  'Signed-in people, through the function checkout: counts one checkout, also one that is refused then. 401 sign_in_required, 429 too_many_requests beyond 10 a minute.';
grant execute on function public.count_checkout to authenticated;

create function public.start_checkout(organization_id uuid, plan_id text, kind text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  organization public.organizations;
  plan public.subscription_plans;
  live public.subscriptions;
  begun public.payment_transactions;
  quote jsonb := '{}';
  new_id uuid := private.new_id();
  new_kind public.transaction_kind;
  price numeric(12, 2);
begin
  perform private.count_or_refuse('start_checkout:' || caller, 10);
  if not exists (select from private.platform_settings) then
    perform private.refuse('unavailable', 'The platform is not configured yet.', 'Try again later.');
  end if;
  if private.receipts_are_on() and exists (
    select from public.organization_settings s where s.organization_id = start_checkout.organization_id and s.billing_email is null
  ) then
    perform private.refuse('invalid_input', '[{"field": "billing_email", "code": "required"}]',
                           'The law asks for a receipt: say in the settings where to send it.');
  end if;
  select * into organization from public.organizations o where o.id = start_checkout.organization_id;
  if private.is_being_deleted(organization_id) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;
  select * into live from public.subscriptions s
  where s.organization_id = start_checkout.organization_id and s.status in ('trialing', 'active', 'past_due');
  select * into plan from public.subscription_plans p
  where p.id = case kind when 'card' then live.plan_id else start_checkout.plan_id end and (p.is_active or kind = 'card');
  if not found then
    perform private.refuse('not_found', 'There is no such plan.');
  end if;

  case kind
    when 'trial' then
      if plan.trial_days = 0 then
        perform private.refuse('invalid_input', '[{"field": "plan_id", "code": "no_trial"}]');
      end if;
      if private.has_had_trial(organization) then
        perform private.refuse('trial_already_used', 'This organization, or another with its INN, has had its trial.',
                               'Start with a paid subscription.');
      end if;
      if live.id is not null then
        perform private.refuse('subscription_exists', 'The organization has a subscription already.');
      end if;
      new_kind := 'trial_hold';
      price := 1.00; -- held to check the card, and released at once
    when 'subscription' then
      if live.status = 'active' then
        perform private.refuse('subscription_exists', 'The organization has a subscription already.', 'Change the plan instead.');
      end if;
      if not private.may_hold_plan(organization_id, plan.id) then
        perform private.refuse('verification_required', 'This plan is for verified organizations.', 'Ask for the verification first.');
      end if;
      new_kind := 'first_payment';
      price := plan.amount;
    when 'plan_change' then
      quote := public.quote_plan_change(organization_id, plan.id);
      if live.current_period_end <= now() then -- quoted now, the month that is about to be charged would be lost
        perform private.refuse('request_pending', 'The period is over, and the next one is about to be paid.', 'Try again in an hour.');
      end if;
      new_kind := 'plan_change';
      price := (quote ->> 'amount')::numeric;
    when 'card' then
      new_kind := 'card_check';
      price := 1.00;
    else
      perform private.refuse('invalid_input', '[{"field": "kind", "code": "unknown"}]',
                             'kind is trial, subscription, plan_change or card.');
  end case;
  if new_kind in ('first_payment', 'plan_change') and exists (
    select from public.payment_transactions t
    where t.subscription_id = live.id and t.kind = 'renewal' and private.is_undecided(t.status)
  ) then
    perform private.refuse('request_pending', 'The saved card is being charged right now.', 'Wait for its result; nothing is paid twice.');
  end if;

  -- A payment page lives an hour: until then a second call leads to the same one.
  select * into begun from public.payment_transactions t
  where t.organization_id = start_checkout.organization_id and t.plan_id = plan.id and t.kind = new_kind
    and t.amount = price and t.status in ('created', 'pending') and t.created_at > now() - interval '1 hour'
  order by t.created_at desc
  limit 1;
  if found then
    return private.checkout_answer(begun);
  end if;

  insert into public.payment_transactions
    (id, organization_id, subscription_id, plan_id, kind, amount, credit, bonus_days, idempotence_key, request_body, created_by)
  values (
    new_id, organization_id, live.id, plan.id, new_kind, price,
    coalesce((quote ->> 'credit')::numeric, 0), coalesce((quote ->> 'bonus_days')::int, 0), new_id::text,
    private.payment_request(new_id, organization_id, new_kind, price, case
      when new_kind in ('trial_hold', 'card_check') then 'Честно: проверка карты, 1 ₽ вернётся сразу'
      else 'Честно: ' || (plan.title ->> 'ru')
    end, null),
    caller
  )
  returning * into begun;
  return private.checkout_answer(begun);
end
$$;
comment on function public.start_checkout is
  'Owners and admins: writes down a payment before ЮKassa is asked for it. kind: trial, subscription, plan_change, or card (a new card for the subscription; plan_id is not looked at). Answers {transaction_id, status, amount, currency, payment_url, idempotence_key, request_body}. 401 sign_in_required, 403 not_allowed, 404 not_found, 409 trial_already_used, subscription_exists, verification_required, request_pending or invalid_transition, 422 invalid_input, 429 too_many_requests, 503 unavailable.';
grant execute on function public.start_checkout to authenticated;
