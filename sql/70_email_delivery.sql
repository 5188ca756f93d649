-- Sending e-mail: what is queued is written, asked about once more, lent to a sender and settled, each message by itself.


-- E-mails are written when there is somebody to carry them, so that telling a hundred thousand people holds nobody up.
create function private.write_emails(as_of timestamptz, max_emails int) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  with due as (
    select n.user_id, n.id from public.notifications n
    where n.is_to_be_mailed and n.created_at <= as_of
    order by n.id limit max_emails
    for update skip locked
  ), taken as (
    update public.notifications n set is_to_be_mailed = false
    from due d where n.user_id = d.user_id and n.id = d.id
    returning n.user_id, n.organization_id, n.kind, n.data, n.created_at
  )
  insert into public.email_outbox (
    kind, user_id, organization_id, to_address, locale, time_zone, data, unsubscribe_token, next_attempt_at, created_at)
  select k.kind, p.id, t.organization_id, u.email, p.locale, coalesce(s.time_zone, p.time_zone),
    case when jsonb_typeof(t.data) = 'object' then t.data else '{}' end, case when not k.is_essential then gen_random_uuid() end, as_of, t.created_at
  from taken t
  join public.notification_kinds k on k.kind = t.kind
  join public.profiles p on p.id = t.user_id
  join auth.users u on u.id = p.id
  left join public.organization_settings s on s.organization_id = t.organization_id -- dates are the organization's
  where u.email is not null
$$;
comment on function private.write_emails is 'Writes the e-mails of notifications that are to be mailed, at most so many.';

-- Between telling and sending, or trying again, people change their minds, leave, and are removed.
create function private.why_not_to_send(email public.email_outbox) returns text
  language sql stable security definer set search_path = '' -- definer: reads what only its people may
as $$
  select case
    when email.attempts >= 8 then coalesce(email.error, 'no_answer') -- as one the server refused eight times
    when email.kind = 'invitation' and not exists (
      select from public.organization_invitations i
      where i.token_hash = sha256(convert_to(coalesce(email.data ->> 'token', ''), 'UTF8'))
        and i.accepted_at is null and i.expires_at > now() and not private.is_being_deleted(i.organization_id)
    ) then 'invitation_over'
    when email.user_id is null then null
    when not exists (select from auth.users u where u.id = email.user_id and u.email = email.to_address) then 'address_changed'
    when exists (
      select from public.notification_settings s join public.notification_kinds k on k.kind = s.kind
      where s.user_id = email.user_id and s.kind = email.kind and not s.by_email and not k.is_essential
    ) then 'switched_off'
    when email.organization_id is not null and not exists (
      select from public.organization_members m join public.notification_kinds k on k.kind = email.kind
      where m.organization_id = email.organization_id and m.user_id = email.user_id and m.role >= k.minimum_role
    ) then 'not_a_member'
  end
$$;
comment on function private.why_not_to_send is
  'Null for a queued e-mail that is still wanted, else the reason it is settled with: switched_off, not_a_member, address_changed, invitation_over, or what it failed of eight times.';

-- An e-mail about an organization has its passport at the head, and one about money says which card it is about and what is charged next:
-- as they are when it is sent.
create function private.organization_of(email public.email_outbox) returns uuid
  language sql stable security definer set search_path = '' -- definer: e-mails are written for anyone
as $$
  select coalesce(
    email.organization_id, private.uuid_or_null(email.data ->> 'organization_id'), (select o.id from public.organizations o where o.slug = email.data ->> 'slug'))
$$;
comment on function private.organization_of is 'The organization an e-mail is about, also where its reader need not belong to it.';

create function private.money_now(email public.email_outbox, as_of timestamptz) returns jsonb
  language sql stable security definer set search_path = '' -- definer: e-mails are written for anyone
as $$
  select jsonb_build_object(
    'card', case
      when email.data ? 'transaction_id' then (
        select t.card from public.payment_transactions t where t.id = private.uuid_or_null(email.data ->> 'transaction_id'))
      else coalesce(private.card(private.uuid_or_null(email.data ->> 'payment_method_id')), private.card(s.payment_method_id)) end,
    'next_charge', private.next_charge(s, as_of) - 'payment_method_id' || jsonb_build_object('card', private.card(s.payment_method_id)))
  from (select) as always
  left join public.subscriptions s on s.organization_id = email.organization_id and private.is_live(s.status)
  where email.data ? 'currency'
$$;
comment on function private.money_now is
  'For an e-mail that names an amount: {card: null|{brand, last4, title}, next_charge: null|{at, amount, currency, why_not, card}}, as private.next_charge; null for others.';

