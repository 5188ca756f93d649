-- Files: where organizations put what is to be looked at, and what was found in it.


-- Buckets: who may put files where, and what becomes of them. ------------------------------------------------------------

-- A new bucket is one row here (a reference row): Storage's own row is made from it, the policies below and the cleanup read it.
create table private.file_buckets (
  id text primary key,
  is_public boolean not null default false,
  max_bytes bigint not null,
  content_types text[] not null,
  uploads_from public.organization_role,
  read_from public.organization_role,
  is_read_by_platform_admins boolean not null default false,
  is_removed_with_organization boolean not null default true,
  max_files int not null default 200,
  max_total_bytes bigint not null default 1073741824,
  kept_while text not null default 'always',
  constraint id_is_a_name check (id ~ '^[a-z][a-z0-9-]{2,62}$'),
  constraint size_has_a_limit check (max_bytes between 1 and 115343360),
  constraint an_organization_has_some_room check (max_files > 0 and max_total_bytes >= max_bytes),
  constraint content_types_are_named check (cardinality(content_types) > 0),
  constraint kept_while_is_known check (kept_while in ('always', 'accepted', 'shown', 'named', 'new'))
);
comment on table private.file_buckets is
  'The buckets of Storage. A file lies at <organization_id>/…; uploads_from and read_from are the least roles in that organization (null: only the service key); an is_public one is read by anybody at its public address; files of is_removed_with_organization go with the organization; an organization has room for max_files files of max_total_bytes together. A file older than 24 hours stays while it is accepted as evidence, shown as a logo, part of media that a story names (named), always, or not at all (new), as kept_while says.';
alter table private.file_buckets enable row level security;
-- no grants and no policies: only definer functions read it

create function private.folders_where_may_upload() returns setof text
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select b.id || '/' || m.organization_id
  from private.file_buckets b
  join public.organization_members m on m.role >= b.uploads_from
  where m.user_id = (select auth.uid())
$$;
comment on function private.folders_where_may_upload is 'The folders, as bucket/organization_id, into which the caller may put files.';
grant execute on function private.folders_where_may_upload to authenticated;

create function private.folders_where_may_read() returns setof text
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select b.id || '/' || m.organization_id
  from private.file_buckets b
  join public.organization_members m on m.role >= b.read_from
  where m.user_id = (select auth.uid())
$$;
comment on function private.folders_where_may_read is 'The folders, as bucket/organization_id, whose files the caller may read.';
grant execute on function private.folders_where_may_read to authenticated;

create function private.buckets_read_by_platform_admins() returns setof text
  language sql stable security definer set search_path = '' -- definer: the table is private
as $$
  select b.id from private.file_buckets b where b.is_read_by_platform_admins and (select private.is_platform_admin())
$$;
comment on function private.buckets_read_by_platform_admins is 'The buckets that a platform admin reads whole; none for anybody else.';
grant execute on function private.buckets_read_by_platform_admins to authenticated;

-- Storage knows a file's size only when it has it, so the last one may be over by its own size.
create function private.has_room_for_upload(bucket text, folder text) returns boolean
  language sql stable security definer set search_path = '' -- definer: counts files the caller may not read
as $$
  select count(o.id) < b.max_files
    and coalesce(sum(case when o.metadata ->> 'size' ~ '^[0-9]{1,15}$' then (o.metadata ->> 'size')::bigint end), 0) < b.max_total_bytes
  from private.file_buckets b
  left join storage.objects o
    on o.bucket_id = b.id and o.name collate "C" >= folder || '/' and o.name collate "C" < folder || '0' -- 0 follows /
  where b.id = bucket
  group by b.id
$$;
comment on function private.has_room_for_upload is 'Whether this organization (its folder) may put one more file into the bucket.';
grant execute on function private.has_room_for_upload to authenticated;

create policy "members upload into their organization's folders" on storage.objects
  for insert to authenticated
  with check (
    bucket_id || '/' || (storage.foldername(name))[1] = any (array(select private.folders_where_may_upload()))
    and private.has_room_for_upload(bucket_id, (storage.foldername(name))[1])
  );
