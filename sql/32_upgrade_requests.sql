-- Upgrade requests: how an organization asks to be verified, with evidence (22_files) a moderator looks at.

create type public.upgrade_request_status as enum ('pending', 'approved', 'rejected', 'withdrawn', 'more_asked');

-- What a moderator looked at. Buyers read the kinds, never the papers.
create function private.document_kinds() returns text[]
  language sql immutable set search_path = ''
as $$
  select array['registration', 'authority', 'premises', 'conformity', 'veterinary', 'laboratory', 'licence', 'photos', 'other']
$$;
comment on function private.document_kinds is
  'Kinds of papers that level B was given for: an extract of the register, who may act for it, rights to the premises, declarations and certificates of conformity, veterinary papers, laboratory reports, licences, photographs, other.';
grant execute on function private.document_kinds to authenticated, service_role;

create table public.status_upgrade_requests (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  target_level public.status_level not null,
  message text not null,
  evidence_paths text[] not null,
  status public.upgrade_request_status not null default 'pending',
  requested_by uuid references public.profiles (id) on delete set null,
  reviewed_by uuid references public.profiles (id) on delete set null,
  reviewed_at timestamptz,
  review_comment text,
  documents text[] not null default '{}',
  approval_ended_at timestamptz,
  waiting_since timestamptz,
  waited interval not null default '0',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint only_b_is_asked_for check (target_level = 'B'),
  constraint message_fits check (char_length(message) <= 4000),
  constraint thirty_files_at_most check (cardinality(evidence_paths) <= 30),
  constraint only_what_is_pending_waits check ((status = 'pending') = (waiting_since is not null)),
  constraint a_review_has_a_time check ((status in ('approved', 'rejected', 'more_asked')) = (reviewed_at is not null)),
  constraint a_rejection_says_why check (status not in ('rejected', 'more_asked') or btrim(coalesce(review_comment, '')) <> ''),
  constraint comment_fits check (char_length(review_comment) <= 4000),
  constraint documents_are_of_known_kinds check (documents <@ private.document_kinds()),
  constraint only_an_approval_names_documents_and_ends check (
    status = 'approved' or (documents = '{}' and approval_ended_at is null))
);
comment on table public.status_upgrade_requests is
  'An organization asks to be verified (level B); a platform admin decides. One pending per organization and level. more_asked: papers are missing, and submitting again goes on with the same request; what was said stands in upgrade_request_steps.';
comment on column public.status_upgrade_requests.documents is 'Kinds of papers that the approval stands on; buyers read them.';
comment on column public.status_upgrade_requests.waiting_since is 'Since when the request waits for us; null while it does not.';
comment on column public.status_upgrade_requests.waited is 'How long it waited for us before that, without the time in which we waited for papers.';
comment on column public.status_upgrade_requests.approval_ended_at is 'Since when an approval counts no more: the name it was given to changed, or the organization was another''s.';
create unique index one_pending_request_per_organization_and_level
  on public.status_upgrade_requests (organization_id, target_level) where status = 'pending';
create index status_upgrade_requests_organization_id_idx on public.status_upgrade_requests (organization_id, created_at desc);
create index status_upgrade_requests_status_idx on public.status_upgrade_requests (status, created_at, id);
create index status_upgrade_requests_created_at_idx on public.status_upgrade_requests (created_at, id);
create index status_upgrade_requests_decided_idx on public.status_upgrade_requests (reviewed_at desc) where status in ('approved', 'rejected');
create index status_upgrade_requests_requested_by_idx on public.status_upgrade_requests (requested_by);
create index status_upgrade_requests_reviewed_by_idx on public.status_upgrade_requests (reviewed_by);

create trigger status_upgrade_requests_touch_updated_at before update on public.status_upgrade_requests
  for each row execute function private.touch_updated_at();

