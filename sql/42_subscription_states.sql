-- Subscription states: how a subscription moves from one to the next, and its levels with it.
-- Only this file writes public.subscriptions, so that every way of moving one is here to be read; a test holds it.


-- Retries: after a soft decline the card is tried again on these days. ---------------------------------------------------

create table public.subscription_retry_attempts (
  id uuid primary key default private.new_id(),
  subscription_id uuid not null references public.subscriptions (id) on delete restrict,
  period_start timestamptz not null,
  attempt int not null,
  scheduled_at timestamptz not null,
  attempted_at timestamptz,
  transaction_id uuid, -- references public.payment_transactions, which comes with 43_transactions
  outcome text,
  reason text,
  constraint outcome_is_known check (outcome in ('succeeded', 'declined', 'not_needed', 'given_up')),
  constraint subscription_retry_attempts_key unique (subscription_id, period_start, attempt)
);
comment on table public.subscription_retry_attempts is
  'When a declined charge is tried again: 1, 3, 5, 7, 10 and 13 days after grace began, as far as it lasts. outcome is null while it is to come.';
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
      select s.id from public.subscriptions s where s.organization_id = any (array(select private.organization_ids_where('admin')))))
    or ((select private.is_platform_admin()) and subscription_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: declines and charges write

-- Why a charge failed. https://yookassa.ru/developers/payment-acceptance/after-the-payment/declined-payments and, from no_payment_method
-- on, what ЮKassa's API or we ourselves say. ЮKassa adds reasons without notice: one that is not here is soft, and told as `other`.
create function private.decline_reasons() returns table (reason text, is_hard boolean)
  language sql immutable set search_path = ''
as $$
  values
    ('3d_secure_failed',              true),
    ('call_issuer',                   false),
    ('canceled_by_merchant',          false),
    ('card_expired',                  true),
    ('country_forbidden',             true),
    ('expired_on_capture',            false),
    ('expired_on_confirmation',       false),
    ('fraud_suspected',               true),
    ('general_decline',               false),
    ('identification_required',       true),
    ('insufficient_funds',            false),
    ('internal_timeout',              false),
    ('invalid_card_number',           true),
    ('invalid_csc',                   true),
    ('issuer_unavailable',            false),
    ('payment_method_limit_exceeded', false),
    ('payment_method_restricted',     true),
    ('permission_revoked',            true),
    ('rejected_by_timeout',           false),
    ('unsupported_mobile_operator',   true),
    ('no_payment_method',             true),
    ('invalid_request',               true),
    ('forbidden',                     true),
    ('subscription_over',             false),
    ('already_paid',                  false),
    ('verification_required',         true),  -- the level was taken back, so that its next period is not for sale
    ('not_as_asked',                  false), -- what came was another payment than we asked for, and it goes back
    ('trial_already_used',            false), -- the card, or meanwhile the INN, has had its trials
    ('abandoned',                     false), -- a person left its page for good
    ('refused',                       false), -- what ЮKassa's API says, as people are told of it
    ('other',                         false)  -- and what we do not know
$$;
comment on function private.decline_reasons is
  'Every reason of a decline that we have words for; is_hard: the same card will be declined again, so that only a new one helps.';

create function private.is_hard_decline(reason text) returns boolean
  language sql immutable set search_path = ''
as $$
  select coalesce((select d.is_hard from private.decline_reasons() d where d.reason = is_hard_decline.reason), false)
$$;
comment on function private.is_hard_decline is 'True when the same card will be declined again, so that only a new one helps.';


-- Levels follow the subscription. ----------------------------------------------------------------------------------------

create function private.set_paid_level(subscription_id uuid, level public.status_level, as_of timestamptz)
  returns public.status_level_action
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  subscription public.subscriptions;
begin
  select * into subscription from public.subscriptions s where s.id = set_paid_level.subscription_id;
  return private.set_level(
    subscription.organization_id, level,
    case when subscription.cancel_at_period_end then subscription.current_period_end end,
    subscription.id, null, 'billing', as_of
  );
end
$$;
comment on function private.set_paid_level is
  'Holds the level by the subscription: no end while it lives on. The caller has the organization''s lock.';

-- What is left of a term that was granted before the subscription came stays; otherwise the level is revoked.
create function private.release_level(held public.organization_status_levels, reason text, as_of timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if held.granted_until > as_of then
    update public.organization_status_levels l
    set subscription_id = null, valid_until = nullif(held.granted_until, 'infinity'), granted_until = null
    where l.id = held.id;
    perform private.note_status_event(held.organization_id, held.level, 'extended', 'granted_before', nullif(held.granted_until, 'infinity'), 'billing', as_of);
    return false;
  end if;
  return private.end_level(held.organization_id, held.level, 'revoked', reason, 'billing', as_of);
end
$$;
comment on function private.release_level is
  'A subscription that is over releases a level: false when the organization keeps it by an earlier grant. The caller has the organization''s lock.';

-- The levels a subscription holds say when they end: never while it lives on, at the period's end when it is set to end. That somebody
-- cancels or takes it back is no buyer's business: valid_until says it, and the history of what was held is not added to.
create function private.sync_level_terms(subscription public.subscriptions) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.organization_status_levels l
  set valid_until = case when subscription.cancel_at_period_end then subscription.current_period_end end
  where l.subscription_id = subscription.id and l.is_active
$$;
comment on function private.sync_level_terms is 'Sets the end of the levels that a subscription holds, without a public event.';


-- Moving -----------------------------------------------------------------------------------------------------------------

-- Status and levels move together. reason: why levels end; null: the status says it. grace_until: for the past due; null: the usual time.
create function private.move_subscription(
  subscription_id uuid, new_status public.subscription_status, reason text, as_of timestamptz, grace_until timestamptz default null
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
  plan public.subscription_plans;
  was public.subscription_status;
  action text := 'none';
  held public.organization_status_levels;
begin
  select s.status into was from public.subscriptions s where s.id = move_subscription.subscription_id;
  update public.subscriptions s
  set status = new_status,
      grace_started_at = case when new_status = 'past_due' then as_of end,
      grace_until = case when new_status = 'past_due'
                    then coalesce(move_subscription.grace_until, as_of + make_interval(days => private.grace_days())) end,
      canceled_at = case when new_status = 'canceled' then coalesce(s.canceled_at, as_of) else s.canceled_at end,
      next_charge_at = case when new_status in ('trialing', 'active') then s.next_charge_at end -- the past due: by their retries
  where s.id = move_subscription.subscription_id and s.status is distinct from new_status
  returning * into subscription;
  if not found then
    select * into subscription from public.subscriptions s where s.id = move_subscription.subscription_id;
  end if;
  select * into plan from public.subscription_plans p where p.id = subscription.plan_id;

  case new_status
    when 'trialing' then
      perform private.set_level(
        subscription.organization_id, '0', case when subscription.cancel_at_period_end then subscription.current_period_end end,
        subscription.id, null, 'billing', as_of);
    when 'active' then
      if was = 'past_due' then
        perform private.note_status_event(l.organization_id, l.level, 'grace_ended', 'paid', null, 'billing', as_of)
        from public.organization_status_levels l where l.subscription_id = subscription.id and l.is_active;
      end if;
      -- A B that we took away does not come back; who pays for it is a member all the same.
      if private.set_paid_level(
        subscription.id, case when private.may_hold_plan(subscription.organization_id, plan.id) then plan.level else 'A' end, as_of
      ) = 'granted' then
        action := 'granted';
      end if;
      -- Who pays for a lower plan after a payment failed gave the higher level up.
      perform private.release_level(l, 'subscription_cancelled', as_of)
      from public.organization_status_levels l
      where l.subscription_id = subscription.id and l.is_active and l.level > plan.level;
    when 'past_due' then
      for held in
        select l.* from public.organization_status_levels l
        where l.subscription_id = subscription.id and l.is_active
          and not exists ( -- said once for each term of grace
            select from public.status_level_events e
            where e.organization_id = subscription.organization_id and e.level = l.level
              and e.action = 'grace_started' and e.valid_until = subscription.grace_until
          )
      loop
        perform private.note_status_event(subscription.organization_id, held.level, 'grace_started', 'payment_failed',
                                          subscription.grace_until, 'billing', as_of);
        action := 'grace_period_started';
      end loop;
    when 'canceled', 'expired' then
      for held in
        select l.* from public.organization_status_levels l
        where l.subscription_id = subscription.id and l.is_active
      loop
        if private.release_level(
          held, coalesce(reason, case new_status when 'expired' then 'grace_period_ended' else 'subscription_cancelled' end), as_of
        ) then
          action := 'revoked';
        end if;
      end loop;
  end case;
  return jsonb_build_object('level_a_action', action);
end
$$;
comment on function private.move_subscription is
  'Moves a subscription and the levels that hang on it. Doing it twice changes nothing. The caller has the organization''s lock.';

create function private.open_subscription(
  organization_id uuid, plan_id text, status public.subscription_status, period_start timestamptz, period_end timestamptz,
  payment_method_id uuid, created_by uuid, amount numeric
) returns public.subscriptions
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.subscriptions
    (organization_id, plan_id, status, trial_ends_at, current_period_start, current_period_end, payment_method_id, created_by, amount)
  values (organization_id, plan_id, status, case status when 'trialing' then period_end end, period_start, period_end, payment_method_id, created_by, amount)
  returning *
$$;
comment on function private.open_subscription is
  'A new subscription, trialing or active, for its first period, at the price that was told (null: the plan''s). Its levels come with move_subscription. The caller has the organization''s lock.';

-- payment_method_id: the card it was paid with, when that was saved. keeps_cancellation: we charged, or they cancelled after they had begun to
-- pay; who cancelled before, and pays by hand, wants to go on.
create function private.enter_period(
  subscription_id uuid, plan_id text, billing_anchor timestamptz, period_start timestamptz, period_end timestamptz,
  payment_method_id uuid, keeps_cancellation boolean, amount numeric
) returns public.subscriptions
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscriptions s
  set plan_id = enter_period.plan_id, amount = enter_period.amount,
      coming_amount = case when s.plan_id = enter_period.plan_id and s.coming_amount <> enter_period.amount then s.coming_amount end,
      coming_from = case when s.plan_id = enter_period.plan_id and s.coming_amount <> enter_period.amount then s.coming_from end,
      billing_anchor = enter_period.billing_anchor,
      current_period_start = enter_period.period_start, current_period_end = enter_period.period_end,
      -- a card that the bank has refused for good is not planned on
      payment_method_id = coalesce(enter_period.payment_method_id, (
        select m.id from public.payment_methods m where m.id = s.payment_method_id and m.refused_at is null)),
      cancel_at_period_end = s.cancel_at_period_end and keeps_cancellation,
      canceled_at = case when keeps_cancellation then s.canceled_at end
  where s.id = subscription_id
  returning *
$$;
comment on function private.enter_period is 'A subscription enters a period that was paid. The caller has the organization''s lock.';

-- For money that came another way than through ЮKassa and record_payment.
create function private.begin_period(subscription public.subscriptions) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  period_end timestamptz := subscription.current_period_end;
begin
  if period_end <= now() then
    select private.next_period_end(subscription.billing_anchor, period_end, p.period, os.time_zone) into period_end
    from public.subscription_plans p, public.organization_settings os
    where p.id = subscription.plan_id and os.organization_id = subscription.organization_id;
    update public.subscriptions s set current_period_start = s.current_period_end, current_period_end = period_end where s.id = subscription.id;
  end if;
  update public.subscription_retry_attempts r set outcome = 'not_needed' where r.subscription_id = subscription.id and r.outcome is null;
  perform private.plan_next_charge(subscription.id, case when not subscription.cancel_at_period_end then period_end end);
end
$$;
comment on function private.begin_period is
  'The next period begins when this one is over, without a charge of ours; the next charge is at its end. The caller has the organization''s lock.';

create function private.plan_next_charge(subscription_id uuid, at timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscriptions s set next_charge_at = at where s.id = subscription_id
$$;
comment on function private.plan_next_charge is 'Says when the saved card is charged next; null: not at all.';

create function private.take_due_charges(subscription_ids uuid[], as_of timestamptz) returns setof uuid
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscriptions s set next_charge_at = null -- under way
  where s.id = any (subscription_ids) and s.next_charge_at <= as_of
  returning s.id
$$;
comment on function private.take_due_charges is 'Of these subscriptions, those whose charge is still due; it is no more, for the caller makes it.';

-- Nothing more is charged; what is paid runs out.
create function private.schedule_cancellation(subscription_id uuid, as_of timestamptz) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  update public.subscriptions s
  set cancel_at_period_end = true, canceled_at = coalesce(s.canceled_at, as_of), next_charge_at = null
  where s.id = schedule_cancellation.subscription_id and private.is_live(s.status)
  returning * into subscription;
  if not found then
    return null;
  end if;
  update public.subscription_retry_attempts r set outcome = 'given_up', reason = 'subscription_cancelled'
  where r.subscription_id = subscription.id and r.outcome is null and r.attempted_at is null;

  if subscription.current_period_end <= as_of then
    perform private.move_subscription(subscription.id, 'canceled', null, as_of); -- past due: what was paid is over
  else
    perform private.sync_level_terms(subscription);
  end if;
  select * into subscription from public.subscriptions s where s.id = schedule_cancellation.subscription_id;
  return subscription;
end
$$;
comment on function private.schedule_cancellation is
  'A live subscription and its levels end with the period, at once when the period is over; null when it is not live. The caller has the organization''s lock.';

create function private.undo_cancellation(subscription_id uuid, as_of timestamptz) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  update public.subscriptions s
  set cancel_at_period_end = false, canceled_at = null, next_charge_at = s.current_period_end
  where s.id = undo_cancellation.subscription_id
  returning * into subscription;
  perform private.sync_level_terms(subscription);
  return subscription;
end
$$;
comment on function private.undo_cancellation is
  'A subscription that was to end with its period goes on, and is charged then. The caller has the organization''s lock, and has looked whether it may.';


-- The card ---------------------------------------------------------------------------------------------------------------

create function private.put_card(subscription_id uuid, payment_method_id uuid) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscriptions s set payment_method_id = put_card.payment_method_id where s.id = put_card.subscription_id
$$;
comment on function private.put_card is 'The subscription is charged to this card from now on. The caller has the organization''s lock.';

create function private.forget_card(payment_method_id uuid, as_of timestamptz, revoked_by text default 'person') returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscription_retry_attempts r set outcome = 'given_up', reason = 'no_payment_method'
  from public.subscriptions s
  where s.payment_method_id = forget_card.payment_method_id and s.status = 'past_due'
    and r.subscription_id = s.id and r.outcome is null and r.attempted_at is null;
  update public.subscriptions s
  set payment_method_id = null, next_charge_at = case when s.status <> 'past_due' then s.next_charge_at end -- then grace begins
  where s.payment_method_id = forget_card.payment_method_id;
  update public.payment_methods m set revoked_at = as_of, revoked_by = forget_card.revoked_by, yookassa_payment_method_id = null
  where m.id = forget_card.payment_method_id and m.revoked_at is null;
$$;
comment on function private.forget_card is
  'Nothing can be charged to this card any more (376-ФЗ), and nothing is planned on it. The caller has the organization''s lock.';


-- Prices -----------------------------------------------------------------------------------------------------------------

-- Who holds a plan whose price has a newer version is told of both, and pays the new one 30 days later at the earliest.
create function private.notice_prices(as_of timestamptz, max_rows int) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  holder record;
  told int := 0;
begin
  update public.subscriptions s set coming_amount = null, coming_from = null -- it was taken back
  from (select distinct on (plan_id) plan_id, amount from public.plan_prices order by plan_id, valid_from desc) as v
  where v.plan_id = s.plan_id and s.coming_amount is not null and v.amount = s.amount;

  for holder in
    select s.id, s.organization_id, s.amount as from_amount, v.amount as to_amount, greatest(v.valid_from, as_of + interval '30 days') as applies_from,
      p.title, p.currency
    from public.subscriptions s
    join public.subscription_plans p on p.id = s.plan_id
    join (select distinct on (plan_id) plan_id, amount, valid_from from public.plan_prices order by plan_id, valid_from desc) as v
      on v.plan_id = s.plan_id
    where private.is_live(s.status) and not s.cancel_at_period_end and v.amount <> coalesce(s.coming_amount, s.amount)
    order by s.id limit max_rows
    for no key update of s skip locked
  loop
    update public.subscriptions s set coming_amount = holder.to_amount, coming_from = holder.applies_from where s.id = holder.id;
    perform private.notify(holder.organization_id, 'price_changing', jsonb_build_object(
      'from', holder.from_amount::text, 'to', holder.to_amount::text, 'currency', holder.currency, 'plan', holder.title,
      'applies_from', holder.applies_from), as_of);
    told := told + 1;
  end loop;
  return told;
end
$$;
comment on function private.notice_prices is 'Tells who holds a plan of its new price: both prices, and from which charge on; how many.';


-- Grace ------------------------------------------------------------------------------------------------------------------

create function private.begin_grace(
  subscription public.subscriptions, reason text, as_of timestamptz, days int default private.grace_days(), payment_method_id uuid default null
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  moved jsonb;
begin
  moved := private.move_subscription(subscription.id, 'past_due', null, as_of, as_of + make_interval(days => days));
  perform private.plan_retries(subscription.id, reason, as_of);
  perform private.notify_decline(subscription.id, 'grace_started', reason, payment_method_id, as_of);
  return moved;
end
$$;
comment on function private.begin_grace is
  'A subscription becomes past due: its levels stay until grace is over, the card is tried again, people are told. Answers as move_subscription. The caller has the organization''s lock.';

-- After a soft decline the card is tried on the days that are left, counted from when grace began; after a hard one not at all.
create function private.plan_retries(subscription_id uuid, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if private.is_hard_decline(reason)
    or exists (select from public.subscriptions s where s.id = plan_retries.subscription_id and s.payment_method_id is null) -- nothing to try
  then
    update public.subscription_retry_attempts r set outcome = 'given_up', reason = plan_retries.reason
    where r.subscription_id = plan_retries.subscription_id and r.outcome is null;
  else
    insert into public.subscription_retry_attempts as r (subscription_id, period_start, attempt, scheduled_at)
    select s.id, s.current_period_end, plan.attempt, plan.day
    from public.subscriptions s
    cross join lateral (
      select attempt, s.grace_started_at + make_interval(days => days) as day
      from unnest(array[1, 3, 5, 7, 10, 13]) with ordinality as plan (days, attempt)
    ) as plan
    where s.id = plan_retries.subscription_id and plan.day > as_of and plan.day <= s.grace_until
    on conflict on constraint subscription_retry_attempts_key do update set outcome = null, reason = null
    where r.outcome = 'given_up' and r.attempted_at is null; -- a hard decline gave them up; there is a new card since
  end if;
  perform private.plan_next_charge(plan_retries.subscription_id, (
    select min(r.scheduled_at) from public.subscription_retry_attempts r
    where r.subscription_id = plan_retries.subscription_id and r.outcome is null and r.attempted_at is null and r.scheduled_at > as_of));
end
$$;
comment on function private.plan_retries is 'Plans the retries of a past due subscription, or gives them up, by the class of the decline.';

create function private.notify_decline(subscription_id uuid, kind text, reason text, payment_method_id uuid, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  perform private.notify(s.organization_id, kind,
    private.coming_period(s) || jsonb_build_object(
      'reason', reason, 'next_charge_at', s.next_charge_at, 'grace_until', s.grace_until, 'payment_method_id', notify_decline.payment_method_id), as_of)
  from public.subscriptions s where s.id = subscription_id;
end
$$;
comment on function private.notify_decline is
  'Tells people why a charge of this card failed (null: of the present one, or there was none), of what period, when the next one is, and how long the levels stay.';

create function private.decline_subscription(subscription_id uuid, reason text, as_of timestamptz, payment_method_id uuid default null) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  select * into subscription from public.subscriptions s where s.id = decline_subscription.subscription_id;
  if not private.is_live(subscription.status) or subscription.cancel_at_period_end then
    return; -- it was cancelled meanwhile: nothing is owed
  end if;
  if subscription.payment_method_id <> decline_subscription.payment_method_id
    and exists (select from public.payment_methods m where m.id = subscription.payment_method_id and m.revoked_at is null and m.refused_at is null)
  then
    perform private.plan_next_charge(subscription.id, as_of); -- a decline belongs to the card that was tried: another is there by now
    return;
  end if;
  if subscription.status = 'past_due' then
    perform private.plan_retries(subscription.id, reason, as_of);
    perform private.notify_decline(subscription.id, 'payment_failed', reason, payment_method_id, as_of);
  else
    perform private.begin_grace(subscription, reason, as_of, payment_method_id => payment_method_id);
  end if;
end
$$;
comment on function private.decline_subscription is
  'A charge of this card failed (null: of the present one, or there was none): the subscription''s present card is charged at once, if that is another; else grace begins once, retries are planned or given up. The caller has the organization''s lock.';
