-- Who stands behind Chestno: what it says of itself, and which of its texts a person has agreed to. Every version that was in
-- force stays readable; the one in force is the latest.

create type public.platform_page_key as enum ('about', 'how_we_verify', 'offer', 'privacy', 'contacts');

create table public.platform_pages (
  key public.platform_page_key not null,
  version int not null,
  locale text not null,
  title text not null,
  body text not null,
  needs_consent boolean not null,
  published_at timestamptz not null default now(),
  primary key (key, version, locale),
  constraint versions_are_counted_from_one check (version >= 1),
  constraint locale_is_spoken check (locale in ('ru', 'en')),
  constraint title_says_something check (char_length(btrim(title)) between 1 and 200),
  constraint body_says_something check (char_length(btrim(body)) between 1 and 100000),
  constraint one_agrees_to_the_offer_and_the_privacy_policy check (not needs_consent or key in ('offer', 'privacy'))
);
comment on table public.platform_pages is
  'What the operator says of the service, by versions, in each language: body is Markdown without HTML. needs_consent: nobody pays without having agreed to this version or a later one.';

alter table public.platform_pages enable row level security;
grant select on public.platform_pages to anon, authenticated, service_role;
create policy "everyone reads every version" on public.platform_pages
  for select to anon, authenticated
  using (true);
-- insert, update, delete are not granted: publish_platform_page is the only way, and nothing that was in force is rewritten

create table public.consents (
  id uuid primary key default private.new_id(),
  user_id uuid references public.profiles (id) on delete set null,
  organization_id uuid references public.organizations (id) on delete restrict,
  page_key public.platform_page_key not null,
  version int not null,
  given_at timestamptz not null default now()
);
comment on table public.consents is
  'Who agreed to which version of a text, and when: for themselves (organization_id is null) or for an organization. user_id null: somebody who is gone; what they agreed to for an organization stays agreed to.';
create unique index consents_once_idx on public.consents (user_id, organization_id, page_key, version) nulls not distinct where user_id is not null;
create index consents_organization_id_idx on public.consents (organization_id, page_key, version desc);

alter table public.consents enable row level security;
grant select on public.consents to authenticated, service_role;
create policy "people read what they agreed to" on public.consents
  for select to authenticated
  using (user_id = (select auth.uid()));
-- insert, update, delete are not granted: give_consents and the sign-up are the only ways

create function private.version_in_force(key public.platform_page_key) returns int
  language sql stable security definer set search_path = '' -- definer: asked within definers
as $$
  select max(p.version) from public.platform_pages p where p.key = version_in_force.key
$$;
comment on function private.version_in_force is 'The latest version of a page; null before the first.';

create function private.forget_consents() returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
  delete from public.consents c where c.user_id is null and c.organization_id is null
$$;
comment on function private.forget_consents is 'What somebody who is gone agreed to for themselves goes.';


-- Read -------------------------------------------------------------------------------------------------------------------

create function public.get_company() returns jsonb
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select s.company from private.platform_settings s
$$;
comment on function public.get_company is
  'Who runs the service, by law: {name, inn, ogrn, address, email, phone: null|…}; null until configure_platform has been told.';
grant execute on function public.get_company to anon, authenticated, service_role;

create function public.list_platform_pages(locale text default 'ru') returns jsonb
  language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'key', p.key, 'version', p.version, 'title', p.title, 'needs_consent', p.needs_consent, 'published_at', p.published_at) order by p.key), '[]')
  from public.platform_pages p
  where p.locale = list_platform_pages.locale
    and p.version = (select max(l.version) from public.platform_pages l where l.key = p.key)
$$;
comment on function public.list_platform_pages is
  'The pages in force: [{key, version, title, needs_consent, published_at}].';
grant execute on function public.list_platform_pages to anon, authenticated, service_role;

create function public.get_platform_page(key text, locale text default 'ru', version int default null) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no way into the schema private
as $$
declare
  found_page jsonb;
