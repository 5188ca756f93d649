-- Refunds: money given back, by us, by ЮKassa's own cabinet, or by ourselves when it could not be used.

create table public.payment_refunds (
  id uuid primary key default private.new_id(),
  transaction_id uuid not null references public.payment_transactions (id) on delete restrict,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  amount numeric(12, 2) not null,
  currency text not null default 'RUB',
  status text not null default 'created',
  reason text not null,
  yookassa_refund_id text,
  idempotence_key text not null,
  request_body text,
  cancellation_reason text,
  receipt_registration text,
  next_check_at timestamptz,
  checks int not null default 0,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint amount_is_positive check (amount > 0),
  constraint currency_is_roubles check (currency = 'RUB'),
  constraint status_is_known check (status in ('created', 'pending', 'succeeded', 'canceled')),
  constraint reason_fits check (char_length(reason) between 1 and 250),
  constraint only_the_undecided_are_checked check (
    (next_check_at is null) = (status in ('succeeded', 'canceled') and receipt_registration is distinct from 'pending')),
  constraint payment_refunds_yookassa_refund_id_key unique (yookassa_refund_id),
  constraint payment_refunds_idempotence_key_key unique (idempotence_key)
);
comment on table public.payment_refunds is
  'Money given back: amount in roubles, reason in words, and what became of it. request_body is null when it was made in ЮKassa''s cabinet.';
comment on column public.payment_refunds.receipt_registration is 'ЮKassa''s state of the receipt (54-ФЗ): pending, succeeded, canceled; null without one of its own.';
create index payment_refunds_transaction_id_idx on public.payment_refunds (transaction_id);
create index payment_refunds_organization_id_idx on public.payment_refunds (organization_id, created_at desc);
create index payment_refunds_created_by_idx on public.payment_refunds (created_by);
create index payment_refunds_to_check_idx on public.payment_refunds (next_check_at) where next_check_at is not null;

create trigger payment_refunds_touch_updated_at before update on public.payment_refunds
  for each row execute function private.touch_updated_at();

alter table public.payment_refunds enable row level security;
grant select on public.payment_refunds to authenticated, service_role;
create policy "organization admins and platform admins see the refunds" on public.payment_refunds
  for select to authenticated
  using (organization_id = any (array(select private.readable_organization_ids('admin'))));
-- insert, update, delete are not granted: start_refund begins a refund, record_refund moves it
create function private.write_refund(
  transaction public.payment_transactions, amount numeric, reason text, created_by uuid, as_of timestamptz
) returns public.payment_refunds
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  new_id uuid := private.new_id();
  written public.payment_refunds;
begin
  insert into public.payment_refunds
    (id, transaction_id, organization_id, amount, reason, idempotence_key, request_body, next_check_at, created_by, created_at)
  values (
    new_id, transaction.id, transaction.organization_id, amount, reason, new_id::text,
    jsonb_strip_nulls(jsonb_build_object(
      'payment_id', transaction.yookassa_payment_id, 'amount', jsonb_build_object('value', amount::text, 'currency', transaction.currency),
      'description', reason, 'metadata', jsonb_build_object('refund_id', new_id),
      -- a full refund takes its receipt from the payment
      'receipt', case when amount < transaction.amount then private.receipt(transaction.organization_id, 'Возврат: ' || reason, amount) end
    ))::text,
    as_of, created_by, as_of
  )
  returning * into written;
  return written;
end
$$;
comment on function private.write_refund is 'Writes a refund down before ЮKassa is asked for it; the sweep asks when nobody else does.';

create function private.refund_unusable(transaction public.payment_transactions, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  if not exists (select from public.payment_refunds r where r.transaction_id = transaction.id and r.status <> 'canceled') then
    perform private.write_refund(transaction, transaction.amount, reason, null, as_of);
  end if;
end
$$;
comment on function private.refund_unusable is 'Money that cannot be used is given back by itself, once.';

create function private.refund_answer(refund public.payment_refunds) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'refund_id', refund.id, 'transaction_id', refund.transaction_id, 'amount', refund.amount::text, 'currency', refund.currency,
    'status', refund.status, 'idempotence_key', refund.idempotence_key, 'request_body', refund.request_body)
$$;
comment on function private.refund_answer is 'What start_refund answers.';

