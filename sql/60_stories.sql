-- Stories: what a producer tells. What one is made of, who writes it and what becomes of it.

create type public.story_type as enum ('success_story', 'expert_opinion', 'customer_review', 'event_announcement', 'service_showcase');
create type public.story_status as enum ('draft', 'pending_review', 'published', 'rejected');
create type public.content_origin as enum ('direct_input', 'video_upload', 'telegram_import', 'external_link');
create type public.story_rejection_code as enum ('off_topic', 'advertising', 'false_claim', 'low_quality', 'prohibited', 'personal_data', 'other');

create table public.stories (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  story_type public.story_type not null,
  status public.story_status not null default 'draft',
  content_origin public.content_origin not null default 'direct_input',
  title text not null,
  content_text text,
  external_url text,
  media_id uuid,
  content_video_url text,
  content_image_url text,
  thumbnail_url text,
  scheduled_publish_at timestamptz,
  submitted_at timestamptz,
  published_at timestamptz,
  rejection_code public.story_rejection_code,
  rejection_comment text,
  appealed_at timestamptz,
  moderated_by uuid references public.profiles (id) on delete set null,
  moderated_at timestamptz,
  claimed_by uuid references public.profiles (id) on delete set null,
  claimed_until timestamptz,
  view_count int not null default 0,
  is_featured boolean not null default false,
  deleted_at timestamptz,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  search tsvector generated always as (
    setweight(to_tsvector('pg_catalog.russian', private.plain_words(title)), 'A')
    || to_tsvector('pg_catalog.russian', private.plain_words(coalesce(content_text, '')))
  ) stored,
  constraint media_are_of_the_same_organization foreign key (media_id, organization_id) references public.story_media (id, organization_id),
  constraint title_fits check (char_length(btrim(title)) between 1 and 200),
  constraint content_fits check (char_length(content_text) <= 20000),
  constraint external_url_is_a_web_address check (private.is_http_url(external_url) and char_length(external_url) <= 2000),
  constraint a_published_story_has_a_date check (status <> 'published' or published_at is not null),
  -- the code stays while an appeal against it is decided
  constraint only_what_was_rejected_says_why check (rejection_code is null or status in ('rejected', 'pending_review')),
  constraint a_rejection_says_why check (status <> 'rejected' or rejection_code is not null),
  constraint only_what_buyers_see_is_featured check (not is_featured or status = 'published'),
  constraint only_what_nobody_sees_is_deleted check (deleted_at is null or status in ('draft', 'rejected'))
);
comment on table public.stories is
  'What a producer tells. Visible to all when published and published_at has come. Only RPCs move a story from one status to another.';
comment on column public.stories.scheduled_publish_at is 'Not before: approved earlier, it is published for then. The page reads and writes it in the organization''s time zone.';
comment on column public.stories.media_id is 'What it shows: a story has media of its own.';
comment on column public.stories.content_video_url is 'As content_image_url and thumbnail_url (for lists, and for the film before it plays): an address of the function story_media, which leads to the file while the story is published; null while its media are not ready.';
comment on column public.stories.submitted_at is 'Since when it waits for a moderator.';
comment on column public.stories.updated_at is 'The last change of what it says or of its status: what a moderator''s decision is about.';
comment on column public.stories.view_count is 'How many visitors have seen it, each once a day.';
comment on column public.stories.deleted_at is 'Deleted by its organization; can be restored for 30 days.';
create index stories_organization_id_idx on public.stories (organization_id, published_at desc);
create index stories_created_idx on public.stories (organization_id, created_at);
create index stories_published_idx on public.stories (published_at desc, id desc) where status = 'published';
create index stories_search_idx on public.stories using gin (search) where status = 'published';
-- With the usual thousand words counted, a word that few stories have is taken for one in two hundred, and the newest are read one by one.
alter table public.stories alter column search set statistics 1000;
create index stories_queue_idx on public.stories (submitted_at, id) where status = 'pending_review';
create index stories_deleted_idx on public.stories (deleted_at) where deleted_at is not null;
create unique index one_featured_story_per_organization on public.stories (organization_id) where is_featured;
create unique index media_belong_to_one_story on public.stories (media_id, organization_id) where media_id is not null;
create index stories_created_by_idx on public.stories (created_by);
create index stories_moderated_by_idx on public.stories (moderated_by);
create index stories_claimed_by_idx on public.stories (claimed_by);

