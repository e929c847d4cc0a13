import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ApiProblem, createApiClient } from "../../src/client/index.ts";

interface Seen {
  readonly method: string;
  readonly key: string;
}

type Reply = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> } | "cut";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that gives these replies in turn, the last one for ever. */
const serving = async (...replies: Reply[]) => {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? "", key: String(request.headers["idempotency-key"] ?? "") });
    const reply = replies[Math.min(seen.length, replies.length) - 1];
    if (reply === undefined || reply === "cut") request.socket.destroy();
    else
      response.writeHead(reply.status, reply.headers).end(reply.body === undefined ? "" : JSON.stringify(reply.body));
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const client = createApiClient({ baseUrl: `http://127.0.0.1:${port}`, backoff: { baseMs: 1, maxMs: 5 } });
  return { client, seen };
};

const anything = (body: unknown): unknown => body;

describe("the HTTP helper", () => {
  it("O6: repeats a command over a broken line under one key, and the next command has another", async () => {
    const { client, seen } = await serving(
      "cut",
      { status: 503 },
      { status: 201, body: { id: 7 }, headers: { etag: '"1"' } },
    );
    const first = await client.command({ method: "POST", path: "/v1/offers/1/accept", body: {}, parse: anything });
    expect(first).toEqual({ value: { id: 7 }, status: 201, etag: '"1"' });
    await client.command({ method: "POST", path: "/v1/offers/1/accept", body: {}, parse: anything });
    const keys = seen.map(({ key }) => key);
    expect(new Set(keys.slice(0, 3)).size).toBe(1);
    expect(new Set(keys).size).toBe(2);
    expect(keys[0]).toMatch(/^[\da-f]{32}$/);
  });

  it("waits as long as it is told, and gives up after its tries", async () => {
    const { client, seen } = await serving({
      status: 429,
      headers: { "retry-after": "0" },
      body: { code: "too-many" },
    });
    await expect(client.get({ path: "/v1/me", parse: anything })).rejects.toMatchObject({
      status: 429,
      code: "too-many",
    });
    expect(seen).toHaveLength(4);
  });

  it("does not repeat a refusal, and hands on its problem document", async () => {
    const { client, seen } = await serving({
      status: 409,
      body: { code: "offer-gone", detail: "Somebody was faster.", left: ["slot-2"] },
    });
    const failure = client.command({ method: "POST", path: "/v1/offers/1/accept", parse: anything });
    await expect(failure).rejects.toBeInstanceOf(ApiProblem);
    await expect(failure).rejects.toMatchObject({ code: "offer-gone", problem: { left: ["slot-2"] } });
    await expect(failure).rejects.toThrow("Somebody was faster.");
    expect(seen).toHaveLength(1);
  });
});
