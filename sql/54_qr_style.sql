-- How a printed code looks. What cameras cannot read is refused here, whoever writes: the limits are what two decoders were
-- measured to need (docs/benchmarks.md), and WCAG's contrast (AA: 4.5 to 1).

-- https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
create function private.luminance(colour text) returns double precision
  language sql immutable set search_path = ''
as $$
  select sum(weight * case when part <= 0.04045 then part / 12.92 else power((part + 0.055) / 1.055, 2.4) end)
  from (values (2, 0.2126::double precision), (4, 0.7152), (6, 0.0722)) as channel (begins, weight)
  cross join lateral (select ('x' || substr(colour, begins, 2))::bit(8)::int / 255.0::double precision as part) as share
$$;
comment on function private.luminance is 'How bright a colour (#rrggbb) looks, 0 for black to 1 for white, as WCAG 2.2 counts it.';
grant execute on function private.luminance to authenticated, service_role;

create function private.contrast(one text, other text) returns double precision
  language sql immutable set search_path = ''
as $$
  select (greatest(a, b) + 0.05) / (least(a, b) + 0.05)
  from (select private.luminance(one) as a, private.luminance(other) as b) as luminances
$$;
comment on function private.contrast is 'The contrast of two colours (#rrggbb), 1 to 21, as WCAG 2.2 counts it.';
grant execute on function private.contrast to authenticated, service_role;

