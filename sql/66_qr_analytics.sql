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
