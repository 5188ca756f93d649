-- Checkout: what we ask ЮKassa for, written down before it is asked.


-- Requests and receipts --------------------------------------------------------------------------------------------------

create function private.receipts_are_on() returns boolean
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select coalesce((select s.receipts_enabled from private.platform_settings s), false)
$$;
comment on function private.receipts_are_on is 'True when payments carry receipts.';

-- What a receipt says (54-ФЗ); null when receipts are off. https://yookassa.ru/developers/payment-acceptance/receipts/basics
create function private.receipt(organization_id uuid, description text, amount numeric) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: the settings are private
as $$
declare
  settings private.platform_settings;
  address text;
begin
  select * into settings from private.platform_settings;
  if not private.receipts_are_on() then
    return null;
  end if;
  -- who pays by hand is asked for an address first (start_checkout); where nobody can be asked, it goes to the owner
  select coalesce(s.billing_email, private.email_of(m.user_id)) into address
  from public.organization_settings s
  join public.organization_members m on m.organization_id = s.organization_id and m.role = 'owner'
  where s.organization_id = receipt.organization_id
  order by m.joined_at
  limit 1;
  return jsonb_build_object(
    'customer', jsonb_build_object('email', address),
    'tax_system_code', settings.tax_system_code,
    'items', jsonb_build_array(jsonb_build_object(
      'description', left(description, 128), 'quantity', 1, 'amount', jsonb_build_object('value', amount::text, 'currency', 'RUB'),
      'vat_code', settings.vat_code, 'payment_subject', 'service', 'payment_mode', 'full_payment', 'measure', 'piece'
    ))
  );
end
$$;
comment on function private.receipt is 'The receipt of one payment for one service, or null when receipts are off.';

-- The exact request to ЮKassa. method: the saved card, for a charge without the person; null: ЮKassa shows its page.
create function private.payment_request(
  transaction_id uuid, organization_id uuid, kind public.transaction_kind, amount numeric, description text, method text
) returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'amount', jsonb_build_object('value', amount::text, 'currency', 'RUB'),
    'capture', kind not in ('trial_hold', 'card_check'),
    'description', left(description, 128),
    'metadata', jsonb_build_object('transaction_id', transaction_id, 'organization_id', organization_id, 'kind', kind),
    'receipt', private.receipt(organization_id, description, amount),
    'payment_method_id', method,
    'save_payment_method', case when method is null then true end,
    'confirmation', case when method is null then jsonb_build_object(
      'type', 'redirect', 'return_url', s.site_url || '/dashboard/billing/return?transaction=' || transaction_id) end
  ))::text
  from private.platform_settings s
$$;
comment on function private.payment_request is 'The body of POST /payments, as text that stays the same byte for byte.';


-- What an intent is quoted from --------------------------------------------------------------------------------------------

create function private.utc_text(moment timestamptz) returns text
  language sql immutable set search_path = ''
as $$
  select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function private.utc_text is 'A moment as text that is the same in every session.';

create function private.quote_basis(organization_id uuid, plan_id text) returns jsonb
  language sql stable security definer set search_path = '' -- definer: reads payments
as $$
  select jsonb_build_object(
    'subscription_id', s.id, 'plan_id', s.plan_id,
    'period_start', private.utc_text(s.current_period_start), 'period_end', private.utc_text(s.current_period_end),
    'cost', case when s.id is not null then private.period_cost(private.running_period(s.id))::text end,
    'price', private.price_for(s, quote_basis.plan_id)::text,
    'canceled_at', case when s.cancel_at_period_end then private.utc_text(s.canceled_at) end,
    'forgotten', (select count(*) from public.payment_methods m where m.organization_id = quote_basis.organization_id and m.revoked_by = 'person'))
  from (select) as always
  left join public.subscriptions s on s.organization_id = quote_basis.organization_id and private.is_live(s.status)
$$;
comment on function private.quote_basis is
  'What a payment for this plan would be quoted from now: {subscription_id, plan_id, period_start, period_end, cost, price, canceled_at, forgotten}; forgotten: how many cards people had forgotten.';

