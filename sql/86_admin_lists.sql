-- The lists of platform admins: everybody's organizations, requests and messages, a page at a time. Read over REST each would first make
-- the list of every organization there is (20_organizations); an RPC asks once who is calling, and goes by an index.
--
-- Every filter that is not given is null, and planned away: so each statement is put together and planned anew at each call. What is
-- put into its text are words of ours, among them which end is first; what is asked is handed over beside it.

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

create function private.called_so(wanted tsquery, organization_id text, parameter text) returns text
  language sql immutable set search_path = ''
as $$
  select case when wanted is null then '' else format(
    'join private.organization_words w on w.organization_id = %s and w.words @@ %s', organization_id, parameter) end
$$;
comment on function private.called_so is
  'The join of a statement by which only those whose organization is called so are found; nothing where no words are wanted. organization_id and parameter: as the statement says them.';


-- Organizations ----------------------------------------------------------------------------------------------------------

create function public.admin_organizations(
  query text default null, level public.status_level default null, subscription_status public.subscription_status default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20,
  sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, 'newest');
  asked_id uuid := private.uuid_or_null(btrim(query));
  wanted tsquery := case when asked_id is null then private.words_query(query) end;
  -- What they come by: when they were made; of one level, when they got it; of one state of the subscription, which is their last, when
  -- that began.
  ordered_by text := case when level is not null then 'l.granted_at' when subscription_status is not null then 's.created_at' else 'o.created_at' end;
  found_in text := case
    when level is not null then 'public.organization_status_levels l join public.organizations o on o.id = l.organization_id'
    when subscription_status is not null then 'public.subscriptions s join public.organizations o on o.id = s.organization_id'
    else 'public.organizations o' end;
  narrowed text := case
    when level is not null then
      'l.is_active and l.level = $1 and ($2 is null or $2 = (
        select s.status from public.subscriptions s where s.organization_id = l.organization_id order by s.created_at desc limit 1))'
    when subscription_status is not null then
      's.status = $2 and not exists (
        select from public.subscriptions n where n.organization_id = s.organization_id and n.created_at > s.created_at)'
    else 'true' end;
  items jsonb;
begin
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', o.id, 'name', o.name, 'legal_name', o.legal_name, 'slug', o.slug, 'inn', coalesce(o.inn, o.masked_inn),
      'levels', (
        select coalesce(jsonb_agg(l.level order by l.level desc), '[]') from public.organization_status_levels l
        where l.organization_id = o.id and l.is_active),
      'subscription_status', (
        select s.status from public.subscriptions s where s.organization_id = o.id order by s.created_at desc limit 1),
      'is_published', o.is_published, 'created_at', o.created_at, 'deleted_at', o.deleted_at, 'at', f.at
    ) order by f.at %1$s, f.id %1$s)
    from (
      select o.id, %3$s as at
      from %4$s %6$s
      where %5$s and ($4 is null or o.id = $4)
        and ($5 is null or o.created_at >= $5) and ($6 is null or o.created_at < $6)
        and ($7 is null or (%3$s, o.id) %2$s ($7, $8))
      order by %3$s %1$s, o.id %1$s
      limit $9 + 1
    ) f
    join public.organizations o on o.id = f.id
  $query$, list_order.way, list_order.beyond, ordered_by, found_in, narrowed, private.called_so(wanted, 'o.id', '$3'))
  into items
  using level, subscription_status, wanted, asked_id, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'at', 'id', max_items);
end
$$;
comment on function public.admin_organizations is
  'Platform admins: organizations, the newest first; of one level those that hold it, the last to get it first; of one state of their (last) subscription, the last to begin it first; sort oldest: the other end first. query: the beginnings of words of the name, legal name, address or INN, or the id; created_from and created_to (exclusive): when the organization was made: {items: [{id, name, legal_name, slug, inn, levels (held, the highest first), subscription_status, is_published, created_at, deleted_at, at (what it is ordered by)}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_organizations to authenticated;


-- Requests that a person decides on: for level B, about an INN that is taken, about a verified name --------------------------

