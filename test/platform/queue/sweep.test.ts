import { describe, expect, it } from "vitest";
import { createDatabase, type OutgoingEvent } from "../../../src/platform/db/database.ts";
import { appendEvents } from "../../../src/platform/event-log/event-log.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { createCommitHooks } from "../../../src/platform/queue/commit-hooks.ts";
import { startSweep, sweepOnce } from "../../../src/platform/queue/sweep.ts";
import { inSpan, noteWork, traceFields, type Span } from "../../../src/platform/telemetry/trace.ts";
import { openTestDatabase, until } from "../../support/index.ts";

describe("the sweep (M5)", () => {
  it("goes on with the others when one fails", async () => {
    const ran: string[] = [];
    const broken = async (): Promise<void> => {
      ran.push("broken");
      throw new Error("no");
    };
    const whole = async (): Promise<void> => void ran.push("whole");
    await sweepOnce(
      [
        { name: "broken", run: broken },
        { name: "whole", run: whole },
      ],
      silentLogger,
    );
    expect(ran).toEqual(["broken", "whole"]);
  });

  it("lets others go first before each of its parts, and looks only then whether it is over", async () => {
    const said: string[] = [];
    const giveWay = async (): Promise<void> => void said.push("others");
    const part = (name: string) => ({ name, run: async (): Promise<void> => void said.push(name) });
    const isOver = (): boolean => said.length > 4;
    await sweepOnce([part("first"), part("second"), part("third")], silentLogger, {}, { giveWay, isOver });
    expect(said).toEqual(["others", "first", "others", "second", "others"]);
  });

  it("comes round again and again, never twice at once, and waits for its round when closed", async () => {
    let now = 0;
    let most = 0;
    let rounds = 0;
    const run = async (): Promise<void> => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 15));
      now -= 1;
      rounds += 1;
    };
    const sweep = startSweep([{ name: "slow", run }], { everyMs: 4, log: silentLogger });
    await until(() => rounds >= 3, { what: "three rounds" });
    await sweep.close();
    const after = rounds;
    expect([most, now]).toEqual([1, 0]);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(rounds).toBe(after);
  });
});

describe("a sweep that is hurried", () => {
  it("begins at once, and once more after the round at hand", async () => {
    let rounds = 0;
    let finish = (): void => undefined;
    const run = async (): Promise<void> => {
      rounds += 1;
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    };
    const sweep = startSweep([{ name: "slow", run }], { everyMs: 600_000, log: silentLogger });
    sweep.hurry();
    expect(rounds).toBe(1);
    // Whatever was lost now may have been passed over by the round at hand.
    sweep.hurry();
    sweep.hurry();
    expect(rounds).toBe(1);
    finish();
    await until(() => rounds === 2, { what: "the second round" });
    finish();
    await sweep.close();
    sweep.hurry();
    expect(rounds).toBe(2);
  });
});

describe("what a sweep says of itself", () => {
  it("is a span for each sweeper that did something or failed, and none for one that found nothing", async () => {
    const spans: Span[] = [];
    let inside: string | undefined;
    const sweepers = [
      { name: "idle", run: async () => undefined },
      {
        name: "busy",
        run: async () => {
          inside = traceFields()["traceId"];
          noteWork();
        },
      },
      {
        name: "nested",
        run: async () => inSpan({ name: "solve", kind: "internal" }, async () => noteWork()),
      },
      {
        name: "broken",
        run: async () => {
          throw new Error("no");
        },
      },
    ];
    await sweepOnce(sweepers, silentLogger, { sink: (span) => void spans.push(span) });
    expect(spans.map(({ name, isError }) => [name, isError])).toEqual([
      ["sweep busy", false],
      ["solve", false],
      ["sweep nested", false],
      ["sweep broken", true],
    ]);
    expect(spans[0]?.traceId).toBe(inside);
    expect(spans[1]?.parentSpanId).toBe(spans[2]?.spanId);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(3);
  });
});

describe("around a commit", () => {
  const event = (stream: string): OutgoingEvent => ({ stream, type: "test.ping", data: {} });

  it("S3: events are stored inside, readers woken and jobs enqueued after, each once", async () => {
    const db = await openTestDatabase();
    const said: string[] = [];
    const hooks = createCommitHooks({
      appendEvents,
      wake: (streams) => void said.push(`wake ${streams.join(" ")}`),
      enqueue: ({ job, payload }) => void said.push(`${job} ${JSON.stringify(payload)}`),
      log: silentLogger,
    });
    const database = createDatabase(db.pool, hooks);
    await database.transact(async (tx) => {
      tx.emit(event("A"), event("B"), event("A"));
      tx.follow({ job: "plan", payload: { groupCode: "G" } }, { job: "plan", payload: { groupCode: "G" } });
      expect(said).toEqual([]);
    });
    // The job first: an offer waits for its plan, and readers for nothing.
    expect(said).toEqual(['plan {"groupCode":"G"}']);
    await until(() => said.length > 1);
    expect(said).toEqual(['plan {"groupCode":"G"}', "wake A B"]);
    await expect(
      database.transact(async (tx) => {
        tx.emit(event("A"));
        tx.follow({ job: "plan", payload: { groupCode: "G" } });
        throw new Error("rolled back");
      }),
    ).rejects.toThrow("rolled back");
    expect(said).toHaveLength(2);
    await db.close();
  });

  it("nothing that fails after the commit reaches the caller", async () => {
    const db = await openTestDatabase();
    const fail = (): void => {
      throw new Error("away");
    };
    const hooks = createCommitHooks({ appendEvents, wake: fail, enqueue: fail, log: silentLogger });
    const answer = await createDatabase(db.pool, hooks).transact(async (tx) => {
      tx.emit(event("A"));
      tx.follow({ job: "plan", payload: {} });
      return "done";
    });
    expect(answer).toBe("done");
    await db.close();
  });
});
