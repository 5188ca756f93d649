-- Files of stories: what the functions find in media, who may look at what was made of them, and how an address dies.

-- A change of the settings moves every address.
create function private.address_stories() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write it
as $$
begin
  if tg_table_name = 'story_media' then
    update public.stories s
    set (content_video_url, content_image_url, thumbnail_url) = (select a.video, a.image, a.thumbnail from private.addresses_of_media(s.id, s.media_id) a)
    where s.media_id = new.id;
  elsif (coalesce(new.functions_url, new.site_url)) is distinct from (coalesce(old.functions_url, old.site_url)) then
    update public.stories s
    set (content_video_url, content_image_url, thumbnail_url) = (select a.video, a.image, a.thumbnail from private.addresses_of_media(s.id, s.media_id) a)
    where s.media_id is not null;
  end if;
  return null;
end
$$;
comment on function private.address_stories is 'Trigger: stories have the addresses of their media as soon as these are ready, and others when the functions move.';
create trigger story_media_address_stories after update of status on public.story_media
  for each row when (old.status is distinct from new.status) execute function private.address_stories();
create trigger platform_settings_address_stories after update on private.platform_settings
  for each row execute function private.address_stories();

create function private.withdraw_deleted_story() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  perform private.withdraw_media(old.media_id);
  return null;
end
$$;
comment on function private.withdraw_deleted_story is 'Trigger: the files of a story that was published and is gone die with it.';
create trigger published_stories_are_withdrawn after delete on public.stories
  for each row when (old.status = 'published') execute function private.withdraw_deleted_story();


-- Checking: one function at a time looks into an upload, and one that was killed is followed by another. -------------------

create function private.media_to_show(media public.story_media) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select jsonb_build_object(
    'media_id', media.id, 'kind', media.kind, 'status', media.status, 'duration_seconds', media.duration_seconds,
    'width', media.width, 'height', media.height, 'problems', media.problems,
    'files', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'name', f.name, 'path', private.media_file_path(media, media.folder, f.name), 'content_type', f.content_type,
        'bytes', f.bytes, 'width', f.width, 'height', f.height
      ) order by f.content_type like 'video/%' desc, f.width desc, f.name), '[]')
      from private.story_media_files f where f.media_id = media.id
    )
  )
$$;
comment on function private.media_to_show is
  'Media as the functions answer them: {media_id, kind, status, duration_seconds, width, height, problems, files: [{name, path, content_type, bytes, width, height}]}; the film first, then pictures, the largest first.';

create function public.begin_media_check(media_id uuid, kind text) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  media public.story_media;
  uploaded text;
  new_check uuid;
