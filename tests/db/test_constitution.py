"""What holds for every object in the database, whoever adds it: asked of the catalog."""

from __future__ import annotations

import pytest
from kit import access
from kit.db import DbEnv

OURS = "('public'::regnamespace, 'private'::regnamespace)"


def names(db: DbEnv, statement: str) -> set[str]:
    return {str(row["name"]) for row in db.rows(statement)}


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_exactly_these_rpcs_are_open(db: DbEnv, role: str) -> None:
    callable_by_role = db.rows(
        "select proname as name from pg_proc where pronamespace = 'public'::regnamespace"
        " and has_function_privilege(%s, oid, 'execute')",
        role,
    )
    assert {row["name"] for row in callable_by_role} == access.may_call(role)


def test_visitors_reach_nothing_private(db: DbEnv) -> None:
    assert db.one("select has_schema_privilege('anon', 'private', 'usage') as usage")["usage"] is False


def test_nothing_private_is_readable_or_writable(db: DbEnv) -> None:
    assert names(db, "select table_name || ' ' || grantee as name from information_schema.role_table_grants"
                        " where table_schema = 'private' and grantee in ('PUBLIC', 'anon', 'authenticated', 'service_role')") == set()  # fmt: skip


RULES = {
    "every table has row level security": f"""
        select c.oid::regclass::text as name from pg_class c
        where c.relnamespace in {OURS} and c.relkind in ('r', 'p') and not c.relrowsecurity""",
    "every function pins an empty search_path": f"""
        select p.oid::regprocedure::text as name from pg_proc p
        where p.pronamespace in {OURS} and not coalesce('search_path=""' = any (p.proconfig), false)""",
    "every table and view says what it is": f"""
        select c.oid::regclass::text as name from pg_class c
        where c.relnamespace in {OURS} and c.relkind in ('r', 'v', 'm', 'p') and obj_description(c.oid, 'pg_class') is null""",
    "every function says what it does": f"""
        select p.oid::regprocedure::text as name from pg_proc p
        where p.pronamespace in {OURS} and obj_description(p.oid, 'pg_proc') is null""",
    "every foreign key is indexed": rf"""
        select conrelid::regclass || '.' || conname as name from pg_constraint k
        where contype = 'f' and connamespace in {OURS} and not exists (
          select from pg_index i where i.indrelid = k.conrelid
            and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) ~ '^\(\w+ IS NOT NULL\)$') -- a key that is null points nowhere
            and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] = k.conkey)""",
    "every table has a primary key": f"""
        select c.oid::regclass::text as name from pg_class c
        where c.relnamespace in {OURS} and c.relkind = 'r'
          and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p')""",
    "policies ask who the caller is once per query": """
        select tablename || ': ' || policyname as name from pg_policies where schemaname in ('public', 'private')
          and regexp_replace(lower(coalesce(qual, '') || coalesce(with_check, '')),
            'select (auth|private)\\.|is_platform_admin\\) and \\([a-z_]+ >= private\\.platform_admins_read_from\\(\\)', '', 'g')
            ~ '(auth|private)\\.[a-z_]+\\('""",
    "what people read beside platform admins goes by an index, but what is published": """
        select tablename || ': ' || policyname as name from pg_policies
        where schemaname = 'public' and qual ~ '\\mOR\\M' and qual ~ 'is_platform_admin'
          and qual !~ 'AND \\(\\w+ >= private.platform_admins_read_from' and tablename not in ('organizations', 'stories')""",
    "every policy is to a role, and one verb": """
        select tablename || ': ' || policyname as name from pg_policies
        where schemaname = 'public' and (roles = '{public}' or cmd = 'ALL')""",
    "one policy per table, verb and role": """
        select tablename || ' ' || cmd || ' ' || role as name from pg_policies, unnest(roles) as role
        where schemaname = 'public' group by tablename, cmd, role having count(*) > 1""",
    "functions raise codes, never bare exceptions": f"""
        select p.oid::regprocedure::text as name from pg_proc p
        where p.pronamespace in {OURS} and p.prosrc ~* 'raise\\s+(exception|sqlstate|''|\\w+ using)' and p.proname <> 'refuse'""",
    "no overloads: PostgREST cannot choose": """
        select proname as name from pg_proc where pronamespace = 'public'::regnamespace group by proname having count(*) > 1""",
    "updated_at is kept by the one shared trigger": f"""
        select a.attrelid::regclass::text as name from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace in {OURS} and c.relkind = 'r' and a.attname = 'updated_at' and not exists (
          select from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = 'private.touch_updated_at()'::regprocedure)""",
    "select grants are whole, insert and update grants list columns": """
        select table_name || ' ' || privilege_type || ' ' || grantee as name from information_schema.role_table_grants
        where table_schema = 'public' and grantee in ('anon', 'authenticated') and privilege_type not in ('SELECT', 'DELETE')""",
    "the service role only reads tables; it writes through RPCs": """
        select table_name || ' ' || privilege_type as name from information_schema.role_table_grants
        where table_schema = 'public' and grantee = 'service_role' and privilege_type <> 'SELECT'""",
    "money is numeric(12,2)": """
        select table_name || '.' || column_name as name from information_schema.columns
        where table_schema = 'public' and strpos(column_name, 'amount') > 0 and (numeric_precision, numeric_scale) is distinct from (12, 2)""",
    "no time without a time zone": """
        select table_name || '.' || column_name as name from information_schema.columns
        where table_schema in ('public', 'private') and data_type = 'timestamp without time zone'""",
}


