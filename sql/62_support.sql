-- Support: anybody writes to us, a platform admin answers, and the answer goes out by e-mail.


-- Messages: one is a ticket. ----------------------------------------------------------------------------------------------

create table public.support_messages (
  id uuid primary key default private.new_id(),
  number bigint not null generated always as identity,
  subject text not null,
  message text not null,
  email text,
  author_id uuid references public.profiles (id) on delete cascade,
  organization_id uuid references public.organizations (id) on delete set null,
  answered_at timestamptz,
  created_at timestamptz not null default now(),
  constraint support_messages_number_key unique (number),
  constraint subject_fits check (char_length(subject) between 1 and 120 and private.is_one_line(subject)),
  constraint message_fits check (char_length(message) between 1 and 4000),
  constraint email_is_an_address check (private.is_email(email) and email = private.canonical_email(email)),
  constraint only_what_was_answered_has_no_address check (email is not null or answered_at is not null)
);
comment on table public.support_messages is
  'What people and visitors wrote to us; each is a ticket, and number is what is said of it in words. It goes with the person who wrote it.';
comment on column public.support_messages.email is
  'A visitor''s as they typed it, so nobody has shown that it is theirs; a person''s confirmed one as it was then. Forgotten 30 days after the answer.';
comment on column public.support_messages.organization_id is 'What it is about: an organization of the author''s, or one with a public page.';
comment on column public.support_messages.answered_at is 'When it was answered last; null: it is open.';
create index support_messages_open_idx on public.support_messages (created_at, id) where answered_at is null;
create index support_messages_answered_idx on public.support_messages (answered_at desc, id desc) where answered_at is not null;
create index support_messages_email_idx on public.support_messages (email) where email is not null;
create index support_messages_author_id_idx on public.support_messages (author_id, created_at desc);
create index support_messages_organization_id_idx on public.support_messages (organization_id);

-- As a set of ids, so that a person's own are found by an index.
create function private.own_ticket_ids() returns setof uuid
  language sql stable security definer set search_path = '' -- definer: the policy on the table itself asks it
as $$
  select id from public.support_messages where author_id = (select auth.uid())
$$;
comment on function private.own_ticket_ids is 'Support messages that the caller wrote.';
grant execute on function private.own_ticket_ids to authenticated;

