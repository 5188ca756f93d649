-- QR codes: what is printed, and who scanned it. So far only what level C counts; making and scanning codes comes with its own RPCs.

create table public.qr_codes (
  id uuid primary key default private.new_id(),
  organization_id uuid not null references public.organizations (id) on delete restrict,
  code text not null,
  title text not null default '',
  target_kind text not null default 'organization_page',
  target_url text,
  is_active boolean not null default true,
  created_by uuid references public.profiles (id) on delete set null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint code_is_ten_characters check (code ~ '^[A-Za-z0-9]{10}$'),
  constraint title_fits check (char_length(title) <= 120),
  constraint target_kind_is_known check (target_kind in ('organization_page', 'url', 'story')),
  constraint a_url_target_has_an_address check ((target_kind = 'url') = (target_url is not null)),
  constraint target_url_is_a_web_address check (target_url ~* '^https?://[^[:space:]"<>]+$' and char_length(target_url) <= 2000),
  constraint qr_codes_code_key unique (code)
);
comment on table public.qr_codes is 'A printed code and where it leads. A printed code never dies: there is no delete.';
create index qr_codes_organization_id_idx on public.qr_codes (organization_id, created_at desc);
create index qr_codes_created_by_idx on public.qr_codes (created_by);

create trigger qr_codes_touch_updated_at before update on public.qr_codes
  for each row execute function private.touch_updated_at();

alter table public.qr_codes enable row level security;
grant select on public.qr_codes to authenticated, service_role;
create policy "members see their organization's codes" on public.qr_codes
  for select to authenticated
  using (organization_id = any (array(select private.organization_ids_where('viewer'))));
-- insert and update are not granted yet: create_qr_codes comes with the QR pages
-- delete is not granted: a printed code never dies
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
  written_in xid8 not null default pg_current_xact_id(), -- by which the roll-up (56) knows what it has counted
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
