-- What an organization does with its own subscription: cancel, resume, change the plan, forget the card.


create function private.live_subscription(organization_id uuid) returns public.subscriptions
  language plpgsql stable security definer set search_path = '' -- definer: doors ask for anyone
as $$
declare
  live public.subscriptions;
begin
  select * into live from public.subscriptions s
  where s.organization_id = live_subscription.organization_id and s.status in ('trialing', 'active', 'past_due');
  if not found then
    perform private.refuse('not_found', 'The organization has no live subscription.');
  end if;
  return live;
end
$$;
comment on function private.live_subscription is 'The live subscription; 404 not_found.';

-- The levels a subscription holds say when they end: never while it lives on, at the period's end when it is set to end.
create function private.date_levels(subscription public.subscriptions, as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  select private.hold_level(
    l.organization_id, l.level, case when subscription.cancel_at_period_end then subscription.current_period_end end,
    subscription.id, null, 'billing', as_of)
  from public.organization_status_levels l
  where l.subscription_id = subscription.id and l.is_active
$$;
comment on function private.date_levels is 'Sets the end of the levels that a subscription holds.';

-- Nothing more is charged; what is paid runs out.
create function private.set_to_end(subscription_id uuid, as_of timestamptz) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  update public.subscriptions s
  set cancel_at_period_end = true, canceled_at = coalesce(s.canceled_at, as_of), next_charge_at = null
  where s.id = set_to_end.subscription_id and s.status in ('trialing', 'active', 'past_due')
  returning * into subscription;
  if not found then
    return null;
  end if;
  update public.subscription_retry_attempts r set outcome = 'given_up', reason = 'subscription_cancelled'
  where r.subscription_id = subscription.id and r.outcome is null and r.attempted_at is null;

  if subscription.current_period_end <= as_of then
    perform private.move_subscription(subscription.id, 'canceled', null, as_of); -- past due: what was paid is over
  else
    perform private.date_levels(subscription, as_of);
  end if;
  select * into subscription from public.subscriptions s where s.id = set_to_end.subscription_id;
  return subscription;
end
$$;
comment on function private.set_to_end is
  'A live subscription and its levels end with the period, at once when the period is over; null when it is not live. The caller has the organization''s lock.';

create function public.cancel_subscription(organization_id uuid) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  perform private.act_in_organization(organization_id, 'admin');
  return private.set_to_end((private.live_subscription(organization_id)).id, now());
end
$$;
comment on function public.cancel_subscription is
  'Owners and admins: nothing more is charged; the subscription and its levels end with the period, at once when the period is over. 403 not_allowed, 404 not_found.';
grant execute on function public.cancel_subscription to authenticated;

create function public.resume_subscription(organization_id uuid) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  perform private.act_in_organization(organization_id, 'admin');
  subscription := private.live_subscription(organization_id);
  if not subscription.cancel_at_period_end then
    perform private.refuse('invalid_transition', 'The subscription is not set to end.');
  end if;
  if private.is_being_deleted(organization_id) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;
  if subscription.current_period_end <= now() then
    perform private.refuse('invalid_transition', 'The period is over, and the subscription with it.', 'Subscribe anew.');
  end if;
  if not private.may_hold_plan(organization_id, subscription.plan_id) then
    perform private.refuse('verification_required', 'This plan is for verified organizations, and the verification was taken back.', 'Ask for the verification again.');
  end if;
  if exists ( -- the next charge would buy back what we took away
    select from public.status_level_events e
    join public.subscription_plans p on p.id = subscription.plan_id and e.level in ('0', p.level)
    where e.organization_id = subscription.organization_id and e.action = 'revoked' and e.actor_kind in ('admin', 'system')
      and e.occurred_at >= subscription.canceled_at
      and not exists (
        select from public.organization_status_levels l
        where l.organization_id = e.organization_id and l.level = e.level and l.is_active
      )
  ) then
    perform private.refuse('invalid_transition', 'Its level was revoked.', 'Subscribe anew when the period is over.');
  end if;
  update public.subscriptions s
  set cancel_at_period_end = false, canceled_at = null, next_charge_at = s.current_period_end
  where s.id = subscription.id
  returning * into subscription;
  perform private.date_levels(subscription, now());
  return subscription;
end
$$;
comment on function public.resume_subscription is
  'Owners and admins: takes a cancellation back before the period''s end. 403 not_allowed, 404 not_found, 409 invalid_transition or verification_required.';
grant execute on function public.resume_subscription to authenticated;


-- Changing the plan: the unused days of what was paid are credited, to the day and the kopeck. --------------------------------

create function public.quote_plan_change(organization_id uuid, plan_id text) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: reads payments
as $$
declare
  subscription public.subscriptions;
  old_plan public.subscription_plans;
  new_plan public.subscription_plans;
  calendar text;
  unused_days int;
  plain_days int;
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
  unused_days := greatest(private.days_left(subscription.current_period_end, now(), calendar), 0);
  -- what a day of the old plan costs: its price by the days of a plain period from this start
  plain_days := private.days_left(
    private.next_period_end(subscription.current_period_start, subscription.current_period_start, old_plan.period, calendar),
    subscription.current_period_start, calendar);
  credit := round(old_plan.amount * unused_days / plain_days, 2);
  credit := greatest(credit - coalesce((
    select sum(t.refunded_amount) from public.payment_transactions t
    where t.subscription_id = subscription.id and t.status = 'succeeded' and t.period_start = subscription.current_period_start
  ), 0), 0);

  price := greatest(new_plan.amount - credit, 1.00); -- ЮKassa takes no less than 1 ₽
  if credit > new_plan.amount - 1.00 then
    -- a credit larger than the price lengthens the new period: nothing is lost
    new_days := private.days_left(private.next_period_end(now(), now(), new_plan.period, calendar), now(), calendar);
    bonus := floor((credit - (new_plan.amount - 1.00)) * new_days / new_plan.amount);
  end if;
  return jsonb_build_object(
    'plan_id', new_plan.id, 'price', new_plan.amount::text, 'credit', credit::text, 'amount', price::text, 'currency', new_plan.currency,
    'unused_days', unused_days, 'days_in_period', plain_days, 'bonus_days', bonus,
    'period_end', private.next_period_end(now(), now(), new_plan.period, calendar) + make_interval(days => bonus)
  );
end
$$;
comment on function public.quote_plan_change is
  'Owners and admins: what a change of plan costs now, with its arithmetic: {plan_id, price, credit, amount, currency, unused_days, days_in_period, bonus_days, period_end}; amount = price − credit, at least 1.00; a larger credit adds bonus_days. 403 not_allowed, 404 not_found, 409 verification_required or invalid_transition, 422 invalid_input.';
grant execute on function public.quote_plan_change to authenticated;


-- Forgetting a card --------------------------------------------------------------------------------------------------------

create function public.forget_payment_method(payment_method_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  method public.payment_methods;
begin
  perform private.require_sign_in();
  select * into method from public.payment_methods m where m.id = forget_payment_method.payment_method_id;
  if not found or private.role_of(method.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such card.');
  end if;
  -- The organization's lock: a charge that starts at this moment comes wholly before or does not come at all.
  perform private.act_in_organization(method.organization_id, 'admin');

  update public.subscriptions s set payment_method_id = null where s.payment_method_id = method.id;
  update public.payment_methods m
  set revoked_at = now(), yookassa_payment_method_id = null
  where m.id = method.id and m.revoked_at is null;
  select * into method from public.payment_methods m where m.id = method.id;
  return jsonb_build_object(
    'payment_method_id', method.id, 'revoked_at', method.revoked_at,
    -- one that was let go to ЮKassa before this moment cannot be called back; it is said, not hidden
    'charge_under_way', exists (
      select from public.payment_transactions t
      where t.payment_method_id = method.id and t.begun_at is not null and private.is_undecided(t.status)
    )
  );
end
$$;
comment on function public.forget_payment_method is
  'Owners and admins: the card is forgotten at once and nothing is charged after (376-ФЗ). Answers {payment_method_id, revoked_at, charge_under_way}; charge_under_way: a charge let go before this moment may still come. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.forget_payment_method to authenticated;
