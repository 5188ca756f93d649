-- The catalogue: how a buyer finds a producer: by a name as they remember or hear it, by INN, or by looking around.
-- Found is who has a public page: whoever ever held a level. What an organization says of itself counts only while it is published.

-- Letters that sound alike in both alphabets become one, so that «Медовый край», «Medovy Kray» and «Medoviy krai» meet.
create function private.search_key(words text) returns text
  language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  key text := lower(normalize(words, nfkd));
begin
  key := regexp_replace(regexp_replace(key, '[\u0300-\u036f''’`]', '', 'g'), '[^[:alnum:]]+', ' ', 'g'); -- й and ё lose their marks here
  key := regexp_replace(key, '\m(ооо|оао|зао|пао|нао|ао|ип|кфх|гкфх|спк|llc|ltd)\M', ' ', 'g'); -- legal forms say nothing of a name
  key := translate(key, 'абвгдезиклмнопрстуфхцыэюяьъ', 'abvgdeziklmnoprstufhcieua');
  key := replace(replace(replace(replace(key, 'ж', 'zh'), 'ч', 'ch'), 'ш', 'sh'), 'щ', 'sh');
  key := replace(replace(replace(replace(key, 'x', 'ks'), 'w', 'v'), 'q', 'k'), 'ph', 'f');
  key := regexp_replace(regexp_replace(regexp_replace(key, 'sh?ch', 'sh', 'g'), 'ts?ch', 'ch', 'g'), 't[sz]', 'c', 'g');
  key := regexp_replace(regexp_replace(replace(key, 'kh', 'h'), '[yij]+o', 'e', 'g'), '[yij]+([aeu])', '\1', 'g');
  return btrim(regexp_replace(regexp_replace(translate(key, 'yj', 'ii'), '([a-z])\1+', '\1', 'g'), ' +', ' ', 'g'));
end
$$;
-- An index on it is written as whoever changes a name.
grant execute on function private.search_key to authenticated, service_role;
comment on function private.search_key is
  'A name as it is looked for: in Latin letters, what sounds alike spelt alike, without marks, legal forms and doubled letters: «ООО „Медовый край“», medovy kray → medovi krai.';

create function private.search_words(key text) returns setof text
  language sql immutable parallel safe rows 4 set search_path = ''
as $$
  select w.word from unnest(string_to_array(key, ' ')) with ordinality as w (word, place) where w.word <> '' group by w.word order by min(w.place)
$$;
comment on function private.search_words is 'The words of a search key, each once, in their order.';

-- Two words of which one letter was left out, put in, changed or moved have a spelling in common (as SymSpell finds them).
create function private.spellings(word text) returns text[]
  language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  found_ones text[] := array[word];
  letters constant int := char_length(word);
begin
  if letters >= 4 and word !~ '[0-9]' then
    for n in 1..letters loop
      if n = 1 or substr(word, n, 1) <> substr(word, n - 1, 1) then -- of two letters alike it is no matter which is left out
        found_ones := found_ones || (left(word, n - 1) || substr(word, n + 1));
      end if;
    end loop;
  end if;
  return found_ones;
end
$$;
comment on function private.spellings is 'A word, and from four letters on the word without each of its letters.';


-- Words of names, and whose names they are in. ---------------------------------------------------------------------------

create table private.search_words (
  id int generated always as identity primary key,
  word text not null,
  constraint search_words_word_key unique (word)
);
comment on table private.search_words is 'Every word that ever stood in a public name, as private.search_key writes it. Words stay: some tens of thousands.';
create index search_words_prefix_idx on private.search_words (word text_pattern_ops);
alter table private.search_words enable row level security;
-- no grants and no policies: only definer functions read and write it

create table private.search_spellings (
  spelling text not null,
  word_id int not null references private.search_words (id),
  primary key (spelling, word_id)
);
comment on table private.search_spellings is 'What a word may be found by when it is written with one mistake.';
create index search_spellings_word_id_idx on private.search_spellings (word_id);
alter table private.search_spellings enable row level security;
-- no grants and no policies: only definer functions read and write it

create table private.catalogue_words (
  word_id int not null references private.search_words (id),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  primary key (word_id, organization_id)
);
comment on table private.catalogue_words is 'In whose name, legal name or address a word stands: read word by word, organizations in the order in which they came.';
create index catalogue_words_organization_id_idx on private.catalogue_words (organization_id, word_id);
alter table private.catalogue_words enable row level security;
-- no grants and no policies: only definer functions read and write it

