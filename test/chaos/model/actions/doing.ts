import type { Random } from "../../random.ts";
import type { Client } from "../client.ts";
import type { Command } from "../commands.ts";
import type { Hand } from "../hand.ts";

/** One person at one desk, about to do something. */
export interface Person {
  readonly client: Client;
  readonly hand: Hand;
}

export interface Doing extends Person {
  readonly random: Random;
  /** The present of the run. */
  readonly now: () => Date;
  /** Sends, and repeats some commands as networks and people do; under a key that a page carried, where it did. */
  readonly send: (command: Command, key?: string) => Promise<unknown>;
}

export type Action = (doing: Doing) => Promise<void>;
/** Things that somebody does, and how often beside the rest. */
export type Weighted = readonly (readonly [Action, number])[];

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const instant = (at: number): string => new Date(at).toISOString();

/** On the quarter of an hour, some days ahead, within the hours in which practices are open. */
export const someday = ({ random, now }: Doing): number => {
  const morning = Date.parse(`${now().toISOString().slice(0, 10)}T08:30:00Z`);
  return morning + random.whole(1, 3) * 24 * HOUR + random.whole(0, 24) * 15 * MINUTE;
};

/** One of the weighted actions. */
export const choose = (actions: Weighted, random: Random): Action | undefined => {
  let left = random.unit() * actions.reduce((sum, [, weight]) => sum + weight, 0);
  return actions.find(([, weight]) => (left -= weight) < 0)?.[0];
};
