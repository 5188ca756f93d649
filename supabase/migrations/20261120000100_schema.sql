-- Written by scripts/migration.py from sql/. Change the rules there, then run it again.


-- sql/00_foundation.sql

-- Foundation: who may reach what by default, how an RPC refuses, and what the platform knows of itself.
--
-- public   the API: every table, view and function here can be asked for by name; grants and policies decide who gets an answer
-- private  helpers and secrets; not exposed, callable only where a policy or an RPC needs it

create schema private;
comment on schema private is 'Helpers and secrets behind the API. Never exposed.';
grant usage on schema private to authenticated, service_role;

-- Nothing is open until a line opens it. Execution can be taken from PUBLIC only globally: the per-schema form does nothing.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;


-- Refusals ---------------------------------------------------------------------------------------------------------------

-- Every error code there is, the ones that only cloud functions answer with included. The web's types are written from this list
-- and from the one below (scripts/fix.py), so a code without a translation does not compile.
create function private.error_codes() returns table (code text, http_status int)
  language sql immutable set search_path = ''
as $$
  values
    ('sign_in_required',       401),
    ('subscription_required',  402),
    ('plan_limit_reached',     402),
    ('not_allowed',            403),
    ('address_not_allowed',    403),
    ('email_not_confirmed',    403),
    ('not_found',              404),
    ('trial_already_used',     409),
    ('subscription_exists',    409),
    ('verification_required',  409),
    ('request_pending',        409),
    ('last_owner',             409),
    ('slug_taken',             409),
    ('inn_taken',              409),
    ('invalid_transition',     409),
    ('invitation_used',        409),
    ('name_is_verified',       409),
    ('consent_required',       409),
    ('claimed_by_another',     409),
    ('too_many_organizations', 409),
    ('invitation_expired',     410),
    ('too_large',              413),
    ('invalid_input',          422),
    ('media_not_validated',    422),
    ('too_many_requests',      429),
    ('payment_provider_error', 502),
    ('unavailable',            503)
$$;
comment on function private.error_codes is 'Every error code with its HTTP status: docs/errors.md says what each means.';

create function private.http_status(error_code text) returns int
  language sql immutable set search_path = ''
as $$
  select c.http_status from private.error_codes() c where c.code = error_code
$$;
comment on function private.http_status is 'HTTP status of an error code; null when the code is not one of ours.';

-- What may be wrong with one field of an invalid_input.
create type private.field_code as enum (
  'required', 'too_short', 'too_long', 'too_many', 'unknown', 'invalid', 'invalid_slug', 'invalid_inn', 'invalid_email', 'invalid_url', 'credentials_in_url', 'leads_to_itself',
  'local_part_not_ascii', 'domain_not_ascii', 'reserved', 'contains_link', 'mixed_scripts', 'unchanged', 'in_the_past', 'out_of_range', 'already_member', 'not_asked_for', 'not_the_address',
  'no_trial', 'same_plan', 'unknown_tax_code', 'not_a_payment', 'another_payment', 'not_a_notification',
  -- from cloud functions: how a request is written
  'unknown_field', 'not_json', 'not_allowed',
  -- what keeps a QR code from being read
  'contrast_too_low', 'light_on_dark', 'quiet_zone_too_small', 'logo_too_big', 'logo_needs_h', 'unreadable', 'too_small',
  -- and what is wrong with a file
  'empty', 'too_large', 'wrong_type', 'damaged', 'polyglot', 'encrypted', 'no_pages', 'active_content', 'embedded_file',
  'too_many_pixels', 'animated', 'not_the_organizations',
  -- and with a table in one
  'missing_column', 'too_many_rows', 'encoding', 'unclosed_quote'
);

-- PostgREST turns SQLSTATE PTnnn into HTTP nnn, with the code as "message".
create function private.refuse(code text, detail text, hint text default null) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  if code = 'invalid_input' then
    perform (fault ->> 'code')::private.field_code from jsonb_array_elements(detail::jsonb) as fault; -- fails on a code that nobody could translate
  end if;
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

-- Only for a function that reads auth.users as its owner: callers may not.
create function private.require_confirmed_email(person uuid default auth.uid()) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if not exists (select from auth.users u where u.id = person and u.email_confirmed_at is not null) then
    perform private.refuse('email_not_confirmed', 'The e-mail address has not been confirmed.', 'Open the link in the e-mail that was sent to it.');
  end if;
end
$$;
comment on function private.require_confirmed_email is
  '403 email_not_confirmed unless this person (the caller) has shown that their e-mail address is theirs.';


-- Shared rules -----------------------------------------------------------------------------------------------------------

-- Keys that grow with time: rows written together lie together in every index, and a hundred thousand of them touch few pages.
create function private.new_id() returns uuid
  language sql volatile set search_path = ''
as $$
  select encode(
    set_bit(set_bit( -- a random UUID is version 4, 0b0100; these two bits make it 7, 0b0111
      overlay(
        uuid_send(gen_random_uuid())
        placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
        from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid
$$;
comment on function private.new_id is
  'A new UUID of version 7 (RFC 9562): the milliseconds of its making, then 74 random bits. It names a row; it is no secret.';
-- A default is computed as whoever writes the row.
grant execute on function private.new_id to authenticated;

create function private.touch_updated_at() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function private.touch_updated_at is 'Trigger: updated_at is the time of the last change.';

-- Characters that a reader does not see: control characters, blanks of every kind, marks of zero width, turns of the writing direction.
-- Spelled out, because what [[:space:]] holds differs from one locale to the next.
create function private.visible_length(words text) returns int
  language sql immutable set search_path = ''
as $$
  select char_length(regexp_replace(words, '[\u0001-\u0020\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180E\u2000-\u200F\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF9-\uFFFB]', '', 'g'))
$$;
comment on function private.visible_length is 'How many characters of a text can be seen; null for null.';
grant execute on function private.visible_length to authenticated, service_role;

create function private.is_one_line(words text) returns boolean
  language sql immutable set search_path = ''
as $$
  select words !~ '[\u0001-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]'
$$;
comment on function private.is_one_line is
  'True for a text without control characters, line ends and turns of the writing direction, which would show a name as another.';
grant execute on function private.is_one_line to authenticated, service_role;

-- No user before the host, which would show another site's name first, and a dot in it.
create function private.is_http_url(url text) returns boolean
  language sql immutable set search_path = ''
as $$
  select url ~* '^https?://[^[:space:]"<>/?#@\\]+\.[^[:space:]"<>/?#@\\]+([/?#][^[:space:]"<>]*)?$' and private.is_one_line(url)
$$;
comment on function private.is_http_url is 'True for an http or https address that shows where it leads: no user in it, one line.';
grant execute on function private.is_http_url to authenticated, service_role;

-- A cast that refuses nothing: what is not a UUID is null.
create function private.uuid_or_null(value text) returns uuid
  language sql immutable set search_path = ''
as $$
  select case when value ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then value::uuid end
$$;
comment on function private.uuid_or_null is 'The UUID that a text spells, or null.';

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


-- The platform's own settings: one row, written at deployment. -----------------------------------------------------------

create function private.company_fault(company jsonb) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when jsonb_typeof(company) <> 'object' then 'invalid'
    when company - array['name', 'inn', 'ogrn', 'address', 'email', 'phone'] <> '{}' then 'invalid'
    when exists (
      select from unnest(array['name', 'inn', 'ogrn', 'address', 'email']) as needed (detail) where coalesce(btrim(company ->> detail), '') = ''
    ) then 'required'
    when company ->> 'inn' !~ '^(\d{10}|\d{12})$' or company ->> 'ogrn' !~ '^(\d{13}|\d{15})$' then 'invalid'
    when char_length(company::text) > 2000 then 'too_long'
  end
$$;
comment on function private.company_fault is
  'What is wrong with {name, inn, ogrn, address, email, phone?}: null, required, invalid or too_long. A sole trader''s inn has 12 digits and their ogrn (ОГРНИП) 15.';

create table private.platform_settings (
  singleton boolean primary key default true,
  site_url text not null,
  shop_id text not null,
  test_mode boolean not null,
  functions_url text,
  qr_url text,
  receipts_enabled boolean not null default false,
  vat_code int,
  tax_system_code int,
  company jsonb,
  salt text not null default replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''),
  updated_at timestamptz not null default now(),
  constraint there_is_one_row check (singleton),
  constraint receipts_know_their_taxes check (not receipts_enabled or vat_code is not null),
  constraint vat_code_is_known check (vat_code between 1 and 12),
  constraint tax_system_is_known check (tax_system_code between 1 and 6),
  constraint company_says_who_it_is check (company is null or private.company_fault(company) is null),
  constraint site_url_is_an_origin check (site_url ~ '^https?://[^/?#[:space:]]+$'),
  constraint functions_url_is_an_address check (functions_url ~ '^https?://[^/?#[:space:]]+(/[^?#[:space:]]*[^/?#[:space:]])?$'),
  constraint qr_url_is_an_address check (qr_url ~ '^https?://[^/?#[:space:]]+(/[^?#[:space:]]*[^/?#[:space:]])?$')
);
comment on table private.platform_settings is
  'Where the site stands (site_url, an origin without a trailing slash), where the functions do, what is printed before a code (qr_url), which ЮKassa shop is ours (shop_id; test_mode as in the payment''s "test"), receipts (54-ФЗ: ЮKassa''s codes of 2026), and who runs the service by law (company).';
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
  if settings ->> 'functions_url' !~ '^https?://[^/?#[:space:]]+(/[^?#[:space:]]*)?$' then
    perform private.refuse('invalid_input', '[{"field": "functions_url", "code": "invalid_url"}]');
  end if;
  if settings ->> 'qr_url' !~ '^https?://[\u0021-\u007E]+$' or settings ->> 'qr_url' !~ '^https?://[^/?#[:space:]]+(/[^?#[:space:]]*)?$' then
    perform private.refuse('invalid_input', '[{"field": "qr_url", "code": "invalid_url"}]', 'Letters of other alphabets are written as xn--….');
  end if;
  if coalesce(settings ->> 'shop_id', '') = '' then
    perform private.refuse('invalid_input', '[{"field": "shop_id", "code": "required"}]');
  end if;
  if jsonb_typeof(settings -> 'test_mode') is distinct from 'boolean' then
    perform private.refuse('invalid_input', '[{"field": "test_mode", "code": "required"}]');
  end if;

  if jsonb_typeof(coalesce(settings -> 'receipts', 'null')) = 'object' and not (
    coalesce(settings #>> '{receipts,vat_code}', '') ~ '^([1-9]|1[0-2])$'
    and coalesce(settings #>> '{receipts,tax_system_code}', '1') ~ '^[1-6]$'
  ) then
    perform private.refuse('invalid_input', '[{"field": "receipts", "code": "unknown_tax_code"}]',
                           'vat_code is 1 to 12, tax_system_code 1 to 6, as ЮKassa numbers them.');
  end if;

  if settings -> 'company' <> 'null' and private.company_fault(settings -> 'company') is not null then
    perform private.refuse('invalid_input', jsonb_build_array(jsonb_build_object(
      'field', 'company', 'code', private.company_fault(settings -> 'company')))::text, 'company is {name, inn, ogrn, address, email, phone?}.');
  end if;

  insert into private.platform_settings as s (site_url, functions_url, qr_url, shop_id, test_mode, receipts_enabled, vat_code, tax_system_code, company)
  values (
    rtrim(settings ->> 'site_url', '/'), rtrim(settings ->> 'functions_url', '/'), rtrim(settings ->> 'qr_url', '/'),
    settings ->> 'shop_id', (settings -> 'test_mode')::boolean,
    jsonb_typeof(coalesce(settings -> 'receipts', 'null')) = 'object',
    (settings #>> '{receipts,vat_code}')::int, (settings #>> '{receipts,tax_system_code}')::int,
    nullif(settings -> 'company', 'null')
  )
  on conflict (singleton) do update
    set site_url = excluded.site_url, functions_url = coalesce(excluded.functions_url, s.functions_url),
        qr_url = coalesce(excluded.qr_url, s.qr_url), shop_id = excluded.shop_id, test_mode = excluded.test_mode,
        receipts_enabled = excluded.receipts_enabled, vat_code = excluded.vat_code, tax_system_code = excluded.tax_system_code,
        company = coalesce(excluded.company, s.company);
end
$$;
comment on function public.configure_platform is
  'Service key only, at every start and deployment: {site_url, shop_id, test_mode, functions_url?, qr_url?, receipts?: {vat_code, tax_system_code?}, company?: {name, inn, ogrn, address, email, phone?}}; an address that is not given stays as it was, and so does the company. 422 invalid_input when one is missing or unknown.';
grant execute on function public.configure_platform to service_role;


-- Limits: so many a minute, kept here so that every function and every machine counts together. --------------------------

create table private.request_counts (
  subject text not null,
  minute timestamptz not null,
  requests int not null,
  primary key (subject, minute)
);
comment on table private.request_counts is 'How often something was asked in a minute; addresses are hashed, and rows are removed by the cleanup.';
create index request_counts_minute_idx on private.request_counts (minute);
alter table private.request_counts enable row level security;
-- no grants and no policies: only definer functions read and write it
create function private.count_request(subject text) returns int
  language sql volatile security definer set search_path = '' -- definer: the table is private
as $$
  insert into private.request_counts as c (subject, minute, requests) values (subject, date_trunc('minute', now()), 1)
  on conflict on constraint request_counts_pkey do update set requests = c.requests + 1
  returning requests
$$;
comment on function private.count_request is 'Counts one request of this subject; how many there were in this minute.';

create function private.count_or_refuse(subject text, most int) returns void
  language plpgsql volatile set search_path = ''
as $$
begin
  if private.count_request(subject) > most then
    perform private.refuse('too_many_requests', format('At most %s a minute.', most),
                           format('Try again in %s seconds.', ceil(60 - extract(second from now()))));
  end if;
end
$$;
comment on function private.count_or_refuse is
  'Counts one request of this subject; 429 too_many_requests beyond so many a minute, and the hint says in how many seconds the minute ends.';

create function private.count_a_day_or_refuse(subject text, most int, period interval default '24 hours') returns void
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
declare
  counted bigint;
  oldest timestamptz;
begin
  perform private.count_request(subject);
  select sum(c.requests), min(c.minute) into counted, oldest
  from private.request_counts c
  where c.subject = count_a_day_or_refuse.subject and c.minute > now() - period;
  if counted > most then
    perform private.refuse('too_many_requests', format('At most %s in %s hours.', most, extract(epoch from period)::int / 3600),
                           format('Try again in %s seconds.', ceil(extract(epoch from oldest + period - now()))));
  end if;
end
$$;
comment on function private.count_a_day_or_refuse is
  'Counts one request of this subject; 429 too_many_requests beyond so many in the last 24 hours (or another period, at most a day), and the hint says in how many seconds the oldest falls out. What was refused does not count: the refusal takes it back.';

create function private.visitor_digest(visitor text, day date) returns bytea
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select sha256(convert_to(day::text || (select s.salt from private.platform_settings s) || visitor, 'UTF8'))
$$;
comment on function private.visitor_digest is
  'By what a visitor is known again within one day, and not on the next: the day is that of whoever counts (the organization''s calendar).';

create function private.daily_salt() returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select coalesce(encode(sha256(convert_to(current_date::text || (select s.salt from private.platform_settings s), 'UTF8')), 'hex'), '')
$$;
comment on function private.daily_salt is 'A secret that is another one each day: what is hashed with it cannot be followed into tomorrow.';


-- Lists by pages: whoever asks for the next one says where the last one ended. -------------------------------------------

create type private.page_end as (at timestamptz, id uuid);

create function private.write_page_end(at timestamptz, id uuid) returns text
  language sql stable set search_path = ''
as $$
  select (extract(epoch from at) * 1000000)::bigint || '.' || id
$$;
comment on function private.write_page_end is 'Where a page of a list that goes by time ended: what the next is asked for with.';

create function private.read_page_end(after text, max_items int) returns private.page_end
  language plpgsql stable set search_path = ''
as $$
declare
  page_end private.page_end;
begin
  if max_items is null or max_items not between 1 and 100 then
    perform private.refuse('invalid_input', '[{"field": "max_items", "code": "out_of_range"}]', 'From 1 to 100.');
  end if;
  if after !~ '^-?[0-9]{1,17}\.[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then
    perform private.refuse('invalid_input', '[{"field": "after", "code": "invalid"}]', 'Give what the page before answered as "next".');
  end if;
  page_end.at := timestamptz 'epoch' + split_part(after, '.', 1)::bigint * interval '1 microsecond';
  page_end.id := split_part(after, '.', 2)::uuid;
  return page_end;
end
$$;
comment on function private.read_page_end is
  'Where the page before ended, nulls for the first. 422 invalid_input: after is no such end; max_items is not 1 to 100.';

create type private.list_order as (way text, beyond text);

create function private.read_list_order(sort text, usual text) returns private.list_order
  language plpgsql immutable set search_path = ''
as $$
begin
  sort := coalesce(sort, usual);
  if sort not in ('newest', 'oldest') then
    perform private.refuse('invalid_input', '[{"field": "sort", "code": "unknown"}]', 'newest or oldest.');
  end if;
  return case sort when 'newest' then row('desc'::text, '<'::text) else row('asc'::text, '>'::text) end;
end
$$;
comment on function private.read_list_order is
  'Which end of a list comes first, as its statement is written: the way of its order by, and how what comes after a page compares with its end. The same index serves both. 422 invalid_input: sort is neither newest nor oldest.';

create function private.list_page(items jsonb, at_key text, id_key text, max_items int) returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'items', case when jsonb_array_length(items) > max_items then items - max_items else coalesce(items, '[]') end,
    'next', case when jsonb_array_length(items) > max_items then
      private.write_page_end((items -> (max_items - 1) ->> at_key)::timestamptz, (items -> (max_items - 1) ->> id_key)::uuid) end)
$$;
comment on function private.list_page is
  'A page of a list that goes by time, of one item more than it holds: {items, next}; at_key and id_key name the two that it is ordered by.';


-- sql/01_time.sql

-- Time: calendars, days left, billing periods, and how long to wait before trying again.

create function private.is_time_zone(name text) returns boolean
  language plpgsql stable set search_path = ''
as $$
begin
  -- digits only where the database has them: Postgres takes any other name with an offset for a zone, Nowhere/Land+3
  if (name ~ '^(UTC|Etc/GMT[+-]?([0-9]|1[0-4])|[A-Za-z_]+(/[A-Za-z_-]+)+)$') is not true then
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

create function private.days_left(valid_until timestamptz, as_of timestamptz, time_zone text) returns int
  language sql stable set search_path = ''
as $$
  select (valid_until at time zone time_zone)::date - (as_of at time zone time_zone)::date
$$;
comment on function private.days_left is 'Midnights between now and the end, by that calendar.';

-- Calendars, programs and readers break over the year 9999 and the years of five digits; nobody means them.
create function private.is_a_term(valid_until timestamptz) returns boolean
  language sql stable set search_path = ''
as $$
  select isfinite(valid_until) and valid_until <= now() + interval '50 years'
$$;
comment on function private.is_a_term is 'Whether somebody may set this end: within 50 years. Null for null.';

-- Months and years are counted from the anchor, not from the period before: 31 January → 28 February → 31 March.
create function private.next_period_end(anchor timestamptz, start timestamptz, period text, time_zone text) returns timestamptz
  language sql stable set search_path = ''
as $$
  with local as (
    select anchor at time zone time_zone as anchor, start at time zone time_zone as start,
      case period when 'month' then 1 when 'year' then 12 end as months
  ), passed as (
    select l.*, ((extract(year from l.start) - extract(year from l.anchor)) * 12 + extract(month from l.start) - extract(month from l.anchor))::int as between_them
    from local l
  ), begun as ( -- the billing day that the period begins at: the nearest, for where the organization moved to another time zone the hours differ
    select p.anchor, p.months, p.between_them + near as at
    from passed p, generate_series(-1, 1) as near
    order by abs(extract(epoch from p.anchor + make_interval(months => p.between_them + near) - p.start))
    limit 1
  )
  select (b.anchor + make_interval(months => b.at + b.months)) at time zone time_zone from begun b
$$;
comment on function private.next_period_end is
  'End of the period that begins at start, by the organization''s calendar and the billing day of the anchor. period: month or year.';

create function private.backoff(attempts int) returns interval
  language sql immutable set search_path = ''
as $$
  select least(interval '1 minute' * (2 ^ least(attempts, 10) - 1), interval '1 hour')
$$;
comment on function private.backoff is 'How long to wait after that many attempts: 1, 3, 7, 15, 31 minutes, then an hour.';


-- sql/02_names.sql

-- Names: what may stand for who somebody is. A buyer reads them, our e-mails carry them: so they hold no links, show what they are,
-- and mix no alphabets within a word («Сбербанк» with a Latin «a» is another's name).

create function private.clean_name(words text) returns text
  language sql immutable set search_path = ''
as $$
  select normalize(regexp_replace(
    words, '^[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+|[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+$',
    '', 'g'), nfc)
$$;
comment on function private.clean_name is 'The one form in which a name is kept: NFC, without blanks around it.';
grant execute on function private.clean_name to authenticated, service_role;

-- What mail programs and people take for an address: a scheme, www, a domain, an e-mail address, an account, four numbers with dots.
-- Initials and abbreviations («И.П.Иванов», «J.Smith», «St.Petersburg», «им.Ленина») are none.
create function private.contains_link(words text) returns boolean
  language plpgsql immutable set search_path = ''
as $$
declare
  plain text := replace(lower(normalize(words, nfkc)), '。', '.');
begin
  if plain ~ '[a-z][a-z0-9+.-]*://|(^|[^a-z0-9])(www\.|(https?|hxxps?|ftp|mailto|tel|sms|javascript|data|tg|skype|viber|whatsapp):[^ ])'
    or plain ~ '@[a-z0-9_\u0430-\u044F\u0451]{3}'
    or plain ~ '(^|[^0-9])[0-9]{1,3}(\.[0-9]{1,3}){3}([^0-9]|$)'
    or plain ~ '[a-z0-9\u00DF-\uFFEF-]\.(xn--|(рф|рус|бел|укр|мкд|срб|бг|мон|қаз|ею|дети|москва|онлайн|сайт|орг|ком|католик)([^a-z0-9\u00DF-\uFFEF]|$))'
    or plain ~ '[a-z0-9\u00DF-\uFFEF]\.(com|net|org|ru|su|me|co|io|cc|ly|gl|to|be|info|biz|dev|app|link|site|online|top|xyz|club|pro|shop|store|tv|gg|im|ai|eu|us|uk|de|cn|by|kz|ua|am|ge|uz|example|test)([^a-z0-9\u00DF-\uFFEF]|$)'
  then
    return true;
  end if;
  plain := regexp_replace(plain, '(^|[^a-z0-9\u00DF-\uFFEF-])([a-z]|[0-9]{1,3}|dr|st|mr|mrs|ms|jr|sr|prof)\.', '\1', 'g');
  plain := regexp_replace(plain, '(^|[^a-z0-9\u00DF-\uFFEF-])[a-z]\.', '\1', 'g'); -- J.R.Smith
  return plain ~ '[a-z0-9\u00DF-\uFFEF-]\.[a-z]{2}';
end
$$;
comment on function private.contains_link is 'True for a text in which a reader or a mail program would find an address.';

-- Latin, Cyrillic, Greek, and the alphabets that are drawn from their letters; a digit or an accent between two letters parts no word.
create function private.mixes_scripts(words text) returns boolean
  language sql immutable set search_path = ''
as $$
  select words ~ (
    '[' || l || ']' || j || '[' || c || g || o || ']|[' || c || ']' || j || '[' || l || g || o || ']|['
    || g || ']' || j || '[' || l || c || o || ']|[' || o || ']' || j || '[' || l || c || g || ']')
  from (select
    'A-Za-z\u00AA\u00BA\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02AF\u1D00-\u1D25\u1D6B-\u1D77\u1E00-\u1EFF\u2C60-\u2C7F\uA722-\uA7FF\uAB30-\uAB64\uFB00-\uFB06\uFF21-\uFF3A\uFF41-\uFF5A\U0001D400-\U0001D6A5' as l,
    '\u0400-\u052F\u1C80-\u1C8F\u1D2B\u2DE0-\u2DFF\uA640-\uA69F' as c,
    '\u0370-\u03FF\u1F00-\u1FFF' as g,
    '\u0530-\u05FF\u0600-\u06FF\u10A0-\u10FF\u13A0-\u13FF\u1C90-\u1CBF\u2C80-\u2CFF\uA4D0-\uA4FF\uAB70-\uABBF' as o,
    '[0-9_\u0300-\u036F\u200C\u200D]*' as j
  ) as alphabets
$$;
comment on function private.mixes_scripts is 'True when letters of two alphabets meet within a word.';

create function private.name_fault(words text) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when char_length(words) > 80 then 'too_long'
    -- most names, without a closer look
    when words ~ '^[\u0410-\u044F\u0401\u04510-9 «»"(),&№-]*$' or words ~ '^[A-Za-z0-9 «»"(),&-]*$' then null
    when not private.is_one_line(words)
      or words ~ '[\u00AD\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B\u2060-\u206F\u2800\u3164\uFFA0\uFFF9-\uFFFB\U000E0000-\U000E0FFF]' then 'invalid'
    when private.contains_link(words) then 'contains_link'
    when private.mixes_scripts(words) then 'mixed_scripts'
  end
$$;
comment on function private.name_fault is
  'What keeps a text from being a name: too_long (over 80 characters), invalid (line ends, turns of the writing direction, what cannot be seen), contains_link, mixed_scripts; null for a good one, and for null.';

-- Whoever writes, and over whichever way: names are kept clean, and what is none is refused by its field.
create function private.keep_names_clean() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the helpers
as $$
declare
  field text;
  written jsonb := to_jsonb(new);
  before jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) end;
  cleaned text;
  faults jsonb := '[]';
begin
  foreach field in array tg_argv loop
    if written ->> field is not distinct from before ->> field then
      continue;
    end if;
    cleaned := private.clean_name(written ->> field);
    if private.name_fault(cleaned) is not null then
      faults := faults || jsonb_build_object('field', field, 'code', private.name_fault(cleaned));
    elsif cleaned is distinct from written ->> field then
      new := jsonb_populate_record(new, jsonb_build_object(field, cleaned));
    end if;
  end loop;
  if faults <> '[]' then
    perform private.refuse('invalid_input', faults::text, 'A name is at most 80 characters, without links, each word in one alphabet.');
  end if;
  return new;
end
$$;
comment on function private.keep_names_clean is
  'Trigger: the columns that it names hold names: kept in one form, or refused with 422 invalid_input, [{field, code}] as private.name_fault says.';


-- Russian words as they are looked for: «е» for «ё», hyphens and dashes are blanks; otherwise «всё» is no stop word and «мёд - липовый»
-- asks for honey that is not of lime.
create function private.plain_words(words text) returns text
  language sql immutable set search_path = ''
as $$
  select translate(normalize(words, nfc), 'ёЁ-‐‑‒–—―−', 'еЕ        ')
$$;
comment on function private.plain_words is 'A text as it is searched: NFC, е for ё, blanks for hyphens and dashes.';
-- A generated column is computed as whoever writes the row.
grant execute on function private.plain_words to authenticated;


-- sql/03_addresses.sql

-- E-mail addresses: which are some, and the one form in which they are kept and compared.

-- What mail servers agree on (RFC 5322 atext, RFC 1123 names): letters of other alphabets before the @ are taken by few of them, and a
-- domain of other letters is written as its A-label (xn--…), which whoever asks us does first.
create function private.email_fault(address text) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when split_part(address, '@', 1) ~ '[^\u0001-\u007F]' then 'local_part_not_ascii'
    when address ~ '[^\u0001-\u007F]' then 'domain_not_ascii'
    when address !~ '^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$'
      or char_length(address) > 254 or char_length(split_part(address, '@', 1)) > 64 then 'invalid_email'
  end
$$;
comment on function private.email_fault is
  'What keeps a text from being an e-mail address: local_part_not_ascii, domain_not_ascii (write it as xn--…), invalid_email; null for a good one, and for null.';
grant execute on function private.email_fault to authenticated, service_role;

create function private.is_email(address text) returns boolean
  language sql immutable set search_path = ''
as $$
  select case when address is not null then private.email_fault(address) is null end
$$;
comment on function private.is_email is 'True for what is written as one e-mail address; whether it exists, only a message can tell.';
grant execute on function private.is_email to authenticated, service_role;

-- Punycode (RFC 3492): what stands in the domain name system for a label of other letters.
create function private.a_label(label text) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  points int[] := array(select ascii(letter) from regexp_split_to_table(label, '') with ordinality as l (letter, place) order by place);
  written text := regexp_replace(label, '[^\u0001-\u007F]', '', 'g');
  basic int := char_length(written);
  handled int := basic;
  bias int := 72;
  n int := 128;
  next_n int;
  delta bigint := 0;
  digit bigint;
  q bigint;
  k int;
  threshold int;
  point int;
begin
  if basic = char_length(label) then
    return label;
  end if;
  written := written || case when basic > 0 then '-' else '' end;
  while handled < cardinality(points) loop
    next_n := (select min(p) from unnest(points) p where p >= n);
    delta := delta + (next_n - n)::bigint * (handled + 1);
    n := next_n;
    foreach point in array points loop
      if point < n then
        delta := delta + 1;
      elsif point = n then
        q := delta;
        k := 36;
        loop
          threshold := least(greatest(k - bias, 1), 26);
          exit when q < threshold;
          digit := threshold + (q - threshold) % (36 - threshold);
          written := written || substr('abcdefghijklmnopqrstuvwxyz0123456789', digit::int + 1, 1);
          q := (q - threshold) / (36 - threshold);
          k := k + 36;
        end loop;
        written := written || substr('abcdefghijklmnopqrstuvwxyz0123456789', q::int + 1, 1);
        delta := case when handled = basic then delta / 700 else delta / 2 end;
        delta := delta + delta / (handled + 1);
        k := 0;
        while delta > 455 loop
          delta := delta / 35;
          k := k + 36;
        end loop;
        bias := k + 36 * delta / (delta + 38);
        delta := 0;
        handled := handled + 1;
      end if;
    end loop;
    delta := delta + 1;
    n := n + 1;
  end loop;
  return 'xn--' || written;
end
$$;
comment on function private.a_label is 'A label of a domain as the domain name system holds it: xn--… where it has letters beyond ASCII.';

create function private.canonical_email(address text) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when parts is null or not private.is_one_line(parts[2]) or char_length(parts[2]) > 254 then plain
    else parts[1] || '@' || (
      select string_agg(private.a_label(label), '.' order by place)
      from regexp_split_to_table(replace(normalize(parts[2], nfkc), '。', '.'), '\.') with ordinality as l (label, place))
  end
  from (select lower(normalize(btrim(address, E' \t\r\n\u00A0'), nfc)) as plain) a
  cross join lateral (select regexp_match(plain, '^(.*)@([^@]+)$') as parts) p
$$;
comment on function private.canonical_email is
  'The one form in which addresses are kept and compared: without blanks around it, NFC, lower case, the domain as its A-label. Whether it is an address, email_fault says.';
grant execute on function private.canonical_email to authenticated, service_role;


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


-- sql/11_admin_actions.sql

-- What platform admins did: each of their RPCs that changes something leaves one line, in the breath in which it asks whether they may.

create table public.admin_actions (
  id uuid primary key default private.new_id(),
  admin_id uuid not null, -- without a foreign key: the line outlives the person's profile
  action text not null,
  organization_id uuid, -- as above: an organization is never deleted
  subject text,
  detail jsonb not null default '{}',
  occurred_at timestamptz not null default now(),
  constraint action_is_named check (action ~ '^[a-z_]{1,60}$'),
  constraint subject_fits check (char_length(subject) <= 100),
  constraint detail_fits check (char_length(detail::text) <= 1000)
);
comment on table public.admin_actions is
  'Append-only: what platform admins did, by the name of the RPC. It says what was decided and about what; the words written beside it stand where they were written.';
comment on column public.admin_actions.subject is 'The id of what was acted on (a request, payment, story, message, plan), or its name (a level, a job).';
comment on column public.admin_actions.detail is 'What was decided, in codes and numbers: {decision?, outcome?, level?, amount?, …}.';
create index admin_actions_occurred_at_idx on public.admin_actions (occurred_at desc, id desc);
create index admin_actions_admin_id_idx on public.admin_actions (admin_id, occurred_at desc, id desc);
create index admin_actions_action_idx on public.admin_actions (action, occurred_at desc, id desc);
create index admin_actions_subject_idx on public.admin_actions (subject, occurred_at desc, id desc) where subject is not null;
create index admin_actions_organization_id_idx on public.admin_actions (organization_id, occurred_at desc, id desc);

alter table public.admin_actions enable row level security;
grant select on public.admin_actions to authenticated, service_role;
create policy "platform admins read what platform admins did" on public.admin_actions
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete, truncate are not granted: act_as_platform_admin is the only writer, and the trigger holds even the table's owner
create function private.refuse_to_rewrite_actions() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.refuse('not_allowed', 'What was done is only added to.');
  return null;
end
$$;
comment on function private.refuse_to_rewrite_actions is 'Trigger: what platform admins did is append-only.';

create trigger admin_actions_rows_stay before update or delete on public.admin_actions
  for each row execute function private.refuse_to_rewrite_actions();
create trigger admin_actions_table_stays before truncate on public.admin_actions
  for each statement execute function private.refuse_to_rewrite_actions();


-- The one place where a platform admin is asked for: who only reads passes the first, who changes something the second. ---

create function private.require_platform_admin() returns uuid
  language plpgsql stable set search_path = ''
as $$
declare
  caller uuid := private.require_sign_in();
begin
  if not private.is_platform_admin() then
    perform private.refuse('not_allowed', 'Only platform admins may do this.');
  end if;
  return caller;
end
$$;
comment on function private.require_platform_admin is 'Id of the calling platform admin; else 401 sign_in_required or 403 not_allowed.';

create function private.act_as_platform_admin(action text, organization_id uuid, subject text, detail jsonb default '{}') returns uuid
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.require_platform_admin();
begin
  insert into public.admin_actions (admin_id, action, organization_id, subject, detail)
  values (caller, action, organization_id, left(subject, 100), jsonb_strip_nulls(detail));
  return caller;
end
$$;
comment on function private.act_as_platform_admin is
  'What every RPC begins with by which platform admins change something: who they are, and the line of it, which goes with the change when that is refused. 401 sign_in_required, 403 not_allowed.';


-- sql/11_jobs.sql

-- Jobs: what ran by itself, when, and how it went. functions/schedule.toml says what runs.

create table public.job_runs (
  id uuid primary key default private.new_id(),
  job text not null,
  as_of timestamptz not null default now(),
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
create index job_runs_as_of_idx on public.job_runs (job, as_of);
create index job_runs_ok_idx on public.job_runs (job, finished_at desc) where status = 'ok';
create index job_runs_status_idx on public.job_runs (status, started_at desc, id desc);
create index job_runs_started_at_idx on public.job_runs (started_at desc, id desc);

alter table public.job_runs enable row level security;
grant select on public.job_runs to authenticated, service_role;
create policy "platform admins read the job runs" on public.job_runs
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: start_job and finish_job write
create function private.longest_job() returns interval
  language sql immutable set search_path = ''
as $$
  select interval '10 minutes'
$$;
comment on function private.longest_job is 'A run that is older and has not ended was killed.';

create function private.job_states()
  returns table (job text, last_ok_at timestamptz, last_started_at timestamptz, last_status text)
  language sql stable security definer set search_path = '' -- definer: asked within definers
as $$
  with recursive names as ( -- from one name to the next by the index: there are few jobs and many runs
    (select r.job from public.job_runs r order by r.job limit 1)
    union all
    select (select r.job from public.job_runs r where r.job > n.job order by r.job limit 1) from names n where n.job is not null
  )
  select n.job, ok.finished_at, latest.started_at, latest.status
  from names n
  cross join lateral (select r.started_at, r.status from public.job_runs r where r.job = n.job order by r.started_at desc limit 1) latest
  left join lateral (
    select r.finished_at from public.job_runs r where r.job = n.job and r.status = 'ok' order by r.finished_at desc limit 1
  ) ok on true
  where n.job is not null
$$;
comment on function private.job_states is 'Each job that ever ran: when it last went well, and its last run.';

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

-- Who starts one by hand is a person, so it is written down; beside another run of the same job it would only be in its way.
create function public.begin_job(job text) returns uuid
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  run_id uuid := private.new_id();
  running_since timestamptz;
begin
  perform private.act_as_platform_admin('begin_job', null, job, jsonb_build_object('run_id', run_id));
  if job is null or job !~ '^[a-z_]{1,60}$' then
    perform private.refuse('invalid_input', '[{"field": "job", "code": "unknown"}]');
  end if;
  perform pg_advisory_xact_lock(hashtextextended('job:' || job, 0)); -- two people at once: one of them sees the other's run
  select r.started_at into running_since
  from public.job_runs r
  where r.job = begin_job.job and r.status = 'running' and r.started_at > clock_timestamp() - private.longest_job()
  order by r.started_at desc
  limit 1;
  if found then
    perform private.refuse('invalid_transition', format('It has been running since %s.', to_char(running_since at time zone 'UTC', 'HH24:MI:SS UTC')),
                           'Wait until it has ended.');
  end if;
  insert into public.job_runs (id, job) values (run_id, job);
  return run_id;
end
$$;
comment on function public.begin_job is
  'Platform admins, through the function run_job: notes that a job begins because they want it now; returns the run''s id. 403 not_allowed, 409 invalid_transition (it runs, for less than ten minutes), 422 invalid_input.';
grant execute on function public.begin_job to authenticated;

create function public.platform_health() returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: the settings are private
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key asks for the health.');
  end if;
  return jsonb_build_object(
    'database', 'ok',
    'time', clock_timestamp(), -- the clock by which runs are finished
    'configured', exists (select from private.platform_settings),
    'jobs', (select coalesce(jsonb_object_agg(j.job, j.last_ok_at), '{}') from private.job_states() j)
  );
end
$$;
comment on function public.platform_health is 'Service key only: {database: "ok", time, configured, jobs: {job: when it last went well, or null}}.';
grant execute on function public.platform_health to service_role;


-- What platform admins see of it ----------------------------------------------------------------------------------------

create function public.admin_jobs() returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
begin
  perform private.require_platform_admin();
  return jsonb_build_object('next', null, 'items', (
    select coalesce(jsonb_agg(to_jsonb(j) || to_jsonb(a_day) order by j.job), '[]')
    from private.job_states() j
    cross join lateral (
      select count(*) as runs_in_a_day, count(*) filter (where r.status = 'failed') as failed_in_a_day
      from public.job_runs r where r.job = j.job and r.started_at > now() - interval '24 hours'
    ) a_day
  ));
end
$$;
comment on function public.admin_jobs is
  'Platform admins: every job that ever ran: {items: [{job, last_ok_at, last_started_at, last_status, runs_in_a_day, failed_in_a_day}], next: null}. Which of them are late, the function health says. 403 not_allowed.';
grant execute on function public.admin_jobs to authenticated;

create function public.admin_job_runs(
  job text default null, status text default null, after text default null, max_items int default 20, sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.read_page_end(after, max_items);
  list_order private.list_order := private.read_list_order(sort, 'newest');
  items jsonb;
begin
  perform private.require_platform_admin();
  execute format($query$
    select jsonb_agg(to_jsonb(p) order by p.started_at %1$s, p.id %1$s)
    from (
      select r.id, r.job, r.as_of, r.started_at, r.finished_at, r.status, r.summary, r.error
      from public.job_runs r
      where ($1 is null or r.job = $1) and ($2 is null or r.status = $2)
        and ($3 is null or (r.started_at, r.id) %2$s ($3, $4))
      order by r.started_at %1$s, r.id %1$s
      limit $5 + 1
    ) p
  $query$, list_order.way, list_order.beyond)
  into items
  using job, status, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'started_at', 'id', max_items);
end
$$;
comment on function public.admin_job_runs is
  'Platform admins: runs of jobs, the newest first (sort: newest, oldest); job, status (running, ok, failed): only those: {items: [{id, job, as_of, started_at, finished_at, status, summary, error}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_job_runs to authenticated;


-- sql/20_organizations.sql

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



-- sql/22_files.sql

-- Files: where organizations put what is to be looked at, and what was found in it.


-- Buckets: who may put files where, and what becomes of them. ------------------------------------------------------------

-- A new bucket is one row here (a reference row): Storage's own row is made from it, the policies below and the cleanup read it.
create table private.file_buckets (
  id text primary key,
  is_public boolean not null default false,
  max_bytes bigint not null,
  content_types text[] not null,
  uploads_from public.organization_role,
  read_from public.organization_role,
  is_read_by_platform_admins boolean not null default false,
  is_removed_with_organization boolean not null default true,
  max_files int not null default 200,
  max_total_bytes bigint not null default 1073741824,
  kept_while text not null default 'always',
  constraint id_is_a_name check (id ~ '^[a-z][a-z0-9-]{2,62}$'),
  constraint size_has_a_limit check (max_bytes between 1 and 115343360),
  constraint an_organization_has_some_room check (max_files > 0 and max_total_bytes >= max_bytes),
  constraint content_types_are_named check (cardinality(content_types) > 0),
  constraint kept_while_is_known check (kept_while in ('always', 'accepted', 'shown', 'named', 'new'))
);
comment on table private.file_buckets is
  'The buckets of Storage. A file lies at <organization_id>/…; uploads_from and read_from are the least roles in that organization (null: only the service key); an is_public one is read by anybody at its public address; files of is_removed_with_organization go with the organization; an organization has room for max_files files of max_total_bytes together. A file older than 24 hours stays while it is accepted as evidence, shown as a logo, part of media that a story names (named), always, or not at all (new), as kept_while says.';
alter table private.file_buckets enable row level security;
-- no grants and no policies: only definer functions read it

create function private.folders_where_may_upload() returns setof text
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select b.id || '/' || m.organization_id
  from private.file_buckets b
  join public.organization_members m on m.role >= b.uploads_from
  where m.user_id = (select auth.uid())
$$;
comment on function private.folders_where_may_upload is 'The folders, as bucket/organization_id, into which the caller may put files.';
grant execute on function private.folders_where_may_upload to authenticated;

create function private.folders_where_may_read() returns setof text
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select b.id || '/' || m.organization_id
  from private.file_buckets b
  join public.organization_members m on m.role >= b.read_from
  where m.user_id = (select auth.uid())
$$;
comment on function private.folders_where_may_read is 'The folders, as bucket/organization_id, whose files the caller may read.';
grant execute on function private.folders_where_may_read to authenticated;

create function private.buckets_read_by_platform_admins() returns setof text
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select b.id from private.file_buckets b where b.is_read_by_platform_admins and (select private.is_platform_admin())
$$;
comment on function private.buckets_read_by_platform_admins is 'The buckets that a platform admin reads whole; none for anybody else.';
grant execute on function private.buckets_read_by_platform_admins to authenticated;

-- Storage knows a file's size only when it has it, so the last one may be over by its own size.
create function private.has_room_for_upload(bucket text, folder text) returns boolean
  language sql stable security definer set search_path = '' -- definer: counts files the caller may not read
as $$
  select count(o.id) < b.max_files
    and coalesce(sum(case when o.metadata ->> 'size' ~ '^[0-9]{1,15}$' then (o.metadata ->> 'size')::bigint end), 0) < b.max_total_bytes
  from private.file_buckets b
  left join storage.objects o
    on o.bucket_id = b.id and o.name collate "C" >= folder || '/' and o.name collate "C" < folder || '0' -- 0 follows /
  where b.id = bucket
  group by b.id
$$;
comment on function private.has_room_for_upload is 'Whether this organization (its folder) may put one more file into the bucket.';
grant execute on function private.has_room_for_upload to authenticated;

create policy "members upload into their organization's folders" on storage.objects
  for insert to authenticated
  with check (
    bucket_id || '/' || (storage.foldername(name))[1] = any (array(select private.folders_where_may_upload()))
    and private.has_room_for_upload(bucket_id, (storage.foldername(name))[1])
  );
create policy "people upload the evidence of their claims" on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'status-evidence' and name like 'claims/' || (select auth.uid())::text || '/%'
    and private.has_room_for_upload(bucket_id, 'claims/' || (select auth.uid())::text)
  );
create policy "people read the evidence of their claims" on storage.objects
  for select to authenticated
  using (bucket_id = 'status-evidence' and name like 'claims/' || (select auth.uid())::text || '/%');
create policy "members read their organization's folders, platform admins what they decide about" on storage.objects
  for select to authenticated
  using (
    bucket_id || '/' || (storage.foldername(name))[1] = any (array(select private.folders_where_may_read()))
    or bucket_id = any (array(select private.buckets_read_by_platform_admins()))
  );
-- update and delete are shut: what was handed in stays as it was looked at

create function public.organization_buckets() returns text[]
  language plpgsql stable security definer set search_path = '' -- definer: the table is private
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key removes files.');
  end if;
  return array(select b.id from private.file_buckets b where b.is_removed_with_organization order by b.id);
end
$$;
comment on function public.organization_buckets is
  'Service key only: the buckets whose files under <organization_id>/ are removed with the organization.';
grant execute on function public.organization_buckets to service_role;


-- Inspections: each takes a processor for seconds, so a person gets ten a minute. -------------------------------------------

create function public.count_inspection(user_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: the counts are private
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key counts inspections.');
  end if;
  perform private.count_or_refuse('inspect:' || count_inspection.user_id, 10);
end
$$;
comment on function public.count_inspection is
  'Service key only: one more file of this person''s is about to be looked at. 429 too_many_requests beyond ten a minute.';
grant execute on function public.count_inspection to service_role;


-- Evidence: files whose content was inspected. A file that is not here cannot be handed in. ---------------------------------

create table public.evidence_files (
  path text primary key,
  organization_id uuid references public.organizations (id) on delete cascade,
  content_type text not null,
  bytes bigint not null,
  sha256 text not null,
  name text,
  uploaded_by uuid references public.profiles (id) on delete set null,
  validated_at timestamptz not null default now(),
  constraint path_is_in_the_folder_of_whose_it_is check (
    case when organization_id is not null then path like organization_id::text || '/%'
      else path like 'claims/%' and (uploaded_by is null or path like 'claims/' || uploaded_by::text || '/%') end
    and path not like '%..%'),
  constraint content_is_a_document_or_a_picture check (content_type in ('application/pdf', 'image/jpeg', 'image/png')),
  constraint size_is_at_most_10_megabytes check (bytes between 1 and 10485760),
  constraint sha256_is_a_digest check (sha256 ~ '^[0-9a-f]{64}$'),
  constraint name_is_one_line check (private.is_one_line(name) and char_length(name) between 1 and 200)
);
comment on table public.evidence_files is
  'Files in the private bucket status-evidence whose content was inspected (function validate_evidence): pdf, jpeg or png of at most 10 MB. organization_id is null for what a person hands in with a claim or a report (claims/<user_id>/…).';
comment on column public.evidence_files.name is 'What the file was called where it was chosen, as it may be shown; null when that is not known.';
create index evidence_files_organization_id_idx on public.evidence_files (organization_id);
create index evidence_files_uploaded_by_idx on public.evidence_files (uploaded_by);

alter table public.evidence_files enable row level security;
grant select on public.evidence_files to authenticated, service_role;
create policy "organization admins and platform admins see the evidence" on public.evidence_files
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- what was handed in with a claim or a report is no organization's: those who decide ask claim_papers
-- insert, update, delete are not granted: accept_evidence writes what the function validate_evidence inspected
create function private.file_name(said text) returns text
  language sql immutable set search_path = ''
as $$
  select nullif(left(private.clean_name(regexp_replace(
    said, '[\u0001-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF/\\]', '', 'g')), 200), '')
$$;
comment on function private.file_name is 'A file''s name as it may be shown: one line, no folders, nothing that turns the direction, 200 characters at most; null when nothing is left.';

create function public.accept_evidence(
  path text, content_type text, bytes bigint, sha256 text, uploaded_by uuid, organization_id uuid default null, name text default null
) returns public.evidence_files
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  accepted public.evidence_files;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key accepts evidence.');
  end if;
  insert into public.evidence_files as f (path, organization_id, content_type, bytes, sha256, uploaded_by, name)
  values (path, organization_id, content_type, bytes, sha256, uploaded_by, private.file_name(name))
  on conflict on constraint evidence_files_pkey do update
    set content_type = excluded.content_type, bytes = excluded.bytes, sha256 = excluded.sha256, validated_at = now(),
        name = coalesce(excluded.name, f.name)
  returning * into accepted;
  return accepted;
end
$$;
comment on function public.accept_evidence is
  'Service key only: notes a file of the bucket status-evidence whose content was inspected. sha256 in hex; no organization: it goes with a claim of uploaded_by; name: what the file was called.';
grant execute on function public.accept_evidence to service_role;

create function private.require_own_papers(paths text[], person uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: people do not read the table
as $$
begin
  perform from public.evidence_files f where f.path = any (paths) for key share; -- the cleanup takes what nothing names
  if exists (
    select from unnest(paths) as handed_in (path)
    where not exists (
      select from public.evidence_files f where f.path = handed_in.path and f.organization_id is null and f.uploaded_by = person
    )
  ) then
    perform private.refuse('media_not_validated', 'A file was not checked, or is not the caller''s.', 'Upload it again.');
  end if;
end
$$;
comment on function private.require_own_papers is
  '422 media_not_validated unless all of these were accepted as papers of this person''s own (claims/<user_id>/…); they stay until the transaction ends.';

create function public.claim_papers(paths text[]) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: the papers of persons are nobody's to read
as $$
begin
  perform private.require_platform_admin();
  return (
    select coalesce(jsonb_agg(jsonb_build_object('path', f.path, 'content_type', f.content_type, 'bytes', f.bytes, 'name', f.name)), '[]')
    from public.evidence_files f
    where f.path = any (claim_papers.paths) and f.organization_id is null
  );
end
$$;
comment on function public.claim_papers is
  'Platform admins: what the papers of claims and reports (evidence_paths) are: [{path, content_type, bytes, name (null: not known)}], in no order. 401 sign_in_required, 403 not_allowed.';
grant execute on function public.claim_papers to authenticated;


-- Logos ------------------------------------------------------------------------------------------------------------------

create function public.set_logo(organization_id uuid, logo_path text) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: writes what the function validate_logo inspected
as $$
begin
  if not private.is_service() then
    -- taking the logo away is the organization's own business; putting one goes through the function
    perform private.act_in_organization(organization_id, 'admin');
    if logo_path is not null then
      perform private.refuse('not_allowed', 'A logo is set by the function validate_logo, which looks at the picture.');
    end if;
  end if;
  update public.organizations o set logo_path = set_logo.logo_path where o.id = set_logo.organization_id;
  if not found then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
end
$$;
comment on function public.set_logo is
  'The service key sets a inspected logo (a path in the public bucket organization-logos); owners and admins take it away with null. 403 not_allowed, 404 not_found.';
grant execute on function public.set_logo to authenticated, service_role;

-- Asked before a picture is looked at: the organization's logo is its admins' to choose, a logo for codes its editors'.
create function public.begin_logo(organization_id uuid, purpose text) returns void
  language plpgsql stable security definer set search_path = '' -- definer: callers have no right to the helper
as $$
begin
  if purpose is null or purpose not in ('organization', 'qr') then
    perform private.refuse('invalid_input', '[{"field": "purpose", "code": "invalid"}]');
  end if;
  perform private.require_role(organization_id, case purpose when 'qr' then 'editor' else 'admin' end::public.organization_role);
end
$$;
comment on function public.begin_logo is
  'Whether the caller may have a logo made: admins the organization''s (purpose organization), editors one for codes (qr). 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.begin_logo to authenticated;


-- sql/23_notifications.sql

-- Notifications: what a person is told, in the app and by e-mail. A new kind is one row here and two templates (ru, en).

create table public.notification_kinds (
  kind text primary key,
  is_essential boolean not null,
  minimum_role public.organization_role not null default 'admin',
  position int not null
);
comment on table public.notification_kinds is
  'What people are told of. is_essential: money and lost levels, which cannot be switched off by e-mail. minimum_role: who in the organization is told.';
alter table public.notification_kinds enable row level security;
grant select on public.notification_kinds to authenticated, service_role;
create policy "people read the kinds" on public.notification_kinds
  for select to authenticated
  using (true);
-- insert, update, delete are not granted: kinds come by a migration


-- Settings: what a person switched off. No row means everything is on. ---------------------------------------------------

create table public.notification_settings (
  user_id uuid not null references public.profiles (id) on delete cascade,
  kind text not null references public.notification_kinds (kind) on delete cascade,
  in_app boolean not null default true,
  by_email boolean not null default true,
  primary key (user_id, kind)
);
comment on table public.notification_settings is 'Per person and kind: told in the app, told by e-mail. No row: both.';
create index notification_settings_kind_idx on public.notification_settings (kind);
alter table public.notification_settings enable row level security;
grant select on public.notification_settings to authenticated, service_role;
create policy "people read their own settings" on public.notification_settings
  for select to authenticated
  using (user_id = (select auth.uid()));
-- insert, update, delete are not granted: set_notification_setting keeps the essential kinds on
create function public.set_notification_setting(kind text, in_app boolean, by_email boolean) returns public.notification_settings
  language plpgsql volatile security definer set search_path = '' -- definer: writes only the caller's own row
as $$
declare
  caller uuid := private.require_sign_in();
  chosen public.notification_kinds;
  setting public.notification_settings;
begin
  select * into chosen from public.notification_kinds k where k.kind = set_notification_setting.kind;
  if not found then
    perform private.refuse('not_found', 'There is no such kind of notification.');
  end if;
  if in_app is null or by_email is null then
    perform private.refuse('invalid_input', '[{"field": "by_email", "code": "required"}]');
  end if;
  if chosen.is_essential and not (in_app and by_email) then
    perform private.refuse('not_allowed', 'What concerns money and lost levels is always told.');
  end if;
  insert into public.notification_settings as s (user_id, kind, in_app, by_email) values (caller, chosen.kind, in_app, by_email)
  on conflict on constraint notification_settings_pkey do update set in_app = excluded.in_app, by_email = excluded.by_email
  returning * into setting;
  return setting;
end
$$;
comment on function public.set_notification_setting is
  'Switches a kind on or off for the caller, in the app and by e-mail. 403 not_allowed for essential kinds, 404 not_found, 422 invalid_input.';
grant execute on function public.set_notification_setting to authenticated;


-- Notifications in the app -----------------------------------------------------------------------------------------------

-- Written by the hundred thousand when levels end together, so it carries its key and no more: its only writers, below, join
-- the people, the organization and the kind, and a person's notifications go with the person by a trigger.
create table public.notifications (
  id bigint generated always as identity,
  user_id uuid not null,
  organization_id uuid,
  kind text not null,
  data jsonb not null default '{}',
  created_at timestamptz not null default now(),
  read_at timestamptz,
  is_shown boolean not null default true,
  is_to_be_mailed boolean not null default false,
  primary key (user_id, id)
);
comment on table public.notifications is 'What a person was told, and when they read it. The web words it from kind and data.';
comment on column public.notifications.is_shown is 'False: only by e-mail, as the person has it set.';
comment on column public.notifications.data is
  'What the words are made of: dates, not how far off they are (days_left is what it was when it was told). Carries the organization''s name, slug and time_zone, by which its dates are read.';
comment on column public.notifications.is_to_be_mailed is 'True until claim_emails has written the e-mail.';
create index notifications_to_be_mailed_idx on public.notifications (id) where is_to_be_mailed;

alter table public.notifications enable row level security;
grant select on public.notifications to authenticated, service_role;
create policy "people read what they were told" on public.notifications
  for select to authenticated
  using (user_id = (select auth.uid()) and is_shown);
-- insert, update, delete are not granted: the rules tell, mark_notifications_read reads
create function private.forget_notifications() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
begin
  delete from public.notifications n using old_rows o where n.user_id = o.id;
  return null;
end
$$;
comment on function private.forget_notifications is 'Trigger: a person''s notifications go with the person.';

create trigger profiles_forget_notifications after delete on public.profiles
  referencing old table as old_rows for each statement execute function private.forget_notifications();

create function public.mark_notifications_read(ids bigint[] default null, up_to bigint default null) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: touches only the caller's own rows
as $$
declare
  caller uuid := private.require_sign_in();
  marked int;
begin
  update public.notifications n set read_at = now()
  where n.user_id = caller and n.is_shown and n.read_at is null
    and (ids is null or n.id = any (ids)) and (up_to is null or n.id <= up_to);
  get diagnostics marked = row_count;
  return marked;
end
$$;
comment on function public.mark_notifications_read is
  'Marks the caller''s notifications as read: these, or all when ids is null; up_to: none newer than the newest that was shown. Answers how many were unread.';
grant execute on function public.mark_notifications_read to authenticated;


-- Outbox: e-mails to be sent, each once. ---------------------------------------------------------------------------------

create table public.email_outbox (
  id uuid primary key default private.new_id(),
  kind text not null references public.notification_kinds (kind),
  user_id uuid references public.profiles (id) on delete cascade,
  organization_id uuid,
  to_address text not null,
  locale text not null,
  time_zone text not null default 'Europe/Moscow',
  data jsonb not null,
  unsubscribe_token uuid,
  status text not null default 'queued',
  attempts int not null default 0,
  next_attempt_at timestamptz,
  lease_id uuid,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  error text,
  constraint data_has_names check (jsonb_typeof(data) = 'object'),
  constraint status_is_known check (status in ('queued', 'sent', 'failed')),
  constraint only_the_queued_wait check ((status = 'queued') = (next_attempt_at is not null)),
  constraint what_was_sent_says_when check ((status = 'sent') = (sent_at is not null)),
  constraint what_failed_says_why check (status <> 'failed' or error is not null)
);
comment on table public.email_outbox is
  'E-mails to be sent: claimed with a lease, tried at most 8 times, sent once. They go with the person they are for; addresses and data are wiped 30 days after.';
comment on column public.email_outbox.organization_id is
  'Of whose people the reader has to be when the e-mail is claimed; null: an invitation, or one that needs no membership.';
comment on column public.email_outbox.error is
  'Why it was not sent: what the mail server said, or switched_off, not_a_member, address_changed, invitation_over, no_answer.';
create index email_outbox_queue_idx on public.email_outbox (next_attempt_at) where status = 'queued';
create index email_outbox_user_id_idx on public.email_outbox (user_id) where user_id is not null;
create index email_outbox_kind_idx on public.email_outbox (kind);
create unique index email_outbox_unsubscribe_token_key on public.email_outbox (unsubscribe_token) where unsubscribe_token is not null;

alter table public.email_outbox enable row level security;
grant select on public.email_outbox to service_role;
-- nobody else reads it, and only the RPCs below write it: it holds addresses and links


-- Telling: one statement for however many. -------------------------------------------------------------------------------

-- The organizations' people whose role is high enough, each by what they switched on.
create function private.notify_many(organization_ids uuid[], kind text, data jsonb[], as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.notifications (user_id, organization_id, kind, data, created_at, is_shown, is_to_be_mailed)
  select m.user_id, o.id, k.kind, t.data || jsonb_build_object('organization', o.name, 'slug', o.slug, 'time_zone', os.time_zone), as_of,
    coalesce(s.in_app, true), coalesce(s.by_email, true)
  from unnest(organization_ids, data) as t (organization_id, data)
  join public.organizations o on o.id = t.organization_id
  join public.organization_settings os on os.organization_id = o.id
  join public.notification_kinds k on k.kind = notify_many.kind
  join public.organization_members m on m.organization_id = o.id and m.role >= k.minimum_role
  left join public.notification_settings s on s.user_id = m.user_id and s.kind = k.kind
  where coalesce(s.in_app, true) or coalesce(s.by_email, true)
$$;
comment on function private.notify_many is
  'Tells the people of organizations: data[i] to organization_ids[i], in the app and by e-mail, as each has it set.';

create function private.notify(organization_id uuid, kind text, data jsonb, as_of timestamptz default now()) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  select private.notify_many(array[organization_id], kind, array[data], as_of)
$$;
comment on function private.notify is 'Tells the people of one organization.';

create function private.notify_person(user_id uuid, organization_id uuid, kind text, data jsonb, as_of timestamptz default now()) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.notifications (user_id, organization_id, kind, data, created_at, is_shown, is_to_be_mailed)
  select p.id, null, k.kind, data || jsonb_build_object('organization', o.name, 'slug', o.slug, 'time_zone', os.time_zone), as_of,
    coalesce(s.in_app, true), coalesce(s.by_email, true)
  from public.profiles p
  join public.organizations o on o.id = notify_person.organization_id
  join public.organization_settings os on os.organization_id = o.id
  join public.notification_kinds k on k.kind = notify_person.kind
  left join public.notification_settings s on s.user_id = p.id and s.kind = k.kind
  where p.id = notify_person.user_id and (coalesce(s.in_app, true) or coalesce(s.by_email, true))
$$;
comment on function private.notify_person is 'Tells one person of something about an organization that they need not belong to, or not any more: it is theirs, not the organization''s.';


-- sql/24_account.sql

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


-- sql/24_organization_search.sql

-- Finding an organization by the beginnings of its words: of its name, legal name, address and INN.

create function private.plain_tokens(words text) returns text
  language sql immutable set search_path = ''
as $$
  select translate(private.plain_words(words), $chars$.,;:!?()[]{}<>|&*'"`«»„“”’/\_@#№%+=~^$chars$, repeat(' ', 60))
$$;
comment on function private.plain_tokens is 'The words of a name with blanks between them and nothing else: what a search compares.';

-- Apart from organizations, because their rows are answered whole. One row each, always: who joins it loses nobody.
create table private.organization_words (
  organization_id uuid primary key references public.organizations (id) on delete cascade,
  words tsvector not null
);
comment on table private.organization_words is 'The words by which an organization is found, each as it is written: names are not inflected.';
create index organization_words_idx on private.organization_words using gin (words);
-- Of ten thousand words it is known how many have them; a search by any other asks the index.
alter table private.organization_words alter column words set statistics 1000;
alter table private.organization_words enable row level security;
-- no grants and no policies: only definer functions read and write it
create function private.keep_organization_words() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  insert into private.organization_words as w (organization_id, words)
  values (new.id, to_tsvector('pg_catalog.simple', private.plain_tokens(concat_ws(' ', new.name, new.legal_name, new.slug, new.inn))))
  on conflict on constraint organization_words_pkey do update set words = excluded.words;
  return null;
end
$$;
comment on function private.keep_organization_words is 'Trigger: an organization is found by what it is called now.';

create trigger organizations_keep_words after insert or update of name, legal_name, slug, inn on public.organizations
  for each row execute function private.keep_organization_words();

create function private.words_query(typed text) returns tsquery
  language sql immutable set search_path = ''
as $$
  select case when btrim(typed) <> '' then coalesce(to_tsquery('pg_catalog.simple', string_agg('''' || word || ''':*', ' & ')), '') end
  from (
    select word from regexp_split_to_table(private.plain_tokens(left(typed, 200)), ' +') with ordinality as typed_words (word, place)
    where word <> '' order by place limit 10
  ) w
$$;
comment on function private.words_query is 'What asks for organizations in which every typed word begins a word; null when nothing is typed, and what finds nobody when that holds no word.';


-- sql/25_platform_pages.sql

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


-- sql/30_status_levels.sql

-- Status levels: what a badge says, how it is held, and everything that ever happened to it.

create type public.status_level as enum ('0', 'A', 'B', 'C'); -- in order: the level shown is the highest active one
create type public.status_level_action as enum ('granted', 'extended', 'revoked', 'expired', 'grace_started', 'grace_ended', 'superseded', 'name_changed');

-- Why we or billing did it. An admin writes reasons in words of their own, and these stand beside them in the history.
create type private.level_reason as enum (
  'payment_failed', 'paid', 'granted', 'granted_before', 'grace_period_ended', 'subscription_cancelled', 'refunded',
  'paid_level_lost', 'criteria_met', 'criteria_not_met', 'term_ended', 'organization_deleted', 'claim_upheld'
);


-- Levels held, now and before. -------------------------------------------------------------------------------------------

create table public.organization_status_levels (
  id uuid primary key with (fillfactor = 50) default private.new_id(), -- half of each page is kept for the day the row ends
  organization_id uuid not null references public.organizations (id) on delete restrict,
  level public.status_level not null,
  is_active boolean not null default true,
  valid_from timestamptz not null default now(),
  valid_until timestamptz,
  granted_at timestamptz not null default now(),
  granted_by uuid references public.profiles (id) on delete set null,
  subscription_id uuid, -- references public.subscriptions, which comes with 41_subscriptions
  granted_until timestamptz,
  notes text,
  revoked_at timestamptz,
  revoked_by uuid references public.profiles (id) on delete set null,
  revoke_reason text,
  constraint a_level_is_active_until_revoked check (is_active = (revoked_at is null)),
  constraint a_revocation_has_a_reason check ((revoked_at is null) = (revoke_reason is null)),
  constraint a_term_ends_after_it_begins check (valid_until > valid_from),
  constraint a_term_is_kept_under_a_subscription check (granted_until is null or subscription_id is not null)
);
comment on table public.organization_status_levels is
  'Levels an organization holds or held. While a live subscription holds a level, valid_until is null: billing ends it.';
comment on column public.organization_status_levels.granted_until is
  'The end of a term that was granted before a subscription took the level over (infinity: it has none). What is left of it stays when the subscription ends.';
create unique index one_active_row_per_organization_and_level
  on public.organization_status_levels (organization_id, level) where is_active;
create index organization_status_levels_organization_id_idx on public.organization_status_levels (organization_id) with (fillfactor = 50);
create index organization_status_levels_subscription_id_idx on public.organization_status_levels (subscription_id) where subscription_id is not null;
create index organization_status_levels_ending_idx on public.organization_status_levels (valid_until) where is_active;
create index organization_status_levels_held_idx on public.organization_status_levels (level, granted_at desc, organization_id desc) where is_active;
create index organization_status_levels_granted_by_idx on public.organization_status_levels (granted_by) where granted_by is not null;
create index organization_status_levels_revoked_by_idx on public.organization_status_levels (revoked_by) where revoked_by is not null;

alter table public.organization_status_levels enable row level security;
grant select on public.organization_status_levels to authenticated, service_role;
create policy "members and admins see the levels held" on public.organization_status_levels
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('viewer')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- the public asks get_organization_status, which tells no names and no notes
-- insert, update, delete are not granted: levels change through the RPCs below


-- From the first level ever held nothing is hidden: whoever writes the level, the organization remembers when that was.
create function private.note_first_level() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.organizations o set first_level_at = n.valid_from
  from (select r.organization_id, min(r.valid_from) as valid_from from new_rows r group by 1) n
  where o.id = n.organization_id and o.first_level_at is null;
  return null;
end
$$;
comment on function private.note_first_level is 'Trigger: an organization''s first level is remembered for good.';

create trigger organization_status_levels_note_the_first after insert on public.organization_status_levels
  referencing new table as new_rows for each statement execute function private.note_first_level();


-- History: append-only, for everyone. ------------------------------------------------------------------------------------

create table public.status_level_events (
  id bigint generated always as identity,
  organization_id uuid not null, -- the level it is about has the foreign key; a second look at each row would cost a fifth of the daily job
  level public.status_level not null,
  action public.status_level_action not null,
  reason text,
  valid_until timestamptz,
  occurred_at timestamptz not null default now(),
  actor_kind text not null,
  actor_id uuid references public.profiles (id) on delete set null,
  detail jsonb,
  primary key (organization_id, occurred_at, id), -- as it is read; an index for id alone would cost the daily job a tenth
  constraint actor_kind_is_known check (actor_kind in ('system', 'billing', 'job', 'admin')),
  constraint what_happens_by_itself_has_a_known_reason check (
    actor_kind not in ('billing', 'job') or reason is null or reason::private.level_reason is not null),
  constraint only_admins_have_names check (actor_id is null or actor_kind = 'admin')
);
comment on table public.status_level_events is 'Everything that happened to a level. Nobody updates or deletes, the service role included.';
comment on column public.status_level_events.detail is 'name_changed: {name: {from, to}, legal_name: {from, to}}; else null.';
create index status_level_events_actor_id_idx on public.status_level_events (actor_id) where actor_id is not null;

alter table public.status_level_events enable row level security;
grant select on public.status_level_events to authenticated, service_role;
create policy "members and admins see what happened" on public.status_level_events
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('viewer')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- the public asks get_status_history, which tells no actors
-- insert, update, delete, truncate are not granted to anyone; the trigger holds even the owner of the table
create function private.refuse_to_rewrite_history() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  -- The only changes that may come: a person's name going with the person (on delete set null).
  if tg_op = 'UPDATE' and new.actor_id is null
    and to_jsonb(new) - 'actor_id' = to_jsonb(old) - 'actor_id'
    and not exists (select from public.profiles where id = old.actor_id)
  then
    return new;
  end if;
  -- And a deleted person's names, which the cleanup masks.
  if tg_op = 'UPDATE' and new.action = 'name_changed'
    and to_jsonb(new) - 'detail' = to_jsonb(old) - 'detail'
    and exists (select from public.organizations o where o.id = old.organization_id and o.deleted_at is not null and o.masked_inn is not null)
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

-- What happens to levels is told from their history, so that no way of granting or revoking can forget to.
create function private.notify_of_status_events() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever causes an event has no rights here
as $$
begin
  insert into public.notifications (user_id, organization_id, kind, data, created_at, is_shown, is_to_be_mailed)
  select m.user_id, o.id, k.kind, jsonb_build_object(
      'organization', o.name, 'slug', o.slug, 'time_zone', coalesce(os.time_zone, 'Europe/Moscow'), 'level', n.level, 'action', n.action, 'reason', n.reason,
      'valid_until', n.valid_until),
    n.occurred_at, coalesce(s.in_app, true), coalesce(s.by_email, true)
  from new_rows n
  -- grace is told of by billing, which knows why the charge failed and when the next one is
  join public.notification_kinds k on k.kind = case n.action
    when 'granted' then 'status_granted' when 'revoked' then 'status_revoked' when 'expired' then 'status_revoked' end
  join public.organizations o on o.id = n.organization_id
  left join public.organization_settings os on os.organization_id = o.id and os.time_zone <> 'Europe/Moscow'
  join public.organization_members m on m.organization_id = o.id and m.role >= k.minimum_role
  left join public.notification_settings s on s.user_id = m.user_id and s.kind = k.kind
  where coalesce(s.in_app, true) or coalesce(s.by_email, true);
  return null;
end
$$;
comment on function private.notify_of_status_events is 'Trigger: people are told what happens to their organization''s levels.';

create trigger status_level_events_are_told after insert on public.status_level_events
  referencing new table as new_rows for each statement execute function private.notify_of_status_events();


-- The two movements everything else is made of: a level is held, a level ends. -------------------------------------------

-- Answers granted (a new row), extended (other terms on the row there was) or null (nothing changed). Needs the organization's lock.
create function private.set_level(
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
  where l.organization_id = set_level.organization_id and l.level = set_level.level and l.is_active;

  if not found then
    insert into public.organization_status_levels
      (organization_id, level, valid_from, valid_until, granted_at, granted_by, subscription_id, notes)
    values (organization_id, level, as_of, valid_until, as_of,
            case when actor_kind = 'admin' then auth.uid() end, subscription_id, notes);
    action := 'granted';
  elsif held.subscription_id is not null and set_level.subscription_id is null then
    perform private.refuse('subscription_exists', 'A subscription holds this level, and billing ends it.',
                           'Grant it when the subscription has ended.');
  elsif (held.valid_until, held.subscription_id) is distinct from (set_level.valid_until, set_level.subscription_id) then
    update public.organization_status_levels l
    set valid_until = set_level.valid_until, subscription_id = set_level.subscription_id, notes = coalesce(set_level.notes, l.notes),
        granted_until = case when held.subscription_id is null and set_level.subscription_id is not null
                        then coalesce(held.valid_until, 'infinity') else held.granted_until end
    where l.id = held.id;
    action := 'extended';
  end if;

  if action is not null then
    perform private.note_status_event(organization_id, level, action, notes, valid_until, actor_kind, as_of);
  end if;
  if level in ('A', 'B') then
    perform private.end_level(organization_id, '0', 'superseded', case actor_kind when 'billing' then 'paid' else 'granted' end, actor_kind, as_of);
  end if;
  return action;
end
$$;
comment on function private.set_level is
  'Makes the organization hold the level on these terms: granted, extended, or null when nothing changed; A and B supersede 0. The caller has the organization''s lock.';

-- Ends many at once, in three statements however many they are. Level C stands on A or B and falls with the last of them.
create function private.end_levels(
  level_ids uuid[], action public.status_level_action, reason text, actor_kind text, as_of timestamptz, only_over boolean default false,
  out ended int, out fallen_c int
)
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  unpaid_ids uuid[]; -- organizations that lost A or B
  fallen_ids uuid[];
begin
  with ending as (
    update public.organization_status_levels l
    set is_active = false, revoked_at = as_of, revoke_reason = reason,
        revoked_by = case when actor_kind = 'admin' then auth.uid() end
    where l.id = any (level_ids) and l.is_active -- by the index, however large the table
      and (not only_over or l.valid_until <= as_of) -- who found them looked before the locks: one may have been prolonged since
    returning l.organization_id, l.level
  ), noted as (
    insert into public.status_level_events (organization_id, level, action, reason, occurred_at, actor_kind, actor_id)
    select e.organization_id, e.level, action, reason, as_of, actor_kind, case when actor_kind = 'admin' then auth.uid() end
    from ending e
  )
  select count(*), array_agg(e.organization_id) filter (where e.level in ('A', 'B')) into ended, unpaid_ids from ending e;
  fallen_c := 0;

  select array_agg(c.id) into fallen_ids
  from public.organization_status_levels c
  where c.level = 'C' and c.is_active
    and c.organization_id = any (unpaid_ids)
    and not exists (
      select from public.organization_status_levels l
      where l.organization_id = c.organization_id and l.level in ('A', 'B') and l.is_active
    );
  if fallen_ids is not null then
    select e.ended into fallen_c from private.end_levels(fallen_ids, 'revoked', 'paid_level_lost', 'system', as_of) e;
  end if;
end
$$;
comment on function private.end_levels is
  'Ends active levels by id (only_over: those whose term is over), and C with the last of A and B: how many ended, and how many C fell with them. The caller has the organizations'' locks.';

create function private.end_level(
  organization_id uuid, level public.status_level, action public.status_level_action, reason text, actor_kind text, as_of timestamptz
) returns boolean
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  select e.ended > 0
  from private.end_levels(
    array(
      select l.id from public.organization_status_levels l
      where l.organization_id = end_level.organization_id and l.level = end_level.level and l.is_active
    ),
    action, reason, actor_kind, as_of
  ) e
$$;
comment on function private.end_level is
  'Ends one active level: false when there was none. The caller has the organization''s lock.';


-- sql/32_upgrade_requests.sql

-- Upgrade requests: how an organization asks to be verified, with evidence (22_files) a moderator looks at.

create type public.upgrade_request_status as enum ('pending', 'approved', 'rejected', 'withdrawn', 'more_asked');

-- What a moderator looked at. Buyers read the kinds, never the papers.
create function private.document_kinds() returns text[]
  language sql immutable set search_path = ''
as $$
  select array['registration', 'authority', 'premises', 'conformity', 'veterinary', 'laboratory', 'licence', 'photos', 'other']
$$;
comment on function private.document_kinds is
  'Kinds of papers that level B was given for: an extract of the register, who may act for it, rights to the premises, declarations and certificates of conformity, veterinary papers, laboratory reports, licences, photographs, other.';
grant execute on function private.document_kinds to authenticated, service_role;

create table public.status_upgrade_requests (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  target_level public.status_level not null,
  message text not null,
  evidence_paths text[] not null,
  status public.upgrade_request_status not null default 'pending',
  requested_by uuid references public.profiles (id) on delete set null,
  reviewed_by uuid references public.profiles (id) on delete set null,
  reviewed_at timestamptz,
  review_comment text,
  documents text[] not null default '{}',
  approval_ended_at timestamptz,
  waiting_since timestamptz,
  waited interval not null default '0',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint only_b_is_asked_for check (target_level = 'B'),
  constraint message_fits check (char_length(message) <= 4000),
  constraint thirty_files_at_most check (cardinality(evidence_paths) <= 30),
  constraint only_what_is_pending_waits check ((status = 'pending') = (waiting_since is not null)),
  constraint a_review_has_a_time check ((status in ('approved', 'rejected', 'more_asked')) = (reviewed_at is not null)),
  constraint a_rejection_says_why check (status not in ('rejected', 'more_asked') or btrim(coalesce(review_comment, '')) <> ''),
  constraint comment_fits check (char_length(review_comment) <= 4000),
  constraint documents_are_of_known_kinds check (documents <@ private.document_kinds()),
  constraint only_an_approval_names_documents_and_ends check (
    status = 'approved' or (documents = '{}' and approval_ended_at is null))
);
comment on table public.status_upgrade_requests is
  'An organization asks to be verified (level B); a platform admin decides. One pending per organization and level. more_asked: papers are missing, and submitting again goes on with the same request; what was said stands in upgrade_request_steps.';
comment on column public.status_upgrade_requests.documents is 'Kinds of papers that the approval stands on; buyers read them.';
comment on column public.status_upgrade_requests.waiting_since is 'Since when the request waits for us; null while it does not.';
comment on column public.status_upgrade_requests.waited is 'How long it waited for us before that, without the time in which we waited for papers.';
comment on column public.status_upgrade_requests.approval_ended_at is 'Since when an approval counts no more: the name it was given to changed, or the organization was another''s.';
create unique index one_pending_request_per_organization_and_level
  on public.status_upgrade_requests (organization_id, target_level) where status = 'pending';
create index status_upgrade_requests_organization_id_idx on public.status_upgrade_requests (organization_id, created_at desc);
create index status_upgrade_requests_status_idx on public.status_upgrade_requests (status, created_at, id);
create index status_upgrade_requests_created_at_idx on public.status_upgrade_requests (created_at, id);
create index status_upgrade_requests_decided_idx on public.status_upgrade_requests (reviewed_at desc) where status in ('approved', 'rejected');
create index status_upgrade_requests_requested_by_idx on public.status_upgrade_requests (requested_by);
create index status_upgrade_requests_reviewed_by_idx on public.status_upgrade_requests (reviewed_by);

create trigger status_upgrade_requests_touch_updated_at before update on public.status_upgrade_requests
  for each row execute function private.touch_updated_at();

alter table public.status_upgrade_requests enable row level security;
grant select on public.status_upgrade_requests to authenticated, service_role;
create policy "organization admins and platform admins see the requests" on public.status_upgrade_requests
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: the RPCs below are the only way

create function private.count_upgrade_request_wait() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and new.status is not distinct from old.status then
    return new;
  end if;
  if tg_op = 'UPDATE' and old.status = 'pending' then
    new.waited := old.waited + (now() - old.waiting_since);
  end if;
  new.waiting_since := case when new.status = 'pending' then now() end;
  return new;
end
$$;
comment on function private.count_upgrade_request_wait is 'Trigger: the time that a request waits for us is counted while it is pending, and not while more is asked for.';

create trigger status_upgrade_requests_count_wait before insert or update of status on public.status_upgrade_requests
  for each row execute function private.count_upgrade_request_wait();


-- Steps: what was said about a request, by whom, in its order. A request itself knows only the last word of each side. --------

create table public.upgrade_request_steps (
  id uuid primary key default private.new_id(),
  request_id uuid not null references public.status_upgrade_requests (id) on delete cascade,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  action text not null,
  message text,
  evidence_paths text[] not null default '{}',
  actor_id uuid references public.profiles (id) on delete set null,
  occurred_at timestamptz not null default now(),
  constraint action_is_known check (action in ('submitted', 'more_asked', 'answered', 'approved', 'rejected', 'withdrawn'))
);
comment on table public.upgrade_request_steps is
  'What happened to a request for level B, in its order: action submitted and answered (the organization''s words and the files that came with them), more_asked, approved, rejected (ours), withdrawn.';
create index upgrade_request_steps_request_id_idx on public.upgrade_request_steps (request_id, occurred_at);
create index upgrade_request_steps_organization_id_idx on public.upgrade_request_steps (organization_id);
create index upgrade_request_steps_actor_id_idx on public.upgrade_request_steps (actor_id);

alter table public.upgrade_request_steps enable row level security;
grant select on public.upgrade_request_steps to authenticated, service_role;
create policy "organization admins and platform admins see the steps" on public.upgrade_request_steps
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: the trigger below writes

create function private.keep_upgrade_request_step() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  before public.status_upgrade_requests;
begin
  if tg_op = 'UPDATE' then
    before := old;
  end if;
  insert into public.upgrade_request_steps (request_id, organization_id, action, message, evidence_paths, actor_id)
  select new.id, new.organization_id, step.action,
    case step.action when 'withdrawn' then null when 'submitted' then new.message when 'answered' then new.message else new.review_comment end,
    case when step.action in ('submitted', 'answered') then array(
      select path from unnest(new.evidence_paths) with ordinality as f (path, place)
      where path <> all (coalesce(before.evidence_paths, '{}')) order by place) else '{}' end,
    case when step.action in ('more_asked', 'approved', 'rejected') then new.reviewed_by else new.requested_by end
  from (select case when before.id is null then 'submitted' when new.status = 'pending' then 'answered' else new.status::text end as action) as step;
  return null;
end
$$;
comment on function private.keep_upgrade_request_step is 'Trigger: each turn of a request is a step of its history.';

create trigger status_upgrade_requests_keep_first_step after insert on public.status_upgrade_requests
  for each row execute function private.keep_upgrade_request_step();
create trigger status_upgrade_requests_keep_step after update of status on public.status_upgrade_requests
  for each row when (new.status is distinct from old.status) execute function private.keep_upgrade_request_step();

create function private.forget_upgrade_request_steps(organization_id uuid) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.upgrade_request_steps s
  set actor_id = null, evidence_paths = '{}', message = null
  where s.organization_id = forget_upgrade_request_steps.organization_id and s.action in ('submitted', 'answered', 'withdrawn')
$$;
comment on function private.forget_upgrade_request_steps is 'What the organization said in its requests, with which papers and by whom, goes; what we decided stays.';


create function private.require_evidence(organization_id uuid, evidence_paths text[]) returns void
  language plpgsql stable security definer set search_path = '' -- definer: asked within definers
as $$
begin
  if exists (
    select from unnest(evidence_paths) as handed_in (path)
    where not exists (
      select from public.evidence_files f
      where f.path = handed_in.path and f.organization_id = require_evidence.organization_id
    )
  ) then
    perform private.refuse('media_not_validated', 'A file was not checked, or is not this organization''s.', 'Upload it again.');
  end if;
end
$$;
comment on function private.require_evidence is '422 media_not_validated unless each of these files was inspected and is the organization''s.';

create function public.submit_upgrade_request(
  organization_id uuid, target_level public.status_level, message text, evidence_paths text[] default '{}'
) returns public.status_upgrade_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  faults jsonb;
  submitted public.status_upgrade_requests;
begin
  message := btrim(coalesce(message, ''));
  evidence_paths := coalesce(evidence_paths, '{}');
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('target_level', case when target_level is distinct from 'B' then 'not_asked_for' end), -- A is bought, C is earned
    ('message', case when private.visible_length(message) = 0 then 'required' when char_length(message) > 4000 then 'too_long' end),
    ('evidence_paths', case when cardinality(evidence_paths) > 10 or exists (
      select from public.status_upgrade_requests r
      where r.organization_id = submit_upgrade_request.organization_id and r.status = 'more_asked'
        and cardinality(r.evidence_paths) + cardinality(submit_upgrade_request.evidence_paths) > 30
    ) then 'too_many' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  perform private.require_evidence(organization_id, evidence_paths);
  if exists (
    select from public.status_upgrade_requests r
    where r.organization_id = submit_upgrade_request.organization_id and r.target_level = submit_upgrade_request.target_level
      and r.status = 'pending'
  ) then
    perform private.refuse('request_pending', 'A request for this level is being reviewed.', 'Wait for the answer, or withdraw it.');
  end if;

  -- What more was asked for goes into the request that there is.
  update public.status_upgrade_requests r
  set status = 'pending', message = submit_upgrade_request.message, reviewed_at = null, reviewed_by = null, requested_by = caller,
      evidence_paths = r.evidence_paths || array(
        select path from unnest(submit_upgrade_request.evidence_paths) as handed_in (path) where path <> all (r.evidence_paths))
  where r.organization_id = submit_upgrade_request.organization_id and r.target_level = submit_upgrade_request.target_level
    and r.status = 'more_asked'
  returning * into submitted;
  if found then
    return submitted;
  end if;

  insert into public.status_upgrade_requests (organization_id, target_level, message, evidence_paths, requested_by)
  values (organization_id, target_level, message, evidence_paths, caller)
  returning * into submitted;
  return submitted;
end
$$;
comment on function public.submit_upgrade_request is
  'Owners and admins: asks for level B, or answers when more was asked for: the same request goes on, with what was handed in before (10 files at a time, 30 in all). Evidence is uploaded and then accepted by the function validate_evidence first: a file that was only put into the bucket is refused with media_not_validated. 403 not_allowed, 404 not_found, 409 request_pending, 422 invalid_input or media_not_validated.';
grant execute on function public.submit_upgrade_request to authenticated;

create function public.withdraw_upgrade_request(request_id uuid) returns public.status_upgrade_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  request public.status_upgrade_requests;
begin
  perform private.require_sign_in();
  select * into request from public.status_upgrade_requests r where r.id = withdraw_upgrade_request.request_id;
  if not found or private.role_of(request.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such request.');
  end if;
  perform private.act_in_organization(request.organization_id, 'admin');

  update public.status_upgrade_requests r set status = 'withdrawn', reviewed_at = null
  where r.id = request.id and r.status in ('pending', 'more_asked')
  returning * into request;
  if not found then
    perform private.refuse('invalid_transition', 'The request is not pending any more.');
  end if;
  return request;
end
$$;
comment on function public.withdraw_upgrade_request is
  'Owners and admins: takes a request back that is pending, or for which more was asked. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.withdraw_upgrade_request to authenticated;

create function public.review_upgrade_request(
  request_id uuid, decision text, comment text default null, valid_until timestamptz default null, documents text[] default null
) returns public.status_upgrade_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'review_upgrade_request', (select r.organization_id from public.status_upgrade_requests r where r.id = request_id), request_id::text,
    jsonb_build_object('decision', left(decision, 20), 'valid_until', valid_until));
  request public.status_upgrade_requests;
  faults jsonb;
begin
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('decision', case when decision is null or decision not in ('approved', 'rejected', 'more_asked') then 'unknown' end),
    ('comment', case when decision in ('rejected', 'more_asked') and coalesce(private.visible_length(comment), 0) = 0 then 'required'
                     when char_length(comment) > 4000 then 'too_long' end),
    ('valid_until', case when valid_until <= now() then 'in_the_past' when not private.is_a_term(valid_until) then 'invalid' end),
    ('documents', case when not documents <@ private.document_kinds() then 'unknown'
                       when decision is distinct from 'approved' and cardinality(documents) > 0 then 'not_asked_for' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  select * into request from public.status_upgrade_requests r where r.id = review_upgrade_request.request_id;
  if not found then
    perform private.refuse('not_found', 'There is no such request.');
  end if;
  perform private.lock_organization(request.organization_id);

  update public.status_upgrade_requests r
  set status = decision::public.upgrade_request_status, reviewed_by = caller, reviewed_at = now(), review_comment = nullif(btrim(comment), ''),
      documents = coalesce(review_upgrade_request.documents, '{}')
  where r.id = request.id and r.status = 'pending'
  returning * into request;
  if not found then
    perform private.refuse('invalid_transition', 'The request is not pending any more.');
  end if;

  -- With a term, B is granted by us for that term; without one, it comes with a plan of level B.
  if decision = 'approved' and valid_until is not null then
    perform private.set_level(request.organization_id, request.target_level, valid_until, null, null, 'admin', now());
  end if;
  perform private.notify(
    request.organization_id, 'request_reviewed',
    jsonb_build_object('level', request.target_level, 'decision', decision, 'comment', request.review_comment, 'valid_until', valid_until)
  );
  return request;
end
$$;
comment on function public.review_upgrade_request is
  'Platform admins: approves (with valid_until: level B for that term; without: the organization may buy a plan of level B) rejects with a comment, or asks for more with one. documents: the kinds of papers that were looked at, which buyers read (registration, authority, premises, conformity, veterinary, laboratory, licence, photos, other). 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.review_upgrade_request to authenticated;

create function private.holds_b(organization_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: asked for anyone
as $$
  select exists (
    select from public.organization_status_levels l
    where l.organization_id = holds_b.organization_id and l.level = 'B' and l.is_active
      and (l.valid_until is null or l.valid_until > now())
  )
$$;
comment on function private.holds_b is 'True while the organization holds level B: it is verified, its names with it.';

create function private.may_buy_b(organization_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: billing asks for anyone
as $$
  select private.holds_b(organization_id) or exists (
    -- what was approved stands until we ourselves took B back; that a payment ended does not take it away
    select from public.status_upgrade_requests r
    where r.organization_id = may_buy_b.organization_id and r.target_level = 'B' and r.status = 'approved' and r.approval_ended_at is null
      and not exists (
        select from public.status_level_events e
        where e.organization_id = r.organization_id and e.level = 'B' and e.action = 'revoked'
          and e.actor_kind in ('admin', 'system') and e.occurred_at > r.reviewed_at
      )
  )
$$;
comment on function private.may_buy_b is 'True while the organization holds level B, or an approved request for it stands that was not taken back since.';


-- sql/33_name_changes.sql

-- Names that were verified: while level B is held they change through a moderator, and every change stays in the history.

create type public.name_change_status as enum ('pending', 'approved', 'rejected', 'withdrawn');

create table public.name_change_requests (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  name text not null,
  legal_name text,
  message text not null,
  evidence_paths text[] not null,
  status public.name_change_status not null default 'pending',
  requested_by uuid references public.profiles (id) on delete set null,
  reviewed_by uuid references public.profiles (id) on delete set null,
  reviewed_at timestamptz,
  review_comment text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint message_fits check (char_length(message) <= 4000),
  constraint ten_files_at_most check (cardinality(evidence_paths) <= 10),
  constraint a_review_has_a_time check ((status in ('approved', 'rejected')) = (reviewed_at is not null)),
  constraint a_rejection_says_why check (status <> 'rejected' or btrim(coalesce(review_comment, '')) <> ''),
  constraint comment_fits check (char_length(review_comment) <= 4000)
);
comment on table public.name_change_requests is
  'A verified organization asks for another name (name, legal_name: both as they shall be); a platform admin decides. One pending per organization.';
create unique index one_pending_name_change_per_organization on public.name_change_requests (organization_id) where status = 'pending';
create index name_change_requests_organization_id_idx on public.name_change_requests (organization_id, created_at desc);
create index name_change_requests_status_idx on public.name_change_requests (status, created_at, id);
create index name_change_requests_created_at_idx on public.name_change_requests (created_at, id);
create index name_change_requests_requested_by_idx on public.name_change_requests (requested_by);
create index name_change_requests_reviewed_by_idx on public.name_change_requests (reviewed_by);

create trigger name_change_requests_keep_names_clean before insert or update of name, legal_name on public.name_change_requests
  for each row execute function private.keep_names_clean('name', 'legal_name');
create trigger name_change_requests_touch_updated_at before update on public.name_change_requests
  for each row execute function private.touch_updated_at();

alter table public.name_change_requests enable row level security;
grant select on public.name_change_requests to authenticated, service_role;
create policy "organization admins and platform admins see the name changes" on public.name_change_requests
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: the RPCs below are the only way


-- A change that comes another way than through a moderator ---------------------------------------------------------------

create function private.keep_verified_names() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to look
as $$
begin
  if (new.name, new.legal_name) is not distinct from (old.name, old.legal_name) then
    return new;
  end if;
  if private.holds_b(new.id) and not exists ( -- the one that a moderator approves in this very transaction
    select from public.name_change_requests r
    where r.organization_id = new.id and r.status = 'approved' and r.reviewed_at = now()
      and (r.name, r.legal_name) is not distinct from (new.name, new.legal_name)
  ) then
    perform private.refuse('name_is_verified', 'The name was verified, and buyers rely on it.', 'Ask for the change: request_name_change.');
  end if;
  if new.first_level_at is not null and not private.is_service() then
    perform private.count_a_day_or_refuse('rename:' || new.id, 10); -- each is a line that every buyer reads
  end if;
  return new;
end
$$;
comment on function private.keep_verified_names is
  'Trigger: while B is held, a name changes only by an approved request; 409 name_is_verified. At most 10 changes a day once buyers read of them.';

create trigger organizations_keep_verified_names before update of name, legal_name on public.organizations
  for each row execute function private.keep_verified_names();

create function private.note_name_change() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  -- What was verified was another name: an approval that is not used yet ends with it.
  if not private.holds_b(new.id) then
    update public.status_upgrade_requests r set approval_ended_at = now()
    where r.organization_id = new.id and r.status = 'approved' and r.approval_ended_at is null;
  end if;
  if new.first_level_at is not null and new.deleted_at is null then
    insert into public.status_level_events (organization_id, level, action, actor_kind, actor_id, detail)
    select new.id, l.level, 'name_changed', case when private.is_platform_admin() then 'admin' else 'system' end,
      case when private.is_platform_admin() then auth.uid() end,
      jsonb_build_object(
        'name', jsonb_build_object('from', old.name, 'to', new.name),
        'legal_name', jsonb_build_object('from', old.legal_name, 'to', new.legal_name))
    from public.organization_status_levels l -- under which level: the highest held, else the one held last
    where l.organization_id = new.id
    order by l.is_active desc, case when l.is_active then l.level end desc, l.revoked_at desc
    limit 1;
  end if;
  return null;
end
$$;
comment on function private.note_name_change is
  'Trigger: from the first level on, the history shows the old name and the new one; an approval for level B that was not used ends with the name it was given to.';

create trigger organizations_note_name_change after update of name, legal_name on public.organizations
  for each row when ((old.name, old.legal_name) is distinct from (new.name, new.legal_name)) execute function private.note_name_change();


-- Asking, and deciding ---------------------------------------------------------------------------------------------------

create function public.request_name_change(
  organization_id uuid, name text default null, legal_name text default null, message text default null, evidence_paths text[] default '{}'
) returns public.name_change_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  organization public.organizations;
  faults jsonb;
  requested public.name_change_requests;
begin
  select * into organization from public.organizations o where o.id = request_name_change.organization_id;
  if not private.holds_b(organization_id) then
    perform private.refuse('invalid_transition', 'Only a name that was verified is changed by asking.', 'Change it in the profile.');
  end if;
  name := coalesce(nullif(private.clean_name(name), ''), organization.name);
  legal_name := coalesce(nullif(private.clean_name(legal_name), ''), organization.legal_name);
  message := btrim(coalesce(message, ''));
  evidence_paths := coalesce(evidence_paths, '{}');
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('name', case when private.visible_length(name) < 2 then 'too_short'
                  when (name, legal_name) is not distinct from (organization.name, organization.legal_name) then 'unchanged'
                  else private.name_fault(name) end),
    ('legal_name', case when private.visible_length(legal_name) < 2 then 'too_short' else private.name_fault(legal_name) end),
    ('message', case when private.visible_length(message) = 0 then 'required' when char_length(message) > 4000 then 'too_long' end),
    ('evidence_paths', case when cardinality(evidence_paths) > 10 then 'too_many' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  perform private.require_evidence(organization_id, evidence_paths);
  if exists (
    select from public.name_change_requests r
    where r.organization_id = request_name_change.organization_id and r.status = 'pending'
  ) then
    perform private.refuse('request_pending', 'A change of the name is being reviewed.', 'Wait for the answer, or withdraw it.');
  end if;
  insert into public.name_change_requests (organization_id, name, legal_name, message, evidence_paths, requested_by)
  values (organization_id, name, legal_name, message, evidence_paths, caller)
  returning * into requested;
  return requested;
end
$$;
comment on function public.request_name_change is
  'Owners and admins of a verified organization: asks for another name or legal name (null: it stays). Evidence as for submit_upgrade_request. The old name stays until it is approved. 403 not_allowed, 404 not_found, 409 invalid_transition (level B is not held) or request_pending, 422 invalid_input (unchanged, contains_link, mixed_scripts, …) or media_not_validated.';
grant execute on function public.request_name_change to authenticated;

create function public.withdraw_name_change(request_id uuid) returns public.name_change_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  request public.name_change_requests;
begin
  perform private.require_sign_in();
  select * into request from public.name_change_requests r where r.id = withdraw_name_change.request_id;
  if not found or private.role_of(request.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such request.');
  end if;
  perform private.act_in_organization(request.organization_id, 'admin');
  update public.name_change_requests r set status = 'withdrawn'
  where r.id = request.id and r.status = 'pending'
  returning * into request;
  if not found then
    perform private.refuse('invalid_transition', 'The request is not pending any more.');
  end if;
  return request;
end
$$;
comment on function public.withdraw_name_change is
  'Owners and admins: takes a pending change of the name back. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.withdraw_name_change to authenticated;

create function public.review_name_change(request_id uuid, decision text, comment text default null) returns public.name_change_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'review_name_change', (select r.organization_id from public.name_change_requests r where r.id = request_id), request_id::text,
    jsonb_build_object('decision', left(decision, 20)));
  request public.name_change_requests;
  faults jsonb;
begin
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('decision', case when decision is null or decision not in ('approved', 'rejected') then 'unknown' end),
    ('comment', case when decision = 'rejected' and coalesce(private.visible_length(comment), 0) = 0 then 'required'
                     when char_length(comment) > 4000 then 'too_long' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  select * into request from public.name_change_requests r where r.id = review_name_change.request_id;
  if not found then
    perform private.refuse('not_found', 'There is no such request.');
  end if;
  perform private.lock_organization(request.organization_id);

  update public.name_change_requests r
  set status = decision::public.name_change_status, reviewed_by = caller, reviewed_at = now(), review_comment = nullif(btrim(comment), '')
  where r.id = request.id and r.status = 'pending'
  returning * into request;
  if not found then
    perform private.refuse('invalid_transition', 'The request is not pending any more.');
  end if;
  if decision = 'approved' then
    update public.organizations o set name = request.name, legal_name = request.legal_name where o.id = request.organization_id;
  end if;
  perform private.notify(request.organization_id, 'name_reviewed', jsonb_build_object(
    'decision', decision, 'comment', request.review_comment, 'name', request.name, 'legal_name', request.legal_name));
  return request;
end
$$;
comment on function public.review_name_change is
  'Platform admins: approves another name, which then stands at once with both names in the public history, or rejects it with a comment. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.review_name_change to authenticated;


-- sql/34_public_status.sql

-- Public status: what anybody may know of an organization's levels: held, lost, and when. The pages, the badge and the e-mails say what is answered here.

create function private.require_visible_organization(organization_id uuid) returns void
  language plpgsql stable security definer set search_path = '' -- definer: visitors ask too
as $$
begin
  if not exists (
    select from public.organizations o
    where o.id = require_visible_organization.organization_id
      and (o.first_level_at is not null
        or o.id = any (array(select private.organization_ids_where('viewer')))
        or private.is_platform_admin()
        or private.is_service())
  ) then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
end
$$;
comment on function private.require_visible_organization is '404 not_found unless there is something to know: from the first level ever held everybody may know it, published or not; before that members, platform admins and the service key.';

-- A level is lost when it was held and is not held now; 0 that gave way to A is not lost. What is past its term counts as ended at its term,
-- with the reason it will be written down with, also before a job has come by.
create function private.level_stretches(organization_id uuid, as_of timestamptz)
  returns table (level public.status_level, held_from timestamptz, held_to timestamptz, valid_until timestamptz, is_written boolean, is_by_subscription boolean)
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the table
as $$
  select l.level, l.valid_from, coalesce(l.revoked_at, case when l.valid_until <= as_of then l.valid_until end),
    l.valid_until, l.revoked_at is not null, l.subscription_id is not null
  from public.organization_status_levels l
  where l.organization_id = level_stretches.organization_id
$$;
comment on function private.level_stretches is
  'Each time an organization held a level without a break: from, to (null while it goes on), its term, and whether its end is in the history.';

-- Who ended a level: us, billing, or the term it was held for. By the actor, never by the words of a reason.
create function private.ender(action public.status_level_action, actor_kind text) returns text
  language sql immutable set search_path = ''
as $$
  select case when action = 'expired' or actor_kind = 'job' then 'term' when actor_kind = 'billing' then 'billing' else 'chestno' end
$$;
comment on function private.ender is 'Who ended a level: chestno, billing or term (it ran out, or the criteria of C were not met any more).';

create function private.lost_levels(organization_id uuid, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the tables
as $$
  with newest as ( -- one that goes on comes before one that ended
    select distinct on (s.level) s.*
    from private.level_stretches(lost_levels.organization_id, as_of) s
    order by s.level, s.held_to desc nulls first
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'level', n.level, 'held_from', n.held_from, 'lost_at', n.held_to,
    'action', ended.action, 'reason', ended.reason, 'by', private.ender(coalesce(because_of.action, ended.action), coalesce(because_of.actor_kind, ended.actor_kind))
  ) order by n.level desc), '[]')
  from newest n
  cross join lateral (
    (
      select e.action, e.reason, e.actor_kind from public.status_level_events e
      where n.is_written and e.organization_id = lost_levels.organization_id and e.occurred_at = n.held_to
        and e.level = n.level and e.action in ('revoked', 'expired', 'superseded')
      order by e.id desc limit 1
    )
    union all
    select 'expired', 'term_ended', 'job' where not n.is_written and not n.is_by_subscription
    union all -- a term under a subscription is the end of one that was cancelled
    select 'revoked', 'subscription_cancelled', 'billing' where not n.is_written and n.is_by_subscription
  ) as ended
  left join lateral ( -- C falls with A or B: whoever ended that ended C
    select e.action, e.actor_kind from public.status_level_events e
    where n.level = 'C' and ended.reason = 'paid_level_lost' and e.organization_id = lost_levels.organization_id
      and e.occurred_at = n.held_to and e.level in ('A', 'B') and e.action in ('revoked', 'expired')
    order by e.id desc limit 1
  ) as because_of on true
  where n.held_to is not null and ended.action <> 'superseded'
$$;
comment on function private.lost_levels is
  'Levels held once and not now, highest first, each by its newest end: [{level, held_from, lost_at, action: revoked|expired, reason, by: chestno|billing|term}].';

-- A level that is held again does not undo that it was lost: when that was last, by the history.
create function private.regained_levels(organization_id uuid, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the tables
as $$
  select coalesce(jsonb_agg(jsonb_build_object('level', r.level, 'lost_at', r.lost_at) order by r.level desc), '[]')
  from (
    select s.level, max(e.occurred_at) as lost_at
    from private.level_stretches(regained_levels.organization_id, as_of) s
    join public.status_level_events e
      on e.organization_id = regained_levels.organization_id and e.level = s.level and e.action in ('revoked', 'expired')
    where s.held_to is null
    group by s.level
  ) r
$$;
comment on function private.regained_levels is
  'Levels held now that were lost before, highest first, each by its newest loss: [{level, lost_at}].';

-- What is said of an organization in sentences, each by its name and what it is filled with: pages, e-mails and badges only put words to it.
-- Levels that were lost on one day for one reason are one sentence, and those regained that were lost on one day. A reason is a code of ours, or
-- what a moderator wrote; one that is neither is not told.
create function private.verdict(levels jsonb, lost jsonb, regained jsonb, time_zone text) returns jsonb
  language sql stable set search_path = ''
as $$
  with held as (
    select jsonb_agg(l -> 'level') as levels from jsonb_array_elements(levels) as l
  ), losses as (
    select 1 as part, place, l from jsonb_array_elements(lost) with ordinality as each (l, place)
    union all
    select 2, place, l from jsonb_array_elements(regained) with ordinality as each (l, place)
  ), gone as (
    select part, min(place) as place, jsonb_agg(l -> 'level' order by place) as levels, (array_agg(l -> 'lost_at' order by place))[1] as at, l ->> 'reason' as reason
    from losses
    group by part, ((l ->> 'lost_at')::timestamptz at time zone time_zone)::date, l ->> 'reason'
  ), said as (
    select 0 as part, 0 as place, jsonb_build_object('sentence', 'held', 'levels', h.levels, 'unchecked', not h.levels @> '["B"]') as sentence
    from held h where h.levels is not null
    union all
    select g.part, g.place, jsonb_build_object(
      'sentence', case when coalesce(r.code, r.said) is null then 'lost_unexplained' else 'lost' end,
      'levels', g.levels, 'at', g.at, 'reason', r.code, 'said', r.said)
    from gone g
    cross join lateral (
      select k.reason as code, case when k.reason is null and g.reason !~ '^[a-z_]+$' then nullif(rtrim(g.reason, ' .…'), '') end as said
      from (select) as always
      left join unnest(enum_range(null::private.level_reason)::text[]) as k (reason) on k.reason = g.reason
    ) as r
    where g.part = 1
    union all
    select g.part, g.place, jsonb_build_object('sentence', 'regained', 'levels', g.levels, 'at', g.at)
    from gone g
    where g.part = 2
  )
  select coalesce(jsonb_agg(s.sentence order by s.part, s.place), '[{"sentence": "never"}]') from said s
$$;
comment on function private.verdict is
  'What is said of an organization, of the levels and losses that get_organization_status answers and of private.regained_levels: [{sentence: held|lost|lost_unexplained|regained|never, levels, unchecked (held), at (lost, regained), reason, said (lost)}]. unchecked: its documents were not looked at; reason: a code, or null when said has a moderator''s words; regained: held now, and lost before, the last time at that moment.';

create function private.organization_status(organization_id uuid, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the table, only to this answer
as $$
  with status as (
    select jsonb_build_object(
      'level', max(s.level) filter (where s.held_to is null),
      'levels', coalesce(jsonb_agg(jsonb_build_object(
        'level', s.level,
        'kind', case s.level when '0' then 'trial' when 'A' then 'paid' when 'B' then 'verified' when 'C' then 'earned' end,
        'since', s.held_from,
        'valid_until', s.valid_until
      ) order by s.level desc) filter (where s.held_to is null), '[]'),
      'lost', private.lost_levels(organization_status.organization_id, as_of),
      'stretches', coalesce(jsonb_agg(jsonb_build_object(
        'level', s.level, 'from', s.held_from, 'to', s.held_to) order by s.level desc, s.held_from), '[]'),
      'first_level_at', min(s.held_from),
      'verified', private.holds_b(organization_status.organization_id)
    ) as answer
    from private.level_stretches(organization_status.organization_id, as_of) s
  )
  select s.answer || jsonb_build_object('verdict', private.verdict(s.answer -> 'levels', s.answer -> 'lost', private.regained_levels(organization_status.organization_id, as_of), (
    select os.time_zone from public.organization_settings os where os.organization_id = organization_status.organization_id)))
  from status s
$$;
comment on function private.organization_status is 'What get_organization_status answers, of that moment.';

-- The one object that pages, e-mails and badges show of an organization: its seal and its verdict.
create function private.passport(organization_id uuid, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: e-mails are written for anyone
as $$
  select jsonb_build_object(
    'name', o.name, 'slug', o.slug,
    'level', coalesce(s.status ->> 'level', s.status #>> '{lost,0,level}'),
    'state', case when s.status ->> 'level' is not null then 'held' when s.status #> '{lost,0}' is not null then 'lost' else 'none' end,
    -- what was lost once and is held again is told on the page, not in each e-mail
    'verdict', jsonb_path_query_array(s.status -> 'verdict', '$[*] ? (@.sentence != "regained")'))
  from public.organizations o
  cross join lateral (select private.organization_status(o.id, as_of) as status) as s
  where o.id = passport.organization_id
$$;
comment on function private.passport is
  'The head of an e-mail about an organization: {name, slug, level, state: held|lost|none, verdict: as private.verdict, without what was regained}; the level held, else the highest that was lost; null when there is no such organization.';

create function public.get_organization_status(organization_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to the table, only to this answer
as $$
begin
  perform private.require_visible_organization(organization_id);
  return private.organization_status(organization_id, now());
end
$$;
comment on function public.get_organization_status is
  'Public: {level, levels: [{level, kind: paid|verified|earned|trial, since, valid_until}], lost: [{level, held_from, lost_at, action: revoked|expired, reason, by: chestno|billing|term}], stretches: [{level, from, to}], first_level_at, verified, verdict: [{sentence: held|lost|lost_unexplained|regained|never, levels, unchecked, at, reason, said}]}, highest level first, stretches in their order, to = null while it goes on; level is null when none is held. verified: B is held. verdict: what is to be said, sentence by sentence: held has unchecked (no documents were looked at), lost has at and reason (a code) or said (a moderator''s words), regained (held now, lost before) has at, its newest loss. 404 not_found.';
grant execute on function public.get_organization_status to anon, authenticated, service_role;

create function public.get_status_history(organization_id uuid)
  returns table (level public.status_level, action public.status_level_action, reason text, valid_until timestamptz, occurred_at timestamptz, detail jsonb)
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to the table, only to this answer
as $$
begin
  perform private.require_visible_organization(organization_id);
  return query
    select e.level, e.action, e.reason, e.valid_until, e.occurred_at, e.detail
    from public.status_level_events e
    where e.organization_id = get_status_history.organization_id
    order by e.occurred_at desc, e.id desc;
end
$$;
comment on function public.get_status_history is 'Public: everything that happened to the levels, newest first, without actors; detail: of name_changed, {name: {from, to}, legal_name: {from, to}}. Published or not, from the first level on; before it 404 not_found.';
grant execute on function public.get_status_history to anon, authenticated, service_role;


-- sql/40_plans.sql

-- Plans: what can be bought, and by whom. Facts about ЮKassa: https://yookassa.ru/developers/api. Money is numeric(12,2) in roubles.

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
-- insert, update, delete are not granted: set_plan_price (81_billing_cycle) changes prices

-- Prices are versions with a date, never edits: who holds a plan was told a price.
create table public.plan_prices (
  plan_id text not null references public.subscription_plans (id),
  valid_from timestamptz not null default now(),
  amount numeric(12, 2) not null,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  primary key (plan_id, valid_from),
  constraint amount_is_positive check (amount > 0)
);
comment on table public.plan_prices is
  'What each plan costs from which moment on, for who subscribes then. Who holds it pays the price subscribed to, until a notice of the new one is 30 days old.';
create index plan_prices_created_by_idx on public.plan_prices (created_by);
alter table public.plan_prices enable row level security;
grant select on public.plan_prices to authenticated, service_role;
create policy "everyone signed in reads the prices" on public.plan_prices
  for select to authenticated
  using (true);
-- insert, update, delete are not granted: set_plan_price writes

create function private.keep_plan_price() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  insert into public.plan_prices as v (plan_id, amount)
  select new.id, new.amount
  where new.amount is distinct from (
    select v.amount from public.plan_prices v where v.plan_id = new.id and v.valid_from <= now() order by v.valid_from desc limit 1)
  on conflict (plan_id, valid_from) do update set amount = excluded.amount;
  return null;
end
$$;
comment on function private.keep_plan_price is 'Trigger: a plan''s price that is set is a version from that moment on.';

create trigger subscription_plans_keep_price after insert or update of amount on public.subscription_plans
  for each row execute function private.keep_plan_price();

create function private.apply_plan_prices(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscription_plans p set amount = v.amount
  from (
    select distinct on (plan_id) plan_id, amount from public.plan_prices where valid_from <= as_of order by plan_id, valid_from desc
  ) as v
  where v.plan_id = p.id and v.amount <> p.amount
$$;
comment on function private.apply_plan_prices is 'A plan costs what its latest version says, from that version''s moment on.';

create function private.may_hold_plan(organization_id uuid, plan_id text) returns boolean
  language sql stable security definer set search_path = '' -- definer: payments ask for anyone
as $$
  select not p.requires_verification or private.may_buy_b(organization_id) from public.subscription_plans p where p.id = plan_id
$$;
comment on function private.may_hold_plan is 'False for a plan that asks for verification while the organization neither holds level B nor was approved for it.';


-- sql/41_subscriptions.sql

-- Subscriptions: what an organization pays for, and with which card.


-- Payment methods: a card as far as we may know it. ----------------------------------------------------------------------

create table public.payment_methods (
  id uuid primary key default private.new_id(),
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
  revoked_by text,
  refused_at timestamptz,
  constraint who_revoked_is_known check (revoked_by in ('person', 'bank')),
  constraint last4_is_four_digits check (card_last4 ~ '^[0-9]{4}$'),
  -- Federal law 376-ФЗ: what the customer took back is not kept, so that nothing can be charged.
  constraint a_forgotten_method_cannot_be_charged check ((revoked_at is null) = (yookassa_payment_method_id is not null)),
  constraint payment_methods_yookassa_id_key unique (organization_id, yookassa_payment_method_id)
);
comment on table public.payment_methods is
  'Saved payment methods. Forgetting one wipes its ЮKassa id; the row stays as evidence that and when it was forgotten.';

comment on column public.payment_methods.revoked_by is 'person: forgotten here, and what was under way then saves no card; bank: the permission was taken back there.';

comment on column public.payment_methods.refused_at is 'When the bank said of it what it will say again (a hard decline); null once it was checked anew.';

create trigger payment_methods_touch_updated_at before update on public.payment_methods
  for each row execute function private.touch_updated_at();

alter table public.payment_methods enable row level security;
grant select (id, organization_id, type, title, card_type, card_last4, expires_at, created_at, updated_at, revoked_at, revoked_by, refused_at)
  on public.payment_methods to authenticated; -- what a card is charged by is ours alone
grant select on public.payment_methods to service_role;
create policy "organization admins see the saved cards" on public.payment_methods
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('admin'))));
-- insert, update, delete are not granted: ЮKassa saves, forget_payment_method forgets
create function private.card(payment_method_id uuid) returns jsonb
  language sql stable security definer set search_path = '' -- definer: e-mails are written for anyone
as $$
  select jsonb_build_object('brand', m.card_type, 'last4', m.card_last4, 'title', m.title)
  from public.payment_methods m where m.id = payment_method_id
$$;
comment on function private.card is 'A card as people know it: {brand, last4, title}; null for none.';

-- ЮKassa gives a card another id each time that it is saved.
create function private.card_identity(method public.payment_methods) returns text
  language sql immutable set search_path = ''
as $$
  select case when method.card_last4 is null or method.expires_at is null then method.id::text
    else concat_ws('|', method.type, method.card_type, method.card_last4, extract(epoch from method.expires_at)) end
$$;
comment on function private.card_identity is 'What tells one card of an organization from another: two rows of the same card have the same.';


-- Subscriptions ----------------------------------------------------------------------------------------------------------

create type public.subscription_status as enum ('trialing', 'active', 'past_due', 'canceled', 'expired');

create function private.is_live(status public.subscription_status) returns boolean
  language sql immutable set search_path = ''
as $$
  select status in ('trialing', 'active', 'past_due')
$$;
comment on function private.is_live is
  'True while a subscription runs, grace included. Write it as it stands here, or the partial indexes that carry it are not used.';

create function private.grace_days() returns int
  language sql immutable set search_path = ''
as $$
  select 14
$$;
comment on function private.grace_days is 'How long the levels stay after a charge failed.';
-- The default of an argument is worked out by whoever calls.
grant execute on function private.grace_days to service_role;

create table public.subscriptions (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  plan_id text not null references public.subscription_plans (id),
  status public.subscription_status not null,
  amount numeric(12, 2) not null,
  coming_amount numeric(12, 2),
  coming_from timestamptz,
  trial_ends_at timestamptz,
  current_period_start timestamptz not null,
  current_period_end timestamptz not null,
  billing_anchor timestamptz not null,
  next_charge_at timestamptz,
  grace_started_at timestamptz,
  grace_until timestamptz,
  cancel_at_period_end boolean not null default false,
  canceled_at timestamptz,
  payment_method_id uuid references public.payment_methods (id),
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint a_trial_has_an_end check (status <> 'trialing' or trial_ends_at is not null),
  constraint a_period_ends_after_it_begins check (current_period_end > current_period_start),
  constraint what_is_over_or_ending_is_not_charged check (
    next_charge_at is null or (private.is_live(status) and not cancel_at_period_end)),
  constraint a_coming_price_has_a_date check ((coming_amount is null) = (coming_from is null)),
  constraint grace_is_for_the_past_due check (
    (status = 'past_due') = (grace_until is not null) and (grace_started_at is null) = (grace_until is null))
);
comment on table public.subscriptions is 'What an organization pays for. At most one is live (trialing, active, past_due).';
comment on column public.subscriptions.amount is 'The price subscribed to, in roubles: what each period costs.';
comment on column public.subscriptions.coming_amount is 'The price that people were told of, for the periods that begin from coming_from on: 30 days after the notice at the earliest.';
comment on column public.subscriptions.billing_anchor is 'The moment whose day of the month is the billing day.';
comment on column public.subscriptions.grace_started_at is 'When the first charge failed: the days of the retries are counted from here.';
comment on column public.subscriptions.next_charge_at is
  'When the saved card is charged next: the period''s end, or the next retry. Null while a charge is under way, and when none will be.';
create unique index one_live_subscription_per_organization
  on public.subscriptions (organization_id) where private.is_live(status);
create index subscriptions_organization_id_idx on public.subscriptions (organization_id, created_at desc);
create index subscriptions_next_charge_at_idx on public.subscriptions (next_charge_at) where next_charge_at is not null;
create index subscriptions_grace_until_idx on public.subscriptions (grace_until) where grace_until is not null;
create index subscriptions_ending_idx on public.subscriptions (current_period_end) where cancel_at_period_end and private.is_live(status);
create index subscriptions_plan_id_idx on public.subscriptions (plan_id);
create index subscriptions_payment_method_id_idx on public.subscriptions (payment_method_id);
create index subscriptions_created_by_idx on public.subscriptions (created_by);
create index subscriptions_status_idx on public.subscriptions (status, created_at desc, organization_id desc);

alter table public.organization_status_levels
  add constraint organization_status_levels_subscription_id_fkey foreign key (subscription_id) references public.subscriptions (id);

create trigger subscriptions_touch_updated_at before update on public.subscriptions
  for each row execute function private.touch_updated_at();

create function private.complete_subscription() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.amount := coalesce(new.amount, (select p.amount from public.subscription_plans p where p.id = new.plan_id));
  new.billing_anchor := coalesce(new.billing_anchor, new.trial_ends_at, new.current_period_start);
  if new.status in ('trialing', 'active') and not new.cancel_at_period_end then
    new.next_charge_at := coalesce(
      new.next_charge_at, case new.status when 'trialing' then new.trial_ends_at end, new.current_period_end);
  end if;
  return new;
end
$$;
comment on function private.complete_subscription is
  'Trigger: fills in what was not given. A new subscription costs what its plan costs now, has its billing day from the trial''s end or the period''s begin, and is charged when its trial or period ends.';

create trigger subscriptions_complete before insert on public.subscriptions
  for each row execute function private.complete_subscription();

create function private.complete_grace() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.grace_started_at := case when new.status = 'past_due' then
    coalesce(new.grace_started_at, least(now(), new.grace_until - make_interval(days => private.grace_days()))) end;
  return new;
end
$$;
comment on function private.complete_grace is
  'Trigger: grace began its usual length before its end, unless its begin is given; who is not past due is in no grace.';

create trigger subscriptions_complete_grace before insert or update of status, grace_until on public.subscriptions
  for each row execute function private.complete_grace();

alter table public.subscriptions enable row level security;
grant select on public.subscriptions to authenticated, service_role;
create policy "members and admins see the subscription" on public.subscriptions
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('viewer')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: payments and the billing RPCs move a subscription
create function private.renewal_price(subscription public.subscriptions, period_start timestamptz) returns numeric
  language sql immutable set search_path = ''
as $$
  select case when subscription.coming_from <= period_start then subscription.coming_amount else subscription.amount end
$$;
comment on function private.renewal_price is 'What a period of this subscription costs that begins then.';

create function private.coming_period(subscription public.subscriptions) returns jsonb
  language sql stable security definer set search_path = '' -- definer: billing asks for anyone
as $$
  select jsonb_build_object(
    'plan', p.title, 'amount', private.renewal_price(subscription, subscription.current_period_end)::text, 'currency', p.currency,
    'period_start', subscription.current_period_end,
    'period_end', private.next_period_end(subscription.billing_anchor, subscription.current_period_end, p.period, os.time_zone))
  from public.subscription_plans p, public.organization_settings os
  where p.id = subscription.plan_id and os.organization_id = subscription.organization_id
$$;
comment on function private.coming_period is 'The period that is to be paid next: {plan, amount, currency, period_start, period_end}, for what people are told of it.';

-- Who holds a plan pays the price subscribed to; who moves to it, the price of the day.
create function private.price_for(subscription public.subscriptions, plan_id text) returns numeric
  language sql stable security definer set search_path = '' -- definer: payments ask for anyone
as $$
  select case
    when subscription.plan_id = price_for.plan_id and private.is_live(subscription.status)
      then private.renewal_price(subscription, subscription.current_period_end)
    else (select p.amount from public.subscription_plans p where p.id = price_for.plan_id)
  end
$$;
comment on function private.price_for is 'What a plan costs whoever has this subscription (null: none).';

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

create function private.live_subscription(organization_id uuid) returns public.subscriptions
  language plpgsql stable security definer set search_path = '' -- definer: RPCs ask for anyone
as $$
declare
  live public.subscriptions;
begin
  select * into live from public.subscriptions s
  where s.organization_id = live_subscription.organization_id and private.is_live(s.status);
  if not found then
    perform private.refuse('not_found', 'The organization has no live subscription.');
  end if;
  return live;
end
$$;
comment on function private.live_subscription is 'The live subscription; 404 not_found.';

create function private.require_live_subscription(organization_id uuid, subscription_id uuid) returns void
  language plpgsql stable security definer set search_path = '' -- definer: RPCs ask for anyone
as $$
declare
  subscription public.subscriptions;
begin
  select * into subscription from public.subscriptions s
  where s.id = require_live_subscription.subscription_id and s.organization_id = require_live_subscription.organization_id;
  if not found then
    perform private.refuse('not_found', 'The organization has no such subscription.');
  end if;
  if not private.is_live(subscription.status) then
    perform private.refuse('invalid_transition', 'This subscription is over: it holds no levels.');
  end if;
end
$$;
comment on function private.require_live_subscription is
  '404 not_found unless the subscription is the organization''s own, 409 invalid_transition unless it is live.';


-- Trials: one for each organization and INN. -----------------------------------------------------------------------------

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
create function private.inn_digest(inn text) returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select encode(sha256(convert_to(inn || coalesce((select s.salt from private.platform_settings s), ''), 'UTF8')), 'hex')
$$;
comment on function private.inn_digest is 'What a deleted person''s INN is known by: a salted digest.';

-- Which cards asked for trials. One card begins two in 90 days, whoever brings it; then its owner pays at once.
create table private.trial_cards (
  card bytea not null,
  organization_id uuid not null,
  asked_at timestamptz not null,
  has_begun boolean not null,
  primary key (card, organization_id, asked_at)
);
comment on table private.trial_cards is
  'Trials that cards were brought for, begun and refused, of the last 90 days. card: a digest with a secret salt, from which no digit can be read.';
create index trial_cards_organization_id_idx on private.trial_cards (organization_id) where not has_begun;
create index trial_cards_asked_at_idx on private.trial_cards (asked_at);
alter table private.trial_cards enable row level security;
-- no grants and no policies: only definer functions read and write it
create function private.card_digest(method jsonb) returns bytea
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select sha256(convert_to(concat_ws('|', card ->> 'card_type', card ->> 'first6', card ->> 'last4', card ->> 'expiry_year',
    lpad(card ->> 'expiry_month', 2, '0'), (select s.salt from private.platform_settings s)), 'UTF8'))
  from (select method -> 'card') as shown (card)
  where card ?& array['card_type', 'first6', 'last4', 'expiry_year', 'expiry_month']
$$;
comment on function private.card_digest is
  'What a card is known by among those of trials: type, first six and last four digits and expiry, salted. Null for what is no card, or not told apart: it is not counted.';

-- Of two who bring one card at once, the second waits, and then counts the first.
create function private.may_begin_trial(card bytea, as_of timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('trial_card:' || encode(card, 'hex'), 0));
  return card is null or 2 > (
    select count(*) from private.trial_cards c
    where c.card = may_begin_trial.card and c.has_begun and c.asked_at > as_of - interval '90 days');
end
$$;
comment on function private.may_begin_trial is 'Whether this card begins one more trial; keeps it locked until the transaction ends.';

create function private.forget_trial_cards(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: the table is private
as $$
  delete from private.trial_cards c where c.asked_at <= as_of - interval '90 days'
$$;
comment on function private.forget_trial_cards is 'Cards are remembered as long as they count.';

create function private.has_had_trial(organization public.organizations) returns boolean
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select exists (
    select from private.used_trials t
    where t.inn in (organization.inn, private.inn_digest(organization.inn)) or t.organization_id = organization.id
  ) or exists (
    select from private.trial_cards c
    where c.organization_id = organization.id and not c.has_begun and c.asked_at > now() - interval '90 days'
  )
$$;
comment on function private.has_had_trial is
  'True when this organization, or another with its INN, has had a trial, or was refused one in the last 90 days for its card.';


-- Room: how much the plan allows. ----------------------------------------------------------------------------------------

-- What the live subscription's plan allows; without one, what the smallest plan does: whoever has not paid yet may try things out,
-- and has no more room than whoever pays the least.
create function private.require_room(organization_id uuid, limit_name text, taken bigint, wanted bigint default 1) returns void
  language plpgsql stable security definer set search_path = '' -- definer: the invited do not see the subscription
as $$
declare
  most bigint;
begin
  select (p.limits ->> limit_name)::bigint into most
  from public.subscription_plans p
  left join public.subscriptions s
    on s.plan_id = p.id and s.organization_id = require_room.organization_id and private.is_live(s.status)
  where s.id is not null or p.is_active
  order by s.id is not null desc, p.level, p.amount
  limit 1;
  if most is not null and taken + wanted > most then -- null: unlimited
    perform private.refuse('plan_limit_reached', format('The plan has room for %s (%s), and %s are taken.', most, limit_name, taken),
                           'Move to a bigger plan, or remove what is not needed.');
  end if;
end
$$;
comment on function private.require_room is
  'Refuses to take more of a limit (members, qr_codes, stories_per_month) than the organization''s plan has: 402 plan_limit_reached. What is there already stays when a plan gets smaller. The caller has the organization''s lock.';


-- sql/42_subscription_states.sql

-- Subscription states: how a subscription moves from one to the next, and its levels with it.
-- Only this file writes public.subscriptions, so that every way of moving one is here to be read; a test holds it.


-- Retries: after a soft decline the card is tried again on these days. ---------------------------------------------------

create table public.subscription_retry_attempts (
  id uuid primary key default private.new_id(),
  subscription_id uuid not null references public.subscriptions (id) on delete restrict,
  period_start timestamptz not null,
  attempt int not null,
  scheduled_at timestamptz not null,
  attempted_at timestamptz,
  transaction_id uuid, -- references public.payment_transactions, which comes with 43_transactions
  outcome text,
  reason text,
  constraint outcome_is_known check (outcome in ('succeeded', 'declined', 'not_needed', 'given_up')),
  constraint subscription_retry_attempts_key unique (subscription_id, period_start, attempt)
);
comment on table public.subscription_retry_attempts is
  'When a declined charge is tried again: 1, 3, 5, 7, 10 and 13 days after grace began, as far as it lasts. outcome is null while it is to come.';
create index subscription_retry_attempts_transaction_id_idx on public.subscription_retry_attempts (transaction_id);

create function private.complete_retry_attempt() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.period_start := coalesce(new.period_start, (select s.current_period_end from public.subscriptions s where s.id = new.subscription_id));
  return new;
end
$$;
comment on function private.complete_retry_attempt is 'Trigger: a retry is for the period that comes after the one paid last, unless another is given.';

create trigger subscription_retry_attempts_complete before insert on public.subscription_retry_attempts
  for each row execute function private.complete_retry_attempt();

alter table public.subscription_retry_attempts enable row level security;
grant select on public.subscription_retry_attempts to authenticated, service_role;
create policy "organization admins and platform admins see the retries" on public.subscription_retry_attempts
  for select to authenticated
  using (
    subscription_id = any (array(
      select s.id from public.subscriptions s where s.organization_id = any (array(select private.organization_ids_where('admin')))))
    or ((select private.is_platform_admin()) and subscription_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: declines and charges write

-- Why a charge failed. https://yookassa.ru/developers/payment-acceptance/after-the-payment/declined-payments and, from no_payment_method
-- on, what ЮKassa's API or we ourselves say. ЮKassa adds reasons without notice: one that is not here is soft, and told as `other`.
create function private.decline_reasons() returns table (reason text, is_hard boolean)
  language sql immutable set search_path = ''
as $$
  values
    ('3d_secure_failed',              true),
    ('call_issuer',                   false),
    ('canceled_by_merchant',          false),
    ('card_expired',                  true),
    ('country_forbidden',             true),
    ('expired_on_capture',            false),
    ('expired_on_confirmation',       false),
    ('fraud_suspected',               true),
    ('general_decline',               false),
    ('identification_required',       true),
    ('insufficient_funds',            false),
    ('internal_timeout',              false),
    ('invalid_card_number',           true),
    ('invalid_csc',                   true),
    ('issuer_unavailable',            false),
    ('payment_method_limit_exceeded', false),
    ('payment_method_restricted',     true),
    ('permission_revoked',            true),
    ('rejected_by_timeout',           false),
    ('unsupported_mobile_operator',   true),
    ('no_payment_method',             true),
    ('invalid_request',               true),
    ('forbidden',                     true),
    ('subscription_over',             false),
    ('already_paid',                  false),
    ('verification_required',         true),  -- the level was taken back, so that its next period is not for sale
    ('not_as_asked',                  false), -- what came was another payment than we asked for, and it goes back
    ('trial_already_used',            false), -- the card, or meanwhile the INN, has had its trials
    ('abandoned',                     false), -- a person left its page for good
    ('refused',                       false), -- what ЮKassa's API says, as people are told of it
    ('other',                         false)  -- and what we do not know
$$;
comment on function private.decline_reasons is
  'Every reason of a decline that we have words for; is_hard: the same card will be declined again, so that only a new one helps.';

create function private.is_hard_decline(reason text) returns boolean
  language sql immutable set search_path = ''
as $$
  select coalesce((select d.is_hard from private.decline_reasons() d where d.reason = is_hard_decline.reason), false)
$$;
comment on function private.is_hard_decline is 'True when the same card will be declined again, so that only a new one helps.';


-- Levels follow the subscription. ----------------------------------------------------------------------------------------

create function private.set_paid_level(subscription_id uuid, level public.status_level, as_of timestamptz)
  returns public.status_level_action
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  subscription public.subscriptions;
begin
  select * into subscription from public.subscriptions s where s.id = set_paid_level.subscription_id;
  return private.set_level(
    subscription.organization_id, level,
    case when subscription.cancel_at_period_end then subscription.current_period_end end,
    subscription.id, null, 'billing', as_of
  );
end
$$;
comment on function private.set_paid_level is
  'Holds the level by the subscription: no end while it lives on. The caller has the organization''s lock.';

-- What is left of a term that was granted before the subscription came stays; otherwise the level is revoked.
create function private.release_level(held public.organization_status_levels, reason text, as_of timestamptz) returns boolean
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if held.granted_until > as_of then
    update public.organization_status_levels l
    set subscription_id = null, valid_until = nullif(held.granted_until, 'infinity'), granted_until = null
    where l.id = held.id;
    perform private.note_status_event(held.organization_id, held.level, 'extended', 'granted_before', nullif(held.granted_until, 'infinity'), 'billing', as_of);
    return false;
  end if;
  return private.end_level(held.organization_id, held.level, 'revoked', reason, 'billing', as_of);
end
$$;
comment on function private.release_level is
  'A subscription that is over releases a level: false when the organization keeps it by an earlier grant. The caller has the organization''s lock.';

-- The levels a subscription holds say when they end: never while it lives on, at the period's end when it is set to end. That somebody
-- cancels or takes it back is no buyer's business: valid_until says it, and the history of what was held is not added to.
create function private.sync_level_terms(subscription public.subscriptions) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.organization_status_levels l
  set valid_until = case when subscription.cancel_at_period_end then subscription.current_period_end end
  where l.subscription_id = subscription.id and l.is_active
$$;
comment on function private.sync_level_terms is 'Sets the end of the levels that a subscription holds, without a public event.';


-- Moving -----------------------------------------------------------------------------------------------------------------

-- Status and levels move together. reason: why levels end; null: the status says it. grace_until: for the past due; null: the usual time.
create function private.move_subscription(
  subscription_id uuid, new_status public.subscription_status, reason text, as_of timestamptz, grace_until timestamptz default null
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
  plan public.subscription_plans;
  was public.subscription_status;
  action text := 'none';
  held public.organization_status_levels;
begin
  select s.status into was from public.subscriptions s where s.id = move_subscription.subscription_id;
  update public.subscriptions s
  set status = new_status,
      grace_started_at = case when new_status = 'past_due' then as_of end,
      grace_until = case when new_status = 'past_due'
                    then coalesce(move_subscription.grace_until, as_of + make_interval(days => private.grace_days())) end,
      canceled_at = case when new_status = 'canceled' then coalesce(s.canceled_at, as_of) else s.canceled_at end,
      next_charge_at = case when new_status in ('trialing', 'active') then s.next_charge_at end -- the past due: by their retries
  where s.id = move_subscription.subscription_id and s.status is distinct from new_status
  returning * into subscription;
  if not found then
    select * into subscription from public.subscriptions s where s.id = move_subscription.subscription_id;
  end if;
  select * into plan from public.subscription_plans p where p.id = subscription.plan_id;

  case new_status
    when 'trialing' then
      perform private.set_level(
        subscription.organization_id, '0', case when subscription.cancel_at_period_end then subscription.current_period_end end,
        subscription.id, null, 'billing', as_of);
    when 'active' then
      if was = 'past_due' then
        perform private.note_status_event(l.organization_id, l.level, 'grace_ended', 'paid', null, 'billing', as_of)
        from public.organization_status_levels l where l.subscription_id = subscription.id and l.is_active;
      end if;
      -- A B that we took away does not come back; who pays for it is a member all the same.
      if private.set_paid_level(
        subscription.id, case when private.may_hold_plan(subscription.organization_id, plan.id) then plan.level else 'A' end, as_of
      ) = 'granted' then
        action := 'granted';
      end if;
      -- Who pays for a lower plan after a payment failed gave the higher level up.
      perform private.release_level(l, 'subscription_cancelled', as_of)
      from public.organization_status_levels l
      where l.subscription_id = subscription.id and l.is_active and l.level > plan.level;
    when 'past_due' then
      for held in
        select l.* from public.organization_status_levels l
        where l.subscription_id = subscription.id and l.is_active
          and not exists ( -- said once for each term of grace
            select from public.status_level_events e
            where e.organization_id = subscription.organization_id and e.level = l.level
              and e.action = 'grace_started' and e.valid_until = subscription.grace_until
          )
      loop
        perform private.note_status_event(subscription.organization_id, held.level, 'grace_started', 'payment_failed',
                                          subscription.grace_until, 'billing', as_of);
        action := 'grace_period_started';
      end loop;
    when 'canceled', 'expired' then
      for held in
        select l.* from public.organization_status_levels l
        where l.subscription_id = subscription.id and l.is_active
      loop
        if private.release_level(
          held, coalesce(reason, case new_status when 'expired' then 'grace_period_ended' else 'subscription_cancelled' end), as_of
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

create function private.open_subscription(
  organization_id uuid, plan_id text, status public.subscription_status, period_start timestamptz, period_end timestamptz,
  payment_method_id uuid, created_by uuid, amount numeric
) returns public.subscriptions
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.subscriptions
    (organization_id, plan_id, status, trial_ends_at, current_period_start, current_period_end, payment_method_id, created_by, amount)
  values (organization_id, plan_id, status, case status when 'trialing' then period_end end, period_start, period_end, payment_method_id, created_by, amount)
  returning *
$$;
comment on function private.open_subscription is
  'A new subscription, trialing or active, for its first period, at the price that was told (null: the plan''s). Its levels come with move_subscription. The caller has the organization''s lock.';

-- payment_method_id: the card it was paid with, when that was saved. keeps_cancellation: we charged, or they cancelled after they had begun to
-- pay; who cancelled before, and pays by hand, wants to go on.
create function private.enter_period(
  subscription_id uuid, plan_id text, billing_anchor timestamptz, period_start timestamptz, period_end timestamptz,
  payment_method_id uuid, keeps_cancellation boolean, amount numeric
) returns public.subscriptions
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscriptions s
  set plan_id = enter_period.plan_id, amount = enter_period.amount,
      coming_amount = case when s.plan_id = enter_period.plan_id and s.coming_amount <> enter_period.amount then s.coming_amount end,
      coming_from = case when s.plan_id = enter_period.plan_id and s.coming_amount <> enter_period.amount then s.coming_from end,
      billing_anchor = enter_period.billing_anchor,
      current_period_start = enter_period.period_start, current_period_end = enter_period.period_end,
      -- a card that the bank has refused for good is not planned on
      payment_method_id = coalesce(enter_period.payment_method_id, (
        select m.id from public.payment_methods m where m.id = s.payment_method_id and m.refused_at is null)),
      cancel_at_period_end = s.cancel_at_period_end and keeps_cancellation,
      canceled_at = case when keeps_cancellation then s.canceled_at end
  where s.id = subscription_id
  returning *
$$;
comment on function private.enter_period is 'A subscription enters a period that was paid. The caller has the organization''s lock.';

-- For money that came another way than through ЮKassa and record_payment.
create function private.begin_period(subscription public.subscriptions) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  period_end timestamptz := subscription.current_period_end;
begin
  if period_end <= now() then
    select private.next_period_end(subscription.billing_anchor, period_end, p.period, os.time_zone) into period_end
    from public.subscription_plans p, public.organization_settings os
    where p.id = subscription.plan_id and os.organization_id = subscription.organization_id;
    update public.subscriptions s set current_period_start = s.current_period_end, current_period_end = period_end where s.id = subscription.id;
  end if;
  update public.subscription_retry_attempts r set outcome = 'not_needed' where r.subscription_id = subscription.id and r.outcome is null;
  perform private.plan_next_charge(subscription.id, case when not subscription.cancel_at_period_end then period_end end);
end
$$;
comment on function private.begin_period is
  'The next period begins when this one is over, without a charge of ours; the next charge is at its end. The caller has the organization''s lock.';

create function private.plan_next_charge(subscription_id uuid, at timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscriptions s set next_charge_at = at where s.id = subscription_id
$$;
comment on function private.plan_next_charge is 'Says when the saved card is charged next; null: not at all.';

create function private.take_due_charges(subscription_ids uuid[], as_of timestamptz) returns setof uuid
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscriptions s set next_charge_at = null -- under way
  where s.id = any (subscription_ids) and s.next_charge_at <= as_of
  returning s.id
$$;
comment on function private.take_due_charges is 'Of these subscriptions, those whose charge is still due; it is no more, for the caller makes it.';

-- Nothing more is charged; what is paid runs out.
create function private.schedule_cancellation(subscription_id uuid, as_of timestamptz) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  update public.subscriptions s
  set cancel_at_period_end = true, canceled_at = coalesce(s.canceled_at, as_of), next_charge_at = null
  where s.id = schedule_cancellation.subscription_id and private.is_live(s.status)
  returning * into subscription;
  if not found then
    return null;
  end if;
  update public.subscription_retry_attempts r set outcome = 'given_up', reason = 'subscription_cancelled'
  where r.subscription_id = subscription.id and r.outcome is null and r.attempted_at is null;

  if subscription.current_period_end <= as_of then
    perform private.move_subscription(subscription.id, 'canceled', null, as_of); -- past due: what was paid is over
  else
    perform private.sync_level_terms(subscription);
  end if;
  select * into subscription from public.subscriptions s where s.id = schedule_cancellation.subscription_id;
  return subscription;
end
$$;
comment on function private.schedule_cancellation is
  'A live subscription and its levels end with the period, at once when the period is over; null when it is not live. The caller has the organization''s lock.';

create function private.undo_cancellation(subscription_id uuid, as_of timestamptz) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  update public.subscriptions s
  set cancel_at_period_end = false, canceled_at = null, next_charge_at = s.current_period_end
  where s.id = undo_cancellation.subscription_id
  returning * into subscription;
  perform private.sync_level_terms(subscription);
  return subscription;
end
$$;
comment on function private.undo_cancellation is
  'A subscription that was to end with its period goes on, and is charged then. The caller has the organization''s lock, and has looked whether it may.';


-- The card ---------------------------------------------------------------------------------------------------------------

create function private.put_card(subscription_id uuid, payment_method_id uuid) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscriptions s set payment_method_id = put_card.payment_method_id where s.id = put_card.subscription_id
$$;
comment on function private.put_card is 'The subscription is charged to this card from now on. The caller has the organization''s lock.';

create function private.forget_card(payment_method_id uuid, as_of timestamptz, revoked_by text default 'person') returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscription_retry_attempts r set outcome = 'given_up', reason = 'no_payment_method'
  from public.subscriptions s
  where s.payment_method_id = forget_card.payment_method_id and s.status = 'past_due'
    and r.subscription_id = s.id and r.outcome is null and r.attempted_at is null;
  update public.subscriptions s
  set payment_method_id = null, next_charge_at = case when s.status <> 'past_due' then s.next_charge_at end -- then grace begins
  where s.payment_method_id = forget_card.payment_method_id;
  update public.payment_methods m set revoked_at = as_of, revoked_by = forget_card.revoked_by, yookassa_payment_method_id = null
  where m.id = forget_card.payment_method_id and m.revoked_at is null;
$$;
comment on function private.forget_card is
  'Nothing can be charged to this card any more (376-ФЗ), and nothing is planned on it. The caller has the organization''s lock.';


-- Prices -----------------------------------------------------------------------------------------------------------------

-- Who holds a plan whose price has a newer version is told of both, and pays the new one 30 days later at the earliest.
create function private.notice_prices(as_of timestamptz, max_rows int) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  holder record;
  told int := 0;
begin
  update public.subscriptions s set coming_amount = null, coming_from = null -- it was taken back
  from (select distinct on (plan_id) plan_id, amount from public.plan_prices order by plan_id, valid_from desc) as v
  where v.plan_id = s.plan_id and s.coming_amount is not null and v.amount = s.amount;

  for holder in
    select s.id, s.organization_id, s.amount as from_amount, v.amount as to_amount, greatest(v.valid_from, as_of + interval '30 days') as applies_from,
      p.title, p.currency
    from public.subscriptions s
    join public.subscription_plans p on p.id = s.plan_id
    join (select distinct on (plan_id) plan_id, amount, valid_from from public.plan_prices order by plan_id, valid_from desc) as v
      on v.plan_id = s.plan_id
    where private.is_live(s.status) and not s.cancel_at_period_end and v.amount <> coalesce(s.coming_amount, s.amount)
    order by s.id limit max_rows
    for no key update of s skip locked
  loop
    update public.subscriptions s set coming_amount = holder.to_amount, coming_from = holder.applies_from where s.id = holder.id;
    perform private.notify(holder.organization_id, 'price_changing', jsonb_build_object(
      'from', holder.from_amount::text, 'to', holder.to_amount::text, 'currency', holder.currency, 'plan', holder.title,
      'applies_from', holder.applies_from), as_of);
    told := told + 1;
  end loop;
  return told;
end
$$;
comment on function private.notice_prices is 'Tells who holds a plan of its new price: both prices, and from which charge on; how many.';


-- Grace ------------------------------------------------------------------------------------------------------------------

create function private.begin_grace(
  subscription public.subscriptions, reason text, as_of timestamptz, days int default private.grace_days(), payment_method_id uuid default null
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  moved jsonb;
begin
  moved := private.move_subscription(subscription.id, 'past_due', null, as_of, as_of + make_interval(days => days));
  perform private.plan_retries(subscription.id, reason, as_of);
  perform private.notify_decline(subscription.id, 'grace_started', reason, payment_method_id, as_of);
  return moved;
end
$$;
comment on function private.begin_grace is
  'A subscription becomes past due: its levels stay until grace is over, the card is tried again, people are told. Answers as move_subscription. The caller has the organization''s lock.';

-- After a soft decline the card is tried on the days that are left, counted from when grace began; after a hard one not at all.
create function private.plan_retries(subscription_id uuid, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if private.is_hard_decline(reason)
    or exists (select from public.subscriptions s where s.id = plan_retries.subscription_id and s.payment_method_id is null) -- nothing to try
  then
    update public.subscription_retry_attempts r set outcome = 'given_up', reason = plan_retries.reason
    where r.subscription_id = plan_retries.subscription_id and r.outcome is null;
  else
    insert into public.subscription_retry_attempts as r (subscription_id, period_start, attempt, scheduled_at)
    select s.id, s.current_period_end, plan.attempt, plan.day
    from public.subscriptions s
    cross join lateral (
      select attempt, s.grace_started_at + make_interval(days => days) as day
      from unnest(array[1, 3, 5, 7, 10, 13]) with ordinality as plan (days, attempt)
    ) as plan
    where s.id = plan_retries.subscription_id and plan.day > as_of and plan.day <= s.grace_until
    on conflict on constraint subscription_retry_attempts_key do update set outcome = null, reason = null
    where r.outcome = 'given_up' and r.attempted_at is null; -- a hard decline gave them up; there is a new card since
  end if;
  perform private.plan_next_charge(plan_retries.subscription_id, (
    select min(r.scheduled_at) from public.subscription_retry_attempts r
    where r.subscription_id = plan_retries.subscription_id and r.outcome is null and r.attempted_at is null and r.scheduled_at > as_of));
end
$$;
comment on function private.plan_retries is 'Plans the retries of a past due subscription, or gives them up, by the class of the decline.';

create function private.notify_decline(subscription_id uuid, kind text, reason text, payment_method_id uuid, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  perform private.notify(s.organization_id, kind,
    private.coming_period(s) || jsonb_build_object(
      'reason', reason, 'next_charge_at', s.next_charge_at, 'grace_until', s.grace_until, 'payment_method_id', notify_decline.payment_method_id), as_of)
  from public.subscriptions s where s.id = subscription_id;
end
$$;
comment on function private.notify_decline is
  'Tells people why a charge of this card failed (null: of the present one, or there was none), of what period, when the next one is, and how long the levels stay.';

create function private.decline_subscription(subscription_id uuid, reason text, as_of timestamptz, payment_method_id uuid default null) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  select * into subscription from public.subscriptions s where s.id = decline_subscription.subscription_id;
  if not private.is_live(subscription.status) or subscription.cancel_at_period_end then
    return; -- it was cancelled meanwhile: nothing is owed
  end if;
  if subscription.payment_method_id <> decline_subscription.payment_method_id
    and exists (select from public.payment_methods m where m.id = subscription.payment_method_id and m.revoked_at is null and m.refused_at is null)
  then
    perform private.plan_next_charge(subscription.id, as_of); -- a decline belongs to the card that was tried: another is there by now
    return;
  end if;
  if subscription.status = 'past_due' then
    perform private.plan_retries(subscription.id, reason, as_of);
    perform private.notify_decline(subscription.id, 'payment_failed', reason, payment_method_id, as_of);
  else
    perform private.begin_grace(subscription, reason, as_of, payment_method_id => payment_method_id);
  end if;
end
$$;
comment on function private.decline_subscription is
  'A charge of this card failed (null: of the present one, or there was none): the subscription''s present card is charged at once, if that is another; else grace begins once, retries are planned or given up. The caller has the organization''s lock.';


-- sql/43_transactions.sql

-- Transactions: payments we asked for, written before ЮKassa is called, so that no answer can come to something we do not know.

-- trial_hold and card_check hold 1 ₽ to check a card, and release it; renewal is charged by us, the others by a person on ЮKassa's page
create type public.transaction_kind as enum ('trial_hold', 'first_payment', 'renewal', 'plan_change', 'card_check');
create type public.transaction_status as enum ('created', 'pending', 'waiting_for_capture', 'succeeded', 'canceled', 'quarantined');

create function private.is_undecided(status public.transaction_status) returns boolean
  language sql immutable set search_path = ''
as $$
  select status in ('created', 'pending', 'waiting_for_capture')
$$;
comment on function private.is_undecided is 'True while money may still move.';

create table public.payment_transactions (
  id uuid primary key default private.new_id(),
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
  payment_method_id uuid references public.payment_methods (id),
  card jsonb,
  period_start timestamptz,
  begun_at timestamptz,
  quoted_from jsonb,
  credit numeric(12, 2) not null default 0,
  bonus_days int not null default 0,
  receipt_registration text,
  paid_amount numeric(12, 2),
  paid_currency text,
  refunded_amount numeric(12, 2) not null default 0,
  cancellation_party text,
  cancellation_reason text,
  quarantine_reason text,
  judged_at timestamptz,
  voided_at timestamptz,
  status_source text not null default 'checkout',
  next_check_at timestamptz,
  checks int not null default 0,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint amount_is_positive check (amount > 0),
  constraint currency_is_roubles check (currency = 'RUB'),
  constraint refunds_fit_what_was_paid check (refunded_amount between 0 and coalesce(paid_amount, amount)),
  constraint idempotence_key_fits check (idempotence_key ~ '^[A-Za-z0-9._-]{1,64}$'),
  constraint quarantine_has_a_reason check ((status = 'quarantined') = (quarantine_reason is not null)),
  constraint only_the_undecided_are_checked check (
    (next_check_at is null) = (not private.is_undecided(status) and receipt_registration is distinct from 'pending')
    or (status = 'canceled' and voided_at is not null)), -- abandoned, and its page at ЮKassa may still be open
  constraint a_renewal_names_its_period_and_card check (
    kind <> 'renewal' or not private.is_undecided(status) or (subscription_id, period_start, payment_method_id) is not null),
  -- what a card is charged by is ours alone, and ours no longer than until it is charged
  constraint what_is_decided_names_no_card check (private.is_undecided(status) or position('"payment_method_id"' in request_body) = 0),
  constraint credit_is_not_negative check (credit >= 0 and bonus_days >= 0),
  constraint payment_transactions_yookassa_payment_id_key unique (yookassa_payment_id),
  constraint payment_transactions_idempotence_key_key unique (idempotence_key)
);
comment on table public.payment_transactions is
  'Every payment we asked for: amount in roubles, the exact request_body and idempotence_key sent, and what became of it.';
comment on column public.payment_transactions.paid_amount is 'What ЮKassa really took, in paid_currency; null while it took nothing. It is the amount, unless the payment was quarantined.';
comment on column public.payment_transactions.method_saved is 'Whether ЮKassa saved the card; null while undecided.';
comment on column public.payment_transactions.status_source is 'Who brought the present status: checkout, renewal, webhook, return, sweep or admin.';
comment on column public.payment_transactions.payment_method_id is 'The saved card a renewal is charged to.';
comment on column public.payment_transactions.card is 'What was paid with, as ЮKassa named it: {brand, last4, title}; forgotten with the organization.';
comment on column public.payment_transactions.period_start is 'Which period it pays for: the period''s first moment.';
comment on column public.payment_transactions.request_body is 'What was sent to ЮKassa, byte for byte, while it may be sent again; then without the id of the card.';
comment on column public.payment_transactions.begun_at is 'When a renewal was sent on its way to ЮKassa: the last moment at which a forgotten card stops it.';
comment on column public.payment_transactions.quoted_from is
  'What it was quoted from: {subscription_id, plan_id, period_start, period_end, cost, price, canceled_at, forgotten}. If it is no more so when the money comes, the money goes back.';
comment on column public.payment_transactions.credit is 'Roubles credited for unused days of the plan before (plan_change).';
comment on column public.payment_transactions.bonus_days is 'Days added to the new period when the credit was larger than the price (plan_change).';
comment on column public.payment_transactions.receipt_registration is 'ЮKassa''s state of the receipt (54-ФЗ): pending, succeeded, canceled; null without one.';
comment on column public.payment_transactions.judged_at is 'When a platform admin decided on a quarantined payment.';
comment on column public.payment_transactions.voided_at is 'When it was decided that it begins nothing any more: it was abandoned, or the organization went to somebody else. Its money goes back.';
comment on column public.payment_transactions.next_check_at is 'When the sweep asks ЮKassa about it; null once decided.';
create index payment_transactions_organization_id_idx on public.payment_transactions (organization_id, created_at desc);
create index payment_transactions_subscription_id_idx on public.payment_transactions (subscription_id);
create index payment_transactions_plan_id_idx on public.payment_transactions (plan_id);
create index payment_transactions_created_at_idx on public.payment_transactions (created_at desc, id desc);
create index payment_transactions_status_idx on public.payment_transactions (status, created_at desc, id desc);
create index payment_transactions_amount_idx on public.payment_transactions (amount, created_at desc, id desc);
create index payment_transactions_refunded_idx on public.payment_transactions (created_at desc, id desc) where refunded_amount > 0;
create index payment_transactions_created_by_idx on public.payment_transactions (created_by);
create index payment_transactions_payment_method_id_idx on public.payment_transactions (payment_method_id);
-- Never two charges for one period, and no new attempt while one is undecided.
create unique index one_success_per_subscription_and_period
  on public.payment_transactions (subscription_id, period_start) where status = 'succeeded' and kind in ('first_payment', 'renewal');
create unique index one_undecided_renewal_per_subscription
  on public.payment_transactions (subscription_id) where kind = 'renewal' and private.is_undecided(status);
create index payment_transactions_put_aside_idx on public.payment_transactions (subscription_id) where status = 'quarantined' and judged_at is null;
create index payment_transactions_to_check_idx on public.payment_transactions (next_check_at) where next_check_at is not null;

alter table public.subscription_retry_attempts
  add constraint subscription_retry_attempts_transaction_id_fkey foreign key (transaction_id) references public.payment_transactions (id);

create trigger payment_transactions_touch_updated_at before update on public.payment_transactions
  for each row execute function private.touch_updated_at();

-- What follows from the rest of a new payment, unless it is given.
create function private.complete_transaction() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  if new.status = 'quarantined' then
    new.quarantine_reason := coalesce(new.quarantine_reason, 'unknown');
  end if;
  if new.status in ('succeeded', 'quarantined') then
    new.paid_amount := coalesce(new.paid_amount, new.amount);
    new.paid_currency := coalesce(new.paid_currency, new.currency);
  end if;
  if not private.is_undecided(new.status) then
    return new;
  end if;
  new.next_check_at := coalesce(new.next_check_at, new.created_at + interval '2 minutes');
  if new.kind = 'renewal' then
    select coalesce(new.period_start, s.current_period_end), coalesce(new.payment_method_id, s.payment_method_id)
    into new.period_start, new.payment_method_id
    from public.subscriptions s where s.id = new.subscription_id;
  end if;
  return new;
end
$$;
comment on function private.complete_transaction is
  'Trigger: a new payment without an outcome is looked at after two minutes; a new renewal charges the subscription''s card for its next period.';

create trigger payment_transactions_complete before insert on public.payment_transactions
  for each row execute function private.complete_transaction();

create function private.strip_card() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.request_body := (new.request_body::jsonb - 'payment_method_id')::text;
  return new;
end
$$;
comment on function private.strip_card is 'Trigger: a payment that is decided is not sent again, so ЮKassa''s id of the card is not kept with it.';

create trigger payment_transactions_strip_card before insert or update of status on public.payment_transactions
  for each row when (not private.is_undecided(new.status) and position('"payment_method_id"' in new.request_body) > 0)
  execute function private.strip_card();

-- Why a payment is put aside. What a payment cannot be used for is our own doing, and its money goes back by itself; a person decides about the rest.
create function private.quarantine_reasons() returns table (reason text, goes_back boolean)
  language sql immutable set search_path = ''
as $$
  values
    ('amount',                false),
    ('currency',              false),
    ('shop',                  false),
    ('test',                  false),
    ('already_paid',          true),
    ('subscription_over',     true),
    ('verification_required', true),
    ('changed_meanwhile',     true),
    ('given_up',              true),
    ('abandoned',             true)
$$;
comment on function private.quarantine_reasons is
  'Why payments are put aside; goes_back: the money is given back by itself, and nobody has to decide.';

create function private.awaits_verdict(transaction public.payment_transactions) returns boolean
  language sql immutable set search_path = ''
as $$
  select transaction.status = 'quarantined' and transaction.judged_at is null
    and not exists (select from private.quarantine_reasons() r where r.reason = transaction.quarantine_reason and r.goes_back)
$$;
comment on function private.awaits_verdict is 'True for a payment that was put aside for a person to decide on, until that is done.';

create function private.is_abandoned(transaction public.payment_transactions) returns boolean
  language sql immutable set search_path = ''
as $$
  select transaction.status = 'canceled' and transaction.voided_at is not null and transaction.next_check_at is not null
$$;
comment on function private.is_abandoned is
  'True for a page that a person left for good, while ЮKassa has not ended it: who pays it all the same gets the money back.';

create function private.is_open_charge(transaction public.payment_transactions) returns boolean
  language sql immutable set search_path = ''
as $$
  select transaction.kind = 'renewal' and (private.is_undecided(transaction.status) or private.awaits_verdict(transaction))
$$;
comment on function private.is_open_charge is
  'True while a charge of ours has no end: ЮKassa makes up its mind, or what it took waits for a person''s verdict. No other is made meanwhile.';

create function private.has_open_charge(subscription_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: members do not see payments
as $$
  select exists (
    select from public.payment_transactions t
    where t.subscription_id = has_open_charge.subscription_id and private.is_open_charge(t)
  )
$$;
comment on function private.has_open_charge is 'True while a charge of the saved card has no end yet.';

alter table public.payment_transactions enable row level security;
grant select on public.payment_transactions to authenticated, service_role;
create policy "organization admins and platform admins see the payments" on public.payment_transactions
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: start_checkout begins a payment, record_payment moves it

create function public.get_payment_status(transaction_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: what is undecided, private.is_undecided says
as $$
declare
  transaction public.payment_transactions;
begin
  select * into transaction from public.payment_transactions t
  where t.id = get_payment_status.transaction_id
    and (t.organization_id = any (array(select private.organization_ids_where('admin'))) or private.is_platform_admin());
  if not found then -- or one that they may not see
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  return jsonb_build_object(
    'transaction_id', transaction.id, 'status', transaction.status, 'kind', transaction.kind,
    'cancellation_reason', transaction.cancellation_reason, 'method_saved', transaction.method_saved,
    'subscription_status', (select s.status from public.subscriptions s where s.id = transaction.subscription_id),
    'yookassa_payment_id', case when private.is_undecided(transaction.status) then transaction.yookassa_payment_id end
  );
end
$$;
comment on function public.get_payment_status is
  'Admins of the organization and platform admins: {transaction_id, status, kind, cancellation_reason, method_saved, subscription_status, yookassa_payment_id}; the last is what to look up at ЮKassa while money may still move, null when the payment is decided or nobody has its id. 404 not_found.';
grant execute on function public.get_payment_status to authenticated;

create function public.payment_to_refetch(transaction_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: one check for all that platform admins may see
as $$
declare
  transaction public.payment_transactions;
begin
  perform private.act_as_platform_admin(
    'payment_to_refetch', (select t.organization_id from public.payment_transactions t where t.id = payment_to_refetch.transaction_id),
    transaction_id::text);
  select * into transaction from public.payment_transactions t where t.id = payment_to_refetch.transaction_id;
  if not found then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  return jsonb_build_object('yookassa_payment_id', transaction.yookassa_payment_id, 'created_at', transaction.created_at);
end
$$;
comment on function public.payment_to_refetch is
  'Platform admins: what to ask ЮKassa about a payment, {yookassa_payment_id (null: nobody has it yet), created_at}. 403 not_allowed, 404 not_found.';
grant execute on function public.payment_to_refetch to authenticated;

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
  if new.status <> old.status and private.payment_rank(new.status::text) <= private.payment_rank(old.status::text)
    -- given up for never made, and there it is: all we can do is to put it aside
    and not (old.status = 'canceled' and old.yookassa_payment_id is null and new.status = 'quarantined')
    and not (private.awaits_verdict(old) and new.status = 'succeeded') -- a person accepted it
    and not (private.is_abandoned(old) and new.status <> 'pending') -- it was paid all the same, and begins nothing
  then
    perform private.refuse('invalid_transition', format('A payment does not go from %s to %s.', old.status, new.status));
  end if;
  return new;
end
$$;
comment on function private.refuse_illegal_transaction_change is 'Trigger: a payment never goes back in status; 409 invalid_transition.';

create trigger payment_transactions_refuse_illegal_change before update of status on public.payment_transactions
  for each row execute function private.refuse_illegal_transaction_change();

-- How a payment came to be what it is: for the person who has to decide on it. The row itself knows only its last step.
create table public.payment_status_events (
  id bigint generated always as identity primary key,
  transaction_id uuid not null references public.payment_transactions (id) on delete cascade,
  status public.transaction_status not null,
  source text not null,
  reason text,
  occurred_at timestamptz not null default now()
);
comment on table public.payment_status_events is
  'Every step of a payment after created: its new status, who brought it (source, as status_source), and why it was canceled or quarantined.';
create index payment_status_events_transaction_id_idx on public.payment_status_events (transaction_id);

alter table public.payment_status_events enable row level security;
grant select on public.payment_status_events to authenticated, service_role;
create policy "platform admins see the steps of a payment" on public.payment_status_events
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: the trigger below is the only writer
create function private.note_payment_status() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  insert into public.payment_status_events (transaction_id, status, source, reason)
  values (new.id, new.status,
    case when new.cancellation_party in ('chestno', 'yookassa_api') then new.cancellation_party else new.status_source end,
    coalesce(new.quarantine_reason, new.cancellation_reason));
  return null;
end
$$;
comment on function private.note_payment_status is 'Trigger: keeps each step of a payment.';

create trigger payment_transactions_note_status after update of status on public.payment_transactions
  for each row when (old.status is distinct from new.status) execute function private.note_payment_status();

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


-- Charges that fail ------------------------------------------------------------------------------------------------------

-- A charge did not go through. The first time grace begins; a soft decline is retried while grace lasts, a hard one waits for a new card.
create function private.decline_charge(transaction public.payment_transactions, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.subscription_retry_attempts r set outcome = 'declined', reason = decline_charge.reason
  where r.transaction_id = transaction.id;
  if reason = 'permission_revoked' then
    -- the person took the permission back at their bank: as if they had done so here
    perform private.forget_card(transaction.payment_method_id, as_of, 'bank');
  elsif private.is_hard_decline(reason) then
    update public.payment_methods m set refused_at = as_of where m.id = transaction.payment_method_id;
  end if;
  perform private.decline_subscription(transaction.subscription_id, reason, as_of, transaction.payment_method_id);
end
$$;
comment on function private.decline_charge is 'What a declined renewal does. The caller has the organization''s lock.';

-- Money that was taken for a period goes back, so that the period is still to be paid: by the ordinary rules, as after a decline.
create function private.reopen_period(transaction public.payment_transactions, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if transaction.kind = 'renewal' and exists (
    select from public.subscriptions s
    where s.id = transaction.subscription_id and s.current_period_end <= transaction.period_start and s.next_charge_at is null
  ) and not private.has_open_charge(transaction.subscription_id) then
    perform private.decline_charge(transaction, reason, as_of);
  end if;
end
$$;
comment on function private.reopen_period is
  'A charge whose money is not kept counts as declined, where its period is still to be paid and nothing else is planned for it. The caller has the organization''s lock.';


-- sql/43_value.sql

-- Value: what each paid period cost, and what became of it. Credits, limits of refunds, the end of a refunded period and the comparison of the
-- books read this and nothing else.

create table public.subscription_periods (
  id uuid primary key default private.new_id(),
  transaction_id uuid not null references public.payment_transactions (id) on delete cascade,
  -- as in its transaction, which holds the foreign keys: a second way from payments to them would make embedding ambiguous
  organization_id uuid not null,
  subscription_id uuid not null,
  plan_id text not null,
  began_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz,
  paid numeric(12, 2) not null,
  credit numeric(12, 2) not null default 0,
  credited_from uuid references public.subscription_periods (transaction_id) on delete cascade,
  bonus_days int not null default 0,
  refunded numeric(12, 2) not null default 0,
  refunding numeric(12, 2) not null default 0,
  credited numeric(12, 2) not null default 0,
  constraint subscription_periods_transaction_id_key unique (transaction_id),
  constraint no_amount_is_negative check (least(paid, credit, refunded, refunding, credited) >= 0),
  constraint what_was_not_paid_is_not_refunded check (refunded + refunding <= paid),
  constraint no_rouble_goes_two_ways check (refunded + refunding + credited <= paid + credit)
);
comment on table public.subscription_periods is
  'What each paid period cost, in roubles: paid and credit (from the period before), and what became of it: refunded, refunding (on its way back), credited (to the period after), given as bonus_days. What is left is kept for the days from began_at to ends_at, or to ended_at when it ended earlier.';
comment on column public.subscription_periods.credited_from is 'The period that the credit came from.';
create index subscription_periods_subscription_id_idx on public.subscription_periods (subscription_id, began_at desc);
create index subscription_periods_organization_id_idx on public.subscription_periods (organization_id);
create index subscription_periods_credited_from_idx on public.subscription_periods (credited_from);

alter table public.subscription_periods enable row level security;
grant select on public.subscription_periods to authenticated, service_role;
create policy "organization admins and platform admins see what periods cost" on public.subscription_periods
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: payments and refunds write

create function private.running_period(subscription_id uuid) returns public.subscription_periods
  language sql stable security definer set search_path = '' -- definer: payments ask for anyone
as $$
  select p from public.subscription_periods p
  where p.subscription_id = running_period.subscription_id and p.ended_at is null
  order by p.began_at desc, p.transaction_id desc
  limit 1
$$;
comment on function private.running_period is 'The period that a subscription paid for last, while nothing took its place; null without one.';

create function private.period_cost(period public.subscription_periods) returns numeric
  language sql immutable set search_path = ''
as $$
  select coalesce(period.paid + period.credit - period.refunded - period.refunding, 0)
$$;
comment on function private.period_cost is 'What a period cost the customer: paid and credited, less what went back or is on its way.';

create function private.began_late(subscription_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: jobs ask for anyone
as $$
  select coalesce((
    select p.began_at > max(b.ends_at)
    from public.subscription_periods b
    where b.subscription_id = p.subscription_id and b.transaction_id <> p.transaction_id
    having count(*) > 0), false)
  from private.running_period(began_late.subscription_id) p
$$;
comment on function private.began_late is 'True when the running period began after a pause of ours, so that its days are other ones than before.';

-- Every success is a period; what it was credited comes from the one it takes the place of.
create function private.write_period() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  before public.subscription_periods := private.running_period(new.subscription_id);
  ends timestamptz;
begin
  update public.subscription_periods p
  set refunded = new.refunded_amount, refunding = least(p.refunding, p.paid - new.refunded_amount)
  where p.transaction_id = new.id;
  if found then
    return null;
  end if;
  select case
    when s.current_period_start = new.period_start then s.current_period_end
    else private.next_period_end(new.period_start, new.period_start, p.period, os.time_zone) + make_interval(days => new.bonus_days)
  end into ends
  from public.subscriptions s, public.subscription_plans p, public.organization_settings os
  where s.id = new.subscription_id and p.id = new.plan_id and os.organization_id = new.organization_id;
  update public.subscription_periods p
  set ended_at = least(p.ends_at, new.period_start), credited = p.credited + new.credit
  where p.transaction_id = before.transaction_id;
  insert into public.subscription_periods
    (transaction_id, organization_id, subscription_id, plan_id, began_at, ends_at, paid, credit, credited_from, bonus_days, refunded)
  values (
    new.id, new.organization_id, new.subscription_id, new.plan_id, new.period_start,
    coalesce(ends, new.period_start), coalesce(new.paid_amount, new.amount),
    case when before.transaction_id is not null then new.credit else 0 end,
    case when new.credit > 0 then before.transaction_id end, new.bonus_days, new.refunded_amount);
  return null;
end
$$;
comment on function private.write_period is 'Trigger: a payment that succeeded is a period, and what was given back of it is no more worth anything.';

create trigger payment_transactions_write_period after insert or update of status, refunded_amount on public.payment_transactions
  for each row when (new.status = 'succeeded' and new.kind in ('first_payment', 'renewal', 'plan_change')
    and new.subscription_id is not null and new.period_start is not null)
  execute function private.write_period();

create function private.close_period(subscription_id uuid, as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.subscription_periods p set ended_at = least(p.ends_at, as_of)
  where p.subscription_id = close_period.subscription_id and p.ended_at is null
$$;
comment on function private.close_period is 'The running period of a subscription ends, when another way of paying or an end takes its place.';

create function private.close_period_with_its_subscription() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  perform private.close_period(new.id, 'infinity'); -- who ends one earlier has closed it
  return null;
end
$$;
comment on function private.close_period_with_its_subscription is 'Trigger: with a subscription that is over its running period ends.';

create trigger subscriptions_close_period after update of status on public.subscriptions
  for each row when (private.is_live(old.status) and not private.is_live(new.status))
  execute function private.close_period_with_its_subscription();


-- What is left of it -----------------------------------------------------------------------------------------------------

create function private.unused_worth(subscription public.subscriptions, as_of timestamptz) returns numeric
  language sql stable security definer set search_path = '' -- definer: reads payments
as $$
  select coalesce(round(
    private.period_cost(private.running_period(subscription.id))
    -- from its beginning at the earliest: more than it cost is never left of it
    * greatest(private.days_left(subscription.current_period_end, greatest(as_of, subscription.current_period_start), s.time_zone), 0)
    / greatest(private.days_left(subscription.current_period_end, subscription.current_period_start, s.time_zone), 1), 2), 0)
  from public.organization_settings s
  where s.organization_id = subscription.organization_id
$$;
comment on function private.unused_worth is
  'Roubles that the days left of the paid period cost, the credit it began with included; 0 on trial and when it is over.';

-- What goes back of a period whose money became credit is taken off the period that it was credited to, so that no rouble counts twice.
create function private.take_back_credit(transaction_id uuid, amount numeric) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  period public.subscription_periods;
  later public.subscription_periods;
  excess numeric(12, 2);
begin
  select * into period from public.subscription_periods p where p.transaction_id = take_back_credit.transaction_id for update;
  excess := least(amount - (period.paid + period.credit - period.refunded - period.refunding - period.credited), period.credited);
  if not found or excess <= 0 then
    return;
  end if;
  select * into later from public.subscription_periods p where p.credited_from = period.transaction_id for update;
  perform private.take_back_credit(later.transaction_id, excess); -- it may have been credited on
  update public.subscription_periods p set credit = p.credit - excess where p.transaction_id = later.transaction_id;
  update public.subscription_periods p set credited = p.credited - excess where p.transaction_id = period.transaction_id;
end
$$;
comment on function private.take_back_credit is
  'Frees so much of a period''s money from the credit it became, as far as that is needed. The caller has the organization''s lock.';

-- A period whose whole cost, credit included, went back is not paid any more.
create function private.end_refunded(subscription_id uuid, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  period public.subscription_periods := private.running_period(subscription_id);
begin
  if period.refunded > 0 and period.refunded >= period.paid + period.credit and exists (
    select from public.subscriptions s where s.id = end_refunded.subscription_id and private.is_live(s.status)
  ) then
    perform private.close_period(subscription_id, as_of);
    perform private.move_subscription(subscription_id, 'canceled', 'refunded', as_of);
  end if;
end
$$;
comment on function private.end_refunded is 'Ends a subscription when all that its running period cost was given back. The caller has the organization''s lock.';


-- sql/44_checkout.sql

-- Checkout: what we ask ЮKassa for, written down before it is asked.


-- Requests and receipts --------------------------------------------------------------------------------------------------

create function private.receipts_are_on() returns boolean
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select coalesce((select s.receipts_enabled from private.platform_settings s), false)
$$;
comment on function private.receipts_are_on is 'True when payments carry receipts.';

-- What a receipt says (54-ФЗ); null when receipts are off. https://yookassa.ru/developers/payment-acceptance/receipts/basics
create function private.receipt(organization_id uuid, description text, amount numeric) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: the settings are private
as $$
declare
  settings private.platform_settings;
  address text;
begin
  select * into settings from private.platform_settings;
  if not private.receipts_are_on() then
    return null;
  end if;
  -- who pays by hand is asked for an address first (start_checkout); where nobody can be asked, it goes to the owner
  select coalesce(s.billing_email, private.email_of(m.user_id)) into address
  from public.organization_settings s
  join public.organization_members m on m.organization_id = s.organization_id and m.role = 'owner'
  where s.organization_id = receipt.organization_id
  order by m.joined_at
  limit 1;
  return jsonb_build_object(
    'customer', jsonb_build_object('email', address),
    'tax_system_code', settings.tax_system_code,
    'items', jsonb_build_array(jsonb_build_object(
      'description', left(description, 128), 'quantity', 1, 'amount', jsonb_build_object('value', amount::text, 'currency', 'RUB'),
      'vat_code', settings.vat_code, 'payment_subject', 'service', 'payment_mode', 'full_payment', 'measure', 'piece'
    ))
  );
end
$$;
comment on function private.receipt is 'The receipt of one payment for one service, or null when receipts are off.';

-- The exact request to ЮKassa. method: the saved card, for a charge without the person; null: ЮKassa shows its page.
create function private.payment_request(
  transaction_id uuid, organization_id uuid, kind public.transaction_kind, amount numeric, description text, method text
) returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'amount', jsonb_build_object('value', amount::text, 'currency', 'RUB'),
    'capture', kind not in ('trial_hold', 'card_check'),
    'description', left(description, 128),
    'metadata', jsonb_build_object('transaction_id', transaction_id, 'organization_id', organization_id, 'kind', kind),
    'receipt', private.receipt(organization_id, description, amount),
    'payment_method_id', method,
    'save_payment_method', case when method is null then true end,
    'confirmation', case when method is null then jsonb_build_object(
      'type', 'redirect', 'return_url', s.site_url || '/dashboard/billing/return?transaction=' || transaction_id) end
  ))::text
  from private.platform_settings s
$$;
comment on function private.payment_request is 'The body of POST /payments, as text that stays the same byte for byte.';


-- What an intent is quoted from --------------------------------------------------------------------------------------------

create function private.utc_text(moment timestamptz) returns text
  language sql immutable set search_path = ''
as $$
  select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
comment on function private.utc_text is 'A moment as text that is the same in every session.';

create function private.quote_basis(organization_id uuid, plan_id text) returns jsonb
  language sql stable security definer set search_path = '' -- definer: reads payments
as $$
  select jsonb_build_object(
    'subscription_id', s.id, 'plan_id', s.plan_id,
    'period_start', private.utc_text(s.current_period_start), 'period_end', private.utc_text(s.current_period_end),
    'cost', case when s.id is not null then private.period_cost(private.running_period(s.id))::text end,
    'price', private.price_for(s, quote_basis.plan_id)::text,
    'canceled_at', case when s.cancel_at_period_end then private.utc_text(s.canceled_at) end,
    'forgotten', (select count(*) from public.payment_methods m where m.organization_id = quote_basis.organization_id and m.revoked_by = 'person'))
  from (select) as always
  left join public.subscriptions s on s.organization_id = quote_basis.organization_id and private.is_live(s.status)
$$;
comment on function private.quote_basis is
  'What a payment for this plan would be quoted from now: {subscription_id, plan_id, period_start, period_end, cost, price, canceled_at, forgotten}; forgotten: how many cards people had forgotten.';

create function private.quote_transaction() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.quoted_from := coalesce(new.quoted_from, private.quote_basis(new.organization_id, new.plan_id));
  return new;
end
$$;
comment on function private.quote_transaction is 'Trigger: every intent keeps what it was quoted from.';

create trigger payment_transactions_quote before insert on public.payment_transactions
  for each row when (private.is_undecided(new.status)) execute function private.quote_transaction();

create function private.period_is_paid(transaction public.payment_transactions, subscription public.subscriptions) returns boolean
  language sql stable set search_path = ''
as $$
  select private.utc_text(subscription.current_period_end)
    is distinct from coalesce(transaction.quoted_from ->> 'period_end', private.utc_text(transaction.period_start))
$$;
comment on function private.period_is_paid is 'Whether the subscription has gone on since this charge was claimed, so that its period is paid.';

-- What the person was asked to pay for is to be what the money buys.
create function private.is_as_quoted(transaction public.payment_transactions, basis jsonb) returns boolean
  language sql stable security definer set search_path = '' -- definer: looks at the subscription for anyone
as $$
  select transaction.quoted_from is null -- written before this was kept
    or (
      transaction.quoted_from -> 'price' = basis -> 'price'
      and (
        (transaction.quoted_from - '{cost,price,canceled_at,forgotten}'::text[] = basis - '{cost,price,canceled_at,forgotten}'::text[]
          and (transaction.kind <> 'plan_change' or transaction.quoted_from -> 'cost' = basis -> 'cost'))
        -- who wanted to pay what was owed, and whose grace ended meanwhile, begins anew
        or (transaction.kind = 'first_payment' and basis ->> 'subscription_id' is null and exists (
          select from public.subscriptions s where s.id = (transaction.quoted_from ->> 'subscription_id')::uuid and s.status = 'expired'))
      ))
$$;
comment on function private.is_as_quoted is
  'Whether all that a payment was quoted from is still so: subscription, plan, period and price, and for a change of plan what the period cost.';


-- Changing the plan: the unused days of what was paid are credited, to the day and the kopeck. ---------------------------

-- The arithmetic line by line, as a person reads it: the amounts add up to what is to be paid.
create function private.quote_lines(
  price numeric, credit numeric, amount numeric, cost numeric, unused_days int, days_in_period int, is_less_refunds boolean, bonus_days int
) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_agg(line order by place)
  from (values
    (1, true, jsonb_build_object('kind', 'price', 'amount', price::text)),
    (2, true, jsonb_build_object(
      'kind', 'credit', 'amount', (-credit)::text, 'of_amount', cost::text, 'days', unused_days, 'of_days', days_in_period, 'is_less_refunds', is_less_refunds)),
    -- a credit larger than the price pays all but the least ЮKassa takes; the rest turns into days
    (3, amount > price - credit, jsonb_build_object('kind', 'minimum', 'amount', (amount - price + credit)::text)),
    (4, bonus_days > 0, jsonb_build_object('kind', 'bonus_days', 'days', bonus_days))
  ) as told (place, is_told, line)
  where is_told
$$;
comment on function private.quote_lines is
  'Lines of a quote: price; credit (negative: so many days out of a period''s, of what it cost, less refunds or not); minimum (what of the credit is not used); bonus_days. The amounts add up.';

create function public.quote_plan_change(organization_id uuid, plan_id text) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: reads payments
as $$
declare
  subscription public.subscriptions;
  old_plan public.subscription_plans;
  new_plan public.subscription_plans;
  period public.subscription_periods;
  calendar text;
  unused_days int;
  days_in_period int;
  credit numeric(12, 2);
  price numeric(12, 2);
  new_days int;
  bonus int := 0;
begin
  perform private.require_role(organization_id, 'admin');
  subscription := private.live_subscription(organization_id);
  select * into old_plan from public.subscription_plans p where p.id = subscription.plan_id;
  select * into new_plan from public.subscription_plans p where p.id = quote_plan_change.plan_id and p.is_active;
  if not found then
    perform private.refuse('not_found', 'There is no such plan.');
  end if;
  if subscription.status <> 'active' then
    perform private.refuse('invalid_transition', 'A plan is changed while it is active.', 'Pay for the new plan directly.');
  end if;
  if new_plan.id = old_plan.id then
    perform private.refuse('invalid_input', '[{"field": "plan_id", "code": "same_plan"}]');
  end if;
  if new_plan.level < old_plan.level then
    perform private.refuse('invalid_transition', 'A lower plan begins when this one has ended.', 'Cancel, and choose the lower plan afterwards.');
  end if;
  if not private.may_hold_plan(organization_id, new_plan.id) then
    perform private.refuse('verification_required', 'This plan is for verified organizations.', 'Ask for the verification first.');
  end if;

  select os.time_zone into calendar from public.organization_settings os where os.organization_id = quote_plan_change.organization_id;
  period := private.running_period(subscription.id);
  unused_days := greatest(private.days_left(subscription.current_period_end, greatest(now(), subscription.current_period_start), calendar), 0);
  days_in_period := private.days_left(subscription.current_period_end, subscription.current_period_start, calendar);
  credit := private.unused_worth(subscription, now());

  price := greatest(new_plan.amount - credit, 1.00); -- ЮKassa takes no less than 1 ₽
  if credit > new_plan.amount - 1.00 then
    -- a credit larger than the price lengthens the new period: nothing is lost
    new_days := private.days_left(private.next_period_end(now(), now(), new_plan.period, calendar), now(), calendar);
    bonus := floor((credit - (new_plan.amount - 1.00)) * new_days / new_plan.amount);
  end if;
  return jsonb_build_object(
    'plan_id', new_plan.id, 'price', new_plan.amount::text, 'credit', credit::text, 'amount', price::text, 'currency', new_plan.currency,
    'unused_days', unused_days, 'days_in_period', days_in_period, 'bonus_days', bonus,
    'period_end', private.next_period_end(now(), now(), new_plan.period, calendar) + make_interval(days => bonus),
    'coming_price', (
      select jsonb_build_object('amount', v.amount::text, 'valid_from', v.valid_from) from public.plan_prices v
      where v.plan_id = new_plan.id and v.valid_from > now() and v.amount <> new_plan.amount order by v.valid_from desc limit 1),
    'lines', private.quote_lines(new_plan.amount, credit, price, private.period_cost(period), unused_days, days_in_period,
      coalesce(period.refunded + period.refunding > 0, false), bonus)
  );
end
$$;
comment on function public.quote_plan_change is
  'Owners and admins: what a change of plan costs now, with its arithmetic: {plan_id, price, credit, amount, currency, unused_days, days_in_period, bonus_days, period_end, coming_price: null|{amount, valid_from}, lines: [{kind: price|credit|minimum|bonus_days, amount|days}]} (credit is negative and has of_amount, days, of_days, is_less_refunds: what the period cost by its unused days); amount = price − credit, at least 1.00; a larger credit adds bonus_days. 403 not_allowed, 404 not_found, 409 verification_required or invalid_transition, 422 invalid_input.';
grant execute on function public.quote_plan_change to authenticated;


-- Checkout: the intent, written down -------------------------------------------------------------------------------------

create function private.checkout_answer(transaction public.payment_transactions) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'transaction_id', transaction.id, 'status', transaction.status,
    'amount', transaction.amount::text, 'currency', transaction.currency,
    'payment_url', transaction.confirmation_url,
    'yookassa_payment_id', transaction.yookassa_payment_id,
    'idempotence_key', transaction.idempotence_key, 'request_body', transaction.request_body
  )
$$;
comment on function private.checkout_answer is 'What start_checkout answers.';

-- A refusal takes back all that its call did, the count included. So the function checkout counts in a call of its own, before.
create function public.count_checkout() returns void
  language plpgsql volatile security definer set search_path = '' -- definer: the counts are private
as $$
begin
  perform private.count_or_refuse('checkout:' || private.require_sign_in(), 10);
end
$$;
comment on function public.count_checkout is
  'Signed-in people, through the function checkout: counts one checkout, also one that is refused then. 401 sign_in_required, 429 too_many_requests beyond 10 a minute.';
grant execute on function public.count_checkout to authenticated;

create function public.start_checkout(organization_id uuid, plan_id text, kind text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  organization public.organizations;
  plan public.subscription_plans;
  live public.subscriptions;
  begun public.payment_transactions;
  quote jsonb := '{}';
  new_id uuid := private.new_id();
  new_kind public.transaction_kind;
  price numeric(12, 2);
begin
  perform private.require_confirmed_email();
  perform private.count_or_refuse('start_checkout:' || caller, 10);
  if not exists (select from private.platform_settings) then
    perform private.refuse('unavailable', 'The platform is not configured yet.', 'Try again later.');
  end if;
  if private.receipts_are_on() and exists (
    select from public.organization_settings s where s.organization_id = start_checkout.organization_id and s.billing_email is null
  ) then
    perform private.refuse('invalid_input', '[{"field": "billing_email", "code": "required"}]',
                           'The law asks for a receipt: say in the settings where to send it.');
  end if;
  perform private.require_consents(organization_id, caller);
  select * into organization from public.organizations o where o.id = start_checkout.organization_id;
  if private.is_being_deleted(organization_id) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;
  if kind <> 'card' and (organization.legal_name is null or organization.inn is null) then
    -- buyers read who it is that pays
    perform private.refuse('invalid_input', jsonb_build_array(jsonb_build_object(
      'field', case when organization.inn is null then 'inn' else 'legal_name' end, 'code', 'required'))::text, 'Say in the profile who you are by law.');
  end if;
  select * into live from public.subscriptions s
  where s.organization_id = start_checkout.organization_id and private.is_live(s.status);
  select * into plan from public.subscription_plans p
  where p.id = case kind when 'card' then live.plan_id else start_checkout.plan_id end and (p.is_active or kind = 'card');
  if not found then
    perform private.refuse('not_found', 'There is no such plan.');
  end if;

  case kind
    when 'trial' then
      if plan.trial_days = 0 then
        perform private.refuse('invalid_input', '[{"field": "plan_id", "code": "no_trial"}]');
      end if;
      if private.has_had_trial(organization) then
        perform private.refuse('trial_already_used', 'This organization, another with its INN, or its card has had its trials.',
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
      if not private.may_hold_plan(organization_id, plan.id) then
        perform private.refuse('verification_required', 'This plan is for verified organizations.', 'Ask for the verification first.');
      end if;
      new_kind := 'first_payment';
      price := private.price_for(live, plan.id);
    when 'plan_change' then
      quote := public.quote_plan_change(organization_id, plan.id);
      if live.current_period_end <= now() then -- quoted now, the month that is about to be charged would be lost
        perform private.refuse('request_pending', 'The period is over, and the next one is about to be paid.', 'Try again in an hour.');
      end if;
      new_kind := 'plan_change';
      price := (quote ->> 'amount')::numeric;
    when 'card' then
      new_kind := 'card_check';
      price := 1.00;
    else
      perform private.refuse('invalid_input', '[{"field": "kind", "code": "unknown"}]',
                             'kind is trial, subscription, plan_change or card.');
  end case;
  if new_kind in ('first_payment', 'plan_change') and private.has_open_charge(live.id) then
    perform private.refuse('request_pending', 'The saved card is being charged right now.', 'Wait for its result; nothing is paid twice.');
  end if;

  -- A payment page lives an hour: until then a second call leads to the same one, while all it was quoted from is so.
  select * into begun from public.payment_transactions t
  where t.organization_id = start_checkout.organization_id and t.plan_id = plan.id and t.kind = new_kind
    and t.amount = price and t.credit = coalesce((quote ->> 'credit')::numeric, 0) and t.bonus_days = coalesce((quote ->> 'bonus_days')::int, 0)
    and t.quoted_from = private.quote_basis(organization.id, plan.id)
    and t.request_body::jsonb #>> '{receipt,customer,email}' is not distinct from private.receipt(organization.id, '', price) #>> '{customer,email}'
    and t.voided_at is null and t.status in ('created', 'pending') and t.created_at > now() - interval '1 hour'
  order by t.created_at desc
  limit 1;
  if found then
    return private.checkout_answer(begun);
  end if;

  insert into public.payment_transactions
    (id, organization_id, subscription_id, plan_id, kind, amount, credit, bonus_days, idempotence_key, request_body, created_by)
  values (
    new_id, organization_id, live.id, plan.id, new_kind, price,
    coalesce((quote ->> 'credit')::numeric, 0), coalesce((quote ->> 'bonus_days')::int, 0), new_id::text,
    private.payment_request(new_id, organization_id, new_kind, price, case
      when new_kind in ('trial_hold', 'card_check') then 'Честно: проверка карты, 1 ₽ вернётся сразу'
      else 'Честно: ' || (plan.title ->> 'ru')
    end, null),
    caller
  )
  returning * into begun;
  return private.checkout_answer(begun);
end
$$;
comment on function public.start_checkout is
  'Owners and admins: writes down a payment before ЮKassa is asked for it. kind: trial, subscription, plan_change, or card (a new card for the subscription; plan_id is not looked at). The same page within an hour, while all it was quoted from is so. Answers {transaction_id, status, amount, currency, payment_url, yookassa_payment_id, idempotence_key, request_body}. 401 sign_in_required, 403 not_allowed, 404 not_found, 409 trial_already_used, subscription_exists, verification_required, consent_required (detail: JSON list of {key, version} to agree to first), request_pending or invalid_transition, 422 invalid_input, 429 too_many_requests, 503 unavailable.';
grant execute on function public.start_checkout to authenticated;

create function public.abandon_checkout(transaction_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  transaction public.payment_transactions;
begin
  perform private.require_sign_in();
  select * into transaction from public.payment_transactions t where t.id = abandon_checkout.transaction_id;
  if not found or private.role_of(transaction.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  perform private.act_in_organization(transaction.organization_id, 'admin');
  select * into transaction from public.payment_transactions t where t.id = transaction.id for update; -- it may have been paid while we waited
  if transaction.cancellation_reason is distinct from 'abandoned' then
    if transaction.kind = 'renewal' or transaction.status not in ('created', 'pending') then
      perform private.refuse('invalid_transition', 'Only a page that was not paid yet can be abandoned.');
    end if;
    -- ЮKassa cannot close a page: the sweep looks at it until it ends, and what is paid there all the same goes back
    update public.payment_transactions t
    set status = 'canceled', cancellation_party = 'chestno', cancellation_reason = 'abandoned', voided_at = now()
    where t.id = transaction.id
    returning * into transaction;
  end if;
  return jsonb_build_object('transaction_id', transaction.id, 'status', transaction.status);
end
$$;
comment on function public.abandon_checkout is
  'Owners and admins: a payment page that was opened and not paid is left for good: it begins nothing any more, and what is paid there all the same goes back by itself. Twice is as good as once. Answers {transaction_id, status}. 401 sign_in_required, 403 not_allowed, 404 not_found, 409 invalid_transition (it was paid, or ended, or is a charge of ours).';
grant execute on function public.abandon_checkout to authenticated;


-- sql/44_differences.sql

-- Differences: where our books and ЮKassa's do not agree, and what a platform admin decides about it. The comparison itself: 48_webhooks_and_sweep.

create table public.payment_differences (
  id uuid primary key default private.new_id(),
  kind text not null,
  object_id text not null,
  detail jsonb not null,
  found_at timestamptz not null,
  last_seen_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by uuid references public.profiles (id) on delete set null,
  resolution text,
  constraint kind_is_known check (kind in ('unknown_payment', 'unknown_refund', 'payment_missing_at_yookassa', 'payment_differs', 'payment_quarantined', 'refund_differs', 'refund_failed', 'receipt_stuck', 'subscription_stranded')),
  constraint what_is_resolved_says_how check ((resolved_at is null) = (resolution is null))
);
comment on table public.payment_differences is 'Where our books and ЮKassa''s do not agree: found once, seen again, resolved by a person. Each open one is an alert.';
create unique index one_open_difference_per_object on public.payment_differences (kind, object_id) where resolved_at is null;
create index payment_differences_resolved_by_idx on public.payment_differences (resolved_by);

alter table public.payment_differences enable row level security;
grant select on public.payment_differences to authenticated, service_role;
create policy "platform admins see the differences" on public.payment_differences
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: the RPCs below are the only way
create function private.note_difference(kind text, object_id text, detail jsonb, as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.payment_differences as d (kind, object_id, detail, found_at, last_seen_at)
  values (kind, object_id, detail, as_of, as_of)
  on conflict (kind, object_id) where resolved_at is null do update set detail = excluded.detail, last_seen_at = excluded.last_seen_at
$$;
comment on function private.note_difference is 'Notes a difference, once while it is open.';

create function public.resolve_difference(difference_id uuid, resolution text) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.act_as_platform_admin('resolve_difference', null, difference_id::text, jsonb_build_object(
    'kind', (select d.kind from public.payment_differences d where d.id = difference_id),
    'object_id', (select left(d.object_id, 100) from public.payment_differences d where d.id = difference_id)));
begin
  if coalesce(private.visible_length(resolution), 0) = 0 then
    perform private.refuse('invalid_input', '[{"field": "resolution", "code": "required"}]');
  end if;
  update public.payment_differences d set resolved_at = now(), resolved_by = caller, resolution = btrim(resolve_difference.resolution)
  where d.id = difference_id and d.resolved_at is null;
  if not found then
    perform private.refuse('not_found', 'There is no such open difference.');
  end if;
end
$$;
comment on function public.resolve_difference is 'Platform admins: says how a difference was settled. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.resolve_difference to authenticated;


-- sql/45_refunds.sql

-- Refunds: money given back, by us, by ЮKassa's own cabinet, or by ourselves when it could not be used.

create table public.payment_refunds (
  id uuid primary key default private.new_id(),
  transaction_id uuid not null references public.payment_transactions (id) on delete restrict,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  amount numeric(12, 2) not null,
  currency text not null default 'RUB',
  status text not null default 'created',
  reason text not null,
  yookassa_refund_id text,
  idempotence_key text not null,
  request_body text,
  cancellation_reason text,
  receipt_registration text,
  next_check_at timestamptz,
  checks int not null default 0,
  attempt int not null default 1,
  retry_at timestamptz,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint amount_is_positive check (amount > 0),
  constraint currency_is_a_code check (currency ~ '^[A-Z]{3}$'), -- what was paid in another one goes back in it
  constraint status_is_known check (status in ('created', 'pending', 'succeeded', 'canceled')),
  constraint reason_fits check (char_length(reason) between 1 and 250),
  constraint only_the_undecided_are_checked check (
    (next_check_at is null) = (status in ('succeeded', 'canceled') and receipt_registration is distinct from 'pending')),
  constraint only_a_failed_refund_is_asked_for_again check (retry_at is null or status = 'canceled'),
  constraint payment_refunds_yookassa_refund_id_key unique (yookassa_refund_id),
  constraint payment_refunds_idempotence_key_key unique (idempotence_key)
);
comment on table public.payment_refunds is
  'Money given back: amount in roubles, reason in words, and what became of it. request_body is null when it was made in ЮKassa''s cabinet.';
comment on column public.payment_refunds.receipt_registration is 'ЮKassa''s state of the receipt (54-ФЗ): pending, succeeded, canceled; null without one of its own.';
comment on column public.payment_refunds.retry_at is 'When a refund that failed is asked for again, by a new one with a new key; null: it is not.';
comment on column public.payment_refunds.attempt is 'The how manieth time it is asked for.';
create index payment_refunds_to_retry_idx on public.payment_refunds (retry_at) where retry_at is not null;
create index payment_refunds_transaction_id_idx on public.payment_refunds (transaction_id);
create index payment_refunds_organization_id_idx on public.payment_refunds (organization_id, created_at desc);
create index payment_refunds_created_by_idx on public.payment_refunds (created_by);
create index payment_refunds_to_check_idx on public.payment_refunds (next_check_at) where next_check_at is not null;

create trigger payment_refunds_touch_updated_at before update on public.payment_refunds
  for each row execute function private.touch_updated_at();

alter table public.payment_refunds enable row level security;
grant select on public.payment_refunds to authenticated, service_role;
create policy "organization admins and platform admins see the refunds" on public.payment_refunds
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: start_refund begins a refund, record_refund moves it
create function private.write_refund(
  transaction public.payment_transactions, amount numeric, reason text, created_by uuid, as_of timestamptz
) returns public.payment_refunds
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  new_id uuid := private.new_id();
  written public.payment_refunds;
begin
  insert into public.payment_refunds
    (id, transaction_id, organization_id, amount, currency, reason, idempotence_key, request_body, next_check_at, created_by, created_at)
  values (
    new_id, transaction.id, transaction.organization_id, amount, coalesce(transaction.paid_currency, transaction.currency), reason, new_id::text,
    jsonb_strip_nulls(jsonb_build_object(
      'payment_id', transaction.yookassa_payment_id,
      'amount', jsonb_build_object('value', amount::text, 'currency', coalesce(transaction.paid_currency, transaction.currency)),
      'description', reason, 'metadata', jsonb_build_object('refund_id', new_id),
      -- a full refund takes its receipt from the payment
      'receipt', case when amount < coalesce(transaction.paid_amount, transaction.amount) then private.receipt(transaction.organization_id, 'Возврат: ' || reason, amount) end
    ))::text,
    as_of, created_by, as_of
  )
  returning * into written;
  return written;
end
$$;
comment on function private.write_refund is 'Writes a refund down before ЮKassa is asked for it; the sweep asks when nobody else does.';

create function private.refunds_under_way(transaction_id uuid) returns numeric
  language sql stable security definer set search_path = '' -- definer: reads refunds for anyone
as $$
  select coalesce(sum(r.amount), 0) from public.payment_refunds r
  where r.transaction_id = refunds_under_way.transaction_id and r.status in ('created', 'pending')
$$;
comment on function private.refunds_under_way is 'Roubles of a payment that are on their way back.';

create function private.weigh_refund() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.subscription_periods p set refunding = least(private.refunds_under_way(new.transaction_id), p.paid - p.refunded)
  where p.transaction_id = new.transaction_id;
  return null;
end
$$;
comment on function private.weigh_refund is 'Trigger: what is on its way back is no longer worth anything to its period.';

create trigger payment_refunds_weigh after insert or update of status on public.payment_refunds
  for each row execute function private.weigh_refund();

-- Money that became credit is not given back beside it: only once the payment it was credited to went back whole.
create function private.refundable(transaction public.payment_transactions) returns numeric
  language sql stable security definer set search_path = '' -- definer: reads refunds for anyone
as $$
  select coalesce(
    (select least(p.paid - p.refunded - p.refunding,
       p.paid + p.credit - p.refunded - p.refunding - case
         when exists (select from public.subscription_periods n where n.credited_from = p.transaction_id and n.refunded < n.paid) then p.credited else 0 end)
     from public.subscription_periods p where p.transaction_id = transaction.id),
    coalesce(transaction.paid_amount, transaction.amount) - transaction.refunded_amount - private.refunds_under_way(transaction.id))
$$;
comment on function private.refundable is
  'How much of what was paid can still be given back: what is on its way back counts as given, and what became credit stays, until the payment it was credited to went back whole.';

create function private.refund_unusable(transaction public.payment_transactions, reason text, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  left_over numeric(12, 2) := private.refundable(transaction);
begin
  if left_over > 0 then
    perform private.write_refund(transaction, left_over, reason, null, as_of);
    if transaction.kind not in ('trial_hold', 'card_check') then -- that rouble was promised back from the first
      perform private.notify(transaction.organization_id, 'payment_returned', jsonb_build_object(
        'amount', left_over::text, 'currency', coalesce(transaction.paid_currency, transaction.currency), 'reason', reason,
        'transaction_id', transaction.id), as_of);
    end if;
  end if;
end
$$;
comment on function private.refund_unusable is 'Money that cannot be used is given back by itself, all that was paid, once, and people are told why.';

create function public.refund_limit(transaction_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check for all that platform admins may see
as $$
declare
  transaction public.payment_transactions;
  period public.subscription_periods;
  running public.subscription_periods;
  most numeric(12, 2) := 0.00;
begin
  perform private.require_platform_admin();
  select * into transaction from public.payment_transactions t where t.id = refund_limit.transaction_id;
  if not found then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  if transaction.status in ('succeeded', 'quarantined') and transaction.yookassa_payment_id is not null then
    most := private.refundable(transaction);
  end if;
  select * into period from public.subscription_periods p where p.transaction_id = transaction.id;
  if exists (select from public.subscriptions s where s.id = transaction.subscription_id and private.is_live(s.status)) then
    running := private.running_period(transaction.subscription_id);
  end if;
  return jsonb_build_object(
    'transaction_id', transaction.id, 'currency', coalesce(transaction.paid_currency, transaction.currency),
    'refundable', most::text,
    'credited', coalesce(period.credited, 0.00)::text,
    'ends_with', case
      when most <= 0 then null
      when running.transaction_id = transaction.id and private.period_cost(period) <= most then private.period_cost(period)::text
      when running.credited_from = transaction.id and running.refunded = running.paid then most::text
    end);
end
$$;
comment on function public.refund_limit is
  'Platform admins: {transaction_id, currency, refundable, credited, ends_with}: how much of a payment can be given back now; how much of it became credit of a later period, which stays until that one''s payment went back whole; and from which amount on giving it back ends the subscription, null: not at all. 403 not_allowed, 404 not_found.';
grant execute on function public.refund_limit to authenticated;

create function private.refund_answer(refund public.payment_refunds) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'refund_id', refund.id, 'transaction_id', refund.transaction_id, 'amount', refund.amount::text, 'currency', refund.currency,
    'status', refund.status, 'idempotence_key', refund.idempotence_key, 'request_body', refund.request_body)
$$;
comment on function private.refund_answer is 'What start_refund answers.';

create function public.start_refund(transaction_id uuid, amount numeric default null, reason text default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'start_refund', (select t.organization_id from public.payment_transactions t where t.id = start_refund.transaction_id),
    transaction_id::text, jsonb_build_object('amount', left(amount::text, 20)));
  transaction public.payment_transactions;
  refundable numeric(12, 2);
  refund public.payment_refunds;
begin
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = start_refund.transaction_id;
  select * into transaction from public.payment_transactions t where t.id = start_refund.transaction_id;
  if not found then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  if transaction.status not in ('succeeded', 'quarantined') or transaction.yookassa_payment_id is null then
    perform private.refuse('invalid_transition', 'Only money that was taken can be given back.');
  end if;
  if coalesce(private.visible_length(reason), 0) = 0 or char_length(reason) > 250 then
    perform private.refuse('invalid_input', '[{"field": "reason", "code": "required"}]', 'The organization will read it.');
  end if;
  refundable := private.refundable(transaction);

  -- An answer that was lost makes people ask again: the same words within an hour are the same refund.
  select * into refund from public.payment_refunds r
  where r.transaction_id = transaction.id and r.created_by = caller and r.reason = btrim(start_refund.reason)
    and (r.amount = start_refund.amount or (start_refund.amount is null and refundable = 0))
    and r.status <> 'canceled' and r.created_at > now() - interval '1 hour'
  order by r.created_at desc
  limit 1;
  if found then
    return private.refund_answer(refund);
  end if;
  amount := coalesce(amount, refundable);
  if amount <= 0 or amount > refundable or amount <> round(amount, 2) then
    perform private.refuse('invalid_input', '[{"field": "amount", "code": "out_of_range"}]', format('At most %s can be given back.', refundable));
  end if;
  perform private.take_back_credit(transaction.id, amount);
  refund := private.write_refund(transaction, amount, btrim(reason), caller, now());
  return private.refund_answer(refund);
end
$$;
comment on function public.start_refund is
  'Platform admins: writes down a refund, whole (amount null) or in part; the same again within an hour is the same one. Answers {refund_id, transaction_id, amount, currency, status, idempotence_key, request_body}. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.start_refund to authenticated;

-- Failed refunds: money that is still ours though it should not be. An alert at once, and asked for again, later each time.

create function private.fail_refund(refund public.payment_refunds, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  again timestamptz := as_of + (array[interval '1 hour', interval '1 day', interval '3 days', interval '7 days', interval '14 days'])[refund.attempt];
begin
  update public.payment_refunds r set retry_at = again where r.id = refund.id;
  perform private.note_difference('refund_failed', t.yookassa_payment_id, jsonb_build_object(
    'refund_id', refund.id, 'transaction_id', t.id, 'amount', refund.amount::text, 'currency', refund.currency, 'reason', refund.reason,
    'cancellation_reason', refund.cancellation_reason, 'attempt', refund.attempt, 'retry_at', again), as_of)
  from public.payment_transactions t where t.id = refund.transaction_id;
end
$$;
comment on function private.fail_refund is 'A refund failed, whoever asked for it: a difference, and asked for again, at most five times. The caller has the organization''s lock.';

create function private.retry_refunds(as_of timestamptz, max_items int) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  failed public.payment_refunds;
  transaction public.payment_transactions;
  again public.payment_refunds;
  amount numeric(12, 2);
  asked int := 0;
begin
  for failed in
    select r.* from public.payment_refunds r where r.retry_at <= as_of order by r.retry_at limit max_items for update skip locked
  loop
    update public.payment_refunds r set retry_at = null where r.id = failed.id;
    select * into transaction from public.payment_transactions t where t.id = failed.transaction_id;
    amount := least(failed.amount, private.refundable(transaction));
    -- Not when it was asked for otherwise by now, or a person has said how it was settled.
    if amount > 0 and exists (
      select from public.payment_differences d
      where d.kind = 'refund_failed' and d.object_id = transaction.yookassa_payment_id and d.resolved_at is null
        and d.detail ->> 'refund_id' = failed.id::text
    ) and not exists (
      select from public.payment_refunds r where r.transaction_id = failed.transaction_id and r.status in ('created', 'pending')
    ) then
      again := private.write_refund(transaction, amount, failed.reason, failed.created_by, as_of);
      update public.payment_refunds r set attempt = failed.attempt + 1 where r.id = again.id;
      asked := asked + 1;
    end if;
  end loop;
  return asked;
end
$$;
comment on function private.retry_refunds is 'Asks for the refunds that failed again, each with a new key; how many.';

create function private.settle_failed_refund(transaction public.payment_transactions, as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.payment_refunds r set retry_at = null where r.transaction_id = transaction.id and r.retry_at is not null;
  update public.payment_differences d set resolved_at = as_of, resolution = 'Деньги вернулись'
  where (d.kind = 'refund_failed' or (d.kind = 'payment_quarantined' and not private.awaits_verdict(transaction)))
    and d.object_id = transaction.yookassa_payment_id and d.resolved_at is null;
$$;
comment on function private.settle_failed_refund is 'The money of a refund that had failed went back after all: nothing is asked for again, and its difference is closed.';

create function public.record_refund(refund jsonb, source text, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  known public.payment_refunds;
  transaction public.payment_transactions;
  new_status text := refund ->> 'status';
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records refunds.');
  end if;
  perform private.require_payment(refund); -- a refund has the same id, status and amount
  if new_status not in ('pending', 'succeeded', 'canceled') then
    return jsonb_build_object('outcome', 'unchanged', 'refund_id', null, 'refund_status', null);
  end if;
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.yookassa_payment_id = refund ->> 'payment_id';
  select * into transaction from public.payment_transactions t where t.yookassa_payment_id = refund ->> 'payment_id';
  if not found then
    return jsonb_build_object('outcome', 'unknown', 'refund_id', null, 'refund_status', null);
  end if;
  select * into known from public.payment_refunds r
  where r.yookassa_refund_id = refund ->> 'id'
    or (r.id = private.uuid_or_null(refund #>> '{metadata,refund_id}') and r.yookassa_refund_id is null and r.transaction_id = transaction.id);
  if not found then
    -- made by a person in ЮKassa's cabinet, where nobody knows of credits
    perform private.take_back_credit(transaction.id, (refund #>> '{amount,value}')::numeric);
    insert into public.payment_refunds
      (transaction_id, organization_id, amount, status, reason, yookassa_refund_id, idempotence_key, next_check_at, created_at)
    values (transaction.id, transaction.organization_id, (refund #>> '{amount,value}')::numeric, 'pending',
            coalesce(nullif(left(refund ->> 'description', 250), ''), 'made_at_yookassa'), refund ->> 'id', refund ->> 'id', as_of, as_of)
    returning * into known;
  end if;
  if known.status in ('succeeded', 'canceled') or (known.status = 'pending' and new_status = 'pending' and known.yookassa_refund_id is not null) then
    if new_status = known.status and refund ->> 'receipt_registration' is distinct from known.receipt_registration then
      update public.payment_refunds r
      set receipt_registration = refund ->> 'receipt_registration',
          next_check_at = case
            when new_status = 'pending' then r.next_check_at
            when refund ->> 'receipt_registration' = 'pending' then as_of + interval '1 hour'
          end
      where r.id = known.id;
    end if;
    return jsonb_build_object('outcome', 'unchanged', 'refund_id', known.id, 'refund_status', known.status);
  end if;
  if (refund #>> '{amount,value}')::numeric <> known.amount or refund #>> '{amount,currency}' is distinct from known.currency then
    return jsonb_build_object('outcome', 'quarantined', 'refund_id', known.id, 'refund_status', known.status);
  end if;

  update public.payment_refunds r
  set status = new_status, yookassa_refund_id = refund ->> 'id', cancellation_reason = refund #>> '{cancellation_details,reason}',
      receipt_registration = refund ->> 'receipt_registration',
      next_check_at = case
        when new_status = 'pending' then as_of + interval '10 minutes'
        when refund ->> 'receipt_registration' = 'pending' then as_of + interval '1 hour'
      end,
      checks = 0
  where r.id = known.id
  returning * into known;
  if new_status = 'canceled' then
    perform private.fail_refund(known, as_of);
  elsif new_status = 'succeeded' then
    perform private.settle_failed_refund(transaction, as_of);
    update public.payment_transactions t set refunded_amount = least(t.refunded_amount + known.amount, coalesce(t.paid_amount, t.amount)),
        -- who gave all of it back in ЮKassa's cabinet has decided
        judged_at = case when private.awaits_verdict(t) and t.refunded_amount + known.amount >= t.paid_amount then as_of else t.judged_at end
    where t.id = transaction.id
    returning * into transaction;
    if transaction.status = 'quarantined' and transaction.judged_at = as_of then
      update public.payment_differences d set resolved_at = as_of, resolution = 'Деньги вернулись'
      where d.kind = 'payment_quarantined' and d.object_id = transaction.yookassa_payment_id and d.resolved_at is null;
      perform private.reopen_period(transaction, 'not_as_asked', as_of);
    end if;
    perform private.end_refunded(transaction.subscription_id, as_of);
  end if;
  return jsonb_build_object('outcome', 'applied', 'refund_id', known.id, 'refund_status', known.status);
end
$$;
comment on function public.record_refund is
  'Service key only: takes a refund as fetched from ЮKassa, also one made in its cabinet; a period given back whole ends at once. Answers {outcome: applied|unchanged|unknown|quarantined, refund_id, refund_status}. 422 invalid_input.';
grant execute on function public.record_refund to service_role;

create function public.record_refund_refusal(refund_id uuid, reason text) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  refused public.payment_refunds;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records refusals.');
  end if;
  perform private.lock_organization(r.organization_id) from public.payment_refunds r where r.id = record_refund_refusal.refund_id;
  update public.payment_refunds r set status = 'canceled', cancellation_reason = record_refund_refusal.reason, next_check_at = null
  where r.id = record_refund_refusal.refund_id and r.status = 'created'
  returning * into refused;
  if found then
    perform private.fail_refund(refused, now());
  end if;
end
$$;
comment on function public.record_refund_refusal is 'Service key only: ЮKassa definitely refused to make this refund (reason: its error code).';
grant execute on function public.record_refund_refusal to service_role;


-- sql/46_fiscal_receipts.sql

-- Fiscal receipts (54-ФЗ): the documents a cash register made for payments and refunds, by the numbers the tax office asks for.
-- ЮKassa tells of them in no webhook: it is asked once a receipt is registered. https://yookassa.ru/developers/payment-acceptance/receipts/basics

create table public.fiscal_receipts (
  id uuid primary key default private.new_id(),
  transaction_id uuid not null references public.payment_transactions (id) on delete restrict,
  refund_id uuid references public.payment_refunds (id) on delete restrict,
  organization_id uuid not null, -- the payment's; a key of its own would be a second way from payments to organizations, and embedding ambiguous
  yookassa_receipt_id text not null,
  kind text not null,
  amount numeric(12, 2) not null,
  fiscal_storage_number text not null,
  fiscal_document_number text not null,
  fiscal_attribute text not null,
  registered_at timestamptz not null,
  created_at timestamptz not null default now(),
  constraint kind_is_known check (kind in ('payment', 'refund')),
  constraint amount_is_positive check (amount > 0),
  constraint numbers_are_digits check (
    fiscal_storage_number ~ '^[0-9]{1,20}$' and fiscal_document_number ~ '^[0-9]{1,20}$' and fiscal_attribute ~ '^[0-9]{1,20}$'),
  constraint fiscal_receipts_yookassa_receipt_id_key unique (yookassa_receipt_id)
);
comment on table public.fiscal_receipts is
  'Fiscal documents as ЮKassa told of them, each once and for ever: a payment may have several (income, and its return when a hold is released), and so may a refund. Kept with the payment: no number in it is a person''s.';
comment on column public.fiscal_receipts.refund_id is 'The refund it was made for; null: the payment itself.';
comment on column public.fiscal_receipts.kind is 'payment: income (приход); refund: return of income (возврат прихода).';
comment on column public.fiscal_receipts.amount is 'Roubles of the document.';
comment on column public.fiscal_receipts.fiscal_storage_number is 'ФН: of the storage in the cash register.';
comment on column public.fiscal_receipts.fiscal_document_number is 'ФД: of the document in that storage.';
comment on column public.fiscal_receipts.fiscal_attribute is 'ФПД: what the storage signed the document with.';
comment on column public.fiscal_receipts.registered_at is 'When the storage made the document.';
create index fiscal_receipts_organization_id_idx on public.fiscal_receipts (organization_id, registered_at desc);
create index fiscal_receipts_transaction_id_idx on public.fiscal_receipts (transaction_id);
create index fiscal_receipts_refund_id_idx on public.fiscal_receipts (refund_id) where refund_id is not null;

alter table public.fiscal_receipts enable row level security;
grant select on public.fiscal_receipts to authenticated, service_role;
create policy "organization admins and platform admins see the fiscal receipts" on public.fiscal_receipts
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: record_receipts is the only way, and a document is never changed

-- A table of its own, and no columns of payments and refunds: when those changed last is told to people, and asking changes nothing of them.
create table private.receipts_due (
  id uuid primary key default private.new_id(),
  transaction_id uuid not null references public.payment_transactions (id) on delete cascade,
  refund_id uuid references public.payment_refunds (id) on delete cascade,
  next_check_at timestamptz not null,
  checks int not null default 0,
  constraint receipts_due_object_key unique nulls not distinct (transaction_id, refund_id)
);
comment on table private.receipts_due is
  'Payments and refunds (refund_id) whose receipts are registered while their numbers are not known yet. Empty where receipts are off.';
create index receipts_due_next_check_at_idx on private.receipts_due (next_check_at);
create index receipts_due_refund_id_idx on private.receipts_due (refund_id) where refund_id is not null;
alter table private.receipts_due enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.expect_receipts(transaction_id uuid, refund_id uuid, at timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: the table is private
as $$
  insert into private.receipts_due as d (transaction_id, refund_id, next_check_at) values (transaction_id, refund_id, at)
  on conflict on constraint receipts_due_object_key do update set next_check_at = excluded.next_check_at, checks = 0
$$;
comment on function private.expect_receipts is 'The sweep asks ЮKassa for the receipts of a payment, or of its refund, from that moment on.';

create function private.expect_receipts_of_payment() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  perform private.expect_receipts(new.id, null, now());
  return null;
end
$$;
comment on function private.expect_receipts_of_payment is 'Trigger: a payment is decided and its receipt registered.';

create function private.expect_receipts_of_refund() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  perform private.expect_receipts(new.transaction_id, new.id, now());
  return null;
end
$$;
comment on function private.expect_receipts_of_refund is 'Trigger: the receipt of a refund is registered.';

-- A hold has its second document only when it is released: before a payment is decided nothing is asked.
create trigger payment_transactions_expect_receipts after insert or update of status, receipt_registration on public.payment_transactions
  for each row when (new.receipt_registration = 'succeeded' and not private.is_undecided(new.status))
  execute function private.expect_receipts_of_payment();

create trigger payment_refunds_expect_receipts after insert or update of status, receipt_registration on public.payment_refunds
  for each row when (new.receipt_registration = 'succeeded' and new.status = 'succeeded')
  execute function private.expect_receipts_of_refund();

create function private.expect_receipts_again(transaction_id uuid, at timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: the table is private
as $$
  select private.expect_receipts(t.id, null, at) from public.payment_transactions t
  where t.id = transaction_id and t.receipt_registration = 'succeeded' and not private.is_undecided(t.status);
  select private.expect_receipts(r.transaction_id, r.id, at) from public.payment_refunds r
  where r.transaction_id = expect_receipts_again.transaction_id and r.receipt_registration = 'succeeded' and r.status = 'succeeded';
$$;
comment on function private.expect_receipts_again is
  'The receipts of a payment and its refunds are asked for anew, though they are known, or were given up.';

-- Nobody is told of one answer that did not come; of three days without one a person is.
create function private.give_up_receipts(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: the table is private
as $$
  with given_up as (
    delete from private.receipts_due d
    where d.next_check_at <= as_of and d.checks >= 77 -- five in the first hour, then one an hour
    returning d.transaction_id, d.refund_id
  )
  select private.note_difference('receipt_stuck', coalesce(r.yookassa_refund_id, t.yookassa_payment_id), jsonb_strip_nulls(jsonb_build_object(
    'transaction_id', t.id, 'refund_id', r.id, 'receipt_registration', coalesce(r.receipt_registration, t.receipt_registration),
    'receipts_found', (select count(*) from public.fiscal_receipts f where f.transaction_id = t.id and f.refund_id is not distinct from g.refund_id))), as_of)
  from given_up g
  join public.payment_transactions t on t.id = g.transaction_id
  left join public.payment_refunds r on r.id = g.refund_id
$$;
comment on function private.give_up_receipts is
  'Receipts that ЮKassa calls registered, and whose numbers it did not give in three days of asking: a difference, and not asked for any more.';

create function private.receipt_total(receipt jsonb) returns numeric
  language sql immutable set search_path = ''
as $$
  select coalesce(
    (select sum(case when s.value ~ '^[0-9]{1,9}(\.[0-9]{1,2})?$' then s.value::numeric end)
     from (select jsonb_path_query(receipt, '$.settlements[*].amount.value') #>> '{}' as value) as s
     having bool_and(coalesce(s.value ~ '^[0-9]{1,9}(\.[0-9]{1,2})?$', false))),
    (select sum(case when i.price ~ '^[0-9]{1,9}(\.[0-9]{1,2})?$' and i.quantity ~ '^[0-9]{1,5}(\.[0-9]{1,6})?$'
                then round(i.price::numeric * i.quantity::numeric, 2) end)
     from (
       select item #>> '{amount,value}' as price, item ->> 'quantity' as quantity
       from jsonb_path_query(receipt, '$.items[*]') as item
     ) as i
     having bool_and(coalesce(i.price ~ '^[0-9]{1,9}(\.[0-9]{1,2})?$' and i.quantity ~ '^[0-9]{1,5}(\.[0-9]{1,6})?$', false))))
$$;
comment on function private.receipt_total is 'Roubles of a receipt of ЮKassa''s: its settlements, or else price × quantity of its items; null when it does not say.';

create function private.is_registered_receipt(receipt jsonb) returns boolean
  language sql stable set search_path = '' -- stable: a moment is read
as $$
  select coalesce(
    receipt ->> 'status' = 'succeeded'
    and receipt ->> 'fiscal_storage_number' ~ '^[0-9]{1,20}$' and receipt ->> 'fiscal_document_number' ~ '^[0-9]{1,20}$'
    and receipt ->> 'fiscal_attribute' ~ '^[0-9]{1,20}$'
    and receipt ->> 'registered_at' ~ '^20[0-9]{2}-.*(Z|[+-][0-9]{2}:?[0-9]{2})$' and pg_input_is_valid(receipt ->> 'registered_at', 'timestamptz')
    and private.receipt_total(receipt) between 0.01 and 9999999999.99, false)
$$;
comment on function private.is_registered_receipt is 'True for a receipt of ЮKassa''s that has every number of its fiscal document.';

create function public.record_receipts(transaction_id uuid, receipts jsonb, refund_id uuid default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  transaction public.payment_transactions;
  recorded int;
  awaits boolean;
  is_complete boolean;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records receipts.');
  end if;
  if jsonb_typeof(receipts) is distinct from 'array' or exists (
    select from jsonb_array_elements(receipts) as r where coalesce(r ->> 'id', '') !~ '^[A-Za-z0-9_-]{1,64}$'
  ) then
    perform private.refuse('invalid_input', '[{"field": "receipts", "code": "invalid"}]', 'A list of receipts, as ЮKassa lists them.');
  end if;
  -- No lock of the organization: a document is written once, moves nothing, and no payment waits for it.
  select * into transaction from public.payment_transactions t where t.id = record_receipts.transaction_id;
  if not found or (refund_id is not null and not exists (
    select from public.payment_refunds r where r.id = record_receipts.refund_id and r.transaction_id = transaction.id
  )) then
    perform private.refuse('not_found', 'There is no such payment or refund.');
  end if;

  with told as ( -- what is another payment's, or of a refund nobody told us of yet, is not for us
    select e.receipt, case when e.receipt ->> 'refund_id' is null then record_receipts.refund_id else r.id end as refund_id
    from jsonb_array_elements(receipts) as e (receipt)
    left join public.payment_refunds r on r.yookassa_refund_id = e.receipt ->> 'refund_id' and r.transaction_id = transaction.id
    where coalesce(e.receipt ->> 'payment_id', transaction.yookassa_payment_id) = transaction.yookassa_payment_id
      and (e.receipt ->> 'refund_id' is null or r.id is not null)
      and e.receipt ->> 'type' in ('payment', 'refund')
  ), written as (
    insert into public.fiscal_receipts
      (transaction_id, refund_id, organization_id, yookassa_receipt_id, kind, amount,
       fiscal_storage_number, fiscal_document_number, fiscal_attribute, registered_at)
    select transaction.id, t.refund_id, transaction.organization_id, t.receipt ->> 'id', t.receipt ->> 'type', private.receipt_total(t.receipt),
      t.receipt ->> 'fiscal_storage_number', t.receipt ->> 'fiscal_document_number', t.receipt ->> 'fiscal_attribute',
      (t.receipt ->> 'registered_at')::timestamptz
    from told t
    where private.is_registered_receipt(t.receipt)
    order by t.receipt ->> 'id' -- two that write the same ones wait for each other in one order
    on conflict on constraint fiscal_receipts_yookassa_receipt_id_key do nothing
    returning id
  )
  select (select count(*) from written), coalesce(bool_or(
    t.refund_id is not distinct from record_receipts.refund_id and t.receipt ->> 'status' is distinct from 'canceled'
    and not private.is_registered_receipt(t.receipt)), false)
  into recorded, awaits
  from told t;

  -- All is known when nothing is on its way; and of money that did not stay, the return as well as the income.
  select not awaits and count(*) > 0 and (
    record_receipts.refund_id is not null or transaction.status <> 'canceled'
    or sum(case f.kind when 'payment' then f.amount else -f.amount end) = 0)
  into is_complete
  from public.fiscal_receipts f
  where f.transaction_id = transaction.id and f.refund_id is not distinct from record_receipts.refund_id;
  if is_complete then
    delete from private.receipts_due d
    where d.transaction_id = transaction.id and d.refund_id is not distinct from record_receipts.refund_id;
  end if;
  return jsonb_build_object('outcome', case when is_complete then 'complete' else 'awaited' end, 'recorded', recorded);
end
$$;
comment on function public.record_receipts is
  'Service key only: takes the receipts that ЮKassa lists for a payment (refund_id null) or for a refund of it, and keeps those that are registered, each once. Answers {outcome: complete|awaited, recorded}; what is awaited is asked for again, for three days, and is then a difference (receipt_stuck). 404 not_found, 422 invalid_input.';
grant execute on function public.record_receipts to service_role;


-- sql/46_verification_guide.sql

-- What is asked of who wants to be verified: papers by trade, how long a review takes, what level B costs then. Applicants, moderators
-- and the public read the same.

create table public.verification_trades (
  trade text primary key,
  title jsonb not null,
  words text[] not null,
  position int not null,
  constraint title_is_in_both_languages check (title ? 'ru' and title ? 'en')
);
comment on table public.verification_trades is
  'Trades whose producers show the same papers: title {ru, en}; words: beginnings of words by which an organization''s own «what we do» is told, in small letters. Trade every: what everybody shows.';

alter table public.verification_trades enable row level security;
grant select on public.verification_trades to anon, authenticated, service_role;
create policy "everyone reads the trades" on public.verification_trades
  for select to anon, authenticated
  using (true);
-- insert, update, delete are not granted: trades come by a migration

create table public.verification_papers (
  trade text not null references public.verification_trades (trade),
  document text not null,
  is_required boolean not null,
  title jsonb not null,
  note jsonb,
  position int not null,
  primary key (trade, document),
  constraint document_is_of_a_known_kind check (document = any (private.document_kinds())),
  constraint title_is_in_both_languages check (title ? 'ru' and title ? 'en'),
  constraint note_is_in_both_languages check (note ? 'ru' and note ? 'en')
);
comment on table public.verification_papers is
  'Which papers a trade is asked for: document as in status_upgrade_requests.documents; is_required: level B is not given without it; title and note {ru, en}.';

alter table public.verification_papers enable row level security;
grant select on public.verification_papers to anon, authenticated, service_role;
create policy "everyone reads which papers are asked for" on public.verification_papers
  for select to anon, authenticated
  using (true);
-- insert, update, delete are not granted: papers come by a migration

create function private.papers_of(trade text) returns jsonb
  language sql stable security definer set search_path = '' -- definer: asked within definers
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'document', p.document, 'is_required', p.is_required, 'title', p.title, 'note', p.note) order by p.is_required desc, p.position), '[]')
  from public.verification_papers p where p.trade = papers_of.trade
$$;
comment on function private.papers_of is 'The papers of a trade, those that are required first: [{document, is_required, title, note}].';

create function private.trade_of(category text) returns text
  language sql stable security definer set search_path = '' -- definer: asked within definers
as $$
  select t.trade from public.verification_trades t
  where exists (select from unnest(t.words) as known (beginning) where lower(category) ~ ('(^|[^[:alpha:]])' || known.beginning))
  order by t.position limit 1
$$;
comment on function private.trade_of is 'The trade that an organization''s own words speak of; null when they speak of none that we know.';

-- The last two hundred decisions: what is measured is what happens now.
create function private.review_time() returns jsonb
  language sql stable security definer set search_path = '' -- definer: the requests are of everybody
as $$
  select jsonb_build_object(
    'promised_days', 3, 'decided', count(*),
    'median_hours', case when count(*) >= 5 then ceil(percentile_cont(0.5) within group (order by extract(epoch from d.waited)) / 3600) end)
  from (
    select r.waited from public.status_upgrade_requests r
    where r.status in ('approved', 'rejected') and r.reviewed_at > now() - interval '180 days'
    order by r.reviewed_at desc limit 200
  ) as d
$$;
comment on function private.review_time is
  'How long a request waits for our decision, without the time in which we wait for papers: {promised_days: what we promise, in working days; decided: of how many it is measured; median_hours: null while they are fewer than five}.';

create function public.verification_guide(category text default null) returns jsonb
  language sql stable security definer set search_path = '' -- definer: how long reviews take is counted over everybody''s requests
as $$
  select jsonb_build_object(
    'trade', private.trade_of(category),
    'for_all', private.papers_of('every'),
    'trades', (
      select coalesce(jsonb_agg(jsonb_build_object('trade', t.trade, 'title', t.title, 'papers', private.papers_of(t.trade)) order by t.position), '[]')
      from public.verification_trades t where t.trade <> 'every'),
    'review', private.review_time(),
    'plans', (
      select coalesce(jsonb_agg(jsonb_build_object('plan_id', p.id, 'period', p.period, 'amount', p.amount::text, 'currency', p.currency) order by p.position), '[]')
      from public.subscription_plans p where p.level = 'B' and p.is_active))
$$;
comment on function public.verification_guide is
  'What is asked of who wants level B: {trade: null|the one that category (an organization''s own words) speaks of, for_all: [{document, is_required, title: {ru, en}, note: null|{ru, en}}], trades: [{trade, title, papers: [as for_all]}], review: {promised_days, decided, median_hours: null|…}, plans: [{plan_id, period, amount, currency}]}.';
grant execute on function public.verification_guide to anon, authenticated, service_role;


-- sql/47_record_payment.sql

-- Recording a payment: the one path by which what ЮKassa says becomes what we know.


-- What ЮKassa says -------------------------------------------------------------------------------------------------------

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
  on conflict on constraint payment_methods_yookassa_id_key do update set title = excluded.title, refused_at = null
  returning m.id into saved_id;
  return saved_id;
end
$$;
comment on function private.save_payment_method is 'Keeps a method that ЮKassa says is saved; returns our id for it.';

create function private.card_in(payment jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'brand', m.method #>> '{card,card_type}', 'last4', substring(m.method #>> '{card,last4}' from '^[0-9]{4}$'), 'title', m.method ->> 'title')
  from (select payment -> 'payment_method' as method) as m
  where jsonb_typeof(m.method) = 'object'
$$;
comment on function private.card_in is 'The card of a ЮKassa payment, as private.card; null where it names none.';

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
      -- what we ourselves said of a page stays: ЮKassa only knows that it ended
      cancellation_party = case when t.kind <> 'renewal' and t.cancellation_party = 'chestno' then t.cancellation_party
                                else payment #>> '{cancellation_details,party}' end,
      cancellation_reason = case when t.kind <> 'renewal' and t.cancellation_party = 'chestno' then t.cancellation_reason
                                 else payment #>> '{cancellation_details,reason}' end,
      quarantine_reason = fault,
      paid_amount = case when new_status in ('succeeded', 'quarantined') then (payment #>> '{amount,value}')::numeric end,
      paid_currency = case when new_status in ('succeeded', 'quarantined') then payment #>> '{amount,currency}' end,
      status_source = source,
      receipt_registration = payment ->> 'receipt_registration',
      card = coalesce(private.card_in(payment), t.card),
      next_check_at = case
        when private.payment_rank(new_status::text) < 3 then as_of + interval '2 minutes'
        when payment ->> 'receipt_registration' = 'pending' then as_of + interval '1 hour'
      end,
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
    'release_hold', transaction.kind in ('trial_hold', 'card_check') and transaction.status = 'waiting_for_capture'
  )
$$;
comment on function private.record_answer is 'What record_payment answers.';


-- What follows from it ---------------------------------------------------------------------------------------------------

-- Why a hold begins nothing: the person asked for a trial, and is told in words that there is none, and that they may pay at once.
create function private.refuse_trial(transaction public.payment_transactions, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.payment_transactions t set cancellation_party = 'chestno', cancellation_reason = 'trial_already_used' where t.id = transaction.id;
  perform private.notify(transaction.organization_id, 'payment_returned', jsonb_build_object(
    'amount', transaction.amount::text, 'currency', transaction.currency, 'reason', 'trial_already_used', 'transaction_id', transaction.id), as_of);
end
$$;
comment on function private.refuse_trial is 'The hold of a trial that is not given is released, and people are told why. The caller has the organization''s lock.';

-- A card that was authorized and saved starts the trial, once per organization and INN, twice per card. Otherwise nothing starts, and the hold is released.
create function private.start_trial(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  card bytea := private.card_digest(payment -> 'payment_method');
  is_given boolean;
  trial_end timestamptz;
  started public.subscriptions;
begin
  if private.saved_method(payment) is null or private.is_being_deleted(transaction.organization_id) or transaction.voided_at is not null
    or private.forgot_a_card_since(transaction)
  then
    return;
  end if;
  if exists (
    select from public.subscriptions s
    where s.organization_id = transaction.organization_id and private.is_live(s.status)
  ) then
    return;
  end if;
  is_given := private.may_begin_trial(card, as_of); -- the card's lock comes before the INN's, everywhere
  if is_given then
    insert into private.used_trials (inn, organization_id, started_at)
    select o.inn, o.id, as_of from public.organizations o
    where o.id = transaction.organization_id and o.inn is not null and not private.has_had_trial(o)
    on conflict do nothing;
    is_given := found;
  end if;
  insert into private.trial_cards (card, organization_id, asked_at, has_begun)
  select card, transaction.organization_id, as_of, is_given where card is not null
  on conflict do nothing;
  if not is_given then
    perform private.refuse_trial(transaction, as_of);
    return;
  end if;

  select (as_of at time zone os.time_zone + make_interval(days => p.trial_days)) at time zone os.time_zone into trial_end
  from public.subscription_plans p, public.organization_settings os
  where p.id = transaction.plan_id and os.organization_id = transaction.organization_id;

  started := private.open_subscription(
    transaction.organization_id, transaction.plan_id, 'trialing', as_of, trial_end,
    private.save_payment_method(transaction.organization_id, private.saved_method(payment)), transaction.created_by,
    (transaction.quoted_from ->> 'price')::numeric);
  update public.payment_transactions t set subscription_id = started.id where t.id = transaction.id;
  perform private.move_subscription(started.id, 'trialing', null, as_of);
end
$$;
comment on function private.start_trial is 'Starts the trial a hold was made for, when the card was saved, no trial was had before, and the card began fewer than two in 90 days.';

create function private.forgot_a_card_since(transaction public.payment_transactions) returns boolean
  language sql stable security definer set search_path = '' -- definer: looks at cards for anyone
as $$
  select coalesce((
    select count(*) > (transaction.quoted_from ->> 'forgotten')::bigint from public.payment_methods m
    where m.organization_id = transaction.organization_id and m.revoked_by = 'person'), false)
$$;
comment on function private.forgot_a_card_since is 'True when somebody forgot a card of the organization after this payment was begun: it saves none then (376-ФЗ).';

-- Answers why the money cannot be used, or null when it pays for a period. Money that cannot be used is given back by itself.
create function private.start_paid_period(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns text
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  subscription public.subscriptions;
  plan public.subscription_plans;
  calendar text;
  method_id uuid;
  starts timestamptz := as_of;
  anchor timestamptz := as_of;
  ends timestamptz;
  basis jsonb := private.quote_basis(transaction.organization_id, transaction.plan_id);
  -- Who cancelled or forgot a card after this was begun meant it (376-ФЗ): however late it comes, it gives its time and nothing more.
  stays_cancelled boolean := basis ->> 'canceled_at' is not null and basis ->> 'canceled_at' is distinct from transaction.quoted_from ->> 'canceled_at';
begin
  select * into subscription from public.subscriptions s
  where s.organization_id = transaction.organization_id and private.is_live(s.status)
  for update;
  select * into plan from public.subscription_plans p where p.id = transaction.plan_id;
  select os.time_zone into calendar from public.organization_settings os where os.organization_id = transaction.organization_id;

  case transaction.kind
    when 'first_payment' then
      if subscription.status = 'active' then
        return 'already_paid'; -- two payment pages were paid
      end if;
      if subscription.status = 'past_due' then
        starts := subscription.current_period_end;
        anchor := subscription.billing_anchor; -- what comes late keeps the billing day, whatever plan it is for
      end if;
      if not private.is_as_quoted(transaction, basis) then
        return case when subscription.id is null and transaction.quoted_from ->> 'subscription_id' is not null then 'subscription_over' else 'changed_meanwhile' end;
      end if;
    when 'renewal' then
      if subscription.id is distinct from transaction.subscription_id then
        return 'subscription_over'; -- it ended while ЮKassa made up its mind
      end if;
      if private.period_is_paid(transaction, subscription) then
        return 'already_paid';
      end if;
      starts := transaction.period_start;
      -- after a pause of ours it begins with the charge, and so does every later one
      anchor := case when starts > subscription.current_period_end then starts else subscription.billing_anchor end;
    when 'plan_change' then
      if subscription.id is distinct from transaction.subscription_id or subscription.status <> 'active' then
        return 'subscription_over';
      end if;
      if subscription.plan_id = plan.id then
        return 'already_paid';
      end if;
      if not private.is_as_quoted(transaction, basis) then
        return 'changed_meanwhile';
      end if;
  end case;

  if transaction.voided_at is not null or (private.is_being_deleted(transaction.organization_id) and transaction.kind <> 'renewal') then
    -- nothing begins, and no card is saved, for who is leaving
    return case transaction.cancellation_reason when 'abandoned' then 'abandoned' else 'subscription_over' end;
  end if;
  if not private.may_hold_plan(transaction.organization_id, plan.id) then
    return 'verification_required'; -- it was taken back while the money was on its way
  end if;

  if transaction.kind <> 'renewal' and private.saved_method(payment) is not null
    and not stays_cancelled and not private.forgot_a_card_since(transaction)
  then
    method_id := private.save_payment_method(transaction.organization_id, private.saved_method(payment));
  end if;
  ends := private.next_period_end(anchor, starts, plan.period, calendar) + make_interval(days => transaction.bonus_days);
  if ends <= as_of then
    -- it took us longer than the whole period to take the money: nobody pays for that time, the period begins now
    starts := as_of;
    anchor := as_of;
    ends := private.next_period_end(anchor, starts, plan.period, calendar) + make_interval(days => transaction.bonus_days);
  end if;
  if subscription.id is null then
    subscription := private.open_subscription(
      transaction.organization_id, plan.id, 'active', starts, ends, method_id, transaction.created_by,
      (transaction.quoted_from ->> 'price')::numeric);
  else
    subscription := private.enter_period(
      subscription.id, plan.id, case when transaction.bonus_days > 0 then ends else anchor end, starts, ends,
      method_id, stays_cancelled or transaction.kind = 'renewal',
      coalesce((transaction.quoted_from ->> 'price')::numeric, plan.amount));
  end if;
  update public.payment_transactions t set subscription_id = subscription.id, period_start = starts where t.id = transaction.id;
  update public.subscription_retry_attempts r set outcome = 'not_needed'
  where r.subscription_id = subscription.id and r.outcome is null;
  perform private.move_subscription(subscription.id, 'active', null, as_of);
  perform private.plan_next_charge(subscription.id, case when not subscription.cancel_at_period_end then subscription.current_period_end end);
  perform private.sync_level_terms(subscription);
  perform private.notify(transaction.organization_id, 'payment_succeeded', jsonb_build_object(
    'amount', coalesce(transaction.paid_amount, transaction.amount)::text, 'currency', transaction.currency, 'plan', plan.title, 'level', plan.level,
    'period_start', subscription.current_period_start, 'period_end', subscription.current_period_end, 'transaction_id', transaction.id), as_of);
  return null;
end
$$;
comment on function private.start_paid_period is
  'Uses a payment: the subscription becomes active for a period of the plan. Answers why the money cannot be used (already_paid, subscription_over, verification_required, changed_meanwhile), or null.';

-- A new card, checked and saved, takes the place of the old one; what was waiting for it is charged at once.
create function private.replace_card(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  if private.saved_method(payment) is null or private.is_being_deleted(transaction.organization_id) or transaction.voided_at is not null
    or private.forgot_a_card_since(transaction)
  then
    return;
  end if;
  select * into subscription from public.subscriptions s
  where s.organization_id = transaction.organization_id and private.is_live(s.status);
  if not found then
    return; -- it ended meanwhile: no card is saved for what is over
  end if;
  perform private.put_card(
    subscription.id, private.save_payment_method(transaction.organization_id, private.saved_method(payment)));
  if subscription.status = 'past_due' and not subscription.cancel_at_period_end and not private.has_open_charge(subscription.id) then
    perform private.plan_next_charge(subscription.id, as_of);
  end if;
end
$$;
comment on function private.replace_card is 'Puts a newly saved card on the live subscription; a subscription that is past due is charged next.';

create function private.apply_payment(transaction public.payment_transactions, payment jsonb, as_of timestamptz) returns text
  language plpgsql volatile set search_path = ''
as $$
declare
  status text := payment ->> 'status';
begin
  if transaction.kind in ('trial_hold', 'card_check') then
    -- Seeing our own release before the authorization itself (answers come in any order) proves the authorization too.
    if transaction.status in ('created', 'pending') and (
      status in ('waiting_for_capture', 'succeeded')
      or (status = 'canceled' and payment #>> '{cancellation_details,reason}' = 'canceled_by_merchant')
    ) then
      if transaction.kind = 'trial_hold' then
        perform private.start_trial(transaction, payment, as_of);
      else
        perform private.replace_card(transaction, payment, as_of);
      end if;
    end if;
  elsif status = 'succeeded' then
    return private.start_paid_period(transaction, payment, as_of);
  elsif status = 'canceled' and transaction.kind = 'renewal' then
    perform private.decline_charge(transaction, payment #>> '{cancellation_details,reason}', as_of);
  end if;
  return null;
end
$$;
comment on function private.apply_payment is
  'What a payment''s new status does to the organization. Answers why its money cannot be used, or null.';


-- RPCs: recording -------------------------------------------------------------------------------------------------------

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

  if source = 'admin' then
    perform private.expect_receipts_again(transaction.id, as_of); -- a person wants to know what there is now
  end if;
  if transaction.status = 'quarantined' then
    if payment ->> 'status' = 'succeeded' and payment ->> 'receipt_registration' is distinct from transaction.receipt_registration then
      -- it is put aside, and its receipt is registered all the same
      update public.payment_transactions t
      set receipt_registration = payment ->> 'receipt_registration',
          next_check_at = case payment ->> 'receipt_registration' when 'pending' then as_of + interval '1 hour' end
      where t.id = transaction.id;
    end if;
    return private.record_answer('quarantined', transaction);
  end if;
  if private.is_abandoned(transaction) and payment ->> 'status' in ('pending', 'canceled') then
    -- it stays what the person made of it; while ЮKassa's page is open it is looked at
    update public.payment_transactions t
    set yookassa_payment_id = payment ->> 'id', next_check_at = case payment ->> 'status' when 'pending' then t.next_check_at end
    where t.id = transaction.id;
    return private.record_answer('unchanged', transaction);
  end if;
  fault := private.payment_mismatch(transaction, payment);
  if fault is not null and payment ->> 'status' not in ('succeeded', 'waiting_for_capture') then
    fault := null; -- nothing was taken: there is nothing to decide on, and a decline is a decline
  elsif transaction.status = 'succeeded' and transaction.judged_at is not null
    and (payment #>> '{amount,value}')::numeric = transaction.paid_amount and payment #>> '{amount,currency}' = transaction.paid_currency
  then
    fault := null; -- a person accepted it as it is, and is not asked again
  end if;
  if fault is not null then
    -- What is final stays as it is: a wrong answer afterwards does not undo it.
    if private.payment_rank(transaction.status::text) < 3 or private.is_abandoned(transaction) then
      transaction := private.move_transaction(transaction, 'quarantined', payment, fault, source, as_of);
    end if;
    perform private.note_difference('payment_quarantined', payment ->> 'id', payment, as_of);
    return private.record_answer('quarantined', transaction);
  end if;

  if transaction.status = 'canceled' and transaction.yookassa_payment_id is null and payment ->> 'status' = 'succeeded' then
    -- We had given it up for never made. Nobody counts on it any more, so the money goes back.
    transaction := private.move_transaction(transaction, 'quarantined', payment, 'given_up', source, as_of);
    perform private.refund_unusable(transaction, 'given_up', as_of);
    return private.record_answer('quarantined', transaction);
  end if;

  if private.payment_rank(payment ->> 'status') > private.payment_rank(transaction.status::text) or private.is_abandoned(transaction) then
    fault := private.apply_payment(transaction, payment, as_of);
    if fault is null then
      transaction := private.move_transaction(transaction, (payment ->> 'status')::public.transaction_status, payment, null, source, as_of);
      outcome := 'applied';
      if transaction.kind in ('trial_hold', 'card_check') and transaction.status = 'succeeded' then
        perform private.refund_unusable(transaction, 'hold_captured', as_of); -- somebody took the rouble that was only held
      end if;
    else
      transaction := private.move_transaction(transaction, 'quarantined', payment, fault, source, as_of);
      outcome := 'quarantined';
      -- our own doing, so nobody has to decide: the money goes back
      perform private.refund_unusable(transaction, fault, as_of);
      perform private.reopen_period(transaction, fault, as_of);
    end if;
  elsif payment ->> 'status' = transaction.status::text and payment ->> 'receipt_registration' is distinct from transaction.receipt_registration then
    transaction := private.move_transaction(transaction, transaction.status, payment, null, source, as_of);
  end if;
  return private.record_answer(outcome, transaction);
end
$$;
comment on function public.record_payment is
  'Service key only. The one path: takes a payment object as fetched from ЮKassa (source: checkout, renewal, webhook, return, sweep or admin), checks amount, currency, shop and test flag, never goes back in status, applies effects once. Answers {outcome: applied|unchanged|unknown|quarantined, transaction_id, transaction_status, subscription_status, release_hold}; release_hold: the 1 ₽ hold is to be cancelled now. From an admin it has the receipts asked for anew, too. 422 invalid_input when it is not a payment.';
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
  update public.payment_transactions t set next_check_at = null
  where t.id = record_refusal.transaction_id and private.is_abandoned(t) and t.yookassa_payment_id is null; -- there never was a page
  update public.payment_transactions t
  set status = 'canceled', cancellation_party = 'yookassa_api', cancellation_reason = reason, next_check_at = null
  where t.id = record_refusal.transaction_id and t.status = 'created' -- what ЮKassa has an object for is decided by the object
  returning * into transaction;
  if found then
    if transaction.kind = 'renewal' then
      perform private.decline_charge(transaction, reason, as_of);
    end if;
    return private.record_answer('applied', transaction);
  end if;
  select * into transaction from public.payment_transactions t where t.id = record_refusal.transaction_id;
  return private.record_answer(case when found then 'unchanged' else 'unknown' end, transaction);
end
$$;
comment on function public.record_refusal is
  'Service key only: ЮKassa definitely refused to create this payment (reason: its error code). Answers as record_payment.';
grant execute on function public.record_refusal to service_role;


-- sql/47_verdicts.sql

-- Verdicts: what becomes of a payment that was not as we asked, so that its money is never for nothing and no subscription waits for ever.

-- The payment as it was when it was put aside, as ЮKassa told it.
create function private.quarantined_payment(transaction public.payment_transactions) returns jsonb
  language sql stable security definer set search_path = '' -- definer: reads the differences for anyone
as $$
  select coalesce(
    (select d.detail from public.payment_differences d
     where d.kind = 'payment_quarantined' and d.object_id = transaction.yookassa_payment_id
     order by d.found_at limit 1),
    jsonb_build_object('id', transaction.yookassa_payment_id, 'status', 'succeeded',
      'amount', jsonb_build_object('value', transaction.paid_amount::text, 'currency', transaction.paid_currency)))
$$;
comment on function private.quarantined_payment is 'ЮKassa''s payment as it was when it was put aside.';

-- Answers why the money cannot be used after all (then it goes back by itself), or null.
create function private.accept_payment(transaction public.payment_transactions, source text, as_of timestamptz) returns text
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  payment jsonb := private.quarantined_payment(transaction);
  fault text := private.apply_payment(transaction, payment, as_of);
begin
  if fault is null then
    perform private.move_transaction(transaction, 'succeeded', payment, null, source, as_of);
    return null;
  end if;
  update public.payment_transactions t set quarantine_reason = fault where t.id = transaction.id returning * into transaction;
  perform private.refund_unusable(transaction, fault, as_of);
  perform private.reopen_period(transaction, fault, as_of);
  return fault;
end
$$;
comment on function private.accept_payment is
  'A payment that was put aside has its effects after all, for what was really paid; or goes back, when there is nothing left for it to pay. The caller has the organization''s lock.';

create function public.judge_quarantined(transaction_id uuid, decision text, comment text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  transaction public.payment_transactions;
  fault text;
begin
  perform private.act_as_platform_admin(
    'judge_quarantined', (select t.organization_id from public.payment_transactions t where t.id = judge_quarantined.transaction_id),
    transaction_id::text, jsonb_build_object('decision', left(decision, 20)));
  if decision is null or decision not in ('accept', 'refund') or coalesce(private.visible_length(comment), 0) = 0 or char_length(btrim(comment)) > 250 then
    perform private.refuse('invalid_input', '[{"field": "decision", "code": "unknown"}]', 'decision is accept or refund, with a comment.');
  end if;
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = judge_quarantined.transaction_id;
  select * into transaction from public.payment_transactions t where t.id = judge_quarantined.transaction_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such payment.');
  end if;
  if transaction.status <> 'quarantined' then
    perform private.refuse('invalid_transition', 'The payment is not quarantined.');
  end if;
  if decision = 'accept' then
    if not private.awaits_verdict(transaction) then
      perform private.refuse('invalid_transition', 'The payment was decided on.', 'Its money goes back.');
    elsif transaction.kind in ('trial_hold', 'card_check') or transaction.paid_currency <> 'RUB'
      or private.refundable(transaction) < transaction.paid_amount
    then
      perform private.refuse('invalid_transition', 'There is nothing this money could pay for.', 'Give it back.');
    end if;
    fault := private.accept_payment(transaction, 'admin', now());
  end if;
  update public.payment_differences d set resolved_at = now(), resolved_by = auth.uid(), resolution = btrim(comment)
  where d.object_id = transaction.yookassa_payment_id and d.resolved_at is null;
  update public.payment_transactions t set judged_at = now() where t.id = transaction.id returning * into transaction;
  if decision = 'refund' then
    perform private.refund_unusable(transaction, btrim(comment), now());
    perform private.reopen_period(transaction, 'not_as_asked', now());
  end if;
  return jsonb_build_object('transaction_id', transaction.id, 'decision', decision, 'status', transaction.status,
                            'goes_back', transaction.status = 'quarantined', 'reason', fault);
end
$$;
comment on function public.judge_quarantined is
  'Platform admins: a payment that was not as asked has its effects after all (accept), for what was really paid, or all that was paid goes back (refund), and the subscription goes on by the ordinary rules; with a comment. Answers {transaction_id, decision, status, goes_back, reason}; reason: why what was accepted goes back all the same (already_paid, subscription_over, verification_required). 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.judge_quarantined to authenticated;

-- A setting of ours was wrong for an hour (the shop, the test flag): what was put aside for that alone is as we asked once it is mended.
create function private.accept_mended(as_of timestamptz) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  put_aside public.payment_transactions;
  accepted int := 0;
begin
  for put_aside in
    select t.* from public.payment_transactions t
    where t.status = 'quarantined' and t.judged_at is null and t.quarantine_reason in ('shop', 'test')
      and private.payment_mismatch(t, private.quarantined_payment(t)) is null
      and private.refundable(t) = t.paid_amount
  loop
    perform private.lock_organization(put_aside.organization_id);
    select * into put_aside from public.payment_transactions t where t.id = put_aside.id;
    if private.awaits_verdict(put_aside) then
      perform private.accept_payment(put_aside, 'sweep', as_of);
      update public.payment_differences d set resolved_at = as_of, resolution = 'Настройки исправлены'
      where d.object_id = put_aside.yookassa_payment_id and d.resolved_at is null;
      accepted := accepted + 1;
    end if;
  end loop;
  return accepted;
end
$$;
comment on function private.accept_mended is
  'Accepts the payments that were put aside only because our own settings were wrong, and are not any more; how many.';


-- sql/48_webhooks_and_sweep.sql

-- Webhooks: what ЮKassa tells us, kept before it is believed, and the sweep that finds what was never told.
-- ЮKassa does not sign: a webhook only says which payment to look at. https://yookassa.ru/developers/using-api/webhooks

create table public.payment_webhooks_log (
  id uuid primary key default private.new_id(),
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
  -- ЮKassa's webhooks have no id of their own. The digest keeps a forged twin apart from the true one.
  constraint payment_webhooks_log_notification_key unique (event_type, object_id, object_status, payload_digest)
);
comment on table public.payment_webhooks_log is
  'Every webhook as it came, once, with how often it came (deliveries), what became of it (status) and why (error). remote_ip is ЮKassa''s machine.';
create index payment_webhooks_log_object_id_idx on public.payment_webhooks_log (object_id);
create index payment_webhooks_log_waiting_idx on public.payment_webhooks_log (next_attempt_at) where next_attempt_at is not null;

-- What follows from the rest of a new webhook, unless it is given.
create function private.complete_notification() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  new.payload_digest := coalesce(new.payload_digest, sha256(convert_to(new.payload::text, 'UTF8')));
  if new.status = 'received' then -- whoever stored it settles it first; then the sweep
    new.next_attempt_at := coalesce(new.next_attempt_at, new.received_at + interval '1 minute');
  end if;
  return new;
end
$$;
comment on function private.complete_notification is 'Trigger: a new webhook has its digest; one that is to be settled is swept after a minute.';

create trigger payment_webhooks_log_complete before insert on public.payment_webhooks_log
  for each row execute function private.complete_notification();

alter table public.payment_webhooks_log enable row level security;
grant select on public.payment_webhooks_log to authenticated, service_role;
create policy "platform admins read the notifications" on public.payment_webhooks_log
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: the RPCs below are the only way
create function public.receive_notification(payload jsonb, remote_ip text default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  event text := left(payload ->> 'event', 64);
  object_id text := left(coalesce(payload #>> '{object,id}', ''), 64);
  kind text;
  received public.payment_webhooks_log;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key stores webhooks.');
  end if;
  if jsonb_typeof(payload -> 'event') is distinct from 'string' or event = '' then
    perform private.refuse('invalid_input', '[{"field": "payload", "code": "not_a_notification"}]');
  end if;
  kind := case
    when payload ->> 'type' is distinct from 'notification' then 'other'
    when (payload #>> '{object,id}' ~ '^[A-Za-z0-9_-]{1,64}$') is not true then 'other' -- nothing that could be looked at
    when event in ('payment.waiting_for_capture', 'payment.succeeded', 'payment.canceled') then 'payment'
    when event = 'refund.succeeded' then 'refund'
    else 'other'
  end;

  insert into public.payment_webhooks_log as n (event_type, object_id, object_status, payload, remote_ip, status)
  values (
    event, object_id, left(coalesce(payload #>> '{object,status}', ''), 64), payload, private.inet_or_null(remote_ip),
    case kind when 'other' then 'ignored' else 'received' end
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
  'Service key only: stores a webhook (again: counts the delivery); what is not about a payment or refund we could look at is ignored. Answers {notification_id, status, object_kind: payment|refund|other, object_id, settle}. 422 invalid_input when it names no event.';
grant execute on function public.receive_notification to service_role;

create function public.settle_notification(notification_id uuid, payment jsonb, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  notification public.payment_webhooks_log;
  answer jsonb;
  fault text;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key settles webhooks.');
  end if;
  perform private.require_payment(payment);
  select * into notification from public.payment_webhooks_log n where n.id = settle_notification.notification_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such webhook.');
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
    answer := case notification.event_type when 'refund.succeeded'
      then public.record_refund(payment, 'webhook', as_of)
      else public.record_payment(payment, 'webhook', as_of)
    end;
    if answer ->> 'outcome' = 'unknown' then
      fault := 'payment_not_ours';
    end if;
  else
    answer := '{"outcome": "unchanged"}';
  end if;

  update public.payment_webhooks_log n
  set status = case when fault is null then 'processed' else 'rejected' end,
      error = case when fault is not null then fault
                   when answer ->> 'outcome' = 'quarantined' then 'payment_quarantined' end,
      processed_at = as_of, attempts = n.attempts + 1, next_attempt_at = null
  where n.id = notification.id and n.status <> 'processed'; -- what is settled stays settled
  select n.status into notification.status from public.payment_webhooks_log n where n.id = notification.id;
  return jsonb_build_object('transaction_id', null, 'transaction_status', null, 'subscription_status', null, 'release_hold', false)
    || answer || jsonb_build_object('notification_status', notification.status);
end
$$;
comment on function public.settle_notification is
  'Service key only: records the payment (or refund) that a webhook named, as fetched from ЮKassa, and closes the webhook: processed, or rejected with the reason. Answers as record_payment, and notification_status. 404 not_found, 422 invalid_input.';
grant execute on function public.settle_notification to service_role;

create function public.fail_notification(notification_id uuid, reason text, is_final boolean, as_of timestamptz default now()) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key settles webhooks.');
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


-- The sweep --------------------------------------------------------------------------------------------------------------

create function public.claim_payment_sweep(as_of timestamptz default now(), max_items int default 100) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  answer jsonb;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key sweeps.');
  end if;

  perform private.retry_refunds(as_of, max_items);
  perform private.give_up_receipts(as_of);

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
    returning n.id, n.object_id, n.event_type
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
  ), due_refunds as (
    select r.id from public.payment_refunds r
    where r.next_check_at <= as_of
    order by r.next_check_at limit max_items
    for update skip locked
  ), refunds as (
    update public.payment_refunds r
    set checks = r.checks + 1, next_check_at = as_of + private.backoff(r.checks + 1)
    from due_refunds d where d.id = r.id
    returning r.*
  ), due_receipts as (
    select d.id from private.receipts_due d
    where d.next_check_at <= as_of
    order by d.next_check_at limit least(max_items, 20) -- numbers hurry nobody: they take little of a sweep that moves money
    for update skip locked
  ), receipts as (
    update private.receipts_due r
    set checks = r.checks + 1, next_check_at = as_of + private.backoff(r.checks + 1)
    from due_receipts d where d.id = r.id
    returning r.*
  )
  select jsonb_build_object(
    'notifications', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'notification_id', n.id, 'object_kind', case n.event_type when 'refund.succeeded' then 'refund' else 'payment' end,
        'object_id', n.object_id)), '[]')
      from notifications n
    ),
    'transactions', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'transaction_id', t.id, 'yookassa_payment_id', t.yookassa_payment_id, 'idempotence_key', t.idempotence_key,
        'request_body', t.request_body, 'created_at', t.created_at,
        -- ЮKassa remembers a key for 24 hours; after that the same key would make a new payment
        'replay', t.yookassa_payment_id is null and t.created_at > as_of - interval '23 hours',
        'begin', t.kind = 'renewal' and t.yookassa_payment_id is null -- has to pass begin_charge before it is sent (again)
      )), '[]')
      from transactions t where not (t.kind in ('trial_hold', 'card_check') and t.status = 'waiting_for_capture')
    ),
    'holds', (
      select coalesce(jsonb_agg(jsonb_build_object('transaction_id', t.id, 'yookassa_payment_id', t.yookassa_payment_id)), '[]')
      from transactions t where t.kind in ('trial_hold', 'card_check') and t.status = 'waiting_for_capture'
    ),
    'refunds', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'refund_id', r.id, 'yookassa_refund_id', r.yookassa_refund_id, 'idempotence_key', r.idempotence_key,
        'request_body', r.request_body, 'created_at', r.created_at,
        'replay', r.yookassa_refund_id is null and r.created_at > as_of - interval '23 hours'
      )), '[]')
      from refunds r
    ),
    'receipts', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'transaction_id', d.transaction_id, 'refund_id', d.refund_id,
        'yookassa_payment_id', t.yookassa_payment_id, 'yookassa_refund_id', r.yookassa_refund_id)), '[]')
      from receipts d
      join public.payment_transactions t on t.id = d.transaction_id
      left join public.payment_refunds r on r.id = d.refund_id
    )
  ) into answer;
  return answer;
end
$$;
comment on function public.claim_payment_sweep is
  'Service key only: work for one sweep, leased: {notifications: [{notification_id, object_kind, object_id}], transactions: [{transaction_id, yookassa_payment_id, idempotence_key, request_body, created_at, replay, begin}], holds: [{transaction_id, yookassa_payment_id}], refunds: [{refund_id, yookassa_refund_id, idempotence_key, request_body, created_at, replay}], receipts: [{transaction_id, refund_id, yookassa_payment_id, yookassa_refund_id}] (to ask for; refund_id null: of the payment itself)}; at most max_items of each, and 20 receipts.';
grant execute on function public.claim_payment_sweep to service_role;


-- Reconciliation: what ЮKassa says it has, held against what we have, both ways. -----------------------------------------

-- The books are compared an hour after they last were, by one run at a time. The sweep asks every minute: a run that failed is
-- made up for at once, one that was killed after ten minutes. How a rehearsal went in another time says nothing about now.
create function public.begin_reconciliation(as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  run_id uuid;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key reconciles.');
  end if;
  perform pg_advisory_xact_lock(hashtext('reconciliation')); -- of two that ask at once, the second sees that the first has begun
  if exists (
    select from public.job_runs r
    where r.job = 'reconciliation'
      and r.as_of > begin_reconciliation.as_of - interval '1 hour' and r.as_of < begin_reconciliation.as_of + interval '1 hour'
      and (r.status = 'ok' or (r.status = 'running' and r.as_of > begin_reconciliation.as_of - interval '10 minutes'))
  ) then
    return null;
  end if;
  insert into public.job_runs (job, as_of) values ('reconciliation', begin_reconciliation.as_of) returning id into run_id;
  -- ЮKassa repeats a webhook for 24 hours: what was not heard of in 48 never will be. After a pause of ours, what happened in it was not
  -- compared either.
  return jsonb_build_object('run_id', run_id, 'as_of', as_of, 'since', least(as_of - interval '48 hours', (
    select max(r.as_of) - interval '24 hours' from public.job_runs r
    where r.job = 'reconciliation' and r.status = 'ok' and r.as_of < begin_reconciliation.as_of)));
end
$$;
comment on function public.begin_reconciliation is
  'Service key only: when the books are due to be compared, {run_id, since, as_of} (48 hours, or more after a pause of ours): read ЮKassa''s lists from since to as_of, call reconcile, then finish_job with the run_id. Otherwise null.';
grant execute on function public.begin_reconciliation to service_role;

create function public.reconcile(payments jsonb, refunds jsonb, since timestamptz, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  item jsonb;
  answer jsonb;
  mended int := 0;
  found int;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key reconciles.');
  end if;
  -- What we only had not heard of is recorded, by the same path as ever; what does not fit then is a difference.
  -- What we know to the letter is passed over: looking costs no lock, and nearly all is so.
  for item in
    select p.value from jsonb_array_elements(coalesce(payments, '[]')) as p
    left join public.payment_transactions t on t.yookassa_payment_id = p.value ->> 'id'
    where t.id is null or t.status::text <> p.value ->> 'status'
      or t.receipt_registration is distinct from p.value ->> 'receipt_registration'
      or private.payment_mismatch(t, p.value) is not null
  loop
    answer := public.record_payment(item, 'sweep', as_of);
    if answer ->> 'outcome' = 'applied' then
      mended := mended + 1;
    elsif answer ->> 'outcome' = 'unknown' then
      perform private.note_difference('unknown_payment', item ->> 'id', item, as_of);
    elsif answer ->> 'outcome' = 'quarantined' then
      perform private.note_difference('payment_quarantined', item ->> 'id', item, as_of)
      where not exists ( -- what was decided on, or goes back by itself, needs nobody
        select from public.payment_transactions t
        where t.yookassa_payment_id = item ->> 'id' and t.status = 'quarantined' and (t.judged_at is not null or private.refundable(t) <= 0)
      );
    elsif private.payment_rank(item ->> 'status') = 3 and answer ->> 'transaction_status' <> item ->> 'status' then
      perform private.note_difference('payment_differs', item ->> 'id', item, as_of);
    end if;
  end loop;
  for item in
    select f.value from jsonb_array_elements(coalesce(refunds, '[]')) as f
    left join public.payment_refunds r on r.yookassa_refund_id = f.value ->> 'id'
    where r.id is null or r.status <> f.value ->> 'status' or r.receipt_registration is distinct from f.value ->> 'receipt_registration'
      or r.amount::text is distinct from f.value #>> '{amount,value}'
  loop
    answer := public.record_refund(item, 'sweep', as_of);
    if answer ->> 'outcome' = 'applied' then
      mended := mended + 1;
    elsif answer ->> 'outcome' = 'unknown' then
      perform private.note_difference('unknown_refund', item ->> 'id', item, as_of);
    elsif answer ->> 'outcome' = 'quarantined' then
      perform private.note_difference('refund_differs', item ->> 'id', item, as_of);
    end if;
  end loop;

  -- The other way: what we believe ЮKassa has, and its list has not.
  perform private.note_difference('payment_missing_at_yookassa', t.yookassa_payment_id,
    jsonb_build_object('transaction_id', t.id, 'status', t.status, 'amount', t.amount::text), as_of)
  from public.payment_transactions t
  where t.created_at between since and as_of - interval '5 minutes' and t.yookassa_payment_id is not null
    and not exists (select from jsonb_array_elements(coalesce(payments, '[]')) p where p ->> 'id' = t.yookassa_payment_id);

  -- What ЮKassa kept of a payment, and what the ledger of value says its period kept. What moved while the lists were read is looked at next time.
  perform private.note_difference('payment_differs', t.yookassa_payment_id,
    p.value || jsonb_build_object('transaction_id', t.id, 'kept_here', (v.paid - v.refunded)::text), as_of)
  from jsonb_array_elements(coalesce(payments, '[]')) as p
  join public.payment_transactions t on t.yookassa_payment_id = p.value ->> 'id'
  join public.subscription_periods v on v.transaction_id = t.id
  where p.value ->> 'status' = 'succeeded'
    and (p.value #>> '{amount,value}')::numeric - coalesce((p.value #>> '{refunded_amount,value}')::numeric, 0) <> v.paid - v.refunded
    and v.refunding = 0 and private.payment_mismatch(t, p.value) is null
    and not exists (
      select from public.payment_refunds r where r.transaction_id = t.id and r.updated_at > now() - interval '10 minutes');

  perform private.note_difference('receipt_stuck', t.yookassa_payment_id,
    jsonb_build_object('transaction_id', t.id, 'receipt_registration', t.receipt_registration), as_of)
  from public.payment_transactions t
  where t.status = 'succeeded' -- a payment that was declined has no receipt
    and (t.receipt_registration = 'canceled' or (t.receipt_registration = 'pending' and t.created_at < as_of - interval '3 days'));

  perform private.note_difference('receipt_stuck', r.yookassa_refund_id,
    jsonb_build_object('refund_id', r.id, 'receipt_registration', r.receipt_registration), as_of)
  from public.payment_refunds r
  where r.status = 'succeeded'
    and (r.receipt_registration = 'canceled' or (r.receipt_registration = 'pending' and r.created_at < as_of - interval '3 days'));

  select count(*) into found from public.payment_differences d where d.resolved_at is null;
  return jsonb_build_object('payments', jsonb_array_length(coalesce(payments, '[]')), 'refunds', jsonb_array_length(coalesce(refunds, '[]')),
                            'mended', mended, 'open_differences', found);
end
$$;
comment on function public.reconcile is
  'Service key only: takes all payments and refunds that ЮKassa lists since that moment; records what we had not heard of, notes what does not agree. Answers {payments, refunds, mended, open_differences}.';
grant execute on function public.reconcile to service_role;


-- Refused requests: who guesses at the webhook's secret is slowed down. --------------------------------------------------

create function public.count_refused_request(remote_ip text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: the counts are private
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key counts requests.');
  end if;
  -- the address itself is not kept: a digest that changes every day stands for it
  return jsonb_build_object('allowed', private.count_request(
    'refused:' || encode(sha256(convert_to(private.daily_salt() || coalesce(remote_ip, ''), 'UTF8')), 'hex')) <= 100);
end
$$;
comment on function public.count_refused_request is
  'Service key only: counts a refused request of this address; {allowed: false} beyond 100 a minute. The address is not stored.';
grant execute on function public.count_refused_request to service_role;


-- sql/49_charges.sql

-- Charges: what we take by ourselves from a saved card, and what ends when nothing is to be taken any more.


-- Charging ---------------------------------------------------------------------------------------------------------------

create function public.claim_due_charges(as_of timestamptz default now(), max_items int default 100) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  answer jsonb;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key charges.');
  end if;
  -- Written down before ЮKassa is asked; two claimers pass each other by.
  with due as (
    select s.id, s.organization_id, s.plan_id, s.payment_method_id,
      -- a pause of ours is not billed: what should have been charged more than two days ago begins with the charge
      case when s.next_charge_at < as_of - interval '2 days' then as_of else s.current_period_end end as period_start,
      private.renewal_price(s, case when s.next_charge_at < as_of - interval '2 days' then as_of else s.current_period_end end) as amount, m.yookassa_payment_method_id,
      p.title ->> 'ru' as title, private.new_id() as transaction_id
    from public.subscriptions s
    join public.organizations o on o.id = s.organization_id
    join public.payment_methods m on m.id = s.payment_method_id and m.revoked_at is null
    join public.subscription_plans p on p.id = s.plan_id
    where s.next_charge_at <= as_of
      and not exists ( -- no new attempt while one is undecided; a person's own payment is waited for a day, or pages nobody pays would put it off for ever
        select from public.payment_transactions t
        where t.subscription_id = s.id and (
          private.is_open_charge(t)
          or (private.is_undecided(t.status) and t.kind in ('first_payment', 'plan_change') and s.next_charge_at > as_of - interval '1 day'))
      )
    order by s.next_charge_at
    limit max_items
    for no key update of o, s skip locked
  ), planned as (
    select d.*
    from private.take_due_charges(array(select d.id from due d), as_of) as taken (id)
    join due d on d.id = taken.id
  ), written as (
    insert into public.payment_transactions
      (id, organization_id, subscription_id, plan_id, kind, amount, payment_method_id, period_start, idempotence_key, request_body, next_check_at, created_at)
    select p.transaction_id, p.organization_id, p.id, p.plan_id, 'renewal', p.amount, p.payment_method_id, p.period_start,
      p.transaction_id::text,
      private.payment_request(p.transaction_id, p.organization_id, 'renewal', p.amount, 'Честно: ' || p.title, p.yookassa_payment_method_id),
      as_of + interval '2 minutes', as_of
    from planned p
    returning id, subscription_id, amount
  ), due_attempts as ( -- after a pause of ours several may be due: the latest is made, the earlier ones are passed by
    select r.id, w.id as transaction_id, row_number() over (partition by r.subscription_id order by r.attempt desc) = 1 as is_latest
    from written w
    join public.subscriptions s on s.id = w.subscription_id
    join public.subscription_retry_attempts r on r.subscription_id = w.subscription_id and r.period_start = s.current_period_end
    where r.outcome is null and r.attempted_at is null and r.scheduled_at <= as_of
  ), tried as (
    update public.subscription_retry_attempts r
    set attempted_at = case when d.is_latest then as_of end,
        transaction_id = case when d.is_latest then d.transaction_id end,
        outcome = case when not d.is_latest then 'not_needed' end
    from due_attempts d where r.id = d.id
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'transaction_id', w.id, 'subscription_id', w.subscription_id, 'amount', w.amount::text)), '[]') into answer
  from written w;
  return answer;
end
$$;
comment on function public.claim_due_charges is
  'Service key only: subscriptions whose charge is due, each with a transaction written for it: [{transaction_id, subscription_id, amount}]; two claimers never take the same. begin_charge comes next.';
grant execute on function public.claim_due_charges to service_role;

-- The last gate before ЮKassa is asked: a card forgotten, a subscription cancelled or a period paid by now is not charged.
create function public.begin_charge(transaction_id uuid, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  transaction public.payment_transactions;
  subscription public.subscriptions;
  obstacle text;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key charges.');
  end if;
  perform private.lock_organization(t.organization_id) from public.payment_transactions t where t.id = begin_charge.transaction_id;
  select * into transaction from public.payment_transactions t where t.id = begin_charge.transaction_id;
  if not found or transaction.kind <> 'renewal' then
    perform private.refuse('not_found', 'There is no such renewal.');
  end if;
  select * into subscription from public.subscriptions s where s.id = transaction.subscription_id;

  obstacle := case
    when transaction.status <> 'created' then 'already_begun'
    when not exists (select from public.payment_methods m where m.id = transaction.payment_method_id and m.revoked_at is null)
      then 'no_payment_method'
    when not private.is_live(subscription.status) or subscription.cancel_at_period_end then 'subscription_over'
    when private.period_is_paid(transaction, subscription) then 'already_paid'
    when not private.may_hold_plan(transaction.organization_id, transaction.plan_id) then 'verification_required'
  end;
  if obstacle is null then
    update public.payment_transactions t set begun_at = coalesce(t.begun_at, as_of) where t.id = transaction.id;
    return jsonb_build_object('proceed', true, 'reason', null, 'is_open', true,
                              'idempotence_key', transaction.idempotence_key, 'request_body', transaction.request_body);
  end if;

  -- One that was never begun ends here; one that was may have reached ЮKassa, and only ЮKassa can tell.
  if obstacle <> 'already_begun' and transaction.begun_at is null then
    update public.payment_transactions t
    set status = 'canceled', cancellation_party = 'chestno', cancellation_reason = obstacle, next_check_at = null
    where t.id = transaction.id;
    if obstacle in ('no_payment_method', 'verification_required') then
      perform private.decline_charge(transaction, obstacle, as_of);
    end if;
  end if;
  return jsonb_build_object('proceed', false, 'reason', obstacle,
                            'is_open', transaction.status = 'created' and transaction.begun_at is not null,
                            'idempotence_key', transaction.idempotence_key, 'request_body', null);
end
$$;
comment on function public.begin_charge is
  'Service key only: begins a claimed renewal, or stops it: {proceed, reason, is_open, idempotence_key, request_body}; reason: already_begun (ЮKassa has answered), no_payment_method (the card was forgotten), subscription_over, already_paid, verification_required; is_open without proceed: it was begun before, so look whether ЮKassa has it, and do not send it again. 404 not_found.';
grant execute on function public.begin_charge to service_role;


-- Ends of periods and of grace -------------------------------------------------------------------------------------------

create function private.end_cancelled(as_of timestamptz, max_rows int) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription record;
  ended int := 0;
begin
  for subscription in
    select s.id from public.subscriptions s join public.organizations o on o.id = s.organization_id
    where s.cancel_at_period_end and private.is_live(s.status) and s.current_period_end <= as_of
    order by s.current_period_end limit max_rows
    for no key update of o, s skip locked -- s: looked at again, for it may have changed since this statement began
  loop
    perform private.move_subscription(subscription.id, 'canceled', null, as_of);
    ended := ended + 1;
  end loop;
  return ended;
end
$$;
comment on function private.end_cancelled is 'Ends the cancelled subscriptions whose period is over, and their levels with them; how many.';

-- waits: how long a retry that is due may stay untried; whoever charges right afterwards waits for ever.
create function private.end_grace(as_of timestamptz, max_rows int, waits interval default interval '2 hours') returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription record;
  ended int := 0;
begin
  for subscription in
    select s.id, s.organization_id
    from public.subscriptions s join public.organizations o on o.id = s.organization_id
    where s.status = 'past_due' and s.grace_until <= as_of
      -- a charge that is due is tried first: those of the last day come when grace ends, and a card that is new has not been tried at all
      and not coalesce(s.payment_method_id is not null and s.next_charge_at <= as_of and (
        s.next_charge_at > as_of - waits
        or not exists (
          select from public.subscription_retry_attempts r where r.subscription_id = s.id and r.scheduled_at = s.next_charge_at)), false)
      and not exists ( -- money that is on its way is waited for; a page that a person may yet pay, for a day
        select from public.payment_transactions t
        where t.subscription_id = s.id and (private.is_open_charge(t)
          or (t.kind = 'first_payment' and t.status in ('created', 'pending') and t.yookassa_payment_id is not null
            and s.grace_until > as_of - interval '1 day'))
      )
    order by s.grace_until limit max_rows
    for no key update of o, s skip locked -- s: looked at again, for it may have been paid since this statement began
  loop
    perform private.move_subscription(subscription.id, 'expired', 'grace_period_ended', as_of);
    ended := ended + 1;
  end loop;
  return ended;
end
$$;
comment on function private.end_grace is 'Ends the subscriptions whose grace is over, and their levels with them; how many.';


-- The invariant: nobody is a subscriber for ever without paying, and nobody who pays is forgotten. -------------------------

create function private.stranded_subscriptions(as_of timestamptz) returns setof public.subscriptions
  language sql stable security definer set search_path = '' -- definer: looks at everybody's
as $$
  select s.* from public.subscriptions s
  where private.is_live(s.status) and s.current_period_end <= as_of
    and s.next_charge_at is null -- a charge, or the next retry
    and not s.cancel_at_period_end -- ends with the next run
    and s.grace_until is null -- grace ends by itself
    and not private.has_open_charge(s.id)
$$;
comment on function private.stranded_subscriptions is
  'Live subscriptions past their end that nothing will ever move: no charge is planned, none is under way, and no grace runs. There must be none; as_of infinity: none that will be.';

create function private.note_stranded(as_of timestamptz) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  stranded public.subscriptions;
  found_now int := 0;
begin
  for stranded in select * from private.stranded_subscriptions(as_of) loop
    perform private.note_difference('subscription_stranded', stranded.id::text, to_jsonb(stranded) - 'created_by', as_of);
    found_now := found_now + 1;
  end loop;
  update public.payment_differences d set resolved_at = as_of, resolution = 'Подписка снова движется'
  where d.kind = 'subscription_stranded' and d.resolved_at is null
    and d.object_id not in (select s.id::text from private.stranded_subscriptions(as_of) s);
  return found_now;
end
$$;
comment on function private.note_stranded is 'Notes every stranded subscription as a difference, and closes what is none any more; how many there are.';


-- sql/50_own_subscription.sql

-- What an organization does with its own subscription: cancel, resume, forget the card.

create function public.cancel_subscription(organization_id uuid) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  perform private.act_in_organization(organization_id, 'admin');
  return private.schedule_cancellation((private.live_subscription(organization_id)).id, now());
end
$$;
comment on function public.cancel_subscription is
  'Owners and admins: nothing more is charged; the subscription and its levels end with the period, at once when the period is over. 403 not_allowed, 404 not_found.';
grant execute on function public.cancel_subscription to authenticated;

create function private.resume_obstacle(subscription public.subscriptions, as_of timestamptz) returns text
  language sql stable security definer set search_path = '' -- definer: looks at history and levels for anyone
as $$
  select case
    when not private.is_live(subscription.status) or not subscription.cancel_at_period_end then 'not_ending'
    when private.is_being_deleted(subscription.organization_id) then 'being_deleted'
    when subscription.current_period_end <= as_of then 'over'
    when not private.may_hold_plan(subscription.organization_id, subscription.plan_id) then 'verification_required'
    when exists ( -- the next charge would buy back what we took away
      select from public.status_level_events e
      join public.subscription_plans p on p.id = subscription.plan_id and e.level in ('0', p.level)
      where e.organization_id = subscription.organization_id and e.action = 'revoked' and e.actor_kind in ('admin', 'system')
        and e.occurred_at >= subscription.canceled_at
        and not exists (
          select from public.organization_status_levels l
          where l.organization_id = e.organization_id and l.level = e.level and l.is_active
        )
    ) then 'revoked'
  end
$$;
comment on function private.resume_obstacle is
  'Why a cancellation cannot be taken back: not_ending, being_deleted, over, verification_required or revoked; null when it can.';

create function public.resume_subscription(organization_id uuid) returns public.subscriptions
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  perform private.act_in_organization(organization_id, 'admin');
  subscription := private.live_subscription(organization_id);
  case private.resume_obstacle(subscription, now())
    when 'not_ending' then
      perform private.refuse('invalid_transition', 'The subscription is not set to end.');
    when 'being_deleted' then
      perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
    when 'over' then
      perform private.refuse('invalid_transition', 'The period is over, and the subscription with it.', 'Subscribe anew.');
    when 'verification_required' then
      perform private.refuse('verification_required', 'This plan is for verified organizations, and the verification was taken back.', 'Ask for the verification again.');
    when 'revoked' then
      perform private.refuse('invalid_transition', 'Its level was revoked.', 'Subscribe anew when the period is over.');
    else
      return private.undo_cancellation(subscription.id, now());
  end case;
end
$$;
comment on function public.resume_subscription is
  'Owners and admins: takes a cancellation back before the period''s end. 403 not_allowed, 404 not_found, 409 invalid_transition or verification_required.';
grant execute on function public.resume_subscription to authenticated;


-- Forgetting a card ------------------------------------------------------------------------------------------------------

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

  perform private.forget_card(m.id, now()) -- however often it was saved
  from public.payment_methods m
  where m.organization_id = method.organization_id and m.revoked_at is null and private.card_identity(m) = private.card_identity(method);
  select * into method from public.payment_methods m where m.id = method.id;
  return jsonb_build_object(
    'payment_method_id', method.id, 'revoked_at', method.revoked_at,
    -- one that was sent on its way to ЮKassa before this moment cannot be called back; it is said, not hidden
    'charge_under_way', exists (
      select from public.payment_transactions t
      join public.payment_methods m on m.id = t.payment_method_id
      where m.organization_id = method.organization_id and private.card_identity(m) = private.card_identity(method)
        and t.begun_at is not null and private.is_undecided(t.status)
    )
  );
end
$$;
comment on function public.forget_payment_method is
  'Owners and admins: the card is forgotten at once and nothing is charged after (376-ФЗ). Answers {payment_method_id, revoked_at, charge_under_way}; charge_under_way: a charge begun before this moment may still come. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.forget_payment_method to authenticated;


-- Choosing a card --------------------------------------------------------------------------------------------------------

create function public.set_main_payment_method(payment_method_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  method public.payment_methods;
  subscription public.subscriptions;
  is_due boolean;
begin
  perform private.require_sign_in();
  select * into method from public.payment_methods m where m.id = set_main_payment_method.payment_method_id;
  if not found or private.role_of(method.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such card.');
  end if;
  perform private.act_in_organization(method.organization_id, 'admin');
  select * into method from public.payment_methods m where m.id = method.id; -- it may have been forgotten while we waited
  if method.revoked_at is not null then
    perform private.refuse('not_found', 'There is no such card.');
  end if;
  if method.refused_at is not null then
    perform private.refuse('invalid_transition', 'The bank has refused this card for good.', 'Add another one.');
  end if;
  subscription := private.live_subscription(method.organization_id);
  is_due := subscription.status = 'past_due' and not subscription.cancel_at_period_end
    and subscription.payment_method_id is distinct from method.id and not private.has_open_charge(subscription.id);
  perform private.put_card(subscription.id, method.id);
  if is_due then
    perform private.plan_next_charge(subscription.id, now()); -- what is owed is tried with it at once
  end if;
  return jsonb_build_object('payment_method_id', method.id, 'is_charged_next', is_due);
end
$$;
comment on function public.set_main_payment_method is
  'Owners and admins: the subscription is charged to this saved card from now on; what is owed is tried with it in the next hourly run. Answers {payment_method_id, is_charged_next}. 401 sign_in_required, 403 not_allowed, 404 not_found (also without a live subscription), 409 invalid_transition (the bank has refused the card for good).';
grant execute on function public.set_main_payment_method to authenticated;


-- sql/51_granted_levels.sql

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


-- sql/52_members.sql

-- Members: how people come into an organization, change their role in it, and go.


-- Invitations: a seat offered to one e-mail address, for 72 hours, once. -------------------------------------------------

create table public.organization_invitations (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email text not null,
  role public.organization_role not null,
  token_hash bytea not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  invited_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  email_state text not null default 'queued',
  constraint email_state_is_known check (email_state in ('queued', 'sent', 'failed')),
  constraint email_is_an_address check (private.is_email(email) and email = private.canonical_email(email)),
  constraint ownership_is_transferred_not_offered check (role <> 'owner'),
  constraint organization_invitations_token_hash_key unique (token_hash)
);
comment on table public.organization_invitations is
  'A seat offered to one e-mail address, once. Only the SHA-256 of the token is kept; the token itself is said once.';
comment on column public.organization_invitations.email_state is
  'What became of its e-mail: queued, sent (handed to the mail server) or failed (nobody will get it; the link can still be given by hand).';
create unique index organization_invitations_one_open_per_email
  on public.organization_invitations (organization_id, email) where accepted_at is null;
create index organization_invitations_organization_id_idx on public.organization_invitations (organization_id);
create index organization_invitations_invited_by_idx on public.organization_invitations (invited_by);

alter table public.organization_invitations enable row level security;
grant select on public.organization_invitations to authenticated, service_role;
create policy "admins see who is invited" on public.organization_invitations
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('admin'))));
-- insert, update, delete are not granted: the RPCs below are the only way


-- RPCs: people ----------------------------------------------------------------------------------------------------------

create function public.invite_member(organization_id uuid, email text, role public.organization_role) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: writes a table nobody may insert into
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  token text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''); -- 244 random bits
  invitation public.organization_invitations;
begin
  perform private.require_confirmed_email();
  perform private.count_or_refuse('invite:' || caller, 20); -- each is an e-mail of ours to somebody who did not ask for it
  email := btrim(coalesce(email, ''));
  if private.email_fault(email) is not null then
    perform private.refuse('invalid_input', jsonb_build_array(jsonb_build_object('field', 'email', 'code', private.email_fault(email)))::text,
                           'Letters before the @ are Latin; a domain of other letters is written as xn--….');
  end if;
  email := private.canonical_email(email);
  if role is null or role >= private.role_of(organization_id, caller) then
    perform private.refuse('not_allowed', 'An invitation offers a role below one''s own.');
  end if;

  if exists (
    select from public.organization_members m
    where m.organization_id = invite_member.organization_id and private.email_of(m.user_id) = invite_member.email
  ) then
    perform private.refuse('invalid_input', '[{"field": "email", "code": "already_member"}]');
  end if;
  if exists (
    select from public.organizations o where o.id = invite_member.organization_id and o.deletion_requested_at is not null
  ) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;

  -- Each is an e-mail of ours to somebody who did not ask for it: taking one back does not make room for the next.
  perform private.count_a_day_or_refuse('invite-by:' || caller, 50);
  perform private.count_a_day_or_refuse('invite-to:' || organization_id, 50);
  perform private.count_a_day_or_refuse('invited:' || encode(sha256(convert_to(email, 'UTF8')), 'hex'), 3);

  -- Inviting again makes a new token; the earlier one stops working.
  delete from public.organization_invitations i
  where i.organization_id = invite_member.organization_id and i.email = invite_member.email and i.accepted_at is null;
  perform private.require_room(
    organization_id, 'members',
    (select count(*) from public.organization_members m where m.organization_id = invite_member.organization_id)
    + (select count(*) from public.organization_invitations i
       where i.organization_id = invite_member.organization_id and i.accepted_at is null and i.expires_at > now())
  );
  insert into public.organization_invitations (organization_id, email, role, token_hash, expires_at, invited_by)
  values (organization_id, email, role, sha256(convert_to(token, 'UTF8')), now() + interval '72 hours', caller)
  returning * into invitation;

  -- A new e-mail replaces one that was not sent yet: its link does not work any more.
  delete from public.email_outbox e
  where e.kind = 'invitation' and e.status = 'queued' and e.to_address = invite_member.email
    and e.data ->> 'organization_id' = invite_member.organization_id::text;
  -- Who invites is named by the address that was proved, not by what they call themselves.
  insert into public.email_outbox (kind, to_address, locale, time_zone, data, next_attempt_at)
  select 'invitation', email, p.locale, s.time_zone, jsonb_build_object(
    'organization_id', o.id, 'organization', o.name, 'role', role, 'invited_by', private.email_of(caller), 'token', token, 'expires_at', invitation.expires_at
  ), now()
  from public.organizations o join public.organization_settings s on s.organization_id = o.id, public.profiles p
  where o.id = invite_member.organization_id and p.id = caller;
  return jsonb_build_object('invitation_id', invitation.id, 'token', token, 'expires_at', invitation.expires_at);
end
$$;
comment on function public.invite_member is
  'Admins and owners: offers a role below one''s own to an e-mail address for 72 hours, by e-mail; again: a new e-mail, and the earlier link stops working. Answers {invitation_id, token, expires_at}; the token is never shown again. 402 plan_limit_reached (members and open invitations together), 403 not_allowed, 409 invalid_transition (the organization is being deleted), 422 invalid_input (invalid_email, local_part_not_ascii, domain_not_ascii, already_member), 429 too_many_requests beyond 20 a minute, 50 a day by one person or to one organization, 3 a day to one address.';
grant execute on function public.invite_member to authenticated;

create function public.revoke_invitation(invitation_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
declare
  invitation public.organization_invitations;
begin
  perform private.require_sign_in();
  select * into invitation from public.organization_invitations i where i.id = revoke_invitation.invitation_id;
  if not found or private.role_of(invitation.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such invitation.');
  end if;
  perform private.act_in_organization(invitation.organization_id, 'admin');
  delete from public.organization_invitations i where i.id = invitation.id and i.accepted_at is null;
  if not found then
    perform private.refuse('invitation_used', 'This invitation was accepted before.', 'Remove the member instead.');
  end if;
  delete from public.email_outbox e
  where e.kind = 'invitation' and e.status = 'queued' and e.to_address = invitation.email
    and e.data ->> 'organization_id' = invitation.organization_id::text;
end
$$;
comment on function public.revoke_invitation is
  'Admins and owners: an open invitation is taken back, its link stops working, and its e-mail does not go if it has not gone. 403 not_allowed, 404 not_found, 409 invitation_used.';
grant execute on function public.revoke_invitation to authenticated;

-- Whoever is removed, or may not offer that role any more, has offered nothing: or they would come back by an invitation of their own.
create function private.end_invitations_of_former() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
begin
  with ended as (
    delete from public.organization_invitations i
    where i.organization_id = old.organization_id and i.invited_by = old.user_id and i.accepted_at is null
      and (tg_op = 'DELETE' or new.role < 'admin' or i.role >= new.role)
    returning i.organization_id, i.email
  )
  delete from public.email_outbox e using ended i
  where e.kind = 'invitation' and e.status = 'queued' and e.to_address = i.email and e.data ->> 'organization_id' = i.organization_id::text;
  return null;
end
$$;
comment on function private.end_invitations_of_former is
  'Trigger: open invitations end with the membership of who wrote them, and those to a role that they may not offer any more.';

create trigger organization_members_end_their_invitations after delete or update of role on public.organization_members
  for each row execute function private.end_invitations_of_former();

create function private.require_invitation(token text) returns public.organization_invitations
  language plpgsql stable security definer set search_path = '' -- definer: the invited are not members yet
as $$
declare
  caller uuid := private.require_sign_in();
  invitation public.organization_invitations;
begin
  select * into invitation from public.organization_invitations i
  where i.token_hash = sha256(convert_to(coalesce(token, ''), 'UTF8')); -- a cast would take a backslash for an escape
  -- Somebody else's invitation does not exist for this person.
  if not found
    or private.email_of(caller) is distinct from invitation.email
    or private.is_being_deleted(invitation.organization_id) -- nobody comes into what is going
  then
    perform private.refuse('not_found', 'There is no such invitation for this e-mail address.',
                           'Sign in with the address the invitation was sent to.');
  end if;
  if invitation.accepted_at is not null then
    perform private.refuse('invitation_used', 'This invitation was accepted before.');
  end if;
  if invitation.expires_at <= now() then
    perform private.refuse('invitation_expired', 'This invitation is over.', 'Ask for a new one.');
  end if;
  return invitation;
end
$$;
comment on function private.require_invitation is
  'The open invitation of this token to the caller''s own e-mail address; 404 not_found, 409 invitation_used, 410 invitation_expired.';

create function public.get_invitation(token text) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the invited are not members yet
as $$
  select jsonb_build_object('organization', o.name, 'role', i.role, 'invited_by', p.full_name, 'expires_at', i.expires_at)
  from private.require_invitation(token) i
  join public.organizations o on o.id = i.organization_id
  left join public.profiles p on p.id = i.invited_by
$$;
comment on function public.get_invitation is
  'What the caller is invited to, before they accept: {organization, role, invited_by, expires_at}; invited_by is null when that person is gone. 404 not_found, 409 invitation_used, 410 invitation_expired.';
grant execute on function public.get_invitation to authenticated;

create function public.accept_invitation(token text) returns public.organization_members
  language plpgsql volatile security definer set search_path = '' -- definer: makes the caller a member
as $$
declare
  caller uuid := private.require_sign_in();
  invitation public.organization_invitations := private.require_invitation(token);
  member public.organization_members;
begin
  perform private.require_confirmed_email(); -- else whoever knows an address could sign up with it and come in
  perform private.lock_organization(invitation.organization_id); -- so that two at once do not take the last seat
  invitation := private.require_invitation(token); -- it may have been used or taken back while we waited
  if private.role_of(invitation.organization_id, caller) is null then
    perform private.require_room(
      invitation.organization_id, 'members', -- open invitations do not count: this one is taking its seat
      (select count(*) from public.organization_members m where m.organization_id = invitation.organization_id)
    );
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
  'Makes the caller a member, when the invitation was sent to their own e-mail address. 402 plan_limit_reached, 403 email_not_confirmed, 404 not_found, 409 invitation_used, 410 invitation_expired.';
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
  perform private.require_confirmed_email(user_id);

  update public.organization_members m set role = 'owner'
  where m.organization_id = transfer_ownership.organization_id and m.user_id = transfer_ownership.user_id;
  update public.organization_members m set role = 'admin'
  where m.organization_id = transfer_ownership.organization_id and m.user_id = caller and caller <> transfer_ownership.user_id;
end
$$;
comment on function public.transfer_ownership is
  'The owner hands the organization to a member and becomes an admin. 403 not_allowed, 403 email_not_confirmed (of the new owner), 404 not_found.';
grant execute on function public.transfer_ownership to authenticated;


-- sql/53_billing_overview.sql

-- The whole billing page in one answer: what is paid, what is charged next and why not, what can be bought, and what became of every payment.
-- Who may see what is as in the tables: members the subscription and the offers, admins the money, the organization's own admins the cards.


create function private.plan_in_full(plan public.subscription_plans) returns jsonb
  language sql immutable set search_path = ''
as $$
  select jsonb_build_object(
    'id', plan.id, 'level', plan.level, 'title', plan.title, 'amount', plan.amount::text, 'currency', plan.currency, 'period', plan.period,
    'trial_days', plan.trial_days, 'requires_verification', plan.requires_verification, 'limits', plan.limits)
$$;
comment on function private.plan_in_full is 'A plan as people choose it.';

create function private.subscription_level(subscription public.subscriptions, plan public.subscription_plans) returns public.status_level
  language sql immutable set search_path = ''
as $$
  select case
    when subscription.status = 'trialing' then '0'
    when subscription.status = 'past_due' and subscription.trial_ends_at = subscription.current_period_end then '0' -- no period was paid yet
    else plan.level
  end
$$;
comment on function private.subscription_level is 'The level that hangs on a live subscription: 0 until a period was paid, the grace after a trial included.';

create function private.subscription_overview(subscription public.subscriptions, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select to_jsonb(subscription) - 'created_by' || jsonb_build_object(
    'is_live', private.is_live(subscription.status),
    'plan', private.plan_in_full(p) || jsonb_build_object('amount', subscription.amount::text), -- the price subscribed to
    'level', private.subscription_level(subscription, p),
    'is_revoked', coalesce(private.resume_obstacle(subscription, as_of) in ('revoked', 'verification_required'), false),
    'cancelling', case when private.is_live(subscription.status) and not subscription.cancel_at_period_end then jsonb_build_object(
      'at', subscription.current_period_end,
      'at_once', subscription.current_period_end <= as_of,
      'loses', (
        select jsonb_agg(lost.level order by lost.level)
        from (
          select private.subscription_level(subscription, p) as level
          union
          select c.level from public.organization_status_levels c -- it stands on the last of A and B
          where c.organization_id = subscription.organization_id and c.level = 'C' and c.is_active
            and not exists (
              select from public.organization_status_levels l
              where l.organization_id = c.organization_id and l.is_active and l.level in ('A', 'B')
                and l.level <> private.subscription_level(subscription, p)
            )
        ) as lost
      )
    ) end
  )
  from public.subscription_plans p where p.id = subscription.plan_id
$$;
comment on function private.subscription_overview is
  'A subscription''s columns and what follows from them: {…, is_live, plan, level, is_revoked, cancelling: null|{at, at_once, loses: [level]}}. is_revoked: it runs out because we took its level away.';

create function private.next_charge(subscription public.subscriptions, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select jsonb_build_object(
    'at', subscription.next_charge_at, 'amount', private.renewal_price(subscription, subscription.current_period_end)::text, 'currency', p.currency,
    'payment_method_id', subscription.payment_method_id,
    'why_not', case
      when private.has_open_charge(subscription.id) then 'under_way'
      when subscription.cancel_at_period_end then 'cancelled'
      when subscription.payment_method_id is null then 'no_card'
      when subscription.next_charge_at is null then 'declined'
    end)
  from public.subscription_plans p
  where p.id = subscription.plan_id and private.is_live(subscription.status)
$$;
comment on function private.next_charge is
  'What is charged next, when and to which card: {at, amount, currency, payment_method_id, why_not: null|under_way|cancelled|no_card|declined}; null when the subscription is over.';

-- What start_checkout would take, and why it would not: a test holds the two together.
create function private.plan_offers(organization public.organizations, live public.subscriptions, may_pay boolean, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  with known as (
    select p as plan, p.position,
      case
        when not may_pay then 'not_allowed'
        when live.status in ('active', 'past_due') and p.id = live.plan_id then 'current'
        when private.has_open_charge(live.id) then 'charge_under_way'
        when organization.deletion_requested_at is not null then 'being_deleted'
        when live.status = 'active' and p.level < (select c.level from public.subscription_plans c where c.id = live.plan_id) then 'lower_level'
        when not private.may_hold_plan(organization.id, p.id) then
          case when exists (
            select from public.status_upgrade_requests r where r.organization_id = organization.id and r.status = 'pending'
          ) then 'verification_pending' else 'verification_required' end
      end as obstacle,
      p.amount < 12 * m.amount as is_saving, 12 * m.amount - p.amount as saving
    from public.subscription_plans p
    left join public.subscription_plans m on p.period = 'year' and m.level = p.level and m.period = 'month' and m.is_active
    where p.is_active
  ), told as (
    select k.*, k.obstacle is null and live.id is null and (k.plan).trial_days > 0 and not private.has_had_trial(organization) as trial
    from known k
  )
  select coalesce(jsonb_agg(private.plan_in_full(t.plan) || jsonb_build_object(
    'plan_id', (t.plan).id,
    'amount', private.price_for(live, (t.plan).id)::text,
    'offer', case when t.obstacle = 'current' then 'current' when t.obstacle is not null then 'closed' when live.status = 'active' then 'change' else 'pay' end,
    'why', nullif(t.obstacle, 'current'),
    'trial', t.trial,
    'trial_until', case when t.trial then (
      select (as_of at time zone os.time_zone + make_interval(days => (t.plan).trial_days)) at time zone os.time_zone
      from public.organization_settings os where os.organization_id = organization.id
    ) end,
    'saving', case when t.is_saving then t.saving::text end
  ) order by t.position), '[]')
  from told t
$$;
comment on function private.plan_offers is
  'Every plan on sale and what can be done about it: [{plan_id, level, title, amount, currency, period, limits, …, offer: pay|change|current|closed, why: null|not_allowed|charge_under_way|being_deleted|lower_level|verification_required|verification_pending, trial, trial_until, saving}]. saving: what a year costs less than twelve months.';

-- A charge of ours comes first: while it is undecided nothing else is to be paid.
create function private.payment_under_way(organization_id uuid) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select jsonb_build_object(
    'transaction_id', t.id, 'kind', t.kind, 'status', t.status, 'payment_url', t.confirmation_url,
    'amount', t.amount::text, 'currency', t.currency, 'created_at', t.created_at)
  from public.payment_transactions t
  where t.organization_id = payment_under_way.organization_id
    and case when t.kind = 'renewal'
      then private.is_open_charge(t) and exists (
        select from public.subscriptions s where s.id = t.subscription_id and private.is_live(s.status))
      else t.status in ('created', 'pending') and not exists ( -- the newest one that a person began
        select from public.payment_transactions newer
        where newer.organization_id = t.organization_id and newer.kind <> 'renewal' and newer.created_at > t.created_at)
    end
  order by t.kind = 'renewal' desc, t.created_at desc
  limit 1
$$;
comment on function private.payment_under_way is
  'The payment whose outcome is not known yet: {transaction_id, kind, status, payment_url, amount, currency, created_at}; kind renewal: we are charging the saved card right now; else a person began it. Null: there is none.';

create function private.ended_subscription(subscription public.subscriptions, tells_amount boolean) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select jsonb_build_object(
    'at', case
      when subscription.status = 'expired' or subscription.canceled_at is null then subscription.updated_at
      when refunded.amount is not null then
        case when subscription.cancel_at_period_end then subscription.updated_at else subscription.canceled_at end
      else greatest(subscription.canceled_at, subscription.current_period_end) -- cancelled in its period, or after it, when it was past due
    end,
    'reason', case
      when refunded.amount is not null then 'refunded'
      when subscription.status = 'expired' then 'grace_period_ended'
      when subscription.cancel_at_period_end then 'subscription_cancelled'
    end,
    'amount', case when tells_amount then refunded.amount::text end, 'currency', 'RUB')
  from (select) as always
  left join lateral ( -- all that its last period cost was given back
    select p.refunded as amount from public.subscription_periods p
    where p.subscription_id = subscription.id and p.refunded > 0 and p.refunded >= p.paid + p.credit
      and not exists (select from public.subscription_periods n where n.subscription_id = p.subscription_id and n.began_at > p.began_at)
    limit 1
  ) as refunded on true
  where subscription.id is not null and not private.is_live(subscription.status)
$$;
comment on function private.ended_subscription is
  'When and why a subscription that is over ended: {at, reason: null|refunded|grace_period_ended|subscription_cancelled, amount (given back), currency}.';

create function private.last_decline(subscription public.subscriptions) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select jsonb_build_object(
    'at', coalesce(declined.at, subscription.grace_started_at), 'reason', coalesce(declined.reason, case when declined.at is null then 'no_payment_method' end),
    'next_try_at', case when subscription.payment_method_id is not null then subscription.next_charge_at end,
    'later_tries', coalesce((
      select jsonb_agg(r.scheduled_at order by r.scheduled_at) from public.subscription_retry_attempts r
      where r.subscription_id = subscription.id and r.outcome is null and r.attempted_at is null and r.scheduled_at > subscription.next_charge_at
    ), '[]'))
  from (select) as always
  left join lateral (
    select t.updated_at as at, case when t.cancellation_party = 'yookassa_api' then 'refused' else t.cancellation_reason end as reason
    from public.payment_transactions t
    where t.subscription_id = subscription.id and t.kind = 'renewal' and t.status = 'canceled' and t.period_start = subscription.current_period_end
    order by t.created_at desc limit 1
  ) as declined on true
  where subscription.status = 'past_due' and (declined.at is not null or subscription.payment_method_id is null)
$$;
comment on function private.last_decline is
  'Why the period that is due is not paid, and when the card is tried again: {at, reason, next_try_at, later_tries: [at]}; null while nothing is owed. reason: as private.decline_reasons, or a word of ЮKassa''s that we do not know.';

create function private.saved_cards(organization_id uuid, main_id uuid, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', m.id, 'title', m.title, 'type', m.type, 'brand', m.card_type, 'last4', m.card_last4,
    'expires_at', m.expires_at, 'is_expired', coalesce(m.expires_at <= as_of, false), 'is_main', m.id is not distinct from main_id
  ) order by m.created_at desc), '[]')
  from ( -- a card that was saved again is listed once: as the one that is charged, else as it was saved last
    select distinct on (private.card_identity(c)) c.*
    from public.payment_methods c
    where c.organization_id = saved_cards.organization_id and c.revoked_at is null
    order by private.card_identity(c), c.id is not distinct from main_id desc, c.created_at desc
  ) as m
$$;
comment on function private.saved_cards is
  'The saved cards, newest first: [{id, title, type, brand, last4, expires_at, is_expired, is_main}]; is_main: the one the subscription is charged to.';

create function private.payment_history(organization_id uuid) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  with documents as ( -- of all payments and refunds at once, by one index
    select f.transaction_id, f.refund_id, jsonb_agg(jsonb_build_object(
      'kind', f.kind, 'fiscal_storage_number', f.fiscal_storage_number, 'fiscal_document_number', f.fiscal_document_number,
      'fiscal_attribute', f.fiscal_attribute, 'registered_at', f.registered_at
    ) order by f.registered_at, f.id) as receipts
    from public.fiscal_receipts f
    where f.organization_id = payment_history.organization_id
    group by f.transaction_id, f.refund_id
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', t.id, 'kind', t.kind, 'plan_id', t.plan_id, 'plan', p.title, 'amount', t.amount::text, 'currency', t.currency,
    'status', t.status, 'refunded_amount', t.refunded_amount::text, 'method_saved', t.method_saved,
    'cancellation_party', t.cancellation_party, 'cancellation_reason', t.cancellation_reason,
    'quarantine_reason', t.quarantine_reason, 'judged_at', t.judged_at, 'receipt_registration', t.receipt_registration,
    'created_at', t.created_at, 'updated_at', t.updated_at,
    'attempt', tried.attempt + 1, -- the charge on the day itself came before the first retry
    'receipts', coalesce(own.receipts, '[]'),
    'refunds', coalesce(returned.refunds, '[]')
  ) order by t.created_at desc, t.id desc), '[]')
  from public.payment_transactions t
  join public.subscription_plans p on p.id = t.plan_id
  left join lateral (
    select r.attempt from public.subscription_retry_attempts r where r.transaction_id = t.id limit 1
  ) as tried on true
  left join documents own on own.transaction_id = t.id and own.refund_id is null
  left join (
    select f.transaction_id, jsonb_agg(jsonb_build_object(
      'id', f.id, 'amount', f.amount::text, 'currency', f.currency, 'status', f.status, 'reason', f.reason,
      'receipt_registration', f.receipt_registration, 'receipts', coalesce(d.receipts, '[]'),
      'created_at', f.created_at, 'updated_at', f.updated_at
    ) order by f.created_at desc) as refunds
    from public.payment_refunds f
    left join documents d on d.refund_id = f.id
    where f.organization_id = payment_history.organization_id
    group by f.transaction_id
  ) as returned on returned.transaction_id = t.id
  where t.organization_id = payment_history.organization_id
$$;
comment on function private.payment_history is 'Every payment and every attempt, newest first, each with its fiscal receipts and its refunds with theirs; attempt: the how manieth try of a charge, null for what was no retry.';

-- An address is worth a word only where receipts are sent at all.
create function private.receipt_address(organization_id uuid) returns text
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select os.billing_email from public.organization_settings os
  where os.organization_id = receipt_address.organization_id and (
    exists (
      select from public.payment_transactions t where t.organization_id = os.organization_id and t.receipt_registration is not null)
    or exists (
      select from public.payment_refunds r where r.organization_id = os.organization_id and r.receipt_registration is not null)
  )
$$;
comment on function private.receipt_address is 'Where receipts go; null before the first one.';

create function public.billing_overview(organization_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one answer from tables of different rights
as $$
declare
  organization public.organizations;
  latest public.subscriptions;
  live public.subscriptions;
  may_pay boolean := private.is_service() or coalesce(private.role_of(organization_id, auth.uid()) >= 'admin', false);
  sees_money boolean := may_pay or private.is_platform_admin();
begin
  if not sees_money then
    perform private.require_role(organization_id, 'viewer');
  end if;
  select * into organization from public.organizations o where o.id = billing_overview.organization_id;
  if not found then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
  select * into latest from public.subscriptions s
  where s.organization_id = organization.id
  order by private.is_live(s.status) desc, s.created_at desc, s.id desc
  limit 1;
  if private.is_live(latest.status) then
    live := latest;
  end if;

  return jsonb_build_object(
    'subscription', private.subscription_overview(latest, now()),
    'next_charge', private.next_charge(live, now()),
    'price_change', case when live.coming_amount is not null then jsonb_build_object(
      'from', live.amount::text, 'to', live.coming_amount::text, 'currency', 'RUB', 'applies_from', live.coming_from) end,
    'offers', private.plan_offers(organization, live, may_pay, now()),
    'under_way', case when sees_money then private.payment_under_way(organization.id) end,
    'cards', case when may_pay then private.saved_cards(organization.id, live.payment_method_id, now()) else '[]' end,
    'ended', private.ended_subscription(latest, sees_money),
    'last_decline', case when sees_money then private.last_decline(live) end,
    'payments', case when sees_money then private.payment_history(organization.id) else '[]' end,
    'receipts_to', case when sees_money then private.receipt_address(organization.id) end
  );
end
$$;
comment on function public.billing_overview is
  'Members and platform admins: the whole billing page. {subscription: null|{id, plan_id, status, …, is_live, plan, level, is_revoked, cancelling: null|{at, at_once, loses}} (the live one, or the last), next_charge: null|{at, amount, currency, payment_method_id, why_not: null|under_way|cancelled|no_card|declined}, price_change: null|{from, to, currency, applies_from}, offers: [{plan_id, amount, offer: pay|change|current|closed, why: null|not_allowed|charge_under_way|being_deleted|lower_level|verification_required|verification_pending, trial, trial_until, saving, level, title, currency, period, trial_days, requires_verification, limits}], under_way: null|{transaction_id, kind, status, payment_url, amount, currency, created_at}, cards: [{id, title, type, brand, last4, expires_at, is_expired, is_main}], ended: null|{at, reason: null|refunded|grace_period_ended|subscription_cancelled, amount, currency}, last_decline: null|{at, reason, next_try_at, later_tries}, payments: [{id, kind, status, amount, attempt, receipts: [{kind: payment|refund, fiscal_storage_number, fiscal_document_number, fiscal_attribute, registered_at}], refunds: [{id, amount, status, receipts, …}], …}], receipts_to: null|address}. Below admin under_way, cards, last_decline, payments and receipts_to are empty, and every offer is closed (not_allowed). Amounts are roubles with kopecks, "1490.00". 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.billing_overview to authenticated, service_role;


-- sql/53_claims.sql

-- An INN that is taken: whoever it belongs to claims the organization that stands under it, with papers a moderator looks at.

create type public.claim_status as enum ('pending', 'approved', 'rejected');

create table public.organization_claims (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  inn text not null,
  legal_name text not null,
  message text not null,
  evidence_paths text[] not null,
  status public.claim_status not null default 'pending',
  outcome text,
  claimant_id uuid references public.profiles (id) on delete set null,
  reviewed_by uuid references public.profiles (id) on delete set null,
  reviewed_at timestamptz,
  review_comment text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint message_fits check (char_length(message) <= 4000),
  constraint ten_files_at_most check (cardinality(evidence_paths) <= 10),
  constraint a_review_has_a_time check ((status <> 'pending') = (reviewed_at is not null)),
  constraint an_approval_says_what_became_of_it check (
    (status = 'approved') = (outcome is not null) and outcome in ('handed_over', 'inn_freed')),
  constraint a_rejection_says_why check (status <> 'rejected' or btrim(coalesce(review_comment, '')) <> ''),
  constraint comment_fits check (char_length(review_comment) <= 4000)
);
comment on table public.organization_claims is
  'Somebody says that an INN is theirs and the organization under it another''s. outcome: handed_over (the claimant is the owner) or inn_freed (the INN is free for the claimant).';
create unique index one_pending_claim_per_organization_and_person on public.organization_claims (organization_id, claimant_id) where status = 'pending';
create index organization_claims_organization_id_idx on public.organization_claims (organization_id, created_at desc);
create index organization_claims_status_idx on public.organization_claims (status, created_at, id);
create index organization_claims_created_at_idx on public.organization_claims (created_at, id);
create index organization_claims_claimant_id_idx on public.organization_claims (claimant_id);
create index organization_claims_reviewed_by_idx on public.organization_claims (reviewed_by);
create index organization_claims_freed_idx on public.organization_claims (inn) where outcome = 'inn_freed';

create trigger organization_claims_keep_names_clean before insert or update of legal_name on public.organization_claims
  for each row execute function private.keep_names_clean('legal_name');
create trigger organization_claims_touch_updated_at before update on public.organization_claims
  for each row execute function private.touch_updated_at();

alter table public.organization_claims enable row level security;
grant select on public.organization_claims to authenticated, service_role;
create policy "people see their own claims, platform admins all" on public.organization_claims
  for select to authenticated
  using (
    claimant_id = (select auth.uid())
    or ((select private.is_platform_admin()) and id >= private.platform_admins_read_from())
  );
-- the organization is told that there is a claim, and reads neither its words nor its papers
-- insert, update, delete are not granted: the RPCs below are the only way
create function public.claim_organization(inn text, legal_name text, message text, evidence_paths text[] default '{}') returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.require_sign_in();
  faults jsonb;
  claimed public.organizations;
  claim public.organization_claims;
begin
  perform private.require_confirmed_email(); -- an organization may come of it
  inn := btrim(coalesce(inn, ''));
  legal_name := private.clean_name(coalesce(legal_name, ''));
  message := btrim(coalesce(message, ''));
  evidence_paths := coalesce(evidence_paths, '{}');
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('inn', case when inn = '' then 'required' when not private.is_inn(inn) then 'invalid_inn' end),
    ('legal_name', case when legal_name = '' then 'required' when private.visible_length(legal_name) < 2 then 'too_short' else private.name_fault(legal_name) end),
    ('message', case when private.visible_length(message) = 0 then 'required' when char_length(message) > 4000 then 'too_long' end),
    ('evidence_paths', case when cardinality(evidence_paths) > 10 then 'too_many' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  perform private.count_a_day_or_refuse('claim:' || caller, 5);

  select * into claimed from public.organizations o where o.inn = claim_organization.inn and o.deleted_at is null;
  if not found then
    perform private.refuse('not_found', 'No organization stands under this INN.', 'Create yours.');
  end if;
  if private.role_of(claimed.id, caller) = 'owner' then
    perform private.refuse('invalid_transition', 'The organization is the caller''s own.');
  end if;
  perform private.require_own_papers(evidence_paths, caller);
  insert into public.organization_claims (organization_id, inn, legal_name, message, evidence_paths, claimant_id)
  values (claimed.id, inn, legal_name, message, evidence_paths, caller)
  on conflict do nothing
  returning * into claim;
  if not found then
    perform private.refuse('request_pending', 'This claim is being reviewed.', 'Wait for the answer.');
  end if;
  perform private.notify(claimed.id, 'claim_received', jsonb_build_object('inn', inn));
  return jsonb_build_object('claim_id', claim.id, 'status', claim.status);
end
$$;
comment on function public.claim_organization is
  'Signed-in people: says that the organization under this INN is not who it says it is. Evidence lies at status-evidence/claims/<user_id>/… and is accepted by validate_evidence first. Answers {claim_id, status}. 401 sign_in_required, 403 email_not_confirmed, 404 not_found (nobody has the INN), 409 request_pending or invalid_transition (the caller owns it), 422 invalid_input or media_not_validated, 429 too_many_requests beyond 5 a day.';
grant execute on function public.claim_organization to authenticated;


-- What an upheld claim does ----------------------------------------------------------------------------------------------

create function private.refund_unused_days(subscription public.subscriptions, reason text, as_of timestamptz) returns numeric
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  due numeric(12, 2) := private.unused_worth(subscription, as_of);
  given_back numeric(12, 2) := 0;
  part numeric(12, 2);
  period public.subscription_periods := private.running_period(subscription.id);
begin
  while period.transaction_id is not null and given_back < due loop
    part := least(due - given_back, period.paid - period.refunded - period.refunding);
    if part > 0 then
      perform private.take_back_credit(period.transaction_id, part);
      perform private.write_refund(t, part, reason, auth.uid(), as_of) from public.payment_transactions t where t.id = period.transaction_id;
      given_back := given_back + part;
    end if;
    select * into period from public.subscription_periods p where p.transaction_id = period.credited_from; -- what was credited was paid by the one before
  end loop;
  perform private.close_period(subscription.id, as_of);
  return given_back;
end
$$;
comment on function private.refund_unused_days is
  'Gives back what the unused days cost, to the cards that paid for them; roubles. The caller has the organization''s lock.';

create function private.strip_organization(organization_id uuid, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  -- Levels first: a subscription that ends would hand a granted term on.
  perform private.end_levels(
    array(select l.id from public.organization_status_levels l where l.organization_id = strip_organization.organization_id and l.is_active),
    'revoked', 'claim_upheld', 'admin', as_of);
  select * into subscription from public.subscriptions s
  where s.organization_id = strip_organization.organization_id and s.status in ('trialing', 'active', 'past_due');
  if found then
    perform private.refund_unused_days(subscription, 'Неиспользованные дни: ИНН принадлежит другому', as_of);
    update public.subscription_retry_attempts r set outcome = 'given_up', reason = 'subscription_cancelled'
    where r.subscription_id = subscription.id and r.outcome is null and r.attempted_at is null;
    perform private.move_subscription(subscription.id, 'canceled', 'claim_upheld', as_of);
  end if;
  -- What is still on its way was begun by somebody else: it begins nothing, and goes back.
  update public.payment_transactions t set voided_at = as_of
  where t.organization_id = strip_organization.organization_id and private.is_undecided(t.status);
  perform private.forget_card(m.id, as_of) from public.payment_methods m where m.organization_id = strip_organization.organization_id;
  update public.payment_methods m
  set title = null, card_type = null, card_last4 = null, expires_at = null, revoked_at = coalesce(m.revoked_at, as_of), yookassa_payment_method_id = null
  where m.organization_id = strip_organization.organization_id;
  -- Nobody comes in by who was there before, and nothing that was approved or asked for stands.
  delete from public.organization_invitations i where i.organization_id = strip_organization.organization_id and i.accepted_at is null;
  delete from public.email_outbox e
  where e.kind = 'invitation' and e.status = 'queued' and e.data ->> 'organization_id' = strip_organization.organization_id::text;
  update public.status_upgrade_requests r
  set status = case when r.status in ('pending', 'more_asked') then 'withdrawn' else r.status end,
      reviewed_at = case when r.status in ('approved', 'rejected') then r.reviewed_at end,
      approval_ended_at = case when r.status = 'approved' then coalesce(r.approval_ended_at, as_of) end
  where r.organization_id = strip_organization.organization_id;
  update public.name_change_requests r set status = 'withdrawn'
  where r.organization_id = strip_organization.organization_id and r.status = 'pending';
end
$$;
comment on function private.strip_organization is
  'Ends the levels (claim_upheld) and the subscription, gives unused days back, forgets cards, invitations and approvals. The caller has the organization''s lock.';

create function private.hand_over(claim public.organization_claims) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  insert into public.organization_members as m (organization_id, user_id, role) values (claim.organization_id, claim.claimant_id, 'owner')
  on conflict on constraint organization_members_pkey do update set role = 'owner';
  delete from public.organization_members m where m.organization_id = claim.organization_id and m.user_id <> claim.claimant_id;
  -- What the people before said, and with which papers, is not the new owner's to read.
  update public.status_upgrade_requests r set message = '', evidence_paths = '{}', requested_by = null where r.organization_id = claim.organization_id;
  perform private.forget_upgrade_request_steps(claim.organization_id);
  update public.name_change_requests r set message = '', evidence_paths = '{}', requested_by = null where r.organization_id = claim.organization_id;
  delete from public.evidence_files f where f.organization_id = claim.organization_id;
  update public.payment_transactions t set request_body = (t.request_body::jsonb #- '{receipt,customer}')::text
  where t.organization_id = claim.organization_id and not private.is_undecided(t.status) and t.request_body::jsonb #> '{receipt,customer}' is not null;
  update public.organization_settings s set billing_email = private.email_of(claim.claimant_id)
  where s.organization_id = claim.organization_id;
  update public.organizations o
  set legal_name = claim.legal_name, created_by = claim.claimant_id,
      deletion_requested_at = null, is_published = coalesce(o.was_published, o.is_published), was_published = null
  where o.id = claim.organization_id;
end
$$;
comment on function private.hand_over is 'Makes the claimant the only member and owner, and keeps what others said from them. The caller has the organization''s lock.';

create function public.review_claim(claim_id uuid, decision text, outcome text default null, comment text default null)
  returns public.organization_claims
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'review_claim', (select c.organization_id from public.organization_claims c where c.id = claim_id), claim_id::text,
    jsonb_build_object('decision', left(decision, 20), 'outcome', left(outcome, 20)));
  claim public.organization_claims;
  told jsonb;
  faults jsonb;
begin
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('decision', case when decision is null or decision not in ('approved', 'rejected') then 'unknown' end),
    ('outcome', case when decision = 'approved' and outcome is null then 'required'
                     when decision = 'approved' and outcome not in ('handed_over', 'inn_freed') then 'unknown' end),
    ('comment', case when decision = 'rejected' and coalesce(private.visible_length(comment), 0) = 0 then 'required'
                     when char_length(comment) > 4000 then 'too_long' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  select * into claim from public.organization_claims c where c.id = review_claim.claim_id;
  if not found then
    perform private.refuse('not_found', 'There is no such claim.');
  end if;
  perform private.lock_organization(claim.organization_id);
  update public.organization_claims c
  set status = decision::public.claim_status, outcome = case decision when 'approved' then review_claim.outcome end,
      reviewed_by = caller, reviewed_at = now(), review_comment = nullif(btrim(comment), '')
  where c.id = claim.id and c.status = 'pending'
  returning * into claim;
  if not found then
    perform private.refuse('invalid_transition', 'The claim is not pending any more.');
  end if;
  if decision = 'approved' and not exists (
    select from public.organizations o where o.id = claim.organization_id and o.inn = claim.inn and o.deleted_at is null
  ) then
    perform private.refuse('invalid_transition', 'The organization does not stand under this INN any more.', 'Reject the claim: the INN is free.');
  end if;
  if decision = 'approved' and claim.claimant_id is null then
    perform private.refuse('invalid_transition', 'Who claimed it is gone.');
  end if;

  -- Both sides are told, before those who were there are there no more.
  told := jsonb_build_object('decision', decision, 'outcome', claim.outcome, 'comment', claim.review_comment, 'inn', claim.inn);
  perform private.notify_person(m.user_id, m.organization_id, 'claim_reviewed', told || '{"side": "organization"}')
  from public.organization_members m
  where m.organization_id = claim.organization_id and m.role >= 'admin' and m.user_id is distinct from claim.claimant_id;
  perform private.notify_person(claim.claimant_id, claim.organization_id, 'claim_reviewed', told || '{"side": "claimant"}');
  if decision = 'rejected' then
    return claim;
  end if;
  perform private.strip_organization(claim.organization_id, now());
  if claim.outcome = 'handed_over' then
    perform private.hand_over(claim);
  else
    update public.organizations o set inn = null, inn_freed_at = now() where o.id = claim.organization_id;
  end if;

  -- Of two who claimed it one was believed.
  with others as (
    update public.organization_claims c
    set status = 'rejected', reviewed_by = caller, reviewed_at = now(), review_comment = 'Подтвердилось другое заявление на этот ИНН.'
    where c.organization_id = claim.organization_id and c.status = 'pending'
    returning c.*
  )
  select count(private.notify_person(c.claimant_id, c.organization_id, 'claim_reviewed', jsonb_build_object(
    'side', 'claimant', 'decision', 'rejected', 'outcome', null, 'comment', c.review_comment, 'inn', c.inn))::text)
  into faults from others c;
  return claim;
end
$$;
comment on function public.review_claim is
  'Platform admins: rejects a claim with a comment, or upholds it: levels (reason claim_upheld) and the subscription end at once, unused days are given back, cards and invitations are forgotten. outcome handed_over: the claimant is the owner, other memberships end; inn_freed: the organization stays without an INN, which its claimant alone may take for 30 days. Both sides are told; other claims on it are rejected. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.review_claim to authenticated;


-- What is left behind: the words and papers of whoever is gone. ------------------------------------------------------------

create function private.forget_claim_words(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.organization_claims c
  set message = '', evidence_paths = '{}',
      status = case c.status when 'pending' then 'rejected' else c.status end,
      reviewed_at = coalesce(c.reviewed_at, as_of),
      review_comment = case c.status when 'pending' then 'Заявителя больше нет.' else c.review_comment end
  where c.claimant_id is null and (c.status = 'pending' or c.message <> '')
$$;
comment on function private.forget_claim_words is
  'A claim whose claimant is gone is rejected, and its words and papers go.';


-- sql/54_founding.sql

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


-- sql/54_qr_style.sql

-- How a printed code looks. What cameras cannot read is refused here, whoever writes: the limits are what two decoders were
-- measured to need (docs/benchmarks.md), and WCAG's contrast (AA: 4.5 to 1).

-- https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
create function private.luminance(colour text) returns double precision
  language sql immutable set search_path = ''
as $$
  select sum(weight * case when part <= 0.04045 then part / 12.92 else power((part + 0.055) / 1.055, 2.4) end)
  from (values (2, 0.2126::double precision), (4, 0.7152), (6, 0.0722)) as channel (begins, weight)
  cross join lateral (select ('x' || substr(colour, begins, 2))::bit(8)::int / 255.0::double precision as part) as share
$$;
comment on function private.luminance is 'How bright a colour (#rrggbb) looks, 0 for black to 1 for white, as WCAG 2.2 counts it.';
grant execute on function private.luminance to authenticated, service_role;

create function private.contrast(one text, other text) returns double precision
  language sql immutable set search_path = ''
as $$
  select (greatest(a, b) + 0.05) / (least(a, b) + 0.05)
  from (select private.luminance(one) as a, private.luminance(other) as b) as luminances
$$;
comment on function private.contrast is 'The contrast of two colours (#rrggbb), 1 to 21, as WCAG 2.2 counts it.';
grant execute on function private.contrast to authenticated, service_role;

-- Colours are kept in one form: #rrggbb, small letters. What is none stays as it was written, to be refused.
create function private.written_out_colour(colour jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  select case
    when colour #>> '{}' ~ '^#[0-9A-Fa-f]{6}$' then to_jsonb(lower(colour #>> '{}'))
    when colour #>> '{}' ~ '^#[0-9A-Fa-f]{3}$' then to_jsonb(lower(regexp_replace(colour #>> '{}', '([0-9A-Fa-f])', '\1\1', 'g')))
    else colour
  end
$$;
comment on function private.written_out_colour is 'A colour as it is kept: #rgb written out as #rrggbb, in small letters.';
grant execute on function private.written_out_colour to authenticated, service_role;

-- A logo covers modules, so it brings the strongest correction; a frame's language without words brings the usual words.
create function private.complete_qr_style(style jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  select case when jsonb_typeof(style) not in ('object', 'null') then style else
    jsonb_build_object(
      'foreground', '#000000', 'background', '#ffffff', 'module_shape', 'square', 'quiet_zone', 4,
      'error_correction', case when given ? 'logo_path' then 'H' else 'M' end, 'logo_path', null, 'logo_scale', 0.25
    )
    || given
    || case when given ? 'foreground' then jsonb_build_object('foreground', private.written_out_colour(given -> 'foreground')) else '{}' end
    || case when given ? 'background' then jsonb_build_object('background', private.written_out_colour(given -> 'background')) else '{}' end
    || jsonb_build_object(
      'frame_text', words,
      'frame_language', case
        when words is null then null
        when given ? 'frame_language' then given -> 'frame_language'
        when words #>> '{}' ~ '[\u0400-\u04FF]' then '"ru"' else '"en"'
      end)
  end
  from (select jsonb_strip_nulls(case when jsonb_typeof(style) = 'object' then style else '{}' end) as given) as what_is_given
  cross join lateral (
    select case
      when jsonb_typeof(given -> 'frame_text') = 'string'
        then to_jsonb(nullif(private.clean_name(given ->> 'frame_text'), '')) -- one form, like a name
      when given ? 'frame_text' then given -> 'frame_text'
      when style ? 'frame_text' then null
      else case given ->> 'frame_language' when 'ru' then '"Проверьте производителя"'::jsonb when 'en' then '"Check the producer"' end
    end as words
  ) as frame
$$;
comment on function private.complete_qr_style is
  'A style with its defaults filled in, in the one form in which it is kept. frame_language without frame_text: the usual call to action in that language; frame_text null: no frame. What is no JSON object comes back as it is.';
grant execute on function private.complete_qr_style to authenticated, service_role;

create function private.is_drawable(words text) returns boolean
  language sql immutable set search_path = ''
as $$
  select words ~ '^[\u0020-\u007E\u00A0-\u00A3\u00A5\u00A7-\u00AB\u00AE-\u00B4\u00B6-\u00FF\u0401-\u040C\u040E-\u044F\u0451-\u045C\u045E\u045F\u2013\u2014\u2018-\u201A\u201C-\u201E\u2022\u2026\u20BD\u2116]*$'
$$;
comment on function private.is_drawable is 'Whether the font of frames has every character of a text: functions/qr/onest-semibold.ttf.';
grant execute on function private.is_drawable to authenticated, service_role;

-- What is wrong with the whole is the style's, what is wrong with one value that value's.
create function private.qr_style_problems(style jsonb, organization_id uuid default null) returns jsonb
  language sql immutable set search_path = ''
as $$
  with whole as (
    select s, colours.are_colours, case when colours.are_colours then private.contrast(s ->> 'foreground', s ->> 'background') end as contrast
    from private.complete_qr_style(style) as s
    cross join lateral (
      select coalesce(s ->> 'foreground' ~ '^#[0-9a-f]{6}$' and s ->> 'background' ~ '^#[0-9a-f]{6}$', false) as are_colours
    ) as colours
    where jsonb_typeof(s) = 'object'
  ),
  problem (place, field, code) as (
    select 1, key, 'unknown_field' from whole, jsonb_object_keys(s) as key
    where key not in ('foreground', 'background', 'error_correction', 'module_shape', 'quiet_zone', 'logo_path', 'logo_scale', 'frame_text', 'frame_language')
    union all
    select 2, key, 'invalid' from whole, unnest(array['foreground', 'background']) as key
    where not coalesce(s ->> key ~ '^#[0-9a-f]{6}$', false)
    union all
    select 3, 'error_correction', 'invalid' from whole where not coalesce(s ->> 'error_correction' in ('L', 'M', 'Q', 'H'), false)
    union all
    select 4, 'module_shape', 'invalid' from whole where not coalesce(s ->> 'module_shape' in ('square', 'rounded', 'dots'), false)
    union all
    select 5, 'quiet_zone', case
      when jsonb_typeof(s -> 'quiet_zone') <> 'number' then 'invalid'
      when (s ->> 'quiet_zone')::numeric % 1 <> 0 then 'invalid'
      when (s ->> 'quiet_zone')::numeric > 20 then 'out_of_range'
    end from whole
    union all
    select 6, 'logo_path', case
      when jsonb_typeof(s -> 'logo_path') <> 'string' or s ->> 'logo_path' !~ '^[0-9a-f-]{36}/[0-9A-Za-z_-]{1,80}\.(webp|png)$' then 'invalid'
      when split_part(s ->> 'logo_path', '/', 1) <> organization_id::text then 'not_the_organizations'
    end from whole where s -> 'logo_path' <> 'null'
    union all
    select 7, 'logo_scale', case
      when jsonb_typeof(s -> 'logo_scale') <> 'number' then 'invalid'
      when (s ->> 'logo_scale')::numeric < 0.1 then 'out_of_range'
    end from whole
    union all
    select 8, 'frame_text', case
      when jsonb_typeof(s -> 'frame_text') <> 'string' then 'invalid'
      when not private.is_drawable(s ->> 'frame_text') then 'invalid'
      when char_length(s ->> 'frame_text') > 60 then 'too_long'
    end from whole where s -> 'frame_text' <> 'null'
    union all
    select 9, 'frame_language', 'invalid' from whole
    where s -> 'frame_text' <> 'null' and not coalesce(s ->> 'frame_language' in ('ru', 'en'), false)
    union all
    select 10, null, 'light_on_dark' from whole where are_colours and private.luminance(s ->> 'foreground') > private.luminance(s ->> 'background')
    union all
    select 11, null, 'contrast_too_low' from whole where contrast < 4.5
    union all
    select 12, null, 'quiet_zone_too_small' from whole where jsonb_typeof(s -> 'quiet_zone') = 'number' and (s ->> 'quiet_zone')::numeric < 4
    union all
    select 13, null, 'logo_needs_h' from whole where s -> 'logo_path' <> 'null' and s ->> 'error_correction' <> 'H'
    union all
    select 14, null, 'logo_too_big' from whole where jsonb_typeof(s -> 'logo_scale') = 'number' and (s ->> 'logo_scale')::numeric > 0.3
  )
  select case when exists (select from whole)
    then coalesce(
      (select jsonb_agg(jsonb_build_object('field', concat_ws('.', 'style', field), 'code', code) order by place, field) from problem where code is not null),
      '[]')
    else '[{"field": "style", "code": "invalid"}]'
  end
$$;
comment on function private.qr_style_problems is
  'What keeps a code of this style from being drawn or read, [{field, code}]; [] for a good one. Defaults are filled in first. contrast_too_low (below 4.5), light_on_dark, quiet_zone_too_small (below 4 modules), logo_needs_h, logo_too_big (over 0.3 of the width) are the whole style''s; a value''s own: invalid, out_of_range, too_long, unknown_field, not_the_organizations (another organization''s logo).';
grant execute on function private.qr_style_problems to authenticated, service_role;

-- For the table of codes: whoever writes a style has it completed, and what cameras cannot read refused.
create function private.keep_qr_style() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the helpers
as $$
declare
  problems jsonb := private.qr_style_problems(new.style, new.organization_id);
begin
  if problems <> '[]' then
    perform private.refuse('invalid_input', problems::text, 'Phones could not read such a code, or it could not be drawn.');
  end if;
  new.style := private.complete_qr_style(new.style);
  return new;
end
$$;
comment on function private.keep_qr_style is
  'Trigger for a table with style and organization_id: the style is completed, or refused with 422 invalid_input, [{field, code}] as private.qr_style_problems says.';


-- sql/55_story_media.sql

-- Media of stories: videos and pictures that are uploaded for them, where they lie, and whether they are still what was looked at.

create type public.story_media_kind as enum ('video', 'image');
create type public.story_media_status as enum ('uploaded', 'checking', 'ready', 'refused');
create function private.media_problems() returns text[]
  language sql immutable set search_path = ''
as $$
  select '{empty,too_large,too_long,too_small,wrong_type,wrong_codec,no_video,truncated,damaged,too_many_pixels,playlist}'::text[]
$$;
comment on function private.media_problems is 'What may be wrong with a video or a picture.';

-- The one list of what is taken: the bucket, create_story_media and the web (scripts/fix.py) go by it.
create function private.media_limits() returns table (kind public.story_media_kind, most_bytes bigint, content_types text[])
  language sql immutable set search_path = ''
as $$
  values
    ('video'::public.story_media_kind, 104857600::bigint, '{video/mp4,video/quicktime,video/webm}'::text[]),
    ('image', 10485760, '{image/jpeg,image/png,image/webp}')
$$;
comment on function private.media_limits is 'How large an upload of each kind may be, and its content types.';

create table public.story_media (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  kind public.story_media_kind not null,
  status public.story_media_status not null default 'uploaded',
  bytes bigint not null,
  content_type text not null,
  duration_seconds numeric,
  width int,
  height int,
  problems text[] not null default '{}',
  upload_state text,
  check_id uuid,
  checked_until timestamptz,
  folder text,
  next_folder text,
  validated_at timestamptz,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint media_knows_its_organization unique (id, organization_id),
  constraint there_are_some_bytes check (bytes > 0),
  constraint one_that_is_checked_has_a_check check ((status = 'checking') = (check_id is not null and checked_until is not null)),
  constraint one_that_is_refused_has_a_problem check ((status = 'refused') = (problems <> '{}')),
  constraint problems_are_known check (problems <@ private.media_problems()),
  constraint one_that_is_ready_has_a_folder check ((status = 'ready') = (folder is not null)),
  constraint only_a_folder_is_renamed check (next_folder is null or folder is not null),
  constraint folders_cannot_be_guessed check (folder ~ '^[0-9a-f]{32}$' and next_folder ~ '^[0-9a-f]{32}$')
);
comment on table public.story_media is
  'A video or picture for a story. Uploaded to story-uploads/<organization_id>/<id>/original; what the functions validate_video and validate_image make of a good one lies at story-media/<organization_id>/<id>/<folder>/. bytes and content_type are what was announced, then what was found. A ready one that no story names goes after 24 hours.';
comment on column public.story_media.status is 'uploaded: the file may come, or has come; checking: a function looks at it until checked_until; ready, refused: what it found.';
comment on column public.story_media.upload_state is 'What lay there when it was looked at (private.object_state): another file in its place counts as unvalidated.';
comment on column public.story_media.next_folder is 'What the folder is to be called instead: addresses signed before die with the old name.';
create index story_media_organization_id_idx on public.story_media (organization_id);
create index story_media_awaited_idx on public.story_media (organization_id) where status in ('uploaded', 'checking');
create index story_media_moving_idx on public.story_media (updated_at) where next_folder is not null;
create index story_media_created_by_idx on public.story_media (created_by);
create trigger story_media_touch_updated_at before update on public.story_media
  for each row execute function private.touch_updated_at();

alter table public.story_media enable row level security;
grant select on public.story_media to authenticated, service_role;
create policy "members see the media of their organization" on public.story_media
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert, update, delete are not granted: create_story_media and what the functions found write it

create table private.story_media_files (
  media_id uuid not null references public.story_media (id) on delete cascade,
  name text not null,
  content_type text not null,
  bytes bigint not null,
  width int,
  height int,
  object_state text not null,
  primary key (media_id, name),
  constraint name_is_a_file_name check (name ~ '^[a-z0-9]+([._-][a-z0-9]+)*$' and char_length(name) <= 60)
);
comment on table private.story_media_files is
  'What was made of a good upload, in its folder of the bucket story-media: what buyers get. object_state: what lay there when it was made.';
alter table private.story_media_files enable row level security;
-- no grants and no policies: only definer functions read and write it


-- Where files lie, and whether they are still the ones that were looked at --------------------------------------------------

create function private.media_upload_path(media public.story_media) returns text
  language sql immutable set search_path = ''
as $$
  select media.organization_id || '/' || media.id || '/original'
$$;
comment on function private.media_upload_path is 'Where in the bucket story-uploads the file is put.';

create function private.media_file_path(media public.story_media, folder text, name text) returns text
  language sql immutable set search_path = ''
as $$
  select media.organization_id || '/' || media.id || '/' || folder || '/' || name
$$;
comment on function private.media_file_path is 'Where in the bucket story-media a file lies, in this folder.';

-- Not updated_at: Storage touches rows without touching bytes. A move keeps the row and its size, and gives it another version.
create function private.object_state(bucket text, path text) returns text
  language sql stable security definer set search_path = '' -- definer: reads every organization's files
as $$
  select concat_ws(' ', o.id, coalesce(o.metadata ->> 'size', '-'), coalesce(o.version, '-'), coalesce(o.metadata ->> 'eTag', '-'))
  from storage.objects o where o.bucket_id = bucket and o.name = path
$$;
comment on function private.object_state is 'What tells this file from any other that may be put in its place: "row size version ETag"; null when none is there.';

create function private.is_as_made(media public.story_media, file private.story_media_files) returns boolean
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select coalesce(
    private.object_state('story-media', private.media_file_path(media, media.folder, file.name)) = file.object_state
    or (split_part(moved, ' ', 1), split_part(moved, ' ', 2)) = (split_part(file.object_state, ' ', 1), split_part(file.object_state, ' ', 2)),
    false)
  from (select private.object_state('story-media', private.media_file_path(media, media.next_folder, file.name)) as moved) as next
$$;
comment on function private.is_as_made is 'True while this file is the one that was made, in its folder or moved to the next one.';

create function private.is_validated(media_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: the tables are private
as $$
  select exists (
    select from public.story_media m
    where m.id = media_id and m.status = 'ready'
      -- what was uploaded goes after it was looked at; another file in its place was not
      and coalesce(private.object_state('story-uploads', private.media_upload_path(m)) = m.upload_state, true)
      and not exists (select from private.story_media_files f where f.media_id = m.id and not private.is_as_made(m, f))
  )
$$;
comment on function private.is_validated is 'True for media that were looked at, found good, and are still the same files.';


-- Uploading ----------------------------------------------------------------------------------------------------------------

create function private.require_subscription_to_tell(organization_id uuid) returns void
  language plpgsql stable security definer set search_path = '' -- definer: editors do not see subscriptions
as $$
begin
  if private.is_being_deleted(organization_id) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;
  if not exists (
    select from public.subscriptions s
    where s.organization_id = require_subscription_to_tell.organization_id and private.is_live(s.status)
  ) then
    perform private.refuse('subscription_required', 'Stories are written with a subscription.', 'Subscribe, or begin a trial.');
  end if;
end
$$;
comment on function private.require_subscription_to_tell is
  '402 subscription_required without a live subscription; 409 invalid_transition while the organization is being deleted.';

create function public.create_story_media(organization_id uuid, kind text, bytes bigint, content_type text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'editor');
  type text := lower(btrim(split_part(coalesce(content_type, ''), ';', 1)));
  limits record;
  faults jsonb;
  media public.story_media;
begin
  perform private.require_subscription_to_tell(organization_id);
  select * into limits from private.media_limits() l where l.kind::text = create_story_media.kind;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('kind', case when create_story_media.kind is null then 'required' when limits.kind is null then 'unknown' end),
    ('bytes', case when bytes is null then 'required' when bytes < 1 then 'empty' end),
    ('content_type', case when type = '' then 'required' when type <> all (limits.content_types) then 'wrong_type' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  if bytes > limits.most_bytes then
    perform private.refuse('too_large', format('A file of this kind has at most %s bytes.', limits.most_bytes), 'Make it smaller or shorter.');
  end if;
  perform private.count_a_day_or_refuse('media:' || organization_id, 100);
  insert into public.story_media (organization_id, kind, bytes, content_type, created_by)
  values (create_story_media.organization_id, limits.kind, create_story_media.bytes, type, caller)
  returning * into media;
  return jsonb_build_object('media_id', media.id, 'bucket', 'story-uploads', 'path', private.media_upload_path(media));
end
$$;
comment on function public.create_story_media is
  'Editors, with a live subscription: room for one file of kind video (mp4, mov, webm; at most 104857600 bytes) or image (jpeg, png, webp; at most 10485760): {media_id, bucket, path}: where to upload it, once; then validate_video or validate_image. What lies there already is that upload, come through. 402 subscription_required, 403 not_allowed, 404 not_found, 409 invalid_transition, 413 too_large, 422 invalid_input (kind, bytes, content_type), 429 too_many_requests beyond 100 a day.';
grant execute on function public.create_story_media to authenticated;

create function private.awaited_uploads() returns setof text
  language sql stable security definer set search_path = '' -- definer: asked by a policy
as $$
  select private.media_upload_path(m)
  from public.story_media m
  where m.organization_id = any (array(select private.organization_ids_where('editor')))
    and (m.status = 'uploaded' or (m.status = 'checking' and m.checked_until < now()))
$$;
comment on function private.awaited_uploads is 'The paths in story-uploads at which the caller may put a file: of media that are not being looked at.';
grant execute on function private.awaited_uploads to authenticated;

create policy "editors upload the media they asked room for" on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'story-uploads' and name = any (array(select private.awaited_uploads()))
    and private.has_room_for_upload(bucket_id, (storage.foldername(name))[1])
  );
-- update is shut: a file that came through stays as it is looked at; another one is another medium


-- What a story says of its media ------------------------------------------------------------------------------------------

create function private.functions_url() returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select coalesce(s.functions_url, s.site_url || '/functions/v1') from private.platform_settings s
$$;
comment on function private.functions_url is 'Where the functions are reached from outside.';

create type private.story_addresses as (video text, image text, thumbnail text);

-- The folder stands in the name, so that a file that was withdrawn and is published again has another address.
create function private.addresses_of_media(story_id uuid, media_id uuid) returns private.story_addresses
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  with files as (
    select f.content_type like 'video/%' as is_video, f.width, f.name,
      private.functions_url() || '/story_media/' || story_id || '/' || coalesce(m.next_folder, m.folder) || '-' || f.name as address
    from public.story_media m
    join private.story_media_files f on f.media_id = m.id
    where m.id = addresses_of_media.media_id and m.status = 'ready'
  )
  select
    (select address from files where is_video limit 1),
    case when not exists (select from files where is_video) then (select address from files order by width desc, name limit 1) end,
    (select address from files where not is_video order by abs(width - 640), name limit 1)
$$;
comment on function private.addresses_of_media is
  'content_video_url, content_image_url (the largest picture, where there is no film) and thumbnail_url (the picture nearest to 640 pixels) of a story with these media; nulls while they are not ready.';

create function private.withdraw_media(media_id uuid) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.story_media m set next_folder = replace(gen_random_uuid()::text, '-', '')
  where m.id = withdraw_media.media_id and m.folder is not null and m.next_folder is null
$$;
comment on function private.withdraw_media is 'Buyers do not see these media any more: their folder gets another name (job story_withdrawal), and addresses signed before are dead.';


-- sql/57_reports.sql

-- Reports of abuse: a fake badge, a false claim, a stolen name. Anybody reports, a moderator decides, the reporter hears what came of it.

create type public.report_kind as enum ('fake_badge', 'false_claim', 'stolen_name', 'other');
create type public.report_outcome as enum ('upheld', 'not_upheld', 'duplicate');

create table public.abuse_reports (
  id uuid primary key default private.new_id(),
  kind public.report_kind not null,
  organization_id uuid references public.organizations (id) on delete restrict,
  url text,
  message text not null,
  email text,
  evidence_paths text[] not null,
  reporter_id uuid references public.profiles (id) on delete set null,
  is_visitor boolean not null,
  outcome public.report_outcome,
  review_comment text,
  reviewed_by uuid references public.profiles (id) on delete set null,
  reviewed_at timestamptz,
  published_at timestamptz,
  unpublished_at timestamptz,
  unpublish_comment text,
  created_at timestamptz not null default now(),
  constraint url_is_an_address check (char_length(url) <= 2000 and private.is_http_url(url)),
  constraint message_fits check (char_length(message) <= 4000),
  constraint it_is_about_something check (organization_id is not null or url is not null or message = ''),
  constraint email_is_an_address check (private.is_email(email) and email = private.canonical_email(email)),
  constraint only_visitors_who_wait_have_an_address check ((is_visitor and outcome is null) = (email is not null)),
  constraint visitors_are_nobody_and_hand_nothing_in check (not is_visitor or (reporter_id is null and evidence_paths = '{}')),
  constraint ten_files_at_most check (cardinality(evidence_paths) <= 10),
  constraint a_review_has_an_outcome check ((outcome is not null) = (reviewed_at is not null)),
  constraint what_was_not_upheld_says_why check (outcome is distinct from 'not_upheld' or btrim(coalesce(review_comment, '')) <> ''),
  constraint comment_fits check (char_length(review_comment) <= 4000),
  constraint only_what_was_upheld_about_somebody_is_published check (published_at is null or (outcome = 'upheld' and organization_id is not null)),
  constraint what_was_unpublished_is_not_shown check (published_at is null or unpublished_at is null),
  constraint only_what_was_upheld_was_unpublished check (unpublished_at is null or (outcome is not distinct from 'upheld' and organization_id is not null)),
  constraint who_unpublishes_says_why check ((unpublished_at is not null) = (btrim(coalesce(unpublish_comment, '')) <> '')),
  constraint unpublish_comment_fits check (char_length(unpublish_comment) <= 4000)
);
comment on table public.abuse_reports is
  'What people and visitors told us of others: fake badges, false claims, stolen names. outcome is null until a moderator decides; published_at: shown, with the kind alone, on the organization''s page.';
comment on column public.abuse_reports.organization_id is 'Whom it is about: one with a public page; null: nobody we know, then url says where it was seen.';
comment on column public.abuse_reports.email is 'A visitor''s as they typed it, so nobody has shown that it is theirs; forgotten with the decision, which is what it was given for.';
comment on column public.abuse_reports.unpublished_at is 'It was published by mistake, and is shown no longer since then; unpublish_comment: why, which the organization is told.';
comment on column public.abuse_reports.reporter_id is 'Who reported; null: a visitor (is_visitor), or somebody who is gone.';
create index abuse_reports_open_idx on public.abuse_reports (created_at, id) where outcome is null;
create index abuse_reports_outcome_idx on public.abuse_reports (outcome, created_at, id) where outcome is not null;
create index abuse_reports_kind_idx on public.abuse_reports (kind, created_at, id);
create index abuse_reports_reviewed_at_idx on public.abuse_reports (reviewed_at desc) where outcome is not null;
create index abuse_reports_created_at_idx on public.abuse_reports (created_at, id);
create index abuse_reports_organization_id_idx on public.abuse_reports (organization_id, published_at desc);
create index abuse_reports_reporter_id_idx on public.abuse_reports (reporter_id);
create index abuse_reports_reviewed_by_idx on public.abuse_reports (reviewed_by);

alter table public.abuse_reports enable row level security;
grant select on public.abuse_reports to authenticated, service_role;
create policy "platform admins read the reports" on public.abuse_reports
  for select to authenticated
  using ((select private.is_platform_admin()));
-- who reported is told what came of it, and whom it is about never reads who reported
-- insert, update, delete are not granted: the RPCs below are the only way
create function public.report_abuse(
  kind text, organization_id uuid default null, url text default null, message text default null, email text default null,
  evidence_paths text[] default '{}'
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: visitors report too, and nobody may insert
as $$
declare
  caller uuid := auth.uid();
  faults jsonb;
  report public.abuse_reports;
begin
  url := nullif(btrim(url), '');
  message := btrim(coalesce(message, ''));
  email := case when caller is null then btrim(coalesce(email, '')) end;
  evidence_paths := coalesce(evidence_paths, '{}');
  if caller is not null then
    perform private.require_confirmed_email(); -- the answer goes there
  elsif cardinality(evidence_paths) > 0 then
    perform private.require_sign_in();
  end if;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('kind', case when coalesce(kind, '') = '' then 'required' when kind <> all (enum_range(null::public.report_kind)::text[]) then 'unknown' end),
    ('organization_id', case when organization_id is not null and not exists (
                          select from public.organizations o where o.id = report_abuse.organization_id and o.first_level_at is not null
                        ) then 'unknown' end),
    ('url', case when url is null and organization_id is null then 'required' when char_length(url) > 2000 then 'too_long'
                 when not private.is_http_url(url) then 'invalid_url' end),
    ('message', case when private.visible_length(message) = 0 then 'required' when char_length(message) > 4000 then 'too_long' end),
    ('email', case when email = '' then 'required' else private.email_fault(email) end),
    ('evidence_paths', case when cardinality(evidence_paths) > 10 then 'too_many' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  email := private.canonical_email(email);
  if caller is null then
    perform private.count_a_day_or_refuse('report-from:' || encode(sha256(convert_to(email, 'UTF8')), 'hex'), 5, '1 hour');
    perform private.count_a_day_or_refuse('report-visitors', 100, '1 hour'); -- people who signed in come through all the same
  else
    perform private.count_a_day_or_refuse('report:' || caller, 5, '1 hour');
  end if;
  perform private.require_own_papers(evidence_paths, caller);
  insert into public.abuse_reports (kind, organization_id, url, message, email, evidence_paths, reporter_id, is_visitor)
  values (kind::public.report_kind, organization_id, url, message, email, evidence_paths, caller, caller is null)
  returning * into report;
  return jsonb_build_object('report_id', report.id);
end
$$;
comment on function public.report_abuse is
  'Public: a fake badge, a false claim, a stolen name (kind: fake_badge, false_claim, stolen_name, other), of an organization with a public page, or at an address (url). Visitors give an e-mail address, people are told what came of it in the app as well. evidence_paths: signed-in people''s own files at status-evidence/claims/<user_id>/…, accepted by validate_evidence first. Whom it is about is not told. Answers {report_id}. 401 sign_in_required (evidence), 403 email_not_confirmed, 422 invalid_input or media_not_validated, 429 too_many_requests beyond 5 an hour by one person or from one address, 100 by all visitors.';
grant execute on function public.report_abuse to anon, authenticated;

create function public.review_report(report_id uuid, outcome text, comment text default null, publish boolean default false)
  returns public.abuse_reports
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'review_report', (select r.organization_id from public.abuse_reports r where r.id = report_id), report_id::text,
    jsonb_build_object('outcome', left(outcome, 20), 'publish', coalesce(publish, false)));
  report public.abuse_reports;
  waiting public.abuse_reports;
  told jsonb;
  faults jsonb;
begin
  publish := coalesce(publish, false);
  comment := nullif(btrim(comment), '');
  select * into waiting from public.abuse_reports r where r.id = review_report.report_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such report.');
  end if;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('outcome', case when outcome is null or outcome <> all (enum_range(null::public.report_outcome)::text[]) then 'unknown' end),
    ('comment', case when outcome = 'not_upheld' and coalesce(private.visible_length(comment), 0) = 0 then 'required'
                     when char_length(comment) > 4000 then 'too_long' end),
    ('publish', case when publish and (outcome is distinct from 'upheld' or waiting.organization_id is null) then 'invalid' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  if waiting.outcome is not null then
    perform private.refuse('invalid_transition', 'The report was decided on.');
  end if;
  update public.abuse_reports r
  set outcome = review_report.outcome::public.report_outcome, review_comment = comment, reviewed_by = caller, reviewed_at = now(),
      published_at = case when publish then now() end, email = null
  where r.id = waiting.id
  returning * into report;

  -- Our words only: what a visitor wrote is not carried to an address that nobody has shown to be theirs.
  told := jsonb_build_object(
    'side', 'reporter', 'report_kind', report.kind, 'outcome', report.outcome, 'comment', report.review_comment, 'is_published', publish,
    'organization', null, 'slug', null
  ) || coalesce((
    select jsonb_build_object('organization', o.name, 'slug', o.slug) from public.organizations o where o.id = report.organization_id
  ), '{}');
  if report.reporter_id is not null then
    insert into public.notifications (user_id, kind, data, is_to_be_mailed) values (report.reporter_id, 'report_reviewed', told, true);
  elsif waiting.email is not null then
    insert into public.email_outbox (kind, to_address, locale, data, next_attempt_at)
    values ('report_reviewed', waiting.email, case when report.message ~* '[а-яё]' then 'ru' else 'en' end, told, now());
  end if;
  if publish then
    perform private.notify(report.organization_id, 'report_reviewed', told || '{"side": "organization", "comment": null}');
  end if;
  return report;
end
$$;
comment on function public.review_report is
  'Platform admins: outcome upheld, not_upheld (with a comment) or duplicate; publish: an upheld one is shown on the organization''s page, with its kind and date alone, and the organization is told. Who reported is told outcome and comment: in the app and by e-mail, a visitor by e-mail, whose address is then forgotten. 403 not_allowed, 404 not_found, 409 invalid_transition (decided on), 422 invalid_input.';
grant execute on function public.review_report to authenticated;

create function public.unpublish_report(report_id uuid, comment text) returns public.abuse_reports
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  report public.abuse_reports;
begin
  perform private.act_as_platform_admin(
    'unpublish_report', (select r.organization_id from public.abuse_reports r where r.id = report_id), report_id::text);
  select * into report from public.abuse_reports r where r.id = unpublish_report.report_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such report.');
  end if;
  if coalesce(private.visible_length(comment), 0) = 0 then
    perform private.refuse('invalid_input', '[{"field": "comment", "code": "required"}]');
  elsif char_length(btrim(comment)) > 4000 then
    perform private.refuse('invalid_input', '[{"field": "comment", "code": "too_long"}]');
  end if;
  if report.published_at is null then
    perform private.refuse('invalid_transition', 'The report is not published.');
  end if;
  update public.abuse_reports r set published_at = null, unpublished_at = now(), unpublish_comment = btrim(comment)
  where r.id = report.id
  returning * into report;
  perform private.notify(report.organization_id, 'report_reviewed', jsonb_build_object(
    'side', 'organization', 'report_kind', report.kind, 'outcome', report.outcome, 'comment', report.unpublish_comment, 'is_published', false)
    || (select jsonb_build_object('organization', o.name, 'slug', o.slug) from public.organizations o where o.id = report.organization_id));
  return report;
end
$$;
comment on function public.unpublish_report is
  'Platform admins: what was published by mistake is shown on the organization''s page no longer; the organization is told why. Who reported is not, and the decision stays. 403 not_allowed, 404 not_found, 409 invalid_transition (not published), 422 invalid_input (a comment is needed).';
grant execute on function public.unpublish_report to authenticated;

create function private.is_shown(report public.abuse_reports) returns boolean
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the tables
as $$
  select report.published_at is not null
    -- what was found of those to whom it did not belong is not said of those to whom it was given back
    and not exists (
      select from public.organization_claims c
      where c.organization_id = report.organization_id and c.outcome = 'handed_over' and c.reviewed_at > report.published_at)
$$;
comment on function private.is_shown is
  'Whether everybody is told that this report was upheld, and about whom: it is published, and the organization was not handed over to its true owner since.';

create function private.published_reports(organization_id uuid) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the table
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'kind', r.kind, 'outcome', r.outcome, 'published_at', r.published_at) order by r.published_at desc, r.id), '[]')
  from public.abuse_reports r
  where r.organization_id = published_reports.organization_id and private.is_shown(r)
$$;
comment on function private.published_reports is
  'What everybody is told of upheld reports about an organization, the newest first: [{kind, outcome, published_at}]; those from before it was handed over to its true owner are not among them.';


-- What became of all of them -----------------------------------------------------------------------------------------------

-- Counted as they come and are decided: to count a million anew for each visitor takes too long.
create table private.report_totals (
  is_one boolean primary key default true,
  waiting bigint not null default 0,
  upheld bigint not null default 0,
  not_upheld bigint not null default 0,
  duplicate bigint not null default 0,
  constraint there_is_one_row check (is_one)
);
comment on table private.report_totals is 'How many reports wait, and how many were decided which way.';
insert into private.report_totals default values;
alter table private.report_totals enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.count_reports() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
declare
  is_here constant int := (tg_op <> 'DELETE')::int;
  was_here constant int := (tg_op <> 'INSERT')::int;
  outcome constant text := case when is_here = 1 then coalesce(new.outcome::text, 'waiting') end;
  before constant text := case when was_here = 1 then coalesce(old.outcome::text, 'waiting') end;
begin
  update private.report_totals t
  set waiting = t.waiting + (outcome is not distinct from 'waiting')::int - (before is not distinct from 'waiting')::int,
      upheld = t.upheld + (outcome is not distinct from 'upheld')::int - (before is not distinct from 'upheld')::int,
      not_upheld = t.not_upheld + (outcome is not distinct from 'not_upheld')::int - (before is not distinct from 'not_upheld')::int,
      duplicate = t.duplicate + (outcome is not distinct from 'duplicate')::int - (before is not distinct from 'duplicate')::int;
  return null;
end
$$;
comment on function private.count_reports is 'Trigger: private.report_totals says how many there are of each outcome.';
create trigger reports_are_counted after insert or update of outcome or delete on public.abuse_reports
  for each row execute function private.count_reports();

create function public.list_report_outcomes(after text default null, max_items int default 20) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to the table
as $$
declare
  beyond timestamptz;
  tie text;
  decided public.abuse_reports[];
begin
  if max_items is null or max_items not between 1 and 100 then
    perform private.refuse('invalid_input', '[{"field": "max_items", "code": "out_of_range"}]', 'From 1 to 100.');
  end if;
  if after !~ '^[0-9]{1,16}\.[0-9a-f]{32}$' then
    perform private.refuse('invalid_input', '[{"field": "after", "code": "invalid"}]', 'Give what the page before answered as "next".');
  end if;
  beyond := coalesce(timestamptz 'epoch' + split_part(after, '.', 1)::bigint * interval '1 microsecond', 'infinity');
  tie := coalesce(split_part(after, '.', 2), '');
  -- By the decision, and those of one moment by a digest: an id says when the report was written.
  decided := array(
    select r from public.abuse_reports r
    where r.outcome is not null and r.reviewed_at <= beyond and (r.reviewed_at, md5(r.id::text)) < (beyond, tie)
    order by r.reviewed_at desc, md5(r.id::text) desc
    limit max_items + 1
  );
  return jsonb_build_object(
    'items', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'kind', d.kind, 'outcome', d.outcome,
        'reported_on', (d.created_at at time zone 'Europe/Moscow')::date, 'decided_on', (d.reviewed_at at time zone 'Europe/Moscow')::date,
        'organization', case when s.is_shown then (
          select jsonb_build_object('name', o.name, 'slug', o.slug) from public.organizations o where o.id = d.organization_id) end,
        'unpublished_on', (d.unpublished_at at time zone 'Europe/Moscow')::date
      ) order by d.reviewed_at desc, md5(d.id::text) desc), '[]')
      from unnest(decided[1:max_items]) as d
      cross join lateral (select private.is_shown(d) as is_shown) as s
    ),
    'next', case when cardinality(decided) > max_items then
      (extract(epoch from (decided[max_items]).reviewed_at) * 1000000)::bigint || '.' || md5((decided[max_items]).id::text) end,
    'totals', (
      select jsonb_build_object('waiting', t.waiting, 'upheld', t.upheld, 'not_upheld', t.not_upheld, 'duplicate', t.duplicate)
      from private.report_totals t
    )
  );
end
$$;
comment on function public.list_report_outcomes is
  'Public: what became of reports, the last decided first: {items: [{kind, outcome: upheld|not_upheld|duplicate, reported_on, decided_on, organization: null|{name, slug}, unpublished_on}], next, totals: {waiting, upheld, not_upheld, duplicate}}; dates by Moscow''s calendar, nothing of who reported or of what they wrote. organization: only where it was upheld and is published; unpublished_on: it was named by mistake until then. 422 invalid_input.';
grant execute on function public.list_report_outcomes to anon, authenticated, service_role;


-- What is left behind ------------------------------------------------------------------------------------------------------

create function private.forget_reports() returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
  delete from public.abuse_reports r where r.outcome is null and r.reporter_id is null and not r.is_visitor;
  update public.abuse_reports r set message = '', url = null, evidence_paths = '{}'
  where r.outcome is not null and r.message <> '' and (
    (r.reporter_id is null and not r.is_visitor)
    or exists (select from public.organizations o where o.id = r.organization_id and o.deleted_at is not null))
$$;
comment on function private.forget_reports is
  'What was decided stays; the words and papers of whoever is gone, and those about an organization that is deleted, go. What somebody who is gone reported, and nobody decided on, goes whole.';

create function private.forget_unnamed_papers(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
  -- The file itself goes with stale_files: nothing is accepted there any more.
  delete from public.evidence_files f
  where f.path in (
    select e.path from public.evidence_files e
    where e.organization_id is null and e.validated_at <= as_of - interval '24 hours'
      and not exists (select from public.organization_claims c where e.path = any (c.evidence_paths))
      and not exists (select from public.abuse_reports r where e.path = any (r.evidence_paths))
    for update skip locked -- one that is being handed in just now
  )
$$;
comment on function private.forget_unnamed_papers is
  'People''s papers (claims/…) that neither a claim nor a report names a day after they were looked at are accepted no longer.';


-- sql/60_stories.sql

-- Stories: what a producer tells. What one is made of, who writes it and what becomes of it.

create type public.story_type as enum ('success_story', 'expert_opinion', 'customer_review', 'event_announcement', 'service_showcase');
create type public.story_status as enum ('draft', 'pending_review', 'published', 'rejected');
create type public.content_origin as enum ('direct_input', 'video_upload', 'telegram_import', 'external_link');
create type public.story_rejection_code as enum ('off_topic', 'advertising', 'false_claim', 'low_quality', 'prohibited', 'personal_data', 'other');

create table public.stories (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  story_type public.story_type not null,
  status public.story_status not null default 'draft',
  content_origin public.content_origin not null default 'direct_input',
  title text not null,
  content_text text,
  external_url text,
  media_id uuid,
  content_video_url text,
  content_image_url text,
  thumbnail_url text,
  scheduled_publish_at timestamptz,
  submitted_at timestamptz,
  published_at timestamptz,
  rejection_code public.story_rejection_code,
  rejection_comment text,
  appealed_at timestamptz,
  moderated_by uuid references public.profiles (id) on delete set null,
  moderated_at timestamptz,
  claimed_by uuid references public.profiles (id) on delete set null,
  claimed_until timestamptz,
  view_count int not null default 0,
  is_featured boolean not null default false,
  deleted_at timestamptz,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  search tsvector generated always as (
    setweight(to_tsvector('pg_catalog.russian', private.plain_words(title)), 'A')
    || to_tsvector('pg_catalog.russian', private.plain_words(coalesce(content_text, '')))
  ) stored,
  constraint media_are_of_the_same_organization foreign key (media_id, organization_id) references public.story_media (id, organization_id),
  constraint title_fits check (char_length(btrim(title)) between 1 and 200),
  constraint content_fits check (char_length(content_text) <= 20000),
  constraint external_url_is_a_web_address check (private.is_http_url(external_url) and char_length(external_url) <= 2000),
  constraint a_published_story_has_a_date check (status <> 'published' or published_at is not null),
  -- the code stays while an appeal against it is decided
  constraint only_what_was_rejected_says_why check (rejection_code is null or status in ('rejected', 'pending_review')),
  constraint a_rejection_says_why check (status <> 'rejected' or rejection_code is not null),
  constraint only_what_buyers_see_is_featured check (not is_featured or status = 'published'),
  constraint only_what_nobody_sees_is_deleted check (deleted_at is null or status in ('draft', 'rejected'))
);
comment on table public.stories is
  'What a producer tells. Visible to all when published and published_at has come. Only RPCs move a story from one status to another.';
comment on column public.stories.scheduled_publish_at is 'Not before: approved earlier, it is published for then. The page reads and writes it in the organization''s time zone.';
comment on column public.stories.media_id is 'What it shows: a story has media of its own.';
comment on column public.stories.content_video_url is 'As content_image_url and thumbnail_url (for lists, and for the film before it plays): an address of the function story_media, which leads to the file while the story is published; null while its media are not ready.';
comment on column public.stories.submitted_at is 'Since when it waits for a moderator.';
comment on column public.stories.updated_at is 'The last change of what it says or of its status: what a moderator''s decision is about.';
comment on column public.stories.view_count is 'How many visitors have seen it, each once a day.';
comment on column public.stories.deleted_at is 'Deleted by its organization; can be restored for 30 days.';
create index stories_organization_id_idx on public.stories (organization_id, published_at desc);
create index stories_created_idx on public.stories (organization_id, created_at);
create index stories_published_idx on public.stories (published_at desc, id desc) where status = 'published';
create index stories_search_idx on public.stories using gin (search) where status = 'published';
-- With the usual thousand words counted, a word that few stories have is taken for one in two hundred, and the newest are read one by one.
alter table public.stories alter column search set statistics 1000;
create index stories_queue_idx on public.stories (submitted_at, id) where status = 'pending_review';
create index stories_deleted_idx on public.stories (deleted_at) where deleted_at is not null;
create unique index one_featured_story_per_organization on public.stories (organization_id) where is_featured;
create unique index media_belong_to_one_story on public.stories (media_id, organization_id) where media_id is not null;
create index stories_created_by_idx on public.stories (created_by);
create index stories_moderated_by_idx on public.stories (moderated_by);
create index stories_claimed_by_idx on public.stories (claimed_by);

-- A claim or a counted view is no change of the story.
create trigger stories_touch_updated_at before update on public.stories
  for each row when (
    (old.story_type, old.status, old.content_origin, old.title, old.content_text, old.external_url, old.media_id, old.scheduled_publish_at,
      old.deleted_at)
    is distinct from
    (new.story_type, new.status, new.content_origin, new.title, new.content_text, new.external_url, new.media_id, new.scheduled_publish_at,
      new.deleted_at)
  ) execute function private.touch_updated_at();

alter table public.stories enable row level security;
grant select on public.stories to anon, authenticated, service_role;
create policy "everyone reads published stories" on public.stories
  for select to anon
  using (status = 'published' and published_at <= now());
create policy "people read published stories, members their own, admins what was submitted" on public.stories
  for select to authenticated
  using (
    (status = 'published' and published_at <= now())
    or (status <> 'draft' and (select private.is_platform_admin()))
    or organization_id = any (array(select private.organization_ids_where('viewer')))
  );
grant insert (organization_id, story_type, content_origin, title, content_text, external_url, scheduled_publish_at, media_id) on public.stories to authenticated;
create policy "editors write stories" on public.stories
  for insert to authenticated
  with check (organization_id = any (array(select private.organization_ids_where('editor'))));
grant update (story_type, content_origin, title, content_text, external_url, scheduled_publish_at, media_id) on public.stories to authenticated;
create policy "editors change what is not deleted" on public.stories
  for update to authenticated
  using (organization_id = any (array(select private.organization_ids_where('editor'))) and deleted_at is null);
-- status and all that follows from it is not granted: the RPCs below, of moderation and of readers change it
-- delete is not granted: delete_story keeps it for 30 days


-- Writing ----------------------------------------------------------------------------------------------------------------

create function private.story_faults(story public.stories) returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_agg(jsonb_build_object('field', field, 'code', code))
  from (values
    ('title', case when private.visible_length(story.title) is distinct from 0 and story.title is not null then
                     case when char_length(story.title) > 200 then 'too_long' when not private.is_one_line(story.title) then 'invalid' end
                   else 'required' end),
    ('story_type', case when story.story_type is null then 'required' end),
    ('content_text', case when char_length(story.content_text) > 20000 then 'too_long' end),
    ('external_url', case when char_length(story.external_url) > 2000 then 'too_long'
                          when not private.is_http_url(story.external_url) then 'invalid_url' end),
    ('scheduled_publish_at', case when story.scheduled_publish_at > now() + interval '1 year' then 'out_of_range' end),
    ('media_id', case when story.media_id is null then null
                      when not exists (select from public.story_media m where m.id = story.media_id and m.organization_id = story.organization_id) then 'not_the_organizations'
                      when exists (select from public.stories s where s.media_id = story.media_id and s.id <> story.id) then 'invalid' end)
  ) as checked (field, code)
  where code is not null
$$;
comment on function private.story_faults is 'What is wrong with what a story says, [{field, code}]; null for a good one.';

create function private.require_right_to_tell(organization_id uuid) returns void
  language plpgsql stable security definer set search_path = '' -- definer: counts what is deleted, too
as $$
declare
  zone text := (select s.time_zone from public.organization_settings s where s.organization_id = require_right_to_tell.organization_id);
begin
  perform private.require_subscription_to_tell(organization_id);
  perform private.require_room(organization_id, 'stories_per_month', (
    select count(*) from public.stories s
    where s.organization_id = require_right_to_tell.organization_id
      and s.created_at >= date_trunc('month', now() at time zone zone) at time zone zone
  ));
end
$$;
comment on function private.require_right_to_tell is
  '402 subscription_required without a live subscription; 402 plan_limit_reached when this month (by the organization''s calendar) has as many stories as the plan allows, deleted ones included; 409 invalid_transition while the organization is being deleted. The caller has the organization''s lock.';

create function private.keep_story() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to look at all that is asked
as $$
declare
  faults jsonb;
  is_by_a_person boolean := not private.is_service();
  is_rewritten boolean := tg_op = 'INSERT';
begin
  if tg_op = 'UPDATE' then
    is_rewritten := (old.story_type, old.content_origin, old.title, old.content_text, old.external_url, old.media_id, old.scheduled_publish_at)
      is distinct from (new.story_type, new.content_origin, new.title, new.content_text, new.external_url, new.media_id, new.scheduled_publish_at);
  end if;

  if is_rewritten and is_by_a_person then
    new.title := private.clean_name(new.title);
    new.content_text := nullif(normalize(btrim(new.content_text, E' \t\r\n'), nfc), '');
    new.external_url := nullif(btrim(new.external_url), '');
    if tg_op = 'INSERT' then
      new.created_by := private.act_in_organization(new.organization_id, 'editor');
      perform private.require_right_to_tell(new.organization_id);
    elsif old.status = 'pending_review' then
      perform private.refuse('invalid_transition', 'A moderator is reading this story.', 'Withdraw it, change it, and submit it again.');
    elsif old.status = 'published' then
      new.status := 'draft'; -- what buyers see is what a moderator has read
    end if;
    faults := private.story_faults(new);
    if faults is not null then
      perform private.refuse('invalid_input', faults::text);
    end if;
  end if;

  if tg_op = 'UPDATE' and new.status is distinct from old.status then
    if old.status || ' ' || new.status not in (
      'draft pending_review', 'rejected pending_review', 'pending_review draft', 'pending_review published', 'pending_review rejected', 'published draft'
    ) then
      perform private.refuse('invalid_transition', format('A story that is %s does not become %s.', old.status, new.status));
    end if;
    new.claimed_by := null;
    new.claimed_until := null;
    case new.status
      when 'pending_review' then
        new.submitted_at := now();
      when 'published' then
        new.published_at := coalesce(new.published_at, greatest(now(), new.scheduled_publish_at));
        new.rejection_code := null;
        new.rejection_comment := null;
      when 'draft' then
        new.published_at := null;
        new.is_featured := false;
        new.rejection_code := null;
        new.rejection_comment := null;
      else
    end case;
  end if;

  if new.media_id is not null and new.status in ('pending_review', 'published')
    and (tg_op = 'INSERT' or (old.status, old.media_id) is distinct from (new.status, new.media_id)) and not private.is_validated(new.media_id)
  then
    perform private.refuse('media_not_validated', 'The video or picture was not looked at, or another file was put in its place.', 'Upload it again.');
  end if;
  if tg_op = 'UPDATE' and old.status = 'published' and (new.status <> 'published' or new.media_id is distinct from old.media_id) then
    perform private.withdraw_media(old.media_id);
  end if;
  if tg_op = 'INSERT' or new.media_id is distinct from old.media_id or new.status <> old.status then
    select a.video, a.image, a.thumbnail into new.content_video_url, new.content_image_url, new.thumbnail_url
    from private.addresses_of_media(new.id, new.media_id) a;
  end if;
  return new;
end
$$;
comment on function private.keep_story is
  'Trigger: who writes is an editor with a subscription and room (402), what is under review is not changed (409 invalid_transition), what was published becomes a draft when it is changed, a status is reached only from where it can be, and nobody else sees media that were not looked at (422 media_not_validated).';

create trigger stories_are_kept before insert or update on public.stories
  for each row execute function private.keep_story();


-- What happened to it ----------------------------------------------------------------------------------------------------

create table public.story_activity_log (
  id bigint generated always as identity primary key,
  story_id uuid not null references public.stories (id) on delete cascade,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  action text not null,
  actor_kind text not null,
  actor_id uuid references public.profiles (id) on delete set null,
  detail jsonb not null default '{}',
  occurred_at timestamptz not null default now(),
  constraint action_is_known check (action in (
    'created', 'edited', 'submitted', 'withdrawn', 'claimed', 'approved', 'rejected', 'appealed', 'published', 'unpublished', 'deleted', 'restored', 'featured'
  )),
  constraint actor_kind_is_known check (actor_kind in ('member', 'moderator', 'system'))
);
comment on table public.story_activity_log is
  'What happened to each story, and who did it. detail: edited {fields}, rejected {code, comment}, appealed {message}, published {published_at}, featured {featured}.';
create index story_activity_log_story_id_idx on public.story_activity_log (story_id, id);
create index story_activity_log_organization_id_idx on public.story_activity_log (organization_id);
create index story_activity_log_actor_id_idx on public.story_activity_log (actor_id);

alter table public.story_activity_log enable row level security;
grant select on public.story_activity_log to authenticated, service_role;
create policy "members and platform admins read what happened to stories" on public.story_activity_log
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('viewer')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: a trigger writes it, and nobody rewrites it
create function private.log_story() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  edited text[] := '{}';
begin
  if tg_op = 'UPDATE' then
    select array_agg(field) into edited
    from (values
      ('story_type', old.story_type is distinct from new.story_type),
      ('content_origin', old.content_origin is distinct from new.content_origin),
      ('title', old.title is distinct from new.title),
      ('content_text', old.content_text is distinct from new.content_text),
      ('external_url', old.external_url is distinct from new.external_url),
      ('media_id', old.media_id is distinct from new.media_id),
      ('scheduled_publish_at', old.scheduled_publish_at is distinct from new.scheduled_publish_at)
    ) as compared (field, differs)
    where differs;
  end if;
  insert into public.story_activity_log (story_id, organization_id, action, actor_kind, actor_id, detail)
  select new.id, new.organization_id, action,
    case when auth.uid() is null then 'system' when is_moderation then 'moderator' else 'member' end, auth.uid(), detail
  from (values
    ('created', tg_op = 'INSERT', false, '{}'::jsonb),
    ('edited', cardinality(edited) > 0, false, jsonb_build_object('fields', edited)),
    ('submitted', old.status in ('draft', 'rejected') and new.status = 'pending_review' and new.rejection_code is null, false, '{}'),
    ('withdrawn', old.status = 'pending_review' and new.status = 'draft', false, '{}'),
    ('claimed', old.claimed_by is distinct from new.claimed_by and new.claimed_by is not null, true, '{}'),
    ('approved', old.status = 'pending_review' and new.status = 'published', true, '{}'),
    ('published', old.status is distinct from new.status and new.status = 'published', true, jsonb_build_object('published_at', new.published_at)),
    ('rejected', old.status = 'pending_review' and new.status = 'rejected', true,
      jsonb_build_object('code', new.rejection_code, 'comment', new.rejection_comment)),
    ('unpublished', old.status = 'published' and new.status = 'draft', false, '{}'),
    ('deleted', old.deleted_at is null and new.deleted_at is not null, false, '{}'),
    ('restored', old.deleted_at is not null and new.deleted_at is null, false, '{}'),
    ('featured', old.is_featured <> new.is_featured and new.status = 'published', false, jsonb_build_object('featured', new.is_featured))
  ) as happened (action, has_happened, is_moderation, detail)
  where has_happened;
  return null;
end
$$;
comment on function private.log_story is 'Trigger: what happened to a story is written down, whoever did it; but for an appeal, which appeal_story writes with its words.';

create trigger stories_are_logged after insert or update on public.stories
  for each row execute function private.log_story();


-- What its organization does with it -------------------------------------------------------------------------------------

create function private.story_of_mine(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: must tell "not yours" from "not there"
as $$
declare
  story public.stories;
begin
  perform private.require_sign_in();
  select * into story from public.stories s where s.id = story_of_mine.story_id;
  if not found or not (
    private.role_of(story.organization_id, auth.uid()) is not null or (story.status = 'published' and story.published_at <= now())
  ) then
    perform private.refuse('not_found', 'There is no such story.');
  end if;
  perform private.act_in_organization(story.organization_id, 'editor');
  select * into story from public.stories s where s.id = story_of_mine.story_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such story.');
  end if;
  return story;
end
$$;
comment on function private.story_of_mine is
  'What an author''s RPC begins with: the story, locked with its organization. 401, 403 not_allowed (no editor), 404 not_found.';

create function private.require_story_status(story public.stories, variadic statuses public.story_status[]) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if story.deleted_at is not null then
    perform private.refuse('invalid_transition', 'The story is deleted.', 'Restore it first.');
  end if;
  if story.status <> all (statuses) then
    perform private.refuse('invalid_transition', format('The story is %s.', story.status), 'Load it again.');
  end if;
end
$$;
comment on function private.require_story_status is '409 invalid_transition unless the story is in one of these, and not deleted.';

create function public.submit_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  perform private.require_story_status(story, 'draft', 'rejected');
  if private.is_being_deleted(story.organization_id) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;
  if coalesce(private.visible_length(story.content_text), 0) = 0 and story.external_url is null and story.media_id is null then
    perform private.refuse('invalid_input', '[{"field": "content_text", "code": "required"}]', 'Say something, show something, or give its address.');
  end if;
  update public.stories s set status = 'pending_review', rejection_code = null, rejection_comment = null
  where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.submit_story is
  'Editors: a draft, or what was rejected, goes to the moderators. The story. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input (nothing is said in it), media_not_validated.';
grant execute on function public.submit_story to authenticated;

create function public.withdraw_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  perform private.require_story_status(story, 'pending_review');
  update public.stories s set status = 'draft' where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.withdraw_story is
  'Editors: takes a story back from the moderators; it is a draft again. The story. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.withdraw_story to authenticated;

create function public.unpublish_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  perform private.require_story_status(story, 'published');
  update public.stories s set status = 'draft' where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.unpublish_story is
  'Editors: buyers do not see the story any more; it is a draft again. The story. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.unpublish_story to authenticated;

create function public.feature_story(story_id uuid, featured boolean default true) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write it
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  perform private.require_story_status(story, 'published');
  if featured is null then
    perform private.refuse('invalid_input', '[{"field": "featured", "code": "required"}]');
  end if;
  update public.stories s set is_featured = false
  where featured and s.organization_id = story.organization_id and s.is_featured and s.id <> story.id;
  update public.stories s set is_featured = featured where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.feature_story is
  'Editors: this published story stands first on the organization''s page, instead of the one before; featured false: it does not any more. The story. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.feature_story to authenticated;

create function public.delete_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write it
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  perform private.require_story_status(story, 'draft', 'rejected');
  update public.stories s set deleted_at = now() where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.delete_story is
  'Editors: deletes a draft or what was rejected; restore_story takes it back for 30 days. What is under review or published is withdrawn first. The story. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.delete_story to authenticated;

create function public.restore_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write it
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  if (story.deleted_at > now() - interval '30 days') is not true then
    perform private.refuse('invalid_transition', 'The story is not deleted, or was deleted over 30 days ago.');
  end if;
  update public.stories s set deleted_at = null where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.restore_story is
  'Editors: takes the deletion of a story back, for 30 days. The story. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.restore_story to authenticated;


-- sql/60_story_files.sql

-- Files of stories: what the functions find in media, who may look at what was made of them, and how an address dies.

-- A change of the settings moves every address.
create function private.address_stories() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write it
as $$
begin
  if tg_table_name = 'story_media' then
    update public.stories s
    set (content_video_url, content_image_url, thumbnail_url) = (select a.video, a.image, a.thumbnail from private.addresses_of_media(s.id, s.media_id) a)
    where s.media_id = new.id;
  elsif (coalesce(new.functions_url, new.site_url)) is distinct from (coalesce(old.functions_url, old.site_url)) then
    update public.stories s
    set (content_video_url, content_image_url, thumbnail_url) = (select a.video, a.image, a.thumbnail from private.addresses_of_media(s.id, s.media_id) a)
    where s.media_id is not null;
  end if;
  return null;
end
$$;
comment on function private.address_stories is 'Trigger: stories have the addresses of their media as soon as these are ready, and others when the functions move.';
create trigger story_media_address_stories after update of status on public.story_media
  for each row when (old.status is distinct from new.status) execute function private.address_stories();
create trigger platform_settings_address_stories after update on private.platform_settings
  for each row execute function private.address_stories();

create function private.withdraw_deleted_story() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  perform private.withdraw_media(old.media_id);
  return null;
end
$$;
comment on function private.withdraw_deleted_story is 'Trigger: the files of a story that was published and is gone die with it.';
create trigger published_stories_are_withdrawn after delete on public.stories
  for each row when (old.status = 'published') execute function private.withdraw_deleted_story();


-- Checking: one function at a time looks into an upload, and one that was killed is followed by another. -------------------

create function private.media_to_show(media public.story_media) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select jsonb_build_object(
    'media_id', media.id, 'kind', media.kind, 'status', media.status, 'duration_seconds', media.duration_seconds,
    'width', media.width, 'height', media.height, 'problems', media.problems,
    'files', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'name', f.name, 'path', private.media_file_path(media, media.folder, f.name), 'content_type', f.content_type,
        'bytes', f.bytes, 'width', f.width, 'height', f.height
      ) order by f.content_type like 'video/%' desc, f.width desc, f.name), '[]')
      from private.story_media_files f where f.media_id = media.id
    )
  )
$$;
comment on function private.media_to_show is
  'Media as the functions answer them: {media_id, kind, status, duration_seconds, width, height, problems, files: [{name, path, content_type, bytes, width, height}]}; the film first, then pictures, the largest first.';

create function public.begin_media_check(media_id uuid, kind text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  media public.story_media;
  uploaded text;
  new_check uuid;
begin
  perform private.require_sign_in();
  select * into media from public.story_media m where m.id = begin_media_check.media_id;
  if not found or private.role_of(media.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There are no such media.');
  end if;
  perform private.act_in_organization(media.organization_id, 'editor');
  select * into media from public.story_media m where m.id = begin_media_check.media_id for update;
  if not found then
    perform private.refuse('not_found', 'There are no such media.');
  end if;
  if media.kind::text is distinct from begin_media_check.kind then
    perform private.refuse('invalid_input', '[{"field": "media_id", "code": "wrong_type"}]', format('This is a %s.', media.kind));
  end if;
  uploaded := private.object_state('story-uploads', private.media_upload_path(media));
  if uploaded is null and media.status in ('uploaded', 'checking') then
    perform private.refuse('not_found', 'Nothing was uploaded.', 'Upload the file first.');
  end if;
  -- Looked at once, unless another file lies there now; not while somebody looks, moderators and buyers included.
  if not (
    (media.status = 'checking' and media.checked_until > now())
    or (media.status in ('ready', 'refused') and coalesce(uploaded = media.upload_state, true))
    or (media.status = 'ready' and (media.next_folder is not null or exists (
      select from public.stories s where s.media_id = media.id and s.status in ('pending_review', 'published'))))
  ) then
    perform private.count_or_refuse('inspect:' || auth.uid(), 10);
    new_check := gen_random_uuid();
    delete from private.story_media_files f where f.media_id = media.id;
    update public.story_media m
    set status = 'checking', check_id = new_check, checked_until = now() + interval '3 minutes', upload_state = uploaded, folder = null,
        problems = '{}', validated_at = null
    where m.id = media.id
    returning * into media;
  end if;
  return private.media_to_show(media) || jsonb_build_object(
    'check_id', new_check,
    'organization_id', media.organization_id,
    'upload', jsonb_build_object(
      'bucket', 'story-uploads', 'path', private.media_upload_path(media), 'bytes', nullif(split_part(uploaded, ' ', 2), '-')::bigint,
      'content_type', (select o.metadata ->> 'mimetype' from storage.objects o where o.bucket_id = 'story-uploads' and o.name = private.media_upload_path(media))),
    'made', jsonb_build_object('bucket', 'story-media', 'folder', private.media_file_path(media, replace(new_check::text, '-', ''), ''))
  );
end
$$;
comment on function public.begin_media_check is
  'Editors, by the functions validate_video and validate_image: these media (kind: video or image) are looked at by the caller for 3 minutes: {media_id, kind, status, duration_seconds, width, height, problems, files, check_id, organization_id, upload: {bucket, path, bytes, content_type}, made: {bucket, folder}}. check_id null: somebody else looks just now (checking), or it was done (ready, refused). 403 not_allowed, 404 not_found (also when nothing was uploaded), 422 invalid_input (another kind), 429 too_many_requests beyond ten a minute.';
grant execute on function public.begin_media_check to authenticated;

create function public.settle_media_check(media_id uuid, check_id uuid, finding jsonb default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  media public.story_media;
  its_folder text := replace(check_id::text, '-', '');
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key says what was found.');
  end if;
  perform private.lock_organization(m.organization_id) from public.story_media m where m.id = settle_media_check.media_id;
  select * into media from public.story_media m where m.id = settle_media_check.media_id for update;
  if not found then
    return jsonb_build_object('settled', false, 'media', null);
  end if;
  if media.status <> 'checking' or media.check_id is distinct from settle_media_check.check_id then
    return jsonb_build_object('settled', false, 'media', private.media_to_show(media));
  end if;

  if finding is null or private.object_state('story-uploads', private.media_upload_path(media)) is distinct from media.upload_state then
    update public.story_media m set status = 'uploaded', check_id = null, checked_until = null, upload_state = null
    where m.id = media.id returning * into media;
    return jsonb_build_object('settled', false, 'media', private.media_to_show(media));
  end if;

  if jsonb_array_length(finding -> 'problems') = 0 then
    -- what does not lie there has no state, and is not taken
    insert into private.story_media_files (media_id, name, content_type, bytes, width, height, object_state)
    select media.id, f.name, f.content_type, f.bytes, f.width, f.height,
      private.object_state('story-media', private.media_file_path(media, its_folder, f.name))
    from jsonb_to_recordset(finding -> 'files') as f (name text, content_type text, bytes bigint, width int, height int);
    if not found then
      perform private.refuse('invalid_input', '[{"field": "files", "code": "required"}]');
    end if;
  end if;
  update public.story_media m
  set status = case when finding -> 'problems' = '[]' then 'ready' else 'refused' end::public.story_media_status,
      folder = case when finding -> 'problems' = '[]' then its_folder end,
      problems = array(select jsonb_array_elements_text(finding -> 'problems')),
      content_type = coalesce(finding ->> 'content_type', m.content_type),
      bytes = coalesce(nullif(nullif(split_part(m.upload_state, ' ', 2), '-')::bigint, 0), m.bytes),
      duration_seconds = (finding ->> 'duration_seconds')::numeric,
      width = (finding ->> 'width')::int,
      height = (finding ->> 'height')::int,
      check_id = null, checked_until = null, validated_at = now()
  where m.id = media.id returning * into media;
  return jsonb_build_object('settled', true, 'media', private.media_to_show(media));
end
$$;
comment on function public.settle_media_check is
  'Service key only: what a check found: finding = {problems, content_type, duration_seconds, width, height, files: [{name, content_type, bytes, width, height}]}; files lie in the folder that begin_media_check gave. finding null: given back, nothing was found. {settled, media (as begin_media_check; null when it is gone)}; settled false: given back, another check has begun since, or another file lies there now. 422 invalid_input.';
grant execute on function public.settle_media_check to service_role;


-- Moving: what was withdrawn gets another name, so that addresses signed before are dead. ----------------------------------

create function private.move_of(media public.story_media) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select jsonb_build_object('media_id', media.id, 'files', jsonb_agg(jsonb_build_object(
    'from', private.media_file_path(media, media.folder, f.name), 'to', private.media_file_path(media, media.next_folder, f.name))))
  from private.story_media_files f
  where f.media_id = media.id and media.next_folder is not null
  having count(*) > 0
$$;
comment on function private.move_of is 'What is to be moved of these media: {media_id, files: [{from, to}]}; null for nothing.';

create function public.story_files_to_move(max_items int default 100) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: reads every organization's media
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key moves files.');
  end if;
  return (
    select coalesce(jsonb_agg(private.move_of(m)), '[]')
    from (
      select * from public.story_media m where m.next_folder is not null order by m.updated_at limit max_items
    ) m
  );
end
$$;
comment on function public.story_files_to_move is
  'Service key only, each minute: the media of stories that were withdrawn, the first withdrawn first: [{media_id, files: [{from, to}] (paths in the bucket story-media)}].';
grant execute on function public.story_files_to_move to service_role;

create function public.settle_story_files(media_id uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  media public.story_media;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key moves files.');
  end if;
  select * into media from public.story_media m where m.id = settle_story_files.media_id for update;
  if not found or media.next_folder is null then
    return true;
  end if;
  if exists (
    select from private.story_media_files f
    where f.media_id = media.id and private.object_state('story-media', private.media_file_path(media, media.folder, f.name)) is not null
  ) then
    return false;
  end if;
  update private.story_media_files f
  set object_state = private.object_state('story-media', private.media_file_path(media, media.next_folder, f.name))
  where f.media_id = media.id and private.is_as_made(media, f);
  update public.story_media m set folder = m.next_folder, next_folder = null where m.id = media.id;
  return true;
end
$$;
comment on function public.settle_story_files is
  'Service key only: whether these media lie under their new name now, or are gone. False: something still lies under the old one.';
grant execute on function public.settle_story_files to service_role;


-- Looking ------------------------------------------------------------------------------------------------------------------

create function public.story_media_to_show(media_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: moderators see the media of what was submitted
as $$
declare
  media public.story_media;
begin
  perform private.require_sign_in();
  select * into media from public.story_media m where m.id = story_media_to_show.media_id;
  if not found or not (
    private.role_of(media.organization_id, auth.uid()) is not null
    or (private.is_platform_admin() and exists (select from public.stories s where s.media_id = media.id and s.status <> 'draft'))
  ) then
    perform private.refuse('not_found', 'There are no such media.');
  end if;
  return private.media_to_show(media) || jsonb_build_object('move', private.move_of(media));
end
$$;
comment on function public.story_media_to_show is
  'Members, and platform admins once a story with them was submitted, by the function story_media: {media_id, kind, status, duration_seconds, width, height, problems, files: [{name, path (in the bucket story-media), content_type, bytes, width, height}], move}; move: null, or what is to be moved first (as story_files_to_move). 404 not_found.';
grant execute on function public.story_media_to_show to authenticated;

create function public.story_file(story_id uuid, file text) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: the table is private
as $$
declare
  found_media public.story_media;
  found_file private.story_media_files;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key asks where files lie.');
  end if;
  select m.* into found_media
  from public.stories s join public.story_media m on m.id = s.media_id
  where s.id = story_file.story_id and s.status = 'published' and s.published_at <= now();
  select f.* into found_file
  from private.story_media_files f
  where f.media_id = found_media.id and coalesce(found_media.next_folder, found_media.folder) || '-' || f.name = story_file.file;
  if not found or not private.is_as_made(found_media, found_file) then
    return null;
  end if;
  return jsonb_build_object(
    'path', private.media_file_path(found_media, coalesce(found_media.next_folder, found_media.folder), found_file.name),
    'move', private.move_of(found_media));
end
$$;
comment on function public.story_file is
  'Service key only, by the function story_media: where a file of a published story lies in the bucket story-media, {path, move}; move: null, or what is to be moved first (as story_files_to_move). Null for a story that is not published, a name that it has not, and a file that is not the one that was looked at.';
grant execute on function public.story_file to service_role;


-- sql/60_story_moderation.sql

-- Moderating stories: one moderator reads one story, decides about what they have read, and another one decides about an appeal.

create function private.is_appeal(story public.stories) returns boolean
  language sql immutable set search_path = ''
as $$
  select story.status = 'pending_review' and story.rejection_code is not null
$$;
comment on function private.is_appeal is 'True while the rejection of this story is looked at again: its code stays until that is decided.';

create function public.appeal_story(story_id uuid, message text) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_of_mine(story_id);
  said text := btrim(coalesce(message, ''));
begin
  perform private.require_story_status(story, 'rejected');
  if story.appealed_at is not null then
    perform private.refuse('invalid_transition', 'There was an appeal for this story.', 'Change it, and submit it again.');
  end if;
  if private.visible_length(said) = 0 then
    perform private.refuse('invalid_input', '[{"field": "message", "code": "required"}]', 'Say why the story should be published.');
  end if;
  if char_length(said) > 2000 then
    perform private.refuse('invalid_input', '[{"field": "message", "code": "too_long"}]', 'At most 2000 characters.');
  end if;
  update public.stories s set status = 'pending_review', appealed_at = now()
  where s.id = story.id returning * into story;
  insert into public.story_activity_log (story_id, organization_id, action, actor_kind, actor_id, detail)
  values (story.id, story.organization_id, 'appealed', 'member', auth.uid(), jsonb_build_object('message', said));
  return story;
end
$$;
comment on function public.appeal_story is
  'Editors: once a story, a rejection is looked at again, by another moderator. The story, pending_review. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input (message).';
grant execute on function public.appeal_story to authenticated;

create function public.moderation_queue(after text default null, max_items int default 20) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: looks at authors and at what was decided before
as $$
declare
  page_end private.page_end := private.read_page_end(after, max_items);
  items jsonb;
  next text;
begin
  perform private.require_platform_admin();
  with page as (
    select s.*, row_number() over (order by s.submitted_at, s.id) as place
    from public.stories s
    where s.status = 'pending_review' and (page_end.at is null or (s.submitted_at, s.id) > (page_end.at, page_end.id))
    order by s.submitted_at, s.id
    limit max_items + 1
  )
  select
    coalesce(jsonb_agg(jsonb_build_object(
      'story_id', p.id,
      'organization', o.name,
      'organization_id', o.id,
      'slug', o.slug,
      'story_type', p.story_type,
      'title', p.title,
      'author', a.full_name,
      'waiting_since', p.submitted_at,
      'claimed_by', case when p.claimed_until > now() then p.claimed_by end,
      'claimed_until', case when p.claimed_until > now() then p.claimed_until end,
      'appeal', p.rejection_code is not null,
      'rejections', (select count(*) from public.story_activity_log l where l.story_id = p.id and l.action = 'rejected')
    ) order by p.place) filter (where p.place <= max_items), '[]'),
    max(private.write_page_end(p.submitted_at, p.id)) filter (where p.place = max_items and exists (select from page n where n.place > max_items))
  into items, next
  from page p
  join public.organizations o on o.id = p.organization_id
  left join public.profiles a on a.id = p.created_by;
  return jsonb_build_object('items', items, 'next', next);
end
$$;
comment on function public.moderation_queue is
  'Platform admins: what waits for a decision, the oldest first: {items: [{story_id, organization, organization_id, slug, story_type, title, author, waiting_since, claimed_by, claimed_until, appeal, rejections}], next}. after: what the page before answered as next. 403 not_allowed, 422 invalid_input.';
grant execute on function public.moderation_queue to authenticated;


-- Deciding ---------------------------------------------------------------------------------------------------------------

create function private.story_to_decide(story_id uuid, action text, detail jsonb default '{}') returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: locks for whoever decides
as $$
declare
  caller uuid := private.act_as_platform_admin(
    action, (select s.organization_id from public.stories s where s.id = story_to_decide.story_id), story_id::text, detail);
  story public.stories;
begin
  select * into story from public.stories s where s.id = story_to_decide.story_id;
  if not found then
    perform private.refuse('not_found', 'There is no such story.');
  end if;
  perform private.lock_organization(story.organization_id);
  select * into story from public.stories s where s.id = story_to_decide.story_id for update;
  perform private.require_story_status(story, 'pending_review');
  if story.claimed_by <> caller and story.claimed_until > now() then
    perform private.refuse('claimed_by_another', 'Another moderator is reading this story.', format('It is free again at %s.', story.claimed_until));
  end if;
  if private.is_appeal(story) and story.moderated_by = caller then
    perform private.refuse('not_allowed', 'Another moderator decides about an appeal.', 'Leave it in the queue.');
  end if;
  return story;
end
$$;
comment on function private.story_to_decide is
  'What a moderator''s RPC begins with: the story, locked with its organization. 401, 403 not_allowed (no platform admin; an appeal against one''s own decision), 404 not_found, 409 invalid_transition (not under review), claimed_by_another.';

create function public.claim_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write it
as $$
declare
  story public.stories := private.story_to_decide(story_id, 'claim_story');
begin
  update public.stories s set claimed_by = auth.uid(), claimed_until = now() + interval '10 minutes'
  where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.claim_story is
  'Platform admins: reads this story for the next 10 minutes, so that nobody else does; again: 10 more. The story. 403 not_allowed, 404 not_found, 409 invalid_transition or claimed_by_another.';
grant execute on function public.claim_story to authenticated;

create function public.approve_story(story_id uuid, seen_updated_at timestamptz default null) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_to_decide(story_id, 'approve_story');
begin
  if story.updated_at <> seen_updated_at then
    perform private.refuse('invalid_transition', 'The story was changed after it was read.', 'Read it again.');
  end if;
  update public.stories s set status = 'published', moderated_by = auth.uid(), moderated_at = now()
  where s.id = story.id returning * into story;
  perform private.notify(story.organization_id, 'story_approved', jsonb_build_object('story_id', story.id, 'title', story.title));
  return story;
end
$$;
comment on function public.approve_story is
  'Platform admins: buyers see the story, from now or from its scheduled time. seen_updated_at: the updated_at of what was read. The story. 403 not_allowed, 404 not_found, 409 invalid_transition (another status, or another text than was read) or claimed_by_another, 422 media_not_validated (another file lies in the place of the one that was looked at).';
grant execute on function public.approve_story to authenticated;

create function public.reject_story(story_id uuid, code text, comment text) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_to_decide(story_id, 'reject_story', jsonb_build_object('code', left(code, 20)));
  said text := btrim(coalesce(comment, ''));
  faults jsonb;
begin
  select jsonb_agg(jsonb_build_object('field', field, 'code', fault)) into faults
  from (values
    ('code', case when code is null then 'required' when code <> all (enum_range(null::public.story_rejection_code)::text[]) then 'unknown' end),
    ('comment', case when private.visible_length(said) = 0 then 'required' when char_length(said) > 2000 then 'too_long' end)
  ) as checked (field, fault)
  where fault is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  update public.stories s
  set status = 'rejected', rejection_code = code::public.story_rejection_code, rejection_comment = said, moderated_by = auth.uid(), moderated_at = now()
  where s.id = story.id returning * into story;
  perform private.notify(story.organization_id, 'story_rejected',
    jsonb_build_object('story_id', story.id, 'title', story.title, 'code', code, 'comment', said));
  return story;
end
$$;
comment on function public.reject_story is
  'Platform admins: the story goes back to its authors, with a code (off_topic, advertising, false_claim, low_quality, prohibited, personal_data, other) and a comment on what to mend. The story. 403 not_allowed, 404 not_found, 409 invalid_transition or claimed_by_another, 422 invalid_input.';
grant execute on function public.reject_story to authenticated;


-- sql/60_story_readers.sql

-- Readers of stories: what they find, and how often one was read.

create function public.search_stories(
  query text default null, organization_id uuid default null, story_type public.story_type default null, after text default null, max_items int default 20
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: names the organizations; looks only at what is published
as $$
declare
  page_end private.page_end := private.read_page_end(after, max_items);
  words text := btrim(private.plain_words(left(query, 200)));
  wanted tsquery := websearch_to_tsquery('pg_catalog.russian', words);
  -- «что это» is made of stop words alone: then the letters are looked for
  letters text := case when numnode(wanted) = 0 and words <> '' then '%' || regexp_replace(words, '([\\%_])', '\\\1', 'g') || '%' end;
  items jsonb;
  next text;
begin
  with page as (
    select s.*, o.slug, o.name, row_number() over (order by s.published_at desc, s.id desc) as place
    from public.stories s
    join public.organizations o on o.id = s.organization_id and o.is_published
    where s.status = 'published' and s.published_at <= now()
      and (page_end.at is null or (s.published_at, s.id) < (page_end.at, page_end.id))
      and (search_stories.organization_id is null or s.organization_id = search_stories.organization_id)
      and (search_stories.story_type is null or s.story_type = search_stories.story_type)
      and (coalesce(words, '') = '' or letters is not null or s.search @@ wanted)
      and (letters is null or private.plain_words(s.title) ilike letters or private.plain_words(s.content_text) ilike letters)
    order by s.published_at desc, s.id desc
    limit max_items + 1
  )
  select
    coalesce(jsonb_agg(jsonb_build_object(
      'id', p.id, 'slug', p.slug, 'organization', p.name, 'story_type', p.story_type, 'title', p.title, 'snippet', left(p.content_text, 300),
      'thumbnail_url', p.thumbnail_url, 'published_at', p.published_at
    ) order by p.place) filter (where p.place <= max_items), '[]'),
    max(private.write_page_end(p.published_at, p.id)) filter (where p.place = max_items and exists (select from page n where n.place > max_items))
  into items, next
  from page p;
  return jsonb_build_object('items', items, 'next', next);
end
$$;
comment on function public.search_stories is
  'Public: published stories of published organizations, the newest first, that hold these words in any of their Russian forms («мёд» finds «о меде»): {items: [{id, slug (of the organization), organization, story_type, title, snippet, thumbnail_url, published_at}], next}. after: what the page before answered as next. 422 invalid_input.';
grant execute on function public.search_stories to anon, authenticated, service_role;


-- Views: once a visitor and day. -----------------------------------------------------------------------------------------

create table public.story_views (
  story_id uuid not null references public.stories (id) on delete cascade,
  day date not null,
  visitor bytea not null,
  primary key (story_id, day, visitor)
);
comment on table public.story_views is
  'Who has seen a story on a day (of its organization''s calendar), so that they are counted once. visitor: a digest that is another one each day; rows are kept for two days.';
create index story_views_day_idx on public.story_views (day);
alter table public.story_views enable row level security;
grant select on public.story_views to service_role;
-- no policies: people see the number, stories.view_count
create function private.is_a_reader(headers jsonb) returns boolean
  language sql immutable set search_path = ''
as $$
  -- «CUBOT» is a maker of telephones
  select coalesce(headers ->> 'user-agent', '') !~* '(^|[^u])bot([^a-z]|$)|crawl|spider|slurp|preview|facebookexternalhit|vkshare|whatsapp|lighthouse'
    and coalesce(headers ->> 'sec-purpose', headers ->> 'purpose', headers ->> 'x-moz', '') !~* 'prefetch|prerender|preview'
$$;
comment on function private.is_a_reader is
  'False for what says of itself that it is a bot or a link preview, and for what is fetched ahead. headers as PostgREST gives them: {name: value}.';

create function public.record_story_view(story_id uuid, visitor text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  story public.stories;
  today date;
  headers jsonb := coalesce(nullif(current_setting('request.headers', true), '')::jsonb, '{}');
  is_counted boolean := false;
begin
  select * into story from public.stories s
  where s.id = record_story_view.story_id and s.status = 'published' and s.published_at <= now();
  if not found then
    perform private.refuse('not_found', 'There is no such story.');
  end if;
  if coalesce(visitor, '') = '' or char_length(visitor) > 200 then
    perform private.refuse('invalid_input', '[{"field": "visitor", "code": "invalid"}]', 'A random text that the browser keeps, at most 200 characters.');
  end if;
  if private.role_of(story.organization_id, auth.uid()) is null and private.is_a_reader(headers) then
    select (now() at time zone o.time_zone)::date into today from public.organization_settings o where o.organization_id = story.organization_id;
    insert into public.story_views (story_id, day, visitor)
    values (story.id, today, private.visitor_digest(record_story_view.visitor, today))
    on conflict do nothing;
    is_counted := found;
    if is_counted then
      update public.stories s set view_count = s.view_count + 1 where s.id = story.id;
    end if;
  end if;
  return jsonb_build_object('counted', is_counted);
end
$$;
comment on function public.record_story_view is
  'Public: a published story was shown to this visitor (a random text that the browser keeps). Counted once a visitor and day of the organization''s calendar; not for its own people, bots, previews and prefetches: {counted}. 404 not_found, 422 invalid_input.';
grant execute on function public.record_story_view to anon, authenticated, service_role;


-- sql/61_web_addresses.sql

-- Web addresses: where a printed code may lead, however the address is written, and how it is shown to people.

-- https://www.rfc-editor.org/rfc/rfc3492 (Punycode)
create function private.decode_punycode(coded text) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  decoded text := coalesce(substring(coded from '^(.*)-'), '');
  digits text := substring(coded from '[^-]*$');
  place int := 1;
  point int := 128;
  insert_at bigint := 0;
  bias int := 72;
  before bigint;
  weight bigint;
  step int;
  digit int;
  threshold int;
  delta bigint;
begin
  if digits = '' then
    return null;
  end if;
  while place <= char_length(digits) loop
    before := insert_at;
    weight := 1;
    step := 36;
    loop
      digit := strpos('abcdefghijklmnopqrstuvwxyz0123456789', lower(substr(digits, place, 1))) - 1;
      if place > char_length(digits) or digit < 0 or weight > 1000000000 then
        return null;
      end if;
      place := place + 1;
      insert_at := insert_at + digit * weight;
      threshold := least(greatest(step - bias, 1), 26);
      exit when digit < threshold;
      weight := weight * (36 - threshold);
      step := step + 36;
    end loop;
    delta := (insert_at - before) / case when before = 0 then 700 else 2 end;
    delta := delta + delta / (char_length(decoded) + 1);
    step := 0;
    while delta > 455 loop
      delta := delta / 35;
      step := step + 36;
    end loop;
    bias := step + 36 * delta / (delta + 38);
    if insert_at / (char_length(decoded) + 1) > 1114111 - point then
      return null;
    end if;
    point := point + insert_at / (char_length(decoded) + 1);
    insert_at := insert_at % (char_length(decoded) + 1);
    if point between 55296 and 57343 then
      return null; -- half of a pair, no character
    end if;
    decoded := left(decoded, insert_at::int) || chr(point) || substr(decoded, insert_at::int + 1);
    insert_at := insert_at + 1;
  end loop;
  return decoded;
end
$$;
comment on function private.decode_punycode is 'What stands behind xn-- in a label of a host, in letters; null when it is none.';

create function private.percent_decoded(words text) returns text
  language plpgsql immutable set search_path = ''
as $$
begin
  if strpos(words, '%') = 0 then
    return words;
  end if;
  return (
    select convert_from(string_agg(
      case when piece[1] ~ '^%..$' then decode(substr(piece[1], 2), 'hex') else convert_to(piece[1], 'UTF8') end, ''::bytea order by place), 'UTF8')
    from regexp_matches(words, '%[0-9A-Fa-f]{2}|[^%]+|%', 'g') with ordinality as pieces (piece, place)
  );
exception when character_not_in_repertoire or untranslatable_character then
  return null;
end
$$;
comment on function private.percent_decoded is 'A text whose %XX are read as UTF-8; null when they are none.';

-- Every way to write one host ends here in one: case, percent signs, full-width letters and dots, xn--, dots at the end.
create function private.readable_host(host text) returns text
  language sql immutable set search_path = ''
as $$
  select string_agg(coalesce(
    case when label like 'xn--%' then lower(normalize(private.decode_punycode(substr(label, 5)), nfkc)) end, label), '.' order by place)
  from regexp_split_to_table(
    rtrim(replace(lower(normalize(private.percent_decoded(host), nfkc)), '。', '.'), '.'), '\.') with ordinality as labels (label, place)
$$;
comment on function private.readable_host is 'A host in letters, small, as its owner would write it; null when it is none.';

create function private.path_without_detours(path text) returns text
  language plpgsql immutable set search_path = ''
as $$
declare
  part text;
  parts text[] := '{}';
begin
  foreach part in array string_to_array(lower(coalesce(private.percent_decoded(path), path, '')), '/') loop
    if part = '..' then
      parts := parts[:cardinality(parts) - 1];
    elsif part not in ('', '.') then
      parts := parts || part;
    end if;
  end loop;
  return '/' || array_to_string(parts, '/');
end
$$;
comment on function private.path_without_detours is 'The path that a browser asks for, small letters: %XX read, «.» and «..» followed, slashes single.';

create function private.web_address(url text) returns table (host text, port text, path text)
  language sql immutable set search_path = ''
as $$
  select private.readable_host(parts[1]), case when ltrim(parts[2], '0') in ('80', '443') then '' else coalesce(ltrim(parts[2], '0'), '') end,
    private.path_without_detours(parts[3])
  from (select regexp_match(url, '^https?://([^/?#:@]+)(?::([0-9]*))?([^?#]*)', 'i') as parts) as taken
$$;
comment on function private.web_address is 'A web address taken apart, so that two that lead to one place are equal: host in letters, port when it is not the usual one, path without detours.';


-- Our own addresses: a code that led to one would lead to itself. ---------------------------------------------------------

create table private.own_addresses (
  host text not null,
  port text not null,
  path text not null,
  primary key (host, port, path)
);
comment on table private.own_addresses is 'Where codes are opened: under QR_URL, the functions, the site''s /q. Written from platform_settings.';
alter table private.own_addresses enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.keep_own_addresses() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
begin
  delete from private.own_addresses where true;
  insert into private.own_addresses (host, port, path)
  select distinct a.host, a.port, a.path
  from unnest(array[new.site_url || '/q', new.functions_url, new.qr_url]) as own (url)
  cross join lateral private.web_address(own.url) a
  where a.host is not null;
  return null;
end
$$;
comment on function private.keep_own_addresses is 'Trigger: own_addresses is what the settings say.';

create trigger platform_settings_keep_own_addresses after insert or update on private.platform_settings
  for each row execute function private.keep_own_addresses();

create function private.leads_to_us(url text) returns boolean
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select exists (
    select from private.web_address(url) a
    join private.own_addresses o on o.host = a.host and o.port = a.port
    where o.path in ('/', a.path) or starts_with(a.path, o.path || '/')
  )
$$;
comment on function private.leads_to_us is 'True for an address under one of our own, however it is written.';

-- The usual address is told by its look; whatever is written in another way is taken apart.
create function private.target_url_fault(url text) returns text
  language plpgsql stable security definer set search_path = '' -- definer: the table is private
as $$
declare
  authority text := substring(url from '^[Hh][Tt][Tt][Pp][Ss]?://([^/?#]*)');
  host text;
begin
  if char_length(url) > 2000 then
    return 'too_long';
  end if;
  -- no blanks, nothing a browser would read as something else
  if authority is null or url !~ '^[^\u0001-\u0020"<>\\\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180E\u2000-\u200F\u2028-\u202F\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF9-\uFFFB]+$' then
    return 'invalid_url';
  end if;
  if authority ~ '^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$' and authority !~* '(^|\.)xn--'
    and not exists (select from private.own_addresses o where o.host = lower(authority)) then
    return null;
  end if;
  if strpos(authority, '@') > 0 then
    return 'credentials_in_url';
  end if;
  if authority !~ '^[^:]+(:[0-9]{0,5})?$' then
    return 'invalid_url';
  end if;
  host := private.readable_host(split_part(authority, ':', 1));
  -- letters of any alphabet, digits, hyphens; no label is empty
  if host is null or char_length(host) > 253 or host ~ '[\u0001-\u002C\u002F\u003A-\u0060\u007B-\u00A0\u2000-\u206F\u3000]' or host ~ '(^|\.)(\.|$)' then
    return 'invalid_url';
  end if;
  return case when private.leads_to_us(url) then 'leads_to_itself' end;
end
$$;
comment on function private.target_url_fault is
  'What keeps an address from being where a code leads: too_long (2,000 characters), invalid_url (not http or https, blanks, no host), credentials_in_url (a name or password before @), leads_to_itself (QR_URL, the functions, the site''s /q, however written); null for a good one, and for null.';
grant execute on function private.target_url_fault to authenticated, service_role;

-- A host whose letters mix alphabets within a word is shown as it is asked for: it may look like another's.
create function private.readable_url(url text) returns text
  language sql immutable set search_path = ''
as $$
  select case when parts[2] ~* '(^|\.)xn--' and not private.mixes_scripts(private.readable_host(parts[2]))
    then parts[1] || private.readable_host(parts[2]) || parts[3] else url end
  from (select regexp_match(url, '^(https?://)([^/?#:@]+)(.*)$', 'i') as parts) as taken
$$;
comment on function private.readable_url is 'An address as it is shown to people: xn-- in letters, unless they mix alphabets.';


-- sql/62_qr_codes.sql

-- QR codes: what is printed, and where it leads. A printed code never dies: there is no delete.

create function private.new_qr_code() returns text
  language sql volatile set search_path = ''
as $$
  -- 32 letters without look-alikes (no I, L, O, U); the first is none of the ten digits, so that no spreadsheet takes a code for a number
  select substr(letters, 11 + get_byte(random, 0) % 22, 1)
    || substr(letters, 1 + (get_byte(random, 1) & 31), 1) || substr(letters, 1 + (get_byte(random, 2) & 31), 1)
    || substr(letters, 1 + (get_byte(random, 3) & 31), 1) || substr(letters, 1 + (get_byte(random, 4) & 31), 1)
    || substr(letters, 1 + (get_byte(random, 5) & 31), 1) || substr(letters, 1 + (get_byte(random, 9) & 31), 1)
    || substr(letters, 1 + (get_byte(random, 10) & 31), 1) || substr(letters, 1 + (get_byte(random, 11) & 31), 1)
    || substr(letters, 1 + (get_byte(random, 12) & 31), 1)
  from (select '0123456789ABCDEFGHJKMNPQRSTVWXYZ' as letters, uuid_send(gen_random_uuid()) as random) as drawn
$$;
comment on function private.new_qr_code is 'Ten random characters of 0-9A-Z without I, L, O and U, the first a letter: 7 * 10^14 of them.';

-- What most codes look like, so that a batch of ten thousand need not ask.
create function private.plain_qr_style() returns jsonb
  language sql immutable set search_path = ''
as $$
  select '{"foreground": "#000000", "background": "#ffffff", "error_correction": "M", "module_shape": "square", "quiet_zone": 4, "logo_path": null, "logo_scale": 0.25, "frame_text": null, "frame_language": null}'::jsonb
$$;
comment on function private.plain_qr_style is 'The style of which nothing is chosen: complete_qr_style of nothing.';
grant execute on function private.plain_qr_style to authenticated, service_role;

create function private.tags_fault(tags text[]) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when cardinality(tags) > 20 then 'too_many'
    when array_to_string(tags, '', chr(1)) ~ '[\u0001-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2066-\u2069\uFEFF]' or '' = any (tags) then 'invalid'
    when array_to_string(tags, chr(10)) !~ '^([^\n]{1,40}(\n|$))*$' then 'too_long'
  end
$$;
comment on function private.tags_fault is 'What keeps these from being the tags of a code: too_many (over 20), too_long (over 40 characters), invalid; null for good ones.';
-- A check constraint runs as whoever writes the row.
grant execute on function private.tags_fault to authenticated, service_role;

create function private.clean_tags(tags text[]) returns text[]
  language sql immutable set search_path = ''
as $$
  select coalesce(array_agg(tag order by place), '{}')
  from (
    select private.clean_name(given) as tag, min(place) as place from unnest(tags) with ordinality as g (given, place)
    group by 1
  ) as cleaned
  where tag <> ''
$$;
comment on function private.clean_tags is 'Tags in one form: trimmed, none twice, no empty ones.';


-- Batches: what was made in one go. ---------------------------------------------------------------------------------------

create table public.qr_batches (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  codes int not null,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  constraint a_batch_has_codes check (codes > 0)
);
comment on table public.qr_batches is 'Codes that were made in one go (create_qr_codes, qr_import): how many, when and by whom.';
create index qr_batches_organization_id_idx on public.qr_batches (organization_id, created_at desc);
create index qr_batches_created_by_idx on public.qr_batches (created_by);

alter table public.qr_batches enable row level security;
grant select on public.qr_batches to authenticated, service_role;
create policy "members see their organization's batches" on public.qr_batches
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert, update, delete are not granted: create_qr_codes makes a batch with its codes


-- What a list is sorted by: ё = е, and a number by what it counts, so that «Партия 2» comes before «Партия 10». Not by a collation of a
-- language: not every Postgres has one.
create function private.sort_key(name text) returns text
  language sql immutable set search_path = ''
as $$
  select regexp_replace(regexp_replace(replace(lower(name), 'ё', 'е'), '(\d+)', '000000000\1', 'g'), '\d*(\d{10})', '\1', 'g')
$$;
comment on function private.sort_key is 'A name as lists are sorted by it, byte by byte: in lower case, ё as е, numbers with ten digits.';
grant execute on function private.sort_key to authenticated; -- whoever writes a code writes its index


-- Codes -------------------------------------------------------------------------------------------------------------------

create table public.qr_codes (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  code text not null default private.new_qr_code(),
  title text not null default '',
  tags text[] not null default '{}',
  target_kind text not null default 'organization_page',
  target_url text,
  story_id uuid references public.stories (id) on delete set null,
  style jsonb not null default private.plain_qr_style(),
  is_active boolean not null default true,
  batch_id uuid references public.qr_batches (id) on delete restrict,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint style_is_whole_and_can_be_read check (
    style = private.plain_qr_style() or (style = private.complete_qr_style(style) and private.qr_style_problems(style, organization_id) = '[]')),
  constraint code_is_ten_characters check (code ~ '^[A-Za-z0-9]{10}$'),
  constraint title_fits check (char_length(title) <= 120),
  constraint title_is_one_line check (private.is_one_line(title)),
  constraint tags_are_short check (private.tags_fault(tags) is null),
  constraint target_kind_is_known check (target_kind in ('organization_page', 'url', 'story')),
  constraint a_url_target_has_an_address check ((target_kind = 'url') = (target_url is not null)),
  constraint only_a_story_target_has_a_story check (target_kind = 'story' or story_id is null)
);
comment on table public.qr_codes is 'A printed code and where it leads. A printed code never dies: there is no delete, and no code is given twice.';
comment on column public.qr_codes.code is 'Made by the database, read in either case. Whoever moves here with codes printed elsewhere keeps them.';
comment on column public.qr_codes.story_id is 'The story it leads to. Null under target_kind story: the story is gone.';
create unique index qr_codes_code_key on public.qr_codes (upper(code));
create index qr_codes_organization_id_idx on public.qr_codes (organization_id, created_at desc, id desc);
create index qr_codes_name_idx on public.qr_codes (organization_id, (private.sort_key(coalesce(nullif(title, ''), code)) collate "C"), id);
create index qr_codes_story_id_idx on public.qr_codes (story_id) where story_id is not null;
create index qr_codes_batch_id_idx on public.qr_codes (batch_id) where batch_id is not null;
create index qr_codes_created_by_idx on public.qr_codes (created_by);
create index qr_codes_logo_idx on public.qr_codes ((style ->> 'logo_path')) where style ->> 'logo_path' is not null;

create trigger qr_codes_touch_updated_at before update on public.qr_codes
  for each row execute function private.touch_updated_at();

-- Other programs write rows with the design's columns alone, and null for what they do not know.
create function private.complete_qr_code() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the helpers
as $$
begin
  new.code := coalesce(new.code, private.new_qr_code());
  new.title := coalesce(new.title, '');
  new.tags := private.clean_tags(new.tags);
  new.target_kind := coalesce(new.target_kind, case when new.target_url is not null then 'url' when new.story_id is not null then 'story' else 'organization_page' end);
  new.is_active := coalesce(new.is_active, true);
  return new;
end
$$;
comment on function private.complete_qr_code is 'Trigger: what was left empty is filled in; tags are kept in one form.';

create trigger qr_codes_complete before insert on public.qr_codes
  for each row when (
    new.code is null or new.title is null or new.tags is distinct from '{}' or new.target_kind is null or new.is_active is null
  ) execute function private.complete_qr_code();
create trigger qr_codes_complete_tags before update of tags on public.qr_codes
  for each row when (new.tags is distinct from old.tags) execute function private.complete_qr_code();

-- The plain style need not be looked at: a batch of ten thousand has mostly that.
create trigger qr_codes_keep_style before insert on public.qr_codes
  for each row when (new.style is distinct from private.plain_qr_style()) execute function private.keep_qr_style();
create trigger qr_codes_keep_style_when_changed before update of style on public.qr_codes
  for each row when (new.style is distinct from old.style) execute function private.keep_qr_style();


-- Where a code leads ------------------------------------------------------------------------------------------------------

create function private.qr_target_fault(organization_id uuid, target_kind text, target_url text, story_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: stories that are not published are looked for too
as $$
declare
  fault text;
begin
  if target_kind is null or target_kind not in ('organization_page', 'url', 'story') then
    return jsonb_build_object('field', 'target_kind', 'code', case when target_kind is null then 'required' else 'invalid' end);
  end if;
  fault := case
    when target_kind <> 'url' and target_url is not null then 'not_asked_for'
    when target_kind = 'url' and target_url is null then 'required'
    when target_kind = 'url' then private.target_url_fault(target_url)
  end;
  if fault is not null then
    return jsonb_build_object('field', 'target_url', 'code', fault);
  end if;
  fault := case
    when target_kind <> 'story' and story_id is not null then 'not_asked_for'
    when target_kind <> 'story' then null
    when story_id is null then 'required'
    when not exists (
      select from public.stories s where s.id = qr_target_fault.story_id and s.organization_id = qr_target_fault.organization_id) then 'unknown'
  end;
  return case when fault is not null then jsonb_build_object('field', 'story_id', 'code', fault) end;
end
$$;
comment on function private.qr_target_fault is
  'What keeps this from being where a code of the organization leads, {field, code}: target_url as private.target_url_fault says, a story of another organization is unknown; null for a good one.';

create function private.keep_qr_target() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the helpers
as $$
declare
  fault jsonb;
begin
  if tg_op = 'UPDATE' then
    -- Whoever changes the kind need not empty what the other kind had.
    if new.target_kind <> 'url' and new.target_url = old.target_url then
      new.target_url := null;
    end if;
    if new.target_kind <> 'story' and new.story_id = old.story_id then
      new.story_id := null;
    end if;
    if new.target_kind = 'story' and old.target_kind = 'story' and new.story_id is null
      and not exists (select from public.stories s where s.id = old.story_id) then
      return new; -- the story is gone, and the code says so
    end if;
  end if;
  fault := private.qr_target_fault(new.organization_id, new.target_kind, new.target_url, new.story_id);
  if fault is not null then
    perform private.refuse('invalid_input', jsonb_build_array(fault)::text, 'A code leads to a web address outside, to a story of the organization, or to its page.');
  end if;
  return new;
end
$$;
comment on function private.keep_qr_target is 'Trigger: a code leads to where private.qr_target_fault finds nothing wrong; else 422 invalid_input.';

-- after qr_codes_complete, by its name
create trigger qr_codes_keep_target before insert on public.qr_codes
  for each row when (new.target_kind <> 'organization_page' or new.target_url is not null or new.story_id is not null)
  execute function private.keep_qr_target();
create trigger qr_codes_keep_target_when_changed before update of target_kind, target_url, story_id on public.qr_codes
  for each row when ((old.target_kind, old.target_url, old.story_id) is distinct from (new.target_kind, new.target_url, new.story_id))
  execute function private.keep_qr_target();

create table public.qr_target_changes (
  id uuid primary key default private.new_id(),
  qr_code_id uuid not null references public.qr_codes (id) on delete restrict,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  from_kind text not null,
  from_url text,
  from_story_id uuid,
  to_kind text not null,
  to_url text,
  to_story_id uuid,
  changed_by uuid references public.profiles (id) on delete set null,
  changed_at timestamptz not null default now()
);
comment on table public.qr_target_changes is 'Where a code led before, and since when it leads elsewhere: it was printed, and stays the same.';
create index qr_target_changes_qr_code_id_idx on public.qr_target_changes (qr_code_id, changed_at desc);
create index qr_target_changes_organization_id_idx on public.qr_target_changes (organization_id);
create index qr_target_changes_changed_by_idx on public.qr_target_changes (changed_by);

alter table public.qr_target_changes enable row level security;
grant select on public.qr_target_changes to authenticated, service_role;
create policy "members see where their codes led" on public.qr_target_changes
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert, update, delete are not granted: the trigger below writes history

create function private.note_qr_target_change() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  insert into public.qr_target_changes (qr_code_id, organization_id, from_kind, from_url, from_story_id, to_kind, to_url, to_story_id, changed_by)
  values (new.id, new.organization_id, old.target_kind, old.target_url, old.story_id, new.target_kind, new.target_url, new.story_id,
    (select p.id from public.profiles p where p.id = auth.uid()));
  return null;
end
$$;
comment on function private.note_qr_target_change is 'Trigger: keeps where the code led before.';

create trigger qr_codes_note_target_change after update of target_kind, target_url, story_id on public.qr_codes
  for each row when ((old.target_kind, old.target_url, old.story_id) is distinct from (new.target_kind, new.target_url, new.story_id))
  execute function private.note_qr_target_change();


-- How many ----------------------------------------------------------------------------------------------------------------

-- Counted when rows are added and never else: what is printed is not touched by a smaller plan.
create function private.keep_room_for_qr_codes() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: counts all codes, and locks
as $$
declare
  made record;
begin
  for made in select n.organization_id, count(*) as number from new_rows n group by 1 order by 1 loop
    perform private.lock_organization(made.organization_id); -- whoever adds at the same time waits, and is counted after
    perform private.require_room(made.organization_id, 'qr_codes',
      (select count(*) from public.qr_codes q where q.organization_id = made.organization_id) - made.number, made.number);
  end loop;
  return null;
end
$$;
comment on function private.keep_room_for_qr_codes is 'Trigger: new codes have room in the organization''s plan; else 402 plan_limit_reached.';

create trigger qr_codes_keep_room after insert on public.qr_codes
  referencing new table as new_rows for each statement execute function private.keep_room_for_qr_codes();


-- Rights ------------------------------------------------------------------------------------------------------------------

alter table public.qr_codes enable row level security;
grant select on public.qr_codes to authenticated, service_role;
create policy "members see their organization's codes" on public.qr_codes
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));

grant update (title, tags, target_kind, target_url, story_id, style, is_active) on public.qr_codes to authenticated;
create policy "editors change their organization's codes" on public.qr_codes
  for update to authenticated
  using (organization_id = any (array(select private.organization_ids_where('editor'))))
  with check (organization_id = any (array(select private.organization_ids_where('editor'))));
-- insert is not granted: create_qr_codes makes codes
-- delete is not granted: a printed code never dies


-- sql/62_support.sql

-- Support: anybody writes to us, a platform admin answers, and the answer goes out by e-mail.


-- Messages: one is a ticket. ----------------------------------------------------------------------------------------------

create table public.support_messages (
  id uuid primary key default private.new_id(),
  number bigint not null generated always as identity,
  subject text not null,
  message text not null,
  email text,
  author_id uuid references public.profiles (id) on delete cascade,
  organization_id uuid references public.organizations (id) on delete set null,
  answered_at timestamptz,
  created_at timestamptz not null default now(),
  constraint support_messages_number_key unique (number),
  constraint subject_fits check (char_length(subject) between 1 and 120 and private.is_one_line(subject)),
  constraint message_fits check (char_length(message) between 1 and 4000),
  constraint email_is_an_address check (private.is_email(email) and email = private.canonical_email(email)),
  constraint only_what_was_answered_has_no_address check (email is not null or answered_at is not null)
);
comment on table public.support_messages is
  'What people and visitors wrote to us; each is a ticket, and number is what is said of it in words. It goes with the person who wrote it.';
comment on column public.support_messages.email is
  'A visitor''s as they typed it, so nobody has shown that it is theirs; a person''s confirmed one as it was then. Forgotten 30 days after the answer.';
comment on column public.support_messages.organization_id is 'What it is about: an organization of the author''s, or one with a public page.';
comment on column public.support_messages.answered_at is 'When it was answered last; null: it is open.';
create index support_messages_open_idx on public.support_messages (created_at, id) where answered_at is null;
create index support_messages_answered_idx on public.support_messages (answered_at desc, id desc) where answered_at is not null;
create index support_messages_email_idx on public.support_messages (email) where email is not null;
create index support_messages_author_id_idx on public.support_messages (author_id, created_at desc);
create index support_messages_organization_id_idx on public.support_messages (organization_id);

-- As a set of ids, so that a person's own are found by an index.
create function private.own_ticket_ids() returns setof uuid
  language sql stable security definer set search_path = '' -- definer: the policy on the table itself asks it
as $$
  select id from public.support_messages where author_id = (select auth.uid())
$$;
comment on function private.own_ticket_ids is 'Support messages that the caller wrote.';
grant execute on function private.own_ticket_ids to authenticated;

alter table public.support_messages enable row level security;
grant select on public.support_messages to authenticated, service_role;
create policy "people read what they wrote, platform admins all" on public.support_messages
  for select to authenticated
  using (
    id = any (array(select private.own_ticket_ids()))
    or ((select private.is_platform_admin()) and id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: the RPCs below are the only way


-- Answers: all are kept. --------------------------------------------------------------------------------------------------

create table public.support_answers (
  id uuid primary key default private.new_id(),
  ticket_id uuid not null references public.support_messages (id) on delete cascade,
  message text not null,
  answered_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  constraint message_fits check (char_length(message) between 1 and 4000)
);
comment on table public.support_answers is 'What we answered to a support message, each as it went out by e-mail.';
create index support_answers_ticket_id_idx on public.support_answers (ticket_id, created_at);
create index support_answers_answered_by_idx on public.support_answers (answered_by);

alter table public.support_answers enable row level security;
grant select on public.support_answers to authenticated, service_role;
create policy "whoever reads the message reads its answers" on public.support_answers
  for select to authenticated
  using (
    ticket_id = any (array(select private.own_ticket_ids()))
    or ((select private.is_platform_admin()) and ticket_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: answer_support_message is the only way


-- Writing to us, and answering --------------------------------------------------------------------------------------------

create function public.send_support_message(subject text, message text, email text default null, organization_id uuid default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: visitors write too, and nobody may insert
as $$
declare
  caller uuid := auth.uid();
  faults jsonb;
  ticket public.support_messages;
begin
  subject := btrim(coalesce(subject, ''));
  message := btrim(coalesce(message, ''));
  if caller is null then
    email := btrim(coalesce(email, ''));
  else
    perform private.require_confirmed_email(); -- the answer goes there, whatever was typed
    email := coalesce(private.email_of(caller), '');
  end if;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('subject', case when private.visible_length(subject) = 0 then 'required' when char_length(subject) > 120 then 'too_long'
                     when not private.is_one_line(subject) then 'invalid' end),
    ('message', case when private.visible_length(message) = 0 then 'required' when char_length(message) > 4000 then 'too_long' end),
    ('email', case when email = '' then 'required' else private.email_fault(email) end),
    ('organization_id', case when organization_id is not null and not exists (
                          select from public.organizations o
                          where o.id = send_support_message.organization_id
                            and (o.first_level_at is not null or private.role_of(o.id, caller) is not null)
                        ) then 'unknown' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  email := private.canonical_email(email);
  if caller is null then
    perform private.count_a_day_or_refuse('support-from:' || encode(sha256(convert_to(email, 'UTF8')), 'hex'), 5, '1 hour');
    perform private.count_a_day_or_refuse('support-visitors', 100, '1 hour'); -- people who signed in come through all the same
  else
    perform private.count_a_day_or_refuse('support:' || caller, 5, '1 hour');
  end if;
  insert into public.support_messages (subject, message, email, author_id, organization_id)
  values (subject, message, email, caller, organization_id)
  returning * into ticket;
  return jsonb_build_object('ticket_id', ticket.id, 'number', ticket.number);
end
$$;
comment on function public.send_support_message is
  'Public: a message to those who run the platform. Visitors give an e-mail address; people are answered at their confirmed one. organization_id: what it is about, one of the caller''s or one with a public page. Nothing is sent until somebody answers. Answers {ticket_id, number}. 403 email_not_confirmed, 422 invalid_input, 429 too_many_requests beyond 5 an hour by one person or from one address, 100 by all visitors.';
grant execute on function public.send_support_message to anon, authenticated;

create function public.answer_support_message(ticket_id uuid, message text) returns public.support_answers
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'answer_support_message', (select m.organization_id from public.support_messages m where m.id = ticket_id), ticket_id::text,
    jsonb_build_object('number', (select m.number from public.support_messages m where m.id = ticket_id)));
  ticket public.support_messages;
  answer public.support_answers;
  told jsonb;
begin
  message := btrim(coalesce(message, ''));
  if private.visible_length(message) = 0 or char_length(message) > 4000 then
    perform private.refuse('invalid_input', jsonb_build_array(jsonb_build_object(
      'field', 'message', 'code', case when private.visible_length(message) = 0 then 'required' else 'too_long' end))::text);
  end if;
  select * into ticket from public.support_messages m where m.id = answer_support_message.ticket_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such message.');
  end if;
  if ticket.email is null and ticket.author_id is null then
    perform private.refuse('invalid_transition', 'It was answered long ago, and the address is forgotten.');
  end if;

  insert into public.support_answers (ticket_id, message, answered_by) values (ticket.id, message, caller) returning * into answer;
  update public.support_messages m set answered_at = now() where m.id = ticket.id;
  -- Our words and the number only: what a visitor wrote is not carried to an address that nobody has shown to be theirs.
  told := jsonb_build_object('number', ticket.number, 'answer', answer.message);
  if ticket.author_id is not null then
    insert into public.notifications (user_id, kind, data, is_to_be_mailed) values (ticket.author_id, 'support_answered', told, true);
  else
    insert into public.email_outbox (kind, to_address, locale, data, next_attempt_at)
    values ('support_answered', ticket.email, case when ticket.message ~* '[а-яё]' then 'ru' else 'en' end, told, now());
  end if;
  return answer;
end
$$;
comment on function public.answer_support_message is
  'Platform admins: answers a message, again if need be; the answer goes out by e-mail, to people in the app as well. 403 not_allowed, 404 not_found, 409 invalid_transition (the address is forgotten), 422 invalid_input.';
grant execute on function public.answer_support_message to authenticated;

create function private.forget_support_addresses(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.support_messages m set email = null where m.answered_at < as_of - interval '30 days' and m.email is not null
$$;
comment on function private.forget_support_addresses is 'Where an answer went is forgotten 30 days after it.';


-- sql/63_qr_making.sql

-- Making codes: one or ten thousand, all or none. Ten thousand take two to three seconds, on a busy machine more than the eight that a person's
-- statement may: PostgREST gives an RPC the time that its function says (https://docs.postgrest.org/en/stable/references/transactions.html).

-- Scheme in small letters, so that every camera sees a link; the host in capitals, so that the symbol stays small. The path is printed as
-- QR_URL has it: whoever writes it in capitals says that this host takes it so.
create function private.qr_url(code text) returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select lower(parts[1]) || upper(parts[2]) || parts[3] || '/' || upper(code)
  from private.platform_settings s
  cross join lateral regexp_match(coalesce(s.qr_url, s.functions_url || '/q', s.site_url || '/q'), '^(https?://)([^/]+)(.*)$', 'i') as parts
$$;
comment on function private.qr_url is 'What is printed for a code: QR_URL (without one <functions>/q, or the site''s /q) and the code.';

-- One statement over all rows: ten thousand are looked at in a fraction of a second.
create function private.qr_item_faults(organization_id uuid, items jsonb) returns jsonb
  language sql stable security definer set search_path = '' -- definer: stories that are not published are looked for too
as $$
  with given as materialized (
    select row, item, jsonb_typeof(item) = 'object' as is_object, private.clean_name(item ->> 'title') as title
    from jsonb_array_elements(items) with ordinality as g (item, row)
  ), fault (row, place, field, code) as (
    select g.row, 1, 'item', 'invalid' from given g where not g.is_object
    union all
    select g.row, 2, key, 'unknown_field'
    from given g
    cross join lateral jsonb_object_keys(case when g.is_object
      then g.item - array['title', 'target_kind', 'target_url', 'story_id', 'style', 'tags'] else '{}' end) as key
    union all
    select g.row, 3, 'title', case
      when g.title is null or private.visible_length(left(g.title, 120)) = 0 then 'required'
      when char_length(g.title) > 120 then 'too_long'
      when not private.is_one_line(g.title) or jsonb_typeof(g.item -> 'title') <> 'string' then 'invalid'
    end from given g where g.is_object
    union all
    select g.row, 4, f.fault ->> 'field', f.fault ->> 'code'
    from given g
    cross join lateral (
      select case
        when g.item ->> 'story_id' is not null and private.uuid_or_null(g.item ->> 'story_id') is null then '{"field": "story_id", "code": "invalid"}'
        else private.qr_target_fault(organization_id, g.item ->> 'target_kind', g.item ->> 'target_url', private.uuid_or_null(g.item ->> 'story_id'))
      end as fault
    ) as f
    where g.is_object
    union all
    select g.row, 5, f.fault ->> 'field', f.fault ->> 'code'
    from given g
    cross join lateral jsonb_array_elements(private.qr_style_problems(g.item -> 'style', organization_id)) as f (fault)
    where g.is_object and g.item ->> 'style' is not null
    union all
    select g.row, 6, 'tags', case
      when jsonb_typeof(g.item -> 'tags') <> 'array' or jsonb_path_exists(g.item -> 'tags', 'strict $[*] ? (@.type() != "string")') then 'invalid'
      else private.tags_fault(private.clean_tags(array(select jsonb_array_elements_text(g.item -> 'tags'))))
    end from given g where g.is_object and g.item ->> 'tags' is not null
  )
  select coalesce(jsonb_agg(jsonb_build_object('row', f.row, 'field', f.field, 'code', f.code) order by f.row, f.place), '[]')
  from fault f where f.code is not null
$$;
comment on function private.qr_item_faults is 'What keeps these from becoming codes of the organization, [{row (from 1), field, code}]; [] when all can.';

create function private.require_qr_items(organization_id uuid, items jsonb) returns void
  language plpgsql stable security definer set search_path = '' -- definer: stories that are not published are looked for too
as $$
declare
  faults jsonb;
begin
  if private.is_being_deleted(organization_id) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;
  faults := case
    when items is null or jsonb_typeof(items) <> 'array' or items = '[]' then '[{"field": "items", "code": "required"}]'
    when jsonb_array_length(items) > 10000 then '[{"field": "items", "code": "too_many"}]'
    else private.qr_item_faults(organization_id, items)
  end;
  if faults <> '[]' then
    perform private.refuse('invalid_input', faults::text, 'Nothing was made. Correct the rows named in detail.');
  end if;
end
$$;
comment on function private.require_qr_items is '409 invalid_transition for an organization that is being deleted, 422 invalid_input unless all of these can become its codes.';

create function public.check_qr_codes(organization_id uuid, items jsonb) returns int
  language plpgsql stable security definer set search_path = '' set statement_timeout = '60s' -- definer: counts all codes
as $$
begin
  perform private.require_role(organization_id, 'editor');
  perform private.require_qr_items(organization_id, items);
  perform private.require_room(organization_id, 'qr_codes',
    (select count(*) from public.qr_codes q where q.organization_id = check_qr_codes.organization_id), jsonb_array_length(items));
  return jsonb_array_length(items);
end
$$;
comment on function public.check_qr_codes is
  'Editors and above: whether create_qr_codes would make these codes now; how many. Makes nothing, and refuses as create_qr_codes does.';
grant execute on function public.check_qr_codes to authenticated;

create function public.create_qr_codes(organization_id uuid, items jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' set statement_timeout = '60s' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'editor');
  printed text := private.qr_url('');
  batch uuid;
  made jsonb;
begin
  perform private.require_qr_items(organization_id, items);
  insert into public.qr_batches (organization_id, codes, created_by)
  values (organization_id, jsonb_array_length(items), caller)
  returning id into batch;
  with given as materialized (
    select row, item, private.new_id() as id from jsonb_array_elements(items) with ordinality as g (item, row)
  ), written as (
    insert into public.qr_codes as q (id, organization_id, title, tags, target_kind, target_url, story_id, style, batch_id, created_by)
    select g.id, create_qr_codes.organization_id, private.clean_name(g.item ->> 'title'),
      case when g.item ->> 'tags' is null then '{}' else array(select jsonb_array_elements_text(g.item -> 'tags')) end,
      g.item ->> 'target_kind', g.item ->> 'target_url', (g.item ->> 'story_id')::uuid,
      case when g.item ->> 'style' is null then private.plain_qr_style() else g.item -> 'style' end, batch, caller
    from given g
    order by g.row
    returning q.*
  )
  select jsonb_agg(jsonb_build_object(
    'id', w.id, 'code', w.code, 'url', printed || w.code, 'title', w.title, 'target_kind', w.target_kind, 'target_url', w.target_url,
    'story_id', w.story_id, 'style', w.style, 'batch_id', w.batch_id, 'is_active', w.is_active) order by g.row) into made
  from given g join written w on w.id = g.id;
  return made;
end
$$;
comment on function public.create_qr_codes is
  'Editors and above: makes 1 to 10,000 codes, all or none, as one batch. items: [{title, target_kind, target_url?, story_id?, style?, tags?}]; answers in their order [{id, code, url, title, target_kind, target_url, story_id, style, batch_id, is_active}]. 402 plan_limit_reached, 403 not_allowed, 404 not_found, 409 invalid_transition (the organization is being deleted), 422 invalid_input with [{row (from 1), field, code}].';
grant execute on function public.create_qr_codes to authenticated;


-- Not by whoever reads the tags and writes them back: two people at it would take each other's away.
create function public.tag_qr_codes(organization_id uuid, ids uuid[], add text[] default '{}', remove text[] default '{}') returns int
  language plpgsql volatile security definer set search_path = '' -- definer: the helpers are private
as $$
declare
  given text[] := private.clean_tags(coalesce(add, '{}'));
  taken text[] := private.clean_tags(coalesce(remove, '{}'));
  fault text;
  tagged int;
begin
  perform private.act_in_organization(organization_id, 'editor');
  select private.tags_fault(t.tags) into fault
  from (
    select given as tags
    union all
    select private.clean_tags(array(select tag from unnest(q.tags) as tag where tag <> all (taken)) || given)
    from public.qr_codes q where q.organization_id = tag_qr_codes.organization_id and q.id = any (ids)
  ) as t
  where private.tags_fault(t.tags) is not null
  limit 1;
  if fault is not null then
    perform private.refuse('invalid_input', jsonb_build_array(jsonb_build_object('field', 'tags', 'code', fault))::text, 'A code has at most 20 tags of 40 characters.');
  end if;
  update public.qr_codes q
  set tags = array(select tag from unnest(q.tags) as tag where tag <> all (taken)) || given
  where q.organization_id = tag_qr_codes.organization_id and q.id = any (ids) and (not q.tags @> given or q.tags && taken);
  get diagnostics tagged = row_count;
  return tagged;
end
$$;
comment on function public.tag_qr_codes is
  'Editors and above: gives these codes the tags `add` and takes `remove` away, all or none; how many are changed by it. Ids that are not the organization''s are passed over. 403 not_allowed, 404 not_found, 422 invalid_input with [{field: tags, code: too_many|too_long|invalid}].';
grant execute on function public.tag_qr_codes to authenticated;


-- sql/63_qr_pictures.sql

-- Drawing codes: what the functions qr_image and qr_check ask.

create function public.qr_to_draw(code text) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: codes of every organization are drawn
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key draws codes.');
  end if;
  return (
    select jsonb_build_object('code', q.code, 'url', private.qr_url(q.code), 'style', q.style)
    from public.qr_codes q where upper(q.code) = upper(qr_to_draw.code)
  );
end
$$;
comment on function public.qr_to_draw is
  'Service key only: {code, url (what is printed), style} of a code, written in either case; null when there is none.';
grant execute on function public.qr_to_draw to service_role;

-- As long as any: a style is looked at before there is a code.
create function private.sample_qr_url() returns text
  language sql stable set search_path = ''
as $$
  select private.qr_url('SAMPLE0000')
$$;
comment on function private.sample_qr_url is 'The address of a code that nobody has, to try a style on.';

create function public.preview_qr_style(organization_id uuid, style jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: counts, and knows what is printed
as $$
declare
  caller uuid := private.require_role(organization_id, 'viewer');
  problems jsonb := private.qr_style_problems(style, organization_id);
begin
  perform private.count_or_refuse('qr_preview:' || caller, 300);
  if problems <> '[]' then
    perform private.refuse('invalid_input', problems::text, 'Phones could not read such a code, or it could not be drawn.');
  end if;
  return jsonb_build_object('url', private.sample_qr_url(), 'style', private.complete_qr_style(style));
end
$$;
comment on function public.preview_qr_style is
  'Members: {url, style} to draw a code of this style that nobody has saved; the style is whole: {foreground, background, error_correction, module_shape, quiet_zone, logo_path, logo_scale, frame_text, frame_language}. 403 not_allowed, 404 not_found, 422 invalid_input as private.qr_style_problems says, 429 too_many_requests beyond 300 a minute.';
grant execute on function public.preview_qr_style to authenticated;

create function public.check_qr_style(style jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: counts, and knows what is printed
as $$
declare
  caller uuid := private.require_sign_in();
  folder uuid := private.uuid_or_null(split_part(style ->> 'logo_path', '/', 1));
  whole jsonb := private.complete_qr_style(style);
  problems jsonb;
begin
  if not exists (select from public.organization_members m where m.user_id = caller) then
    perform private.refuse('not_allowed', 'This is for members of an organization.', 'Create an organization first.');
  end if;
  perform private.count_or_refuse('qr_check:' || caller, 120);
  -- A logo of an organization that the caller is in, or of none: no id of an organization is all zeros.
  problems := private.qr_style_problems(style, coalesce(
    (select m.organization_id from public.organization_members m where m.user_id = caller and m.organization_id = folder),
    '00000000-0000-0000-0000-000000000000'));
  return jsonb_build_object(
    'url', private.sample_qr_url(),
    -- A code that is hard to read can be drawn, to see how hard.
    'style', case when not exists (
      select from jsonb_array_elements(problems) as problem
      where problem ->> 'code' not in ('contrast_too_low', 'light_on_dark', 'logo_needs_h')) then whole end,
    'contrast', case when whole ->> 'foreground' ~ '^#[0-9a-f]{6}$' and whole ->> 'background' ~ '^#[0-9a-f]{6}$'
      then trunc(private.contrast(whole ->> 'foreground', whole ->> 'background')::numeric, 2) end,
    'dark_on_light', case when whole ->> 'foreground' ~ '^#[0-9a-f]{6}$' and whole ->> 'background' ~ '^#[0-9a-f]{6}$'
      then private.luminance(whole ->> 'foreground') < private.luminance(whole ->> 'background') end,
    'problems', (select coalesce(jsonb_agg(distinct problem ->> 'code'), '[]') from jsonb_array_elements(problems) as problem));
end
$$;
comment on function public.check_qr_style is
  'Members of any organization: {url, style, contrast, dark_on_light, problems: [code]} of a style that nobody has saved; contrast is cut off behind two digits, and null where a colour is none; style is whole, and null where it cannot be drawn. 403 not_allowed, 429 too_many_requests beyond 120 a minute.';
grant execute on function public.check_qr_style to authenticated;

create function public.qr_to_export(
  organization_id uuid, ids uuid[] default null, batch_id uuid default null, tag text default null, after text default null, max_items int default 10000)
  returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: callers have no right to the helpers
as $$
declare
  printed text := private.qr_url('');
  beyond record;
  found jsonb;
begin
  perform private.require_role(organization_id, 'viewer');
  if num_nonnulls(ids, batch_id, tag) <> 1 then
    perform private.refuse('invalid_input', '[{"field": "ids", "code": "required"}]', 'Name ids, a batch or a tag: one of them.');
  end if;
  select q.created_at, q.id into beyond from public.qr_codes q where upper(q.code) = upper(after) and q.organization_id = qr_to_export.organization_id;
  select jsonb_agg(jsonb_build_object(
    'code', q.code, 'url', printed || upper(q.code), 'title', q.title, 'target', coalesce(q.target_url, q.story_id::text, ''), 'style', q.style)
    order by q.created_at, q.id) into found
  from (
    select q.* from public.qr_codes q
    where q.organization_id = qr_to_export.organization_id
      and (q.id = any (qr_to_export.ids) or q.batch_id = qr_to_export.batch_id or qr_to_export.tag = any (q.tags))
      and (after is null or (q.created_at, q.id) > (beyond.created_at, beyond.id))
    order by q.created_at, q.id
    limit least(greatest(max_items, 1), 10000) + (max_items >= 10000)::int
  ) q;
  if found is null and after is null then
    perform private.refuse('not_found', 'There are no such codes.');
  end if;
  if jsonb_array_length(found) > 10000 then
    perform private.refuse('invalid_input', '[{"field": "ids", "code": "too_many"}]', 'At most 10,000 codes at once.');
  end if;
  return coalesce(found, '[]');
end
$$;
comment on function public.qr_to_export is
  'Members: [{code, url, title, target (an address, a story''s id, or nothing), style}] of the organization''s codes with these ids, of a batch or with a tag, at most 10,000; max_items of them, after that code. 403 not_allowed, 404 not_found (also for none), 422 invalid_input.';
grant execute on function public.qr_to_export to authenticated;

-- What has to be known of all before the first is drawn.
create function public.qr_styles_to_export(organization_id uuid, ids uuid[] default null, batch_id uuid default null, tag text default null) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: callers have no right to the helpers
as $$
declare
  printed text := private.qr_url('');
  number bigint;
  found jsonb;
begin
  perform private.require_role(organization_id, 'viewer');
  if num_nonnulls(ids, batch_id, tag) <> 1 then
    perform private.refuse('invalid_input', '[{"field": "ids", "code": "required"}]', 'Name ids, a batch or a tag: one of them.');
  end if;
  select jsonb_agg(jsonb_build_object('url', printed || upper(s.code), 'style', s.style)), sum(s.codes) into found, number
  from (
    select q.style, min(q.code) as code, count(*) as codes
    from public.qr_codes q
    where q.organization_id = qr_styles_to_export.organization_id
      and (q.id = any (qr_styles_to_export.ids) or q.batch_id = qr_styles_to_export.batch_id or qr_styles_to_export.tag = any (q.tags))
    group by q.style
  ) s;
  if found is null then
    perform private.refuse('not_found', 'There are no such codes.');
  end if;
  if number > 10000 then
    perform private.refuse('invalid_input', '[{"field": "ids", "code": "too_many"}]', 'At most 10,000 codes at once.');
  end if;
  return found;
end
$$;
comment on function public.qr_styles_to_export is
  'Members: [{url, style}] of those codes, one of each style. Refuses as qr_to_export.';
grant execute on function public.qr_styles_to_export to authenticated;


-- sql/63_qr_scans.sql

-- Scans: every hit of a printed code, as it was seen.

-- No foreign keys: their only writer has just read the code, which nobody may delete; and each would lock the one row that all who scan
-- a code at the same time need (a sixth of a scan, docs/benchmarks.md).
create table public.qr_scans (
  id bigint generated always as identity primary key,
  qr_code_id uuid not null,
  organization_id uuid not null,
  scanned_at timestamptz not null default now(),
  visitor_hash bytea not null,
  bot_reason text,
  device_type text,
  os text,
  browser text,
  referrer_host text,
  country text,
  is_unique boolean not null,
  written_in xid8 not null default pg_current_xact_id(), -- by which the roll-up (64) knows what it has counted
  constraint a_bot_is_not_a_unique_visitor check (bot_reason is null or not is_unique)
);
comment on table public.qr_scans is
  'Every hit of a code; no IP address, visitor_hash is salted anew each day. Bots are kept with the reason; is_unique: a person''s first that day.';
create index qr_scans_qr_code_id_idx on public.qr_scans (qr_code_id, scanned_at desc);
create index qr_scans_organization_id_idx on public.qr_scans (organization_id, scanned_at desc);
create index qr_scans_written_in_idx on public.qr_scans (written_in, id);
create index qr_scans_scanned_at_idx on public.qr_scans using brin (scanned_at);

alter table public.qr_scans enable row level security;
grant select on public.qr_scans to authenticated, service_role;
create policy "members see their organization's scans" on public.qr_scans
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert, update, delete are not granted: scan_qr writes, and nobody rewrites what was counted


-- Visitors: somebody's first scan of a code that day. -------------------------------------------------------------------------

-- Random, and removed after some days: what was hashed with it can then be told by nobody, us included.
create table private.qr_salts (
  day date primary key,
  salt uuid not null default gen_random_uuid(),
  made_at timestamptz not null default now()
);
comment on table private.qr_salts is 'With what visitors are hashed on a day of an organization''s calendar; removed by the roll-up three days later.';
alter table private.qr_salts enable row level security;
-- no grants and no policies: only definer functions read and write it

create table private.qr_visitors (
  qr_code_id uuid not null,
  day date not null,
  visitor_hash bytea not null,
  seen_at timestamptz not null default now(),
  primary key (qr_code_id, day, visitor_hash)
);
comment on table private.qr_visitors is 'Who has scanned a code on a day, by a hash: so that of two scans at once only one is a first. Removed by the roll-up three days later.';
create index qr_visitors_seen_at_idx on private.qr_visitors using brin (seen_at);
alter table private.qr_visitors enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.qr_salt(day date) returns uuid
  language plpgsql volatile security definer set search_path = '' -- definer: the table is private
as $$
declare
  found_salt uuid;
begin
  select s.salt into found_salt from private.qr_salts s where s.day = qr_salt.day;
  if not found then
    insert into private.qr_salts (day) values (qr_salt.day) on conflict on constraint qr_salts_pkey do nothing;
    select s.salt into found_salt from private.qr_salts s where s.day = qr_salt.day;
  end if;
  return found_salt;
end
$$;
comment on function private.qr_salt is 'The salt of a day; the first who asks makes it.';


-- What a code is worth now -------------------------------------------------------------------------------------------------------

create function private.qr_state(printed public.qr_codes, organization public.organizations, as_of timestamptz) returns text
  language plpgsql stable security definer set search_path = '' -- definer: buyers have no right to the tables
as $$
begin
  if organization.deletion_requested_at is not null or organization.deleted_at is not null then
    return 'deleted';
  end if;
  if not exists (
    select from public.organization_status_levels l
    where l.organization_id = organization.id and l.is_active and (l.valid_until is null or l.valid_until > as_of)
  ) then
    return case
      when organization.first_level_at is null then 'unproven'
      when private.lost_levels(organization.id, as_of) @> '[{"by": "chestno"}]' then 'revoked'
      else 'lapsed'
    end;
  end if;
  return case
    when not printed.is_active then 'off'
    when printed.target_kind = 'story' and not exists (
      select from public.stories s where s.id = printed.story_id and s.status = 'published' and s.published_at <= as_of) then 'story_gone'
    else 'active'
  end;
end
$$;
comment on function private.qr_state is
  'What holds of a printed code, the first of: deleted (its organization, or its owner asked for that), revoked (no level is held, and we took one), lapsed (none is held any more), unproven (none ever was), off, story_gone, active.';


-- A scan -----------------------------------------------------------------------------------------------------------------------------

create function private.look_up_code(code text, as_of timestamptz) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: buyers have no right to the tables
as $$
declare
  printed public.qr_codes;
  organization public.organizations;
  site_url text;
  time_zone text;
  goes_on text;
begin
  select q.* into printed from public.qr_codes q where upper(q.code) = upper(look_up_code.code);
  if not found then
    return null;
  end if;
  select o.* into organization from public.organizations o where o.id = printed.organization_id;
  select p.site_url, s.time_zone into site_url, time_zone
  from public.organization_settings s left join private.platform_settings p on true
  where s.organization_id = organization.id;
  if private.qr_state(printed, organization, as_of) = 'active' then
    goes_on := case printed.target_kind
      when 'url' then printed.target_url
      when 'story' then site_url || '/organizations/' || organization.slug || '/stories/' || printed.story_id
    end;
  end if;
  return jsonb_build_object(
    'qr_code_id', printed.id,
    'organization_id', organization.id,
    'day', (as_of at time zone coalesce(time_zone, 'Europe/Moscow'))::date,
    'answer', jsonb_build_object(
      'outcome', case when goes_on is null then 'page' else 'target' end,
      'location', coalesce(goes_on, site_url || '/q/' || upper(printed.code))));
end
$$;
comment on function private.look_up_code is
  'Where a printed code leads, and whose it is: {qr_code_id, organization_id, day (of its calendar), answer: {outcome, location}}; null for a code that is none.';

-- All in the transaction of the answer: what was answered with a scan_id is kept.
create function private.record_scans(scans jsonb, codes jsonb, as_of timestamptz) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  salts jsonb;
  ids jsonb;
  alone record;
begin
  -- Who are the first of a day at the same time wait for each other, so all go in one order: days, then codes and visitors.
  select jsonb_object_agg(d.day, private.qr_salt(d.day::date)) into salts
  from (select distinct c.value ->> 'day' as day from jsonb_each(codes) c order by 1) d;

  with seen as materialized (
    select s.place, upper(s.code) as code, nextval('public.qr_scans_id_seq') as id, c.*, v.*, r.reason, h.hash,
      row_number() over (partition by h.hash order by s.place) as turn
    from rows from (jsonb_to_recordset(scans) as (code text, visitor jsonb)) with ordinality s (code, visitor, place)
    cross join lateral jsonb_to_record(codes -> upper(s.code)) as c (qr_code_id uuid, organization_id uuid, day date)
    cross join lateral jsonb_to_record(case when jsonb_typeof(s.visitor) = 'object' then s.visitor else '{}' end) as v (
      ip text, user_agent text, accept_language text, method text, purpose text, gpc text, referrer text, device_type text, os text,
      browser text, country text, bot_reason text)
    cross join lateral (
      select case -- why it is no person's
        when v.method = 'HEAD' then 'head'
        when v.purpose ~* 'prefetch|prerender|preview' then 'prefetch'
        when coalesce(btrim(v.user_agent), '') = '' then 'no_user_agent'
        else left(v.bot_reason, 60)
      end as reason
    ) r
    cross join lateral (
      select case -- by what somebody who scans twice a day is known; null: counted, not linked
        when r.reason is null and coalesce(v.gpc, 'false') = 'false' then
          sha256(convert_to(concat_ws(E'\n', salts ->> c.day::text, c.qr_code_id, v.ip, v.user_agent, v.accept_language), 'UTF8'))
      end as hash
    ) h
    where c.qr_code_id is not null
  ), first_that_day as (
    insert into private.qr_visitors as v (qr_code_id, day, visitor_hash)
    select s.qr_code_id, s.day, s.hash from seen s where s.hash is not null and s.turn = 1
    order by s.code, s.ip, s.user_agent, s.accept_language -- as below
    on conflict on constraint qr_visitors_pkey do nothing
    returning v.visitor_hash
  ), recorded as (
    insert into public.qr_scans (
      id, qr_code_id, organization_id, scanned_at, visitor_hash, bot_reason, device_type, os, browser, referrer_host, country, is_unique)
    overriding system value
    select s.id, s.qr_code_id, s.organization_id, as_of, coalesce(s.hash, uuid_send(gen_random_uuid())), s.reason, left(s.device_type, 20),
      left(s.os, 60), left(s.browser, 60), case when s.referrer is not null then (select left(a.host, 253) from private.web_address(s.referrer) a) end,
      left(s.country, 2), s.turn = 1 and f.visitor_hash is not null
    from seen s left join first_that_day f on f.visitor_hash = s.hash
  )
  select jsonb_object_agg(s.place, s.id) into ids from seen s;
  return ids;
exception when others then
  ids := '{}'; -- a buyer is let through whatever becomes of our count
  if jsonb_array_length(scans) = 1 then
    raise warning 'a scan was not recorded: %', sqlerrm;
    return ids;
  end if;
  for alone in -- one that cannot be recorded takes no other with it
    select s.ordinality as place, s.value as scan
    from jsonb_array_elements(scans) with ordinality s
    cross join lateral (select s.value -> 'visitor' as visitor) v
    order by upper(s.value ->> 'code'), v.visitor ->> 'ip', v.visitor ->> 'user_agent', v.visitor ->> 'accept_language', s.ordinality
  loop
    ids := ids || jsonb_build_object(alone.place, private.record_scans(jsonb_build_array(alone.scan), codes, as_of) -> '1');
  end loop;
  return ids;
end
$$;
comment on function private.record_scans is
  'Appends those scans ([{code, visitor}]) whose codes are known ({code: as look_up_code}): their ids by place, from 1; null or absent for one that was not recorded.';

create function private.answer_scans(scans jsonb, as_of timestamptz) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  codes jsonb;
  ids jsonb;
begin
  select coalesce(jsonb_object_agg(c.code, c.known) filter (where c.known is not null), '{}') into codes
  from (
    select a.code, private.look_up_code(a.code, as_of) as known
    from (select distinct upper(s.value ->> 'code') as code from jsonb_array_elements(scans) s) a
  ) c;
  ids := private.record_scans(scans, codes, as_of);
  return (
    select coalesce(jsonb_agg(
      codes -> upper(s.value ->> 'code') -> 'answer' || jsonb_build_object('scan_id', ids -> s.ordinality::text) order by s.ordinality), '[]')
    from jsonb_array_elements(scans) with ordinality s);
end
$$;
comment on function private.answer_scans is 'The answers to these scans, in their order, and the scans recorded; null for a code that is none.';

create function public.scan_qr(code text, visitor jsonb default '{}', as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  answer jsonb;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records scans.');
  end if;
  answer := nullif(private.answer_scans(jsonb_build_array(jsonb_build_object('code', code, 'visitor', visitor)), as_of) -> 0, 'null');
  if answer is null and visitor ->> 'ip' is not null then
    perform private.count_or_refuse('qr:' || encode(sha256(convert_to((visitor ->> 'ip') || private.daily_salt(), 'UTF8')), 'hex'), 100);
  end if;
  return coalesce(answer, jsonb_build_object('outcome', 'unknown', 'location', null, 'scan_id', null));
end
$$;
comment on function public.scan_qr is
  'Service key only: where a printed code leads now, and its scan recorded, in one call. visitor: {ip, user_agent, referrer, accept_language, method, purpose, gpc; device_type, os, browser, country, bot_reason as the function found them}. Answers {outcome: target|page|unknown, location, scan_id}; scan_id is null when it could not be recorded. 429 too_many_requests after 100 unknown codes a minute from one address, which is kept as a hash of the day only.';
grant execute on function public.scan_qr to service_role;

-- A scan alone is mostly the beginning and the end of statements; those that come together share them.
create function public.scan_qr_codes(scans jsonb, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records scans.');
  end if;
  return private.answer_scans(scans, as_of);
end
$$;
comment on function public.scan_qr_codes is
  'Service key only: scans that came together, [{code, visitor}], recorded in one transaction; their answers in this order, as scan_qr has them. null for a code that is none: that is left to scan_qr, which counts who guesses.';
grant execute on function public.scan_qr_codes to service_role;


-- sql/64_qr_rollup.sql

-- The roll-up of scans: a scan only appends its row; once a minute a job folds what is new into counts by day.
-- Every answer is roll-up plus tail: the days that were folded, and the scans that were not yet.


-- Counts by day, for ever. A day is one of the organization's calendar. --------------------------------------------------

create table public.qr_code_days (
  qr_code_id uuid not null references public.qr_codes (id) on delete restrict,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  day date not null,
  hits bigint not null,
  scans bigint not null,
  unique_visitors bigint not null,
  primary key (qr_code_id, day),
  constraint fewer_visitors_than_scans_than_hits check (0 <= unique_visitors and unique_visitors <= scans and scans <= hits)
);
comment on table public.qr_code_days is
  'Scans of a code by day of the organization''s time zone, as far as they were folded: hits (all), scans (people), unique_visitors (a person''s first that day).';
create index qr_code_days_organization_id_idx on public.qr_code_days (organization_id, day);

alter table public.qr_code_days enable row level security;
grant select on public.qr_code_days to authenticated, service_role;
create policy "members see their codes' days" on public.qr_code_days
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert, update, delete are not granted: only run_qr_rollup counts

create table public.qr_organization_days (
  organization_id uuid not null references public.organizations (id) on delete restrict,
  day date not null,
  hits bigint not null,
  scans bigint not null,
  unique_visitors bigint not null,
  primary key (organization_id, day),
  constraint fewer_visitors_than_scans_than_hits check (0 <= unique_visitors and unique_visitors <= scans and scans <= hits)
);
comment on table public.qr_organization_days is
  'The same by organization, all its codes together, so that no question about an organization adds up thousands of codes.';

alter table public.qr_organization_days enable row level security;
grant select on public.qr_organization_days to authenticated, service_role;
create policy "members see their organization's days" on public.qr_organization_days
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert, update, delete are not granted: only run_qr_rollup counts


-- How far scans are folded ------------------------------------------------------------------------------------------------

-- Ids are given before a transaction commits, so a lower id may appear after a higher one was folded. Transactions have an order that
-- can be asked for: all before the oldest running one have ended. A scan is folded when (written_in, id) is not above this pair.
create table private.qr_rollup_state (
  singleton boolean primary key default true,
  written_in xid8 not null,
  id bigint not null,
  last_id bigint not null,
  kept_days int not null default 400,
  kept_since timestamptz not null default '-infinity',
  constraint there_is_one_row check (singleton),
  constraint level_c_reads_ninety_days check (kept_days >= 100)
);
comment on table private.qr_rollup_state is
  'Scans with (written_in, id) up to this pair are folded. last_id: the highest id folded so far, for a database that was restored elsewhere. Scans themselves are kept for kept_days and the rest of that month; those before kept_since are gone, and only their days remain.';
alter table private.qr_rollup_state enable row level security;
-- no grants and no policies: only definer functions read and write it
insert into private.qr_rollup_state (written_in, id, last_id) values ('0', 0, 0);

create function private.folded_written_in() returns xid8
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select s.written_in from private.qr_rollup_state s
$$;
comment on function private.folded_written_in is 'The transaction up to which scans are folded.';

create function private.folded_id() returns bigint
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select s.id from private.qr_rollup_state s
$$;
comment on function private.folded_id is 'The id up to which the scans of that transaction are folded.';

create view private.unfolded_scans with (security_invoker = true) as
  select s.* from public.qr_scans s
  -- stable functions, not a subquery: so the planner knows that this is the end of the index
  where (s.written_in, s.id) > (private.folded_written_in(), private.folded_id());
comment on view private.unfolded_scans is 'The tail: scans that no day has counted yet.';

-- Transactions are numbered for all databases of a server together: one in another database writes no scans, and is not waited for.
create function private.oldest_writer() returns xid8
  language sql volatile set search_path = ''
as $$
  with snapshot as materialized (
    select pg_current_snapshot() as seen, pg_current_xact_id() as own
  ), running as (
    select pg_snapshot_xip(s.seen) as xid from snapshot s
    union all -- a snapshot lists those below its end only; above it any may run
    select number::text::xid8
    from snapshot s, generate_series(pg_snapshot_xmax(s.seen)::text::bigint, s.own::text::bigint - 1) as number
  )
  select least((select s.own from snapshot s), min(running.xid))
  from running
  where not exists (
    select from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'transactionid' and l.transactionid = running.xid::xid and l.granted and l.mode = 'ExclusiveLock'
      and a.datid <> (select d.oid from pg_database d where d.datname = current_database())
  )
$$;
comment on function private.oldest_writer is
  'The oldest transaction of this database that still runs, the caller''s own included: what was written before it is all there to be seen.';

-- which: our own words, never a caller's. One statement, so that a scan and the mark that it is folded are one change.
create function private.fold_scans(which text) returns bigint
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  folded bigint;
begin
  execute format($statement$
    with counted as (
      select s.qr_code_id, s.organization_id, (s.scanned_at at time zone coalesce(o.time_zone, 'Europe/Moscow'))::date as day,
        count(*) as hits, count(*) filter (where s.bot_reason is null) as scans, count(*) filter (where s.is_unique) as unique_visitors
      from public.qr_scans s
      left join public.organization_settings o on o.organization_id = s.organization_id
      where %s
      group by 1, 2, 3
    ), by_code as (
      insert into public.qr_code_days as d (qr_code_id, organization_id, day, hits, scans, unique_visitors)
      select c.qr_code_id, c.organization_id, c.day, c.hits, c.scans, c.unique_visitors from counted c
      on conflict on constraint qr_code_days_pkey do update
        set hits = d.hits + excluded.hits, scans = d.scans + excluded.scans, unique_visitors = d.unique_visitors + excluded.unique_visitors
    ), by_organization as (
      insert into public.qr_organization_days as d (organization_id, day, hits, scans, unique_visitors)
      select c.organization_id, c.day, sum(c.hits), sum(c.scans), sum(c.unique_visitors) from counted c group by 1, 2
      on conflict on constraint qr_organization_days_pkey do update
        set hits = d.hits + excluded.hits, scans = d.scans + excluded.scans, unique_visitors = d.unique_visitors + excluded.unique_visitors
    )
    select coalesce(sum(c.hits), 0) from counted c
  $statement$, which) into folded;
  return folded;
end
$$;
comment on function private.fold_scans is
  'Adds these scans to their days; how many there were. The caller has the lock of the roll-up''s state, and sees to it that none is added twice.';

create function private.forget_scans(state private.qr_rollup_state) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
declare
  until_month timestamptz := date_trunc('month', now() - make_interval(days => state.kept_days), 'UTC');
begin
  -- a part each minute, so that no run takes long
  delete from public.qr_scans s
  where s.id in (
    select old.id from public.qr_scans old
    where old.scanned_at < until_month and (old.written_in, old.id) <= (state.written_in, state.id)
    limit 10000);
  if found then
    update private.qr_rollup_state r set kept_since = greatest(r.kept_since, until_month);
  end if;
  delete from private.qr_visitors v where v.seen_at < now() - interval '3 days';
  delete from private.qr_salts d where d.made_at < now() - interval '3 days';
end
$$;
comment on function private.forget_scans is 'Removes the scans of months that are over for longer than they are kept, and by what visitors were known three days ago.';

create function public.run_qr_rollup(as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  state private.qr_rollup_state;
  own xid8 := pg_current_xact_id();
  until_in xid8;
  until_id bigint := 0;
  folded bigint;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key runs jobs.');
  end if;
  select * into state from private.qr_rollup_state for update; -- one run at a time; a second finds nothing left to fold
  if state.written_in > greatest(own, pg_snapshot_xmax(pg_current_snapshot())) then
    -- The database was restored elsewhere, where transactions are counted anew: what is unfolded is marked as written now.
    update public.qr_scans s
    set written_in = case when (s.written_in, s.id) > (state.written_in, state.id) or s.id > state.last_id then own else '0'::xid8 end;
    state.written_in := '0';
    state.id := state.last_id;
  end if;

  until_in := private.oldest_writer();
  if until_in = own then -- nobody else is writing: what this transaction wrote itself is seen as well
    select coalesce(max(s.id), 0) into until_id from public.qr_scans s where s.written_in = own;
  end if;
  folded := private.fold_scans(format(
    '(s.written_in, s.id) > (%L::xid8, %s) and (s.written_in, s.id) <= (%L::xid8, %s)', state.written_in, state.id, until_in, until_id));
  update private.qr_rollup_state s
  set written_in = until_in, id = until_id,
      last_id = greatest(s.last_id, (select max(q.id) from public.qr_scans q where (q.written_in, q.id) > (state.written_in, state.id)
        and (q.written_in, q.id) <= (until_in, until_id)))
  returning s.* into state;
  perform private.forget_scans(state);
  return jsonb_build_object('folded', folded);
end
$$;
comment on function public.run_qr_rollup is
  'Service key only, every minute: folds the scans that came since into counts by day, each at most once, however late it came and whoever runs beside it: {folded}; and removes scans that were kept long enough (400 days and the rest of that month). as_of is taken as by every job; scans have their own time.';
grant execute on function public.run_qr_rollup to service_role;


-- Another calendar ---------------------------------------------------------------------------------------------------------

-- Scans are kept for 100 days at least; the days before keep the calendar they were counted by.
create function private.recount_scan_days() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
declare
  state private.qr_rollup_state;
  from_day date := (now() at time zone old.time_zone)::date - 99;
begin
  select * into state from private.qr_rollup_state for update;
  delete from public.qr_code_days d where d.organization_id = new.organization_id and d.day >= from_day;
  delete from public.qr_organization_days d where d.organization_id = new.organization_id and d.day >= from_day;
  perform private.fold_scans(format(
    's.organization_id = %L and s.scanned_at >= %L::timestamptz and (s.written_in, s.id) <= (%L::xid8, %s)',
    new.organization_id, from_day::timestamp at time zone old.time_zone, state.written_in, state.id));
  return null;
end
$$;
comment on function private.recount_scan_days is 'Trigger: an organization that moves to another time zone has its days counted anew.';

create trigger organization_settings_recount_scan_days after update of time_zone on public.organization_settings
  for each row when (old.time_zone is distinct from new.time_zone) execute function private.recount_scan_days();


-- Counting -----------------------------------------------------------------------------------------------------------------

-- Whole days come from the roll-up; the hours at both ends, and what is not folded yet, from the scans themselves.
create function private.unique_visitors(organization_ids uuid[], since timestamptz[], as_of timestamptz)
  returns table (organization_id uuid, unique_visitors bigint)
  language sql stable security definer set search_path = '' -- definer: jobs count for everyone
as $$
  with asked as (
    select a.id, a.since, w.first_day, w.last_day,
      w.first_day::timestamp at time zone w.calendar as whole_from,
      greatest(w.first_day, w.last_day + 1)::timestamp at time zone w.calendar as whole_until
    from unnest(organization_ids, since) as a (id, since)
    left join public.organization_settings o on o.organization_id = a.id
    cross join lateral (select coalesce(o.time_zone, 'Europe/Moscow') as calendar) as c
    cross join lateral (
      select c.calendar, (a.since at time zone c.calendar)::date + 1 as first_day, (as_of at time zone c.calendar)::date - 1 as last_day
    ) as w
  ), tail as materialized (
    select u.organization_id, u.scanned_at from private.unfolded_scans u where u.is_unique and u.organization_id = any (organization_ids)
  ), unfolded as (
    select a.id, count(*) as number
    from asked a join tail t on t.organization_id = a.id and t.scanned_at >= a.whole_from and t.scanned_at < a.whole_until
    group by a.id
  )
  select a.id,
    coalesce((
      select sum(d.unique_visitors) from public.qr_organization_days d
      where d.organization_id = a.id and d.day between a.first_day and a.last_day
    ), 0)::bigint
    + (
      select count(*) from public.qr_scans s
      where s.organization_id = a.id and s.is_unique and s.scanned_at > a.since and s.scanned_at < a.whole_from and s.scanned_at <= as_of
    )
    + (
      select count(*) from public.qr_scans s
      where s.organization_id = a.id and s.is_unique and s.scanned_at >= a.whole_until and s.scanned_at <= as_of
    )
    + coalesce(u.number, 0)
  from asked a left join unfolded u on u.id = a.id
$$;
comment on function private.unique_visitors is
  'How many unique visitors each organization had after its own moment (since[i]) and until as_of: exactly, to the moment, folded or not.';


-- sql/65_level_c.sql

-- Level C: earned by what an organization does. Counts scans (56) and stories (60), so it stands after them.


-- Criteria: data, so that what C asks for is changed by a row and read by the page that explains it. ---------------------

create table public.level_c_criteria (
  key text primary key,
  required int not null,
  window_days int,
  is_active boolean not null default true,
  position int not null default 100,
  constraint key_is_counted check (key in ('published_stories', 'unique_scans', 'days_with_paid_level')),
  constraint required_is_positive check (required > 0),
  constraint window_is_positive check (window_days > 0)
);
comment on table public.level_c_criteria is
  'What level C asks for: at least `required` within the last window_days (null: ever). private.level_c_counts knows how each key is counted.';

alter table public.level_c_criteria enable row level security;
grant select on public.level_c_criteria to anon, authenticated, service_role;
create policy "everyone reads the criteria" on public.level_c_criteria
  for select to anon, authenticated
  using (true);
-- insert, update, delete are not granted: criteria change by a migration
create function private.level_c_counts(organization_ids uuid[], as_of timestamptz)
  returns table (organization_id uuid, criterion text, current int, required int, met boolean)
  language sql stable security definer set search_path = '' -- definer: jobs count for everyone
as $$
  with asked as (
    select o.id, c.key, c.required, c.position, greatest(as_of - make_interval(days => coalesce(c.window_days, 36500)), t.taken_at) as since
    from unnest(organization_ids) as o (id)
    cross join lateral (
      -- what a person took C away for does not earn it back with the next scan: counting begins anew
      select max(e.occurred_at) as taken_at from public.status_level_events e
      where e.organization_id = o.id and e.level = 'C' and e.action = 'revoked' and e.actor_kind = 'admin'
    ) as t
    cross join public.level_c_criteria c
    where c.is_active
  ), visitors as materialized (
    select v.organization_id as id, v.unique_visitors
    from (select array_agg(a.id) as ids, array_agg(a.since) as since from asked a where a.key = 'unique_scans') as w
    cross join lateral private.unique_visitors(w.ids, w.since, as_of) v
  ), counted as (
    select a.*, case a.key
      when 'published_stories' then (
        select count(*) from public.stories s
        where s.organization_id = a.id and s.status = 'published' and s.published_at > a.since and s.published_at <= as_of
      )
      when 'unique_scans' then v.unique_visitors
      when 'days_with_paid_level' then (
        -- days on which A or B was held; the two at once count once
        select floor(extract(epoch from sum(upper(held) - lower(held))) / 86400)
        from unnest((
          select range_agg(tstzrange(greatest(l.valid_from, a.since), least(coalesce(l.revoked_at, as_of), as_of)))
          from public.organization_status_levels l
          where l.organization_id = a.id and l.level in ('A', 'B')
            and greatest(l.valid_from, a.since) < least(coalesce(l.revoked_at, as_of), as_of)
        )) as held
      )
    end as number
    from asked a
    left join visitors v on v.id = a.id and a.key = 'unique_scans'
  )
  select c.id, c.key, coalesce(c.number, 0)::int, c.required, coalesce(c.number, 0) >= c.required
  from counted c
  order by c.id, c.position
$$;
comment on function private.level_c_counts is 'How far organizations are with each active criterion, counted within its window and since a platform admin took C away.';

create function public.level_c_progress(organization_id uuid)
  returns table (criterion text, current int, required int, met boolean)
  language plpgsql stable security definer set search_path = '' -- definer: counts drafts' neighbours and scans
as $$
begin
  if not private.is_service() and not private.is_platform_admin() then
    perform private.require_role(organization_id, 'viewer');
  end if;
  return query
    select c.criterion, c.current, c.required, c.met
    from private.level_c_counts(array[level_c_progress.organization_id], now()) c;
end
$$;
comment on function public.level_c_progress is
  'Members: how far the organization is with each criterion of level C, rows (criterion, current, required, met). 403 not_allowed, 404 not_found.';
grant execute on function public.level_c_progress to authenticated, service_role;


-- Earning ----------------------------------------------------------------------------------------------------------------

create function private.meet_level_c(organization_ids uuid[], as_of timestamptz) returns uuid[]
  language sql stable security definer set search_path = '' -- definer: jobs count for everyone
as $$
  select coalesce(array_agg(met.organization_id order by met.organization_id), '{}')
  from (
    select c.organization_id from private.level_c_counts(organization_ids, as_of) c
    group by c.organization_id having bool_and(c.met)
  ) met
  where exists (
    select from public.organization_status_levels l
    where l.organization_id = met.organization_id and l.level in ('A', 'B') and l.is_active
  )
$$;
comment on function private.meet_level_c is 'Those of the organizations that hold A or B and meet every criterion.';

-- C is granted for 365 days, and renewed without a word while the criteria are met.
create function private.earn_level_c(organization_ids uuid[], actor_kind text, as_of timestamptz) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  earned uuid;
  granted int := 0;
begin
  foreach earned in array private.meet_level_c(organization_ids, as_of) loop
    if actor_kind = 'job' then
      -- The job has locks already, and another run beside it has others: waiting, the two could wait for each other. The next run takes it.
      perform from public.organizations o where o.id = earned for no key update skip locked;
      continue when not found;
    else
      perform private.lock_organization(earned);
    end if;
    if not exists (
      select from public.organization_status_levels l where l.organization_id = earned and l.level = 'C' and l.is_active
    ) and cardinality(private.meet_level_c(array[earned], as_of)) = 1 then
      perform private.set_level(earned, 'C', as_of + interval '365 days', null, 'criteria_met', actor_kind, as_of);
      granted := granted + 1;
    end if;
  end loop;
  return granted;
end
$$;
comment on function private.earn_level_c is 'Grants C to those that earned it and do not hold it; how many.';

create function private.may_earn_level_c(organization_ids uuid[]) returns uuid[]
  language sql stable security definer set search_path = '' -- definer: jobs and triggers ask for everyone
as $$
  select array(
    select distinct l.organization_id
    from public.organization_status_levels l
    where l.organization_id = any (organization_ids) and l.level in ('A', 'B') and l.is_active
      and not exists (
        select from public.organization_status_levels c
        where c.organization_id = l.organization_id and c.level = 'C' and c.is_active
      )
  )
$$;
comment on function private.may_earn_level_c is 'Those of the organizations that hold A or B, and not C: for the others nothing need be counted.';

create function private.earn_level_c_by_stories() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever publishes has no rights here
as $$
begin
  perform private.earn_level_c(private.may_earn_level_c(array(
    select n.organization_id from new_rows n where n.status = 'published' and n.published_at <= now()
  )), 'system', now());
  return null;
end
$$;
comment on function private.earn_level_c_by_stories is 'Trigger: C is granted right when the story that was missing is written as published.';

create function private.earn_level_c_by_story() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever publishes has no rights here
as $$
begin
  perform private.earn_level_c(private.may_earn_level_c(array[new.organization_id]), 'system', now());
  return null;
end
$$;
comment on function private.earn_level_c_by_story is 'Trigger: C is granted right when the story that was missing is published.';

create trigger stories_earn_level_c_when_written after insert on public.stories
  referencing new table as new_rows for each statement execute function private.earn_level_c_by_stories();
-- Only what becomes public is looked at: a counted view or a corrected word costs nothing here. Scans are left to run_level_c.
create trigger stories_earn_level_c_when_published after update of status, published_at on public.stories
  for each row when (
    new.status = 'published' and new.published_at <= now()
    and (old.status, old.published_at) is distinct from (new.status, new.published_at)
  ) execute function private.earn_level_c_by_story();

create function private.review_level_c(as_of timestamptz, max_rows int, out granted int, out revoked int)
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  holders uuid[];
  over uuid[];
  candidates uuid[];
begin
  -- Renewed while met, once a month: the term reaches 365 days beyond the last time the criteria were looked at and met.
  holders := array(
    select l.organization_id
    from public.organization_status_levels l
    join public.organizations o on o.id = l.organization_id
    where l.level = 'C' and l.is_active and l.valid_until < as_of + interval '335 days'
    for no key update of o skip locked
  );
  holders := private.meet_level_c(holders, as_of);
  update public.organization_status_levels l
  set valid_until = as_of + interval '365 days'
  where l.level = 'C' and l.is_active and l.organization_id = any (holders);

  over := private.lock_ending_levels(true, as_of, max_rows);
  select e.ended into revoked from private.end_levels(over, 'revoked', 'criteria_not_met', 'job', as_of, only_over => true) e;

  -- Counting is for those who come into question at all: paid, without C, and telling stories where stories are asked for.
  select array_agg(distinct l.organization_id) into candidates
  from public.organization_status_levels l
  where l.level in ('A', 'B') and l.is_active
    and not exists (
      select from public.organization_status_levels c
      where c.organization_id = l.organization_id and c.level = 'C' and c.is_active
    )
    and (
      not exists (select from public.level_c_criteria where key = 'published_stories' and is_active)
      or exists (select from public.stories s where s.organization_id = l.organization_id and s.status = 'published')
    );
  granted := private.earn_level_c(coalesce(candidates, '{}'), 'job', as_of);
end
$$;
comment on function private.review_level_c is 'Level C: renewed while its criteria are met, taken away when its term is over, granted to who earned it.';

create function public.run_level_c(as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  reviewed record;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key runs jobs.');
  end if;
  select c.* into reviewed from private.review_level_c(as_of, null) c;
  return jsonb_build_object('as_of', as_of, 'granted', reviewed.granted, 'revoked', reviewed.revoked);
end
$$;
comment on function public.run_level_c is
  'Service key only, every five minutes: level C for who has earned it since, and no more for whose term is over: {as_of, granted, revoked}. Running it twice changes nothing.';
grant execute on function public.run_level_c to service_role;


-- sql/66_qr_analytics.sql

-- What scans say: by time and by kind, roll-up plus tail, so that the sums of every answer are the totals.

create function private.qr_code_of_members(qr_code_id uuid) returns public.qr_codes
  language plpgsql stable security definer set search_path = '' -- definer: must tell "not yours" from "not there"
as $$
declare
  printed public.qr_codes;
begin
  select q.* into printed from public.qr_codes q where q.id = qr_code_of_members.qr_code_id;
  if not found then
    perform private.refuse('not_found', 'There is no such code.');
  end if;
  if not private.is_service() then
    perform private.require_role(printed.organization_id, 'viewer');
  end if;
  return printed;
end
$$;
comment on function private.qr_code_of_members is 'The code, for its organization''s members and the service key; else 401 sign_in_required, 403 not_allowed, 404 not_found.';

create function private.period_days(period text) returns int
  language plpgsql stable set search_path = ''
as $$
begin
  if period is null or period not in ('7d', '30d', '90d', 'all') then
    perform private.refuse('invalid_input', '[{"field": "period", "code": "invalid"}]', 'Periods: 7d, 30d, 90d, all.');
  end if;
  return case period when '7d' then 7 when '30d' then 30 when '90d' then 90 end;
end
$$;
comment on function private.period_days is 'How many days of the calendar a period has, today included; null for all. 422 invalid_input.';

-- Midnight is the first moment of its day, also where clocks go back over it.
create function private.day_start(day date, time_zone text) returns timestamptz
  language sql stable set search_path = ''
as $$
  select case when ((midnight - interval '1 hour') at time zone time_zone)::date = day then midnight - interval '1 hour' else midnight end
  from (select day::timestamp at time zone time_zone as midnight) as m
$$;
comment on function private.day_start is 'When a day begins by that calendar.';

create function private.calendar_of(organization_id uuid) returns text
  language sql stable security definer set search_path = '' -- definer: jobs ask for anyone
as $$
  select coalesce((select s.time_zone from public.organization_settings s where s.organization_id = calendar_of.organization_id), 'Europe/Moscow')
$$;
comment on function private.calendar_of is 'The time zone an organization lives by.';

-- The last day of which not every scan is kept. Days up to it are known by their counts alone.
create function private.last_counted_day(calendar text) returns date
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select case when isfinite(s.kept_since) then (s.kept_since at time zone calendar)::date end from private.qr_rollup_state s
$$;
comment on function private.last_counted_day is 'The last day, by that calendar, of which scans were removed already; null while all are kept.';

-- From the scans themselves: hours, days of another calendar, a day that is not over. subject: the column that names whose scans.
create function private.raw_timeline(subject text, id uuid, since timestamptz, as_of timestamptz, step text, time_zone text)
  returns table (place bigint, hits bigint, scans bigint, unique_visitors bigint)
  language plpgsql stable security definer set search_path = '' -- definer: whose scans may be counted the caller has asked
as $$
begin
  return query execute format($query$
    select case %L
        when 'hour' then floor(extract(epoch from s.scanned_at - $2) / 3600)::bigint
        else (s.scanned_at at time zone $4)::date - ($2 at time zone $4)::date
      end, count(*), count(*) filter (where s.bot_reason is null), count(*) filter (where s.is_unique)
    from public.qr_scans s
    where s.%I = $1 and s.scanned_at >= $2 and s.scanned_at <= $3
    group by 1
  $query$, step, subject) using id, since, as_of, time_zone;
end
$$;
comment on function private.raw_timeline is 'Scans from since until as_of, counted by hour or by day of the calendar; place: how many of these after since.';

create function private.scan_timeline(organization_id uuid, qr_code_id uuid, period text, time_zone text, as_of timestamptz)
  returns table (bucket timestamptz, hits bigint, scans bigint, unique_visitors bigint)
  language plpgsql stable security definer set search_path = '' -- definer: whose scans may be counted the caller has asked
  set plan_cache_mode = 'force_generic_plan' -- else each call plans anew, which takes longer than the answer
as $$
#variable_conflict use_column
declare
  own constant text := private.calendar_of(organization_id);
  zone constant text := coalesce(time_zone, own);
  subject constant text := case when qr_code_id is null then 'organization_id' else 'qr_code_id' end;
  id constant uuid := coalesce(qr_code_id, organization_id);
  number constant int := private.period_days(period);
  counted date;
  today date;
  first_day date;
  since timestamptz;
  raw_from timestamptz := 'infinity'; -- from here on by the scans themselves
  folded_until date := 'infinity';
begin
  if zone <> own and not private.is_time_zone(zone) then
    perform private.refuse('invalid_input', '[{"field": "time_zone", "code": "invalid"}]', 'A zone of the IANA database, Europe/Moscow.');
  end if;
  today := (as_of at time zone zone)::date;
  if number is not null then
    first_day := today - number + 1;
  else
    first_day := least(
      case when qr_code_id is null
        then (select min(d.day) from public.qr_organization_days d where d.organization_id = id)
        else (select min(d.day) from public.qr_code_days d where d.qr_code_id = id)
      end,
      (select min((u.scanned_at at time zone zone)::date) from private.unfolded_scans u
       where u.organization_id = scan_timeline.organization_id and (scan_timeline.qr_code_id is null or u.qr_code_id = scan_timeline.qr_code_id)),
      today);
    if zone <> own then
      first_day := first_day - 1; -- where that day begins earlier than here
    end if;
  end if;
  since := private.day_start(first_day, zone);

  if period = '7d' then
    return query
      select since + make_interval(hours => h.place), coalesce(r.hits, 0), coalesce(r.scans, 0), coalesce(r.unique_visitors, 0)
      from generate_series(0, (extract(epoch from private.day_start(today + 1, zone) - since) / 3600)::int - 1) as h (place)
      left join private.raw_timeline(subject, id, since, as_of, 'hour', zone) r on r.place = h.place
      order by h.place;
    return;
  end if;

  if zone <> own then
    counted := private.last_counted_day(own);
    raw_from := greatest(since, private.day_start(counted + 1, own));
    folded_until := coalesce(counted, '-infinity');
  elsif as_of < now() then -- what came later that day is counted in the roll-up already
    folded_until := greatest(today, private.last_counted_day(own) + 1) - 1;
    raw_from := private.day_start(folded_until + 1, zone);
  end if;
  return query
    with folded as (
      select d.day, d.hits, d.scans, d.unique_visitors from public.qr_organization_days d
      where scan_timeline.qr_code_id is null and d.organization_id = id and d.day between first_day and folded_until
      union all
      select d.day, d.hits, d.scans, d.unique_visitors from public.qr_code_days d
      where scan_timeline.qr_code_id is not null and d.qr_code_id = id and d.day between first_day and folded_until
    ), tail as (
      select (u.scanned_at at time zone own)::date, count(*), count(*) filter (where u.bot_reason is null), count(*) filter (where u.is_unique)
      from private.unfolded_scans u
      where u.organization_id = scan_timeline.organization_id and (scan_timeline.qr_code_id is null or u.qr_code_id = scan_timeline.qr_code_id)
        and u.scanned_at >= since and u.scanned_at <= as_of and u.scanned_at < raw_from
      group by 1
    ), raw as (
      select (raw_from at time zone zone)::date + r.place::int, r.hits, r.scans, r.unique_visitors
      from private.raw_timeline(subject, id, raw_from, as_of, 'day', zone) r
      where isfinite(raw_from)
    ), counted_by_day (day, hits, scans, unique_visitors) as (
      select c.day, sum(c.hits)::bigint, sum(c.scans)::bigint, sum(c.unique_visitors)::bigint
      from (select * from folded union all select * from tail union all select * from raw) as c (day, hits, scans, unique_visitors)
      group by 1
    )
    select case when ((d.midnight - interval '1 hour') at time zone zone)::date = d.day then d.midnight - interval '1 hour' else d.midnight end,
      coalesce(c.hits, 0), coalesce(c.scans, 0), coalesce(c.unique_visitors, 0)
    from (select first_day + n as day, (first_day + n)::timestamp at time zone zone as midnight from generate_series(0, today - first_day) n) as d
    left join counted_by_day c on c.day = d.day
    where number is not null or zone = own or c.day is not null or d.day > first_day
    order by d.day;
end
$$;
comment on function private.scan_timeline is
  'Scans of an organization, or of one of its codes, by hour (7d) or day. In its own calendar from the roll-up and the tail; in another from the scans, and what is older than they are kept from the days they were counted by.';

create function public.qr_timeline(qr_code_id uuid, period text default '30d', time_zone text default null, as_of timestamptz default now())
  returns table (bucket timestamptz, hits bigint, scans bigint, unique_visitors bigint)
  language plpgsql stable security definer set search_path = '' -- definer: roll-ups are read for members
as $$
declare
  printed public.qr_codes := private.qr_code_of_members(qr_code_id);
begin
  return query select t.* from private.scan_timeline(printed.organization_id, printed.id, period, time_zone, as_of) t;
end
$$;
comment on function public.qr_timeline is
  'Members: a code''s scans over time, rows (bucket = its start, hits, scans, unique_visitors). period: 7d by hour, 30d, 90d and all by day, today included, empty buckets too; time_zone: the organization''s when none is given. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.qr_timeline to authenticated, service_role;

create function public.organization_qr_timeline(organization_id uuid, period text default '30d', time_zone text default null, as_of timestamptz default now())
  returns table (bucket timestamptz, hits bigint, scans bigint, unique_visitors bigint)
  language plpgsql stable security definer set search_path = '' -- definer: roll-ups are read for members
as $$
begin
  if not private.is_service() then
    perform private.require_role(organization_id, 'viewer');
  end if;
  return query select t.* from private.scan_timeline(organization_qr_timeline.organization_id, null, period, time_zone, as_of) t;
end
$$;
comment on function public.organization_qr_timeline is
  'Members: the scans of all codes of an organization over time, as qr_timeline. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.organization_qr_timeline to authenticated, service_role;


-- By kind -----------------------------------------------------------------------------------------------------------------

create function public.qr_breakdown(qr_code_id uuid, period text default '30d', dimension text default 'device', as_of timestamptz default now())
  returns table (value text, hits bigint, scans bigint, unique_visitors bigint, share double precision)
  language plpgsql stable security definer set search_path = '' -- definer: scans are counted for members
as $$
declare
  printed constant public.qr_codes := private.qr_code_of_members(qr_code_id);
  calendar constant text := private.calendar_of(printed.organization_id);
  number constant int := private.period_days(period);
  kind constant text := case dimension
    when 'device' then 'device_type' when 'os' then 'os' when 'browser' then 'browser' when 'country' then 'country'
    when 'referrer' then 'referrer_host' when 'bot' then 'bot_reason' end;
  counted constant date := case when period = 'all' then private.last_counted_day(calendar) end;
  since constant timestamptz := coalesce(
    private.day_start((as_of at time zone calendar)::date - number + 1, calendar), private.day_start(counted + 1, calendar), '-infinity');
begin
  if kind is null then
    perform private.refuse('invalid_input', '[{"field": "dimension", "code": "invalid"}]', 'Dimensions: device, os, browser, country, referrer, bot.');
  end if;
  return query execute format($query$
    with seen (value, hits, scans, unique_visitors) as (
      select s.%1$I, count(*), count(*) filter (where s.bot_reason is null), count(*) filter (where s.is_unique)
      from public.qr_scans s
      where s.qr_code_id = $1 and s.scanned_at >= $2 and s.scanned_at <= $3
      group by 1
      union all -- of scans that are not kept any more only their number is known, and whether people made them
      select null, sum(case when %2$L then d.scans else d.hits end), sum(d.scans), sum(d.unique_visitors)
      from public.qr_code_days d where d.qr_code_id = $1 and d.day <= $4
      union all
      select 'unknown', sum(d.hits - d.scans), 0, 0 from public.qr_code_days d where %2$L and d.qr_code_id = $1 and d.day <= $4
    ), added as (
      select s.value, sum(s.hits)::bigint as hits, sum(s.scans)::bigint as scans, sum(s.unique_visitors)::bigint as unique_visitors
      from seen s group by 1 having sum(s.hits) > 0
    )
    select a.*, a.hits::double precision / sum(a.hits) over () from added a order by a.hits desc, a.value
  $query$, kind, kind = 'bot_reason') using printed.id, since, as_of, counted;
end
$$;
comment on function public.qr_breakdown is
  'Members: who scanned a code, rows (value, hits, scans, unique_visitors, share of hits), most first. dimension: device, os, browser, country, referrer (its host), bot (why a hit is no person''s; null: people); null value: unknown. The days of the organization''s calendar, as qr_timeline. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.qr_breakdown to authenticated, service_role;


-- The scans themselves, a page at a time: whoever adds them up comes to the same numbers.
create function public.qr_scan_log(
  qr_code_id uuid, period text default '30d', after bigint default null, max_items int default 1000, as_of timestamptz default now()) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: scans are read for members
as $$
declare
  printed constant public.qr_codes := private.qr_code_of_members(qr_code_id);
  calendar constant text := private.calendar_of(printed.organization_id);
  since constant timestamptz := coalesce(
    private.day_start((as_of at time zone calendar)::date - private.period_days(period) + 1, calendar), '-infinity');
  beyond record;
begin
  select s.scanned_at, s.id into beyond from public.qr_scans s where s.id = after and s.qr_code_id = printed.id;
  return (
    with page as (
      select s.* from public.qr_scans s
      where s.qr_code_id = printed.id and s.scanned_at >= since and s.scanned_at <= as_of
        and (after is null or (s.scanned_at, s.id) < (beyond.scanned_at, beyond.id))
      order by s.scanned_at desc, s.id desc
      limit least(greatest(max_items, 1), 5000)
    )
    select jsonb_build_object(
      'items', coalesce(jsonb_agg(jsonb_build_object(
        'scanned_at', p.scanned_at at time zone calendar, 'bot_reason', p.bot_reason, 'is_unique', p.is_unique, 'device_type', p.device_type,
        'os', p.os, 'browser', p.browser, 'referrer_host', p.referrer_host, 'country', p.country) order by p.scanned_at desc, p.id desc), '[]'),
      'next', case when count(*) = least(greatest(max_items, 1), 5000) then (array_agg(p.id order by p.scanned_at, p.id))[1] end,
      'time_zone', calendar)
    from page p
  );
end
$$;
comment on function public.qr_scan_log is
  'Members: a code''s scans one by one, newest first, as far as they are kept: {items: [{scanned_at (by the organization''s calendar), bot_reason, is_unique, device_type, os, browser, referrer_host, country}], next (to go on after), time_zone}. hits: all of them; scans: without bot_reason; unique_visitors: is_unique. At most 5,000 a page. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.qr_scan_log to authenticated, service_role;


-- Counted anew -------------------------------------------------------------------------------------------------------------

create function public.recount_qr(qr_code_id uuid, since timestamptz default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write counts
as $$
declare
  state private.qr_rollup_state;
  printed public.qr_codes;
  calendar text;
  from_day date;
  days int;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key counts anew.');
  end if;
  select q.* into printed from public.qr_codes q where q.id = recount_qr.qr_code_id;
  if not found then
    perform private.refuse('not_found', 'There is no such code.');
  end if;
  select * into state from private.qr_rollup_state for update; -- nobody folds meanwhile
  calendar := private.calendar_of(printed.organization_id);
  -- what is older than scans are kept stays as it was counted
  from_day := greatest((since at time zone calendar)::date, private.last_counted_day(calendar) + 1, '-infinity');
  delete from public.qr_code_days d where d.qr_code_id = printed.id and d.day >= from_day;
  insert into public.qr_code_days (qr_code_id, organization_id, day, hits, scans, unique_visitors)
  select s.qr_code_id, s.organization_id, (s.scanned_at at time zone calendar)::date,
    count(*), count(*) filter (where s.bot_reason is null), count(*) filter (where s.is_unique)
  from public.qr_scans s
  where s.qr_code_id = printed.id and (s.written_in, s.id) <= (state.written_in, state.id)
    and (not isfinite(from_day) or s.scanned_at >= private.day_start(from_day, calendar))
  group by 1, 2, 3;
  get diagnostics days = row_count;
  delete from public.qr_organization_days d where d.organization_id = printed.organization_id and d.day >= from_day;
  insert into public.qr_organization_days (organization_id, day, hits, scans, unique_visitors)
  select d.organization_id, d.day, sum(d.hits), sum(d.scans), sum(d.unique_visitors)
  from public.qr_code_days d where d.organization_id = printed.organization_id and d.day >= from_day
  group by 1, 2;
  return jsonb_build_object('days', days);
end
$$;
comment on function public.recount_qr is
  'Service key only: counts a code''s days anew from its scans, from since on (all that are kept without it), and its organization''s days from those of its codes: {days}. 404 not_found.';
grant execute on function public.recount_qr to service_role;


-- The list -----------------------------------------------------------------------------------------------------------------

create function public.search_qr_codes(
  organization_id uuid, query text default null, tag text default null, after uuid default null, max_items int default 20,
  sort text default 'newest') returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: roll-ups are read for members
as $$
declare
  wanted text := nullif(replace(lower(btrim(query)), 'ё', 'е'), '');
  -- By when it was made or by what it is called, each by an index. By scans there is none: they are added up for what is shown.
  ordered_by text := case when sort in ('newest', 'oldest') then 'q.created_at' else 'private.sort_key(coalesce(nullif(q.title, ''''), q.code)) collate "C"' end;
  list_order private.list_order := private.read_list_order(case sort when 'name' then 'oldest' when 'name_back' then 'newest' else sort end, 'newest');
  found text := $found$
    q.organization_id = $1 and ($2 is null or $2 = any (q.tags))
      and ($3 is null or strpos(replace(lower(q.title), 'ё', 'е'), $3) > 0 or starts_with(lower(q.code), $3)
        or strpos(replace(lower(array_to_string(q.tags, E'\n')), 'ё', 'е'), $3) > 0
        or strpos(lower(coalesce(q.target_url, '')), $3) > 0)
  $found$;
  answer jsonb;
begin
  if not private.is_service() then
    perform private.require_role(organization_id, 'viewer');
  end if;
  max_items := least(greatest(max_items, 1), 100);
  execute format($query$
    with page as (
      select q.*, row_number() over (order by %1$s %2$s, q.id %2$s) as place
      from public.qr_codes q
      where %4$s and ($4 is null or (%1$s, q.id) %3$s (select %1$s, q.id from public.qr_codes q where q.id = $4 and q.organization_id = $1))
      order by %1$s %2$s, q.id %2$s
      limit $5 + 1
    ), tail as (
      select u.qr_code_id, count(*) as hits, count(*) filter (where u.bot_reason is null) as scans, count(*) filter (where u.is_unique) as unique_visitors
      from private.unfolded_scans u where u.organization_id = $1 group by 1
    )
    select jsonb_build_object(
      'items', coalesce(jsonb_agg(jsonb_build_object(
        'id', p.id, 'code', p.code, 'url', $6 || upper(p.code), 'title', p.title, 'tags', p.tags, 'target_kind', p.target_kind,
        'target_url', p.target_url, 'story_id', p.story_id, 'style', p.style, 'batch_id', p.batch_id, 'is_active', p.is_active,
        'created_at', p.created_at, 'hits', c.hits, 'scans', c.scans, 'unique_visitors', c.unique_visitors
      ) order by p.place) filter (where p.place <= $5), '[]'),
      'next', (select n.id from page n where n.place = $5 and exists (select from page m where m.place > $5)),
      'total', (select count(*) from public.qr_codes q where %4$s),
      'tags', (
        select coalesce(jsonb_agg(t.tag order by t.tag), '[]')
        from (select distinct unnest(q.tags) as tag from public.qr_codes q where q.organization_id = $1) t
      ))
    from page p
    cross join lateral (
      select coalesce(sum(n.hits), 0) as hits, coalesce(sum(n.scans), 0) as scans, coalesce(sum(n.unique_visitors), 0) as unique_visitors
      from (
        select d.hits, d.scans, d.unique_visitors from public.qr_code_days d where d.qr_code_id = p.id
        union all
        select t.hits, t.scans, t.unique_visitors from tail t where t.qr_code_id = p.id
      ) n
    ) c
  $query$, ordered_by, list_order.way, list_order.beyond, found)
  into answer
  using organization_id, tag, wanted, after, max_items, private.qr_url('');
  return answer;
end
$$;
comment on function public.search_qr_codes is
  'Members: the organization''s codes, newest first (sort: newest, oldest, name, name_back: by the title, or the code of one without), found by title, tag, address or the beginning of the code: {items: [{id, code, url, title, tags, target_kind, target_url, story_id, style, batch_id, is_active, created_at, hits, scans, unique_visitors}], next (to go on after), total, tags (all there are)}. At most 100 a page. 403 not_allowed, 404 not_found, 422 invalid_input (sort).';
grant execute on function public.search_qr_codes to authenticated, service_role;


-- sql/68_leftover_files.sql

-- Leftover files: what was uploaded and never accepted, logos that gave way to others, media that no story names. They are removed a day later.

create function public.stale_files(as_of timestamptz default now(), max_items int default 1000) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: reads every organization's files
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key removes files.');
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('bucket', f.bucket_id, 'path', f.name)), '[]')
    from (
      select o.bucket_id, o.name from storage.objects o
      join private.file_buckets b on b.id = o.bucket_id and b.kept_while <> 'always'
      where greatest(o.created_at, o.updated_at) <= as_of - interval '24 hours'
        and (private.uuid_or_null((storage.foldername(o.name))[1]) is not null or o.name like 'claims/%')
        and case b.kept_while
          when 'accepted' then not exists (select from public.evidence_files e where e.path = o.name)
          when 'shown' then not exists (select from public.organizations g where g.logo_path = o.name)
            and not exists (select from public.qr_codes q where q.style ->> 'logo_path' = o.name)
          when 'named' then not exists (
            select from public.story_media m join public.stories s on s.media_id = m.id
            where m.id = private.uuid_or_null((storage.foldername(o.name))[2]) and (storage.foldername(o.name))[3] in (m.folder, m.next_folder))
          when 'new' then true
        end
      order by o.created_at limit max_items
    ) f
  );
end
$$;
comment on function public.stale_files is
  'Service key only: [{bucket, path}] of files in organizations'' folders that are over 24 hours old and of no use: evidence nobody accepted (the cleanup takes back what neither a claim nor a report names), uploads a logo or media were to be made of, logos that gave way to others, what was made for no story.';
grant execute on function public.stale_files to service_role;


-- sql/69_organization_page.sql

-- The public page of an organization: what a buyer may know of it, whatever the organization itself would rather show.

create function private.organization_page(organization public.organizations) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to what is not published
as $$
  with verified as (
    select coalesce(r.reviewed_at, l.valid_from) as at, coalesce(r.documents, '{}') as documents
    from public.organization_status_levels l
    left join lateral (
      select r.reviewed_at, r.documents from public.status_upgrade_requests r
      where r.organization_id = l.organization_id and r.target_level = 'B' and r.status = 'approved' and r.approval_ended_at is null
      order by r.reviewed_at desc
      limit 1
    ) r on true
    where l.organization_id = organization.id and l.level = 'B' and l.is_active and (l.valid_until is null or l.valid_until > now())
  )
  select jsonb_build_object(
    'id', organization.id,
    'slug', organization.slug,
    'name', organization.name,
    'legal_name', organization.legal_name,
    'inn', coalesce(organization.inn, organization.masked_inn),
    'provenance', (
      select jsonb_build_object('name', p.said, 'legal_name', p.said, 'inn', p.said)
      from (select case when exists (select from verified) then 'verified' else 'stated' end as said) p
    ),
    'verified', (select jsonb_build_object('at', v.at, 'documents', v.documents) from verified v),
    'since', organization.first_level_at,
    'deleted_at', organization.deletion_requested_at,
    'details', case when organization.is_published then jsonb_build_object(
      'description', organization.description, 'category', organization.category, 'region', organization.region,
      'website_url', organization.website_url, 'logo_path', organization.logo_path, 'contacts', organization.contacts) end,
    'status', public.get_organization_status(organization.id),
    'history', (
      select coalesce(jsonb_agg(to_jsonb(h)), '[]') from public.get_status_history(organization.id) h
    ),
    'stories', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', s.id, 'story_type', s.story_type, 'title', s.title, 'snippet', left(s.content_text, 300),
        'thumbnail_url', s.thumbnail_url, 'published_at', s.published_at
      ) order by s.published_at desc), '[]')
      from (
        select * from public.stories s
        where s.organization_id = organization.id and organization.is_published and s.status = 'published' and s.published_at <= now()
        order by s.published_at desc
        limit 3
      ) s
    ),
    'reports', private.published_reports(organization.id)
  )
$$;
comment on function private.organization_page is 'What get_organization_page answers of this organization.';

create function public.get_organization_page(slug text) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to what is not published
as $$
declare
  organization public.organizations;
begin
  select * into organization from public.organizations o where o.slug = get_organization_page.slug;
  if not found then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
  perform private.require_visible_organization(organization.id);
  return private.organization_page(organization);
end
$$;
comment on function public.get_organization_page is
  'Public, from the first level ever held, published or not (before it: members, platform admins, the service key): {id, slug, name, legal_name, inn, provenance: {name, legal_name, inn: stated|verified}, verified: null|{at, documents: [kind]}, since, deleted_at, details: null|{description, category, region, website_url, logo_path, contacts}, status (as get_organization_status), history: [as get_status_history], stories: [the 3 latest: {id, story_type, title, snippet, thumbnail_url, published_at}], reports: [upheld and published: {kind, outcome, published_at}]}. details is null and stories are empty when it is unpublished or deleted. What is left of a deleted person''s name and INN (12 digits) is masked. 404 not_found.';
grant execute on function public.get_organization_page to anon, authenticated, service_role;


-- sql/69_overview.sql

-- The overview of an organization in one answer: where it stands, the first steps, the way to level C, and what happened last.


-- That the link to the page was given to somebody. Only a press on «copy» can be known, so that is what is written down.
create function public.mark_shared(organization_id uuid) returns timestamptz
  language plpgsql volatile security definer set search_path = '' -- definer: the column is granted to nobody
as $$
declare
  first_time timestamptz;
begin
  perform private.act_in_organization(organization_id, 'editor');
  update public.organization_settings s set shared_at = coalesce(s.shared_at, now())
  where s.organization_id = mark_shared.organization_id
  returning s.shared_at into first_time;
  return first_time;
end
$$;
comment on function public.mark_shared is
  'Editors and up: the link to the public page was copied; answers when that was for the first time. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.mark_shared to authenticated;

create function private.first_steps(organization public.organizations) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select jsonb_agg(jsonb_build_object('step', s.step, 'done', s.done) order by s.place)
  from (values
    (1, 'profile', organization.description is not null and organization.category is not null),
    (2, 'logo', organization.logo_path is not null),
    (3, 'trial', organization.first_level_at is not null or exists (
      select from public.subscriptions b where b.organization_id = organization.id)),
    -- before the first level there is no page that a buyer could open
    (4, 'page', organization.is_published and organization.first_level_at is not null),
    (5, 'share', exists (
      select from public.organization_settings t where t.organization_id = organization.id and t.shared_at is not null)),
    (6, 'qr', exists (select from public.qr_codes q where q.organization_id = organization.id)),
    (7, 'story', exists (
      select from public.stories t
      where t.organization_id = organization.id and (t.submitted_at is not null or t.status = 'published')))
  ) as s (place, step, done)
$$;
comment on function private.first_steps is
  'What a new organization does first, and whether it has: [{step: profile|logo|trial|page|share|qr|story, done}]. story: one was handed in; share: the link was copied.';

create function private.subscription_state(subscription public.subscriptions, level public.status_level) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when subscription.id is null then case when level is null then 'none' else 'granted' end
    when not private.is_live(subscription.status) then case when level is null then 'ended' else 'granted' end
    when subscription.status = 'past_due' then 'past_due'
    when level is null then 'revoked'
    when subscription.cancel_at_period_end then 'ending'
    else subscription.status::text
  end
$$;
comment on function private.subscription_state is
  'Where an organization stands with its latest subscription and the level it holds, in one word: none, granted (a level without a subscription), trialing, active, ending, past_due, revoked (a subscription without a level), ended.';

-- Payments and requests are their admins' business, as in the tables.
create function private.latest_events(organization_id uuid, sees_money boolean, max_items int) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  with happened (at, kind, detail) as (
    (
      select e.occurred_at, 'level_' || e.action, jsonb_build_object('level', e.level, 'reason', e.reason)
      from public.status_level_events e
      where e.organization_id = latest_events.organization_id and e.action in ('granted', 'revoked', 'expired')
      order by e.occurred_at desc, e.id desc limit max_items
    )
    union all (
      select t.updated_at, case t.status when 'succeeded' then 'payment_succeeded' else 'payment_declined' end,
        jsonb_build_object('amount', t.amount::text, 'currency', t.currency)
      from public.payment_transactions t
      where sees_money and t.organization_id = latest_events.organization_id
        and (t.status = 'succeeded' or (t.status = 'canceled' and t.kind = 'renewal'))
      order by t.created_at desc limit max_items
    )
    union all (
      select r.updated_at, 'payment_refunded', jsonb_build_object('amount', r.amount::text, 'currency', r.currency)
      from public.payment_refunds r
      where sees_money and r.organization_id = latest_events.organization_id and r.status = 'succeeded'
      order by r.created_at desc limit max_items
    )
    union all (
      select l.occurred_at, 'story_' || l.action, jsonb_build_object('story_id', s.id, 'title', s.title)
      from public.story_activity_log l
      join public.stories s on s.id = l.story_id and s.deleted_at is null
      where l.organization_id = latest_events.organization_id and l.action in ('approved', 'rejected')
      order by l.id desc limit max_items
    )
    union all (
      select said.at, said.kind, jsonb_build_object('level', q.target_level)
      from public.status_upgrade_requests q
      cross join lateral (values
        (q.created_at, 'request_sent'),
        (q.reviewed_at, 'request_' || q.status)
      ) as said (at, kind)
      where sees_money and q.organization_id = latest_events.organization_id and said.at is not null
      order by said.at desc limit max_items
    )
  ), newest as (
    select * from happened h order by h.at desc limit max_items
  )
  select coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'at', n.at) || n.detail order by n.at desc), '[]') from newest n
$$;
comment on function private.latest_events is 'What happened last, newest first; payments and requests only for whom they concern.';

create function public.organization_overview(organization_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one answer from tables of different rights
as $$
declare
  organization public.organizations;
  latest public.subscriptions;
  live public.subscriptions;
  status jsonb;
  state text;
  begun jsonb;
  caller constant uuid := private.require_role(organization_id, 'viewer');
  sees_money constant boolean := private.role_of(organization_id, caller) >= 'admin';
begin
  select * into organization from public.organizations o where o.id = organization_overview.organization_id;
  select * into latest from public.subscriptions s
  where s.organization_id = organization.id
  order by private.is_live(s.status) desc, s.created_at desc, s.id desc
  limit 1;
  if private.is_live(latest.status) then
    live := latest;
  end if;
  status := public.get_organization_status(organization.id);
  state := private.subscription_state(latest, (status ->> 'level')::public.status_level);
  if sees_money then
    begun := private.payment_under_way(organization.id);
  end if;

  return jsonb_build_object(
    'state', jsonb_build_object(
      'kind', state,
      'until', case state
        when 'granted' then (status #>> '{levels,0,valid_until}')::timestamptz
        when 'past_due' then latest.grace_until
        when 'trialing' then latest.trial_ends_at
        when 'active' then latest.current_period_end
        when 'ending' then latest.current_period_end
      end,
      'next_charge', private.next_charge(live, now()),
      'ended', private.ended_subscription(latest, sees_money),
      'unfinished_payment', case when begun ->> 'kind' <> 'renewal' then begun ->> 'transaction_id' end,
      'trial_days', case when private.has_had_trial(organization) then 0 else
        coalesce((select max(p.trial_days) from public.subscription_plans p where p.is_active), 0) end
    ),
    'status', status,
    'checklist', private.first_steps(organization),
    'criteria', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'criterion', n.criterion, 'current', n.current, 'required', n.required, 'met', n.met, 'window_days', c.window_days
      ) order by c.position), '[]')
      from private.level_c_counts(array[organization.id], now()) n
      join public.level_c_criteria c on c.key = n.criterion
    ),
    'events', private.latest_events(organization.id, sees_money, 8)
  );
end
$$;
comment on function public.organization_overview is
  'Members: what the overview shows. {state: {kind: none|granted|trialing|active|ending|past_due|revoked|ended, until, next_charge: null|{at, amount, currency, payment_method_id, why_not}, ended: null|{at, reason, amount, currency}, unfinished_payment: null|transaction_id, trial_days (0: none can be begun)}, status (as get_organization_status), checklist: [{step: profile|logo|trial|page|share|qr|story, done}], criteria: [{criterion, current, required, met, window_days}], events: the 8 latest [{kind: level_granted|level_revoked|level_expired|payment_succeeded|payment_declined|payment_refunded|story_approved|story_rejected|request_sent|request_approved|request_rejected|request_more_asked, at, level?, reason?, amount?, currency?, story_id?, title?}]}. Below admin there are no payments and requests in it. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.organization_overview to authenticated;


-- Whose rights: the caller's own. organization_overview asks who they are, the tables who may see the requests.
create function public.status_overview(organization_id uuid) returns jsonb
  language plpgsql stable set search_path = ''
as $$
declare
  overview constant jsonb := public.organization_overview(organization_id);
begin
  return jsonb_build_object(
    'state', overview -> 'state', 'status', overview -> 'status', 'criteria', overview -> 'criteria',
    'history', (
      select coalesce(jsonb_agg(to_jsonb(h) - 'place' order by h.place), '[]')
      from public.get_status_history(status_overview.organization_id)
        with ordinality as h (level, action, reason, valid_until, occurred_at, detail, place)),
    'requests', (
      select coalesce(jsonb_agg(to_jsonb(r) order by r.created_at desc, r.id desc), '[]')
      from public.status_upgrade_requests r where r.organization_id = status_overview.organization_id),
    'steps', (
      select coalesce(jsonb_agg(to_jsonb(s) order by s.occurred_at, s.id), '[]')
      from public.upgrade_request_steps s where s.organization_id = status_overview.organization_id),
    'guide', public.verification_guide((select o.category from public.organizations o where o.id = status_overview.organization_id)));
end
$$;
comment on function public.status_overview is
  'Members: what the status page shows. {state, status, criteria (as organization_overview), history: [as get_status_history], requests: [rows of status_upgrade_requests, newest first], steps: [rows of upgrade_request_steps, oldest first], guide (as verification_guide, of the organization''s category)}. Below admin requests and steps are empty. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.status_overview to authenticated;


-- sql/69_qr_page.sql

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


-- sql/70_email_delivery.sql

-- Sending e-mail: what is queued is written, asked about once more, lent to a sender and settled, each message by itself.


-- E-mails are written when there is somebody to carry them, so that telling a hundred thousand people holds nobody up.
create function private.write_emails(as_of timestamptz, max_emails int) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  with due as (
    select n.user_id, n.id from public.notifications n
    where n.is_to_be_mailed and n.created_at <= as_of
    order by n.id limit max_emails
    for update skip locked
  ), taken as (
    update public.notifications n set is_to_be_mailed = false
    from due d where n.user_id = d.user_id and n.id = d.id
    returning n.user_id, n.organization_id, n.kind, n.data, n.created_at
  )
  insert into public.email_outbox (
    kind, user_id, organization_id, to_address, locale, time_zone, data, unsubscribe_token, next_attempt_at, created_at)
  select k.kind, p.id, t.organization_id, u.email, p.locale, coalesce(s.time_zone, p.time_zone),
    case when jsonb_typeof(t.data) = 'object' then t.data else '{}' end, case when not k.is_essential then gen_random_uuid() end, as_of, t.created_at
  from taken t
  join public.notification_kinds k on k.kind = t.kind
  join public.profiles p on p.id = t.user_id
  join auth.users u on u.id = p.id
  left join public.organization_settings s on s.organization_id = t.organization_id -- dates are the organization's
  where u.email is not null
$$;
comment on function private.write_emails is 'Writes the e-mails of notifications that are to be mailed, at most so many.';

-- Between telling and sending, or trying again, people change their minds, leave, and are removed.
create function private.why_not_to_send(email public.email_outbox) returns text
  language sql stable security definer set search_path = '' -- definer: reads what only its people may
as $$
  select case
    when email.attempts >= 8 then coalesce(email.error, 'no_answer') -- as one the server refused eight times
    when email.kind = 'invitation' and not exists (
      select from public.organization_invitations i
      where i.token_hash = sha256(convert_to(coalesce(email.data ->> 'token', ''), 'UTF8'))
        and i.accepted_at is null and i.expires_at > now() and not private.is_being_deleted(i.organization_id)
    ) then 'invitation_over'
    when email.user_id is null then null
    when not exists (select from auth.users u where u.id = email.user_id and u.email = email.to_address) then 'address_changed'
    when exists (
      select from public.notification_settings s join public.notification_kinds k on k.kind = s.kind
      where s.user_id = email.user_id and s.kind = email.kind and not s.by_email and not k.is_essential
    ) then 'switched_off'
    when email.organization_id is not null and not exists (
      select from public.organization_members m join public.notification_kinds k on k.kind = email.kind
      where m.organization_id = email.organization_id and m.user_id = email.user_id and m.role >= k.minimum_role
    ) then 'not_a_member'
  end
$$;
comment on function private.why_not_to_send is
  'Null for a queued e-mail that is still wanted, else the reason it is settled with: switched_off, not_a_member, address_changed, invitation_over, or what it failed of eight times.';

-- An e-mail about an organization has its passport at the head, and one about money says which card it is about and what is charged next:
-- as they are when it is sent.
create function private.organization_of(email public.email_outbox) returns uuid
  language sql stable security definer set search_path = '' -- definer: e-mails are written for anyone
as $$
  select coalesce(
    email.organization_id, private.uuid_or_null(email.data ->> 'organization_id'), (select o.id from public.organizations o where o.slug = email.data ->> 'slug'))
$$;
comment on function private.organization_of is 'The organization an e-mail is about, also where its reader need not belong to it.';

create function private.money_now(email public.email_outbox, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: e-mails are written for anyone
as $$
  select jsonb_build_object(
    'card', case
      when email.data ? 'transaction_id' then (
        select t.card from public.payment_transactions t where t.id = private.uuid_or_null(email.data ->> 'transaction_id'))
      else coalesce(private.card(private.uuid_or_null(email.data ->> 'payment_method_id')), private.card(s.payment_method_id)) end,
    'next_charge', private.next_charge(s, as_of) - 'payment_method_id' || jsonb_build_object('card', private.card(s.payment_method_id)))
  from (select) as always
  left join public.subscriptions s on s.organization_id = email.organization_id and private.is_live(s.status)
  where email.data ? 'currency'
$$;
comment on function private.money_now is
  'For an e-mail that names an amount: {card: null|{brand, last4, title}, next_charge: null|{at, amount, currency, why_not, card}}, as private.next_charge; null for others.';

create function public.claim_emails(as_of timestamptz default now(), max_items int default 50, lease_seconds int default 300) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  answer jsonb := '[]';
  email public.email_outbox;
  reason text;
  is_any_due boolean;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key sends e-mail.');
  end if;
  perform private.write_emails(as_of, max_items);
  loop
    is_any_due := false;
    for email in
      select e.* from public.email_outbox e
      where e.status = 'queued' and e.next_attempt_at <= as_of
      order by e.next_attempt_at limit max_items
      for update skip locked
    loop
      is_any_due := true;
      reason := private.why_not_to_send(email);
      if reason is not null then
        update public.email_outbox e
        set status = 'failed', error = reason, next_attempt_at = null, lease_id = null, data = e.data - 'token'
        where e.id = email.id;
      else
        update public.email_outbox e
        set attempts = e.attempts + 1, lease_id = gen_random_uuid(), next_attempt_at = as_of + make_interval(secs => lease_seconds)
        where e.id = email.id
        returning * into email;
        answer := answer || jsonb_build_object(
          'email_id', email.id, 'lease_id', email.lease_id, 'kind', email.kind, 'to_address', email.to_address, 'locale', email.locale,
          'time_zone', email.time_zone, 'data', email.data,
          'passport', private.passport(private.organization_of(email), as_of), 'money', private.money_now(email, as_of), 'unsubscribe_token', email.unsubscribe_token, 'created_at', email.created_at);
      end if;
    end loop;
    -- an empty answer says that nothing is due, so what was settled just now does not stand for the rest
    exit when not is_any_due or jsonb_array_length(answer) > 0;
  end loop;
  return answer;
end
$$;
comment on function public.claim_emails is
  'Service key only: e-mails to send now, leased: [{email_id, lease_id, kind, to_address, locale, time_zone, data, passport, money, unsubscribe_token, created_at}]; time_zone is the organization''s. passport: of the organization it is about, {name, slug, level, state: held|lost|none, verdict}; money: of what names an amount, {card: null|{brand, last4, title}, next_charge: null|{at, amount, currency, why_not, card}}. What is no longer wanted (switched off, left, removed, another address, an invitation that is over) is settled with its reason instead. One whose lease ran out is handed out again; after 8 tries it is given up.';
grant execute on function public.claim_emails to service_role;

create function public.settle_email(
  email_id uuid, lease_id uuid, is_sent boolean default null, error text default null, as_of timestamptz default now(), is_final boolean default false
) returns text
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  outcome text;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key sends e-mail.');
  end if;
  update public.email_outbox e
  set status = w.status,
      sent_at = case when w.status = 'sent' then as_of end,
      attempts = e.attempts - (is_sent is null)::int,
      next_attempt_at = case when w.status = 'queued' then as_of + case when is_sent is null then interval '0' else private.backoff(e.attempts) end end,
      error = case when is_sent is null then e.error when w.status <> 'sent' then left(coalesce(settle_email.error, 'unknown'), 500) end,
      data = case when w.status = 'queued' then e.data else e.data - 'token' end, -- what opens an organization is not kept longer than needed
      lease_id = null
  from (
    select q.id, case when is_sent then 'sent' when is_sent is null then 'queued' when coalesce(is_final, false) or q.attempts >= 8 then 'failed' else 'queued' end as status
    from public.email_outbox q where q.id = settle_email.email_id
  ) w
  where e.id = w.id and e.lease_id = settle_email.lease_id and e.status = 'queued'
  returning e.status into outcome;
  if outcome is null then
    -- the person it was for is no longer here, and their e-mails neither
    return case when exists (select from public.email_outbox e where e.id = settle_email.email_id) then 'lost_lease' else 'gone' end;
  end if;
  return outcome;
end
$$;
comment on function public.settle_email is
  'Service key only: how sending went; is_sent null: it was not tried, and is given back; is_final: no other try would fare better. Answers sent, queued (tried again later), failed (given up: final, or after 8 tries), lost_lease (another sender has it) or gone (with the person it was for).';
grant execute on function public.settle_email to service_role;

-- Who invited sees whether the e-mail went; an address that takes none would otherwise look like somebody who does not answer.
create function private.tell_the_invitation() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.organization_invitations i set email_state = new.status
  where i.token_hash = sha256(convert_to(coalesce(old.data ->> 'token', ''), 'UTF8'));
  return null;
end
$$;
comment on function private.tell_the_invitation is 'Trigger: an invitation says what became of its e-mail.';
create trigger email_outbox_tells_the_invitation after update of status on public.email_outbox
  for each row when (new.kind = 'invitation' and new.status <> old.status) execute function private.tell_the_invitation();

create function public.unsubscribe(token uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: the e-mail's link is the right to do this
as $$
declare
  email public.email_outbox;
begin
  select * into email from public.email_outbox e where e.unsubscribe_token = unsubscribe.token;
  if not found or email.user_id is null then
    perform private.refuse('not_found', 'There is no such e-mail.');
  end if;
  insert into public.notification_settings as s (user_id, kind, by_email) values (email.user_id, email.kind, false)
  on conflict on constraint notification_settings_pkey do update set by_email = false;
  return jsonb_build_object('kind', email.kind);
end
$$;
comment on function public.unsubscribe is
  'Public: the token from an e-mail switches its kind off by e-mail for its reader. Answers {kind}. 404 not_found.';
grant execute on function public.unsubscribe to anon, authenticated, service_role;


-- sql/71_catalogue.sql

-- The catalogue: how a buyer finds a producer: by a name as they remember or hear it, by INN, or by looking around.
-- Found is who has a public page: whoever ever held a level. What an organization says of itself counts only while it is published.

-- Letters that sound alike in both alphabets become one, so that «Медовый край», «Medovy Kray» and «Medoviy krai» meet.
create function private.search_key(words text) returns text
  language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  key text := lower(normalize(words, nfkd));
begin
  key := regexp_replace(regexp_replace(key, '[\u0300-\u036f''’`]', '', 'g'), '[^[:alnum:]]+', ' ', 'g'); -- й and ё lose their marks here
  key := regexp_replace(key, '\m(ооо|оао|зао|пао|нао|ао|ип|кфх|гкфх|спк|llc|ltd)\M', ' ', 'g'); -- legal forms say nothing of a name
  key := translate(key, 'абвгдезиклмнопрстуфхцыэюяьъ', 'abvgdeziklmnoprstufhcieua');
  key := replace(replace(replace(replace(key, 'ж', 'zh'), 'ч', 'ch'), 'ш', 'sh'), 'щ', 'sh');
  key := replace(replace(replace(replace(key, 'x', 'ks'), 'w', 'v'), 'q', 'k'), 'ph', 'f');
  key := regexp_replace(regexp_replace(regexp_replace(key, 'sh?ch', 'sh', 'g'), 'ts?ch', 'ch', 'g'), 't[sz]', 'c', 'g');
  key := regexp_replace(regexp_replace(replace(key, 'kh', 'h'), '[yij]+o', 'e', 'g'), '[yij]+([aeu])', '\1', 'g');
  return btrim(regexp_replace(regexp_replace(translate(key, 'yj', 'ii'), '([a-z])\1+', '\1', 'g'), ' +', ' ', 'g'));
end
$$;
-- An index on it is written as whoever changes a name.
grant execute on function private.search_key to authenticated, service_role;
comment on function private.search_key is
  'A name as it is looked for: in Latin letters, what sounds alike spelt alike, without marks, legal forms and doubled letters: «ООО „Медовый край“», medovy kray → medovi krai.';

create function private.search_words(key text) returns setof text
  language sql immutable parallel safe rows 4 set search_path = ''
as $$
  select w.word from unnest(string_to_array(key, ' ')) with ordinality as w (word, place) where w.word <> '' group by w.word order by min(w.place)
$$;
comment on function private.search_words is 'The words of a search key, each once, in their order.';

-- Two words of which one letter was left out, put in, changed or moved have a spelling in common (as SymSpell finds them).
create function private.spellings(word text) returns text[]
  language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  found_ones text[] := array[word];
  letters constant int := char_length(word);
begin
  if letters >= 4 and word !~ '[0-9]' then
    for n in 1..letters loop
      if n = 1 or substr(word, n, 1) <> substr(word, n - 1, 1) then -- of two letters alike it is no matter which is left out
        found_ones := found_ones || (left(word, n - 1) || substr(word, n + 1));
      end if;
    end loop;
  end if;
  return found_ones;
end
$$;
comment on function private.spellings is 'A word, and from four letters on the word without each of its letters.';


-- Words of names, and whose names they are in. ---------------------------------------------------------------------------

create table private.search_words (
  id int generated always as identity primary key,
  word text not null,
  constraint search_words_word_key unique (word)
);
comment on table private.search_words is 'Every word that ever stood in a public name, as private.search_key writes it. Words stay: some tens of thousands.';
create index search_words_prefix_idx on private.search_words (word text_pattern_ops);
alter table private.search_words enable row level security;
-- no grants and no policies: only definer functions read and write it

create table private.search_spellings (
  spelling text not null,
  word_id int not null references private.search_words (id),
  primary key (spelling, word_id)
);
comment on table private.search_spellings is 'What a word may be found by when it is written with one mistake.';
create index search_spellings_word_id_idx on private.search_spellings (word_id);
alter table private.search_spellings enable row level security;
-- no grants and no policies: only definer functions read and write it

create table private.catalogue_words (
  word_id int not null references private.search_words (id),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  primary key (word_id, organization_id)
);
comment on table private.catalogue_words is 'In whose name, legal name or address a word stands: read word by word, organizations in the order in which they came.';
create index catalogue_words_organization_id_idx on private.catalogue_words (organization_id, word_id);
alter table private.catalogue_words enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.file_names(organization_ids uuid[]) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: the tables are private
as $$
declare
  owners uuid[];
  words text[];
begin
  select array_agg(o.id), array_agg(w.word) into owners, words
  from public.organizations o
  cross join lateral private.search_words(private.search_key(concat_ws(' ', o.name, o.legal_name, o.slug))) as w (word)
  where o.id = any (organization_ids) and o.first_level_at is not null;
  with added as ( -- in one order, so that two who add the same words wait for each other and not both ways
    insert into private.search_words (word)
    select distinct given.word from unnest(words) as given (word)
    where not exists (select from private.search_words known where known.word = given.word)
    order by given.word
    on conflict on constraint search_words_word_key do nothing
    returning id, word
  )
  insert into private.search_spellings (spelling, word_id)
  select s.spelling, a.id from added a cross join lateral unnest(private.spellings(a.word)) as s (spelling);
  delete from private.catalogue_words old
  where old.organization_id = any (organization_ids)
    and not exists (
      select from unnest(owners, words) as given (organization_id, word)
      join private.search_words known on known.word = given.word
      where given.organization_id = old.organization_id and known.id = old.word_id);
  insert into private.catalogue_words (word_id, organization_id)
  select known.id, given.organization_id
  from unnest(owners, words) as given (organization_id, word)
  join private.search_words known on known.word = given.word
  order by known.id, given.organization_id
  on conflict on constraint catalogue_words_pkey do nothing;
end
$$;
comment on function private.file_names is 'The words of these organizations'' names become what they are found by; of those that never held a level, nothing.';

create function private.file_new_names() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the tables
as $$
declare
  changed uuid[];
begin
  if tg_op = 'INSERT' then
    select array_agg(n.id) into changed from new_rows n where n.first_level_at is not null;
  else
    select array_agg(n.id) into changed
    from new_rows n join old_rows o on o.id = n.id
    where n.first_level_at is not null
      and (n.name, n.legal_name, n.slug, n.first_level_at is null) is distinct from (o.name, o.legal_name, o.slug, o.first_level_at is null);
  end if;
  if changed is not null then
    perform private.file_names(changed);
  end if;
  return null;
end
$$;
comment on function private.file_new_names is 'Trigger: whoever has a public page is found by the name that stands on it.';
create trigger organizations_are_found_when_made after insert on public.organizations
  referencing new table as new_rows for each statement execute function private.file_new_names();
create trigger organizations_are_found_by_their_names after update on public.organizations
  referencing new table as new_rows old table as old_rows for each statement execute function private.file_new_names();

create index organizations_found_by_name_idx on public.organizations (private.search_key(name), id) where first_level_at is not null;
create index organizations_found_by_inn_idx on public.organizations (inn, id) where first_level_at is not null;
create index organizations_listed_idx on public.organizations (id) where is_published and first_level_at is not null;
create index organizations_listed_by_region_idx on public.organizations (lower(region), id) where is_published and first_level_at is not null;
create index organizations_listed_by_category_idx on public.organizations (lower(category), id) where is_published and first_level_at is not null;


-- Looking -----------------------------------------------------------------------------------------------------------------

create function private.find_organizations(
  word_ids int[], among uuid[], except_for uuid[], beyond uuid, max_items int, level public.status_level, category text, region text
) returns uuid[]
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to the tables
as $$
declare
  ids uuid[];
begin
  -- Written out for what is asked, so that each way goes by its index and stops when the page is full.
  execute 'select array(select o.id from public.organizations o'
    || coalesce((
      select string_agg(format(' join private.catalogue_words w%1$s on w%1$s.organization_id = o.id and w%1$s.word_id = %2$s', w.place, w.id), '' order by w.place)
      from unnest(word_ids) with ordinality as w (id, place)), '')
    || case when level is null then '' else
      ' join public.organization_status_levels l on l.organization_id = o.id and l.is_active and l.level = $6 and (l.valid_until is null or l.valid_until > now())' end
    || ' where o.first_level_at is not null and o.id > $3'
    || case when among is null then '' else ' and o.id = any ($1)' end
    || case when cardinality(except_for) > 0 then ' and o.id <> all ($2)' else '' end
    || case when coalesce(word_ids::text, among::text) is null or coalesce(category, region) is not null then ' and o.is_published' else '' end
    || case when category is null then '' else ' and lower(o.category) = lower($7)' end
    || case when region is null then '' else ' and lower(o.region) = lower($8)' end
    || case when level is null then '' else
      ' and not exists (select from public.organization_status_levels h where h.organization_id = o.id and h.is_active and h.level > $6 and (h.valid_until is null or h.valid_until > now()))' end
    || ' order by o.id limit $4)'
  into ids using among, except_for, beyond, max_items, null, level, category, region;
  return ids;
end
$$;
comment on function private.find_organizations is
  'Organizations beyond that one, in the order in which they came: with all these words, or among these, else all that are published; whose highest level held now is that one, and which say that category and region of themselves, where they are asked for.';

create function private.words_meant(written text, is_last boolean) returns int[]
  language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' -- definer: the tables are private
as $$
begin
  return array(
    select s.word_id from private.search_spellings s where s.spelling = any (private.spellings(written))
    union
    (
      -- The last word may be still on its way. Between two bounds: of a pattern that it does not know, a kept plan reads every word there is.
      select known.id from private.search_words known
      where is_last and char_length(written) >= 3 and known.word ~>=~ written and known.word ~<~ (written || chr(1114111))
      order by char_length(known.word), known.word
      limit 50
    )
  );
end
$$;
comment on function private.words_meant is 'The words that may have been meant by this one: with one mistake, or, of the last, as its beginning.';

create function private.organizations_meant(words text[]) returns uuid[]
  language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' -- definer: the tables are private
as $$
declare
  count_of_words constant int := cardinality(words);
  sets text[]; -- of each word those that may have been meant by it, as an array; the rarest first
  others text;
  meant int[];
  candidates uuid[];
begin
  -- Each statement is simple enough for one plan, which is kept and goes by the index whatever is asked.
  sets := array(
    select m.ids::text
    from unnest(words) with ordinality as w (word, number)
    cross join lateral private.words_meant(w.word, w.number = count_of_words) as m (ids)
    cross join lateral (
      select count(*) as few from (select from private.catalogue_words w where w.word_id = any (m.ids) limit 1000) w) c
    order by c.few, w.number
  );
  meant := sets[1];
  candidates := array(
    select w.organization_id
    from unnest(meant) as given (id)
    cross join lateral (
      select w.organization_id from private.catalogue_words w where w.word_id = given.id order by w.organization_id limit 1000
    ) w
  );
  foreach others in array sets[2:] loop
    meant := others;
    -- One by one, and by all the few words that a name has: to look up each of an array costs three times as much.
    candidates := array(
      select f.id from unnest(candidates) as f (id)
      where exists (
        select from private.catalogue_words w where w.organization_id = f.id and w.word_id + 0 = any (meant) offset 0)
    );
  end loop;
  return array(select distinct f.id from unnest(candidates) as f (id) order by f.id limit 1000);
end
$$;
comment on function private.organizations_meant is
  'Organizations whose names have, for each of these words, one that may have been meant by it; looked for among the first thousand of each word of the rarest, a thousand at most. Empty when a word means nothing.';

create function private.catalogue_items(ids uuid[], is_near boolean) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to what is not published
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'slug', o.slug, 'name', o.name, 'legal_name', o.legal_name, 'inn', coalesce(o.inn, o.masked_inn),
    'level', held.level, 'level_since', held.since,
    'lost', case when held.lost then private.lost_levels(o.id, now()) else '[]' end,
    'category', case when o.is_published then o.category end, 'region', case when o.is_published then o.region end,
    'logo_path', case when o.is_published then o.logo_path end, 'near', is_near
  ) order by i.place), '[]')
  from unnest(ids) with ordinality as i (id, place)
  join public.organizations o on o.id = i.id
  cross join lateral (
    select max(l.level) filter (where s.held) as level,
      (array_agg(l.valid_from order by l.level desc) filter (where s.held))[1] as since,
      bool_or(not s.held) as lost
    from public.organization_status_levels l
    cross join lateral (select l.is_active and (l.valid_until is null or l.valid_until > now()) as held) s
    where l.organization_id = o.id
  ) held
$$;
comment on function private.catalogue_items is 'What the catalogue shows of these organizations, in this order.';

create function public.search_organizations(
  query text default null, level public.status_level default null, category text default null, region text default null,
  after text default null, max_items int default 20
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: whoever held a level is found, published or not
as $$
#variable_conflict use_variable
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  wanted text := coalesce(btrim(left(query, 200)), '');
  inn text := case when wanted ~ '^[0-9 -]+$' then regexp_replace(wanted, '[ -]', '', 'g') end;
  key text := private.search_key(wanted);
  words text[] := (array(select private.search_words(key)))[1:8];
  word_ids int[];
  same uuid[];
  stage text := coalesce(split_part(after, '.', 1), case when wanted = '' then 'listed' when char_length(inn) in (10, 12) then 'inn' else 'same' end);
  beyond uuid;
  page uuid[] := '{}';
  named uuid[] := '{}';
begin
  if max_items is null or max_items not between 1 and 100 then
    perform private.refuse('invalid_input', '[{"field": "max_items", "code": "out_of_range"}]', 'From 1 to 100.');
  end if;
  if after !~ '^(listed|inn|same|named|near)\.[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then
    perform private.refuse('invalid_input', '[{"field": "after", "code": "invalid"}]', 'Give what the page before answered as "next".');
  end if;
  beyond := coalesce(split_part(after, '.', 2)::uuid, nobody);
  category := nullif(btrim(category), '');
  region := nullif(btrim(region), '');

  if stage = 'listed' then
    page := private.find_organizations(null, null, null, beyond, max_items + 1, level, category, region);
  elsif stage = 'inn' then
    page := private.find_organizations(
      null, array(select o.id from public.organizations o where o.inn = inn and o.first_level_at is not null), null, beyond, max_items + 1, level, category, region);
  elsif key <> '' then
    -- Who is called just this, then whose name has all its words; when there is none of either, who may have been meant.
    if stage in ('same', 'named') then
      same := array(select o.id from public.organizations o where private.search_key(o.name) = key and o.first_level_at is not null order by o.id limit 1000);
      word_ids := array(select w.id from private.search_words w where w.word = any (words));
    end if;
    if stage = 'same' and cardinality(same) > 0 then
      page := private.find_organizations(null, same, null, beyond, max_items + 1, level, category, region);
    end if;
    if stage in ('same', 'named') and cardinality(word_ids) = cardinality(words) and cardinality(page) <= max_items then
      named := private.find_organizations(
        word_ids, null, same, case stage when 'named' then beyond else nobody end, max_items + 1 - cardinality(page), level, category, region);
    end if;
    if stage = 'near' or (after is null and cardinality(page || named) = 0) then
      stage := 'near';
      page := private.find_organizations(null, private.organizations_meant(words), null, beyond, max_items + 1, level, category, region);
    end if;
  end if;

  return jsonb_build_object(
    'items', private.catalogue_items((page || named)[1:max_items], stage = 'near'),
    'next', case when cardinality(page || named) > max_items then
      case when cardinality(page) < max_items then 'named' else stage end || '.' || (page || named)[max_items] end);
end
$$;
comment on function public.search_organizations is
  'Public: producers that ever held a level, published or not. query: a name (part of it, in either alphabet; when nobody is called so, with a mistake a word: near is true) or an INN; without one, all that are published. level: the highest held now; category and region: what published organizations say of themselves. Who is called just so comes first, then in the order in which they came: {items: [{slug, name, legal_name, inn, level, level_since, lost (as get_organization_status), category, region, logo_path, near}], next}. after: what the page before answered as next. 422 invalid_input.';
grant execute on function public.search_organizations to anon, authenticated, service_role;

create function private.listed_values(of_what text, max_items int) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: looks only at what is published
as $$
declare
  found_values jsonb;
begin
  -- From one value to the next by the index: as many steps as there are values, however many organizations.
  execute format($query$
    with recursive walk as (
      (select lower(o.%1$I) as key, o.%1$I as value, 1 as step from public.organizations o
       where o.is_published and o.first_level_at is not null and lower(o.%1$I) > '' order by lower(o.%1$I), o.id limit 1)
      union all
      select n.key, n.value, w.step + 1 from walk w cross join lateral (
        select lower(o.%1$I) as key, o.%1$I as value from public.organizations o
        where o.is_published and o.first_level_at is not null and lower(o.%1$I) > w.key order by lower(o.%1$I), o.id limit 1) n
      where w.step < $1
    )
    select coalesce(jsonb_agg(value order by key), '[]') from walk$query$, of_what)
  into found_values using max_items;
  return found_values;
end
$$;
comment on function private.listed_values is 'The categories or regions of published organizations, each once, by the alphabet.';

create function public.get_catalogue_choices() returns jsonb
  language sql stable security definer set search_path = '' -- definer: whoever looks around has no right to the index walk
as $$
  select jsonb_build_object('categories', private.listed_values('category', 300), 'regions', private.listed_values('region', 300))
$$;
comment on function public.get_catalogue_choices is 'Public: by what search_organizations can be narrowed: {categories: [text], regions: [text]}, at most 300 of each.';
grant execute on function public.get_catalogue_choices to anon, authenticated, service_role;


-- For search engines, in parts: what is told of a million is read by steps along an index of nothing but ids. --------------------------------

create index stories_listed_idx on public.stories (id) where status = 'published';

create function private.listed(of_what text, after uuid, every int, max_items int) returns uuid[]
  language plpgsql stable security definer set search_path = '' -- definer: whoever lists has no right to the index walk
as $$
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  source constant text := case of_what
    when 'organizations' then 'public.organizations p where p.is_published and p.first_level_at is not null'
    when 'stories' then 'public.stories p where p.status = ''published''' end;
  ids uuid[];
begin
  if max_items is null or max_items not between 1 and 50000 then
    perform private.refuse('invalid_input', '[{"field": "max_items", "code": "out_of_range"}]', 'From 1 to 50000.');
  end if;
  if every is null or every < 1 then
    perform private.refuse('invalid_input', '[{"field": "every", "code": "out_of_range"}]', 'From 1.');
  end if;
  execute format(case when every = 1 then
    'select array(select p.id from %s and p.id > $1 order by p.id limit $3)'
  else
    $query$
      with recursive ends as (
        (select p.id, 1 as step from %1$s and p.id > $1 order by p.id offset $2 - 1 limit 1)
        union all
        select n.id, e.step + 1 from ends e cross join lateral (select p.id from %1$s and p.id > e.id order by p.id offset $2 - 1 limit 1) n
        where e.step < $3
      )
      select array(select id from ends order by id)$query$
  end, source)
  into ids using coalesce(after, nobody), every, max_items;
  return ids;
end
$$;
comment on function private.listed is 'Ids of what is published (organizations, stories) after that one, in their order; every: the last of each so many.';

create function public.list_organizations(after uuid default null, every int default 1, max_items int default 50000) returns jsonb
  language sql stable security definer set search_path = '' -- definer: whoever lists has no right to the index walk
as $$
  select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'slug', o.slug) order by o.id), '[]'))
  from unnest(private.listed('organizations', after, every, max_items)) as p (id)
  join public.organizations o on o.id = p.id
$$;
comment on function public.list_organizations is
  'Public, for the sitemap: published organizations that ever held a level, by their ids, those after that one: {items: [{id, slug}]}. every: only one in so many, where parts of that size end. max_items: up to 50000. 422 invalid_input.';
grant execute on function public.list_organizations to anon, authenticated, service_role;

create function public.list_stories(after uuid default null, every int default 1, max_items int default 50000) returns jsonb
  language sql stable security definer set search_path = '' -- definer: as above
as $$
  select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object(
    'id', s.id, 'slug', o.slug, 'published_at', case when o.id is not null then s.published_at end) order by s.id), '[]'))
  from unnest(private.listed('stories', after, every, max_items)) as p (id)
  join public.stories s on s.id = p.id
  -- where a part ends is said also by what is not shown: else parts would begin elsewhere when an organization hides
  left join public.organizations o on o.id = s.organization_id and o.is_published and o.first_level_at is not null and s.published_at <= now()
  where every > 1 or o.id is not null
$$;
comment on function public.list_stories is
  'Public, for the sitemap: published stories of published organizations, by their ids, those among the next max_items after that one: {items: [{id, slug (the organization''s), published_at}]}. every: only one in so many, where parts of that size end; slug and published_at may be null there. max_items: up to 50000. 422 invalid_input.';
grant execute on function public.list_stories to anon, authenticated, service_role;


-- sql/80_status_expiry.sql

-- The daily job of status levels: notices before an end, ends, grace that is over, level C. Scheduled at 0 2 * * * UTC.


-- Notices: which were sent, so that each is sent once for one end date. --------------------------------------------------

create table public.status_notices (
  status_id uuid not null references public.organization_status_levels (id) on delete cascade,
  valid_until timestamptz not null,
  threshold int not null,
  noticed_at timestamptz not null,
  primary key (status_id, valid_until, threshold),
  constraint threshold_is_known check (threshold in (60, 30, 7, 1))
);
comment on table public.status_notices is 'That an organization was told a level ends in 60, 30, 7 or 1 days: once per level, end date and threshold.';
alter table public.status_notices enable row level security;
grant select on public.status_notices to authenticated, service_role;
create policy "platform admins see the notices" on public.status_notices
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: only the daily job writes

-- A run that was missed is caught up by the nearest threshold alone: whoever was told of 7 days is not told of 30 after.
create function private.send_status_notices(as_of timestamptz, max_rows int) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  answer jsonb;
begin
  with due as (
    select l.id, l.organization_id, l.level, l.valid_until, d.days_left, t.threshold
    from public.organization_status_levels l
    join public.organizations o on o.id = l.organization_id
    join public.organization_settings s on s.organization_id = l.organization_id
    cross join lateral (select private.days_left(l.valid_until, as_of, s.time_zone)) as d (days_left)
    cross join lateral (
      select min(threshold) from unnest(array[60, 30, 7, 1]) as threshold where threshold >= d.days_left
    ) as t (threshold)
    where l.is_active and l.valid_until > as_of and l.valid_until < as_of + interval '62 days' and t.threshold is not null
      and not exists (
        select from public.status_notices n
        where n.status_id = l.id and n.valid_until = l.valid_until and n.threshold <= t.threshold
      )
    limit max_rows
    for no key update of o skip locked
  ), noticed as (
    insert into public.status_notices (status_id, valid_until, threshold, noticed_at)
    select d.id, d.valid_until, d.threshold, as_of from due d
    on conflict do nothing
    returning status_id, threshold
  ), told as (
    select d.organization_id, d.threshold,
      jsonb_build_object('level', d.level, 'valid_until', d.valid_until, 'days_left', d.days_left) as data
    from noticed n join due d on d.id = n.status_id and d.threshold = n.threshold
  ), sent as (
    select private.notify_many(array_agg(t.organization_id), 'status_expiring', array_agg(t.data), as_of) from told t
  )
  select jsonb_object_agg(threshold::text, (select count(*) from told t where t.threshold = thresholds.threshold)) into answer
  from unnest(array[60, 30, 7, 1]) as thresholds (threshold), (select count(*) from sent) as done;
  return answer;
end
$$;
comment on function private.send_status_notices is 'Tells of levels that end in 60, 30, 7 or 1 days: {"60": n, "30": n, "7": n, "1": n}.';


-- The job ----------------------------------------------------------------------------------------------------------------

create function public.run_status_expiry(as_of timestamptz default now(), max_rows int default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  answer jsonb := jsonb_build_object(
    'as_of', as_of, 'notices', '{"60": 0, "30": 0, "7": 0, "1": 0}'::jsonb,
    'expired', 0, 'grace_ended', 0, 'level_c_granted', 0, 'level_c_revoked', 0
  );
  failed text[] := '{}';
  errors jsonb := '{}';
  is_more boolean := false;
  notices jsonb;
  over uuid[];
  ended record;
  counted int;
  fallen int := 0;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key runs jobs.');
  end if;

  -- Each step in a subtransaction of its own: one that fails is reported, and the others still run.
  begin
    notices := private.send_status_notices(as_of, max_rows);
    answer := answer || jsonb_build_object('notices', notices);
    is_more := is_more or coalesce((select sum(value::int) from jsonb_each_text(notices)) >= max_rows, false);
  exception when others then
    failed := failed || 'notices'::text;
    errors := errors || jsonb_build_object('notices', sqlerrm);
  end;

  begin
    counted := private.end_cancelled(as_of, max_rows);
    over := private.lock_ending_levels(false, as_of, max_rows);
    select e.* into ended from private.end_levels(over, 'expired', 'term_ended', 'job', as_of, only_over => true) e;
    answer := answer || jsonb_build_object('expired', counted + ended.ended);
    fallen := ended.fallen_c;
    is_more := is_more or coalesce(greatest(counted, cardinality(over)) >= max_rows, false); -- a run beside this one may have ended some of them meanwhile
  exception when others then
    failed := failed || 'expired'::text;
    errors := errors || jsonb_build_object('expired', sqlerrm);
  end;

  begin
    counted := private.end_grace(as_of, max_rows);
    answer := answer || jsonb_build_object('grace_ended', counted);
    is_more := is_more or coalesce(counted >= max_rows, false);
  exception when others then
    failed := failed || 'grace_ended'::text;
    errors := errors || jsonb_build_object('grace_ended', sqlerrm);
  end;

  begin
    answer := answer || jsonb_build_object('level_c_revoked', fallen);
    if not is_more then -- looks at everybody who is paid, so once, after the last batch of ends
      select c.* into ended from private.review_level_c(as_of, max_rows) c;
      answer := answer || jsonb_build_object('level_c_granted', ended.granted, 'level_c_revoked', ended.revoked + fallen);
      is_more := coalesce(ended.revoked >= max_rows, false);
    end if;
  exception when others then
    failed := failed || 'level_c'::text;
    errors := errors || jsonb_build_object('level_c', sqlerrm);
  end;

  perform private.forget_trial_cards(as_of);
  answer := answer || jsonb_build_object('stranded', private.note_stranded(as_of));
  return answer || jsonb_build_object('failed_steps', to_jsonb(failed), 'errors', errors, 'more', is_more);
end
$$;
comment on function public.run_status_expiry is
  'Service key only, daily: {as_of, notices: {"60", "30", "7", "1"}, expired, grace_ended, level_c_granted, level_c_revoked, stranded, failed_steps, errors, more}; stranded: live subscriptions that nothing moves any more, each an open difference. With max_rows, at most so many of a kind in one call, so that locks are short: call again while more is true. Running it twice changes nothing.';
grant execute on function public.run_status_expiry to service_role;


-- sql/81_billing_cycle.sql

-- The hourly job of billing: notices before a charge, ends of trials, periods and grace. Charges themselves: 49_charges.


-- Notices before money is taken or a level is lost -----------------------------------------------------------------------

create table public.billing_notices (
  subscription_id uuid not null references public.subscriptions (id) on delete cascade,
  kind text not null references public.notification_kinds (kind),
  due_at timestamptz not null,
  days int not null,
  noticed_at timestamptz not null,
  primary key (subscription_id, kind, due_at, days)
);
comment on table public.billing_notices is 'That an organization was told of a charge or an end: once per subscription, kind, date and number of days.';
create index billing_notices_kind_idx on public.billing_notices (kind);
alter table public.billing_notices enable row level security;
grant select on public.billing_notices to authenticated, service_role;
create policy "platform admins see the notices of billing" on public.billing_notices
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: only the billing cycle writes
create function private.send_billing_notices(as_of timestamptz, max_rows int) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  counted int;
begin
  with rules (kind, days) as (
    -- the nearest one alone, so that a run that was missed is caught up without a pile of e-mails
    values ('trial_ending', 3), ('trial_ending', 1), ('renewal_coming', 7), ('grace_ending', 3), ('grace_ending', 1)
  ), upcoming as (
    select s.id, s.organization_id, 'trial_ending' as kind, s.trial_ends_at as due_at
    from public.subscriptions s where s.status = 'trialing' and s.trial_ends_at > as_of and s.trial_ends_at < as_of + interval '5 days'
    union all
    select s.id, s.organization_id, 'renewal_coming', s.current_period_end
    from public.subscriptions s join public.subscription_plans p on p.id = s.plan_id
    where s.status = 'active' and not s.cancel_at_period_end
      and (p.period = 'year' or private.began_late(s.id)) -- a month's day is known, unless a pause of ours moved it
      and s.current_period_end > as_of and s.current_period_end < as_of + interval '9 days'
    union all
    select s.id, s.organization_id, 'grace_ending', s.grace_until
    from public.subscriptions s where s.status = 'past_due' and s.grace_until > as_of and s.grace_until < as_of + interval '5 days'
  ), due as (
    select u.*, d.days_left, (select min(r.days) from rules r where r.kind = u.kind and r.days >= d.days_left) as days
    from upcoming u
    join public.organization_settings os on os.organization_id = u.organization_id
    cross join lateral (select private.days_left(u.due_at, as_of, os.time_zone)) as d (days_left)
  ), noticed as (
    insert into public.billing_notices (subscription_id, kind, due_at, days, noticed_at)
    select d.id, d.kind, d.due_at, d.days, as_of
    from due d
    where d.days is not null and not exists (
      select from public.billing_notices n
      where n.subscription_id = d.id and n.kind = d.kind and n.due_at = d.due_at and n.days <= d.days)
    limit max_rows
    on conflict do nothing
    returning subscription_id, kind, due_at
  ), told as (
    select n.kind, array_agg(d.organization_id) as organization_ids, array_agg(private.coming_period(s) || jsonb_build_object(
      'due_at', d.due_at, 'days_left', d.days_left, 'will_be_charged', s.next_charge_at is not null and s.payment_method_id is not null)) as data
    from noticed n
    join due d on d.id = n.subscription_id and d.kind = n.kind and d.due_at = n.due_at
    join public.subscriptions s on s.id = d.id
    group by n.kind
  ), sent as (
    select private.notify_many(t.organization_ids, t.kind, t.data, as_of) from told t
  )
  select (select count(*) from noticed) into counted from (select count(*) from sent) as done;
  return counted;
end
$$;
comment on function private.send_billing_notices is 'Tells of trials that end in 3 and 1 days, yearly renewals in 7, and grace that ends in 3 and 1; how many.';


-- The billing cycle: ends of trials, periods and grace -------------------------------------------------------------------

create function public.run_billing_cycle(as_of timestamptz default now(), max_rows int default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription record;
  accepted int;
  noticed int;
  canceled int;
  cardless int := 0;
  expired int;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key runs jobs.');
  end if;
  accepted := private.accept_mended(as_of);
  perform private.apply_plan_prices(as_of);
  noticed := private.send_billing_notices(as_of, max_rows) + private.notice_prices(as_of, max_rows);

  canceled := private.end_cancelled(as_of, max_rows);

  for subscription in -- due, and there is no card to charge
    select s.id from public.subscriptions s join public.organizations o on o.id = s.organization_id
    where s.next_charge_at <= as_of and s.payment_method_id is null
    order by s.next_charge_at limit max_rows
    for no key update of o, s skip locked
  loop
    perform private.decline_subscription(subscription.id, 'no_payment_method', as_of);
    cardless := cardless + 1;
  end loop;

  expired := private.end_grace(as_of, max_rows, interval '100 years'); -- what is due is tried right after this
  return jsonb_build_object(
    'as_of', as_of, 'accepted', accepted, 'noticed', noticed, 'canceled', canceled, 'without_card', cardless, 'grace_ended', expired,
    'more', coalesce(greatest(noticed, canceled, cardless, expired) >= max_rows, false)
  );
end
$$;
comment on function public.run_billing_cycle is
  'Service key only, hourly: {as_of, accepted, noticed, canceled, without_card, grace_ended, more}; accepted: payments that only our own wrong settings had put aside; with max_rows, at most so many of a kind in one call: call again while more is true. Running it twice changes nothing.';
grant execute on function public.run_billing_cycle to service_role;


-- Prices -----------------------------------------------------------------------------------------------------------------

create function public.set_plan_price(plan_id text, amount numeric, valid_from timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'set_plan_price', null, plan_id, jsonb_build_object('amount', left(amount::text, 20), 'valid_from', valid_from));
begin
  if not exists (select from public.subscription_plans p where p.id = set_plan_price.plan_id) then
    perform private.refuse('not_found', 'There is no such plan.');
  end if;
  if amount is null or amount < 1 or amount >= 1000000 or amount <> round(amount, 2) then
    perform private.refuse('invalid_input', '[{"field": "amount", "code": "out_of_range"}]', 'From 1.00 to 999999.99.');
  end if;
  if valid_from is null or valid_from < now() then
    perform private.refuse('invalid_input', '[{"field": "valid_from", "code": "in_the_past"}]', 'What was is not changed.');
  elsif not private.is_a_term(valid_from) then
    perform private.refuse('invalid_input', '[{"field": "valid_from", "code": "invalid"}]', 'Within 50 years.');
  end if;
  insert into public.plan_prices as v (plan_id, amount, valid_from, created_by)
  values (set_plan_price.plan_id, set_plan_price.amount, set_plan_price.valid_from, caller)
  on conflict on constraint plan_prices_pkey do update set amount = excluded.amount, created_by = excluded.created_by;
  perform private.apply_plan_prices(now());
  return jsonb_build_object('plan_id', plan_id, 'amount', amount::text, 'valid_from', valid_from);
end
$$;
comment on function public.set_plan_price is
  'Platform admins: a plan costs so much from that moment on. Who holds it is told of both prices, and pays the new one at the first charge after 30 days. Answers {plan_id, amount, valid_from}. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.set_plan_price to authenticated;


-- sql/84_payment_traces.sql

-- What payments still say of a person when their organization is gone: the receipt's address and the card's digits.
-- The payments themselves, with the numbers of their fiscal receipts, stay for the books (402-ФЗ, art. 29: five years); these do not belong to them.

create function private.forget_payers(as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  gone uuid[] := array(select o.id from public.organizations o where o.deleted_at <= as_of);
begin
  -- An undecided one may have to be sent again, e-mail for e-mail; it is stripped when it is decided.
  update public.payment_transactions t
  set request_body = (t.request_body::jsonb #- '{receipt,customer}')::text
  where t.organization_id = any (gone) and not private.is_undecided(t.status)
    and t.request_body::jsonb #> '{receipt,customer}' is not null;
  update public.payment_transactions t set card = null where t.organization_id = any (gone) and t.card is not null;
  update public.payment_refunds r
  set request_body = (r.request_body::jsonb #- '{receipt,customer}')::text
  where r.organization_id = any (gone) and r.status in ('succeeded', 'canceled')
    and r.request_body::jsonb #> '{receipt,customer}' is not null;
  update public.payment_webhooks_log w
  set payload = w.payload #- '{object,payment_method,card}' #- '{object,payment_method,title}' #- '{object,receipt,customer}'
  where w.status <> 'received'
    and w.object_id in (
      select t.yookassa_payment_id from public.payment_transactions t where t.organization_id = any (gone)
      union all select r.yookassa_refund_id from public.payment_refunds r where r.organization_id = any (gone)
    )
    and (w.payload #> '{object,payment_method,card}' is not null or w.payload #> '{object,payment_method,title}' is not null
      or w.payload #> '{object,receipt,customer}' is not null);
end
$$;
comment on function private.forget_payers is
  'Strips the receipt''s customer from what was sent for organizations that are deleted, and the card from what ЮKassa told of their payments and from the payments.';


-- sql/84_release.sql

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


-- sql/85_organization_deletion.sql

-- Deleting an organization: asked for by the owner, undone within 30 days, then its personal data goes.
-- Status and payment history stay: the first is what buyers rely on, the second the law asks for (402-ФЗ, art. 29: five years).
-- So do the name, legal name and INN of a company that held a level. A person's (12 digits) are personal data and are masked.

create function private.mask_words(words text) returns text
  language sql immutable set search_path = ''
as $$
  select string_agg(left(word, 1) || '***', ' ' order by place)
  from regexp_split_to_table(words, ' +') with ordinality as w (word, place)
$$;
comment on function private.mask_words is 'The first letter of each word, the rest hidden.';

create function private.mask_inn(inn text) returns text
  language sql immutable set search_path = ''
as $$
  select left(inn, 2) || repeat('*', char_length(inn) - 4) || right(inn, 2)
$$;
comment on function private.mask_inn is 'The first and the last two digits, the rest hidden.';

create function public.delete_organization(organization_id uuid, confirmation text) returns timestamptz
  language plpgsql volatile security definer set search_path = '' -- definer: writes columns nobody may update
as $$
declare
  organization public.organizations;
begin
  perform private.act_in_organization(organization_id, 'owner');
  select * into organization from public.organizations o where o.id = delete_organization.organization_id;
  if confirmation is distinct from organization.slug then
    perform private.refuse('invalid_input', '[{"field": "confirmation", "code": "not_the_address"}]', 'Type the organization''s address.');
  end if;

  -- Nothing is charged from now on: the cards are forgotten, and what is paid runs out.
  perform private.forget_card(m.id, now()) from public.payment_methods m where m.organization_id = organization.id;
  perform private.schedule_cancellation(s.id, now())
  from public.subscriptions s where s.organization_id = organization.id and private.is_live(s.status);
  -- Nobody is called into what is being deleted; e-mails that were not sent yet do not go.
  delete from public.organization_invitations i where i.organization_id = organization.id and i.accepted_at is null;
  delete from public.email_outbox e
  where e.kind = 'invitation' and e.status = 'queued' and e.data ->> 'organization_id' = organization.id::text;
  update public.organizations o
  set is_published = false, was_published = coalesce(o.was_published, o.is_published),
      deletion_requested_at = coalesce(o.deletion_requested_at, now())
  where o.id = organization.id
  returning * into organization;
  return organization.deletion_requested_at + interval '30 days';
end
$$;
comment on function public.delete_organization is
  'The owner, typing the slug as confirmation: unpublishes the organization, forgets its cards and takes open invitations back; answers until when restore_organization undoes it. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.delete_organization to authenticated;

create function public.restore_organization(organization_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: writes columns nobody may update
as $$
begin
  perform private.act_in_organization(organization_id, 'owner');
  if exists (
    select from public.organizations o where o.id = restore_organization.organization_id and o.first_level_at is null
      and private.unproven_organizations(o.created_by) >= 3
  ) then
    perform private.refuse('too_many_organizations', 'A person holds at most 3 organizations that never had a level.', 'Delete another first.');
  end if;
  update public.organizations o set deletion_requested_at = null, is_published = o.was_published, was_published = null
  where o.id = restore_organization.organization_id and o.deletion_requested_at is not null and o.deleted_at is null;
  if not found then
    perform private.refuse('invalid_transition', 'The organization is not being deleted.');
  end if;
end
$$;
comment on function public.restore_organization is
  'The owner undoes a deletion within its 30 days; cards have to be added and people invited again. 403 not_allowed, 404 not_found, 409 invalid_transition or too_many_organizations.';
grant execute on function public.restore_organization to authenticated;

create function private.mask_person(organization_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  person public.organizations;
begin
  update public.organizations o
  set name = private.mask_words(o.name), legal_name = private.mask_words(o.legal_name),
      masked_inn = private.mask_inn(o.inn), inn = null
  where o.id = mask_person.organization_id and char_length(o.inn) = 12
  returning * into person;
  if not found then
    return; -- a company is no person
  end if;
  -- One trial for an INN, for ever: a digest of it is enough to know it by.
  update private.used_trials t set inn = private.inn_digest(t.inn) where t.organization_id = person.id and char_length(t.inn) = 12;
  update public.name_change_requests r set name = private.mask_words(r.name), legal_name = private.mask_words(r.legal_name)
  where r.organization_id = person.id;
  update public.status_level_events e
  set detail = jsonb_build_object(
    'name', jsonb_build_object('from', private.mask_words(e.detail #>> '{name,from}'), 'to', private.mask_words(e.detail #>> '{name,to}')),
    'legal_name', jsonb_build_object(
      'from', private.mask_words(e.detail #>> '{legal_name,from}'), 'to', private.mask_words(e.detail #>> '{legal_name,to}')))
  where e.organization_id = person.id and e.action = 'name_changed';
end
$$;
comment on function private.mask_person is
  'Hides the name and the INN of a person (12 digits) whose organization is deleted, in its history too; a company keeps them.';

create function public.run_organization_cleanup(as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
declare
  organization record;
  deleted int := 0;
  wiped int;
  idle record;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key runs jobs.');
  end if;
  for organization in
    select o.id from public.organizations o
    where o.deletion_requested_at <= as_of - interval '30 days' and o.deleted_at is null
    for no key update skip locked
  loop
    perform private.move_subscription(s.id, 'canceled', 'organization_deleted', as_of)
    from public.subscriptions s where s.organization_id = organization.id and private.is_live(s.status);
    perform private.end_levels(
      array(select l.id from public.organization_status_levels l where l.organization_id = organization.id and l.is_active),
      'revoked', 'organization_deleted', 'job', as_of);
    -- first: deleted_at tells the last-owner rule that this is no leaving
    update public.organizations o
    set deleted_at = as_of, description = null, website_url = null, logo_path = null, region = null, category = null, contacts = null,
        created_by = null,
        legal_name = case when o.first_level_at is not null then o.legal_name end -- what no buyer ever saw goes
    where o.id = organization.id;
    perform private.mask_person(organization.id);
    update public.organization_settings s set billing_email = null where s.organization_id = organization.id;
    delete from public.organization_invitations i where i.organization_id = organization.id;
    delete from public.notifications n where n.organization_id = organization.id;
    delete from public.organization_members m where m.organization_id = organization.id;
    -- That a request was made and what we decided is history; what was said in it, by whom and with which papers is not.
    update public.status_upgrade_requests r
    set message = '', evidence_paths = '{}', requested_by = null,
        status = case r.status when 'pending' then 'withdrawn' else r.status end
    where r.organization_id = organization.id;
    perform private.forget_upgrade_request_steps(organization.id);
    update public.name_change_requests r
    set message = '', evidence_paths = '{}', requested_by = null,
        status = case r.status when 'pending' then 'withdrawn' else r.status end
    where r.organization_id = organization.id;
    delete from public.stories s where s.organization_id = organization.id;
    delete from public.story_media m where m.organization_id = organization.id;
    delete from public.evidence_files f where f.organization_id = organization.id;
    -- Transactions stay for the books; which card it was, they do not ask. A late payment may have brought one more.
    update public.payment_methods m
    set title = null, card_type = null, card_last4 = null, expires_at = null,
        revoked_at = coalesce(m.revoked_at, as_of), yookassa_payment_method_id = null
    where m.organization_id = organization.id;
    deleted := deleted + 1;
  end loop;

  perform private.forget_payers(as_of);
  perform private.forget_support_addresses(as_of);
  perform private.forget_claim_words(as_of);
  perform private.forget_reports();
  perform private.forget_consents();
  perform private.forget_unnamed_papers(as_of);
  update public.email_outbox e set to_address = '', data = '{}', unsubscribe_token = null
  where e.status <> 'queued' and e.created_at < as_of - interval '30 days' and e.to_address <> '';
  get diagnostics wiped = row_count;
  select * into idle from private.release_idle_organizations(as_of);
  delete from private.request_counts c where c.minute < as_of - interval '1 day';
  -- undone for 30 days; and a story counts for the plan in the month it was created in, deleted or not
  delete from public.stories s where s.deleted_at < as_of - interval '32 days';
  delete from public.story_media m
  where m.updated_at < as_of - interval '24 hours' and not exists (select from public.stories s where s.media_id = m.id);
  delete from public.story_views v where v.day < (as_of at time zone 'UTC')::date - 2;
  return jsonb_build_object('as_of', as_of, 'organizations_deleted', deleted, 'emails_wiped', wiped,
    'release_noticed', idle.noticed, 'released', idle.released);
end
$$;
comment on function public.run_organization_cleanup is
  'Service key only, daily: removes the personal data of organizations whose deletion is 30 days old, and of e-mails and support messages as old; papers that neither a claim nor a report names after a day, or whose person is gone; words of reports about the deleted; releases organizations that never held a level and have no QR code after 30 days, told a week before. Answers {as_of, organizations_deleted, emails_wiped, release_noticed, released}.';
grant execute on function public.run_organization_cleanup to service_role;


-- sql/86_admin_lists.sql

-- The lists of platform admins: everybody's organizations, requests and messages, a page at a time. Read over REST each would first make
-- the list of every organization there is (20_organizations); an RPC asks once who is calling, and goes by an index.
--
-- Every filter that is not given is null, and planned away: so each statement is put together and planned anew at each call. What is
-- put into its text are words of ours, among them which end is first; what is asked is handed over beside it.

create function private.admin_page(
  query text, created_from timestamptz, created_to timestamptz, after text, max_items int
) returns private.page_end
  language plpgsql stable set search_path = ''
as $$
begin
  perform private.require_platform_admin();
  if char_length(query) > 200 then
    perform private.refuse('invalid_input', '[{"field": "query", "code": "too_long"}]', 'At most 200 characters.');
  end if;
  if created_to <= created_from then
    perform private.refuse('invalid_input', '[{"field": "created_to", "code": "out_of_range"}]', 'created_to is after created_from.');
  end if;
  return private.read_page_end(after, max_items);
end
$$;
comment on function private.admin_page is
  'What every list of platform admins begins with: where the page before ended. 401, 403 not_allowed, 422 invalid_input (query, created_to, after, max_items).';

create function private.called_so(wanted tsquery, organization_id text, parameter text) returns text
  language sql immutable set search_path = ''
as $$
  select case when wanted is null then '' else format(
    'join private.organization_words w on w.organization_id = %s and w.words @@ %s', organization_id, parameter) end
$$;
comment on function private.called_so is
  'The join of a statement by which only those whose organization is called so are found; nothing where no words are wanted. organization_id and parameter: as the statement says them.';


-- Organizations ----------------------------------------------------------------------------------------------------------

create function public.admin_organizations(
  query text default null, level public.status_level default null, subscription_status public.subscription_status default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20,
  sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, 'newest');
  asked_id uuid := private.uuid_or_null(btrim(query));
  wanted tsquery := case when asked_id is null then private.words_query(query) end;
  -- What they come by: when they were made; of one level, when they got it; of one state of the subscription, which is their last, when
  -- that began.
  ordered_by text := case when level is not null then 'l.granted_at' when subscription_status is not null then 's.created_at' else 'o.created_at' end;
  found_in text := case
    when level is not null then 'public.organization_status_levels l join public.organizations o on o.id = l.organization_id'
    when subscription_status is not null then 'public.subscriptions s join public.organizations o on o.id = s.organization_id'
    else 'public.organizations o' end;
  narrowed text := case
    when level is not null then
      'l.is_active and l.level = $1 and ($2 is null or $2 = (
        select s.status from public.subscriptions s where s.organization_id = l.organization_id order by s.created_at desc limit 1))'
    when subscription_status is not null then
      's.status = $2 and not exists (
        select from public.subscriptions n where n.organization_id = s.organization_id and n.created_at > s.created_at)'
    else 'true' end;
  items jsonb;
begin
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', o.id, 'name', o.name, 'legal_name', o.legal_name, 'slug', o.slug, 'inn', coalesce(o.inn, o.masked_inn),
      'levels', (
        select coalesce(jsonb_agg(l.level order by l.level desc), '[]') from public.organization_status_levels l
        where l.organization_id = o.id and l.is_active),
      'subscription_status', (
        select s.status from public.subscriptions s where s.organization_id = o.id order by s.created_at desc limit 1),
      'is_published', o.is_published, 'created_at', o.created_at, 'deleted_at', o.deleted_at, 'at', f.at
    ) order by f.at %1$s, f.id %1$s)
    from (
      select o.id, %3$s as at
      from %4$s %6$s
      where %5$s and ($4 is null or o.id = $4)
        and ($5 is null or o.created_at >= $5) and ($6 is null or o.created_at < $6)
        and ($7 is null or (%3$s, o.id) %2$s ($7, $8))
      order by %3$s %1$s, o.id %1$s
      limit $9 + 1
    ) f
    join public.organizations o on o.id = f.id
  $query$, list_order.way, list_order.beyond, ordered_by, found_in, narrowed, private.called_so(wanted, 'o.id', '$3'))
  into items
  using level, subscription_status, wanted, asked_id, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'at', 'id', max_items);
end
$$;
comment on function public.admin_organizations is
  'Platform admins: organizations, the newest first; of one level those that hold it, the last to get it first; of one state of their (last) subscription, the last to begin it first; sort oldest: the other end first. query: the beginnings of words of the name, legal name, address or INN, or the id; created_from and created_to (exclusive): when the organization was made: {items: [{id, name, legal_name, slug, inn, levels (held, the highest first), subscription_status, is_published, created_at, deleted_at, at (what it is ordered by)}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_organizations to authenticated;


-- Requests that a person decides on: for level B, about an INN that is taken, about a verified name --------------------------

create function public.admin_requests(
  kind text default 'upgrade', status text default 'pending', query text default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20,
  sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, case when status = 'pending' then 'oldest' else 'newest' end);
  asked_id uuid := private.uuid_or_null(btrim(query));
  wanted tsquery := case when asked_id is null then private.words_query(query) end;
  of_kind text := case kind when 'upgrade' then 'status_upgrade_requests' when 'claim' then 'organization_claims' when 'name_change' then 'name_change_requests' end;
  states text[] := case kind
    when 'upgrade' then enum_range(null::public.upgrade_request_status)::text[]
    when 'claim' then enum_range(null::public.claim_status)::text[]
    when 'name_change' then enum_range(null::public.name_change_status)::text[] end;
  items jsonb;
begin
  if of_kind is null then
    perform private.refuse('invalid_input', '[{"field": "kind", "code": "unknown"}]', 'upgrade, claim or name_change.');
  end if;
  if status <> all (states) then
    perform private.refuse('invalid_input', '[{"field": "status", "code": "unknown"}]', format('One of %s.', states));
  end if;
  -- Three tables of one shape: the statement is the same but for the table, its states, and which end is first.
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', p.id, 'organization_id', p.organization_id, 'organization', o.name, 'slug', o.slug, 'inn', %3$s, 'status', p.status,
      'files', cardinality(p.evidence_paths), 'created_at', p.created_at, 'reviewed_at', p.reviewed_at
    ) order by p.created_at %2$s, p.id %2$s)
    from (
      select r.*
      from public.%1$I r %6$s
      where %4$s and ($2 is null or r.id = $2 or r.organization_id = $2)
        and ($3 is null or r.created_at >= $3) and ($4 is null or r.created_at < $4)
        and ($5 is null or (r.created_at, r.id) %5$s ($5, $6))
      order by r.created_at %2$s, r.id %2$s
      limit $7 + 1
    ) p
    join public.organizations o on o.id = p.organization_id
  $query$,
    of_kind, list_order.way, case kind when 'claim' then 'p.inn' else 'coalesce(o.inn, o.masked_inn)' end,
    case when status is null then 'true' else format('r.status = %L', status) end, list_order.beyond,
    private.called_so(wanted, 'r.organization_id', '$1'))
  into items
  using wanted, asked_id, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'created_at', 'id', max_items);
end
$$;
comment on function public.admin_requests is
  'Platform admins: requests of a kind (upgrade, claim, name_change) in a status (pending by default: the oldest first; null: of every status, the newest first, as are those of any other); sort: newest, oldest. query: the beginnings of words of the organization''s name, address or INN, or an id: {items: [{id, organization_id, organization, slug, inn (the one that is claimed, of a claim), status, files, created_at, reviewed_at}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_requests to authenticated;


-- Reports of abuse -------------------------------------------------------------------------------------------------------

create function public.admin_reports(
  status text default 'pending', kind text default null, query text default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20,
  sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, case when status = 'pending' then 'oldest' else 'newest' end);
  asked_id uuid := private.uuid_or_null(btrim(query));
  wanted tsquery := case when asked_id is null then private.words_query(query) end;
  items jsonb;
begin
  if status <> 'pending' and status <> all (enum_range(null::public.report_outcome)::text[]) then
    perform private.refuse('invalid_input', '[{"field": "status", "code": "unknown"}]', 'pending, upheld, not_upheld or duplicate.');
  end if;
  if kind <> all (enum_range(null::public.report_kind)::text[]) then
    perform private.refuse('invalid_input', '[{"field": "kind", "code": "unknown"}]', 'fake_badge, false_claim, stolen_name or other.');
  end if;
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', p.id, 'kind', p.kind, 'organization_id', p.organization_id, 'organization', o.name, 'slug', o.slug, 'url', p.url,
      'is_visitor', p.is_visitor, 'files', cardinality(p.evidence_paths), 'outcome', p.outcome, 'created_at', p.created_at,
      'reviewed_at', p.reviewed_at, 'published_at', p.published_at
    ) order by p.created_at %1$s, p.id %1$s)
    from (
      select r.*
      from public.abuse_reports r %4$s
      where %2$s and ($1 is null or r.kind = $1) and ($3 is null or r.id = $3 or r.organization_id = $3)
        and ($4 is null or r.created_at >= $4) and ($5 is null or r.created_at < $5)
        and ($6 is null or (r.created_at, r.id) %3$s ($6, $7))
      order by r.created_at %1$s, r.id %1$s
      limit $8 + 1
    ) p
    left join public.organizations o on o.id = p.organization_id
  $query$,
    list_order.way,
    case when status = 'pending' then 'r.outcome is null' when status is null then 'true' else format('r.outcome = %L', status) end,
    list_order.beyond, private.called_so(wanted, 'r.organization_id', '$2'))
  into items
  using kind::public.report_kind, wanted, asked_id, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'created_at', 'id', max_items);
end
$$;
comment on function public.admin_reports is
  'Platform admins: reports of abuse that wait (pending, the default: the oldest first), of an outcome (upheld, not_upheld, duplicate) or all (null), the newest first; of one kind; sort: newest, oldest. query: the beginnings of words of the organization''s name, address or INN, or an id: {items: [{id, kind, organization_id, organization, slug, url, is_visitor, files, outcome, created_at, reviewed_at, published_at}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_reports to authenticated;


-- Messages to us ---------------------------------------------------------------------------------------------------------

create function public.admin_support(
  status text default 'open', query text default null, created_from timestamptz default null, created_to timestamptz default null,
  after text default null, max_items int default 20, sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, case when status = 'open' then 'oldest' else 'newest' end);
  asked_number bigint := substring(btrim(query) from '^№? ?([0-9]{1,15})$')::bigint;
  asked_email text := case when position('@' in query) > 0 then private.canonical_email(query) end;
  items jsonb;
begin
  if status is null or status not in ('open', 'answered') then
    perform private.refuse('invalid_input', '[{"field": "status", "code": "unknown"}]', 'open or answered.');
  end if;
  if btrim(coalesce(query, '')) <> '' and asked_number is null and asked_email is null then
    return private.list_page(null, '', '', max_items); -- neither a number nor an address
  end if;
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', m.id, 'number', m.number, 'subject', m.subject, 'is_visitor', m.author_id is null, 'organization_id', m.organization_id,
      'organization', o.name, 'created_at', m.created_at, 'answered_at', m.answered_at, 'at', m.at
    ) order by m.at %1$s, m.id %1$s)
    from (
      select m.*, m.%3$I as at
      from public.support_messages m
      where m.answered_at %4$s and ($1 is null or m.number = $1) and ($2 is null or m.email = $2)
        and ($3 is null or m.created_at >= $3) and ($4 is null or m.created_at < $4)
        and ($5 is null or (m.%3$I, m.id) %2$s ($5, $6))
      order by m.%3$I %1$s, m.id %1$s
      limit $7 + 1
    ) m
    left join public.organizations o on o.id = m.organization_id
  $query$, list_order.way, list_order.beyond,
    case status when 'open' then 'created_at' else 'answered_at' end, case status when 'open' then 'is null' else 'is not null' end)
  into items
  using asked_number, asked_email, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'at', 'id', max_items);
end
$$;
comment on function public.admin_support is
  'Platform admins: messages to us, open ones (the oldest first) or answered ones (the last answered first); sort: newest, oldest. query: the number, or the address that it came from: {items: [{id, number, subject, is_visitor, organization_id, organization, created_at, answered_at, at (what it is ordered by)}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_support to authenticated;


-- What was done ----------------------------------------------------------------------------------------------------------

create function public.admin_log(
  admin_id uuid default null, action text default null, query text default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20,
  sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, 'newest');
  asked_id uuid := private.uuid_or_null(btrim(query));
  -- By words: of the organizations that are called so, the first thousand. There are more actions than that only of few.
  asked_organizations uuid[] := case
    when asked_id is null and private.words_query(query) is not null then array(
      select w.organization_id from private.organization_words w where w.words @@ private.words_query(query) limit 1000) end;
  items jsonb;
begin
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', p.id, 'admin_id', p.admin_id, 'admin', coalesce(nullif(a.full_name, ''), private.email_of(p.admin_id)), 'action', p.action,
      'organization_id', p.organization_id, 'organization', o.name, 'subject', p.subject, 'detail', p.detail, 'occurred_at', p.occurred_at
    ) order by p.occurred_at %1$s, p.id %1$s)
    from (
      select l.*
      from public.admin_actions l
      where ($1 is null or l.admin_id = $1) and ($2 is null or l.action = $2)
        and ($3 is null or l.organization_id = $3 or l.subject = $3::text)
        and ($4 is null or l.organization_id = any ($4))
        and ($5 is null or l.occurred_at >= $5) and ($6 is null or l.occurred_at < $6)
        and ($7 is null or (l.occurred_at, l.id) %2$s ($7, $8))
      order by l.occurred_at %1$s, l.id %1$s
      limit $9 + 1
    ) p
    left join public.organizations o on o.id = p.organization_id
    left join public.profiles a on a.id = p.admin_id
  $query$, list_order.way, list_order.beyond)
  into items
  using admin_id, action, asked_id, asked_organizations, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'occurred_at', 'id', max_items);
end
$$;
comment on function public.admin_log is
  'Platform admins: what platform admins did, the newest first (sort: newest, oldest); of one of them, of one action (the name of the RPC), of an organization (query: the beginnings of words of its name, address or INN; or an id, of it or of what was acted on): {items: [{id, admin_id, admin (name, or else the address), action, organization_id, organization, subject, detail, occurred_at}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_log to authenticated;

create function public.admin_people() returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: platform admins see only themselves
as $$
begin
  perform private.require_platform_admin();
  return jsonb_build_object('next', null, 'items', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'user_id', a.user_id, 'name', coalesce(nullif(p.full_name, ''), private.email_of(a.user_id))) order by a.appointed_at, a.user_id), '[]')
    from public.platform_admins a
    join public.profiles p on p.id = a.user_id
  ));
end
$$;
comment on function public.admin_people is
  'Platform admins: who they are, {items: [{user_id, name (or else the address)}], next: null}: by whom admin_log is filtered. 403 not_allowed.';
grant execute on function public.admin_people to authenticated;


-- sql/86_admin_payments.sql

-- The payments of everybody, as platform admins find them.

create function private.transactions_named(id uuid) returns uuid[]
  language sql stable security definer set search_path = '' -- definer: asked within definers
as $$
  select array(
    select t.id from public.payment_transactions t where t.id = transactions_named.id
    union select t.id from public.payment_transactions t where t.yookassa_payment_id = transactions_named.id::text
    union select r.transaction_id from public.payment_refunds r where r.id = transactions_named.id
    union select r.transaction_id from public.payment_refunds r where r.yookassa_refund_id = transactions_named.id::text
    union select t.id from public.payment_transactions t where t.subscription_id = transactions_named.id
    union select t.id from public.payment_transactions t where t.organization_id = transactions_named.id
  )
$$;
comment on function private.transactions_named is
  'Payments that an id means: ours or ЮKassa''s of a payment or refund, ours of a subscription or an organization.';

create function public.admin_payments(
  status text default null, query text default null, created_from timestamptz default null, created_to timestamptz default null,
  after text default null, max_items int default 20, sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, 'newest');
  -- What is typed is an id, an amount («1490», «1 490,00 ₽»), or else words; seven digits and more are an INN's.
  asked_id uuid := private.uuid_or_null(btrim(query));
  asked_ids uuid[] := case when asked_id is not null then private.transactions_named(asked_id) end;
  asked_amount numeric := replace(substring(
    translate(query, E' \u00A0\u202F₽', '') from '^([0-9]{1,6}([.,][0-9]{1,2})?)$'), ',', '.')::numeric;
  wanted tsquery := case when asked_id is null and asked_amount is null then private.words_query(query) end;
  items jsonb;
begin
  if status <> all (enum_range(null::public.transaction_status)::text[] || array['judge', 'refunded']) then
    perform private.refuse('invalid_input', '[{"field": "status", "code": "unknown"}]', 'A status of a payment, judge or refunded.');
  end if;
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', p.id, 'organization_id', p.organization_id, 'organization', o.name, 'slug', o.slug, 'inn', coalesce(o.inn, o.masked_inn),
      'subscription_id', p.subscription_id, 'plan_id', p.plan_id, 'kind', p.kind, 'amount', p.amount, 'currency', p.currency, 'status', p.status,
      'confirmation_url', p.confirmation_url, 'method_saved', p.method_saved, 'period_start', p.period_start, 'refunded_amount', p.refunded_amount,
      'cancellation_party', p.cancellation_party, 'cancellation_reason', p.cancellation_reason, 'quarantine_reason', p.quarantine_reason,
      'judged_at', p.judged_at, 'receipt_registration', p.receipt_registration, 'yookassa_payment_id', p.yookassa_payment_id,
      'created_at', p.created_at, 'updated_at', p.updated_at
    ) order by p.created_at %1$s, p.id %1$s)
    from (
      select t.*
      from public.payment_transactions t %4$s
      where %3$s and ($1 is null or t.id = any ($1)) and ($2 is null or t.amount = $2)
        and ($4 is null or t.created_at >= $4) and ($5 is null or t.created_at < $5)
        and ($6 is null or (t.created_at, t.id) %2$s ($6, $7))
      order by t.created_at %1$s, t.id %1$s
      limit $8 + 1
    ) p
    join public.organizations o on o.id = p.organization_id
  $query$, list_order.way, list_order.beyond,
    case
      when status is null then 'true'
      when status = 'judge' then 't.status = ''quarantined'' and private.awaits_verdict(t)'
      when status = 'refunded' then 't.refunded_amount > 0'
      else format('t.status = %L', status)
    end,
    private.called_so(wanted, 't.organization_id', '$3'))
  into items
  using asked_ids, asked_amount, wanted, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'created_at', 'id', max_items);
end
$$;
comment on function public.admin_payments is
  'Platform admins: everybody''s payments, the newest first (sort: newest, oldest). status: that of a payment; judge: put aside, and a person has to decide; refunded: given back, whole or in part. query: an id (ours or ЮKassa''s of a payment or refund; of a subscription or an organization), an amount in roubles of at most six digits, or else the beginnings of words of the organization''s name, address or INN: {items: [{id, organization_id, organization, slug, inn, subscription_id, plan_id, kind, amount, currency, status, confirmation_url, method_saved, period_start, refunded_amount, cancellation_party, cancellation_reason, quarantine_reason, judged_at, receipt_registration, yookassa_payment_id, created_at, updated_at}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_payments to authenticated;


-- sql/89_first_version.sql

-- Names of the product's first version, kept for programs that call them. Each is a few words in front of a rule that stands in its own file.

create function public.ensure_level_a(organization_id uuid, subscription_id uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only billing ensures level A.');
  end if;
  perform private.lock_organization(organization_id);
  perform private.require_live_subscription(organization_id, subscription_id);
  return jsonb_build_object('level_a_action', coalesce(private.set_paid_level(subscription_id, 'A', now())::text, 'none'));
end
$$;
comment on function public.ensure_level_a is
  'Service key only: the organization holds A by this live subscription of its own, and 0 is superseded. Answers {level_a_action: granted|extended|none}. 404 not_found, 409 invalid_transition.';
grant execute on function public.ensure_level_a to service_role;

create function public.handle_subscription_status_change(
  subscription_id uuid, new_status public.subscription_status, organization_id uuid
) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only billing moves a subscription.');
  end if;
  perform private.lock_organization(organization_id);
  select * into subscription from public.subscriptions s
  where s.id = handle_subscription_status_change.subscription_id
    and s.organization_id = handle_subscription_status_change.organization_id;
  if not found then
    perform private.refuse('not_found', 'The organization has no such subscription.');
  end if;
  if new_status = 'past_due' and subscription.status in ('trialing', 'active') then
    return private.begin_grace(subscription, 'payment_failed', now());
  end if;
  if new_status = 'active' and subscription.status in ('trialing', 'past_due') then
    perform private.close_period(subscription.id, subscription.current_period_end);
    perform private.begin_period(subscription); -- somebody else took the money: the period it is for is not charged again
  end if;
  return private.move_subscription(subscription_id, new_status, null, now());
end
$$;
comment on function public.handle_subscription_status_change is
  'Service key only: moves a subscription to the status, and its levels with it. Answers {level_a_action: granted|revoked|grace_period_started|none}. 404 not_found, 409 invalid_transition.';
grant execute on function public.handle_subscription_status_change to service_role;

create function public.start_grace_period(organization_id uuid, days int default private.grace_days()) returns timestamptz
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
  where s.organization_id = start_grace_period.organization_id and private.is_live(s.status);
  if not found then
    perform private.refuse('not_found', 'The organization has no live subscription.');
  end if;
  if subscription.status = 'past_due' then
    return subscription.grace_until; -- one that runs is not restarted
  end if;
  perform private.begin_grace(subscription, 'payment_failed', now(), days);
  return now() + make_interval(days => days);
end
$$;
comment on function public.start_grace_period is
  'Service key only: the live subscription is past due, its card is tried again, and its levels stay until the time answered. One that runs is not restarted. 404 not_found, 422 invalid_input.';
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

create function public.get_expiring_statuses(days int)
  returns table (organization_id uuid, organization text, level public.status_level, valid_until timestamptz, days_left int)
  language plpgsql stable security definer set search_path = '' -- definer: looks at every organization
as $$
begin
  if not private.is_service() and not private.is_platform_admin() then
    perform private.require_sign_in();
    perform private.refuse('not_allowed', 'Only platform admins see what expires.');
  end if;
  return query
    select l.organization_id, o.name, l.level, l.valid_until, private.days_left(l.valid_until, now(), s.time_zone)
    from public.organization_status_levels l
    join public.organizations o on o.id = l.organization_id
    join public.organization_settings s on s.organization_id = l.organization_id
    where l.is_active and l.valid_until > now() and l.valid_until <= now() + make_interval(days => days)
    order by l.valid_until;
end
$$;
comment on function public.get_expiring_statuses is
  'Platform admins and the service key: levels that end within so many days, soonest first. 403 not_allowed.';
grant execute on function public.get_expiring_statuses to authenticated, service_role;
