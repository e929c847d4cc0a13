import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { send } from "../support/send.ts";
import { quantile, round } from "../support/stats.ts";
import type { Desk, Desks } from "./desks.ts";
import type { Load, Watched } from "./processes.ts";
import { countCores, type Cores, type Places } from "./processor-time.ts";
import type { Seat } from "./world.ts";

/*
 * Posts at a steady rate whatever the answers do (open loop), and desks that accept what they are offered the moment they
 * hear of it: the way of every need from a post to an agreement.
 */

const posted = z.object({ reference: z.string() });
const heard = z.object({
  type: z.string(),
  data: z.looseObject({
    reference: z.string().optional(),
    offerId: z.string().optional(),
    kind: z.string().optional(),
  }),
});

export interface Step {
  readonly postsPerSecond: number;
  readonly answersPerSecond: number;
  /** From sending a post to its answer. */
  readonly postP50Ms: number;
  readonly postP99Ms: number;
  /** From sending a post to the first supporting desk's frame. */
  readonly frameP50Ms: number;
  readonly frameP99Ms: number;
  readonly answerP99Ms: number;
  /** Answers that came second, as 409: an urgent need is put to two practices (A2), and all here accept at once. */
  readonly late: number;
  /** Posts of which no desk heard. */
  readonly unheard: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Cores that were busy. */
  readonly apiCpu: number;
  readonly matcherCpu: number;
  readonly apiLoopP99Ms: number;
  /** Who had the processors; not where that cannot be read. */
  readonly cores: Cores | undefined;
}

/** The processes that do the work. */
export interface Service {
  readonly apis: readonly Watched[];
  readonly matchers: readonly Watched[];
  /** What they stand on. */
  readonly below: Pick<Places, "postgres" | "redis">;
}

const pidsOf = (watched: readonly Watched[]): number[] => watched.map(({ pid }) => pid);

/** Starts counting who of all that serve has the processors. */
export const countCoresOf = async ({ apis, matchers, below }: Service): ReturnType<typeof countCores> =>
  countCores({ ...below, apis: pidsOf(apis), matchers: pidsOf(matchers) });

const NEEDS = { service: "wound-simple", count: 2, minutes: 20, dueBy: "2026-12-17T18:30:00Z", maxKm: 15 };

const coresOf = (loads: readonly Load[]): number => round(loads.reduce((sum, { cpu }) => sum + cpu, 0));

/** One step of the ladder. */
export const workAt = async (
  service: Service,
  desks: Desks,
  postsPerSecond: number,
  seconds: number,
): Promise<Step> => {
  const { apis, matchers } = service;
  const urlAt = (n: number): string => apis[n % apis.length]?.url ?? "";
  const firstFrame = new Map<string, number>();
  const answering: Promise<void>[] = [];
  const answerMs: number[] = [];
  let late = 0;
  const failures: Record<string, number> = {};
  const fail = (what: string): void => {
    failures[what] = (failures[what] ?? 0) + 1;
  };
  const accept = async (desk: Desk, offerId: string): Promise<void> => {
    const began = performance.now();
    const { status } = await send(`${urlAt(answering.length)}/v1/offers/${offerId}/accept`, desk.seat, {});
    answerMs.push(performance.now() - began);
    if (status === 409) late += 1;
    else if (status >= 300) fail(`answer ${status}`);
  };
  desks.onFrame = (desk, text) => {
    if (!text.includes('"offer.made"')) return;
    const { data } = heard.parse(JSON.parse(text.toString("utf8")));
    const { reference, offerId, kind } = data;
    // Calls ask for times that nobody published: there is enough published, so there should be none.
    if (reference === undefined || offerId === undefined || kind !== "slots") return;
    if (!firstFrame.has(reference)) firstFrame.set(reference, performance.now());
    answering.push(accept(desk, offerId).catch(() => fail("no answer")));
  };
  for (const one of [...apis, ...matchers]) await one.load();
  const coresSince = await countCoresOf(service);
  const postMs: number[] = [];
  const sentAt = new Map<string, number>();
  const post = async (seat: Seat, n: number): Promise<void> => {
    const began = performance.now();
    const body = { priority: "urgent", reason: "staff-absence", takeFirm: true, needs: [NEEDS] };
    const { status, text } = await send(`${urlAt(n)}/v1/cover-requests`, seat, body);
    postMs.push(performance.now() - began);
    if (status === 201) sentAt.set(posted.parse(JSON.parse(text)).reference, began);
    else fail(`post ${status}`);
  };
  const posts: Promise<void>[] = [];
  const total = postsPerSecond * seconds;
  const began = performance.now();
  for (let n = 0; n < total; n += 1) {
    await delay(Math.max(0, began + (n * 1_000) / postsPerSecond - performance.now()));
    // A prime step, so that posts come from all groups in turn.
    const seat = desks.all[(n * 1_013) % desks.all.length]?.seat;
    if (seat !== undefined) posts.push(post(seat, n).catch(() => fail("no answer")));
  }
  await Promise.all(posts);
  const cores = await coresSince();
  const loads = await Promise.all(apis.map(async (api) => api.load()));
  const planning = await Promise.all(matchers.map(async (matcher) => matcher.load()));
  const isHeard = (): boolean => [...sentAt.keys()].every((reference) => firstFrame.has(reference));
  for (let waited = 0; waited < 20_000 && !isHeard(); waited += 100) await delay(100);
  await Promise.all(answering);
  desks.onFrame = undefined;
  const frameMs = [...sentAt].flatMap(([reference, at]) => {
    const heardAt = firstFrame.get(reference);
    return heardAt === undefined ? [] : [heardAt - at];
  });
  return {
    postsPerSecond,
    postP50Ms: round(quantile(postMs, 0.5), 1),
    postP99Ms: round(quantile(postMs, 0.99), 1),
    frameP50Ms: round(quantile(frameMs, 0.5), 1),
    frameP99Ms: round(quantile(frameMs, 0.99), 1),
    answerP99Ms: round(quantile(answerMs, 0.99), 1),
    answersPerSecond: round(answerMs.length / seconds, 1),
    late,
    unheard: sentAt.size - frameMs.length,
    failed: Object.values(failures).reduce((sum, n) => sum + n, 0),
    failures,
    apiCpu: coresOf(loads),
    matcherCpu: coresOf(planning),
    apiLoopP99Ms: round(Math.max(...loads.map(({ p99 }) => p99)), 1),
    cores,
  };
};

/** Ever faster until the 99th percentile of posts is twice what it was at the first, calm step. */
export const ladder = async (
  service: Service,
  desks: Desks,
  rates: readonly number[],
  seconds: number,
  say: (what: string, found: unknown) => void,
): Promise<Step[]> => {
  const steps: Step[] = [];
  for (const rate of rates) {
    const step = await workAt(service, desks, rate, seconds);
    say("step", step);
    steps.push(step);
    if (!isCalm(step, steps[0])) break;
  }
  return steps;
};

const isCalm = (step: Step, first: Step | undefined): boolean =>
  step.failed === 0 && step.unheard === 0 && step.postP99Ms <= 2 * (first?.postP99Ms ?? 0);

/** The fastest step at which nothing failed and the 99th percentile of posts had not doubled; 0 if it was none. */
export const carried = (steps: readonly Step[]): number =>
  Math.max(0, ...steps.filter((step) => isCalm(step, steps[0])).map((step) => step.postsPerSecond));
