import { z } from "zod";
import type { Random } from "../random.ts";
import type { Client } from "./client.ts";
import { ask, type Command, type Line } from "./commands.ts";
import type { Hand } from "./hand.ts";

/** One person at one desk, about to do something. */
export interface Person {
  readonly client: Client;
  readonly hand: Hand;
}

export interface Doing extends Person {
  readonly random: Random;
  /** The present of the run. */
  readonly now: () => Date;
  /** Sends, and repeats some commands as networks and people do. */
  readonly send: (command: Command) => Promise<unknown>;
}

type Action = (doing: Doing) => Promise<void>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const instant = (at: number): string => new Date(at).toISOString();
/** On the quarter of an hour, some days ahead, within the hours in which practices are open. */
const someday = ({ random, now }: Doing): number => {
  const morning = Date.parse(`${now().toISOString().slice(0, 10)}T08:30:00Z`);
  return morning + random.whole(1, 3) * 24 * HOUR + random.whole(0, 24) * 15 * MINUTE;
};

const someLine = (doing: Doing, shareDueSoon: number): Line => {
  const { random, now } = doing;
  const dueBy = random.chance(shareDueSoon)
    ? now().getTime() + random.whole(5, 40) * MINUTE
    : someday(doing) + 8 * HOUR;
  return { count: random.whole(1, 4), dueBy: instant(dueBy), service: random.chance(0.8) ? "wound-simple" : "suture" };
};

const posting =
  (shareDueSoon: number): Action =>
  async (doing) => {
    const { random, send } = doing;
    const priority = random.pick(["routine", "urgent", "urgent", "asap"] as const) ?? "urgent";
    const lines = Array.from({ length: random.whole(1, 2) }, () => someLine(doing, shareDueSoon));
    await send(ask.post(priority, random.chance(0.7), lines));
  };

/** A few needs are due so soon that they come back uncovered. */
export const postAction = posting(0.06);
export const postDueSoon = posting(1);

const answer: Action = async (doing) => {
  const { random, send, hand } = doing;
  const offer = random.pick([...hand.offers.values()]);
  if (offer === undefined) return;
  const chance = random.unit();
  // Some are extended and answered later, and some are simply forgotten.
  if (chance >= 0.06) hand.putAside(offer.id);
  if (chance < 0.06) await send(ask.extend(offer.id));
  else if (chance < 0.16) return;
  else if (chance < 0.28) await send(ask.decline(offer.id));
  else if (offer.kind === "call" || chance < 0.33)
    await send(ask.propose(offer.id, instant(someday(doing)), Math.min(offer.needs, 3)));
  else {
    const ticked = chance < 0.55 ? offer.slots.slice(0, random.whole(1, offer.slots.length)) : undefined;
    await send(ask.accept(offer.id, ticked));
  }
};

const withdraw: Action = async ({ random, send, hand }) => {
  const reference = random.pick([...hand.requests]);
  if (reference !== undefined) await send(ask.withdraw(reference));
};

const version = z.looseObject({ reference: z.string() });

const amend: Action = async ({ random, send, hand, client }) => {
  const reference = random.pick([...hand.requests]);
  if (reference === undefined) return;
  const etag = (await client.read(`/v1/cover-requests/${reference}`, version))?.etag;
  if (typeof etag === "string") await send(ask.amend(reference, random.whole(1, 5), etag));
};

const NEXT: Readonly<Record<string, readonly [side: string, step: string]>> = {
  agreed: ["supporting", "blocked"],
  blocked: ["home", "passed"],
  passed: ["supporting", "booked"],
  booked: ["home", "told"],
};

/** Ticks the next step of everything that stands at one place and is this desk's to tick (H1). */
const step: Action = async ({ random, send, hand }) => {
  const mine = [...hand.agreements].filter(([, { side, step: at }]) => NEXT[at]?.[0] === side);
  const at = random.pick(mine)?.[1].step;
  const next = at === undefined ? undefined : NEXT[at]?.[1];
  if (next !== undefined)
    await send(
      ask.step(
        next,
        mine.flatMap(([id, { step: its }]) => (its === at ? [id] : [])),
      ),
    );
};

const cancel: Action = async ({ random, send, hand }) => {
  const id = random.pick([...hand.agreements.keys()]);
  if (id !== undefined) await send(ask.cancel(id, random.chance(0.8)));
};

const publish: Action = async (doing) => {
  const from = someday(doing);
  const pledge = doing.random.chance(0.3) ? "firm" : "ask";
  await doing.send(ask.publish(instant(from), instant(from + doing.random.whole(2, 6) * 20 * MINUTE), pledge));
};

const slots = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) });

/** "This slot has gone", mostly one that somebody was given. */
const gone: Action = async ({ random, send, client }) => {
  const state = random.chance(0.7) ? "busy" : "busy-tentative";
  const found = await client.read(`/v1/slots?state=${state}&limit=20`, slots);
  const slot = random.pick(found?.value.items ?? []);
  if (slot !== undefined) await send(ask.gone(slot.id));
};

const confirm: Action = async ({ send }) => void (await send(ask.confirm()));
const look: Action = async ({ client }) => void (await client.look());

const requestPage = z.looseObject({
  items: z.array(z.looseObject({ reference: z.string(), isPaused: z.boolean() })),
});

const broker: Action = async ({ random, send, client }) => {
  const found = await client.read("/v1/cover-requests?state=open&limit=50", requestPage);
  const request = random.pick(found?.value.items ?? []);
  if (request === undefined) return;
  const { reference, isPaused } = request;
  const chosen = isPaused ? ask.resume : random.pick([ask.widen, ask.widen, ask.nudge, ask.pause]);
  if (chosen !== undefined) await send(chosen(reference));
};

/** The book of a practice as its own system exports it: the same few rows again, and now and then a new one. */
const importBook: Action = async ({ random, send, now }) => {
  const date = new Date(now().getTime() + random.whole(1, 3) * 24 * HOUR).toISOString().slice(0, 10);
  const rows = Array.from({ length: random.whole(1, 3) }, (_, at) => {
    const hour = 9 + at * 2;
    return `${date},${String(hour).padStart(2, "0")}:00,${hour + 1}:00,wound-simple;suture,20,ask,B${date}-${at}`;
  });
  await send(ask.import(["date,from,until,services,slot_minutes,pledge,key", ...rows].join("\n")));
};

/** What each kind of client does, and how often beside the rest. */
export const deskActions: readonly (readonly [Action, number])[] = [
  [answer, 40],
  [postAction, 20],
  [step, 12],
  [look, 8],
  [publish, 5],
  [cancel, 4],
  [withdraw, 3],
  [amend, 3],
  [gone, 3],
  [confirm, 1],
];
export const brokerActions: readonly (readonly [Action, number])[] = [
  [broker, 4],
  [look, 1],
];
export const importerActions: readonly (readonly [Action, number])[] = [[importBook, 1]];

/** One of the weighted actions. */
export const choose = (actions: readonly (readonly [Action, number])[], random: Random): Action | undefined => {
  let left = random.unit() * actions.reduce((sum, [, weight]) => sum + weight, 0);
  return actions.find(([, weight]) => (left -= weight) < 0)?.[0];
};
