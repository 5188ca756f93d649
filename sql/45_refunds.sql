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
  attempt int not null default 1,
  retry_at timestamptz,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint amount_is_positive check (amount > 0),
  constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'), -- what was paid in another one goes back in it
  constraint status_is_known check (status in ('created', 'pending', 'succeeded', 'canceled')),
  constraint reason_fits check (char_length(reason) between 1 and 250),
  constraint only_the_undecided_are_checked check (
    (next_check_at is null) = (status in ('succeeded', 'canceled') and receipt_registration is distinct from 'pending')),
  constraint only_a_failed_refund_is_asked_for_again check (retry_at is null or status = 'canceled'),
  constraint payment_refunds_yookassa_refund_id_key unique (yookassa_refund_id),
  constraint payment_refunds_idempotence_key_key unique (idempotence_key)
);
comment on table public.payment_refunds is
  'Money given back: amount in roubles, reason in words, and what became of it. request_body is null when it was made in ЮKassa''s cabinet.';
comment on column public.payment_refunds.receipt_registration is 'ЮKassa''s state of the receipt (54-ФЗ): pending, succeeded, canceled; null without one of its own.';
comment on column public.payment_refunds.retry_at is 'When a refund that failed is asked for again, by a new one with a new key; null: it is not.';
comment on column public.payment_refunds.attempt is 'The how manieth time it is asked for.';
create index payment_refunds_to_retry_idx on public.payment_refunds (retry_at) where retry_at is not null;
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
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
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
    (id, transaction_id, organization_id, amount, currency, reason, idempotence_key, request_body, next_check_at, created_by, created_at)
  values (
    new_id, transaction.id, transaction.organization_id, amount, coalesce(transaction.paid_currency, transaction.currency), reason, new_id::text,
    jsonb_strip_nulls(jsonb_build_object(
      'payment_id', transaction.yookassa_payment_id,
      'amount', jsonb_build_object('value', amount::text, 'currency', coalesce(transaction.paid_currency, transaction.currency)),
      'description', reason, 'metadata', jsonb_build_object('refund_id', new_id),
      -- a full refund takes its receipt from the payment
      'receipt', case when amount < coalesce(transaction.paid_amount, transaction.amount) then private.receipt(transaction.organization_id, 'Возврат: ' || reason, amount) end
    ))::text,
    as_of, created_by, as_of
  )
  returning * into written;
  return written;
end
$$;
comment on function private.write_refund is 'Writes a refund down before ЮKassa is asked for it; the sweep asks when nobody else does.';

create function private.refunds_under_way(transaction_id uuid) returns numeric
  language sql stable security definer set search_path = '' -- definer: reads refunds for anyone
as $$
  select coalesce(sum(r.amount), 0) from public.payment_refunds r
  where r.transaction_id = refunds_under_way.transaction_id and r.status in ('created', 'pending')
$$;
comment on function private.refunds_under_way is 'Roubles of a payment that are on their way back.';

create function private.weigh_refund() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.subscription_periods p set refunding = least(private.refunds_under_way(new.transaction_id), p.paid - p.refunded)
  where p.transaction_id = new.transaction_id;
  return null;
end
$$;
comment on function private.weigh_refund is 'Trigger: what is on its way back is no longer worth anything to its period.';

create trigger payment_refunds_weigh after insert or update of status on public.payment_refunds
  for each row execute function private.weigh_refund();

-- Money that became credit is not given back beside it: only once the payment it was credited to went back whole.
create function private.refundable(transaction public.payment_transactions) returns numeric
  language sql stable security definer set search_path = '' -- definer: reads refunds for anyone
as $$
  select coalesce(
    (select least(p.paid - p.refunded - p.refunding,
       p.paid + p.credit - p.refunded - p.refunding - case
         when exists (select from public.subscription_periods n where n.credited_from = p.transaction_id and n.refunded < n.paid) then p.credited else 0 end)
     from public.subscription_periods p where p.transaction_id = transaction.id),
    coalesce(transaction.paid_amount, transaction.amount) - transaction.refunded_amount - private.refunds_under_way(transaction.id))
