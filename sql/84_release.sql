-- Release: an address and an INN that somebody took and never used go back, so that nobody sits on another's name.

create function private.release_idle_organizations(as_of timestamptz, out noticed int, out released int)
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  organization public.organizations;
begin
  noticed := 0;
  released := 0;
  for organization in
    select o.* from public.organizations o
    where o.first_level_at is null and o.released_at is null and o.deletion_requested_at is null
      and o.created_at <= as_of - interval '23 days'
      and not exists (select from public.qr_codes q where q.organization_id = o.id) -- what is printed never dies
      and not exists ( -- nor what waits for us, or for its money
        select from public.status_upgrade_requests r where r.organization_id = o.id and r.status = 'pending')
      and not exists (
        select from public.payment_transactions t where t.organization_id = o.id and private.is_undecided(t.status))
    order by o.created_at
    for no key update of o skip locked
  loop
    if organization.release_noticed_at is null then
      update public.organizations o set release_noticed_at = as_of where o.id = organization.id;
      perform private.notify(organization.id, 'release_coming', jsonb_build_object(
        'at', greatest(organization.created_at + interval '30 days', as_of + interval '7 days'), 'inn', organization.inn), as_of);
      noticed := noticed + 1;
    elsif organization.created_at <= as_of - interval '30 days'
      and organization.release_noticed_at <= as_of - interval '6 days 23 hours' -- a job is not to the second
    then
      update public.organizations o
      set released_at = as_of, is_published = false, inn = null, slug = 'released-' || left(replace(gen_random_uuid()::text, '-', ''), 20)
      where o.id = organization.id;
      released := released + 1;
    end if;
  end loop;
end
$$;
comment on function private.release_idle_organizations is
  'What never held a level and has no QR code gives its address and INN back after 30 days, told a week before: how many were told, and how many released.';
