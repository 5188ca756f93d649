-- Names that were verified: while level B is held they change through a moderator, and every change stays in the history.

create type public.name_change_status as enum ('pending', 'approved', 'rejected', 'withdrawn');

create table public.name_change_requests (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  name text not null,
  legal_name text,
  message text not null,
  evidence_paths text[] not null,
  status public.name_change_status not null default 'pending',
  requested_by uuid references public.profiles (id) on delete set null,
  reviewed_by uuid references public.profiles (id) on delete set null,
  reviewed_at timestamptz,
  review_comment text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint message_fits check (char_length(message) <= 4000),
  constraint ten_files_at_most check (cardinality(evidence_paths) <= 10),
  constraint a_review_has_a_time check ((status in ('approved', 'rejected')) = (reviewed_at is not null)),
  constraint a_rejection_says_why check (status <> 'rejected' or btrim(coalesce(review_comment, '')) <> ''),
  constraint comment_fits check (char_length(review_comment) <= 4000)
);
comment on table public.name_change_requests is
  'A verified organization asks for another name (name, legal_name: both as they shall be); a platform admin decides. One pending per organization.';
create unique index one_pending_name_change_per_organization on public.name_change_requests (organization_id) where status = 'pending';
create index name_change_requests_organization_id_idx on public.name_change_requests (organization_id, created_at desc);
create index name_change_requests_status_idx on public.name_change_requests (status, created_at, id);
create index name_change_requests_created_at_idx on public.name_change_requests (created_at, id);
create index name_change_requests_requested_by_idx on public.name_change_requests (requested_by);
create index name_change_requests_reviewed_by_idx on public.name_change_requests (reviewed_by);

create trigger name_change_requests_keep_names_clean before insert or update of name, legal_name on public.name_change_requests
  for each row execute function private.keep_names_clean('name', 'legal_name');
create trigger name_change_requests_touch_updated_at before update on public.name_change_requests
  for each row execute function private.touch_updated_at();

alter table public.name_change_requests enable row level security;
grant select on public.name_change_requests to authenticated, service_role;
create policy "organization admins and platform admins see the name changes" on public.name_change_requests
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: the RPCs below are the only way


-- A change that comes another way than through a moderator ---------------------------------------------------------------

create function private.keep_verified_names() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever writes has no right to look
as $$
begin
  if (new.name, new.legal_name) is not distinct from (old.name, old.legal_name) then
    return new;
  end if;
  if private.holds_b(new.id) and not exists ( -- the one that a moderator approves in this very transaction
    select from public.name_change_requests r
    where r.organization_id = new.id and r.status = 'approved' and r.reviewed_at = now()
      and (r.name, r.legal_name) is not distinct from (new.name, new.legal_name)
  ) then
    perform private.refuse('name_is_verified', 'The name was verified, and buyers rely on it.', 'Ask for the change: request_name_change.');
  end if;
  if new.first_level_at is not null and not private.is_service() then
    perform private.count_a_day_or_refuse('rename:' || new.id, 10); -- each is a line that every buyer reads
  end if;
  return new;
end
$$;
comment on function private.keep_verified_names is
  'Trigger: while B is held, a name changes only by an approved request; 409 name_is_verified. At most 10 changes a day once buyers read of them.';

create trigger organizations_keep_verified_names before update of name, legal_name on public.organizations
  for each row execute function private.keep_verified_names();

create function private.note_name_change() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
begin
  -- What was verified was another name: an approval that is not used yet ends with it.
  if not private.holds_b(new.id) then
    update public.status_upgrade_requests r set approval_ended_at = now()
    where r.organization_id = new.id and r.status = 'approved' and r.approval_ended_at is null;
  end if;
  if new.first_level_at is not null and new.deleted_at is null then
    insert into public.status_level_events (organization_id, level, action, actor_kind, actor_id, detail)
    select new.id, l.level, 'name_changed', case when private.is_platform_admin() then 'admin' else 'system' end,
      case when private.is_platform_admin() then auth.uid() end,
      jsonb_build_object(
        'name', jsonb_build_object('from', old.name, 'to', new.name),
        'legal_name', jsonb_build_object('from', old.legal_name, 'to', new.legal_name))
    from public.organization_status_levels l -- under which level: the highest held, else the one held last
    where l.organization_id = new.id
    order by l.is_active desc, case when l.is_active then l.level end desc, l.revoked_at desc
    limit 1;
  end if;
  return null;
end
$$;
comment on function private.note_name_change is
  'Trigger: from the first level on, the history shows the old name and the new one; an approval for level B that was not used ends with the name it was given to.';

create trigger organizations_note_name_change after update of name, legal_name on public.organizations
  for each row when ((old.name, old.legal_name) is distinct from (new.name, new.legal_name)) execute function private.note_name_change();


