-- Charges: what we take by ourselves from a saved card, and what a decline means.


-- Retries: after a soft decline the card is tried again on these days. --------------------------------------------------------

create table public.subscription_retry_attempts (
  id uuid primary key default private.new_id(),
  subscription_id uuid not null references public.subscriptions (id) on delete restrict,
  period_start timestamptz not null,
  attempt int not null,
  scheduled_at timestamptz not null,
  attempted_at timestamptz,
  transaction_id uuid references public.payment_transactions (id),
  outcome text,
  reason text,
  constraint outcome_is_known check (outcome in ('succeeded', 'declined', 'not_needed', 'given_up')),
  constraint subscription_retry_attempts_key unique (subscription_id, period_start, attempt)
);
comment on table public.subscription_retry_attempts is
  'When a declined charge is tried again: 1, 3, 5, 7, 10 and 13 days after the first decline. outcome is null while it is to come.';
create index subscription_retry_attempts_transaction_id_idx on public.subscription_retry_attempts (transaction_id);

create function private.complete_retry_attempt() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.period_start := coalesce(new.period_start, (select s.current_period_end from public.subscriptions s where s.id = new.subscription_id));
  return new;
end
$$;
comment on function private.complete_retry_attempt is 'Trigger: a retry is for the period that comes after the one paid last, unless another is given.';

create trigger subscription_retry_attempts_complete before insert on public.subscription_retry_attempts
  for each row execute function private.complete_retry_attempt();

alter table public.subscription_retry_attempts enable row level security;
grant select on public.subscription_retry_attempts to authenticated, service_role;
create policy "organization admins and platform admins see the retries" on public.subscription_retry_attempts
  for select to authenticated
  using (
    subscription_id = any (array(
      select s.id from public.subscriptions s where s.organization_id = any (array(select private.readable_organization_ids('admin')))))
  );
-- insert, update, delete are not granted: declines and charges write

-- https://yookassa.ru/developers/payment-acceptance/after-the-payment/declined-payments; an unknown reason is soft
create function private.is_hard_decline(reason text) returns boolean
  language sql immutable set search_path = ''
as $$
  select coalesce(reason in (
    '3d_secure_failed', 'card_expired', 'country_forbidden', 'fraud_suspected', 'identification_required', 'invalid_card_number',
    'invalid_csc', 'payment_method_restricted', 'permission_revoked', 'unsupported_mobile_operator',
    'no_payment_method', 'invalid_request', 'forbidden'
  ), false)
$$;
comment on function private.is_hard_decline is 'True when the same card will be declined again, so that only a new one helps.';

