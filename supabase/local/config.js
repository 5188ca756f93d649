// Lite's configuration. [api] and [auth] are those of supabase/config.toml, as JSON in SUPABASE_CONFIG; what
// differs from stack to stack comes from the environment too: DATABASE_URL, DATABASE_PASSWORD (of the API's own
// roles), JWT_SECRET, SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY, API_URL, SITE_URL, SMTP_PORT.
import { setExperimental } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import { types } from "./types.js";

const { env } = process;
const { api, auth } = JSON.parse(env.SUPABASE_CONFIG ?? "{}");

setExperimental("storage", true);
env.EXPERIMENTAL_STORAGE = "1"; // the same switch, read in another place
env.LITE_TELEMETRY = "0";

/** A connection to the database; as `role`, one of those that prepare.js lets sign in, or as DATABASE_URL says. */
export function connect(role, options) {
  const url = new URL(env.DATABASE_URL);
  if (role) Object.assign(url, { username: role, password: env.DATABASE_PASSWORD });
  return createPostgresConnection({
    url: url.href,
    postgresOptions: {
      types,
      onnotice: () => {}, // else a line for each `if not exists`
      ...options,
    },
  });
}

export function configOf(connection, server = {}) {
  return {
    connection,
    db: { migrations: { enabled: false } }, // the stock CLI migrates
    storage: { enabled: true },
    api: { ...api, external_url: env.API_URL },
    auth: {
      ...auth,
      jwt_secret: env.JWT_SECRET ?? "only prepare.js does without",
      publishable_key: env.SUPABASE_PUBLISHABLE_KEY,
      secret_key: env.SUPABASE_SECRET_KEY,
      site_url: env.SITE_URL,
      additional_redirect_urls: [`${env.SITE_URL}/**`],
    },
    options: { server },
  };
}

/** For whom Lite itself reads this file: prepare.js, as the operator; and the app that serves Storage. */
export default configOf(connect(env.JWT_SECRET && "supabase_storage_admin"));
