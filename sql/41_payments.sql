-- Payments: what we asked ЮKassa for, and the one path by which its answer gets in.


-- Transactions: written before ЮKassa is called, so that no answer can come to something we do not know. ------------------

create type public.transaction_kind as enum ('trial_hold', 'first_payment', 'renewal', 'plan_change');
create type public.transaction_status as enum ('created', 'pending', 'waiting_for_capture', 'succeeded', 'canceled', 'quarantined');

create table public.payment_transactions (
  id uuid primary key default gen_random_uuid(),
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
  refunded_amount numeric(12, 2) not null default 0,
  cancellation_party text,
  cancellation_reason text,
  quarantine_reason text,
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
  constraint only_the_undecided_are_checked check ((next_check_at is null) = (status in ('succeeded', 'canceled', 'quarantined'))),
  constraint payment_transactions_yookassa_payment_id_key unique (yookassa_payment_id),
  constraint payment_transactions_idempotence_key_key unique (idempotence_key)
);
comment on table public.payment_transactions is
  'Every payment we asked for: amount in roubles, the exact request_body and idempotence_key sent, and what became of it.';
comment on column public.payment_transactions.method_saved is 'Whether ЮKassa saved the card; null while undecided.';
comment on column public.payment_transactions.status_source is 'Who brought the present status: checkout, webhook, return, sweep or admin.';
comment on column public.payment_transactions.next_check_at is 'When the sweep asks ЮKassa about it; null once decided.';
create index payment_transactions_organization_id_idx on public.payment_transactions (organization_id, created_at desc);
create index payment_transactions_subscription_id_idx on public.payment_transactions (subscription_id);
create index payment_transactions_plan_id_idx on public.payment_transactions (plan_id);
create index payment_transactions_created_by_idx on public.payment_transactions (created_by);
create index payment_transactions_to_check_idx on public.payment_transactions (next_check_at) where next_check_at is not null;

create trigger payment_transactions_touch_updated_at before update on public.payment_transactions
  for each row execute function private.touch_updated_at();

alter table public.payment_transactions enable row level security;
grant select on public.payment_transactions to authenticated, service_role;
create policy "organization admins and platform admins see the payments" on public.payment_transactions
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('admin'))) or (select private.is_platform_admin()));
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
  if new.status <> old.status and private.payment_rank(new.status::text) <= private.payment_rank(old.status::text) then
    perform private.refuse('invalid_transition', format('A payment does not go from %s to %s.', old.status, new.status));
  end if;
  return new;
end
$$;
comment on function private.refuse_illegal_transaction_change is 'Trigger: a payment never goes back in status; 409 invalid_transition.';

create trigger payment_transactions_refuse_illegal_change before update of status on public.payment_transactions
  for each row execute function private.refuse_illegal_transaction_change();


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

