-- What payments still say of a person when their organization is gone: the receipt's address and the card's digits.
-- The payments themselves, with the numbers of their fiscal receipts, stay for the books (402-ФЗ, art. 29: five years); these do not belong to them.

create function private.forget_payers(as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  gone uuid[] := array(select o.id from public.organizations o where o.deleted_at <= as_of);
begin
  -- An undecided one may have to be sent again, e-mail for e-mail; it is stripped when it is decided.
  update public.payment_transactions t
  set request_body = (t.request_body::jsonb #- '{receipt,customer}')::text
  where t.organization_id = any (gone) and not private.is_undecided(t.status)
    and t.request_body::jsonb #> '{receipt,customer}' is not null;
  update public.payment_transactions t set card = null where t.organization_id = any (gone) and t.card is not null;
  update public.payment_refunds r
  set request_body = (r.request_body::jsonb #- '{receipt,customer}')::text
  where r.organization_id = any (gone) and r.status in ('succeeded', 'canceled')
    and r.request_body::jsonb #> '{receipt,customer}' is not null;
  update public.payment_webhooks_log w
  set payload = w.payload #- '{object,payment_method,card}' #- '{object,payment_method,title}' #- '{object,receipt,customer}'
  where w.status <> 'received'
    and w.object_id in (
      select t.yookassa_payment_id from public.payment_transactions t where t.organization_id = any (gone)
      union all select r.yookassa_refund_id from public.payment_refunds r where r.organization_id = any (gone)
    )
    and (w.payload #> '{object,payment_method,card}' is not null or w.payload #> '{object,payment_method,title}' is not null
      or w.payload #> '{object,receipt,customer}' is not null);
end
$$;
comment on function private.forget_payers is
  'Strips the receipt''s customer from what was sent for organizations that are deleted, and the card from what ЮKassa told of their payments and from the payments.';
