import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../../src/app/cli.ts";
import { createPasswords, adminCreateUser } from "../../../src/features/identity/index.ts";
import { aPractice, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { identityServer, PASSWORD, postSignIn } from "./identity-server.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());

const run = async (...args: string[]): Promise<{ status: number; out: string; said: string }> => {
  const texts = { out: "", said: "" };
  const status = await runCli({
    args,
    environment: { DATABASE_URL: db.url, LOG_LEVEL: "silent" },
    stdout: (text) => void (texts.out += text),
    stderr: (text) => void (texts.said += text),
    stopping: new AbortController().signal,
  });
  return { status, ...texts };
};

const user = (code: string, email: string): string[] => [
  "--email",
  email,
  "--name",
  "First Manager",
  "--organisation",
  code,
  "--role",
  "manager",
  "--role",
  "nurse",
];

describe("covershare admin", () => {
  it("create-user without a password prints an invitation that its holder takes up", async () => {
    const { code } = await aPractice(db);
    const { status, out, said } = await run("admin", "create-user", ...user(code, "First@x.example"));
    expect([status, out.trim()]).toEqual([0, expect.stringMatching(/^[\w-]{43}$/)]);
    expect(said).toContain("first@x.example");
    const accepted = await identityServer(db).inject({
      method: "POST",
      url: `/v1/invitations/${out.trim()}/accept`,
      payload: { password: PASSWORD },
    });
    expect(accepted.statusCode).toBe(200);
    const signedIn = await postSignIn(identityServer(db), { email: "first@x.example" });
    expect(signedIn.json()).toMatchObject({ actingFor: { code, roles: ["manager", "nurse"] } });
  });

  it("create-token prints a token that acts for the user at once", async () => {
    const { code } = await aPractice(db);
    const input = { email: "bot@x.example", name: "Rota", organisation: code, roles: ["nurse" as const] };
    await adminCreateUser(db.database, createPasswords(), { ...input, password: PASSWORD });
    const { status, out } = await run(
      "admin",
      "create-token",
      "--email",
      input.email,
      "--organisation",
      code,
      "--name",
      "Rota",
    );
    expect(status).toBe(0);
    const me = await identityServer(db).inject({ url: "/v1/me", headers: { authorization: `Bearer ${out.trim()}` } });
    expect(me.json()).toMatchObject({ user: { email: "bot@x.example" }, actingFor: { code } });
  });

  it("says in plain words what is wrong with the input, and exits 2", async () => {
    const { code } = await aPractice(db);
    const cases: [string[], RegExp][] = [
      [["create-user", ...user("NOSUCH", "a@x.example")], /no such organisation/],
      [["create-user", ...user(code, "nobody")], /email: Enter an email address/],
      [["create-user", "--email", "a@x.example", "--name", "A", "--organisation", code], /at least one --role/],
      [["create-user", "--email", "a@x.example", "--name", "A", "--organisation", code, "--role", "king"], /roles 0/],
      [["create-token", "--email", "ghost@x.example", "--organisation", code, "--name", "T"], /no such user/],
    ];
    for (const [args, words] of cases) {
      const { status, out, said } = await run("admin", ...args);
      expect([args, status, out]).toEqual([args, 2, ""]);
      expect(said).toMatch(words);
    }
  });
});
