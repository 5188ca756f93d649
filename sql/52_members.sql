-- Members: how people come into an organization, change their role in it, and go.


-- Invitations: a seat offered to one e-mail address, for 72 hours, once. -------------------------------------------------

create table public.organization_invitations (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete cascade,
  email text not null,
  role public.organization_role not null,
  token_hash bytea not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  invited_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  email_state text not null default 'queued',
  constraint email_state_is_known check (email_state in ('queued', 'sent', 'failed')),
  constraint email_is_an_address check (private.is_email(email) and email = private.canonical_email(email)),
  constraint ownership_is_transferred_not_offered check (role <> 'owner'),
  constraint organization_invitations_token_hash_key unique (token_hash)
);
comment on table public.organization_invitations is
  'A seat offered to one e-mail address, once. Only the SHA-256 of the token is kept; the token itself is said once.';
comment on column public.organization_invitations.email_state is
  'What became of its e-mail: queued, sent (handed to the mail server) or failed (nobody will get it; the link can still be given by hand).';
create unique index organization_invitations_one_open_per_email
  on public.organization_invitations (organization_id, email) where accepted_at is null;
create index organization_invitations_organization_id_idx on public.organization_invitations (organization_id);
create index organization_invitations_invited_by_idx on public.organization_invitations (invited_by);

alter table public.organization_invitations enable row level security;
grant select on public.organization_invitations to authenticated, service_role;
create policy "admins see who is invited" on public.organization_invitations
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('admin'))));
-- insert, update, delete are not granted: the RPCs below are the only way


-- RPCs: people ----------------------------------------------------------------------------------------------------------

create function public.invite_member(organization_id uuid, email text, role public.organization_role) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: writes a table nobody may insert into
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  token text := replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''); -- 244 random bits
  invitation public.organization_invitations;
begin
  perform private.require_confirmed_email();
  perform private.count_or_refuse('invite:' || caller, 20); -- each is an e-mail of ours to somebody who did not ask for it
  email := btrim(coalesce(email, ''));
  if private.email_fault(email) is not null then
    perform private.refuse('invalid_input', jsonb_build_array(jsonb_build_object('field', 'email', 'code', private.email_fault(email)))::text,
                           'Letters before the @ are Latin; a domain of other letters is written as xn--….');
  end if;
  email := private.canonical_email(email);
  if role is null or role >= private.role_of(organization_id, caller) then
    perform private.refuse('not_allowed', 'An invitation offers a role below one''s own.');
  end if;

  if exists (
    select from public.organization_members m
    where m.organization_id = invite_member.organization_id and private.email_of(m.user_id) = invite_member.email
  ) then
    perform private.refuse('invalid_input', '[{"field": "email", "code": "already_member"}]');
  end if;
  if exists (
    select from public.organizations o where o.id = invite_member.organization_id and o.deletion_requested_at is not null
  ) then
    perform private.refuse('invalid_transition', 'The organization is being deleted.', 'Restore it first.');
  end if;

  -- Each is an e-mail of ours to somebody who did not ask for it: taking one back does not make room for the next.
  perform private.count_a_day_or_refuse('invite-by:' || caller, 50);
  perform private.count_a_day_or_refuse('invite-to:' || organization_id, 50);
  perform private.count_a_day_or_refuse('invited:' || encode(sha256(convert_to(email, 'UTF8')), 'hex'), 3);

  -- Inviting again makes a new token; the earlier one stops working.
  delete from public.organization_invitations i
  where i.organization_id = invite_member.organization_id and i.email = invite_member.email and i.accepted_at is null;
  perform private.require_room(
    organization_id, 'members',
    (select count(*) from public.organization_members m where m.organization_id = invite_member.organization_id)
    + (select count(*) from public.organization_invitations i
       where i.organization_id = invite_member.organization_id and i.accepted_at is null and i.expires_at > now())
  );
  insert into public.organization_invitations (organization_id, email, role, token_hash, expires_at, invited_by)
  values (organization_id, email, role, sha256(convert_to(token, 'UTF8')), now() + interval '72 hours', caller)
  returning * into invitation;

  -- A new e-mail replaces one that was not sent yet: its link does not work any more.
  delete from public.email_outbox e
  where e.kind = 'invitation' and e.status = 'queued' and e.to_address = invite_member.email
    and e.data ->> 'organization_id' = invite_member.organization_id::text;
  -- Who invites is named by the address that was proved, not by what they call themselves.
  insert into public.email_outbox (kind, to_address, locale, time_zone, data, next_attempt_at)
  select 'invitation', email, p.locale, s.time_zone, jsonb_build_object(
    'organization_id', o.id, 'organization', o.name, 'role', role, 'invited_by', private.email_of(caller), 'token', token, 'expires_at', invitation.expires_at
  ), now()
  from public.organizations o join public.organization_settings s on s.organization_id = o.id, public.profiles p
  where o.id = invite_member.organization_id and p.id = caller;
  return jsonb_build_object('invitation_id', invitation.id, 'token', token, 'expires_at', invitation.expires_at);
