-- Making codes: one or ten thousand, all or none. Ten thousand take two to three seconds, on a busy machine more than the eight that a person's
-- statement may: PostgREST gives an RPC the time that its function says (https://docs.postgrest.org/en/stable/references/transactions.html).

-- Scheme in small letters, so that every camera sees a link; the host in capitals, so that the symbol stays small. The path is printed as
-- QR_URL has it: whoever writes it in capitals says that this host takes it so.
create function private.qr_url(code text) returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select lower(parts[1]) || upper(parts[2]) || parts[3] || '/' || upper(code)
  from private.platform_settings s
  cross join lateral regexp_match(coalesce(s.qr_url, s.functions_url || '/q', s.site_url || '/q'), '^(https?://)([^/]+)(.*)$', 'i') as parts
$$;
comment on function private.qr_url is 'What is printed for a code: QR_URL (without one <functions>/q, or the site''s /q) and the code.';

-- One statement over all rows: ten thousand are looked at in a fraction of a second.
create function private.qr_item_faults(organization_id uuid, items jsonb) returns jsonb
  language sql stable security definer set search_path = '' -- definer: stories that are not published are looked for too
as $$
  with given as materialized (
    select row, item, jsonb_typeof(item) = 'object' as is_object, private.clean_name(item ->> 'title') as title
    from jsonb_array_elements(items) with ordinality as g (item, row)
  ), fault (row, place, field, code) as (
    select g.row, 1, 'item', 'invalid' from given g where not g.is_object
    union all
    select g.row, 2, key, 'unknown_field'
    from given g
    cross join lateral jsonb_object_keys(case when g.is_object
      then g.item - array['title', 'target_kind', 'target_url', 'story_id', 'style', 'tags'] else '{}' end) as key
    union all
    select g.row, 3, 'title', case
      when g.title is null or private.visible_length(left(g.title, 120)) = 0 then 'required'
      when char_length(g.title) > 120 then 'too_long'
      when not private.is_one_line(g.title) or jsonb_typeof(g.item -> 'title') <> 'string' then 'invalid'
    end from given g where g.is_object
    union all
    select g.row, 4, f.fault ->> 'field', f.fault ->> 'code'
    from given g
    cross join lateral (
      select case
        when g.item ->> 'story_id' is not null and private.uuid_or_null(g.item ->> 'story_id') is null then '{"field": "story_id", "code": "invalid"}'
        else private.qr_target_fault(organization_id, g.item ->> 'target_kind', g.item ->> 'target_url', private.uuid_or_null(g.item ->> 'story_id'))
      end as fault
    ) as f
    where g.is_object
    union all
    select g.row, 5, f.fault ->> 'field', f.fault ->> 'code'
    from given g
    cross join lateral jsonb_array_elements(private.qr_style_problems(g.item -> 'style', organization_id)) as f (fault)
    where g.is_object and g.item ->> 'style' is not null
    union all
    select g.row, 6, 'tags', case
      when jsonb_typeof(g.item -> 'tags') <> 'array' or jsonb_path_exists(g.item -> 'tags', 'strict $[*] ? (@.type() != "string")') then 'invalid'
      else private.tags_fault(private.clean_tags(array(select jsonb_array_elements_text(g.item -> 'tags'))))
    end from given g where g.is_object and g.item ->> 'tags' is not null
  )
  select coalesce(jsonb_agg(jsonb_build_object('row', f.row, 'field', f.field, 'code', f.code) order by f.row, f.place), '[]')
  from fault f where f.code is not null
$$;
comment on function private.qr_item_faults is 'What keeps these from becoming codes of the organization, [{row (from 1), field, code}]; [] when all can.';

create function private.require_qr_items(organization_id uuid, items jsonb) returns void
  language plpgsql stable security definer set search_path = '' -- definer: stories that are not published are looked for too
as $$
declare
  faults jsonb;
begin
  if private.is_being_deleted(organization_id) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;
  faults := case
    when items is null or jsonb_typeof(items) <> 'array' or items = '[]' then '[{"field": "items", "code": "required"}]'
    when jsonb_array_length(items) > 10000 then '[{"field": "items", "code": "too_many"}]'
    else private.qr_item_faults(organization_id, items)
  end;
  if faults <> '[]' then
    perform private.refuse('invalid_input', faults::text, 'Nothing was made. Correct the rows named in detail.');
  end if;
end
$$;
comment on function private.require_qr_items is '409 invalid_transition for an organization that is being deleted, 422 invalid_input unless all of these can become its codes.';

create function public.check_qr_codes(organization_id uuid, items jsonb) returns int
  language plpgsql stable security definer set search_path = '' set statement_timeout = '60s' -- definer: counts all codes
as $$
begin
  perform private.require_role(organization_id, 'editor');
  perform private.require_qr_items(organization_id, items);
  perform private.require_room(organization_id, 'qr_codes',
    (select count(*) from public.qr_codes q where q.organization_id = check_qr_codes.organization_id), jsonb_array_length(items));
  return jsonb_array_length(items);
end
$$;
comment on function public.check_qr_codes is
  'Editors and above: whether create_qr_codes would make these codes now; how many. Makes nothing, and refuses as create_qr_codes does.';
grant execute on function public.check_qr_codes to authenticated;

create function public.create_qr_codes(organization_id uuid, items jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' set statement_timeout = '60s' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'editor');
  printed text := private.qr_url('');
  batch uuid;
  made jsonb;
begin
  perform private.require_qr_items(organization_id, items);
  insert into public.qr_batches (organization_id, codes, created_by)
  values (organization_id, jsonb_array_length(items), caller)
  returning id into batch;
  with given as materialized (
    select row, item, private.new_id() as id from jsonb_array_elements(items) with ordinality as g (item, row)
  ), written as (
    insert into public.qr_codes as q (id, organization_id, title, tags, target_kind, target_url, story_id, style, batch_id, created_by)
    select g.id, create_qr_codes.organization_id, private.clean_name(g.item ->> 'title'),
      case when g.item ->> 'tags' is null then '{}' else array(select jsonb_array_elements_text(g.item -> 'tags')) end,
      g.item ->> 'target_kind', g.item ->> 'target_url', (g.item ->> 'story_id')::uuid,
      case when g.item ->> 'style' is null then private.plain_qr_style() else g.item -> 'style' end, batch, caller
    from given g
    order by g.row
    returning q.*
  )
  select jsonb_agg(jsonb_build_object(
    'id', w.id, 'code', w.code, 'url', printed || w.code, 'title', w.title, 'target_kind', w.target_kind, 'target_url', w.target_url,
    'story_id', w.story_id, 'style', w.style, 'batch_id', w.batch_id, 'is_active', w.is_active) order by g.row) into made
  from given g join written w on w.id = g.id;
  return made;
end
$$;
comment on function public.create_qr_codes is
  'Editors and above: makes 1 to 10,000 codes, all or none, as one batch. items: [{title, target_kind, target_url?, story_id?, style?, tags?}]; answers in their order [{id, code, url, title, target_kind, target_url, story_id, style, batch_id, is_active}]. 402 plan_limit_reached, 403 not_allowed, 404 not_found, 409 invalid_transition (the organization is being deleted), 422 invalid_input with [{row (from 1), field, code}].';
grant execute on function public.create_qr_codes to authenticated;


-- Not by whoever reads the tags and writes them back: two people at it would take each other's away.
create function public.tag_qr_codes(organization_id uuid, ids uuid[], add text[] default '{}', remove text[] default '{}') returns int
  language plpgsql volatile security definer set search_path = '' -- definer: the helpers are private
as $$
declare
  given text[] := private.clean_tags(coalesce(add, '{}'));
  taken text[] := private.clean_tags(coalesce(remove, '{}'));
  fault text;
  tagged int;
begin
  perform private.act_in_organization(organization_id, 'editor');
  select private.tags_fault(t.tags) into fault
  from (
    select given as tags
    union all
    select private.clean_tags(array(select tag from unnest(q.tags) as tag where tag <> all (taken)) || given)
    from public.qr_codes q where q.organization_id = tag_qr_codes.organization_id and q.id = any (ids)
  ) as t
  where private.tags_fault(t.tags) is not null
  limit 1;
  if fault is not null then
    perform private.refuse('invalid_input', jsonb_build_array(jsonb_build_object('field', 'tags', 'code', fault))::text, 'A code has at most 20 tags of 40 characters.');
  end if;
  update public.qr_codes q
  set tags = array(select tag from unnest(q.tags) as tag where tag <> all (taken)) || given
  where q.organization_id = tag_qr_codes.organization_id and q.id = any (ids) and (not q.tags @> given or q.tags && taken);
  get diagnostics tagged = row_count;
  return tagged;
end
$$;
comment on function public.tag_qr_codes is
  'Editors and above: gives these codes the tags `add` and takes `remove` away, all or none; how many are changed by it. Ids that are not the organization''s are passed over. 403 not_allowed, 404 not_found, 422 invalid_input with [{field: tags, code: too_many|too_long|invalid}].';
grant execute on function public.tag_qr_codes to authenticated;
