-- The lists of platform admins: everybody's organizations, requests and messages, a page at a time. Read over REST each would first make
-- the list of every organization there is (20_organizations); an RPC asks once who is calling, and goes by an index.
--
-- Every filter that is not given is null, and planned away: so the plan is made anew at each call.

create function private.admin_page(
  query text, created_from timestamptz, created_to timestamptz, after text, max_items int
) returns private.page_end
  language plpgsql stable set search_path = ''
as $$
begin
  perform private.require_platform_admin();
  if char_length(query) > 200 then
    perform private.refuse('invalid_input', '[{"field": "query", "code": "too_long"}]', 'At most 200 characters.');
  end if;
  if created_to <= created_from then
    perform private.refuse('invalid_input', '[{"field": "created_to", "code": "out_of_range"}]', 'created_to is after created_from.');
  end if;
  return private.read_page_end(after, max_items);
end
$$;
comment on function private.admin_page is
  'What every list of platform admins begins with: where the page before ended. 401, 403 not_allowed, 422 invalid_input (query, created_to, after, max_items).';


-- Organizations ----------------------------------------------------------------------------------------------------------

create function public.admin_organizations(
  query text default null, level public.status_level default null, subscription_status public.subscription_status default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20
) returns jsonb
  language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  asked_id uuid := private.uuid_or_null(btrim(query));
  wanted tsquery := case when asked_id is null then private.words_query(query) end;
  items jsonb;
begin
  with found as (
    -- Of all: by when they were made.
    select o.id, o.created_at as at
    from public.organizations o
    join private.organization_words w on w.organization_id = o.id
    where admin_organizations.level is null and admin_organizations.subscription_status is null
      and (wanted is null or w.words @@ wanted) and (asked_id is null or o.id = asked_id)
      and (admin_organizations.created_from is null or o.created_at >= admin_organizations.created_from)
      and (admin_organizations.created_to is null or o.created_at < admin_organizations.created_to)
      and (page_end.at is null or (o.created_at, o.id) < (page_end.at, page_end.id))
    union all
    -- Of one level: by when they got it.
    select l.organization_id, l.granted_at
    from public.organization_status_levels l
    join public.organizations o on o.id = l.organization_id
    join private.organization_words w on w.organization_id = o.id
    where l.is_active and l.level = admin_organizations.level
      and (admin_organizations.subscription_status is null or admin_organizations.subscription_status = (
        select s.status from public.subscriptions s where s.organization_id = l.organization_id order by s.created_at desc limit 1))
      and (wanted is null or w.words @@ wanted) and (asked_id is null or o.id = asked_id)
      and (admin_organizations.created_from is null or o.created_at >= admin_organizations.created_from)
      and (admin_organizations.created_to is null or o.created_at < admin_organizations.created_to)
      and (page_end.at is null or (l.granted_at, l.organization_id) < (page_end.at, page_end.id))
    union all
    -- Of one state of the subscription, which is their last: by when that began.
    select s.organization_id, s.created_at
    from public.subscriptions s
    join public.organizations o on o.id = s.organization_id
    join private.organization_words w on w.organization_id = o.id
    where admin_organizations.level is null and s.status = admin_organizations.subscription_status
      and not exists (select from public.subscriptions n where n.organization_id = s.organization_id and n.created_at > s.created_at)
      and (wanted is null or w.words @@ wanted) and (asked_id is null or o.id = asked_id)
      and (admin_organizations.created_from is null or o.created_at >= admin_organizations.created_from)
      and (admin_organizations.created_to is null or o.created_at < admin_organizations.created_to)
      and (page_end.at is null or (s.created_at, s.organization_id) < (page_end.at, page_end.id))
    order by at desc, id desc
    limit max_items + 1
  )
  select jsonb_agg(jsonb_build_object(
    'id', o.id, 'name', o.name, 'legal_name', o.legal_name, 'slug', o.slug, 'inn', coalesce(o.inn, o.masked_inn),
    'levels', (
      select coalesce(jsonb_agg(l.level order by l.level desc), '[]') from public.organization_status_levels l
      where l.organization_id = o.id and l.is_active),
    'subscription_status', (
      select s.status from public.subscriptions s where s.organization_id = o.id order by s.created_at desc limit 1),
    'is_published', o.is_published, 'created_at', o.created_at, 'deleted_at', o.deleted_at, 'at', f.at
  ) order by f.at desc, f.id desc) into items
  from found f
  join public.organizations o on o.id = f.id;
  return private.list_page(items, 'at', 'id', max_items);
