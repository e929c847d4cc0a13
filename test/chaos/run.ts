import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDatabase, createPool, noHooks } from "../../src/platform/db/database.ts";
import { waitForCalm, waitForRest, type CalmWatch } from "./checker/calm.ts";
import { check } from "./checker/check.ts";
import { gather, type Violation } from "./checker/evidence.ts";
import { isDone } from "./checker/effects.ts";
import { openInjector, type Injector } from "./faults/injector.ts";
import { openSlowReader } from "./faults/slow-reader.ts";
import { entriesOf } from "./model/client-log.ts";
import { openClock, type RunClock } from "./model/clock.ts";
import { openModel, type Model } from "./model/model.ts";
import { openOffice, type Office } from "./model/office.ts";
import { buildWorld, LIST_SIZE, LONG_LOG, practicesCsv, type Seat, type WorldSize } from "./model/world.ts";
import { seeded } from "./random.ts";
import { openRig, type Backend, type Rig } from "./rig/rig.ts";
import { measureIsolated, summarise, type Calm } from "./isolated.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly backend: Backend;
  readonly minutes: number;
  readonly world: WorldSize;
  /** Things that people do in a second. */
  readonly perSecond: number;
  /** How many times longer than usual to wait for calm, on a machine that has much else to do. */
  readonly patience?: number;
  /** What happens, as it happens. */
  readonly say: (text: string) => void;
  /** Aborted: everything is torn down and the run rejects. */
  readonly stopping: AbortSignal;
}

export interface ChaosResult {
  readonly seed: number;
  readonly backend: Backend;
  readonly minutes: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Kinds of fault that never occurred. */
  readonly missed: readonly string[];
  readonly commands: number;
  readonly acknowledged: number;
  readonly framesChecked: number;
  /** How the connections of the reader ended that stops reading: 4408 is why, 0 is that it ended them itself. */
  readonly slowReaderCloses: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
  readonly calmMs: Readonly<Record<string, { readonly p50: number; readonly max: number }>>;
  /** Logs of processes and clients, kept where something was wrong. */
  readonly folder: string | undefined;
}

export const hundredsOfPractices: WorldSize = { groups: 6, practicesEach: 40 };

/** A minute a second: an asap offer lapses within half a minute, and the day is long enough for ten. */
const CLOCK_SPEED = 60;
const STORM_MS = 25_000;
/** After a storm clients may still wait for their next try: up to twenty seconds. */
const SETTLE_MS = 60_000;

/** Longer than a message or a webhook is put off that failed a few times. */
const PUT_OFF_MINUTES = 40;
/** What a process had in hand when it was killed, such as a message half sent, is taken up when its lease has run out. */
const REST_MS = 150_000;

