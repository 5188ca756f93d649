-- The payments of everybody, as platform admins find them.

create function private.transactions_named(id uuid) returns uuid[]
  language sql stable security definer set search_path = '' -- definer: asked within definers
as $$
  select array(
    select t.id from public.payment_transactions t where t.id = transactions_named.id
    union select t.id from public.payment_transactions t where t.yookassa_payment_id = transactions_named.id::text
    union select r.transaction_id from public.payment_refunds r where r.id = transactions_named.id
    union select r.transaction_id from public.payment_refunds r where r.yookassa_refund_id = transactions_named.id::text
    union select t.id from public.payment_transactions t where t.subscription_id = transactions_named.id
    union select t.id from public.payment_transactions t where t.organization_id = transactions_named.id
  )
$$;
comment on function private.transactions_named is
  'Payments that an id means: ours or ЮKassa''s of a payment or refund, ours of a subscription or an organization.';

create function public.admin_payments(
  status text default null, query text default null, created_from timestamptz default null, created_to timestamptz default null,
  after text default null, max_items int default 20, sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, 'newest');
  -- What is typed is an id, an amount («1490», «1 490,00 ₽»), or else words; seven digits and more are an INN's.
  asked_id uuid := private.uuid_or_null(btrim(query));
  asked_ids uuid[] := case when asked_id is not null then private.transactions_named(asked_id) end;
  asked_amount numeric := replace(substring(
    translate(query, E' \u00A0\u202F₽', '') from '^([0-9]{1,6}([.,][0-9]{1,2})?)$'), ',', '.')::numeric;
  wanted tsquery := case when asked_id is null and asked_amount is null then private.words_query(query) end;
  items jsonb;
begin
  if status <> all (enum_range(null::public.transaction_status)::text[] || array['judge', 'refunded']) then
    perform private.refuse('invalid_input', '[{"field": "status", "code": "unknown"}]', 'A status of a payment, judge or refunded.');
  end if;
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', p.id, 'organization_id', p.organization_id, 'organization', o.name, 'slug', o.slug, 'inn', coalesce(o.inn, o.masked_inn),
      'subscription_id', p.subscription_id, 'plan_id', p.plan_id, 'kind', p.kind, 'amount', p.amount, 'currency', p.currency, 'status', p.status,
      'confirmation_url', p.confirmation_url, 'method_saved', p.method_saved, 'period_start', p.period_start, 'refunded_amount', p.refunded_amount,
      'cancellation_party', p.cancellation_party, 'cancellation_reason', p.cancellation_reason, 'quarantine_reason', p.quarantine_reason,
      'judged_at', p.judged_at, 'receipt_registration', p.receipt_registration, 'yookassa_payment_id', p.yookassa_payment_id,
      'created_at', p.created_at, 'updated_at', p.updated_at
    ) order by p.created_at %1$s, p.id %1$s)
    from (
      select t.*
      from public.payment_transactions t %4$s
      where %3$s and ($1 is null or t.id = any ($1)) and ($2 is null or t.amount = $2)
        and ($4 is null or t.created_at >= $4) and ($5 is null or t.created_at < $5)
        and ($6 is null or (t.created_at, t.id) %2$s ($6, $7))
      order by t.created_at %1$s, t.id %1$s
      limit $8 + 1
    ) p
    join public.organizations o on o.id = p.organization_id
  $query$, list_order.way, list_order.beyond,
    case
      when status is null then 'true'
      when status = 'judge' then 't.status = ''quarantined'' and private.awaits_verdict(t)'
      when status = 'refunded' then 't.refunded_amount > 0'
      else format('t.status = %L', status)
    end,
    private.called_so(wanted, 't.organization_id', '$3'))
  into items
  using asked_ids, asked_amount, wanted, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'created_at', 'id', max_items);
end
$$;
comment on function public.admin_payments is
  'Platform admins: everybody''s payments, the newest first (sort: newest, oldest). status: that of a payment; judge: put aside, and a person has to decide; refunded: given back, whole or in part. query: an id (ours or ЮKassa''s of a payment or refund; of a subscription or an organization), an amount in roubles of at most six digits, or else the beginnings of words of the organization''s name, address or INN: {items: [{id, organization_id, organization, slug, inn, subscription_id, plan_id, kind, amount, currency, status, confirmation_url, method_saved, period_start, refunded_amount, cancellation_party, cancellation_reason, quarantine_reason, judged_at, receipt_registration, yookassa_payment_id, created_at, updated_at}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_payments to authenticated;
