// The Supabase API of the local stack: @supabase/lite, Supabase's own small implementation of its protocols,
// still young, on a real Postgres. What it does differently from a hosted project is mended in this folder,
// each thing in one place:
//   platform.sql  what a hosted database holds       types.js    values in and out
//   context.js    the role a statement runs as       errors.js   answers to database errors
//   rest.js       arguments of functions, embedding  storage.js  uploads, signed URLs, lists
//   auth.js       who signs up, in, with what        mail.js     the e-mails of Auth
//   server.js     what exists at all, CORS           bodies.js   how large a body may be
//   ranges.js     parts of files
//   app.js        the apps, grants, the schema cache
import path from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "@supabase/lite";
import { createApi } from "@supabase/lite/cli";
import { mendAuth } from "./auth.js";
import { configOf, connect } from "./config.js";
import { mendContext, RoleSettings } from "./context.js";
import { mendError } from "./errors.js";
import { mailer } from "./mail.js";
import { mendDownloads } from "./ranges.js";

/**
 * Lite's app on the connection of config.js: `fetch(Request)`, `connection`. It keeps files under `<working
 * directory>/supabase/.temp/storage`.
 */
export async function createApp() {
  const api = await createApi();
  const config = fileURLToPath(new URL("config.js", import.meta.url));
  // Admin mode would let a request without a key through as the service role.
  return mended(await api.project.local.createApp(path.relative(process.cwd(), config), { admin: false }));
}

/** `{rest, auth, storage}`, each an app that reaches the database as its own role. */
export async function createApps() {
  const storage = await createApp(); // as config.js says
  mendDownloads(storage._storageAdapter);
  const rest = mended(new App(configOf(connect("authenticator"), { middlewares: [trustToken] })));
  const auth = mended(new App(configOf(connect("supabase_auth_admin"), { middlewares: [mendAuth] })));
  auth._mailer = mailer;
  const schema = connect("authenticator", { max: 1, connection: { role: "schema_reader" } });
  const settings = new RoleSettings();
  await settings.read(schema.driver);
  for (const { connection } of [rest, storage]) mendContext(connection, settings);
  for (const app of [rest, auth, storage]) {
    await app.init();
    app.connection.introspect = (options) => schema.introspect(options);
  }
  // A hosted project reads its schema again on `notify pgrst`, which it also sends itself after DDL (see
  // platform.sql).
  await schema.driver.listen("pgrst", async () => {
    await settings.read(schema.driver);
    await schema.clearSchemaCache();
  });
  const close = () =>
    Promise.all([rest, auth, storage].map((app) => app.connection.close()).concat(schema.close()));
  return { rest, auth, storage, close };
}

function mended(app) {
  app.connection.normalizeDbError = mendError;
  // With its first request Lite grants everything in every schema that has row level security to everyone.
  app.connection.ensureRlsContext = async () => true;
  return app;
}

/**
 * Lite looks for a token's person and session before every request, and passes over what it finds: PostgREST
 * believes a token, and reaches no table of Auth.
 */
async function trustToken(context, next) {
  const found = async () => ({});
  context.set("authService", { repo: { findUserById: found, findSessionById: found } });
  await next();
}