-- Asking, and deciding ---------------------------------------------------------------------------------------------------

create function public.request_name_change(
  organization_id uuid, name text default null, legal_name text default null, message text default null, evidence_paths text[] default '{}'
) returns public.name_change_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  organization public.organizations;
  faults jsonb;
  requested public.name_change_requests;
begin
  select * into organization from public.organizations o where o.id = request_name_change.organization_id;
  if not private.holds_b(organization_id) then
    perform private.refuse('invalid_transition', 'Only a name that was verified is changed by asking.', 'Change it in the profile.');
  end if;
  name := coalesce(nullif(private.clean_name(name), ''), organization.name);
  legal_name := coalesce(nullif(private.clean_name(legal_name), ''), organization.legal_name);
  message := btrim(coalesce(message, ''));
  evidence_paths := coalesce(evidence_paths, '{}');
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('name', case when private.visible_length(name) < 2 then 'too_short'
                  when (name, legal_name) is not distinct from (organization.name, organization.legal_name) then 'unchanged'
                  else private.name_fault(name) end),
    ('legal_name', case when private.visible_length(legal_name) < 2 then 'too_short' else private.name_fault(legal_name) end),
    ('message', case when private.visible_length(message) = 0 then 'required' when char_length(message) > 4000 then 'too_long' end),
    ('evidence_paths', case when cardinality(evidence_paths) > 10 then 'too_many' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  perform private.require_evidence(organization_id, evidence_paths);
  if exists (
    select from public.name_change_requests r
    where r.organization_id = request_name_change.organization_id and r.status = 'pending'
  ) then
    perform private.refuse('request_pending', 'A change of the name is being reviewed.', 'Wait for the answer, or withdraw it.');
  end if;
  insert into public.name_change_requests (organization_id, name, legal_name, message, evidence_paths, requested_by)
  values (organization_id, name, legal_name, message, evidence_paths, caller)
  returning * into requested;
  return requested;
end
$$;
comment on function public.request_name_change is
  'Owners and admins of a verified organization: asks for another name or legal name (null: it stays). Evidence as for submit_upgrade_request. The old name stays until it is approved. 403 not_allowed, 404 not_found, 409 invalid_transition (level B is not held) or request_pending, 422 invalid_input (unchanged, contains_link, mixed_scripts, …) or media_not_validated.';
grant execute on function public.request_name_change to authenticated;

create function public.withdraw_name_change(request_id uuid) returns public.name_change_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  request public.name_change_requests;
begin
  perform private.require_sign_in();
  select * into request from public.name_change_requests r where r.id = withdraw_name_change.request_id;
  if not found or private.role_of(request.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such request.');
  end if;
  perform private.act_in_organization(request.organization_id, 'admin');
  update public.name_change_requests r set status = 'withdrawn'
  where r.id = request.id and r.status = 'pending'
  returning * into request;
  if not found then
    perform private.refuse('invalid_transition', 'The request is not pending any more.');
  end if;
  return request;
end
$$;
comment on function public.withdraw_name_change is
  'Owners and admins: takes a pending change of the name back. 403 not_allowed, 404 not_found, 409 invalid_transition.';
grant execute on function public.withdraw_name_change to authenticated;

create function public.review_name_change(request_id uuid, decision text, comment text default null) returns public.name_change_requests
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'review_name_change', (select r.organization_id from public.name_change_requests r where r.id = request_id), request_id::text,
    jsonb_build_object('decision', left(decision, 20)));
  request public.name_change_requests;
  faults jsonb;
begin
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('decision', case when decision is null or decision not in ('approved', 'rejected') then 'unknown' end),
    ('comment', case when decision = 'rejected' and coalesce(private.visible_length(comment), 0) = 0 then 'required'
                     when char_length(comment) > 4000 then 'too_long' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  select * into request from public.name_change_requests r where r.id = review_name_change.request_id;
  if not found then
    perform private.refuse('not_found', 'There is no such request.');
  end if;
  perform private.lock_organization(request.organization_id);

  update public.name_change_requests r
  set status = decision::public.name_change_status, reviewed_by = caller, reviewed_at = now(), review_comment = nullif(btrim(comment), '')
  where r.id = request.id and r.status = 'pending'
  returning * into request;
  if not found then
    perform private.refuse('invalid_transition', 'The request is not pending any more.');
  end if;
  if decision = 'approved' then
    update public.organizations o set name = request.name, legal_name = request.legal_name where o.id = request.organization_id;
  end if;
  perform private.notify(request.organization_id, 'name_reviewed', jsonb_build_object(
    'decision', decision, 'comment', request.review_comment, 'name', request.name, 'legal_name', request.legal_name));
  return request;
end
$$;
comment on function public.review_name_change is
  'Platform admins: approves another name, which then stands at once with both names in the public history, or rejects it with a comment. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.review_name_change to authenticated;
