import { z } from "zod";
import { ask } from "../commands.ts";
import { HOUR, instant, MINUTE, someday, type Action } from "./doing.ts";

/* What a practice does as the one that gives: answers, publishes, confirms, and says what has gone. */

export const answer: Action = async (doing) => {
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

export const publish: Action = async (doing) => {
  const from = someday(doing);
  const pledge = doing.random.chance(0.3) ? "firm" : "ask";
  await doing.send(ask.publish(instant(from), instant(from + doing.random.whole(2, 6) * 20 * MINUTE), pledge));
};

const slots = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) });

/** "This slot has gone", mostly one that somebody was given. */
export const gone: Action = async ({ random, send, client }) => {
  const state = random.chance(0.7) ? "busy" : "busy-tentative";
  const found = await client.read(`/v1/slots?state=${state}&limit=20`, slots);
  const slot = random.pick(found?.value.items ?? []);
  if (slot !== undefined) await send(ask.gone(slot.id));
};

export const confirm: Action = async ({ send }) => void (await send(ask.confirm()));
/** The book of a practice as its own system exports it: the same few rows again, and now and then a new one. */
export const importBook: Action = async ({ random, send, now }) => {
  const date = new Date(now().getTime() + random.whole(1, 3) * 24 * HOUR).toISOString().slice(0, 10);
  const rows = Array.from({ length: random.whole(1, 3) }, (_, at) => {
    const hour = 9 + at * 2;
    return `${date},${String(hour).padStart(2, "0")}:00,${hour + 1}:00,wound-simple;suture,20,ask,B${date}-${at}`;
  });
  await send(ask.import(["date,from,until,services,slot_minutes,pledge,key", ...rows].join("\n")));
};
