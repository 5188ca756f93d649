-- Charges: what we take by ourselves from a saved card, and what ends when nothing is to be taken any more.


-- Charging ---------------------------------------------------------------------------------------------------------------

create function public.claim_due_charges(as_of timestamptz default now(), max_items int default 100) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  answer jsonb;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key charges.');
  end if;
  -- Written down before ЮKassa is asked; two claimers pass each other by.
  with due as (
    select s.id, s.organization_id, s.plan_id, s.payment_method_id,
      -- a pause of ours is not billed: what should have been charged more than two days ago begins with the charge
      case when s.next_charge_at < as_of - interval '2 days' then as_of else s.current_period_end end as period_start,
      private.renewal_price(s, case when s.next_charge_at < as_of - interval '2 days' then as_of else s.current_period_end end) as amount, m.yookassa_payment_method_id,
      p.title ->> 'ru' as title, private.new_id() as transaction_id
    from public.subscriptions s
    join public.organizations o on o.id = s.organization_id
    join public.payment_methods m on m.id = s.payment_method_id and m.revoked_at is null
    join public.subscription_plans p on p.id = s.plan_id
    where s.next_charge_at <= as_of
      and not exists ( -- no new attempt while one is undecided; a person's own payment is waited for a day, or pages nobody pays would put it off for ever
        select from public.payment_transactions t
        where t.subscription_id = s.id and (
          private.is_open_charge(t)
          or (private.is_undecided(t.status) and t.kind in ('first_payment', 'plan_change') and s.next_charge_at > as_of - interval '1 day'))
      )
    order by s.next_charge_at
    limit max_items
    for no key update of o, s skip locked
  ), planned as (
    select d.*
    from private.take_due_charges(array(select d.id from due d), as_of) as taken (id)
    join due d on d.id = taken.id
  ), written as (
    insert into public.payment_transactions
      (id, organization_id, subscription_id, plan_id, kind, amount, payment_method_id, period_start, idempotence_key, request_body, next_check_at, created_at)
    select p.transaction_id, p.organization_id, p.id, p.plan_id, 'renewal', p.amount, p.payment_method_id, p.period_start,
      p.transaction_id::text,
      private.payment_request(p.transaction_id, p.organization_id, 'renewal', p.amount, 'Честно: ' || p.title, p.yookassa_payment_method_id),
      as_of + interval '2 minutes', as_of
    from planned p
    returning id, subscription_id, amount
  ), due_attempts as ( -- after a pause of ours several may be due: the latest is made, the earlier ones are passed by
    select r.id, w.id as transaction_id, row_number() over (partition by r.subscription_id order by r.attempt desc) = 1 as is_latest
    from written w
    join public.subscriptions s on s.id = w.subscription_id
    join public.subscription_retry_attempts r on r.subscription_id = w.subscription_id and r.period_start = s.current_period_end
    where r.outcome is null and r.attempted_at is null and r.scheduled_at <= as_of
  ), tried as (
    update public.subscription_retry_attempts r
    set attempted_at = case when d.is_latest then as_of end,
        transaction_id = case when d.is_latest then d.transaction_id end,
        outcome = case when not d.is_latest then 'not_needed' end
    from due_attempts d where r.id = d.id
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'transaction_id', w.id, 'subscription_id', w.subscription_id, 'amount', w.amount::text)), '[]') into answer
  from written w;
  return answer;
end
$$;
comment on function public.claim_due_charges is
  'Service key only: subscriptions whose charge is due, each with a transaction written for it: [{transaction_id, subscription_id, amount}]; two claimers never take the same. begin_charge comes next.';
grant execute on function public.claim_due_charges to service_role;

