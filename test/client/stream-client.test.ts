import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { waitMs } from "../../src/client/backoff.ts";
import { readServerFrame } from "../../src/client/frames.ts";
import { openStream, type SocketLike, type StreamClient, type StreamOptions } from "../../src/client/index.ts";

/** The server's side of one connection, played by the test. */
interface Line {
  readonly url: string;
  readonly said: unknown[];
  isClosed: boolean;
  open(): void;
  send(frame: unknown): void;
  /** The close event, as after a close frame or a broken line. */
  drop(code: number): void;
}

const event = (offset: number): Record<string, unknown> => ({
  offset,
  id: `id-${offset}`,
  type: "test.ping",
  at: "2026-12-21T08:00:00.000Z",
  data: { n: offset },
});

type Listener = (event: { code: number; data: unknown }) => void;

const network = () => {
  const lines: Line[] = [];
  const createSocket = (url: string): SocketLike => {
    const listeners = new Map<string, Listener>();
    const say = (type: string, about: { code: number; data: unknown }): void => listeners.get(type)?.(about);
    const line: Line = {
      url,
      said: [],
      isClosed: false,
      open: () => say("open", { code: 0, data: undefined }),
      send: (frame) => say("message", { code: 0, data: JSON.stringify(frame) }),
      drop: (code) => say("close", { code, data: undefined }),
    };
    lines.push(line);
    return {
      send: (text) => void line.said.push(JSON.parse(text)),
      close: () => {
        line.isClosed = true;
      },
      addEventListener: (type: string, listener: Listener) => void listeners.set(type, listener),
    };
  };
  const last = (): Line => {
    const line = lines.at(-1);
    if (line === undefined) throw new Error("nobody has connected");
    return line;
  };
  return { lines, createSocket, last };
};

