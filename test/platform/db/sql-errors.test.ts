import { DrizzleQueryError } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { withoutSql } from "../../../src/platform/db/sql-errors.ts";

describe("P1: what is logged of a failed statement", () => {
  const said = (cause: Error | undefined): string => {
    const { message, stack = "" } = withoutSql(new DrizzleQueryError("insert into users values ($1)", ["Kim"], cause));
    return `${message} ${stack}`;
  };

  it.each([
    [
      "what the database refused",
      Object.assign(new Error("duplicate Kim"), { code: "23505", constraint: "users_email" }),
    ],
    ["a connection that could not be had", new Error("timeout exceeded when trying to connect")],
    ["a statement inside another", new DrizzleQueryError("select $1", ["Kim"], new Error("Connection terminated"))],
    ["nothing known", undefined],
  ])("%s: neither SQL nor parameters", (_what, cause) => {
    expect(said(cause)).not.toMatch(/Kim|insert into|select/);
  });

  it("still says what it was", () => {
    expect(said(new Error("timeout exceeded when trying to connect"))).toContain("timeout exceeded");
    expect(said(Object.assign(new Error("no"), { code: "23505", constraint: "users_email" }))).toContain("users_email");
  });
});
