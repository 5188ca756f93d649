-- Scans: every hit of a printed code, as it was seen.

create table public.qr_scans (
  id bigint generated always as identity primary key,
  qr_code_id uuid not null references public.qr_codes (id) on delete restrict,
  organization_id uuid not null references public.organizations (id) on delete restrict,
  scanned_at timestamptz not null default now(),
  visitor_hash bytea not null,
  bot_reason text,
  device_type text,
  os text,
  browser text,
  referrer_host text,
  country text,
  is_unique boolean not null,
  written_in xid8 not null default pg_current_xact_id(), -- by which the roll-up (64) knows what it has counted
  constraint a_bot_is_not_a_unique_visitor check (bot_reason is null or not is_unique)
);
comment on table public.qr_scans is
  'Every hit of a code; no IP address, visitor_hash is salted anew each day. Bots are kept with the reason; is_unique: a person''s first that day.';
create index qr_scans_qr_code_id_idx on public.qr_scans (qr_code_id, scanned_at desc);
create index qr_scans_organization_id_idx on public.qr_scans (organization_id, scanned_at desc);
create index qr_scans_written_in_idx on public.qr_scans (written_in, id);
create index qr_scans_unique_visitors_idx on public.qr_scans (organization_id, scanned_at) where is_unique;

alter table public.qr_scans enable row level security;
grant select on public.qr_scans to authenticated, service_role;
create policy "members see their organization's scans" on public.qr_scans
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert, update, delete are not granted: scan_qr will write, and nobody rewrites what was counted
