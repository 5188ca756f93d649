-- Reconciliation: what ЮKassa says it has, held against what we have, both ways.


create table public.payment_differences (
  id uuid primary key default private.new_id(),
  kind text not null,
  object_id text not null,
  detail jsonb not null,
  found_at timestamptz not null,
  last_seen_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by uuid references public.profiles (id) on delete set null,
  resolution text,
  constraint kind_is_known check (kind in ('unknown_payment', 'unknown_refund', 'payment_missing_at_yookassa', 'payment_differs', 'payment_quarantined', 'refund_differs', 'receipt_stuck')),
  constraint what_is_resolved_says_how check ((resolved_at is null) = (resolution is null))
);
comment on table public.payment_differences is 'Where our books and ЮKassa''s do not agree: found once, seen again, resolved by a person. Each open one is an alert.';
create unique index one_open_difference_per_object on public.payment_differences (kind, object_id) where resolved_at is null;
create index payment_differences_resolved_by_idx on public.payment_differences (resolved_by);

alter table public.payment_differences enable row level security;
grant select on public.payment_differences to authenticated, service_role;
create policy "platform admins see the differences" on public.payment_differences
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: the doors below are the only way

create function private.note_difference(kind text, object_id text, detail jsonb, as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.payment_differences as d (kind, object_id, detail, found_at, last_seen_at)
  values (kind, object_id, detail, as_of, as_of)
  on conflict (kind, object_id) where resolved_at is null do update set detail = excluded.detail, last_seen_at = excluded.last_seen_at
$$;
comment on function private.note_difference is 'Notes a difference, once while it is open.';

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
  -- ЮKassa repeats a notification for 24 hours: what was not heard of in 48 never will be
  return jsonb_build_object('run_id', run_id, 'since', as_of - interval '48 hours', 'as_of', as_of);
end
$$;
comment on function public.begin_reconciliation is
  'Service key only: when the books are due to be compared, {run_id, since, as_of}: read ЮKassa''s lists from since to as_of, call reconcile, then finish_job with the run_id. Otherwise null.';
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
      where not exists ( -- what was judged, or goes back by itself, needs nobody
        select from public.payment_transactions t
        where t.yookassa_payment_id = item ->> 'id' and t.status = 'quarantined' and (t.judged_at is not null or exists (
          select from public.payment_refunds r where r.transaction_id = t.id and r.amount = t.amount and r.status <> 'canceled'))
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

create function public.resolve_difference(difference_id uuid, resolution text) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.require_sign_in();
begin
  if not private.is_platform_admin() then
    perform private.refuse('not_allowed', 'Only platform admins judge differences.');
  end if;
  if coalesce(private.visible_length(resolution), 0) = 0 then
    perform private.refuse('invalid_input', '[{"field": "resolution", "code": "required"}]');
  end if;
  update public.payment_differences d set resolved_at = now(), resolved_by = caller, resolution = btrim(resolve_difference.resolution)
  where d.id = difference_id and d.resolved_at is null;
  if not found then
    perform private.refuse('not_found', 'There is no such open difference.');
  end if;
end
$$;
comment on function public.resolve_difference is 'Platform admins: says how a difference was settled. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.resolve_difference to authenticated;

create function public.judge_quarantined(transaction_id uuid, decision text, comment text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  transaction public.payment_transactions;
begin
  perform private.require_sign_in();
  if not private.is_platform_admin() then
    perform private.refuse('not_allowed', 'Only platform admins judge payments.');
  end if;
  if decision is null or decision not in ('refund', 'dismiss') or coalesce(private.visible_length(comment), 0) = 0 or char_length(btrim(comment)) > 250 then
    perform private.refuse('invalid_input', '[{"field": "decision", "code": "unknown"}]', 'decision is refund or dismiss, with a comment.');
  end if;
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = judge_quarantined.transaction_id;
  select * into transaction from public.payment_transactions t where t.id = judge_quarantined.transaction_id;
  if not found then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  if transaction.status <> 'quarantined' then
    perform private.refuse('invalid_transition', 'The payment is not quarantined.');
  end if;
  update public.payment_differences d set resolved_at = now(), resolved_by = auth.uid(), resolution = btrim(comment)
  where d.object_id = transaction.yookassa_payment_id and d.resolved_at is null;
  if decision = 'refund' then
    perform private.give_back(transaction, btrim(comment), now());
  end if;
  update public.payment_transactions t set judged_at = now() where t.id = transaction.id;
  return jsonb_build_object('transaction_id', transaction.id, 'decision', decision);
end
$$;
comment on function public.judge_quarantined is
  'Platform admins: a payment that was not as asked is given back (refund) or set aside (dismiss), with a comment. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.judge_quarantined to authenticated;