create function public.claim_emails(as_of timestamptz default now(), max_items int default 50, lease_seconds int default 300) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  answer jsonb := '[]';
  email public.email_outbox;
  reason text;
  is_any_due boolean;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key sends e-mail.');
  end if;
  perform private.write_emails(as_of, max_items);
  loop
    is_any_due := false;
    for email in
      select e.* from public.email_outbox e
      where e.status = 'queued' and e.next_attempt_at <= as_of
      order by e.next_attempt_at limit max_items
      for update skip locked
    loop
      is_any_due := true;
      reason := private.why_not_to_send(email);
      if reason is not null then
        update public.email_outbox e
        set status = 'failed', error = reason, next_attempt_at = null, lease_id = null, data = e.data - 'token'
        where e.id = email.id;
      else
        update public.email_outbox e
        set attempts = e.attempts + 1, lease_id = gen_random_uuid(), next_attempt_at = as_of + make_interval(secs => lease_seconds)
        where e.id = email.id
        returning * into email;
        answer := answer || jsonb_build_object(
          'email_id', email.id, 'lease_id', email.lease_id, 'kind', email.kind, 'to_address', email.to_address, 'locale', email.locale,
          'time_zone', email.time_zone, 'data', email.data,
          'passport', private.passport(private.organization_of(email), as_of), 'money', private.money_now(email, as_of), 'unsubscribe_token', email.unsubscribe_token, 'created_at', email.created_at);
      end if;
    end loop;
    -- an empty answer says that nothing is due, so what was settled just now does not stand for the rest
    exit when not is_any_due or jsonb_array_length(answer) > 0;
  end loop;
  return answer;
end
$$;
comment on function public.claim_emails is
  'Service key only: e-mails to send now, leased: [{email_id, lease_id, kind, to_address, locale, time_zone, data, passport, money, unsubscribe_token, created_at}]; time_zone is the organization''s. passport: of the organization it is about, {name, slug, level, state: held|lost|none, verdict}; money: of what names an amount, {card: null|{brand, last4, title}, next_charge: null|{at, amount, currency, why_not, card}}. What is no longer wanted (switched off, left, removed, another address, an invitation that is over) is settled with its reason instead. One whose lease ran out is handed out again; after 8 tries it is given up.';
grant execute on function public.claim_emails to service_role;

create function public.settle_email(
  email_id uuid, lease_id uuid, is_sent boolean default null, error text default null, as_of timestamptz default now(), is_final boolean default false
) returns text
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  outcome text;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key sends e-mail.');
  end if;
  update public.email_outbox e
  set status = w.status,
      sent_at = case when w.status = 'sent' then as_of end,
      attempts = e.attempts - (is_sent is null)::int,
      next_attempt_at = case when w.status = 'queued' then as_of + case when is_sent is null then interval '0' else private.backoff(e.attempts) end end,
      error = case when is_sent is null then e.error when w.status <> 'sent' then left(coalesce(settle_email.error, 'unknown'), 500) end,
      data = case when w.status = 'queued' then e.data else e.data - 'token' end, -- what opens an organization is not kept longer than needed
      lease_id = null
  from (
    select q.id, case when is_sent then 'sent' when is_sent is null then 'queued' when coalesce(is_final, false) or q.attempts >= 8 then 'failed' else 'queued' end as status
    from public.email_outbox q where q.id = settle_email.email_id
  ) w
  where e.id = w.id and e.lease_id = settle_email.lease_id and e.status = 'queued'
  returning e.status into outcome;
  if outcome is null then
    -- the person it was for is no longer here, and their e-mails neither
    return case when exists (select from public.email_outbox e where e.id = settle_email.email_id) then 'lost_lease' else 'gone' end;
  end if;
  return outcome;
end
$$;
comment on function public.settle_email is
  'Service key only: how sending went; is_sent null: it was not tried, and is given back; is_final: no other try would fare better. Answers sent, queued (tried again later), failed (given up: final, or after 8 tries), lost_lease (another sender has it) or gone (with the person it was for).';
grant execute on function public.settle_email to service_role;

-- Who invited sees whether the e-mail went; an address that takes none would otherwise look like somebody who does not answer.
create function private.tell_the_invitation() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.organization_invitations i set email_state = new.status
  where i.token_hash = sha256(convert_to(coalesce(old.data ->> 'token', ''), 'UTF8'));
  return null;
end
$$;
comment on function private.tell_the_invitation is 'Trigger: an invitation says what became of its e-mail.';
create trigger email_outbox_tells_the_invitation after update of status on public.email_outbox
  for each row when (new.kind = 'invitation' and new.status <> old.status) execute function private.tell_the_invitation();

create function public.unsubscribe(token uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: the e-mail's link is the right to do this
as $$
declare
  email public.email_outbox;
begin
  select * into email from public.email_outbox e where e.unsubscribe_token = unsubscribe.token;
  if not found or email.user_id is null then
    perform private.refuse('not_found', 'There is no such e-mail.');
  end if;
  insert into public.notification_settings as s (user_id, kind, by_email) values (email.user_id, email.kind, false)
  on conflict on constraint notification_settings_pkey do update set by_email = false;
  return jsonb_build_object('kind', email.kind);
end
$$;
comment on function public.unsubscribe is
  'Public: the token from an e-mail switches its kind off by e-mail for its reader. Answers {kind}. 404 not_found.';
grant execute on function public.unsubscribe to anon, authenticated, service_role;