create function private.quote_transaction() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.quoted_from := coalesce(new.quoted_from, private.quote_basis(new.organization_id, new.plan_id));
  return new;
end
$$;
comment on function private.quote_transaction is 'Trigger: every intent keeps what it was quoted from.';

create trigger payment_transactions_quote before insert on public.payment_transactions
  for each row when (private.is_undecided(new.status)) execute function private.quote_transaction();

create function private.period_is_paid(transaction public.payment_transactions, subscription public.subscriptions) returns boolean
  language sql stable set search_path = ''
as $$
  select private.utc_text(subscription.current_period_end)
    is distinct from coalesce(transaction.quoted_from ->> 'period_end', private.utc_text(transaction.period_start))
$$;
comment on function private.period_is_paid is 'Whether the subscription has gone on since this charge was claimed, so that its period is paid.';

-- What the person was asked to pay for is to be what the money buys.
create function private.is_as_quoted(transaction public.payment_transactions, basis jsonb) returns boolean
  language sql stable security definer set search_path = '' -- definer: looks at the subscription for anyone
as $$
  select transaction.quoted_from is null -- written before this was kept
    or (
      transaction.quoted_from -> 'price' = basis -> 'price'
      and (
        (transaction.quoted_from - '{cost,price,canceled_at,forgotten}'::text[] = basis - '{cost,price,canceled_at,forgotten}'::text[]
          and (transaction.kind <> 'plan_change' or transaction.quoted_from -> 'cost' = basis -> 'cost'))
        -- who wanted to pay what was owed, and whose grace ended meanwhile, begins anew
        or (transaction.kind = 'first_payment' and basis ->> 'subscription_id' is null and exists (
          select from public.subscriptions s where s.id = (transaction.quoted_from ->> 'subscription_id')::uuid and s.status = 'expired'))
      ))
$$;
comment on function private.is_as_quoted is
  'Whether all that a payment was quoted from is still so: subscription, plan, period and price, and for a change of plan what the period cost.';


-- Changing the plan: the unused days of what was paid are credited, to the day and the kopeck. ---------------------------

-- The arithmetic line by line, as a person reads it: the amounts add up to what is to be paid.
create function private.quote_lines(
  price numeric, credit numeric, amount numeric, cost numeric, unused_days int, days_in_period int, is_less_refunds boolean, bonus_days int
) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_agg(line order by place)
  from (values
    (1, true, jsonb_build_object('kind', 'price', 'amount', price::text)),
    (2, true, jsonb_build_object(
      'kind', 'credit', 'amount', (-credit)::text, 'of_amount', cost::text, 'days', unused_days, 'of_days', days_in_period, 'is_less_refunds', is_less_refunds)),
    -- a credit larger than the price pays all but the least ЮKassa takes; the rest turns into days
    (3, amount > price - credit, jsonb_build_object('kind', 'minimum', 'amount', (amount - price + credit)::text)),
    (4, bonus_days > 0, jsonb_build_object('kind', 'bonus_days', 'days', bonus_days))
  ) as told (place, is_told, line)
  where is_told
$$;
comment on function private.quote_lines is
  'Lines of a quote: price; credit (negative: so many days out of a period''s, of what it cost, less refunds or not); minimum (what of the credit is not used); bonus_days. The amounts add up.';

create function public.quote_plan_change(organization_id uuid, plan_id text) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: reads payments
as $$
declare
  subscription public.subscriptions;
  old_plan public.subscription_plans;
  new_plan public.subscription_plans;
  period public.subscription_periods;
  calendar text;
  unused_days int;
  days_in_period int;
  credit numeric(12, 2);
  price numeric(12, 2);
  new_days int;
  bonus int := 0;
