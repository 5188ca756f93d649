-- An INN that is taken: whoever it belongs to claims the organization that stands under it, with papers a moderator looks at.

create type public.claim_status as enum ('pending', 'approved', 'rejected');

create table public.organization_claims (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  inn text not null,
  legal_name text not null,
  message text not null,
  evidence_paths text[] not null,
  status public.claim_status not null default 'pending',
  outcome text,
  claimant_id uuid references public.profiles (id) on delete set null,
  reviewed_by uuid references public.profiles (id) on delete set null,
  reviewed_at timestamptz,
  review_comment text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint message_fits check (char_length(message) <= 4000),
  constraint ten_files_at_most check (cardinality(evidence_paths) <= 10),
  constraint a_review_has_a_time check ((status <> 'pending') = (reviewed_at is not null)),
  constraint an_approval_says_what_became_of_it check (
    (status = 'approved') = (outcome is not null) and outcome in ('handed_over', 'inn_freed')),
  constraint a_rejection_says_why check (status <> 'rejected' or btrim(coalesce(review_comment, '')) <> ''),
  constraint comment_fits check (char_length(review_comment) <= 4000)
);
comment on table public.organization_claims is
  'Somebody says that an INN is theirs and the organization under it another''s. outcome: handed_over (the claimant is the owner) or inn_freed (the INN is free for the claimant).';
create unique index one_pending_claim_per_organization_and_person on public.organization_claims (organization_id, claimant_id) where status = 'pending';
create index organization_claims_organization_id_idx on public.organization_claims (organization_id, created_at desc);
create index organization_claims_status_idx on public.organization_claims (status, created_at, id);
create index organization_claims_created_at_idx on public.organization_claims (created_at, id);
create index organization_claims_claimant_id_idx on public.organization_claims (claimant_id);
create index organization_claims_reviewed_by_idx on public.organization_claims (reviewed_by);
create index organization_claims_freed_idx on public.organization_claims (inn) where outcome = 'inn_freed';

create trigger organization_claims_keep_names_clean before insert or update of legal_name on public.organization_claims
  for each row execute function private.keep_names_clean('legal_name');
create trigger organization_claims_touch_updated_at before update on public.organization_claims
  for each row execute function private.touch_updated_at();

alter table public.organization_claims enable row level security;
grant select on public.organization_claims to authenticated, service_role;
create policy "people see their own claims, platform admins all" on public.organization_claims
  for select to authenticated
  using (
    claimant_id = (select auth.uid())
    or ((select private.is_platform_admin()) and id >= private.platform_admins_read_from())
  );
-- the organization is told that there is a claim, and reads neither its words nor its papers
-- insert, update, delete are not granted: the RPCs below are the only way
create function public.claim_organization(inn text, legal_name text, message text, evidence_paths text[] default '{}') returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.require_sign_in();
  faults jsonb;
  claimed public.organizations;
  claim public.organization_claims;
