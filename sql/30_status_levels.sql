-- Status levels: what a badge says, how it is held, and everything that ever happened to it.

create type public.status_level as enum ('0', 'A', 'B', 'C'); -- in order: the level shown is the highest active one
create type public.status_level_action as enum ('granted', 'extended', 'revoked', 'expired', 'grace_started', 'grace_ended', 'superseded', 'name_changed');

-- Why we or billing did it. An admin writes reasons in words of their own, and these stand beside them in the history.
create type private.level_reason as enum (
  'payment_failed', 'paid', 'granted', 'granted_before', 'grace_period_ended', 'subscription_cancelled', 'refunded',
  'paid_level_lost', 'criteria_met', 'criteria_not_met', 'term_ended', 'organization_deleted', 'claim_upheld'
);


-- Levels held, now and before. -------------------------------------------------------------------------------------------

create table public.organization_status_levels (
  id uuid primary key with (fillfactor = 50) default private.new_id(), -- half of each page is kept for the day the row ends
  organization_id uuid not null references public.organizations (id) on delete restrict,
  level public.status_level not null,
  is_active boolean not null default true,
  valid_from timestamptz not null default now(),
  valid_until timestamptz,
  granted_at timestamptz not null default now(),
  granted_by uuid references public.profiles (id) on delete set null,
  subscription_id uuid, -- references public.subscriptions, which comes with 41_subscriptions
  granted_until timestamptz,
  notes text,
  revoked_at timestamptz,
  revoked_by uuid references public.profiles (id) on delete set null,
  revoke_reason text,
  constraint a_level_is_active_until_revoked check (is_active = (revoked_at is null)),
  constraint a_revocation_has_a_reason check ((revoked_at is null) = (revoke_reason is null)),
  constraint a_term_ends_after_it_begins check (valid_until > valid_from),
  constraint a_term_is_kept_under_a_subscription check (granted_until is null or subscription_id is not null)
);
comment on table public.organization_status_levels is
  'Levels an organization holds or held. While a live subscription holds a level, valid_until is null: billing ends it.';
comment on column public.organization_status_levels.granted_until is
  'The end of a term that was granted before a subscription took the level over (infinity: it has none). What is left of it stays when the subscription ends.';
create unique index one_active_row_per_organization_and_level
  on public.organization_status_levels (organization_id, level) where is_active;
create index organization_status_levels_organization_id_idx on public.organization_status_levels (organization_id) with (fillfactor = 50);
create index organization_status_levels_subscription_id_idx on public.organization_status_levels (subscription_id) where subscription_id is not null;
create index organization_status_levels_ending_idx on public.organization_status_levels (valid_until) where is_active;
create index organization_status_levels_held_idx on public.organization_status_levels (level, granted_at desc, organization_id desc) where is_active;
create index organization_status_levels_granted_by_idx on public.organization_status_levels (granted_by) where granted_by is not null;
create index organization_status_levels_revoked_by_idx on public.organization_status_levels (revoked_by) where revoked_by is not null;

alter table public.organization_status_levels enable row level security;
grant select on public.organization_status_levels to authenticated, service_role;
create policy "members and admins see the levels held" on public.organization_status_levels
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('viewer')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- the public asks get_organization_status, which tells no names and no notes
-- insert, update, delete are not granted: levels change through the RPCs below


-- From the first level ever held nothing is hidden: whoever writes the level, the organization remembers when that was.
create function private.note_first_level() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
begin
  update public.organizations o set first_level_at = n.valid_from
  from (select r.organization_id, min(r.valid_from) as valid_from from new_rows r group by 1) n
  where o.id = n.organization_id and o.first_level_at is null;
  return null;
end
$$;
comment on function private.note_first_level is 'Trigger: an organization''s first level is remembered for good.';

create trigger organization_status_levels_note_the_first after insert on public.organization_status_levels
  referencing new table as new_rows for each statement execute function private.note_first_level();


-- History: append-only, for everyone. ------------------------------------------------------------------------------------

create table public.status_level_events (
  id bigint generated always as identity,
  organization_id uuid not null, -- the level it is about has the foreign key; a second look at each row would cost a fifth of the daily job
  level public.status_level not null,
  action public.status_level_action not null,
  reason text,
  valid_until timestamptz,
  occurred_at timestamptz not null default now(),
  actor_kind text not null,
  actor_id uuid references public.profiles (id) on delete set null,
  detail jsonb,
  primary key (organization_id, occurred_at, id), -- as it is read; an index for id alone would cost the daily job a tenth
  constraint actor_kind_is_known check (actor_kind in ('system', 'billing', 'job', 'admin')),
  constraint what_happens_by_itself_has_a_known_reason check (
    actor_kind not in ('billing', 'job') or reason is null or reason::private.level_reason is not null),
  constraint only_admins_have_names check (actor_id is null or actor_kind = 'admin')
);
comment on table public.status_level_events is 'Everything that happened to a level. Nobody updates or deletes, the service role included.';
comment on column public.status_level_events.detail is 'name_changed: {name: {from, to}, legal_name: {from, to}}; else null.';
create index status_level_events_actor_id_idx on public.status_level_events (actor_id) where actor_id is not null;

