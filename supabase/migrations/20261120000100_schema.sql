-- Written by scripts/migration.py from sql/. Change the rules there, then run it again.


-- sql/00_foundation.sql

-- Foundation: who may reach what by default, how a door refuses, and what the platform knows of itself.
--
-- public   the API: every table, view and function here can be asked for by name; grants and policies decide who gets an answer
-- private  helpers and secrets; not exposed, callable only where a policy or a door needs it

create schema private;
comment on schema private is 'Helpers and secrets behind the API. Never exposed.';
grant usage on schema private to authenticated, service_role;

-- Nothing is open until a line opens it. Execution can be taken from PUBLIC only globally: the per-schema form does nothing.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;


-- Refusals ---------------------------------------------------------------------------------------------------------------

-- The HTTP status of each error code. The web translates codes; docs/errors.md lists them; a test holds the two together.
create function private.http_status(error_code text) returns int
  language sql immutable set search_path = ''
as $$
  select case error_code
    when 'sign_in_required'        then 401
    when 'subscription_required'   then 402
    when 'plan_limit_reached'      then 402
    when 'not_allowed'             then 403
    when 'not_found'               then 404
    when 'trial_already_used'      then 409
    when 'subscription_exists'     then 409
    when 'verification_required'   then 409
    when 'request_pending'         then 409
    when 'last_owner'              then 409
    when 'slug_taken'              then 409
    when 'inn_taken'               then 409
    when 'invalid_transition'      then 409
    when 'invitation_used'         then 409
    when 'invitation_expired'      then 410
    when 'invalid_input'           then 422
    when 'media_not_validated'     then 422
    when 'too_many_requests'       then 429
    when 'unavailable'             then 503
  end
$$;
comment on function private.http_status is 'HTTP status of an error code; null when the code is not one of ours.';

-- PostgREST turns SQLSTATE PTnnn into HTTP nnn, with the code as "message".
create function private.refuse(code text, detail text, hint text default null) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  raise exception using
    errcode = 'PT' || coalesce(private.http_status(code), 500),
    message = code,
    detail = detail,
    hint = coalesce(hint, '');
end
$$;
comment on function private.refuse is
  'Raises a stable error code with its HTTP status, a sentence (or, for invalid_input, a JSON list of {row?, field, code}) and a hint.';


-- Who is calling ---------------------------------------------------------------------------------------------------------

-- In a security definer function current_user is the owner, but the setting "role" still names the role the request came in with.
create function private.is_service() returns boolean
  language sql stable set search_path = ''
as $$
  select case current_setting('role')
    when 'service_role' then true
    when 'none' then session_user <> 'authenticator' -- an operator at the SQL editor, not a request
    else false
  end
$$;
comment on function private.is_service is 'True for the service key and for an operator connected to Postgres directly.';

create function private.require_sign_in() returns uuid
  language plpgsql stable set search_path = ''
as $$
declare
  caller uuid := auth.uid();
begin
  if caller is null then
    perform private.refuse('sign_in_required', 'This needs a signed-in person.', 'Sign in and try again.');
  end if;
  return caller;
end
$$;
comment on function private.require_sign_in is 'Id of the signed-in caller; 401 sign_in_required when there is none.';


-- Shared rules -----------------------------------------------------------------------------------------------------------

create function private.touch_updated_at() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.touch_updated_at is 'Trigger: updated_at is the time of the last change.';

create function private.is_time_zone(name text) returns boolean
  language plpgsql stable set search_path = ''
as $$
begin
  if name !~ '^(UTC|[A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$' then
    return false;
  end if;
  perform now() at time zone name;
  return true;
exception when invalid_parameter_value then
  return false;
end
$$;
comment on function private.is_time_zone is 'True for a zone of the IANA database that this Postgres knows, such as Europe/Moscow.';
-- A check constraint runs as whoever writes the row.
grant execute on function private.is_time_zone to authenticated, service_role;

create function private.is_email(address text) returns boolean
  language sql immutable set search_path = ''
as $$
  select address ~ '^[^@[:space:]<>"]+@[^@[:space:]<>"]+\.[^@[:space:]<>".]+$' and char_length(address) <= 254
$$;
comment on function private.is_email is 'True for what looks like one e-mail address; whether it exists, only a letter can tell.';
grant execute on function private.is_email to authenticated, service_role;

-- A cast that refuses nothing: what is not a UUID is null.
create function private.uuid_or_null(value text) returns uuid
  language sql immutable set search_path = ''
as $$
  select case when value ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then value::uuid end
$$;
comment on function private.uuid_or_null is 'The UUID that a text spells, or null.';


-- The platform's own settings: one row, written at deployment. -----------------------------------------------------------

create table private.platform_settings (
  singleton boolean primary key default true,
  site_url text not null,
  shop_id text not null,
  test_mode boolean not null,
  updated_at timestamptz not null default now(),
  constraint there_is_one_row check (singleton),
  constraint site_url_is_an_origin check (site_url ~ '^https?://[^/?#[:space:]]+$')
);
comment on table private.platform_settings is
  'Where the site stands (site_url, an origin without a trailing slash) and which ЮKassa shop is ours (shop_id; test_mode as in the payment''s "test").';
alter table private.platform_settings enable row level security;
-- no grants and no policies: only definer functions read and write it

create trigger platform_settings_touch_updated_at before update on private.platform_settings
  for each row execute function private.touch_updated_at();

create function public.configure_platform(settings jsonb) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key configures the platform.');
  end if;
  if coalesce(settings ->> 'site_url', '') !~ '^https?://[^/?#[:space:]]+/?$' then
    perform private.refuse('invalid_input', '[{"field": "site_url", "code": "invalid_url"}]');
  end if;
  if coalesce(settings ->> 'shop_id', '') = '' then
    perform private.refuse('invalid_input', '[{"field": "shop_id", "code": "required"}]');
  end if;
  if jsonb_typeof(settings -> 'test_mode') is distinct from 'boolean' then
    perform private.refuse('invalid_input', '[{"field": "test_mode", "code": "required"}]');
  end if;

  insert into private.platform_settings (site_url, shop_id, test_mode)
  values (rtrim(settings ->> 'site_url', '/'), settings ->> 'shop_id', (settings -> 'test_mode')::boolean)
  on conflict (singleton) do update
    set site_url = excluded.site_url, shop_id = excluded.shop_id, test_mode = excluded.test_mode;
end
$$;
comment on function public.configure_platform is
  'Service key only, at every start and deployment: {site_url, shop_id, test_mode}. 422 invalid_input when one is missing.';
grant execute on function public.configure_platform to service_role;


-- sql/10_people.sql

-- People: who there is, and who of them runs the platform.


-- Profiles: one for everyone who signed up; what teammates see of each other. --------------------------------------------

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  full_name text not null default '',
  locale text not null default 'ru',
  time_zone text not null default 'Europe/Moscow',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint full_name_fits check (char_length(full_name) <= 120),
  constraint locale_is_spoken check (locale in ('ru', 'en')),
  constraint time_zone_is_known check (private.is_time_zone(time_zone))
);
comment on table public.profiles is 'A person''s name, language (ru, en) and IANA time zone. Made at sign-up; teammates see it.';

create trigger profiles_touch_updated_at before update on public.profiles
  for each row execute function private.touch_updated_at();

-- The policies stand in 20_organizations: who is a teammate is known only there.
alter table public.profiles enable row level security;

create function private.make_profile() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: runs as the sign-up service, which has no rights here
as $$
begin
  -- What a person says of themselves at sign-up is taken only where it is valid.
  insert into public.profiles (id, full_name, locale)
  values (
    new.id,
    left(coalesce(new.raw_user_meta_data ->> 'full_name', ''), 120),
    case when new.raw_user_meta_data ->> 'locale' in ('ru', 'en') then new.raw_user_meta_data ->> 'locale' else 'ru' end
  )
  on conflict (id) do nothing;
  return new;
end
$$;
comment on function private.make_profile is 'Trigger: a profile is made when a user signs up.';

create trigger users_make_profile after insert on auth.users
  for each row execute function private.make_profile();


-- Platform admins: our moderators. Appointed from the dashboard, never through the API. ----------------------------------

create table public.platform_admins (
  user_id uuid primary key references public.profiles (id) on delete cascade,
  appointed_at timestamptz not null default now()
);
comment on table public.platform_admins is 'People who run the platform. Written only from the dashboard (SQL), never through the API.';
alter table public.platform_admins enable row level security;

grant select on public.platform_admins to authenticated, service_role;
create policy "admins see that they are admins" on public.platform_admins
  for select to authenticated
  using (user_id = (select auth.uid()));
-- insert, update, delete are not granted to anyone: an appointment is a dashboard matter

create function private.is_platform_admin() returns boolean
  language sql stable security definer set search_path = '' -- definer: policies of every table ask it
as $$
  select exists (select from public.platform_admins where user_id = (select auth.uid()))
$$;
comment on function private.is_platform_admin is 'True when the caller is a platform admin.';
grant execute on function private.is_platform_admin to authenticated;


-- sql/20_organizations.sql

-- Organizations: the producers, the people in them, and what each may do.


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

