-- Fiscal receipts (54-ФЗ): the documents a cash register made for payments and refunds, by the numbers the tax office asks for.
-- ЮKassa tells of them in no webhook: it is asked once a receipt is registered. https://yookassa.ru/developers/payment-acceptance/receipts/basics

create table public.fiscal_receipts (
  id uuid primary key default private.new_id(),
  transaction_id uuid not null references public.payment_transactions (id) on delete restrict,
  refund_id uuid references public.payment_refunds (id) on delete restrict,
  organization_id uuid not null, -- the payment's; a key of its own would be a second way from payments to organizations, and embedding ambiguous
  yookassa_receipt_id text not null,
  kind text not null,
  amount numeric(12, 2) not null,
  fiscal_storage_number text not null,
  fiscal_document_number text not null,
  fiscal_attribute text not null,
  registered_at timestamptz not null,
  created_at timestamptz not null default now(),
  constraint kind_is_known check (kind in ('payment', 'refund')),
  constraint amount_is_positive check (amount > 0),
  constraint numbers_are_digits check (
    fiscal_storage_number ~ '^[0-9]{1,20}$' and fiscal_document_number ~ '^[0-9]{1,20}$' and fiscal_attribute ~ '^[0-9]{1,20}$'),
  constraint fiscal_receipts_yookassa_receipt_id_key unique (yookassa_receipt_id)
);
comment on table public.fiscal_receipts is
  'Fiscal documents as ЮKassa told of them, each once and for ever: a payment may have several (income, and its return when a hold is released), and so may a refund. Kept with the payment: no number in it is a person''s.';
comment on column public.fiscal_receipts.refund_id is 'The refund it was made for; null: the payment itself.';
comment on column public.fiscal_receipts.kind is 'payment: income (приход); refund: return of income (возврат прихода).';
comment on column public.fiscal_receipts.amount is 'Roubles of the document.';
comment on column public.fiscal_receipts.fiscal_storage_number is 'ФН: of the storage in the cash register.';
comment on column public.fiscal_receipts.fiscal_document_number is 'ФД: of the document in that storage.';
comment on column public.fiscal_receipts.fiscal_attribute is 'ФПД: what the storage signed the document with.';
comment on column public.fiscal_receipts.registered_at is 'When the storage made the document.';
create index fiscal_receipts_organization_id_idx on public.fiscal_receipts (organization_id, registered_at desc);
create index fiscal_receipts_transaction_id_idx on public.fiscal_receipts (transaction_id);
create index fiscal_receipts_refund_id_idx on public.fiscal_receipts (refund_id) where refund_id is not null;

alter table public.fiscal_receipts enable row level security;
grant select on public.fiscal_receipts to authenticated, service_role;
create policy "organization admins and platform admins see the fiscal receipts" on public.fiscal_receipts
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: record_receipts is the only way, and a document is never changed

-- A table of its own, and no columns of payments and refunds: when those changed last is told to people, and asking changes nothing of them.
create table private.receipts_due (
  id uuid primary key default private.new_id(),
  transaction_id uuid not null references public.payment_transactions (id) on delete cascade,
  refund_id uuid references public.payment_refunds (id) on delete cascade,
  next_check_at timestamptz not null,
  checks int not null default 0,
  constraint receipts_due_object_key unique nulls not distinct (transaction_id, refund_id)
);
comment on table private.receipts_due is
  'Payments and refunds (refund_id) whose receipts are registered while their numbers are not known yet. Empty where receipts are off.';