create function public.admin_requests(
  kind text default 'upgrade', status text default 'pending', query text default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20,
  sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, case when status = 'pending' then 'oldest' else 'newest' end);
  asked_id uuid := private.uuid_or_null(btrim(query));
  wanted tsquery := case when asked_id is null then private.words_query(query) end;
  of_kind text := case kind when 'upgrade' then 'status_upgrade_requests' when 'claim' then 'organization_claims' when 'name_change' then 'name_change_requests' end;
  states text[] := case kind
    when 'upgrade' then enum_range(null::public.upgrade_request_status)::text[]
    when 'claim' then enum_range(null::public.claim_status)::text[]
    when 'name_change' then enum_range(null::public.name_change_status)::text[] end;
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
      from public.%1$I r %6$s
      where %4$s and ($2 is null or r.id = $2 or r.organization_id = $2)
        and ($3 is null or r.created_at >= $3) and ($4 is null or r.created_at < $4)
        and ($5 is null or (r.created_at, r.id) %5$s ($5, $6))
      order by r.created_at %2$s, r.id %2$s
      limit $7 + 1
    ) p
    join public.organizations o on o.id = p.organization_id
  $query$,
    of_kind, list_order.way, case kind when 'claim' then 'p.inn' else 'coalesce(o.inn, o.masked_inn)' end,
    case when status is null then 'true' else format('r.status = %L', status) end, list_order.beyond,
    private.called_so(wanted, 'r.organization_id', '$1'))
  into items
  using wanted, asked_id, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'created_at', 'id', max_items);
end
$$;
comment on function public.admin_requests is
  'Platform admins: requests of a kind (upgrade, claim, name_change) in a status (pending by default: the oldest first; null: of every status, the newest first, as are those of any other); sort: newest, oldest. query: the beginnings of words of the organization''s name, address or INN, or an id: {items: [{id, organization_id, organization, slug, inn (the one that is claimed, of a claim), status, files, created_at, reviewed_at}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_requests to authenticated;


-- Reports of abuse -------------------------------------------------------------------------------------------------------

create function public.admin_reports(
  status text default 'pending', kind text default null, query text default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20,
  sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, case when status = 'pending' then 'oldest' else 'newest' end);
  asked_id uuid := private.uuid_or_null(btrim(query));
  wanted tsquery := case when asked_id is null then private.words_query(query) end;
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
      from public.abuse_reports r %4$s
      where %2$s and ($1 is null or r.kind = $1) and ($3 is null or r.id = $3 or r.organization_id = $3)
        and ($4 is null or r.created_at >= $4) and ($5 is null or r.created_at < $5)
        and ($6 is null or (r.created_at, r.id) %3$s ($6, $7))
      order by r.created_at %1$s, r.id %1$s
      limit $8 + 1
    ) p
    left join public.organizations o on o.id = p.organization_id
  $query$,
    list_order.way,
    case when status = 'pending' then 'r.outcome is null' when status is null then 'true' else format('r.outcome = %L', status) end,
    list_order.beyond, private.called_so(wanted, 'r.organization_id', '$2'))
  into items
  using kind::public.report_kind, wanted, asked_id, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'created_at', 'id', max_items);
end
$$;
comment on function public.admin_reports is
  'Platform admins: reports of abuse that wait (pending, the default: the oldest first), of an outcome (upheld, not_upheld, duplicate) or all (null), the newest first; of one kind; sort: newest, oldest. query: the beginnings of words of the organization''s name, address or INN, or an id: {items: [{id, kind, organization_id, organization, slug, url, is_visitor, files, outcome, created_at, reviewed_at, published_at}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_reports to authenticated;


-- Messages to us ---------------------------------------------------------------------------------------------------------

