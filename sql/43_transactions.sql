-- Transactions: payments we asked for, written before ЮKassa is called, so that no answer can come to something we do not know.

-- trial_hold and card_check hold 1 ₽ to check a card, and release it; renewal is charged by us, the others by a person on ЮKassa's page
create type public.transaction_kind as enum ('trial_hold', 'first_payment', 'renewal', 'plan_change', 'card_check');
create type public.transaction_status as enum ('created', 'pending', 'waiting_for_capture', 'succeeded', 'canceled', 'quarantined');

create function private.is_undecided(status public.transaction_status) returns boolean
  language sql immutable set search_path = ''
as $$
  select status in ('created', 'pending', 'waiting_for_capture')
$$;
comment on function private.is_undecided is 'True while money may still move.';

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
  card jsonb,
  period_start timestamptz,
  begun_at timestamptz,
  quoted_from jsonb,
  credit numeric(12, 2) not null default 0,
  bonus_days int not null default 0,
  receipt_registration text,
  paid_amount numeric(12, 2),
  paid_currency text,
  refunded_amount numeric(12, 2) not null default 0,
  cancellation_party text,
  cancellation_reason text,
  quarantine_reason text,
  judged_at timestamptz,
  voided_at timestamptz,
  status_source text not null default 'checkout',
  next_check_at timestamptz,
  checks int not null default 0,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint amount_is_positive check (amount > 0),
  constraint currency_is_roubles check (currency = 'RUB'),
  constraint refunds_fit_what_was_paid check (refunded_amount between 0 and coalesce(paid_amount, amount)),
  constraint idempotence_key_fits check (idempotence_key ~ '^[A-Za-z0-9._-]{1,64}$'),
  constraint quarantine_has_a_reason check ((status = 'quarantined') = (quarantine_reason is not null)),
  constraint only_the_undecided_are_checked check (
    (next_check_at is null) = (not private.is_undecided(status) and receipt_registration is distinct from 'pending')
    or (status = 'canceled' and voided_at is not null)), -- abandoned, and its page at ЮKassa may still be open
  constraint a_renewal_names_its_period_and_card check (
    kind <> 'renewal' or not private.is_undecided(status) or (subscription_id, period_start, payment_method_id) is not null),
  -- what a card is charged by is ours alone, and ours no longer than until it is charged
  constraint what_is_decided_names_no_card check (private.is_undecided(status) or position('"payment_method_id"' in request_body) = 0),
  constraint credit_is_not_negative check (credit >= 0 and bonus_days >= 0),
  constraint payment_transactions_yookassa_payment_id_key unique (yookassa_payment_id),
  constraint payment_transactions_idempotence_key_key unique (idempotence_key)
);
comment on table public.payment_transactions is
  'Every payment we asked for: amount in roubles, the exact request_body and idempotence_key sent, and what became of it.';
comment on column public.payment_transactions.paid_amount is 'What ЮKassa really took, in paid_currency; null while it took nothing. It is the amount, unless the payment was quarantined.';
comment on column public.payment_transactions.method_saved is 'Whether ЮKassa saved the card; null while undecided.';
comment on column public.payment_transactions.status_source is 'Who brought the present status: checkout, renewal, webhook, return, sweep or admin.';
comment on column public.payment_transactions.payment_method_id is 'The saved card a renewal is charged to.';
comment on column public.payment_transactions.card is 'What was paid with, as ЮKassa named it: {brand, last4, title}; forgotten with the organization.';
comment on column public.payment_transactions.period_start is 'Which period it pays for: the period''s first moment.';
comment on column public.payment_transactions.request_body is 'What was sent to ЮKassa, byte for byte, while it may be sent again; then without the id of the card.';
comment on column public.payment_transactions.begun_at is 'When a renewal was sent on its way to ЮKassa: the last moment at which a forgotten card stops it.';
comment on column public.payment_transactions.quoted_from is
  'What it was quoted from: {subscription_id, plan_id, period_start, period_end, cost, price, canceled_at, forgotten}. If it is no more so when the money comes, the money goes back.';
