-- Webhooks: what ЮKassa tells us, kept before it is believed, and the sweep that finds what was never told.
-- ЮKassa does not sign: a webhook only says which payment to look at. https://yookassa.ru/developers/using-api/webhooks

create table public.payment_webhooks_log (
  id uuid primary key default private.new_id(),
  event_type text not null,
  object_id text not null,
  object_status text not null,
  payload jsonb not null,
  payload_digest bytea not null,
  remote_ip inet,
  deliveries int not null default 1,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  status text not null,
  attempts int not null default 0,
  next_attempt_at timestamptz,
  error text,
  constraint status_is_known check (status in ('received', 'processed', 'ignored', 'rejected')),
  constraint only_the_received_wait check ((status = 'received') = (next_attempt_at is not null)),
  constraint a_rejection_says_why check (status <> 'rejected' or error is not null),
  -- ЮKassa's webhooks have no id of their own. The digest keeps a forged twin apart from the true one.
  constraint payment_webhooks_log_notification_key unique (event_type, object_id, object_status, payload_digest)
);
comment on table public.payment_webhooks_log is
  'Every webhook as it came, once, with how often it came (deliveries), what became of it (status) and why (error). remote_ip is ЮKassa''s machine.';
create index payment_webhooks_log_object_id_idx on public.payment_webhooks_log (object_id);
create index payment_webhooks_log_waiting_idx on public.payment_webhooks_log (next_attempt_at) where next_attempt_at is not null;

-- What follows from the rest of a new webhook, unless it is given.
create function private.complete_notification() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.payload_digest := coalesce(new.payload_digest, sha256(convert_to(new.payload::text, 'UTF8')));
  if new.status = 'received' then -- whoever stored it settles it first; then the sweep
    new.next_attempt_at := coalesce(new.next_attempt_at, new.received_at + interval '1 minute');
  end if;
  return new;
end
$$;
comment on function private.complete_notification is 'Trigger: a new webhook has its digest; one that is to be settled is swept after a minute.';

create trigger payment_webhooks_log_complete before insert on public.payment_webhooks_log
  for each row execute function private.complete_notification();

