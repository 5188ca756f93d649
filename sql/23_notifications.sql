-- Notifications: what a person is told, in the app and by e-mail. A new kind is one row here and two templates (ru, en).

create table public.notification_kinds (
  kind text primary key,
  is_essential boolean not null,
  minimum_role public.organization_role not null default 'admin',
  position int not null
);
comment on table public.notification_kinds is
  'What people are told of. is_essential: money and lost levels, which cannot be switched off by e-mail. minimum_role: who in the organization is told.';
alter table public.notification_kinds enable row level security;
grant select on public.notification_kinds to authenticated, service_role;
create policy "people read the kinds" on public.notification_kinds
  for select to authenticated
  using (true);
-- insert, update, delete are not granted: kinds come by a migration


-- Settings: what a person switched off. No row means everything is on. ---------------------------------------------------

create table public.notification_settings (
  user_id uuid not null references public.profiles (id) on delete cascade,
  kind text not null references public.notification_kinds (kind) on delete cascade,
  in_app boolean not null default true,
  by_email boolean not null default true,
  primary key (user_id, kind)
);
comment on table public.notification_settings is 'Per person and kind: told in the app, told by e-mail. No row: both.';
create index notification_settings_kind_idx on public.notification_settings (kind);
alter table public.notification_settings enable row level security;
grant select on public.notification_settings to authenticated, service_role;
create policy "people read their own settings" on public.notification_settings
  for select to authenticated
  using (user_id = (select auth.uid()));
-- insert, update, delete are not granted: set_notification_setting keeps the essential kinds on
create function public.set_notification_setting(kind text, in_app boolean, by_email boolean) returns public.notification_settings
  language plpgsql volatile security definer set search_path = '' -- definer: writes only the caller's own row
as $$
declare
  caller uuid := private.require_sign_in();
  chosen public.notification_kinds;
  setting public.notification_settings;
begin
  select * into chosen from public.notification_kinds k where k.kind = set_notification_setting.kind;
  if not found then
    perform private.refuse('not_found', 'There is no such kind of notification.');
  end if;
  if in_app is null or by_email is null then
    perform private.refuse('invalid_input', '[{"field": "by_email", "code": "required"}]');
  end if;
  if chosen.is_essential and not (in_app and by_email) then
    perform private.refuse('not_allowed', 'What concerns money and lost levels is always told.');
  end if;
  insert into public.notification_settings as s (user_id, kind, in_app, by_email) values (caller, chosen.kind, in_app, by_email)
  on conflict on constraint notification_settings_pkey do update set in_app = excluded.in_app, by_email = excluded.by_email
  returning * into setting;
  return setting;
end
$$;
comment on function public.set_notification_setting is
  'Switches a kind on or off for the caller, in the app and by e-mail. 403 not_allowed for essential kinds, 404 not_found, 422 invalid_input.';
grant execute on function public.set_notification_setting to authenticated;


-- Notifications in the app -----------------------------------------------------------------------------------------------

-- Written by the hundred thousand when levels end together, so it carries its key and no more: its only writers, below, join
-- the people, the organization and the kind, and a person's notifications go with the person by a trigger.
create table public.notifications (
  id bigint generated always as identity,
  user_id uuid not null,
  organization_id uuid,
  kind text not null,
  data jsonb not null default '{}',
  created_at timestamptz not null default now(),
  read_at timestamptz,
  is_shown boolean not null default true,
  is_to_be_mailed boolean not null default false,
  primary key (user_id, id)
);
comment on table public.notifications is 'What a person was told, and when they read it. The web words it from kind and data.';
comment on column public.notifications.is_shown is 'False: only by e-mail, as the person has it set.';
comment on column public.notifications.is_to_be_mailed is 'True until claim_emails has written the letter.';
create index notifications_to_be_mailed_idx on public.notifications (id) where is_to_be_mailed;

alter table public.notifications enable row level security;
grant select on public.notifications to authenticated, service_role;
create policy "people read what they were told" on public.notifications
  for select to authenticated
  using (user_id = (select auth.uid()) and is_shown);
-- insert, update, delete are not granted: the rules tell, mark_notifications_read reads
create function private.forget_notifications() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may delete
as $$
begin
  delete from public.notifications n using old_rows o where n.user_id = o.id;
  return null;
