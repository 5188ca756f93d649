-- The overview of an organization in one answer: where it stands, the first steps, the way to level C, and what happened last.


-- That the link to the page was given to somebody. Only a press on «copy» can be known, so that is what is written down.
create function public.mark_shared(organization_id uuid) returns timestamptz
  language plpgsql volatile security definer set search_path = '' -- definer: the column is granted to nobody
as $$
declare
  first_time timestamptz;
begin
  perform private.act_in_organization(organization_id, 'editor');
  update public.organization_settings s set shared_at = coalesce(s.shared_at, now())
  where s.organization_id = mark_shared.organization_id
  returning s.shared_at into first_time;
  return first_time;
end
$$;
comment on function public.mark_shared is
  'Editors and up: the link to the public page was copied; answers when that was for the first time. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.mark_shared to authenticated;

create function private.first_steps(organization public.organizations) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  select jsonb_agg(jsonb_build_object('step', s.step, 'done', s.done) order by s.place)
  from (values
    (1, 'profile', organization.description is not null and organization.category is not null),
    (2, 'logo', organization.logo_path is not null),
    (3, 'trial', organization.first_level_at is not null or exists (
      select from public.subscriptions b where b.organization_id = organization.id)),
    -- before the first level there is no page that a buyer could open
    (4, 'page', organization.is_published and organization.first_level_at is not null),
    (5, 'share', exists (
      select from public.organization_settings t where t.organization_id = organization.id and t.shared_at is not null)),
    (6, 'qr', exists (select from public.qr_codes q where q.organization_id = organization.id)),
    (7, 'story', exists (
      select from public.stories t
      where t.organization_id = organization.id and (t.submitted_at is not null or t.status = 'published')))
  ) as s (place, step, done)
$$;
comment on function private.first_steps is
  'What a new organization does first, and whether it has: [{step: profile|logo|trial|page|share|qr|story, done}]. story: one was handed in; share: the link was copied.';

create function private.subscription_state(subscription public.subscriptions, level public.status_level) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when subscription.id is null then case when level is null then 'none' else 'granted' end
    when not private.is_live(subscription.status) then case when level is null then 'ended' else 'granted' end
    when subscription.status = 'past_due' then 'past_due'
    when level is null then 'revoked'
    when subscription.cancel_at_period_end then 'ending'
    else subscription.status::text
  end
$$;
comment on function private.subscription_state is
  'Where an organization stands with its latest subscription and the level it holds, in one word: none, granted (a level without a subscription), trialing, active, ending, past_due, revoked (a subscription without a level), ended.';

-- Payments and requests are their admins' business, as in the tables.
create function private.latest_events(organization_id uuid, sees_money boolean, max_items int) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the caller's role was checked
as $$
  with happened (at, kind, detail) as (
    (
      select e.occurred_at, 'level_' || e.action, jsonb_build_object('level', e.level, 'reason', e.reason)
      from public.status_level_events e
      where e.organization_id = latest_events.organization_id and e.action in ('granted', 'revoked', 'expired')
      order by e.occurred_at desc, e.id desc limit max_items
    )
    union all (
      select t.updated_at, case t.status when 'succeeded' then 'payment_succeeded' else 'payment_declined' end,
        jsonb_build_object('amount', t.amount::text, 'currency', t.currency)
      from public.payment_transactions t
      where sees_money and t.organization_id = latest_events.organization_id
        and (t.status = 'succeeded' or (t.status = 'canceled' and t.kind = 'renewal'))
      order by t.created_at desc limit max_items
    )
    union all (
      select r.updated_at, 'payment_refunded', jsonb_build_object('amount', r.amount::text, 'currency', r.currency)
      from public.payment_refunds r
      where sees_money and r.organization_id = latest_events.organization_id and r.status = 'succeeded'
      order by r.created_at desc limit max_items
    )
    union all (
      select l.occurred_at, 'story_' || l.action, jsonb_build_object('story_id', s.id, 'title', s.title)
      from public.story_activity_log l
      join public.stories s on s.id = l.story_id and s.deleted_at is null
      where l.organization_id = latest_events.organization_id and l.action in ('approved', 'rejected')
      order by l.id desc limit max_items
    )
    union all (
      select said.at, said.kind, jsonb_build_object('level', q.target_level)
      from public.status_upgrade_requests q
      cross join lateral (values
        (q.created_at, 'request_sent'),
        (q.reviewed_at, 'request_' || q.status)
      ) as said (at, kind)
      where sees_money and q.organization_id = latest_events.organization_id and said.at is not null
      order by said.at desc limit max_items
    )
  ), newest as (
    select * from happened h order by h.at desc limit max_items
  )
  select coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'at', n.at) || n.detail order by n.at desc), '[]') from newest n
