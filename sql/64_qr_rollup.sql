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
