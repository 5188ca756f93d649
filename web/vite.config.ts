import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { languages, type Language } from "./build/languages.ts";
import { start } from "./build/start.ts";
import { withoutUnused } from "./build/unused.ts";

/** What the running stack writes about itself (see scripts/start.py). */
type Stack = { api: string; functions: string; publishable_key: string; mail: string };

/**
 * `npm run dev` against a running stack: /config.json names the development server itself, which passes
 * the calls on, so that the browser sees one origin. STACK=path/to/stack.json chooses another stack.
 */
function runningStack(): Plugin {
  const file = process.env.STACK ?? "../.local/stack.json";
  return {
    name: "running-stack",
    apply: "serve",
    config() {
      const stack = JSON.parse(readFileSync(file, "utf8")) as Stack;
      const functions = new URL(stack.functions).origin;
      const api = { target: stack.api, changeOrigin: true };
      return {
        server: {
          fs: { allow: [".."] }, // the words of codes and the seal stand with the functions, passwords that are too common with Supabase
          proxy: {
            "/rest/v1": api,
            "/auth/v1": api,
            "/storage/v1": api,
            "/functions/v1": { target: functions, changeOrigin: true },
          },
        },
      };
    },
    configureServer(server) {
      server.middlewares.use("/config.json", (request, response) => {
        const stack = JSON.parse(readFileSync(file, "utf8")) as Stack;
        const origin = `http://${request.headers.host ?? "localhost"}`;
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify({
            supabase_url: origin,
            publishable_key: stack.publishable_key,
            functions_url: `${origin}/functions/v1`,
            mail_url: stack.mail,
          }),
        );
      });
    },
  };
}

export default defineConfig(({ command, mode }) => ({
  plugins: [
    react(),
    tailwindcss(),
    runningStack(),
    ...(command === "build" ? [languages(mode as Language), start(mode as Language), withoutUnused()] : []),
  ],
  resolve: {
    // Preact is a quarter of React's size, and does all that this page asks of it. Tests of components run on React itself.
    alias: [
      { find: /^react$/, replacement: fileURLToPath(new URL("build/react.js", import.meta.url)) },
      { find: /^react-dom$/, replacement: "preact/compat" },
      { find: /^react-dom\/client$/, replacement: "preact/compat/client" },
      { find: /^react\/jsx-runtime$/, replacement: "preact/jsx-runtime" },
    ],
  },
  build: {
    // A data: URI in a style sheet would need `font-src data:` in the CSP.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // The parts that change seldom stay in the browser's cache from one release to the next.
            { name: "react", test: /node_modules\/(preact|react-router)\//, priority: 4 },
            // Not storage-js: it comes with the first file that is sent.
            // Nor tables, which only the dashboard and the desk have.
            {
              name: "data",
              test: /node_modules\/(@supabase\/(auth|postgrest)-js|@tanstack\/(react-query|query-core))\//,
              priority: 3,
            },
            // A request costs more than what some pages do not need of these.
            { name: "base", tags: ["$initial"], priority: 2 },
            // What public pages share with the dashboard's menus shall not bring these along.
            {
              name: "common",
              test: /web\/src\/(api\/(organizations|storage)|shared\/DeletionNotice)\.tsx?|icons\/(external-link|book-open)/,
              priority: 1.8,
            },
            {
              name: "shell",
              test: /web\/src\/(app\/(DashboardLayout|Shell|OrganizationSwitcher|Bell)|design\/(SortControls|Table))\.tsx/,
              priority: 1.5,
            },
            // What says a level, or shows a story, is small, and several of each kind stand on a page.
            { name: "status", test: /web\/src\/status\//, minShareCount: 2, priority: 1.2 },
            {
              name: "cards",
              test: /web\/src\/stories\/(Story|Stories|ContentOrigin)/,
              minShareCount: 2,
              priority: 1.1,
            },
            // Small pieces of which each page needs a few: one by one they would cost more requests than bytes.
            {
              name: "pieces",
              test: /lucide-react|clsx|web\/src\/(design\/(?!SortControls|Table)|shared\/)/,
              minShareCount: 3,
              maxModuleSize: 4000,
              priority: 1.05,
            },
            { name: "shared", minShareCount: 12, test: /web\/src/, priority: 1 },
          ],
        },
      },
    },
  },
}));
