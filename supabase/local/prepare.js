// Gives a database what the platform brings along: its roles, its schemas auth and storage. No migration of
// ours.
//   DATABASE_URL=postgresql://… node prepare.js
// DATABASE_URL signs in as the operator. With DATABASE_PASSWORD too, the roles that the API connects as may sign
// in with it.
import { readFile } from "node:fs/promises";
import { createApp } from "./app.js";

const { DATABASE_PASSWORD } = process.env;
const app = await createApp();
const sql = app.connection.driver;
try {
  await app.ensureSystemSchema();
  await sql.unsafe(await readFile(new URL("platform.sql", import.meta.url), "utf8"));
  // Lite passes over a statement that fails: look whether all is there.
  const [{ missing }] = await sql`
    select string_agg(name, ', ') as missing
    from unnest(array['auth.users', 'auth.sessions', 'storage.buckets', 'storage.objects']) as name
    where to_regclass(name) is null`;
  if (missing) throw new Error(`Lite did not make ${missing}`);
  if (DATABASE_PASSWORD) {
    for (const { statement } of await sql`
      select format('alter role %I login password %L', role, ${DATABASE_PASSWORD}::text) as statement
      from unnest(array['authenticator', 'supabase_auth_admin', 'supabase_storage_admin']) as role`)
      await sql.unsafe(statement);
  }
} finally {
  await app.connection.close();
}