-- A claim or a counted view is no change of the story.
create trigger stories_touch_updated_at before update on public.stories
  for each row when (
    (old.story_type, old.status, old.content_origin, old.title, old.content_text, old.external_url, old.media_id, old.scheduled_publish_at,
      old.deleted_at)
    is distinct from
    (new.story_type, new.status, new.content_origin, new.title, new.content_text, new.external_url, new.media_id, new.scheduled_publish_at,
      new.deleted_at)
  ) execute function private.touch_updated_at();

alter table public.stories enable row level security;
grant select on public.stories to anon, authenticated, service_role;
create policy "everyone reads published stories" on public.stories
  for select to anon
  using (status = 'published' and published_at <= now());
create policy "people read published stories, members their own, admins what was submitted" on public.stories
  for select to authenticated
  using (
    (status = 'published' and published_at <= now())
    or (status <> 'draft' and (select private.is_platform_admin()))
    or organization_id = any (array(select private.organization_ids_where('viewer')))
  );
grant insert (organization_id, story_type, content_origin, title, content_text, external_url, scheduled_publish_at, media_id) on public.stories to authenticated;
create policy "editors write stories" on public.stories
  for insert to authenticated
  with check (organization_id = any (array(select private.organization_ids_where('editor'))));
grant update (story_type, content_origin, title, content_text, external_url, scheduled_publish_at, media_id) on public.stories to authenticated;
create policy "editors change what is not deleted" on public.stories
  for update to authenticated
  using (organization_id = any (array(select private.organization_ids_where('editor'))) and deleted_at is null);
-- status and all that follows from it is not granted: the RPCs below, of moderation and of readers change it
-- delete is not granted: delete_story keeps it for 30 days


-- Writing ----------------------------------------------------------------------------------------------------------------

create function private.story_faults(story public.stories) returns jsonb
  language sql stable set search_path = ''
as $$
  select jsonb_agg(jsonb_build_object('field', field, 'code', code))
  from (values
    ('title', case when private.visible_length(story.title) is distinct from 0 and story.title is not null then
                     case when char_length(story.title) > 200 then 'too_long' when not private.is_one_line(story.title) then 'invalid' end
                   else 'required' end),
    ('story_type', case when story.story_type is null then 'required' end),
    ('content_text', case when char_length(story.content_text) > 20000 then 'too_long' end),
    ('external_url', case when char_length(story.external_url) > 2000 then 'too_long'
                          when not private.is_http_url(story.external_url) then 'invalid_url' end),
    ('scheduled_publish_at', case when story.scheduled_publish_at > now() + interval '1 year' then 'out_of_range' end),
    ('media_id', case when story.media_id is null then null
                      when not exists (select from public.story_media m where m.id = story.media_id and m.organization_id = story.organization_id) then 'not_the_organizations'
                      when exists (select from public.stories s where s.media_id = story.media_id and s.id <> story.id) then 'invalid' end)
  ) as checked (field, code)
  where code is not null
$$;
comment on function private.story_faults is 'What is wrong with what a story says, [{field, code}]; null for a good one.';

create function private.require_right_to_tell(organization_id uuid) returns void
  language plpgsql stable security definer set search_path = '' -- definer: counts what is deleted, too
as $$
declare
  zone text := (select s.time_zone from public.organization_settings s where s.organization_id = require_right_to_tell.organization_id);
