-- What the contract tests call. Gone when they end.
create type public.contract_mood as enum ('sad', 'ok', 'happy');

create table public.contract_notes (
  id uuid primary key default gen_random_uuid(),
  owner uuid not null default auth.uid(),
  title text not null unique check (length(title) < 100),
  mood contract_mood not null default 'ok',
  content jsonb,
  amount numeric(12, 2),
  written_at timestamptz not null default now(),
  read_at timestamptz[] not null default array[now()],
  secret text
);
alter table public.contract_notes enable row level security;
revoke all on public.contract_notes from anon, authenticated;
grant select (id, owner, title, mood, content, amount, written_at, read_at)
  on public.contract_notes to authenticated;
grant all on public.contract_notes to service_role;
grant insert (title, mood, content, amount), update (title) on public.contract_notes to authenticated;
create policy "own notes" on public.contract_notes to authenticated
  using (owner = (select auth.uid())) with check (owner = (select auth.uid()));

create table public.contract_parts (id int primary key, part_of int references public.contract_parts (id));
alter table public.contract_parts enable row level security;
grant select on public.contract_parts to anon, authenticated;

create table public.contract_shut (id int);
alter table public.contract_shut enable row level security;
revoke all on public.contract_shut from anon, authenticated;

create schema contract_private;
create table contract_private.things (id int);
alter table contract_private.things enable row level security;

create function public.contract_void() returns void language sql as '';
create function public.contract_kind(value jsonb) returns text language sql as 'select jsonb_typeof(value)';
create function public.contract_jsonb(value jsonb) returns jsonb language sql as 'select value';
create function public.contract_json(value json) returns json language sql as 'select value';
create function public.contract_enum(mood contract_mood) returns contract_mood language sql as 'select mood';
create function public.contract_text(value text) returns text language sql as 'select value';
create function public.contract_texts(items text[]) returns text[] language sql as 'select items';
create function public.contract_count(ids uuid[]) returns int language sql as 'select cardinality(ids)';
create function public.contract_default(a text, b text default 'b') returns text language sql
  as 'select a || b';
create function public.contract_rows(n int) returns table (number int, words text) language sql
  as $$ select i, '{' || i || '}' from generate_series(1, n) as i $$;
create function public.contract_note() returns public.contract_notes language sql
  as $$ select gen_random_uuid(), gen_random_uuid(), 'title', 'sad'::public.contract_mood, '[1]'::jsonb, 1.00,
               '2026-11-20 04:19:21.47+00'::timestamptz, '{}'::timestamptz[], 'secret' $$;
create function public.contract_time(at timestamptz) returns timestamptz language sql as 'select at';
create function public.contract_uid() returns uuid language sql stable set search_path = ''
  as 'select auth.uid()';
create function public.contract_role() returns text language sql stable set search_path = ''
  as $$ select auth.jwt() ->> 'role' || ' ' || current_user $$;
create function public.contract_setting(name text) returns text language sql stable
  as 'select current_setting(name)';
create function public.contract_sleep(seconds float) returns void language sql as 'select pg_sleep(seconds)';
create function public.contract_sleep_long(seconds float) returns void language sql set statement_timeout = '9s' as 'select pg_sleep(seconds)';
create function public.contract_denied() returns void language sql as '';
revoke execute on function public.contract_denied from public, anon, authenticated;
create function public.contract_plain() returns void language plpgsql
  as $$ begin raise exception 'plain words'; end $$;
create function public.contract_raise(code text, message text, detail text, hint text) returns void
  language plpgsql
  as $$ begin raise exception using errcode = code, message = message, detail = detail, hint = hint; end $$;
do $$
declare
  routine regprocedure;
begin
  for routine in select oid from pg_proc where proname like 'contract\_%' and proname <> 'contract_denied' loop
    execute format('grant execute on function %s to anon, authenticated, service_role', routine);
  end loop;
end $$;

insert into storage.buckets (id, name, public) values ('contract-private', 'contract-private', false)
  on conflict do nothing;
insert into storage.buckets (id, name, public) values ('contract-public', 'contract-public', true)
  on conflict do nothing;
insert into storage.buckets (id, name, public, file_size_limit) values ('contract-small', 'contract-small', false, 1000000)
  on conflict do nothing;
create policy "contract: own folder" on storage.objects to authenticated
  using (bucket_id in ('contract-private', 'contract-small') and (storage.foldername(name))[1] = (select auth.uid())::text)
  with check (bucket_id in ('contract-private', 'contract-small') and (storage.foldername(name))[1] = (select auth.uid())::text);
