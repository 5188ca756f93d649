-- What a hosted Supabase project's database holds before the first migration, and @supabase/lite's own
-- schema lacks. Runs after Lite has made its schemas; may run again.

-- Roles belong to the whole server; another database may have made them, or be making them right now.
do $$
declare
  role record;
begin
  for role in values
    ('anon', 'noinherit'), ('authenticated', 'noinherit'), ('service_role', 'noinherit bypassrls'),
    -- what the API connects as; see the end of this file
    ('authenticator', 'noinherit'), ('supabase_auth_admin', 'noinherit'), ('supabase_storage_admin', 'noinherit'),
    ('schema_reader', 'noinherit')
  loop
    begin
      execute format('create role %I nologin %s', role.column1, role.column2);
    exception when duplicate_object or unique_violation then
      null;
    end;
  end loop;
end
$$;

create schema if not exists extensions;
grant usage on schema extensions to anon, authenticated, service_role;

-- A hosted project opens everything in public by default; whoever writes migrations has to shut it.
grant usage on schema public to anon, authenticated, service_role;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;

-- Lite leaves auth shut, so that a function body that says auth.uid() fails.
grant usage on schema auth to anon, authenticated, service_role;
grant execute on all functions in schema auth to anon, authenticated, service_role;

-- Lite's read only `request.jwt.claim.*`; PostgREST has long set `request.jwt.claims`, and hosted ones read
-- both.
create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$$;

create or replace function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )
$$;

create or replace function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )
$$;

create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

-- Storage: open to the API's roles, row level security decides (Lite grants this, and everything else with
-- it, when it answers its first request; the adapter stops that).
grant usage on schema storage to anon, authenticated, service_role, supabase_storage_admin;
grant all on all tables in schema storage to anon, authenticated, service_role;
grant execute on all functions in schema storage to anon, authenticated, service_role;

-- The API follows changes of the schema by itself.
create or replace function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql as $$
begin
  notify pgrst, 'reload schema';
end
$$;
drop event trigger if exists pgrst_ddl_watch;
create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
drop event trigger if exists pgrst_drop_watch;
create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_ddl_watch();

-- What the API connects as: none is a superuser, makes roles or databases, or reaches a file or a program of the
-- server's. As on a hosted project:
--   authenticator           PostgREST: owns and reads nothing (noinherit), and becomes anon, authenticated or service_role
--                           for each request
--   supabase_storage_admin  Storage: likewise; and its own tables, which it looks things up in before it asks the policies.
--                           It owns them, because row level security would hide them from anybody else
--   supabase_auth_admin     Auth: the rows of its own tables, no more
-- And one that is needed here only:
--   schema_reader           Lite learns the schema from information_schema, which shows a role only what it has some right to;
--                           this one may refer to every table and read none
do $$
declare
  membership record;
begin
  for membership in
    select * from (values
      ('anon', 'authenticator'), ('authenticated', 'authenticator'), ('service_role', 'authenticator'),
      ('schema_reader', 'authenticator'),
      ('anon', 'supabase_storage_admin'), ('authenticated', 'supabase_storage_admin'),
      ('service_role', 'supabase_storage_admin')
    ) as wanted (role, member)
    where not exists (
      select from pg_auth_members m
      where m.roleid = wanted.role::regrole and m.member = wanted.member::regrole
    )
  loop
    begin
      execute format('grant %I to %I', membership.role, membership.member);
    exception when unique_violation or internal_error then -- another database is doing it right now
      null;
    end;
  end loop;
end
$$;

grant references on all tables in schema public, storage to schema_reader;
alter default privileges in schema public grant references on tables to schema_reader;

grant usage on schema auth to supabase_auth_admin;
grant select, insert, update, delete on all tables in schema auth to supabase_auth_admin;
alter table storage.buckets owner to supabase_storage_admin;
alter table storage.objects owner to supabase_storage_admin;

-- How long a statement may take: a hosted project's values, but for service_role, which docs/operations.md says.
do $$
declare
  setting record;
begin
  for setting in
    select * from (values
      ('anon', '3s'), ('authenticated', '8s'), ('service_role', '2min'), ('authenticator', '8s'), ('supabase_auth_admin', '8s'),
      ('supabase_storage_admin', '8s')
    ) as wanted (role, most)
    where not exists (
      select from pg_roles r
      where r.rolname = wanted.role and format('statement_timeout=%s', wanted.most) = any (r.rolconfig)
    )
  loop
    begin
      execute format('alter role %I set statement_timeout = %L', setting.role, setting.most);
    exception when internal_error then -- another database is doing it right now
      null;
    end;
  end loop;
end
$$;