create function public.start_checkout(organization_id uuid, plan_id text, kind text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  organization public.organizations;
  plan public.subscription_plans;
  live public.subscriptions;
  settings private.platform_settings;
  begun public.payment_transactions;
  new_id uuid := gen_random_uuid();
  new_kind public.transaction_kind;
  price numeric(12, 2);
begin
  select * into settings from private.platform_settings;
  if not found then
    perform private.refuse('unavailable', 'The platform is not configured yet.', 'Try again later.');
  end if;
  select * into plan from public.subscription_plans p where p.id = start_checkout.plan_id and p.is_active;
  if not found then
    perform private.refuse('not_found', 'There is no such plan.');
  end if;
  select * into organization from public.organizations o where o.id = start_checkout.organization_id;
  select * into live from public.subscriptions s
  where s.organization_id = start_checkout.organization_id and s.status in ('trialing', 'active', 'past_due');

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
      if plan.requires_verification and not private.is_verified(organization_id) then
        perform private.refuse('verification_required', 'This plan is for verified organizations.', 'Ask for the verification first.');
      end if;
      new_kind := 'first_payment';
      price := plan.amount;
    else
      perform private.refuse('invalid_input', '[{"field": "kind", "code": "unknown"}]', 'kind is trial or subscription.');
  end case;

  -- A payment page lives an hour: until then a second call leads to the same one.
  select * into begun from public.payment_transactions t
  where t.organization_id = start_checkout.organization_id and t.plan_id = plan.id and t.kind = new_kind
    and t.status in ('created', 'pending') and t.created_at > now() - interval '1 hour'
  order by t.created_at desc
  limit 1;
  if found then
    return private.checkout_answer(begun);
  end if;

  insert into public.payment_transactions
    (id, organization_id, subscription_id, plan_id, kind, amount, idempotence_key, request_body, next_check_at, created_by)
  values (
    new_id, organization_id, live.id, plan.id, new_kind, price, new_id::text,
    jsonb_build_object(
      'amount', jsonb_build_object('value', price::text, 'currency', 'RUB'),
      'capture', new_kind <> 'trial_hold',
      'save_payment_method', true,
      'confirmation', jsonb_build_object(
        'type', 'redirect',
        'return_url', settings.site_url || '/dashboard/billing/return?transaction=' || new_id
      ),
      'description', case new_kind when 'trial_hold' then 'Честно: проверка карты, 1 ₽ вернётся сразу' else 'Честно: ' || (plan.title ->> 'ru') end,
      'metadata', jsonb_build_object('transaction_id', new_id, 'organization_id', organization_id, 'kind', new_kind)
    )::text,
    now() + interval '2 minutes', caller
  )
  returning * into begun;
  return private.checkout_answer(begun);
end
$$;
comment on function public.start_checkout is
  'Owners and admins: writes down a payment before ЮKassa is asked for it. kind: trial or subscription. Answers {transaction_id, status, amount, currency, payment_url, idempotence_key, request_body}. 401 sign_in_required, 403 not_allowed, 404 not_found, 409 trial_already_used, subscription_exists or verification_required, 422 invalid_input, 503 unavailable.';
grant execute on function public.start_checkout to authenticated;


-- Recording: what ЮKassa says, becoming what we know ------------------------------------------------------------------------

create function private.saved_method(payment jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  -- ЮKassa always names a method; only a saved one can be charged again
  select payment -> 'payment_method'
  where payment #> '{payment_method,saved}' = 'true' and payment #>> '{payment_method,id}' is not null
$$;
comment on function private.saved_method is 'The payment_method of a ЮKassa payment when it is saved, else null.';

create function private.save_payment_method(organization_id uuid, method jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  card jsonb := method -> 'card';
  saved_id uuid;
begin
  insert into public.payment_methods as m
    (organization_id, yookassa_payment_method_id, type, title, card_type, card_last4, expires_at)
  values (
    organization_id, method ->> 'id', coalesce(method ->> 'type', 'unknown'), method ->> 'title', card ->> 'card_type',
    substring(card ->> 'last4' from '^[0-9]{4}$'),
    case when card ->> 'expiry_year' ~ '^20[0-9]{2}$' and card ->> 'expiry_month' ~ '^(0?[1-9]|1[0-2])$' then
      -- a card is good through the last day of its month
      make_timestamptz((card ->> 'expiry_year')::int, (card ->> 'expiry_month')::int, 1, 0, 0, 0, 'UTC') + interval '1 month'
    end
  )
  on conflict on constraint payment_methods_yookassa_id_key do update set title = excluded.title
  returning m.id into saved_id;
  return saved_id;
end
$$;
comment on function private.save_payment_method is 'Keeps a method that ЮKassa says is saved; returns our id for it.';

create function private.payment_mismatch(transaction public.payment_transactions, payment jsonb) returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select case
    when (payment #>> '{amount,value}')::numeric is distinct from transaction.amount then 'amount'
    when payment #>> '{amount,currency}' is distinct from transaction.currency then 'currency'
    when payment #>> '{recipient,account_id}' is distinct from s.shop_id then 'shop'
    when (payment -> 'test') is distinct from to_jsonb(s.test_mode) then 'test'
  end
  from (select) as always left join private.platform_settings s on true
$$;
comment on function private.payment_mismatch is 'What in ЮKassa''s payment is not as we asked: amount, currency, shop or test; null when all is right.';

create function private.require_payment(payment jsonb) returns void
  language plpgsql immutable set search_path = ''
as $$
begin
  if jsonb_typeof(payment) is distinct from 'object'
    or coalesce(payment ->> 'id', '') !~ '^[A-Za-z0-9_-]{1,64}$'
    or coalesce(payment ->> 'status', '') = ''
    or coalesce(payment #>> '{amount,value}', '') !~ '^[0-9]{1,10}(\.[0-9]{1,2})?$'
  then
    perform private.refuse('invalid_input', '[{"field": "payment", "code": "not_a_payment"}]');
  end if;
end
$$;
comment on function private.require_payment is '422 invalid_input unless this has the id, status and amount of a ЮKassa payment.';

create function private.move_transaction(
  transaction public.payment_transactions, new_status public.transaction_status, payment jsonb, fault text, source text, as_of timestamptz
) returns public.payment_transactions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  moved public.payment_transactions;
begin
  update public.payment_transactions t
  set status = new_status,
      yookassa_payment_id = payment ->> 'id',
      confirmation_url = coalesce(payment #>> '{confirmation,confirmation_url}', t.confirmation_url),
      method_saved = case when new_status in ('created', 'pending') then null
                     else private.saved_method(payment) is not null or coalesce(t.method_saved, false) end,
      cancellation_party = payment #>> '{cancellation_details,party}',
      cancellation_reason = payment #>> '{cancellation_details,reason}',
      quarantine_reason = fault,
      status_source = source,
      next_check_at = case when private.payment_rank(new_status::text) < 3 then as_of + interval '2 minutes' end,
      checks = 0
  where t.id = transaction.id
  returning * into moved;
  return moved;
end
$$;
comment on function private.move_transaction is 'Writes ЮKassa''s state of a payment into its row. The caller has the row''s lock.';

create function private.record_answer(outcome text, transaction public.payment_transactions) returns jsonb
  language sql stable security definer set search_path = '' -- definer: looks at the subscription for the service
as $$
  select jsonb_build_object(
    'outcome', outcome,
    'transaction_id', transaction.id,
    'transaction_status', transaction.status,
    'subscription_status', (select s.status from public.subscriptions s where s.id = transaction.subscription_id),
    'release_hold', transaction.kind = 'trial_hold' and transaction.status = 'waiting_for_capture'
  )
$$;
comment on function private.record_answer is 'What record_payment answers.';

-- A card that was authorized and saved starts the trial, once per organization and INN. Otherwise nothing starts, and the hold is released.
create function private.start_trial(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  trial_end timestamptz;
  started_id uuid;
begin
  if private.saved_method(payment) is null then
    return;
  end if;
  if exists (
    select from public.subscriptions s
    where s.organization_id = transaction.organization_id and s.status in ('trialing', 'active', 'past_due')
  ) then
    return;
  end if;
  insert into private.used_trials (inn, organization_id, started_at)
  select o.inn, o.id, as_of from public.organizations o where o.id = transaction.organization_id
  on conflict do nothing;
  if not found then
    return;
  end if;

  select (as_of at time zone os.time_zone + make_interval(days => p.trial_days)) at time zone os.time_zone into trial_end
  from public.subscription_plans p, public.organization_settings os
  where p.id = transaction.plan_id and os.organization_id = transaction.organization_id;

  insert into public.subscriptions
    (organization_id, plan_id, status, trial_ends_at, current_period_start, current_period_end, payment_method_id, created_by)
  values (transaction.organization_id, transaction.plan_id, 'trialing', trial_end, as_of, trial_end,
          private.save_payment_method(transaction.organization_id, private.saved_method(payment)), transaction.created_by)
  returning id into started_id;
  update public.payment_transactions t set subscription_id = started_id where t.id = transaction.id;
  perform private.move_subscription(started_id, 'trialing', null, as_of);
end
$$;
comment on function private.start_trial is 'Starts the trial a hold was made for, when the card was saved and no trial was had before.';

-- Answers why the money cannot be used, or null when it pays for a period from now on.
create function private.start_paid_period(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns text
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  subscription public.subscriptions;
  plan public.subscription_plans;
  calendar text;
  method_id uuid;
  starts timestamptz := as_of;
begin
  select * into subscription from public.subscriptions s
  where s.organization_id = transaction.organization_id and s.status in ('trialing', 'active', 'past_due')
  for update;
  if subscription.status = 'active' then
    return 'already_paid'; -- two payment pages were paid: this money is to be given back
  end if;
  select * into plan from public.subscription_plans p where p.id = transaction.plan_id;
  select os.time_zone into calendar from public.organization_settings os where os.organization_id = transaction.organization_id;
  if private.saved_method(payment) is not null then
    method_id := private.save_payment_method(transaction.organization_id, private.saved_method(payment));
  end if;

  if subscription.id is null then
    insert into public.subscriptions
      (organization_id, plan_id, status, current_period_start, current_period_end, payment_method_id, created_by)
    values (transaction.organization_id, plan.id, 'active', starts, private.period_end(starts, plan.period, calendar),
            method_id, transaction.created_by)
    returning * into subscription;
  else
    if subscription.status = 'past_due' then
      starts := subscription.current_period_end; -- what comes late keeps the billing day
    end if;
    update public.subscriptions s
    set plan_id = plan.id, current_period_start = starts, current_period_end = private.period_end(starts, plan.period, calendar),
        payment_method_id = coalesce(method_id, s.payment_method_id), cancel_at_period_end = false, canceled_at = null
    where s.id = subscription.id;
  end if;
  update public.payment_transactions t set subscription_id = subscription.id where t.id = transaction.id;
  perform private.move_subscription(subscription.id, 'active', null, as_of);
  return null;
end
$$;
comment on function private.start_paid_period is
  'Uses a payment: the subscription becomes active for a period of the plan. Answers why the money cannot be used, or null.';

create function private.apply_payment(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns text
  language plpgsql volatile set search_path = ''
as $$
declare
  status text := payment ->> 'status';
begin
  case transaction.kind
    when 'trial_hold' then
      -- Seeing our own release before the authorization itself (answers come in any order) proves the authorization too.
      if transaction.status in ('created', 'pending') and (
        status in ('waiting_for_capture', 'succeeded')
        or (status = 'canceled' and payment #>> '{cancellation_details,reason}' = 'canceled_by_merchant')
      ) then
        perform private.start_trial(transaction, payment, as_of);
      end if;
    when 'first_payment' then
      if status = 'succeeded' then
        return private.start_paid_period(transaction, payment, as_of);
      end if;
    else
      return 'unexpected_kind';
  end case;
  return null;
end
$$;
comment on function private.apply_payment is
  'What a payment''s new status does to the organization. Answers why it must be looked at by a person, or null.';

create function public.record_payment(payment jsonb, source text, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  found_id uuid;
  transaction public.payment_transactions;
  fault text;
  outcome text := 'unchanged';
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records payments.');
  end if;
  perform private.require_payment(payment);

  -- By ЮKassa's id; or, when its answer to our request never reached us, by ours, which travels in the metadata.
  select t.id into found_id from public.payment_transactions t where t.yookassa_payment_id = payment ->> 'id';
  if not found then
    select t.id into found_id from public.payment_transactions t
    where t.id = private.uuid_or_null(payment #>> '{metadata,transaction_id}') and t.yookassa_payment_id is null;
  end if;
  if found_id is null then
    return jsonb_build_object('outcome', 'unknown', 'transaction_id', null, 'transaction_status', null,
                              'subscription_status', null, 'release_hold', false);
  end if;

  -- Everything of one organization in turn; then the row as it is now, which may have moved while we waited.
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = found_id;
  select * into transaction from public.payment_transactions t where t.id = found_id for update;
  if transaction.yookassa_payment_id is distinct from payment ->> 'id' and transaction.yookassa_payment_id is not null then
    return private.record_answer('unknown', transaction);
  end if;

  if transaction.status = 'quarantined' then
    return private.record_answer('quarantined', transaction);
  end if;
  fault := private.payment_mismatch(transaction, payment);
  if fault is not null then
    -- What is final stays as it is: a wrong answer afterwards does not undo it.
    if private.payment_rank(transaction.status::text) < 3 then
      transaction := private.move_transaction(transaction, 'quarantined', payment, fault, source, as_of);
    end if;
    return private.record_answer('quarantined', transaction);
  end if;

  if private.payment_rank(payment ->> 'status') > private.payment_rank(transaction.status::text) then
    fault := private.apply_payment(transaction, payment, as_of);
    if fault is null then
      transaction := private.move_transaction(transaction, (payment ->> 'status')::public.transaction_status, payment, null, source, as_of);
      outcome := 'applied';
    else
      transaction := private.move_transaction(transaction, 'quarantined', payment, fault, source, as_of);
      outcome := 'quarantined';
    end if;
  end if;
  return private.record_answer(outcome, transaction);
end
$$;
comment on function public.record_payment is
  'Service key only. The one path: takes a payment object as fetched from ЮKassa (source: checkout, webhook, return, sweep or admin), checks amount, currency, shop and test flag, never goes back in status, applies effects once. Answers {outcome: applied|unchanged|unknown|quarantined, transaction_id, transaction_status, subscription_status, release_hold}; release_hold: the 1 ₽ hold is to be cancelled now. 422 invalid_input when it is not a payment.';
grant execute on function public.record_payment to service_role;

create function public.record_refusal(transaction_id uuid, reason text, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  transaction public.payment_transactions;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records refusals.');
  end if;
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = record_refusal.transaction_id;
  update public.payment_transactions t
  set status = 'canceled', cancellation_party = 'yookassa_api', cancellation_reason = reason, next_check_at = null
  where t.id = record_refusal.transaction_id and t.status = 'created' -- what ЮKassa has an object for is decided by the object
  returning * into transaction;
  if found then
    return private.record_answer('applied', transaction);
  end if;
  select * into transaction from public.payment_transactions t where t.id = record_refusal.transaction_id;
  return private.record_answer(case when found then 'unchanged' else 'unknown' end, transaction);
end
$$;
comment on function public.record_refusal is
  'Service key only: ЮKassa definitely refused to create this payment (reason: its error code). Answers as record_payment.';
grant execute on function public.record_refusal to service_role;


-- Forgetting a card --------------------------------------------------------------------------------------------------------

create function public.forget_payment_method(payment_method_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  method public.payment_methods;
begin
  perform private.require_sign_in();
  select * into method from public.payment_methods m where m.id = forget_payment_method.payment_method_id;
  if not found or private.role_of(method.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such card.');
  end if;
  -- The organization's lock: a charge that starts at this moment comes wholly before or does not come at all.
  perform private.act_in_organization(method.organization_id, 'admin');

  update public.subscriptions s set payment_method_id = null where s.payment_method_id = method.id;
  update public.payment_methods m
  set revoked_at = now(), yookassa_payment_method_id = null
  where m.id = method.id and m.revoked_at is null;
  select * into method from public.payment_methods m where m.id = method.id;
  return jsonb_build_object('payment_method_id', method.id, 'revoked_at', method.revoked_at);
end
$$;
comment on function public.forget_payment_method is
  'Owners and admins: the card is forgotten at once and nothing is charged after (376-ФЗ). Answers {payment_method_id, revoked_at}. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.forget_payment_method to authenticated;
