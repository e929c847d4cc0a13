import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/bench/**"],
    globalSetup: ["test/support/global-setup.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Each file clones a database of its own; files run side by side, the tests of a file in order.
    pool: "forks",
    // Modules are loaded once for each worker: loading them anew for each of 160 files took a third of the time.
    isolate: false,
    // The default leaves one core to nobody.
    maxWorkers: "100%",
    restoreMocks: true,
    unstubEnvs: true,
  },
});