begin
  select jsonb_build_object(
    'key', p.key, 'version', p.version, 'locale', p.locale, 'title', p.title, 'body', p.body, 'published_at', p.published_at,
    'versions', (
      select jsonb_agg(jsonb_build_object('version', v.version, 'published_at', v.published_at) order by v.version desc)
      from public.platform_pages v where v.key = p.key and v.locale = p.locale))
  into found_page
  from public.platform_pages p
  where p.key::text = get_platform_page.key and p.locale = get_platform_page.locale
    and p.version = coalesce(get_platform_page.version, (select max(l.version) from public.platform_pages l where l.key = p.key));
  if found_page is null then
    perform private.refuse('not_found', 'There is no such page.');
  end if;
  return found_page;
end
$$;
comment on function public.get_platform_page is
  'A page in force, or an earlier version of it: {key, version, locale, title, body: Markdown, published_at, versions: [{version, published_at}, the latest first]}. 404 not_found.';
grant execute on function public.get_platform_page to anon, authenticated, service_role;


-- Publish ----------------------------------------------------------------------------------------------------------------

create function private.filled_in(body text, company jsonb) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  detail text;
begin
  if company is not null then
    foreach detail in array array['name', 'inn', 'ogrn', 'address', 'email', 'phone'] loop
      body := replace(body, '{company.' || detail || '}', coalesce(company ->> detail, '—'));
    end loop;
  end if;
  return body;
end
$$;
comment on function private.filled_in is 'A text with the company''s details in their places, {company.name}, {company.inn} and so on; as it is while we know of no company.';

