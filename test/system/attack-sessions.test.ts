import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { buildApi } from "../../src/app/build-api.ts";
import { openResources, type Resources } from "../../src/app/resources.ts";
import { loadConfig } from "../../src/config/config.ts";
import { createPasswords, createUser, isAllowedOrigin } from "../../src/features/identity/index.ts";
import { silentLogger } from "../../src/platform/log/log.ts";
import { aPractice, openTestDatabase, type TestDatabase } from "../support/index.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());

describe("sessions", () => {
  const EMAIL = "kim@practice.example";
  const PASSWORD = "three quiet harbours";
  const opened: Resources[] = [];
  afterAll(async () => {
    for (const resources of opened) await resources.releasers.release();
  });

  const serverFor = async (environment: Readonly<Record<string, string>>) => {
    const config = loadConfig({ DATABASE_URL: db.url, DB_POOL_MAX: "4", ...environment });
    const resources = await openResources({
      config,
      log: silentLogger,
      migrates: "embedded",
      applicationName: "attack",
    });
    opened.push(resources);
    const { server } = await buildApi(resources);
    await server.ready();
    return server;
  };
  type Server = Awaited<ReturnType<typeof serverFor>>;
  const signIn = async (server: Server, headers: Readonly<Record<string, string>> = {}) =>
    server.inject({ method: "POST", url: "/v1/sessions", headers, payload: { email: EMAIL, password: PASSWORD } });
  const cookiesOf = (headers: Readonly<Record<string, unknown>>): string[] =>
    z.array(z.string()).parse([headers["set-cookie"] ?? []].flat());

  beforeAll(async () => {
    const at = [{ organisationCode: (await aPractice(db)).code, roles: ["nurse" as const] }];
    await createUser(db.database, createPasswords(), { email: EMAIL, name: "Kim", password: PASSWORD, at });
  });

  it.each([
    ["http", {}, /^covershare=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/],
    [
      "https",
      { PUBLIC_URL: "https://cover.example.org" },
      /^__Host-covershare=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    ],
  ])("behind %s every cookie has its flags, from the API and from the pages", async (scheme, environment, session) => {
    const server = await serverFor(environment);
    const [made = ""] = cookiesOf((await signIn(server)).headers);
    expect(made).toMatch(session);
    const byForm = await server.inject({
      method: "POST",
      url: "/sign-in",
      headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" },
      payload: new URLSearchParams({ email: EMAIL, password: PASSWORD }).toString(),
    });
    expect(cookiesOf(byForm.headers)).toEqual([expect.stringMatching(session)]);
    const cookie = made.split(";")[0] ?? "";
    const me = z
      .object({ csrfToken: z.string() })
      .parse((await server.inject({ url: "/v1/me", headers: { cookie } })).json());
    // Signing out takes the cookie away and leaves a word for the next page: both keep the flags.
    const out = await server.inject({
      method: "POST",
      url: "/sign-out",
      headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams({ _csrf: me.csrfToken }).toString(),
    });
    const left = cookiesOf(out.headers);
    expect(left.length).toBeGreaterThanOrEqual(2);
    for (const one of left) {
      expect(one).toMatch(/; HttpOnly; SameSite=Lax/);
      expect([one, one.endsWith("; Secure")]).toEqual([one, scheme === "https"]);
    }
    expect((await server.inject({ url: "/v1/me", headers: { cookie } })).statusCode).toBe(401);
  });

  it("cannot be fixed beforehand: signing in gives a new secret, and one that was brought along signs nobody in", async () => {
    const server = await serverFor({});
    const planted = `covershare=${"a".repeat(43)}`;
    const [made = ""] = cookiesOf((await signIn(server, { cookie: planted })).headers);
    expect(made).not.toContain("a".repeat(43));
    expect((await server.inject({ url: "/v1/me", headers: { cookie: planted } })).statusCode).toBe(401);
    // Nor does somebody else's session take over, or live on under, the new one.
    const [again = ""] = cookiesOf((await signIn(server, { cookie: made.split(";")[0] ?? "" })).headers);
    expect(again.split(";")[0]).not.toBe(made.split(";")[0]);
  });

  it("is not started, and no command given, from a page of another site", async () => {
    const server = await serverFor({ PUBLIC_URL: "https://cover.example.org" });
    for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
      const form = await server.inject({
        method: "POST",
        url: "/sign-in",
        headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
        payload: new URLSearchParams({ email: EMAIL, password: PASSWORD }).toString(),
      });
      expect([form.statusCode, form.headers["set-cookie"]]).toEqual([403, undefined]);
    }
    // What a form or a simple request of another site can send without asking first is no JSON.
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const payload = JSON.stringify({ email: EMAIL, password: PASSWORD });
      const sent = await server.inject({
        method: "POST",
        url: "/v1/sessions",
        headers: { "content-type": type },
        payload,
      });
      expect([type, sent.statusCode]).toEqual([type, 415]);
    }
    // And whoever asks first is not told yes.
    const asked = await server.inject({
      method: "OPTIONS",
      url: "/v1/cover-requests",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    expect(asked.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("S2: behind https, a page of the same name that came by http is somebody else's", () => {
    const settings = { isSecure: true, allowedOrigins: ["https://cover.example.org"] };
    const from = (origin: string): boolean => isAllowedOrigin(settings, { origin }, "cover.example.org");
    expect(
      [
        "https://cover.example.org",
        "http://cover.example.org",
        "https://cover.example.org.evil.example",
        "https://cover.example.org@evil.example",
        "https://evil.example/cover.example.org",
        "null",
        "",
      ].map(from),
    ).toEqual([true, false, false, false, false, false, false]);
  });
});