create table public.organizations (
  id uuid primary key default gen_random_uuid(),
  slug text not null,
  name text not null,
  legal_name text,
  inn text not null,
  description text,
  category text,
  region text,
  website_url text,
  logo_path text,
  is_published boolean not null default true,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint slug_is_readable check (slug ~ '^[a-z0-9-]{3,50}$'),
  constraint name_fits check (char_length(btrim(name)) between 2 and 120),
  constraint legal_name_fits check (char_length(legal_name) <= 250),
  constraint inn_has_right_check_digits check (private.is_inn(inn)),
  constraint description_fits check (char_length(description) <= 5000),
  constraint category_fits check (char_length(category) <= 80),
  constraint region_fits check (char_length(region) <= 80),
  constraint website_is_a_web_address check (website_url ~* '^https?://[^[:space:]"<>]+$' and char_length(website_url) <= 300),
  constraint logo_lies_in_its_own_folder check (logo_path like id::text || '/%' and logo_path not like '%..%'),
  constraint organizations_slug_key unique (slug),
  constraint organizations_inn_key unique (inn)
);
comment on table public.organizations is 'A producer: what a buyer reads about it. Published ones are readable by all.';
create index organizations_created_by_idx on public.organizations (created_by);

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

create function private.teammate_ids() returns setof uuid
  language sql stable security definer set search_path = '' -- definer: looks at other people's membership
as $$
  select user_id from public.organization_members
  where organization_id = any (array(select private.organization_ids_where('viewer')))
$$;
comment on function private.teammate_ids is 'People who share an organization with the caller.';
grant execute on function private.teammate_ids to authenticated;

alter table public.organization_members enable row level security;
grant select on public.organization_members to authenticated, service_role;
create policy "members see who is in their organization" on public.organization_members
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))) or (select private.is_platform_admin()));
-- insert, update, delete are not granted: people come and go through the doors below

-- Holds for every writer, the service key included, and under concurrency: the organization's row is the lock.
create function private.keep_an_owner() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: must see all members
as $$
begin
  perform from public.organizations where id = old.organization_id for no key update;
  if not found then
    return null; -- the organization itself is going
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
grant select on public.organizations to anon, authenticated, service_role;
create policy "everyone reads published organizations" on public.organizations
  for select to anon
  using (is_published);
create policy "people read published organizations and their own" on public.organizations
  for select to authenticated
  using (
    is_published
    or id = any (array(select private.organization_ids_where('viewer')))
    or (select private.is_platform_admin())
  );

grant update (name, legal_name, description, category, region, website_url, logo_path, is_published)
  on public.organizations to authenticated;
create policy "admins edit their organization's profile" on public.organizations
  for update to authenticated
  using (id = any (array(select private.organization_ids_where('admin'))))
  with check (id = any (array(select private.organization_ids_where('admin'))));
-- insert is not granted: create_organization makes the owner in the same breath
-- slug and inn are not updatable: printed codes and the trial rule lean on them
-- delete is not granted: status and payment history outlive an organization

grant select on public.profiles to authenticated, service_role;
create policy "people see themselves and their teammates" on public.profiles
  for select to authenticated
  using (id = (select auth.uid()) or id = any (array(select private.teammate_ids())));

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
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint billing_email_is_an_address check (private.is_email(billing_email)),
  constraint time_zone_is_known check (private.is_time_zone(time_zone))
);
comment on table public.organization_settings is
  'Where receipts go (billing_email) and which calendar the organization lives by (IANA time zone). Members only.';

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


-- Guards and locks that every door of an organization begins with. -------------------------------------------------------

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
      and (o.is_published
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

-- Members, levels and money of one organization change one at a time. Every door takes this lock first, so none waits in a circle.
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
  'What a writing door begins with: require_role, then the organization''s lock, then require_role again. Returns the caller''s id.';


-- Doors: founding --------------------------------------------------------------------------------------------------------

create function public.create_organization(name text, slug text, inn text) returns public.organizations
  language plpgsql volatile security definer set search_path = '' -- definer: writes three tables nobody may insert into
as $$
declare
  caller uuid := private.require_sign_in();
  faults jsonb;
  created public.organizations;
  violated text;
begin
  name := btrim(coalesce(name, ''));
  slug := btrim(coalesce(slug, ''));
  inn := btrim(coalesce(inn, ''));

  select jsonb_agg(jsonb_build_object('field', field, 'code', code) order by place) into faults
  from (values
    (1, 'name', case when name = '' then 'required' when char_length(name) < 2 then 'too_short' when char_length(name) > 120 then 'too_long' end),
    (2, 'slug', case when slug = '' then 'required' when slug !~ '^[a-z0-9-]{3,50}$' then 'invalid_slug' end),
    (3, 'inn', case when inn = '' then 'required' when not private.is_inn(inn) then 'invalid_inn' end)
  ) as checked (place, field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text, 'Correct the fields and try again.');
  end if;

  begin
    insert into public.organizations (name, slug, inn, created_by) values (name, slug, inn, caller) returning * into created;
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
  select created.id, case when private.is_email(u.email) then u.email end from auth.users u where u.id = caller;
  return created;
end
$$;
comment on function public.create_organization is
  'Makes an organization with the caller as its owner. 401 sign_in_required, 409 slug_taken or inn_taken, 422 invalid_input with {field, code}: required, too_short, too_long, invalid_slug, invalid_inn.';
grant execute on function public.create_organization to authenticated;


-- Invitations: a seat offered to one e-mail address, for 72 hours, once. ---------------------------------------------------

create table public.organization_invitations (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email text not null,
  role public.organization_role not null,
  token_hash bytea not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  invited_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  constraint email_is_an_address check (private.is_email(email) and email = lower(email)),
  constraint ownership_is_transferred_not_offered check (role <> 'owner'),
  constraint organization_invitations_token_hash_key unique (token_hash)
);
comment on table public.organization_invitations is
  'A seat offered to one e-mail address, once. Only the SHA-256 of the token is kept; the token itself is said once.';
create unique index organization_invitations_one_open_per_email
  on public.organization_invitations (organization_id, email) where accepted_at is null;
create index organization_invitations_organization_id_idx on public.organization_invitations (organization_id);
create index organization_invitations_invited_by_idx on public.organization_invitations (invited_by);

alter table public.organization_invitations enable row level security;
grant select on public.organization_invitations to authenticated, service_role;
create policy "admins see who is invited" on public.organization_invitations
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('admin'))));
-- insert, update, delete are not granted: the doors below are the only way


-- Doors: people ----------------------------------------------------------------------------------------------------------

create function private.role_of(organization_id uuid, user_id uuid) returns public.organization_role
  language sql stable security definer set search_path = '' -- definer: looks at other people's membership
as $$
  select role from public.organization_members m where m.organization_id = role_of.organization_id and m.user_id = role_of.user_id
$$;
comment on function private.role_of is 'That person''s role in that organization, or null.';

create function public.invite_member(organization_id uuid, email text, role public.organization_role) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: writes a table nobody may insert into
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  token text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''); -- 244 random bits
  invitation public.organization_invitations;
begin
  email := lower(btrim(coalesce(email, '')));
  if not private.is_email(email) then
    perform private.refuse('invalid_input', '[{"field": "email", "code": "invalid_email"}]');
  end if;
  if role is null or role >= private.role_of(organization_id, caller) then
    perform private.refuse('not_allowed', 'An invitation offers a role below one''s own.');
  end if;

  if exists (
    select from public.organization_members m join auth.users u on u.id = m.user_id
    where m.organization_id = invite_member.organization_id and lower(u.email) = invite_member.email
  ) then
    perform private.refuse('invalid_input', '[{"field": "email", "code": "already_member"}]');
  end if;

  -- Inviting again makes a new token; the earlier one stops working.
  delete from public.organization_invitations i
  where i.organization_id = invite_member.organization_id and i.email = invite_member.email and i.accepted_at is null;
  insert into public.organization_invitations (organization_id, email, role, token_hash, expires_at, invited_by)
  values (organization_id, email, role, sha256(token::bytea), now() + interval '72 hours', caller)
  returning * into invitation;
  return jsonb_build_object('invitation_id', invitation.id, 'token', token, 'expires_at', invitation.expires_at);
end
$$;
comment on function public.invite_member is
  'Admins and owners: offers a role below one''s own to an e-mail address for 72 hours. Answers {invitation_id, token, expires_at}; the token is never shown again. 403 not_allowed, 422 invalid_input.';
grant execute on function public.invite_member to authenticated;

create function public.accept_invitation(token text) returns public.organization_members
  language plpgsql volatile security definer set search_path = '' -- definer: makes the caller a member
as $$
declare
  caller uuid := private.require_sign_in();
  invitation public.organization_invitations;
  member public.organization_members;
begin
  select * into invitation from public.organization_invitations i
  where i.token_hash = sha256(coalesce(token, '')::bytea)
  for update;
  -- Somebody else's invitation does not exist for this person.
  if not found or not exists (select from auth.users u where u.id = caller and lower(u.email) = invitation.email) then
    perform private.refuse('not_found', 'There is no such invitation for this e-mail address.',
                           'Sign in with the address the invitation was sent to.');
  end if;
  if invitation.accepted_at is not null then
    perform private.refuse('invitation_used', 'This invitation was accepted before.');
  end if;
  if invitation.expires_at <= now() then
    perform private.refuse('invitation_expired', 'This invitation is over.', 'Ask for a new one.');
  end if;

  update public.organization_invitations i set accepted_at = now() where i.id = invitation.id;
  insert into public.organization_members (organization_id, user_id, role)
  values (invitation.organization_id, caller, invitation.role)
  on conflict on constraint organization_members_pkey do nothing; -- who came in another way keeps their role
  select * into member from public.organization_members m
  where m.organization_id = invitation.organization_id and m.user_id = caller;
  return member;
end
$$;
comment on function public.accept_invitation is
  'Makes the caller a member, when the invitation was sent to their own e-mail address. 404 not_found, 409 invitation_used, 410 invitation_expired.';
grant execute on function public.accept_invitation to authenticated;