alter table public.status_level_events enable row level security;
grant select on public.status_level_events to authenticated, service_role;
create policy "members and admins see what happened" on public.status_level_events
  for select to authenticated
  using (
    organization_id = any (array(select private.organization_ids_where('viewer')))
    or ((select private.is_platform_admin()) and organization_id >= private.platform_admins_read_from())
  );
-- the public asks get_status_history, which tells no actors
-- insert, update, delete, truncate are not granted to anyone; the trigger holds even the owner of the table
create function private.refuse_to_rewrite_history() returns trigger
  language plpgsql volatile set search_path = ''
as $$
begin
  -- The only changes that may come: a person's name going with the person (on delete set null).
  if tg_op = 'UPDATE' and new.actor_id is null
    and to_jsonb(new) - 'actor_id' = to_jsonb(old) - 'actor_id'
    and not exists (select from public.profiles where id = old.actor_id)
  then
    return new;
  end if;
  -- And a deleted person's names, which the cleanup masks.
  if tg_op = 'UPDATE' and new.action = 'name_changed'
    and to_jsonb(new) - 'detail' = to_jsonb(old) - 'detail'
    and exists (select from public.organizations o where o.id = old.organization_id and o.deleted_at is not null and o.masked_inn is not null)
  then
    return new;
  end if;
  perform private.refuse('not_allowed', 'History is only added to.');
  return null;
end
$$;
comment on function private.refuse_to_rewrite_history is 'Trigger: history is append-only.';

create trigger status_level_events_rows_stay before update or delete on public.status_level_events
  for each row execute function private.refuse_to_rewrite_history();
create trigger status_level_events_table_stays before truncate on public.status_level_events
  for each statement execute function private.refuse_to_rewrite_history();

create function private.note_status_event(
  organization_id uuid, level public.status_level, action public.status_level_action, reason text,
  valid_until timestamptz, actor_kind text, as_of timestamptz
) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.status_level_events (organization_id, level, action, reason, valid_until, occurred_at, actor_kind, actor_id)
  values (organization_id, level, action, reason, valid_until, as_of, actor_kind, case when actor_kind = 'admin' then auth.uid() end)
$$;
comment on function private.note_status_event is 'Adds one row to the history. The actor''s id is kept only for admins.';

-- What happens to levels is told from their history, so that no way of granting or revoking can forget to.
create function private.notify_of_status_events() returns trigger
  language plpgsql volatile security definer set search_path = '' -- definer: whoever causes an event has no rights here
as $$
begin
  insert into public.notifications (user_id, organization_id, kind, data, created_at, is_shown, is_to_be_mailed)
  select m.user_id, o.id, k.kind, jsonb_build_object(
      'organization', o.name, 'slug', o.slug, 'time_zone', coalesce(os.time_zone, 'Europe/Moscow'), 'level', n.level, 'action', n.action, 'reason', n.reason,
      'valid_until', n.valid_until),
    n.occurred_at, coalesce(s.in_app, true), coalesce(s.by_email, true)
  from new_rows n
  -- grace is told of by billing, which knows why the charge failed and when the next one is
  join public.notification_kinds k on k.kind = case n.action
    when 'granted' then 'status_granted' when 'revoked' then 'status_revoked' when 'expired' then 'status_revoked' end
  join public.organizations o on o.id = n.organization_id
  left join public.organization_settings os on os.organization_id = o.id and os.time_zone <> 'Europe/Moscow'
  join public.organization_members m on m.organization_id = o.id and m.role >= k.minimum_role
  left join public.notification_settings s on s.user_id = m.user_id and s.kind = k.kind
  where coalesce(s.in_app, true) or coalesce(s.by_email, true);
  return null;
end
$$;
comment on function private.notify_of_status_events is 'Trigger: people are told what happens to their organization''s levels.';

create trigger status_level_events_are_told after insert on public.status_level_events
  referencing new table as new_rows for each statement execute function private.notify_of_status_events();


-- The two movements everything else is made of: a level is held, a level ends. -------------------------------------------