@pytest.mark.parametrize("rule", RULES)
def test_rule(db: DbEnv, rule: str) -> None:
    assert names(db, RULES[rule]) == set()


FAULTS = {
    "every table has row level security": "create table public.fault (id int primary key)",
    "every function pins an empty search_path": "create function public.fault() returns int language sql as 'select 1'",
    "every table and view says what it is": "create view public.fault with (security_invoker = true) as select 1 as one",
    "every function says what it does": "create function private.fault() returns int language sql set search_path = '' as 'select 1'",
    "every foreign key is indexed": "create table public.fault (id int primary key, user_id uuid references public.profiles (id))",
    "every table has a primary key": "create table public.fault (id int)",
    "policies ask who the caller is once per query": "create policy fault on public.profiles for delete to authenticated using (id = auth.uid())",
    "what people read beside platform admins goes by an index, but what is published": "create policy fault on public.email_outbox for select to authenticated using (user_id = (select auth.uid()) or (select private.is_platform_admin()))",
    "every policy is to a role, and one verb": "create policy fault on public.profiles using (true)",
    "one policy per table, verb and role": "create policy fault on public.profiles for select to authenticated using (true)",
    "functions raise codes, never bare exceptions": "create function private.fault() returns void language plpgsql as $$ begin raise exception 'no'; end $$",
    "no overloads: PostgREST cannot choose": "create function public.platform_health(x int) returns int language sql as 'select 1'",
    "updated_at is kept by the one shared trigger": "create table public.fault (id int primary key, updated_at timestamptz)",
    "select grants are whole, insert and update grants list columns": "grant update on public.profiles to authenticated",
    "the service role only reads tables; it writes through RPCs": "grant delete on public.profiles to service_role",
    "money is numeric(12,2)": "create table public.fault (id int primary key, amount numeric)",
    "no time without a time zone": "create table public.fault (id int primary key, at timestamp)",
}


@pytest.mark.parametrize("rule", RULES)
def test_rule_finds_its_fault(db: DbEnv, rule: str) -> None:
    """Each rule is broken once, so that a rule that can find nothing is found."""
    db.run(FAULTS[rule])
    assert names(db, RULES[rule]) != set()


def test_a_new_table_and_a_new_function_are_shut(db: DbEnv) -> None:
    db.run("create table public.fault (id int primary key)")
    db.run("create function public.fault() returns int language sql security definer as 'select 1'")
    for role in ("anon", "authenticated", "service_role"):
        row = db.one(
            "select has_table_privilege(%s, 'public.fault', 'select') as reads, has_function_privilege(%s, 'public.fault()', 'execute') as calls",
            role, role,
        )  # fmt: skip
        assert row == {"reads": False, "calls": False}, role