begin
  perform private.require_subscription_to_tell(organization_id);
  perform private.require_room(organization_id, 'stories_per_month', (
    select count(*) from public.stories s
    where s.organization_id = require_right_to_tell.organization_id
      and s.created_at >= date_trunc('month', now() at time zone zone) at time zone zone
  ));
end
$$;
comment on function private.require_right_to_tell is
  '402 subscription_required without a live subscription; 402 plan_limit_reached when this month (by the organization''s calendar) has as many stories as the plan allows, deleted ones included; 409 invalid_transition while the organization is being deleted. The caller has the organization''s lock.';

create function private.keep_story() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to look at all that is asked
as $$
declare
  faults jsonb;
  is_by_a_person boolean := not private.is_service();
  is_rewritten boolean := tg_op = 'INSERT';
begin
  if tg_op = 'UPDATE' then
    is_rewritten := (old.story_type, old.content_origin, old.title, old.content_text, old.external_url, old.media_id, old.scheduled_publish_at)
      is distinct from (new.story_type, new.content_origin, new.title, new.content_text, new.external_url, new.media_id, new.scheduled_publish_at);
  end if;

  if is_rewritten and is_by_a_person then
    new.title := private.clean_name(new.title);
    new.content_text := nullif(normalize(btrim(new.content_text, E' \t\r\n'), nfc), '');
    new.external_url := nullif(btrim(new.external_url), '');
    if tg_op = 'INSERT' then
      new.created_by := private.act_in_organization(new.organization_id, 'editor');
      perform private.require_right_to_tell(new.organization_id);
    elsif old.status = 'pending_review' then
      perform private.refuse('invalid_transition', 'A moderator is reading this story.', 'Withdraw it, change it, and submit it again.');
    elsif old.status = 'published' then
      new.status := 'draft'; -- what buyers see is what a moderator has read
    end if;
    faults := private.story_faults(new);
    if faults is not null then
      perform private.refuse('invalid_input', faults::text);
    end if;
  end if;

  if tg_op = 'UPDATE' and new.status is distinct from old.status then
    if old.status || ' ' || new.status not in (
      'draft pending_review', 'rejected pending_review', 'pending_review draft', 'pending_review published', 'pending_review rejected', 'published draft'
    ) then
      perform private.refuse('invalid_transition', format('A story that is %s does not become %s.', old.status, new.status));
    end if;
    new.claimed_by := null;
    new.claimed_until := null;
    case new.status
      when 'pending_review' then
        new.submitted_at := now();
      when 'published' then
        new.published_at := coalesce(new.published_at, greatest(now(), new.scheduled_publish_at));
        new.rejection_code := null;
        new.rejection_comment := null;
      when 'draft' then
        new.published_at := null;
        new.is_featured := false;
        new.rejection_code := null;
        new.rejection_comment := null;
      else
    end case;
  end if;

  if new.media_id is not null and new.status in ('pending_review', 'published')
    and (tg_op = 'INSERT' or (old.status, old.media_id) is distinct from (new.status, new.media_id)) and not private.is_validated(new.media_id)
  then
    perform private.refuse('media_not_validated', 'The video or picture was not looked at, or another file was put in its place.', 'Upload it again.');
  end if;
  if tg_op = 'UPDATE' and old.status = 'published' and (new.status <> 'published' or new.media_id is distinct from old.media_id) then
    perform private.withdraw_media(old.media_id);
  end if;
  if tg_op = 'INSERT' or new.media_id is distinct from old.media_id or new.status <> old.status then
    select a.video, a.image, a.thumbnail into new.content_video_url, new.content_image_url, new.thumbnail_url
    from private.addresses_of_media(new.id, new.media_id) a;
  end if;
  return new;
end
$$;
comment on function private.keep_story is
  'Trigger: who writes is an editor with a subscription and room (402), what is under review is not changed (409 invalid_transition), what was published becomes a draft when it is changed, a status is reached only from where it can be, and nobody else sees media that were not looked at (422 media_not_validated).';

create trigger stories_are_kept before insert or update on public.stories
  for each row execute function private.keep_story();


