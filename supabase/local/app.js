// The Supabase API of the local stack: @supabase/lite, an early version of Supabase's own small implementation, on a real
// Postgres. What it does differently from a hosted project is mended here, one place per deviation.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createApi } from "@supabase/lite/cli";

/** Lite's app: `fetch(Request)`, `connection`. It keeps files under `<working directory>/supabase/.temp/storage`. */
export async function createApp() {
  const api = await createApi();
  const config = fileURLToPath(new URL("config.js", import.meta.url));
  return api.project.local.createApp(path.relative(process.cwd(), config), { admin: false });
}