create function public.start_refund(transaction_id uuid, amount numeric default null, reason text default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.require_sign_in();
  transaction public.payment_transactions;
  refundable numeric(12, 2);
  refund public.payment_refunds;
begin
  if not private.is_platform_admin() then
    perform private.refuse('not_allowed', 'Only platform admins give money back.');
  end if;
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = start_refund.transaction_id;
  select * into transaction from public.payment_transactions t where t.id = start_refund.transaction_id;
  if not found then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  if transaction.status not in ('succeeded', 'quarantined') or transaction.yookassa_payment_id is null then
    perform private.refuse('invalid_transition', 'Only money that was taken can be given back.');
  end if;
  if coalesce(private.visible_length(reason), 0) = 0 or char_length(reason) > 250 then
    perform private.refuse('invalid_input', '[{"field": "reason", "code": "required"}]', 'The organization will read it.');
  end if;
  select transaction.amount - coalesce(sum(r.amount), 0) into refundable
  from public.payment_refunds r where r.transaction_id = transaction.id and r.status <> 'canceled';

  -- An answer that was lost makes people ask again: the same words within an hour are the same refund.
  select * into refund from public.payment_refunds r
  where r.transaction_id = transaction.id and r.created_by = caller and r.reason = btrim(start_refund.reason)
    and (r.amount = start_refund.amount or (start_refund.amount is null and refundable = 0))
    and r.status <> 'canceled' and r.created_at > now() - interval '1 hour'
  order by r.created_at desc
  limit 1;
  if found then
    return private.refund_answer(refund);
  end if;
  amount := coalesce(amount, refundable);
  if amount <= 0 or amount > refundable or amount <> round(amount, 2) then
    perform private.refuse('invalid_input', '[{"field": "amount", "code": "out_of_range"}]', format('At most %s can be given back.', refundable));
  end if;
  refund := private.write_refund(transaction, amount, btrim(reason), caller, now());
  return private.refund_answer(refund);
end
$$;
comment on function public.start_refund is
  'Platform admins: writes down a refund, whole (amount null) or in part; the same again within an hour is the same one. Answers {refund_id, transaction_id, amount, currency, status, idempotence_key, request_body}. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.start_refund to authenticated;

create function public.record_refund(refund jsonb, source text, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  known public.payment_refunds;
  transaction public.payment_transactions;
  subscription public.subscriptions;
  new_status text := refund ->> 'status';
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records refunds.');
  end if;
  perform private.require_payment(refund); -- a refund has the same id, status and amount
  if new_status not in ('pending', 'succeeded', 'canceled') then
    return jsonb_build_object('outcome', 'unchanged', 'refund_id', null, 'refund_status', null);
  end if;
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.yookassa_payment_id = refund ->> 'payment_id';
  select * into transaction from public.payment_transactions t where t.yookassa_payment_id = refund ->> 'payment_id';
  if not found then
    return jsonb_build_object('outcome', 'unknown', 'refund_id', null, 'refund_status', null);
  end if;
  select * into known from public.payment_refunds r
  where r.yookassa_refund_id = refund ->> 'id'
    or (r.id = private.uuid_or_null(refund #>> '{metadata,refund_id}') and r.yookassa_refund_id is null and r.transaction_id = transaction.id);
  if not found then
    -- made by a person in ЮKassa's cabinet
    insert into public.payment_refunds
      (transaction_id, organization_id, amount, status, reason, yookassa_refund_id, idempotence_key, next_check_at, created_at)
    values (transaction.id, transaction.organization_id, (refund #>> '{amount,value}')::numeric, 'pending',
            coalesce(nullif(left(refund ->> 'description', 250), ''), 'made_at_yookassa'), refund ->> 'id', refund ->> 'id', as_of, as_of)
    returning * into known;
  end if;
  if known.status in ('succeeded', 'canceled') or (known.status = 'pending' and new_status = 'pending' and known.yookassa_refund_id is not null) then
    if new_status = known.status and refund ->> 'receipt_registration' is distinct from known.receipt_registration then
      update public.payment_refunds r
      set receipt_registration = refund ->> 'receipt_registration',
          next_check_at = case
            when new_status = 'pending' then r.next_check_at
            when refund ->> 'receipt_registration' = 'pending' then as_of + interval '1 hour'
          end
      where r.id = known.id;
    end if;
    return jsonb_build_object('outcome', 'unchanged', 'refund_id', known.id, 'refund_status', known.status);
  end if;
  if (refund #>> '{amount,value}')::numeric <> known.amount or refund #>> '{amount,currency}' is distinct from known.currency then
    return jsonb_build_object('outcome', 'quarantined', 'refund_id', known.id, 'refund_status', known.status);
  end if;

  update public.payment_refunds r
  set status = new_status, yookassa_refund_id = refund ->> 'id', cancellation_reason = refund #>> '{cancellation_details,reason}',
      receipt_registration = refund ->> 'receipt_registration',
      next_check_at = case
        when new_status = 'pending' then as_of + interval '10 minutes'
        when refund ->> 'receipt_registration' = 'pending' then as_of + interval '1 hour'
      end,
      checks = 0
  where r.id = known.id
  returning * into known;
  if new_status = 'succeeded' then
    update public.payment_transactions t set refunded_amount = least(t.refunded_amount + known.amount, t.amount)
    where t.id = transaction.id
    returning * into transaction;
    -- a period whose whole price was given back is not paid any more
    select * into subscription from public.subscriptions s where s.id = transaction.subscription_id;
    if transaction.status = 'succeeded' and transaction.refunded_amount = transaction.amount
      and private.is_live(subscription.status) and subscription.current_period_start = transaction.period_start
    then
      perform private.move_subscription(subscription.id, 'canceled', 'refunded', as_of);
    end if;
  end if;
  return jsonb_build_object('outcome', 'applied', 'refund_id', known.id, 'refund_status', known.status);
end
$$;
comment on function public.record_refund is
  'Service key only: takes a refund as fetched from ЮKassa, also one made in its cabinet; a period given back whole ends at once. Answers {outcome: applied|unchanged|unknown|quarantined, refund_id, refund_status}. 422 invalid_input.';
grant execute on function public.record_refund to service_role;

create function public.record_refund_refusal(refund_id uuid, reason text) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records refusals.');
  end if;
  update public.payment_refunds r set status = 'canceled', cancellation_reason = record_refund_refusal.reason, next_check_at = null
  where r.id = record_refund_refusal.refund_id and r.status = 'created';
end
$$;
comment on function public.record_refund_refusal is 'Service key only: ЮKassa definitely refused to make this refund (reason: its error code).';
grant execute on function public.record_refund_refusal to service_role;