comment on column public.payment_transactions.credit is 'Roubles credited for unused days of the plan before (plan_change).';
comment on column public.payment_transactions.bonus_days is 'Days added to the new period when the credit was larger than the price (plan_change).';
comment on column public.payment_transactions.receipt_registration is 'ЮKassa''s state of the receipt (54-ФЗ): pending, succeeded, canceled; null without one.';
comment on column public.payment_transactions.judged_at is 'When a platform admin decided on a quarantined payment.';
comment on column public.payment_transactions.voided_at is 'When it was decided that it begins nothing any more: it was abandoned, or the organization went to somebody else. Its money goes back.';
comment on column public.payment_transactions.next_check_at is 'When the sweep asks ЮKassa about it; null once decided.';
create index payment_transactions_organization_id_idx on public.payment_transactions (organization_id, created_at desc);
create index payment_transactions_subscription_id_idx on public.payment_transactions (subscription_id);
create index payment_transactions_plan_id_idx on public.payment_transactions (plan_id);
create index payment_transactions_created_at_idx on public.payment_transactions (created_at desc, id desc);
create index payment_transactions_status_idx on public.payment_transactions (status, created_at desc, id desc);
create index payment_transactions_amount_idx on public.payment_transactions (amount, created_at desc, id desc);
create index payment_transactions_refunded_idx on public.payment_transactions (created_at desc, id desc) where refunded_amount > 0;
create index payment_transactions_created_by_idx on public.payment_transactions (created_by);
create index payment_transactions_payment_method_id_idx on public.payment_transactions (payment_method_id);
-- Never two charges for one period, and no new attempt while one is undecided.
create unique index one_success_per_subscription_and_period
  on public.payment_transactions (subscription_id, period_start) where status = 'succeeded' and kind in ('first_payment', 'renewal');
create unique index one_undecided_renewal_per_subscription
  on public.payment_transactions (subscription_id) where kind = 'renewal' and private.is_undecided(status);
create index payment_transactions_put_aside_idx on public.payment_transactions (subscription_id) where status = 'quarantined' and judged_at is null;
create index payment_transactions_to_check_idx on public.payment_transactions (next_check_at) where next_check_at is not null;

alter table public.subscription_retry_attempts
  add constraint subscription_retry_attempts_transaction_id_fkey foreign key (transaction_id) references public.payment_transactions (id);

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
  if new.status in ('succeeded', 'quarantined') then
    new.paid_amount := coalesce(new.paid_amount, new.amount);
    new.paid_currency := coalesce(new.paid_currency, new.currency);
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

create function private.strip_card() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.request_body := (new.request_body::jsonb - 'payment_method_id')::text;
  return new;
end
$$;
comment on function private.strip_card is 'Trigger: a payment that is decided is not sent again, so ЮKassa''s id of the card is not kept with it.';

create trigger payment_transactions_strip_card before insert or update of status on public.payment_transactions
  for each row when (not private.is_undecided(new.status) and position('"payment_method_id"' in new.request_body) > 0)
  execute function private.strip_card();

-- Why a payment is put aside. What a payment cannot be used for is our own doing, and its money goes back by itself; a person decides about the rest.
create function private.quarantine_reasons() returns table (reason text, goes_back boolean)
  language sql immutable set search_path = ''
as $$
  values
    ('amount',                false),
    ('currency',              false),
    ('shop',                  false),
    ('test',                  false),
    ('already_paid',          true),
    ('subscription_over',     true),
    ('verification_required', true),
    ('changed_meanwhile',     true),
    ('given_up',              true),
    ('abandoned',             true)
$$;
comment on function private.quarantine_reasons is
  'Why payments are put aside; goes_back: the money is given back by itself, and nobody has to decide.';

create function private.awaits_verdict(transaction public.payment_transactions) returns boolean
  language sql immutable set search_path = ''
as $$
  select transaction.status = 'quarantined' and transaction.judged_at is null
    and not exists (select from private.quarantine_reasons() r where r.reason = transaction.quarantine_reason and r.goes_back)
$$;
comment on function private.awaits_verdict is 'True for a payment that was put aside for a person to decide on, until that is done.';

create function private.is_abandoned(transaction public.payment_transactions) returns boolean
  language sql immutable set search_path = ''
as $$
  select transaction.status = 'canceled' and transaction.voided_at is not null and transaction.next_check_at is not null
$$;
comment on function private.is_abandoned is
  'True for a page that a person left for good, while ЮKassa has not ended it: who pays it all the same gets the money back.';

create function private.is_open_charge(transaction public.payment_transactions) returns boolean
  language sql immutable set search_path = ''
as $$
  select transaction.kind = 'renewal' and (private.is_undecided(transaction.status) or private.awaits_verdict(transaction))
$$;
comment on function private.is_open_charge is
  'True while a charge of ours has no end: ЮKassa makes up its mind, or what it took waits for a person''s verdict. No other is made meanwhile.';

