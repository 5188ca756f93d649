// Lite's configuration. What differs from stack to stack comes from the environment.
import { setExperimental } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";

const { env } = process;
setExperimental("storage", true);
env.EXPERIMENTAL_STORAGE = "1"; // the same switch, read in another place
env.LITE_TELEMETRY = "0";

export default {
  connection: createPostgresConnection({
    url: env.DATABASE_URL,
    postgresOptions: {
      onnotice: () => {}, // "relation already exists, skipping" for each `if not exists`
    },
  }),
  db: { migrations: { enabled: false } }, // the stock CLI migrates
  storage: { enabled: true },
  auth: {
    enabled: true,
    jwt_secret: env.JWT_SECRET ?? "only prepare.js does without",
    publishable_key: env.SUPABASE_PUBLISHABLE_KEY,
    secret_key: env.SUPABASE_SECRET_KEY,
    site_url: env.SITE_URL,
  },
};