end
$$;
comment on function private.forget_notifications is 'Trigger: a person''s notifications go with the person.';

create trigger profiles_forget_notifications after delete on public.profiles
  referencing old table as old_rows for each statement execute function private.forget_notifications();

create function public.mark_notifications_read(ids bigint[] default null) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: touches only the caller's own rows
as $$
declare
  caller uuid := private.require_sign_in();
  marked int;
begin
  update public.notifications n set read_at = now()
  where n.user_id = caller and n.is_shown and n.read_at is null and (ids is null or n.id = any (ids));
  get diagnostics marked = row_count;
  return marked;
end
$$;
comment on function public.mark_notifications_read is 'Marks the caller''s notifications as read: these, or all when ids is null; how many were unread.';
grant execute on function public.mark_notifications_read to authenticated;


-- Outbox: e-mails to be sent, each once. ---------------------------------------------------------------------------------

create table public.email_outbox (
  id uuid primary key default private.new_id(),
  kind text not null references public.notification_kinds (kind),
  user_id uuid references public.profiles (id) on delete set null,
  to_address text not null,
  locale text not null,
  time_zone text not null default 'Europe/Moscow',
  data jsonb not null,
  unsubscribe_token uuid,
  status text not null default 'queued',
  attempts int not null default 0,
  next_attempt_at timestamptz,
  lease_id uuid,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  error text,
  constraint status_is_known check (status in ('queued', 'sent', 'failed')),
  constraint only_the_queued_wait check ((status = 'queued') = (next_attempt_at is not null)),
  constraint what_was_sent_says_when check ((status = 'sent') = (sent_at is not null)),
  constraint what_failed_says_why check (status <> 'failed' or error is not null)
);
comment on table public.email_outbox is
  'E-mails to be sent: claimed with a lease, tried at most 8 times, sent once. Addresses and data are wiped 30 days after.';
create index email_outbox_queue_idx on public.email_outbox (next_attempt_at) where status = 'queued';
create index email_outbox_user_id_idx on public.email_outbox (user_id) where user_id is not null;
create index email_outbox_kind_idx on public.email_outbox (kind);
create unique index email_outbox_unsubscribe_token_key on public.email_outbox (unsubscribe_token) where unsubscribe_token is not null;

alter table public.email_outbox enable row level security;
grant select on public.email_outbox to service_role;
-- nobody else reads it, and only the doors below write it: it holds addresses and links


-- Telling: one statement for however many. -------------------------------------------------------------------------------

