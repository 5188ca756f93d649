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