create function private.file_names(organization_ids uuid[]) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: the tables are private
as $$
declare
  owners uuid[];
  words text[];
begin
  select array_agg(o.id), array_agg(w.word) into owners, words
  from public.organizations o
  cross join lateral private.search_words(private.search_key(concat_ws(' ', o.name, o.legal_name, o.slug))) as w (word)
  where o.id = any (organization_ids) and o.first_level_at is not null;
  with added as ( -- in one order, so that two who add the same words wait for each other and not both ways
    insert into private.search_words (word)
    select distinct given.word from unnest(words) as given (word)
    where not exists (select from private.search_words known where known.word = given.word)
    order by given.word
    on conflict on constraint search_words_word_key do nothing
    returning id, word
  )
  insert into private.search_spellings (spelling, word_id)
  select s.spelling, a.id from added a cross join lateral unnest(private.spellings(a.word)) as s (spelling);
  delete from private.catalogue_words old
  where old.organization_id = any (organization_ids)
    and not exists (
      select from unnest(owners, words) as given (organization_id, word)
      join private.search_words known on known.word = given.word
      where given.organization_id = old.organization_id and known.id = old.word_id);
  insert into private.catalogue_words (word_id, organization_id)
  select known.id, given.organization_id
  from unnest(owners, words) as given (organization_id, word)
  join private.search_words known on known.word = given.word
  order by known.id, given.organization_id
  on conflict on constraint catalogue_words_pkey do nothing;
end
$$;
comment on function private.file_names is 'The words of these organizations'' names become what they are found by; of those that never held a level, nothing.';

create function private.file_new_names() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to the tables
as $$
declare
  changed uuid[];
begin
  if tg_op = 'INSERT' then
    select array_agg(n.id) into changed from new_rows n where n.first_level_at is not null;
  else
    select array_agg(n.id) into changed
    from new_rows n join old_rows o on o.id = n.id
    where n.first_level_at is not null
      and (n.name, n.legal_name, n.slug, n.first_level_at is null) is distinct from (o.name, o.legal_name, o.slug, o.first_level_at is null);
  end if;
  if changed is not null then
    perform private.file_names(changed);
  end if;
  return null;
end
$$;
comment on function private.file_new_names is 'Trigger: whoever has a public page is found by the name that stands on it.';
create trigger organizations_are_found_when_made after insert on public.organizations
  referencing new table as new_rows for each statement execute function private.file_new_names();
create trigger organizations_are_found_by_their_names after update on public.organizations
  referencing new table as new_rows old table as old_rows for each statement execute function private.file_new_names();

create index organizations_found_by_name_idx on public.organizations (private.search_key(name), id) where first_level_at is not null;
create index organizations_found_by_inn_idx on public.organizations (inn, id) where first_level_at is not null;
create index organizations_listed_idx on public.organizations (id) where is_published and first_level_at is not null;
create index organizations_listed_by_region_idx on public.organizations (lower(region), id) where is_published and first_level_at is not null;
create index organizations_listed_by_category_idx on public.organizations (lower(category), id) where is_published and first_level_at is not null;


-- Looking -----------------------------------------------------------------------------------------------------------------

create function private.find_organizations(
  word_ids int[], among uuid[], except_for uuid[], beyond uuid, max_items int, level public.status_level, category text, region text
) returns uuid[]
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to the tables
as $$
declare
  ids uuid[];
begin
  -- Written out for what is asked, so that each way goes by its index and stops when the page is full.
  execute 'select array(select o.id from public.organizations o'
    || coalesce((
      select string_agg(format(' join private.catalogue_words w%1$s on w%1$s.organization_id = o.id and w%1$s.word_id = %2$s', w.place, w.id), '' order by w.place)
      from unnest(word_ids) with ordinality as w (id, place)), '')
    || case when level is null then '' else
      ' join public.organization_status_levels l on l.organization_id = o.id and l.is_active and l.level = $6 and (l.valid_until is null or l.valid_until > now())' end
    || ' where o.first_level_at is not null and o.id > $3'
    || case when among is null then '' else ' and o.id = any ($1)' end
    || case when cardinality(except_for) > 0 then ' and o.id <> all ($2)' else '' end
    || case when coalesce(word_ids::text, among::text) is null or coalesce(category, region) is not null then ' and o.is_published' else '' end
    || case when category is null then '' else ' and lower(o.category) = lower($7)' end
    || case when region is null then '' else ' and lower(o.region) = lower($8)' end
    || case when level is null then '' else
      ' and not exists (select from public.organization_status_levels h where h.organization_id = o.id and h.is_active and h.level > $6 and (h.valid_until is null or h.valid_until > now()))' end
    || ' order by o.id limit $4)'
  into ids using among, except_for, beyond, max_items, null, level, category, region;
  return ids;