end
$$;
comment on function public.invite_member is
  'Admins and owners: offers a role below one''s own to an e-mail address for 72 hours, by e-mail; again: a new e-mail, and the earlier link stops working. Answers {invitation_id, token, expires_at}; the token is never shown again. 402 plan_limit_reached (members and open invitations together), 403 not_allowed, 409 invalid_transition (the organization is being deleted), 422 invalid_input (invalid_email, local_part_not_ascii, domain_not_ascii, already_member), 429 too_many_requests beyond 20 a minute, 50 a day by one person or to one organization, 3 a day to one address.';
grant execute on function public.invite_member to authenticated;

create function public.revoke_invitation(invitation_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
declare
  invitation public.organization_invitations;
begin
  perform private.require_sign_in();
  select * into invitation from public.organization_invitations i where i.id = revoke_invitation.invitation_id;
  if not found or private.role_of(invitation.organization_id, auth.uid()) is null then
    perform private.refuse('not_found', 'There is no such invitation.');
  end if;
  perform private.act_in_organization(invitation.organization_id, 'admin');
  delete from public.organization_invitations i where i.id = invitation.id and i.accepted_at is null;
  if not found then
    perform private.refuse('invitation_used', 'This invitation was accepted before.', 'Remove the member instead.');
  end if;
  delete from public.email_outbox e
  where e.kind = 'invitation' and e.status = 'queued' and e.to_address = invitation.email
    and e.data ->> 'organization_id' = invitation.organization_id::text;
end
$$;
comment on function public.revoke_invitation is
  'Admins and owners: an open invitation is taken back, its link stops working, and its e-mail does not go if it has not gone. 403 not_allowed, 404 not_found, 409 invitation_used.';
grant execute on function public.revoke_invitation to authenticated;

-- Whoever is removed, or may not offer that role any more, has offered nothing: or they would come back by an invitation of their own.
create function private.end_invitations_of_former() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
begin
  with ended as (
    delete from public.organization_invitations i
    where i.organization_id = old.organization_id and i.invited_by = old.user_id and i.accepted_at is null
      and (tg_op = 'DELETE' or new.role < 'admin' or i.role >= new.role)
    returning i.organization_id, i.email
  )
  delete from public.email_outbox e using ended i
  where e.kind = 'invitation' and e.status = 'queued' and e.to_address = i.email and e.data ->> 'organization_id' = i.organization_id::text;
  return null;
end
$$;
comment on function private.end_invitations_of_former is
  'Trigger: open invitations end with the membership of who wrote them, and those to a role that they may not offer any more.';

create trigger organization_members_end_their_invitations after delete or update of role on public.organization_members
  for each row execute function private.end_invitations_of_former();

create function private.require_invitation(token text) returns public.organization_invitations
  language plpgsql stable security definer set search_path = '' -- definer: the invited are not members yet
as $$
declare
  caller uuid := private.require_sign_in();
  invitation public.organization_invitations;
begin
  select * into invitation from public.organization_invitations i
  where i.token_hash = sha256(convert_to(coalesce(token, ''), 'UTF8')); -- a cast would take a backslash for an escape
  -- Somebody else's invitation does not exist for this person.
  if not found
    or private.email_of(caller) is distinct from invitation.email
    or private.is_being_deleted(invitation.organization_id) -- nobody comes into what is going
  then
    perform private.refuse('not_found', 'There is no such invitation for this e-mail address.',
                           'Sign in with the address the invitation was sent to.');
  end if;
  if invitation.accepted_at is not null then
    perform private.refuse('invitation_used', 'This invitation was accepted before.');
  end if;
  if invitation.expires_at <= now() then
    perform private.refuse('invitation_expired', 'This invitation is over.', 'Ask for a new one.');
  end if;
  return invitation;
end
$$;
comment on function private.require_invitation is
  'The open invitation of this token to the caller''s own e-mail address; 404 not_found, 409 invitation_used, 410 invitation_expired.';

create function public.get_invitation(token text) returns jsonb
  language sql stable security definer set search_path = '' -- definer: the invited are not members yet
as $$
  select jsonb_build_object('organization', o.name, 'role', i.role, 'invited_by', p.full_name, 'expires_at', i.expires_at)
  from private.require_invitation(token) i
  join public.organizations o on o.id = i.organization_id
  left join public.profiles p on p.id = i.invited_by
$$;
comment on function public.get_invitation is
  'What the caller is invited to, before they accept: {organization, role, invited_by, expires_at}; invited_by is null when that person is gone. 404 not_found, 409 invitation_used, 410 invitation_expired.';
grant execute on function public.get_invitation to authenticated;

create function public.accept_invitation(token text) returns public.organization_members
  language plpgsql volatile security definer set search_path = '' -- definer: makes the caller a member
as $$
declare
  caller uuid := private.require_sign_in();
  invitation public.organization_invitations := private.require_invitation(token);
  member public.organization_members;
begin
  perform private.require_confirmed_email(); -- else whoever knows an address could sign up with it and come in
  perform private.lock_organization(invitation.organization_id); -- so that two at once do not take the last seat
  invitation := private.require_invitation(token); -- it may have been used or taken back while we waited
  if private.role_of(invitation.organization_id, caller) is null then
    perform private.require_room(
      invitation.organization_id, 'members', -- open invitations do not count: this one is taking its seat
      (select count(*) from public.organization_members m where m.organization_id = invitation.organization_id)
    );
  end if;
  update public.organization_invitations i set accepted_at = now() where i.id = invitation.id;
  insert into public.organization_members (organization_id, user_id, role)
  values (invitation.organization_id, caller, invitation.role)
  on conflict on constraint organization_members_pkey do nothing; -- who came in another way keeps their role
  select * into member from public.organization_members m
  where m.organization_id = invitation.organization_id and m.user_id = caller;
  return member;
end
$$;
comment on function public.accept_invitation is
  'Makes the caller a member, when the invitation was sent to their own e-mail address. 402 plan_limit_reached, 403 email_not_confirmed, 404 not_found, 409 invitation_used, 410 invitation_expired.';
grant execute on function public.accept_invitation to authenticated;

create function public.change_member_role(organization_id uuid, user_id uuid, role public.organization_role)
  returns public.organization_members
  language plpgsql volatile security definer set search_path = '' -- definer: writes other people's membership
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'admin');
  callers_role public.organization_role := private.role_of(organization_id, caller);
  member public.organization_members;