create index receipts_due_next_check_at_idx on private.receipts_due (next_check_at);
create index receipts_due_refund_id_idx on private.receipts_due (refund_id) where refund_id is not null;
alter table private.receipts_due enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.expect_receipts(transaction_id uuid, refund_id uuid, at timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: the table is private
as $$
  insert into private.receipts_due as d (transaction_id, refund_id, next_check_at) values (transaction_id, refund_id, at)
  on conflict on constraint receipts_due_object_key do update set next_check_at = excluded.next_check_at, checks = 0
$$;
comment on function private.expect_receipts is 'The sweep asks ЮKassa for the receipts of a payment, or of its refund, from that moment on.';

create function private.expect_receipts_of_payment() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  perform private.expect_receipts(new.id, null, now());
  return null;
end
$$;
comment on function private.expect_receipts_of_payment is 'Trigger: a payment is decided and its receipt registered.';

create function private.expect_receipts_of_refund() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  perform private.expect_receipts(new.transaction_id, new.id, now());
  return null;
end
$$;
comment on function private.expect_receipts_of_refund is 'Trigger: the receipt of a refund is registered.';

-- A hold has its second document only when it is released: before a payment is decided nothing is asked.
create trigger payment_transactions_expect_receipts after insert or update of status, receipt_registration on public.payment_transactions
  for each row when (new.receipt_registration = 'succeeded' and not private.is_undecided(new.status))
  execute function private.expect_receipts_of_payment();

create trigger payment_refunds_expect_receipts after insert or update of status, receipt_registration on public.payment_refunds
  for each row when (new.receipt_registration = 'succeeded' and new.status = 'succeeded')
  execute function private.expect_receipts_of_refund();

create function private.expect_receipts_again(transaction_id uuid, at timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: the table is private
as $$
  select private.expect_receipts(t.id, null, at) from public.payment_transactions t
  where t.id = transaction_id and t.receipt_registration = 'succeeded' and not private.is_undecided(t.status);
  select private.expect_receipts(r.transaction_id, r.id, at) from public.payment_refunds r
  where r.transaction_id = expect_receipts_again.transaction_id and r.receipt_registration = 'succeeded' and r.status = 'succeeded';
$$;
comment on function private.expect_receipts_again is
  'The receipts of a payment and its refunds are asked for anew, though they are known, or were given up.';

-- Nobody is told of one answer that did not come; of three days without one a person is.
create function private.give_up_receipts(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: the table is private
as $$
  with given_up as (
    delete from private.receipts_due d
    where d.next_check_at <= as_of and d.checks >= 77 -- five in the first hour, then one an hour
    returning d.transaction_id, d.refund_id
  )
  select private.note_difference('receipt_stuck', coalesce(r.yookassa_refund_id, t.yookassa_payment_id), jsonb_strip_nulls(jsonb_build_object(
    'transaction_id', t.id, 'refund_id', r.id, 'receipt_registration', coalesce(r.receipt_registration, t.receipt_registration),
    'receipts_found', (select count(*) from public.fiscal_receipts f where f.transaction_id = t.id and f.refund_id is not distinct from g.refund_id))), as_of)
  from given_up g
  join public.payment_transactions t on t.id = g.transaction_id
  left join public.payment_refunds r on r.id = g.refund_id
$$;
comment on function private.give_up_receipts is
  'Receipts that ЮKassa calls registered, and whose numbers it did not give in three days of asking: a difference, and not asked for any more.';

create function private.receipt_total(receipt jsonb) returns numeric
  language sql immutable set search_path = ''
as $$
  select coalesce(
    (select sum(case when s.value ~ '^[0-9]{1,9}(\.[0-9]{1,2})?$' then s.value::numeric end)
     from (select jsonb_path_query(receipt, '$.settlements[*].amount.value') #>> '{}' as value) as s
     having bool_and(coalesce(s.value ~ '^[0-9]{1,9}(\.[0-9]{1,2})?$', false))),
    (select sum(case when i.price ~ '^[0-9]{1,9}(\.[0-9]{1,2})?$' and i.quantity ~ '^[0-9]{1,5}(\.[0-9]{1,6})?$'
                then round(i.price::numeric * i.quantity::numeric, 2) end)
     from (
       select item #>> '{amount,value}' as price, item ->> 'quantity' as quantity
       from jsonb_path_query(receipt, '$.items[*]') as item
     ) as i
     having bool_and(coalesce(i.price ~ '^[0-9]{1,9}(\.[0-9]{1,2})?$' and i.quantity ~ '^[0-9]{1,5}(\.[0-9]{1,6})?$', false))))
$$;
comment on function private.receipt_total is 'Roubles of a receipt of ЮKassa''s: its settlements, or else price × quantity of its items; null when it does not say.';

create function private.is_registered_receipt(receipt jsonb) returns boolean
  language sql stable set search_path = '' -- stable: a moment is read
as $$
  select coalesce(
    receipt ->> 'status' = 'succeeded'
    and receipt ->> 'fiscal_storage_number' ~ '^[0-9]{1,20}$' and receipt ->> 'fiscal_document_number' ~ '^[0-9]{1,20}$'
    and receipt ->> 'fiscal_attribute' ~ '^[0-9]{1,20}$'
    and receipt ->> 'registered_at' ~ '^20[0-9]{2}-.*(Z|[+-][0-9]{2}:?[0-9]{2})$' and pg_input_is_valid(receipt ->> 'registered_at', 'timestamptz')
    and private.receipt_total(receipt) between 0.01 and 9999999999.99, false)
$$;
comment on function private.is_registered_receipt is 'True for a receipt of ЮKassa''s that has every number of its fiscal document.';

create function public.record_receipts(transaction_id uuid, receipts jsonb, refund_id uuid default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  transaction public.payment_transactions;
  recorded int;
  awaits boolean;
  is_complete boolean;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records receipts.');
  end if;
  if jsonb_typeof(receipts) is distinct from 'array' or exists (
    select from jsonb_array_elements(receipts) as r where coalesce(r ->> 'id', '') !~ '^[A-Za-z0-9_-]{1,64}$'
  ) then
    perform private.refuse('invalid_input', '[{"field": "receipts", "code": "invalid"}]', 'A list of receipts, as ЮKassa lists them.');
  end if;
  -- No lock of the organization: a document is written once, moves nothing, and no payment waits for it.
  select * into transaction from public.payment_transactions t where t.id = record_receipts.transaction_id;
  if not found or (refund_id is not null and not exists (
    select from public.payment_refunds r where r.id = record_receipts.refund_id and r.transaction_id = transaction.id
  )) then
    perform private.refuse('not_found', 'There is no such payment or refund.');
  end if;

  with told as ( -- what is another payment's, or of a refund nobody told us of yet, is not for us
    select e.receipt, case when e.receipt ->> 'refund_id' is null then record_receipts.refund_id else r.id end as refund_id
    from jsonb_array_elements(receipts) as e (receipt)
    left join public.payment_refunds r on r.yookassa_refund_id = e.receipt ->> 'refund_id' and r.transaction_id = transaction.id
    where coalesce(e.receipt ->> 'payment_id', transaction.yookassa_payment_id) = transaction.yookassa_payment_id
      and (e.receipt ->> 'refund_id' is null or r.id is not null)
      and e.receipt ->> 'type' in ('payment', 'refund')
  ), written as (
    insert into public.fiscal_receipts
      (transaction_id, refund_id, organization_id, yookassa_receipt_id, kind, amount,
       fiscal_storage_number, fiscal_document_number, fiscal_attribute, registered_at)
    select transaction.id, t.refund_id, transaction.organization_id, t.receipt ->> 'id', t.receipt ->> 'type', private.receipt_total(t.receipt),
      t.receipt ->> 'fiscal_storage_number', t.receipt ->> 'fiscal_document_number', t.receipt ->> 'fiscal_attribute',
      (t.receipt ->> 'registered_at')::timestamptz
    from told t
    where private.is_registered_receipt(t.receipt)
    order by t.receipt ->> 'id' -- two that write the same ones wait for each other in one order
    on conflict on constraint fiscal_receipts_yookassa_receipt_id_key do nothing
    returning id
  )
  select (select count(*) from written), coalesce(bool_or(
    t.refund_id is not distinct from record_receipts.refund_id and t.receipt ->> 'status' is distinct from 'canceled'
    and not private.is_registered_receipt(t.receipt)), false)
  into recorded, awaits
  from told t;

  -- All is known when nothing is on its way; and of money that did not stay, the return as well as the income.
  select not awaits and count(*) > 0 and (
    record_receipts.refund_id is not null or transaction.status <> 'canceled'
    or sum(case f.kind when 'payment' then f.amount else -f.amount end) = 0)
  into is_complete
  from public.fiscal_receipts f
  where f.transaction_id = transaction.id and f.refund_id is not distinct from record_receipts.refund_id;
  if is_complete then
    delete from private.receipts_due d
    where d.transaction_id = transaction.id and d.refund_id is not distinct from record_receipts.refund_id;
  end if;
  return jsonb_build_object('outcome', case when is_complete then 'complete' else 'awaited' end, 'recorded', recorded);
end
$$;
comment on function public.record_receipts is
  'Service key only: takes the receipts that ЮKassa lists for a payment (refund_id null) or for a refund of it, and keeps those that are registered, each once. Answers {outcome: complete|awaited, recorded}; what is awaited is asked for again, for three days, and is then a difference (receipt_stuck). 404 not_found, 422 invalid_input.';
grant execute on function public.record_receipts to service_role;
