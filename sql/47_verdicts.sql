-- Verdicts: what becomes of a payment that was not as we asked, so that its money is never for nothing and no subscription waits for ever.

-- The payment as it was when it was put aside, as ЮKassa told it.
create function private.quarantined_payment(transaction public.payment_transactions) returns jsonb
  language sql stable security definer set search_path = '' -- definer: reads the differences for anyone
as $$
  select coalesce(
    (select d.detail from public.payment_differences d
     where d.kind = 'payment_quarantined' and d.object_id = transaction.yookassa_payment_id
     order by d.found_at limit 1),
    jsonb_build_object('id', transaction.yookassa_payment_id, 'status', 'succeeded',
      'amount', jsonb_build_object('value', transaction.paid_amount::text, 'currency', transaction.paid_currency)))
$$;
comment on function private.quarantined_payment is 'ЮKassa''s payment as it was when it was put aside.';

-- Answers why the money cannot be used after all (then it goes back by itself), or null.
create function private.accept_payment(transaction public.payment_transactions, source text, as_of timestamptz) returns text
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  payment jsonb := private.quarantined_payment(transaction);
  fault text := private.apply_payment(transaction, payment, as_of);
begin
  if fault is null then
    perform private.move_transaction(transaction, 'succeeded', payment, null, source, as_of);
    return null;
  end if;
  update public.payment_transactions t set quarantine_reason = fault where t.id = transaction.id returning * into transaction;
  perform private.refund_unusable(transaction, fault, as_of);
  perform private.reopen_period(transaction, fault, as_of);
  return fault;
end
$$;
comment on function private.accept_payment is
  'A payment that was put aside has its effects after all, for what was really paid; or goes back, when there is nothing left for it to pay. The caller has the organization''s lock.';

create function public.judge_quarantined(transaction_id uuid, decision text, comment text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  transaction public.payment_transactions;
  fault text;
begin
  perform private.act_as_platform_admin(
    'judge_quarantined', (select t.organization_id from public.payment_transactions t where t.id = judge_quarantined.transaction_id),
    transaction_id::text, jsonb_build_object('decision', left(decision, 20)));
  if decision is null or decision not in ('accept', 'refund') or coalesce(private.visible_length(comment), 0) = 0 or char_length(btrim(comment)) > 250 then
    perform private.refuse('invalid_input', '[{"field": "decision", "code": "unknown"}]', 'decision is accept or refund, with a comment.');
  end if;
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = judge_quarantined.transaction_id;
  select * into transaction from public.payment_transactions t where t.id = judge_quarantined.transaction_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  if transaction.status <> 'quarantined' then
    perform private.refuse('invalid_transition', 'The payment is not quarantined.');
  end if;
  if decision = 'accept' then
    if not private.awaits_verdict(transaction) then
      perform private.refuse('invalid_transition', 'The payment was decided on.', 'Its money goes back.');
    elsif transaction.kind in ('trial_hold', 'card_check') or transaction.paid_currency <> 'RUB'
      or private.refundable(transaction) < transaction.paid_amount
    then
      perform private.refuse('invalid_transition', 'There is nothing this money could pay for.', 'Give it back.');
    end if;
    fault := private.accept_payment(transaction, 'admin', now());
  end if;
  update public.payment_differences d set resolved_at = now(), resolved_by = auth.uid(), resolution = btrim(comment)
  where d.object_id = transaction.yookassa_payment_id and d.resolved_at is null;
  update public.payment_transactions t set judged_at = now() where t.id = transaction.id returning * into transaction;
  if decision = 'refund' then
    perform private.refund_unusable(transaction, btrim(comment), now());
    perform private.reopen_period(transaction, 'not_as_asked', now());
  end if;
  return jsonb_build_object('transaction_id', transaction.id, 'decision', decision, 'status', transaction.status,
                            'goes_back', transaction.status = 'quarantined', 'reason', fault);
end
$$;
comment on function public.judge_quarantined is
  'Platform admins: a payment that was not as asked has its effects after all (accept), for what was really paid, or all that was paid goes back (refund), and the subscription goes on by the ordinary rules; with a comment. Answers {transaction_id, decision, status, goes_back, reason}; reason: why what was accepted goes back all the same (already_paid, subscription_over, verification_required). 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.judge_quarantined to authenticated;

-- A setting of ours was wrong for an hour (the shop, the test flag): what was put aside for that alone is as we asked once it is mended.
create function private.accept_mended(as_of timestamptz) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  put_aside public.payment_transactions;
  accepted int := 0;
begin
  for put_aside in
    select t.* from public.payment_transactions t
    where t.status = 'quarantined' and t.judged_at is null and t.quarantine_reason in ('shop', 'test')
      and private.payment_mismatch(t, private.quarantined_payment(t)) is null
      and private.refundable(t) = t.paid_amount
  loop
    perform private.lock_organization(put_aside.organization_id);
    select * into put_aside from public.payment_transactions t where t.id = put_aside.id;
    if private.awaits_verdict(put_aside) then
      perform private.accept_payment(put_aside, 'sweep', as_of);
      update public.payment_differences d set resolved_at = as_of, resolution = 'Настройки исправлены'
      where d.object_id = put_aside.yookassa_payment_id and d.resolved_at is null;
      accepted := accepted + 1;
    end if;
  end loop;
  return accepted;
end
$$;
comment on function private.accept_mended is
  'Accepts the payments that were put aside only because our own settings were wrong, and are not any more; how many.';
