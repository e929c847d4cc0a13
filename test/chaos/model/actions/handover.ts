import { ask } from "../commands.ts";
import type { HeldAgreement } from "../hand.ts";
import type { Action } from "./doing.ts";

/* The handover: steps in bulk, steps taken back, times swapped, given back and refused. */

const NEXT: Readonly<Record<string, readonly [side: string, step: string]>> = {
  agreed: ["supporting", "blocked"],
  blocked: ["home", "passed"],
  passed: ["supporting", "booked"],
  booked: ["home", "told"],
};

/** Ticks the next step of everything that stands at one place and is this desk's to tick (H1). */
export const step: Action = async ({ random, send, hand }) => {
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

export const cancel: Action = async ({ random, send, hand }) => {
  const id = random.pick([...hand.agreements.keys()]);
  if (id !== undefined) await send(ask.cancel(id, random.chance(0.8)));
};

/** A slip of the hand: what was ticked last is taken back, for several at once (H1). */
export const undo: Action = async ({ random, send, hand }) => {
  const walked = [...hand.agreements].filter(([, { step: at }]) => at !== "agreed").map(([id]) => id);
  const some = walked.filter(() => random.chance(0.3)).slice(0, 20);
  if (some.length > 0) await send(ask.undo(some));
};

const ofHome = (agreements: ReadonlyMap<string, HeldAgreement>) =>
  [...agreements].filter(([, { side }]) => side === "home");

/** Two agreements at one place (H5); whether they match in the rest is the product's to say. */
export const swap: Action = async ({ random, send, hand }) => {
  const mine = ofHome(hand.agreements);
  const one = random.pick(mine);
  const other = random.pick(
    mine.filter(([id, at]) => id !== one?.[0] && at.supportingCode === one?.[1].supportingCode),
  );
  if (one !== undefined && other !== undefined) await send(ask.swap(one[0], other[0]));
};

const NO = ["too-far", "time", "wants-own-practice", "not-reached"] as const;

/** The patient said no. */
export const patientNo: Action = async ({ random, send, hand }) => {
  const id = random.pick(ofHome(hand.agreements))?.[0];
  if (id !== undefined) await send(ask.patientNo(id, random.pick(NO) ?? "time"));
};

/** More time to pass the details on (H4). */
export const release: Action = async ({ random, send, hand }) => {
  const id = random.pick(ofHome(hand.agreements))?.[0];
  if (id !== undefined) await send(ask.release(id));
};
