// Lite's configuration. [api] and [auth] are those of supabase/config.toml, as JSON in SUPABASE_CONFIG; what
// differs from stack to stack comes from the environment too: DATABASE_URL, JWT_SECRET,
// SUPABASE_PUBLISHABLE_KEY, SUPABASE_SECRET_KEY, API_URL, SITE_URL, SMTP_PORT.
import { setExperimental } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import { mailDriver } from "./mail.js";
import { types } from "./types.js";

const { env } = process;
const { api, auth } = JSON.parse(env.SUPABASE_CONFIG ?? "{}");

setExperimental("storage", true);
env.EXPERIMENTAL_STORAGE = "1"; // the same switch, read in another place
env.LITE_TELEMETRY = "0";

export default {
  connection: createPostgresConnection({
    url: env.DATABASE_URL,
    postgresOptions: {
      types,
      onnotice: () => {}, // else a line for each `if not exists`
    },
  }),
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
  options: { drivers: { email: mailDriver } },
};