-- What happened to it ----------------------------------------------------------------------------------------------------

create table public.story_activity_log (
  id bigint generated always as identity primary key,
  story_id uuid not null references public.stories (id) on delete cascade,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  action text not null,
  actor_kind text not null,
  actor_id uuid references public.profiles (id) on delete set null,
  detail jsonb not null default '{}',
  occurred_at timestamptz not null default now(),
  constraint action_is_known check (action in (
    'created', 'edited', 'submitted', 'withdrawn', 'claimed', 'approved', 'rejected', 'appealed', 'published', 'unpublished', 'deleted', 'restored', 'featured'
  )),
  constraint actor_kind_is_known check (actor_kind in ('member', 'moderator', 'system'))
);
comment on table public.story_activity_log is
  'What happened to each story, and who did it. detail: edited {fields}, rejected {code, comment}, appealed {message}, published {published_at}, featured {featured}.';
create index story_activity_log_story_id_idx on public.story_activity_log (story_id, id);
create index story_activity_log_organization_id_idx on public.story_activity_log (organization_id);
create index story_activity_log_actor_id_idx on public.story_activity_log (actor_id);

alter table public.story_activity_log enable row level security;
grant select on public.story_activity_log to authenticated, service_role;
create policy "members and platform admins read what happened to stories" on public.story_activity_log
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('viewer')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: a trigger writes it, and nobody rewrites it
create function private.log_story() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  edited text[] := '{}';
begin
  if tg_op = 'UPDATE' then
    select array_agg(field) into edited
    from (values
      ('story_type', old.story_type is distinct from new.story_type),
      ('content_origin', old.content_origin is distinct from new.content_origin),
      ('title', old.title is distinct from new.title),
      ('content_text', old.content_text is distinct from new.content_text),
      ('external_url', old.external_url is distinct from new.external_url),
      ('media_id', old.media_id is distinct from new.media_id),
      ('scheduled_publish_at', old.scheduled_publish_at is distinct from new.scheduled_publish_at)
    ) as compared (field, differs)
    where differs;
  end if;
  insert into public.story_activity_log (story_id, organization_id, action, actor_kind, actor_id, detail)
  select new.id, new.organization_id, action,
    case when auth.uid() is null then 'system' when is_moderation then 'moderator' else 'member' end, auth.uid(), detail
  from (values
    ('created', tg_op = 'INSERT', false, '{}'::jsonb),
    ('edited', cardinality(edited) > 0, false, jsonb_build_object('fields', edited)),
    ('submitted', old.status in ('draft', 'rejected') and new.status = 'pending_review' and new.rejection_code is null, false, '{}'),
    ('withdrawn', old.status = 'pending_review' and new.status = 'draft', false, '{}'),
    ('claimed', old.claimed_by is distinct from new.claimed_by and new.claimed_by is not null, true, '{}'),
    ('approved', old.status = 'pending_review' and new.status = 'published', true, '{}'),
    ('published', old.status is distinct from new.status and new.status = 'published', true, jsonb_build_object('published_at', new.published_at)),
    ('rejected', old.status = 'pending_review' and new.status = 'rejected', true,
      jsonb_build_object('code', new.rejection_code, 'comment', new.rejection_comment)),
    ('unpublished', old.status = 'published' and new.status = 'draft', false, '{}'),
    ('deleted', old.deleted_at is null and new.deleted_at is not null, false, '{}'),
    ('restored', old.deleted_at is not null and new.deleted_at is null, false, '{}'),
    ('featured', old.is_featured <> new.is_featured and new.status = 'published', false, jsonb_build_object('featured', new.is_featured))
  ) as happened (action, has_happened, is_moderation, detail)
  where has_happened;
  return null;
end
$$;
comment on function private.log_story is 'Trigger: what happened to a story is written down, whoever did it; but for an appeal, which appeal_story writes with its words.';

