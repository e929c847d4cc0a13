import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ConfigError, describeConfig, loadConfig } from "../../../src/config/config.ts";

const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe("the configuration", () => {
  it("is complete without any variable, and listens on this machine only", () => {
    const config = loadConfig({});
    expect(config.database).toMatchObject({ url: undefined, dataDir: ".covershare" });
    expect(config.http).toMatchObject({ host: "127.0.0.1", port: 4310, isSecure: false, allowedOrigins: [] });
  });

  it("takes an empty variable for one that is not set", () => {
    expect(loadConfig({ PORT: "", DATABASE_URL: "" })).toEqual(loadConfig({}));
  });

  it("reports every problem at once, by name and value", () => {
    expect(problemsOf({ PORT: "99999", LOG_LEVEL: "loud", PUBLIC_URL: "https://x.test/path" })).toEqual([
      'PORT must be a whole number from 0 to 65535 (it is "99999").',
      'PUBLIC_URL must be an address without a path, such as https://cover.example.org (it is "https://x.test/path").',
      'LOG_LEVEL must be trace, debug, info, warn, error or silent (it is "loud").',
    ]);
  });

  it("never repeats a secret", () => {
    const problems = problemsOf({ DATABASE_URL: "mysql://u:hunter2@db/x", REDIS_URL: "hunter3" });
    expect(problems).toHaveLength(2);
    expect(problems.join("\n")).not.toMatch(/hunter/);
  });

  it("makes cookies secure and the public address an allowed origin behind https", () => {
    const { http } = loadConfig({
      PUBLIC_URL: "https://cover.example.org",
      ALLOWED_ORIGINS: "https://a.test, https://b.test",
    });
    expect(http.isSecure).toBe(true);
    expect(http.allowedOrigins).toEqual(["https://cover.example.org", "https://a.test", "https://b.test"]);
  });

  it("cuts statements off before the request that waits for them", () => {
    const { database, http } = loadConfig({ REQUEST_TIMEOUT_SECONDS: "5" });
    expect(database.statementTimeoutMs).toBeLessThan(http.requestTimeoutMs);
  });

  it("is described in the README row by row", async () => {
    const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
    const section = readme.split(/^## /m).find((part) => part.startsWith("Configuration")) ?? "";
    const table = section.split("\n").filter((line) => line.startsWith("| `"));
    expect(table).toEqual(
      describeConfig().map(({ name, meaning, shownDefault }) => `| \`${name}\` | ${meaning} | ${shownDefault} |`),
    );
  });
});
