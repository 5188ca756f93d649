-- Recording a payment: the one path by which what ЮKassa says becomes what we know.


-- What ЮKassa says -------------------------------------------------------------------------------------------------------

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
  on conflict on constraint payment_methods_yookassa_id_key do update set title = excluded.title, refused_at = null
  returning m.id into saved_id;
  return saved_id;
end
$$;
comment on function private.save_payment_method is 'Keeps a method that ЮKassa says is saved; returns our id for it.';

create function private.card_in(payment jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'brand', m.method #>> '{card,card_type}', 'last4', substring(m.method #>> '{card,last4}' from '^[0-9]{4}$'), 'title', m.method ->> 'title')
  from (select payment -> 'payment_method' as method) as m
  where jsonb_typeof(m.method) = 'object'
$$;
comment on function private.card_in is 'The card of a ЮKassa payment, as private.card; null where it names none.';

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
      -- what we ourselves said of a page stays: ЮKassa only knows that it ended
      cancellation_party = case when t.kind <> 'renewal' and t.cancellation_party = 'chestno' then t.cancellation_party
                                else payment #>> '{cancellation_details,party}' end,
      cancellation_reason = case when t.kind <> 'renewal' and t.cancellation_party = 'chestno' then t.cancellation_reason
                                 else payment #>> '{cancellation_details,reason}' end,
      quarantine_reason = fault,
      paid_amount = case when new_status in ('succeeded', 'quarantined') then (payment #>> '{amount,value}')::numeric end,
      paid_currency = case when new_status in ('succeeded', 'quarantined') then payment #>> '{amount,currency}' end,
      status_source = source,
      receipt_registration = payment ->> 'receipt_registration',
      card = coalesce(private.card_in(payment), t.card),
      next_check_at = case
        when private.payment_rank(new_status::text) < 3 then as_of + interval '2 minutes'
        when payment ->> 'receipt_registration' = 'pending' then as_of + interval '1 hour'
      end,
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
    'release_hold', transaction.kind in ('trial_hold', 'card_check') and transaction.status = 'waiting_for_capture'
  )
$$;
comment on function private.record_answer is 'What record_payment answers.';


-- What follows from it ---------------------------------------------------------------------------------------------------

-- Why a hold begins nothing: the person asked for a trial, and is told in words that there is none, and that they may pay at once.
create function private.refuse_trial(transaction public.payment_transactions, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.payment_transactions t set cancellation_party = 'chestno', cancellation_reason = 'trial_already_used' where t.id = transaction.id;
  perform private.notify(transaction.organization_id, 'payment_returned', jsonb_build_object(
    'amount', transaction.amount::text, 'currency', transaction.currency, 'reason', 'trial_already_used', 'transaction_id', transaction.id), as_of);
end
$$;
comment on function private.refuse_trial is 'The hold of a trial that is not given is released, and people are told why. The caller has the organization''s lock.';

-- A card that was authorized and saved starts the trial, once per organization and INN, twice per card. Otherwise nothing starts, and the hold is released.
create function private.start_trial(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  card bytea := private.card_digest(payment -> 'payment_method');
  is_given boolean;
  trial_end timestamptz;
  started public.subscriptions;
begin
  if private.saved_method(payment) is null or private.is_being_deleted(transaction.organization_id) or transaction.voided_at is not null
    or private.forgot_a_card_since(transaction)
  then
    return;
  end if;
  if exists (
    select from public.subscriptions s
    where s.organization_id = transaction.organization_id and private.is_live(s.status)
  ) then
    return;
  end if;
  is_given := private.may_begin_trial(card, as_of); -- the card's lock comes before the INN's, everywhere
  if is_given then
    insert into private.used_trials (inn, organization_id, started_at)
    select o.inn, o.id, as_of from public.organizations o
    where o.id = transaction.organization_id and o.inn is not null and not private.has_had_trial(o)
    on conflict do nothing;
    is_given := found;
  end if;
  insert into private.trial_cards (card, organization_id, asked_at, has_begun)
  select card, transaction.organization_id, as_of, is_given where card is not null
  on conflict do nothing;
  if not is_given then
    perform private.refuse_trial(transaction, as_of);
    return;
  end if;

  select (as_of at time zone os.time_zone + make_interval(days => p.trial_days)) at time zone os.time_zone into trial_end
  from public.subscription_plans p, public.organization_settings os
  where p.id = transaction.plan_id and os.organization_id = transaction.organization_id;

  started := private.open_subscription(
    transaction.organization_id, transaction.plan_id, 'trialing', as_of, trial_end,
    private.save_payment_method(transaction.organization_id, private.saved_method(payment)), transaction.created_by,
    (transaction.quoted_from ->> 'price')::numeric);
  update public.payment_transactions t set subscription_id = started.id where t.id = transaction.id;
  perform private.move_subscription(started.id, 'trialing', null, as_of);
end
$$;
comment on function private.start_trial is 'Starts the trial a hold was made for, when the card was saved, no trial was had before, and the card began fewer than two in 90 days.';

create function private.forgot_a_card_since(transaction public.payment_transactions) returns boolean
  language sql stable security definer set search_path = '' -- definer: looks at cards for anyone
as $$
  select coalesce((
    select count(*) > (transaction.quoted_from ->> 'forgotten')::bigint from public.payment_methods m
    where m.organization_id = transaction.organization_id and m.revoked_by = 'person'), false)
$$;
comment on function private.forgot_a_card_since is 'True when somebody forgot a card of the organization after this payment was begun: it saves none then (376-ФЗ).';

-- Answers why the money cannot be used, or null when it pays for a period. Money that cannot be used is given back by itself.
create function private.start_paid_period(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns text
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  subscription public.subscriptions;
  plan public.subscription_plans;
  calendar text;
  method_id uuid;
  starts timestamptz := as_of;
  anchor timestamptz := as_of;
  ends timestamptz;
  basis jsonb := private.quote_basis(transaction.organization_id, transaction.plan_id);
  -- Who cancelled or forgot a card after this was begun meant it (376-ФЗ): however late it comes, it gives its time and nothing more.
  stays_cancelled boolean := basis ->> 'canceled_at' is not null and basis ->> 'canceled_at' is distinct from transaction.quoted_from ->> 'canceled_at';
begin
  select * into subscription from public.subscriptions s
  where s.organization_id = transaction.organization_id and private.is_live(s.status)
  for update;
  select * into plan from public.subscription_plans p where p.id = transaction.plan_id;
  select os.time_zone into calendar from public.organization_settings os where os.organization_id = transaction.organization_id;

  case transaction.kind
    when 'first_payment' then
      if subscription.status = 'active' then
        return 'already_paid'; -- two payment pages were paid
      end if;
      if subscription.status = 'past_due' then
        starts := subscription.current_period_end;
        anchor := subscription.billing_anchor; -- what comes late keeps the billing day, whatever plan it is for
      end if;
      if not private.is_as_quoted(transaction, basis) then
        return case when subscription.id is null and transaction.quoted_from ->> 'subscription_id' is not null then 'subscription_over' else 'changed_meanwhile' end;
      end if;
    when 'renewal' then
      if subscription.id is distinct from transaction.subscription_id then
        return 'subscription_over'; -- it ended while ЮKassa made up its mind
      end if;
      if private.period_is_paid(transaction, subscription) then
        return 'already_paid';
      end if;
      starts := transaction.period_start;
      -- after a pause of ours it begins with the charge, and so does every later one
      anchor := case when starts > subscription.current_period_end then starts else subscription.billing_anchor end;
    when 'plan_change' then
      if subscription.id is distinct from transaction.subscription_id or subscription.status <> 'active' then
        return 'subscription_over';
      end if;
      if subscription.plan_id = plan.id then
        return 'already_paid';
      end if;
      if not private.is_as_quoted(transaction, basis) then
        return 'changed_meanwhile';
      end if;
  end case;

  if transaction.voided_at is not null or (private.is_being_deleted(transaction.organization_id) and transaction.kind <> 'renewal') then
    -- nothing begins, and no card is saved, for who is leaving
    return case transaction.cancellation_reason when 'abandoned' then 'abandoned' else 'subscription_over' end;
  end if;
  if not private.may_hold_plan(transaction.organization_id, plan.id) then
    return 'verification_required'; -- it was taken back while the money was on its way
  end if;

  if transaction.kind <> 'renewal' and private.saved_method(payment) is not null
    and not stays_cancelled and not private.forgot_a_card_since(transaction)
  then
    method_id := private.save_payment_method(transaction.organization_id, private.saved_method(payment));
  end if;
  ends := private.next_period_end(anchor, starts, plan.period, calendar) + make_interval(days => transaction.bonus_days);
  if ends <= as_of then
    -- it took us longer than the whole period to take the money: nobody pays for that time, the period begins now
    starts := as_of;
    anchor := as_of;
    ends := private.next_period_end(anchor, starts, plan.period, calendar) + make_interval(days => transaction.bonus_days);
  end if;
  if subscription.id is null then
    subscription := private.open_subscription(
      transaction.organization_id, plan.id, 'active', starts, ends, method_id, transaction.created_by,
      (transaction.quoted_from ->> 'price')::numeric);
  else
    subscription := private.enter_period(
      subscription.id, plan.id, case when transaction.bonus_days > 0 then ends else anchor end, starts, ends,
      method_id, stays_cancelled or transaction.kind = 'renewal',
      coalesce((transaction.quoted_from ->> 'price')::numeric, plan.amount));
  end if;
  update public.payment_transactions t set subscription_id = subscription.id, period_start = starts where t.id = transaction.id;
  update public.subscription_retry_attempts r set outcome = 'not_needed'
  where r.subscription_id = subscription.id and r.outcome is null;
  perform private.move_subscription(subscription.id, 'active', null, as_of);
  perform private.plan_next_charge(subscription.id, case when not subscription.cancel_at_period_end then subscription.current_period_end end);
  perform private.sync_level_terms(subscription);
  perform private.notify(transaction.organization_id, 'payment_succeeded', jsonb_build_object(
    'amount', coalesce(transaction.paid_amount, transaction.amount)::text, 'currency', transaction.currency, 'plan', plan.title, 'level', plan.level,
    'period_start', subscription.current_period_start, 'period_end', subscription.current_period_end, 'transaction_id', transaction.id), as_of);
  return null;
end
$$;
comment on function private.start_paid_period is
  'Uses a payment: the subscription becomes active for a period of the plan. Answers why the money cannot be used (already_paid, subscription_over, verification_required, changed_meanwhile), or null.';

-- A new card, checked and saved, takes the place of the old one; what was waiting for it is charged at once.
create function private.replace_card(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  if private.saved_method(payment) is null or private.is_being_deleted(transaction.organization_id) or transaction.voided_at is not null
    or private.forgot_a_card_since(transaction)
  then
    return;
  end if;
  select * into subscription from public.subscriptions s
  where s.organization_id = transaction.organization_id and private.is_live(s.status);
  if not found then
    return; -- it ended meanwhile: no card is saved for what is over
  end if;
  perform private.put_card(
    subscription.id, private.save_payment_method(transaction.organization_id, private.saved_method(payment)));
  if subscription.status = 'past_due' and not subscription.cancel_at_period_end and not private.has_open_charge(subscription.id) then
    perform private.plan_next_charge(subscription.id, as_of);
  end if;
end
$$;
comment on function private.replace_card is 'Puts a newly saved card on the live subscription; a subscription that is past due is charged next.';

create function private.apply_payment(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns text
  language plpgsql volatile set search_path = ''
as $$
declare
  status text := payment ->> 'status';
begin
  if transaction.kind in ('trial_hold', 'card_check') then
    -- Seeing our own release before the authorization itself (answers come in any order) proves the authorization too.
    if transaction.status in ('created', 'pending') and (
      status in ('waiting_for_capture', 'succeeded')
      or (status = 'canceled' and payment #>> '{cancellation_details,reason}' = 'canceled_by_merchant')
    ) then
      if transaction.kind = 'trial_hold' then
        perform private.start_trial(transaction, payment, as_of);
      else
        perform private.replace_card(transaction, payment, as_of);
      end if;
    end if;
  elsif status = 'succeeded' then
    return private.start_paid_period(transaction, payment, as_of);
  elsif status = 'canceled' and transaction.kind = 'renewal' then
    perform private.decline_charge(transaction, payment #>> '{cancellation_details,reason}', as_of);
  end if;
  return null;
end
$$;
comment on function private.apply_payment is
  'What a payment''s new status does to the organization. Answers why its money cannot be used, or null.';


-- RPCs: recording -------------------------------------------------------------------------------------------------------

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

  if source = 'admin' then
    perform private.expect_receipts_again(transaction.id, as_of); -- a person wants to know what there is now
  end if;
  if transaction.status = 'quarantined' then
    if payment ->> 'status' = 'succeeded' and payment ->> 'receipt_registration' is distinct from transaction.receipt_registration then
      -- it is put aside, and its receipt is registered all the same
      update public.payment_transactions t
      set receipt_registration = payment ->> 'receipt_registration',
          next_check_at = case payment ->> 'receipt_registration' when 'pending' then as_of + interval '1 hour' end
      where t.id = transaction.id;
    end if;
    return private.record_answer('quarantined', transaction);
  end if;
  if private.is_abandoned(transaction) and payment ->> 'status' in ('pending', 'canceled') then
    -- it stays what the person made of it; while ЮKassa's page is open it is looked at
    update public.payment_transactions t
    set yookassa_payment_id = payment ->> 'id', next_check_at = case payment ->> 'status' when 'pending' then t.next_check_at end
    where t.id = transaction.id;
    return private.record_answer('unchanged', transaction);
  end if;
  fault := private.payment_mismatch(transaction, payment);
  if fault is not null and payment ->> 'status' not in ('succeeded', 'waiting_for_capture') then
    fault := null; -- nothing was taken: there is nothing to decide on, and a decline is a decline
  elsif transaction.status = 'succeeded' and transaction.judged_at is not null
    and (payment #>> '{amount,value}')::numeric = transaction.paid_amount and payment #>> '{amount,currency}' = transaction.paid_currency
  then
    fault := null; -- a person accepted it as it is, and is not asked again
  end if;
  if fault is not null then
    -- What is final stays as it is: a wrong answer afterwards does not undo it.
    if private.payment_rank(transaction.status::text) < 3 or private.is_abandoned(transaction) then
      transaction := private.move_transaction(transaction, 'quarantined', payment, fault, source, as_of);
    end if;
    perform private.note_difference('payment_quarantined', payment ->> 'id', payment, as_of);
    return private.record_answer('quarantined', transaction);
  end if;

  if transaction.status = 'canceled' and transaction.yookassa_payment_id is null and payment ->> 'status' = 'succeeded' then
    -- We had given it up for never made. Nobody counts on it any more, so the money goes back.
    transaction := private.move_transaction(transaction, 'quarantined', payment, 'given_up', source, as_of);
    perform private.refund_unusable(transaction, 'given_up', as_of);
    return private.record_answer('quarantined', transaction);
  end if;

  if private.payment_rank(payment ->> 'status') > private.payment_rank(transaction.status::text) or private.is_abandoned(transaction) then
    fault := private.apply_payment(transaction, payment, as_of);
    if fault is null then
      transaction := private.move_transaction(transaction, (payment ->> 'status')::public.transaction_status, payment, null, source, as_of);
      outcome := 'applied';
      if transaction.kind in ('trial_hold', 'card_check') and transaction.status = 'succeeded' then
        perform private.refund_unusable(transaction, 'hold_captured', as_of); -- somebody took the rouble that was only held
      end if;
    else
      transaction := private.move_transaction(transaction, 'quarantined', payment, fault, source, as_of);
      outcome := 'quarantined';
      -- our own doing, so nobody has to decide: the money goes back
      perform private.refund_unusable(transaction, fault, as_of);
      perform private.reopen_period(transaction, fault, as_of);
    end if;
  elsif payment ->> 'status' = transaction.status::text and payment ->> 'receipt_registration' is distinct from transaction.receipt_registration then
    transaction := private.move_transaction(transaction, transaction.status, payment, null, source, as_of);
  end if;
  return private.record_answer(outcome, transaction);
end
$$;
comment on function public.record_payment is
  'Service key only. The one path: takes a payment object as fetched from ЮKassa (source: checkout, renewal, webhook, return, sweep or admin), checks amount, currency, shop and test flag, never goes back in status, applies effects once. Answers {outcome: applied|unchanged|unknown|quarantined, transaction_id, transaction_status, subscription_status, release_hold}; release_hold: the 1 ₽ hold is to be cancelled now. From an admin it has the receipts asked for anew, too. 422 invalid_input when it is not a payment.';
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
  update public.payment_transactions t set next_check_at = null
  where t.id = record_refusal.transaction_id and private.is_abandoned(t) and t.yookassa_payment_id is null; -- there never was a page
  update public.payment_transactions t
  set status = 'canceled', cancellation_party = 'yookassa_api', cancellation_reason = reason, next_check_at = null
  where t.id = record_refusal.transaction_id and t.status = 'created' -- what ЮKassa has an object for is decided by the object
  returning * into transaction;
  if found then
    if transaction.kind = 'renewal' then
      perform private.decline_charge(transaction, reason, as_of);
    end if;
    return private.record_answer('applied', transaction);
  end if;
  select * into transaction from public.payment_transactions t where t.id = record_refusal.transaction_id;
  return private.record_answer(case when found then 'unchanged' else 'unknown' end, transaction);
end
$$;
comment on function public.record_refusal is
  'Service key only: ЮKassa definitely refused to create this payment (reason: its error code). Answers as record_payment.';
grant execute on function public.record_refusal to service_role;
