import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { DomainError } from "../../../src/platform/errors/domain-error.ts";
import { commandReadingAhead } from "../../../src/platform/http/route.ts";
import { addRoutes, createServer, type Gatekeeper } from "../../../src/platform/http/server.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { openTestDatabase, until, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
let done: string[] = [];

/** A credential is a name in a header; that of a stranger is not good. */
const nameIn = ({ headers }: { headers: Record<string, unknown> }): string => String(headers["x-name"]);
const gatekeeper: Gatekeeper<string> = {
  begin: (request) => {
    done.push("begun");
    return nameIn(request);
  },
  identify: async (request) => (nameIn(request) === "stranger" ? undefined : nameIn(request)),
  admit: (actor) => {
    if (actor === undefined) throw new DomainError("unauthenticated", "unauthenticated", "Sign in.");
    return actor;
  },
  scope: (actor) => actor,
};

const route = commandReadingAhead<string>()(
  {
    method: "POST",
    path: "/v1/notes",
    summary: "Notes",
    tag: "test",
    access: { kind: "signed-in" },
    body: z.strictObject({ about: z.string(), failures: z.int().default(0) }),
    response: z.unknown(),
  },
  async (_q, credential, { about }) => {
    done.push(`read of ${credential}`);
    if (about === "broken") throw new Error("It could not be read.");
    return `${about} of ${credential}`;
  },
  async ({ body }, tx, ahead) => {
    done.push(`tried with ${(await ahead) ?? "nothing"}`);
    if (done.filter((what) => what.startsWith("tried")).length <= body.failures)
      await tx.q.execute(sql.raw("do $$ begin raise exception 'again' using errcode = '40001'; end $$"));
    return { status: 201, body: {} };
  },
);

const server = createServer({ log: silentLogger, requestTimeoutMs: 10_000, trustProxy: false });
let port = 0;
beforeAll(async () => {
  db = await openTestDatabase();
  addRoutes(server, [route], db.database, gatekeeper);
  port = Number(new URL(await server.listen({ host: "127.0.0.1", port: 0 })).port);
});
afterAll(async () => {
  await server.close();
  await db.close();
});
beforeEach(() => {
  done = [];
});

const send = async (name: string, payload: object): Promise<number> =>
  (await server.inject({ method: "POST", url: "/v1/notes", payload, headers: { "x-name": name } })).statusCode;

describe("a command that reads ahead", () => {
  it("begins to find out who calls before the body has come", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.write(
      "POST /v1/notes HTTP/1.1\r\nhost: x\r\nx-name: pat\r\ncontent-type: application/json\r\ncontent-length: 15\r\nconnection: close\r\n\r\n",
    );
    await until(() => done.length > 0);
    expect(done).toEqual(["begun"]);
    socket.write('{"about":"tea"}');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 201 /);
    expect(done).toEqual(["begun", "read of pat", "tried with tea of pat"]);
  });

  it("does nothing for whoever may not call, and says nothing of what was read", async () => {
    expect(await send("stranger", { about: "tea" })).toBe(401);
    expect(await send("stranger", { about: "broken" })).toBe(401);
    expect(done.filter((what) => what.startsWith("tried"))).toEqual([]);
  });

  it("reads nothing for input that breaks its contract, which only those hear of who may call", async () => {
    expect([await send("stranger", {}), await send("pat", {})]).toEqual([401, 422]);
    expect(done).toEqual(["begun", "begun"]);
  });

  it("fails where what it needs could not be read", async () => {
    expect(await send("pat", { about: "broken" })).toBe(500);
  });

  it("sees the present when its transaction is tried again", async () => {
    expect(await send("pat", { about: "tea", failures: 2 })).toBe(201);
    expect(done.slice(2)).toEqual(["tried with tea of pat", "tried with nothing", "tried with nothing"]);
  });
});
