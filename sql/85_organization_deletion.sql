-- Deleting an organization: asked for by the owner, undone within 30 days, then its personal data goes.
-- Status and payment history stay: the first is what buyers rely on, the second the law asks for (402-ФЗ, art. 29: five years).
-- So do the name, legal name and INN of a company that held a level. A person's (12 digits) are personal data and are masked.

create function private.mask_words(words text) returns text
  language sql immutable set search_path = ''
as $$
  select string_agg(left(word, 1) || '***', ' ' order by place)
  from regexp_split_to_table(words, ' +') with ordinality as w (word, place)
$$;
comment on function private.mask_words is 'The first letter of each word, the rest hidden.';

create function private.mask_inn(inn text) returns text
  language sql immutable set search_path = ''
as $$
  select left(inn, 2) || repeat('*', char_length(inn) - 4) || right(inn, 2)
$$;
comment on function private.mask_inn is 'The first and the last two digits, the rest hidden.';

create function public.delete_organization(organization_id uuid, confirmation text) returns timestamptz
  language plpgsql volatile security definer set search_path = '' -- definer: writes columns nobody may update
as $$
declare
  organization public.organizations;
begin
  perform private.act_in_organization(organization_id, 'owner');
  select * into organization from public.organizations o where o.id = delete_organization.organization_id;
  if confirmation is distinct from organization.slug then
    perform private.refuse('invalid_input', '[{"field": "confirmation", "code": "not_the_address"}]', 'Type the organization''s address.');
  end if;

  -- Nothing is charged from now on: the cards are forgotten, and what is paid runs out.
  perform private.forget_card(m.id, now()) from public.payment_methods m where m.organization_id = organization.id;
  perform private.schedule_cancellation(s.id, now())
  from public.subscriptions s where s.organization_id = organization.id and private.is_live(s.status);
  -- Nobody is called into what is being deleted; e-mails that were not sent yet do not go.
  delete from public.organization_invitations i where i.organization_id = organization.id and i.accepted_at is null;
  delete from public.email_outbox e
  where e.kind = 'invitation' and e.status = 'queued' and e.data ->> 'organization_id' = organization.id::text;
  update public.organizations o
  set is_published = false, was_published = coalesce(o.was_published, o.is_published),
      deletion_requested_at = coalesce(o.deletion_requested_at, now())
  where o.id = organization.id
  returning * into organization;
  return organization.deletion_requested_at + interval '30 days';
end
$$;
comment on function public.delete_organization is
  'The owner, typing the slug as confirmation: unpublishes the organization, forgets its cards and takes open invitations back; answers until when restore_organization undoes it. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.delete_organization to authenticated;

