-- Differences: where our books and ЮKassa's do not agree, and what a platform admin decides about it. The comparison itself: 48_webhooks_and_sweep.

create table public.payment_differences (
  id uuid primary key default private.new_id(),
  kind text not null,
  object_id text not null,
  detail jsonb not null,
  found_at timestamptz not null,
  last_seen_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by uuid references public.profiles (id) on delete set null,
  resolution text,
  constraint kind_is_known check (kind in ('unknown_payment', 'unknown_refund', 'payment_missing_at_yookassa', 'payment_differs', 'payment_quarantined', 'refund_differs', 'refund_failed', 'receipt_stuck', 'subscription_stranded')),
  constraint what_is_resolved_says_how check ((resolved_at is null) = (resolution is null))
);
comment on table public.payment_differences is 'Where our books and ЮKassa''s do not agree: found once, seen again, resolved by a person. Each open one is an alert.';
create unique index one_open_difference_per_object on public.payment_differences (kind, object_id) where resolved_at is null;
create index payment_differences_resolved_by_idx on public.payment_differences (resolved_by);

alter table public.payment_differences enable row level security;
grant select on public.payment_differences to authenticated, service_role;
create policy "platform admins see the differences" on public.payment_differences
  for select to authenticated
  using ((select private.is_platform_admin()));
-- insert, update, delete are not granted: the RPCs below are the only way
create function private.note_difference(kind text, object_id text, detail jsonb, as_of timestamptz) returns void
  language sql volatile security definer set search_path = '' -- definer: nobody may insert
as $$
  insert into public.payment_differences as d (kind, object_id, detail, found_at, last_seen_at)
  values (kind, object_id, detail, as_of, as_of)
  on conflict (kind, object_id) where resolved_at is null do update set detail = excluded.detail, last_seen_at = excluded.last_seen_at
$$;
comment on function private.note_difference is 'Notes a difference, once while it is open.';

create function public.resolve_difference(difference_id uuid, resolution text) returns void
  language plpgsql volatile security definer set search_path = '' -- definer: nobody may update
as $$
declare
  caller uuid := private.act_as_platform_admin('resolve_difference', null, difference_id::text, jsonb_build_object(
    'kind', (select d.kind from public.payment_differences d where d.id = difference_id),
    'object_id', (select left(d.object_id, 100) from public.payment_differences d where d.id = difference_id)));
begin
  if coalesce(private.visible_length(resolution), 0) = 0 then
    perform private.refuse('invalid_input', '[{"field": "resolution", "code": "required"}]');
  end if;
  update public.payment_differences d set resolved_at = now(), resolved_by = caller, resolution = btrim(resolve_difference.resolution)
  where d.id = difference_id and d.resolved_at is null;
  if not found then
    perform private.refuse('not_found', 'There is no such open difference.');
  end if;
end
$$;
comment on function public.resolve_difference is 'Platform admins: says how a difference was settled. 403 not_allowed, 404 not_found, 422 invalid_input.';
grant execute on function public.resolve_difference to authenticated;
