-- Levels by our own hand: granting and revoking, and terms that are over.


-- RPCs: granting and revoking -------------------------------------------------------------------------------------------

create function private.keep_levels(
  action text, organization_id uuid, level public.status_level, detail jsonb default '{}'
) returns text
  language plpgsql volatile set search_path = ''
as $$
begin
  if private.is_service() then
    return 'system';
  end if;
  perform private.act_as_platform_admin(action, organization_id, level::text, detail);
  return 'admin';
end
$$;
comment on function private.keep_levels is
  'Actor kind of a caller who may grant and revoke: admin or system; else 401 sign_in_required or 403 not_allowed.';

create function public.grant_status_level(
  organization_id uuid, level public.status_level, valid_until timestamptz default null,
  subscription_id uuid default null, notes text default null
) returns uuid
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  actor_kind text := private.keep_levels('grant_status_level', organization_id, level, jsonb_build_object('valid_until', valid_until));
  held_id uuid;
begin
  if level is null then
    perform private.refuse('invalid_input', '[{"field": "level", "code": "required"}]');
  end if;
  if valid_until <= now() then
    perform private.refuse('invalid_input', '[{"field": "valid_until", "code": "in_the_past"}]');
  end if;
  if not private.is_a_term(valid_until) then
    perform private.refuse('invalid_input', '[{"field": "valid_until", "code": "invalid"}]', 'Within 50 years; leave it out for a level without a term.');
  end if;
  if char_length(notes) > 2000 then
    perform private.refuse('invalid_input', '[{"field": "notes", "code": "too_long"}]', 'At most 2000 characters.');
  end if;
  perform private.lock_organization(organization_id);
  if subscription_id is not null then
    perform private.require_live_subscription(organization_id, subscription_id);
  end if;
  if level = 'C' and not exists (
    select from public.organization_status_levels l
    where l.organization_id = grant_status_level.organization_id and l.level in ('A', 'B') and l.is_active
  ) then
    perform private.refuse('invalid_transition', 'Level C stands on A or B.', 'Grant A or B first.');
  end if;
  perform private.set_level(organization_id, level, valid_until, subscription_id, notes, actor_kind, now());

  select l.id into held_id from public.organization_status_levels l
  where l.organization_id = grant_status_level.organization_id and l.level = grant_status_level.level and l.is_active;
  return held_id;
end
$$;
comment on function public.grant_status_level is
  'Platform admins and the service key: grants a level, or changes the term of one that is held. Buyers read notes in the public history, as the reason. Returns the row''s id. 403 not_allowed, 404 not_found, 409 subscription_exists (a subscription holds it) or invalid_transition (C without A or B; a subscription that is over), 422 invalid_input.';
grant execute on function public.grant_status_level to authenticated, service_role;

create function public.revoke_status_level(organization_id uuid, level public.status_level, reason text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  actor_kind text := private.keep_levels('revoke_status_level', organization_id, level);
  paid_by uuid;
  revoked boolean;
begin
  if level is null then
    perform private.refuse('invalid_input', '[{"field": "level", "code": "required"}]');
  end if;
  if coalesce(private.visible_length(reason), 0) = 0 then
    perform private.refuse('invalid_input', '[{"field": "reason", "code": "required"}]', 'A buyer will read why the level was lost.');
  end if;
  if char_length(reason) > 2000 then
    perform private.refuse('invalid_input', '[{"field": "reason", "code": "too_long"}]', 'At most 2000 characters.');
  end if;
  perform private.lock_organization(organization_id);
  select s.id into paid_by -- the subscription whose plan this level is
  from public.organization_status_levels l
  join public.subscriptions s on s.id = l.subscription_id
  join public.subscription_plans p on p.id = s.plan_id
  where l.organization_id = revoke_status_level.organization_id and l.level = revoke_status_level.level and l.is_active
    and l.level in ('0', p.level);
  revoked := private.end_level(organization_id, level, 'revoked', btrim(reason), actor_kind, now());
  if paid_by is not null then
    perform private.schedule_cancellation(paid_by, now()); -- or the next charge would buy the level back
  end if;
  return jsonb_build_object('revoked', revoked, 'level', level);
end
$$;
comment on function public.revoke_status_level is
  'Platform admins and the service key: ends a level at once, and sets the subscription that paid for it to end; answers {revoked, level}, revoked = false when it was not held. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.revoke_status_level to authenticated, service_role;


-- Terms that are over ----------------------------------------------------------------------------------------------------

-- Locks the organizations whose levels these are, passing by those that somebody else is at: the next run takes them.
create function private.lock_ending_levels(of_level_c boolean, as_of timestamptz, max_rows int) returns uuid[]
  language sql volatile security definer set search_path = '' -- definer: the service role has no right to lock
as $$
  select array(
    select l.id
    from public.organization_status_levels l
    join public.organizations o on o.id = l.organization_id
    where l.is_active and l.valid_until <= as_of and (l.level = 'C') = of_level_c
      -- What was cancelled ends by end_cancelled, with its subscription. Asked row by row: joined, all that ends would be sorted for each batch.
      and (l.subscription_id is null or not exists (
        select from public.subscriptions s
        where s.id = l.subscription_id and s.cancel_at_period_end and private.is_live(s.status)
      ))
    order by l.valid_until
    limit max_rows
    for no key update of o skip locked
  )
$$;
comment on function private.lock_ending_levels is 'Ids of active levels whose term is over, with their organizations locked.';
