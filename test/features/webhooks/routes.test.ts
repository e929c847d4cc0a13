import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { webhookView, webhookWithSecret } from "../../../src/features/webhooks/webhooks.schema.ts";
import { settingsChanged } from "../../../src/features/practices/index.ts";
import { eventContracts } from "../../../src/app/events.ts";
import { describeMessages } from "../../../src/features/webhooks/index.ts";
import { aPractice, aUser, openTestDatabase, until, type TestDatabase } from "../../support/index.ts";
import { bearer, startTestApp, type TestApp } from "../../support/app.ts";
import { openSite, type TestSite } from "../../browser/support/site.ts";
import { openReceiver, verify, type Receiver } from "./support.ts";

let db: TestDatabase;
let app: TestApp;
let site: TestSite;
let receiver: Receiver;
let manager: Actor;

beforeAll(async () => {
  db = await openTestDatabase();
  app = await startTestApp(db, { environment: { WEBHOOK_PRIVATE_ADDRESSES: "yes" } });
  site = await openSite(db);
  receiver = await openReceiver();
  manager = await aUser(db, { at: (await aPractice(db)).code, roles: ["manager"] });
});
afterAll(async () => {
  await receiver.close();
  await site.close();
  await app.close();
  await db.close();
});

const call = async (method: string, path: string, given?: unknown, more: Record<string, string> = {}) => {
  const answer = await fetch(`${app.url}${path}`, {
    method,
    headers: { ...(await bearer(db, manager)), "content-type": "application/json", ...more },
    ...(given === undefined ? {} : { body: JSON.stringify(given) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === "" ? undefined : z.unknown().parse(JSON.parse(text)),
  };
};

describe("webhooks in the API and on the pages", () => {
  it("carry what happens through the whole service; the secret is shown once", async () => {
    const made = await call("POST", "/v1/webhooks", { url: receiver.url, types: [settingsChanged.type] });
    expect(made.status).toBe(201);
    const { id, secret } = webhookWithSecret.parse(made.body);
    expect(secret).toMatch(/^whsec_/);
    expect(made.headers.get("cache-control")).toBe("no-store");
    const settings = await call("GET", "/v1/settings");
    const etag = settings.headers.get("etag") ?? "";
    expect((await call("PATCH", "/v1/settings", { dailyCap: 6 }, { "if-match": etag })).status).toBe(200);
    const arrived = await until(() => receiver.arrived.find(({ body }) => body.type === settingsChanged.type), {
      what: "the change arrived",
    });
    expect(verify(secret, arrived)).toMatchObject({ organisation: manager.organisationCode });
    expect(settingsChanged.data.parse(arrived.body.data)).toMatchObject({ changed: ["dailyCap"] });
    const again = await call("GET", `/v1/webhooks/${id}`);
    expect(webhookView.parse(again.body)).toMatchObject({ state: "active", failures: 0 });
    expect(JSON.stringify(again.body)).not.toContain("whsec_");
    const tested = await call("POST", `/v1/webhooks/${id}/test`);
    expect(tested.body).toMatchObject({ isDelivered: true, status: 204 });
    expect(receiver.arrived.at(-1)?.body.type).toBe("test");
    const offset = arrived.body.offset ?? 0;
    await call("POST", `/v1/webhooks/${id}/messages/${offset}/resend`);
    expect(receiver.arrived.at(-1)?.id).toBe(arrived.id);
    expect((await call("POST", `/v1/webhooks/${id}/messages/999999/resend`)).status).toBe(404);
    const described = new Map(describeMessages(eventContracts).map(({ name, body }) => [name, body]));
    for (const { body: sent } of receiver.arrived) expect(described.get(sent.type)?.parse(sent)).toEqual(sent);
    const log = await call("GET", `/v1/webhooks/${id}/deliveries`);
    expect(log.body).toMatchObject({
      items: [{ kind: "resend" }, { kind: "test" }, { kind: "event", state: "delivered" }],
    });
  });

  it("are changed by whoever read them last, and refuse what cannot be", async () => {
    const { id } = webhookWithSecret.parse((await call("POST", "/v1/webhooks", { url: receiver.url })).body);
    expect((await call("PATCH", `/v1/webhooks/${id}`, { isActive: false })).status).toBe(428);
    expect((await call("PATCH", `/v1/webhooks/${id}`, { isActive: false }, { "if-match": '"9"' })).status).toBe(412);
    const paused = await call("PATCH", `/v1/webhooks/${id}`, { isActive: false }, { "if-match": '"1"' });
    expect(paused.body).toMatchObject({ state: "paused", version: 2 });
    for (const [wrong, code] of [
      [{ url: "ftp://x.example" }, "invalid-input"],
      [{ url: "https://user:secret@x.example/" }, "invalid-input"],
      [{ url: "https://x.example/943 476 5919" }, "invalid-input"],
      [{ url: receiver.url, types: ["nothing.such"] }, "webhook-type-unknown"],
    ] as const)
      expect([wrong, (await call("POST", "/v1/webhooks", wrong)).body]).toMatchObject([wrong, { code }]);
    expect((await call("DELETE", `/v1/webhooks/${id}`)).status).toBe(204);
    expect((await call("GET", `/v1/webhooks/${id}`)).status).toBe(404);
    for (let n = 0; n < 12; n += 1) await call("POST", "/v1/webhooks", { url: receiver.url });
    expect((await call("POST", "/v1/webhooks", { url: receiver.url })).body).toMatchObject({
      code: "too-many-webhooks",
    });
  });

  it("P1, P5: a manager adds, tests, pauses and removes one on the page, without a script", async () => {
    const owner = await aUser(db, { at: (await aPractice(db)).code, roles: ["manager"] });
    const visitor = await site.visitor(owner);
    expect((await visitor.open("/settings/webhooks")).body).toContain("No webhooks yet.");
    const wrong = await visitor.send("/settings/webhooks", { url: "tools" });
    expect(wrong.statusCode).toBe(422);
    expect(wrong.body).toContain("Enter an address such as");
    const made = await visitor.send("/settings/webhooks", { url: receiver.url });
    expect(made.body).toMatch(/whsec_[A-Za-z0-9+/=]{44}/);
    const address = /\/settings\/webhooks\/[0-9a-f-]{36}/.exec(made.body)?.[0] ?? "";
    expect((await visitor.open(address)).body).not.toContain("whsec_");
    expect((await visitor.send(`${address}/test`, {})).body).toContain("Sent. It answered 204");
    receiver.answers = [500];
    expect((await visitor.send(`${address}/test`, {})).body).toContain("It did not arrive: answered 500");
    expect((await visitor.open("/desk")).body).not.toContain("stopped");
    await db.q.execute(
      sql`update webhook_endpoints set state = 'disabled', end_reason = 'dead' where url = ${receiver.url}`,
    );
    expect((await visitor.open("/desk")).body).toContain("1 webhook has stopped");
    expect((await visitor.open(address)).body).toContain("Nothing arrived for five days.");
    expect((await visitor.send(`${address}/resume`, {})).statusCode).toBe(303);
    expect((await visitor.send(`${address}/pause`, {})).statusCode).toBe(303);
    expect((await visitor.open(address)).body).toContain("Switch on");
    const wrongChange = await visitor.send(`${address}/change`, { url: "nowhere" });
    expect([wrongChange.statusCode, wrongChange.body.includes("Enter an address such as")]).toEqual([422, true]);
    await visitor.send(`${address}/change`, { url: `${receiver.url}/new`, types: settingsChanged.type });
    const changed = await visitor.open(address);
    expect(changed.body).toContain(`${receiver.url}/new`);
    expect(changed.body).toMatch(/value="settings\.changed" checked/);
    expect((await visitor.send(`${address}/replay`, { after: "7" })).body).toContain("Choose an offset from 0 to 0");
    expect((await visitor.send(`${address}/remove`, {})).statusCode).toBe(303);
    expect((await visitor.open(address)).statusCode).toBe(404);
  });
});