-- A charge did not go through. The first time grace begins; a soft decline is retried while grace lasts, a hard one waits for a new card.
create function private.decline_charge(transaction public.payment_transactions, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.subscription_retry_attempts r set outcome = 'declined', reason = decline_charge.reason
  where r.transaction_id = transaction.id;
  if reason = 'permission_revoked' then
    -- the person took the permission back at their bank: as if they had done so here
    update public.subscriptions s set payment_method_id = null where s.payment_method_id = transaction.payment_method_id;
    update public.payment_methods m set revoked_at = as_of, yookassa_payment_method_id = null
    where m.id = transaction.payment_method_id and m.revoked_at is null;
  end if;
  perform private.decline_subscription(transaction.subscription_id, reason, as_of);
end
$$;
comment on function private.decline_charge is 'What a declined renewal does. The caller has the organization''s lock.';

create function private.begin_grace(subscription public.subscriptions, grace_until timestamptz, reason text, as_of timestamptz) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  moved jsonb;
begin
  update public.subscriptions s set status = 'past_due', grace_until = begin_grace.grace_until, next_charge_at = null
  where s.id = subscription.id;
  moved := private.move_subscription(subscription.id, 'past_due', null, as_of);
  perform private.plan_retries(subscription.id, reason, as_of);
  perform private.tell_of_decline(subscription.id, 'grace_started', reason, as_of);
  return moved;
end
$$;
comment on function private.begin_grace is
  'A subscription becomes past due: its levels stay until grace is over, the card is tried again, people are told. Answers as move_subscription. The caller has the organization''s lock.';

-- After a soft decline the card is tried on the days that are left, counted from the beginning of grace; after a hard one not at all.
create function private.plan_retries(subscription_id uuid, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if private.is_hard_decline(reason) then
    update public.subscription_retry_attempts r set outcome = 'given_up', reason = plan_retries.reason
    where r.subscription_id = plan_retries.subscription_id and r.outcome is null;
  else
    insert into public.subscription_retry_attempts as r (subscription_id, period_start, attempt, scheduled_at)
    select s.id, s.current_period_end, plan.attempt, plan.day
    from public.subscriptions s
    cross join lateral (
      select attempt, s.grace_until - interval '14 days' + make_interval(days => days) as day
      from unnest(array[1, 3, 5, 7, 10, 13]) with ordinality as plan (days, attempt)
    ) as plan
    where s.id = plan_retries.subscription_id and plan.day > as_of
    on conflict on constraint subscription_retry_attempts_key do update set outcome = null, reason = null
    where r.outcome = 'given_up' and r.attempted_at is null; -- a hard decline gave them up; there is a new card since
  end if;
  perform private.plan_next_charge(plan_retries.subscription_id, (
    select min(r.scheduled_at) from public.subscription_retry_attempts r
    where r.subscription_id = plan_retries.subscription_id and r.outcome is null and r.attempted_at is null and r.scheduled_at > as_of));
end
$$;
comment on function private.plan_retries is 'Plans the retries of a past due subscription, or gives them up, by the class of the decline.';

create function private.tell_of_decline(subscription_id uuid, kind text, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  perform private.notify(s.organization_id, kind,
    jsonb_build_object('reason', reason, 'next_charge_at', s.next_charge_at, 'grace_until', s.grace_until), as_of)
  from public.subscriptions s where s.id = subscription_id;
end
$$;
comment on function private.tell_of_decline is 'Tells people why a charge failed, when the next one is, and how long the levels stay.';

create function private.decline_subscription(subscription_id uuid, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  select * into subscription from public.subscriptions s where s.id = decline_subscription.subscription_id;
  if subscription.status not in ('trialing', 'active', 'past_due') or subscription.cancel_at_period_end then
    return; -- it was cancelled meanwhile: nothing is owed
  end if;
  if subscription.status = 'past_due' then
    perform private.plan_retries(subscription.id, reason, as_of);
    perform private.tell_of_decline(subscription.id, 'payment_failed', reason, as_of);
  else
    perform private.begin_grace(subscription, as_of + interval '14 days', reason, as_of);
  end if;
end
$$;
comment on function private.decline_subscription is
  'A charge failed, or there was no card to charge: grace begins once, retries are planned or given up. The caller has the organization''s lock.';


-- Charging -------------------------------------------------------------------------------------------------------------------

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
    select s.id, s.organization_id, s.plan_id, s.current_period_end, s.payment_method_id, m.yookassa_payment_method_id,
      p.amount, p.title ->> 'ru' as title, private.new_id() as transaction_id
    from public.subscriptions s
    join public.organizations o on o.id = s.organization_id
    join public.payment_methods m on m.id = s.payment_method_id and m.revoked_at is null
    join public.subscription_plans p on p.id = s.plan_id
    where s.next_charge_at <= as_of
      and not exists ( -- no new attempt while one is undecided; a person's own payment is waited for a day, or pages nobody pays would put it off for ever
        select from public.payment_transactions t
        where t.subscription_id = s.id and private.is_undecided(t.status)
          and (t.kind = 'renewal' or (t.kind in ('first_payment', 'plan_change') and s.next_charge_at > as_of - interval '1 day'))
      )
    order by s.next_charge_at
    limit max_items
    for no key update of o, s skip locked
  ), planned as (
    update public.subscriptions s set next_charge_at = null -- under way
    from due d where s.id = d.id and s.next_charge_at <= as_of
    returning d.*
  ), written as (
    insert into public.payment_transactions
      (id, organization_id, subscription_id, plan_id, kind, amount, payment_method_id, period_start, idempotence_key, request_body, next_check_at, created_at)
    select p.transaction_id, p.organization_id, p.id, p.plan_id, 'renewal', p.amount, p.payment_method_id, p.current_period_end,
      p.transaction_id::text,
      private.payment_request(p.transaction_id, p.organization_id, 'renewal', p.amount, 'Честно: ' || p.title, p.yookassa_payment_method_id),
      as_of + interval '2 minutes', as_of
    from planned p
    returning id, subscription_id, amount, period_start
  ), due_attempts as ( -- after a pause of ours several may be due: the latest is made, the earlier ones are passed by
    select r.id, w.id as transaction_id, row_number() over (partition by r.subscription_id order by r.attempt desc) = 1 as is_latest
    from written w
    join public.subscription_retry_attempts r on r.subscription_id = w.subscription_id and r.period_start = w.period_start
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
    when subscription.status not in ('trialing', 'active', 'past_due') or subscription.cancel_at_period_end then 'subscription_over'
    when subscription.current_period_end is distinct from transaction.period_start then 'already_paid'
  end;
  if obstacle is null then
    update public.payment_transactions t set begun_at = coalesce(t.begun_at, as_of) where t.id = transaction.id;
    return jsonb_build_object('proceed', true, 'reason', null, 'is_open', true,
                              'idempotence_key', transaction.idempotence_key, 'request_body', transaction.request_body);
  end if;

  -- One that was never let go ends here; one that was may have reached ЮKassa, and only ЮKassa can tell.
  if obstacle <> 'already_begun' and transaction.begun_at is null then
    update public.payment_transactions t
    set status = 'canceled', cancellation_party = 'chestno', cancellation_reason = obstacle, next_check_at = null
    where t.id = transaction.id;
    if obstacle = 'no_payment_method' then
      perform private.decline_charge(transaction, obstacle, as_of);
    end if;
  end if;
  return jsonb_build_object('proceed', false, 'reason', obstacle,
                            'is_open', transaction.status = 'created' and transaction.begun_at is not null,
                            'idempotence_key', transaction.idempotence_key, 'request_body', null);
end
$$;
comment on function public.begin_charge is
  'Service key only: lets a claimed renewal go to ЮKassa, or stops it: {proceed, reason, is_open, idempotence_key, request_body}; reason: already_begun (ЮKassa has answered), no_payment_method (the card was forgotten), subscription_over, already_paid; is_open without proceed: it was let go before, so look whether ЮKassa has it, and do not send it again. 404 not_found.';
grant execute on function public.begin_charge to service_role;
