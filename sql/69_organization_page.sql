-- The public page of an organization: what a buyer may know of it, whatever the organization itself would rather show.

create function private.organization_page(organization public.organizations) returns jsonb
  language sql stable security definer set search_path = '' -- definer: visitors have no right to what is not published
as $$
  with verified as (
    select coalesce(r.reviewed_at, l.valid_from) as at, coalesce(r.documents, '{}') as documents
    from public.organization_status_levels l
    left join lateral (
      select r.reviewed_at, r.documents from public.status_upgrade_requests r
      where r.organization_id = l.organization_id and r.target_level = 'B' and r.status = 'approved' and r.approval_ended_at is null
      order by r.reviewed_at desc
      limit 1
    ) r on true
    where l.organization_id = organization.id and l.level = 'B' and l.is_active and (l.valid_until is null or l.valid_until > now())
  )
  select jsonb_build_object(
    'id', organization.id,
    'slug', organization.slug,
    'name', organization.name,
    'legal_name', organization.legal_name,
    'inn', coalesce(organization.inn, organization.masked_inn),
    'provenance', (
      select jsonb_build_object('name', p.said, 'legal_name', p.said, 'inn', p.said)
      from (select case when exists (select from verified) then 'verified' else 'stated' end as said) p
    ),
    'verified', (select jsonb_build_object('at', v.at, 'documents', v.documents) from verified v),
    'since', organization.first_level_at,
    'deleted_at', organization.deletion_requested_at,
    'details', case when organization.is_published then jsonb_build_object(
      'description', organization.description, 'category', organization.category, 'region', organization.region,
      'website_url', organization.website_url, 'logo_path', organization.logo_path, 'contacts', organization.contacts) end,
    'status', public.get_organization_status(organization.id),
    'history', (
      select coalesce(jsonb_agg(to_jsonb(h)), '[]') from public.get_status_history(organization.id) h
    ),
    'stories', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', s.id, 'story_type', s.story_type, 'title', s.title, 'snippet', left(s.content_text, 300),
        'thumbnail_url', s.thumbnail_url, 'published_at', s.published_at
      ) order by s.published_at desc), '[]')
      from (
        select * from public.stories s
        where s.organization_id = organization.id and organization.is_published and s.status = 'published' and s.published_at <= now()
        order by s.published_at desc
        limit 3
      ) s
    ),
    'reports', private.published_reports(organization.id)
  )
$$;
comment on function private.organization_page is 'What get_organization_page answers of this organization.';

create function public.get_organization_page(slug text) returns jsonb
  language plpgsql stable security definer set search_path = '' -- definer: visitors have no right to what is not published
as $$
declare
  organization public.organizations;
begin
  select * into organization from public.organizations o where o.slug = get_organization_page.slug;
  if not found then
    perform private.refuse('not_found', 'There is no such organization.');
  end if;
  perform private.require_visible_organization(organization.id);
  return private.organization_page(organization);
end
$$;
comment on function public.get_organization_page is
  'Public, from the first level ever held, published or not (before it: members, platform admins, the service key): {id, slug, name, legal_name, inn, provenance: {name, legal_name, inn: stated|verified}, verified: null|{at, documents: [kind]}, since, deleted_at, details: null|{description, category, region, website_url, logo_path, contacts}, status (as get_organization_status), history: [as get_status_history], stories: [the 3 latest: {id, story_type, title, snippet, thumbnail_url, published_at}], reports: [upheld and published: {kind, outcome, published_at}]}. details is null and stories are empty when it is unpublished or deleted. What is left of a deleted person''s name and INN (12 digits) is masked. 404 not_found.';
grant execute on function public.get_organization_page to anon, authenticated, service_role;
