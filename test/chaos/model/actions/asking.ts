import { z } from "zod";
import { ask, type Line } from "../commands.ts";
import { HOUR, instant, MINUTE, someday, type Action, type Doing } from "./doing.ts";

/* What a practice does as the one that is short: posts, amends, ends needs, and takes note of those that came back. */

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

export const withdraw: Action = async ({ random, send, hand }) => {
  const reference = random.pick([...hand.requests]);
  if (reference !== undefined) await send(ask.withdraw(reference));
};

const version = z.looseObject({ reference: z.string() });

export const amend: Action = async ({ random, send, hand, client }) => {
  const reference = random.pick([...hand.requests]);
  if (reference === undefined) return;
  const etag = (await client.read(`/v1/cover-requests/${reference}`, version))?.etag;
  if (typeof etag === "string") await send(ask.amend(reference, random.whole(1, 5), etag));
};

/** Kept at home, or sorted in some other way: a need of an agreement that does not go on. */
export const sort: Action = async ({ random, send, hand }) => {
  const mine = [...hand.agreements.values()].filter(({ side }) => side === "home");
  const one = random.pick(mine);
  if (one !== undefined) await send(ask.sorted(one.reference, one.ref));
};

/** Says that it knows what came back, and whom it has rung (R7, C4). */
export const takeNote: Action = async ({ random, send, hand }) => {
  const need = random.pick(hand.returned);
  if (need !== undefined) await send(ask.acknowledge(need.reference, need.ref));
  const task = random.pick([...hand.tasks]);
  if (task !== undefined) await send(ask.task(task));
};