create policy "people upload the evidence of their claims" on storage.objects
  for insert to authenticated
  with check (
    bucket_id = 'status-evidence' and name like 'claims/' || (select auth.uid())::text || '/%'
    and private.has_room_for_upload(bucket_id, 'claims/' || (select auth.uid())::text)
  );
create policy "people read the evidence of their claims" on storage.objects
  for select to authenticated
  using (bucket_id = 'status-evidence' and name like 'claims/' || (select auth.uid())::text || '/%');
create policy "members read their organization's folders, platform admins what they decide about" on storage.objects
  for select to authenticated
  using (
    bucket_id || '/' || (storage.foldername(name))[1] = any (array(select private.folders_where_may_read()))
    or bucket_id = any (array(select private.buckets_read_by_platform_admins()))
  );
-- update and delete are shut: what was handed in stays as it was looked at

create function public.organization_buckets() returns text[]
  language plpgsql stable security definer set search_path = '' -- definer: the table is private
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key removes files.');
  end if;
  return array(select b.id from private.file_buckets b where b.is_removed_with_organization order by b.id);
end
$$;
comment on function public.organization_buckets is
  'Service key only: the buckets whose files under <organization_id>/ are removed with the organization.';
grant execute on function public.organization_buckets to service_role;


-- Inspections: each takes a processor for seconds, so a person gets ten a minute. -------------------------------------------

