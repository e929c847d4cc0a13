import { defineConfig } from "vitest/config";

/** `npm run screenshots` and `npm run pictures`: not tests, but made on the same real parts. */
export default defineConfig({
  test: {
    include: ["test/browser/*.shots.ts", "test/browser/*.pictures.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    hookTimeout: 60_000,
    pool: "forks",
  },
});