create function public.change_member_role(organization_id uuid, user_id uuid, role public.organization_role)
  returns public.organization_members
  language plpgsql volatile security definer set search_path = '' -- definer: writes other people's membership
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  callers_role public.organization_role := private.role_of(organization_id, caller);
  member public.organization_members;
begin
  if private.role_of(organization_id, user_id) is null then
    perform private.refuse('not_found', 'This person is not in the organization.');
  end if;
  -- Stepping down oneself is allowed; the last owner is held by the trigger.
  if role is null
    or role >= callers_role
    or (private.role_of(organization_id, user_id) >= callers_role and user_id <> caller)
  then
    perform private.refuse('not_allowed', 'Only roles below one''s own can be given and taken.',
                           'An owner is made by transferring the ownership.');
  end if;

  update public.organization_members m set role = change_member_role.role
  where m.organization_id = change_member_role.organization_id and m.user_id = change_member_role.user_id
  returning * into member;
  return member;
end
$$;
comment on function public.change_member_role is
  'Admins and owners: changes a role below their own to another below their own. 403 not_allowed, 404 not_found, 409 last_owner.';
grant execute on function public.change_member_role to authenticated;

create function public.remove_member(organization_id uuid, user_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: writes other people's membership
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'viewer');
begin
  if private.role_of(organization_id, user_id) is null then
    perform private.refuse('not_found', 'This person is not in the organization.');
  end if;
  -- Everyone may leave; others are removed by an admin or owner who stands above them.
  if user_id <> caller and not (
    private.role_of(organization_id, caller) >= 'admin'
    and private.role_of(organization_id, user_id) < private.role_of(organization_id, caller)
  ) then
    perform private.refuse('not_allowed', 'Only people with a role below one''s own can be removed.');
  end if;

  delete from public.organization_members m
  where m.organization_id = remove_member.organization_id and m.user_id = remove_member.user_id;
end
$$;
comment on function public.remove_member is
  'Leaves an organization, or removes somebody with a role below one''s own (admins and owners). 403 not_allowed, 404 not_found, 409 last_owner.';
grant execute on function public.remove_member to authenticated;

create function public.transfer_ownership(organization_id uuid, user_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: writes other people's membership
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'owner');
begin
  if private.role_of(organization_id, user_id) is null then
    perform private.refuse('not_found', 'This person is not in the organization.', 'Invite them first.');
  end if;

  update public.organization_members m set role = 'owner'
  where m.organization_id = transfer_ownership.organization_id and m.user_id = transfer_ownership.user_id;
  update public.organization_members m set role = 'admin'
  where m.organization_id = transfer_ownership.organization_id and m.user_id = caller and caller <> transfer_ownership.user_id;
end
$$;
comment on function public.transfer_ownership is
  'The owner hands the organization to a member and becomes an admin. 403 not_allowed, 404 not_found.';
grant execute on function public.transfer_ownership to authenticated;


-- sql/30_status_levels.sql

-- Status levels: what a badge says, how it is held, and everything that ever happened to it.

create type public.status_level as enum ('0', 'A', 'B', 'C'); -- in order: the level shown is the highest active one
create type public.status_level_action as enum ('granted', 'extended', 'revoked', 'expired', 'grace_started', 'grace_ended', 'superseded');


-- Levels held, now and before. -------------------------------------------------------------------------------------------

create table public.organization_status_levels (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  level public.status_level not null,
  is_active boolean not null default true,
  valid_from timestamptz not null default now(),
  valid_until timestamptz,
  granted_at timestamptz not null default now(),
  granted_by uuid references public.profiles (id) on delete set null,
  subscription_id uuid, -- references public.subscriptions, which comes with 40_billing
  notes text,
  revoked_at timestamptz,
  revoked_by uuid references public.profiles (id) on delete set null,
  revoke_reason text,
  constraint a_level_is_active_until_revoked check (is_active = (revoked_at is null)),
  constraint a_revocation_has_a_reason check ((revoked_at is null) = (revoke_reason is null)),
  constraint a_term_ends_after_it_begins check (valid_until > valid_from)
);
comment on table public.organization_status_levels is
  'Levels an organization holds or held. While a live subscription holds a level, valid_until is null: billing ends it.';
create unique index one_active_row_per_organization_and_level
  on public.organization_status_levels (organization_id, level) where is_active;
create index organization_status_levels_organization_id_idx on public.organization_status_levels (organization_id);
create index organization_status_levels_subscription_id_idx on public.organization_status_levels (subscription_id);
create index organization_status_levels_granted_by_idx on public.organization_status_levels (granted_by);
create index organization_status_levels_revoked_by_idx on public.organization_status_levels (revoked_by);

alter table public.organization_status_levels enable row level security;
grant select on public.organization_status_levels to authenticated, service_role;
create policy "members and admins see the levels held" on public.organization_status_levels
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))) or (select private.is_platform_admin()));
-- the public asks get_organization_status, which tells no names and no notes
-- insert, update, delete are not granted: levels change through the doors below


-- History: append-only, for everyone. ------------------------------------------------------------------------------------

create table public.status_level_events (
  id bigint generated always as identity primary key,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  level public.status_level not null,
  action public.status_level_action not null,
  reason text,
  valid_until timestamptz,
  occurred_at timestamptz not null,
  actor_kind text not null,
  actor_id uuid references public.profiles (id) on delete set null,
  constraint actor_kind_is_known check (actor_kind in ('system', 'billing', 'job', 'admin')),
  constraint only_admins_have_names check (actor_id is null or actor_kind = 'admin')
);
comment on table public.status_level_events is 'Everything that happened to a level. Nobody updates or deletes, the service role included.';
create index status_level_events_organization_id_idx on public.status_level_events (organization_id, occurred_at desc, id desc);
create index status_level_events_actor_id_idx on public.status_level_events (actor_id);

alter table public.status_level_events enable row level security;
grant select on public.status_level_events to authenticated, service_role;
create policy "members and admins see what happened" on public.status_level_events
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))) or (select private.is_platform_admin()));
-- the public asks get_status_history, which tells no actors
-- insert, update, delete, truncate are not granted to anyone; the trigger holds even the owner of the table

create function private.refuse_to_rewrite_history() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  -- The only change that may come is a person's name going with the person (on delete set null).
  if tg_op = 'UPDATE' and new.actor_id is null
    and to_jsonb(new) - 'actor_id' = to_jsonb(old) - 'actor_id'
    and not exists (select from public.profiles where id = old.actor_id)
  then
    return new;
  end if;
  perform private.refuse('not_allowed', 'History is only added to.');
  return null;
end
$$;
comment on function private.refuse_to_rewrite_history is 'Trigger: history is append-only.';

create trigger status_level_events_rows_stay before update or delete on public.status_level_events
  for each row execute function private.refuse_to_rewrite_history();
create trigger status_level_events_table_stays before truncate on public.status_level_events
  for each statement execute function private.refuse_to_rewrite_history();

create function private.note_status_event(
  organization_id uuid, level public.status_level, action public.status_level_action, reason text,
  valid_until timestamptz, actor_kind text, as_of timestamptz
) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.status_level_events (organization_id, level, action, reason, valid_until, occurred_at, actor_kind, actor_id)
  values (organization_id, level, action, reason, valid_until, as_of, actor_kind, case when actor_kind = 'admin' then auth.uid() end)
$$;
comment on function private.note_status_event is 'Adds one row to the history. The actor''s id is kept only for admins.';


-- The two movements everything else is made of: a level is held, a level ends. -------------------------------------------

-- Answers granted (a new row), extended (other terms on the row there was) or null (nothing changed). Needs the organization's lock.
create function private.hold_level(
  organization_id uuid, level public.status_level, valid_until timestamptz, subscription_id uuid,
  notes text, actor_kind text, as_of timestamptz
) returns public.status_level_action
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  held public.organization_status_levels;
  action public.status_level_action;
begin
  select * into held from public.organization_status_levels l
  where l.organization_id = hold_level.organization_id and l.level = hold_level.level and l.is_active;

  if not found then
    insert into public.organization_status_levels
      (organization_id, level, valid_from, valid_until, granted_at, granted_by, subscription_id, notes)
    values (organization_id, level, as_of, valid_until, as_of,
            case when actor_kind = 'admin' then auth.uid() end, subscription_id, notes);
    action := 'granted';
  elsif (held.valid_until, held.subscription_id) is distinct from (hold_level.valid_until, hold_level.subscription_id) then
    update public.organization_status_levels l
    set valid_until = hold_level.valid_until, subscription_id = hold_level.subscription_id, notes = coalesce(hold_level.notes, l.notes)
    where l.id = held.id;
    action := 'extended';
  else
    return null;
  end if;

  perform private.note_status_event(organization_id, level, action, notes, valid_until, actor_kind, as_of);
  return action;
end
$$;
comment on function private.hold_level is
  'Makes the organization hold the level on these terms: granted, extended, or null when nothing changed. The caller has the organization''s lock.';

-- Answers whether there was something to end. Level C stands on A or B and falls with the last of them.
create function private.end_level(
  organization_id uuid, level public.status_level, action public.status_level_action, reason text, actor_kind text, as_of timestamptz
) returns boolean
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.organization_status_levels l
  set is_active = false, revoked_at = as_of, revoke_reason = reason,
      revoked_by = case when actor_kind = 'admin' then auth.uid() end
  where l.organization_id = end_level.organization_id and l.level = end_level.level and l.is_active;
  if not found then
    return false;
  end if;
  perform private.note_status_event(organization_id, level, action, reason, null, actor_kind, as_of);

  if level in ('A', 'B') and not exists (
    select from public.organization_status_levels l
    where l.organization_id = end_level.organization_id and l.level in ('A', 'B') and l.is_active
  ) then
    perform private.end_level(organization_id, 'C', 'revoked', 'paid_level_lost', 'system', as_of);
  end if;
  return true;