alter table public.status_upgrade_requests enable row level security;
grant select on public.status_upgrade_requests to authenticated, service_role;
create policy "organization admins and platform admins see the requests" on public.status_upgrade_requests
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: the RPCs below are the only way

create function private.count_upgrade_request_wait() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and new.status is not distinct from old.status then
    return new;
  end if;
  if tg_op = 'UPDATE' and old.status = 'pending' then
    new.waited := old.waited + (now() - old.waiting_since);
  end if;
  new.waiting_since := case when new.status = 'pending' then now() end;
  return new;
end
$$;
comment on function private.count_upgrade_request_wait is 'Trigger: the time that a request waits for us is counted while it is pending, and not while more is asked for.';

create trigger status_upgrade_requests_count_wait before insert or update of status on public.status_upgrade_requests
  for each row execute function private.count_upgrade_request_wait();


-- Steps: what was said about a request, by whom, in its order. A request itself knows only the last word of each side. --------

create table public.upgrade_request_steps (
  id uuid primary key default private.new_id(),
  request_id uuid not null references public.status_upgrade_requests (id) on delete cascade,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  action text not null,
  message text,
  evidence_paths text[] not null default '{}',
  actor_id uuid references public.profiles (id) on delete set null,
  occurred_at timestamptz not null default now(),
  constraint action_is_known check (action in ('submitted', 'more_asked', 'answered', 'approved', 'rejected', 'withdrawn'))
);
comment on table public.upgrade_request_steps is
  'What happened to a request for level B, in its order: action submitted and answered (the organization''s words and the files that came with them), more_asked, approved, rejected (ours), withdrawn.';
create index upgrade_request_steps_request_id_idx on public.upgrade_request_steps (request_id, occurred_at);
create index upgrade_request_steps_organization_id_idx on public.upgrade_request_steps (organization_id);
create index upgrade_request_steps_actor_id_idx on public.upgrade_request_steps (actor_id);

alter table public.upgrade_request_steps enable row level security;
grant select on public.upgrade_request_steps to authenticated, service_role;
create policy "organization admins and platform admins see the steps" on public.upgrade_request_steps
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: the trigger below writes

create function private.keep_upgrade_request_step() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  before public.status_upgrade_requests;
begin
  if tg_op = 'UPDATE' then
    before := old;
  end if;
  insert into public.upgrade_request_steps (request_id, organization_id, action, message, evidence_paths, actor_id)
  select new.id, new.organization_id, step.action,
    case step.action when 'withdrawn' then null when 'submitted' then new.message when 'answered' then new.message else new.review_comment end,
    case when step.action in ('submitted', 'answered') then array(
      select path from unnest(new.evidence_paths) with ordinality as f (path, place)
      where path <> all (coalesce(before.evidence_paths, '{}')) order by place) else '{}' end,
    case when step.action in ('more_asked', 'approved', 'rejected') then new.reviewed_by else new.requested_by end
  from (select case when before.id is null then 'submitted' when new.status = 'pending' then 'answered' else new.status::text end as action) as step;
  return null;
end
$$;
comment on function private.keep_upgrade_request_step is 'Trigger: each turn of a request is a step of its history.';

create trigger status_upgrade_requests_keep_first_step after insert on public.status_upgrade_requests
  for each row execute function private.keep_upgrade_request_step();
create trigger status_upgrade_requests_keep_step after update of status on public.status_upgrade_requests
  for each row when (new.status is distinct from old.status) execute function private.keep_upgrade_request_step();

create function private.forget_upgrade_request_steps(organization_id uuid) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.upgrade_request_steps s
  set actor_id = null, evidence_paths = '{}', message = null
  where s.organization_id = forget_upgrade_request_steps.organization_id and s.action in ('submitted', 'answered', 'withdrawn')
$$;
comment on function private.forget_upgrade_request_steps is 'What the organization said in its requests, with which papers and by whom, goes; what we decided stays.';