end
$$;
comment on function private.find_organizations is
  'Organizations beyond that one, in the order in which they came: with all these words, or among these, else all that are published; whose highest level held now is that one, and which say that category and region of themselves, where they are asked for.';

create function private.words_meant(written text, is_last boolean) returns int[]
  language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' -- definer: the tables are private
as $$
begin
  return array(
    select s.word_id from private.search_spellings s where s.spelling = any (private.spellings(written))
    union
    (
      -- The last word may be still on its way. Between two bounds: of a pattern that it does not know, a kept plan reads every word there is.
      select known.id from private.search_words known
      where is_last and char_length(written) >= 3 and known.word ~>=~ written and known.word ~<~ (written || chr(1114111))
      order by char_length(known.word), known.word
      limit 50
    )
  );
end
$$;
comment on function private.words_meant is 'The words that may have been meant by this one: with one mistake, or, of the last, as its beginning.';

create function private.organizations_meant(words text[]) returns uuid[]
  language plpgsql stable security definer set search_path = '' set plan_cache_mode = 'force_generic_plan' -- definer: the tables are private
as $$
declare
  count_of_words constant int := cardinality(words);
  sets text[]; -- of each word those that may have been meant by it, as an array; the rarest first
  others text;
  meant int[];
  candidates uuid[];
begin
  -- Each statement is simple enough for one plan, which is kept and goes by the index whatever is asked.
  sets := array(
    select m.ids::text
    from unnest(words) with ordinality as w (word, number)
    cross join lateral private.words_meant(w.word, w.number = count_of_words) as m (ids)
    cross join lateral (
      select count(*) as few from (select from private.catalogue_words w where w.word_id = any (m.ids) limit 1000) w) c
    order by c.few, w.number
  );
  meant := sets[1];
  candidates := array(
    select w.organization_id
    from unnest(meant) as given (id)
    cross join lateral (
      select w.organization_id from private.catalogue_words w where w.word_id = given.id order by w.organization_id limit 1000
    ) w
  );
  foreach others in array sets[2:] loop
    meant := others;
    -- One by one, and by all the few words that a name has: to look up each of an array costs three times as much.
    candidates := array(
      select f.id from unnest(candidates) as f (id)
      where exists (
        select from private.catalogue_words w where w.organization_id = f.id and w.word_id + 0 = any (meant) offset 0)
    );
  end loop;
  return array(select distinct f.id from unnest(candidates) as f (id) order by f.id limit 1000);
end
$$;
comment on function private.organizations_meant is
  'Organizations whose names have, for each of these words, one that may have been meant by it; looked for among the first thousand of each word of the rarest, a thousand at most. Empty when a word means nothing.';

create function private.catalogue_items(ids uuid[], is_near boolean) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to what is not published
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'slug', o.slug, 'name', o.name, 'legal_name', o.legal_name, 'inn', coalesce(o.inn, o.masked_inn),
    'level', held.level, 'level_since', held.since,
    'lost', case when held.lost then private.lost_levels(o.id, now()) else '[]' end,
    'category', case when o.is_published then o.category end, 'region', case when o.is_published then o.region end,
    'logo_path', case when o.is_published then o.logo_path end, 'near', is_near
  ) order by i.place), '[]')
  from unnest(ids) with ordinality as i (id, place)
  join public.organizations o on o.id = i.id
  cross join lateral (
    select max(l.level) filter (where s.held) as level,
      (array_agg(l.valid_from order by l.level desc) filter (where s.held))[1] as since,
      bool_or(not s.held) as lost
    from public.organization_status_levels l
    cross join lateral (select l.is_active and (l.valid_until is null or l.valid_until > now()) as held) s
    where l.organization_id = o.id
  ) held