end
$$;
comment on function private.end_level is
  'Ends an active level: false when there was none. C falls with the last of A and B. The caller has the organization''s lock.';


-- Doors: granting and revoking -------------------------------------------------------------------------------------------

create function private.require_level_keeper() returns text
  language plpgsql stable set search_path = ''
as $$
begin
  if private.is_platform_admin() then
    return 'admin';
  elsif private.is_service() then
    return 'system';
  end if;
  perform private.require_sign_in();
  perform private.refuse('not_allowed', 'Only platform admins grant and revoke levels.');
  return null;
end
$$;
comment on function private.require_level_keeper is
  'Actor kind of a caller who may grant and revoke: admin or system; else 401 sign_in_required or 403 not_allowed.';

create function public.grant_status_level(
  organization_id uuid, level public.status_level, valid_until timestamptz default null,
  subscription_id uuid default null, notes text default null
) returns uuid
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  actor_kind text := private.require_level_keeper();
  held_id uuid;
begin
  if level is null then
    perform private.refuse('invalid_input', '[{"field": "level", "code": "required"}]');
  end if;
  if valid_until <= now() then
    perform private.refuse('invalid_input', '[{"field": "valid_until", "code": "in_the_past"}]');
  end if;
  perform private.lock_organization(organization_id);
  perform private.hold_level(organization_id, level, valid_until, subscription_id, notes, actor_kind, now());

  select l.id into held_id from public.organization_status_levels l
  where l.organization_id = grant_status_level.organization_id and l.level = grant_status_level.level and l.is_active;
  return held_id;
end
$$;
comment on function public.grant_status_level is
  'Platform admins and the service key: grants a level, or changes the term of one that is held. Returns the row''s id. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.grant_status_level to authenticated, service_role;

create function public.revoke_status_level(organization_id uuid, level public.status_level, reason text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  actor_kind text := private.require_level_keeper();
begin
  if btrim(coalesce(reason, '')) = '' then
    perform private.refuse('invalid_input', '[{"field": "reason", "code": "required"}]', 'A buyer will read why the level was lost.');
  end if;
  perform private.lock_organization(organization_id);
  return jsonb_build_object(
    'revoked', private.end_level(organization_id, level, 'revoked', btrim(reason), actor_kind, now()),
    'level', level
  );
end
$$;
comment on function public.revoke_status_level is
  'Platform admins and the service key: ends a level at once; answers {revoked, level}, revoked = false when it was not held. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.revoke_status_level to authenticated, service_role;


-- Doors: what the public may know ----------------------------------------------------------------------------------------

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


-- sql/40_billing.sql

-- Billing: plans, subscriptions, money, and the one path by which the truth about a payment gets in.
-- Facts about ЮKassa: https://yookassa.ru/developers/api. Money is numeric(12,2) in roubles.


-- Plans: what can be bought. ---------------------------------------------------------------------------------------------

create table public.subscription_plans (
  id text primary key,
  level public.status_level not null,
  title jsonb not null,
  amount numeric(12, 2) not null,
  currency text not null default 'RUB',
  period text not null,
  trial_days int not null default 0,
  requires_verification boolean not null default false,
  limits jsonb not null,
  is_active boolean not null default true,
  position int not null,
  constraint a_plan_pays_for_a_or_b check (level in ('A', 'B')),
  constraint title_is_in_both_languages check (title ? 'ru' and title ? 'en'),
  constraint amount_is_positive check (amount > 0),
  constraint currency_is_roubles check (currency = 'RUB'),
  constraint period_is_known check (period in ('month', 'year')),
  constraint trial_is_not_negative check (trial_days >= 0),
  constraint level_b_needs_verification check (requires_verification = (level = 'B')),
  constraint limits_are_named check (limits ?& array['qr_codes', 'stories_per_month', 'members'])
);
comment on table public.subscription_plans is
  'What can be bought: level, title {ru, en}, amount in roubles, period (month, year), trial_days, limits {qr_codes, stories_per_month, members}.';

alter table public.subscription_plans enable row level security;
grant select on public.subscription_plans to anon, authenticated, service_role;
create policy "everyone reads the plans" on public.subscription_plans
  for select to anon, authenticated
  using (true);
-- insert, update, delete are not granted: prices change by a migration

create function private.period_end(start timestamptz, period text, time_zone text) returns timestamptz
  language sql stable set search_path = ''
as $$
  select (start at time zone time_zone + ('1 ' || period)::interval) at time zone time_zone
$$;
comment on function private.period_end is 'One month or year later by the organization''s own calendar; 31 January gives the last of February.';


-- Payment methods: a card as far as we may know it. ----------------------------------------------------------------------

create table public.payment_methods (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  yookassa_payment_method_id text,
  type text not null,
  title text,
  card_type text,
  card_last4 text,
  expires_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  revoked_at timestamptz,
  constraint last4_is_four_digits check (card_last4 ~ '^[0-9]{4}$'),
  -- Federal law 376-ФЗ: what the customer took back is not kept, so that nothing can be charged.
  constraint a_forgotten_method_cannot_be_charged check ((revoked_at is null) = (yookassa_payment_method_id is not null)),
  constraint payment_methods_yookassa_id_key unique (organization_id, yookassa_payment_method_id)
);
comment on table public.payment_methods is
  'Saved payment methods. Forgetting one wipes its ЮKassa id; the row stays as evidence that and when it was forgotten.';

create trigger payment_methods_touch_updated_at before update on public.payment_methods
  for each row execute function private.touch_updated_at();

alter table public.payment_methods enable row level security;
grant select on public.payment_methods to authenticated, service_role;
create policy "organization admins see the saved cards" on public.payment_methods
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('admin'))));
-- insert, update, delete are not granted: ЮKassa saves, forget_payment_method forgets


-- Subscriptions ----------------------------------------------------------------------------------------------------------

create type public.subscription_status as enum ('trialing', 'active', 'past_due', 'canceled', 'expired');

create table public.subscriptions (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  plan_id text not null references public.subscription_plans (id),
  status public.subscription_status not null,
  trial_ends_at timestamptz,
  current_period_start timestamptz not null,
  current_period_end timestamptz not null,
  grace_until timestamptz,
  cancel_at_period_end boolean not null default false,
  canceled_at timestamptz,
  payment_method_id uuid references public.payment_methods (id),
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint a_trial_has_an_end check (status <> 'trialing' or trial_ends_at is not null),
  constraint a_period_ends_after_it_begins check (current_period_end > current_period_start),
  constraint grace_is_for_the_past_due check ((status = 'past_due') = (grace_until is not null))
);
comment on table public.subscriptions is 'What an organization pays for. At most one is live (trialing, active, past_due).';
create unique index one_live_subscription_per_organization
  on public.subscriptions (organization_id) where status in ('trialing', 'active', 'past_due');
create index subscriptions_organization_id_idx on public.subscriptions (organization_id, created_at desc);
create index subscriptions_plan_id_idx on public.subscriptions (plan_id);
create index subscriptions_payment_method_id_idx on public.subscriptions (payment_method_id);
create index subscriptions_created_by_idx on public.subscriptions (created_by);

alter table public.organization_status_levels
  add constraint organization_status_levels_subscription_id_fkey foreign key (subscription_id) references public.subscriptions (id);

create trigger subscriptions_touch_updated_at before update on public.subscriptions
  for each row execute function private.touch_updated_at();

alter table public.subscriptions enable row level security;
grant select on public.subscriptions to authenticated, service_role;
create policy "members and admins see the subscription" on public.subscriptions
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))) or (select private.is_platform_admin()));
-- insert, update, delete are not granted: payments and the billing doors move a subscription

create function private.refuse_illegal_subscription_change() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  if new.status <> old.status and (old.status, new.status) not in (
    ('trialing', 'active'), ('trialing', 'past_due'), ('trialing', 'canceled'),
    ('active', 'past_due'), ('active', 'canceled'),
    ('past_due', 'active'), ('past_due', 'expired'), ('past_due', 'canceled')
  ) then
    perform private.refuse('invalid_transition', format('A subscription does not go from %s to %s.', old.status, new.status));
  end if;
  return new;
end
$$;
comment on function private.refuse_illegal_subscription_change is 'Trigger: the whole table of a subscription''s states; 409 invalid_transition.';

create trigger subscriptions_refuse_illegal_change before update of status on public.subscriptions
  for each row execute function private.refuse_illegal_subscription_change();

-- Who has had a trial. Kept apart from organizations, so that a new organization with the same INN has not one more.
create table private.used_trials (
  inn text primary key,
  organization_id uuid not null,
  started_at timestamptz not null,
  constraint used_trials_organization_id_key unique (organization_id)
);
comment on table private.used_trials is 'One trial per organization and per INN, for ever.';
alter table private.used_trials enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.has_had_trial(organization public.organizations) returns boolean
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select exists (select from private.used_trials t where t.inn = organization.inn or t.organization_id = organization.id)
$$;
comment on function private.has_had_trial is 'True when this organization, or another with its INN, has had a trial.';


-- Levels follow the subscription -----------------------------------------------------------------------------------------

