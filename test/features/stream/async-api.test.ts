import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { eventContracts } from "../../../src/app/events.ts";
import { defineEvent, eventFor } from "../../../src/platform/event-log/event-contract.ts";
import { openTestDatabase, aUser, until, type TestDatabase } from "../../support/index.ts";
import { aToken, rawSocket, startApi, type ApiProcess } from "./api-process.ts";

const testPing = defineEvent({ type: "test.ping", summary: "A ping", data: z.strictObject({ n: z.int() }) });
const contracts = [...eventContracts, testPing];

const documentSchema = z.object({
  asyncapi: z.literal("3.0.0"),
  channels: z.object({
    stream: z.object({ address: z.string(), messages: z.record(z.string(), z.object({ $ref: z.string() })) }),
  }),
  operations: z.record(z.string(), z.object({ messages: z.array(z.object({ $ref: z.string() })) })),
  components: z.object({
    messages: z.record(z.string(), z.object({ payload: z.record(z.string(), z.unknown()) })),
  }),
});

let db: TestDatabase;
let api: ApiProcess;
beforeAll(async () => {
  db = await openTestDatabase();
  api = await startApi(db, { contracts });
});
afterAll(async () => {
  await api.close();
  await db.close();
});

const readDocument = async (): Promise<z.output<typeof documentSchema>> =>
  documentSchema.parse(await (await fetch(`${api.address}/asyncapi.json`)).json());

/** Says whether a frame is what the document says the message of this name is. */
const checker = (document: z.output<typeof documentSchema>) => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  return (name: string, frame: unknown): boolean => {
    const message = document.components.messages[name];
    return message !== undefined && ajv.validate(message.payload, frame);
  };
};

describe("the description of the stream", () => {
  it("lists every event contract once, and every reference leads somewhere", async () => {
    const document = await readDocument();
    const names = Object.keys(document.components.messages);
    expect(names.toSorted()).toEqual(
      ["resume", "live", "reset", "heartbeat", ...contracts.map((contract) => contract.type)].toSorted(),
    );
    for (const { $ref } of Object.values(document.channels.stream.messages)) {
      expect(names).toContain($ref.replace("#/components/messages/", ""));
    }
    for (const operation of Object.values(document.operations)) {
      for (const { $ref } of operation.messages) {
        expect(Object.keys(document.channels.stream.messages)).toContain(
          $ref.replace("#/channels/stream/messages/", ""),
        );
      }
    }
  });

  it("S1: holds for every frame that is sent, and not for others", async () => {
    const fits = checker(await readDocument());
    const actor = await aUser(db);
    const { authorization } = await aToken(db, actor);
    const raw = rawSocket(`${api.url}?heartbeat=1`, { authorization });
    raw.socket.on("open", () => raw.socket.send('{"type":"resume","after":7}'));
    await until(() => raw.frames.length === 1, { what: "reset" });
    raw.socket.send('{"type":"resume","after":0}');
    await until(() => raw.frames.length === 2, { what: "live" });
    await api.database.transact(async (tx) => tx.emit(eventFor(testPing, actor.organisationCode, { n: 1 })));
    await until(() => raw.frames.length === 3, { what: "the event" });
    const [reset, live, event] = raw.frames;
    expect(fits("reset", reset)).toBe(true);
    expect(fits("live", live)).toBe(true);
    expect(fits("test.ping", event)).toBe(true);
    expect(fits("live", event)).toBe(false);
    expect(fits("request.changed", event)).toBe(false);
    expect(fits("resume", { type: "resume", after: 0 })).toBe(true);
    expect(fits("resume", { type: "resume" })).toBe(false);
    raw.socket.close();
  });
});
