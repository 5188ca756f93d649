-- What an organization does with its own subscription: cancel, resume, forget the card.

create function public.cancel_subscription(organization_id uuid) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  perform private.act_in_organization(organization_id, 'admin');
  return private.schedule_cancellation((private.live_subscription(organization_id)).id, now());
end
$$;
comment on function public.cancel_subscription is
  'Owners and admins: nothing more is charged; the subscription and its levels end with the period, at once when the period is over. 403 not_allowed, 404 not_found.';
grant execute on function public.cancel_subscription to authenticated;

create function private.resume_obstacle(subscription public.subscriptions, as_of timestamptz) returns text
  language sql stable security definer set search_path = '' -- definer: looks at history and levels for anyone
as $$
  select case
    when not private.is_live(subscription.status) or not subscription.cancel_at_period_end then 'not_ending'
    when private.is_being_deleted(subscription.organization_id) then 'being_deleted'
    when subscription.current_period_end <= as_of then 'over'
    when not private.may_hold_plan(subscription.organization_id, subscription.plan_id) then 'verification_required'
    when exists ( -- the next charge would buy back what we took away
      select from public.status_level_events e
      join public.subscription_plans p on p.id = subscription.plan_id and e.level in ('0', p.level)
      where e.organization_id = subscription.organization_id and e.action = 'revoked' and e.actor_kind in ('admin', 'system')
        and e.occurred_at >= subscription.canceled_at
        and not exists (
          select from public.organization_status_levels l
          where l.organization_id = e.organization_id and l.level = e.level and l.is_active
        )
    ) then 'revoked'
  end
$$;
comment on function private.resume_obstacle is
  'Why a cancellation cannot be taken back: not_ending, being_deleted, over, verification_required or revoked; null when it can.';

create function public.resume_subscription(organization_id uuid) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  perform private.act_in_organization(organization_id, 'admin');
  subscription := private.live_subscription(organization_id);
  case private.resume_obstacle(subscription, now())
    when 'not_ending' then
      perform private.refuse('invalid_transition', 'The subscription is not set to end.');
    when 'being_deleted' then
      perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
    when 'over' then
      perform private.refuse('invalid_transition', 'The period is over, and the subscription with it.', 'Subscribe anew.');
    when 'verification_required' then
      perform private.refuse('verification_required', 'This plan is for verified organizations, and the verification was taken back.', 'Ask for the verification again.');
    when 'revoked' then
      perform private.refuse('invalid_transition', 'Its level was revoked.', 'Subscribe anew when the period is over.');
    else
      return private.undo_cancellation(subscription.id, now());
  end case;
end
$$;
comment on function public.resume_subscription is
  'Owners and admins: takes a cancellation back before the period''s end. 403 not_allowed, 404 not_found, 409 invalid_transition or verification_required.';
grant execute on function public.resume_subscription to authenticated;


-- Forgetting a card ------------------------------------------------------------------------------------------------------

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

  perform private.forget_card(m.id, now()) -- however often it was saved
  from public.payment_methods m
  where m.organization_id = method.organization_id and m.revoked_at is null and private.card_identity(m) = private.card_identity(method);
  select * into method from public.payment_methods m where m.id = method.id;
  return jsonb_build_object(
    'payment_method_id', method.id, 'revoked_at', method.revoked_at,
    -- one that was sent on its way to ЮKassa before this moment cannot be called back; it is said, not hidden
    'charge_under_way', exists (
      select from public.payment_transactions t
      join public.payment_methods m on m.id = t.payment_method_id
      where m.organization_id = method.organization_id and private.card_identity(m) = private.card_identity(method)
        and t.begun_at is not null and private.is_undecided(t.status)
    )
  );
end
$$;
comment on function public.forget_payment_method is
  'Owners and admins: the card is forgotten at once and nothing is charged after (376-ФЗ). Answers {payment_method_id, revoked_at, charge_under_way}; charge_under_way: a charge begun before this moment may still come. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.forget_payment_method to authenticated;


-- Choosing a card --------------------------------------------------------------------------------------------------------

create function public.set_main_payment_method(payment_method_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  method public.payment_methods;
  subscription public.subscriptions;
  is_due boolean;
begin
  perform private.require_sign_in();
  select * into method from public.payment_methods m where m.id = set_main_payment_method.payment_method_id;
  if not found or private.role_of(method.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such card.');
  end if;
  perform private.act_in_organization(method.organization_id, 'admin');
  select * into method from public.payment_methods m where m.id = method.id; -- it may have been forgotten while we waited
  if method.revoked_at is not null then
    perform private.refuse('not_found', 'There is no such card.');
  end if;
  if method.refused_at is not null then
    perform private.refuse('invalid_transition', 'The bank has refused this card for good.', 'Add another one.');
  end if;
  subscription := private.live_subscription(method.organization_id);
  is_due := subscription.status = 'past_due' and not subscription.cancel_at_period_end
    and subscription.payment_method_id is distinct from method.id and not private.has_open_charge(subscription.id);
  perform private.put_card(subscription.id, method.id);
  if is_due then
    perform private.plan_next_charge(subscription.id, now()); -- what is owed is tried with it at once
  end if;
  return jsonb_build_object('payment_method_id', method.id, 'is_charged_next', is_due);
end
$$;
comment on function public.set_main_payment_method is
  'Owners and admins: the subscription is charged to this saved card from now on; what is owed is tried with it in the next hourly run. Answers {payment_method_id, is_charged_next}. 401 sign_in_required, 403 not_allowed, 404 not_found (also without a live subscription), 409 invalid_transition (the bank has refused the card for good).';
grant execute on function public.set_main_payment_method to authenticated;
