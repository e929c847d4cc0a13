import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newSpeakable } from "../../../src/platform/ids/ids.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { openWakeBus } from "../../../src/platform/realtime/open-wake-bus.ts";
import type { WakeBus } from "../../../src/platform/realtime/wake-bus.ts";
import { describeWithRedis, openTestDatabase, until, type TestDatabase } from "../../support/index.ts";

const hearing = (bus: WakeBus) => {
  const heard: string[] = [];
  const state = { connections: 0 };
  bus.listen({
    onWake: (streams) => void heard.push(...streams),
    onConnected: () => {
      state.connections += 1;
    },
  });
  return { heard, isUp: () => state.connections > 0 };
};

const onBus = (name: string, open: () => WakeBus): void => {
  describe(`wake-ups over ${name}`, () => {
    it("reach every other process, and not the one that spoke", async () => {
      const [speaker, one, two] = [open(), open(), open()];
      const all = [speaker, one, two].map(hearing);
      await until(() => all.every(({ isUp }) => isUp()), { what: "all listening" });
      speaker.publish(["A81001", "a stream, with spaces"]);
      one.publish(["A81002"]);
      const [own, first, second] = all.map(({ heard }) => heard);
      await until(() => second?.length === 3 && first?.length === 2 && own?.length === 1, { what: "all heard" });
      expect(own).toEqual(["A81002"]);
      expect(first?.toSorted()).toEqual(["A81001", "a stream, with spaces"]);
      expect(second?.toSorted()).toEqual(["A81001", "A81002", "a stream, with spaces"]);
      await Promise.all([speaker, one, two].map((bus) => bus.close()));
    });

    it("a burst loses nothing, though wakes for one stream may travel together", async () => {
      const [speaker, listener] = [open(), open()];
      const { heard, isUp } = hearing(listener);
      await until(isUp);
      const streams = Array.from({ length: 200 }, (_, index) => `S${index}`);
      for (const stream of streams) speaker.publish([stream]);
      await until(() => new Set(heard).size === 200, { what: "every stream" });
      expect(heard.length).toBeGreaterThanOrEqual(200);
      await Promise.all([speaker.close(), listener.close()]);
    });

    it("says nothing and throws nothing once closed", async () => {
      const bus = open();
      await bus.close();
      expect(() => bus.publish(["A81001"])).not.toThrow();
    });
  });
};

describe("with PostgreSQL", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(() => db.close());
  onBus("PostgreSQL", () => openWakeBus({ kind: "postgres", url: db.url, log: silentLogger }));
});

describeWithRedis("with Redis", (url) => {
  const namespace = `w${newSpeakable(8).toLowerCase()}`;
  onBus("Redis", () => openWakeBus({ kind: "redis", url, namespace, log: silentLogger }));
});