/** Runs the whole thing: everything starts, breaks for so many minutes, comes to rest, is judged and is torn down. */
export const runChaos = async (options: ChaosOptions): Promise<ChaosResult> => {
  const { seed, backend, minutes, say, stopping, patience = 1 } = options;
  const random = seeded(seed);
  const folder = await mkdtemp(path.join(tmpdir(), "covershare-chaos-"));
  const broken: Violation[] = [];
  const onBroken = (seen: string): void => {
    say(`BROKEN ${seen}`);
    broken.push({ rule: "processes", promised: "Processes end only when they are told to, and then in time.", seen });
  };
  let isWorthKeeping = false;
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    let seats: readonly Seat[] = [];
    const rig = await openRig({
      backend,
      folder,
      prepare: async (url, hooks) => {
        seats = await buildWorld(url, options.world, random.fork("world"), hooks);
      },
      onBroken,
    });
    closers.push(() => rig.close());
    const pool = createPool({
      url: rig.postgres.url,
      max: 3,
      statementTimeoutMs: 60_000,
      applicationName: "chaos checker",
      onError: () => undefined,
    });
    closers.push(() => pool.end());
    const database = createDatabase(pool, noHooks);
    const { q } = database;
    const clock = openClock(q, CLOCK_SPEED);
    closers.push(async () => clock.close());
    const people = seats.filter(({ kind }) => kind !== "reader");
    const model = openModel(people, rig.front.port, { random: random.fork("model"), now: () => clock.now() });
    closers.push(async () => model.close());
    const reader = openSlowReader({
      token: seats.find(({ kind }) => kind === "reader")?.token ?? "",
      total: LONG_LOG.events,
      ports: () => rig.apis.flatMap((api) => api.ports()),
    });
    const injector = openInjector(rig, reader, random.fork("faults"), say, onBroken);
    const [{ lines }] = rig.apis;
    const office = openOffice({
      folder,
      databaseUrl: rig.postgres.urlAt(lines.postgres.port),
      fileOf: (listSize) => practicesCsv(options.world, random.fork("world"), listSize),
      firstListSize: LIST_SIZE,
    });
    closers.push(() => office.close());
    const isIdle = (): boolean => model.isIdle() && office.isIdle();
    const watch: CalmWatch = { q, clients: model.clients, isIdle };

    const calms = await Promise.race([
      phases({ ...options, rig, model, office, injector, watch, clock }),
      stopped(stopping),
    ]);
    model.pause();
    clock.pause();
    await injector.settled();
    say("coming to rest");
    await waitForCalm(watch, SETTLE_MS * patience);
    // What was put off for a while, as after a mail server that did not answer, has its next turn now.
    await clock.leap(PUT_OFF_MINUTES);
    const rest = await waitForRest(watch, REST_MS * patience);
    say("checking");
    const logs = model.clients.map(({ log }) => log);
    const evidence = await gather(database, model.clients, { outside: rig.outside, imports: office.imports });
    const violations = [
      ...broken,
      ...reader.odd().map((seen): Violation => ({ rule: "slow-reader", promised: SLOW_PROMISE, seen })),
      ...calms.flatMap(({ kind, ms, missing }) =>
        missing.map((seen) => notCalm(`${Math.round(ms)} ms after ${kind}`, seen)),
      ),
      ...rest.missing.map((seen) => notCalm(`${Math.round(rest.ms)} ms after the end`, seen)),
      ...check(evidence),
    ];
    isWorthKeeping = violations.length > 0;
    if (isWorthKeeping) for (const log of logs) log.keep(folder);
    const repeats = model.repeats();
    return {
      seed,
      backend,
      minutes,
      faults: {
        ...injector.counts(),
        "commands-duplicated": repeats.duplicated,
        "commands-replayed": repeats.replayed + repeats.reused,
      },
      missed: injector.untried().map(({ kind }) => kind),
      commands: count(logs.map((log) => new Set(entriesOf(log, "asked").map(({ key }) => key)).size)),
      acknowledged: count(
        logs.map(
          (log) =>
            new Set(entriesOf(log, "answered").flatMap((answered) => (isDone(answered) ? [answered.key] : []))).size,
        ),
      ),
      framesChecked: count(logs.map((log) => entriesOf(log, "frame").length)),
      slowReaderCloses: reader.closes(),
      violations,
      calmMs: summarise(calms),
      folder: isWorthKeeping ? folder : undefined,
    };
  } finally {
    await close();
    if (!isWorthKeeping) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
};

const stopped = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("Stopped.")), { once: true });
  });

const count = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

const SLOW_PROMISE = "A reader that cannot keep up is put off, resumes where it stood, and misses nothing (S4, S5).";

const notCalm = (when: string, seen: string): Violation => ({
  rule: "calm",
  promised: "Once faults have ended, everything due is done and every event is delivered within seconds.",
  seen: `${when}: ${seen}`,
});

interface Phase extends ChaosOptions {
  readonly rig: Rig;
  readonly model: Model;
  readonly office: Office;
  readonly injector: Injector;
  readonly watch: CalmWatch;
  readonly clock: Pick<RunClock, "run" | "pause">;
}

/** Storms and isolated faults by turns, until the time is over. */
const phases = async (phase: Phase): Promise<Calm[]> => {
  const { minutes, patience = 1, model, office, injector, clock, perSecond, say, watch } = phase;
  const calms: Calm[] = [];
  let turn = 0;
  say("warming up");
  await waitForCalm(watch, SETTLE_MS * patience);
  const until = performance.now() + minutes * 60_000;
  const left = (): number => until - performance.now();
  while (left() > 0) {
    say("storm");
    model.run(perSecond);
    clock.run();
    office.importNow();
    await injector.storm(Math.min(STORM_MS, left()));
    model.pause();
    clock.pause();
    await injector.settled();
    const rest = await waitForCalm(watch, SETTLE_MS * patience);
    calms.push({ kind: "storm", ...rest });
    say(
      `calm ${Math.round(rest.ms)} ms after the storm${rest.missing.length > 0 ? `: ${rest.missing.join("; ")}` : ""}`,
    );
    const isolatedUntil = performance.now() + STORM_MS;
    // At least one, however long the machine took to come to rest.
    do {
      const kind = injector.kinds[turn % injector.kinds.length];
      turn += 1;
      if (kind !== undefined) calms.push(await measureIsolated(phase, kind));
    } while (performance.now() < isolatedUntil && left() > 0);
  }
  // However short the run: no kind of fault is left out of it.
  for (const kind of injector.untried()) calms.push(await measureIsolated(phase, kind));
  return calms;
};