alter table public.payment_webhooks_log enable row level security;
grant select on public.payment_webhooks_log to authenticated, service_role;
create policy "platform admins read the notifications" on public.payment_webhooks_log
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: the RPCs below are the only way
create function public.receive_notification(payload jsonb, remote_ip text default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  event text := left(payload ->> 'event', 64);
  object_id text := left(coalesce(payload #>> '{object,id}', ''), 64);
  kind text;
  received public.payment_webhooks_log;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key stores webhooks.');
  end if;
  if jsonb_typeof(payload -> 'event') is distinct from 'string' or event = '' then
    perform private.refuse('invalid_input', '[{"field": "payload", "code": "not_a_notification"}]');
  end if;
  kind := case
    when payload ->> 'type' is distinct from 'notification' then 'other'
    when (payload #>> '{object,id}' ~ '^[A-Za-z0-9_-]{1,64}$') is not true then 'other' -- nothing that could be looked at
    when event in ('payment.waiting_for_capture', 'payment.succeeded', 'payment.canceled') then 'payment'
    when event = 'refund.succeeded' then 'refund'
    else 'other'
  end;

  insert into public.payment_webhooks_log as n (event_type, object_id, object_status, payload, remote_ip, status)
  values (
    event, object_id, left(coalesce(payload #>> '{object,status}', ''), 64), payload, private.inet_or_null(remote_ip),
    case kind when 'other' then 'ignored' else 'received' end
  )
  on conflict on constraint payment_webhooks_log_notification_key do update set deliveries = n.deliveries + 1
  returning * into received;

  return jsonb_build_object(
    'notification_id', received.id, 'status', received.status, 'object_kind', kind,
    'object_id', received.object_id, 'settle', received.status in ('received', 'rejected')
  );
end
$$;
comment on function public.receive_notification is
  'Service key only: stores a webhook (again: counts the delivery); what is not about a payment or refund we could look at is ignored. Answers {notification_id, status, object_kind: payment|refund|other, object_id, settle}. 422 invalid_input when it names no event.';
grant execute on function public.receive_notification to service_role;

create function public.settle_notification(notification_id uuid, payment jsonb, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  notification public.payment_webhooks_log;
  answer jsonb;
  fault text;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key settles webhooks.');
  end if;
  perform private.require_payment(payment);
  select * into notification from public.payment_webhooks_log n where n.id = settle_notification.notification_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such webhook.');
  end if;
  if payment ->> 'id' is distinct from notification.object_id then
    perform private.refuse('invalid_input', '[{"field": "payment", "code": "another_payment"}]');
  end if;

  -- What was said must be what ЮKassa says itself: at least as far along, not the opposite end, the same money.
  fault := case
    when private.payment_rank(notification.object_status) is null then 'status_unknown'
    when private.payment_rank(payment ->> 'status') < private.payment_rank(notification.object_status)
      or (private.payment_rank(notification.object_status) = 3 and payment ->> 'status' <> notification.object_status)
      then 'status_not_confirmed'
    when coalesce(notification.payload #> '{object,amount}', payment -> 'amount') is distinct from payment -> 'amount'
      then 'amount_not_confirmed'
  end;
  if fault is null then
    answer := case notification.event_type when 'refund.succeeded'
      then public.record_refund(payment, 'webhook', as_of)
      else public.record_payment(payment, 'webhook', as_of)
    end;
    if answer ->> 'outcome' = 'unknown' then
      fault := 'payment_not_ours';
    end if;
  else
    answer := '{"outcome": "unchanged"}';
  end if;

  update public.payment_webhooks_log n
  set status = case when fault is null then 'processed' else 'rejected' end,
      error = case when fault is not null then fault
                   when answer ->> 'outcome' = 'quarantined' then 'payment_quarantined' end,
      processed_at = as_of, attempts = n.attempts + 1, next_attempt_at = null
  where n.id = notification.id and n.status <> 'processed'; -- what is settled stays settled
  select n.status into notification.status from public.payment_webhooks_log n where n.id = notification.id;
  return jsonb_build_object('transaction_id', null, 'transaction_status', null, 'subscription_status', null, 'release_hold', false)
    || answer || jsonb_build_object('notification_status', notification.status);
end
$$;
comment on function public.settle_notification is
  'Service key only: records the payment (or refund) that a webhook named, as fetched from ЮKassa, and closes the webhook: processed, or rejected with the reason. Answers as record_payment, and notification_status. 404 not_found, 422 invalid_input.';
grant execute on function public.settle_notification to service_role;

create function public.fail_notification(notification_id uuid, reason text, is_final boolean, as_of timestamptz default now()) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key settles webhooks.');
  end if;
  update public.payment_webhooks_log n
  set status = case when is_final then 'rejected' else 'received' end,
      error = left(coalesce(reason, 'unknown'), 500),
      processed_at = case when is_final then as_of end,
      attempts = n.attempts + 1,
      next_attempt_at = case when not is_final then as_of + private.backoff(n.attempts + 1) end
  where n.id = fail_notification.notification_id and n.status in ('received', 'rejected');
end
$$;
comment on function public.fail_notification is
  'Service key only: the payment could not be fetched. is_final: ЮKassa does not know it, the row is rejected; else it is tried again, later each time.';
grant execute on function public.fail_notification to service_role;


-- The sweep --------------------------------------------------------------------------------------------------------------

create function public.claim_payment_sweep(as_of timestamptz default now(), max_items int default 100) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  answer jsonb;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key sweeps.');
  end if;

  perform private.retry_refunds(as_of, max_items);
  perform private.give_up_receipts(as_of);

  -- What is handed out is put off at the same time: a second sweep takes other work, and a sweep that dies is made up for.
  with due_notifications as (
    select n.id from public.payment_webhooks_log n
    where n.next_attempt_at <= as_of
    order by n.next_attempt_at limit max_items
    for update skip locked
  ), notifications as (
    update public.payment_webhooks_log n
    set next_attempt_at = as_of + private.backoff(n.attempts + 1)
    from due_notifications d where d.id = n.id
    returning n.id, n.object_id, n.event_type
  ), due_transactions as (
    select t.id from public.payment_transactions t
    where t.next_check_at <= as_of
    order by t.next_check_at limit max_items
    for update skip locked
  ), transactions as (
    update public.payment_transactions t
    set checks = t.checks + 1, next_check_at = as_of + private.backoff(t.checks + 1)
    from due_transactions d where d.id = t.id
    returning t.*
  ), due_refunds as (
    select r.id from public.payment_refunds r
    where r.next_check_at <= as_of
    order by r.next_check_at limit max_items
    for update skip locked
  ), refunds as (
    update public.payment_refunds r
    set checks = r.checks + 1, next_check_at = as_of + private.backoff(r.checks + 1)
    from due_refunds d where d.id = r.id
    returning r.*
  ), due_receipts as (
    select d.id from private.receipts_due d
    where d.next_check_at <= as_of
    order by d.next_check_at limit least(max_items, 20) -- numbers hurry nobody: they take little of a sweep that moves money
    for update skip locked
  ), receipts as (
    update private.receipts_due r
    set checks = r.checks + 1, next_check_at = as_of + private.backoff(r.checks + 1)
    from due_receipts d where d.id = r.id
    returning r.*
  )
  select jsonb_build_object(
    'notifications', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'notification_id', n.id, 'object_kind', case n.event_type when 'refund.succeeded' then 'refund' else 'payment' end,
        'object_id', n.object_id)), '[]')
      from notifications n
    ),
    'transactions', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'transaction_id', t.id, 'yookassa_payment_id', t.yookassa_payment_id, 'idempotence_key', t.idempotence_key,
        'request_body', t.request_body, 'created_at', t.created_at,
        -- ЮKassa remembers a key for 24 hours; after that the same key would make a new payment
        'replay', t.yookassa_payment_id is null and t.created_at > as_of - interval '23 hours',
        'begin', t.kind = 'renewal' and t.yookassa_payment_id is null -- has to pass begin_charge before it is sent (again)
      )), '[]')
      from transactions t where not (t.kind in ('trial_hold', 'card_check') and t.status = 'waiting_for_capture')
    ),
    'holds', (
      select coalesce(jsonb_agg(jsonb_build_object('transaction_id', t.id, 'yookassa_payment_id', t.yookassa_payment_id)), '[]')
      from transactions t where t.kind in ('trial_hold', 'card_check') and t.status = 'waiting_for_capture'
    ),
    'refunds', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'refund_id', r.id, 'yookassa_refund_id', r.yookassa_refund_id, 'idempotence_key', r.idempotence_key,
        'request_body', r.request_body, 'created_at', r.created_at,
        'replay', r.yookassa_refund_id is null and r.created_at > as_of - interval '23 hours'
      )), '[]')
      from refunds r
    ),
    'receipts', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'transaction_id', d.transaction_id, 'refund_id', d.refund_id,
        'yookassa_payment_id', t.yookassa_payment_id, 'yookassa_refund_id', r.yookassa_refund_id)), '[]')
      from receipts d
      join public.payment_transactions t on t.id = d.transaction_id
      left join public.payment_refunds r on r.id = d.refund_id
    )
  ) into answer;
  return answer;
