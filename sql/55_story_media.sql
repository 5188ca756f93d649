-- Media of stories: videos and pictures that are uploaded for them, where they lie, and whether they are still what was looked at.

create type public.story_media_kind as enum ('video', 'image');
create type public.story_media_status as enum ('uploaded', 'checking', 'ready', 'refused');
create function private.media_problems() returns text[]
  language sql immutable set search_path = ''
as $$
  select '{empty,too_large,too_long,too_small,wrong_type,wrong_codec,no_video,truncated,damaged,too_many_pixels,playlist}'::text[]
$$;
comment on function private.media_problems is 'What may be wrong with a video or a picture.';

-- The one list of what is taken: the bucket, create_story_media and the web (scripts/fix.py) go by it.
create function private.media_limits() returns table (kind public.story_media_kind, most_bytes bigint, content_types text[])
  language sql immutable set search_path = ''
as $$
  values
    ('video'::public.story_media_kind, 104857600::bigint, '{video/mp4,video/quicktime,video/webm}'::text[]),
    ('image', 10485760, '{image/jpeg,image/png,image/webp}')
$$;
comment on function private.media_limits is 'How large an upload of each kind may be, and its content types.';

create table public.story_media (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  kind public.story_media_kind not null,
  status public.story_media_status not null default 'uploaded',
  bytes bigint not null,
  content_type text not null,
  duration_seconds numeric,
  width int,
  height int,
  problems text[] not null default '{}',
  upload_state text,
  check_id uuid,
  checked_until timestamptz,
  folder text,
  next_folder text,
  validated_at timestamptz,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint media_knows_its_organization unique (id, organization_id),
  constraint there_are_some_bytes check (bytes > 0),
  constraint one_that_is_checked_has_a_check check ((status = 'checking') = (check_id is not null and checked_until is not null)),
  constraint one_that_is_refused_has_a_problem check ((status = 'refused') = (problems <> '{}')),
  constraint problems_are_known check (problems <@ private.media_problems()),
  constraint one_that_is_ready_has_a_folder check ((status = 'ready') = (folder is not null)),
  constraint only_a_folder_is_renamed check (next_folder is null or folder is not null),
  constraint folders_cannot_be_guessed check (folder ~ '^[0-9a-f]{32}$' and next_folder ~ '^[0-9a-f]{32}$')
);
comment on table public.story_media is
  'A video or picture for a story. Uploaded to story-uploads/<organization_id>/<id>/original; what the functions validate_video and validate_image make of a good one lies at story-media/<organization_id>/<id>/<folder>/. bytes and content_type are what was announced, then what was found. A ready one that no story names goes after 24 hours.';
comment on column public.story_media.status is 'uploaded: the file may come, or has come; checking: a function looks at it until checked_until; ready, refused: what it found.';
comment on column public.story_media.upload_state is 'What lay there when it was looked at (private.object_state): another file in its place counts as unvalidated.';
comment on column public.story_media.next_folder is 'What the folder is to be called instead: addresses signed before die with the old name.';
create index story_media_organization_id_idx on public.story_media (organization_id);
create index story_media_awaited_idx on public.story_media (organization_id) where status in ('uploaded', 'checking');
create index story_media_moving_idx on public.story_media (updated_at) where next_folder is not null;
create index story_media_created_by_idx on public.story_media (created_by);
create trigger story_media_touch_updated_at before update on public.story_media
  for each row execute function private.touch_updated_at();

alter table public.story_media enable row level security;
grant select on public.story_media to authenticated, service_role;
create policy "members see the media of their organization" on public.story_media
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert, update, delete are not granted: create_story_media and what the functions found write it

create table private.story_media_files (
  media_id uuid not null references public.story_media (id) on delete cascade,
  name text not null,
  content_type text not null,
  bytes bigint not null,
  width int,
  height int,
  object_state text not null,
  primary key (media_id, name),
  constraint name_is_a_file_name check (name ~ '^[a-z0-9]+([._-][a-z0-9]+)*$' and char_length(name) <= 60)
);
comment on table private.story_media_files is
  'What was made of a good upload, in its folder of the bucket story-media: what buyers get. object_state: what lay there when it was made.';