create function public.publish_platform_page(key text, texts jsonb, needs_consent boolean default false) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  page public.platform_page_key;
  company jsonb := public.get_company();
  faults jsonb;
  latest int;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key publishes.');
  end if;
  if key is null or key <> all (enum_range(null::public.platform_page_key)::text[]) then
    perform private.refuse('invalid_input', '[{"field": "key", "code": "unknown"}]');
  end if;
  page := key::public.platform_page_key;
  needs_consent := coalesce(needs_consent, false);
  if needs_consent and page not in ('offer', 'privacy') then
    perform private.refuse('invalid_input', '[{"field": "needs_consent", "code": "invalid"}]', 'People agree to the offer and to the privacy policy.');
  end if;
  texts := (
    select jsonb_object_agg(l.locale, jsonb_build_object(
      'title', btrim(coalesce(texts #>> array[l.locale, 'title'], '')),
      'body', private.filled_in(btrim(coalesce(texts #>> array[l.locale, 'body'], ''), E' \n\t\r'), company)))
    from (values ('ru'), ('en')) as l (locale));
  select jsonb_agg(jsonb_build_object('field', field || '.' || t.key, 'code', code)) into faults
  from jsonb_each(texts) as t cross join lateral (values
    ('title', case when t.value ->> 'title' = '' then 'required' when char_length(t.value ->> 'title') > 200 then 'too_long' end),
    ('body', case when t.value ->> 'body' = '' then 'required' when char_length(t.value ->> 'body') > 100000 then 'too_long'
                  when t.value ->> 'body' ~ '\{[a-z_.]+\}' then 'unknown' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text,
      'Each language has a title and a body; {company.name}, inn, ogrn, address, email and phone are filled in from configure_platform, and nothing else stands in braces.');
  end if;

  perform pg_advisory_xact_lock(hashtextextended('platform_page:' || key, 0)); -- of two that publish at once, the second sees the first's version
  latest := private.version_in_force(page);
  if (
    select count(*) = 2 and (bool_and(p.needs_consent) or not publish_platform_page.needs_consent)
    from public.platform_pages p
    where p.key = page and p.version = latest and p.title = texts #>> array[p.locale, 'title'] and p.body = texts #>> array[p.locale, 'body']
  ) then
    return jsonb_build_object('key', page, 'version', latest, 'is_new', false);
  end if;
  insert into public.platform_pages (key, version, locale, title, body, needs_consent)
  select page, coalesce(latest, 0) + 1, t.key, t.value ->> 'title', t.value ->> 'body', publish_platform_page.needs_consent
  from jsonb_each(texts) as t;
  return jsonb_build_object('key', page, 'version', coalesce(latest, 0) + 1, 'is_new', true);
end
$$;
comment on function public.publish_platform_page is
  'Service key only: a new version of a page (key: about, how_we_verify, offer, privacy, contacts), texts {ru: {title, body}, en: {title, body}}, body in Markdown with {company.name} and the other details of configure_platform in braces. needs_consent (offer, privacy): from now on nobody pays without having agreed to it. The same again publishes nothing. Answers {key, version, is_new}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.publish_platform_page to service_role;


-- Agree ------------------------------------------------------------------------------------------------------------------

-- The offer is the organization's, whoever of its admins agreed; personal data are each person's own.
create function private.consents_due(organization_id uuid, person uuid) returns jsonb
  language sql stable security definer set search_path = '' -- definer: others' consents count for an organization
as $$
  select coalesce(jsonb_agg(jsonb_build_object('key', needed.key, 'version', private.version_in_force(needed.key)) order by needed.key), '[]')
  from (select p.key, max(p.version) as version from public.platform_pages p where p.needs_consent group by p.key) as needed
  where not exists (
    select from public.consents c
    where c.page_key = needed.key and c.version >= needed.version
      and case needed.key when 'offer' then c.organization_id = consents_due.organization_id else c.user_id = person and c.organization_id is null end)
$$;
comment on function private.consents_due is
  'The texts that this person has to agree to before they pay for this organization: [{key, version}], each in the version in force.';

create function private.require_consents(organization_id uuid, person uuid) returns void
  language plpgsql stable set search_path = ''
as $$
declare
  due jsonb := private.consents_due(organization_id, person);
begin
  if due <> '[]' then
    perform private.refuse('consent_required', due::text, 'Show these texts, and tell give_consents what was agreed to.');
  end if;
end
$$;
comment on function private.require_consents is
  '409 consent_required (detail: JSON list of {key, version}) while this person has not agreed to the texts in force for this organization.';

create function public.give_consents(texts jsonb, organization_id uuid default null) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.require_sign_in();
  given int;
begin
  if organization_id is not null then
    perform private.act_in_organization(organization_id, 'admin');
  end if;
  if jsonb_typeof(texts) is distinct from 'array' or jsonb_array_length(texts) not between 1 and 10 then
    perform private.refuse('invalid_input', '[{"field": "texts", "code": "required"}]', 'A list of {key, version}.');
  end if;
  if exists (
    select from jsonb_array_elements(texts) as t
    where not exists (
      select from public.platform_pages p
      where p.key::text = t ->> 'key' and p.version::text = t ->> 'version' and p.version = private.version_in_force(p.key))
  ) then
    perform private.refuse('invalid_input', '[{"field": "texts", "code": "unknown"}]', 'One agrees to the version in force: list_platform_pages.');
  end if;
  insert into public.consents (user_id, organization_id, page_key, version)
  select distinct caller, case when t ->> 'key' = 'offer' then give_consents.organization_id end,
    (t ->> 'key')::public.platform_page_key, (t ->> 'version')::int
  from jsonb_array_elements(texts) as t
  on conflict do nothing;
  get diagnostics given = row_count;
  return given;
end
$$;
comment on function public.give_consents is
  'Signed-in people: they were shown these texts, [{key, version}] in the versions in force, and agree; to the offer for the organization when one is named (its admins and owners), else for themselves. How many were not given before. 401 sign_in_required, 403 not_allowed, 422 invalid_input.';
grant execute on function public.give_consents to authenticated;

create function private.keep_consents_of_sign_up() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: runs as the sign-up service, which has no rights here
as $$
begin
  if jsonb_typeof(new.raw_user_meta_data -> 'consents') = 'object' then
    insert into public.consents (user_id, page_key, version)
    select new.id, p.key, p.version
    from public.platform_pages p
    where p.locale = 'ru' and p.version = private.version_in_force(p.key)
      and new.raw_user_meta_data #>> array['consents', p.key::text] = p.version::text
    on conflict do nothing;
  end if;
  return new;
end
$$;
comment on function private.keep_consents_of_sign_up is
  'Trigger: what the sign-up page says was agreed to (user metadata consents: {key: version}) is kept, where that version is in force.';

create trigger users_z_keep_consents after insert on auth.users -- after users_make_profile: triggers go by their names
  for each row execute function private.keep_consents_of_sign_up();