begin
  perform private.require_confirmed_email(); -- an organization may come of it
  inn := btrim(coalesce(inn, ''));
  legal_name := private.clean_name(coalesce(legal_name, ''));
  message := btrim(coalesce(message, ''));
  evidence_paths := coalesce(evidence_paths, '{}');
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('inn', case when inn = '' then 'required' when not private.is_inn(inn) then 'invalid_inn' end),
    ('legal_name', case when legal_name = '' then 'required' when private.visible_length(legal_name) < 2 then 'too_short' else private.name_fault(legal_name) end),
    ('message', case when private.visible_length(message) = 0 then 'required' when char_length(message) > 4000 then 'too_long' end),
    ('evidence_paths', case when cardinality(evidence_paths) > 10 then 'too_many' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  perform private.count_a_day_or_refuse('claim:' || caller, 5);

  select * into claimed from public.organizations o where o.inn = claim_organization.inn and o.deleted_at is null;
  if not found then
    perform private.refuse('not_found', 'No organization stands under this INN.', 'Create yours.');
  end if;
  if private.role_of(claimed.id, caller) = 'owner' then
    perform private.refuse('invalid_transition', 'The organization is the caller''s own.');
  end if;
  perform private.require_own_papers(evidence_paths, caller);
  insert into public.organization_claims (organization_id, inn, legal_name, message, evidence_paths, claimant_id)
  values (claimed.id, inn, legal_name, message, evidence_paths, caller)
  on conflict do nothing
  returning * into claim;
  if not found then
    perform private.refuse('request_pending', 'This claim is being reviewed.', 'Wait for the answer.');
  end if;
  perform private.notify(claimed.id, 'claim_received', jsonb_build_object('inn', inn));
  return jsonb_build_object('claim_id', claim.id, 'status', claim.status);
end
$$;
comment on function public.claim_organization is
  'Signed-in people: says that the organization under this INN is not who it says it is. Evidence lies at status-evidence/claims/<user_id>/… and is accepted by validate_evidence first. Answers {claim_id, status}. 401 sign_in_required, 403 email_not_confirmed, 404 not_found (nobody has the INN), 409 request_pending or invalid_transition (the caller owns it), 422 invalid_input or media_not_validated, 429 too_many_requests beyond 5 a day.';
grant execute on function public.claim_organization to authenticated;


-- What an upheld claim does ----------------------------------------------------------------------------------------------

create function private.refund_unused_days(subscription public.subscriptions, reason text, as_of timestamptz) returns numeric
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  due numeric(12, 2) := private.unused_worth(subscription, as_of);
  given_back numeric(12, 2) := 0;
  part numeric(12, 2);
  period public.subscription_periods := private.running_period(subscription.id);
begin
  while period.transaction_id is not null and given_back < due loop
    part := least(due - given_back, period.paid - period.refunded - period.refunding);
    if part > 0 then
      perform private.take_back_credit(period.transaction_id, part);
      perform private.write_refund(t, part, reason, auth.uid(), as_of) from public.payment_transactions t where t.id = period.transaction_id;
      given_back := given_back + part;
    end if;
    select * into period from public.subscription_periods p where p.transaction_id = period.credited_from; -- what was credited was paid by the one before
  end loop;
  perform private.close_period(subscription.id, as_of);
  return given_back;
end
$$;
comment on function private.refund_unused_days is
  'Gives back what the unused days cost, to the cards that paid for them; roubles. The caller has the organization''s lock.';

create function private.strip_organization(organization_id uuid, as_of timestamptz) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  subscription public.subscriptions;
begin
  -- Levels first: a subscription that ends would hand a granted term on.
  perform private.end_levels(
    array(select l.id from public.organization_status_levels l where l.organization_id = strip_organization.organization_id and l.is_active),
    'revoked', 'claim_upheld', 'admin', as_of);
  select * into subscription from public.subscriptions s
  where s.organization_id = strip_organization.organization_id and s.status in ('trialing', 'active', 'past_due');
  if found then
    perform private.refund_unused_days(subscription, 'Неиспользованные дни: ИНН принадлежит другому', as_of);
    update public.subscription_retry_attempts r set outcome = 'given_up', reason = 'subscription_cancelled'
    where r.subscription_id = subscription.id and r.outcome is null and r.attempted_at is null;
    perform private.move_subscription(subscription.id, 'canceled', 'claim_upheld', as_of);
  end if;
  -- What is still on its way was begun by somebody else: it begins nothing, and goes back.
  update public.payment_transactions t set voided_at = as_of
  where t.organization_id = strip_organization.organization_id and private.is_undecided(t.status);
  perform private.forget_card(m.id, as_of) from public.payment_methods m where m.organization_id = strip_organization.organization_id;
  update public.payment_methods m
  set title = null, card_type = null, card_last4 = null, expires_at = null, revoked_at = coalesce(m.revoked_at, as_of), yookassa_payment_method_id = null
  where m.organization_id = strip_organization.organization_id;
  -- Nobody comes in by who was there before, and nothing that was approved or asked for stands.
  delete from public.organization_invitations i where i.organization_id = strip_organization.organization_id and i.accepted_at is null;
  delete from public.email_outbox e
  where e.kind = 'invitation' and e.status = 'queued' and e.data ->> 'organization_id' = strip_organization.organization_id::text;
  update public.status_upgrade_requests r
  set status = case when r.status in ('pending', 'more_asked') then 'withdrawn' else r.status end,
      reviewed_at = case when r.status in ('approved', 'rejected') then r.reviewed_at end,
      approval_ended_at = case when r.status = 'approved' then coalesce(r.approval_ended_at, as_of) end
  where r.organization_id = strip_organization.organization_id;
  update public.name_change_requests r set status = 'withdrawn'
  where r.organization_id = strip_organization.organization_id and r.status = 'pending';
end
$$;
comment on function private.strip_organization is
  'Ends the levels (claim_upheld) and the subscription, gives unused days back, forgets cards, invitations and approvals. The caller has the organization''s lock.';

create function private.hand_over(claim public.organization_claims) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  insert into public.organization_members as m (organization_id, user_id, role) values (claim.organization_id, claim.claimant_id, 'owner')
  on conflict on constraint organization_members_pkey do update set role = 'owner';
  delete from public.organization_members m where m.organization_id = claim.organization_id and m.user_id <> claim.claimant_id;
  -- What the people before said, and with which papers, is not the new owner's to read.
  update public.status_upgrade_requests r set message = '', evidence_paths = '{}', requested_by = null where r.organization_id = claim.organization_id;
  perform private.forget_upgrade_request_steps(claim.organization_id);
  update public.name_change_requests r set message = '', evidence_paths = '{}', requested_by = null where r.organization_id = claim.organization_id;
  delete from public.evidence_files f where f.organization_id = claim.organization_id;
  update public.payment_transactions t set request_body = (t.request_body::jsonb #- '{receipt,customer}')::text
  where t.organization_id = claim.organization_id and not private.is_undecided(t.status) and t.request_body::jsonb #> '{receipt,customer}' is not null;
  update public.organization_settings s set billing_email = private.email_of(claim.claimant_id)
  where s.organization_id = claim.organization_id;
  update public.organizations o
  set legal_name = claim.legal_name, created_by = claim.claimant_id,
      deletion_requested_at = null, is_published = coalesce(o.was_published, o.is_published), was_published = null
  where o.id = claim.organization_id;
end
$$;
comment on function private.hand_over is 'Makes the claimant the only member and owner, and keeps what others said from them. The caller has the organization''s lock.';

create function public.review_claim(claim_id uuid, decision text, outcome text default null, comment text default null)
  returns public.organization_claims
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'review_claim', (select c.organization_id from public.organization_claims c where c.id = claim_id), claim_id::text,
    jsonb_build_object('decision', left(decision, 20), 'outcome', left(outcome, 20)));
  claim public.organization_claims;
  told jsonb;
  faults jsonb;
begin
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('decision', case when decision is null or decision not in ('approved', 'rejected') then 'unknown' end),
    ('outcome', case when decision = 'approved' and outcome is null then 'required'
                     when decision = 'approved' and outcome not in ('handed_over', 'inn_freed') then 'unknown' end),
    ('comment', case when decision = 'rejected' and coalesce(private.visible_length(comment), 0) = 0 then 'required'
                     when char_length(comment) > 4000 then 'too_long' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  select * into claim from public.organization_claims c where c.id = review_claim.claim_id;
  if not found then
    perform private.refuse('not_found', 'There is no such claim.');
  end if;
  perform private.lock_organization(claim.organization_id);
  update public.organization_claims c
  set status = decision::public.claim_status, outcome = case decision when 'approved' then review_claim.outcome end,
      reviewed_by = caller, reviewed_at = now(), review_comment = nullif(btrim(comment), '')
  where c.id = claim.id and c.status = 'pending'
  returning * into claim;
  if not found then
    perform private.refuse('invalid_transition', 'The claim is not pending any more.');
  end if;
  if decision = 'approved' and not exists (
    select from public.organizations o where o.id = claim.organization_id and o.inn = claim.inn and o.deleted_at is null
  ) then
    perform private.refuse('invalid_transition', 'The organization does not stand under this INN any more.', 'Reject the claim: the INN is free.');
  end if;
  if decision = 'approved' and claim.claimant_id is null then
    perform private.refuse('invalid_transition', 'Who claimed it is gone.');
  end if;

  -- Both sides are told, before those who were there are there no more.
  told := jsonb_build_object('decision', decision, 'outcome', claim.outcome, 'comment', claim.review_comment, 'inn', claim.inn);
  perform private.notify_person(m.user_id, m.organization_id, 'claim_reviewed', told || '{"side": "organization"}')
  from public.organization_members m
  where m.organization_id = claim.organization_id and m.role >= 'admin' and m.user_id is distinct from claim.claimant_id;
  perform private.notify_person(claim.claimant_id, claim.organization_id, 'claim_reviewed', told || '{"side": "claimant"}');
  if decision = 'rejected' then
    return claim;
  end if;
  perform private.strip_organization(claim.organization_id, now());
  if claim.outcome = 'handed_over' then
    perform private.hand_over(claim);
  else
    update public.organizations o set inn = null, inn_freed_at = now() where o.id = claim.organization_id;
  end if;

  -- Of two who claimed it one was believed.
  with others as (
    update public.organization_claims c
    set status = 'rejected', reviewed_by = caller, reviewed_at = now(), review_comment = 'Подтвердилось другое заявление на этот ИНН.'
    where c.organization_id = claim.organization_id and c.status = 'pending'
    returning c.*
  )
  select count(private.notify_person(c.claimant_id, c.organization_id, 'claim_reviewed', jsonb_build_object(
    'side', 'claimant', 'decision', 'rejected', 'outcome', null, 'comment', c.review_comment, 'inn', c.inn))::text)
  into faults from others c;
  return claim;
end
$$;
comment on function public.review_claim is
  'Platform admins: rejects a claim with a comment, or upholds it: levels (reason claim_upheld) and the subscription end at once, unused days are given back, cards and invitations are forgotten. outcome handed_over: the claimant is the owner, other memberships end; inn_freed: the organization stays without an INN, which its claimant alone may take for 30 days. Both sides are told; other claims on it are rejected. 403 not_allowed, 404 not_found, 409 invalid_transition, 422 invalid_input.';
grant execute on function public.review_claim to authenticated;


-- What is left behind: the words and papers of whoever is gone. ------------------------------------------------------------

create function private.forget_claim_words(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.organization_claims c
  set message = '', evidence_paths = '{}',
      status = case c.status when 'pending' then 'rejected' else c.status end,
      reviewed_at = coalesce(c.reviewed_at, as_of),
      review_comment = case c.status when 'pending' then 'Заявителя больше нет.' else c.review_comment end
  where c.claimant_id is null and (c.status = 'pending' or c.message <> '')
$$;
comment on function private.forget_claim_words is
  'A claim whose claimant is gone is rejected, and its words and papers go.';