$$;
comment on function private.catalogue_items is 'What the catalogue shows of these organizations, in this order.';

create function public.search_organizations(
  query text default null, level public.status_level default null, category text default null, region text default null,
  after text default null, max_items int default 20
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: whoever held a level is found, published or not
as $$
#variable_conflict use_variable
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  wanted text := coalesce(btrim(left(query, 200)), '');
  inn text := case when wanted ~ '^[0-9 -]+$' then regexp_replace(wanted, '[ -]', '', 'g') end;
  key text := private.search_key(wanted);
  words text[] := (array(select private.search_words(key)))[1:8];
  word_ids int[];
  same uuid[];
  stage text := coalesce(split_part(after, '.', 1), case when wanted = '' then 'listed' when char_length(inn) in (10, 12) then 'inn' else 'same' end);
  beyond uuid;
  page uuid[] := '{}';
  named uuid[] := '{}';
begin
  if max_items is null or max_items not between 1 and 100 then
    perform private.refuse('invalid_input', '[{"field": "max_items", "code": "out_of_range"}]', 'From 1 to 100.');
  end if;
  if after !~ '^(listed|inn|same|named|near)\.[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then
    perform private.refuse('invalid_input', '[{"field": "after", "code": "invalid"}]', 'Give what the page before answered as "next".');
  end if;
  beyond := coalesce(split_part(after, '.', 2)::uuid, nobody);
  category := nullif(btrim(category), '');
  region := nullif(btrim(region), '');

  if stage = 'listed' then
    page := private.find_organizations(null, null, null, beyond, max_items + 1, level, category, region);
  elsif stage = 'inn' then
    page := private.find_organizations(
      null, array(select o.id from public.organizations o where o.inn = inn and o.first_level_at is not null), null, beyond, max_items + 1, level, category, region);
  elsif key <> '' then
    -- Who is called just this, then whose name has all its words; when there is none of either, who may have been meant.
    if stage in ('same', 'named') then
      same := array(select o.id from public.organizations o where private.search_key(o.name) = key and o.first_level_at is not null order by o.id limit 1000);
      word_ids := array(select w.id from private.search_words w where w.word = any (words));
    end if;
    if stage = 'same' and cardinality(same) > 0 then
      page := private.find_organizations(null, same, null, beyond, max_items + 1, level, category, region);
    end if;
    if stage in ('same', 'named') and cardinality(word_ids) = cardinality(words) and cardinality(page) <= max_items then
      named := private.find_organizations(
        word_ids, null, same, case stage when 'named' then beyond else nobody end, max_items + 1 - cardinality(page), level, category, region);
    end if;
    if stage = 'near' or (after is null and cardinality(page || named) = 0) then
      stage := 'near';
      page := private.find_organizations(null, private.organizations_meant(words), null, beyond, max_items + 1, level, category, region);
    end if;
  end if;

  return jsonb_build_object(
    'items', private.catalogue_items((page || named)[1:max_items], stage = 'near'),
    'next', case when cardinality(page || named) > max_items then
      case when cardinality(page) < max_items then 'named' else stage end || '.' || (page || named)[max_items] end);
end
$$;
comment on function public.search_organizations is
  'Public: producers that ever held a level, published or not. query: a name (part of it, in either alphabet; when nobody is called so, with a mistake a word: near is true) or an INN; without one, all that are published. level: the highest held now; category and region: what published organizations say of themselves. Who is called just so comes first, then in the order in which they came: {items: [{slug, name, legal_name, inn, level, level_since, lost (as get_organization_status), category, region, logo_path, near}], next}. after: what the page before answered as next. 422 invalid_input.';
grant execute on function public.search_organizations to anon, authenticated, service_role;

create function private.listed_values(of_what text, max_items int) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: looks only at what is published
as $$
declare
  found_values jsonb;
begin
  -- From one value to the next by the index: as many steps as there are values, however many organizations.
  execute format($query$
    with recursive walk as (
      (select lower(o.%1$I) as key, o.%1$I as value, 1 as step from public.organizations o
       where o.is_published and o.first_level_at is not null and lower(o.%1$I) > '' order by lower(o.%1$I), o.id limit 1)
      union all
      select n.key, n.value, w.step + 1 from walk w cross join lateral (
        select lower(o.%1$I) as key, o.%1$I as value from public.organizations o
        where o.is_published and o.first_level_at is not null and lower(o.%1$I) > w.key order by lower(o.%1$I), o.id limit 1) n
      where w.step < $1
    )
    select coalesce(jsonb_agg(value order by key), '[]') from walk$query$, of_what)
  into found_values using max_items;
  return found_values;
end
$$;
comment on function private.listed_values is 'The categories or regions of published organizations, each once, by the alphabet.';

create function public.get_catalogue_choices() returns jsonb
  language sql stable security definer set search_path = '' -- definer: whoever looks around has no right to the index walk
as $$
  select jsonb_build_object('categories', private.listed_values('category', 300), 'regions', private.listed_values('region', 300))
$$;
comment on function public.get_catalogue_choices is 'Public: by what search_organizations can be narrowed: {categories: [text], regions: [text]}, at most 300 of each.';
grant execute on function public.get_catalogue_choices to anon, authenticated, service_role;


-- For search engines, in parts: what is told of a million is read by steps along an index of nothing but ids. --------------------------------

create index stories_listed_idx on public.stories (id) where status = 'published';

create function private.listed(of_what text, after uuid, every int, max_items int) returns uuid[]
  language plpgsql stable security definer set search_path = '' -- definer: whoever lists has no right to the index walk
as $$
declare
  nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  source constant text := case of_what
    when 'organizations' then 'public.organizations p where p.is_published and p.first_level_at is not null'
    when 'stories' then 'public.stories p where p.status = ''published''' end;
  ids uuid[];
begin
  if max_items is null or max_items not between 1 and 50000 then
    perform private.refuse('invalid_input', '[{"field": "max_items", "code": "out_of_range"}]', 'From 1 to 50000.');
  end if;
  if every is null or every < 1 then
    perform private.refuse('invalid_input', '[{"field": "every", "code": "out_of_range"}]', 'From 1.');
  end if;
  execute format(case when every = 1 then
    'select array(select p.id from %s and p.id > $1 order by p.id limit $3)'
  else
    $query$
      with recursive ends as (
        (select p.id, 1 as step from %1$s and p.id > $1 order by p.id offset $2 - 1 limit 1)
        union all
        select n.id, e.step + 1 from ends e cross join lateral (select p.id from %1$s and p.id > e.id order by p.id offset $2 - 1 limit 1) n
        where e.step < $3
      )
      select array(select id from ends order by id)$query$
  end, source)
  into ids using coalesce(after, nobody), every, max_items;
  return ids;
end
$$;
comment on function private.listed is 'Ids of what is published (organizations, stories) after that one, in their order; every: the last of each so many.';

create function public.list_organizations(after uuid default null, every int default 1, max_items int default 50000) returns jsonb
  language sql stable security definer set search_path = '' -- definer: whoever lists has no right to the index walk
as $$
  select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'slug', o.slug) order by o.id), '[]'))
  from unnest(private.listed('organizations', after, every, max_items)) as p (id)
  join public.organizations o on o.id = p.id