describe("the client of the stream", () => {
  const clients: StreamClient[] = [];
  const offsets: number[] = [];
  const states: string[] = [];
  const problems: unknown[] = [];

  const start = (net: ReturnType<typeof network>, options: Partial<StreamOptions> = {}): StreamClient => {
    const client = openStream({
      url: "ws://here/v1/stream",
      after: 0,
      createSocket: net.createSocket,
      onEvent: ({ offset }) => void offsets.push(offset),
      onReset: async (offset) => offset,
      onStatus: ({ state }) => void states.push(state),
      onProblem: (problem) => void problems.push(problem),
      random: () => 0.5,
      ...options,
    });
    clients.push(client);
    return client;
  };

  beforeEach(() => {
    vi.useFakeTimers();
    for (const list of [offsets, states, problems]) list.length = 0;
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    vi.useRealTimers();
  });

  it("S4: resumes after the snapshot it was given, and is live once the server says so", () => {
    const net = network();
    const client = start(net, { after: 41 });
    net.last().open();
    expect(net.last().said).toEqual([{ type: "resume", after: 41 }]);
    net.last().send(event(42));
    expect(client.status().state).toBe("connecting");
    net.last().send({ type: "live" });
    net.last().send(event(43));
    expect([client.status().state, client.offset(), offsets]).toEqual(["live", 43, [42, 43]]);
  });

  it("S4: an event that comes twice is handed on once", () => {
    const net = network();
    start(net);
    net.last().open();
    for (const offset of [1, 2, 2, 1, 3]) net.last().send(event(offset));
    expect(offsets).toEqual([1, 2, 3]);
  });

  it("S4: a gap is not handed on: it connects again and resumes after what it has", () => {
    const net = network();
    start(net);
    const first = net.last();
    first.open();
    first.send(event(1));
    first.send(event(3));
    expect([offsets, first.isClosed, problems.length]).toEqual([[1], true, 1]);
    vi.advanceTimersByTime(1_000);
    net.last().open();
    expect(net.last().said).toEqual([{ type: "resume", after: 1 }]);
    // Late frames of the line that was given up do not count.
    first.send(event(2));
    expect(offsets).toEqual([1]);
  });

  it("reconnects with a growing wait, and at once when it is told that the network is back", () => {
    const net = network();
    const client = start(net, { settings: { backoff: { baseMs: 100, maxMs: 10_000 } } });
    // Half of the bound each time, because chance here is always one half.
    for (const wait of [100, 200, 400]) {
      const count = net.lines.length;
      net.last().drop(1006);
      vi.advanceTimersByTime(wait - 1);
      expect(net.lines.length).toBe(count);
      vi.advanceTimersByTime(1);
      expect(net.lines.length).toBe(count + 1);
    }
    net.last().drop(1006);
    const count = net.lines.length;
    client.wake();
    expect(net.lines.length).toBe(count + 1);
  });

  it("S2: does not come back after 4401", () => {
    const net = network();
    const client = start(net);
    net.last().open();
    net.last().drop(4401);
    vi.advanceTimersByTime(600_000);
    expect([client.status().state, net.lines.length, states.at(-1)]).toEqual(["ended", 1, "ended"]);
  });

  it("S6: after 1012 it waits at random within the spread", () => {
    const net = network();
    start(net, { settings: { restartSpreadMs: 2_000 } });
    net.last().open();
    net.last().send({ type: "live" });
    net.last().drop(1012);
    vi.advanceTimersByTime(999);
    expect(net.lines.length).toBe(1);
    vi.advanceTimersByTime(1);
    expect(net.lines.length).toBe(2);
  });

  it("S4: on a reset it asks for a snapshot and resumes after that; where that fails it starts over", async () => {
    const net = network();
    let tries = 0;
    const client = start(net, {
      after: 5,
      onReset: async () => {
        tries += 1;
        if (tries === 1) throw new Error("no snapshot");
        return 90;
      },
    });
    net.last().open();
    net.last().send({ type: "reset", offset: 97 });
    await vi.advanceTimersByTimeAsync(1_000);
    net.last().open();
    net.last().send({ type: "reset", offset: 97 });
    await vi.advanceTimersByTimeAsync(0);
    expect(net.last().said).toEqual([
      { type: "resume", after: 5 },
      { type: "resume", after: 90 },
    ]);
    net.last().send(event(91));
    expect([client.offset(), offsets]).toEqual([91, [91]]);
  });

  it("gives up a line on which nothing was heard, though it never said that it closed", () => {
    const net = network();
    const client = start(net, { settings: { silenceMs: 60_000 } });
    net.last().open();
    net.last().send({ type: "live" });
    for (let minute = 0; minute < 10; minute += 1) {
      vi.advanceTimersByTime(30_000);
      net.last().send({ type: "heartbeat", offset: 0 });
    }
    expect(net.lines.length).toBe(1);
    vi.advanceTimersByTime(65_000);
    expect(net.lines[0]?.isClosed).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(net.lines.length).toBeGreaterThan(1);
    expect(client.status().state).toBe("reconnecting");
  });

  it("gives up a connection that does not open", () => {
    const net = network();
    start(net, { settings: { openWithinMs: 10_000 } });
    vi.advanceTimersByTime(16_000);
    expect(net.lines[0]?.isClosed).toBe(true);
  });

  it("trusts no line across a sleep of the machine", () => {
    const net = network();
    start(net);
    net.last().open();
    net.last().send({ type: "live" });
    // The clock jumps while timers stand still, as when a lid is closed.
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(5_000);
    expect(net.lines[0]?.isClosed).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(net.lines.length).toBe(2);
  });

  it("an error of the page does not stop the stream, and nothing happens after close", () => {
    const net = network();
    const client = start(net, {
      onEvent: () => {
        throw new Error("the page broke");
      },
    });
    net.last().open();
    net.last().send(event(1));
    net.last().send(event(2));
    expect([client.offset(), problems.length]).toEqual([2, 2]);
    client.close();
    net.last().drop(1006);
    vi.advanceTimersByTime(600_000);
    expect([client.status().state, net.lines.length]).toEqual(["closed", 1]);
  });
});

describe("what the client makes of what it gets", () => {
  it("reads any text without throwing, and takes only whole frames", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.anything()), (data) => {
        const frame = readServerFrame(data);
        expect(frame === undefined || ["event", "live", "heartbeat", "reset"].includes(frame.kind)).toBe(true);
      }),
    );
    expect(readServerFrame(JSON.stringify({ ...event(1), data: null }))).toBeUndefined();
    expect(readServerFrame(JSON.stringify({ type: "news" }))).toBeUndefined();
  });

  it("waits somewhere between nothing and a bound that doubles up to a ceiling", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (n, random) => {
          const wait = waitMs({ baseMs: 250, maxMs: 20_000 }, n, random);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThan(Math.min(20_000, 250 * 2 ** Math.min(n, 20)) + 1);
        },
      ),
    );
  });
});
