// The Supabase API of the local stack: @supabase/lite, Supabase's own small implementation of its protocols,
// still young, on a real Postgres. What it does differently from a hosted project is mended in this folder,
// each thing in one place:
//   platform.sql  what a hosted database holds       types.js    values in and out
//   errors.js     answers to database errors         rpc.js      arguments of functions
//   storage.js    uploads, signed URLs, lists        mail.js     links in mails
//   server.js     CORS, functions                    app.js      grants, the schema cache
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createApi } from "@supabase/lite/cli";
import { mendError } from "./errors.js";

/**
 * Lite's app: `fetch(Request)`, `connection`. It keeps files under `<working
 * directory>/supabase/.temp/storage`.
 */
export async function createApp() {
  const api = await createApi();
  const config = fileURLToPath(new URL("config.js", import.meta.url));
  // Admin mode would let a request without a key through as the service role.
  const app = await api.project.local.createApp(path.relative(process.cwd(), config), { admin: false });
  const { connection } = app;

  connection.normalizeDbError = mendError;

  // With its first request Lite grants everything in every schema that has row level security to everyone.
  connection.ensureRlsContext = async () => true;

  return app;
}

/**
 * A hosted project reads its schema again on `notify pgrst`, which it also sends itself after DDL (see
 * platform.sql).
 */
export async function followSchema({ connection }) {
  await connection.driver.listen("pgrst", () => connection.clearSchemaCache());
}
