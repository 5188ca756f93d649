-- Level C: earned by what an organization does. Counts scans (56) and stories (60), so it stands after them.


-- Criteria: data, so that what C asks for is changed by a row and read by the page that explains it. ---------------------

create table public.level_c_criteria (
  key text primary key,
  required int not null,
  window_days int,
  is_active boolean not null default true,
  position int not null default 100,
  constraint key_is_counted check (key in ('published_stories', 'unique_scans', 'days_with_paid_level')),
  constraint required_is_positive check (required > 0),
  constraint window_is_positive check (window_days > 0)
);
comment on table public.level_c_criteria is
  'What level C asks for: at least `required` within the last window_days (null: ever). private.level_c_counts knows how each key is counted.';

alter table public.level_c_criteria enable row level security;
grant select on public.level_c_criteria to anon, authenticated, service_role;
create policy "everyone reads the criteria" on public.level_c_criteria
  for select to anon, authenticated
  using (true);
-- insert, update, delete are not granted: criteria change by a migration
create function private.level_c_counts(organization_ids uuid[], as_of timestamptz)
  returns table (organization_id uuid, criterion text, current int, required int, met boolean)
  language sql stable security definer set search_path = '' -- definer: jobs count for everyone
as $$
  with asked as (
    select o.id, c.key, c.required, c.position, greatest(as_of - make_interval(days => coalesce(c.window_days, 36500)), t.taken_at) as since
    from unnest(organization_ids) as o (id)
    cross join lateral (
      -- what a person took C away for does not earn it back with the next scan: counting begins anew
      select max(e.occurred_at) as taken_at from public.status_level_events e
      where e.organization_id = o.id and e.level = 'C' and e.action = 'revoked' and e.actor_kind = 'admin'
    ) as t
    cross join public.level_c_criteria c
    where c.is_active
  ), visitors as materialized (
    select v.organization_id as id, v.unique_visitors
    from (select array_agg(a.id) as ids, array_agg(a.since) as since from asked a where a.key = 'unique_scans') as w
    cross join lateral private.unique_visitors(w.ids, w.since, as_of) v
  ), counted as (
    select a.*, case a.key
      when 'published_stories' then (
        select count(*) from public.stories s
        where s.organization_id = a.id and s.status = 'published' and s.published_at > a.since and s.published_at <= as_of
      )
      when 'unique_scans' then v.unique_visitors
      when 'days_with_paid_level' then (
        -- days on which A or B was held; the two at once count once
        select floor(extract(epoch from sum(upper(held) - lower(held))) / 86400)
        from unnest((
          select range_agg(tstzrange(greatest(l.valid_from, a.since), least(coalesce(l.revoked_at, as_of), as_of)))
          from public.organization_status_levels l
          where l.organization_id = a.id and l.level in ('A', 'B')
            and greatest(l.valid_from, a.since) < least(coalesce(l.revoked_at, as_of), as_of)
        )) as held
      )
    end as number
    from asked a
    left join visitors v on v.id = a.id and a.key = 'unique_scans'
  )
  select c.id, c.key, coalesce(c.number, 0)::int, c.required, coalesce(c.number, 0) >= c.required
  from counted c
  order by c.id, c.position
$$;
comment on function private.level_c_counts is 'How far organizations are with each active criterion, counted within its window and since a platform admin took C away.';

create function public.level_c_progress(organization_id uuid)
  returns table (criterion text, current int, required int, met boolean)
  language plpgsql stable security definer set search_path = '' -- definer: counts drafts' neighbours and scans
as $$
begin
  if not private.is_service() and not private.is_platform_admin() then
    perform private.require_role(organization_id, 'viewer');
  end if;
  return query
    select c.criterion, c.current, c.required, c.met
    from private.level_c_counts(array[level_c_progress.organization_id], now()) c;
end
$$;
comment on function public.level_c_progress is
  'Members: how far the organization is with each criterion of level C, rows (criterion, current, required, met). 403 not_allowed, 404 not_found.';
grant execute on function public.level_c_progress to authenticated, service_role;


-- Earning ----------------------------------------------------------------------------------------------------------------

