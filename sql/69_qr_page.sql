-- The page behind a printed code, for whatever became of it.

create function public.get_qr_page(code text) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: buyers have no right to the tables
as $$
declare
  printed public.qr_codes;
  organization public.organizations;
  state text;
begin
  select q.* into printed from public.qr_codes q where upper(q.code) = upper(get_qr_page.code);
  if not found then
    perform private.refuse('not_found', 'There is no such code.');
  end if;
  select o.* into organization from public.organizations o where o.id = printed.organization_id;
  state := private.qr_state(printed, organization, now());
  return jsonb_build_object(
    'code', upper(printed.code),
    'state', state,
    -- whoever switched it off, or is gone, sends nobody on
    'target_url', case when state not in ('off', 'deleted') then private.readable_url(printed.target_url) end,
    'organization', case when organization.first_level_at is not null then private.organization_page(organization) end);
end
$$;
comment on function public.get_qr_page is
  'Public, counts nothing: {code, state: active|off|unproven|lapsed|revoked|deleted|story_gone, target_url (its host in letters), organization (as get_organization_page; null before the first level ever held)}. Of several states the first of: deleted, revoked, lapsed, unproven, off, story_gone. 404 not_found.';
grant execute on function public.get_qr_page to anon, authenticated, service_role;
