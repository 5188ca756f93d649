-- QR codes: what is printed, and where it leads. A printed code never dies: there is no delete.

create function private.new_qr_code() returns text
  language sql volatile set search_path = ''
as $$
  -- 32 letters without look-alikes (no I, L, O, U); the first is none of the ten digits, so that no spreadsheet takes a code for a number
  select substr(letters, 11 + get_byte(random, 0) % 22, 1)
    || substr(letters, 1 + (get_byte(random, 1) & 31), 1) || substr(letters, 1 + (get_byte(random, 2) & 31), 1)
    || substr(letters, 1 + (get_byte(random, 3) & 31), 1) || substr(letters, 1 + (get_byte(random, 4) & 31), 1)
    || substr(letters, 1 + (get_byte(random, 5) & 31), 1) || substr(letters, 1 + (get_byte(random, 9) & 31), 1)
    || substr(letters, 1 + (get_byte(random, 10) & 31), 1) || substr(letters, 1 + (get_byte(random, 11) & 31), 1)
    || substr(letters, 1 + (get_byte(random, 12) & 31), 1)
  from (select '0123456789ABCDEFGHJKMNPQRSTVWXYZ' as letters, uuid_send(gen_random_uuid()) as random) as drawn
$$;
comment on function private.new_qr_code is 'Ten random characters of 0-9A-Z without I, L, O and U, the first a letter: 7 * 10^14 of them.';

-- What most codes look like, so that a batch of ten thousand need not ask.
create function private.plain_qr_style() returns jsonb
  language sql immutable set search_path = ''
as $$
  select '{"foreground": "#000000", "background": "#ffffff", "error_correction": "M", "module_shape": "square", "quiet_zone": 4, "logo_path": null, "logo_scale": 0.25, "frame_text": null, "frame_language": null}'::jsonb
$$;
comment on function private.plain_qr_style is 'The style of which nothing is chosen: complete_qr_style of nothing.';
grant execute on function private.plain_qr_style to authenticated, service_role;

create function private.tags_fault(tags text[]) returns text
  language sql immutable set search_path = ''
as $$
  select case
    when cardinality(tags) > 20 then 'too_many'
    when array_to_string(tags, '', chr(1)) ~ '[\u0001-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2066-\u2069\uFEFF]' or '' = any (tags) then 'invalid'
    when array_to_string(tags, chr(10)) !~ '^([^\n]{1,40}(\n|$))*$' then 'too_long'
  end
$$;
comment on function private.tags_fault is 'What keeps these from being the tags of a code: too_many (over 20), too_long (over 40 characters), invalid; null for good ones.';
-- A check constraint runs as whoever writes the row.
grant execute on function private.tags_fault to authenticated, service_role;

create function private.clean_tags(tags text[]) returns text[]
  language sql immutable set search_path = ''
as $$
  select coalesce(array_agg(tag order by place), '{}')
  from (
    select private.clean_name(given) as tag, min(place) as place from unnest(tags) with ordinality as g (given, place)
    group by 1
  ) as cleaned
  where tag <> ''
$$;
comment on function private.clean_tags is 'Tags in one form: trimmed, none twice, no empty ones.';


-- Batches: what was made in one go. ---------------------------------------------------------------------------------------

create table public.qr_batches (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  codes int not null,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  constraint a_batch_has_codes check (codes > 0)
);
comment on table public.qr_batches is 'Codes that were made in one go (create_qr_codes, qr_import): how many, when and by whom.';
create index qr_batches_organization_id_idx on public.qr_batches (organization_id, created_at desc);
create index qr_batches_created_by_idx on public.qr_batches (created_by);

alter table public.qr_batches enable row level security;
grant select on public.qr_batches to authenticated, service_role;
create policy "members see their organization's batches" on public.qr_batches
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert, update, delete are not granted: create_qr_codes makes a batch with its codes


-- What a list is sorted by: ё = е, and a number by what it counts, so that «Партия 2» comes before «Партия 10». Not by a collation of a
-- language: not every Postgres has one.
create function private.sort_key(name text) returns text
  language sql immutable set search_path = ''
as $$
  select regexp_replace(regexp_replace(replace(lower(name), 'ё', 'е'), '(\d+)', '000000000\1', 'g'), '\d*(\d{10})', '\1', 'g')
$$;
comment on function private.sort_key is 'A name as lists are sorted by it, byte by byte: in lower case, ё as е, numbers with ten digits.';
grant execute on function private.sort_key to authenticated; -- whoever writes a code writes its index


-- Codes -------------------------------------------------------------------------------------------------------------------

