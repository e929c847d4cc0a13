import { afterAll, beforeAll, expect, it } from "vitest";
import { demoChooser } from "../../src/app/demo/chooser.ts";
import { ensureFederation } from "../../src/app/demo/federation.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { openTestDatabase, type TestDatabase } from "../support/index.ts";

let db: TestDatabase;
let app: TestApp;

beforeAll(async () => {
  db = await openTestDatabase();
  await ensureFederation(db.database);
  app = await startTestApp(db, { matcher: false, chooser: demoChooser });
});
afterAll(async () => {
  await app.close();
  await db.close();
});

const signInPage = async (of: TestApp): Promise<string> => (await of.api.server.inject("/sign-in?next=/requests")).body;

it("the demonstration offers who to be, and says that everybody is invented", async () => {
  const body = await signInPage(app);
  expect(body).toContain("Everybody here is invented");
  expect(demoChooser.people).toHaveLength(7);
  for (const { place, email } of demoChooser.people) {
    expect(body).toContain(place);
    expect(body).toContain(`value="${email}"`);
  }
});

it("each choice is an ordinary sign-in, and leads to where that person wanted to go", async () => {
  for (const { email } of demoChooser.people) {
    const answer = await app.api.server.inject({
      method: "POST",
      url: "/sign-in",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      payload: new URLSearchParams({ email, password: demoChooser.password, next: "/requests" }).toString(),
    });
    expect([email, answer.statusCode, answer.headers.location]).toEqual([email, 303, "/requests"]);
    expect(String(answer.headers["set-cookie"])).toMatch(/^covershare=/);
  }
});

it("a server that is no demonstration offers nobody and shows no password, even on the same data", async () => {
  const real = await startTestApp(db, { matcher: false });
  try {
    const body = await signInPage(real);
    expect(body).not.toContain(demoChooser.password);
    expect(body).not.toContain("invented");
  } finally {
    await real.close();
  }
});