create function public.ensure_level_a(organization_id uuid, subscription_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only billing ensures level A.');
  end if;
  perform private.lock_organization(organization_id);
  return jsonb_build_object('level_a_action', coalesce(private.hold_paid_level(subscription_id, 'A', now())::text, 'none'));
end
$$;
comment on function public.ensure_level_a is
  'Service key only: the organization holds A by this subscription, and 0 is superseded. Answers {level_a_action: granted|extended|none}. 404 not_found.';
grant execute on function public.ensure_level_a to service_role;

create function private.hold_paid_level(subscription_id uuid, level public.status_level, as_of timestamptz)
  returns public.status_level_action
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  subscription public.subscriptions;
  action public.status_level_action;
begin
  select * into subscription from public.subscriptions s where s.id = hold_paid_level.subscription_id;
  if not found then
    perform private.refuse('not_found', 'There is no such subscription.');
  end if;
  action := private.hold_level(
    subscription.organization_id, level,
    case when subscription.cancel_at_period_end then subscription.current_period_end end,
    subscription.id, null, 'billing', as_of
  );
  perform private.end_level(subscription.organization_id, '0', 'superseded', 'paid', 'billing', as_of);
  return action;
end
$$;
comment on function private.hold_paid_level is
  'Holds the level by the subscription (no end while it lives on) and supersedes 0. The caller has the organization''s lock.';

create function public.handle_subscription_status_change(
  subscription_id uuid, new_status public.subscription_status, organization_id uuid
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only billing moves a subscription.');
  end if;
  perform private.lock_organization(organization_id);
  if not exists (
    select from public.subscriptions s
    where s.id = handle_subscription_status_change.subscription_id
      and s.organization_id = handle_subscription_status_change.organization_id
  ) then
    perform private.refuse('not_found', 'The organization has no such subscription.');
  end if;
  return private.move_subscription(subscription_id, new_status, null, now());
end
$$;
comment on function public.handle_subscription_status_change is
  'Service key only: moves a subscription to the status, and its levels with it. Answers {level_a_action: granted|revoked|grace_period_started|none}. 404 not_found, 409 invalid_transition.';
grant execute on function public.handle_subscription_status_change to service_role;

-- The one place where a subscription's status and its levels move. reason: why levels end; null means the status says it.
create function private.move_subscription(
  subscription_id uuid, new_status public.subscription_status, reason text, as_of timestamptz
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
  plan public.subscription_plans;
  action text := 'none';
  held public.status_level;
begin
  update public.subscriptions s
  set status = new_status,
      grace_until = case when new_status = 'past_due' then coalesce(s.grace_until, as_of + interval '14 days') end,
      canceled_at = case when new_status = 'canceled' then coalesce(s.canceled_at, as_of) else s.canceled_at end
  where s.id = move_subscription.subscription_id and s.status is distinct from new_status
  returning * into subscription;
  if not found then
    select * into subscription from public.subscriptions s where s.id = move_subscription.subscription_id;
  end if;
  select * into plan from public.subscription_plans p where p.id = subscription.plan_id;

  case new_status
    when 'trialing' then
      perform private.hold_level(subscription.organization_id, '0', null, subscription.id, null, 'billing', as_of);
    when 'active' then
      if private.hold_paid_level(subscription.id, plan.level, as_of) = 'granted' then
        action := 'granted';
      end if;
    when 'past_due' then
      for held in
        select l.level from public.organization_status_levels l
        where l.subscription_id = subscription.id and l.is_active
          and not exists ( -- said once for each term of grace
            select from public.status_level_events e
            where e.organization_id = subscription.organization_id and e.level = l.level
              and e.action = 'grace_started' and e.valid_until = subscription.grace_until
          )
      loop
        perform private.note_status_event(subscription.organization_id, held, 'grace_started', 'payment_failed',
                                          subscription.grace_until, 'billing', as_of);
        action := 'grace_period_started';
      end loop;
    when 'canceled', 'expired' then
      for held in
        select l.level from public.organization_status_levels l
        where l.subscription_id = subscription.id and l.is_active
      loop
        if private.end_level(
          subscription.organization_id, held, 'revoked',
          coalesce(reason, case new_status when 'expired' then 'grace_period_ended' else 'subscription_cancelled' end),
          'billing', as_of
        ) then
          action := 'revoked';
        end if;
      end loop;
  end case;
  return jsonb_build_object('level_a_action', action);
end
$$;
comment on function private.move_subscription is
  'Moves a subscription and the levels that hang on it. Doing it twice changes nothing. The caller has the organization''s lock.';

create function public.start_grace_period(organization_id uuid, days int default 14) returns timestamptz
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
  where s.organization_id = start_grace_period.organization_id and s.status in ('trialing', 'active', 'past_due');
  if not found then
    perform private.refuse('not_found', 'The organization has no live subscription.');
  end if;
  if subscription.status <> 'past_due' then -- a grace period that runs is not restarted
    update public.subscriptions s
    set status = 'past_due', grace_until = now() + make_interval(days => days) where s.id = subscription.id
    returning * into subscription;
  end if;
  perform private.move_subscription(subscription.id, 'past_due', null, now());
  return subscription.grace_until;
end
$$;
comment on function public.start_grace_period is
  'Service key only: the live subscription is past due, and its levels stay until the time answered. One that runs is not restarted. 404 not_found, 422 invalid_input.';
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


-- sql/41_payments.sql

-- Payments: what we asked ЮKassa for, and the one path by which its answer gets in.


-- Transactions: written before ЮKassa is called, so that no answer can come to something we do not know. ------------------

create type public.transaction_kind as enum ('trial_hold', 'first_payment', 'renewal', 'plan_change');
create type public.transaction_status as enum ('created', 'pending', 'waiting_for_capture', 'succeeded', 'canceled', 'quarantined');

create table public.payment_transactions (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  subscription_id uuid references public.subscriptions (id),
  plan_id text not null references public.subscription_plans (id),
  kind public.transaction_kind not null,
  amount numeric(12, 2) not null,
  currency text not null default 'RUB',
  status public.transaction_status not null default 'created',
  yookassa_payment_id text,
  idempotence_key text not null,
  request_body text not null,
  confirmation_url text,
  method_saved boolean,
  refunded_amount numeric(12, 2) not null default 0,
  cancellation_party text,
  cancellation_reason text,
  quarantine_reason text,
  status_source text not null default 'checkout',
  next_check_at timestamptz,
  checks int not null default 0,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint amount_is_positive check (amount > 0),
  constraint currency_is_roubles check (currency = 'RUB'),
  constraint refunds_fit_the_amount check (refunded_amount between 0 and amount),
  constraint idempotence_key_fits check (idempotence_key ~ '^[A-Za-z0-9._-]{1,64}$'),
  constraint quarantine_has_a_reason check ((status = 'quarantined') = (quarantine_reason is not null)),
  constraint only_the_undecided_are_checked check ((next_check_at is null) = (status in ('succeeded', 'canceled', 'quarantined'))),
  constraint payment_transactions_yookassa_payment_id_key unique (yookassa_payment_id),
  constraint payment_transactions_idempotence_key_key unique (idempotence_key)
);
comment on table public.payment_transactions is
  'Every payment we asked for: amount in roubles, the exact request_body and idempotence_key sent, and what became of it.';
comment on column public.payment_transactions.method_saved is 'Whether ЮKassa saved the card; null while undecided.';
comment on column public.payment_transactions.status_source is 'Who brought the present status: checkout, webhook, return, sweep or admin.';
comment on column public.payment_transactions.next_check_at is 'When the sweep asks ЮKassa about it; null once decided.';
create index payment_transactions_organization_id_idx on public.payment_transactions (organization_id, created_at desc);
create index payment_transactions_subscription_id_idx on public.payment_transactions (subscription_id);
create index payment_transactions_plan_id_idx on public.payment_transactions (plan_id);
create index payment_transactions_created_by_idx on public.payment_transactions (created_by);
create index payment_transactions_to_check_idx on public.payment_transactions (next_check_at) where next_check_at is not null;

create trigger payment_transactions_touch_updated_at before update on public.payment_transactions
  for each row execute function private.touch_updated_at();

alter table public.payment_transactions enable row level security;
grant select on public.payment_transactions to authenticated, service_role;
create policy "organization admins and platform admins see the payments" on public.payment_transactions
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('admin'))) or (select private.is_platform_admin()));
-- insert, update, delete are not granted: start_checkout begins a payment, record_payment moves it

-- ЮKassa's states are a line: created → pending → waiting_for_capture → succeeded or canceled; steps may be skipped, none is taken back.
create function private.payment_rank(status text) returns int
  language sql immutable set search_path = ''
as $$
  select case status
    when 'created' then 0 when 'pending' then 1 when 'waiting_for_capture' then 2
    when 'succeeded' then 3 when 'canceled' then 3 when 'quarantined' then 3
  end
$$;
comment on function private.payment_rank is 'How far along a payment status is: 0 created … 3 final; null for a status we do not know.';

create function private.refuse_illegal_transaction_change() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  if new.status <> old.status and private.payment_rank(new.status::text) <= private.payment_rank(old.status::text) then
    perform private.refuse('invalid_transition', format('A payment does not go from %s to %s.', old.status, new.status));
  end if;
  return new;
end
$$;
comment on function private.refuse_illegal_transaction_change is 'Trigger: a payment never goes back in status; 409 invalid_transition.';

create trigger payment_transactions_refuse_illegal_change before update of status on public.payment_transactions
  for each row execute function private.refuse_illegal_transaction_change();


-- Checkout: the intent, written down ---------------------------------------------------------------------------------------

create function private.checkout_answer(transaction public.payment_transactions) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'transaction_id', transaction.id, 'status', transaction.status,
    'amount', transaction.amount::text, 'currency', transaction.currency,
    'payment_url', transaction.confirmation_url,
    'idempotence_key', transaction.idempotence_key, 'request_body', transaction.request_body
  )
$$;
comment on function private.checkout_answer is 'What start_checkout answers.';