end
$$;
comment on function public.admin_organizations is
  'Platform admins: organizations, the newest first; of one level those that hold it, the last to get it first; of one state of their (last) subscription, the last to begin it first. query: the beginnings of words of the name, legal name, address or INN, or the id; created_from and created_to (exclusive): when the organization was made: {items: [{id, name, legal_name, slug, inn, levels (held, the highest first), subscription_status, is_published, created_at, deleted_at, at (what it is ordered by)}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_organizations to authenticated;


-- Requests that a person decides on: for level B, about an INN that is taken, about a verified name --------------------------

create function public.admin_requests(
  kind text default 'upgrade', status text default 'pending', query text default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  asked_id uuid := private.uuid_or_null(btrim(query));
  of_kind text := case kind when 'upgrade' then 'status_upgrade_requests' when 'claim' then 'organization_claims' when 'name_change' then 'name_change_requests' end;
  states text[] := case kind
    when 'upgrade' then enum_range(null::public.upgrade_request_status)::text[]
    when 'claim' then enum_range(null::public.claim_status)::text[]
    when 'name_change' then enum_range(null::public.name_change_status)::text[] end;
  is_queue boolean := coalesce(status = 'pending', false);
  items jsonb;
begin
  if of_kind is null then
    perform private.refuse('invalid_input', '[{"field": "kind", "code": "unknown"}]', 'upgrade, claim or name_change.');
  end if;
  if status <> all (states) then
    perform private.refuse('invalid_input', '[{"field": "status", "code": "unknown"}]', format('One of %s.', states));
  end if;
  -- Three tables of one shape: the statement is the same but for the table, its states, and which end is first.
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', p.id, 'organization_id', p.organization_id, 'organization', o.name, 'slug', o.slug, 'inn', %3$s, 'status', p.status,
      'files', cardinality(p.evidence_paths), 'created_at', p.created_at, 'reviewed_at', p.reviewed_at
    ) order by p.created_at %2$s, p.id %2$s)
    from (
      select r.*
      from public.%1$I r
      join private.organization_words w on w.organization_id = r.organization_id
      where %4$s and ($1 is null or w.words @@ $1) and ($2 is null or r.id = $2 or r.organization_id = $2)
        and ($3 is null or r.created_at >= $3) and ($4 is null or r.created_at < $4)
        and ($5 is null or (r.created_at, r.id) %5$s ($5, $6))
      order by r.created_at %2$s, r.id %2$s
      limit $7 + 1
    ) p
    join public.organizations o on o.id = p.organization_id
  $query$,
    of_kind, case when is_queue then 'asc' else 'desc' end, case kind when 'claim' then 'p.inn' else 'coalesce(o.inn, o.masked_inn)' end,
    case when status is null then 'true' else format('r.status = %L', status) end, case when is_queue then '>' else '<' end)
  into items
  using case when asked_id is null then private.words_query(query) end, asked_id, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'created_at', 'id', max_items);
end
$$;
comment on function public.admin_requests is
  'Platform admins: requests of a kind (upgrade, claim, name_change) in a status (pending by default: the oldest first; null: of every status, the newest first, as are those of any other). query: the beginnings of words of the organization''s name, address or INN, or an id: {items: [{id, organization_id, organization, slug, inn (the one that is claimed, of a claim), status, files, created_at, reviewed_at}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_requests to authenticated;


-- Reports of abuse -------------------------------------------------------------------------------------------------------

