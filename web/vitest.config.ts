import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Unit tests: what is pure, and the parts that decide something. Everything that needs the product runs in tests/web. */
export default defineConfig({
  plugins: [react()],
  server: { fs: { allow: [".."] } }, // the seal stands with the functions
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    setupFiles: ["src/test/setup.ts"],
    // One reader for all of them: the calendar and the language of most.
    env: { TZ: "Europe/Moscow" },
    restoreMocks: true,
    // The checks run beside one another: what takes a moment alone may then take many.
    testTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    isolate: false, // one browser-like world per worker; the set-up cleans up after each test
    reporters: [["default", { summary: false }]],
  },
});