alter table public.support_messages enable row level security;
grant select on public.support_messages to authenticated, service_role;
create policy "people read what they wrote, platform admins all" on public.support_messages
  for select to authenticated
  using (
    id = any (array(select private.own_ticket_ids()))
    or ((select private.is_platform_admin()) and id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: the RPCs below are the only way


-- Answers: all are kept. --------------------------------------------------------------------------------------------------

create table public.support_answers (
  id uuid primary key default private.new_id(),
  ticket_id uuid not null references public.support_messages (id) on delete cascade,
  message text not null,
  answered_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  constraint message_fits check (char_length(message) between 1 and 4000)
);
comment on table public.support_answers is 'What we answered to a support message, each as it went out by e-mail.';
create index support_answers_ticket_id_idx on public.support_answers (ticket_id, created_at);
create index support_answers_answered_by_idx on public.support_answers (answered_by);

alter table public.support_answers enable row level security;
grant select on public.support_answers to authenticated, service_role;
create policy "whoever reads the message reads its answers" on public.support_answers
  for select to authenticated
  using (
    ticket_id = any (array(select private.own_ticket_ids()))
    or ((select private.is_platform_admin()) and ticket_id >= private.platform_admins_read_from())
  );
-- insert, update, delete are not granted: answer_support_message is the only way


-- Writing to us, and answering --------------------------------------------------------------------------------------------

create function public.send_support_message(subject text, message text, email text default null, organization_id uuid default null) returns jsonb
  language plpgsql volatile security definer set search_path = '' -- definer: visitors write too, and nobody may insert
as $$
declare
  caller uuid := auth.uid();
  faults jsonb;
  ticket public.support_messages;
begin
  subject := btrim(coalesce(subject, ''));
  message := btrim(coalesce(message, ''));
  if caller is null then
    email := btrim(coalesce(email, ''));
  else
    perform private.require_confirmed_email(); -- the answer goes there, whatever was typed
    email := coalesce(private.email_of(caller), '');
  end if;
  select jsonb_agg(jsonb_build_object('field', field, 'code', code)) into faults
  from (values
    ('subject', case when private.visible_length(subject) = 0 then 'required' when char_length(subject) > 120 then 'too_long'
                     when not private.is_one_line(subject) then 'invalid' end),
    ('message', case when private.visible_length(message) = 0 then 'required' when char_length(message) > 4000 then 'too_long' end),
    ('email', case when email = '' then 'required' else private.email_fault(email) end),
    ('organization_id', case when organization_id is not null and not exists (
                          select from public.organizations o
                          where o.id = send_support_message.organization_id
                            and (o.first_level_at is not null or private.role_of(o.id, caller) is not null)
                        ) then 'unknown' end)
  ) as checked (field, code)
  where code is not null;
  if faults is not null then
    perform private.refuse('invalid_input', faults::text);
  end if;
  email := private.canonical_email(email);
  if caller is null then
    perform private.count_a_day_or_refuse('support-from:' || encode(sha256(convert_to(email, 'UTF8')), 'hex'), 5, '1 hour');
    perform private.count_a_day_or_refuse('support-visitors', 100, '1 hour'); -- people who signed in come through all the same
  else
    perform private.count_a_day_or_refuse('support:' || caller, 5, '1 hour');
  end if;
  insert into public.support_messages (subject, message, email, author_id, organization_id)
  values (subject, message, email, caller, organization_id)
  returning * into ticket;
  return jsonb_build_object('ticket_id', ticket.id, 'number', ticket.number);
end
$$;
comment on function public.send_support_message is
  'Public: a message to those who run the platform. Visitors give an e-mail address; people are answered at their confirmed one. organization_id: what it is about, one of the caller''s or one with a public page. Nothing is sent until somebody answers. Answers {ticket_id, number}. 403 email_not_confirmed, 422 invalid_input, 429 too_many_requests beyond 5 an hour by one person or from one address, 100 by all visitors.';
grant execute on function public.send_support_message to anon, authenticated;

create function public.answer_support_message(ticket_id uuid, message text) returns public.support_answers
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.act_as_platform_admin(
    'answer_support_message', (select m.organization_id from public.support_messages m where m.id = ticket_id), ticket_id::text,
    jsonb_build_object('number', (select m.number from public.support_messages m where m.id = ticket_id)));
  ticket public.support_messages;
  answer public.support_answers;
  told jsonb;
begin
  message := btrim(coalesce(message, ''));
  if private.visible_length(message) = 0 or char_length(message) > 4000 then
    perform private.refuse('invalid_input', jsonb_build_array(jsonb_build_object(
      'field', 'message', 'code', case when private.visible_length(message) = 0 then 'required' else 'too_long' end))::text);
  end if;
  select * into ticket from public.support_messages m where m.id = answer_support_message.ticket_id for update;
  if not found then
    perform private.refuse('not_found', 'There is no such message.');
  end if;
  if ticket.email is null and ticket.author_id is null then
    perform private.refuse('invalid_transition', 'It was answered long ago, and the address is forgotten.');
  end if;

  insert into public.support_answers (ticket_id, message, answered_by) values (ticket.id, message, caller) returning * into answer;
  update public.support_messages m set answered_at = now() where m.id = ticket.id;
  -- Our words and the number only: what a visitor wrote is not carried to an address that nobody has shown to be theirs.
  told := jsonb_build_object('number', ticket.number, 'answer', answer.message);
  if ticket.author_id is not null then
    insert into public.notifications (user_id, kind, data, is_to_be_mailed) values (ticket.author_id, 'support_answered', told, true);
  else
    insert into public.email_outbox (kind, to_address, locale, data, next_attempt_at)
    values ('support_answered', ticket.email, case when ticket.message ~* '[а-яё]' then 'ru' else 'en' end, told, now());
  end if;
  return answer;
end
$$;
comment on function public.answer_support_message is
  'Platform admins: answers a message, again if need be; the answer goes out by e-mail, to people in the app as well. 403 not_allowed, 404 not_found, 409 invalid_transition (the address is forgotten), 422 invalid_input.';
grant execute on function public.answer_support_message to authenticated;

create function private.forget_support_addresses(as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  update public.support_messages m set email = null where m.answered_at < as_of - interval '30 days' and m.email is not null
$$;
comment on function private.forget_support_addresses is 'Where an answer went is forgotten 30 days after it.';