begin
  perform private.require_role(organization_id, 'admin');
  subscription := private.live_subscription(organization_id);
  select * into old_plan from public.subscription_plans p where p.id = subscription.plan_id;
  select * into new_plan from public.subscription_plans p where p.id = quote_plan_change.plan_id and p.is_active;
  if not found then
    perform private.refuse('not_found', 'There is no such plan.');
  end if;
  if subscription.status <> 'active' then
    perform private.refuse('invalid_transition', 'A plan is changed while it is active.', 'Pay for the new plan directly.');
  end if;
  if new_plan.id = old_plan.id then
    perform private.refuse('invalid_input', '[{"field": "plan_id", "code": "same_plan"}]');
  end if;
  if new_plan.level < old_plan.level then
    perform private.refuse('invalid_transition', 'A lower plan begins when this one has ended.', 'Cancel, and choose the lower plan afterwards.');
  end if;
  if not private.may_hold_plan(organization_id, new_plan.id) then
    perform private.refuse('verification_required', 'This plan is for verified organizations.', 'Ask for the verification first.');
  end if;

  select os.time_zone into calendar from public.organization_settings os where os.organization_id = quote_plan_change.organization_id;
  period := private.running_period(subscription.id);
  unused_days := greatest(private.days_left(subscription.current_period_end, greatest(now(), subscription.current_period_start), calendar), 0);
  days_in_period := private.days_left(subscription.current_period_end, subscription.current_period_start, calendar);
  credit := private.unused_worth(subscription, now());

  price := greatest(new_plan.amount - credit, 1.00); -- ЮKassa takes no less than 1 ₽
  if credit > new_plan.amount - 1.00 then
    -- a credit larger than the price lengthens the new period: nothing is lost
    new_days := private.days_left(private.next_period_end(now(), now(), new_plan.period, calendar), now(), calendar);
    bonus := floor((credit - (new_plan.amount - 1.00)) * new_days / new_plan.amount);
  end if;
  return jsonb_build_object(
    'plan_id', new_plan.id, 'price', new_plan.amount::text, 'credit', credit::text, 'amount', price::text, 'currency', new_plan.currency,
    'unused_days', unused_days, 'days_in_period', days_in_period, 'bonus_days', bonus,
    'period_end', private.next_period_end(now(), now(), new_plan.period, calendar) + make_interval(days => bonus),
    'coming_price', (
      select jsonb_build_object('amount', v.amount::text, 'valid_from', v.valid_from) from public.plan_prices v
      where v.plan_id = new_plan.id and v.valid_from > now() and v.amount <> new_plan.amount order by v.valid_from desc limit 1),
    'lines', private.quote_lines(new_plan.amount, credit, price, private.period_cost(period), unused_days, days_in_period,
      coalesce(period.refunded + period.refunding > 0, false), bonus)
  );
end
$$;
comment on function public.quote_plan_change is
  'Owners and admins: what a change of plan costs now, with its arithmetic: {plan_id, price, credit, amount, currency, unused_days, days_in_period, bonus_days, period_end, coming_price: null|{amount, valid_from}, lines: [{kind: price|credit|minimum|bonus_days, amount|days}]} (credit is negative and has of_amount, days, of_days, is_less_refunds: what the period cost by its unused days); amount = price − credit, at least 1.00; a larger credit adds bonus_days. 403 not_allowed, 404 not_found, 409 verification_required or invalid_transition, 422 invalid_input.';
grant execute on function public.quote_plan_change to authenticated;


-- Checkout: the intent, written down -------------------------------------------------------------------------------------

create function private.checkout_answer(transaction public.payment_transactions) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'transaction_id', transaction.id, 'status', transaction.status,
    'amount', transaction.amount::text, 'currency', transaction.currency,
    'payment_url', transaction.confirmation_url,
    'yookassa_payment_id', transaction.yookassa_payment_id,
    'idempotence_key', transaction.idempotence_key, 'request_body', transaction.request_body
  )
$$;
comment on function private.checkout_answer is 'What start_checkout answers.';

-- A refusal takes back all that its call did, the count included. So the function checkout counts in a call of its own, before.
create function public.count_checkout() returns void
  language plpgsql volatile security definer set search_path = '' -- definer: the counts are private
