-- The daily job of status levels: notices before an end, ends, grace that is over, level C. Scheduled at 0 2 * * * UTC.


-- Notices: which were sent, so that each is sent once for one end date. ------------------------------------------------------

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

create function private.days_left(valid_until timestamptz, as_of timestamptz, time_zone text) returns int
  language sql stable set search_path = ''
as $$
  select (valid_until at time zone time_zone)::date - (as_of at time zone time_zone)::date
$$;
comment on function private.days_left is 'Midnights between now and the end, by that calendar.';

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


-- Ends -----------------------------------------------------------------------------------------------------------------------

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
        where s.id = l.subscription_id and s.cancel_at_period_end and s.status in ('trialing', 'active', 'past_due')
      ))
    order by l.valid_until
    limit max_rows
    for no key update of o skip locked
  )
$$;
comment on function private.lock_ending_levels is 'Ids of active levels whose term is over, with their organizations locked.';

create function private.end_cancelled(as_of timestamptz, max_rows int) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription record;
  ended int := 0;
begin
  for subscription in
    select s.id from public.subscriptions s join public.organizations o on o.id = s.organization_id
    where s.cancel_at_period_end and s.status in ('trialing', 'active', 'past_due') and s.current_period_end <= as_of
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

create function private.end_grace(as_of timestamptz, max_rows int) returns int
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
      and not exists ( -- money that is on its way is waited for; a page that a person may yet pay, for a day
        select from public.payment_transactions t
        where t.subscription_id = s.id and t.status in ('created', 'pending') and t.yookassa_payment_id is not null
          and (t.kind = 'renewal' or (t.kind = 'first_payment' and s.grace_until > as_of - interval '1 day'))
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


-- The job --------------------------------------------------------------------------------------------------------------------

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

  return answer || jsonb_build_object('failed_steps', to_jsonb(failed), 'errors', errors, 'more', is_more);
end
$$;
comment on function public.run_status_expiry is
  'Service key only, daily: {as_of, notices: {"60", "30", "7", "1"}, expired, grace_ended, level_c_granted, level_c_revoked, failed_steps, errors, more}. With max_rows, at most so many of a kind in one call, so that locks are short: call again while more is true. Running it twice changes nothing.';
grant execute on function public.run_status_expiry to service_role;

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