create function private.require_evidence(organization_id uuid, evidence_paths text[]) returns void
  language plpgsql stable security definer set search_path = '' -- definer: asked within definers
as $$
begin
  if exists (
    select from unnest(evidence_paths) as handed_in (path)
    where not exists (
      select from public.evidence_files f
      where f.path = handed_in.path and f.organization_id = require_evidence.organization_id
    )
  ) then
    perform private.refuse('media_not_validated', 'A file was not checked, or is not this organization''s.', 'Upload it again.');
  end if;
end
$$;
comment on function private.require_evidence is '422 media_not_validated unless each of these files was inspected and is the organization''s.';

create function public.submit_upgrade_request(
  organization_id uuid, target_level public.status_level, message text, evidence_paths text[] default '{}'
) returns public.status_upgrade_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  faults jsonb;
  submitted public.status_upgrade_requests;
begin
  message := btrim(coalesce(message, ''));
  evidence_paths := coalesce(evidence_paths, '{}');
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('target_level', case when target_level is distinct from 'B' then 'not_asked_for' end), -- A is bought, C is earned
    ('message', case when private.visible_length(message) = 0 then 'required' when char_length(message) > 4000 then 'too_long' end),
    ('evidence_paths', case when cardinality(evidence_paths) > 10 or exists (
      select from public.status_upgrade_requests r
      where r.organization_id = submit_upgrade_request.organization_id and r.status = 'more_asked'
        and cardinality(r.evidence_paths) + cardinality(submit_upgrade_request.evidence_paths) > 30
    ) then 'too_many' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  perform private.require_evidence(organization_id, evidence_paths);
  if exists (
    select from public.status_upgrade_requests r
    where r.organization_id = submit_upgrade_request.organization_id and r.target_level = submit_upgrade_request.target_level
      and r.status = 'pending'
  ) then
    perform private.refuse('request_pending', 'A request for this level is being reviewed.', 'Wait for the answer, or withdraw it.');
  end if;

  -- What more was asked for goes into the request that there is.
  update public.status_upgrade_requests r
  set status = 'pending', message = submit_upgrade_request.message, reviewed_at = null, reviewed_by = null, requested_by = caller,
      evidence_paths = r.evidence_paths || array(
        select path from unnest(submit_upgrade_request.evidence_paths) as handed_in (path) where path <> all (r.evidence_paths))
  where r.organization_id = submit_upgrade_request.organization_id and r.target_level = submit_upgrade_request.target_level
    and r.status = 'more_asked'
  returning * into submitted;
  if found then
    return submitted;
  end if;

  insert into public.status_upgrade_requests (organization_id, target_level, message, evidence_paths, requested_by)
  values (organization_id, target_level, message, evidence_paths, caller)
  returning * into submitted;
  return submitted;
end
$$;
comment on function public.submit_upgrade_request is
  'Owners and admins: asks for level B, or answers when more was asked for: the same request goes on, with what was handed in before (10 files at a time, 30 in all). Evidence is uploaded and then accepted by the function validate_evidence first: a file that was only put into the bucket is refused with media_not_validated. 403 not_allowed, 404 not_found, 409 request_pending, 422 invalid_input or media_not_validated.';
grant execute on function public.submit_upgrade_request to authenticated;

create function public.withdraw_upgrade_request(request_id uuid) returns public.status_upgrade_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  request public.status_upgrade_requests;
begin
  perform private.require_sign_in();
  select * into request from public.status_upgrade_requests r where r.id = withdraw_upgrade_request.request_id;
  if not found or private.role_of(request.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such request.');
  end if;
  perform private.act_in_organization(request.organization_id, 'admin');

  update public.status_upgrade_requests r set status = 'withdrawn', reviewed_at = null
  where r.id = request.id and r.status in ('pending', 'more_asked')
  returning * into request;
  if not found then
    perform private.refuse('invalid_transition', 'The request is not pending any more.');
  end if;
  return request;
end
$$;
comment on function public.withdraw_upgrade_request is
  'Owners and admins: takes a request back that is pending, or for which more was asked. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.withdraw_upgrade_request to authenticated;

create function public.review_upgrade_request(
  request_id uuid, decision text, comment text default null, valid_until timestamptz default null, documents text[] default null
) returns public.status_upgrade_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'review_upgrade_request', (select r.organization_id from public.status_upgrade_requests r where r.id = request_id), request_id::text,
    jsonb_build_object('decision', left(decision, 20), 'valid_until', valid_until));
  request public.status_upgrade_requests;
  faults jsonb;
begin
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('decision', case when decision is null or decision not in ('approved', 'rejected', 'more_asked') then 'unknown' end),
    ('comment', case when decision in ('rejected', 'more_asked') and coalesce(private.visible_length(comment), 0) = 0 then 'required'
                     when char_length(comment) > 4000 then 'too_long' end),
    ('valid_until', case when valid_until <= now() then 'in_the_past' when not private.is_a_term(valid_until) then 'invalid' end),
    ('documents', case when not documents <@ private.document_kinds() then 'unknown'
                       when decision is distinct from 'approved' and cardinality(documents) > 0 then 'not_asked_for' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  select * into request from public.status_upgrade_requests r where r.id = review_upgrade_request.request_id;
  if not found then
    perform private.refuse('not_found', 'There is no such request.');
  end if;
  perform private.lock_organization(request.organization_id);

  update public.status_upgrade_requests r
  set status = decision::public.upgrade_request_status, reviewed_by = caller, reviewed_at = now(), review_comment = nullif(btrim(comment), ''),
      documents = coalesce(review_upgrade_request.documents, '{}')
  where r.id = request.id and r.status = 'pending'
  returning * into request;
  if not found then
    perform private.refuse('invalid_transition', 'The request is not pending any more.');
  end if;

  -- With a term, B is granted by us for that term; without one, it comes with a plan of level B.
  if decision = 'approved' and valid_until is not null then
    perform private.set_level(request.organization_id, request.target_level, valid_until, null, null, 'admin', now());
  end if;
  perform private.notify(
    request.organization_id, 'request_reviewed',
    jsonb_build_object('level', request.target_level, 'decision', decision, 'comment', request.review_comment, 'valid_until', valid_until)
  );
  return request;
end
$$;
comment on function public.review_upgrade_request is
  'Platform admins: approves (with valid_until: level B for that term; without: the organization may buy a plan of level B) rejects with a comment, or asks for more with one. documents: the kinds of papers that were looked at, which buyers read (registration, authority, premises, conformity, veterinary, laboratory, licence, photos, other). 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.review_upgrade_request to authenticated;

create function private.holds_b(organization_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: asked for anyone
as $$
  select exists (
    select from public.organization_status_levels l
    where l.organization_id = holds_b.organization_id and l.level = 'B' and l.is_active
      and (l.valid_until is null or l.valid_until > now())
  )
$$;
comment on function private.holds_b is 'True while the organization holds level B: it is verified, its names with it.';

create function private.may_buy_b(organization_id uuid) returns boolean
  language sql stable security definer set search_path = '' -- definer: billing asks for anyone
as $$
  select private.holds_b(organization_id) or exists (
    -- what was approved stands until we ourselves took B back; that a payment ended does not take it away
    select from public.status_upgrade_requests r
    where r.organization_id = may_buy_b.organization_id and r.target_level = 'B' and r.status = 'approved' and r.approval_ended_at is null
      and not exists (
        select from public.status_level_events e
        where e.organization_id = r.organization_id and e.level = 'B' and e.action = 'revoked'
          and e.actor_kind in ('admin', 'system') and e.occurred_at > r.reviewed_at
      )
  )
$$;
comment on function private.may_buy_b is 'True while the organization holds level B, or an approved request for it stands that was not taken back since.';
