-- Organizations: the producers, who belongs to them, and what each may do. How people come and go: 52_members.


-- Organizations: the public face of a producer. --------------------------------------------------------------------------

-- Check digits of a taxpayer number: 10 digits for a company, 12 for a person
-- (order of the Federal Tax Service of 29.06.2012 N ММВ-7-6/435@; the weights are those in common use).
create function private.is_inn(inn text) returns boolean
  language sql immutable set search_path = ''
as $$
  with digits as (
    select array(select d::int from regexp_split_to_table(inn, '') d) as d
    where inn ~ '^([0-9]{10}|[0-9]{12})$' and inn !~ '^0+$'
  ),
  checksum as (
    select d, (
      select array_agg((select sum(w * d[i]) from unnest(weights) with ordinality as u(w, i)) % 11 % 10 order by place)
      from (values
        (10, array[2, 4, 10, 3, 5, 9, 4, 6, 8]),
        (11, array[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]),
        (12, array[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8])
      ) as rule (place, weights)
      where (cardinality(d) = 10) = (place = 10)
    ) as expected
    from digits
  )
  select coalesce((
    select case cardinality(d)
      when 10 then expected = array[d[10]]::bigint[]
      else expected = array[d[11], d[12]]::bigint[]
    end
    from checksum
  ), false)
$$;
comment on function private.is_inn is 'True for 10 or 12 digits whose check digits are right.';
grant execute on function private.is_inn to authenticated, service_role;

create function private.are_contacts(contacts jsonb) returns boolean
  language sql immutable set search_path = ''