-- Colours are kept in one form: #rrggbb, small letters. What is none stays as it was written, to be refused.
create function private.written_out_colour(colour jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  select case
    when colour #>> '{}' ~ '^#[0-9A-Fa-f]{6}$' then to_jsonb(lower(colour #>> '{}'))
    when colour #>> '{}' ~ '^#[0-9A-Fa-f]{3}$' then to_jsonb(lower(regexp_replace(colour #>> '{}', '([0-9A-Fa-f])', '\1\1', 'g')))
    else colour
  end
$$;
comment on function private.written_out_colour is 'A colour as it is kept: #rgb written out as #rrggbb, in small letters.';
grant execute on function private.written_out_colour to authenticated, service_role;

-- A logo covers modules, so it brings the strongest correction; a frame's language without words brings the usual words.
create function private.complete_qr_style(style jsonb) returns jsonb
  language sql immutable set search_path = ''
as $$
  select case when jsonb_typeof(style) not in ('object', 'null') then style else
    jsonb_build_object(
      'foreground', '#000000', 'background', '#ffffff', 'module_shape', 'square', 'quiet_zone', 4,
      'error_correction', case when given ? 'logo_path' then 'H' else 'M' end, 'logo_path', null, 'logo_scale', 0.25
    )
    || given
    || case when given ? 'foreground' then jsonb_build_object('foreground', private.written_out_colour(given -> 'foreground')) else '{}' end
    || case when given ? 'background' then jsonb_build_object('background', private.written_out_colour(given -> 'background')) else '{}' end
    || jsonb_build_object(
      'frame_text', words,
      'frame_language', case
        when words is null then null
        when given ? 'frame_language' then given -> 'frame_language'
        when words #>> '{}' ~ '[\u0400-\u04FF]' then '"ru"' else '"en"'
      end)
  end
  from (select jsonb_strip_nulls(case when jsonb_typeof(style) = 'object' then style else '{}' end) as given) as what_is_given
  cross join lateral (
    select case
      when jsonb_typeof(given -> 'frame_text') = 'string'
        then to_jsonb(nullif(private.clean_name(given ->> 'frame_text'), '')) -- one form, like a name
      when given ? 'frame_text' then given -> 'frame_text'
      when style ? 'frame_text' then null
      else case given ->> 'frame_language' when 'ru' then '"Проверьте производителя"'::jsonb when 'en' then '"Check the producer"' end
    end as words
  ) as frame
$$;
comment on function private.complete_qr_style is
  'A style with its defaults filled in, in the one form in which it is kept. frame_language without frame_text: the usual call to action in that language; frame_text null: no frame. What is no JSON object comes back as it is.';
grant execute on function private.complete_qr_style to authenticated, service_role;

create function private.is_drawable(words text) returns boolean
  language sql immutable set search_path = ''
as $$
  select words ~ '^[\u0020-\u007E\u00A0-\u00A3\u00A5\u00A7-\u00AB\u00AE-\u00B4\u00B6-\u00FF\u0401-\u040C\u040E-\u044F\u0451-\u045C\u045E\u045F\u2013\u2014\u2018-\u201A\u201C-\u201E\u2022\u2026\u20BD\u2116]*$'
$$;
comment on function private.is_drawable is 'Whether the font of frames has every character of a text: functions/qr/onest-semibold.ttf.';
grant execute on function private.is_drawable to authenticated, service_role;

-- What is wrong with the whole is the style's, what is wrong with one value that value's.
create function private.qr_style_problems(style jsonb, organization_id uuid default null) returns jsonb
  language sql immutable set search_path = ''
as $$
  with whole as (
    select s, colours.are_colours, case when colours.are_colours then private.contrast(s ->> 'foreground', s ->> 'background') end as contrast
    from private.complete_qr_style(style) as s
    cross join lateral (
      select coalesce(s ->> 'foreground' ~ '^#[0-9a-f]{6}$' and s ->> 'background' ~ '^#[0-9a-f]{6}$', false) as are_colours
    ) as colours
    where jsonb_typeof(s) = 'object'
  ),
  problem (place, field, code) as (
    select 1, key, 'unknown_field' from whole, jsonb_object_keys(s) as key
    where key not in ('foreground', 'background', 'error_correction', 'module_shape', 'quiet_zone', 'logo_path', 'logo_scale', 'frame_text', 'frame_language')
    union all
    select 2, key, 'invalid' from whole, unnest(array['foreground', 'background']) as key
    where not coalesce(s ->> key ~ '^#[0-9a-f]{6}$', false)
    union all
    select 3, 'error_correction', 'invalid' from whole where not coalesce(s ->> 'error_correction' in ('L', 'M', 'Q', 'H'), false)
    union all
    select 4, 'module_shape', 'invalid' from whole where not coalesce(s ->> 'module_shape' in ('square', 'rounded', 'dots'), false)
    union all
    select 5, 'quiet_zone', case
      when jsonb_typeof(s -> 'quiet_zone') <> 'number' then 'invalid'
      when (s ->> 'quiet_zone')::numeric % 1 <> 0 then 'invalid'
      when (s ->> 'quiet_zone')::numeric > 20 then 'out_of_range'
    end from whole
    union all
    select 6, 'logo_path', case
      when jsonb_typeof(s -> 'logo_path') <> 'string' or s ->> 'logo_path' !~ '^[0-9a-f-]{36}/[0-9A-Za-z_-]{1,80}\.(webp|png)$' then 'invalid'
      when split_part(s ->> 'logo_path', '/', 1) <> organization_id::text then 'not_the_organizations'
    end from whole where s -> 'logo_path' <> 'null'
    union all
    select 7, 'logo_scale', case
      when jsonb_typeof(s -> 'logo_scale') <> 'number' then 'invalid'
      when (s ->> 'logo_scale')::numeric < 0.1 then 'out_of_range'
    end from whole
    union all
    select 8, 'frame_text', case
      when jsonb_typeof(s -> 'frame_text') <> 'string' then 'invalid'
      when not private.is_drawable(s ->> 'frame_text') then 'invalid'
      when char_length(s ->> 'frame_text') > 60 then 'too_long'
    end from whole where s -> 'frame_text' <> 'null'
    union all
    select 9, 'frame_language', 'invalid' from whole
    where s -> 'frame_text' <> 'null' and not coalesce(s ->> 'frame_language' in ('ru', 'en'), false)
    union all
    select 10, null, 'light_on_dark' from whole where are_colours and private.luminance(s ->> 'foreground') > private.luminance(s ->> 'background')
    union all
    select 11, null, 'contrast_too_low' from whole where contrast < 4.5
    union all
    select 12, null, 'quiet_zone_too_small' from whole where jsonb_typeof(s -> 'quiet_zone') = 'number' and (s ->> 'quiet_zone')::numeric < 4
    union all
    select 13, null, 'logo_needs_h' from whole where s -> 'logo_path' <> 'null' and s ->> 'error_correction' <> 'H'
    union all
    select 14, null, 'logo_too_big' from whole where jsonb_typeof(s -> 'logo_scale') = 'number' and (s ->> 'logo_scale')::numeric > 0.3
  )
  select case when exists (select from whole)
    then coalesce(
      (select jsonb_agg(jsonb_build_object('field', concat_ws('.', 'style', field), 'code', code) order by place, field) from problem where code is not null),
      '[]')
    else '[{"field": "style", "code": "invalid"}]'
  end
$$;
comment on function private.qr_style_problems is
  'What keeps a code of this style from being drawn or read, [{field, code}]; [] for a good one. Defaults are filled in first. contrast_too_low (below 4.5), light_on_dark, quiet_zone_too_small (below 4 modules), logo_needs_h, logo_too_big (over 0.3 of the width) are the whole style''s; a value''s own: invalid, out_of_range, too_long, unknown_field, not_the_organizations (another organization''s logo).';
grant execute on function private.qr_style_problems to authenticated, service_role;

-- For the table of codes: whoever writes a style has it completed, and what cameras cannot read refused.
create function private.keep_qr_style() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the helpers
as $$
declare
  problems jsonb := private.qr_style_problems(new.style, new.organization_id);
begin
  if problems <> '[]' then
    perform private.refuse('invalid_input', problems::text, 'Phones could not read such a code, or it could not be drawn.');
  end if;
  new.style := private.complete_qr_style(new.style);
  return new;
end
$$;
comment on function private.keep_qr_style is
  'Trigger for a table with style and organization_id: the style is completed, or refused with 422 invalid_input, [{field, code}] as private.qr_style_problems says.';