create function public.count_inspection(user_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: the counts are private
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key counts inspections.');
  end if;
  perform private.count_or_refuse('inspect:' || count_inspection.user_id, 10);
end
$$;
comment on function public.count_inspection is
  'Service key only: one more file of this person''s is about to be looked at. 429 too_many_requests beyond ten a minute.';
grant execute on function public.count_inspection to service_role;


-- Evidence: files whose content was inspected. A file that is not here cannot be handed in. ---------------------------------

create table public.evidence_files (
  path text primary key,
  organization_id uuid references public.organizations (id) on delete cascade,
  content_type text not null,
  bytes bigint not null,
  sha256 text not null,
  name text,
  uploaded_by uuid references public.profiles (id) on delete set null,
  validated_at timestamptz not null default now(),
  constraint path_is_in_the_folder_of_whose_it_is check (
    case when organization_id is not null then path like organization_id::text || '/%'
      else path like 'claims/%' and (uploaded_by is null or path like 'claims/' || uploaded_by::text || '/%') end
    and path not like '%..%'),
  constraint content_is_a_document_or_a_picture check (content_type in ('application/pdf', 'image/jpeg', 'image/png')),
  constraint size_is_at_most_10_megabytes check (bytes between 1 and 10485760),
  constraint sha256_is_a_digest check (sha256 ~ '^[0-9a-f]{64}$'),
  constraint name_is_one_line check (private.is_one_line(name) and char_length(name) between 1 and 200)
);
comment on table public.evidence_files is
  'Files in the private bucket status-evidence whose content was inspected (function validate_evidence): pdf, jpeg or png of at most 10 MB. organization_id is null for what a person hands in with a claim or a report (claims/<user_id>/…).';
comment on column public.evidence_files.name is 'What the file was called where it was chosen, as it may be shown; null when that is not known.';
create index evidence_files_organization_id_idx on public.evidence_files (organization_id);
create index evidence_files_uploaded_by_idx on public.evidence_files (uploaded_by);

alter table public.evidence_files enable row level security;
grant select on public.evidence_files to authenticated, service_role;
create policy "organization admins and platform admins see the evidence" on public.evidence_files
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('admin')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- what was handed in with a claim or a report is no organization's: those who decide ask claim_papers
-- insert, update, delete are not granted: accept_evidence writes what the function validate_evidence inspected
create function private.file_name(said text) returns text
  language sql immutable set search_path = ''
as $$
  select nullif(left(private.clean_name(regexp_replace(
    said, '[\u0001-\u001F\u007F-\u009F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF/\\]', '', 'g')), 200), '')
$$;
comment on function private.file_name is 'A file''s name as it may be shown: one line, no folders, nothing that turns the direction, 200 characters at most; null when nothing is left.';

create function public.accept_evidence(
  path text, content_type text, bytes bigint, sha256 text, uploaded_by uuid, organization_id uuid default null, name text default null
) returns public.evidence_files
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  accepted public.evidence_files;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key accepts evidence.');
  end if;
  insert into public.evidence_files as f (path, organization_id, content_type, bytes, sha256, uploaded_by, name)
  values (path, organization_id, content_type, bytes, sha256, uploaded_by, private.file_name(name))
  on conflict on constraint evidence_files_pkey do update
    set content_type = excluded.content_type, bytes = excluded.bytes, sha256 = excluded.sha256, validated_at = now(),
        name = coalesce(excluded.name, f.name)
  returning * into accepted;
  return accepted;
end
$$;
comment on function public.accept_evidence is
  'Service key only: notes a file of the bucket status-evidence whose content was inspected. sha256 in hex; no organization: it goes with a claim of uploaded_by; name: what the file was called.';
grant execute on function public.accept_evidence to service_role;

create function private.require_own_papers(paths text[], person uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: people do not read the table
as $$
begin
  perform from public.evidence_files f where f.path = any (paths) for key share; -- the cleanup takes what nothing names
  if exists (
    select from unnest(paths) as handed_in (path)
    where not exists (
      select from public.evidence_files f where f.path = handed_in.path and f.organization_id is null and f.uploaded_by = person
    )
  ) then
    perform private.refuse('media_not_validated', 'A file was not checked, or is not the caller''s.', 'Upload it again.');
  end if;
end
$$;
comment on function private.require_own_papers is
  '422 media_not_validated unless all of these were accepted as papers of this person''s own (claims/<user_id>/…); they stay until the transaction ends.';

create function public.claim_papers(paths text[]) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: the papers of persons are nobody's to read
as $$
begin
  perform private.require_platform_admin();
  return (
    select coalesce(jsonb_agg(jsonb_build_object('path', f.path, 'content_type', f.content_type, 'bytes', f.bytes, 'name', f.name)), '[]')
    from public.evidence_files f
    where f.path = any (claim_papers.paths) and f.organization_id is null
  );
end
$$;
comment on function public.claim_papers is
  'Platform admins: what the papers of claims and reports (evidence_paths) are: [{path, content_type, bytes, name (null: not known)}], in no order. 401 sign_in_required, 403 not_allowed.';
grant execute on function public.claim_papers to authenticated;


-- Logos ------------------------------------------------------------------------------------------------------------------

create function public.set_logo(organization_id uuid, logo_path text) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: writes what the function validate_logo inspected
as $$
begin
  if not private.is_service() then
    -- taking the logo away is the organization's own business; putting one goes through the function
    perform private.act_in_organization(organization_id, 'admin');
    if logo_path is not null then
      perform private.refuse('not_allowed', 'A logo is set by the function validate_logo, which looks at the picture.');
    end if;
  end if;
  update public.organizations o set logo_path = set_logo.logo_path where o.id = set_logo.organization_id;
  if not found then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
end
$$;
comment on function public.set_logo is
  'The service key sets a inspected logo (a path in the public bucket organization-logos); owners and admins take it away with null. 403 not_allowed, 404 not_found.';
grant execute on function public.set_logo to authenticated, service_role;

-- Asked before a picture is looked at: the organization's logo is its admins' to choose, a logo for codes its editors'.
create function public.begin_logo(organization_id uuid, purpose text) returns void
  language plpgsql stable security definer set search_path = '' -- definer: callers have no right to the helper
as $$
begin
  if purpose is null or purpose not in ('organization', 'qr') then
    perform private.refuse('invalid_input', '[{"field": "purpose", "code": "invalid"}]');
  end if;
  perform private.require_role(organization_id, case purpose when 'qr' then 'editor' else 'admin' end::public.organization_role);
end
$$;
comment on function public.begin_logo is
  'Whether the caller may have a logo made: admins the organization''s (purpose organization), editors one for codes (qr). 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.begin_logo to authenticated;
