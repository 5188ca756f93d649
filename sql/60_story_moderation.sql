-- Moderating stories: one moderator reads one story, decides about what they have read, and another one decides about an appeal.

create function private.is_appeal(story public.stories) returns boolean
  language sql immutable set search_path = ''
as $$
  select story.status = 'pending_review' and story.rejection_code is not null
$$;
comment on function private.is_appeal is 'True while the rejection of this story is looked at again: its code stays until that is decided.';

create function public.appeal_story(story_id uuid, message text) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_of_mine(story_id);
  said text := btrim(coalesce(message, ''));
begin
  perform private.require_story_status(story, 'rejected');
  if story.appealed_at is not null then
    perform private.refuse('invalid_transition', 'There was an appeal for this story.', 'Change it, and submit it again.');
  end if;
  if private.visible_length(said) = 0 then
    perform private.refuse('invalid_input', '[{"field": "message", "code": "required"}]', 'Say why the story should be published.');
  end if;
  if char_length(said) > 2000 then
    perform private.refuse('invalid_input', '[{"field": "message", "code": "too_long"}]', 'At most 2000 characters.');
  end if;
  update public.stories s set status = 'pending_review', appealed_at = now()
  where s.id = story.id returning * into story;
  insert into public.story_activity_log (story_id, organization_id, action, actor_kind, actor_id, detail)
  values (story.id, story.organization_id, 'appealed', 'member', auth.uid(), jsonb_build_object('message', said));
  return story;
end
$$;
comment on function public.appeal_story is
  'Editors: once a story, a rejection is looked at again, by another moderator. The story, pending_review. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input (message).';
grant execute on function public.appeal_story to authenticated;

create function public.moderation_queue(after text default null, max_items int default 20) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: looks at authors and at what was decided before
as $$
declare
  page_end private.page_end := private.read_page_end(after, max_items);
  items jsonb;
  next text;
begin
  perform private.require_platform_admin();
  with page as (
    select s.*, row_number() over (order by s.submitted_at, s.id) as place
    from public.stories s
    where s.status = 'pending_review' and (page_end.at is null or (s.submitted_at, s.id) > (page_end.at, page_end.id))
    order by s.submitted_at, s.id
    limit max_items + 1
  )
  select
    coalesce(jsonb_agg(jsonb_build_object(
      'story_id', p.id,
      'organization', o.name,
      'organization_id', o.id,
      'slug', o.slug,
      'story_type', p.story_type,
      'title', p.title,
      'author', a.full_name,
      'waiting_since', p.submitted_at,
      'claimed_by', case when p.claimed_until > now() then p.claimed_by end,
      'claimed_until', case when p.claimed_until > now() then p.claimed_until end,
      'appeal', p.rejection_code is not null,
      'rejections', (select count(*) from public.story_activity_log l where l.story_id = p.id and l.action = 'rejected')
    ) order by p.place) filter (where p.place <= max_items), '[]'),
    max(private.write_page_end(p.submitted_at, p.id)) filter (where p.place = max_items and exists (select from page n where n.place > max_items))
  into items, next
  from page p
  join public.organizations o on o.id = p.organization_id
  left join public.profiles a on a.id = p.created_by;
  return jsonb_build_object('items', items, 'next', next);
end
$$;
comment on function public.moderation_queue is
  'Platform admins: what waits for a decision, the oldest first: {items: [{story_id, organization, organization_id, slug, story_type, title, author, waiting_since, claimed_by, claimed_until, appeal, rejections}], next}. after: what the page before answered as next. 403 not_allowed, 422 invalid_input.';
grant execute on function public.moderation_queue to authenticated;


-- Deciding ---------------------------------------------------------------------------------------------------------------

create function private.story_to_decide(story_id uuid, action text, detail jsonb default '{}') returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: locks for whoever decides
as $$
declare
  caller uuid := private.act_as_platform_admin(
    action, (select s.organization_id from public.stories s where s.id = story_to_decide.story_id), story_id::text, detail);
  story public.stories;