create function public.admin_support(
  status text default 'open', query text default null, created_from timestamptz default null, created_to timestamptz default null,
  after text default null, max_items int default 20, sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, case when status = 'open' then 'oldest' else 'newest' end);
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
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', m.id, 'number', m.number, 'subject', m.subject, 'is_visitor', m.author_id is null, 'organization_id', m.organization_id,
      'organization', o.name, 'created_at', m.created_at, 'answered_at', m.answered_at, 'at', m.at
    ) order by m.at %1$s, m.id %1$s)
    from (
      select m.*, m.%3$I as at
      from public.support_messages m
      where m.answered_at %4$s and ($1 is null or m.number = $1) and ($2 is null or m.email = $2)
        and ($3 is null or m.created_at >= $3) and ($4 is null or m.created_at < $4)
        and ($5 is null or (m.%3$I, m.id) %2$s ($5, $6))
      order by m.%3$I %1$s, m.id %1$s
      limit $7 + 1
    ) m
    left join public.organizations o on o.id = m.organization_id
  $query$, list_order.way, list_order.beyond,
    case status when 'open' then 'created_at' else 'answered_at' end, case status when 'open' then 'is null' else 'is not null' end)
  into items
  using asked_number, asked_email, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'at', 'id', max_items);
end
$$;
comment on function public.admin_support is
  'Platform admins: messages to us, open ones (the oldest first) or answered ones (the last answered first); sort: newest, oldest. query: the number, or the address that it came from: {items: [{id, number, subject, is_visitor, organization_id, organization, created_at, answered_at, at (what it is ordered by)}], next}. 403 not_allowed, 422 invalid_input.';
grant execute on function public.admin_support to authenticated;


-- What was done ----------------------------------------------------------------------------------------------------------

create function public.admin_log(
  admin_id uuid default null, action text default null, query text default null,
  created_from timestamptz default null, created_to timestamptz default null, after text default null, max_items int default 20,
  sort text default null
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: one check instead of one a row
as $$
declare
  page_end private.page_end := private.admin_page(query, created_from, created_to, after, max_items);
  list_order private.list_order := private.read_list_order(sort, 'newest');
  asked_id uuid := private.uuid_or_null(btrim(query));
  -- By words: of the organizations that are called so, the first thousand. There are more actions than that only of few.
  asked_organizations uuid[] := case
    when asked_id is null and private.words_query(query) is not null then array(
      select w.organization_id from private.organization_words w where w.words @@ private.words_query(query) limit 1000) end;
  items jsonb;
begin
  execute format($query$
    select jsonb_agg(jsonb_build_object(
      'id', p.id, 'admin_id', p.admin_id, 'admin', coalesce(nullif(a.full_name, ''), private.email_of(p.admin_id)), 'action', p.action,
      'organization_id', p.organization_id, 'organization', o.name, 'subject', p.subject, 'detail', p.detail, 'occurred_at', p.occurred_at
    ) order by p.occurred_at %1$s, p.id %1$s)
    from (
      select l.*
      from public.admin_actions l
      where ($1 is null or l.admin_id = $1) and ($2 is null or l.action = $2)
        and ($3 is null or l.organization_id = $3 or l.subject = $3::text)
        and ($4 is null or l.organization_id = any ($4))
        and ($5 is null or l.occurred_at >= $5) and ($6 is null or l.occurred_at < $6)
        and ($7 is null or (l.occurred_at, l.id) %2$s ($7, $8))
      order by l.occurred_at %1$s, l.id %1$s
      limit $9 + 1
    ) p
    left join public.organizations o on o.id = p.organization_id
    left join public.profiles a on a.id = p.admin_id
  $query$, list_order.way, list_order.beyond)
  into items
  using admin_id, action, asked_id, asked_organizations, created_from, created_to, page_end.at, page_end.id, max_items;
  return private.list_page(items, 'occurred_at', 'id', max_items);
end
$$;
comment on function public.admin_log is
  'Platform admins: what platform admins did, the newest first (sort: newest, oldest); of one of them, of one action (the name of the RPC), of an organization (query: the beginnings of words of its name, address or INN; or an id, of it or of what was acted on): {items: [{id, admin_id, admin (name, or else the address), action, organization_id, organization, subject, detail, occurred_at}], next}. 403 not_allowed, 422 invalid_input.';
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
