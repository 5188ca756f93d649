-- What platform admins did: each of their RPCs that changes something leaves one line, in the breath in which it asks whether they may.

create table public.admin_actions (
  id uuid primary key default private.new_id(),
  admin_id uuid not null, -- without a foreign key: the line outlives the person's profile
  action text not null,
  organization_id uuid, -- as above: an organization is never deleted
  subject text,
  detail jsonb not null default '{}',
  occurred_at timestamptz not null default now(),
  constraint action_is_named check (action ~ '^[a-z_]{1,60}$'),
  constraint subject_fits check (char_length(subject) <= 100),
  constraint detail_fits check (char_length(detail::text) <= 1000)
);
comment on table public.admin_actions is
  'Append-only: what platform admins did, by the name of the RPC. It says what was decided and about what; the words written beside it stand where they were written.';
comment on column public.admin_actions.subject is 'The id of what was acted on (a request, payment, story, message, plan), or its name (a level, a job).';
comment on column public.admin_actions.detail is 'What was decided, in codes and numbers: {decision?, outcome?, level?, amount?, …}.';
create index admin_actions_occurred_at_idx on public.admin_actions (occurred_at desc, id desc);
create index admin_actions_admin_id_idx on public.admin_actions (admin_id, occurred_at desc, id desc);
create index admin_actions_action_idx on public.admin_actions (action, occurred_at desc, id desc);
create index admin_actions_subject_idx on public.admin_actions (subject, occurred_at desc, id desc) where subject is not null;
create index admin_actions_organization_id_idx on public.admin_actions (organization_id, occurred_at desc, id desc);

alter table public.admin_actions enable row level security;
grant select on public.admin_actions to authenticated, service_role;
create policy "platform admins read what platform admins did" on public.admin_actions
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete, truncate are not granted: act_as_platform_admin is the only writer, and the trigger holds even the table's owner
create function private.refuse_to_rewrite_actions() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  perform private.refuse('not_allowed', 'What was done is only added to.');
  return null;
end
$$;
comment on function private.refuse_to_rewrite_actions is 'Trigger: what platform admins did is append-only.';

create trigger admin_actions_rows_stay before update or delete on public.admin_actions
  for each row execute function private.refuse_to_rewrite_actions();
create trigger admin_actions_table_stays before truncate on public.admin_actions
  for each statement execute function private.refuse_to_rewrite_actions();


-- The one place where a platform admin is asked for: who only reads passes the first, who changes something the second. ---

create function private.require_platform_admin() returns uuid
  language plpgsql stable set search_path = ''
as $$
declare
  caller uuid := private.require_sign_in();
begin
  if not private.is_platform_admin() then
    perform private.refuse('not_allowed', 'Only platform admins may do this.');
  end if;
  return caller;
end
$$;
comment on function private.require_platform_admin is 'Id of the calling platform admin; else 401 sign_in_required or 403 not_allowed.';

create function private.act_as_platform_admin(action text, organization_id uuid, subject text, detail jsonb default '{}') returns uuid
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  caller uuid := private.require_platform_admin();
begin
  insert into public.admin_actions (admin_id, action, organization_id, subject, detail)
  values (caller, action, organization_id, left(subject, 100), jsonb_strip_nulls(detail));
  return caller;
end
$$;
comment on function private.act_as_platform_admin is
  'What every RPC begins with by which platform admins change something: who they are, and the line of it, which goes with the change when that is refused. 401 sign_in_required, 403 not_allowed.';