$$;
comment on function private.refundable is
  'How much of what was paid can still be given back: what is on its way back counts as given, and what became credit stays, until the payment it was credited to went back whole.';

create function private.refund_unusable(transaction public.payment_transactions, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  left_over numeric(12, 2) := private.refundable(transaction);
begin
  if left_over > 0 then
    perform private.write_refund(transaction, left_over, reason, null, as_of);
    if transaction.kind not in ('trial_hold', 'card_check') then -- that rouble was promised back from the first
      perform private.notify(transaction.organization_id, 'payment_returned', jsonb_build_object(
        'amount', left_over::text, 'currency', coalesce(transaction.paid_currency, transaction.currency), 'reason', reason,
        'transaction_id', transaction.id), as_of);
    end if;
  end if;
end
$$;
comment on function private.refund_unusable is 'Money that cannot be used is given back by itself, all that was paid, once, and people are told why.';

create function public.refund_limit(transaction_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check for all that platform admins may see
as $$
declare
  transaction public.payment_transactions;
  period public.subscription_periods;
  running public.subscription_periods;
  most numeric(12, 2) := 0.00;
begin
  perform private.require_platform_admin();
  select * into transaction from public.payment_transactions t where t.id = refund_limit.transaction_id;
  if not found then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  if transaction.status in ('succeeded', 'quarantined') and transaction.yookassa_payment_id is not null then
    most := private.refundable(transaction);
  end if;
  select * into period from public.subscription_periods p where p.transaction_id = transaction.id;
  if exists (select from public.subscriptions s where s.id = transaction.subscription_id and private.is_live(s.status)) then
    running := private.running_period(transaction.subscription_id);
  end if;
  return jsonb_build_object(
    'transaction_id', transaction.id, 'currency', coalesce(transaction.paid_currency, transaction.currency),
    'refundable', most::text,
    'credited', coalesce(period.credited, 0.00)::text,
    'ends_with', case
      when most <= 0 then null
      when running.transaction_id = transaction.id and private.period_cost(period) <= most then private.period_cost(period)::text
      when running.credited_from = transaction.id and running.refunded = running.paid then most::text
    end);
end
$$;
comment on function public.refund_limit is
  'Platform admins: {transaction_id, currency, refundable, credited, ends_with}: how much of a payment can be given back now; how much of it became credit of a later period, which stays until that one''s payment went back whole; and from which amount on giving it back ends the subscription, null: not at all. 403 not_allowed, 404 not_found.';
grant execute on function public.refund_limit to authenticated;

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
  caller uuid := private.act_as_platform_admin(
    'start_refund', (select t.organization_id from public.payment_transactions t where t.id = start_refund.transaction_id),
    transaction_id::text, jsonb_build_object('amount', left(amount::text, 20)));
  transaction public.payment_transactions;
  refundable numeric(12, 2);
  refund public.payment_refunds;
begin
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
  refundable := private.refundable(transaction);

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
  perform private.take_back_credit(transaction.id, amount);
  refund := private.write_refund(transaction, amount, btrim(reason), caller, now());
  return private.refund_answer(refund);
end
$$;
comment on function public.start_refund is
  'Platform admins: writes down a refund, whole (amount null) or in part; the same again within an hour is the same one. Answers {refund_id, transaction_id, amount, currency, status, idempotence_key, request_body}. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.start_refund to authenticated;

-- Failed refunds: money that is still ours though it should not be. An alert at once, and asked for again, later each time.

create function private.fail_refund(refund public.payment_refunds, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  again timestamptz := as_of + (array[interval '1 hour', interval '1 day', interval '3 days', interval '7 days', interval '14 days'])[refund.attempt];
begin
  update public.payment_refunds r set retry_at = again where r.id = refund.id;
  perform private.note_difference('refund_failed', t.yookassa_payment_id, jsonb_build_object(
    'refund_id', refund.id, 'transaction_id', t.id, 'amount', refund.amount::text, 'currency', refund.currency, 'reason', refund.reason,
    'cancellation_reason', refund.cancellation_reason, 'attempt', refund.attempt, 'retry_at', again), as_of)
  from public.payment_transactions t where t.id = refund.transaction_id;
end
$$;
comment on function private.fail_refund is 'A refund failed, whoever asked for it: a difference, and asked for again, at most five times. The caller has the organization''s lock.';

create function private.retry_refunds(as_of timestamptz, max_items int) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  failed public.payment_refunds;
  transaction public.payment_transactions;
  again public.payment_refunds;
  amount numeric(12, 2);
  asked int := 0;
begin
  for failed in
    select r.* from public.payment_refunds r where r.retry_at <= as_of order by r.retry_at limit max_items for update skip locked
  loop
    update public.payment_refunds r set retry_at = null where r.id = failed.id;
    select * into transaction from public.payment_transactions t where t.id = failed.transaction_id;
    amount := least(failed.amount, private.refundable(transaction));
    -- Not when it was asked for otherwise by now, or a person has said how it was settled.
    if amount > 0 and exists (
      select from public.payment_differences d
      where d.kind = 'refund_failed' and d.object_id = transaction.yookassa_payment_id and d.resolved_at is null
        and d.detail ->> 'refund_id' = failed.id::text
    ) and not exists (
      select from public.payment_refunds r where r.transaction_id = failed.transaction_id and r.status in ('created', 'pending')
    ) then
      again := private.write_refund(transaction, amount, failed.reason, failed.created_by, as_of);
      update public.payment_refunds r set attempt = failed.attempt + 1 where r.id = again.id;
      asked := asked + 1;
    end if;
  end loop;
  return asked;
end
$$;
comment on function private.retry_refunds is 'Asks for the refunds that failed again, each with a new key; how many.';

create function private.settle_failed_refund(transaction public.payment_transactions, as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.payment_refunds r set retry_at = null where r.transaction_id = transaction.id and r.retry_at is not null;
  update public.payment_differences d set resolved_at = as_of, resolution = 'Деньги вернулись'
  where (d.kind = 'refund_failed' or (d.kind = 'payment_quarantined' and not private.awaits_verdict(transaction)))
    and d.object_id = transaction.yookassa_payment_id and d.resolved_at is null;
$$;
comment on function private.settle_failed_refund is 'The money of a refund that had failed went back after all: nothing is asked for again, and its difference is closed.';

create function public.record_refund(refund jsonb, source text, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  known public.payment_refunds;
  transaction public.payment_transactions;
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
    -- made by a person in ЮKassa's cabinet, where nobody knows of credits
    perform private.take_back_credit(transaction.id, (refund #>> '{amount,value}')::numeric);
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
  if new_status = 'canceled' then
    perform private.fail_refund(known, as_of);
  elsif new_status = 'succeeded' then
    perform private.settle_failed_refund(transaction, as_of);
    update public.payment_transactions t set refunded_amount = least(t.refunded_amount + known.amount, coalesce(t.paid_amount, t.amount)),
        -- who gave all of it back in ЮKassa's cabinet has decided
        judged_at = case when private.awaits_verdict(t) and t.refunded_amount + known.amount >= t.paid_amount then as_of else t.judged_at end
    where t.id = transaction.id
    returning * into transaction;
    if transaction.status = 'quarantined' and transaction.judged_at = as_of then
      update public.payment_differences d set resolved_at = as_of, resolution = 'Деньги вернулись'
      where d.kind = 'payment_quarantined' and d.object_id = transaction.yookassa_payment_id and d.resolved_at is null;
      perform private.reopen_period(transaction, 'not_as_asked', as_of);
    end if;
    perform private.end_refunded(transaction.subscription_id, as_of);
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
declare
  refused public.payment_refunds;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records refusals.');
  end if;
  perform private.lock_organization(r.organization_id) from public.payment_refunds r where r.id = record_refund_refusal.refund_id;
  update public.payment_refunds r set status = 'canceled', cancellation_reason = record_refund_refusal.reason, next_check_at = null
  where r.id = record_refund_refusal.refund_id and r.status = 'created'
  returning * into refused;
  if found then
    perform private.fail_refund(refused, now());
  end if;
end
$$;
comment on function public.record_refund_refusal is 'Service key only: ЮKassa definitely refused to make this refund (reason: its error code).';
grant execute on function public.record_refund_refusal to service_role;
