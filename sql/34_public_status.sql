-- Public status: what anybody may know of an organization's levels.

create function private.require_visible_organization(organization_id uuid) returns void
  language plpgsql stable security definer set search_path = '' -- definer: visitors ask too
as $$
begin
  if not exists (
    select from public.organizations o
    where o.id = require_visible_organization.organization_id
      and (o.is_published
        or o.id = any (array(select private.organization_ids_where('viewer')))
        or private.is_platform_admin()
        or private.is_service())
  ) then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
end
$$;
comment on function private.require_visible_organization is '404 not_found unless the caller may see the organization.';

create function public.get_organization_status(organization_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to the table, only to this answer
as $$
declare
  status jsonb;
begin
  perform private.require_visible_organization(organization_id);
  select jsonb_build_object(
    'level', max(l.level),
    'levels', coalesce(jsonb_agg(jsonb_build_object(
      'level', l.level,
      'kind', case l.level when '0' then 'trial' when 'A' then 'paid' when 'B' then 'verified' when 'C' then 'earned' end,
      'since', l.valid_from,
      'valid_until', l.valid_until
    ) order by l.level desc), '[]')
  ) into status
  from public.organization_status_levels l
  where l.organization_id = get_organization_status.organization_id and l.is_active
    and (l.valid_until is null or l.valid_until > now()); -- a level past its term is not shown, even before the daily job ends it
  return status;
end
$$;
comment on function public.get_organization_status is
  'Public: {level, levels: [{level, kind: paid|verified|earned|trial, since, valid_until}]}, highest first; level is null when none is held. 404 not_found.';
grant execute on function public.get_organization_status to anon, authenticated, service_role;

create function public.get_status_history(organization_id uuid)
  returns table (level public.status_level, action public.status_level_action, reason text, valid_until timestamptz, occurred_at timestamptz)
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to the table, only to this answer
as $$
begin
  perform private.require_visible_organization(organization_id);
  return query
    select e.level, e.action, e.reason, e.valid_until, e.occurred_at
    from public.status_level_events e
    where e.organization_id = get_status_history.organization_id
    order by e.occurred_at desc, e.id desc;
end
$$;
comment on function public.get_status_history is 'Public: everything that happened to the levels, newest first, without actors. 404 not_found.';
grant execute on function public.get_status_history to anon, authenticated, service_role;
