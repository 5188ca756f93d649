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

create function private.scan_reason(visitor jsonb) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when visitor ->> 'method' = 'HEAD' then 'head'
    when visitor ->> 'purpose' ~* 'prefetch|prerender|preview' then 'prefetch'
    when coalesce(btrim(visitor ->> 'user_agent'), '') = '' then 'no_user_agent'
    else left(visitor ->> 'bot_reason', 60)
  end
$$;
comment on function private.scan_reason is 'Why a hit is no person''s: head, prefetch, no_user_agent, or the program that the function found by its list; null for a person''s.';

create function private.visitor_key(visitor jsonb) returns text
  language sql immutable set search_path = ''
as $$
  select concat_ws(E'\n', visitor ->> 'ip', visitor ->> 'user_agent', visitor ->> 'accept_language')
$$;
comment on function private.visitor_key is 'By what somebody who scans twice a day is known; it is stored as a hash only.';

-- Not one transaction for the answer and another for the record: what was answered with a scan_id is kept.
create function private.record_scan(printed public.qr_codes, time_zone text, visitor jsonb, as_of timestamptz) returns bigint
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  reason text := private.scan_reason(visitor);
  day date := (as_of at time zone time_zone)::date;
  is_first boolean := false;
  hash bytea;
  scan_id bigint;
begin
  if reason is not null or coalesce(visitor ->> 'gpc', 'false') <> 'false' then
    hash := uuid_send(gen_random_uuid()); -- counted, not linked
  else
    hash := sha256(convert_to(concat_ws(E'\n', private.qr_salt(day), printed.id, private.visitor_key(visitor)), 'UTF8'));
    insert into private.qr_visitors (qr_code_id, day, visitor_hash) values (printed.id, day, hash)
    on conflict on constraint qr_visitors_pkey do nothing;
    is_first := found;
  end if;
  insert into public.qr_scans as s (
    qr_code_id, organization_id, scanned_at, visitor_hash, bot_reason, device_type, os, browser, referrer_host, country, is_unique)
  values (
    printed.id, printed.organization_id, as_of, hash, reason, left(visitor ->> 'device_type', 20), left(visitor ->> 'os', 60), left(visitor ->> 'browser', 60),
    case when visitor ->> 'referrer' is not null then (select left(a.host, 253) from private.web_address(visitor ->> 'referrer') a) end,
    left(visitor ->> 'country', 2), is_first)
  returning s.id into scan_id;
  return scan_id;
exception when others then
  raise warning 'a scan was not recorded: %', sqlerrm;
  return null; -- a buyer is let through whatever becomes of our count
end
$$;
comment on function private.record_scan is 'Appends a scan; its id, or null when that failed.';

create function private.scan_known_code(code text, visitor jsonb, as_of timestamptz) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  printed public.qr_codes;
  organization public.organizations;
  site_url text;
  time_zone text;
  goes_on text;
begin
  select q.* into printed from public.qr_codes q where upper(q.code) = upper(scan_known_code.code);
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
    'outcome', case when goes_on is null then 'page' else 'target' end,
    'location', coalesce(goes_on, site_url || '/q/' || upper(printed.code)),
    'scan_id', private.record_scan(printed, coalesce(time_zone, 'Europe/Moscow'), visitor, as_of));
end
$$;
comment on function private.scan_known_code is 'The answer of scan_qr, and the scan recorded; null for a code that is none.';

create function public.scan_qr(code text, visitor jsonb default '{}', as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  answer jsonb;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records scans.');
  end if;
  answer := private.scan_known_code(code, visitor, as_of);
  if answer is null and visitor ->> 'ip' is not null then
    perform private.count_or_refuse('qr:' || encode(sha256(convert_to((visitor ->> 'ip') || private.daily_salt(), 'UTF8')), 'hex'), 100);
  end if;
  return coalesce(answer, jsonb_build_object('outcome', 'unknown', 'location', null, 'scan_id', null));
end
$$;
comment on function public.scan_qr is
  'Service key only: where a printed code leads now, and its scan recorded, in one call. visitor: {ip, user_agent, referrer, accept_language, method, purpose, gpc; device_type, os, browser, country, bot_reason as the function found them}. Answers {outcome: target|page|unknown, location, scan_id}; scan_id is null when it could not be recorded. 429 too_many_requests after 100 unknown codes a minute from one address, which is kept as a hash of the day only.';
grant execute on function public.scan_qr to service_role;

-- A scan alone is mostly the beginning and the end of a transaction; those that come together share one.
create function public.scan_qr_codes(scans jsonb, as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  answers jsonb[] := array_fill(null::jsonb, array[jsonb_array_length(scans)]);
  scan record;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key records scans.');
  end if;
  -- Two who call at once wait for each other where both are the first, so all go in one order: the days there are on earth, then codes
  -- and visitors.
  for days_on in -1..1 loop
    perform private.qr_salt((as_of at time zone 'UTC')::date + days_on);
  end loop;
  for scan in
    select s.ordinality as place, s.value ->> 'code' as code, s.value -> 'visitor' as visitor
    from jsonb_array_elements(scans) with ordinality s
    order by upper(s.value ->> 'code'), private.visitor_key(s.value -> 'visitor')
  loop
    answers[scan.place] := private.scan_known_code(scan.code, scan.visitor, as_of);
  end loop;
  return to_jsonb(answers);
end
$$;
comment on function public.scan_qr_codes is
  'Service key only: scans that came together, [{code, visitor}], recorded in one transaction; their answers in this order, as scan_qr has them. null for a code that is none: that is left to scan_qr, which counts who guesses.';
grant execute on function public.scan_qr_codes to service_role;