as $$
  select contacts is null or (
    jsonb_typeof(contacts) = 'object' and contacts - array['phone', 'email', 'address'] = '{}'
    and not exists (
      select from jsonb_each(contacts) as line (key, value)
      where jsonb_typeof(value) <> 'string' or char_length(value #>> '{}') not between 1 and 200 or not private.is_one_line(value #>> '{}')
    )
    and private.is_email(contacts ->> 'email') is not false
  )
$$;
comment on function private.are_contacts is 'True for {phone?, email?, address?}, each a line of at most 200 characters; true for null.';
grant execute on function private.are_contacts to authenticated, service_role;

create function private.is_slug(slug text) returns boolean
  language sql immutable set search_path = ''
as $$
  select slug ~ '^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$' and slug !~ '--'
$$;
comment on function private.is_slug is 'True for 3 to 50 of a-z, 0-9 and hyphens, a letter or digit at both ends, no two hyphens in a row.';
grant execute on function private.is_slug to authenticated, service_role;

-- Addresses that a reader would take for the platform's own, and those that its pages and functions have.
create function private.is_reserved_slug(slug text) returns boolean
  language sql immutable set search_path = ''
as $$
  select slug ~ '^(chestno|official|released)(-|$)' or slug = any (array[
    'about', 'abuse', 'account', 'accounts', 'admin', 'administrator', 'api', 'app', 'assets', 'auth', 'badge', 'billing', 'blog', 'cdn', 'checkout',
    'consent', 'contact', 'contacts', 'credential', 'dashboard', 'dev', 'docs', 'edit', 'email', 'error', 'faq', 'favicon', 'files', 'forgot-password',
    'functions', 'graphql', 'health', 'help', 'home', 'how-we-verify', 'images', 'index', 'info', 'invitation', 'invitations', 'jobs', 'legal', 'level',
    'levels', 'login', 'logout', 'mail', 'media', 'moderation', 'moderator', 'moderators', 'monitoring', 'new', 'news', 'notifications', 'null', 'oauth',
    'offer', 'organization', 'organizations', 'owner', 'partners', 'password', 'pay', 'payment', 'payments', 'platform', 'post', 'press', 'pricing',
    'privacy', 'profile', 'public', 'qr', 'realtime', 'register', 'report', 'reports', 'reset-password', 'rest', 'robots', 'root', 'rpc', 'rules', 'search',
    'security', 'service', 'settings', 'sign-in', 'sign-out', 'sign-up', 'signin', 'signout', 'signup', 'site', 'sitemap', 'staff', 'static', 'status',
    'storage', 'stories', 'story', 'sub', 'subscribe', 'supabase', 'support', 'sysadmin', 'system', 'team', 'terms', 'trust', 'undefined', 'unsubscribe',
    'user', 'users', 'verify', 'webhook', 'webmaster', 'well-known', 'www', 'yookassa'])
$$;
comment on function private.is_reserved_slug is 'True for an address that is, or would be taken for, the platform''s own.';
grant execute on function private.is_reserved_slug to authenticated, service_role;

create table public.organizations (
  id uuid primary key default private.new_id(),
  slug text not null,
  name text not null,
  legal_name text,
  inn text,
  description text,
  category text,
  region text,
  website_url text,
  logo_path text,
  contacts jsonb,
  is_published boolean not null default true,
  first_level_at timestamptz,
  release_noticed_at timestamptz,
  released_at timestamptz,
  inn_freed_at timestamptz,
  masked_inn text,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deletion_requested_at timestamptz,
  was_published boolean,
  deleted_at timestamptz,
  constraint slug_is_readable check (private.is_slug(slug)),
  constraint slug_is_not_our_own check (not private.is_reserved_slug(slug) or (released_at is not null and slug like 'released-%')),
  constraint name_fits check (char_length(name) <= 80 and private.visible_length(name) >= 2),
  constraint legal_name_fits check (char_length(legal_name) <= 80 and private.visible_length(legal_name) >= 2),
  constraint inn_has_right_check_digits check (inn is null or private.is_inn(inn)),
  constraint an_inn_is_given_up_only_at_the_end check (inn is not null or coalesce(released_at, inn_freed_at, deleted_at) is not null),
  constraint a_masked_inn_stands_for_one_that_is_gone check (masked_inn is null or inn is null),
  constraint description_fits check (char_length(description) <= 5000),
  constraint category_fits check (char_length(category) <= 80 and private.is_one_line(category)),
  constraint region_fits check (char_length(region) <= 80 and private.is_one_line(region)),
  constraint website_is_a_web_address check (private.is_http_url(website_url) and char_length(website_url) <= 300),
  constraint contacts_are_ways_to_reach_somebody check (private.are_contacts(contacts)),
  constraint logo_lies_in_its_own_folder check (logo_path like id::text || '/%' and logo_path not like '%..%'),
  constraint what_is_being_deleted_is_not_public check (deletion_requested_at is null or not is_published),
  constraint a_deletion_was_asked_for check (deleted_at is null or deletion_requested_at is not null),
  constraint what_never_held_a_level_is_released check (released_at is null or first_level_at is null),
  constraint organizations_slug_key unique (slug)
);
comment on table public.organizations is
  'A producer. What it says of itself is hidden by is_published; its name, legal name, INN and levels are public for good from first_level_at on (get_organization_page).';
comment on column public.organizations.contacts is 'How buyers reach it: {phone?, email?, address?}, each a line.';
comment on column public.organizations.first_level_at is 'Since when it ever held a level: from then on nothing about its levels is hidden.';
comment on column public.organizations.released_at is 'When its address and INN were given free, because it never held a level.';
comment on column public.organizations.release_noticed_at is 'When its people were told that this is a week away.';
comment on column public.organizations.inn_freed_at is 'When its INN was given to whoever proved that it is theirs (review_claim).';
comment on column public.organizations.masked_inn is 'What is left of a person''s INN after the organization''s deletion: the first and the last two digits.';
comment on column public.organizations.deletion_requested_at is 'When the owner asked for the deletion; it may be undone for 30 days.';
comment on column public.organizations.was_published is 'Whether it was public when the deletion was asked for, for the undoing.';
comment on column public.organizations.deleted_at is 'When the personal data was removed.';
-- Whoever is gone for good does not keep others from the number: a deleted company's page goes on showing it.
create unique index organizations_inn_key on public.organizations (inn) where deleted_at is null;
create index organizations_never_proven_idx on public.organizations (created_at) where first_level_at is null and released_at is null;
create index organizations_created_by_idx on public.organizations (created_by);
create index organizations_created_at_idx on public.organizations (created_at desc, id desc);
create index organizations_to_delete_idx on public.organizations (deletion_requested_at) where deletion_requested_at is not null and deleted_at is null;

create trigger organizations_keep_names_clean before insert or update of name, legal_name on public.organizations
  for each row execute function private.keep_names_clean('name', 'legal_name');
create trigger organizations_touch_updated_at before update on public.organizations
  for each row execute function private.touch_updated_at();


-- Members: who belongs to an organization, as what. ----------------------------------------------------------------------

-- In order of rights, so that "at least an editor" is role >= 'editor'.
create type public.organization_role as enum ('viewer', 'editor', 'admin', 'owner');

create table public.organization_members (
  organization_id uuid not null references public.organizations (id) on delete cascade,
  user_id uuid not null references public.profiles (id) on delete cascade,
  role public.organization_role not null,
  joined_at timestamptz not null default now(),
  primary key (organization_id, user_id)
);
comment on table public.organization_members is 'Who belongs to an organization and in which role. Never without an owner.';
create index organization_members_user_id_idx on public.organization_members (user_id, role, organization_id);

-- The two questions of membership. A set, not a yes or no per row: "= any (array(select …))" is evaluated once and uses the index.
create function private.organization_ids_where(minimum public.organization_role) returns setof uuid
  language sql stable security definer set search_path = '' -- definer: policies on organization_members ask it too
as $$
  select organization_id from public.organization_members
  where user_id = (select auth.uid()) and role >= minimum
$$;
comment on function private.organization_ids_where is 'Organizations in which the caller has at least that role.';
grant execute on function private.organization_ids_where to authenticated;

-- A platform admin reads everybody's rows. An "or (select private.is_platform_admin())" alone beside a membership would keep every policy
-- from its index (a scan of the whole table for everyone), and a list of all organizations takes the longer the more there are. So it is
-- said as a range of the same index: from the lowest id there is; for others from null, which is nothing. Without "(select …)", so that it
-- is known when a query is planned; nobody else is asked row by row, because the condition before it has said no once.
create function private.platform_admins_read_from() returns uuid
  language sql stable security definer set search_path = '' -- definer: as above
as $$
  select uuid '00000000-0000-0000-0000-000000000000' where private.is_platform_admin()
$$;
comment on function private.platform_admins_read_from is 'The lowest id there is, for a platform admin; null for anybody else.';
grant execute on function private.platform_admins_read_from to authenticated;

create function private.teammate_ids() returns setof uuid
  language sql stable security definer set search_path = '' -- definer: looks at other people's membership
as $$
  select user_id from public.organization_members
  where organization_id = any (array(select private.organization_ids_where('viewer')))
  union
  select auth.uid()
$$;
comment on function private.teammate_ids is 'The caller, and the people who share an organization with them.';
grant execute on function private.teammate_ids to authenticated;

alter table public.organization_members enable row level security;
grant select on public.organization_members to authenticated, service_role;
create policy "members see who is in their organization" on public.organization_members
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('viewer')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: people come and go through the RPCs below
-- Holds for every writer, the service key included, and under concurrency: the organization's row is the lock.
create function private.keep_an_owner() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: must see all members
as $$
begin
  perform from public.organizations where id = old.organization_id and deleted_at is null for no key update;
  if not found then
    return null; -- the organization itself is going, or gone
  end if;
  if not exists (select from public.organization_members where organization_id = old.organization_id and role = 'owner') then
    perform private.refuse('last_owner', 'An organization is never without an owner.', 'Transfer the ownership first.');
  end if;
  return null;
end
$$;
comment on function private.keep_an_owner is 'Trigger: the last owner neither leaves nor steps down; 409 last_owner.';

create trigger organization_members_keep_an_owner after delete or update of role, organization_id on public.organization_members
  for each row when (old.role = 'owner') execute function private.keep_an_owner();


-- Rights on organizations and profiles, now that membership is known. ----------------------------------------------------

alter table public.organizations enable row level security;
grant select (id, slug, name, legal_name, inn, description, category, region, website_url, logo_path, contacts, is_published, first_level_at,
              released_at, masked_inn, created_at, updated_at, deletion_requested_at, was_published, deleted_at)
  on public.organizations to anon; -- who made it is nobody's business
grant select on public.organizations to authenticated, service_role;
create policy "everyone reads published organizations" on public.organizations
  for select to anon
  using (is_published);
-- Being published goes by no index, so neither need the rest: every unpublished row compared with a list of all organizations
-- would take a platform admin minutes.
create policy "people read published organizations and their own, admins all" on public.organizations
  for select to authenticated
  using (
    is_published
    or (select private.is_platform_admin())
    or id = any (array(select private.organization_ids_where('viewer')))
  );

grant update (name, legal_name, description, category, region, website_url, contacts, is_published)
  on public.organizations to authenticated;
create policy "admins edit their organization's profile" on public.organizations
  for update to authenticated
  using (id = any (array(select private.organization_ids_where('admin'))))
  with check (id = any (array(select private.organization_ids_where('admin'))));
-- insert is not granted: create_organization makes the owner in the same breath
-- slug and inn are not updatable: printed codes and the trial rule lean on them; logo_path is set by set_logo
-- delete is not granted: status and payment history outlive an organization
grant select on public.profiles to authenticated, service_role;
create policy "people see themselves and their teammates" on public.profiles
  for select to authenticated
  using (id = any (array(select private.teammate_ids())));

grant update (full_name, locale, time_zone) on public.profiles to authenticated;
create policy "people edit their own profile" on public.profiles
  for update to authenticated
  using (id = (select auth.uid()))
  with check (id = (select auth.uid()));
-- insert is not granted: sign-up makes the profile
-- delete is not granted: a profile goes with its user


-- Settings: what only the organization's own people know. ----------------------------------------------------------------

create table public.organization_settings (
  organization_id uuid primary key references public.organizations (id) on delete cascade,
  billing_email text,
  time_zone text not null default 'Europe/Moscow',
  shared_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint billing_email_is_an_address check (private.is_email(billing_email)),
  constraint time_zone_is_known check (private.is_time_zone(time_zone))
);
comment on table public.organization_settings is
  'Where receipts go (billing_email) and which calendar the organization lives by (IANA time zone). Members only.';
comment on column public.organization_settings.shared_at is 'When a member first copied the link to the public page.';

-- Most live by the default. Where a hundred thousand are told at once, only the others are looked up.
create index organization_settings_elsewhere_idx
  on public.organization_settings (organization_id) include (time_zone) where time_zone <> 'Europe/Moscow';

create function private.keep_billing_email_canonical() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the helpers
as $$
begin
  new.billing_email := private.canonical_email(new.billing_email);
  return new;
end
$$;
comment on function private.keep_billing_email_canonical is 'Trigger: the address for receipts is kept in the one form of addresses.';

create trigger organization_settings_keep_billing_email_canonical before insert or update of billing_email on public.organization_settings
  for each row execute function private.keep_billing_email_canonical();
create trigger organization_settings_touch_updated_at before update on public.organization_settings
  for each row execute function private.touch_updated_at();

alter table public.organization_settings enable row level security;
grant select on public.organization_settings to authenticated, service_role;
create policy "members read their organization's settings" on public.organization_settings
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));