as $$
begin
  perform private.count_or_refuse('checkout:' || private.require_sign_in(), 10);
end
$$;
comment on function public.count_checkout is
  'Signed-in people, through the function checkout: counts one checkout, also one that is refused then. 401 sign_in_required, 429 too_many_requests beyond 10 a minute.';
grant execute on function public.count_checkout to authenticated;

create function public.start_checkout(organization_id uuid, plan_id text, kind text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  organization public.organizations;
  plan public.subscription_plans;
  live public.subscriptions;
  begun public.payment_transactions;
  quote jsonb := '{}';
  new_id uuid := private.new_id();
  new_kind public.transaction_kind;
  price numeric(12, 2);
begin
  perform private.require_confirmed_email();
  perform private.count_or_refuse('start_checkout:' || caller, 10);
  if not exists (select from private.platform_settings) then
    perform private.refuse('unavailable', 'The platform is not configured yet.', 'Try again later.');
  end if;
  if private.receipts_are_on() and exists (
    select from public.organization_settings s where s.organization_id = start_checkout.organization_id and s.billing_email is null
  ) then
    perform private.refuse('invalid_input', '[{"field": "billing_email", "code": "required"}]',
                           'The law asks for a receipt: say in the settings where to send it.');
  end if;
  perform private.require_consents(organization_id, caller);
  select * into organization from public.organizations o where o.id = start_checkout.organization_id;
  if private.is_being_deleted(organization_id) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;
  if kind <> 'card' and (organization.legal_name is null or organization.inn is null) then
    -- buyers read who it is that pays
    perform private.refuse('invalid_input', jsonb_build_array(jsonb_build_object(
      'field', case when organization.inn is null then 'inn' else 'legal_name' end, 'code', 'required'))::text, 'Say in the profile who you are by law.');
  end if;
  select * into live from public.subscriptions s
  where s.organization_id = start_checkout.organization_id and private.is_live(s.status);
  select * into plan from public.subscription_plans p
  where p.id = case kind when 'card' then live.plan_id else start_checkout.plan_id end and (p.is_active or kind = 'card');
  if not found then
    perform private.refuse('not_found', 'There is no such plan.');
  end if;

  case kind
    when 'trial' then
      if plan.trial_days = 0 then
        perform private.refuse('invalid_input', '[{"field": "plan_id", "code": "no_trial"}]');
      end if;
      if private.has_had_trial(organization) then
        perform private.refuse('trial_already_used', 'This organization, another with its INN, or its card has had its trials.',
                               'Start with a paid subscription.');
      end if;
      if live.id is not null then
        perform private.refuse('subscription_exists', 'The organization has a subscription already.');
      end if;
      new_kind := 'trial_hold';
      price := 1.00; -- held to check the card, and released at once
    when 'subscription' then
      if live.status = 'active' then
        perform private.refuse('subscription_exists', 'The organization has a subscription already.', 'Change the plan instead.');
      end if;
      if not private.may_hold_plan(organization_id, plan.id) then
        perform private.refuse('verification_required', 'This plan is for verified organizations.', 'Ask for the verification first.');
      end if;
      new_kind := 'first_payment';
      price := private.price_for(live, plan.id);
    when 'plan_change' then
      quote := public.quote_plan_change(organization_id, plan.id);
      if live.current_period_end <= now() then -- quoted now, the month that is about to be charged would be lost
        perform private.refuse('request_pending', 'The period is over, and the next one is about to be paid.', 'Try again in an hour.');
      end if;
      new_kind := 'plan_change';
      price := (quote ->> 'amount')::numeric;
    when 'card' then
      new_kind := 'card_check';
      price := 1.00;
    else
      perform private.refuse('invalid_input', '[{"field": "kind", "code": "unknown"}]',
                             'kind is trial, subscription, plan_change or card.');
  end case;
  if new_kind in ('first_payment', 'plan_change') and private.has_open_charge(live.id) then
    perform private.refuse('request_pending', 'The saved card is being charged right now.', 'Wait for its result; nothing is paid twice.');
  end if;

  -- A payment page lives an hour: until then a second call leads to the same one, while all it was quoted from is so.
  select * into begun from public.payment_transactions t
  where t.organization_id = start_checkout.organization_id and t.plan_id = plan.id and t.kind = new_kind
    and t.amount = price and t.credit = coalesce((quote ->> 'credit')::numeric, 0) and t.bonus_days = coalesce((quote ->> 'bonus_days')::int, 0)
    and t.quoted_from = private.quote_basis(organization.id, plan.id)
    and t.request_body::jsonb #>> '{receipt,customer,email}' is not distinct from private.receipt(organization.id, '', price) #>> '{customer,email}'
    and t.voided_at is null and t.status in ('created', 'pending') and t.created_at > now() - interval '1 hour'
  order by t.created_at desc
  limit 1;
  if found then
    return private.checkout_answer(begun);
  end if;

  insert into public.payment_transactions
    (id, organization_id, subscription_id, plan_id, kind, amount, credit, bonus_days, idempotence_key, request_body, created_by)
  values (
    new_id, organization_id, live.id, plan.id, new_kind, price,
    coalesce((quote ->> 'credit')::numeric, 0), coalesce((quote ->> 'bonus_days')::int, 0), new_id::text,
    private.payment_request(new_id, organization_id, new_kind, price, case
      when new_kind in ('trial_hold', 'card_check') then 'Честно: проверка карты, 1 ₽ вернётся сразу'
      else 'Честно: ' || (plan.title ->> 'ru')
    end, null),
    caller
  )
  returning * into begun;
  return private.checkout_answer(begun);
end
$$;
comment on function public.start_checkout is
  'Owners and admins: writes down a payment before ЮKassa is asked for it. kind: trial, subscription, plan_change, or card (a new card for the subscription; plan_id is not looked at). The same page within an hour, while all it was quoted from is so. Answers {transaction_id, status, amount, currency, payment_url, yookassa_payment_id, idempotence_key, request_body}. 401 sign_in_required, 403 not_allowed, 404 not_found, 409 trial_already_used, subscription_exists, verification_required, consent_required (detail: JSON list of {key, version} to agree to first), request_pending or invalid_transition, 422 invalid_input, 429 too_many_requests, 503 unavailable.';
grant execute on function public.start_checkout to authenticated;

create function public.abandon_checkout(transaction_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  transaction public.payment_transactions;
begin
  perform private.require_sign_in();
  select * into transaction from public.payment_transactions t where t.id = abandon_checkout.transaction_id;
  if not found or private.role_of(transaction.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  perform private.act_in_organization(transaction.organization_id, 'admin');
  select * into transaction from public.payment_transactions t where t.id = transaction.id for update; -- it may have been paid while we waited
  if transaction.cancellation_reason is distinct from 'abandoned' then
    if transaction.kind = 'renewal' or transaction.status not in ('created', 'pending') then
      perform private.refuse('invalid_transition', 'Only a page that was not paid yet can be abandoned.');
    end if;
    -- ЮKassa cannot close a page: the sweep looks at it until it ends, and what is paid there all the same goes back
    update public.payment_transactions t
    set status = 'canceled', cancellation_party = 'chestno', cancellation_reason = 'abandoned', voided_at = now()
    where t.id = transaction.id
    returning * into transaction;
  end if;
  return jsonb_build_object('transaction_id', transaction.id, 'status', transaction.status);
end
$$;
comment on function public.abandon_checkout is
  'Owners and admins: a payment page that was opened and not paid is left for good: it begins nothing any more, and what is paid there all the same goes back by itself. Twice is as good as once. Answers {transaction_id, status}. 401 sign_in_required, 403 not_allowed, 404 not_found, 409 invalid_transition (it was paid, or ended, or is a charge of ours).';
grant execute on function public.abandon_checkout to authenticated;
