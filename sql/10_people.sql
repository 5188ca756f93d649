-- People: who there is, and who of them runs the platform.


-- Profiles: one for everyone who signed up; what teammates see of each other. --------------------------------------------

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  full_name text not null default '',
  locale text not null default 'ru',
  time_zone text not null default 'Europe/Moscow',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint full_name_fits check (char_length(full_name) <= 80),
  constraint locale_is_spoken check (locale in ('ru', 'en')),
  constraint time_zone_is_known check (private.is_time_zone(time_zone))
);
comment on table public.profiles is 'A person''s name, language (ru, en) and IANA time zone. Made at sign-up; teammates see it.';

create trigger profiles_touch_updated_at before update on public.profiles
  for each row execute function private.touch_updated_at();

create trigger profiles_keep_names_clean before insert or update of full_name on public.profiles
  for each row execute function private.keep_names_clean('full_name');

-- The policies stand in 20_organizations: who is a teammate is known only there.
alter table public.profiles enable row level security;

create function private.make_profile() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: runs as the sign-up service, which has no rights here
as $$
begin
  -- What a person says of themselves at sign-up is taken only where it is valid.
  insert into public.profiles (id, full_name, locale, time_zone)
  values (
    new.id,
    (
      select case when private.name_fault(said.name) is null then said.name else '' end
      from (select left(private.clean_name(coalesce(new.raw_user_meta_data ->> 'full_name', '')), 80) as name) as said
    ),
    case when new.raw_user_meta_data ->> 'locale' in ('ru', 'en') then new.raw_user_meta_data ->> 'locale' else 'ru' end,
    case when private.is_time_zone(new.raw_user_meta_data ->> 'time_zone') then new.raw_user_meta_data ->> 'time_zone' else 'Europe/Moscow' end
  )
  on conflict (id) do nothing;
  return new;
end
$$;
comment on function private.make_profile is 'Trigger: a profile is made when a user signs up.';

create trigger users_make_profile after insert on auth.users
  for each row execute function private.make_profile();


-- Auth keeps an address as it was typed, but for its case; compared is the one form.
create function private.email_of(person uuid) returns text
  language sql stable security definer set search_path = '' -- definer: nobody reads the users
as $$
  select a.address
  from auth.users u cross join lateral (select private.canonical_email(u.email) as address) a
  where u.id = person and private.is_email(a.address)
$$;
comment on function private.email_of is 'This person''s e-mail address in the one form of addresses; null when they have none that mail servers take.';


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