create function private.has_open_charge(subscription_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: members do not see payments
as $$
  select exists (
    select from public.payment_transactions t
    where t.subscription_id = has_open_charge.subscription_id and private.is_open_charge(t)
  )
$$;
comment on function private.has_open_charge is 'True while a charge of the saved card has no end yet.';

alter table public.payment_transactions enable row level security;
grant select on public.payment_transactions to authenticated, service_role;
create policy "organization admins and platform admins see the payments" on public.payment_transactions
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: start_checkout begins a payment, record_payment moves it

create function public.get_payment_status(transaction_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: what is undecided, private.is_undecided says
as $$
declare
  transaction public.payment_transactions;
begin
  select * into transaction from public.payment_transactions t
  where t.id = get_payment_status.transaction_id
    and (t.organization_id = any (array(select private.organization_ids_where('admin'))) or private.is_platform_admin());
  if not found then -- or one that they may not see
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  return jsonb_build_object(
    'transaction_id', transaction.id, 'status', transaction.status, 'kind', transaction.kind,
    'cancellation_reason', transaction.cancellation_reason, 'method_saved', transaction.method_saved,
    'subscription_status', (select s.status from public.subscriptions s where s.id = transaction.subscription_id),
    'yookassa_payment_id', case when private.is_undecided(transaction.status) then transaction.yookassa_payment_id end
  );
end
$$;
comment on function public.get_payment_status is
  'Admins of the organization and platform admins: {transaction_id, status, kind, cancellation_reason, method_saved, subscription_status, yookassa_payment_id}; the last is what to look up at ЮKassa while money may still move, null when the payment is decided or nobody has its id. 404 not_found.';
grant execute on function public.get_payment_status to authenticated;

create function public.payment_to_refetch(transaction_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: one check for all that platform admins may see
as $$
declare
  transaction public.payment_transactions;
begin
  perform private.act_as_platform_admin(
    'payment_to_refetch', (select t.organization_id from public.payment_transactions t where t.id = payment_to_refetch.transaction_id),
    transaction_id::text);
  select * into transaction from public.payment_transactions t where t.id = payment_to_refetch.transaction_id;
  if not found then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  return jsonb_build_object('yookassa_payment_id', transaction.yookassa_payment_id, 'created_at', transaction.created_at);
end
$$;
comment on function public.payment_to_refetch is
  'Platform admins: what to ask ЮKassa about a payment, {yookassa_payment_id (null: nobody has it yet), created_at}. 403 not_allowed, 404 not_found.';
grant execute on function public.payment_to_refetch to authenticated;

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
    and not (private.awaits_verdict(old) and new.status = 'succeeded') -- a person accepted it
    and not (private.is_abandoned(old) and new.status <> 'pending') -- it was paid all the same, and begins nothing
  then
    perform private.refuse('invalid_transition', format('A payment does not go from %s to %s.', old.status, new.status));
  end if;
  return new;
end
$$;
comment on function private.refuse_illegal_transaction_change is 'Trigger: a payment never goes back in status; 409 invalid_transition.';

create trigger payment_transactions_refuse_illegal_change before update of status on public.payment_transactions
  for each row execute function private.refuse_illegal_transaction_change();

-- How a payment came to be what it is: for the person who has to decide on it. The row itself knows only its last step.
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


-- Charges that fail ------------------------------------------------------------------------------------------------------

-- A charge did not go through. The first time grace begins; a soft decline is retried while grace lasts, a hard one waits for a new card.
create function private.decline_charge(transaction public.payment_transactions, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.subscription_retry_attempts r set outcome = 'declined', reason = decline_charge.reason
  where r.transaction_id = transaction.id;
  if reason = 'permission_revoked' then
    -- the person took the permission back at their bank: as if they had done so here
    perform private.forget_card(transaction.payment_method_id, as_of, 'bank');
  elsif private.is_hard_decline(reason) then
    update public.payment_methods m set refused_at = as_of where m.id = transaction.payment_method_id;
  end if;
  perform private.decline_subscription(transaction.subscription_id, reason, as_of, transaction.payment_method_id);
end
$$;
comment on function private.decline_charge is 'What a declined renewal does. The caller has the organization''s lock.';

-- Money that was taken for a period goes back, so that the period is still to be paid: by the ordinary rules, as after a decline.
create function private.reopen_period(transaction public.payment_transactions, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if transaction.kind = 'renewal' and exists (
    select from public.subscriptions s
    where s.id = transaction.subscription_id and s.current_period_end <= transaction.period_start and s.next_charge_at is null
  ) and not private.has_open_charge(transaction.subscription_id) then
    perform private.decline_charge(transaction, reason, as_of);
  end if;
end
$$;
comment on function private.reopen_period is
  'A charge whose money is not kept counts as declined, where its period is still to be paid and nothing else is planned for it. The caller has the organization''s lock.';
