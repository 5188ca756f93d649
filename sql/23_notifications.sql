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
comment on column public.notifications.data is
  'What the words are made of: dates, not how far off they are (days_left is what it was when it was told). Carries the organization''s name, slug and time_zone, by which its dates are read.';
comment on column public.notifications.is_to_be_mailed is 'True until claim_emails has written the e-mail.';
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

create function public.mark_notifications_read(ids bigint[] default null, up_to bigint default null) returns int
  language plpgsql volatile security definer set search_path = '' -- definer: touches only the caller's own rows
as $$
declare
  caller uuid := private.require_sign_in();
  marked int;
begin
  update public.notifications n set read_at = now()
  where n.user_id = caller and n.is_shown and n.read_at is null
    and (ids is null or n.id = any (ids)) and (up_to is null or n.id <= up_to);
  get diagnostics marked = row_count;
  return marked;
end
$$;
comment on function public.mark_notifications_read is
  'Marks the caller''s notifications as read: these, or all when ids is null; up_to: none newer than the newest that was shown. Answers how many were unread.';
grant execute on function public.mark_notifications_read to authenticated;


-- Outbox: e-mails to be sent, each once. ---------------------------------------------------------------------------------

create table public.email_outbox (
  id uuid primary key default private.new_id(),
  kind text not null references public.notification_kinds (kind),
  user_id uuid references public.profiles (id) on delete cascade,
  organization_id uuid,
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
  constraint data_has_names check (jsonb_typeof(data) = 'object'),
  constraint status_is_known check (status in ('queued', 'sent', 'failed')),
  constraint only_the_queued_wait check ((status = 'queued') = (next_attempt_at is not null)),
  constraint what_was_sent_says_when check ((status = 'sent') = (sent_at is not null)),
  constraint what_failed_says_why check (status <> 'failed' or error is not null)
);
comment on table public.email_outbox is
  'E-mails to be sent: claimed with a lease, tried at most 8 times, sent once. They go with the person they are for; addresses and data are wiped 30 days after.';
comment on column public.email_outbox.organization_id is
  'Of whose people the reader has to be when the e-mail is claimed; null: an invitation, or one that needs no membership.';
comment on column public.email_outbox.error is
  'Why it was not sent: what the mail server said, or switched_off, not_a_member, address_changed, invitation_over, no_answer.';
create index email_outbox_queue_idx on public.email_outbox (next_attempt_at) where status = 'queued';
create index email_outbox_user_id_idx on public.email_outbox (user_id) where user_id is not null;
create index email_outbox_kind_idx on public.email_outbox (kind);
create unique index email_outbox_unsubscribe_token_key on public.email_outbox (unsubscribe_token) where unsubscribe_token is not null;

alter table public.email_outbox enable row level security;
grant select on public.email_outbox to service_role;
-- nobody else reads it, and only the RPCs below write it: it holds addresses and links


-- Telling: one statement for however many. -------------------------------------------------------------------------------

-- The organizations' people whose role is high enough, each by what they switched on.
create function private.notify_many(organization_ids uuid[], kind text, data jsonb[], as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.notifications (user_id, organization_id, kind, data, created_at, is_shown, is_to_be_mailed)
  select m.user_id, o.id, k.kind, t.data || jsonb_build_object('organization', o.name, 'slug', o.slug, 'time_zone', os.time_zone), as_of,
    coalesce(s.in_app, true), coalesce(s.by_email, true)
  from unnest(organization_ids, data) as t (organization_id, data)
  join public.organizations o on o.id = t.organization_id
  join public.organization_settings os on os.organization_id = o.id
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

create function private.notify_person(user_id uuid, organization_id uuid, kind text, data jsonb, as_of timestamptz default now()) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.notifications (user_id, organization_id, kind, data, created_at, is_shown, is_to_be_mailed)
  select p.id, null, k.kind, data || jsonb_build_object('organization', o.name, 'slug', o.slug, 'time_zone', os.time_zone), as_of,
    coalesce(s.in_app, true), coalesce(s.by_email, true)
  from public.profiles p
  join public.organizations o on o.id = notify_person.organization_id
  join public.organization_settings os on os.organization_id = o.id
  join public.notification_kinds k on k.kind = notify_person.kind
  left join public.notification_settings s on s.user_id = p.id and s.kind = k.kind
  where p.id = notify_person.user_id and (coalesce(s.in_app, true) or coalesce(s.by_email, true))
$$;
comment on function private.notify_person is 'Tells one person of something about an organization that they need not belong to, or not any more: it is theirs, not the organization''s.';