begin
  select * into story from public.stories s where s.id = story_to_decide.story_id;
  if not found then
    perform private.refuse('not_found', 'There is no such story.');
  end if;
  perform private.lock_organization(story.organization_id);
  select * into story from public.stories s where s.id = story_to_decide.story_id for update;
  perform private.require_story_status(story, 'pending_review');
  if story.claimed_by <> caller and story.claimed_until > now() then
    perform private.refuse('claimed_by_another', 'Another moderator is reading this story.', format('It is free again at %s.', story.claimed_until));
  end if;
  if private.is_appeal(story) and story.moderated_by = caller then
    perform private.refuse('not_allowed', 'Another moderator decides about an appeal.', 'Leave it in the queue.');
  end if;
  return story;
end
$$;
comment on function private.story_to_decide is
  'What a moderator''s RPC begins with: the story, locked with its organization. 401, 403 not_allowed (no platform admin; an appeal against one''s own decision), 404 not_found, 409 invalid_transition (not under review), claimed_by_another.';

create function public.claim_story(story_id uuid) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write it
as $$
declare
  story public.stories := private.story_to_decide(story_id, 'claim_story');
begin
  update public.stories s set claimed_by = auth.uid(), claimed_until = now() + interval '10 minutes'
  where s.id = story.id returning * into story;
  return story;
end
$$;
comment on function public.claim_story is
  'Platform admins: reads this story for the next 10 minutes, so that nobody else does; again: 10 more. The story. 403 not_allowed, 404 not_found, 409 invalid_transition or claimed_by_another.';
grant execute on function public.claim_story to authenticated;

create function public.approve_story(story_id uuid, seen_updated_at timestamptz default null) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_to_decide(story_id, 'approve_story');
begin
  if story.updated_at <> seen_updated_at then
    perform private.refuse('invalid_transition', 'The story was changed after it was read.', 'Read it again.');
  end if;
  update public.stories s set status = 'published', moderated_by = auth.uid(), moderated_at = now()
  where s.id = story.id returning * into story;
  perform private.notify(story.organization_id, 'story_approved', jsonb_build_object('story_id', story.id, 'title', story.title));
  return story;
end
$$;
comment on function public.approve_story is
  'Platform admins: buyers see the story, from now or from its scheduled time. seen_updated_at: the updated_at of what was read. The story. 403 not_allowed, 404 not_found, 409 invalid_transition (another status, or another text than was read) or claimed_by_another, 422 media_not_validated (another file lies in the place of the one that was looked at).';
grant execute on function public.approve_story to authenticated;

create function public.reject_story(story_id uuid, code text, comment text) returns public.stories
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may write a status
as $$
declare
  story public.stories := private.story_to_decide(story_id, 'reject_story', jsonb_build_object('code', left(code, 20)));
  said text := btrim(coalesce(comment, ''));
  faults jsonb;
begin
  select jsonb_agg(jsonb_build_object('field', field, 'code', fault)) into faults
  from (values
    ('code', case when code is null then 'required' when code <> all (enum_range(null::public.story_rejection_code)::text[]) then 'unknown' end),
    ('comment', case when private.visible_length(said) = 0 then 'required' when char_length(said) > 2000 then 'too_long' end)
  ) as checked (field, fault)
  where fault is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  update public.stories s
  set status = 'rejected', rejection_code = code::public.story_rejection_code, rejection_comment = said, moderated_by = auth.uid(), moderated_at = now()
  where s.id = story.id returning * into story;
  perform private.notify(story.organization_id, 'story_rejected',
    jsonb_build_object('story_id', story.id, 'title', story.title, 'code', code, 'comment', said));
  return story;
end
$$;
comment on function public.reject_story is
  'Platform admins: the story goes back to its authors, with a code (off_topic, advertising, false_claim, low_quality, prohibited, personal_data, other) and a comment on what to mend. The story. 403 not_allowed, 404 not_found, 409 invalid_transition or claimed_by_another, 422 invalid_input.';
grant execute on function public.reject_story to authenticated;