-- The organizations' people whose role is high enough, each by what they switched on.
create function private.notify_many(organization_ids uuid[], kind text, data jsonb[], as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.notifications (user_id, organization_id, kind, data, created_at, is_shown, is_to_be_mailed)
  select m.user_id, o.id, k.kind, t.data || jsonb_build_object('organization', o.name, 'slug', o.slug), as_of,
    coalesce(s.in_app, true), coalesce(s.by_email, true)
  from unnest(organization_ids, data) as t (organization_id, data)
  join public.organizations o on o.id = t.organization_id
  join public.notification_kinds k on k.kind = notify_many.kind
  join public.organization_members m on m.organization_id = o.id and m.role >= k.minimum_role
  left join public.notification_settings s on s.user_id = m.user_id and s.kind = k.kind
  where coalesce(s.in_app, true) or coalesce(s.by_email, true)
$$;
comment on function private.notify_many is
  'Tells the people of organizations: data[i] to organization_ids[i], in the app and by e-mail, as each has it set.';

create function private.notify(organization_id uuid, kind text, data jsonb, as_of timestamptz default now()) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  select private.notify_many(array[organization_id], kind, array[data], as_of)
$$;
comment on function private.notify is 'Tells the people of one organization.';


-- Sending ----------------------------------------------------------------------------------------------------------------

-- Letters are written when there is somebody to carry them, so that telling a hundred thousand people holds nobody up.
create function private.write_letters(as_of timestamptz, max_letters int) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  with due as (
    select n.user_id, n.id from public.notifications n
    where n.is_to_be_mailed and n.created_at <= as_of
    order by n.id limit max_letters
    for update skip locked
  ), taken as (
    update public.notifications n set is_to_be_mailed = false
    from due d where n.user_id = d.user_id and n.id = d.id
    returning n.user_id, n.kind, n.data, n.created_at
  )
  insert into public.email_outbox (kind, user_id, to_address, locale, time_zone, data, unsubscribe_token, next_attempt_at, created_at)
  select k.kind, p.id, u.email, p.locale, p.time_zone, t.data, case when not k.is_essential then gen_random_uuid() end, as_of, t.created_at
  from taken t
  join public.notification_kinds k on k.kind = t.kind
  join public.profiles p on p.id = t.user_id
  join auth.users u on u.id = p.id
  where u.email is not null
$$;
comment on function private.write_letters is 'Writes the letters of notifications that are to be mailed, at most so many.';

create function public.claim_emails(as_of timestamptz default now(), max_items int default 50, lease_seconds int default 300) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  answer jsonb;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key sends e-mail.');
  end if;
  -- One whose sender died eight times is given up, like one the server refused eight times.
  perform private.write_letters(as_of, max_items);
  update public.email_outbox e
  set status = 'failed', error = coalesce(e.error, 'no_answer'), next_attempt_at = null, lease_id = null
  where e.status = 'queued' and e.next_attempt_at <= as_of and e.attempts >= 8;

  with due as (
    select e.id from public.email_outbox e
    where e.status = 'queued' and e.next_attempt_at <= as_of
    order by e.next_attempt_at limit max_items
    for update skip locked
  ), leased as (
    update public.email_outbox e
    set attempts = e.attempts + 1, lease_id = gen_random_uuid(), next_attempt_at = as_of + make_interval(secs => lease_seconds)
    from due d where d.id = e.id
    returning e.*
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'email_id', l.id, 'lease_id', l.lease_id, 'kind', l.kind, 'to_address', l.to_address, 'locale', l.locale,
    'time_zone', l.time_zone, 'data', l.data, 'unsubscribe_token', l.unsubscribe_token, 'created_at', l.created_at
  ) order by l.created_at), '[]') into answer
  from leased l;
  return answer;
end
$$;
comment on function public.claim_emails is
  'Service key only: e-mails to send now, leased: [{email_id, lease_id, kind, to_address, locale, time_zone, data, unsubscribe_token, created_at}]. One whose lease ran out is handed out again; after 8 tries it is given up.';
grant execute on function public.claim_emails to service_role;

create function public.settle_email(email_id uuid, lease_id uuid, is_sent boolean, error text default null, as_of timestamptz default now()) returns text
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  outcome text;
begin
  if not private.is_service() then
    perform private.refuse('not_allowed', 'Only the service key sends e-mail.');
  end if;
  update public.email_outbox e
  set status = case when is_sent then 'sent' when e.attempts >= 8 then 'failed' else 'queued' end,
      sent_at = case when is_sent then as_of end,
      next_attempt_at = case when not is_sent and e.attempts < 8 then as_of + private.backoff(e.attempts) end,
      error = case when not is_sent then left(coalesce(settle_email.error, 'unknown'), 500) end,
      data = case when is_sent then e.data - 'token' else e.data end, -- what opens a door is not kept longer than needed
      lease_id = null
  where e.id = settle_email.email_id and e.lease_id = settle_email.lease_id and e.status = 'queued'
  returning e.status into outcome;
  return coalesce(outcome, 'lost_lease');
end
$$;
comment on function public.settle_email is
  'Service key only: how sending went. Answers sent, queued (tried again later), failed (given up after 8 tries) or lost_lease (another sender has it).';
grant execute on function public.settle_email to service_role;

create function public.unsubscribe(token uuid) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: the letter's link is the right to do this
as $$
declare
  letter public.email_outbox;
begin
  select * into letter from public.email_outbox e where e.unsubscribe_token = unsubscribe.token;
  if not found or letter.user_id is null then
    perform private.refuse('not_found', 'There is no such letter.');
  end if;
  insert into public.notification_settings as s (user_id, kind, by_email) values (letter.user_id, letter.kind, false)
  on conflict on constraint notification_settings_pkey do update set by_email = false;
  return jsonb_build_object('kind', letter.kind);
end
$$;
comment on function public.unsubscribe is
  'Public: the token from a letter switches its kind off by e-mail for its reader. Answers {kind}. 404 not_found.';
grant execute on function public.unsubscribe to anon, authenticated, service_role;
