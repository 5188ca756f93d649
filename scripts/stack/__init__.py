"""The local stack: every part of the product as real processes on this machine.

    from stack.stack import Stack              # everything

    with Stack(Path("some-folder"), durable=False) as stack:
        stack.addresses.api                    # .web .functions .yookassa .mail .database_url .secret_key …
        stack.kill("functions")                # as kill -9; stays down until …
        stack.start_part("functions")

`Stack(only={"postgres", "api", "mail"})` runs less; `env={"functions": {"YOOKASSA_IP_CHECK": "off"}}` adds to a
part's environment. The database alone:

    from stack.postgres import Postgres        # a real Postgres on 127.0.0.1
    from stack.database import migrate, prepare

    with Postgres(Path("some-folder"), port=54322, durable=False) as server:
        url = server.url("postgres")           # or another database that you created
        prepare(url)                           # the platform's roles, its schemas auth and storage
        migrate(url)                           # supabase/migrations, by the stock `supabase db push`

`prepare` once and `create database … template` is the quick way to many databases. The packages of
requirements.txt have to be there (`bootstrap.enter()`); what is needed of Node is installed on the way.
"""
