-- Founding an organization: which addresses there are, and how many one person may hold without a level.

create function private.unproven_organizations(user_id uuid) returns bigint
  language sql stable security definer set search_path = '' -- definer: looks at what others cannot see
as $$
  select count(*) from public.organizations o
  where o.created_by = unproven_organizations.user_id and o.first_level_at is null and o.released_at is null and o.deletion_requested_at is null
$$;
comment on function private.unproven_organizations is 'How many organizations this person made that never held a level.';

create function public.create_organization(name text, slug text, inn text, legal_name text default null) returns public.organizations
  language plpgsql volatile security definer set search_path = '' -- definer: writes three tables nobody may insert into
as $$
declare
  caller uuid := private.require_sign_in();
  faults jsonb;
  created public.organizations;
  violated text;
begin
  perform private.require_confirmed_email();
  name := private.clean_name(coalesce(name, ''));
  legal_name := nullif(private.clean_name(legal_name), '');
  slug := btrim(coalesce(slug, ''));
  inn := btrim(coalesce(inn, ''));

  -- One after the other: two requests at once would both be the third.
  perform from public.profiles p where p.id = caller for no key update;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code) order by place) into faults
  from (values
    (1, 'name', case when name = '' then 'required' when private.visible_length(name) < 2 then 'too_short' else private.name_fault(name) end),
    (2, 'slug', case when slug = '' then 'required' when not private.is_slug(slug) then 'invalid_slug'
                     when private.is_reserved_slug(slug) then 'reserved' end),
    (3, 'inn', case when inn = '' then 'required' when not private.is_inn(inn) then 'invalid_inn' end),
    (4, 'legal_name', case when private.visible_length(legal_name) < 2 then 'too_short' else private.name_fault(legal_name) end)
  ) as checked (place, field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text, 'Correct the fields and try again.');
  end if;
  if private.unproven_organizations(caller) >= 3 then
    perform private.refuse('too_many_organizations', 'A person holds at most 3 organizations that never had a level.',
                           'Pay for one of them, or delete one.');
  end if;
  perform private.count_a_day_or_refuse('found:' || caller, 10);
  if exists ( -- what a claim has freed is its claimant's for a while
    select from public.organization_claims c
    where c.inn = create_organization.inn and c.outcome = 'inn_freed' and c.claimant_id <> caller and c.reviewed_at > now() - interval '30 days'
  ) then
    perform private.refuse('inn_taken', 'This INN is kept for whoever proved that it is theirs.', 'Claim it, if it is yours.');
  end if;

  begin
    insert into public.organizations (name, slug, inn, legal_name, created_by) values (name, slug, inn, legal_name, caller) returning * into created;
  exception when unique_violation then
    get stacked diagnostics violated = constraint_name;
    if violated = 'organizations_slug_key' then
      perform private.refuse('slug_taken', 'Another organization has this address.', 'Choose another address.');
    end if;
    perform private.refuse('inn_taken', 'An organization with this INN is already here.',
                           'Ask its owner for an invitation, or write to us if it is not theirs.');
  end;

  insert into public.organization_members (organization_id, user_id, role) values (created.id, caller, 'owner');
  insert into public.organization_settings (organization_id, billing_email)
  select created.id, private.email_of(caller);
  return created;
end
$$;
comment on function public.create_organization is
  'Makes an organization with the caller as its owner. 401 sign_in_required, 409 slug_taken, inn_taken or too_many_organizations (3 that never held a level), 429 too_many_requests beyond 10 a day, 422 invalid_input with {field, code}: required, too_short, too_long, invalid, contains_link, mixed_scripts, invalid_slug, reserved, invalid_inn. The legal name may come later, but before the first payment.';
grant execute on function public.create_organization to authenticated;