create function public.restore_organization(organization_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: writes columns nobody may update
as $$
begin
  perform private.act_in_organization(organization_id, 'owner');
  if exists (
    select from public.organizations o where o.id = restore_organization.organization_id and o.first_level_at is null
      and private.unproven_organizations(o.created_by) >= 3
  ) then
    perform private.refuse('too_many_organizations', 'A person holds at most 3 organizations that never had a level.', 'Delete another first.');
  end if;
  update public.organizations o set deletion_requested_at = null, is_published = o.was_published, was_published = null
  where o.id = restore_organization.organization_id and o.deletion_requested_at is not null and o.deleted_at is null;
  if not found then
    perform private.refuse('invalid_transition', 'The organization is not being deleted.');
  end if;
end
$$;
comment on function public.restore_organization is
  'The owner undoes a deletion within its 30 days; cards have to be added and people invited again. 403 not_allowed, 404 not_found, 409 invalid_transition or too_many_organizations.';
grant execute on function public.restore_organization to authenticated;

create function private.mask_person(organization_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  person public.organizations;
begin
  update public.organizations o
  set name = private.mask_words(o.name), legal_name = private.mask_words(o.legal_name),
      masked_inn = private.mask_inn(o.inn), inn = null
  where o.id = mask_person.organization_id and char_length(o.inn) = 12
  returning * into person;
  if not found then
    return; -- a company is no person
  end if;
  -- One trial for an INN, for ever: a digest of it is enough to know it by.
  update private.used_trials t set inn = private.inn_digest(t.inn) where t.organization_id = person.id and char_length(t.inn) = 12;
  update public.name_change_requests r set name = private.mask_words(r.name), legal_name = private.mask_words(r.legal_name)
  where r.organization_id = person.id;
  update public.status_level_events e
  set detail = jsonb_build_object(
    'name', jsonb_build_object('from', private.mask_words(e.detail #>> '{name,from}'), 'to', private.mask_words(e.detail #>> '{name,to}')),
    'legal_name', jsonb_build_object(
      'from', private.mask_words(e.detail #>> '{legal_name,from}'), 'to', private.mask_words(e.detail #>> '{legal_name,to}')))
  where e.organization_id = person.id and e.action = 'name_changed';
end
$$;
comment on function private.mask_person is
  'Hides the name and the INN of a person (12 digits) whose organization is deleted, in its history too; a company keeps them.';

create function public.run_organization_cleanup(as_of timestamptz default now()) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
declare
  organization record;
  deleted int := 0;
  wiped int;
  idle record;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key runs jobs.');
  end if;
  for organization in
    select o.id from public.organizations o
    where o.deletion_requested_at <= as_of - interval '30 days' and o.deleted_at is null
    for no key update skip locked
  loop
    perform private.move_subscription(s.id, 'canceled', 'organization_deleted', as_of)
    from public.subscriptions s where s.organization_id = organization.id and private.is_live(s.status);
    perform private.end_levels(
      array(select l.id from public.organization_status_levels l where l.organization_id = organization.id and l.is_active),
      'revoked', 'organization_deleted', 'job', as_of);
    -- first: deleted_at tells the last-owner rule that this is no leaving
    update public.organizations o
    set deleted_at = as_of, description = null, website_url = null, logo_path = null, region = null, category = null, contacts = null,
        created_by = null,
        legal_name = case when o.first_level_at is not null then o.legal_name end -- what no buyer ever saw goes
    where o.id = organization.id;
    perform private.mask_person(organization.id);
    update public.organization_settings s set billing_email = null where s.organization_id = organization.id;
    delete from public.organization_invitations i where i.organization_id = organization.id;
    delete from public.notifications n where n.organization_id = organization.id;
    delete from public.organization_members m where m.organization_id = organization.id;
    -- That a request was made and what we decided is history; what was said in it, by whom and with which papers is not.
    update public.status_upgrade_requests r
    set message = '', evidence_paths = '{}', requested_by = null,
        status = case r.status when 'pending' then 'withdrawn' else r.status end
    where r.organization_id = organization.id;
    perform private.forget_upgrade_request_steps(organization.id);
    update public.name_change_requests r
    set message = '', evidence_paths = '{}', requested_by = null,
        status = case r.status when 'pending' then 'withdrawn' else r.status end
    where r.organization_id = organization.id;
    delete from public.stories s where s.organization_id = organization.id;
    delete from public.story_media m where m.organization_id = organization.id;
    delete from public.evidence_files f where f.organization_id = organization.id;
    -- Transactions stay for the books; which card it was, they do not ask. A late payment may have brought one more.
    update public.payment_methods m
    set title = null, card_type = null, card_last4 = null, expires_at = null,
        revoked_at = coalesce(m.revoked_at, as_of), yookassa_payment_method_id = null
    where m.organization_id = organization.id;
    deleted := deleted + 1;
  end loop;

  perform private.forget_payers(as_of);
  perform private.forget_support_addresses(as_of);
  perform private.forget_claim_words(as_of);
  perform private.forget_reports();
  perform private.forget_consents();
  perform private.forget_unnamed_papers(as_of);
  update public.email_outbox e set to_address = '', data = '{}', unsubscribe_token = null
  where e.status <> 'queued' and e.created_at < as_of - interval '30 days' and e.to_address <> '';
  get diagnostics wiped = row_count;
  select * into idle from private.release_idle_organizations(as_of);
  delete from private.request_counts c where c.minute < as_of - interval '1 day';
  -- undone for 30 days; and a story counts for the plan in the month it was created in, deleted or not
  delete from public.stories s where s.deleted_at < as_of - interval '32 days';
  delete from public.story_media m
  where m.updated_at < as_of - interval '24 hours' and not exists (select from public.stories s where s.media_id = m.id);
  delete from public.story_views v where v.day < (as_of at time zone 'UTC')::date - 2;
  return jsonb_build_object('as_of', as_of, 'organizations_deleted', deleted, 'emails_wiped', wiped,
    'release_noticed', idle.noticed, 'released', idle.released);
end
$$;
comment on function public.run_organization_cleanup is
  'Service key only, daily: removes the personal data of organizations whose deletion is 30 days old, and of e-mails and support messages as old; papers that neither a claim nor a report names after a day, or whose person is gone; words of reports about the deleted; releases organizations that never held a level and have no QR code after 30 days, told a week before. Answers {as_of, organizations_deleted, emails_wiped, release_noticed, released}.';
grant execute on function public.run_organization_cleanup to service_role;