end
$$;
comment on function public.claim_payment_sweep is
  'Service key only: work for one sweep, leased: {notifications: [{notification_id, object_kind, object_id}], transactions: [{transaction_id, yookassa_payment_id, idempotence_key, request_body, created_at, replay, begin}], holds: [{transaction_id, yookassa_payment_id}], refunds: [{refund_id, yookassa_refund_id, idempotence_key, request_body, created_at, replay}], receipts: [{transaction_id, refund_id, yookassa_payment_id, yookassa_refund_id}] (to ask for; refund_id null: of the payment itself)}; at most max_items of each, and 20 receipts.';
grant execute on function public.claim_payment_sweep to service_role;


-- Reconciliation: what ЮKassa says it has, held against what we have, both ways. -----------------------------------------

-- The books are compared an hour after they last were, by one run at a time. The sweep asks every minute: a run that failed is
-- made up for at once, one that was killed after ten minutes. How a rehearsal went in another time says nothing about now.
create function public.begin_reconciliation(as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  run_id uuid;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key reconciles.');
  end if;
  perform pg_advisory_xact_lock(hashtext('reconciliation')); -- of two that ask at once, the second sees that the first has begun
  if exists (
    select from public.job_runs r
    where r.job = 'reconciliation'
      and r.as_of > begin_reconciliation.as_of - interval '1 hour' and r.as_of < begin_reconciliation.as_of + interval '1 hour'
      and (r.status = 'ok' or (r.status = 'running' and r.as_of > begin_reconciliation.as_of - interval '10 minutes'))
  ) then
    return null;
  end if;
  insert into public.job_runs (job, as_of) values ('reconciliation', begin_reconciliation.as_of) returning id into run_id;
  -- ЮKassa repeats a webhook for 24 hours: what was not heard of in 48 never will be. After a pause of ours, what happened in it was not
  -- compared either.
  return jsonb_build_object('run_id', run_id, 'as_of', as_of, 'since', least(as_of - interval '48 hours', (
    select max(r.as_of) - interval '24 hours' from public.job_runs r
    where r.job = 'reconciliation' and r.status = 'ok' and r.as_of < begin_reconciliation.as_of)));
end
$$;
comment on function public.begin_reconciliation is
  'Service key only: when the books are due to be compared, {run_id, since, as_of} (48 hours, or more after a pause of ours): read ЮKassa''s lists from since to as_of, call reconcile, then finish_job with the run_id. Otherwise null.';
grant execute on function public.begin_reconciliation to service_role;

create function public.reconcile(payments jsonb, refunds jsonb, since timestamptz, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  item jsonb;
  answer jsonb;
  mended int := 0;
  found int;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key reconciles.');
  end if;
  -- What we only had not heard of is recorded, by the same path as ever; what does not fit then is a difference.
  -- What we know to the letter is passed over: looking costs no lock, and nearly all is so.
  for item in
    select p.value from jsonb_array_elements(coalesce(payments, '[]')) as p
    left join public.payment_transactions t on t.yookassa_payment_id = p.value ->> 'id'
    where t.id is null or t.status::text <> p.value ->> 'status'
      or t.receipt_registration is distinct from p.value ->> 'receipt_registration'
      or private.payment_mismatch(t, p.value) is not null
  loop
    answer := public.record_payment(item, 'sweep', as_of);
    if answer ->> 'outcome' = 'applied' then
      mended := mended + 1;
    elsif answer ->> 'outcome' = 'unknown' then
      perform private.note_difference('unknown_payment', item ->> 'id', item, as_of);
    elsif answer ->> 'outcome' = 'quarantined' then
      perform private.note_difference('payment_quarantined', item ->> 'id', item, as_of)
      where not exists ( -- what was decided on, or goes back by itself, needs nobody
        select from public.payment_transactions t
        where t.yookassa_payment_id = item ->> 'id' and t.status = 'quarantined' and (t.judged_at is not null or private.refundable(t) <= 0)
      );
    elsif private.payment_rank(item ->> 'status') = 3 and answer ->> 'transaction_status' <> item ->> 'status' then
      perform private.note_difference('payment_differs', item ->> 'id', item, as_of);
    end if;
  end loop;
  for item in
    select f.value from jsonb_array_elements(coalesce(refunds, '[]')) as f
    left join public.payment_refunds r on r.yookassa_refund_id = f.value ->> 'id'
    where r.id is null or r.status <> f.value ->> 'status' or r.receipt_registration is distinct from f.value ->> 'receipt_registration'
      or r.amount::text is distinct from f.value #>> '{amount,value}'
  loop
    answer := public.record_refund(item, 'sweep', as_of);
    if answer ->> 'outcome' = 'applied' then
      mended := mended + 1;
    elsif answer ->> 'outcome' = 'unknown' then
      perform private.note_difference('unknown_refund', item ->> 'id', item, as_of);
    elsif answer ->> 'outcome' = 'quarantined' then
      perform private.note_difference('refund_differs', item ->> 'id', item, as_of);
    end if;
  end loop;

  -- The other way: what we believe ЮKassa has, and its list has not.
  perform private.note_difference('payment_missing_at_yookassa', t.yookassa_payment_id,
    jsonb_build_object('transaction_id', t.id, 'status', t.status, 'amount', t.amount::text), as_of)
  from public.payment_transactions t
  where t.created_at between since and as_of - interval '5 minutes' and t.yookassa_payment_id is not null
    and not exists (select from jsonb_array_elements(coalesce(payments, '[]')) p where p ->> 'id' = t.yookassa_payment_id);

  -- What ЮKassa kept of a payment, and what the ledger of value says its period kept. What moved while the lists were read is looked at next time.
  perform private.note_difference('payment_differs', t.yookassa_payment_id,
    p.value || jsonb_build_object('transaction_id', t.id, 'kept_here', (v.paid - v.refunded)::text), as_of)
  from jsonb_array_elements(coalesce(payments, '[]')) as p
  join public.payment_transactions t on t.yookassa_payment_id = p.value ->> 'id'
  join public.subscription_periods v on v.transaction_id = t.id
  where p.value ->> 'status' = 'succeeded'
    and (p.value #>> '{amount,value}')::numeric - coalesce((p.value #>> '{refunded_amount,value}')::numeric, 0) <> v.paid - v.refunded
    and v.refunding = 0 and private.payment_mismatch(t, p.value) is null
    and not exists (
      select from public.payment_refunds r where r.transaction_id = t.id and r.updated_at > now() - interval '10 minutes');

  perform private.note_difference('receipt_stuck', t.yookassa_payment_id,
    jsonb_build_object('transaction_id', t.id, 'receipt_registration', t.receipt_registration), as_of)
  from public.payment_transactions t
  where t.status = 'succeeded' -- a payment that was declined has no receipt
    and (t.receipt_registration = 'canceled' or (t.receipt_registration = 'pending' and t.created_at < as_of - interval '3 days'));

  perform private.note_difference('receipt_stuck', r.yookassa_refund_id,
    jsonb_build_object('refund_id', r.id, 'receipt_registration', r.receipt_registration), as_of)
  from public.payment_refunds r
  where r.status = 'succeeded'
    and (r.receipt_registration = 'canceled' or (r.receipt_registration = 'pending' and r.created_at < as_of - interval '3 days'));

  select count(*) into found from public.payment_differences d where d.resolved_at is null;
  return jsonb_build_object('payments', jsonb_array_length(coalesce(payments, '[]')), 'refunds', jsonb_array_length(coalesce(refunds, '[]')),
                            'mended', mended, 'open_differences', found);
end
$$;
comment on function public.reconcile is
  'Service key only: takes all payments and refunds that ЮKassa lists since that moment; records what we had not heard of, notes what does not agree. Answers {payments, refunds, mended, open_differences}.';
grant execute on function public.reconcile to service_role;


-- Refused requests: who guesses at the webhook's secret is slowed down. --------------------------------------------------

create function public.count_refused_request(remote_ip text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: the counts are private
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key counts requests.');
  end if;
  -- the address itself is not kept: a digest that changes every day stands for it
  return jsonb_build_object('allowed', private.count_request(
    'refused:' || encode(sha256(convert_to(private.daily_salt() || coalesce(remote_ip, ''), 'UTF8')), 'hex')) <= 100);
end
$$;
comment on function public.count_refused_request is
  'Service key only: counts a refused request of this address; {allowed: false} beyond 100 a minute. The address is not stored.';
grant execute on function public.count_refused_request to service_role;
