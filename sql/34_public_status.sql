-- Public status: what anybody may know of an organization's levels: held, lost, and when. The pages, the badge and the e-mails say what is answered here.

create function private.require_visible_organization(organization_id uuid) returns void
  language plpgsql stable security definer set search_path = '' -- definer: visitors ask too
as $$
begin
  if not exists (
    select from public.organizations o
    where o.id = require_visible_organization.organization_id
      and (o.first_level_at is not null
        or o.id = any (array(select private.organization_ids_where('viewer')))
        or private.is_platform_admin()
        or private.is_service())
  ) then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
end
$$;
comment on function private.require_visible_organization is '404 not_found unless there is something to know: from the first level ever held everybody may know it, published or not; before that members, platform admins and the service key.';

-- A level is lost when it was held and is not held now; 0 that gave way to A is not lost. What is past its term counts as ended at its term,
-- with the reason it will be written down with, also before a job has come by.
create function private.level_stretches(organization_id uuid, as_of timestamptz)
  returns table (level public.status_level, held_from timestamptz, held_to timestamptz, valid_until timestamptz, is_written boolean, is_by_subscription boolean)
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the table
as $$
  select l.level, l.valid_from, coalesce(l.revoked_at, case when l.valid_until <= as_of then l.valid_until end),
    l.valid_until, l.revoked_at is not null, l.subscription_id is not null
  from public.organization_status_levels l
  where l.organization_id = level_stretches.organization_id
$$;
comment on function private.level_stretches is
  'Each time an organization held a level without a break: from, to (null while it goes on), its term, and whether its end is in the history.';

-- Who ended a level: us, billing, or the term it was held for. By the actor, never by the words of a reason.
create function private.ender(action public.status_level_action, actor_kind text) returns text
  language sql immutable set search_path = ''
as $$
  select case when action = 'expired' or actor_kind = 'job' then 'term' when actor_kind = 'billing' then 'billing' else 'chestno' end
$$;
comment on function private.ender is 'Who ended a level: chestno, billing or term (it ran out, or the criteria of C were not met any more).';

create function private.lost_levels(organization_id uuid, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the tables
as $$
  with newest as ( -- one that goes on comes before one that ended
    select distinct on (s.level) s.*
    from private.level_stretches(lost_levels.organization_id, as_of) s
    order by s.level, s.held_to desc nulls first
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'level', n.level, 'held_from', n.held_from, 'lost_at', n.held_to,
    'action', ended.action, 'reason', ended.reason, 'by', private.ender(coalesce(because_of.action, ended.action), coalesce(because_of.actor_kind, ended.actor_kind))
  ) order by n.level desc), '[]')
  from newest n
  cross join lateral (
    (
      select e.action, e.reason, e.actor_kind from public.status_level_events e
      where n.is_written and e.organization_id = lost_levels.organization_id and e.occurred_at = n.held_to
        and e.level = n.level and e.action in ('revoked', 'expired', 'superseded')
      order by e.id desc limit 1
    )
    union all
    select 'expired', 'term_ended', 'job' where not n.is_written and not n.is_by_subscription
    union all -- a term under a subscription is the end of one that was cancelled
    select 'revoked', 'subscription_cancelled', 'billing' where not n.is_written and n.is_by_subscription
  ) as ended
  left join lateral ( -- C falls with A or B: whoever ended that ended C
    select e.action, e.actor_kind from public.status_level_events e
    where n.level = 'C' and ended.reason = 'paid_level_lost' and e.organization_id = lost_levels.organization_id
      and e.occurred_at = n.held_to and e.level in ('A', 'B') and e.action in ('revoked', 'expired')
    order by e.id desc limit 1
  ) as because_of on true
  where n.held_to is not null and ended.action <> 'superseded'
$$;
comment on function private.lost_levels is
  'Levels held once and not now, highest first, each by its newest end: [{level, held_from, lost_at, action: revoked|expired, reason, by: chestno|billing|term}].';

