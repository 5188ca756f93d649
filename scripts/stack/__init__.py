"""The local stack: every part of the product as real processes on this machine.

    from stack.postgres import Postgres        # a real Postgres on 127.0.0.1
    from stack.database import migrate, prepare

    with Postgres(Path("/tmp/some-folder"), port=54322, durable=False) as server:
        url = server.url("postgres")           # or another database that you created
        prepare(url)                           # the platform's roles, its schemas auth and storage
        migrate(url)                           # supabase/migrations, by the stock `supabase db push`

`prepare` once and `create database … template` is the quick way to many databases. The packages of
requirements.txt have to be there (`bootstrap.enter()`); what is needed of Node is installed on the way.
"""