begin
  perform private.require_sign_in();
  select * into media from public.story_media m where m.id = begin_media_check.media_id;
  if not found or private.role_of(media.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There are no such media.');
  end if;
  perform private.act_in_organization(media.organization_id, 'editor');
  select * into media from public.story_media m where m.id = begin_media_check.media_id for update;
  if not found then
    perform private.refuse('not_found', 'There are no such media.');
  end if;
  if media.kind::text is distinct from begin_media_check.kind then
    perform private.refuse('invalid_input', '[{"field": "media_id", "code": "wrong_type"}]', format('This is a %s.', media.kind));
  end if;
  uploaded := private.object_state('story-uploads', private.media_upload_path(media));
  if uploaded is null and media.status in ('uploaded', 'checking') then
    perform private.refuse('not_found', 'Nothing was uploaded.', 'Upload the file first.');
  end if;
  -- Looked at once, unless another file lies there now; not while somebody looks, moderators and buyers included.
  if not (
    (media.status = 'checking' and media.checked_until > now())
    or (media.status in ('ready', 'refused') and coalesce(uploaded = media.upload_state, true))
    or (media.status = 'ready' and (media.next_folder is not null or exists (
      select from public.stories s where s.media_id = media.id and s.status in ('pending_review', 'published'))))
  ) then
    perform private.count_or_refuse('inspect:' || auth.uid(), 10);
    new_check := gen_random_uuid();
    delete from private.story_media_files f where f.media_id = media.id;
    update public.story_media m
    set status = 'checking', check_id = new_check, checked_until = now() + interval '3 minutes', upload_state = uploaded, folder = null,
        problems = '{}', validated_at = null
    where m.id = media.id
    returning * into media;
  end if;
  return private.media_to_show(media) || jsonb_build_object(
    'check_id', new_check,
    'organization_id', media.organization_id,
    'upload', jsonb_build_object(
      'bucket', 'story-uploads', 'path', private.media_upload_path(media), 'bytes', nullif(split_part(uploaded, ' ', 2), '-')::bigint,
      'content_type', (select o.metadata ->> 'mimetype' from storage.objects o where o.bucket_id = 'story-uploads' and o.name = private.media_upload_path(media))),
    'made', jsonb_build_object('bucket', 'story-media', 'folder', private.media_file_path(media, replace(new_check::text, '-', ''), ''))
  );
end
$$;
comment on function public.begin_media_check is
  'Editors, by the functions validate_video and validate_image: these media (kind: video or image) are looked at by the caller for 3 minutes: {media_id, kind, status, duration_seconds, width, height, problems, files, check_id, organization_id, upload: {bucket, path, bytes, content_type}, made: {bucket, folder}}. check_id null: somebody else looks just now (checking), or it was done (ready, refused). 403 not_allowed, 404 not_found (also when nothing was uploaded), 422 invalid_input (another kind), 429 too_many_requests beyond ten a minute.';
grant execute on function public.begin_media_check to authenticated;

create function public.settle_media_check(media_id uuid, check_id uuid, finding jsonb default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  media public.story_media;
  its_folder text := replace(check_id::text, '-', '');
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key says what was found.');
  end if;
  perform private.lock_organization(m.organization_id) from public.story_media m where m.id = settle_media_check.media_id;
  select * into media from public.story_media m where m.id = settle_media_check.media_id for update;
  if not found then
    return jsonb_build_object('settled', false, 'media', null);
  end if;
  if media.status <> 'checking' or media.check_id is distinct from settle_media_check.check_id then
    return jsonb_build_object('settled', false, 'media', private.media_to_show(media));
  end if;

  if finding is null or private.object_state('story-uploads', private.media_upload_path(media)) is distinct from media.upload_state then
    update public.story_media m set status = 'uploaded', check_id = null, checked_until = null, upload_state = null
    where m.id = media.id returning * into media;
    return jsonb_build_object('settled', false, 'media', private.media_to_show(media));
  end if;

  if jsonb_array_length(finding -> 'problems') = 0 then
    -- what does not lie there has no state, and is not taken
    insert into private.story_media_files (media_id, name, content_type, bytes, width, height, object_state)
    select media.id, f.name, f.content_type, f.bytes, f.width, f.height,
      private.object_state('story-media', private.media_file_path(media, its_folder, f.name))
    from jsonb_to_recordset(finding -> 'files') as f (name text, content_type text, bytes bigint, width int, height int);
    if not found then
      perform private.refuse('invalid_input', '[{"field": "files", "code": "required"}]');
    end if;
  end if;
  update public.story_media m
  set status = case when finding -> 'problems' = '[]' then 'ready' else 'refused' end::public.story_media_status,
      folder = case when finding -> 'problems' = '[]' then its_folder end,
      problems = array(select jsonb_array_elements_text(finding -> 'problems')),
      content_type = coalesce(finding ->> 'content_type', m.content_type),
      bytes = coalesce(nullif(nullif(split_part(m.upload_state, ' ', 2), '-')::bigint, 0), m.bytes),
      duration_seconds = (finding ->> 'duration_seconds')::numeric,
      width = (finding ->> 'width')::int,
      height = (finding ->> 'height')::int,
      check_id = null, checked_until = null, validated_at = now()
  where m.id = media.id returning * into media;
  return jsonb_build_object('settled', true, 'media', private.media_to_show(media));
end
$$;
comment on function public.settle_media_check is
  'Service key only: what a check found: finding = {problems, content_type, duration_seconds, width, height, files: [{name, content_type, bytes, width, height}]}; files lie in the folder that begin_media_check gave. finding null: given back, nothing was found. {settled, media (as begin_media_check; null when it is gone)}; settled false: given back, another check has begun since, or another file lies there now. 422 invalid_input.';
grant execute on function public.settle_media_check to service_role;


-- Moving: what was withdrawn gets another name, so that addresses signed before are dead. ----------------------------------

create function private.move_of(media public.story_media) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select jsonb_build_object('media_id', media.id, 'files', jsonb_agg(jsonb_build_object(
    'from', private.media_file_path(media, media.folder, f.name), 'to', private.media_file_path(media, media.next_folder, f.name))))
  from private.story_media_files f
  where f.media_id = media.id and media.next_folder is not null
  having count(*) > 0
$$;
comment on function private.move_of is 'What is to be moved of these media: {media_id, files: [{from, to}]}; null for nothing.';

create function public.story_files_to_move(max_items int default 100) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: reads every organization's media
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key moves files.');
  end if;
  return (
    select coalesce(jsonb_agg(private.move_of(m)), '[]')
    from (
      select * from public.story_media m where m.next_folder is not null order by m.updated_at limit max_items
    ) m
  );
end
$$;
comment on function public.story_files_to_move is
  'Service key only, each minute: the media of stories that were withdrawn, the first withdrawn first: [{media_id, files: [{from, to}] (paths in the bucket story-media)}].';
grant execute on function public.story_files_to_move to service_role;

create function public.settle_story_files(media_id uuid) returns boolean
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  media public.story_media;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key moves files.');
  end if;
  select * into media from public.story_media m where m.id = settle_story_files.media_id for update;
  if not found or media.next_folder is null then
    return true;
  end if;
  if exists (
    select from private.story_media_files f
    where f.media_id = media.id and private.object_state('story-media', private.media_file_path(media, media.folder, f.name)) is not null
  ) then
    return false;
  end if;
  update private.story_media_files f
  set object_state = private.object_state('story-media', private.media_file_path(media, media.next_folder, f.name))
  where f.media_id = media.id and private.is_as_made(media, f);
  update public.story_media m set folder = m.next_folder, next_folder = null where m.id = media.id;
  return true;
end
$$;
comment on function public.settle_story_files is
  'Service key only: whether these media lie under their new name now, or are gone. False: something still lies under the old one.';
grant execute on function public.settle_story_files to service_role;


-- Looking ------------------------------------------------------------------------------------------------------------------

create function public.story_media_to_show(media_id uuid) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: moderators see the media of what was submitted
as $$
declare
  media public.story_media;
begin
  perform private.require_sign_in();
  select * into media from public.story_media m where m.id = story_media_to_show.media_id;
  if not found or not (
    private.role_of(media.organization_id, auth.uid()) is not null
    or (private.is_platform_admin() and exists (select from public.stories s where s.media_id = media.id and s.status <> 'draft'))
  ) then
    perform private.refuse('not_found', 'There are no such media.');
  end if;
  return private.media_to_show(media) || jsonb_build_object('move', private.move_of(media));
end
$$;
comment on function public.story_media_to_show is
  'Members, and platform admins once a story with them was submitted, by the function story_media: {media_id, kind, status, duration_seconds, width, height, problems, files: [{name, path (in the bucket story-media), content_type, bytes, width, height}], move}; move: null, or what is to be moved first (as story_files_to_move). 404 not_found.';
grant execute on function public.story_media_to_show to authenticated;

create function public.story_file(story_id uuid, file text) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: the table is private
as $$
declare
  found_media public.story_media;
  found_file private.story_media_files;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key asks where files lie.');
  end if;
  select m.* into found_media
  from public.stories s join public.story_media m on m.id = s.media_id
  where s.id = story_file.story_id and s.status = 'published' and s.published_at <= now();
  select f.* into found_file
  from private.story_media_files f
  where f.media_id = found_media.id and coalesce(found_media.next_folder, found_media.folder) || '-' || f.name = story_file.file;
  if not found or not private.is_as_made(found_media, found_file) then
    return null;
  end if;
  return jsonb_build_object(
    'path', private.media_file_path(found_media, coalesce(found_media.next_folder, found_media.folder), found_file.name),
    'move', private.move_of(found_media));
end
$$;
comment on function public.story_file is
  'Service key only, by the function story_media: where a file of a published story lies in the bucket story-media, {path, move}; move: null, or what is to be moved first (as story_files_to_move). Null for a story that is not published, a name that it has not, and a file that is not the one that was looked at.';
grant execute on function public.story_file to service_role;