create function public.admin_reports(
  status text default 'pending', kind text default null, query text default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  asked_id uuid := private.uuid_or_null(btrim(query));
  is_queue boolean := coalesce(status = 'pending', false);
  items jsonb;
begin
  if status <> 'pending' and status <> all (enum_range(null::public.report_outcome)::text[]) then
    perform private.refuse('invalid_input', '[{"field": "status", "code": "unknown"}]', 'pending, upheld, not_upheld or duplicate.');
  end if;
  if kind <> all (enum_range(null::public.report_kind)::text[]) then
    perform private.refuse('invalid_input', '[{"field": "kind", "code": "unknown"}]', 'fake_badge, false_claim, stolen_name or other.');
  end if;
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', p.id, 'kind', p.kind, 'organization_id', p.organization_id, 'organization', o.name, 'slug', o.slug, 'url', p.url,
      'is_visitor', p.is_visitor, 'files', cardinality(p.evidence_paths), 'outcome', p.outcome, 'created_at', p.created_at,
      'reviewed_at', p.reviewed_at, 'published_at', p.published_at
    ) order by p.created_at %1$s, p.id %1$s)
    from (
      select r.*
      from public.abuse_reports r
      left join private.organization_words w on w.organization_id = r.organization_id
      where %2$s and ($1 is null or r.kind::text = $1) and ($2 is null or w.words @@ $2) and ($3 is null or r.id = $3 or r.organization_id = $3)
        and ($4 is null or r.created_at >= $4) and ($5 is null or r.created_at < $5)
        and ($6 is null or (r.created_at, r.id) %3$s ($6, $7))
      order by r.created_at %1$s, r.id %1$s
      limit $8 + 1
    ) p
    left join public.organizations o on o.id = p.organization_id
  $query$,
    case when is_queue then 'asc' else 'desc' end,
    case when is_queue then 'r.outcome is null' when status is null then 'true' else format('r.outcome = %L', status) end,
    case when is_queue then '>' else '<' end)
  into items
  using kind, case when asked_id is null then private.words_query(query) end, asked_id, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'created_at', 'id', max_items);
end
$$;
comment on function public.admin_reports is
  'Platform admins: reports of abuse that wait (pending, the default: the oldest first), of an outcome (upheld, not_upheld, duplicate) or all (null), the newest first; of one kind. query: the beginnings of words of the organization''s name, address or INN, or an id: {items: [{id, kind, organization_id, organization, slug, url, is_visitor, files, outcome, created_at, reviewed_at, published_at}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_reports to authenticated;


-- Messages to us ---------------------------------------------------------------------------------------------------------

create function public.admin_support(
  status text default 'open', query text default null, created_from timestamptz default null, created_to timestamptz default null,
  after text default null, max_items int default 20
) returns jsonb
  language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  asked_number bigint := substring(btrim(query) from '^№? ?([0-9]{1,15})$')::bigint;
  asked_email text := case when position('@' in query) > 0 then private.canonical_email(query) end;
  items jsonb;
begin
  if status is null or status not in ('open', 'answered') then
    perform private.refuse('invalid_input', '[{"field": "status", "code": "unknown"}]', 'open or answered.');
  end if;
  if btrim(coalesce(query, '')) <> '' and asked_number is null and asked_email is null then
    return private.list_page(null, '', '', max_items); -- neither a number nor an address
  end if;
  with found as (
    select m.*, m.created_at as at, row_number() over (order by m.created_at, m.id) as place
    from public.support_messages m
    where admin_support.status = 'open' and m.answered_at is null
      and (asked_number is null or m.number = asked_number) and (asked_email is null or m.email = asked_email)
      and (admin_support.created_from is null or m.created_at >= admin_support.created_from)
      and (admin_support.created_to is null or m.created_at < admin_support.created_to)
      and (page_end.at is null or (m.created_at, m.id) > (page_end.at, page_end.id))
    order by m.created_at, m.id
    limit max_items + 1
  ), answered as (
    select m.*, m.answered_at as at, row_number() over (order by m.answered_at desc, m.id desc) as place
    from public.support_messages m
    where admin_support.status = 'answered' and m.answered_at is not null
      and (asked_number is null or m.number = asked_number) and (asked_email is null or m.email = asked_email)
      and (admin_support.created_from is null or m.created_at >= admin_support.created_from)
      and (admin_support.created_to is null or m.created_at < admin_support.created_to)
      and (page_end.at is null or (m.answered_at, m.id) < (page_end.at, page_end.id))
    order by m.answered_at desc, m.id desc
    limit max_items + 1
  )
  select jsonb_agg(jsonb_build_object(
    'id', m.id, 'number', m.number, 'subject', m.subject, 'is_visitor', m.author_id is null, 'organization_id', m.organization_id,
    'organization', o.name, 'created_at', m.created_at, 'answered_at', m.answered_at, 'at', m.at
  ) order by m.place) into items
  from (select * from found union all select * from answered) m
  left join public.organizations o on o.id = m.organization_id;
  return private.list_page(items, 'at', 'id', max_items);