create trigger stories_are_logged after insert or update on public.stories
  for each row execute function private.log_story();


-- What its organization does with it -------------------------------------------------------------------------------------

create function private.story_of_mine(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: must tell "not yours" from "not there"
as $$
declare
  story public.stories;
begin
  perform private.require_sign_in();
  select * into story from public.stories s where s.id = story_of_mine.story_id;
  if not found or not (
    private.role_of(story.organization_id, auth.uid()) is not null or (story.status = 'published' and story.published_at <= now())
  ) then
    perform private.refuse('not_found', 'There is no such story.');
  end if;
  perform private.act_in_organization(story.organization_id, 'editor');
  select * into story from public.stories s where s.id = story_of_mine.story_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such story.');
  end if;
  return story;
end
$$;
comment on function private.story_of_mine is
  'What an author''s RPC begins with: the story, locked with its organization. 401, 403 not_allowed (no editor), 404 not_found.';

create function private.require_story_status(story public.stories, variadic statuses public.story_status[]) returns void
  language plpgsql stable set search_path = ''
as $$
begin
  if story.deleted_at is not null then
    perform private.refuse('invalid_transition', 'The story is deleted.', 'Restore it first.');
  end if;
  if story.status <> all (statuses) then
    perform private.refuse('invalid_transition', format('The story is %s.', story.status), 'Load it again.');
  end if;
end
$$;
comment on function private.require_story_status is '409 invalid_transition unless the story is in one of these, and not deleted.';

create function public.submit_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  perform private.require_story_status(story, 'draft', 'rejected');
  if private.is_being_deleted(story.organization_id) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;
  if coalesce(private.visible_length(story.content_text), 0) = 0 and story.external_url is null and story.media_id is null then
    perform private.refuse('invalid_input', '[{"field": "content_text", "code": "required"}]', 'Say something, show something, or give its address.');
  end if;
  update public.stories s set status = 'pending_review', rejection_code = null, rejection_comment = null
  where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.submit_story is
  'Editors: a draft, or what was rejected, goes to the moderators. The story. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input (nothing is said in it), media_not_validated.';
grant execute on function public.submit_story to authenticated;

create function public.withdraw_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  perform private.require_story_status(story, 'pending_review');
  update public.stories s set status = 'draft' where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.withdraw_story is
  'Editors: takes a story back from the moderators; it is a draft again. The story. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.withdraw_story to authenticated;

create function public.unpublish_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  perform private.require_story_status(story, 'published');
  update public.stories s set status = 'draft' where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.unpublish_story is
  'Editors: buyers do not see the story any more; it is a draft again. The story. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.unpublish_story to authenticated;

create function public.feature_story(story_id uuid, featured boolean default true) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write it
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  perform private.require_story_status(story, 'published');
  if featured is null then
    perform private.refuse('invalid_input', '[{"field": "featured", "code": "required"}]');
  end if;
  update public.stories s set is_featured = false
  where featured and s.organization_id = story.organization_id and s.is_featured and s.id <> story.id;
  update public.stories s set is_featured = featured where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.feature_story is
  'Editors: this published story stands first on the organization''s page, instead of the one before; featured false: it does not any more. The story. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.feature_story to authenticated;

create function public.delete_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write it
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  perform private.require_story_status(story, 'draft', 'rejected');
  update public.stories s set deleted_at = now() where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.delete_story is
  'Editors: deletes a draft or what was rejected; restore_story takes it back for 30 days. What is under review or published is withdrawn first. The story. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.delete_story to authenticated;

create function public.restore_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write it
as $$
declare
  story public.stories := private.story_of_mine(story_id);
begin
  if (story.deleted_at > now() - interval '30 days') is not true then
    perform private.refuse('invalid_transition', 'The story is not deleted, or was deleted over 30 days ago.');
  end if;
  update public.stories s set deleted_at = null where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.restore_story is
  'Editors: takes the deletion of a story back, for 30 days. The story. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.restore_story to authenticated;
