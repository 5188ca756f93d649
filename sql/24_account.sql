-- What every page of whoever is signed in asks first: who they are, where they belong, what waits for them. One answer, so that nothing waits in a chain.

create function public.my_account() returns jsonb
  language sql stable set search_path = '' -- invoker: each table answers by its own policies
as $$
  select jsonb_build_object(
    'profile', (select to_jsonb(p) from public.profiles p where p.id = (select auth.uid())),
    'organizations', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'organization', to_jsonb(o), 'role', m.role, 'time_zone', s.time_zone) order by o.name, o.id), '[]')
      from public.organization_members m
      join public.organizations o on o.id = m.organization_id
      join public.organization_settings s on s.organization_id = m.organization_id
      where m.user_id = (select auth.uid())
    ),
    'is_platform_admin', exists (select from public.platform_admins a where a.user_id = (select auth.uid())),
    'unread', (
      select count(*) from (
        select from public.notifications n where n.user_id = (select auth.uid()) and n.read_at is null limit 100
      ) as waiting
    )
  )
$$;
comment on function public.my_account is
  'Whoever is signed in: {profile: {id, full_name, locale, time_zone, …}, organizations: [{organization: {…}, role, time_zone}] by name, is_platform_admin, unread (notifications, at most 100)}.';
grant execute on function public.my_account to authenticated;
