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
