-- Stories: what a producer tells. So far only what level C counts; writing and moderating comes with its own RPCs.

create type public.story_type as enum ('success_story', 'expert_opinion', 'customer_review', 'event_announcement', 'service_showcase');
create type public.story_status as enum ('draft', 'pending_review', 'published', 'rejected');

create table public.stories (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  story_type public.story_type not null,
  status public.story_status not null default 'draft',
  title text not null,
  content_text text,
  published_at timestamptz,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint title_fits check (char_length(btrim(title)) between 1 and 200),
  constraint a_published_story_has_a_date check (status <> 'published' or published_at is not null)
);
comment on table public.stories is 'What a producer tells. Visible to all when published and published_at has come.';
create index stories_organization_id_idx on public.stories (organization_id, published_at desc);
create index stories_created_by_idx on public.stories (created_by);

create trigger stories_touch_updated_at before update on public.stories
  for each row execute function private.touch_updated_at();

alter table public.stories enable row level security;
grant select on public.stories to anon, authenticated, service_role;
create policy "everyone reads published stories" on public.stories
  for select to anon
  using (status = 'published' and published_at <= now());
create policy "people read published stories, members their own, admins all" on public.stories
  for select to authenticated
  using (
    (status = 'published' and published_at <= now())
    or (select private.is_platform_admin())
    or organization_id = any (array(select private.organization_ids_where('viewer')))
  );
-- insert, update, delete are not granted yet: submitting and moderating come with the story pages
