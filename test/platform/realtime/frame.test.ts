import { once } from "node:events";
import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { bytesAfter, framed, toBatch } from "../../../src/platform/realtime/frame.ts";
import { until } from "../../support/index.ts";

/** What a client of `ws` reads, where these bytes are written to the line between two messages of ws itself. */
const heardFrom = async (bytes: readonly Buffer[]): Promise<string[]> => {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on("upgrade", (request, line, head) => {
    sockets.handleUpgrade(request, line, head, (socket) => {
      socket.send("before");
      for (const one of bytes) line.write(one);
      socket.send("after");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`);
  const heard: string[] = [];
  client.on("message", (data, isBinary) => {
    if (Buffer.isBuffer(data)) heard.push(isBinary ? "binary" : data.toString("utf8"));
  });
  await until(() => heard.includes("after"), { what: "the last message" });
  client.terminate();
  sockets.close();
  server.close();
  expect([heard[0], heard.at(-1)]).toEqual(["before", "after"]);
  return heard.slice(1, -1);
};

describe("frames", () => {
  it("are text as RFC 6455 has it, at each length where the header changes", async () => {
    const texts = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000].map((length) => "x".repeat(length));
    // Length is counted in bytes: 63 of two bytes each need the longer header.
    texts.push("é".repeat(63), "日本 🩹");
    expect(await heardFrom(texts.map(framed))).toEqual(texts);
  });

  const event = (offset: number) => ({
    stream: "A81001",
    offset,
    id: "01a20f61-2db7-7dcc-97e7-1a01ab6b618c",
    type: "test.said",
    at: new Date("2026-12-14T10:00:00Z"),
    data: { n: offset },
  });

  it("S1: a batch is its messages one after another, and what comes after an offset is the rest of them", async () => {
    const batch = toBatch([event(7), event(8), event(9)]);
    if (batch === undefined) throw new Error("three events");
    expect({ after: batch.after, last: batch.last }).toEqual({ after: 6, last: 9 });
    const framesFrom = async (after: number): Promise<unknown[]> =>
      (await heardFrom([bytesAfter(batch, after)])).map((text): unknown => JSON.parse(text));
    const frames = [7, 8, 9].map((offset) => {
      const { stream: _, at, ...rest } = event(offset);
      return { ...rest, at: at.toISOString() };
    });
    expect(await framesFrom(6)).toEqual(frames);
    expect(await framesFrom(0)).toEqual(frames);
    expect(await framesFrom(7)).toEqual(frames.slice(1));
    expect(await framesFrom(8)).toEqual(frames.slice(2));
    expect(bytesAfter(batch, 9)).toHaveLength(0);
    // Nothing is copied for whoever is where the batch begins.
    expect(bytesAfter(batch, 6)).toBe(batch.bytes);
    expect(toBatch([])).toBeUndefined();
  });
});
