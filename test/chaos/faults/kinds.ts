import { setTimeout as delay } from "node:timers/promises";
import { useUpConnections } from "./exhaustion.ts";
import type { Random } from "../random.ts";
import type { Member } from "../rig/member.ts";
import type { Proxy } from "../rig/proxy.ts";
import type { Rig } from "../rig/rig.ts";
import type { SlowReader } from "./slow-reader.ts";

/** One thing that goes wrong, and is put right again. */
export interface FaultKind {
  readonly kind: string;
  /** Takes so long that a storm should not wait for it: only by itself. */
  readonly isLong?: true;
  /** What it breaks: two faults of one part do not overlap, those of different parts do. */
  readonly part: (rig: Rig, random: Random) => { readonly name: string; readonly inject: () => Promise<void> };
}

const LINGERS_MS = [800, 3_000] as const;

const lingers = (random: Random): Promise<void> => delay(random.whole(...LINGERS_MS));

const someone = (members: readonly Member[], random: Random): Member => {
  const member = random.pick(members);
  if (member === undefined) throw new Error("no such process");
  return member;
};

/** One of the lines between processes, to the world outside, or between clients and the API. */
const someLine = (rig: Rig, random: Random): { readonly name: string; readonly proxy: Proxy } => {
  const lines = [...rig.apis, ...rig.matchers].flatMap(({ name, lines: { postgres, redis } }) => [
    { name: `${name}/postgres`, proxy: postgres },
    ...(redis === undefined ? [] : [{ name: `${name}/redis`, proxy: redis }]),
  ]);
  const { mail, hooks } = rig.outside.lines;
  const outside = [
    { name: "mail", proxy: mail },
    { name: "webhooks", proxy: hooks },
  ];
  return random.pick([...lines, ...outside, { name: "clients", proxy: rig.front }]) ?? { name: "mail", proxy: mail };
};

const killed = (kind: string, members: (rig: Rig) => readonly Member[]): FaultKind => ({
  kind,
  part: (rig, random) => {
    const member = someone(members(rig), random);
    return { name: member.name, inject: () => member.kill() };
  },
});

const deployed = (kind: string, members: (rig: Rig) => readonly Member[]): FaultKind => ({
  kind,
  part: (rig, random) => {
    const member = someone(members(rig), random);
    return { name: member.name, inject: () => member.deploy() };
  },
});

const crashed = (kind: string, how: "immediate" | "kill"): FaultKind => ({
  kind,
  part: ({ postgres }, random) => ({
    name: "postgres",
    inject: async () => {
      await postgres.crash(how);
      await delay(random.whole(200, 1_500));
      await postgres.start();
    },
  }),
});

const onLine = (kind: string, inject: (proxy: Proxy, random: Random) => Promise<void>): FaultKind => ({
  kind,
  part: (rig, random) => {
    const { name, proxy } = someLine(rig, random);
    return { name, inject: () => inject(proxy, random) };
  },
});

const redisWiped: FaultKind = {
  kind: "redis-wiped",
  part: ({ redis }, random) => ({
    name: "redis",
    inject: async () => {
      await redis?.kill();
      await delay(random.whole(0, 300));
      await redis?.start();
    },
  }),
};

const always: readonly FaultKind[] = [
  killed("api-killed", ({ apis }) => apis),
  killed("matcher-killed", ({ matchers }) => matchers),
  crashed("postgres-stopped", "immediate"),
  crashed("postgres-killed", "kill"),
  onLine("connections-cut", async (proxy, random) => {
    const share = random.pick([0.3, 1]) ?? 1;
    proxy.cut(() => random.chance(share));
  }),
  onLine("connections-delayed", async (proxy, random) => {
    proxy.delay(random.whole(30, 400));
    await lingers(random);
    proxy.delay(0);
  }),
  onLine("connections-half-open", async (proxy, random) => {
    proxy.freeze();
    // Now and then for longer than any statement may take: whoever waits must give up by itself.
    await (random.chance(0.2) ? delay(12_000) : lingers(random));
    proxy.thaw();
  }),
  {
    kind: "readers-stopped",
    part: ({ front }, random) => ({
      name: "clients",
      inject: async () => {
        front.stall(() => random.chance(0.3));
        await lingers(random);
        front.unstall();
      },
    }),
  },
  {
    kind: "connections-exhausted",
    part: ({ postgres }, random) => ({
      name: "postgres",
      inject: () => useUpConnections(postgres.url, () => lingers(random)),
    }),
  },
  {
    kind: "clock-stepped",
    part: ({ apis, matchers }, random) => {
      const member = someone([...apis, ...matchers], random);
      return { name: member.name, inject: async () => member.stepClock() };
    },
  },
  deployed("api-deployed", ({ apis }) => apis),
  deployed("matcher-deployed", ({ matchers }) => matchers),
];

const tooSlow = (reader: SlowReader): FaultKind => ({
  kind: "reader-too-slow",
  isLong: true,
  part: () => ({ name: "one reader", inject: () => reader.stall() }),
});

/** Every kind of fault that this backend knows: first those that a short run should surely measure. */
export const faultKinds = ({ redis }: Rig, reader: SlowReader): readonly FaultKind[] => [
  tooSlow(reader),
  ...(redis === undefined ? [] : [redisWiped]),
  ...always,
];