grant update (billing_email, time_zone) on public.organization_settings to authenticated;
create policy "admins change their organization's settings" on public.organization_settings
  for update to authenticated
  using (organization_id = any (array(select private.organization_ids_where('admin'))))
  with check (organization_id = any (array(select private.organization_ids_where('admin'))));
-- insert and delete are not granted: the row is made with the organization


-- Guards and locks that every RPC of an organization begins with. -------------------------------------------------------

create function private.role_of(organization_id uuid, user_id uuid) returns public.organization_role
  language sql stable security definer set search_path = '' -- definer: looks at other people's membership
as $$
  select role from public.organization_members m where m.organization_id = role_of.organization_id and m.user_id = role_of.user_id
$$;
comment on function private.role_of is 'That person''s role in that organization, or null.';

create function private.require_role(organization_id uuid, minimum public.organization_role) returns uuid
  language plpgsql stable security definer set search_path = '' -- definer: must tell "not yours" from "not there"
as $$
declare
  caller uuid := private.require_sign_in();
begin
  if exists (
    select from public.organization_members m
    where m.organization_id = require_role.organization_id and m.user_id = caller and m.role >= minimum
  ) then
    return caller;
  end if;

  -- Someone who may not even see the organization learns nothing about it.
  if not exists (
    select from public.organizations o
    where o.id = require_role.organization_id
      and (o.is_published or o.first_level_at is not null
        or exists (select from public.organization_members m where m.organization_id = o.id and m.user_id = caller))
  ) then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
  perform private.refuse('not_allowed', format('This needs the role %s in the organization.', minimum),
                         'Ask an owner or an admin of the organization.');