end
$$;
comment on function public.admin_support is
  'Platform admins: messages to us, open ones (the oldest first) or answered ones (the last answered first). query: the number, or the address that it came from: {items: [{id, number, subject, is_visitor, organization_id, organization, created_at, answered_at, at (what it is ordered by)}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_support to authenticated;


-- What was done ----------------------------------------------------------------------------------------------------------

create function public.admin_log(
  admin_id uuid default null, action text default null, query text default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20
) returns jsonb
  language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  asked_id uuid := private.uuid_or_null(btrim(query));
  -- By words: of the organizations that are called so, the first thousand. There are more actions than that only of few.
  asked_organizations uuid[] := case
    when asked_id is null and private.words_query(query) is not null then array(
      select w.organization_id from private.organization_words w where w.words @@ private.words_query(query) limit 1000) end;
  items jsonb;
begin
  select jsonb_agg(jsonb_build_object(
    'id', p.id, 'admin_id', p.admin_id, 'admin', coalesce(nullif(a.full_name, ''), private.email_of(p.admin_id)), 'action', p.action,
    'organization_id', p.organization_id, 'organization', o.name, 'subject', p.subject, 'detail', p.detail, 'occurred_at', p.occurred_at
  ) order by p.occurred_at desc, p.id desc) into items
  from (
    select l.*
    from public.admin_actions l
    where (admin_log.admin_id is null or l.admin_id = admin_log.admin_id) and (admin_log.action is null or l.action = admin_log.action)
      and (asked_id is null or l.organization_id = asked_id or l.subject = asked_id::text)
      and (asked_organizations is null or l.organization_id = any (asked_organizations))
      and (admin_log.created_from is null or l.occurred_at >= admin_log.created_from)
      and (admin_log.created_to is null or l.occurred_at < admin_log.created_to)
      and (page_end.at is null or (l.occurred_at, l.id) < (page_end.at, page_end.id))
    order by l.occurred_at desc, l.id desc
    limit max_items + 1
  ) p
  left join public.organizations o on o.id = p.organization_id
  left join public.profiles a on a.id = p.admin_id;
  return private.list_page(items, 'occurred_at', 'id', max_items);
end
$$;
comment on function public.admin_log is
  'Platform admins: what platform admins did, the newest first; of one of them, of one action (the name of the RPC), of an organization (query: the beginnings of words of its name, address or INN; or an id, of it or of what was acted on): {items: [{id, admin_id, admin (name, or else the address), action, organization_id, organization, subject, detail, occurred_at}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_log to authenticated;

create function public.admin_people() returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: platform admins see only themselves
as $$
begin
  perform private.require_platform_admin();
  return jsonb_build_object('next', null, 'items', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'user_id', a.user_id, 'name', coalesce(nullif(p.full_name, ''), private.email_of(a.user_id))) order by a.appointed_at, a.user_id), '[]')
    from public.platform_admins a
    join public.profiles p on p.id = a.user_id
  ));
end
$$;
comment on function public.admin_people is
  'Platform admins: who they are, {items: [{user_id, name (or else the address)}], next: null}: by whom admin_log is filtered. 403 not_allowed.';
grant execute on function public.admin_people to authenticated;
