-- Names of the product's first version, kept for programs that call them. Each is a few words in front of a rule that stands in its own file.

create function public.ensure_level_a(organization_id uuid, subscription_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only billing ensures level A.');
  end if;
  perform private.lock_organization(organization_id);
  perform private.require_live_subscription(organization_id, subscription_id);
  return jsonb_build_object('level_a_action', coalesce(private.set_paid_level(subscription_id, 'A', now())::text, 'none'));
end
$$;
comment on function public.ensure_level_a is
  'Service key only: the organization holds A by this live subscription of its own, and 0 is superseded. Answers {level_a_action: granted|extended|none}. 404 not_found, 409 invalid_transition.';
grant execute on function public.ensure_level_a to service_role;

create function public.handle_subscription_status_change(
  subscription_id uuid, new_status public.subscription_status, organization_id uuid
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only billing moves a subscription.');
  end if;
  perform private.lock_organization(organization_id);
  select * into subscription from public.subscriptions s
  where s.id = handle_subscription_status_change.subscription_id
    and s.organization_id = handle_subscription_status_change.organization_id;
  if not found then
    perform private.refuse('not_found', 'The organization has no such subscription.');
  end if;
  if new_status = 'past_due' and subscription.status in ('trialing', 'active') then
    return private.begin_grace(subscription, 'payment_failed', now());
  end if;
  if new_status = 'active' and subscription.status in ('trialing', 'past_due') then
    perform private.close_period(subscription.id, subscription.current_period_end);
    perform private.begin_period(subscription); -- somebody else took the money: the period it is for is not charged again
  end if;
  return private.move_subscription(subscription_id, new_status, null, now());
end
$$;
comment on function public.handle_subscription_status_change is
  'Service key only: moves a subscription to the status, and its levels with it. Answers {level_a_action: granted|revoked|grace_period_started|none}. 404 not_found, 409 invalid_transition.';
grant execute on function public.handle_subscription_status_change to service_role;

create function public.start_grace_period(organization_id uuid, days int default private.grace_days()) returns timestamptz
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only billing starts a grace period.');
  end if;
  if days is null or days not between 1 and 60 then
    perform private.refuse('invalid_input', '[{"field": "days", "code": "out_of_range"}]');
  end if;
  perform private.lock_organization(organization_id);
  select * into subscription from public.subscriptions s
  where s.organization_id = start_grace_period.organization_id and private.is_live(s.status);
  if not found then
    perform private.refuse('not_found', 'The organization has no live subscription.');
  end if;
  if subscription.status = 'past_due' then
    return subscription.grace_until; -- one that runs is not restarted
  end if;
  perform private.begin_grace(subscription, 'payment_failed', now(), days);
  return now() + make_interval(days => days);
end
$$;
comment on function public.start_grace_period is
  'Service key only: the live subscription is past due, its card is tried again, and its levels stay until the time answered. One that runs is not restarted. 404 not_found, 422 invalid_input.';
grant execute on function public.start_grace_period to service_role;

create function public.is_grace_period_ended(organization_id uuid) returns boolean
  language plpgsql stable security definer set search_path = '' -- definer: asked by jobs
as $$
begin
  if not private.is_service() then
    perform private.require_role(organization_id, 'viewer');
  end if;
  return exists (
    select from public.subscriptions s
    where s.organization_id = is_grace_period_ended.organization_id and s.status = 'past_due' and s.grace_until <= now()
  );
end
$$;
comment on function public.is_grace_period_ended is
  'Members and the service key: true when the organization is past due and its grace is over; false when it is not in grace at all.';
grant execute on function public.is_grace_period_ended to authenticated, service_role;

create function public.get_expiring_statuses(days int)
  returns table (organization_id uuid, organization text, level public.status_level, valid_until timestamptz, days_left int)
  language plpgsql stable security definer set search_path = '' -- definer: looks at every organization
as $$
begin
  if not private.is_service() and not private.is_platform_admin() then
    perform private.require_sign_in();
    perform private.refuse('not_allowed', 'Only platform admins see what expires.');
  end if;
  return query
    select l.organization_id, o.name, l.level, l.valid_until, private.days_left(l.valid_until, now(), s.time_zone)
    from public.organization_status_levels l
    join public.organizations o on o.id = l.organization_id
    join public.organization_settings s on s.organization_id = l.organization_id
    where l.is_active and l.valid_until > now() and l.valid_until <= now() + make_interval(days => days)
    order by l.valid_until;
end
$$;
comment on function public.get_expiring_statuses is
  'Platform admins and the service key: levels that end within so many days, soonest first. 403 not_allowed.';
grant execute on function public.get_expiring_statuses to authenticated, service_role;