$$;
comment on function public.list_organizations is
  'Public, for the sitemap: published organizations that ever held a level, by their ids, those after that one: {items: [{id, slug}]}. every: only one in so many, where parts of that size end. max_items: up to 50000. 422 invalid_input.';
grant execute on function public.list_organizations to anon, authenticated, service_role;

create function public.list_stories(after uuid default null, every int default 1, max_items int default 50000) returns jsonb
  language sql stable security definer set search_path = '' -- definer: as above
as $$
  select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object(
    'id', s.id, 'slug', o.slug, 'published_at', case when o.id is not null then s.published_at end) order by s.id), '[]'))
  from unnest(private.listed('stories', after, every, max_items)) as p (id)
  join public.stories s on s.id = p.id
  -- where a part ends is said also by what is not shown: else parts would begin elsewhere when an organization hides
  left join public.organizations o on o.id = s.organization_id and o.is_published and o.first_level_at is not null and s.published_at <= now()
  where every > 1 or o.id is not null
$$;
comment on function public.list_stories is
  'Public, for the sitemap: published stories of published organizations, by their ids, those among the next max_items after that one: {items: [{id, slug (the organization''s), published_at}]}. every: only one in so many, where parts of that size end; slug and published_at may be null there. max_items: up to 50000. 422 invalid_input.';
grant execute on function public.list_stories to anon, authenticated, service_role;
