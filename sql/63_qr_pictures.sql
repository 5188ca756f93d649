-- Drawing codes: what the functions qr_image and qr_check ask.

create function public.qr_to_draw(code text) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: codes of every organization are drawn
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key draws codes.');
  end if;
  return (
    select jsonb_build_object('code', q.code, 'url', private.qr_url(q.code), 'style', q.style)
    from public.qr_codes q where upper(q.code) = upper(qr_to_draw.code)
  );
end
$$;
comment on function public.qr_to_draw is
  'Service key only: {code, url (what is printed), style} of a code, written in either case; null when there is none.';
grant execute on function public.qr_to_draw to service_role;

-- As long as any: a style is looked at before there is a code.
create function private.sample_qr_url() returns text
  language sql stable set search_path = ''
as $$
  select private.qr_url('SAMPLE0000')
$$;
comment on function private.sample_qr_url is 'The address of a code that nobody has, to try a style on.';

create function public.preview_qr_style(organization_id uuid, style jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: counts, and knows what is printed
as $$
declare
  caller uuid := private.require_role(organization_id, 'viewer');
  problems jsonb := private.qr_style_problems(style, organization_id);
begin
  perform private.count_or_refuse('qr_preview:' || caller, 300);
  if problems <> '[]' then
    perform private.refuse('invalid_input', problems::text, 'Phones could not read such a code, or it could not be drawn.');
  end if;
  return jsonb_build_object('url', private.sample_qr_url(), 'style', private.complete_qr_style(style));
end
$$;
comment on function public.preview_qr_style is
  'Members: {url, style} to draw a code of this style that nobody has saved; the style is whole: {foreground, background, error_correction, module_shape, quiet_zone, logo_path, logo_scale, frame_text, frame_language}. 403 not_allowed, 404 not_found, 422 invalid_input as private.qr_style_problems says, 429 too_many_requests beyond 300 a minute.';
grant execute on function public.preview_qr_style to authenticated;

create function public.check_qr_style(style jsonb) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: counts, and knows what is printed
as $$
declare
  caller uuid := private.require_sign_in();
  folder uuid := private.uuid_or_null(split_part(style ->> 'logo_path', '/', 1));
  whole jsonb := private.complete_qr_style(style);
  problems jsonb;
begin
  if not exists (select from public.organization_members m where m.user_id = caller) then
    perform private.refuse('not_allowed', 'This is for members of an organization.', 'Create an organization first.');
  end if;
  perform private.count_or_refuse('qr_check:' || caller, 120);
  -- A logo of an organization that the caller is in, or of none: no id of an organization is all zeros.
  problems := private.qr_style_problems(style, coalesce(
    (select m.organization_id from public.organization_members m where m.user_id = caller and m.organization_id = folder),
    '00000000-0000-0000-0000-000000000000'));
  return jsonb_build_object(
    'url', private.sample_qr_url(),
    -- A code that is hard to read can be drawn, to see how hard.
    'style', case when not exists (
      select from jsonb_array_elements(problems) as problem
      where problem ->> 'code' not in ('contrast_too_low', 'light_on_dark', 'logo_needs_h')) then whole end,
    'contrast', case when whole ->> 'foreground' ~ '^#[0-9a-f]{6}$' and whole ->> 'background' ~ '^#[0-9a-f]{6}$'
      then trunc(private.contrast(whole ->> 'foreground', whole ->> 'background')::numeric, 2) end,
    'dark_on_light', case when whole ->> 'foreground' ~ '^#[0-9a-f]{6}$' and whole ->> 'background' ~ '^#[0-9a-f]{6}$'
      then private.luminance(whole ->> 'foreground') < private.luminance(whole ->> 'background') end,
    'problems', (select coalesce(jsonb_agg(distinct problem ->> 'code'), '[]') from jsonb_array_elements(problems) as problem));
end
$$;
comment on function public.check_qr_style is
  'Members of any organization: {url, style, contrast, dark_on_light, problems: [code]} of a style that nobody has saved; contrast is cut off behind two digits, and null where a colour is none; style is whole, and null where it cannot be drawn. 403 not_allowed, 429 too_many_requests beyond 120 a minute.';
grant execute on function public.check_qr_style to authenticated;

create function public.qr_to_export(
  organization_id uuid, ids uuid[] default null, batch_id uuid default null, tag text default null, after text default null, max_items int default 10000)
  returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: callers have no right to the helpers
as $$
declare
  printed text := private.qr_url('');
  beyond record;
  found jsonb;
begin
  perform private.require_role(organization_id, 'viewer');
  if num_nonnulls(ids, batch_id, tag) <> 1 then
    perform private.refuse('invalid_input', '[{"field": "ids", "code": "required"}]', 'Name ids, a batch or a tag: one of them.');
  end if;
  select q.created_at, q.id into beyond from public.qr_codes q where upper(q.code) = upper(after) and q.organization_id = qr_to_export.organization_id;
  select jsonb_agg(jsonb_build_object(
    'code', q.code, 'url', printed || upper(q.code), 'title', q.title, 'target', coalesce(q.target_url, q.story_id::text, ''), 'style', q.style)
    order by q.created_at, q.id) into found
  from (
    select q.* from public.qr_codes q
    where q.organization_id = qr_to_export.organization_id
      and (q.id = any (qr_to_export.ids) or q.batch_id = qr_to_export.batch_id or qr_to_export.tag = any (q.tags))
      and (after is null or (q.created_at, q.id) > (beyond.created_at, beyond.id))
    order by q.created_at, q.id
    limit least(greatest(max_items, 1), 10000) + (max_items >= 10000)::int
  ) q;
  if found is null and after is null then
    perform private.refuse('not_found', 'There are no such codes.');
  end if;
  if jsonb_array_length(found) > 10000 then
    perform private.refuse('invalid_input', '[{"field": "ids", "code": "too_many"}]', 'At most 10,000 codes at once.');
  end if;
  return coalesce(found, '[]');
end
$$;
comment on function public.qr_to_export is
  'Members: [{code, url, title, target (an address, a story''s id, or nothing), style}] of the organization''s codes with these ids, of a batch or with a tag, at most 10,000; max_items of them, after that code. 403 not_allowed, 404 not_found (also for none), 422 invalid_input.';
grant execute on function public.qr_to_export to authenticated;

-- What has to be known of all before the first is drawn.
create function public.qr_styles_to_export(organization_id uuid, ids uuid[] default null, batch_id uuid default null, tag text default null) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: callers have no right to the helpers
as $$
declare
  printed text := private.qr_url('');
  number bigint;
  found jsonb;
begin
  perform private.require_role(organization_id, 'viewer');
  if num_nonnulls(ids, batch_id, tag) <> 1 then
    perform private.refuse('invalid_input', '[{"field": "ids", "code": "required"}]', 'Name ids, a batch or a tag: one of them.');
  end if;
  select jsonb_agg(jsonb_build_object('url', printed || upper(s.code), 'style', s.style)), sum(s.codes) into found, number
  from (
    select q.style, min(q.code) as code, count(*) as codes
    from public.qr_codes q
    where q.organization_id = qr_styles_to_export.organization_id
      and (q.id = any (qr_styles_to_export.ids) or q.batch_id = qr_styles_to_export.batch_id or qr_styles_to_export.tag = any (q.tags))
    group by q.style
  ) s;
  if found is null then
    perform private.refuse('not_found', 'There are no such codes.');
  end if;
  if number > 10000 then
    perform private.refuse('invalid_input', '[{"field": "ids", "code": "too_many"}]', 'At most 10,000 codes at once.');
  end if;
  return found;
end
$$;
comment on function public.qr_styles_to_export is
  'Members: [{url, style}] of those codes, one of each style. Refuses as qr_to_export.';
grant execute on function public.qr_styles_to_export to authenticated;