begin
  if private.role_of(organization_id, user_id) is null then
    perform private.refuse('not_found', 'This person is not in the organization.');
  end if;
  -- Stepping down oneself is allowed; the last owner is held by the trigger.
  if role is null
    or role >= callers_role
    or (private.role_of(organization_id, user_id) >= callers_role and user_id <> caller)
  then
    perform private.refuse('not_allowed', 'Only roles below one''s own can be given and taken.',
                           'An owner is made by transferring the ownership.');
  end if;

  update public.organization_members m set role = change_member_role.role
  where m.organization_id = change_member_role.organization_id and m.user_id = change_member_role.user_id
  returning * into member;
  return member;
end
$$;
comment on function public.change_member_role is
  'Admins and owners: changes a role below their own to another below their own. 403 not_allowed, 404 not_found, 409 last_owner.';
grant execute on function public.change_member_role to authenticated;

create function public.remove_member(organization_id uuid, user_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: writes other people's membership
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'viewer');
begin
  if private.role_of(organization_id, user_id) is null then
    perform private.refuse('not_found', 'This person is not in the organization.');
  end if;
  -- Everyone may leave; others are removed by an admin or owner who stands above them.
  if user_id <> caller and not (
    private.role_of(organization_id, caller) >= 'admin'
    and private.role_of(organization_id, user_id) < private.role_of(organization_id, caller)
  ) then
    perform private.refuse('not_allowed', 'Only people with a role below one''s own can be removed.');
  end if;

  delete from public.organization_members m
  where m.organization_id = remove_member.organization_id and m.user_id = remove_member.user_id;
end
$$;
comment on function public.remove_member is
  'Leaves an organization, or removes somebody with a role below one''s own (admins and owners). 403 not_allowed, 404 not_found, 409 last_owner.';
grant execute on function public.remove_member to authenticated;

create function public.transfer_ownership(organization_id uuid, user_id uuid) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: writes other people's membership
as $$
declare
  caller uuid := private.act_in_organization(organization_id, 'owner');
begin
  if private.role_of(organization_id, user_id) is null then
    perform private.refuse('not_found', 'This person is not in the organization.', 'Invite them first.');
  end if;
  perform private.require_confirmed_email(user_id);

  update public.organization_members m set role = 'owner'
  where m.organization_id = transfer_ownership.organization_id and m.user_id = transfer_ownership.user_id;
  update public.organization_members m set role = 'admin'
  where m.organization_id = transfer_ownership.organization_id and m.user_id = caller and caller <> transfer_ownership.user_id;
end
$$;
comment on function public.transfer_ownership is
  'The owner hands the organization to a member and becomes an admin. 403 not_allowed, 403 email_not_confirmed (of the new owner), 404 not_found.';
grant execute on function public.transfer_ownership to authenticated;
