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