create table public.qr_codes (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  code text not null default private.new_qr_code(),
  title text not null default '',
  tags text[] not null default '{}',
  target_kind text not null default 'organization_page',
  target_url text,
  story_id uuid references public.stories (id) on delete set null,
  style jsonb not null default private.plain_qr_style(),
  is_active boolean not null default true,
  batch_id uuid references public.qr_batches (id) on delete restrict,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint style_is_whole_and_can_be_read check (
    style = private.plain_qr_style() or (style = private.complete_qr_style(style) and private.qr_style_problems(style, organization_id) = '[]')),
  constraint code_is_ten_characters check (code ~ '^[A-Za-z0-9]{10}$'),
  constraint title_fits check (char_length(title) <= 120),
  constraint title_is_one_line check (private.is_one_line(title)),
  constraint tags_are_short check (private.tags_fault(tags) is null),
  constraint target_kind_is_known check (target_kind in ('organization_page', 'url', 'story')),
  constraint a_url_target_has_an_address check ((target_kind = 'url') = (target_url is not null)),
  constraint only_a_story_target_has_a_story check (target_kind = 'story' or story_id is null)
);
comment on table public.qr_codes is 'A printed code and where it leads. A printed code never dies: there is no delete, and no code is given twice.';
comment on column public.qr_codes.code is 'Made by the database, read in either case. Whoever moves here with codes printed elsewhere keeps them.';
comment on column public.qr_codes.story_id is 'The story it leads to. Null under target_kind story: the story is gone.';
create unique index qr_codes_code_key on public.qr_codes (upper(code));
create index qr_codes_organization_id_idx on public.qr_codes (organization_id, created_at desc, id desc);
create index qr_codes_name_idx on public.qr_codes (organization_id, (private.sort_key(coalesce(nullif(title, ''), code)) collate "C"), id);
create index qr_codes_story_id_idx on public.qr_codes (story_id) where story_id is not null;
create index qr_codes_batch_id_idx on public.qr_codes (batch_id) where batch_id is not null;
create index qr_codes_created_by_idx on public.qr_codes (created_by);
create index qr_codes_logo_idx on public.qr_codes ((style ->> 'logo_path')) where style ->> 'logo_path' is not null;

create trigger qr_codes_touch_updated_at before update on public.qr_codes
  for each row execute function private.touch_updated_at();

-- Other programs write rows with the design's columns alone, and null for what they do not know.
create function private.complete_qr_code() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the helpers
as $$
begin
  new.code := coalesce(new.code, private.new_qr_code());
  new.title := coalesce(new.title, '');
  new.tags := private.clean_tags(new.tags);
  new.target_kind := coalesce(new.target_kind, case when new.target_url is not null then 'url' when new.story_id is not null then 'story' else 'organization_page' end);
  new.is_active := coalesce(new.is_active, true);
  return new;
end
$$;
comment on function private.complete_qr_code is 'Trigger: what was left empty is filled in; tags are kept in one form.';

create trigger qr_codes_complete before insert on public.qr_codes
  for each row when (
    new.code is null or new.title is null or new.tags is distinct from '{}' or new.target_kind is null or new.is_active is null
  ) execute function private.complete_qr_code();
create trigger qr_codes_complete_tags before update of tags on public.qr_codes
  for each row when (new.tags is distinct from old.tags) execute function private.complete_qr_code();

-- The plain style need not be looked at: a batch of ten thousand has mostly that.
create trigger qr_codes_keep_style before insert on public.qr_codes
  for each row when (new.style is distinct from private.plain_qr_style()) execute function private.keep_qr_style();
create trigger qr_codes_keep_style_when_changed before update of style on public.qr_codes
  for each row when (new.style is distinct from old.style) execute function private.keep_qr_style();


-- Where a code leads ------------------------------------------------------------------------------------------------------

