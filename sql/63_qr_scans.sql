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