alter table private.story_media_files enable row level security;
-- no grants and no policies: only definer functions read and write it


-- Where files lie, and whether they are still the ones that were looked at --------------------------------------------------

create function private.media_upload_path(media public.story_media) returns text
  language sql immutable set search_path = ''
as $$
  select media.organization_id || '/' || media.id || '/original'
$$;
comment on function private.media_upload_path is 'Where in the bucket story-uploads the file is put.';

create function private.media_file_path(media public.story_media, folder text, name text) returns text
  language sql immutable set search_path = ''
as $$
  select media.organization_id || '/' || media.id || '/' || folder || '/' || name
$$;
comment on function private.media_file_path is 'Where in the bucket story-media a file lies, in this folder.';

-- Not updated_at: Storage touches rows without touching bytes. A move keeps the row and its size, and gives it another version.
create function private.object_state(bucket text, path text) returns text
  language sql stable security definer set search_path = '' -- definer: reads every organization's files
as $$
  select concat_ws(' ', o.id, coalesce(o.metadata ->> 'size', '-'), coalesce(o.version, '-'), coalesce(o.metadata ->> 'eTag', '-'))
  from storage.objects o where o.bucket_id = bucket and o.name = path
$$;
comment on function private.object_state is 'What tells this file from any other that may be put in its place: "row size version ETag"; null when none is there.';

create function private.is_as_made(media public.story_media, file private.story_media_files) returns boolean
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select coalesce(
    private.object_state('story-media', private.media_file_path(media, media.folder, file.name)) = file.object_state
    or (split_part(moved, ' ', 1), split_part(moved, ' ', 2)) = (split_part(file.object_state, ' ', 1), split_part(file.object_state, ' ', 2)),
    false)
  from (select private.object_state('story-media', private.media_file_path(media, media.next_folder, file.name)) as moved) as next
$$;
comment on function private.is_as_made is 'True while this file is the one that was made, in its folder or moved to the next one.';