-- A level that is held again does not undo that it was lost: when that was last, by the history.
create function private.regained_levels(organization_id uuid, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the tables
as $$
  select coalesce(jsonb_agg(jsonb_build_object('level', r.level, 'lost_at', r.lost_at) order by r.level desc), '[]')
  from (
    select s.level, max(e.occurred_at) as lost_at
    from private.level_stretches(regained_levels.organization_id, as_of) s
    join public.status_level_events e
      on e.organization_id = regained_levels.organization_id and e.level = s.level and e.action in ('revoked', 'expired')
    where s.held_to is null
    group by s.level
  ) r
$$;
comment on function private.regained_levels is
  'Levels held now that were lost before, highest first, each by its newest loss: [{level, lost_at}].';

-- What is said of an organization in sentences, each by its name and what it is filled with: pages, e-mails and badges only put words to it.
-- Levels that were lost on one day for one reason are one sentence, and those regained that were lost on one day. A reason is a code of ours, or
-- what a moderator wrote; one that is neither is not told.
create function private.verdict(levels jsonb, lost jsonb, regained jsonb, time_zone text) returns jsonb
  language sql stable set search_path = ''
as $$
  with held as (
    select jsonb_agg(l -> 'level') as levels from jsonb_array_elements(levels) as l
  ), losses as (
    select 1 as part, place, l from jsonb_array_elements(lost) with ordinality as each (l, place)
    union all
    select 2, place, l from jsonb_array_elements(regained) with ordinality as each (l, place)
  ), gone as (
    select part, min(place) as place, jsonb_agg(l -> 'level' order by place) as levels, (array_agg(l -> 'lost_at' order by place))[1] as at, l ->> 'reason' as reason
    from losses
    group by part, ((l ->> 'lost_at')::timestamptz at time zone time_zone)::date, l ->> 'reason'
  ), said as (
    select 0 as part, 0 as place, jsonb_build_object('sentence', 'held', 'levels', h.levels, 'unchecked', not h.levels @> '["B"]') as sentence
    from held h where h.levels is not null
    union all
    select g.part, g.place, jsonb_build_object(
      'sentence', case when coalesce(r.code, r.said) is null then 'lost_unexplained' else 'lost' end,
      'levels', g.levels, 'at', g.at, 'reason', r.code, 'said', r.said)
    from gone g
    cross join lateral (
      select k.reason as code, case when k.reason is null and g.reason !~ '^[a-z_]+$' then nullif(rtrim(g.reason, ' .…'), '') end as said
      from (select) as always
      left join unnest(enum_range(null::private.level_reason)::text[]) as k (reason) on k.reason = g.reason
    ) as r
    where g.part = 1
    union all
    select g.part, g.place, jsonb_build_object('sentence', 'regained', 'levels', g.levels, 'at', g.at)
    from gone g
    where g.part = 2
  )
  select coalesce(jsonb_agg(s.sentence order by s.part, s.place), '[{"sentence": "never"}]') from said s
$$;
comment on function private.verdict is
  'What is said of an organization, of the levels and losses that get_organization_status answers and of private.regained_levels: [{sentence: held|lost|lost_unexplained|regained|never, levels, unchecked (held), at (lost, regained), reason, said (lost)}]. unchecked: its documents were not looked at; reason: a code, or null when said has a moderator''s words; regained: held now, and lost before, the last time at that moment.';

create function private.organization_status(organization_id uuid, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to the table, only to this answer
as $$
  with status as (
    select jsonb_build_object(
      'level', max(s.level) filter (where s.held_to is null),
      'levels', coalesce(jsonb_agg(jsonb_build_object(
        'level', s.level,
        'kind', case s.level when '0' then 'trial' when 'A' then 'paid' when 'B' then 'verified' when 'C' then 'earned' end,
        'since', s.held_from,
        'valid_until', s.valid_until
      ) order by s.level desc) filter (where s.held_to is null), '[]'),
      'lost', private.lost_levels(organization_status.organization_id, as_of),
      'stretches', coalesce(jsonb_agg(jsonb_build_object(
        'level', s.level, 'from', s.held_from, 'to', s.held_to) order by s.level desc, s.held_from), '[]'),
      'first_level_at', min(s.held_from),
      'verified', private.holds_b(organization_status.organization_id)
    ) as answer
    from private.level_stretches(organization_status.organization_id, as_of) s
  )
  select s.answer || jsonb_build_object('verdict', private.verdict(s.answer -> 'levels', s.answer -> 'lost', private.regained_levels(organization_status.organization_id, as_of), (
    select os.time_zone from public.organization_settings os where os.organization_id = organization_status.organization_id)))
  from status s
$$;
comment on function private.organization_status is 'What get_organization_status answers, of that moment.';

-- The one object that pages, e-mails and badges show of an organization: its seal and its verdict.
create function private.passport(organization_id uuid, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: e-mails are written for anyone
as $$
  select jsonb_build_object(
    'name', o.name, 'slug', o.slug,
    'level', coalesce(s.status ->> 'level', s.status #>> '{lost,0,level}'),
    'state', case when s.status ->> 'level' is not null then 'held' when s.status #> '{lost,0}' is not null then 'lost' else 'none' end,
    -- what was lost once and is held again is told on the page, not in each e-mail
    'verdict', jsonb_path_query_array(s.status -> 'verdict', '$[*] ? (@.sentence != "regained")'))
  from public.organizations o
  cross join lateral (select private.organization_status(o.id, as_of) as status) as s
  where o.id = passport.organization_id
$$;
comment on function private.passport is
  'The head of an e-mail about an organization: {name, slug, level, state: held|lost|none, verdict: as private.verdict, without what was regained}; the level held, else the highest that was lost; null when there is no such organization.';

create function public.get_organization_status(organization_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to the table, only to this answer
as $$
begin
  perform private.require_visible_organization(organization_id);
  return private.organization_status(organization_id, now());
end
$$;
comment on function public.get_organization_status is
  'Public: {level, levels: [{level, kind: paid|verified|earned|trial, since, valid_until}], lost: [{level, held_from, lost_at, action: revoked|expired, reason, by: chestno|billing|term}], stretches: [{level, from, to}], first_level_at, verified, verdict: [{sentence: held|lost|lost_unexplained|regained|never, levels, unchecked, at, reason, said}]}, highest level first, stretches in their order, to = null while it goes on; level is null when none is held. verified: B is held. verdict: what is to be said, sentence by sentence: held has unchecked (no documents were looked at), lost has at and reason (a code) or said (a moderator''s words), regained (held now, lost before) has at, its newest loss. 404 not_found.';
grant execute on function public.get_organization_status to anon, authenticated, service_role;

create function public.get_status_history(organization_id uuid)
  returns table (level public.status_level, action public.status_level_action, reason text, valid_until timestamptz, occurred_at timestamptz, detail jsonb)
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to the table, only to this answer
as $$
begin
  perform private.require_visible_organization(organization_id);
  return query
    select e.level, e.action, e.reason, e.valid_until, e.occurred_at, e.detail
    from public.status_level_events e
    where e.organization_id = get_status_history.organization_id
    order by e.occurred_at desc, e.id desc;
end
$$;
comment on function public.get_status_history is 'Public: everything that happened to the levels, newest first, without actors; detail: of name_changed, {name: {from, to}, legal_name: {from, to}}. Published or not, from the first level on; before it 404 not_found.';
grant execute on function public.get_status_history to anon, authenticated, service_role;