$$;
comment on function private.latest_events is 'What happened last, newest first; payments and requests only for whom they concern.';

create function public.organization_overview(organization_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one answer from tables of different rights
as $$
declare
  organization public.organizations;
  latest public.subscriptions;
  live public.subscriptions;
  status jsonb;
  state text;
  begun jsonb;
  caller constant uuid := private.require_role(organization_id, 'viewer');
  sees_money constant boolean := private.role_of(organization_id, caller) >= 'admin';
begin
  select * into organization from public.organizations o where o.id = organization_overview.organization_id;
  select * into latest from public.subscriptions s
  where s.organization_id = organization.id
  order by private.is_live(s.status) desc, s.created_at desc, s.id desc
  limit 1;
  if private.is_live(latest.status) then
    live := latest;
  end if;
  status := public.get_organization_status(organization.id);
  state := private.subscription_state(latest, (status ->> 'level')::public.status_level);
  if sees_money then
    begun := private.payment_under_way(organization.id);
  end if;

  return jsonb_build_object(
    'state', jsonb_build_object(
      'kind', state,
      'until', case state
        when 'granted' then (status #>> '{levels,0,valid_until}')::timestamptz
        when 'past_due' then latest.grace_until
        when 'trialing' then latest.trial_ends_at
        when 'active' then latest.current_period_end
        when 'ending' then latest.current_period_end
      end,
      'next_charge', private.next_charge(live, now()),
      'ended', private.ended_subscription(latest, sees_money),
      'unfinished_payment', case when begun ->> 'kind' <> 'renewal' then begun ->> 'transaction_id' end,
      'trial_days', case when private.has_had_trial(organization) then 0 else
        coalesce((select max(p.trial_days) from public.subscription_plans p where p.is_active), 0) end
    ),
    'status', status,
    'checklist', private.first_steps(organization),
    'criteria', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'criterion', n.criterion, 'current', n.current, 'required', n.required, 'met', n.met, 'window_days', c.window_days
      ) order by c.position), '[]')
      from private.level_c_counts(array[organization.id], now()) n
      join public.level_c_criteria c on c.key = n.criterion
    ),
    'events', private.latest_events(organization.id, sees_money, 8)
  );
end
$$;
comment on function public.organization_overview is
  'Members: what the overview shows. {state: {kind: none|granted|trialing|active|ending|past_due|revoked|ended, until, next_charge: null|{at, amount, currency, payment_method_id, why_not}, ended: null|{at, reason, amount, currency}, unfinished_payment: null|transaction_id, trial_days (0: none can be begun)}, status (as get_organization_status), checklist: [{step: profile|logo|trial|page|share|qr|story, done}], criteria: [{criterion, current, required, met, window_days}], events: the 8 latest [{kind: level_granted|level_revoked|level_expired|payment_succeeded|payment_declined|payment_refunded|story_approved|story_rejected|request_sent|request_approved|request_rejected|request_more_asked, at, level?, reason?, amount?, currency?, story_id?, title?}]}. Below admin there are no payments and requests in it. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.organization_overview to authenticated;


-- Whose rights: the caller's own. organization_overview asks who they are, the tables who may see the requests.
create function public.status_overview(organization_id uuid) returns jsonb
  language plpgsql stable set search_path = ''
as $$
declare
  overview constant jsonb := public.organization_overview(organization_id);
begin
  return jsonb_build_object(
    'state', overview -> 'state', 'status', overview -> 'status', 'criteria', overview -> 'criteria',
    'history', (
      select coalesce(jsonb_agg(to_jsonb(h) - 'place' order by h.place), '[]')
      from public.get_status_history(status_overview.organization_id)
        with ordinality as h (level, action, reason, valid_until, occurred_at, detail, place)),
    'requests', (
      select coalesce(jsonb_agg(to_jsonb(r) order by r.created_at desc, r.id desc), '[]')
      from public.status_upgrade_requests r where r.organization_id = status_overview.organization_id),
    'steps', (
      select coalesce(jsonb_agg(to_jsonb(s) order by s.occurred_at, s.id), '[]')
      from public.upgrade_request_steps s where s.organization_id = status_overview.organization_id),
    'guide', public.verification_guide((select o.category from public.organizations o where o.id = status_overview.organization_id)));
end
$$;
comment on function public.status_overview is
  'Members: what the status page shows. {state, status, criteria (as organization_overview), history: [as get_status_history], requests: [rows of status_upgrade_requests, newest first], steps: [rows of upgrade_request_steps, oldest first], guide (as verification_guide, of the organization''s category)}. Below admin requests and steps are empty. 401 sign_in_required, 403 not_allowed, 404 not_found.';
grant execute on function public.status_overview to authenticated;
