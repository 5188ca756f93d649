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

alter table public.job_runs enable row level security;
grant select on public.job_runs to authenticated, service_role;
create policy "platform admins read the job runs" on public.job_runs
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: start_job and finish_job write
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

create function public.platform_health() returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: the settings are private
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key asks for the health.');
  end if;
  return jsonb_build_object(
    'database', 'ok',
    'time', now(),
    'configured', exists (select from private.platform_settings)
  );
end
$$;
comment on function public.platform_health is 'Service key only: {database: "ok", time, configured}.';
grant execute on function public.platform_health to service_role;
