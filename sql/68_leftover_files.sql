-- Leftover files: what was uploaded and never accepted, logos that gave way to others, media that no story names. They are removed a day later.

create function public.stale_files(as_of timestamptz default now(), max_items int default 1000) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: reads every organization's files
as $$
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key removes files.');
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('bucket', f.bucket_id, 'path', f.name)), '[]')
    from (
      select o.bucket_id, o.name from storage.objects o
      join private.file_buckets b on b.id = o.bucket_id and b.kept_while <> 'always'
      where greatest(o.created_at, o.updated_at) <= as_of - interval '24 hours'
        and (private.uuid_or_null((storage.foldername(o.name))[1]) is not null or o.name like 'claims/%')
        and case b.kept_while
          when 'accepted' then not exists (select from public.evidence_files e where e.path = o.name)
          when 'shown' then not exists (select from public.organizations g where g.logo_path = o.name)
            and not exists (select from public.qr_codes q where q.style ->> 'logo_path' = o.name)
          when 'named' then not exists (
            select from public.story_media m join public.stories s on s.media_id = m.id
            where m.id = private.uuid_or_null((storage.foldername(o.name))[2]) and (storage.foldername(o.name))[3] in (m.folder, m.next_folder))
          when 'new' then true
        end
      order by o.created_at limit max_items
    ) f
  );
end
$$;
comment on function public.stale_files is
  'Service key only: [{bucket, path}] of files in organizations'' folders that are over 24 hours old and of no use: evidence nobody accepted (the cleanup takes back what neither a claim nor a report names), uploads a logo or media were to be made of, logos that gave way to others, what was made for no story.';
grant execute on function public.stale_files to service_role;