-- Answers granted (a new row), extended (other terms on the row there was) or null (nothing changed). Needs the organization's lock.
create function private.set_level(
  organization_id uuid, level public.status_level, valid_until timestamptz, subscription_id uuid,
  notes text, actor_kind text, as_of timestamptz
) returns public.status_level_action
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
declare
  held public.organization_status_levels;
  action public.status_level_action;
begin
  select * into held from public.organization_status_levels l
  where l.organization_id = set_level.organization_id and l.level = set_level.level and l.is_active;

  if not found then
    insert into public.organization_status_levels
      (organization_id, level, valid_from, valid_until, granted_at, granted_by, subscription_id, notes)
    values (organization_id, level, as_of, valid_until, as_of,
            case when actor_kind = 'admin' then auth.uid() end, subscription_id, notes);
    action := 'granted';
  elsif held.subscription_id is not null and set_level.subscription_id is null then
    perform private.refuse('subscription_exists', 'A subscription holds this level, and billing ends it.',
                           'Grant it when the subscription has ended.');
  elsif (held.valid_until, held.subscription_id) is distinct from (set_level.valid_until, set_level.subscription_id) then
    update public.organization_status_levels l
    set valid_until = set_level.valid_until, subscription_id = set_level.subscription_id, notes = coalesce(set_level.notes, l.notes),
        granted_until = case when held.subscription_id is null and set_level.subscription_id is not null
                        then coalesce(held.valid_until, 'infinity') else held.granted_until end
    where l.id = held.id;
    action := 'extended';
  end if;

  if action is not null then
    perform private.note_status_event(organization_id, level, action, notes, valid_until, actor_kind, as_of);
  end if;
  if level in ('A', 'B') then
    perform private.end_level(organization_id, '0', 'superseded', case actor_kind when 'billing' then 'paid' else 'granted' end, actor_kind, as_of);
  end if;
  return action;
end
$$;
comment on function private.set_level is
  'Makes the organization hold the level on these terms: granted, extended, or null when nothing changed; A and B supersede 0. The caller has the organization''s lock.';

-- Ends many at once, in three statements however many they are. Level C stands on A or B and falls with the last of them.
create function private.end_levels(
  level_ids uuid[], action public.status_level_action, reason text, actor_kind text, as_of timestamptz, only_over boolean default false,
  out ended int, out fallen_c int
)
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  unpaid_ids uuid[]; -- organizations that lost A or B
  fallen_ids uuid[];
begin
  with ending as (
    update public.organization_status_levels l
    set is_active = false, revoked_at = as_of, revoke_reason = reason,
        revoked_by = case when actor_kind = 'admin' then auth.uid() end
    where l.id = any (level_ids) and l.is_active -- by the index, however large the table
      and (not only_over or l.valid_until <= as_of) -- who found them looked before the locks: one may have been prolonged since
    returning l.organization_id, l.level
  ), noted as (
    insert into public.status_level_events (organization_id, level, action, reason, occurred_at, actor_kind, actor_id)
    select e.organization_id, e.level, action, reason, as_of, actor_kind, case when actor_kind = 'admin' then auth.uid() end
    from ending e
  )
  select count(*), array_agg(e.organization_id) filter (where e.level in ('A', 'B')) into ended, unpaid_ids from ending e;
  fallen_c := 0;

  select array_agg(c.id) into fallen_ids
  from public.organization_status_levels c
  where c.level = 'C' and c.is_active
    and c.organization_id = any (unpaid_ids)
    and not exists (
      select from public.organization_status_levels l
      where l.organization_id = c.organization_id and l.level in ('A', 'B') and l.is_active
    );
  if fallen_ids is not null then
    select e.ended into fallen_c from private.end_levels(fallen_ids, 'revoked', 'paid_level_lost', 'system', as_of) e;
  end if;
end
$$;
comment on function private.end_levels is
  'Ends active levels by id (only_over: those whose term is over), and C with the last of A and B: how many ended, and how many C fell with them. The caller has the organizations'' locks.';

create function private.end_level(
  organization_id uuid, level public.status_level, action public.status_level_action, reason text, actor_kind text, as_of timestamptz
) returns boolean
  language sql volatile security definer set search_path = '' -- definer: nobody may update
as $$
  select e.ended > 0
  from private.end_levels(
    array(
      select l.id from public.organization_status_levels l
      where l.organization_id = end_level.organization_id and l.level = end_level.level and l.is_active
    ),
    action, reason, actor_kind, as_of
  ) e
$$;
comment on function private.end_level is
  'Ends one active level: false when there was none. The caller has the organization''s lock.';