create function private.meet_level_c(organization_ids uuid[], as_of timestamptz) returns uuid[]
  language sql stable security definer set search_path = '' -- definer: jobs count for everyone
as $$
  select coalesce(array_agg(met.organization_id order by met.organization_id), '{}')
  from (
    select c.organization_id from private.level_c_counts(organization_ids, as_of) c
    group by c.organization_id having bool_and(c.met)
  ) met
  where exists (
    select from public.organization_status_levels l
    where l.organization_id = met.organization_id and l.level in ('A', 'B') and l.is_active
  )
$$;
comment on function private.meet_level_c is 'Those of the organizations that hold A or B and meet every criterion.';

-- C is granted for 365 days, and renewed without a word while the criteria are met.
create function private.earn_level_c(organization_ids uuid[], actor_kind text, as_of timestamptz) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  earned uuid;
  granted int := 0;
begin
  foreach earned in array private.meet_level_c(organization_ids, as_of) loop
    if actor_kind = 'job' then
      -- The job has locks already, and another run beside it has others: waiting, the two could wait for each other. The next run takes it.
      perform from public.organizations o where o.id = earned for no key update skip locked;
      continue when not found;
    else
      perform private.lock_organization(earned);
    end if;
    if not exists (
      select from public.organization_status_levels l where l.organization_id = earned and l.level = 'C' and l.is_active
    ) and cardinality(private.meet_level_c(array[earned], as_of)) = 1 then
      perform private.set_level(earned, 'C', as_of + interval '365 days', null, 'criteria_met', actor_kind, as_of);
      granted := granted + 1;
    end if;
  end loop;
  return granted;
end
$$;
comment on function private.earn_level_c is 'Grants C to those that earned it and do not hold it; how many.';

create function private.may_earn_level_c(organization_ids uuid[]) returns uuid[]
  language sql stable security definer set search_path = '' -- definer: jobs and triggers ask for everyone
as $$
  select array(
    select distinct l.organization_id
    from public.organization_status_levels l
    where l.organization_id = any (organization_ids) and l.level in ('A', 'B') and l.is_active
      and not exists (
        select from public.organization_status_levels c
        where c.organization_id = l.organization_id and c.level = 'C' and c.is_active
      )
  )
$$;
comment on function private.may_earn_level_c is 'Those of the organizations that hold A or B, and not C: for the others nothing need be counted.';

create function private.earn_level_c_by_stories() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever publishes has no rights here
as $$
begin
  perform private.earn_level_c(private.may_earn_level_c(array(
    select n.organization_id from new_rows n where n.status = 'published' and n.published_at <= now()
  )), 'system', now());
  return null;
end
$$;
comment on function private.earn_level_c_by_stories is 'Trigger: C is granted right when the story that was missing is written as published.';

create function private.earn_level_c_by_story() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever publishes has no rights here
as $$
begin
  perform private.earn_level_c(private.may_earn_level_c(array[new.organization_id]), 'system', now());
  return null;
end
$$;
comment on function private.earn_level_c_by_story is 'Trigger: C is granted right when the story that was missing is published.';

create trigger stories_earn_level_c_when_written after insert on public.stories
  referencing new table as new_rows for each statement execute function private.earn_level_c_by_stories();
-- Only what becomes public is looked at: a counted view or a corrected word costs nothing here. Scans are left to run_level_c.
create trigger stories_earn_level_c_when_published after update of status, published_at on public.stories
  for each row when (
    new.status = 'published' and new.published_at <= now()
    and (old.status, old.published_at) is distinct from (new.status, new.published_at)
  ) execute function private.earn_level_c_by_story();

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

create function public.run_level_c(as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  reviewed record;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key runs jobs.');
  end if;
  select c.* into reviewed from private.review_level_c(as_of, null) c;
  return jsonb_build_object('as_of', as_of, 'granted', reviewed.granted, 'revoked', reviewed.revoked);
end
$$;
comment on function public.run_level_c is
  'Service key only, every five minutes: level C for who has earned it since, and no more for whose term is over: {as_of, granted, revoked}. Running it twice changes nothing.';
grant execute on function public.run_level_c to service_role;