-- The last gate before ЮKassa is asked: a card forgotten, a subscription cancelled or a period paid by now is not charged.
create function public.begin_charge(transaction_id uuid, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  transaction public.payment_transactions;
  subscription public.subscriptions;
  obstacle text;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key charges.');
  end if;
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = begin_charge.transaction_id;
  select * into transaction from public.payment_transactions t where t.id = begin_charge.transaction_id;
  if not found or transaction.kind <> 'renewal' then
    perform private.refuse('not_found', 'There is no such renewal.');
  end if;
  select * into subscription from public.subscriptions s where s.id = transaction.subscription_id;

  obstacle := case
    when transaction.status <> 'created' then 'already_begun'
    when not exists (select from public.payment_methods m where m.id = transaction.payment_method_id and m.revoked_at is null)
      then 'no_payment_method'
    when not private.is_live(subscription.status) or subscription.cancel_at_period_end then 'subscription_over'
    when private.period_is_paid(transaction, subscription) then 'already_paid'
    when not private.may_hold_plan(transaction.organization_id, transaction.plan_id) then 'verification_required'
  end;
  if obstacle is null then
    update public.payment_transactions t set begun_at = coalesce(t.begun_at, as_of) where t.id = transaction.id;
    return jsonb_build_object('proceed', true, 'reason', null, 'is_open', true,
                              'idempotence_key', transaction.idempotence_key, 'request_body', transaction.request_body);
  end if;

  -- One that was never begun ends here; one that was may have reached ЮKassa, and only ЮKassa can tell.
  if obstacle <> 'already_begun' and transaction.begun_at is null then
    update public.payment_transactions t
    set status = 'canceled', cancellation_party = 'chestno', cancellation_reason = obstacle, next_check_at = null
    where t.id = transaction.id;
    if obstacle in ('no_payment_method', 'verification_required') then
      perform private.decline_charge(transaction, obstacle, as_of);
    end if;
  end if;
  return jsonb_build_object('proceed', false, 'reason', obstacle,
                            'is_open', transaction.status = 'created' and transaction.begun_at is not null,
                            'idempotence_key', transaction.idempotence_key, 'request_body', null);
end
$$;
comment on function public.begin_charge is
  'Service key only: begins a claimed renewal, or stops it: {proceed, reason, is_open, idempotence_key, request_body}; reason: already_begun (ЮKassa has answered), no_payment_method (the card was forgotten), subscription_over, already_paid, verification_required; is_open without proceed: it was begun before, so look whether ЮKassa has it, and do not send it again. 404 not_found.';
grant execute on function public.begin_charge to service_role;


-- Ends of periods and of grace -------------------------------------------------------------------------------------------

create function private.end_cancelled(as_of timestamptz, max_rows int) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription record;
  ended int := 0;
begin
  for subscription in
    select s.id from public.subscriptions s join public.organizations o on o.id = s.organization_id
    where s.cancel_at_period_end and private.is_live(s.status) and s.current_period_end <= as_of
    order by s.current_period_end limit max_rows
    for no key update of o, s skip locked -- s: looked at again, for it may have changed since this statement began
  loop
    perform private.move_subscription(subscription.id, 'canceled', null, as_of);
    ended := ended + 1;
  end loop;
  return ended;
end
$$;
comment on function private.end_cancelled is 'Ends the cancelled subscriptions whose period is over, and their levels with them; how many.';

-- waits: how long a retry that is due may stay untried; whoever charges right afterwards waits for ever.
create function private.end_grace(as_of timestamptz, max_rows int, waits interval default interval '2 hours') returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription record;
  ended int := 0;
begin
  for subscription in
    select s.id, s.organization_id
    from public.subscriptions s join public.organizations o on o.id = s.organization_id
    where s.status = 'past_due' and s.grace_until <= as_of
      -- a charge that is due is tried first: those of the last day come when grace ends, and a card that is new has not been tried at all
      and not coalesce(s.payment_method_id is not null and s.next_charge_at <= as_of and (
        s.next_charge_at > as_of - waits
        or not exists (
          select from public.subscription_retry_attempts r where r.subscription_id = s.id and r.scheduled_at = s.next_charge_at)), false)
      and not exists ( -- money that is on its way is waited for; a page that a person may yet pay, for a day
        select from public.payment_transactions t
        where t.subscription_id = s.id and (private.is_open_charge(t)
          or (t.kind = 'first_payment' and t.status in ('created', 'pending') and t.yookassa_payment_id is not null
            and s.grace_until > as_of - interval '1 day'))
      )
    order by s.grace_until limit max_rows
    for no key update of o, s skip locked -- s: looked at again, for it may have been paid since this statement began
  loop
    perform private.move_subscription(subscription.id, 'expired', 'grace_period_ended', as_of);
    ended := ended + 1;
  end loop;
  return ended;
end
$$;
comment on function private.end_grace is 'Ends the subscriptions whose grace is over, and their levels with them; how many.';


-- The invariant: nobody is a subscriber for ever without paying, and nobody who pays is forgotten. -------------------------

create function private.stranded_subscriptions(as_of timestamptz) returns setof public.subscriptions
  language sql stable security definer set search_path = '' -- definer: looks at everybody's
as $$
  select s.* from public.subscriptions s
  where private.is_live(s.status) and s.current_period_end <= as_of
    and s.next_charge_at is null -- a charge, or the next retry
    and not s.cancel_at_period_end -- ends with the next run
    and s.grace_until is null -- grace ends by itself
    and not private.has_open_charge(s.id)
$$;
comment on function private.stranded_subscriptions is
  'Live subscriptions past their end that nothing will ever move: no charge is planned, none is under way, and no grace runs. There must be none; as_of infinity: none that will be.';

create function private.note_stranded(as_of timestamptz) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  stranded public.subscriptions;
  found_now int := 0;
begin
  for stranded in select * from private.stranded_subscriptions(as_of) loop
    perform private.note_difference('subscription_stranded', stranded.id::text, to_jsonb(stranded) - 'created_by', as_of);
    found_now := found_now + 1;
  end loop;
  update public.payment_differences d set resolved_at = as_of, resolution = 'Подписка снова движется'
  where d.kind = 'subscription_stranded' and d.resolved_at is null
    and d.object_id not in (select s.id::text from private.stranded_subscriptions(as_of) s);
  return found_now;
end
$$;
comment on function private.note_stranded is 'Notes every stranded subscription as a difference, and closes what is none any more; how many there are.';
