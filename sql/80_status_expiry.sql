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