create function public.start_checkout(organization_id uuid, plan_id text, kind text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  organization public.organizations;
  plan public.subscription_plans;
  live public.subscriptions;
  settings private.platform_settings;
  begun public.payment_transactions;
  new_id uuid := gen_random_uuid();
  new_kind public.transaction_kind;
  price numeric(12, 2);
begin
  select * into settings from private.platform_settings;
  if not found then
    perform private.refuse('unavailable', 'The platform is not configured yet.', 'Try again later.');
  end if;
  select * into plan from public.subscription_plans p where p.id = start_checkout.plan_id and p.is_active;
  if not found then
    perform private.refuse('not_found', 'There is no such plan.');
  end if;
  select * into organization from public.organizations o where o.id = start_checkout.organization_id;
  select * into live from public.subscriptions s
  where s.organization_id = start_checkout.organization_id and s.status in ('trialing', 'active', 'past_due');

  case kind
    when 'trial' then
      if plan.trial_days = 0 then
        perform private.refuse('invalid_input', '[{"field": "plan_id", "code": "no_trial"}]');
      end if;
      if private.has_had_trial(organization) then
        perform private.refuse('trial_already_used', 'This organization, or another with its INN, has had its trial.',
                               'Start with a paid subscription.');
      end if;
      if live.id is not null then
        perform private.refuse('subscription_exists', 'The organization has a subscription already.');
      end if;
      new_kind := 'trial_hold';
      price := 1.00; -- held to check the card, and released at once
    when 'subscription' then
      if live.status = 'active' then
        perform private.refuse('subscription_exists', 'The organization has a subscription already.', 'Change the plan instead.');
      end if;
      if plan.requires_verification and not private.is_verified(organization_id) then
        perform private.refuse('verification_required', 'This plan is for verified organizations.', 'Ask for the verification first.');
      end if;
      new_kind := 'first_payment';
      price := plan.amount;
    else
      perform private.refuse('invalid_input', '[{"field": "kind", "code": "unknown"}]', 'kind is trial or subscription.');
  end case;

  -- A payment page lives an hour: until then a second call leads to the same one.
  select * into begun from public.payment_transactions t
  where t.organization_id = start_checkout.organization_id and t.plan_id = plan.id and t.kind = new_kind
    and t.status in ('created', 'pending') and t.created_at > now() - interval '1 hour'
  order by t.created_at desc
  limit 1;
  if found then
    return private.checkout_answer(begun);
  end if;

  insert into public.payment_transactions
    (id, organization_id, subscription_id, plan_id, kind, amount, idempotence_key, request_body, next_check_at, created_by)
  values (
    new_id, organization_id, live.id, plan.id, new_kind, price, new_id::text,
    jsonb_build_object(
      'amount', jsonb_build_object('value', price::text, 'currency', 'RUB'),
      'capture', new_kind <> 'trial_hold',
      'save_payment_method', true,
      'confirmation', jsonb_build_object(
        'type', 'redirect',
        'return_url', settings.site_url || '/dashboard/billing/return?transaction=' || new_id
      ),
      'description', case new_kind when 'trial_hold' then 'Честно: проверка карты, 1 ₽ вернётся сразу' else 'Честно: ' || (plan.title ->> 'ru') end,
      'metadata', jsonb_build_object('transaction_id', new_id, 'organization_id', organization_id, 'kind', new_kind)
    )::text,
    now() + interval '2 minutes', caller
  )
  returning * into begun;
  return private.checkout_answer(begun);
end
$$;
comment on function public.start_checkout is
  'Owners and admins: writes down a payment before ЮKassa is asked for it. kind: trial or subscription. Answers {transaction_id, status, amount, currency, payment_url, idempotence_key, request_body}. 401 sign_in_required, 403 not_allowed, 404 not_found, 409 trial_already_used, subscription_exists or verification_required, 422 invalid_input, 503 unavailable.';
grant execute on function public.start_checkout to authenticated;

create function private.is_verified(organization_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: billing asks for anyone
as $$
  select exists (
    select from public.organization_status_levels l
    where l.organization_id = is_verified.organization_id and l.level = 'B' and l.is_active
      and (l.valid_until is null or l.valid_until > now())
  )
$$;
comment on function private.is_verified is 'True while the organization holds level B.';


-- Recording: what ЮKassa says, becoming what we know ------------------------------------------------------------------------

create function private.saved_method(payment jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  -- ЮKassa always names a method; only a saved one can be charged again
  select payment -> 'payment_method'
  where payment #> '{payment_method,saved}' = 'true' and payment #>> '{payment_method,id}' is not null
$$;
comment on function private.saved_method is 'The payment_method of a ЮKassa payment when it is saved, else null.';

create function private.save_payment_method(organization_id uuid, method jsonb) returns uuid
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  card jsonb := method -> 'card';
  saved_id uuid;
begin
  insert into public.payment_methods as m
    (organization_id, yookassa_payment_method_id, type, title, card_type, card_last4, expires_at)
  values (
    organization_id, method ->> 'id', coalesce(method ->> 'type', 'unknown'), method ->> 'title', card ->> 'card_type',
    substring(card ->> 'last4' from '^[0-9]{4}$'),
    case when card ->> 'expiry_year' ~ '^20[0-9]{2}$' and card ->> 'expiry_month' ~ '^(0?[1-9]|1[0-2])$' then
      -- a card is good through the last day of its month
      make_timestamptz((card ->> 'expiry_year')::int, (card ->> 'expiry_month')::int, 1, 0, 0, 0, 'UTC') + interval '1 month'
    end
  )
  on conflict on constraint payment_methods_yookassa_id_key do update set title = excluded.title
  returning m.id into saved_id;
  return saved_id;
end
$$;
comment on function private.save_payment_method is 'Keeps a method that ЮKassa says is saved; returns our id for it.';

create function private.payment_mismatch(transaction public.payment_transactions, payment jsonb) returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select case
    when (payment #>> '{amount,value}')::numeric is distinct from transaction.amount then 'amount'
    when payment #>> '{amount,currency}' is distinct from transaction.currency then 'currency'
    when payment #>> '{recipient,account_id}' is distinct from s.shop_id then 'shop'
    when (payment -> 'test') is distinct from to_jsonb(s.test_mode) then 'test'
  end
  from (select) as always left join private.platform_settings s on true
$$;
comment on function private.payment_mismatch is 'What in ЮKassa''s payment is not as we asked: amount, currency, shop or test; null when all is right.';

create function private.require_payment(payment jsonb) returns void
  language plpgsql immutable set search_path = ''
as $$
begin
  if jsonb_typeof(payment) is distinct from 'object'
    or coalesce(payment ->> 'id', '') !~ '^[A-Za-z0-9_-]{1,64}$'
    or coalesce(payment ->> 'status', '') = ''
    or coalesce(payment #>> '{amount,value}', '') !~ '^[0-9]{1,10}(\.[0-9]{1,2})?$'
  then
    perform private.refuse('invalid_input', '[{"field": "payment", "code": "not_a_payment"}]');
  end if;
end
$$;
comment on function private.require_payment is '422 invalid_input unless this has the id, status and amount of a ЮKassa payment.';

create function private.move_transaction(
  transaction public.payment_transactions, new_status public.transaction_status, payment jsonb, fault text, source text, as_of timestamptz
) returns public.payment_transactions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  moved public.payment_transactions;
begin
  update public.payment_transactions t
  set status = new_status,
      yookassa_payment_id = payment ->> 'id',
      confirmation_url = coalesce(payment #>> '{confirmation,confirmation_url}', t.confirmation_url),
      method_saved = case when new_status in ('created', 'pending') then null
                     else private.saved_method(payment) is not null or coalesce(t.method_saved, false) end,
      cancellation_party = payment #>> '{cancellation_details,party}',
      cancellation_reason = payment #>> '{cancellation_details,reason}',
      quarantine_reason = fault,
      status_source = source,
      next_check_at = case when private.payment_rank(new_status::text) < 3 then as_of + interval '2 minutes' end,
      checks = 0
  where t.id = transaction.id
  returning * into moved;
  return moved;
end
$$;
comment on function private.move_transaction is 'Writes ЮKassa''s state of a payment into its row. The caller has the row''s lock.';

create function private.record_answer(outcome text, transaction public.payment_transactions) returns jsonb
  language sql stable security definer set search_path = '' -- definer: looks at the subscription for the service
as $$
  select jsonb_build_object(
    'outcome', outcome,
    'transaction_id', transaction.id,
    'transaction_status', transaction.status,
    'subscription_status', (select s.status from public.subscriptions s where s.id = transaction.subscription_id),
    'release_hold', transaction.kind = 'trial_hold' and transaction.status = 'waiting_for_capture'
  )
$$;
comment on function private.record_answer is 'What record_payment answers.';

-- A card that was authorized and saved starts the trial, once per organization and INN. Otherwise nothing starts, and the hold is released.
create function private.start_trial(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  trial_end timestamptz;
  started_id uuid;
begin
  if private.saved_method(payment) is null then
    return;
  end if;
  if exists (
    select from public.subscriptions s
    where s.organization_id = transaction.organization_id and s.status in ('trialing', 'active', 'past_due')
  ) then
    return;
  end if;
  insert into private.used_trials (inn, organization_id, started_at)
  select o.inn, o.id, as_of from public.organizations o where o.id = transaction.organization_id
  on conflict do nothing;
  if not found then
    return;
  end if;

  select (as_of at time zone os.time_zone + make_interval(days => p.trial_days)) at time zone os.time_zone into trial_end
  from public.subscription_plans p, public.organization_settings os
  where p.id = transaction.plan_id and os.organization_id = transaction.organization_id;

  insert into public.subscriptions
    (organization_id, plan_id, status, trial_ends_at, current_period_start, current_period_end, payment_method_id, created_by)
  values (transaction.organization_id, transaction.plan_id, 'trialing', trial_end, as_of, trial_end,
          private.save_payment_method(transaction.organization_id, private.saved_method(payment)), transaction.created_by)
  returning id into started_id;
  update public.payment_transactions t set subscription_id = started_id where t.id = transaction.id;
  perform private.move_subscription(started_id, 'trialing', null, as_of);
end
$$;
comment on function private.start_trial is 'Starts the trial a hold was made for, when the card was saved and no trial was had before.';

-- Answers why the money cannot be used, or null when it pays for a period from now on.
create function private.start_paid_period(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns text
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  subscription public.subscriptions;
  plan public.subscription_plans;
  calendar text;
  method_id uuid;
  starts timestamptz := as_of;
begin
  select * into subscription from public.subscriptions s
  where s.organization_id = transaction.organization_id and s.status in ('trialing', 'active', 'past_due')
  for update;
  if subscription.status = 'active' then
    return 'already_paid'; -- two payment pages were paid: this money is to be given back
  end if;
  select * into plan from public.subscription_plans p where p.id = transaction.plan_id;
  select os.time_zone into calendar from public.organization_settings os where os.organization_id = transaction.organization_id;
  if private.saved_method(payment) is not null then
    method_id := private.save_payment_method(transaction.organization_id, private.saved_method(payment));
  end if;

  if subscription.id is null then
    insert into public.subscriptions
      (organization_id, plan_id, status, current_period_start, current_period_end, payment_method_id, created_by)
    values (transaction.organization_id, plan.id, 'active', starts, private.period_end(starts, plan.period, calendar),
            method_id, transaction.created_by)
    returning * into subscription;
  else
    if subscription.status = 'past_due' then
      starts := subscription.current_period_end; -- what comes late keeps the billing day
    end if;
    update public.subscriptions s
    set plan_id = plan.id, current_period_start = starts, current_period_end = private.period_end(starts, plan.period, calendar),
        payment_method_id = coalesce(method_id, s.payment_method_id), cancel_at_period_end = false, canceled_at = null
    where s.id = subscription.id;
  end if;
  update public.payment_transactions t set subscription_id = subscription.id where t.id = transaction.id;
  perform private.move_subscription(subscription.id, 'active', null, as_of);
  return null;
end
$$;
comment on function private.start_paid_period is
  'Uses a payment: the subscription becomes active for a period of the plan. Answers why the money cannot be used, or null.';

create function private.apply_payment(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns text
  language plpgsql volatile set search_path = ''
as $$
declare
  status text := payment ->> 'status';
begin
  case transaction.kind
    when 'trial_hold' then
      -- Seeing our own release before the authorization itself (answers come in any order) proves the authorization too.
      if transaction.status in ('created', 'pending') and (
        status in ('waiting_for_capture', 'succeeded')
        or (status = 'canceled' and payment #>> '{cancellation_details,reason}' = 'canceled_by_merchant')
      ) then
        perform private.start_trial(transaction, payment, as_of);
      end if;
    when 'first_payment' then
      if status = 'succeeded' then
        return private.start_paid_period(transaction, payment, as_of);
      end if;
    else
      return 'unexpected_kind';
  end case;
  return null;
end
$$;
comment on function private.apply_payment is
  'What a payment''s new status does to the organization. Answers why it must be looked at by a person, or null.';

create function public.record_payment(payment jsonb, source text, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  found_id uuid;
  transaction public.payment_transactions;
  fault text;
  outcome text := 'unchanged';
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records payments.');
  end if;
  perform private.require_payment(payment);

  -- By ЮKassa's id; or, when its answer to our request never reached us, by ours, which travels in the metadata.
  select t.id into found_id from public.payment_transactions t where t.yookassa_payment_id = payment ->> 'id';
  if not found then
    select t.id into found_id from public.payment_transactions t
    where t.id = private.uuid_or_null(payment #>> '{metadata,transaction_id}') and t.yookassa_payment_id is null;
  end if;
  if found_id is null then
    return jsonb_build_object('outcome', 'unknown', 'transaction_id', null, 'transaction_status', null,
                              'subscription_status', null, 'release_hold', false);
  end if;

  -- Everything of one organization in turn; then the row as it is now, which may have moved while we waited.
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = found_id;
  select * into transaction from public.payment_transactions t where t.id = found_id for update;
  if transaction.yookassa_payment_id is distinct from payment ->> 'id' and transaction.yookassa_payment_id is not null then
    return private.record_answer('unknown', transaction);
  end if;

  if transaction.status = 'quarantined' then
    return private.record_answer('quarantined', transaction);
  end if;
  fault := private.payment_mismatch(transaction, payment);
  if fault is not null then
    -- What is final stays as it is: a wrong answer afterwards does not undo it.
    if private.payment_rank(transaction.status::text) < 3 then
      transaction := private.move_transaction(transaction, 'quarantined', payment, fault, source, as_of);
    end if;
    return private.record_answer('quarantined', transaction);
  end if;

  if private.payment_rank(payment ->> 'status') > private.payment_rank(transaction.status::text) then
    fault := private.apply_payment(transaction, payment, as_of);
    if fault is null then
      transaction := private.move_transaction(transaction, (payment ->> 'status')::public.transaction_status, payment, null, source, as_of);
      outcome := 'applied';
    else
      transaction := private.move_transaction(transaction, 'quarantined', payment, fault, source, as_of);
      outcome := 'quarantined';
    end if;
  end if;
  return private.record_answer(outcome, transaction);
end
$$;
comment on function public.record_payment is
  'Service key only. The one path: takes a payment object as fetched from ЮKassa (source: checkout, webhook, return, sweep or admin), checks amount, currency, shop and test flag, never goes back in status, applies effects once. Answers {outcome: applied|unchanged|unknown|quarantined, transaction_id, transaction_status, subscription_status, release_hold}; release_hold: the 1 ₽ hold is to be cancelled now. 422 invalid_input when it is not a payment.';
grant execute on function public.record_payment to service_role;

create function public.record_refusal(transaction_id uuid, reason text, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  transaction public.payment_transactions;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records refusals.');
  end if;
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = record_refusal.transaction_id;
  update public.payment_transactions t
  set status = 'canceled', cancellation_party = 'yookassa_api', cancellation_reason = reason, next_check_at = null
  where t.id = record_refusal.transaction_id and t.status = 'created' -- what ЮKassa has an object for is decided by the object
  returning * into transaction;
  if found then
    return private.record_answer('applied', transaction);
  end if;
  select * into transaction from public.payment_transactions t where t.id = record_refusal.transaction_id;
  return private.record_answer(case when found then 'unchanged' else 'unknown' end, transaction);
end
$$;
comment on function public.record_refusal is
  'Service key only: ЮKassa definitely refused to create this payment (reason: its error code). Answers as record_payment.';
grant execute on function public.record_refusal to service_role;


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
  return jsonb_build_object('payment_method_id', method.id, 'revoked_at', method.revoked_at);
end
$$;
comment on function public.forget_payment_method is
  'Owners and admins: the card is forgotten at once and nothing is charged after (376-ФЗ). Answers {payment_method_id, revoked_at}. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.forget_payment_method to authenticated;


-- sql/42_payment_notifications.sql

-- Notifications: what ЮKassa tells us, kept before it is believed, and the sweep that finds what was never told.
-- ЮKassa does not sign: a notification only says which payment to look at. https://yookassa.ru/developers/using-api/webhooks


create table public.payment_webhooks_log (
  id uuid primary key default gen_random_uuid(),
  event_type text not null,
  object_id text not null,
  object_status text not null,
  payload jsonb not null,
  payload_digest bytea not null,
  remote_ip inet,
  deliveries int not null default 1,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  status text not null,
  attempts int not null default 0,
  next_attempt_at timestamptz,
  error text,
  constraint status_is_known check (status in ('received', 'processed', 'ignored', 'rejected')),
  constraint only_the_received_wait check ((status = 'received') = (next_attempt_at is not null)),
  constraint a_rejection_says_why check (status <> 'rejected' or error is not null),
  -- ЮKassa's notifications have no id of their own. The digest keeps a forged twin apart from the true one.
  constraint payment_webhooks_log_notification_key unique (event_type, object_id, object_status, payload_digest)
);
comment on table public.payment_webhooks_log is
  'Every notification as it came, once, with how often it came (deliveries), what became of it (status) and why (error). remote_ip is ЮKassa''s machine.';
create index payment_webhooks_log_object_id_idx on public.payment_webhooks_log (object_id);
create index payment_webhooks_log_waiting_idx on public.payment_webhooks_log (next_attempt_at) where next_attempt_at is not null;

alter table public.payment_webhooks_log enable row level security;
grant select on public.payment_webhooks_log to authenticated, service_role;
create policy "platform admins read the notifications" on public.payment_webhooks_log
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: the doors below are the only way

create function public.receive_notification(payload jsonb, remote_ip text default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  event text := payload ->> 'event';
  kind text;
  received public.payment_webhooks_log;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key stores notifications.');
  end if;
  if jsonb_typeof(payload) is distinct from 'object'
    or payload ->> 'type' is distinct from 'notification'
    or coalesce(event, '') !~ '^[a-z_.]{1,64}$'
    or coalesce(payload #>> '{object,id}', '') !~ '^[A-Za-z0-9_-]{1,64}$'
  then
    perform private.refuse('invalid_input', '[{"field": "payload", "code": "not_a_notification"}]');
  end if;
  kind := case
    when event in ('payment.waiting_for_capture', 'payment.succeeded', 'payment.canceled') then 'payment'
    when event = 'refund.succeeded' then 'refund'
    else 'other'
  end;

  insert into public.payment_webhooks_log as n
    (event_type, object_id, object_status, payload, payload_digest, remote_ip, status, next_attempt_at)
  values (
    event, payload #>> '{object,id}', left(coalesce(payload #>> '{object,status}', ''), 64),
    payload, sha256(convert_to(payload::text, 'UTF8')), private.inet_or_null(remote_ip),
    case kind when 'payment' then 'received' else 'ignored' end,
    case kind when 'payment' then now() + interval '1 minute' end -- whoever stored it settles it first; then the sweep
  )
  on conflict on constraint payment_webhooks_log_notification_key do update set deliveries = n.deliveries + 1
  returning * into received;

  return jsonb_build_object(
    'notification_id', received.id, 'status', received.status, 'object_kind', kind,
    'object_id', received.object_id, 'settle', received.status in ('received', 'rejected')
  );
end
$$;
comment on function public.receive_notification is
  'Service key only: stores a notification (again: counts the delivery). Answers {notification_id, status, object_kind: payment|refund|other, object_id, settle}. 422 invalid_input when it is not one.';
grant execute on function public.receive_notification to service_role;

create function private.inet_or_null(value text) returns inet
  language plpgsql immutable set search_path = ''
as $$
begin
  return value::inet;
exception when invalid_text_representation then
  return null;
end
$$;
comment on function private.inet_or_null is 'The IP address that a text spells, or null.';

create function public.settle_notification(notification_id uuid, payment jsonb, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  notification public.payment_webhooks_log;
  answer jsonb;
  fault text;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key settles notifications.');
  end if;
  perform private.require_payment(payment);
  select * into notification from public.payment_webhooks_log n where n.id = settle_notification.notification_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such notification.');
  end if;
  if payment ->> 'id' is distinct from notification.object_id then
    perform private.refuse('invalid_input', '[{"field": "payment", "code": "another_payment"}]');
  end if;

  -- What was said must be what ЮKassa says itself: at least as far along, not the opposite end, the same money.
  fault := case
    when private.payment_rank(notification.object_status) is null then 'status_unknown'
    when private.payment_rank(payment ->> 'status') < private.payment_rank(notification.object_status)
      or (private.payment_rank(notification.object_status) = 3 and payment ->> 'status' <> notification.object_status)
      then 'status_not_confirmed'
    when coalesce(notification.payload #> '{object,amount}', payment -> 'amount') is distinct from payment -> 'amount'
      then 'amount_not_confirmed'
  end;
  if fault is null then
    answer := public.record_payment(payment, 'webhook', as_of);
    if answer ->> 'outcome' = 'unknown' then
      fault := 'payment_not_ours';
    end if;
  else
    answer := jsonb_build_object('outcome', 'unchanged', 'transaction_id', null, 'transaction_status', null,
                                 'subscription_status', null, 'release_hold', false);
  end if;

  update public.payment_webhooks_log n
  set status = case when fault is null then 'processed' else 'rejected' end,
      error = case when fault is not null then fault
                   when answer ->> 'outcome' = 'quarantined' then 'payment_quarantined' end,
      processed_at = as_of, attempts = n.attempts + 1, next_attempt_at = null
  where n.id = notification.id and n.status <> 'processed'; -- what is settled stays settled
  select n.status into notification.status from public.payment_webhooks_log n where n.id = notification.id;
  return answer || jsonb_build_object('notification_status', notification.status);
end
$$;
comment on function public.settle_notification is
  'Service key only: records the payment that a notification named, as fetched from ЮKassa, and closes the notification: processed, or rejected with the reason. Answers as record_payment, and notification_status. 404 not_found, 422 invalid_input.';
grant execute on function public.settle_notification to service_role;

create function public.fail_notification(notification_id uuid, reason text, is_final boolean, as_of timestamptz default now()) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key settles notifications.');
  end if;
  update public.payment_webhooks_log n
  set status = case when is_final then 'rejected' else 'received' end,
      error = left(coalesce(reason, 'unknown'), 500),
      processed_at = case when is_final then as_of end,
      attempts = n.attempts + 1,
      next_attempt_at = case when not is_final then as_of + private.backoff(n.attempts + 1) end
  where n.id = fail_notification.notification_id and n.status in ('received', 'rejected');
end
$$;
comment on function public.fail_notification is
  'Service key only: the payment could not be fetched. is_final: ЮKassa does not know it, the row is rejected; else it is tried again, later each time.';
grant execute on function public.fail_notification to service_role;

create function private.backoff(attempts int) returns interval
  language sql immutable set search_path = ''
as $$
  select least(interval '1 minute' * (2 ^ least(attempts, 10) - 1), interval '1 hour')
$$;
comment on function private.backoff is 'How long to wait after that many attempts: 1, 3, 7, 15, 31 minutes, then an hour.';


-- The sweep ----------------------------------------------------------------------------------------------------------------

create function public.claim_payment_sweep(as_of timestamptz default now(), max_items int default 100) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  answer jsonb;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key sweeps.');
  end if;

  -- What is handed out is put off at the same time: a second sweep takes other work, and a sweep that dies is made up for.
  with due_notifications as (
    select n.id from public.payment_webhooks_log n
    where n.next_attempt_at <= as_of
    order by n.next_attempt_at limit max_items
    for update skip locked
  ), notifications as (
    update public.payment_webhooks_log n
    set next_attempt_at = as_of + private.backoff(n.attempts + 1)
    from due_notifications d where d.id = n.id
    returning n.id, n.object_id
  ), due_transactions as (
    select t.id from public.payment_transactions t
    where t.next_check_at <= as_of
    order by t.next_check_at limit max_items
    for update skip locked
  ), transactions as (
    update public.payment_transactions t
    set checks = t.checks + 1, next_check_at = as_of + private.backoff(t.checks + 1)
    from due_transactions d where d.id = t.id
    returning t.*
  )
  select jsonb_build_object(
    'notifications', (
      select coalesce(jsonb_agg(jsonb_build_object('notification_id', n.id, 'object_kind', 'payment', 'object_id', n.object_id)), '[]')
      from notifications n
    ),
    'transactions', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'transaction_id', t.id, 'yookassa_payment_id', t.yookassa_payment_id, 'idempotence_key', t.idempotence_key,
        'request_body', t.request_body, 'created_at', t.created_at,
        -- ЮKassa remembers a key for 24 hours; after that the same key would make a new payment
        'replay', t.yookassa_payment_id is null and t.created_at > as_of - interval '23 hours'
      )), '[]')
      from transactions t where not (t.kind = 'trial_hold' and t.status = 'waiting_for_capture')
    ),
    'holds', (
      select coalesce(jsonb_agg(jsonb_build_object('transaction_id', t.id, 'yookassa_payment_id', t.yookassa_payment_id)), '[]')
      from transactions t where t.kind = 'trial_hold' and t.status = 'waiting_for_capture'
    )
  ) into answer;
  return answer;
end
$$;
comment on function public.claim_payment_sweep is
  'Service key only: work for one sweep, leased: {notifications: [{notification_id, object_kind, object_id}], transactions: [{transaction_id, yookassa_payment_id, idempotence_key, request_body, created_at, replay}], holds: [{transaction_id, yookassa_payment_id}]}; at most max_items of each.';
grant execute on function public.claim_payment_sweep to service_role;


-- sql/80_jobs.sql

-- Jobs: what ran by itself, when, and how it went. functions/schedule.toml says what runs.


create table public.job_runs (
  id uuid primary key default gen_random_uuid(),
  job text not null,
  as_of timestamptz not null,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  status text not null default 'running',
  summary jsonb,
  error text,
  constraint job_is_named check (job ~ '^[a-z_]{1,60}$'),
  constraint status_is_known check (status in ('running', 'ok', 'failed')),
  constraint a_run_that_ended_says_how check ((status = 'running') = (finished_at is null))
);
comment on table public.job_runs is 'Every scheduled call: which job, for what moment (as_of), how it went. A run that stays "running" was killed.';
create index job_runs_job_idx on public.job_runs (job, started_at desc);

alter table public.job_runs enable row level security;
grant select on public.job_runs to authenticated, service_role;
create policy "platform admins read the job runs" on public.job_runs
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: start_job and finish_job write

create function public.start_job(job text, as_of timestamptz default now()) returns uuid
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  run_id uuid;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key runs jobs.');
  end if;
  insert into public.job_runs (job, as_of) values (job, as_of) returning id into run_id;
  return run_id;
end
$$;
comment on function public.start_job is 'Service key only: notes that a job begins; returns the run''s id.';
grant execute on function public.start_job to service_role;

create function public.finish_job(run_id uuid, status text, summary jsonb default null, error text default null) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key runs jobs.');
  end if;
  update public.job_runs r
  set status = finish_job.status, summary = finish_job.summary, error = finish_job.error, finished_at = clock_timestamp()
  where r.id = run_id and r.status = 'running';
  if not found then
    perform private.refuse('not_found', 'There is no such run, or it is finished.');
  end if;
end
$$;
comment on function public.finish_job is 'Service key only: notes how a run went: ok or failed. 404 not_found.';
grant execute on function public.finish_job to service_role;

create function public.platform_health() returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: the settings are private
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key asks for the health.');
  end if;
  return jsonb_build_object(
    'database', 'ok',
    'time', now(),
    'configured', exists (select from private.platform_settings)
  );
end
$$;
comment on function public.platform_health is 'Service key only: {database: "ok", time, configured}.';
grant execute on function public.platform_health to service_role;
