-- Readers of stories: what they find, and how often one was read.

create function public.search_stories(
  query text default null, organization_id uuid default null, story_type public.story_type default null, after text default null, max_items int default 20
) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: names the organizations; looks only at what is published
as $$
declare
  page_end private.page_end := private.read_page_end(after, max_items);
  words text := btrim(private.plain_words(left(query, 200)));
  wanted tsquery := websearch_to_tsquery('pg_catalog.russian', words);
  -- «что это» is made of stop words alone: then the letters are looked for
  letters text := case when numnode(wanted) = 0 and words <> '' then '%' || regexp_replace(words, '([\\%_])', '\\\1', 'g') || '%' end;
  items jsonb;
  next text;
begin
  with page as (
    select s.*, o.slug, o.name, row_number() over (order by s.published_at desc, s.id desc) as place
    from public.stories s
    join public.organizations o on o.id = s.organization_id and o.is_published
    where s.status = 'published' and s.published_at <= now()
      and (page_end.at is null or (s.published_at, s.id) < (page_end.at, page_end.id))
      and (search_stories.organization_id is null or s.organization_id = search_stories.organization_id)
      and (search_stories.story_type is null or s.story_type = search_stories.story_type)
      and (coalesce(words, '') = '' or letters is not null or s.search @@ wanted)
      and (letters is null or private.plain_words(s.title) ilike letters or private.plain_words(s.content_text) ilike letters)
    order by s.published_at desc, s.id desc
    limit max_items + 1
  )
  select
    coalesce(jsonb_agg(jsonb_build_object(
      'id', p.id, 'slug', p.slug, 'organization', p.name, 'story_type', p.story_type, 'title', p.title, 'snippet', left(p.content_text, 300),
      'thumbnail_url', p.thumbnail_url, 'published_at', p.published_at
    ) order by p.place) filter (where p.place <= max_items), '[]'),
    max(private.write_page_end(p.published_at, p.id)) filter (where p.place = max_items and exists (select from page n where n.place > max_items))
  into items, next
  from page p;
  return jsonb_build_object('items', items, 'next', next);
end
$$;
comment on function public.search_stories is
  'Public: published stories of published organizations, the newest first, that hold these words in any of their Russian forms («мёд» finds «о меде»): {items: [{id, slug (of the organization), organization, story_type, title, snippet, thumbnail_url, published_at}], next}. after: what the page before answered as next. 422 invalid_input.';
grant execute on function public.search_stories to anon, authenticated, service_role;


-- Views: once a visitor and day. -----------------------------------------------------------------------------------------

create table public.story_views (
  story_id uuid not null references public.stories (id) on delete cascade,
  day date not null,
  visitor bytea not null,
  primary key (story_id, day, visitor)
);
comment on table public.story_views is
  'Who has seen a story on a day (of its organization''s calendar), so that they are counted once. visitor: a digest that is another one each day; rows are kept for two days.';
create index story_views_day_idx on public.story_views (day);
alter table public.story_views enable row level security;
grant select on public.story_views to service_role;
-- no policies: people see the number, stories.view_count
create function private.is_a_reader(headers jsonb) returns boolean
  language sql immutable set search_path = ''
as $$
  -- «CUBOT» is a maker of telephones
  select coalesce(headers ->> 'user-agent', '') !~* '(^|[^u])bot([^a-z]|$)|crawl|spider|slurp|preview|facebookexternalhit|vkshare|whatsapp|lighthouse'
    and coalesce(headers ->> 'sec-purpose', headers ->> 'purpose', headers ->> 'x-moz', '') !~* 'prefetch|prerender|preview'
$$;
comment on function private.is_a_reader is
  'False for what says of itself that it is a bot or a link preview, and for what is fetched ahead. headers as PostgREST gives them: {name: value}.';

create function public.record_story_view(story_id uuid, visitor text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  story public.stories;
  today date;
  headers jsonb := coalesce(nullif(current_setting('request.headers', true), '')::jsonb, '{}');
  is_counted boolean := false;
begin
  select * into story from public.stories s
  where s.id = record_story_view.story_id and s.status = 'published' and s.published_at <= now();
  if not found then
    perform private.refuse('not_found', 'There is no such story.');
  end if;
  if coalesce(visitor, '') = '' or char_length(visitor) > 200 then
    perform private.refuse('invalid_input', '[{"field": "visitor", "code": "invalid"}]', 'A random text that the browser keeps, at most 200 characters.');
  end if;
  if private.role_of(story.organization_id, auth.uid()) is null and private.is_a_reader(headers) then
    select (now() at time zone o.time_zone)::date into today from public.organization_settings o where o.organization_id = story.organization_id;
    insert into public.story_views (story_id, day, visitor)
    values (story.id, today, private.visitor_digest(record_story_view.visitor, today))
    on conflict do nothing;
    is_counted := found;
    if is_counted then
      update public.stories s set view_count = s.view_count + 1 where s.id = story.id;
    end if;
  end if;
  return jsonb_build_object('counted', is_counted);
end
$$;
comment on function public.record_story_view is
  'Public: a published story was shown to this visitor (a random text that the browser keeps). Counted once a visitor and day of the organization''s calendar; not for its own people, bots, previews and prefetches: {counted}. 404 not_found, 422 invalid_input.';
grant execute on function public.record_story_view to anon, authenticated, service_role;