create function private.is_validated(media_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: the tables are private
as $$
  select exists (
    select from public.story_media m
    where m.id = media_id and m.status = 'ready'
      -- what was uploaded goes after it was looked at; another file in its place was not
      and coalesce(private.object_state('story-uploads', private.media_upload_path(m)) = m.upload_state, true)
      and not exists (select from private.story_media_files f where f.media_id = m.id and not private.is_as_made(m, f))
  )
$$;
comment on function private.is_validated is 'True for media that were looked at, found good, and are still the same files.';


-- Uploading ----------------------------------------------------------------------------------------------------------------

create function private.require_subscription_to_tell(organization_id uuid) returns void
  language plpgsql stable security definer set search_path = '' -- definer: editors do not see subscriptions
as $$
begin
  if private.is_being_deleted(organization_id) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;
  if not exists (
    select from public.subscriptions s
    where s.organization_id = require_subscription_to_tell.organization_id and private.is_live(s.status)
  ) then
    perform private.refuse('subscription_required', 'Stories are written with a subscription.', 'Subscribe, or begin a trial.');
  end if;
end
$$;
comment on function private.require_subscription_to_tell is
  '402 subscription_required without a live subscription; 409 invalid_transition while the organization is being deleted.';

create function public.create_story_media(organization_id uuid, kind text, bytes bigint, content_type text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'editor');
  type text := lower(btrim(split_part(coalesce(content_type, ''), ';', 1)));
  limits record;
  faults jsonb;
  media public.story_media;
begin
  perform private.require_subscription_to_tell(organization_id);
  select * into limits from private.media_limits() l where l.kind::text = create_story_media.kind;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('kind', case when create_story_media.kind is null then 'required' when limits.kind is null then 'unknown' end),
    ('bytes', case when bytes is null then 'required' when bytes < 1 then 'empty' end),
    ('content_type', case when type = '' then 'required' when type <> all (limits.content_types) then 'wrong_type' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  if bytes > limits.most_bytes then
    perform private.refuse('too_large', format('A file of this kind has at most %s bytes.', limits.most_bytes), 'Make it smaller or shorter.');
  end if;
  perform private.count_a_day_or_refuse('media:' || organization_id, 100);
  insert into public.story_media (organization_id, kind, bytes, content_type, created_by)
  values (create_story_media.organization_id, limits.kind, create_story_media.bytes, type, caller)
  returning * into media;
  return jsonb_build_object('media_id', media.id, 'bucket', 'story-uploads', 'path', private.media_upload_path(media));
end
$$;
comment on function public.create_story_media is
  'Editors, with a live subscription: room for one file of kind video (mp4, mov, webm; at most 104857600 bytes) or image (jpeg, png, webp; at most 10485760): {media_id, bucket, path}: where to upload it, once; then validate_video or validate_image. What lies there already is that upload, come through. 402 subscription_required, 403 not_allowed, 404 not_found, 409 invalid_transition, 413 too_large, 422 invalid_input (kind, bytes, content_type), 429 too_many_requests beyond 100 a day.';
grant execute on function public.create_story_media to authenticated;

create function private.awaited_uploads() returns setof text
  language sql stable security definer set search_path = '' -- definer: asked by a policy
as $$
  select private.media_upload_path(m)
  from public.story_media m
  where m.organization_id = any (array(select private.organization_ids_where('editor')))
    and (m.status = 'uploaded' or (m.status = 'checking' and m.checked_until < now()))
$$;
comment on function private.awaited_uploads is 'The paths in story-uploads at which the caller may put a file: of media that are not being looked at.';
grant execute on function private.awaited_uploads to authenticated;

create policy "editors upload the media they asked room for" on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'story-uploads' and name = any (array(select private.awaited_uploads()))
    and private.has_room_for_upload(bucket_id, (storage.foldername(name))[1])
  );
-- update is shut: a file that came through stays as it is looked at; another one is another medium


-- What a story says of its media ------------------------------------------------------------------------------------------

create function private.functions_url() returns text
  language sql stable security definer set search_path = '' -- definer: the settings are private
as $$
  select coalesce(s.functions_url, s.site_url || '/functions/v1') from private.platform_settings s
$$;
comment on function private.functions_url is 'Where the functions are reached from outside.';

create type private.story_addresses as (video text, image text, thumbnail text);

-- The folder stands in the name, so that a file that was withdrawn and is published again has another address.
create function private.addresses_of_media(story_id uuid, media_id uuid) returns private.story_addresses
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  with files as (
    select f.content_type like 'video/%' as is_video, f.width, f.name,
      private.functions_url() || '/story_media/' || story_id || '/' || coalesce(m.next_folder, m.folder) || '-' || f.name as address
    from public.story_media m
    join private.story_media_files f on f.media_id = m.id
    where m.id = addresses_of_media.media_id and m.status = 'ready'
  )
  select
    (select address from files where is_video limit 1),
    case when not exists (select from files where is_video) then (select address from files order by width desc, name limit 1) end,
    (select address from files where not is_video order by abs(width - 640), name limit 1)
$$;
comment on function private.addresses_of_media is
  'content_video_url, content_image_url (the largest picture, where there is no film) and thumbnail_url (the picture nearest to 640 pixels) of a story with these media; nulls while they are not ready.';

create function private.withdraw_media(media_id uuid) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.story_media m set next_folder = replace(gen_random_uuid()::text, '-', '')
  where m.id = withdraw_media.media_id and m.folder is not null and m.next_folder is null
$$;
comment on function private.withdraw_media is 'Buyers do not see these media any more: their folder gets another name (job story_withdrawal), and addresses signed before are dead.';
