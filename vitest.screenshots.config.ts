import { defineConfig } from "vitest/config";

/** `npm run screenshots`: not a test, but made on the same real parts. */
export default defineConfig({
  test: {
    include: ["test/browser/*.shots.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    hookTimeout: 60_000,
    pool: "forks",
  },
});