end
$$;
comment on function private.require_role is
  'Id of the caller when they hold at least that role; else 401 sign_in_required, 403 not_allowed or 404 not_found.';

-- Members, levels and money of one organization change one at a time. Every RPC takes this lock first, so none waits in a circle.
create function private.lock_organization(organization_id uuid) returns public.organizations
  language plpgsql volatile security definer set search_path = '' -- definer: the service role has no right to lock
as $$
declare
  locked public.organizations;
begin
  select * into locked from public.organizations o where o.id = lock_organization.organization_id for no key update;
  if not found then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
  return locked;
end
$$;
comment on function private.lock_organization is 'Takes the organization''s lock until the end of the transaction; 404 not_found.';

create function private.is_being_deleted(organization_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: money is recorded for anyone
as $$
  select exists (select from public.organizations o where o.id = is_being_deleted.organization_id and o.deletion_requested_at is not null)
$$;
comment on function private.is_being_deleted is 'True when the owner asked for the organization''s deletion, and when it is done.';

create function private.act_in_organization(organization_id uuid, minimum public.organization_role) returns uuid
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.require_role(organization_id, minimum);
  perform private.lock_organization(organization_id);
  return private.require_role(organization_id, minimum); -- the role may have been taken while we waited
end
$$;
comment on function private.act_in_organization is
  'What a writing RPC begins with: require_role, then the organization''s lock, then require_role again. Returns the caller''s id.';