create function private.qr_target_fault(organization_id uuid, target_kind text, target_url text, story_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: stories that are not published are looked for too
as $$
declare
  fault text;
begin
  if target_kind is null or target_kind not in ('organization_page', 'url', 'story') then
    return jsonb_build_object('field', 'target_kind', 'code', case when target_kind is null then 'required' else 'invalid' end);
  end if;
  fault := case
    when target_kind <> 'url' and target_url is not null then 'not_asked_for'
    when target_kind = 'url' and target_url is null then 'required'
    when target_kind = 'url' then private.target_url_fault(target_url)
  end;
  if fault is not null then
    return jsonb_build_object('field', 'target_url', 'code', fault);
  end if;
  fault := case
    when target_kind <> 'story' and story_id is not null then 'not_asked_for'
    when target_kind <> 'story' then null
    when story_id is null then 'required'
    when not exists (
      select from public.stories s where s.id = qr_target_fault.story_id and s.organization_id = qr_target_fault.organization_id) then 'unknown'
  end;
  return case when fault is not null then jsonb_build_object('field', 'story_id', 'code', fault) end;
end
$$;
comment on function private.qr_target_fault is
  'What keeps this from being where a code of the organization leads, {field, code}: target_url as private.target_url_fault says, a story of another organization is unknown; null for a good one.';

create function private.keep_qr_target() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the helpers
as $$
declare
  fault jsonb;
begin
  if tg_op = 'UPDATE' then
    -- Whoever changes the kind need not empty what the other kind had.
    if new.target_kind <> 'url' and new.target_url = old.target_url then
      new.target_url := null;
    end if;
    if new.target_kind <> 'story' and new.story_id = old.story_id then
      new.story_id := null;
    end if;
    if new.target_kind = 'story' and old.target_kind = 'story' and new.story_id is null
      and not exists (select from public.stories s where s.id = old.story_id) then
      return new; -- the story is gone, and the code says so
    end if;
  end if;
  fault := private.qr_target_fault(new.organization_id, new.target_kind, new.target_url, new.story_id);
  if fault is not null then
    perform private.refuse('invalid_input', jsonb_build_array(fault)::text, 'A code leads to a web address outside, to a story of the organization, or to its page.');
  end if;
  return new;
end
$$;
comment on function private.keep_qr_target is 'Trigger: a code leads to where private.qr_target_fault finds nothing wrong; else 422 invalid_input.';

-- after qr_codes_complete, by its name
create trigger qr_codes_keep_target before insert on public.qr_codes
  for each row when (new.target_kind <> 'organization_page' or new.target_url is not null or new.story_id is not null)
  execute function private.keep_qr_target();
create trigger qr_codes_keep_target_when_changed before update of target_kind, target_url, story_id on public.qr_codes
  for each row when ((old.target_kind, old.target_url, old.story_id) is distinct from (new.target_kind, new.target_url, new.story_id))
  execute function private.keep_qr_target();

create table public.qr_target_changes (
  id uuid primary key default private.new_id(),
  qr_code_id uuid not null references public.qr_codes (id) on delete restrict,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  from_kind text not null,
  from_url text,
  from_story_id uuid,
  to_kind text not null,
  to_url text,
  to_story_id uuid,
  changed_by uuid references public.profiles (id) on delete set null,
  changed_at timestamptz not null default now()
);
comment on table public.qr_target_changes is 'Where a code led before, and since when it leads elsewhere: it was printed, and stays the same.';
create index qr_target_changes_qr_code_id_idx on public.qr_target_changes (qr_code_id, changed_at desc);
create index qr_target_changes_organization_id_idx on public.qr_target_changes (organization_id);
create index qr_target_changes_changed_by_idx on public.qr_target_changes (changed_by);

alter table public.qr_target_changes enable row level security;
grant select on public.qr_target_changes to authenticated, service_role;
create policy "members see where their codes led" on public.qr_target_changes
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert, update, delete are not granted: the trigger below writes history

create function private.note_qr_target_change() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  insert into public.qr_target_changes (qr_code_id, organization_id, from_kind, from_url, from_story_id, to_kind, to_url, to_story_id, changed_by)
  values (new.id, new.organization_id, old.target_kind, old.target_url, old.story_id, new.target_kind, new.target_url, new.story_id,
    (select p.id from public.profiles p where p.id = auth.uid()));
  return null;
end
$$;
comment on function private.note_qr_target_change is 'Trigger: keeps where the code led before.';

create trigger qr_codes_note_target_change after update of target_kind, target_url, story_id on public.qr_codes
  for each row when ((old.target_kind, old.target_url, old.story_id) is distinct from (new.target_kind, new.target_url, new.story_id))
  execute function private.note_qr_target_change();


-- How many ----------------------------------------------------------------------------------------------------------------

-- Counted when rows are added and never else: what is printed is not touched by a smaller plan.
create function private.keep_room_for_qr_codes() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: counts all codes, and locks
as $$
declare
  made record;
begin
  for made in select n.organization_id, count(*) as number from new_rows n group by 1 order by 1 loop
    perform private.lock_organization(made.organization_id); -- whoever adds at the same time waits, and is counted after
    perform private.require_room(made.organization_id, 'qr_codes',
      (select count(*) from public.qr_codes q where q.organization_id = made.organization_id) - made.number, made.number);
  end loop;
  return null;
end
$$;
comment on function private.keep_room_for_qr_codes is 'Trigger: new codes have room in the organization''s plan; else 402 plan_limit_reached.';

create trigger qr_codes_keep_room after insert on public.qr_codes
  referencing new table as new_rows for each statement execute function private.keep_room_for_qr_codes();


-- Rights ------------------------------------------------------------------------------------------------------------------

alter table public.qr_codes enable row level security;
grant select on public.qr_codes to authenticated, service_role;
create policy "members see their organization's codes" on public.qr_codes
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));

grant update (title, tags, target_kind, target_url, story_id, style, is_active) on public.qr_codes to authenticated;
create policy "editors change their organization's codes" on public.qr_codes
  for update to authenticated
  using (organization_id = any (array(select private.organization_ids_where('editor'))))
  with check (organization_id = any (array(select private.organization_ids_where('editor'))));
-- insert is not granted: create_qr_codes makes codes
-- delete is not granted: a printed code never dies
